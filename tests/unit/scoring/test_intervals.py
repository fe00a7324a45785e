"""Wilson, block bootstrap, and the wider of both."""

from __future__ import annotations

import math

import numpy as np
import pytest

from coverslip.analysis.scoring import Interval, block_bootstrap, score, wider, wilson

TABLE = {
    100: ((0.2, 5.4), (5.5, 17.4), (13.3, 28.9), (21.9, 39.6), (40.4, 59.6)),
    200: ((0.3, 3.6), (6.6, 14.9), (15.1, 26.1), (24.1, 36.7), (43.1, 56.9)),
    500: ((0.4, 2.3), (7.7, 12.9), (16.7, 23.7), (26.2, 34.2), (45.6, 54.4)),
    1000: ((0.5, 1.8), (8.3, 12.0), (17.6, 22.6), (27.2, 32.9), (46.9, 53.1)),
    5000: ((0.8, 1.3), (9.2, 10.9), (18.9, 21.1), (28.8, 31.3), (48.6, 51.4)),
}
SHARES = (0.01, 0.10, 0.20, 0.30, 0.50)
CASES = [(n, p, expected) for n, row in TABLE.items() for p, expected in zip(SHARES, row, strict=True)]


@pytest.mark.parametrize(("n", "share", "expected"), CASES)
def test_wilson_gives_the_table_of_the_scoring_rules(n: int, share: float, expected: tuple[float, float]) -> None:
    interval = wilson(share, n)
    # 26.148 stands in the table as 26.2 and 28.7455 as 28.8: rounded to hundredths first.
    assert (interval.low, interval.high) == pytest.approx(expected, abs=0.056)


def test_wilson_is_the_formula_of_the_scoring_rules_to_the_digit() -> None:
    p, n, z = 96 / 500, 500, 1.96
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    interval = wilson(p, n)
    assert (interval.low, interval.high) == pytest.approx((100 * (centre - half), 100 * (centre + half)), rel=1e-12)


@pytest.mark.parametrize(("share", "n"), [(0.5, 0), (0.5, -1), (-0.1, 10), (1.1, 10)])
def test_wilson_refuses_what_is_no_share_of_cells(share: float, n: int) -> None:
    with pytest.raises(ValueError, match="cells"):
        wilson(share, n)


def clustered() -> tuple[np.ndarray, np.ndarray]:
    total = np.full(40, 100)
    return np.where(np.arange(40) < 8, 90, 2), total


def test_clustered_positives_make_the_bootstrap_wider_than_wilson() -> None:
    positive, total = clustered()
    spread = block_bootstrap(positive, total)
    plain = wilson(positive.sum() / total.sum(), int(total.sum()))
    assert spread is not None
    assert spread.width > 4 * plain.width
    assert wider(plain, spread) is spread


def test_even_positives_leave_wilson_the_wider() -> None:
    plain = wilson(0.1, 4000)
    assert wider(plain, block_bootstrap(np.full(40, 10), np.full(40, 100))) is plain


def test_the_bootstrap_does_not_depend_on_the_order_of_the_tiles() -> None:
    positive, total = clustered()
    total = total + np.arange(40)
    order = np.random.default_rng(3).permutation(40)
    assert block_bootstrap(positive, total) == block_bootstrap(positive[order], total[order])


def test_the_bootstrap_needs_two_tiles_that_hold_cells() -> None:
    assert block_bootstrap(np.array([3, 0]), np.array([9, 0])) is None
    assert block_bootstrap(np.array([3, 1]), np.array([9, 4])) is not None


def test_tiles_without_cells_change_nothing() -> None:
    positive, total = clustered()
    padded = block_bootstrap(np.append(positive, [0, 0]), np.append(total, [0, 0]))
    assert padded == block_bootstrap(positive, total)


def test_a_slide_reading_reports_the_wider_interval_and_says_which() -> None:
    positive, total = clustered()
    counts = {"positive": int(positive.sum()), "negative": int((total - positive).sum()), "method": "region"}
    tiles = list(zip(positive.tolist(), total.tolist(), strict=True))
    result, plain = score("ki67-ikwg-2021", counts, tiles=tiles), score("ki67-ikwg-2021", counts)
    assert result.interval is not None
    assert plain.interval is not None
    assert result.interval.width > plain.interval.width
    assert (result.extra["interval_method"], plain.extra["interval_method"]) == ("block_bootstrap", "wilson")


def test_a_cut_off_on_the_edge_of_the_interval_is_not_straddled() -> None:
    assert not Interval(5.0, 9.0).straddles(5.0)
    assert Interval(4.999, 9.0).straddles(5.0)
    assert not Interval(2.0, 5.0).straddles(5.0)
