"""Asking to study a dossier (mẫu 4b-BNV/2007), from the asker's side.

The asker may not know whether the dossier exists, so they say in words whose it is and what they want to read; nothing
they see before the decision depends on what the holding unit found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from oms.domain.access import Action, Principal, Role, Target, visibility
from oms.domain.catalogue import MIN_PURPOSE_TEXT, PURPOSES
from oms.domain.consultations import OPEN, Phase, State, days_problem, phase
from oms.domain.journal import Verb
from oms.domain.organisation import stands_on
from oms.domain.records import day_in_hanoi
from oms.domain.working_days import Calendar
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import case_follow, catalogues, days_off, notices, policy, usage_register
from oms.services.case_follow import Begun
from oms.services.house import UnitOfWork, What, Why, note, require_role
from oms.store import consultations as store
from oms.store import dossiers, people, units
from oms.store.consultation_tables import Consultation as Consultation
from oms.store.past_walls import past_walls
from oms.store.tables import Dossier, Unit
from vietnamese.dates import parse_date
from vietnamese.text import nfc

WAITING_MOST = 30
"""Requests of one person that may wait at once."""


@dataclass(frozen=True)
class Wanted:
    """A request as typed."""

    unit_id: int | None
    person: str
    person_more: str
    papers: str
    purpose: str
    reason: str
    place: str
    first: str
    last: str


def phase_of(asked: Consultation, now: datetime) -> Phase:
    """Where it stands now."""
    return phase(asked.state, asked.last_day, (asked.given_first, asked.given_last), day_in_hanoi(now))


def calendar(uow: UnitOfWork, day: date) -> Calendar:
    """The days offices work about a day."""
    return days_off.calendar(catalogues.load(uow), day)


def days_max(uow: UnitOfWork, now: datetime) -> int:
    """How many working days a consultation may run."""
    return policy.value(uow, "consultation_days_max", now)


def squeezed(text: str, most: int) -> str:
    """One line of text, spaces squeezed."""
    return " ".join(nfc(text).split())[:most]


def day_of(field_name: str, text: str) -> date:
    """A whole day as typed; InvalidInput names the field."""
    found = parse_date(text)
    try:
        return date.fromisoformat(found.iso() if found else "")
    except ValueError:
        raise InvalidInput(field_name, "Hãy nhập đủ ngày, tháng, năm như 05/12/2026.") from None


def stale() -> Conflict:
    """Somebody took the next step first."""
    error = Conflict()
    error.message_vi = (
        "Yêu cầu này vừa được người khác xử lý. Thao tác của anh/chị chưa được ghi; hãy tải lại trang để xem bản mới."
    )
    return error


def take_step(uow: UnitOfWork, asked: Consultation, version: int) -> None:
    """The next step, once; Conflict for the second of two."""
    if not store.step(uow.session, asked, version):
        raise stale()


def target_of(uow: UnitOfWork, asked: Consultation, holder: Unit) -> Target:
    """A request as the journal keeps it: the unit asked, or once it is found, the dossier with its level."""
    with past_walls(uow.session):  # whoever asked sees the papers lent alone; the journal knows the dossier's level
        dossier = uow.session.get(Dossier, asked.dossier_id) if asked.dossier_id else None
    unit = units.by_id(uow.session, dossier.unit_id) if dossier else None
    if dossier is None or unit is None:
        return Target(holder.path)
    return Target(unit.path, dossier.secrecy, dossier.compartment, dossier.id)


def units_to_ask(uow: UnitOfWork, now: datetime) -> list[Unit]:
    """Every unit that may hold dossiers today; what units there are is no secret."""
    today = day_in_hanoi(now)
    return [
        each
        for each in units.everything(uow.session)
        if each.block != "all" and stands_on(each.valid_from, each.valid_to, today)
    ]


def _checked(uow: UnitOfWork, wanted: Wanted, now: datetime) -> tuple[Unit, dict[str, str], date, date]:
    unit = next((each for each in units_to_ask(uow, now) if each.id == wanted.unit_id), None)
    if unit is None:
        raise InvalidInput("unit_id", "Hãy chọn đơn vị quản lý hồ sơ.")
    texts = {"person": squeezed(wanted.person, 200), "person_more": squeezed(wanted.person_more, 300)}
    texts["papers"], texts["place"] = squeezed(wanted.papers, 1000), squeezed(wanted.place, 300)
    texts["purpose"], texts["reason"] = wanted.purpose, squeezed(wanted.reason, 500)
    for name, least, words in (
        ("person", 2, "Hãy nhập họ và tên cán bộ có hồ sơ cần nghiên cứu."),
        ("papers", 5, "Hãy ghi cần nghiên cứu những tài liệu nào."),
        ("reason", MIN_PURPOSE_TEXT, f"Hãy ghi rõ lý do, ít nhất {MIN_PURPOSE_TEXT} ký tự."),
        ("place", 3, "Hãy ghi nơi anh/chị sẽ nghiên cứu."),
    ):
        if len(texts[name]) < least:
            raise InvalidInput(name, words)
    if wanted.purpose not in PURPOSES:
        raise InvalidInput("purpose", "Hãy chọn mục đích.")
    first, last = day_of("first", wanted.first), day_of("last", wanted.last)
    today = day_in_hanoi(now)
    wrong = days_problem(first, last, today, days_max(uow, now), calendar(uow, today))
    if wrong:
        raise InvalidInput(*wrong)
    return unit, texts, first, last


def ask(uow: UnitOfWork, principal: Principal, wanted: Wanted, now: datetime) -> Consultation:
    """Sends a request to the unit that holds the dossier; InvalidInput names what is not said.

    Never looks for the dossier: the answer is the same whether there is one or not.
    """
    require_role(principal, Action.CONSULT_ASK, Verb.CONSULTATION_ASK)
    unit, texts, first, last = _checked(uow, wanted, now)
    waiting, _total = store.mine(uow.session, principal.account_id, WAITING_MOST * 4, 0)
    alive = [each for each, _unit in waiting if phase_of(each, now) in (Phase.ASKED, Phase.PREPARED)]
    if len(alive) >= WAITING_MOST:
        raise InvalidInput("person", f"Anh/chị đang có {WAITING_MOST} yêu cầu chờ xử lý; hãy chờ hoặc rút bớt.")
    year = day_in_hanoi(now).year
    asked = Consultation(
        number=f"{store.next_number(uow.session, year)}/{year}",
        holder_unit_id=unit.id,
        asked_by=principal.account_id,
        asked_behalf=principal.behalf_of,
        asked_unit_id=principal.unit_id,
        asked_at=now,
        first_day=first,
        last_day=last,
        state=State.ASKED,
        **texts,
    )
    uow.session.add(asked)
    uow.session.flush()
    why = Why(texts["reason"], texts["purpose"])
    what = What("consultation", asked.id, asked.number)
    note(uow, principal, Verb.CONSULTATION_ASK, now, what=what, why=why, target=Target(unit.path))
    begun = Begun("consultation", asked.id, asked.state, unit.id, f"yêu cầu số {asked.number}")
    case_follow.begin(uow, principal, begun, now)
    officers = reaching(uow, unit.path, Role.RECORDS_OFFICER) - principal.persons
    officers = frozenset(each for each in officers if not store.about_kin(uow.session, {each}, asked.id))
    notices.tell(uow, officers, "consultation_asked", "consultation_prepare", asked.id, asked.number, now)
    return asked


def reaching(uow: UnitOfWork, path: str, role: Role) -> frozenset[str]:
    """Active accounts of a role whose scope covers a unit."""
    found = units.accounts_reaching(uow.session, [path])
    return frozenset(each.id for each in found if each.role == role)


def prefilled(uow: UnitOfWork, principal: Principal, dossier_id: str, now: datetime) -> dict[str, str]:
    """Whose dossier and which unit, for an asker who may see it in lists; nothing for anybody else."""
    row = dossiers.find_dossier(uow.session, visibility(principal, Action.CADRE_LIST), dossier_id)
    if row is None:
        return {}
    more = " · ".join(filter(None, (row.cadre.birth_date[:4], row.cadre.position, f"hồ sơ số {row.dossier.number}")))
    target = Target(row.unit.path, row.dossier.secrecy, row.dossier.compartment)
    what = What("dossier", dossier_id, row.dossier.number)
    note(uow, principal, Verb.CADRE_LIST, now, what=what, target=target, detail={"shown": 1, "total": 1})
    return {"unit_id": str(row.unit.id), "person": row.cadre.full_name, "person_more": more[:300]}


@dataclass(frozen=True)
class Own:
    """A request as its asker sees it: their own words, how far it is, and once it is decided, what was given."""

    asked: Consultation
    holder: Unit
    phase: Phase
    asking: Unit | None = None
    asker: str = ""
    approver: str = ""

    @property
    def decided(self) -> bool:
        return self.phase in (Phase.COMING, Phase.RUNNING, Phase.REVOKED) or (
            self.phase is Phase.ENDED and self.asked.given_first is not None
        )


def mine(uow: UnitOfWork, principal: Principal, limit: int, offset: int, now: datetime) -> tuple[list[Own], int]:
    """The person's own requests, newest first, and how many."""
    require_role(principal, Action.CONSULT_ASK, Verb.CONSULTATION_LIST)
    found, total = store.mine(uow.session, principal.account_id, limit, offset)
    return [Own(asked, unit, phase_of(asked, now)) for asked, unit in found], total


