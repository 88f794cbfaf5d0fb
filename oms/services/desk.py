"""The verification desk: a clerk sees page and words side by side, corrects, and files. Every step can be undone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.journal import Verb
from oms.domain.records import DocumentState, file_label, page_span, serial_label
from oms.errors import Conflict, InvalidInput, Refused
from oms.services.desk_edit import Edit as Edit
from oms.services.desk_edit import apply, one_compartment, snapshot
from oms.services.desk_queue import Neighbours, neighbours
from oms.services.house import What, note, require_role
from oms.store import dossiers, papers, people
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow as DossierRow
from oms.store.papers import QueueRow
from oms.store.tables import (
    Batch,
    Document,
    DocumentChange,
    Page,
    Scan,
    Unit,
    WordCorrection,
)
from oms.store.tables import DocumentField as DocumentField
from vietnamese.text import nfc


@dataclass(frozen=True)
class Candidate:
    """A proposed person, as far as the clerk may see them."""

    row: DossierRow
    score: float
    agrees: tuple[str, ...]
    differs: tuple[str, ...]


@dataclass(frozen=True)
class DeskWord:
    """A word on the page: the machine's, or the person's who corrected it. ``index`` is its place in the reading."""

    index: int
    text: str
    box: tuple[int, int, int, int]
    confidence: float
    suspect: bool
    line: int
    corrected: bool = False


@dataclass(frozen=True)
class DeskPage:
    """A page beside its words."""

    page: Page
    words: tuple[DeskWord, ...]


@dataclass(frozen=True)
class DeskView:
    """Everything the desk shows of one paper."""

    document: Document
    unit: Unit
    scan: Scan
    batch: Batch
    pages: tuple[DeskPage, ...]
    fields: dict[str, DocumentField]
    evidence: tuple[dict[str, Any], ...]
    candidates: tuple[Candidate, ...]
    can_undo: bool
    can_join: bool
    neighbours: Neighbours
    chosen: DossierRow | None = None
    names: dict[str, str] = field(default_factory=dict)


def queue(
    uow: UnitOfWork, principal: Principal, state: str, batch_id: str, limit: int, offset: int, now: datetime
) -> tuple[list[QueueRow], int]:
    """Papers waiting at the desk (``state`` proposed or orphan, or "" for both); journalled with their number."""
    require_role(principal, Action.DESK_WORK, Verb.DESK_LIST)
    states = [state] if state in papers.OPEN_STATES else list(papers.OPEN_STATES)
    view = visibility(principal, Action.DESK_WORK)
    found, total = papers.desk_queue(uow.session, view, states, batch_id, limit, offset)
    note(uow, principal, Verb.DESK_LIST, now, detail={"shown": len(found), "total": total})
    return found, total


def _document(uow: UnitOfWork, principal: Principal, document_id: str, verb: Verb) -> tuple[Document, Unit]:
    """The paper if it is visible and still on the desk; a filed one is read through its dossier."""
    found = papers.find_document(uow.session, visibility(principal, Action.DESK_WORK), document_id)
    if found is None or found[0].state not in papers.OPEN_STATES:
        reason = "not on the desk" if found else "missing or not visible"
        raise Refused(verb, kind="document", object_id=document_id, reason=reason)
    return found


def require_open(uow: UnitOfWork, principal: Principal, document_id: str) -> None:
    """Refused unless the paper is visible and still on the desk."""
    _document(uow, principal, document_id, Verb.DESK_OPEN)


def target_of(document: Document, unit: Unit) -> Target:
    """The paper as the access rule sees it."""
    return Target(unit.path, document.secrecy, document.compartment)


def _note(
    uow: UnitOfWork,
    who: Principal,
    verb: Verb,
    now: datetime,
    paper: Document,
    unit: Unit,
    *,
    label: str = "",
    **detail: Any,
) -> int:
    what = What("document", paper.id, label or _sheets(uow, paper))
    return note(uow, who, verb, now, target=target_of(paper, unit), detail=detail, what=what)


def _sheets(uow: UnitOfWork, paper: Document) -> str:
    """The paper as its sheets in the pile, so that a reviewer can find it; no word read from it, no name."""
    numbers = [page.number for page in papers.pages_of_document(uow.session, paper.id)]
    return file_label(paper.scan_id, page_span(min(numbers), max(numbers) - min(numbers) + 1) if numbers else "")


def page_words(uow: UnitOfWork, pages: Sequence[Page]) -> dict[str, tuple[DeskWord, ...]]:
    """The words of some pages with a person's corrections laid over the machine's."""
    ids = [page.id for page in pages]
    stored, corrected = papers.readings(uow.session, ids), papers.corrections(uow.session, ids)
    found: dict[str, tuple[DeskWord, ...]] = {}
    for page_id, reading in stored.items():
        fixes = corrected.get(page_id, {})
        found[page_id] = tuple(_word(index, raw, fixes.get(index)) for index, raw in enumerate(reading["words"]))
    return found


def _word(index: int, raw: dict[str, Any], fix: WordCorrection | None) -> DeskWord:
    x0, y0, x1, y1 = raw["box"]
    box = (x0, y0, x1, y1)
    if fix is not None and fix.text:
        return DeskWord(index, fix.text, box, raw["confidence"], False, raw["line"], corrected=True)
    return DeskWord(index, raw["text"], box, raw["confidence"], raw["suspect"], raw["line"])


def open_document(
    uow: UnitOfWork, principal: Principal, document_id: str, now: datetime, chosen_id: str = ""
) -> DeskView:
    """One paper with pages, words, fields and proposed persons; journalled before anything is shown.

    ``chosen_id`` is a dossier already picked for it; it is shown when the clerk may list it, else passed over.
    """
    document, unit = _document(uow, principal, document_id, Verb.DESK_OPEN)
    pages = papers.pages_of_document(uow.session, document_id)
    words = page_words(uow, pages)
    scan = uow.session.get_one(Scan, document.scan_id)
    batch = uow.session.get_one(Batch, scan.batch_id)
    listed = visibility(principal, Action.CADRE_LIST)
    chosen = dossiers.find_dossier(uow.session, listed, chosen_id) if chosen_id else None
    fields = papers.newest_fields(uow.session, [document_id]).get(document_id, {})
    _note(uow, principal, Verb.DESK_OPEN, now, document, unit, batch=batch.id, pages=len(pages))
    return DeskView(
        document=document,
        unit=unit,
        scan=scan,
        batch=batch,
        pages=tuple(DeskPage(page, words.get(page.id, ())) for page in pages),
        fields=fields,
        evidence=tuple(json.loads(document.evidence)),
        candidates=tuple(candidates(uow, principal, document_id)),
        can_undo=papers.last_change(uow.session, document_id, principal.account_id) is not None,
        can_join=_previous_in_scan(uow, principal, document) is not None,
        neighbours=neighbours(uow, principal, batch.id, document_id),
        chosen=chosen,
        names=people.names_of(uow.session, {row.by for row in fields.values() if row.by}),
    )


def candidates(uow: UnitOfWork, principal: Principal, document_id: str) -> list[Candidate]:
    """The proposed persons whose dossiers the clerk may list, likeliest first."""
    view = visibility(principal, Action.CADRE_LIST)
    found = []
    for proposal in papers.proposals(uow.session, document_id):
        row = dossiers.find_dossier(uow.session, view, proposal.dossier_id)
        if row is not None:
            agrees, differs = proposal.agrees.split(","), proposal.differs.split(",")
            found.append(Candidate(row, proposal.score, tuple(filter(None, agrees)), tuple(filter(None, differs))))
    return found


def page_image(uow: UnitOfWork, principal: Principal, page_id: str, now: datetime) -> bytes:
    """The image of a page on the desk; the row says which batch it was looked at for."""
    page = uow.session.get(Page, page_id)
    if page is None or page.document_id is None:
        raise Refused(Verb.DESK_PAGE, kind="page", object_id=page_id, reason="missing")
    try:
        document, unit = _document(uow, principal, page.document_id, Verb.DESK_PAGE)
    except Refused as refusal:
        raise Refused(Verb.DESK_PAGE, kind="page", object_id=page_id, reason=refusal.reason) from None
    if not page.image_sha:
        raise Refused(Verb.DESK_PAGE, kind="page", object_id=page_id, reason="page has no image")
    what = What("page", page_id, file_label(page.scan_id, str(page.number)))
    note(
        uow,
        principal,
        Verb.DESK_PAGE,
        now,
        target=target_of(document, unit),
        detail={"scan": page.scan_id},
        what=what,
    )
    return uow.vault.read(page.image_sha)


def correct_word(uow: UnitOfWork, principal: Principal, page_id: str, word: int, text: str, now: datetime) -> DeskWord:
    """Keeps a person's word beside the machine's; empty text goes back to the machine's."""
    page = uow.session.get(Page, page_id)
    if page is None or page.document_id is None:
        raise Refused(Verb.WORD_CORRECT, kind="page", object_id=page_id, reason="missing")
    document, unit = _document(uow, principal, page.document_id, Verb.WORD_CORRECT)
    stored = papers.readings(uow.session, [page_id]).get(page_id, {"words": []})["words"]
    if not 0 <= word < len(stored):
        raise InvalidInput("word", "Từ này không có trên trang.")
    typed = " ".join(nfc(text).split())
    if len(typed) > 200:
        raise InvalidInput("text", "Mỗi lần sửa một từ: tối đa 200 ký tự.")
    fix = WordCorrection(page_id=page_id, reading=page.reading, word=word, text=typed, by=principal.account_id, at=now)
    uow.session.add(fix)
    label = file_label(page.scan_id, str(page.number))
    _note(uow, principal, Verb.WORD_CORRECT, now, document, unit, label=label, page=page_id, word=word)
    return _word(word, stored[word], fix)


