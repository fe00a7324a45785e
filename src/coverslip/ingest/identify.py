"""Which slide of which case a file is: by the label's barcode, by the file's name, never by a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import zxingcpp

from coverslip.records.models import Slide
from coverslip.records.queries import slide as slides
from coverslip.records.queries.slide import AWAITING_FILE, PlacedSlide
from coverslip.records.transaction import Transaction
from coverslip.slides.slide import RgbImage

_LABEL_FORMATS = zxingcpp.BarcodeFormats(
    (
        zxingcpp.BarcodeFormat.DataMatrix,
        zxingcpp.BarcodeFormat.QRCode,
        zxingcpp.BarcodeFormat.PDF417,
        zxingcpp.BarcodeFormat.Code128,
        zxingcpp.BarcodeFormat.Code39,
    )
)
"""What laboratories print; retail codes such as EAN-13 are what a damaged label is misread as."""
LONGEST_BARCODE = 128
_SEPARATORS = re.compile(r"[\s_\-.]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file belongs.

    `slide`: the expected slide it fills, locked; else `case_id` where only the case is known, with the reason in
    `flags`: `ALREADY_SCANNED` (the slide has its file), `LABEL_CONTRADICTS_NAME`, `SEVERAL_MATCH`.
    """

    slide: Slide | None = None
    case_id: UUID | None = None
    flags: tuple[str, ...] = ()


def read_barcodes(label: RgbImage) -> tuple[str, ...]:
    """Texts of the barcodes on a label image, (h, w, 3) uint8; without repeats, in the order found."""
    found = (code.text.strip() for code in zxingcpp.read_barcodes(label, formats=_LABEL_FORMATS))
    return tuple(dict.fromkeys(text for text in found if 0 < len(text) <= LONGEST_BARCODE))


def find_place(tx: Transaction, file_name: str, barcodes: Iterable[str]) -> Place:
    """The slide that waits for this file.

    The barcode is the word of the laboratory: first the slide that carries it, then the text read by the rule of
    names. The file's name (`ACCESSION-A1-2_KI67.svs`: accession number, block, slide, marker) is asked where there is
    no barcode; where both speak and contradict each other, nothing is matched.
    """
    codes = tuple(barcodes)
    by_label = _by_barcode(tx, codes)
    for code in codes if by_label is None else ():
        by_label = by_label or _by_words(tx, code)
    by_name = _by_words(tx, Path(file_name).stem)
    if by_label is None:
        return by_name or Place()
    if by_name is not None and _contradict(by_label, by_name):
        return Place(case_id=by_label.case_id, flags=("LABEL_CONTRADICTS_NAME",))
    return by_label


def _contradict(label: Place, name: Place) -> bool:
    if label.case_id != name.case_id:
        return True
    return label.slide is not None and name.slide is not None and label.slide.id != name.slide.id


def _by_barcode(tx: Transaction, barcodes: tuple[str, ...]) -> Place | None:
    return _one_of(slides.by_barcodes(tx, barcodes))


def _by_words(tx: Transaction, text: str) -> Place | None:
    """The rule of names: the accession number, then what names a slide within the case."""
    beginnings = list(_beginnings(text))
    for accession, case_id in slides.cases_of_accessions(tx, beginnings):
        rest = _plain(text[len(accession) :])
        named = [placed for placed in slides.of_accessions(tx, [accession]) if rest in _names(placed)]
        return _one_of(named) or Place(case_id=case_id)
    return None


def _one_of(found: list[PlacedSlide]) -> Place | None:
    if not found:
        return None
    waiting = [placed.slide for placed in found if placed.slide.status in AWAITING_FILE]
    cases = {placed.slide.case_id for placed in found}
    case_id = cases.pop() if len(cases) == 1 else None
    if len(waiting) == 1:
        return Place(slide=waiting[0], case_id=case_id)
    return Place(case_id=case_id, flags=("SEVERAL_MATCH" if waiting else "ALREADY_SCANNED",))


def _beginnings(text: str) -> Iterator[str]:
    """Every part of the text that ends at a separator or at its end: what an accession number could be."""
    for match in _SEPARATORS.finditer(text):
        if match.start() > 0:
            yield text[: match.start()]
    yield text


def _names(placed: PlacedSlide) -> set[str]:
    """What may stand after the accession number for this slide, in plain letters and digits."""
    slide, specimen, block = placed.slide, placed.specimen_label or "", placed.block_label or ""
    whole_block = block if block.upper().startswith(specimen.upper()) else f"{specimen}{block}"
    stains = [word for word in (slide.marker, slide.stain) if word]
    made = {f"{whole_block}-{slide.label}", slide.label if slide.label.upper().startswith(whole_block.upper()) else ""}
    made |= {f"{name}-{stain}" for name in made if name for stain in stains}
    made |= {f"{whole_block}-{stain}" for stain in stains}
    return {_plain(name) for name in made if name}


def _plain(text: str) -> str:
    return "".join(character for character in text.upper() if character.isalnum())
