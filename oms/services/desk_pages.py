"""Pages at the desk: cut, put together, ordered, turned, read again, marked. Every step can be taken back whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from oms.domain.access import Action, Principal, visibility
from oms.domain.journal import Verb
from oms.domain.records import DocumentState, PageState
from oms.errors import InvalidInput
from oms.services import desk_steps
from oms.services.desk_edit import one_compartment
from oms.services.desk_ground import note_paper, on_desk, to_change
from oms.services.desk_queue import neighbours
from oms.store import desk as kept
from oms.store import papers, pile
from oms.store.db import UnitOfWork
from oms.store.tables import Document, Page, Scan

MARKS = ("blank", "repeated", "content")


def previous_in_scan(uow: UnitOfWork, principal: Principal, document: Document) -> Document | None:
    """The paper just before this one in the same file, if it is still on the desk and visible."""
    first = papers.pages_of_document(uow.session, document.id)[:1]
    if not first or first[0].number == 1:
        return None
    before = pile.whole_scan(uow.session, first[0].scan_id)[first[0].number - 2]
    if before.document_id is None or before.document_id == document.id:
        return None
    found = papers.find_document(uow.session, visibility(principal, Action.DESK_WORK), before.document_id)
    return found[0] if found and found[0].state in papers.OPEN_STATES else None


def split(
    uow: UnitOfWork, principal: Principal, document_id: str, version: int, position: int, now: datetime
) -> Document:
    """Cuts a paper in two before the page at ``position`` (2 …); the second part is a new paper on the desk."""
    document, unit = to_change(uow, principal, document_id, version, Verb.DOCUMENT_SPLIT)
    pages = papers.pages_of_document(uow.session, document_id)
    if not 2 <= position <= len(pages):
        raise InvalidInput("position", "Chỉ tách được trước trang thứ hai trở đi.")
    step = desk_steps.begin_pages(uow, principal, [document], "split", now)
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
        version=0,
    )
    uow.session.add(rest)
    uow.session.flush()
    desk_steps.born(uow, principal, rest, "split", step, document_id, now)
    _lay(rest, pages[position - 1 :])
    _lay(document, pages[: position - 1])
    note_paper(uow, principal, Verb.DOCUMENT_SPLIT, now, document, unit, new=rest.id, position=position)
    return rest


def _lay(document: Document, pages: Sequence[Page]) -> None:
    """Puts pages into a paper in this order."""
    for place, page in enumerate(pages, start=1):
        page.document_id, page.position = document.id, place
    document.page_count = len(pages)


def join_previous(uow: UnitOfWork, principal: Principal, document_id: str, version: int, now: datetime) -> Document:
    """Puts a paper's pages behind those of the paper before it in the same file."""
    document, unit = to_change(uow, principal, document_id, version, Verb.DOCUMENT_JOIN)
    before = previous_in_scan(uow, principal, document)
    if before is None:
        raise InvalidInput("document", "Không có tài liệu liền trước trong cùng tệp để ghép.")
    pages = papers.pages_of_document(uow.session, document_id)
    desk_steps.begin_pages(uow, principal, [before, document], kept.JOIN, now)
    _lay(before, papers.pages_of_document(uow.session, before.id) + pages)
    _level(before, document)
    document.state, document.page_count = DocumentState.DISCARDED, 0
    document.note = "Đã ghép vào tài liệu trước."
    note_paper(uow, principal, Verb.DOCUMENT_JOIN, now, before, unit, joined=document_id, pages=len(pages))
    return before


def _level(into: Document, other: Document) -> None:
    """What receives pages takes the higher level of both."""
    into.secrecy = max(into.secrecy, other.secrecy)
    into.compartment = one_compartment(into.compartment, other.compartment)


def move(
    uow: UnitOfWork, principal: Principal, document_id: str, version: int, order: Sequence[str], now: datetime
) -> Document:
    """Puts a paper's pages in the order of these page ids: all of them, each once."""
    document, unit = to_change(uow, principal, document_id, version, Verb.PAGE_MOVE)
    pages = {page.id: page for page in papers.pages_of_document(uow.session, document_id)}
    if sorted(order) != sorted(pages):
        raise InvalidInput("order", "Thứ tự gửi lên không đủ các trang của tài liệu; hãy tải lại trang rồi xếp lại.")
    desk_steps.begin_pages(uow, principal, [document], "move", now)
    _lay(document, [pages[page_id] for page_id in order])
    note_paper(uow, principal, Verb.PAGE_MOVE, now, document, unit, pages=len(pages))
    return document


