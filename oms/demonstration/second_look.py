"""The second look in the demonstration: some agreed, one differing, the rest left for whoever tries it.

One batch is looked at whole and closed with its pages reconciled.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from oms.demonstration import clerk
from oms.demonstration.stack import open_batch
from oms.domain.access import Principal
from oms.domain.checks import PAPER
from oms.services import checking, pile
from oms.services.house import House

Clock = Callable[[], datetime]
SECOND = "vanthu.kiemtra"
CLOSED = "Đợt 04-2026 - Đảng viên xã Thượng Ngưỡng"
OF_CLOSED = ("canbo.tochuc", "vanthu.bvct")
"""Who looks at the papers of the closed batch: the first at all, the second at those drawn by lot."""
DIFFERING = ("2210/QĐ-UBND", "2201/QĐ-UBND")
"""A decision's number as it was filed, and as the second person reads it."""
AGREED = 3


def look(house: House, clock: Clock) -> None:
    """Takes the looks, then closes the batch of which nothing is left to do."""
    second = clerk.principal_named(house, SECOND)
    if _differ(house, second, clock):  # once: a run that was cut off takes no more of them
        for check_id in _waiting(house, second, "", clock)[:AGREED]:
            _take(house, second, check_id, {}, clock)
    owner = clerk.principal_named(house, "vanthu.dang")
    batch_id = open_batch(house, owner, CLOSED, clock)
    for username in OF_CLOSED:
        person = clerk.principal_named(house, username)
        for check_id in _waiting(house, person, batch_id, clock):
            _take(house, person, check_id, {}, clock)
    with house.work(owner, clock()) as uow:
        pile.close(uow, owner, batch_id, False, clock())


def begin_closed(house: House, unit_id: int, pages: int, clock: Clock) -> None:
    """Opens the batch that will be closed, with its pages counted by hand; a second look of a second share."""
    owner, officer = (clerk.principal_named(house, name) for name in ("vanthu.dang", "canbo.tochuc"))
    batch_id = open_batch(house, owner, CLOSED, clock, unit_id=unit_id, expected_pages=pages)
    with house.work(officer, clock()) as uow:
        checking.set_shares(uow, officer, batch_id, (20, 0), False, clock())


def _waiting(house: House, who: Principal, batch_id: str, clock: Clock) -> list[str]:
    with house.work(who, clock()) as uow:
        found, _total = checking.queue(uow, who, "waiting", batch_id, 200, 0, clock())
        return [row.check.id for row in found]


def _differ(house: House, who: Principal, clock: Clock) -> bool:
    """The second person reads one number otherwise: the look waits for a third. False when it does already."""
    for check_id in _waiting(house, who, "", clock):
        with house.work(who, clock()) as uow:
            view = checking.open_check(uow, who, check_id, clock())
        if view.row.document.number == DIFFERING[0]:
            _take(house, who, check_id, {f"{PAPER}number": DIFFERING[1]}, clock)
            return True
    return False


def _take(house: House, who: Principal, check_id: str, other: dict[str, str], clock: Clock) -> None:
    """Everything seen to be right but what is read otherwise."""
    with house.work(who, clock()) as uow:
        view = checking.open_check(uow, who, check_id, clock())
        seen = frozenset(value.key for value in view.values) - other.keys()
        checking.decide(uow, who, check_id, checking.Answer(other, seen, view.row.document.version), clock())
