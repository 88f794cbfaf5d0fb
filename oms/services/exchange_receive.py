"""Packages that come: kept, checked, entered once; receipts applied; the same again answered the same.

The program does this for nobody: it shows nothing, and each step leaves its row. A killed process loses nothing: the
file stays where it came until its row is on the disk, and every step can be done again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from oms.domain.access import Role, Target
from oms.domain.journal import Outcome, Verb
from oms.domain.packages import BOUNDS, InState, Kind, OutState
from oms.services import notices
from oms.services.exchange_check import Examined, Ground, examine, summary_of
from oms.services.exchange_handover import handed_over
from oms.services.exchange_place import Place, due_day
from oms.services.exchange_send import reader_of
from oms.services.house import House, What, Why, note
from oms.store import packages as store
from oms.store import people, units
from oms.store.db import UnitOfWork
from oms.store.package_tables import ExchangeLink, ExchangePackage, ExchangePartner, ExchangeRecord
from oms.store.past_walls import past_walls
from oms.store.tables import Unit
from vietnamese.names import fold_name

TOO_LARGE = "Gói lớn hơn mức cho phép."


@dataclass(frozen=True)
class Arrival:
    """What became of a file: ``row_id`` of the package, or why it was set aside."""

    row_id: str = ""
    words: str = ""
    repeated: bool = False


def arrive(house: House, path: Path, now: datetime, by_https: str | None = None) -> Arrival:
    """Takes a sealed file in as far as the dry run; the caller removes the file afterwards, or sets it aside."""
    place = Place(house.settings)
    if path.stat().st_size > BOUNDS.package_bytes + 1024 * 1024:
        return _aside(house, Examined("structure", TOO_LARGE), "", path.stat().st_size, now)
    if not place.keys.made:
        return Arrival(words="Hệ thống này chưa có khoá trao đổi: chạy lệnh oms exchange keys.")
    name, size = place.keep(path)
    with house.look() as uow:
        partners = {row.verify_key: row for row in store.active(uow.session)}
        known = frozenset(row.verify_key for row in store.partners(uow.session))
    found = examine(place.file(name), Ground(place.keys, house.settings.zone, partners, known, by_https))
    if not found.statement or found.partner is None:
        arrival = _aside(house, found, name, size, now)
    elif found.statement["kind"] == Kind.RECEIPT:
        failed = bool(found.failed)
        arrival = _aside(house, found, name, size, now) if failed else _receipt(house, place, found, size, now)
    else:
        arrival = _enter(house, found, name, size, now)
    with house.look() as uow:
        waits = name in store.kept_files(uow.session)
    if not waits:  # the same file may have come before: then it is what is taken in later
        place.forget(name)
    return arrival


def _aside(house: House, found: Examined, name: str, size: int, now: datetime) -> Arrival:
    """What cannot be entered: its row of the journal, by its fingerprint alone, and words for who looks after it."""
    with house.work(None, now) as uow:
        detail = {"check": found.failed, "size": size, "key": found.key[:16]}
        _failed(uow, What("package", name, "không rõ"), found.words, detail, now)
    return Arrival(words=found.words)


def _failed(uow: UnitOfWork, what: What, words: str, detail: dict[str, Any], now: datetime) -> None:
    note(uow, None, Verb.EXCHANGE_ARRIVE, now, outcome=Outcome.FAILED, what=what, why=Why(words), detail=detail)


def _enter(house: House, found: Examined, name: str, size: int, now: datetime) -> Arrival:
    partner, statement = found.partner, found.statement
    assert partner is not None  # noqa: S101 - for the type checker
    with house.work(None, now) as uow:
        earlier = store.of_package(uow.session, "in", statement["id"])
        if earlier is not None:
            return _again(uow, earlier, found, partner, size, now)
        row, unit = _row(uow, found, partner, name, size, now)
        what, target = What("package", row.id, row.number), Target(unit.path, row.secrecy)
        detail = {
            "package": row.package_id,
            "partner": partner.id,
            "kind": row.kind,
            "digest": row.digest,
            "size": size,
        }
        detail |= {"check": found.failed, **statement["counts"]}
        outcome = Outcome.FAILED if found.failed else Outcome.DONE
        why = Why(found.words)
        note(uow, None, Verb.EXCHANGE_ARRIVE, now, what=what, target=target, detail=detail, outcome=outcome, why=why)
        if not found.failed:
            tell_of_arrival(uow, row, now)
        return Arrival(row.id)


def _row(
    uow: UnitOfWork, found: Examined, partner: ExchangePartner, name: str, size: int, now: datetime
) -> tuple[ExchangePackage, Unit]:
    """The package's row: waiting for a person of the receiving unit, or refused by a check with its answer."""
    statement, report = found.statement, summary_of(found)
    code = statement["receiver"]["code"]
    unit = store.code(uow.session, code) or units.root(uow.session)
    assert unit is not None  # noqa: S101 - an installation has a root
    report["placed"] = store.code(uow.session, code) is not None
    row = ExchangePackage(
        direction="in",
        package_id=statement["id"],
        kind=statement["kind"],
        number=statement["number"],
        partner_id=partner.id,
        unit_id=unit.id,
        secrecy=int(statement["highest_level"]),
        state=InState.REFUSED if found.failed else InState.CHECKED,
        digest=found.digest,
        file="" if found.failed else name,
        size=size,
        body=json.dumps(statement, ensure_ascii=False),
        report=json.dumps(report, ensure_ascii=False),
        at=now,
        due_on=due_day(uow, now) if statement["kind"] == Kind.UPDATE and not found.failed else None,
    )
    if found.failed:
        row.answer, row.closed_at = answer_text(row, "refused", [found.words], [], now), now
    uow.session.add(row)
    uow.session.flush()
    store.add_records(uow.session, [_record(row, partner, record, uow) for record in found.records])
    return row, unit


