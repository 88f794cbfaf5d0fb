"""``full``: each place an installation writes to is a small disk of its own, filled to the last bytes, then freed."""

from __future__ import annotations

import os
import random
import shutil
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
          "copy": 48, "backup": 48, "backup-keys": 8, "again": 48}  # fmt: skip
"""Folders that are disks of so many MiB; ``again``: where a backup is put back."""
SERVED = ("home", "home/vault", "home/keys", "home/index", "home/intake", "home/witness", "copy")
"""Those the services write to; the others are the commands' alone."""
READS = ("home", "home/vault", "home/keys", "copy")
"""Where a reading worker writes: there the disk stays full until it has met it."""
LEFT = (0, 0, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288)
"""Bytes that are left free, drawn for each point: so that the disk is full at another write of the same act."""
WELL = (200, 302, 303, 404)
CLEAR = (503, 507)
FILLER = "filler"
PROOF = 480.0
"""Seconds after which whoever exports signs in anew: the proof of who is at the keyboard is good for ten minutes."""


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
        self.proved = time.monotonic()
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
        client = self.people["officer"].client
        if time.monotonic() - self.proved > PROOF:
            self.proved = time.monotonic() if client.sign_in() else self.proved
        return client.form("/thong-ke/xuat", words)

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
            if place in READS and self.points % 3 == 0:
                time.sleep(4)  # the worker meets it
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


COMMANDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("check", ("home", "home/index")),
    ("journal export --out {home}/export.jsonl", ("home",)),
    ("journal seal", ("home", "home/witness")),
    ("rebuild-index", ("home", "home/index")),
    ("renew-records", ("home",)),
    ("link", ("home",)),
    ("setup", ("again",)),
    ("vault check", ("home", "copy")),
    ("vault copy", ("home", "home/keys", "copy")),
    ("keys rotate-level", ("home", "home/keys")),
    ("keys rewrap", ("home/keys",)),
    ("backup", ("home", "backup", "backup-keys")),
    ("backup --check", ("home", "backup")),
    ("restore --from {folder}/backup --keys {folder}/backup-keys --identity {folder}/pair", ("again",)),
)
"""The operator's commands, each with the places that are full meanwhile."""
LEFT_TO_COMMANDS = (0, 8192, 65536, 524288)


def commands(full: Full, most: int) -> list[str]:
    """The operator's commands on a full disk: refused in words, never with a trace; possible when there is room again.

    At most so many points, drawn from all of a command, a place and the room that is left there.
    """
    folder, found = full.folder, []
    places = {"OMS_BACKUP": f"{folder}/backup", "OMS_BACKUP_KEYS": f"{folder}/backup-keys"}
    desk = Installation(full.there.home, full.there.more | places, full.there.port)
    again = Installation(folder / "again" / "home", full.there.more | {"OMS_VAULT_COPY": ""})
    for words in ("backup --new-key {folder}/pair", "backup --prepare", "backup"):
        done = desk.command(*words.format(folder=folder).split())
        if done.returncode:
            return [f"oms {words} ended with {done.returncode}: {done.stderr[-200:]}"]
    every = [(what, place, left) for what, of in COMMANDS for place in of for left in LEFT_TO_COMMANDS]
    for what, place, left in full.chance.sample(every, min(most, len(every))):
        where = again if place == "again" else desk
        words = [word.format(home=full.there.home, folder=folder) for word in what.split()]
        fill(folder / place, left)
        try:
            done = where.command(*words)
        finally:
            free(folder / place)
        full.points += 1
        full.told.answers[place, f"oms {what.split(' --')[0]}", 200 if done.returncode == 0 else 507] += 1
        if "Traceback" in done.stderr:
            found.append(f"{place} full ({left} left): oms {what} ended with a trace: {_last(done.stderr)}")
        elif done.returncode and not (done.stderr + done.stdout).strip():
            found.append(f"{place} full ({left} left): oms {what} ended with {done.returncode} and said nothing")
        if what != "setup":  # that goes on with what it began; the others want a clean place
            _cleared(full, again)
        found += _afterwards(where, what, words)
        _cleared(full, again)
    return found


def _afterwards(where: Installation, what: str, words: list[str]) -> list[str]:
    """The same command with room."""
    done = where.command(*words)
    if done.returncode == 0:
        return []
    return [f"with room again: oms {what} ended with {done.returncode}: {_last(done.stderr + done.stdout)}"]


def _cleared(full: Full, again: Installation) -> None:
    (full.there.home / "export.jsonl").unlink(missing_ok=True)
    shutil.rmtree(again.home, ignore_errors=True)


def _last(said: str) -> str:
    return (said.strip().splitlines() or [""])[-1][:200]


def campaign(folder: Path, rounds: int, database: str, seed: int) -> int:
    """So many points at which a disk is full; prints what was answered; 1 when anything was wrong."""
    begun = time.monotonic()
    if database != "sqlite":
        raise SystemExit("full: SQLite alone; a server's disk is the server's")
    with disks(fresh(folder)):
        full = Full(folder, seed)
        asked = min(rounds // 3, sum(len(of) for _what, of in COMMANDS) * len(LEFT_TO_COMMANDS))
        try:
            while full.points < rounds - asked:
                known = len(full.told.wrong)
                full.point(SERVED[full.points % len(SERVED)])
                for each in full.told.wrong[known:]:
                    print(f"  point {full.points}: WRONG {each[:90]}", flush=True)
                if full.points % 50 == 0:
                    full.look()
                    print(f"  {full.points} points, {len(full.told.wrong)} wrong, "
                          f"{time.monotonic() - begun:.0f} s", flush=True)  # fmt: skip
            full.told.wrong += commands(full, asked)
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
