"""What is usual: past days of persons and roles, units read before, who came to a dossier, who is kin or namesake."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from oms.domain.footing import Footing, Seen
from oms.domain.journal import Outcome, Verb
from oms.domain.records import HANOI
from oms.domain.sightings import ROUNDS
from oms.domain.unusual import Habit, in_days_before
from oms.store.access_tables import AccountKin
from oms.store.people import withheld_from
from oms.store.review_reads import AT_ONCE
from oms.store.review_tables import ReviewAccess, ReviewDay, ReviewItem, ReviewWatch, ReviewWeight
from oms.store.tables import Account, AccountScope, Cadre, Dossier, JournalEntry, Unit
from vietnamese.names import fold_name
from vietnamese.text import fold

HABIT_DAYS, REPEATED_DAYS, SEEKING_DAYS = 90, 30, 7


def _before(day: str, days: int) -> str:
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()


class Past:
    """The ninety days before a day, of everybody; loaded once for a day, asked person by person."""

    def __init__(self, session: Session, day: str) -> None:
        self.day = day
        statement = select(
            ReviewDay.account_id, ReviewDay.role, ReviewDay.day, ReviewDay.dossiers, ReviewDay.peak,
            ReviewDay.odd,
        ).where(ReviewDay.day >= _before(day, HABIT_DAYS), ReviewDay.day < day)  # fmt: skip
        self._days = in_days_before(session.execute(statement), _before(day, REPEATED_DAYS))
        self.seen = seen(session, day)
        self._footing = Footing(self.seen)

    def habits(self, session: Session, accounts: Sequence[str]) -> dict[str, Habit]:
        """What is usual for some persons before the day."""
        scopes, units = _scopes(session, accounts), _units_read(session, accounts, self.day)
        left = units_left(session, accounts)
        last: dict[str, str] = {}
        for ids in _portions(accounts):
            newest = select(ReviewDay.account_id, func.max(ReviewDay.day)).where(
                ReviewDay.account_id.in_(ids), ReviewDay.day < self.day
            )
            last |= dict(session.execute(newest.group_by(ReviewDay.account_id)).all())
        found = {}
        for account, path in _accounts(session, accounts):
            found[account.id] = self._days.habit(
                account.id, account.role, last_active=last.get(account.id, ""),
                joined=account.created_at.date().isoformat(), units=frozenset(units.get(account.id, ())),
                scopes=tuple(scopes.get(account.id, ())), unit=path,
                left=left.get(account.id, {}), standing=self._footing.of(account.id),
            )  # fmt: skip
        return found


def _portions(ids: Sequence[str]) -> list[list[str]]:
    return [list(ids[start : start + AT_ONCE]) for start in range(0, len(ids), AT_ONCE)]


def _accounts(session: Session, ids: Sequence[str]) -> list[tuple[Account, str]]:
    found: list[tuple[Account, str]] = []
    for some in _portions(ids):
        statement = select(Account, Unit.path).join(Unit, Unit.id == Account.unit_id).where(Account.id.in_(some))
        found += session.execute(statement)
    return found


def _scopes(session: Session, ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for some in _portions(ids):
        statement = select(AccountScope.account_id, Unit.path).join(Unit, Unit.id == AccountScope.unit_id)
        for account, path in session.execute(statement.where(AccountScope.account_id.in_(some))):
            found[account].append(path)
    return found


def _units_read(session: Session, ids: Sequence[str], day: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for some in _portions(ids):
        statement = (
            select(ReviewAccess.account_id, ReviewAccess.unit_path)
            .where(ReviewAccess.account_id.in_(some), ReviewAccess.day < day)
            .distinct()
        )
        for account, path in session.execute(statement):
            found[account].add(path)
    return found


def seen(session: Session, day: str) -> list[Seen]:
    """Everybody's days with each dossier in the ninety days before, and how many of them were answered by name."""
    answered = ReviewAccess.named > 0
    in_round = or_(*(ReviewAccess.grounds.contains(f'"{rule}"') for rule in sorted(ROUNDS)))
    statement = (
        select(
            ReviewAccess.account_id, Account.role, ReviewAccess.dossier_id, ReviewAccess.unit_path, func.count(),
            func.sum(case((answered, 1), else_=0)), func.sum(case((and_(~answered, in_round), 1), else_=0)),
        )
        .join(Account, Account.id == ReviewAccess.account_id)
        .where(ReviewAccess.day >= _before(day, HABIT_DAYS), ReviewAccess.day < day)
        .group_by(ReviewAccess.account_id, Account.role, ReviewAccess.dossier_id, ReviewAccess.unit_path)
    )  # fmt: skip
    return [Seen(*row) for row in session.execute(statement)]


