"""Edits of a list's dated rows: what was typed as a row, and what a change does to the rows there are. Pure.

No row is ever overwritten. A change from a day closes the old row the day before and puts a new one beside it; a
correction puts one row in another's place; ending a row writes its last day. What was stays in the history.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from oms.domain.dated_rows import Row, folded
from oms.domain.fields import squashed
from oms.domain.list_words import EXTRA_LABELS, LIST_KINDS
from vietnamese.dates import parse_date
from vietnamese.text import nfc

ADD, CORRECT, FROM, END, WITHDRAW = "add", "correct", "from", "end", "withdraw"

_CODE = re.compile(r"[0-9A-Za-z_.\-]{1,60}")
_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,6})?")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(\.\d{3})+")
_DAY = timedelta(days=1)
LONGEST = {"label": 2000, "legal_basis": 500, "alias": 200, "text": 1000}
MOST_ALIASES = 100
EXTRA = "extra."
"""Prefix of the names under which the numbers of a row are typed."""


@dataclass(frozen=True)
class Plan:
    """What an edit takes out (live rows) and puts in, each new row with the id of the one it replaces (0: none)."""

    gone: tuple[Row, ...] = ()
    new: tuple[tuple[Row, int], ...] = ()
    warnings: tuple[str, ...] = field(default=())


def day_of(text: str) -> date | None:
    """A whole day as typed (05/08/2026) or as kept (2026-08-05). ValueError when it is neither and not blank."""
    if not text.strip():
        return None
    found = parse_date(text.strip())
    if found is None or found.month is None or found.day is None:
        raise ValueError(text)
    return date(found.year, found.month, found.day)


def shown_day(day: date | None) -> str:
    """A day as an office writes it; "" when open."""
    return f"{day:%d/%m/%Y}" if day else ""


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "json"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list) and all(isinstance(each, str) and ";" not in each for each in value):
        return "texts"
    if isinstance(value, list) and all(isinstance(each, int | float) and not isinstance(each, bool) for each in value):
        return "numbers"
    return "json"


class Shape:
    """The numbers that rows of a list have, learnt from its rows: number, text, texts, numbers or json by key.

    Rows of the list of rules have those of their own code; a new rule the one number ``value``.
    """

    def __init__(self, list_code: str, rows: Iterable[Row]) -> None:
        self.list_code, self._rows = list_code, list(rows)
        self._all = _kinds(LIST_KINDS.get(list_code, {}), self._rows)
        self._own: dict[str, dict[str, str]] = {}
        if list_code == "quy_tac":
            by_code: dict[str, list[Row]] = {}
            for row in self._rows:
                by_code.setdefault(row.code, []).append(row)
            self._own = {code: _kinds({}, some) for code, some in by_code.items()}

    @property
    def is_form(self) -> bool:
        """Whether the rows are the lines of a printed form."""
        return self.list_code.startswith("mau_")

    @property
    def keys(self) -> list[str]:
        """The keys of all numbers that any row of the list has."""
        return sorted(self._all)

    def kinds(self, code: str) -> dict[str, str]:
        """The kinds of the numbers a row of this code has."""
        if self.list_code != "quy_tac":
            return dict(self._all)
        return dict(self._own.get(code, {"value": "number"}))

    def needed(self, code: str) -> frozenset[str]:
        """The numbers a row of this code cannot do without: whoever reckons by it must not find a hole."""
        if self.list_code == "quy_tac":
            return frozenset(self.kinds(code))
        return frozenset({"value"}) if self.list_code == "bien_che" else frozenset()


def _kinds(known: Mapping[str, str], rows: Iterable[Row]) -> dict[str, str]:
    found: dict[str, str] = dict(known)
    for row in rows:
        for key, value in row.extra.items():
            if value == []:
                found.setdefault(key, "texts")
                continue
            kind = _kind_of(value)
            found[key] = kind if found.get(key, kind) == kind else "json"
    return found


def typed_value(value: Any, kind: str = "") -> str:
    """A number of a row as it is typed: a decimal comma, a list with semicolons."""
    if kind == "json" or _kind_of(value) == "json":
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, list):
        return "; ".join(typed_value(each) for each in value)
    return str(value).replace(".", ",") if isinstance(value, int | float) else str(value)


def _number(text: str) -> int | float:
    """A number with a decimal comma or point. ValueError for anything else."""
    plain = text.strip().replace(" ", "")
    plain = plain.replace(".", "") if _THOUSANDS.fullmatch(plain) else plain.replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        raise ValueError(text)
    return float(plain) if "." in plain else int(plain)


def _cleaned(shape: Shape, text: str) -> str:
    """Words with single spaces; those of a form's lines keep their spaces and lines, which are its layout."""
    return nfc(text.replace("\r\n", "\n")) if shape.is_form else squashed(text)


