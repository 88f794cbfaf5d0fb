"""``damage``: bits, ends and whole files go wrong in vault, second copy, index; the rolling checks find all of it."""

from __future__ import annotations

import os
import random
import secrets
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from factories import WORLD_SETTINGS
from sqlalchemy import text

from benchmarks.bad_clients import sheet
from benchmarks.bad_house import Office, fresh, made
from benchmarks.bad_judge import today
from oms.errors import FileDamaged
from oms.services import accounts, index_care, indexing, intake, vault_care
from oms.services.house import House
from oms.settings import Settings

FILES, A_ROUND, BOTH = 150, 100, 3
KINDS = ("one bit", "a block of zeros", "cut short", "made longer", "empty", "gone", "another file's bytes")


def planted(path: Path, kind: str, chance: random.Random, other: bytes) -> None:
    """Damages a file as a disk does: its times stay as they were."""
    about, data = path.stat(), bytearray(path.read_bytes())
    at = chance.randrange(len(data)) if data else 0
    path.chmod(0o600)
    if kind == "gone":
        path.unlink()
        return
    if kind == "one bit":
        data[at] ^= 1 << chance.randrange(8)
    elif kind == "a block of zeros":
        data[at : at + 512] = bytes(b ^ 0xFF for b in data[at : at + 512])
    elif kind in ("cut short", "empty"):
        data = data[: at if kind == "cut short" else 0]
    elif kind == "made longer":
        data += chance.randbytes(chance.randrange(1, 600))
    else:
        data = bytearray(other)
    path.write_bytes(data)
    path.chmod(about.st_mode & 0o777)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


