"""The journey of a case in a real browser, in both languages: from the worklist to a signed report that verifies."""

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from coverslip.errors import Locale
from tests.browser.conftest import Demo
from tests.browser.reader import Reader
from tests.browser.words import Words

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

CASES: dict[Locale, str] = {"zh-CN": "2026-018734", "en": "2026-018619"}
READER = "zhoumingyuan"
DIAGNOSIS: dict[Locale, str] = {
    "zh-CN": "（左乳，空芯针穿刺活检）浸润性癌，非特殊型。",
    "en": "Cervix, biopsy: high-grade squamous intraepithelial lesion.",
}


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_a_case_is_read_measured_decided_reported_signed_and_verified(
    demo: Demo, browser: Browser, locale: Locale, tmp_path: Path
) -> None:
    words = Words(locale)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale=locale, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(30_000)
    reader = Reader(page, words, demo.address)

    reader.sign_in(READER, demo.password)
    reader.look("worklist")
    reader.accessible()
    reader.open_case(CASES[locale])
    reader.look("case")
    reader.accessible()

    reader.open_marker_slide()
    reader.begin_anew("Measured anew on a region / 改为区域测量")
    reader.draw_region()
    reader.measure()
    reader.reject("改为全片测量 / whole slide asked for")
    reader.measure_again()
    card = page.get_by_test_id("result-card")
    expect(card).to_contain_text("%")
    expect(card).to_contain_text(words("viewer", "result.not_validated"))
    reader.look("viewer")
    reader.accessible()
    reader.exclude_a_part()
    reader.look("viewer-edited")
    reader.accept_edits()
    reader.add_key_image("Ki-67")

    page.get_by_label(words("screen", "banner.label")).get_by_role("link", name=CASES[locale]).click()
    page.get_by_role(
        "link", name=re.compile(f"{words('screen', 'case.continue_report')}|{words('screen', 'case.write_report')}")
    ).click()
    page.get_by_label(words("screen", "report.fields.diagnosis")).fill(DIAGNOSIS[locale])
    page.get_by_role("checkbox", disabled=False).last.check()
    page.get_by_label(words("screen", "report.fields.gross")).click()
    reader.look("report-draft")
    reader.accessible()
    reader.button("screen", "report.sign_out").click()
    page.get_by_label(words("screen", "sign_out.password")).fill("not the password")
    reader.button("screen", "sign_out.submit").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    page.get_by_label(words("screen", "sign_out.password")).fill(demo.password)
    reader.look("sign-out")
    reader.button("screen", "sign_out.submit").click()

    signature = page.get_by_test_id("signature")
    expect(signature).to_be_visible(timeout=60_000)
    reader.look("report-signed")
    reader.accessible()
    digests = re.findall(r"\b[0-9a-f]{64}\b", signature.inner_text())
    link = page.get_by_role("link", name=words("screen", f"report.pdf.{locale}"))
    address = link.get_attribute("href")
    assert address is not None
    pdf = tmp_path / "report.pdf"
    pdf.write_bytes(context.request.get(demo.address + address).body())
    assert hashlib.sha256(pdf.read_bytes()).hexdigest() in digests
    checked = demo.check("--pdf", str(pdf))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert CASES[locale] in checked.stdout

    page.get_by_label(words("screen", "banner.label")).get_by_role("link", name=CASES[locale]).click()
    page.get_by_role("tab", name=words("screen", "case.audit_tab")).click()
    for action in ("case.read", "slide.open", "reading.start", "report.sign"):
        expect(page.get_by_text(words("screen", f"audit.action.{action}"), exact=True).first).to_be_visible()
    reader.look("audit")
    assert reader.faults == []
    context.close()
