"""The proof that what was put back is what was backed up: hashes, counts, the journal, files, readings, the rule."""

from __future__ import annotations

import random
import secrets
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from oms.domain.checkpoints import parse_note, split_notes
from oms.errors import BackupFault, FileDamaged
from oms.services import sealing
from oms.services.house import House
from oms.settings import CHECKOUT
from oms.store import journal_seal, papers, restored, schema, snapshot

ACCOUNTS, DOSSIERS = 50, 200
VERIFIER = CHECKOUT / "deploy" / "verify_journal.py"


def sqlite_sound(path: Path) -> str:
    """Pages and references as SQLite checks them itself."""
    problems = snapshot.sound_sqlite(path)
    if problems:
        raise BackupFault(f"the database is damaged: {'; '.join(problems)}")
    return "pages and references are whole"


class Proof:
    """Every method is a step; BackupFault when something is not what the manifest says."""

    def __init__(self, house: House, body: dict[str, Any], journal_key: str, folder: Path, now: datetime) -> None:
        self._house, self._body, self._key, self._folder, self._now = house, body, journal_key, folder, now
        self._whole: list[str] = []

    def rows(self) -> str:
        """Each table has as many rows as were backed up; the schema is the one that was, and this program's."""
        with self._house.look() as uow:
            found, revision = restored.rows_by_table(uow.session), schema.revision(uow.session)
        told = self._body["tables"]
        wrong = [f"{name}: {found[name]} rows, {told[name]} in the manifest" for name in sorted(found.keys() & told)
                 if found[name] != told[name]]  # fmt: skip
        missing = sorted(found.keys() - told.keys())
        if wrong or (missing and revision == schema.newest()):
            raise BackupFault("; ".join([*wrong, *(f"{name}: not in the manifest" for name in missing)]))
        if revision != self._body["schema"]:
            raise BackupFault(f"the schema is {revision}, the manifest says {self._body['schema']}")
        if revision != schema.newest():
            raise BackupFault(
                f"the backup is of schema {revision}, this program wants {schema.newest()}: restore it with version "
                f"{self._body['program']}, then upgrade"
            )
        return f"{len(found)} tables, {sum(found.values())} rows, schema {revision}"

    def journal(self, witnesses: Sequence[Path], told: list[str]) -> str:
        """The tree over every row against all checkpoints, the one in the manifest, and those kept elsewhere."""
        public = self._house.signer.public_bytes().hex()
        if self._key and public != self._key and not (self._house.settings.keys / "journal_keys.txt").exists():
            raise BackupFault("the journal's public key is not the one that was carried in")
        notes = [self._body["checkpoint"]] if self._body["checkpoint"] else []
        kept = [text for path in witnesses for text in _notes(path)]
        entries = self._body["tables"]["journal"]
        ahead = sorted({parse_note(text).size for text in kept if parse_note(text).size > entries})
        if ahead:
            told.append(
                f"a witness knows {ahead[-1]} entries, the backup has {entries}: "
                f"{ahead[-1] - entries} entries came after it and are lost here"
            )
        inside = [text for text in kept if parse_note(text).size <= entries]
        with self._house.look() as uow:
            verdict = journal_seal.check(uow.session, self._house.signer, [*notes, *inside])
        if not verdict.whole:
            raise BackupFault(f"the journal: {verdict.problem}")
        return f"{verdict.entries} entries, {verdict.checkpoints} checkpoints, {len(inside)} of witnesses"

    def second_verifier(self) -> str:
        """The program that shares no code with this one says the same."""
        settings = self._house.settings
        export = self._folder / "journal.jsonl"
        if self._house.database.on_server or self._house.database.sealed:  # it reads SQLite alone
            sealing.write_rows(self._house, export)
            given = ["--export", str(export)]
        else:
            given = ["--database", str(self._folder / snapshot.DATABASE)]
        changes = settings.keys / "journal_keys.txt"
        given += ["--keys", str(changes)] if changes.exists() else []
        done = subprocess.run(
            [sys.executable, str(VERIFIER), "--key", str(settings.keys / "journal_key.pub"), *given],
            capture_output=True,
            text=True,
            check=False,
        )
        export.unlink(missing_ok=True)  # who read whom is not to lie about in the clear
        if done.returncode:
            raise BackupFault(f"the separate verifier: {(done.stdout or done.stderr).strip()[:200]}")
        return done.stdout.partition(", root ")[0].strip()

    def named(self) -> dict[str, None]:
        """Files the records name."""
        with self._house.look() as uow:
            return dict.fromkeys(sorted(papers.kept_files(uow.session)))

    def missing(self, names: dict[str, None], told: list[str]) -> None:
        """Files the records name and nobody brought: destroyed since, or BackupFault where they have a key."""
        keys = self._house.vault.keys
        lost = [sha for sha in names if keys is None or keys.rows_of(sha)]
        if lost:
            raise BackupFault(f"{len(lost)} files that the records name are not in the backup, the first: {lost[0]}")
        if names:
            told.append(f"{len(names)} files the records name have no key any more: destroyed, or disposed of since")

    def files(self) -> str:
        """Every file in the vault opens and has its hash."""
        vault, size = self._house.vault, 0
        self._whole = list(vault.names())
        for sha in self._whole:
            try:
                size += vault.verify(sha)
            except FileDamaged:
                raise BackupFault(f"file {sha} cannot be opened with its key") from None
        return f"{len(self._whole)} files, {size} bytes"

    def random_reads(self, number: int) -> str:
        """Some files by chance, read as a page reads them."""
        chance = random.Random(secrets.randbits(64))  # noqa: S311 - a sample, no secret
        chosen = [chance.choice(self._whole) for _each in range(number)] if self._whole else []
        size = sum(len(self._house.vault.read(sha)) for sha in chosen)
        return f"{len(chosen)} read, {size} bytes"

    def access(self) -> str:
        """The rule and the database under it agree on who sees what, and sees nothing where it should see nothing."""
        chance = random.Random(secrets.randbits(64))  # noqa: S311 - a sample, no secret
        with self._house.look() as uow:
            asked, wrong = restored.sample_of_access(uow.session, ACCOUNTS, DOSSIERS, chance)
        if wrong:
            raise BackupFault(f"the rule and the database differ: {wrong[0]}, and {len(wrong) - 1} more")
        return f"{asked} questions, all answered alike"


def _notes(path: Path) -> list[str]:
    """Checkpoints of a witness: its file, or the folder it lies in."""
    try:
        return split_notes((path / sealing.NOTES if path.is_dir() else path).read_text("utf-8", errors="replace"))
    except OSError as problem:
        raise BackupFault(f"the witness cannot be read: {type(problem).__name__}") from None
