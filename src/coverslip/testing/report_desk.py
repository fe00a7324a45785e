"""A case on a pathologist's desk, for tests: slides painted in one colour, readings as decided as wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import numpy as np

from coverslip.cases.detail import CaseDetail, ReportDetail
from coverslip.errors import Locale, NotFound
from coverslip.records.actor import Actor
from coverslip.records.database import Database
from coverslip.records.models import Slide as SlideRow
from coverslip.reports.amendment import amend_report
from coverslip.reports.draft import DraftText, save_draft
from coverslip.reports.key_images import KeyImage
from coverslip.reports.pdf import ReportPdf, report_pdf
from coverslip.reports.sign_out import SignOut, sign_report
from coverslip.slides.slide import EncodedTile, Level, RgbImage, Slide, SlideProperties
from coverslip.storage.blobs import BlobStore
from coverslip.testing.case_example import RESULT, finished_reading
from coverslip.testing.database import PASSWORD
from coverslip.vocabulary.geometry import Box
from coverslip.vocabulary.units import Spacing


@dataclass
class PaintedSlide:
    """4000 x 3000 px of one colour, without a file."""

    colour: tuple[int, int, int] = (200, 170, 190)
    spacing_um: float | None = 0.5

    @property
    def properties(self) -> SlideProperties:
        """What a file would say."""
        return SlideProperties(
            format="svs",
            reader="painted",
            vendor=None,
            width=4000,
            height=3000,
            levels=(Level(4000, 3000, 1.0, 256, 256, "jpeg", True),),
            spacing=None if self.spacing_um is None else Spacing.square(self.spacing_um),
            objective_power=20.0,
            associated=(),
            barcode=None,
            icc_profile=None,
        )

    def tile(self, level: int, column: int, row: int) -> EncodedTile:
        """There is none."""
        raise NotFound(field="tile")

    def region(self, level: int, bounds: Box) -> RgbImage:
        """The colour."""
        return np.full((bounds.height, bounds.width, 3), self.colour, np.uint8)

    def associated(self, name: str) -> RgbImage:
        """There is none."""
        raise NotFound(field=name)

    def close(self) -> None:
        """Nothing to give back."""
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


@contextmanager
def painted(_row: SlideRow) -> Iterator[Slide]:
    """Opens any slide of the tests."""
    yield PaintedSlide()


@dataclass(frozen=True)
class Desk:
    """A case on the pathologist's desk."""

    database: Database
    blobs: BlobStore
    actor: Actor
    case: CaseDetail
    he: UUID
    ihc: UUID

    def reading(self, decision: str = "accepted") -> UUID:
        """A finished Ki-67 reading of the immunostained slide, decided like that."""
        assert self.actor.person_id is not None
        changes = {"edited_result": {**RESULT, "score": 30.9, "n": 1402, "positive": 433}}
        with self.database.transaction(self.actor) as tx:
            return finished_reading(
                tx,
                self.case.id,
                self.ihc,
                self.actor.person_id,
                decision=decision,
                **(changes if decision == "edited" else {}),
            ).id

    def image(self, caption: str = "浸润性癌") -> KeyImage:
        """A key image of the H&E slide."""
        return KeyImage(self.he, 100, 200, 1600, 1200, caption)

    def save(self, revision: int = 0, actor: Actor | None = None, **text: Any) -> ReportDetail:
        """Save the draft."""
        words = {"diagnosis": "左乳腺浸润性癌", "gross": "灰白色穿刺组织 4 条", **text}
        with self.database.transaction(actor or self.actor) as tx:
            return save_draft(tx, self.case.id, DraftText(**words), revision)

    def sign(self, revision: int = 1, password: str = PASSWORD, actor: Actor | None = None) -> ReportDetail:
        """Sign the draft."""
        return sign_report(
            self.database,
            self.blobs,
            painted,
            actor or self.actor,
            SignOut(self.case.id, password, revision),
            time_zone="Asia/Shanghai",
        )

    def amend(self, reason: str = "补充腋窝淋巴结诊断", actor: Actor | None = None) -> ReportDetail:
        """Amend the signed report."""
        with self.database.transaction(actor or self.actor) as tx:
            return amend_report(tx, self.case.id, reason)

    def pdf(self, report_id: UUID, locale: Locale = "zh-CN", actor: Actor | None = None) -> ReportPdf:
        """The PDF of one version."""
        return report_pdf(
            self.database, self.blobs, painted, actor or self.actor, report_id, locale, time_zone="Asia/Shanghai"
        )
