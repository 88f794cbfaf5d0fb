"""Scanners through SANE: which there are, and runs of Debian's ``scanimage`` that put pages straight into a batch.

A run is a folder under ``scanner/`` of the installation: what was asked (``run.json``), how it stands
(``state.json``), the pages as they come, ``cancel`` once somebody stops it. The housekeeper starts a process for each
run that waits; a run whose process was killed is taken up again, and its pages are kept. Nothing goes through a shell:
a device's name is one argument, and only names that SANE itself listed are used.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from oms.domain.access import Principal
from oms.domain.journal import Outcome, Verb
from oms.errors import InvalidInput, Refused
from oms.services import alone, intake
from oms.services.house import What, note
from oms.services.pile import open_batch
from oms.services.sorting import COLLATIONS
from oms.services.zones import require_zone
from oms.settings import Settings
from oms.store.db import UnitOfWork
from oms.store.tables import Batch, Unit, new_id

LIST_SECONDS, ASK_SECONDS = 25.0, 10.0
"""Scanners of the network answer slowly, or never."""
WAITING, SCANNING, STORING = "waiting", "scanning", "storing"
DONE, CANCELLED, FAILED = "done", "cancelled", "failed"
ENDED = (DONE, CANCELLED, FAILED)
MOST_DEVICES = 20
A4_MM = (210, 297)
DPI = (200, 300, 400, 600)
_NAME = re.compile(r"[^\s\-\x00-\x1f][^\x00-\x1f]{0,299}")
_CHOICES = re.compile(r"^\s+--(source|mode|resolution)\s+(\S.*?)\s+\[", re.M)
_SIDE = re.compile(r"^\s+-(x|y)\s+[\d.]+\.\.([\d.]+)mm", re.M)
_RUN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Device:
    """A scanner as SANE names it, and what it offers; ``resolutions`` are dpi, ``largest`` its glass in millimetres."""

    name: str
    label: str
    sources: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    resolutions: tuple[int, ...] = DPI
    largest: tuple[float, float] | None = None


@dataclass(frozen=True)
class Asked:
    """What is to be scanned, and where to: every value must be one the device offers."""

    batch_id: str
    device: str
    source: str = ""
    mode: str = ""
    resolution: int = 300
    paper_file_id: str = ""
    collation: str = ""


@dataclass(frozen=True)
class State:
    """How a run stands: its pages so far, what is to be said, and when it was asked for."""

    id: str
    batch_id: str
    by: str
    asked_at: datetime
    state: str = WAITING
    pages: int = 0
    message: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ENDED


def program() -> str | None:
    """Where ``scanimage`` is; None when Debian's sane-utils is not installed."""
    return shutil.which("scanimage")


