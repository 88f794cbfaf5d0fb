"""Changes of a record as cases: begun from the record, put up for approval, shown to who decides.

A change is reached by its role and scope and its own level. A draft is its maker's alone; a waiting one is open to
whoever may decide in scope, who needs no purpose for it: opening it is a row that says what was shown. One that is
over is read by those who had a hand in it, by others only under a running opening of the dossier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.changes import (
    DECISION_TYPES,
    Act,
    ChangeState,
    ItemState,
    Step,
    Tally,
    WrongStep,
    add_problem,
    is_correction,
    may_decide,
    moved,
)
from oms.domain.fields import squashed
from oms.domain.journal import Verb
from oms.domain.record_items import ITEMS
from oms.domain.records import HANOI
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import case_follow, custody, delegations
from oms.services.house import What, note, require
from oms.services.shelf import require_held
from oms.store import changes as store
from oms.store import facts
from oms.store.changes import ChangeRow
from oms.store.db import UnitOfWork
from oms.store.record_tables import Change, ChangeItem, FactRow, Supplement
from oms.store.tables import Document
from vietnamese.dates import parse_date

LONGEST_TITLE = 300


def target_of(row: ChangeRow) -> Target:
    """The change as the access rule sees it: where its dossier is, at its own level."""
    return Target(row.unit.path, row.change.secrecy, row.change.compartment)


def stale() -> Conflict:
    """Somebody else changed the change first."""
    error = Conflict()
    error.message_vi = (
        "Phiếu này vừa được người khác thay đổi. Thao tác của anh/chị chưa được ghi; hãy tải lại trang để xem bản mới."
    )
    return error


def _no(verb: Verb, change_id: str, reason: str) -> Refused:
    return Refused(verb, kind="change", object_id=change_id, reason=reason)


def reached(uow: UnitOfWork, principal: Principal, change_id: str, verb: Verb, now: datetime) -> ChangeRow:
    """The change, if this person may see it now. Refused when missing, hidden, another's draft or over and unopened."""
    row = store.find(uow.session, visibility(principal, Action.RECORD_DECIDE), change_id)
    if row is None:
        raise _no(verb, change_id, "missing or not visible")
    change = row.change
    if change.state == ChangeState.DRAFT and change.created_by != principal.account_id:
        raise _no(verb, change_id, "another person's draft")
    over = change.state in (ChangeState.DECIDED, ChangeState.WITHDRAWN)
    involved = over and principal.account_id in hands_of(uow, change, decided=True)
    if over and not involved and not custody.is_open(uow, principal, row.dossier.id, now):
        raise _no(verb, change_id, "no running opening")
    return row


def hands_of(uow: UnitOfWork, change: Change, *, decided: bool = False) -> set[str]:
    """Who made a change: began it, put it up, typed an item; with ``decided`` those who decided too."""
    found = {change.created_by, change.submitted_by}
    for item in store.items_of(uow.session, change.id):
        found |= {item.typed_by, item.decided_by if decided else None}
    return {name for name in found if name}


def second_hand(uow: UnitOfWork, principal: Principal, change: Change) -> bool:
    """Whether the person, and whose authority they use, had no hand in a change, nor lent authority to whoever had."""
    hands = delegations.behind(uow, hands_of(uow, change), change.created_at)
    return all(may_decide(each, hands) for each in principal.persons)


def own_draft(
    uow: UnitOfWork, principal: Principal, change_id: str, version: int, verb: Verb, now: datetime
) -> ChangeRow:
    """One's own draft, under a running opening of its dossier, at the version that was seen."""
    row = reached(uow, principal, change_id, verb, now)
    require(principal, Action.RECORD_CHANGE, verb, target_of(row), kind="change", object_id=change_id)
    if row.change.version != version:
        raise stale()
    step(row.change, Step.EDIT, Tally())
    if not custody.is_open(uow, principal, row.dossier.id, now):
        raise InvalidInput("opening", "Thời gian mở hồ sơ đã hết: hãy mở lại hồ sơ rồi sửa phiếu.")
    return row


def step(change: Change, what: Step, tally: Tally) -> None:
    """Takes a change one step on and raises its version. InvalidInput when the step is not open."""
    try:
        change.state = moved(change.state, what, tally)
    except WrongStep as problem:
        raise InvalidInput("state", str(problem)) from None
    change.version += 1


def tally_of(items: list[ChangeItem]) -> Tally:
    """How many are open, how many decided."""
    still = sum(item.state == ItemState.OPEN for item in items)
    return Tally(still, len(items) - still)


@dataclass(frozen=True)
class About:
    """What a change says of itself: its title, why, and who declared it when."""

    title: str
    reason: str = ""
    declared_by: str = ""
    declared_on: str = ""
    decision_document_id: str = ""


