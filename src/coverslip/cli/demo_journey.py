"""The demo's journey: one case from the worklist to a signed report that can be verified, through the HTTP API."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coverslip.cli.demo_client import Client
from coverslip.cli.demo_errors import JourneyFailed

CELLS_MAGIC = b"CVC1"


@dataclass(frozen=True, slots=True)
class Walked:
    """What the journey left behind."""

    case_id: str
    report_id: str
    report_files: tuple[Path, ...]


def walk(client: Client, accession_number: str, reports: Path, say: Callable[[str], None]) -> Walked:
    """Read, measure, decide, report and sign the case. Raises `JourneyFailed` with the step that went wrong."""
    case = _open_case(client, accession_number)
    slide_id = _slide_to_read(case)
    slide = client.get(f"/api/v1/slides/{slide_id}")
    say(f"open {accession_number}, slide {slide['label']}: {slide['width']} x {slide['height']} px")
    _look(client, slide)
    first = _read(client, slide, _middle(slide))
    say(f"Ki-67 on a drawn region: {_spoken(first)}")
    _reject(client, first, say)
    reading = _read(client, slide, None)
    say(f"Ki-67 on the whole slide: {_spoken(reading)}")
    edited = _edit(client, reading)
    say(f"one cell flipped, recounted: {_spoken(edited, 'edited_result')}")
    report = _report(client, case, slide, edited)
    signed = client.post(
        f"/api/v1/cases/{case['id']}/report/sign", {"password": client.password, "revision": report["revision"]}
    )
    _expect(signed["status"] == "signed", "sign out", f"status {signed['status']}")
    files = _fetch(client, accession_number, signed, reports)
    say(f"signed, content digest {signed['content_digest'][:16]}")
    trail = client.get(f"/api/v1/cases/{case['id']}/audit")["items"]
    actions = {event["action"] for event in trail}
    _expect("report.sign" in actions and "reading.start" in actions, "audit trail", f"holds only {sorted(actions)}")
    say(f"audit trail: {len(trail)} events")
    return Walked(case["id"], signed["id"], files)


def _open_case(client: Client, accession_number: str) -> Any:
    found = client.get("/api/v1/cases", q=accession_number)["items"]
    _expect(len(found) == 1, "worklist", f"{len(found)} cases for {accession_number}")
    return client.get(f"/api/v1/cases/{found[0]['id']}")


def _slide_to_read(case: Any) -> str:
    for specimen in case["specimens"]:
        for block in specimen["blocks"]:
            for slide in block["slides"]:
                if slide["marker"] == "ki67" and slide["status"] == "ready":
                    return str(slide["id"])
    raise JourneyFailed(step="case", problem="journey_no_slide")


def _look(client: Client, slide: Any) -> None:
    top = len(slide["levels"]) - 1
    path = slide["tile_url"].format(id=slide["id"], level=top, column=0, row=0)
    tile = client.bytes(path)
    _expect(tile.headers["content-type"] in ("image/jpeg", "image/png"), "tile", tile.headers["content-type"])
    label = client.bytes(f"/api/v1/slides/{slide['id']}/associated/thumbnail")
    _expect(len(label.content) > 0, "thumbnail", "empty")


def _middle(slide: Any) -> dict[str, Any]:
    left, right = slide["width"] // 4, slide["width"] * 3 // 4
    top, bottom = slide["height"] // 4, slide["height"] * 3 // 4
    ring = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
    return {"type": "Polygon", "coordinates": [ring]}


def _read(client: Client, slide: Any, region: dict[str, Any] | None) -> Any:
    reading = client.post(f"/api/v1/slides/{slide['id']}/readings", {"marker": "ki67", "region": region})
    done = client.wait_for_reading(reading["id"])
    result = done["result"]
    _expect(result["n"] == result["positive"] + result["negative"], "reading", "counts do not add up")
    cells = client.bytes(f"/api/v1/readings/{done['id']}/cells").content
    _expect(cells[:4] == CELLS_MAGIC and struct.unpack_from("<I", cells, 4)[0] >= result["n"], "cells", "bad columns")
    return done


def _reject(client: Client, reading: Any, say: Callable[[str], None]) -> None:
    rejected = client.post(
        f"/api/v1/readings/{reading['id']}/reviews",
        {"action": "reject", "reason": "Whole slide asked for / 改为全片判读"},
    )
    _expect(rejected["decision"] == "rejected", "reject", rejected["decision"])
    say("the region's reading is rejected with a reason")


def _edit(client: Client, reading: Any) -> Any:
    cells = client.bytes(f"/api/v1/readings/{reading['id']}/cells").content
    (count,) = struct.unpack_from("<I", cells, 4)
    state = cells[8 + 12 * count :]
    counted = next(i for i in range(count) if state[i] & 2)
    edited = client.put(f"/api/v1/readings/{reading['id']}/edits", {"excluded_regions": [], "flipped": [counted]})
    before, after = reading["result"], edited["edited_result"]
    _expect(abs(after["positive"] - before["positive"]) == 1, "edit", "flipping one cell must move one count")
    return client.post(
        f"/api/v1/readings/{reading['id']}/reviews", {"action": "edit", "reason": "One nucleus / 修正一个细胞核"}
    )


def _report(client: Client, case: Any, slide: Any, reading: Any) -> Any:
    box = {"x": slide["width"] // 3, "y": slide["height"] // 3, "width": 1200, "height": 800}
    current = case["report"]["revision"] if case["report"] else 0
    return client.put(
        f"/api/v1/cases/{case['id']}/report",
        {
            "diagnosis": "（左乳肿物穿刺）浸润性乳腺癌，非特殊型。\n"
            "Breast, left, core biopsy: invasive carcinoma of no special type.",
            "microscopy": "肿瘤细胞呈巢片状排列，间质纤维组织增生。\n"
            "Nests and sheets of tumour cells in desmoplastic stroma.",
            "gross": "灰白条索状组织三条。\nThree grey-white cores.",
            "comment": "",
            "reading_ids": [reading["id"]],
            "key_images": [{"slide_id": slide["id"], "caption": "Ki-67", **box}],
            "revision": current,
        },
    )


def _fetch(client: Client, accession_number: str, report: Any, folder: Path) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for locale, key in (("zh-CN", "pdf_digest_zh"), ("en", "pdf_digest_en")):
        pdf = client.bytes(f"/api/v1/reports/{report['id']}/pdf", locale=locale).content
        _expect(hashlib.sha256(pdf).hexdigest() == report[key], "report", f"the {locale} PDF is not what was signed")
        path = folder / f"{accession_number}-v{report['version']}-{locale}.pdf"
        path.write_bytes(pdf)
        files.append(path)
    return tuple(files)


def _spoken(reading: Any, which: str = "result") -> str:
    result = reading[which]
    if result["score"] is None:
        return f"{result['status']} ({', '.join(result['reasons'])})"
    low, high = result["interval"]
    return f"{result['score']:.1f} % ({low:.1f} to {high:.1f}), n = {result['n']}"


def _expect(condition: bool, step: str, said: str) -> None:
    if not condition:
        raise JourneyFailed(step=step, problem="journey_step", technical=said)
