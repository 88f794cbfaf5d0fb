"""Units: the register on a day, one unit with its history, decisions entered; units made and changed."""

from __future__ import annotations

from oms.domain.access import Action
from oms.domain.organisation import Block
from oms.domain.records import day_in_hanoi
from oms.services import units as register
from oms.services.succession import NewUnit
from oms.services.units import UnitView
from oms.web.api import shapes as s
from oms.web.api.operations import TAG, Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Paged, Told

BLOCKS = tuple(str(block) for block in Block)
UNIT = "/units/<int(max=2147483647):unit_id>"


class UnitTold(Told):
    """A unit; ``path`` is its place in the tree of scopes."""

    id = s.number()
    code = s.text()
    name = s.text()
    block = s.text()
    level = s.text()
    path = s.text()
    parent_id = s.number(maybe=True)
    valid_from = s.on()
    valid_to = s.on()
    code_party = s.text()
    code_state = s.text()


class UnitLine(Told):
    """A unit in the register with those that came after it."""

    unit = s.one(UnitTold)
    depth = s.number()
    followers = s.each(UnitTold)


class Wanted(Paged):
    """Which units."""

    q = s.words(100)
    block = s.choice("", *BLOCKS, optional=True)
    on = s.day(about="The day; today when left out.")
    every_time = s.yes(about="Units of every time.")


class FollowingTold(Told):
    """One unit after another."""

    predecessor_id = s.number("predecessor.id")
    successor_id = s.number("successor.id")
    kind = s.text("row.kind")
    on = s.on("row.on_date")


class UnitAbout(Told):
    """One unit: where it stands, what it came from and became."""

    unit = s.one(UnitTold)
    above = s.each(UnitTold)
    below = s.each(UnitTold)
    before = s.each(FollowingTold)
    after = s.each(FollowingTold)
    place = s.text()
    stands = s.flag()


class NewUnitAsked(Asked):
    """A unit that comes after none."""

    code = s.words(35, 1)
    name = s.words(300, 1)
    block = s.choice(*BLOCKS)
    level = s.words(20, 1)
    parent = s.words(35, about="The code of the unit above.")
    since = s.day(optional=False)
    code_party = s.words(35)
    code_state = s.words(35)


class Codes(Asked):
    """Official codes and place of a unit."""

    code_party = s.words(35, optional=False)
    code_state = s.words(35, optional=False)
    place = s.words(200, optional=False)


@reads("/units", Action.UNIT_VIEW, "units", UnitLine, listed=True, query=Wanted)
def list_units(call: Call) -> Listed:
    """Units in the order of the tree, on a day or of every time."""
    asked = call.query
    on_day = None if asked["every_time"] else asked["on"] or day_in_hanoi(call.now)
    wanted = register.Filter(asked["q"], asked["block"], on_day)
    return Listed(*register.register(call.uow, call.who, wanted, call.size, call.offset, call.now))


@reads(UNIT, Action.UNIT_VIEW, "units", UnitAbout)
def get_unit(call: Call, unit_id: int) -> UnitView:
    """One unit with its history."""
    return register.about(call.uow, call.who, unit_id, call.now)


@posts("/units", Action.UNIT_MANAGE, "units", NewUnitAsked, leads="get_unit")
def add_unit(call: Call) -> Made:
    """Makes a unit."""
    asked = call.body
    texts = ("code", "name", "code_party", "code_state", "level", "block")
    new = NewUnit(**{name: asked[name] for name in texts})
    return Made(str(register.create(call.uow, call.who, new, asked["parent"], asked["since"], call.now).id))


@posts(UNIT + "/codes", Action.UNIT_MANAGE, "units", Codes, match=TAG, of="get_unit")
def set_unit_codes(call: Call, unit_id: int) -> None:
    """Sets a unit's official codes and its place."""
    register.change_codes(call.uow, call.who, unit_id, dict(call.body), call.now)
