"""Reviewing: who read, searched, was refused. A reviewer opens no record, and looking here is itself a row."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from oms.domain.access import Action, Principal
from oms.domain.journal import Verb
from oms.domain.journal_check import Verdict
from oms.services.house import House, What, note, require_role
from oms.services.integrity import Integrity, integrity
from oms.services.sealing import export as export
from oms.services.sealing import seal as seal
from oms.services.sealing import verify as verify
from oms.store import journal, people, units
from oms.store.db import UnitOfWork
from oms.store.journal import EntryFilter as EntryFilter
from oms.store.tables import Account, JournalEntry

READING_VERBS = (Verb.DOSSIER_OPEN, Verb.CADRE_OPEN, Verb.DOCUMENT_OPEN, Verb.PAGE_VIEW)


@dataclass(frozen=True)
class JournalPage:
    """A page of the journal for the reviewer's list."""

    entries: tuple[JournalEntry, ...]
    total: int
    counts: dict[tuple[str, str], int]
    accounts: tuple[Account, ...]
    integrity: Integrity


def entries(
    uow: UnitOfWork,
    house: House,
    principal: Principal,
    wanted: EntryFilter,
    limit: int,
    offset: int,
    now: datetime,
) -> JournalPage:
    """The newest entries that fit the filter; the look is journalled with its filter before it is shown."""
    require_role(principal, Action.JOURNAL_READ, Verb.JOURNAL_VIEW)
    asked = {name: value for name, value in asdict(wanted).items() if value}
    note(uow, principal, Verb.JOURNAL_VIEW, now, what=What("journal"), detail=asked | {"offset": offset})
    found, total = journal.find(uow.session, wanted, limit, offset)
    accounts = tuple(account for account, _unit in people.all_accounts(uow.session))
    counts = journal.counts(uow.session, wanted)
    return JournalPage(tuple(found), total, counts, accounts, integrity(uow, house, now))


def wanted(
    actor_id: str, verb: str, outcome: str, object_id: str, since: datetime | None, until: datetime | None
) -> EntryFilter:
    """The filter of a reviewer's question; ``since`` is included, ``until`` is not, both aware."""
    return EntryFilter(
        actor_id,
        verb,
        outcome,
        object_id,
        journal.utc_text(since) if since else "",
        journal.utc_text(until) if until else "",
    )


def verify_now(house: House, principal: Principal, now: datetime) -> Verdict:
    """Re-computes the whole tree on the reviewer's request; the request is a row too, written before."""
    with house.work(principal, now) as uow:
        require_role(principal, Action.JOURNAL_READ, Verb.JOURNAL_VERIFY)
        note(uow, principal, Verb.JOURNAL_VERIFY, now, what=What("journal"))
    return verify(house, None, principal=principal)


@dataclass(frozen=True)
class LastRead:
    """A person's last reading and the last sealed head: shown to them at every page (a witness in many heads)."""

    number: int
    checkpoint: int
    sealed_at: datetime | None


def unit_name(uow: UnitOfWork, unit_id: int) -> str:
    """Name of the unit a person acts for."""
    unit = units.by_id(uow.session, unit_id)
    return unit.name if unit else ""
