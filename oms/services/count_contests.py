"""Contests of figures: a person says why a figure of their own is wrong; who steers their unit's work answers."""

from __future__ import annotations

from datetime import datetime

from oms.domain.access import ROLE_ACTIONS, Action, Principal, Role, Target, decide, permits, visibility
from oms.domain.fields import squashed
from oms.domain.figures import MEASURES, PAPER_LABELS, period_of
from oms.domain.journal import Verb
from oms.domain.records import day_in_hanoi
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import figures, notices, paper_figures
from oms.services.house import What, note, require_role
from oms.store import count_contests as store
from oms.store import people, units
from oms.store.case_tables import CountContest
from oms.store.count_contests import ContestRow as ContestRow
from oms.store.db import UnitOfWork
from oms.store.tables import Unit

LEAST_WORDS = 10


def figure_of(uow: UnitOfWork, principal: Principal, period: str, measure: str, now: datetime) -> str:
    """A person's own figure as it is shown to them now. InvalidInput for a period or figure there is none of."""
    try:
        asked = figures.Asked(period_of(period), by="procedure", person=principal.account_id)
    except ValueError:
        raise InvalidInput("period", "Kỳ thống kê chưa đúng: hãy tải lại trang.") from None
    if measure not in MEASURES:
        raise InvalidInput("measure", "Hãy chọn số liệu muốn phản ánh.")
    if measure in PAPER_LABELS:
        return str(getattr(paper_figures.own(uow, principal, asked, now), measure))
    return figures.made(uow, principal, asked, now, Verb.COUNT_CONTEST).total.figure(measure)


def contest(
    uow: UnitOfWork, principal: Principal, period: str, measure: str, words: str, now: datetime
) -> CountContest:
    """Contests one of the person's own figures with a note; those who may answer are told."""
    require_role(principal, Action.COUNT_VIEW, Verb.COUNT_CONTEST)
    figure = figure_of(uow, principal, period, measure, now)
    reason = squashed(words)[:2000]
    if len(reason) < LEAST_WORDS:
        raise InvalidInput("note", f"Hãy ghi số liệu sai ở đâu, ít nhất {LEAST_WORDS} ký tự.")
    if store.open_one(uow.session, principal.account_id, period, measure) is not None:
        raise InvalidInput("measure", "Anh/chị đã phản ánh số liệu này, đang chờ trả lời.")
    row = CountContest(
        account_id=principal.account_id,
        unit_id=principal.unit_id,
        period=period,
        measure=measure,
        figure=figure[:40],
        note=reason,
        at=now,
    )
    uow.session.add(row)
    uow.session.flush()
    target = Target(uow.session.get_one(Unit, principal.unit_id).path)
    detail = {"period": period, "measure": measure, "figure": row.figure}
    note(uow, principal, Verb.COUNT_CONTEST, now, what=What("contest", row.id), target=target, detail=detail)
    told = _answering(uow, principal, target, now)
    notices.tell(uow, told, "count_contested", "contest", row.id, period, now)
    return row


def _answering(uow: UnitOfWork, principal: Principal, target: Target, now: datetime) -> set[str]:
    """Everybody else who may answer: leaders and officers who steer the unit's work, as their rights are today."""
    found = set()
    for account in units.accounts_reaching(uow.session, [target.unit_path]):
        role = ROLE_ACTIONS[Role(account.role)]
        if account.id in principal.persons or account.vetted_at is None or Action.CASE_STEER not in role:
            continue
        person = people.principal_of(uow.session, account, today=day_in_hanoi(now), now=now)
        if decide(person, Action.COUNT_VIEW, target).allowed:
            found.add(account.id)
    return found


def listed(
    uow: UnitOfWork, principal: Principal, state: str, limit: int, offset: int, now: datetime
) -> tuple[list[ContestRow], int]:
    """Contests of the units whose work the person steers; journalled with their number."""
    _steers(principal, Verb.COUNT_VIEW)
    view = visibility(principal, Action.COUNT_VIEW)
    found, total = store.listed(uow.session, view, state, limit, offset)
    detail = {"contests": state, "shown": [row.contest.id for row in found], "total": total}
    note(uow, principal, Verb.COUNT_VIEW, now, what=What("contest"), detail=detail)
    return found, total


def _steers(principal: Principal, verb: Verb) -> None:
    require_role(principal, Action.COUNT_VIEW, verb)
    if not permits(principal, Action.CASE_STEER):
        raise Refused(verb, kind="contest", reason="does not steer a unit's work")


def answer(uow: UnitOfWork, principal: Principal, contest_id: str, words: str, now: datetime) -> CountContest:
    """Answers a contest once, by another person than who contests; they are told. The figure itself stays a count."""
    _steers(principal, Verb.COUNT_ANSWER)
    row = store.find(uow.session, visibility(principal, Action.COUNT_VIEW), contest_id)
    if row is None or not decide(principal, Action.COUNT_VIEW, Target(row.unit.path)).allowed:
        raise Refused(Verb.COUNT_ANSWER, kind="contest", object_id=contest_id, reason="missing or not visible")
    if row.contest.account_id in principal.persons:
        raise InvalidInput("answer", "Phản ánh của chính anh/chị do người khác trả lời.")
    if row.contest.state != store.OPEN:
        raise Conflict
    reply = squashed(words)[:2000]
    if len(reply) < LEAST_WORDS:
        raise InvalidInput("answer", f"Hãy ghi câu trả lời, ít nhất {LEAST_WORDS} ký tự.")
    row.contest.state, row.contest.answer = store.ANSWERED, reply
    row.contest.answered_by, row.contest.answered_at = principal.account_id, now
    detail = {"period": row.contest.period, "measure": row.contest.measure, "of": row.contest.account_id}
    what, target = What("contest", contest_id), Target(row.unit.path)
    note(uow, principal, Verb.COUNT_ANSWER, now, what=what, target=target, detail=detail)
    notices.tell(uow, [row.contest.account_id], "count_answered", "own_contest", contest_id, row.contest.period, now)
    return row.contest
