"""The journal on PostgreSQL in parts, one a month: nothing is lost, every part has the rights and guards of all."""

from __future__ import annotations

from datetime import date

import pytest
from factories import World, make_world
from postgres_server import Server
from psycopg import errors
from sqlalchemy import text

from oms.services import sealing
from oms.services.sealer import Sealer, house_of
from oms.store import journal_months
from oms.store.db import make_engine

ENTRY = (
    "INSERT INTO journal SELECT {seq}, '{at}', 'a1', 'x', '', '', '', 'system:status', 'done', '', "
    "'', '', '1/9', 0, '', '', '', '', '{{}}', repeat('0', 32), sha256('leaf')"
)
CHANGES = ("TRUNCATE {}", "UPDATE {} SET reason = 'x'", "DELETE FROM {}")
ROLES = ("oms_app", "oms_worker", "oms_sealer")


@pytest.fixture(scope="module")
def parted(postgres: Server) -> Server:
    """A database "parted" with a row in each of three months and one in a month nobody made."""
    name = postgres.make("parted", template="oms")
    engine = make_engine(postgres.url(name))
    with engine.begin() as connection:
        journal_months.make(connection, date(2026, 11, 1), date(2027, 1, 1))
    engine.dispose()
    with postgres.connect(name) as connection:
        for seq, month in enumerate(("2026-11", "2026-12", "2027-01", "1999-05"), start=1):
            connection.execute(ENTRY.format(seq=seq, at=f"{month}-02T01:00:00.000Z"))
    return postgres


def test_each_row_lies_in_its_month_and_no_month_loses_one(parted: Server) -> None:
    with parted.connect("parted") as connection:
        query = "SELECT tableoid::regclass::text FROM journal ORDER BY seq"
        assert [part for (part,) in connection.execute(query)] == [
            "oms_months.journal_2026_11",
            "oms_months.journal_2026_12",
            "oms_months.journal_2027_01",
            "oms_months.journal_other",
        ]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("part", ["journal_2026_12", "journal_other"])
@pytest.mark.parametrize(
    "act",
    [
        "SELECT * FROM {}",
        "INSERT INTO {} SELECT * FROM journal",
        "UPDATE {} SET reason = 'x'",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "ALTER TABLE journal DETACH PARTITION {}",
        "DROP TABLE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
    ],
)
def test_no_role_reaches_a_part_past_the_whole(parted: Server, role: str, part: str, act: str) -> None:
    with parted.connect("parted", role) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(act.format(f"oms_months.{part}"))


def test_the_guards_hold_on_every_part_also_for_a_superuser(parted: Server) -> None:
    with parted.connect("parted") as connection:
        parts = [name for (name,) in connection.execute("SELECT inhrelid::regclass::text FROM pg_inherits "
                                                       "WHERE inhparent = 'journal'::regclass")]  # fmt: skip
        assert len(parts) >= 4
        for part in parts:
            held = connection.execute(f"SELECT count(*) FROM {part}").fetchone() != (0,)  # noqa: S608
            for act in CHANGES if held else CHANGES[:1]:
                with (
                    pytest.raises(errors.IntegrityConstraintViolation, match="can only be added to"),
                    connection.transaction(),
                ):
                    connection.execute(act.format(part))
            for act in (f"DROP TABLE {part}", f"ALTER TABLE journal DETACH PARTITION {part}"):
                with pytest.raises(errors.InsufficientPrivilege, match="kept as it is"), connection.transaction():
                    connection.execute(act)


@pytest.mark.parametrize("month", ["2026-11", "2026-12", "2031-01"])
@pytest.mark.parametrize("seq", [1, 3, 4, 6, 0, -1])
def test_numbers_are_dense_over_all_parts(parted: Server, month: str, seq: int) -> None:
    with parted.connect("parted", "oms_app") as connection:
        with pytest.raises(errors.IntegrityConstraintViolation, match="can only be added to"):
            connection.execute(ENTRY.format(seq=seq, at=f"{month}-30T01:00:00.000Z"))
        connection.rollback()
        connection.execute(ENTRY.format(seq=5, at=f"{month}-30T01:00:00.000Z"))
        assert connection.execute("SELECT seq FROM oms_journal_newest()").fetchone() == (5,)
        connection.rollback()


def test_the_sealer_makes_the_months_ahead_and_nobody_else_does(parted: Server) -> None:
    make = "SELECT oms_journal_months('2030-01-15', '2030-04-01')"
    for role in ROLES[:2]:
        with parted.connect("parted", role) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute(make)
    with parted.connect("parted", "oms_sealer") as connection:
        assert connection.execute(make).fetchone() == (4,)
        assert connection.execute(make).fetchone() == (0,), "they are there"
        assert connection.execute("SELECT oms_journal_months('1999-05-01', '1999-05-31')").fetchone() == (0,)
        with pytest.raises(errors.InvalidParameterValue):
            connection.execute("SELECT oms_journal_months('0001-01-01', '9999-01-01')")
        connection.rollback()


def test_an_office_is_sealed_and_verified_over_months_by_the_sealers_own_role(
    postgres: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = postgres.url(postgres.make("years", template="oms"))
    home, outside = tmp_path_factory.mktemp("years") / "home", tmp_path_factory.mktemp("outside")
    world: World = make_world(home, OMS_DATABASE_URL=url, OMS_WITNESS_DIRS=str(outside))
    keeper = Sealer(house_of(world.house.settings), world.clock)
    keeper.begin()
    for _month in range(4):
        world.dossier()
        keeper.round()
        keeper._waiting_since = 1.0  # the oldest entry has waited for long enough
        assert keeper.round(), "sealed, and kept outside"
        world.clock.forward(days=31)
    keeper.end()
    with world.work() as uow:
        parts = uow.session.execute(text("SELECT count(DISTINCT tableoid) FROM journal")).scalar()
        assert uow.session.execute(text("SELECT count(*) FROM anchors WHERE kind = 'folder'")).scalar()
    assert parts is not None and parts >= 4
    verdict = sealing.verify(world.house, None)
    assert verdict.whole, verdict.problem
    assert verdict.checkpoints >= 4
    keeper.house.close()
    world.house.close()
