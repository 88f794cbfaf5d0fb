"""Exchange with other installations: packages sent and received, one with its checks, partners and our own card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import fields, validate

from oms.domain import packages as domain
from oms.domain.access import Action
from oms.domain.catalogue import PURPOSES
from oms.domain.record_items import SENSITIVE_LABELS
from oms.errors import InvalidInput
from oms.services import (
    exchange_astray,
    exchange_carried,
    exchange_edxml,
    exchange_partners,
    exchange_send,
    exchange_take,
    exchange_view,
)
from oms.services.exchange_edxml import Typed
from oms.services.exchange_send import Wanted
from oms.services.exchange_take import Placed, Taking
from oms.services.exchange_view import PackageView
from oms.web.api import shapes as s
from oms.web.api.areas.secrecy import LeavingAsked, leaving_of
from oms.web.api.operations import Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Paged, Told, WordsAsked
from oms.web.context import house

PACKAGE, PARTNER = "/packages/<exchange_id>", "/partners/<partner_id>"
SENT_KINDS = (domain.Kind.RECORDS, domain.Kind.UPDATE, domain.Kind.TRANSFER)
BYTES = "application/octet-stream"


class PackageTold(Told):
    """A package as lists show it; ``direction``: in | out."""

    id = s.text("package.id")
    number = s.text("package.number")
    kind = s.text("package.kind")
    direction = s.text("package.direction")
    state = s.text("package.state")
    partner_id = s.text("partner.id")
    partner = s.text("partner.name")
    unit_id = s.number("unit.id")
    secrecy = s.number("package.secrecy")
    at = s.at("package.at")
    due_on = s.on("package.due_on")
    closed_at = s.at("package.closed_at", maybe=True)


class SideTold(Told):
    """The sender or the receiver, as the package says it."""

    name = s.text()
    code = s.text()


class CountsTold(Told):
    """What the package holds."""

    records = s.number()
    facts = s.number()
    papers = s.number()
    pages = s.number()


class StepTaken(Told):
    """One check of a package that came: ok | failed | skipped."""

    check = s.text()
    state = s.text()


class PackedPaper(Told):
    """A paper in the package."""

    id = s.text()
    serial = s.number()
    type = s.text()
    title = s.text()
    pages = s.number()
    secrecy = s.number()
    form = s.text()
    signer = s.text()


class PackedRecord(Told):
    """A record in the package; ``here``: the dossier it is linked to, ``change``: the change made of it."""

    dossier = s.text()
    number = s.text()
    name = s.text()
    birth = s.text()
    secrecy = s.number()
    facts = s.number()
    ended = s.number()
    stubs = s.number()
    papers = s.each(PackedPaper)
    here = s.text(maybe=True)
    change = s.text(maybe=True)


class PackageRead(Told):
    """One package with its checks, its records and what was answered."""

    row = s.one(PackageTold)
    sender = s.one(SideTold, "statement.sender")
    receiver = s.one(SideTold, "statement.receiver")
    purpose = s.text("statement.purpose")
    reason = s.text("statement.reason")
    legal_basis = s.text("statement.legal_basis")
    counts = s.one(CountsTold, "statement.counts")
    highest_level = s.number("statement.highest_level")
    checks = s.each(StepTaken)
    words = s.text()
    records = s.each(PackedRecord)
    about = s.texts()
    outcome = s.text()
    reasons = s.texts()
    trouble = s.text("row.package.trouble")
    sent_at = s.at("row.package.sent_at", maybe=True)
    may_take = s.flag()
    late = s.flag()


class WantedPackages(Paged):
    """Sent ones or those that came."""

    direction = s.choice("in", "out", optional=True, default="out")
    waiting = s.yes(about="Only those that wait for the owner of the token, all of them.")


class PackageAsked(Asked):
    """A new package, of dossiers read with this token within the hour; ``leaving`` where a level is among them."""

    partner_id = s.reference()
    kind = s.choice(*SENT_KINDS)
    dossiers = s.many(s.reference(), 500, 1)
    purpose = s.choice(*PURPOSES)
    reason = s.words(500, 1)
    legal_basis = s.words(300, 1)
    receiver_code = s.words(35)
    decision = s.words(80)
    groups = s.many(s.choice(*SENSITIVE_LABELS), len(SENSITIVE_LABELS))
    incomplete = s.yes(about="Papers whose archival copy is not made are left out.")
    leaving = fields.Nested(LeavingAsked)


class PlacedAsked(Asked):
    """Where one record goes: to a dossier that was read with this token, or to a new one under a number."""

    number = s.words(60)
    dossier_id = s.reference(optional=True)
    confirmed = s.yes(about="It is another person than the namesake here.")


class TakingAsked(Asked):
    """How a package is taken: the unit, each record's place by the sender's id, counted pages by paper."""

    unit_id = s.whole(1)
    places = fields.Dict(
        keys=s.reference(), values=fields.Nested(PlacedAsked), load_default=dict, validate=validate.Length(max=500)
    )
    counted = fields.Dict(
        keys=s.reference(), values=s.whole(0, 100_000), load_default=dict, validate=validate.Length(max=20_000)
    )


class LeavesAsked(Asked):
    """What is said where the package holds a level."""

    leaving = fields.Nested(LeavingAsked)


class LetterAsked(Asked):
    """The letter that carries the package on the State's axis; the day as dd/mm/yyyy."""

    code = s.words(61, 1)
    issued_on = s.words(10, 1)
    place = s.words(100, 1)
    signer = s.words(100, 1)
    position = s.words(100, 1)


