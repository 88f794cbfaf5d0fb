"""A dossier on its way to another unit: a sealed list, a second person who counts, and no move unless all of it fits.

Whoever seals may see less than all of it: the seal covers every paper, the list shown is cut for each reader.
Receiving needs a person of the receiving side who may see every paper of the list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from oms.domain.access import Action, Principal, Target, covers, highest, visibility
from oms.domain.journal import Outcome, Verb
from oms.domain.keeping import (
    Difference,
    DossierState,
    SealedLine,
    TransferState,
    differences,
    lines_of,
    seal_of,
    sealed_text,
)
from oms.domain.records import HANOI
from oms.errors import InvalidInput, Refused
from oms.services import case_follow, delegations, secret_copies
from oms.services.case_follow import Begun
from oms.services.house import What, Why, note, require_role
from oms.services.secret_copies import Copied, Leaving
from oms.services.shelf import dossier_for, require_held, squeezed
from oms.store import keeping, people, units
from oms.store.custody_tables import Transfer
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.keeping import TransferRow
from oms.store.secrecy_tables import SecretCopy
from oms.store.tables import Dossier, Unit

CLOSED_WORDS = "Danh mục không khớp; chỗ lệch chỉ hiện cho người được xem mọi tài liệu của danh mục."


@dataclass(frozen=True)
class NewTransfer:
    """What is typed to begin a transfer."""

    to_unit_id: int | None
    decision_no: str
    reason: str


@dataclass(frozen=True)
class Received:
    """What the receiver found: pages counted by paper, the sender's confirmation on the list, the new number."""

    counted: Mapping[str, int | None]
    confirmed: bool
    number: str
    remark: str = ""


@dataclass(frozen=True)
class TransferView:
    """A transfer as one person may see it; ``lines`` are those within their level and compartments."""

    row: TransferRow
    lines: tuple[SealedLine, ...]
    target: Target
    """The reader's side of the transfer, with the highest level of the dossier and the lines shown."""
    names: dict[str, str]
    may_seal: bool
    may_receive: bool
    refusal: tuple[Difference, ...] = field(default_factory=tuple)
    words: str = ""
    """Why it was refused or taken back, as this person may read it."""

    @property
    def pages(self) -> int:
        return sum(line.pages for line in self.lines)

    @property
    def case_kind(self) -> str:
        """Which of the two cases of the transfer is the reader's own: the sending or the receiving one."""
        return "transfer_out" if self.target.unit_path == self.row.sender.path else "transfer_in"


def receiving_units(uow: UnitOfWork, row: DossierRow, now: datetime) -> list[Unit]:
    """Units of the same block that may take the dossier today (names of units are not records)."""
    today = now.astimezone(HANOI).date()
    return [
        unit
        for unit in units.everything(uow.session)
        if unit.block == row.unit.block and unit.id != row.unit.id and (unit.valid_to is None or unit.valid_to >= today)
    ]


def form(uow: UnitOfWork, principal: Principal, dossier_id: str, now: datetime) -> tuple[DossierRow, list[Unit]]:
    """The form to begin a transfer; it names the cadre, so it is a row."""
    row = dossier_for(uow, principal, dossier_id, Action.CUSTODY_WORK, Verb.TRANSFER_CREATE)
    target = Target(row.unit.path, row.dossier.secrecy, row.dossier.compartment)
    what = What("dossier", dossier_id, row.dossier.number)
    note(uow, principal, Verb.TRANSFER_LIST, now, what=what, target=target, detail={"shown": 0})
    return row, receiving_units(uow, row, now)


def create(uow: UnitOfWork, principal: Principal, dossier_id: str, new: NewTransfer, now: datetime) -> Transfer:
    """Begins a transfer of a dossier to another unit of its block."""
    row = dossier_for(uow, principal, dossier_id, Action.CUSTODY_WORK, Verb.TRANSFER_CREATE)
    require_held(row)
    if keeping.open_transfer(uow.session, dossier_id) is not None:
        raise InvalidInput("to_unit_id", "Hồ sơ này đang có một lần chuyển giao chưa xong.")
    if new.to_unit_id not in {unit.id for unit in receiving_units(uow, row, now)}:
        raise InvalidInput("to_unit_id", "Hãy chọn đơn vị nhận: cùng khối, khác đơn vị đang giữ hồ sơ.")
    decision, reason = squeezed(new.decision_no, 80), squeezed(new.reason, 500)
    if len(decision) < 3:
        raise InvalidInput("decision_no", "Hãy ghi số quyết định hoặc công văn làm căn cứ chuyển.")
    if len(reason) < 5:
        raise InvalidInput("reason", "Hãy ghi lý do chuyển hồ sơ.")
    transfer = Transfer(
        dossier_id=dossier_id,
        from_unit_id=row.unit.id,
        to_unit_id=new.to_unit_id,
        state=TransferState.DRAFT,
        decision_no=decision,
        reason=reason,
        number_before=row.dossier.number,
        created_by=principal.account_id,
        created_at=now,
    )
    uow.session.add(transfer)
    uow.session.flush()
    target = Target(row.unit.path, row.dossier.secrecy, row.dossier.compartment)
    what = What("transfer", transfer.id, row.dossier.number)
    detail = {"dossier": dossier_id, "to": new.to_unit_id}
    note(uow, principal, Verb.TRANSFER_CREATE, now, what=what, target=target, detail=detail)
    begun = case_follow.about("transfer_out", transfer.id, transfer.state, row.dossier, principal.account_id)
    case_follow.begin(uow, principal, begun, now)
    return transfer


