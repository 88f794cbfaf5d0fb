"""The targets of search, and whether what was measured reaches them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

# p95 in milliseconds by kind of question, at 100,000 papers and at 1,000,000.
# All four ways of asking for a name have the target of names, also where near ones are looked for as well.
_NAMES = ("full name, as typed", "full name, no marks", "full name, marks", "name in quotes, marks")
_NEAR = ("name, 1 letter off", "name, 2 letters off")
_PREFIX, _FACETS, _COMMON = "prefix of 3 letters", "facets type, unit", "common term"
_BOOLEAN = ("boolean of 3", "boolean, type, years")
_MOST = {
    100_000: {
        **dict.fromkeys((*_NAMES, *_BOOLEAN, _COMMON, _FACETS), 5.0),
        _PREFIX: 10.0,
        **dict.fromkeys(_NEAR, 30.0),
    },
    1_000_000: {
        **dict.fromkeys(_NAMES, 2.0),
        **dict.fromkeys((*_BOOLEAN, _COMMON, _FACETS), 30.0),
        _PREFIX: 60.0,
        **dict.fromkeys(_NEAR, 250.0),
    },
}
# How many times as long the other takes at least, at 100,000 papers.
_AGAINST = {
    "tantivy": {**dict.fromkeys((*_NAMES, *_BOOLEAN, _FACETS), 1.0), **dict.fromkeys((_PREFIX, *_NEAR), 1 / 3)},
    "fts5": dict.fromkeys((_COMMON, _FACETS), 50.0),
    "postgres": dict.fromkeys((_COMMON, _FACETS), 25.0),
}


@dataclass(frozen=True)
class Cell:
    """The times of every engine for one kind of question and one reader, in the order asked."""

    kind: str
    reader: str
    times: dict[str, list[float]]
    cpu: list[float]
    """CPU milliseconds of ours: what the wall would show on a machine with nothing else to do."""

    def ours(self) -> float:
        """Return our p95."""
        return _high(self.times["ours"])

    def reached(self, most: float) -> str:
        """Return whether our p95 is within so many milliseconds."""
        if self.ours() > most >= _high(self.cpu):
            return "MISSED (CPU reached)"
        return _word(self.ours() <= most)

    def ratio(self, other: str) -> float | None:
        """Return how many times as long the other takes at p95 of the questions it was asked; None if it was not."""
        own = self.times.get(other)
        return _high(own) / _high(self.times["ours"][: len(own)]) if own else None

    def ratio_shown(self, other: str) -> str:
        """Return the ratio for the table."""
        ratio = self.ratio(other)
        return "–" if ratio is None else f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.1f}x"


def _high(times: list[float]) -> float:
    return float(np.percentile(times, 95))


class Targets:
    """The targets for one size."""

    def __init__(self, papers: int) -> None:
        self.size = 1_000_000 if papers > 200_000 else 100_000
        self._most = _MOST[self.size]

    def said(self, cell: Cell) -> str:
        """Return the targets of a cell, each with reached or missed."""
        said = []
        most = self._most.get(cell.kind)
        if most is not None:
            said.append(f"≤ {most:.0f} ms {cell.reached(most)}")
        if self.size == 100_000:
            for other, least in _AGAINST.items():
                ratio, asked = cell.ratio(other), least.get(cell.kind)
                if ratio is not None and asked is not None:
                    said.append(f"{other} {_word(ratio >= asked)}")
        return ", ".join(said)

    def report(self, cells: list[Cell], ours: dict[str, Any], measured: dict[str, Any]) -> None:
        """Print one line for every target: the worst cell."""
        print(f"\ntargets ({self.size:,} papers){'':<24} worst of all cells")
        groups = (
            ("full name", _NAMES), ("boolean", _BOOLEAN), ("common term", (_COMMON,)), ("facets", (_FACETS,)),
            ("prefix", (_PREFIX,)), ("near name", _NEAR),
        )  # fmt: skip
        for name, kinds in groups:
            own = [cell for cell in cells if cell.kind in kinds]
            most = self._most[kinds[0]]
            worst = max(own, key=Cell.ours)
            used = max(_high(cell.cpu) for cell in own)
            _line(f"{name}, p95", f"≤ {most:.0f} ms", f"{worst.ours():.2f} ms, CPU {used:.2f}", worst.reached(most))
            for other, least in _AGAINST.items() if self.size == 100_000 else ():
                ratios = [(cell.ratio(other), least.get(cell.kind)) for cell in own]
                found = [ratio for ratio, asked in ratios if ratio is not None and asked is not None]
                if found:
                    _against(name, other, min(found), least[kinds[-1]])
        self._of_index(ours, measured)

    def _of_index(self, ours: dict[str, Any], measured: dict[str, Any]) -> None:
        if not ours:
            return
        speed, size = ours["docs"] / ours["cpu"], ours["bytes"] / ours["docs"] / 1000
        _line("indexing", "≥ 500 documents/CPU-s", f"{speed:.0f}", speed >= 500)
        _line("size, index alone", "≤ 2 kB a document", f"{size:.2f} kB", size <= 2)
        if not measured:
            return
        for share, least in ((0.03, 0.97), (0.08, 0.90)):
            found = measured["recall"][share]
            _line(f"recall@20, {share:.0%} of letters misread", f"≥ {least:.2f}", f"{found:.3f}", found >= least)
        visible = measured["visible"]
        _line("one paper added to visible, p95", "≤ 100 ms", f"{visible:.0f} ms", visible <= 100)


def _against(name: str, other: str, ratio: float, asked: float) -> None:
    if asked <= 1:
        # Said the other way round, as the target is: how many times as long as the other we take.
        _line(f"{name} against {other}", f"≤ {1 / asked:.0f}x", f"{1 / ratio:.2f}x", ratio >= asked)
    else:
        _line(f"{name} against {other}", f"≥ {asked:.0f}x faster", f"{ratio:.0f}x", ratio >= asked)


def _line(what: str, target: str, measured: str, reached: bool | str) -> None:
    print(f"{what:<44}{target:<24}{measured:<24}{reached if isinstance(reached, str) else _word(reached)}")


def _word(reached: bool) -> str:
    return "reached" if reached else "MISSED"
