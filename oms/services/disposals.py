"""The end of a dossier: closing, retention, holds, and disposal by two persons with a record left behind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from oms.domain.access import Action, Principal, Target, highest, permits, visibility
from oms.domain.approvals import Kind, Request, why_not_second
from oms.domain.journal import Verb
from oms.domain.keeping import DisposalState, DossierState, after_years
from oms.domain.records import HANOI, day_in_hanoi
from oms.errors import InvalidInput, Refused
from oms.services import case_follow, catalogues, custody, delegations
from oms.services.house import House, What, Why, note, require_role
from oms.services.shelf import dossier_for, require_held, squeezed
from oms.store import destruction, dossiers, keeping, papers, people
from oms.store.custody_tables import Disposal, Hold, Loan, Transfer
from oms.store.db import UnitOfWork
from oms.store.destruction import DisposalRow
from oms.store.dossiers import DossierRow
from oms.store.tables import Dossier, Unit
from vietnamese.dates import parse_date


@dataclass(frozen=True)
class KeptUntil:
    """Until when a closed dossier is kept, by which rule."""

    day: date
    years: int
    legal_basis: str
    mark: str

    def over(self, today: date) -> bool:
        """Whether the time is over."""
        return today > self.day


def retention(uow: UnitOfWork, dossier: Dossier, today: date) -> KeptUntil | None:
    """Until when a dossier is kept; None while it is not closed. By the rule of today: a longer time counts at once."""
    if dossier.closed_on is None:
        return None
    rule = catalogues.load(uow).rule("quy_tac", "retention.personnel", today)
    years = int(rule.extra["value"])
    return KeptUntil(after_years(dossier.closed_on, years), years, rule.legal_basis, rule.mark)


@dataclass(frozen=True)
class KeepingView:
    """All that is kept of a dossier's keeping: state, retention, holds, loans, transfers, disposals. No content."""

    row: DossierRow
    until: KeptUntil | None
    over: bool
    holds: tuple[Hold, ...]
    loans: tuple[Loan, ...]
    transfers: tuple[tuple[Transfer, Unit, Unit], ...]
    disposals: tuple[Disposal, ...]
    names: dict[str, str]

    @property
    def asked(self) -> bool:
        return any(each.state == DisposalState.ASKED for each in self.disposals)


def read(uow: UnitOfWork, principal: Principal, dossier_id: str, now: datetime) -> KeepingView:
    """How a dossier is kept; it names the cadre and no paper. A look is a row."""
    row = dossier_for(uow, principal, dossier_id, Action.CUSTODY_HOLD, Verb.DISPOSAL_LIST)
    what = What("dossier", dossier_id, row.dossier.number)
    note(uow, principal, Verb.DISPOSAL_LIST, now, what=what, target=custody.target_of(row), detail={"shown": 1})
    today = now.astimezone(HANOI).date()
    holds, asked = keeping.holds_of(uow.session, dossier_id), destruction.disposals_of(uow.session, dossier_id)
    loans = keeping.open_loans(uow.session, [dossier_id]).get(dossier_id, [])
    hands = {hold.set_by for hold in holds} | {hold.lifted_by or "" for hold in holds}
    hands |= {each.asked_by for each in asked} | {each.decided_by or "" for each in asked}
    until = retention(uow, row.dossier, today)
    return KeepingView(
        row,
        until,
        bool(until and until.over(today)),
        tuple(holds),
        tuple(loans),
        tuple(keeping.transfers_of(uow.session, dossier_id)),
        tuple(asked),
        people.names_of(uow.session, hands - {""}),
    )


