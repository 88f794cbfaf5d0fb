"""Deciding on pairs: accept, reject, take back; one by one or a batch. Rows are only added, and no record changes.

Who sees both sides decides for both. Who sees one decides for that one: the link waits for the other side. A link
gives nobody any access. What is refused is told in words and stands in the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, decide, visibility
from oms.domain.fields import squashed
from oms.domain.journal import Outcome, Verb
from oms.domain.links import Act, Band, Decision, PairState, Standing, crowded, fold
from oms.errors import Refused
from oms.services import linking, links
from oms.services.house import What, Why, note, require_role
from oms.services.links import PairLine
from oms.store import links as store
from oms.store.db import UnitOfWork
from oms.store.link_tables import LinkCandidate, LinkDecision
from oms.store.links import PairFilter, PairRow
from oms.store.tables import new_id

MIN_REASON, LONGEST_REASON = 5, 500
MOST_AT_ONCE = 200
VERBS = {Act.ACCEPT: Verb.LINK_ACCEPT, Act.REJECT: Verb.LINK_REJECT, Act.UNDO: Verb.LINK_UNDO}

STALE = "Cặp này vừa được người khác quyết định. Thao tác của anh/chị chưa được ghi; hãy xem lại trạng thái mới."
CHANGED = "Dữ liệu vừa thay đổi so với lúc anh/chị xem. Thao tác của anh/chị chưa được ghi; hãy xem lại."
REASON = "Hãy ghi lý do bác, ít nhất 5 ký tự."
NOTHING = "Không có quyết định nào của phía anh/chị để huỷ."
LINKED_ALREADY = "Hai hồ sơ này đã liên kết rồi."
REJECTED_ALREADY = "Cặp này đã bị bác: hãy huỷ quyết định bác trước."
ACCEPTED_HERE = "Phía của anh/chị đã chấp nhận; cặp đang chờ phía bên kia."
IN_THE_WAY = "Không liên kết được: một khối chỉ có một hồ sơ của một người, mà {which}."
IN_THE_WAY_UNSEEN = "một trong hai hồ sơ đã liên kết với hồ sơ khác cùng khối"


@dataclass(frozen=True)
class Asked:
    """What somebody decides on a pair: at which version they saw it, why, in which batch.

    ``seen`` stands for what was shown to them; "" where nothing was shown that could have changed since.
    """

    act: Act
    version: int
    reason: str = ""
    batch_id: str = ""
    seen: str = ""


@dataclass(frozen=True)
class Answer:
    """Whether it was done; if not, why in words. ``repeated``: it had been done by the same person already."""

    done: bool
    words: str = ""
    repeated: bool = False
    state: PairState = PairState.OPEN


def take(uow: UnitOfWork, principal: Principal, pair_id: str, asked: Asked, now: datetime) -> Answer:
    """Decides on one pair. What is not possible is answered in words, after its row; the caller commits in any case."""
    verb = VERBS[asked.act]
    row = links.reached(uow, principal, pair_id, verb)
    (line,) = links.lines(uow, principal, [row])
    for side in line.seen:
        decision = decide(principal, Action.LINK_REVIEW, links.target_of(side))
        if not decision.allowed:
            raise Refused(verb, kind="link", object_id=pair_id, reason=decision.reason)
    past = store.decisions_of(uow.session, [pair_id])[pair_id]
    standing = linking.standing_of(past, row.pair.digest)
    if past and _repeats(past[-1], principal, asked, line):
        return Answer(True, repeated=True, state=standing.state)
    problem = _problem(uow, principal, line, standing, asked)
    if problem:
        _refuse(uow, principal, verb, line, problem, now)
        return Answer(False, problem, state=standing.state)
    made = _add(uow, principal, line, standing, asked, now)
    after = linking.standing_of([*past, made], row.pair.digest)
    row.pair.version = made.version
    linking.put_standing(row.pair, after)
    detail = {"version": made.version, "state": str(after.state)} | (
        {"batch": asked.batch_id} if asked.batch_id else {}
    )
    # under each dossier without the words: whoever reads the rows of one side need not see the other, which words name
    links.note_sides(uow, principal, verb, line, now, detail, Why(made.reason) if line.row.masked else None)
    return Answer(True, state=after.state)


def _repeats(last: LinkDecision, principal: Principal, asked: Asked, line: PairLine) -> bool:
    """Whether the newest decision is this very one, sent twice."""
    same = (last.act, last.by, last.sides) == (asked.act, principal.account_id, line.row.sides)
    return same and last.version == asked.version + 1


def _problem(uow: UnitOfWork, principal: Principal, line: PairLine, standing: Standing, asked: Asked) -> str:
    """Why a decision cannot be taken as the pair stands; "" when it can."""
    if asked.version != line.row.pair.version:
        return STALE
    if asked.act is Act.UNDO:
        last = standing.last_of(line.row.sides)
        brings_back = last is not None and last.act is Act.REJECT and _after_undo(uow, line, last) is PairState.LINKED
        return NOTHING if last is None else _in_the_way(uow, principal, line.row.pair) if brings_back else ""
    if asked.seen and asked.seen != links.seen_of(uow, principal, line):
        return CHANGED
    if standing.state is PairState.REJECTED:
        return REJECTED_ALREADY
    if asked.act is Act.REJECT:
        return "" if len(squashed(asked.reason)) >= MIN_REASON else REASON
    if standing.state is PairState.LINKED:
        return LINKED_ALREADY
    if line.row.sides.covered <= standing.covered:
        return ACCEPTED_HERE
    return _in_the_way(uow, principal, line.row.pair)


def _after_undo(uow: UnitOfWork, line: PairLine, last: Decision) -> PairState:
    """What a pair would come to without its last decision."""
    pair = line.row.pair
    past = [linking.decision_of(each) for each in store.decisions_of(uow.session, [pair.id])[pair.id]]
    undo = Decision(pair.version + 1, Act.UNDO, line.row.sides, pair.digest, last.number)
    return fold([*past, undo], pair.digest).state


def _in_the_way(uow: UnitOfWork, principal: Principal, pair: LinkCandidate) -> str:
    """The link that would put two records of one block together, named if the reader sees it; "" when there is none."""
    blocks = store.together(uow.session, pair.left_id, pair.right_id)
    twice = crowded(blocks, blocks)
    if twice is None:
        return ""
    view = visibility(principal, Action.LINK_REVIEW)
    for row in store.links_between(uow.session, view, blocks):
        if {row.pair.left_id, row.pair.right_id} & {pair.left_id, pair.right_id}:
            (line,) = links.lines(uow, principal, [row])
            if line.left is not None and line.right is not None:
                named = " và ".join(f"hồ sơ {side.dossier.number} ({side.cadre.full_name})" for side in line.seen)
                return IN_THE_WAY.format(which=f"{named} đã liên kết với nhau: hãy huỷ liên kết đó trước nếu nó sai")
    return IN_THE_WAY.format(which=IN_THE_WAY_UNSEEN)


def _refuse(uow: UnitOfWork, principal: Principal, verb: Verb, line: PairLine, words: str, now: datetime) -> None:
    for side in line.seen:
        what = What("dossier", side.dossier.id, side.dossier.number)
        target, said = links.target_of(side), words.partition(":")[0][:120]
        detail = {"link": line.row.pair.id, "masked": line.row.masked}
        refused = Outcome.REFUSED
        note(uow, principal, verb, now, what=what, target=target, outcome=refused, why=Why(said), detail=detail)


def _add(
    uow: UnitOfWork, principal: Principal, line: PairLine, standing: Standing, asked: Asked, now: datetime
) -> LinkDecision:
    pair = line.row.pair
    undone: Decision | None = standing.last_of(line.row.sides) if asked.act is Act.UNDO else None
    made = LinkDecision(
        candidate_id=pair.id,
        version=pair.version + 1,
        act=str(asked.act),
        sides=str(line.row.sides),
        undoes=undone.number if undone else None,
        masked=line.row.masked,
        evidence=pair.digest,
        weight=pair.weight,
        model_version=pair.model_version,
        reason=squashed(asked.reason)[:LONGEST_REASON],
        batch_id=asked.batch_id,
        by=principal.account_id,
        at=now,
    )
    uow.session.add(made)
    uow.session.flush()
    return made


@dataclass(frozen=True)
class BatchAnswer:
    """What a batch came to: its id, how many were done, and the words for each that was not."""

    batch_id: str
    done: int
    refused: Sequence[str]


def accept_batch(
    uow: UnitOfWork, principal: Principal, seen: Sequence[tuple[str, int] | tuple[str, int, str]], now: datetime
) -> BatchAnswer:
    """Accepts proposed pairs that were listed, each with a row of its own and the batch's id.

    Each is named with its version and the digest of what was compared when it was listed. Only pairs that are still
    proposed first and seen whole; whatever changed since the list was drawn is left out.
    """
    require_role(principal, Action.LINK_BATCH, Verb.LINK_ACCEPT)
    batch_id, done, refused = new_id(), 0, []
    for pair_id, version, *digest in seen[:MOST_AT_ONCE]:
        row = links.reached(uow, principal, pair_id, Verb.LINK_ACCEPT)
        if digest and digest[0] != row.pair.digest and row.pair.version == version:
            refused.append(CHANGED)
            continue
        if row.masked or row.pair.band != Band.AUTO or row.pair.state != PairState.OPEN:
            refused.append(STALE)
            continue
        answer = take(uow, principal, pair_id, Asked(Act.ACCEPT, version, batch_id=batch_id), now)
        done += answer.done
        refused += [] if answer.done else [answer.words]
    return BatchAnswer(batch_id, done, refused)


def batch(uow: UnitOfWork, principal: Principal, batch_id: str, now: datetime) -> Sequence[PairRow]:
    """What a batch accepted, as it stands; a look is a row. Refused when nothing of it is there for this person."""
    require_role(principal, Action.LINK_BATCH, Verb.LINK_LIST)
    wanted = PairFilter(tuple(PairState), batch_id=batch_id)
    rows = store.listed(uow.session, visibility(principal, Action.LINK_BATCH), wanted, MOST_AT_ONCE, 0)
    if not rows or not batch_id:
        raise Refused(Verb.LINK_LIST, kind="link", object_id=batch_id, reason="missing or not visible")
    detail = {"batch": batch_id, "shown": len(rows)}
    note(uow, principal, Verb.LINK_LIST, now, what=What("link", batch_id), detail=detail)
    return rows


def undo_batch(uow: UnitOfWork, principal: Principal, batch_id: str, now: datetime) -> BatchAnswer:
    """Takes back what still stands of a batch. Refused when nothing of it is there for this person."""
    require_role(principal, Action.LINK_BATCH, Verb.LINK_UNDO)
    view = visibility(principal, Action.LINK_BATCH)
    wanted = PairFilter(tuple(PairState), batch_id=batch_id)
    rows = store.listed(uow.session, view, wanted, MOST_AT_ONCE, 0)
    if not rows or not batch_id:
        raise Refused(Verb.LINK_UNDO, kind="link", object_id=batch_id, reason="missing or not visible")
    past = store.decisions_of(uow.session, [row.pair.id for row in rows])
    done, refused = 0, []
    for row in rows:
        standing = fold([linking.decision_of(each) for each in past[row.pair.id]], row.pair.digest)
        last = standing.last_of(row.sides)
        of_batch = {each.version for each in past[row.pair.id] if each.batch_id == batch_id}
        if last is None or last.number not in of_batch:
            continue  # decided anew since, or taken back already
        answer = take(uow, principal, row.pair.id, Asked(Act.UNDO, row.pair.version, batch_id=batch_id), now)
        done += answer.done
        refused += [] if answer.done else [answer.words]
    return BatchAnswer(batch_id, done, refused)
