"""What every act at the desk stands on: the paper in reach, its version, its journal row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.journal import Verb
from oms.domain.records import file_label, page_span
from oms.errors import Conflict, Refused
from oms.services.house import What, note
from oms.services.zones import require_zone
from oms.store import papers
from oms.store.db import UnitOfWork
from oms.store.tables import Document, Page, Unit


def on_desk(uow: UnitOfWork, principal: Principal, document_id: str, verb: Verb) -> tuple[Document, Unit]:
    """The paper if it is visible and still on the desk; a filed one is read through its dossier."""
    found = papers.find_document(uow.session, visibility(principal, Action.DESK_WORK), document_id)
    if found is None or found[0].state not in papers.OPEN_STATES:
        reason = "not on the desk" if found else "missing or not visible"
        raise Refused(verb, kind="document", object_id=document_id, reason=reason)
    require_zone(uow, found[0].secrecy, "document")
    return found


def to_change(
    uow: UnitOfWork, principal: Principal, document_id: str, version: int, verb: Verb
) -> tuple[Document, Unit]:
    """The paper on the desk; Conflict when a colleague changed it or took it off meanwhile: nothing is overwritten."""
    found = papers.find_document(uow.session, visibility(principal, Action.DESK_WORK), document_id)
    if found is not None and found[0].version != version:
        raise Conflict
    return on_desk(uow, principal, document_id, verb)


def page_on_desk(uow: UnitOfWork, principal: Principal, page_id: str, verb: Verb) -> tuple[Page, Document, Unit]:
    """A page of a paper on the desk; Refused names the page."""
    page = uow.session.get(Page, page_id)
    if page is None or page.document_id is None:
        raise Refused(verb, kind="page", object_id=page_id, reason="missing")
    try:
        document, unit = on_desk(uow, principal, page.document_id, verb)
    except Refused as refusal:
        raise Refused(verb, kind="page", object_id=page_id, reason=refusal.reason) from None
    return page, document, unit


def target_of(document: Document, unit: Unit) -> Target:
    """The paper as the access rule sees it."""
    return Target(unit.path, document.secrecy, document.compartment)


def sheets(uow: UnitOfWork, paper: Document) -> str:
    """The paper as its sheets in the pile, so that a reviewer can find it; no word read from it, no name."""
    numbers = [page.number for page in papers.pages_of_document(uow.session, paper.id)]
    return file_label(paper.scan_id, page_span(min(numbers), max(numbers) - min(numbers) + 1) if numbers else "")


def note_paper(
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
    """One journal row about a paper; ``detail`` holds ids and counts."""
    what = What("document", paper.id, label or sheets(uow, paper))
    return note(uow, who, verb, now, target=target_of(paper, unit), detail=detail, what=what)
