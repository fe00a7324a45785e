"""What the template prints: a report's content turned into strings of one language. No layout and no clinical rule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import floor, log10
from typing import Any, Literal
from zoneinfo import ZoneInfo

from coverslip.errors import Locale
from coverslip.reports.content import (
    KeyImageContent,
    ReadingContent,
    ReadingValue,
    ReportContent,
    SpecimenContent,
    content_digest,
)
from coverslip.reports.words import Words

BAR_SHARE = 0.25
"""A scale bar is the longest round length that covers at most this share of its picture."""


def report_view(content: ReportContent, locale: Locale) -> dict[str, Any]:
    """Plain JSON for `templates/report.typ`."""
    words = Words.of(locale)
    digest = content_digest(content)
    return {
        "lang": "zh" if locale == "zh-CN" else "en",
        "hospital": words.pick(content.hospital),
        "hospital_other": content.hospital.en if locale == "zh-CN" else content.hospital.zh,
        "title": words.text("report", _title_key(content)),
        "pdf_title": words.text("report", "pdf_title", accession_number=content.case.accession_number),
        "draft": content.signature is None,
        "words": words.group("report"),
        "labels": words.group("labels"),
        "columns": words.group("columns"),
        "identity": _identity(content, words),
        "identity_short": "  ·  ".join(
            (_person_name(content.patient.name, content.patient.name_en, words), _age(content, words))
        ),
        "facts": _facts(content, words),
        "wide_facts": _wide_facts(content, words),
        "amendment": _amendment(content, words),
        "gross": _paragraphs(content.gross),
        "microscopy": _paragraphs(content.microscopy),
        "diagnosis": _paragraphs(content.diagnosis),
        "comment": _paragraphs(content.comment),
        "readings": [_reading(reading, words, content.time_zone) for reading in content.readings],
        "images": [_image(number, image, words) for number, image in enumerate(content.key_images, start=1)],
        "signature": _signature(content, words),
        "version": str(content.version),
        "accession": content.case.accession_number,
        "digest": digest,
        "colon": words.text("report", "colon"),
        "notes_label": words.text("provenance", "notes"),
    }


def local_time(iso: str, time_zone: str, precision: Literal["date", "minute", "full"] = "full") -> str:
    """An ISO 8601 instant in the report's zone: `2026-05-18 15:42:07 (UTC+08:00)`, to the minute, or the date alone."""
    moment = datetime.fromisoformat(iso).astimezone(ZoneInfo(time_zone))
    if precision == "date":
        return f"{moment:%Y-%m-%d}"
    if precision == "minute":
        return f"{moment:%Y-%m-%d %H:%M}"
    offset = f"{moment:%z}"
    return f"{moment:%Y-%m-%d %H:%M:%S} (UTC{offset[:3]}:{offset[3:]})"


def scale_bar_um(field_width_um: float) -> float:
    """The longest of 1, 2, 5 x 10^k micrometres that is at most a quarter of the picture's width."""
    longest = field_width_um * BAR_SHARE
    decade = 10.0 ** floor(log10(longest))
    return max(step * decade for step in (1, 2, 5) if step * decade <= longest * (1 + 1e-9))


def score_text(score: float, unit: str, marker: str) -> str:
    """The score as shown (rule G2): Ki-67 to 0.1, the others whole; categories were decided on the unrounded value."""
    number = f"{score:.1f}" if marker == "ki67" else f"{score:.0f}"
    if unit == "%":
        return f"{number}%"
    return f"{number} {unit}" if unit else number


def _title_key(content: ReportContent) -> str:
    if content.amendment is not None:
        return "title_amended"
    return "title_frozen" if content.case.priority == "frozen" else "title"


def _person_name(name: str, name_en: str | None, words: Words) -> str:
    """The name in the language of the print; an English report shows the Chinese name too, it is the identity."""
    return name if words.locale == "zh-CN" or not name_en or name_en == name else f"{name_en} ({name})"


def _age(content: ReportContent, words: Words) -> str:
    if content.patient.age_years is None:
        return words.text("report", "unknown")
    return words.text("report", "years", years=content.patient.age_years)


def _identity(content: ReportContent, words: Words) -> str:
    patient = content.patient
    return "  ·  ".join((
        _person_name(patient.name, patient.name_en, words),
        words.term("sex", patient.sex),
        _age(content, words),
        f"{words.text('labels', 'patient_number')} {patient.patient_number}",
        f"{words.text('labels', 'accession_number')} {content.case.accession_number}",
    ))  # fmt: skip


def _facts(content: ReportContent, words: Words) -> list[list[str]]:
    """Label and value, in the order of the masthead's grid (three to a row)."""
    patient, case = content.patient, content.case
    unknown = words.text("report", "unknown")
    rows = {
        "patient_name": _person_name(patient.name, patient.name_en, words),
        "sex": words.term("sex", patient.sex),
        "age": _age(content, words),
        "patient_number": patient.patient_number,
        "birth_date": patient.birth_date or unknown,
        "priority": words.term("priority", case.priority),
        "department": case.department or unknown,
        "submitted_by": case.submitted_by or unknown,
        "received_at": local_time(case.received_at, content.time_zone, "date"),
    }
    return [[words.text("labels", key), value] for key, value in rows.items()]


def _wide_facts(content: ReportContent, words: Words) -> list[list[Any]]:
    rows: list[tuple[str, list[str]]] = [
        ("clinical_history", _paragraphs(content.case.clinical_history)),
        ("clinical_diagnosis", _paragraphs(content.case.clinical_diagnosis)),
        ("specimens", [_specimen(specimen, words) for specimen in content.specimens]),
    ]
    return [[words.text("labels", key), lines] for key, lines in rows if lines]


