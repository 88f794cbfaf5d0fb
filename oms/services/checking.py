"""The second look: a second person compares a filed paper's values with the paper; a third settles what differs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from oms.domain import fields
from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.catalogue import DOCUMENT_TYPES, RESTRICTED_TYPES
from oms.domain.checks import FACT_KEYS, FACT_OF, PAPER, PAPER_FACTS, CheckState
from oms.domain.journal import Verb
from oms.domain.records import file_label
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import check_draw, desk_steps, resting
from oms.services.desk_edit import one_compartment
from oms.services.desk_ground import sheets, target_of
from oms.services.house import Served, What, note, require_role
from oms.services.zones import require_zone
from oms.store import checks, delegations, dossiers, papers
from oms.store.checks import CheckRow as CheckRow
from oms.store.db import UnitOfWork
from oms.store.delegations import Side
from oms.store.desk import SETTLE
from oms.store.desk_tables import Check
from oms.store.desk_tables import CheckFinding as CheckFinding
from oms.store.dossiers import DossierRow
from oms.store.tables import Batch, Document, DocumentField, Page

STATES = (CheckState.WAITING, CheckState.DIFFERS)
DOSSIER = f"{PAPER}dossier"
RIGHT, WRONG = "đúng", "sai"


@dataclass(frozen=True)
class Compared:
    """One value of a paper as it was accepted: under which key, where it stands; ``blind`` asks to type it unseen."""

    key: str
    value: str
    row: DocumentField | None
    blind: bool = False


@dataclass(frozen=True)
class CheckView:
    """Everything a second or third person is shown of a paper."""

    row: CheckRow
    pages: tuple[Page, ...]
    values: tuple[Compared, ...]
    dossier: DossierRow | None
    findings: tuple[CheckFinding, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What the second person said: values typed, by key, and the keys whose value was seen to be right."""

    values: Mapping[str, str]
    seen: frozenset[str]
    version: int


def queue(
    uow: UnitOfWork, principal: Principal, state: str, batch_id: str, limit: int, offset: int, now: datetime
) -> tuple[list[CheckRow], int]:
    """Looks this person may take: of visible papers they had no hand in; journalled with their number."""
    require_role(principal, Action.CHECK_WORK, Verb.CHECK_LIST)
    wanted = state if state in STATES else CheckState.WAITING
    view = visibility(principal, Action.CHECK_WORK)
    found, total = checks.queue(uow.session, view, wanted, _side(uow, principal), batch_id, limit, offset)
    note(uow, principal, Verb.CHECK_LIST, now, detail={"state": wanted, "shown": len(found), "total": total})
    return found, total


def counts(uow: UnitOfWork, principal: Principal) -> dict[str, int]:
    """How many looks of each state this person may take; numbers only, so no row."""
    view = visibility(principal, Action.CHECK_WORK)
    side = _side(uow, principal)
    return checks.numbers_in(uow.session, view, [str(state) for state in STATES], side)


def _side(uow: UnitOfWork, principal: Principal) -> Side:
    """Whose hands count as this person's own: theirs, of whom they act for, and of the deputies of either."""
    return delegations.side_of(uow.session, principal.persons)


def _check(uow: UnitOfWork, principal: Principal, check_id: str, verb: Verb) -> CheckRow:
    """The look, if this person may take it; Conflict when another has decided it. One they may not is as if missing."""
    view = visibility(principal, Action.CHECK_WORK)
    row = checks.for_person(uow.session, view, _side(uow, principal), check_id)
    if row is None:
        own = uow.session.get(Check, check_id)
        if own is not None and principal.account_id in (own.checker_id, own.arbiter_id):
            raise Conflict  # sent twice: their own word stands already
        raise Refused(verb, kind="check", object_id=check_id, reason="missing, not visible, or a hand in it")
    require_zone(uow, row.document.secrecy, "document")
    if row.check.state not in STATES:
        raise Conflict
    return row


