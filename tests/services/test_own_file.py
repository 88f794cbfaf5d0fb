"""Nobody reads, finds, counts or handles their own or their relatives' dossier."""

from __future__ import annotations

import pytest
from factories import World

from oms.domain.access import Action, visibility
from oms.errors import Refused
from oms.services import custody, finding, indexing
from oms.services.finding import Asked
from oms.store import dossiers, papers
from oms.store.access_tables import AccountKin
from oms.store.dossiers import DossierFilter
from oms.store.tables import Proposal
from vietnamese.names import fold_name


def kin_of(world: World, username: str, **facts: str) -> None:
    account = world.who(username).account_id
    with world.work() as uow:
        told = {"relation": "spouse", "entered_by": account, "entered_at": world.clock()}
        uow.session.add(AccountKin(account_id=account, **facts, **told))


def found_by(world: World, username: str) -> list[str]:
    answer = finding.search(world.house, world.who(username), Asked("nguyen thi kin"), world.clock())
    return [person.row.dossier.id for person in answer.people]


def test_a_relatives_dossier_is_as_if_it_were_not_there(world: World) -> None:
    row = world.dossier("Nguyễn Thị Kín", birth_date="1970-02-03")
    paper = world.filed(row)
    indexing.drain(world.house)
    assert found_by(world, "leader") == found_by(world, "officer") == [row.dossier.id]
    kin_of(world, "leader", folded_name=fold_name("Nguyễn Thị Kín"), birth_date="1970-02-03")
    who = world.who("leader")
    assert who.withheld == {row.dossier.id}
    assert found_by(world, "leader") == []
    assert found_by(world, "officer") == [row.dossier.id]
    with world.work(who) as uow:
        view = visibility(who, Action.CADRE_LIST)
        listed, total = dossiers.list_dossiers(uow.session, view, DossierFilter(), 50, 0)
        assert (row.dossier.id in [each.dossier.id for each in listed], total) == (False, len(listed))
        assert papers.find_document(uow.session, visibility(who, Action.DOSSIER_READ), paper) is None
    with pytest.raises(Refused), world.work(who) as uow:
        custody.gate(uow, who, row.dossier.id, world.clock())
    assert world.journal()[-1][1] == "refused"


def test_a_dossier_registered_later_under_the_same_number_is_withheld_at_once(world: World) -> None:
    kin_of(world, "officer", citizen_id="001070000123")
    assert world.who("officer").withheld == frozenset()
    row = world.dossier(citizen_id="001070000123")
    assert world.who("officer").withheld == {row.dossier.id}
    assert world.who("officer2").withheld == frozenset()


def test_a_namesake_of_another_birth_date_is_not_withheld(world: World) -> None:
    kin_of(world, "officer", folded_name=fold_name("Nguyễn Văn An"), birth_date="1961-08-05")
    world.dossier("Nguyễn Văn An", birth_date="1970-01-01")
    assert world.who("officer").withheld == frozenset()


def test_a_paper_on_the_desk_that_seems_ones_own_is_another_clerks_work(world: World) -> None:
    row = world.dossier("Nguyễn Văn An", birth_date="1961-08-05")
    waiting = world.paper()
    with world.work() as uow:
        told = {"score": 1.0, "agrees": "name", "differs": ""}
        uow.session.add(Proposal(document_id=waiting, dossier_id=row.dossier.id, **told))
    kin_of(world, "clerk", folded_name=fold_name("Nguyễn Văn An"), birth_date="1961-08-05")
    for username, seen in (("clerk", False), ("clerk2", True)):
        who = world.who(username)
        with world.work(who) as uow:
            found = papers.find_document(uow.session, visibility(who, Action.DESK_WORK), waiting)
            assert (found is not None) is seen, username
