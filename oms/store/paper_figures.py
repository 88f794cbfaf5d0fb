"""Figures of paper work within a visibility: pages scanned, papers filed and checked, errors, shares of dossiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, not_, or_, select, true
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.checks import CheckState
from oms.domain.figures import PaperWork
from oms.domain.keeping import Component, DossierState
from oms.domain.records import DocumentState, ScanState
from oms.store.components import lacks_any
from oms.store.desk_tables import Check, CheckFinding, ScanSignature
from oms.store.figures import general
from oms.store.record_tables import RecordHead
from oms.store.tables import Account, Base, Batch, Document, Dossier, Scan, Unit
from oms.store.visible import visible


@dataclass(frozen=True)
class Wanted:
    """Which paper work is counted: of a unit and below (or it alone), of a person, from instant to instant."""

    since: datetime
    until: datetime
    unit_path: str = ""
    own: bool = False
    person: str = ""
    secret: bool = False


def _seen(view: Visibility, wanted: Wanted, of: type[Base]) -> ColumnElement[bool]:
    """General figures count what has no level and no area; apart from them stands all else one may see."""
    plain = visible(general(view), Unit.path, of)
    return and_(visible(view, Unit.path, of), not_(plain)) if wanted.secret else plain


def _inside(wanted: Wanted) -> ColumnElement[bool]:
    path = wanted.unit_path
    if not path:
        return true()
    return Unit.path == path if wanted.own else or_(Unit.path == path, Unit.path.like(f"{path}/%"))


@dataclass(frozen=True)
class _Part:
    """One count: what is added up, over which rows, whose work it is, on which rows' units it stands."""

    amount: Any
    rows: Select[*tuple[Any, ...]]
    person: Any


