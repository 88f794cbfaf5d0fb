"""The rule in SQL, cell by cell: every view of a small alphabet over one row of every sort, held to the yes and no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from sqlalchemy import false, insert, select
from sqlalchemy.orm import Session

from oms.domain.access import NOTHING, Target, Visibility
from oms.store.db import make_engine
from oms.store.exchange_tables import ImportRun
from oms.store.found import taken_for_withheld
from oms.store.record_tables import RecordHead
from oms.store.tables import Base, Batch, Document, Dossier, Proposal, Unit
from oms.store.visible import apart_from_units, dossier_column, in_scope, visible

NOW = datetime(2026, 11, 2, tzinfo=UTC)
PATHS = {1: "1/2", 2: "1/2/5", 3: "1/22"}
"""The unit of a scope, one below it, and one whose path begins alike."""
LEVELS, AREAS, STATES = (0, 1, 2, 3), ("", "bvctnb"), ("held", "disposed")
VIEWS = [
    Visibility(units, level, areas, withheld, documents, emergency, barred)
    for units, level, areas, withheld, documents, emergency, barred in product(
        ((), ("1/2",), ("1/2/5", "1/22")),
        (-1, 1, 3),
        (frozenset(), frozenset({"bvctnb"})),
        (frozenset(), frozenset({"h0", "h5"})),
        (frozenset(), frozenset({"p1", "p47", "q1"})),
        (frozenset(), frozenset({"h1", "h35", "h5"})),
        (frozenset(), frozenset({"disposed"})),
    )
]


TABLES: tuple[type[Base], ...] = (Dossier, Document, RecordHead, Batch, ImportRun)
"""A dossier, what lies in one or may, what tells its state, what lies in none, and what knows no compartment."""


@dataclass(frozen=True)
class Land:
    """The rows, and each as the rule sees it."""

    session: Session
    targets: dict[type[Base], dict[str, Target]]


@pytest.fixture(scope="module")
def land() -> Iterator[Land]:
    engine = make_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.connection().exec_driver_sql("PRAGMA foreign_keys=OFF")
        session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        yield Land(session, _fill(session))
        session.rollback()
    engine.dispose()


def _fill(session: Session) -> dict[type[Base], dict[str, Target]]:
    made = {"block": "party", "created_by": "a", "created_at": NOW}
    named = {"block": "party", "level": "ban"}
    session.execute(insert(Unit), [{"id": n, "code": p, "name": p, "path": p} | named for n, p in PATHS.items()])
    seen: dict[type[Base], dict[str, Target]] = {Dossier: {}, Document: {}, RecordHead: {}, Batch: {}, ImportRun: {}}
    rows: dict[type[Base], list[dict[str, Any]]] = {table: [] for table in (*seen, Proposal)}
    for number, (unit, level, area, state) in enumerate(product(PATHS, LEVELS, AREAS, STATES)):
        here = {"unit_id": unit, "secrecy": level, "compartment": area}
        home, path = f"h{number}", PATHS[unit]
        rows[Dossier].append(here | {"id": home, "number": home, "cadre_id": "c", "state": state} | made)
        seen[Dossier][home] = Target(path, level, area, home, state=state)
        head = {"made_at": NOW, "dossier_id": home, "state": state, "cadre_id": "c"}
        rows[RecordHead].append(here | head)
        seen[RecordHead][home] = Target(path, level, area, home, state=state)
        paper = here | {"scan_id": "-", "type_code": "khac", "created_at": NOW}
        rows[Document].append(paper | {"id": f"p{number}", "state": "filed", "dossier_id": home})
        # Some were first taken for the next dossier's, then filed here.
        other = frozenset({f"h{number + 1}"}) if number % 4 == 0 else frozenset()
        for each in other:
            rows[Proposal].append(
                {"document_id": f"p{number}", "dossier_id": each, "score": 0.5, "agrees": "", "differs": ""}
            )
        seen[Document][f"p{number}"] = Target(path, level, area, home, f"p{number}", proposed=other)
        rows[Document].append(paper | {"id": f"q{number}", "state": "proposed", "dossier_id": None})
        rows[Proposal].append(
            {"document_id": f"q{number}", "dossier_id": home, "score": 1.0, "agrees": "", "differs": ""}
        )
        seen[Document][f"q{number}"] = Target(path, level, area, "", f"q{number}", proposed=frozenset({home}))
        told = {"id": home, "unit_id": unit, "secrecy": level}
        rows[Batch].append(told | {"title": "", "compartment": area, "created_by": "a", "created_at": NOW})
        seen[Batch][home] = Target(path, level, area)
        file = {"sha256": "0", "original_name": "x", "state": "done", "received_by": "a", "received_at": NOW}
        rows[ImportRun].append(told | file)
        seen[ImportRun][home] = Target(path, level)
    for table, each in rows.items():
        session.execute(insert(table), each)
    return seen


def _key(table: Any) -> Any:
    return table.dossier_id if table is RecordHead else table.id


def _expected(land: Land, table: type[Base], view: Visibility, units: bool = True) -> set[str]:
    """What the yes and no admits. What is lent is a paper's own; what a row does not say it is not asked for."""
    found = set()
    for key, target in land.targets[table].items():
        asked = view
        if not units:
            asked = Visibility((target.unit_path,), view.secrecy, view.compartments, view.withheld, barred=view.barred)
        if asked.admits(target):
            found.add(key)
    return found


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_view_of_every_row(land: Land, table: Any) -> None:
    joined = select(_key(table)).join(Unit, Unit.id == table.unit_id)
    some = 0
    for view in VIEWS:
        got = set(land.session.scalars(joined.where(visible(view, Unit.path, table))))
        assert got == _expected(land, table, view), view
        some += len(got)
    assert some > 1_000


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_clause_but_the_units(land: Land, table: Any) -> None:
    for view in VIEWS:
        got = set(land.session.scalars(select(_key(table)).where(apart_from_units(view, table))))
        assert got == _expected(land, table, view, units=False), view


def test_units_alone_and_the_papers_taken_for_withheld_dossiers(land: Land) -> None:
    assert in_scope(NOTHING, Unit.path).compare(false())
    found: set[str] = set()
    for view in VIEWS:
        units = set(land.session.scalars(select(Unit.path).where(in_scope(view, Unit.path))))
        below = {path for path in PATHS.values() for scope in view.units if f"{path}/".startswith(f"{scope}/")}
        assert units == below
        theirs = {key for key, target in land.targets[Document].items() if target.proposed & view.withheld}
        filed = set(land.session.scalars(select(Document.id).where(Document.state == "filed")))
        assert taken_for_withheld(land.session, view) == theirs & filed
        found |= theirs & filed
    assert found


def test_the_column_that_names_the_dossier() -> None:
    assert [str(dossier_column(table)) for table in (Dossier, Document, RecordHead)] == [
        "Dossier.id",
        "Document.dossier_id",
        "RecordHead.dossier_id",
    ]
    assert dossier_column(Batch) is None
