"""`python -m linkage match|train`: the library without the application.

    match LEFT.csv RIGHT.csv --out pairs.csv [--explain pairs.jsonl] [--model FILE]
    train LEFT.csv RIGHT.csv --model FILE [--truth pairs.csv]

Exit status 0 done, 1 some row was left out or nothing could be learned (each told on its own line, the rest is done),
2 wrong usage or a file that cannot be used.
"""

import argparse
import csv
import gc
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from linkage.assignment import Assigned, assign
from linkage.explaining import explain
from linkage.levels import Row
from linkage.model import SHIPPED, load, save
from linkage.normalise import Feature
from linkage.normalising import Normaliser
from linkage.records import LinkageError, RegisterFile
from linkage.scorer import Scorer, probability

OUTPUT = ("left_id", "right_id", "weight", "probability", "band")
BELOW_REVIEW = 6.0
"""How far below the bound of review rivals still count for the margin."""


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    args = _arguments().parse_args(argv)
    try:
        return _match(args) if args.command == "match" else _train(args)
    except (LinkageError, OSError) as error:
        print(f"linkage: {error}", file=sys.stderr)
        return 2


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m linkage", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    match = commands.add_parser("match", help="find the persons that stand in both registers")
    learn = commands.add_parser("train", help="learn weights from two registers and write them as a model")
    for command in (match, learn):
        command.add_argument("left", type=Path, metavar="LEFT.csv")
        command.add_argument("right", type=Path, metavar="RIGHT.csv")
        command.add_argument("--jobs", type=_positive, help="processes and threads (default: all cores)")
        command.add_argument("--json", action="store_true", help="messages and the summary as JSON, one a line")
    match.add_argument("--out", type=Path, required=True, metavar="pairs.csv")
    match.add_argument("--explain", type=Path, metavar="pairs.jsonl", help="write why each pair weighs what it does")
    match.add_argument("--model", type=Path, default=SHIPPED, help="weights in place of the shipped ones")
    match.add_argument("--memory", type=_bytes, default="3GB", help="the most the pairs may take at once (default 3GB)")
    learn.add_argument("--model", type=Path, required=True, metavar="FILE")
    learn.add_argument(
        "--truth", type=Path, metavar="pairs.csv", help="left_id,right_id of every pair that is one person"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", text.strip(), re.IGNORECASE)
    size = int(float(found[1]) * 1000 ** " KMGT".index(found[2].upper() or " ")) if found else 0
    if size < 10**6:
        raise argparse.ArgumentTypeError("a size such as 3GB or 500MB, at least 1MB")
    return size


class _Input:
    """A register that is told about as it is read: absent columns at once, rows left out at the end."""

    def __init__(self, args: argparse.Namespace, path: Path) -> None:
        self._args = args
        self.register = RegisterFile(path)
        if self.register.absent:
            print(f"linkage: {path}: no column {', '.join(self.register.absent)}: taken as empty", file=sys.stderr)

    def told(self) -> bool:
        """Tell the rows that were left out; return whether there were any."""
        for row in self.register.bad:
            path = str(self.register.path)
            if self._args.json:
                print(json.dumps({"file": path, "line": row.line, "error": row.reason}, ensure_ascii=False))
            else:
                print(f"{path}: dòng {row.line}: bỏ qua ({row.reason})")
        return bool(self.register.bad)


def _match(args: argparse.Namespace) -> int:
    from linkage.batch import Job

    begun, used = time.perf_counter(), _cpu()
    model = load(args.model)
    inputs = [_Input(args, args.left), _Input(args, args.right)]
    with _no_sweeping():
        with Normaliser(args.jobs) as normaliser:
            sides = [list(normaliser.columns(each.register.values())) for each in inputs]
        work = Job(model, sides[0], sides[1], threads=args.jobs, memory=args.memory)
        del sides
        bounds = model.bounds
        shown = assign(work.scored(min(bounds.review, bounds.review_bare) - BELOW_REVIEW), bounds)
        left, right = work.left.identities, work.right.identities
        _write_pairs(args.out, left, right, shown)
        if args.explain:
            rows = [
                work.rows(work.left, (pair.left for pair in shown)),
                work.rows(work.right, (pair.right for pair in shown)),
            ]
            scorer = Scorer(model, len(left), len(right), work.frequency())
            _write_explanations(args.explain, scorer, rows[0], rows[1], shown)
    failed = [each.told() for each in inputs]
    auto = sum(pair.band == "auto" for pair in shown)
    summary = {
        "left": len(left),
        "right": len(right),
        "auto": auto,
        "review": len(shown) - auto,
        "model": model.version,
        "seconds": round(time.perf_counter() - begun, 1),
        "cpu_seconds": round(_cpu() - used, 1),
    }
    print(json.dumps(summary) if args.json else _in_words(summary))
    return 1 if any(failed) else 0


@contextmanager
def _no_sweeping() -> Iterator[None]:
    """Let nobody look for cycles among millions of rows, which have none: that took a third of the time."""
    swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if swept:
            gc.enable()


def _cpu() -> float:
    """CPU seconds of this process and of those it has ended."""
    return sum(os.times()[:4])


def _in_words(summary: dict[str, Any]) -> str:
    return (
        f"{summary['left']} × {summary['right']} hồ sơ: {summary['auto']} cặp đề xuất trước, "
        f"{summary['review']} cặp cần xem, {summary['seconds']} giây."
    )


def _write_pairs(path: Path, left: Sequence[str], right: Sequence[str], shown: Sequence[Assigned]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(OUTPUT)
        for pair in shown:
            chance = f"{probability(pair.weight):.6f}"
            writer.writerow([left[pair.left], right[pair.right], f"{pair.weight:.3f}", chance, pair.band])


def _write_explanations(
    path: Path, scorer: Scorer, left: dict[int, Row], right: dict[int, Row], shown: Sequence[Assigned]
) -> None:
    with path.open("w", encoding="utf-8") as file:
        for pair in shown:
            one, two = left[pair.left], right[pair.right]
            words = explain(scorer.model, scorer.score(one, two)).as_json()
            line = {"left_id": one[0], "right_id": two[0], "band": pair.band, **words}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _train(args: argparse.Namespace) -> int:
    from linkage.plan import CADRES
    from linkage.train import TrainingError, Truth, fit, fit_bounds, train

    inputs = [_Input(args, path) for path in (args.left, args.right)]
    with Normaliser(args.jobs) as normaliser:
        left, right = (
            [row for portion in normaliser.rows(each.register.values()) for row in portion] for each in inputs
        )
    failed = [each.told() for each in inputs]
    try:
        model = train(CADRES, left, right)
        if args.truth:
            truth = Truth(_truth(args.truth, left, right))
            model = fit_bounds(fit(model, left, right, truth), left, right, truth)
    except TrainingError as error:
        print(f"linkage: {error}", file=sys.stderr)
        return 1
    save(model, args.model)
    summary = {"left": len(left), "right": len(right), "model": model.version, **model.source}
    print(json.dumps(summary) if args.json else f"Đã học từ {len(left)} × {len(right)} hồ sơ: {args.model}")
    return 1 if any(failed) else 0


def _truth(path: Path, left: Sequence[Feature], right: Sequence[Feature]) -> frozenset[tuple[int, int]]:
    at = [{row.record_id: place for place, row in enumerate(rows)} for rows in (left, right)]
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not {"left_id", "right_id"} <= set(reader.fieldnames or ()):
            raise LinkageError(f"{path}: missing column left_id or right_id")
        pairs = [(at[0].get(row["left_id"]), at[1].get(row["right_id"])) for row in reader]
    return frozenset((one, two) for one, two in pairs if one is not None and two is not None)


if __name__ == "__main__":
    sys.exit(main())
