"""Studies of dossiers across units in the demonstration: one that waits, one that runs, one in the register; and an
emergency that waits for its review. Each is one step through the services, done once (see ``lives.Steps``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from oms.demonstration import clerk
from oms.demonstration.lives import Steps, held, open_for
from oms.domain.access import Principal
from oms.domain.consultations import READING_PLACE
from oms.domain.records import day_in_hanoi
from oms.services import (
    accounts,
    consultation_cases,
    consultation_reading,
    consultations,
    custody,
    emergencies,
    setup,
    usage_register,
)
from oms.services.consultation_cases import PREPARING, Picked, Word
from oms.services.consultations import Wanted
from oms.services.emergencies import Asked
from oms.services.house import House, UnitOfWork

Clock = Callable[[], datetime]
ASKER, OFFICER, HEAD, URGENT = "canbo.noivu", "canbo.tochuc", "lanhdao.tinh", "lanhdao.xa"
BOARD = "LG-D-BTC"


def lay_down(house: House, steps: Steps, clock: Clock) -> None:
    """Everything about studies and emergencies, each step once."""
    known = [(cadre, dossier) for cadre, dossier in held() if dossier.block == "party" and not dossier.secrecy]
    people = [(cadre.core.name, dossier.number, dossier.unit_code) for cadre, dossier in known]
    for name, act in (
        ("a study is in the register", partial(_over, house, clock, people)),
        ("a study runs", partial(_runs, house, clock, people[::-1])),
        ("a study is asked for", partial(_waits, house, clock, people[4])),
        ("an emergency waits for its review", partial(_emergency, house, clock, people)),
    ):
        steps.once(name, act)


Person = tuple[str, str, str]
"""Name, number of the dossier, code of the unit that holds it."""


def _unit(uow: UnitOfWork, code: str) -> int:
    return next(each.id for each in setup.all_units(uow) if each.code == code)


def _ask(house: House, clock: Clock, person: Person, papers: str, days: int) -> str:
    name, number, unit = person
    asker = clerk.principal_named(house, ASKER)
    first = day_in_hanoi(clock())
    last = first + timedelta(days=days)
    with house.work(asker, clock()) as uow:
        wanted = Wanted(
            _unit(uow, unit),
            name,
            f"hồ sơ số {number}",
            papers,
            "xac_minh",
            "xác minh quá trình công tác theo đề nghị của Thanh tra tỉnh",
            READING_PLACE,
            f"{first:%d/%m/%Y}",
            f"{last:%d/%m/%Y}",
        )
        return consultations.ask(uow, asker, wanted, clock()).id


def _waits(house: House, clock: Clock, person: Person) -> None:
    _ask(house, clock, person, "sơ yếu lý lịch, quyết định bổ nhiệm gần nhất", 7)


def _given(house: House, clock: Clock, people: list[Person]) -> str:
    """A consultation approved for the first of these dossiers that holds papers; its id, or ""."""
    officer, head = clerk.principal_named(house, OFFICER), clerk.principal_named(house, HEAD)
    for person in people:
        with house.work(officer, clock()) as uow:
            dossier_id = consultation_cases.find(uow, officer, person[1])
            open_for(uow, officer, dossier_id, "xem có tài liệu cho nghiên cứu", clock())
            view = custody.read_dossier(uow, officer, dossier_id, clock())
            papers = [line for line in view.contents if line.document.secrecy <= 1 and not line.document.compartment]
        if papers:
            break
    else:
        return ""
    asked = _ask(house, clock, person, "quyết định, văn bằng trong hồ sơ", 8)
    with house.work(officer, clock()) as uow:
        free = consultation_cases.look(uow, officer, PREPARING, asked, dossier_id, clock()).papers
        named = tuple(paper.document.id for paper in free[:3])
        consultation_cases.prepare(uow, officer, asked, 1, Picked(dossier_id, named), clock())
    with house.work(head, clock()) as uow:
        first = day_in_hanoi(clock())
        days = (f"{first:%d/%m/%Y}", f"{first + timedelta(days=8):%d/%m/%Y}")
        word = Word(True, named, *days, "Phòng đọc Ban Tổ chức Tỉnh uỷ")
        consultation_cases.decide(uow, head, asked, 2, word, clock())
    return asked


def _now(house: House, clock: Clock, username: str) -> Principal:
    """The person with what is lent to them now."""
    with house.work(None, clock()) as uow:
        return accounts.principal_named(uow, username, clock())


def _runs(house: House, clock: Clock, people: list[Person]) -> None:
    asked = _given(house, clock, people)
    if asked:
        reader = _now(house, clock, ASKER)
        with house.work(reader, clock()) as uow:
            consultation_reading.open_consultation(uow, reader, asked, clock())


def _over(house: House, clock: Clock, people: list[Person]) -> None:
    asked = _given(house, clock, people)
    if not asked:
        return
    reader, officer = _now(house, clock, ASKER), clerk.principal_named(house, OFFICER)
    with house.work(reader, clock()) as uow:
        consultation_reading.open_consultation(uow, reader, asked, clock())
        consultations.close(uow, reader, asked, clock())
    with house.work(officer, clock()) as uow:
        usage_register.remark(uow, officer, asked, "Đọc tại phòng đọc, không ghi chép.", clock())


def _emergency(house: House, clock: Clock, people: list[Person]) -> None:
    """The commune's leader opens a dossier of the province's board, looks at it once and closes it."""
    number = next(number for _name, number, unit in people if unit == BOARD)
    who = _now(house, clock, URGENT)
    words = "đoàn công tác yêu cầu xác nhận lý lịch ngay trong buổi làm việc chiều nay"
    with house.work(who, clock()) as uow:
        opened = emergencies.open_emergency(uow, who, Asked(_unit(uow, BOARD), number, words), clock())
    reader = _now(house, clock, URGENT)
    with house.work(reader, clock()) as uow:
        custody.read_dossier(uow, reader, opened.dossier_id, clock())
        emergencies.close(uow, reader, opened.id, clock())
