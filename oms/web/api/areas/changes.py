"""Changes of records: begun, items put and dropped, put up, decided; supplements; persons' own requests."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.errors import InvalidInput
from oms.services import change_decide, change_items, change_view, changes, subject_requests, supplements
from oms.services.change_decide import Word
from oms.services.change_items import Typed
from oms.services.changes import About
from oms.services.supplements import NewSupplement
from oms.web.api import shapes as s
from oms.web.api.areas.dossiers import DOSSIER, OF_DOSSIER
from oms.web.api.operations import TAG, VERSION, Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Paged, Told

CHANGE, SUPPLEMENT, REQUEST = "/changes/<change_id>", "/supplements/<supplement_id>", "/subject-requests/<request_id>"
STATES = ("waiting", "draft", "decided", "withdrawn")


class ChangeTold(Told):
    """A change of a record."""

    id = s.text("row.change.id")
    dossier_id = s.text("row.dossier.id")
    dossier_number = s.text("row.dossier.number")
    name = s.text("row.cadre.full_name")
    kind = s.text("row.change.kind")
    state = s.text("row.change.state")
    version = s.number("row.change.version")
    title = s.text("row.change.title")
    secrecy = s.number("row.change.secrecy")
    maker = s.text()
    created_at = s.at("row.change.created_at")


class ItemTold(Told):
    """An item of a change; masked ones have no words, no reason and no paper."""

    id = s.text("row.id")
    item = s.text("row.item")
    act = s.text("row.act")
    state = s.text("row.state")
    text = s.text()
    values = s.table()
    masked = s.flag()
    fact_id = s.text("row.fact_id", maybe=True)
    document_id = s.text("paper.document.id", maybe=True)
    starts = s.of_row("starts")
    reason = s.of_row("reason")
    obstacle = s.text()


class ChangeRead(ChangeTold):
    """One change with its items."""

    reason = s.text("row.change.reason")
    submitter = s.text()
    may_edit = s.flag()
    may_decide = s.flag()
    is_open = s.flag()
    items = s.each(ItemTold)


class PastTold(Told):
    """What the record said before."""

    item = s.text("fact.row.item")
    text = s.text("fact.text")
    ended_at = s.at("fact.row.ended_at", maybe=True)
    entered_by = s.text()
    ended_by = s.text()


class OfDossierTold(Told):
    """The changes of one record, and what it was before."""

    changes = s.each(ChangeTold)
    total = s.number()
    history = s.each(PastTold)


class WantedChanges(Paged):
    """Which changes."""

    state = s.choice(*STATES, optional=True, default="waiting")


class AboutAsked(Asked):
    """What a change is about; the day as dd/mm/yyyy."""

    title = s.words(300)
    reason = s.words(1000)
    declared_by = s.words(200)
    declared_on = s.words(10)
    decision_document_id = s.reference(optional=True)


class ItemAsked(Asked):
    """An item: values by name, the paper and the place on it that says so."""

    item = s.words(40, 1)
    act = s.words(20, 1)
    values = fields.Dict(keys=s.words(40, 1), values=s.words(2000), load_default=dict, validate=validate.Length(max=60))
    fact_id = s.reference(optional=True)
    starts = s.words(10)
    document_id = s.reference(optional=True)
    page = s.words(10)
    box = s.words(60)
    source_words = s.words(500)
    reason = s.words(1000)
    item_id = s.reference(optional=True, about="The item of the draft to be written anew.")


class WordOn(Asked):
    """A word on one item."""

    item_id = s.reference()
    approve = s.yes()
    reason = s.words(1000)


class DecisionAsked(Asked):
    """Words on items."""

    words = fields.List(fields.Nested(WordOn), required=True, validate=validate.Length(min=1, max=500))


@reads("/changes", Action.RECORD_DECIDE, "changes", ChangeTold, listed=True, query=WantedChanges)
def list_changes(call: Call) -> Listed:
    """Changes that wait in scope, one's own drafts, those that are over."""
    found = change_view.list_changes(call.uow, call.who, call.query["state"], call.size, call.offset, call.now)
    return Listed(found[0], found[1])


@reads(DOSSIER + "/changes", Action.RECORD_DECIDE, "changes", OfDossierTold, **OF_DOSSIER)
def list_changes_of_dossier(call: Call, dossier_id: str) -> Any:
    """The newest 200 changes of one record, and what it was before."""
    return change_view.of_dossier(call.uow, call.who, dossier_id, 200, 0, call.now)


@posts(DOSSIER + "/changes", Action.RECORD_CHANGE, "changes", AboutAsked, leads="get_change", **OF_DOSSIER)
def begin_change(call: Call, dossier_id: str) -> Made:
    """Begins a change of this record."""
    return Made(changes.create(call.uow, call.who, dossier_id, About(**call.body), call.now).id)


