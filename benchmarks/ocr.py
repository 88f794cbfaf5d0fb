"""How right and how dear reading a page is: ``scanning`` beside plain Tesseract and OCRmyPDF on the same pages.

``python benchmarks/ocr.py --pages DIR [--pages DIR2] [--jobs 2] [--limit N] [--forms c2p1,bang] [--peer ocrmypdf]``:
every image with a ``.gt.txt`` beside it is read every way in the same run. CER is, per line of the ground truth, the
edit distance to the best matching stretch of the output, so that reading order is not punished; dotted leaders are
dropped. CPU is user + system seconds a page, children included. Pages are grouped by the damage named after ``__`` in
the classes the project has targets for; ``--forms`` names the beginnings of file names that are forms or tables.
``--flags`` adds how well doubtful words are marked, ``--throughput`` instead compares pages a minute of the command
lines on all pages. The program asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import img2pdf
import numpy as np
import pytesseract

import scanning
from benchmarks.alignment import right_words
from scanning.engine import engine_name
from scanning.page import PageReading, Word
from scanning.rejection import Rejected
from vietnamese.text import nfc

IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
NUMBERS = re.compile(r"\b\d{1,2}/\d{1,2}/\d{4}\b|\b\d{9,12}\b|\b\d+/[A-ZĐ][A-ZĐa-z\-]+")
OCRMYPDF = (sys.executable, "-m", "ocrmypdf", "-q", "-l", "vie", "--output-type", "pdf", "-O0")
WIDE_GAP = 1.0
HANDWRITING, REAL, FORMS, CLEAN = "handwriting", "real office scans", "forms and ruled tables", "clean print"
CLASSES = {
    "shadow": "shadow, stains, holes",
    "stain": "shadow, stains, holes",
    "hole": "shadow, stains, holes",
    "stamptext": "red stamp over text",
    "low": "70-100 dpi",
    "type": "typewriter, faded or thin",
    "faded": "faded print",
    "allbad": "everything at once",
    "rot": "rotated 90/180/270",
    "hand": HANDWRITING,
    "hw": HANDWRITING,
}


@dataclass(frozen=True)
class Score:
    """What one way of reading one page cost and missed: characters, wrong ones, numbers found of all, CPU seconds."""

    letters: int
    wrong: int
    numbers: int
    numbers_found: int
    cpu: float


@dataclass(frozen=True)
class Flags:
    """Words of a page by whether they are right and whether they are marked: suspect, handwritten; page flagged."""

    right: int = 0
    wrong: int = 0
    right_marked: int = 0
    wrong_marked: int = 0
    pen: int = 0
    missing: bool = False


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


def read_ours(path: Path) -> PageReading | None:
    """Return a page as the project reads it, None if it is refused."""
    try:
        return scanning.read_page(scanning.rasterise(path, 1))
    except Rejected:
        return None


def read_plain(path: Path) -> str:
    """Return the text of a page as pytesseract gives it: no turning, no straightening, no sandbox.

    The file itself is handed over, so that Tesseract knows its resolution: an image object would lose it and be read
    far worse, which would flatter us.
    """
    return str(pytesseract.image_to_string(str(path), lang="vie", config="--psm 3"))


def read_ocrmypdf(path: Path) -> str:
    """Return the text layer that OCRmyPDF lays under a page (plain PDF, no optimising: its quickest way)."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "page.pdf"
        source = Path(folder) / f"page{path.suffix}"
        source.write_bytes(path.read_bytes())
        subprocess.run([*OCRMYPDF, "--jobs", "1", "--image-dpi", "300", source, target], check=False)
        return "".join(layer(target)) if target.is_file() else ""


def layer(pdf: Path) -> list[str]:
    """Return the text of each page of a PDF by pdftotext."""
    text = subprocess.run(["pdftotext", pdf, "-"], capture_output=True, check=True).stdout.decode("utf-8", "replace")
    return text.split("\f")[:-1]


def scored(path: Path, text: str, cpu: float) -> Score:
    """Return the score of a page's text."""
    truth = path.with_name(path.stem + ".gt.txt").read_text(encoding="utf-8")
    lines = [line for line in map(tidy, truth.splitlines()) if line]
    text = tidy(text)
    wrong = sum(min(len(line), stretch_distance(line, text)) for line in lines)
    numbers = NUMBERS.findall(" ".join(lines))
    return Score(sum(map(len, lines)), wrong, len(numbers), sum(number in text for number in numbers), cpu)


