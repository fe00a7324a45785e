import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverslip.errors import InvalidInput
from coverslip.vocabulary.units import Micrometres, Spacing


@pytest.mark.parametrize("um", [0.0, -0.25, math.nan, math.inf, 0.01, 1000.0])
def test_a_spacing_no_microscope_gives_is_refused_by_name(um: float) -> None:
    with pytest.raises(InvalidInput) as caught:
        Spacing.square(um)
    assert caught.value.field == "spacing_um_x"


def test_a_bad_vertical_spacing_is_named_as_such() -> None:
    with pytest.raises(InvalidInput) as caught:
        Spacing(Micrometres(0.25), Micrometres(0.0))
    assert caught.value.field == "spacing_um_y"


def test_sixteen_million_pixels_at_a_quarter_micrometre_are_one_square_millimetre() -> None:
    assert Spacing.square(0.25).area_mm2(4000 * 4000) == pytest.approx(1.0)


def test_a_level_four_times_smaller_has_four_times_the_spacing() -> None:
    assert Spacing.square(0.25).scaled(4).x_um == pytest.approx(1.0)


@given(st.floats(0.02, 10), st.floats(0.02, 10))
def test_the_mean_spacing_keeps_the_area(x: float, y: float) -> None:
    spacing = Spacing(Micrometres(x), Micrometres(y))
    assert spacing.mean_um**2 == pytest.approx(x * y)
