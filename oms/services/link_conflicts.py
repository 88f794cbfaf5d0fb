"""The queue of differences between linked records: what each reader may see of them, and what is done about them.

Nothing is overwritten. "Propose" makes an ordinary draft change in the other record, which is decided there as any
change is, with its paper and its second person; "keep" says with a reason that both values stand, until one changes.
Who sees one side is told that the other says something else, not what.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from oms.domain import conflicts
from oms.domain.access import Action, Principal, Target, decide, visibility
from oms.domain.conflicts import ACTIVE, Act, Kind, State
from oms.domain.fields import shown, squashed
from oms.domain.journal import Outcome, Verb
from oms.domain.links import Sides
from oms.domain.record_facts import Source
from oms.domain.record_items import LABELS
from oms.domain.records import day_in_hanoi
from oms.domain.working_days import working_left
from oms.errors import Refused
from oms.services import catalogues, change_items, custody, days_off, links
from oms.services.house import What, Why, note, require_role
from oms.services.links import PairLine
from oms.services.zones import require_zone
from oms.store import changes, facts, people
from oms.store import link_conflicts as store
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.link_tables import LinkConflict
from oms.store.links import PairRow
from oms.store.record_tables import FactRow

TABS: Mapping[str, tuple[str, ...]] = {"dang-mo": ACTIVE, "giu-ca-hai": (State.KEPT,)}
FIRST_TAB = "dang-mo"
VERBS = {Act.PROPOSE: Verb.LINK_PROPOSE, Act.KEEP: Verb.LINK_KEEP, Act.UNDO: Verb.LINK_KEEP}

STALE = "Mục này vừa được người khác xử lý hoặc dữ liệu vừa thay đổi. Thao tác của anh/chị chưa được ghi."
NOT_BOTH = "Chỉ người xem được cả hai hồ sơ mới lập được phiếu thay đổi từ giá trị của bên kia."
NOT_OWNER = "Chỉ người xem được cả hai hồ sơ, hoặc bên giữ mục này, mới quyết định giữ cả hai."
NOT_WORKER = "Anh/chị không lập được phiếu thay đổi ở hồ sơ bên nhận."
NOT_THERE = "Mục này do bên kia giữ: chỉ đề xuất sửa ở hồ sơ của bên không giữ, hoặc bên chưa có."
CLOSED = "Hãy mở hồ sơ {number} với mục đích của hồ sơ đó rồi lập phiếu."
SHUT = "Hồ sơ bên nhận chưa mở."
HIGHER = "Hồ sơ nguồn có độ mật hoặc khu vực hạn chế mà hồ sơ nhận không có: không đưa giá trị sang được."
PROPOSED_ALREADY = "Đã có phiếu thay đổi cho mục này: hãy chờ phiếu đó được quyết định."
NO_VALUE = "Hồ sơ nguồn không còn giá trị này."
NOT_KEPT = "Mục này không ở trạng thái giữ cả hai."
SOURCE = "Theo hồ sơ {number} ({unit}), mục {item}, thông tin {fact}{paper}"


@dataclass(frozen=True)
class ConflictLine:
    """A difference as a reader sees it: its pair, working days left (below 0: overdue), whether their side owns it."""

    row: LinkConflict
    line: PairLine
    days_left: int

    @property
    def item(self) -> str:
        return LABELS[self.row.item]

    @property
    def owner(self) -> str:
        """The side that owns the item, left | right | both; "" for who sees one side and that one does not."""
        sides = self.line.row.sides
        return self.row.owner if sides is Sides.BOTH or self.row.owner == sides else ""


@dataclass(frozen=True)
class ConflictQueue:
    """A page of the queue, with how many wait, are overdue, were kept."""

    lines: Sequence[ConflictLine]
    total: int
    open: int
    late: int
    kept: int


@dataclass(frozen=True)
class ConflictView:
    """One difference opened: the values of the sides that are seen, and what may be done."""

    each: ConflictLine
    left: FactRow | None
    right: FactRow | None
    receivers: frozenset[str]
    may_keep: bool
    by: str

    def text(self, side: str) -> str:
        """What a side says, as an office writes it; "" for nothing or where it is not seen."""
        fact = self.left if side == "left" else self.right
        return shown(self.each.row.item, _value(fact)) if fact is not None else ""


@dataclass(frozen=True)
class Asked:
    """What somebody does about a difference, at which version they saw it; ``to`` is the side a change is made in."""

    act: Act
    version: int
    reason: str = ""
    to: str = ""


@dataclass(frozen=True)
class Answer:
    """Whether it was done; if not, why in words. ``change_id`` of a draft that was made."""

    done: bool
    words: str = ""
    change_id: str = ""


def _value(fact: FactRow) -> str:
    return str(json.loads(fact.body).get("value", ""))


def _lines(
    uow: UnitOfWork, principal: Principal, found: Sequence[tuple[LinkConflict, PairRow]], today: date
) -> list[ConflictLine]:
    calendar = days_off.calendar(catalogues.load(uow), today)
    pairs = links.lines(uow, principal, [pair for _row, pair in found])
    return [
        ConflictLine(row, line, working_left(today, row.due, calendar))
        for (row, _pair), line in zip(found, pairs, strict=True)
    ]


def queue(uow: UnitOfWork, principal: Principal, tab: str, limit: int, offset: int, now: datetime) -> ConflictQueue:
    """A page of the queue, what is due first first; no value stands on it. The row names the records shown."""
    require_role(principal, Action.LINK_REVIEW, Verb.LINK_LIST)
    view, today = visibility(principal, Action.LINK_REVIEW), day_in_hanoi(now)
    waits, late, kept = store.counts(uow.session, view, today)
    total = waits if tab == FIRST_TAB else kept
    lines = _lines(uow, principal, store.listed(uow.session, view, TABS[tab], limit, offset), today)
    named = sorted({side.dossier.id for each in lines for side in each.line.seen})
    secrecy = max((side.dossier.secrecy for each in lines for side in each.line.seen), default=0)
    detail = {"list": f"khac-nhau/{tab}", "shown": len(lines), "total": total, "dossiers": named}
    note(uow, principal, Verb.LINK_LIST, now, target=Target(principal.unit_path, secrecy), detail=detail)
    return ConflictQueue(lines, total, waits, late, kept)


def waiting(uow: UnitOfWork, principal: Principal, now: datetime) -> tuple[int, int]:
    """How many differences wait for this person and how many are overdue, for the first page: numbers alone."""
    waits, late, _kept = store.counts(uow.session, visibility(principal, Action.LINK_REVIEW), day_in_hanoi(now))
    return waits, late


def reached(uow: UnitOfWork, principal: Principal, conflict_id: str, verb: Verb, now: datetime) -> ConflictLine:
    """The difference, if it is there for this person; Refused with the answer of a missing one otherwise."""
    found = store.find(uow.session, visibility(principal, Action.LINK_REVIEW), conflict_id)
    if found is None:
        raise Refused(verb, kind="link", object_id=conflict_id, reason="missing or not visible")
    return _lines(uow, principal, [found], day_in_hanoi(now))[0]


def _fact(uow: UnitOfWork, principal: Principal, side: DossierRow | None, fact_id: str | None) -> FactRow | None:
    """The fact of a side that is seen, while it is in force."""
    if side is None or not fact_id:
        return None
    fact = facts.find(uow.session, visibility(principal, Action.LINK_REVIEW), fact_id)
    return fact if fact is not None and fact.ended_at is None and fact.dossier_id == side.dossier.id else None


def _receivers(row: LinkConflict) -> frozenset[str]:
    lacking = Sides.LEFT if row.left_fact_id is None else Sides.RIGHT if row.right_fact_id is None else None
    return conflicts.receivers(Kind(row.kind), Sides(row.owner), lacking)


def open_conflict(uow: UnitOfWork, principal: Principal, conflict_id: str, now: datetime) -> ConflictView:
    """A difference with the values of the sides that are seen; each of these gets its row in the journal."""
    each = reached(uow, principal, conflict_id, Verb.LINK_OPEN, now)
    for side in each.line.seen:
        require_zone(uow, side.dossier.secrecy)
    links.note_sides(uow, principal, Verb.LINK_OPEN, each.line, now, {"item": each.row.item})
    row, whole = each.row, each.line.row.sides is Sides.BOTH
    mine = whole or row.by == principal.account_id  # what another wrote may be about both sides
    return ConflictView(
        each,
        _fact(uow, principal, each.line.left, row.left_fact_id),
        _fact(uow, principal, each.line.right, row.right_fact_id),
        _receivers(row) if whole and row.state == State.OPEN else frozenset(),
        conflicts.may_keep(each.line.row.sides, Sides(row.owner)),
        people.names_of(uow.session, {row.by}).get(row.by, "") if row.by and mine else "",
    )


def take(uow: UnitOfWork, principal: Principal, conflict_id: str, asked: Asked, now: datetime) -> Answer:
    """Proposes, keeps or takes a keep back. What is not possible is told in words after its row; the caller commits."""
    verb = VERBS[asked.act]
    each = reached(uow, principal, conflict_id, verb, now)
    for side in each.line.seen:
        decision = decide(principal, Action.LINK_REVIEW, links.target_of(side))
        if not decision.allowed:
            raise Refused(verb, kind="link", object_id=conflict_id, reason=decision.reason)
    problem = STALE if each.row.version != asked.version else ""
    if not problem:
        problem = _propose_problem(uow, principal, each, asked, now) if asked.act is Act.PROPOSE else ""
        problem = problem or (_keep_problem(each, asked) if asked.act is not Act.PROPOSE else "")
    if problem:
        _refuse(uow, principal, verb, each, asked, problem, now)
        return Answer(False, problem)
    change_id = _propose(uow, principal, each, asked, now) if asked.act is Act.PROPOSE else ""
    row = each.row
    row.state = {Act.PROPOSE: State.PROPOSED, Act.KEEP: State.KEPT, Act.UNDO: State.OPEN}[asked.act]
    row.reason = squashed(asked.reason)[: conflicts.LONGEST_REASON] if asked.act is Act.KEEP else ""
    row.change_id, row.by, row.at, row.version = change_id or None, principal.account_id, now, row.version + 1
    detail = {"item": row.item, "act": str(asked.act)} | ({"change": change_id} if change_id else {})
    # under each dossier without the words, which may tell of the other side; they stand with the difference
    links.note_sides(uow, principal, verb, each.line, now, detail, Why(row.reason) if each.line.row.masked else None)
    return Answer(True, change_id=change_id)


def _keep_problem(each: ConflictLine, asked: Asked) -> str:
    if not conflicts.may_keep(each.line.row.sides, Sides(each.row.owner)):
        return NOT_OWNER
    if asked.act is Act.UNDO:
        return "" if each.row.state == State.KEPT else NOT_KEPT
    if each.row.state != State.OPEN:
        return PROPOSED_ALREADY if each.row.state == State.PROPOSED else STALE
    return conflicts.reason_problem(squashed(asked.reason))


def _ends(each: ConflictLine, to: str) -> tuple[DossierRow | None, DossierRow | None, str | None]:
    """Where a value comes from and goes to, and its fact."""
    if to == "left":
        return each.line.right, each.line.left, each.row.right_fact_id
    return each.line.left, each.line.right, each.row.left_fact_id


def _propose_problem(uow: UnitOfWork, principal: Principal, each: ConflictLine, asked: Asked, now: datetime) -> str:
    source, target, fact_id = _ends(each, asked.to)
    if source is None or target is None:
        return NOT_BOTH
    if each.row.state != State.OPEN:
        return PROPOSED_ALREADY if each.row.state == State.PROPOSED else STALE
    if asked.to not in _receivers(each.row):
        return NOT_THERE
    if not decide(principal, Action.RECORD_CHANGE, links.target_of(target)).allowed:
        return NOT_WORKER
    area = source.dossier.compartment
    if source.dossier.secrecy > target.dossier.secrecy or (area and area != target.dossier.compartment):
        return HIGHER
    if not custody.is_open(uow, principal, target.dossier.id, now):
        return CLOSED.format(number=target.dossier.number)
    return "" if _fact(uow, principal, source, fact_id) is not None else NO_VALUE


def _propose(uow: UnitOfWork, principal: Principal, each: ConflictLine, asked: Asked, now: datetime) -> str:
    """A draft in the other record, with the dossier, the fact and the paper it comes from named in its source."""
    source, target, fact_id = _ends(each, asked.to)
    fact = _fact(uow, principal, source, fact_id)
    if source is None or target is None or fact is None:
        raise LookupError("asked of _propose_problem")
    papers = changes.papers(uow.session, [fact.document_id]) if fact.document_id else {}
    paper = "".join(f", tài liệu {custody.label_of(each)}" for each in papers.values())
    words = SOURCE.format(
        number=source.dossier.number,
        unit=source.unit.name,
        item=each.item,
        fact=fact.id[:8],
        paper=paper or (f", {fact.source_words}" if fact.source_words else ""),
    )
    proposed = [(each.row.item, {"value": _value(fact)}, Source("declaration", words=words[:300]))]
    title = f"Khác nhau giữa hai khối: {each.item}"
    return change_items.draft_from_values(uow, principal, target.dossier.id, proposed, now, title)


def _refuse(
    uow: UnitOfWork, principal: Principal, verb: Verb, each: ConflictLine, asked: Asked, words: str, now: datetime
) -> None:
    for side in each.line.seen:
        what, target = What("dossier", side.dossier.id, side.dossier.number), links.target_of(side)
        detail = {"link": each.line.row.pair.id, "item": each.row.item, "act": str(asked.act)}
        said = Why(SHUT if words.startswith(CLOSED.partition("{")[0]) else words.partition(":")[0][:120])
        note(uow, principal, verb, now, what=what, target=target, outcome=Outcome.REFUSED, why=said, detail=detail)