def _begin_change(uow: UnitOfWork, principal: Principal, document: Document, act: str, now: datetime) -> None:
    """Keeps what was, counts the version up."""
    row = DocumentChange(
        document_id=document.id,
        version=document.version,
        act=act,
        before=snapshot(document),
        by=principal.account_id,
        at=now,
    )
    uow.session.add(row)
    document.version += 1


def _to_change(
    uow: UnitOfWork, principal: Principal, document_id: str, version: int, verb: Verb
) -> tuple[Document, Unit]:
    """The paper on the desk; Conflict when a colleague changed it or took it off meanwhile: nothing is overwritten."""
    found = papers.find_document(uow.session, visibility(principal, Action.DESK_WORK), document_id)
    if found is not None and found[0].version != version:
        raise Conflict
    return _document(uow, principal, document_id, verb)


def save(uow: UnitOfWork, principal: Principal, document_id: str, version: int, edit: Edit, now: datetime) -> Document:
    """Keeps a clerk's corrections without filing; Conflict when another changed the paper first."""
    document, unit = _to_change(uow, principal, document_id, version, Verb.DOCUMENT_SAVE)
    _begin_change(uow, principal, document, "save", now)
    apply(uow, principal, document, edit, now)
    document.state = DocumentState.PROPOSED
    _note(uow, principal, Verb.DOCUMENT_SAVE, now, document, unit, version=document.version)
    return document


