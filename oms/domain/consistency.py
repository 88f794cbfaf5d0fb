"""What the papers of one dossier and its record say against each other: three ages, two histories, arithmetic.

Pure: claims come in, contradictions go out, each with the two claims that do not agree so that both papers can be laid
side by side. Numbers a rule may change (least age, probation, gap) are asked of the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from oms.domain.dated_rows import Catalogue
from oms.domain.record_facts import line_of
from oms.domain.record_items import ITEMS, MAIN_COLUMN
from vietnamese.dates import parse_date
from vietnamese.ids import birth_year_of, sex_of
from vietnamese.text import canon

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_WORD = re.compile(r"\w+")
_MOST = 0.8
"""Share of the words of the shorter of two rows that must stand in the longer for both to be one."""


@dataclass(frozen=True)
class Claim:
    """One thing said of the cadre, and where: by the record (``fact_id``) or by a paper.

    ``values`` as a fact keeps them. ``place`` groups what is said in one place: "" the record, else the paper's id.
    """

    item: str
    values: Mapping[str, str]
    place: str = ""
    fact_id: str = ""
    document_id: str = ""
    page_id: str = ""
    box: str = ""
    words: str = ""

    @property
    def value(self) -> str:
        return self.values.get("value", "")

    @property
    def text(self) -> str:
        """The claim as an office writes it."""
        return line_of(self.item, self.values)


@dataclass(frozen=True)
class Contradiction:
    """Two claims that cannot both be right, or one that cannot be; ``rule`` is a key of :data:`MESSAGES`."""

    kind: str
    rule: str
    left: Claim
    right: Claim | None = None


KIND_LABELS: dict[str, str] = {
    "birth": "Tuổi đời",
    "work": "Tuổi nghề",
    "party": "Tuổi Đảng",
    "education": "Trình độ",
    "career": "Quá trình công tác",
    "identity": "Giấy tờ tuỳ thân",
    "military": "Quân đội",
    "future": "Ngày trong tương lai",
}

MESSAGES: dict[str, str] = {
    "birth.differ": "Ngày sinh không giống nhau.",
    "work.differ": "Ngày tuyển dụng không giống nhau.",
    "work.first": "Không dòng nào của quá trình công tác bắt đầu vào ngày tuyển dụng.",
    "party.joined": "Ngày vào Đảng không giống nhau.",
    "party.official": "Ngày chính thức vào Đảng không giống nhau.",
    "party.age": "Vào Đảng khi chưa đủ tuổi theo Điều lệ.",
    "party.probation": "Ngày chính thức sớm hơn thời gian dự bị cho phép.",
    "education.differ": "Trình độ ghi không giống nhau.",
    "education.above": "Có văn bằng cao hơn trình độ đã ghi.",
    "education.below": "Không có dòng đào tạo nào ứng với trình độ đã ghi.",
    "career.overlap": "Hai dòng công tác chồng thời gian lên nhau.",
    "career.gap": "Giữa hai dòng công tác có khoảng trống.",
    "career.dates": "Cùng một việc nhưng thời gian ghi khác nhau.",
    "career.words": "Cùng thời gian bắt đầu nhưng việc ghi khác nhau.",
    "identity.differ": "Số giấy tờ hoặc giới tính ghi không giống nhau.",
    "identity.year": "Năm sinh không khớp số căn cước.",
    "identity.sex": "Giới tính không khớp số căn cước.",
    "military.order": "Ngày xuất ngũ trước ngày nhập ngũ.",
    "future.date": "Ngày này còn ở phía trước.",
}

# item, message: one value is meant, wherever it stands
_ONE_VALUE = (
    ("birth_date", "birth.differ"),
    ("recruited_on", "work.differ"),
    ("party_joined_on", "party.joined"),
    ("party_official_on", "party.official"),
    ("general_education", "education.differ"),
    ("highest_qualification", "education.differ"),
    ("political_theory", "education.differ"),
    ("citizen_id", "identity.differ"),
    ("old_id", "identity.differ"),
    ("sex", "identity.differ"),
)
_PAST = (
    "birth_date", "recruited_on", "party_joined_on", "party_official_on", "enlisted_on", "discharged_on",
    "id_issued_on", "revolution_joined_on",
)  # fmt: skip
# levels a diploma's words stand for, in the list of qualifications
_DEGREES = "chuyen_mon"


NUMBERS = frozenset(
    {"citizen_id", "old_id", "party_card_no", "staff_code", "social_insurance_no", "health_insurance_no", "phone"}
)
"""Items that are a number somebody was given: dots, blanks and dashes in it are how it was written, not what it is."""


def _number(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def alike(item: str, left: str, right: str, catalogue: Catalogue) -> bool:
    """Whether two values of a single item say the same: one code, the same words, or one date less exact.

    A number is the same however it is parted: 64.849336 is 64849336.
    """
    if canon(" ".join(left.split())) == canon(" ".join(right.split())):
        return True
    if item in NUMBERS:
        return _number(left) == _number(right) != ""
    if _DATE.fullmatch(left) and _DATE.fullmatch(right):
        shorter = min(len(left), len(right))
        return left[:shorter] == right[:shorter]
    list_code = ITEMS[item].list_code
    code = catalogue.code_of(list_code, left) if list_code else ""
    return bool(code) and code == catalogue.code_of(list_code, right)


def row_key(item: str, values: Mapping[str, str]) -> tuple[str, str, str]:
    """What makes a table's row the same row wherever it stands: its beginning and its main words."""
    since = values.get("from") or values.get("year") or ""
    return item, since, canon(" ".join(_main(item, values).split()))


