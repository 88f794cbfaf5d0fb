"""Makers of consultations for tests: asked by a person of another unit, prepared and approved through the services."""

from __future__ import annotations

from datetime import timedelta

from factories import World

from oms.domain.access import Principal
from oms.domain.records import day_in_hanoi
from oms.services import accounts, consultation_cases, consultations
from oms.services.consultation_cases import Picked, Word
from oms.services.consultations import Wanted


def day(world: World, ahead: int = 0) -> str:
    """A day from today as it is typed."""
    return f"{day_in_hanoi(world.clock.at) + timedelta(days=ahead):%d/%m/%Y}"


def wanted(world: World, unit: str = "D-BTC", person: str = "Tô Thị Hiếu", days: int = 3, **more: str) -> Wanted:
    """A request as it is typed, from today for some days."""
    said = {
        "person_more": "sinh năm 1961",
        "papers": "quyết định bổ nhiệm năm 2021",
        "purpose": "xac_minh",
        "reason": "xác minh theo đơn thư số 12",
        "place": "Phòng đọc của đơn vị quản lý hồ sơ",
        "first": day(world),
        "last": day(world, days - 1),
    }
    return Wanted(world.units[unit], person, **(said | more))


def as_now(world: World, username: str) -> Principal:
    """The person with what is lent to them at this moment, as a request of theirs would find them."""
    with world.work() as uow:
        return accounts.principal_named(uow, username, world.clock())


def asked(world: World, by: str = "officer.gov", **more: object) -> str:
    """A request that waits; its id."""
    who = world.who(by)
    with world.work(who) as uow:
        return consultations.ask(uow, who, wanted(world, **more), world.clock()).id  # type: ignore[arg-type]


def prepared(
    world: World, dossier: str, *papers: str, asker: str = "officer.gov", by: str = "officer", days: int = 3
) -> str:
    """A request an officer has named papers for; its id."""
    made, who = asked(world, asker, days=days), world.who(by)
    with world.work(who) as uow:
        consultation_cases.prepare(uow, who, made, 1, Picked(dossier, papers), world.clock())
    return made


def approved(
    world: World, dossier: str, *papers: str, asker: str = "officer.gov", by: str = "leader", days: int = 3
) -> str:
    """A consultation that runs from today; its id."""
    made, who = prepared(world, dossier, *papers, asker=asker, days=days), world.who(by)
    word = Word(True, papers, day(world), day(world, days - 1), "Phòng đọc Ban Tổ chức")
    with world.work(who) as uow:
        consultation_cases.decide(uow, who, made, 2, word, world.clock())
    return made
