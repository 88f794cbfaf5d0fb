"""Comparing linked records item by item, whenever one of them changes: the machine's part of the differences' queue.

No record is changed, and nothing of a value is kept: keyed digests tell whether a side has come to say something else.
What is decided about a difference stands until then.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from oms.domain import conflicts
from oms.domain.changes import ChangeState
from oms.domain.conflicts import Kind, Rule, Said, State
from oms.domain.dated_rows import Catalogue, NoSuchRow
from oms.domain.links import PairState
from oms.domain.records import day_in_hanoi
from oms.domain.working_days import after_working
from oms.services import catalogues, days_off
from oms.store import link_conflicts as store
from oms.store import linking
from oms.store.db import UnitOfWork
from oms.store.link_tables import LinkCandidate, LinkConflict

OVER = (ChangeState.DECIDED, ChangeState.WITHDRAWN)
Sides = tuple[Said | None, Said | None]


@dataclass(frozen=True)
class _Round:
    """What one round compares by."""

    catalogue: Catalogue
    rules: list[Rule]
    secret: bytes
    due: date
    now: datetime

    def digest(self, said: Said | None) -> str:
        """A keyed hash of a value; "" of none."""
        return "" if said is None else hmac.new(self.secret, said.value.encode(), hashlib.sha256).hexdigest()[:32]


def due_day(catalogue: Catalogue, today: date) -> date:
    """The last day for settling a difference found today, in working days by the catalogue's rule."""
    try:
        days = int(catalogue.number(conflicts.DAYS_RULE, today))
    except NoSuchRow:
        days = conflicts.DAYS
    return after_working(today, days, days_off.calendar(catalogue, today))


def refresh(uow: UnitOfWork, cadre_ids: Collection[str], secret: bytes, now: datetime) -> int:
    """Compares the links in force of these records again; how many rows are new or changed."""
    pairs = linking.pairs_of(uow.session, cadre_ids)
    held = store.of_pairs(uow.session, [pair.id for pair in pairs])
    linked = [pair for pair in pairs if pair.state == PairState.LINKED]
    if not linked and not held:
        return 0
    catalogue, today = catalogues.load(uow), day_in_hanoi(now)
    rules = conflicts.rules(catalogue, today)
    around = _Round(catalogue, rules, hmac.digest(secret, b"conflicts", "sha256"), due_day(catalogue, today), now)
    ends = sorted({end for pair in linked for end in (pair.left_dossier_id, pair.right_dossier_id)})
    blocks = store.blocks_of(uow.session, ends)
    said = _said(uow, sorted(blocks), rules)
    over = _over(uow, held)
    compared = {pair.id for pair in linked if {pair.left_dossier_id, pair.right_dossier_id} <= blocks.keys()}
    changed = sum(_forget(row) for row in held.values() if row.candidate_id not in compared)
    for pair in linked:
        if pair.id in compared:
            changed += _pair(uow, pair, said, blocks, held, over, around)
    uow.session.flush()
    return changed


def _over(uow: UnitOfWork, held: dict[tuple[str, str], LinkConflict]) -> set[str]:
    """The cases of proposed differences that are decided or given up."""
    asked = [row.change_id for row in held.values() if row.change_id and row.state == State.PROPOSED]
    states = store.case_states(uow.session, asked)
    return {name for name in asked if states.get(name, ChangeState.WITHDRAWN) in OVER}


def _said(uow: UnitOfWork, dossier_ids: list[str], rules: list[Rule]) -> dict[str, dict[str, Said]]:
    facts = store.facts_compared(uow.session, dossier_ids, [rule.item for rule in rules])
    return {
        name: {
            item: Said(json.loads(row.body).get("value", ""), row.id, carded) for item, (row, carded) in found.items()
        }
        for name, found in facts.items()
    }


def _pair(
    uow: UnitOfWork,
    pair: LinkCandidate,
    said: dict[str, dict[str, Said]],
    blocks: dict[str, str],
    held: dict[tuple[str, str], LinkConflict],
    over: set[str],
    around: _Round,
) -> int:
    ends = (pair.left_dossier_id, pair.right_dossier_id)
    changed, ruled = 0, {rule.item for rule in around.rules}
    for rule in around.rules:
        left, right = (said[end].get(rule.item) for end in ends)
        row = held.get((pair.id, rule.item))
        kind = conflicts.verdict(rule, left, right, around.catalogue)
        if row is None and kind is None:
            continue
        owner = conflicts.owner_of(rule, (blocks[ends[0]], blocks[ends[1]]), left, right)
        if row is None and kind is not None:
            made = _columns((left, right), kind, str(owner), around)
            head = {"candidate_id": pair.id, "item": rule.item, "due": around.due, "state": str(State.OPEN)}
            store.add(uow.session, head | made, around.now)
            changed += 1
        elif row is not None:
            changed += _follow(row, (left, right), kind, str(owner), row.change_id in over, around)
    # an item that the list has no more is compared no more
    gone = [row for (pair_id, item), row in held.items() if pair_id == pair.id and item not in ruled]
    return changed + sum(_forget(row) for row in gone)


def _columns(sides: Sides, kind: Kind, owner: str, around: _Round) -> dict[str, str | None]:
    left, right = sides
    return {
        "kind": str(kind),
        "owner": owner,
        "left_fact_id": left.fact_id if left else None,
        "right_fact_id": right.fact_id if right else None,
        "left_digest": around.digest(left),
        "right_digest": around.digest(right),
    }


def _follow(row: LinkConflict, sides: Sides, kind: Kind | None, owner: str, case_over: bool, around: _Round) -> int:
    """Takes a known difference on to what its records say now; 1 when that changed anything."""
    digests = (around.digest(sides[0]), around.digest(sides[1]))
    same_values = digests == (row.left_digest, row.right_digest)
    before = State(row.state)
    after = conflicts.next_state(before, kind is not None, same_values, case_over)
    if kind is None:
        if before is after:
            return 0
        row.state, row.version, row.change_id = str(after), row.version + 1, None
        return 1
    changed = before is not after or not same_values
    for name, value in _columns(sides, kind, owner, around).items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    if before is not after or not same_values:
        row.reason, row.change_id, row.by, row.at = "", None, None, None
        row.state, row.version = str(after), row.version + 1
        if not same_values or before not in conflicts.STANDING:
            row.due = around.due
    return int(changed)


def _forget(row: LinkConflict) -> int:
    """Takes a difference away whose records are linked, or compared, no more: nothing of them is left in it."""
    if row.state == State.GONE:
        return 0
    row.state, row.version = str(State.GONE), row.version + 1
    row.left_fact_id = row.right_fact_id = row.change_id = None
    row.left_digest = row.right_digest = row.reason = ""
    return 1
