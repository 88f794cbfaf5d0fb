"""A synthetic year of reading: offices, tasks, work, cover for colleagues, forgotten citations, and snoopers.

Written into a journal-like table. It knows nothing of the rules that are to find the snoopers, nor they of it.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from oms.domain.records import HANOI
from oms.domain.sightings import Ground, Kind, Read

DAY = 86400
FIRST = date(2026, 1, 1)
HOLIDAYS = frozenset(date(2026, month, day) for month, day in (
    (1, 1), (2, 16), (2, 17), (2, 18), (2, 19), (2, 20), (4, 26), (4, 30), (5, 1), (9, 1), (9, 2)))  # fmt: skip
OFFICER, LEADER, CLERK = "records_officer", "leader", "scanning_clerk"
COLUMNS = "at, account, role, kind, dossier, unit, address, task, key, label"
INSERT = f"INSERT INTO reads ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)"  # noqa: S608 - names of this file
SELECT = f"SELECT seq, {COLUMNS} FROM reads WHERE at >= ? AND at < ? ORDER BY at"  # noqa: S608
KINDS = ("vip", "relative", "harvest", "slow", "false_task", "night", "exporter", "leaver")


@dataclass(frozen=True)
class Set:
    """How an office lives. Shares are of accesses; ``forgets``: a task or mark of work that honest people leave out."""

    units: int = 160
    dossiers: int = 40_000
    scope: tuple[int, int] = (1, 8)
    again: float = 0.35
    work: float = 0.52
    due: float = 0.08
    asked: float = 0.06
    consult: float = 0.02
    forgets: tuple[float, float] = (0.03, 0.06)
    wrong_door: float = 0.02
    cover_weeks: int = 5
    evenings: tuple[int, int] = (60, 81)
    evening_units: float = 0.4
    late: float = 0.01
    exports: float = 0.02
    pages: float = 4.5
    snoop_days: tuple[int, int] = (40, 150)
    moves: float = 0.08
    """Share of honest people who move to another unit in the year and hand over for some weeks."""


SETS = {
    "base": Set(),
    "shifted": Set(
        units=90, dossiers=25_000, scope=(2, 20), again=0.2, work=0.4, due=0.03, asked=0.1, consult=0.04,
        forgets=(0.04, 0.07), wrong_door=0.03, cover_weeks=9, evenings=(180, 215), evening_units=0.6, late=0.03,
        exports=0.05, pages=6.0, snoop_days=(20, 80), moves=0.2,
    ),
}  # fmt: skip


@dataclass
class Person:
    """One account: where it works, what it is used to."""

    id: str
    role: str
    unit: str
    scopes: list[str]
    home: tuple[str, int]
    pace: float
    starts: float
    address: str
    forgets: float
    left: tuple[int, str] | None = None
    moves: int | None = None
    """Day on which an honest person will move to another unit."""
    hands_over: int = 0
    """Last day on which dossiers of the unit they left still pass through their hands."""
    recent: list[int] = field(default_factory=list)
    cover: dict[int, str] = field(default_factory=dict)

    def unit_on(self, day: int) -> str:
        """Where the account worked on a day: the year is lived before it is looked at."""
        return self.left[1] if self.left is not None and day < self.left[0] else self.unit

    def left_by(self, day: int) -> dict[str, str]:
        """The unit left before a day, with the date, as the account's own history has it."""
        if self.left is None or day < self.left[0]:
            return {}
        return {self.left[1]: (FIRST + timedelta(days=self.left[0])).isoformat()}


