"""Tables as rows of cells, from words and where they stand alone: no image, no rules. All persons invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from scanning_paper import Text, centred, written

import scanning
from scanning import PageReading, Word

HEAD = centred("SƠ YẾU LÝ LỊCH", 0.05, size=16)


def cells(y: float, *columns: tuple[float, str], size: float = 11) -> list[Text]:
    """One printed line of a table: each column's text with its left edge as a share of the page."""
    return [Text(text, y, x, size=size) for x, text in columns if text]


def lines(*rows: Sequence[Text]) -> list[Text]:
    return [text for row in rows for text in row]


def table(readings: Sequence[PageReading], name: str) -> list[dict[str, str]]:
    """The rows of one table as the command prints them, values only."""
    found = scanning.nested(scanning.extract_fields(readings, scanning.classify(readings)))
    return [{column: cell["value"] for column, cell in row.items()} for row in found.get(name, [])]


LIST = (
    centred("DANH SÁCH CÁN BỘ ĐƯỢC NÂNG LƯƠNG", 0.1),
    *cells(0.2, (0.08, "TT"), (0.18, "Họ và tên"), (0.42, "Ngày sinh"), (0.58, "Chức vụ"), (0.76, "Mã ngạch"),
           (0.88, "Hệ số")),
    *cells(0.23, (0.08, "1"), (0.14, "Lò Văn Sủi"), (0.4, "03/12/1979"), (0.54, "Kế toán"), (0.77, "01.003"),
           (0.89, "3,33")),
    *cells(0.26, (0.08, "2"), (0.14, "Đàm Thị Ngọc Diệu"), (0.4, "4/2/1961"), (0.54, "Trưởng phòng"), (0.77, "01.002"),
           (0.89, "4,74")),
    *cells(0.29, (0.08, "3"), (0.14, "Ông Thế Duyệt"), (0.4, "1980"), (0.54, "Văn thư"), (0.77, "01.004"),
           (0.89, "2,06")),
    Text("Tổng cộng: 3 người.", 0.33, 0.1),
)  # fmt: skip


def test_a_list_comes_as_rows_each_cell_with_its_place() -> None:
    page = written(LIST)
    assert table([page], "members") == [
        {
            "full_name": "Lò Văn Sủi",
            "birth_date": "1979-12-03",
            "position": "Kế toán",
            "rank_code": "01.003",
            "salary_coefficient": "3.33",
        },
        {
            "full_name": "Đàm Thị Ngọc Diệu",
            "birth_date": "1961-02-04",
            "position": "Trưởng phòng",
            "rank_code": "01.002",
            "salary_coefficient": "4.74",
        },
        {
            "full_name": "Ông Thế Duyệt",
            "birth_date": "1980",
            "position": "Văn thư",
            "rank_code": "01.004",
            "salary_coefficient": "2.06",
        },
    ]
    cell = scanning.extract_fields([page], scanning.classify([page]))["members.2.full_name"]
    named = [word for word in page.words if word.text in ("Đàm", "Diệu")]
    assert (cell.raw, cell.page, cell.doubtful) == ("Đàm Thị Ngọc Diệu", 1, False)
    assert (cell.box[0], cell.box[2]) == (named[0].box[0], named[1].box[2])


def test_the_heads_of_a_table_are_no_labels() -> None:
    fields = scanning.extract_fields([written(LIST)], scanning.classify([written(LIST)]))
    assert not {"position", "full_name", "birth_date", "rank_code"} & fields.keys()


def test_a_reader_that_went_down_the_columns_gives_the_same_rows() -> None:
    page = written(LIST)
    by_column = sorted(page.words, key=lambda word: (round(word.box[0] / 80), word.box[1]))
    shuffled = [Word(w.text, w.box, w.confidence, w.suspect, line) for line, w in enumerate(by_column)]
    assert table([replace(page, words=tuple(shuffled))], "members") == table([page], "members")


TRAINING = lines(
    cells(0.10, (0.10, "Tên trường"), (0.33, "Chuyên ngành"), (0.52, "Từ tháng, năm"), (0.68, "Hình thức"),
          (0.84, "Văn bằng,")),
    cells(0.12, (0.33, "đào tạo"), (0.52, "đến tháng, năm"), (0.68, "đào tạo"), (0.84, "chứng chỉ")),
    cells(0.16, (0.08, "Trường Chính trị tỉnh"), (0.32, "Lý luận chính trị"), (0.52, "03/2000 -"), (0.68, "Tại chức"),
          (0.84, "Trung cấp")),
    cells(0.18, (0.08, "Lam Thượng"), (0.52, "06/2002")),
    cells(0.22, (0.08, "Trường Đại học Lam"), (0.32, "Xây dựng Đảng"), (0.52, "9/2005 -"), (0.68, "Chính quy"),
          (0.84, "Cử nhân")),
    cells(0.24, (0.08, "Giang"), (0.52, "7/2009")),
)  # fmt: skip


