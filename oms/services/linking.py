"""Finding records of one person: records that changed are compared anew, pairs found, persons made of the links.

The machine alone works here, and its rows in the journal are counts. What it finds is shown by ``links``, within what
a reader may see; nothing is decided here, and no record is changed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oms.domain.journal import Verb
from oms.domain.links import Act, Band, Decision, Placed, Sides, Standing, Weighed, evidence_of, fold, persons, placed
from oms.services import linking_conflicts, linking_record
from oms.services import linking_engine as engine
from oms.services.house import House, note
from oms.services.linking_engine import KeyRing
from oms.store import linking as store
from oms.store.db import UnitOfWork
from oms.store.link_tables import LinkCandidate, LinkDecision
from oms.store.linking import Known

PORTION = 100
"""Records compared in one transaction at most."""
HOLD = 0.1
"""Seconds for which one transaction keeps others from writing, about: in so many records are compared."""
Tell = Callable[[int, int], None]


class Portions:
    """Whoever compares keeps others from writing for a part of the time: so many records at once, then a rest.

    What a record costs grows with how many share a key with it, so a portion is as large as the last ones allow.
    """

    def __init__(self, of_time: float = 1.0) -> None:
        self._rests, self.size = 1 / of_time - 1, PORTION // 10

    def took(self, compared: int, seconds: float) -> float:
        """Seconds to rest after so many records took so long; the size of the next portion is set by it."""
        fits = int(HOLD * max(compared, 1) / max(seconds, 1e-6))
        self.size = max(1, min(fits, 2 * self.size, PORTION))
        return seconds * self._rests


@dataclass
class Found:
    """What a round came to, in counts."""

    compared: int = 0
    pairs: int = 0
    dropped: int = 0
    persons: int = 0
    conflicts: int = 0

    def add(self, other: Found) -> None:
        for name, number in vars(other).items():
            setattr(self, name, getattr(self, name) + number)


def key_of(house: House) -> bytes:
    """The secret the keys are made with: names and numbers are guessable, keyed hashes of them are not."""
    return hmac.new(house.settings.secret_key.encode(), b"link-keys", hashlib.sha256).digest()


def refresh(
    house: House, now: datetime, most: int = 2000, tell: Tell | None = None, portions: Portions | None = None
) -> Found:
    """Compares records that changed, at most so many, a portion a transaction; killed, it loses nothing.

    ``portions``: their sizes and rests, kept from one call to the next.
    """
    total, ring, portions = Found(), KeyRing(key_of(house)), portions or Portions()
    while total.compared < most:
        with house.work(None, now) as uow:
            waiting = store.waiting(uow.session, portions.size)
            if not waiting:
                break
            begun = time.monotonic()
            found = _compare(uow, (ids := {cadre for _number, cadre in waiting}), ring, now)
            found.conflicts = linking_conflicts.refresh(uow, ids, key_of(house), now)
            store.done_with(uow.session, [number for number, _cadre in waiting])
            if found.pairs or found.dropped or found.persons or found.conflicts:
                note(uow, None, Verb.LINK_MATCH, now, detail={"by": "change", **vars(found)})
            left = store.waiting_count(uow.session) if tell is not None else 0
        total.add(found)
        if tell is not None:
            tell(total.compared, total.compared + left)
        time.sleep(portions.took(len(waiting), time.monotonic() - begun))
    return total


def catch_up(house: House, now: datetime) -> None:
    """Has records compared anew that another version of the normaliser made ready; asked once when a program starts."""
    with house.work(None, now) as uow:
        store.want_outdated(uow.session, engine.NORM_VERSION)


def _compare(uow: UnitOfWork, cadre_ids: Collection[str], ring: KeyRing, now: datetime) -> Found:
    known = store.known(uow.session, cadre_ids)
    held = store.features(uow.session, cadre_ids)
    found = Found(compared=len(cadre_ids))
    gone = set(held) - set(known)
    for each in known.values():
        _keep(uow, each, held, ring, now)
    if gone:
        store.forget(uow.session, gone)
    uow.session.flush()
    sizes = store.blocks(uow.session)
    for each in known.values():
        _pair(uow, each, sizes, ring, found, now)
    uow.session.flush()
    settle(uow, set(known) | gone, gone, found)
    found.persons = _persons(uow, cadre_ids)
    return found


def _keep(uow: UnitOfWork, known: Known, held: dict[str, Any], ring: KeyRing, now: datetime) -> None:
    """Writes what is compared of a record, unless it says what it said."""
    words = linking_record.said(known)
    digest, before = linking_record.digest_of(words), held.get(known.cadre.id)
    if (
        before is not None
        and (before.digest, before.norm_version) == (digest, engine.NORM_VERSION)
        and (before.dossier_id, before.block) == (known.dossier.id, known.dossier.block)
    ):
        return
    row_said = engine.features(known.cadre.id, words)
    row = {
        "cadre_id": known.cadre.id,
        "dossier_id": known.dossier.id,
        "block": known.dossier.block,
        "body": json.dumps(row_said, ensure_ascii=False, separators=(",", ":")),
        "norm_version": engine.NORM_VERSION,
        "digest": digest,
        "made_at": now,
    }
    store.keep_features(uow.session, row, list(ring.of(row_said)))


def _pair(uow: UnitOfWork, known: Known, sizes: dict[str, int], ring: KeyRing, found: Found, now: datetime) -> None:
    """Scores a record against those that share a key with it, and those it was a pair with."""
    cadre_id, block = known.cadre.id, known.dossier.block
    old = {_other(row, cadre_id): row for row in store.pairs_of(uow.session, [cadre_id])}
    mine = store.features(uow.session, [cadre_id])[cadre_id]
    keys = ring.of(store.body_of(mine))
    others = set(old)
    for other in sorted(sizes.keys() - {block}):
        others |= store.sharing(uow.session, other, keys)
    features = store.features(uow.session, others)
    for name_of in sorted(features):
        theirs = features[name_of]
        if theirs.block == block or theirs.norm_version != engine.NORM_VERSION:
            continue
        ends = (mine, theirs) if cadre_id < name_of else (theirs, mine)
        pair_sizes, rows = (sizes[block], sizes[theirs.block]), [store.body_of(end) for end in ends]
        share = _share(uow, ring, {block: sizes[block], theirs.block: sizes[theirs.block]})
        each = engine.scored(rows[0], rows[1], pair_sizes, share)
        row = old.get(name_of)
        if row is None and each.weight < engine.limits().review:
            continue
        found.pairs += row is None
        put_pair(uow, row, ends, each, now)


def _share(uow: UnitOfWork, ring: KeyRing, sizes: dict[str, int]) -> engine.Share:
    """How common a value is in two blocks, by the records under its key."""

    def share(column: str, value: str) -> float:
        key = ring.of_value(column, value)
        bearers = sum(store.bearers(uow.session, block, key) for block in sizes) if key is not None else 0
        return max(1, bearers) / sum(sizes.values())

    return share


def _other(row: LinkCandidate, cadre_id: str) -> str:
    return row.right_id if row.left_id == cadre_id else row.left_id


def put_pair(
    uow: UnitOfWork, row: LinkCandidate | None, ends: tuple[Any, Any], each: engine.Scored, now: datetime
) -> None:
    """Keeps a scored pair, known before or not: levels and bits, no value of a record."""
    left, right = ends
    evidence = [[line.field, line.verdict, line.bits] for line in each.lines]
    said = {
        "left_dossier_id": left.dossier_id,
        "right_dossier_id": right.dossier_id,
        "weight": each.weight,
        "evidence": json.dumps({"ids": each.ids_compared, "lines": evidence}, separators=(",", ":")),
        "digest": evidence_of(left.digest, right.digest),
        "model_version": engine.model_version(),
    }
    if row is None:
        more = {"left_id": left.cadre_id, "right_id": right.cadre_id, "margin": 0.0, "band": str(Band.HIDDEN)}
        store.add_pair(uow.session, said | more, now)
        return
    for name, value in said.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def decision_of(row: LinkDecision) -> Decision:
    """A row of the register as the fold takes it."""
    return Decision(row.version, Act(row.act), Sides(row.sides), row.evidence, row.undoes)


def standing_of(rows: Iterable[LinkDecision], digest: str) -> Standing:
    """What the decisions on a pair come to."""
    return fold([decision_of(row) for row in rows], digest)


def put_standing(pair: LinkCandidate, standing: Standing) -> None:
    """Writes beside a pair what its decisions come to, for lists."""
    covered = "".join(sorted(side[0] for side in standing.covered))
    for name, value in (("state", str(standing.state)), ("covered", covered), ("reopened", standing.reopened)):
        if getattr(pair, name) != value:
            setattr(pair, name, value)


def put_place(pair: LinkCandidate, place: Placed) -> None:
    """Writes down where a pair stands among its rivals."""
    for name, value in vars(place).items():
        if getattr(pair, name) != value:
            setattr(pair, name, value)


def settle(uow: UnitOfWork, cadre_ids: Collection[str], gone: Collection[str], found: Found) -> None:
    """Bands, states and what is no pair any more, of everything these records have a part in."""
    mine = store.pairs_of(uow.session, cadre_ids)
    near = {end for row in mine for end in (row.left_id, row.right_id)}
    around = store.pairs_of(uow.session, near)
    beyond = store.pairs_of(uow.session, {end for row in around for end in (row.left_id, row.right_id)})
    opened = store.openness(uow.session, {end for row in beyond for end in (row.left_id, row.right_id)})
    decided = store.decisions(uow.session, [row.id for row in mine if row.version])
    weighed = {row.id: weighed_of(row, opened) for row in beyond}
    by_end: dict[str, list[Weighed]] = {}
    for each in weighed.values():
        for end in (each.left, each.right):
            by_end.setdefault(end, []).append(each)
    for row in around:
        each = weighed[row.id]
        put_place(row, placed(each, by_end[row.left_id], by_end[row.right_id], engine.limits()))
    for row in mine:
        if row.version:
            put_standing(row, standing_of(decided[row.id], row.digest))
        if {row.left_id, row.right_id} & set(gone):
            row.evidence, row.band = '{"ids":false,"lines":[]}', str(Band.HIDDEN)
    weak = [row.id for row in mine if not row.version and row.weight < engine.limits().review]
    weak += [row.id for row in mine if not row.version and {row.left_id, row.right_id} & set(gone)]
    uow.session.flush()
    store.drop(uow.session, weak)
    found.dropped += len(set(weak))


def weighed_of(row: LinkCandidate, opened: dict[str, bool]) -> Weighed:
    """A pair as the bands see it."""
    evidence = json.loads(row.evidence)
    verdicts = {field: verdict for field, verdict, _bits in evidence.get("lines", [])}
    alike = not verdicts.get("name") == verdicts.get("birth") == "differ"
    left, right = opened.get(row.left_id, False), opened.get(row.right_id, False)
    return Weighed(row.left_id, row.right_id, row.weight, bool(evidence.get("ids")), left, right, alike)


def _persons(uow: UnitOfWork, cadre_ids: Collection[str]) -> int:
    """Makes the persons of the groups these records are in, or were in, what the links in force say."""
    before = store.persons(uow.session, cadre_ids)
    touched = set(cadre_ids) | (store.of_persons(uow.session, set(before.values())) if before else set())
    edges = store.linked_around(uow.session, touched)
    wanted = persons(edges)
    among = touched | set(wanted)
    return store.set_persons(uow.session, wanted, among) if wanted or before else 0


def disagreements(uow: UnitOfWork) -> list[str]:
    """Where what is kept beside the decisions is not what they come to, in numbers; records that wait are left out."""
    late = {cadre for _number, cadre in store.waiting(uow.session, 1_000_000)}
    rows = [row for row in store.every_pair(uow.session) if not {row.left_id, row.right_id} & late]
    decided = store.decisions(uow.session, [row.id for row in rows])
    wrong = 0
    for row in rows:
        standing = standing_of(decided[row.id], row.digest)
        covered = "".join(sorted(side[0] for side in standing.covered))
        said = (row.state, row.covered, row.reopened, row.version)
        wrong += said != (standing.state, covered, standing.reopened, len(decided[row.id]))
    wanted, held = persons(store.every_link(uow.session)), store.persons(uow.session)
    strays = {cadre for cadre in wanted.keys() | held.keys() if wanted.get(cadre) != held.get(cadre)} - late
    found = [f"{wrong} pairs are not in the state their decisions come to"] if wrong else []
    found += [f"{len(strays)} records are not of the person their links say"] if strays else []
    twice = store.crowded_persons(uow.session)
    found += [f"{twice} persons have two records of one block: take a link back"] if twice else []
    lost = store.strange_conflicts(uow.session, late)
    found += [f"{lost} differences stand of pairs that are not linked"] if lost else []
    return [f"links: {each}; run: oms link --all" for each in found]
