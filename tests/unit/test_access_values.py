"""What the rule hands on, value by value: index terms, the widest view, narrowed and delegated authority."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oms.domain.access import (
    EMERGENCY_LEVEL,
    NOTHING,
    RECORD_ACTIONS,
    STATE_BARS,
    Action,
    Principal,
    Role,
    Secrecy,
    Target,
    Visibility,
    decide,
    delegated,
    may_read_field,
    narrowed,
    permits,
    visibility,
    widest,
)

WHO = Principal(
    "a1",
    "nguoi.thu",
    "Người thử",
    Role.RECORDS_OFFICER,
    5,
    "1/2/5",
    ("1/2", "1/3"),
    Secrecy.TOI_MAT,
    frozenset({"bvctnb", "kiem_tra"}),
    session_ref="s1",
    address="10.0.0.5",
    sensitive=frozenset({"health", "religion"}),
    withheld=frozenset({"h1"}),
    consulted=frozenset({"d1"}),
    emergency=frozenset({"h2"}),
    stepped_up=True,
    request="r1",
)


def test_levels_are_the_four_of_the_law_in_their_order() -> None:
    assert [(level.name, int(level)) for level in Secrecy] == [
        ("NONE", 0), ("MAT", 1), ("TOI_MAT", 2), ("TUYET_MAT", 3),
    ]  # fmt: skip
    assert EMERGENCY_LEVEL is Secrecy.TOI_MAT


def test_index_terms_say_units_level_areas_and_what_is_withheld_and_without_units_nothing_at_all() -> None:
    view = visibility(WHO, Action.SEARCH)
    terms = {"units": ["1/2", "1/3"], "secrecy": 2, "compartments": ["bvctnb", "kiem_tra"]}
    assert replace(view, withheld=frozenset()).as_index() == terms
    assert view.as_index() == terms | {"without": ["h1"]}
    assert view.as_index(["z9", "d3"]) == terms | {"without": ["d3", "h1", "z9"]}
    assert replace(view, units=("1/2", "")).as_index()["units"] == ["1/2"]  # "" would be the root
    for nothing in (NOTHING, replace(view, units=()), replace(view, units=("",))):
        assert nothing.as_index(["d3"]) == {}


def test_each_action_sees_by_its_own_clauses() -> None:
    plain = Visibility(("1/2", "1/3"), 2, WHO.compartments, withheld=WHO.withheld)
    for action in sorted(RECORD_ACTIONS):
        expected = replace(plain, barred=STATE_BARS.get(action, frozenset()))
        if action is Action.CONSULT_READ:
            expected = replace(expected, units=(), documents=WHO.consulted)
        if action is Action.DOSSIER_READ:
            expected = replace(expected, emergency=WHO.emergency)
        assert visibility(WHO, action) == (expected if permits(WHO, action) else NOTHING), action


def test_what_has_no_id_is_not_lent_and_no_emergency() -> None:
    """A thing without an id is not the thing with the empty id, should such a one ever be in a list."""
    view = Visibility(("1",), 3, frozenset(), documents=frozenset({""}), emergency=frozenset({""}))
    assert view.failed_clause(Target("2")) == "scope"
    assert view.admits(Target("1/2"))


@pytest.mark.parametrize("role", [Role.SCANNING_CLERK, Role.RECORDS_OFFICER, Role.LEADER])
def test_the_widest_view_is_all_that_any_action_shows_and_no_more(role: Role) -> None:
    who = replace(WHO, role=role)
    urgent = WHO.emergency if permits(who, Action.DOSSIER_READ) else frozenset()
    expected = Visibility(
        ("1/2", "1/3"), 2, WHO.compartments, withheld=WHO.withheld, documents=WHO.consulted, emergency=urgent
    )
    assert widest(who) == expected


@pytest.mark.parametrize("role", [Role.SECURITY_REVIEWER, Role.SECURITY_OFFICER, Role.ADMINISTRATOR])
def test_who_guards_and_who_administers_have_no_widest_view(role: Role) -> None:
    assert widest(replace(WHO, role=role)) == NOTHING


def test_a_view_narrowed_to_units_is_what_both_cover() -> None:
    view = visibility(WHO, Action.DOSSIER_READ)
    some = replace(view, documents=frozenset({"d1"}))
    assert narrowed(some, ["1/2/5", "1/4", "1"]) == replace(
        view, units=("1/2/5", "1/2", "1/3"), documents=frozenset(), emergency=frozenset()
    )
    assert narrowed(view, ["1/2"]).units == ("1/2",)  # named once, though each covers the other
    assert narrowed(view, []).units == ()
    assert narrowed(view, ["1/22"]).units == ()


def test_a_deputy_holds_the_givers_duty_and_of_everything_else_the_less() -> None:
    giver = replace(
        WHO,
        account_id="a9",
        display_name="Người giao",
        role=Role.LEADER,
        scopes=("1",),
        clearance=Secrecy.MAT,
        compartments=frozenset({"bvctnb", "khac"}),
        sensitive=frozenset({"health"}),
        withheld=frozenset({"h7"}),
    )
    assert delegated(WHO, giver, ["1/2"]) == replace(
        WHO,
        role=Role.LEADER,
        scopes=("1/2",),
        clearance=Secrecy.MAT,
        compartments=frozenset({"bvctnb"}),
        sensitive=frozenset({"health"}),
        withheld=frozenset({"h1", "h7"}),
        consulted=frozenset(),
        emergency=frozenset(),
        behalf_of="a9",
        behalf_name="Người giao",
    )
    low = replace(WHO, clearance=Secrecy.NONE)
    assert delegated(low, giver, ["1/2"]).clearance is Secrecy.NONE
    assert delegated(WHO, replace(giver, behalf_of="a0"), ["1/2"]) == WHO


def test_a_private_field_is_read_by_whom_its_group_was_granted() -> None:
    assert may_read_field(WHO, "health")
    assert not may_read_field(WHO, "party_discipline")
    assert may_read_field(WHO, "") and may_read_field(replace(WHO, sensitive=frozenset()), "")


def test_the_reason_says_which_part_of_the_rule_spoke() -> None:
    assert decide(WHO, Action.JOURNAL_READ).reason == "role records_officer lacks journal:read"
    assert decide(WHO, Action.DOSSIER_READ).reason == "dossier:read needs a target"
    assert decide(WHO, Action.HOME).reason == "role records_officer"
    told = decide(WHO, Action.DOSSIER_READ, Target("1/2"))
    assert told.reason == "role records_officer within scope, secrecy and compartment"
