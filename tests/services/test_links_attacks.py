"""What a clerk, a race or a killed program does to links: stale presses, undone rejects, hidden records, batches."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from campaign import size
from factories import WORLD_SETTINGS, World
from linking_worlds import NAME, PERSON, compare, join, pair_of, pairs, take, two_people, two_records
from sqlalchemy import select, text

from oms.domain import conflicts
from oms.domain.access import Principal
from oms.domain.links import Act, PairState
from oms.errors import Refused
from oms.services import link_conflicts, link_decide, linked_person, linking, linking_batch, links
from oms.services.link_decide import Answer, Asked
from oms.settings import CHECKOUT
from oms.store import linking as machine
from oms.store.link_tables import LinkConflict, LinkDecision
from oms.store.tables import Dossier, JournalEntry


def press(world: World, who: Principal, pair_id: str, act: Act, seen: str, reason: str = "") -> Answer:
    """A press on a page that was shown earlier: version and what was seen come from that page."""
    with world.work(who) as uow:
        version = links.reached(uow, who, pair_id, link_decide.VERBS[act]).pair.version
        return link_decide.take(uow, who, pair_id, Asked(act, version, reason, seen=seen), world.clock())


def shown(world: World, who: Principal, pair_id: str) -> str:
    with world.work(who) as uow:
        return links.open_pair(uow, who, pair_id, "can-xem", world.clock()).seen


def test_taking_a_reject_back_does_not_bring_two_records_of_a_block_together(world: World) -> None:
    made, both = two_records(world), join(world)
    twin = world.dossier("Tô Thị Hiền", "C-SNV", "officer.gov", **PERSON)
    compare(world)
    other = pair_of(world, made.party, twin)
    assert take(world, both, made.id, Act.ACCEPT).done
    assert take(world, both, made.id, Act.REJECT, "nhầm với người khác").done
    assert take(world, both, other, Act.ACCEPT).state is PairState.LINKED
    back = take(world, both, made.id, Act.UNDO)
    assert not back.done and "một khối chỉ có một hồ sơ của một người" in back.words
    with world.work() as uow:
        assert made.state.cadre.id not in machine.persons(uow.session)
        assert linking.disagreements(uow) == []
    assert take(world, both, other, Act.UNDO).done
    assert take(world, both, made.id, Act.UNDO).state is PairState.LINKED


def test_check_tells_of_two_records_of_a_block_in_one_person_and_of_lost_differences(world: World) -> None:
    made, both = two_records(world), join(world)
    take(world, both, made.id, Act.ACCEPT)
    world.fact(made.party, "ethnicity", value="Kinh")
    world.fact(made.state, "ethnicity", value="Tày")
    compare(world)
    with world.work() as uow:
        assert linking.disagreements(uow) == []
        uow.session.execute(text("UPDATE dossiers SET block = 'party'"))
        uow.session.execute(text("UPDATE link_candidates SET state = 'open'"))
        uow.session.execute(text("DELETE FROM link_waiting"))
    with world.work() as uow:
        told = " ".join(linking.disagreements(uow))
        assert "differences" in told and "pairs" in told
        uow.session.execute(text("UPDATE link_candidates SET state = 'linked'"))
        uow.session.execute(text("DELETE FROM link_waiting"))
    with world.work() as uow:
        assert "block" in " ".join(linking.disagreements(uow))


def test_what_changed_between_page_and_press_is_not_decided_on(world: World) -> None:
    made, both, party = two_records(world), join(world), world.who("officer")
    pages = {who.account_id: shown(world, who, made.id) for who in (both, party)}
    world.fact(made.state, "full_name", "officer", value="Nguyễn Văn Khác")
    for rounds in (False, True):  # told at once, not a second later when the machine has compared again
        if rounds:
            compare(world)
        late = press(world, both, made.id, Act.ACCEPT, pages[both.account_id])
        assert (late.done, late.words) == (False, link_decide.CHANGED)
    assert not press(world, party, made.id, Act.ACCEPT, pages[party.account_id]).done, "another verdict of the name"
    assert press(world, both, made.id, Act.REJECT, shown(world, both, made.id), "tên khác hẳn").done


def test_what_a_clerk_of_one_side_was_not_shown_does_not_tell_by_a_refused_press(world: World) -> None:
    """Something of the other side changes that he is told nothing of: his press counts as if it had not."""
    made, party = two_records(world, home_place=""), world.who("officer")
    page = shown(world, party, made.id)
    world.fact(made.state, "staff_code", "officer", value="CC-1981")
    compare(world)
    assert shown(world, party, made.id) == page
    assert press(world, party, made.id, Act.ACCEPT, page).done


def test_a_batch_leaves_out_what_changed_since_the_list_was_drawn(world: World) -> None:
    both, made = join(world), two_people(world)
    with world.work(both) as uow:
        lines = links.queue(uow, both, "de-xuat", 50, 0, world.clock()).lines
        seen = [(line.row.pair.id, line.row.pair.version, line.row.pair.digest) for line in lines]
    world.fact(made[0].party, "staff_code", value="CC-1981")
    compare(world)
    with world.work(both) as uow:
        answer = link_decide.accept_batch(uow, both, seen, world.clock())
    assert (answer.done, list(answer.refused)) == (1, [link_decide.CHANGED])
    with world.work() as uow:
        assert list(uow.session.scalars(select(LinkDecision.candidate_id))) == [made[1].id]


def test_a_hidden_record_in_the_middle_joins_nothing_for_who_does_not_see_it(world: World) -> None:
    """A – X – C, X secret: that A and C are one is known by X alone, so that saying it says that there is X."""
    both = join(world)
    cleared = world.account("officer.all", world.who("officer").role, "P", "P", clearance=3)
    party = world.dossier(NAME, "D-BTC", "officer", **PERSON)
    state = world.dossier(NAME, "C-SNV", "officer.all", secrecy=2, **PERSON)
    front = world.dossier(NAME, "M", "officer.both", **PERSON)
    compare(world)
    for one in (party, front):
        assert take(world, cleared, pair_of(world, one, state), Act.ACCEPT).done
    with world.work(cleared) as uow:
        assert len(linked_person.look(uow, cleared, party.dossier.id, world.clock()).rows) == 3
    with world.work(both) as uow:
        assert not linked_person.is_one(uow, both, party.dossier.id)
    with pytest.raises(Refused, match="missing or not visible"), world.work(both) as uow:
        linked_person.look(uow, both, party.dossier.id, world.clock())
    assert take(world, both, pair_of(world, party, front), Act.ACCEPT).done
    with world.work(both) as uow:
        rows = linked_person.look(uow, both, party.dossier.id, world.clock()).rows
    assert [row.dossier.id for row in rows] == sorted((party.dossier.id, front.dossier.id), key=[
        row.dossier.id for row in rows].index)  # fmt: skip


def test_why_somebody_decided_stands_only_where_who_sees_one_side_does_not_read_it(world: World) -> None:
    """A reason typed by who sees both may name the other record: the row under each dossier does not carry it."""
    made, both = two_records(world), join(world)
    take(world, both, made.id, Act.REJECT, f"khác người, xem hồ sơ {made.state.dossier.number}")
    with world.work() as uow:
        rows = list(uow.session.scalars(select(JournalEntry).where(JournalEntry.verb == "link:reject")))
        assert len(rows) == 2
        for row in rows:
            other = made.state if row.object_id == made.party.dossier.id else made.party
            for told in (other.dossier.number, other.dossier.id, other.cadre.id):
                assert told not in row.reason + row.detail + row.object_label
        (kept,) = uow.session.scalars(select(LinkDecision))
        assert made.state.dossier.number in kept.reason


def test_a_destroyed_record_is_of_no_person_and_named_by_no_refusal(world: World) -> None:
    made, both = two_records(world), join(world)
    take(world, both, made.id, Act.ACCEPT)
    with world.work() as uow:
        uow.session.get_one(Dossier, made.state.dossier.id).state = "disposed"
    with world.work(both) as uow:
        assert not linked_person.is_one(uow, both, made.party.dossier.id)
    compare(world)
    twin = world.dossier(NAME, "C-SNV", "officer.gov", **PERSON)
    compare(world)
    assert take(world, both, pair_of(world, made.party, twin), Act.ACCEPT).state is PairState.LINKED


def test_forged_and_odd_presses_decide_nothing(world: World) -> None:
    made, both = two_records(world), join(world)
    one, two = made.party.cadre.id, made.state.cadre.id
    for forged in (one, two, f"{one}:{two}", made.id.upper(), made.id[:-1], "", "%", f"{made.id}' OR '1'='1"):
        with pytest.raises(Refused, match="missing or not visible"):
            take(world, both, forged, Act.ACCEPT, version=0)
    for version in (-1, 1, 2**31, 2**63):
        assert not take(world, both, made.id, Act.ACCEPT, version=version).done
    xa = world.who("leader.xa")
    for act in Act:
        with pytest.raises(Refused):
            take(world, xa, made.id, act, "không thấy gì cả", version=0)
    with world.work() as uow:
        assert uow.session.scalars(select(LinkDecision)).first() is None


def test_one_number_of_two_persons_and_two_numbers_of_one_are_for_a_person_to_settle(world: World) -> None:
    number = {"citizen_id": "086181001234"}
    one = world.dossier("Tô Thị Hiếu", "D-BTC", "officer", birth_date="05/08/1981", sex="Nữ", **number)
    other = world.dossier("Lê Văn Ân", "C-SNV", "officer.gov", birth_date="12/02/1968", sex="Nam", **number)
    first = world.dossier("Võ Thị Bé", "D-BTC", "officer", birth_date="27/11/1990", citizen_id="079190998877")
    second = world.dossier("Võ Thị Bé", "C-SNV", "officer.gov", birth_date="27/11/1990", citizen_id="079190990000")
    compare(world)
    bands = {row.id: row.band for row in pairs(world)}
    assert bands[pair_of(world, one, other)] != "auto" and pair_of(world, first, second) in bands
    assert all(row.state == "open" for row in pairs(world))


LINK = """
import os, sys
from oms import cli
seen, at = [0], int(sys.argv[1])
def watch(frame, event, arg):
    if event == "call" and frame.f_code.co_filename.endswith(("services/linking.py", "services/linking_batch.py")):
        seen[0] += 1
        if seen[0] == at:
            os.kill(os.getpid(), 9)
