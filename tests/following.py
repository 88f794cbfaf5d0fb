"""Cases of other desks' work for tests: the case of a piece of work, its history, and requests of persons."""

from __future__ import annotations

from datetime import timedelta

from factories import World
from sqlalchemy import select

from oms.domain.access import Action, visibility
from oms.services import (
    subject_requests,
)
from oms.services.subject_requests import Asked, Said
from oms.store import cases as store
from oms.store.case_tables import Case
from oms.store.dossiers import DossierRow
from oms.store.tables import Account


def of(world: World, kind: str, subject_id: str) -> Case:
    """The case of a piece of work; it must have one."""
    with world.work() as uow:
        found = store.of_subject(uow.session, kind, subject_id)
        assert found is not None
        uow.session.expunge(found)
        return found


def history(world: World, kind: str, subject_id: str) -> list[tuple[str, str, str]]:
    """(act, step it came to, who did it) of every event."""
    case = of(world, kind, subject_id)
    with world.work() as uow:
        names = {each.id: each.username for each in uow.session.scalars(select(Account))}
        return [(e.act, e.to_step, names.get(e.by or "", "")) for e in store.events_of(uow.session, case.id)]


def stands(world: World, kind: str, subject_id: str) -> tuple[str, str]:
    case = of(world, kind, subject_id)
    return case.state, case.step


def cases_of(world: World) -> int:
    with world.work() as uow:
        return len(uow.session.scalars(select(Case.id)).all())


def enter(world: World, row: DossierRow, kind: str = "extract", number: str = "YC-1", ago: int = 0) -> str:
    officer = world.who("officer")
    with world.work(officer) as uow:
        day = world.clock().date() - timedelta(days=ago)
        return subject_requests.ask(uow, officer, Asked(row.dossier.number, kind, number, day), world.clock()).id


def answer(world: World, request: str, *said: str) -> None:
    officer = world.who("officer")
    with world.work(officer) as uow:
        subject_requests.answer(uow, officer, request, Said(*said), world.clock())


def found(world: World, who: str, case_id: str) -> bool:
    person = world.who(who)
    with world.work(person) as uow:
        return store.find(uow.session, visibility(person, Action.CASE_WORK), case_id) is not None
