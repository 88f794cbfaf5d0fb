"""Moving an installation from SQLite to PostgreSQL: equal to the last row, while people work, killed at any moment."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest
from command import run
from factories import WORLD_SETTINGS, FakeClock, World
from postgres_server import Server
from sqlalchemy import func, select, text
from test_database import fill_every_table

from oms.domain.journal import Verb
from oms.domain.journal_check import Verdict
from oms.errors import DatabaseMoved, SettingsError
from oms.services import health, moving, sealing
from oms.services.house import House, note
from oms.services.moving import Moved, NotMoved
from oms.settings import CHECKOUT, Settings
from oms.store import inbox, journal_seal, papers
from oms.store.tables import Base, Document, JournalEntry

pytestmark = pytest.mark.embedded("begins at SQLite and starts a server of its own database")


def move(world: World, server: Server, name: str, told: list[str] | None = None) -> Moved:
    def tell(what: str, table: str, rows: int) -> None:
        if told is not None:
            told.append(f"{what} {table} {rows}")

    url = server.url(name, "oms_app")
    return moving.move_to(world.house.settings, url, server.url(name), world.clock(), tell)


def arrived(world: World, server: Server, name: str) -> World:
    """The same installation with the server's database."""
    home = str(world.house.settings.home)
    env = WORLD_SETTINGS | {"OMS_HOME": home, "OMS_DATABASE_URL": server.url(name, "oms_app")}
    return World(House(Settings.from_env(env)), FakeClock(world.clock.at), dict(world.units))


