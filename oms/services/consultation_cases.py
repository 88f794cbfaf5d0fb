"""Consultations at the unit that holds the dossier: an officer prepares, the authorised head decides.

The officer finds the dossier and picks named papers; only those whose level and compartment the asker holds can be
picked, because a consultation widens the units and nothing else. Who decides is neither who asked nor who prepared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from oms.domain.access import NOTHING, Action, Principal, Role, Target, Visibility, permits, visibility
from oms.domain.consultations import Phase, State
from oms.domain.journal import Verb
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput, Refused
from oms.services import case_follow, consultations, notices, usage_register
from oms.services.consultations import phase_of, squeezed
from oms.services.custody import label_of
from oms.services.house import UnitOfWork, What, Why, note, require_role
from oms.store import consultations as store
from oms.store import dossiers, people
from oms.store.consultation_tables import Consultation, ConsultationPaper
from oms.store.consultations import CaseRow
from oms.store.dossiers import DossierFilter, DossierRow
from oms.store.tables import Document
from vietnamese.names import fold_name
from vietnamese.text import nfc

LIKELY_SHOWN = 8
PREPARING = Action.CONSULT_REGISTER
DECIDING = Action.CONSULT_DECIDE


@dataclass(frozen=True)
class CaseLine:
    """A case in a list, with where it stands."""

    row: CaseRow
    phase: Phase


def cases(
    uow: UnitOfWork, principal: Principal, action: Action, which: str, limit: int, offset: int, now: datetime
) -> tuple[list[CaseLine], dict[str, int]]:
    """Cases of a standing within the person's sight, and how many of each; one's own requests are never among them."""
    require_role(principal, action, Verb.CONSULTATION_LIST)
    view, apart, today = visibility(principal, action), principal.persons, day_in_hanoi(now)
    found = store.cases(uow.session, view, apart, which, today, limit, offset)
    counts = store.case_counts(uow.session, view, apart, today)
    ids = [row.dossier.id for row in found if row.dossier]
    detail = {"which": which, "shown": len(found), "total": counts[which], "ids": ids}
    note(uow, principal, Verb.CONSULTATION_LIST, now, what=What("consultation"), detail=detail)
    return [CaseLine(row, phase_of(row.consultation, now)) for row in found], counts


@dataclass(frozen=True)
class Paper:
    """A paper of the dossier that could be lent, whether it is picked, and whether it was given."""

    document: Document
    label: str
    picked: bool
    given: bool


@dataclass(frozen=True)
class CaseView:
    """A case opened: the request, the dossier and its papers once found, likely dossiers before."""

    row: CaseRow
    phase: Phase
    papers: tuple[Paper, ...]
    likely: tuple[DossierRow, ...]
    names: dict[str, str]
    may_decide: bool

    @property
    def picked(self) -> tuple[Paper, ...]:
        return tuple(paper for paper in self.papers if paper.picked)


def _no(verb: Verb, consultation_id: str, reason: str) -> Refused:
    return Refused(verb, kind="consultation", object_id=consultation_id, reason=reason)


def _target(row: CaseRow) -> Target:
    if row.dossier is None or row.unit is None:
        return Target(row.holder.path)
    return Target(row.unit.path, row.dossier.secrecy, row.dossier.compartment, row.dossier.id)


def _reached(uow: UnitOfWork, principal: Principal, action: Action, consultation_id: str, verb: Verb) -> CaseRow:
    """The case; Refused when it is missing, out of sight or the person's own request."""
    require_role(principal, action, verb)
    row = store.case(uow.session, visibility(principal, action), principal.persons, consultation_id)
    if row is None:
        raise _no(verb, consultation_id, "missing, not visible or one's own")
    return row


def _sight_of_asker(uow: UnitOfWork, asked: Consultation, now: datetime) -> Visibility:
    """What a consultation could show its asker: their level and compartments, less what is withheld from them."""
    account = people.by_id(uow.session, asked.asked_by)
    if account is None or not account.active:
        return NOTHING
    person = people.principal_of(uow.session, account, today=day_in_hanoi(now))
    return visibility(person, Action.CONSULT_READ)


