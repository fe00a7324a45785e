"""Shapes that several nouns share: the base models, errors, people by name, geometry."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, SecretStr, field_validator
from pydantic_core import PydanticCustomError

from coverslip.vocabulary.text import storable

Locale = Literal["zh-CN", "en"]
Password = Annotated[SecretStr, Field(min_length=1, max_length=1024)]
"""Taken as typed, its spaces count; never shown in a log or an error."""


class Strict(BaseModel):
    """Unknown fields are refused, text is trimmed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


class Given(Strict):
    """Base of every request body: besides, all its text can be stored."""

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_stored(cls, value: Any) -> Any:
        """The database takes neither U+0000 nor half a surrogate pair."""
        for text in value if isinstance(value, list) else (value,):
            if isinstance(text, str) and text != storable(text):
                raise PydanticCustomError("text_not_storable", "text that cannot be stored")
        return value


class GivenAsTyped(Given):
    """A request body with a password in it: nothing is trimmed."""

    model_config = ConfigDict(str_strip_whitespace=False)


class Shown(BaseModel):
    """Base of every response body; made from records by attribute, or from stored JSON by key."""

    model_config = ConfigDict(from_attributes=True, frozen=True, populate_by_name=True)


class Localised(Shown):
    """One text in each language of the product."""

    zh_cn: str = Field(alias="zh-CN")
    en: str

    @classmethod
    def of(cls, zh_cn: str, en: str) -> Localised:
        """Both texts."""
        return cls.model_validate({"zh-CN": zh_cn, "en": en})


class ErrorDetail(Shown):
    """What is wrong (`message`), what to do (`mend`), where (`field`), and the log entry of a 500 (`incident`)."""

    code: str
    message: Localised
    mend: Localised
    field: str | None
    incident: str | None


class ErrorBody(Shown):
    """Body of every answer that is not a success."""

    error: ErrorDetail


class PersonRef(Shown):
    """A person, by name."""

    id: UUID
    name: str
    name_en: str | None


Position = tuple[FiniteFloat, FiniteFloat]
Ring = Annotated[list[Position], Field(min_length=4, max_length=20_000)]


class Point(Strict):
    """GeoJSON Point, in pixels of level 0."""

    type: Literal["Point"]
    coordinates: Position


class Polygon(Strict):
    """GeoJSON Polygon, in pixels of level 0: the outer ring, then the holes."""

    type: Literal["Polygon"]
    coordinates: Annotated[list[Ring], Field(min_length=1, max_length=200)]


class MultiPolygon(Strict):
    """GeoJSON MultiPolygon, in pixels of level 0."""

    type: Literal["MultiPolygon"]
    coordinates: Annotated[
        list[Annotated[list[Ring], Field(min_length=1, max_length=200)]], Field(min_length=1, max_length=200)
    ]


Area = Annotated[Polygon | MultiPolygon, Field(discriminator="type")]
Geometry = Annotated[Point | Polygon | MultiPolygon, Field(discriminator="type")]
