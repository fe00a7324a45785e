"""The table that `coverslip demo --once` prints: every slide of the region, its reading and its report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.table import Table

from coverslip.cli.demo_cases import DemoHospital, region
from coverslip.cli.demo_client import Client
from coverslip.cli.demo_seed import Seeded
from coverslip.cli.demo_story import find_case, people

COLUMNS = ("case", "slide", "format", "size", "reading", "score (95 % interval)", "status", "report file")
MEGABYTE = 1_000_000


def cases_table(address: str, seeded: Seeded, folder: Path) -> Table:
    """Ask the API as each hospital's head; signed reports are fetched into `folder`."""
    table = Table(*COLUMNS, title="Coverslip demo")
    with people(address, seeded) as staff:
        for hospital in region():
            _hospital_rows(table, staff.client(seeded.head_of(hospital.code).username), hospital, folder)
    return table


def _hospital_rows(table: Table, head: Client, hospital: DemoHospital, folder: Path) -> None:
    for story in hospital.cases:
        case = find_case(head, story.accession_number)
        report = _report_file(head, case, folder)
        first = True
        for place, slide in _placed(case):
            if slide["status"] == "expected":
                continue
            name = f"{place}-{slide['label']} {slide['marker'] or slide['stain']}"
            beginning = (story.accession_number if first else "", name, slide["format"] or "—", _size(slide))
            readings = slide["readings"] or [None]
            for reading in readings:
                cells = beginning if reading is readings[0] else ("", "", "", "")
                table.add_row(*cells, *_reading(reading), _status(case, slide) if cells[1] else "", report)
                report = ""
            first = False
        if first:
            table.add_row(story.accession_number, "—", "—", "—", "—", "—", case["status"], report)


def _placed(case: Any) -> Iterator[tuple[str, Any]]:
    """Every slide with the block it was cut from."""
    for specimen in case["specimens"]:
        for block in specimen["blocks"]:
            for slide in block["slides"]:
                yield f"{specimen['label']}{block['label']}", slide
    for slide in case["unplaced_slides"]:
        yield "?", slide


def _size(slide: Any) -> str:
    if slide["width"] is None:
        return f"{(slide['size_bytes'] or 0) / MEGABYTE:.1f} MB"
    return f"{slide['width']} x {slide['height']}, {slide['size_bytes'] / MEGABYTE:.1f} MB"


def _reading(reading: Any) -> tuple[str, str]:
    if reading is None:
        return "—", "—"
    spoken = f"{reading['marker']}, {reading['decision']}"
    result = reading["result"]
    if result is None or result["score"] is None:
        return spoken, result["status"] if result else reading["status"]
    low, high = result["interval"]
    return spoken, f"{result['score']:.1f} % ({low:.1f} to {high:.1f})"


def _status(case: Any, slide: Any) -> str:
    if slide["status"] == "ready":
        return str(case["status"])
    return f"{slide['status']}: {slide['failure_code']}" if slide["failure_code"] else str(slide["status"])


def _report_file(head: Client, case: Any, folder: Path) -> str:
    signed = [report for report in case["reports"] if report["status"] == "signed"]
    if not signed:
        return ""
    path = folder / f"{case['accession_number']}-v{signed[0]['version']}-zh-CN.pdf"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head.bytes(f"/api/v1/reports/{signed[0]['id']}/pdf", locale="zh-CN").content)
    return path.name
