"""The house: what every use case stands on, and the transaction in which the refusal's row survives."""

from __future__ import annotations

import gc
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oms.domain import access
from oms.domain.access import Action, Principal, Target, decide, permits, visibility
from oms.domain.anchoring import AnchorLevel, is_stopped_read
from oms.domain.journal import Outcome, Verb
from oms.errors import JournalUnavailable, Refused, Unanchored
from oms.services import passwords, policy
from oms.services.index_place import IndexPlace, Made
from oms.services.unlocking import unlocker
from oms.settings import Settings
from oms.store import anchors, cipher, emergencies, journal, row_security, server
from oms.store.db import Database
from oms.store.db import UnitOfWork as UnitOfWork
from oms.store.every_table import every_table
from oms.store.file_place import FolderPlace, place_at
from oms.store.journal_key import Signer
from oms.store.key_book import KeyBook
from oms.store.search_source import StoreSource
from oms.store.vault import Vault
from search_index import WhooshEngine

if TYPE_CHECKING:
    from oms.services.search_servers import SearchServers
    from search_index.sphinx_engine import SphinxBuild, SphinxEngine


@dataclass
class House:
    """One installation at work: settings, database, vault, index, signing key."""

    settings: Settings
    role: str = server.WORKER
    """Under which the program's own work signs in to a server. The web's process has that of persons and acts as the
    program nowhere (its search asks through a door of its own); the sealer's has its own and no other."""
    database: Database = field(init=False)
    """Where the program itself works."""
    persons: Database = field(init=False)
    """Where it works for persons: on a server behind their walls."""
    vault: Vault = field(init=False)
    signer: Signer = field(init=False)
    index: IndexPlace = field(init=False)
    source: StoreSource = field(init=False)
    servers: SearchServers | None = field(init=False, default=None)
    _engine: tuple[Made, WhooshEngine] | None = field(init=False, default=None)
    _sealing: Database | None = field(init=False, default=None)
    _doors: list[Database] = field(init=False, default_factory=list)
    _opening: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        every_table()  # a command loads a part of the program: what one table says of another is known all the same
        self._key_of_database()
        self.database = self.door(self.role)
        apart = self.database.on_server and self.role == server.WORKER
        self.persons = self.door(server.APP) if apart else self.database
        self.vault = self._vault()
        self.signer = Signer(self.settings.keys, self.settings.journal_key)
        self.index = IndexPlace(self.settings.index)
        asking = self.door(server.WORKER) if self.role == server.APP and self.database.on_server else self.database
        self.source = StoreSource(asking, self.settings.zone)
        if self.settings.search:
            # Whoever has no search servers does without the client, too.
            from oms.services.search_servers import SearchServers

            self.servers = SearchServers(self.settings.search, self.source)
        passwords.share_slots(self.settings.home)

    def _key_of_database(self) -> None:
        """A sealed embedded database is opened by the key of its folder, as is the inbox of its home."""
        url, file = self.settings.database_url, self.settings.database_key
        if not url.startswith("sqlite:///"):
            return
        path, key = Path(url.removeprefix("sqlite:///")), cipher.read_key(file) if file else ""
        for folder in {path.parent, self.settings.inbox.parent}:
            cipher.know(folder, key)
        cipher.check(path)

    def door(self, role: str) -> Database:
        """A door of one's own to the database, on a server under a role; whoever is no person is the program."""
        limits = server.Limits(self.settings.database_pool, self.settings.statement_seconds)
        made = Database(self.settings.database_url, role, limits, program=role != server.APP)
        self._doors.append(made)
        return made

    def _database(self, principal: Principal | None) -> Database:
        return self.database if principal is None else self.persons

    @property
    def sealing(self) -> Database:
        """Where a head is kept: on a server nobody but the sealer's role may; opened at first use."""
        if not self.database.on_server or self.role == server.SEALER:
            return self.database
        self._sealing = self._sealing or self.door(server.SEALER)
        return self._sealing

    def close(self) -> None:
        """Closes every connection (before a fork, at the end)."""
        for each in self._doors:
            each.close()
        self.vault.close()

    def _vault(self, given: Sequence[str] | None = None) -> Vault:
        asked, second = self.settings.vault_place, self.settings.vault_copy
        keys = KeyBook(self.settings.keys_database_url, unlocker(self.settings, given))
        secret = self.settings.keys / "s3"
        place = place_at(asked, secret) if asked else FolderPlace(self.settings.vault)
        return Vault(place, keys, place_at(second, secret) if second else None)

    def unlock(self, given: Sequence[str]) -> None:
        """Opens the vault with a secret at hand (lines as they were typed); VaultLocked when it is wrong."""
        self.vault.close()
        self.vault = self._vault(given)
        keys = self.vault.sealing()
        if keys is not None:
            keys.follow()

    @property
    def engine(self) -> WhooshEngine | SphinxEngine:
        """The search engine on the index in force, opened at first use; SearchError when none can be read."""
        directory = self.index.live()
        if self.servers is not None:
            return self.servers.engine(self.index.words(directory))
        with self._opening:
            made = self.index.made(directory)
            if self._engine is None or self._engine[0] != made:
                gc.unfreeze()  # the one before is to go
                self._engine = made, WhooshEngine(self.index.words(directory), self.source, create=False)
            return self._engine[1]

    def open_building(self, directory: Path) -> WhooshEngine | SphinxBuild:
        """What a generation that is being made is written with."""
        if self.servers is not None:
            return self.servers.build(self.index.words(directory))
        return WhooshEngine(self.index.words(directory), self.source)

    def put_in_force(self, directory: Path, made: WhooshEngine | SphinxBuild) -> None:
        """Has questions answered from a finished generation."""
        if not isinstance(made, WhooshEngine):
            made.take_over()
        self.index.put_in_force(directory)

    @contextmanager
    def work(self, principal: Principal | None, now: datetime) -> Iterator[UnitOfWork]:
        """One use case: commits when it ends well. A refusal is rolled back, then journalled, then raised."""
        try:
            with self._database(principal).transaction(now) as session:
                row_security.bind_for(session, principal)
                yield UnitOfWork(session, self.vault, self.settings.models, self.settings.zone)
        except Refused as refusal:
            with self._database(principal).transaction(now) as session:
                row_security.bind_for(session, principal)
                _note_refusal(
                    UnitOfWork(session, self.vault, self.settings.models, self.settings.zone), principal, refusal, now
                )
            raise

    @contextmanager
    def last_work(self) -> Iterator[UnitOfWork]:
        """The transaction in which an embedded database is closed, and has nothing more to take."""
        with self.database.closing() as session:
            yield UnitOfWork(session, self.vault, self.settings.models, self.settings.zone)

    @contextmanager
    def read(self, principal: Principal | None, now: datetime) -> Iterator[UnitOfWork]:
        """As :meth:`work`, for what changes nothing but the journal: it has its durable row, or fails, within 2 s.

        While a long writer holds the database, records are read from a snapshot and the row goes to the inbox.
        """
        try:
            with self._at_once(principal, now) as uow:
                yield uow
        except Refused as refusal:
            with self._at_once(principal, now) as uow:
                _note_refusal(uow, principal, refusal, now)
            raise

    @contextmanager
    def _at_once(self, principal: Principal | None, now: datetime) -> Iterator[UnitOfWork]:
        database = self._database(principal)
        session = database.hurried(now)
        if session is None:
            with database.beside(self.settings.inbox, now) as beside:
                row_security.bind_for(beside, principal)
                yield UnitOfWork(beside, self.vault, self.settings.models, self.settings.zone)
            return
        with database.ending(session):
            row_security.bind_for(session, principal)
            yield UnitOfWork(session, self.vault, self.settings.models, self.settings.zone)

    @contextmanager
    def look(self, principal: Principal | None = None) -> Iterator[UnitOfWork]:
        """A snapshot for what is no reading of records (counts, queues, the frame); nothing can be written in it."""
        with self._database(principal).snapshot() as session:
            row_security.bind_for(session, principal)
            yield UnitOfWork(session, self.vault, self.settings.models, self.settings.zone)