def command_env() -> dict[str, str]:
    """The little that scanimage may know of our environment; messages in English, so that they can be read."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "SANE_CONFIG_DIR", "LD_LIBRARY_PATH") if name in os.environ
    }
    return kept | {"LC_ALL": "C.UTF-8"}


def _ask(arguments: Sequence[str], seconds: float) -> str:
    """What scanimage prints; nothing when it fails or does not answer in time."""
    found = program()
    if found is None:
        return ""
    try:
        done = subprocess.run(
            [found, *arguments], capture_output=True, timeout=seconds, env=command_env(), stdin=subprocess.DEVNULL
        )
    except (subprocess.TimeoutExpired, OSError):
        return ""
    return done.stdout.decode(errors="replace")


def find(settings: Settings) -> list[Device]:
    """Asks SANE which scanners there are and what each offers; those allowed by OMS_SCANNERS if any are named.

    Takes seconds: the network is asked. What was found is remembered until the next asking.
    """
    listed = [line.partition("\t") for line in _ask(["-f", "%d\t%v %m%n"], LIST_SECONDS).splitlines()]
    known = {name: " ".join(label.split()) or name for name, _tab, label in listed if _NAME.fullmatch(name)}
    if settings.scanners:
        known = {name: known.get(name, name) for name in settings.scanners if _NAME.fullmatch(name)}
    found = [_offer(Device(name, label[:120])) for name, label in list(known.items())[:MOST_DEVICES]]
    _write(folder_of(settings) / "devices.json", [asdict(device) for device in found])
    return found


def _offer(device: Device) -> Device:
    text = _ask(["-d", device.name, "-A"], ASK_SECONDS)
    offered = {key: tuple(each for each in values.split("|") if each) for key, values in _CHOICES.findall(text)}
    sides = dict(_SIDE.findall(text))
    largest = (float(sides["x"]), float(sides["y"])) if len(sides) == 2 else None
    resolutions = _resolutions(offered.get("resolution", ()))
    return replace(
        device,
        sources=offered.get("source", ()),
        modes=offered.get("mode", ()),
        resolutions=resolutions or DPI,
        largest=largest,
    )


def _resolutions(words: Sequence[str]) -> tuple[int, ...]:
    """The usual resolutions that a device offers, as a list (75|150|300dpi) or as a range (1..1200dpi)."""
    if len(words) == 1 and ".." in words[0]:
        low, high = (float(each) for each in re.findall(r"[\d.]*\d", words[0].replace("..", " "))[:2])
        return tuple(each for each in DPI if low <= each <= high)
    found = {int(number) for word in words for number in re.findall(r"^\d+", word)}
    return tuple(each for each in DPI if each in found)


def remembered(settings: Settings) -> list[Device] | None:
    """The scanners found at the last asking; None when nobody has asked yet."""
    try:
        raw = json.loads((folder_of(settings) / "devices.json").read_text(encoding="utf-8"))
        return [_device(each) for each in raw]
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _device(raw: Mapping[str, Any]) -> Device:
    return Device(
        raw["name"],
        raw["label"],
        tuple(raw["sources"]),
        tuple(raw["modes"]),
        tuple(raw["resolutions"]),
        tuple(raw["largest"]) if raw["largest"] else None,
    )


def look_for(uow: UnitOfWork, principal: Principal, batch_id: str, now: datetime) -> tuple[Batch, Unit]:
    """The door of asking for scanners: the batch must take files; journalled."""
    batch, unit = open_batch(uow, principal, batch_id, Verb.SCANNER_LIST)
    note(uow, principal, Verb.SCANNER_LIST, now, target=intake.batch_target(batch, unit), what=What("batch", batch.id))
    return batch, unit


def arguments(device: Device, asked: Asked, pattern: str) -> list[str]:
    """The arguments of scanimage for a run; InvalidInput for a value that the device does not offer."""
    if asked.source and asked.source not in device.sources:
        raise InvalidInput("source", "Máy quét không có khay giấy đã chọn; hãy tìm lại máy quét.")
    if asked.mode and asked.mode not in device.modes:
        raise InvalidInput("mode", "Máy quét không có chế độ màu đã chọn; hãy tìm lại máy quét.")
    if asked.resolution not in device.resolutions:
        raise InvalidInput("resolution", "Máy quét không có độ phân giải đã chọn; hãy tìm lại máy quét.")
    words = [f"--device-name={device.name}", "--format=png", f"--batch={pattern}"]
    words += [f"--source={asked.source}"] if asked.source else []
    words += [f"--mode={asked.mode}"] if asked.mode else []
    words += [f"--resolution={asked.resolution}"]
    if device.largest is not None:
        across, down = (min(own, side) for own, side in zip(device.largest, A4_MM, strict=True))
        words += ["-x", f"{across:g}", "-y", f"{down:g}"]
    if not feeds(asked.source):
        words.append("--batch-count=1")  # a glass never says that it is empty
    return words


def feeds(source: str) -> bool:
    """Whether a source draws sheets in by itself until it is empty."""
    return bool(re.search(r"adf|feeder|duplex", source, re.I))


def start(uow: UnitOfWork, principal: Principal, settings: Settings, asked: Asked, now: datetime) -> str:
    """Asks for a run into a batch that takes files; journalled; returns the run's id.

    The pages come in the name of who asked. One run at a time on a device: the second is told to wait. Nothing is
    scanned before :func:`release`, which is for after the commit: no paper moves without the row that says who asked.
    """
    batch, unit = open_batch(uow, principal, asked.batch_id, Verb.SCANNER_RUN)
    require_zone(uow, batch.secrecy, "batch")
    device = next((each for each in remembered(settings) or [] if each.name == asked.device), None)
    if device is None:
        raise InvalidInput("device", "Chưa thấy máy quét này; hãy bấm “Tìm máy quét”.")
    arguments(device, asked, "")
    if asked.collation not in ("", *COLLATIONS):
        raise InvalidInput("collation", "Cách xếp hai mặt không có trong danh sách.")
    intake.check_paper_file(uow, batch, asked.paper_file_id)
    if any(not each.ended and asked_of(settings, each.id).device == asked.device for each in runs(settings)):
        raise InvalidInput("device", "Máy quét này đang quét một chồng khác; hãy chờ quét xong.")
    run_id = new_id()
    folder = folder_of(settings) / run_id
    folder.mkdir(mode=0o700)
    _write(folder / "asked.json", asdict(asked) | {"by": principal.account_id, "at": now.isoformat()})
    note(
        uow,
        principal,
        Verb.SCANNER_RUN,
        now,
        target=intake.batch_target(batch, unit),
        what=What("batch", batch.id),
        detail={"run": run_id, "resolution": asked.resolution},
    )
    return run_id


def release(settings: Settings, run_id: str) -> None:
    """Lets a run begin whose row is kept."""
    folder = folder_of(settings) / run_id
    (folder / "asked.json").replace(folder / "run.json")


def folder_of(settings: Settings) -> Path:
    """Where runs stand; made when first asked for."""
    folder = settings.home / "scanner"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _write(path: Path, value: object) -> None:
    """Whole or not at all: a reader never sees half of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def asked_of(settings: Settings, run_id: str) -> Asked:
    """What a run was asked for."""
    raw = json.loads((folder_of(settings) / run_id / "run.json").read_text(encoding="utf-8"))
    return Asked(**{name: raw[name] for name in Asked.__dataclass_fields__})


