"""Cases: lists, one with its papers, received, moved, approved; papers entered, drafts, opinions."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.casework import Move
from oms.domain.catalogue import COMPARTMENTS
from oms.domain.procedures import Stage
from oms.errors import InvalidInput
from oms.services import (
    case_approval,
    case_drafts,
    case_lists,
    case_moves,
    case_opinions,
    case_papers,
    case_view,
    casework,
)
from oms.services.case_approval import Word
from oms.services.case_drafts import Sent
from oms.services.case_lists import Wanted
from oms.services.case_view import Shown
from oms.services.casework import NewCase
from oms.web.api import shapes as s
from oms.web.api.areas.dossiers import UNIT_PATH
from oms.web.api.operations import VERSION, Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Paged, Told
from oms.web.context import house

CASE = "/cases/<case_id>"
STATES = ("open", "running", "suspended", "late", "ended", "all")
MOVES = (*(str(move) for move in Move), "late")


class CaseTold(Told):
    """A case as lists show it; ``left``: working days to its last day."""

    id = s.text("row.case.id")
    number = s.text("row.case.number")
    title = s.text("row.title")
    code = s.text("row.case.code")
    state = s.text("row.case.state")
    step = s.text("row.case.step")
    step_title = s.text("step")
    stage = s.text(maybe=True)
    unit_id = s.number("row.unit.id")
    unit = s.text("row.unit.name")
    step_unit_id = s.number("row.step_unit.id")
    assignee_id = s.text("row.case.assignee_id", maybe=True)
    holder = s.text("row.holder")
    dossier_id = s.text("row.case.dossier_id", maybe=True)
    secrecy = s.number("row.case.secrecy")
    received_on = s.on("row.case.received_on")
    due = s.on("row.case.due")
    left = s.number(maybe=True)
    version = s.number("row.case.version")


class StepTold(Told):
    """A step on the case's way: done | here | ahead."""

    key = s.text("step.key")
    title = s.text("step.title")
    stage = s.text("step.stage")
    unit = s.text()
    place = s.text()


class CasePaperTold(Told):
    """A paper asked for, and how many copies came."""

    id = s.text()
    title = s.text()
    type = s.text("type_code")
    asked = s.number()
    required = s.flag()
    received = s.number()


class DraftTold(Told):
    """A version of the draft."""

    number = s.number()
    name = s.text()
    size = s.number()
    note = s.text()
    at = s.at()
    signed_at = s.at(maybe=True)


class OpinionTold(Told):
    """An opinion asked for, and given."""

    id = s.text()
    asked_of = s.text()
    asked_by = s.text()
    question = s.text()
    due = s.on()
    stance = s.text()
    text = s.text()
    given_at = s.at(maybe=True)
    withdrawn_at = s.at(maybe=True)


class EventTold(Told):
    """What happened to the case."""

    act = s.text()
    by = s.text(maybe=True)
    at = s.at()
    from_step = s.text()
    to_step = s.text()
    reason = s.text()


class MayTold(Told):
    """What is open to the owner of the token now."""

    moves = s.texts()
    approve = s.flag()
    barred = s.text()
    edit = s.flag()
    late = s.flag()


class CaseRead(Told):
    """One case with all that belongs to it."""

    id = s.text("case.id")
    number = s.text("case.number")
    title = s.text("row.title")
    requester = s.text("case.requester")
    code = s.text("case.code")
    state = s.text("case.state")
    step = s.text("case.step")
    secrecy = s.number("case.secrecy")
    compartment = s.text("case.compartment")
    dossier_id = s.text("case.dossier_id", maybe=True)
    unit_id = s.number("case.unit_id")
    step_unit_id = s.number("case.step_unit_id")
    assignee_id = s.text("case.assignee_id", maybe=True)
    received_at = s.at("case.received_at")
    due = s.on("case.due")
    left = s.number(maybe=True)
    version = s.number("case.version")
    steps = s.each(StepTold)
    papers = s.each(CasePaperTold)
    missing = s.texts()
    drafts = s.each(DraftTold)
    opinions = s.each(OpinionTold)
    events = s.each(EventTold)
    may = s.one(MayTold)


