"""Values beside printed labels: labels are found by their words, however the scan spelt them."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from rapidfuzz import fuzz

from scanning.field import Draft, judged
from scanning.forms import LABELS, Label
from scanning.layout import compact
from scanning.page import Box, PageReading, Word

MIN_CLOSENESS = 85.0
_SHORT_CLOSENESS = 93.0
# "Bậc", "Hệ số": one wrong letter of so few may make another word
_SHORT = 8
# the longest label with a hint in brackets, in tokens
_REACH = 24
_LABEL_WORDS = 8
# shares of the height of letters, and mean confidence
_WIDE, _DIRT = 1.2, 60.0
_ITEM = re.compile(r"^(\d{1,2}(\.\d{1,2})?[).\-]{1,2}|[a-đ]\)|[-+*•])$")
_LEADER = re.compile(r"[.·…_]{4,}")
_ENDS_CLAUSE = re.compile(r"[,.;:)\-…_|]$")
# a value goes on over at most two more lines, and only if the line before ran to the right edge
_MORE_LINES = 2
_FULL_LINE = 0.8
# where print ends on a page with the narrowest usual margin: a word wider than what is left goes to the next line
_RIGHT_EDGE = 0.88
_MAY_STAND_BELOW = frozenset(("long", "place", "text"))


# the first letter may be misread in a long label; in a short one it may not
_LONG = tuple(label for label in LABELS if len(label.compact) >= 2 * _SHORT)
_BEGINNING = {
    letter: tuple(label for label in LABELS if label.compact[0] == letter or label in _LONG)
    for letter in {label.compact[0] for label in LABELS}
}


@dataclass(frozen=True)
class _Mark:
    """A label on a line: the tokens from ``start`` to ``end``; its value may begin at ``value``."""

    label: Label
    start: int
    end: int
    value: int


def form_drafts(readings: Sequence[PageReading], in_tables: Container[tuple[int, Box]] = ()) -> dict[str, Draft]:
    """Return the words that stand beside labels, the first of each key; pages count from 1 as given.

    ``in_tables`` holds the page and box of words that belong to tables: their heads are no labels.
    """
    found: dict[str, Draft] = {}
    for number, reading in enumerate(readings, start=1):
        words = [word for word in reading.words if (number, word.box) not in in_tables]
        lines = _joined([_tokens(list(group)) for _, group in groupby(words, key=lambda word: word.line)], reading)
        marks = [_marks(line) for line in lines]
        for index, line in enumerate(lines):
            for place, mark in enumerate(marks[index]):
                following = marks[index][place + 1].start if place + 1 < len(marks[index]) else len(line)
                value = _trimmed(line[mark.value : following])
                if not value and following == len(line) and mark.label.kind in _MAY_STAND_BELOW:
                    value = _below(lines, marks, index)
                value, since = _without_since(mark, value)
                _keep(found, mark.label.key, mark.label.kind, tuple(value), number)
                _keep(found, "salary_from", "date", tuple(since), number)
    return found


def _without_since(mark: _Mark, words: list[Word]) -> tuple[list[Word], list[Word]]:
    """Return a coefficient's words and those of the date the form of 1998 prints behind ("4,32 từ tháng 5/1999")."""
    if mark.label.key == "salary_coefficient":
        for place, word in enumerate(words[:-1]):
            if compact(word.text) == "tu" and compact(words[place + 1].text) in ("thang", "ngay"):
                return words[:place], words[place + 1 :]
    return words, []


def _keep(found: dict[str, Draft], key: str, kind: str, words: tuple[Word, ...], page: int) -> None:
    """Keep a value; of two the first, and where both say the same they stand for each other."""
    draft = Draft(key, kind, words, page)
    made = judged(draft) if words else None
    if made is None:
        return
    key, field = made
    first = found.get(key)
    if first is None:
        found[key] = draft
        return
    other = judged(first)
    if field.value and other is not None and other[1].value == field.value:
        found[key] = replace(first, agreed=True)
    elif other is not None and not other[1].value and field.value:
        found[key] = draft


def _joined(lines: list[list[Word]], reading: PageReading) -> list[list[Word]]:
    """Return the lines with those put together that are one entry: the first runs full, the next begins no other."""
    joined: list[list[Word]] = []
    count = 0
    for line in lines:
        if joined and count < _MORE_LINES and _carries_on(joined[-1], line, reading):
            joined[-1] = joined[-1] + line
            count += 1
        elif line:
            joined.append(line)
            count = 0
    return joined


