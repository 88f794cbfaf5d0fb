"""Decisions on the tree of units: entered, taken back; lists of units brought in; the communes of 2025."""

from __future__ import annotations

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.organisation import Kind
from oms.errors import InvalidInput
from oms.services import communes, succession
from oms.services import units as register
from oms.services.succession import NewUnit
from oms.web.api import shapes as s
from oms.web.api.areas.units import UnitTold
from oms.web.api.operations import Call, Listed, posts, reads
from oms.web.api.shapes import Asked, Paged, Told

KINDS = tuple(str(kind) for kind in Kind)


class NewFollower(Asked):
    """A unit the decision makes."""

    code = s.words(35, 1)
    name = s.words(300, 1)
    code_party = s.words(35)
    code_state = s.words(35)


class ActAsked(Asked):
    """One decision: units by their codes; ``parent`` is where new ones stand."""

    kind = s.choice(*KINDS)
    on = s.day(optional=False)
    decision_no = s.words(200, 1)
    predecessors = s.many(s.words(35, 1), 500, 1)
    successor = s.words(35)
    new = fields.List(fields.Nested(NewFollower), load_default=list, validate=validate.Length(max=200))
    parent = s.words(35)


class TryAsked(Asked):
    """``dry``: the list is tried; nothing is kept whatever it says."""

    dry = s.yes()


class CommunesAsked(Paged):
    """A province by its official code, and the code of the unit the communes stand under."""

    province = s.words(5, 1)
    under = s.words(35, 1)


class CommunesLoaded(Asked):
    """The same, for loading."""

    province = s.words(5, 1)
    under = s.words(35, 1)


class CommuneTold(Told):
    """A commune to be made a unit, and the units it comes after; ``shared``: of communes that were divided."""

    code = s.text()
    name = s.text()
    before = s.each(UnitTold)
    shared = s.each(UnitTold)


@posts("/unit-acts", Action.UNIT_MANAGE, "units", ActAsked)
def enter_unit_act(call: Call) -> None:
    """Enters a decision on the tree: ends, makes, joins."""
    said = dict(call.body)
    kind, new = Kind(said.pop("kind")), tuple(NewUnit(**each) for each in said.pop("new"))
    asked = succession.Asked(kind=kind, new=new, predecessors=tuple(said.pop("predecessors")), **said)
    succession.succeed(call.uow, call.who, asked, call.now)


@posts("/unit-acts/<unit_act_id>/take-back", Action.UNIT_MANAGE, "units")
def take_unit_act_back(call: Call, unit_act_id: str) -> None:
    """Takes back an act entered by mistake today."""
    succession.take_back(call.uow, call.who, unit_act_id, call.now)


@posts("/units/file", Action.UNIT_MANAGE, "units", query=TryAsked, file=True, keeps=True)
def bring_units_in(call: Call) -> None:
    """Brings a CSV list of units in: all of it or nothing. The body is the file itself."""
    if call.file is None:
        raise InvalidInput("file", "Chưa có tệp nào được gửi.")
    found = register.bring_in(call.uow, call.who, call.file.read_bytes(), call.query["dry"], call.now)
    if found.problems:
        told = "; ".join(f"dòng {each.line}: {each.message_vi}" for each in found.problems[:20])
        raise InvalidInput("file", f"Danh sách có {len(found.problems)} chỗ sai: {told}"[:2000])


@reads("/communes", Action.UNIT_MANAGE, "units", CommuneTold, listed=True, query=CommunesAsked)
def list_communes(call: Call) -> Listed:
    """What laying a province's communes of 2025 into the tree would make and join."""
    found = communes.preview(call.uow, call.who, call.query["province"], call.query["under"], call.now)
    return Listed(found.new[call.offset : call.offset + call.size], len(found.new))


@posts("/communes", Action.UNIT_MANAGE, "units", CommunesLoaded)
def load_communes(call: Call) -> None:
    """Makes the units and ends what they come after, in one act."""
    communes.load(call.uow, call.who, call.body["province"], call.body["under"], call.now)
