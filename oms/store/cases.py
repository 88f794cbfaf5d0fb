"""Cases: what a person may see of them, lists, counts, and what belongs to one that was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from oms.domain.access import Visibility
from oms.domain.case_clock import Pause
from oms.domain.casework import CaseState, Move
from oms.store import row_security
from oms.store.case_tables import Case, CaseDraft, CaseEvent, CaseOpinion, CasePaper, ProcedureVersion
from oms.store.folding import saying
from oms.store.tables import Account, Cadre, Dossier, Unit
from oms.store.visible import KEPT, apart_from_units, in_scope, on_general_lists, visible

Receiving, InHand, Holding = aliased(Unit), aliased(Unit), aliased(Unit)
OPEN = (str(CaseState.RUNNING), str(CaseState.SUSPENDED))


@dataclass(frozen=True)
class CaseRow:
    """A case with the version it runs under, its units, and the dossier and cadre it is about, if any."""

    case: Case
    procedure: ProcedureVersion
    unit: Unit
    step_unit: Unit
    dossier: Dossier | None
    cadre: Cadre | None
    holder: str
    """What the person is called in whose hand it is; "" when it is in nobody's."""

    @property
    def title(self) -> str:
        """What the case is called: its own words, or its procedure once a disposal took them."""
        return self.case.title or self.procedure.title


@dataclass(frozen=True)
class Wanted:
    """Which cases a list asks for. ``state``: open | running | suspended | late | ended | "" all.

    ``hand``: in this account's hand. ``steps``: at one of these (id of the version, key of the step); None is anywhere.
    ``under``: in hand in one of these units or below; None is anywhere.
    ``since``: ended from that day on when the ended are asked for, else received from it on.
    ``secret`` asks for those of a level or area instead of those of none: they stay off the general lists.
    """

    state: str = "open"
    hand: str = ""
    code: str = ""
    unit_path: str = ""
    steps: tuple[tuple[str, str], ...] | None = None
    dossier_id: str = ""
    words: str = ""
    secret: bool = False
    today: date | None = None
    since: date | None = None
    under: tuple[str, ...] | None = None


@lru_cache(maxsize=KEPT)
def seen(view: Visibility) -> ColumnElement[bool]:
    """A case is seen where it was received or is in hand; one about a dossier, where that is seen, too."""
    inside = or_(in_scope(view, Receiving.path), in_scope(view, InHand.path))
    about = (
        select(Dossier.id)
        .join(Holding, Holding.id == Dossier.unit_id)
        .where(Dossier.id == Case.dossier_id, visible(view, Holding.path, Dossier))
    )
    return and_(inside, apart_from_units(view, Case), or_(Case.dossier_id.is_(None), exists(about)))


def _cases(view: Visibility) -> Select[Case, ProcedureVersion, Unit, Unit, Dossier, Cadre, str]:
    statement = (
        select(Case, ProcedureVersion, Receiving, InHand, Dossier, Cadre, func.coalesce(Account.display_name, ""))
        .join(ProcedureVersion, ProcedureVersion.id == Case.procedure_id)
        .join(Receiving, Receiving.id == Case.unit_id)
        .join(InHand, InHand.id == Case.step_unit_id)
        .outerjoin(Dossier, Dossier.id == Case.dossier_id)
        .outerjoin(Cadre, Cadre.id == Dossier.cadre_id)
        .outerjoin(Account, Account.id == Case.assignee_id)
    )
    return statement.where(seen(view))


def find(session: Session, view: Visibility, case_id: str) -> CaseRow | None:
    """The case, if it is visible."""
    found = session.execute(_cases(view).where(Case.id == case_id)).one_or_none()
    return CaseRow(*found) if found else None


def of_subject(session: Session, kind: str, subject_id: str) -> Case | None:
    """The case of a piece of work of another desk, which whoever asks was let through to."""
    return session.scalar(select(Case).where(Case.subject_kind == kind, Case.subject_id == subject_id))


def of_change(session: Session, view: Visibility, change_id: str) -> CaseRow | None:
    """The case whose result a change of a record is, if it is visible."""
    found = session.execute(_cases(view).where(Case.change_id == change_id)).first()
    return CaseRow(*found) if found else None


