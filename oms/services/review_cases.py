"""The reviewer's cases: the queue, one case followed to its acts, notes, an outcome, a second signature.

Nobody sees a case about themselves or about whose authority they use; such a case answers as a missing one does. The
outcome is signed by another person than the one who decided it. Every look and every word is a row of the journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from oms.domain.access import Action, Principal
from oms.domain.catalogue import MIN_PURPOSE_TEXT
from oms.domain.journal import Verb
from oms.domain.records import day_in_hanoi
from oms.domain.unusual import Signal
from oms.domain.unusual_rules import RULES
from oms.errors import InvalidInput, Refused
from oms.services.house import House, What, Why, note, require_role
from oms.services.review_engine import Engine, Step, bounds
from oms.store import journal, review, review_history
from oms.store.db import UnitOfWork
from oms.store.review import QueueFilter as QueueFilter
from oms.store.review_tables import ReviewAccess, ReviewItem, ReviewNote
from oms.store.tables import JournalEntry
from vietnamese.text import nfc

OUTCOMES = ("explained", "breach", "unclear")
NOTE_KINDS = ("note", "question", "answer")
COUNTED_DAYS = 30
AROUND = timedelta(hours=2)
MOST_ACTS = 400


@dataclass(frozen=True)
class Line:
    """A case in the queue with its person's name and its rules, the heaviest first."""

    item: ReviewItem
    person: str
    signals: tuple[Signal, ...]


@dataclass(frozen=True)
class Counts:
    """What was read in the last thirty days and how much of it is explained; by which rules; cases by state."""

    since: str
    until: str
    totals: dict[str, int]
    grounds: dict[str, int]
    states: dict[str, int]
    waiting: int
    """Journal rows not yet taken in."""
    at: datetime | None


@dataclass(frozen=True)
class Queue:
    """A page of the queue with what stands beside it."""

    lines: tuple[Line, ...]
    total: int
    counts: Counts
    people: tuple[tuple[str, str], ...]
    units: tuple[tuple[str, str], ...]


def _self(principal: Principal) -> frozenset[str]:
    return principal.persons


def queue(uow: UnitOfWork, principal: Principal, wanted: QueueFilter, limit: int, offset: int, now: datetime) -> Queue:
    """Cases that fit, highest score first; journalled with the filter."""
    require_role(principal, Action.REVIEW_CASE, Verb.REVIEW_LIST)
    wanted = review.not_about(wanted, _self(principal))
    asked = {name: value for name, value in asdict(wanted).items() if value and name != "not_about"}
    note(uow, principal, Verb.REVIEW_LIST, now, what=What("case"), detail=asked | {"offset": offset})
    rows, total = review.queue(uow.session, wanted, limit, offset)
    names = review.names(uow.session)
    people = tuple(sorted(((key, name) for key, name in names.items()), key=lambda each: each[1]))
    units = tuple(review.unit_names(uow.session))
    weights = review_history.weights(uow.session)
    lines = tuple(Line(row, names.get(row.account_id, ""), heaviest_first(row, weights)) for row in rows)
    return Queue(lines, total, counts(uow, principal, now), people, units)


def heaviest_first(row: ReviewItem, weights: dict[str, float]) -> tuple[Signal, ...]:
    """The rules that fired on a case, those that say most first."""

    def weight(signal: Signal) -> float:
        return -weights.get(signal.rule, RULES[signal.rule].weight) * signal.strength

    return tuple(sorted((each for each in review.signals_of(row) if each.rule in RULES), key=weight))


def counts(uow: UnitOfWork, principal: Principal, now: datetime) -> Counts:
    """Explained and unexplained of the last thirty days, for the desk and the home page."""
    today = day_in_hanoi(now)
    since, until = (today - timedelta(days=COUNTED_DAYS)).isoformat(), today.isoformat()
    return counted(uow, principal, since, until)