def close(
    uow: UnitOfWork, principal: Principal, dossier_id: str, closed_on: str, reason: str, now: datetime
) -> Dossier:
    """Closes the dossier of a person who left: from that day its retention runs."""
    row = dossier_for(uow, principal, dossier_id, Action.CUSTODY_WORK, Verb.DOSSIER_CLOSE)
    require_held(row)
    if row.dossier.state != DossierState.HELD:
        raise InvalidInput("closed_on", "Hồ sơ này đã đóng.")
    found = parse_date(closed_on)
    try:
        day = date.fromisoformat(found.iso()) if found else None
    except ValueError:
        day = None
    if day is None:
        raise InvalidInput("closed_on", "Hãy nhập đủ ngày thôi công tác như 01/07/2026.")
    if day > now.astimezone(HANOI).date():
        raise InvalidInput("closed_on", "Ngày thôi công tác chưa đến.")
    if day.isoformat() <= row.cadre.birth_date:
        raise InvalidInput("closed_on", "Ngày thôi công tác phải sau ngày sinh của cán bộ.")
    if len(squeezed(reason, 300)) < 5:
        raise InvalidInput("closing_reason", "Hãy ghi vì sao đóng: nghỉ hưu, thôi việc, từ trần… và số quyết định.")
    row.dossier.state, row.dossier.closed_on = DossierState.CLOSED, day
    _note_closing(uow, principal, row, squeezed(reason, 300), {"closed_on": day.isoformat()}, now)
    return row.dossier


def reopen(uow: UnitOfWork, principal: Principal, dossier_id: str, reason: str, now: datetime) -> Dossier:
    """Takes a closing back: the person came back, or it was a mistake. Not while a disposal waits."""
    row = dossier_for(uow, principal, dossier_id, Action.CUSTODY_WORK, Verb.DOSSIER_CLOSE)
    if row.dossier.state != DossierState.CLOSED:
        raise InvalidInput("reopen_reason", "Hồ sơ này không ở trạng thái đã đóng.")
    if _asked(uow, dossier_id):
        raise InvalidInput("reopen_reason", "Hồ sơ đang có đề nghị tiêu huỷ chờ duyệt.")
    if len(squeezed(reason, 300)) < 5:
        raise InvalidInput("reopen_reason", "Hãy ghi vì sao mở lại.")
    row.dossier.state, row.dossier.closed_on = DossierState.HELD, None
    _note_closing(uow, principal, row, squeezed(reason, 300), {"act": "reopen"}, now)
    return row.dossier


def _note_closing(
    uow: UnitOfWork, principal: Principal, row: DossierRow, reason: str, detail: dict[str, str], now: datetime
) -> None:
    what, target = What("dossier", row.dossier.id, row.dossier.number), custody.target_of(row)
    note(uow, principal, Verb.DOSSIER_CLOSE, now, what=what, target=target, why=Why(reason), detail=detail)


@dataclass(frozen=True)
class NewHold:
    """What is typed to hold a dossier."""

    reason: str
    legal_basis: str
    bars_transfer: bool = False


def hold(uow: UnitOfWork, principal: Principal, dossier_id: str, new: NewHold, now: datetime) -> Hold:
    """Bars a dossier's disposal, and its transfer when asked, until somebody lifts it."""
    row = dossier_for(uow, principal, dossier_id, Action.CUSTODY_HOLD, Verb.HOLD_SET)
    require_held(row)
    reason, basis = squeezed(new.reason, 500), squeezed(new.legal_basis, 300)
    if len(reason) < 10:
        raise InvalidInput("hold_reason", "Hãy ghi vì sao giữ hồ sơ, ít nhất 10 ký tự.")
    if len(basis) < 3:
        raise InvalidInput("hold_basis", "Hãy ghi căn cứ: số văn bản, điều khoản.")
    made = Hold(
        dossier_id=dossier_id,
        reason=reason,
        legal_basis=basis,
        bars_transfer=new.bars_transfer,
        set_by=principal.account_id,
        set_at=now,
    )
    uow.session.add(made)
    uow.session.flush()
    what = What("hold", made.id, row.dossier.number)
    detail = {"dossier": dossier_id, "bars_transfer": made.bars_transfer}
    note(uow, principal, Verb.HOLD_SET, now, what=what, target=custody.target_of(row), detail=detail)
    return made


