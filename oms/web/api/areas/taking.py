"""What the papers of a dossier say beside its record: taken in, taken out again, made a change of, held against it."""

from __future__ import annotations

from typing import Any

from oms.domain.access import Action
from oms.services import linked_person, record_compare, record_taking
from oms.web.api import shapes as s
from oms.web.api.areas.dossiers import DOSSIER, OF_DOSSIER
from oms.web.api.operations import Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Told

MOST = 2000


class OfferTold(Told):
    """A value on a paper beside the record: new | same | different; ``key`` names it for taking."""

    key = s.text("value.key")
    item = s.text("value.item")
    values = s.table("value.values")
    text = s.text()
    standing = s.text()
    suggested = s.flag("ticked")
    document_id = s.text("value.document.id")
    page_id = s.text("value.first.page_id", maybe=True)
    vouched_by = s.text("value.vouched_by")
    against = s.text("against.row.id", maybe=True)


class ChosenAsked(Asked):
    """Keys of what is chosen."""

    chosen = s.many(s.words(200, 1), MOST, 1)


class ClaimTold(Told):
    """One thing said, by the record (``fact_id``) or by a paper."""

    item = s.text()
    text = s.text()
    fact_id = s.text()
    document_id = s.text()
    page_id = s.text()


class ContradictionTold(Told):
    """Two claims that cannot both be right, or one that cannot be."""

    kind = s.text()
    rule = s.text()
    left = s.one(ClaimTold)
    right = s.one(ClaimTold, maybe=True)


class PersonRecord(Told):
    """A record of the person."""

    dossier_id = s.text("dossier.id")
    number = s.text("dossier.number")
    name = s.text("cadre.full_name")
    unit = s.text("unit.name")
    block = s.text("unit.block")


class PersonItem(Told):
    """An item beside the records: whether what they say differs, and which conflict was made of it."""

    item = s.text()
    differs = s.flag()
    conflict_id = s.text("conflict.id", maybe=True)
    conflict_state = s.text("conflict.state", maybe=True)


class PersonTold(Told):
    """One person with several records the owner of the token sees."""

    records = s.each(PersonRecord, "rows")
    items = s.each(PersonItem)


@reads(DOSSIER + "/offers", Action.RECORD_CHANGE, "dossiers", OfferTold, listed=True, **OF_DOSSIER)
def list_offers(call: Call, dossier_id: str) -> Listed:
    """What the papers say beyond the record, or against it."""
    found = record_taking.look(call.uow, call.who, dossier_id, call.now).offers
    return Listed(found[call.offset : call.offset + call.size], len(found))


@posts(DOSSIER + "/offers", Action.RECORD_CHANGE, "dossiers", ChosenAsked, of="read_record", **OF_DOSSIER)
def take_offers(call: Call, dossier_id: str) -> None:
    """Takes chosen new values into the record."""
    record_taking.take(call.uow, call.who, dossier_id, call.body["chosen"], call.now)


@posts(DOSSIER + "/offers/change", Action.RECORD_CHANGE, "dossiers", ChosenAsked, leads="get_change", **OF_DOSSIER)
def change_from_offers(call: Call, dossier_id: str) -> Made:
    """Begins a change with chosen values that differ from the record."""
    return Made(record_taking.draft(call.uow, call.who, dossier_id, call.body["chosen"], call.now))


@posts("/facts/<fact_id>/take-out", Action.RECORD_CHANGE, "dossiers", purpose="fact_id")
def take_fact_out(call: Call, fact_id: str) -> None:
    """Takes out again what the owner of the token took in today."""
    record_taking.take_out(call.uow, call.who, fact_id, call.now)


@reads(DOSSIER + "/contradictions", Action.DOSSIER_READ, "dossiers", ContradictionTold, listed=True, **OF_DOSSIER)
def list_contradictions(call: Call, dossier_id: str) -> Listed:
    """Contradictions between papers and record, with both places."""
    found = record_compare.compare(call.uow, call.who, dossier_id, call.now).found
    return Listed(found[call.offset : call.offset + call.size], len(found))


@reads(DOSSIER + "/person", Action.DOSSIER_READ, "links", PersonTold, **OF_DOSSIER)
def get_person(call: Call, dossier_id: str) -> Any:
    """The person of a dossier across blocks, for who sees two of their records."""
    return linked_person.look(call.uow, call.who, dossier_id, call.now)
