"""``power``: the machine loses its power while clients write; on a disk that forgets what nobody asked to be durable.

Most cuts meet the services themselves, in processes of their own without the web server (a cut is then some seconds);
every tenth meets a whole ``oms serve`` with its clients. ``powerless`` is the same on a disk that ignores ``fsync``:
there the judge has to find losses, else it is blind.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import secrets
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import bad_disk
from benchmarks.bad_clients import Crowd, Ledger, sheet
from benchmarks.bad_house import Installation, Office, fresh, killed, made
from benchmarks.bad_judge import Verdict, judged, settle, today
from oms.domain.access import Principal
from oms.services import accounts, custody, health, indexing, intake, vault_care
from oms.services.house import House
from oms.services.sealer import Sealer, house_of
from oms.settings import Settings

SERVED_EVERY = 10
FUSE_PYTHON = os.environ.get("BAD_FUSE_PYTHON", "python3")
"""A Python with ``mfusepy``: it is no part of the project's environment."""


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass
class Power:
    """The disk's process, and the folder beneath."""

    under: Path
    at: Path
    ignore_fsync: bool
    told: Counter[str] = field(default_factory=Counter)
    process: subprocess.Popen[bytes] | None = None

    def on(self) -> None:
        """Mounts it: whatever lies beneath is durable."""
        self.at.mkdir(exist_ok=True)
        asked = [FUSE_PYTHON, str(Path(bad_disk.__file__)), str(self.under), str(self.at)]
        self.process = subprocess.Popen([*asked, *(["--ignore-fsync"] if self.ignore_fsync else [])])
        until = time.monotonic() + 20
        while not os.path.ismount(self.at):
            if time.monotonic() > until or self.process.poll() is not None:
                raise SystemExit("the disk does not come up: BAD_FUSE_PYTHON, libfuse3, /dev/fuse?")
            time.sleep(0.02)

    def cut(self, seed: int) -> None:
        """Everything fails from here on, and what was not durable is lost as the draw says."""
        with suppress(OSError):
            os.stat(f"{self.at}{bad_disk.CUT}{seed}")
        self.told += Counter(json.loads(Path(f"{self.under}.told").read_text()))

    def off(self) -> None:
        """Unmounts it; nobody has it open any more."""
        subprocess.run(["umount", "-l", str(self.at)], check=False, stderr=subprocess.DEVNULL)
        if self.process is not None:
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


# --- what goes on when the power goes: each in a process of its own, for ever ---


class Acts:
    """The services' acts, each with its line in the ledger once it was acknowledged."""

    def __init__(self, settings: Settings, ledger: Ledger, office: Office, seed: int) -> None:
        self.house, self.ledger, self.office = House(settings), ledger, office
        self.settings, self.chance = settings, random.Random(seed)

    def who(self, name: str) -> Principal:
        """A person with a request's number of their own."""
        with self.house.look() as uow:
            return replace(accounts.principal_named(uow, name), request=secrets.token_hex(4))

    def register(self) -> None:
        """A cadre, registered."""
        who, number = self.who("officer"), f"BD-{secrets.token_hex(6)}"
        new = custody.NewCadre(f"Người Thử {number[3:9]}", self.office.unit, number, confirmed=True)
        with self.house.work(who, now()) as uow:
            custody.create_cadre(uow, who, new, now())
        self.ledger.add("register", number=number, name=new.full_name)

    def read(self) -> None:
        """A list of dossiers, read: by way of the inbox while a long writer has the lock."""
        who = self.who("leader")
        with self.house.read(who, now()) as uow:
            custody.list_dossiers(uow, who, "hieu", "", "", 10, 0, now())
        self.ledger.add("saw", number=who.request, what="list", path="/ho-so")

    def hold(self) -> None:
        """A long writer."""
        time.sleep(self.chance.uniform(0.3, 1.5))
        with self.house.database.transaction():
            time.sleep(0.6)

    def upload(self) -> None:
        """A sheet, taken in."""
        who, data = self.who("clerk"), sheet(secrets.token_hex(6))
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            received = intake.take_in(self.house.vault, Path(file.name))
        with self.house.work(who, now()) as uow:
            intake.receive(uow, who, self.office.batch, received, f"to-{secrets.token_hex(4)}.png", now())
        self.ledger.add("upload", sha=hashlib.sha256(data).hexdigest(), name="to.png")

    def care(self) -> None:
        """The indexer, and the second copy."""
        indexing.Indexer(self.house, now).round()
        vault_care.copy_waiting(self.house)
        time.sleep(0.05)


def seals(settings: Settings) -> None:
    """A sealer, for ever."""
    keeper = Sealer(house_of(settings), now)
    keeper.begin()
    while True:
        keeper.round()
        time.sleep(0.05)


def child(work: Callable[[], Any]) -> int:
    """A process that does this for ever; what fails there is the disk's doing and is tried again."""
    pid = os.fork()
    if pid:
        return pid
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    while True:
        try:
            work()
        except Exception:
            time.sleep(0.01)