def _in_state(wanted: Wanted) -> list[ColumnElement[bool]]:
    if wanted.state == "late":
        return [Case.state.in_(OPEN), Case.due.is_not(None), Case.due < wanted.today]
    if wanted.state == "open":
        return [Case.state.in_(OPEN)]
    if wanted.state == "ended":
        return [Case.state.not_in(OPEN)]
    return [Case.state == wanted.state] if wanted.state else []


def _narrowed(wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [on_general_lists(Case, wanted.secret), *_in_state(wanted)]
    if wanted.hand:
        found.append(Case.assignee_id == wanted.hand)
    if wanted.code:
        found.append(Case.code == wanted.code)
    if wanted.under is not None:
        found.append(or_(false(), *(or_(InHand.path == each, InHand.path.like(f"{each}/%")) for each in wanted.under)))
    if wanted.since is not None:
        found.append((Case.ended_on if wanted.state == "ended" else Case.received_on) >= wanted.since)
    if wanted.dossier_id:
        found.append(Case.dossier_id == wanted.dossier_id)
    if wanted.steps is not None:
        found.append(tuple_(Case.procedure_id, Case.step).in_(wanted.steps) if wanted.steps else false())
    if wanted.unit_path:
        path = wanted.unit_path
        found.append(or_(InHand.path == path, InHand.path.like(f"{path}/%")))
    if wanted.words:
        found.append(saying(wanted.words, Case.title, Case.number))
    return found


def listed(session: Session, view: Visibility, wanted: Wanted, limit: int, offset: int) -> tuple[list[CaseRow], int]:
    """Visible cases, those due first first; ended ones newest first; and how many there are."""
    total = session.scalar(_bare(view, wanted, func.count())) or 0
    return first(session, view, wanted, limit, offset), total


def first(session: Session, view: Visibility, wanted: Wanted, limit: int, offset: int = 0) -> list[CaseRow]:
    """The first of the visible cases asked for, in the order of :func:`listed`.

    Put in order by their ids alone: whole rows, each with the text of its version, are read of one page only.
    """
    order = (Case.ended_at.desc(),) if wanted.state == "ended" else (Case.due.is_(None), Case.due, Case.received_at)
    page = _bare(view, wanted, Case.id).order_by(*order, Case.id).limit(limit).offset(offset).subquery()
    found = session.execute(_cases(view).join(page, page.c.id == Case.id).order_by(*order, Case.id))
    return [CaseRow(*row) for row in found]


@dataclass(frozen=True)
class Waiting:
    """How many visible open cases of no level are in somebody's hand, how many of these late, how many due by a day."""

    mine: int = 0
    late: int = 0
    soon: int = 0


def _counted(view: Visibility, *columns: Any) -> Select[Any]:
    """Counts over the general list, so over no secret case."""
    statement = select(*columns).select_from(Case).join(Receiving, Receiving.id == Case.unit_id)
    return statement.join(InHand, InHand.id == Case.step_unit_id).where(seen(view), on_general_lists(Case))


def waiting(session: Session, view: Visibility, account_id: str, today: date, soon: date) -> Waiting:
    """Counts of the open cases in this account's hand; ``soon`` is the last day that counts as soon."""
    late = func.count().filter(Case.due < today)
    by_then = func.count().filter(and_(Case.due >= today, Case.due <= soon))
    statement = _counted(view, func.count(), late, by_then)
    statement = statement.where(Case.assignee_id == account_id, Case.state.in_(OPEN))
    return Waiting(*session.execute(statement).one())


def late_number(session: Session, view: Visibility, today: date) -> int:
    """How many visible open cases of no level are past their last day, in whosever hand."""
    found = _counted(view, func.count()).where(Case.state.in_(OPEN), Case.due < today)
    return session.scalar(found) or 0


def since(session: Session, view: Visibility, day: date) -> tuple[int, int]:
    """How many visible cases of no level were received, and how many ended, from a day on."""
    received = _counted(view, func.count()).where(Case.received_on >= day)
    ended = _counted(view, func.count()).where(Case.ended_on >= day)
    return session.scalar(received) or 0, session.scalar(ended) or 0


@dataclass(frozen=True)
class Counts:
    """How many visible cases of no level the tabs of the list stand for; how many the list holds; opinions asked."""

    mine: int = 0
    open: int = 0
    late: int = 0
    listed: int = 0
    opinions: int = 0


def counts(session: Session, view: Visibility, wanted: Wanted, account_id: str, today: date) -> Counts:
    """What the tabs of the list count, with the list's own number and that of the opinions asked of an account."""
    mine = func.count().filter(Case.assignee_id == account_id)
    late = func.count().filter(Case.due < today)
    tabs = _counted(view, mine.label("mine"), func.count().label("open"), late.label("late"))
    own, asked = tabs.where(Case.state.in_(OPEN)).subquery(), _asked(view, account_id, wanted.secret, func.count())
    listed = _bare(view, wanted, func.count()).scalar_subquery()
    return Counts(*session.execute(select(own, listed, asked.scalar_subquery())).one())


@dataclass(frozen=True)
class Group:
    """How many cases of one version stand at one of its steps in one state."""

    procedure_id: str
    step: str
    state: str
    number: int


def _bare(view: Visibility, wanted: Wanted, *columns: Any) -> Select[Any]:
    """Some columns of the cases asked for, without the rest of a row."""
    statement = select(*columns).select_from(Case).join(Receiving, Receiving.id == Case.unit_id)
    return statement.join(InHand, InHand.id == Case.step_unit_id).where(seen(view), *_narrowed(wanted))


def grouped(session: Session, view: Visibility, wanted: Wanted) -> list[Group]:
    """The visible cases asked for, counted by version, step and state."""
    kinds = (Case.procedure_id, Case.step, Case.state)
    found = session.execute(_bare(view, wanted, *kinds, func.count()).group_by(*kinds))
    return [Group(*each) for each in found]


def firsts(session: Session, view: Visibility, wanted: Wanted, most: int) -> list[tuple[str, str, str, str]]:
    """Of each group of :func:`grouped` the first few, those due first first: (version, step, state, id of the case)."""
    order = (Case.due.is_(None), Case.due, Case.received_at, Case.id)
    kinds = (Case.procedure_id, Case.step, Case.state)
    place = func.row_number().over(partition_by=kinds, order_by=order).label("place")
    inner = _bare(view, wanted, *kinds, Case.id, Case.due, Case.received_at, place).subquery()
    statement = select(inner.c.procedure_id, inner.c.step, inner.c.state, inner.c.id).where(inner.c.place <= most)
    by_day = statement.order_by(inner.c.due.is_(None), inner.c.due, inner.c.received_at, inner.c.id)
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(by_day)]


