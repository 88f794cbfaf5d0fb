"""Every cell of the matrix: the rule says what the table written apart from it says, and says it of nothing else."""

from __future__ import annotations

from itertools import product

import pytest
from access_matrix import MATRIX, ROLES, Person, Thing, may

from oms.domain.access import RECORD_ACTIONS, ROLE_ACTIONS, Action, Principal, Role, Secrecy, Target, decide, permits

LEVELS = (0, 1, 2, 3)
AREAS = ("", "bvctnb", "kiem_tra")
"""None, one the person enters, one they do not."""
UNITS = ("1/2/5", "1/22")
"""One the person's scope 1/2 covers, one it does not though the text begins alike."""
STATES = ("held", "closed", "disposed")
LENT = {
    "none": (frozenset(), frozenset()),
    "this paper in consultation": (frozenset({"p1"}), frozenset()),
    "another paper in consultation": (frozenset({"p2"}), frozenset()),
    "this dossier in emergency": (frozenset(), frozenset({"h1"})),
    "another dossier in emergency": (frozenset(), frozenset({"h2"})),
}
CONFLICTS = {
    "nobody's": (frozenset({"h9"}), frozenset()),
    "a relative's": (frozenset({"h1", "h9"}), frozenset()),
    "perhaps a relative's": (frozenset({"h3"}), frozenset({"h3", "h4"})),
}


def test_the_table_and_the_code_know_the_same_roles_and_actions() -> None:
    assert set(ROLES) == {role.value for role in Role}
    assert set(MATRIX) == {action.value for action in Action}
    assert {name for name, row in MATRIX.items() if row.on_records} == {action.value for action in RECORD_ACTIONS}
    for role in Role:
        mine = {name for name, row in MATRIX.items() if role.value in row.roles}
        assert {action.value for action in ROLE_ACTIONS[role]} == mine, role


def test_duties_stay_apart() -> None:
    """Said in other words: who administers, guards or reviews touches no record; one alone grants levels."""
    for name, row in MATRIX.items():
        if row.on_records:
            assert not row.roles & {"security_reviewer", "security_officer", "administrator"}, name
    assert MATRIX["grant:level"].roles == {"security_officer"}
    assert MATRIX["account:manage"].roles == {"administrator"}
    assert MATRIX["journal:read"].roles == {"security_reviewer"}


def _person(role: str, clearance: int, lent: str, conflict: str) -> tuple[Principal, Person]:
    papers, urgent = LENT[lent]
    family = CONFLICTS[conflict][0]
    made = Principal(
        "a1",
        "nguoi.thu",
        "Người thử",
        Role(role),
        1,
        "1/2",
        ("1/2",),
        Secrecy(clearance),
        frozenset({"bvctnb"}),
        withheld=family,
        consulted=papers,
        emergency=urgent,
    )
    return made, Person(role, ("1/2",), clearance, ("bvctnb",), family, papers, urgent)


def _things(conflict: str) -> list[tuple[Target, Thing]]:
    perhaps = CONFLICTS[conflict][1]
    return [
        (
            Target(unit, level, area, "h1", "p1", state, perhaps),
            Thing(unit, level, area, "h1", "p1", state, perhaps),
        )
        for unit, level, area, state in product(UNITS, LEVELS, AREAS, STATES)
    ]


@pytest.mark.parametrize("role", ROLES)
def test_every_cell(role: str) -> None:
    """Role x action x level x clearance x compartment x scope x what was lent x state x conflict."""
    cells, yes = 0, 0
    for conflict, lent, clearance in product(CONFLICTS, LENT, LEVELS):
        principal, person = _person(role, clearance, lent, conflict)
        things = _things(conflict)
        for action in Action:
            if not permits(principal, action):
                assert role not in MATRIX[action.value].roles
                assert not decide(principal, action).allowed
            for target, thing in things:
                expected = may(person, action.value, thing)
                got = decide(principal, action, target)
                assert got.allowed is expected, (role, action, lent, conflict, clearance, thing, got.reason)
                assert got.reason
                cells += 1
                yes += expected
    assert cells == len(CONFLICTS) * len(LENT) * len(LEVELS) * len(Action) * len(UNITS) * 4 * len(AREAS) * len(STATES)
    assert 0 < yes < cells


@pytest.mark.parametrize("role", ROLES)
def test_without_a_target_only_what_touches_no_record_is_allowed(role: str) -> None:
    principal, _plain = _person(role, 3, "none", "nobody's")
    for name, row in MATRIX.items():
        assert decide(principal, Action(name)).allowed is (role in row.roles and not row.on_records), name
