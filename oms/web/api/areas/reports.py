"""Figures of work and the lists behind them, contests of figures, dates coming due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.figures import CASE_LABELS, Period, containing, period_of
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput
from oms.services import count_contests, dues, figures
from oms.services.dues import DueFilter, Setting
from oms.services.figures import Asked as Question
from oms.web.api import shapes as s
from oms.web.api.areas.dossiers import UNIT_PATH
from oms.web.api.areas.units import BLOCKS
from oms.web.api.operations import Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Paged, Told, WordsAsked

PERIOD = r"^(|\d{4}|\d{4}-Q[1-4]|\d{4}-(0[1-9]|1[0-2]))$"
DUE = "/dues/<int(max=2147483647):due_id>"


class WorkTold(Told):
    """Cases counted."""

    received = s.number()
    on_time = s.number()
    late = s.number()
    refused = s.number()
    withdrawn = s.number()
    in_hand = s.number()
    in_hand_late = s.number()
    mean_tenths = s.number("mean", maybe=True)
    p90 = s.number(maybe=True)


class FigureLine(Told):
    """A line of figures."""

    name = s.text()
    work = s.one(WorkTold)
    before = s.one(WorkTold)
    narrowed = s.table()


class FiguresTold(Told):
    """Figures of a period."""

    period = s.text("asked.period.text")
    lines = s.each(FigureLine)
    total = s.one(WorkTold)
    before = s.one(WorkTold)


class FigureQuestion(Asked):
    """A period (2026, 2026-Q4, 2026-11; this month when left out), by what, and what it is narrowed to."""

    period = fields.String(load_default="", validate=validate.Regexp(PERIOD))
    by = s.choice("unit", "procedure", "person", optional=True, default="unit")
    unit = fields.String(load_default="", validate=UNIT_PATH)
    own = s.yes()
    code = s.words(60)
    person = s.reference(optional=True)
    secret = s.yes()


class FigureCases(FigureQuestion, Paged):
    """The same, and which figure."""

    measure = s.choice(*CASE_LABELS, optional=True, default="received")


class CountedTold(Told):
    """A case a figure counts."""

    id = s.text("case.id")
    number = s.text("case.number")
    code = s.text("case.code")
    state = s.text("case.state")
    received_on = s.on("case.received_on")
    due = s.on("case.due")


def period_asked(call: Call, text: str) -> Period:
    """The period a request names, this month when it names none."""
    try:
        return period_of(text) if text else containing(day_in_hanoi(call.now), "month")
    except ValueError:
        raise InvalidInput("period", "Kỳ thống kê chưa đúng.") from None


def _question(call: Call) -> Question:
    said: Mapping[str, Any] = call.query
    names = ("by", "unit", "own", "code", "person", "secret")
    return Question(period_asked(call, said["period"]), *(said[name] for name in names))


@reads("/figures", Action.COUNT_VIEW, "reports", FiguresTold, query=FigureQuestion)
def get_figures(call: Call) -> Any:
    """Cases by unit, procedure or person."""
    return figures.view(call.uow, call.who, _question(call), call.now)


@reads("/figures/cases", Action.COUNT_VIEW, "reports", CountedTold, listed=True, query=FigureCases)
def list_figure_cases(call: Call) -> Listed:
    """The very cases a figure counts."""
    measure = call.query["measure"]
    found = figures.listing(call.uow, call.who, _question(call), measure, call.size, call.offset, call.now)
    return Listed(found.rows, found.total)


@reads("/figures/mine", Action.COUNT_VIEW, "reports", FiguresTold, query=FigureQuestion)
def get_own_figures(call: Call) -> Any:
    """One's own figures."""
    return figures.own_figures(call.uow, call.who, _question(call), call.now)


class ContestTold(Told):
    """A figure that somebody says is wrong."""

    id = s.text("contest.id")
    period = s.text("contest.period")
    measure = s.text("contest.measure")
    figure = s.text("contest.figure")
    note = s.text("contest.note")
    state = s.text("contest.state")
    answer = s.text("contest.answer")
    by = s.text("account.id")
    at = s.at("contest.at")


class WantedContests(Paged):
    """Which contests."""

    state = s.choice("open", "answered", optional=True, default="open")


