"""Levels and their history, papers not digitised, copies of secrets: every list starts at what may be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.secrecy import fallen
from oms.store.past_walls import for_a_rule
from oms.store.record_tables import FactRow
from oms.store.secrecy_tables import Classification, SecretCopy, SecretCopyEnd, SecretStub
from oms.store.tables import Cadre, Document, Dossier, Page, Unit
from oms.store.visible import visible

KINDS = ("document", "dossier")


def history(session: Session, kind: str, object_id: str) -> list[Classification]:
    """What was decided on the level of an object the caller knows to be visible, newest first."""
    statement = select(Classification).where(Classification.object_kind == kind, Classification.object_id == object_id)
    return list(session.scalars(statement.order_by(Classification.id.desc())))


def newest(session: Session, kind: str, ids: Sequence[str]) -> dict[str, Classification]:
    """The row that counts for each object that has one."""
    if not ids:
        return {}
    last = select(func.max(Classification.id)).where(Classification.object_kind == kind)
    last = last.where(Classification.object_id.in_(list(ids))).group_by(Classification.object_id)
    return {row.object_id: row for row in session.scalars(select(Classification).where(Classification.id.in_(last)))}


@dataclass(frozen=True)
class Secret:
    """A paper in a dossier, or a dossier, that has a level; ``last`` is the row of its level that counts."""

    kind: str
    dossier: Dossier
    cadre: Cadre
    unit: Unit
    document: Document | None
    last: Classification | None

    @property
    def id(self) -> str:
        return self.document.id if self.document else self.dossier.id

    @property
    def level(self) -> int:
        return self.document.secrecy if self.document else self.dossier.secrecy

    @property
    def compartment(self) -> str:
        return self.document.compartment if self.document else self.dossier.compartment


def _secrets(view: Visibility, until: date) -> Any:
    """(kind, id, end) of what is visible, has a level, and has no basis or ends by ``until``."""
    last = select(Classification.object_kind, Classification.object_id, func.max(Classification.id).label("id"))
    last_of = last.group_by(Classification.object_kind, Classification.object_id).subquery()
    now = select(Classification).join(last_of, Classification.id == last_of.c.id).subquery()
    parts = []
    for kind, table in (("document", Document), ("dossier", Dossier)):
        row: Any = table
        ends = now.c.expires_on
        wanted = or_(now.c.id.is_(None), now.c.basis_code == "", ends <= until)
        statement = (
            select(literal(kind).label("kind"), row.id.label("id"), ends.label("ends"))
            .join(Unit, Unit.id == row.unit_id)
            .outerjoin(now, (now.c.object_kind == kind) & (now.c.object_id == row.id))
            .where(visible(view, Unit.path, table), row.secrecy > 0, wanted)
        )
        if kind == "document":
            statement = statement.join(Dossier, Dossier.id == Document.dossier_id)
            statement = statement.where(visible(view, Unit.path, Dossier), Document.state == "filed")
        else:
            statement = statement.where(Dossier.state != "disposed")
        parts.append(statement)
    return union_all(*parts).subquery()


def due(session: Session, view: Visibility, until: date, limit: int, offset: int) -> tuple[list[Secret], int]:
    """What waits for a decision on its level: the soonest end first, then what has no basis; and how many."""
    found = _secrets(view, until)
    total = session.scalar(select(func.count()).select_from(found)) or 0
    ordered = select(found).order_by(found.c.ends.is_(None), found.c.ends, found.c.kind.desc(), found.c.id)
    rows = session.execute(ordered.limit(limit).offset(offset)).all()
    return _with_their_dossiers(session, [(row.kind, row.id) for row in rows]), total


def _with_their_dossiers(session: Session, objects: Sequence[tuple[str, str]]) -> list[Secret]:
    """Papers and dossiers the caller knows to be visible, with what is shown of each: four questions for any number."""
    papers, dossiers = ([each for kind, each in objects if kind == wanted] for wanted in KINDS)
    found = {each.id: each for each in session.scalars(select(Document).where(Document.id.in_(papers)))}
    wanted = {*dossiers, *(each.dossier_id or "" for each in found.values())}
    statement = select(Dossier, Cadre, Unit).join(Cadre, Cadre.id == Dossier.cadre_id)
    rows = session.execute(statement.join(Unit, Unit.id == Dossier.unit_id).where(Dossier.id.in_(sorted(wanted))))
    homes = {row[0].id: (row[0], row[1], row[2]) for row in rows}
    lasts = {"document": newest(session, "document", papers), "dossier": newest(session, "dossier", dossiers)}
    return [
        Secret(kind, *homes[(found[each].dossier_id or "") if each in found else each], found.get(each), last)
        for kind, each, last in ((kind, each, lasts[kind].get(each)) for kind, each in objects)
    ]


def find_secret(session: Session, view: Visibility, kind: str, object_id: str) -> Secret | None:
    """A filed paper or a dossier with its level, if it is visible; None also for an unknown kind."""
    if kind == "document":
        document = session.scalar(
            select(Document)
            .join(Unit, Unit.id == Document.unit_id)
            .where(Document.id == object_id, Document.state == "filed", visible(view, Unit.path, Document))
        )
        dossier_id = document.dossier_id if document else None
    else:
        document, dossier_id = None, object_id if kind == "dossier" else None
    seen = select(Dossier.id).join(Unit, Unit.id == Dossier.unit_id)
    if not dossier_id or not session.scalar(seen.where(Dossier.id == dossier_id, visible(view, Unit.path, Dossier))):
        return None
    return _with_their_dossiers(session, [(kind, object_id)])[0]


def papers_below(session: Session, dossier: Dossier) -> list[Document]:
    """The filed papers of a dossier that lie below its level or outside its compartment; shown to nobody."""
    below: ColumnElement[bool] = Document.secrecy < dossier.secrecy
    if dossier.compartment:
        below = or_(below, Document.compartment == "")
    return list(session.scalars(select(Document).where(Document.dossier_id == dossier.id, below)))


def facts_without_paper(session: Session, dossier_id: str) -> list[FactRow]:
    """The facts of a record that rest on no paper, whatever their level; shown to nobody."""
    return list(session.scalars(select(FactRow).where(FactRow.dossier_id == dossier_id, FactRow.document_id.is_(None))))


def fall(session: Session, facts: Sequence[FactRow], before: tuple[int, str], after: tuple[int, str]) -> int:
    """Lets facts that had their level from what fell fall with it; how many. The decision's row is there already."""
    count = 0
    for fact in facts:
        level = fallen(fact.secrecy, before[0], after[0])
        area = after[1] if fact.compartment == before[1] else fact.compartment
        if (level, area) != (fact.secrecy, fact.compartment):
            fact.secrecy, fact.compartment, count = level, area, count + 1
    session.flush()
    return count


