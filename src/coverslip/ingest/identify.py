"""Which slide of which case a file is: by the label's barcode, by names, never by a guess.

Where the case or the slide cannot be told for certain, the slide waits in the queue and `Place.reasons` says why.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Literal
from uuid import UUID

from coverslip.ingest.match_rules import Reading, Rule, Source, read
from coverslip.records.models import Slide
from coverslip.records.queries import intake
from coverslip.records.queries import slide as slides
from coverslip.records.queries.slide import AWAITING_FILE, PlacedSlide
from coverslip.records.transaction import Transaction

Reason = Literal[
    "NOT_NAMED",
    "BARCODE_UNKNOWN",
    "BARCODE_FITS_SEVERAL_CASES",
    "CASE_UNKNOWN",
    "SLIDE_UNKNOWN",
    "SEVERAL_MATCH",
    "ALREADY_SCANNED",
    "LABEL_CONTRADICTS_NAME",
]
"""Why a slide waits. Words stand in `locales/*/ingest.json` under `ingest.flag`."""
BUILT_IN = "ACCESSION-BLOCK-SLIDE_MARKER"
"""The name of the rule that needs no configuration."""
MOST_CANDIDATES = 20
_SEPARATORS = re.compile(r"[\s_\-.]+")


@dataclass(frozen=True, slots=True)
class Named:
    """What a slide calls itself: the file or bundle, the folder it lay in, the barcodes on it."""

    name: str
    folder: str = ""
    barcodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a slide belongs.

    `slide`: the expected slide it fills, locked; else `case_id` where only the case is known. `reasons`: why it has no
    slide. `reading`: what was read to find this. `candidates`: slides that could be meant.
    """

    slide: Slide | None = None
    case_id: UUID | None = None
    reasons: tuple[Reason, ...] = ()
    reading: Reading | None = None
    candidates: tuple[PlacedSlide, ...] = ()

    def document(self, barcodes: Sequence[str]) -> dict[str, Any]:
        """As kept on the slide (`slides.matching`) for whoever matches it by hand."""
        return {
            "reasons": list(self.reasons),
            "barcodes": list(barcodes),
            "reading": None if self.reading is None else self.reading.document(),
            "candidates": [
                {
                    "slide_id": str(placed.slide.id),
                    "case_id": None if placed.slide.case_id is None else str(placed.slide.case_id),
                    "accession_number": placed.accession_number,
                    "label": placed.slide.label,
                }
                for placed in self.candidates[:MOST_CANDIDATES]
            ],
        }


def find_place(tx: Transaction, named: Named) -> Place:
    """The slide that waits for this file.

    The barcode is the word of the laboratory: first the slide that carries it, then the text read by the hospital's
    rules and by the built-in one. Names (`ACCESSION-A1-2_KI67.svs`: accession number, block, slide, marker) are asked
    where there is no barcode; where both speak and contradict each other, nothing is matched.
    """
    rules = [rule for rule in intake.rules(tx) if rule.enabled]
    by_label = _by_label(tx, rules, named.barcodes)
    by_name = _by_name(tx, rules, named)
    if by_label is not None and by_name is not None:
        return _agreed(by_label, by_name)
    found = by_label or by_name
    if found is None:
        return Place(reasons=("BARCODE_UNKNOWN" if named.barcodes else "NOT_NAMED",))
    if by_label is None and named.barcodes and _carries_another(found, named.barcodes):
        return replace(found, slide=None, reasons=("LABEL_CONTRADICTS_NAME",), candidates=_candidates(tx, found))
    return found


def _agreed(label: Place, name: Place) -> Place:
    """What the label says, unless the name says something else."""
    same = label.case_id == name.case_id
    if same and label.case_id is None:
        same = _plain(label.reading.accession if label.reading else "") == _plain(
            name.reading.accession if name.reading else ""
        )
    if same and label.slide is not None and name.slide is not None:
        same = label.slide.id == name.slide.id
    if same and label.slide is None and name.slide is not None and _says_case_only(label.reading):
        return name
    if same or "BARCODE_FITS_SEVERAL_CASES" in label.reasons:
        return label
    both = {placed.slide.id: placed for placed in (*label.candidates, *name.candidates)}
    return Place(None, label.case_id, ("LABEL_CONTRADICTS_NAME",), label.reading or name.reading, tuple(both.values()))


def _says_case_only(reading: Reading | None) -> bool:
    """Whether a label was read that bears nothing but the accession number."""
    if reading is None or reading.block or reading.slide or reading.stain:
        return False
    return reading.rule != BUILT_IN or _plain(reading.text) == _plain(reading.accession)


def _carries_another(found: Place, barcodes: tuple[str, ...]) -> bool:
    """Whether the slide that the name says is registered with a barcode, and the label shows a different one."""
    return found.slide is not None and found.slide.barcode is not None and found.slide.barcode not in barcodes


def _candidates(tx: Transaction, found: Place) -> tuple[PlacedSlide, ...]:
    placed = None if found.slide is None else slides.placed_slide(tx, found.slide.id)
    return found.candidates or (() if placed is None else (placed,))