class Year:
    """Makes the year: rows of reading for a table, grounds, and what was planted."""

    def __init__(self, how: Set, users: int, reads: int, snoopers: int, seed: int) -> None:
        self.how, self.rng = how, Random(seed)
        self.rows: list[tuple[object, ...]] = []
        self.grounds: dict[int, list[Ground]] = defaultdict(list)
        self.planted: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.kind_of: dict[str, str] = {}
        rng = self.rng
        self.units = [f"1/{1 + n % 3}/{10 + n}" for n in range(how.units)]
        surnames = [f"ho{n}" for n in range(60)]
        weight = [1 / (n + 1) for n in range(60)]
        self.unit_of = [
            self.units[min(int(rng.expovariate(3) * how.units), how.units - 1)] for _ in range(how.dossiers)
        ]
        self.home_of = [(rng.choices(surnames, weight)[0], rng.randrange(220)) for _ in range(how.dossiers)]
        self.held: dict[str, list[int]] = defaultdict(list)
        for number, unit in enumerate(self.unit_of):
            self.held[unit].append(number)
        self.units = [unit for unit in self.units if len(self.held[unit]) >= 30]
        self.vips = rng.sample(range(how.dossiers), 40)
        self.watched = frozenset(f"d{each}" for each in self.vips[:25])
        self.kin: set[tuple[str, str]] = set()
        self.people = [self._person(n, surnames, weight) for n in range(users)]
        self.tasks: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
        self._open_tasks()
        self.per_day = reads / (2.6 + how.pages) / 250 / users
        self._snoopers(snoopers)

    def _person(self, n: int, surnames: list[str], weight: list[float]) -> Person:
        rng, how = self.rng, self.how
        role = rng.choices((OFFICER, LEADER, CLERK), (0.62, 0.16, 0.22))[0]
        place = rng.randrange(len(self.units))
        size = rng.randint(*how.scope)
        scopes = [self.units[(place + step) % len(self.units)] for step in range(size)]
        person = Person(
            f"u{n}", role, scopes[0], scopes, (rng.choices(surnames, weight)[0], rng.randrange(220)),
            rng.lognormvariate(0, 0.5), rng.uniform(7.2, 8.5), f"10.0.{n // 250}.{n % 250}", rng.uniform(*how.forgets),
        )  # fmt: skip
        for _week in range(how.cover_weeks):
            first = rng.randrange(360)
            person.cover |= {day: rng.choice(self.units) for day in range(first, first + 5)}
        return person

    def _open_tasks(self) -> None:
        for unit in self.units:
            for n in range(self.rng.randint(6, 16)):
                since = self.rng.randrange(-60, 360)
                until = since + self.rng.randint(20, 90)
                number = f"T{unit}-{n}"
                self._ground(
                    Ground("task", midnight(since), midnight(until), number, other_than="boss", unit=unit, task=number)
                )

    def _open_task(self, unit: str, number: str, since: int, until: int) -> None:
        self.tasks[unit].append((number, since, until))
        begins, ends = midnight(since), midnight(until)
        self._ground(Ground("task", begins, ends, number, other_than="boss", unit=unit, task=number))

    def _ground(self, ground: Ground) -> None:
        self.grounds[max(0, (ground.since - midnight(0)) // DAY)].append(ground)

    def _snoopers(self, number: int) -> None:
        readers = [each for each in self.people if each.role != CLERK]
        for place, person in enumerate(self.rng.sample(readers, number)):
            self.kind_of[person.id] = KINDS[place % len(KINDS)]
        for person in self.people:
            if person.id not in self.kind_of and self.rng.random() < self.how.moves:
                person.moves = self.rng.randrange(20, 340)

    def live(self, day: int) -> None:
        """One day of everybody, honest and not."""
        when = FIRST + timedelta(days=day)
        off = when.weekday() >= 5 or when in HOLIDAYS
        evening = self.how.evenings[0] <= day < self.how.evenings[1]
        for person in self.people:
            self._live(person, day, off, evening)

    def _live(self, person: Person, day: int, off: bool, evening: bool) -> None:
        rng = self.rng
        if person.moves == day:
            self._move(person, day)
        late = evening and hash_unit(person.unit) < self.how.evening_units
        if off and not (late and rng.random() < 0.5):
            return self._snoop(person, day, off)
        if rng.random() < 0.08:  # leave, meetings
            return None
        number = min(60, round(rng.lognormvariate(0, 0.4) * person.pace * self.per_day))
        for _each in range(number):
            hour = person.starts + rng.betavariate(1.3, 1.3) * 9
            if late and rng.random() < 0.5:
                hour = rng.uniform(18, 22)
            elif rng.random() < self.how.late:
                hour = rng.uniform(18, 20)
            self._honest(person, day, midnight(day) + int(hour * 3600))
        if rng.random() < 1 / 130 and person.role == OFFICER:
            self._stocktake(person, day)
        return self._snoop(person, day, off)

    def _move(self, person: Person, day: int) -> None:
        """An honest person goes to another unit, keeps half of the scopes, and hands over for some weeks."""
        person.left, person.hands_over = (day, person.unit), day + self.rng.randint(10, 35)
        person.unit = self.rng.choice([unit for unit in self.units if unit not in person.scopes])
        person.scopes = [person.unit, *person.scopes[1 : 1 + len(person.scopes) // 2]]

    def _where(self, person: Person, day: int) -> str:
        covered = person.cover.get(day)
        return covered if covered and self.rng.random() < 0.5 else self.rng.choice(person.scopes)

    def _honest(self, person: Person, day: int, at: int) -> None:
        rng, how = self.rng, self.how
        if person.left is not None and day < person.hands_over and rng.random() < 0.3:
            unit = person.left[1]
        else:
            unit = self._where(person, day)
        if person.role == CLERK:
            return self._at_desk(person, unit, at)
        again = person.recent and rng.random() < how.again
        dossier = rng.choice(person.recent) if again else rng.choice(self.held[unit])
        person.recent = [*person.recent[-14:], dossier]
        unit = self.unit_of[dossier]
        if rng.random() < how.wrong_door:
            return self.read(person, dossier, at, "", only_gate=rng.random() < 0.7)
        if rng.random() < person.forgets:
            return self.read(person, dossier, at, "")
        task = self._reason(person, dossier, unit, day, at)
        taken = rng.random() < how.exports
        return self.read(person, dossier, at, task, taken=taken)

    def _reason(self, person: Person, dossier: int, unit: str, day: int, at: int) -> str:
        """Leaves the row by which an honest reading is explained; returns the task it cites."""
        rng, how, name = self.rng, self.how, f"d{dossier}"
        chance = rng.random()
        if person.role == LEADER:
            chance = 0.3 + 0.7 * chance
            if chance < how.work:
                self._ground(Ground("change", at - 2 * DAY, at + DAY, name, other_than="x", dossier=name))
                return ""
        elif chance < how.work:
            done = at + int(rng.expovariate(1 / (1.5 * DAY)))
            self._ground(Ground("work", done - 7 * DAY, done + 30 * DAY, name, account=person.id, dossier=name))
            return ""
        if chance < how.work + how.due:
            self._ground(Ground("due", at - 20 * DAY, at + 90 * DAY, "raise", roles=frozenset({OFFICER}), dossier=name))
        elif chance < how.work + how.due + how.asked:
            self._ground(Ground("request", at - 3 * DAY, at + 9 * DAY, name, dossier=name))
        elif chance < how.work + how.due + how.asked + how.consult:
            self._ground(Ground("consultation", at - DAY, at + 5 * DAY, name, account=person.id, dossier=name))
        return self._task(unit, day)

    def _task(self, unit: str, day: int) -> str:
        running = [number for number, since, until in self.tasks[unit] if since <= day < until]
        if not running:
            number = f"T{unit}-{len(self.tasks[unit])}"
            self.tasks[unit].append((number, day, day + 45))
            self._ground(
                Ground("task", midnight(day), midnight(day + 45), number, other_than="boss", unit=unit, task=number)
            )
            running = [number]
        return self.rng.choice(running)

    def _at_desk(self, person: Person, unit: str, at: int) -> None:
        month = (at - midnight(0)) // (30 * DAY)
        key = f"batch:{unit}-{month}"
        if key not in self.tasks:
            self.tasks[key] = []
            since = midnight(0) + month * 30 * DAY
            self._ground(Ground("batch", since - DAY, since + 60 * DAY, key, key=key))
        for step in range(1 + int(self.rng.expovariate(1 / self.how.pages))):
            self.row(person, at + step * 25, Kind.PAGE, key, unit, key=key, label="đợt số hoá")

    def _stocktake(self, person: Person, day: int) -> None:
        self._ground(Ground("stocktake", midnight(day), midnight(day) + 3 * DAY, "kk", unit=person.unit))
        for step, dossier in enumerate(self.held[person.unit][:40]):
            self.read(person, dossier, midnight(day) + 8 * 3600 + step * 240, "", only_gate=self.rng.random() < 0.5)

    def read(
        self, person: Person, dossier: int, at: int, task: str, *, taken: bool = False, only_gate: bool = False,
        address: str = "",
    ) -> None:  # fmt: skip
        """Rows of one visit to a dossier."""
        unit, name = self.unit_of[dossier], f"d{dossier}"
        label = f"U{dossier % 97}.{dossier:05d}"
        self.row(person, at, Kind.GATE, name, unit, label=label, address=address)
        if only_gate:
            return
        for step in range(1, 3 + int(self.rng.expovariate(1 / self.how.pages))):
            kind = Kind.OPEN if step == 1 else Kind.PAGE
            self.row(person, at + step * 20, kind, name, unit, task=task, label=label, address=address)
        if taken:
            self.row(person, at + 400, Kind.EXPORT, name, unit, task=task, label=label, address=address)

    def row(
        self, person: Person, at: int, kind: Kind, dossier: str, unit: str, *, task: str = "", key: str = "",
        label: str = "", address: str = "",
    ) -> None:  # fmt: skip
        """One row of the journal-like table."""
        self.rows.append(
            (at, person.id, person.role, str(kind), dossier, unit, address or person.address, task, key, label)
        )

    def plant(self, person: Person, dossier: int, at: int, task: str = "", **how: object) -> None:
        """A reading that is none of the person's business."""
        day = datetime.fromtimestamp(at, HANOI).date().isoformat()
        self.planted[person.id, day].add(f"d{dossier}")
        self.read(person, dossier, at, task, **how)  # type: ignore[arg-type]

    def _snoop(self, person: Person, day: int, off: bool) -> None:
        kind = self.kind_of.get(person.id)
        if kind is None:
            return
        rng = Random(f"{person.id}")
        first = rng.randrange(100, 250)
        if not first <= day < first + rng.randint(*self.how.snoop_days):
            return
        _SNOOPING[kind](self, person, day, off)


def hash_unit(unit: str) -> float:
    """A fixed number in [0, 1) for a unit."""
    return Random(unit).random()


def midnight(day: int) -> int:
    """Seconds at the beginning of a day of the year, counted from 0."""
    begins = datetime.combine(FIRST, datetime.min.time(), HANOI)
    return int(begins.timestamp()) + day * DAY


def _office(year: Year, day: int) -> int:
    return midnight(day) + int(year.rng.uniform(8.2, 16.5) * 3600)


def _vip(year: Year, person: Person, day: int, off: bool) -> None:
    """The famous, one or two a week, in office hours, nothing cited."""
    if not off and year.rng.random() < 0.3:
        year.plant(person, year.rng.choice(year.vips), _office(year, day))


def _relative(year: Year, person: Person, day: int, off: bool) -> None:
    """Relatives, half of them declared, under a true task when there is one."""
    own = [n for n in range(0, len(year.unit_of), 7) if year.home_of[n] == person.home][:3]
    own = own or [Random(person.id).randrange(len(year.unit_of))]
    for dossier in own:
        if Random(person.id).random() < 0.5:
            year.kin.add((person.id, f"d{dossier}"))
        else:
            year.home_of[dossier] = person.home
    if not off and year.rng.random() < 0.12:
        dossier = year.rng.choice(own)
        year.plant(person, dossier, _office(year, day), year._task(year.unit_of[dossier], day))


def _harvest(year: Year, person: Person, day: int, off: bool) -> None:
    """A day on which a unit's dossiers are gone through one after another."""
    if not off and year.rng.random() < 0.04:
        held = year.held[year.rng.choice(person.scopes)]
        first = year.rng.randrange(max(1, len(held) - 40))
        for step, dossier in enumerate(held[first : first + year.rng.randint(18, 45)]):
            year.plant(person, dossier, midnight(day) + 9 * 3600 + step * year.rng.randint(60, 400))


def _slow(year: Year, person: Person, day: int, off: bool) -> None:
    """A dossier every other day, of any unit of a fixed foreign set."""
    foreign = Random(person.id).sample(year.units, 4)
    if not off and year.rng.random() < 0.5:
        year.plant(person, year.rng.choice(year.held[year.rng.choice(foreign)]), _office(year, day))


def _false_task(year: Year, person: Person, day: int, off: bool) -> None:
    """Cites a true open task of the unit for dossiers the task has nothing to do with."""
    foreign = Random(person.id).sample(year.units, 5)
    if not off and year.rng.random() < 0.5:
        unit = year.rng.choice(foreign)
        year.plant(person, year.rng.choice(year.held[unit]), _office(year, day), year._task(unit, day))


def _night(year: Year, person: Person, day: int, off: bool) -> None:
    """Colleagues of the own unit, at night and on days off."""
    if year.rng.random() < 0.2:
        hour = year.rng.uniform(20, 23.5) if not off else year.rng.uniform(9, 22)
        year.plant(person, year.rng.choice(year.held[person.unit]), midnight(day) + int(hour * 3600))


def _exporter(year: Year, person: Person, day: int, off: bool) -> None:
    """Reads in the own scope and takes a copy away."""
    if not off and year.rng.random() < 0.25:
        unit = year.rng.choice(person.scopes)
        task = year._task(unit, day) if year.rng.random() < 0.3 else ""
        year.plant(person, year.rng.choice(year.held[unit]), _office(year, day), task, taken=True)


def _leaver(year: Year, person: Person, day: int, off: bool) -> None:
    """Moved to another unit, and still reads what the old one holds, sometimes from a second machine."""
    if person.left is None:
        old = person.scopes
        place = year.rng.randrange(len(year.units))
        person.left = (day, old[0])
        person.unit, person.scopes = year.units[place], [year.units[place]]
        person.recent = []
    if not off and year.rng.random() < 0.3:
        other = "10.9.9.9" if year.rng.random() < 0.3 else ""
        year.plant(person, year.rng.choice(year.held[person.left[1]]), _office(year, day), address=other)


_SNOOPING = {
    "vip": _vip, "relative": _relative, "harvest": _harvest, "slow": _slow, "false_task": _false_task,
    "night": _night, "exporter": _exporter, "leaver": _leaver,
}  # fmt: skip


def write(year: Year, path: Path) -> int:
    """Lives the year and writes its rows; how many."""
    base = sqlite3.connect(path)
    base.execute("PRAGMA journal_mode=OFF")
    base.execute(f"CREATE TABLE reads (seq INTEGER PRIMARY KEY, {COLUMNS})")
    for day in range(365):
        year.live(day)
        if len(year.rows) > 200_000 or day == 364:
            year.rows.sort(key=lambda row: row[0])  # type: ignore[arg-type,return-value]
            base.executemany(INSERT, year.rows)
            year.rows.clear()
    base.execute("CREATE INDEX at ON reads (at)")
    base.commit()
    total: int = base.execute("SELECT count(*) FROM reads").fetchone()[0]
    base.close()
    return total


def reads_of(base: sqlite3.Connection, day: int) -> list[Read]:
    """The readings of one local day, in order."""
    found = base.execute(SELECT, (midnight(day), midnight(day + 1)))
    return [
        Read(seq, at, account, role, kind, dossier, unit, 0, address, task, key, label)
        for seq, at, account, role, kind, dossier, unit, address, task, key, label in found
    ]
