"""Charts of reading by hour, unit and person; the month's report with the seal that stood at its end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import pairwise

from oms.domain.access import Action, Principal, Target
from oms.domain.checkpoints import parse_note
from oms.domain.journal import Verb
from oms.domain.records import HANOI, day_in_hanoi
from oms.errors import InvalidInput
from oms.services import outgoing, review_cases, review_rules, secret_copies
from oms.services.charts import Chart, bars
from oms.services.house import House, What, Why, note, require_role
from oms.services.review_cases import Counts
from oms.services.review_rules import RuleLine
from oms.services.secret_copies import Copied, Leaving
from oms.settings import CHECKOUT
from oms.store import anchors, journal_seal, review
from oms.store.db import UnitOfWork
from oms.store.review import QueueFilter

MOST_BARS = 15
MOST_CASES = 200
STYLES = (CHECKOUT / "oms" / "static" / "css" / "review_print.css",)


@dataclass(frozen=True)
class Cell:
    """An hour of a weekday: readings, unexplained ones, and how dark it is drawn (0–5)."""

    reads: int
    open: int
    shade: int


@dataclass(frozen=True)
class Charts:
    """Readings of some days by weekday and hour, by unit, by person."""

    since: str
    until: str
    heat: tuple[tuple[Cell, ...], ...]
    units: Chart
    people: Chart
    days: tuple[tuple[str, int, int], ...]


def charts(uow: UnitOfWork, principal: Principal, since: str, until: str, account_id: str, now: datetime) -> Charts:
    """The charts of some days, of everybody or of one person; journalled."""
    require_role(principal, Action.REVIEW_CASE, Verb.REVIEW_LIST)
    detail = {"list": "charts", "since": since, "until": until, "account_id": account_id}
    note(uow, principal, Verb.REVIEW_LIST, now, what=What("case"), detail=detail)
    return drawn(uow, since, until, account_id)


def drawn(uow: UnitOfWork, since: str, until: str, account_id: str = "") -> Charts:
    """The charts without their row, for the report."""
    session, names = uow.session, review.names(uow.session)
    reads = [[0] * 24 for _ in range(7)]
    open_ = [[0] * 24 for _ in range(7)]
    people: dict[str, list[int]] = {}
    days: dict[str, list[int]] = {}
    for row in review.days_between(session, since, until, account_id):
        place = date.fromisoformat(row.day).weekday()
        for hour, (all_, unexplained) in enumerate(zip(json.loads(row.hours), json.loads(row.open_hours), strict=True)):
            reads[place][hour] += all_
            open_[place][hour] += unexplained
        for found, key in ((people, row.account_id), (days, row.day)):
            pair = found.setdefault(key, [0, 0])
            pair[0], pair[1] = pair[0] + row.reads, pair[1] + row.unexplained
    return Charts(
        since,
        until,
        _heat(reads, open_),
        bars(review.by_unit(session, since, until)[:MOST_BARS]),
        bars([(names.get(key, key), *pair) for key, pair in _most(people)]),  # type: ignore[misc]
        tuple((day, pair[0], pair[1]) for day, pair in sorted(days.items())),
    )


def _most(people: dict[str, list[int]]) -> list[tuple[str, list[int]]]:
    return sorted(people.items(), key=lambda each: (-each[1][1], -each[1][0]))[:MOST_BARS]


def _heat(reads: list[list[int]], open_: list[list[int]]) -> tuple[tuple[Cell, ...], ...]:
    most = max((number for line in open_ for number in line), default=0)

    def shade(number: int) -> int:
        return 0 if not number else 1 + min(4, 5 * number // (most + 1))

    return tuple(
        tuple(Cell(reads[day][hour], open_[day][hour], shade(open_[day][hour])) for hour in range(24))
        for day in range(7)
    )


@dataclass(frozen=True)
class Seal:
    """A sealed head as it is printed: how many rows, the root, the key, and the note to be typed off."""

    size: int
    root: str
    at: datetime
    note: str
    key: str


@dataclass(frozen=True)
class Report:
    """A month of reading and reviewing."""

    month: str
    counts: Counts
    charts: Charts
    rules: tuple[RuleLine, ...]
    cases: tuple[tuple[str, str, str, float, str, str, str], ...]
    """Day, person, dossier's number, score, state, outcome, who decided and who signed."""
    more_cases: int
    states: dict[str, int]
    seal: Seal | None
    unsealed: timedelta
    """The longest time of the month without a seal, from the journal's first row on."""
    unanchored: timedelta
    """The same for anchors: heads that a witness outside the machine confirmed."""
    made_at: datetime
    secrecy: int = 0
    """The highest level of the dossiers it names."""


