"""Figures that a machine read as letters: O for 0, l for 1. Put right only where a figure must stand."""

import re

_FIGURES = str.maketrans({
    "O": "0", "o": "0", "Q": "0", "D": "0", "Ó": "0", "ó": "0", "l": "1", "I": "1", "i": "1", "|": "1", "!": "1",
    "í": "1", "ì": "1",
    "Z": "2", "z": "2", "S": "5", "s": "5", "$": "5", "G": "6", "b": "6", "B": "8", "g": "9", "q": "9",
})  # fmt: skip
_MIXED = re.compile(r"[\w|!$]+(?:[./,\-][\w|!$]+)*")


def figures(text: str) -> str:
    """Return the text with the letters inside numbers turned into the figures they look like.

    Only where most letters of a run are figures already ("20/01/19G4", "0l.002"), or the run is all such letters beside
    a date's slashes; words stay as they are. The length never changes.
    """
    return _MIXED.sub(lambda match: _repaired(match.group()), text)


def _repaired(run: str) -> str:
    repaired = run.translate(_FIGURES)
    real = sum(character.isdigit() for character in run)
    letters = sum(character.isalpha() or character in "|!$" for character in run)
    if not letters or real < max(2, 2 * letters) or any(character.isalpha() for character in repaired):
        return run
    return repaired