def _transfer(uow: UnitOfWork, principal: Principal, transfer_id: str, verb: Verb) -> TransferRow:
    row = keeping.find_transfer(uow.session, visibility(principal, Action.CUSTODY_WORK), transfer_id)
    if row is None:
        raise Refused(verb, kind="transfer", object_id=transfer_id, reason="missing or not visible")
    return row


def _side(principal: Principal, unit: Unit) -> bool:
    return any(covers(scope, unit.path) for scope in principal.scopes)


def _on_side(principal: Principal, row: TransferRow, unit: Unit, verb: Verb) -> None:
    """Refused when the person sees the transfer but does not act for this side of it."""
    if not _side(principal, unit):
        raise Refused(verb, kind="transfer", object_id=row.transfer.id, reason="other side of the transfer")


def _target(row: TransferRow, unit: Unit) -> Target:
    return Target(unit.path, row.dossier.secrecy, row.dossier.compartment)


def _shown_at(row: TransferRow, unit: Unit, lines: list[SealedLine]) -> Target:
    """A side of the transfer at the highest level of what is shown of it."""
    parts = [(row.dossier.secrecy, row.dossier.compartment), *((line.secrecy, line.compartment) for line in lines)]
    level, areas = highest(parts)
    return Target(unit.path, level, row.dossier.compartment or next(iter(areas), ""), row.dossier.id)


def _about(row: TransferRow) -> What:
    return What("transfer", row.transfer.id, row.transfer.number_before)


def _head(row: TransferRow) -> dict[str, str]:
    """What the seal covers beside the papers."""
    return {
        "kind": "oms transfer 1",
        "transfer": row.transfer.id,
        "dossier": row.dossier.id,
        "number": row.transfer.number_before,
        "from": row.sender.code,
        "to": row.receiver.code,
        "decision": row.transfer.decision_no,
    }


def _hindered(uow: UnitOfWork, row: TransferRow) -> str:
    """Why the dossier cannot be sealed now, or ""."""
    session, dossier_id = uow.session, row.dossier.id
    if row.dossier.state == DossierState.DISPOSED:
        return "Hồ sơ này đã tiêu huỷ."
    if any(hold.bars_transfer for hold in keeping.open_holds(session, dossier_id)):
        return "Hồ sơ đang có lệnh giữ, không được chuyển giao."
    if keeping.open_loans(session, [dossier_id]):
        return "Hồ sơ đang cho mượn hoặc trả chưa đủ trang; hãy nhận lại đủ rồi mới niêm phong."
    if keeping.open_change(session, dossier_id):
        return "Lý lịch đang có thay đổi chưa duyệt xong; hãy duyệt hoặc rút trước khi niêm phong."
    if not keeping.papers_of(session, dossier_id):
        return "Hồ sơ chưa có tài liệu nào để lập danh mục."
    if keeping.being_read(session, dossier_id):
        return "Máy còn đang đọc một tài liệu vừa vào hồ sơ; hãy niêm phong sau khi đọc xong."
    if case_follow.own_work_on(uow, dossier_id):
        return "Còn hồ sơ công việc đang giải quyết về hồ sơ này; hãy kết thúc trước khi niêm phong."
    return ""


