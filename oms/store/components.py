"""Components of dossiers: which are there and which are missing, as far as a person may see, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, false, func, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from oms.domain.access import Visibility
from oms.domain.keeping import DEFAULT_KIND, Component, DossierState, in_small_ascii
from oms.store.dossiers import DossierRow
from oms.store.record_tables import RecordHead
from oms.store.tables import Cadre, Document, Dossier, Unit
from oms.store.visible import apart_from_units, visible

_KIND = case(
    (func.coalesce(RecordHead.person_kind, "") != "", RecordHead.person_kind),
    *[(Dossier.block == block, kind) for block, kind in DEFAULT_KIND.items()],
    else_="can_bo",
)


class ascii_lowered(FunctionElement[str]):  # noqa: N801
    """A text with its letters A to Z small and every other as it is, on either database: ``in_small_ascii`` in SQL."""

    type = Text()
    inherit_cache = True


@compiles(ascii_lowered)
def _by_sqlite(element: ascii_lowered, compiler: SQLCompiler, **kw: Any) -> str:
    return f"lower({compiler.process(element.clauses, **kw)})"


@compiles(ascii_lowered, "postgresql")
def _by_server(element: ascii_lowered, compiler: SQLCompiler, **kw: Any) -> str:
    return f'lower(({compiler.process(element.clauses, **kw)}) COLLATE "C")'


def _meets(component: Component) -> ColumnElement[bool]:
    """The condition under which a paper is this component; the same rule as ``Component.met_by``."""
    own_type = Document.type_code.in_(list(component.types))
    closer: list[ColumnElement[bool]] = []
    if component.subtypes:
        closer.append(Document.subtype.in_(list(component.subtypes)))
    said = ascii_lowered(Document.title)
    closer += [said.contains(in_small_ascii(form), autoescape=True) for form in component.forms()]
    return and_(own_type, or_(*closer)) if closer else own_type


def _lacks(view: Visibility, component: Component) -> ColumnElement[bool]:
    """A dossier that must have the component and has no visible paper that is one."""
    asked: list[ColumnElement[bool]] = [true()]
    if component.kinds:
        asked.append(_KIND.in_(list(component.kinds)))
    if component.blocks:
        asked.append(Dossier.block.in_(list(component.blocks)))
    # a paper lies in the unit of its dossier, so its own level and compartment are what is left to ask
    paper = select(Document.id).where(
        Document.dossier_id == Dossier.id,
        Document.state == "filed",
        apart_from_units(view, Document),
        _meets(component),
    )
    return and_(*asked, ~paper.exists())


def lacks_any(view: Visibility, components: Sequence[Component]) -> ColumnElement[bool]:
    """The condition under which a dossier lacks one of the components as far as the view shows its papers."""
    return or_(false(), *[_lacks(view, component) for component in components])


def lacking(
    session: Session,
    view: Visibility,
    components: Sequence[Component],
    unit_path: str,
    limit: int | None,
    offset: int,
) -> tuple[list[tuple[DossierRow, str]], int]:
    """Visible dossiers that lack one of the components, by number, with their kind of person; and how many."""
    wanted = (
        select(Dossier.id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .join(RecordHead, RecordHead.dossier_id == Dossier.id, isouter=True)
        .where(
            visible(view, Unit.path, Dossier),
            Dossier.state == DossierState.HELD,
            lacks_any(view, components),
        )
    )
    if unit_path:
        wanted = wanted.where(or_(Unit.path == unit_path, Unit.path.like(f"{unit_path}/%")))
    # asked once for all: a count and a page would each look through every dossier's papers
    ids = list(session.scalars(wanted.order_by(Unit.path, Dossier.number, Dossier.id)))
    page = ids[offset:] if limit is None else ids[offset : offset + limit]
    rows = _rows(session, page)
    return [rows[name] for name in page], len(ids)


def _rows(session: Session, dossier_ids: Sequence[str]) -> dict[str, tuple[DossierRow, str]]:
    found: dict[str, tuple[DossierRow, str]] = {}
    for start in range(0, len(dossier_ids), 500):
        statement = (
            select(Dossier, Cadre, Unit, _KIND)
            .join(Cadre, Cadre.id == Dossier.cadre_id)
            .join(Unit, Unit.id == Dossier.unit_id)
            .join(RecordHead, RecordHead.dossier_id == Dossier.id, isouter=True)
            .where(Dossier.id.in_(list(dossier_ids[start : start + 500])))
        )
        for each in session.execute(statement):
            found[each[0].id] = (DossierRow(each[0], each[1], each[2]), str(each[3]))
    return found


def kind_said(session: Session, dossier_id: str) -> str:
    """The kind of person the record of a visible dossier says; "" when it says none."""
    return session.scalar(select(RecordHead.person_kind).where(RecordHead.dossier_id == dossier_id)) or ""


def papers_in(session: Session, view: Visibility, dossier_ids: Sequence[str]) -> dict[str, list[Document]]:
    """The visible filed papers of some dossiers."""
    found: dict[str, list[Document]] = {dossier_id: [] for dossier_id in dossier_ids}
    for start in range(0, len(dossier_ids), 500):
        some = list(dossier_ids[start : start + 500])
        statement = (
            select(Document)
            .join(Unit, Unit.id == Document.unit_id)
            .where(
                Document.dossier_id.in_(some),
                Document.state == "filed",
                visible(view, Unit.path, Document),
            )
        )
        for paper in session.scalars(statement.order_by(Document.serial)):
            found[str(paper.dossier_id)].append(paper)
    return found
