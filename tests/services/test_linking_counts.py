"""Criteria and reports count a person once whose records are linked, among what the asker may see."""

from __future__ import annotations

from factories import World
from linking_worlds import join, link, two_records

from oms.domain.criteria import Condition, Criteria, Group
from oms.services import criteria, reports
from oms.services.criteria import Part
from oms.store.reports import Scope


def test_linked_records_are_one_person_for_who_sees_both(world: World) -> None:
    made, _both = two_records(world), join(world)
    world.dossier("Lý Văn Khác", "D-BTC", "officer", sex="Nam", birth_date="01/02/1970")  # meets nothing: not counted
    women = Criteria(Group("all", (Condition("sex", "in", {"codes": "nu"}),)))

    def told(username: str) -> tuple[int, int | None]:
        who = world.who(username)
        with world.work(who) as uow:
            found = criteria.run(uow, who, women, Part(10), world.clock(), True)
            return found.counted.sure, found.persons

    assert told("officer.both") == (2, 2)
    link(world, made.party, made.state)
    assert told("officer.both") == (2, 1)
    assert told("officer") == (1, 1) and told("officer.gov") == (1, 1)


def test_a_report_counts_the_oldest_of_linked_records_alone(world: World) -> None:
    made, both = two_records(world, citizen_id=""), join(world)

    def people(**scope: str) -> int:
        with world.work(both) as uow:
            day = world.clock().date()
            return reports.view(uow, both, "structure", Scope(day, **scope), world.clock()).people

    assert people() == 2
    link(world, made.party, made.state)
    assert (people(), people(block="party"), people(block="government")) == (1, 1, 1)
