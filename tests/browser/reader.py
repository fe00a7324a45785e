"""A pathologist at the browser: every action of the journey, found by role and name as a person finds it."""

import os
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.words import Words

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
READING_MS = 180_000
SCREENSHOTS = os.environ.get("COVERSLIP_SCREENSHOTS")
"""Folder for the pictures of docs/use; unset: none are taken."""


class Reader:
    """One person at one page, in one language."""

    def __init__(self, page: Page, words: Words, address: str) -> None:
        self.page, self.words, self.address = page, words, address
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text) if self._is_fault(message.text) else None)

    @staticmethod
    def _is_fault(text: str) -> bool:
        return "Content Security Policy" in text or "Uncaught" in text

    def button(self, room: str, path: str, **values: object) -> Locator:
        return self.page.get_by_role("button", name=self.words(room, path, **values), exact=True)

    def sign_in(self, username: str, password: str) -> None:
        self.page.goto(self.address)
        self.page.get_by_text("English" if self.words.locale == "en" else "中文", exact=True).click()
        self.page.get_by_label(self.words("screen", "sign_in.username"), exact=True).fill(username)
        self.page.get_by_label(self.words("screen", "sign_in.password"), exact=True).fill(password)
        self.look("sign-in")
        self.button("screen", "sign_in.submit").click()
        # The account's own language comes with the session; the test's language is asked for again.
        expect(self.page.get_by_role("table")).to_be_visible()
        self.page.get_by_text("English" if self.words.locale == "en" else "中文", exact=True).click()
        expect(self.page.get_by_role("heading", name=self.words("screen", "worklist.title"))).to_be_visible()

    def open_case(self, accession_number: str) -> None:
        self.page.get_by_role("link", name=accession_number, exact=True).click()
        expect(self.page.get_by_role("heading", name=self.words("screen", "case.specimens"))).to_be_visible()
        expect(self.page.get_by_label(self.words("screen", "banner.label"))).to_contain_text(accession_number)

    def open_marker_slide(self) -> None:
        link = self.page.get_by_role("link", name=re.compile(r"Ki-67")).first
        link.click()
        expect(self.page.get_by_test_id("scale-bar")).to_be_visible()
        expect(self.page.get_by_test_id("zoom")).to_contain_text("x")

    @property
    def stage(self) -> Locator:
        return self.page.locator("section:has([data-testid=scale-bar])").first

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Draw a rectangle's diagonal on the slide; positions are shares of the stage."""
        box = self.stage.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] * start[0], box["y"] + box["height"] * start[1])
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] * end[0], box["y"] + box["height"] * end[1], steps=8)
        self.page.mouse.up()

    def draw_loop(self, centre: tuple[float, float], size: float) -> None:
        """Draw freehand around a square with the button pressed."""
        box = self.stage.bounding_box()
        assert box is not None
        corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
        points = [
            (box["x"] + box["width"] * (centre[0] + size * x), box["y"] + box["height"] * (centre[1] + size * y))
            for x, y in corners
        ]
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*point, steps=6)
        self.page.mouse.up()

    def draw_region(self) -> None:
        choices = self.form.get_by_role("radio")
        expect(choices.first).to_be_attached()
        before = choices.count()
        self.button("viewer", "regions.rectangle").click()
        self.drag((0.30, 0.30), (0.62, 0.62))
        expect(choices).to_have_count(before + 1)
        # First comes the whole slide; a region just drawn is the one chosen.
        expect(choices.last).to_be_checked()

    @property
    def form(self) -> Locator:
        return self.page.get_by_role("form", name=self.words("viewer", "start.title"))

    def begin_anew(self, reason: str) -> None:
        """Reject a reading that waits for its decision, and ask for the form of a new one."""
        form = self.form
        card = self.page.get_by_label(self.words("viewer", "result.title"))
        expect(form.or_(card).first).to_be_visible()
        if self.button("viewer", "review.reject").is_visible():
            self.reject(reason)
        if card.is_visible():
            self.button("viewer", "analysis.another").click()

    def measure(self) -> None:
        """Start the measurement that the form describes and wait for its result."""
        self.button("viewer", "start.go").click()
        expect(self.page.get_by_label(self.words("viewer", "result.title"))).to_be_visible(timeout=READING_MS)

    def measure_again(self) -> None:
        self.button("viewer", "analysis.another").click()
        self.form.get_by_role("radio", name=self.words("viewer", "start.whole")).check()
        self.measure()

    def exclude_a_part(self) -> None:
        self.button("viewer", "edits.exclude").click()
        self.draw_loop((0.45, 0.45), 0.08)
        expect(self.page.get_by_label(self.words("viewer", "result.readers"))).to_be_visible()
        expect(self.page.get_by_text(self.words("viewer", "edits.saved"), exact=True)).to_be_visible()

    def reject(self, reason: str) -> None:
        self.button("viewer", "review.reject").click()
        self.page.get_by_label(self.words("viewer", "review.reason")).fill(reason)
        self.button("viewer", "review.reject_confirm").click()
        self._is_decided("rejected")

    def accept_edits(self) -> None:
        self.button("viewer", "review.accept_edits").click()
        self._is_decided("edited")

    def _is_decided(self, decision: str) -> None:
        card = self.page.get_by_test_id("result-card")
        expect(card.get_by_text(self.words("vocabulary", f"decision.{decision}"), exact=True)).to_be_visible()

    def add_key_image(self, caption: str) -> None:
        self.button("viewer", "key_image.add").click()
        self.page.get_by_label(self.words("viewer", "key_image.caption")).fill(caption)
        self.button("viewer", "key_image.save").click()
        expect(self.page.get_by_text(self.words("viewer", "key_image.done")).first).to_be_visible()

    def look(self, name: str) -> None:
        """Keep a picture of the page for the documentation, where asked for."""
        if SCREENSHOTS:
            self.page.wait_for_timeout(600)
            self.page.screenshot(path=Path(SCREENSHOTS) / f"{name}-{self.words.locale}.png")

    def accessible(self) -> None:
        """As `accessible`."""
        accessible(self.page)


def look(page: Page, name: str) -> None:
    """Keep a picture of the page for the documentation, where asked for."""
    if SCREENSHOTS:
        page.wait_for_timeout(1500)
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png")


def accessible(page: Page) -> None:
    """No serious accessibility fault on the page as it stands (axe, WCAG 2 A and AA)."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa']}).then(r => r.violations)")
    serious = [
        (fault["id"], [node["html"][:200] for node in fault["nodes"]][:3])
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
    assert not serious, serious
