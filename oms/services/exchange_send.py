"""Making packages to be sent: records, hand-overs, updates. The row that says what leaves, to whom and how much is
durable before the worker lets the first byte go.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from oms.domain.access import Action, Principal, Target, Visibility, visibility
from oms.domain.catalogue import MIN_PURPOSE_TEXT, PURPOSES
from oms.domain.journal import Verb
from oms.domain.keeping import seal_of, sealed_text
from oms.domain.organisation import common_path
from oms.domain.packages import FORMAT, KIND_LABELS, VERSION, Kind, OutState, canonical, counts_of, highest_of
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import custody, large_exports, secret_copies
from oms.services.exchange_bag import part_of, parts_of, seal
from oms.services.exchange_content import Choice, Packed, pack, unit_words
from oms.services.exchange_place import Place, check_schema, due_day
from oms.services.house import House, Served, What, Why, note, require_role
from oms.services.large_exports import PersonList
from oms.services.secret_copies import Copied, Leaving
from oms.services.shelf import require_held
from oms.services.typed_words import squeezed
from oms.services.zones import require_zone
from oms.store import dossiers, keeping, units
from oms.store import packages as store
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.package_tables import ExchangePackage, ExchangePartner, ExchangeRecord
from oms.store.packages import PackageRow
from oms.store.tables import Unit

MOST = 200
"""Dossiers of one package."""


@dataclass(frozen=True)
class Wanted:
    """A package as asked for, every value as typed."""

    partner_id: str
    kind: str
    dossiers: tuple[str, ...]
    purpose: str
    reason: str
    legal_basis: str
    receiver_code: str = ""
    decision: str = ""
    groups: tuple[str, ...] = ()
    partial: bool = False
    leaving: Leaving | None = None


def reader_of(principal: Principal) -> tuple[Visibility, frozenset[str]]:
    """Who looks at packages: what they may see of records, and the accounts whose own and relatives are withheld."""
    return (visibility(principal, Action.EXCHANGE_WORK), principal.persons)


def send(house: House, principal: Principal, wanted: Wanted, now: datetime) -> str:
    """Makes and seals a package in the transaction that journals it, and queues it; its row's id.

    InvalidInput names the field; NeedsSecond when so many persons take two; Refused for a dossier not seen or opened.
    """
    place = Place(house.settings)
    place.make()
    with house.work(principal, now) as uow:
        require_role(principal, Action.EXCHANGE_WORK, Verb.EXCHANGE_SEND)
        partner = store.partner(uow.session, wanted.partner_id)
        if partner is None or partner.state != "active":
            raise InvalidInput("partner_id", "Hãy chọn đối tác đang dùng.")
        if not place.keys.made:
            raise InvalidInput("partner_id", "Hệ thống này chưa có khoá trao đổi: báo người quản trị.")
        kind = _kind(wanted)
        _words(wanted, kind)
        ids = _dossiers(uow, principal, wanted, now)
        choice = Choice(kind, wanted.purpose, frozenset(wanted.groups), wanted.partial)
        packed = pack(uow, principal, partner, ids, choice, now)
        _worth(uow, packed, kind, partner)
        return _make(uow, place, principal, partner, wanted, packed, now)


def _kind(wanted: Wanted) -> Kind:
    if wanted.kind not in (Kind.RECORDS, Kind.TRANSFER, Kind.UPDATE):
        raise InvalidInput("kind", "Hãy chọn loại gói.")
    return Kind(wanted.kind)


def _words(wanted: Wanted, kind: Kind) -> None:
    if wanted.purpose not in PURPOSES:
        raise InvalidInput("purpose", "Hãy chọn mục đích.")
    if len(squeezed(wanted.reason, 500)) < MIN_PURPOSE_TEXT:
        raise InvalidInput("reason", f"Hãy ghi rõ lý do, ít nhất {MIN_PURPOSE_TEXT} ký tự.")
    if len(squeezed(wanted.legal_basis, 300)) < 5:
        raise InvalidInput("legal_basis", "Hãy ghi căn cứ pháp lý của việc gửi.")
    if kind is Kind.TRANSFER and len(squeezed(wanted.decision, 80)) < 3:
        raise InvalidInput("decision", "Chuyển giao hồ sơ cần số quyết định.")


def opened(uow: UnitOfWork, principal: Principal, now: datetime) -> list[DossierRow]:
    """The dossiers the person (or this program of theirs) has open and may send, newest opening first."""
    view = visibility(principal, Action.EXCHANGE_WORK)
    found: dict[str, DossierRow] = {}
    for opening in dossiers.live_openings(uow.session, principal.account_id, now, principal.token_id):
        row = dossiers.find_dossier(uow.session, view, opening.dossier_id)
        if row is not None:
            found.setdefault(row.dossier.id, row)
    return list(found.values())


def _dossiers(uow: UnitOfWork, principal: Principal, wanted: Wanted, now: datetime) -> list[str]:
    if not 1 <= len(wanted.dossiers) <= MOST:
        raise InvalidInput("dossiers", f"Hãy chọn hồ sơ để gửi, nhiều nhất {MOST} hồ sơ một gói.")
    if wanted.kind == Kind.TRANSFER and len(wanted.dossiers) != 1:
        raise InvalidInput("dossiers", "Mỗi gói chuyển giao chỉ gồm một hồ sơ.")
    held = {row.dossier.id for row in opened(uow, principal, now)}
    if not set(wanted.dossiers) <= held:
        raise InvalidInput("dossiers", "Chỉ gửi được hồ sơ đang mở: hãy mở hồ sơ trước khi lập gói.")
    return sorted(set(wanted.dossiers))


def _worth(uow: UnitOfWork, packed: Packed, kind: Kind, partner: ExchangePartner) -> None:
    """InvalidInput for an update of nothing, and for a hand-over of a dossier that may not go, or not whole."""
    row, _opening = packed.rows[0]
    if kind is Kind.UPDATE:
        if not any(record["facts"] or record["ended"] for record in packed.records):
            raise InvalidInput("dossiers", "Không có thông tin nào thay đổi từ lần trao đổi trước với đối tác này.")
        for each, _opened in packed.rows:
            known = any(link.partner_code == partner.code for link in store.links_of(uow.session, each.dossier.id))
            if not known:
                words = f"Hồ sơ số {each.dossier.number} chưa trao đổi với đối tác này: hãy gửi hồ sơ trước."
                raise InvalidInput("dossiers", words)
    if kind is Kind.TRANSFER:
        require_held(row)
        held = keeping.papers_of(uow.session, row.dossier.id)
        if len(held) != len(packed.records[0]["papers"]) or packed.left_out:
            words = "Chuyển giao cần người gửi được xem, và được phép gửi, mọi tài liệu và thông tin của hồ sơ."
            raise InvalidInput("dossiers", words)
        if hindered := _hindered(uow, row.dossier.id):
            raise InvalidInput("dossiers", hindered)


def _hindered(uow: UnitOfWork, dossier_id: str) -> str:
    """Why the dossier cannot be handed over now, or ""."""
    session = uow.session
    if any(hold.bars_transfer for hold in keeping.open_holds(session, dossier_id)):
        return "Hồ sơ đang có lệnh giữ, không được chuyển giao."
    if keeping.open_loans(session, [dossier_id]):
        return "Hồ sơ đang cho mượn hoặc trả chưa đủ trang; hãy nhận lại đủ rồi mới chuyển giao."
    if keeping.open_change(session, dossier_id):
        return "Lý lịch đang có thay đổi chưa duyệt xong; hãy duyệt hoặc rút trước khi chuyển giao."
    if keeping.open_transfer(session, dossier_id) or store.leaving_transfer(session, dossier_id):
        return "Hồ sơ đang có một lần chuyển giao chưa kết thúc."
    if not keeping.papers_of(session, dossier_id):
        return "Hồ sơ chưa có tài liệu nào để lập danh mục."
    return ""


def statement_of(
    uow: UnitOfWork, place: Place, partner: ExchangePartner, package_id: str, kind: Kind, now: datetime
) -> dict[str, Any]:
    """What every statement says: format, ids, both sides."""
    root = units.root(uow.session)
    if root is None:
        raise InvalidInput("partner_id", "Hệ thống này chưa có đơn vị.")
    at = now.astimezone(UTC)
    return {
        "format": FORMAT,
        "version": VERSION,
        "id": package_id,
        "number": f"TD-{at.year}-{package_id[:8].upper()}",
        "kind": str(kind),
        "made_at": at.isoformat(timespec="seconds"),
        "sender": unit_words(root) | {"key": place.keys.public()},
        "receiver": {
            "name": partner.name,
            "code": partner.code,
            "party": partner.code_party,
            "state": partner.code_state,
            "key": partner.verify_key,
        },
        "handling": "restricted",
    }


def about(statement: dict[str, Any]) -> list[tuple[str, str]]:
    """The lines of bag-info.txt: nothing that names a person."""
    return [
        ("Source-Organization", f"{statement['sender']['name']} ({statement['sender']['code']})"),
        ("Bagging-Date", statement["made_at"][:10]),
        ("External-Description", f"OMS exchange package {statement['version']}, {statement['kind']}"),
        ("Bag-Software-Agent", "OMS"),
    ]


def _make(
    uow: UnitOfWork, place: Place, principal: Principal, partner: ExchangePartner, wanted: Wanted,
    packed: Packed, now: datetime,
) -> str:  # fmt: skip
    kind, package_id = Kind(wanted.kind), uuid.uuid4().hex
    unit = _home(uow, packed)
    statement = statement_of(uow, place, partner, package_id, kind, now)
    if code := squeezed(wanted.receiver_code, 35):
        statement["receiver"] = statement["receiver"] | {"code": code}
    statement |= {
        "purpose": wanted.purpose,
        "reason": squeezed(wanted.reason, 500),
        "legal_basis": squeezed(wanted.legal_basis, 300),
        "highest_level": highest_of(packed.records),
        "counts": counts_of(packed.records),
    }
    if kind is Kind.TRANSFER:
        statement["transfer"] = _sealed(uow, statement, packed, squeezed(wanted.decision, 80))
    check_schema("package", statement)
    for record in packed.records:
        check_schema("record", record)
    level = int(statement["highest_level"])
    require_zone(uow, level, "dossiers")
    payload = [part_of("data/package.json", canonical(statement)), *packed.parts]
    made = seal(package_id, parts_of(package_id, payload, about(statement), place.keys), partner.recipient,
                place.file(package_id))  # fmt: skip
    row = ExchangePackage(
        direction="out",
        package_id=package_id,
        kind=kind,
        number=statement["number"],
        partner_id=partner.id,
        unit_id=unit.id,
        secrecy=level,
        state=OutState.QUEUED,
        digest=made.digest,
        file=package_id,
        size=made.size,
        body=json.dumps(statement, ensure_ascii=False),
        by=principal.account_id,
        at=now,
        due_on=due_day(uow, now) if kind is Kind.UPDATE else None,
    )
    uow.session.add(row)
    uow.session.flush()
    _speak_of(uow, row, packed)
    _journal(uow, principal, partner, wanted, packed, row, unit, now)
    return row.id


def _speak_of(uow: UnitOfWork, row: ExchangePackage, packed: Packed) -> None:
    """Writes down whom a package speaks of."""
    rows = [
        ExchangeRecord(
            package_id=row.id,
            dossier_id=each.dossier.id,
            folded_name=each.cadre.folded_name,
            birth_date=each.cadre.birth_date,
            citizen_id=each.cadre.citizen_id,
        )
        for each, _opening in packed.rows
    ]
    store.add_records(uow.session, rows)


def _home(uow: UnitOfWork, packed: Packed) -> Unit:
    """The unit whose people see the package: the dossiers' own, or the one above all of them."""
    path = common_path([row.unit.path for row, _opening in packed.rows])
    return uow.session.get_one(Unit, int(path.rsplit("/", 1)[-1]))


