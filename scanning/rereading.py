"""A second look at what was doubtful: the lines of a value cut out and read again, alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import cv2
import numpy as np

from scanning.engine import RawWord, read_crops
from scanning.field import BY_PEN, OF_READING, UNCLEAR, Draft, Field, calibrated, judged, sureness
from scanning.files import Pixels
from scanning.layout import around
from scanning.page import Box, PageReading, Word
from scanning.rejection import Rejected
from scanning.values import NOT_A_NAME, REPAIRED
from vietnamese.text import nfc, repair_eth

DIFFER = "hai lần đọc khác nhau"
A4_HEIGHT_INCHES = 11.69
# paper around a line in shares of its height (marks over and under the letters must be in), and the scale of each look
_LOOKS = ((0.22, 1.0), (0.12, 0.8))
_RUNNING = frozenset(("text", "long", "place", "cell"))
# two readings that agree are believed from this on, though neither was sure
_AGREED_FROM = 0.3


def settled(drafts: Mapping[str, Draft], readings: Sequence[PageReading]) -> dict[str, Field]:
    """Return the fields of drafts; doubtful ones are read again where their page has its image.

    Two readings that agree take the engine's doubt away. Where they differ a third decides between them, doubtful, the
    other reading named in the reason. What is handwritten is not read again.
    """
    fields = {}
    again: dict[int, list[_Case]] = {}
    for draft in drafts.values():
        found = judged(draft)
        if found is None:
            continue
        key, field = found
        fields[key] = field
        if field.doubts and BY_PEN not in field.doubts and readings[draft.page - 1].image is not None:
            again.setdefault(draft.page, []).append(_Case(key, draft, field))
    for page, cases in again.items():
        _look_again(cases, readings[page - 1])
        for case in cases:
            fields[case.key] = case.outcome()
    return fields


@dataclass
class _Case:
    """A doubtful value and what further looks at it gave: the words, and the field they make."""

    key: str
    draft: Draft
    first: Field
    looks: list[tuple[float, Field]] = field(default_factory=list)

    def outcome(self) -> Field:
        """Return what all looks at one place make together."""
        sure = max([_sure_of(self.draft), *(sure for sure, _ in self.looks)])
        for _, second in self.looks[:1]:
            if _same(self.draft.kind, self.first.value, second.value):
                doubts = _left(self.first, second)
                if sure < _AGREED_FROM:
                    doubts = (*doubts, UNCLEAR)
                value = max((self.first.value, second.value), key=lambda text: (text.count(","), text))
                better = replace(self.first, value=value if self.draft.kind == "place" else self.first.value)
                return replace(better, doubts=doubts, confidence=calibrated(sure, doubts))
        if not any(look.value for _, look in self.looks):
            return self.first
        return self._disputed(sure)

    def _disputed(self, sure: float) -> Field:
        """Return the reading that most looks agree on, else the surest, with the others named."""
        candidates = [(_sure_of(self.draft), self.first), *self.looks]
        candidates = [(certain, found) for certain, found in candidates if found.value]

        def weight(item: tuple[float, Field]) -> tuple[bool, int, bool, float]:
            votes = sum(_same(self.draft.kind, item[1].value, other.value) for _, other in candidates)
            return NOT_A_NAME not in item[1].doubts, votes, set(item[1].doubts) <= OF_READING, item[0]

        best = max(candidates, key=weight)[1]
        others = dict.fromkeys(f.value for _, f in candidates if not _same(self.draft.kind, f.value, best.value))
        reason = f"{DIFFER}: {'; '.join(others)}" if others else UNCLEAR
        doubts = (*(d for d in best.doubts if d not in OF_READING), reason)
        return replace(self.first, value=best.value, raw=best.raw, doubts=doubts, confidence=calibrated(sure, doubts))

    def settled(self) -> bool:
        """Return whether the last look said the same as the first."""
        return bool(self.looks) and _same(self.draft.kind, self.first.value, self.looks[-1][1].value)


def _left(first: Field, second: Field) -> tuple[str, ...]:
    """Return the doubts that stay when two readings agree."""
    doubts = tuple(d for d in second.doubts if d not in OF_READING and d != REPAIRED)
    return (*doubts, REPAIRED) if REPAIRED in first.doubts and REPAIRED in second.doubts else doubts


def _same(kind: str, one: str, other: str) -> bool:
    """Return whether two values are the same; commas and blanks of running text do not count."""
    if not one or not other or kind not in _RUNNING:
        return bool(one) and one == other
    return "".join(filter(str.isalnum, one)) == "".join(filter(str.isalnum, other))


def _look_again(cases: Sequence[_Case], reading: PageReading) -> None:
    """Read the lines of each case once more, and those that came out otherwise a third time, differently cut."""
    assert reading.image is not None
    shades = _without_red(reading.image)
    for pad, scale in _LOOKS:
        open_cases = [case for case in cases if not case.settled()]
        if not open_cases:
            return
        for case, words in zip(open_cases, _reread(shades, reading, open_cases, pad, scale), strict=True):
            found = judged(replace(case.draft, words=words)) if words else None
            if found is not None:
                case.looks.append((sureness([w for w in words if any(map(str.isalnum, w.text))]), found[1]))


def _reread(
    shades: Pixels, reading: PageReading, cases: Sequence[_Case], pad: float, scale: float
) -> list[tuple[Word, ...]]:
    """Return the words that the lines of each case give when read alone; none where the engine fails."""
    lines = [[around([word.box for word in line]) for line in _lines(case.draft)] for case in cases]
    boxes = [_padded(box, pad) for boxes in lines for box in boxes]
    dpi = max(reading.width, reading.height) / A4_HEIGHT_INCHES
    if scale != 1:
        shades = np.asarray(cv2.resize(shades, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        boxes = [(round(a * scale), round(b * scale), round(c * scale), round(d * scale)) for a, b, c, d in boxes]
    try:
        read = iter(read_crops(shades, boxes, dpi * scale))
    except Rejected:
        return [() for _ in cases]
    return [tuple(_word(word, line) for line, _ in enumerate(boxes) for word in next(read)) for boxes in lines]


def _word(word: RawWord, line: int) -> Word:
    return Word(nfc(repair_eth(word.text)), word.box, word.confidence, False, line)


def _lines(draft: Draft) -> list[list[Word]]:
    return [list(group) for _, group in groupby(draft.words, key=lambda word: word.line)]


def _padded(box: Box, pad: float) -> Box:
    margin = max(2, round(pad * (box[3] - box[1])))
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin


def _without_red(image: Pixels) -> Pixels:
    """Return the red channel: black ink stays, seals and red lines fade."""
    return np.ascontiguousarray(image[:, :, 2]) if image.ndim == 3 else image


def _sure_of(draft: Draft) -> float:
    return sureness([word for word in draft.words if any(character.isalnum() for character in word.text)])
