from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest

from coverslip.errors import LOCALES, Locale
from coverslip.reports import render as rendering
from coverslip.reports.content import ReportContent, content_digest
from coverslip.reports.errors import FontMissing, GlyphMissing
from coverslip.reports.render import render
from coverslip.testing.report_example import IMAGES, report_content

CONTENT = report_content()


def pdf_text(data: bytes, tmp_path: Path) -> str:
    """The text as poppler reads it, one blank between words."""
    path = tmp_path / "report.pdf"
    path.write_bytes(data)
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return re.sub(r"[ \t]+", " ", done.stdout.decode())


def joined(text: str) -> str:
    return re.sub(r"\s", "", text)


def long_report() -> ReportContent:
    return replace(
        CONTENT, microscopy="\n".join(f"第 {n} 段：肿瘤细胞呈巢状浸润性生长，核中度异型。" for n in range(90))
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_the_same_content_gives_the_same_bytes(locale: Locale) -> None:
    assert render(CONTENT, locale, IMAGES) == render(report_content(), locale, dict(IMAGES))


def test_another_content_gives_other_bytes() -> None:
    other = replace(CONTENT, comment="无")
    assert render(CONTENT, "zh-CN", IMAGES) != render(other, "zh-CN", IMAGES)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_file_declares_pdf_a_2a_with_an_output_intent_and_embeds_every_font(locale: Locale) -> None:
    reader = pypdf.PdfReader(io.BytesIO(render(CONTENT, locale, IMAGES)))
    catalogue: Any = reader.trailer["/Root"]
    xmp = catalogue["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp
    intents = catalogue["/OutputIntents"]
    assert [intent.get_object()["/S"] for intent in intents] == ["/GTS_PDFA1"]
    assert "/DestOutputProfile" in intents[0].get_object()
    assert catalogue["/MarkInfo"]["/Marked"].value is True
    assert str(catalogue["/Lang"]).lower().startswith("zh" if locale == "zh-CN" else "en")
    assert "/Encrypt" not in reader.trailer
    resources: list[Any] = [page["/Resources"] for page in reader.pages]
    fonts = [font for resource in resources for font in resource["/Font"].get_object().values()]
    assert fonts
    for font in fonts:
        assert "NotoSansSC" in str(font.get_object()["/BaseFont"])
        descendant = font.get_object()["/DescendantFonts"][0].get_object()
        described = descendant["/FontDescriptor"].get_object()
        assert "/FontFile2" in described or "/FontFile3" in described


@pytest.mark.parametrize("locale", LOCALES)
def test_every_page_names_patient_accession_digest_and_its_place(locale: Locale, tmp_path: Path) -> None:
    data = render(long_report(), locale, IMAGES)
    digest = content_digest(long_report())
    pages = pdf_text(data, tmp_path).rstrip("\f").split("\f")
    assert len(pages) >= 3
    for number, page in enumerate(pages, start=1):
        assert "李秀英" in page
        assert "P2026-00417" in page
        assert "2026-018734" in page
        assert digest in page
        place = f"第{number}页/共{len(pages)}页" if locale == "zh-CN" else f"Page{number}of{len(pages)}"
        assert place in joined(page)


@pytest.mark.parametrize("locale", LOCALES)
def test_pages_are_a4(locale: Locale) -> None:
    for page in pypdf.PdfReader(io.BytesIO(render(long_report(), locale, IMAGES))).pages:
        assert (round(float(page.mediabox.width) / 72 * 25.4), round(float(page.mediabox.height) / 72 * 25.4)) == (
            210, 297,
        )  # fmt: skip


def test_a_draft_carries_its_mark_on_every_page_and_no_signature(tmp_path: Path) -> None:
    draft = replace(long_report(), signature=None)
    for page in pdf_text(render(draft, "zh-CN", IMAGES), tmp_path).rstrip("\f").split("\f"):
        assert "草稿未签发" in joined(page)
    english = joined(pdf_text(render(draft, "en", IMAGES), tmp_path))
    assert "mustnotbeusedfortreatment" in english
    assert "Zhou Mingyuan (周明远)".replace(" ", "") not in english.rsplit("Comment", 1)[1]


def test_a_signed_report_carries_no_draft_mark(tmp_path: Path) -> None:
    text = joined(pdf_text(render(CONTENT, "zh-CN", IMAGES), tmp_path))
    assert "草稿" not in text
    assert "未签发" not in text


def test_a_missing_font_is_said_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "FONT_FILES", ("NotoSansSC_400Regular.ttf", "Absent.ttf"))
    with pytest.raises(FontMissing) as refused:
        render(CONTENT, "zh-CN", IMAGES)
    assert "Absent.ttf" in refused.value.message("en")
    assert "make install" in refused.value.mend("zh-CN")


def test_rare_characters_of_names_are_printed(tmp_path: Path) -> None:
    rare = replace(CONTENT, patient=replace(CONTENT.patient, name="王䶮㛃𬱖"))
    assert "王䶮㛃𬱖" in joined(pdf_text(render(rare, "zh-CN", IMAGES), tmp_path))


def test_a_character_that_the_font_lacks_is_named_and_never_left_out() -> None:
    unknown = replace(CONTENT, patient=replace(CONTENT.patient, name="王𠮷"))
    with pytest.raises(GlyphMissing) as refused:
        render(unknown, "zh-CN", IMAGES)
    assert "𠮷" in refused.value.message("zh-CN")


def test_text_of_people_is_never_markup(tmp_path: Path) -> None:
    hostile = '#panic("x") *b* _i_ $x^2$ `c` <l> @r // c /* d */ \\ #read("/etc/passwd") [a](b) = h'
    text = pdf_text(render(replace(CONTENT, comment=hostile, diagnosis=hostile), "en", IMAGES), tmp_path)
    assert joined(text).count(joined(hostile)) == 2