def _sealed(uow: UnitOfWork, statement: dict[str, Any], packed: Packed, decision: str) -> dict[str, str]:
    """The sealed list of a hand-over, as the transfers of the house make it."""
    row = packed.rows[0][0]
    head = {
        "kind": "oms exchange transfer 1",
        "package": statement["id"],
        "dossier": row.dossier.id,
        "number": row.dossier.number,
        "from": statement["sender"]["code"],
        "to": statement["receiver"]["code"],
        "decision": decision,
    }
    text = sealed_text(head, keeping.sealed_lines(uow.session, row.dossier.id))
    return {"decision": decision, "contents": text, "seal": seal_of(text)}


def _journal(
    uow: UnitOfWork, principal: Principal, partner: ExchangePartner, wanted: Wanted, packed: Packed,
    row: ExchangePackage, unit: Unit, now: datetime,
) -> None:  # fmt: skip
    """The rows of what leaves: one a dossier, one for the package; a level goes by the register of copies."""
    reason = squeezed(wanted.reason, 500)
    listed = PersonList(
        f"Gói trao đổi: {KIND_LABELS[row.kind]}",
        {"partner": partner.id, "kind": str(row.kind), "dossiers": [each.dossier.id for each, _o in packed.rows]},
        [large_exports.Part(each.dossier.id, each.dossier.secrecy) for each, _opening in packed.rows],
        reason,
        (("Đối tác", f"{partner.name} ({partner.code})"),),
    )
    cleared = large_exports.clear(uow, principal, listed, now)
    target = Target(unit.path, row.secrecy)
    what = What("package", row.id, row.number)
    copied = Copied("exchange", what, target, unit.id, packed.rows[0][0].dossier.id, packed.pages)
    entered = secret_copies.enter(uow, principal, copied, wanted.leaving, reason, now)
    if entered is not None and entered.copies != 1:
        raise InvalidInput("copies", "Gói trao đổi là một bản: hãy ghi số bản là 1 và một nơi nhận.")
    common = {"package": row.package_id, "partner": partner.id, "kind": str(row.kind)}
    for each, opening in packed.rows:
        about_dossier = What("dossier", each.dossier.id, each.dossier.number)
        custody.note_under(
            uow, principal, Verb.EXCHANGE_SEND, opening, now, about_dossier, custody.target_of(each), common
        )
    detail = common | {"digest": row.digest, "size": row.size, "left_out": packed.left_out, **cleared.detail}
    served = Served(packed.pages, row.size)
    why = Why(reason, wanted.purpose)
    note(uow, principal, Verb.EXCHANGE_SEND, now, what=what, target=target, why=why, detail=detail, served=served)


