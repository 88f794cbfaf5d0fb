"""``full``: each place an installation writes to is a small disk of its own, filled to the last bytes, then freed."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bad_clients import Answer, Client, Ledger, Work
from benchmarks.bad_house import Installation, Office, fresh, made
from benchmarks.bad_judge import all_read, checked, judged, settle, today

PLACES = {"home": 160, "home/vault": 48, "home/keys": 24, "home/index": 24, "home/intake": 24, "home/witness": 8,
          "copy": 48}  # fmt: skip
"""Folders that are disks of so many MiB."""
LEFT = (0, 0, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288)
"""Bytes that are left free, drawn for each point: so that the disk is full at another write of the same act."""
WELL = (200, 302, 303, 404)
CLEAR = (503, 507)
FILLER = "filler"


def mount(folder: Path, mib: int) -> None:
    """A small disk in memory."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    asked = ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=700", "tmpfs", str(folder)]
    subprocess.run(asked, check=True)


@contextmanager
def disks(folder: Path) -> Iterator[None]:
    """All the small disks, gone afterwards."""
    wanted = [(folder / name, mib) for name, mib in PLACES.items()]
    try:
        for path, mib in wanted:
            mount(path, mib)
        yield
    finally:
        for path, _mib in reversed(wanted):
            subprocess.run(["umount", "-l", str(path)], check=False, stderr=subprocess.DEVNULL)


def fill(folder: Path, left: int) -> None:
    """Fills a disk until ``left`` bytes are free."""
    room = os.statvfs(folder)
    wanted = room.f_bavail * room.f_frsize - left
    with (folder / FILLER).open("wb") as file:
        while wanted > 0:
            try:
                os.posix_fallocate(file.fileno(), file.tell(), wanted)
                break
            except OSError:
                wanted -= 4096


def free(folder: Path) -> None:
    """Gives the room back."""
    (folder / FILLER).unlink(missing_ok=True)


@dataclass
class Told:
    """What came back, by place and act."""

    answers: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)

    def take(self, place: str, act: str, answer: Answer | None, client: Client) -> None:
        """One answer; anything but done, 503 or 507 is wrong."""
        if answer is None:
            return
        self.answers[place, act, answer.status] += 1
        if answer.status in CLEAR and client.told:
            self.words[f"{client.told[-1][0]} {client.told[-1][1][:160]}"] += 1
        if answer.status not in (*WELL, *CLEAR):
            said = client.told[-1][1][:200] if client.told else ""
            self.wrong.append(f"{place} full: {act} answered {answer.status} {said}")


