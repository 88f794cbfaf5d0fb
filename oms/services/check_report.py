"""How right the records are: values compared and found wrong, per person who filed them and per field, with counts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, visibility
from oms.domain.checks import Difference, Tally, tallies
from oms.domain.journal import Verb
from oms.services.house import note, require_role
from oms.store import checks
from oms.store.checks import BatchProgress as BatchProgress
from oms.store.checks import Counted
from oms.store.db import UnitOfWork
from oms.store.desk_tables import CheckFinding

BATCHES_SHOWN = 50


@dataclass(frozen=True)
class Wanted:
    """Which looks the report counts: of one batch or all, taken in a period."""

    batch_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Line:
    """One line of a table of the report: who or what, and the counts."""

    name: str
    tally: Tally
    papers: int = 0


@dataclass(frozen=True)
class Report:
    """Counts per person, per field, and altogether; and how far the batches are."""

    persons: tuple[Line, ...]
    fields: tuple[Line, ...]
    whole: Line
    batches: tuple[BatchProgress, ...]


def report(uow: UnitOfWork, principal: Principal, wanted: Wanted, now: datetime) -> Report:
    """Error rates with their counts, by name and by field (never ranked); journalled with what was asked."""
    require_role(principal, Action.CHECK_REPORT, Verb.CHECK_REPORT)
    view = visibility(principal, Action.CHECK_REPORT)
    counted = checks.decided(uow.session, view, wanted.batch_id, wanted.since, wanted.until)
    batches = tuple(checks.batches(uow.session, view, BATCHES_SHOWN))
    detail = {
        "batch": wanted.batch_id,
        "since": wanted.since.isoformat() if wanted.since else "",
        "until": wanted.until.isoformat() if wanted.until else "",
        "checks": len(counted),
    }
    note(uow, principal, Verb.CHECK_REPORT, now, detail=detail)
    return _counted(counted, batches)


def _counted(counted: Iterable[Counted], batches: tuple[BatchProgress, ...]) -> Report:
    persons: dict[tuple[str, str], tuple[Tally, int]] = {}
    by_field: dict[str, Tally] = {}
    whole, papers = Tally(), 0
    for each in counted:
        found = tallies(json.loads(each.check.keys), [_difference(row) for row in each.findings])
        total = sum(found.values(), Tally())
        key = (each.operator, each.check.operator_id)
        tally, number = persons.get(key, (Tally(), 0))
        persons[key] = (tally + total, number + 1)
        for name, part in found.items():
            by_field[name] = by_field.get(name, Tally()) + part
        whole, papers = whole + total, papers + 1
    lines = tuple(Line(name, *persons[name, ident]) for name, ident in sorted(persons))
    return Report(lines, tuple(Line(name, by_field[name]) for name in by_field), Line("", whole, papers), batches)


def _difference(row: CheckFinding) -> Difference:
    return Difference(row.key, row.first_value, row.settled_value)
