"""The format matrix: every format with its reader, what is read of it, and what that was proven on.

`python -m coverslip.slides.formats` writes the tables of `docs/use/formats.md` and `formats.zh-CN.md` anew. A test
holds them, this table, the readers and the example files together: a reader or an example not in it fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Outcome = Literal["read", "refused"]
Proof = Literal["real", "openslide", "wsidicom", "libczi", "own", "extra", "magic"]
Yes = Literal["yes", "no", "some"]

BEGIN, END = "<!-- formats begin -->", "<!-- formats end -->"
DOCUMENTS = {"en": "docs/use/formats.md", "zh-CN": "docs/use/formats.zh-CN.md"}


@dataclass(frozen=True, slots=True)
class Format:
    """One row. `examples`: names in `phantoms.files.WRITERS`."""

    name: str
    files: str
    reader: str
    outcome: Outcome
    passthrough: Yes = "no"
    """Whether stored tiles are served as they lie in the file."""
    ranges: bool = False
    """Whether it is read from object storage by ranges, without a local copy."""
    planes: bool = False
    channels: bool = False
    proof: tuple[Proof, ...] = ()
    examples: tuple[str, ...] = ()


FORMATS: tuple[Format, ...] = (
    Format(
        "Aperio SVS", ".svs", "tiff", "read", "some", True, proof=("real", "openslide"),
        examples=("svs-jpeg-rgb", "svs-jpeg-ycbcr", "svs-jpeg2000-rgb", "svs-jpeg2000-ycbcr", "svs-colour-target"),
    ),
    Format(
        "Ventana BIF (DP 200, DP 600, iScan)", ".bif, .tif", "bif", "read", "some", True, planes=True,
        proof=("openslide", "own"),
        examples=(
            "bif-dp200", "bif-dp200-overlap", "bif-dp200-focal-planes", "bif-iscan-overlap", "bif-iscan-two-areas",
        ),
    ),
    Format(
        "Hamamatsu NDPI", ".ndpi", "ndpi", "read", "some", True, planes=True, proof=("real", "openslide"),
        examples=("ndpi-restart-markers", "ndpi-no-restart-markers", "ndpi-focal-planes"),
    ),
    Format(
        "Hamamatsu VMS, VMU", ".vms, .vmu + .jpg", "openslide", "read", proof=("openslide", "own"),
        examples=("vms", "vms-four-pictures"),
    ),
    Format(
        "3DHISTECH MRXS", ".mrxs + /", "openslide", "read", proof=("openslide", "own"), examples=("mrxs",),
    ),
    Format(
        "Leica SCN", ".scn", "scn", "read", "some", True, planes=True, channels=True, proof=("openslide", "own"),
        examples=("scn-one-area", "scn-two-areas", "scn-focal-planes", "scn-fluorescence"),
    ),
    Format(
        "Philips TIFF", ".tiff", "philips", "read", "yes", True, proof=("openslide", "own"),
        examples=("philips-tiff", "philips-tiff-sparse"),
    ),
    Format(
        "PerkinElmer, Akoya QPTIFF", ".qptiff", "qptiff", "read", "some", True, channels=True, proof=("own",),
        examples=("qptiff-brightfield", "qptiff-fluorescence"),
    ),
    Format(
        "DICOM VL Whole Slide Microscopy", ".dcm, /", "dicom", "read", "some", True, planes=True, channels=True,
        proof=("real", "wsidicom", "openslide"),
        examples=(
            "dicom-tiled-full-jpeg", "dicom-tiled-full-jpeg-rgb", "dicom-tiled-sparse", "dicom-concatenated",
            "dicom-extended-offsets", "dicom-no-offsets", "dicom-fragments", "dicom-jpeg2000", "dicom-jpeg2000-plain",
            "dicom-htj2k", "dicom-jpegls", "dicom-rle", "dicom-uncompressed", "dicom-uncompressed-planar",
            "dicom-implicit", "dicom-focal-planes", "dicom-focal-planes-sparse", "dicom-fluorescence",
            "dicom-grey-16-bit", "dicom-label-overview",
        ),
    ),
    Format(
        "Zeiss CZI", ".czi", "czi", "read", "no", True, planes=True, channels=True, proof=("libczi", "openslide"),
        examples=("czi-brightfield", "czi-jpeg-xr", "czi-fluorescence", "czi-focal-planes"),
    ),
    Format(
        "OME-TIFF", ".ome.tif", "tiff", "read", "some", True, planes=True, channels=True, proof=("openslide", "own"),
        examples=(
            "ome-tiff", "ome-tiff-fluorescence", "ome-tiff-focal-planes", "ome-tiff-planes-and-channels",
            "ome-tiff-16-bit",
        ),
    ),
    Format(
        "TIFF, pyramidal and plain", ".tif", "tiff", "read", "some", True, proof=("openslide", "own"),
        examples=("tiff-pyramid", "tiff-plain"),
    ),
    Format("KFBIO KFB", ".kfb", "kfb", "read", proof=("extra", "own"), examples=("kfb",)),
    Format("Philips iSyntax", ".isyntax", "isyntax", "read", proof=("extra",), examples=()),
    Format("Sakura, Trestle", ".svslide, .tif", "openslide", "read", proof=(), examples=()),
    Format(
        "PNG, JPEG, WebP, BMP", ".png, .jpg", "plain", "read", proof=("own",),
        examples=("png", "jpeg", "png-named-svs", "jpeg-named-tif"),
    ),
    Format("Sqray SDPC, DYQX", ".sdpc, .dyqx", "closed", "refused", proof=("magic",), examples=("sdpc-header",)),
    Format("UNIC TMAP", ".tmap", "closed", "refused", proof=("magic",), examples=("tmap-header",)),
    Format("Olympus, Evident VSI/ETS", ".vsi + .ets", "closed", "refused", proof=("magic",), examples=("ets-header",)),
    Format("Motic MDS, Zeiss ZVI, Leica LIF, Nikon ND2, Philips i2syntax", "", "closed", "refused", proof=("magic",)),
)  # fmt: skip

REFUSALS: dict[str, tuple[str | None, str]] = {
    "dicom-two-slides": ("dicom", "SEVERAL_SLIDES"),
    "dicom-label-only": ("dicom", "FORMAT_DECLINED"),
    "dicom-ct": ("dicom", "FORMAT_DECLINED"),
    "dicom-header-only": ("dicom", "SLIDE_CORRUPT"),
    "isyntax-header-only": ("isyntax", "SLIDE_CORRUPT"),
    "sdpc-header": ("closed", "FORMAT_CLOSED"),
    "tmap-header": ("closed", "FORMAT_CLOSED"),
    "ets-header": ("closed", "FORMAT_CLOSED"),
    "tiff-header-only": ("tiff", "SLIDE_TRUNCATED"),
    "text-named-svs": (None, "NOT_A_SLIDE"),
    "text-named-dcm": (None, "NOT_A_SLIDE"),
    "zip": (None, "NOT_A_SLIDE"),
    "pdf": (None, "NOT_A_SLIDE"),
    "folder-without-slide": (None, "NOT_A_SLIDE"),
    "empty": (None, "SLIDE_EMPTY"),
}
"""Example -> the reader that takes it up (None: all decline), and the code it is refused with."""

MAY_ALSO = {"openslide": ("tiff", "czi", "bif", "ndpi", "scn", "philips", "qptiff")}
"""A reader that may accept files of others, because it is asked after them: it knows their formats too."""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "head": "| Format | Files | Reader | Tiles pass through | By range | Focal planes | Channels | Tested on |",
        "yes": "yes", "no": "no", "some": "where it can", "refused": "not read: kept as failed, with how to export",
        "real": "real files", "openslide": "example files, OpenSlide as judge",
        "wsidicom": "example files, wsidicom as judge", "libczi": "example files, libCZI as judge",
        "own": "example files, pixel by pixel",
        "extra": "optional package", "magic": "its first bytes only", "": "nothing at hand: as OpenSlide reads it",
    },
    "zh-CN": {
        "head": "| 格式 | 文件 | 读取器 | 原样传送图块 | 按范围读取 | 焦平面 | 通道 | 验证依据 |",
        "yes": "是", "no": "否", "some": "条件允许时", "refused": "不能读取：保留为失败并说明如何导出",
        "real": "真实文件", "openslide": "样例文件（以 OpenSlide 核对）",
        "wsidicom": "样例文件（以 wsidicom 核对）", "libczi": "样例文件（以 libCZI 核对）", "own": "样例文件（逐像素）",
        "extra": "可选组件", "magic": "仅文件头", "": "无样例，以 OpenSlide 读取结果为准",
    },
}  # fmt: skip


def table(language: str) -> str:
    """The matrix as a Markdown table in `en` or `zh-CN`."""
    words = WORDS[language]
    separator = "，" if language == "zh-CN" else "; "
    lines = [words["head"], "|---|---|---|---|---|---|---|---|"]
    for row in FORMATS:
        proof = separator.join(words[kind] for kind in row.proof) or words[""]
        if row.outcome == "refused":
            cells = [row.name, row.files, words["refused"], "", "", "", "", proof]
        else:
            flags = ["yes" if flag else "no" for flag in (row.ranges, row.planes, row.channels)]
            passing = words[row.passthrough]
            cells = [row.name, row.files, f"`{row.reader}`", passing, *(words[flag] for flag in flags), proof]
        lines.append("| " + " | ".join(cell or " " for cell in cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Write the tables between their marks in both documents, from the repository's root."""
    for language, name in DOCUMENTS.items():
        path = Path(name)
        text = path.read_text(encoding="utf-8")
        before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
        path.write_text(f"{before}\n{table(language)}\n{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
