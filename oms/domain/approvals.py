"""Acts that take two persons: which they are, who asks, who decides, and why somebody may not be the second.

The second is another person of another unit, is not the one it is about, and does not act with the authority of the
one who asked (nor the other way round): what is compared are the persons behind an act, never the name it is signed
with alone. A superior's unit is another unit: the head above is who must answer for most of these acts, and two
unrelated branches often have nobody who may know of the same dossier. Pure: no clock, no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from oms.domain.access import Principal, Role


class Kind(StrEnum):
    """The acts that take two persons."""

    DECLASSIFY = "declassify"
    DISPOSE = "dispose"
    GRANT = "grant"
    EXPORT = "export"
    RESTORE = "restore"
    POLICY = "policy"
    PRUNE = "prune"
    PARTNER = "partner"


class State(StrEnum):
    """Where a request stands. ``approved``: decided, and still to be carried out by whoever asked."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DONE = "carried_out"


KIND_LABELS: Mapping[Kind, str] = {
    Kind.DECLASSIFY: "Giải mật, hạ độ mật",
    Kind.DISPOSE: "Tiêu huỷ hồ sơ",
    Kind.GRANT: "Cấp quyền",
    Kind.EXPORT: "Xuất danh sách lớn",
    Kind.RESTORE: "Khôi phục dữ liệu",
    Kind.POLICY: "Thay đổi chính sách truy cập",
    Kind.PRUNE: "Rút gọn nhật ký",
    Kind.PARTNER: "Tin cậy đối tác trao đổi",
}
STATE_LABELS: Mapping[State, str] = {
    State.WAITING: "Chờ quyết định",
    State.APPROVED: "Đã duyệt, chưa thực hiện",
    State.REFUSED: "Không duyệt",
    State.WITHDRAWN: "Đã rút",
    State.EXPIRED: "Hết hạn",
    State.DONE: "Đã duyệt, đã thực hiện",
}
GRANT_KINDS: dict[str, str] = {
    "clearance": "Độ mật",
    "compartment": "Khu vực hạn chế",
    "sensitive": "Thông tin riêng",
}
"""What an account may be granted beside its role and scope."""
HINDRANCES: Mapping[str, str] = {
    "role": "Vai trò của anh/chị không quyết định loại việc này.",
    "same person": "Anh/chị, hoặc người anh/chị đang thay mặt, là bên đề nghị.",
    "subject": "Đề nghị này về chính anh/chị hoặc người anh/chị đang thay mặt.",
    "same unit": "Người quyết định phải thuộc đơn vị khác với người đề nghị.",
    "mutual": "Trong 90 ngày qua người được cấp đã đề nghị hoặc duyệt cấp quyền cho anh/chị; cần người khác.",
}

OPEN = frozenset({State.WAITING, State.APPROVED})
"""States in which a request still has a last day."""


@dataclass(frozen=True)
class Duty:
    """Who may ask for an act and who may decide on it. ``on_records``: whoever sees it must be let know the object."""

    ask: frozenset[Role]
    decide: frozenset[Role]
    on_records: bool = False
    taken_later: bool = False


_OFFICER, _LEADER = Role.RECORDS_OFFICER, Role.LEADER
_SECURITY, _REVIEWER, _ADMIN = Role.SECURITY_OFFICER, Role.SECURITY_REVIEWER, Role.ADMINISTRATOR

DUTIES: Mapping[Kind, Duty] = {
    Kind.DECLASSIFY: Duty(frozenset({_OFFICER, _LEADER}), frozenset({_LEADER}), on_records=True),
    Kind.DISPOSE: Duty(frozenset({_OFFICER}), frozenset({_LEADER}), on_records=True),
    Kind.EXPORT: Duty(frozenset({_OFFICER}), frozenset({_LEADER}), on_records=True, taken_later=True),
    Kind.GRANT: Duty(frozenset({_SECURITY}), frozenset({_SECURITY, _LEADER})),
    Kind.POLICY: Duty(frozenset({_SECURITY}), frozenset({_SECURITY, _LEADER})),
    Kind.RESTORE: Duty(frozenset({_ADMIN}), frozenset({_SECURITY}), taken_later=True),
    Kind.PARTNER: Duty(frozenset({_ADMIN}), frozenset({_SECURITY, _LEADER})),
    Kind.PRUNE: Duty(frozenset({_REVIEWER, _SECURITY}), frozenset({_REVIEWER, _SECURITY})),
}

OFFICES = frozenset({_SECURITY, _REVIEWER, _ADMIN})
"""Roles that touch no record and have no scope of units: they see the acts of their office, wherever these are."""

MIN_REASON, MAX_REASON = 10, 500
MUTUAL = timedelta(days=90)
"""Within this time nobody decides on a grant for somebody who helped them to one."""


def kinds_for(role: Role, *, deciding: bool = False) -> frozenset[Kind]:
    """The kinds a role may decide on, or (without ``deciding``) has to do with at all."""
    return frozenset(
        kind for kind, duty in DUTIES.items() if role in duty.decide or (not deciding and role in duty.ask)
    )


@dataclass(frozen=True)
class Line:
    """One line of what will happen: what, how it is now, how it will be. Words as the page shows them."""

    what: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Request:
    """The facts of a request that say who may not be its second."""

    kind: Kind
    askers: frozenset[str]
    asking_units: frozenset[int]
    for_account: str = ""


@dataclass(frozen=True)
class Favour:
    """A grant that was carried out: for whom, and which accounts asked for it and decided it."""

    for_account: str
    helpers: frozenset[str]


def why_not_second(
    request: Request, person: Principal, units: frozenset[int], favours: Iterable[Favour] = ()
) -> str | None:
    """Names why ``person`` (whose accounts act for ``units``) may not decide the request, or None when they may."""
    if person.role not in DUTIES[request.kind].decide:
        return "role"
    if person.persons & request.askers:
        return "same person"
    if request.for_account in person.persons:
        return "subject"
    if units & request.asking_units:
        return "same unit"
    if request.for_account and is_mutual(request.for_account, person.persons, favours):
        return "mutual"
    return None


def is_mutual(for_account: str, helpers: frozenset[str], favours: Iterable[Favour]) -> bool:
    """Whether the one to be granted something has lately helped one of ``helpers`` to a grant."""
    return any(each.for_account in helpers and for_account in each.helpers for each in favours)


def state_at(state: str, expires_at: datetime, now: datetime) -> State:
    """The state of a request at a time: one that is open past its last moment is expired, whether marked or not."""
    found = State(state)
    return State.EXPIRED if found in OPEN and now >= expires_at else found
