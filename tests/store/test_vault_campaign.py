"""A campaign: processes at work on one vault are killed again and again; what was acknowledged is there, whole."""

from __future__ import annotations

import os
import random
import select
import signal
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from sealing_vault import in_the_clear, made, vault_at

from oms.errors import FileDamaged, FileKeyGone
from oms.store import master_key
from oms.store.key_book import LEVELS
from oms.store.master_key import Ways
from oms.store.vault import Vault


def _work(home: Path, seed: int, told: int) -> None:
    """Puts, seals, changes keys, destroys, for ever; each thing done is told in one line after it was done."""
    chance, vault = random.Random(seed), vault_at(home)
    keys, mine = vault.sealing(), list[str]()
    assert keys is not None

    def put() -> None:
        data = chance.randbytes(chance.choice((0, 10, 5000, 1_500_000)))
        mine.append(vault.put_bytes(data, chance.choice((None, *LEVELS))))
        os.write(told, f"+{mine[-1]}\n".encode())

    def destroy() -> None:
        if len(mine) > 3:
            sha = mine.pop(0)
            os.write(told, f"?{sha}\n".encode())  # from here on it may be gone
            vault.destroy(sha)
            os.write(told, f"-{sha}\n".encode())

    def master() -> None:
        new = master_key.make(Ways(), home / "keys", keys.master())
        keys.rotate_master(new)
        master_key.settle(home / "keys", new.master)
        keys.close_the_way()

    def seal() -> None:
        for sha in list(vault.names()):
            if chance.random() < 0.3:
                with suppress(FileKeyGone):  # destroyed, and killed before its bytes were gone
                    vault.seal(sha, anew=chance.random() < 0.5)

    while True:
        chance.choice(
            (
                put,
                put,
                put,
                destroy,
                master,
                seal,
                lambda: keys.rotate_level(chance.choice(LEVELS)),
                lambda: keys.rewrap(3),
            )
        )()


def _killed(home: Path, seed: int, lines: int, later: float) -> list[str]:
    """What a process told until it was killed: after some lines, and at most so many seconds into the next act."""
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _work(home, seed, there)
        except BaseException as error:
            os.write(there, f"!{type(error).__name__}: {str(error)[:300]}\n".encode())
            os._exit(3)
    os.close(there)
    told = b""
    while told.count(b"\n") < lines and (more := os.read(here, 4096)):
        told += more
    select.select([here], [], [], later)
    os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    with os.fdopen(here, "rb") as stream:
        lines_told = (told + stream.read()).decode().splitlines()
    assert os.WIFSIGNALED(status), f"the work itself failed: {lines_told[-1:]}"
    return lines_told


def campaign(home: Path, kills: int) -> tuple[int, int]:
    """So many kills, all looked at after each; how many files are there in the end, and how many are destroyed."""
    made(home)
    chance = random.Random(9)
    vault, there, gone = vault_at(home), set[str](), set[str]()
    for _number in range(20):
        data = chance.randbytes(20_000)
        sha = sha256(data).hexdigest()
        in_the_clear(vault, sha, data)
        there.add(sha)
    vault.close()
    for number in range(kills):
        for line in _killed(home, number, chance.randrange(1, 6), chance.uniform(0, 0.05)):
            mark, sha = line[0], line[1:]
            if mark == "+":
                there.add(sha)
                gone.discard(sha)
            else:
                there.discard(sha)
                gone |= {sha} if mark == "-" else set()
        after = vault_at(home)
        for sha in there:
            assert after.verify(sha) >= 0, f"kill {number}"
        assert not any(_opens(after, sha) for sha in gone)
        after.close()
    return len(there), len(gone)


def test_a_few_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    assert campaign(tmp_path, 4)[0] >= 20


@pytest.mark.long
def test_two_hundred_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    there, gone = campaign(tmp_path, 200)
    assert there > 100 and gone > 5


def _opens(vault: Vault, sha: str) -> bool:
    try:
        vault.verify(sha)
    except FileDamaged:
        return False
    return True
