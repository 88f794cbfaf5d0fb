"""The papers of a dossier and its record held against each other, every contradiction with both places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, visibility
from oms.domain.consistency import Claim, Contradiction, contradictions
from oms.domain.journal import Verb
from oms.domain.records import HANOI
from oms.services import catalogues, custody, record, record_papers
from oms.services.custody import ContentsLine
from oms.services.house import What
from oms.services.record import RecordFact
from oms.services.record_papers import PaperValue
from oms.store import dossiers
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow


@dataclass(frozen=True)
class ComparedView:
    """The contradictions of one dossier, and the papers they stand on."""

    row: DossierRow
    found: tuple[Contradiction, ...]
    contents: Mapping[str, ContentsLine]
    papers: int
    masked: int


def _of_fact(fact: RecordFact) -> Claim:
    row = fact.row
    return Claim(
        fact.item.key, fact.values, "", row.id, row.document_id or "", row.page_id or "", row.box, row.source_words
    )


def _of_paper(value: PaperValue) -> Claim:
    place = value.first
    document = value.document.id
    return Claim(value.item, value.values, document, "", document, place.page_id or "", place.box)


def claims(held: Sequence[RecordFact], said: Sequence[PaperValue]) -> Iterator[Claim]:
    """What the record says, then what papers say; a value, or a whole table, the record took is not said twice."""
    taken = {(fact.row.document_id, fact.item.key, _line(fact.values)) for fact in held}
    left = {(value.document.id, value.item) for value in said if _named(value) not in taken}
    yield from (_of_fact(fact) for fact in held if not fact.masked)
    yield from (_of_paper(value) for value in said if (value.document.id, value.item) in left)


def _named(value: PaperValue) -> tuple[str, str, str]:
    return value.document.id, value.item, _line(value.values)


def _line(values: Mapping[str, str]) -> str:
    return "|".join(f"{key}={values[key]}" for key in sorted(values))


def compare(uow: UnitOfWork, principal: Principal, dossier_id: str, now: datetime) -> ComparedView:
    """Holds record and papers of a dossier against each other, within what this person may read; journalled."""
    row, opening = custody.opened(uow, principal, dossier_id, Verb.RECORD_COMPARE, now)
    listed = dossiers.contents(uow.session, visibility(principal, Action.DOSSIER_READ), dossier_id)
    said = record_papers.read(uow, principal, listed)
    held = record.facts_of(uow, principal, dossier_id)
    today = now.astimezone(HANOI).date()
    found = contradictions(list(claims(held, said.values)), catalogues.load(uow), today)
    what, target = What("dossier", dossier_id, row.dossier.number), custody.target_of(row)
    more = {"papers": len(listed), "contradictions": len(found)}
    custody.note_under(uow, principal, Verb.RECORD_COMPARE, opening, now, what, target, more)
    lines = {line.document.id: line for line in custody.contents_lines(uow, listed)}
    masked = said.masked + sum(fact.masked for fact in held)
    return ComparedView(row, tuple(found), lines, len(listed), masked)