def seal(uow: UnitOfWork, principal: Principal, transfer_id: str, now: datetime) -> Transfer:
    """Seals the list of a draft: who seals confirms it for the sender. InvalidInput says what stands in the way."""
    row = _transfer(uow, principal, transfer_id, Verb.TRANSFER_SEAL)
    _on_side(principal, row, row.sender, Verb.TRANSFER_SEAL)
    if row.transfer.state != TransferState.DRAFT:
        raise InvalidInput("transfer", "Lần chuyển giao này không còn ở bước soạn.")
    hindered = _hindered(uow, row)
    if hindered:
        raise InvalidInput("transfer", hindered)
    text = sealed_text(_head(row), keeping.sealed_lines(uow.session, row.dossier.id))
    transfer = row.transfer
    transfer.contents, transfer.seal, transfer.state = text, seal_of(text), TransferState.SEALED
    transfer.sealed_by, transfer.sealed_at = principal.account_id, now
    detail = {"dossier": row.dossier.id, "seal": transfer.seal}
    target = _target(row, row.sender)
    note(uow, principal, Verb.TRANSFER_SEAL, now, what=_about(row), target=target, detail=detail)
    case_follow.follow(uow, principal, "transfer_out", transfer.id, transfer.state, now)
    _arriving(uow, principal, row, now)
    return transfer


def _arriving(uow: UnitOfWork, principal: Principal, row: TransferRow, now: datetime) -> None:
    """The receiver's half of the work: about no dossier of theirs until they have it, but at its level."""
    level = row.dossier.secrecy, row.dossier.compartment
    of = f"hồ sơ số {row.transfer.number_before}"
    begun = Begun("transfer_in", row.transfer.id, row.transfer.state, row.receiver.id, of, "", *level)
    case_follow.begin(uow, principal, begun, now)


def cancel(uow: UnitOfWork, principal: Principal, transfer_id: str, words: str, now: datetime) -> None:
    """Takes a transfer back before it is received; the dossier never left."""
    row = _transfer(uow, principal, transfer_id, Verb.TRANSFER_REFUSE)
    _on_side(principal, row, row.sender, Verb.TRANSFER_REFUSE)
    if row.transfer.state not in (TransferState.DRAFT, TransferState.SEALED):
        raise InvalidInput("refusal", "Lần chuyển giao này đã kết thúc.")
    said = squeezed(words, 500)
    if len(said) < 5:
        raise InvalidInput("refusal", "Hãy ghi vì sao huỷ chuyển giao.")
    _close(row, TransferState.CANCELLED, principal, now)
    row.transfer.refusal = said
    detail = {"dossier": row.dossier.id, "act": "cancel"}
    note(uow, principal, Verb.TRANSFER_REFUSE, now, what=_about(row), target=_target(row, row.sender), detail=detail)
    _end_cases(uow, principal, row, now)


def _close(row: TransferRow, state: TransferState, principal: Principal, now: datetime) -> None:
    row.transfer.state, row.transfer.closed_by, row.transfer.closed_at = state, principal.account_id, now


def _end_cases(uow: UnitOfWork, principal: Principal, row: TransferRow, now: datetime) -> None:
    for kind in ("transfer_out", "transfer_in"):
        case_follow.follow(uow, principal, kind, row.transfer.id, row.transfer.state, now)


def _visible_lines(principal: Principal, lines: list[SealedLine]) -> list[SealedLine]:
    held = principal.compartments
    return [
        line
        for line in lines
        if line.secrecy <= principal.clearance and (not line.compartment or line.compartment in held)
    ]


def _listed(uow: UnitOfWork, row: TransferRow) -> list[SealedLine]:
    """The papers of a transfer: as sealed, or as they lie now while it is a draft."""
    if row.transfer.seal:
        return lines_of(row.transfer.contents)
    if row.transfer.state != TransferState.DRAFT:
        return []
    return keeping.sealed_lines(uow.session, row.dossier.id)


def read(uow: UnitOfWork, principal: Principal, transfer_id: str, now: datetime) -> TransferView:
    """One transfer: papers by number, type and pages, no title and no page. A look is a row."""
    row = _transfer(uow, principal, transfer_id, Verb.TRANSFER_LIST)
    lines = _visible_lines(principal, _listed(uow, row))
    transfer = row.transfer
    sending, receiving = _side(principal, row.sender), _side(principal, row.receiver)
    target = _shown_at(row, row.sender if sending else row.receiver, lines)
    note(uow, principal, Verb.TRANSFER_LIST, now, what=_about(row), target=target, detail={"shown": len(lines)})
    hands = {transfer.created_by, transfer.sealed_by or "", transfer.closed_by or ""} - {""}
    sealers = [transfer.created_by, transfer.sealed_by]
    second = not delegations.same_side(uow, principal, sealers, transfer.created_at)
    shown = {line.serial for line in lines}
    kept = json.loads(transfer.checked)
    differs = kept.get("differs", []) if isinstance(kept, dict) else []
    return TransferView(
        row,
        tuple(lines),
        target,
        people.names_of(uow.session, hands),
        transfer.state == TransferState.DRAFT and sending,
        transfer.state == TransferState.SEALED and receiving and second,
        tuple(Difference(**each) for each in differs if each["serial"] in shown),
        _told(principal, transfer, kept),
    )


