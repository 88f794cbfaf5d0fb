"""Backups of an installation on PostgreSQL: every table back into an empty database, and drills that leave none."""

from __future__ import annotations

from pathlib import Path

import pytest
from backing_up import Kept, kept, quiet
from factories import World
from postgres_server import Server
from sqlalchemy import func, select
from test_database import fill_every_table
from test_move import arrived, move, numbers, tree

from oms.errors import BackupFault, OmsError
from oms.services import backup, restoring, sealing
from oms.store.tables import Document

pytestmark = pytest.mark.embedded("begins at SQLite and starts a server of its own database")


def databases(server: Server) -> set[str]:
    with server.connect("postgres") as connection:
        return {row[0] for row in connection.execute("SELECT datname FROM pg_database")}


def first_run(one: Kept) -> backup.Done:
    told = list[str]()
    done = backup.run(one.house, one.world.clock(), told.append)
    assert [line.split(" ")[0] for line in told] == ["keys", "data", "data", "once"], "a line for each place, no more"
    return done


def count_alike(done: restoring.Restored, home: Path) -> None:
    said = {step.name: step.words for step in done.steps}
    assert ", 2 checkpoints, " in said["journal against its checkpoints"]
    assert said["journal by the separate verifier"].endswith(", 2 checkpoints")
    assert not (home / "journal.jsonl").exists(), "who read whom does not lie about in the clear"


def test_every_row_comes_back_behind_its_walls(world: World, postgres: Server, tmp_path: Path) -> None:
    fill_every_table(world)
    row = world.dossier("Người Có Giấy", number="HS-0099")
    world.filed(row)
    move(world, postgres, postgres.make("backed_up"))
    there = arrived(world, postgres, "backed_up")
    sealing.seal(there.house, there.clock())
    before = numbers(there)
    assert all(count for name, count in before.items() if name != "journal_waiting")
    one = kept(there, tmp_path / "outside")
    first = first_run(one)
    assert not [each.problem for each in first.places if each.problem]
    assert first.damaged, "the made-up rows name files that are nowhere: told, and no reason to take nothing"
    second = one.run()
    assert second.places[1].written.objects <= 6, "two rows more change few pieces"
    asked, clock = one.asked(reads=20), there.clock

    with pytest.raises(BackupFault, match="OMS_DATABASE_ADMIN_URL is missing"):
        restoring.restore(tmp_path / "none", asked, clock(), quiet, {})
    admin = {"OMS_DATABASE_ADMIN_URL": postgres.url("backed_up")}
    known = databases(postgres)
    drilled = restoring.drill(tmp_path / "scratch", asked, clock(), quiet, admin)
    assert [step.name for step in drilled.steps if step.name == "rows into the server"]
    assert databases(postgres) == known and not list((tmp_path / "scratch").iterdir())

    postgres.make("came_back")
    env = {
        "OMS_DATABASE_URL": postgres.url("came_back", "oms_app"),
        "OMS_DATABASE_ADMIN_URL": postgres.url("came_back"),
    }
    full = env | {"OMS_DATABASE_ADMIN_URL": postgres.url("backed_up")}
    with pytest.raises(OmsError, match="holds a journal already"):
        restoring.restore(tmp_path / "full", asked, clock(), quiet, full)
    done = restoring.restore(tmp_path / "home2", asked, clock(), quiet, env)
    assert done.number == 2
    count_alike(done, tmp_path / "home2")
    there.house.settings.home.rename(tmp_path / "broken")
    (tmp_path / "home2").rename(there.house.settings.home)
    back = arrived(there, postgres, "came_back")
    after = numbers(back)
    assert {name for name in before if before[name] != after[name]} <= {"journal", "notices"}
    assert after["journal"] == before["journal"] + 3  # the key, the first run; the restore
    assert tree(back).whole
    with back.work(back.who("leader.xa")) as uow:
        assert uow.session.scalar(select(func.count()).select_from(Document)) == 0, "the walls stand there"
    back.dossier("Người Đến Sau", number="HS-9998")
    back.house.close()
    there.house.close()