def counted(uow: UnitOfWork, principal: Principal, since: str, until: str) -> Counts:
    """The same for any days, both included."""
    session, at = uow.session, review.progress(uow.session)
    return Counts(
        since,
        until,
        review.totals(session, since, until),
        review.by_ground(session, since, until),
        review.states(session, _self(principal)),
        journal.newest(session)[0] - (at.seq if at else 0),
        at.at if at else None,
    )


def states(uow: UnitOfWork, principal: Principal) -> dict[str, int]:
    """Cases of the queue by state, without those about the one who asks: counts for the home page."""
    return review.states(uow.session, _self(principal))


@dataclass(frozen=True)
class Act:
    """One act of the person around the case; ``own``: it belongs to the case."""

    entry: JournalEntry
    own: bool
    behalf: str = ""
    """Whose authority was used, by name."""


@dataclass(frozen=True)
class Case:
    """A case as it is worked on."""

    line: Line
    accesses: tuple[ReviewAccess, ...]
    acts: tuple[Act, ...]
    cut: bool
    """There are more acts than are shown."""
    notes: tuple[tuple[ReviewNote, str], ...]
    others: tuple[Line, ...]
    """Other cases of the same person, newest first."""
    decided_by: str
    signed_by: str
    may_sign: bool
    next_id: str


def open_case(uow: UnitOfWork, principal: Principal, item_id: str, now: datetime) -> Case:
    """A case with the acts of its person around it: what was searched, asked at the gate, read, taken out."""
    row = _found(uow, principal, item_id, Verb.REVIEW_OPEN)
    note(uow, principal, Verb.REVIEW_OPEN, now, what=_what(row), detail=_about(row))
    session, names, weights = uow.session, review.names(uow.session), review_history.weights(uow.session)
    since, until = _span(uow, row)
    entries = review.acts_around(session, row.account_id, since, until, MOST_ACTS + 1)
    same = QueueFilter(state="", account_id=row.account_id)
    others = [each for each in review.queue(session, same, 21, 0)[0] if each.id != row.id]
    following, _total = review.queue(session, review.not_about(QueueFilter(), _self(principal)), 2, 0)
    return Case(
        Line(row, names.get(row.account_id, ""), heaviest_first(row, weights)),
        tuple(review.access_of(session, row.account_id, row.day, row.dossier_id)),
        tuple(_act(entry, row, names) for entry in entries[:MOST_ACTS]),
        len(entries) > MOST_ACTS,
        tuple(review.notes(session, item_id)),
        tuple(Line(each, "", heaviest_first(each, weights)) for each in others[:20]),
        names.get(row.decided_by or "", ""),
        names.get(row.signed_by or "", ""),
        row.state == "decided" and row.decided_by not in _self(principal),
        next((each.id for each in following if each.id != row.id), ""),
    )


def _act(entry: JournalEntry, row: ReviewItem, names: Mapping[str, str]) -> Act:
    behalf = names.get(entry.on_behalf, entry.on_behalf)
    return Act(entry, row.first_seq <= entry.seq <= row.last_seq, behalf)


def _span(uow: UnitOfWork, row: ReviewItem) -> tuple[str, str]:
    """Two hours before the first reading until two hours after the last, and never beyond the local day by more."""
    first, last = review.entry(uow.session, row.first_seq), review.entry(uow.session, row.last_seq)
    if first is None or last is None:
        return bounds(row.day)
    begins = datetime.fromisoformat(first.at) - AROUND
    return journal.utc_text(begins), journal.utc_text(datetime.fromisoformat(last.at) + AROUND)


def _found(uow: UnitOfWork, principal: Principal, item_id: str, verb: Verb) -> ReviewItem:
    require_role(principal, Action.REVIEW_CASE, verb)
    row = review.find(uow.session, item_id, _self(principal))
    if row is None:
        raise Refused(verb, kind="case", object_id=item_id, reason="missing or own")
    return row


def _what(row: ReviewItem) -> What:
    return What("case", row.id, f"{row.day} {row.label}".strip())


