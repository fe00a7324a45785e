"""Where a specimen comes from and how it was taken.

Sites are coded by SNOMED CT body structures; codes only, with our own displays (in the catalogue `vocabulary.json`, key
`site`, too, where the screen reads them; a test keeps both the same).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SNOMED_CT = "http://snomed.info/sct"


class Procedure(StrEnum):
    """How a specimen was taken."""

    CORE_BIOPSY = "core_biopsy"
    BIOPSY = "biopsy"
    ENDOSCOPIC_BIOPSY = "endoscopic_biopsy"
    EXCISION = "excision"
    RESECTION = "resection"
    FROZEN = "frozen"
    CYTOLOGY = "cytology"
    AMPUTATION = "amputation"
    CURETTAGE = "curettage"


@dataclass(frozen=True, slots=True)
class Site:
    """A body structure: SNOMED CT code and its display in both languages."""

    code: str
    zh: str
    en: str


SITES = (
    Site("76752008", "乳腺", "Breast"),
    Site("80248007", "左乳腺", "Left breast"),
    Site("73056007", "右乳腺", "Right breast"),
    Site("68171009", "腋窝淋巴结", "Axillary lymph node"),
    Site("59441001", "淋巴结", "Lymph node"),
    Site("39607008", "肺", "Lung"),
    Site("42400003", "右肺上叶", "Upper lobe of right lung"),
    Site("266005", "右肺下叶", "Lower lobe of right lung"),
    Site("44714003", "左肺上叶", "Upper lobe of left lung"),
    Site("41224006", "左肺下叶", "Lower lobe of left lung"),
    Site("32849002", "食管", "Oesophagus"),
    Site("69695003", "胃", "Stomach"),
    Site("66051006", "胃窦", "Pyloric antrum"),
    Site("71854001", "结肠", "Colon"),
    Site("9040008", "升结肠", "Ascending colon"),
    Site("60184004", "乙状结肠", "Sigmoid colon"),
    Site("34402009", "直肠", "Rectum"),
    Site("10200004", "肝", "Liver"),
    Site("15776009", "胰腺", "Pancreas"),
    Site("69748006", "甲状腺", "Thyroid"),
    Site("71252005", "子宫颈", "Cervix of uterus"),
    Site("35039007", "子宫", "Uterus"),
    Site("15497006", "卵巢", "Ovary"),
    Site("41216001", "前列腺", "Prostate"),
    Site("64033007", "肾", "Kidney"),
    Site("89837001", "膀胱", "Urinary bladder"),
    Site("39937001", "皮肤", "Skin"),
    Site("12738006", "脑", "Brain"),
)
_BY_CODE = {site.code: site for site in SITES}


def site_by_code(code: str) -> Site | None:
    """The site of a SNOMED CT code, None for a code that is not among `SITES`."""
    return _BY_CODE.get(code)