def judged(words: Sequence[Word], truth: str) -> Iterator[tuple[Word, bool]]:
    """Yield each word and whether it is right, by its whole line or by its own stretch of it.

    What stands in two columns is one line to the reader and two to the true text; a number in a cell says too little
    alone.
    """
    for _, group in groupby(words, key=lambda word: word.line):
        line = list(group)
        by_line = right_words([nfc(word.text) for word in line], truth)
        start = 0
        for i in range(1, len(line) + 1):
            height = line[i - 1].box[3] - line[i - 1].box[1]
            if i == len(line) or line[i].box[0] - line[i - 1].box[2] > WIDE_GAP * height:
                alone = right_words([nfc(word.text) for word in line[start:i]], truth)
                yield from zip(
                    line[start:i], [a or b for a, b in zip(by_line[start:i], alone, strict=True)], strict=True
                )
                start = i


def flags_of(path: Path, reading: PageReading) -> Flags:
    """Return how the words of a page are marked, beside how they should be; marks without letters are left out."""
    truth = tidy(path.with_name(path.stem + ".gt.txt").read_text(encoding="utf-8"))
    counts = dict.fromkeys(("right", "wrong", "right_marked", "wrong_marked", "pen"), 0)
    for word, right in judged(reading.words, truth):
        if any(letter.isalnum() for letter in word.text):
            name = "right" if right else "wrong"
            counts[name] += 1
            counts[f"{name}_marked"] += word.suspect or word.handwritten
            counts["pen"] += word.handwritten
    return Flags(**counts, missing=reading.missing_text)


def measure(path: Path, peers: Sequence[str]) -> tuple[list[Score], Flags]:
    """Return the scores of one page read by the project and by its peers, and how its words are marked."""
    before = cpu_seconds()
    reading = read_ours(path)
    scores = [scored(path, reading.text if reading else "", cpu_seconds() - before)]
    for peer in peers:
        before = cpu_seconds()
        text = PEERS[peer](path)
        scores.append(scored(path, text, cpu_seconds() - before))
    return scores, flags_of(path, reading) if reading else Flags()


PEERS: dict[str, Callable[[Path], str]] = {"tesseract": read_plain, "ocrmypdf": read_ocrmypdf}


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


def class_of(path: Path, forms: Sequence[str]) -> str:
    """Return the class of targets a page is counted in, by what its name says after ``__`` or its folder's name."""
    kind, _, damage = path.stem.partition("__")
    if not damage:
        return HANDWRITING if kind.startswith("hw") else REAL
    known = next((name for start, name in CLASSES.items() if damage.startswith(start)), None)
    return known or (FORMS if kind.startswith(tuple(forms)) and forms else CLEAN)


def cer(scores: Iterable[Score]) -> float:
    """Return the character error rate of pages together, in per cent."""
    pages = list(scores)
    return 100 * sum(page.wrong for page in pages) / max(1, sum(page.letters for page in pages))


def row(name: str, pages: Sequence[Sequence[Score]]) -> str:
    """Return one line of the table: for each peer the ratios ours to its, below 1 is better; then the figures."""
    sides = list(zip(*pages, strict=True))
    cers = [cer(side) for side in sides]
    cpus = [sum(page.cpu for page in side) / len(side) for side in sides]
    cells = [name]
    for error, cpu in zip(cers[1:], cpus[1:], strict=True):
        cells += [f"{cers[0] / error:.2f}" if error else "-", f"{cpus[0] / cpu:.2f}"]
    numbers = [f"{sum(page.numbers_found for page in side)}/{sum(page.numbers for page in side)}" for side in sides]
    cells += [f"{error:.2f}" for error in cers] + [f"{cpu:.2f}" for cpu in cpus] + numbers + [str(len(pages))]
    return "| " + " | ".join(cells) + " |"


def print_table(rows: dict[str, list[list[Score]]], peers: Sequence[str]) -> None:
    """Print pages by class, then those of print together."""
    names = ["ours", *peers]
    head = ["class", *(f"{what} to {peer}" for peer in peers for what in ("CER", "CPU"))]
    head += [f"{what} {name}" for what in ("CER %", "CPU s", "numbers") for name in names] + ["pages"]
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    for name in sorted(rows):
        print(row(name, rows[name]))
    print(row("**all print**", [page for name, pages in rows.items() if name != HANDWRITING for page in pages]))