@reads("/packages", Action.EXCHANGE_WORK, "exchange", PackageTold, listed=True, query=WantedPackages)
def list_packages(call: Call) -> Listed:
    """Packages sent or received, or those that wait."""
    found = exchange_view.desk(call.uow, call.who, call.query["direction"], call.size, call.offset, call.now)
    if call.query["waiting"]:
        return Listed(found.waiting[call.offset : call.offset + call.size], len(found.waiting))
    return Listed(found.rows, found.total)


@posts("/packages", Action.EXCHANGE_WORK, "exchange", PackageAsked, leads="get_package", proof=True, apart=True)
def send_package(call: Call) -> Made:
    """Makes a package, seals it for the partner and queues it."""
    said = dict(call.body)
    leaving = said.pop("leaving", None)
    dossiers, groups, partial = tuple(said.pop("dossiers")), tuple(said.pop("groups")), said.pop("incomplete")
    gone = leaving_of(leaving) if leaving else None
    wanted = Wanted(dossiers=dossiers, groups=groups, partial=partial, leaving=gone, **said)
    return Made(exchange_send.send(house(), call.who, wanted, call.now))


@posts("/packages/file", Action.EXCHANGE_WORK, "exchange", file=True, apart=True)
def upload_package(call: Call) -> None:
    """Takes a sealed file in; the worker checks it as one that came by the folder. The body is the file itself."""
    if call.file is None:
        raise InvalidInput("file", "Chưa có tệp nào được gửi.")
    with call.file.open("rb") as stream:
        exchange_carried.upload(house(), call.who, stream, call.now)


@reads(PACKAGE, Action.EXCHANGE_WORK, "exchange", PackageRead)
def get_package(call: Call, exchange_id: str) -> Any:
    """One package with its checks, whom it speaks of, and the answer."""
    return _told(exchange_view.one(call.uow, call.who, exchange_id, call.now))


def _told(view: PackageView) -> Mapping[str, Any]:
    records = [
        each
        | {
            "here": view.here[each["dossier"]].dossier.id if each["dossier"] in view.here else None,
            "change": view.changes.get(each["dossier"]),
        }
        for each in view.report.get("records", [])
    ]
    return {
        "row": view.row,
        "statement": view.statement,
        "checks": [{"check": check, "state": state} for check, state in view.checks],
        "words": view.report.get("words", ""),
        "records": records,
        "about": [each.dossier.id for each in view.about],
        "outcome": view.answer.get("outcome", ""),
        "reasons": view.answer.get("reasons", []),
        "may_take": view.may_take,
        "late": view.late,
    }


@posts(PACKAGE + "/take", Action.EXCHANGE_WORK, "exchange", TakingAsked, of="get_package", apart=True)
def take_package(call: Call, exchange_id: str) -> None:
    """Takes a package in: all of it or nothing."""
    said = call.body
    places = {remote: Placed(**place) for remote, place in said["places"].items()}
    taking = Taking(said["unit_id"], places, said["counted"])
    outcome = exchange_take.take(house(), call.who, exchange_id, taking, call.now)
    if not outcome.taken:
        raise InvalidInput("counted", outcome.words)


@posts(PACKAGE + "/refuse", Action.EXCHANGE_WORK, "exchange", WordsAsked, of="get_package", apart=True)
def refuse_package(call: Call, exchange_id: str) -> None:
    """Refuses a package with reasons for the sender."""
    exchange_take.refuse(house(), call.who, exchange_id, call.body["words"], call.now)


@posts(PACKAGE + "/stop", Action.EXCHANGE_WORK, "exchange", of="get_package")
def stop_package(call: Call, exchange_id: str) -> None:
    """Takes back a package that has not left."""
    exchange_send.stop(call.uow, call.who, exchange_id, call.now)