def file(
    uow: UnitOfWork,
    principal: Principal,
    document_id: str,
    version: int,
    dossier_id: str,
    edit: Edit,
    now: datetime,
) -> Document:
    """Files a paper into a dossier under the next number of its contents list, and asks for its index entry.

    The paper takes the dossier's unit and the higher of both levels: a container never lowers what is in it.
    """
    document, unit = _to_change(uow, principal, document_id, version, Verb.DOCUMENT_FILE)
    row = dossiers.find_dossier(uow.session, visibility(principal, Action.DOCUMENT_FILE), dossier_id)
    if row is None:
        raise Refused(Verb.DOCUMENT_FILE, kind="dossier", object_id=dossier_id, reason="missing or not visible")
    if row.unit.block != unit.block:
        raise InvalidInput("dossier_id", "Hồ sơ của các khối để riêng: tài liệu này thuộc khối khác với hồ sơ đã chọn.")
    _begin_change(uow, principal, document, "file", now)
    apply(uow, principal, document, edit, now)
    if not document.title:
        raise InvalidInput("title", "Hãy nhập tên tài liệu trước khi đưa vào hồ sơ.")
    document.secrecy = max(document.secrecy, row.dossier.secrecy)
    document.compartment = one_compartment(document.compartment, row.dossier.compartment)
    document.dossier_id, document.unit_id = row.dossier.id, row.unit.id
    document.serial = dossiers.next_serial(uow.session, row.dossier.id, document.secrecy, document.compartment)
    document.state, document.filed_by, document.filed_at = DocumentState.FILED, principal.account_id, now
    papers.mark_for_index(uow.session, document.id)
    detail = {"dossier": row.dossier.id, "serial": document.serial, "from": unit.path}
    label = f"{row.dossier.number}/{serial_label(document.serial, document.secrecy, document.compartment)}"
    _note(uow, principal, Verb.DOCUMENT_FILE, now, document, row.unit, label=label, **detail)
    return document


