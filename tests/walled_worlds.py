"""Generated worlds of dossiers, papers and facts on a PostgreSQL server, one transaction each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import strategies as st
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from oms.domain.access import Principal, Role, Secrecy, Target, Visibility
from oms.store.record_tables import FactRow
from oms.store.tables import Document, Dossier, Page, Proposal

PATHS = ["1", "1/2", "1/22", "1/2/3", "1/2/33", "1/22/3", "1/4", "2", "22", "2/1/2"]
COMPARTMENTS = ["", "bvctnb", "kiem_tra"]
DOSSIERS = ["d0", "d1", "d2", "d3"]
NOW = datetime(2026, 11, 2, tzinfo=UTC)
STAMP = {"created_by": "a1", "created_at": NOW}

levels = st.tuples(st.sampled_from(PATHS), st.integers(0, 3), st.sampled_from(COMPARTMENTS))


@dataclass(frozen=True)
class Made:
    """A generated world: dossiers d0…, papers in them or waiting with proposals, a fact in each dossier."""

    dossiers: tuple[Target, ...]
    documents: tuple[Target, ...]
    facts: tuple[Target, ...]


@st.composite
def worlds(draw: st.DrawFn) -> Made:
    number = draw(st.integers(1, len(DOSSIERS)))
    names = DOSSIERS[:number]
    states = st.sampled_from(["held", "closed", "disposed"])
    dossiers = tuple(Target(*draw(levels), dossier_id=name, state=draw(states)) for name in names)
    documents = []
    for place in range(draw(st.integers(1, 6))):
        inside = draw(st.sampled_from(["", *names]))
        proposed = frozenset() if inside else draw(st.frozensets(st.sampled_from(names), max_size=2))
        documents.append(Target(*draw(levels), dossier_id=inside, document_id=f"p{place}", proposed=proposed))
    facts = []
    for dossier in dossiers:  # a fact lies where its dossier is, at a level of its own
        _path, secrecy, compartment = draw(levels)
        facts.append(Target(dossier.unit_path, secrecy, compartment, dossier_id=dossier.dossier_id))
    return Made(dossiers, tuple(documents), tuple(facts))


some = st.frozensets(st.sampled_from(DOSSIERS), max_size=2)
views = st.builds(
    Visibility,
    st.lists(st.sampled_from([*PATHS, "", "3", "1/2/"]), max_size=3).map(tuple),
    st.integers(-1, 3),
    st.frozensets(st.sampled_from(["bvctnb", "kiem_tra", "khac", ""]), max_size=2),
    withheld=some,
    documents=st.frozensets(st.sampled_from(["p0", "p1", "p2", "p9"]), max_size=2),
    emergency=some,
    barred=st.sampled_from([frozenset(), frozenset({"disposed"})]),
)
people = st.builds(
    Principal,
    *map(st.just, ("a1", "nguoi.thu", "Người thử")),
    st.sampled_from(Role),
    *map(st.just, (1, "1")),
    st.lists(st.sampled_from(PATHS), max_size=2).map(tuple),
    st.sampled_from(Secrecy),
    st.frozensets(st.sampled_from(["bvctnb", "kiem_tra"]), max_size=2),
    withheld=some,
    consulted=st.frozensets(st.sampled_from(["p0", "p1"]), max_size=2),
    emergency=some,
)


SWEPT = "dossiers, documents, pages, facts, proposals, record_heads, units, cadres, scans, batches, accounts"
"""Tables a world writes to, and those its rows refer to: each reference locks the row it names."""


@dataclass
class Ground:
    """A database of its own with units, an account, a batch and a scan to hang the rows of worlds on."""

    engine: Engine
    worlds: int = 0

    def sweep(self) -> None:
        """Takes away what rolled-back worlds left, so that many of them do not grow slow."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"VACUUM {SWEPT}")


def unit_id(target: Target) -> int:
    return PATHS.index(target.unit_path) + 1


def fill(session: Session, made: Made) -> None:
    level = lambda target: {"secrecy": target.secrecy, "compartment": target.compartment}  # noqa: E731
    dossiers = [
        {"id": each.dossier_id, "cadre_id": "c1", "unit_id": unit_id(each), "block": "party", "number": each.dossier_id}
        | {"state": each.state, **level(each), **STAMP}
        for each in made.dossiers
    ]
    papers = [
        {"id": each.document_id, "scan_id": "s1", "unit_id": unit_id(each), "dossier_id": each.dossier_id or None}
        | {"state": "filed", "type_code": "khac", "created_at": NOW, **level(each)}
        for each in made.documents
    ]
    pages = [
        {"id": f"t{each.document_id}", "scan_id": "s1", "number": number, "state": "read"}
        | {"document_id": each.document_id}
        for number, each in enumerate(made.documents, 1)
    ]
    facts = [
        {"id": f"f{each.dossier_id}", "dossier_id": each.dossier_id, "item": "x", "body": "{}", "source": "import"}
        | {"entered_by": "a1", "entered_at": NOW, **level(each)}
        for each in made.facts
    ]
    seems = [
        {"document_id": each.document_id, "dossier_id": name, "score": 1.0, "agrees": "", "differs": ""}
        for each in made.documents
        for name in sorted(each.proposed)
    ]
    for model, rows in ((Dossier, dossiers), (Document, papers), (Page, pages), (FactRow, facts), (Proposal, seems)):
        if rows:
            session.execute(insert(model), rows)


@contextmanager
def world(ground: Ground, made: Made) -> Iterator[Session]:
    """The rows of one world in one transaction of a superuser's, rolled back afterwards."""
    ground.worlds += 1
    if not ground.worlds % 200:
        ground.sweep()
    with Session(ground.engine) as session:
        fill(session, made)
        yield session
        session.rollback()


def become(session: Session, role: str) -> None:
    session.connection().exec_driver_sql(f"SET LOCAL ROLE {role}")


def ids(session: Session, statement: str) -> set[str]:
    return set(session.connection().exec_driver_sql(statement).scalars())
