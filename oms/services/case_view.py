"""One case as its page tells it, its receipt slip, and what the form to receive one needs. Each look is a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.case_clock import days_left
from oms.domain.case_subjects import DESKS
from oms.domain.casework import ENDED, CaseState, Move, approves, may_approve, moves, passed
from oms.domain.journal import Verb
from oms.domain.organisation import stands_on
from oms.domain.procedures import MOST_PAPERS as MOST_PAPERS
from oms.domain.procedures import Procedure, Stage, Step
from oms.errors import Refused
from oms.services import custody, delegations
from oms.services import procedures as catalogue
from oms.services.case_approval import SAME_HAND
from oms.services.case_moves import unexplained
from oms.services.casework import (
    calendar_of,
    candidates_in,
    holds,
    local_day,
    position_of,
    procedure_of,
    reached,
    steers,
    target_of,
    unit_of,
    unsure,
)
from oms.services.house import What, note, require_role
from oms.services.zones import require_zone
from oms.store import cases as store
from oms.store import changes, dossiers, papers, people, procedures, units
from oms.store.case_tables import Case, CaseDraft, CaseEvent, CaseOpinion, CasePaper
from oms.store.cases import CaseRow
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.tables import Account, Unit

MOST_FOUND = 20


@dataclass(frozen=True)
class StepLine:
    """A step of the case's own version, the unit that does it, and where the case stands: done | here | ahead."""

    step: Step
    unit: str
    place: str


@dataclass(frozen=True)
class May:
    """What of a case is open to this person now. ``barred`` says in words why an approval in their hand is not."""

    moves: frozenset[Move] = frozenset()
    approve: bool = False
    barred: str = ""
    edit: bool = False
    late: bool = False


@dataclass(frozen=True)
class People:
    """Whom the case can be given to: at its next step, at this one, and for an opinion."""

    following: tuple[Account, ...] = ()
    here: tuple[Account, ...] = ()
    advisers: tuple[Account, ...] = ()
    desk: tuple[Account, ...] = ()
    """Of work of another desk that nobody has taken: who does such work in the unit."""


@dataclass(frozen=True)
class Shown:
    """A case with all that belongs to it, as far as this person may see and do it."""

    row: CaseRow
    procedure: Procedure
    steps: tuple[StepLine, ...]
    papers: tuple[CasePaper, ...]
    missing: tuple[str, ...]
    drafts: tuple[CaseDraft, ...]
    opinions: tuple[CaseOpinion, ...]
    events: tuple[CaseEvent, ...]
    names: dict[str, str]
    unit_names: dict[int, str]
    left: int | None
    step_left: int | None
    unsure: tuple[int, ...]
    may: May
    people: People
    back_to: tuple[Step, ...]
    sees_document: bool = False
    sees_change: bool = False
    mine: frozenset[str] = field(default_factory=frozenset)

    @property
    def case(self) -> Case:
        return self.row.case

    @property
    def here(self) -> Step:
        """The step at which it stands."""
        return self.procedure.step(self.row.case.step)

    @property
    def following(self) -> Step | None:
        """The step after this one; None at the last."""
        return self.procedure.after(self.row.case.step)


def open_case(uow: UnitOfWork, principal: Principal, case_id: str, now: datetime) -> Shown:
    """A case as its page tells it. Refused when missing or hidden; WrongZone for a secret one where none may be."""
    row = _seen(uow, principal, case_id)
    case, procedure, today = row.case, procedure_of(row.procedure), local_day(now)
    drafts, opinions = store.drafts_of(uow.session, case_id), store.opinions_of(uow.session, case_id)
    entered, events = store.papers_of(uow.session, case_id), store.events_of(uow.session, case_id)
    may, calendar = _may(uow, principal, row, procedure, opinions, now), calendar_of(uow, today)
    _noted(uow, principal, row, {}, now)
    ended = case.state in ENDED
    return Shown(
        row,
        procedure,
        _steps(uow, row, procedure),
        tuple(entered),
        tuple(each.title for each in entered if each.required and each.received < each.asked),
        tuple(drafts),
        tuple(opinions),
        tuple(events),
        people.names_of(uow.session, _named(case, events, drafts, opinions, entered)),
        {unit.id: unit.name for unit in units.of_ids(uow.session, [each.unit_id for each in events if each.unit_id])},
        None if ended else days_left(today, case.due, calendar),
        None if ended else days_left(today, case.step_due, calendar),
        unsure(uow, case, now),
        may,
        _people(uow, principal, row, procedure, may, now),
        tuple(procedure.step(key) for key in passed(procedure, case.step)) if Move.BACK in may.moves else (),
        _sees_document(uow, principal, case),
        _sees_change(uow, principal, case),
        principal.persons,
    )


