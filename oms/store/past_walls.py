"""PostgreSQL's walls opened for a rule: what it counts, numbers, seals, moves or removes is more than a person sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import ARRAY, Text, cast, func, literal, select
from sqlalchemy.orm import Session

from oms.domain.access import Secrecy
from oms.domain.catalogue import COMPARTMENTS
from oms.errors import OmsError
from oms.store.row_security import on_postgres
from oms.store.tables import Unit

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

_NAMES = ("units", "level", "compartments", "withheld", "barred", "reviews")


@contextmanager
def past_walls(session: Session) -> Iterator[None]:
    """Opens the walls around every unit's records, whatever their level, and puts them back as they were.

    For what a rule asks or does to all that is there (a batch is done when each of its papers is, a dossier moves with
    each of its papers), whoever works: never for what is shown. The journal is open, too. What belongs to one account
    alone stays behind its wall. What is written inside is in the database when it ends. Nothing to do on SQLite.
    """
    if not on_postgres(session):
        yield
        return
    settings = [func.coalesce(func.current_setting(f"oms.{name}", True), "") for name in _NAMES]
    before = session.execute(select(*settings)).one()
    roots = select(cast(func.array_agg(Unit.path), Text)).where(Unit.parent_id.is_(None)).scalar_subquery()
    areas = cast(cast(literal(sorted(COMPARTMENTS), ARRAY(Text)), ARRAY(Text)), Text)
    _set(session, (func.coalesce(roots, ""), str(int(max(Secrecy))), areas, "", "", "on"))
    try:
        yield
    except OmsError:  # the transaction may go on; after an error of the database it is over, and the setting with it
        _set(session, before)
        raise
    session.flush()
    _set(session, before)


def for_a_rule(
    function: Callable[Concatenate[Session, Asked], Answer],
) -> Callable[Concatenate[Session, Asked], Answer]:
    """A function of the store that asks, or does, what a rule needs of all there is: see :func:`past_walls`."""

    @wraps(function)
    def asked(session: Session, /, *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        with past_walls(session):
            return function(session, *args, **kwargs)

    return asked


def _set(session: Session, values: Sequence[object]) -> None:
    told = zip(_NAMES, values, strict=True)
    session.execute(select(*(func.set_config(f"oms.{name}", value, True) for name, value in told)))