def numbers(world: World) -> dict[str, int]:
    with world.work() as uow:
        return {
            name: uow.session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


def tree(world: World) -> Verdict:
    """The journal's rows against the checkpoints of its database."""
    with world.house.database.snapshot() as session:
        return journal_seal.check(session, world.house.signer, ())


def test_everything_arrives_and_the_office_goes_on_there(world: World, postgres: Server) -> None:
    fill_every_table(world)
    world.index()
    before = numbers(world)
    done = move(world, postgres, postgres.make("moved"))
    assert all(before.values())
    taken = {"journal": before["journal"] + 1, "journal_waiting": 0}  # what waited in the inbox got its number
    assert {name: found.rows for name, found in done.tables.items()} == before | taken
    root = tree(world)
    assert (done.root, done.checkpoints) == (root.root, root.checkpoints)
    assert done.files > 0
    assert "the same on both sides" in "\n".join(moving.table_of(done))
    with postgres.connect("moved") as connection:
        asked = "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relkind IN ('r', 'p') AND reltuples < 0"
        assert connection.execute(asked, [list(done.tables)]).fetchall() == [], "tables the server never counted"
    with pytest.raises(DatabaseMoved), world.work():
        pass
    there = arrived(world, postgres, "moved")
    verdict = tree(there)
    assert (verdict.whole, verdict.root, verdict.problem) == (True, root.root, "")
    row = there.dossier("Người Đến Sau", number="HS-9999")
    paper = there.filed(row)
    there.index()
    with there.work() as uow:
        assert uow.session.get(Document, paper) is not None
    with there.work(there.who("leader.xa")) as uow:
        assert uow.session.scalar(select(func.count()).select_from(Document)) == 0, "the walls stand there"
    assert sealing.seal(there.house, there.clock())
    assert tree(there).whole
    # the world's made-up files and its made-up anchor are not there on either side
    assert [each for each in health.check(there.house) if not each.startswith(("vault", "journal"))] == []
    there.house.close()


def test_what_is_written_while_it_is_copied_arrives_and_nobody_writes_to_both(world: World, postgres: Server) -> None:
    world.filed(world.dossier())
    name, acknowledged, stopped = postgres.make("busy"), list[int](), list[str]()
    copying = threading.Event()

    def write() -> None:
        other = World(House(world.house.settings), FakeClock(world.clock.at))
        copying.wait(10)
        while not stopped:
            try:
                with other.work() as uow:
                    number = note(uow, None, Verb.STATUS_VIEW, other.clock())
                    uow.session.execute(text("UPDATE units SET name = name || '.' WHERE code = 'M'"))
                    uow.session.execute(text("DELETE FROM sign_in_attempts"))
                acknowledged.append(number)
            except DatabaseMoved:
                stopped.append("moved")
        other.house.close()

    writer = threading.Thread(target=write)
    writer.start()

    def tell(what: str, _table: str, _rows: int) -> None:
        copying.set()

    inbox.put(world.house.settings.inbox, "2026-11-02T01:00:00.000Z", 1, {"actor_id": "s", "actor_name": "S",
              "role": "system", "verb": str(Verb.STATUS_VIEW), "outcome": "done"})  # fmt: skip
    url = postgres.url(name, "oms_app")
    done = moving.move_to(world.house.settings, url, postgres.url(name), world.clock(), tell)
    writer.join()
    there = arrived(world, postgres, name)
    with there.work() as uow:
        kept = set(uow.session.scalars(select(JournalEntry.seq)))
        changed = uow.session.execute(text("SELECT name FROM units WHERE code = 'M'")).scalar()
    assert set(acknowledged) <= kept and len(acknowledged) > 0
    assert str(changed).count(".") == len(acknowledged)
    assert {"journal", "units"} <= done.changed
    assert done.entries == len(kept) == max(kept)
    assert sealing.verify(there.house, None).whole
    there.house.close()


def test_killed_at_any_moment_it_is_repeated(world: World, postgres: Server) -> None:
    world.filed(world.dossier())
    name = postgres.make("killed")
    to, admin = postgres.url(name, "oms_app"), postgres.url(name)
    env = os.environ | WORLD_SETTINGS | {"OMS_HOME": str(world.house.settings.home), "OMS_DATABASE_ADMIN_URL": admin}
    command = [sys.executable, "-m", "oms.cli", "move", "--to", to]
    for line in ("copied: journal ", "closed: "):
        with subprocess.Popen(command, cwd=CHECKOUT, env=env, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for said in process.stdout:
                if line in said:
                    process.kill()
                    break
            process.stdout.close()
        if not moving.is_closed(world.house.settings):
            with world.work() as uow:
                note(uow, None, Verb.STATUS_VIEW, world.clock())
    done = subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "the same on both sides" in done.stdout
    served = run(world, "serve")
    assert served.returncode == 1 and "OMS_DATABASE_URL" in served.stderr
    there = arrived(world, postgres, name)
    assert sealing.verify(there.house, None).whole
    there.house.close()


def test_what_stands_in_the_way_is_said_and_nothing_is_closed(world: World, postgres: Server) -> None:
    world.filed(world.dossier())
    settings, name = world.house.settings, postgres.make("taken")
    url, admin = postgres.url(name, "oms_app"), postgres.url(name)

    def refused(words: str, admin_url: str = admin) -> None:
        with pytest.raises(SettingsError, match=words):
            moving.move_to(settings, url, admin_url, world.clock(), lambda *_told: None)
        with world.work() as uow:
            note(uow, None, Verb.STATUS_VIEW, world.clock())

    refused("superuser|may make roles|refused", postgres.url(name, "oms_worker"))
    refused("same database", postgres.url("oms"))
    with world.work() as uow:
        uow.session.execute(text("UPDATE units SET name = 'nul' || char(0) || '.' WHERE code = 'M'"))
    refused("table units: a value that PostgreSQL does not take")
    with world.work() as uow:
        uow.session.execute(text("UPDATE units SET name = 'M' WHERE code = 'M'"))
    with world.work() as uow:
        sha = min(papers.kept_files(uow.session))
    world.house.vault.path_of(sha).unlink()
    done = move(world, postgres, name)
    assert f"{done.files} files named, 1 of them missing" in "\n".join(moving.table_of(done))
    moving.reopen(settings)
    refused("holds a journal already")


def test_a_table_changed_on_its_way_is_found(world: World, postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from oms.store.move import Target

    put = Target.put

    def spoiling(self: Target, table: object, rows: object) -> None:
        put(self, table, rows)  # type: ignore[arg-type]
        if getattr(table, "name", "") == "accounts":
            self.connection.exec_driver_sql("UPDATE accounts SET clearance = 3 WHERE username = 'leader.low'")

    monkeypatch.setattr(Target, "put", spoiling)
    with pytest.raises(NotMoved, match="differs: accounts"):
        move(world, postgres, postgres.make("spoilt"))
    with world.work() as uow:
        note(uow, None, Verb.STATUS_VIEW, world.clock())
