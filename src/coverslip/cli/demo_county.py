"""The demo's county hospital: Qingxi County People's Hospital. Everything is invented."""

from __future__ import annotations

from datetime import date

from coverslip.cli.demo_cases import (
    DemoBlock,
    DemoCase,
    DemoFile,
    DemoHospital,
    DemoPatient,
    DemoPerson,
    DemoReport,
    DemoSpecimen,
    Phantom,
    Truncated,
    he,
    ihc,
)
from coverslip.vocabulary.markers import Marker
from coverslip.vocabulary.roles import Role

PEOPLE = (
    DemoPerson("liuyang", "刘洋", "Liu Yang", "主管技师", (Role.TECHNICIAN,)),
    DemoPerson("xujia", "徐佳", "Xu Jia", "住院医师", (Role.RESIDENT,)),
    DemoPerson("zhoumingyuan", "周明远", "Zhou Mingyuan", "主治医师", (Role.PATHOLOGIST,)),
    DemoPerson("chenguohua", "陈国华", "Chen Guohua", "副主任医师", (Role.SENIOR_PATHOLOGIST, Role.EXPERT)),
    DemoPerson("wanglihua", "王丽华", "Wang Lihua", "主任医师", (Role.HEAD,)),
    DemoPerson("zhangwei", "张伟", "Zhang Wei", "信息科工程师", (Role.ADMINISTRATOR,)),
    DemoPerson("sunqing", "孙晴", "Sun Qing", "质控办审计员", (Role.AUDITOR,)),
)

JOURNEY = DemoCase(
    accession_number="2026-018734",
    patient=DemoPatient("QX00417562", "李秀英", "Li Xiuying", "female", date(1968, 3, 9)),
    department="乳腺外科",
    submitted_by="陈建国",
    history="发现左乳外上象限肿块 2 月余，质硬，活动度差，无乳头溢液。超声："
    "左乳 2 点距乳头 3 cm 见 2.1 × 1.6 cm 低回声结节，"
    "边界不清，BI-RADS 4C 类。",
    clinical_diagnosis="左乳肿块，乳腺癌可能",
    specimens=(
        DemoSpecimen(
            label="A",
            site_code="80248007",
            procedure="core_biopsy",
            gross="灰白色穿刺组织 4 条，长 0.8–1.5 cm，直径 0.1 cm，全部取材。",
            tumour_type="breast_carcinoma",
            fixation_hours=12,
            cold_ischaemia_minutes=15,
            blocks=(
                DemoBlock(
                    "1",
                    (
                        he("1", Phantom("he", 1101, 6144, 4096, 0.25, outline="core")),
                        ihc("2", Marker.KI67, Phantom("ki67", 1102, 6144, 4608, 0.25, 27.0), "MIB-1"),
                        ihc("3", Marker.ER, None, "SP1"),
                        ihc("4", Marker.PR, None, "1E2"),
                        ihc("5", Marker.HER2, None, "4B5"),
                    ),
                ),
            ),
        ),
    ),
    story="journey",
    hours_ago=22,
    assigned_to="zhoumingyuan",
    report=DemoReport(
        diagnosis="（左乳，空芯针穿刺活检）浸润性癌，非特殊型，组织学分级 II 级。"
        "\n免疫组化：Ki-67 阳性指数约 {ki67}%。\n"
        "ER、PR、HER2 待染色后补充报告。",
        microscopy="肿瘤细胞呈巢状、条索状浸润性生长，腺管形成少，核中度异型，核分裂象易见；"
        "间质纤维组织增生，伴散在淋巴细胞浸润。",
        gross="灰白色穿刺组织 4 条，长 0.8–1.5 cm，直径 0.1 cm，全部取材。",
        comment="建议结合临床及影像学检查。",
        caption="Ki-67 热点区，阳性细胞核呈棕黄色",
    ),
)

