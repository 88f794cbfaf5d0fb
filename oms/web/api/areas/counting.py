"""Figures of paper work, reports on cadres, the briefing on tasks, the report of second looks."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.directives import quarter_of
from oms.domain.figures import PAPER_LABELS, STANDING_LABELS
from oms.domain.records import HANOI, day_in_hanoi
from oms.domain.reports import REPORT_LABELS
from oms.errors import InvalidInput
from oms.services import briefings, check_report, paper_figures, reports
from oms.services.check_report import Wanted
from oms.services.figures import Asked as Question
from oms.services.reports import Scope
from oms.web.api import shapes as s
from oms.web.api.areas.dossiers import UNIT_PATH
from oms.web.api.areas.reports import PERIOD, period_asked
from oms.web.api.areas.units import BLOCKS
from oms.web.api.operations import Call, Listed, reads
from oms.web.api.shapes import Asked, Paged, Told


class PaperWorkTold(Told):
    """Paper work of a period."""

    scanned = s.number()
    filed = s.number()
    checked = s.number()
    compared = s.number()
    wrong = s.number()


class PaperCountLine(Told):
    """A line of figures; ``standing``: parts as they stand, ``of``: of how many."""

    name = s.text()
    work = s.one(PaperWorkTold)
    before = s.one(PaperWorkTold)
    standing = s.counts()
    of = s.counts()
    narrowed = s.table()


class PaperFiguresTold(Told):
    """Paper work by unit or person."""

    period = s.text()
    lines = s.each(PaperCountLine)
    total = s.one(PaperWorkTold)
    before = s.one(PaperWorkTold)
    standing = s.counts()
    of = s.counts()


class PapersAsked(Asked):
    """A period (this month when left out), by unit or person, and what it is narrowed to."""

    period = fields.String(load_default="", validate=validate.Regexp(PERIOD))
    by = s.choice("unit", "person", optional=True, default="unit")
    unit = fields.String(load_default="", validate=UNIT_PATH)
    own = s.yes()
    person = s.reference(optional=True)
    secret = s.yes()


class PaperListAsked(PapersAsked, Paged):
    """The same, which figure, and whether what it counts or (of a share) what it misses."""

    measure = s.choice(*PAPER_LABELS, *STANDING_LABELS, optional=True, default="scanned")
    missing = s.yes()


class CountedPaper(Told):
    """A file, paper or dossier behind a figure."""

    kind = s.text()
    id = s.text()
    title = s.text()
    unit = s.text()
    person = s.text()
    at = s.at(maybe=True)
    amount = s.number()
    secrecy = s.number()


def _question(call: Call) -> Question:
    said = call.query
    return Question(
        period_asked(call, said["period"]), said["by"], said["unit"], said["own"], "", said["person"], said["secret"]
    )


def _shares(of: Any) -> dict[str, dict[str, int]]:
    parts = {name: part for name, (part, _whole) in of.items()}
    return {"standing": parts, "of": {name: whole for name, (_part, whole) in of.items()}}


@reads("/figures/papers", Action.COUNT_VIEW, "reports", PaperFiguresTold, query=PapersAsked)
def get_paper_figures(call: Call) -> Any:
    """Paper work by unit or person, and the shares as they stand."""
    made = paper_figures.view(call.uow, call.who, _question(call), call.now)
    names = ("name", "work", "before", "narrowed")
    lines = [{name: getattr(each, name) for name in names} | _shares(each.standing) for each in made.lines]
    whole = {"period": made.asked.period.text, "lines": lines, "total": made.total, "before": made.before}
    return whole | _shares(made.standing)


@reads("/figures/papers/list", Action.COUNT_VIEW, "reports", CountedPaper, listed=True, query=PaperListAsked)
def list_figure_papers(call: Call) -> Listed:
    """The very files, papers or dossiers a figure counts, or those a share misses."""
    measure = call.query["measure"]
    which = (measure, not call.query["missing"] or measure in PAPER_LABELS)
    found = paper_figures.listing(call.uow, call.who, _question(call), which, call.size, call.offset, call.now)
    return Listed(found.rows, found.number)


class ReportLine(Told):
    """A unit of a report with all that is below it; ``own``: what it holds itself. A masked column is not there."""

    unit_id = s.number("unit.id")
    unit = s.text("unit.name")
    own = s.flag()
    figures = s.counts()


class ShareTold(Told):
    """A value of a structure."""

    key = s.text()
    label = s.text()
    count = s.number()
    women = s.number()


class StructureTold(Told):
    """A structure: age, sex …"""

    name = s.text()
    shares = s.each(ShareTold)


class PostTold(Told):
    """A planned post: persons in it, of these women and young ones."""

    code = s.text()
    label = s.text()
    count = s.number()
    women = s.number()
    young = s.number()


class CadreReport(Told):
    """A report: a table by unit, structures, or planned posts."""

    kind = s.text()
    day = s.on("scope.day")
    people = s.number()
    lines = s.each(ReportLine)
    total = s.counts()
    structures = s.each(StructureTold)
    planned = s.each(PostTold)
    masked = s.flag()
    secrecy = s.number()


class CadreReportAsked(Asked):
    """Which report, over which units, of which block, on which day (today when left out)."""

    kind = s.choice(*REPORT_LABELS)
    unit = fields.String(load_default="", validate=UNIT_PATH)
    block = s.choice("", *(block for block in BLOCKS if block != "all"), optional=True)
    on = s.day()


@reads("/reports", Action.REPORT_VIEW, "reports", CadreReport, query=CadreReportAsked)
def get_report(call: Call) -> Any:
    """Number and quality of cadres, structures, planned posts, staffing, over what one may see."""
    said = call.query
    day = said["on"] or day_in_hanoi(call.now)
    if not 1990 <= day.year <= 2100:
        raise InvalidInput("on", "Ngày phải trong khoảng 1990–2100.")
    made = reports.view(call.uow, call.who, said["kind"], Scope(day, said["unit"], said["block"]), call.now)
    names = ("kind", "scope", "people", "lines", "total", "masked", "secrecy")
    return {name: getattr(made, name) for name in names} | {
        "structures": [{"name": name, "shares": shares} for name, shares in made.structures.items()],
        "planned": [dict(zip(PostTold._declared_fields, each, strict=True)) for each in made.planned],
    }


class TasksTold(Told):
    """Tasks counted."""

    total = s.number()
    done = s.number()
    on_time = s.number()
    done_late = s.number()
    in_hand = s.number()
    overdue = s.number()


class DirectiveTasks(Told):
    """A directive's line."""

    directive_id = s.text("directive.id")
    number = s.text("directive.number")
    tally = s.one(TasksTold)