if at:
    sys.setprofile(watch)
sys.argv = ["oms", "link", "--all"]
sys.exit(cli.main())
"""


def linked(world: World, at: int) -> subprocess.Popen[bytes]:
    env = os.environ | WORLD_SETTINGS | {"OMS_HOME": str(world.house.settings.home)}
    return subprocess.Popen(
        [sys.executable, "-c", LINK, str(at)],
        cwd=CHECKOUT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def test_the_batch_killed_at_any_step_or_run_twice_at_once_comes_to_the_same(world: World) -> None:
    two_people(world)
    two_records(world)
    with linked(world, 0) as sound:
        assert sound.wait(300) == 0
    wanted = [(row.id, row.weight, row.band, row.digest) for row in pairs(world)]
    assert len(wanted) == 3
    for at in size((2, 25, 120), (2, 9, 25, 60, 120)):
        with linked(world, at) as killed:
            assert killed.wait(300) in (0, -signal.SIGKILL), at
    with linked(world, 0) as one, linked(world, 0) as other:
        assert (one.wait(300), other.wait(300)) == (0, 0)
    assert [(row.id, row.weight, row.band, row.digest) for row in pairs(world)] == wanted
    with world.work() as uow:
        assert machine.waiting_count(uow.session) == 0 and linking.disagreements(uow) == []


def test_a_record_that_changes_while_whole_blocks_are_compared_keeps_its_new_weight(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, real = two_records(world), linking_batch.engine.batch

    def meanwhile(left: object, right: object) -> list[tuple[int, int]]:
        found = real(left, right)  # type: ignore[arg-type]
        world.fact(made.state, "full_name", "officer", value="Nguyễn Văn Khác")
        compare(world)
        return found

    monkeypatch.setattr(linking_batch.engine, "batch", meanwhile)
    linking_batch.run(world.house, world.clock, lambda *_told: None)
    after = {row.id: (row.weight, json.loads(row.evidence)) for row in pairs(world)}
    monkeypatch.undo()
    with world.work() as uow:
        machine.want_all(uow.session)
    compare(world)
    assert after == {row.id: (row.weight, json.loads(row.evidence)) for row in pairs(world)}


def test_an_act_on_a_difference_tells_one_side_nothing_of_the_other(world: World) -> None:
    """Words of who sees both stand with the difference; the rows under each dossier, and who sees one, go without."""
    made, both = two_records(world), join(world)
    take(world, both, made.id, Act.ACCEPT)
    world.fact(made.party, "party_joined_on", value="03/02/2005")
    world.fact(made.state, "party_joined_on", value="03/02/2006")
    compare(world)
    with world.work() as uow:
        row = uow.session.scalars(select(LinkConflict)).one()
    party, number = world.who("officer"), made.state.dossier.number

    def act(what: conflicts.Act, **more: str) -> bool:
        with world.work(both) as uow:
            version = link_conflicts.reached(uow, both, row.id, link_conflicts.VERBS[what], world.clock()).row.version
            asked = link_conflicts.Asked(what, version, **more)
            return link_conflicts.take(uow, both, row.id, asked, world.clock()).done

    to = "left" if row.owner == "right" else "right"
    assert not act(conflicts.Act.PROPOSE, to=to), "that dossier is not open"
    assert act(conflicts.Act.KEEP, reason=f"hồ sơ {number} ghi năm 2006, đang xác minh")
    with world.work(party) as uow:
        view = link_conflicts.open_conflict(uow, party, row.id, world.clock())
    assert view.by == ""
    with world.work(both) as uow:
        links.of_dossier(uow, both, made.state.dossier.id, world.clock())
        assert link_conflicts.open_conflict(uow, both, row.id, world.clock()).by != ""
    with world.work() as uow:
        for each in uow.session.scalars(select(JournalEntry).where(JournalEntry.object_id == made.party.dossier.id)):
            for told in (number, made.state.dossier.id, made.state.cadre.id):
                assert told not in each.reason + each.detail + each.object_label, each.verb
