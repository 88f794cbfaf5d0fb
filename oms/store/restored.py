"""Questions put to a database that was restored, before anybody works with it; and the way of rows into a server."""

from __future__ import annotations

import os
import random
import secrets
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, make_url, select, text
from sqlalchemy.orm import Session

from oms.domain.access import Action, Target, visibility
from oms.errors import BackupFault
from oms.store import move, people, schema, sign_in, snapshot
from oms.store.move import Target as Server
from oms.store.tables import Account, Dossier, Unit
from oms.store.visible import visible


def rows_by_table(session: Session) -> dict[str, int]:
    """Rows of every table the program knows."""
    return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in move.tables()}


def sample_of_access(session: Session, accounts: int, dossiers: int, chance: random.Random) -> tuple[int, list[str]]:
    """Asks for some accounts and dossiers twice – the rule itself, and the database under it – as every page does.

    How many questions were asked, and the ids on which the two differ.
    """
    ids = sorted(session.scalars(select(Account.id)))
    asked = chance.sample(ids, min(accounts, len(ids)))
    known = sorted(session.scalars(select(Dossier.id)))
    chosen = chance.sample(known, min(dossiers, len(known)))
    rows = session.execute(
        select(Dossier, Unit.path).join(Unit, Unit.id == Dossier.unit_id).where(Dossier.id.in_(chosen))
    ).all()
    wrong = list[str]()
    for account in asked:
        person = people.principal_of(session, session.get_one(Account, account))
        view = visibility(person, Action.DOSSIER_READ)
        shown = set(
            session.scalars(
                select(Dossier.id)
                .join(Unit, Unit.id == Dossier.unit_id)
                .where(visible(view, Unit.path, Dossier), Dossier.id.in_(chosen))
            )
        )
        for dossier, path in rows:
            target = Target(path, dossier.secrecy, dossier.compartment, dossier.id, state=dossier.state)
            if view.admits(target) is not (dossier.id in shown):
                wrong.append(f"account {account}, dossier {dossier.id}")
    return len(asked) * len(rows), wrong


def end_all_sessions(session: Session, now: datetime) -> int:
    """Ends every session, and every token of a program: what was ended or withdrawn after the backup was taken must
    not come back to life, and a token works for up to a year. How many sessions ended."""
    return sum(sign_in.end_sessions(session, account, now) for account in session.scalars(select(Account.id)))


class Lent:
    """A database on the same server that is there for a drill alone."""

    def __init__(self, admin_url: str) -> None:
        self._admin, self._name = admin_url, f"oms_drill_{os.getpid()}_{secrets.token_hex(4)}"
        self._run(f'CREATE DATABASE "{self._name}"')
        self.admin_url = self._named(admin_url)

    def _named(self, url: str) -> str:
        return make_url(url).set(database=self._name).render_as_string(hide_password=False)

    @property
    def url(self) -> str:
        """Its address for the program, which signs in under its own roles."""
        return self.admin_url

    def drop(self) -> None:
        """Removes it."""
        self._run(f'DROP DATABASE "{self._name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with schema.as_administrator(self._admin) as engine:
            outside = engine.execution_options(isolation_level="AUTOCOMMIT", reads_only=False, waits=True)
            with outside.connect() as connection:
                connection.execute(text(statement))


def into_server(admin_url: str, revision: str, folder: Path, tables: dict[str, int]) -> None:
    """Rows of a backup into an empty database on a server, all of them or none; BackupFault names a table."""
    schema.by_administrator(admin_url)
    with schema.as_administrator(admin_url) as engine, engine.connect() as connection:
        target = Server(connection)
        target.begin()
        if schema.revision(Session(connection)) != revision:
            raise BackupFault(f"the backup is of schema {revision}: restore it with the program it was made with")
        for table in move.tables():
            path = folder / table.name
            if not path.is_file():
                raise BackupFault(f"the backup has no table {table.name}")
            if table.name == "journal":
                target.months(*snapshot.months_of(path, table))
            snapshot.copy_in(connection, table, path)
            there = connection.execute(text(f'SELECT count(*) FROM "{table.name}"')).scalar()  # noqa: S608
            if there != tables.get(table.name):
                raise BackupFault(f"table {table.name}: {there} rows arrived, the backup says {tables.get(table.name)}")
        target.sequences({})
        connection.commit()
