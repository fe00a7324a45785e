"""Words of the codes that intake leaves on a slide: why it was not matched, what its file lacks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Literal

from coverslip.errors import LOCALES, Locale, problem_text
from coverslip.ingest.queue import Contradiction
from coverslip.server.schemas.common import Localised
from coverslip.server.schemas.slide import Contradiction as ContradictionShown
from coverslip.server.schemas.slide import Reason


def reasons(codes: Iterable[str], kind: Literal["flag", "why"] = "flag") -> list[Reason]:
    """Each code with its words; a code of another version stands for itself."""
    chinese, english = _words("zh-CN", kind), _words("en", kind)
    return [
        Reason(code=code, words=Localised.of(chinese.get(code, code), english.get(code, code)))
        for code in dict.fromkeys(codes)
    ]


def contradictions(found: Iterable[Contradiction]) -> list[ContradictionShown]:
    """Each with its words."""
    return [
        ContradictionShown(
            code=one.code,
            words=Localised.of(*(problem_text(one.code, locale).format(accession=one.accession) for locale in LOCALES)),
        )
        for one in found
    ]


@cache
def _words(locale: Locale, kind: str) -> Mapping[str, str]:
    folder = resources.files("coverslip") / "locales" / locale
    found: dict[str, str] = {}
    for name in ("ingest.json", "uploads.json"):
        found |= json.loads((folder / name).read_text(encoding="utf-8")).get("ingest", {}).get(kind, {})
    return found
