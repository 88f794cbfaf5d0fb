"""How fast and how right search is, beside tantivy, SQLite FTS5, PostgreSQL and stock Whoosh, against its targets.

    python -m benchmarks.search [--docs 10000] [--sentences FILE] [--engines ours,tantivy,…] [--home FOLDER]
    python -m benchmarks.search_page [--docs 100000] [--sentences FILE]        the whole page in the application

The same invented papers go into every engine; all are asked the same questions back to back, for readers who see
everything, a fifth and a fiftieth, warm, for a page of 20 and the exact number of papers. Prints tables, ratios
first, and asserts nothing. With `--home` what was built is kept and taken again. An engine that is not installed is
named and left out.
"""

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import search_measures
from benchmarks.search_corpus import Chain, Corpus
from benchmarks.search_peers import Fts5, Ours, Peer, StockWhoosh, Tantivy, TantivyGrams
from benchmarks.search_postgres import Postgres
from benchmarks.search_questions import READERS, Question, Questions
from benchmarks.search_targets import Cell, Targets
from search_index import Doc

ENGINES = {"ours": Ours, "tantivy": Tantivy, "tantivy-n": TantivyGrams, "fts5": Fts5, "postgres": Postgres,
           "whoosh": StockWhoosh}  # fmt: skip
# One engine's time in one cell; when it is used up the rest of the cell's questions are not asked of it.
_CELL_SECONDS = 5.0
_TIMES = 3


