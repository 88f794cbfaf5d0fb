"""How quickly the structured record answers for a whole province: pages, criteria, a roster taken away.

``python -m benchmarks.records --home DIR [--cadres 100000]`` builds an invented installation there (seeded; an
installation that is there already is used as it is) and measures through the real services, rules and journal rows
included. It prints ratios to the targets first, then the figures and the machine; it asserts nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import text

from benchmarks import record_world
from oms.domain.access import Principal
from oms.domain.criteria import Condition, Criteria, Group
from oms.domain.rosters import SHIPPED, Layout
from oms.services import accounts, criteria, custody, record, reports, roster_export, rosters
from oms.services.house import House
from oms.store.criteria import Part
from oms.store.reports import Scope

NOW = record_world.START
COLUMNS = (*SHIPPED["co-ban"].columns, "age", "rank_code", "salary_coefficient")
TARGETS = {"criteria": 300.0, "page": 300.0}


def _c(what: str, op: str, **said: str) -> Condition:
    return Condition(what, op, said)


def _all(*parts: Condition | Group) -> Criteria:
    return Criteria(Group("all", parts))


QUESTIONS: dict[str, Criteria] = {
    "the issue's example": _all(
        _c("sex", "in", codes="nu"), _c("age", "lt", value="40"), _c("qualification", "ge", code="thac_si"),
        _c("theory", "ge", code="cao_cap"),
        _c("held", "is", codes="bi_thu_dang_uy_xa", level="xa", until="2020"), _c("planned", "no"),
    ),
    "sex": _all(_c("sex", "in", codes="nu")),
    "age between": _all(_c("age", "between", value="30", to="35")),
    "either of two levels": Criteria(
        Group("any", (_c("theory", "ge", code="cao_cap"), _c("qualification", "ge", code="tien_si")))
    ),
    "not any, Party age": _all(
        Group("any", (_c("ethnicity", "in", codes="01"), _c("planned", "yes")), True),
        _c("party_age", "ge", value="10"),
    ),
    "unit, working": _all(_c("unit", "under", path="1/2"), _c("working", "yes")),
    "post held, months": _all(_c("held", "is", codes="truong_phong", months="36")),
    "post of a level held since": _all(_c("held", "is", level="xa", since="2015")),
    "ratings of three years": _all(_c("ratings", "in", codes="xuat_sac", times="2", years="3")),
    "training of a kind": _all(_c("training", "is", kind="ly_luan", award="thac_si")),
    "words in training": _all(_c("words", "has", item="training", text="luat"), _c("sex", "in", codes="nu")),
}  # fmt: skip


@dataclass(frozen=True)
class Taken:
    """Milliseconds of some runs by the clock and of CPU, and what the last one found."""

    times: list[float]
    cpu: list[float]
    found: int

    @property
    def p95(self) -> float:
        return sorted(self.times)[max(0, round(len(self.times) * 0.95) - 1)]


def timed(runs: int, act: Callable[[], int]) -> Taken:
    """The act once to warm up, then so many times."""
    act()
    times, cpu, found = [], [], 0
    for _ in range(runs):
        before, used = time.perf_counter(), time.process_time()
        found = act()
        times.append((time.perf_counter() - before) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    return Taken(times, cpu, found)


def _ask(house: House, who: Principal, asked: Criteria) -> int:
    with house.work(who, NOW) as uow:
        return criteria.run(uow, who, asked, Part(50), NOW).counted.sure


def _pages(house: House, who: Principal, runs: int, seed: int) -> dict[str, Taken]:
    chance = random.Random(seed)
    with house.work(who, NOW) as uow:
        total = custody.list_dossiers(uow, who, "", "", "", 1, 0, NOW)[1]
        rows = [custody.list_dossiers(uow, who, "", "", "", 1, chance.randrange(total), NOW)[0][0] for _ in range(10)]
        for row in rows:
            custody.open_dossier(uow, who, row.dossier.id, "quy_hoach", "", "đo tốc độ của lý lịch", 600, NOW)

    def open_one() -> int:
        dossier_id = chance.choice(rows).dossier.id
        with house.work(who, NOW) as uow:
            custody.read_dossier(uow, who, dossier_id, NOW)
            return len(record.facts_of(uow, who, dossier_id))

    def list_some() -> int:
        with house.work(who, NOW) as uow:
            return custody.list_dossiers(uow, who, "", "", "", 50, 0, NOW)[1]

    return {"a dossier with its facts": timed(runs, open_one), "the list of dossiers": timed(runs, list_some)}


def _reports(house: House, runs: int) -> dict[str, Taken]:
    with house.look() as uow:
        leader = accounts.principal_named(uow, "leader")

    def view(kind: str) -> int:
        with house.work(leader, NOW) as uow:
            return reports.view(uow, leader, kind, Scope(NOW.date()), NOW).people

    return {f"report {kind}": timed(runs, lambda k=kind: view(k)) for kind in ("bm02", "structure")}  # type: ignore[misc]


def _export(house: House, who: Principal) -> tuple[float, int, float]:
    """Seconds, bytes and the process's peak memory in MB for everybody in fifteen columns as Excel."""
    wanted = rosters.Wanted(Layout("Toàn tỉnh", COLUMNS), Criteria())
    purpose = rosters.Purpose("quy_hoach", "đo tốc độ xuất trích ngang")
    taking = rosters.Export("xlsx", purpose, lambda made: roster_export.workbook(made, "Tỉnh mẫu", "02/11/2026"))
    before, used = time.perf_counter(), time.process_time()
    size = len(rosters.export(house, who, wanted, taking, NOW))
    print(f"roster: {time.process_time() - used:.1f} s of CPU")
    return time.perf_counter() - before, size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Builds where nothing is, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--cadres", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--no-export", action="store_true")
    asked = parser.parse_args()
    house = record_world.prepare(asked.home)
    with house.look() as uow:
        held = uow.session.scalar(text("SELECT count(*) FROM dossiers")) or 0
        who = accounts.principal_named(uow, "officer")
    if not held:
        built = record_world.fill(house, asked.cadres, asked.seed, time.perf_counter, lambda done: None)
        with house.work(None, NOW) as uow:
            uow.session.execute(text("ANALYZE"))
        print(f"built: {asked.cadres} cadres, {built.facts} facts in {built.seconds:.0f} s")
    answers = {name: timed(asked.runs, lambda q=q: _ask(house, who, q)) for name, q in QUESTIONS.items()}  # type: ignore[misc]
    pages = _pages(house, who, asked.runs, asked.seed)
    print("of the target of 300 ms | p95 ms | median ms | median CPU ms | found")
    for name, taken in (*answers.items(), *pages.items(), *_reports(house, max(3, asked.runs // 4)).items()):
        print(f"{taken.p95 / 300:5.2f} | {taken.p95:6.0f} | {statistics.median(taken.times):6.0f} | "
              f"{statistics.median(taken.cpu):6.0f} | {taken.found:7d} | {name}")  # fmt: skip
    if not asked.no_export:
        seconds, size, peak = _export(house, who)
        print(f"roster of everybody, {len(COLUMNS)} columns, Excel: {seconds:.1f} s, {size} bytes, peak {peak:.0f} MB")
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f}")


if __name__ == "__main__":
    main()
