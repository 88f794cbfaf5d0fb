"""Which readings of records a row of the database explains: an open task, work on the dossier, a consultation …

A reading is laid against *grounds*: each says who, which dossiers, from when until when, and by which row. The state
at the time of the reading counts, never today's. What a person typed at the gate explains nothing. Pure: no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a reading was; the order is that of how much it shows."""

    SEARCH = "search"
    GATE = "gate"
    OPEN = "open"
    DOCUMENT = "document"
    PAGE = "page"
    COPY = "copy"
    EXPORT = "export"


TAKEN_OUT = frozenset({Kind.COPY, Kind.EXPORT})
"""Readings by which something leaves the house."""
EVER = 253_402_300_799
"""The end of what has no end yet (seconds; the last of year 9999)."""
GATE_WAITS = 1800
"""Seconds within which a gate belongs to the opening that followed it."""


class Read(NamedTuple):
    """One journal row that showed something of a record, or was refused. ``at`` is in seconds, UTC."""

    seq: int
    at: int
    account: str
    role: str
    kind: str
    dossier: str
    unit: str = ""
    secrecy: int = 0
    address: str = ""
    task: str = ""
    key: str = ""
    """The piece of work under whose own door it was read: "change:ID", "check:ID", "batch:ID"."""
    label: str = ""
    refused: bool = False
    shown: tuple[str, ...] = ()
    """Dossiers a search showed."""


class Ground(NamedTuple):
    """A row that explains readings between ``since`` and ``until``; empty parts do not narrow, but one must be set."""

    rule: str
    since: int
    until: int
    ref: str
    """How the row is called on the desk: a number or a kind, never a name of a cadre."""
    account: str = ""
    other_than: str = ""
    """An account it does not serve: who opened a task cannot explain themselves by it."""
    roles: frozenset[str] = frozenset()
    dossier: str = ""
    unit: str = ""
    task: str = ""
    key: str = ""


EXPLANATION_LABELS: dict[str, str] = {
    "consultation": "Có phiếu yêu cầu nghiên cứu hồ sơ đang còn hiệu lực",
    "approval": "Danh sách được người thứ hai duyệt cho xuất",
    "emergency": "Mở khẩn cấp, đã được kết luận là có căn cứ",
    "change": "Phiếu thay đổi của hồ sơ này đang chờ người quyết định",
    "check": "Tài liệu này đang ở lần kiểm tra thứ hai, thứ ba",
    "batch": "Tài liệu thuộc đợt số hoá đang làm",
    "loan": "Hồ sơ này đang được cho mượn theo phiếu",
    "transfer": "Hồ sơ này đang được chuyển giao",
    "request": "Đang giải quyết yêu cầu của chính cán bộ về hồ sơ này",
    "disposal": "Đề nghị tiêu huỷ hồ sơ này đang chờ quyết định",
    "work": "Người đọc có kết quả công việc trên hồ sơ này trong thời gian gần đó",
    "task": "Viện dẫn một công việc đang mở của đơn vị quản lý hồ sơ",
    "due": "Hồ sơ có việc đến hạn đang phải chuẩn bị",
    "supplement": "Đơn vị đang trong đợt bổ sung lý lịch hằng năm",
    "stocktake": "Đơn vị đang kiểm kê hồ sơ",
}
"""A named rule of explaining, in the words of the desk."""

BROAD = frozenset({"task", "due", "supplement", "stocktake"})
"""Grounds that name a unit or a number only; all others name the very dossier or paper."""
ROUNDS = frozenset({"supplement", "stocktake"})
"""Work that goes through a unit's dossiers one after another, so that number and order mean nothing."""