@reads(CHANGE, Action.RECORD_DECIDE, "changes", ChangeRead, version="row.change.version")
def get_change(call: Call, change_id: str) -> Any:
    """One change: old beside new, and what its reader can do with it."""
    return change_view.open_change(call.uow, call.who, change_id, call.now)


OF_CHANGE: dict[str, Any] = {"match": VERSION, "of": "get_change"}


@posts(CHANGE + "/about", Action.RECORD_CHANGE, "changes", AboutAsked, **OF_CHANGE)
def describe_change(call: Call, change_id: str) -> None:
    """Writes the draft's title, reason, who declared, the decision it rests on."""
    changes.describe(call.uow, call.who, change_id, call.version, About(**call.body), call.now)


@posts(CHANGE + "/items", Action.RECORD_CHANGE, "changes", ItemAsked, **OF_CHANGE)
def put_change_item(call: Call, change_id: str) -> None:
    """Adds an item to the draft, or writes one anew."""
    body = dict(call.body)
    item_id = body.pop("item_id")
    change_items.put_item(call.uow, call.who, change_id, call.version, Typed(**body), call.now, item_id)


@posts(CHANGE + "/items/<item_id>/drop", Action.RECORD_CHANGE, "changes", **OF_CHANGE)
def drop_change_item(call: Call, change_id: str, item_id: str) -> None:
    """Takes an item out of the draft."""
    change_items.drop_item(call.uow, call.who, change_id, call.version, item_id, call.now)


@posts(CHANGE + "/submit", Action.RECORD_CHANGE, "changes", **OF_CHANGE)
def submit_change(call: Call, change_id: str) -> None:
    """Puts the draft up for approval."""
    changes.submit(call.uow, call.who, change_id, call.version, call.now)


@posts(CHANGE + "/take-back", Action.RECORD_CHANGE, "changes", **OF_CHANGE)
def take_change_back(call: Call, change_id: str) -> None:
    """Takes a waiting change back to draft."""
    changes.take_back(call.uow, call.who, change_id, call.version, call.now)


@posts(CHANGE + "/withdraw", Action.RECORD_CHANGE, "changes", **OF_CHANGE)
def withdraw_change(call: Call, change_id: str) -> None:
    """Gives a change up."""
    changes.withdraw(call.uow, call.who, change_id, call.version, call.now)


@posts(CHANGE + "/decision", Action.RECORD_DECIDE, "changes", DecisionAsked, keeps=True, **OF_CHANGE)
def decide_change(call: Call, change_id: str) -> None:
    """Approves or rejects items; those that could not be are told, the others stand."""
    words = {each["item_id"]: Word(each["approve"], each["reason"]) for each in call.body["words"]}
    result = change_decide.decide(call.uow, call.who, change_id, call.version, words, call.now)
    if result.problems:
        raise InvalidInput("words", "; ".join(result.problems.values()))


@reads(CHANGE + "/pages/<page_id>/image", Action.RECORD_DECIDE, "changes", media="image/jpeg")
def read_change_page(call: Call, change_id: str, page_id: str) -> bytes:
    """A page of a paper the change rests on."""
    return change_view.page_image(call.uow, call.who, change_id, page_id, call.now)


class SupplementTold(Told):
    """A yearly supplement."""

    id = s.text()
    unit_id = s.number()
    title = s.text()
    year = s.number()
    opens_on = s.on()
    closes_on = s.on()
    closed_at = s.at(maybe=True)


class SupplementPerson(Told):
    """A person of a supplement and how far they are."""

    dossier_id = s.text("dossier.id")
    dossier_number = s.text("dossier.number")
    name = s.text("cadre.full_name")
    state = s.text()


class NewSupplementAsked(Asked):
    """A supplement to be opened."""

    unit_id = s.whole(1)
    title = s.words(200, 1)
    year = s.whole(2000, 2200)
    opens_on = s.day(optional=False)
    closes_on = s.day(optional=False)
    items = s.many(s.words(40, 1), 100, 1)


class WantedPersons(Paged):
    """Which persons."""

    state = s.choice("", "none", "draft", "waiting", "decided", "unchanged", optional=True)


@reads("/supplements", Action.SUPPLEMENT_MANAGE, "changes", SupplementTold, listed=True)
def list_supplements(call: Call) -> Listed:
    """Supplements in scope."""
    rows, total = supplements.list_supplements(call.uow, call.who, call.size, call.offset, call.now)
    return Listed([row for row, _unit in rows], total)


