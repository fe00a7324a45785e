"""What a person types into the search field, turned into beginnings of stored keys."""

from __future__ import annotations

import re
import unicodedata

from coverslip.records.queries.case import SearchKeys

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_DIGITS = re.compile(r"[0-9]+")


def search_keys(typed: str) -> SearchKeys | None:
    """Keys for an accession number (whole beginning, or the running number without zeros), a patient number, a Chinese
    name (from the surname or from the given name) or its pinyin (`li xiuying`, `lixiuying`, `xiuying`, `xiuying li`).

    Full-width characters count as plain ones, case does not count. None where nothing was typed.
    """
    text = " ".join(unicodedata.normalize("NFKC", typed).replace("\0", "").lower().split())
    if not text:
        return None
    joined = text.replace(" ", "")
    if _HAN.search(joined):
        return SearchKeys(accession=(joined,), name=(joined,))
    tail = joined.lstrip("0") if _DIGITS.fullmatch(joined) else ""
    return SearchKeys(
        accession=(joined,),
        accession_tail=(tail,) if tail else (),
        patient_number=(joined,),
        name=() if _DIGITS.search(joined) else (joined,),
        name_en=() if _DIGITS.search(joined) else _pinyin(text),
    )


def _pinyin(text: str) -> tuple[str, ...]:
    """The words as typed and, where there are two or more, with the first one last: given name before surname."""
    words = text.split(" ")
    joined, turned = "".join(words), "".join((words[-1], *words[:-1]))
    return (joined,) if turned == joined else (joined, turned)