def facts_of_paper(session: Session, document_id: str) -> list[FactRow]:
    """Every fact, in force or ended, whose source is a paper; shown to nobody."""
    return list(session.scalars(select(FactRow).where(FactRow.document_id == document_id)))


@for_a_rule
def pixels_above_nothing(session: Session) -> int:
    """How many pages of papers with a level lie in the vault: for the operator's check. Counts only."""
    statement = (select(func.count()).select_from(Page).join(Document, Document.id == Page.document_id)).where(
        Document.secrecy > 0, Page.image_sha != ""
    )
    return session.scalar(statement) or 0


@for_a_rule
def next_entry(session: Session, table: type[SecretStub] | type[SecretCopy], unit_id: int, year: int) -> int:
    """The next number of a unit's register in a year."""
    last = session.scalar(select(func.max(table.entry)).where(table.unit_id == unit_id, table.year == year))
    return (last or 0) + 1


@dataclass(frozen=True)
class StubRow:
    """A line of the register of papers not digitised, with its unit and the dossier it belongs to."""

    stub: SecretStub
    unit: Unit
    dossier: Dossier | None


def _stubs(view: Visibility) -> Select[SecretStub, Unit, Dossier]:
    """A line shows when it may be seen itself, and, where it belongs to a dossier, when that may."""
    return (
        select(SecretStub, Unit, Dossier)
        .join(Unit, Unit.id == SecretStub.unit_id)
        .outerjoin(Dossier, Dossier.id == SecretStub.dossier_id)
        .where(
            visible(view, Unit.path, SecretStub),
            or_(SecretStub.dossier_id.is_(None), visible(view, Unit.path, Dossier)),
        )
    )


def stubs(
    session: Session, view: Visibility, limit: int, offset: int, dossier_id: str = ""
) -> tuple[list[StubRow], int]:
    """Visible lines of the register, the newest first; and how many there are."""
    statement = _stubs(view)
    if dossier_id:
        statement = statement.where(SecretStub.dossier_id == dossier_id)
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(SecretStub.year.desc(), SecretStub.unit_id, SecretStub.entry.desc())
    rows = session.execute(ordered.limit(limit).offset(offset))
    return [StubRow(found[0], found[1], found[2]) for found in rows], total


@dataclass(frozen=True)
class CopyRow:
    """A line of the register of copies with its unit, the dossier copied from, and what became of the copies."""

    copy: SecretCopy
    unit: Unit
    dossier: Dossier | None
    ends: tuple[SecretCopyEnd, ...]


def _copies(view: Visibility) -> Select[SecretCopy, Unit, Dossier]:
    return (
        select(SecretCopy, Unit, Dossier)
        .join(Unit, Unit.id == SecretCopy.unit_id)
        .outerjoin(Dossier, Dossier.id == SecretCopy.dossier_id)
        .where(
            visible(view, Unit.path, SecretCopy),
            or_(SecretCopy.dossier_id.is_(None), visible(view, Unit.path, Dossier)),
        )
    )


def _with_ends(session: Session, rows: Sequence[Any]) -> list[CopyRow]:
    ids = [row[0].id for row in rows]
    ends: dict[str, list[SecretCopyEnd]] = {}
    statement = select(SecretCopyEnd).where(SecretCopyEnd.copy_id.in_(ids)).order_by(SecretCopyEnd.number)
    for end in session.scalars(statement):
        ends.setdefault(end.copy_id, []).append(end)
    return [CopyRow(row[0], row[1], row[2], tuple(ends.get(row[0].id, ()))) for row in rows]


def copies(
    session: Session, view: Visibility, year: int | None, limit: int | None, offset: int
) -> tuple[list[CopyRow], int]:
    """Visible lines of the register of copies, the newest first; and how many there are."""
    statement = _copies(view)
    if year is not None:
        statement = statement.where(SecretCopy.year == year)
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(SecretCopy.year.desc(), SecretCopy.unit_id, SecretCopy.entry.desc())
    return _with_ends(session, session.execute(ordered.limit(limit).offset(offset)).all()), total


def find_copy(session: Session, view: Visibility, copy_id: str) -> CopyRow | None:
    """The line of the register of copies, if it is visible."""
    rows = session.execute(_copies(view).where(SecretCopy.id == copy_id)).all()
    return _with_ends(session, rows)[0] if rows else None