def high(times: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return float(np.percentile(times, 95))


def middle(times: Sequence[float]) -> float:
    """Return the median."""
    return float(np.percentile(times, 50))


class Counted:
    """A stream of papers that knows what making them cost, so that building is timed without it."""

    def __init__(self, papers: Iterable[Doc]) -> None:
        self._papers = papers
        self.seconds, self.count = 0.0, 0

    def __iter__(self) -> Iterator[Doc]:
        papers = iter(self._papers)
        while True:
            begun = time.process_time()
            paper = next(papers, None)
            self.seconds += time.process_time() - begun
            if paper is None:
                return
            self.count += 1
            yield paper


def bytes_of(folder: Path, leaving_out: str = "") -> int:
    """Return what the files of a folder take."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files if not leaving_out or not path.name.startswith(leaving_out))


def built(engine: Peer, corpus: Corpus, home: Path) -> dict[str, Any]:
    """Build an engine unless `home` holds it already; return docs, CPU seconds and bytes."""
    note = home / f"{engine.name}.json"
    if note.exists():
        known: dict[str, Any] = json.loads(note.read_text())
        if known["docs"] == corpus.count and known.get("seed", corpus.seed) == corpus.seed:
            return known
    shutil.rmtree(home / engine.name, ignore_errors=True)
    papers = Counted(corpus)
    begun = time.process_time()
    elsewhere = engine.build(papers)
    seconds = time.process_time() - begun - papers.seconds + elsewhere
    made: dict[str, Any] = {"docs": corpus.count, "seed": corpus.seed, "cpu": seconds, "bytes": 0, "texts": 0}
    if isinstance(engine, Postgres):
        made["bytes"] = engine.size()
    elif isinstance(engine, Ours):
        made["bytes"] = bytes_of(engine.home, "documents.db")
        made["texts"] = bytes_of(engine.home) - made["bytes"]
    else:
        made["bytes"] = bytes_of(home / engine.name) if (home / engine.name).exists() else 0
    note.write_text(json.dumps(made))
    return made


@dataclass
class Asked:
    """What asking one question cost: the best wall and CPU milliseconds, and the count found."""

    wall: float = float("inf")
    cpu: float = float("inf")
    count: int | None = None


def best_of(engine: Peer, question: Question, reader: str) -> Asked:
    """Return the best of up to three askings; slow ones are asked once."""
    best = Asked()
    for _ in range(_TIMES):
        begun, used = time.perf_counter(), time.process_time()
        best.count = engine.ask(question, READERS[reader])
        took = (time.perf_counter() - begun) * 1000
        best.cpu = min(best.cpu, (time.process_time() - used) * 1000)
        best.wall = min(best.wall, took)
        if best.count is None or took > 1500:
            break
    return best


def ask_all(engines: list[Peer], questions: list[Question], reader: str) -> tuple[Cell, list[str]]:
    """Ask every engine every question, one question after the other; return the times and where counts differ."""
    cell = Cell(questions[0].kind, reader, {engine.name: [] for engine in engines}, [])
    used = dict.fromkeys(cell.times, 0.0)
    different = []
    for question in questions:
        counts = {}
        for engine in engines:
            if used[engine.name] > _CELL_SECONDS and engine.name != "ours":
                continue
            begun = time.perf_counter()
            best = best_of(engine, question, reader)
            used[engine.name] += time.perf_counter() - begun
            if best.count is not None or engine.name == "ours":
                cell.times[engine.name].append(best.wall)
            if engine.name == "ours":
                cell.cpu.append(best.cpu)
            if best.count is not None:
                counts[engine.name] = best.count
        if len(set(counts.values())) > 1:
            different.append(f"{question.q}: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()))
    return cell, different


# Where ours finds more than the words side by side: names nearly so, and papers that hold the words apart.
_NOT_ALIKE = ("name, ", "full name, as typed", "full name, marks")


def compare(engines: list[Peer], drawn: Questions, targets: Targets) -> list[Cell]:
    """Ask everything, print the table, return the cells."""
    others = [engine.name for engine in engines if engine.name != "ours"]
    print(f"\n{'question':<22}{'sees':>6} |" + "".join(f"{name + '/ours':>14}" for name in others)
          + f" |{'ours p50':>9}{'p95 ms':>8}{'CPU p95':>9} | target")  # fmt: skip
    cells, differences, agreed = [], [], 0
    for kind, questions in drawn.all():
        for reader in READERS:
            cell, different = ask_all(engines, questions, reader)
            if not kind.startswith(_NOT_ALIKE):
                agreed += len(questions) - len(different)
                differences += [f"{kind}, {reader}: {line}" for line in different]
            cells.append(cell)
            shown = "".join(f"{cell.ratio_shown(name):>14}" for name in others)
            own = cell.times["ours"]
            plainly = f"{middle(own):>9.2f}{high(own):>8.2f}{high(cell.cpu):>9.2f}"
            print(f"{kind:<22}{reader:>6} |{shown} |{plainly} | {targets.said(cell)}", flush=True)
    plain(cells, others)
    print(
        f"\ncounts: {agreed} questions of {agreed + len(differences)} whose meaning agrees gave one number everywhere"
    )
    for line in differences[:20]:
        print(f"  differs – {line}")
    return cells


def plain(cells: list[Cell], others: list[str]) -> None:
    """Print the times of the others."""
    if not others:
        return
    print(f"\nms p50 / p95{'':<16} |" + "".join(f"{name:>22}" for name in ["ours", *others]))
    for cell in cells:
        shown = []
        for name in ["ours", *others]:
            own = cell.times[name]
            less = f" ({len(own)})" if 0 < len(own) < len(cell.times["ours"]) else ""
            shown.append(f"{middle(own):.2f} / {high(own):.2f}{less}" if own else "–")
        print(f"{cell.kind:<22}{cell.reader:>6} |" + "".join(f"{text:>22}" for text in shown))
    print("(n): so many of the questions only, when five seconds were used up")


def prepared(
    names: list[str], corpus: Corpus, home: Path, times: int, stack: contextlib.ExitStack
) -> tuple[list[Peer], dict[str, Any]]:
    """Build and open the engines that are there; print speed and size; return them and what is known of ours."""
    engines: list[Peer] = []
    ours: dict[str, Any] = {}
    for name in names:
        engine: Peer = Ours(home, times) if name == "ours" else ENGINES[name](home)
        if engine.missing():
            print(f"{name}: not installed ({engine.missing()}), left out")
            continue
        stack.callback(engine.close)
        made = built(engine, corpus, home)
        if name == "ours":
            ours = made
        if made["cpu"] and made["bytes"]:
            texts = f", texts beside it {made['texts'] / corpus.count / 1000:.2f} kB" if made["texts"] else ""
            print(f"build {name:<9} {corpus.count / made['cpu']:6.0f} documents/CPU-s, "
                  f"{made['bytes'] / corpus.count / 1000:.2f} kB a document{texts}", flush=True)  # fmt: skip
        engine.open()
        engines.append(engine)
    return engines, ours


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", type=int, default=10_000)
    parser.add_argument("--sentences", type=Path, help="a file of sentences, one a line; else syllables are drawn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=30, help="questions in a cell")
    parser.add_argument("--times", type=int, default=1, help="ours alone: so many times the papers, see search_tenfold")
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--home", type=Path, help="keep what was built in this folder, for one file of sentences")
    parser.add_argument("--only-build", action="store_true", help="with --home: measure another time")
    given = parser.parse_args()
    corpus = Corpus(given.docs, Chain.of(given.sentences), given.seed)
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}, Python {sys.version.split()[0]}"
    print(f"{given.docs:,} papers, seed {given.seed}, {given.each} questions a cell")
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine}", flush=True)
    with contextlib.ExitStack() as stack:
        home = given.home or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        home.mkdir(parents=True, exist_ok=True)
        engines, ours = prepared(
            given.engines.split(",") if given.times == 1 else ["ours"], corpus, home, given.times, stack
        )
        if given.only_build:
            return
        targets = Targets(given.docs * given.times)
        cells = compare(engines, Questions(corpus, given.each, given.seed), targets)
        measured = search_measures.of_engine(home / "ours", corpus, given.seed) if ours and given.times == 1 else {}
        targets.report(cells, ours, measured)
        print(f"load at the end {os.getloadavg()[0]:.0f}")


if __name__ == "__main__":
    main()
