"""Days, accesses and cases of the reviewer's desk: kept by day and person, queued, counted."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from oms.domain.day_review import PersonDay
from oms.domain.unusual import QUEUED_FROM, Item, Signal, local
from oms.store.bulk import add_rows
from oms.store.review_grounds import WORK_BEFORE
from oms.store.review_reads import AT_ONCE, Work
from oms.store.review_tables import (
    ReviewAccess,
    ReviewDay,
    ReviewItem,
    ReviewNote,
    ReviewProgress,
    ReviewWatch,
    ReviewWeight,
    ReviewWork,
)
from oms.store.tables import Account, JournalEntry, Unit, new_id


def progress(session: Session) -> ReviewProgress | None:
    """How far the journal is taken in; None before the first time."""
    return session.get(ReviewProgress, 1)


def keep_progress(session: Session, seq: int, again_day: str, now: datetime) -> None:
    """Remembers how far the journal is taken in."""
    row = session.get(ReviewProgress, 1)
    if row is None:
        session.add(ReviewProgress(id=1, seq=seq, again_day=again_day, at=now))
    else:
        row.seq, row.again_day, row.at = seq, again_day, now
    session.flush()


def forget_all(session: Session) -> None:
    """Empties what can be made anew; cases that somebody worked on stay, with their notes."""
    for table in (ReviewDay, ReviewAccess, ReviewWork, ReviewProgress):
        session.execute(delete(table))
    session.execute(delete(ReviewItem).where(_untouched()))


def _untouched() -> ColumnElement[bool]:
    noted = exists().where(ReviewNote.item_id == ReviewItem.id)
    return and_(ReviewItem.state.in_(["open", "withdrawn"]), ~noted)


def keep_works(session: Session, works: Sequence[Work]) -> None:
    """Keeps acts of work; one that is there already is left as it is."""
    known: set[int] = set()
    for start in range(0, len(works), AT_ONCE):
        seqs = [work.seq for work in works[start : start + AT_ONCE]]
        known |= set(session.scalars(select(ReviewWork.seq).where(ReviewWork.seq.in_(seqs))))
    add_rows(
        session,
        ReviewWork,
        [
            {"seq": work.seq, "account_id": work.account, "dossier_id": work.dossier, "verb": work.verb, "at": work.at}
            for work in works
            if work.seq not in known
        ],
    )


def explained_by(session: Session, works: Sequence[Work]) -> set[tuple[str, str]]:
    """(account, day) of earlier readings that this work may explain: of its maker, on its dossier, some days before."""
    wanted = {(work.account, work.dossier): work.at for work in works}
    found: set[tuple[str, str]] = set()
    dossiers = sorted({dossier for _account, dossier in wanted})
    for start in range(0, len(dossiers), AT_ONCE):
        statement = select(ReviewAccess.account_id, ReviewAccess.dossier_id, ReviewAccess.day).where(
            ReviewAccess.dossier_id.in_(dossiers[start : start + AT_ONCE]), ReviewAccess.named < ReviewAccess.reads
        )
        for account, dossier, day in session.execute(statement):
            at = wanted.get((account, dossier))
            if at is not None and day >= local(at - WORK_BEFORE).date().isoformat():
                found.add((account, day))
    return found


def keep_days(session: Session, day: str, days: Sequence[PersonDay], now: datetime) -> None:
    """Puts persons' days in the place of what was there; cases somebody worked on keep their state."""
    accounts = [each.account for each in days]
    for start in range(0, len(accounts), AT_ONCE):
        some = accounts[start : start + AT_ONCE]
        for table in (ReviewDay, ReviewAccess):
            session.execute(delete(table).where(table.day == day, table.account_id.in_(some)))
    add_rows(session, ReviewDay, [_day_row(each) for each in days if each.accesses])
    add_rows(session, ReviewAccess, [_access_row(access) for each in days for access in each.accesses])
    _keep_items(session, day, accounts, [item for each in days for item in each.items], now)


