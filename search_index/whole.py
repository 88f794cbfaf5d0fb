"""What a reader sees of all segments together, where one document alone does not tell."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from search_index.model import Visible
from search_index.records import Bools, Ints
from search_index.segment import Segment


class Whole:
    """What the reader sees of all segments together: a person's blocks, a dossier's types."""

    def __init__(self, segments: Sequence[Segment], reader: Visible) -> None:
        self._parts = [(segment, segment.visible(reader)) for segment in segments]
        self._blocks: Ints | None = None

    def linked(self, segment: Segment, yes: bool) -> Bools:
        """Return which documents' person has visible documents in several blocks, or in one only."""
        if self._blocks is None:
            pairs = [_unique(own.columns["person"][mask], own.columns["block"][mask]) for own, mask in self._parts]
            person, block = _unique(*np.concatenate(pairs, axis=1))
            self._blocks = np.bincount(person[(person > 0) & (block > 0)]).astype(np.int32)
        person = segment.columns["person"]
        blocks = np.zeros(segment.size, np.int32)
        told = person < len(self._blocks)
        blocks[told] = self._blocks[person[told]]
        return blocks > 1 if yes else blocks == 1

    def missing(self, segment: Segment, type_code: str) -> Bools:
        """Return which documents' dossier holds no visible document of the type; outside one, which are none."""
        holding = np.unique(
            np.concatenate([own.columns["dossier"][mask & own.under("type", type_code)] for own, mask in self._parts])
        )
        dossier = segment.columns["dossier"]
        has = np.where(dossier > 0, np.isin(dossier, holding), segment.under("type", type_code))
        return ~has


def _unique(first: Ints, second: Ints) -> npt.NDArray[np.int32]:
    return np.unique(np.stack((first, second)), axis=1)
