"""Units and blocks: the tree that scopes are cut from, its history, and what one unit takes over from another. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Block(StrEnum):
    """The four blocks whose files are kept apart, and the province level above them."""

    PARTY = "party"
    FRONT = "front"
    GOVERNMENT = "government"
    SERVICE = "service"
    ALL = "all"


UNIT_COLUMNS = ("code", "name", "parent_code", "block", "level", "valid_from", "valid_to")
MORE_UNIT_COLUMNS = ("code_party", "code_state", "place")
"""Columns of a list of units: those it has, and those it may have beside them."""

BLOCK_LABELS = {
    Block.PARTY: "Khối Đảng",
    Block.FRONT: "Khối MTTQ – đoàn thể",
    Block.GOVERNMENT: "Khối chính quyền",
    Block.SERVICE: "Khối đơn vị sự nghiệp",
    Block.ALL: "Liên khối",
}


def child_path(parent_path: str, unit_id: int) -> str:
    """Materialised path of a unit: ids from the root, joined by "/" ("1/5/22")."""
    return f"{parent_path}/{unit_id}" if parent_path else str(unit_id)


def ancestors(path: str) -> list[str]:
    """Every prefix of the path from the root down, the path itself last."""
    parts = path.split("/")
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def block_path(path: str) -> str:
    """Path of the block a unit belongs to: the part just below the province ("1/2/7" -> "1/2")."""
    return "/".join(path.split("/")[:2])


class Kind(StrEnum):
    """How one unit comes after another; the words of the decisions."""

    RENAMED = "doi_ten"
    MERGED = "hop_nhat"
    ABSORBED = "sap_nhap"
    DIVIDED = "chia"
    SPLIT = "tach"
    DISSOLVED = "giai_the"
    MOVED = "chuyen"


KIND_LABELS = {
    Kind.RENAMED: "Đổi tên",
    Kind.MERGED: "Hợp nhất",
    Kind.ABSORBED: "Sáp nhập",
    Kind.DIVIDED: "Chia",
    Kind.SPLIT: "Tách",
    Kind.DISSOLVED: "Giải thể",
    Kind.MOVED: "Chuyển đơn vị cấp trên",
}
KIND_WORDS = {
    Kind.RENAMED: "Một đơn vị mang tên mới",
    Kind.MERGED: "Từ hai đơn vị trở lên thành một đơn vị mới",
    Kind.ABSORBED: "Một hay nhiều đơn vị nhập vào một đơn vị đang hoạt động",
    Kind.DIVIDED: "Một đơn vị kết thúc, thành từ hai đơn vị mới trở lên",
    Kind.SPLIT: "Một đơn vị mới ra khỏi một đơn vị vẫn hoạt động",
    Kind.DISSOLVED: "Một đơn vị kết thúc; có thể có đơn vị tiếp nhận",
    Kind.MOVED: "Một đơn vị sang đơn vị cấp trên khác",
}
INHERITS = frozenset({Kind.RENAMED, Kind.MERGED, Kind.ABSORBED, Kind.DISSOLVED, Kind.MOVED})
"""Kinds in which whoever acts in the successor acts in the predecessor too. A divided unit's files are shared out."""

ENDS_PREDECESSOR = frozenset(Kind) - {Kind.SPLIT}
ONE_PREDECESSOR = frozenset({Kind.RENAMED, Kind.DIVIDED, Kind.SPLIT, Kind.DISSOLVED, Kind.MOVED})

_PARTY_CODE = re.compile(r"\d{2}\.\d{3}\.\d{3}\.\d{3}")
_STATE_CODE = re.compile(r"[A-Z]\d{2}(\.\d{2,3}){0,9}")


def party_code(text: str) -> bool:
    """Whether a text is a code of a Party organisation ("49.001.002.003"); groups from domain.md §8, second-hand."""
    return _PARTY_CODE.fullmatch(text) is not None