def _about(row: ReviewItem) -> dict[str, object]:
    return {"about": row.account_id, "dossier": row.dossier_id, "day": row.day}


def _words(field: str, typed: str) -> str:
    words = " ".join(nfc(typed).split())[:2000]
    if len(words) < MIN_PURPOSE_TEXT:
        raise InvalidInput(field, f"Hãy viết ít nhất {MIN_PURPOSE_TEXT} ký tự.")
    return words


def add_note(uow: UnitOfWork, principal: Principal, item_id: str, kind: str, text: str, now: datetime) -> None:
    """Adds a note, a question to the reader's head or the answer that came; nothing written is ever changed."""
    row = _found(uow, principal, item_id, Verb.REVIEW_NOTE)
    if kind not in NOTE_KINDS:
        raise InvalidInput("kind", "Hãy chọn loại ghi chú.")
    _add(uow, row, kind, _words("text", text), principal, now)
    note(uow, principal, Verb.REVIEW_NOTE, now, what=_what(row), detail=_about(row) | {"kind": kind})


def _add(uow: UnitOfWork, row: ReviewItem, kind: str, text: str, principal: Principal, now: datetime) -> None:
    uow.session.add(ReviewNote(item_id=row.id, kind=kind, text=text, by=principal.account_id, at=now))
    uow.session.flush()


def decide(uow: UnitOfWork, principal: Principal, item_id: str, outcome: str, text: str, now: datetime) -> None:
    """Says how a case ended, with the grounds; it then waits for the signature of a second reviewer."""
    row = _found(uow, principal, item_id, Verb.REVIEW_DECIDE)
    if row.state not in ("open", "withdrawn"):
        raise InvalidInput("outcome", "Trường hợp này đã có kết luận.")
    if outcome not in OUTCOMES:
        raise InvalidInput("outcome", "Hãy chọn kết luận.")
    words = _words("text", text)
    _add(uow, row, "outcome", words, principal, now)
    row.state, row.outcome, row.decided_by, row.decided_at = "decided", outcome, principal.account_id, now
    why = Why(words[:500])
    note(uow, principal, Verb.REVIEW_DECIDE, now, what=_what(row), why=why, detail=_about(row) | {"outcome": outcome})


def sign(uow: UnitOfWork, principal: Principal, item_id: str, agreed: bool, text: str, now: datetime) -> None:
    """The second signature, or the case sent back with the reason. Refused for whoever decided the case."""
    row = _found(uow, principal, item_id, Verb.REVIEW_SIGN)
    if row.state != "decided":
        raise InvalidInput("sign", "Trường hợp này không chờ ký lần hai.")
    if row.decided_by in _self(principal):
        raise InvalidInput("sign", "Người ký lần hai phải là người khác với người kết luận.")
    words = _words("sign_text", text) if not agreed else " ".join(nfc(text).split())[:2000]
    _add(uow, row, "sign" if agreed else "back", words, principal, now)
    detail = _about(row) | {"agreed": agreed, "outcome": row.outcome}
    if agreed:
        row.state, row.signed_by, row.signed_at = "signed", principal.account_id, now
    else:
        row.state, row.outcome, row.decided_by, row.decided_at = "open", "", None, None
    note(uow, principal, Verb.REVIEW_SIGN, now, what=_what(row), why=Why(words[:500]), detail=detail)


def compute_now(house: House, principal: Principal, now: datetime) -> Step:
    """Takes in what the journal holds, on the reviewer's request; some portions at a time, the housekeeper goes on."""
    with house.work(principal, now) as uow:
        require_role(principal, Action.REVIEW_CASE, Verb.REVIEW_COMPUTE)
        note(uow, principal, Verb.REVIEW_COMPUTE, now, what=What("case"))
    return Engine(house).catch_up(now, most=6)


def people(uow: UnitOfWork) -> list[tuple[str, str]]:
    """Everybody with an account, by name, to choose among."""
    return sorted(review.names(uow.session).items(), key=lambda each: each[1])
