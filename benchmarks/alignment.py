"""Which words of a reading are right: each line laid against the stretch of the true text that fits it best."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def right_words(line: Sequence[str], truth: str) -> list[bool]:
    """Return, for each word of one read line, whether the true text has exactly that word where it was read.

    The line is laid as a whole on the stretch of ``truth`` (blanks single) with the least edit distance, so that the
    order of lines does not matter; a word is right if its letters stand there unchanged between blanks.
    """
    if not line:
        return []
    text = " ".join(line)
    target = np.frombuffer(f" {truth} ".encode("utf-32-le"), np.uint32)
    places = _places(text, target)
    right = []
    start = 0
    for word in line:
        end = start + len(word)
        spots = places[start:end]
        whole = all(spot >= 0 for spot in spots) and all(b - a == 1 for a, b in pairwise(spots))
        right.append(
            whole
            and all(int(target[spot]) == ord(letter) for spot, letter in zip(spots, word, strict=True))
            and int(target[spots[0] - 1]) == ord(" ")
            and int(target[spots[-1] + 1]) == ord(" ")
        )
        start = end + 1
    return right


def _places(text: str, target: NDArray[np.uint32]) -> list[int]:
    """Return for each letter of the text its place in the target under the best alignment, -1 where it has none."""
    rows = [np.zeros(len(target) + 1, np.int32)]
    steps = np.arange(len(target) + 1, dtype=np.int32)
    for letter in text:
        below = np.empty_like(rows[-1])
        below[0] = rows[-1][0] + 1
        below[1:] = np.minimum(rows[-1][1:] + 1, rows[-1][:-1] + (target != ord(letter)))
        rows.append((np.minimum.accumulate(below - steps) + steps).astype(np.int32))
    column = int(rows[-1].argmin())
    places = [-1] * len(text)
    row = len(text)
    while row > 0:
        here = rows[row][column]
        if column and here == rows[row - 1][column - 1] + (int(target[column - 1]) != ord(text[row - 1])):
            row, column = row - 1, column - 1
            places[row] = column
        elif here == rows[row - 1][column] + 1:
            row -= 1
        else:
            column -= 1
    return places
