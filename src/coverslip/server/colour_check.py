"""Compares what a browser sent to its screen with what LittleCMS computes, patch by patch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np

from coverslip.errors import InvalidInput
from coverslip.phantoms.colour import COLUMNS, PATCHES, scanner_profile
from coverslip.server.schemas.colour import CheckedPatch, ColourCheck, ColourPatch, ColourTarget, Rgb
from coverslip.slides.colour.difference import ciede2000, lab_of
from coverslip.slides.colour.table import ColourSpace, ColourTable, Nodes
from coverslip.slides.colour.transform import build_table, transformed

Number = TypeVar("Number", int, float)
LIMIT = 2.0
"""CIEDE2000 that no patch may exceed. Rounding to 8 bits alone makes 0.7."""
STORED: tuple[tuple[int, int, int], ...] = tuple(colour for _, colour in PATCHES)
PROFILE_NAME = "Coverslip phantom scanner"


def target() -> ColourTarget:
    """The target as the page draws it."""
    patches = [ColourPatch(name=name, stored=stored) for name, stored in PATCHES]
    return ColourTarget(columns=COLUMNS, patches=patches, limit=LIMIT)


def target_table(space: ColourSpace) -> ColourTable:
    """The table of the target's own profile, which is ours and trusted."""
    return build_table(scanner_profile(), space)


def target_colours(space: ColourSpace) -> Nodes:
    """What LittleCMS makes of the target by its own profile; (n, 3), 0 to 65535."""
    return transformed(np.array(STORED, dtype=np.uint16) * np.uint16(257), scanner_profile(), space)


def compare(measured: Sequence[Rgb], expected: Nodes, space: ColourSpace, profile: str) -> ColourCheck:
    """The check of one screen. Raises `InvalidInput` where not every patch was measured."""
    if len(measured) != len(PATCHES):
        raise InvalidInput(field="measured", problem="patches_missing", number=len(PATCHES))
    wanted_lab = lab_of(expected, space, 65535)
    found = ciede2000(lab_of(np.array(measured), space), wanted_lab)
    eight_bit = np.round(expected / 257).astype(int)
    patches = [
        CheckedPatch(
            name=name,
            stored=stored,
            expected=_three(wanted),
            measured=seen,
            lab=_three(lab),
            delta_e=round(float(delta), 3),
        )
        for (name, stored), wanted, seen, lab, delta in zip(
            PATCHES, eight_bit.tolist(), measured, wanted_lab.round(2).tolist(), found, strict=True
        )
    ]
    return ColourCheck(
        at=datetime.now(UTC),
        profile=profile,
        space=space,
        patches=patches,
        mean=round(float(found.mean()), 3),
        largest=round(float(found.max()), 3),
        limit=LIMIT,
        passed=bool(found.max() <= LIMIT),
    )


def _three(values: list[Number]) -> tuple[Number, Number, Number]:
    first, second, third = values
    return first, second, third
