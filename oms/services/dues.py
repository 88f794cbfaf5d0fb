"""Dates coming due: made anew whenever a record or a rule changes; listed, set or settled by hand, taken out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.catalogue import DOCUMENT_TYPES, MIN_PURPOSE_TEXT, SECRECY_LABELS
from oms.domain.dated_rows import Catalogue
from oms.domain.entitlements import BADGE_STAYS, DUE_LABELS, ByHand, DueDate, Working, due_dates, with_overrides
from oms.domain.journal import Verb
from oms.domain.record_facts import number_of
from oms.domain.records import HANOI
from oms.errors import InvalidInput, Refused
from oms.services import catalogues, large_exports, outgoing, secret_copies
from oms.services.house import House, What, Why, note, require, require_role
from oms.services.large_exports import Part, PersonList
from oms.services.secret_copies import Copied, Leaving
from oms.store import dues as store
from oms.store import facts, people
from oms.store.db import UnitOfWork
from oms.store.dues import DueFilter as DueFilter
from oms.store.dues import DueRow, OverrideRow
from oms.store.exchange_tables import DueOverride
from oms.store.record_tables import FactRow, RecordHead
from oms.store.tables import Document, Dossier, Unit
from vietnamese.dates import parse_date
from vietnamese.text import nfc

MOST_EXPORTED = 5000
"""Dates in one calendar: more than a year's work of a province; a larger one is asked for by kind or unit."""


def _working(head: RecordHead, posts: Sequence[FactRow], papers: Sequence[Document], today: date) -> Working:
    held = []
    for row in posts:
        values = json.loads(row.body)
        over = row.ends and row.ends < today.isoformat()[: len(row.ends)]
        if not over:
            months = int(number_of(values.get("term_months", "")) or 0)
            held.append((values.get("position", ""), row.starts, row.ends, months))
    last = [(paper.title or DOCUMENT_TYPES.get(paper.type_code, ""), paper.expires_on) for paper in papers]
    return Working(
        birth_date=head.birth_date,
        sex=head.sex,
        rank_code=head.rank_code,
        salary_step=head.salary_step,
        salary_from=head.salary_from,
        seniority_percent=head.seniority_percent,
        seniority_from=head.seniority_from,
        party_joined_on=head.party_joined_on,
        position=head.position,
        appointed_on=head.appointed_on,
        reappointed_on=head.reappointed_on,
        left_on=head.left_on,
        posts=tuple(held),
        papers=tuple(last),
    )


def of_new(head: RecordHead, posts: Sequence[FactRow], catalogue: Catalogue, today: date) -> list[DueDate]:
    """The due dates of a record that is not there yet: it has no papers, and nothing was set by hand."""
    return due_dates(_working(head, posts, (), today), catalogue, today)


def renew(uow: UnitOfWork, catalogue: Catalogue, dossiers: Sequence[Dossier], now: datetime) -> None:
    """Makes the due dates of some records anew from their heads, posts and papers, with what was set by hand."""
    ids, today = [dossier.id for dossier in dossiers], now.astimezone(HANOI).date()
    heads = facts.heads(uow.session, ids)
    posts, papers = store.posts_of(uow.session, dossiers), store.expiring_papers(uow.session, dossiers)
    by_hand = store.overrides_of(uow.session, ids)
    made = {}
    for dossier_id in ids:
        who = _working(heads[dossier_id], posts[dossier_id], papers[dossier_id], today)
        said = [ByHand(row.kind, row.subject, row.due_on, row.settles, row.legal_basis) for row in by_hand[dossier_id]]
        made[dossier_id] = with_overrides(due_dates(who, catalogue, today), said, catalogue)
    store.put(uow.session, made, now)


@dataclass(frozen=True)
class Listed:
    """One line of the list: the date, whose it is, days left (negative: past), the reasons in words."""

    row: DueRow
    days_left: int
    basis: dict[str, str]


def _lines(rows: Sequence[DueRow], today: date) -> list[Listed]:
    return [Listed(row, (row.due.due_on - today).days, json.loads(row.due.basis)) for row in rows]


def list_dues(
    uow: UnitOfWork, principal: Principal, wanted: DueFilter, limit: int, offset: int, now: datetime
) -> tuple[list[Listed], int]:
    """Visible dates coming due; the row keeps the filter and how many were shown."""
    require_role(principal, Action.ALERT_LIST, Verb.ALERT_LIST)
    view = visibility(principal, Action.ALERT_LIST)
    rows, total = store.listed(uow.session, view, wanted, limit, offset)
    detail = {
        "kind": wanted.kind, "unit": wanted.unit_path, "block": wanted.block, "until": wanted.until.isoformat(),
        "shown": [row.dossier.id for row in rows], "total": total,
    }  # fmt: skip
    what = What("dossier", wanted.dossier_id) if wanted.dossier_id else None
    note(uow, principal, Verb.ALERT_LIST, now, what=what, detail=detail)
    return _lines(rows, now.astimezone(HANOI).date()), total


