"""How much of a campaign a run goes through: a seeded sample in every run, all of it under ``./test --long``.

A short run meets every kind of case the long one does; what it leaves out is repetitions of a kind.
"""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")
LONG = os.environ.get("TEST_LONG") == "1"
"""Whether ``./test --long`` was asked for: the script says it to every process of the run."""


def size(short: T, full: T) -> T:
    """The amount of this run: ``short`` in every run, ``full`` in the long one."""
    return full if LONG else short
