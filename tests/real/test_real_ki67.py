"""Ki-67 on real fields: accurate enough to be the fallback, and no number where there is none to be had."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from coverslip.analysis.algorithms.ki67 import Ki67Classical, Ki67Parameters
from coverslip.analysis.reading import read_slide
from coverslip.slides.registry import open_slide
from coverslip.vocabulary.units import Spacing

pytestmark = pytest.mark.real

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("COVERSLIP_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
SPACING_UM = 0.25
RADIUS_PX = 12.0


@pytest.fixture(scope="module")
def accuracy() -> ModuleType:
    """`bench/accuracy.py`."""
    spec = importlib.util.spec_from_file_location("accuracy", REPOSITORY / "bench" / "accuracy.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["accuracy"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("folder", "least_f1", "most_error_pp"),
    [("ki67-bcdata", 0.65, 9.0), ("ki67-deepliif", 0.65, 10.0), ("ki67-shidc", 0.50, 9.0)],
)
def test_detection_and_index_reach_what_a_fallback_must(
    accuracy: ModuleType, folder: str, least_f1: float, most_error_pp: float
) -> None:
    paths = accuracy.images_of(DATA / "evaluation-only" / folder)
    fields = [accuracy.score_field(path, "ki67-classical", SPACING_UM, RADIUS_PX) for path in paths]
    figures = accuracy.summary(fields)
    assert figures["F1_detection"] >= least_f1
    assert figures["index_MAE_pp"] <= most_error_pp
    assert figures["class_accuracy"] >= 0.93


@pytest.mark.parametrize(
    ("name", "spacing_um"), [("CMU-1-Small-Region.svs", 0.499), ("TCGA-CR-7395-01A-01-TS1.svs", 0.25)]
)
def test_a_real_he_slide_is_not_read_as_a_marker(name: str, spacing_um: float) -> None:
    with open_slide(DATA / "open" / "slides" / name) as slide:
        findings = read_slide(slide, Spacing.square(spacing_um), Ki67Classical(), Ki67Parameters()).findings
    assert findings.reasons == ("STAIN_OOD",) and len(findings.cells) == 0


def test_a_fluorescence_slide_gives_no_number() -> None:
    with open_slide(DATA / "open" / "slides" / "fluorescence-dapi.ndpi") as slide:
        result = read_slide(slide, Spacing.square(0.228), Ki67Classical(), Ki67Parameters()).result
    assert result.score.score is None and result.score.reasons
