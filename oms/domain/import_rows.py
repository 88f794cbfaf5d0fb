"""Rows of a list judged: values as the record keeps them, and every problem by row and column. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from oms.domain.dated_rows import Catalogue, folded
from oms.domain.fields import LONGEST_VALUE, PROBLEMS, Kind, kind_of, squashed
from oms.domain.import_mapping import FEMALE, MALE, NUMBER, UNIT_CODE, ColumnMap
from oms.domain.record_facts import NewFact, Source, cell_key, checked, coded_value
from vietnamese.ids import birth_year_of, sex_of
from vietnamese.legacy import looks_legacy, to_unicode

ERROR, WARNING = "error", "warning"
YOUNGEST, OLDEST = 15, 110
SEEN_EVERY = 200
_SERIAL = re.compile(r"[1-5]\d{4}")
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?[eE]\+?\d+")
_FORMULA = ("=", "+", "@", "\t")
_EPOCH = date(1899, 12, 30)
_MARKS = frozenset("xX✓✔1")


@dataclass(frozen=True)
class Problem:
    """Something about a cell (column -1: the row as a whole). ``beside``: the text converted, or what was read."""

    row: int
    column: int
    level: str
    text: str
    beside: str = ""
    kind: str = ""


@dataclass
class Entry:
    """One person of the list: what identifies them, and the facts that would be kept."""

    row: int
    number: str = ""
    unit_code: str = ""
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    raw: dict[str, dict[str, str]] = field(default_factory=dict)

    def value(self, item: str) -> str:
        return self.values.get(item, {}).get("value", "")

    @property
    def folded_name(self) -> str:
        return folded(self.value("full_name"))

    def facts(self, words: str) -> list[NewFact]:
        """The facts, each with the list and the row it came from."""
        source = Source("import", words=f"{words}, dòng {self.row}")
        return [NewFact(item, kept, source, self.raw[item]) for item, kept in self.values.items() if kept]


@dataclass
class Judged:
    """A whole list judged."""

    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def blame(self, row: int, column: int, level: str, text: str, beside: str = "", kind: str = "") -> None:
        self.problems.append(Problem(row, column, level, text, beside, kind))


def judge(
    rows: Sequence[tuple[int, Sequence[str]]],
    mapping: ColumnMap,
    notes: Mapping[tuple[int, int], str],
    catalogue: Catalogue,
    today: date,
    seen: Callable[[int], None] = lambda _rows: None,
) -> Judged:
    """Every row as an entry with its problems; rows left out by the user are not looked at.

    ``seen`` is told now and then how many rows have been judged.
    """
    judged = Judged()
    for place, (number, cells) in enumerate(rows):
        if not place % SEEN_EVERY:
            seen(place)
        if number not in mapping.skip:
            judged.entries.append(_entry(judged, number, cells, mapping, notes, catalogue, today))
    _doubles(judged, mapping)
    return judged


def _entry(
    judged: Judged,
    row: int,
    cells: Sequence[str],
    mapping: ColumnMap,
    notes: Mapping[tuple[int, int], str],
    catalogue: Catalogue,
    today: date,
) -> Entry:
    entry = Entry(row)
    typed: dict[str, dict[str, str]] = defaultdict(dict)
    places: dict[str, int] = {}
    for place, target in mapping.columns.items():
        text = cells[place] if place < len(cells) else ""
        if not text:
            continue
        text = _clean(judged, row, place, text, mapping.convert.get(place, ""), notes.get((row, place), ""))
        _sort(entry, typed, places, place, target, text)
    for item, columns in typed.items():
        _take(judged, entry, item, columns, places, catalogue)
    _whole(judged, entry, mapping, places, today)
    return entry


def _clean(judged: Judged, row: int, place: int, text: str, encoding: str, odd: str) -> str:
    if odd == "formula":
        judged.blame(row, place, ERROR, "Ô chứa công thức; giá trị không được tính. Hãy dán lại dạng giá trị.", text)
    elif odd == "error":
        judged.blame(row, place, ERROR, "Ô báo lỗi của Excel.", text)
    elif text.startswith(_FORMULA):
        judged.blame(row, place, WARNING, "Ô bắt đầu bằng dấu như công thức; được giữ nguyên là chữ.", text)
    if not text.isprintable() and any(map(_unseen, text)):
        judged.blame(row, place, WARNING, "Ô có ký tự điều khiển không nhìn thấy; chúng được bỏ.", squashed(text))
    if encoding in ("tcvn3", "vni"):
        return to_unicode(text, encoding)  # type: ignore[arg-type]
    old = looks_legacy(text)
    if old:
        words = f"Chữ viết bằng bảng mã cũ ({'TCVN3' if old == 'tcvn3' else 'VNI'}); hãy chuyển mã cả cột."
        judged.blame(row, place, ERROR, words, to_unicode(text, old), old)
    return text


def _unseen(letter: str) -> bool:
    return letter not in "\n\r\t" and unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn")


def _sort(
    entry: Entry, typed: dict[str, dict[str, str]], places: dict[str, int], place: int, target: str, text: str
) -> None:
    if target == NUMBER:
        entry.number, places[NUMBER] = squashed(text), place
    elif target == UNIT_CODE:
        entry.unit_code, places[UNIT_CODE] = squashed(text), place
    elif target in (MALE, FEMALE):
        typed["sex"]["value"], places["sex.value"] = ("Nam" if target == MALE else "Nữ"), place
        if text not in _MARKS:  # many lists write the birth date into the column of the sex
            typed["birth_date"]["value"], places["birth_date.value"] = text, place
    else:
        item, _dot, column = target.partition(".")
        typed[item][column or "value"], places[f"{item}.{column or 'value'}"] = text, place


def _take(
    judged: Judged,
    entry: Entry,
    item: str,
    columns: dict[str, str],
    places: Mapping[str, int],
    catalogue: Catalogue,
) -> None:
    for column, text in list(columns.items()):
        kind = kind_of(cell_key(item, column))
        if kind is Kind.DATE and _SERIAL.fullmatch(text):
            told = (_EPOCH + timedelta(days=int(text))).strftime("%d/%m/%Y")
            words = "Ô ghi số ngày của Excel, không phải ngày; được đọc thành ngày bên cạnh."
            judged.blame(entry.row, places[f"{item}.{column}"], WARNING, words, told)
            columns[column] = told
    kept, wrong = checked(item, columns)
    for column, text in wrong.items():
        judged.blame(entry.row, places[f"{item}.{column}"], ERROR, _why(cell_key(item, column), text), text[:200])
    entry.values[item], entry.raw[item] = kept, columns
    list_code, words = coded_value(item, kept)
    if list_code and words and not catalogue.code_in(list_code, words):
        place = next((places[f"{item}.{c}"] for c, text in kept.items() if text == words), -1)
        said = "Không có trong danh mục; vẫn ghi được, và vào hàng chờ “ngoài danh mục”."
        judged.blame(entry.row, place, WARNING, said, words)


def _why(key: str, text: str) -> str:
    kind = kind_of(key)
    if len(text) > LONGEST_VALUE:
        return PROBLEMS[Kind.TEXT]
    if _SCIENTIFIC.fullmatch(text):
        return "Số đã bị Excel viết gọn (như 1,2E+11) nên mất chữ số. Hãy để cột dạng chữ và nhập lại số."
    if kind is Kind.CITIZEN_ID and text.isdecimal() and len(text) in (10, 11):
        return f"Số căn cước chỉ còn {len(text)} chữ số: có lẽ Excel đã bỏ số 0 ở đầu. Hãy nhập đủ 12 chữ số, dạng chữ."
    if kind is Kind.OLD_ID and text.isdecimal() and len(text) == 8:
        return "Số CMND chỉ còn 8 chữ số: có lẽ Excel đã bỏ số 0 ở đầu. Hãy nhập đủ 9 chữ số, dạng chữ."
    if kind is Kind.DATE and re.fullmatch(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{4}", text):
        return "Không có ngày này trong lịch."
    return PROBLEMS[kind]


def _whole(judged: Judged, entry: Entry, mapping: ColumnMap, places: Mapping[str, int], today: date) -> None:
    columns = {target: place for place, target in mapping.columns.items()}
    if not entry.number:
        judged.blame(entry.row, columns.get(NUMBER, -1), ERROR, "Thiếu số hồ sơ.")
    elif len(entry.number) > 60:
        judged.blame(entry.row, columns.get(NUMBER, -1), ERROR, "Số hồ sơ dài quá 60 ký tự.", entry.number[:80])
    if not entry.value("full_name") and not entry.raw.get("full_name"):
        judged.blame(entry.row, columns.get("full_name", -1), ERROR, "Thiếu họ và tên.")
    _age(judged, entry, places, today)
    _id_says(judged, entry, places)


def _age(judged: Judged, entry: Entry, places: Mapping[str, int], today: date) -> None:
    birth, place = entry.value("birth_date"), places.get("birth_date.value", -1)
    if not birth:
        return
    if birth > today.isoformat()[: len(birth)]:
        judged.blame(entry.row, place, ERROR, "Ngày sinh ở sau ngày hôm nay.", birth)
    elif today.year - int(birth[:4]) < YOUNGEST:
        judged.blame(entry.row, place, ERROR, f"Người này chưa đủ {YOUNGEST} tuổi.", birth)
    elif today.year - int(birth[:4]) > OLDEST:
        judged.blame(entry.row, place, ERROR, f"Người này đã quá {OLDEST} tuổi.", birth)


def _id_says(judged: Judged, entry: Entry, places: Mapping[str, int]) -> None:
    number, place = entry.value("citizen_id"), places.get("citizen_id.value", -1)
    if not number:
        return
    year, birth = birth_year_of(number), entry.value("birth_date")
    if year and birth and int(birth[:4]) != year:
        judged.blame(entry.row, place, WARNING, f"Số căn cước nói năm sinh {year}, khác ngày sinh đã ghi.", number)
    sex, said = sex_of(number), entry.value("sex")
    if sex and said and {"male": "Nam", "female": "Nữ"}.get(str(sex), str(sex)) != said:
        judged.blame(entry.row, place, WARNING, "Số căn cước nói giới tính khác giới tính đã ghi.", number)


def _doubles(judged: Judged, mapping: ColumnMap) -> None:
    """The same person, or the same number, in two rows of the list."""
    columns = {target: place for place, target in mapping.columns.items()}
    for item, words in (("citizen_id", "Số căn cước"), ("old_id", "Số CMND")):
        _same(
            judged, [(e.value(item), e) for e in judged.entries], columns.get(item, -1), words + " này đã có ở dòng {}."
        )
    numbers = [(f"{e.unit_code}\n{e.number}" if e.number else "", e) for e in judged.entries]
    _same(judged, numbers, columns.get(NUMBER, -1), "Số hồ sơ này đã có ở dòng {}.")
    people = [
        (f"{e.folded_name}\n{e.value('birth_date')}", e)
        for e in judged.entries
        if e.value("birth_date") and e.value("full_name") and e.row not in mapping.others
    ]
    words = "Cùng họ tên và ngày sinh với dòng {}: có thể là một người."
    _same(judged, people, columns.get("full_name", -1), words, "namesake")


def _same(judged: Judged, keyed: Sequence[tuple[str, Entry]], place: int, words: str, kind: str = "") -> None:
    first: dict[str, Entry] = {}
    for key, entry in keyed:
        if key and key in first:
            judged.blame(entry.row, place, ERROR, words.format(first[key].row), kind=kind)
        elif key:
            first[key] = entry