class ContestAsked(Asked):
    """Which figure of one's own, and what is wrong with it."""

    period = fields.String(required=True, validate=validate.Regexp(PERIOD.replace("(|", "(")))
    measure = s.words(40, 1)
    note = s.words(2000, 1)


@reads("/figures/contests", Action.CASE_STEER, "reports", ContestTold, listed=True, query=WantedContests)
def list_contests(call: Call) -> Listed:
    """Figures that are contested in scope."""
    state = call.query["state"]
    return Listed(*count_contests.listed(call.uow, call.who, state, call.size, call.offset, call.now))


@posts("/figures/contests", Action.COUNT_VIEW, "reports", ContestAsked)
def contest_figure(call: Call) -> Made:
    """Says that a figure of one's own is wrong."""
    asked = call.body
    period = period_asked(call, asked["period"]).text
    return Made(count_contests.contest(call.uow, call.who, period, asked["measure"], asked["note"], call.now).id)


@posts("/figures/contests/<contest_id>/answer", Action.CASE_STEER, "reports", WordsAsked)
def answer_contest(call: Call, contest_id: str) -> None:
    """Answers a contest, once."""
    count_contests.answer(call.uow, call.who, contest_id, call.body["words"], call.now)


class DueTold(Told):
    """A date that comes due."""

    id = s.number("row.due.id")
    kind = s.text("row.due.kind")
    subject = s.text("row.due.subject")
    due_on = s.on("row.due.due_on")
    days_left = s.number()
    dossier_id = s.text("row.dossier.id")
    name = s.text("row.cadre.full_name")
    basis = s.table()


class WantedDues(Paged):
    """Which dates."""

    kind = s.words(40)
    block = s.choice("", *BLOCKS, optional=True)
    unit = fields.String(load_default="", validate=UNIT_PATH)
    days_ahead = s.whole(0, 3650, default=0)


class OverrideAsked(Asked):
    """A date set by hand (dd/mm/yyyy), or the matter settled, with the legal basis."""

    due_on = s.words(10)
    settled = s.yes()
    legal_basis = s.words(500)
    reason = s.words(1000)


class OverrideTold(Told):
    """What was set or settled by hand."""

    id = s.text("override.id")
    kind = s.text("override.kind")
    due_on = s.on("override.due_on")
    reason = s.text("override.reason")
    legal_basis = s.text("override.legal_basis")
    dossier_id = s.text("dossier.id")


@reads("/dues", Action.ALERT_LIST, "reports", DueTold, listed=True, query=WantedDues)
def list_dues(call: Call) -> Listed:
    """Dates coming due in scope, the earliest first."""
    asked = call.query
    until = day_in_hanoi(call.now) + timedelta(days=asked["days_ahead"])
    wanted = DueFilter(until, asked["kind"], asked["unit"], asked["block"])
    return Listed(*dues.list_dues(call.uow, call.who, wanted, call.size, call.offset, call.now))


@reads(DUE, Action.ALERT_OVERRIDE, "reports", DueTold)
def get_due(call: Call, due_id: int) -> Any:
    """One date: why it comes due."""
    return dues.find_due(call.uow, call.who, due_id, call.now)


@posts(DUE + "/override", Action.ALERT_OVERRIDE, "reports", OverrideAsked)
def override_due(call: Call, due_id: int) -> None:
    """Sets the date by hand, or says that the matter is settled."""
    said = call.body
    asked = Setting("", "", said["due_on"], said["settled"], said["legal_basis"], said["reason"])
    dues.override(call.uow, call.who, due_id, asked, call.now)


@reads("/due-overrides", Action.ALERT_OVERRIDE, "reports", OverrideTold, listed=True)
def list_due_overrides(call: Call) -> Listed:
    """Everything that was set or settled by hand."""
    return Listed(*dues.list_overrides(call.uow, call.who, call.size, call.offset, call.now))


@posts("/due-overrides/<override_id>/withdraw", Action.ALERT_OVERRIDE, "reports")
def withdraw_due_override(call: Call, override_id: str) -> None:
    """Takes back what was set by hand."""
    dues.withdraw(call.uow, call.who, override_id, call.now)
