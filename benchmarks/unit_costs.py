"""What one page of paper costs, from the scanner to the search: processor, bytes, rows; the ground of docs/scale.md.

    .venv/bin/python -m benchmarks.unit_costs [--papers 24] [--dpi 300]

An installation of its own in a temporary folder (SQLite). Papers of every kind, half of them worn, are drawn at 300 dpi
in colour as a scanner sends them (JPEG 85 in a PDF); received, read, filed, copied and indexed by the program's own
services. Prints processor seconds (children included, so the crowd on the machine counts little), bytes and rows for
each page. Asserts nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sqlalchemy import text
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/services")]

from factories import World, make_world  # noqa: E402
from test_reading import received  # noqa: E402

from benchmarks.drawn_papers import KINDS, drawings, drawn  # noqa: E402
from oms.services import archival, desk, indexing, reading, signatures  # noqa: E402


def spent() -> float:
    """Processor seconds of this program and of the children that have ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def below() -> float:
    """Processor seconds of the reader, a child that stays, and of its children."""
    tick, total = os.sysconf("SC_CLK_TCK"), 0.0
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and _is_ours(int(entry.name)):
            try:
                stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            total += sum(int(stat[place]) for place in (11, 12, 13, 14)) / tick
    return total


def _is_ours(pid: int) -> bool:
    mine = os.getpid()
    while pid > 1:
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            return False
        if pid == mine:
            return True
    return False


def number(session: Session, question: str) -> int:
    """The one number a question has for an answer."""
    return int(session.execute(text(question)).scalar() or 0)


def database_bytes(session: Session) -> int:
    """Bytes of the embedded database."""
    free = number(session, "PRAGMA page_count") - number(session, "PRAGMA freelist_count")
    return free * number(session, "PRAGMA page_size")


class Costs:
    """What each step took, for so many pages."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self.wall: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Counts what is done inside."""
        begun, cpu = time.perf_counter(), spent() + below()
        yield
        self.cpu[name] = self.cpu.get(name, 0.0) + spent() + below() - cpu
        self.wall[name] = self.wall.get(name, 0.0) + time.perf_counter() - begun


def pdf(pages: list[Image.Image], dpi: int) -> bytes:
    """As a scanner in colour sends it."""
    out = BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=dpi, quality=85)
    return out.getvalue()


def papers(count: int, dpi: int) -> Iterator[bytes]:
    """Files of one paper each."""
    for which in drawings(-(-count // len(KINDS)))[:count]:
        sheets, _truth = drawn(replace(which, dpi=dpi))
        yield pdf([Image.fromarray(_colours(sheet.image)) for sheet in sheets], dpi)


def _colours(pixels: Any) -> Any:
    return np.stack([pixels] * 3, -1) if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., ::-1])


def file_all(world: World) -> int:
    """Files every paper on the desk into a dossier of its own; returns how many."""
    who, done = world.who("officer"), 0
    with world.house.look() as uow:
        waiting = uow.session.execute(
            text("SELECT id, version, title FROM documents WHERE state IN ('proposed', 'orphan')")
        ).all()
    for document_id, version, title in waiting:
        row = world.dossier(f"Người Thứ {done}")
        with world.work(who) as uow:
            edit = desk.Edit("quyet_dinh", title or "Không tên")
            desk.file(uow, who, document_id, version, row.dossier.id, edit, world.clock())
        done += 1
    return done


def size(folder: Path, which: Callable[[Path], bool] = lambda _path: True) -> int:
    """Bytes of the files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and which(path))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--papers", type=int, default=24)
    parser.add_argument("--dpi", type=int, default=300)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="oms-costs-") as folder:
        world = make_world(Path(folder) / "home")
        told = measure(world, given)
        world.house.close()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}, load {os.getloadavg()[0]:.0f}, {given.papers} files at {given.dpi} dpi\n")
    print("| of a page | |\n|---|---|")
    for name, value in told:
        print(f"| {name} | {value} |")


def measure(world: World, given: argparse.Namespace) -> list[tuple[str, str]]:
    """The rows of the table."""
    took, house = Costs(), world.house
    with house.look() as uow:
        before = database_bytes(uow.session)
    sent = 0
    for data in papers(given.papers, given.dpi):
        sent += len(data)
        with took.step("received and looked at in the sandbox"):
            scan_id = received(world, data)
        with took.step("read (OCR, typed, fields, persons)"):
            reading.read_scan(house, scan_id, world.clock)
        with took.step("signatures looked for"):
            signatures.check_scan(house, scan_id, world.clock)
    with took.step("filed by a person (without their time)"):
        filed = file_all(world)
    kept = size(house.settings.vault)
    archival.want_missing(house, world.clock())
    with house.look() as uow:
        wanted = uow.session.execute(text("SELECT id FROM archival_copies")).scalars().all()
    with took.step("archival copy made"):
        for copy_id in wanted:
            archival.make_copy(house, copy_id, world.clock)
    with took.step("indexed"):
        indexing.drain(house)
    with house.look() as uow:
        pages = number(uow.session, "SELECT count(*) FROM pages")
        rows = number(uow.session, "SELECT count(*) FROM journal")
        words = number(uow.session, "SELECT sum(length(body)) FROM page_readings")
        grown = database_bytes(uow.session) - before
    told = [
        (f"{name}: CPU s (wall)", f"{cpu / pages:.2f} ({took.wall[name] / pages:.2f})")
        for name, cpu in took.cpu.items()
    ]
    told += [("sum: CPU s", f"{sum(took.cpu.values()) / pages:.2f}")]
    sizes = {
        "original as sent": sent,
        "vault: original and upright image": kept,
        "vault: archival copy": size(house.settings.vault) - kept,
        "database, everything of the page and its paper": grown,
        "of it words with boxes": words,
        "search index": size(house.settings.index),
    }
    told += [(name, f"{value / pages / 1000:.0f} kB") for name, value in sizes.items()]
    told.append(("rows of the journal", f"{rows / pages:.1f}"))
    return [*told, ("counted over", f"{pages} pages, {filed} papers filed")]


if __name__ == "__main__":
    main()