def _by_label(tx: Transaction, rules: Sequence[Rule], barcodes: tuple[str, ...]) -> Place | None:
    carrying = slides.by_barcodes(tx, barcodes)
    found = [_one_of(carrying)] if carrying else []
    carried = {placed.slide.barcode for placed in carrying}
    for code in barcodes:
        place = by_text(tx, rules, "barcode", code) if code not in carried else None
        found += [place] if place is not None else []
    known = [place for place in found if place.case_id is not None] or found
    if len({place.case_id for place in known}) > 1:
        candidates = {placed.slide.id: placed for place in known for placed in place.candidates}
        return Place(reasons=("BARCODE_FITS_SEVERAL_CASES",), candidates=tuple(candidates.values()))
    return next((place for place in known if place.slide is not None), known[0] if known else None)


def _by_name(tx: Transaction, rules: Sequence[Rule], named: Named) -> Place | None:
    """By the name, else by the folder's; the built-in rule reads the name only."""
    unknown = None
    texts: tuple[tuple[Source, str], ...] = (
        ("file_name", PurePosixPath(named.name).stem),
        ("folder_name", named.folder),
    )
    for source, text in texts:
        place = by_text(tx, rules, source, text) if text else None
        if place is not None and place.case_id is not None:
            return place
        unknown = unknown or place
    return unknown


def by_text(tx: Transaction, rules: Sequence[Rule], source: Source, text: str) -> Place | None:
    """What one text says by the rules, the built-in one last; None where it names no case."""
    reading = read(rules, source, text)
    if reading is not None:
        return _by_reading(tx, reading)
    return _by_words(tx, source, text) if source != "folder_name" else None


def _by_reading(tx: Transaction, reading: Reading) -> Place:
    """The slide that a rule's words name; without block, slide or stain only the case is told."""
    found = slides.cases_of_accessions(tx, [reading.accession])
    if not found:
        return Place(reasons=("CASE_UNKNOWN",), reading=reading)
    accession, case_id = found[0]
    here = slides.of_accessions(tx, [accession])
    said = (reading.block, reading.slide, reading.stain)
    fitting = [placed for placed in here if _fits(placed, *said)] if any(said) else []
    return _in_case(case_id, here, fitting, reading)


def _by_words(tx: Transaction, source: Source, text: str) -> Place | None:
    """The built-in rule: the accession number, then what names a slide within the case."""
    plain = unicodedata.normalize("NFKC", text)
    for accession, case_id in slides.cases_of_accessions(tx, list(_beginnings(plain))):
        rest = _plain(plain[len(accession) :])
        here = slides.of_accessions(tx, [accession])
        named = [placed for placed in here if rest and rest in _names(placed)]
        reading = Reading(source, text, BUILT_IN, accession)
        return _in_case(case_id, here, named, reading)
    return None


def _in_case(case_id: UUID, here: list[PlacedSlide], fitting: list[PlacedSlide], reading: Reading) -> Place:
    if not fitting:
        waiting = tuple(placed for placed in here if placed.slide.status in AWAITING_FILE)
        return Place(None, case_id, ("SLIDE_UNKNOWN",), reading, waiting)
    return replace(_one_of(fitting), case_id=case_id, reading=reading)


def _one_of(found: list[PlacedSlide]) -> Place:
    """The one that waits for its file, else why there is none."""
    waiting = [placed for placed in found if placed.slide.status in AWAITING_FILE]
    cases = {placed.slide.case_id for placed in found}
    if len(cases) > 1:
        return Place(reasons=("BARCODE_FITS_SEVERAL_CASES",), candidates=tuple(found))
    case_id = cases.pop()
    if len(waiting) == 1:
        return Place(waiting[0].slide, case_id, candidates=tuple(waiting))
    return Place(None, case_id, ("SEVERAL_MATCH" if waiting else "ALREADY_SCANNED",), candidates=tuple(found))


def _beginnings(text: str) -> Iterator[str]:
    """Every part of the text that ends at a separator or at its end: what an accession number could be."""
    for match in _SEPARATORS.finditer(text):
        if match.start() > 0:
            yield text[: match.start()]
    yield text


def _fits(placed: PlacedSlide, block: str | None, slide: str | None, stain: str | None) -> bool:
    """Whether everything that was read is true of the slide."""
    stains = {_plain(word) for word in (placed.slide.marker, placed.slide.stain) if word}
    return (
        (block is None or _plain(block) in {_plain(name) for name in _block_names(placed)})
        and (slide is None or _plain(slide) == _plain(placed.slide.label) or _plain(slide) in _names(placed))
        and (stain is None or _plain(stain) in stains)
    )


def _block_names(placed: PlacedSlide) -> tuple[str, ...]:
    specimen, block = placed.specimen_label or "", placed.block_label or ""
    whole = block if block.upper().startswith(specimen.upper()) else f"{specimen}{block}"
    return (whole, block) if block else ()


def _names(placed: PlacedSlide) -> set[str]:
    """What may stand after the accession number for this slide, in plain letters and digits."""
    slide, whole_block = placed.slide, next(iter(_block_names(placed)), "")
    stains = [word for word in (slide.marker, slide.stain) if word]
    made = {f"{whole_block}-{slide.label}", slide.label if slide.label.upper().startswith(whole_block.upper()) else ""}
    made |= {f"{name}-{stain}" for name in made if name for stain in stains}
    made |= {f"{whole_block}-{stain}" for stain in stains}
    return {_plain(name) for name in made if name}


def _plain(text: str) -> str:
    return "".join(character for character in text.upper() if character.isalnum())