def shift(
    uow: UnitOfWork, principal: Principal, document_id: str, version: int, page_id: str, forward: bool, now: datetime
) -> Document:
    """Moves one page to the neighbouring paper of the batch: to the end of the one before, or before the one after."""
    document, unit = to_change(uow, principal, document_id, version, Verb.PAGE_MOVE)
    own = papers.pages_of_document(uow.session, document_id)
    page = _own_page(own, page_id)
    if len(own) == 1:
        raise InvalidInput("page", "Tài liệu chỉ có một trang này: hãy ghép cả tài liệu, đừng chuyển trang.")
    scan = uow.session.get_one(Scan, document.scan_id)
    near = neighbours(uow, principal, scan.batch_id, document_id)
    other_id = near.next_id if forward else near.previous_id
    if not other_id:
        raise InvalidInput("page", "Không có tài liệu liền kề trong đợt để chuyển trang sang.")
    other, _unit = on_desk(uow, principal, other_id, Verb.PAGE_MOVE)
    theirs = papers.pages_of_document(uow.session, other_id)
    desk_steps.begin_pages(uow, principal, [document, other], "shift", now)
    _lay(document, [each for each in own if each is not page])
    _lay(other, [page, *theirs] if forward else [*theirs, page])
    _level(other, document)
    note_paper(uow, principal, Verb.PAGE_MOVE, now, document, unit, page=page_id, to=other_id)
    return document


def _own_page(pages: Sequence[Page], page_id: str) -> Page:
    page = next((page for page in pages if page.id == page_id), None)
    if page is None:
        raise InvalidInput("page", "Trang này không còn trong tài liệu; hãy tải lại trang.")
    return page


def turn(
    uow: UnitOfWork, principal: Principal, document_id: str, version: int, page_id: str, degrees: int, now: datetime
) -> Document:
    """Turns a page clockwise by 90, 180 or 270 degrees and has it read again that way up.

    The earlier reading and what was corrected in it stay; undo goes back to them.
    """
    document, unit = to_change(uow, principal, document_id, version, Verb.PAGE_TURN)
    page = _own_page(papers.pages_of_document(uow.session, document_id), page_id)
    if degrees not in (90, 180, 270):
        raise InvalidInput("turn", "Chỉ xoay được từng góc 90 độ.")
    desk_steps.begin_pages(uow, principal, [document], "turn", now)
    lying = page.rotation if page.state == PageState.READ or page.wanted_turn is None else page.wanted_turn
    page.wanted_turn = (lying + degrees) % 360
    kept.want_reading(uow.session, [page])
    note_paper(uow, principal, Verb.PAGE_TURN, now, document, unit, page=page_id, degrees=degrees)
    return document


def reread(
    uow: UnitOfWork, principal: Principal, document_id: str, version: int, page_id: str, now: datetime
) -> Document:
    """Has one page, or with "" every page of the paper, read again; the earlier readings stay."""
    document, unit = to_change(uow, principal, document_id, version, Verb.PAGE_REREAD)
    pages = papers.pages_of_document(uow.session, document_id)
    wanted = [_own_page(pages, page_id)] if page_id else pages
    desk_steps.begin_pages(uow, principal, [document], "reread", now)
    kept.want_reading(uow.session, wanted)
    note_paper(uow, principal, Verb.PAGE_REREAD, now, document, unit, pages=len(wanted))
    return document


def mark(
    uow: UnitOfWork, principal: Principal, document_id: str, version: int, page_id: str, as_what: str, now: datetime
) -> Document:
    """Marks a page as blank, as a repetition of the page before it, or as content again; it stays where it is."""
    document, unit = to_change(uow, principal, document_id, version, Verb.PAGE_MARK)
    pages = papers.pages_of_document(uow.session, document_id)
    page = _own_page(pages, page_id)
    if as_what not in MARKS:
        raise InvalidInput("mark", "Chỉ đánh dấu được trang trắng, trang trùng, hoặc bỏ dấu.")
    original = _original(uow, page, pages) if as_what == "repeated" else None
    desk_steps.begin_pages(uow, principal, [document], "mark", now)
    page.blank, page.duplicate_of = as_what == "blank", original
    note_paper(uow, principal, Verb.PAGE_MARK, now, document, unit, page=page_id, mark=as_what)
    return document


def _original(uow: UnitOfWork, page: Page, pages: Sequence[Page]) -> str:
    """Which page a repeated one repeats: what the machine found, else the page before it, else the one after."""
    if page.duplicate_of:
        return page.duplicate_of
    whole = list(pages) if len(pages) > 1 else pile.whole_scan(uow.session, page.scan_id)
    place = next(at for at, each in enumerate(whole) if each.id == page.id)
    if len(whole) < 2:
        raise InvalidInput("mark", "Tệp chỉ có một trang nên không có trang nào để trùng.")
    return whole[place - 1].id if place else whole[1].id


def waiting(uow: UnitOfWork, principal: Principal, document_id: str) -> tuple[int, int]:
    """How many pages of a paper are still to be read, and the paper's version; numbers only, so no row."""
    document, _unit = on_desk(uow, principal, document_id, Verb.DESK_OPEN)
    pages = papers.pages_of_document(uow.session, document_id)
    return sum(page.state in (PageState.WAITING, PageState.READING) for page in pages), document.version
