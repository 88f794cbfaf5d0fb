"""Comparing whole blocks at once, for the operator: after an import, an update of the weights, or once a night.

A process of its own: what it needs of the library (splink, DuckDB) is loaded here alone, at first use, and never by
the program that answers requests. Killed, it loses nothing: what was written stands, and the next run goes on.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.journal import Verb
from oms.services import linking
from oms.services import linking_engine as engine
from oms.services.house import House, note
from oms.services.linking import Found
from oms.store import linking as store
from oms.store.db import UnitOfWork

PORTION = 300
"""Pairs written in one transaction."""
OF_TIME = 0.7
"""How much of the time others cannot write while records are compared one by one."""
Tell = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and of how many."""


def run(house: House, clock: Callable[[], datetime], tell: Tell, anew: bool = False) -> Found:
    """Compares what changed, then every two blocks as wholes; ``anew`` has every record normalised once more."""
    total, portions = Found(), linking.Portions(OF_TIME)
    if anew:
        with house.work(None, clock()) as uow:
            store.want_all(uow.session)
    while True:
        found = linking.refresh(house, clock(), linking.PORTION, lambda done, of: tell("records", done, of), portions)
        if not found.compared:
            break
        total.add(found)
    with house.look() as uow:
        blocks = sorted(store.blocks(uow.session))
    for one, other in itertools.combinations(blocks, 2):
        total.add(_two_blocks(house, (one, other), clock, tell))
    return total


def _rows(house: House, block: str) -> list[engine.Row]:
    with house.look() as uow:
        return [tuple(store.parsed(body)) for _cadre, body in store.every_feature(uow.session, block)]


def _two_blocks(house: House, blocks: tuple[str, str], clock: Callable[[], datetime], tell: Tell) -> Found:
    left, right = (_rows(house, block) for block in blocks)
    pairs, share = engine.batch(left, right), engine.shares([*left, *right])
    total, done = Found(), 0
    for some in _portions(pairs):
        with house.work(None, clock()) as uow:
            job = Job((len(left), len(right)), share)
            found = _write(uow, [(left[i], right[j]) for i, j in some], job, clock())
            if found.pairs or found.dropped:
                detail = {"by": "blocks", "blocks": "/".join(blocks), **vars(found)}
                note(uow, None, Verb.LINK_MATCH, clock(), detail=detail)
        total.add(found)
        done += len(some)
        tell("/".join(blocks), done, len(pairs))
    return total


@dataclass(frozen=True)
class Job:
    """What two blocks are scored by: their sizes, and how common values are in them."""

    sizes: tuple[int, int]
    share: engine.Share


def _write(uow: UnitOfWork, pairs: Iterable[tuple[engine.Row, engine.Row]], job: Job, now: datetime) -> Found:
    wanted = list(pairs)
    ids = {str(row[0]) for pair in wanted for row in pair}
    features, found = store.features(uow.session, ids), Found()
    held = {(row.left_id, row.right_id): row for row in store.pairs_of(uow.session, ids)}
    for one, other in wanted:
        ends = [features.get(str(row[0])) for row in (one, other)]
        if ends[0] is None or ends[1] is None:
            continue  # destroyed since the blocks were read
        if ends[0].block == ends[1].block or {end.norm_version for end in ends if end} != {engine.NORM_VERSION}:
            continue  # moved, or made ready by another version, since
        # what they say now, not when the blocks were read: others write meanwhile
        each = engine.scored(store.body_of(ends[0]), store.body_of(ends[1]), job.sizes, job.share)
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
