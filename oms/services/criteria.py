"""Cadres found by criteria, and criteria kept for another day. What is found is always the asker's own visibility.

A condition on a sensitive group is refused to whoever lacks the group, never left out in silence: otherwise a count
would answer what the page masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, covers, may_read_field, visibility
from oms.domain.criteria import BadCriteria, Condition, Criteria, Group, as_json, checked, parse
from oms.domain.criteria_fields import group_needed
from oms.domain.criteria_words import sentence
from oms.domain.journal import Outcome, Verb
from oms.domain.record_items import SENSITIVE_LABELS
from oms.domain.records import HANOI
from oms.errors import InvalidInput, Refused
from oms.services import catalogues
from oms.services.house import What, Why, note, require_role
from oms.store import criteria as store
from oms.store import saved_lists, units
from oms.store.criteria import SORTS as SORTS
from oms.store.criteria import Asking, Found
from oms.store.criteria import Counted as Counted
from oms.store.criteria import Part as Part
from oms.store.db import UnitOfWork
from oms.store.exchange_tables import SavedList
from vietnamese.text import nfc

CRITERIA, ROSTER = "criteria", "roster"
MOST_SAVED = 200


@dataclass(frozen=True)
class Answer:
    """One page of what was found, how many in all, the question in words."""

    rows: tuple[Found, ...]
    counted: Counted
    words: str
    criteria: Criteria
    persons: int | None = None
    """How many persons the sure ones are, where that was asked: linked records of several blocks are one."""


def asking_of(uow: UnitOfWork, principal: Principal, criteria: Criteria, now: datetime) -> Asking:
    """Who asks, on which day, with which lists."""
    on = criteria.on or now.astimezone(HANOI).date()
    return Asking(visibility(principal, Action.CRITERIA_RUN), on, catalogues.load(uow))


def unit_names(uow: UnitOfWork) -> dict[str, str]:
    """Names of units by path (names of units are no records)."""
    return {unit.path: unit.name for unit in units.everything(uow.session)}


def read(uow: UnitOfWork, text: str) -> Criteria:
    """Criteria from their JSON, every argument looked at; InvalidInput says what is wrong."""
    try:
        return checked(parse(text), catalogues.load(uow)) if text else Criteria()
    except BadCriteria as problem:
        raise InvalidInput(problem.field or "tieu_chi", problem.words) from None


def words_of(uow: UnitOfWork, criteria: Criteria) -> str:
    """The question as a sentence."""
    return sentence(criteria, catalogues.load(uow), unit_names(uow))


def allow(uow: UnitOfWork, principal: Principal, criteria: Criteria, verb: Verb, now: datetime) -> None:
    """InvalidInput, after a row of its own (which the caller commits), for a group the asker may not read."""
    groups = {group_needed(each.what, each.said.get("item", "")) for each in criteria.conditions}
    lacking = sorted(group for group in groups if not may_read_field(principal, group))
    if lacking:
        detail = {"criteria": as_json(criteria), "groups": lacking}
        why = Why("sensitive group not granted")
        note(uow, principal, verb, now, why=why, outcome=Outcome.REFUSED, detail=detail)
        names = ", ".join(SENSITIVE_LABELS[group].lower() for group in lacking)
        raise InvalidInput("tieu_chi", f"Anh/chị chưa được cấp quyền xem nhóm: {names}. Hãy bỏ điều kiện đó.")


def run(
    uow: UnitOfWork, principal: Principal, criteria: Criteria, part: Part, now: datetime, count_persons: bool = False
) -> Answer:
    """One page of the visible cadres who meet the criteria; the row keeps the question and whom it showed."""
    require_role(principal, Action.CRITERIA_RUN, Verb.CRITERIA_RUN)
    allow(uow, principal, criteria, Verb.CRITERIA_RUN, now)
    asking = asking_of(uow, principal, criteria, now)
    counted, ids = store.find(uow.session, criteria, asking, part)
    rows = tuple(store.rows_of(uow.session, asking.view, ids))
    note_run(uow, principal, criteria, [row.dossier.id for row in rows], counted, now)
    persons = store.persons(uow.session, criteria, asking) if count_persons else None
    return Answer(rows, counted, words_of(uow, criteria), criteria, persons)


def note_run(
    uow: UnitOfWork, principal: Principal, criteria: Criteria, shown: Sequence[str], counted: Counted, now: datetime
) -> None:
    """The row of a question: asked, shown, found."""
    detail = {
        "criteria": as_json(criteria),
        "shown": list(shown),
        "total": counted.sure,
        "doubtful": counted.doubtful,
    }
    note(uow, principal, Verb.CRITERIA_RUN, now, detail=detail)


# saved


@dataclass(frozen=True)
class Saved:
    """A saved list as its reader sees it: ``own`` may be changed; the name of whose it is."""

    row: SavedList
    own: bool
    owner: str


def saved(uow: UnitOfWork, principal: Principal, kind: str) -> list[Saved]:
    """The reader's own and those shared with the unit they belong to, by title. Questions, not answers."""
    require_role(principal, Action.CRITERIA_RUN, Verb.LIST_SAVE)
    found = []
    for row, path, name in saved_lists.of_kind(uow.session, kind):
        own = row.owner_id == principal.account_id
        if own or (row.shared and covers(path, principal.unit_path)):
            found.append(Saved(row, own, name))
    return found