def _lendable(uow: UnitOfWork, view: Visibility, sight: Visibility, dossier_id: str, path: str) -> list[Document]:
    """Papers of a dossier that the handler sees and the asker's level and compartments reach."""
    listed = dossiers.contents(uow.session, view, dossier_id)
    lent = replace(sight, documents=frozenset(each.id for each in listed))
    return [
        each
        for each in listed
        if lent.admits(Target(path, each.secrecy, each.compartment, dossier_id, each.id, "filed"))
    ]


def _likely(uow: UnitOfWork, view: Visibility, row: CaseRow) -> tuple[DossierRow, ...]:
    """Dossiers of the asked unit whose cadre bears the name of the request."""
    wanted = DossierFilter(folded_name=fold_name(row.consultation.person)[:100], unit_path=row.holder.path)
    return tuple(dossiers.list_dossiers(uow.session, view, wanted, LIKELY_SHOWN, 0)[0])


def find(uow: UnitOfWork, principal: Principal, number: str) -> str:
    """Id of the dossier of this number the officer may lend from, or ""."""
    cleaned = " ".join(nfc(number).split())[:60]
    return dossiers.id_of_number(uow.session, visibility(principal, PREPARING), cleaned) if cleaned else ""


def look(
    uow: UnitOfWork, principal: Principal, action: Action, consultation_id: str, dossier_id: str, now: datetime
) -> CaseView:
    """A case as the officer or the head sees it, with the papers of its dossier (or of the one being tried).

    The look is a row that names the dossier, because its contents list is shown.
    """
    row = _reached(uow, principal, action, consultation_id, Verb.CONSULTATION_OPEN)
    asked, view = row.consultation, visibility(principal, action)
    waits = phase_of(asked, now) is Phase.ASKED and action is PREPARING
    tried = dossiers.find_dossier(uow.session, view, dossier_id) if dossier_id and waits else None
    if dossier_id and waits and tried is None:
        raise _no(Verb.CONSULTATION_OPEN, consultation_id, "dossier missing or not visible")
    if tried is not None:
        row = replace(row, dossier=tried.dossier, cadre=tried.cadre, unit=tried.unit)
    papers: list[Paper] = []
    if row.dossier is not None and row.unit is not None:
        named = {each.document_id: each.given for each in store.papers_of(uow.session, asked.id)}
        free = _lendable(uow, view, _sight_of_asker(uow, asked, now), row.dossier.id, row.unit.path)
        shown = free if waits else [each for each in free if each.id in named]
        papers = [Paper(each, label_of(each), each.id in named, named.get(each.id, False)) for each in shown]
    likely = _likely(uow, view, row) if waits and tried is None else ()
    hands = {asked.asked_by, asked.prepared_by or "", asked.decided_by or "", asked.closed_by or ""}
    what = What("consultation", asked.id, asked.number)
    ids = [row.dossier.id] if row.dossier else [each.dossier.id for each in likely]
    detail = {"papers": len(papers), "ids": ids}
    why = Why(asked.reason, asked.purpose)
    note(uow, principal, Verb.CONSULTATION_OPEN, now, what=what, target=_target(row), why=why, detail=detail)
    apart = not principal.persons & {asked.prepared_by, asked.prepared_behalf}
    return CaseView(row, phase_of(asked, now), tuple(papers), likely, people.names_of(uow.session, hands - {""}), apart)


class Picked(NamedTuple):
    """What an officer prepared: the dossier found and the papers named."""

    dossier_id: str
    documents: tuple[str, ...]


