"""Which papers lie in which file: the pile a scanner delivers, told file by file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from oms.demonstration import forms, letters, orders, records
from oms.demonstration.damage import CLEAN, CREAM, GREYISH, UNREADABLE, Scan
from oms.demonstration.forms import Drawn
from oms.demonstration.people import DemoCadre
from oms.demonstration.province import COMPARTMENT, Block, unit

Kind = Literal["pdf", "tiff", "fax", "jpeg"]
People = Mapping[str, DemoCadre]


@dataclass(frozen=True)
class Part:
    """One document of a file: whose it is and how to draw it at a resolution."""

    person: str
    draw: Callable[[int], Drawn]
    secrecy: int = 0
    compartment: str = ""
    blank_after: bool = False


@dataclass(frozen=True)
class FilePlan:
    """One file: name, format ("fax" is a bilevel TIFF), how it was scanned, and what is odd on which page."""

    name: str
    kind: Kind
    dpi: int
    batch: str
    unit_code: str
    block: Block
    scanned_by: str
    parts: tuple[Part, ...]
    how: Scan = CLEAN
    odd: Mapping[int, Scan] = field(default_factory=dict)
    on_desk: bool = False


@dataclass(frozen=True)
class _Batch:
    """What the files of one scanning session share."""

    title: str
    unit_code: str
    block: Block
    clerk: str

    def file(
        self, name: str, kind: Kind, dpi: int, *parts: Part, how: Scan = CLEAN, desk: bool = False,
        odd: Mapping[int, Scan] | None = None,
    ) -> FilePlan:  # fmt: skip
        return FilePlan(
            name, kind, dpi, self.title, self.unit_code, self.block, self.clerk, parts, how, odd or {}, desk
        )


_BOARD = _Batch("Đợt 01/2026 - Hồ sơ cán bộ diện Tỉnh uỷ quản lý", "LG-D-BTC", "party", "vanthu.dang")
_SECURITY = _Batch("Đợt 02/2026 - Hồ sơ bảo vệ chính trị nội bộ", "LG-D-BTC", "party", "vanthu.bvct")
_VAN_KHOI = _Batch("Đợt 03/2026 - Đảng viên xã Vân Khởi", "LG-D-VK", "party", "vanthu.dang")
_THUONG_NGUONG = _Batch("Đợt 04/2026 - Đảng viên xã Thượng Ngưỡng", "LG-D-TN", "party", "vanthu.dang")
_YOUTH = _Batch("Đợt 05/2026 - Cán bộ Tỉnh Đoàn", "LG-M-TD", "front", "vanthu.mattran")
_AFFAIRS = _Batch("Đợt 06/2026 - Hồ sơ công chức các sở", "LG-C-SNV", "government", "vanthu.noivu")
_COMMUNE = _Batch("Đợt 07/2026 - Công chức xã Vân Khởi", "LG-C-VK", "government", "vanthu.noivu")
_UPLAND = _Batch("Đợt 08/2026 - Công chức xã Thượng Ngưỡng", "LG-C-TN", "government", "vanthu.noivu")


def plans(people: People) -> tuple[FilePlan, ...]:
    """Every file of the delivery, in the order the clerks scanned them."""
    return (
        *_board(people), *_security(people), *_party_communes(people), *_youth(people),
        *_departments(people), *_government_communes(people),
    )  # fmt: skip


def _history(people: People, key: str, committee: str, day: date, secrecy: int = 0) -> Part:
    who, where = people[key], unit(committee)
    return Part(key, lambda dpi: forms.party_history(who, where, day, dpi), secrecy)


def _sheet(people: People, key: str, committee: str, day: date) -> Part:
    who, where = people[key], unit(committee)
    return Part(key, lambda dpi: forms.party_sheet(who, where, day, dpi))


def _summary(people: People, key: str, employer: str, day: date) -> Part:
    who, where = people[key], unit(employer)
    return Part(key, lambda dpi: forms.summary_2c(who, where, day, dpi))


def _life(people: People, key: str, employer: str, day: date) -> Part:
    who, where = people[key], unit(employer)
    return Part(key, lambda dpi: forms.biography(who, where, day, dpi))


def _decision(people: People, key: str, desk: letters.Desk, order: letters.Order, blank_after: bool = False) -> Part:
    who = people[key]
    return Part(key, lambda dpi: letters.decision(who, desk, order, dpi), blank_after=blank_after)


def _criticism(people: People, key: str, cell: str, year: int) -> Part:
    who = people[key]
    return Part(key, lambda dpi: records.self_criticism(who, cell, year, dpi))


def _rating(people: People, key: str, office: tuple[str, ...], year: int) -> Part:
    who = people[key]
    return Part(key, lambda dpi: records.rating(who, office, year, dpi))


def _diploma(people: People, key: str, course: int, number: str) -> Part:
    who = people[key]
    return Part(key, lambda dpi: records.diploma(who, course, number, dpi))


def _board(people: People) -> tuple[FilePlan, ...]:
    day, p = date(2025, 9, 15), people
    seat = orders.committee_seat(
        p["thuy-duong"], "217-QĐ/TU", date(2025, 8, 20), "Uỷ viên Ban Chấp hành Đảng bộ Uỷ ban nhân dân tỉnh"
    )
    return (
        _BOARD.file("LLDV_Nguyen Thi Thuy Duong.pdf", "pdf", 200, _history(p, "thuy-duong", "LG-D-BTC", day)),
        _BOARD.file(
            "Thuy Duong_QD va kiem diem 2025.pdf", "pdf", 200,
            _decision(p, "thuy-duong", orders.PROVINCIAL_COMMITTEE, seat),
            _criticism(p, "thuy-duong", "Chi bộ Sở Nội vụ", 2025),
            how=Scan(skew=1.4, noise=3), desk=True,
        ),
        _BOARD.file(
            "LLDV Truong Dinh Quoc Khuyen.tif", "fax", 300, _history(p, "quoc-khuyen", "LG-D-BTC", day),
            how=Scan(skew=-0.6),
        ),
        _BOARD.file(
            "MAT_LLDV Hoang Thi Ngoc An.pdf", "pdf", 200, _history(p, "ngoc-an", "LG-D-BTC", day, secrecy=1),
            how=Scan(CREAM),
        ),
        _BOARD.file(
            "LLDV Ton Nu Hoang Diem Quynh.pdf", "pdf", 200, _history(p, "diem-quynh", "LG-D-BTC", day),
            odd={2: Scan(turned=180)},
        ),
        _BOARD.file(
            "scan0031.tif", "tiff", 200, _criticism(p, "diem-quynh", "Chi bộ Ban Tuyên giáo", 2024),
            how=Scan(shadow=0.7),
        ),
        _BOARD.file("Phieu DV Le Ho Bao Tran.pdf", "pdf", 200, _sheet(p, "bao-tran", "LG-D-BTC", day), desk=True),
    )  # fmt: skip


def _security(people: People) -> tuple[FilePlan, ...]:
    who = people["quoc-khuyen"]
    check = Part(
        who.key,
        lambda dpi: records.background_check(who, orders.ORGANISATION_BOARD, "15-KL/BTCTU", date(2025, 11, 6), dpi),
        1,
        COMPARTMENT,
    )
    return (_SECURITY.file("TTLL_015.pdf", "pdf", 300, check),)


def _party_communes(people: People) -> tuple[FilePlan, ...]:
    p, elder = people, people["van-thang-1968"]
    cell = Part(
        elder.key,
        lambda dpi: letters.resolution(elder, orders.FOREST_CELL, "07-NQ/CB", date(1994, 11, 10), dpi),
    )
    admitted = _decision(
        p, elder.key, orders.OLD_DISTRICT_COMMITTEE, orders.admission(elder, "312-QĐ/HU"), blank_after=True
    )
    moved = orders.transfer(
        p["van-thang-1985"],
        "88-QĐ/HU",
        date(2021, 7, 20),
        "Chuyên viên Phòng Tài nguyên và Môi trường",
        "Phó Trưởng phòng Tài nguyên và Môi trường huyện",
    )
    honour = orders.award(
        p["xuan-nghia"],
        "145-QĐ/HU",
        date(2019, 5, 10),
        "Huy hiệu 30 năm tuổi Đảng",
        "đã có quá trình phấn đấu, rèn luyện, cống hiến cho sự nghiệp cách mạng của Đảng",
    )
    day, old = date(2025, 10, 8), orders.OLD_DISTRICT_COMMITTEE
    return (
        _VAN_KHOI.file(
            "Pham Van Thang 1968 - ho so vao Dang.pdf", "pdf", 200,
            admitted, cell, _sheet(p, elder.key, "LG-D-VK", day), how=Scan(CREAM, -1.1, 0.35, 3, 1),
        ),
        _VAN_KHOI.file("QD dieu dong PVThang 1985.jpg", "jpeg", 300,
                       _decision(p, "van-thang-1985", old, moved), how=Scan(CREAM, stains=3)),
        _VAN_KHOI.file("scan0044.pdf", "pdf", 200, _life(p, "xuan-nghia", "LG-D-VK", day), how=Scan(skew=2.6)),
        _VAN_KHOI.file("Huy hieu Dang BXNghia.jpg", "jpeg", 200,
                       _decision(p, "xuan-nghia", old, honour), how=Scan(noise=9), desk=True),
        _THUONG_NGUONG.file("Phieu dang vien - Do Huu Luong.tif", "tiff", 200,
                            _sheet(p, "huu-luong", "LG-D-TN", day), how=Scan(CREAM)),
        _THUONG_NGUONG.file("LLDV Lo Van Uoi.pdf", "pdf", 200,
                            _history(p, "van-uoi", "LG-D-TN", day), how=Scan(GREYISH, 0.8, 0.3)),
        _THUONG_NGUONG.file("Kiem diem 2023 Lo Van Uoi.pdf", "pdf", 200,
                            _criticism(p, "van-uoi", "Chi bộ Bãi Trữ", 2023), how=Scan(noise=5, blur=0.7)),
    )  # fmt: skip


def _youth(people: People) -> tuple[FilePlan, ...]:
    p = people
    seat = orders.committee_seat(p["bao-tran"], "262-QĐ/TU", date(2025, 8, 29), "Phó Bí thư Ban Thường vụ Tỉnh Đoàn")
    honour = orders.award(
        p["bao-tran"],
        "1876/QĐ-UBND",
        date(2025, 12, 30),
        "Bằng khen của Chủ tịch Uỷ ban nhân dân tỉnh",
        "đã có thành tích xuất sắc trong phong trào thanh niên năm 2025",
    )
    return (
        _YOUTH.file(
            "Le Ho Bao Tran - tieu su, QD, bang.pdf", "pdf", 200,
            _life(p, "bao-tran", "LG-M-TD", date(2025, 9, 22)),
            _decision(p, "bao-tran", orders.PROVINCIAL_COMMITTEE, seat),
            _diploma(p, "bao-tran", 0, "LG 0073512"),
        ),
        _YOUTH.file("IMG_0105.jpg", "jpeg", 200, _decision(p, "bao-tran", orders.PROVINCE, honour),
                    how=Scan(shadow=0.5, skew=1.9), desk=True),
    )  # fmt: skip


def _departments(people: People) -> tuple[FilePlan, ...]:
    p, day = people, date(2026, 1, 12)
    promoted = orders.appointment(
        p["quoc-khuyen"],
        "2210/QĐ-UBND",
        date(2019, 12, 25),
        "Trưởng phòng Ngân sách, Sở Tài chính",
        "Phó Giám đốc Sở Tài chính",
    )
    return (
        _AFFAIRS.file("SYLL Nguyen Thi Thuy Duong.pdf", "pdf", 300, _summary(p, "thuy-duong", "LG-C-SNV", day)),
        _AFFAIRS.file("QD bo nhiem 2210.jpg", "jpeg", 300,
                      _decision(p, "quoc-khuyen", orders.OLD_RIVER_PROVINCE, promoted), how=Scan(GREYISH)),
        _AFFAIRS.file("SYLL Hoang Thi Ngoc An.pdf", "pdf", 200, _summary(p, "ngoc-an", "LG-D-UBKT", day),
                      how=Scan(skew=-1.7)),
        _AFFAIRS.file("2C_VoDucHuynh.pdf", "pdf", 200, _summary(p, "duc-huynh", "LG-C-SGD", day),
                      how=Scan(CREAM, faded=0.45)),
        _AFFAIRS.file("bang thac si VDHuynh.jpg", "jpeg", 200, _diploma(p, "duc-huynh", 1, "GK 0019044"),
                      how=Scan(CREAM, stains=1), desk=True),
    )  # fmt: skip


def _government_communes(people: People) -> tuple[FilePlan, ...]:
    p, day = people, date(2026, 1, 20)
    young, late = p["van-thang-1985"], p["thi-dep"]
    raised = orders.pay_rise(young, "96/QĐ-SNV", date(2024, 8, 15))
    climbed = orders.pay_rise(p["huu-luong"], "58/QĐ-SNV", date(2024, 4, 22))
    listed = Part(
        late.key,
        lambda dpi: records.member_list(late, orders.OLD_DISTRICT, "415/QĐ-UBND", late.salary_from, dpi, late.key),
    )
    office = ("UỶ BAN NHÂN DÂN", "XÃ VÂN KHỞI")
    return (
        _COMMUNE.file("SYLL Pham Van Thang.tif", "fax", 300, _summary(p, "van-thang-1968", "LG-C-VK", day)),
        _COMMUNE.file(
            "PVThang85 danh gia + nang luong.pdf", "pdf", 200,
            _rating(p, young.key, office, 2025), _decision(p, young.key, orders.HOME_AFFAIRS, raised),
            how=Scan(skew=0.9),
        ),
        _COMMUNE.file("bang ky su PVThang.jpg", "jpeg", 200, _diploma(p, young.key, 0, "LG 0031187")),
        _COMMUNE.file("SYLL Ma Thi Dep.pdf", "pdf", 200, _summary(p, late.key, "LG-C-VK", day),
                      how=Scan(noise=4), odd={2: UNREADABLE}, desk=True),
        _COMMUNE.file("DS nang luong 2024.jpg", "jpeg", 200, listed, how=Scan(turned=90)),
        _UPLAND.file("SYLL_DoHuuLuong.pdf", "pdf", 200, _summary(p, "huu-luong", "LG-C-TN", day),
                     how=Scan(skew=2.1, noise=3)),
        _UPLAND.file("QD nang luong DHLuong.jpg", "jpeg", 200,
                     _decision(p, "huu-luong", orders.HOME_AFFAIRS, climbed), how=Scan(faded=0.5), desk=True),
    )  # fmt: skip
