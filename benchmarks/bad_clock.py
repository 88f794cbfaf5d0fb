"""``clock``: the machine's wall clock jumps forward and back while people work and a worker dies now and then."""

from __future__ import annotations

import random
import struct
import subprocess
import time
from collections import Counter
from pathlib import Path

from benchmarks.bad_clients import Client, Ledger, Work
from benchmarks.bad_house import ROOT, Installation, fresh, killed, made
from benchmarks.bad_judge import all_read, checked, judged, settle, today

JUMPS = (1, 3, 30, 90, 600, 3600, 86_400, 30 * 86_400)
"""Seconds, forward or back."""
KILL_EVERY = 5
PATIENCE = 40.0


class Clock:
    """One installation whose wall clock is a file."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.file, shim = fresh(folder) / "clock", folder / "bad_clock.so"
        self.chance, self.by = random.Random(seed), 0.0
        self.set(0.0)
        source = ROOT / "benchmarks" / "bad_clock.c"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", str(shim), str(source), "-ldl"], check=True)
        office = made(folder / "home")
        self.there = Installation(folder / "home", {"LD_PRELOAD": str(shim), "BAD_CLOCK": str(self.file)})
        self.ledger = Ledger(folder / "ledger.jsonl")
        self.there.start()
        self.people = {
            name: Work(Client(self.there.port, name, office.password, self.ledger), office, folder / "home")
            for name in ("officer", "clerk")
        }
        self.jumps, self.wrong, self.again = Counter[str](), list[str](), 0

    def set(self, seconds: float) -> None:
        """The wall clock stands so many seconds from the true one."""
        self.by = seconds
        if not self.file.exists():
            self.file.write_bytes(struct.pack("d", seconds))
            return
        with self.file.open("r+b") as file:
            file.write(struct.pack("d", seconds))

    def jump(self) -> None:
        """One jump; then everybody works as before, signing in anew where their session is over."""
        size = self.chance.choice(JUMPS) * self.chance.choice((1, -1))
        if not -86_400 * 2 <= self.by + size <= 86_400 * 60:  # never before the installation was made
            size = -size
        self.set(self.by + size)
        self.jumps["forward" if size > 0 else "back"] += 1
        if self.jumps.total() % KILL_EVERY == 0:
            for number in self.there.programs().get("work", [])[:1]:
                killed(number)
        for name, acts in (("officer", ("register", "read", "search")), ("clerk", ("upload", "drop"))):
            for act in acts:
                self._acts(name, act, size)

    def _acts(self, name: str, act: str, size: float) -> None:
        work, until = self.people[name], time.monotonic() + PATIENCE
        while True:
            answer = getattr(work, act)() if work.client.token else None
            if work.client.token and (
                answer is None or (answer.status in (200, 302, 303) and not work.client.lost(answer))
            ):
                return
            if answer is not None and answer.status == 500:
                self.wrong.append(f"{act} after a jump of {size} s: 500")
            if time.monotonic() > until:
                self.wrong.append(f"{act} after a jump of {size} s: not possible in {PATIENCE:.0f} s: {answer}")
                return
            if answer is None or work.client.lost(answer):
                self.again += work.client.sign_in()
            time.sleep(0.3)


def campaign(folder: Path, rounds: int, database: str, seed: int) -> int:
    """So many jumps; 1 when anything was wrong."""
    if database != "sqlite":
        raise SystemExit("clock: SQLite alone")
    begun, clock = time.monotonic(), Clock(folder, seed)
    try:
        while clock.jumps.total() < rounds:
            clock.jump()
            if clock.jumps.total() % 25 == 0:
                settle(clock.there)
                clock.wrong += judged(clock.there, clock.ledger).wrong()
                print(
                    f"  {clock.jumps.total()} jumps, {len(clock.wrong)} wrong, {time.monotonic() - begun:.0f} s",
                    flush=True,
                )
        hung = not all_read(clock.there, 240)
        clock.there.stop()
        verdict = judged(clock.there, clock.ledger)
        clock.wrong += verdict.wrong() + checked(clock.there) + (["scans hang"] if hung else [])
    finally:
        clock.there.kill_all()
    print(f"\nclock, {today()}, seed {seed}: {dict(clock.jumps)} in {time.monotonic() - begun:.0f} s, "
          f"signed in anew {clock.again} times")  # fmt: skip
    print(f"acknowledged {dict(verdict.acknowledged)}; lost {len(verdict.lost)}, unlogged {len(verdict.unlogged)}, "
          f"corrupt {len(verdict.corrupt)}, half {len(verdict.half)}; pages {dict(verdict.pages)}")  # fmt: skip
    for each in clock.wrong:
        print(f"WRONG {each}")
    return 1 if clock.wrong else 0