def prepare(
    uow: UnitOfWork, principal: Principal, consultation_id: str, version: int, picked: Picked, now: datetime
) -> Consultation:
    """Puts the named papers before the head. InvalidInput when none is named, Conflict when somebody was faster.

    Refused: a dossier or paper out of the officer's sight, or a paper above what the asker holds.
    """
    row = _reached(uow, principal, PREPARING, consultation_id, Verb.CONSULTATION_PREPARE)
    asked, view = row.consultation, visibility(principal, PREPARING)
    if phase_of(asked, now) is not Phase.ASKED:
        raise consultations.stale()
    found = dossiers.find_dossier(uow.session, view, picked.dossier_id)
    if found is None:
        raise _no(Verb.CONSULTATION_PREPARE, consultation_id, "dossier missing or not visible")
    free = _lendable(uow, view, _sight_of_asker(uow, asked, now), found.dossier.id, found.unit.path)
    named = set(picked.documents)
    if not named:
        raise InvalidInput("documents", "Hãy chọn ít nhất một tài liệu.")
    if named - {each.id for each in free}:
        raise _no(Verb.CONSULTATION_PREPARE, consultation_id, "a paper that cannot be lent to the asker")
    consultations.take_step(uow, asked, version)
    asked.state, asked.dossier_id = State.PREPARED, found.dossier.id
    asked.prepared_by, asked.prepared_behalf = principal.account_id, principal.behalf_of
    asked.prepared_at = now
    uow.session.add_all([ConsultationPaper(consultation_id=asked.id, document_id=each) for each in sorted(named)])
    uow.session.flush()
    target = Target(found.unit.path, found.dossier.secrecy, found.dossier.compartment, found.dossier.id)
    what = What("consultation", asked.id, asked.number)
    detail = {"dossier": found.dossier.id, "documents": sorted(named)}
    note(uow, principal, Verb.CONSULTATION_PREPARE, now, what=what, target=target, detail=detail)
    _tell_heads(uow, principal, asked, found, now)
    return asked


def _tell_heads(uow: UnitOfWork, principal: Principal, asked: Consultation, found: DossierRow, now: datetime) -> None:
    """Tells the heads who may decide: those who reach the dossier at its level, apart from asker and preparer."""
    target = Target(found.unit.path, found.dossier.secrecy, found.dossier.compartment, found.dossier.id)
    apart = principal.persons | {asked.asked_by, asked.asked_behalf}
    heads = []
    for account_id in consultations.reaching(uow, found.unit.path, Role.LEADER) - apart:
        account = people.by_id(uow.session, account_id)
        if account is not None:
            person = people.principal_of(uow.session, account, today=day_in_hanoi(now))
            heads += [account_id] if visibility(person, DECIDING).admits(target) else []
    notices.tell(uow, heads, "consultation_prepared", "consultation_decide", asked.id, asked.number, now)


@dataclass(frozen=True)
class Word:
    """What the head says: which papers, which days, where; or no, and why."""

    approve: bool
    documents: tuple[str, ...] = ()
    first: str = ""
    last: str = ""
    place: str = ""
    reason: str = ""


def decide(
    uow: UnitOfWork, principal: Principal, consultation_id: str, version: int, word: Word, now: datetime
) -> Consultation:
    """Approves what was prepared, cut down as the head sees fit, or refuses. Conflict for the second of two heads.

    Refused for who asked, who prepared and whoever acts by delegation of either; a request for which no dossier was
    found can be refused only. The asker is told yes or no, never the reason.
    """
    row = _reached(uow, principal, DECIDING, consultation_id, Verb.CONSULTATION_DECIDE)
    asked = row.consultation
    if principal.persons & {asked.prepared_by, asked.prepared_behalf}:
        raise _no(Verb.CONSULTATION_DECIDE, consultation_id, "prepared it themselves")
    if phase_of(asked, now) not in (Phase.ASKED, Phase.PREPARED) or asked.version != version:
        raise consultations.stale()
    reason = squeezed(word.reason, 500)
    detail: dict[str, object] = {"approved": word.approve}
    if word.approve:
        given = _given(uow, principal, row, word, now)
        first, last, place = _limits(asked, word, day_in_hanoi(now))
        detail |= {"documents": sorted(given), "first": first.isoformat(), "last": last.isoformat()}
    elif len(reason) < 5:
        raise InvalidInput("reason", "Hãy ghi vì sao không chấp thuận.")
    consultations.take_step(uow, asked, version)
    if word.approve:
        for paper in store.papers_of(uow.session, asked.id):
            paper.given = paper.document_id in given
        asked.given_first, asked.given_last, asked.given_place = first, last, place
    asked.state = State.APPROVED if word.approve else State.REFUSED
    asked.decided_by, asked.decided_behalf, asked.decided_at = principal.account_id, principal.behalf_of, now
    asked.decision_reason = reason
    uow.session.flush()
    what = What("consultation", asked.id, asked.number)
    why = Why(reason, asked.purpose)
    note(uow, principal, Verb.CONSULTATION_DECIDE, now, what=what, why=why, target=_target(row), detail=detail)
    if word.approve:  # before, the case does not say that a dossier was found
        case_follow.now_about(uow, "consultation", asked.id, row.dossier)
    case_follow.follow(uow, principal, "consultation", asked.id, asked.state, now)
    kind = "consultation_approved" if word.approve else "consultation_refused"
    notices.tell(uow, [asked.asked_by], kind, "consultation", asked.id, asked.number, now)
    return asked