def lift(uow: UnitOfWork, principal: Principal, hold_id: str, reason: str, now: datetime) -> Hold:
    """Lifts a hold, with words."""
    found = keeping.find_hold(uow.session, visibility(principal, Action.CUSTODY_HOLD), hold_id)
    if found is None:
        raise Refused(Verb.HOLD_LIFT, kind="hold", object_id=hold_id, reason="missing or not visible")
    made, row = found
    if made.lifted_at is not None:
        raise InvalidInput("lift_reason", "Lệnh giữ này đã bỏ.")
    words = squeezed(reason, 500)
    if len(words) < 10:
        raise InvalidInput("lift_reason", "Hãy ghi vì sao bỏ lệnh giữ, ít nhất 10 ký tự.")
    made.lifted_by, made.lifted_at, made.lift_reason = principal.account_id, now, words
    what = What("hold", hold_id, row.dossier.number)
    detail = {"dossier": row.dossier.id}
    note(uow, principal, Verb.HOLD_LIFT, now, what=what, target=custody.target_of(row), detail=detail)
    return made


def _asked(uow: UnitOfWork, dossier_id: str) -> bool:
    return any(each.state == DisposalState.ASKED for each in destruction.disposals_of(uow.session, dossier_id))


def _hindered(uow: UnitOfWork, row: DossierRow, today: date) -> str:
    """Why a dossier may not be disposed of today, or "". Asked when it is asked for and again when it is decided."""
    session, dossier = uow.session, row.dossier
    if dossier.state == DossierState.DISPOSED:
        return "Hồ sơ này đã tiêu huỷ."
    until = retention(uow, dossier, today)
    if dossier.state != DossierState.CLOSED or until is None:
        return "Hồ sơ chưa đóng nên chưa tính thời hạn lưu."
    if not until.over(today):
        return f"Chưa hết thời hạn lưu: giữ đến hết ngày {until.day:%d/%m/%Y} ({until.years} năm)."
    if keeping.open_holds(session, dossier.id):
        return "Hồ sơ đang có lệnh giữ, không được tiêu huỷ."
    if keeping.open_loans(session, [dossier.id]):
        return "Hồ sơ đang cho mượn hoặc trả chưa đủ trang."
    if keeping.open_transfer(session, dossier.id) is not None:
        return "Hồ sơ đang có lần chuyển giao chưa xong."
    if destruction.elsewhere(session, dossier.id):
        return "Có mục lý lịch của hồ sơ khác dẫn tài liệu trong hồ sơ này; hãy thay nguồn của các mục đó trước."
    return ""


@dataclass(frozen=True)
class NewDisposal:
    """What is typed to ask for a disposal."""

    reason: str
    legal_basis: str
    minutes_no: str


def ask(uow: UnitOfWork, principal: Principal, dossier_id: str, new: NewDisposal, now: datetime) -> Disposal:
    """Asks for a dossier to be disposed of; another person decides. InvalidInput says what stands in the way."""
    row = dossier_for(uow, principal, dossier_id, Action.DISPOSAL_ASK, Verb.DISPOSAL_ASK)
    hindered = _hindered(uow, row, now.astimezone(HANOI).date())
    if not hindered and _asked(uow, dossier_id):
        hindered = "Hồ sơ này đã có đề nghị tiêu huỷ chờ duyệt."
    if hindered:
        raise InvalidInput("disposal_reason", hindered)
    reason, basis, minutes = squeezed(new.reason, 500), squeezed(new.legal_basis, 300), squeezed(new.minutes_no, 80)
    if len(reason) < 10:
        raise InvalidInput("disposal_reason", "Hãy ghi lý do tiêu huỷ, ít nhất 10 ký tự.")
    if len(basis) < 3:
        raise InvalidInput("disposal_basis", "Hãy ghi căn cứ pháp lý.")
    if not minutes:
        raise InvalidInput("minutes_no", "Hãy ghi số biên bản họp hội đồng xét huỷ.")
    made = Disposal(
        dossier_id=dossier_id,
        state=DisposalState.ASKED,
        reason=reason,
        legal_basis=basis,
        minutes_no=minutes,
        asked_by=principal.account_id,
        asked_at=now,
    )
    uow.session.add(made)
    uow.session.flush()
    what = What("disposal", made.id, row.dossier.number)
    detail = {"dossier": dossier_id}
    note(uow, principal, Verb.DISPOSAL_ASK, now, what=what, target=custody.target_of(row), detail=detail)
    case_follow.begin(uow, principal, case_follow.about("disposal", made.id, made.state, row.dossier), now)
    return made