def report(uow: UnitOfWork, house: House, principal: Principal, month: str, now: datetime) -> Report:
    """The month's report on the page; journalled. InvalidInput when the month is none, or not begun."""
    require_role(principal, Action.REVIEW_CASE, Verb.REVIEW_LIST)
    since, until = _bounds(month, now)
    made = _report(uow, house, principal, month, since, until, now)
    target, detail = Target(principal.unit_path, made.secrecy), {"list": "report", "month": month}
    note(uow, principal, Verb.REVIEW_LIST, now, what=What("case"), target=target, detail=detail)
    return made


def _bounds(month: str, now: datetime) -> tuple[str, str]:
    try:
        since, until = review.month_bounds(month)
    except ValueError:
        raise InvalidInput("thang", "Hãy chọn tháng, như 11/2026.") from None
    if since > day_in_hanoi(now).isoformat():
        raise InvalidInput("thang", "Tháng này chưa bắt đầu.")
    return since, until


def _report(
    uow: UnitOfWork, house: House, principal: Principal, month: str, since: str, until: str, now: datetime
) -> Report:
    session, names = uow.session, review.names(uow.session)
    wanted = review.not_about(QueueFilter(state="", since=since, until=until), principal.persons)
    found, total = review.queue(session, wanted, MOST_CASES, 0)
    states: dict[str, int] = {}
    for state, number in review.states_between(session, since, until):
        states[state] = number
    cases = tuple(
        (row.day, names.get(row.account_id, ""), row.label, row.score, row.state, row.outcome,
         " / ".join(filter(None, (names.get(row.decided_by or ""), names.get(row.signed_by or "")))))
        for row in found
    )  # fmt: skip
    seal, unsealed = _seals(uow, house, since, until, now)
    return Report(
        month, review_cases.counted(uow, principal, since, until), drawn(uow, since, until),
        tuple(line for line in review_rules.lines(uow, since, until) if line.fired), cases, total - len(found), states,
        seal, unsealed, _unanchored(uow, since, until, now), now, max((row.secrecy for row in found), default=0),
    )  # fmt: skip


def _seals(uow: UnitOfWork, house: House, since: str, until: str, now: datetime) -> tuple[Seal | None, timedelta]:
    begins, ends = _month(since, until, now)
    found = journal_seal.checkpoints_between(uow.session, begins.astimezone(UTC), ends.astimezone(UTC))
    if not found:
        return None, ends - begins
    first = anchors.first_entry_at(uow.session)
    begins = max(begins, datetime.fromisoformat(first)) if first else begins
    times = [begins, *(head.at for head in found), max(begins, ends)]
    longest = max(after - before for before, after in pairwise(times))
    last = found[-1]
    root = parse_note(last.note).root.hex()
    return Seal(last.size, root, last.at, last.note, house.signer.public_bytes().hex()), longest


def _month(since: str, until: str, now: datetime) -> tuple[datetime, datetime]:
    begins = datetime.combine(date.fromisoformat(since), time(), HANOI)
    return begins, min(datetime.combine(date.fromisoformat(until) + timedelta(days=1), time(), HANOI), now)


def _unanchored(uow: UnitOfWork, since: str, until: str, now: datetime) -> timedelta:
    """The longest time of the month in which no witness outside confirmed the journal."""
    begins, ends = _month(since, until, now)
    first = anchors.first_entry_at(uow.session)
    begins = max(begins, datetime.fromisoformat(first)) if first else begins
    times = anchors.times_between(uow.session, begins.astimezone(UTC), ends.astimezone(UTC))
    return max(after - before for before, after in pairwise([begins, *times, max(begins, ends)]))


@dataclass(frozen=True)
class Taking:
    """What is said when a report is taken out: for what, and of copies where it names what is secret."""

    purpose: str
    leaving: Leaving | None = None


def as_pdf(uow: UnitOfWork, principal: Principal, made: Report, html: str, taking: Taking, now: datetime) -> bytes:
    """The report as PDF; the row keeps month, purpose, level, size and hash of what was given out.

    Where it names a secret dossier it leaves by the register of copies: InvalidInput when that is not said.
    """
    require_role(principal, Action.REVIEW_CASE, Verb.REVIEW_REPORT)
    words = outgoing.purpose_of(taking.purpose)
    what, target = What("case", "", made.month), Target(principal.unit_path, made.secrecy)
    label = What("report", made.month, f"Báo cáo kiểm soát {made.month}")
    entered = secret_copies.enter(
        uow, principal, Copied("report", label, target, principal.unit_id), taking.leaving, words, now
    )
    data = secret_copies.marked(outgoing.pdf(html, STYLES), entered, "pdf")
    detail = {"month": made.month, "bytes": len(data), "sha256": sha256(data).hexdigest(), "cases": len(made.cases)}
    note(uow, principal, Verb.REVIEW_REPORT, now, what=what, target=target, why=Why(words), detail=detail)
    return data
