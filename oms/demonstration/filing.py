"""Files the demonstration through the same doors as real paper: intake folder, Tesseract, desk.

Every step can be repeated: killed half-way, the next run goes on and files nothing twice.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from oms.demonstration import (
    clerk,
    consulting,
    directing,
    duties,
    electronic,
    happenings,
    linked,
    lives,
    office_cases,
    province,
    second_look,
    stack,
    state_secrets,
)
from oms.demonstration.deliver import DemoFile, deliver
from oms.demonstration.people import DemoCadre, DemoDossier, cadres
from oms.domain.access import Role, Secrecy
from oms.domain.catalogue import ROLE_LABELS
from oms.domain.records import CopyState, ScanState
from oms.services import accounts, archival, custody, health, indexing, intake, review, setup, tasks
from oms.services.house import House, UnitOfWork
from oms.services.jobs import ReadingQueue
from oms.services.watch import Housekeeper, only_one
from oms.settings import CHECKOUT, Settings

Clock = Callable[[], datetime]
OFFICERS = {"party": "canbo.tochuc", "front": "vanthu.mattran", "government": "canbo.noivu"}
"""Who registers the cadres of each block."""


@dataclass(frozen=True)
class Summary:
    """What was filed. ``documents`` are papers cut from the files; ``filed`` of them lie in dossiers."""

    batches: int
    pages: int
    documents: int
    cadres: int
    links: int
    seconds: float
    dossiers: int
    files: int
    filed: int
    on_desk: int


def file_demonstration(settings: Settings, clock: Clock) -> Summary:
    """Lays down the invented province and files its paper; shows a progress bar on standard error."""
    started = time.monotonic()
    house = House(settings)
    state = _State.load(settings.home / "demonstration")
    if state.done:
        _accounts(house, state.password, clock)  # those that came with a newer version
    else:
        _lay_down(house, state.password, clock)
        _read_and_file(house, clock)
        state.finish()
    return _summary(house, time.monotonic() - started)


def greeting(settings: Settings) -> str:
    """The demonstration's accounts and their password, to be printed when the server starts."""
    state = _State.load(settings.home / "demonstration")
    lines = [f"Tài khoản thử / demonstration accounts (mật khẩu / password: {state.password})"]
    lines += [
        f"  {account.username:<16} {ROLE_LABELS[account.role]:<26} {province.unit(account.unit_code).name}"
        for account in province.ACCOUNTS
    ]
    return "\n".join(lines)


@dataclass
class _State:
    """The marker file: the demonstration's password (0600) and whether everything is filed."""

    path: Path
    password: str
    done: bool = False

    @classmethod
    def load(cls, path: Path) -> _State:
        if path.exists():
            kept = json.loads(path.read_text())
            return cls(path, kept["password"], kept["done"])
        state = cls(path, "-".join(secrets.token_hex(3) for _ in range(3)))
        state._write()
        return state

    def _write(self) -> None:
        part = self.path.with_suffix(".part")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump({"password": self.password, "done": self.done}, file)
        part.replace(self.path)

    def finish(self) -> None:
        self.done = True
        self._write()


def _lay_down(house: House, password: str, clock: Clock) -> None:
    """Units, successions, accounts, tasks, and the register of cadres with their dossiers."""
    with house.work(None, clock()) as uow:
        units = {unit.code: _unit(uow, unit) for unit in province.UNITS}
        setup.ensure_agent(uow, setup.ensure_root(uow, province.ROOT, ""), clock())
        if not setup.has_successions(uow):
            for step in province.SUCCESSIONS:
                old, new = step.predecessor_code, step.successor_code
                setup.add_succession(uow, old, new, step.kind, step.on_date, step.decision_no)
    _accounts(house, password, clock)
    for task in province.TASKS:
        officer = clerk.principal_named(house, "canbo.noivu" if task.unit_code.startswith("LG-C") else "canbo.tochuc")
        with house.work(officer, clock()) as uow:
            if not tasks.exists(uow, officer, task.number):
                tasks.create_task(uow, officer, task.number, task.title, units[task.unit_code], clock())
    for cadre in cadres():
        for held in cadre.dossiers:
            entry = _new_cadre(cadre, held, units[held.unit_code])
            officer = clerk.principal_named(house, OFFICERS[held.block])
            with house.work(officer, clock()) as uow:
                if not custody.number_taken(uow, entry.unit_id, entry.number):
                    custody.create_cadre(uow, officer, entry, clock())


