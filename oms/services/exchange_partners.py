"""Partners of the exchange: added by the administrator from their card, in force once a second person has approved.

The keys are compared by telephone before they are approved: both sides read the same ten groups out. A card of a
partner in force, with other keys, takes the old one's place when it is approved (a change of keys).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, Target
from oms.domain.approvals import MAX_REASON, MIN_REASON, Kind, Line
from oms.domain.journal import Verb
from oms.domain.packages import PartnerState
from oms.errors import InvalidInput, Refused
from oms.services import approvals
from oms.services.exchange_keys import Card, Keys, check_address, fingerprint_of, host_of, read_card
from oms.services.house import House, What, note, require
from oms.services.typed_words import squeezed
from oms.settings import ZONES, Settings
from oms.store import packages as store
from oms.store import people, units
from oms.store.db import UnitOfWork
from oms.store.duty_tables import Approval
from oms.store.package_tables import ExchangePartner


@dataclass(frozen=True)
class PartnerLine:
    """A partner with what is compared by telephone."""

    row: ExchangePartner
    keys: str


def own_card(uow: UnitOfWork, settings: Settings, now: datetime) -> bytes:
    """Our public card; InvalidInput when the keys were not made yet."""
    keys, root = Keys(settings.keys), units.root(uow.session)
    if not keys.made or root is None:
        raise InvalidInput("card", "Hệ thống này chưa có khoá trao đổi: chạy lệnh oms exchange keys.")
    about = {
        "name": root.name,
        "code": root.code,
        "party": root.code_party,
        "state": root.code_state,
        "zone": settings.zone,
        "address": settings.exchange_address,
    }
    return keys.card(about, now)


def make_keys(house: House, now: datetime, *, anew: bool = False) -> bool:
    """Makes the exchange's keys, or new ones; a row tells it. Whether any were made."""
    made = Keys(house.settings.keys).make(host_of(house.settings), now, anew=anew)
    if made:
        with house.work(None, now) as uow:
            note(uow, None, Verb.PARTNER_ADD, now, what=What("partner", "own"), detail={"own_keys": "made"})
    return made


def listing(uow: UnitOfWork, principal: Principal, now: datetime) -> list[PartnerLine]:
    """Every partner; a look is a row."""
    require(principal, Action.EXCHANGE_MANAGE, Verb.PARTNER_LIST)
    rows = store.partners(uow.session)
    note(uow, principal, Verb.PARTNER_LIST, now, detail={"shown": len(rows)})
    return [PartnerLine(row, keys_of(row)) for row in rows]


def keys_of(row: ExchangePartner) -> str:
    """The ten groups to be compared."""
    return compared(row.verify_key, row.recipient, row.fingerprint)


def compared(verify_key: str, recipient: str, fingerprint: str) -> str:
    """The ten groups over three public keys."""
    return fingerprint_of(verify_key, recipient, fingerprint)


def add(uow: UnitOfWork, principal: Principal, data: bytes, reason: str, now: datetime) -> Approval:
    """Adds a partner from its card and asks a second person of another unit to approve it."""
    require(principal, Action.EXCHANGE_MANAGE, Verb.PARTNER_ADD)
    card = read_card(data)
    row = _row(uow, card, principal, now)
    keys = keys_of(row)
    lines = _lines(card, keys, next((each for each in store.active(uow.session) if each.code == card.code), None))
    what = What("partner", row.id, f"{card.name} ({card.code})")
    root = principal.unit_path.split("/")[0]
    wanted = approvals.Wanted(Kind.PARTNER, what, Target(root), reason, lines, {"partner": row.id, "keys": keys})
    asked = approvals.ask(uow, principal, wanted, now)
    row.approval_id = asked.id
    detail = {"code": card.code, "keys": keys, "approval": asked.id}
    note(uow, principal, Verb.PARTNER_ADD, now, what=what, detail=detail)
    return asked


def _lines(card: Card, keys: str, old: ExchangePartner | None) -> tuple[Line, ...]:
    """What is approved; beside it the partner in force whose place the card takes."""
    folder = "qua thư mục, thiết bị nhớ"
    before = (f"{old.name} ({old.code})", ZONES[old.zone], old.address or folder, keys_of(old)) if old else ("",) * 4
    return (
        Line("Đối tác", before[0], f"{card.name} ({card.code})"),
        Line("Vùng mạng", before[1], ZONES[card.zone]),
        Line("Địa chỉ máy chủ", before[2], card.address or folder),
        Line("Mã khoá, đối chiếu qua điện thoại", before[3], keys),
    )


