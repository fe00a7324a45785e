"""Trying rules out: what they would read from examples, and which slide that would be. Nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from coverslip.access import audit
from coverslip.access.permission import Permission, require
from coverslip.errors import InvalidInput
from coverslip.ingest.identify import by_text
from coverslip.ingest.match_rules import NewRule, Reading, Source, check_rules
from coverslip.records.models.intake import RULE_SOURCES
from coverslip.records.transaction import Transaction

MOST_EXAMPLES = 50


@dataclass(frozen=True, slots=True)
class Example:
    """A text to try rules on: a barcode, a file name without its ending, a folder's name."""

    source: Source
    text: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What became of an example. `slide_id`: the slide it would fill; `reasons`: why it would wait."""

    example: Example
    reading: Reading | None
    case_id: UUID | None
    slide_id: UUID | None
    label: str | None
    reasons: tuple[str, ...]


def preview(tx: Transaction, rules: Sequence[NewRule], examples: Sequence[Example]) -> list[Preview]:
    """Try these rules, saved or not, on examples. Raises `PermissionDenied`, `InvalidInput`."""
    require(tx.actor, Permission.INTAKE_MANAGE)
    check_rules(rules)
    if len(examples) > MOST_EXAMPLES:
        raise InvalidInput(field="examples", problem="rules_too_many", most=MOST_EXAMPLES)
    audit.record(tx, "match_rules.read", object_type="match_rules", object_id=None, detail={"tried": len(examples)})
    enabled = [rule for rule in rules if rule.enabled]
    return [_preview(tx, enabled, number, example) for number, example in enumerate(examples)]


def _preview(tx: Transaction, rules: Sequence[NewRule], number: int, example: Example) -> Preview:
    if example.source not in RULE_SOURCES:
        allowed = ", ".join(RULE_SOURCES)
        field = f"examples.{number}.source"
        raise InvalidInput(field=field, problem="not_one_of", value=example.source[:40], allowed=allowed)
    place = by_text(tx, rules, example.source, example.text)
    if place is None:
        return Preview(example, None, None, None, None, ("NOT_NAMED",))
    slide = place.slide
    slide_id, label = (None, None) if slide is None else (slide.id, slide.label)
    return Preview(example, place.reading, place.case_id, slide_id, label, place.reasons)
