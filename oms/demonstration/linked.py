"""Links of the demonstration: the leader who sees every block accepts what is proposed, and leaves two for the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from oms.demonstration import clerk
from oms.domain.links import Act
from oms.services import link_decide, linking, links
from oms.services.house import House
from oms.services.link_decide import Asked

LEADER = "lanhdao.tinh"
LEFT_OPEN = 2


def lay_down(house: House, clock: Callable[[], datetime]) -> None:
    """Compares the records and accepts the pairs that are proposed first, each by an act of its own; safe to repeat."""
    linking.refresh(house, clock())
    leader = clerk.principal_named(house, LEADER)
    with house.work(leader, clock()) as uow:
        proposed = links.queue(uow, leader, "de-xuat", 50, 0, clock())
    for line in proposed.lines[: max(0, proposed.total - LEFT_OPEN)]:
        with house.work(leader, clock()) as uow:
            pair = links.open_pair(uow, leader, line.row.pair.id, "de-xuat", clock()).pair
            link_decide.take(uow, leader, pair.id, Asked(Act.ACCEPT, pair.version), clock())
    linking.refresh(house, clock())


def count(house: House) -> int:
    """How many pairs are linked, as the leader sees them."""
    leader = clerk.principal_named(house, LEADER)
    with house.look(leader) as uow:
        return links.linked(uow, leader)