def _specimen(specimen: SpecimenContent, words: Words) -> str:
    parts = [
        words.text(
            "specimen",
            "line",
            label=specimen.label,
            site=words.pick(specimen.site),
            procedure=words.term("procedure", specimen.procedure),
        )
    ]
    if specimen.blocks:
        separator = words.text("report", "list_separator")
        parts.append(words.text("specimen", "blocks", blocks=separator.join(specimen.blocks)))
    if specimen.fixation_hours is not None:
        parts.append(words.text("specimen", "fixation", hours=_number(specimen.fixation_hours)))
    if specimen.cold_ischaemia_minutes is not None:
        parts.append(words.text("specimen", "ischaemia", minutes=_number(specimen.cold_ischaemia_minutes)))
    return " · ".join(parts)


def _amendment(content: ReportContent, words: Words) -> list[str] | None:
    amendment = content.amendment
    if amendment is None:
        return None
    return [
        words.text(
            "amendment",
            "line",
            version=content.version,
            replaced=amendment.replaces_version,
            signed_at=local_time(amendment.replaces_signed_at, content.time_zone),
            reason=amendment.reason,
        ),
        words.text("amendment", "replaced_digest", digest=amendment.replaces_digest),
    ]


def _value(value: ReadingValue, marker: str, words: Words) -> dict[str, Any]:
    """A refused reading shows its raw counts and no score, no interval, no category (rule G4)."""
    refused = value.status == "NOT_EVALUABLE" or value.score is None
    interval = words.text("report", "none")
    if value.interval is not None and not refused:
        low, high = (score_text(bound, "", marker) for bound in value.interval)
        interval = f"{low}–{high}{value.unit if value.unit == '%' else ''}"
    return {
        "score": words.text("provenance", "not_evaluable")
        if value.score is None or refused
        else score_text(value.score, value.unit, marker),
        "category": words.pick(value.category_text) if value.category_text is not None and not refused else "",
        "interval": interval,
        "count": f"{value.n:,}" if value.positive is None else f"{value.positive:,} / {value.n:,}",
        "bar": _bar(value) if value.unit == "%" and not refused else None,
    }


def _bar(value: ReadingValue) -> list[float] | None:
    """Low, score and high as shares of 100 %, for the little drawing beside the number."""
    if value.score is None or value.interval is None:
        return None
    return [min(max(x / 100, 0.0), 1.0) for x in (value.interval[0], value.score, value.interval[1])]


def _reading(reading: ReadingContent, words: Words, time_zone: str) -> dict[str, Any]:
    final = reading.reader or reading.computer
    notes = [words.term("flags", code) for code in _unique((*final.reasons, *final.flags))]
    decided = words.text(
        "provenance",
        "decided",
        person=words.pick(reading.decided_by),
        at=local_time(reading.decided_at, time_zone, "minute"),
    )
    return {
        "marker": words.term("marker", reading.marker),
        "slide": reading.slide_label,
        "computer": _value(reading.computer, reading.marker, words),
        "reader": _value(reading.reader, reading.marker, words) if reading.reader is not None else None,
        "method": _method(reading, words),
        "decision": words.term("decision", reading.decision),
        "decided": decided,
        "reason": reading.reason or "",
        "provenance": words.text("report", "sentence_separator").join(_provenance(reading, words)),
        "notes": notes,
    }


def _method(reading: ReadingContent, words: Words) -> str:
    if reading.method == "region":
        return words.term("method", "whole_slide" if reading.whole_slide else "region")
    region = words.text("provenance", "whole_slide" if reading.whole_slide else "drawn_region")
    return f"{words.term('method', reading.method)}{words.text('report', 'list_separator')}{region}"


def _provenance(reading: ReadingContent, words: Words) -> list[str]:
    def either(key: str, missing: str, value: object | None, name: str) -> str:
        return words.text("provenance", missing) if value is None else words.text("provenance", key, **{name: value})

    area = None if reading.area_mm2 is None else f"{reading.area_mm2:.2f}"
    spacing = None if reading.spacing_um is None else f"{reading.spacing_um:.4g}"
    model = None if reading.model_digest is None else reading.model_digest[:16]
    return [
        either("area", "area_unknown", area, "area"),
        either("spacing", "spacing_unknown", spacing, "spacing"),
        either("clone", "clone_unknown", reading.clone, "clone"),
        words.term("control", reading.control_status),
        words.text(
            "provenance", "algorithm", algorithm=reading.algorithm, version=reading.algorithm_version
        ),
        either("model", "no_model", model, "digest"),
        words.text("provenance", "profile", profile=reading.profile, version=reading.profile_version),
    ]  # fmt: skip


def _image(number: int, image: KeyImageContent, words: Words) -> dict[str, Any]:
    stain = words.term("marker", image.marker) if image.marker else words.term("stain", image.stain)
    bar = None
    if image.spacing_um is not None:
        field_um = image.width * image.spacing_um
        length = scale_bar_um(field_um)
        bar = {"share": length / field_um, "text": words.text("image", "bar", length=_number(length))}
    return {
        "file": f"{image.digest}.jpg",
        "caption": words.text("image", "caption", number=number, caption=image.caption).strip(),
        "source": words.text("image", "source", slide=image.slide_label, stain=stain),
        "bar": bar,
        "warnings": [
            *([] if bar else [words.text("image", "no_scale")]),
            *([words.text("image", "colour_unusable")] if image.colour == "unusable" else []),
        ],
    }


def _signature(content: ReportContent, words: Words) -> dict[str, str] | None:
    signature = content.signature
    if signature is None:
        return None
    return {
        "name": _person_name(signature.name, signature.name_en, words),
        "title": signature.title,
        "meaning": words.term("meaning", signature.meaning),
        "at": local_time(signature.signed_at, content.time_zone),
    }


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _number(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))
