"""Brings the demo's cases as far as their stories say: through the HTTP API, each step by whoever would do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from coverslip.cli.demo_cases import DemoCase, DemoHospital, DemoReport, Story, region
from coverslip.cli.demo_client import Client
from coverslip.cli.demo_seed import Seeded

MEASURED: frozenset[Story] = frozenset({"read", "drafted", "signed", "amended"})
REPORTED: frozenset[Story] = frozenset({"drafted", "signed", "amended"})
SIGNED: frozenset[Story] = frozenset({"signed", "amended"})
KEY_IMAGE_PX = (1200, 800)


class People:
    """Signed-in clients by username, signed in when first needed."""

    def __init__(self, address: str, password: str, stack: ExitStack) -> None:
        self._address, self._password, self._stack = address, password, stack
        self._clients: dict[str, Client] = {}

    def client(self, username: str) -> Client:
        """The person's client."""
        if username not in self._clients:
            made = Client(self._address, username, self._password)
            self._clients[username] = self._stack.enter_context(made)
        return self._clients[username]


@contextmanager
def people(address: str, seeded: Seeded) -> Iterator[People]:
    """Clients that are closed together."""
    with ExitStack() as stack:
        yield People(address, seeded.password, stack)


def tell_stories(address: str, seeded: Seeded, say: Callable[[str], None]) -> None:
    """Assign, measure, decide, report, sign and amend. Raises `JourneyFailed` where a step is refused."""
    with people(address, seeded) as staff:
        for hospital in region():
            _tell(staff, seeded, hospital)
            say(f"{hospital.name_zh}: {sum(case.story in MEASURED for case in hospital.cases)} cases measured")


def _tell(staff: People, seeded: Seeded, hospital: DemoHospital) -> None:
    head = staff.client(seeded.head_of(hospital.code).username)
    ids = {person["username"]: person["id"] for person in head.get("/api/v1/people")["items"]}
    queued: list[tuple[DemoCase, Any, list[str]]] = []
    for story in hospital.cases:
        case = find_case(head, story.accession_number)
        if story.assigned_to is not None:
            case = head.patch(
                f"/api/v1/cases/{case['id']}",
                {"assigned_to_id": ids[story.assigned_to], "revision": case["revision"]},
            )
        if story.story in MEASURED or story.story == "in_reading":
            reader = staff.client(story.assigned_to or head.person["username"])
            case = reader.get(f"/api/v1/cases/{case['id']}")
            queued.append((story, case, _measure(reader, case) if story.story in MEASURED else []))
    for story, case, readings in queued:
        reader = staff.client(story.assigned_to or head.person["username"])
        done = [reader.wait_for_reading(reading) for reading in readings]
        if story.story in REPORTED and story.report is not None:
            signer = staff.client(story.signed_by) if story.signed_by else head
            _report(reader, signer, case, story, story.report, done)


def find_case(client: Client, accession_number: str) -> Any:
    """The case of that number, whole."""
    items = client.get("/api/v1/cases", q=accession_number, assigned="any")["items"]
    found = next(item for item in items if item["accession_number"] == accession_number)
    return client.get(f"/api/v1/cases/{found['id']}")


def slides_of(case: Any) -> Iterator[Any]:
    """Every slide of a case, in order."""
    for specimen in case["specimens"]:
        for block in specimen["blocks"]:
            yield from block["slides"]
    yield from case["unplaced_slides"]


def _measure(reader: Client, case: Any) -> list[str]:
    """Start a Ki-67 reading of every Ki-67 slide that is ready; returns the readings' ids."""
    started = []
    for slide in slides_of(case):
        if slide["marker"] == "ki67" and slide["status"] == "ready":
            reading = reader.post(f"/api/v1/slides/{slide['id']}/readings", {"marker": "ki67", "region": None})
            started.append(reading["id"])
    return started


def _report(writer: Client, signer: Client, case: Any, story: DemoCase, texts: DemoReport, readings: list[Any]) -> None:
    """Decide on the readings, write the draft; sign and amend where the story says so."""
    for reading in readings:
        signer.post(f"/api/v1/readings/{reading['id']}/reviews", {"action": "accept"})
    index = f"{readings[0]['result']['score']:.0f}" if readings and readings[0]["result"]["score"] is not None else "—"
    body = {
        "diagnosis": texts.diagnosis.replace("{ki67}", index),
        "microscopy": texts.microscopy,
        "gross": texts.gross,
        "comment": texts.comment,
        "reading_ids": [reading["id"] for reading in readings],
        "key_images": _key_images(writer, case, texts),
        "revision": 0,
    }
    draft = writer.put(f"/api/v1/cases/{case['id']}/report", body)
    if story.story not in SIGNED:
        return
    _sign(signer, case, draft)
    if story.story == "amended" and texts.amended_diagnosis is not None:
        amended = signer.post(f"/api/v1/cases/{case['id']}/report/amend", {"reason": texts.amendment_reason})
        diagnosis = texts.amended_diagnosis.replace("{ki67}", index)
        draft = signer.put(
            f"/api/v1/cases/{case['id']}/report", {**body, "diagnosis": diagnosis, "revision": amended["revision"]}
        )
        _sign(signer, case, draft)


def _sign(signer: Client, case: Any, draft: Any) -> None:
    signer.post(f"/api/v1/cases/{case['id']}/report/sign", {"password": signer.password, "revision": draft["revision"]})


def _key_images(writer: Client, case: Any, texts: DemoReport) -> list[dict[str, Any]]:
    """The middle of the case's last ready slide: the marker's where there is one."""
    ready = [slide for slide in slides_of(case) if slide["status"] == "ready"]
    if not ready or not texts.caption:
        return []
    slide = writer.get(f"/api/v1/slides/{ready[-1]['id']}")
    width, height = KEY_IMAGE_PX
    return [
        {
            "slide_id": slide["id"],
            "x": (slide["width"] - width) // 2,
            "y": (slide["height"] - height) // 2,
            "width": width,
            "height": height,
            "caption": texts.caption,
        }
    ]
