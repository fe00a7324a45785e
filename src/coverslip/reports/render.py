"""A report's content as PDF/A: typst templates, the fonts of this package only, the same bytes for the same content."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

import typst

from coverslip.errors import Locale
from coverslip.reports.content import ReportContent
from coverslip.reports.errors import FontMissing, GlyphMissing, RenderFailed
from coverslip.reports.view import report_view

FONT_FILES = ("NotoSansSC_400Regular.ttf", "NotoSansSC_700Bold.ttf")
"""Noto Sans SC (SIL Open Font Licence), gathered at build time by `build_web.py`."""
PDF_STANDARDS: list[typst.PDFStandard] = ["a-2a"]
"""Archival, tagged for screen readers, every character mapped to Unicode."""
_UNDISPLAYABLE = re.compile(r'the text [`"]+(?P<text>.+?)[`"]+ could not be displayed')
TEMPLATES = ("report.typ", "parts.typ")


def render(content: ReportContent, locale: Locale, images: Mapping[str, bytes]) -> bytes:
    """The report as PDF/A-2a in one language.

    `images`: JPEG bytes by digest, one for each key image. A content without a signature carries the draft mark.
    The same content, images and version of typst give the same bytes: the document's date is the signature's (the
    case's receipt in a draft), and no font outside this package is looked at.
    Raises `FontMissing`, `GlyphMissing` (a character that the font does not have), `RenderFailed` (template broken).
    """
    fonts = font_folder()
    with TemporaryDirectory(prefix="coverslip-report-") as name:
        folder = Path(name)
        _lay_out(folder, content, locale, images)
        try:
            data = typst.compile(
                folder / "report.typ",
                root=folder,
                font_paths=typst.Fonts(
                    include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)]
                ),
                ignore_system_fonts=True,
                format="pdf",
                pdf_standards=PDF_STANDARDS,
                timestamp=_document_time(content),
            )
        except typst.TypstError as error:
            missing = _UNDISPLAYABLE.search(error.message)
            if missing is not None:
                raise GlyphMissing(text=missing["text"]) from error
            raise RenderFailed(problem="typesetter_refused", technical=error.message) from error
    assert isinstance(data, bytes)
    return data


def font_folder() -> Path:
    """Folder with the report's fonts. Raises `FontMissing` naming the first file that is not there."""
    folder = Path(str(resources.files("coverslip") / "reports" / "fonts"))
    for name in FONT_FILES:
        if not (folder / name).is_file():
            raise FontMissing(file=name)
    return folder


def _lay_out(folder: Path, content: ReportContent, locale: Locale, images: Mapping[str, bytes]) -> None:
    """Templates, the view as JSON and the pictures in one folder, which is all that the typesetter can read."""
    templates = resources.files("coverslip") / "reports" / "templates"
    for name in TEMPLATES:
        (folder / name).write_bytes((templates / name).read_bytes())
    (folder / "view.json").write_text(json.dumps(report_view(content, locale), ensure_ascii=False), encoding="utf-8")
    for image in content.key_images:
        (folder / f"{image.digest}.jpg").write_bytes(images[image.digest])


def _document_time(content: ReportContent) -> datetime:
    iso = content.signature.signed_at if content.signature is not None else content.case.received_at
    return datetime.fromisoformat(iso).astimezone(UTC).replace(microsecond=0)