class Damage:
    """A small installation with files in two places."""

    def __init__(self, folder: Path, seed: int, files: int = FILES) -> None:
        home, self.copy = fresh(folder) / "home", folder / "copy"
        self.office: Office = made(home, {"OMS_VAULT_COPY": str(self.copy)})
        env = WORLD_SETTINGS | {"OMS_HOME": str(home), "OMS_VAULT_COPY": str(self.copy)}
        self.house, self.chance = House(Settings.from_env(env)), random.Random(seed)
        self.now, self.found, self.wrong = datetime.now(UTC), Counter[str](), list[str]()
        self.files = [self._file() for _number in range(files)]
        while vault_care.copy_waiting(self.house):
            pass

    def _file(self) -> str:
        data = sheet(secrets.token_hex(6)) + self.chance.randbytes(self.chance.choice((0, 3000, 1_200_000)))
        sha = self.house.vault.put_bytes(data)
        with self.house.look() as uow:
            clerk = accounts.principal_named(uow, "clerk")
        with self.house.work(clerk, self.now) as uow:
            received = intake.Received(sha, len(data), "png", 1)
            intake.receive(uow, clerk, self.office.batch, received, f"{sha[:8]}.png", self.now)
        return sha

    def rows(self, verb: str) -> Counter[str]:
        """How often the journal has this verb of each object."""
        with self.house.look() as uow:
            rows = uow.session.execute(text("SELECT object_id FROM journal WHERE verb = :verb"), {"verb": verb})
            return Counter(name for (name,) in rows)

    def pass_of_the_check(self) -> list[str]:
        """The rolling check goes round once, in thirty days of this clock; what it says is lost."""
        check, lost = vault_care.RollingCheck(self.house), list[str]()
        for _step in range(60):
            self.now += timedelta(days=1)
            found = check.step(self.now)
            lost += found.lost
            if found.ended:
                break
        return lost

    def vault_round(self, number: int) -> None:
        """Damages some files in one place, a few in both, and has the check go round."""
        drawn = self.chance.sample(self.files, min(number + BOTH, len(self.files)))
        single, both = drawn[BOTH:], drawn[:BOTH]
        before = self.rows("vault:repair")
        for sha in single:
            self._plant(sha, self.chance.choice(("vault", "copy")))
        for sha in both:
            self._plant(sha, "vault")
            self._plant(sha, "copy")
        lost, after = set(self.pass_of_the_check()), self.rows("vault:repair")
        for sha in single:
            whole = vault_care.sound(self.house.vault, sha)
            if not all(whole.values()) or after[sha] != before[sha] + 1:
                self.wrong.append(f"not repaired or not journalled: {sha[:12]} {whole} {after[sha] - before[sha]}")
            if sha256(self.house.vault.read(sha)).hexdigest() != sha:
                self.wrong.append(f"other bytes: {sha[:12]}")
        told = self.rows("vault:check")
        for sha in both:
            self.files.remove(sha)
            self.found["lost in both places, told"] += sha in lost and told[sha] == 1
            if sha not in lost or told[sha] != 1 or self._opens(sha):
                self.wrong.append(f"lost in both places, not told or papered over: {sha[:12]}")
        extra = {sha for sha in after if after[sha] != before[sha]} - set(single)
        self.wrong += [f"repaired although whole: {sha[:12]}" for sha in extra]

    def _plant(self, sha: str, place: str) -> None:
        root, kind = self.house.vault.root if place == "vault" else self.copy, self.chance.choice(KINDS)
        other = (root / self.files[0][:2] / self.files[0]).read_bytes() if self.files[0] != sha else b"other"
        before = (root / sha[:2] / sha).read_bytes()
        planted(root / sha[:2] / sha, kind, self.chance, other)
        path = root / sha[:2] / sha
        if path.exists() and path.read_bytes() == before:
            path.chmod(0o600)
            path.unlink()
        self.found[f"{place}: {kind}"] += 1

    def _opens(self, sha: str) -> bool:
        try:
            self.house.vault.read(sha)
        except FileDamaged:
            return False
        return True

    def index_round(self) -> None:
        """Damages one file of the index in force; the indexer has to find it and make the index anew."""
        indexer, kind = indexing.Indexer(self.house, lambda: self.now), self.chance.choice(KINDS)
        index_care.EVERY, index_care.BYTES_A_SECOND = 0.0, 10**12
        indexer.round()
        live = self.house.index.live()
        places = [self.house.index.words(live) / name for name in self.house.index.files(live)]
        path = self.chance.choice([*places, live / "position.json"])
        before, renewed = path.read_bytes(), self.rows("index:renew").total()
        planted(path, kind, self.chance, b"another file's bytes" * 30)
        if path.exists() and path.read_bytes() == before:
            return
        self.found[f"index: {kind}"] += 1
        told = indexing.compare(self.house)
        for _round in range(2 * len(places) + 4):
            indexer.round()
        name = f"{path.name}, {kind}"
        if not told:
            self.wrong.append(f"oms check does not see it: {name}")
        if self.house.index.live() == live or self.rows("index:renew").total() != renewed + 1:
            self.wrong.append(f"index not made anew, or not journalled: {name}")
        self.wrong += [f"after it was made anew ({name}): {each}" for each in indexing.compare(self.house)]


def campaign(folder: Path, rounds: int, database: str, seed: int) -> int:
    """So many plantings in the vault's two places, a fifth as many in the index; 1 when one was not found."""
    if database != "sqlite":
        raise SystemExit("damage: SQLite alone")
    begun, damage = time.monotonic(), Damage(folder, seed)
    done = 0
    while done < rounds:
        number = min(A_ROUND, rounds - done, len(damage.files) - BOTH)
        damage.vault_round(number)
        done += number
        print(f"  {done} planted, {len(damage.wrong)} wrong, {time.monotonic() - begun:.0f} s", flush=True)
    for _number in range(rounds // 5):
        damage.index_round()
    with damage.house.look() as uow:
        notices = uow.session.execute(text("SELECT kind, count(*) FROM notices GROUP BY kind")).all()
    damage.house.close()
    print(f"\ndamage, {today()}, seed {seed}, {time.monotonic() - begun:.0f} s\n| what | times |\n|---|---|")
    for what, times in sorted(damage.found.items()):
        print(f"| {what} | {times} |")
    print(f"notices: {dict((kind, number) for kind, number in notices)}")
    for each in damage.wrong:
        print(f"WRONG {each}")
    return 1 if damage.wrong else 0