def units_left(session: Session, accounts: Sequence[str]) -> dict[str, dict[str, str]]:
    """Of each account, the units it worked in before with the day it left them, as the journal has its changes."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    paths = dict(session.execute(select(Unit.id, Unit.path)).all())
    for ids in _portions(accounts):
        statement = select(JournalEntry.object_id, JournalEntry.at, JournalEntry.detail).where(
            JournalEntry.object_id.in_(ids), JournalEntry.verb == str(Verb.ACCOUNT_CHANGE),
            JournalEntry.outcome == str(Outcome.DONE),
        )  # fmt: skip
        for account, at, detail in session.execute(statement.order_by(JournalEntry.seq)):
            change = json.loads(detail).get("unit")
            if isinstance(change, list) and change[0] != change[1] and change[0] in paths:
                moved_at = datetime.fromisoformat(at).astimezone(HANOI)
                found[account][paths[change[0]]] = moved_at.date().isoformat()
    return found


def seekers(session: Session, dossiers: Sequence[str], day: str) -> dict[str, int]:
    """How many persons came to each dossier within seven days with nothing to explain them."""
    found: dict[str, int] = {}
    for ids in _portions(dossiers):
        unexplained = ReviewAccess.reads - ReviewAccess.named - ReviewAccess.broad > 0
        statement = (
            select(ReviewAccess.dossier_id, func.count(ReviewAccess.account_id.distinct()))
            .where(
                ReviewAccess.dossier_id.in_(ids),
                ReviewAccess.day >= _before(day, SEEKING_DAYS - 1),
                ReviewAccess.day <= day,
                unexplained,
            )
            .group_by(ReviewAccess.dossier_id)
        )
        found |= dict(session.execute(statement).all())
    return found


def sought(session: Session, since: str, until: str) -> dict[str, int]:
    """Words searched for between two times of the journal, folded → how many persons asked for them."""
    who: dict[str, set[str]] = defaultdict(set)
    statement = select(JournalEntry.actor_id, JournalEntry.detail).where(
        JournalEntry.at >= since, JournalEntry.at < until, JournalEntry.verb == str(Verb.SEARCH_RUN)
    )
    for actor, detail in session.execute(statement):
        words = fold(str(json.loads(detail).get("query", "")))[:100]
        if words:
            who[words].add(actor)
    return {words: len(people) for words, people in who.items() if len(people) > 1}


def watched(session: Session) -> frozenset[str]:
    """Dossiers on the watch list now: a list kept for reviewing looks back as well as forward."""
    return frozenset(session.scalars(select(ReviewWatch.dossier_id).where(ReviewWatch.removed_at.is_(None))))


def under_review(session: Session, dossiers: Sequence[str]) -> frozenset[str]:
    """Dossiers of which a case is being worked on or was found a breach."""
    found: set[str] = set()
    for ids in _portions(dossiers):
        statement = select(ReviewItem.dossier_id).where(
            ReviewItem.dossier_id.in_(ids),
            ReviewItem.state.in_(["decided", "signed"]),
            ReviewItem.outcome != "explained",
        )
        found |= set(session.scalars(statement))
    return frozenset(found)


def _village(place: str) -> str:
    """The first two parts of a place, folded: commune and district, or commune and province."""
    return ",".join(part.strip() for part in fold(place).split(",")[:2])


def namesakes(session: Session, accounts: Sequence[str], dossiers: Sequence[str]) -> frozenset[tuple[str, str]]:
    """Pairs of a reader and a dossier of the same surname and home village, where the reader's own record is known.

    The reader's record is the one cadre of exactly their name; of two namesakes nobody knows which.
    """
    people = {account.id: fold_name(account.display_name) for account, _path in _accounts(session, accounts)}
    homes: dict[str, set[str]] = defaultdict(set)
    for names in _portions(sorted(set(people.values()))):
        for name, place in session.execute(
            select(Cadre.folded_name, Cadre.home_place).where(Cadre.folded_name.in_(names), Cadre.home_place != "")
        ):
            homes[name].add(_village(place))
    known = {
        account: (name.partition(" ")[0], next(iter(homes[name])))
        for account, name in people.items()
        if len(homes.get(name, ())) == 1
    }
    return _same_home(known, _families(session, dossiers)) if known else frozenset()


def _families(session: Session, dossiers: Sequence[str]) -> list[tuple[str, str, str]]:
    found = []
    for ids in _portions(dossiers):
        statement = (
            select(Dossier.id, Cadre.folded_name, Cadre.home_place)
            .join(Cadre, Cadre.id == Dossier.cadre_id)
            .where(Dossier.id.in_(ids), Cadre.home_place != "")
        )
        for dossier, name, place in session.execute(statement):
            found.append((dossier, name.partition(" ")[0], _village(place)))
    return found


def _same_home(
    known: Mapping[str, tuple[str, str]], families: Sequence[tuple[str, str, str]]
) -> frozenset[tuple[str, str]]:
    by_home: dict[tuple[str, str], list[str]] = defaultdict(list)
    for dossier, surname, village in families:
        by_home[surname, village].append(dossier)
    return frozenset((account, dossier) for account, home in known.items() for dossier in by_home.get(home, ()))


def kin(session: Session, accounts: Sequence[str]) -> frozenset[tuple[str, str]]:
    """Pairs of a reader and a dossier of theirs or of declared kin, as the register stands now."""
    declared: set[str] = set()
    for ids in _portions(accounts):
        declared |= set(session.scalars(select(AccountKin.account_id).where(AccountKin.account_id.in_(ids))))
    return frozenset((account, dossier) for account in declared for dossier in withheld_from(session, account))


def weights(session: Session) -> dict[str, float]:
    """Weights that reviewers set, the newest of each rule."""
    statement = select(ReviewWeight.rule, ReviewWeight.weight).order_by(ReviewWeight.id)
    return dict(session.execute(statement).all())