@dataclass(frozen=True)
class RowSign:
    """What a table's row is known by wherever it stands, worked out once for many comparisons."""

    key: tuple[str, str, str]
    since: str
    words: frozenset[str]


def sign_of(item: str, values: Mapping[str, str]) -> RowSign:
    """The sign of a row: its key, its beginning, and the words of its other columns."""
    columns = [column.key for column in ITEMS[item].columns if column.key not in ("from", "to", "year")]
    words = frozenset(_WORD.findall(canon(" ".join(values.get(column, "") for column in columns))))
    return RowSign(row_key(item, values), values.get("from") or values.get("year") or "", words)


def near(left: RowSign, right: RowSign) -> bool:
    """Whether two rows begin alike and most words of the shorter stand in the longer: one row, written twice."""
    if left.key[0] != right.key[0]:
        return False
    if left.since != right.since and not _dates_meet(left.since, right.since):
        return False
    return _most(left.words, right.words)


def _dates_meet(left: str, right: str) -> bool:
    return bool(_DATE.fullmatch(left) and _DATE.fullmatch(right)) and _same_month(left, right)


def _most(left: frozenset[str], right: frozenset[str]) -> bool:
    shorter = min(len(left), len(right))
    return shorter > 0 and len(left & right) >= _MOST * shorter


def _main(item: str, values: Mapping[str, str]) -> str:
    main = values.get(MAIN_COLUMN.get(item, ""), "")
    return main or " ".join(values[key] for key in ("position", "unit", "award", "about") if values.get(key))


def _said(key: str, left: Claim, right: Claim | None = None) -> Contradiction:
    return Contradiction(key.partition(".")[0], key, left, right)


def contradictions(claims: Sequence[Claim], catalogue: Catalogue, today: date) -> list[Contradiction]:
    """Everything in the claims that cannot stand together, in the order a record is read."""
    found = [
        *_of_values(claims, catalogue),
        *_of_work(claims),
        *_of_education(claims, catalogue),
        *_of_career(claims, catalogue, today),
        *_of_arithmetic(claims, catalogue, today),
    ]
    order = list(KIND_LABELS)
    return sorted(_each_once(found), key=lambda each: order.index(each.kind))


def _each_once(found: Iterable[Contradiction]) -> list[Contradiction]:
    """A history copied from paper to paper keeps its gap; one line is enough."""
    kept: dict[tuple[str, ...], Contradiction] = {}
    for each in found:
        texts = sorted((each.left.text, each.right.text if each.right else ""))
        kept.setdefault((each.rule, *texts), each)
    return list(kept.values())


def _of_values(claims: Sequence[Claim], catalogue: Catalogue) -> Iterator[Contradiction]:
    """Each other way a single value is written, against the first."""
    for item, key in _ONE_VALUE:
        different: list[Claim] = []
        # the most exact date first: a year alone would hide that two days of it differ
        for claim in sorted(_singles(claims, item), key=_exactness, reverse=True):
            if not any(alike(item, claim.value, other.value, catalogue) for other in different):
                different.append(claim)
        for other in different[1:]:
            yield _said(key, different[0], other)


