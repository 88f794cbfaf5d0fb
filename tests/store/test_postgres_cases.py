"""Cases behind both walls: the desk moves the case of its work whoever works there, and nobody sees more by it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from consulting import asked
from factories import World, make_world
from following import found, history, of
from office import publish, receive
from postgres_server import Server
from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.domain.access import Principal, Role
from oms.domain.casework import CaseState
from oms.services import consultations, transfers
from oms.services.transfers import NewTransfer, Received
from oms.store import row_security
from oms.store.case_tables import Case


@pytest.fixture(scope="module")
def there(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A small province, signed in to as a superuser who takes the role of whoever works in each transaction."""
    bound = row_security.bind_for

    def bind_and_take_role(session: Session, principal: Principal | None) -> None:
        bound(session, principal)
        role = "oms_worker" if principal is None else "oms_app"
        session.connection().exec_driver_sql(f"SET LOCAL ROLE {role}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_security, "bind_for", bind_and_take_role)
        url = postgres.url(postgres.make("office", template="oms"))
        world = make_world(tmp_path_factory.mktemp("office") / "home", OMS_DATABASE_URL=url)
        yield world
        world.house.database.close()


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
