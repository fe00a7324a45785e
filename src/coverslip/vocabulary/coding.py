"""Coded concepts with our own displays in both languages; only codes that could be checked stand here.

SNOMED CT codes are compared in the tests with the dictionary that pydicom carries from the DICOM standard. LOINC codes
were read in published HL7 FHIR value sets (mCODE, Genomics Reporting, the draft Breast Cancer guide, MII). Displays are
ours; the code systems keep theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.specimens import SITES, SNOMED_CT, Procedure
from coverslip.vocabulary.stains import Stain

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"


@dataclass(frozen=True, slots=True)
class Code:
    """One concept: the code system's address, the code, and what a person reads."""

    system: str
    value: str
    zh: str
    en: str


def _sct(value: str, zh: str, en: str) -> Code:
    return Code(SNOMED_CT, value, zh, en)


def _loinc(value: str, zh: str, en: str) -> Code:
    return Code(LOINC, value, zh, en)


SITE_CODES = MappingProxyType({site.code: _sct(site.code, site.zh, site.en) for site in SITES})

PROCEDURE_CODES = MappingProxyType(
    {
        Procedure.BIOPSY: _sct("86273004", "活检", "Biopsy"),
        Procedure.EXCISION: _sct("65801008", "切除", "Excision"),
    }
)
"""Procedures whose code could be checked; the others travel by their word."""

STAIN_CODES = MappingProxyType({Stain.HE: _sct("104210008", "HE 染色", "Haematoxylin and eosin stain")})

MATERIAL_CODES = MappingProxyType(
    {
        "tissue": _sct("119376003", "组织标本", "Tissue specimen"),
        "gross": _sct("430861001", "大体标本", "Gross specimen"),
        "section": _sct("430856003", "组织切片", "Tissue section"),
        "slide": _sct("433466003", "显微镜载玻片", "Microscope slide"),
        "formalin": _sct("434162003", "中性缓冲福尔马林", "Neutral buffered formalin"),
        "paraffin": _sct("311731000", "石蜡", "Paraffin wax"),
        "haematoxylin": _sct("12710003", "苏木素染色", "Haematoxylin stain"),
        "eosin": _sct("36879007", "水溶性伊红染色", "Water soluble eosin stain"),
    }
)

FINDING_CODES = MappingProxyType(
    {
        "positive": _sct("10828004", "阳性", "Positive"),
        "negative": _sct("260385009", "阴性", "Negative"),
        "not_evaluated": _sct("373121007", "未评估", "Not evaluated"),
        "neoplasm": _sct("108369006", "肿瘤", "Neoplasm"),
        "invasive_ductal_carcinoma": _sct("82711006", "浸润性导管癌", "Infiltrating duct carcinoma"),
        "adenocarcinoma": _sct("35917007", "腺癌", "Adenocarcinoma, no subtype"),
    }
)

MARKER_CODES = MappingProxyType(
    {
        Marker.KI67: _loinc("29593-1", "Ki-67 阳性细胞比例（组织，免疫组化）", "Ki-67 positive cells/cells in tissue"),
        Marker.ER: _loinc(
            "85337-4", "雌激素受体（乳腺癌标本，免疫组化）", "Oestrogen receptor in breast cancer specimen"
        ),
        Marker.PR: _loinc(
            "85339-0", "孕激素受体（乳腺癌标本，免疫组化）", "Progesterone receptor in breast cancer specimen"
        ),
        Marker.HER2: _loinc("85319-2", "HER2（乳腺癌标本，免疫组化）", "HER2 in breast cancer specimen"),
        Marker.PD_L1: _loinc(
            "105304-0", "PD-L1 阳性肿瘤细胞比例（组织，免疫组化）", "PD-L1 positive tumour cells/viable tumour cells"
        ),
    }
)
"""What a marker's result is called in a message or report."""

KI67_IN_BREAST_CANCER = _loinc(
    "85330-9", "Ki-67 阳性细胞比例（乳腺癌标本，免疫组化）", "Ki-67 positive cells/cells in breast cancer specimen"
)

UNIT_CODES = MappingProxyType(
    {
        "percent": Code(UCUM, "%", "%", "%"),
        "micrometre": Code(UCUM, "um", "µm", "µm"),
        "millimetre": Code(UCUM, "mm", "mm", "mm"),
        "square_micrometre": Code(UCUM, "um2", "µm²", "µm²"),
        "square_millimetre": Code(UCUM, "mm2", "mm²", "mm²"),
        "hour": Code(UCUM, "h", "小时", "h"),
        "minute": Code(UCUM, "min", "分钟", "min"),
        "one": Code(UCUM, "1", "", ""),
    }
)

ALL_CODES = (
    *SITE_CODES.values(),
    *PROCEDURE_CODES.values(),
    *STAIN_CODES.values(),
    *MATERIAL_CODES.values(),
    *FINDING_CODES.values(),
    *MARKER_CODES.values(),
    KI67_IN_BREAST_CANCER,
    *UNIT_CODES.values(),
)
