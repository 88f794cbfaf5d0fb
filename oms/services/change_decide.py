"""Deciding on changes: each item approved or rejected by another person than those who made the change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from oms.domain.access import Action, Principal, may_read_field
from oms.domain.case_subjects import REJECTED
from oms.domain.changes import Act, ChangeState, ItemState, Step
from oms.domain.fields import shown, squashed
from oms.domain.journal import Verb
from oms.domain.record_items import ITEMS
from oms.errors import InvalidInput
from oms.services import case_follow, record
from oms.services.change_items import as_fact
from oms.services.changes import obstacle, reached, second_hand, stale, step, tally_of, target_of
from oms.services.house import What, note, require
from oms.services.record import Keeping
from oms.store import changes as store
from oms.store.changes import ChangeRow
from oms.store.db import UnitOfWork
from oms.store.record_tables import Change, ChangeItem, FactRow
from oms.store.tables import Document

LEAST_REASON = 5
MASKED = "anh/chị không được xem nhóm thông tin này nên không quyết định được mục này."
SAME_HAND = "Người lập, người trình hoặc người nhập phiếu không được tự duyệt: việc này cần người thứ hai."


@dataclass(frozen=True)
class Word:
    """What is said of one item; a rejection needs its reason."""

    approve: bool
    reason: str = ""


@dataclass
class Result:
    """How many items were approved and rejected; of those that could not be, why, by the item's id."""

    approved: int = 0
    rejected: int = 0
    problems: dict[str, str] = field(default_factory=dict)


def decide(
    uow: UnitOfWork, principal: Principal, change_id: str, version: int, words: Mapping[str, Word], now: datetime
) -> Result:
    """Decides on some items of a waiting change; the rest stay open. The record follows at once.

    InvalidInput when the person had a hand in the change, nothing is said, or a rejection has no reason.
    """
    row = reached(uow, principal, change_id, Verb.CHANGE_DECIDE, now)
    require(principal, Action.RECORD_DECIDE, Verb.CHANGE_DECIDE, target_of(row), kind="change", object_id=change_id)
    items = [item for item in store.items_of(uow.session, change_id) if item.state == ItemState.OPEN]
    said = [(item, words[item.id]) for item in items if item.id in words]
    _check(uow, principal, row, version, said)
    row.change.version += 1
    result = Result()
    for item, word in said:
        problem = _problem(uow, principal, row, item, word)
        if problem:
            result.problems[item.id] = problem
            continue
        _decide_item(uow, principal, row, item, word, now)
        result.approved += word.approve
        result.rejected += not word.approve
    uow.session.flush()
    if result.approved or result.rejected:
        row.change.state = _after(row.change, store.items_of(uow.session, change_id))
    if row.change.state == ChangeState.DECIDED:
        row.change.decided_at = now
    what = What("change", change_id, row.dossier.number)
    counts = {"approved": result.approved, "rejected": result.rejected, "not_possible": len(result.problems)}
    detail = {"dossier": row.dossier.id, "items": len(said), "state": row.change.state, **counts}
    note(uow, principal, Verb.CHANGE_DECIDE, now, target=target_of(row), what=what, detail=detail)
    case_follow.follow(uow, principal, *case_follow.of_change(row.change), _came_to(uow, row.change), now)
    return result


def _came_to(uow: UnitOfWork, change: Change) -> str:
    """The state of a change, where one decided with nothing approved is told apart."""
    if change.state != ChangeState.DECIDED:
        return change.state
    approved = any(item.state == ItemState.APPROVED for item in store.items_of(uow.session, change.id))
    return change.state if approved else REJECTED


def _check(
    uow: UnitOfWork, principal: Principal, row: ChangeRow, version: int, said: list[tuple[ChangeItem, Word]]
) -> None:
    if row.change.version != version:
        raise stale()
    if row.change.state != ChangeState.WAITING:
        raise InvalidInput("state", "Phiếu này không ở trạng thái chờ duyệt.")
    if not second_hand(uow, principal, row.change):
        raise InvalidInput("state", SAME_HAND)
    if not said:
        raise InvalidInput("state", "Hãy chọn duyệt hoặc không duyệt cho ít nhất một mục.")
    for item, word in said:
        if not word.approve and len(squashed(word.reason)) < LEAST_REASON:
            raise InvalidInput(f"reason.{item.id}", "Không duyệt thì phải ghi lý do, ít nhất 5 ký tự.")


def _problem(uow: UnitOfWork, principal: Principal, row: ChangeRow, item: ChangeItem, word: Word) -> str:
    if not may_read_field(principal, ITEMS[item.item].sensitive):
        return MASKED
    return obstacle(uow, principal, row, item) if word.approve else ""


def _after(change: Change, items: list[ChangeItem]) -> ChangeState:
    version = change.version
    step(change, Step.DECIDE, tally_of(items))
    change.version = version
    return ChangeState(change.state)


def _decide_item(
    uow: UnitOfWork, principal: Principal, row: ChangeRow, item: ChangeItem, word: Word, now: datetime
) -> None:
    item.state = ItemState.APPROVED if word.approve else ItemState.REJECTED
    item.decided_by, item.decided_at = principal.account_id, now
    item.decision_reason = squashed(word.reason)[:2000]
    if not word.approve:
        return
    keeping = Keeping(principal.account_id, now, principal.account_id, row.change.id)
    old = store.fact_rows(uow.session, [item.fact_id]).get(item.fact_id) if item.fact_id else None
    if item.act != Act.END:
        papers = store.papers(uow.session, [item.document_id]) if item.document_id else {}
        held: list[Document | FactRow] = list(papers.values())
        held += [old] if old is not None else []
        secrecy = max((each.secrecy for each in held), default=0)
        compartment = next((each.compartment for each in held if each.compartment), "")
        new = as_fact(item, _declared(row.change), (secrecy, compartment), _since(item, old))
        item.result_fact_id = record.keep(uow, [(row.dossier, [new])], keeping)[0][0]
    if old is not None:
        record.end(uow, row.dossier, old, keeping, item.result_fact_id)


def _declared(change: Change) -> str:
    """ "Nguyễn Văn A khai ngày 05/08/2026" """
    day = shown("declared_on", change.declared_on)
    return f"{change.declared_by} khai" + (f" ngày {day}" if day else "")


def _since(item: ChangeItem, old: FactRow | None) -> str:
    """Since when the new value holds: as typed, else as the one it replaces, unless that date was its own value."""
    if item.starts or old is None:
        return item.starts
    value = json.loads(old.body).get("value", "")
    return old.starts if "value" in json.loads(old.body) and value != old.starts else ""