def of_web(settings: Settings) -> House:
    """The installation as a web process has it."""
    return House(settings, server.APP)


def actor_values(principal: Principal | None) -> dict[str, Any]:
    """The journal's columns that say who acted; None is the program itself."""
    if principal is None:
        return {"actor_id": "system", "actor_name": "Hệ thống", "role": "system"}
    return {
        "actor_id": principal.account_id,
        "actor_name": principal.display_name,
        "on_behalf": principal.behalf_of,
        "request": principal.request,
        "role": str(principal.role),
        "session": principal.session_ref,
        "address": principal.address,
        "unit_path": principal.unit_path,
    }


@dataclass(frozen=True)
class What:
    """The object of an act, as the journal names it."""

    kind: str
    id: str = ""
    label: str = ""


@dataclass(frozen=True)
class Why:
    """Purpose, task and words of an act; for refusals and failures the reason alone."""

    reason: str = ""
    purpose: str = ""
    task: str = ""


@dataclass(frozen=True)
class Served:
    """How much of a record leaves by this act."""

    pages: int = 0
    bytes: int = 0


NOTHING_SERVED = Served()
POLICY = sha256(Path(access.__file__).read_bytes()).hexdigest()[:12]
"""The version of the rules: every row says by which text of the policy it was decided."""
_CLAUSE = re.compile(r"outside (\w+)|(role) .*lacks|(missing)")