def _exactness(claim: Claim) -> int:
    return len(claim.value) if _DATE.fullmatch(claim.value) else 0


def _singles(claims: Iterable[Claim], item: str) -> list[Claim]:
    return [claim for claim in claims if claim.item == item and claim.value]


def _rows(claims: Iterable[Claim], item: str) -> dict[str, list[Claim]]:
    """The rows of a table by where they stand, each place in the order of days."""
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.item == item:
            found.setdefault(claim.place, []).append(claim)
    for rows in found.values():
        rows.sort(key=lambda claim: claim.values.get("from", ""))
    return found


def month_of(value: str) -> int | None:
    """Months since the year 0 of a date known at least to the month; None otherwise."""
    known = parse_date(value) if _DATE.fullmatch(value) else None
    return known.year * 12 + known.month - 1 if known and known.month else None


def _of_work(claims: Sequence[Claim]) -> Iterator[Contradiction]:
    """The day of recruitment against the career rows of the same place, else of the fullest place."""
    careers = _rows(claims, "career")
    fullest = max(careers.values(), key=len, default=[])
    seen = set()
    for claim in _singles(claims, "recruited_on"):
        rows = [row for row in careers.get(claim.place, fullest) if _DATE.fullmatch(row.values.get("from", ""))]
        starts = [row.values["from"] for row in rows]
        matched = any(_same_month(claim.value, start) for start in starts)
        if rows and not matched and claim.value not in seen:
            seen.add(claim.value)
            yield _said("work.first", claim, rows[0])


def _same_month(left: str, right: str) -> bool:
    shorter = min(len(left), len(right), 7)
    return left[:shorter] == right[:shorter]


def _degree(words: str, catalogue: Catalogue) -> int:
    """The level a diploma stands for; 0 when it is none of the list."""
    return catalogue.order(_DEGREES, catalogue.code_in(_DEGREES, words))


def _of_education(claims: Sequence[Claim], catalogue: Catalogue) -> Iterator[Contradiction]:
    courses = [(_degree(c.values.get("award", ""), catalogue), c) for c in claims if c.item == "training"]
    highest = max(courses, key=lambda pair: pair[0], default=(0, None))
    stated = [(_degree(c.value, catalogue), c) for c in _singles(claims, "highest_qualification")]
    level, course = highest
    for said, claim in stated[:1]:
        if course is None or not level or not said or said == level:
            continue
        yield _said("education.above" if level > said else "education.below", claim, course)


def _of_career(claims: Sequence[Claim], catalogue: Catalogue, today: date) -> Iterator[Contradiction]:
    places = _rows(claims, "career")
    gap, overlap = (int(catalogue.number(f"career.{name}", today)) for name in ("gap", "overlap"))
    for rows in places.values():
        yield from _within(rows, gap, overlap)
    # the record first, then the fullest: what a later place has beyond them is held against those after it
    known: list[_Line] = []
    for place in sorted(places, key=lambda place: (place != "", -len(places[place]))):
        lines = [_line_of(row) for row in places[place]]
        yield from _between(known, lines)
        known += [line for line in lines if not any(_one_line(line, other) for other in known)]


@dataclass(frozen=True)
class _Line:
    """A career row with what comparing it needs, worked out once."""

    claim: Claim
    words: frozenset[str]
    since: str
    until: str


def _line_of(claim: Claim) -> _Line:
    said = " ".join(claim.values.get(key, "") for key in ("what", "position", "unit"))
    days = (claim.values.get(key, "") for key in ("from", "to"))
    since, until = (day if _DATE.fullmatch(day) else "" for day in days)
    return _Line(claim, frozenset(_WORD.findall(canon(said))), since, until)


def _one_line(left: _Line, right: _Line) -> bool:
    return _starts_alike(left, right) and _most(left.words, right.words)


def _within(rows: Sequence[Claim], gap: int, overlap: int) -> Iterator[Contradiction]:
    """One history by itself: rows that lie over each other, months nobody accounts for."""
    until: tuple[int, Claim] | None = None
    for row in rows:
        start, end = month_of(row.values.get("from", "")), month_of(row.values.get("to", ""))
        if start is not None and until is not None:
            if until[0] - start > overlap:
                yield _said("career.overlap", until[1], row)
            elif start - until[0] > gap:
                yield _said("career.gap", until[1], row)
        if end is not None and (until is None or end >= until[0]):
            until = (end, row)


