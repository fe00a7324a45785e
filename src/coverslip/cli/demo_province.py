"""The demo's provincial hospital: Jiangling Provincial Hospital. Everything is invented."""

from __future__ import annotations

from datetime import date

from coverslip.cli.demo_cases import (
    DemoBlock,
    DemoCase,
    DemoHospital,
    DemoPatient,
    DemoPerson,
    DemoReport,
    DemoSlide,
    DemoSpecimen,
    Phantom,
    RealField,
    he,
    ihc,
)
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.roles import Role

PEOPLE = (
    DemoPerson("gaofei", "高飞", "Gao Fei", "主管技师", (Role.TECHNICIAN,)),
    DemoPerson("tangyue", "唐月", "Tang Yue", "住院医师", (Role.RESIDENT,), "en"),
    DemoPerson("songzhiyuan", "宋致远", "Song Zhiyuan", "主治医师", (Role.PATHOLOGIST,)),
    DemoPerson("hejingyi", "何静怡", "He Jingyi", "主任医师", (Role.SENIOR_PATHOLOGIST, Role.EXPERT)),
    DemoPerson("luochengde", "罗成德", "Luo Chengde", "主任医师、科主任", (Role.HEAD,)),
    DemoPerson("maoning", "毛宁", "Mao Ning", "信息中心工程师", (Role.ADMINISTRATOR,)),
    DemoPerson("yuxin", "余欣", "Yu Xin", "医务处审计员", (Role.AUDITOR,)),
)

BREAST_AMENDED = DemoCase(
    accession_number="2026-104211",
    patient=DemoPatient("JL01055230", "何静", "He Jing", "female", date(1975, 7, 19)),
    department="乳腺中心",
    submitted_by="梁思远",
    history="左乳癌新辅助化疗 6 周期后，行左乳癌改良根治术。",
    clinical_diagnosis="左乳癌新辅助化疗后",
    specimens=(
        DemoSpecimen(
            label="A",
            site_code="80248007",
            procedure="resection",
            gross="左乳切除标本，18 × 15 × 4 cm，外上象限见灰白瘤床 2.2 × 1.8 cm，质韧，距基底切缘 1.5 cm。",
            tumour_type="breast_carcinoma",
            fixation_hours=22,
            cold_ischaemia_minutes=35,
            blocks=(
                DemoBlock(
                    "1",
                    (
                        he("1", Phantom("he", 2101)),
                        ihc("2", Marker.KI67, Phantom("ki67", 2102, 4096, 3072, 0.5, 38.0), "MIB-1"),
                        ihc("3", Marker.ER, Phantom("er", 2103, 3072, 2304, 0.5, 70.0), "SP1"),
                        ihc("4", Marker.PR, Phantom("pr", 2104, 3072, 2304, 0.5, 20.0), "1E2"),
                        ihc("5", Marker.HER2, Phantom("her2", 2105, 3072, 2304, 0.25, 30.0), "4B5"),
                    ),
                ),
            ),
        ),
        DemoSpecimen(
            label="B",
            site_code="68171009",
            procedure="resection",
            gross="腋窝脂肪组织，检出淋巴结 16 枚，直径 0.3–1.4 cm。",
            fixation_hours=22,
            blocks=(DemoBlock("1", (he("1", Phantom("he", 2106, 3072, 2304, architecture="sheets")),)),),
        ),
    ),
    story="amended",
    hours_ago=144,
    assigned_to="songzhiyuan",
    signed_by="songzhiyuan",
    report=DemoReport(
        diagnosis="（左乳癌改良根治标本，新辅助化疗后）残余浸润性癌，非特殊型，组织学分级 II 级，"
        "瘤床 2.2 × 1.8 cm，Miller-Payne 3 级。\n"
        "腋窝淋巴结 16 枚，1 枚见癌转移（1/16）。\n免疫组化：Ki-67 阳性指数约 {ki67}%。",
        amended_diagnosis="（左乳癌改良根治标本，新辅助化疗后）残余浸润性癌，非特殊型，组织学分级 II 级，"
        "瘤床 2.2 × 1.8 cm，"
        "Miller-Payne 3 级。\n腋窝淋巴结 16 枚，2 枚见癌转移（2/16），"
        "其中 1 枚为微转移。\n免疫组化：Ki-67 阳性指数约 {ki67}%。",
        amendment_reason="复阅 B1 深切片，另见 1 枚淋巴结微转移（1.2 mm）",
        microscopy="瘤床内见残余癌细胞巢，间质纤维化、泡沫样组织细胞聚集；癌细胞核中度异型，核分裂象可见。",
        gross="左乳切除标本，18 × 15 × 4 cm，外上象限瘤床 2.2 × 1.8 cm。腋窝淋巴结 16 枚。",
        caption="瘤床残余癌，Ki-67",
    ),
)