def _carries_on(entry: list[Word], line: list[Word], reading: PageReading) -> bool:
    """Return whether a line is the rest of the entry above: that one is full and this one begins nothing new."""
    last = entry[-1]
    if not line or last.text.endswith("."):
        return False
    name = _name_goes_on(entry, line)
    room = _RIGHT_EDGE * reading.width - last.box[2]
    if last.box[2] < _FULL_LINE * reading.width and not (name and line[0].box[2] - line[0].box[0] > room):
        return False
    if _ITEM.match(line[0].text) or _numbered(line[0].text) or line[0].box[0] > reading.width / 2:
        return False
    gap = line[0].box[1] - last.box[3]
    tall = max(word.box[3] - word.box[1] for word in line)
    if not -tall < gap <= 1.2 * tall:
        return False
    if len(line[0].text) > 1 and all(word.text.isupper() for word in line[:3]) and not name:
        return False
    return not any(mark.start == 0 for mark in _marks(line))


def _name_goes_on(entry: list[Word], line: list[Word]) -> bool:
    """Return whether a line of capitals is the end of a name that ran to the edge, not a heading of its own."""
    labelled = any(word.text.islower() for word in entry)
    return labelled and entry[-1].text.isupper() and len(line) <= 2 and all(word.text.isalpha() for word in line)


def _below(lines: Sequence[list[Word]], marks: Sequence[list[_Mark]], index: int) -> list[Word]:
    """Return the line under a label that has nothing beside it, if that line can be its value."""
    if index + 1 >= len(lines) or any(mark.start == 0 for mark in marks[index + 1]):
        return []
    label, line = lines[index], lines[index + 1]
    line = line[: marks[index + 1][0].start] if marks[index + 1] else line
    tall = max(word.box[3] - word.box[1] for word in label)
    gap = line[0].box[1] - max(word.box[3] for word in label)
    near = -tall < gap < 1.5 * tall and line[0].box[0] < label[-1].box[2] and len(line) <= 14
    if not near or _ITEM.match(line[0].text) or _numbered(line[0].text) or all(word.text.isupper() for word in line):
        return []
    return _trimmed(line)


def _tokens(words: list[Word]) -> list[Word]:
    """Return the words, parted after a colon inside ("sinh:VÕ"), so that label and value are never one."""
    tokens = []
    for word in words:
        head, colon, tail = word.text.partition(":")
        if not (head and colon and tail.strip(" .:")) or head[-1:].isdigit():
            tokens.append(word)
            continue
        x0, y0, x1, y1 = word.box
        middle = x0 + (x1 - x0) * (len(head) + 1) // len(word.text)
        tokens.append(replace(word, text=head + colon, box=(x0, y0, middle, y1)))
        tokens.append(replace(word, text=tail, box=(middle, y0, x1, y1)))
    return tokens


def _marks(line: list[Word]) -> list[_Mark]:
    """Return the labels on a line from left to right; where two fit one place, the one that explains more of it."""
    keys = [compact(word.text) for word in line]
    candidates = []
    for start in range(len(line)):
        if not keys[start] or not (_opens(line, start) or any(":" in w.text for w in line[start : start + _REACH])):
            continue
        for label in _BEGINNING.get(keys[start][0], _LONG):
            closeness, end = _match(line, keys, start, label)
            if end > start:
                # letters that text and label share: a word too many in front explains no more
                shared = closeness * (sum(map(len, keys[start:end])) + len(label.compact))
                candidates.append((round(shared, 3), closeness, start, end, label))
    taken = [False] * len(line)
    marks = []
    for _, _, start, end, label in sorted(candidates, key=lambda found: found[:2], reverse=True):
        mark = None if any(taken[start:end]) else _anchored(line, start, end, label)
        if mark is not None:
            marks.append(mark)
            taken[start : mark.value] = [True] * (mark.value - start)
    return sorted(marks, key=lambda mark: mark.start)


