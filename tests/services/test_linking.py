"""Pairs found, decided, taken back: what a clerk of either block sees, and what is refused."""

from __future__ import annotations

import json

import databases
import pytest
from factories import World
from linking_worlds import NAME, PERSON, Pair, compare, join, pair_of, pairs, take, two_people, two_records
from sqlalchemy import select, text

from oms.domain.access import Principal
from oms.domain.links import Act, PairState
from oms.domain.record_facts import Source
from oms.errors import Refused
from oms.services import link_decide, linking, links
from oms.store import linking as machine
from oms.store.link_tables import LinkDecision
from oms.store.tables import Cadre, Dossier, JournalEntry


def listed(world: World, who: Principal, tab: str) -> list[str]:
    with world.work(who) as uow:
        return [line.row.pair.id for line in links.queue(uow, who, tab, 50, 0, world.clock()).lines]


def rows_of(world: World, verb: str) -> list[JournalEntry]:
    with world.work() as uow:
        found = list(uow.session.scalars(select(JournalEntry).where(JournalEntry.verb == verb)))
        uow.session.expunge_all()
    return found


def test_one_person_in_two_blocks_is_a_pair_for_whoever_sees_both(world: World) -> None:
    made, both = two_records(world), join(world)
    assert listed(world, both, "can-xem") == [made.id]
    with world.work(both) as uow:
        view = links.open_pair(uow, both, made.id, "can-xem", world.clock())
    fields = {line.field: line for line in view.fields}
    assert fields["citizen_id"].verdict == "agree" and (fields["citizen_id"].bits or 0) > 10
    assert fields["spouse"].verdict == "missing"
    assert {words.text for line in view.fields for words in (*line.left, *line.right)} >= {NAME, "086181001234"}
    assert [row.object_id for row in rows_of(world, "link:open")] == [
        side.dossier.id for side in (view.line.left, view.line.right) if side
    ]


def test_two_records_of_one_block_are_no_pair(world: World) -> None:
    world.dossier(NAME, "D-BTC", "officer", **PERSON)
    world.dossier(NAME, "D-XA", "officer", **PERSON)
    compare(world)
    assert pairs(world) == []


def test_every_way_of_change_is_compared_anew(world: World) -> None:
    party = world.dossier(NAME, "D-BTC", "officer", birth_date="1981")
    state = world.dossier("Nguyễn Văn Khác", "C-SNV", "officer.gov", birth_date="1955")
    compare(world)
    assert pairs(world) == []
    with world.work() as uow:
        uow.session.execute(
            text("UPDATE cadres SET citizen_id = '086181001234' WHERE id = :id"), {"id": party.cadre.id}
        )
    world.fact(state, "citizen_id", "officer", value="086181001234")
    compare(world)
    assert pair_of(world, party, state)  # one number of two persons: somebody has to look
    before = pairs(world)[0].weight
    with world.work() as uow:
        named = "UPDATE cadres SET full_name = :name, birth_date = '1981' WHERE id = :id"
        uow.session.execute(text(named), {"id": state.cadre.id, "name": NAME})
    world.fact(state, "full_name", "officer", value=NAME)
    world.fact(state, "birth_date", "officer", value="1981")
    compare(world)
    assert pairs(world)[0].weight > before + 10
    with world.work() as uow:
        uow.session.execute(text("UPDATE facts SET ended_at = '2026-11-03' WHERE item = 'citizen_id'"))
        uow.session.execute(text("UPDATE cadres SET citizen_id = ''"))
        assert machine.waiting_count(uow.session) == 2
    compare(world)
    assert pairs(world)[0].weight < before + 10
    with world.work() as uow:
        assert machine.waiting_count(uow.session) == 0


