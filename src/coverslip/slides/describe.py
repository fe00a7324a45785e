"""`SlideProperties` as JSON: for the `slides.properties` column, for the sandbox and for `coverslip slide --json`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from coverslip.slides.slide import Channel, FocalPlane, Level, SlideProperties
from coverslip.vocabulary.units import Spacing


def to_json(properties: SlideProperties, *, with_profile: bool = False) -> dict[str, Any]:
    """A JSON object; the ICC profile (base64) only where asked for, its presence always."""
    document: dict[str, Any] = asdict(properties)
    profile = document.pop("icc_profile")
    document["has_icc_profile"] = profile is not None
    if with_profile and profile is not None:
        document["icc_profile"] = base64.b64encode(profile).decode("ascii")
    document["levels"] = list(document["levels"])
    document["associated"] = list(document["associated"])
    document["planes"] = list(document["planes"])
    document["channels"] = [
        {**channel, "colour": list(channel["colour"]), "window": list(channel["window"])}
        for channel in document["channels"]
    ]
    return document


def from_json(document: Mapping[str, Any]) -> SlideProperties:
    """The inverse of `to_json`; without a stored profile `icc_profile` is None."""
    spacing = document["spacing"]
    profile = document.get("icc_profile")
    return SlideProperties(
        format=document["format"],
        reader=document["reader"],
        vendor=document["vendor"],
        width=document["width"],
        height=document["height"],
        levels=tuple(Level(**level) for level in document["levels"]),
        spacing=None if spacing is None else Spacing(spacing["x_um"], spacing["y_um"]),
        objective_power=document["objective_power"],
        associated=tuple(document["associated"]),
        barcode=document["barcode"],
        icc_profile=None if profile is None else base64.b64decode(profile),
        scanner_model=document["scanner_model"],
        scanned_at=document["scanned_at"],
        container_id=document.get("container_id"),
        planes=tuple(FocalPlane(**plane) for plane in document.get("planes", [{"offset_um": None}])),
        shown_plane=document.get("shown_plane", 0),
        channels=tuple(_channel(channel) for channel in document.get("channels", [])),
        spacing_problem=document.get("spacing_problem"),
    )


def _channel(document: Mapping[str, Any]) -> Channel:
    red, green, blue = document["colour"]
    low, high = document["window"]
    return Channel(document["name"], document["wavelength_nm"], (red, green, blue), (low, high))


def description(properties: SlideProperties) -> dict[str, Any]:
    """What `coverslip slide FILE --json` prints: `to_json` and what a program would have to work out."""
    document = to_json(properties)
    spacing = properties.spacing
    for level, described in zip(properties.levels, document["levels"], strict=True):
        described["columns"], described["rows"] = level.columns, level.rows
        described["spacing_um"] = None if spacing is None else spacing.mean_um * level.downsample
    document["spacing_um"] = None if spacing is None else spacing.mean_um
    document["passthrough"] = all(level.passthrough for level in properties.levels)
    document["compression"] = compression(properties)
    return document


def compression(properties: SlideProperties) -> str:
    """One word for the compression of all levels; `mixed` where they differ."""
    kinds = {level.compression for level in properties.levels}
    return kinds.pop() if len(kinds) == 1 else "mixed"
