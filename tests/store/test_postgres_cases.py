"""Cases behind both walls: the desk moves the case of its work whoever works there, and nobody sees more by it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from consulting import asked
from directing import EVERYTHING, directive, task
from factories import World
from following import found, history, of
from office import go, publish, receive
from postgres_server import Server
from sqlalchemy import select
from walled_province import walled_province

from oms.domain.access import Action, Role, visibility
from oms.domain.casework import CaseState
from oms.services import consultations, directives, disposals, transfers
from oms.services.disposals import NewDisposal
from oms.services.transfers import NewTransfer, Received
from oms.store import cases
from oms.store import directives as store
from oms.store.case_tables import Case, Directive
from oms.store.tables import Document


@pytest.fixture(scope="module")
def there(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A small province, signed in to as an office is: persons as one role, the program as another."""
    with walled_province(postgres, tmp_path_factory.mktemp("office") / "home", "office") as world:
        yield world


def test_who_asks_another_unit_begins_and_ends_a_case_there_and_sees_none_of_it(there: World) -> None:
    made, asker = asked(there), there.who("officer.gov")
    case = of(there, "consultation", made)
    assert case.unit_id == there.units["D-BTC"] and not found(there, "officer.gov", case.id)
    with there.work(asker) as uow:
        consultations.close(uow, asker, made, there.clock())
        assert uow.session.scalars(select(Case.id)).all() == []  # the wall stands again
    assert of(there, "consultation", made).state == CaseState.WITHDRAWN
    assert history(there, "consultation", made)[-1] == ("withdraw", "receive", "officer.gov")


def test_a_number_is_given_once_also_by_who_does_not_see_the_one_before(there: World) -> None:
    publish(there)
    hidden = receive(there, secrecy=3)
    shown = receive(there, by="officer2")
    assert int(shown.number[-5:]) == int(hidden.number[-5:]) + 1
    assert not found(there, "officer2", hidden.id)


def sent(world: World, dossier_id: str) -> str:
    """A transfer of a dossier to D-XA, sealed; its id."""
    officer = world.who("officer")
    with world.work(officer) as uow:
        new = NewTransfer(world.units["D-XA"], "12-QĐ/TU", "điều động cán bộ")
        made = transfers.create(uow, officer, dossier_id, new, world.clock()).id
        transfers.seal(uow, officer, made, world.clock())
    return made


def test_either_side_of_a_transfer_moves_both_cases(there: World) -> None:
    row = there.dossier()
    paper = there.filed(row)
    first, sender = sent(there, row.dossier.id), there.who("officer2")
    with there.work(sender) as uow:
        transfers.cancel(uow, sender, first, "quyết định thu hồi", there.clock())
    assert of(there, "transfer_in", first).state == CaseState.WITHDRAWN
    second, xa = sent(there, row.dossier.id), there.account("officer.xa", Role.RECORDS_OFFICER, "D-XA", "D-XA")
    with there.work(xa) as uow:
        assert transfers.receive(uow, xa, second, Received({paper: 1}, True, "XA-7"), there.clock()).received
    for kind in ("transfer_out", "transfer_in"):
        assert of(there, kind, second).state == CaseState.ISSUED
    assert found(there, "officer", of(there, "transfer_out", second).id)
    assert found(there, "officer.xa", of(there, "transfer_in", second).id)


def test_a_disposal_empties_also_the_cases_that_the_disposer_does_not_see(there: World) -> None:
    row, other = there.dossier("Cầm Văn Điệu", number="CU-1"), there.dossier()
    paper = there.filed(row)
    publish(there)
    made = receive(there, dossier_id=row.dossier.id, secrecy=3, title="Bổ nhiệm ông Cầm Văn Điệu")
    about = made.id
    go(there, "officer", about, act="suspend", words="chờ ông Điệu bổ sung giấy tờ")
    elsewhere = receive(there, dossier_id=other.dossier.id, secrecy=3).id
    with there.work() as uow:
        uow.session.get_one(Case, elsewhere).document_id = paper
    assert not any(found(there, "leader", each) for each in (about, elsewhere))
    disposed(there, row.dossier.id)
    with there.work() as uow:
        emptied, kept = uow.session.get_one(Case, about), uow.session.get_one(Case, elsewhere)
        assert (emptied.title, emptied.state, emptied.number) == ("", CaseState.SUSPENDED, made.number)
        assert {each.reason for each in cases.events_of(uow.session, about)} == {""}
        assert (kept.title, kept.document_id) == ("Bổ nhiệm Phó Trưởng phòng", None)
        assert uow.session.get(Document, paper) is None


def disposed(world: World, dossier_id: str) -> None:
    """A dossier closed long ago, asked for by an officer and let go by the leader."""
    officer, leader, now = world.who("officer"), world.who("leader"), world.clock()
    with world.work(officer) as uow:
        disposals.close(uow, officer, dossier_id, "01/03/1950", "nghỉ hưu theo QĐ 12", now)
        new = NewDisposal("đã hết thời hạn lưu trữ", "TT 10/2022/TT-BNV", "03/BB-HĐ")
        asked_for = disposals.ask(uow, officer, dossier_id, new, now).id
    with world.work(leader) as uow:
        disposals.decide(uow, leader, asked_for, True, "", now)


def test_a_directive_is_seen_by_whom_one_of_its_tasks_is_seen(there: World) -> None:
    one, secret = directive(there), directive(there, secrecy=3)
    for each in (one, secret):
        assert not seen_by(there, "leader.xa", each)
        task(there, each, title="Việc của Ban", owner="officer")
        assert not seen_by(there, "leader.xa", each)
        task(there, each, title="Việc của xã", unit="D-XA", owner="officer")
    assert seen_by(there, "leader.xa", one) == {"Việc của xã"}
    assert not seen_by(there, "leader.xa", secret), "his level does not reach it"
    assert seen_by(there, "officer", one) == {"Việc của Ban", "Việc của xã"}
    assert not seen_by(there, "officer.gov", one)


def seen_by(world: World, username: str, directive_id: str) -> set[str]:
    """The tasks somebody sees of a directive; none where it is hidden from them, also from a bare statement."""
    who = world.who(username)
    with world.work(who) as uow:
        bare = uow.session.scalars(select(Directive.id).where(Directive.id == directive_id)).all()
        found = store.find(uow.session, visibility(who, Action.TASK_MANAGE), directive_id)
        assert bool(bare) is (found is not None)
        if found is None:
            return set()
        shown = directives.show(uow, who, directive_id, EVERYTHING, 50, 0, world.clock())
        return {each.task.title for each in shown.tasks}
