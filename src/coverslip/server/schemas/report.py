"""Reports: draft, signed, amended."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from coverslip.server.schemas.common import Given, GivenAsTyped, Password, PersonRef, Shown

ReportStatus = Literal["draft", "signed", "superseded"]
Text = Annotated[str, Field(max_length=50_000)]


class KeyImage(Given):
    """A picture for the report: a box in pixels of level 0 and its caption."""

    slide_id: UUID
    x: Annotated[int, Field(ge=0)]
    y: Annotated[int, Field(ge=0)]
    width: Annotated[int, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]
    caption: Annotated[str, Field(max_length=400)]


class Report(Shown):
    """One version of a case's report; the digests (SHA-256) are those of the signed content and its two PDF files."""

    id: UUID
    case_id: UUID
    version: int
    status: ReportStatus
    diagnosis: str
    microscopy: str
    gross: str
    comment: str
    reading_ids: list[UUID]
    key_images: list[KeyImage]
    revision: int
    created_by: PersonRef
    updated_at: datetime
    signed_by: PersonRef | None
    signed_at: datetime | None
    meaning: str | None
    content_digest: str | None
    pdf_digest_zh: str | None
    pdf_digest_en: str | None
    amends_report_id: UUID | None
    amendment_reason: str | None


class ReportRef(Shown):
    """One version of a report, by name."""

    id: UUID
    version: int
    status: ReportStatus
    signed_at: datetime | None


class ReportList(Shown):
    """Every version of a case's report, newest first."""

    items: list[Report]


class ReportDraft(Given):
    """The draft as the pathologist left it; `revision` is the one it was read at, 0 where there is none yet."""

    revision: Annotated[int, Field(ge=0)]
    diagnosis: Text = ""
    microscopy: Text = ""
    gross: Text = ""
    comment: Text = ""
    reading_ids: list[UUID] = Field(default_factory=list, max_length=200)
    key_images: list[KeyImage] = Field(default_factory=list, max_length=24)


class SignOut(GivenAsTyped):
    """The password again, and the revision that was read: nobody signs what they did not see."""

    password: Password
    revision: Annotated[int, Field(ge=0)]


class Amendment(Given):
    """Why a signed report is taken up again."""

    reason: Annotated[str, Field(min_length=1, max_length=4000)]