def _given(uow: UnitOfWork, principal: Principal, row: CaseRow, word: Word, now: datetime) -> frozenset[str]:
    """The papers given: among those prepared, still in sight of the head and within what the asker holds now."""
    asked = row.consultation
    if row.dossier is None or row.unit is None:
        raise InvalidInput("documents", "Chưa có cán bộ hồ sơ chuẩn bị tài liệu nên chưa duyệt được.")
    named = {each.document_id for each in store.papers_of(uow.session, asked.id)}
    view, sight = visibility(principal, DECIDING), _sight_of_asker(uow, asked, now)
    free = {each.id for each in _lendable(uow, view, sight, row.dossier.id, row.unit.path)}
    given = frozenset(word.documents)
    if not given:
        raise InvalidInput("documents", "Hãy chọn ít nhất một tài liệu, hoặc không chấp thuận.")
    if given - (named & free):
        raise _no(Verb.CONSULTATION_DECIDE, asked.id, "a paper that was not prepared or cannot be lent")
    return given


def _limits(asked: Consultation, word: Word, today: date) -> tuple[date, date, str]:
    """Days and place given: the days asked for or fewer, none of them past."""
    first, last = consultations.day_of("first", word.first), consultations.day_of("last", word.last)
    if not asked.first_day <= first <= asked.last_day:
        raise InvalidInput("first", "Ngày bắt đầu phải nằm trong thời gian được đề nghị.")
    if not first <= last <= asked.last_day:
        raise InvalidInput("last", "Ngày kết thúc phải nằm trong thời gian được đề nghị.")
    if last < today:
        raise InvalidInput("last", "Thời gian này đã qua.")
    place = squeezed(word.place, 300)
    if len(place) < 3:
        raise InvalidInput("place", "Hãy ghi nơi nghiên cứu.")
    return first, last, place


def revoke(uow: UnitOfWork, principal: Principal, consultation_id: str, words: str, now: datetime) -> None:
    """Takes an approved consultation back; its reader loses the papers with the next request."""
    row = _reached(uow, principal, DECIDING, consultation_id, Verb.CONSULTATION_REVOKE)
    asked = row.consultation
    if phase_of(asked, now) not in (Phase.COMING, Phase.RUNNING):
        raise consultations.stale()
    reason = squeezed(words, 500)
    if len(reason) < 5:
        raise InvalidInput("revoke_reason", "Hãy ghi vì sao thu hồi.")
    consultations.take_step(uow, asked, asked.version)
    asked.state, asked.closed_reason = State.REVOKED, reason
    asked.closed_by, asked.closed_at = principal.account_id, now
    usage_register.end(uow, asked, principal.account_id, "Thu hồi", now)
    what = What("consultation", asked.id, asked.number)
    note(uow, principal, Verb.CONSULTATION_REVOKE, now, what=what, why=Why(reason), target=_target(row))
    notices.tell(uow, [asked.asked_by], "consultation_revoked", "consultation", asked.id, asked.number, now)


def waiting(uow: UnitOfWork, principal: Principal, now: datetime) -> dict[str, int]:
    """Counts for the home page: to be prepared and to be decided by this person, and running ones of their own."""
    found: dict[str, int] = {}
    today = day_in_hanoi(now)
    for action, which in ((PREPARING, "waiting"), (DECIDING, "prepared")):
        if permits(principal, action):
            counts = store.case_counts(uow.session, visibility(principal, action), principal.persons, today)
            found[which] = counts[which]
    if permits(principal, Action.CONSULT_READ):
        found["running"] = store.running_number(uow.session, principal.account_id, today)
    return found
