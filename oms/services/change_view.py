"""Changes of a record as they are read: lists, one with its papers, what a record was before. Each look is a row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, Target, may_read_field, visibility
from oms.domain.changes import ChangeState, ItemState, is_correction
from oms.domain.journal import Verb
from oms.domain.record_facts import line_of
from oms.domain.record_items import ITEMS, Item
from oms.errors import Refused
from oms.services import custody
from oms.services.changes import hands_of, obstacle, reached, second_hand, target_of
from oms.services.house import Served, What, note, require, require_role
from oms.services.record import RecordFact, shown_to
from oms.services.zones import require_zone
from oms.store import changes as store
from oms.store import dossiers, facts, papers, people
from oms.store.changes import ChangeRow, Wanted
from oms.store.db import UnitOfWork
from oms.store.record_tables import ChangeItem, Supplement
from oms.store.tables import Document, Opening, Page


@dataclass(frozen=True)
class Line:
    """A change in a list, with how many items it has."""

    row: ChangeRow
    items: int
    maker: str


def list_changes(
    uow: UnitOfWork, principal: Principal, state: str, limit: int, offset: int, now: datetime
) -> tuple[list[Line], int, dict[str, int]]:
    """Waiting changes in scope; drafts of one's own; of those that are over, the ones one had a hand in. Journalled."""
    require_role(principal, Action.RECORD_DECIDE, Verb.CHANGE_LIST)
    view, own = visibility(principal, Action.RECORD_DECIDE), principal.account_id
    wanted = Wanted(state, mine=own) if state == ChangeState.DRAFT else Wanted(state)
    if state in (ChangeState.DECIDED, ChangeState.WITHDRAWN):
        wanted = Wanted(state, hand=own)
    rows, total = store.listed(uow.session, view, wanted, limit, offset)
    counts = store.counts(uow.session, view, own)
    detail = {"state": state, "shown": len(rows), "total": total}
    note(uow, principal, Verb.CHANGE_LIST, now, detail=detail)
    return _lines(uow, rows), total, counts


def _lines(uow: UnitOfWork, rows: list[ChangeRow]) -> list[Line]:
    numbers = store.item_counts(uow.session, [row.change.id for row in rows])
    names = people.names_of(uow.session, {row.change.created_by for row in rows})
    return [Line(row, numbers.get(row.change.id, 0), names.get(row.change.created_by, "")) for row in rows]


@dataclass(frozen=True)
class Past:
    """A fact that held once, as far as it may be read: who entered and confirmed it, who ended it, for what."""

    fact: RecordFact
    entered_by: str
    confirmed_by: str
    ended_by: str
    paper: Document | None


@dataclass(frozen=True)
class OfDossier:
    """The changes of a record, and every fact it ever held."""

    row: dossiers.DossierRow
    opening: Opening
    changes: list[Line]
    total: int
    history: list[Past]


def of_dossier(
    uow: UnitOfWork, principal: Principal, dossier_id: str, limit: int, offset: int, now: datetime
) -> OfDossier:
    """What was changed in a record: its cases, and each fact with who, when, on what paper. Under an opening."""
    row, opening = custody.opened(uow, principal, dossier_id, Verb.RECORD_HISTORY, now)
    require(principal, Action.RECORD_DECIDE, Verb.RECORD_HISTORY, custody.target_of(row), "dossier", dossier_id)
    view = visibility(principal, Action.RECORD_DECIDE)
    listed, _all = store.listed(uow.session, view, Wanted(dossier_id=dossier_id), 200, 0)
    listed = [each for each in listed if each.change.state != "draft" or each.change.created_by == principal.account_id]
    rows = facts.history(uow.session, view, dossier_id)
    shown = rows[offset : offset + limit]
    hands = {name for each in shown for name in (each.entered_by, each.confirmed_by, each.ended_by) if name}
    names = people.names_of(uow.session, hands)
    known = store.papers(uow.session, [each.document_id for each in shown if each.document_id])
    past = [
        Past(
            fact,
            names.get(fact.row.entered_by, ""),
            names.get(fact.row.confirmed_by or "", ""),
            names.get(fact.row.ended_by or "", ""),
            None if fact.masked else known.get(fact.row.document_id or ""),
        )
        for fact in shown_to(principal, shown)
    ]
    what = What("dossier", dossier_id, row.dossier.number)
    more = {"changes": len(listed), "facts": len(past)}
    custody.note_under(uow, principal, Verb.RECORD_HISTORY, opening, now, what, custody.target_of(row), more)
    return OfDossier(row, opening, _lines(uow, listed), len(rows), past)


@dataclass(frozen=True)
class Paper:
    """A paper an item or the fact it touches rests on, with its pages and the place that is meant."""

    document: Document
    pages: tuple[Page, ...]
    page_id: str
    box: str


@dataclass(frozen=True)
class ItemView:
    """One item beside the fact it touches; what the person may not read is gone, not only hidden."""

    row: ChangeItem
    item: Item
    masked: bool
    values: Mapping[str, str]
    text: str
    old: RecordFact | None
    paper: Paper | None
    old_paper: Paper | None
    obstacle: str
    correction: bool
    decided_by: str