def state_code(text: str) -> bool:
    """Whether a text is an agency's code under QĐ 20/2020/QĐ-TTg ("H49.64.33", at most 35 characters)."""
    return len(text) <= 35 and _STATE_CODE.fullmatch(text) is not None


def stands_on(valid_from: date | None, valid_to: date | None, day: date) -> bool:
    """Whether a unit of these days stands on a day; both ends belong to it, None is open."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)


def day_before(day: date) -> date:
    """The last day of what ends when something else begins."""
    return day - timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """A unit as the rules of succession see it."""

    id: int
    name: str
    valid_from: date | None
    valid_to: date | None


def cycle_through(known: Iterable[tuple[int, int]], new: Iterable[tuple[int, int]]) -> bool:
    """Whether units would come after themselves, through any chain, if the new (before, after) pairs were added."""
    after: dict[int, set[int]] = {}
    for before, later in (*known, *new):
        after.setdefault(before, set()).add(later)
    state: dict[int, int] = {}
    for start in list(after):
        stack = [(start, iter(after[start]))] if state.get(start, 0) == 0 else []
        state.setdefault(start, 1)
        while stack:
            unit, coming = stack[-1]
            following = next(coming, None)
            if following is None:
                state[unit] = 2
                stack.pop()
            elif state.get(following, 0) == 1:
                return True
            elif state.get(following, 0) == 0:
                state[following] = 1
                stack.append((following, iter(after.get(following, ()))))
    return False


def wrong_with_predecessor(kind: Kind, unit: Days, on: date) -> str:
    """What speaks against this unit being followed by another from a day; "" when nothing does."""
    if unit.valid_from is not None and unit.valid_from >= on:
        return f"{unit.name} bắt đầu ngày {unit.valid_from:%d/%m/%Y}, không trước ngày kế thừa."
    if unit.valid_to is not None and unit.valid_to < day_before(on):
        return f"{unit.name} đã kết thúc ngày {unit.valid_to:%d/%m/%Y}, trước ngày kế thừa."
    if kind is Kind.SPLIT and unit.valid_to is not None and unit.valid_to < on:
        return f"{unit.name} đã kết thúc: tách đòi hỏi đơn vị cũ vẫn hoạt động."
    return ""


def wrong_with_successor(unit: Days, on: date) -> str:
    """What speaks against this unit coming after another from a day; "" when nothing does."""
    if unit.valid_from is not None and unit.valid_from > on:
        return f"{unit.name} chỉ bắt đầu từ ngày {unit.valid_from:%d/%m/%Y}, sau ngày kế thừa."
    if unit.valid_to is not None and unit.valid_to < on:
        return f"{unit.name} đã kết thúc ngày {unit.valid_to:%d/%m/%Y}, không thể kế thừa."
    return ""


def inherited(scopes: Sequence[str], steps: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The scopes with every unit that those in them, or below them, took over, through any chain.

    ``steps`` are (path of the predecessor, path of the successor) of the successions that inherit. What a scope
    covers already is not repeated; the scopes given stand first.
    """
    found = list(scopes)
    open_steps: Mapping[str, set[str]] = _by_successor(steps)
    wanted = list(scopes)
    while wanted:
        scope = wanted.pop()
        for after in [path for path in open_steps if path == scope or path.startswith(scope + "/")]:
            for before in sorted(open_steps[after]):
                if not any(before == held or before.startswith(held + "/") for held in found):
                    found.append(before)
                    wanted.append(before)
    return tuple(found)


def _by_successor(steps: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    after: dict[str, set[str]] = {}
    for predecessor, successor in steps:
        after.setdefault(successor, set()).add(predecessor)
    return after


def common_path(paths: Sequence[str]) -> str:
    """The path of the lowest unit that covers all of them; "" when there is none."""
    parts = [path.split("/") for path in paths]
    same: list[str] = []
    for here in zip(*parts, strict=False):
        if len(set(here)) > 1:
            break
        same.append(here[0])
    return "/".join(same)
