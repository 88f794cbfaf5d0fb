"""A second look at what was doubtful: the lines of a value cut out and read again, alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import cv2
import numpy as np

from scanning.engine import RawWord, read_crops
from scanning.field import BY_PEN, OF_READING, UNCLEAR, Draft, Field, calibrated, judged, sureness
from scanning.files import Pixels
from scanning.layout import around
from scanning.page import Box, Look, PageReading, Word
from scanning.rejection import Rejected
from scanning.values import REPAIRED
from vietnamese.text import nfc, repair_eth

DIFFER = "hai lần đọc khác nhau"
A4_HEIGHT_INCHES = 11.69
# paper around a line in shares of its height (marks over and under the letters must be in), and the scale of each look
_TURNS = ((0.22, 1.0), (0.12, 0.8))
_RUNNING = frozenset(("text", "long", "place", "cell"))
# two readings that agree are believed from this on, though neither was sure
_AGREED_FROM = 0.3
# a look below is no vote against two others, of which the later is at least this sure
_GUESS, _SURE = 0.5, 0.75


def looked_at(reading: PageReading, drafts: Iterable[Draft]) -> PageReading:
    """Return the reading with further looks at the lines of its doubtful drafts; unchanged without its image.

    Each such line is read alone, and once more, differently cut, where that came out otherwise. 0.02 to 0.05 CPU s a
    line; nothing is looked at that was surely read, or is handwritten.
    """
    cases = []
    for draft in drafts:
        found = judged(draft)
        if found is not None and found[1].doubts and BY_PEN not in found[1].doubts:
            cases.append(_Case(found[0], draft, found[1]))
    if reading.image is None or not cases:
        return reading
    shades = _without_red(reading.image)
    looks: list[Look] = []
    for turn, (pad, scale) in enumerate(_TURNS, start=1):
        cases = [case for case in cases if not case.agreed()]
        boxes = list(dict.fromkeys(box for case in cases for box in case.boxes))
        new = _read_again(shades, reading, boxes, pad, scale) if boxes else {}
        looks += [Look(box, text, confidence, turn) for box, (text, confidence) in new.items()]
        by_place = {(look.box, look.turn): look for look in looks}
        cases = [_Case(case.key, case.draft, case.first, _seen(case.draft, by_place)) for case in cases]
    return replace(reading, looks=tuple(looks))


def settled(drafts: Mapping[str, Draft], readings: Sequence[PageReading]) -> dict[str, Field]:
    """Return the fields of drafts, what their readings looked at again taken into account.

    Two readings that agree take the engine's doubt away. Where they differ a third decides between them, doubtful, the
    other reading named in the reason.
    """
    seen = [{(look.box, look.turn): look for look in reading.looks} for reading in readings]
    fields = {}
    for draft in drafts.values():
        found = judged(draft)
        if found is None:
            continue
        key, first = found
        looks = _seen(draft, seen[draft.page - 1]) if first.doubts and BY_PEN not in first.doubts else []
        fields[key] = _Case(key, draft, first, looks).outcome()
    return fields


@dataclass
class _Case:
    """A value as first read, and the fields that further looks at its lines make, each with how sure they were."""

    key: str
    draft: Draft
    first: Field
    looks: list[tuple[float, Field]] = field(default_factory=list)

    @property
    def boxes(self) -> list[Box]:
        """The box of each line of the value."""
        return _line_boxes(self.draft)

    def agreed(self) -> bool:
        """Return whether the first look after the reading said the same."""
        return bool(self.looks) and self._same(self.first, self.looks[0][1])

    def _agreeing(self) -> Field | None:
        """Return the look that says the same as the first reading: the next, or a sure one after a guess."""
        if self.agreed():
            return self.looks[0][1]
        if len(self.looks) > 1 and self.looks[0][0] < _GUESS and self.looks[1][0] >= _SURE:
            return self.looks[1][1] if self._same(self.first, self.looks[1][1]) else None
        return None

    def _same(self, one: Field, other: Field) -> bool:
        return _same(self.draft.kind, one.value, other.value)

    def outcome(self) -> Field:
        """Return what all looks at one place make together."""
        if not any(look.value for _, look in self.looks):
            return self.first
        sure = max([_sure_of(self.draft), *(sure for sure, _ in self.looks)])
        second = self._agreeing()
        if second is None:
            return self._disputed(sure)
        doubts = tuple(d for d in second.doubts if d not in OF_READING and d != REPAIRED)
        if REPAIRED in self.first.doubts and REPAIRED in second.doubts:
            doubts = (*doubts, REPAIRED)
        if sure < _AGREED_FROM:
            doubts = (*doubts, UNCLEAR)
        value = self.first.value
        if self.draft.kind == "place":  # commas are lost more often than made up
            value = max((value, second.value), key=lambda text: text.count(","))
        return replace(self.first, value=value, doubts=doubts, confidence=calibrated(sure, doubts))

    def _disputed(self, sure: float) -> Field:
        """Return the reading that most looks agree on, else the surest, with the others named."""
        candidates = [(_sure_of(self.draft), self.first), *self.looks]
        candidates = [(certain, found) for certain, found in candidates if found.value]

        def weight(item: tuple[float, Field]) -> tuple[bool, int, float]:
            votes = sum(self._same(item[1], other) for _, other in candidates)
            return set(item[1].doubts) <= {UNCLEAR}, votes, item[0]

        best = max(candidates, key=weight)[1]
        others = dict.fromkeys(found.value for _, found in candidates if not self._same(found, best))
        reason = f"{DIFFER}: {'; '.join(others)}" if others else UNCLEAR
        doubts = (*(d for d in best.doubts if d not in OF_READING), reason)
        return replace(self.first, value=best.value, raw=best.raw, doubts=doubts, confidence=calibrated(sure, doubts))


def _seen(draft: Draft, looks: Mapping[tuple[Box, int], Look]) -> list[tuple[float, Field]]:
    """Return what the looks at all lines of a draft make, turn by turn; a turn with a line missing makes nothing."""
    boxes = _line_boxes(draft)
    found = []
    for turn in range(1, len(_TURNS) + 1):
        lines = [looks.get((box, turn)) for box in boxes]
        words = tuple(
            Word(look.text, look.box, look.confidence, False, line)
            for line, look in enumerate(lines)
            if look is not None and look.text
        )
        made = judged(replace(draft, words=words)) if words and None not in lines else None
        if made is not None:
            found.append((sureness([word for word in words if any(map(str.isalnum, word.text))]), made[1]))
    return found


def _same(kind: str, one: str, other: str) -> bool:
    """Return whether two values are the same; commas and blanks of running text do not count."""
    if not one or not other or kind not in _RUNNING:
        return bool(one) and one == other
    return "".join(filter(str.isalnum, one)) == "".join(filter(str.isalnum, other))


def _read_again(
    shades: Pixels, reading: PageReading, boxes: Sequence[Box], pad: float, scale: float
) -> dict[Box, tuple[str, float]]:
    """Return the text and least confidence that each line gives when read alone; nothing where the engine fails."""
    dpi = max(reading.width, reading.height) / A4_HEIGHT_INCHES
    crops = [_padded(box, pad) for box in boxes]
    if scale != 1:
        shades = np.asarray(cv2.resize(shades, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        crops = [(round(a * scale), round(b * scale), round(c * scale), round(d * scale)) for a, b, c, d in crops]
    try:
        lines = read_crops(shades, crops, dpi * scale)
    except Rejected:
        return {}
    return {box: _text_of(words) for box, words in zip(boxes, lines, strict=True)}


def _text_of(words: Sequence[RawWord]) -> tuple[str, float]:
    text = nfc(repair_eth(" ".join(word.text for word in words)))
    sure = [word.confidence for word in words if any(map(str.isalnum, word.text))]
    return text, round(min(sure, default=0.0), 1)


def _line_boxes(draft: Draft) -> list[Box]:
    return [around([word.box for word in line]) for _, line in groupby(draft.words, key=lambda word: word.line)]


def _padded(box: Box, pad: float) -> Box:
    margin = max(2, round(pad * (box[3] - box[1])))
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin


def _without_red(image: Pixels) -> Pixels:
    """Return the red channel: black ink stays, seals and red lines fade."""
    return np.ascontiguousarray(image[:, :, 2]) if image.ndim == 3 else image


def _sure_of(draft: Draft) -> float:
    return sureness([word for word in draft.words if any(character.isalnum() for character in word.text)])