def _seen(uow: UnitOfWork, principal: Principal, case_id: str) -> CaseRow:
    row = reached(uow, principal, case_id, Verb.CASE_OPEN, Action.CASE_WORK)
    require_zone(uow, row.case.secrecy, "case")
    return row


def _noted(uow: UnitOfWork, principal: Principal, row: CaseRow, more: dict[str, object], now: datetime) -> None:
    what, detail = What("case", row.case.id, row.case.number), {"dossier": row.case.dossier_id, **more}
    note(uow, principal, Verb.CASE_OPEN, now, target=target_of(row), what=what, detail=detail)


def _named(
    case: Case,
    events: Sequence[CaseEvent],
    drafts: Sequence[CaseDraft],
    opinions: Sequence[CaseOpinion],
    entered: Sequence[CasePaper],
) -> set[str]:
    found: set[str | None] = {case.created_by, case.assignee_id}
    found |= {name for each in events for name in (each.by, each.behalf, each.account_id)}
    found |= {name for each in drafts for name in (each.by, each.signed_by)}
    found |= {name for each in opinions for name in (each.asked_of, each.asked_by)}
    found |= {each.by for each in entered}
    return {name for name in found if name}


def _steps(uow: UnitOfWork, row: CaseRow, procedure: Procedure) -> tuple[StepLine, ...]:
    path = procedure.path()
    keys = [each.key for each in path]
    at = keys.index(row.case.step) if row.case.step in keys else 0
    issued = row.case.state == CaseState.ISSUED

    def place(number: int) -> str:
        if number < at or issued:
            return "done"
        return "here" if number == at else "ahead"

    names = {key: unit_of(uow, row.case, row.procedure, step).name for key, step in _first_of_each_unit(path)}
    return tuple(StepLine(step, names[step.unit], place(number)) for number, step in enumerate(path))


def _first_of_each_unit(path: Sequence[Step]) -> list[tuple[str, Step]]:
    return list({step.unit: step for step in reversed(path)}.items())


def _may(
    uow: UnitOfWork,
    principal: Principal,
    row: CaseRow,
    procedure: Procedure,
    opinions: Sequence[CaseOpinion],
    now: datetime,
) -> May:
    case = row.case
    held = case.assignee_id is None or case.assignee_id in principal.persons
    if not holds(principal, row):
        return May()
    late = unexplained(case, now)
    if case.state in ENDED:
        return May(late=late)
    if case.subject_kind:
        # who has it is the desk's to say: handed over here, nothing would move there
        return May(frozenset({Move.HAND_OVER}) if case.assignee_id is None else frozenset(), late=late)
    found = set(moves(position_of(case), procedure))
    if not steers(principal, row):
        found.discard(Move.REFUSE)
    approval = approves(position_of(case), procedure)
    if not approval:
        return May(frozenset(found), edit=True, late=late)
    barred = _barred(uow, principal, row, opinions) if held else None
    return May(frozenset(found - {Move.FORWARD}), barred == "", barred or "", True, late)


def _barred(uow: UnitOfWork, principal: Principal, row: CaseRow, opinions: Sequence[CaseOpinion]) -> str | None:
    """Why whoever has it at an approval may not give it: "" when they may, None when approving is not theirs at all."""
    if store.find(uow.session, visibility(principal, Action.CASE_APPROVE), row.case.id) is None:
        return None
    hands = delegations.behind(uow, store.hands_of(uow.session, row.case), row.case.received_at)
    if not may_approve(principal.persons, hands):
        return SAME_HAND
    waiting = sum(each.given_at is None and each.withdrawn_at is None for each in opinions)
    return f"Còn {waiting} ý kiến chưa trả lời: chờ trả lời, hoặc thôi không hỏi nữa." if waiting else ""


def _people(
    uow: UnitOfWork, principal: Principal, row: CaseRow, procedure: Procedure, may: May, now: datetime
) -> People:
    """Whom it can be given to, for the moves that are open."""
    wanted: dict[str, tuple[Unit, Action]] = {}
    following = procedure.after(row.case.step)
    if following is not None and (Move.FORWARD in may.moves or may.approve):
        wanted["following"] = (unit_of(uow, row.case, row.procedure, following), _action(following))
    if Move.HAND_OVER in may.moves:
        wanted["here"] = (row.step_unit, _action(procedure.step(row.case.step)))
    if row.case.subject_kind and row.case.assignee_id is None and row.case.state not in ENDED:
        wanted["desk"] = (row.step_unit, DESKS[row.case.subject_kind])
    if may.edit:
        wanted["advisers"] = (row.step_unit, Action.CASE_WORK)
    found = dict(zip(wanted, candidates_in(uow, row, list(wanted.values()), now), strict=True)) if wanted else {}
    hands = store.hands_of(uow.session, row.case)
    for name, step in (("following", following), ("here", procedure.step(row.case.step))):
        if name in found and step is not None and step.stage is Stage.APPROVE:
            own = principal.persons if name == "following" else frozenset()
            found[name] = [each for each in found[name] if each.id not in hands | own]
    return People(
        tuple(found.get("following", ())),
        tuple(each for each in found.get("here", ()) if each.id != row.case.assignee_id),
        tuple(each for each in found.get("advisers", ()) if each.id not in principal.persons),
        tuple(found.get("desk", ())),
    )


