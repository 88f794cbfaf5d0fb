"""Values of forms and decisions with the reasons to doubt them; readings are written down. All persons invented."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from scanning_paper import DECISION, FORM, Text, centred, written

import scanning
from scanning import Code, Field, PageReading, Word
from scanning.values import STRANGE, parse_value

FORM_HEAD = centred("SƠ YẾU LÝ LỊCH", 0.08, size=16)


def fields_of(page: PageReading, *codes: tuple[int, Code]) -> dict[str, Field]:
    return scanning.extract_fields([page], scanning.classify([page]), codes)


def values(page: PageReading) -> dict[str, str]:
    return {key: field.value for key, field in fields_of(page).items()}


def changed(page: PageReading, change: Callable[[Word], Word]) -> PageReading:
    return replace(page, words=tuple(change(word) for word in page.words))


def decision(subject: str, *articles: str) -> PageReading:
    """A decision on that subject with those articles, a line each."""
    body = [Text(line, 0.35 + 0.025 * place) for place, line in enumerate(articles)]
    return written((*DECISION[:7], centred(subject, 0.175), DECISION[8], centred("QUYẾT ĐỊNH:", 0.31), *body))


def test_confidence_says_the_same_at_every_threshold() -> None:
    for sure in (20.0, 55.0, 89.0, 91.0, 99.0):
        for field in fields_of(written(FORM, confidence=sure)).values():
            assert field.confidence < 0.5 if field.doubtful else field.confidence >= 0.9
            assert field.to_json()["doubts"] == list(field.doubts)


def test_a_word_hard_to_read_makes_its_own_value_doubtful_and_no_other() -> None:
    page = changed(written(FORM), lambda word: replace(word, confidence=48.0) if word.text == "Tổ" else word)
    fields = fields_of(page)
    assert fields["position"].doubts == ("chữ đọc không rõ",)
    assert not [key for key, field in fields.items() if field.doubtful and key != "position"]


def test_where_a_third_of_a_page_is_hard_to_read_the_rest_is_not_believed_either() -> None:
    page = written(FORM)
    hard = {word.line for word in page.words if word.line % 2}
    fields = fields_of(changed(page, lambda word: replace(word, confidence=40.0) if word.line in hard else word))
    assert len(fields) > 15
    assert all("trang khó đọc" in field.doubts for field in fields.values())


def test_what_is_written_by_pen_is_never_a_value() -> None:
    pen = {"HƯỜNG", "05", "8", "1973,", "002173004455,"}
    page = changed(written(FORM), lambda word: replace(word, handwritten=word.text in pen))
    fields = fields_of(page)
    for key in ("full_name", "birth_date", "citizen_id"):
        field = fields[key]
        assert (field.value, field.raw, field.confidence) == ("", "", 0.0)
        assert field.doubts == ("chữ viết tay, cần gõ lại",)
        assert field.box[2] > field.box[0] and field.page == 1
    assert fields["sex"].value == "Nữ"


def test_slips_of_a_closed_list_are_put_right_and_the_print_is_kept() -> None:
    slips = {"Kinh,": "Kình,", "Cao": "Ca0", "cấp,": "cấp,", "Chuyên": "Chuyến"}
    page = changed(written(FORM), lambda word: replace(word, text=slips.get(word.text, word.text)))
    fields = fields_of(page)
    assert (fields["ethnicity"].value, fields["ethnicity"].raw) == ("Kinh", "Kình")
    assert (fields["rank_title"].value, fields["state_management"].value) == ("Chuyên viên chính", "Chuyên viên chính")
    assert fields["political_theory"].doubtful


def test_a_value_outside_a_closed_list_is_asked_about() -> None:
    page = changed(written(FORM), lambda word: replace(word, text="Trun") if word.text == "Kinh," else word)
    assert fields_of(page)["ethnicity"].doubts == ("không có trong danh mục",)


def test_figures_read_as_letters_are_repaired_but_not_believed() -> None:
    page = written(
        (
            FORM_HEAD,
            Text("16) Ngày vào Đảng Cộng sản Việt Nam: O3/02/19G8, Ngày chính thức: 03/02/1999", 0.41),
            Text("14) Ngạch công chức (viên chức): Chuyên viên, Mã ngạch: 0l.003", 0.44),
            Text("26) Số sổ BHXH: 020304O506", 0.46),
        )
    )
    fields = fields_of(page)
    assert fields["party_joined_on"].value == "1968-02-03"
    assert fields["rank_code"].value == "01.003"
    assert fields["social_insurance_no"].value == "0203040506"
    assert all("đã sửa một ký tự máy đọc nhầm" in fields[key].doubts for key in ("rank_code", "social_insurance_no"))


def test_a_label_and_its_hint_may_wrap_and_its_value_stand_below() -> None:
    page = written(
        (
            Text("Cơ quan, đơn vị có thẩm quyền quản lý CBCC:", 0.04),
            Text("Tỉnh uỷ Lam Giang", 0.06),
            FORM_HEAD,
            Text("8) Nơi đăng ký hộ khẩu thường trú (số nhà, đường phố, xóm, thôn, xã, huyện, tỉnh, thành", 0.2),
            Text("phố): Số 14, đường Bờ Sông, phường Đức Lẫm, tỉnh Lam Giang", 0.217),
            Text("15.1- Trình độ giáo dục phổ thông (đã tốt nghiệp lớp mấy/thuộc hệ nào, ở trường nào): 12/12", 0.3),
        )
    )
    found = values(page)
    assert found["managing_agency"] == "Tỉnh uỷ Lam Giang"
    assert found["permanent_residence"] == "Số 14, đường Bờ Sông, phường Đức Lẫm, tỉnh Lam Giang"
    assert found["general_education"] == "12/12"


def test_the_form_of_1998_with_its_own_labels() -> None:
    page = written(
        (
            Text("Mẫu 2C/TCTW-98", 0.03, size=11),
            FORM_HEAD,
            Text("1) Họ và tên khai sinh: LƯỜNG VĂN PÁNH   Nam, nữ: Nam", 0.12),
            Text("3) Cấp ủy hiện tại: Huyện uỷ viên , Cấp ủy kiêm: Không", 0.15),
            Text("Chức vụ (Đảng, đoàn thể, Chính quyền, kể cả chức vụ kiêm nhiệm): Trưởng ban Dân vận", 0.18),
            Text("6) Quê quán (xã, phường): Bình Sơn (huyện, quận): Lam Hạ (tỉnh, TP): Lam Giang", 0.21),
            Text("19) Ngạch công chức: Chuyên viên (mã số: 01.003) Bậc lương: 7, hệ số: 4,32 từ tháng 5/1999", 0.24),
            Text("24) Tình trạng sức khỏe: Tốt , Cao: 1m65 , Cân nặng: 58 (kg) , Nhóm máu: O", 0.27),
            Text("25) Số chứng minh nhân dân: 090 131 299 , Thương binh loại: 3/4 , Gia đình liệt sĩ: Không", 0.3),
        )
    )
    found = values(page)
    assert (found["full_name"], found["sex"]) == ("Lường Văn Pánh", "Nam")
    assert (found["party_position"], found["party_concurrent_position"]) == ("Huyện uỷ viên", "Không")
    assert found["position"] == "Trưởng ban Dân vận"
    assert found["home_place"] == "Bình Sơn, Lam Hạ, Lam Giang"
    assert (found["rank_title"], found["rank_code"], found["salary_step"]) == ("Chuyên viên", "01.003", "7")
    assert found["salary_coefficient"] == "4.32"
    assert found["salary_from"] == "1999-05"
    assert (found["health"], found["height"], found["blood_group"]) == ("Tốt", "1m65", "O")
    assert (found["old_id"], found["invalid_class"]) == ("090131299", "3/4")


def test_the_form_of_2023_with_its_own_labels() -> None:
    page = written(
        (
            Text("Cơ quan quản lý cán bộ, công chức, viên chức: Sở Nội vụ", 0.03),
            Text("Số hiệu: LG.03.0133", 0.05),
            FORM_HEAD,
            Text("8) Số CCCD: 003067795699 , Ngày cấp: 05/09/2021 , SĐT liên hệ: 0903 123 456", 0.12),
            Text("9) Số BHXH: 9093673608 , Số thẻ BHYT: DN4919093673608", 0.15),
            Text("13) Ngày được tuyển dụng lần đầu: 26/01/1993 , Cơ quan, tổ chức, đơn vị tuyển dụng: Huyện uỷ", 0.18),
            Text("14) Ngày vào cơ quan hiện đang công tác: 01/7/2005", 0.21),
            Text("23) Chức vụ hiện tại: Phó Giám đốc Sở , Ngày bổ nhiệm/ngày phê chuẩn: 01/12/2019", 0.24),
            Text("26) Chức vụ Đảng hiện tại: Bí thư Chi bộ", 0.27),
        )
    )
    found = values(page)
    assert (found["citizen_id"], found["id_issued_on"]) == ("003067795699", "2021-09-05")
    assert (found["phone"], found["health_insurance_no"]) == ("0903123456", "DN4919093673608")
    assert (found["recruited_on"], found["recruiting_agency"]) == ("1993-01-26", "Huyện uỷ")
    assert found["current_agency_from"] == "2005-07-01"
    assert (found["position"], found["appointed_on"]) == ("Phó Giám đốc Sở", "2019-12-01")
    assert (found["party_position"], found["staff_code"]) == ("Bí thư Chi bộ", "LG.03.0133")


def test_a_party_members_sheet_with_its_own_labels() -> None:
    page = written(
        (
            centred("PHIẾU ĐẢNG VIÊN", 0.06, size=16),
            Text("Số TĐV: 67.046103", 0.1),
            Text("1. Họ và tên đang dùng: LƯỜNG VĂN PÁNH   Giới tính: Nam", 0.13),
            Text("2. Họ và tên khai sinh: Lường Văn Pánh   3. Ngày sinh: 05/8/1973", 0.16),
            Text("7. Nghề nghiệp hiện nay: Công chức , Ngày và nơi vào Đảng: không rõ", 0.19),
            Text("9. Ngày và nơi kết nạp vào Đảng: 03/02/1998 tại Chi bộ Lâm trường", 0.22),
            Text("10. Ngày và nơi công nhận chính thức: 03/02/1999 tại Chi bộ Lâm trường", 0.25),
            Text("11. Người giới thiệu vào Đảng: Vàng A Sử và Lò Thị Sủi", 0.28),
            Text("12. Ngày và nơi vào Đoàn TNCS Hồ Chí Minh: 26/3/1988", 0.31),
        )
    )
    found = values(page)
    assert (found["full_name"], found["birth_date"], found["sex"]) == ("Lường Văn Pánh", "1973-08-05", "Nam")
    assert (found["party_joined_on"], found["party_official_on"]) == ("1998-02-03", "1999-02-03")
    assert (found["organisations_joined_on"], found["party_card_no"]) == ("1988-03-26", "67046103")
    assert (found["current_occupation"], found["party_introducers"]) == ("Công chức", "Vàng A Sử và Lò Thị Sủi")


@pytest.mark.parametrize(
    ("subject", "article", "more", "expected"),
    [
        (
            "Về việc nâng bậc lương thường xuyên",
            "Điều 1. Nâng bậc lương đối với bà Lò Thị Sủi, sinh ngày 16/11/1980, ngạch chuyên viên,",
            "mã số 01.003, từ bậc 7, hệ số 4,32 lên bậc 8, hệ số 4,65 kể từ ngày 01/8/2023.",
            {
                "rank_title": "chuyên viên",
                "rank_code": "01.003",
                "salary_step": "8",
                "salary_coefficient": "4.65",
                "salary_from": "2023-08-01",
                "person_birth_date": "1980-11-16",
            },
        ),
        (
            "Về việc thi hành kỷ luật công chức",
            "Điều 1. Thi hành kỷ luật ông Lò Văn Sủi, sinh năm 1970, bằng hình thức cảnh cáo,",
            "kể từ ngày 15/3/2012.",
            {"discipline": "cảnh cáo", "effective_on": "2012-03-15", "person_name": "Lò Văn Sủi"},
        ),
        (
            "Về việc tặng Bằng khen",
            "Điều 1. Tặng Bằng khen cho ông Lò Văn Sủi, sinh ngày 01/02/1970, chuyên viên,",
            "đã có thành tích xuất sắc trong công tác.",
            {"rewards": "Bằng khen", "person_birth_date": "1970-02-01"},
        ),
        (
            "Về việc nghỉ hưu hưởng chế độ bảo hiểm xã hội",
            "Điều 1. Ông Lò Văn Sủi, sinh ngày 01/02/1950, được nghỉ hưu hưởng chế độ bảo hiểm xã hội",
            "kể từ ngày 01 tháng 3 năm 2010.",
            {"retired_on": "2010-03-01", "effective_on": "2010-03-01"},
        ),
        (
            "về kết nạp đảng viên",
            "Điều 1. Kết nạp quần chúng Lò Văn Sủi, sinh ngày 01/02/1980, vào Đảng Cộng sản Việt Nam",
            "kể từ ngày 19/5/2004.",
            {"party_joined_on": "2004-05-19", "person_name": "Lò Văn Sủi"},
        ),
        (
            "Về việc công nhận đảng viên chính thức",
            "Điều 1. Công nhận đồng chí Lò Văn Sủi là đảng viên chính thức,",
            "kể từ ngày 19/5/2005.",
            {"party_official_on": "2005-05-19", "person_name": "Lò Văn Sủi"},
        ),
        (
            "Về việc điều động cán bộ",
            "Điều 1. Điều động ông Lò Văn Sủi đến nhận công tác tại Huyện uỷ Vân Khởi và giữ chức vụ",
            "Phó Trưởng ban Dân vận, kể từ ngày 01/10/2014. Thời hạn giữ chức vụ là 05 năm.",
            {"position": "Phó Trưởng ban Dân vận", "term": "05 năm", "effective_on": "2014-10-01"},
        ),
    ],
)
def test_what_a_decision_decides(subject: str, article: str, more: str, expected: dict[str, str]) -> None:
    found = values(decision(subject, article, more, "Điều 2. Ông có tên tại Điều 1 thi hành Quyết định này."))
    assert {key: found.get(key) for key in expected} == expected


def test_a_name_spelt_in_two_ways_in_one_decision_is_doubtful() -> None:
    page = written(
        tuple(replace(line, text=line.text.replace("Điều 2. Ông Đặng Hữu Khoát", "Điều 2. Ông Đặng Hữu Khoắt"))
              for line in DECISION)
    )  # fmt: skip
    assert fields_of(page)["person_name"].doubtful
    assert not fields_of(written(DECISION))["person_name"].doubtful


def test_the_name_signed_confirms_or_contradicts_the_name_on_the_form() -> None:
    def signed(name: str) -> dict[str, Field]:
        foot = (centred("Người khai", 0.8, x=0.7, size=13), centred(name, 0.88, x=0.7, size=13))
        page = written((*FORM, *foot))
        return fields_of(changed(page, lambda w: replace(w, confidence=70.0) if w.text == "HƯỜNG" else w))

    assert not signed("Đỗ Thị Thuý Hường")["full_name"].doubtful
    assert signed("Đỗ Thị Thuý Hương")["full_name"].doubtful


def test_office_words_a_mark_away_are_as_offices_write_them() -> None:
    page = written((FORM_HEAD, Text("12) Chức vụ hiện tại: Phó Trưởng ban Tuyền giáo Tinh uỷ", 0.3)))
    field = fields_of(page)["position"]
    assert (field.value, field.raw) == ("Phó Trưởng ban Tuyên giáo Tỉnh uỷ", "Phó Trưởng ban Tuyền giáo Tinh uỷ")


def test_a_worn_colon_is_still_the_end_of_a_label() -> None:
    page = written((FORM_HEAD, Text("Họ và tên; Lò Thị Sủi", 0.3), Text("7) Tôn gíao: Không", 0.33)))
    assert {key: values(page).get(key) for key in ("full_name", "religion")} == {
        "full_name": "Lò Thị Sủi",
        "religion": "Không",
    }


def test_what_no_paper_prints_is_doubtful() -> None:
    for read in ("Phó Trưởng ph{ng", "Phó Trưởng phòng ổna", "Phó Trưởng Vă:: phòng", "Phó Trưởng Ÿ phòng"):
        page = written((FORM_HEAD, Text(f"12) Chức vụ hiện tại: {read}", 0.3)))
        assert fields_of(page)["position"].doubts == ("có ký tự lạ",)
    highland = written((FORM_HEAD, Text("5) Quê quán: Xã Ea Tul, Huyện Cư M°gar, Tỉnh Đắk Lắk", 0.3)))
    assert fields_of(highland)["home_place"].value == "Xã Ea Tul, Huyện Cư M’gar, Tỉnh Đắk Lắk"
    assert not fields_of(highland)["home_place"].doubtful


@pytest.mark.parametrize("text", ["ỦY BAN NHÂN DÂN HUYỆN CHỢ ĐỒN", "CHỦ TỊCH", "NGƯỜI TỰ KIỂM ĐIỂM", "Nga A"])
def test_capitals_with_marks_are_no_strange_letters(text: str) -> None:
    assert parse_value("text", text) == (text, ())


def test_a_small_letter_before_a_capital_is_a_slip() -> None:
    assert parse_value("text", "Ủy ban nhân dÂn huyện") == ("Ủy ban nhân dÂn huyện", (STRANGE,))


def test_a_name_that_runs_to_the_edge_goes_on_in_the_next_line() -> None:
    full = Text("1) Họ và tên khai sinh (viết chữ in hoa): NGUYỄN THỊ THUỲ", 0.3, size=16)
    page = written((FORM_HEAD, full, Text("DƯƠNG", 0.325), Text("2) Tên gọi khác: Không", 0.36)))
    assert values(page)["full_name"] == "Nguyễn Thị Thuỳ Dương"
    short = Text("1) Họ và tên: LÒ THỊ SỦI", 0.3)
    page = written((FORM_HEAD, short, Text("LAI LỊCH", 0.325), Text("2) Tên gọi khác: Không", 0.36)))
    assert values(page)["full_name"] == "Lò Thị Sủi"
