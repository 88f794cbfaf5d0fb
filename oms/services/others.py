"""The queue of words no closed list holds: an officer gives them a code, leaves them, or proposes them for the list.

What a record says is never touched: a fact keeps its words and gets the list's code beside them. Words of items that
a person may not read unmasked are not in their queue at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, Target, may_read_field, visibility
from oms.domain.dated_rows import Catalogue
from oms.domain.journal import Verb
from oms.domain.record_items import ITEMS
from oms.errors import InvalidInput, Refused
from oms.services import catalogues, record
from oms.services.house import What, note, require_role
from oms.store import others as store
from oms.store.catalogue_tables import CatalogueOther
from oms.store.db import UnitOfWork
from oms.store.others import WordGroup as WordGroup
from oms.store.past_walls import past_walls
from oms.store.record_tables import FactRow
from oms.store.tables import Dossier

WAITING, MAPPED, ADDED, LEFT, SUGGESTED = "waiting", "mapped", "added", "left", "suggested"
OPEN = (WAITING, SUGGESTED)
SETTLED = (MAPPED, ADDED, LEFT)
MOST_AT_ONCE = 200

Line = tuple[CatalogueOther, FactRow, Dossier]


@dataclass(frozen=True)
class Wanted:
    """What is to become of some groups of one list: act map | leave | suggest, with the code for the first."""

    act: str
    list_code: str
    folded: tuple[str, ...]
    code: str = ""


def _readable(principal: Principal) -> frozenset[str]:
    return frozenset(key for key, item in ITEMS.items() if may_read_field(principal, item.sensitive))


def queue(
    uow: UnitOfWork, principal: Principal, states: Sequence[str], list_code: str, now: datetime
) -> list[WordGroup]:
    """The groups this person may see; journalled with how many words and records that were."""
    require_role(principal, Action.OTHER_SETTLE, Verb.OTHER_LIST)
    view = visibility(principal, Action.OTHER_SETTLE)
    found = store.groups(uow.session, view, _readable(principal), states, list_code)
    detail = {
        "states": list(states), "list": list_code, "groups": len(found), "facts": sum(each.count for each in found),
    }  # fmt: skip
    target = Target(principal.unit_path, max((each.secrecy for each in found), default=0))
    note(uow, principal, Verb.OTHER_LIST, now, what=What("catalogue", list_code), target=target, detail=detail)
    return found


def waiting(uow: UnitOfWork, principal: Principal) -> int:
    """How many groups wait for this person; a count for tabs and the home page."""
    view = visibility(principal, Action.OTHER_SETTLE)
    return len(store.groups(uow.session, view, _readable(principal), (WAITING,)))


def _lines(uow: UnitOfWork, principal: Principal, wanted: Wanted, states: Sequence[str]) -> list[Line]:
    view, items = visibility(principal, Action.OTHER_SETTLE), _readable(principal)
    found = []
    for folded in dict.fromkeys(wanted.folded):
        some = store.lines(uow.session, view, items, wanted.list_code, folded, states)
        if not some:
            raise Refused(Verb.OTHER_SETTLE, kind="catalogue", object_id=wanted.list_code, reason="nothing visible")
        found += some
    return found


def settle(uow: UnitOfWork, principal: Principal, wanted: Wanted, now: datetime) -> int:
    """Settles all visible words of some groups; how many facts. Refused when there is nothing visible to settle."""
    require_role(principal, Action.OTHER_SETTLE, Verb.OTHER_SETTLE)
    if not wanted.folded:
        raise InvalidInput("words", "Hãy chọn ít nhất một cụm từ.")
    if len(wanted.folded) > MOST_AT_ONCE:
        raise InvalidInput("words", f"Mỗi lần nhiều nhất {MOST_AT_ONCE} cụm từ.")
    found = _lines(uow, principal, wanted, OPEN)
    state = {"map": MAPPED, "leave": LEFT, "suggest": SUGGESTED}.get(wanted.act)
    if state is None:
        raise InvalidInput("act", "Hãy chọn cách xử lý.")
    code = wanted.code if state != LEFT else ""
    known = {row.code for row in catalogues.load(uow).history(wanted.list_code)}
    if (state == MAPPED or code) and code not in known:
        raise InvalidInput("code", "Hãy chọn một mã có trong danh mục.")
    guarded = any(fact.secrecy or fact.compartment or ITEMS[fact.item].sensitive for _line, fact, _dossier in found)
    if state == SUGGESTED and guarded:
        told = "Có từ trong hồ sơ mật hoặc thuộc nhóm nhạy cảm nên không đề nghị được; hãy gán mã hoặc để nguyên."
        raise InvalidInput("act", told)
    _note(uow, principal, wanted.list_code, wanted.act, found, now, code)
    store.settle(uow.session, [line.id for line, _f, _d in found], state, code, principal.account_id, now)
    if state == MAPPED:
        _give(uow, found, code, now)
    return len(found)


def undo(uow: UnitOfWork, principal: Principal, wanted: Wanted, now: datetime) -> int:
    """Puts settled or proposed words back into the queue: the code goes from the facts again."""
    require_role(principal, Action.OTHER_SETTLE, Verb.OTHER_SETTLE)
    if wanted.act not in (*SETTLED, SUGGESTED):
        raise InvalidInput("act", "Hãy chọn cách xử lý.")
    found = _lines(uow, principal, wanted, (wanted.act,))
    found = [each for each in found if each[0].code == wanted.code]
    _note(uow, principal, wanted.list_code, "undo", found, now, wanted.code)
    store.settle(uow.session, [line.id for line, _f, _d in found], WAITING, "", None, None)
    if wanted.act in (MAPPED, ADDED):
        _give(uow, found, "", now)
    return len(found)


def _note(
    uow: UnitOfWork, principal: Principal, list_code: str, act: str, found: Sequence[Line], now: datetime, code: str
) -> None:
    ids = sorted({dossier.id for _line, _fact, dossier in found})
    detail = {"act": act, "code": code, "facts": len(found), "dossiers": ids[:MOST_AT_ONCE], "total": len(ids)}
    note(uow, principal, Verb.OTHER_SETTLE, now, what=What("catalogue", list_code), detail=detail)


def _give(uow: UnitOfWork, found: Sequence[Line], code: str, now: datetime) -> None:
    store.give_code(uow.session, [fact.id for _line, fact, _dossier in found], code)
    record.renew(uow, list({dossier.id: dossier for _line, _fact, dossier in found}.values()), now)


def suggestions(uow: UnitOfWork, principal: Principal, now: datetime) -> list[WordGroup]:
    """Words officers propose for the lists: words and counts, no records. Journalled."""
    require_role(principal, Action.CATALOGUE_EDIT, Verb.OTHER_LIST)
    with past_walls(uow.session):  # who keeps the lists sees no record; told are words and counts alone
        found = store.suggested(uow.session)
    note(uow, principal, Verb.OTHER_LIST, now, what=What("catalogue"), detail={"proposed": len(found)})
    return found


def decline(uow: UnitOfWork, principal: Principal, list_code: str, folded: str, now: datetime) -> int:
    """Sends proposed words back to the queue of those who proposed them."""
    require_role(principal, Action.CATALOGUE_EDIT, Verb.OTHER_SETTLE)
    with past_walls(uow.session):
        found = [each for each in store.undecided(uow.session, list_code, folded) if each[0].state == SUGGESTED]
        if not found:
            raise Refused(Verb.OTHER_SETTLE, kind="catalogue", object_id=list_code, reason="no such proposal")
        detail = {"act": "decline", "facts": len(found)}
        note(uow, principal, Verb.OTHER_SETTLE, now, what=What("catalogue", list_code), detail=detail)
        store.settle(uow.session, [line.id for line, _f, _d in found], WAITING, "", None, None)
    return len(found)


def resolve(uow: UnitOfWork, catalogue: Catalogue, list_codes: Iterable[str], by: str | None, now: datetime) -> int:
    """What follows from changed lists: words they hold by now get their code; how many facts.

    The heads of these records are made anew by the worker, as after every change of a list. The caller journals.
    """
    with past_walls(uow.session):  # who keeps the lists sees no record
        return sum(_resolved(uow, catalogue, list_code, by, now) for list_code in list_codes)


def _resolved(uow: UnitOfWork, catalogue: Catalogue, list_code: str, by: str | None, now: datetime) -> int:
    settled = 0
    by_code: dict[str, list[Line]] = {}
    for each in store.undecided(uow.session, list_code):
        code = catalogue.code_in(list_code, each[0].text)
        if code:
            by_code.setdefault(code, []).append(each)
    for code, some in by_code.items():
        store.settle(uow.session, [line.id for line, _f, _d in some], ADDED, code, by, now)
        store.give_code(uow.session, [fact.id for _line, fact, _dossier in some], code)
        settled += len(some)
    return settled
