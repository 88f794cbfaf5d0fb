"""The demonstration's cases: planned in working hours, in an order, and only what the shipped procedures know."""

from __future__ import annotations

import json
from datetime import date
from itertools import pairwise

from oms.demonstration.office_cases import DESKS, SLOTS, WORKS, _title, _when
from oms.demonstration.province import ACCOUNTS, unit
from oms.services.procedures import DEFAULTS

TODAY = date(2026, 11, 30)


def test_every_case_runs_under_a_shipped_procedure_that_has_the_stage_at_which_it_stays() -> None:
    stages = {row["code"]: {step["stage"] for step in row["steps"]} for row in json.loads(DEFAULTS.read_text())}
    assert {work.code for work in WORKS} <= set(stages)
    assert all(work.stop is None or work.stop in stages[work.code] for work in WORKS)


def test_acts_fall_on_weekdays_in_working_hours_each_case_in_its_order_and_no_two_at_once() -> None:
    plan = [[_when(work, place, slot, TODAY) for slot in range(SLOTS)] for place, work in enumerate(WORKS)]
    every = [at for acts in plan for at in acts]
    assert all(at.weekday() < 5 and 8 <= at.hour < 11 for at in every)
    assert all(before < after for acts in plan for before, after in pairwise(acts))
    assert len(set(every)) == len(every)
    assert all(acts[0].date() <= TODAY for acts in plan)


def test_some_dozens_of_three_blocks_with_one_title_each_worked_on_by_accounts_that_are_there() -> None:
    assert 30 <= len(WORKS) <= 60
    assert {work.block for work in WORKS} == set(DESKS)
    assert len({_title(place, work) for place, work in enumerate(WORKS)}) == len(WORKS)
    names = {account.username for account in ACCOUNTS}
    assert all(unit(code).code == code and {door, officer} <= names for code, door, officer in DESKS.values())
    assert sum(work.secrecy > 0 for work in WORKS) == 1
