"""Where linked records of two blocks say different things: what is compared, who owns an item, what becomes of a row.

Pure. What is compared and who owns it are dated rows of a list (:data:`LIST`), so that a house can say it otherwise.
Nothing is ever overwritten: a difference is proposed as a change of the other record, or kept with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from oms.domain.consistency import alike
from oms.domain.dated_rows import Catalogue, folded
from oms.domain.links import Sides
from oms.domain.record_items import ITEMS

LIST = "doi_chieu_khoi"
"""The catalogue's list: code = the item, extra.owner = party | front | government | paper | both, extra.missing = 1
where also a value that one side lacks is a difference."""
DAYS_RULE = "links.conflict"
DAYS = 3
"""Working days to settle a difference where no rule of the catalogue says another number."""
CARD = "can_cuoc"
"""The type of the paper that proves who somebody is."""
LEAST_REASON, LONGEST_REASON = 5, 500


class Kind(StrEnum):
    """How two records differ in an item: both say something else, or one says nothing."""

    DIFFERS = "differs"
    MISSING = "missing"


class State(StrEnum):
    """What has become of a difference. ``settled``: both agree again; ``gone``: the records are linked no more."""

    OPEN = "open"
    PROPOSED = "proposed"
    KEPT = "kept"
    SETTLED = "settled"
    GONE = "gone"


ACTIVE = (State.OPEN, State.PROPOSED)
"""States in which the clock runs."""
STANDING = (*ACTIVE, State.KEPT)
"""States in which the two records differ."""


class Act(StrEnum):
    """What is done about a difference."""

    PROPOSE = "propose"
    KEEP = "keep"
    UNDO = "undo"


@dataclass(frozen=True)
class Rule:
    """One compared item. ``owner`` is a block, "paper" (who holds an identity card) or "both"."""

    item: str
    owner: str
    missing: bool


@dataclass(frozen=True)
class Said:
    """What one record says of an item: its value in force, the fact, whether an identity card is its source."""

    value: str
    fact_id: str = ""
    carded: bool = False


def rules(catalogue: Catalogue, day: date) -> list[Rule]:
    """The items compared on a day. Tables and items of sensitive groups never are, whatever the list says."""
    found = []
    for row in catalogue.rows(LIST, day):
        item = ITEMS.get(row.code)
        if item is not None and not item.is_table and not item.sensitive:
            found.append(Rule(row.code, str(row.extra.get("owner", "both")), bool(row.extra.get("missing"))))
    return found


def _bare(text: str) -> bool:
    """Whether a text is written without marks, as machines and old lists do."""
    return folded(text) == " ".join(text.casefold().split())


def same(item: str, left: str, right: str, catalogue: Catalogue) -> bool:
    """Whether two values say the same: one code, the same words, one date less exact, or one written without marks.

    Two values that both bear marks and bear other ones differ: Hiếu is not Hiệu.
    """
    if alike(item, left, right, catalogue):
        return True
    return folded(left) == folded(right) and (_bare(left) or _bare(right))


def verdict(rule: Rule, left: Said | None, right: Said | None, catalogue: Catalogue) -> Kind | None:
    """How two records differ in an item; None when they agree, or when a gap in one of them is no difference."""
    if left is None and right is None:
        return None
    if left is None or right is None:
        return Kind.MISSING if rule.missing else None
    return None if same(rule.item, left.value, right.value, catalogue) else Kind.DIFFERS


def owner_of(rule: Rule, blocks: tuple[str, str], left: Said | None, right: Said | None) -> Sides:
    """The side that owns an item; both, where the rule names neither's block or neither proves more."""
    if rule.owner == "paper":
        carded = (left is not None and left.carded, right is not None and right.carded)
    else:
        carded = (blocks[0] == rule.owner, blocks[1] == rule.owner)
    return {(True, False): Sides.LEFT, (False, True): Sides.RIGHT}.get(carded, Sides.BOTH)


def next_state(state: State, differs: bool, same_values: bool, case_over: bool) -> State:
    """What becomes of a difference when its records are compared again.

    Agreed: settled. Kept stays kept, proposed stays proposed, until a value changes or the case is over.
    """
    if not differs:
        return State.SETTLED if state in STANDING else state
    if state not in STANDING or not same_values:
        return State.OPEN
    return State.OPEN if state is State.PROPOSED and case_over else state


def receivers(kind: Kind, owner: Sides, lacking: Sides | None) -> frozenset[str]:
    """The sides whose record a change may be proposed in: who lacks the value, else who does not own it."""
    if kind is Kind.MISSING and lacking is not None:
        return frozenset({str(lacking)})
    return {
        Sides.LEFT: frozenset({"right"}),
        Sides.RIGHT: frozenset({"left"}),
        Sides.BOTH: frozenset({"left", "right"}),
    }[owner]


def may_keep(seen: Sides, owner: Sides) -> bool:
    """Whether somebody may say that both values stand: who sees both records, or that of the owner."""
    return seen is Sides.BOTH or seen is owner


def reason_problem(reason: str) -> str:
    """Why a reason to keep both does not do; "" when it does."""
    return "" if len(reason) >= LEAST_REASON else "Hãy ghi lý do giữ cả hai, ít nhất 5 ký tự."


KIND_LABELS: Mapping[str, str] = {"differs": "hai bên ghi khác nhau", "missing": "một bên chưa có"}
STATE_LABELS: Mapping[str, str] = {
    "open": "chưa xử lý",
    "proposed": "đã lập phiếu thay đổi",
    "kept": "giữ cả hai",
    "settled": "hai bên đã khớp",
    "gone": "đã thôi liên kết",
}
TAB_LABELS: Mapping[str, str] = {"dang-mo": "Cần xử lý", "giu-ca-hai": "Đã giữ cả hai"}