def test_who_sees_one_side_decides_for_it_and_the_link_waits_for_the_other(world: World) -> None:
    made = two_records(world)
    party, state = world.who("officer"), world.who("officer.gov")
    assert listed(world, party, "can-xem") == [] and listed(world, party, "mot-ben") == [made.id]
    assert take(world, party, made.id, Act.ACCEPT).state is PairState.HALF
    again = take(world, party, made.id, Act.ACCEPT)
    assert (again.done, again.words) == (False, link_decide.ACCEPTED_HERE)
    assert take(world, state, made.id, Act.ACCEPT).state is PairState.LINKED
    with world.work() as uow:
        held = machine.persons(uow.session)
        assert set(held) == {made.party.cadre.id, made.state.cadre.id} and len(set(held.values())) == 1
        assert not set(held.values()) & set(held)  # the person's id tells neither record's


def test_a_masked_pair_tells_agree_differ_missing_and_nothing_else(world: World) -> None:
    made, party = two_records(world, home_place=""), world.who("officer")
    with world.work(party) as uow:
        view = links.open_pair(uow, party, made.id, "mot-ben", world.clock())
    assert view.masked and view.line.seen == (view.line.left or view.line.right,)
    assert {line.verdict for line in view.fields} <= {"agree", "differ", "missing"}
    assert all(line.bits is None for line in view.fields)
    for line in view.fields:
        assert () in (line.left, line.right)
    (row,) = rows_of(world, "link:open")
    assert row.object_id == made.party.dossier.id and made.state.dossier.id not in row.detail


@pytest.mark.parametrize("how", ["level", "area", "kin"])
def test_a_pair_whose_other_side_is_closed_is_not_there(world: World, how: str) -> None:
    more = {"level": {"secrecy": 1}, "area": {"compartment": "bvctnb"}, "kin": {}}[how]
    party = world.dossier(NAME, "D-BTC", "officer", **PERSON, **more)
    state = world.dossier(NAME, "C-SNV", "officer.gov", **PERSON)
    compare(world)
    pair_id = pair_of(world, party, state)
    reader = world.who("officer.gov")
    if how == "kin":
        with world.work() as uow:
            uow.session.execute(
                text(
                    "INSERT INTO account_kin (id, account_id, relation, full_name, folded_name, birth_date, citizen_id,"
                    " entered_by, entered_at) VALUES ('k', :id, 'self', '', '', '', '086181001234', :id, '2026-01-01')"
                ),
                {"id": reader.account_id},
            )
        reader = world.who("officer.gov")
    assert listed(world, reader, "mot-ben") == []
    with world.work(reader) as uow:
        assert links.waiting(uow, reader) == 0
        assert set(links.queue(uow, reader, "mot-ben", 50, 0, world.clock()).counts.values()) == {0}
    for verb in Act:
        with pytest.raises(Refused, match="missing or not visible"):
            take(world, reader, pair_id, verb, version=0)
    with pytest.raises(Refused, match="missing or not visible"), world.work(reader) as uow:
        links.open_pair(uow, reader, pair_id, "mot-ben", world.clock())
    assert world.journal()[-1] == ("link:open", "refused", pair_id)


def test_no_decision_changes_a_record_and_a_link_gives_no_access(world: World) -> None:
    made, both = two_records(world), join(world)

    def records() -> list[tuple[object, ...]]:
        with world.work() as uow:
            found = []
            for table in ("cadres", "dossiers", "facts", "record_heads"):
                found += [tuple(row) for row in uow.session.execute(text(f"SELECT * FROM {table} ORDER BY 1"))]  # noqa: S608
            return found

    before = records()
    take(world, both, made.id, Act.ACCEPT)
    take(world, both, made.id, Act.UNDO)
    take(world, both, made.id, Act.REJECT, "hai người khác nhau")
    take(world, both, made.id, Act.UNDO)
    take(world, both, made.id, Act.ACCEPT)
    assert records() == before
    party = world.who("officer")
    with world.work(party) as uow:
        view = links.open_pair(uow, party, made.id, "da-lien-ket", world.clock())
    assert view.masked and view.person == ""


