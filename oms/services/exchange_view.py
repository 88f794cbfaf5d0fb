"""What the pages show of packages: the lists, one package with its checks, the form's choices. Every look is a row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from oms.domain.access import Action, Principal, Target, highest, may_read_field, visibility
from oms.domain.journal import Verb
from oms.domain.keeping import SealedLine, lines_of
from oms.domain.packages import CHECKS, InState, Kind
from oms.domain.record_items import SENSITIVE_LABELS
from oms.domain.records import day_in_hanoi
from oms.domain.secrecy import ISOLATED
from oms.services.exchange_content import highest_allowed
from oms.services.exchange_send import found_package, opened, reader_of, target_of, what_of
from oms.services.exchange_take import known_here
from oms.services.house import note, require_role
from oms.services.units import holding_units
from oms.store import dossiers, people
from oms.store import packages as store
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.package_tables import ExchangePartner
from oms.store.packages import PackageRow
from oms.store.tables import Unit


@dataclass(frozen=True)
class Desk:
    """Packages that wait for this person, and a page of those sent or received."""

    waiting: tuple[PackageRow, ...]
    rows: tuple[PackageRow, ...]
    total: int
    partners: int


def desk(uow: UnitOfWork, principal: Principal, direction: str, limit: int, offset: int, now: datetime) -> Desk:
    """The lists; a look is a row."""
    require_role(principal, Action.EXCHANGE_WORK, Verb.EXCHANGE_LIST)
    reader = reader_of(principal)
    waiting = store.waiting_in(uow.session, *reader)
    rows, total = store.listed(uow.session, *reader, direction, limit, offset)
    level, _areas = highest((row.package.secrecy, row.package.compartment) for row in [*waiting, *rows])
    detail = {"direction": direction, "shown": len(rows), "total": total, "waiting": len(waiting)}
    note(uow, principal, Verb.EXCHANGE_LIST, now, target=Target(principal.unit_path, level), detail=detail)
    return Desk(tuple(waiting), tuple(rows), total, len(store.active(uow.session)))


def waiting(uow: UnitOfWork, principal: Principal, now: datetime) -> tuple[int, int]:
    """How many packages wait for this person, and how many of them are late."""
    rows, today = store.waiting_in(uow.session, *reader_of(principal)), day_in_hanoi(now)
    late = [row for row in rows if row.package.due_on is not None and row.package.due_on < today]
    return len(rows), len(late)


@dataclass(frozen=True)
class PackageView:
    """One package as its page shows it."""

    row: PackageRow
    statement: Mapping[str, Any]
    report: Mapping[str, Any]
    answer: Mapping[str, Any]
    checks: tuple[tuple[str, str], ...]
    """(check, state): ok | failed | skipped, in order."""
    here: Mapping[str, DossierRow]
    """The sender's dossier → the one here."""
    about: tuple[DossierRow, ...]
    """Dossiers here that the package speaks of."""
    open_here: tuple[DossierRow, ...]
    units: tuple[Unit, ...]
    changes: Mapping[str, str]
    sealed: tuple[SealedLine, ...]
    by: str
    closed_by: str
    today: date

    @property
    def may_take(self) -> bool:
        return self.row.package.direction == "in" and self.row.package.state == InState.CHECKED

    @property
    def late(self) -> bool:
        package = self.row.package
        return package.due_on is not None and package.closed_at is None and package.due_on < self.today


def one(uow: UnitOfWork, principal: Principal, row_id: str, now: datetime) -> PackageView:
    """One package; a look is a row that says of which dossiers something was shown."""
    row = found_package(uow, principal, row_id, Verb.EXCHANGE_OPEN)
    package = row.package
    statement, report = json.loads(package.body), json.loads(package.report)
    records = store.records_of(uow.session, package.id)
    view = visibility(principal, Action.EXCHANGE_WORK)
    found = [dossiers.find_dossier(uow.session, view, each.dossier_id) for each in records if each.dossier_id]
    about = [each for each in found if each is not None]
    detail = {"package": package.package_id, "dossiers": [each.dossier.id for each in about]}
    note(uow, principal, Verb.EXCHANGE_OPEN, now, what=what_of(row), target=target_of(row), detail=detail)
    names = people.names_of(uow.session, {name for name in (package.by, package.closed_by) if name})
    sealed = lines_of(statement["transfer"]["contents"]) if package.kind == Kind.TRANSFER else []
    coming = package.direction == "in"
    if package.state == InState.TAKEN:  # whose dossier has come to be hidden since is not named here either
        seen, theirs = {each.dossier.id for each in about}, {each.remote: each.dossier_id for each in records}
        report["records"] = [each for each in report.get("records", []) if theirs.get(each["dossier"]) in seen]
    return PackageView(
        row=row,
        statement=statement,
        report=report,
        answer=json.loads(package.answer) if package.answer else {},
        checks=_checks(report) if coming else (),
        here=known_here(uow, principal, row) if coming else {},
        about=tuple(about),
        open_here=tuple(opened(uow, principal, now)) if coming else (),
        units=tuple(holding_units(uow, principal, day_in_hanoi(now))) if coming else (),
        changes={each.remote: each.change_id for each in records if each.change_id},
        sealed=tuple(sealed),
        by=names.get(package.by or "", ""),
        closed_by=names.get(package.closed_by or "", ""),
        today=day_in_hanoi(now),
    )


def _checks(report: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    failed, found, past = report.get("failed", ""), [], False
    for name in CHECKS:
        state = "failed" if name == failed else "skipped" if past else "ok"
        past = past or name == failed
        found.append((name, state))
    return tuple(found)


@dataclass(frozen=True)
class Choices:
    """What the form for a new package chooses from."""

    partners: tuple[ExchangePartner, ...]
    dossiers: tuple[DossierRow, ...]
    groups: tuple[tuple[str, str], ...]
    secret: bool
    """Whether a level may leave from here at all, so that the register of copies is asked about."""


def choices(uow: UnitOfWork, principal: Principal, now: datetime) -> Choices:
    """Partners in force, the dossiers the person has open, the private groups they may read. A look is a row."""
    require_role(principal, Action.EXCHANGE_WORK, Verb.EXCHANGE_LIST)
    held = opened(uow, principal, now)
    level, _areas = highest((row.dossier.secrecy, "") for row in held)
    detail = {"open": len(held)}
    note(uow, principal, Verb.EXCHANGE_LIST, now, target=Target(principal.unit_path, level), detail=detail)
    groups = tuple((name, words) for name, words in SENSITIVE_LABELS.items() if may_read_field(principal, name))
    partners = tuple(store.active(uow.session))
    secret = uow.zone == ISOLATED and any(highest_allowed(uow.zone, each) for each in partners)
    return Choices(partners, tuple(held), groups, secret)
