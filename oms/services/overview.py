"""Overviews: what waits for a person on the home page, and how the installation is, in counts."""

from __future__ import annotations

import json
import os
import platform
import shutil
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from oms.domain.access import Action, Principal, Role, permits, visibility
from oms.domain.approvals import OFFICES
from oms.domain.journal import Outcome, Verb
from oms.services import (
    accounts,
    case_home,
    checking,
    dues,
    indexing,
    paper_figures,
    review,
    review_cases,
    saved_searches,
    standing_work,
    watch,
)
from oms.services.case_home import CaseHome
from oms.services.figures import HomeChart
from oms.services.house import House, What, note, require
from oms.services.integrity import Integrity, integrity
from oms.services.review import EntryFilter
from oms.services.saved_searches import Kept
from oms.services.standing_work import Standing
from oms.settings import VERSION
from oms.store import dossiers, journal, papers, people, schema, units
from oms.store.case_tables import Task
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.past_walls import past_walls
from oms.store.tables import Document, Opening
from search_index import SearchError

NEW_SHOWN = 8
TASKS_SHOWN = 6
SEARCHES_SHOWN = 6
PARTS = ("flask", "sqlalchemy", "whoosh3", "huey", "pytesseract", "pysqlite3", "gunicorn")


@dataclass(frozen=True)
class NewPaper:
    """A paper filed lately and the dossier it lies in."""

    document: Document
    row: DossierRow


@dataclass(frozen=True)
class Reading:
    """A dossier the person has open right now."""

    row: DossierRow
    opening: Opening


@dataclass(frozen=True)
class Watch:
    """The reviewer's morning: the journal's state and today's counts by (verb, outcome)."""

    integrity: Integrity
    today: dict[tuple[str, str], int]
    cases: dict[str, int] = field(default_factory=dict)
    """Cases of the queue by state."""

    def count(self, verb: str = "", outcome: str = "") -> int:
        """Entries of today with this verb and outcome; an empty one does not narrow."""
        return sum(
            number
            for (found, ended), number in self.today.items()
            if (not verb or found == verb) and (not outcome or ended == outcome)
        )


@dataclass(frozen=True)
class Home:
    """The home page of one person; parts their role does not have are empty or None."""

    documents: dict[str, int]
    scans: dict[str, int]
    filed: int
    new: tuple[NewPaper, ...]
    readings: tuple[Reading, ...]
    searches: tuple[str, ...]
    tasks: tuple[Task, ...]
    watch: Watch | None
    status: Status | None
    checks: dict[str, int] = field(default_factory=dict)
    dues: tuple[tuple[str, int, int], ...] = ()
    """Kind of date coming due, how many are told of today, how many of these are past."""
    standing: Standing = field(default_factory=Standing)
    kept: tuple[Kept, ...] = ()
    """Kept searches for which there are new papers."""
    light: Integrity | None = None
    """The journal's state when it wants attention, for the officer who reads no journal but has to act."""
    cases: CaseHome | None = None
    """The office's work, for roles that have any."""
    chart: HomeChart | None = None
    """One small drawing of the work, where the role has one."""
    beginning: Beginning | None = None
    """How far a new installation is, for its administrator; None once everything of it is done."""


@dataclass(frozen=True)
class Beginning:
    """What a new installation has: units under the province, accounts of those who work with records, vetted ones."""

    units: int
    accounts: int
    vetted: int


@dataclass(frozen=True)
class Status:
    """The installation in counts and versions; no record is named."""

    scans: dict[str, int]
    pages_done: int
    totals: dict[str, int]
    quarantine: tuple[tuple[str, str, str], ...]
    disk_free: int
    disk_total: int
    database_size: int
    integrity: Integrity
    accounts: int
    accounts_off: int
    versions: tuple[tuple[str, str], ...]


def home(uow: UnitOfWork, house: House, principal: Principal, since: datetime, today: datetime, now: datetime) -> Home:
    """What waits and what is new since ``since``; papers and journal counts that are shown are journalled."""
    require(principal, Action.HOME, Verb.ROUTE_REFUSE)
    session = uow.session
    desk = visibility(principal, Action.DESK_WORK)
    reading = visibility(principal, Action.DOSSIER_READ)
    watched = _watch(uow, house, principal, today, now) if permits(principal, Action.JOURNAL_READ) else None
    tells = permits(principal, Action.WATCH_KEEP) and watched is None
    light = integrity(uow, house, now) if tells else None
    found = Home(
        documents=papers.waiting_counts(session, desk),
        scans=papers.scan_state_counts(session, visibility(principal, Action.BATCH_LIST)),
        filed=papers.filed_number(session, visibility(principal, Action.CADRE_LIST), since),
        new=tuple(_new(uow, principal, since)),
        readings=tuple(_readings(uow, principal, now)),
        searches=tuple(_searches(uow, principal)) if permits(principal, Action.SEARCH) else (),
        tasks=tuple(task for task, _unit in dossiers.tasks(session, reading, open_only=True)[:TASKS_SHOWN]),
        watch=watched,
        light=None if light is None or light.well else light,
        status=status(uow, house, principal, now) if permits(principal, Action.SYSTEM_STATUS) else None,
        checks=checking.counts(uow, principal) if permits(principal, Action.CHECK_WORK) else {},
        standing=standing_work.standing(uow, principal, now),
        kept=tuple(each for each in saved_searches.kept(uow, principal, now) if each.new),
        dues=tuple(dues.waiting(uow, principal, now)) if permits(principal, Action.ALERT_LIST) else (),
        cases=case_home.at_home(uow, principal, since, now),
        chart=paper_figures.home_chart(uow, principal, now),
        beginning=_beginning(uow) if permits(principal, Action.ACCOUNT_MANAGE) else None,
    )
    shown = [paper.document.id for paper in found.new] + [reading.row.dossier.id for reading in found.readings]
    if shown:
        note(uow, principal, Verb.CADRE_LIST, now, what=What("home"), detail={"shown": len(shown), "ids": shown})
    return found


