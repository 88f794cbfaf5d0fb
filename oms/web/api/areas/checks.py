"""The second look: what waits, one paper beside its values, the second and the third person's word; shares, lots."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.checks import CheckState
from oms.services import checking
from oms.services.checking import Answer
from oms.web.api import shapes as s
from oms.web.api.operations import VERSION, Call, Listed, posts, reads
from oms.web.api.shapes import Asked, Paged, Told

CHECK = "/checks/<check_id>"
STATES = {"waiting": CheckState.WAITING, "differs": CheckState.DIFFERS}


class CheckTold(Told):
    """A paper that waits for a second look, or to be settled."""

    id = s.text("check.id")
    state = s.text("check.state")
    stage = s.number("check.stage")
    document_id = s.text("document.id")
    title = s.text("document.title")
    secrecy = s.number("document.secrecy")
    version = s.number("document.version")
    batch_id = s.text("batch.id")


class ValueTold(Told):
    """A value to be looked at; a blind one is not told."""

    key = s.text()
    value = s.text()
    blind = s.flag()


class FindingTold(Told):
    """Where two differed."""

    key = s.text()
    first_value = s.text()
    second_value = s.text()


class CheckedPage(Told):
    """A page of the paper."""

    id = s.text()
    position = s.number(maybe=True)


class CheckRead(Told):
    """One paper for the second or the third person."""

    check = s.one(CheckTold, "row")
    values = s.each(ValueTold)
    findings = s.each(FindingTold)
    pages = s.each(CheckedPage)


class WantedChecks(Paged):
    """Which."""

    state = s.choice(*STATES, optional=True, default="waiting")
    batch_id = s.reference(optional=True)


class CheckAnswer(Asked):
    """Values as the second person reads them; those accepted as they stand."""

    values = fields.Dict(keys=s.words(40, 1), values=s.words(500), load_default=dict, validate=validate.Length(max=200))
    seen = s.many(s.words(40, 1), 200)


class SettledAsked(Asked):
    """The third person's values."""

    values = fields.Dict(keys=s.words(40, 1), values=s.words(500), required=True, validate=validate.Length(max=200))


class SharesAsked(Asked):
    """Shares of a batch looked at again at stages two and three, in percent; blind or not."""

    share_2 = s.whole(0, 100)
    share_3 = s.whole(0, 100)
    blind = s.yes()


@reads("/checks", Action.CHECK_WORK, "desk", CheckTold, listed=True, query=WantedChecks)
def list_checks(call: Call) -> Listed:
    """Papers that wait for this person: to be looked at, or to be settled."""
    state, batch_id = STATES[call.query["state"]], call.query["batch_id"]
    return Listed(*checking.queue(call.uow, call.who, state, batch_id, call.size, call.offset, call.now))


@reads(CHECK, Action.CHECK_WORK, "desk", CheckRead, version="row.document.version")
def get_check(call: Call, check_id: str) -> Any:
    """One paper beside its values."""
    return checking.open_check(call.uow, call.who, check_id, call.now)


@posts(CHECK + "/answer", Action.CHECK_WORK, "desk", CheckAnswer, match=VERSION)
def answer_check(call: Call, check_id: str) -> None:
    """Keeps the second person's word."""
    answer = Answer(call.body["values"], frozenset(call.body["seen"]), call.version)
    checking.decide(call.uow, call.who, check_id, answer, call.now)


@posts(CHECK + "/settle", Action.CHECK_WORK, "desk", SettledAsked, match=VERSION)
def settle_check(call: Call, check_id: str) -> None:
    """Keeps the third person's word."""
    checking.settle(call.uow, call.who, check_id, call.version, call.body["values"], call.now)


@reads(CHECK + "/pages/<page_id>/image", Action.CHECK_WORK, "desk", media="image/jpeg")
def read_check_page(call: Call, check_id: str, page_id: str) -> bytes:
    """A page of the paper being looked at."""
    return checking.page_image(call.uow, call.who, check_id, page_id, call.now)


@posts("/batches/<batch_id>/shares", Action.CHECK_REPORT, "desk", SharesAsked)
def set_check_shares(call: Call, batch_id: str) -> None:
    """Sets how much of a batch is looked at again."""
    said = call.body
    shares = (said["share_2"], said["share_3"])
    checking.set_shares(call.uow, call.who, batch_id, shares, said["blind"], call.now)


@posts("/batches/<batch_id>/draw", Action.CHECK_REPORT, "desk")
def draw_checks(call: Call, batch_id: str) -> None:
    """Draws the next stage by lot."""
    checking.draw_now(call.uow, call.who, batch_id, call.now)
