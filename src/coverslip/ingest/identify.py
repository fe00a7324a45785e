"""Which slide of which case a file is: by the label's barcode, by names, never by a guess.

Every text that speaks (each barcode, the file's name, the folder's) is heard by itself first. One of them has to spell
one slide, and none may say anything else; otherwise the slide waits in the queue and `Place.reasons` says why.
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
from coverslip.ingest.slide_words import Fit, Words, agrees, said_apart, says_nothing, spelled, words
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


@dataclass(frozen=True, slots=True)
class Said:
    """What one text says.

    `cases`: ids of the cases it names, or the number where no case has it. `fitting`: every slide that it may mean,
    `doubtful` where it may as well mean another block's. `rest`: its words beyond the number. `waiting`: slides of the
    case that wait for a file.
    """

    cases: frozenset[UUID | str]
    reading: Reading | None = None
    fitting: tuple[PlacedSlide, ...] = ()
    doubtful: bool = False
    rest: Words = ()
    waiting: tuple[PlacedSlide, ...] = ()

    @property
    def slide(self) -> PlacedSlide | None:
        """The one slide that it spells."""
        return self.fitting[0] if len(self.fitting) == 1 and not self.doubtful and len(self.cases) == 1 else None

    def allows(self, placed: PlacedSlide) -> bool:
        """Whether nothing in it speaks against this slide."""
        if self.doubtful or self.cases != {placed.slide.case_id}:
            return False
        if self.fitting:
            return any(one.slide.id == placed.slide.id for one in self.fitting)
        return agrees(self.rest, placed)


def find_place(tx: Transaction, named: Named) -> Place:
    """The slide that waits for this file.

    The barcode is the word of the laboratory: the slide that carries it, and its text as the hospital's rules read it,
    else the built-in one. Names (`ACCESSION-A1-2_KI67.svs`: accession number, block, slide, marker) are heard as well;
    nothing of all that is said may contradict the rest.
    """
    rules = [rule for rule in intake.rules(tx) if rule.enabled]
    label = _label(tx, rules, named.barcodes)
    texts: tuple[tuple[Source, str], ...] = (
        ("file_name", PurePosixPath(named.name).stem),
        ("folder_name", named.folder),
    )
    names = [said for source, text in texts if text and (said := _heard(tx, rules, source, text)) is not None]
    if not label and not names:
        return Place(reasons=("BARCODE_UNKNOWN" if named.barcodes else "NOT_NAMED",))
    place = _agreed(label, names)
    if place.slide is not None and not any(said.slide for said in label):
        return _unless_registered_otherwise(place, named.barcodes)
    return place


def by_text(tx: Transaction, rules: Sequence[Rule], source: Source, text: str) -> Place | None:
    """What one text alone says by the rules, the built-in one last; None where it names no case."""
    said = _heard(tx, rules, source, text)
    return None if said is None else _agreed([said], [])


def names_slide(tx: Transaction, barcode: str, block_id: UUID, label: str) -> bool:
    """Whether a barcode may be kept as that of the slide in this place: its text names no case, or just this place."""
    said = _heard(tx, [rule for rule in intake.rules(tx) if rule.enabled], "barcode", barcode)
    if said is None:
        return True
    slide = said.slide.slide if said.slide is not None else None
    return slide is not None and slide.block_id == block_id and slide.label.casefold() == label.casefold()


def _agreed(label: Sequence[Said], names: Sequence[Said]) -> Place:
    """Where all that was said belongs; without a slide, and with the reason, unless all agree on one."""
    said = [*label, *names]
    cases = frozenset(case for one in said for case in one.cases)
    candidates = _together([placed for one in said for placed in one.fitting])
    reading = next((one.reading for one in said if one.reading is not None), None)
    if len(cases) > 1:
        if any(len(one.cases) > 1 for one in said) or len({case for one in label for case in one.cases}) > 1:
            return Place(None, None, ("BARCODE_FITS_SEVERAL_CASES",), reading, candidates)
        return Place(None, _case_of(label), ("LABEL_CONTRADICTS_NAME",), reading, candidates)
    case_id = _case_of(said)
    if case_id is None:
        return Place(reasons=("CASE_UNKNOWN",), reading=reading)
    chosen = next((one for one in said if one.slide is not None), None)
    if chosen is None or chosen.slide is None:
        unclear: Reason = "SEVERAL_MATCH" if candidates else "SLIDE_UNKNOWN"
        return Place(None, case_id, (unclear,), reading, candidates or said[0].waiting)
    against = [one for one in said if not one.allows(chosen.slide)]
    if against:
        on_label = chosen in label and any(one in label for one in against)
        differing: Reason = "SEVERAL_MATCH" if on_label else "LABEL_CONTRADICTS_NAME"
        return Place(None, case_id, (differing,), reading, candidates)
    if chosen.slide.slide.status not in AWAITING_FILE:
        return Place(None, case_id, ("ALREADY_SCANNED",), reading, candidates)
    return Place(chosen.slide.slide, case_id, (), reading, candidates)


def _unless_registered_otherwise(place: Place, barcodes: tuple[str, ...]) -> Place:
    """A slide that only names brought, registered with a barcode that is not among those on the label, waits."""
    registered = place.slide.barcode if place.slide is not None else None
    if registered is None or not barcodes or words(registered) in {words(code) for code in barcodes}:
        return place
    return replace(place, slide=None, reasons=("LABEL_CONTRADICTS_NAME",))


def _label(tx: Transaction, rules: Sequence[Rule], barcodes: tuple[str, ...]) -> list[Said]:
    """What each barcode says: the slides registered with it, and its text.

    Of a registered barcode the text need not be understood; what it says of a slide or of another case counts.
    """
    carrying = slides.by_barcodes(tx, barcodes)
    found = []
    for code in dict.fromkeys(barcodes):
        carriers = tuple(placed for placed in carrying if placed.slide.barcode == code)
        if carriers:
            cases = frozenset(placed.slide.case_id for placed in carriers if placed.slide.case_id is not None)
            found.append(Said(cases, None, carriers))
        said = _heard(tx, rules, "barcode", code)
        if said is None or (carriers and any(isinstance(case, str) for case in said.cases)):
            continue
        if not carriers or said.fitting or said.cases != found[-1].cases:
            found.append(said)
    return found


def _heard(tx: Transaction, rules: Sequence[Rule], source: Source, text: str) -> Said | None:
    """What one text says by the rules, the built-in one last; the folder's name is read by rules only."""
    reading = read(rules, source, text)
    if reading is not None:
        return _by_reading(tx, reading)
    return _by_words(tx, source, text) if source != "folder_name" else None


