from __future__ import annotations

import pytest

from coverslip.cases.search import search_keys
from coverslip.records.queries.case import SearchKeys


@pytest.mark.parametrize("typed", ["", "  ", "\t\n", "\0"])
def test_nothing_typed_asks_nothing(typed: str) -> None:
    assert search_keys(typed) is None


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("李秀英", SearchKeys(accession=("李秀英",), name=("李秀英",))),
        (" 李 秀英 ", SearchKeys(accession=("李秀英",), name=("李秀英",))),
        ("𬱖", SearchKeys(accession=("𬱖",), name=("𬱖",))),
        ("018734", SearchKeys(accession=("018734",), accession_tail=("18734",), patient_number=("018734",))),
        ("０１８７３４", SearchKeys(accession=("018734",), accession_tail=("18734",), patient_number=("018734",))),
        ("000", SearchKeys(accession=("000",), patient_number=("000",))),
        ("2026-0187", SearchKeys(accession=("2026-0187",), patient_number=("2026-0187",))),
        (
            "Li Xiuying",
            SearchKeys(
                accession=("lixiuying",),
                patient_number=("lixiuying",),
                name=("lixiuying",),
                name_en=("lixiuying", "xiuyingli"),
            ),
        ),
        ("LI", SearchKeys(accession=("li",), patient_number=("li",), name=("li",), name_en=("li",))),
    ],
)
def test_what_is_typed_becomes_beginnings_of_keys(typed: str, keys: SearchKeys) -> None:
    assert search_keys(typed) == keys
