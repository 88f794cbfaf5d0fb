"""Invented facts for forms: a long life, told item by item, and the masks of its reader."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime

from oms.domain.dated_rows import Catalogue
from oms.domain.forms import FilledForm, lines_of, offers
from oms.domain.record_facts import NewFact, Source, checked, columns_of
from oms.domain.record_items import ITEMS
from oms.services.profile_form import fill
from oms.services.record import RecordFact
from oms.store.record_tables import FactRow

DAY = date(2026, 11, 2)
SINGLES = {
    "full_name": "Nguyễn Thị Trường Giang",
    "other_names": "Ba Giang",
    "sex": "Nữ",
    "birth_date": "05/08/1975",
    "birth_place": "xã Tân Lập, huyện Đông Hà, tỉnh Lam Giang",
    "home_place": "xã Tân Lập, huyện Đông Hà, tỉnh Lam Giang cũ",
    "permanent_residence": "số 12, đường Lê Lợi, phường Một, tỉnh Lam Giang",
    "current_residence": "số 14, đường Trần Phú, phường Hai, tỉnh Lam Giang",
    "phone": "0912 000 111",
    "ethnicity": "Kinh",
    "religion": "Không",
    "family_class": "Nông dân",
    "citizen_id": "036175000123",
    "id_issued_on": "10/05/2021",
    "social_insurance_no": "3612345678",
    "health_insurance_no": "GD4361234567",
    "staff_code": "CB-00417",
    "party_joined_on": "03/02/1999",
    "party_official_on": "03/02/2000",
    "organisations_joined_on": "26/03/1991, Đoàn TNCS Hồ Chí Minh",
    "general_education": "12/12 (chính quy)",
    "highest_qualification": "Thạc sĩ Luật kinh tế",
    "political_theory": "Cao cấp",
    "state_management": "Chuyên viên chính",
    "foreign_language": "Tiếng Anh B1",
    "it_level": "Ứng dụng CNTT cơ bản",
    "previous_occupation": "Giáo viên",
    "recruited_on": "01/09/1997",
    "recruiting_agency": "Uỷ ban nhân dân huyện Đông Hà",
    "current_agency_from": "15/03/2012",
    "managing_agency": "Tỉnh uỷ Lam Giang",
    "unit": "Ban Tổ chức Tỉnh uỷ",
    "main_duty": "Tham mưu công tác cán bộ",
    "strengths": "Công tác tổ chức",
    "longest_work": "Tổ chức xây dựng Đảng",
    "rank_title": "Chuyên viên chính",
    "rank_code": "01.002",
    "rank_appointed_on": "01/07/2015",
    "salary_step": "4",
    "salary_coefficient": "5,42",
    "salary_from": "01/07/2024",
    "position_allowance": "0,7",
    "position": "Trưởng phòng Tổ chức cán bộ",
    "party_position": "Chi uỷ viên",
    "appointed_on": "20/03/2020",
    "reappointed_on": "20/03/2025",
    "highest_honour": "Bằng khen của Thủ tướng Chính phủ năm 2019",
    "health": "Tốt",
    "height": "158",
    "weight": "52",
    "blood_group": "O",
    "history_arrest": "Chưa bao giờ bị bắt, bị tù",
    "foreign_relatives": "Không có thân nhân ở nước ngoài",
    "income_salary": "156 triệu đồng/năm",
    "house_owned": "Nhà cấp 3, diện tích 96 m2",
}
ROWS: list[tuple[str, dict[str, str]]] = [
    (
        "training",
        {
            "kind": "Chuyên môn",
            "from": "09/1993",
            "to": "06/1997",
            "school": "Trường Đại học Luật Hà Nội",
            "subject": "Luật kinh tế",
            "form": "Chính quy",
            "award": "Cử nhân",
        },
    ),
    (
        "training",
        {
            "kind": "Chuyên môn",
            "from": "10/2005",
            "to": "12/2007",
            "school": "Đại học Quốc gia Hà Nội",
            "subject": "Quản lý công",
            "form": "Tại chức",
            "award": "Thạc sĩ",
        },
    ),
    (
        "training",
        {
            "kind": "Lý luận chính trị",
            "from": "03/2010",
            "to": "12/2011",
            "school": "Học viện Chính trị khu vực Một",
            "form": "Tập trung",
            "award": "Cao cấp lý luận",
        },
    ),
    (
        "training",
        {
            "kind": "Tin học",
            "from": "02/2016",
            "to": "04/2016",
            "school": "Trung tâm Tin học tỉnh",
            "award": "Chứng chỉ ứng dụng",
        },
    ),
    ("career", {"from": "09/1997", "to": "02/2005", "what": "Chuyên viên Phòng Tư pháp huyện Đông Hà"}),
    ("career", {"from": "03/2005", "to": "02/2012", "what": "Phó Trưởng phòng, Ban Tổ chức Huyện uỷ Đông Hà"}),
    (
        "career",
        {"from": "03/2012", "to": "03/2020", "position": "Phó Trưởng phòng", "unit": "Ban Tổ chức Tỉnh uỷ Lam Giang"},
    ),
    ("career", {"from": "03/2020", "position": "Trưởng phòng", "unit": "Ban Tổ chức Tỉnh uỷ Lam Giang (phòng cán bộ)"}),
    *[
        (
            "salary_history",
            {
                "from": f"07/{year}",
                "rank_code": "01.003" if year < 2015 else "01.002",
                "salary_step": str(step),
                "salary_coefficient": f"{2.34 + 0.33 * step:.2f}".replace(".", ","),
            },
        )
        for step, year in enumerate(range(1998, 2025, 3), 1)
    ],
    (
        "rewards_table",
        {
            "year": "2019",
            "work_rating": "Hoàn thành xuất sắc",
            "emulation_rating": "Chiến sĩ thi đua cơ sở",
            "form": "Bằng khen cấp tỉnh",
        },
    ),
    (
        "discipline_table",
        {
            "year": "2008",
            "form": "Khiển trách",
            "violation": "Vi phạm thời giờ làm việc",
            "authority": "Huyện uỷ Đông Hà",
        },
    ),
    (
        "family",
        {
            "side": "Bản thân",
            "relation": "Bố đẻ",
            "full_name": "Nguyễn Văn Trường",
            "birth_date": "1948",
            "about": "Quê xã Tân Lập; nông dân, đã nghỉ, ở xã Tân Lập",
        },
    ),
    (
        "family",
        {
            "side": "Bản thân",
            "relation": "Chồng",
            "full_name": "Đỗ Quang Lâm",
            "birth_date": "1972",
            "about": "Giáo viên Trường THPT Đông Hà, ở phường Hai",
        },
    ),
    (
        "family",
        {
            "side": "Bên vợ hoặc chồng",
            "relation": "Mẹ chồng",
            "full_name": "Lê Thị Sương",
            "birth_date": "1950",
            "about": "Cán bộ hưu trí, ở xã Đông Sơn",
        },
    ),
]


def fact(catalogue: Catalogue, number: int, item: str, values: dict[str, str], *, masked: bool = False) -> RecordFact:
    """A fact as the record gives it to a reader."""
    kept, wrong = checked(item, values)
    assert not wrong, wrong
    new = NewFact(item, kept, Source("declaration"))
    row = FactRow(
        id=f"{number:032x}", dossier_id="d" * 32, item=item, body=json.dumps(kept), source="declaration", secrecy=0,
        compartment="", entered_by="x", entered_at=datetime(2026, 11, 2, tzinfo=UTC), **columns_of(new, catalogue),
    )  # fmt: skip
    return RecordFact(row, ITEMS[item], {} if masked else kept, "" if masked else row.text, masked)


def rich(catalogue: Catalogue, masked: Iterable[str] = ()) -> list[RecordFact]:
    """The whole life; groups in ``masked`` as a reader without their permission gets them."""
    hidden = set(masked)
    told = [(item, {"value": value}) for item, value in SINGLES.items()] + ROWS
    return [
        fact(catalogue, at, item, values, masked=bool(ITEMS[item].sensitive) and ITEMS[item].sensitive in hidden)
        for at, (item, values) in enumerate(told, 1)
    ]


def filled(catalogue: Catalogue, code: str, facts: list[RecordFact], secrecy: str = "") -> FilledForm:
    """A form of the shipped lists with these facts."""
    offer = next(offer for offer in offers(catalogue, DAY) if offer.row.code == code)
    return fill(catalogue, offer.row, lines_of(catalogue, offer, DAY), facts, secrecy)
