"""Routes with ids of changes: who gets through, who must not tell a real id from a missing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walk_case import Case

from oms.services import change_items, changes, subject_requests, supplements
from oms.services.change_items import Typed
from oms.services.changes import About
from oms.services.subject_requests import Asked
from oms.services.supplements import NewSupplement
from oms.store.tables import Dossier

if TYPE_CHECKING:
    from web_walk import Walker

DRAFT_OUT = ("officer.gov", "officer2", "leader", "leader.low", "clerk", "reviewer", "admin")
"""A draft is its maker's alone: even the second officer of the unit must not tell it from a missing one."""
WAITING_OUT = ("officer.gov", "leader.low", "leader.xa", "clerk", "reviewer", "admin")
WORK_OUT = ("officer.gov", "leader", "clerk", "reviewer", "admin")
VERSION = {"version": "2"}

CASES: dict[str, Case] = {
    "changes.of_dossier": Case("leader", WAITING_OUT),
    "changes.create": Case("officer", WORK_OUT, (302, 400), True, {"title": "Bổ sung lý lịch"}),
    "changes.change": Case("leader", WAITING_OUT),
    "changes.describe": Case("officer", DRAFT_OUT, (302, 400), True, VERSION | {"title": "Bổ sung lý lịch"}),
    "changes.item_form": Case("officer", DRAFT_OUT, (200, 302)),
    "changes.put_item": Case("officer", DRAFT_OUT, (302, 400), True, {"version": "2", "item": "phone", "act": "add"}),
    "changes.drop_item": Case("officer", DRAFT_OUT, (302, 400), True, {"version": "2"}),
    "changes.submit": Case("officer", DRAFT_OUT, (302, 400), True, {"version": "2"}),
    "changes.take_back": Case("officer", WORK_OUT, (302, 400), True, {"version": "3"}),
    "changes.withdraw": Case("officer", WORK_OUT, (302, 400), True, {"version": "3"}),
    "changes.decide": Case("leader", WAITING_OUT, (302, 400), True, {"version": "3"}),
    "changes.page_image": Case("leader", WAITING_OUT),
    "changes.supplement": Case("officer", WORK_OUT),
    "changes.close_supplement": Case("officer", WORK_OUT, (302,), True),
    "changes.start_supplement": Case("officer", WORK_OUT, (302,), True),
    "changes.nothing_new": Case("officer", WORK_OUT, (302,), True),
    "changes.supplement_print": Case("leader", WAITING_OUT, (200, 400), True),
    "changes.subject_request": Case("officer", WORK_OUT),
    "changes.answer_request": Case("officer", WORK_OUT, (302, 400), True, {"act": "reply", "words": "đã nhận"}),
    "changes.correct": Case("officer", WORK_OUT, (302, 400), True),
    "changes.extract": Case("officer", WORK_OUT, (200, 400), True),
}
MISSING_IDS: dict[str, str] = {
    "change_id": "f" * 32,
    "draft_id": "f" * 32,
    "item_id": "f" * 32,
    "request_id": "f" * 32,
    "supplement_id": "f" * 32,
    "supplement_change_id": "f" * 32,
}


def _change(walker: Walker, *, waiting: bool) -> tuple[str, str]:
    """A change of the walker's dossier with one item, as a draft (version 2) or waiting (version 3)."""
    world = walker.world
    officer = world.who("officer")
    with world.work(officer) as uow:
        change = changes.create(uow, officer, walker.dossier, About("Bổ sung lý lịch"), world.clock())
        typed = Typed("phone", "add", {"value": "0912000111"}, document_id=walker.filed)
        item = change_items.put_item(uow, officer, change.id, 1, typed, world.clock())
        if waiting:
            changes.submit(uow, officer, change.id, 2, world.clock())
        return change.id, item.id


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    draft, item = _change(walker, waiting=False)
    waiting, _item = _change(walker, waiting=True)
    made = {"change_id": waiting, "draft_id": draft, "item_id": item, "request_id": _request(walker)}
    return made | {"supplement_id": _supplement(walker), "supplement_change_id": _filled(walker)}


def _supplement(walker: Walker) -> str:
    """A supplement that runs, for the officer's unit and below."""
    world = walker.world
    officer, today = world.who("officer"), world.clock().date()
    new = NewSupplement(world.units["D-BTC"], "Bổ sung năm 2026", 2026, today, today)
    with world.work(officer) as uow:
        return supplements.open_supplement(uow, officer, new, world.clock()).id


def _filled(walker: Walker) -> str:
    """A supplement of the walker's dossier with one item, waiting."""
    world, period = walker.world, _supplement(walker)
    officer = world.who("officer")
    with world.work(officer) as uow:
        change_id = supplements.start(uow, officer, period, walker.dossier, world.clock())
        typed = Typed("phone", "add", {"value": "0912000111"})
        change_items.put_item(uow, officer, change_id, 1, typed, world.clock())
        changes.submit(uow, officer, change_id, 2, world.clock())
        return change_id


def _request(walker: Walker) -> str:
    """A request of the person the walker's dossier is about."""
    world = walker.world
    officer = world.who("officer")
    with world.work(officer) as uow:
        number = uow.session.get_one(Dossier, walker.dossier).number
        asked = Asked(number, "extract", f"YC-{walker.turn + 1}", world.clock().date(), "xin bản trích")
        return subject_requests.ask(uow, officer, asked, world.clock()).id
