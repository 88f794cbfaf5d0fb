"""What may have been meant: other words for those nobody wrote, the nearest first. Who sees them is not asked here."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

MOST_WRONG = 2
MOST_FOR_A_WORD = 8
MOST = 128

Options = Mapping[str, int]
"""Words to stand for one of the question, with the number of letters changed."""


def reach(word: str) -> int:
    """Return how many letters of a word may be wrong."""
    return 0 if len(word) < 2 else 1 if len(word) < 6 else 2


def proposals(words: Sequence[str], options: Sequence[Options]) -> Iterator[tuple[str, ...]]:
    """Yield the question with one or two words changed, those with the fewest letters changed first, at most 128.

    `options` holds for each word what it may be; a word with none stays. A question with more than two words that
    nobody wrote cannot be put right by this.
    """
    near = [sorted(own.items(), key=lambda item: item[1])[:MOST_FOR_A_WORD] for own in options]
    found: list[tuple[int, int, tuple[str, ...]]] = []
    for count in range(1, MOST_WRONG + 1):
        for places in combinations(range(len(words)), count):
            for chosen in product(*(near[place] for place in places)):
                changed = list(words)
                for place, (term, _) in zip(places, chosen, strict=True):
                    changed[place] = term
                cost = sum(distance for _, distance in chosen)
                found.append((cost, len(found), tuple(changed)))
    yield from (changed for _, _, changed in sorted(found)[:MOST])
