"""Days of consultations and the bar to the next emergency, as rules on their own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from oms.domain.consultations import Phase, State, days_problem, longest, phase
from oms.domain.emergencies import Past, Review, bar
from oms.domain.working_days import Calendar

MONDAY = date(2026, 11, 2)
WAITING = {Phase.ASKED, Phase.PREPARED, Phase.COMING, Phase.RUNNING}


@pytest.mark.parametrize(("state", "given"), list(product(State, ((None, None), (MONDAY, MONDAY + timedelta(days=2))))))
def test_after_its_last_day_nothing_waits_or_runs(state: State, given: tuple[date | None, date | None]) -> None:
    """Whatever was done or left undone, the days alone bring every consultation to an end."""
    after = MONDAY + timedelta(days=3)
    assert phase(state, MONDAY + timedelta(days=2), given, after) not in WAITING


def test_it_runs_on_its_days_and_on_no_other() -> None:
    given = (MONDAY + timedelta(days=1), MONDAY + timedelta(days=2))
    stands = [phase(State.APPROVED, given[1], given, MONDAY + timedelta(days=n)) for n in range(4)]
    assert stands == [Phase.COMING, Phase.RUNNING, Phase.RUNNING, Phase.ENDED]


def test_days_off_do_not_count_against_the_longest_time() -> None:
    holiday = Calendar(off=frozenset({MONDAY + timedelta(days=1)}))
    assert longest(MONDAY, 5, Calendar()) == date(2026, 11, 6)
    assert longest(MONDAY, 5, holiday) == date(2026, 11, 9)
    assert longest(MONDAY, 1, Calendar()) == MONDAY
    assert days_problem(MONDAY, date(2026, 11, 9), MONDAY, 5, holiday) is None
    wrong = days_problem(MONDAY, date(2026, 11, 9), MONDAY, 5, Calendar())
    assert wrong is not None and wrong[0] == "last"


def test_what_bars_the_next_emergency() -> None:
    at = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)

    def past(days: int, review: Review, due: int = 3) -> Past:
        return Past(
            at - timedelta(days=days), review, MONDAY - timedelta(days=days - due), at - timedelta(days=days - 1)
        )

    def barred(*known: Past) -> str:
        return bar(known, at, MONDAY, 3)

    assert barred() == barred(past(1, Review.WAITING)) == barred(past(3, Review.WAITING)) == ""
    assert barred(past(4, Review.WAITING)) == barred(past(4, Review.ESCALATED)) == "overdue"
    assert barred(past(4, Review.JUSTIFIED)) == barred(past(400, Review.UNJUSTIFIED)) == ""
    assert barred(past(300, Review.UNJUSTIFIED)) == "unjustified"
    assert barred(*[past(n, Review.JUSTIFIED) for n in (1, 2, 29)]) == "limit"
    assert barred(*[past(n, Review.JUSTIFIED) for n in (1, 2, 30)]) == ""
