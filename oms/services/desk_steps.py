"""Undo at the desk: what was before each step is kept, for every paper the step touched, and comes back together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from oms.domain.access import Action, Principal, visibility
from oms.domain.journal import Verb
from oms.domain.records import DocumentState
from oms.errors import InvalidInput, Refused
from oms.services import case_follow, check_draw, resting
from oms.services.desk_edit import EDITABLE, snapshot
from oms.services.desk_ground import note_paper
from oms.store import desk as kept
from oms.store import papers
from oms.store.db import UnitOfWork
from oms.store.tables import Batch, Document, DocumentChange, Scan, Unit, new_id

BORN = "born"
_Step = tuple[Document, Unit, DocumentChange, dict[str, Any]]


def begin(uow: UnitOfWork, principal: Principal, document: Document, act: str, now: datetime) -> DocumentChange:
    """Keeps what a paper was before a change of what is said of it; counts the version up."""
    return _keep(uow, principal, document, act, now, {})


def begin_pages(uow: UnitOfWork, principal: Principal, touched: Sequence[Document], act: str, now: datetime) -> str:
    """Keeps the pages of every paper a step touches, under one step id, so that one undo brings all of them back."""
    step, ids = new_id(), [document.id for document in touched]
    for document in touched:
        pages = kept.page_facts(uow.session, document.id)
        _keep(uow, principal, document, act, now, {"step": step, "with": ids, "pages": pages})
    return step


def born(
    uow: UnitOfWork, principal: Principal, document: Document, act: str, step: str, parent: str, now: datetime
) -> None:
    """Marks a paper that a step has made, so that the step's undo takes it off the desk again."""
    _keep(uow, principal, document, act, now, {"step": step, "with": [parent], "pages": [], BORN: True})
    mother = kept.newest_change(uow.session, parent)
    if mother is not None:
        before = json.loads(mother.before)
        mother.before = json.dumps(before | {"with": [*before["with"], document.id]}, ensure_ascii=False)


def _keep(
    uow: UnitOfWork, principal: Principal, document: Document, act: str, now: datetime, more: dict[str, Any]
) -> DocumentChange:
    fields = kept.newest_field_ids(uow.session, document.id)
    before = json.loads(snapshot(document)) | {"fields": fields} | more
    row = DocumentChange(
        document_id=document.id,
        version=document.version,
        act=act,
        before=json.dumps(before, ensure_ascii=False),
        by=principal.account_id,
        at=now,
    )
    uow.session.add(row)
    uow.session.flush()
    document.version += 1
    return row


def can_undo(uow: UnitOfWork, principal: Principal, document_id: str) -> bool:
    """Whether the paper's newest change is the person's own."""
    return kept.last_change(uow.session, document_id, principal.account_id) is not None


def _of_step(uow: UnitOfWork, principal: Principal, document_id: str) -> list[_Step]:
    """The paper's last own change with those of the papers touched by the same step; Refused when there is none."""
    first = _own_change(uow, principal, document_id)
    step = first[3].get("step")
    found = [first]
    for other in first[3].get("with", []):
        if other == document_id:
            continue
        newest = kept.newest_change(uow.session, other)
        if newest is None or json.loads(newest.before).get("step") != step:
            raise InvalidInput(
                "document", "Tài liệu kia của bước này đã được sửa tiếp; hãy hoàn tác ở tài liệu đó trước."
            )
        found.append(_own_change(uow, principal, other))
    return found


def _own_change(uow: UnitOfWork, principal: Principal, document_id: str) -> _Step:
    found = papers.find_document(uow.session, visibility(principal, Action.DESK_WORK), document_id)
    change = kept.last_change(uow.session, document_id, principal.account_id) if found else None
    if found is None or change is None:
        raise Refused(Verb.DOCUMENT_UNDO, kind="document", object_id=document_id, reason="nothing of one's own to undo")
    return (*found, change, json.loads(change.before))


def undo(uow: UnitOfWork, principal: Principal, document_id: str, now: datetime) -> Document:
    """Takes back one's own last change of a paper, also its filing, its cut, its join; all papers of the step at once.

    Returns the paper to go on with: the one asked for, or, when it came of the step itself, the one it came from.
    What was taken back stays in the history. InvalidInput when a later change of another paper, a second person's
    look, or the closing of the batch stands in the way: a closed batch has nothing left on the desk.
    """
    steps = _of_step(uow, principal, document_id)
    scan = uow.session.get_one(Scan, steps[0][0].scan_id)
    if uow.session.get_one(Batch, scan.batch_id).closed_at is not None:
        raise InvalidInput("document", "Đợt số hoá này đã đóng nên không hoàn tác được nữa.")
    pages = [facts for _paper, _unit, _change, before in steps for facts in before.get("pages", [])]
    for document, _unit, _change, before in steps:
        if document.state == DocumentState.FILED and before.get("state", document.state) != document.state:
            resting.require_bare(uow, document)
    for document, _unit, change, before in steps:
        _restore_paper(uow, document, before)
        change.undone = True
        document.version += 1
    for facts in pages:
        kept.restore_page(uow.session, facts)
    uow.session.flush()
    for document, _unit, _change, before in steps:
        if "pages" in before:
            document.page_count = len(papers.pages_of_document(uow.session, document.id))
        if "fields" in before:
            kept.restore_fields(uow.session, document.id, before["fields"], now, whole="pages" in before)
    document, unit, change, _before = steps[0]
    note_paper(uow, principal, Verb.DOCUMENT_UNDO, now, document, unit, act=change.act, papers=len(steps))
    case_follow.batch_went_on(uow, principal, uow.session.get_one(Scan, document.scan_id), now)
    return next((paper for paper, *_rest in steps if paper.state in papers.OPEN_STATES), document)


def _restore_paper(uow: UnitOfWork, document: Document, before: dict[str, Any]) -> None:
    """The editable part as it was. No level falls by it: two persons lower one, never an undo."""
    was_filed = document.state == DocumentState.FILED
    if was_filed:
        check_draw.take_back(uow, document)
    secrecy, compartment = document.secrecy, document.compartment
    for name in EDITABLE:
        if name in before:
            value = before[name]
            setattr(document, name, datetime.fromisoformat(value) if name == "filed_at" and value else value)
    document.secrecy = max(secrecy, document.secrecy)
    document.compartment = compartment or document.compartment
    if before.get(BORN):
        document.state, document.note = DocumentState.DISCARDED, "Đã hoàn tác bước tách."
