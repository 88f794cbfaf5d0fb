"""Rows of both formats in one tree, and the way up and down between them."""

from __future__ import annotations

import databases
from factories import World
from sqlalchemy import insert, text

from oms.domain.journal import SINCE_2, Entry, Verb, leaf_hash
from oms.services import review
from oms.services.house import Served, What, note
from oms.store import journal, schema
from oms.store.tables import JournalEntry


def write(world: World, number: int) -> None:
    for _ in range(number):
        with world.work() as uow:
            note(uow, None, Verb.STATUS_VIEW, world.clock(), what=What("page", "p"), served=Served(3, 70_000))


def write_old(world: World, number: int) -> None:
    """Rows as the program before format 2 wrote them, its columns alone."""
    with world.work() as uow:
        last = uow.session.scalar(text("SELECT max(seq) FROM journal")) or 0
        for seq in range(last + 1, last + 1 + number):
            old = {name: 0 if name in ("secrecy", "clock", "pages", "bytes") else "" for name in journal.COLUMNS}
            entry = Entry(**(old | {"v": 1, "seq": seq, "at": "2026-11-02T01:00:00.000Z", "salt": f"{seq:032x}"}))
            values = {name: value for name, value in vars(entry).items() if name not in SINCE_2}
            uow.session.execute(insert(JournalEntry.__table__), values | {"leaf": leaf_hash(entry)})


def test_rows_of_both_formats_are_one_tree(world: World) -> None:
    write_old(world, 3)
    write(world, 3)
    review.seal(world.house, world.clock())
    write(world, 2)
    review.seal(world.house, world.clock())
    verdict = review.verify(world.house, None)
    assert verdict.whole
    with world.work() as uow:
        formats = [entry.v for entry, _leaf in journal.rows(uow.session)]
    assert set(formats) == {1, 2}


def test_going_down_and_up_keeps_every_column_and_every_proof(world: World) -> None:
    write_old(world, 2)
    write(world, 3)
    review.seal(world.house, world.clock())
    with world.work() as uow:
        before = list(journal.rows(uow.session))
    with databases.owner(world.house.settings.home) as engine:
        schema.downgrade(engine, "0013")
        with engine.connect() as connection:
            shown = connection.execute(text("SELECT detail FROM journal ORDER BY seq DESC")).scalar()
        assert "70000" in str(shown)
        schema.upgrade(engine)
    with world.work() as uow:
        assert list(journal.rows(uow.session)) == before
    assert review.verify(world.house, None).whole


def test_a_row_says_what_was_served_by_which_rule_and_which_policy(world: World) -> None:
    row = world.dossier()
    officer = world.who("officer")
    world.open(officer, row.dossier.id)
    with world.work() as uow:
        entry = list(journal.rows(uow.session))[-1][0]
    assert (entry.v, entry.rule, entry.actor_id) == (2, "role+scope+level", officer.account_id)
    assert len(entry.policy) == 12
    assert entry.clock > 0
