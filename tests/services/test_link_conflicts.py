"""The queue of differences between linked records: found, clocked, masked, proposed, kept, and gone with the link."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from factories import World
from linking_worlds import Pair, compare, join, take, two_records
from sqlalchemy import select, text

from oms.domain.access import Principal
from oms.domain.conflicts import Act, State
from oms.domain.links import Act as LinkAct
from oms.domain.record_facts import Source
from oms.errors import Refused
from oms.services import change_decide, changes, link_conflicts
from oms.services.link_conflicts import Answer, Asked, ConflictLine
from oms.store import papers
from oms.store.link_tables import LinkConflict
from oms.store.record_tables import ChangeItem, FactRow


@pytest.fixture
def linked(world: World) -> Pair:
    """Two records of one person, linked, that differ in one item."""
    made = two_records(world)
    take(world, join(world), made.id, LinkAct.ACCEPT)
    world.fact(made.party, "ethnicity", value="Kinh")
    world.fact(made.state, "ethnicity", value="Tày")
    compare(world)
    return made


def rows(world: World) -> dict[str, LinkConflict]:
    with world.work() as uow:
        found = {row.item: row for row in uow.session.scalars(select(LinkConflict))}
        uow.session.expunge_all()
    return found


def listed(world: World, who: Principal, tab: str = "dang-mo") -> list[ConflictLine]:
    with world.work(who) as uow:
        return list(link_conflicts.queue(uow, who, tab, 50, 0, world.clock()).lines)


def act(world: World, who: Principal, item: str, what: Act, **more: str) -> Answer:
    row = rows(world)[item]
    with world.work(who) as uow:
        answer = link_conflicts.take(uow, who, row.id, Asked(what, row.version, **more), world.clock())
    compare(world)
    return answer


def end_fact(world: World, fact_id: str) -> None:
    with world.work() as uow:
        uow.session.get_one(FactRow, fact_id).ended_at = world.clock()


def side_of(made: Pair, row: LinkConflict, which: str) -> str:
    """left or right, where the Party's or the government's record is."""
    left = min(made.party.cadre.id, made.state.cadre.id)
    return "left" if {"party": made.party, "state": made.state}[which].cadre.id == left else "right"


def test_only_links_in_force_are_compared_and_a_difference_has_an_owner_and_a_clock(world: World) -> None:
    made = two_records(world)
    joined = world.fact(made.party, "party_joined_on", value="03/02/2005")
    world.fact(made.state, "salary_step", value="4")  # the Party's record need not have it
    compare(world)
    assert rows(world) == {}
    take(world, world.who("officer"), made.id, LinkAct.ACCEPT)
    assert rows(world) == {}, "accepted by one side alone"
    take(world, world.who("officer.gov"), made.id, LinkAct.ACCEPT)
    (row,) = rows(world).values()
    assert (row.item, row.kind, row.state, row.due) == ("party_joined_on", "missing", "open", date(2026, 11, 5))
    assert row.owner == side_of(made, row, "party")
    assert {row.left_fact_id, row.right_fact_id} == {joined, None}
    world.fact(made.state, "party_joined_on", value="2005")
    compare(world)
    assert rows(world)["party_joined_on"].state == State.SETTLED, "a date less exact agrees"


def test_what_is_secret_or_sensitive_is_not_compared(world: World, linked: Pair) -> None:
    for side, words in ((linked.party, "Không"), (linked.state, "Phật giáo")):
        world.fact(side, "religion", value=words)
    secret = world.fact(linked.state, "party_card_no", value="86.000123")
    with world.work() as uow:
        uow.session.execute(text("UPDATE facts SET secrecy = 1 WHERE id = :id"), {"id": secret})
    world.fact(linked.party, "party_card_no", value="86.000999")
    compare(world)
    assert set(rows(world)) == {"ethnicity"}


def test_an_identity_card_owns_the_number(world: World, linked: Pair) -> None:
    card = world.filed(linked.state, "CĂN CƯỚC", "officer.gov")
    with world.work() as uow:
        uow.session.execute(text("UPDATE documents SET type_code = 'can_cuoc' WHERE id = :id"), {"id": card})
        page = papers.pages_of_document(uow.session, card)[0].id
    world.fact(linked.state, "citizen_id", source=Source("document", card, page), value="086181009999")
    compare(world)
    row = rows(world)["citizen_id"]
    assert (row.kind, row.owner) == ("differs", side_of(linked, row, "state"))


@pytest.mark.parametrize(
    ("found_on", "due"),
    [
        (datetime(2026, 11, 6, 2, tzinfo=UTC), date(2026, 11, 11)),  # Friday: Monday, Tuesday, Wednesday
        (datetime(2027, 2, 3, 2, tzinfo=UTC), None),  # the week before Tết
    ],
)
def test_the_clock_stands_on_weekends_and_over_tet(world: World, found_on: datetime, due: date | None) -> None:
    world.clock.at = found_on
    made = two_records(world)
    take(world, join(world), made.id, LinkAct.ACCEPT)
    world.fact(made.party, "recruited_on", value="01/09/2003")
    compare(world)
    found = rows(world)["recruited_on"].due
    assert found == due if due else found > date(2027, 2, 9), "no day of the holiday is counted"
    both = join(world)
    with world.work(both) as uow:
        assert link_conflicts.waiting(uow, both, world.clock()) == (1, 0)
    world.clock.at = datetime(found.year, found.month, found.day, 17, 1, tzinfo=UTC)  # past midnight in Ha Noi
    with world.work(both) as uow:
        assert link_conflicts.waiting(uow, both, world.clock()) == (1, 1)
    assert listed(world, both)[0].days_left == -1


def test_who_sees_one_side_is_told_that_it_differs_and_nothing_more(world: World, linked: Pair) -> None:
    row, officer = rows(world)["ethnicity"], world.who("officer")
    with world.work(officer) as uow:
        view = link_conflicts.open_conflict(uow, officer, row.id, world.clock())
    mine, other = side_of(linked, row, "party"), side_of(linked, row, "state")
    assert (view.text(mine), view.text(other)) == ("Kinh", "")
    assert (view.receivers, view.may_keep, view.each.owner) == (frozenset(), False, "")
    for told in (row.left_digest, row.right_digest):
        assert len(told) == 32 and told not in (view.text(mine), view.text(other))
    refused = act(world, officer, "ethnicity", Act.PROPOSE, to=mine)
    assert (refused.done, refused.words) == (False, link_conflicts.NOT_BOTH)
    with world.work() as uow:
        into = text("UPDATE dossiers SET secrecy = 1 WHERE id = :id")
        uow.session.execute(into, {"id": linked.state.dossier.id})
    compare(world)
    assert listed(world, officer) == []
    with pytest.raises(Refused, match="missing or not visible"), world.work(officer) as uow:
        link_conflicts.open_conflict(uow, officer, row.id, world.clock())
    with world.work(officer) as uow:
        assert link_conflicts.waiting(uow, officer, world.clock()) == (0, 0)


def test_a_proposal_is_a_draft_of_the_other_record_and_lands_through_its_door(world: World, linked: Pair) -> None:
    both, row = join(world), rows(world)["ethnicity"]
    to = side_of(linked, row, "state")
    shut = act(world, both, "ethnicity", Act.PROPOSE, to=to)
    assert not shut.done and linked.state.dossier.number in shut.words
    world.open(both, linked.state.dossier.id)
    made = act(world, both, "ethnicity", Act.PROPOSE, to=to)
    assert made.done and rows(world)["ethnicity"].state == State.PROPOSED
    with world.work() as uow:
        (item,) = uow.session.scalars(select(ChangeItem).where(ChangeItem.change_id == made.change_id))
        source = uow.session.get_one(FactRow, row.left_fact_id if to == "right" else row.right_fact_id)
        assert item.body == source.body and item.document_id is None
        for named in (linked.party.dossier.number, source.id[:8], source.source_words):
            assert named in item.source_words
        held = uow.session.get_one(FactRow, item.fact_id or "")
        assert held.dossier_id == linked.state.dossier.id and held.ended_at is None, "nothing is overwritten"
    again = act(world, both, "ethnicity", Act.PROPOSE, to=to)
    assert (again.done, again.words) == (False, link_conflicts.PROPOSED_ALREADY)
    with world.work(both) as uow:
        changes.submit(uow, both, made.change_id, 1, world.clock())
    second = world.who("leader")
    with world.work(second) as uow:
        word = {item.id: change_decide.Word(True)}
        change_decide.decide(uow, second, made.change_id, 2, word, world.clock())
    compare(world)
    assert rows(world)["ethnicity"].state == State.SETTLED
    assert ("link:propose", "done", linked.state.dossier.id) in world.journal()


def test_a_proposal_given_up_waits_again_with_the_clock_it_had(world: World, linked: Pair) -> None:
    both, before = join(world), rows(world)["ethnicity"]
    world.open(both, linked.state.dossier.id)
    made = act(world, both, "ethnicity", Act.PROPOSE, to=side_of(linked, before, "state"))
    world.clock.forward(days=2)
    world.open(both, linked.state.dossier.id)
    with world.work(both) as uow:
        changes.withdraw(uow, both, made.change_id, 1, world.clock())
    compare(world)
    row = rows(world)["ethnicity"]
    assert (row.state, row.due, row.change_id) == (State.OPEN, before.due, None)


def test_a_value_never_goes_down_a_level(world: World, linked: Pair) -> None:
    both = world.who("leader")
    with world.work() as uow:
        for table in ("dossiers SET secrecy = 1 WHERE id", "facts SET secrecy = 1 WHERE dossier_id"):
            uow.session.execute(text(f"UPDATE {table} = :id"), {"id": linked.party.dossier.id})
    compare(world)
    officer = world.account("officer.high", join(world).role, "P", "P", clearance=2)
    row = rows(world)["ethnicity"]
    world.open(officer, linked.state.dossier.id)
    answer = act(world, officer, "ethnicity", Act.PROPOSE, to=side_of(linked, row, "state"))
    assert (answer.done, answer.words) == (False, link_conflicts.HIGHER)
    refused = act(world, both, "ethnicity", Act.PROPOSE, to=side_of(linked, row, "party"))
    assert (refused.done, refused.words) == (False, link_conflicts.NOT_WORKER), "who reads does not write"


def test_kept_stays_kept_until_a_value_changes(world: World, linked: Pair) -> None:
    both = join(world)
    assert not act(world, both, "ethnicity", Act.KEEP, reason="chờ").done
    assert act(world, both, "ethnicity", Act.KEEP, reason="hai giấy tờ ghi khác, đang xác minh").done
    assert listed(world, both) == [] and len(listed(world, both, "giu-ca-hai")) == 1
    world.fact(linked.party, "phone", value="0912000111")
    compare(world)
    assert rows(world)["ethnicity"].state == State.KEPT
    assert act(world, both, "ethnicity", Act.UNDO).done
    assert rows(world)["ethnicity"].state == State.OPEN
    assert act(world, both, "ethnicity", Act.KEEP, reason="hai giấy tờ ghi khác, đang xác minh").done
    world.clock.forward(days=1)
    world.fact(linked.state, "ethnicity", value="Nùng")
    compare(world)
    row = rows(world)["ethnicity"]
    assert (row.state, row.reason, row.due) == (State.OPEN, "", date(2026, 11, 6))
    kept = [each for each in world.journal() if each[0] == "link:keep"]
    assert [each[1] for each in kept] == ["refused"] * 2 + ["done"] * 6, "a row a side of each act"


def test_somebody_elses_act_is_not_written_over(world: World, linked: Pair) -> None:
    both, row = join(world), rows(world)["ethnicity"]
    assert act(world, both, "ethnicity", Act.KEEP, reason="đang xác minh").done
    with world.work(both) as uow:
        late = link_conflicts.take(uow, both, row.id, Asked(Act.KEEP, row.version, "lý do khác"), world.clock())
    assert (late.done, late.words) == (False, link_conflicts.STALE)


def test_unlinking_takes_the_differences_away_and_linking_again_brings_them_anew(world: World, linked: Pair) -> None:
    both = join(world)
    assert act(world, both, "ethnicity", Act.KEEP, reason="đang xác minh").done
    take(world, both, linked.id, LinkAct.UNDO)
    row = rows(world)["ethnicity"]
    assert (row.state, row.left_digest, row.right_fact_id, row.reason) == (State.GONE, "", None, "")
    assert listed(world, both) == [] and listed(world, both, "giu-ca-hai") == []
    with pytest.raises(Refused), world.work(both) as uow:
        link_conflicts.open_conflict(uow, both, row.id, world.clock())
    take(world, both, linked.id, LinkAct.ACCEPT)
    assert rows(world)["ethnicity"].state == State.OPEN


def test_an_item_taken_out_of_the_list_is_compared_no_more(world: World, linked: Pair) -> None:
    with world.work() as uow:
        where = "WHERE list_code = 'doi_chieu_khoi' AND code = 'ethnicity'"
        ended = text(f"UPDATE catalogue_rows SET ended_at = :now {where}")  # noqa: S608
        uow.session.execute(ended, {"now": world.clock().replace(tzinfo=None)})
    compare(world)
    assert rows(world)["ethnicity"].state == State.GONE