def _day_row(each: PersonDay) -> dict[str, Any]:
    return {
        "account_id": each.account, "day": each.day, "role": each.role, "reads": each.reads(),
        "dossiers": len(each.accesses), "peak": each.peak, "named": each.reads("named"), "broad": each.reads("broad"),
        "unexplained": each.reads("unexplained"), "odd": each.odd,
        "hours": json.dumps(each.hours), "open_hours": json.dumps(each.open_hours),
    }  # fmt: skip


def _access_row(access: Any) -> dict[str, Any]:
    grounds = [[rule, ref, number] for (rule, ref), number in access.grounds.items()]
    return {
        "account_id": access.account, "day": access.day, "dossier_id": access.dossier, "label": access.label[:120],
        "unit_path": access.unit, "secrecy": access.secrecy, "first_seq": access.reads[0].seq,
        "last_seq": access.reads[-1].seq, "reads": len(access.reads), "named": access.named, "broad": access.broad,
        "grounds": json.dumps(grounds, ensure_ascii=False),
    }  # fmt: skip


def _keep_items(session: Session, day: str, accounts: Sequence[str], items: Sequence[Item], now: datetime) -> None:
    wanted = {(item.account, item.dossier): item for item in items if item.score >= QUEUED_FROM}
    for start in range(0, len(accounts), AT_ONCE):
        some = list(accounts[start : start + AT_ONCE])
        there = select(ReviewItem, ~_untouched()).where(ReviewItem.day == day, ReviewItem.account_id.in_(some))
        for row, worked_on in session.execute(there).all():
            item = wanted.pop((row.account_id, row.dossier_id), None)
            if item is not None and not (worked_on and row.state != "open"):
                _refresh(row, item)
            elif item is None and not worked_on:
                row.state = "withdrawn"
    session.add_all(
        [ReviewItem(id=new_id(), state="open", made_at=now, **_item_values(item)) for item in wanted.values()]
    )
    session.flush()


def _item_values(item: Item) -> dict[str, Any]:
    signals = [[each.rule, each.strength, dict(each.said)] for each in item.signals]
    return {
        "account_id": item.account, "day": item.day, "dossier_id": item.dossier, "label": item.label[:120],
        "unit_path": item.unit, "secrecy": item.secrecy, "score": item.score,
        "signals": json.dumps(signals, ensure_ascii=False), "reads": item.reads, "dossiers": item.dossiers,
        "first_seq": item.first_seq, "last_seq": item.last_seq, "broad": item.broad,
    }  # fmt: skip


def _refresh(row: ReviewItem, item: Item) -> None:
    for name, value in _item_values(item).items():
        setattr(row, name, value)
    if row.state == "withdrawn":
        row.state = "open"


def signals_of(row: ReviewItem) -> list[Signal]:
    """The rules that fired on a case, heaviest words first as they were kept."""
    return [Signal(rule, strength, tuple(said.items())) for rule, strength, said in json.loads(row.signals)]


@dataclass(frozen=True)
class QueueFilter:
    """What of the queue is asked for; empty parts do not narrow. ``rule`` is a rule that fired."""

    state: str = "open"
    account_id: str = ""
    unit_path: str = ""
    rule: str = ""
    since: str = ""
    until: str = ""
    not_about: tuple[str, ...] = ()
    """The reviewer themself and whose authority they use: nobody reviews their own readings."""


def not_about(wanted: QueueFilter, persons: Collection[str]) -> QueueFilter:
    """The same question without cases about some persons."""
    return replace(wanted, not_about=tuple(sorted(persons)))


