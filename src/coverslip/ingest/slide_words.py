"""Whether words on a label or in a name spell a slide of a case: block and slide are words of their own.

A text falls into words at everything that is neither letter nor digit; words are never glued together to fit, because
`A1-12` and `A11-2` are two slides. Where the words could stand for more than one block of the case, they are doubtful.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from coverslip.records.queries.slide import PlacedBlock, PlacedSlide

Words = tuple[str, ...]

_WORD = re.compile(r"[^\W_]+")
_DATE = r"(?:19|20)\d\d-?[01]\d-?[0-3]\d(?:(?:T|-)?[0-2]\d-?[0-5]\d(?:-?[0-5]\d)?)?"
_NOISE = re.compile(rf"(?:{_DATE}|\d{{1,3}}X)(?:-(?:{_DATE}|\d{{1,3}}X))*")
"""What scanners add to names and what names no slide: day and time, magnification."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The slides that words may stand for. `doubtful`: they may stand for another block's, too."""

    slides: tuple[PlacedSlide, ...] = ()
    doubtful: bool = False


def words(text: str | None) -> Words:
    """The words of a text; large and small, full-width and plain letters are one."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text or "").upper()))


def spelled(rest: Words, here: Sequence[PlacedSlide], blocks: Sequence[PlacedBlock]) -> Fit:
    """The slides that the words after an accession number spell: block, slide, stain, each after the other."""
    fitting = tuple(placed for placed in here if rest and _spells(rest, placed))
    named = {block.id for block in blocks if any(rest[: len(name)] == name for name in block_names(block))}
    return Fit(fitting, bool(fitting) and len(named | {placed.slide.block_id for placed in fitting}) > 1)


def said_apart(
    block: str | None,
    slide: str | None,
    stain: str | None,
    here: Sequence[PlacedSlide],
    blocks: Sequence[PlacedBlock],
) -> Fit:
    """The slides of which everything is true that a rule read; it has told block, slide and stain apart."""
    doubtful = False
    fitting = list(here)
    if block is not None:
        named = {one.id for one in blocks if words(block) in block_names(one) | {words(one.label)}}
        doubtful = len(named) > 1
        fitting = [placed for placed in fitting if placed.slide.block_id in named]
    if slide is not None:
        whole = spelled(words(slide), fitting, blocks)
        doubtful = doubtful or (block is None and whole.doubtful)
        full = {placed.slide.id for placed in whole.slides}
        fitting = [placed for placed in fitting if words(slide) == words(placed.slide.label) or placed.slide.id in full]
    if stain is not None:
        fitting = [placed for placed in fitting if _says_stain(words(stain), placed)]
    return Fit(tuple(fitting), doubtful and bool(fitting))


def agrees(rest: Words, placed: PlacedSlide) -> bool:
    """Whether words that spell no slide say nothing against this one: nothing, its block, or its name with a day."""
    if says_nothing(rest):
        return True
    names = _names(placed)
    if any(rest == name[: len(rest)] for name in (*names, *block_names(placed))):
        return True
    return any(rest[: len(name)] == name and says_nothing(rest[len(name) :]) for name in names)


def says_nothing(rest: Words) -> bool:
    """Whether words name neither block nor slide nor stain."""
    return not rest or _NOISE.fullmatch("-".join(rest)) is not None


def block_names(block: PlacedBlock | PlacedSlide) -> set[Words]:
    """How a block is called within its case: `A1` or `A-1` for block 1 of specimen A."""
    specimen = block.specimen_label or ""
    label = (block.label if isinstance(block, PlacedBlock) else block.block_label) or ""
    if not words(label):
        return set()
    names = {words(f"{specimen}{label}"), words(specimen) + words(label)}
    return names | {words(label)} if label.upper().startswith(specimen.upper()) else names


def _names(placed: PlacedSlide) -> set[Words]:
    """What the slide is called after the accession number: block and label, or a label that says the block itself."""
    label, blocks = words(placed.slide.label), block_names(placed)
    if not label:
        return set()
    names = {block + label for block in blocks}
    says_block = any(placed.slide.label.upper().startswith("-".join(block)) for block in blocks)
    return names | {label} if says_block and label not in blocks else names


def _spells(rest: Words, placed: PlacedSlide) -> bool:
    names = _names(placed)
    return rest in names or any(
        rest[: len(name)] == name and _says_stain(rest[len(name) :], placed) for name in (*names, *block_names(placed))
    )


def _says_stain(said: Words, placed: PlacedSlide) -> bool:
    """Whether the words are the slide's marker or stain: `KI67`, and `Ki-67`, but not `CD3-1` for CD31."""
    known = {"".join(words(stain)) for stain in (placed.slide.marker, placed.slide.stain) if stain}
    return bool(said) and "".join(said) in known and all(word.isalpha() for word in said[:-1])
