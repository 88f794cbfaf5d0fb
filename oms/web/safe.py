"""Text made safe for a page, many pieces at once."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import escape

_BETWEEN = "\0"


def escaped(texts: Sequence[str]) -> list[str]:
    """Each of these texts escaped, in one go: one by one the hundreds of a page cost ten times as much.

    Escaping goes letter by letter and leaves what stands between two texts alone; a text that holds it too is told by
    the number of pieces.
    """
    pieces = str(escape(_BETWEEN.join(texts))).split(_BETWEEN)
    return pieces if len(pieces) == len(texts) else [str(escape(text)) for text in texts]
