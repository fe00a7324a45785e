"""Cells by the column: written once, read in parts, and never mistaken for something else."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest

from coverslip.annotations.cells import INDEX, CellStore, Columns, write_cells
from coverslip.annotations.errors import CellStoreUnreadable
from coverslip.vocabulary.geometry import Box


def groups() -> list[tuple[Box, Columns]]:
    made: list[tuple[Box, Columns]] = []
    for number, rows in enumerate((5, 0, 900)):
        random = np.random.default_rng(number)
        columns = {"x": random.normal(size=rows).astype(np.float32), "positive": random.random(rows) < 0.5}
        made.append((Box(number * 4096, 0, 4096, 4096), columns))
    return made


def store() -> bytes:
    target = io.BytesIO()
    write_cells(groups(), target)
    return target.getvalue()


def test_every_column_comes_back_whole() -> None:
    opened = CellStore(store())
    assert len(opened) == 905 and opened.columns == ("x", "positive")
    for name in opened.columns:
        expected = np.concatenate([columns[name] for _, columns in groups()])
        np.testing.assert_array_equal(opened.column(name), expected)
        assert opened.column(name).dtype == expected.dtype


def test_one_group_is_read_without_the_others() -> None:
    opened = CellStore(store())
    assert opened.groups_in(Box(9000, 10, 5, 5)) == [2]
    np.testing.assert_array_equal(opened.column("x", [2]), groups()[2][1]["x"])
    assert [group.first for group in opened.groups] == [0, 5, 5]


def test_the_same_rows_give_the_same_bytes() -> None:
    assert store() == store()


def test_a_store_is_a_zip_that_numpy_reads() -> None:
    with zipfile.ZipFile(io.BytesIO(store())) as archive:
        values = np.load(io.BytesIO(archive.read("2/x.npy")))
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist())
    np.testing.assert_array_equal(values, groups()[2][1]["x"])


def test_no_groups_are_an_empty_store() -> None:
    target = io.BytesIO()
    write_cells([], target)
    assert len(CellStore(target.getvalue())) == 0


def test_groups_that_disagree_are_refused() -> None:
    odd = [*groups(), (Box(0, 0, 1, 1), {"x": np.zeros(3, np.float64), "positive": np.zeros(3, np.bool_)})]
    with pytest.raises(ValueError, match="group 3"):
        write_cells(odd, io.BytesIO())


def altered(change: dict[str, Any]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(store())) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            data = source.read(name)
            archive.writestr(name, json.dumps(json.loads(data) | change) if name == INDEX else data)
    return target.getvalue()


@pytest.mark.parametrize("change", [{"version": 2}, {"format": "other"}, {"groups": None}, {"columns": 3}])
def test_another_format_or_version_is_said(change: dict[str, Any]) -> None:
    with pytest.raises(CellStoreUnreadable):
        CellStore(altered(change))


def test_a_column_of_another_length_than_declared_is_said() -> None:
    opened = CellStore(altered({"groups": [{"bounds": [0, 0, 4096, 4096], "rows": 6}]}))
    with pytest.raises(CellStoreUnreadable):
        opened.column("x")


def test_a_pickle_is_never_loaded() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(store())) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            data = source.read(name)
            if name == "0/x.npy":
                poisoned = io.BytesIO()
                np.save(poisoned, np.array([{"a": 1}], dtype=object), allow_pickle=True)
                data = poisoned.getvalue()
            archive.writestr(name, data)
    with pytest.raises(CellStoreUnreadable):
        CellStore(target.getvalue()).column("x")
