"""Cases beyond one's own step: the board, what somebody has in hand handed over, results issued into dossiers."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.journal import Verb
from oms.errors import Refused
from oms.services import case_handover, case_issue, case_lists
from oms.services.case_handover import Handing, InHand
from oms.services.case_issue import Issued
from oms.services.case_lists import Wanted
from oms.web.api import shapes as s
from oms.web.api.areas.cases import CASE, OF_CASE, CaseTold
from oms.web.api.areas.dossiers import UNIT_PATH
from oms.web.api.operations import Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Paged, Told
from oms.web.context import house


class ColumnTold(Told):
    """A column of the board: a stage (none: suspended), how many cases stand in it, the first of them."""

    stage = s.text(maybe=True)
    number = s.number()
    cases = s.each(CaseTold, "lines")


class BoardTold(Told):
    """Open cases of no level by stage."""

    columns = s.each(ColumnTold)


class BoardAsked(Asked):
    """Which cases."""

    mine = s.yes()
    q = s.words(100)
    code = s.words(60)
    unit = fields.String(load_default="", validate=UNIT_PATH)


class HandOfTold(Told):
    """Somebody with work in hand."""

    account_id = s.text()
    name = s.text()
    cases = s.number()
    opinions = s.number()


class SecretToo(Paged):
    """Secret cases stand in no list but where ``secret`` asks for them."""

    secret = s.yes()


class HandAsked(Asked):
    """Whose work."""

    account_id = s.reference()
    secret = s.yes()


class HeldCase(Told):
    """A case in hand."""

    id = s.text("case.id")
    number = s.text("case.number")
    code = s.text("case.code")
    step = s.text("case.step")
    due = s.on("case.due")
    version = s.number("case.version")


class HeldOpinion(Told):
    """An opinion asked for and not given."""

    id = s.text()
    case_id = s.text()
    question = s.text()
    due = s.on()


class ReceiverTold(Told):
    """Somebody who reaches the cases' units."""

    id = s.text()
    name = s.text("display_name")


class HandTold(Told):
    """What one person has in hand, and who may be thought of for it."""

    account_id = s.text("account.id")
    total = s.number()
    cases = s.each(HeldCase, "rows")
    opinions = s.each(HeldOpinion)
    receivers = s.each(ReceiverTold)


class HandingAsked(Asked):
    """Whose work, who gets each case or opinion (by its id), the versions the cases were read with, why."""

    account_id = s.reference()
    secret = s.yes()
    to = fields.Dict(
        keys=s.reference(),
        values=s.reference(),
        required=True,
        validate=validate.Length(min=1, max=case_handover.AT_ONCE),
    )
    versions = fields.Dict(keys=s.reference(), values=s.whole(0), load_default=dict, validate=validate.Length(max=400))
    reason = s.words(2000, 1)


class IssueAsked(Asked):
    """What is issued: number and day (dd/mm/yyyy) of the paper, its title and type; ``later``: it comes by scanning."""

    number = s.words(80)
    issued_on = s.words(10)
    title = s.words(500)
    type_code = s.words(40)
    words = s.words(1000)
    late_reason = s.words(1000)
    later = s.yes()


class ResultTold(Told):
    """What would be issued of a case, and what came of it; ``signed``: system | hand."""

    draft = s.number("result.draft.number", maybe=True)
    signed = s.text("result.signed")
    usual_type = s.text("usual.type_code")
    here = s.flag()
    late = s.flag()
    may_file = s.flag()
    may_change = s.flag()
    document_id = s.text("paper.id", maybe=True)
    change_id = s.text("change.change_id", maybe=True)
    change_state = s.text("change.state", maybe=True)
    dossier_open = s.flag("open")


class ChangeTitle(Asked):
    """The title of the change."""

    title = s.words(500, 1)


@reads("/case-board", Action.CASE_WORK, "cases", BoardTold, query=BoardAsked)
def get_case_board(call: Call) -> Any:
    """Open cases by stage, each column counted exactly."""
    asked = call.query
    hand = case_lists.hand_of(call.who) if asked["mine"] else ""
    wanted = Wanted(hand=hand, code=asked["code"], unit_path=asked["unit"], words=asked["q"])
    return {"columns": case_lists.board(call.uow, call.who, wanted, call.now)}


@reads("/case-hands", Action.CASE_STEER, "cases", HandOfTold, listed=True, query=SecretToo)
def list_case_hands(call: Call) -> Listed:
    """Who has open cases in hand that the owner of the token steers."""
    found = case_handover.holders(call.uow, call.who, _secret(call, call.query["secret"]), call.now)
    return Listed(found[call.offset : call.offset + call.size], len(found))


def _secret(call: Call, asked: bool) -> bool:
    return asked and case_lists.sees_secret(call.who)


@reads("/case-hand", Action.CASE_STEER, "cases", HandTold, query=HandAsked)
def get_case_hand(call: Call) -> Any:
    """What one person has in hand, as far as the owner of the token steers it."""
    account_id, secret = call.query["account_id"], _secret(call, call.query["secret"])
    found = case_handover.of_person(call.uow, call.who, account_id, secret, call.now)
    if found is None:
        raise Refused(Verb.CASE_LIST, kind="account", object_id=account_id, reason="nothing in hand that is steered")
    return _hand(found)


def _hand(found: InHand) -> Any:
    opinions = [
        {"id": each.id, "case_id": row.case.id, "question": each.question, "due": each.due}
        for each, row in found.opinions
    ]
    return {
        "account": found.account,
        "total": found.total,
        "rows": found.rows,
        "opinions": opinions,
        "receivers": found.receivers,
    }


@posts("/case-hands", Action.CASE_STEER, "cases", HandingAsked)
def hand_over_cases(call: Call) -> None:
    """Hands over what was chosen of one person's work: all of it or nothing."""
    said = call.body
    handing, secret = Handing(said["to"], said["versions"], said["reason"]), _secret(call, said["secret"])
    case_handover.hand_over_all(call.uow, call.who, said["account_id"], secret, handing, call.now)


@reads(CASE + "/result", Action.CASE_WORK, "cases", ResultTold)
def get_case_result(call: Call, case_id: str) -> Any:
    """What would be issued of a case; once issued, what came of it."""
    return case_issue.show(call.uow, call.who, case_id, call.now)


@posts(CASE + "/result", Action.CASE_WORK, "cases", IssueAsked, apart=True, **OF_CASE)
def issue_case(call: Call, case_id: str) -> None:
    """Files the result into the dossier and ends the case; a scan of what was signed by hand is a draft before."""
    case_issue.issue(house(), call.who, case_id, call.version, Issued(**call.body), call.now)


@posts(CASE + "/change", Action.RECORD_CHANGE, "cases", ChangeTitle, leads="get_change")
def begin_case_change(call: Call, case_id: str) -> Made:
    """Begins the change of the record from the issued paper; its dossier must have been read with this token."""
    return Made(case_issue.begin_change(call.uow, call.who, case_id, call.body["title"], call.now))