def _disposal(uow: UnitOfWork, principal: Principal, disposal_id: str, action: Action, verb: Verb) -> DisposalRow:
    row = destruction.find_disposal(uow.session, visibility(principal, action), disposal_id)
    if row is None:
        raise Refused(verb, kind="disposal", object_id=disposal_id, reason="missing or not visible")
    return row


@dataclass(frozen=True)
class DisposalView:
    """A disposal as its page tells it; ``papers`` are those this person may see, of the stub once it is done."""

    row: DisposalRow
    papers: tuple[dict[str, object], ...]
    shared: int
    names: dict[str, str]
    until: KeptUntil | None
    hindered: str
    may_decide: bool


def _seen(principal: Principal, line: dict[str, object]) -> bool:
    level, compartment = line["secrecy"], line["compartment"]
    return isinstance(level, int) and level <= principal.clearance and compartment in ("", *principal.compartments)


def view(uow: UnitOfWork, principal: Principal, disposal_id: str, now: datetime) -> DisposalView:
    """One disposal: by number, type and pages of its papers, no title. A look is a row."""
    row = _disposal(uow, principal, disposal_id, Action.CUSTODY_HOLD, Verb.DISPOSAL_LIST)
    disposal = row.disposal
    kept = json.loads(disposal.stub)
    lines = kept["papers"] if kept else _stub_lines(uow, row.dossier.id)
    shown = tuple(line for line in lines if _seen(principal, line))
    target = Target(row.unit.path, row.dossier.secrecy, row.dossier.compartment)
    what = What("disposal", disposal_id, row.dossier.number)
    note(uow, principal, Verb.DISPOSAL_LIST, now, what=what, target=target, detail={"shown": len(shown)})
    today = now.astimezone(HANOI).date()
    waits = disposal.state == DisposalState.ASKED
    hindered = _hindered(uow, DossierRow(row.dossier, row.cadre, row.unit), today) if waits else ""
    second = permits(principal, Action.DISPOSAL_APPROVE) and _why_not_second(uow, principal, disposal) is None
    names = people.names_of(uow.session, {disposal.asked_by, disposal.decided_by or ""} - {""})
    until = retention(uow, row.dossier, today)
    return DisposalView(row, shown, int(kept.get("shared", 0)), names, until, hindered, waits and second)


def _stub_lines(uow: UnitOfWork, dossier_id: str) -> list[dict[str, object]]:
    """What stays known of each paper: id, number, type, pages, level, SHA-256 of its file and its pages' images."""
    return [
        {
            "id": line.document,
            "serial": line.serial,
            "type": line.type,
            "pages": line.pages,
            "secrecy": line.secrecy,
            "compartment": line.compartment,
            "sha256": line.original,
            "images": list(line.images),
        }
        for line in keeping.sealed_lines(uow.session, dossier_id)
    ]


def _why_not_second(uow: UnitOfWork, principal: Principal, disposal: Disposal) -> str | None:
    """Why this person may not be the second of a disposal: the rule of every act of two persons."""
    askers = frozenset(delegations.behind(uow, [disposal.asked_by], disposal.asked_at))
    request = Request(Kind.DISPOSE, askers, people.units_of(uow.session, askers))
    return why_not_second(request, principal, people.units_of(uow.session, principal.persons))


