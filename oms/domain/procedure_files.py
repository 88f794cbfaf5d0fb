"""The catalogue of procedures as lines of a table file and back: one for each procedure, step, paper, form. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from oms.domain.list_files import LineProblem
from oms.domain.procedures import (
    DAY_KIND_LABELS,
    KIND_LABELS,
    STAGE_LABELS,
    UNIT_LABELS,
    DayKind,
    Kind,
    Paper,
    Procedure,
    Stage,
    Step,
    of_body,
)
from oms.domain.sent_text import is_broken, seen

COLUMNS: Mapping[str, str] = {
    "code": "Mã thủ tục",
    "line": "Dòng",
    "title": "Tên",
    "kind": "Loại",
    "field": "Lĩnh vực",
    "unit": "Đơn vị",
    "days": "Số ngày",
    "day_kind": "Cách tính ngày",
    "subject": "Đối tượng",
    "manner": "Cách thức",
    "key": "Mã bước",
    "stage": "Khâu",
    "next": "Bước kế tiếp",
    "type_code": "Loại tài liệu",
    "copies": "Số bản",
    "required": "Bắt buộc",
    "legal_basis": "Căn cứ",
    "mark": "Mức chắc chắn",
}
LINES: Mapping[str, str] = {"procedure": "thủ tục", "step": "bước", "paper": "giấy tờ", "form": "biểu mẫu"}
YES, NO = "có", "không"


def _named(words: Mapping[Any, str], text: str) -> str:
    """The key of a word, whatever its letters' case; the text itself when it is a key; "" when neither."""
    for key, word in words.items():
        if text.casefold() in (str(key).casefold(), word.casefold()):
            return str(key)
    return ""


def lines_of(procedures: Sequence[Procedure]) -> list[list[str]]:
    """Headings and lines as texts; what :func:`procedures_of` reads back as the same procedures."""
    lines = [list(COLUMNS.values())]
    for each in procedures:
        lines += [[row.get(name, "") for name in COLUMNS] for row in _rows(each)]
    return lines


def _rows(procedure: Procedure) -> list[dict[str, str]]:
    rows = [
        {
            "line": LINES["procedure"],
            "title": procedure.title,
            "kind": KIND_LABELS[procedure.kind],
            "field": procedure.field,
            "unit": procedure.owner,
            "days": str(procedure.days) if procedure.days else "",
            "day_kind": DAY_KIND_LABELS[procedure.day_kind],
            "subject": procedure.subject,
            "manner": procedure.manner,
            "legal_basis": procedure.legal_basis,
            "mark": procedure.mark,
        }
    ]
    for step in procedure.steps:
        rows.append(
            {
                "line": LINES["step"],
                "title": step.title,
                "key": step.key,
                "stage": STAGE_LABELS[step.stage],
                "days": str(step.days) if step.days else "",
                "unit": UNIT_LABELS.get(step.unit, step.unit),
                "next": step.next,
            }
        )
    for paper in procedure.papers:
        rows.append(
            {
                "line": LINES["paper"],
                "title": paper.title,
                "type_code": paper.type_code,
                "copies": str(paper.copies),
                "required": YES if paper.required else NO,
            }
        )
    rows += [{"line": LINES["form"], "title": form} for form in procedure.forms]
    return [{"code": procedure.code} | row for row in rows]


@dataclass
class _Read:
    """What is read of one procedure so far."""

    number: int
    head: dict[str, str]
    steps: list[Step] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)


