"""What the demo region is made of: two made-up hospitals, their people, their cases and how each slide is rendered.

Data only. Names, numbers and findings are invented; no patient stands behind them. The seeding turns each `DemoCase`
into service calls: `new_case(now)` registers it, `files()` says what to render and under which name to take it in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from coverslip.cases.registration import NewBlock, NewCase, NewPatient, NewSlide, NewSpecimen
from coverslip.vocabulary.markers import ControlStatus, Marker
from coverslip.vocabulary.roles import Role
from coverslip.vocabulary.stains import Stain

Story = Literal["waiting", "ready", "in_reading", "read", "drafted", "signed", "amended", "journey"]
"""How far a case has come: slides awaited; ready; opened by its reader; a finished reading to be decided on; a draft
written; signed; signed and amended; the case that the journey walks from the worklist to the signed report."""
Architecture = Literal["nests", "glands", "sheets"]
Outline = Literal["resection", "core", "full"]


@dataclass(frozen=True, slots=True)
class Phantom:
    """Rendered tissue: `preset` of `phantoms.recipe` (`he`, `ki67`, `er`, ...), size in pixels, spacing in um a pixel.

    `positive_percent`: of the tumour cells, None: the preset's own. `without_spacing`: the file does not say it.
    """

    preset: str
    seed: int
    width: int = 4096
    height: int = 3072
    spacing_um: float = 0.5
    positive_percent: float | None = None
    architecture: Architecture = "nests"
    outline: Outline = "resection"
    without_spacing: bool = False


@dataclass(frozen=True, slots=True)
class RealField:
    """The mosaic of scikit-image's real field (`phantoms.mosaic`); what it shows is said in the case's history."""

    seed: int
    width: int = 4096
    height: int = 3072


@dataclass(frozen=True, slots=True)
class Truncated:
    """A phantom whose file is cut off after `share` of its bytes: a transfer that broke."""

    of: Phantom
    share: float = 0.4


Rendering = Phantom | RealField | Truncated


@dataclass(frozen=True, slots=True)
class DemoSlide:
    """A slide of a block; without a rendering it stays expected."""

    label: str
    rendering: Rendering | None
    marker: Marker | None = None
    clone: str | None = None
    control: ControlStatus = ControlStatus.UNKNOWN

    @property
    def stain(self) -> Stain:
        """Marker stains are DAB, all others of the demo H&E."""
        return Stain.HE if self.marker is None else Stain.IHC_DAB


@dataclass(frozen=True, slots=True)
class DemoBlock:
    """A block and its slides."""

    label: str
    slides: tuple[DemoSlide, ...]


@dataclass(frozen=True, slots=True)
class DemoSpecimen:
    """A specimen; `site_code`: SNOMED CT."""

    label: str
    site_code: str
    procedure: str
    gross: str
    blocks: tuple[DemoBlock, ...]
    tumour_type: str | None = None
    fixation_hours: float | None = None
    cold_ischaemia_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """A made-up patient."""

    number: str
    name: str
    name_en: str
    sex: Literal["male", "female"]
    born: date


@dataclass(frozen=True, slots=True)
class DemoReport:
    """Texts of a report. `{ki67}` stands for the accepted Ki-67 index in per cent, to be filled in.

    `amended_diagnosis` and `amendment_reason`: what the second version says, and why it was written.
    """

    diagnosis: str
    microscopy: str
    gross: str
    comment: str = ""
    caption: str = ""
    amended_diagnosis: str | None = None
    amendment_reason: str | None = None


@dataclass(frozen=True, slots=True)
class DemoFile:
    """A slide file to be made: its name, what its paper label says, its barcode, and what it shows."""

    name: str
    label: tuple[str, ...]
    barcode: str | None
    rendering: Rendering


@dataclass(frozen=True, slots=True)
class DemoCase:
    """One case; times count back from the moment of seeding. `assigned_to`: username."""

    accession_number: str
    patient: DemoPatient
    department: str
    submitted_by: str
    history: str
    clinical_diagnosis: str
    specimens: tuple[DemoSpecimen, ...]
    story: Story
    hours_ago: float
    priority: Literal["routine", "urgent", "frozen"] = "routine"
    assigned_to: str | None = None
    signed_by: str | None = None
    report: DemoReport | None = None

    def new_case(self, now: datetime) -> NewCase:
        """The case as the laboratory registers it."""
        return NewCase(
            accession_number=self.accession_number,
            patient=NewPatient(
                patient_number=self.patient.number,
                name=self.patient.name,
                name_en=self.patient.name_en,
                sex=self.patient.sex,
                birth_date=self.patient.born,
            ),
            specimens=tuple(self._specimen(specimen) for specimen in self.specimens),
            priority=self.priority,
            department=self.department,
            submitted_by=self.submitted_by,
            clinical_history=self.history,
            clinical_diagnosis=self.clinical_diagnosis,
            received_at=now - timedelta(hours=self.hours_ago),
        )

    def files(self) -> Iterator[DemoFile]:
        """The files that the scanner sends for this case."""
        for specimen, block, slide in self._slides():
            if slide.rendering is not None:
                place = f"{specimen.label}{block.label}-{slide.label}"
                stain = slide.marker.value.upper() if slide.marker is not None else "HE"
                code = self._barcode(specimen, block, slide)
                yield DemoFile(f"{code}.svs", (place, stain), code, slide.rendering)

    def _specimen(self, specimen: DemoSpecimen) -> NewSpecimen:
        return NewSpecimen(
            label=specimen.label,
            site_code=specimen.site_code,
            procedure=specimen.procedure,
            tumour_type=specimen.tumour_type,
            fixation_hours=specimen.fixation_hours,
            cold_ischaemia_minutes=specimen.cold_ischaemia_minutes,
            gross_description=specimen.gross,
            blocks=tuple(
                NewBlock(
                    block.label,
                    tuple(
                        NewSlide(
                            label=slide.label,
                            stain=slide.stain,
                            barcode=self._barcode(specimen, block, slide),
                            marker=slide.marker,
                            clone=slide.clone,
                            control_status=slide.control,
                        )
                        for slide in block.slides
                    ),
                )
                for block in specimen.blocks
            ),
        )

    def _slides(self) -> Iterator[tuple[DemoSpecimen, DemoBlock, DemoSlide]]:
        for specimen in self.specimens:
            for block in specimen.blocks:
                for slide in block.slides:
                    yield specimen, block, slide

    def _barcode(self, specimen: DemoSpecimen, block: DemoBlock, slide: DemoSlide) -> str:
        return f"{self.accession_number}-{specimen.label}{block.label}-{slide.label}"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Someone with an account. `name_en`: pinyin."""

    username: str
    name: str
    name_en: str
    title: str
    roles: tuple[Role, ...]
    locale: Literal["zh-CN", "en"] = "zh-CN"


@dataclass(frozen=True, slots=True)
class DemoHospital:
    """A hospital with its people and cases. `unmatched`: files that no case expects."""

    code: str
    name_zh: str
    name_en: str
    kind: Literal["county", "provincial"]
    people: tuple[DemoPerson, ...]
    cases: tuple[DemoCase, ...]
    unmatched: tuple[DemoFile, ...] = ()


def ihc(label: str, marker: Marker, rendering: Rendering | None, clone: str | None) -> DemoSlide:
    """A marker slide whose control passed."""
    return DemoSlide(label, rendering, marker, clone, ControlStatus.PASSED)


def he(label: str, rendering: Rendering | None) -> DemoSlide:
    """An H&E slide."""
    return DemoSlide(label, rendering)


def region() -> tuple[DemoHospital, ...]:
    """The whole demo region: the county hospital and the provincial one."""
    from coverslip.cli.demo_county import COUNTY
    from coverslip.cli.demo_province import PROVINCE

    return COUNTY, PROVINCE