def of_ids(session: Session, view: Visibility, ids: Sequence[str]) -> dict[str, CaseRow]:
    """Those of some cases that are visible, by id."""
    found = session.execute(_cases(view).where(Case.id.in_(list(ids)))) if ids else ()
    return {row[0].id: CaseRow(*row) for row in found}


def _waits(account_id: str, secret: bool) -> list[ColumnElement[bool]]:
    mine = [CaseOpinion.asked_of == account_id, CaseOpinion.given_at.is_(None), CaseOpinion.withdrawn_at.is_(None)]
    return [*mine, Case.state.in_(OPEN), on_general_lists(Case, secret)]


def _asked(view: Visibility, account_id: str, secret: bool, *columns: Any) -> Select[Any]:
    statement = select(*columns).select_from(Case).join(Receiving, Receiving.id == Case.unit_id)
    statement = statement.join(InHand, InHand.id == Case.step_unit_id).where(seen(view))
    return statement.join(CaseOpinion, CaseOpinion.case_id == Case.id).where(*_waits(account_id, secret))


def asked_of(
    session: Session, view: Visibility, account_id: str, secret: bool, limit: int = 200
) -> list[tuple[CaseOpinion, CaseRow]]:
    """Opinions asked of an account and not given yet, on cases that the reader sees, those due first first."""
    statement = (
        _cases(view)
        .add_columns(CaseOpinion)
        .join(CaseOpinion, CaseOpinion.case_id == Case.id)
        .where(*_waits(account_id, secret))
        .order_by(CaseOpinion.due.is_(None), CaseOpinion.due, CaseOpinion.asked_at, CaseOpinion.id)
    )
    return [(row[-1], CaseRow(*row[:-1])) for row in session.execute(statement.limit(limit))]