def _told(principal: Principal, transfer: Transfer, kept: object) -> str:
    """The words of a refusal name papers by number: only for who may see every one of them."""
    levels = kept.get("levels", []) if isinstance(kept, dict) else []
    hidden = any(
        secrecy > principal.clearance or (compartment and compartment not in principal.compartments)
        for secrecy, compartment in levels
    )
    return CLOSED_WORDS if hidden else transfer.refusal


def listing(
    uow: UnitOfWork, principal: Principal, state: str, limit: int, offset: int, now: datetime
) -> tuple[list[TransferRow], int]:
    """Transfers of either side in scope; a look is a row."""
    require_role(principal, Action.CUSTODY_WORK, Verb.TRANSFER_LIST)
    view = visibility(principal, Action.CUSTODY_WORK)
    rows, total = keeping.transfers(uow.session, view, state, limit, offset)
    level, areas = highest((row.dossier.secrecy, row.dossier.compartment) for row in rows)
    target = Target(principal.unit_path, level, next(iter(areas), ""))
    detail = {"state": state, "shown": len(rows), "total": total}
    note(uow, principal, Verb.TRANSFER_LIST, now, target=target, detail=detail)
    return rows, total


@dataclass(frozen=True)
class Outcomes:
    """What came of receiving: taken over, or refused with words and the lines that differ, as the receiver may know.

    A paper filed after the seal may lie above the receiver: the words that name it then stay in the transfer.
    """

    received: bool
    words: str
    differs: tuple[Difference, ...] = ()


def receive(uow: UnitOfWork, principal: Principal, transfer_id: str, found: Received, now: datetime) -> Outcomes:
    """Takes the dossier over when everything fits; else refuses it, with what differs, and it stays where it was.

    InvalidInput when the receiver has not counted or numbered it yet, or may not see all of it: nothing is decided.
    """
    row = _transfer(uow, principal, transfer_id, Verb.TRANSFER_RECEIVE)
    _on_side(principal, row, row.receiver, Verb.TRANSFER_RECEIVE)
    transfer = row.transfer
    if transfer.state != TransferState.SEALED:
        raise InvalidInput("transfer", "Lần chuyển giao này không chờ nhận.")
    if delegations.same_side(uow, principal, [transfer.created_by, transfer.sealed_by], transfer.created_at):
        raise InvalidInput("transfer", "Người lập hoặc niêm phong không tự nhận; hãy để người khác của bên nhận.")
    lines = lines_of(transfer.contents)
    if len(_visible_lines(principal, lines)) != len(lines):
        words = "Việc nhận cần người được xem mọi tài liệu trong danh mục niêm phong (độ mật, khu vực hạn chế)."
        raise InvalidInput("transfer", words)
    if any(hold.bars_transfer for hold in keeping.open_holds(uow.session, row.dossier.id)):
        raise InvalidInput("transfer", "Hồ sơ đang có lệnh giữ đặt sau khi niêm phong; chưa nhận được.")
    number = squeezed(found.number, 60)
    words, differs = _judged(uow, row, lines, found)
    if words:
        return _refuse(uow, principal, row, words, differs, now)
    if not number:
        raise InvalidInput("number", "Hãy nhập số hồ sơ mới tại đơn vị nhận.")
    if keeping.number_taken(uow.session, row.receiver.id, number):
        raise InvalidInput("number", "Đơn vị nhận đã có hồ sơ mang số đó.")
    _take_over(uow, principal, row, number, found, now)
    return Outcomes(True, "")


def _judged(
    uow: UnitOfWork, row: TransferRow, lines: list[SealedLine], found: Received
) -> tuple[str, list[Difference]]:
    """Why the dossier is not taken over ("" when it is), and the lines that differ."""
    said, differs = [], differences(lines, found.counted)
    if row.transfer.sealed_by is None or not found.confirmed:
        said.append("Danh mục không có xác nhận của bên giao.")
    if differs:
        listed = "; ".join(
            f"số {each.serial}: danh mục {each.listed} trang, "
            + ("không thấy" if each.counted is None else f"đếm được {each.counted}")
            for each in differs
        )
        said.append(f"Tài liệu không khớp – {listed}.")
    if seal_of(row.transfer.contents) != row.transfer.seal:
        said.append("Danh mục đã niêm phong bị sửa sau khi niêm phong: không còn khớp mã niêm phong.")
    again = sealed_text(_head(row), keeping.sealed_lines(uow.session, row.dossier.id))
    if seal_of(again) != row.transfer.seal:
        said.append("Danh mục trong hệ thống không còn đúng với niêm phong: " + _changed(lines, lines_of(again)))
    if found.remark and said:
        said.append(f"Ghi chú của bên nhận: {squeezed(found.remark, 300)}")
    return " ".join(said), differs


