"""How right and how dear reading a page is: ``scanning`` beside plain Tesseract on the same pages, in the same run.

``python benchmarks/ocr.py --pages DIR [--pages DIR2] [--jobs 2] [--limit N]``: every image with a ``.gt.txt`` beside it
is read both ways. CER is, per line of the ground truth, the edit distance to the best matching stretch of the output,
so that reading order is not punished; dotted leaders are dropped. CPU is user + system seconds a page, children
included. Pages are grouped by the damage named after ``__``. The program asserts nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import resource
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pytesseract

import scanning
from scanning.rejection import Rejected
from vietnamese.text import nfc

IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
NUMBERS = re.compile(r"\b\d{1,2}/\d{1,2}/\d{4}\b|\b\d{9,12}\b|\b\d+/[A-ZĐ][A-ZĐa-z\-]+")


@dataclass(frozen=True)
class Score:
    """What one way of reading one page cost and missed: characters, wrong ones, numbers found of all, CPU seconds."""

    letters: int
    wrong: int
    numbers: int
    numbers_found: int
    cpu: float


def tidy(text: str) -> str:
    """Return the text in NFC, leaders of four or more dots dropped, blanks single."""
    return " ".join(re.sub(r"[.·…_]{4,}|(?:[.·…] ){3,}[.·…]?", " ", nfc(text)).split())


def stretch_distance(line: str, text: str) -> int:
    """Return the edit distance of the line to the stretch of the text that fits it best."""
    target = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    places = np.arange(len(target) + 1)
    row = np.zeros(len(target) + 1, np.int64)
    for letter in line:
        below = np.empty_like(row)
        below[0] = row[0] + 1
        below[1:] = np.minimum(row[1:] + 1, row[:-1] + (target != ord(letter)))
        # an extra character in the text costs one: carry each minimum to the right
        row = np.minimum.accumulate(below - places) + places
    return int(row.min())


def cpu_seconds() -> float:
    """Return the user and system time of this process, its ended children and those still running."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    ticks = sum(_ticks(process) for process in _descendants(os.getpid()))
    return sum(usage.ru_utime + usage.ru_stime for usage in used) + ticks / os.sysconf("SC_CLK_TCK")


def _descendants(process: int) -> Iterator[int]:
    """Yield the processes started by one and by those, still running."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in map(int, children):
        yield child
        yield from _descendants(child)


def _ticks(process: int) -> int:
    """Return the clock ticks a process and its ended children have used."""
    try:
        numbers = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, numbers[11:15]))


def read_ours(path: Path) -> str:
    """Return the text of a page as the project reads it, an empty text if it is refused."""
    try:
        return scanning.read_page(scanning.rasterise(path, 1)).text
    except Rejected:
        return ""


def read_plain(path: Path) -> str:
    """Return the text of a page as pytesseract gives it: no turning, no straightening, no sandbox.

    The file itself is handed over, so that Tesseract knows its resolution: an image object would lose it and be read
    far worse, which would flatter us.
    """
    return str(pytesseract.image_to_string(str(path), lang="vie", config="--psm 3"))


def measure(path: Path) -> tuple[Score, Score]:
    """Return the scores of one page read by the project and by plain Tesseract."""
    truth = path.with_name(path.stem + ".gt.txt").read_text(encoding="utf-8")
    lines = [line for line in map(tidy, truth.splitlines()) if line]
    scores = []
    for read in (read_ours, read_plain):
        before = cpu_seconds()
        text = tidy(read(path))
        cpu = cpu_seconds() - before
        wrong = sum(min(len(line), stretch_distance(line, text)) for line in lines)
        numbers = NUMBERS.findall(" ".join(lines))
        found = sum(number in text for number in numbers)
        scores.append(Score(sum(map(len, lines)), wrong, len(numbers), found, cpu))
    return scores[0], scores[1]


def pages_in(folders: Iterable[Path], limit: int | None) -> list[Path]:
    """Return the images that have a ground truth, folder by folder; a folder that is missing is said and skipped."""
    found: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            print(f"{folder}: no such folder, skipped")
            continue
        images = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in IMAGES]
        found += [path for path in images if path.with_name(path.stem + ".gt.txt").is_file()]
    return found[:limit]


def damage_of(path: Path) -> str:
    """Return the class a page is counted in: what its name says after ``__``, else its folder's name."""
    return path.stem.partition("__")[2] or path.parent.name


def row(name: str, pairs: Sequence[tuple[Score, Score]]) -> str:
    """Return one line of the table; ratios (ours to plain) come first, below 1 is better."""
    ours, plain = zip(*pairs, strict=True)
    cers = [100 * sum(s.wrong for s in side) / max(1, sum(s.letters for s in side)) for side in (ours, plain)]
    cpus = [sum(s.cpu for s in side) / len(pairs) for side in (ours, plain)]
    numbers = [f"{sum(s.numbers_found for s in side)}/{sum(s.numbers for s in side)}" for side in (ours, plain)]
    error_ratio = f"{cers[0] / cers[1]:.2f}" if cers[1] else "-"
    cells = (name, error_ratio, f"{cpus[0] / cpus[1]:.2f}", *(f"{cer:.2f}" for cer in cers), *numbers)
    return "| " + " | ".join((*cells, *(f"{cpu:.2f}" for cpu in cpus), str(len(pairs)))) + " |"


def main() -> None:
    """Measure the pages of the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, action="append", required=True, metavar="DIR")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    pages = pages_in(options.pages, options.limit)
    if not pages:
        print("No page with a .gt.txt beside it: nothing measured.")
        return
    os.environ["OMP_THREAD_LIMIT"] = "1"
    with ProcessPoolExecutor(options.jobs) as pool:
        scores = list(pool.map(measure, pages))
    groups: dict[str, list[tuple[Score, Score]]] = defaultdict(list)
    for path, pair in zip(pages, scores, strict=True):
        groups[damage_of(path)].append(pair)
    version = pytesseract.get_tesseract_version()
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, Tesseract {version}, vie fast\n"
    )
    print("| class | CER ratio | CPU ratio | CER % | plain | numbers | plain | CPU s/page | plain | pages |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name in sorted(groups):
        print(row(name, groups[name]))
    print(row("**all**", scores))


if __name__ == "__main__":
    main()
