"""Unusual reading: how much honest reading is explained, and where planted snoopers stand in the reviewer's queue.

A synthetic year – offices, tasks, work, cover for colleagues, forgotten citations, evenings before an election – is
written into a journal-like table, then taken in day by day through the functions the product uses (``judge``,
``Grounds``, ``DaysBefore``, ``Footing``, ``Peers``). Sixty persons snoop in eight ways among their honest work.

    python -m benchmarks.snooping --users 500 --reads 3000000 --snoopers 60 --seed 1 --set base
    python -m benchmarks.snooping --set shifted --seed 77

The rules know nothing of the generator: it fixes no threshold of theirs, and ``shifted`` changes all its own.
"""

from __future__ import annotations

import argparse
import resource
import sqlite3
import tempfile
import time
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

from benchmarks.snooping_year import DAY, FIRST, HOLIDAYS, KINDS, SETS, Year, midnight, reads_of, write
from oms.domain.day_review import PersonDay, judge
from oms.domain.footing import Footing, Seen
from oms.domain.sightings import Ground, Grounds, Read
from oms.domain.unusual import QUEUED_FROM, Facts, Habit, Item, in_days_before
from oms.domain.working_days import Calendar
from oms.services.review_peers import Peers


class Desk:
    """Takes the year in day by day, as the product does."""

    def __init__(self, year: Year) -> None:
        self.year = year
        self.past: list[tuple[str, str, str, int, int, int]] = []
        self.seen: list[tuple[str, str, str, str, str, bool, bool]] = []
        self.open_seen: list[tuple[str, str, str]] = []
        self.units: dict[str, set[str]] = defaultdict(set)
        self.last: dict[str, str] = {}
        self.active: list[Ground] = []
        self.peers, self.footing = Peers([]), Footing([])
        self.items: list[Item] = []
        self.honest = self.explained = self.reads = self.accesses = 0
        self.rules: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.by_ground: dict[str, int] = defaultdict(int)

    def take(self, day: int, reads: list[Read]) -> None:
        """Judges one day."""
        name, start = (FIRST + timedelta(days=day)).isoformat(), midnight(day)
        self.active = [each for each in self.active if each.until >= start] + self._begun(day)
        if not reads:
            return
        grounds = Grounds(each for each in self.active if each.since < start + DAY)
        if day % 7 == 0:
            self._learn(day)
        judged = judge(
            name,
            reads,
            grounds,
            self._habits(day, {read.account for read in reads}),
            self._facts(day, reads),
            {},
            self.peers.unlike,
        )
        for person in judged:
            self._keep(person)

    def _begun(self, day: int) -> list[Ground]:
        # work done tomorrow explains today's reading when the day is looked at again: take a week ahead
        ahead = range(8) if day == 0 else (day + 7,)
        return [ground for each in ahead for ground in self.year.grounds.get(each, ())]

    def _learn(self, day: int) -> None:
        first = (FIRST + timedelta(days=day - 90)).isoformat()
        self.seen = [each for each in self.seen if each[0] >= first]
        counts: dict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        for _day, account, role, dossier, unit, answered, in_round in self.seen:
            count = counts[account, role, dossier, unit]
            for place, adds in enumerate((True, answered, in_round)):
                count[place] += adds
        seen = [Seen(*key, *count) for key, count in counts.items()]
        self.peers, self.footing = Peers(seen), Footing(seen)

    def _habits(self, day: int, accounts: set[str]) -> dict[str, Habit]:
        first = (FIRST + timedelta(days=day - 90)).isoformat()
        self.past = [each for each in self.past if each[2] >= first]
        before = in_days_before(self.past, (FIRST + timedelta(days=day - 30)).isoformat())
        return {
            each.id: before.habit(
                each.id, each.role, last_active=self.last.get(each.id, ""), units=frozenset(self.units[each.id]),
                scopes=("1",), unit=each.unit_on(day), left=each.left_by(day), standing=self.footing.of(each.id),
            )
            for each in self.year.people
            if each.id in accounts
        }  # fmt: skip

    def _facts(self, day: int, reads: list[Read]) -> Facts:
        first = (FIRST + timedelta(days=day - 6)).isoformat()
        self.open_seen = [each for each in self.open_seen if each[0] >= first]
        who: dict[str, set[str]] = defaultdict(set)
        for _day, account, dossier in self.open_seen:
            who[dossier].add(account)
        homes = {each.id: each.home for each in self.year.people}
        same = {
            (read.account, read.dossier)
            for read in reads
            if read.dossier[0] == "d" and self.year.home_of[int(read.dossier[1:])] == homes[read.account]
        }
        return Facts(
            calendar=Calendar(HOLIDAYS), watched=self.year.watched, kin=frozenset(self.year.kin),
            namesakes=frozenset(same), seekers={dossier: len(people) for dossier, people in who.items()}, settled=True,
        )  # fmt: skip

    def _keep(self, person: PersonDay) -> None:
        day, account = person.day, person.account
        planted = self.year.planted.get((account, day), set())
        self.past.append((account, person.role, day, len(person.accesses), person.peak, person.odd))
        self.last[account] = day
        for access in person.accesses:
            answered = bool(access.named)
            self.seen.append(
                (day, account, person.role, access.dossier, access.unit, answered, access.in_round and not answered)
            )
            self.units[account].add(access.unit)
            self.reads += len(access.reads)
            self.accesses += 1
            for rule, _ref in access.grounds:
                self.by_ground[rule] += 1
            if access.unexplained:
                self.open_seen.append((day, account, access.dossier))
            if access.dossier not in planted:
                self.honest += len(access.reads)
                self.explained += access.named + access.broad
        self.items += person.items
        for item in person.items:
            for signal in item.signals:
                self.rules[signal.rule][0] += 1
                self.rules[signal.rule][1] += self.hit(item)

    def hit(self, item: Item) -> bool:
        """Whether an item is one that a reviewer should find."""
        planted = self.year.planted.get((item.account, item.day), set())
        return bool(planted) and (not item.dossier or item.dossier in planted)


