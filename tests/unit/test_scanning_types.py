"""Types, separation and fields from what was read; the readings are written down, so no OCR error hides a fault."""

from __future__ import annotations

import pytest
from scanning_paper import DECISION, FORM, Text, centred, written

import scanning
from scanning import Field, PageReading

HEADINGS = {
    "SƠ YẾU LÝ LỊCH CÁN BỘ, CÔNG CHỨC": "so_yeu_ly_lich",
    "LÝ LỊCH ĐẢNG VIÊN": "ly_lich_dang_vien",
    "LÝ LỊCH CỦA NGƯỜI XIN VÀO ĐẢNG": "ly_lich_dang_vien",
    "PHIẾU ĐẢNG VIÊN": "phieu_dang_vien",
    "PHIẾU BỔ SUNG HỒ SƠ ĐẢNG VIÊN": "phieu_bo_sung_ly_lich",
    "TIỂU SỬ TÓM TẮT": "tieu_su_tom_tat",
    "BẢN TỰ KIỂM ĐIỂM": "ban_kiem_diem",
    "PHIẾU ĐÁNH GIÁ, XẾP LOẠI CHẤT LƯỢNG CÔNG CHỨC": "phieu_danh_gia",
    "NGHỊ QUYẾT": "nghi_quyet",
    "BIÊN BẢN HỌP CHI BỘ": "bien_ban",
    "TỜ TRÌNH": "to_trinh",
    "BÁO CÁO": "bao_cao",
    "BÁO CÁO THẨM TRA LÝ LỊCH": "tham_tra_xac_minh",
    "THÔNG BÁO": "thong_bao",
    "KẾT LUẬN": "ket_luan",
    "BẰNG TỐT NGHIỆP ĐẠI HỌC": "van_bang_chung_chi",
    "CHỨNG CHỈ": "van_bang_chung_chi",
    "BẢN KÊ KHAI TÀI SẢN, THU NHẬP": "ke_khai_tai_san",
    "GIẤY KHAI SINH": "giay_khai_sinh",
    "GIẤY CHỨNG NHẬN SỨC KHOẺ": "giay_kham_suc_khoe",
    "PHIẾU LÝ LỊCH TƯ PHÁP SỐ 2": "ly_lich_tu_phap",
    "CĂN CƯỚC CÔNG DÂN": "can_cuoc",
    "DANH SÁCH QUY HOẠCH CÁN BỘ": "danh_sach",
    "GIẤY GIỚI THIỆU": "giay_gioi_thieu",
    "ĐƠN XIN VÀO ĐẢNG": "don",
}
MOTTO = (centred("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 0.05), centred("Độc lập - Tự do - Hạnh phúc", 0.07))
BODY = (
    Text("Thực hiện quyết định của cấp trên, chi bộ đã họp và thảo luận dân chủ.", 0.4),
    Text("Báo cáo kết quả công tác trong năm được toàn thể đảng viên nhất trí.", 0.43),
)
PARTY_DECISION = (
    centred("TỈNH UỶ LAM GIANG", 0.05, x=0.27, size=12),
    centred("ĐẢNG CỘNG SẢN VIỆT NAM", 0.05, x=0.7, size=12),
    centred("*", 0.07, x=0.27),
    Text("Số 218-QĐ/TU", 0.09, 0.2),
    Text("Lam Giang, ngày 3 tháng 12 năm 2018", 0.09, 0.55),
    centred("QUYẾT ĐỊNH", 0.14, size=16),
    centred("về việc điều động, phân công cán bộ", 0.165),
    centred("BAN THƯỜNG VỤ TỈNH UỶ QUYẾT ĐỊNH", 0.25, size=13),
    Text("Điều 1. Điều động đồng chí Vàng A Sử, sinh năm 1975, đến công tác tại Huyện uỷ.", 0.3),
    Text("Điều 2. Đồng chí Vàng A Sử chịu trách nhiệm thi hành Quyết định này kể từ ngày ký.", 0.34),
    centred("T/M BAN THƯỜNG VỤ", 0.5, x=0.7, size=13),
    centred("PHÓ BÍ THƯ", 0.52, x=0.7, size=13),
    centred("Trương Quốc Đạt", 0.62, x=0.7, size=13),
)


def values(*readings: PageReading) -> dict[str, str]:
    """Return the field values of a document, its type found first."""
    fields = scanning.extract_fields(readings, scanning.classify(readings))
    return {key: field.value for key, field in fields.items()}


@pytest.mark.parametrize(("heading", "code"), HEADINGS.items())
def test_a_heading_tells_the_type_with_its_evidence(heading: str, code: str) -> None:
    found = scanning.classify([written((*MOTTO, centred(heading, 0.15, size=16), *BODY))])
    assert found.code == code
    assert found.score >= 0.85
    assert found.evidence[0].text == heading
    assert found.evidence[0].page == 1


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("SƠ YÊU LÝ L ỊCH CÁN BỘ. CÔNG CHỨC", "so_yeu_ly_lich"),
        ("BÁN KIÊM ĐIÊM CÁ NHÂN", "ban_kiem_diem"),
        ("QUYÉT ĐINH", "quyet_dinh"),
        ("Q U Y Ế T Đ Ị N H", "quyet_dinh"),
    ],
)
def test_a_badly_read_heading_still_tells_the_type(heading: str, code: str) -> None:
    assert scanning.classify([written((*MOTTO, centred(heading, 0.15, size=16), *BODY))]).code == code


