"""What the values of one paper, and of the record it belongs to, say about each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from scanning.field import UNCLEAR, Field, calibrated
from vietnamese.dates import PartialDate, parse_date
from vietnamese.ids import birth_year_of, sex_of
from vietnamese.text import canon, fold

Doubt = tuple[tuple[str, ...], str]

# earlier, later, least years between (0: the same day will do), what a clerk is told
_ORDER: tuple[tuple[str, str, int, str], ...] = (
    ("birth_date", "recruited_on", 14, "tuyển dụng khi chưa đủ tuổi"),
    ("birth_date", "party_joined_on", 18, "vào Đảng khi chưa đủ 18 tuổi"),
    ("birth_date", "party_official_on", 18, "vào Đảng chính thức khi chưa đủ 18 tuổi"),
    ("birth_date", "organisations_joined_on", 9, "vào đoàn thể khi còn quá nhỏ"),
    ("birth_date", "enlisted_on", 15, "nhập ngũ khi chưa đủ tuổi"),
    ("birth_date", "id_issued_on", 14, "cấp căn cước khi chưa đủ tuổi"),
    ("birth_date", "issued_on", 0, "ngày của văn bản trước ngày sinh"),
    ("birth_date", "salary_from", 16, "hưởng lương khi chưa đủ tuổi"),
    ("person_birth_date", "issued_on", 16, "người được nêu chưa đủ tuổi vào ngày ban hành"),
    ("person_birth_date", "effective_on", 16, "người được nêu chưa đủ tuổi vào ngày hiệu lực"),
    ("party_joined_on", "party_official_on", 0, "ngày chính thức trước ngày vào Đảng"),
    ("enlisted_on", "discharged_on", 0, "xuất ngũ trước khi nhập ngũ"),
)
_PARTY_PROBATION = (9, 60)
_EARLIEST_ACT, _EARLIEST_OF_PARTY, _EARLIEST_BIRTH, _EARLIEST_RELATIVE = 1945, 1930, 1900, 1850
_ACTS = (
    "recruited_on", "party_joined_on", "party_official_on", "organisations_joined_on", "enlisted_on", "discharged_on",
    "id_issued_on", "issued_on", "salary_from",
)  # fmt: skip
# years a decision may take effect before it is signed: arrears are usual, decades are not
_ARREARS = 3
_YEARS_AHEAD = 2
_RANKS_OF_TITLES = {
    "chuyenviencaocap": "01.001",
    "chuyenvienchinh": "01.002",
    "chuyenvien": "01.003",
    "cansu": "01.004",
}
# first and last coefficient of the scales by rank (Decree 204/2004/NĐ-CP, table 2)
_SCALES = {"01.001": (6.20, 8.00), "01.002": (4.40, 6.78), "01.003": (2.34, 4.98), "01.004": (1.86, 4.06)}
_OF_RECORD = {
    "full_name": "họ tên khác hồ sơ", "birth_date": "ngày sinh khác hồ sơ", "sex": "giới tính khác hồ sơ",
    "citizen_id": "số căn cước khác hồ sơ", "old_id": "số CMND khác hồ sơ", "home_place": "quê quán khác hồ sơ",
    "birth_place": "nơi sinh khác hồ sơ", "ethnicity": "dân tộc khác hồ sơ", "religion": "tôn giáo khác hồ sơ",
    "party_joined_on": "ngày vào Đảng khác hồ sơ", "party_official_on": "ngày chính thức khác hồ sơ",
    "party_card_no": "số thẻ đảng viên khác hồ sơ", "social_insurance_no": "số BHXH khác hồ sơ",
    "staff_code": "số hiệu cán bộ khác hồ sơ", "person_name": "họ tên khác hồ sơ",
    "person_birth_date": "ngày sinh khác hồ sơ", "recruited_on": "ngày tuyển dụng khác hồ sơ",
}  # fmt: skip
_SAME_FACT = {"person_name": "full_name", "person_birth_date": "birth_date"}


def cross_check(
    fields: Mapping[str, Field], record: Mapping[str, str] | None = None, year: int | None = None
) -> dict[str, Field]:
    """Return the fields, those that contradict each other or the record made doubtful with the reason in Vietnamese.

    ``record`` holds facts already registered of the person, under the same keys, dates as YYYY-MM-DD or shorter. What
    the record confirms word for word is no longer doubted for being hard to read. ``year`` is the last in which an act
    can lie, the present one by default.
    """
    last = year or datetime.now(UTC).year
    checked = dict(fields)
    for keys, reason in (*_of_number(fields), *_of_order(fields), *_of_years(fields, last), *_of_pay(fields)):
        for key in keys:
            if key in checked:
                checked[key] = checked[key].doubting(reason)
    for key, reason in _OF_RECORD.items():
        known = (record or {}).get(key) or (record or {}).get(_SAME_FACT.get(key, ""), "")
        field = checked.get(key)
        if not known or field is None or not field.value:
            continue
        checked[key] = _confirmed(field) if _same(key, field.value, known) else field.doubting(f"{reason}: {known}")
    return checked


def _confirmed(field: Field) -> Field:
    doubts = tuple(reason for reason in field.doubts if reason != UNCLEAR)
    if doubts or not field.doubts:
        return field
    return Field(field.value, field.raw, calibrated(field.confidence, ()), field.page, field.box)


def _same(key: str, value: str, known: str) -> bool:
    if key.endswith(("_on", "_date")):
        shorter = min(len(value), len(known))
        return shorter >= 4 and value[:shorter] == known[:shorter]
    if key.endswith(("_id", "_no")):
        return "".join(filter(str.isalnum, value)) == "".join(filter(str.isalnum, known))
    if key.endswith("_place"):
        words, other = fold(value).replace(",", " ").split(), set(fold(known).replace(",", " ").split())
        return sum(word in other for word in words) >= 0.6 * len(words)
    return canon(value) == canon(known)


def _of_number(fields: Mapping[str, Field]) -> Iterator[Doubt]:
    """Birth year, century and sex against the twelve-digit number (Circular 59/2021/TT-BCA)."""
    number = fields.get("citizen_id")
    if number is None or not number.value:
        return
    year, sex = birth_year_of(number.value), {"male": "Nam", "female": "Nữ"}.get(sex_of(number.value) or "")
    born = fields.get("birth_date")
    if born is not None and born.value and born.value[:4] != str(year):
        yield ("citizen_id", "birth_date"), "năm sinh không khớp số căn cước"
    said = fields.get("sex")
    if said is not None and said.value and said.value != sex:
        yield ("citizen_id", "sex"), "giới tính không khớp số căn cước"


def _date_of(fields: Mapping[str, Field], key: str) -> PartialDate | None:
    field = fields.get(key)
    return parse_date(field.value) if field is not None and field.value else None


def _of_order(fields: Mapping[str, Field]) -> Iterator[Doubt]:
    """Dates in the order a life has them."""
    for earlier, later, years, reason in _ORDER:
        first, second = _date_of(fields, earlier), _date_of(fields, later)
        if (
            first is not None
            and second is not None
            and _months(second) - _months(first) < 12 * years - 11 * (years > 0)
        ):
            yield (earlier, later), reason
    joined, official = _date_of(fields, "party_joined_on"), _date_of(fields, "party_official_on")
    if joined is not None and official is not None:
        months = _months(official) - _months(joined)
        exact = joined.month is not None and official.month is not None
        # twelve months on probation by the Party's rules, more in the wars: longer is asked about, not refused
        if exact and months >= 0 and not _PARTY_PROBATION[0] <= months <= _PARTY_PROBATION[1]:
            yield ("party_joined_on", "party_official_on"), "thời gian dự bị khác thường"
    issued, effective = _date_of(fields, "issued_on"), _date_of(fields, "effective_on")
    if issued is not None and effective is not None and not -_ARREARS <= effective.year - issued.year <= _ARREARS:
        yield ("issued_on", "effective_on"), "ngày hiệu lực xa ngày ban hành"


def _months(date: PartialDate) -> int:
    return 12 * date.year + (date.month or 6)


def _of_years(fields: Mapping[str, Field], last: int) -> Iterator[Doubt]:
    """Acts lie between the first years of the Party and today; a person was born before."""
    for key, field in fields.items():
        name = key.rpartition(".")[2]
        date = parse_date(field.value) if field.value and (name in _ACTS or name.endswith("birth_date")) else None
        if date is None:
            continue
        ahead = 0 if name.endswith("birth_date") else _YEARS_AHEAD
        if not _earliest(key, name) <= date.year <= last + ahead:
            yield (key,), "năm ngoài khoảng hợp lý"
    for key, field in fields.items():
        if key.endswith(".from") and f"{key[:-5]}.to" in fields:
            first, second = parse_date(field.value), parse_date(fields[f"{key[:-5]}.to"].value)
            if first is not None and second is not None and _months(second) < _months(first):
                yield (key, f"{key[:-5]}.to"), "đến trước từ"


def _earliest(key: str, name: str) -> int:
    if name.endswith("birth_date"):
        return _EARLIEST_RELATIVE if key.startswith("family.") else _EARLIEST_BIRTH
    return _EARLIEST_OF_PARTY if name.startswith("party") or name == "organisations_joined_on" else _EARLIEST_ACT


def _of_pay(fields: Mapping[str, Field]) -> Iterator[Doubt]:
    """The rank's title against its code, the coefficient against the rank's scale."""
    code, title = fields.get("rank_code"), fields.get("rank_title")
    known = _RANKS_OF_TITLES.get("".join(filter(str.isalnum, fold(title.value)))) if title is not None else None
    if code is not None and known is not None and code.value in _SCALES and code.value != known:
        yield ("rank_code", "rank_title"), "mã ngạch không khớp tên ngạch"
    coefficient = fields.get("salary_coefficient")
    if coefficient is None or not coefficient.value or code is None or code.value not in _SCALES:
        return
    low, high = _SCALES[code.value]
    if not low - 0.01 <= float(coefficient.value) <= high + 0.01:
        yield ("salary_coefficient", "rank_code"), "hệ số ngoài bảng lương của ngạch"