@posts(PACKAGE + "/file", Action.EXCHANGE_WORK, "exchange", LeavesAsked, media=BYTES, proof=True, apart=True)
def take_package_out(call: Call, exchange_id: str) -> Iterator[bytes]:
    """The sealed file of a sent package, to be carried."""
    leaving = call.body.get("leaving")
    said = leaving_of(leaving) if leaving else None
    return exchange_carried.pieces(exchange_carried.take_out(house(), call.who, exchange_id, said, call.now))


@posts(PACKAGE + "/receipt", Action.EXCHANGE_WORK, "exchange", media=BYTES, apart=True)
def take_package_receipt(call: Call, exchange_id: str) -> Iterator[bytes]:
    """The sealed receipt of a package that came, to be carried."""
    return exchange_carried.pieces(exchange_carried.take_receipt(house(), call.who, exchange_id, call.now))


@posts(
    PACKAGE + "/edxml", Action.EXCHANGE_WORK, "exchange", LetterAsked, media="application/xml", proof=True, apart=True
)
def take_package_envelope(call: Call, exchange_id: str) -> bytes:
    """A sent package as an edXML envelope for the State's document axis."""
    return exchange_edxml.by_person(house(), call.who, exchange_id, Typed(**call.body), call.now).data


class PartnerTold(Told):
    """A partner; ``keys``: the groups to be compared by telephone."""

    id = s.text("row.id")
    name = s.text("row.name")
    code = s.text("row.code")
    zone = s.text("row.zone")
    address = s.text("row.address")
    state = s.text("row.state")
    keys = s.text()
    approval_id = s.text("row.approval_id")
    added_by = s.text("row.added_by")
    added_at = s.at("row.added_at")
    revoked_at = s.at("row.revoked_at", maybe=True)


class AstrayTold(Told):
    """A package that nobody here may take."""

    id = s.text()
    number = s.text()
    kind = s.text()
    sender = s.text()
    code = s.text()
    unit = s.text()
    at = s.at()


class CardAsked(Asked):
    """The partner's card as it was sent, and why it is added."""

    card = s.words(16 * 1024, 1)
    reason = s.words(1000, 1)


class EndedAsked(Asked):
    """Why it is ended."""

    reason = s.words(1000, 1)


class AddressAsked(Asked):
    """Where the partner's server is reached; "": by folder."""

    address = s.words(200)


class UnitAsked(Asked):
    """For which unit."""

    unit_id = s.whole(1)


@reads("/partners", Action.EXCHANGE_MANAGE, "exchange", PartnerTold, listed=True)
def list_partners(call: Call) -> Listed:
    """Every partner with the groups to be compared."""
    rows = exchange_partners.listing(call.uow, call.who, call.now)
    return Listed(rows[call.offset : call.offset + call.size], len(rows))


@posts("/partners", Action.EXCHANGE_MANAGE, "exchange", CardAsked, leads="get_approval", proof=True)
def add_partner(call: Call) -> Made:
    """Adds a partner from its card; it is in force once a second person has approved."""
    card, reason = call.body["card"].encode(), call.body["reason"]
    return Made(exchange_partners.add(call.uow, call.who, card, reason, call.now).id)


@reads("/partners/own-card", Action.EXCHANGE_MANAGE, "exchange", media="application/json")
def read_own_card(call: Call) -> bytes:
    """Our public card."""
    return exchange_partners.own_card(call.uow, house().settings, call.now)


@posts(PARTNER + "/revoke", Action.EXCHANGE_MANAGE, "exchange", EndedAsked, proof=True)
def revoke_partner(call: Call, partner_id: str) -> None:
    """Ends a partner at once."""
    exchange_partners.revoke(call.uow, call.who, partner_id, call.body["reason"], call.now)


@posts(PARTNER + "/address", Action.EXCHANGE_MANAGE, "exchange", AddressAsked, proof=True)
def set_partner_address(call: Call, partner_id: str) -> None:
    """Writes where a partner's server is reached."""
    exchange_partners.set_address(call.uow, call.who, partner_id, call.body["address"], call.now)


@reads("/packages/astray", Action.EXCHANGE_MANAGE, "exchange", AstrayTold, listed=True)
def list_astray_packages(call: Call) -> Listed:
    """Packages that came and that nobody here may take."""
    exchange_partners.listing(call.uow, call.who, call.now)  # the row of the look, as at the page
    rows = exchange_astray.astray(call.uow, call.who)
    return Listed(rows[call.offset : call.offset + call.size], len(rows))


@posts(PACKAGE + "/direct", Action.EXCHANGE_MANAGE, "exchange", UnitAsked, proof=True)
def direct_package(call: Call, exchange_id: str) -> None:
    """Says for which unit a package is that nobody may take."""
    exchange_astray.direct(call.uow, call.who, exchange_id, call.body["unit_id"], call.now)
