"""Scoring profiles: versioned files that hold every cut-off, every minimum and the citation of every rule."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from coverslip.analysis.scoring.errors import ProfileUnknown
from coverslip.vocabulary.markers import Marker


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Row):
    """A text in both languages."""

    zh_cn: str = Field(alias="zh-CN")
    en: str

    def to_json(self) -> dict[str, str]:
        """By locale."""
        return {"zh-CN": self.zh_cn, "en": self.en}


class Rule(_Row):
    """One row of a decision table, with where it was read."""

    id: str
    text: Words
    citation: str
    verified: bool
    """False until a pathologist has checked the row against its source."""


class Category(_Row):
    """One outcome. Categories are tried in the file's order; the first whose bounds hold is the outcome."""

    code: str
    text: Words
    rule: str
    at_most: float | None = None
    at_least: float | None = None


class CutOff(_Row):
    """A clinical cut-off; an interval that straddles it is BORDERLINE (row G6)."""

    at: float
    rule: str


class Method(_Row):
    """How the counts were collected, and how many cells it needs."""

    code: str
    text: Words
    rule: str
    adequacy_rule: str
    minimum: int = Field(ge=1)
    """Fewer cells: not evaluable."""
    sufficient: int = Field(ge=1)
    """Fewer cells: a warning."""


class Gate(_Row):
    """Limits of table 1.6 and of the pre-analytic flags."""

    tumour_area_minimum_mm2: float
    artefact_warning_share: float
    artefact_limit_share: float
    stain_angle_limit_degrees: float
    white_point_minimum: float
    background_dab_od_limit: float
    spacing_limit_um: float
    model_difference_limit_points: float
    fixation_minimum_hours: float
    fixation_maximum_hours: float
    cold_ischaemia_maximum_minutes: float
    section_age_maximum_days: float


class Profile(_Row):
    """One profile as it stands in its file."""

    name: str
    version: str
    rule_set: Literal["ki67"]
    marker: Marker
    unit: str
    decimals: int
    title: Words
    citation: str
    not_evaluable: Words
    clones: tuple[str, ...]
    clone_rule: str
    methods: tuple[Method, ...]
    categories: tuple[Category, ...]
    cut_offs: tuple[CutOff, ...]
    gate: Gate
    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _every_row_is_cited(self) -> Profile:
        known = {rule.id for rule in self.rules}
        used = {self.clone_rule, *(category.rule for category in self.categories), *(c.rule for c in self.cut_offs)}
        used |= {rule for method in self.methods for rule in (method.rule, method.adequacy_rule)}
        if missing := used - known:
            raise ValueError(f"rows without a citation: {sorted(missing)}")
        if len(known) != len(self.rules):
            raise ValueError("two rules share an id")
        return self

    def method(self, code: str) -> Method:
        """The method of that code; KeyError where there is none."""
        return {method.code: method for method in self.methods}[code]


def profile_names() -> tuple[str, ...]:
    """Names of all profiles, sorted."""
    folder = resources.files(__package__) / "profiles"
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def load_profile(name: str) -> Profile:
    """The profile of that name. Raises `ProfileUnknown`."""
    if name not in profile_names():
        raise ProfileUnknown(field="profile", name=name, known=", ".join(profile_names()))
    text = (resources.files(__package__) / "profiles" / f"{name}.toml").read_text(encoding="utf-8")
    content: dict[str, Any] = tomllib.loads(text)
    return Profile.model_validate(content)
