"""How many values of a paper are found, right and rightly trusted: the fields beside plain regular expressions.

``python -m benchmarks.fields --pages DIR`` reads every image with a ``.json`` of true values beside it (short
Vietnamese keys); ``--drawn N`` draws N papers of every kind of the project's own generator, with other people and other
damage than the demonstration's, and reads those. For each class of damage: values exact (after the contract's
normalising: dates, title-case names, decimal points; commas of running text are not counted), how many times as many
are missed by regular expressions over plain Tesseract's text, values marked doubtful, right among those not marked,
missing. ``--keep DIR`` keeps the readings, so that a second run only takes the values anew; ``--show`` prints every
value that is not exact. The program asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pytesseract
from PIL import Image

import scanning
from benchmarks.drawn_papers import Drawing, drawings, drawn
from benchmarks.field_truth import comparable, true_values
from benchmarks.plain_fields import plain_fields
from scanning.rejection import Rejected

IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
BY_PEN = "hand"
HEADS = "missed, regex : ours | exact % | regex % | doubtful % | right among trusted % | missing | values"


@dataclass(frozen=True)
class Fate:
    """What became of one true value: found at all, exact, marked doubtful; and whether the peer had it exact."""

    key: str
    found: bool
    exact: bool
    doubtful: bool
    peer: bool


@dataclass(frozen=True)
class Measured:
    """The fates of a paper's values, its class of damage, pages, and CPU seconds a page for taking the values."""

    name: str
    group: str
    fates: tuple[Fate, ...]
    pages: int
    cpu: float
    misses: tuple[str, ...]


def measure(what: Path | Drawing, keep: Path | None) -> Measured:
    """Read one paper both ways and compare; a page that is refused has nothing found."""
    name, group, values, readings, plain = _read(what, keep)
    before = time.process_time()
    fields = scanning.extract_fields(readings, scanning.classify(readings)) if readings else {}
    cpu = time.process_time() - before
    simple = plain_fields(plain)
    fates, misses = [], []
    for key, value in values.items():
        field, true = fields.get(key), comparable(key, value)
        exact = field is not None and comparable(key, field.value) == true
        peer = key in simple and comparable(key, simple[key]) == true
        fates.append(Fate(key, field is not None and field.value != "", exact, bool(field and field.doubtful), peer))
        if not exact:
            misses.append(f"{name} {key}: {value!r} -> {(field.value, field.doubts) if field else None}")
    return Measured(name, group, tuple(fates), len(readings), cpu / max(1, len(readings)), tuple(misses))


def _read(what: Path | Drawing, keep: Path | None) -> tuple[str, str, dict[str, str], list[scanning.PageReading], str]:
    name = what.name if isinstance(what, Drawing) else what.stem
    kept = keep / f"{name}.reading.json" if keep else None
    if kept is not None and kept.exists():
        stored = json.loads(kept.read_text(encoding="utf-8"))
        readings, plain = [scanning.PageReading.from_json(page) for page in stored["pages"]], stored["plain"]
        values = drawn(what)[1] if isinstance(what, Drawing) else _truth(what)
    else:
        pages, values, images = _paper(what)
        readings = [scanning.second_look(scanning.read_page(page)) for page in pages]
        readings = [replace(reading, image=None) for reading in readings]
        texts = [pytesseract.image_to_string(image, lang="vie", config="--psm 3") for image in images]
        plain = "\n".join(map(str, texts))
        if kept is not None:
            stored = {"pages": [reading.to_json() for reading in readings], "plain": plain}
            kept.write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")
    group = what.damage if isinstance(what, Drawing) else what.stem.partition("__")[2] or what.parent.name
    return name, group, values, readings, plain


def _truth(page: Path) -> dict[str, str]:
    return true_values(json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))["fields"])


def _paper(what: Path | Drawing) -> tuple[list[scanning.RasterPage], dict[str, str], Sequence[Any]]:
    """Return pages, true values, and what plain Tesseract is handed: the file itself, so that it knows its dpi."""
    if isinstance(what, Path):
        try:
            return [scanning.rasterise(what, 1)], _truth(what), [str(what)]
        except Rejected:
            return [], _truth(what), []
    pages, values = drawn(what)
    images = [Image.fromarray(np.ascontiguousarray(page.image[:, :, ::-1])) for page in pages]
    for image in images:
        image.info["dpi"] = (what.dpi, what.dpi)
    return pages, values, images