def set_aside(
    uow: UnitOfWork,
    principal: Principal,
    document_id: str,
    version: int,
    reason: str,
    discard: bool,
    now: datetime,
) -> Document:
    """Puts an unclear paper into the orphan queue, or marks blank sheets as not to be filed; nothing is deleted."""
    document, unit = _to_change(uow, principal, document_id, version, Verb.DOCUMENT_ASIDE)
    words = " ".join(nfc(reason).split())[:500]
    if len(words) < 3:
        raise InvalidInput("note", "Hãy ghi lý do để người sau biết phải làm gì.")
    pages = papers.pages_of_document(uow.session, document_id)
    if discard and not all(page.blank for page in pages):
        raise InvalidInput("note", "Chỉ trang trắng mới được bỏ khỏi hồ sơ; tài liệu có chữ hãy để riêng.")
    _begin_change(uow, principal, document, "discard" if discard else "aside", now)
    document.state = DocumentState.DISCARDED if discard else DocumentState.ORPHAN
    document.note = words
    _note(uow, principal, Verb.DOCUMENT_ASIDE, now, document, unit, state=document.state)
    return document


def undo(uow: UnitOfWork, principal: Principal, document_id: str, now: datetime) -> Document:
    """Takes back one's own last change of a paper, also its filing; what was taken back stays in its history."""
    found = papers.find_document(uow.session, visibility(principal, Action.DESK_WORK), document_id)
    change = papers.last_change(uow.session, document_id, principal.account_id) if found else None
    if found is None or change is None:
        raise Refused(Verb.DOCUMENT_UNDO, kind="document", object_id=document_id, reason="nothing of one's own to undo")
    document, unit = found
    if not document.page_count:
        raise Refused(Verb.DOCUMENT_UNDO, kind="document", object_id=document_id, reason="joined to another paper")
    was_filed = document.state == DocumentState.FILED
    for name, value in json.loads(change.before).items():
        is_time = name == "filed_at" and value
        setattr(document, name, datetime.fromisoformat(value) if is_time else value)
    change.undone = True
    document.version += 1
    if was_filed:
        papers.mark_for_index(uow.session, document.id)
    _note(uow, principal, Verb.DOCUMENT_UNDO, now, document, unit, act=change.act)
    return document