def test_heads_and_cells_over_several_lines_are_one_head_and_one_cell() -> None:
    page = written((HEAD, *TRAINING, Text("28) Tóm tắt quá trình công tác", 0.29)))
    assert table([page], "training") == [
        {
            "school": "Trường Chính trị tỉnh Lam Thượng",
            "subject": "Lý luận chính trị",
            "from": "2000-03",
            "to": "2002-06",
            "form": "Tại chức",
            "award": "Trung cấp",
        },
        {
            "school": "Trường Đại học Lam Giang",
            "subject": "Xây dựng Đảng",
            "from": "2005-09",
            "to": "2009-07",
            "form": "Chính quy",
            "award": "Cử nhân",
        },
    ]


CAREER_HEAD = cells(0.9, (0.1, "Từ tháng, năm đến tháng, năm"), (0.5, "Chức danh, chức vụ, đơn vị công tác"))
CAREER = (
    ("03/1985 - 03/1988", "Chiến sĩ biên phòng"),
    ("01/1993 - 05/2004", "Chuyên viên Ban Dân vận Huyện uỷ Vân Khởi"),
    ("6/2004 - nay", "Chủ nhiệm Uỷ ban Kiểm tra Huyện uỷ Vân Khởi"),
)


def career(first: float, rows: Sequence[tuple[str, str]] = CAREER) -> list[Text]:
    return lines(*(cells(first + 0.03 * i, (0.1, when), (0.38, what)) for i, (when, what) in enumerate(rows)))


def test_a_table_goes_on_over_the_page_with_its_head_again_or_without() -> None:
    head = cells(0.84, (0.1, "Từ tháng, năm đến tháng, năm"), (0.5, "Chức danh, chức vụ, đơn vị công tác"))
    first = written((HEAD, *head, *career(0.87, CAREER[:2])))
    again = cells(0.1, (0.1, "Từ tháng, năm đến tháng, năm"), (0.5, "Chức danh, chức vụ, đơn vị công tác"))
    for second in (career(0.1, CAREER[2:]), [*again, *career(0.13, CAREER[2:])]):
        pages = [first, written((centred("2", 0.03), *second, Text("29) Đặc điểm lịch sử bản thân", 0.3)))]
        assert table(pages, "career") == [
            {"from": "1985-03", "to": "1988-03", "what": "Chiến sĩ biên phòng"},
            {"from": "1993-01", "to": "2004-05", "what": "Chuyên viên Ban Dân vận Huyện uỷ Vân Khởi"},
            {"from": "2004-06", "what": "Chủ nhiệm Uỷ ban Kiểm tra Huyện uỷ Vân Khởi"},
        ]
        fields = scanning.extract_fields(pages, scanning.classify(pages))
        assert [fields[f"career.{row}.what"].page for row in (1, 2, 3)] == [1, 1, 2]


def test_both_tables_of_a_family_are_one_and_end_where_the_next_part_begins() -> None:
    heads = ((0.09, "Quan hệ"), (0.26, "Họ và tên"), (0.47, "Năm sinh"), (0.62, "Nghề nghiệp, nơi ở"))
    page = written(
        (
            HEAD,
            *cells(0.20, *heads),
            *cells(0.23, (0.09, "Bố đẻ"), (0.22, "Lò Tiến Lữ"), (0.48, "1935"), (0.57, "Làm ruộng, xã Bãi Trữ")),
            *cells(0.26, (0.09, "Vợ"), (0.22, "Lê Ngọc Diễm"), (0.48, "1966"), (0.57, "Công nhân")),
            Text("b) Về bên vợ (hoặc chồng): Cha, Mẹ, anh chị em ruột", 0.30, 0.1),
            *cells(0.33, *heads),
            *cells(0.36, (0.09, "Mẹ vợ"), (0.22, "Lý Thị Gấm"), (0.48, "1944"), (0.57, "Buôn bán nhỏ")),
            Text("CAM ĐOAN VÀ KÝ TÊN", 0.40, 0.1),
            Text("Lam Giang, ngày 20 tháng 8 năm 2019", 0.44, 0.5),
        )
    )
    rows = table([page], "family")
    assert [(row["relation"], row["full_name"], row["birth_date"]) for row in rows] == [
        ("Bố đẻ", "Lò Tiến Lữ", "1935"),
        ("Vợ", "Lê Ngọc Diễm", "1966"),
        ("Mẹ vợ", "Lý Thị Gấm", "1944"),
    ]
    assert rows[2]["about"] == "Buôn bán nhỏ"


