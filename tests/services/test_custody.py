"""Reading for a stated purpose: no row, no reading; hidden and missing look the same."""

from __future__ import annotations

from collections.abc import Callable

import databases
import pytest
from factories import World
from sqlalchemy import select, text

from oms.domain.access import Principal, Role
from oms.errors import InvalidInput, JournalUnavailable, LikelyDuplicate, Refused
from oms.services import custody, tasks
from oms.services.house import UnitOfWork
from oms.store import papers
from oms.store.tables import Cadre, JournalEntry, Opening

WHY = "rà soát nhân sự quý IV"


def opened(
    world: World, who: Principal, dossier_id: str, purpose: str = "quy_hoach", task: str = "", reason: str = WHY
) -> Opening:
    with world.work(who) as uow:
        return custody.open_dossier(uow, who, dossier_id, purpose, task, reason, 60, world.clock())


def task_of(world: World, who: Principal) -> str:
    with world.work(who) as uow:
        return tasks.create_task(uow, who, "07/CV", "Rà soát quy hoạch", world.units["D"], world.clock()).id


def page_of(world: World, document_id: str) -> str:
    with world.work() as uow:
        return papers.pages_of_document(uow.session, document_id)[0].id


def entries(world: World) -> list[JournalEntry]:
    with world.work() as uow:
        return list(uow.session.scalars(select(JournalEntry).order_by(JournalEntry.seq)))


@pytest.mark.parametrize(
    ("field", "purpose", "task", "reason"),
    [
        ("purpose", "", "", WHY),
        ("purpose", "tò mò", "", WHY),
        ("reason", "quy_hoach", "", "xem"),
        ("reason", "quy_hoach", "", " . " * 2 + "       "),
        ("task", "quy_hoach", "0" * 32, WHY),
    ],
)
def test_a_purpose_that_is_not_said_opens_nothing(
    world: World, field: str, purpose: str, task: str, reason: str
) -> None:
    row, leader = world.dossier(), world.who("leader")
    with pytest.raises(InvalidInput) as caught:
        opened(world, leader, row.dossier.id, purpose, task, reason)
    assert caught.value.field == field
    with pytest.raises(Refused), world.work(leader) as uow:
        custody.read_dossier(uow, leader, row.dossier.id, world.clock())


def test_a_closed_task_and_another_units_task_cannot_be_cited(world: World) -> None:
    row, leader = world.dossier(), world.who("leader")
    task = task_of(world, leader)
    low = world.who("leader.xa")
    own = world.dossier(unit="D-XA")
    with pytest.raises(InvalidInput):
        opened(world, low, own.dossier.id, task=task)
    opened(world, leader, row.dossier.id, task=task)
    with world.work(leader) as uow:
        tasks.close_task(uow, leader, task, world.clock())
    with pytest.raises(InvalidInput):
        opened(world, leader, row.dossier.id, task=task)


def test_every_page_is_a_row_with_purpose_task_and_words(world: World) -> None:
    row, leader = world.dossier(), world.who("leader")
    paper = world.filed(row, pages=2)
    opened(world, leader, row.dossier.id, task=task_of(world, leader))
    before = len(entries(world))
    with world.work(leader) as uow:
        custody.read_dossier(uow, leader, row.dossier.id, world.clock())
        custody.read_document(uow, leader, paper, world.clock())
    with world.work() as uow:
        pages = papers.pages_of_document(uow.session, paper)
    for page in pages:
        with world.work(leader) as uow:
            assert custody.page_image(uow, leader, page.id, world.clock()).startswith(b"\xff\xd8")
    rows = entries(world)[before:]
    assert [(entry.verb, entry.object_id) for entry in rows] == [
        ("cadre:open", row.dossier.id),
        ("document:open", paper),
        ("page:view", pages[0].id),
        ("page:view", pages[1].id),
    ]
    assert {(entry.purpose, entry.task, entry.reason) for entry in rows} == {("quy_hoach", "07/CV", WHY)}
    assert all(entry.actor_id == leader.account_id for entry in rows)


def readings(who: Principal, dossier: str, paper: str, page: str, now: object) -> list[Callable[[UnitOfWork], object]]:
    return [
        lambda uow: custody.read_dossier(uow, who, dossier, now),  # type: ignore[arg-type]
        lambda uow: custody.read_document(uow, who, paper, now),  # type: ignore[arg-type]
        lambda uow: custody.page_image(uow, who, page, now),  # type: ignore[arg-type]
    ]


def test_an_opening_runs_out(world: World) -> None:
    row, leader = world.dossier(), world.who("leader")
    paper = world.filed(row)
    page = page_of(world, paper)
    opened(world, leader, row.dossier.id)
    world.clock.forward(minutes=61)
    for read in readings(leader, row.dossier.id, paper, page, world.clock()):
        with pytest.raises(Refused), world.work(leader) as uow:
            read(uow)
        assert entries(world)[-1].outcome == "refused"