def _note(
    uow: UnitOfWork, principal: Principal, verb: Verb, row: CheckRow, now: datetime, detail: Mapping[str, object]
) -> None:
    what = What("check", row.check.id, sheets(uow, row.document))
    more = {"document": row.document.id, "stage": row.check.stage} | dict(detail)
    note(uow, principal, verb, now, target=target_of(row.document, row.unit), what=what, detail=more)


def open_check(uow: UnitOfWork, principal: Principal, check_id: str, now: datetime) -> CheckView:
    """A paper for the second or, where two differed, the third person; journalled before anything is shown."""
    row = _check(uow, principal, check_id, Verb.CHECK_OPEN)
    pages = tuple(papers.pages_of_document(uow.session, row.document.id))
    found = tuple(checks.findings(uow.session, [check_id]).get(check_id, ()))
    listed = visibility(principal, Action.CADRE_LIST)
    dossier = dossiers.find_dossier(uow.session, listed, row.document.dossier_id or "")
    values = compared(uow, row.document, row.batch.check_blind)
    if row.check.state == CheckState.DIFFERS:
        differing = {finding.key for finding in found}
        values = tuple(value for value in values if value.key in differing)
    _note(uow, principal, Verb.CHECK_OPEN, row, now, {"pages": len(pages), "values": len(values)})
    return CheckView(row, pages, values, dossier, found)


def page_image(uow: UnitOfWork, principal: Principal, check_id: str, page_id: str, now: datetime) -> bytes:
    """A page of the paper being looked at; its row says for which look."""
    row = _check(uow, principal, check_id, Verb.PAGE_VIEW)
    page = uow.session.get(Page, page_id)
    if page is None or page.document_id != row.document.id or not page.image_sha:
        raise Refused(Verb.PAGE_VIEW, kind="page", object_id=page_id, reason="not a page of this look")
    what = What("page", page_id, file_label(page.scan_id, str(page.number)))
    target = target_of(row.document, row.unit)
    image = uow.vault.read(page.image_sha)
    served = Served(1, len(image))
    note(uow, principal, Verb.PAGE_VIEW, now, target=target, what=what, detail={"check": check_id}, served=served)
    return image


def compared(uow: UnitOfWork, document: Document, blind: bool) -> tuple[Compared, ...]:
    """The values of a paper in the order they are compared: what is said of the paper, then what stands on it."""
    newest = papers.newest_fields(uow.session, [document.id]).get(document.id, {})
    found = []
    for name in PAPER_FACTS:
        value = str(getattr(document, name))
        row = next((newest[key] for key in FACT_KEYS.get(name, ()) if key in newest), None)
        if value:
            hidden = blind and name not in ("type_code", "title")
            found.append(Compared(f"{PAPER}{name}", value, row, hidden))
    of_facts = {key for key in FACT_OF if getattr(document, FACT_OF[key])}
    for key, row in newest.items():
        if row.value and key not in of_facts:
            found.append(Compared(key, row.value, row, blind and fields.is_key_value(key)))
    return (*found, Compared(DOSSIER, RIGHT, None))


def kind_key(key: str) -> str:
    """The field key by whose rules a compared value is written and checked."""
    name = key.removeprefix(PAPER)
    return {"person_birth_date": "birth_date"}.get(name, name)


def decide(uow: UnitOfWork, principal: Principal, check_id: str, answer: Answer, now: datetime) -> str:
    """The second person's word: every value seen to be right or typed anew. Agreed, or differs and goes to a third.

    InvalidInput names the first value not looked at; Conflict when the paper or the look has changed meanwhile.
    Returns the state the look ends in.
    """
    row = _check(uow, principal, check_id, Verb.CHECK_DECIDE)
    if row.check.state != CheckState.WAITING or row.document.version != answer.version:
        raise Conflict
    values = compared(uow, row.document, row.batch.check_blind)
    differing = []
    for value in values:
        second = _second(value, answer)
        if not fields.same(kind_key(value.key), second, value.value):
            differing.append(
                CheckFinding(check_id=check_id, key=value.key, first_value=value.value, second_value=second)
            )
    uow.session.add_all(differing)
    row.check.checker_id, row.check.checked_at = principal.account_id, now
    row.check.fields, row.check.keys = len(values), json.dumps([value.key for value in values])
    row.check.state = CheckState.DIFFERS if differing else CheckState.AGREED
    detail = {"values": len(values), "differs": len(differing)}
    _note(uow, principal, Verb.CHECK_DECIDE, row, now, detail)
    uow.session.flush()
    if not differing:
        check_draw.after_decision(uow, principal, row.batch.id, now)
    return str(row.check.state)


