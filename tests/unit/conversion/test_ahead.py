"""Reading ahead changes nothing but the time it takes."""

import threading
from collections.abc import Iterator

import pytest

from coverslip.conversion.ahead import ahead


def test_the_same_things_come_in_the_same_order() -> None:
    assert list(ahead(range(1000))) == list(range(1000))


def test_what_the_iterator_raises_is_raised_after_what_it_gave() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    got = []
    with pytest.raises(ValueError, match="broken"):
        for thing in ahead(failing()):
            got.append(thing)  # noqa: PERF402
    assert got == [1]


def test_a_caller_who_stops_leaves_no_thread() -> None:
    before = threading.active_count()
    for thing in ahead(range(10**9)):
        if thing == 5:
            break
    assert threading.active_count() == before


def test_no_more_than_a_few_are_made_ahead() -> None:
    made = []

    def counting() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    steps = ahead(counting(), steps=3)
    next(steps)
    for _ in range(1000):
        if len(made) >= 5:
            break
        threading.Event().wait(0.001)
    assert len(made) <= 6
    steps.close()  # type: ignore[attr-defined]  # it is a generator