def _share(found: set[str], of: set[str]) -> str:
    return f"{len(found)}/{len(of)} = {100 * len(found) / max(1, len(of)):.0f} %"


def _print(desk: Desk, year: Year, rows: int, made: float, taken: float) -> None:
    ranked = sorted(desk.items, key=lambda item: -item.score)
    queued = [item for item in ranked if item.score >= QUEUED_FROM]
    top = ranked[: max(1, len(ranked) // 100)]
    days: dict[str, list[Item]] = defaultdict(list)
    for item in queued:
        days[item.day].append(item)
    seen = [item for found in days.values() for item in found[:30]]
    active = {account for account, _day in year.planted}
    caught = {item.account for item in top if desk.hit(item)}
    morning = {item.account for item in seen if desk.hit(item)}
    sizes = sorted(len(found) for found in days.values())
    print(f"readings {rows:,}; made in {made:.0f} s, taken in in {taken:.0f} s ({rows / taken:,.0f} a second); "
          f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")  # fmt: skip
    print(f"honest readings explained       {100 * desk.explained / desk.honest:6.2f} %")
    print(f"person-dossier-days {desk.accesses:,}; scored {len(ranked):,}; score >= {QUEUED_FROM}: {len(queued):,}")
    wide = {item.account for item in ranked[: desk.accesses // 100] if desk.hit(item)}
    print(f"snoopers in the top 1 % of scored items          {_share(caught, active)}")
    print(f"snoopers in the top 1 % of all person-dossier-days {_share(wide, active)}")
    print(f"snoopers in a morning's 30                       {_share(morning, active)}")
    print(f"queued items a working day      mean {len(queued) / 250:.1f}, median {sizes[len(sizes) // 2]}, "
          f"95 % {sizes[int(len(sizes) * 0.95)]}, most {sizes[-1]}")  # fmt: skip
    for kind in KINDS:
        own = {account for account in active if year.kind_of[account] == kind}
        print(f"  {kind:12} {_share(own & caught, own)}, {_share(own & wide, own)}, {_share(own & morning, own)}")
    print("rule            fired   on snooping")
    for rule, (fired, right) in sorted(desk.rules.items(), key=lambda each: -each[1][0]):
        print(f"  {rule:14} {fired:7}  {100 * right / fired:5.1f} %")
    print(
        "explained by    "
        + ", ".join(f"{rule} {n:,}" for rule, n in sorted(desk.by_ground.items(), key=lambda e: -e[1]))
    )


def main() -> None:
    """Makes a year, takes it in, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=500)
    parser.add_argument("--reads", type=int, default=3_000_000)
    parser.add_argument("--snoopers", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", choices=sorted(SETS), default="base")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        year = Year(SETS[asked.set], asked.users, asked.reads, asked.snoopers, asked.seed)
        path = Path(folder) / "year.db"
        rows = write(year, path)
        made = time.perf_counter() - begun
        desk, begun = Desk(year), time.perf_counter()
        base = sqlite3.connect(path)
        for day in range(365):
            desk.take(day, reads_of(base, day))
        _print(desk, year, rows, made, time.perf_counter() - begun)
        base.close()


if __name__ == "__main__":
    main()