def _between(known: Sequence[_Line], lines: Sequence[_Line]) -> Iterator[Contradiction]:
    """Two histories: the same words at other times, the same beginning with other words."""
    for line in lines:
        alike_words = [other for other in known if _most(line.words, other.words)]
        together = [other for other in alike_words if _starts_alike(line, other)]
        if together:
            if not any(_ends_alike(line, other) for other in together):
                yield _said("career.dates", together[0].claim, line.claim)
        elif alike_words and line.since:
            other = next((other for other in alike_words if not _explained(other, lines)), None)
            if other is not None and other.since:
                yield _said("career.dates", other.claim, line.claim)
        elif not alike_words:
            begun = next((other for other in known if _starts_alike(line, other)), None)
            if begun is not None and not any(_most(begun.words, each.words) for each in lines):
                yield _said("career.words", begun.claim, line.claim)


def _explained(line: _Line, others: Sequence[_Line]) -> bool:
    """Whether some row says the same of the same time, so that another like it is a second row of the kind."""
    return any(_one_line(line, other) for other in others)


def _starts_alike(left: _Line, right: _Line) -> bool:
    return bool(left.since and right.since) and _same_month(left.since, right.since)


def _ends_alike(left: _Line, right: _Line) -> bool:
    """Unless both say an end, they do not contradict each other."""
    return not (left.until and right.until) or _same_month(left.until, right.until)


def _of_arithmetic(claims: Sequence[Claim], catalogue: Catalogue, today: date) -> Iterator[Contradiction]:
    yield from _of_party(claims, catalogue, today)
    yield from _of_number(claims)
    enlisted, discharged = _first(claims, "enlisted_on"), _first(claims, "discharged_on")
    if enlisted and discharged and _before(discharged.value, enlisted.value):
        yield _said("military.order", enlisted, discharged)
    seen = set()
    for claim in claims:
        if claim.item in _PAST and _DATE.fullmatch(claim.value) and (claim.item, claim.value) not in seen:
            seen.add((claim.item, claim.value))
            if claim.value > today.isoformat()[: len(claim.value)]:
                yield _said("future.date", claim)


def _first(claims: Sequence[Claim], item: str) -> Claim | None:
    return next((claim for claim in _singles(claims, item) if _DATE.fullmatch(claim.value)), None)


def _before(left: str, right: str) -> bool:
    """Surely before: as far as both are known."""
    shorter = min(len(left), len(right))
    return left[:shorter] < right[:shorter]


def _later(value: str, months: int) -> str:
    """The date so many months later, as exact as it is known."""
    known = parse_date(value)
    if known is None:
        return value
    if known.month is None:
        return f"{known.year + months // 12:04d}"
    at = known.year * 12 + known.month - 1 + months
    day = f"-{known.day:02d}" if known.day else ""
    return f"{at // 12:04d}-{at % 12 + 1:02d}{day}"


def _of_party(claims: Sequence[Claim], catalogue: Catalogue, today: date) -> Iterator[Contradiction]:
    born, joined, official = (_first(claims, key) for key in ("birth_date", "party_joined_on", "party_official_on"))
    age = int(catalogue.number("party.minimum_age", today))
    probation = int(catalogue.number("party.probation", today))
    if born and joined and _before(joined.value, _later(born.value, 12 * age)):
        yield _said("party.age", born, joined)
    if joined and official and _before(official.value, _later(joined.value, probation)):
        yield _said("party.probation", joined, official)


def _of_number(claims: Sequence[Claim]) -> Iterator[Contradiction]:
    """The birth year and sex that the twelve digits hold."""
    number = next(iter(_singles(claims, "citizen_id")), None)
    year = birth_year_of(number.value) if number else None
    if number is None or year is None:
        return
    sex = {"male": "Nam", "female": "Nữ"}.get(sex_of(number.value) or "")
    for claim in _singles(claims, "birth_date")[:1]:
        if claim.value[:4] != str(year):
            yield _said("identity.year", number, claim)
    for claim in _singles(claims, "sex")[:1]:
        if claim.value != sex:
            yield _said("identity.sex", number, claim)
