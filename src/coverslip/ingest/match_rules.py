"""How a hospital writes accession, block, slide and stain into barcodes and names: rules, their test, their keeping.

A rule is an RE2 expression (linear time on any text, docs/decisions/0100) with the named groups `accession` (needed),
`block`, `slide` and `stain`. Rules are asked in their order; the first that finds an accession number speaks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Protocol

import re2

from coverslip.access import audit
from coverslip.access.errors import PermissionDenied
from coverslip.access.permission import Permission, may, require
from coverslip.errors import InvalidInput
from coverslip.records.models import MatchRule
from coverslip.records.models.intake import RULE_SOURCES
from coverslip.records.queries import intake
from coverslip.records.transaction import Transaction

GROUPS = ("accession", "block", "slide", "stain")
LONGEST_PATTERN, LONGEST_TEXT, MOST_RULES = 300, 512, 50
PATTERN_BYTES = 1024 * 1024
"""Memory of one compiled rule."""

Source = Literal["barcode", "file_name", "folder_name"]


class Rule(Protocol):
    """What reading needs of a rule."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def source(self) -> str:
        """Which text it reads: `barcode`, `file_name` (without ending) or `folder_name`."""

    @property
    def pattern(self) -> str:
        """The expression."""


@dataclass(frozen=True, slots=True)
class NewRule:
    """A rule as somebody writes it."""

    name: str
    source: str
    pattern: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """What a rule read out of a text; None where the text does not say it."""

    source: str
    text: str
    rule: str
    accession: str
    block: str | None = None
    slide: str | None = None
    stain: str | None = None

    def document(self) -> dict[str, Any]:
        """As kept on the slide."""
        return {name: getattr(self, name) for name in ("source", "text", "rule", *GROUPS)}


def match_rules(tx: Transaction) -> list[MatchRule]:
    """The hospital's rules in order. Raises `PermissionDenied`."""
    _require_reader(tx)
    audit.record(tx, "match_rules.read", object_type="match_rules", object_id=None)
    return intake.rules(tx)


def save_rules(tx: Transaction, rules: Sequence[NewRule]) -> list[MatchRule]:
    """Let these be the hospital's rules, in this order. Raises `PermissionDenied`, `InvalidInput` (`rules.N.FIELD`)."""
    require(tx.actor, Permission.INTAKE_MANAGE)
    check_rules(rules)
    before = [_document(rule) for rule in intake.rules(tx)]
    rows = [
        MatchRule(
            organization_id=tx.organization_id,
            position=position,
            name=rule.name.strip(),
            source=rule.source,
            pattern=rule.pattern,
            enabled=rule.enabled,
        )
        for position, rule in enumerate(rules)
    ]
    intake.replace_rules(tx, rows)
    detail = {"before": before, "after": [_document(rule) for rule in rows]}
    audit.record(tx, "match_rules.change", object_type="match_rules", object_id=None, detail=detail)
    return rows


def check_rules(rules: Sequence[NewRule]) -> None:
    """Raise `InvalidInput` for the first rule that cannot be one."""
    if len(rules) > MOST_RULES:
        raise InvalidInput(field="rules", problem="rules_too_many", most=MOST_RULES)
    names: set[str] = set()
    for number, rule in enumerate(rules):
        at, name = f"rules.{number}.", rule.name.strip()
        if not name or len(name) > 100:
            raise InvalidInput(field=f"{at}name", problem="required")
        if name in names:
            raise InvalidInput(field=f"{at}name", problem="rule_named_twice", value=name)
        names.add(name)
        if rule.source not in RULE_SOURCES:
            allowed = ", ".join(RULE_SOURCES)
            raise InvalidInput(field=f"{at}source", problem="not_one_of", value=rule.source[:40], allowed=allowed)
        _check_pattern(rule.pattern, f"{at}pattern")


def read(rules: Iterable[Rule], source: Source, text: str) -> Reading | None:
    """What the first rule for this kind of text that finds an accession number reads; None where none does."""
    plain = unicodedata.normalize("NFKC", text)[:LONGEST_TEXT]
    for rule in rules:
        if rule.source != source:
            continue
        found = _compiled(rule.pattern).search(plain)
        if found is None:
            continue
        said = {name: (value or "").strip() or None for name, value in found.groupdict().items() if name in GROUPS}
        accession = said.pop("accession", None)
        if accession is not None:
            return Reading(source, text[:LONGEST_TEXT], rule.name, accession, **said)
    return None


def _check_pattern(pattern: str, field: str) -> None:
    if not pattern or len(pattern) > LONGEST_PATTERN or "\0" in pattern:
        raise InvalidInput(field=field, problem="rule_length", most=LONGEST_PATTERN)
    try:
        groups = set(_compiled(pattern).groupindex)
    except re2.error as error:
        raise InvalidInput(field=field, problem="rule_pattern", technical=_words_of(error)) from error
    unknown = sorted(groups - set(GROUPS))
    if unknown:
        raise InvalidInput(field=field, problem="rule_group", value=unknown[0], allowed=", ".join(GROUPS))
    if "accession" not in groups:
        raise InvalidInput(field=field, problem="rule_accession")


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem, options.log_errors, options.never_nl = PATTERN_BYTES, False, False
    return re2.compile(pattern, options)


def _words_of(error: Exception) -> str:
    first = error.args[0] if error.args else ""
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)


def _document(rule: MatchRule) -> dict[str, Any]:
    return {"name": rule.name, "source": rule.source, "pattern": rule.pattern, "enabled": rule.enabled}


def _require_reader(tx: Transaction) -> None:
    if not (may(tx.actor, Permission.INTAKE_MANAGE) or may(tx.actor, Permission.SLIDE_MATCH)):
        raise PermissionDenied(permission=Permission.INTAKE_MANAGE.value)
