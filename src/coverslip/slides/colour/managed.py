"""What became of a slide's colour profile: a table, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np

from coverslip.slides.colour.profile import ProfileUnusable, read_facts
from coverslip.slides.colour.table import ColourSpace, ColourTable, Nodes
from coverslip.slides.colour.transform import build_table, transformed
from coverslip.slides.slide import RgbImage, Slide

ColourState = Literal["none", "usable", "unusable"]
Parameters = Mapping[str, str | int | float | None]
StoredColour = tuple[int, int, int]
"""Red, green, blue of a stored pixel, 0 to 255."""


@dataclass(frozen=True, slots=True)
class SlideColour:
    """`none`: the file has no profile; `unusable`: it has one that cannot be applied, `problem` says why.

    `problem`: a key of the catalogue's `profile_*`; `parameters` fill its words. `name`: the profile's own, "" where it
    has none. `digest`: SHA-256 of the profile, lower-case hex.
    """

    state: ColourState
    name: str = ""
    digest: str | None = None
    size_bytes: int = 0
    problem: str | None = None
    parameters: Parameters = field(default_factory=dict)
    table: ColourTable | None = None

    def to_json(self) -> dict[str, Any]:
        """Everything but the table."""
        return {
            "state": self.state,
            "name": self.name,
            "digest": self.digest,
            "size_bytes": self.size_bytes,
            "problem": self.problem,
            "parameters": dict(self.parameters),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any], table: ColourTable | None = None) -> SlideColour:
        """The inverse of `to_json`. Raises KeyError, TypeError, ValueError where the document makes no sense."""
        state, problem = document["state"], document["problem"]
        if state not in ("none", "usable", "unusable") or not isinstance(document["parameters"], dict):
            raise ValueError("no colour state")
        if problem is not None and not str(problem).startswith("profile_"):
            raise ValueError("no problem of a profile")
        digest = None if document["digest"] is None else str(document["digest"])
        name, size = str(document["name"]), int(document["size_bytes"])
        return cls(state, name, digest, size, problem, document["parameters"], table)

    @property
    def applied(self) -> Literal["applied", "none", "unusable"]:
        """The same, of a picture that went through `apply`."""
        return "applied" if self.state == "usable" else self.state

    def error(self) -> ProfileUnusable:
        """Why an unusable profile is not applied, in words."""
        given: Any = dict(self.parameters)
        return ProfileUnusable(problem=self.problem, **given)

    def apply(self, image: RgbImage) -> RgbImage:
        """Pixels (h, w, 3) as the table's space shows them; as stored where there is no table."""
        return image if self.table is None else self.table.apply(image)


@runtime_checkable
class ManagedSlide(Protocol):
    """A slide whose profile is looked at elsewhere: in its decoder process."""

    def managed_colour(self, space: ColourSpace) -> SlideColour:
        """What became of its profile."""
        ...

    def shown_colours(self, stored: Sequence[StoredColour], space: ColourSpace) -> Nodes:
        """What LittleCMS makes of stored colours."""
        ...


def colour_of_profile(profile: bytes | None, space: ColourSpace) -> SlideColour:
    """Look at a profile in this process; for profiles from outside use `colour_of` with an isolated slide."""
    if profile is None:
        return SlideColour("none")
    try:
        facts = read_facts(profile)
        table = build_table(profile, space)
    except ProfileUnusable as error:
        known = {name: value for name, value in error.parameters.items() if value is not None and name != "problem"}
        problem = str(error.parameters["problem"])
        return SlideColour("unusable", size_bytes=len(profile), problem=problem, parameters=known)
    return SlideColour("usable", facts.name, facts.digest, facts.size_bytes, table=table)


def colour_of(slide: Slide, space: ColourSpace = ColourSpace.SRGB) -> SlideColour:
    """What became of a slide's profile. Raises `DecoderBusy`; a profile on which the decoder dies is `unusable`."""
    if isinstance(slide, ManagedSlide):
        return slide.managed_colour(space)
    return colour_of_profile(profile_of(slide), space)


def shown_colours(slide: Slide, stored: Sequence[StoredColour], space: ColourSpace) -> Nodes:
    """What LittleCMS, without a table, makes of stored colours by a slide's profile; (n, 3), 0 to 65535.

    Raises `ProfileUnusable`, also where the slide has none, and `DecoderFailed`.
    """
    if isinstance(slide, ManagedSlide):
        return slide.shown_colours(stored, space)
    profile = profile_of(slide)
    if profile is None:
        raise ProfileUnusable(problem="profile_none")
    return transformed(np.array(stored, dtype=np.uint16).reshape(-1, 3) * np.uint16(257), profile, space)


def profile_of(slide: Slide) -> bytes | None:
    """The profile that speaks of the slide's pixels; None for fluorescence, whose colours are chosen, not scanned."""
    properties = slide.properties
    return None if properties.channels else properties.icc_profile


def to_srgb(slide: Slide, image: RgbImage) -> RgbImage:
    """Pixels of a slide (h, w, 3) in sRGB by its profile; as stored where it has none that can be used."""
    return colour_of(slide).apply(image)
