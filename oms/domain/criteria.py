"""Criteria over records as data: conditions in nested groups, read strictly from JSON, told as a sentence. Pure.

Dates of records may be partial ("1961", "08/1961"). **A condition on a date holds when it holds for every day the
date may mean** ("sure"); when it holds for some of these days only, the person is "in doubt": counted and shown
apart, so that "1961" is neither lost nor wrongly matched. Under "not" the two change places. A value that is
missing meets no condition, and so does meet a "not". What is still going on has no end yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from oms.domain.criteria_fields import ARGUMENTS, FIELDS, OPS, POST_LEVELS, Field, Kind
from oms.domain.dated_rows import Catalogue, folded
from oms.domain.organisation import BLOCK_LABELS, Block
from oms.domain.record_items import ITEMS
from oms.domain.sent_text import broken_within
from vietnamese.dates import parse_date

VERSION = 1
DEEPEST, MOST, LONGEST = 4, 30, 8000
OLDEST = 130


class BadCriteria(ValueError):
    """Criteria that cannot be read; ``field`` is the argument at fault ("" the whole), ``words`` say why."""

    def __init__(self, words: str, field: str = "") -> None:
        super().__init__(words)
        self.words, self.field = words, field


@dataclass(frozen=True)
class Condition:
    """One condition: what is asked, how it compares, with which arguments (all text, blanks left out)."""

    what: str
    op: str
    said: Mapping[str, str]

    @property
    def field(self) -> Field:
        return FIELDS[self.what]


@dataclass(frozen=True)
class Group:
    """Conditions and groups of which all, or any, must hold; ``negated``: must not. Without parts it asks nothing."""

    join: str = "all"
    parts: tuple[Condition | Group, ...] = ()
    negated: bool = False


@dataclass(frozen=True)
class Criteria:
    """A question: its group, and the day ages and terms are counted on (None: the day it is asked)."""

    root: Group = Group()
    on: date | None = None

    @property
    def conditions(self) -> list[Condition]:
        return list(conditions_of(self.root))


def conditions_of(group: Group) -> Iterator[Condition]:
    """Every condition, however deep."""
    for part in group.parts:
        if isinstance(part, Group):
            yield from conditions_of(part)
        else:
            yield part


def parse(text: str) -> Criteria:
    """Criteria from their JSON; BadCriteria says what is wrong. The codes are looked at by :func:`checked`."""
    if len(text) > LONGEST:
        raise BadCriteria("Tiêu chí quá dài; hãy bớt điều kiện.")
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        raise BadCriteria("Tiêu chí không đọc được: không phải JSON hợp lệ.") from None
    if broken_within(read):  # JSON writes such a letter in letters that are whole
        raise BadCriteria("Tiêu chí có ký tự hỏng; hãy nhập lại.")
    if not isinstance(read, dict) or set(read) - {"version", "on", "root"} or read.get("version") != VERSION:
        raise BadCriteria("Tiêu chí không đúng mẫu phiên bản 1.")
    found = Criteria(_group(read.get("root"), 1), _day(read.get("on", "")))
    if len(found.conditions) > MOST:
        raise BadCriteria(f"Tiêu chí có hơn {MOST} điều kiện; hãy bớt.")
    return found


def _day(said: Any) -> date | None:
    if said == "":
        return None
    try:
        day = date.fromisoformat(said)
    except (TypeError, ValueError):
        raise BadCriteria("Ngày xét không đúng.", "on") from None
    if not 1900 <= day.year <= 2200:  # ages are counted from it: no day may fall off the calendar
        raise BadCriteria("Ngày xét phải trong khoảng 1900–2200.", "on")
    return day


def _group(read: Any, depth: int) -> Group:
    if depth > DEEPEST:
        raise BadCriteria(f"Nhóm lồng nhau quá {DEEPEST} lớp.")
    known = isinstance(read, dict) and set(read) <= {"join", "parts", "negated"}
    if not known or read.get("join") not in ("all", "any") or not isinstance(read.get("parts"), list):
        raise BadCriteria("Một nhóm điều kiện không đúng mẫu.")
    if not isinstance(read.get("negated", False), bool):
        raise BadCriteria("Một nhóm điều kiện không đúng mẫu.")
    parts: list[Condition | Group] = []
    for part in read["parts"]:
        nested = isinstance(part, dict) and "parts" in part
        parts.append(_group(part, depth + 1) if nested else _condition(part))
    return Group(read["join"], tuple(parts), read.get("negated", False))


def _condition(read: Any) -> Condition:
    if not isinstance(read, dict) or not all(isinstance(value, str) for value in read.values()):
        raise BadCriteria("Một điều kiện không đúng mẫu.")
    what, op = read.get("what", ""), read.get("op", "")
    if what not in FIELDS:
        raise BadCriteria(f"Không có điều kiện tên “{what[:40]}”.")
    kind = FIELDS[what].kind
    if op not in OPS[kind]:
        raise BadCriteria(f"“{FIELDS[what].label}” không so sánh được kiểu “{op[:20]}”.")
    rest = {name: value for name, value in read.items() if name not in ("what", "op") and value.strip()}
    if set(rest) - set(ARGUMENTS[kind]):
        raise BadCriteria(f"“{FIELDS[what].label}” có phần không hiểu được.")
    return Condition(what, op, rest)


def as_json(criteria: Criteria) -> str:
    """The JSON that :func:`parse` reads back as the same criteria."""
    on = criteria.on.isoformat() if criteria.on else ""
    return json.dumps(
        {"version": VERSION, "on": on, "root": _plain(criteria.root)}, ensure_ascii=False, separators=(",", ":")
    )


def _plain(part: Condition | Group) -> dict[str, Any]:
    if isinstance(part, Condition):
        return {"what": part.what, "op": part.op, **part.said}
    return {"join": part.join, "negated": part.negated, "parts": [_plain(each) for each in part.parts]}


def checked(criteria: Criteria, catalogue: Catalogue) -> Criteria:
    """The same with every argument looked at and written one way; BadCriteria names the first that cannot be."""
    return replace(criteria, root=_checked_group(criteria.root, catalogue))


def _checked_group(group: Group, catalogue: Catalogue) -> Group:
    parts = tuple(
        _checked_group(part, catalogue) if isinstance(part, Group) else checked_condition(part, catalogue)
        for part in group.parts
    )
    return replace(group, parts=parts)


def checked_condition(condition: Condition, catalogue: Catalogue) -> Condition:
    """One condition with its arguments looked at: codes known, numbers and dates real, in their order."""
    kind, said = condition.field.kind, dict(condition.said)
    if kind in (Kind.DATE, Kind.AGE, Kind.NUMBER):
        _check_range(condition, said)
    elif kind is Kind.HELD:
        _check_held(said, catalogue)
    elif kind is Kind.TRAINING:
        _need(said, "kind", "award")
        _codes(catalogue, "loai_dao_tao", said.get("kind", ""), "kind")
        _codes(catalogue, "van_bang", said.get("award", ""), "award")
    elif kind is Kind.WORDS:
        said["text"] = " ".join(said.get("text", "").split())
        if ITEMS.get(said.get("item", "")) is None:
            raise BadCriteria("Hãy chọn mục để tìm chữ.", "item")
        if not 2 <= len(folded(said["text"])) <= 100:
            raise BadCriteria("Hãy nhập từ 2 đến 100 ký tự cần tìm.", "text")
    elif kind is Kind.UNIT:
        if not all(part.isdecimal() for part in said.get("path", "").split("/")):
            raise BadCriteria("Hãy chọn đơn vị.", "path")
    elif kind is not Kind.YES:
        _check_codes(condition, said, catalogue)
    return replace(condition, said={name: value for name, value in said.items() if value})


def _check_codes(condition: Condition, said: dict[str, str], catalogue: Catalogue) -> None:
    field = condition.field
    name = "code" if field.kind is Kind.LEVEL else "codes"
    # "" is how a missing value is kept: asked for as a code it would find those who have none
    said[name] = ",".join(filter(None, said.get(name, "").split(",")))
    if not said[name] or (name == "code" and "," in said[name]):
        raise BadCriteria(f"Hãy chọn ít nhất một giá trị của “{field.label}”.", name)
    if field.key == "block":
        if set(said[name].split(",")) - {block for block in Block if block is not Block.ALL}:
            raise BadCriteria("Không có khối này.", name)
    else:
        _codes(catalogue, field.list_code, said[name], name)
    if field.kind is Kind.RATINGS:
        said["times"], said["years"] = (_whole(said.get(key, "1"), key, 1, 20) for key in ("times", "years"))
        if int(said["times"]) > int(said["years"]):
            raise BadCriteria("Số lần không thể nhiều hơn số năm.", "times")


def _need(said: Mapping[str, str], *names: str) -> None:
    if not any(said.get(name) for name in names):
        raise BadCriteria("Hãy chọn ít nhất một mục.", names[0])


def _codes(catalogue: Catalogue, list_code: str, codes: str, name: str) -> None:
    known = {row.code for row in catalogue.history(list_code)}
    unknown = [code for code in codes.split(",") if code and code not in known]
    if unknown:
        raise BadCriteria(f"Danh mục không có mã “{unknown[0][:40]}”.", name)


def _whole(text: str, name: str, least: int, most: int) -> str:
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and least <= int(text) <= most):
        raise BadCriteria(f"Hãy nhập một số từ {least} đến {most}.", name)
    return str(int(text))


def _number(text: str, name: str) -> str:
    try:
        value = float(text.replace(",", ".")) if len(text) <= 12 else -1.0
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1_000_000:
        raise BadCriteria("Hãy nhập một số, ví dụ 4,98.", name)
    return f"{value:g}"


def _date(text: str, name: str) -> str:
    found = parse_date(text)
    if found is None or not 1900 <= found.year <= 2200:
        raise BadCriteria("Ngày chưa đúng: hãy nhập như 05/08/1961, 08/1961 hoặc 1961.", name)
    return found.iso()


def _check_range(condition: Condition, said: dict[str, str]) -> None:
    kind = condition.field.kind
    names = ("value", "to") if condition.op == "between" else ("value",)
    for name in names:
        text = said.get(name, "").strip()
        if kind is Kind.AGE:
            said[name] = _whole(text, name, 0, OLDEST)
        else:
            said[name] = _date(text, name) if kind is Kind.DATE else _number(text, name)
    if condition.op != "between":
        said.pop("to", None)
        return
    first, last = said["value"], said["to"]
    disorder = _first(first) > _last(last) if kind is Kind.DATE else float(first) > float(last)
    if disorder:
        raise BadCriteria("Đầu khoảng phải đứng trước cuối khoảng.", "to")


def _check_held(said: dict[str, str], catalogue: Catalogue) -> None:
    _need(said, "codes", "level", "block")
    _codes(catalogue, "chuc_vu", said.get("codes", ""), "codes")
    if said.get("level", "tinh") not in POST_LEVELS or said.get("block", "party") not in set(Block):
        raise BadCriteria("Không có cấp hoặc khối này.", "level")
    for name in ("since", "until"):
        if said.get(name):
            said[name] = _date(said[name], name)
    if said.get("since") and said.get("until") and _first(said["since"]) >= _first(said["until"]):
        raise BadCriteria("“Sau” phải đứng trước “trước”.", "until")
    if said.get("months"):
        said["months"] = _whole(said["months"], "months", 1, 800)


# days


def _first(partial: str) -> date:
    parts = [int(part) for part in partial.split("-")]
    return date(*([*parts, 1, 1])[:3])


def _last(partial: str) -> date:
    parts = [int(part) for part in partial.split("-")]
    if len(parts) == 3:
        return date(*parts)
    after = date(parts[0] + 1, 1, 1) if len(parts) == 1 or parts[1] == 12 else date(parts[0], parts[1] + 1, 1)
    return after - timedelta(days=1)


@dataclass(frozen=True)
class Bounds:
    """Days from ``since`` on and before ``before``, as ISO text; "" is open."""

    since: str = ""
    before: str = ""


def reached_before(on: date, years: int) -> str:
    """The day before which somebody was born (joined, began) who has so many years on the day.

    Whoever was born on 29 February is a year older on 1 March of a year that has none.
    """
    year = on.year - years
    try:
        same = date(year, on.month, on.day)
    except ValueError:
        return f"{year:04d}-03-01"
    return (same + timedelta(days=1)).isoformat()


def bounds_of(condition: Condition, on: date) -> Bounds:
    """The days a condition on a date or an age asks for."""
    said, op = condition.said, condition.op
    if condition.field.kind is Kind.AGE:
        years = int(said["value"])
        if op == "ge":
            return Bounds(before=reached_before(on, years))
        if op == "lt":
            return Bounds(since=reached_before(on, years))
        return Bounds(since=reached_before(on, int(said["to"]) + 1), before=reached_before(on, years))
    if op == "before":
        return Bounds(before=_first(said["value"]).isoformat())
    if op == "from":
        return Bounds(since=_first(said["value"]).isoformat())
    after = _last(said["to"]) + timedelta(days=1)
    return Bounds(_first(said["value"]).isoformat(), after.isoformat())


def held_bounds(condition: Condition) -> Bounds:
    """For posts: held at some time from ``since`` on, and begun before ``before``."""
    since, until = condition.said.get("since", ""), condition.said.get("until", "")
    return Bounds(_first(since).isoformat() if since else "", _first(until).isoformat() if until else "")


def post_codes(condition: Condition, catalogue: Catalogue) -> list[str]:
    """The codes of the posts meant: those named, of the level, of the block."""
    said = condition.said
    named = set(said["codes"].split(",")) if said.get("codes") else None
    return sorted(
        {
            row.code
            for row in catalogue.history("chuc_vu")
            if (named is None or row.code in named)
            and said.get("level", "") in ("", row.extra.get("level", ""))
            and said.get("block", "") in ("", row.extra.get("block", ""))
        }
    )


def award_codes(award: str, catalogue: Catalogue) -> list[str]:
    """The awards at least as high as this one, in the order of their list."""
    least = catalogue.order("van_bang", award)
    codes = dict.fromkeys(row.code for row in catalogue.history("van_bang"))
    return [code for code in codes if catalogue.order("van_bang", code) >= least]


def list_words(list_code: str, code: str, catalogue: Catalogue) -> list[str]:
    """Every way the list writes a code: its label, its aliases, the code itself."""
    rows = [row for row in catalogue.history(list_code) if row.code == code]
    return list(dict.fromkeys(word for row in rows for word in (row.label, *row.aliases, row.code)))


def block_label(code: str) -> str:
    """A block in words."""
    return BLOCK_LABELS[Block(code)]


def shown_date(partial: str) -> str:
    """A partial date as an office writes it."""
    return "/".join(reversed(partial.split("-")))
