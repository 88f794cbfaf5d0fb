"""Consultations: asked, followed, read page by page; prepared, decided and taken back where the dossier is held."""

from __future__ import annotations

from typing import Any

from oms.domain.access import Action
from oms.domain.consultations import Phase
from oms.services import consultation_cases, consultation_reading, consultations, usage_register
from oms.services.consultation_cases import DECIDING, PREPARING, Picked, Word
from oms.services.consultations import Wanted
from oms.web.api import shapes as s
from oms.web.api.areas.dossiers import DossierTold
from oms.web.api.operations import TAG, VERSION, Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Paged, Told, WordsAsked

OWN, HELD = "/consultations/<consultation_id>", "/consultations-held/<consultation_id>"
STANDS = ("waiting", "prepared", "running", "over")


class ConsultationTold(Told):
    """A request to study a dossier."""

    id = s.text("asked.id")
    number = s.text("asked.number")
    holder_unit_id = s.number("asked.holder_unit_id")
    person = s.text("asked.person")
    papers = s.text("asked.papers")
    purpose = s.text("asked.purpose")
    reason = s.text("asked.reason")
    place = s.text("asked.place")
    first_day = s.on("asked.first_day")
    last_day = s.on("asked.last_day")
    phase = s.text()
    asked_at = s.at("asked.asked_at")
    given_first = s.on("asked.given_first")
    given_last = s.on("asked.given_last")
    decision_reason = s.text("asked.decision_reason")


class LentPaper(Told):
    """A paper given to be read."""

    id = s.text()
    type = s.text("type_code")
    title = s.text()
    secrecy = s.number()
    pages = s.number("page_count")


class ConsultationRead(ConsultationTold):
    """One's own request; while it runs, the papers given."""

    lent = s.each(LentPaper)
    days_left = s.number(maybe=True)


class LentPage(Told):
    """A page of a paper given."""

    id = s.text()
    position = s.number(maybe=True)
    width = s.number()
    height = s.number()


class LentRead(Told):
    """One paper given, with its pages."""

    paper = s.one(LentPaper, "document")
    pages = s.each(LentPage)


class HeldTold(Told):
    """A request at the unit that holds the dossier."""

    id = s.text("row.consultation.id")
    number = s.text("row.consultation.number")
    person = s.text("row.consultation.person")
    papers = s.text("row.consultation.papers")
    purpose = s.text("row.consultation.purpose")
    reason = s.text("row.consultation.reason")
    first_day = s.on("row.consultation.first_day")
    last_day = s.on("row.consultation.last_day")
    phase = s.text()
    version = s.number("row.consultation.version")


class HeldPaper(Told):
    """A paper of the dossier, named or given."""

    id = s.text("document.id")
    label = s.text()
    title = s.text("document.title")
    secrecy = s.number("document.secrecy")
    picked = s.flag()
    given = s.flag()


class HeldRead(HeldTold):
    """One request: papers to name, dossiers it may mean."""

    papers_of_dossier = s.each(HeldPaper, "papers")
    likely = s.each(DossierTold)
    may_decide = s.flag()


class NewConsultation(Asked):
    """A request; days as dd/mm/yyyy."""

    unit_id = s.whole(1)
    person = s.words(200, 1)
    person_more = s.words(500)
    papers = s.words(1000)
    purpose = s.words(40, 1)
    reason = s.words(1000)
    place = s.words(200)
    first = s.words(10, 1)
    last = s.words(10, 1)


class PreparedAsked(Asked):
    """The dossier and the papers named."""

    dossier_id = s.reference()
    documents = s.many(s.reference(), 500, 1)


class DecidedAsked(Asked):
    """The head's word; days as dd/mm/yyyy."""

    approve = s.yes()
    documents = s.many(s.reference(), 500)
    first = s.words(10)
    last = s.words(10)
    place = s.words(200)
    reason = s.words(1000)


class WantedHeld(Paged):
    """Which requests, at which desk."""

    stands = s.choice(*STANDS, optional=True, default="waiting")


class RegisterLine(Told):
    """A line of the usage register."""

    line = s.number("entry.line")
    kind = s.text("entry.kind")
    at = s.at("entry.at")
    words = s.text("entry.words")
    consultation_id = s.text("entry.consultation_id")
    remarks = s.texts()


class WantedYear(Paged):
    """Of which year."""

    year = s.whole(2000, 2200, default=0)


@reads("/consultations", Action.CONSULT_ASK, "consultations", ConsultationTold, listed=True)
def list_consultations(call: Call) -> Listed:
    """One's own requests, newest first."""
    return Listed(*consultations.mine(call.uow, call.who, call.size, call.offset, call.now))


@posts("/consultations", Action.CONSULT_ASK, "consultations", NewConsultation, leads="get_consultation")
def ask_consultation(call: Call) -> Made:
    """Sends a request; the answer says nothing of what the unit holds."""
    return Made(consultations.ask(call.uow, call.who, Wanted(**call.body), call.now).id)