def _record(row: ExchangePackage, partner: ExchangePartner, record: dict[str, Any], uow: UnitOfWork) -> ExchangeRecord:
    link = store.link(uow.session, partner.code, record["dossier"])
    cadre = record["cadre"]
    return ExchangeRecord(
        package_id=row.id,
        remote=record["dossier"],
        dossier_id=link.dossier_id if link else None,
        folded_name=fold_name(cadre["full_name"])[:200],
        birth_date=cadre["birth_date"],
        citizen_id=cadre["citizen_id"],
    )


def answer_text(
    row: ExchangePackage, outcome: str, reasons: list[str], dossiers: list[dict[str, str]], now: datetime
) -> str:
    """The content of a receipt, written in the transaction that decides."""
    answer = {
        "package": row.package_id,
        "digest": row.digest,
        "outcome": outcome,
        "reasons": [words for reason in reasons if (words := "".join(filter(str.isprintable, reason))[:1000])],
        "dossiers": dossiers,
        "at": now.isoformat(timespec="seconds"),
    }
    return json.dumps(answer, ensure_ascii=False)


def _again(
    uow: UnitOfWork, row: ExchangePackage, found: Examined, partner: ExchangePartner, size: int, now: datetime
) -> Arrival:
    """The same package: the same receipt once more. The same id with another content: refused, and told aloud."""
    what = What("package", row.id, row.number)
    detail = {"package": row.package_id, "partner": partner.id, "digest": found.digest, "size": size, "repeated": True}
    if row.digest != found.digest:
        words = "Gói mang mã của một gói đã nhận nhưng nội dung khác: không nhận."
        _failed(uow, what, words, detail | {"check": "replay"}, now)
        notices.tell(uow, notices.officers(uow), "exchange_forged", "package", row.id, row.number, now)
        return Arrival(words=words, repeated=True)
    note(uow, None, Verb.EXCHANGE_ARRIVE, now, what=what, detail=detail)
    receipt = store.receipt_for(uow.session, row.package_id)
    if receipt is not None and receipt.state == OutState.SENT:
        receipt.state, receipt.next_try_at, receipt.tries = OutState.QUEUED, None, 0
    return Arrival(row.id, repeated=True)


