"""The catalogue of procedures: browsed, one with its versions, proposed on, answered, ended."""

from __future__ import annotations

from oms.domain.access import Action
from oms.domain.procedures import Kind
from oms.services import procedure_proposals, procedures
from oms.services.procedure_proposals import Said
from oms.services.procedures import Shown
from oms.web.api import shapes as s
from oms.web.api.operations import TAG, Call, Listed, posts, reads
from oms.web.api.shapes import Asked, Paged, Told

PROCEDURE = "/procedures/<procedure_code>"


class ProcedureTold(Told):
    """A procedure in force."""

    code = s.text("version.code")
    version = s.number("version.version")
    kind = s.text("version.kind")
    field = s.text("version.field")
    title = s.text("version.title")
    owner_unit_id = s.number("version.owner_unit_id", maybe=True)
    valid_from = s.on("version.valid_from")
    valid_to = s.on("version.valid_to")
    mark = s.text("version.mark")


class StepOf(Told):
    """A step."""

    key = s.text()
    stage = s.text()
    title = s.text()
    days = s.number()
    unit = s.text()
    next = s.text()


class PaperOf(Told):
    """A paper asked for."""

    title = s.text()
    type = s.text("type_code")
    copies = s.number()
    required = s.flag()


class ProcedureAbout(ProcedureTold):
    """One procedure with its steps and papers."""

    days = s.number("procedure.days")
    day_kind = s.text("procedure.day_kind")
    subject = s.text("procedure.subject")
    manner = s.text("procedure.manner")
    legal_basis = s.text("procedure.legal_basis")
    steps = s.each(StepOf, "procedure.steps")
    papers = s.each(PaperOf, "procedure.papers")
    forms = s.texts("procedure.forms")


class VersionTold(Told):
    """A version."""

    id = s.text()
    version = s.number()
    state = s.text()
    valid_from = s.on()
    valid_to = s.on()


class ProposalTold(Told):
    """What somebody proposed, and the answer."""

    id = s.text()
    part = s.text()
    place = s.text()
    text = s.text()
    state = s.text()
    by = s.text()
    at = s.at()
    answer = s.text()


class ProcedureRead(Told):
    """One procedure, its versions, what was proposed of it."""

    line = s.one(ProcedureAbout)
    versions = s.each(VersionTold)
    proposals = s.each(ProposalTold)
    may_edit = s.flag()
    in_force = s.flag()


class WantedProcedures(Paged):
    """Which procedures."""

    q = s.words(100)
    field = s.words(60)
    kind = s.choice("", *(str(kind) for kind in Kind), optional=True)


class ProposalAsked(Asked):
    """A proposal on one part."""

    part = s.words(12, 1)
    place = s.words(200)
    text = s.words(4000, 1)


class AnswerAsked(Asked):
    """The owner's answer."""

    taken = s.yes()
    answer = s.words(4000)


class LastDay(Asked):
    """The last day in force; today when left out."""

    last = s.day()


@reads("/procedures", Action.PROCEDURE_VIEW, "procedures", ProcedureTold, listed=True, query=WantedProcedures)
def list_procedures(call: Call) -> Listed:
    """What is in force today."""
    asked = call.query
    found = procedures.index(call.uow, call.who, asked["q"], asked["field"], asked["kind"], call.now)
    return Listed(found[call.offset : call.offset + call.size], len(found))


@reads(PROCEDURE, Action.PROCEDURE_VIEW, "procedures", ProcedureRead)
def get_procedure(call: Call, procedure_code: str) -> Shown:
    """One procedure: attributes, steps, papers, versions, proposals."""
    return procedures.show(call.uow, call.who, procedure_code, "", call.now)


@posts(PROCEDURE + "/proposals", Action.PROCEDURE_VIEW, "procedures", ProposalAsked, of="get_procedure")
def propose_on_procedure(call: Call, procedure_code: str) -> None:
    """Leaves a proposal for the owner."""
    procedure_proposals.propose(call.uow, call.who, procedure_code, Said(**call.body), call.now)


@posts("/procedure-proposals/<proposal_id>/answer", Action.PROCEDURE_EDIT, "procedures", AnswerAsked)
def answer_proposal(call: Call, proposal_id: str) -> None:
    """Answers a proposal, once."""
    procedure_proposals.answer(call.uow, call.who, proposal_id, call.body["taken"], call.body["answer"], call.now)


@posts(PROCEDURE + "/end", Action.PROCEDURE_EDIT, "procedures", LastDay, match=TAG, of="get_procedure")
def end_procedure(call: Call, procedure_code: str) -> None:
    """Ends a row of the catalogue after a day."""
    last = call.body["last"] or procedures.today(call.now)
    procedures.end(call.uow, call.who, procedure_code, last, call.now)