def _match(line: list[Word], keys: list[str], start: int, label: Label) -> tuple[float, int]:
    """Return how well a label fits at token ``start`` (0 to 100) and where it ends; (0, 0) if it does not fit."""
    best, best_end = 0.0, 0
    for end in range(start + max(1, label.words - 1), min(start + label.words + 2, len(keys)) + 1):
        if not keys[end - 1]:
            continue
        if end - start > 1 and line[end - 2].text.endswith(":"):
            break  # what follows a colon is a value, however much it looks like the rest of a label
        closeness = fuzz.ratio("".join(keys[start:end]), label.compact, score_cutoff=MIN_CLOSENESS)
        if closeness > best:
            best, best_end = closeness, end
    if len(label.compact) > _SHORT or best >= _SHORT_CLOSENESS:
        return best, best_end
    # "7) Tân giáo:": between an item's number and a colon one wrong letter is no other word
    framed = len(label.compact) > 5 and best_end > start and line[best_end - 1].text.endswith(":")
    return (best, best_end) if framed and start and _opens(line, start) else (0.0, 0)


def _anchored(line: list[Word], start: int, end: int, label: Label) -> _Mark | None:
    """Return the label with the place of its value, or None where the words are only part of a sentence.

    A label either begins its clause (the line, after an item number or a comma) or is followed by a colon,
    with perhaps a hint in brackets between.
    """
    value = _after_hint(line, end)
    colon = any(":" in word.text for word in line[end - 1 : value]) or (
        value < len(line) and line[value].text.startswith(":")
    )
    opens = _opens(line, start)
    # a colon is a semicolon to worn eyes
    colon = colon or (opens and line[end - 1].text.endswith(";"))
    title = all(word.text.isupper() for word in line[start:end])
    if colon or (opens and len(label.compact) > _SHORT and not title):
        return _Mark(label, start, end, value)
    return None


def _opens(line: list[Word], start: int) -> bool:
    """Return whether a clause begins at a token: the line, or what follows an item's number or a comma."""
    if start == 0:
        return True
    before = line[start - 1].text
    return _ITEM.match(before) is not None or _ENDS_CLAUSE.search(before) is not None


def _after_hint(line: list[Word], end: int) -> int:
    """Return the token after a hint in brackets that begins at ``end``, or ``end`` if there is none."""
    if end < len(line) and line[end].text.startswith("("):
        for place in range(end, min(end + 30, len(line))):
            if ")" in line[place].text:
                return place + 1
    return end


def _numbered(text: str) -> bool:
    """Return whether a word begins a new item: "25)", "15.3-", "IV."."""
    return re.match(r"^(\d{1,2}([.,]\d)?[).\-:]|[IVX]{1,4}[.)])", text) is not None


def _trimmed(words: list[Word]) -> list[Word]:
    """Return a value's words without the colon before, the leaders and the next item's number after."""
    kept = list(words)
    while kept and not any(character.isalnum() for character in kept[0].text):
        kept.pop(0)
    while len(kept) > 1 and (_ITEM.match(kept[-1].text) or not any(c.isalnum() for c in kept[-1].text)):
        kept.pop()
    if len(kept) == 1 and re.fullmatch(r"\d{1,2}\)", kept[0].text):
        return []  # the next item's number: nothing stands here
    for place, word in enumerate(kept):
        if place and (_is_dirt(kept, place) or _is_unknown_label(kept, place)):
            return kept[:place]
        if place and kept[place - 1].text.endswith(",") and _ITEM.match(word.text):
            return kept[:place]
        # a dotted line, and whatever OCR made of it, ends the value
        head = _LEADER.split(word.text, maxsplit=1)[0]
        if head != word.text:
            cut = [replace(word, text=head)] if any(character.isalnum() for character in head) else []
            return kept[:place] + cut
    return kept


def _is_unknown_label(words: list[Word], place: int) -> bool:
    """Return whether, after a comma, a label begins that no form known here has: capital, few words, a colon."""
    if not words[place - 1].text.endswith(",") or not words[place].text[:1].isupper():
        return False
    text = " ".join(word.text for word in words[place : place + _LABEL_WORDS]).partition(":")
    # "(tỉnh, TP):" is a hint inside the value
    return bool(text[1]) and text[0].count("(") == text[0].count(")")


def _is_dirt(words: list[Word], place: int) -> bool:
    """Return whether what follows on the line, a wide gap away, is too unsure to belong to the value before it."""
    before, word = words[place - 1], words[place]
    if word.line != before.line or word.box[0] - before.box[2] < _WIDE * (before.box[3] - before.box[1]):
        return False
    rest = words[place:]
    if (
        before.text[-1:].isdigit()
        and all(w.handwritten for w in rest)
        and not any(w.handwritten for w in words[:place])
    ):
        return True  # a printed number is whole; what is signed beside it is no part of it
    return sum(other.confidence for other in rest) / len(rest) < _DIRT
