"""Is every tampering found, and does no honest crash raise an alarm?

    nice .venv/bin/python benchmarks/tampering.py [--attacks 10000] [--runs 1000] [--seed 1]

Attacks: a sealed journal of 40 entries of both formats, its guards taken off and (but for that very attack) put back,
one change of a random kind made as the owner of the file would make it, leaves made anew half of the time; then the
program's own verification with the anchors that were kept outside, and the separate verifier of deploy/ with the same
(it reads rows and heads alone: a guard that is gone it cannot see). Honest runs: a process that writes, seals and beats
is killed (SIGKILL) at a random moment; what is left must verify, and go on. Prints a table; asserts nothing.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from oms.domain.checkpoints import note_body, signed_note
from oms.domain.journal import COLUMNS, SINCE_2, WHOLE_NUMBERS, Entry, Verb, leaf_hash
from oms.domain.journal_check import Verdict
from oms.domain.merkle import Frontier, root_of
from oms.services import sealing, setup
from oms.services.house import House, What, note
from oms.settings import CHECKOUT, Settings
from oms.store import journal, journal_seal
from oms.store.journal_key import KEY_NAME, Signer

ROWS = 40
TEXTS = [name for name in COLUMNS if name not in (*WHOLE_NUMBERS, "at")]
Rng = random.Random


@dataclass
class Case:
    """One journal in memory as its attacker has it, with what is kept outside."""

    db: Any
    rng: Rng
    signer: Signer
    notes: list[str]
    older: Any

    def run(self, sql: str, *values: object) -> None:
        self.db.execute(sql, values)

    def entry(self, seq: int) -> Entry:
        row = self.db.execute(f"SELECT {', '.join(COLUMNS)} FROM journal WHERE seq = ?", (seq,)).fetchone()  # noqa: S608
        return Entry(*row)

    def leaves_anew(self) -> None:
        """What a careful attacker does: every leaf fits its row again."""
        for (seq,) in self.db.execute("SELECT seq FROM journal").fetchall():
            try:
                self.run("UPDATE journal SET leaf = ? WHERE seq = ?", leaf_hash(self.entry(seq)), seq)
            except ValueError:
                continue

    def forge(self, key: Ed25519PrivateKey | None = None) -> None:
        """Checkpoints over what is there now, signed by the stolen key or by another."""
        leaves = [bytes(leaf) for (leaf,) in self.db.execute("SELECT leaf FROM journal ORDER BY seq")]
        sizes = [size for (size,) in self.db.execute("SELECT size FROM checkpoints")]
        self.run("DELETE FROM checkpoints")
        for size in (size for size in sizes if size <= len(leaves)):
            body = note_body(size, root_of(leaves[:size]))
            text = self.signer.sign(body)
            if key is not None:
                text = signed_note(body, KEY_NAME, self.signer.key_id(), key.sign(body.encode()))
            tree = Frontier()
            tree.extend(leaves[:size])
            self.run("INSERT INTO checkpoints VALUES (?, ?, ?, ?)", size, tree.dump(), text, "2026-11-02 01:00:00")


def edit_text(case: Case) -> None:
    seq, column = case.rng.randint(1, ROWS), case.rng.choice(TEXTS)
    case.run(f"UPDATE journal SET {column} = {column} || 'x' WHERE seq = ?", seq)  # noqa: S608


def edit_number(case: Case) -> None:
    seq, column = case.rng.randint(1, ROWS), case.rng.choice(["secrecy", "pages", "bytes", "clock", "v"])
    case.run(f"UPDATE journal SET {column} = {column} + 1 WHERE seq = ?", seq)  # noqa: S608


def delete(case: Case) -> None:
    seq = case.rng.randint(1, ROWS)
    case.run("DELETE FROM journal WHERE seq = ?", seq)
    if case.rng.random() < 0.5:
        for place in range(seq + 1, ROWS + 1):
            case.run("UPDATE journal SET seq = ? WHERE seq = ?", place - 1, place)


def insert(case: Case) -> None:
    seq = case.rng.choice([0, -3, *range(2, ROWS)])
    if seq > 0:
        for place in range(ROWS, seq - 1, -1):
            case.run("UPDATE journal SET seq = ? WHERE seq = ?", place + 1, place)
    columns = ", ".join([name for name in COLUMNS if name != "seq"] + ["leaf"])
    case.run(f"INSERT INTO journal (seq, {columns}) SELECT ?, {columns} FROM journal WHERE seq = 1", seq)  # noqa: S608


def swap(case: Case) -> None:
    first, second = case.rng.sample(range(1, ROWS + 1), 2)
    for before, after in ((first, 10_000), (second, first), (10_000, second)):
        case.run("UPDATE journal SET seq = ? WHERE seq = ?", after, before)


def reorder(case: Case) -> None:
    order = case.rng.sample(range(1, ROWS + 1), ROWS)
    if order == sorted(order):
        order.reverse()
    case.run("UPDATE journal SET seq = seq + 10000")
    for place, seq in enumerate(order, 1):
        case.run("UPDATE journal SET seq = ? WHERE seq = ?", place, seq + 10_000)


def back_date(case: Case) -> None:
    case.run("UPDATE journal SET at = '2026-10-01T01:00:00.000Z' WHERE seq = ?", case.rng.randint(1, ROWS))


def cut(case: Case) -> None:
    keep = case.rng.randint(0, ROWS - 1)
    case.run("DELETE FROM journal WHERE seq > ?", keep)
    case.run("DELETE FROM checkpoints WHERE size > ?", keep)


def empty(case: Case) -> None:
    blank = {name: 0 if name in WHOLE_NUMBERS else "" for name in COLUMNS if name != "seq"}
    setting = ", ".join(f"{name} = ?" for name in blank)
    case.run(f"UPDATE journal SET {setting} WHERE seq = ?", *blank.values(), case.rng.randint(1, ROWS))  # noqa: S608


def swap_key(case: Case) -> None:
    case.forge(Ed25519PrivateKey.generate())


def roll_back(case: Case) -> None:
    case.older.backup(case.db)


def fork(case: Case) -> None:
    """Another history of the same length under the true key: a second witness saw the first one."""
    case.run("UPDATE journal SET reason = 'khác' WHERE seq = ?", case.rng.randint(1, ROWS))
    case.leaves_anew()
    case.forge()


def drop_guard(case: Case) -> None:
    """Handled by the caller: the guards are not put back."""


Attack = Callable[[Case], None]
ATTACKS: dict[str, Attack] = {
    "edit a text": edit_text, "edit a number": edit_number, "delete": delete, "insert": insert, "swap": swap,
    "re-order": reorder, "back-date": back_date, "tail cut": cut, "pruned wrongly": empty, "key swapped": swap_key,
    "rolled back": roll_back, "fork": fork, "guard dropped": drop_guard,
}  # fmt: skip
CAREFUL = ("edit a text", "edit a number", "delete", "insert", "swap", "re-order", "back-date", "tail cut")


def memory(image: Any) -> Any:
    db = sqlite.connect(":memory:", isolation_level=None, check_same_thread=False)
    image.backup(db)
    return db


def template(home: Path) -> tuple[House, Any, Any, list[str]]:
    """A sealed journal of both formats: its image, an older image, the notes that were kept outside."""
    setup.make_secrets(home / "keys")
    house = setup.prepare(Settings.from_env({"OMS_HOME": str(home), "OMS_SECRET_KEY": "x" * 40}))
    engine = house.database.engine
    with engine.begin() as connection:
        for seq in range(1, 11):
            blank: dict[str, Any] = {name: 0 if name in WHOLE_NUMBERS else "" for name in COLUMNS}
            old = Entry(
                **(blank | {"v": 1, "seq": seq, "at": f"2026-11-02T01:00:00.{seq:03d}Z", "salt": f"{seq:032x}"})
            )
            values = {name: value for name, value in vars(old).items() if name not in SINCE_2} | {
                "leaf": leaf_hash(old)
            }
            connection.execute(journal.JournalEntry.__table__.insert(), values)  # type: ignore[attr-defined]
    older: Any = None
    for seq in range(11, ROWS + 1):
        with house.work(None, datetime.now(UTC)) as uow:
            note(uow, None, Verb.STATUS_VIEW, datetime.now(UTC), what=What("page", str(seq)))
        if seq % 10 == 0:
            sealing.seal(house, datetime.now(UTC))
        if seq == 25:
            older = _image(home)
    return house, _image(home), older, sealing.witnessed_notes(house.settings.witness)


def _image(home: Path) -> Any:
    """Only what the verification reads: the tables of the journal and their guards."""
    source, target = sqlite.connect(home / "oms.db"), sqlite.connect(":memory:", isolation_level=None)
    found = source.execute(
        "SELECT name, sql, type FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name IN "
        "('journal', 'checkpoints', 'anchors', 'prunings') AND type <> 'index' ORDER BY type"
    ).fetchall()
    for name, sql, kind in (row for row in found if row[2] == "table"):
        target.execute(sql)
        rows = source.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
        if rows:
            target.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608
        assert kind == "table"
    for _name, sql, _kind in (row for row in found if row[2] == "trigger"):
        target.execute(sql)
    source.close()
    return target


def judged(db: Any, signer: Signer, notes: list[str]) -> Verdict:
    """The program's own verification of a database in memory."""
    engine = create_engine("sqlite://", creator=lambda: db, poolclass=StaticPool, module=sqlite)
    with Session(engine) as session:
        return journal_seal.check(session, signer, notes)