def state_of(settings: Settings, run_id: str) -> State | None:
    """How a run stands; None when there is none of this id."""
    folder = folder_of(settings) / run_id
    if not _RUN.fullmatch(run_id):
        return None
    try:
        raw = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        begun = State(run_id, raw["batch_id"], raw["by"], datetime.fromisoformat(raw["at"]))
    except (OSError, ValueError, KeyError):
        return None
    try:
        return replace(begun, **json.loads((folder / "state.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return begun


def keep_state(settings: Settings, run_id: str, state: str, pages: int, message: str = "") -> None:
    """Says how a run stands."""
    told = {"state": state, "pages": pages, "message": message}
    _write(folder_of(settings) / run_id / "state.json", told)


def runs(settings: Settings) -> list[State]:
    """Every run that is remembered, oldest first."""
    found = (state_of(settings, path.name) for path in folder_of(settings).iterdir() if path.is_dir())
    return sorted((each for each in found if each is not None), key=lambda each: (each.asked_at, each.id))


def newest_of_batch(settings: Settings, batch_id: str) -> State | None:
    """The batch's run in hand, else its last one."""
    own = [each for each in runs(settings) if each.batch_id == batch_id]
    return next((each for each in own if not each.ended), own[-1] if own else None)


def scanning(settings: Settings, batch_id: str) -> bool:
    """Whether pages are coming into the batch from a scanner right now."""
    return any(not each.ended for each in runs(settings) if each.batch_id == batch_id)


def cancel(uow: UnitOfWork, principal: Principal, settings: Settings, run_id: str, now: datetime) -> str:
    """Stops a run after the page in hand; what was scanned is kept. Returns the batch."""
    state = state_of(settings, run_id)
    if state is None:
        raise Refused(Verb.SCANNER_RUN, kind="scanner_run", object_id=run_id, reason="missing")
    try:
        batch, unit = open_batch(uow, principal, state.batch_id, Verb.SCANNER_RUN)
    except Refused as refusal:
        raise Refused(Verb.SCANNER_RUN, kind="scanner_run", object_id=run_id, reason=refusal.reason) from None
    if not state.ended:
        (folder_of(settings) / run_id / "cancel").touch()
    detail = {"run": run_id, "act": "cancel"}
    what = What("batch", batch.id)
    note(uow, principal, Verb.SCANNER_RUN, now, target=intake.batch_target(batch, unit), what=what, detail=detail)
    return batch.id


def note_end(
    uow: UnitOfWork, principal: Principal, batch_id: str, run_id: str, pages: int, failed: bool, now: datetime
) -> None:
    """The row of a run that has ended: how many pages it brought, and whether the device failed."""
    batch, unit = open_batch(uow, principal, batch_id, Verb.SCANNER_RUN)
    note(
        uow,
        principal,
        Verb.SCANNER_RUN,
        now,
        outcome=Outcome.FAILED if failed else Outcome.DONE,
        target=intake.batch_target(batch, unit),
        what=What("batch", batch.id),
        detail={"run": run_id, "act": "end", "pages": pages},
    )


def only_one(folder: Path) -> AbstractContextManager[bool]:
    """Holds a run's lock; yields False when another process has it."""
    return alone.only_one(folder / "lock")


def pages_in(folder: Path) -> list[Path]:
    """The pages that came whole, in order: scanimage gives a page its name when it is complete."""
    return sorted(folder.glob("p*.png"))


def waiting(settings: Settings) -> list[str]:
    """Runs that want a process: asked for, or left by one that was killed."""
    return [each.id for each in runs(settings) if not each.ended]


def sweep(settings: Settings, now: datetime, days: int = 7) -> int:
    """Forgets runs that ended days ago or never began; folders that still hold pages stay for a person to look at."""
    gone = 0
    for path in folder_of(settings).glob("*/asked.json"):
        if now.timestamp() - path.stat().st_mtime >= days * 86400:
            shutil.rmtree(path.parent, ignore_errors=True)
    for each in runs(settings):
        folder = folder_of(settings) / each.id
        if each.ended and (now - each.asked_at).days >= days and not pages_in(folder):
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone
