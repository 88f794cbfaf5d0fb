"""How many address lines are understood, how deep, and how fast.

    python benchmarks/places.py FILE.csv … FOLDER_OF_JSON … [--columns birth_place,home_place]

CSV files have the columns named and ``birth_date``; JSON files an object ``fields`` whose keys noi_sinh, que_quan,
noi_o and ho_khau are addresses. Without a birth date the order before July 2025 is tried first.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from vietnamese import places
from vietnamese.dates import parse_date

KEYS = ("noi_sinh", "que_quan", "noi_o", "ho_khau", "que")
SAID = {0: "none", places.PROVINCE: "province", places.DISTRICT: "district", places.COMMUNE: "commune"}


def lines_of(path: Path, columns: list[str]) -> Iterator[tuple[str, str, date | None]]:
    """(group, address, day) of every address in a file or folder."""
    if path.is_dir():
        for each in sorted(path.glob("*.json")):
            fields = json.loads(each.read_text(encoding="utf-8")).get("fields", {})
            yield from ((f"{path.name}: {key}", fields[key], None) for key in KEYS if fields.get(key))
        return
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            born = parse_date(row.get("birth_date", ""))
            day = date(born.year, 1, 1) if born else None
            yield from ((f"{path.name}: {name}", row[name], day) for name in columns if row.get(name))


def main() -> None:
    """Prints one line a group."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", type=Path)
    parser.add_argument("--columns", default="birth_place,home_place")
    args = parser.parse_args()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    places.find("Hà Nội")
    loaded = time.perf_counter() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"table loaded in {loaded * 1000:.0f} ms, {grown:.0f} MB")
    found: dict[str, Counter[str]] = {}
    took: list[float] = []
    for source in args.sources:
        for group, text, day in lines_of(source, args.columns.split(",")):
            began = time.perf_counter()
            named = places.candidates(text, day)
            took.append((time.perf_counter() - began) * 1000)
            count = found.setdefault(group, Counter())
            count["lines"] += 1
            count["several" if len(named) > 1 else SAID[named[0].level if named else 0]] += 1
    heads = ("lines", "commune", "district", "province", "several", "none")
    print(f"{'':34}" + "".join(f"{head:>11}" for head in heads))
    for group, count in sorted(found.items()):
        shares = "".join(f"{100 * count[head] / count['lines']:10.1f}%" for head in heads[1:])
        print(f"{group:34}{count['lines']:11}{shares}")
    took.sort()
    print(f"a line: median {statistics.median(took):.3f} ms, p95 {took[int(len(took) * 0.95)]:.3f} ms")


if __name__ == "__main__":
    main()