def test_a_reject_stands_until_the_evidence_changes_then_the_pair_is_offered_again(world: World) -> None:
    made, both = two_records(world), join(world)
    short = take(world, both, made.id, Act.REJECT, "sai")
    assert (short.done, short.words) == (False, link_decide.REASON)
    assert take(world, both, made.id, Act.REJECT, "hai người khác nhau").state is PairState.REJECTED
    assert listed(world, both, "can-xem") == [] and listed(world, both, "da-bac") == [made.id]
    world.fact(made.party, "phone", value="0912000111")
    compare(world)
    assert listed(world, both, "can-xem") == []  # nothing that tells persons apart
    world.fact(made.party, "staff_code", value="CC-1981")
    compare(world)
    assert listed(world, both, "can-xem") == [made.id]
    with world.work(both) as uow:
        view = links.open_pair(uow, both, made.id, "can-xem", world.clock())
    assert view.standing.reopened and view.standing.state is PairState.OPEN


def test_two_clerks_at_once_the_second_is_told_and_a_repeated_press_is_one_decision(world: World) -> None:
    made, both = two_records(world), join(world)
    other = world.who("leader")
    assert take(world, both, made.id, Act.ACCEPT, version=0).done
    repeated = take(world, both, made.id, Act.ACCEPT, version=0)
    assert repeated.done and repeated.repeated
    late = take(world, other, made.id, Act.REJECT, "không phải một người", version=0)
    assert (late.done, late.words) == (False, link_decide.STALE)
    with world.work() as uow:
        assert [row.act for row in uow.session.scalars(select(LinkDecision))] == ["accept"]
    assert [row.outcome for row in rows_of(world, "link:reject")] == ["refused", "refused"]  # one a side


def test_a_block_knows_a_person_once_circles_are_refused_and_the_link_in_the_way_is_named(world: World) -> None:
    made, both = two_records(world), join(world)
    twin = world.dossier("Tô Thị Hiền", "C-SNV", "officer.gov", **PERSON)
    compare(world)
    other = pair_of(world, made.party, twin)
    assert take(world, both, made.id, Act.ACCEPT).state is PairState.LINKED
    answer = take(world, both, other, Act.ACCEPT)
    assert not answer.done and made.state.dossier.number in answer.words and "huỷ liên kết đó trước" in answer.words
    party = world.who("officer")
    blind = take(world, party, other, Act.ACCEPT)
    assert not blind.done and link_decide.IN_THE_WAY_UNSEEN in blind.words
    assert made.state.dossier.number not in blind.words
    assert take(world, both, made.id, Act.UNDO).state is PairState.OPEN
    assert take(world, both, other, Act.ACCEPT).state is PairState.LINKED


def test_three_blocks_make_one_person_and_an_undo_parts_it_again(world: World) -> None:
    made, both = two_records(world), join(world)
    front = world.dossier(NAME, "M", "officer.both", **PERSON)
    compare(world)
    third = pair_of(world, made.state, front)
    take(world, both, made.id, Act.ACCEPT)
    take(world, both, third, Act.ACCEPT)
    with world.work() as uow:
        assert len(set(machine.persons(uow.session).values())) == 1 and len(machine.persons(uow.session)) == 3
    take(world, both, third, Act.UNDO)
    with world.work() as uow:
        assert set(machine.persons(uow.session)) == {made.party.cadre.id, made.state.cadre.id}
        assert linking.disagreements(uow) == []


def test_decisions_are_only_added_and_check_sees_a_state_that_is_not_theirs(world: World) -> None:
    made, both = two_records(world), join(world)
    take(world, both, made.id, Act.ACCEPT)
    for act in ("UPDATE link_decisions SET act = 'reject'", "DELETE FROM link_decisions"):
        with pytest.raises(databases.REFUSED, match=r"can only be added to|permission denied"), world.work() as uow:
            uow.session.execute(text(act))
    with world.work() as uow:
        assert linking.disagreements(uow) == []
        uow.session.execute(text("UPDATE link_persons SET person_id = 'x'"))
        uow.session.execute(text("UPDATE link_candidates SET covered = 'l'"))
    with world.work() as uow:
        assert len(linking.disagreements(uow)) == 2