def _still_asks(uow: UnitOfWork, disposal: Disposal, now: datetime) -> bool:
    """Whether whoever asked could ask for the same today: of an account that lost it there is no first person left."""
    asker, today = people.by_id(uow.session, disposal.asked_by), day_in_hanoi(now)
    if asker is None or not asker.active:
        return False
    person = people.principal_of(uow.session, asker, today=today)
    lent = delegations.offered(uow, asker.id, now)
    hands = [person, *(delegations.acting(uow, person, each.id, now) for each, _giver in lent)]
    return any(
        dossiers.find_dossier(uow.session, visibility(each, Action.DISPOSAL_ASK), disposal.dossier_id) is not None
        for each in hands
    )


def decide(
    uow: UnitOfWork, principal: Principal, disposal_id: str, approve: bool, reason: str, now: datetime
) -> Disposal:
    """Approves or refuses a disposal: a person with the right, of another unit than the one that asked.

    Approved, everything the dossier held is removed in this transaction, and a stub stays; the files of the vault go
    after it is on the disk (:func:`sweep`). InvalidInput says what stands in the way; nothing is removed then.
    """
    row = _disposal(uow, principal, disposal_id, Action.DISPOSAL_APPROVE, Verb.DISPOSAL_DECIDE)
    disposal = row.disposal
    hindering = _why_not_second(uow, principal, disposal)
    if hindering is not None:
        raise Refused(Verb.DISPOSAL_DECIDE, kind="disposal", object_id=disposal_id, reason=hindering)
    if disposal.state != DisposalState.ASKED:
        raise InvalidInput("decision", "Đề nghị này đã được quyết định.")
    if approve and not _still_asks(uow, disposal, now):
        raise InvalidInput("decision", "Người đề nghị không còn quyền đề nghị việc này; hãy từ chối đề nghị.")
    target = Target(row.unit.path, row.dossier.secrecy, row.dossier.compartment)
    what = What("disposal", disposal_id, row.dossier.number)
    disposal.decided_by, disposal.decided_at = principal.account_id, now
    if not approve:
        words = squeezed(reason, 500)
        if len(words) < 5:
            raise InvalidInput("decision_reason", "Hãy ghi vì sao không duyệt.")
        disposal.state, disposal.refusal = DisposalState.REFUSED, words
        detail = {"dossier": row.dossier.id, "approved": False}
        note(uow, principal, Verb.DISPOSAL_DECIDE, now, what=what, target=target, detail=detail)
        case_follow.follow(uow, principal, "disposal", disposal_id, disposal.state, now)
        return disposal
    hindered = _hindered(uow, DossierRow(row.dossier, row.cadre, row.unit), now.astimezone(HANOI).date())
    if hindered:
        raise InvalidInput("decision", hindered)
    lines = _stub_lines(uow, row.dossier.id)
    detail = {"dossier": row.dossier.id, "approved": True, "papers": len(lines)}
    note(uow, principal, Verb.DISPOSAL_DECIDE, now, what=what, target=target, detail=detail)
    _remove(uow, row, lines)
    case_follow.follow(uow, principal, "disposal", disposal_id, disposal.state, now)
    return disposal


def _remove(uow: UnitOfWork, row: DisposalRow, lines: list[dict[str, object]]) -> None:
    kept = {"number": row.dossier.number, "unit": row.unit.code, "unit_name": row.unit.name, "papers": lines}
    removed = destruction.remove_content(uow.session, row.disposal, row.dossier)
    row.disposal.stub = json.dumps(kept | {"shared": removed.shared}, ensure_ascii=False, sort_keys=True)


