"""How far the worker is with a list: written now and then in small transactions of their own, read by the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oms.services.in_hand import InHand
from oms.store import imports as store
from oms.store.exchange_tables import ImportRun

EVERY = timedelta(seconds=1.5)
STEPS: dict[str, Mapping[str, float]] = {
    "checking": {"read": 0.4, "check": 0.6},
    "filing": {"read": 0.25, "check": 0.3, "prepare": 0.25, "write": 0.2},
}
"""Each step's share of the whole time, as measured by ``benchmarks.imports``."""


class NoLongerWanted(Exception):
    """The list was given up while the worker was at it."""


class Pace:
    """Tells how far one worker is with one list."""

    def __init__(self, work: InHand, run_id: str) -> None:
        self.work, self._run_id, self._clock = work, run_id, work.clock
        self._begun = self._since = self._told = work.clock()
        self._step = ""

    def step(self, name: str, total: int | None = None) -> None:
        """A step begins; ``total``: rows there are, once it is known."""
        self._step, self._since = name, self._clock()
        self._tell(0, total)

    def seen(self, rows: int) -> None:
        """So many rows of the step are done; NoLongerWanted when the list was given up meanwhile."""
        if self._clock() - self._told >= EVERY:
            self._tell(rows, None)

    def _tell(self, rows: int, total: int | None) -> None:
        self._told = now = self._clock()
        with self.work.house.work(None, now) as uow:
            self.work.fence(uow)
            run = store.in_work(uow.session, self._run_id)
            if run is None:
                raise NoLongerWanted
            times = {"since": self._since, "begun": self._begun, "at": now}
            _put(run, {"step": self._step, **{name: moment.isoformat() for name, moment in times.items()}})
            run.progress, run.rows = rows, run.rows if total is None else total

    def release(self) -> None:
        """The worker goes; a list still wanted is free for the next one."""
        with self.work.house.work(None, self._clock()) as uow:
            self.work.fence(uow)
            run = store.in_work(uow.session, self._run_id)
            if run is not None:
                _put(run, None)


def _put(run: ImportRun, working: Mapping[str, str] | None) -> None:
    said = json.loads(run.outcome) | {"working": working}
    run.outcome = json.dumps({name: value for name, value in said.items() if value is not None}, ensure_ascii=False)


@dataclass(frozen=True)
class Standing:
    """How far a list is: step k of n with its rows, rows a minute, seconds that are left of all steps."""

    step: str = ""
    place: int = 0
    places: int = 0
    rate: float | None = None
    seconds_left: int | None = None


def standing(run: ImportRun, now: datetime) -> Standing:
    """How far the worker is with a list."""
    said: dict[str, Any] = json.loads(run.outcome).get("working") or {}
    shares = STEPS.get(run.state, {})
    if said.get("step") not in shares:
        return Standing()
    names = list(shares)
    place = names.index(said["step"])
    spent, whole = (now - datetime.fromisoformat(said[name]) for name in ("since", "begun"))
    done = sum(shares[name] for name in names[:place]) + shares[said["step"]] * run.progress / max(run.rows, 1)
    rate = run.progress * 60 / spent.total_seconds() if run.progress and spent.total_seconds() >= 1 else None
    left = round(whole.total_seconds() * (1 - done) / done) if done > 0.05 and whole.total_seconds() >= 1 else None
    return Standing(said["step"], place + 1, len(names), rate, left)
