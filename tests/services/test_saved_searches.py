"""Kept searches: one's own alone, told of what is new by the rights of the moment, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from factories import World
from sqlalchemy import update

from oms.domain.access import Role
from oms.errors import InvalidInput, Refused
from oms.services import finding, jobs, saved_searches, watch
from oms.services.finding import Asked
from oms.store import people
from oms.store.tables import AccountScope, Document

TEXT = "QUYẾT ĐỊNH\nVề việc biệt phái công tác"


def keep(world: World, who: str, words: str = "biệt phái", watched: bool = True, **more: object) -> str:
    person = world.who(who)
    with world.work(person) as uow:
        asked = Asked(words, **more)  # type: ignore[arg-type]
        return saved_searches.save(uow, person, f"Tìm {words}", asked, watched, world.clock()).id


@contextmanager
def told(words: str) -> Iterator[None]:
    """What is inside is not taken, and these words say why."""
    with pytest.raises(InvalidInput) as caught:
        yield
    assert words in caught.value.message_vi


def new(world: World, who: str) -> dict[str, int]:
    """What the home page would count for somebody now, by kept search."""
    person = world.who(who)
    with world.house.look(person) as uow:
        return {each.row.id: each.new for each in saved_searches.kept(uow, person, world.clock())}


def come_in(world: World, **more: object) -> str:
    """A new paper that holds the words, taken into the index and looked at for kept searches."""
    document = world.filed(world.dossier(), TEXT, **more)
    world.index()
    saved_searches.look(world.house, world.clock())
    return document


def test_what_is_new_is_told_to_each_owner_within_their_own_rights(world: World) -> None:
    world.filed(world.dossier(), TEXT)  # was there before: nothing new
    world.index()
    world.clock.forward(hours=2)
    kept = {who: keep(world, who) for who in ("officer", "officer2", "leader.low", "leader.xa", "officer.gov")}
    saved_searches.look(world.house, world.clock())
    assert all(new(world, who) == {kept[who]: 0} for who in kept)
    plain, secret = come_in(world), come_in(world, secrecy=2)
    assert new(world, "officer") == {kept["officer"]: 2}
    for who in ("officer2", "leader.low"):
        assert new(world, who) == {kept[who]: 1}
    for who in ("leader.xa", "officer.gov"):
        assert new(world, who) == {kept[who]: 0}
    with world.work(world.who("officer2")) as uow:
        found = saved_searches.new_papers(uow, world.who("officer2"), kept["officer2"], world.clock())
        assert found == {plain} and secret not in found
        # another's search says nothing, not even to whom may see its papers
        assert saved_searches.new_papers(uow, world.who("officer2"), kept["officer"], world.clock()) == frozenset()


def test_only_what_meets_the_question_is_new_and_only_once(world: World) -> None:
    about = keep(world, "leader", "biệt phái", type_code="quyet_dinh")
    other = keep(world, "leader", "biet phai", type_code="so_yeu_ly_lich")
    near = keep(world, "leader", "biet phay")
    silent = keep(world, "leader", "công tác", watched=False)
    come_in(world)
    assert new(world, "leader") == {about: 1, other: 0, near: 0, silent: 0}
    world.index()
    assert saved_searches.look(world.house, world.clock()) == 0
    assert new(world, "leader")[about] == 1


def test_a_paper_on_its_way_into_the_index_is_new_and_an_old_one_that_was_corrected_is_not(world: World) -> None:
    old = world.filed(world.dossier(), TEXT)
    world.index()
    filed_not_indexed = world.filed(world.dossier(), TEXT)
    world.clock.forward(minutes=5)
    search = keep(world, "leader")
    with world.work() as uow:
        uow.session.get_one(Document, old).title = "Về việc biệt phái, đã đính chính"
    world.index()
    saved_searches.look(world.house, world.clock())
    leader = world.who("leader")
    with world.work(leader) as uow:
        assert saved_searches.new_papers(uow, leader, search, world.clock()) == {filed_not_indexed}


def test_the_housekeeper_looks_by_itself(world: World) -> None:
    search = keep(world, "leader")
    world.filed(world.dossier(), TEXT)
    world.index()
    housekeeper = watch.Housekeeper(world.house, jobs.ReadingQueue(world.house.settings, world.clock), world.clock)
    housekeeper.round()
    assert new(world, "leader") == {search: 1}


def test_seen_is_seen_and_what_comes_later_is_new_again(world: World) -> None:
    search = keep(world, "leader")
    come_in(world)
    leader = world.who("leader")
    with world.work(leader) as uow:
        assert saved_searches.mark_seen(uow, leader, search, world.clock()) == 1
    assert new(world, "leader") == {search: 0}
    come_in(world)
    assert new(world, "leader") == {search: 1}


def test_a_paper_that_was_hidden_later_no_longer_counts(world: World) -> None:
    search = keep(world, "leader.low")
    document = come_in(world)
    assert new(world, "leader.low") == {search: 1}

    with world.work() as uow:
        uow.session.execute(update(Document).where(Document.id == document).values(secrecy=1))
    assert new(world, "leader.low") == {search: 0}


def test_an_owner_who_lost_the_role_or_the_units_gets_nothing(world: World) -> None:
    search = keep(world, "leader")
    come_in(world)
    assert new(world, "leader") == {search: 1}
    with world.work() as uow:
        account = people.by_username(uow.session, "leader")
        assert account is not None
        uow.session.query(AccountScope).filter_by(account_id=account.id).delete()
    assert new(world, "leader") == {search: 0}
    with world.work() as uow:
        account = people.by_username(uow.session, "leader")
        assert account is not None
        account.role = Role.SECURITY_REVIEWER
    assert new(world, "leader") == {}
    come_in(world)
    with world.work() as uow:
        rows = uow.session.connection().exec_driver_sql("select count(*) from saved_search_hits").scalar()
    assert rows == 1  # nothing was looked for on behalf of who may not search


def test_what_a_search_finds_for_the_program_is_what_its_owner_would_find(world: World) -> None:
    row = world.dossier()
    papers = frozenset({world.filed(row, TEXT), world.filed(row, TEXT, secrecy=1), world.filed(row, "KHEN\nthưởng")})
    world.index()
    for who in ("officer", "leader", "leader.low", "leader.xa", "clerk", "reviewer"):
        person = world.who(who)
        found = finding.matching(world.house, person, Asked("biệt phái"), papers, world.clock()).papers
        shown = set()
        if who not in ("clerk", "reviewer"):
            answer = finding.search(world.house, person, Asked("biệt phái"), world.clock())
            shown = {paper.document.id for each in answer.people for paper in each.papers}
        assert found == shown, who


def test_one_keeps_renames_takes_away_and_puts_back_ones_own_alone(world: World) -> None:
    leader, other = world.who("leader"), world.who("officer")
    search = keep(world, "leader")
    with pytest.raises(Refused), world.work(other) as uow:
        saved_searches.change(uow, other, search, "Của tôi", True, world.clock())
    assert world.journal()[-1] == ("search:save", "refused", search)
    with world.work(leader) as uow:
        saved_searches.change(uow, leader, search, "  Biệt   phái  ", False, world.clock())
        assert [each.row.title for each in saved_searches.kept(uow, leader, world.clock())] == ["Biệt phái"]
        with told("mang tên này"):
            saved_searches.save(uow, leader, "Biệt phái", Asked("x"), False, world.clock())
        with told("Chưa có câu tìm"):
            saved_searches.save(uow, leader, "Không gì cả", Asked("", sort="newest"), False, world.clock())
        saved_searches.remove(uow, leader, search, world.clock())
        assert saved_searches.kept(uow, leader, world.clock()) == []
        saved_searches.put_back(uow, leader, search, world.clock())
        assert len(saved_searches.kept(uow, leader, world.clock())) == 1
        saved_searches.remove(uow, leader, search, world.clock())
    saved_searches.tidy(world.house, world.clock() + timedelta(days=6))
    with world.work(leader) as uow:
        assert saved_searches.removed(uow, leader, search) is not None
    saved_searches.tidy(world.house, world.clock() + timedelta(days=8))
    with pytest.raises(Refused), world.work(leader) as uow:
        saved_searches.put_back(uow, leader, search, world.clock())


def test_an_account_keeps_fifty(world: World) -> None:
    leader = world.who("leader")
    with world.work(leader) as uow:
        for number in range(saved_searches.MOST):
            saved_searches.save(uow, leader, f"Lần tìm {number}", Asked("lương"), False, world.clock())
        with told("hãy xoá bớt"):
            saved_searches.save(uow, leader, "Một lần nữa", Asked("lương"), False, world.clock())
        first = saved_searches.kept(uow, leader, world.clock())[0].row
        saved_searches.change(uow, leader, first.id, "Tên khác", True, world.clock())  # a full list can be changed
    assert new(world, "officer") == {}


def test_a_question_comes_back_as_it_was_kept(world: World) -> None:
    asked = Asked(
        "phó", block="party", unit_path="1/2", with_before=True, secrecy=0, linked=False, missing="quyet_dinh"
    )
    leader = world.who("leader")
    with world.work(leader) as uow:
        row = saved_searches.save(uow, leader, "Mọi điều kiện", asked, False, world.clock())
        assert saved_searches.asked_of(row) == asked
