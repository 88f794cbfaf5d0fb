"""Where packages lie: sealed files kept until they are answered, and the folders of the directory transport."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oms.domain import packages as words
from oms.domain.dated_rows import NoSuchRow
from oms.domain.packages import BadStatement
from oms.domain.records import day_in_hanoi
from oms.domain.working_days import after_working
from oms.services import catalogues, days_off
from oms.services.catalogues import DEFAULTS
from oms.services.exchange_bag import sync_folder
from oms.services.exchange_keys import Keys
from oms.settings import Settings
from oms.store.db import UnitOfWork

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

SUFFIX = ".oms"
REFUSED, REASON = "refused", "ly-do.txt"
RULE_DAYS = "exchange.update"
LEFT_ALONE = timedelta(hours=24)
"""A sealed file without a row is somebody's who was killed, once it is this old."""


class Place:
    """The folders of the exchange of one installation."""

    def __init__(self, settings: Settings) -> None:
        self.keys = Keys(settings.keys)
        self.kept, self._arrived = settings.home / "exchange" / "kept", settings.home / "exchange" / "arrived"
        self.out, self.incoming = settings.exchange_dir / "out", settings.exchange_dir / "in"

    def make(self) -> None:
        """Makes the folders there are not."""
        for folder in (self.kept, self.out, self.incoming, self.incoming / REFUSED):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def file(self, name: str) -> Path:
        """Where a kept sealed file lies; its name is a SHA-256 or an id of ours, never a user's word."""
        if not all(letter in "0123456789abcdef" for letter in name) or len(name) not in (32, 64):
            raise ValueError("not a name of ours")
        return self.kept / name

    def keep(self, source: Path) -> tuple[str, int]:
        """Keeps a copy of what came, under its SHA-256; on the disk when this returns."""
        self.make()
        part = self.kept / f".new-{os.getpid()}-{os.urandom(6).hex()}"
        digest, size = hashlib.sha256(), 0
        try:
            with source.open("rb") as stream, part.open("xb") as out:
                while piece := stream.read(1024 * 1024):
                    digest.update(piece)
                    size += len(piece)
                    out.write(piece)
                out.flush()
                os.fsync(out.fileno())
            name = digest.hexdigest()
            os.replace(part, self.file(name))
        finally:
            part.unlink(missing_ok=True)
        sync_folder(self.kept)
        return name, size

    def forget(self, name: str) -> None:
        """Removes a kept file that nothing names any more."""
        if name:
            self.file(name).unlink(missing_ok=True)

    def sweep(self, wanted: set[str], now: datetime) -> int:
        """Removes what killed processes left: files nobody names, bags in the clear, half-written ones; how many."""
        gone = 0
        halves = [path for folder in (self.out, self.incoming) for path in folder.glob(f".*{SUFFIX}.part")]
        for path in (*self.kept.glob("*"), *halves, *self._arrived.glob("*/.*.part")):
            if path.name in wanted or now.timestamp() - path.lstat().st_mtime <= LEFT_ALONE.total_seconds():
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
            gone += 1
        return gone


_SAFE = re.compile(r"[^A-Za-z0-9.-]+")


def name_out(partner_code: str, package_id: str) -> str:
    """The name a sealed file has on its way: the partner's code and the package's id, in ASCII."""
    return f"{_SAFE.sub('-', partner_code)[:35]}--{package_id}{SUFFIX}"


def put_out(sealed: Path, folder: Path, name: str) -> None:
    """Writes a file into a shared folder whole or not at all: beside it, on the disk, then under its name."""
    part = folder / f".{name}.part"
    with sealed.open("rb") as stream, part.open("wb") as out:
        while piece := stream.read(1024 * 1024):
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    os.replace(part, folder / name)
    sync_folder(folder)


@cache
def _schema(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads((DEFAULTS / f"exchange_{name}_1.schema.json").read_text(encoding="utf-8")))


def check_schema(name: str, value: Any) -> None:
    """BadStatement with the place where a statement ("package") or a record is not as the published schema says."""
    problem = next(iter(_schema(name).iter_errors(value)), None)
    if problem is not None:
        where = "/".join(str(part) for part in problem.absolute_path) or "(gốc)"
        raise BadStatement("schema", f"Dữ liệu của gói không theo lược đồ, tại {where[:200]}.")
    _plain(value)


def _plain(value: Any, key: str = "") -> None:
    """No control characters outside what was read or typed: a line break could end an id for one program only."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name not in ("values", "raw"):
                _plain(each, name)
            elif any("\0" in text for text in each.values()):
                raise BadStatement("schema", f"Dữ liệu của gói có ký tự điều khiển, tại {name}.")
    elif isinstance(value, list):
        for each in value:
            _plain(each, key)
    elif isinstance(value, str) and any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        raise BadStatement("schema", f"Dữ liệu của gói có ký tự điều khiển, tại {key}.")


def due_day(uow: UnitOfWork, now: datetime) -> date:
    """The last day for taking an update in, counted in working days from today by the rule of the catalogue."""
    known, today = catalogues.load(uow), day_in_hanoi(now)
    try:
        days = int(known.number(RULE_DAYS, today))
    except NoSuchRow:
        days = words.UPDATE_DAYS
    return after_working(today, days, days_off.calendar(known, today))
