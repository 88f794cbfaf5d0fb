"""Lists of persons that leave the house: each bears the highest level of its parts, and the long ones take two persons.

What is counted is whom one person took out in lists within a day: the halves of a list are as long as the list, and
the same list taken again is no longer. A list that brings more persons than the policy lets out is asked for with its
filter, columns, form and the dossiers in it; taken with an approval it is not counted. Once
somebody of another unit has approved, whoever asked takes it in the same way as always: made anew under the rights of
that moment, once, within the policy's days, and only when nobody has come into it since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from oms.domain.access import Principal, Target, highest
from oms.domain.approvals import Kind, Line, State, state_at
from oms.domain.catalogue import COMPARTMENTS, SECRECY_LABELS
from oms.domain.organisation import common_path
from oms.errors import InvalidInput, OmsError
from oms.services import approvals, policy
from oms.services.house import What
from oms.store import approvals as store
from oms.store.db import UnitOfWork
from oms.store.duty_tables import Approval

COUNTED = timedelta(hours=24)
"""The working day that is counted: the hours before an export, whatever the clock says."""


@dataclass(frozen=True)
class Part:
    """One person's part in a list: the dossier, its level, its compartment."""

    dossier_id: str
    secrecy: int = 0
    compartment: str = ""


@dataclass(frozen=True)
class PersonList:
    """A list about to leave. ``asked`` is everything that makes this list another than the next: filter, columns, form.

    ``name`` says in words which list it is; it and ``told`` (what, how) are shown to who decides, so they name nobody.
    """

    name: str
    asked: Mapping[str, Any]
    parts: Sequence[Part]
    purpose: str
    told: Sequence[tuple[str, str]] = ()

    @property
    def dossiers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.dossier_id for part in self.parts))

    @property
    def level(self) -> tuple[int, tuple[str, ...]]:
        """The highest level of the parts, and every compartment among them."""
        return highest((part.secrecy, part.compartment) for part in self.parts)


class NeedsSecond(OmsError):
    """The list takes one person past what they may take out alone in a day; ``listed`` is what is to be asked for."""

    status = 403
    message_vi = "Danh sách vượt số người một người được xuất trong 24 giờ; cần người thứ hai duyệt."

    def __init__(self, listed: PersonList) -> None:
        super().__init__("a second person has to approve")
        self.listed = listed


@dataclass(frozen=True)
class Cleared:
    """A list that may leave: by which approval ("" = short enough for one), and what the journal says of it."""

    approval_id: str
    target: Target
    detail: Mapping[str, Any]


def _object_id(principal: Principal, listed: PersonList) -> str:
    asked = json.dumps([principal.account_id, listed.name, listed.asked], sort_keys=True, default=str)
    return sha256(asked.encode()).hexdigest()


def clear(uow: UnitOfWork, principal: Principal, listed: PersonList, now: datetime) -> Cleared:
    """Lets a list leave, or raises :class:`NeedsSecond`. A list of some length uses its approval up.

    To be called in the transaction of the export's own journal row, whose target and detail it gives.
    """
    secrecy, areas = listed.level
    # several compartments have no one value of a row: the detail names each
    target = Target(principal.unit_path, secrecy, areas[0] if areas else "")
    detail: dict[str, Any] = {"persons": len(listed.dossiers)} | ({"compartments": list(areas)} if areas else {})
    before, taking = store.taken_since(uow.session, principal.account_id, now - COUNTED), set(listed.dossiers)
    if len(before | taking) <= max(policy.value(uow, "export_limit", now), len(before)):
        store.take_out(uow.session, principal.account_id, taking, now, now - COUNTED)
        return Cleared("", target, detail)
    found = store.open_for(uow.session, Kind.EXPORT, _object_id(principal, listed), now)
    if found is None or found.state != State.APPROVED or _grown(found, listed):
        raise NeedsSecond(listed)
    approvals.taken(uow, principal, found.id, Kind.EXPORT, now)
    return Cleared(found.id, target, detail | {"approval": found.id})


def _grown(found: Approval, listed: PersonList) -> bool:
    """Whether somebody is in the list now who was not when it was approved."""
    return not set(listed.dossiers) <= set(approvals.payload_of(found)["dossiers"])


def ask(uow: UnitOfWork, principal: Principal, listed: PersonList, back: str, now: datetime) -> Approval:
    """Asks for a second person's approval; the request that runs already when it is still the same list.

    ``back`` is the page the list is taken from. A request that people have come into since is taken back first.
    """
    object_id = _object_id(principal, listed)
    running = store.open_for(uow.session, Kind.EXPORT, object_id, now)
    waits = running is not None and state_at(running.state, running.expires_at, now) is State.WAITING
    if running is not None and waits and not _grown(running, listed):
        return running
    if running is not None:
        approvals.withdraw(uow, principal, running.id, now)
    secrecy, areas = listed.level
    if len(areas) > 1:
        raise InvalidInput("purpose", "Danh sách gồm nhiều khu vực hạn chế; hãy lọc và xuất riêng từng khu vực.")
    earlier = store.taken_since(uow.session, principal.account_id, now - COUNTED) - set(listed.dossiers)
    lines = [
        Line("Danh sách", "", listed.name),
        Line("Số người", "", str(len(listed.dossiers))),
        *([Line("Số người khác đã xuất trong 24 giờ qua", "", str(len(earlier)))] if earlier else []),
        Line("Độ mật cao nhất", "", SECRECY_LABELS[secrecy]),
        *(Line("Khu vực hạn chế", "", COMPARTMENTS.get(area, area)) for area in areas),
        *(Line(what, "", how) for what, how in listed.told),
    ]
    target = Target(common_path(principal.scopes), secrecy, areas[0] if areas else "")
    what = What("export", object_id, f"{listed.name}, {len(listed.dossiers)} người")
    payload = {"dossiers": list(listed.dossiers), "asked": listed.asked, "back": back[:2000]}
    wanted = approvals.Wanted(Kind.EXPORT, what, target, listed.purpose, lines, payload)
    return approvals.ask(uow, principal, wanted, now)
