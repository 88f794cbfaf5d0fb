"""Emergency access: one named dossier, an hour at most, told to the officers at once, judged within three working days.

It opens the dossier's ordinary viewer and nothing else: no list, no search, no export. What there is not, what is
Tuyệt mật, in a compartment not held or one's own file gets one and the same answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.catalogue import MIN_PURPOSE_TEXT
from oms.domain.emergencies import MIN_WITNESSES, OPEN, PURPOSE, REVIEW_WORKING_DAYS, TRIES, WINDOW, Review, bar
from oms.domain.journal import Outcome, Verb
from oms.domain.records import day_in_hanoi
from oms.domain.working_days import after_working
from oms.errors import InvalidInput, Refused
from oms.services import consultations, notices, policy
from oms.services.consultations import squeezed
from oms.services.house import UnitOfWork, What, Why, note, require_role
from oms.store import dossiers, journal, people, units
from oms.store import emergencies as store
from oms.store.consultation_tables import Emergency as Emergency
from oms.store.emergencies import EmergencyRow as EmergencyRow
from oms.store.journal import EntryFilter
from oms.store.tables import Dossier, Opening, Unit

MINE_SHOWN = 20
DONE_SHOWN = 50
BARS = {
    "overdue": "Anh/chị còn một lần mở khẩn cấp quá hạn chưa được hậu kiểm nên chưa mở tiếp được.",
    "unjustified": "Một lần mở khẩn cấp của anh/chị bị kết luận không có căn cứ nên không được mở tiếp.",
    "limit": "Anh/chị đã dùng hết số lần mở khẩn cấp trong 30 ngày.",
}


@dataclass(frozen=True)
class Running:
    """An emergency that runs now, for the banner of every page."""

    emergency: Emergency
    number: str
    minutes_left: int


def running(uow: UnitOfWork, principal: Principal, now: datetime) -> list[Running]:
    """The person's emergencies that run now; asks nothing when the rule knows of none."""
    if not principal.emergency:
        return []
    found = []
    for each in store.running(uow.session, principal.account_id, now):
        dossier = uow.session.get(Dossier, each.dossier_id)
        left = -int(-(each.until - now).total_seconds() // 60)
        found.append(Running(each, dossier.number if dossier else "", left))
    return found


@dataclass(frozen=True)
class Asked:
    """An emergency as typed: the unit, the dossier's number or the citizen's, and why it cannot wait."""

    unit_id: int | None
    named: str
    reason: str


def _typed(asked: Asked) -> tuple[str, str]:
    named, reason = squeezed(asked.named, 60), squeezed(asked.reason, 500)
    if asked.unit_id is None:
        raise InvalidInput("unit_id", "Hãy chọn đơn vị quản lý hồ sơ.")
    if not named:
        raise InvalidInput("named", "Hãy nhập số hồ sơ hoặc số căn cước.")
    if len(reason) < 2 * MIN_PURPOSE_TEXT:
        raise InvalidInput("reason", f"Hãy ghi rõ vì sao không thể chờ, ít nhất {2 * MIN_PURPOSE_TEXT} ký tự.")
    return named, reason


def _tried(uow: UnitOfWork, principal: Principal, now: datetime) -> int:
    """How many times the person tried within the window, whatever came of it."""
    mine = EntryFilter(
        actor_id=principal.account_id, verb=str(Verb.EMERGENCY_OPEN), since=journal.utc_text(now - WINDOW)
    )
    return journal.find(uow.session, mine, 1, 0)[1]


def _barred(uow: UnitOfWork, principal: Principal, now: datetime) -> str:
    most = policy.value(uow, "emergency_month_max", now)
    why = bar(store.past_of(uow.session, principal.persons), now, day_in_hanoi(now), most)
    return why or ("limit" if _tried(uow, principal, now) >= TRIES else "")


def open_emergency(uow: UnitOfWork, principal: Principal, asked: Asked, now: datetime) -> Emergency:
    """Opens one dossier for the minutes of the policy, tells the officers and sets the day of its review.

    InvalidInput: something is not said, the person is barred, there are not two to be told, or the dossier is in their
    own scope. Refused, always alike: no such dossier, Tuyệt mật, a compartment not held, own or a relative's.
    """
    require_role(principal, Action.EMERGENCY_OPEN, Verb.EMERGENCY_OPEN)
    named, reason = _typed(asked)
    if principal.behalf_of:
        words = "Không mở khẩn cấp khi đang làm theo uỷ quyền; hãy trở về quyền của mình."
        raise _declined(uow, principal, "acting by delegation", "", words, now)
    why_not = _barred(uow, principal, now)
    if why_not:
        raise _declined(uow, principal, why_not, "", BARS[why_not], now)
    told = [each for each in notices.officers(uow) if each not in principal.persons]
    if len(told) < MIN_WITNESSES:
        words = "Chưa mở khẩn cấp được: hệ thống chưa có đủ hai người kiểm soát đang hoạt động để báo."
        raise _declined(uow, principal, "nobody to be told", "", words, now)
    view = visibility(principal, Action.EMERGENCY_OPEN)
    found = store.dossier_to_open(uow.session, view, asked.unit_id or 0, named)
    if found is None:
        raise Refused(Verb.EMERGENCY_OPEN, kind="dossier", reason="missing, or never opened this way")
    dossier, unit = found
    if dossiers.find_dossier(uow.session, visibility(principal, Action.DOSSIER_READ), dossier.id) is not None:
        words = "Hồ sơ này anh/chị xem được theo cách thường: hãy mở ở mục Hồ sơ."
        raise _declined(uow, principal, "can be read in the ordinary way", "named", words, now)
    opened = _opened(uow, principal, dossier, unit, reason, now)
    target = Target(unit.path, dossier.secrecy, dossier.compartment, dossier.id)
    what = What("dossier", dossier.id, dossier.number)
    detail = {"emergency": opened.id, "told": len(told), "review_by": opened.review_by.isoformat()}
    note(uow, principal, Verb.EMERGENCY_OPEN, now, what=what, why=Why(reason, PURPOSE), target=target, detail=detail)
    notices.tell(uow, told, "emergency_opened", "emergency", opened.id, dossier.number, now)
    return opened


def _declined(
    uow: UnitOfWork, principal: Principal, reason: str, field: str, words: str, now: datetime
) -> InvalidInput:
    """The row of a try that is turned down in plain words; whoever calls keeps the transaction for its sake."""
    note(uow, principal, Verb.EMERGENCY_OPEN, now, outcome=Outcome.REFUSED, why=Why(reason))
    return InvalidInput(field, words)


def _opened(
    uow: UnitOfWork, principal: Principal, dossier: Dossier, unit: Unit, reason: str, now: datetime
) -> Emergency:
    """The emergency, and the opening under which the ordinary viewer lets its person in."""
    until = now + timedelta(minutes=policy.value(uow, "emergency_minutes", now))
    today = day_in_hanoi(now)
    opened = Emergency(
        account_id=principal.account_id,
        behalf_of=principal.behalf_of,
        dossier_id=dossier.id,
        unit_id=unit.id,
        reason=reason,
        opened_at=now,
        until=until,
        review=Review.WAITING,
        review_by=after_working(today, REVIEW_WORKING_DAYS, consultations.calendar(uow, today)),
    )
    uow.session.add(opened)
    let_in = Opening(
        account_id=principal.account_id, dossier_id=dossier.id, purpose=PURPOSE, reason=reason, at=now, until=until
    )
    uow.session.add(let_in)
    uow.session.flush()
    return opened


def close(uow: UnitOfWork, principal: Principal, emergency_id: str, now: datetime) -> None:
    """Its person closes it before the minutes are over. Refused when it is another's, over or missing."""
    require_role(principal, Action.EMERGENCY_OPEN, Verb.EMERGENCY_CLOSE)
    found = next(
        (each for each in store.running(uow.session, principal.account_id, now) if each.id == emergency_id), None
    )
    if found is None:
        raise Refused(
            Verb.EMERGENCY_CLOSE, kind="emergency", object_id=emergency_id, reason="missing, over or another's"
        )
    _shut(uow, found, now)
    row = next(each for each in store.mine(uow.session, principal.account_id, MINE_SHOWN) if each.emergency is found)
    what = What("emergency", emergency_id, row.number)
    note(uow, principal, Verb.EMERGENCY_CLOSE, now, what=what, target=row.target)


def _shut(uow: UnitOfWork, emergency: Emergency, now: datetime) -> None:
    """Ends what is still running, with the openings made under it."""
    if emergency.closed_at is not None or emergency.until <= now:
        return
    emergency.closed_at = now
    opening = dossiers.live_opening(uow.session, emergency.account_id, emergency.dossier_id, now)
    while opening is not None:
        opening.until = now
        uow.session.flush()
        opening = dossiers.live_opening(uow.session, emergency.account_id, emergency.dossier_id, now)


def mine(uow: UnitOfWork, principal: Principal) -> list[EmergencyRow]:
    """The person's own emergencies, newest first."""
    require_role(principal, Action.EMERGENCY_OPEN, Verb.EMERGENCY_LIST)
    return store.mine(uow.session, principal.account_id, MINE_SHOWN)


def why_barred(uow: UnitOfWork, principal: Principal, now: datetime) -> str:
    """Words for why the person may not open one now; "" when they may."""
    return BARS.get(_barred(uow, principal, now), "")


@dataclass(frozen=True)
class Reviews:
    """The reviewers' list: what waits, what is done."""

    open: list[EmergencyRow]
    done: list[EmergencyRow]


def reviews(uow: UnitOfWork, principal: Principal, now: datetime) -> Reviews:
    """Emergencies that wait for their review and those reviewed; journalled. No cadre is named."""
    require_role(principal, Action.EMERGENCY_REVIEW, Verb.EMERGENCY_LIST)
    withheld = principal.withheld
    found = Reviews(store.open_reviews(uow.session, withheld), store.reviewed(uow.session, withheld, DONE_SHOWN))
    ids = [row.emergency.dossier_id for row in (*found.open, *found.done)]
    note(uow, principal, Verb.EMERGENCY_LIST, now, what=What("emergency"), detail={"shown": len(ids), "ids": ids})
    return found


@dataclass(frozen=True)
class Looked:
    """What was looked at in the minutes: a verb, what it was, when."""

    at: str
    verb: str
    label: str


@dataclass(frozen=True)
class ReviewView:
    """One emergency for its reviewer, with what its person did in the dossier meanwhile."""

    row: EmergencyRow
    own_unit: str
    looked: tuple[Looked, ...]
    names: dict[str, str]
    may_review: bool


def _row(uow: UnitOfWork, principal: Principal, emergency_id: str, verb: Verb) -> EmergencyRow:
    require_role(principal, Action.EMERGENCY_REVIEW, verb)
    row = store.find(uow.session, principal.withheld, emergency_id)
    if row is None:
        raise Refused(verb, kind="emergency", object_id=emergency_id, reason="missing or withheld")
    return row


def look(uow: UnitOfWork, principal: Principal, emergency_id: str, now: datetime) -> ReviewView:
    """One emergency as its reviewer judges it: why, and every look, by number; journalled."""
    row = _row(uow, principal, emergency_id, Verb.EMERGENCY_VIEW)
    each = row.emergency
    done = EntryFilter(
        actor_id=each.account_id,
        since=journal.utc_text(each.opened_at),
        until=journal.utc_text((each.closed_at or each.until) + timedelta(seconds=1)),
    )
    entries, _total = journal.find(uow.session, done, 500, 0)
    looked = tuple(
        Looked(entry.at, entry.verb, entry.object_label)
        for entry in reversed(entries)
        if each.dossier_id in (entry.object_id, _dossier_of(entry.detail))
    )
    hands = {each.reviewed_by or "", each.escalated_by or "", each.behalf_of} - {""}
    own_unit = units.by_id(uow.session, row.account.unit_id)
    what = What("emergency", emergency_id, row.number)
    note(uow, principal, Verb.EMERGENCY_VIEW, now, what=what, target=row.target)
    return ReviewView(
        row,
        own_unit.name if own_unit else "",
        looked,
        people.names_of(uow.session, hands),
        _may_review(principal, each),
    )


def _dossier_of(detail: str) -> str:
    """The dossier a row was about, where its detail says it."""
    return str(json.loads(detail or "{}").get("dossier", ""))


def _may_review(principal: Principal, emergency: Emergency) -> bool:
    """Not who opened it, nor whose authority was used, nor who passed it on; and it still waits."""
    hands = {emergency.account_id, emergency.behalf_of, emergency.escalated_by}
    return emergency.review in OPEN and not principal.persons & hands


def review(uow: UnitOfWork, principal: Principal, emergency_id: str, finding: str, words: str, now: datetime) -> Review:
    """Says whether it was justified, or passes it on to another; ends it when it still runs.

    Refused for who opened it, whose authority was used, or who passed it on. InvalidInput without words.
    """
    row = _row(uow, principal, emergency_id, Verb.EMERGENCY_REVIEW)
    each = row.emergency
    if not _may_review(principal, each):
        raise Refused(Verb.EMERGENCY_REVIEW, kind="emergency", object_id=emergency_id, reason="not theirs to judge")
    said = squeezed(words, 1000)
    allowed = [Review.JUSTIFIED, Review.UNJUSTIFIED] + ([Review.ESCALATED] if each.review == Review.WAITING else [])
    if finding not in allowed:
        raise InvalidInput("finding", "Hãy chọn kết luận.")
    if len(said) < MIN_PURPOSE_TEXT:
        raise InvalidInput("words", f"Hãy ghi nhận xét, ít nhất {MIN_PURPOSE_TEXT} ký tự.")
    found = Review(finding)
    each.review = found
    if found is Review.ESCALATED:
        each.escalated_by, each.escalated_at, each.escalation_words = principal.account_id, now, said
        others = [one for one in notices.officers(uow) if one not in principal.persons]
        notices.tell(uow, others, "emergency_escalated", "emergency", each.id, row.number, now)
    else:
        each.reviewed_by, each.reviewed_at, each.review_words = principal.account_id, now, said
        notices.tell(uow, [each.account_id], "emergency_reviewed", "own_emergency", each.id, row.number, now)
    if found is not Review.JUSTIFIED:
        _shut(uow, each, now)
    uow.session.flush()
    what, detail = What("emergency", each.id, row.number), {"finding": str(found), "dossier": each.dossier_id}
    note(uow, principal, Verb.EMERGENCY_REVIEW, now, what=what, target=row.target, why=Why(said), detail=detail)
    return found


def waiting(uow: UnitOfWork, principal: Principal, now: datetime) -> tuple[int, int]:
    """How many wait for their review, and how many of these are overdue."""
    return store.waiting(uow.session, principal.withheld, day_in_hanoi(now))
