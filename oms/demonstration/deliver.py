"""Write the demonstration's files as a scanner delivers them, and tell the truth of each.

The truth measures the reading and lets the seeded clerk correct what was read; it is never a way around
the OCR: the files carry pixels only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

import cv2
from PIL import Image

from oms.demonstration.damage import UNREADABLE, blank_back, scan
from oms.demonstration.people import cadres
from oms.demonstration.plan import FilePlan, plans
from oms.demonstration.province import Block

Progress = Callable[[int, int], None]
"""Told how many files are written, of how many."""

_SCANNED_AT = time.struct_time((2026, 2, 2, 8, 0, 0, 0, 33, 0))
_QUALITY = 72


@dataclass(frozen=True)
class DemoDocument:
    """The truth of one document: `pages` first and last, counted from 1; `fields` by contract key."""

    pages: tuple[int, int]
    type_code: str
    subtype: str | None
    title: str
    number: str | None
    issued_on: date | None
    person_key: str
    fields: dict[str, str]
    secrecy: int
    compartment: str


@dataclass(frozen=True)
class DemoFile:
    """The truth of one file. `blank_pages` are backs without text, `hard_pages` need a person's eye."""

    path: Path
    batch_title: str
    unit_code: str
    block: Block
    scanned_by: str
    documents: tuple[DemoDocument, ...]
    page_count: int
    blank_pages: tuple[int, ...]
    hard_pages: tuple[int, ...]
    leave_on_desk: bool


def deliver(directory: Path, seed: int = 2026, progress: Progress | None = None) -> tuple[DemoFile, ...]:
    """Write every file of the demonstration into `directory` and answer their truth, in delivery order.

    The same seed writes the same bytes. Raises FontMissingError when Tinos is not installed, OSError when
    the directory cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    people = {each.key: each for each in cadres(seed)}
    todo = plans(people)
    done = []
    for count, plan in enumerate(todo, 1):
        done.append(_write(directory, plan, seed))
        if progress is not None:
            progress(count, len(todo))
    return tuple(done)


def draw(plan: FilePlan, seed: int) -> tuple[list[Image.Image], tuple[DemoDocument, ...], tuple[int, ...]]:
    """The pages of one file as scanned, the truth of its documents, and which pages are blank."""
    rng = Random(f"{seed}/{plan.name}")
    images: list[Image.Image] = []
    documents: list[DemoDocument] = []
    blanks: list[int] = []
    for part in plan.parts:
        drawn = part.draw(plan.dpi)
        sheets = [*drawn.sheets, *([blank_back(plan.dpi, rng)] if part.blank_after else [])]
        first = len(images) + 1
        for sheet in sheets:
            how = plan.odd.get(len(images) + 1, plan.how)
            images.append(scan(sheet, how, plan.dpi, rng))
        if part.blank_after:
            blanks.append(len(images))
        documents.append(
            DemoDocument(
                (first, len(images)), drawn.type_code, drawn.subtype, drawn.title, drawn.number,
                drawn.issued_on, part.person, drawn.fields, part.secrecy, part.compartment,
            )
        )  # fmt: skip
    return images, tuple(documents), tuple(blanks)


def _write(directory: Path, plan: FilePlan, seed: int) -> DemoFile:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        images, documents, blanks = draw(plan, seed)
    finally:
        cv2.setNumThreads(threads)
    path = directory / plan.name
    save(path, plan, images)
    hard = tuple(page for page, how in plan.odd.items() if how is UNREADABLE)
    return DemoFile(
        path, plan.batch, plan.unit_code, plan.block, plan.scanned_by, documents, len(images), blanks, hard,
        plan.on_desk,
    )  # fmt: skip


def save(path: Path, plan: FilePlan, images: list[Image.Image]) -> None:
    """Write the file through a part name, so that a watched folder never takes half of it."""
    part = path.with_name(f".{path.name}.part")
    first, rest = images[0], images[1:]
    resolution = (plan.dpi, plan.dpi)
    if plan.kind == "pdf":
        first.save(
            part, "PDF", resolution=plan.dpi, save_all=True, append_images=rest, quality=_QUALITY,
            title=path.stem, creationDate=_SCANNED_AT, modDate=_SCANNED_AT,
        )  # fmt: skip
    elif plan.kind == "jpeg":
        first.save(part, "JPEG", dpi=resolution, quality=_QUALITY)
    elif plan.kind == "fax":
        black = [each.convert("L").point(lambda level: 255 if level > 150 else 0, "1") for each in images]
        black[0].save(part, "TIFF", compression="group4", dpi=resolution, save_all=True, append_images=black[1:])
    else:
        first.save(part, "TIFF", compression="tiff_lzw", dpi=resolution, save_all=True, append_images=rest)
    part.replace(path)
