"""The tables of forms and lists: what their columns are called, and what each column holds."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz

from scanning.layout import compact

CLOSE = 84.0
# "Từ", "Đến", "TT": one wrong letter of so few makes another word
_SHORT = 5


@dataclass(frozen=True)
class Column:
    """A column: ``key`` of its cells ("" for one that is not kept) and ``kind``, how they are read.

    ``labels`` are the ways its head is printed, folded to letters and figures.
    """

    key: str
    kind: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class TableKind:
    """A kind of table: ``key`` of its rows, its columns, and those without which a head is not one of it."""

    key: str
    columns: tuple[Column, ...]
    needed: tuple[frozenset[str], ...]


def _column(key: str, kind: str, *labels: str) -> Column:
    return Column(key, kind, tuple(compact(label) for label in labels))


_NUMBER = _column("number", "count", "TT", "STT", "Số TT", "Số thứ tự", "T T")
_FROM = _column("from", "date", "Từ", "Từ ngày", "Từ tháng năm", "Từ tháng", "Từ năm")
_TO = _column("to", "date", "Đến", "Đến ngày", "Đến tháng năm", "Đến tháng", "Đến năm")
_PERIOD = _column(
    "period", "period", "Từ tháng, năm đến tháng, năm", "Từ tháng năm - đến tháng năm", "Từ - đến", "Thời gian",
    "Thời gian học", "Thời gian đào tạo", "Từ ngày tháng năm đến ngày tháng năm", "Thời gian công tác",
    "Tháng năm", "Từ năm đến năm", "Thời gian từ tháng năm đến tháng năm",
)  # fmt: skip
_WORK = "Chức danh, chức vụ, đơn vị công tác"
_ABOUT = "Quê quán, nghề nghiệp, chức danh"

TABLES: tuple[TableKind, ...] = (
    TableKind(
        "career",
        (
            _PERIOD, _FROM, _TO,
            _column("what", "cell", _WORK, f"{_WORK} (đảng, chính quyền, đoàn thể)",
                    f"{_WORK} (đảng, chính quyền, đoàn thể, tổ chức xã hội)",
                    f"{_WORK} (đảng, chính quyền, đoàn thể, tổ chức xã hội), kể cả thời gian được đào tạo",
                    "Làm việc gì, chức vụ, ở đâu", "Làm gì, ở đâu, chức vụ gì", "Chức danh, chức vụ, nơi công tác",
                    "Làm công việc gì, giữ chức vụ gì, ở đâu", "Công việc, chức vụ, đơn vị công tác"),
            _column("unit", "cell", "Đơn vị công tác", "Đơn vị công tác (đảng, chính quyền, đoàn thể, tổ chức xã hội)",
                    "Cơ quan, đơn vị công tác", "Nơi công tác"),
            _column("position", "cell", "Chức danh/chức vụ", "Chức danh, chức vụ", "Chức vụ"),
        ),
        (frozenset(("period", "what")), frozenset(("from", "to", "what")), frozenset(("period", "unit", "position")),
         frozenset(("from", "to", "unit", "position"))),
    ),
    TableKind(
        "training",
        (
            _PERIOD, _FROM, _TO,
            _column("school", "cell", "Tên trường", "Tên cơ sở đào tạo", "Tên trường, cơ sở đào tạo", "Cơ sở đào tạo",
                    "Tên trường hoặc cơ sở đào tạo", "Nơi học", "Tên cơ sở"),
            _column("subject", "cell", "Chuyên ngành đào tạo", "Chuyên ngành đào tạo, bồi dưỡng", "Ngành học",
                    "Ngành học hoặc tên lớp học", "Chuyên ngành", "Tên ngoại ngữ", "Tên ngoại ngữ/tiếng dân tộc",
                    "Ngành học, tên lớp học"),
            _column("form", "cell", "Hình thức đào tạo", "Hình thức", "Hình thức học", "Hệ đào tạo"),
            _column("award", "cell", "Văn bằng", "Văn bằng, chứng chỉ", "Văn bằng, chứng chỉ, trình độ gì", "Chứng chỉ",
                    "Văn bằng, trình độ", "Văn bằng được cấp", "Chứng chỉ được cấp", "Văn bằng, chứng chỉ, trình độ"),
            _column("score", "cell", "Điểm số", "Xếp loại"),
        ),
        (frozenset(("school", "subject")), frozenset(("school", "award")), frozenset(("subject", "award"))),
    ),
    TableKind(
        "family",
        (
            _NUMBER,
            _column("relation", "relation", "Quan hệ", "Mối quan hệ", "Quan hệ với bản thân"),
            _column("full_name", "name", "Họ và tên", "Họ tên", "Họ, chữ đệm và tên"),
            _column("birth_date", "date", "Năm sinh", "Ngày sinh", "Ngày, tháng, năm sinh"),
            _column("about", "cell", f"{_ABOUT}, chức vụ, đơn vị công tác, học tập, nơi ở",
                    f"{_ABOUT}, đơn vị công tác",
                    f"{_ABOUT}, đơn vị công tác, nơi ở", "Nghề nghiệp, chỗ ở, đơn vị công tác", "Nghề nghiệp", _ABOUT,
                    "Nghề nghiệp, nơi ở", "Nghề nghiệp, nơi công tác, chỗ ở",
                    f"{_ABOUT}, chức vụ, đơn vị công tác, học tập, nơi ở (trong, ngoài nước); "
                    "thành viên các tổ chức chính trị - xã hội"),
        ),
        (frozenset(("relation", "full_name")),),
    ),
    TableKind(
        "salary_history",
        (
            _PERIOD, _FROM, _TO,
            _column("rank_code", "code", "Mã số", "Mã ngạch", "Mã ngạch/bậc", "Ngạch/bậc"),
            _column("salary_step", "number", "Bậc lương", "Bậc"),
            _column("salary_coefficient", "number", "Hệ số lương", "Hệ số"),
            _column("amount", "cell", "Tiền lương theo vị trí việc làm", "Lương theo mức tiền"),
        ),
        (frozenset(("from", "salary_coefficient")), frozenset(("period", "salary_coefficient"))),
    ),
    TableKind(
        "rewards_table",
        (
            _column("year", "date", "Năm", "Năm khen thưởng"),
            _column("work_rating", "cell", "Xếp loại chuyên môn"),
            _column("emulation_rating", "cell", "Xếp loại thi đua"),
            _column("form", "cell", "Hình thức khen thưởng", "Hình thức", "Danh hiệu, hình thức khen thưởng"),
            _column("authority", "cell", "Cơ quan quyết định", "Cấp quyết định", "Cấp khen thưởng"),
        ),
        (frozenset(("year", "form")),),
    ),
    TableKind(
        "discipline_table",
        (
            _FROM, _TO,
            _column("year", "date", "Năm"),
            _column("form", "cell", "Hình thức", "Hình thức kỷ luật"),
            _column("violation", "cell", "Hành vi vi phạm chính", "Hành vi vi phạm", "Lý do"),
            _column("authority", "cell", "Cơ quan quyết định", "Cấp quyết định"),
        ),
        (frozenset(("form", "violation")),),
    ),
    TableKind(
        "members",
        (
            _NUMBER,
            _column("full_name", "name", "Họ và tên", "Họ tên", "Họ và tên khai sinh", "Họ, chữ đệm và tên"),
            _column("birth_date", "date", "Ngày sinh", "Năm sinh", "Ngày, tháng, năm sinh", "Ngày tháng năm sinh"),
            _column("sex", "sex", "Giới tính", "Nam/nữ", "Nam, nữ"),
            _column("home_place", "cell", "Quê quán"),
            _column("position", "cell", "Chức vụ", "Chức vụ, chức danh", "Chức danh", "Chức vụ, đơn vị công tác",
                    "Chức vụ hiện tại", "Chức vụ, nơi công tác"),
            _column("unit", "cell", "Đơn vị", "Đơn vị công tác", "Cơ quan, đơn vị", "Nơi công tác", "Chi bộ"),
            _column("rank_title", "cell", "Ngạch", "Tên ngạch", "Ngạch công chức"),
            _column("rank_code", "code", "Mã ngạch", "Mã số", "Mã số ngạch"),
            _column("salary_step", "number", "Bậc", "Bậc lương"),
            _column("salary_coefficient", "number", "Hệ số", "Hệ số lương", "Hệ số mới"),
            _column("salary_from", "date", "Ngày hưởng", "Thời điểm hưởng", "Hưởng từ ngày"),
            _column("party_joined_on", "date", "Ngày vào Đảng", "Ngày kết nạp"),
            _column("party_official_on", "date", "Ngày chính thức"),
            _column("highest_qualification", "cell", "Trình độ chuyên môn", "Trình độ", "Chuyên môn"),
            _column("political_theory", "cell", "Lý luận chính trị", "Trình độ LLCT", "LLCT"),
            _column("ethnicity", "cell", "Dân tộc"),
            _column("citizen_id", "id", "Số căn cước công dân", "Số CCCD", "Số căn cước"),
            _column("party_card_no", "digits", "Số thẻ đảng viên", "Số thẻ đảng", "Số TĐV"),
            _column("note", "cell", "Ghi chú"),
        ),
        (frozenset(("full_name", "birth_date")), frozenset(("number", "full_name", "position")),
         frozenset(("number", "full_name", "unit"))),
    ),
)  # fmt: skip
"""The kinds of tables, the most particular first: a family's names must not be taken for a list of members."""