def _action(step: Step) -> Action:
    return Action.CASE_APPROVE if step.stage is Stage.APPROVE else Action.CASE_WORK


def _sees_document(uow: UnitOfWork, principal: Principal, case: Case) -> bool:
    view = visibility(principal, Action.DOSSIER_READ)
    return bool(case.document_id) and papers.find_document(uow.session, view, case.document_id or "") is not None


def _sees_change(uow: UnitOfWork, principal: Principal, case: Case) -> bool:
    view = visibility(principal, Action.RECORD_DECIDE)
    return bool(case.change_id) and changes.find(uow.session, view, case.change_id or "") is not None


@dataclass(frozen=True)
class Slip:
    """What stands on the receipt slip of a case."""

    row: CaseRow
    procedure: Procedure
    papers: tuple[CasePaper, ...]
    receiver: str

    @property
    def missing(self) -> tuple[CasePaper, ...]:
        """Required papers of which copies are still to come."""
        return tuple(each for each in self.papers if each.required and each.received < each.asked)


def slip(uow: UnitOfWork, principal: Principal, case_id: str, now: datetime) -> Slip:
    """The receipt slip of a case."""
    row = _seen(uow, principal, case_id)
    _noted(uow, principal, row, {"slip": True}, now)
    names = people.names_of(uow.session, {row.case.created_by})
    entered = tuple(store.papers_of(uow.session, case_id))
    return Slip(row, procedure_of(row.procedure), entered, names.get(row.case.created_by, ""))


@dataclass(frozen=True)
class Door:
    """What the form to receive a case needs: the version in force, units to receive it in, the dossier named."""

    line: catalogue.Line
    units: tuple[Unit, ...]
    dossier: DossierRow | None


def door(uow: UnitOfWork, principal: Principal, code: str, dossier_id: str, now: datetime) -> Door | None:
    """The form under a procedure, about a dossier or none; None when no procedure of that code is in force."""
    require_role(principal, Action.CASE_WORK, Verb.CASE_RECEIVE)
    day, view = local_day(now), visibility(principal, Action.CASE_WORK)
    about = about_dossier(uow, principal, dossier_id, now) if dossier_id else None
    version = procedures.in_force(uow.session, code, day)
    if version is None or version.kind != "procedure":
        return None
    inside = [unit for unit in units.within(uow.session, view) if stands_on(unit.valid_from, unit.valid_to, day)]
    return Door(catalogue.Line(version, procedure_of(version), None), tuple(inside), about)


def about_dossier(uow: UnitOfWork, principal: Principal, dossier_id: str, now: datetime) -> DossierRow:
    """The dossier a new case is to be about: its number and name are shown, so it is a row. Refused when hidden."""
    row = dossiers.find_dossier(uow.session, visibility(principal, Action.CASE_WORK), dossier_id)
    if row is None:
        raise Refused(Verb.CASE_RECEIVE, kind="dossier", object_id=dossier_id, reason="missing or not visible")
    target = Target(row.unit.path, row.dossier.secrecy, row.dossier.compartment, row.dossier.id)
    what = What("dossier", dossier_id, row.dossier.number)
    note(uow, principal, Verb.CADRE_LIST, now, target=target, what=what, detail={"shown": 1, "for": "case"})
    return row


def dossiers_called(uow: UnitOfWork, principal: Principal, words: str, now: datetime) -> list[DossierRow]:
    """Visible dossiers whose number or name was typed, the first few; a look is a row."""
    if not words.strip():
        return []
    return custody.list_dossiers(uow, principal, words.strip()[:100], "", "", MOST_FOUND, 0, now)[0]


def meant(found: Sequence[DossierRow], words: str) -> str:
    """Id of the one dossier that was plainly meant: of exactly this number, or alone of exactly this name; else ""."""
    said = " ".join(words.split()).casefold()
    numbered = [row for row in found if row.dossier.number.casefold() == said]
    named = [row for row in found if row.cadre.full_name.casefold() == said]
    sure = numbered if len(numbered) == 1 else named if not numbered and len(named) == len(found) == 1 else []
    return sure[0].dossier.id if sure else ""