def test_an_opening_is_for_one_person_and_one_dossier(world: World) -> None:
    row, other, leader = world.dossier(), world.dossier(), world.who("leader")
    opened(world, leader, row.dossier.id)
    for who, dossier in ((leader, other), (world.who("officer"), row)):
        with pytest.raises(Refused), world.work(who) as uow:
            custody.read_dossier(uow, who, dossier.dossier.id, world.clock())


@pytest.mark.parametrize("who", ["clerk", "leader.low", "leader.xa", "officer.gov", "reviewer", "admin"])
def test_hidden_and_missing_are_one_answer_and_both_are_rows(world: World, who: str) -> None:
    row = world.dossier(secrecy=1)
    paper = world.filed(row)
    person, page, nothing = world.who(who), page_of(world, paper), "f" * 32
    now = world.clock()
    hidden = readings(person, row.dossier.id, paper, page, now)
    missing = readings(person, nothing, nothing, nothing, now)
    hidden.append(lambda uow: custody.gate(uow, person, row.dossier.id, now))
    missing.append(lambda uow: custody.gate(uow, person, nothing, now))
    hidden.append(lambda uow: custody.open_dossier(uow, person, row.dossier.id, "", "", "", 60, now))
    missing.append(lambda uow: custody.open_dossier(uow, person, nothing, "", "", "", 60, now))
    for pair in zip(hidden, missing, strict=True):
        said = []
        for attempt in pair:
            before = len(entries(world))
            with pytest.raises(Refused) as caught, world.work(person) as uow:
                attempt(uow)
            after = entries(world)
            assert len(after) == before + 1
            assert (after[-1].outcome, after[-1].actor_id) == ("refused", person.account_id)
            said.append((caught.value.status, caught.value.message_vi, caught.value.verb))
        assert said[0] == said[1]


def test_a_paper_above_ones_clearance_is_missing_in_a_dossier_one_reads(world: World) -> None:
    row, low = world.dossier(), world.who("leader.low")
    plain, secret = world.filed(row), world.filed(row, "QUYẾT ĐỊNH\nmật", secrecy=1)
    opened(world, low, row.dossier.id)
    with world.work(low) as uow:
        view = custody.read_dossier(uow, low, row.dossier.id, world.clock())
    assert [line.document.id for line in view.contents] == [plain]
    for attempt in readings(low, "", secret, page_of(world, secret), world.clock())[1:]:
        with pytest.raises(Refused), world.work(low) as uow:
            attempt(uow)


def test_a_right_taken_away_ends_a_running_opening_at_once(world: World) -> None:
    row, leader = world.dossier(), world.who("leader")
    opened(world, leader, row.dossier.id)
    with world.work() as uow:
        uow.session.execute(text("DELETE FROM account_scopes WHERE account_id = :who"), {"who": leader.account_id})
    now_less = world.who("leader")
    with pytest.raises(Refused), world.work(now_less) as uow:
        custody.read_dossier(uow, now_less, row.dossier.id, world.clock())


@pytest.mark.parametrize("harm", [databases.NO_JOURNAL, databases.FULL_DISK])
def test_no_journal_no_reading(world: World, harm: str) -> None:
    row, leader = world.dossier(), world.who("leader")
    paper = world.filed(row)
    page = page_of(world, paper)
    opened(world, leader, row.dossier.id)
    databases.harm(world.house.settings.home, harm)
    got: list[object] = []
    for read in readings(leader, row.dossier.id, paper, page, world.clock()):
        with pytest.raises(JournalUnavailable), world.work(leader) as uow:
            got.append(read(uow))
    assert got == []


def test_a_database_nobody_can_write_to_shows_nothing(world: World) -> None:
    row, leader = world.dossier(), world.who("leader")
    paper = world.filed(row)
    page = page_of(world, paper)
    opened(world, leader, row.dossier.id)
    if databases.ON_SERVER:  # as after a failover to a server that only follows
        databases.harm(world.house.settings.home, "ALTER DATABASE {database} SET default_transaction_read_only = on")
        world.house.close()
    else:
        with world.work() as uow:
            uow.session.connection().exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(JournalUnavailable), world.work(leader) as uow:
        custody.page_image(uow, leader, page, world.clock())