def _require_anchor(uow: UnitOfWork, verb: Verb, what: What | None, now: datetime) -> None:
    """Refuses to read what is Tối mật or above while the journal has been without a witness for too long."""
    hours = [policy.value(uow, key, now) for key in ("anchor_warn_hours", "anchor_stop_hours")]
    if anchors.anchoring(uow.session, *hours).level(now) is AnchorLevel.STOP:
        known = what or What("")
        reason = "journal without a witness"
        raise Unanchored(verb, kind=known.kind, object_id=known.id, label=known.label, reason=reason)


def rule_of(principal: Principal | None, outcome: Outcome, target: Target | None, reason: str) -> str:
    """The rule that let an act pass, or the clause that it failed.

    What a consultation or an emergency allowed is named by :func:`note` and its callers: ``consult:`` or ``urgent:``
    and the id.
    """
    if principal is None:
        return "system"
    if outcome is Outcome.REFUSED:
        found = _CLAUSE.match(reason)
        return next(filter(None, found.groups())) if found else "refused"
    return "role" if target is None else "role+scope+level"


def _lent(uow: UnitOfWork, principal: Principal | None, target: Target | None, now: datetime) -> str:
    """Names the emergency through which alone an act was allowed; "" when the person's own rights allowed it."""
    if principal is None or target is None or target.dossier_id not in principal.emergency:
        return ""
    if visibility(replace(principal, emergency=frozenset()), Action.DOSSIER_READ).admits(target):
        return ""
    running = emergencies.running(uow.session, principal.account_id, now)
    return next((f"urgent:{each.id}" for each in running if each.dossier_id == target.dossier_id), "")


def note(
    uow: UnitOfWork,
    principal: Principal | None,
    verb: Verb,
    now: datetime,
    *,
    what: What | None = None,
    why: Why | None = None,
    outcome: Outcome = Outcome.DONE,
    target: Target | None = None,
    address: str = "",
    detail: Mapping[str, Any] | None = None,
    served: Served = NOTHING_SERVED,
    rule: str = "",
) -> int:
    """Appends one journal row to the running transaction and returns its number.

    JournalUnavailable when it cannot be written: the caller then neither changes nor shows anything.
    """
    reason = why.reason if why else ""
    if outcome is Outcome.DONE and target is not None and is_stopped_read(verb, target.secrecy):
        _require_anchor(uow, verb, what, now)
    row = actor_values(principal) | {"verb": str(verb), "outcome": str(outcome)} | _object(what, target, detail)
    rule = rule or _lent(uow, principal, target, now) or rule_of(principal, outcome, target, reason)
    row |= {"rule": rule, "policy": POLICY} | vars(served)
    if why is not None:
        row |= {"reason": why.reason, "purpose": why.purpose, "task": why.task}
    if address:
        row["address"] = address
    try:
        return journal.append(uow.session, now, row)
    except (OSError, ValueError) as error:
        raise JournalUnavailable from error


def _object(what: What | None, target: Target | None, detail: Mapping[str, Any] | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "detail": json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    }
    if target is not None:
        row |= {"unit_path": target.unit_path, "secrecy": int(target.secrecy), "compartment": target.compartment}
    if what is not None:
        row |= {"object_kind": what.kind, "object_id": what.id[:64], "object_label": what.label[:120]}
    return row


def note_each(
    uow: UnitOfWork,
    principal: Principal,
    verb: Verb,
    now: datetime,
    objects: Sequence[tuple[What, Target, Mapping[str, Any]]],
) -> int:
    """As :func:`note`, a row for each of many objects with its detail, in one go; returns the last number."""
    acted = actor_values(principal) | {"verb": str(verb), "outcome": str(Outcome.DONE), "policy": POLICY}
    try:
        rows = [acted | _object(*each) | {"rule": rule_of(principal, Outcome.DONE, each[1], "")} for each in objects]
        return journal.append_all(uow.session, now, rows)
    except (OSError, ValueError) as error:
        raise JournalUnavailable from error


def _note_refusal(uow: UnitOfWork, principal: Principal | None, refusal: Refused, now: datetime) -> None:
    note(
        uow,
        principal,
        refusal.verb,
        now,
        outcome=Outcome.REFUSED,
        what=What(refusal.kind, refusal.object_id, refusal.label),
        why=Why(refusal.reason),
    )


def require(
    principal: Principal,
    action: Action,
    verb: Verb,
    target: Target | None = None,
    kind: str = "",
    object_id: str = "",
) -> None:
    """Asks the rule; raises Refused (the same answer as for a missing thing) when it says no."""
    decision = decide(principal, action, target)
    if not decision.allowed:
        raise Refused(verb, kind=kind, object_id=object_id, reason=decision.reason)


def require_role(principal: Principal, action: Action, verb: Verb) -> None:
    """For lists: the role must include the action; the rows are then cut by visibility (which may be nothing)."""
    if not permits(principal, action):
        raise Refused(verb, reason=f"role {principal.role} lacks {action}")
