"""Slides as the API shows them."""

from __future__ import annotations

from coverslip.cases.detail import summary_of_case
from coverslip.cases.summary import SlideSummary as Summary
from coverslip.records import models
from coverslip.records.queries.slide import PlacedSlide
from coverslip.records.transaction import Transaction
from coverslip.server.schemas.case import CaseSummary
from coverslip.server.schemas.colour import SlideColour
from coverslip.server.schemas.common import Localised
from coverslip.server.schemas.slide import SlideLevel, SlideSummary
from coverslip.server.schemas.slide_detail import SlideDetail
from coverslip.server.tile_version import tile_version
from coverslip.slides.colour.managed import SlideColour as Colour
from coverslip.slides.companion import levels_beside
from coverslip.slides.describe import from_json
from coverslip.slides.pyramid import shown_levels
from coverslip.slides.slide import Level, SlideProperties

TILE_URL = "/tiles/{slide_id}/{{level}}/{{column}}/{{row}}"
"""The viewer fills in level, column and row; behind it stands the `v` of `tile_version`."""
PICTURES = ("label", "macro", "thumbnail")


def summary(row: models.Slide) -> SlideSummary:
    """A slide with its readings loaded."""
    return SlideSummary.model_validate(Summary.of(row))


def detail(tx: Transaction, placed: PlacedSlide) -> SlideDetail:
    """A slide as the viewer opens it. Spacing stays null where the file does not say it."""
    row = placed.slide
    properties = None if row.properties is None else from_json(row.properties)
    case = None if row.case_id is None else CaseSummary.model_validate(summary_of_case(tx, row.case_id))
    return SlideDetail.model_validate(
        {
            **dict(summary(row)),
            "case_id": row.case_id,
            "case": case,
            "block_label": placed.block_label,
            "specimen_label": placed.specimen_label,
            "has_icc_profile": bool((row.properties or {}).get("has_icc_profile")),
            "colour": _colour(row),
            "associated": [name for name in PICTURES if name in (row.properties or {}).get("pictures", {})],
            "tile_url": _tile_url(row),
            "content_digest": row.content_digest,
            "original_name": row.original_name,
            **_of_file(properties, row),
        }
    )


def _tile_url(row: models.Slide) -> str:
    address = TILE_URL.format(slide_id=row.id)
    if row.content_digest is None:
        return address
    return f"{address}?v={tile_version(row.content_digest, row.companion_digest)}"


def _colour(row: models.Slide) -> SlideColour:
    """As found at intake; of a slide taken in before profiles were looked at, the table's own address tells."""
    document = row.properties or {}
    if "colour" not in document:
        return SlideColour(state="usable" if document.get("has_icc_profile") else "none")
    found = Colour.from_json(document["colour"])
    reason = None
    if found.state == "unusable":
        error = found.error()
        reason = Localised.of(error.message("zh-CN"), error.message("en"))
    return SlideColour(state=found.state, name=found.name or None, digest=found.digest, reason=reason)


def _of_file(properties: SlideProperties | None, row: models.Slide) -> dict[str, object]:
    spacing = None if properties is None else properties.spacing
    return {
        "vendor": None if properties is None else properties.vendor,
        "scanner_model": None if properties is None else properties.scanner_model,
        "reader": None if properties is None else properties.reader,
        "levels": [] if properties is None else [_level(level) for level in _levels(properties, row)],
        **_layers(properties),
        "spacing_um_x": None if spacing is None else spacing.x_um,
        "spacing_um_y": None if spacing is None else spacing.y_um,
    }


def _layers(properties: SlideProperties | None) -> dict[str, object]:
    """Focal planes and channels; one plane and no channel where there is nothing to choose."""
    if properties is None:
        return {"planes": [{"offset_um": None}], "shown_plane": 0, "channels": []}
    return {
        "planes": [{"offset_um": plane.offset_um} for plane in properties.planes],
        "shown_plane": properties.shown_plane,
        "channels": [
            {"name": channel.name, "wavelength_nm": channel.wavelength_nm, "colour": channel.colour}
            for channel in properties.channels
        ],
    }


def _levels(properties: SlideProperties, row: models.Slide) -> tuple[Level, ...]:
    """All that can be asked for; a level's position is its number in the address of a tile."""
    missing = levels_beside(properties, row.properties or {})
    return shown_levels(properties.levels, missing, made=row.companion_digest is not None)


def _level(level: Level) -> SlideLevel:
    return SlideLevel(
        width=level.width,
        height=level.height,
        downsample=level.downsample,
        tile_width=level.tile_width,
        tile_height=level.tile_height,
        columns=level.columns,
        rows=level.rows,
        passthrough=level.passthrough,
    )