def closeness(text: str, column: Column) -> float:
    """Return how well the folded text of a head fits a column, 0 to 100; what is too far is 0."""
    best = 0.0
    for label in column.labels:
        if len(label) <= _SHORT:
            score = 100.0 if text == label else 0.0
        else:
            score = fuzz.ratio(text, label, score_cutoff=CLOSE)
        best = max(best, score)
    return best


def columns_of(kind: TableKind, heads: tuple[str, ...]) -> tuple[float, tuple[Column | None, ...]]:
    """Return how many heads fit columns of a kind (each worth up to 1), and the column of each head or None.

    A column is taken once, by the head that fits it best; (0, …) if the columns the kind needs are not there.
    """
    scored = sorted(
        (
            (closeness(text, column), place, column)
            for place, text in enumerate(heads)
            if text
            for column in kind.columns
        ),
        key=lambda item: -item[0],
    )
    taken: dict[int, Column] = {}
    total = 0.0
    for score, place, column in scored:
        if score and place not in taken and all(column.key != other.key for other in taken.values()):
            taken[place] = column
            total += score / 100
    keys = {column.key for column in taken.values()}
    found = tuple(taken.get(place) for place in range(len(heads)))
    return (total, found) if any(needed <= keys for needed in kind.needed) else (0.0, found)