def own(uow: UnitOfWork, principal: Principal, consultation_id: str, verb: Verb, now: datetime) -> Own:
    """One request of the person's own. Refused when it is another's or missing."""
    found = store.asked(uow.session, principal.account_id, consultation_id)
    if found is None:
        raise Refused(verb, kind="consultation", object_id=consultation_id, reason="missing or another person's")
    asked, unit = found
    stands = phase_of(asked, now)
    known = Own(asked, unit, stands)
    approver = people.names_of(uow.session, {asked.decided_by}) if known.decided and asked.decided_by else {}
    return Own(
        asked,
        unit,
        stands,
        units.by_id(uow.session, asked.asked_unit_id),
        people.names_of(uow.session, {asked.asked_by}).get(asked.asked_by, ""),
        approver.get(asked.decided_by or "", ""),
    )


def close(uow: UnitOfWork, principal: Principal, consultation_id: str, now: datetime) -> Phase:
    """The asker withdraws what is not decided or has not begun, or ends what runs; returns what it was."""
    require_role(principal, Action.CONSULT_ASK, Verb.CONSULTATION_CLOSE)
    view = own(uow, principal, consultation_id, Verb.CONSULTATION_CLOSE, now)
    asked = view.asked
    if view.phase not in (Phase.ASKED, Phase.PREPARED, Phase.COMING, Phase.RUNNING):
        raise InvalidInput("", "Yêu cầu này đã kết thúc.")
    take_step(uow, asked, asked.version)
    asked.state = State.ENDED if view.phase is Phase.RUNNING else State.WITHDRAWN
    asked.closed_by, asked.closed_at = principal.account_id, now
    usage_register.end(uow, asked, principal.account_id, "Người nghiên cứu đã trả", now)
    detail: Mapping[str, object] = {"state": str(asked.state)}
    what = What("consultation", asked.id, asked.number)
    note(
        uow,
        principal,
        Verb.CONSULTATION_CLOSE,
        now,
        what=what,
        target=target_of(uow, asked, view.holder),
        detail=detail,
    )
    case_follow.follow(uow, principal, "consultation", asked.id, asked.state, now)
    return view.phase


def is_open(asked: Consultation) -> bool:
    """Whether nobody has decided it yet."""
    return asked.state in OPEN