def by_hand(settings: Settings, check: bool) -> list[str]:
    """In a process of its own: the sealer takes what waits in, and ``oms check`` where it is asked for."""
    here, there = os.pipe()
    pid = os.fork()
    if not pid:
        found: list[str] = []
        try:
            keeper = Sealer(house_of(settings), now)
            keeper.begin()
            for _turn in range(3):
                keeper.round()
            keeper.end()
            house = House(settings)
            if check and not indexing.Indexer(house, now).round():
                found.append("the indexer does not follow")
            while check and vault_care.copy_waiting(house):
                pass
            found += health.check(house) if check else []
        except BaseException as error:
            found.append(f"after the cut: {type(error).__name__}: {error}")
        os.write(there, json.dumps(found[:50]).encode())
        os._exit(0)
    os.close(there)
    with os.fdopen(here, "rb") as stream:
        told = stream.read()
    os.waitpid(pid, 0)
    return [str(each) for each in json.loads(told or b'["the look after the cut died"]')]


class Cuts:
    """One installation on the disk that forgets."""

    def __init__(self, folder: Path, seed: int, ignore_fsync: bool) -> None:
        more = {"OMS_VAULT_COPY": str(folder / "disk" / "copy")}
        (folder / "under").mkdir()
        self.office = made(folder / "under" / "home", {"OMS_VAULT_COPY": str(folder / "under" / "copy")})
        self.power = Power(folder / "under", folder / "disk", ignore_fsync)
        self.there = Installation(folder / "disk" / "home", more)
        self.ledger, self.chance = Ledger(folder / "ledger.jsonl"), random.Random(seed)
        self.done, self.acknowledged, self.wrong = Counter[str](), Counter[str](), list[str]()
        self.seen = Counter[str]()

    def services(self) -> None:
        """A cut under the services alone."""
        since, settings = len(self.ledger.lines()), self.there.settings
        acts = ("register", "register", "read", "read", "upload", "care", "hold")
        children = [child(self._act(settings, name, number)) for number, name in enumerate(acts)]
        children.append(child(lambda: seals(settings)))
        time.sleep(self.chance.uniform(1.0, 3.0))
        self.power.cut(self.chance.randrange(10**9))
        killed(*children)
        for number in children:
            os.waitpid(number, 0)
        self._again()
        number = self.done.total() + 1
        found = by_hand(self.there.settings, number % 5 == 0)
        self._judge(judged(self.there, self.ledger, since), found, "services")

    def _act(self, settings: Settings, name: str, number: int) -> Callable[[], None]:
        seed, kept = self.chance.randrange(10**9), list[Acts]()

        def act() -> None:
            if not kept:
                kept.append(Acts(settings, self.ledger, self.office, seed + number))
            getattr(kept[0], name)()

        return act

    def served(self) -> None:
        """A cut under the whole installation with its clients; how long it then takes to be ready again."""
        since = len(self.ledger.lines())
        self.there.start()
        crowd = Crowd(self.there, self.office, self.ledger, uploads_pause=0.5)
        crowd.begin()
        time.sleep(self.chance.uniform(3, 8))
        self.power.cut(self.chance.randrange(10**9))
        self.there.kill_all()
        crowd.end()
        self._again()
        self.there.start()
        settle(self.there)
        verdict = judged(self.there, self.ledger, since)
        self.there.stop()
        self._judge(verdict, by_hand(self.there.settings, True), "oms serve")

    def _again(self) -> None:
        self.power.off()
        self.power.on()

    def _judge(self, verdict: Verdict, found: list[str], kind: str) -> None:
        self.done[kind] += 1
        self.acknowledged += verdict.acknowledged
        for name in ("lost", "unlogged", "corrupt", "half"):
            self.seen[name] += len(getattr(verdict, name))
        self.seen["check"] += len(found)
        for each in (*verdict.wrong(), *found):
            self.wrong.append(f"cut {self.done.total()} ({kind}): {each}")
            print(f"  {self.wrong[-1]}", flush=True)


def campaign(folder: Path, rounds: int, database: str, seed: int, ignore_fsync: bool = False) -> int:
    """So many cuts; prints what was lost; 1 when anything was (with ``ignore_fsync``: when nothing was)."""
    if database != "sqlite":
        raise SystemExit("power: SQLite alone; a server's disk is the server's")
    begun, cuts = time.monotonic(), Cuts(fresh(folder), seed, ignore_fsync)
    cuts.power.on()
    try:
        while cuts.done.total() < rounds and not (ignore_fsync and cuts.wrong):
            if cuts.done.total() % SERVED_EVERY == SERVED_EVERY - 1 and not ignore_fsync:
                cuts.served()
            else:
                cuts.services()
            if cuts.done.total() % 10 == 0:
                print(
                    f"  {cuts.done.total()} cuts, {len(cuts.wrong)} wrong, {time.monotonic() - begun:.0f} s", flush=True
                )
    except SystemExit as problem:
        cuts.wrong.append(f"cut {cuts.done.total() + 1}: {problem}")
    finally:
        cuts.there.kill_all()
        cuts.power.off()
    print(f"\npower{', fsync ignored' if ignore_fsync else ''}, {today()}, seed {seed}: {dict(cuts.done)} cuts in "
          f"{time.monotonic() - begun:.0f} s; not durable at the cuts: {dict(cuts.power.told)}")  # fmt: skip
    print(f"acknowledged {dict(cuts.acknowledged)}; {dict(cuts.seen)}")
    if cuts.there.starts:
        print(f"start to ready: median {median(cuts.there.starts):.1f} s, most {max(cuts.there.starts):.1f} s")
    for each in cuts.wrong[:60]:
        print(f"WRONG {each}")
    return int(bool(cuts.wrong) != ignore_fsync)
