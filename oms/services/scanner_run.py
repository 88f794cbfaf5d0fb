"""One run of a scanner: pages come, are made one file, and go through the ordinary door of the batch."""

from __future__ import annotations

import logging
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pikepdf
from PIL import Image

from oms.domain.access import Principal
from oms.domain.records import HANOI, day_in_hanoi
from oms.errors import InvalidInput, OmsError
from oms.services import intake, scanner
from oms.services.house import House
from oms.services.jobs import die_with_parent
from oms.settings import Settings
from oms.store import people
from scanning.limits import LIMITS

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
LINGERS = 3.0
"""Seconds that scanimage may take to leave after it has told the end of its batch."""
LOOK_EVERY = 0.3
STALLED_SECONDS = 120.0
"""A device that sends nothing for so long is not there any more."""
MOST_PAGES = 500
LARGEST = LIMITS.max_bytes * 9 // 10
QUALITY = 90
"""JPEG of a page of shades: at 300 dpi its loss is below the scanner's own noise."""
_REASONS = (
    (r"jammed", "Máy quét bị kẹt giấy. Hãy gỡ giấy kẹt rồi quét tiếp phần còn lại."),
    (r"cover is open", "Nắp máy quét đang mở. Hãy đóng nắp rồi quét tiếp."),
    (r"device busy", "Máy quét đang bận việc khác. Hãy chờ rồi quét lại."),
    (r"access to resource has been denied", "Hệ thống không được phép dùng máy quét này. Hãy báo quản trị hệ thống."),
    (r"open of device .* failed|error during device I/O", "Mất liên lạc với máy quét. Hãy kiểm tra nguồn, dây, mạng."),
    (r"out of memory", "Máy quét hết bộ nhớ. Hãy giảm độ phân giải rồi quét lại."),
)
_EMPTY = re.compile(r"out of documents", re.I)


@dataclass(frozen=True)
class _End:
    """How the device left off: one of the states that end a run, and what to say."""

    state: str
    message: str


def run(house: House, run_id: str, clock: Clock) -> bool:
    """Scans what a run asks for and takes the pages in; False when another process does, or it has ended.

    Killed at any moment, the next call takes in the pages that had come: paper is not drawn in twice.
    """
    settings = house.settings
    begun = scanner.state_of(settings, run_id)
    if begun is None or begun.ended:
        return False
    folder = scanner.folder_of(settings) / run_id
    with scanner.only_one(folder) as own:
        if not own:
            return False
        if begun.state == scanner.WAITING:
            end = _scan(settings, run_id, folder)
        elif begun.state == scanner.STORING:
            end = _End(scanner.FAILED if begun.message else scanner.DONE, begun.message)
        else:
            end = _End(scanner.FAILED, "Việc quét bị ngắt giữa chừng; các trang đã quét được giữ lại.")
        pages = scanner.pages_in(folder)
        scanner.keep_state(settings, run_id, scanner.STORING, len(pages), end.message)
        _store(house, run_id, folder, end, clock)
    return True


def _scan(settings: Settings, run_id: str, folder: Path) -> _End:
    asked = scanner.asked_of(settings, run_id)
    device = next((each for each in scanner.remembered(settings) or [] if each.name == asked.device), None)
    found = scanner.program()
    if device is None or found is None:
        return _End(scanner.FAILED, "Không còn thấy máy quét này. Hãy bấm “Tìm máy quét”.")
    try:
        words = [found, *scanner.arguments(device, asked, str(folder / "p%04d.png"))]
    except InvalidInput as error:
        return _End(scanner.FAILED, error.message_vi)
    scanner.keep_state(settings, run_id, scanner.SCANNING, 0)
    with (folder / "scanimage.log").open("wb") as told:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=told,
            env=scanner.command_env(),
            cwd=folder,
            preexec_fn=die_with_parent,
        )
        stopped = _watch(settings, run_id, folder, process)
    if stopped == "over":  # it had said how the batch ended, and only did not leave: what it said counts
        return _ending("", 1, folder)
    return _ending(stopped, process.returncode, folder)


def _watch(settings: Settings, run_id: str, folder: Path, process: subprocess.Popen[bytes]) -> str:
    """Waits for the device to end, telling the pages as they come; returns why it was stopped, or ""."""
    told, quiet, weight = 0, 0.0, -1
    stopped = ""
    while True:
        try:
            process.wait(LOOK_EVERY)
            return stopped
        except subprocess.TimeoutExpired:
            pass
        pages, now = len(scanner.pages_in(folder)), _weight(folder)
        quiet = 0.0 if now != weight else quiet + LOOK_EVERY
        weight = now
        if pages != told:
            told = pages
            scanner.keep_state(settings, run_id, scanner.SCANNING, pages)
        why = _why_stop(folder, pages, quiet)
        if why and not stopped:
            stopped, quiet = why, 0.0
            process.send_signal(signal.SIGINT)  # scanimage then tells the device to give the sheet out
        elif why and quiet > 10:
            process.kill()
        if not stopped and quiet > LINGERS and _said_all(folder):
            process.kill()
            process.wait()
            return "over"


def _said_all(folder: Path) -> bool:
    """Whether scanimage has told the end of its batch; some of its drivers hang on the way out, one time in seven."""
    return "Batch terminated" in (folder / "scanimage.log").read_text(encoding="utf-8", errors="replace")[-400:]


def _why_stop(folder: Path, pages: int, quiet: float) -> str:
    if (folder / "cancel").exists():
        return "cancel"
    if quiet > STALLED_SECONDS:
        return "stalled"
    return "many" if pages >= MOST_PAGES else ""


