"""How right the access rule is: decision, SQL and index against the regulation written apart, over generated worlds.

``python benchmarks/worlds.py --worlds 100000 --seed 0``. Prints a table and the first differences; asserts nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import access_answers as answers  # noqa: E402
import access_worlds as worlds  # noqa: E402
from sqlalchemy.orm import Session  # noqa: E402

from search_index import WhooshEngine  # noqa: E402


def run(seeds: range, whoosh_every: int, kinds: int) -> tuple[int, list[str]]:
    """How many records were asked about, and the differences found."""
    wrong: list[str] = []
    asked = 0
    engine = answers.database()
    with Session(engine) as session, tempfile.TemporaryDirectory() as folder:
        session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for seed in seeds:
            world = worlds.generate(seed)
            answers.load(session, world)
            index = WhooshEngine(Path(folder) / str(seed)) if whoosh_every and seed % whoosh_every == 0 else None
            wrong += answers.differences(session, world, index, kinds)
            asked += len(world.things) * (len(world.people) + len(world.lendings))
    engine.dispose()
    return asked, wrong


def main() -> None:
    """Runs the worlds and prints what was found."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--worlds", type=int, default=2_000)
    wanted.add_argument("--seed", type=int, default=0)
    wanted.add_argument("--whoosh-every", type=int, default=200)
    wanted.add_argument("--kinds", type=int, default=len(worlds.KINDS))
    given = wanted.parse_args()
    started, used = time.perf_counter(), time.process_time()
    asked, wrong = run(range(given.seed, given.seed + given.worlds), given.whoosh_every, given.kinds)
    print(f"worlds        {given.worlds}")
    print(f"person/record {asked} pairs, each for every action on records")
    print(f"differences   {len(wrong)}")
    print(f"seconds       {time.perf_counter() - started:.0f} ({time.process_time() - used:.0f} of CPU)")
    for line in wrong[:20]:
        print("  " + line)


if __name__ == "__main__":
    main()