@posts("/supplements", Action.SUPPLEMENT_MANAGE, "changes", NewSupplementAsked, leads="get_supplement")
def open_supplement(call: Call) -> Made:
    """Opens a supplement."""
    return Made(supplements.open_supplement(call.uow, call.who, NewSupplement(**call.body), call.now).id)


@reads(SUPPLEMENT, Action.SUPPLEMENT_MANAGE, "changes", SupplementTold)
def get_supplement(call: Call, supplement_id: str) -> Any:
    """One supplement."""
    return supplements.show(call.uow, call.who, supplement_id, "", 1, 0, call.now).supplement


@reads(SUPPLEMENT + "/persons", Action.SUPPLEMENT_MANAGE, "changes", SupplementPerson, listed=True,
       query=WantedPersons)  # fmt: skip
def list_supplement_persons(call: Call, supplement_id: str) -> Listed:
    """The persons of a supplement."""
    state = call.query["state"]
    found = supplements.show(call.uow, call.who, supplement_id, state, call.size, call.offset, call.now)
    return Listed(found.persons, found.total)


@posts(SUPPLEMENT + "/close", Action.SUPPLEMENT_MANAGE, "changes", match=TAG, of="get_supplement")
def close_supplement(call: Call, supplement_id: str) -> None:
    """Closes a supplement."""
    supplements.close(call.uow, call.who, supplement_id, call.now)


@posts(SUPPLEMENT + "/persons/<dossier_id>/start", Action.SUPPLEMENT_MANAGE, "changes", leads="get_change")
def start_supplement(call: Call, supplement_id: str, dossier_id: str) -> Made:
    """Begins a person's supplement: a draft of a change."""
    return Made(supplements.start(call.uow, call.who, supplement_id, dossier_id, call.now))


@posts(SUPPLEMENT + "/persons/<dossier_id>/unchanged", Action.SUPPLEMENT_MANAGE, "changes", of="get_supplement")
def nothing_new(call: Call, supplement_id: str, dossier_id: str) -> None:
    """Says that nothing is new of a person."""
    supplements.nothing_new(call.uow, call.who, supplement_id, dossier_id, call.now)


class RequestTold(Told):
    """A person's own request about their record."""

    id = s.text("row.request.id")
    number = s.text("row.request.number")
    kind = s.text("row.request.kind")
    state = s.text("row.request.state")
    dossier_id = s.text("row.dossier.id")
    name = s.text("row.cadre.full_name")
    received_on = s.on("row.request.received_on")
    due = s.on()
    left = s.number()
    running = s.flag()
    answer = s.text("row.request.answer")


class WantedRequests(Paged):
    """Which requests."""

    running = s.yes(default=True)


class RequestAsked(Asked):
    """A request as received."""

    dossier_number = s.words(60, 1)
    kind = s.words(20, 1)
    number = s.words(60)
    received_on = s.day()
    words = s.words(4000)


class SaidAsked(Asked):
    """A reply, the extension, that it is done, or a refusal."""

    act = s.words(20, 1)
    words = s.words(4000)
    legal_basis = s.words(500)


@reads("/subject-requests", Action.SUBJECT_MANAGE, "changes", RequestTold, listed=True, query=WantedRequests)
def list_subject_requests(call: Call) -> Listed:
    """Requests of persons, the due ones first."""
    running = call.query["running"]
    found = subject_requests.list_requests(call.uow, call.who, running, call.size, call.offset, call.now)
    return Listed(found[0], found[1])


@posts("/subject-requests", Action.SUBJECT_MANAGE, "changes", RequestAsked, leads="get_subject_request")
def enter_subject_request(call: Call) -> Made:
    """Enters a request; its days are counted at once."""
    return Made(subject_requests.ask(call.uow, call.who, subject_requests.Asked(**call.body), call.now).id)


@reads(REQUEST, Action.SUBJECT_MANAGE, "changes", RequestTold)
def get_subject_request(call: Call, request_id: str) -> Any:
    """One request with what is left of its days."""
    return subject_requests.show(call.uow, call.who, request_id, call.now)


@posts(REQUEST + "/answer", Action.SUBJECT_MANAGE, "changes", SaidAsked, match=TAG, of="get_subject_request")
def answer_subject_request(call: Call, request_id: str) -> None:
    """Notes a reply, the extension, that it is done, or a refusal."""
    subject_requests.answer(call.uow, call.who, request_id, subject_requests.Said(**call.body), call.now)


@posts(REQUEST + "/correction", Action.SUBJECT_MANAGE, "changes", leads="get_change")
def correct_from_request(call: Call, request_id: str) -> Made:
    """Makes a change of the record from a request for correction."""
    return Made(subject_requests.correct(call.uow, call.who, request_id, call.now))
