"""Words of the codes that intake leaves on a slide: why it was not matched, what its file lacks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from coverslip.errors import Locale
from coverslip.server.schemas.common import Localised
from coverslip.server.schemas.upload import Reason


def reasons(codes: Iterable[str]) -> list[Reason]:
    """Each code with its words; a code of another version stands for itself."""
    chinese, english = _flags("zh-CN"), _flags("en")
    return [
        Reason(code=code, words=Localised.of(chinese.get(code, code), english.get(code, code)))
        for code in dict.fromkeys(codes)
    ]


@cache
def _flags(locale: Locale) -> Mapping[str, str]:
    folder = resources.files("coverslip") / "locales" / locale
    found: dict[str, str] = {}
    for name in ("ingest.json", "uploads.json"):
        found |= json.loads((folder / name).read_text(encoding="utf-8")).get("ingest", {}).get("flag", {})
    return found
