"""Values at the desk: accepted, typed anew or added by a person; each keeps its page, its spot, who and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from oms.domain import fields
from oms.domain.access import Principal
from oms.domain.catalogue import FIELD_LABELS, TABLE_COLUMNS
from oms.domain.checks import FACT_KEYS
from oms.domain.journal import Verb
from oms.errors import InvalidInput
from oms.services.desk_ground import note_paper
from oms.store import papers
from oms.store.db import UnitOfWork
from oms.store.tables import Document, DocumentField, Unit

SURE = 0.75
"""A value read with less confidence than this is doubtful even where the reader gives no reason."""
FORM = "field."
_PERSONAL = {"person_name": "full_name", "person_birth_date": "birth_date"}
_OF_OFFICIALS = frozenset(("quyet_dinh", "nghi_quyet", "to_trinh", "thong_bao", "ket_luan", "cong_van", "bao_cao"))


@dataclass(frozen=True)
class Typed:
    """What stood in the fields when the form was sent, by key, and which of them a person accepted one by one."""

    values: Mapping[str, str] = field(default_factory=dict)
    seen: frozenset[str] = frozenset()


def is_doubtful(row: DocumentField) -> bool:
    """Whether a person must look at the value before it counts."""
    return row.source == "machine" and (bool(row.doubt) or row.confidence < SURE)


def known(key: str) -> bool:
    """Whether values may be kept under this key at all: a field of the catalogue or a cell of one of its tables."""
    cell = fields.cell_of(key)
    if cell is not None:
        return cell[0] in TABLE_COLUMNS and cell[1] > 0 and len(key) <= fields.LONGEST_KEY
    return key in FIELD_LABELS


def keep(
    uow: UnitOfWork,
    principal: Principal,
    paper: tuple[Document, Unit],
    typed: Typed,
    now: datetime,
    *,
    filing: bool,
) -> None:
    """Adds a row for every value a person typed or accepted; filing accepts all that was read without doubt.

    The paper's facts (number, date, person) are taken as they stand on the paper now. InvalidInput names the field
    ``field.<key>`` whose value is none of its kind; nothing is kept then.
    """
    document, unit = paper
    newest = papers.newest_fields(uow.session, [document.id]).get(document.id, {})
    wanted = dict(typed.values) | _facts(document, newest)
    rows = []
    for key in {**newest, **wanted}:
        if known(key) or key in newest:
            row = _row(document.id, key, newest.get(key), wanted.get(key), key in typed.seen, filing)
            if row is not None:
                row.by, row.at = principal.account_id, now
                rows.append(row)
    if not rows:
        return
    uow.session.add_all(rows)
    _take_over(document, rows)
    typed_number = sum(row.source == "hand" for row in rows)
    accepted = len(rows) - typed_number
    note_paper(uow, principal, Verb.FIELD_CONFIRM, now, document, unit, typed=typed_number, confirmed=accepted)


def _facts(document: Document, newest: Mapping[str, DocumentField]) -> dict[str, str]:
    """The paper's facts under the keys they were read by, or would have been on a paper of this type."""
    found = {}
    for name, keys in FACT_KEYS.items():
        if name == "title":
            continue
        missing = name if document.type_code in _OF_OFFICIALS else _PERSONAL.get(name, name)
        key = next((key for key in keys if key in newest), missing)
        value = str(getattr(document, name))
        if value or key in newest:
            found[key] = fields.shown(key, value)
    return found


def _row(
    document_id: str, key: str, old: DocumentField | None, typed: str | None, seen: bool, filing: bool
) -> DocumentField | None:
    """The row that a key gets, None when nothing was said of it."""
    if typed is not None and _changed(key, old, typed):
        value = fields.normalised(key, typed)
        if value is None:
            raise InvalidInput(f"{FORM}{key}", fields.PROBLEMS[fields.kind_of(key)])
        if old is None and not value:
            return None
        return _new(document_id, key, old, value, "hand")
    if old is None or not old.value or old.source != "machine":
        return None
    return _new(document_id, key, old, old.value, "confirmed") if seen or (filing and not is_doubtful(old)) else None


def _changed(key: str, old: DocumentField | None, typed: str) -> bool:
    now = fields.squashed(typed)
    was = ("", "") if old is None else (old.value, fields.squashed(fields.shown(key, old.value)))
    return now not in was


def _new(document_id: str, key: str, old: DocumentField | None, value: str, source: str) -> DocumentField:
    return DocumentField(
        document_id=document_id,
        key=key,
        value=value,
        raw=old.raw if old else "",
        confidence=old.confidence if old and source == "confirmed" else 1.0,
        page_id=old.page_id if old else None,
        box=old.box if old else "",
        source=source,
        doubt="",
    )


def _take_over(document: Document, rows: list[DocumentField]) -> None:
    """The numbers by which a paper finds its person follow what a person confirmed."""
    for row in rows:
        if row.key == "citizen_id" and len(row.value) in (0, 12):
            document.citizen_id = row.value
        elif row.key == "old_id" and len(row.value) in (0, 9):
            document.old_id = row.value