class UnitTasks(Told):
    """A unit's line."""

    unit_id = s.number("unit.id")
    unit = s.text("unit.name")
    tally = s.one(TasksTold)


class OverdueTask(Told):
    """A task past its last day, how many working days."""

    task_id = s.text("row.task.id")
    title = s.text("row.task.title")
    owner = s.text()
    days = s.number()


class BriefingTold(Told):
    """A quarter's briefing."""

    quarter = s.text("quarter.code")
    as_of = s.on()
    total = s.one(TasksTold)
    by_directive = s.each(DirectiveTasks)
    by_unit = s.each(UnitTasks)
    overdue = s.each(OverdueTask)


class BriefingAsked(Asked):
    """A quarter (2026-Q4), over a unit with all below it."""

    quarter = fields.String(required=True, validate=validate.Regexp(r"^20\d{2}-Q[1-4]$"))
    unit = fields.String(load_default="", validate=UNIT_PATH)


@reads("/briefing", Action.TASK_MANAGE, "directives", BriefingTold, query=BriefingAsked)
def get_briefing(call: Call) -> Any:
    """The quarterly briefing on tasks: by unit and directive, what is late."""
    quarter = quarter_of(call.query["quarter"])
    if quarter is None:
        raise InvalidInput("quarter", "Quý chưa đúng.")
    return briefings.made(call.uow, call.who, quarter, call.query["unit"], call.now)


class LooksTold(Told):
    """Values compared, differences, of these wrong once settled, those not settled."""

    name = s.text()
    papers = s.number()
    checked = s.number("tally.checked")
    differed = s.number("tally.differed")
    wrong = s.number("tally.wrong")
    open = s.number("tally.open")


class LooksReport(Told):
    """Second looks by person and by field, never ranked."""

    by_person = s.each(LooksTold, "persons")
    by_field = s.each(LooksTold, "fields")
    whole = s.one(LooksTold)


class LooksAsked(Asked):
    """Of one batch or all; between which moments."""

    batch_id = s.reference(optional=True)
    since = s.day()
    until = s.day()


@reads("/check-report", Action.CHECK_REPORT, "desk", LooksReport, query=LooksAsked)
def get_check_report(call: Call) -> Any:
    """Error rates of second looks with their counts."""
    said = call.query
    since, until = (datetime.combine(day, time(), HANOI) if day else None for day in (said["since"], said["until"]))
    wanted = Wanted(said["batch_id"], since, until + timedelta(days=1) if until else None)
    return check_report.report(call.uow, call.who, wanted, call.now)