def _beginning(uow: UnitOfWork) -> Beginning | None:
    """How far the installation is; None once it has units and somebody to work with records."""
    working = [
        account
        for account, _unit in people.all_accounts(uow.session)
        if Role(account.role) not in OFFICES and account.username != accounts.FOLDER_ACCOUNT
    ]
    vetted = sum(account.vetted_at is not None for account in working)
    found = Beginning(len(units.everything(uow.session)) - 1, len(working), vetted)
    return None if found.units and found.vetted else found


def _new(uow: UnitOfWork, principal: Principal, since: datetime) -> list[NewPaper]:
    """The newest filed papers, for those who may read them; a list, so that nothing opened in an emergency is in it."""
    view = replace(visibility(principal, Action.DOSSIER_READ), emergency=frozenset())
    filed = [document for document, _unit in papers.filed_since(uow.session, view, since, NEW_SHOWN)]
    rows = dossiers.find_dossiers(uow.session, view, {each.dossier_id or "" for each in filed})
    return [NewPaper(each, rows[each.dossier_id]) for each in filed if each.dossier_id in rows]


def _readings(uow: UnitOfWork, principal: Principal, now: datetime) -> list[Reading]:
    """Dossiers the person has open, still visible to them, newest first and each once."""
    view = visibility(principal, Action.DOSSIER_READ)
    live = dossiers.live_openings(uow.session, principal.account_id, now, principal.token_id)
    rows = dossiers.find_dossiers(uow.session, view, {each.dossier_id for each in live})
    found: dict[str, Reading] = {}
    for opening in live:
        if opening.dossier_id in rows:
            found.setdefault(opening.dossier_id, Reading(rows[opening.dossier_id], opening))
    return list(found.values())


def _searches(uow: UnitOfWork, principal: Principal) -> list[str]:
    """What the person themselves searched for last, each once, from their own journal rows."""
    mine = EntryFilter(actor_id=principal.account_id, verb=str(Verb.SEARCH_RUN), outcome=str(Outcome.DONE))
    asked = [json.loads(entry.detail).get("query", "") for entry in journal.find(uow.session, mine, 60, 0)[0]]
    return list(dict.fromkeys(filter(None, asked)))[:SEARCHES_SHOWN]


def _watch(uow: UnitOfWork, house: House, principal: Principal, today: datetime, now: datetime) -> Watch:
    counts = journal.counts(uow.session, review.wanted("", "", "", "", today, None))
    note(uow, principal, Verb.JOURNAL_VIEW, now, what=What("journal"), detail={"since": journal.utc_text(today)})
    return Watch(integrity(uow, house, now), counts, review_cases.states(uow, principal))


def status(uow: UnitOfWork, house: House, principal: Principal, now: datetime) -> Status:
    """How the installation is; journalled. Only counts, sizes, versions and the names of files set aside."""
    require(principal, Action.SYSTEM_STATUS, Verb.STATUS_VIEW)
    note(uow, principal, Verb.STATUS_VIEW, now)
    with past_walls(uow.session):  # the administrator sees no record: these are bare counts
        scans, pages_done = papers.reading_progress(uow.session)
        totals = papers.totals(uow.session)
    disk = shutil.disk_usage(house.settings.home)
    accounts = [account.active for account, _unit in people.all_accounts(uow.session)]
    return Status(
        scans=scans,
        pages_done=pages_done,
        totals=totals | {"outbox": indexing.waiting(house)},
        quarantine=tuple(watch.quarantined(house)),
        disk_free=disk.free,
        disk_total=disk.total,
        database_size=_database_size(house),
        integrity=integrity(uow, house, now),
        accounts=len(accounts),
        accounts_off=accounts.count(False),
        versions=versions(uow, house),
    )


def _database_size(house: House) -> int:
    """Bytes of the database: the embedded one with its write-ahead log, or what a server's takes on its disk."""
    if house.database.on_server:
        return house.database.size()
    path = Path(house.settings.database_url.removeprefix("sqlite:///"))
    log = house.settings.home / f"{path.name}-wal"
    return sum(os.path.getsize(found) for found in (path, log) if found.exists())


def versions(uow: UnitOfWork, house: House) -> tuple[tuple[str, str], ...]:
    """Name and version of the program, of its data and of what it runs on."""
    own = (
        ("OMS", VERSION),
        ("schema", schema.revision(uow.session)),
        ("generation", _generation(house)),
        schema.server(uow.session),
        ("Python", platform.python_version()),
        ("Tesseract", _tesseract()),
    )
    return own + tuple((name, version(name)) for name in PARTS)


def _generation(house: House) -> str:
    """The folder of the index in force; "" without one."""
    try:
        return house.index.live().name
    except SearchError:
        return ""


@cache
def _tesseract() -> str:
    """The version of the reading machine, without those of its parts."""
    import tesserocr

    return str(tesserocr.tesseract_version()).split()[1]
