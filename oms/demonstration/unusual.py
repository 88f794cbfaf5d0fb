"""Readings in the demonstration that nothing explains, so that the reviewer's desk has something on it.

All through the services people use; the reviewers' own first steps on them too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from oms.demonstration import clerk
from oms.domain.access import Principal
from oms.services import custody, review_cases, review_engine, review_rules, tasks
from oms.services.house import House
from oms.services.review_cases import QueueFilter

IN_A_ROW = 12


def lay_down(house: House, numbers: Sequence[str], clock: Callable[[], datetime]) -> None:
    """A leader goes through a row of dossiers; one is watched; a task is opened only to be cited; two reviewers act."""
    names = ("lanhdao.tinh", "lanhdao.xa", "giamsat")
    leader, commune, reviewer = (clerk.principal_named(house, name) for name in names)
    row = sorted(numbers)[:IN_A_ROW]
    for number in row:
        _read(house, leader, number, "", clock)
    task_id = _own_task(house, commune, clock)
    seen = [number for number in numbers if _read(house, commune, number, task_id, clock)][:1]
    review_engine.Engine(house).catch_up(clock())
    for number in [*row[:1], *seen]:
        with house.work(reviewer, clock()) as uow:
            review_rules.watch(uow, reviewer, number, "Người giữ chức vụ đang được dư luận chú ý", clock())
    review_engine.restart(house, clock())
    review_engine.Engine(house).catch_up(clock())
    _reviewed(house, reviewer, clock)


def _read(house: House, who: Principal, number: str, task_id: str, clock: Callable[[], datetime]) -> bool:
    """Opens the dossier of a number when the person may see it, and looks at its contents; False when they may not."""
    with house.work(who, clock()) as uow:
        dossier_id = custody.dossier_numbered(uow, who, number)
        if not dossier_id:
            return False
        reason = "nắm tình hình cán bộ của đơn vị"
        custody.open_dossier(uow, who, dossier_id, "quy_hoach", task_id, reason, 60, clock())
    with house.work(who, clock()) as uow:
        custody.read_dossier(uow, who, dossier_id, clock())
    return True


def _own_task(house: House, who: Principal, clock: Callable[[], datetime]) -> str:
    with house.work(who, clock()) as uow:
        title = "Nắm tình hình cán bộ xã trước đại hội"
        return tasks.create_task(uow, who, "VK-2026/21", title, who.unit_id, clock()).id


def _reviewed(house: House, first: Principal, clock: Callable[[], datetime]) -> None:
    """The first reviewer asks about the top case and decides another; the second has not signed yet."""
    with house.work(first, clock()) as uow:
        lines = review_cases.queue(uow, first, QueueFilter(), 10, 0, clock()).lines
    if not lines:
        return
    words = "Hỏi Chánh Văn phòng Tỉnh uỷ: có chỉ đạo nào về việc rà các hồ sơ này không?"
    with house.work(first, clock()) as uow:
        review_cases.add_note(uow, first, lines[0].item.id, "question", words, clock())
    if len(lines) > 1:
        with house.work(first, clock()) as uow:
            why = "Người đọc tự mở công việc rồi tự viện dẫn; đơn vị xác nhận không giao việc này."
            review_cases.decide(uow, first, lines[-1].item.id, "breach", why, clock())