def sweep(house: House) -> int:
    """Removes the files of disposals that are on the disk as done; returns how many files went.

    Called after a disposal and by the housekeeper every hour, so that what a kill left is removed. A file that
    something names again is kept. The list is emptied only when its files are gone.
    """
    gone = 0
    with house.database.transaction() as session:
        for disposal in destruction.unfinished(session):
            needed = papers.kept_files(session)
            for sha in json.loads(disposal.files):
                if sha not in needed:
                    gone += house.vault.destroy(sha)
            disposal.files = "[]"
    return gone


@dataclass(frozen=True)
class Waiting:
    """Disposals that wait for this person's word, and those they asked for, with the names of who asked."""

    to_decide: tuple[DisposalRow, ...] = ()
    mine: tuple[DisposalRow, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)


def _to_decide(uow: UnitOfWork, principal: Principal, rows: list[DisposalRow]) -> list[DisposalRow]:
    if not permits(principal, Action.DISPOSAL_APPROVE):
        return []
    return [row for row in rows if _why_not_second(uow, principal, row.disposal) is None]


def waiting(uow: UnitOfWork, principal: Principal, now: datetime) -> Waiting:
    """What of the acts of two persons is a disposal, for their desk; where something is shown, a look is a row."""
    if not permits(principal, Action.CUSTODY_HOLD):
        return Waiting()
    rows = destruction.waiting(uow.session, visibility(principal, Action.CUSTODY_HOLD))
    mine = [row for row in rows if row.disposal.asked_by == principal.account_id]
    found = Waiting(tuple(_to_decide(uow, principal, rows)), tuple(mine))
    shown = [*found.to_decide, *found.mine]
    if shown:
        level, areas = highest((row.dossier.secrecy, row.dossier.compartment) for row in shown)
        target = Target(principal.unit_path, level, next(iter(areas), ""))
        note(uow, principal, Verb.DISPOSAL_LIST, now, target=target, detail={"shown": len(shown), "list": "waiting"})
    return replace(found, names=people.names_of(uow.session, {row.disposal.asked_by for row in shown}))


def waiting_count(uow: UnitOfWork, principal: Principal) -> int:
    """How many disposals wait for this person's word, for the home page."""
    if not permits(principal, Action.DISPOSAL_APPROVE):
        return 0
    rows = destruction.waiting(uow.session, visibility(principal, Action.DISPOSAL_APPROVE))
    return len(_to_decide(uow, principal, rows))


@dataclass(frozen=True)
class Desk:
    """The desk of retention: what is past its time (or all that is closed), and what was asked for."""

    closed: tuple[tuple[DossierRow, KeptUntil], ...]
    closed_total: int
    asked: tuple[DisposalRow, ...]
    asked_total: int
    years: int
    legal_basis: str
    mark: str


def desk(uow: UnitOfWork, principal: Principal, every: bool, limit: int, offset: int, now: datetime) -> Desk:
    """Closed dossiers past their time (``every``: all closed ones) and disposals, in scope; a look is a row."""
    require_role(principal, Action.CUSTODY_HOLD, Verb.DISPOSAL_LIST)
    scope, today = visibility(principal, Action.CUSTODY_HOLD), now.astimezone(HANOI).date()
    rule = catalogues.load(uow).rule("quy_tac", "retention.personnel", today)
    years = int(rule.extra["value"])
    until = None if every else after_years(today, -years) - timedelta(days=1)
    rows, total = destruction.closed_dossiers(uow.session, scope, until, limit, offset)
    dated = [(row, retention(uow, row.dossier, today)) for row in rows]
    closed = tuple((row, kept) for row, kept in dated if kept and (every or kept.over(today)))
    asked, asked_total = destruction.disposals(uow.session, scope, 50, 0)
    detail = {"shown": len(closed), "total": total, "disposals": len(asked)}
    note(uow, principal, Verb.DISPOSAL_LIST, now, detail=detail)
    return Desk(closed, total, tuple(asked), asked_total, years, rule.legal_basis, rule.mark)
