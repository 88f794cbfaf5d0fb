"""The housekeeper: watches the intake folder, hands scans to workers.

Exactly one works on an installation (a lock says so): one sweeper.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import time
import uuid
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import chain, islice
from pathlib import Path

from oms.domain.access import Principal, Secrecy
from oms.domain.catalogue import COMPARTMENTS
from oms.domain.records import HANOI
from oms.errors import FULL_DISK, InvalidInput, Refused
from oms.services import (
    accounts,
    alone,
    approvals,
    backup,
    case_follow,
    case_reminders,
    disposals,
    dues,
    imports,
    intake,
    leftovers,
    linking,
    saved_searches,
    scanner,
    unlocking,
    vault_care,
    vault_keys,
)
from oms.services.exchange_post import Post
from oms.services.house import House
from oms.services.jobs import Clock, ReadingQueue, die_with_parent
from oms.services.review_engine import Engine
from oms.services.settling import Settling
from oms.settings import CHECKOUT
from oms.store import in_memory, leases, papers, people, units
from oms.store.db import UnitOfWork
from oms.store.tables import Unit

log = logging.getLogger(__name__)

CLAIMED, QUARANTINE, REASON = ".claimed", ".quarantine", "ly-do.txt"
TIDY_EVERY = timedelta(hours=1)
LEASES_KEPT = timedelta(days=2)
DUES_EVERY = timedelta(minutes=5)
REVIEW_EVERY = timedelta(minutes=1)
VAULT_EVERY = timedelta(seconds=10)
SEARCHES_EVERY = timedelta(seconds=30)
LINKS_SECONDS, LINKS_SHARE = 2.0, 0.2
"""How long records are compared in one round, so that a list of thousands holds up nothing else; and how much of that
others cannot write for it: everybody who reads has a row to write."""
AT_ONCE = 20
"""Files taken in one round: at 0.15 s a file, three seconds."""


def only_one(house: House) -> AbstractContextManager[alone.Alone]:
    """Holds the housekeeper's lock; what it yields is false when another process has it."""
    return alone.of_installation(house.database, house.settings.home, "housekeeper")


