"""``errors``: the n-th write, sync, rename or new file of an act fails, for every n: EIO, ENOSPC, a short write, fsync.

Each act runs in a process parted from one that has loaded everything, with the shim of ``bad_shim.c`` armed at n; what
it acknowledged is looked for by the parent, and the act is then done again, without a fault, on what is left.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bad_clients import Ledger
from benchmarks.bad_house import ROOT, Installation, Office, fresh, made
from benchmarks.bad_judge import checked, judged, today
from benchmarks.bad_power import Acts, by_hand
from oms.errors import OmsError
from oms.services import indexing, vault_care
from oms.services.sealer import Sealer, house_of
from oms.settings import Settings
from oms.store.tables import Document
from search_index import SearchError

KINDS = ("EIO", "ENOSPC", "a short write", "fsync")
FORGETS = 4
"""The kind after those: a failed ``fsync``, and what it was asked for never reaches the disk."""
FOREVER = 10**9
LOADED = "BAD_SHIM_LOADED"


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Scenes(Acts):
    """The acts of :class:`Acts`, and those of the programs beside the pages."""

    def beside(self) -> None:
        """A reading by way of the inbox."""
        who = self.who("leader")
        with self.house.database.beside(self.settings.inbox, now()) as session:
            self.house_note(session, who.request)
        self.ledger.add("saw", number=who.request, what="list", path="/ho-so")

    def house_note(self, session: object, number: str) -> None:
        """One row, as a reading enters it."""
        from dataclasses import replace

        from oms.domain.journal import Verb
        from oms.services.house import UnitOfWork, note

        who = replace(self.who("leader"), request=number)
        uow = UnitOfWork(session, self.house.vault, self.settings.models)  # type: ignore[arg-type]
        note(uow, who, Verb.CADRE_LIST, now())

    def day(self) -> None:
        """Readings and changes, one after the other, whatever became of those before."""
        for act in (self.read, self.read, self.register, self.beside, self.read, self.seal, self.read, self.register):
            with suppress(OmsError, OSError):
                act()

    def seal(self) -> None:
        """One head of the journal."""
        keeper = Sealer(house_of(self.settings), now)
        keeper.begin()
        keeper.end()

    def index(self) -> None:
        """What changed, taken into the index."""
        if not indexing.Indexer(self.house, now).round():
            raise OSError("told in the program's log")

    def anew(self) -> None:
        """The index, made anew."""
        indexing.rebuild(self.house)

    def before_second(self) -> None:
        """Something that waits for its second place."""
        self.upload()

    def before_index(self) -> None:
        """Something that the index has not taken in."""
        with self.house.work(None, now()) as uow:
            paper = self.chance.choice(sorted(self.office.dossiers))
            papers = [each for each, _page in self.office.dossiers[paper]]
            uow.session.get_one(Document, papers[0]).title = f"lần {secrets.token_hex(4)}"

    def second(self) -> None:
        """What waits, into the second place."""
        vault_care.copy_waiting(self.house)

    def relevel(self) -> None:
        """A file's key, wrapped anew."""
        keys = self.house.vault.sealing()
        assert keys is not None
        keys.rotate_level(1)
        keys.rewrap(20)


SCENES = ("register", "read", "upload", "beside", "seal", "index", "anew", "second", "relevel")


def parted(scene: Callable[[], None], arm: Callable[[], None], count: Callable[[], int]) -> tuple[str, int]:
    """Runs an act in a process of its own; ("", calls) when it went well, else what it said."""
    here, there = os.pipe()
    pid = os.fork()
    if not pid:
        said = ""
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            arm()
            scene()
        except (OmsError, SearchError, OSError) as error:
            said = f"{type(error).__name__}"
        except BaseException as error:
            said = f"UNEXPECTED {type(error).__name__}: {str(error)[:200]}"
        calls = count()
        ctypes.CDLL(None).bad_forget()  # the power goes
        os.write(there, json.dumps([said, calls]).encode())
        os._exit(0)
    os.close(there)
    with os.fdopen(here, "rb") as stream:
        told = stream.read()
    os.waitpid(pid, 0)
    said, calls = json.loads(told or b'["UNEXPECTED end of the process", 0]')
    return str(said), int(calls)