def test_sentences_that_name_types_are_no_headings() -> None:
    found = scanning.classify([written((Text("Căn cứ Quyết định số 12/QĐ-UBND ngày 01/02/2010", 0.1), *BODY))])
    assert (found.code, found.evidence) == ("khac", ())
    assert found.score < 0.5


def test_an_unread_document_is_of_no_type() -> None:
    assert scanning.classify([]).code == "khac"
    assert scanning.classify([written(())]).score == 0
    assert scanning.extract_fields([written(())], scanning.classify([written(())])) == {}


def test_a_letter_is_known_by_addressee_and_number() -> None:
    letter = written(
        (
            centred("SỞ NỘI VỤ", 0.05, x=0.27, size=12),
            centred("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 0.05, x=0.7, size=12),
            Text("Số: 88/SNV-CCVC", 0.09, 0.2),
            Text("V/v rà soát hồ sơ công chức", 0.12, 0.18, size=12),
            Text("Kính gửi: Ủy ban nhân dân các xã, phường", 0.2, 0.3),
            *BODY,
        )
    )
    found = scanning.classify([letter])
    assert found.code == "cong_van"
    assert scanning.title_of([letter], found) == "Công văn về việc rà soát hồ sơ công chức"
    assert values(letter)["number"] == "88/SNV-CCVC"


@pytest.mark.parametrize(
    ("subject", "subtype"),
    [
        ("Về việc bổ nhiệm lại cán bộ", "bo_nhiem_lai"),
        ("Về việc bổ nhiệm vào ngạch chuyên viên", "bo_nhiem_ngach"),
        ("Về việc điều động và bổ nhiệm cán bộ", "dieu_dong"),
        ("Về việc nâng bậc lương thường xuyên", "nang_luong"),
        ("Về việc thi hành kỷ luật bằng hình thức cảnh cáo", "ky_luat"),
        ("Về việc nghỉ hưu hưởng chế độ bảo hiểm xã hội", "nghi_huu"),
        ("về kết nạp đảng viên", "ket_nap"),
        ("Về việc ban hành quy chế làm việc", None),
    ],
)
def test_the_subject_tells_the_kind_of_decision(subject: str, subtype: str | None) -> None:
    page = written((*DECISION[:7], centred(subject, 0.175), *DECISION[8:]))
    assert scanning.classify([page]).subtype == subtype


def test_titles_for_the_contents_list() -> None:
    for lines, title in (
        (DECISION, "Quyết định về việc bổ nhiệm lại cán bộ, công chức"),
        (PARTY_DECISION, "Quyết định về việc điều động, phân công cán bộ"),
        (FORM, "Sơ yếu lý lịch cán bộ, công chức"),
        ((*MOTTO, centred("BẢN KIỂM ĐIỂM", 0.15)), "Bản kiểm điểm"),
        (BODY, "Tài liệu khác"),
    ):
        readings = [written(lines)]
        assert scanning.title_of(readings, scanning.classify(readings)) == title


def test_documents_of_one_file_are_split_at_first_pages() -> None:
    second_page = written((*BODY, centred("QUYẾT ĐỊNH:", 0.2)))
    numbered = written((centred("2", 0.03), *MOTTO, centred("BIÊN BẢN", 0.15), *BODY))
    form = written((centred("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 0.03), *FORM))
    pages = [written(DECISION), second_page, written(()), form, numbered, written(PARTY_DECISION)]
    assert scanning.group_pages(pages) == [[1, 2, 3], [4, 5], [6]]
    assert scanning.group_pages([]) == []
    assert scanning.group_pages([second_page, second_page]) == [[1, 2]]


def test_fields_of_a_state_decision() -> None:
    assert values(written(DECISION)) == {
        "number": "417/QĐ-UBND",
        "issuer": "ỦY BAN NHÂN DÂN HUYỆN LAM THƯỢNG",
        "issued_on": "2011-05-09",
        "issued_at": "Lam Thượng",
        "subject": "Về việc bổ nhiệm lại cán bộ, công chức",
        "person_name": "Đặng Hữu Khoát",
        "person_birth_date": "1968-02-18",
        "position": "Trưởng phòng Nội vụ huyện",
        "effective_on": "2011-06-01",
        "signer_name": "Lê Thị Bích Huệ",
        "signer_title": "KT. CHỦ TỊCH PHÓ CHỦ TỊCH",
    }


def test_fields_of_a_party_decision() -> None:
    found = values(written(PARTY_DECISION))
    assert found["number"] == "218-QĐ/TU"
    assert found["issuer"].startswith("TỈNH UỶ LAM GIANG")
    assert found["issued_on"] == "2018-12-03"
    assert (found["person_name"], found["person_birth_date"]) == ("Vàng A Sử", "1975")
    assert found["signer_name"] == "Trương Quốc Đạt"
    assert "effective_on" not in found


def test_fields_of_a_form_go_by_labels() -> None:
    assert values(written(FORM)) == {
        "staff_code": "12.345-CB678",
        "full_name": "Đỗ Thị Thuý Hường",
        "other_names": "Không",
        "birth_date": "1973-08-05",
        "sex": "Nữ",
        "birth_place": "Xã Đông Lĩnh, Huyện Lam Thượng, Tỉnh Hà Giang",
        "home_place": "Xã Bình Sơn, Huyện Lam Hạ, Tỉnh Hà Giang",
        "ethnicity": "Kinh",
        "religion": "Không",
        "position": "Phó Trưởng ban Tổ chức Huyện ủy",
        "rank_title": "Chuyên viên chính",
        "rank_code": "01.002",
        "salary_step": "4",
        "salary_coefficient": "5.42",
        "salary_from": "2015-12-01",
        "position_allowance": "0.4",
        "political_theory": "Cao cấp",
        "state_management": "Chuyên viên chính",
        "party_joined_on": "1998-02-03",
        "party_official_on": "1999-02-03",
        "citizen_id": "002173004455",
        "id_issued_on": "2021-04-11",
        "social_insurance_no": "0203040506",
    }


def test_a_field_keeps_what_is_printed_and_where() -> None:
    reading = written(FORM, confidence=96.0)
    field = scanning.extract_fields([written(()), reading], scanning.classify([reading]))["full_name"]
    assert (field.raw, field.page, field.confidence) == ("ĐỖ THỊ THUÝ HƯỜNG", 2, 1.0)
    named = [word for word in reading.words if word.text in ("ĐỖ", "HƯỜNG")]
    assert field.box == (named[0].box[0], named[0].box[1], named[1].box[2], named[1].box[3])
    assert field.to_json()["box"] == list(field.box)


def test_a_self_criticism_names_its_author() -> None:
    page = written(
        (
            *MOTTO,
            centred("BẢN KIỂM ĐIỂM CÁ NHÂN", 0.12),
            Text("Họ và tên: Hoàng Đức Thiện  Ngày sinh: 7/11/1980", 0.18),
            Text("Chức vụ Đảng: Chi ủy viên  Chức vụ chính quyền: Phó Giám đốc Sở", 0.21),
            Text("Đơn vị công tác: Sở Nội vụ", 0.24),
            *BODY,
            Text("Lam Giang, ngày 20 tháng 11 năm 2019", 0.8, 0.5),
            centred("NGƯỜI TỰ KIỂM ĐIỂM", 0.82, x=0.7, size=13),
            centred("Hoàng Đức Thiện", 0.9, x=0.7, size=13),
        )
    )
    found = values(page)
    assert (found["full_name"], found["birth_date"]) == ("Hoàng Đức Thiện", "1980-11-07")
    assert (found["position"], found["unit"]) == ("Phó Giám đốc Sở", "Sở Nội vụ")
    assert (found["issued_on"], found["issued_at"]) == ("2019-11-20", "Lam Giang")
    assert found["signer_name"] == "Hoàng Đức Thiện"


def test_a_form_left_empty_gives_nothing() -> None:
    empty = [Text(line.text.partition(":")[0] + ": ..............................", line.y) for line in FORM[3:]]
    assert values(written((*FORM[:1], FORM[2], *empty))) == {}


def test_what_is_no_value_of_its_kind_is_shown_but_never_given() -> None:
    page = written(
        (
            FORM[2],
            Text("3) Sinh ngày: 31 tháng 02 năm 1973, Giới tính (nam, nữ): ..........", 0.2),
            Text("16) Ngày vào Đảng Cộng sản Việt Nam: 45/13/1998, Ngày chính thức: chưa", 0.3),
            Text("25) Số căn cước công dân: 00217300445, Ngày cấp: 11/4/2021", 0.35),
        )
    )
    fields = scanning.extract_fields([page], scanning.classify([page]))
    assert {key: field.value for key, field in fields.items() if field.value} == {"id_issued_on": "2021-04-11"}
    empty = {key: (field.raw, field.confidence, field.doubtful) for key, field in fields.items() if not field.value}
    assert empty == {
        "birth_date": ("31 tháng 02 năm 1973", 0.0, True),
        "party_joined_on": ("45/13/1998", 0.0, True),
        "citizen_id": ("00217300445", 0.0, True),
    }


def test_an_old_number_behind_a_new_label_is_an_old_number() -> None:
    found = values(written((FORM[2], Text("25) Số CMND/CCCD: 012 345 678, Ngày cấp: 11/4/2001", 0.35))))
    assert found["old_id"] == "012345678"
    assert "citizen_id" not in found


def test_contradicting_facts_are_doubtful() -> None:
    page = written((*FORM[:-2], Text("25) Số căn cước công dân: 002080004455", 0.435)))
    fields = scanning.extract_fields([page], scanning.classify([page]))
    assert {key for key, field in fields.items() if field.confidence < 0.5} == {"citizen_id", "birth_date", "sex"}


def test_a_name_that_is_none_is_doubtful() -> None:
    page = written((FORM[2], Text("1) Họ và tên khai sinh: Xzqk Wrtp", 0.2)))
    field = scanning.extract_fields([page], scanning.classify([page])).get("full_name")
    assert isinstance(field, Field)
    assert field.confidence < 0.5


def test_a_list_of_many_names_concerns_no_one_person() -> None:
    page = written((*MOTTO, centred("DANH SÁCH CÁN BỘ", 0.12), Text("1. Ông Hoàng Đức Thiện, sinh năm 1980", 0.3)))
    assert "person_name" not in values(page)


@pytest.mark.parametrize("heading", ["KẾT LUẬN", "BÁO CÁO", "BIÊN BẢN"])
def test_a_political_inquiry_is_not_hidden_behind_a_plain_heading(heading: str) -> None:
    page = written((*MOTTO, centred(heading, 0.15, size=16), centred("thẩm tra lý lịch cán bộ", 0.18), *BODY))
    found = scanning.classify([page])
    assert found.code == "tham_tra_xac_minh"
    assert [item.text for item in found.evidence][:2] == [heading, "thẩm tra lý lịch cán bộ"]


def test_values_end_where_the_next_item_begins() -> None:
    page = written(
        (
            centred("LÝ LỊCH ĐẢNG VIÊN", 0.1, size=16),
            Text("13) Ngày vào Đoàn TNCS Hồ Chí Minh: 26/3/1995", 0.2),
            Text("15) Chức vụ hiện nay: Chủ tịch Hội Nông dân xã", 0.25),
            Text("20) Tin học: Trình độ B, 21) Nhận xét khác: không", 0.3),
            Text("22) KHEN THƯỞNG, KỶ LUẬT", 0.35),
            Text("Khen thưởng: Bằng khen năm 2019. Giới tính: Nam", 0.4),
        )
    )
    assert values(page) == {
        "organisations_joined_on": "1995-03-26",
        "position": "Chủ tịch Hội Nông dân xã",
        "it_level": "Trình độ B",
        "rewards": "Bằng khen năm 2019",
        "sex": "Nam",
    }


def test_a_degree_names_its_holder_and_number() -> None:
    page = written(
        (
            *MOTTO,
            centred("BẰNG THẠC SĨ", 0.2, size=18),
            Text("Cho bà: Lường Thị Ngát, Sinh ngày: 27/7/1980", 0.3),
            Text("Số hiệu: LG 0019044", 0.6),
        )
    )
    assert values(page) == {"full_name": "Lường Thị Ngát", "birth_date": "1980-07-27", "number": "LG 0019044"}


@pytest.mark.parametrize(
    ("signed", "name"),
    [
        ("ThS. Lê Thị Bích Huệ", "Lê Thị Bích Huệ"),
        ("Thượng tá Lê Thị Bích Huệ", "Lê Thị Bích Huệ"),
        ("Xzq Văn Đoàn", None),
    ],
)
def test_a_signer_is_named_without_rank_and_never_by_half(signed: str, name: str | None) -> None:
    page = written((*DECISION[:-1], centred(signed, 0.6, x=0.7, size=13)))
    assert values(page).get("signer_name") == name


def test_the_issuer_is_not_its_superior() -> None:
    page = written(
        (
            centred("ĐẢNG BỘ TỈNH LAM GIANG", 0.05, x=0.27, size=12),
            centred("HUYỆN UỶ VÂN KHỞI", 0.07, x=0.27),
            *PARTY_DECISION[1:],
        )
    )
    assert values(page)["issuer"].startswith("HUYỆN UỶ VÂN KHỞI")