def waiting(uow: UnitOfWork, principal: Principal, now: datetime) -> list[tuple[str, int, int]]:
    """For the home page: kind, how many dates are told of today, how many of them are past. Counts, no records."""
    today = now.astimezone(HANOI).date()
    found = store.counts(uow.session, visibility(principal, Action.ALERT_LIST), today, today)
    order = {kind: place for place, kind in enumerate(DUE_LABELS)}
    return sorted(found, key=lambda each: order.get(each[0], len(order)))


@dataclass(frozen=True)
class Setting:
    """What is set by hand: a new day for a matter, or that it is settled (``settled``); with its legal basis."""

    kind: str
    subject: str
    due_on: str
    settled: bool
    legal_basis: str
    reason: str


def _target(dossier: Dossier, unit: Unit) -> Target:
    return Target(unit.path, dossier.secrecy, dossier.compartment)


def find_due(uow: UnitOfWork, principal: Principal, due_id: int, now: datetime) -> Listed:
    """One visible date, to be set or settled by hand; journalled. Refused when missing or hidden."""
    row = store.find(uow.session, visibility(principal, Action.ALERT_OVERRIDE), due_id)
    if row is None:
        raise Refused(Verb.ALERT_OVERRIDE, kind="dossier", object_id=str(due_id), reason="missing or not visible")
    what = What("dossier", row.dossier.id, row.dossier.number)
    detail = {"kind": row.due.kind, "shown": [row.dossier.id], "total": 1}
    note(uow, principal, Verb.ALERT_LIST, now, what=what, target=_target(row.dossier, row.unit), detail=detail)
    return _lines([row], now.astimezone(HANOI).date())[0]


def override(uow: UnitOfWork, principal: Principal, due_id: int, asked: Setting, now: datetime) -> DueOverride:
    """Sets a date by hand, or settles it; the list follows at once. Refused: missing or hidden."""
    row = store.find(uow.session, visibility(principal, Action.ALERT_OVERRIDE), due_id)
    if row is None:
        raise Refused(Verb.ALERT_OVERRIDE, kind="dossier", object_id=str(due_id), reason="missing or not visible")
    require(principal, Action.ALERT_OVERRIDE, Verb.ALERT_OVERRIDE, _target(row.dossier, row.unit))
    basis, reason = " ".join(nfc(asked.legal_basis).split())[:300], " ".join(nfc(asked.reason).split())[:500]
    if len(basis) < 5:
        raise InvalidInput("legal_basis", "Hãy ghi căn cứ: số, ngày, tên văn bản.")
    if len(reason) < MIN_PURPOSE_TEXT:
        raise InvalidInput("reason", f"Hãy ghi rõ lý do, ít nhất {MIN_PURPOSE_TEXT} ký tự.")
    due_on = None if asked.settled else _day("due_on", asked.due_on)
    made = DueOverride(
        dossier_id=row.dossier.id,
        kind=row.due.kind,
        subject=row.due.subject,
        due_on=due_on,
        settles=row.due.due_on if asked.settled else None,
        legal_basis=basis,
        reason=reason,
        by=principal.account_id,
        at=now,
    )
    uow.session.add(made)
    uow.session.flush()
    what = What("dossier", row.dossier.id, row.dossier.number)
    detail = {"kind": row.due.kind, "act": "settle" if asked.settled else "set", "override": made.id}
    target = _target(row.dossier, row.unit)
    note(uow, principal, Verb.ALERT_OVERRIDE, now, what=what, why=Why(reason), target=target, detail=detail)
    renew(uow, catalogues.load(uow), [row.dossier], now)
    return made


def withdraw(uow: UnitOfWork, principal: Principal, override_id: str, now: datetime) -> None:
    """Takes back what was set by hand; the rules count again. InvalidInput when that was done already."""
    row = _override(uow, principal, override_id)
    if row.override.withdrawn_at is not None:
        raise InvalidInput("override", "Mục này đã được bỏ trước đó.")
    row.override.withdrawn_by, row.override.withdrawn_at = principal.account_id, now
    uow.session.flush()
    what = What("dossier", row.dossier.id, row.dossier.number)
    detail = {"kind": row.override.kind, "act": "withdraw", "override": override_id}
    note(uow, principal, Verb.ALERT_OVERRIDE, now, what=what, target=_target(row.dossier, row.unit), detail=detail)
    renew(uow, catalogues.load(uow), [row.dossier], now)


def _override(uow: UnitOfWork, principal: Principal, override_id: str) -> OverrideRow:
    row = store.find_override(uow.session, visibility(principal, Action.ALERT_OVERRIDE), override_id)
    if row is None:
        raise Refused(Verb.ALERT_OVERRIDE, kind="dossier", object_id=override_id, reason="missing or not visible")
    return row


