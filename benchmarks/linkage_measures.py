"""What a list of pairs is worth beside the truth, and what a program cost that made it."""

import csv
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.linkage_population import truth_of

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """A pair a method gave."""

    pair: Key
    weight: float
    probability: float
    band: str


@dataclass(frozen=True)
class Truth:
    """Who is who: record -> person on both sides, and how many people stand in both."""

    left: dict[str, str]
    right: dict[str, str]

    @classmethod
    def of(cls, folder: Path) -> "Truth":
        """Read it from a folder of the generator."""
        return cls(truth_of(folder, "party"), truth_of(folder, "gov"))

    @property
    def pairs(self) -> int:
        """How many true pairs there are."""
        return len(set(self.left.values()) & set(self.right.values()))

    def holds(self, pair: Key) -> bool:
        """Return whether both records are one person's."""
        person = self.left.get(pair[0])
        return person is not None and person == self.right.get(pair[1])


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1 of a set of pairs."""

    given: int
    right: int
    true: int

    @property
    def precision(self) -> float:
        """Of the given, those right."""
        return self.right / self.given if self.given else 0.0

    @property
    def recall(self) -> float:
        """Of the true, those given."""
        return self.right / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.right / (self.given + self.true) if self.given + self.true else 0.0


def scored(pairs: Iterable[Key], truth: Truth) -> Score:
    """Hold pairs against the truth."""
    given = set(pairs)
    return Score(len(given), sum(truth.holds(pair) for pair in given), truth.pairs)


def read_pairs(path: Path) -> list[Found]:
    """Read what ``python -m linkage match`` or a peer wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Found((row["left_id"], row["right_id"]), float(row["weight"]), float(row["probability"]), row["band"])
            for row in csv.DictReader(file)
        ]


def mutual_best(pairs: Sequence[Found], least: float = 0.5) -> list[Key]:
    """Return pairs of at least this probability that are the best of both records; where two are alike, none is."""
    best: dict[str, list[Found]] = {}
    for found in pairs:
        for record in found.pair:
            held = best.setdefault(record, [])
            if not held or found.weight > held[0].weight:
                best[record] = [found]
            elif found.weight == held[0].weight:
                held.append(found)
    return [
        found.pair
        for found in pairs
        if found.probability >= least and all(best[record] == [found] for record in found.pair)
    ]


@dataclass(frozen=True)
class Bands:
    """What a method that knows bands leaves to people: those shown first, those to be looked at."""

    auto: Score
    review_share: float
    review_hits: float
    after_review: Score


def bands(pairs: Sequence[Found], truth: Truth) -> Bands:
    """Return what the bands are worth, and what is linked when each pair to be looked at is judged rightly."""
    auto = [found.pair for found in pairs if found.band == "auto"]
    review = [found.pair for found in pairs if found.band == "review"]
    hits = [pair for pair in review if truth.holds(pair)]
    asked = len({pair[0] for pair in review} - {pair[0] for pair in auto})
    share = asked / max(1, len(truth.left))
    return Bands(scored(auto, truth), share, len(hits) / max(1, len(review)), scored([*auto, *hits], truth))


def fewest_wrong(pairs: Sequence[Found], truth: Truth, wrong_in: int = 10_000) -> float:
    """Return the recall of the best pairs of which at most one in so many is wrong, the bound set by the truth."""
    kept = {found.pair for found in pairs}
    one_to_one = set(mutual_best(pairs, 0.0)) & kept
    ordered = sorted((found for found in pairs if found.pair in one_to_one), key=lambda found: -found.weight)
    right = best = 0
    for count, found in enumerate(ordered, 1):
        right += truth.holds(found.pair)
        if (count - right) * wrong_in <= count:
            best = right
    return best / max(1, truth.pairs)


@dataclass
class Run:
    """A program that ran: CPU seconds of it and its children, wall seconds, the most memory one of them took."""

    status: int
    cpu: float
    wall: float
    megabytes: float
    output: str = field(default="", repr=False)


def run(program: Sequence[str], log: Path) -> Run:
    """Run a program of ours by this Python; what it says goes to a file."""
    begun = time.perf_counter()
    with log.open("wb") as file:
        child = os.posix_spawn(
            sys.executable,
            [sys.executable, *program],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, file.fileno(), 1), (os.POSIX_SPAWN_DUP2, file.fileno(), 2)],
        )
        _pid, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - begun
    said = log.read_text(encoding="utf-8", errors="replace")
    return Run(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, said)