COLON_REAL = DemoCase(
    accession_number="2026-104175",
    patient=DemoPatient("JL00988713", "林秀兰", "Lin Xiulan", "female", date(1954, 10, 3)),
    department="胃肠外科",
    submitted_by="曾凡",
    history="右下腹包块 2 月，行右半结肠切除术。\n说明：A1-2 为真实组织图像（scikit-image 所附一个视野拼接而成，"
    "结肠腺体 FHL2 "
    "染色，像素间距为假定值），仅用于演示计数，并非 Ki-67 染色。",
    clinical_diagnosis="升结肠占位",
    specimens=(
        DemoSpecimen(
            label="A",
            site_code="9040008",
            procedure="resection",
            gross="右半结肠切除标本，升结肠见隆起型肿物，3.8 × 3.0 × 1.5 cm，切面灰白。",
            tumour_type="colorectal_adenocarcinoma",
            blocks=(
                DemoBlock(
                    "1",
                    (
                        he("1", Phantom("he", 2201, 3072, 2304, architecture="glands")),
                        DemoSlide("2", RealField(2202), Marker.KI67),
                    ),
                ),
            ),
        ),
    ),
    story="read",
    hours_ago=52,
    assigned_to="hejingyi",
)

CERVIX_ENGLISH = DemoCase(
    accession_number="2026-104198",
    patient=DemoPatient("JL01060942", "Margaret Olsen", "Margaret Olsen", "female", date(1971, 5, 28)),
    department="International Medical Centre, Gynaecology",
    submitted_by="Dr. Anna Fischer",
    history="Intermenstrual bleeding for three months. Colposcopy: exophytic lesion of the cervix, 2.5 cm. "
    "MRI: no parametrial invasion. Punch biopsies taken.",
    clinical_diagnosis="Cervical carcinoma, FIGO IB2 (clinical)",
    specimens=(
        DemoSpecimen(
            label="A",
            site_code="71252005",
            procedure="biopsy",
            gross="Three grey-white fragments, 0.3 to 0.6 cm, all embedded.",
            tumour_type="cervical_squamous_carcinoma",
            fixation_hours=16,
            cold_ischaemia_minutes=10,
            blocks=(
                DemoBlock(
                    "1",
                    (
                        he("1", Phantom("he", 2301, 3072, 2304, architecture="sheets")),
                        ihc("2", Marker.KI67, Phantom("ki67", 2302, 3072, 2304, 0.5, 71.0, "sheets"), "MIB-1"),
                        ihc("3", Marker.PD_L1, None, "22C3"),
                    ),
                ),
            ),
        ),
    ),
    story="drafted",
    hours_ago=33,
    assigned_to="tangyue",
    report=DemoReport(
        diagnosis="Cervix, biopsies: squamous cell carcinoma, HPV-associated, moderately differentiated, invasive.\n"
        "Immunohistochemistry: Ki-67 index about {ki67} %.",
        microscopy="Nests and sheets of atypical squamous cells infiltrate a desmoplastic stroma with dense chronic "
        "inflammation. Mitoses are frequent. No lymphovascular invasion is seen in the material.",
        gross="Three grey-white fragments, 0.3 to 0.6 cm, all embedded.",
        comment="PD-L1 (22C3) to follow.",
        caption="Ki-67, sheets of squamous carcinoma",
    ),
)

LYMPH_NODE = DemoCase(
    accession_number="2026-104233",
    patient=DemoPatient("JL01071485", "高海燕", "Gao Haiyan", "female", date(1987, 1, 8)),
    department="血液内科",
    submitted_by="潘越",
    history="颈部无痛性肿块 3 周，伴发热、盗汗。超声：左颈多发肿大淋巴结，最大 2.8 cm。行左颈淋巴结切除活检。",
    clinical_diagnosis="淋巴瘤待排",
    specimens=(
        DemoSpecimen(
            label="A",
            site_code="59441001",
            procedure="excision",
            gross="灰白色淋巴结 1 枚，2.6 × 2.0 × 1.6 cm，切面灰白、鱼肉状。",
            fixation_hours=9,
            cold_ischaemia_minutes=5,
            blocks=(
                DemoBlock(
                    "1",
                    (
                        he("1", Phantom("he", 2401, architecture="sheets")),
                        ihc("2", Marker.KI67, Phantom("ki67", 2402, 4096, 3072, 0.5, 84.0, "sheets"), "SP6"),
                    ),
                ),
            ),
        ),
    ),
    story="ready",
    hours_ago=6,
    priority="urgent",
)

LUNG_NO_SCALE = DemoCase(
    accession_number="2026-104160",
    patient=DemoPatient("JL00870356", "马志刚", "Ma Zhigang", "male", date(1960, 8, 26)),
    department="胸外科",
    submitted_by="叶青",
    history="体检发现左肺下叶结节，行胸腔镜左肺下叶切除术。外院扫描切片，文件未含像素间距。",
    clinical_diagnosis="左肺下叶结节",
    specimens=(
        DemoSpecimen(
            label="A",
            site_code="41224006",
            procedure="resection",
            gross="左肺下叶切除标本，14 × 9 × 5 cm，胸膜下见灰白结节 1.8 × 1.5 cm，胸膜皱缩。",
            tumour_type="nsclc",
            fixation_hours=26,
            blocks=(
                DemoBlock(
                    "1", (he("1", Phantom("he", 2501, 3072, 2304, architecture="glands", without_spacing=True)),)
                ),
            ),
        ),
    ),
    story="in_reading",
    hours_ago=58,
    assigned_to="songzhiyuan",
)

PROVINCE = DemoHospital(
    code="JL",
    name_zh="江陵省立医院",
    name_en="Jiangling Provincial Hospital",
    kind="provincial",
    people=PEOPLE,
    cases=(BREAST_AMENDED, COLON_REAL, CERVIX_ENGLISH, LYMPH_NODE, LUNG_NO_SCALE),
)