def _by_reading(tx: Transaction, reading: Reading) -> Said:
    """What a rule's words say; without block, slide or stain only the case is told."""
    found = slides.cases_of_accessions(tx, [reading.accession])
    if not found:
        return Said(frozenset({"-".join(words(reading.accession))}), reading)
    accession, case_id = found[0]
    here, blocks = slides.of_accessions(tx, [accession]), slides.blocks_of_case(tx, case_id)
    apart = (reading.block, reading.slide, reading.stain)
    fit = said_apart(*apart, here, blocks) if any(apart) else Fit()
    return _said(case_id, here, fit, reading, tuple(word for part in apart for word in words(part)))


def _by_words(tx: Transaction, source: Source, text: str) -> Said | None:
    """The built-in rule: the accession number, then the words that spell a slide of the case.

    Where the text begins with the numbers of several cases, the longest counts, unless it fits a shorter one's slide.
    """
    plain = unicodedata.normalize("NFKC", text)
    longest: Said | None = None
    for accession, case_id in slides.cases_of_accessions(tx, list(_beginnings(plain))):
        rest = words(plain[len(accession) :])
        here, blocks = slides.of_accessions(tx, [accession]), slides.blocks_of_case(tx, case_id)
        said = _said(case_id, here, spelled(rest, here, blocks), Reading(source, text, BUILT_IN, accession), rest)
        if longest is None:
            longest = said
        elif said.fitting and not says_nothing(longest.rest):
            longest = replace(longest, cases=longest.cases | said.cases, fitting=(*longest.fitting, *said.fitting))
    return longest


def _said(case_id: UUID, here: list[PlacedSlide], fit: Fit, reading: Reading, rest: Words) -> Said:
    waiting = tuple(placed for placed in here if placed.slide.status in AWAITING_FILE)
    return Said(frozenset({case_id}), reading, fit.slides, fit.doubtful, rest, waiting)


def _case_of(said: Sequence[Said]) -> UUID | None:
    """The one case that all of them name, where it exists."""
    cases = {case for one in said for case in one.cases}
    return next((case for case in cases if isinstance(case, UUID)), None) if len(cases) == 1 else None


def _together(found: Sequence[PlacedSlide]) -> tuple[PlacedSlide, ...]:
    return tuple({placed.slide.id: placed for placed in found}.values())


def _beginnings(text: str) -> Iterator[str]:
    """Every part of the text that ends at a separator or at its end: what an accession number could be."""
    for match in _SEPARATORS.finditer(text):
        if match.start() > 0:
            yield text[: match.start()]
    yield text
