"""Cadres, dossiers, openings and tasks. Every read starts at what the principal may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache

from sqlalchemy import ColumnElement, Select, bindparam, case, func, or_, select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.store.case_tables import Task
from oms.store.past_walls import for_a_rule
from oms.store.row_security import on_postgres
from oms.store.tables import Cadre, Document, Dossier, Opening, Page, Unit
from oms.store.visible import KEPT, apart_from_units, in_scope, visible
from oms.store.walking import unindexed


@dataclass(frozen=True)
class DossierRow:
    """A dossier with its cadre and holding unit."""

    dossier: Dossier
    cadre: Cadre
    unit: Unit


@lru_cache(KEPT)
def _dossiers(view: Visibility) -> Select[Dossier, Cadre, Unit]:
    return (
        select(Dossier, Cadre, Unit)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(visible(view, Unit.path, Dossier))
    )


def find_dossier(session: Session, view: Visibility, dossier_id: str) -> DossierRow | None:
    """The dossier, if it is visible."""
    found = session.execute(_one(view), {"dossier": dossier_id}).one_or_none()
    return DossierRow(found[0], found[1], found[2]) if found else None


@lru_cache(KEPT)
def _one(view: Visibility) -> Select[Dossier, Cadre, Unit]:
    """The statement of :func:`find_dossier`: making it costs more than asking it, and a page asks several such."""
    return _dossiers(view).where(Dossier.id == bindparam("dossier"))


def find_dossiers(session: Session, view: Visibility, ids: Collection[str]) -> dict[str, DossierRow]:
    """Those of some dossiers that are visible, by id."""
    found = session.execute(_dossiers(view).where(Dossier.id.in_(sorted(ids)))) if ids else ()
    return {row[0].id: DossierRow(row[0], row[1], row[2]) for row in found}


@dataclass(frozen=True)
class DossierFilter:
    """What a list of dossiers is narrowed to; empty parts do not filter."""

    folded_name: str = ""
    number: str = ""
    """Part of a dossier number; a dossier passes when its cadre's name or its number fits."""
    unit_path: str = ""
    block: str = ""
    more_paths: tuple[str, ...] = ()
    """Units taken over by the one of ``unit_path``: their dossiers are listed too."""


def list_dossiers(
    session: Session, view: Visibility, wanted: DossierFilter, limit: int, offset: int
) -> tuple[list[DossierRow], int]:
    """Visible dossiers by name, and how many there are in all.

    Counted and put in order by what the indexes hold; only the rows of the page are read.
    """
    seen = _seen(view, wanted)
    clauses = _either(wanted)
    if clauses:
        ids, total = _fitting(session, seen, clauses, limit, offset)
    else:
        ids, total = _all_of(session, seen, limit, offset)
    rows = find_dossiers(session, view, ids)
    return [rows[each] for each in ids], total


def _all_of(session: Session, seen: Sequence[ColumnElement[bool]], limit: int, offset: int) -> tuple[list[str], int]:
    """Ids of a page of what is seen, and how many are: a server plans by its own counts and is asked once."""
    counted = select(func.count()).select_from(Dossier).where(*seen)
    if on_postgres(session):
        every = counted.scalar_subquery()
        both = select(Dossier.id, every).join(Cadre, Cadre.id == Dossier.cadre_id).where(*seen).order_by(*_BY_NAME)
        rows = session.execute(both.limit(limit).offset(offset)).all()
        return [row[0] for row in rows], rows[0][1] if rows else session.scalar(counted) or 0
    total = session.scalar(counted) or 0
    # many: walk the names in order and stop at the end of the page, instead of sorting everybody
    of_cadre = (unindexed(Cadre.id) if total > FEW else Cadre.id) == Dossier.cadre_id
    page = select(Dossier.id).join(Cadre, of_cadre).where(*seen).order_by(*_BY_NAME)
    return list(session.scalars(page.limit(limit).offset(offset))), total


FEW = 2000
"""So many dossiers are sorted sooner than found among everybody's names."""
_BY_NAME = (Cadre.folded_name, Cadre.birth_date, Dossier.number, Dossier.id)


def _seen(view: Visibility, wanted: DossierFilter) -> list[ColumnElement[bool]]:
    """The visible dossiers of the units and block asked for, as conditions on dossiers alone."""
    units = select(Unit.id).where(in_scope(view, Unit.path))
    if wanted.unit_path:
        paths = (wanted.unit_path, *wanted.more_paths)
        units = units.where(or_(*[or_(Unit.path == path, Unit.path.like(f"{path}/%")) for path in paths]))
    seen = [Dossier.unit_id.in_(units), apart_from_units(view, Dossier)]
    return [*seen, Dossier.block == wanted.block] if wanted.block else seen