LUNG = DemoCase(
    accession_number="2026-018702",
    patient=DemoPatient("QX00389114", "王建华", "Wang Jianhua", "male", date(1957, 11, 21)),
    department="呼吸与危重症医学科",
    submitted_by="黄志明",
    history="咳嗽、痰中带血 1 月。吸烟 40 年。CT：右肺上叶尖段 3.4 cm 分叶状肿块，"
    "纵隔淋巴结肿大。行 CT 引导下穿刺活检。",
    clinical_diagnosis="右肺上叶占位，肺癌可能",
    specimens=(
        DemoSpecimen(
            label="A",
            site_code="42400003",
            procedure="core_biopsy",
            gross="灰白色条索状组织 3 条，长 0.6–1.2 cm，全部取材。",
            tumour_type="nsclc",
            fixation_hours=18,
            blocks=(
                DemoBlock(
                    "1",
                    (
                        he("1", Phantom("he", 1201, outline="core")),
                        ihc("2", Marker.PD_L1, Phantom("pd-l1", 1202, 3072, 2304, 0.25, 55.0), "22C3"),
                    ),
                ),
            ),
        ),
    ),
    story="ready",
    hours_ago=20,
    priority="urgent",
)

STOMACH = DemoCase(
    accession_number="2026-018688",
    patient=DemoPatient("QX00290871", "陈桂兰", "Chen Guilan", "female", date(1951, 6, 2)),
    department="消化内科",
    submitted_by="林涛",
    history="上腹部隐痛、消瘦 3 月。胃镜：胃窦小弯侧溃疡型肿物，约 3.0 × 2.5 cm，质脆，易出血，取活检 6 块。",
    clinical_diagnosis="胃窦癌",
    specimens=(
        DemoSpecimen(
            label="A",
            site_code="66051006",
            procedure="endoscopic_biopsy",
            gross="灰白色黏膜组织 6 块，直径 0.2–0.3 cm，全部取材。",
            tumour_type="gastric_adenocarcinoma",
            fixation_hours=10,
            blocks=(
                DemoBlock(
                    "1",
                    (
                        he("1", Phantom("he", 1301, architecture="glands")),
                        ihc("2", Marker.HER2, Phantom("her2", 1302, 3072, 2304, 0.25, 35.0, "glands"), "4B5"),
                    ),
                ),
            ),
        ),
    ),
    story="in_reading",
    hours_ago=27,
    assigned_to="xujia",
)

COLON = DemoCase(
    accession_number="2026-018651",
    patient=DemoPatient("QX00156630", "刘德福", "Liu Defu", "male", date(1949, 1, 30)),
    department="普外科",
    submitted_by="邓海波",
    history="大便习惯改变、间断便血半年。肠镜：距肛缘 25 cm 见环周肿物，肠腔狭窄。"
    "外院活检：腺癌。行腹腔镜乙状结肠癌根治术。",
    clinical_diagnosis="乙状结肠癌",
    specimens=(
        DemoSpecimen(
            label="A",
            site_code="60184004",
            procedure="resection",
            gross="肠管一段，长 18 cm，距一侧切缘 7 cm 见溃疡型肿物，4.5 × 4.0 × 1.2 cm，"
            "切面灰白、质硬，侵及肠壁全层。",
            tumour_type="colorectal_adenocarcinoma",
            fixation_hours=24,
            cold_ischaemia_minutes=30,
            blocks=(
                DemoBlock("1", (he("1", Phantom("he", 1401, architecture="glands")),)),
                DemoBlock("2", (he("1", Phantom("he", 1402, 3072, 2304, architecture="glands")),)),
            ),
        ),
        DemoSpecimen(
            label="B",
            site_code="59441001",
            procedure="resection",
            gross="肠系膜脂肪组织中检出结节 14 枚，直径 0.2–0.9 cm。",
            fixation_hours=24,
            blocks=(DemoBlock("1", (he("1", Phantom("he", 1403, 3072, 2304, architecture="sheets")),)),),
        ),
    ),
    story="signed",
    hours_ago=98,
    assigned_to="chenguohua",
    signed_by="chenguohua",
    report=DemoReport(
        diagnosis="（乙状结肠癌根治标本）\n1. 中分化腺癌，溃疡型，大小 4.5 × 4.0 × 1.2 cm，侵及浆膜下层（pT3）。\n"
        "2. 两端切缘及环周切缘未见癌累及。\n3. 肠系膜淋巴结 14 枚，2 枚见癌转移（2/14）"
        "，pN1b。\n4. 未见明确脉管内癌栓及神经侵犯。",
        microscopy="肿瘤由不规则腺管构成，部分呈筛状，腺腔内见坏死；浸润肠壁全层达浆膜下脂肪组织，间质促纤维反应明显。",
        gross="肠管一段，长 18 cm，距一侧切缘 7 cm 见溃疡型肿物，4.5 × 4.0 × 1.2 cm。系膜检出淋巴结 14 枚。",
        comment="建议行错配修复蛋白（MLH1、PMS2、MSH2、MSH6）免疫组化检测。",
        caption="中分化腺癌，浸润性生长",
    ),
)

