"""What a person needs to place a slide of the queue: likely cases, what waits in them, what speaks against them."""

from __future__ import annotations

from uuid import UUID

from coverslip.server.schemas.case import CaseSummary
from coverslip.server.schemas.common import Shown
from coverslip.server.schemas.slide import Contradiction, Reason
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.stains import Stain


class WaitingSlide(Shown):
    """A slide of a case that waits for its file."""

    id: UUID
    block_id: UUID
    specimen_label: str
    block_label: str
    label: str
    stain: Stain
    marker: Marker | None
    clone: str | None
    barcode: str | None
    contradictions: list[Contradiction]


class MatchSuggestion(Shown):
    """A case that a slide may belong to, and why it is suggested."""

    case: CaseSummary
    why: list[Reason]
    waiting: list[WaitingSlide]
    contradictions: list[Contradiction]


class MatchSuggestions(Shown):
    """The likeliest first; empty where nothing resembles the slide."""

    items: list[MatchSuggestion]