class Housekeeper:
    """Keeps what it saw of growing files between two rounds."""

    def __init__(self, house: House, queue: ReadingQueue, clock: Clock) -> None:
        self._house, self._queue, self._clock = house, queue, clock
        self._settling = Settling(house.settings.settle_seconds)
        self._tidied_at: datetime | None = None
        self._dues_at: datetime | None = None
        self._review_engine = Engine(house)
        self._reviewed_at: datetime | None = None
        self._searched_at: datetime | None = None
        self._links_caught_up, self._links_at_once = False, linking.Portions(LINKS_SHARE)
        self._reminded_on: date | None = None
        self._vault_at: datetime | None = None
        self._backup_late = False
        self._rolling = vault_care.RollingCheck(house)
        self._post = Post(house, clock)
        self._scanners: dict[str, subprocess.Popen[bytes]] = {}

    def round(self) -> int:
        """One round of everything; a failing part is logged and does not stop the others. Returns files taken."""
        taken = 0
        for part in (
            self._sweep,
            self._dispatch,
            self._lists,
            self._scan,
            self._copies,
            self._learn,
            self._tidy,
            self._dues,
            self._review,
            self._searches,
            self._links,
            self._exchange,
            self._vault,
            self._reminders,
            self._backups,
        ):
            try:
                taken += part()
            except Exception as error:  # a damaged index must not stop the intake
                log.error("housekeeper %s: %s", part.__name__, type(error).__name__)
        return taken

    def _exchange(self) -> int:
        self._post.round()
        return 0

    def _dispatch(self) -> int:
        self._queue.dispatch(self._house)
        return 0

    def _lists(self) -> int:
        self._queue.dispatch_lists(self._house)
        return 0

    def _scan(self) -> int:
        """Starts a process for every run of a scanner that wants one; forgets runs that ended long ago."""
        wanted = scanner.waiting(self._house.settings)
        for name in [name for name, process in self._scanners.items() if process.poll() is not None]:
            del self._scanners[name]
        for name in wanted:
            if name not in self._scanners:
                command = [sys.executable, "-m", "oms.cli", "scan", name]
                self._scanners[name] = subprocess.Popen(
                    command, cwd=CHECKOUT, preexec_fn=die_with_parent, pass_fds=unlocking.inherited()
                )
        if not wanted:
            scanner.sweep(self._house.settings, self._clock())
        return 0

    def _copies(self) -> int:
        self._queue.dispatch_copies(self._house)
        return 0

    def _learn(self) -> int:
        self._queue.dispatch_learning(self._house)
        return 0

    def _tidy(self) -> int:
        """Once an hour: what killed processes left in the temporary folder, and of disposals in the vault."""
        now = self._clock()
        if self._tidied_at is None or now - self._tidied_at >= TIDY_EVERY:
            leftovers.sweep()
            in_memory.sweep()
            vault_care.sweep_leftovers(self._house, now)
            disposals.sweep(self._house)
            with self._house.work(None, now) as uow:
                approvals.expire(uow, now)
                leases.tidy(uow.session, now - LEASES_KEPT)
            case_follow.sweep(self._house, now)
            imports.sweep(self._house)
            saved_searches.tidy(self._house, now)
            self._tidied_at = now
        return 0

    def _dues(self) -> int:
        """Records that a changed rule or a passed day has left behind, some hundred a round."""
        now = self._clock()
        looked = self._dues_at is not None and now - self._dues_at < DUES_EVERY
        if not looked and not dues.renew_stale(self._house, now):
            self._dues_at = now
        return 0

    def _review(self) -> int:
        """Takes the journal in for the reviewer's desk, a portion a round until it has caught up."""
        now = self._clock()
        if self._reviewed_at is None or now - self._reviewed_at >= REVIEW_EVERY:
            step = self._review_engine.step(now)
            if not step.left and not step.days:
                self._reviewed_at = now
        return 0

    def _searches(self) -> int:
        """Looks for new papers that meet kept searches."""
        now = self._clock()
        if self._searched_at is None or now - self._searched_at >= SEARCHES_EVERY:
            self._searched_at = now
            saved_searches.look(self._house, now)
        return 0

    def _vault(self) -> int:
        """Levels of new files' keys, keys to be wrapped anew, the second copy, the rolling check."""
        now = self._clock()
        if self._vault_at is not None and now - self._vault_at < VAULT_EVERY:
            return 0
        self._vault_at = now
        vault_care.settle_levels(self._house)
        vault_keys.rewrap(self._house)
        self._rolling.step(now)
        vault_care.copy_waiting(self._house)
        return 0

    def _backups(self) -> int:
        """Tells administrators once when no backup was made for too long, whoever should have made it."""
        now = self._clock()
        late = backup.late(self._house.settings, now)
        if late and not self._backup_late:
            backup.tell_late(self._house, now)
        self._backup_late = late
        return 0

    def _reminders(self) -> int:
        """Every working morning: what is due soon or late, a portion a round; a day is looked through once."""
        now = self._clock()
        today = now.astimezone(HANOI).date()
        if self._reminded_on == today or not case_reminders.due_today(self._house, now):
            return 0
        if not case_reminders.remind(self._house, now):
            self._reminded_on = today
        return 0

    def _links(self) -> int:
        """Compares records that changed with those of other blocks."""
        if not self._links_caught_up:
            linking.catch_up(self._house, self._clock())
            self._links_caught_up = True
        until = time.monotonic() + LINKS_SECONDS
        while time.monotonic() < until:
            if not linking.refresh(self._house, self._clock(), 1, portions=self._links_at_once).compared:
                break
        return 0

    def _sweep(self) -> int:
        """Takes every file that has stopped growing, after those claimed by a round that was interrupted."""
        root = self._house.settings.intake
        if not root.is_dir():
            return 0
        left = sorted((root / CLAIMED).glob("*/*/*/*"))
        fresh = (self._claim(path) for path in self._settled(root))
        # a pile of thousands must not hold up the others: the rest has the next rounds
        portion = islice(chain(left, filter(None, fresh)), AT_ONCE)
        return sum(self._take_or_set_aside(path) for path in portion)

    def _take_or_set_aside(self, path: Path) -> int:
        """Takes one claimed file; one that cannot be opened or entered is put aside: the next have their turn."""
        try:
            if path.is_symlink() or not path.is_file():
                raise OSError
            return self._take_claimed(path)
        except InvalidInput as error:
            self._quarantine(path, error.message_vi)
        except Refused:  # the open batch of this title is secret: the folder's account has no clearance
            self._quarantine(path, "Đợt số hoá này có độ mật: hãy tải tệp lên ở trang của đợt.")
        except OSError as error:
            if error.errno in FULL_DISK:  # not the file's fault: it stays claimed and is taken once there is room
                raise
            self._quarantine(path, "Không mở được tệp này trong thư mục chờ.")
        return 0

    def _settled(self, root: Path) -> list[Path]:
        """Files in sight that have stopped changing."""
        seen = (
            path for path in root.rglob("*") if not any(part.startswith(".") for part in path.relative_to(root).parts)
        )
        return self._settling.ready(seen, self._clock())

    def _claim(self, path: Path) -> Path | None:
        """Moves a file out of everybody's reach in one step: .claimed/<unit>/<batch>/<random>/<name>."""
        parts = path.relative_to(self._house.settings.intake).parts
        unit = parts[0] if len(parts) > 1 else "-"
        batch = parts[1] if len(parts) > 2 else "-"
        target = self._house.settings.intake / CLAIMED / unit / batch / uuid.uuid4().hex / path.name
        try:
            target.parent.mkdir(parents=True)
            path.rename(target)
        except OSError:
            return None
        self._settling.forget(path)
        return target

    def _take_claimed(self, path: Path) -> int:
        """Files one claimed file; removed only once its row and its bytes in the vault are on the disk."""
        unit_code, wished = intake.clean_name(path.parts[-4]), intake.batch_title(path.parts[-3])
        now = self._clock()
        with self._house.work(None, now) as uow:
            unit = units.by_code(uow.session, unit_code)
            agent = _agent(uow, unit) if unit else None
            title = wished if wished not in ("", "-") else f"Thư mục chờ {now.astimezone():%d/%m/%Y}"
            # asked as the program: a batch above the folder's level is refused, never doubled by an open one
            batch = papers.open_batch_of_day(uow.session, unit.id, title) if unit else None
            batch_id = batch.id if batch else ""
        if unit is None or agent is None or unit.block == "all":
            self._quarantine(path, _no_unit(unit_code))
            return 0
        received = intake.take_in(self._house.vault, path)
        with self._house.work(agent, now) as uow:
            batch_id = batch_id or intake.create_batch(uow, agent, intake.NewBatch(unit.id, title), now).id
            receipt = intake.receive(uow, agent, batch_id, received, path.name, now, intake.Origin("folder"))
        if receipt.accepted or receipt.repeated:
            path.unlink()
            _remove_empty(path.parent, self._house.settings.intake / CLAIMED)
            return int(receipt.accepted)
        self._quarantine(path, receipt.message_vi)
        return 0

    def _quarantine(self, path: Path, reason: str) -> None:
        """Keeps a file that cannot be taken, with its reason in words beside it."""
        folder = self._house.settings.intake / QUARANTINE / path.parts[-2]
        folder.mkdir(parents=True, exist_ok=True)
        unit_code, batch = path.parts[-4], path.parts[-3]
        origin = "/".join(part for part in (unit_code, batch, path.name) if part != "-")
        at = self._clock().astimezone(HANOI)
        told = f"{reason}\nTừ thư mục chờ: {origin}\nLúc: {at:%d/%m/%Y %H:%M}\n"
        (folder / REASON).write_text(told, encoding="utf-8", errors="replace")
        shutil.move(path, folder / (f"tep-{REASON}" if path.name == REASON else path.name))
        _remove_empty(path.parent, self._house.settings.intake / CLAIMED)
        log.warning("intake file set aside in quarantine folder %s", path.parts[-2])


