"""Parts are read on another thread: all of them, in order, no further ahead than said, and no longer than wanted."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from coverslip.storage.ahead import ahead

PARTS = [bytes([number]) for number in range(50)]


def test_all_parts_come_in_order_from_another_thread() -> None:
    readers = set()

    def parts() -> Iterator[bytes]:
        for part in PARTS:
            readers.add(threading.get_ident())
            yield part

    with ahead(parts()) as read:
        assert list(read) == PARTS
    assert threading.get_ident() not in readers


def test_what_reading_raises_is_raised_where_the_parts_are_taken() -> None:
    def parts() -> Iterator[bytes]:
        yield PARTS[0]
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"), ahead(parts()) as read:
        assert next(read) == PARTS[0]
        next(read)


def test_nothing_is_read_once_nobody_wants_more() -> None:
    read_so_far = []

    def parts() -> Iterator[bytes]:
        for part in PARTS:
            read_so_far.append(part)
            yield part

    with ahead(parts(), most=1) as read:
        next(read)
    assert len(read_so_far) <= 3
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("coverslip-send")]
