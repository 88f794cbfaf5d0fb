"""Verification: every entry against its hash, the tree against every kept head, time and pruning against entries."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import le, sub

from oms.domain.checkpoints import Checkpoint
from oms.domain.journal import Entry, Verb, leaf_hash, pruned, set_back
from oms.domain.merkle import Frontier

SILENT_MS = 150_000
"""An honest journal has an entry each minute: a longer break is told."""
MOST_TOLD = 20
_STEP = range(SILENT_MS + 1)
_TOLD = frozenset({str(Verb.JOURNAL_PRUNE), str(Verb.JOURNAL_CLOCK)})


@dataclass(frozen=True)
class Portion:
    """Rows one after the other, column by column.

    ``entries`` holds the bodies of every row, or, when ``sound``, of the prunings alone: the hash of each row was then
    computed anew from what is stored, and found to be the one stored beside it.
    """

    seqs: Sequence[int]
    leaves: Sequence[bytes]
    ats: Sequence[str]
    clocks: Sequence[int]
    verbs: Sequence[str]
    entries: Mapping[int, Entry]
    sound: bool = False

    @classmethod
    def of(cls, rows: Sequence[tuple[Entry, bytes]]) -> Portion:
        """A portion whose rows are all still to be judged."""
        entries = [entry for entry, _leaf in rows]
        return cls(
            [entry.seq for entry in entries],
            [leaf for _entry, leaf in rows],
            [entry.at for entry in entries],
            [entry.clock for entry in entries],
            [entry.verb for entry in entries],
            {entry.seq: entry for entry in entries},
        )


@dataclass(frozen=True)
class _Place:
    """Where in number, time and counter the walk stands."""

    seq: int
    at: str
    clock: int


@dataclass(frozen=True)
class Silence:
    """A time in which nothing was written, not even that all is well."""

    after: int
    since: str
    until: str


@dataclass(frozen=True)
class Verdict:
    """What verification found. ``first_bad`` is the number of the first entry that cannot be trusted.

    ``checkpoints``: each once, in however many places it is kept; the separate verifier counts the same way.
    What is told and is no fault: entries that were pruned under two persons, times of silence, clocks set back.
    """

    whole: bool
    entries: int
    checkpoints: int
    root: str
    first_bad: int | None = None
    problem: str = ""
    pruned: int = 0
    silences: tuple[Silence, ...] = ()
    clock_changes: int = 0


class Broken(Exception):
    """Stops the walk at the first entry that cannot be trusted."""

    def __init__(self, number: int | None, problem: str) -> None:
        super().__init__(problem)
        self.number, self.problem = number, problem


@dataclass
class _Walk:
    """One pass over the entries, checking every kept head as its size is reached."""

    pending: list[Checkpoint]
    frontier: Frontier = field(default_factory=Frontier)
    last_good: int = 0
    last: _Place | None = None
    silences: list[Silence] = field(default_factory=list)
    clock_changes: int = 0
    pruned: list[tuple[int, int]] = field(default_factory=list)
    allowed: list[tuple[int, int]] = field(default_factory=list)

    def heads(self) -> None:
        """Every head of the size that has been reached."""
        while self.pending and self.pending[-1].size == self.frontier.size:
            head = self.pending.pop()
            if head.root != self.frontier.root():
                first = self.last_good + 1
                problem = f"entries {first} to {head.size} do not match the checkpoint at {head.size}"
                raise Broken(first, problem)
            self.last_good = head.size

    def take(self, portion: Portion) -> None:
        """All rows of a portion."""
        first = self.frontier.size + 1
        if portion.sound and self._plain(portion, first):
            self._grow(list(portion.leaves))
            self.last = _Place(portion.seqs[-1], portion.ats[-1], portion.clocks[-1])
            return
        for place, number in enumerate(range(first, first + len(portion.seqs))):
            problem = self._problem(portion, place, number)
            if problem:
                self._grow(list(portion.leaves[:place]))
                raise Broken(number, problem)
        self._grow(list(portion.leaves))

    def _plain(self, portion: Portion, first: int) -> bool:
        """True when nothing in a portion wants a closer look: numbers dense, time in order, no silence, no pruning."""
        ats, clocks, last = portion.ats, portion.clocks, self.last
        if last is None or not (last.at <= ats[0] and 0 <= clocks[0] - last.clock <= SILENT_MS):
            return False
        steps = map(sub, clocks[1:], clocks)
        return (
            list(portion.seqs) == list(range(first, first + len(portion.seqs)))
            and all(map(le, ats, ats[1:]))
            and all(map(_STEP.__contains__, steps))
            and _TOLD.isdisjoint(portion.verbs)
        )

    def _problem(self, portion: Portion, place: int, number: int) -> str:
        seq, verb = portion.seqs[place], portion.verbs[place]
        entry = portion.entries.get(seq)
        if seq != number:
            return f"entry {number} is missing (found {seq})"
        if not portion.sound and not self._unchanged(entry, portion.leaves[place]):
            return f"entry {number} was changed"
        here = _Place(seq, portion.ats[place], portion.clocks[place])
        problem = self._time(here, verb)
        if verb == Verb.JOURNAL_PRUNE and entry is not None:
            self._allow(entry)
        self.last = here
        return problem

    def _unchanged(self, entry: Entry | None, leaf: bytes) -> bool:
        if entry is None:
            return False
        if entry == pruned(entry.seq):
            self._prune(entry.seq)
            return True
        try:
            return leaf_hash(entry) == leaf
        except ValueError:
            return False

    def _grow(self, leaves: list[bytes]) -> None:
        """Adds leaves, stopping at each head on the way."""
        while leaves:
            until = self.pending[-1].size - self.frontier.size if self.pending else len(leaves)
            part = leaves[: max(1, until)]
            del leaves[: len(part)]
            self.frontier.extend(part)
            self.heads()

    def _time(self, here: _Place, verb: str) -> str:
        last = self.last
        if last is None or not last.at or not here.clock:
            return ""
        if here.at < last.at and verb != Verb.JOURNAL_CLOCK and set_back(last.at, here.at):
            return f"entry {here.seq} lies before entry {last.seq} in time, and nothing says why"
        if verb == Verb.JOURNAL_CLOCK:
            self.clock_changes += 1
        step = here.clock - last.clock
        if last.clock and step not in _STEP:
            quiet = datetime.fromisoformat(here.at) - datetime.fromisoformat(last.at)
            if step > SILENT_MS or quiet.total_seconds() * 1000 > SILENT_MS:
                self.silences.append(Silence(last.seq, last.at, here.at))
        return ""

    def _prune(self, seq: int) -> None:
        if self.pruned and self.pruned[-1][1] == seq - 1:
            self.pruned[-1] = (self.pruned[-1][0], seq)
        else:
            self.pruned.append((seq, seq))

    def _allow(self, entry: Entry) -> None:
        told = json.loads(entry.detail)
        self.allowed.append((int(told["first"]), min(int(told["last"]), entry.seq - 1)))

    def end(self) -> None:
        """After the last entry: no head may be beyond it, nothing may be pruned that no entry allows."""
        if self.pending:
            first = self.frontier.size + 1
            most = self.pending[0].size
            raise Broken(first, f"entries {first} to {most} are missing: a checkpoint of that size was kept")
        for first, last in self.pruned:
            number = first
            for start, stop in sorted(self.allowed):
                if start <= number <= stop:
                    number = stop + 1
            if number <= last:
                raise Broken(number, f"entry {number} was emptied without a pruning that says so")


def walked(
    portions: Iterable[Portion],
    heads: Sequence[Checkpoint],
    signature_ok: Callable[[Checkpoint], bool],
    begun: Frontier | None = None,
) -> tuple[Verdict, Frontier]:
    """Re-computes the whole tree, or what follows ``begun``, and holds it against every kept checkpoint.

    Detects edited, removed, inserted, swapped, back-dated and cut-off entries, forged checkpoints, a journal rolled
    back behind a kept checkpoint, bodies taken away without a pruning.
    """
    distinct = {(head.body, head.signature): head for head in heads}
    walk = _Walk(sorted(distinct.values(), key=lambda head: head.size, reverse=True), begun or Frontier())
    broken: Broken | None = None
    try:
        for head in walk.pending:
            if not signature_ok(head):
                raise Broken(None, f"signature of checkpoint {head.size} is not valid")
        walk.heads()
        for portion in portions:
            walk.take(portion)
        walk.end()
    except Broken as found:
        broken = found
    root = base64.b64encode(walk.frontier.root()).decode()
    silences = tuple(walk.silences[-MOST_TOLD:])
    verdict = Verdict(
        whole=broken is None,
        entries=walk.frontier.size,
        checkpoints=len({head.body for head in heads}),
        root=root,
        first_bad=broken.number if broken else None,
        problem=broken.problem if broken else "",
        pruned=sum(last - first + 1 for first, last in walk.pruned),
        silences=silences,
        clock_changes=walk.clock_changes,
    )
    return verdict, walk.frontier


def verify(
    portions: Iterable[Portion], heads: Sequence[Checkpoint], signature_ok: Callable[[Checkpoint], bool]
) -> Verdict:
    """The verdict of :func:`walked` over the whole journal."""
    return walked(portions, heads, signature_ok)[0]
