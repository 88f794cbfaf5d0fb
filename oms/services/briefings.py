"""The quarterly briefing on tasks (giao ban): what was to be done in a quarter by unit and by directive, what is late.

A task is in play in a quarter when it was given by its end and neither done nor withdrawn before it began; it is told
as it stood on the quarter's last day, or today when that is still to come. Secret directives are in no briefing.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.case_clock import late_by
from oms.domain.directives import Quarter, Tally
from oms.domain.journal import Verb
from oms.domain.list_edits import shown_day
from oms.errors import InvalidInput
from oms.services import catalogues, days_off, directives, outgoing
from oms.services.house import What, note, require_role
from oms.services.report_tables import STYLE
from oms.store import directives as store
from oms.store import people, units
from oms.store.case_tables import Directive, TaskReport
from oms.store.db import UnitOfWork
from oms.store.directives import Period, TaskRow
from oms.store.tables import Unit

MOST_OVERDUE = 2000
HEADINGS = ("Tổng số", "Hoàn thành", "Đúng hạn", "Chậm hạn", "Đang thực hiện", "Quá hạn", "Tỷ lệ hoàn thành")


@dataclass(frozen=True)
class ByDirective:
    """A directive's line."""

    directive: Directive
    tally: Tally


@dataclass(frozen=True)
class ByUnit:
    """A unit's line."""

    unit: Unit
    tally: Tally


@dataclass(frozen=True)
class Late:
    """A task past its last day, how many working days, and what its owner said of it last."""

    row: TaskRow
    owner: str
    days: int
    said: TaskReport | None


@dataclass(frozen=True)
class Briefing:
    """A quarter's briefing over some units; ``unit`` None is every unit the reader manages tasks of."""

    quarter: Quarter
    as_of: date
    unit: Unit | None
    total: Tally
    by_directive: tuple[ByDirective, ...]
    by_unit: tuple[ByUnit, ...]
    overdue: tuple[Late, ...]


def made(
    uow: UnitOfWork, principal: Principal, quarter: Quarter, unit_path: str, now: datetime, form: str = ""
) -> Briefing:
    """The briefing; journalled, as an export when it leaves in a ``form``. InvalidInput for a quarter to come."""
    require_role(principal, Action.TASK_MANAGE, Verb.DIRECTIVE_OPEN)
    today = directives.today(now)
    if quarter.first > today:
        raise InvalidInput("quy", "Quý này chưa đến.")
    view, session = visibility(principal, Action.TASK_MANAGE), uow.session
    known = {unit.path: unit for unit in directives.choosable(uow, principal)}
    unit = known.get(unit_path)
    if unit_path and unit is None:
        raise InvalidInput("don-vi", "Hãy chọn đơn vị trong danh sách.")
    period = Period(quarter.first, quarter.last, min(today, quarter.last))
    by_directive, by_unit = store.in_period(session, view, period, unit_path)
    heads = store.headings(session, view, by_directive)
    late = _late(uow, principal, period, unit_path)
    verb = Verb.DIRECTIVE_EXPORT if form else Verb.DIRECTIVE_OPEN
    target = Target(unit.path) if unit else None
    detail = {"quarter": quarter.code, "tasks": sum(t.total for t in by_unit.values()), "form": form}
    note(uow, principal, verb, now, what=What("briefing", quarter.code), target=target, detail=detail)
    lines = [ByDirective(heads[each], tally) for each, tally in by_directive.items() if each in heads]
    named = units.of_ids(session, sorted(by_unit))
    return Briefing(
        quarter,
        period.as_of,
        unit,
        sum(by_unit.values(), Tally()),
        tuple(sorted(lines, key=_worst_first)),
        tuple(ByUnit(each, by_unit[each.id]) for each in named),
        tuple(late),
    )


def _worst_first(line: ByDirective) -> tuple[int, date, str]:
    return -line.tally.overdue, line.directive.issued_on or date.min, line.directive.id


def _late(uow: UnitOfWork, principal: Principal, period: Period, path: str) -> list[Late]:
    rows = store.overdue_in(uow.session, visibility(principal, Action.TASK_MANAGE), period, path, MOST_OVERDUE)
    said = store.newest_reports(uow.session, [row.task.id for row in rows])
    names = people.names_of(uow.session, {row.task.owner_id for row in rows if row.task.owner_id})
    calendar = days_off.calendar(catalogues.load(uow), period.as_of)
    return [
        Late(
            row,
            names.get(row.task.owner_id or "", ""),
            late_by(period.as_of, row.task.due, calendar),
            said.get(row.task.id),
        )
        for row in rows
    ]


def cells(tally: Tally) -> tuple[int, ...]:
    """The counts of a line in the order of :data:`HEADINGS`; its ratio stands after them."""
    return tally.total, tally.done, tally.on_time, tally.done_late, tally.in_hand, tally.overdue


def excel(briefing: Briefing, words: Mapping[str, str]) -> bytes:
    """The briefing as an Excel file of three sheets. ``words``: title and under, as the page says them."""
    out = io.BytesIO()
    book = outgoing.new_workbook(out)
    bold = book.add_format({"bold": True, "border": 1, "text_wrap": True, "valign": "top"})
    plain = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
    title = book.add_format({"bold": True, "font_size": 13})
    sheets = {
        "Theo đơn vị": _table(["Đơn vị"], [((each.unit.name,), each.tally) for each in briefing.by_unit], briefing),
        "Theo văn bản": _table(
            ["Số, ký hiệu", "Trích yếu"],
            [((each.directive.number, each.directive.title), each.tally) for each in briefing.by_directive],
            briefing,
        ),
        "Quá hạn": _overdue_lines(briefing),
    }
    for name, lines in sheets.items():
        sheet = book.add_worksheet(name)
        sheet.write_string(0, 0, words["title"], title)
        sheet.write_string(1, 0, words["under"])
        for number, line in enumerate(lines, start=3):
            for place, cell in enumerate(line):
                form = bold if number == 3 else plain
                if isinstance(cell, int):
                    sheet.write_number(number, place, cell, form)
                else:
                    sheet.write_string(number, place, cell, form)
        sheet.set_column(0, 1, 36)
        sheet.set_column(2, 9, 14)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.freeze_panes(4, 0)
    book.close()
    return out.getvalue()


Line = list[str | int]


def _table(heads: list[str], rows: list[tuple[tuple[str, ...], Tally]], briefing: Briefing) -> list[Line]:
    lines: list[Line] = [[*heads, *HEADINGS]]
    lines += [[*names, *cells(tally), tally.ratio.words] for names, tally in rows]
    blank = [""] * (len(heads) - 1)
    return [*lines, ["Tổng cộng", *blank, *cells(briefing.total), briefing.total.ratio.words]]


def _overdue_lines(briefing: Briefing) -> list[Line]:
    lines: list[Line] = [
        [
            "Số",
            "Nhiệm vụ",
            "Đơn vị",
            "Người chịu trách nhiệm",
            "Hạn",
            "Ngày làm việc chậm",
            "Tiến độ (%)",
            "Báo cáo mới nhất",
        ]
    ]
    for each in briefing.overdue:
        task = each.row.task
        lines.append(
            [
                *(task.number, task.title, each.row.unit.name, each.owner, shown_day(task.due)),
                *(each.days, task.percent, each.said.text if each.said else "chưa có báo cáo"),
            ]
        )
    return lines


def pdf(html: str) -> bytes:
    """The briefing's page as PDF; only what is in the page is drawn."""
    return outgoing.pdf(html, [STYLE])
