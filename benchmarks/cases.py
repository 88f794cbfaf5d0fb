"""How quickly the office's work is shown: home pages, lists, a year's figures, files; over 200,000 cases.

``python -m benchmarks.cases [--cases 200000] [--home DIR] [--runs 20]`` builds an invented office in a temporary
folder that stays (seeded; what is there already is used as it is) and asks the real pages as signed-in people
do, journal rows included. The peer of the figures is one plain ``GROUP BY`` over the table without any right. It
prints ratios to the targets first; it asserts nothing.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import text
from werkzeug.test import Client

from benchmarks import case_world
from benchmarks.records import Taken, timed
from oms import create_app
from oms.services.house import House

TARGETS = {"home": 150.0, "year": 1000.0}
PAGES = {
    "home, leader of everything": ("leader", "/", "home"),
    "home, officer of everything": ("officer", "/", "home"),
    "home, officer of a unit": ("nguoi0", "/", "home"),
    "home, clerk": ("clerk", "/", "home"),
    "cases in my hand": ("nguoi0", "/ho-so-cong-viec", ""),
    "every open case": ("leader", "/ho-so-cong-viec?pham-vi=don-vi", ""),
    "board": ("leader", "/ho-so-cong-viec/bang", ""),
    "year by unit": ("leader", "/thong-ke?ky=2025&theo=don-vi", "year"),
    "year by procedure": ("leader", "/thong-ke?ky=2025&theo=thu-tuc", "year"),
    "year by person": ("leader", "/thong-ke?ky=2025&theo=nguoi", "year"),
    "year of a unit": ("leader", "/thong-ke?ky=2025&don_vi=1/2", "year"),
    "year, my own": ("nguoi0", "/thong-ke/cua-toi?ky=2025", "year"),
    "month by unit": ("leader", "/thong-ke?ky=2025-11", ""),
    "late cases of a year": ("leader", "/thong-ke/ho-so-cong-viec?ky=2025&so=late", ""),
    "digitised, checked": ("leader", "/thong-ke/so-hoa?ky=2025", "year"),
}
"""Name → whose page, its address, which target it has."""
PEER = "SELECT unit_id, state, late_days > 0, count(*) FROM cases WHERE ended_on BETWEEN :a AND :b GROUP BY 1, 2, 3"


def made(home: Path, number: int, seed: int) -> House:
    """The office of so many cases; made when it is not there yet."""
    house = case_world.prepare(home)
    with house.look() as uow:
        there = uow.session.execute(text("SELECT count(*) FROM cases")).scalar_one()
    if not there:
        case_world.Filling(house, number, seed).fill()
        case_world.journal_rows(house, number // 20)
    return house


def clients(house: House) -> Callable[[str], Client]:
    """Signed-in people, each once."""
    app = create_app(house.settings, lambda: case_world.NOW)
    app.config["WTF_CSRF_ENABLED"] = False
    known: dict[str, Client] = {}

    def of(username: str) -> Client:
        if username not in known:
            client = known[username] = app.test_client()
            done = client.post("/dang-nhap", data={"username": username, "password": case_world.PASSWORD})
            if done.status_code != 302 or client.get("/").status_code != 200:
                raise SystemExit(f"{username} is not let in")
        return known[username]

    return of


def taken(house: House, runs: int) -> dict[str, Taken]:
    """Each page so many times; a page that is not there is left out."""
    of = clients(house)
    gc.collect()
    gc.freeze()  # as every web process does once it is warm (oms.web.warm)
    found = {}
    for name, (who, address, _target) in PAGES.items():
        client = of(who)
        if client.get(address).status_code == 200:
            found[name] = timed(runs, lambda client=client, address=address: len(client.get(address).data))
    for form in ("xlsx", "pdf"):
        sent = {"ky": "2025", "theo": "don-vi", "dang": form, "purpose": "đo tốc độ xuất thống kê"}
        found[f"year by unit, {form}"] = timed(
            3, lambda sent=sent: len(of("leader").post("/thong-ke/xuat", data=sent).data)
        )
    return found


def peer(house: House, runs: int) -> Taken:
    """A plain count of a year by unit, as somebody who may see everything would write it."""

    def ask() -> int:
        with house.look() as uow:
            return len(uow.session.execute(text(PEER), {"a": "2025-01-01", "b": "2025-12-31"}).all())

    return timed(runs, ask)


def main() -> None:
    """Builds, measures, prints."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--cases", type=int, default=200_000)
    wanted.add_argument("--home", type=Path, default=None)
    wanted.add_argument("--runs", type=int, default=20)
    wanted.add_argument("--seed", type=int, default=8)
    given = wanted.parse_args()
    home = given.home or Path(tempfile.gettempdir()) / f"oms-cases-{given.cases}-{given.seed}"
    house = made(home, given.cases, given.seed)
    try:
        found = taken(house, given.runs)
        plain = peer(house, given.runs)
    finally:
        house.database.close()
    print("| page | target : p95 | p95 ms | CPU p50 ms | to the plain count |")
    print("|---|---|---|---|---|")
    for name, each in found.items():
        target = TARGETS.get(PAGES[name][2] if name in PAGES else "", 0.0)
        ratio = f"{target / each.p95:.1f}" if target else "-"
        cpu = sorted(each.cpu)[len(each.cpu) // 2]
        print(f"| {name} | {ratio} | {each.p95:.0f} | {cpu:.0f} | {each.p95 / plain.p95:.1f} |")
    print(f"| (plain GROUP BY, no rights) | - | {plain.p95:.0f} | - | 1.0 |")
    load = os.getloadavg()[0]
    print(f"\n{given.cases} cases, {given.runs} runs; {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}")


if __name__ == "__main__":
    main()
