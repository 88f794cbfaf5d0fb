"""Oversight: the check that files, index, database and journal agree; the reviewer whose looking is itself kept."""

from __future__ import annotations

import json
from pathlib import Path

import databases
import pytest
from factories import World
from sqlalchemy import select

from oms.errors import InvalidInput, Refused
from oms.services import health, indexing, overview, review, sealing, tasks
from oms.store.tables import JournalEntry, Page


@pytest.fixture
def filled(world: World) -> World:
    world.filed(world.dossier(), "QUYẾT ĐỊNH\nkhen thưởng")
    world.index()
    review.seal(world.house, world.clock())
    return world


def image_of(world: World) -> str:
    with world.work() as uow:
        return uow.session.scalars(select(Page.image_sha).limit(1)).one()


def test_a_sound_installation_has_no_findings(filled: World) -> None:
    assert health.check(filled.house) == []


@pytest.mark.parametrize("damage", ["flipped", "gone"])
def test_a_damaged_file_is_found_by_its_name(filled: World, damage: str) -> None:
    sha = image_of(filled)
    path = filled.house.vault.path_of(sha)
    path.chmod(0o600)
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert health.check(filled.house) == [f"vault: file {sha} is missing or damaged"]


def test_a_paper_missing_from_the_index_is_found(filled: World) -> None:
    filled.house.engine.clear()
    assert health.check(filled.house) == [
        "index: 2 of its files are not what was written; run: oms rebuild-index",  # emptied past the indexer
        "index: 1 of the papers are not in it; run: oms rebuild-index",
    ]
    assert indexing.rebuild(filled.house) == 1
    assert health.check(filled.house) == []


def test_a_changed_journal_is_found(filled: World) -> None:
    changed = "UPDATE journal SET reason = 'khác' WHERE seq = 2"
    databases.harm(filled.house.settings.home, databases.UNGUARDED + changed)
    assert health.check(filled.house) == ["journal: entry 2 was changed"]


def test_looking_at_the_journal_is_a_row_that_the_look_already_shows(filled: World) -> None:
    reviewer = filled.who("reviewer")
    asked = review.wanted("", "document:file", "", "", None, None)
    for wanted in (asked, review.wanted("", "journal:view", "", "", None, None)):
        with filled.work(reviewer) as uow:
            page = review.entries(uow, filled.house, reviewer, wanted, 50, 0, filled.clock())
    assert [json.loads(entry.detail).get("verb") for entry in page.entries] == ["journal:view", "document:file"]
    assert all(entry.actor_id == reviewer.account_id for entry in page.entries)


def test_the_filter_narrows_by_person_outcome_object_and_day(filled: World) -> None:
    reviewer, clerk = filled.who("reviewer"), filled.who("clerk")
    with pytest.raises(Refused), filled.work(clerk) as uow:
        tasks.list_tasks(uow, clerk, filled.clock())
    filled.clock.forward(minutes=1)  # a row's time has what its transaction waited for the lock
    later = filled.clock()
    filled.clock.forward(days=1)
    for wanted, number in (
        (review.wanted(clerk.account_id, "", "", "", None, None), 1),
        (review.wanted("", "", "refused", "", None, None), 1),
        (review.wanted("", "task:list", "done", "", None, None), 0),
        (review.wanted(clerk.account_id, "", "", "", later, None), 0),
        (review.wanted(clerk.account_id, "", "", "", None, later), 1),
        (review.wanted("", "", "", "không có", None, None), 0),
    ):
        with filled.work(reviewer) as uow:
            assert review.entries(uow, filled.house, reviewer, wanted, 50, 0, filled.clock()).total == number


@pytest.mark.parametrize("who", ["clerk", "officer", "leader", "admin"])
def test_nobody_else_reads_or_verifies_the_journal(filled: World, who: str) -> None:
    person = filled.who(who)
    wanted = review.wanted("", "", "", "", None, None)
    with pytest.raises(Refused), filled.work(person) as uow:
        review.entries(uow, filled.house, person, wanted, 50, 0, filled.clock())
    with pytest.raises(Refused):
        review.verify_now(filled.house, person, filled.clock())
    assert [row[1] for row in filled.journal()[-2:]] == ["refused", "refused"]


def test_the_reviewers_verification_and_the_export_are_rows(filled: World, tmp_path: Path) -> None:
    reviewer = filled.who("reviewer")
    assert review.verify_now(filled.house, reviewer, filled.clock()).whole
    assert filled.journal()[-1][:2] == ("journal:verify", "done")
    told = review.export(filled.house, tmp_path / "out.jsonl", filled.clock())
    assert filled.journal()[-1][:2] == ("journal:export", "done")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    heads = [line["checkpoint"] for line in lines if "checkpoint" in line]
    assert told.entries == len(filled.journal()) == len(lines) - len(heads)
    assert [head.strip() for head in heads] == [
        note.strip() for note in sealing.witnessed_notes(filled.house.settings.witness)
    ]


def test_sealing_nothing_new_writes_nothing(filled: World) -> None:
    assert not review.seal(filled.house, filled.clock())
    assert len(sealing.witnessed_notes(filled.house.settings.witness)) == 1


def test_the_journal_holds_no_name_and_no_text_of_a_paper(filled: World) -> None:
    with filled.work() as uow:
        rows = list(uow.session.scalars(select(JournalEntry)))
    kept = "\n".join(f"{row.object_label} {row.reason} {row.detail}" for row in rows)
    assert "Tô Thị Hiếu" not in kept
    assert "khen thưởng" not in kept


def test_the_administrators_overview_counts_and_names_no_record(filled: World) -> None:
    admin = filled.who("admin")
    with filled.work(admin) as uow:
        found = overview.status(uow, filled.house, admin, filled.clock())
    assert (found.totals["filed"], found.integrity.witnessed) == (1, found.integrity.sealed)
    assert "Hiếu" not in repr(found)
    for who in ("leader", "reviewer"):
        person = filled.who(who)
        with pytest.raises(Refused), filled.work(person) as uow:
            overview.status(uow, filled.house, person, filled.clock())


def test_tasks_are_opened_in_ones_own_units_and_closed_once(filled: World) -> None:
    leader, low = filled.who("leader.xa"), filled.who("officer.gov")
    with pytest.raises(Refused), filled.work(leader) as uow:
        tasks.create_task(uow, leader, "1/CV", "Việc của tỉnh", filled.units["D"], filled.clock())
    with pytest.raises(InvalidInput), filled.work(leader) as uow:
        tasks.create_task(uow, leader, "", "Việc của xã", filled.units["D-XA"], filled.clock())
    with filled.work(leader) as uow:
        task = tasks.create_task(uow, leader, "1/CV", "Việc của xã", filled.units["D-XA"], filled.clock())
    for who in (low, leader, leader):
        before = filled.journal()[-1]
        try:
            with filled.work(who) as uow:
                tasks.close_task(uow, who, task.id, filled.clock())
        except Refused:
            pass
        assert filled.journal()[-1] != before
    assert [row[1] for row in filled.journal() if row[0] == "task:close"] == ["refused", "done", "refused"]