@dataclass(slots=True)
class Access:
    """All readings of one dossier by one person on one day, and what explains them."""

    account: str
    role: str
    dossier: str
    day: str
    unit: str
    secrecy: int
    label: str
    reads: list[Read] = field(default_factory=list)
    grounds: dict[tuple[str, str], int] = field(default_factory=dict)
    """(rule, ref) → readings it explained; the first that fits counts, those that name the dossier first."""
    named: int = 0
    broad: int = 0

    @property
    def unexplained(self) -> int:
        return len(self.reads) - self.named - self.broad

    @property
    def in_round(self) -> bool:
        """All of it was part of going through a unit's dossiers."""
        return not self.unexplained and all(rule in ROUNDS for rule, _ref in self.grounds)

    @property
    def kinds(self) -> set[str]:
        return {read.kind for read in self.reads}

    @property
    def only_gate(self) -> bool:
        """Stood at the door, saw the name, and went in nowhere."""
        return all(read.kind == Kind.GATE for read in self.reads)


def _order(ground: Ground) -> bool:
    return ground.rule in BROAD


class Grounds:
    """Grounds made ready for asking; the answer to a reading costs a few look-ups, however many grounds there are."""

    def __init__(self, grounds: Iterable[Ground]) -> None:
        self._dossier: dict[str, list[Ground]] = {}
        self._task: dict[str, list[Ground]] = {}
        self._key: dict[str, list[Ground]] = {}
        self._unit: dict[str, list[Ground]] = {}
        for ground in grounds:
            if ground.key:
                self._key.setdefault(ground.key, []).append(ground)
            elif ground.dossier:
                self._dossier.setdefault(ground.dossier, []).append(ground)
            elif ground.task:
                self._task.setdefault(ground.task, []).append(ground)
            elif ground.unit:
                self._unit.setdefault(ground.unit, []).append(ground)
            else:
                raise ValueError(f"a ground of {ground.rule} would explain everything")
        for kept in self._dossier.values():
            kept.sort(key=_order)

    def explain(self, read: Read) -> Ground | None:
        """The first ground that fits the reading; those that name the dossier or the paper come first."""
        if read.key and (found := _fits(self._key.get(read.key, ()), read)):
            return found
        if found := _fits(self._dossier.get(read.dossier, ()), read):
            return found
        if read.task and (found := _fits(self._task.get(read.task, ()), read)):
            return found
        path = read.unit
        while path and self._unit:
            if found := _fits(self._unit.get(path, ()), read):
                return found
            path = path.rpartition("/")[0]
        return None


def _fits(grounds: Sequence[Ground], read: Read) -> Ground | None:
    for ground in grounds:
        if ground.since <= read.at <= ground.until and _serves(ground, read):
            return ground
    return None


def _serves(ground: Ground, read: Read) -> bool:
    if ground.account and ground.account != read.account:
        return False
    if ground.other_than == read.account or (ground.roles and read.role not in ground.roles):
        return False
    return not ground.unit or read.unit == ground.unit or read.unit.startswith(ground.unit + "/")


def accesses(reads: Sequence[Read], day: str, grounds: Grounds) -> list[Access]:
    """The day's readings by person and dossier, each explained or not; searches and refusals are no readings."""
    found: dict[tuple[str, str], Access] = {}
    for read in reads:
        if read.refused or read.kind == Kind.SEARCH or not read.dossier:
            continue
        access = found.get((read.account, read.dossier))
        if access is None:
            access = Access(read.account, read.role, read.dossier, day, read.unit, read.secrecy, read.label)
            found[read.account, read.dossier] = access
        access.reads.append(read)
        access.secrecy = max(access.secrecy, read.secrecy)
    for access in found.values():
        _explain(access, grounds)
    return list(found.values())


def _explain(access: Access, grounds: Grounds) -> None:
    after: Ground | None = None
    after_at = 0
    for read in reversed(access.reads):
        ground = grounds.explain(read)
        if ground is None and read.kind == Kind.GATE and after is not None and after_at - read.at <= GATE_WAITS:
            ground = after  # the purpose is said at the gate, so the gate's own row cannot cite it yet
        if read.kind != Kind.GATE:
            after, after_at = ground, read.at
        if ground is None:
            continue
        name = (ground.rule, ground.ref)
        access.grounds[name] = access.grounds.get(name, 0) + 1
        if ground.rule in BROAD:
            access.broad += 1
        else:
            access.named += 1