def stop(uow: UnitOfWork, principal: Principal, row_id: str, now: datetime) -> PackageRow:
    """Takes a package back that has not left yet; the sealed file goes with it."""
    found = found_package(uow, principal, row_id, Verb.EXCHANGE_STOP)
    if found.package.direction != "out" or not store.move(uow.session, row_id, OutState.QUEUED, OutState.STOPPED):
        error = Conflict()
        error.message_vi = "Gói này đã gửi hoặc đã kết thúc nên không dừng được."
        raise error
    uow.session.refresh(found.package)
    found.package.closed_by, found.package.closed_at = principal.account_id, now
    found.package.file = ""
    note(uow, principal, Verb.EXCHANGE_STOP, now, what=what_of(found), target=target_of(found))
    return found


def found_package(uow: UnitOfWork, principal: Principal, row_id: str, verb: Verb) -> PackageRow:
    """A package this person may see; Refused otherwise."""
    row = store.find(uow.session, *reader_of(principal), row_id)
    if row is None or row.package.kind == Kind.RECEIPT:
        raise Refused(verb, kind="package", object_id=row_id, reason="missing or not visible")
    return row


def what_of(row: PackageRow) -> What:
    """A package as the journal names it."""
    return What("package", row.package.id, row.package.number)


def target_of(row: PackageRow) -> Target:
    """A package as the rule sees it."""
    return Target(row.unit.path, row.package.secrecy, row.package.compartment)
