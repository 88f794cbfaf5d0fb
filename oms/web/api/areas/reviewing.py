"""What reviewers look at beside cases: emergencies, charts, the month's report, rules; the journal kept outside."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.emergencies import Review
from oms.domain.unusual_rules import RULES
from oms.services import anchors, emergencies, review_cases, review_report, review_rules
from oms.services.review_report import Charts
from oms.web.api import shapes as s
from oms.web.api.operations import Call, Listed, posts, reads
from oms.web.api.shapes import Asked, Paged, Told
from oms.web.context import house

EMERGENCY = "/emergency-reviews/<emergency_id>"
MONTH = validate.Regexp(r"^20\d{2}-(0[1-9]|1[0-2])$")


class EmergencyTold(Told):
    """One emergency: who opened which dossier until when, and what its review found. No cadre is named."""

    id = s.text("emergency.id")
    account_id = s.text("account.id")
    person = s.text("account.display_name")
    behalf_of = s.text("emergency.behalf_of")
    dossier_number = s.text("number")
    unit_id = s.number("unit.id")
    reason = s.text("emergency.reason")
    opened_at = s.at("emergency.opened_at")
    until = s.at("emergency.until")
    closed_at = s.at("emergency.closed_at", maybe=True)
    review = s.text("emergency.review")
    review_by = s.on("emergency.review_by")
    reviewed_at = s.at("emergency.reviewed_at", maybe=True)
    review_words = s.text("emergency.review_words")


class EmergencyLook(Told):
    """What was looked at meanwhile."""

    at = s.text()
    verb = s.text()
    label = s.text()


class EmergencyRead(Told):
    """One emergency with every look."""

    row = s.one(EmergencyTold)
    looked = s.each(EmergencyLook)
    may_review = s.flag()


class WantedEmergencies(Paged):
    """Those that wait, or those reviewed."""

    done = s.yes()


class FindingAsked(Asked):
    """What the review found."""

    finding = s.choice(str(Review.JUSTIFIED), str(Review.UNJUSTIFIED), str(Review.ESCALATED))
    words = s.words(1000, 1)


@reads("/emergency-reviews", Action.EMERGENCY_REVIEW, "journal", EmergencyTold, listed=True, query=WantedEmergencies)
def list_emergency_reviews(call: Call) -> Listed:
    """Emergencies that wait for their review, or the last that were reviewed."""
    found = emergencies.reviews(call.uow, call.who, call.now)
    rows = found.done if call.query["done"] else found.open
    return Listed(rows[call.offset : call.offset + call.size], len(rows))


@reads(EMERGENCY, Action.EMERGENCY_REVIEW, "journal", EmergencyRead)
def get_emergency_review(call: Call, emergency_id: str) -> Any:
    """One emergency: why, and every look."""
    return emergencies.look(call.uow, call.who, emergency_id, call.now)


@posts(EMERGENCY, Action.EMERGENCY_REVIEW, "journal", FindingAsked, of="get_emergency_review")
def judge_emergency(call: Call, emergency_id: str) -> None:
    """Says whether it was justified, or passes it on."""
    emergencies.review(call.uow, call.who, emergency_id, call.body["finding"], call.body["words"], call.now)


class DayTold(Told):
    """Readings of a day, and those that nothing explains."""

    day = s.text()
    reads = s.number()
    unexplained = s.number()


class BarTold(Told):
    """Readings of a unit or person, and those that nothing explains."""

    name = s.text("label")
    reads = s.number("count")
    unexplained = s.number("part")


class ChartsTold(Told):
    """Readings by day, weekday and hour (Monday first, 24 hours each), unit and person."""

    since = s.text()
    until = s.text()
    days = s.each(DayTold)
    hours = fields.List(fields.List(fields.Integer()))
    units = s.each(BarTold, "units.bars")
    people = s.each(BarTold, "people.bars")


class ChartsAsked(Asked):
    """Between which days, of everybody or of one person."""

    since = s.day(optional=False)
    until = s.day(optional=False)
    account_id = s.reference(optional=True)


class RuleTold(Told):
    """A rule's weight, the shipped one, and what became of the cases it fired on."""

    rule = s.text()
    weight = s.decimal()
    usual = s.decimal()
    fired = s.number()
    explained = s.number()
    breach = s.number()
    unclear = s.number()
    open = s.number()
    set_by = s.text()
    reason = s.text()


class ReportCase(Told):
    """A case of the month."""

    day = s.text()
    person = s.text()
    dossier = s.text()
    score = s.decimal()
    state = s.text()
    outcome = s.text()
    by = s.text()


