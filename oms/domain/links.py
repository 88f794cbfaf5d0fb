"""Links between records of one person: what decisions add up to, in what bands pairs wait. Pure.

A link is never written down as such: it is what the decisions on a pair come to (:func:`fold`). No record is changed
or merged by one. A pair is two cadres of two blocks; its sides are ``left`` (the smaller id) and ``right``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """What is decided on a pair. An undo takes back one earlier decision, and is itself never taken back."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNDO = "undo"


class PairState(StrEnum):
    """What the decisions on a pair come to."""

    OPEN = "open"
    HALF = "half"
    LINKED = "linked"
    REJECTED = "rejected"


class Band(StrEnum):
    """How strongly a pair is proposed. ``auto`` is shown first, never accepted without a person."""

    AUTO = "auto"
    REVIEW = "review"
    HIDDEN = "hidden"


class Sides(StrEnum):
    """For which sides somebody can answer: for the one they see, or for both."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"

    @property
    def covered(self) -> frozenset[str]:
        return frozenset({"left", "right"}) if self is Sides.BOTH else frozenset({str(self)})


def sides_of(left: bool, right: bool) -> Sides | None:
    """The sides that are seen, or None for neither."""
    if left and right:
        return Sides.BOTH
    if not (left or right):
        return None
    return Sides.LEFT if left else Sides.RIGHT


@dataclass(frozen=True)
class Decision:
    """One row of the register. ``undoes`` is the number of the decision an undo takes back."""

    number: int
    act: Act
    sides: Sides
    evidence: str
    undoes: int | None = None


@dataclass(frozen=True)
class Standing:
    """What a pair has come to: its state, the sides that accepted, whether new evidence offers it again.

    ``changed``: the evidence is no longer what the last standing decision was taken on.
    """

    state: PairState
    covered: frozenset[str]
    reopened: bool
    changed: bool
    standing: tuple[Decision, ...]

    def last_of(self, sides: Sides) -> Decision | None:
        """The newest decision that stands and touches one of these sides: what an undo would take back."""
        return next((each for each in reversed(self.standing) if each.sides.covered & sides.covered), None)


def standing_of(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """The decisions not taken back, in their order. An undo of what does not stand changes nothing."""
    found: dict[int, Decision] = {}
    for each in sorted(decisions, key=lambda decision: decision.number):
        if each.act is not Act.UNDO:
            found[each.number] = each
        elif each.undoes is not None:
            found.pop(each.undoes, None)
    return tuple(found.values())


def fold(decisions: Iterable[Decision], evidence: str) -> Standing:
    """What decisions come to when the evidence is ``evidence``; in whatever order they are given.

    A reject stands until the evidence changes, then the pair is open again. An accept of one side waits for the other.
    """
    standing = standing_of(decisions)
    covered: frozenset[str] = frozenset()
    rejected: str | None = None
    for each in standing:
        if each.act is Act.REJECT:
            covered, rejected = frozenset(), each.evidence
        elif rejected is None or rejected != each.evidence:
            covered, rejected = covered | each.sides.covered, None
    changed = bool(standing) and standing[-1].evidence != evidence
    if rejected is not None:
        state = PairState.REJECTED if rejected == evidence else PairState.OPEN
        return Standing(state, frozenset(), rejected != evidence, changed, standing)
    state = {0: PairState.OPEN, 1: PairState.HALF}.get(len(covered), PairState.LINKED)
    return Standing(state, covered, False, changed, standing)


def evidence_of(left_digest: str, right_digest: str) -> str:
    """The digest of what both sides say of themselves: another one when either says something else."""
    return hashlib.sha256(f"{left_digest}|{right_digest}".encode()).hexdigest()[:32]


def person_of(cadre_ids: Iterable[str]) -> str:
    """The id under which linked records are one person: made of them, and telling none of theirs."""
    return hashlib.sha256(f"person|{min(cadre_ids)}".encode()).hexdigest()[:32]


def components(edges: Iterable[tuple[str, str]]) -> list[frozenset[str]]:
    """The connected groups of linked records, each once, in the order of their smallest id."""
    group: dict[str, set[str]] = {}
    for left, right in edges:
        joined = group.get(left, {left}) | group.get(right, {right})
        for each in joined:
            group[each] = joined
    return sorted({frozenset(each) for each in group.values()}, key=min)


def persons(edges: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The person of each linked record."""
    return {cadre: person_of(group) for group in components(edges) for cadre in group}