def _row(uow: UnitOfWork, card: Card, principal: Principal, now: datetime) -> ExchangePartner:
    same = store.active_by_key(uow.session, card.verify_key)
    if same is not None and (same.recipient, same.fingerprint, same.address) == (
        card.recipient, card.fingerprint, card.address,
    ):  # fmt: skip
        raise InvalidInput("card", "Đối tác này với khoá này đang dùng.")
    root = units.root(uow.session)
    if root is not None and card.code == root.code:
        raise InvalidInput("card", "Thẻ này mang mã của chính hệ thống này.")
    row = ExchangePartner(
        name=card.name,
        code=card.code,
        code_party=card.party,
        code_state=card.state,
        zone=card.zone,
        verify_key=card.verify_key,
        recipient=card.recipient,
        certificate=card.certificate,
        fingerprint=card.fingerprint,
        address=card.address,
        state=PartnerState.ASKED,
        added_by=principal.account_id,
        added_at=now,
    )
    uow.session.add(row)
    uow.session.flush()
    return row


def _carry_out(uow: UnitOfWork, asked: Approval, principal: Principal, now: datetime) -> None:
    wanted = approvals.payload_of(asked)
    row = store.partner(uow.session, str(wanted["partner"]))
    if row is None or row.state != PartnerState.ASKED or keys_of(row) != wanted["keys"]:
        raise InvalidInput("decision", "Đối tác không còn như lúc đề nghị; hãy từ chối và đề nghị lại.")
    for old in store.active(uow.session):
        if old.code == row.code:
            _end(old, asked.asked_by, "Thay bằng thẻ mới", now)
            detail = {"code": old.code, "by_card": row.id}
            note(uow, principal, Verb.PARTNER_REVOKE, now, what=What("partner", old.id, old.name), detail=detail)
    row.state, row.approved_at = PartnerState.ACTIVE, now
    detail = {"code": row.code, "keys": keys_of(row), "approval": asked.id}
    note(uow, principal, Verb.PARTNER_TRUST, now, what=What("partner", row.id, row.name), detail=detail)


approvals.register(Kind.PARTNER, _carry_out)


def _end(row: ExchangePartner, by: str, reason: str, now: datetime) -> None:
    row.state, row.revoked_by, row.revoked_at, row.revoke_reason = PartnerState.REVOKED, by, now, reason


def revoke(uow: UnitOfWork, principal: Principal, partner_id: str, reason: str, now: datetime) -> ExchangePartner:
    """Ends a partner at once, by one person: what they sign is refused from now on, and nothing goes to them."""
    require(principal, Action.EXCHANGE_MANAGE, Verb.PARTNER_REVOKE, kind="partner", object_id=partner_id)
    row = store.partner(uow.session, partner_id)
    if row is None:
        raise Refused(Verb.PARTNER_REVOKE, kind="partner", object_id=partner_id, reason="missing")
    words = squeezed(reason, MAX_REASON)
    if len(words) < MIN_REASON:
        raise InvalidInput("reason", f"Hãy ghi lý do, ít nhất {MIN_REASON} ký tự.")
    if row.state not in (PartnerState.ACTIVE, PartnerState.ASKED):
        raise InvalidInput("reason", "Đối tác này đã kết thúc.")
    _end(row, principal.account_id, words, now)
    what = What("partner", row.id, row.name)
    note(uow, principal, Verb.PARTNER_REVOKE, now, what=what, detail={"code": row.code})
    return row


def set_address(uow: UnitOfWork, principal: Principal, partner_id: str, address: str, now: datetime) -> None:
    """Writes where a partner's server is reached; empty: by folder. Keys are not touched by it."""
    require(principal, Action.EXCHANGE_MANAGE, Verb.PARTNER_ADD, kind="partner", object_id=partner_id)
    row = store.partner(uow.session, partner_id)
    if row is None:
        raise Refused(Verb.PARTNER_ADD, kind="partner", object_id=partner_id, reason="missing")
    check_address(address.strip())
    row.address = address.strip().rstrip("/")
    what = What("partner", row.id, row.name)
    note(uow, principal, Verb.PARTNER_ADD, now, what=what, detail={"code": row.code, "address": bool(row.address)})


def own_keys(uow: UnitOfWork, settings: Settings, now: datetime) -> str:
    """The ten groups of our own card; "" while there are no keys."""
    if not Keys(settings.keys).made:
        return ""
    card = read_card(own_card(uow, settings, now))
    return compared(card.verify_key, card.recipient, card.fingerprint)


def names_of(uow: UnitOfWork, rows: list[PartnerLine]) -> dict[str, str]:
    """Who added the partners."""
    return people.names_of(uow.session, {line.row.added_by for line in rows})