def _conditions(wanted: QueueFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [ReviewItem.account_id.not_in(wanted.not_about)]
    if wanted.state:
        found.append(ReviewItem.state == wanted.state)
    if wanted.account_id:
        found.append(ReviewItem.account_id == wanted.account_id)
    if wanted.unit_path:
        below = ReviewItem.unit_path.like(f"{wanted.unit_path}/%")
        found.append(or_(ReviewItem.unit_path == wanted.unit_path, below))
    if wanted.rule:
        found.append(ReviewItem.signals.like(f'%["{wanted.rule}", %'))
    if wanted.since:
        found.append(ReviewItem.day >= wanted.since)
    if wanted.until:
        found.append(ReviewItem.day <= wanted.until)
    return found


def queue(session: Session, wanted: QueueFilter, limit: int, offset: int) -> tuple[list[ReviewItem], int]:
    """Cases by score, highest first, and how many there are."""
    conditions = _conditions(wanted)
    total = session.scalar(select(func.count()).select_from(ReviewItem).where(*conditions)) or 0
    order = (ReviewItem.score.desc(), ReviewItem.day.desc(), ReviewItem.id)
    return list(
        session.scalars(select(ReviewItem).where(*conditions).order_by(*order).limit(limit).offset(offset))
    ), total


def find(session: Session, item_id: str, not_about: Collection[str]) -> ReviewItem | None:
    """One case, unless it is about the one who asks."""
    return session.scalar(select(ReviewItem).where(ReviewItem.id == item_id, ReviewItem.account_id.not_in(not_about)))


def states(session: Session, not_about: Collection[str]) -> dict[str, int]:
    """Cases per state."""
    statement = select(ReviewItem.state, func.count()).where(ReviewItem.account_id.not_in(not_about))
    return dict(session.execute(statement.group_by(ReviewItem.state)).all())


def states_between(session: Session, since: str, until: str) -> list[tuple[str, int]]:
    """(state or outcome, cases) of some days."""
    ended = case((ReviewItem.outcome != "", ReviewItem.outcome), else_=ReviewItem.state)
    statement = select(ended, func.count()).where(ReviewItem.day >= since, ReviewItem.day <= until).group_by(ended)
    return list(session.execute(statement))


def totals(session: Session, since: str, until: str) -> dict[str, int]:
    """Readings of some days: all, named, broad, unexplained; and dossiers with something unexplained."""
    names = ("reads", "named", "broad", "unexplained", "odd")
    sums = [func.coalesce(func.sum(getattr(ReviewDay, name)), 0) for name in names]
    row = session.execute(select(*sums).where(ReviewDay.day >= since, ReviewDay.day <= until)).one()
    return dict(zip(names, map(int, row), strict=True))


def by_ground(session: Session, since: str, until: str) -> dict[str, int]:
    """Accesses per explanation rule, for some days; an access counts once for each rule that explained part of it."""
    found: dict[str, int] = {}
    statement = select(ReviewAccess.grounds).where(ReviewAccess.day >= since, ReviewAccess.day <= until)
    for text in session.scalars(statement.execution_options(yield_per=5000)):
        for rule in {rule for rule, _ref, _number in json.loads(text)}:
            found[rule] = found.get(rule, 0) + 1
    return found


def days_between(session: Session, since: str, until: str, account_id: str = "") -> list[ReviewDay]:
    """Persons' days in figures, for charts."""
    statement = select(ReviewDay).where(ReviewDay.day >= since, ReviewDay.day <= until)
    if account_id:
        statement = statement.where(ReviewDay.account_id == account_id)
    return list(session.scalars(statement.order_by(ReviewDay.day)))


def by_unit(session: Session, since: str, until: str) -> list[tuple[str, int, int]]:
    """(name of the unit, readings, unexplained ones), most unexplained first."""
    open_ = func.sum(ReviewAccess.reads - ReviewAccess.named - ReviewAccess.broad)
    statement = (
        select(Unit.name, func.sum(ReviewAccess.reads), open_)
        .join(Unit, Unit.path == ReviewAccess.unit_path)
        .where(ReviewAccess.day >= since, ReviewAccess.day <= until)
        .group_by(Unit.name)
        .order_by(open_.desc(), Unit.name)
    )
    return [(name, int(reads), int(unexplained)) for name, reads, unexplained in session.execute(statement)]


def access_of(session: Session, account_id: str, day: str, dossier_id: str) -> list[ReviewAccess]:
    """The accesses behind a case, unexplained first; of a person's whole day all of them."""
    statement = select(ReviewAccess).where(ReviewAccess.account_id == account_id, ReviewAccess.day == day)
    if dossier_id:
        statement = statement.where(ReviewAccess.dossier_id == dossier_id)
    open_first = (ReviewAccess.reads - ReviewAccess.named - ReviewAccess.broad).desc()
    return list(session.scalars(statement.order_by(open_first, ReviewAccess.first_seq)))


def acts_around(session: Session, account_id: str, since: str, until: str, limit: int) -> list[JournalEntry]:
    """Everything a person did between two times of the journal, in order."""
    statement = select(JournalEntry).where(
        JournalEntry.actor_id == account_id, JournalEntry.at >= since, JournalEntry.at < until
    )
    return list(session.scalars(statement.order_by(JournalEntry.seq).limit(limit)))


def entry(session: Session, seq: int) -> JournalEntry | None:
    """One row of the journal."""
    return session.get(JournalEntry, seq)


def notes(session: Session, item_id: str) -> list[tuple[ReviewNote, str]]:
    """What was written on a case, with the writers' names, oldest first."""
    statement = select(ReviewNote, Account.display_name).join(Account, Account.id == ReviewNote.by)
    return list(session.execute(statement.where(ReviewNote.item_id == item_id).order_by(ReviewNote.id)))


def watches(session: Session) -> list[tuple[ReviewWatch, str]]:
    """The watch list as it stands, with who added each, newest first."""
    statement = select(ReviewWatch, Account.display_name).join(Account, Account.id == ReviewWatch.added_by)
    statement = statement.where(ReviewWatch.removed_at.is_(None)).order_by(ReviewWatch.added_at.desc())
    return list(session.execute(statement))


def dossier_of_label(session: Session, label: str) -> str:
    """The dossier the journal calls by this number; "" when the journal never spoke of one."""
    statement = select(JournalEntry.object_id).where(
        JournalEntry.object_kind == "dossier", JournalEntry.object_label == label
    )
    return session.scalar(statement.order_by(JournalEntry.seq.desc()).limit(1)) or ""


def weight_rows(session: Session) -> dict[str, tuple[ReviewWeight, str]]:
    """The newest weight set for each rule, and who set it."""
    statement = select(ReviewWeight, Account.display_name).join(Account, Account.id == ReviewWeight.by)
    return {row.rule: (row, name) for row, name in session.execute(statement.order_by(ReviewWeight.id))}


def outcomes_by_rule(session: Session, since: str, until: str) -> dict[str, dict[str, int]]:
    """For each rule: how often it fired, was explained (by a reviewer or by a later row), confirmed, still open."""
    found: dict[str, dict[str, int]] = {}
    statement = select(ReviewItem.signals, ReviewItem.state, ReviewItem.outcome).where(
        ReviewItem.day >= since, ReviewItem.day <= until
    )
    for text, state, outcome in session.execute(statement.execution_options(yield_per=2000)):
        ended = "explained" if state == "withdrawn" else (outcome or "open")
        for rule in {each[0] for each in json.loads(text)}:
            counts = found.setdefault(rule, {})
            for name in ("fired", ended):
                counts[name] = counts.get(name, 0) + 1
    return found


def again_days(session: Session, since: str, until: str) -> list[str]:
    """Days with cases nobody has worked on, which a later row may explain."""
    statement = select(ReviewItem.day).where(
        ReviewItem.day >= since, ReviewItem.day <= until, _untouched(), ReviewItem.state == "open"
    )
    return sorted(set(session.scalars(statement)))


def people_with_cases(session: Session, day: str) -> list[str]:
    """Persons with cases of a day that nobody has worked on."""
    statement = select(ReviewItem.account_id).where(ReviewItem.day == day, _untouched())
    return sorted(set(session.scalars(statement)))


def names(session: Session) -> Mapping[str, str]:
    """Display names of all accounts by id."""
    return dict(session.execute(select(Account.id, Account.display_name)).all())


def unit_names(session: Session) -> list[tuple[str, str]]:
    """(path, name) of every unit, in the order of the tree."""
    return list(session.execute(select(Unit.path, Unit.name).order_by(Unit.path)))


def month_bounds(month: str) -> tuple[str, str]:
    """First and last day of a month given as "2026-11"; ValueError when it is none."""
    first = date.fromisoformat(f"{month}-01")
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first.isoformat(), (following - timedelta(days=1)).isoformat()
