"""A made-up report with everything a report can hold, for tests and for whoever changes the template."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import numpy as np
from PIL import Image

from coverslip.reports.content import (
    AmendmentContent,
    Bilingual,
    CaseContent,
    KeyImageContent,
    PatientContent,
    ReadingContent,
    ReadingValue,
    ReportContent,
    SignatureContent,
    SpecimenContent,
)


def tissue_jpeg(seed: int = 1, width: int = 800, height: int = 600) -> bytes:
    """A picture in the colours of a DAB stain: blue and brown discs on a pale ground."""
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), (236, 230, 233), np.uint8)
    yy, xx = np.mgrid[0:height, 0:width]
    for _ in range(260):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(7, 13)
        inside = (xx - x) ** 2 + (yy - y) ** 2 < r * r
        image[inside] = (128, 84, 60) if rng.random() < 0.28 else (120, 128, 178)
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


IMAGES = {hashlib.sha256(data).hexdigest(): data for data in (tissue_jpeg(1), tissue_jpeg(2))}

COMPUTER = ReadingValue(
    status="EVALUABLE_WITH_WARNING",
    score=28.3464,
    unit="%",
    category="intermediate",
    category_text=Bilingual("中间", "intermediate"),
    interval=(26.1, 30.7),
    n=1524,
    positive=432,
    flags=("BORDERLINE", "PREANALYTIC_UNKNOWN"),
    reasons=(),
)
READER = replace(
    COMPUTER, score=30.9, interval=(28.5, 33.4), n=1402, positive=433, category_text=Bilingual("高", "high")
)


def report_content() -> ReportContent:
    """A signed, amended report with an edited and a refused reading and two pictures, one without a scale."""
    first, second = IMAGES
    reading = ReadingContent(
        id="0199a0c0-0000-7000-8000-000000000001",
        slide_label="A1-2",
        marker="ki67",
        clone="MIB-1",
        control_status="passed",
        method="region",
        area_mm2=2.3456,
        spacing_um=0.5,
        whole_slide=False,
        algorithm="ki67-classical",
        algorithm_version="1.0.0",
        model_digest=None,
        profile="ki67-ikwg-2021",
        profile_version="1.0.0",
        computer=COMPUTER,
        reader=READER,
        decision="edited",
        decided_by=Bilingual("周明远", "Zhou Mingyuan"),
        decided_at="2026-05-18T07:12:30Z",
        reason="排除淋巴细胞密集区",
    )
    refused = replace(
        reading,
        id="0199a0c0-0000-7000-8000-000000000002",
        slide_label="A1-3",
        clone=None,
        control_status="unknown",
        model_digest="ab" * 32,
        whole_slide=True,
        method="global_unweighted",
        reader=None,
        reason=None,
        decision="accepted",
        computer=replace(
            COMPUTER,
            status="NOT_EVALUABLE",
            score=None,
            category=None,
            category_text=None,
            interval=None,
            n=88,
            positive=9,
            flags=("CONTROL_UNKNOWN",),
            reasons=("NO_INVASIVE_TUMOUR",),
        ),
    )
    return ReportContent(
        report_id="0199a0c0-0000-7000-8000-0000000000aa",
        version=2,
        hospital_code="QX",
        hospital=Bilingual("青溪县人民医院", "Qingxi County People's Hospital"),
        patient=PatientContent("P2026-00417", "李秀英", "Li Xiuying", "female", "1968-03-09", 58),
        case=CaseContent(
            accession_number="2026-018734",
            department="乳腺外科",
            submitted_by="陈建国",
            clinical_history="发现左乳外上象限肿块 2 月余，约 2.1 cm，质硬，活动度差。",
            clinical_diagnosis="左乳肿块，乳腺癌可能（BI-RADS 4C）",
            priority="routine",
            received_at="2026-05-16T01:20:00Z",
        ),
        specimens=(
            SpecimenContent("A", Bilingual("左乳腺", "Left breast"), "core_biopsy", ("1", "2"), 12.0, 20.0),
            SpecimenContent("B", Bilingual("左腋窝淋巴结", "Left axillary lymph node"), "excision", ("1",), None, None),
        ),
        gross=(
            "A：灰白色穿刺组织 4 条，长 0.8–1.5 cm，直径 0.1 cm，全部取材。\n"
            "B：灰红色结节样组织 1 枚，1.2 × 0.9 × 0.6 cm，剖开后全部取材。"
        ),
        microscopy=(
            "肿瘤细胞呈巢状、条索状浸润性生长，腺管形成少（<10%），核中度异型，核分裂象 8 个/10 HPF；"
            "间质纤维组织增生，伴淋巴细胞浸润。"
        ),
        diagnosis=(
            "A（左乳腺，空芯针穿刺活检）：浸润性癌，非特殊型，组织学分级 II 级（3+2+2=7 分）。\n"
            "B（左腋窝淋巴结）：1 枚，未见癌转移（0/1）。\n"
            "免疫组化：ER（约 90%，强+），PR（约 60%，中+），HER2（1+），Ki-67 约 31%。"
        ),
        comment="建议结合临床及影像学检查。",
        readings=(reading, refused),
        key_images=(
            KeyImageContent(first, "A1-1", "he", None, "浸润性癌，非特殊型", 100, 200, 1600, 1200, 0.5, "applied"),
            KeyImageContent(
                second, "A1-2", "ihc-dab", "ki67", "Ki-67 阳性细胞呈棕黄色", 0, 0, 1600, 1200, None, "none"
            ),
        ),
        signature=SignatureContent(
            "周明远", "Zhou Mingyuan", "副主任医师", "authorship_and_approval", "2026-05-18T07:42:07Z"
        ),
        amendment=AmendmentContent("补充腋窝淋巴结标本诊断", 1, "2026-05-17T08:30:00Z", "0f" * 32),
    )
