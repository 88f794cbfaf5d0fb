"""The journal taken in, portion by portion, into days, accesses and cases of the reviewer's desk.

Everything is read in a snapshot and written in a short transaction, so that nobody who reads records waits. A person's
day is always judged whole and put in the place of what was there: a portion may be taken in twice, and the tables may
be emptied and made anew, with the same result. Cases somebody worked on keep their state.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from oms.domain.day_review import PersonDay, judge
from oms.domain.records import HANOI, day_in_hanoi
from oms.domain.sightings import Grounds
from oms.domain.unusual import Facts, Habit, local
from oms.services import catalogues, days_off, policy
from oms.services.house import House, UnitOfWork
from oms.services.review_peers import Peers
from oms.store import journal, review, review_grounds, review_history, review_reads
from oms.store.review_reads import Work

PORTION = 5000
"""Journal rows taken in at a time: under a second."""
PEOPLE = 100
"""Persons of one day judged at a time."""
AGAIN_DAYS = 30
"""So long a case nobody has worked on may still be explained by a later row."""
SETTLED_AFTER = 14
"""After so many days work would have left its mark."""


@dataclass(frozen=True)
class Step:
    """What one step did; ``left`` journal rows are still to be taken in."""

    rows: int
    days: int
    left: int


@dataclass
class _Around:
    """What is the same for every person of a day, loaded once for it."""

    past: review_history.Past
    peers: Peers
    sought: Mapping[str, int]


class Engine:
    """Takes the journal in. One instance keeps what it loaded of a day for the next portion of that day."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._around: dict[str, _Around] = {}

    def step(self, now: datetime, portion: int = PORTION) -> Step:
        """The next portion of the journal; when there is none, once a day a day that later rows may explain."""
        with self._house.look() as uow:
            at = review.progress(uow.session)
            after, again = (at.seq, at.again_day) if at else (0, "")
            upto, touched = review_reads.touched(uow.session, after, portion)
            works = review_reads.works_of(uow.session, after, upto)
            people = {(account, local(at_).date().isoformat()) for account, at_ in touched}
            people |= review.explained_by(uow.session, works)
            left = review_reads.last_seq(uow.session) - upto
        if upto == after:
            return self._again(again, now)
        self._keep_works(works, now)
        days = self._judge_all(people, now)
        with self._house.work(None, now) as uow:
            review.keep_progress(uow.session, upto, again, now)
        return Step(upto - after, days, left)

    def catch_up(self, now: datetime, most: int = 50) -> Step:
        """Steps until the journal is taken in, at most ``most`` portions."""
        rows = days = left = 0
        for _each in range(most):
            step = self.step(now)
            rows, days, left = rows + step.rows, days + step.days, step.left
            if not step.rows:
                break
        return Step(rows, days, left)

    def _again(self, again: str, now: datetime) -> Step:
        """Looks once more at one past day with open cases; after the newest of them not before tomorrow."""
        today = day_in_hanoi(now)
        first = (today - timedelta(days=AGAIN_DAYS)).isoformat()
        if again >= today.isoformat():
            return Step(0, 0, 0)
        with self._house.look() as uow:
            days = review.again_days(uow.session, max(first, _after(again)), _after(today.isoformat(), -1))
            people = {(account, day) for day in days[:1] for account in review.people_with_cases(uow.session, day)}
        number = self._judge_all(people, now)
        with self._house.work(None, now) as uow:
            at = review.progress(uow.session)
            review.keep_progress(uow.session, at.seq if at else 0, days[0] if days else today.isoformat(), now)
        return Step(0, number, 0)

    def _keep_works(self, works: list[Work], now: datetime) -> None:
        if works:
            with self._house.work(None, now) as uow:
                review.keep_works(uow.session, works)

    def _judge_all(self, people: Collection[tuple[str, str]], now: datetime) -> int:
        by_day: dict[str, list[str]] = defaultdict(list)
        for account, day in sorted(people):
            by_day[day].append(account)
        for day, accounts in sorted(by_day.items()):
            for start in range(0, len(accounts), PEOPLE):
                self._judge(day, accounts[start : start + PEOPLE], now)
        return len(by_day)

    def _judge(self, day: str, accounts: list[str], now: datetime) -> None:
        with self._house.look() as uow:
            judged = self._judged(uow, day, accounts, now)
        with self._house.work(None, now) as uow:
            review.keep_days(uow.session, day, judged, now)

    def _judged(self, uow: UnitOfWork, day: str, accounts: list[str], now: datetime) -> list[PersonDay]:
        session = uow.session
        reads = review_reads.reads_of(session, accounts, *bounds(day))
        dossiers = tuple(sorted({read.dossier for read in reads if read.dossier}))
        if not reads:
            return []
        around = self._around_of(uow, day)
        wanted = review_grounds.Wanted(tuple(accounts), dossiers, reads[0].at, reads[-1].at)
        grounds = Grounds(review_grounds.grounds(session, wanted))
        habits: Mapping[str, Habit] = around.past.habits(session, accounts)
        facts = _facts(uow, day, accounts, dossiers, around, now)
        weights = review_history.weights(session)
        return judge(day, reads, grounds, habits, facts, weights, around.peers.unlike)

    def _around_of(self, uow: UnitOfWork, day: str) -> _Around:
        known = self._around.get(day)
        if known is None:
            since = bounds(_after(day, 1 - review_history.SEEKING_DAYS))[0]
            past = review_history.Past(uow.session, day)
            known = _Around(
                past,
                Peers(past.seen),
                review_history.sought(uow.session, since, bounds(day)[1]),
            )
            self._around = {day: known}  # days come in order: the day before is not asked for again soon
        return known


def _facts(
    uow: UnitOfWork, day: str, accounts: list[str], dossiers: tuple[str, ...], around: _Around, now: datetime
) -> Facts:
    session, when = uow.session, date.fromisoformat(day)
    return Facts(
        calendar=days_off.calendar(catalogues.load(uow), when),
        work_from=policy.value(uow, "work_from", datetime.combine(when, time(), HANOI)),
        work_until=policy.value(uow, "work_until", datetime.combine(when, time(), HANOI)),
        watched=review_history.watched(session),
        kin=review_history.kin(session, accounts),
        namesakes=review_history.namesakes(session, accounts, dossiers),
        moved=review_grounds.moved(session, dossiers),
        seekers=review_history.seekers(session, dossiers, day),
        sought=around.sought,
        under_review=review_history.under_review(session, dossiers),
        settled=(day_in_hanoi(now) - when).days >= SETTLED_AFTER,
    )


def _after(day: str, days: int = 1) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat() if day else ""


def bounds(day: str) -> tuple[str, str]:
    """The two times of the journal between which a local day lies."""
    first = datetime.combine(date.fromisoformat(day), time(), HANOI)
    return journal.utc_text(first.astimezone(UTC)), journal.utc_text((first + timedelta(days=1)).astimezone(UTC))


def restart(house: House, now: datetime) -> None:
    """Empties what can be made anew: the next steps take the whole journal in again."""
    with house.work(None, now) as uow:
        review.forget_all(uow.session)