def test_the_newer_form_has_from_and_to_unit_and_post_apart() -> None:
    page = written(
        (
            HEAD,
            *cells(0.20, (0.1, "Từ"), (0.22, "Đến"), (0.42, "Đơn vị công tác"), (0.75, "Chức danh/chức vụ")),
            *cells(
                0.23, (0.09, "9/1998"), (0.21, "5/2004"), (0.33, "Phòng Nội vụ huyện Vân Khởi"), (0.74, "Chuyên viên")
            ),
            *cells(0.26, (0.09, "6/2004"), (0.21, "nay"), (0.33, "Sở Nội vụ tỉnh Lam Giang"), (0.74, "Phó Giám đốc")),
        )
    )
    assert table([page], "career") == [
        {"from": "1998-09", "to": "2004-05", "unit": "Phòng Nội vụ huyện Vân Khởi", "position": "Chuyên viên"},
        {"from": "2004-06", "unit": "Sở Nội vụ tỉnh Lam Giang", "position": "Phó Giám đốc"},
    ]


def test_a_pay_history_printed_across_comes_as_rows() -> None:
    page = written(
        (
            HEAD,
            *cells(0.20, (0.1, "Tháng/năm"), (0.32, "01/2015"), (0.5, "01/2018"), (0.68, "01/2021")),
            *cells(0.23, (0.1, "Mã ngạch/bậc"), (0.31, "01.003/5"), (0.49, "01.003/6"), (0.67, "01.003/7")),
            *cells(0.26, (0.1, "Hệ số lương"), (0.31, "3,66"), (0.49, "3,99"), (0.67, "4,32")),
        )
    )
    assert table([page], "salary_history") == [
        {"from": "2015-01", "rank_code": "01.003", "salary_step": "5", "salary_coefficient": "3.66"},
        {"from": "2018-01", "rank_code": "01.003", "salary_step": "6", "salary_coefficient": "3.99"},
        {"from": "2021-01", "rank_code": "01.003", "salary_step": "7", "salary_coefficient": "4.32"},
    ]


def test_a_career_written_without_a_table_is_one() -> None:
    page = written(
        (
            centred("TIỂU SỬ TÓM TẮT", 0.05, size=16),
            Text("16) Tóm tắt quá trình công tác:", 0.1),
            Text("- Từ tháng 9/1998 đến 5/2004: Giáo viên Trường Tiểu học Nậm Ỷ", 0.13),
            Text("- Từ 6/2004 - 10/2011: Chuyên viên Phòng Nội vụ huyện Vân Khởi, kiêm nhiệm", 0.16),
            Text("Bí thư Chi đoàn cơ quan", 0.18, 0.2),
            Text("- Từ 11/2011 đến nay: Phó Trưởng phòng Nội vụ", 0.21),
            Text("Lam Giang, ngày 30 tháng 5 năm 2022", 0.3, 0.5),
        )
    )
    assert table([page], "career") == [
        {"from": "1998-09", "to": "2004-05", "what": "Giáo viên Trường Tiểu học Nậm Ỷ"},
        {
            "from": "2004-06",
            "to": "2011-10",
            "what": "Chuyên viên Phòng Nội vụ huyện Vân Khởi, kiêm nhiệm Bí thư Chi đoàn cơ quan",
        },
        {"from": "2011-11", "what": "Phó Trưởng phòng Nội vụ"},
    ]


def test_dirt_between_cells_neither_joins_rows_nor_ends_the_table() -> None:
    page = written(LIST)
    third = next(word for word in page.words if word.text == "Đàm")
    x0, y0, x1, y1 = third.box
    dirt = (
        Word("|", (x0 - 12, y0 - 30, x0 - 9, y1 + 30), 30.0, True, 90),
        Word("_", (x0 - 12, y1 + 2, x1 + 200, y1 + 4), 20.0, True, 91),
        Word("«'», ", (350, y0, 358, y1), 12.0, True, 92),
    )
    assert table([replace(page, words=(*page.words, *dirt))], "members") == table([page], "members")


def test_words_thrown_anywhere_and_thousands_of_rows_end_in_time() -> None:
    rng = Random(7)
    vocabulary = (
        "Họ",
        "và",
        "tên",
        "Ngày",
        "sinh",
        "Từ",
        "Đến",
        "TT",
        "03/1985",
        "-",
        "|",
        "1",
        ":",
        "....",
        "\u0300",
        "Ð",
    )
    words = []
    for number in range(2500):
        x, y = rng.randrange(0, 1600), rng.randrange(0, 2300)
        box = (x, y, x + rng.randrange(1, 200), y + rng.randrange(1, 60))
        words.append(Word(rng.choice(vocabulary), box, rng.uniform(-1, 100), False, number // 7))
    wild = PageReading(1654, 2339, 0, 0.0, "plain", False, "", tuple(words), False, 50.0)
    for cell in scanning.extract_fields([wild, wild], scanning.classify([wild])).values():
        assert cell.confidence < 0.5 or cell.confidence >= 0.9
    long = [
        text for row in range(200) for text in cells(0.2 + row * 0.02, (0.08, str(row)), (0.2, "Lò A"), (0.4, "1980"))
    ]
    head = cells(0.18, (0.08, "TT"), (0.2, "Họ và tên"), (0.4, "Năm sinh"))
    assert len(table([written((HEAD, *head, *long))], "members")) == 200
