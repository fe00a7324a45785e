"""What holds for every count."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from coverslip.analysis.scoring import ScoreResult, Status, score

cells = st.integers(0, 20_000)
plain_methods = st.sampled_from(["hot_spot", "global_unweighted", "region"])


def read(positive: int, negative: int, method: str, **more: Any) -> ScoreResult:
    return score("ki67-ikwg-2021", {"positive": positive, "negative": negative, "method": method, **more})


@st.composite
def weighted_inputs(draw: st.DrawFn) -> dict[str, Any]:
    shares = draw(st.sampled_from([(100,), (50, 50), (70, 30), (12.5, 87.5), (33.3, 33.3, 33.4), (10, 20, 30, 40)]))
    fields = []
    for share in shares:
        positive, negative = draw(st.tuples(st.integers(0, 300), st.integers(0, 300)).filter(any))
        fields.append({"share_percent": share, "positive": positive, "negative": negative})
    totals = {name: sum(f[name] for f in fields) for name in ("positive", "negative")}
    return {"method": "global_weighted", "fields": fields, **totals}


inputs = st.one_of(
    st.builds(lambda p, n, m: {"positive": p, "negative": n, "method": m}, cells, cells, plain_methods),
    weighted_inputs(),
)


@given(inputs)
def test_a_category_stands_only_on_an_evaluable_result(counts: dict[str, Any]) -> None:
    result = score("ki67-ikwg-2021", counts)
    evaluable = result.status is not Status.NOT_EVALUABLE
    assert (result.category is not None) == evaluable
    assert (result.score is not None) == evaluable
    assert bool(result.reasons) != evaluable


@given(inputs)
def test_the_interval_holds_the_score_and_stays_within_per_cent(counts: dict[str, Any]) -> None:
    result = score("ki67-ikwg-2021", counts)
    if result.interval is not None and result.score is not None:
        assert 0 <= result.interval.low <= result.score <= result.interval.high <= 100


@given(st.integers(0, 1999), plain_methods)
def test_one_more_positive_cell_never_lowers_score_or_interval(positive: int, method: str) -> None:
    less, more = read(positive, 2000 - positive, method), read(positive + 1, 1999 - positive, method)
    assert less.score is not None
    assert more.score is not None
    assert less.interval is not None
    assert more.interval is not None
    assert less.score < more.score
    assert less.interval.low <= more.interval.low
    assert less.interval.high <= more.interval.high
    order = ["low", "intermediate", "high"]
    assert order.index(str(less.category)) <= order.index(str(more.category))


@given(inputs)
def test_the_same_counts_give_the_same_json(counts: dict[str, Any]) -> None:
    first, second = (json.dumps(score("ki67-ikwg-2021", counts).to_json()) for _ in range(2))
    assert first == second


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=12))
def test_tiles_never_narrow_the_interval(tiles: list[tuple[int, int]]) -> None:
    pairs = [(positive, positive + negative) for positive, negative in tiles]
    positive, total = sum(p for p, _ in pairs), sum(t for _, t in pairs)
    counts = {"positive": positive, "negative": total - positive, "method": "global_unweighted"}
    with_tiles, without = score("ki67-ikwg-2021", counts, tiles=pairs), score("ki67-ikwg-2021", counts)
    if without.interval is None or with_tiles.interval is None:
        assert total == 0
    else:
        assert with_tiles.interval.width >= without.interval.width