class WantedCases(Paged):
    """Which cases. Secret ones stand in no list but where ``secret`` asks for them."""

    state = s.choice(*STATES, optional=True, default="open")
    mine = s.yes()
    q = s.words(100)
    code = s.words(60)
    unit = fields.String(load_default="", validate=UNIT_PATH)
    dossier_id = s.reference(optional=True)
    stage = s.choice("", *(str(stage) for stage in Stage), optional=True)
    secret = s.yes()
    since = s.day()


class NewCaseAsked(Asked):
    """A case to be received; ``papers``: copies that came, by the place of the paper asked for."""

    code = s.words(60, 1)
    title = s.words(300)
    unit_id = s.whole(1)
    requester = s.words(200)
    dossier_id = s.reference(optional=True)
    secrecy = s.whole(0, 3, 0)
    compartment = s.choice("", *COMPARTMENTS, optional=True)
    papers = fields.List(
        fields.Integer(strict=True, validate=validate.Range(min=0, max=99)),
        load_default=list,
        validate=validate.Length(max=case_view.MOST_PAPERS),
    )
    lacking = s.yes()


class MoveAsked(Asked):
    """A move: to whom or which step, with what reason or words."""

    move = s.choice(*MOVES)
    to_account = s.reference(optional=True)
    to_step = s.words(60)
    reason = s.words(4000)


class ApprovalAsked(Asked):
    """An approval: to whom it goes on; signed on paper, or with the agency's key."""

    to_account = s.reference(optional=True)
    words = s.words(4000)
    on_paper = s.yes()


class CameAsked(Asked):
    """Copies that have come by now, by the id of the paper."""

    received = fields.Dict(
        keys=s.reference(),
        values=fields.Integer(strict=True, validate=validate.Range(min=0, max=999)),
        required=True,
        validate=validate.Length(min=1, max=200),
    )


class DraftName(Asked):
    """The name of the draft that is sent, and what was changed."""

    name = s.words(200, 1)
    note = s.words(1000)


class QuestionAsked(Asked):
    """An opinion asked of some persons by a day."""

    persons = s.many(s.reference(), 50, 1)
    question = s.words(1000)
    due = s.day()


class OpinionAsked(Asked):
    """An opinion."""

    stance = s.words(20, 1)
    text = s.words(4000)


@reads("/cases", Action.CASE_WORK, "cases", CaseTold, listed=True, query=WantedCases)
def list_cases(call: Call) -> Listed:
    """Visible cases, those due first first."""
    asked = call.query
    wanted = Wanted(
        state="" if asked["state"] == "all" else asked["state"],
        hand=case_lists.hand_of(call.who) if asked["mine"] else "",
        code=asked["code"],
        unit_path=asked["unit"],
        dossier_id=asked["dossier_id"],
        words=asked["q"],
        secret=asked["secret"],
        since=asked["since"],
    )
    stage = Stage(asked["stage"]) if asked["stage"] else None
    found = case_lists.listing(call.uow, call.who, wanted, stage, call.size, call.offset, call.now)
    return Listed(found.lines, found.total)


@posts("/cases", Action.CASE_WORK, "cases", NewCaseAsked, leads="get_case")
def receive_case(call: Call) -> Made:
    """Receives a case."""
    body = dict(call.body)
    came = {place: copies for place, copies in enumerate(body.pop("papers")) if copies}
    return Made(casework.receive(call.uow, call.who, NewCase(papers=came, **body), call.now).id)


@reads(CASE, Action.CASE_WORK, "cases", CaseRead, version="case.version")
def get_case(call: Call, case_id: str) -> Shown:
    """One case with its papers, drafts, opinions and history."""
    return case_view.open_case(call.uow, call.who, case_id, call.now)


OF_CASE: dict[str, Any] = {"match": VERSION, "of": "get_case"}