def hands(session: Session, view: Visibility, secret: bool) -> dict[str, int]:
    """In whose hand how many open cases in the asker's units are: those of no level, or those of one."""
    wanted = Wanted(state="open", secret=secret, under=tuple(view.units))
    found = session.execute(_bare(view, wanted, Case.assignee_id, func.count()).group_by(Case.assignee_id))
    return {row[0]: row[1] for row in found if row[0]}


def askings(session: Session, view: Visibility, secret: bool) -> dict[str, int]:
    """Of whom how many opinions are waited for on open cases in the asker's units, of no level or of one."""
    waits = (CaseOpinion.given_at.is_(None), CaseOpinion.withdrawn_at.is_(None))
    wanted = Wanted(state="open", secret=secret, under=tuple(view.units))
    statement = _bare(view, wanted, CaseOpinion.asked_of, func.count())
    statement = statement.join(CaseOpinion, CaseOpinion.case_id == Case.id).where(*waits)
    return {row[0]: row[1] for row in session.execute(statement.group_by(CaseOpinion.asked_of))}


def next_serial(session: Session, unit_id: int, year: int) -> int:
    """The next number of a unit's register of cases of a year; the writers' lock is held, so it is looked for once.

    Each call is one case: a number that was given is not given again in the same transaction.
    """
    given: dict[tuple[int, int], int] = session.info.setdefault("serials", {})
    newest = given.get((unit_id, year))
    if newest is None:
        with row_security.every_case(session):  # also after those that whoever receives this one may not see
            newest = session.scalar(select(func.max(Case.serial)).where(Case.unit_id == unit_id, Case.year == year))
    given[unit_id, year] = (newest or 0) + 1
    return given[unit_id, year]


def events_of(session: Session, case_id: str) -> list[CaseEvent]:
    """What happened to a case that was seen, oldest first."""
    return list(session.scalars(select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.number)))


def pauses_of(events: Sequence[CaseEvent]) -> list[Pause]:
    """The times in which the clock stood, from a case's events."""
    found: list[Pause] = []
    since: datetime | None = None
    for event in events:
        if event.act == Move.SUSPEND:
            since = event.at
        elif since is not None and event.act in (Move.RESUME, Move.WITHDRAW):
            found.append(Pause(since, event.at))
            since = None
    return found if since is None else [*found, Pause(since)]


def papers_of(session: Session, case_id: str) -> list[CasePaper]:
    """The papers asked for at the door of a case that was seen, in order."""
    return list(session.scalars(select(CasePaper).where(CasePaper.case_id == case_id).order_by(CasePaper.position)))


def drafts_of(session: Session, case_id: str) -> list[CaseDraft]:
    """The drafts of a case that was seen, newest first."""
    found = select(CaseDraft).where(CaseDraft.case_id == case_id).order_by(CaseDraft.number.desc())
    return list(session.scalars(found))


def opinions_of(session: Session, case_id: str) -> list[CaseOpinion]:
    """The opinions asked for on a case that was seen, oldest first."""
    found = select(CaseOpinion).where(CaseOpinion.case_id == case_id).order_by(CaseOpinion.asked_at, CaseOpinion.id)
    return list(session.scalars(found))


def hands_of(session: Session, case: Case, approving: str = "") -> set[str]:
    """Who asked for a case, moved it or drafted in it: none of them approves it. Whoever only returned it may, and
    whoever only wrote why it is late: the approver in whose hand it became late.

    ``approving`` is the step of an approval: who approved just there in an earlier round may do so again.
    """
    acts = (Move.BACK, Move.SUSPEND, Move.RESUME, Move.HAND_OVER, "late")
    moved = select(CaseEvent.by).where(CaseEvent.case_id == case.id, CaseEvent.act.not_in(acts))
    if approving:
        moved = moved.where(or_(CaseEvent.act != Move.FORWARD, CaseEvent.from_step != approving))
    drafted = select(CaseDraft.by).where(CaseDraft.case_id == case.id)
    return {case.created_by, *session.scalars(moved), *session.scalars(drafted)} - {None, ""}