def _about(change: Change, about: About) -> None:
    change.title = squashed(about.title)[:LONGEST_TITLE]
    if len(change.title) < 5:
        raise InvalidInput("title", "Hãy ghi tên phiếu, ít nhất 5 ký tự.")
    change.reason, change.declared_by = squashed(about.reason)[:2000], squashed(about.declared_by)[:200]
    day = parse_date(about.declared_on) if about.declared_on.strip() else None
    if about.declared_on.strip() and (day is None or len(day.iso()) != 10):
        raise InvalidInput("declared_on", "Ngày khai chưa đúng: hãy nhập như 05/08/2026.")
    change.declared_on = day.iso() if day else ""


def create(
    uow: UnitOfWork, principal: Principal, dossier_id: str, about: About, now: datetime, request_id: str = ""
) -> Change:
    """Begins a change of a record, under a running opening of its dossier."""
    row, _opening = custody.opened(uow, principal, dossier_id, Verb.CHANGE_CREATE, now)
    target = custody.target_of(row)
    require(principal, Action.RECORD_CHANGE, Verb.CHANGE_CREATE, target, kind="dossier", object_id=dossier_id)
    require_held(row)
    change = Change(
        dossier_id=dossier_id,
        kind="change",
        state=ChangeState.DRAFT,
        secrecy=row.dossier.secrecy,
        compartment=row.dossier.compartment,
        request_id=request_id or None,
        created_by=principal.account_id,
        created_at=now,
    )
    _about(change, about)
    uow.session.add(change)
    uow.session.flush()
    what = What("change", change.id, row.dossier.number)
    note(uow, principal, Verb.CHANGE_CREATE, now, target=target, what=what, detail={"dossier": dossier_id})
    if not request_id:  # what a person asked for is a case already
        begun = case_follow.about("change", change.id, change.state, row.dossier, principal.account_id)
        case_follow.begin(uow, principal, begun, now)
    return change


def describe(uow: UnitOfWork, principal: Principal, change_id: str, version: int, about: About, now: datetime) -> None:
    """Writes what a draft says of itself, and the collective leadership's decision it rests on."""
    row = own_draft(uow, principal, change_id, version, Verb.CHANGE_SAVE, now)
    _about(row.change, about)
    chosen = about.decision_document_id
    if chosen and decision_paper(uow, principal, row, chosen) is None:
        raise InvalidInput(
            "decision_document_id",
            "Tài liệu làm căn cứ phải là quyết định, kết luận, nghị quyết, biên bản hoặc thông báo đã vào hồ sơ này.",
        )
    row.change.decision_document_id = chosen or None
    level(uow, row)
    saved(uow, principal, row, now, {"act": "describe"})


def saved(uow: UnitOfWork, principal: Principal, row: ChangeRow, now: datetime, detail: Mapping[str, object]) -> None:
    """The row of an edit: which change, of which dossier, and how many items it has now."""
    items = len(store.items_of(uow.session, row.change.id))
    what = What("change", row.change.id, row.dossier.number)
    more = {"dossier": row.dossier.id, "items": items, **detail}
    note(uow, principal, Verb.CHANGE_SAVE, now, target=target_of(row), what=what, detail=more)


def decision_paper(uow: UnitOfWork, principal: Principal, row: ChangeRow, document_id: str) -> Document | None:
    """The paper as a decision of the collective leadership: filed in this dossier, visible, of a fitting type."""
    view = visibility(principal, Action.RECORD_DECIDE)
    found = store.filed_paper(uow.session, view, row.dossier.id, document_id)
    return found if found is not None and found.type_code in DECISION_TYPES else None


def level(uow: UnitOfWork, row: ChangeRow) -> None:
    """Gives a change the level and compartment of what it holds, and its kind. InvalidInput for two compartments."""
    change, items = row.change, store.items_of(uow.session, row.change.id)
    paper_ids = [item.document_id for item in items if item.document_id]
    if change.decision_document_id:
        paper_ids.append(change.decision_document_id)
    held: list[Document | FactRow] = list(store.papers(uow.session, paper_ids).values())
    held += store.fact_rows(uow.session, [item.fact_id for item in items if item.fact_id]).values()
    change.secrecy = max([row.dossier.secrecy, *(each.secrecy for each in held)])
    found = {each.compartment for each in held if each.compartment} | {row.dossier.compartment} - {""}
    if len(found) > 1:
        raise InvalidInput("document_id", "Một phiếu chỉ dùng giấy tờ của một khu vực hạn chế: hãy lập hai phiếu.")
    change.compartment = next(iter(found), "")
    if change.kind != "supplement":
        corrected = any(is_correction(item.item, item.act) for item in items)
        change.kind = "correction" if corrected else "change"
    level = change.secrecy, change.compartment
    case_follow.now_about(uow, *case_follow.of_change(change), row.dossier, level)