def _weight(folder: Path) -> int:
    """Bytes of all that lies in a run's folder; a page may get its last name while it is looked at."""
    total = 0
    for path in folder.iterdir():
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def _ending(stopped: str, code: int, folder: Path) -> _End:
    if stopped == "cancel":
        return _End(scanner.CANCELLED, "Đã dừng quét; các trang đã quét được giữ lại.")
    if stopped == "stalled":
        return _End(scanner.FAILED, "Máy quét không gửi gì thêm. Hãy kiểm tra máy rồi quét tiếp phần còn lại.")
    if stopped == "many":
        return _End(scanner.DONE, f"Đã quét {MOST_PAGES} trang, giới hạn của một lần quét; hãy quét tiếp phần còn lại.")
    said = (folder / "scanimage.log").read_text(encoding="utf-8", errors="replace")[-4000:]
    for pattern, words in _REASONS:
        if re.search(pattern, said, re.I):
            return _End(scanner.FAILED, words)
    if _EMPTY.search(said) and not scanner.pages_in(folder):
        return _End(scanner.FAILED, "Khay giấy trống: hãy đặt giấy vào khay rồi quét lại.")
    if scanner.pages_in(folder) and (code == 0 or (_EMPTY.search(said) and code > 0)):
        return _End(scanner.DONE, "")
    log.warning("scanimage ended with %s", code)
    return _End(scanner.FAILED, "Máy quét dừng bất thường. Hãy kiểm tra máy rồi quét tiếp phần còn lại.")


def _store(house: House, run_id: str, folder: Path, end: _End, clock: Clock) -> None:
    """Takes the pages in, in the name of who asked. What cannot be taken stays in the folder, and the page says why."""
    settings, pages = house.settings, scanner.pages_in(folder)
    asked = scanner.asked_of(settings, run_id)
    try:
        who = _asker(house, run_id, clock())
        told = _take_in(house, who, asked, pages, clock) if pages else []
        with house.work(who, clock()) as uow:
            failed = end.state == scanner.FAILED
            scanner.note_end(uow, who, asked.batch_id, run_id, len(pages), failed, clock())
    except (OmsError, OSError, ValueError, pikepdf.PdfError) as error:
        words = error.message_vi if isinstance(error, InvalidInput) else "Chưa đưa được các trang vào đợt."
        where = f"{words} Các trang đã quét còn trong thư mục scanner/{run_id}; hãy báo quản trị hệ thống."
        log.error("pages of scanner run %s not taken in: %s", run_id, type(error).__name__)
        scanner.keep_state(settings, run_id, scanner.FAILED, len(pages), where)
        return
    message = " ".join(filter(None, (end.message, *told)))
    scanner.keep_state(settings, run_id, end.state, len(pages), message)
    for path in pages:
        path.unlink()


def _asker(house: House, run_id: str, now: datetime) -> Principal:
    """Who asked, with the grants they have now."""
    state = scanner.state_of(house.settings, run_id)
    with house.look() as uow:
        account = people.by_id(uow.session, state.by) if state is not None else None
        if account is None or not account.active:
            raise InvalidInput("by", "Tài khoản đã quét không còn hoạt động.")
        return people.principal_of(uow.session, account, today=day_in_hanoi(now))


def _take_in(house: House, who: Principal, asked: scanner.Asked, pages: Sequence[Path], clock: Clock) -> list[str]:
    """Every page through the ordinary door, as one file unless it grew too large; returns what is to be told."""
    told = []
    stamp = clock().astimezone(HANOI)
    for part, group in enumerate(_portions(pages, asked.resolution), start=1):
        name = f"Quét {stamp:%d-%m-%Y %H.%M.%S}" + (f" phần {part}" if part > 1 else "") + ".pdf"
        received = intake.take_in(house.vault, group)
        origin = intake.Origin("scanner", asked.paper_file_id, asked.collation)
        with house.work(who, clock()) as uow:
            receipt = intake.receive(uow, who, asked.batch_id, received, name, clock(), origin)
        group.unlink()
        if not receipt.accepted:
            told.append(receipt.message_vi)
    return told


def _portions(pages: Sequence[Path], dpi: int) -> Iterator[Path]:
    """The pages as PDF files, each as large as one file may be at most; each is there until the next is asked for.

    The same pages make the same bytes: taken in twice by a process that was killed, they are told and not taken again.
    """
    folder = pages[0].parent
    group: list[Path] = []
    weight, number = 0, 1
    for page in pages:
        single = page.with_suffix(".pdf")
        _as_pdf(page, single, dpi)
        size = single.stat().st_size
        if group and weight + size > LARGEST:
            yield _joined(group, folder / f"part{number}.pdf")
            group, weight, number = [], 0, number + 1
        group.append(single)
        weight += size
    yield _joined(group, folder / f"part{number}.pdf")


def _joined(singles: Sequence[Path], target: Path) -> Path:
    """One PDF of pages that lie in files of their own; those files go."""
    with ExitStack() as opened:
        whole = opened.enter_context(pikepdf.new())
        for single in singles:
            whole.pages.extend(opened.enter_context(pikepdf.open(single)).pages)
        whole.save(target, deterministic_id=True)
    for single in singles:
        single.unlink()
    return target


def _as_pdf(page: Path, target: Path, dpi: int) -> None:
    with Image.open(page) as image:
        flat = image if image.mode in ("1", "L", "RGB") else image.convert("RGB")
        flat.save(target, "PDF", resolution=dpi, quality=QUALITY)