def separate() -> ModuleType:
    """The separate verifier, as a module."""
    spec = importlib.util.spec_from_file_location("verify_journal", CHECKOUT / "deploy" / "verify_journal.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SEPARATE = separate()


def judged_apart(case: Case) -> bool:
    """Whether the separate verifier finds the same database, with the same notes from outside, whole."""
    read = case.db.execute("SELECT * FROM journal ORDER BY seq")
    names = [column[0] for column in read.description]
    rows = [dict(zip(names, row, strict=True)) for row in read]
    notes = [(note, True) for (note,) in case.db.execute("SELECT note FROM checkpoints")]
    heads: dict[int, set[bytes]] = {}
    try:
        keys = SEPARATE.keys_of("", case.signer.public_bytes())
        for text, signed in [*notes, *((text, False) for text in case.notes)]:
            size, root = SEPARATE.head_of(text, keys, signed)
            heads.setdefault(size, set()).add(root)
        SEPARATE.verify(rows, heads)
    except SEPARATE.Fault:
        return False
    return True


def attack(name: str, case: Case) -> tuple[Verdict, bool]:
    """One tampering, what the verification says, and whether the separate one finds it whole."""
    guards = case.db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    dropped = [case.rng.choice(guards)] if name == "guard dropped" else guards
    for guard, _sql in dropped:
        case.run(f"DROP TRIGGER {guard}")
    ATTACKS[name](case)
    if name in CAREFUL and case.rng.random() < 0.5:
        case.leaves_anew()
        if case.rng.random() < 0.5:
            case.forge()
    if name not in ("guard dropped", "rolled back"):
        for _guard, sql in guards:
            case.run(sql)
    return judged(case.db, case.signer, case.notes), judged_apart(case)


def campaign(number: int, seed: int) -> tuple[Counter[tuple[str, bool]], Counter[tuple[str, bool]]]:
    """So many tamperings in turn; (kind, found) counted, for the program and for the separate verifier."""
    told: Counter[tuple[str, bool]] = Counter()
    apart: Counter[tuple[str, bool]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        house, image, older, notes = template(Path(folder))
        clean = judged(memory(image), house.signer, notes)
        assert clean.whole, clean.problem
        assert judged_apart(Case(memory(image), random.Random(seed), house.signer, notes, older))
        for turn in range(number):
            name = list(ATTACKS)[turn % len(ATTACKS)]
            case = Case(memory(image), random.Random(f"{seed}/{turn}"), house.signer, notes, older)
            verdict, whole = attack(name, case)
            told[name, not verdict.whole] += 1
            apart[name, not whole] += 1
            case.db.close()
        house.database.close()
    return told, apart


def _live(settings: Settings, seed: int) -> None:
    """What is killed: writes, sometimes rolls back, seals."""
    house, rng = House(settings), random.Random(seed)
    while True:
        at = datetime.now(UTC)
        with house.work(None, at) as uow:
            note(uow, None, Verb.STATUS_VIEW, at, what=What("page", "p"))
        if rng.random() < 0.4:
            sealing.seal(house, datetime.now(UTC))


def honest(runs: int, seed: int) -> tuple[int, int, int]:
    """(runs, false alarms, entries) of a journal whose writers and sealer are killed again and again."""
    alarms, rng = 0, random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        setup.make_secrets(home / "keys")
        settings = Settings.from_env({"OMS_HOME": str(home), "OMS_SECRET_KEY": "x" * 40})
        setup.prepare(settings).database.close()
        entries = 0
        for run in range(runs):
            children = []
            for place in range(2):
                child = os.fork()
                if child == 0:
                    devnull = os.open(os.devnull, os.O_WRONLY)
                    os.dup2(devnull, 2)
                    _live(settings, run * 2 + place)
                children.append(child)
            time.sleep(rng.uniform(0.05, 0.35))
            for child in children:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            house = House(settings)
            verdict = sealing.verify(house, None)
            alarms += not verdict.whole
            if not verdict.whole:
                print(f"  alarm in run {run}: {verdict.problem}", flush=True)
            entries = verdict.entries
            house.database.close()
    return runs, alarms, entries


def main() -> int:
    """Prints what was found; 1 when something was missed or a false alarm was raised."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--attacks", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    begun = time.perf_counter()
    told, apart = campaign(args.attacks, args.seed)
    print("tampering         found  missed   separate verifier: found  missed")
    for name in ATTACKS:
        print(f"{name:16} {told[name, True]:6} {told[name, False]:7} {apart[name, True]:26} {apart[name, False]:7}")
    missed = sum(number for (_name, found), number in told.items() if not found)
    print(f"{args.attacks} tamperings, {missed} missed, {time.perf_counter() - begun:.0f} s", flush=True)
    begun = time.perf_counter()
    runs, alarms, entries = honest(args.runs, args.seed)
    print(
        f"{runs} honest runs with kills, {entries} entries, {alarms} false alarms, {time.perf_counter() - begun:.0f} s"
    )
    return 1 if missed or alarms else 0


if __name__ == "__main__":
    sys.exit(main())