def _either(wanted: DossierFilter) -> list[ColumnElement[bool]]:
    """What the cadre's name or the number has to fit, one of them."""
    found = _has_number(wanted.number) if wanted.number else []
    if wanted.folded_name:
        named = select(Cadre.id).where(Cadre.folded_name.contains(wanted.folded_name, autoescape=True))
        found.append(Dossier.cadre_id.in_(named))
    return found


def _fitting(
    session: Session,
    seen: Sequence[ColumnElement[bool]],
    either: Sequence[ColumnElement[bool]],
    limit: int,
    offset: int,
) -> tuple[list[str], int]:
    """Ids of a page of those that fit, and how many fit: gathered once, then counted and put in order."""
    fits = select(Dossier.id, Dossier.cadre_id, Dossier.number).where(*seen, or_(*either))
    hit = fits.cte("hit").prefix_with("MATERIALIZED")
    every = select(func.count()).select_from(hit).scalar_subquery()
    page = select(hit.c.id, every).join(Cadre, Cadre.id == hit.c.cadre_id)
    ordered = page.order_by(Cadre.folded_name, Cadre.birth_date, hit.c.number, hit.c.id)
    rows = session.execute(ordered.limit(limit).offset(offset)).all()
    total = rows[0][1] if rows else session.scalar(select(every)) or 0
    return [row[0] for row in rows], total


def _has_number(part: str) -> list[ColumnElement[bool]]:
    """In any case; SQLite itself knows the case of ASCII letters only, and Đ stands in numbers."""
    if part.isascii():
        return [Dossier.number.icontains(part, autoescape=True)]
    return [Dossier.number.icontains(written, autoescape=True) for written in {part, part.upper(), part.lower()}]


def dossiers_of(session: Session, view: Visibility, cadre_id: str) -> list[DossierRow]:
    """The visible dossiers of one cadre."""
    found = session.execute(_of_cadre(view), {"cadre": cadre_id})
    return [DossierRow(row[0], row[1], row[2]) for row in found]


@lru_cache(KEPT)
def _of_cadre(view: Visibility) -> Select[Dossier, Cadre, Unit]:
    return _dossiers(view).where(Cadre.id == bindparam("cadre"))


def same_person(
    session: Session, view: Visibility, block_path: str, folded_name: str, ids: Sequence[str]
) -> list[DossierRow]:
    """Visible dossiers below a block whose cadre has this folded name or one of these IDs; equal IDs first."""
    same_id = or_(Cadre.citizen_id.in_(list(ids)), Cadre.old_id.in_(list(ids)))
    statement = _dossiers(view).where(
        or_(Unit.path == block_path, Unit.path.like(f"{block_path}/%")),
        or_(Cadre.folded_name == folded_name, same_id),
    )
    ordered = statement.order_by(case((same_id, 0), else_=1), Cadre.birth_date.desc(), Dossier.number)
    return [DossierRow(found[0], found[1], found[2]) for found in session.execute(ordered)]


def candidates(
    session: Session,
    view: Visibility,
    names: Sequence[str],
    ids: Sequence[str],
    births: Sequence[str],
    limit: int = 200,
) -> list[DossierRow]:
    """Visible dossiers whose cadre shares a folded given name, an ID or a full birth date, or has an alias.

    Equal IDs come first, then equal names and dates, so that hundreds of namesakes push none of them out.
    """
    given = {name.rpartition(" ")[2] for name in names}
    same_id = or_(Cadre.citizen_id.in_(list(ids)), Cadre.old_id.in_(list(ids)))
    same_name, same_date = Cadre.folded_name.in_(list(names)), Cadre.birth_date.in_(list(births))
    clauses: list[ColumnElement[bool]] = [Cadre.folded_name.like(f"% {part}") for part in given if part.isalpha()]
    clauses += [Cadre.folded_name.in_(sorted(given)), same_id, same_name, same_date]
    if names:
        clauses.append(Cadre.other_names != "")
    surest = case((same_id, 0), (same_name & same_date, 1), (same_name, 2), (same_date, 3), else_=4)
    statement = _dossiers(view).where(or_(*clauses)).order_by(surest, Cadre.folded_name).limit(limit)
    return [DossierRow(found[0], found[1], found[2]) for found in session.execute(statement)]


def contents(session: Session, view: Visibility, dossier_id: str) -> list[Document]:
    """The filed documents of a dossier that are visible: each level and compartment its own numbered series."""
    return list(session.scalars(_contents(view), {"dossier": dossier_id}))


@lru_cache(KEPT)
def _contents(view: Visibility) -> Select[Document]:
    return (
        select(Document)
        .join(Unit, Unit.id == Document.unit_id)
        .where(
            Document.dossier_id == bindparam("dossier"),
            Document.state == "filed",
            visible(view, Unit.path, Document),
        )
        .order_by(Document.compartment, Document.secrecy, Document.serial)
    )