FROZEN = DemoCase(
    accession_number="2026-F00312",
    patient=DemoPatient("QX00421008", "赵雪梅", "Zhao Xuemei", "female", date(1983, 8, 17)),
    department="手术室（甲状腺外科）",
    submitted_by="许文博",
    history="体检发现甲状腺右叶结节 1 年，超声 TI-RADS 4B 类，0.9 cm，术中送检。电话：8-6021。",
    clinical_diagnosis="甲状腺右叶结节",
    specimens=(
        DemoSpecimen(
            label="A",
            site_code="69748006",
            procedure="frozen",
            gross="灰红色甲状腺组织一块，3.0 × 2.0 × 1.2 cm，切面见灰白结节，直径 0.8 cm，质硬。",
            cold_ischaemia_minutes=8,
            blocks=(DemoBlock("1", (he("1", Phantom("he", 1501, 3072, 2304, architecture="glands")),)),),
        ),
    ),
    story="ready",
    hours_ago=0.2,
    priority="frozen",
    assigned_to="chenguohua",
)

CERVIX = DemoCase(
    accession_number="2026-018619",
    patient=DemoPatient("QX00333925", "孙丽萍", "Sun Liping", "female", date(1979, 4, 25)),
    department="妇科门诊",
    submitted_by="方敏",
    history="接触性出血 2 月，HPV 16 型阳性，TCT：HSIL。阴道镜下宫颈 3、6、9、12 点活检。",
    clinical_diagnosis="宫颈高级别鳞状上皮内病变？",
    specimens=(
        DemoSpecimen(
            label="A",
            site_code="71252005",
            procedure="biopsy",
            gross="灰白色黏膜组织 4 块，直径 0.3–0.5 cm，分别标记，全部取材。",
            fixation_hours=14,
            blocks=(
                DemoBlock(
                    "1",
                    (
                        he("1", Phantom("he", 1601, 3072, 2304, architecture="sheets")),
                        ihc("2", Marker.KI67, Phantom("ki67", 1602, 3072, 2304, 0.5, 62.0, "sheets"), "SP6"),
                    ),
                ),
            ),
        ),
    ),
    story="read",
    hours_ago=46,
    assigned_to="zhoumingyuan",
)

