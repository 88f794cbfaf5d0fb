"""What the tests of signing in share: places, passwords, and people who come in step by step."""

from __future__ import annotations

import pytest
from factories import PASSWORD, World
from sqlalchemy import select

from oms.errors import OmsError
from oms.services import sign_in
from oms.services.throttle import Place
from oms.store.tables import Base

HERE, THERE = Place("10.0.0.5", browser="Chrome – Windows"), Place("10.0.1.6")
WRONG = "sai mật khẩu rồi đây"
NEW_PASSWORD = "một câu khác hẳn, dài vừa đủ"


def enter(world: World, name: str = "clerk", password: str = PASSWORD, place: Place = HERE) -> str:
    """Signs in by password and gives the token."""
    return sign_in.with_password(world.house, name, password, place, world.clock()).token


def refused(world: World, name: str, password: str = WRONG, place: Place = HERE) -> OmsError:
    """Tries to sign in, is refused, and gives the answer."""
    with pytest.raises(OmsError) as caught:
        enter(world, name, password, place)
    return caught.value


def whole_database(world: World) -> str:
    """Every row of every table as text."""
    with world.work() as uow:
        tables = Base.metadata.sorted_tables
        return "\n".join(str(row) for table in tables for row in uow.session.execute(select(table)))