class Errors:
    """One installation whose disk fails at one call."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.home, copy = folder / "home", folder / "copy"
        self.office: Office = made(self.home, {"OMS_VAULT_COPY": str(copy)})
        self.there = Installation(self.home, {"OMS_VAULT_COPY": str(copy)})
        self.settings: Settings = self.there.settings
        self.folder, self.ledger, self.seed = folder, Ledger(folder.with_suffix(".ledger")), seed
        self.ledger.path.unlink(missing_ok=True)
        self.points, self.said, self.wrong = Counter[str](), Counter[str](), list[str]()
        self.shim = ctypes.CDLL(None)
        self.shim.bad_count.restype = ctypes.c_long

    def run(self, name: str, at: int, kind: int, times: int) -> tuple[str, int]:
        """One act with a fault at one call; ``times`` 0: none."""

        def scene() -> None:
            acts = Scenes(self.settings, self.ledger, self.office, self.seed)
            with acts.house.look() as uow:  # connections are open before anything fails, as in a program that runs
                uow.session.connection()
            getattr(acts, f"before_{name}", lambda: None)()
            arm()
            getattr(acts, name)()

        def arm() -> None:
            self.shim.bad_arm(f"{self.folder}/".encode(), ctypes.c_long(at), kind, ctypes.c_long(times))

        return parted(scene, lambda: None, self.shim.bad_count)

    def forgets(self, most: int) -> None:
        """A disk that forgets what it refused, at every sync of a day; the power goes at its end; judged each time."""
        self.run("day", FOREVER, FORGETS, 0)
        _said, calls = self.run("day", FOREVER, FORGETS, 0)
        for at in range(1, calls + 1, max(1, calls // max(1, most))):
            said, _calls = self.run("day", at, FORGETS, 1)
            self.points["day: a disk that forgets"] += 1
            self.said[f"day: {said or 'done'}"] += 1
            where = f"day, fsync at call {at} of {calls} forgot"
            if said.startswith("UNEXPECTED"):
                self.wrong.append(f"{where}: {said}")
            found = by_hand(self.settings, True)
            self.wrong += [f"{where}: {each}" for each in (*judged(self.there, self.ledger).wrong(), *found)]

    def scene(self, name: str, most: int) -> None:
        """Every n of one act, in every kind, once and for ever, as far as ``most`` points go."""
        for kind, what in enumerate(KINDS):
            _said, calls = self.run(name, FOREVER, kind, 0)
            step = max(1, calls * 2 // max(1, most // len(KINDS)))
            for at in range(1, calls + 1, step):
                for times in (1, FOREVER):
                    since = len(self.ledger.lines())
                    said, _calls = self.run(name, at, kind, times)
                    self.points[f"{name}: {what}"] += 1
                    self.said[f"{name}: {said or 'done'}"] += 1
                    where = f"{name}, {what} at call {at} of {calls}{'' if times == 1 else ' and ever after'}"
                    if said.startswith("UNEXPECTED"):
                        self.wrong.append(f"{where}: {said}")
                    if kind == 3 and said == "" and at == 1 and times == FOREVER and len(self.ledger.lines()) > since:
                        self.wrong.append(f"{where}: acknowledged although no fsync ever worked")
                    again, _calls = self.run(name, FOREVER, kind, 0)
                    if again:
                        self.wrong.append(f"{where}: not possible afterwards: {again}")
        found = by_hand(self.settings, True)
        self.wrong += [f"after {name}: {each}" for each in (*judged(self.there, self.ledger).wrong(), *found)]


def _with_shim(arguments: list[str], folder: Path) -> int:
    """Compiles the shim and begins this campaign again with it loaded."""
    shim = folder / "bad_shim.so"
    source = ROOT / "benchmarks" / "bad_shim.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", str(shim), str(source), "-ldl"], check=True)
    env = os.environ | {"LD_PRELOAD": str(shim), LOADED: "1"}
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.bad_days", *arguments], env=env, cwd=ROOT, check=False
    ).returncode


def campaign(folder: Path, rounds: int, database: str, seed: int) -> int:
    """About so many points; prints what was said; 1 when anything was wrong."""
    if database != "sqlite":
        raise SystemExit("errors: SQLite alone; a server's disk is the server's")
    if LOADED not in os.environ:
        with tempfile.TemporaryDirectory(prefix="oms-shim-") as place:
            asked = ["errors", "--rounds", str(rounds), "--seed", str(seed), "--folder", str(folder)]
            return _with_shim(asked, Path(place))
    begun, errors = time.monotonic(), Errors(fresh(folder), seed)
    for name in SCENES:
        errors.scene(name, rounds // len(SCENES))
        print(
            f"  {name}: {errors.points.total()} points, {len(errors.wrong)} wrong, {time.monotonic() - begun:.0f} s",
            flush=True,
        )
    errors.forgets(rounds // len(SCENES))
    print(
        f"  day: {errors.points.total()} points, {len(errors.wrong)} wrong, {time.monotonic() - begun:.0f} s",
        flush=True,
    )
    errors.wrong += checked(errors.there)
    print(f"\nerrors, {today()}, seed {seed}: {errors.points.total()} points in {time.monotonic() - begun:.0f} s")
    print("| act: fault | points |\n|---|---|")
    for what, times in sorted(errors.points.items()):
        print(f"| {what} | {times} |")
    print("said: " + "; ".join(f"{what} {times}" for what, times in sorted(errors.said.items())))
    print(f"acknowledged {dict(Counter(line['kind'] for line in errors.ledger.lines()))}")
    for each in errors.wrong:
        print(f"WRONG {each}")
    return 1 if errors.wrong else 0
