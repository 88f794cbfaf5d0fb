"""Whole blocks compared by the operator's command: the same pairs as those found live, killed and gone on with."""

from __future__ import annotations

import subprocess
import sys

import pytest
from factories import World
from linking_worlds import join, pairs, take, two_records
from sqlalchemy import text

from oms.domain.links import Act
from oms.services import linking, linking_batch
from oms.store import linking as machine


def test_the_command_finds_what_is_found_live_and_leaves_decisions_alone(world: World) -> None:
    made, both = two_records(world), join(world)
    two_records(world, "Lê Văn Ân", citizen_id="086181000007", birth_date="03/02/1970", sex="Nam")
    take(world, both, made.id, Act.REJECT, "hai người khác nhau")
    before = {row.id: (row.weight, row.band, row.state, row.version) for row in pairs(world)}
    told: list[tuple[str, int, int]] = []
    for anew in (False, True):
        linking_batch.run(world.house, world.clock, lambda *each: told.append(each), anew)
        assert {row.id: (row.weight, row.band, row.state, row.version) for row in pairs(world)} == before
    assert ("government/party", 2, 2) in told


def test_a_pair_that_was_lost_is_found_again_and_half_a_run_is_no_harm(world: World) -> None:
    made = two_records(world)
    with world.work() as uow:
        uow.session.execute(text("DELETE FROM link_candidates"))

    class Killed(Exception):
        pass

    def kill(*_each: object) -> None:
        raise Killed

    with pytest.raises(Killed):
        linking_batch.run(world.house, world.clock, kill, True)
    linking_batch.run(world.house, world.clock, lambda *_each: None)
    assert [{row.left_id, row.right_id} for row in pairs(world)] == [{made.party.cadre.id, made.state.cadre.id}]
    with world.work() as uow:
        assert machine.waiting_count(uow.session) == 0


def test_portions_are_as_large_as_they_may_hold_others_up_and_rest_for_the_others_share() -> None:
    portions = linking.Portions(0.2)
    assert portions.took(portions.size, 1.0) == pytest.approx(4.0)
    assert portions.size == 1, "ten took a second: one may take a tenth of it"
    sizes = []
    for _turn in range(9):
        portions.took(portions.size, 0.001)
        sizes.append(portions.size)
    assert sizes[:3] == [2, 4, 8] and sizes[-1] == linking.PORTION
    assert portions.took(100, 0.4) == pytest.approx(1.6) and portions.size == 25
    assert linking.Portions().took(10, 5.0) == 0, "nobody else is thought of without a share"


def test_records_that_cost_much_are_compared_one_by_one_and_others_write_in_between(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _each in range(12):
        world.dossier()
    monkeypatch.setattr(linking, "HOLD", 0.0)
    told: list[tuple[int, int]] = []

    def tell(done: int, of: int) -> None:
        told.append((done, of))
        world.dossier() if len(told) == 2 else None

    assert linking.refresh(world.house, world.clock(), tell=tell, portions=linking.Portions(0.9)).compared == 13
    assert told == [(10, 12), (11, 12), (12, 13), (13, 13)]


def test_programs_that_answer_requests_never_load_what_the_job_needs() -> None:
    asked = (
        "import sys, oms.services.watch, oms.web.links, oms.web.home; print({'splink', 'duckdb'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
