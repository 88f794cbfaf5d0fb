"""Levels of dossiers and papers: how they stand, given, extended, asked to be lowered; the registers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oms.domain.access import Action
from oms.domain.catalogue import COMPARTMENTS
from oms.services import classifying, declassifying, secret_copies, secret_stubs
from oms.services.classifying import Lowering, NewLevel
from oms.services.secret_copies import Leaving
from oms.services.secret_stubs import NewStub
from oms.web.api import shapes as s
from oms.web.api.areas.dossiers import DOCUMENT, DOSSIER
from oms.web.api.operations import TAG, Call, Listed, posts, reads
from oms.web.api.shapes import Asked, Paged, Told


class LeavingAsked(Asked):
    """Copies of a secret that leave: how many, permitted by whom and when (dd/mm/yyyy), one recipient a line."""

    copies = s.words(6)
    permitted_by = s.words(200)
    permitted_on = s.words(10)
    recipients = s.words(4000)


def leaving_of(said: Mapping[str, str]) -> Leaving:
    """What a body says of copies that leave."""
    return Leaving(**said)


class PastLevel(Told):
    """A decision on a level."""

    act = s.text()
    level = s.number()
    decided_on = s.on()
    decided_by = s.text()
    basis = s.text()
    expires_on = s.on()
    reason = s.text()


class LevelRead(Told):
    """How a level stands."""

    level = s.number("secret.level")
    dossier_id = s.text("secret.dossier.id")
    past = s.each(PastLevel)
    held_elsewhere = s.flag()


class LevelAsked(Asked):
    """An act on a level: set (or raise), extend, or ask for a lower one; days as dd/mm/yyyy."""

    act = s.choice("set", "extend", "lower")
    level = s.whole(0, 3, 0)
    compartment = s.choice("", *COMPARTMENTS, optional=True)
    basis_code = s.words(60)
    basis = s.words(500)
    decided_on = s.words(10)
    decided_by = s.words(200)
    expires_on = s.words(10)
    reason = s.words(1000)


class LevelDue(Told):
    """A level that waits for a decision."""

    kind = s.text("secret.kind")
    dossier_id = s.text("secret.dossier.id")
    dossier_number = s.text("secret.dossier.number")
    document_id = s.text("secret.document.id", maybe=True)
    level = s.number("secret.level")
    ends = s.on()


class StubTold(Told):
    """A paper that is not digitised."""

    id = s.text("stub.id")
    year = s.number("stub.year")
    entry = s.number("stub.entry")
    number = s.text("stub.number")
    title = s.text("stub.title")
    level = s.number("stub.secrecy")
    unit_id = s.number("unit.id")
    place = s.text("stub.place")


class StubAsked(Asked):
    """A paper to be registered; days as dd/mm/yyyy."""

    unit_id = s.whole(1)
    level = s.whole(1, 3)
    number = s.words(80, 1)
    issued_on = s.words(10)
    issuer = s.words(200)
    title = s.words(500)
    compartment = s.choice("", *COMPARTMENTS, optional=True)
    pages = s.words(6)
    place = s.words(200)
    received_on = s.words(10)
    dossier_no = s.words(60)


class CopyTold(Told):
    """A line of the register of copies."""

    id = s.text("copy.id")
    year = s.number("copy.year")
    entry = s.number("copy.entry")
    label = s.text("copy.label")
    level = s.number("copy.secrecy")
    copies = s.number("copy.copies")
    pages = s.number("copy.pages")
    permitted_by = s.text("copy.permitted_by")
    purpose = s.text("copy.purpose")


class WantedCopies(Paged):
    """Of which year."""

    year = s.whole(0, 2200, 0)


def _act(call: Call, kind: str, object_id: str) -> None:
    said = dict(call.body)
    act, level = said.pop("act"), said.pop("level")
    if act == "lower":
        declassifying.ask(
            call.uow, call.who, Lowering(kind, object_id, level, said["compartment"], said["reason"]), call.now
        )
    elif act == "extend":
        classifying.extend(call.uow, call.who, kind, object_id, NewLevel(0, **said), call.now)
    else:
        classifying.classify(call.uow, call.who, kind, object_id, NewLevel(level, **said), call.now)


@reads(DOCUMENT + "/level", Action.SECRECY_CLASSIFY, "documents", LevelRead)
def get_document_level(call: Call, document_id: str) -> Any:
    """The level of a filed paper."""
    return classifying.read(call.uow, call.who, "document", document_id, call.now)


@posts(DOCUMENT + "/level", Action.SECRECY_CLASSIFY, "documents", LevelAsked, match=TAG, of="get_document_level")
def set_document_level(call: Call, document_id: str) -> None:
    """An act on the level of a filed paper."""
    _act(call, "document", document_id)


@reads(DOSSIER + "/level", Action.SECRECY_CLASSIFY, "dossiers", LevelRead)
def get_dossier_level(call: Call, dossier_id: str) -> Any:
    """The level of a dossier."""
    return classifying.read(call.uow, call.who, "dossier", dossier_id, call.now)


@posts(DOSSIER + "/level", Action.SECRECY_CLASSIFY, "dossiers", LevelAsked, match=TAG, of="get_dossier_level")
def set_dossier_level(call: Call, dossier_id: str) -> None:
    """An act on the level of a dossier."""
    _act(call, "dossier", dossier_id)


@reads("/levels-due", Action.SECRECY_CLASSIFY, "dossiers", LevelDue, listed=True)
def list_levels_due(call: Call) -> Listed:
    """What waits for a decision: protection that ends or has ended, or a level without a basis."""
    return Listed(*classifying.due(call.uow, call.who, call.size, call.offset, call.now))


@reads("/secret-register", Action.SECRECY_REGISTER, "dossiers", StubTold, listed=True)
def list_stubs(call: Call) -> Listed:
    """The register of papers that are not digitised."""
    return Listed(*secret_stubs.listing(call.uow, call.who, call.size, call.offset, call.now))


@posts("/secret-register", Action.SECRECY_REGISTER, "dossiers", StubAsked)
def enter_stub(call: Call) -> None:
    """Registers a paper that is not digitised."""
    secret_stubs.enter(call.uow, call.who, NewStub(**call.body), call.now)


@reads("/secret-copies", Action.SECRECY_REGISTER, "dossiers", CopyTold, listed=True, query=WantedCopies)
def list_secret_copies(call: Call) -> Listed:
    """The register of copies of a year."""
    year = call.query["year"] or call.now.year
    found = secret_copies.listing(call.uow, call.who, year, call.size, call.offset, call.now)
    return Listed(found[0], found[1])