def test_one_person_in_two_blocks_stays_two_and_neither_block_hears_of_the_other(world: World) -> None:
    same = {"birth_date": "05/08/1961", "citizen_id": "002061000001"}
    party = world.dossier("Tô Thị Hiếu", "D-BTC", "officer", **same)
    government = world.dossier("Tô Thị Hiếu", "C-SNV", "officer.gov", **same)
    assert party.cadre.id != government.cadre.id
    with world.work() as uow:
        assert len(list(uow.session.scalars(select(Cadre)))) == 2
    for who, own in (("officer", party), ("officer.gov", government)):
        person = world.who(who)
        with world.work(person) as uow:
            found, total = custody.list_dossiers(uow, person, "to thi hieu", "", "", 10, 0, world.clock())
        assert ([row.dossier.id for row in found], total) == ([own.dossier.id], 1)


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("full_name", {"name": " "}),
        ("birth_date", {"birth_date": "32/01/1960"}),
        ("birth_date", {"birth_date": "03/11/2026"}),  # the world's day is 2 November 2026
        ("birth_date", {"birth_date": "2027"}),
        ("birth_date", {"birth_date": "03/11/2011"}),
        ("birth_date", {"birth_date": "12/2011"}),
        ("citizen_id", {"citizen_id": "12345"}),
        ("sex", {"sex": "nam"}),
        ("number", {"number": " "}),
        ("unit_id", {"unit": "P"}),
    ],
)
def test_a_wrong_registration_is_refused_by_its_field(world: World, field: str, more: dict[str, str]) -> None:
    world.account("wide", Role.RECORDS_OFFICER, "P", "P")
    with pytest.raises(InvalidInput) as caught:
        world.dossier(**{"by": "wide"} | more)  # type: ignore[arg-type]
    assert caught.value.field == field


@pytest.mark.parametrize("birth", ["02/11/2011", "11/2011", "2011"])
def test_whoever_may_be_fifteen_can_be_registered(world: World, birth: str) -> None:
    assert world.dossier(birth_date=birth).cadre.birth_date.startswith("2011")


def test_a_person_the_block_may_know_is_named_and_journalled_until_said_to_be_another(world: World) -> None:
    known = world.dossier("Tô Thị Hiếu", birth_date="05/08/1961", number="BTC.0007")
    for name, more in (
        ("TÔ THỊ HIẾU", {"birth_date": "05/08/1961"}),
        ("To Thi Hieu", {"birth_date": "1961", "unit": "D-XA"}),
        ("Tô Thị Hiếu", {}),
    ):
        world.account("wide" + str(len(more)), Role.RECORDS_OFFICER, "D", "D")
        who = world.who("wide" + str(len(more)))
        unit = world.units[str(more.pop("unit", "D-BTC"))]
        with world.work(who) as uow, pytest.raises(LikelyDuplicate) as caught:
            custody.create_cadre(uow, who, custody.NewCadre(name, unit, "N-1", **more), world.clock())
        assert caught.value.field == "duplicate"
        for words in ("Tô Thị Hiếu, 05/08/1961, số BTC.0007", known.unit.name):
            assert words in caught.value.message_vi
        last = entries(world)[-1]
        assert (last.verb, known.dossier.id in last.detail) == ("cadre:list", True)
    with world.work() as uow:
        assert len(list(uow.session.scalars(select(Cadre)))) == 1
    assert world.dossier("Tô Thị Hiếu", birth_date="05/08/1961", confirmed=True).cadre.id != known.cadre.id


def test_an_equal_number_is_a_likely_duplicate_under_any_name(world: World) -> None:
    world.dossier("Tô Thị Hiếu", citizen_id="002061000001", birth_date="1961")
    with pytest.raises(LikelyDuplicate):
        world.dossier("Tô Thị Hiền", citizen_id="002061000001", birth_date="1962", confirmed=False)


def test_no_duplicate_is_told_of_another_day_another_block_or_a_dossier_not_to_be_seen(world: World) -> None:
    world.dossier("Tô Thị Hiếu", birth_date="05/08/1961")
    world.dossier("Tô Thị Hiếu", birth_date="06/08/1961", confirmed=False)
    world.dossier("Tô Thị Hiếu", "C-SNV", "officer.gov", birth_date="05/08/1961", confirmed=False)
    world.account("wide", Role.RECORDS_OFFICER, "P", "P", clearance=3)
    world.dossier("Lê Thị Kín", by="wide", secrecy=3)
    world.dossier("Lê Thị Kín", by="clerk", confirmed=False)


def test_a_dossier_is_found_by_part_of_its_number_in_any_case(world: World) -> None:
    row = world.dossier("Tô Thị Hiếu", number="TĐ.0116")
    world.dossier("Lò Văn Ươi", number="TĐ.0117")
    who = world.who("officer")
    for asked, total in (("tđ.0116", 1), ("0116", 1), ("Tđ.011", 2), ("***", 0), ("%", 0)):
        with world.work(who) as uow:
            found, count = custody.list_dossiers(uow, who, asked, "", "", 10, 0, world.clock())
        assert count == total, asked
        assert total != 1 or found[0].dossier.id == row.dossier.id


def test_nobody_registers_outside_their_scope_or_above_their_level(world: World) -> None:
    for more in ({"unit": "C-SNV"}, {"secrecy": 2, "by": "clerk"}, {"compartment": "kiem_tra"}):
        with pytest.raises(Refused):
            world.dossier(**more)  # type: ignore[arg-type]
        assert world.journal()[-1][:2] == ("cadre:create", "refused")