def _parts(view: Visibility, wanted: Wanted) -> dict[str, _Part]:
    filed = Document.state == DocumentState.FILED
    paper = (_seen(view, wanted, Document), _inside(wanted))
    looked = and_(
        Check.state != CheckState.WAITING, Check.checked_at >= wanted.since, Check.checked_at < wanted.until, *paper
    )
    scans = (
        select(Scan.id)
        .join(Batch, Batch.id == Scan.batch_id)
        .join(Unit, Unit.id == Batch.unit_id)
        .where(
            Scan.received_at >= wanted.since,
            Scan.received_at < wanted.until,
            Scan.state != ScanState.REJECTED,
            _seen(view, wanted, Batch),
            _inside(wanted),
        )
    )
    papers = (
        select(Document.id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(filed, Document.filed_at >= wanted.since, Document.filed_at < wanted.until, *paper)
    )
    looks = (
        select(Check.id)
        .join(Document, Document.id == Check.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(looked)
    )
    wrong = looks.join(CheckFinding, CheckFinding.check_id == Check.id).where(
        CheckFinding.settled_value.is_not(None), CheckFinding.settled_value != CheckFinding.first_value
    )
    return {
        "scanned": _Part(func.coalesce(func.sum(Scan.page_count), 0), scans, Scan.received_by),
        "filed": _Part(func.count(), papers, Document.filed_by),
        "checked": _Part(func.count(), looks, Check.checker_id),
        "compared": _Part(func.coalesce(func.sum(Check.fields), 0), looks, Check.operator_id),
        "wrong": _Part(func.count(), wrong, Check.operator_id),
    }


def counted(session: Session, view: Visibility, wanted: Wanted, by: str) -> dict[Any, PaperWork]:
    """Paper work by unit id or by account id."""
    found: dict[Any, dict[str, int]] = {}
    for name, part in _parts(view, wanted).items():
        key = part.person if by == "person" else Unit.id
        rows = part.rows.with_only_columns(key, part.amount).group_by(key)
        if wanted.person:
            rows = rows.where(part.person == wanted.person)
        for who, number in session.execute(rows):
            found.setdefault(who, {})[name] = int(number)
    return {who: PaperWork(**numbers) for who, numbers in found.items()}


@dataclass(frozen=True)
class PaperRow:
    """One thing behind a figure: what it is, where it lies, who did it and when, how much of the figure it is."""

    kind: str
    id: str
    title: str
    unit: str
    person: str
    at: datetime | None
    amount: int
    secrecy: int


def listed(
    session: Session, view: Visibility, wanted: Wanted, measure: str, limit: int, offset: int
) -> tuple[list[PaperRow], int, int]:
    """The files or papers one figure counts, oldest first; how many rows, and what they come to: the figure."""
    part = _parts(view, wanted)[measure]
    rows = part.rows.where(part.person == wanted.person) if wanted.person else part.rows
    one: Any = literal(1)
    shown: tuple[Any, ...] = (Document.id, Document.title, Document.secrecy, Document.filed_at, one)
    if measure == "scanned":
        shown = (Scan.id, Batch.title, Batch.secrecy, Scan.received_at, func.coalesce(Scan.page_count, 0))
    elif measure != "filed":
        shown = (*shown[:3], Check.checked_at, Check.fields if measure == "compared" else one)
    number, total = session.execute(rows.with_only_columns(func.count(), part.amount)).one()
    statement = (
        rows.with_only_columns(Unit.name, Account.display_name, *shown)
        .outerjoin(Account, Account.id == part.person)
        .order_by(shown[3], shown[0])
        .limit(limit)
        .offset(offset)
    )
    kind = "scan" if measure == "scanned" else "document"
    found = [
        PaperRow(kind, ident, title, unit, person or "", at, int(much), level)
        for unit, person, ident, title, level, at, much in session.execute(statement)
    ]
    return found, int(number), int(total)


def _held(view: Visibility, wanted: Wanted) -> Select[*tuple[Any, ...]]:
    return (
        select(Dossier.id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .join(RecordHead, RecordHead.dossier_id == Dossier.id, isouter=True)
        .where(_seen(view, wanted, Dossier), Dossier.state == DossierState.HELD, _inside(wanted))
    )


def _digitised(view: Visibility, wanted: Wanted) -> ColumnElement[bool]:
    """A paper of the dossier is filed here that the reader of such figures may see."""
    lies = visible(view if wanted.secret else general(view), Unit.path, Document)
    return exists(
        select(Document.id).where(Document.dossier_id == Dossier.id, Document.state == DocumentState.FILED, lies)
    )


def _signed(view: Visibility, wanted: Wanted) -> Select[*tuple[Any, ...]]:
    """Filed papers that came as files bearing digital signatures."""
    bears = exists(select(ScanSignature.id).where(ScanSignature.scan_id == Document.scan_id))
    return (
        select(Document.id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(Document.state == DocumentState.FILED, _seen(view, wanted, Document), _inside(wanted), bears)
    )


def _valid() -> ColumnElement[bool]:
    """Each of the file's signatures is intact, trusted, and nothing is to be said against it."""
    doubted = or_(not_(ScanSignature.intact), not_(ScanSignature.trusted), ScanSignature.detail != "")
    return ~exists(select(ScanSignature.id).where(ScanSignature.scan_id == Document.scan_id, doubted))


def standing(
    session: Session, view: Visibility, wanted: Wanted, components: Sequence[Component]
) -> dict[int, dict[str, tuple[int, int]]]:
    """Shares as things stand, by unit id: (how many, of how many) digitised, complete, validly signed."""
    complete = not_(lacks_any(view if wanted.secret else general(view), components))
    dossiers = _held(view, wanted).with_only_columns(
        Unit.id, func.count(), func.count().filter(_digitised(view, wanted)), func.count().filter(complete)
    )
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for unit_id, whole, digitised, full in session.execute(dossiers.group_by(Unit.id)):
        found.setdefault(unit_id, {}).update(digitised=(digitised, whole), complete=(full, whole))
    signed = _signed(view, wanted).with_only_columns(Unit.id, func.count(), func.count().filter(_valid()))
    for unit_id, whole, valid in session.execute(signed.group_by(Unit.id)):
        found.setdefault(unit_id, {})["signed"] = (valid, whole)
    return found


def standing_listed(
    session: Session,
    view: Visibility,
    wanted: Wanted,
    asked: tuple[str, bool],
    components: Sequence[Component],
    limit: int,
    offset: int,
) -> tuple[list[PaperRow], int]:
    """The dossiers or papers a share counts, or those it misses (``asked``: which share, counted or missing)."""
    measure, counts = asked
    if measure == "signed":
        condition, rows = _valid(), _signed(view, wanted)
        columns: tuple[Any, ...] = (Document.id, Document.title, Document.secrecy, Document.filed_at)
    else:
        plain = view if wanted.secret else general(view)
        full = not_(lacks_any(plain, components))
        condition, rows = _digitised(view, wanted) if measure == "digitised" else full, _held(view, wanted)
        columns = (Dossier.id, Dossier.number, Dossier.secrecy, Dossier.created_at)
    rows = rows.where(condition if counts else not_(condition))
    total = session.scalar(rows.with_only_columns(func.count())) or 0
    statement = rows.with_only_columns(Unit.name, *columns).order_by(Unit.path, columns[1], columns[0])
    kind = "document" if measure == "signed" else "dossier"
    found = [
        PaperRow(kind, ident, title, unit, "", at, 1, level)
        for unit, ident, title, level, at in session.execute(statement.limit(limit).offset(offset))
    ]
    return found, total


def by_day(session: Session, view: Visibility, account_id: str, since: datetime) -> list[tuple[datetime, int]]:
    """When the person themself brought in files of no level since an instant, and their pages: a general figure."""
    statement = (
        select(Scan.received_at, func.coalesce(Scan.page_count, 0))
        .join(Batch, Batch.id == Scan.batch_id)
        .join(Unit, Unit.id == Batch.unit_id)
        .where(
            Scan.received_by == account_id,
            Scan.received_at >= since,
            Scan.state != ScanState.REJECTED,
            visible(general(view), Unit.path, Batch),
        )
    )
    return [(at, pages) for at, pages in session.execute(statement)]
