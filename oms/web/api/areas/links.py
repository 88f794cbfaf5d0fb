"""Links between records of one person: pairs that wait, one pair, decisions; differences between linked records."""

from __future__ import annotations

from typing import Any

from oms.domain.access import Action
from oms.domain.conflicts import Act as ConflictAct
from oms.domain.links import Act as LinkAct
from oms.errors import Conflict
from oms.services import link_conflicts, link_decide, links
from oms.web.api import shapes as s
from oms.web.api.areas.dossiers import DossierTold
from oms.web.api.operations import VERSION, Call, Listed, posts, reads
from oms.web.api.shapes import Asked, Paged, Told

PAIR, CONFLICT = "/links/<pair_id>", "/link-conflicts/<conflict_id>"


class PairTold(Told):
    """Two records that may be of one person; a side that is not seen is null, and so are band and weight then."""

    id = s.text("row.pair.id")
    state = s.text("row.pair.state")
    band = s.text(maybe=True)
    weight = s.decimal(maybe=True)
    version = s.number("row.pair.version")
    left = s.one(DossierTold, maybe=True)
    right = s.one(DossierTold, maybe=True)


class SaidTold(Told):
    """What one side says."""

    text = s.text()


class FieldTold(Told):
    """A field compared."""

    field = s.text()
    verdict = s.text()
    bits = s.decimal(maybe=True)
    left = s.each(SaidTold)
    right = s.each(SaidTold)


class PairRead(Told):
    """One pair, field by field."""

    pair = s.one(PairTold, "line")
    fields_compared = s.each(FieldTold, "fields")
    seen = s.text(about="What was compared: to be sent with a decision.")


class WantedPairs(Paged):
    """Which pairs."""

    tab = s.choice(*links.TABS, optional=True, default=next(iter(links.TABS)))


class PairDecision(Asked):
    """A decision on a pair."""

    act = s.choice(*(str(act) for act in LinkAct))
    reason = s.words(1000)
    seen = s.words(100)


class ConflictTold(Told):
    """An item in which linked records differ."""

    id = s.text("row.id")
    item = s.text("row.item")
    kind = s.text("row.kind")
    state = s.text("row.state")
    due = s.on("row.due")
    days_left = s.number(maybe=True)
    version = s.number("row.version")
    pair_id = s.text("row.candidate_id")


class ConflictRead(Told):
    """One difference: what the sides that are seen say."""

    conflict = s.one(ConflictTold, "each")
    left = s.text("left.text", maybe=True)
    right = s.text("right.text", maybe=True)
    may_keep = s.flag()


class WantedConflicts(Paged):
    """Which differences."""

    tab = s.choice(*link_conflicts.TABS, optional=True, default=next(iter(link_conflicts.TABS)))


class ConflictDecision(Asked):
    """What is done about a difference."""

    act = s.choice(*(str(act) for act in ConflictAct))
    reason = s.words(1000)
    to = s.words(64)


def _done(done: bool, words: str) -> None:
    if not done:
        problem = Conflict()
        problem.message_vi = words
        raise problem


@reads("/links", Action.LINK_REVIEW, "links", PairTold, listed=True, query=WantedPairs)
def list_links(call: Call) -> Listed:
    """Pairs that wait, or that were linked or rejected."""
    found = links.queue(call.uow, call.who, call.query["tab"], call.size, call.offset, call.now)
    return Listed(found.lines, found.total)


@reads(PAIR, Action.LINK_REVIEW, "links", PairRead, version="line.row.pair.version")
def get_link(call: Call, pair_id: str) -> Any:
    """One pair: what agrees, differs or is missing."""
    return links.open_pair(call.uow, call.who, pair_id, next(iter(links.TABS)), call.now)


@posts(PAIR + "/decision", Action.LINK_REVIEW, "links", PairDecision, match=VERSION, of="get_link")
def decide_link(call: Call, pair_id: str) -> None:
    """Accepts, rejects, or takes a decision back."""
    body = call.body
    asked = link_decide.Asked(LinkAct(body["act"]), call.version, body["reason"], seen=body["seen"])
    answer = link_decide.take(call.uow, call.who, pair_id, asked, call.now)
    _done(answer.done, answer.words)


@reads(PAIR + "/pages/<page_id>/image", Action.LINK_REVIEW, "links", media="image/jpeg")
def read_link_page(call: Call, pair_id: str, page_id: str) -> bytes:
    """A page that shows what is compared."""
    return links.page_image(call.uow, call.who, pair_id, page_id, call.now)


@reads("/link-conflicts", Action.LINK_REVIEW, "links", ConflictTold, listed=True, query=WantedConflicts)
def list_link_conflicts(call: Call) -> Listed:
    """Items in which linked records differ, overdue ones first."""
    found = link_conflicts.queue(call.uow, call.who, call.query["tab"], call.size, call.offset, call.now)
    return Listed(found.lines, found.total)


@reads(CONFLICT, Action.LINK_REVIEW, "links", ConflictRead, version="each.row.version")
def get_link_conflict(call: Call, conflict_id: str) -> Any:
    """One difference."""
    return link_conflicts.open_conflict(call.uow, call.who, conflict_id, call.now)


@posts(CONFLICT + "/settle", Action.LINK_REVIEW, "links", ConflictDecision, match=VERSION, of="get_link_conflict")
def settle_link_conflict(call: Call, conflict_id: str) -> None:
    """Proposes a change of the other record, keeps both values, or takes that back."""
    act = ConflictAct(call.body["act"])
    asked = link_conflicts.Asked(act, call.version, call.body["reason"], call.body["to"])
    answer = link_conflicts.take(call.uow, call.who, conflict_id, asked, call.now)
    _done(answer.done, answer.words)
