"""What a reader sees of all segments together, where one document alone does not tell."""

from collections.abc import Sequence

import numpy as np

from search_index.matches import Bools, Ints, flags_of
from search_index.model import Visible
from search_index.people import Bearers, People
from search_index.segment import Segment


class Whole:
    """What the reader sees of all segments together: the persons, a person's blocks, a dossier's types."""

    def __init__(self, segments: Sequence[Segment], people: People, reader: Visible) -> None:
        self._segments, self._people, self._reader = segments, people, reader
        self._blocks: Ints | None = None
        self._holding: dict[str, Bools] = {}
        self._bearers: Bearers | None = None

    def _seen(self, segment: Segment) -> Bools:
        return flags_of(segment.visible(self._reader), segment.size)

    def bearers(self) -> Bearers:
        """Return whose names the reader may be told of, and from which dossiers."""
        if self._bearers is None:
            persons = self._blocks_of_persons() >= 0
            alone = np.zeros(len(persons), np.bool_)
            seen = [(own, self._seen(own)) for own in self._segments]
            most = max((int(own.columns["dossier"].max(initial=0)) for own in self._segments), default=0)
            dossiers = np.zeros(most + 1, np.bool_)
            for own, shown in seen:
                dossiers[own.columns["dossier"][shown]] = True
                alone[own.columns["person"][shown & (own.columns["dossier"] == 0)]] = True
            hidden = self._people.hidden_from(self._reader)
            dossiers[hidden[hidden <= most]] = False
            self._bearers = Bearers(persons, dossiers, alone)
        return self._bearers

    def linked(self, segment: Segment, yes: bool) -> Bools:
        """Return which documents' person has visible documents in several blocks, or in one only."""
        blocks = at(self._blocks_of_persons(), segment.columns["person"], -1)
        return blocks > 1 if yes else blocks == 1

    def missing(self, segment: Segment, type_code: str) -> Bools:
        """Return which documents' dossier holds no visible document of the type; outside one, which are none."""
        holding = self._holding.get(type_code)
        if holding is None:
            holding = np.zeros(
                max((int(own.columns["dossier"].max(initial=0)) for own in self._segments), default=0) + 1, np.bool_
            )
            for own in self._segments:
                holding[own.columns["dossier"][self._seen(own) & own.under("type", type_code)]] = True
            self._holding[type_code] = holding
        dossier = segment.columns["dossier"]
        return ~np.where(dossier > 0, holding[dossier], segment.under("type", type_code))

    def _blocks_of_persons(self) -> Ints:
        """Return in how many blocks each person has visible documents; -1 for who has none at all."""
        if self._blocks is None:
            pairs = [
                (own.columns["person"][seen], own.columns["block"][seen])
                for own, seen in ((own, self._seen(own)) for own in self._segments)
            ]
            size = max((int(person.max(initial=0)) for person, _ in pairs), default=0) + 1
            blocks = np.full(size, -1, np.int32)
            for person, _ in pairs:
                blocks[person] = 0
            for number in np.unique(
                np.concatenate([np.unique(block) for _, block in pairs] or [np.zeros(0, np.int32)])
            ):
                if number:
                    there = np.zeros(size, np.bool_)
                    for person, block in pairs:
                        there[person[block == number]] = True
                    blocks += there
            # Nobody is no person.
            blocks[0] = -1
            self._blocks = blocks
        return self._blocks


def at(values: Ints, numbers: Ints, otherwise: int) -> Ints:
    """Return the values of these numbers; numbers given later than the values were made have none."""
    inside = numbers < len(values)
    if inside.all():
        return values[numbers]
    found = np.full(len(numbers), otherwise, values.dtype)
    found[inside] = values[numbers[inside]]
    return found
