"""The access policy: values by date, changed by two persons of different units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.policy import SETTINGS, Setting
from oms.store import approvals as store
from oms.store.db import UnitOfWork
from oms.store.duty_tables import AccessPolicy, Approval


def value(uow: UnitOfWork, key: str, now: datetime) -> int:
    """The value of the policy that is in force; the default in ``oms.domain.policy`` until two persons changed it."""
    return values(uow, (key,), now)[0]


def values(uow: UnitOfWork, keys: Sequence[str], now: datetime) -> list[int]:
    """The values of several, as :func:`value` says each."""
    found = store.policy_values(uow.session, keys, now)
    return [found.get(key, SETTINGS[key].default) for key in keys]


@dataclass(frozen=True)
class PolicyLine:
    """One value as its page shows it: what it is now, and every value it was given."""

    key: str
    setting: Setting
    value: int
    history: tuple[tuple[AccessPolicy, Approval], ...]


def lines(uow: UnitOfWork, now: datetime) -> tuple[PolicyLine, ...]:
    """Every value of the policy; it is no secret among those who keep it."""
    given = store.policy_history(uow.session)
    return tuple(
        PolicyLine(key, known, now_is, tuple(each for each in given if each[0].key == key))
        for (key, known), now_is in zip(SETTINGS.items(), values(uow, tuple(SETTINGS), now), strict=True)
    )
