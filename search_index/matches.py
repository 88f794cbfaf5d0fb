"""Sets of documents, and where best a document matches, as bits: what AND, OR, NOT and counting work on.

Document numbers run in the order of recency, so that the first bits of a set are its newest documents.
A set is one array of 64-bit words. A match has three such sets, one within the other: documents that match
anywhere, in the title or a name, in a name. Rare terms are kept as sorted numbers instead.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

LEVELS = 3
# Below this many documents a word for each 64 costs nothing; above, a rare term is cheaper as numbers.
_SMALL = 4096


def words_of(flags: Bools) -> Words:
    """Return yes and no (along the last axis) as bits."""
    packed = np.packbits(flags, axis=-1, bitorder="little")
    lacking = -packed.shape[-1] % 8
    if lacking:
        packed = np.concatenate((packed, np.zeros((*packed.shape[:-1], lacking), np.uint8)), axis=-1)
    return np.ascontiguousarray(packed).view(np.uint64)


def flags_of(words: Words, size: int) -> Bools:
    """Return bits as yes and no."""
    return np.unpackbits(words.view(np.uint8), count=size, bitorder="little").view(np.bool_)


def flags_at(numbers: Ints, size: int) -> Bools:
    """Return yes for these documents and no for the others."""
    flags = np.zeros(size, np.bool_)
    flags[numbers] = True
    return flags


def numbers_of(words: Words) -> Ints:
    """Return the documents of a set, ascending."""
    filled = np.flatnonzero(words)
    if len(filled) * 4 > len(words):
        return np.flatnonzero(flags_of(words, len(words) * 64)).astype(np.int32)
    return _unpacked(words, filled)


def first(words: Words, most: int) -> Ints:
    """Return the first documents of a set, at most so many."""
    return _unpacked(words, np.flatnonzero(words)[:most])[:most]


def last(words: Words, most: int) -> Ints:
    """Return the last documents of a set, the last one first."""
    filled = np.flatnonzero(words)
    return _unpacked(words, filled[max(0, len(filled) - most) :])[::-1][:most]


def _unpacked(words: Words, filled: npt.NDArray[np.intp]) -> Ints:
    bits = np.flatnonzero(flags_of(words[filled], len(filled) * 64))
    numbers: Ints = (filled[bits >> 6] * 64 + (bits & 63)).astype(np.int32)
    return numbers


def count_of(words: Words) -> int:
    """Return how many documents a set has."""
    return int(np.bitwise_count(words).sum(dtype=np.int64))


def has(words: Words, numbers: Ints) -> Bools:
    """Return which of these documents are in the set."""
    bits = words[numbers >> 6] >> (numbers & 63).astype(np.uint64)
    held: Bools = (bits & np.uint64(1)).astype(np.bool_)
    return held


def no_words(size: int) -> Words:
    """Return the empty set of so many documents."""
    return np.zeros((size + 63) // 64, np.uint64)


class Matches(NamedTuple):
    """Documents with the best place of the match in each: either `levels`, or sorted `numbers` and `places`."""

    size: int
    levels: Words | None
    numbers: Ints
    places: Bytes

    @property
    def weight(self) -> int:
        """Return about how many bytes this takes."""
        return 200 + (self.levels.nbytes if self.levels is not None else 5 * len(self.numbers))

    def dense(self) -> Words:
        """Return the three sets as bits."""
        if self.levels is not None:
            return self.levels
        return spread(self.size, self.numbers, self.places)

    def count(self, words: Words) -> int:
        """Return how many of these documents match."""
        if self.levels is not None:
            return count_of(self.levels[0] & words)
        return int(np.count_nonzero(has(words, self.numbers)))

    def listed(self) -> tuple[Ints, Bytes]:
        """Return the matching documents and their places."""
        if self.levels is None:
            return self.numbers, self.places
        numbers = numbers_of(self.levels[0])
        places = sum((has(words, numbers).astype(np.uint8) for words in self.levels), np.zeros(len(numbers), np.uint8))
        return numbers, np.asarray(places)

    def within(self, words: Words) -> "Matches":
        """Return the matches among these documents."""
        if self.levels is not None:
            return of_levels(self.size, self.levels & words)
        kept = has(words, self.numbers)
        return Matches(self.size, None, self.numbers[kept], self.places[kept])


_NO_NUMBERS = np.zeros(0, np.int32)
_NO_PLACES = np.zeros(0, np.uint8)


def nothing(size: int) -> Matches:
    """Return no match."""
    return of_numbers(size, _NO_NUMBERS, _NO_PLACES)


def everything(size: int) -> Matches:
    """Return all documents as if they matched in a name: what narrows does not rank."""
    return flagged(np.ones(size, np.bool_))


def flagged(flags: Bools) -> Matches:
    """Return these documents as if they matched in a name."""
    words = words_of(flags)
    return of_levels(len(flags), np.broadcast_to(words, (LEVELS, len(words))))


def of_levels(size: int, levels: Words) -> Matches:
    """Return matches given as bits."""
    return Matches(size, levels, _NO_NUMBERS, _NO_PLACES)


def of_numbers(size: int, numbers: Ints, places: Bytes) -> Matches:
    """Return matches given as sorted numbers, in the form that suits their count."""
    if size <= _SMALL or len(numbers) * 64 > size:
        return of_levels(size, spread(size, numbers, places))
    return Matches(size, None, numbers, places)


def spread(size: int, numbers: Ints, places: Bytes) -> Words:
    """Return the three sets of documents given by number, some of them perhaps several times."""
    flags = np.zeros((LEVELS, size), np.bool_)
    flags[0, numbers] = True
    for level in (1, 2):
        flags[level, numbers[places > level]] = True
    return words_of(flags)


def both(one: Matches, other: Matches) -> Matches:
    """Return the documents of both, each with the weaker place."""
    if one.levels is not None and other.levels is not None:
        return of_levels(one.size, one.levels & other.levels)
    if one.levels is not None:
        one, other = other, one
    if other.levels is not None:
        # How many of the three sets hold the document is its place there.
        places = sum((has(other.levels[level], one.numbers).astype(np.uint8) for level in range(LEVELS)), np.uint8(0))
        kept = np.asarray(places) > 0
        return Matches(one.size, None, one.numbers[kept], np.minimum(one.places, places)[kept])
    if len(one.numbers) > len(other.numbers):
        one, other = other, one
    at = np.minimum(np.searchsorted(other.numbers, one.numbers), max(0, len(other.numbers) - 1))
    if not len(other.numbers):
        return nothing(one.size)
    kept = other.numbers[at] == one.numbers
    return Matches(one.size, None, one.numbers[kept], np.minimum(one.places, other.places[at])[kept])


def either(one: Matches, other: Matches) -> Matches:
    """Return the documents of one or the other, each with the better place."""
    if one.levels is None and other.levels is None:
        numbers = np.union1d(one.numbers, other.numbers)
        places = np.zeros(len(numbers), np.uint8)
        places[np.searchsorted(numbers, one.numbers)] = one.places
        at = np.searchsorted(numbers, other.numbers)
        places[at] = np.maximum(places[at], other.places)
        return of_numbers(one.size, numbers, places)
    return of_levels(one.size, one.dense() | other.dense())


def other_than(matches: Matches) -> Matches:
    """Return the documents that do not match."""
    absent = ~matches.dense()[0]
    # Bits beyond the last document are no documents.
    beyond = len(absent) * 64 - matches.size
    if beyond:
        absent[-1] &= np.uint64((1 << (64 - beyond)) - 1)
    return of_levels(matches.size, np.broadcast_to(absent, (LEVELS, len(absent))))