def share(part: int, whole: int) -> str:
    """Return a percentage with one decimal, or a dash of nothing."""
    return f"{100 * part / whole:.1f}" if whole else "-"


def row(name: str, fates: Sequence[Fate], pages: int) -> str:
    """Return one line of the table; the ratio is of values missed, the peer's to ours."""
    exact, peer = sum(fate.exact for fate in fates), sum(fate.peer for fate in fates)
    missed, peer_missed = len(fates) - exact, len(fates) - peer
    doubtful = sum(fate.doubtful for fate in fates)
    trusted = [fate for fate in fates if fate.found and not fate.doubtful]
    right = sum(fate.exact for fate in trusted)
    ratio = f"{peer_missed / missed:.1f}" if missed else "none / " + str(peer_missed)
    cells = (name, ratio, share(exact, len(fates)), share(peer, len(fates)), share(doubtful, len(fates)))
    wrong = f"{share(right, len(trusted))} ({len(trusted) - right} of {len(trusted)} wrong)"
    return "| " + " | ".join((*cells, wrong, str(sum(not f.found for f in fates)), str(len(fates)), str(pages))) + " |"


def _table(title: str, groups: dict[str, list[Measured]]) -> None:
    print(f"\n| {title} | {HEADS} | pages |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in sorted(groups):
        fates = [fate for paper in groups[name] for fate in paper.fates]
        print(row(name, fates, sum(paper.pages for paper in groups[name])))


def _class_of(group: str) -> str:
    if BY_PEN in group:
        return "**written by pen**"
    return "**clean**" if group.startswith("clean") else "**damaged**"


def report(papers: Sequence[Measured], show: bool) -> None:
    """Print the tables by class, by damage and by key, and with ``show`` every value missed."""
    by_class: dict[str, list[Measured]] = defaultdict(list)
    by_damage: dict[str, list[Measured]] = defaultdict(list)
    by_key: dict[str, list[Fate]] = defaultdict(list)
    for paper in papers:
        by_class[_class_of(paper.group)].append(paper)
        by_damage[paper.group].append(paper)
        for fate in paper.fates:
            table, _, rest = fate.key.partition(".")
            by_key[f"{table}.{rest.partition('.')[2]}" if rest else table].append(fate)
    _table("class", {**by_class, "**all**": list(papers)})
    _table("damage", by_damage)
    print(f"\n| key | {HEADS} | |")
    print("|---|---|---|---|---|---|---|---|---|")
    for key in sorted(by_key, key=lambda key: (sum(f.exact for f in by_key[key]) / len(by_key[key]), key)):
        print(row(key, by_key[key], 0))
    cpu = sum(paper.cpu * paper.pages for paper in papers) / max(1, sum(paper.pages for paper in papers))
    print(f"\nTaking the values, without reading: {cpu:.2f} CPU s a page.")
    if show:
        print("\n".join(line for paper in papers for line in paper.misses))


def pages_in(folders: Iterable[Path]) -> list[Path]:
    """Return the images that have true values beside them; a folder that is missing is said and skipped."""
    found: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            print(f"{folder}: no such folder, skipped")
            continue
        images = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in IMAGES]
        found += [path for path in images if path.with_suffix(".json").is_file()]
    return found


def main() -> None:
    """Measure what the command line names and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--drawn", type=int, default=0, metavar="N")
    parser.add_argument("--keep", type=Path, metavar="DIR")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    work: list[Path | Drawing] = [*pages_in(options.pages), *drawings(options.drawn)]
    if not work:
        print("No page with a .json beside it and nothing to draw: nothing measured.")
        return
    os.environ["OMP_THREAD_LIMIT"] = "1"
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        papers = list(pool.map(partial(measure, keep=options.keep), work))
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, {len(papers)} papers")
    report(papers, options.show)


if __name__ == "__main__":
    main()