def _second(value: Compared, answer: Answer) -> str:
    """What the second person says the value is, as it is kept."""
    typed = answer.values.get(value.key, "").strip()
    if value.blind:
        if not typed and value.key not in answer.seen:
            raise InvalidInput(value.key, "Hãy gõ giá trị đọc được trên giấy; không đọc được thì đánh dấu vào ô.")
        return _kept(value.key, typed)
    shown = fields.shown(kind_key(value.key), value.value)
    changed = value.key in answer.values and fields.squashed(typed) not in (value.value, fields.squashed(shown))
    if not changed and value.key not in answer.seen:
        raise InvalidInput(value.key, "Giá trị này chưa được xem: hãy bấm Enter nếu đúng, hoặc gõ lại.")
    return _kept(value.key, typed) if changed else value.value


def _kept(key: str, typed: str) -> str:
    if key == DOSSIER:
        return typed[:200]
    if key == f"{PAPER}type_code":
        if typed not in DOCUMENT_TYPES:
            raise InvalidInput(key, "Loại tài liệu không có trong danh mục.")
        return typed
    value = fields.normalised(kind_key(key), typed)
    longest = 500 if key.startswith(PAPER) else fields.LONGEST_VALUE
    if value is None or len(value) > longest:
        raise InvalidInput(key, fields.PROBLEMS[fields.kind_of(kind_key(key))])
    return value


def settle(
    uow: UnitOfWork, principal: Principal, check_id: str, version: int, settled: Mapping[str, str], now: datetime
) -> Document:
    """The third person's word on every value two persons differed on; the paper takes it, and the search learns it.

    ``settled`` holds the value of each finding's key, as typed. InvalidInput names one that is missing.
    """
    row = _check(uow, principal, check_id, Verb.CHECK_SETTLE)
    if row.check.state != CheckState.DIFFERS or row.document.version != version:
        raise Conflict
    found = checks.findings(uow.session, [check_id]).get(check_id, [])
    for finding in found:
        if finding.key not in settled:
            raise InvalidInput(finding.key, "Hãy chọn hoặc gõ giá trị đúng cho mục này.")
        finding.settled_value = _kept(finding.key, settled[finding.key])
        if finding.key == f"{PAPER}title" and not finding.settled_value:
            raise InvalidInput(finding.key, "Tài liệu trong hồ sơ phải có tên; hãy gõ tên theo giấy.")
    changed = [finding for finding in found if finding.settled_value != finding.first_value]
    if changed:
        desk_steps.begin(uow, principal, row.document, SETTLE, now)
        _take_over(uow, principal, row.document, changed, now)
    row.check.state, row.check.arbiter_id, row.check.settled_at = CheckState.SETTLED, principal.account_id, now
    detail = {"findings": len(found), "changed": len(changed)}
    _note(uow, principal, Verb.CHECK_SETTLE, row, now, detail)
    uow.session.flush()
    check_draw.after_decision(uow, principal, row.batch.id, now)
    return row.document