def _accounts(house: House, password: str, clock: Clock) -> None:
    """The accounts that are not there yet."""
    with house.look() as uow:
        units = {unit.code: unit.id for unit in setup.all_units(uow)}
    for account in province.ACCOUNTS:
        with house.work(None, clock()) as uow:
            if accounts.find(uow, account.username) is None:
                accounts.create(uow, None, _new_account(account, password, units), clock())


def _unit(uow: UnitOfWork, unit: province.DemoUnit) -> int:
    if unit.parent_code is None:
        return setup.ensure_root(uow, unit.code, unit.name).id
    return setup.ensure_unit(
        uow, unit.code, unit.name, unit.parent_code, str(unit.block), unit.kind, unit.valid_from, unit.valid_to
    ).id


def _new_account(account: province.DemoAccount, password: str, units: dict[str, int]) -> accounts.NewAccount:
    return accounts.NewAccount(
        username=account.username,
        display_name=account.display_name,
        password=password,
        role=Role(account.role),
        unit_id=units[account.unit_code],
        scope_ids=tuple(units[code] for code in account.scope_codes),
        clearance=Secrecy(account.clearance),
        compartments=account.compartments,
        sensitive=account.sensitive,
    )


def _new_cadre(cadre: DemoCadre, held: DemoDossier, unit_id: int) -> custody.NewCadre:
    core = cadre.core
    return custody.NewCadre(
        full_name=core.name,
        unit_id=unit_id,
        number=held.number,
        birth_date=core.born.strftime("%d/%m/%Y"),
        sex=core.sex,
        other_names="" if core.alias == "Không" else core.alias,
        citizen_id=cadre.citizen_id,
        old_id=cadre.old_id,
        position=core.position,
        home_place=core.home_place,
        secrecy=held.secrecy,
        confirmed=True,
    )


def _read_and_file(house: House, clock: Clock) -> None:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar, only_one(house) as alone:
        if not alone:
            raise RuntimeError("another housekeeper runs on this installation")
        files = _deliver(house, bar, console, clock)
        with _at_work(house, clock) as (keeper, worker):
            more = stack.lay_down(house, clock) + electronic.lay_down(house, clock)
            _read(house, keeper, worker, len(files) + more, bar, console)
            row = bar.add_task("Duyệt và đưa vào hồ sơ", total=len(files))
            for file in files:
                if not file.leave_on_desk:
                    clerk.file_one(house, file, clock)
                keeper.round()  # hands the archival copies out while filing goes on
                bar.advance(row)
            stack.settle(house, clock)
            electronic.settle(house, clock)
            _copies(house, keeper, worker, bar)
            second_look.look(house, clock)
            _lives(house, bar, clock)
            linked.lay_down(house, clock)
    indexing.drain(house)
    review.seal(house, clock())


def _lives(house: House, bar: Progress, clock: Clock) -> None:
    """The structured record, and what is going on around it."""
    steps = lives.Steps(house.settings.home)
    row = bar.add_task("Lập lý lịch điện tử", total=sum(1 for _held in lives.held()))
    lives.lay_down(house, steps, clock, lambda: bar.advance(row))
    happenings.lay_down(house, steps, clock)
    consulting.lay_down(house, steps, clock)
    directing.lay_down(house, steps, clock)
    office_cases.lay_down(house, steps, clock)
    # afterwards: who was lent authority stands on its giver's side, and the giver then approves nothing of theirs
    duties.lay_down(house, steps, clock)
    state_secrets.lay_down(house, steps, clock)


def _deliver(house: House, bar: Progress, console: Console, clock: Clock) -> list[DemoFile]:
    """Draws the paper, then drops each file in the intake folder of its unit and batch (a rename: whole or not)."""
    row = bar.add_task("Làm giấy tờ mẫu", total=None)
    drawn = deliver(
        house.settings.home / "paper", progress=lambda done, all_: bar.update(row, completed=done, total=all_)
    )
    console.log(f"{len(drawn)} tệp, {sum(file.page_count for file in drawn)} trang vào thư mục chờ")
    counted = [file for file in drawn if _folder_name(file) == second_look.CLOSED]
    with house.look() as uow:
        unit_id = next(each.id for each in setup.all_units(uow) if each.code == counted[0].unit_code)
    second_look.begin_closed(house, unit_id, sum(file.page_count for file in counted), clock)
    for file in drawn:
        _open_restricted(house, file, clock)
        if _received(house, file, clock):
            continue  # by a run that was cut off: its batch may be closed by now
        folder = house.settings.intake / file.unit_code / _folder_name(file)
        folder.mkdir(parents=True, exist_ok=True)
        file.path.replace(folder / file.path.name)
    return list(drawn)