def _previous_in_scan(uow: UnitOfWork, principal: Principal, document: Document) -> Document | None:
    """The paper just before this one in the same file, if it is still on the desk and visible."""
    first = papers.pages_of_document(uow.session, document.id)[:1]
    if not first or first[0].number == 1:
        return None
    before = papers.pages_of_scan(uow.session, document.scan_id)[first[0].number - 2]
    if before.document_id is None:
        return None
    found = papers.find_document(uow.session, visibility(principal, Action.DESK_WORK), before.document_id)
    return found[0] if found and found[0].state in papers.OPEN_STATES else None


def split(
    uow: UnitOfWork, principal: Principal, document_id: str, version: int, position: int, now: datetime
) -> Document:
    """Cuts a paper in two before the page at ``position`` (2 …); the second part is a new paper on the desk."""
    document, unit = _to_change(uow, principal, document_id, version, Verb.DOCUMENT_SPLIT)
    pages = papers.pages_of_document(uow.session, document_id)
    if not 2 <= position <= len(pages):
        raise InvalidInput("position", "Chỉ tách được trước trang thứ hai trở đi.")
    rest = Document(
        scan_id=document.scan_id,
        unit_id=document.unit_id,
        state=DocumentState.ORPHAN,
        type_code="khac",
        secrecy=document.secrecy,
        compartment=document.compartment,
        note="Tách từ tài liệu trước; hãy chọn loại và người.",
        page_count=len(pages) - position + 1,
        created_at=document.created_at,
    )
    uow.session.add(rest)
    uow.session.flush()
    for place, page in enumerate(pages[position - 1 :], start=1):
        page.document_id, page.position = rest.id, place
    document.page_count, document.version = position - 1, document.version + 1
    _note(uow, principal, Verb.DOCUMENT_SPLIT, now, document, unit, new=rest.id, position=position)
    return rest


def join_previous(uow: UnitOfWork, principal: Principal, document_id: str, version: int, now: datetime) -> Document:
    """Puts a paper's pages behind those of the paper before it in the same file: the undo of a wrong cut."""
    document, unit = _to_change(uow, principal, document_id, version, Verb.DOCUMENT_JOIN)
    before = _previous_in_scan(uow, principal, document)
    if before is None:
        raise InvalidInput("document", "Không có tài liệu liền trước trong cùng tệp để ghép.")
    pages = papers.pages_of_document(uow.session, document_id)
    _begin_change(uow, principal, before, papers.JOIN, now)
    for place, page in enumerate(pages, start=before.page_count + 1):
        page.document_id, page.position = before.id, place
    before.page_count += len(pages)
    before.secrecy = max(before.secrecy, document.secrecy)
    before.compartment = one_compartment(before.compartment, document.compartment)
    document.state, document.page_count, document.version = DocumentState.DISCARDED, 0, document.version + 1
    document.note = "Đã ghép vào tài liệu trước."
    _note(uow, principal, Verb.DOCUMENT_JOIN, now, before, unit, joined=document_id, pages=len(pages))
    return before


@dataclass(frozen=True)
class Place:
    """Where a page of a scan lies: in which paper on the desk, at which place in it."""

    document: Document
    position: int


def place_of(uow: UnitOfWork, principal: Principal, scan_id: str, number: int) -> Place | None:
    """The paper on the desk that holds page ``number`` of a scan; None when it is filed or not visible."""
    for page in papers.pages_of_scan(uow.session, scan_id):
        if page.number == number and page.document_id is not None:
            found = papers.find_document(uow.session, visibility(principal, Action.DESK_WORK), page.document_id)
            if found is not None and found[0].state in papers.OPEN_STATES:
                return Place(found[0], page.position or 1)
    return None


def first_pages(uow: UnitOfWork, principal: Principal, scan_id: str) -> list[int]:
    """The pages of a scan at which the papers still on the desk begin."""
    pages = papers.pages_of_scan(uow.session, scan_id)
    return [p.number for p in pages if p.position == 1 and place_of(uow, principal, scan_id, p.number)]