@posts(CASE + "/moves", Action.CASE_WORK, "cases", MoveAsked, **OF_CASE)
def move_case(call: Call, case_id: str) -> None:
    """Forward, back, suspended, taken up, refused, withdrawn, handed over, or the reason for being late."""
    uow, who, version, at_ = call.uow, call.who, call.version, call.now
    move, to, reason = call.body["move"], call.body["to_account"], call.body["reason"]
    plain = {
        Move.SUSPEND: case_moves.suspend,
        Move.RESUME: case_moves.resume,
        Move.REFUSE: case_moves.refuse,
        Move.WITHDRAW: case_moves.withdraw,
    }
    if move == Move.FORWARD:
        case_moves.forward(uow, who, case_id, version, to, reason, at_)
    elif move == Move.BACK:
        case_moves.back(uow, who, case_id, version, call.body["to_step"], reason, at_)
    elif move == Move.HAND_OVER:
        case_moves.hand_over(uow, who, case_id, version, to, reason, at_)
    elif move == "late":
        case_moves.explain_late(uow, who, case_id, version, reason, at_)
    elif move in plain:
        plain[Move(move)](uow, who, case_id, version, reason, at_)
    else:
        raise InvalidInput("move", "Thao tác này có chỗ riêng.")


@posts(CASE + "/approval", Action.CASE_APPROVE, "cases", ApprovalAsked, apart=True, **OF_CASE)
def approve_case(call: Call, case_id: str) -> None:
    """Approves: signs the newest draft with the agency's key, or says that it was signed on paper."""
    word = Word(call.body["to_account"], call.body["words"], call.body["on_paper"])
    case_approval.approve(house(), call.who, case_id, call.version, word, call.now)


@posts(CASE + "/papers", Action.CASE_WORK, "cases", CameAsked, **OF_CASE)
def enter_case_papers(call: Call, case_id: str) -> None:
    """Enters the copies that have come by now."""
    case_papers.enter_all(call.uow, call.who, case_id, call.version, call.body["received"], call.now)


@posts(CASE + "/drafts", Action.CASE_WORK, "cases", query=DraftName, file=True, apart=True, **OF_CASE)
def add_draft(call: Call, case_id: str) -> None:
    """Attaches the next version of the draft; the body is the PDF itself."""
    if call.file is None:
        raise InvalidInput("file", "Chưa có tệp nào được gửi.")
    sent = Sent(call.file, call.query["name"], call.query["note"])
    case_drafts.attach(house(), call.who, case_id, call.version, sent, call.now)


@reads(CASE + "/drafts/<int(max=9999):number>", Action.CASE_WORK, "cases", media="application/pdf", apart=True)
def read_draft(call: Call, case_id: str, number: int) -> bytes:
    """The file of a draft, as signed where it was."""
    return case_drafts.read(house(), call.who, case_id, number, call.now)[0]


@posts(CASE + "/opinions", Action.CASE_WORK, "cases", QuestionAsked, **OF_CASE)
def ask_opinions(call: Call, case_id: str) -> None:
    """Asks some persons for their opinion."""
    asked = call.body
    persons, question = asked["persons"], asked["question"]
    case_opinions.ask(call.uow, call.who, case_id, call.version, persons, question, asked["due"], call.now)


@posts(CASE + "/opinions/<opinion_id>/answer", Action.CASE_WORK, "cases", OpinionAsked, of="get_case")
def give_opinion(call: Call, case_id: str, opinion_id: str) -> None:
    """Gives the opinion that was asked of the owner of the token; once."""
    asked = call.body
    case_opinions.say(call.uow, call.who, case_id, opinion_id, asked["stance"], asked["text"], call.now)


@posts(CASE + "/opinions/<opinion_id>/withdraw", Action.CASE_WORK, "cases", **OF_CASE)
def withdraw_opinion(call: Call, case_id: str, opinion_id: str) -> None:
    """Takes back a question that was not answered."""
    case_opinions.no_longer(call.uow, call.who, case_id, call.version, opinion_id, call.now)