class _Reading:
    """Lines read one after another, with what is wrong with each."""

    def __init__(self) -> None:
        self.found: dict[str, _Read] = {}
        self.problems: list[LineProblem] = []

    def wrong(self, number: int, column: str, text: str) -> None:
        self.problems.append(LineProblem(number, COLUMNS[column], text))

    def number(self, line: int, row: Mapping[str, str], name: str, otherwise: int = 0) -> int:
        text = row[name]
        if not text:
            return otherwise
        if not (text.isascii() and text.isdigit() and len(text) <= 4):
            self.wrong(line, name, f"“{text[:20]}” không phải số nguyên.")
            return otherwise
        return int(text)

    def word(self, line: int, row: Mapping[str, str], name: str, words: Mapping[Any, str], otherwise: str) -> str:
        if not row[name]:
            return otherwise
        key = _named(words, row[name])
        if not key:
            self.wrong(line, name, f"Không hiểu “{row[name][:40]}”; ghi một trong: {', '.join(words.values())}.")
        return key or otherwise

    def take(self, line: int, row: Mapping[str, str]) -> None:
        kind, code = self.word(line, row, "line", LINES, "procedure"), row["code"]
        if not code:
            self.wrong(line, "code", "Thiếu mã thủ tục.")
        elif kind == "procedure":
            if code in self.found:
                self.wrong(line, "code", f"Thủ tục “{code}” có hai lần.")
            self.found.setdefault(code, _Read(line, dict(row)))
        elif code not in self.found:
            self.wrong(line, "code", f"Dòng này đứng trước dòng thủ tục “{code}”, hoặc không có dòng thủ tục đó.")
        else:
            self._part(line, row, kind, self.found[code])

    def _part(self, line: int, row: Mapping[str, str], kind: str, into: _Read) -> None:
        if kind == "step":
            stage = Stage(self.word(line, row, "stage", STAGE_LABELS, Stage.DRAFT))
            unit = _named(UNIT_LABELS, row["unit"]) or row["unit"] or "receiver"
            key = row["key"] or f"b{len(into.steps) + 1}"
            into.steps.append(Step(key, stage, row["title"], self.number(line, row, "days"), unit, row["next"]))
        elif kind == "paper":
            required = self.word(line, row, "required", {YES: YES, NO: NO}, YES) == YES
            into.papers.append(Paper(row["title"], row["type_code"], self.number(line, row, "copies", 1), required))
        else:
            into.forms.append(row["title"])

    def made(self, code: str, read: _Read) -> Procedure:
        row, line = read.head, read.number
        return Procedure(
            code=code,
            title=row["title"],
            kind=Kind(self.word(line, row, "kind", KIND_LABELS, Kind.PROCEDURE)),
            field=row["field"],
            owner=row["unit"],
            subject=row["subject"],
            manner=row["manner"],
            days=self.number(line, row, "days"),
            day_kind=DayKind(self.word(line, row, "day_kind", DAY_KIND_LABELS, DayKind.WORKING)),
            steps=tuple(read.steps),
            papers=tuple(read.papers),
            forms=tuple(read.forms),
            legal_basis=row["legal_basis"],
            mark=row["mark"],
        )


_PLAIN: Mapping[str, type] = {"str": str, "Kind": str, "DayKind": str, "Stage": str, "int": int, "bool": bool}


def of_json(entry: object) -> Procedure:
    """The procedure of one entry of a JSON file. ValueError, TypeError, KeyError or AttributeError when it is none.

    Every value must be of the kind its field holds: a number in place of a text would break pages long afterwards.
    """
    body = _well_made(Procedure, entry)
    for name, kind in (("steps", Step), ("papers", Paper)):
        body[name] = [_well_made(kind, each) for each in _list(body.get(name, []))]
    body["forms"] = [_text(form) for form in _list(body.get("forms", []))]
    return of_body(body["code"], body)


def _well_made(kind: type[Procedure] | type[Step] | type[Paper], entry: object) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise TypeError(kind.__name__)
    made = dict(entry)
    for each in fields(kind):
        wanted = _PLAIN.get(str(each.type))
        if wanted is None or each.name not in made:
            continue
        if type(made[each.name]) is not wanted:  # True is an int to isinstance
            raise TypeError(each.name)
        if wanted is str:
            made[each.name] = _text(made[each.name])
    return made


def _list(given: object) -> list[Any]:
    if not isinstance(given, list):
        raise TypeError("a list")
    return given


def _text(given: object) -> str:
    if not isinstance(given, str) or is_broken(given):
        raise TypeError("a text")
    return " ".join(seen(given).split())


def procedures_of(
    lines: Sequence[tuple[int, Sequence[str]]], check: Callable[[Procedure], Sequence[str]]
) -> tuple[list[Procedure], list[LineProblem]]:
    """The procedures of a file's lines, (number, cells) with the headings first, and every problem by line and column.

    ``check`` says what is wrong with a whole procedure; that stands at its own line.
    """
    if not lines:
        return [], [LineProblem(0, "", "Tệp không có dòng nào.")]
    named = {word.casefold(): name for name, word in COLUMNS.items()}
    places = {named.get(text.strip().casefold(), ""): place for place, text in enumerate(lines[0][1])}
    missing = [COLUMNS[name] for name in ("code", "line", "title") if name not in places]
    if missing:
        return [], [LineProblem(1, name, "Tệp thiếu cột này.") for name in missing]
    reading = _Reading()
    for number, cells in lines[1:]:
        row = {name: "" for name in COLUMNS}
        for name, place in places.items():
            if name and place < len(cells):
                row[name] = " ".join(cells[place].split())
        if any(row.values()):
            reading.take(number, row)
    made = {code: reading.made(code, read) for code, read in reading.found.items()}
    for code, procedure in made.items():
        for text in check(procedure):
            reading.problems.append(LineProblem(reading.found[code].number, "", f"{code}: {text}"))
    return list(made.values()), sorted(reading.problems, key=lambda each: each.line)