BREAST_SIGNED = DemoCase(
    accession_number="2026-018590",
    patient=DemoPatient("QX00270446", "吴玉珍", "Wu Yuzhen", "female", date(1962, 12, 5)),
    department="乳腺外科",
    submitted_by="陈建国",
    history="右乳外下肿块 4 月，行右乳肿块切除及前哨淋巴结活检。",
    clinical_diagnosis="右乳癌",
    specimens=(
        DemoSpecimen(
            label="A",
            site_code="73056007",
            procedure="excision",
            gross="右乳肿块切除标本，6.0 × 5.0 × 3.0 cm，切面见灰白肿物 1.6 × 1.4 × 1.2 cm，质硬，距最近切缘 0.8 cm。",
            tumour_type="breast_carcinoma",
            fixation_hours=20,
            cold_ischaemia_minutes=25,
            blocks=(
                DemoBlock(
                    "1",
                    (
                        he("1", Phantom("he", 1701)),
                        ihc("2", Marker.KI67, Phantom("ki67", 1702, 4096, 3072, 0.5, 14.0), "MIB-1"),
                        ihc("3", Marker.ER, Phantom("er", 1703, 3072, 2304, 0.5, 90.0), "SP1"),
                    ),
                ),
            ),
        ),
        DemoSpecimen(
            label="B",
            site_code="68171009",
            procedure="excision",
            gross="前哨淋巴结 2 枚，直径 0.6、0.9 cm，全部取材。",
            fixation_hours=20,
            blocks=(DemoBlock("1", (he("1", Phantom("he", 1704, 3072, 2304, architecture="sheets")),)),),
        ),
    ),
    story="signed",
    hours_ago=120,
    assigned_to="zhoumingyuan",
    signed_by="wanglihua",
    report=DemoReport(
        diagnosis="（右乳肿块切除）浸润性癌，非特殊型，组织学分级 I 级，大小 1.6 × 1.4 × 1.2 cm；切缘未见癌累及。\n"
        "（前哨淋巴结）2 枚，未见癌转移（0/2）。\n免疫组化：ER（约 90%，强阳性），Ki-67 阳性指数约 {ki67}%。",
        microscopy="癌细胞呈小管状及小巢状排列，核轻至中度异型，核分裂象少见；间质纤维化，周围见少量导管原位癌成分。",
        gross="右乳肿块切除标本，6.0 × 5.0 × 3.0 cm，切面见灰白肿物 1.6 × 1.4 × 1.2 cm。前哨淋巴结 2 枚。",
        comment="PR、HER2 结果另行报告。",
        caption="Ki-67，增殖活性较低",
    ),
)

RECTUM_FAILED = DemoCase(
    accession_number="2026-018577",
    patient=DemoPatient("QX00318802", "周国强", "Zhou Guoqiang", "male", date(1966, 9, 14)),
    department="肛肠科",
    submitted_by="韩磊",
    history="便血 2 月，直肠指诊：距肛缘 6 cm 触及质硬肿物。肠镜活检 5 块。",
    clinical_diagnosis="直肠占位",
    specimens=(
        DemoSpecimen(
            label="A",
            site_code="34402009",
            procedure="endoscopic_biopsy",
            gross="灰白色黏膜组织 5 块，直径 0.2–0.4 cm，全部取材。",
            blocks=(DemoBlock("1", (he("1", Truncated(Phantom("he", 1801, 3072, 2304, architecture="glands"))),)),),
        ),
    ),
    story="waiting",
    hours_ago=30,
)

BREAST_WAITING = DemoCase(
    accession_number="2026-018745",
    patient=DemoPatient("QX00421377", "欧阳慧敏", "Ouyang Huimin", "female", date(1990, 2, 11)),
    department="乳腺外科",
    submitted_by="陈建国",
    history="右乳可活动结节 1 年，近期增大，超声 BI-RADS 4A 类，行空芯针穿刺活检。",
    clinical_diagnosis="右乳结节，纤维腺瘤可能",
    specimens=(
        DemoSpecimen(
            label="A",
            site_code="73056007",
            procedure="core_biopsy",
            gross="灰白色穿刺组织 3 条，长 0.7–1.1 cm，全部取材。",
            fixation_hours=8,
            blocks=(DemoBlock("1", (he("1", None), ihc("2", Marker.KI67, None, "MIB-1"))),),
        ),
    ),
    story="waiting",
    hours_ago=3,
)

COUNTY = DemoHospital(
    code="QX",
    name_zh="青溪县人民医院",
    name_en="Qingxi County People's Hospital",
    kind="county",
    people=PEOPLE,
    cases=(JOURNEY, LUNG, STOMACH, COLON, FROZEN, CERVIX, BREAST_SIGNED, RECTUM_FAILED, BREAST_WAITING),
    unmatched=(DemoFile("scan_20260516_0042.svs", ("?", "HE"), None, Phantom("he", 1901, 3072, 2304)),),
)
