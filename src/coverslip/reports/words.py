"""The report's words in one language, from the catalogues that the screen reads too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from coverslip.errors import Locale
from coverslip.reports.content import Bilingual


@dataclass(frozen=True, slots=True)
class Words:
    """One language's catalogue. `Words.of(locale)` reads it once a process."""

    locale: Locale
    catalogue: dict[str, Any]

    @classmethod
    def of(cls, locale: Locale) -> Words:
        """The words of `zh-CN` or `en`."""
        return _load(locale)

    def text(self, group: str, key: str, **parameters: object) -> str:
        """The text `group.key` with its placeholders filled; raises KeyError for a text the catalogue lacks."""
        return str(self.catalogue[group][key]).format(**parameters)

    def term(self, group: str, code: str) -> str:
        """The word for a code; a code of a plug-in that the catalogue does not know is printed as it is."""
        return str(self.catalogue[group].get(code, code))

    def group(self, group: str) -> dict[str, str]:
        """All texts of a group."""
        return dict(self.catalogue[group])

    def pick(self, words: Bilingual) -> str:
        """The side of a bilingual text that this language prints."""
        return (words.zh if self.locale == "zh-CN" else words.en) or words.zh or words.en


@cache
def _load(locale: Locale) -> Words:
    merged: dict[str, Any] = {}
    for name in ("vocabulary.json", "reports.json"):
        source = resources.files("coverslip") / "locales" / locale / name
        merged.update(json.loads(source.read_text(encoding="utf-8")))
    return Words(locale, merged)
