"""Our linkage library for the measurement: the command to run, and one new record against a whole block.

    python -m benchmarks.linkage_ours FOLDER --store FILE.db [--asked 1000]

Puts ``gov.csv`` of the folder into a store (kept and taken again), then looks for the person of records of
``party.csv`` drawn by chance, one at a time as the application does when a record is saved: normalised, keys made,
looked up, scored. Prints one JSON line. The shipped model is used as it is.
"""

import argparse
import json
import resource
import time
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.linkage_population import truth_of

_SECRET = b"of the measurement alone"
_PORTION = 20_000


def missing() -> list[str]:
    """Return what would have to be installed."""
    return [name for name in ("linkage", "splink", "duckdb", "pyarrow", "rapidfuzz") if find_spec(name) is None]


def command(left: Path, right: Path, out: Path, threads: int) -> list[str]:
    """Return the library's own command line for two registers."""
    return ["-m", "linkage", "match", str(left), str(right), "--out", str(out), "--jobs", str(threads), "--json"]


def trained(left: Path, right: Path, model: Path, threads: int) -> list[str]:
    """Return the command that learns a model."""
    return ["-m", "linkage", "train", str(left), str(right), "--model", str(model), "--jobs", str(threads)]


def live(folder: Path, store: Path, asked: int) -> dict[str, Any]:
    """Measure the search for one new record."""
    from linkage import Live, SqliteStore, load, normalise, read_register
    from linkage.model import SHIPPED

    kept = SqliteStore(store)
    search = Live(load(SHIPPED), kept, _SECRET)
    begun, used = time.perf_counter(), time.process_time()
    if not kept.size("gov"):
        records = iter(read_register(folder / "gov.csv").records)
        while portion := list(islice(records, _PORTION)):
            search.add("gov", [normalise(record) for record in portion])
    built = time.process_time() - used, time.perf_counter() - begun
    size = kept.size("gov")
    party, gov = truth_of(folder, "party"), truth_of(folder, "gov")
    other = {person: record for record, person in gov.items()}
    records_of = read_register(folder / "party.csv").records
    walls, cpus, top, there = [], [], 0, 0
    for record in Random(1).sample(list(records_of), min(asked, len(party))):
        begun, used = time.perf_counter(), time.process_time()
        found = search.find(normalise(record), "gov")
        cpus.append((time.process_time() - used) * 1000)
        walls.append((time.perf_counter() - begun) * 1000)
        true = other.get(party[record.record_id])
        there += true is not None
        top += true is not None and bool(found) and found[0].record_id == true
    kept_bytes = sum(path.stat().st_size for path in store.parent.glob(f"{store.name}*"))
    return {
        "records": size, "asked": len(walls), "top1": top / max(1, there), "wall": _of(walls), "cpu": _of(cpus),
        "built_cpu": built[0], "built_wall": built[1], "bytes": kept_bytes,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip


def _of(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        name: ordered[int(share * (len(ordered) - 1))] for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }


def main() -> int:
    """Measure one folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--asked", type=int, default=1000)
    asked = parser.parse_args()
    print(json.dumps(live(asked.folder, asked.store, asked.asked)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