def _receipt(house: House, place: Place, found: Examined, size: int, now: datetime) -> Arrival:
    partner, answer = found.partner, found.statement["answer"]
    assert partner is not None  # noqa: S101 - for the type checker
    with house.work(None, now) as uow:
        sent = store.of_package(uow.session, "out", answer["package"])
        detail = {"package": answer["package"], "partner": partner.id, "outcome": answer["outcome"], "size": size}
        problem = _wrong_receipt(uow, sent, partner, answer)
        if sent is None or problem:
            what = What("package", sent.id if sent else answer["package"], sent.number if sent else "không rõ")
            _failed(uow, what, problem, detail | {"check": "receiver"}, now)
            return Arrival(words=problem)
        if sent.state in (OutState.ACCEPTED, OutState.REFUSED):
            note(uow, None, Verb.EXCHANGE_ANSWER, now, what=What("package", sent.id, sent.number),
                 detail=detail | {"repeated": True})  # fmt: skip
            return Arrival(sent.id, repeated=True)
        _apply(uow, sent, partner, answer, detail, now)
        file, sent.file, sent_id = sent.file, "", sent.id
    place.forget(file)
    return Arrival(sent_id)


def _wrong_receipt(
    uow: UnitOfWork, sent: ExchangePackage | None, partner: ExchangePartner, answer: dict[str, Any]
) -> str:
    if sent is None or sent.kind == Kind.RECEIPT or sent.state == OutState.STOPPED:
        return "Biên nhận cho một gói mà hệ thống này không gửi."
    to = store.partner(uow.session, sent.partner_id)
    if to is None or to.code != partner.code or sent.digest != answer["digest"]:
        return "Biên nhận không phải của bên nhận gói, hoặc cho nội dung khác."
    return ""


def _apply(
    uow: UnitOfWork, sent: ExchangePackage, partner: ExchangePartner, answer: dict[str, Any],
    detail: dict[str, Any], now: datetime,
) -> None:  # fmt: skip
    """Writes the answer into what was sent: links for updates; a dossier handed over is closed, not removed."""
    accepted = answer["outcome"] == "accepted"
    sent.state = OutState.ACCEPTED if accepted else OutState.REFUSED
    sent.answer, sent.closed_at = json.dumps(answer, ensure_ascii=False), now
    unit = uow.session.get_one(Unit, sent.unit_id)
    what, target = What("package", sent.id, sent.number), Target(unit.path, sent.secrecy)
    note(uow, None, Verb.EXCHANGE_ANSWER, now, what=what, target=target, detail=detail)
    ours = {record.dossier_id for record in store.records_of(uow.session, sent.id)}
    if accepted:
        for pair in answer["dossiers"]:
            if pair["theirs"] in ours:
                link(uow, partner, pair["ours"], pair["theirs"], now)
        if sent.kind == Kind.TRANSFER:
            handed_over(uow, sent, next(iter(ours)) or "", now)
    notices.tell(uow, [sent.by or ""], "exchange_answered", "package", sent.id, sent.number, now)


def link(uow: UnitOfWork, partner: ExchangePartner, remote: str, dossier_id: str, now: datetime) -> None:
    """Remembers which dossier here is which of the partner's; the first word stands."""
    if store.link(uow.session, partner.code, remote) is None:
        uow.session.add(ExchangeLink(partner_code=partner.code, remote=remote, dossier_id=dossier_id, at=now))
        uow.session.flush()


def holders(uow: UnitOfWork, row: ExchangePackage) -> list[str]:
    """Who may take a package in, for their notice: officers whose scope reaches its unit."""
    found = []
    for account, _unit in people.all_accounts(uow.session):
        if not account.active or account.role != Role.RECORDS_OFFICER:
            continue
        person = people.principal_of(uow.session, account)
        with past_walls(uow.session):  # asked for another than who works
            if store.find(uow.session, *reader_of(person), row.id) is not None:
                found.append(account.id)
    return found


def tell_of_arrival(uow: UnitOfWork, row: ExchangePackage, now: datetime) -> int:
    """Tells who may take the package in, or the administrators when nobody may; how many may."""
    found = holders(uow, row)
    if found:
        notices.tell(uow, found, "exchange_arrived", "package", row.id, row.number, now)
    else:
        admins = notices.administrators(uow)
        notices.tell(uow, admins, "exchange_astray", "partners", row.id, row.number, now)
    return len(found)