def submit(uow: UnitOfWork, principal: Principal, change_id: str, version: int, now: datetime) -> list[str]:
    """Puts a draft up for approval; what the decider will want to know is told. InvalidInput names what is missing."""
    row = own_draft(uow, principal, change_id, version, Verb.CHANGE_SUBMIT, now)
    items = store.items_of(uow.session, change_id)
    _within_period(uow, row.change, now)
    for item in items:
        _ready(uow, principal, row, item)
    row.change.version = version
    step(row.change, Step.SUBMIT, tally_of(items))
    row.change.submitted_by, row.change.submitted_at = principal.account_id, now
    what = What("change", change_id, row.dossier.number)
    detail = {"dossier": row.dossier.id, "items": len(items)}
    note(uow, principal, Verb.CHANGE_SUBMIT, now, target=target_of(row), what=what, detail=detail)
    case_follow.follow(uow, principal, *case_follow.of_change(row.change), row.change.state, now)
    touched = {item.fact_id: item for item in items if item.fact_id}
    view = visibility(principal, Action.RECORD_DECIDE)
    others = store.others_on(uow.session, view, row.change, list(touched))
    return [ITEMS[touched[fact_id].item].label for fact_id in others]


def _within_period(uow: UnitOfWork, change: Change, now: datetime) -> None:
    if change.supplement_id is None:
        return
    period, today = uow.session.get_one(Supplement, change.supplement_id), now.astimezone(HANOI).date()
    if period.closed_at is not None or not period.opens_on <= today <= period.closes_on:
        raise InvalidInput("state", "Ngoài thời gian của đợt bổ sung: không trình được phiếu này.")


def _ready(uow: UnitOfWork, principal: Principal, row: ChangeRow, item: ChangeItem) -> None:
    name = ITEMS[item.item].label
    problem = obstacle(uow, principal, row, item)
    if problem:
        raise InvalidInput("state", f"{name}: {problem}")
    if not (item.document_id or item.source_words or row.change.declared_by):
        raise InvalidInput("state", f"{name}: hãy chọn giấy tờ làm căn cứ, hoặc ghi ai khai và ngày khai.")


def obstacle(uow: UnitOfWork, principal: Principal, row: ChangeRow, item: ChangeItem) -> str:
    """Why an item cannot be put up or approved as the record stands now; "" when it can."""
    if item.fact_id:
        fact = store.fact_rows(uow.session, [item.fact_id]).get(item.fact_id)
        if fact is None or fact.ended_at is not None:
            return "giá trị đang sửa đã được thay hoặc kết thúc trong khi phiếu này chưa quyết định."
    if item.document_id and not _lies_here(uow, row, item.document_id):
        return "giấy tờ làm căn cứ không còn trong hồ sơ này: hãy chọn giấy tờ khác."
    if is_correction(item.item, item.act):
        chosen = row.change.decision_document_id
        if chosen is None or decision_paper(uow, principal, row, chosen) is None:
            return (
                "sửa thông tin trọng yếu phải có văn bản của tập thể lãnh đạo đã vào hồ sơ này "
                "(Quy chế 01-QCTC/TW): hãy chọn văn bản đó ở phần căn cứ."
            )
    if item.act == Act.ADD:
        view = visibility(principal, Action.RECORD_DECIDE)
        held = [fact.starts for fact in facts.in_force(uow.session, view, row.dossier.id) if fact.item == item.item]
        return add_problem(item.item, item.starts, held)
    return ""


def _lies_here(uow: UnitOfWork, row: ChangeRow, document_id: str) -> bool:
    """Whether a paper the change rests on is filed in its dossier still: the change is as secret as the paper."""
    paper = store.papers(uow.session, [document_id]).get(document_id)
    return paper is not None and paper.state == "filed" and paper.dossier_id == row.dossier.id


def take_back(uow: UnitOfWork, principal: Principal, change_id: str, version: int, now: datetime) -> None:
    """Takes one's waiting change back to draft, while nobody has decided on any of its items."""
    _maker_step(uow, principal, change_id, version, Step.TAKE_BACK, Verb.CHANGE_SUBMIT, now)


def withdraw(uow: UnitOfWork, principal: Principal, change_id: str, version: int, now: datetime) -> None:
    """Gives one's change up; it stays in the register."""
    _maker_step(uow, principal, change_id, version, Step.WITHDRAW, Verb.CHANGE_WITHDRAW, now)


def _maker_step(
    uow: UnitOfWork, principal: Principal, change_id: str, version: int, what: Step, verb: Verb, now: datetime
) -> None:
    row = reached(uow, principal, change_id, verb, now)
    require(principal, Action.RECORD_CHANGE, verb, target_of(row), kind="change", object_id=change_id)
    if row.change.created_by != principal.account_id:
        raise _no(verb, change_id, "not the maker")
    if row.change.version != version:
        raise stale()
    step(row.change, what, tally_of(store.items_of(uow.session, change_id)))
    label = What("change", change_id, row.dossier.number)
    detail = {"dossier": row.dossier.id, "act": str(what)}
    note(uow, principal, verb, now, target=target_of(row), what=label, detail=detail)
    case, holder = case_follow.of_change(row.change), row.change.created_by
    case_follow.follow(uow, principal, *case, row.change.state, now, holder=holder)