class Full:
    """One installation on small disks."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.chance = folder, random.Random(seed)
        self.there = Installation(folder / "home", {"OMS_VAULT_COPY": str(folder / "copy")})
        self.office: Office = made(self.there.home, {"OMS_VAULT_COPY": str(folder / "copy")})
        self.ledger, self.told, self.points = Ledger(folder / "ledger.jsonl"), Told(), 0
        self.people = {name: self._signed_in(name) for name in ("officer", "clerk")} if self.there.start() else {}

    def _signed_in(self, name: str) -> Work:
        client = Client(self.there.port, name, self.office.password, self.ledger)
        while not client.sign_in():
            time.sleep(0.5)
        return Work(client, self.office, self.there.home)

    def acts(self) -> dict[str, Callable[[], Answer | None]]:
        """What people do while a disk is full."""
        officer, clerk = self.people["officer"], self.people["clerk"]
        return {"register": officer.register, "upload": clerk.upload, "read": officer.read, "search": officer.search,
                "drop": clerk.drop, "export": self._export, "sign in": self._sign_in}  # fmt: skip

    def _export(self) -> Answer:
        words = {"ky": "2026", "theo": "don-vi", "dang": "xlsx", "purpose": "báo cáo tháng của cơ quan"}
        return self.people["officer"].client.form("/thong-ke/xuat", words)

    def _sign_in(self) -> Answer:
        client = Client(self.there.port, "leader", self.office.password, self.ledger)
        page = client.ask("GET", "/dang-nhap")
        if page.status != 200 or not client.sign_in():
            return Answer(next((status for status, _words in client.told), page.status))
        return page

    def point(self, place: str) -> None:
        """Fills one place, lets people act, frees it, and looks whether everything goes on by itself."""
        disk, left = self.folder / place, self.chance.choice(LEFT)
        self.people["clerk"].drop()
        fill(disk, left)
        try:
            for name in self.chance.sample(sorted(self.acts()), 4):
                act = self.acts()[name]
                client = self.people["clerk" if name in ("upload", "drop") else "officer"].client
                self.told.take(place, name, act(), client)
        finally:
            free(disk)
        self.points += 1
        again = self.people["officer"].register()
        if again.status not in (302, 303):
            self.told.wrong.append(f"{place} freed: register still answers {again.status}")

    def look(self) -> None:
        """The judge, while everything runs."""
        settle(self.there)
        for each in judged(self.there, self.ledger).wrong():
            self.told.wrong.append(f"after point {self.points}: {each}")


COMMANDS = (
    ("check",),
    ("journal", "export", "--out", "{}"),
    ("rebuild-index",),
    ("vault", "check"),
    ("journal", "seal"),
)


def commands(full: Full) -> list[str]:
    """The operator's commands on a full disk: refused in words, never with a trace; all well afterwards."""
    found = []
    for place in ("home", "home/index", "home/witness"):
        for number, words in enumerate(COMMANDS):
            target = str(full.there.home / f"export-{number}.jsonl")
            fill(full.folder / place, 0)
            try:
                done = full.there.command(*(each.format(target) for each in words))
            finally:
                free(full.folder / place)
            Path(target).unlink(missing_ok=True)
            full.points += 1
            if "Traceback" in done.stderr:
                last = done.stderr.strip().splitlines()[-1]
                found.append(f"{place} full: oms {' '.join(words)} ended with a trace: {last[:200]}")
    return found


def campaign(folder: Path, rounds: int, database: str, seed: int) -> int:
    """So many points at which a disk is full; prints what was answered; 1 when anything was wrong."""
    begun = time.monotonic()
    if database != "sqlite":
        raise SystemExit("full: SQLite alone; a server's disk is the server's")
    with disks(fresh(folder)):
        full = Full(folder, seed)
        names = list(PLACES)
        try:
            while full.points < rounds:
                full.point(names[full.points % len(names)])
                if full.points % 50 == 0:
                    full.look()
                    print(f"  {full.points} points, {len(full.told.wrong)} wrong, "
                          f"{time.monotonic() - begun:.0f} s", flush=True)  # fmt: skip
            full.told.wrong += commands(full)
            hung = not all_read(full.there, 300)
            time.sleep(15)  # the housekeeper puts what waits into the second place every ten seconds
            full.there.stop()
            verdict = judged(full.there, full.ledger)
            found = checked(full.there)
            full.told.wrong += verdict.wrong() + found + (["scans hang"] if hung else [])
        finally:
            full.there.kill_all()
    table(full, seed, time.monotonic() - begun)
    print(f"\nacknowledged {dict(verdict.acknowledged)}; lost {len(verdict.lost)}, unlogged {len(verdict.unlogged)}, "
          f"corrupt {len(verdict.corrupt)}, half {len(verdict.half)}; oms check: {len(found)}")  # fmt: skip
    for each in full.told.wrong:
        print(f"WRONG {each}")
    return 1 if full.told.wrong else 0


def table(full: Full, seed: int, seconds: float) -> None:
    """What was answered where."""
    print(f"\nfull, {today()}, seed {seed}: {full.points} points in {seconds:.0f} s")
    print("| place | act | done | refused in words (503, 507) | other |\n|---|---|---|---|---|")
    for place, act in sorted({(place, act) for place, act, _status in full.told.answers}):
        counts = Counter[str]()
        for (where, what, status), times in full.told.answers.items():
            if (where, what) == (place, act):
                counts["done" if status in WELL else "clear" if status in CLEAR else "other"] += times
        print(f"| {place} | {act} | {counts['done']} | {counts['clear']} | {counts['other']} |")
    for words, times in full.told.words.most_common(8):
        print(f"- {times} × {words}")
