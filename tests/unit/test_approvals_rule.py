"""Who may be the second of two persons: the table written out by hand, and the person behind each name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from factories import START

from oms.domain.access import Principal, Role, Secrecy
from oms.domain.approvals import DUTIES, Favour, Kind, Request, State, is_mutual, state_at, why_not_second

OFFICER, LEADER, CLERK = Role.RECORDS_OFFICER, Role.LEADER, Role.SCANNING_CLERK
SECURITY, REVIEWER, ADMIN = Role.SECURITY_OFFICER, Role.SECURITY_REVIEWER, Role.ADMINISTRATOR

WHO_ASKS = {
    "declassify": {OFFICER, LEADER},
    "dispose": {OFFICER},
    "export": {OFFICER},
    "grant": {SECURITY},
    "policy": {SECURITY},
    "restore": {ADMIN},
    "prune": {REVIEWER, SECURITY},
    "partner": {ADMIN},
}
WHO_DECIDES = {
    "declassify": {LEADER},
    "dispose": {LEADER},
    "export": {LEADER},
    "grant": {SECURITY, LEADER},
    "policy": {SECURITY, LEADER},
    "restore": {SECURITY},
    "prune": {REVIEWER, SECURITY},
    "partner": {SECURITY, LEADER},
}
"""As the regulation asks for it: written down here, not read from the code."""


def person(account: str, role: Role = LEADER, behalf_of: str = "") -> Principal:
    made = Principal(account, account, account, role, 2, "1/2", ("1",), Secrecy.NONE, frozenset())
    return replace(made, behalf_of=behalf_of)


def request(kind: Kind = Kind.EXPORT, askers: frozenset[str] = frozenset({"a"}), for_account: str = "") -> Request:
    return Request(kind, askers, frozenset({1}), for_account)


@pytest.mark.parametrize(("kind", "role"), list(product(Kind, Role)))
def test_every_cell_of_who_asks_and_who_decides(kind: Kind, role: Role) -> None:
    assert (role in DUTIES[kind].ask) is (role in WHO_ASKS[kind])
    assert (why_not_second(request(kind), person("b", role), frozenset({2})) is None) is (role in WHO_DECIDES[kind])


def test_neither_the_asker_nor_the_subject_nor_one_acting_for_either_is_the_second() -> None:
    elsewhere = frozenset({2})
    asked = request(Kind.GRANT, frozenset({"a", "giver"}), for_account="s")
    assert why_not_second(asked, person("b"), elsewhere) is None
    assert why_not_second(asked, person("a"), elsewhere) == "same person"
    assert why_not_second(asked, person("giver"), elsewhere) == "same person"  # the one whose authority asked
    assert why_not_second(asked, person("b", behalf_of="a"), elsewhere) == "same person"
    assert why_not_second(asked, person("a", behalf_of="b"), elsewhere) == "same person"
    assert why_not_second(asked, person("s"), elsewhere) == "subject"
    assert why_not_second(asked, person("b", behalf_of="s"), elsewhere) == "subject"
    assert why_not_second(asked, person("s", behalf_of="b"), elsewhere) == "subject"


def test_the_second_is_of_another_unit_than_any_person_behind_the_request() -> None:
    asked = Request(Kind.EXPORT, frozenset({"a", "g"}), frozenset({1, 5}))
    assert why_not_second(asked, person("b"), frozenset({2})) is None
    assert why_not_second(asked, person("b"), frozenset({1})) == "same unit"
    assert why_not_second(asked, person("b", behalf_of="h"), frozenset({2, 5})) == "same unit"


def test_nobody_returns_a_favour_in_a_ring() -> None:
    """s decided a grant for b; b now helps s to one. A third who was helped by neither may."""
    asked = request(Kind.GRANT, frozenset({"a"}), for_account="s")
    given = [Favour("b", frozenset({"x", "s"}))]
    assert why_not_second(asked, person("b"), frozenset({2}), given) == "mutual"
    assert why_not_second(asked, person("c"), frozenset({2}), given) is None
    assert is_mutual("s", frozenset({"b"}), given)
    assert not is_mutual("b", frozenset({"s"}), given)  # to help the same one twice is no ring


@pytest.mark.parametrize("state", list(State))
def test_what_is_open_past_its_last_moment_is_expired(state: State) -> None:
    before, after = START - timedelta(seconds=1), START
    assert state_at(state, START, before) is state
    expected = State.EXPIRED if state in (State.WAITING, State.APPROVED) else state
    assert state_at(state, START, after) is expected
