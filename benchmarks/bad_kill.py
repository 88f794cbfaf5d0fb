"""``kill``: signal 9 to each program at random moments while people work."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from statistics import median

from benchmarks.bad_clients import Crowd, Ledger
from benchmarks.bad_house import Installation, Server, fresh, killed, made
from benchmarks.bad_judge import all_read, checked, judged, settle, today

TARGETS = {"web": 10.0, "web master": 1.0, "work": 4.0, "work master": 2.0, "watch": 3.0, "index": 3.0, "seal": 4.0,
           "reader": 3.0, "everything": 0.4, "serve": 0.4, "backend": 4.0, "postmaster": 0.6}  # fmt: skip
"""How often each is chosen; ``reader``: a child of a worker (Tesseract's, the sandbox's)."""
A_ROUND = 20


class Kills:
    """One installation under fire."""

    def __init__(self, folder: Path, database: str, seed: int) -> None:
        self.server = Server.of(database)
        self.there = Installation(fresh(folder) / "home", dict(self.server.settings))
        self.office = made(self.there.home, self.server.settings)
        self.ledger = Ledger(folder / "ledger.jsonl")
        self.chance, self.done = random.Random(seed), Counter[str]()
        self.wrong: list[str] = []
        self.failed = 0

    def one(self) -> None:
        """One kill of what happens to run."""
        running = self.there.programs()
        server = () if self.server.there is None else ("backend", "postmaster")
        names = [name for name in TARGETS if name in ("everything", "serve", *server) or running.get(self._of(name))]
        name = self.chance.choices(names, [TARGETS[each] for each in names])[0]
        if name == "everything":
            self.there.kill_all()
            self.there.start()
        elif name == "serve":
            assert self.there.running is not None
            killed(self.there.running.pid)
            self.there.running.wait()
            self.there.start()
        elif name == "postmaster":
            self.server.fall()
        elif name == "backend":
            found = self.server.backends()
            if not found or not killed(self.chance.choice(found)):
                return
        elif not killed(self.chance.choice(running[self._of(name)])):
            return
        self.done[name] += 1

    @staticmethod
    def _of(name: str) -> str:
        return "other" if name == "reader" else name

    def round(self, kills: int, crowd: Crowd) -> None:
        """Some kills while people work, then the judge, while the installation runs."""
        since, before = len(self.ledger.lines()), self.done.total()
        while self.done.total() - before < kills:
            time.sleep(self.chance.uniform(0.02, 0.8))
            self.one()
        crowd.hold()
        self.there.ready(time.monotonic())
        self.there.starts.pop()
        settle(self.there)
        verdict = judged(self.there, self.ledger, since)
        self.wrong += [f"after kill {self.done.total()}: {each}" for each in verdict.wrong()]
        crowd.go()


def campaign(folder: Path, rounds: int, database: str, seed: int) -> int:
    """So many kills (``--rounds``); prints what came of them; 1 when anything was wrong."""
    begun, kills = time.monotonic(), Kills(folder, database, seed)
    kills.there.start()
    crowd = Crowd(kills.there, kills.office, kills.ledger)
    crowd.begin()
    try:
        while kills.done.total() < rounds:
            kills.round(min(A_ROUND, rounds - kills.done.total()), crowd)
            print(
                f"  {kills.done.total()} kills, {len(kills.wrong)} wrong, {time.monotonic() - begun:.0f} s", flush=True
            )
        crowd.end()
        hung = not all_read(kills.there, 300)
        kills.there.stop()
        verdict = judged(kills.there, kills.ledger)
        kills.wrong += verdict.wrong() + checked(kills.there) + (["scans hang"] if hung else [])
    finally:
        kills.there.kill_all()
        kills.server.stop()
    print(f"\nkill, {database}, {today()}, seed {seed}: {kills.done.total()} kills in {time.monotonic() - begun:.0f} s")
    print("| killed | times |\n|---|---|")
    for name, times in kills.done.most_common():
        print(f"| {name} | {times} |")
    starts = kills.there.starts
    print(f"\nacknowledged: {dict(verdict.acknowledged)}; answers by status: {dict(sorted(crowd.answers().items()))}")
    print(f"lost {len(verdict.lost)}, unlogged {len(verdict.unlogged)}, corrupt {len(verdict.corrupt)}, "
          f"half {len(verdict.half)}; pages {dict(verdict.pages)}")  # fmt: skip
    print(f"start to ready: {len(starts)} starts, median {median(starts):.1f} s, most {max(starts):.1f} s")
    for each in kills.wrong:
        print(f"WRONG {each}")
    return 1 if kills.wrong else 0
