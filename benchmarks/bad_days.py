"""Bad days: what becomes of what was acknowledged when programs, disks and clocks fail.

    python -m benchmarks.bad_days CAMPAIGN [--rounds N] [--database sqlite|postgresql] [--seed 1] [--folder FOLDER]

Each campaign takes a real installation with made-up people, breaks one thing many times while clients work and keep a
ledger of what they were told, and judges after each round. It prints a table and what was wrong, and ends with 1 when
anything was. The figures stand in docs/reliability.md. Run it with ``nice``; mounts and PostgreSQL's server want root.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

CAMPAIGNS = {
    "kill": 2000,
    "full": 500,
    "power": 500,
    "powerless": 10,
    "damage": 1000,
    "twice": 200,
    "errors": 1000,
    "clock": 200,
}
"""Each campaign with the number of rounds of its goal; the module is named after it."""


def main() -> int:
    """Runs one campaign."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("campaign", choices=CAMPAIGNS)
    wanted.add_argument("--rounds", type=int, help="; ".join(f"{name} {number}" for name, number in CAMPAIGNS.items()))
    wanted.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    wanted.add_argument("--seed", type=int, default=1)
    wanted.add_argument("--folder", type=Path, help="where the installation lies; is emptied first")
    given = wanted.parse_args()
    module = importlib.import_module(f"benchmarks.bad_{given.campaign}")
    rounds = given.rounds or CAMPAIGNS[given.campaign]
    if given.folder is not None:
        return int(module.campaign(given.folder, rounds, given.database, given.seed))
    with tempfile.TemporaryDirectory(prefix="oms-bad-") as folder:
        return int(module.campaign(Path(folder) / given.campaign, rounds, given.database, given.seed))


if __name__ == "__main__":
    sys.exit(main())
