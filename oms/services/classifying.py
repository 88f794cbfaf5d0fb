"""The level of a paper or a dossier: given and raised by one, extended, listed when due, lowered by two alone.

Every act is a row that stays. Nothing falls by itself: what has come to its end is listed for a decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.catalogue import COMPARTMENTS, SECRECY_LABELS
from oms.domain.dated_rows import Catalogue, Row
from oms.domain.journal import Verb
from oms.domain.records import day_in_hanoi, serial_label
from oms.domain.secrecy import BASES, Act, Notice, Standing, bases_for, latest_end, may_hold, standing, unsure
from oms.errors import InvalidInput, Refused
from oms.services import case_follow, catalogues, record, resting
from oms.services.house import What, Why, note, require_role
from oms.services.typed_words import day_of, squeezed
from oms.services.zones import require_zone
from oms.store import copies, dossiers, people
from oms.store import secrecy as store
from oms.store.db import UnitOfWork
from oms.store.past_walls import past_walls
from oms.store.secrecy import Secret
from oms.store.secrecy_tables import Classification
from oms.store.tables import Document, Dossier

SHORTEST_REASON = 10


def target_of(secret: Secret) -> Target:
    """A paper or a dossier as the access rule sees it."""
    document_id = secret.document.id if secret.document else ""
    return Target(secret.unit.path, secret.level, secret.compartment, secret.dossier.id, document_id)


def label_of(secret: Secret) -> str:
    """How the journal names it: numbers alone."""
    if secret.document is None:
        return secret.dossier.number
    document = secret.document
    return f"{secret.dossier.number}/{serial_label(document.serial, document.secrecy, document.compartment)}"


def _what(secret: Secret) -> What:
    return What(secret.kind, secret.id, label_of(secret))


def find(uow: UnitOfWork, principal: Principal, kind: str, object_id: str, verb: Verb) -> Secret:
    """The paper or dossier whose level this person may decide on; Refused when it is missing or hidden."""
    found = store.find_secret(uow.session, visibility(principal, Action.SECRECY_CLASSIFY), kind, object_id)
    if found is None:
        raise Refused(verb, kind=kind, object_id=object_id, reason="missing or not visible")
    return found


@dataclass(frozen=True)
class LevelView:
    """What is known of a level: the row that counts, where it stands, its history, the bases there are."""

    secret: Secret
    standing: Standing
    past: tuple[Classification, ...]
    names: dict[str, str]
    bases: dict[int, list[Row]]
    unsure: bool
    basis_words: str
    held_elsewhere: bool
    """True when pixels of this level lie here though the zone does not allow it."""


def read(uow: UnitOfWork, principal: Principal, kind: str, object_id: str, now: datetime) -> LevelView:
    """The level of a paper or dossier with its history; a look is a row."""
    secret = find(uow, principal, kind, object_id, Verb.SECRECY_VIEW)
    note(uow, principal, Verb.SECRECY_VIEW, now, what=_what(secret), target=target_of(secret))
    catalogue, today = catalogues.load(uow), day_in_hanoi(now)
    past = store.history(uow.session, kind, object_id)
    return LevelView(
        secret,
        _standing(catalogue, secret, today),
        tuple(past),
        people.names_of(uow.session, {row.entered_by for row in past}),
        {level: bases_for(catalogue, level, today) for level in SECRECY_LABELS if level},
        unsure(catalogue, today),
        _basis_words(catalogue, secret.last),
        not may_hold(uow.zone, secret.level) and kind == "document",
    )


def _basis_words(catalogue: Catalogue, last: Classification | None) -> str:
    if last is None or not last.basis_code:
        return ""
    return "; ".join(filter(None, [catalogue.label(BASES, last.basis_code), last.basis]))


def _standing(catalogue: Catalogue, secret: Secret, today: date) -> Standing:
    last = secret.last
    based = last is not None and last.basis_code != "" and last.level == secret.level
    ends = last.expires_on if last is not None and based else None
    return standing(secret.level, ends, based, today, Notice.of(catalogue, today))


@dataclass(frozen=True)
class Listed:
    """A line of the list of what is due."""

    secret: Secret
    standing: Standing
    ends: date | None
    basis: str


def due(uow: UnitOfWork, principal: Principal, limit: int, offset: int, now: datetime) -> tuple[list[Listed], int]:
    """What waits for a decision: ended, soon to end, or without a basis. The look is a row with the count."""
    require_role(principal, Action.SECRECY_CLASSIFY, Verb.SECRECY_LIST)
    catalogue, today = catalogues.load(uow), day_in_hanoi(now)
    until = today + timedelta(days=Notice.of(catalogue, today).listed)
    found, total = store.due(uow.session, visibility(principal, Action.SECRECY_CLASSIFY), until, limit, offset)
    _note_list(uow, principal, [secret.level for secret in found], total, now)
    return [_listed(catalogue, each, today) for each in found], total


def _listed(catalogue: Catalogue, each: Secret, today: date) -> Listed:
    ends = each.last.expires_on if each.last else None
    return Listed(each, _standing(catalogue, each, today), ends, _basis_words(catalogue, each.last))


def _note_list(uow: UnitOfWork, principal: Principal, levels: Sequence[int], total: int, now: datetime) -> None:
    target = Target(principal.unit_path, max(levels, default=0))
    note(uow, principal, Verb.SECRECY_LIST, now, target=target, detail={"shown": len(levels), "total": total})


@dataclass(frozen=True)
class NewLevel:
    """A level as it is to be given; every value as typed. ``expires_on`` empty: as long as the rule allows."""

    level: int
    compartment: str = ""
    basis_code: str = ""
    basis: str = ""
    decided_on: str = ""
    decided_by: str = ""
    expires_on: str = ""
    reason: str = ""


def classify(
    uow: UnitOfWork, principal: Principal, kind: str, object_id: str, new: NewLevel, now: datetime
) -> Classification:
    """Gives or raises a level, at once and by one person, on a basis of the lists; what rests on it rises with it.

    InvalidInput: lower than it is (that takes two persons), no basis, a basis of another level, days out of order, or
    pixels that this zone may not hold.
    """
    secret = find(uow, principal, kind, object_id, Verb.SECRECY_CLASSIFY)
    row = _checked(uow, principal, secret, new, now)
    before = secret.level, secret.compartment
    uow.session.add(row)
    uow.session.flush()
    _lift(uow, secret, row, now)
    detail = {"act": row.act, "from": before[0], "to": row.level, "basis": row.basis_code}
    detail |= {
        "expires": row.expires_on.isoformat() if row.expires_on else "",
        "decided_on": row.decided_on.isoformat(),
    }
    note(uow, principal, Verb.SECRECY_CLASSIFY, now, what=_what(secret), target=target_of(secret), detail=detail)
    return row


def _checked(uow: UnitOfWork, principal: Principal, secret: Secret, new: NewLevel, now: datetime) -> Classification:
    today, catalogue = day_in_hanoi(now), catalogues.load(uow)
    if new.level not in SECRECY_LABELS or new.level == 0 or new.level > principal.clearance:
        raise InvalidInput("level", "Hãy chọn độ mật mà anh/chị được giao.")
    if new.level < secret.level:
        raise InvalidInput("level", "Hạ độ mật, giải mật phải do hai người: hãy lập đề nghị giải mật.")
    area = new.compartment or secret.compartment
    if area not in ("", *COMPARTMENTS) or (area and area not in principal.compartments):
        raise InvalidInput("compartment", "Khu vực hạn chế này anh/chị không được giao.")
    if secret.compartment and area != secret.compartment:
        raise InvalidInput("compartment", "Đưa ra khỏi khu vực hạn chế phải do hai người: hãy lập đề nghị.")
    require_zone(uow, new.level, "level")
    decided_on = day_of("decided_on", new.decided_on, "Ngày xác định độ mật")
    if decided_on > today:
        raise InvalidInput("decided_on", "Ngày xác định độ mật chưa đến.")
    if new.basis_code not in {row.code for row in bases_for(catalogue, new.level, decided_on)}:
        raise InvalidInput(
            "basis_code",
            "Hãy chọn căn cứ có hiệu lực vào ngày xác định và dùng cho độ mật này; không có thì không đóng dấu.",
        )
    return Classification(
        object_kind=secret.kind,
        object_id=secret.id,
        act=Act.RAISE if new.level > secret.level > 0 else Act.SET,
        level=new.level,
        compartment=area,
        decided_on=decided_on,
        decided_by=_decider(new.decided_by),
        basis_code=new.basis_code,
        basis=squeezed(new.basis, 500),
        expires_on=_end(catalogue, new.level, decided_on, new.expires_on),
        reason=squeezed(new.reason, 500),
        entered_by=principal.account_id,
        entered_at=now,
    )


def _decider(typed: str) -> str:
    words = squeezed(typed, 200)
    if len(words) < 5:
        raise InvalidInput("decided_by", "Hãy ghi người có thẩm quyền quyết định: họ tên, chức vụ.")
    return words


def _end(catalogue: Catalogue, level: int, since: date, typed: str) -> date | None:
    """The last day of the protection: what was typed, never later than the rule allows."""
    last = latest_end(catalogue, level, since)
    if not typed.strip():
        return last
    day = day_of("expires_on", typed, "Ngày hết thời hạn bảo vệ")
    if day <= since:
        raise InvalidInput("expires_on", "Thời hạn bảo vệ phải kết thúc sau ngày xác định độ mật.")
    if last is not None and day > last:
        raise InvalidInput("expires_on", f"Thời hạn bảo vệ của độ mật này chậm nhất đến {last:%d/%m/%Y}.")
    return day


def _lift(uow: UnitOfWork, secret: Secret, row: Classification, now: datetime) -> None:
    """Writes a level into the thing itself and whatever rests on it."""
    if secret.document is not None:
        _move_paper(uow, secret.document, row.level, row.compartment, now)
        resting.rise(uow, secret.document, now)
        return
    with past_walls(uow.session):  # also papers and facts of an area in which whoever lifts it has no part
        _lift_dossier(uow, secret.dossier, row, now)


def _lift_dossier(uow: UnitOfWork, dossier: Dossier, row: Classification, now: datetime) -> None:
    before = dossier.secrecy, dossier.compartment
    dossier.secrecy, dossier.compartment = row.level, row.compartment
    uow.session.flush()
    case_follow.dossier_relevelled(uow, dossier, before)
    for document in store.papers_below(uow.session, dossier):
        level = max(document.secrecy, row.level)
        _move_paper(uow, document, level, document.compartment or row.compartment, now)
        resting.rise(uow, document, now)
    for fact in store.facts_without_paper(uow.session, dossier.id):
        fact.secrecy, fact.compartment = max(fact.secrecy, row.level), fact.compartment or row.compartment
    uow.session.flush()
    record.renew(uow, [dossier], now)


def _move_paper(uow: UnitOfWork, document: Document, level: int, compartment: str, now: datetime) -> None:
    """A paper at its new level: its number there, its index entry, and an archival copy that bears the new mark."""
    if (document.secrecy, document.compartment) == (level, compartment):
        return
    document.serial = dossiers.next_serial(uow.session, document.dossier_id or "", level, compartment)
    document.secrecy, document.compartment = level, compartment
    document.version += 1
    uow.session.flush()
    copies.want(uow.session, document.id, document.version, now)


def extend(
    uow: UnitOfWork, principal: Principal, kind: str, object_id: str, new: NewLevel, now: datetime
) -> Classification:
    """Writes down that the protection of a level goes on, by at most its period once more."""
    secret = find(uow, principal, kind, object_id, Verb.SECRECY_EXTEND)
    last = secret.last
    if last is None or last.expires_on is None or not secret.level or last.level != secret.level:
        raise InvalidInput("expires_on", "Chưa ghi căn cứ và thời hạn bảo vệ nên chưa gia hạn được.")
    catalogue, today = catalogues.load(uow), day_in_hanoi(now)
    decided_on = day_of("decided_on", new.decided_on, "Ngày quyết định gia hạn")
    if not last.decided_on <= decided_on <= today:
        raise InvalidInput("decided_on", "Ngày quyết định gia hạn phải sau ngày xác định độ mật và không quá hôm nay.")
    if len(squeezed(new.reason, 500)) < SHORTEST_REASON:
        raise InvalidInput("reason", f"Hãy ghi lý do gia hạn và số quyết định, ít nhất {SHORTEST_REASON} ký tự.")
    ends = _end(catalogue, secret.level, last.expires_on, new.expires_on)
    row = Classification(
        object_kind=kind,
        object_id=object_id,
        act=Act.EXTEND,
        level=last.level,
        compartment=last.compartment,
        decided_on=decided_on,
        decided_by=_decider(new.decided_by),
        basis_code=last.basis_code,
        basis=last.basis,
        expires_on=ends,
        reason=squeezed(new.reason, 500),
        entered_by=principal.account_id,
        entered_at=now,
    )
    uow.session.add(row)
    uow.session.flush()
    late = decided_on > last.expires_on - timedelta(days=Notice.of(catalogue, decided_on).decided)
    detail = {"level": row.level, "expires": ends.isoformat() if ends else "", "late": late}
    note(uow, principal, Verb.SECRECY_EXTEND, now, what=_what(secret), target=target_of(secret), detail=detail)
    return row


@dataclass(frozen=True)
class Lowering:
    """A level to be lowered, as asked for: what two persons agree on."""

    kind: str
    object_id: str
    level: int
    compartment: str
    reason: str


def check_lowering(uow: UnitOfWork, principal: Principal, wanted: Lowering, verb: Verb) -> Secret:
    """The thing to be lowered, as whoever asks or decides may see it; InvalidInput when it is no lowering."""
    secret = find(uow, principal, wanted.kind, wanted.object_id, verb)
    if wanted.level not in SECRECY_LABELS or wanted.compartment not in ("", secret.compartment):
        raise InvalidInput("level", "Độ mật hoặc khu vực hạn chế đề nghị không đúng.")
    if wanted.level > secret.level or (wanted.level, wanted.compartment) == (secret.level, secret.compartment):
        raise InvalidInput("level", "Độ mật đề nghị phải thấp hơn độ mật hiện nay, hoặc ra khỏi khu vực hạn chế.")
    dossier = secret.dossier
    if secret.document is not None and (
        wanted.level < dossier.secrecy or (dossier.compartment and not wanted.compartment)
    ):
        raise InvalidInput("level", "Tài liệu không thấp hơn hồ sơ chứa nó: hãy đề nghị hạ độ mật của hồ sơ trước.")
    if len(squeezed(wanted.reason, 500)) < SHORTEST_REASON:
        raise InvalidInput("reason", f"Hãy ghi lý do và căn cứ giải mật, ít nhất {SHORTEST_REASON} ký tự.")
    return secret


@dataclass(frozen=True)
class Agreed:
    """Who lowers: the approval that two persons gave, the name of who decided it, the account of who asked."""

    approval_id: str
    decided_by: str
    asked_id: str


def carry_out(uow: UnitOfWork, principal: Principal, wanted: Lowering, agreed: Agreed, now: datetime) -> Classification:
    """Lowers a level in the transaction of its approval; what had its level from it falls with it.

    ``principal`` is who decides. The row that says so comes first: without it the database lets no level fall.
    """
    secret = check_lowering(uow, principal, wanted, Verb.SECRECY_LOWER)
    before = (secret.level, secret.compartment)
    target = target_of(secret)  # journalled at the level it had
    last = secret.last
    row = Classification(
        object_kind=wanted.kind,
        object_id=wanted.object_id,
        act=Act.LOWER,
        level=wanted.level,
        compartment=wanted.compartment,
        decided_on=day_in_hanoi(now),
        decided_by=agreed.decided_by[:200],
        basis_code=last.basis_code if last and wanted.level else "",
        basis=last.basis if last and wanted.level else "",
        expires_on=last.expires_on if last and wanted.level else None,
        reason=squeezed(wanted.reason, 500),
        approval_id=agreed.approval_id,
        entered_by=principal.account_id,
        entered_at=now,
    )
    uow.session.add(row)
    uow.session.flush()
    fell = _fall(uow, secret, before, (wanted.level, wanted.compartment), now)
    detail = {"from": before[0], "to": wanted.level, "facts": fell, "approval": agreed.approval_id}
    detail |= {"asked_by": agreed.asked_id, "out_of": before[1] if wanted.compartment != before[1] else ""}
    why = Why(squeezed(wanted.reason, 500))
    note(uow, principal, Verb.SECRECY_LOWER, now, what=_what(secret), target=target, detail=detail, why=why)
    return row


def _fall(uow: UnitOfWork, secret: Secret, before: tuple[int, str], after: tuple[int, str], now: datetime) -> int:
    """The thing and what rests on it at the lower level. The papers of a dossier keep theirs: each is decided on."""
    dossier, session = secret.dossier, uow.session
    if secret.document is not None:
        _move_paper(uow, secret.document, *after, now)
        with past_walls(session):  # also facts of a level that whoever lowers it does not see
            facts = store.facts_of_paper(session, secret.document.id)
            fell = store.fall(session, facts, before, after)
            renewed = [session.get_one(Dossier, each) for each in sorted({fact.dossier_id for fact in facts})]
    else:
        dossier.secrecy, dossier.compartment = after
        session.flush()
        case_follow.dossier_relevelled(uow, dossier, before)
        fell = store.fall(session, store.facts_without_paper(session, dossier.id), before, after)
        renewed = [dossier]
    if renewed:
        record.renew(uow, renewed, now)
    return fell
