"""Whole worlds from a number: units, accounts with their rights, records; ``access_answers`` asks them in every form.

One world is a province of at most six units (some took over others, one has moved), five accounts of all roles, kin,
what was lent, and a dozen dossiers with papers, facts, changes, heads, batches. Rights are written into the database
and read back by ``people.principal_of``, so that loading is inside the proof. The answer expected is worked out by
``access_matrix.may`` from the world itself, never from the code under test.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from access_matrix import MATRIX, ROLES, Person, Thing, below, may

from oms.domain.access import Action
from oms.store.access_tables import AccountKin
from oms.store.consultation_tables import Consultation, ConsultationPaper, Emergency
from oms.store.record_tables import Change, FactRow, RecordHead
from oms.store.tables import (
    Account,
    AccountCompartment,
    AccountScope,
    Base,
    Batch,
    Cadre,
    Document,
    Dossier,
    Proposal,
    Unit,
    UnitSuccession,
)

NOW = datetime(2026, 11, 2, tzinfo=UTC)
TODAY = NOW.date()
AREAS = ("", "", "", "bvctnb", "kiem_tra")
KINDS: tuple[type[Base], ...] = (Dossier, Document, FactRow, Change, RecordHead, Batch)
RECORD_ROLES = ("scanning_clerk", "records_officer", "leader")
RECORD_ACTIONS = tuple(Action(name) for name, row in MATRIX.items() if row.on_records)


@dataclass(frozen=True)
class Human:
    """An account of a world in plain terms; ``family`` are cadres, ``gives`` what it lends to whom."""

    id: str
    role: str
    unit: int
    scopes: tuple[int, ...]
    clearance: int
    areas: frozenset[str]
    kin: tuple[tuple[str, str, bool], ...]  # (cadre, matched by, ended)
    lent_papers: frozenset[str]
    urgent: frozenset[str]


@dataclass(frozen=True)
class Lending:
    """Authority lent by one account to another over some units."""

    giver: str
    taker: str
    units: tuple[int, ...]


@dataclass
class World:
    """Everything of one world; ``rows`` are the table rows that say it."""

    seed: int
    paths: dict[int, str] = field(default_factory=dict)
    steps: list[tuple[int, int]] = field(default_factory=list)
    people: list[Human] = field(default_factory=list)
    lendings: list[Lending] = field(default_factory=list)
    cadre_of: dict[str, str] = field(default_factory=dict)
    things: dict[tuple[str, str], Thing] = field(default_factory=dict)
    also: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    rows: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: type[Base], /, **values: Any) -> None:
        """One row of a table."""
        self.rows.setdefault(table, []).append(values)


def generate(seed: int) -> World:
    """The world of a number; the same number gives the same world."""
    draw = random.Random(seed)
    world = World(seed)
    _units(world, draw)
    _dossiers(world, draw)
    _papers(world, draw)
    _batches(world, draw)
    _accounts(world, draw)
    return world


def _units(world: World, draw: random.Random) -> None:
    ids = draw.sample([1, 2, 3, 11, 12, 21, 22, 121], draw.randint(3, 6))
    for place, unit in enumerate(ids):
        parent = draw.choice(ids[:place]) if place and draw.random() < 0.9 else None
        above = world.paths[parent] + "/" if parent is not None else ""
        world.paths[unit] = f"{above}{unit}"
        names = {"code": f"U{unit}", "name": f"Đơn vị {unit}", "parent_id": parent, "path": world.paths[unit]}
        world.add(Unit, id=unit, block="party", level="ban", **names)
    for _try in range(draw.randint(0, 3)):
        before, after = draw.sample(ids, 2)
        if (after, before) in world.steps or (before, after) in world.steps:
            continue
        inherits, past = draw.random() < 0.8, draw.random() < 0.8
        day = date(2026, 7, 1) if past else date(2027, 7, 1)
        kind = draw.choice(["sap_nhap", "chuyen", "doi_ten"])
        pair = {"predecessor_id": before, "successor_id": after}
        world.add(UnitSuccession, kind=kind, on_date=day, inherits=inherits, decision_no="", act_id="", **pair)
        if inherits and past:
            world.steps.append((before, after))


def _dossiers(world: World, draw: random.Random) -> None:
    for number in range(4):
        name = ("an", "binh", "an", "cuc")[number]  # two of one name: told apart by the day of birth
        born = draw.choice(["1970-01-01", "1971-02-02", "1972", ""])
        card = f"00107000{number:04d}" if draw.random() < 0.6 else ""
        words = {"full_name": name, "folded_name": name, "birth_date": born, "citizen_id": card}
        world.add(Cadre, id=f"c{number}", created_by="x", created_at=NOW, **words)
    for number in range(4):
        unit, cadre = draw.choice(list(world.paths)), f"c{draw.randrange(4)}"
        level, area = draw.choice([0, 0, 1, 2, 3]), draw.choice(AREAS)
        state = draw.choice(["held", "held", "closed", "disposed"])
        key = f"h{number}"
        world.cadre_of[key] = cadre
        world.things["dossiers", key] = Thing(world.paths[unit], level, area, key, "", state)
        kept = {"unit_id": unit, "block": "party", "secrecy": level, "compartment": area, "state": state}
        world.add(Dossier, id=key, cadre_id=cadre, number=key, created_by="x", created_at=NOW, **kept)
        world.things["record_heads", key] = world.things["dossiers", key]
        world.add(RecordHead, dossier_id=key, made_at=NOW, **kept)
        for kind, table in ((FactRow, "facts"), (Change, "changes")):
            _part(world, draw, kind, table, key)


def _part(world: World, draw: random.Random, kind: type[Base], table: str, dossier: str) -> None:
    """A fact or a change of a dossier: of its own level, seen by whoever sees the dossier and that level."""
    home = world.things["dossiers", dossier]
    key = f"{table[0]}{dossier}"
    level = max(home.level, draw.choice([0, 0, 1, 2, 3]))
    area = home.area or draw.choice(AREAS)
    world.things[table, key] = replace(home, level=level, area=area, state="")
    world.also[table, key] = ("dossiers", dossier)
    made = {"id": key, "dossier_id": dossier, "secrecy": level, "compartment": area}
    if kind is FactRow:
        world.add(FactRow, item="phone", body="{}", source="paper", entered_by="x", entered_at=NOW, **made)
    else:
        world.add(Change, kind="change", state="waiting", title="t", created_by="x", created_at=NOW, **made)


def _papers(world: World, draw: random.Random) -> None:
    for number in range(5):
        key, filed = f"d{number}", draw.random() < 0.6
        level, area = draw.choice([0, 0, 1, 2, 3]), draw.choice(AREAS)
        dossier, perhaps = "", []
        if filed:
            dossier = f"h{draw.randrange(4)}"
            unit = next(u for u, path in world.paths.items() if path == world.things["dossiers", dossier].unit)
        else:
            unit = draw.choice(list(world.paths))
            perhaps = draw.sample(["h0", "h1", "h2", "h3"], draw.choice([0, 1, 2]))
        world.things["documents", key] = Thing(world.paths[unit], level, area, dossier, key, "", tuple(perhaps))
        says = {"unit_id": unit, "dossier_id": dossier or None, "secrecy": level, "compartment": area}
        state = "filed" if filed else "proposed"
        world.add(Document, id=key, scan_id="-", state=state, type_code="khac", created_at=NOW, **says)
        for other in perhaps:
            world.add(Proposal, document_id=key, dossier_id=other, score=1.0, agrees="", differs="")


def _batches(world: World, draw: random.Random) -> None:
    for number in range(2):
        unit, level, area = draw.choice(list(world.paths)), draw.choice([0, 1, 2, 3]), draw.choice(AREAS)
        world.things["batches", f"b{number}"] = Thing(world.paths[unit], level, area)
        says = {"unit_id": unit, "secrecy": level, "compartment": area}
        world.add(Batch, id=f"b{number}", title="đợt", created_by="x", created_at=NOW, **says)


def _accounts(world: World, draw: random.Random) -> None:
    roles = [draw.choice(RECORD_ROLES) for _ in range(3)] + [draw.choice(ROLES) for _ in range(2)]
    for number, role in enumerate(roles):
        key, units = f"a{number}", list(world.paths)
        kin = tuple(
            (f"c{draw.randrange(4)}", draw.choice(["card", "name"]), draw.random() < 0.25)
            for _ in range(draw.choice([0, 0, 1, 2]))
        )
        human = Human(
            id=key,
            role=role,
            unit=draw.choice(units),
            scopes=tuple(draw.sample(units, draw.choice([0, 1, 1, 1, 2]))),
            clearance=draw.randint(0, 3),
            areas=frozenset(draw.sample(["bvctnb", "kiem_tra", "khac"], draw.choice([0, 0, 1, 2]))),
            kin=kin,
            lent_papers=frozenset(draw.sample(["d0", "d1", "d2", "d3", "d4"], draw.choice([0, 0, 1, 2]))),
            urgent=frozenset(draw.sample(["h0", "h1", "h2", "h3"], draw.choice([0, 0, 0, 1]))),
        )
        _write(world, human)
        world.people.append(_what_lasts(world, human, draw))
    if draw.random() < 0.7:
        giver, taker = draw.sample(world.people, 2)
        lent = tuple(draw.sample(list(world.paths), draw.choice([1, 2])))
        world.lendings.append(Lending(giver.id, taker.id, lent))


def _what_lasts(world: World, human: Human, draw: random.Random) -> Human:
    """Some of what was granted or lent is over, or has not begun: the rows stay, the right is gone."""
    accounts, areas = world.rows[Account], world.rows.get(AccountCompartment, [])
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    until = draw.choice([None, None, yesterday, TODAY, tomorrow])
    accounts[-1]["clearance_until"] = until
    clearance = 0 if until == yesterday else human.clearance
    held = set(human.areas)
    for row in areas:
        row.setdefault("until", None)
        if row["account_id"] == human.id:
            row["until"] = draw.choice([None, None, yesterday, TODAY, tomorrow])
            held -= {row["compartment"]} if row["until"] == yesterday else set()
    lent = {paper for paper in sorted(human.lent_papers) if _consultation(world, human, paper, draw)}
    urgent = {dossier for dossier in sorted(human.urgent) if _emergency(world, human, dossier, draw)}
    return replace(
        human,
        clearance=clearance,
        areas=frozenset(held),
        lent_papers=frozenset(lent),
        urgent=frozenset(urgent),
    )


def _consultation(world: World, human: Human, paper: str, draw: random.Random) -> bool:
    """A consultation naming a paper, running or not; whether it lends the paper today."""
    key = f"{human.id}{paper}"
    state = draw.choice(["approved", "approved", "approved", "asked", "refused", "closed", "withdrawn"])
    first, last = draw.choice([(-1, 1), (0, 0), (-3, -1), (1, 3)])
    given = draw.random() < 0.8
    days = {"given_first": TODAY + timedelta(days=first), "given_last": TODAY + timedelta(days=last)}
    words = {"person": "x", "papers": "x", "purpose": "x", "reason": "x", "place": "x", "number": key}
    told = {"holder_unit_id": human.unit, "asked_unit_id": human.unit, "asked_at": NOW}
    asked = {"first_day": TODAY, "last_day": TODAY, "state": state, "asked_by": human.id}
    world.add(Consultation, id=key, **days, **words, **told, **asked)
    world.add(ConsultationPaper, consultation_id=key, document_id=paper, given=given)
    return state == "approved" and given and first <= 0 <= last


def _emergency(world: World, human: Human, dossier: str, draw: random.Random) -> bool:
    """An emergency opening of a dossier, running or over; whether it opens the dossier now."""
    minutes, closed = draw.choice([30, 30, 30, 0, -30]), draw.random() < 0.2
    world.add(
        Emergency,
        id=f"{human.id}{dossier}",
        account_id=human.id,
        dossier_id=dossier,
        unit_id=human.unit,
        reason="x",
        opened_at=NOW - timedelta(minutes=30),
        until=NOW + timedelta(minutes=minutes),
        closed_at=NOW if closed else None,
        review="open",
        review_by=TODAY,
    )
    return minutes > 0 and not closed


def _write(world: World, human: Human) -> None:
    world.add(
        Account,
        id=human.id,
        username=human.id,
        display_name=human.id,
        password_hash="-",
        role=human.role,
        unit_id=human.unit,
        clearance=human.clearance,
        created_at=NOW,
    )
    for unit in human.scopes:
        world.add(AccountScope, account_id=human.id, unit_id=unit)
    for area in sorted(human.areas):
        world.add(AccountCompartment, account_id=human.id, compartment=area)
    cadres = {row["id"]: row for row in world.rows[Cadre]}
    for cadre, by, ended in human.kin:
        row = cadres[cadre]
        named = {"folded_name": row["folded_name"], "birth_date": row["birth_date"]} if by == "name" else {}
        card = {"citizen_id": row["citizen_id"]} if by == "card" else {}
        made = {"relation": "vo_chong", "entered_by": "x", "entered_at": NOW, "ended_at": NOW if ended else None}
        blank = {"folded_name": "", "birth_date": "", "citizen_id": ""}
        world.add(
            AccountKin,
            id=f"{human.id}{cadre}{by}{len(world.rows.get(AccountKin, []))}",
            account_id=human.id,
            **(blank | named | card),
            **made,
        )


# --- what the regulation says of it, from the world alone ---


def _reach(world: World, scopes: Sequence[int]) -> frozenset[str]:
    """Paths an account acts in: its own units and what these, or units below them, took over, through any chain."""
    held = {world.paths[unit] for unit in scopes}
    grown = True
    while grown:
        more = {
            world.paths[before]
            for before, after in world.steps
            if any(below(world.paths[after], path) for path in held)
        }
        grown = not more <= held
        held |= more
    return frozenset(held)


def _family(world: World, human: Human) -> frozenset[str]:
    """Dossiers of the cadres an account declared and has not taken back, matched as the register stands."""
    cadres = {row["id"]: row for row in world.rows[Cadre]}
    mine: set[str] = set()
    for cadre, by, ended in human.kin:
        told = cadres[cadre]
        if ended:
            continue
        for other in cadres.values():
            by_card = by == "card" and told["citizen_id"] and other["citizen_id"] == told["citizen_id"]
            same = (other["folded_name"], other["birth_date"]) == (told["folded_name"], told["birth_date"])
            if by_card or (by == "name" and told["birth_date"] and same):
                mine.add(other["id"])
    return frozenset(dossier for dossier, cadre in world.cadre_of.items() if cadre in mine)


def person_of(world: World, human: Human) -> Person:
    """An account's rights in plain terms."""
    return Person(
        human.role,
        _reach(world, human.scopes),
        human.clearance,
        human.areas,
        _family(world, human),
        human.lent_papers,
        human.urgent,
    )


def person_lent(world: World, lending: Lending) -> Person:
    """Who acts for another: the other's duty, what both may see, no file of either's family, nothing else lent."""
    by_id = {human.id: human for human in world.people}
    giver, taker = person_of(world, by_id[lending.giver]), person_of(world, by_id[lending.taker])
    lent = [world.paths[unit] for unit in lending.units]
    units = {path for path in lent if any(below(path, own) for own in giver.units)}
    units |= {own for own in giver.units if any(below(own, path) for path in lent)}
    areas = set(giver.areas) & set(taker.areas)
    family = {*giver.family, *taker.family}
    return Person(giver.role, units, min(giver.clearance, taker.clearance), areas, family)


def expected(world: World, person: Person, action: Action) -> set[tuple[str, str]]:
    """The records of a world a person may do an action on."""
    found = set()
    for key, thing in world.things.items():
        home = world.also.get(key)
        if may(person, action.value, thing) and (home is None or may(person, action.value, world.things[home])):
            found.add(key)
    return found