def test_a_batch_is_a_row_each_and_is_taken_back_whole(world: World) -> None:
    both = join(world)
    made = two_people(world)
    with world.work(both) as uow:
        seen = [(line.row.pair.id, line.row.pair.version)
                for line in links.queue(uow, both, "de-xuat", 50, 0, world.clock()).lines]  # fmt: skip
    assert {pair for pair, _version in seen} == {each.id for each in made}
    with world.work(both) as uow:
        answer = link_decide.accept_batch(uow, both, seen, world.clock())
    assert (answer.done, list(answer.refused)) == (2, [])
    assert [json.loads(row.detail)["batch"] for row in rows_of(world, "link:accept")] == [answer.batch_id] * 4
    with world.work(both) as uow:
        undone = link_decide.undo_batch(uow, both, answer.batch_id, world.clock())
    assert undone.done == 2
    compare(world)
    with world.work() as uow:
        assert machine.persons(uow.session) == {}
    stranger = world.who("officer.gov")
    with pytest.raises(Refused), world.work(stranger) as uow:
        link_decide.undo_batch(uow, stranger, "f" * 32, world.clock())


def test_facts_above_the_dossiers_level_are_not_compared(world: World) -> None:
    made = two_records(world)
    before = pairs(world)[0].digest
    world.fact(made.party, "staff_code", value="CC-0001", source=Source("declaration", words="x"))
    with world.work() as uow:
        uow.session.execute(text("UPDATE facts SET secrecy = 1 WHERE item = 'staff_code'"))
    compare(world)
    assert pairs(world)[0].digest == before


def test_a_destroyed_record_is_compared_no_more_and_its_evidence_goes(world: World) -> None:
    made, both = two_records(world), join(world)
    take(world, both, made.id, Act.ACCEPT)
    with world.work() as uow:
        uow.session.get_one(Dossier, made.party.dossier.id).state = "disposed"
    compare(world)
    assert json.loads(pairs_kept(world)[0])["lines"] == []
    assert listed(world, both, "da-lien-ket") == []
    with world.work() as uow:
        assert made.party.cadre.id not in machine.features(uow.session, [made.party.cadre.id])
        assert uow.session.get_one(Cadre, made.party.cadre.id).full_name == NAME


def pairs_kept(world: World) -> list[str]:
    with world.work() as uow:
        return list(uow.session.scalars(text("SELECT evidence FROM link_candidates")))


def test_a_hidden_record_moves_no_pair_that_another_reader_sees(world: World) -> None:
    made, reader = two_records(world), join(world)

    def seen() -> list[tuple[object, ...]]:
        with world.work(reader) as uow:
            found = links.queue(uow, reader, "can-xem", 50, 0, world.clock())
            return [(line.row.pair.band, line.row.pair.margin, line.row.pair.weight) for line in found.lines]

    before = seen()
    for unit, number in (("C-SNV", "TM-1"), ("D-BTC", "TM-2")):
        with world.work() as uow:
            cadre = uow.session.get_one(Cadre, made.party.cadre.id)
            same = {name: getattr(cadre, name) for name in ("full_name", "folded_name", "birth_date", "citizen_id")}
            twin = Cadre(**same, created_by=cadre.created_by, created_at=world.clock())
            uow.session.add(twin)
            uow.session.flush()
            block = "party" if unit.startswith("D") else "government"
            uow.session.add(Dossier(cadre_id=twin.id, unit_id=world.units[unit], block=block, number=number, secrecy=3,
                                    created_by=cadre.created_by, created_at=world.clock()))  # fmt: skip
    compare(world)
    assert len(pairs(world)) > 1
    assert seen() == before


def test_a_pair_of_another_is_refused_alike(world: World) -> None:
    made: Pair = two_records(world)
    xa = world.who("leader.xa")
    for pair_id in (made.id, "f" * 32):
        with pytest.raises(Refused, match="missing or not visible"), world.work(xa) as uow:
            links.page_image(uow, xa, pair_id, "f" * 32, world.clock())
