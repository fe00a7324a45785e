"""What a person or a record says of a slide, by the names DICOM gives these attributes; nothing is made up.

An attribute that is not given stays empty where the standard allows that; `dicom/assumed.py` lists the few it does not.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from coverslip.errors import InvalidInput

LARGEST_FILE = 1024 * 1024

ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=16, pattern=r"^[^\\\x00-\x1f\x7f]*$")]
"""VR SH (PS3.5 section 6.2)."""
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64, pattern=r"^[^\\\x00-\x1f\x7f]*$")]
"""VR LO."""
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=194, pattern=r"^[^\\\x00-\x1f\x7f]*$")]
"""VR PN: up to three groups of 64 characters, components parted by `^`, groups by `=`."""
FreeText = Annotated[str, StringConstraints(max_length=10240, pattern=r"^[^\x00-\x08\x0b\x0e-\x1f\x7f]*$")]
"""VR UT and LT, cut to a length that a label has."""
Uid = Annotated[str, StringConstraints(max_length=64, pattern=r"^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$")]
"""VR UI (PS3.5 section 9.1)."""


def _day(text: str) -> str:
    datetime.strptime(text, "%Y%m%d")
    return text


def _moment(text: str) -> str:
    digits = text.split(".", maxsplit=1)[0]
    datetime.strptime(digits, "%Y%m%d%H%M%S"[: 2 * (len(digits) // 2) - 2] if len(digits) < 14 else "%Y%m%d%H%M%S")
    return text


def _clock(text: str) -> str:
    datetime.strptime(text.split(".", maxsplit=1)[0], "%H%M%S")
    return text


Day = Annotated[str, StringConstraints(pattern=r"^\d{8}$"), AfterValidator(_day)]
"""VR DA: YYYYMMDD."""
Clock = Annotated[str, StringConstraints(pattern=r"^\d{6}(\.\d{1,6})?$"), AfterValidator(_clock)]
"""VR TM: HHMMSS."""
Moment = Annotated[str, StringConstraints(pattern=r"^\d{8}(\d{6}(\.\d{1,6})?)?$"), AfterValidator(_moment)]
"""VR DT: YYYYMMDD or YYYYMMDDHHMMSS."""


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Code(_Document):
    """A concept of a code system (PS3.3 section 8.8)."""

    value: ShortText = Field(min_length=1, alias="CodeValue")
    scheme: ShortText = Field(min_length=1, alias="CodingSchemeDesignator")
    meaning: LongText = Field(min_length=1, alias="CodeMeaning")


class Preparation(_Document):
    """One step of a specimen's preparation (PS3.3 C.7.6.22.1.3, template TID 8001)."""

    processing_type: Code = Field(alias="ProcessingType")
    """Context group 8113: collection, fixation, embedding, staining, ..."""
    stains: tuple[Code, ...] = Field(default=(), alias="Stains")
    fixative: Code | None = Field(default=None, alias="Fixative")
    embedding_medium: Code | None = Field(default=None, alias="EmbeddingMedium")
    when: Moment | None = Field(default=None, alias="DateTime")
    description: LongText | None = Field(default=None, alias="Description")


class SlideMetadata(_Document):
    """Of patient, study, specimen and scanner; every field may be left out."""

    PatientName: PersonName = ""
    PatientID: LongText = ""
    IssuerOfPatientID: LongText = ""
    PatientBirthDate: Day | Literal[""] = ""
    PatientSex: Literal["", "M", "F", "O"] = ""
    StudyInstanceUID: Uid | None = None
    StudyID: ShortText = ""
    StudyDate: Day | Literal[""] | None = None
    StudyTime: Clock | Literal[""] | None = None
    StudyDescription: LongText = ""
    AccessionNumber: ShortText = ""
    ReferringPhysicianName: PersonName = ""
    SeriesNumber: int = Field(default=1, ge=0, le=2**31 - 1)
    SeriesDescription: LongText = ""
    InstitutionName: LongText = ""
    ContainerIdentifier: LongText | None = None
    SpecimenIdentifier: LongText | None = None
    SpecimenUID: Uid | None = None
    SpecimenShortDescription: LongText = ""
    SpecimenPreparation: tuple[Preparation, ...] = ()
    BarcodeValue: FreeText | None = None
    LabelText: FreeText = ""
    AcquisitionDateTime: Moment | None = None
    Manufacturer: LongText | None = None
    ManufacturerModelName: LongText | None = None
    DeviceSerialNumber: LongText | None = None
    SoftwareVersions: LongText | None = None
    IlluminationType: Literal["brightfield", "epifluorescence"] = "brightfield"

    def identity(self) -> str:
        """The same text for the same metadata: part of what identifiers are made from."""
        return self.model_dump_json(exclude_defaults=True)


def read_metadata(file: Path) -> SlideMetadata:
    """From a JSON file whose keys are DICOM's names. Raises `InvalidInput` that names the key."""
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise InvalidInput(field="--metadata", problem="metadata_too_large")
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(field="--metadata", problem="metadata_unreadable") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(field="--metadata", problem="metadata_not_json") from error
    return metadata_from(document)


def metadata_from(document: object) -> SlideMetadata:
    """From a JSON object. Raises `InvalidInput` whose field is the key at fault; its value is never repeated."""
    try:
        return SlideMetadata.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        keys = [str(part) for part in first["loc"] if str(part).isidentifier() or isinstance(part, int)]
        place = ".".join(keys) or "--metadata"
        if first["type"] == "extra_forbidden":
            raise InvalidInput(field=place, problem="metadata_unknown_key") from error
        raise InvalidInput(field=place, problem="metadata_value") from error


def dicom_day(iso: str | None) -> str:
    """YYYYMMDD of an ISO 8601 text; empty where it has none."""
    try:
        return date.fromisoformat((iso or "")[:10]).strftime("%Y%m%d")
    except ValueError:
        return ""


def dicom_clock(iso: str | None) -> str:
    """HHMMSS of an ISO 8601 text; empty where it has none."""
    try:
        return datetime.fromisoformat((iso or "")[:19]).strftime("%H%M%S") if len(iso or "") >= 19 else ""
    except ValueError:
        return ""