def _folder_name(file: DemoFile) -> str:
    """The batch's title as a folder can bear it."""
    return file.batch_title.replace("/", "-")


def _received(house: House, file: DemoFile, clock: Clock) -> bool:
    who = clerk.principal_named(house, file.scanned_by)
    with house.work(who, clock()) as uow:
        return bool(intake.scan_named(uow, who, file.path.name))


def _open_restricted(house: House, file: DemoFile, clock: Clock) -> None:
    """A pile of restricted papers gets its batch before its files: nobody outside sees even its name."""
    compartments = {document.compartment for document in file.documents} - {""}
    if not compartments:
        return
    who = clerk.principal_named(house, file.scanned_by)
    with house.work(who, clock()) as uow:
        if not intake.has_batch(uow, who, _folder_name(file)):
            new = intake.NewBatch(who.unit_id, _folder_name(file), compartment=compartments.pop())
            intake.create_batch(uow, who, new, clock())


@contextmanager
def _at_work(house: House, clock: Clock) -> Iterator[tuple[Housekeeper, subprocess.Popen[bytes]]]:
    """The real housekeeper and the real workers, in a hurry to take files from the folder."""
    hurried = replace(house.settings, settle_seconds=0.0)
    queue = ReadingQueue(hurried, clock)
    queue.empty()
    command = [sys.executable, "-m", "oms.cli", "work"]
    environment = os.environ | {"OMS_HOME": str(house.settings.home)}
    with (house.settings.log / "work.log").open("ab") as log:
        worker = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=log, stderr=log)
        try:
            yield Housekeeper(House(hurried), queue, clock), worker
        finally:
            worker.send_signal(signal.SIGINT)
            worker.wait(60)


def _read(
    house: House, keeper: Housekeeper, worker: subprocess.Popen[bytes], files: int, bar: Progress, console: Console
) -> None:
    """Waits until every file has been read."""
    row: TaskID = bar.add_task("Đọc bằng Tesseract", total=None)
    said = time.monotonic()
    while True:
        _round(keeper, worker)
        with house.look() as uow:
            states, pages = health.reading_progress(uow)
            total = health.totals(uow)["pages"]
        bar.update(row, completed=pages, total=total)
        unread = states.get(ScanState.WAITING, 0) + states.get(ScanState.READING, 0)
        if sum(states.values()) >= files and not unread:
            return
        if not console.is_terminal and time.monotonic() - said > 15:
            console.print(f"đã đọc {pages} trang")
            said = time.monotonic()
        time.sleep(0.5)


def _round(keeper: Housekeeper, worker: subprocess.Popen[bytes]) -> None:
    keeper.round()
    if worker.poll() is not None:
        raise RuntimeError("the reading worker ended; see log/work.log")


def _copies(house: House, keeper: Housekeeper, worker: subprocess.Popen[bytes], bar: Progress) -> None:
    """Waits until the archival copies asked for by filing are made."""
    row: TaskID = bar.add_task("Làm bản lưu trữ", total=None)
    while True:
        _round(keeper, worker)
        with house.look() as uow:
            states = archival.counts(uow)
        left = states.get(CopyState.WAITING, 0) + states.get(CopyState.MAKING, 0)
        bar.update(row, completed=sum(states.values()) - left, total=sum(states.values()))
        if not left:
            return
        time.sleep(0.5)


def _summary(house: House, seconds: float) -> Summary:
    with house.database.transaction() as session:
        counts = health.totals(UnitOfWork(session, house.vault, house.settings.models))
    known = {dossier.number for cadre in cadres() for dossier in cadre.dossiers}
    return Summary(
        batches=counts["batches"],
        pages=counts["pages"],
        documents=counts["documents"],
        cadres=counts["cadres"] - len(known) + len(cadres()),  # who stands in two blocks is one person
        links=linked.count(house),
        seconds=round(seconds, 1),
        dossiers=counts["dossiers"],
        files=counts["scans"],
        filed=counts["filed"],
        on_desk=counts["on_desk"],
    )