@dataclass(frozen=True)
class ChangeView:
    """A change as shown: its items, the papers, what this person can do with it."""

    row: ChangeRow
    items: tuple[ItemView, ...]
    decision: Paper | None
    maker: str
    submitter: str
    may_edit: bool
    may_decide: bool
    is_open: bool
    period: Supplement | None


def open_change(uow: UnitOfWork, principal: Principal, change_id: str, now: datetime) -> ChangeView:
    """The change with old and new values and their papers; journalled with how much was shown and masked."""
    row = reached(uow, principal, change_id, Verb.CHANGE_OPEN, now)
    change, items = row.change, store.items_of(uow.session, change_id)
    old = store.fact_rows(uow.session, [item.fact_id for item in items if item.fact_id])
    held = shown_to(principal, list(old.values()))
    by_id = {fact.row.id: fact for fact in held}
    names = people.names_of(uow.session, {change.created_by} | hands_of(uow, change, decided=True))
    views = tuple(_item_view(uow, principal, row, item, by_id, names) for item in items)
    what = What("change", change_id, row.dossier.number)
    masked = sum(each.masked for each in views)
    detail = {"dossier": row.dossier.id, "items": len(views), "masked": masked, "state": change.state}
    note(uow, principal, Verb.CHANGE_OPEN, now, target=target_of(row), what=what, detail=detail)
    waiting = change.state == ChangeState.WAITING
    return ChangeView(
        row,
        views,
        _paper(uow, principal, change.decision_document_id, None, ""),
        names.get(change.created_by, ""),
        names.get(change.submitted_by or "", ""),
        change.state == ChangeState.DRAFT,
        waiting and second_hand(uow, principal, change),
        custody.is_open(uow, principal, row.dossier.id, now),
        uow.session.get(Supplement, change.supplement_id) if change.supplement_id else None,
    )


def _item_view(
    uow: UnitOfWork,
    principal: Principal,
    row: ChangeRow,
    item: ChangeItem,
    old: Mapping[str, RecordFact],
    names: Mapping[str, str],
) -> ItemView:
    known, before = ITEMS[item.item], old.get(item.fact_id or "")
    masked = not may_read_field(principal, known.sensitive)
    values: dict[str, str] = {} if masked else json.loads(item.body)
    open_still = item.state == ItemState.OPEN
    paper = old_paper = None
    if not masked:
        paper = _paper(uow, principal, item.document_id, item.page_id, item.box)
        if before is not None:
            old_paper = _paper(uow, principal, before.row.document_id, before.row.page_id, before.row.box)
    return ItemView(
        item,
        known,
        masked,
        values,
        line_of(item.item, values) if values else "",
        before,
        paper,
        old_paper,
        obstacle(uow, principal, row, item) if open_still else "",
        is_correction(item.item, item.act),
        names.get(item.decided_by or "", ""),
    )


def _paper(
    uow: UnitOfWork, principal: Principal, document_id: str | None, page_id: str | None, box: str
) -> Paper | None:
    view = visibility(principal, Action.RECORD_DECIDE)
    found = papers.find_document(uow.session, view, document_id) if document_id else None
    if found is None or found[0].state != "filed":
        return None
    pages = tuple(papers.pages_of_document(uow.session, found[0].id))
    first = pages[0].id if pages else ""
    return Paper(found[0], pages, page_id or first, box)


def page_image(uow: UnitOfWork, principal: Principal, change_id: str, page_id: str, now: datetime) -> bytes:
    """A page of a paper that the change rests on, after its row. Refused for any other page."""
    row = reached(uow, principal, change_id, Verb.PAGE_VIEW, now)
    page = uow.session.get(Page, page_id)
    if page is None or not page.image_sha or page.document_id not in _shown_papers(uow, principal, row):
        raise Refused(Verb.PAGE_VIEW, kind="page", object_id=page_id, reason="not a page of this change")
    document = uow.session.get_one(Document, page.document_id)
    require_zone(uow, document.secrecy, "document")
    target = Target(row.unit.path, document.secrecy, document.compartment)
    what = What("page", page_id, f"{row.dossier.number}/{custody.label_of(document)}/{page.position}")
    detail = {"dossier": row.dossier.id, "change": change_id}
    image = uow.vault.read(page.image_sha)
    served = Served(1, len(image))
    note(uow, principal, Verb.PAGE_VIEW, now, target=target, what=what, detail=detail, served=served)
    return image


def _shown_papers(uow: UnitOfWork, principal: Principal, row: ChangeRow) -> set[str]:
    """The papers of a change this person may see: those of masked items are not among them."""
    items = [
        item
        for item in store.items_of(uow.session, row.change.id)
        if may_read_field(principal, ITEMS[item.item].sensitive)
    ]
    old = store.fact_rows(uow.session, [item.fact_id for item in items if item.fact_id])
    wanted = {item.document_id for item in items} | {fact.document_id for fact in old.values()}
    wanted.add(row.change.decision_document_id)
    return {name for name in wanted if name and _paper(uow, principal, name, None, "") is not None}
