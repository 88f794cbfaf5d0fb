"""Comparing whole blocks at once, for the operator: after an import, an update of the weights, or once a night.

A process of its own: what it needs of the library (splink, DuckDB) is loaded here alone, at first use, and never by
the program that answers requests. Killed, it loses nothing: what was written stands, and the next run goes on.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oms.domain.journal import Verb
from oms.services import linking
from oms.services import linking_engine as engine
from oms.services.house import House, note
from oms.services.linking import Found
from oms.store import linking as store

PORTION = 300
"""Pairs written in one transaction."""
Tell = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and of how many."""


@dataclass(frozen=True)
class Side:
    """A block's records as they are compared, and how common each name is among them."""

    block: str
    rows: Sequence[engine.Row]
    names: Counter[str]

    def share(self, row: engine.Row) -> float:
        """The share of the block that bears a record's name."""
        name = engine.name_of(row)
        return self.names[name] / max(1, len(self.rows)) if name else 0.0


def run(house: House, clock: Callable[[], datetime], tell: Tell, anew: bool = False) -> Found:
    """Compares what changed, then every two blocks as wholes; ``anew`` has every record normalised once more."""
    total = Found()
    if anew:
        with house.work(None, clock()) as uow:
            store.want_all(uow.session)
    while True:
        found = linking.refresh(house, clock(), linking.PORTION, lambda done, of: tell("records", done, of))
        if not found.compared:
            break
        total.add(found)
    with house.look() as uow:
        blocks = sorted(store.blocks(uow.session))
    for one, other in itertools.combinations(blocks, 2):
        total.add(_two_blocks(house, (one, other), clock, tell))
    return total


def _side(house: House, block: str) -> Side:
    with house.look() as uow:
        rows = [tuple(store.parsed(body)) for _cadre, body in store.every_feature(uow.session, block)]
    return Side(block, rows, Counter(filter(None, map(engine.name_of, rows))))


def _two_blocks(house: House, blocks: tuple[str, str], clock: Callable[[], datetime], tell: Tell) -> Found:
    left, right = (_side(house, block) for block in blocks)
    pairs = engine.batch(left.rows, right.rows)
    total, done = Found(), 0
    for some in _portions(pairs):
        with house.work(None, clock()) as uow:
            found = _write(uow, [(left.rows[i], right.rows[j]) for i, j in some], left, right, clock())
            if found.pairs or found.dropped:
                detail = {"by": "blocks", "blocks": "/".join(blocks), **vars(found)}
                note(uow, None, Verb.LINK_MATCH, clock(), detail=detail)
        total.add(found)
        done += len(some)
        tell("/".join(blocks), done, len(pairs))
    return total


def _write(uow: Any, pairs: Iterable[tuple[engine.Row, engine.Row]], left: Side, right: Side, now: datetime) -> Found:
    wanted = list(pairs)
    ids = {str(row[0]) for pair in wanted for row in pair}
    features, found = store.features(uow.session, ids), Found()
    held = {(row.left_id, row.right_id): row for row in store.pairs_of(uow.session, ids)}
    for one, other in wanted:
        ends = [features.get(str(row[0])) for row in (one, other)]
        if ends[0] is None or ends[1] is None:
            continue  # destroyed since the blocks were read
        share = max(left.share(one), right.share(other))
        each = engine.scored(one, other, (len(left.rows), len(right.rows)), share)
        known = sorted((ends[0], ends[1]), key=lambda row: row.cadre_id)
        row = held.get((known[0].cadre_id, known[1].cadre_id))
        if row is not None or each.weight >= engine.limits().review:
            found.pairs += row is None
            linking.put_pair(uow, row, (known[0], known[1]), each, now)
    uow.session.flush()
    linking.settle(uow, ids, (), found)
    return found


def _portions(pairs: Sequence[tuple[int, int]]) -> Iterator[Sequence[tuple[int, int]]]:
    for start in range(0, len(pairs), PORTION):
        yield pairs[start : start + PORTION]
