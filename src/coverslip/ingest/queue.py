"""The reconciliation queue: slides that no barcode and no name placed, and what a person needs to place them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from typing import Literal
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.errors import InvalidInput, NotFound
from coverslip.ingest.enter import tell
from coverslip.ingest.upload_errors import MatchContradicts, SlideNotInQueue
from coverslip.records.models import Slide
from coverslip.records.queries import queue
from coverslip.records.queries import slide as slides
from coverslip.records.queries.queue import QueueState
from coverslip.records.queries.slide import PlacedSlide
from coverslip.records.transaction import Transaction

LARGEST_PAGE = 100
LONGEST_REASON = 1000
CASES_COMPARED = 3000
"""Open cases, newest first, whose numbers are compared with what stands on a slide."""
SUGGESTIONS = 6
ALIKE = 0.78
"""From this likeness on (2 * letters in common / letters of both) a number may be a misread or mistyped one."""
SHORTEST_NUMBER = 5

Why = Literal["SENT_FOR", "COULD_BE_MEANT", "NUMBER_NAMED", "NUMBER_ALIKE", "PATIENT_NUMBER_NAMED", "CHOSEN"]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Something that speaks against a match; `code` is a key of the catalogue's problems, `accession` fills it."""

    code: Literal["match_barcode", "match_name", "match_sent_for", "match_closed", "match_other_barcode"]
    accession: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A slide of a case that waits for its file, and what speaks against its being this one."""

    placed: PlacedSlide
    contradictions: tuple[Contradiction, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A case that a slide may belong to: why, what waits in it, what speaks against it."""

    case_id: UUID
    why: tuple[Why, ...]
    waiting: tuple[Waiting, ...]
    contradictions: tuple[Contradiction, ...]


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Slides newest first; `next_after` is given back for the page after it, None on the last."""

    slides: tuple[Slide, ...]
    next_after: UUID | None
    total: int


def queue_page(tx: Transaction, state: QueueState, after: UUID | None, limit: int) -> QueuePage:
    """A page of the queue. Raises `PermissionDenied`, `InvalidInput`."""
    require(tx.actor, Permission.SLIDE_MATCH)
    if not 1 <= limit <= LARGEST_PAGE:
        raise InvalidInput(field="limit", problem="page_size", largest=LARGEST_PAGE)
    rows = queue.page(tx, state, after=after, limit=limit + 1)
    audit.record(tx, "slide.unmatched", object_type="slide", object_id=None)
    shown = tuple(rows[:limit])
    return QueuePage(shown, shown[-1].id if len(rows) > limit else None, queue.count(tx, state))


def queued_slide(tx: Transaction, slide_id: UUID) -> QueuePage:
    """The page that holds this slide alone, whatever part of the queue it is in; an empty one where it is in none.

    Raises `PermissionDenied`.
    """
    require(tx.actor, Permission.SLIDE_MATCH)
    found = queue.one(tx, slide_id)
    audit.record(tx, "slide.unmatched", object_type="slide", object_id=None if found is None else slide_id)
    return QueuePage((), None, 0) if found is None else QueuePage((found,), None, 1)


def suggestions(tx: Transaction, slide_id: UUID, case_id: UUID | None = None) -> list[Suggestion]:
    """Cases that a slide of the queue may belong to, the likeliest first; with `case_id` that one alone.

    Raises `PermissionDenied`, `NotFound`.
    """
    require(tx.actor, Permission.SLIDE_MATCH)
    slide = slides.slide(tx, slide_id)
    if slide is None:
        raise NotFound(field="slide")
    why: dict[UUID, list[Why]] = {case_id: ["CHOSEN"]} if case_id is not None else _suggested(tx, slide)
    known = queue.cases_by_id(tx, list(why))
    if case_id is not None and case_id not in known:
        raise NotFound(field="case")
    chosen = [found for found in why if found in known][:SUGGESTIONS]
    audit.record(tx, "slide.candidates", object_type="slide", object_id=slide.id, case_id=case_id)
    waiting = queue.waiting_in(tx, chosen)
    return [
        Suggestion(
            found,
            tuple(dict.fromkeys(why[found])),
            tuple(Waiting(placed, _of_slide(slide, placed)) for placed in waiting if placed.slide.case_id == found),
            contradictions(tx, slide, found),
        )
        for found in chosen
    ]


def contradictions(tx: Transaction, slide: Slide, case_id: UUID) -> tuple[Contradiction, ...]:
    """What label, name and sender say against this case, and what the case's own state does."""
    found: list[Contradiction] = []
    carriers = queue.carrying(tx, barcodes_of(slide))
    elsewhere = [placed for placed in carriers if placed.slide.case_id != case_id]
    if elsewhere and len(elsewhere) == len(carriers):
        found.append(Contradiction("match_barcode", elsewhere[0].accession_number or ""))
    named = _named_case(tx, slide)
    if named is not None and named[0] != case_id:
        found.append(Contradiction("match_name", named[1]))
    known = queue.cases_by_id(tx, [case_id, *([slide.case_id] if slide.case_id else [])])
    if slide.case_id is not None and slide.case_id != case_id:
        meant = known.get(slide.case_id, ("", ""))[0]
        if all(one.accession != meant for one in found):
            found.append(Contradiction("match_sent_for", meant))
    if case_id in known and known[case_id][1] in queue.CLOSED:
        found.append(Contradiction("match_closed", known[case_id][0]))
    return tuple(found)