def _changed(sealed: list[SealedLine], now: list[SealedLine]) -> str:
    """Which papers are not what was sealed."""
    before, after = ({line.document: line for line in lines} for lines in (sealed, now))
    gone = [line.serial for name, line in before.items() if name not in after]
    new = [line.serial for name, line in after.items() if name not in before]
    other = [line.serial for name, line in before.items() if name in after and after[name] != line]
    parts = []
    for words, serials in (("đã rời hồ sơ", gone), ("thêm vào", new), ("đã đổi", other)):
        if serials:
            parts.append(f"{words} số {', '.join(serials)}")
    return ("; ".join(parts) or "thông tin chung đã đổi") + "."


def _refuse(
    uow: UnitOfWork, principal: Principal, row: TransferRow, words: str, differs: list[Difference], now: datetime
) -> Outcomes:
    _close(row, TransferState.REFUSED, principal, now)
    row.transfer.refusal = words
    listed = [*lines_of(row.transfer.contents), *keeping.sealed_lines(uow.session, row.dossier.id)]
    levels = sorted({(line.secrecy, line.compartment) for line in listed})
    kept = {"differs": [asdict(each) for each in differs], "levels": levels}
    row.transfer.checked = json.dumps(kept, ensure_ascii=False)
    detail = {"dossier": row.dossier.id, "differs": len(differs), "act": "refuse"}
    target = _target(row, row.receiver)
    note(
        uow, principal, Verb.TRANSFER_REFUSE, now, what=_about(row), target=target, detail=detail,
        why=Why("the list does not match"), outcome=Outcome.DONE,
    )  # fmt: skip
    _end_cases(uow, principal, row, now)
    return Outcomes(False, _told(principal, row.transfer, kept), tuple(differs))


def _take_over(
    uow: UnitOfWork, principal: Principal, row: TransferRow, number: str, found: Received, now: datetime
) -> None:
    """Moves the dossier with all its papers; the old number stays in the transfer."""
    dossier = uow.session.get_one(Dossier, row.dossier.id)
    detail = {"dossier": dossier.id, "from": row.sender.id, "to": row.receiver.id, "seal": row.transfer.seal}
    for unit in (row.sender, row.receiver):
        note(uow, principal, Verb.TRANSFER_RECEIVE, now, what=_about(row), target=_target(row, unit), detail=detail)
    dossier.shelf = ""
    # moved while it is still on its way: the database's own wall lets the receiver touch nothing else of the sender's
    keeping.move_dossier(uow.session, dossier, row.receiver.id, number)
    _close(row, TransferState.RECEIVED, principal, now)
    row.transfer.number_after = number
    counted = {name: pages for name, pages in found.counted.items() if pages is not None}
    row.transfer.checked = json.dumps({"counted": counted}, ensure_ascii=False)
    _end_cases(uow, principal, row, now)
    case_follow.now_about(uow, "transfer_out", row.transfer.id, None)  # the sender's work stays the sender's
    case_follow.now_about(uow, "transfer_in", row.transfer.id, dossier)
    case_follow.dossier_moved(uow, principal, dossier, now)


@dataclass(frozen=True)
class Minutes:
    """What the record of a hand-over is printed from, and its line in the register of copies where it has a level."""

    view: TransferView
    sealed_at: str
    entered: SecretCopy | None


def minutes(
    uow: UnitOfWork, principal: Principal, transfer_id: str, now: datetime, leaving: Leaving | None = None
) -> Minutes:
    """The record of a hand-over with the list as sealed, to be printed and signed; a print is a row.

    With a level in it, it leaves by the register of copies: InvalidInput when that is not said.
    """
    view = read(uow, principal, transfer_id, now)
    transfer = view.row.transfer
    if not transfer.seal:
        raise InvalidInput("transfer", "Hãy niêm phong danh mục trước khi in biên bản.")
    sealed, why = transfer.sealed_at, f"Giao nhận hồ sơ theo {transfer.decision_no}"
    copied = Copied("minutes", _about(view.row), view.target, principal.unit_id, view.row.dossier.id)
    entered = secret_copies.enter(uow, principal, copied, leaving, why, now)
    return Minutes(view, f"{sealed.astimezone(HANOI):%d/%m/%Y %H:%M}" if sealed else "", entered)