class SealTold(Told):
    """A sealed head."""

    size = s.number()
    root = s.text()
    at = s.at()
    key = s.text()


class MonthTold(Told):
    """A month of reading and reviewing; times without a seal or an anchor in seconds."""

    month = s.text()
    totals = s.counts("counts.totals")
    grounds = s.counts("counts.grounds")
    states = s.counts()
    charts = s.one(ChartsTold)
    rules = s.each(RuleTold)
    cases = s.each(ReportCase)
    more_cases = s.number()
    seal = s.one(SealTold, maybe=True)
    unsealed = s.number()
    unanchored = s.number()
    secrecy = s.number()


class MonthAsked(Asked):
    """Which month (2026-11)."""

    month = fields.String(required=True, validate=MONTH)


class WeightAsked(Asked):
    """Another weight for a rule, and why."""

    rule = s.choice(*RULES)
    weight = s.words(10, 1)
    reason = s.words(1000, 1)


def _charts(made: Charts) -> Any:
    days = [{"day": day, "reads": reads_, "unexplained": open_} for day, reads_, open_ in made.days]
    hours = [[cell.reads for cell in line] for line in made.heat]
    return {
        "since": made.since, "until": made.until, "days": days, "hours": hours,
        "units": made.units, "people": made.people,
    }  # fmt: skip


@reads("/review-charts", Action.REVIEW_CASE, "journal", ChartsTold, query=ChartsAsked)
def get_review_charts(call: Call) -> Any:
    """Reading by weekday and hour, by unit and by person."""
    since, until = call.query["since"].isoformat(), call.query["until"].isoformat()
    return _charts(review_report.charts(call.uow, call.who, since, until, call.query["account_id"], call.now))


@reads("/review-report", Action.REVIEW_CASE, "journal", MonthTold, query=MonthAsked)
def get_review_report(call: Call) -> Any:
    """The report of a month."""
    made = review_report.report(call.uow, house(), call.who, call.query["month"], call.now)
    names = ("month", "counts", "states", "rules", "more_cases", "seal", "secrecy")
    cases = [dict(zip(ReportCase._declared_fields, case, strict=True)) for case in made.cases]
    return {name: getattr(made, name) for name in names} | {
        "charts": _charts(made.charts),
        "cases": cases,
        "unsealed": int(made.unsealed.total_seconds()),
        "unanchored": int(made.unanchored.total_seconds()),
    }


@reads("/review-rules", Action.REVIEW_CASE, "journal", RuleTold, listed=True)
def list_review_rules(call: Call) -> Listed:
    """What each rule is worth, and what became of its cases."""
    found = review_rules.statistics(call.uow, call.who, call.now)
    return Listed(found[call.offset : call.offset + call.size], len(found))


@posts("/review-rules", Action.REVIEW_CASE, "journal", WeightAsked)
def set_rule_weight(call: Call) -> None:
    """Sets a rule's weight; days read from now on are judged by it."""
    said = call.body
    review_rules.set_weight(call.uow, call.who, said["rule"], said["weight"], said["reason"], call.now)


@posts("/reviews/compute", Action.REVIEW_CASE, "journal", apart=True)
def compute_reviews(call: Call) -> None:
    """Takes in what the journal holds by now; some portions at a time, the housekeeper goes on."""
    review_cases.compute_now(house(), call.who, call.now)


class AnchorTold(Told):
    """A place outside that keeps a head of the journal."""

    kind = s.text()
    size = s.number()
    at = s.at()


class HeadTold(Told):
    """The newest sealed head."""

    size = s.number()
    root = s.text()


class TypedBack(Asked):
    """The three lines of a signed sheet, and its number."""

    lines = s.words(500, 1)
    number = s.whole(1, 1_000_000)


class AnchorsTold(Told):
    """Where the journal is kept outside, newest first, and the head that stands now."""

    anchors = s.each(AnchorTold, "history")
    head = s.one(HeadTold, maybe=True)


@reads("/journal/anchors", Action.JOURNAL_READ, "journal", AnchorsTold)
def get_anchors(call: Call) -> Any:
    """Heads of the journal that are known to be kept outside."""
    return anchors.page(call.uow, house(), call.who, call.now)


@posts("/journal/anchors", Action.JOURNAL_READ, "journal", TypedBack, apart=True)
def check_sheet(call: Call) -> None:
    """Checks the three lines of a signed sheet against the journal."""
    anchors.typed_back(house(), call.who, call.body["lines"], call.body["number"], call.now)