def _take_over(
    uow: UnitOfWork, principal: Principal, document: Document, changed: list[CheckFinding], now: datetime
) -> None:
    """The settled values become the newest rows and the paper's facts."""
    newest = papers.newest_fields(uow.session, [document.id]).get(document.id, {})
    for finding in changed:
        value, name = finding.settled_value or "", finding.key.removeprefix(PAPER)
        if finding.key == DOSSIER:
            resting.leave(uow, document, principal.account_id, now)
            _out_of_dossier(uow, document, value)
            continue
        if finding.key.startswith(PAPER):
            setattr(document, name, value)
        if name == "type_code":
            _into_compartment(uow, principal, document, finding.key)
            resting.rise(uow, document, now)
        key = next((key for key in FACT_KEYS.get(name, (name,)) if key in newest), "")
        if key and name != "title":
            old = newest[key]
            uow.session.add(
                DocumentField(
                    document_id=document.id,
                    key=key,
                    value=value,
                    raw=old.raw,
                    confidence=1.0,
                    page_id=old.page_id,
                    box=old.box,
                    source="hand",
                    by=principal.account_id,
                    at=now,
                )
            )
            if key in ("citizen_id", "old_id"):
                setattr(document, key, value)


def _into_compartment(uow: UnitOfWork, principal: Principal, document: Document, key: str) -> None:
    """A paper settled to be of a restricted type goes into its compartment, and there into the list's own numbers."""
    compartment = RESTRICTED_TYPES.get(document.type_code, "")
    if compartment in ("", document.compartment):
        return
    if compartment not in principal.compartments:
        raise InvalidInput(
            key, "Tài liệu này thuộc khu vực hạn chế; hãy chuyển cho người phụ trách khu vực đó phân xử."
        )
    wanted = one_compartment(document.compartment, compartment)
    document.serial = dossiers.next_serial(uow.session, document.dossier_id or "", document.secrecy, wanted)
    document.compartment = wanted


def _out_of_dossier(uow: UnitOfWork, document: Document, why: str) -> None:
    """A paper that lies in the wrong dossier goes back to the desk, set aside with the words of who found it."""
    document.state, document.note = "orphan", f"Kiểm tra lần hai: sai hồ sơ. {why}".strip()
    document.dossier_id, document.serial = None, None
    document.filed_by, document.filed_at = None, None


def next_of(uow: UnitOfWork, principal: Principal, state: str, batch_id: str) -> str:
    """The next look of a batch this person may take, else of any batch, else ""."""
    view = visibility(principal, Action.CHECK_WORK)
    side = _side(uow, principal)
    mine = checks.next_id(uow.session, view, state, side, batch_id)
    return mine or checks.next_id(uow.session, view, state, side, "")


def batch_of(uow: UnitOfWork, principal: Principal, batch_id: str, verb: Verb) -> tuple[Batch, Target]:
    """A batch whose checking this person may steer."""
    found = papers.find_batch(uow.session, visibility(principal, Action.CHECK_REPORT), batch_id)
    if found is None:
        raise Refused(verb, kind="batch", object_id=batch_id, reason="missing or not visible")
    return found[0], Target(found[1].path, found[0].secrecy, found[0].compartment)


def set_shares(
    uow: UnitOfWork, principal: Principal, batch_id: str, shares: tuple[int, int], blind: bool, now: datetime
) -> None:
    """Sets how many percent of a batch's papers are looked at a second and a third time, and whether blind."""
    batch, target = batch_of(uow, principal, batch_id, Verb.CHECK_DRAW)
    if not all(0 <= share <= 100 for share in shares):
        raise InvalidInput("share", "Tỷ lệ là một số từ 0 đến 100.")
    batch.check_share_2, batch.check_share_3 = shares
    batch.check_blind = blind
    detail = {"share_2": shares[0], "share_3": shares[1], "blind": blind}
    note(uow, principal, Verb.CHECK_DRAW, now, target=target, what=What("batch", batch_id), detail=detail)


def draw_now(uow: UnitOfWork, principal: Principal, batch_id: str, now: datetime) -> int:
    """Draws the next stages of a batch by lot on request; returns how many papers were drawn.

    InvalidInput while looks of the stage before are not done: what is drawn must have been looked at once.
    """
    batch_of(uow, principal, batch_id, Verb.CHECK_DRAW)
    drawn = check_draw.draw(uow, principal, batch_id, now)
    if not drawn and any(checks.unfinished(uow.session, batch_id, stage) for stage in (1, 2)):
        raise InvalidInput("batch", "Còn tài liệu chưa kiểm tra xong ở vòng trước nên chưa rút mẫu được.")
    return drawn