def crowded(members: Iterable[str], blocks: Mapping[str, str]) -> tuple[str, str] | None:
    """Two records of one block among those that would be one person, or None: a block knows a person once."""
    held: dict[str, str] = {}
    for cadre in sorted(members):
        block = blocks[cadre]
        if block in held:
            return held[block], cadre
        held[block] = cadre
    return None


@dataclass(frozen=True)
class Weighed:
    """A scored pair as the bands see it. ``left_open``: everybody may learn of that side (no level, no area).

    ``alike``: name and birth do not both differ. One number of two people is for somebody to look at, however few
    records there are.
    """

    left: str
    right: str
    weight: float
    ids_compared: bool
    left_open: bool
    right_open: bool
    alike: bool = True


@dataclass(frozen=True)
class Limits:
    """Bits of the bands (linkage.md §5): auto with and without a comparable number, margin, the least shown."""

    auto: float = 8.0
    auto_without_ids: float = 10.0
    margin: float = 3.0
    review: float = -4.0
    review_without_ids: float = -4.0


@dataclass(frozen=True)
class Placed:
    """Where a pair stands among its rivals: band, margin, whether it is worth showing by what each side alone knows."""

    band: Band
    margin: float
    left_fits: bool
    right_fits: bool


def _rivals(pair: Weighed, shared: str, of: Iterable[Weighed]) -> list[float]:
    """Weights of the other pairs of one side whose further side is open.

    What only some may learn of counts for nobody's band: a hidden record moves no pair that another reader sees.
    """
    found = []
    for other in of:
        if (other.left, other.right) == (pair.left, pair.right) or shared not in (other.left, other.right):
            continue
        if other.right_open if other.left == shared else other.left_open:
            found.append(other.weight)
    return found


def _fits(weight: float, rivals: list[float], least: float, limits: Limits) -> bool:
    """Worth a clerk's look: the side's best pair, or one that more speaks for than against, close behind it."""
    if weight < least:
        return False
    best = max(rivals, default=weight)
    return weight >= best or (weight > 0 and best - weight < limits.margin)


def placed(pair: Weighed, of_left: Iterable[Weighed], of_right: Iterable[Weighed], limits: Limits) -> Placed:
    """Where a pair stands among all pairs of its left and of its right (itself may be among them)."""
    left, right = _rivals(pair, pair.left, of_left), _rivals(pair, pair.right, of_right)
    least = limits.review if pair.ids_compared else limits.review_without_ids
    left_fits, right_fits = (_fits(pair.weight, rivals, least, limits) for rivals in (left, right))
    margin = round(pair.weight - max([*left, *right]), 2) if left or right else UNRIVALLED
    enough = limits.auto if pair.ids_compared else limits.auto_without_ids
    if pair.alike and pair.weight >= enough and margin >= limits.margin:
        band = Band.AUTO
    else:
        band = Band.REVIEW if left_fits and right_fits else Band.HIDDEN
    return Placed(band, margin, left_fits, right_fits)


UNRIVALLED = 99.0
"""The margin of a pair whose sides are in no other."""

FIELD_LABELS: Mapping[str, str] = {
    "name": "Họ và tên",
    "birth": "Ngày sinh",
    "sex": "Giới tính",
    "birth_place": "Nơi sinh",
    "home_place": "Quê quán",
    "parents": "Cha, mẹ",
    "spouse": "Vợ hoặc chồng",
    "joined": "Ngày vào Đảng",
    "citizen_id": "Số căn cước",
    "old_id": "Số CMND",
    "staff_code": "Số hiệu công chức, viên chức",
    "party_card": "Số thẻ đảng viên",
    "residence_place": "Nơi ở",
    "work_unit": "Đơn vị công tác",
}
VERDICT_LABELS: Mapping[str, str] = {
    "agree": "khớp",
    "near": "gần khớp",
    "differ": "khác nhau",
    "missing": "thiếu",
}
BAND_LABELS: Mapping[str, str] = {"auto": "Đề xuất", "review": "Cần đối chiếu", "hidden": "Ít khả năng"}
STATE_LABELS: Mapping[str, str] = {
    "open": "Chưa quyết định",
    "half": "Chờ phía bên kia",
    "linked": "Đã liên kết",
    "rejected": "Đã bác",
}
TAB_LABELS: Mapping[str, str] = {
    "can-xem": "Cần xem",
    "de-xuat": "Đề xuất",
    "can-doi-chieu": "Cần đối chiếu",
    "mot-ben": "Thấy một bên",
    "da-lien-ket": "Đã liên kết",
    "da-bac": "Đã bác",
}
