"""The verification desk: a clerk sees page and words side by side, corrects, and files. Every step can be undone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from oms.domain.access import Action, Principal, visibility
from oms.domain.fields import squashed
from oms.domain.journal import Verb
from oms.domain.records import DocumentState, file_label
from oms.errors import InvalidInput, Refused
from oms.services import case_follow, desk_fields, desk_steps, filing
from oms.services.desk_edit import Edit as Edit
from oms.services.desk_edit import apply
from oms.services.desk_fields import Typed as Typed
from oms.services.desk_ground import note_paper, on_desk, page_on_desk, target_of, to_change
from oms.services.desk_pages import join_previous as join_previous
from oms.services.desk_pages import previous_in_scan
from oms.services.desk_pages import split as split
from oms.services.desk_queue import Neighbours, neighbours
from oms.services.desk_steps import undo as undo
from oms.services.house import Served, What, note, require_role
from oms.store import dossiers, papers, people
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow as DossierRow
from oms.store.papers import QueueRow
from oms.store.tables import (
    Batch,
    Document,
    Scan,
    Unit,
    WordCorrection,
)
from oms.store.tables import DocumentField as DocumentField
from oms.store.tables import Page as Page


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


def require_open(uow: UnitOfWork, principal: Principal, document_id: str) -> None:
    """Refused unless the paper is visible and still on the desk."""
    on_desk(uow, principal, document_id, Verb.DESK_OPEN)


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
    document, unit = on_desk(uow, principal, document_id, Verb.DESK_OPEN)
    pages = papers.pages_of_document(uow.session, document_id)
    words = page_words(uow, pages)
    scan = uow.session.get_one(Scan, document.scan_id)
    batch = uow.session.get_one(Batch, scan.batch_id)
    listed = visibility(principal, Action.CADRE_LIST)
    chosen = dossiers.find_dossier(uow.session, listed, chosen_id) if chosen_id else None
    fields = papers.newest_fields(uow.session, [document_id]).get(document_id, {})
    note_paper(uow, principal, Verb.DESK_OPEN, now, document, unit, batch=batch.id, pages=len(pages))
    return DeskView(
        document=document,
        unit=unit,
        scan=scan,
        batch=batch,
        pages=tuple(DeskPage(page, words.get(page.id, ())) for page in pages),
        fields=fields,
        evidence=tuple(json.loads(document.evidence)),
        candidates=tuple(candidates(uow, principal, document_id)),
        can_undo=desk_steps.can_undo(uow, principal, document_id),
        can_join=previous_in_scan(uow, principal, document) is not None,
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
    page, document, unit = page_on_desk(uow, principal, page_id, Verb.DESK_PAGE)
    if not page.image_sha:
        raise Refused(Verb.DESK_PAGE, kind="page", object_id=page_id, reason="page has no image")
    what = What("page", page_id, file_label(page.scan_id, str(page.number)))
    image = uow.vault.read(page.image_sha)
    note(
        uow,
        principal,
        Verb.DESK_PAGE,
        now,
        target=target_of(document, unit),
        detail={"scan": page.scan_id},
        what=what,
        served=Served(1, len(image)),
    )
    return image


def correct_word(uow: UnitOfWork, principal: Principal, page_id: str, word: int, text: str, now: datetime) -> DeskWord:
    """Keeps a person's word beside the machine's; empty text goes back to the machine's."""
    page, document, unit = page_on_desk(uow, principal, page_id, Verb.WORD_CORRECT)
    stored = papers.readings(uow.session, [page_id]).get(page_id, {"words": []})["words"]
    if not 0 <= word < len(stored):
        raise InvalidInput("word", "Từ này không có trên trang.")
    typed = squashed(text)
    if len(typed) > 200:
        raise InvalidInput("text", "Mỗi lần sửa một từ: tối đa 200 ký tự.")
    fix = WordCorrection(page_id=page_id, reading=page.reading, word=word, text=typed, by=principal.account_id, at=now)
    uow.session.add(fix)
    label = file_label(page.scan_id, str(page.number))
    note_paper(uow, principal, Verb.WORD_CORRECT, now, document, unit, label=label, page=page_id, word=word)
    return _word(word, stored[word], fix)


def save(
    uow: UnitOfWork,
    principal: Principal,
    document_id: str,
    version: int,
    edit: Edit,
    now: datetime,
    typed: Typed | None = None,
) -> Document:
    """Keeps a clerk's corrections without filing; Conflict when another changed the paper first."""
    document, unit = to_change(uow, principal, document_id, version, Verb.DOCUMENT_SAVE)
    desk_steps.begin(uow, principal, document, "save", now)
    apply(uow, principal, document, edit, now)
    if typed is not None:
        desk_fields.keep(uow, principal, (document, unit), typed, now, filing=False)
    document.state = DocumentState.PROPOSED
    note_paper(uow, principal, Verb.DOCUMENT_SAVE, now, document, unit, version=document.version)
    return document


def file(
    uow: UnitOfWork,
    principal: Principal,
    document_id: str,
    version: int,
    dossier_id: str,
    edit: Edit,
    now: datetime,
    typed: Typed | None = None,
) -> Document:
    """Files a paper into a dossier under the next number of its contents list, and asks for its index entry.

    The paper takes the dossier's unit and the higher of both levels: a container never lowers what is in it. What
    was read without doubt counts as confirmed by whoever files; a second person is asked to look.
    """
    document, unit = to_change(uow, principal, document_id, version, Verb.DOCUMENT_FILE)
    row = filing.place(uow, principal, dossier_id)
    if row.unit.block != unit.block:
        raise InvalidInput("dossier_id", "Hồ sơ của các khối để riêng: tài liệu này thuộc khối khác với hồ sơ đã chọn.")
    if papers.to_be_read(papers.pages_of_document(uow.session, document_id)):
        raise InvalidInput("document", "Máy đang đọc lại trang của tài liệu này; hãy chờ đọc xong rồi đưa vào hồ sơ.")
    desk_steps.begin(uow, principal, document, "file", now)
    apply(uow, principal, document, edit, now)
    if not document.title:
        raise InvalidInput("title", "Hãy nhập tên tài liệu trước khi đưa vào hồ sơ.")
    desk_fields.keep(uow, principal, (document, unit), typed or Typed(), now, filing=True)
    filing.lay(uow, principal, document, row, unit, now)
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
    document, unit = to_change(uow, principal, document_id, version, Verb.DOCUMENT_ASIDE)
    words = squashed(reason)[:500]
    if len(words) < 3:
        raise InvalidInput("note", "Hãy ghi lý do để người sau biết phải làm gì.")
    pages = papers.pages_of_document(uow.session, document_id)
    if discard and not all(page.blank or page.duplicate_of for page in pages):
        raise InvalidInput(
            "note", "Chỉ trang trắng hoặc trang trùng mới được bỏ khỏi hồ sơ; tài liệu có chữ hãy để riêng."
        )
    desk_steps.begin(uow, principal, document, "discard" if discard else "aside", now)
    document.state = DocumentState.DISCARDED if discard else DocumentState.ORPHAN
    document.note = words
    note_paper(uow, principal, Verb.DOCUMENT_ASIDE, now, document, unit, state=document.state)
    case_follow.batch_went_on(uow, principal, uow.session.get_one(Scan, document.scan_id), now)
    return document


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