def list_overrides(
    uow: UnitOfWork, principal: Principal, limit: int, offset: int, now: datetime
) -> tuple[list[OverrideRow], int]:
    """What was set or settled by hand on visible dossiers, the withdrawn too; journalled."""
    require_role(principal, Action.ALERT_OVERRIDE, Verb.ALERT_LIST)
    view = visibility(principal, Action.ALERT_OVERRIDE)
    rows, total = store.overrides(uow.session, view, limit, offset)
    detail = {"by_hand": True, "shown": [row.dossier.id for row in rows], "total": total}
    note(uow, principal, Verb.ALERT_LIST, now, detail=detail)
    return rows, total


def names_of(uow: UnitOfWork, rows: Sequence[OverrideRow]) -> dict[str, str]:
    """Who set and who withdrew, by account id."""
    ids = {row.override.by for row in rows} | {row.override.withdrawn_by or "" for row in rows}
    return people.names_of(uow.session, ids)


def _day(name: str, typed: str) -> date:
    found = parse_date(typed)
    if found is None or found.month is None or found.day is None:
        raise InvalidInput(name, "Hãy nhập đủ ngày, tháng, năm, như 05/08/2027.")
    return date(found.year, found.month, found.day)


def calendar(
    uow: UnitOfWork,
    principal: Principal,
    wanted: DueFilter,
    purpose: str,
    now: datetime,
    leaving: Leaving | None = None,
) -> tuple[bytes, int]:
    """The dates told of by ``wanted.until`` as iCalendar (RFC 5545), whole days; journalled with size and purpose.

    With its level: one that has any is entered in the register of copies, and says its level in its name.
    InvalidInput without a purpose, or when there are more than :data:`MOST_EXPORTED`.
    """
    require_role(principal, Action.LIST_EXPORT, Verb.ALERT_EXPORT)
    words = outgoing.purpose_of(purpose)
    view = visibility(principal, Action.LIST_EXPORT)
    rows, total = store.listed(uow.session, view, wanted, MOST_EXPORTED, 0)
    if total > MOST_EXPORTED:
        raise InvalidInput("purpose", f"Có {total} mục, quá {MOST_EXPORTED}: hãy lọc theo loại hoặc đơn vị.")
    level = max((row.dossier.secrecy for row in rows), default=0)
    data = _ical(rows, now, level)
    detail = {"kind": wanted.kind, "total": total, "bytes": len(data), "ids": [row.dossier.id for row in rows][:200]}
    parts = [Part(row.dossier.id, row.dossier.secrecy, row.dossier.compartment) for row in rows]
    asked = {"kind": wanted.kind, "unit": wanted.unit_path, "block": wanted.block}
    persons = PersonList("Lịch việc đến hạn", asked, parts, words, (("Số mục", str(total)),))
    cleared = large_exports.clear(uow, principal, persons, now)
    copied = Copied("alert", What("due", "", ""), cleared.target, principal.unit_id)
    secret_copies.enter(uow, principal, copied, leaving, words, now, kind="ics")
    detail |= cleared.detail
    note(uow, principal, Verb.ALERT_EXPORT, now, why=Why(words), target=cleared.target, detail=detail)
    return data, level


def _ical(rows: Sequence[DueRow], now: datetime, level: int) -> bytes:
    made = Calendar()
    if level:
        made.add("x-wr-calname", SECRECY_LABELS[level].upper())
    made.add("prodid", "-//OMS//Việc đến hạn//VI")
    made.add("version", "2.0")
    for row in rows:
        event, due = Event(), row.due
        event.add("uid", f"{due.kind}-{row.dossier.id}-{due.due_on:%Y%m%d}@oms")
        event.add("dtstamp", now)
        event.add("dtstart", due.due_on)
        event.add("dtend", due.due_on + timedelta(days=1))
        matter = ": ".join(filter(None, [DUE_LABELS.get(due.kind, due.kind), due.subject]))
        event.add("summary", f"{matter} – {row.cadre.full_name}")
        reasons = [f"{name}: {words}" for name, words in json.loads(due.basis).items()]
        event.add("description", "\n".join([f"{row.unit.name}, hồ sơ {row.dossier.number}", *reasons]))
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    return bytes(made.to_ical())


def renew_stale(house: House, now: datetime, limit: int = 500) -> int:
    """Makes anew the records that a changed rule or a passed day has left behind, some at a time; how many."""
    from oms.services import record  # record renews due dates itself

    long_past = now.astimezone(HANOI).date() - BADGE_STAYS
    with house.look() as uow:
        if not store.stale(uow.session, long_past, 1):
            return 0
    with house.work(None, now) as uow:
        dossiers = store.stale(uow.session, long_past, limit)
        record.renew(uow, dossiers, now)
    return len(dossiers)
