"""The judge of a bad day: is what was acknowledged found again, is what was served on record?

It asks the installation's own database and vault past the pages, the verifier of ``deploy/`` and ``oms check``.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.bad_clients import Ledger
from benchmarks.bad_house import ROOT, Installation
from oms.errors import FileDamaged, OmsError
from oms.services.house import House
from oms.store import journal

HALF = (
    ("scans without pages", "SELECT count(*) FROM scans WHERE state IN ('waiting', 'reading', 'read') "
     "AND NOT EXISTS (SELECT 1 FROM pages WHERE pages.scan_id = scans.id)"),
    ("pages read without an image", "SELECT count(*) FROM pages WHERE state = 'read' AND image_sha = ''"),
    ("papers without pages", "SELECT count(*) FROM documents WHERE state <> 'discarded' "
     "AND NOT EXISTS (SELECT 1 FROM pages WHERE pages.document_id = documents.id)"),
    ("cadres without a dossier", "SELECT count(*) FROM cadres WHERE NOT EXISTS "
     "(SELECT 1 FROM dossiers WHERE dossiers.cadre_id = cadres.id)"),
    ("scans without their row of the journal", "SELECT count(*) FROM scans WHERE original_name LIKE 't%-%' AND NOT "
     "EXISTS (SELECT 1 FROM journal WHERE object_kind = 'scan' AND object_id = scans.id)"),
)  # fmt: skip
"""What no crash may leave behind."""


@dataclass
class Verdict:
    """Counts of one look, with what was found wrong in words."""

    acknowledged: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    unlogged: list[str] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    pages: Counter[str] = field(default_factory=Counter)

    @property
    def well(self) -> bool:
        """Whether nothing was found."""
        return not (self.lost or self.unlogged or self.corrupt or self.half)

    def wrong(self) -> list[str]:
        """All that was found, each with its kind."""
        kinds = (("LOST", self.lost), ("UNLOGGED", self.unlogged), ("CORRUPT", self.corrupt), ("HALF", self.half))
        return [f"{kind}: {each}" for kind, found in kinds for each in found]


def settle(there: Installation, seconds: float = 60) -> None:
    """Waits until the sealer has given every waiting row its number and has signed up to the newest."""
    until = time.monotonic() + seconds
    house = there.house()
    try:
        while time.monotonic() < until:
            try:
                with house.look() as uow:
                    waits = journal.inbox_waits(uow.session, there.settings.inbox)
                    newest = uow.session.execute(text("SELECT max(seq) FROM journal")).scalar() or 0
                    sealed = uow.session.execute(text("SELECT max(size) FROM checkpoints")).scalar() or 0
                if not waits and newest - sealed < 3:
                    return
            except OmsError:
                pass
            time.sleep(0.2)
    finally:
        house.close()


def all_read(there: Installation, seconds: float) -> bool:
    """Waits until no scan waits or is being read; False when for so many seconds none was finished: something hangs."""
    until, before = time.monotonic() + seconds, -1
    house = there.house()
    try:
        while time.monotonic() < until:
            with house.look() as uow:
                asked = text("SELECT count(*) FROM scans WHERE state IN ('waiting', 'reading')")
                left = int(uow.session.execute(asked).scalar() or 0)
            if not left:
                return True
            until = time.monotonic() + seconds if left != before else until
            before = left
            time.sleep(0.5)
    finally:
        house.close()
    return False


def judged(there: Installation, ledger: Ledger, since: int = 0) -> Verdict:
    """Looks at everything; of the ledger only at lines from ``since`` on (what was found once was found)."""
    verdict, house = Verdict(), there.house()
    try:
        lines = ledger.lines()[since:]
        verdict.acknowledged = Counter(line["kind"] for line in lines)
        _kept(there, house, lines, verdict)
        _logged(house, lines, verdict)
        _whole(house, verdict)
    finally:
        house.close()
    verdict.corrupt += verified(there)
    return verdict


def _kept(there: Installation, house: House, lines: list[dict[str, Any]], verdict: Verdict) -> None:
    # first: what is taken in between has its row by the time rows are asked for
    lying = {path.name for path in there.settings.intake.rglob("*") if path.is_file()}
    with house.look() as uow:
        scans = {sha for (sha,) in uow.session.execute(text("SELECT sha256 FROM scans"))}
        numbers = dict(uow.session.execute(text(
            "SELECT dossiers.number, cadres.full_name FROM dossiers JOIN cadres ON cadres.id = dossiers.cadre_id"
        )).all())  # fmt: skip
    for line in lines:
        if line["kind"] == "register" and numbers.get(line["number"], "").casefold() != line["name"].casefold():
            verdict.lost.append(f"dossier {line['number']}")
        if line["kind"] == "upload" and line["sha"] not in scans:
            verdict.lost.append(f"upload {line['name']}")
        if line["kind"] == "drop" and line["sha"] not in scans and line["name"] not in lying:
            verdict.lost.append(f"dropped file {line['name']}")
        if line["kind"] in ("upload", "drop") and line["sha"] in scans:
            try:
                with house.vault.opened(line["sha"]) as path:
                    if sha256(Path(path).read_bytes()).hexdigest() != line["sha"]:
                        verdict.lost.append(f"bytes of {line['name']}")
            except FileDamaged:
                verdict.lost.append(f"bytes of {line['name']}")


def _logged(house: House, lines: list[dict[str, Any]], verdict: Verdict) -> None:
    saw = [line for line in lines if line["kind"] == "saw"]
    if not saw:
        return
    with house.look() as uow:
        rows = uow.session.execute(text("SELECT request, object_id FROM journal WHERE outcome = 'done'")).all()
    known: dict[str, set[str]] = {}
    for number, what in rows:
        known.setdefault(number, set()).add(what)
    for line in saw:
        objects = known.get(line["number"])
        named = line["path"].startswith(("/tai-lieu/", "/trang/"))
        if objects is None or (named and line["what"] not in objects):
            verdict.unlogged.append(f"{line['path']} (request {line['number']})")


def _whole(house: House, verdict: Verdict) -> None:
    with house.look() as uow:
        for what, statement in HALF:
            number = uow.session.execute(text(statement)).scalar()
            if number:
                verdict.half.append(f"{number} {what}")
        states = uow.session.execute(text("SELECT state, count(*) FROM pages GROUP BY state")).all()
        verdict.pages = Counter({state: number for state, number in states})
        if not house.database.on_server:
            for pragma in ("integrity_check", "foreign_key_check"):
                told = [str(row[0]) for row in uow.session.execute(text(f"PRAGMA {pragma}"))]
                verdict.corrupt += [f"database, {pragma}: {each}" for each in told if each != "ok"]


def verified(there: Installation) -> list[str]:
    """What the separate verifier says, when the journal is not whole."""
    keys, witness = there.settings.keys, sorted(there.settings.witness.glob("*.txt"))
    asked = [sys.executable, str(ROOT / "deploy" / "verify_journal.py"), "--key", str(keys / "journal_key.pub")]
    for each in witness:
        asked += ["--witness", str(each)]
    if there.settings.database_url.startswith("sqlite"):
        asked += ["--database", str(there.settings.home / "oms.db")]
    else:
        export = there.home.with_suffix(".jsonl")
        export.unlink(missing_ok=True)
        done = there.command("journal", "export", "--out", str(export))
        if done.returncode:
            return [f"journal export: {done.stderr.strip()[-300:]}"]
        asked += ["--export", str(export)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=600)
    return [] if done.returncode == 0 else [f"verify_journal.py: {(done.stdout + done.stderr).strip()[-300:]}"]


def checked(there: Installation) -> list[str]:
    """What ``oms check`` finds."""
    done = there.command("check")
    return [] if done.returncode == 0 else [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]


def today() -> str:
    """The line above every table."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