@reads(OWN, Action.CONSULT_READ, "consultations", ConsultationRead)
def get_consultation(call: Call, consultation_id: str) -> dict[str, Any]:
    """One of one's own requests; while it runs, the papers given."""
    own = consultations.own(call.uow, call.who, consultation_id, consultation_reading.READING, call.now)
    reading = None
    if own.phase is Phase.RUNNING:
        reading = consultation_reading.open_consultation(call.uow, call.who, consultation_id, call.now)
    lent = {"lent": reading.papers if reading else (), "days_left": reading.days_left if reading else None}
    return {"asked": own.asked, "phase": own.phase, **lent}


@posts(OWN + "/close", Action.CONSULT_ASK, "consultations", of="get_consultation")
def close_consultation(call: Call, consultation_id: str) -> None:
    """Withdraws what is not decided, ends what runs."""
    consultations.close(call.uow, call.who, consultation_id, call.now)


@reads(OWN + "/documents/<document_id>", Action.CONSULT_READ, "consultations", LentRead)
def read_lent_document(call: Call, consultation_id: str, document_id: str) -> Any:
    """One of the papers given."""
    return consultation_reading.read_paper(call.uow, call.who, consultation_id, document_id, call.now)


@reads(OWN + "/pages/<page_id>/image", Action.CONSULT_READ, "consultations", media="image/jpeg")
def read_lent_page(call: Call, consultation_id: str, page_id: str) -> bytes:
    """One page's picture with its reader's name in it."""
    return consultation_reading.page_image(call.uow, call.who, consultation_id, page_id, call.now)


@reads("/consultations-held", Action.CONSULT_REGISTER, "consultations", HeldTold, listed=True, query=WantedHeld)
def list_held_consultations(call: Call) -> Listed:
    """Requests at the officer's units."""
    which = call.query["stands"]
    lines, counts = consultation_cases.cases(call.uow, call.who, PREPARING, which, call.size, call.offset, call.now)
    return Listed(lines, counts[which])


@reads(HELD, Action.CONSULT_REGISTER, "consultations", HeldRead, version="row.consultation.version")
def get_held_consultation(call: Call, consultation_id: str) -> Any:
    """One request to be prepared."""
    return consultation_cases.look(call.uow, call.who, PREPARING, consultation_id, "", call.now)


@posts(HELD + "/prepare", Action.CONSULT_REGISTER, "consultations", PreparedAsked, match=VERSION,
       of="get_held_consultation")  # fmt: skip
def prepare_consultation(call: Call, consultation_id: str) -> None:
    """Puts the named papers before the head."""
    picked = Picked(call.body["dossier_id"], tuple(call.body["documents"]))
    consultation_cases.prepare(call.uow, call.who, consultation_id, call.version, picked, call.now)


@reads("/consultations-to-decide", Action.CONSULT_DECIDE, "consultations", HeldTold, listed=True, query=WantedHeld)
def list_consultations_to_decide(call: Call) -> Listed:
    """Requests the head may decide."""
    which = call.query["stands"]
    lines, counts = consultation_cases.cases(call.uow, call.who, DECIDING, which, call.size, call.offset, call.now)
    return Listed(lines, counts[which])


@reads("/consultations-to-decide/<consultation_id>", Action.CONSULT_DECIDE, "consultations", HeldRead,
       version="row.consultation.version")  # fmt: skip
def get_consultation_to_decide(call: Call, consultation_id: str) -> Any:
    """One request before the head."""
    return consultation_cases.look(call.uow, call.who, DECIDING, consultation_id, "", call.now)


@posts("/consultations-to-decide/<consultation_id>/decision", Action.CONSULT_DECIDE, "consultations", DecidedAsked,
       match=VERSION, of="get_consultation_to_decide", proof=True)  # fmt: skip
def decide_consultation(call: Call, consultation_id: str) -> None:
    """Approves (which lets a person read what they did not see) or refuses."""
    body = dict(call.body)
    word = Word(body["approve"], tuple(body["documents"]), body["first"], body["last"], body["place"], body["reason"])
    consultation_cases.decide(call.uow, call.who, consultation_id, call.version, word, call.now)


@posts("/consultations-to-decide/<consultation_id>/revoke", Action.CONSULT_DECIDE, "consultations", WordsAsked,
       match=TAG, of="get_consultation_to_decide")  # fmt: skip
def revoke_consultation(call: Call, consultation_id: str) -> None:
    """Takes an approval back."""
    consultation_cases.revoke(call.uow, call.who, consultation_id, call.body["words"], call.now)


@reads("/usage-register", Action.CONSULT_REGISTER, "consultations", RegisterLine, listed=True, query=WantedYear)
def list_usage(call: Call) -> Listed:
    """The usage register of a year."""
    year = call.query["year"] or call.now.year
    return Listed(*usage_register.register(call.uow, call.who, year, call.size, call.offset, call.now))


@posts("/usage-register/<consultation_id>/remarks", Action.CONSULT_REGISTER, "consultations", WordsAsked)
def remark_usage(call: Call, consultation_id: str) -> None:
    """Adds a remark to a line of the register."""
    usage_register.remark(call.uow, call.who, consultation_id, call.body["words"], call.now)