def require_agreement(
    tx: Transaction, slide: Slide, case_id: UUID, filled: PlacedSlide | None, despite: Sequence[str]
) -> None:
    """Raise `MatchContradicts` for what speaks against a match and the person has not said they have seen."""
    against = contradictions(tx, slide, case_id) + (() if filled is None else _of_slide(slide, filled))
    for contradiction in against:
        if contradiction.code not in despite:
            raise MatchContradicts(problem=contradiction.code, accession=contradiction.accession)


def set_aside(tx: Transaction, slide_id: UUID, reason: str) -> Slide:
    """Take a slide that nobody can place out of the queue, with the reason; its file is kept.

    Raises `PermissionDenied`, `NotFound`, `InvalidInput`, `SlideNotInQueue`.
    """
    given = reason.strip()
    if not given or len(given) > LONGEST_REASON:
        raise InvalidInput(field="reason", problem="required")
    slide = _queued(tx, slide_id)
    if slide.set_aside_at is not None:
        raise SlideNotInQueue(status="set_aside")
    slide.set_aside_at, slide.set_aside_by, slide.set_aside_reason = datetime.now(UTC), tx.actor.person_id, given
    tx.flush()
    detail = {"reason": given}
    audit.record(tx, "slide.set_aside", object_type="slide", object_id=slide.id, case_id=slide.case_id, detail=detail)
    tell(tx, slide)
    return slide


def bring_back(tx: Transaction, slide_id: UUID) -> Slide:
    """Put a slide that was set aside into the queue again.

    Raises `PermissionDenied`, `NotFound`, `SlideNotInQueue`.
    """
    slide = _queued(tx, slide_id)
    if slide.set_aside_at is None:
        raise SlideNotInQueue(status=slide.status)
    slide.set_aside_at = slide.set_aside_by = slide.set_aside_reason = None
    tx.flush()
    audit.record(tx, "slide.bring_back", object_type="slide", object_id=slide.id, case_id=slide.case_id)
    tell(tx, slide)
    return slide


def barcodes_of(slide: Slide) -> list[str]:
    """Every barcode that was read on the slide."""
    kept = (slide.matching or {}).get("barcodes") or (slide.properties or {}).get("barcodes") or []
    return list(dict.fromkeys([*kept, *([slide.barcode] if slide.barcode else [])]))


def reasons_of(slide: Slide) -> list[str]:
    """Codes of why it waits, and of what its file lacks."""
    kept = (slide.matching or {}).get("reasons") or []
    return list(dict.fromkeys([*kept, *((slide.properties or {}).get("flags") or [])]))


def _queued(tx: Transaction, slide_id: UUID) -> Slide:
    require(tx.actor, Permission.SLIDE_MATCH)
    slide = slides.slide(tx, slide_id, for_update=True)
    if slide is None:
        raise NotFound(field="slide")
    if slide.block_id is not None or slide.status not in ("unmatched", "failed"):
        raise SlideNotInQueue(status=slide.status)
    return slide


def _suggested(tx: Transaction, slide: Slide) -> dict[UUID, list[Why]]:
    """Case ids with why, the strongest reason first."""
    why: dict[UUID, list[Why]] = {}
    if slide.case_id is not None:
        why.setdefault(slide.case_id, []).append("SENT_FOR")
    for candidate in (slide.matching or {}).get("candidates") or []:
        if candidate["case_id"]:
            why.setdefault(UUID(candidate["case_id"]), []).append("COULD_BE_MEANT")
    named = _named_case(tx, slide)
    if named is not None:
        why.setdefault(named[0], []).append("NUMBER_NAMED")
    texts = [_plain(text) for text in (*barcodes_of(slide), PurePosixPath(slide.original_name or "").stem) if text]
    scored: list[tuple[float, UUID, Why]] = []
    for case_id, accession, patient_number in queue.open_cases(tx, CASES_COMPARED):
        likeness = max((_likeness(_plain(accession), text) for text in texts), default=0.0)
        if any(len(patient_number) >= SHORTEST_NUMBER and _plain(patient_number) in text for text in texts):
            scored.append((1.0, case_id, "PATIENT_NUMBER_NAMED"))
        elif likeness >= ALIKE:
            scored.append((likeness, case_id, "NUMBER_ALIKE"))
    for _, case_id, reason in sorted(scored, key=lambda found: -found[0])[:SUGGESTIONS]:
        if case_id not in why:
            why[case_id] = [reason]
    return why


def _named_case(tx: Transaction, slide: Slide) -> tuple[UUID, str] | None:
    """The case whose number was read on label or in the name, where it exists."""
    reading = (slide.matching or {}).get("reading")
    if not reading:
        return None
    found = slides.cases_of_accessions(tx, [reading["accession"]])
    return (found[0][1], found[0][0]) if found else None


def _of_slide(slide: Slide, placed: PlacedSlide) -> tuple[Contradiction, ...]:
    """A slide that is registered with a barcode, while the label shows another."""
    codes = barcodes_of(slide)
    if placed.slide.barcode and codes and placed.slide.barcode not in codes:
        return (Contradiction("match_other_barcode", placed.slide.barcode),)
    return ()


def _likeness(number: str, text: str) -> float:
    """How like the number is to the beginning of a text, 0 to 1; 1 where the text begins with it."""
    if len(number) < SHORTEST_NUMBER:
        return 0.0
    if text.startswith(number):
        return 1.0
    compared = SequenceMatcher(None, number, text[: len(number)], autojunk=False)
    return compared.ratio() if compared.real_quick_ratio() >= ALIKE and compared.quick_ratio() >= ALIKE else 0.0


def _plain(text: str) -> str:
    return "".join(character for character in text.upper() if character.isalnum())