def find_saved(uow: UnitOfWork, principal: Principal, kind: str, saved_id: str) -> Saved:
    """One of :func:`saved`; Refused when missing or not shared."""
    for each in saved(uow, principal, kind):
        if each.row.id == saved_id:
            return each
    raise Refused(Verb.LIST_SAVE, kind="list", object_id=saved_id, reason="missing or not shared")


def _title(title: str) -> str:
    words = " ".join(nfc(title).split())
    if not 3 <= len(words) <= 200:
        raise InvalidInput("title", "Hãy đặt tên từ 3 đến 200 ký tự.")
    return words


def save(
    uow: UnitOfWork, principal: Principal, kind: str, title: str, body: str, shared: bool, now: datetime
) -> SavedList:
    """Keeps a question or a roster's columns under a title, for oneself or for the unit's subtree."""
    require_role(principal, Action.CRITERIA_RUN, Verb.LIST_SAVE)
    name = _title(title)
    own = [each for each in saved(uow, principal, kind) if each.own]
    if len(own) >= MOST_SAVED:
        raise InvalidInput("title", f"Đã lưu {MOST_SAVED} mục; hãy xoá bớt.")
    if any(each.row.title == name for each in own):
        raise InvalidInput("title", "Anh/chị đã có mục mang tên này.")
    row = SavedList(kind=kind, title=name, body=body, unit_id=principal.unit_id, shared=shared)
    row.owner_id, row.created_at, row.changed_at = principal.account_id, now, now
    uow.session.add(row)
    uow.session.flush()
    detail = {"kind": kind, "act": "save", "shared": shared}
    note(uow, principal, Verb.LIST_SAVE, now, what=What("list", row.id), detail=detail)
    return row


def _own(uow: UnitOfWork, principal: Principal, saved_id: str) -> SavedList:
    require_role(principal, Action.CRITERIA_RUN, Verb.LIST_SAVE)
    row = uow.session.get(SavedList, saved_id)
    if row is None or row.owner_id != principal.account_id:
        raise Refused(Verb.LIST_SAVE, kind="list", object_id=saved_id, reason="missing or not the owner")
    return row


def change(uow: UnitOfWork, principal: Principal, saved_id: str, title: str, shared: bool, now: datetime) -> SavedList:
    """Renames a saved list of one's own, or shares it, or no longer. Refused: missing or another's."""
    row = _own(uow, principal, saved_id)
    name = _title(title)
    if any(each.own and each.row.title == name and each.row.id != row.id for each in saved(uow, principal, row.kind)):
        raise InvalidInput("title", "Anh/chị đã có mục mang tên này.")
    row.title, row.shared, row.changed_at = name, shared, now
    uow.session.flush()
    detail = {"kind": row.kind, "act": "change", "shared": shared}
    note(uow, principal, Verb.LIST_SAVE, now, what=What("list", row.id), detail=detail)
    return row


def remove(uow: UnitOfWork, principal: Principal, saved_id: str, now: datetime) -> str:
    """Takes away a saved list of one's own; its kind. Refused: missing or another's."""
    row = _own(uow, principal, saved_id)
    detail = {"kind": row.kind, "act": "remove"}
    note(uow, principal, Verb.LIST_SAVE, now, what=What("list", row.id), detail=detail)
    uow.session.delete(row)
    return row.kind


def units_to_ask(uow: UnitOfWork, principal: Principal) -> list[tuple[str, str]]:
    """Units in scope to choose from, by path."""
    view = visibility(principal, Action.CRITERIA_RUN)
    return [(unit.path, unit.name) for unit in units.within(uow.session, view)]


def of_unit(path: str) -> Criteria:
    """The question for everybody of a unit's subtree."""
    return Criteria(Group("all", (Condition("unit", "under", {"path": path}),)))
