"""The API asked twenty thousand times by schemathesis, from its own document, with six persons' programs.

    python benchmarks/api_fuzz.py [--examples 20000] [--seed 9]

Prints how often which status came and every answer that is not in the document; errors of the server are such.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from api_asking import OPERATIONS, known_ids, token_of
from api_fuzzing import fuzz
from argon2 import PasswordHasher
from factories import make_world
from web_walk import Walker

from oms import create_app
from oms.services import passwords

WHO = ("officer", "officer.gov", "leader", "clerk", "reviewer", "security", "admin")


def main() -> int:
    """Runs it; 1 when an answer was wrong."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--examples", type=int, default=20_000)
    asked.add_argument("--seed", type=int, default=9)
    said = asked.parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder) / "home")
        app = create_app(world.house.settings, world.clock)
        app.config["WTF_CSRF_ENABLED"] = False
        walker = Walker(app, world)
        known = known_ids(walker)
        tokens = {token_of(world, username): world.who(username).role for username in WHO}
        begun, each = time.monotonic(), -(-said.examples // len(OPERATIONS))
        statuses, wrong = fuzz(app, tokens, known, each, said.seed)
        took = time.monotonic() - begun
    print(f"{sum(statuses.values())} requests over {len(OPERATIONS)} operations in {took:.0f} s, seed {said.seed}")
    for status, number in sorted(statuses.items()):
        print(f"{status}: {number}")
    for name, problem in wrong.items():
        print(f"WRONG {name}: {problem}")
    print(f"operations with a wrong answer: {len(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