@for_a_rule
def next_serial(session: Session, dossier_id: str, secrecy: int, compartment: str) -> int:
    """The next number in a dossier's contents list, in the series of papers of this level and compartment.

    One series each, so that no gap in what a reader sees tells of papers they do not see.
    """
    statement = select(func.max(Document.serial)).where(
        Document.dossier_id == dossier_id,
        Document.state == "filed",
        Document.secrecy == secrecy,
        Document.compartment == compartment,
    )
    return (session.scalar(statement) or 0) + 1


def number_taken(session: Session, unit_id: int, number: str) -> bool:
    """True when the unit already holds a dossier of that number."""
    return session.scalar(select(Dossier.id).where(Dossier.unit_id == unit_id, Dossier.number == number)) is not None


def live_opening(
    session: Session, account_id: str, dossier_id: str, now: datetime, token_id: str = ""
) -> Opening | None:
    """The newest opening of a dossier by an account that has not run out: a program's own, or the person's."""
    asked = {"account": account_id, "dossier": dossier_id, "now": now, "token": token_id}
    return session.scalar(_live_opening(), asked)


@cache
def _live_opening() -> Select[Opening]:
    named = Opening.account_id == bindparam("account"), Opening.dossier_id == bindparam("dossier")
    runs = Opening.until > bindparam("now"), Opening.token_id == bindparam("token")
    return select(Opening).where(*named, *runs).order_by(Opening.at.desc()).limit(1)


def live_openings(session: Session, account_id: str, now: datetime, token_id: str = "") -> list[Opening]:
    """Every opening of an account that has not run out, newest first: a program's own, or the person's."""
    statement = select(Opening).where(Opening.account_id == account_id, Opening.until > now)
    statement = statement.where(Opening.token_id == token_id)
    return list(session.scalars(statement.order_by(Opening.at.desc())))


def readers_of(session: Session, dossier_id: str, limit: int = 100) -> list[Opening]:
    """Who opened a dossier, newest first."""
    return list(session.scalars(_readers(limit), {"dossier": dossier_id}))


@cache
def _readers(limit: int) -> Select[Opening]:
    return select(Opening).where(Opening.dossier_id == bindparam("dossier")).order_by(Opening.at.desc()).limit(limit)


def tasks(
    session: Session,
    view: Visibility,
    *,
    open_only: bool,
    persons: Collection[str] = (),
    ids: Collection[str] | None = None,
) -> list[tuple[Task, Unit]]:
    """Visible tasks that come from no directive, newest first, and those of directives that these persons own.

    With ``ids`` those tasks, wherever they come from: a directive may bring hundreds, which nobody chooses among.
    """
    statement = select(Task, Unit).join(Unit, Unit.id == Task.unit_id).where(visible(view, Unit.path, Task))
    if ids is not None:
        statement = statement.where(Task.id.in_(sorted(ids)))
    else:
        statement = statement.where(or_(Task.directive_id.is_(None), Task.owner_id.in_(sorted(persons))))
    if open_only:
        statement = statement.where(Task.closed_at.is_(None))
    ordered = statement.order_by(Task.closed_at.is_not(None), Task.created_at.desc())
    return [(task, unit) for task, unit in session.execute(ordered)]


def find_task(session: Session, view: Visibility, task_id: str) -> Task | None:
    """The open task, if it is visible."""
    statement = select(Task).join(Unit, Unit.id == Task.unit_id)
    seen = visible(view, Unit.path, Task)
    return session.scalar(statement.where(Task.id == task_id, Task.closed_at.is_(None), seen))


def pages_of_dossier(session: Session, document_ids: Sequence[str]) -> list[Page]:
    """The pages of some documents, in reading order."""
    return list(session.scalars(_pages(), {"documents": list(document_ids)}))


@cache
def _pages() -> Select[Page]:
    wanted = Page.document_id.in_(bindparam("documents", expanding=True))
    return select(Page).where(wanted).order_by(Page.document_id, Page.position)


def id_of_number(session: Session, view: Visibility, number: str) -> str:
    """Id of the visible dossier of this number, or ""."""
    found = session.execute(_dossiers(view).where(Dossier.number == number).limit(1)).first()
    return found[0].id if found else ""


def heading_of(session: Session, dossier_id: str) -> tuple[str, str] | None:
    """Number of a dossier and name of its cadre, for who has been told of it by an approved consultation."""
    found = session.execute(
        select(Dossier.number, Cadre.full_name)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .where(Dossier.id == dossier_id)
    ).one_or_none()
    return (found[0], found[1]) if found else None


def levels_of(session: Session, view: Visibility, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Level and compartment of the dossiers among these that are visible, by id."""
    found: dict[str, tuple[int, str]] = {}
    statement = select(Dossier.id, Dossier.secrecy, Dossier.compartment).join(Unit, Unit.id == Dossier.unit_id)
    for start in range(0, len(ids), 500):
        some = statement.where(Dossier.id.in_(ids[start : start + 500]), visible(view, Unit.path, Dossier))
        found |= {dossier_id: (secrecy, area) for dossier_id, secrecy, area in session.execute(some)}
    return found
