"""The doors for load balancers and monitors: they tell whether, and nothing else."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import databases
import pytest
from factories import World
from flask import Flask
from flask.testing import FlaskClient

from oms import create_app
from oms.services import sealing
from oms.services.readiness import PARTS, Kept


@pytest.fixture
def probe(world: World) -> FlaskClient:
    """A stranger, and answers that are asked anew each time; the last entry of the journal is fresh and sealed."""
    made = create_app(replace(world.house.settings, disk_floor=0), world.clock)
    made.extensions["oms_readiness"] = Kept(seconds=0.0)
    _beat(world)
    return made.test_client()


def _beat(world: World) -> None:
    from oms.domain.journal import Verb
    from oms.services.house import What, note

    with world.work() as uow:
        note(uow, None, Verb.JOURNAL_BEAT, world.clock(), what=What("journal"), detail={"state": "beat"})
    sealing.seal(world.house, world.clock())


def _not(probe: FlaskClient) -> list[str]:
    answer = probe.get("/readyz")
    said = answer.get_data(as_text=True).splitlines()
    assert answer.status_code == (200 if said == ["ready"] else 503)
    assert answer.mimetype == "text/plain" and answer.headers["Cache-Control"] == "no-store"
    assert set(said) <= {"ready", *PARTS}
    return [] if said == ["ready"] else said


def test_a_well_installation_says_so_to_strangers_and_writes_nothing(world: World, probe: FlaskClient) -> None:
    before = world.journal()
    assert probe.get("/healthz").get_data(as_text=True) == "ok\n"
    assert _not(probe) == []
    assert world.journal() == before
    assert not [name for name in probe.get("/readyz").headers.keys() if name in ("Set-Cookie", "Server")]  # noqa: SIM118


def test_a_silent_sealer_is_told_and_one_who_does_not_keep_up(world: World, probe: FlaskClient) -> None:
    world.clock.forward(minutes=3)
    assert _not(probe) == ["sealer"]
    _beat(world)
    assert _not(probe) == []
    world.clock.forward(minutes=3)
    world.dossier()  # the work goes on, and nobody seals it
    assert _not(probe) == ["sealer"]


def test_a_missing_vault_index_and_schema_are_told_each_by_its_word(world: World, probe: FlaskClient) -> None:
    home = world.house.settings.home
    (home / "vault").rename(home / "away")
    assert _not(probe) == ["vault"]
    (home / "vault").mkdir(mode=0o700)
    assert _not(probe) == ["vault"], "an empty folder where the vault's disk is not mounted"
    (home / "vault").rmdir()
    (home / "away").rename(home / "vault")
    shutil.move(home / "index", home / "no-index")
    assert _not(probe) == ["index"]
    shutil.move(home / "no-index", home / "index")
    databases.harm(home, "UPDATE alembic_version SET version_num = '0001'")
    assert _not(probe) == ["schema"]


def test_a_disk_below_its_floor_is_told(world: World) -> None:
    made = create_app(replace(world.house.settings, disk_floor=2**62), world.clock)
    assert "disk" in made.test_client().get("/readyz").get_data(as_text=True).splitlines()


def test_a_database_that_cannot_be_written_is_told_while_the_process_lives(world: World, probe: FlaskClient) -> None:
    home = world.house.settings.home
    if databases.ON_SERVER:  # as after a failover to a server that only follows
        databases.harm(home, "ALTER DATABASE {database} SET default_transaction_read_only = on")
    else:
        with (home / "oms.db").open("r+b") as damaged:
            damaged.write(b"not a database any more")
    world.house.database.close()
    app: Flask = probe.application
    app.extensions["oms"].database.close()
    assert _not(probe) == ["database"]
    assert probe.get("/healthz").status_code == 200


def test_somebody_who_writes_for_long_is_no_reason_to_be_taken_out(world: World, probe: FlaskClient) -> None:
    with world.house.database.transaction():
        assert _not(probe) == []


def test_strangers_who_ask_all_the_time_get_the_answer_of_a_moment_ago(world: World, tmp_path: Path) -> None:
    kept = Kept(seconds=60.0)
    first = kept.unready(world.house, datetime.now(UTC))
    (world.house.settings.home / "vault").rename(tmp_path / "vault")
    assert kept.unready(world.house, datetime.now(UTC) + timedelta(days=1)) == first
