"""The matrix of who may do what, and the rule in plain words: the second opinion ``oms.domain.access`` is held to.

``access_matrix.tsv`` was written from the regulation's prose (duties of the six roles, consultations, emergencies), not
from the code: ``reaches`` says by what a record is reached, ``destroyed`` whether the action is closed on the stub of a
destroyed dossier. Nothing here imports the rule.
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

COLUMNS = {
    "clerk": "scanning_clerk",
    "officer": "records_officer",
    "leader": "leader",
    "reviewer": "security_reviewer",
    "security": "security_officer",
    "administrator": "administrator",
}
ROLES = tuple(COLUMNS.values())


@dataclass(frozen=True)
class Row:
    """One action of the table."""

    action: str
    roles: frozenset[str]
    on_records: bool
    reaches: str
    closed_when_destroyed: bool


def _row(cells: dict[str, str]) -> Row:
    may = frozenset(role for column, role in COLUMNS.items() if cells[column] == "may")
    return Row(cells["action"], may, cells["records"] == "yes", cells["reaches"], cells["destroyed"] == "closed")


with (Path(__file__).parent / "access_matrix.tsv").open(encoding="utf-8", newline="") as _table:
    MATRIX = {row.action: row for row in map(_row, csv.DictReader(_table, delimiter="\t"))}


@dataclass(frozen=True)
class Person:
    """Somebody's rights in plain terms."""

    role: str
    units: Collection[str]
    clearance: int
    areas: Collection[str]
    family: Collection[str] = ()
    lent_papers: Collection[str] = ()
    urgent_dossiers: Collection[str] = ()


@dataclass(frozen=True)
class Thing:
    """A record in plain terms: where it belongs, how secret, which dossier and paper it is, who it may be about."""

    unit: str
    level: int = 0
    area: str = ""
    dossier: str = ""
    paper: str = ""
    state: str = ""
    perhaps: Collection[str] = ()


def below(unit: str, other: str) -> bool:
    """Whether a unit is another or lies under it, part by part of its path."""
    mine, theirs = unit.split("/"), other.split("/")
    return theirs != [""] and mine[: len(theirs)] == theirs


def may(person: Person, action: str, thing: Thing) -> bool:
    """The regulation: duty, then state, then family, then area, then level, then unit or what was lent."""
    row = MATRIX[action]
    if person.role not in row.roles:
        return False
    if row.closed_when_destroyed and thing.state == "disposed":
        return False
    about = {thing.dossier, *thing.perhaps} - {""}
    if about & set(person.family):
        return False
    if thing.area and thing.area not in person.areas:
        return False
    emergency = row.reaches == "unit or emergency" and thing.dossier != "" and thing.dossier in person.urgent_dossiers
    emergency = emergency and thing.level <= 2
    if thing.level > person.clearance and not emergency:
        return False
    if row.reaches == "consultation":
        return thing.paper != "" and thing.paper in person.lent_papers
    return emergency or any(below(thing.unit, unit) for unit in person.units)
