"""The house: what every use case stands on, and the transaction in which the refusal's row survives."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from oms.domain.access import Action, Principal, Target, decide, permits
from oms.domain.journal import Outcome, Verb
from oms.errors import JournalUnavailable, Refused
from oms.settings import Settings
from oms.store import journal
from oms.store.db import Database
from oms.store.db import UnitOfWork as UnitOfWork
from oms.store.vault import Vault
from search_index import WhooshEngine


@dataclass
class House:
    """One installation at work: settings, database, vault, index, signing key."""

    settings: Settings
    database: Database = field(init=False)
    vault: Vault = field(init=False)
    signer: journal.Signer = field(init=False)
    _engine: WhooshEngine | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.database = Database(self.settings.database_url)
        self.vault = Vault(self.settings.vault)
        self.signer = journal.Signer(self.settings.keys)

    @property
    def engine(self) -> WhooshEngine:
        """The search engine, opened at first use."""
        if self._engine is None:
            self._engine = WhooshEngine(self.settings.index)
        return self._engine

    def drop_index(self) -> None:
        """Removes the index's files: it is a cache, and is made anew at the next use."""
        shutil.rmtree(self.settings.index, ignore_errors=True)
        self._engine = None

    @contextmanager
    def work(self, principal: Principal | None, now: datetime) -> Iterator[UnitOfWork]:
        """One use case: commits when it ends well. A refusal is rolled back, then journalled, then raised."""
        try:
            with self.database.transaction() as session:
                yield UnitOfWork(session, self.vault, self.settings.models, self.settings.zone)
        except Refused as refusal:
            with self.database.transaction() as session:
                _note_refusal(
                    UnitOfWork(session, self.vault, self.settings.models, self.settings.zone), principal, refusal, now
                )
            raise

    @contextmanager
    def look(self) -> Iterator[UnitOfWork]:
        """A snapshot for what is no reading of records (counts, queues, the frame); nothing can be written in it."""
        with self.database.snapshot() as session:
            yield UnitOfWork(session, self.vault, self.settings.models, self.settings.zone)


def actor_values(principal: Principal | None) -> dict[str, Any]:
    """The journal's columns that say who acted; None is the program itself."""
    if principal is None:
        return {"actor_id": "system", "actor_name": "Hệ thống", "role": "system"}
    return {
        "actor_id": principal.account_id,
        "actor_name": principal.display_name,
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
) -> int:
    """Appends one journal row to the running transaction and returns its number.

    JournalUnavailable when it cannot be written: the caller then neither changes nor shows anything.
    """
    row = actor_values(principal) | {"verb": str(verb), "outcome": str(outcome)} | _object(what, target, detail)
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
    acted = actor_values(principal) | {"verb": str(verb), "outcome": str(Outcome.DONE)}
    try:
        return journal.append_all(uow.session, now, [acted | _object(*each) for each in objects])
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
