"""Duties kept apart in the demonstration: authority lent, relatives declared, requests that wait for a second person.

Each is one step through the services, done once (see ``lives.Steps``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from oms.demonstration import clerk
from oms.demonstration.lives import Steps, held
from oms.domain.kin import SELF, Declared
from oms.domain.records import day_in_hanoi
from oms.services import delegations, grants, kin, policy_edit
from oms.services.delegations import NewDelegation
from oms.services.grants import Gift
from oms.services.house import House

Clock = Callable[[], datetime]
GIVER, DEPUTY, KEEPER = "lanhdao.tinh", "canbo.tochuc", "baomat"


def lay_down(house: House, steps: Steps, clock: Clock) -> None:
    """Everything about duties, each step once."""
    for name, act in (
        ("a leader declares a relative", partial(_kin, house, clock)),
        ("a leader lends authority", partial(_lend, house, clock)),
        ("a grant waits for a second person", partial(_grant, house, clock)),
        ("a policy waits for a second person", partial(_policy, house, clock)),
    ):
        steps.once(name, act)


def _kin(house: House, clock: Clock) -> None:
    """The leader, and a relative by marriage who is among the invented cadres."""
    who = clerk.principal_named(house, GIVER)
    relative = next(cadre for cadre, dossier in held() if dossier.number == "D-VK.0167")
    people = (
        Declared(SELF, who.display_name, "12/04/1969"),
        Declared("in_law", relative.core.name, relative.core.born.strftime("%d/%m/%Y"), relative.citizen_id),
    )
    for typed in people:
        with house.work(who, clock()) as uow:
            kin.declare(uow, who, who.account_id, typed, clock())


def _lend(house: House, clock: Clock) -> None:
    giver, deputy = clerk.principal_named(house, GIVER), clerk.principal_named(house, DEPUTY)
    today = day_in_hanoi(clock())
    days = [f"{day:%d/%m/%Y}" for day in (today, today + timedelta(days=30))]
    reason = "Đồng chí đi học lớp cao cấp lý luận chính trị, giao xử lý công việc của khối Đảng"
    with house.work(giver, clock()) as uow:
        unit = next(each for each in delegations.own_units(uow, giver) if each.code == "LG-D")
        new = NewDelegation(deputy.account_id, (unit.id,), days[0], days[1], "27-GUQ/TU", reason)
        delegations.make(uow, giver, new, clock())


def _grant(house: House, clock: Clock) -> None:
    keeper, to = clerk.principal_named(house, KEEPER), clerk.principal_named(house, "canbo.noivu")
    day = day_in_hanoi(clock()) + timedelta(days=180)
    reason = "Tham gia tổ thẩm định hồ sơ cán bộ theo Quyết định 118-QĐ/TU"
    with house.work(keeper, clock()) as uow:
        gift = Gift(grants.COMPARTMENT, "bvctnb", f"{day:%d/%m/%Y}", reason)
        grants.give(uow, keeper, to.account_id, gift, clock())


def _policy(house: House, clock: Clock) -> None:
    keeper = clerk.principal_named(house, KEEPER)
    reason = "Tỉnh có ít cán bộ trong hệ thống, hạ mức để danh sách toàn đơn vị đều qua hai người"
    with house.work(keeper, clock()) as uow:
        policy_edit.propose(uow, keeper, "export_limit", 30, reason, clock())
