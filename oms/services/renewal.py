"""What a page read again changes on the desk: values are taken anew, but nothing a person set is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from oms.domain.records import PageState
from oms.services import type_learning
from oms.services.sorting import BY_SEPARATOR
from oms.store import desk as kept
from oms.store import papers
from oms.store.db import UnitOfWork
from oms.store.tables import Document, DocumentField, Page
from scanning import Code, DocumentType, PageReading, title_of

_STRUCTURAL = frozenset(("split", "join", "move", "shift", "turn", "reread", "mark"))
Extract = Callable[[Sequence[PageReading], DocumentType, Sequence[tuple[int, Code]]], Mapping[str, Any]]
Keep = Callable[[UnitOfWork, str, dict[str, Any], Sequence[Page], datetime], None]
_FACTS = {
    "number": (("number",), 80),
    "issued_on": (("issued_on",), 10),
    "person_name": (("full_name", "person_name"), 200),
    "person_birth_date": (("birth_date", "person_birth_date"), 10),
    "citizen_id": (("citizen_id",), 12),
    "old_id": (("old_id",), 9),
}


def codes_of(stored: Sequence[Mapping[str, Any]]) -> list[tuple[int, Code]]:
    """The codes kept with the readings of a paper's pages, each with its page from 1."""
    return [
        (place, Code(code["kind"], code["text"], tuple(code.get("box") or (0, 0, 0, 0))))
        for place, reading in enumerate(stored, start=1)
        for code in reading.get("codes", ())
    ]


def is_wanted(page: Page, turn: int | None) -> bool:
    """Whether a reading that has just ended is still asked for: its step was not undone or overtaken meanwhile."""
    return page.state == PageState.READING and page.wanted_turn == turn


def give_up(page: Page, reason: str) -> bool:
    """A page that could not be read again keeps the reading it had; False when it never had one."""
    if page.read_at is None or not page.image_sha:
        return False
    page.state, page.wanted_turn, page.reason = PageState.READ, None, f"Đọc lại không được: {reason}"
    return True


def renew(uow: UnitOfWork, pages: Iterable[Page], extract: Extract, keep: Keep, now: datetime) -> int:
    """Takes the values of every paper on the desk anew that holds one of these pages; returns how many papers."""
    ids = {page.document_id for page in pages if page.document_id}
    renewed = 0
    for document_id in sorted(ids):
        document = uow.session.get_one(Document, document_id)
        if document.state in papers.OPEN_STATES:
            _renew(uow, document, extract, keep, now)
            renewed += 1
    return renewed


def _renew(uow: UnitOfWork, document: Document, extract: Extract, keep: Keep, now: datetime) -> None:
    group = papers.pages_of_document(uow.session, document.id)
    stored = papers.readings(uow.session, [page.id for page in group])
    group = [page for page in group if page.id in stored]
    readings = [PageReading.from_json(stored[page.id]) for page in group]
    if not readings:
        return
    kind, fresh = type_learning.typed(uow, readings), not _set_by_person(uow, document.id)
    if not fresh or BY_SEPARATOR in document.evidence:  # what a person or a separator sheet said stays said
        score = document.type_score if fresh else 1.0
        kind = DocumentType(document.type_code, document.subtype or None, title_of(readings, kind), score, ())
    found = extract(readings, kind, codes_of([stored[page.id] for page in group]))
    newest = papers.newest_fields(uow.session, [document.id]).get(document.id, {})
    fixed = {key.partition(".")[0] for key, row in newest.items() if row.source != "machine"}
    left = {key: row for key, row in newest.items() if row.value and key not in found}
    gone = [row for key, row in left.items() if key.partition(".")[0] not in fixed]
    uow.session.add_all([_emptied(row, now) for row in gone])
    fresh_values = {key: value for key, value in found.items() if key.partition(".")[0] not in fixed}
    keep(uow, document.id, fresh_values, group, now)
    _facts(document, found, fresh)
    if fresh:
        document.type_code, document.subtype, document.type_score = kind.code, kind.subtype or "", kind.score
        document.title = title_of(readings, kind)[:500] or document.title


def _set_by_person(uow: UnitOfWork, document_id: str) -> bool:
    """Whether anybody has said anything of the paper yet; moving its pages about says nothing."""
    acts = {change.act for change in papers.changes_of(uow.session, document_id) if not change.undone}
    return bool(acts - _STRUCTURAL)


def _facts(document: Document, found: Mapping[str, Any], fresh: bool) -> None:
    """The paper's facts follow the new reading where no person has set them; empty ones are filled in any case."""
    for name, (keys, longest) in _FACTS.items():
        values = (getattr(found.get(key), "value", "") for key in keys)
        value = next((value for value in values if isinstance(value, str) and value), "")
        if value and (fresh or not getattr(document, name)):
            setattr(document, name, value[:longest])


def _emptied(row: DocumentField, now: datetime) -> DocumentField:
    kept_as = {"document_id": row.document_id, "key": row.key, "page_id": row.page_id}
    return DocumentField(**kept_as, value="", raw="", confidence=0.0, box="", source="machine", at=now)


def requeue(uow: UnitOfWork, pages: Iterable[Page]) -> bool:
    """Whether pages were asked for again while their scan was being read; they wait for the next turn then."""
    late = [page for page in pages if page.state == PageState.WAITING]
    kept.want_reading(uow.session, late)
    return bool(late)