def print_flags(rows: dict[str, list[Flags]]) -> None:
    """Print how many of the wrong words are marked, how many of the right ones needlessly, and what a person sees."""
    print("\n| class | wrong words marked | right words marked | words shown | marked as by pen | pages flagged |")
    print("|---|---|---|---|---|---|")
    everything = [page for name, pages in rows.items() if name != HANDWRITING for page in pages]
    for name, pages in [*sorted(rows.items()), ("**all print**", everything)]:
        total = {key: sum(getattr(page, key) for page in pages) for key in Flags.__dataclass_fields__}
        words = max(1, total["right"] + total["wrong"])
        shown = 100 * (total["right_marked"] + total["wrong_marked"]) / words
        caught = 100 * total["wrong_marked"] / max(1, total["wrong"])
        needless = 100 * total["right_marked"] / max(1, total["right"])
        print(
            f"| {name} | {caught:.0f} % of {total['wrong']} | {needless:.1f} % of {total['right']} | {shown:.1f} %"
            f" | {100 * total['pen'] / words:.1f} % | {total['missing']}/{len(pages)} |"
        )


def print_throughput(pages: Sequence[Path], jobs: int) -> None:
    """Print pages a minute (wall) of both command lines over all the pages, and the CER of each."""
    began = time.monotonic()
    command = [sys.executable, "-m", "scanning", "read", "--json", "--no-fields", "--jobs", str(jobs), *map(str, pages)]
    done = subprocess.run(command, capture_output=True, check=False, cwd=Path(__file__).resolve().parents[1])
    ours = time.monotonic() - began
    texts = ["\n".join(page["text"] for page in json.loads(line)["pages"]) for line in done.stdout.splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "pile.pdf", Path(folder) / "read.pdf"
        source.write_bytes(img2pdf.convert([str(page) for page in pages]))
        began = time.monotonic()
        subprocess.run([*OCRMYPDF, "--jobs", str(jobs), source, target], check=True)
        theirs = time.monotonic() - began
        layers = layer(target)
    print(f"\n{len(pages)} pages, {jobs} jobs: ours {theirs / ours:.2f} times as many pages a minute as OCRmyPDF")
    for name, wall, read in (("ours", ours, texts), ("ocrmypdf", theirs, layers)):
        scores = [scored(page, text, 0.0) for page, text in zip(pages, read, strict=True)]
        print(f"{name}: {60 * len(pages) / wall:.1f} pages/min, CER {cer(scores):.2f}")


def options_of() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, action="append", required=True, metavar="DIR")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--forms", default="", help="beginnings of names of forms and tables, with commas")
    parser.add_argument("--peer", action="append", choices=sorted(PEERS), default=[], help="besides plain Tesseract")
    parser.add_argument("--flags", action="store_true")
    parser.add_argument("--throughput", action="store_true", help="only this")
    return parser.parse_args()


def main() -> None:
    """Measure the pages of the command line and print the tables."""
    options = options_of()
    pages = pages_in(options.pages, options.limit)
    if not pages:
        print("No page with a .gt.txt beside it: nothing measured.")
        return
    os.environ["OMP_THREAD_LIMIT"] = "1"
    version = pytesseract.get_tesseract_version()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, ours {engine_name()},")
    print(f"peers Tesseract {version}, vie fast\n")
    if options.throughput:
        print_throughput(pages, options.jobs)
        return
    peers = list(dict.fromkeys(["tesseract", *options.peer]))
    forms = [start for start in options.forms.split(",") if start]
    rows: dict[str, list[list[Score]]] = defaultdict(list)
    flags: dict[str, list[Flags]] = defaultdict(list)
    with ProcessPoolExecutor(options.jobs) as pool:
        for path, (scores, marked) in zip(pages, pool.map(measure, pages, [peers] * len(pages)), strict=True):
            rows[class_of(path, forms)].append(scores)
            flags[class_of(path, forms)].append(marked)
    print_table(rows, peers)
    if options.flags:
        print_flags(flags)


if __name__ == "__main__":
    main()