def parsed_value(shape: Shape, kind: str, text: str) -> Any:
    """What was typed as the value it stands for. ValueError when it is none of its kind."""
    if kind == "number":
        return _number(text)
    if kind == "numbers":
        return [_number(part) for part in text.split(";") if part.strip()]
    if kind == "texts":
        return [_cleaned(shape, part).strip(" ") for part in text.split(";") if part.strip()]
    if kind == "json":
        return json.loads(text)
    return _cleaned(shape, text)


_WRONG = {
    "number": "Hãy nhập một số, ví dụ 60 hoặc 4,98.",
    "numbers": "Hãy nhập các số cách nhau bằng dấu chấm phẩy, ví dụ 30; 40; 45.",
    "texts": "Hãy nhập các từ cách nhau bằng dấu chấm phẩy.",
    "json": "Giá trị này chưa đúng dạng JSON.",
    "text": "Giá trị chưa đúng.",
}


def _extra(shape: Shape, typed: Mapping[str, str], code: str, problems: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, kind in shape.kinds(code).items():
        text = typed.get(f"{EXTRA}{key}", "")
        if not text.strip():
            continue
        try:
            found[key] = parsed_value(shape, kind, text)
        except ValueError:
            problems[f"{EXTRA}{key}"] = f"{EXTRA_LABELS.get(key, key)}: {_WRONG[kind]}"
            continue
        if kind == "number" and found[key] < 0:
            problems[f"{EXTRA}{key}"] = f"{EXTRA_LABELS.get(key, key)} không được âm."
    return found


def _judge_numbers(row: Row, needed: frozenset[str], problems: dict[str, str]) -> None:
    for key in sorted(needed):
        if key not in row.extra and f"{EXTRA}{key}" not in problems:
            problems[f"{EXTRA}{key}"] = f"Dòng này cần có giá trị “{EXTRA_LABELS.get(key, key)}”."
    if row.code.startswith("retirement_age."):
        years, months = row.extra.get("years", 60), row.extra.get("months", 0)
        if isinstance(years, int | float) and not 40 <= years <= 80:
            problems.setdefault(f"{EXTRA}years", "Tuổi nghỉ hưu nằm trong khoảng 40–80.")
        if isinstance(months, int | float) and not 0 <= months <= 11:
            problems.setdefault(f"{EXTRA}months", "Số tháng lẻ nằm trong khoảng 0–11.")


def _texts(shape: Shape, typed: Mapping[str, str], problems: dict[str, str]) -> tuple[str, str, str, tuple[str, ...]]:
    code, label = typed.get("code", "").strip(), _cleaned(shape, typed.get("label", ""))
    basis = squashed(typed.get("legal_basis", ""))
    aliases = tuple(dict.fromkeys(squashed(part) for part in typed.get("aliases", "").split(";") if part.strip()))
    if not _CODE.fullmatch(code):
        problems["code"] = "Mã gồm 1–60 chữ cái không dấu, chữ số, dấu chấm, gạch ngang, gạch dưới."
    # a line of a form may have no words of its own
    if (not label and not shape.is_form) or len(label) > LONGEST["label"]:
        problems["label"] = f"Hãy nhập tên gọi, không quá {LONGEST['label']} ký tự."
    if len(basis) > LONGEST["legal_basis"]:
        problems["legal_basis"] = f"Căn cứ không quá {LONGEST['legal_basis']} ký tự."
    if len(aliases) > MOST_ALIASES or any(len(alias) > LONGEST["alias"] for alias in aliases):
        problems["aliases"] = f"Nhiều nhất {MOST_ALIASES} cách viết, mỗi cách không quá {LONGEST['alias']} ký tự."
    return code, label, basis, aliases


def _days(typed: Mapping[str, str], problems: dict[str, str]) -> tuple[date | None, date | None]:
    found: list[date | None] = []
    for name in ("valid_from", "valid_to"):
        try:
            found.append(day_of(typed.get(name, "")))
        except ValueError:
            problems[name] = "Ngày chưa đúng: hãy nhập đủ ngày, tháng, năm, như 05/08/2026."
            found.append(None)
    if found[0] and found[1] and found[1] < found[0]:
        problems["valid_to"] = "Ngày cuối đứng trước ngày đầu."
    return found[0], found[1]


def read_row(shape: Shape, typed: Mapping[str, str]) -> tuple[Row, dict[str, str]]:
    """What was typed as a row, and for each field that cannot be taken what is wrong with it."""
    problems: dict[str, str] = {}
    code, label, basis, aliases = _texts(shape, typed, problems)
    since, until = _days(typed, problems)
    position = typed.get("position", "").strip() or "0"
    if not (position.isascii() and position.isdecimal() and len(position) <= 6):
        problems["position"], position = "Thứ tự là một số nguyên không âm.", "0"
    mark = typed.get("mark", "").strip()
    if mark not in ("", "S", "S2", "M", "?"):
        problems["mark"], mark = "Mức chắc chắn là S, S2, M, ? hoặc để trống.", ""
    extra = _extra(shape, typed, code, problems)
    row = Row(shape.list_code, code, label, aliases, int(position), extra, since, until, basis, mark)
    _judge_numbers(row, shape.needed(code), problems)
    return row, problems


def typed_row(row: Row, shape: Shape) -> dict[str, str]:
    """A row as it is typed; :func:`read_row` with the same shape gives it back."""
    kinds = shape.kinds(row.code)
    found = {
        "code": row.code,
        "label": row.label,
        "aliases": "; ".join(row.aliases),
        "position": str(row.position),
        "valid_from": shown_day(row.valid_from),
        "valid_to": shown_day(row.valid_to),
        "legal_basis": row.legal_basis,
        "mark": row.mark,
    }
    return found | {f"{EXTRA}{key}": typed_value(value, kinds.get(key, "")) for key, value in row.extra.items()}


def same_row(left: Row, right: Row) -> bool:
    """Whether two rows say the same, whoever entered them; a list without entries says as much as none."""
    return _plain(left) == _plain(right)


def _plain(row: Row) -> Row:
    said = {key: value for key, value in row.extra.items() if value not in ([], "")}
    return replace(row, row_id=0, extra=said)


def overlaps(rows: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Pairs of rows of one code that hold on the same day."""
    by_code: dict[str, list[Row]] = {}
    for row in rows:
        by_code.setdefault(row.code, []).append(row)
    found = []
    for some in by_code.values():
        some.sort(key=lambda row: row.valid_from or date.min)
        for earlier, later in itertools.pairwise(some):
            if (later.valid_from or date.min) <= (earlier.valid_to or date.max):
                found.append((earlier, later))
    return found


def gaps(rows: Sequence[Row]) -> list[tuple[date, date]]:
    """Days between the rows of one code on which none of them holds."""
    ordered = sorted(rows, key=lambda row: row.valid_from or date.min)
    found = []
    for earlier, later in itertools.pairwise(ordered):
        if earlier.valid_to and later.valid_from and later.valid_from > earlier.valid_to + _DAY:
            found.append((earlier.valid_to + _DAY, later.valid_from - _DAY))
    return found


def after(rows: Iterable[Row], plan: Plan) -> list[Row]:
    """The live rows of a list once the plan is carried out."""
    out = {row.row_id for row in plan.gone}
    return [row for row in rows if row.row_id not in out] + [row for row, _replaced in plan.new]


def plan_of(act: str, before: Row | None, wanted: Row | None, day: date | None) -> tuple[Plan, dict[str, str]]:
    """The plan of one edit by hand; ``day`` is the first day of a change or the last day of an ended row."""
    if act == ADD and wanted is not None:
        return Plan(new=((wanted, 0),)), {}
    if before is None:
        return Plan(), {"": "Không còn dòng này; hãy tải lại trang."}
    if act == WITHDRAW:
        return Plan(gone=(before,)), {}
    if act == END:
        return _end(before, day)
    if wanted is None:
        return Plan(), {"": "Chưa rõ phải sửa thành gì."}
    if act == FROM:
        return _from(before, wanted, day)
    if same_row(before, wanted):
        return Plan(), {"label": "Chưa có gì thay đổi so với dòng đang có."}
    return Plan((before,), ((wanted, before.row_id),)), {}


def _end(before: Row, day: date | None) -> tuple[Plan, dict[str, str]]:
    if day is None:
        return Plan(), {"day": "Hãy nhập ngày cuối còn hiệu lực."}
    if (before.valid_from and day < before.valid_from) or (before.valid_to and day >= before.valid_to):
        return Plan(), {"day": "Ngày cuối phải nằm trong thời gian hiệu lực của dòng."}
    return Plan((before,), ((replace(before, valid_to=day, row_id=0), before.row_id),)), {}


def _from(before: Row, wanted: Row, day: date | None) -> tuple[Plan, dict[str, str]]:
    if day is None:
        return Plan(), {"day": "Hãy nhập ngày bắt đầu áp dụng."}
    if before.valid_from and day <= before.valid_from:
        return Plan(), {"day": "Ngày áp dụng phải sau ngày đầu của dòng đang có; nếu dòng ấy sai, hãy chọn đính chính."}
    if before.valid_to and day > before.valid_to:
        return Plan(), {"day": "Dòng đang có đã hết hiệu lực trước ngày này; hãy thêm dòng mới."}
    closed = replace(before, valid_to=day - _DAY, row_id=0)
    begun = replace(wanted, code=before.code, valid_from=day, row_id=0)
    if begun.valid_to and begun.valid_to < day:
        return Plan(), {"valid_to": "Ngày cuối đứng trước ngày áp dụng."}
    return Plan((before,), ((closed, before.row_id), (begun, before.row_id))), {}


def judged(rows: Sequence[Row], plan: Plan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What stands against a plan (overlapping days), and what is worth knowing (gaps, words of two codes)."""
    touched = {row.code for row in plan.gone} | {row.code for row, _replaced in plan.new}
    result = after(rows, plan)
    against = [
        f"Mã {left.code}: hai dòng cùng có hiệu lực từ {shown_day(max(left.valid_from or date.min, _since(right)))}."
        for left, right in overlaps([row for row in result if row.code in touched])
    ]
    worth = []
    for code in sorted(touched):
        for first, last in gaps([row for row in result if row.code == code]):
            worth.append(f"Mã {code}: từ {shown_day(first)} đến {shown_day(last)} không có dòng nào.")
    return tuple(against), (*worth, *_two_codes(result, touched))


def _since(row: Row) -> date:
    return row.valid_from or date.min


def _two_codes(rows: Sequence[Row], touched: set[str]) -> list[str]:
    """Words that two codes of a list share, one of them touched: a paper's words then find the first."""
    owners: dict[str, set[str]] = {}
    for row in rows:
        for name in (row.label, *row.aliases):
            owners.setdefault(folded(name), set()).add(row.code)
    shared = [codes for codes in owners.values() if len(codes) > 1 and codes & touched]
    return [f"Các mã {', '.join(sorted(codes))} có chung một cách viết." for codes in shared[:10]]


def file_plan(rows: Sequence[Row], wanted: Sequence[Row], end_missing: bool) -> Plan:
    """The plan of a file of rows: rows are matched by code and first day; those not in it are kept unless told."""
    held = {(row.code, row.valid_from): row for row in rows}
    gone: list[Row] = []
    new: list[tuple[Row, int]] = []
    for row in wanted:
        before = held.pop((row.code, row.valid_from), None)
        if before is None:
            new.append((row, 0))
        elif not same_row(before, row):
            gone.append(before)
            new.append((row, before.row_id))
    if end_missing:
        gone += list(held.values())
    return Plan(tuple(gone), tuple(new))