def _no_unit(code: str) -> str:
    if code == "-":
        return "Tệp nằm ngay trong thư mục chờ: hãy đặt vào thư mục con mang mã đơn vị."
    return f"Thư mục “{code}” không phải mã của đơn vị quản lý hồ sơ."


def _remove_empty(folder: Path, stop: Path) -> None:
    while folder != stop and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _agent(uow: UnitOfWork, unit: Unit) -> Principal | None:
    """The folder's account, cut down to the unit whose folder it is. It may add to a batch of a compartment, because
    it shows nothing to anybody; never to a secret one: an open folder is no place for state secrets.
    """
    account = people.by_username(uow.session, accounts.FOLDER_ACCOUNT)
    if account is None:
        return None
    principal = people.principal_of(uow.session, account)
    every = frozenset(COMPARTMENTS)
    return replace(
        principal,
        unit_id=unit.id,
        unit_path=unit.path,
        scopes=(unit.path,),
        clearance=Secrecy.NONE,
        compartments=every,
    )


def quarantined(house: House) -> list[tuple[str, str, str]]:
    """Files in quarantine (folder under intake/.quarantine, name, reason): for the operator and the status page."""
    found = []
    for told in sorted((house.settings.intake / QUARANTINE).glob(f"*/{REASON}")):
        reason = told.read_text(encoding="utf-8").partition("\n")[0]
        names = [name for name in sorted(os.listdir(told.parent)) if name != told.name]
        found += [(told.parent.name, intake.clean_name(name), reason) for name in names]
    return found
