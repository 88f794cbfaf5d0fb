"""Units by name in a question: ``đơn_vị:sở_nội_vụ`` and ``đơn_vị:"Sở Nội vụ"`` ask for the unit's path.

Names are looked up among the units that the asker's search covers: another unit's name is as unknown as no unit's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from oms.store.units import Named
from search_index import QueryError
from search_index.analysis import forms
from search_index.language import pieces
from search_index.narrowing import NARROWING, UnitUnder, narrow
from vietnamese.text import syllables

MOST_SAID = 4
"""Units that are named when several bear the name."""
_PATH = re.compile(r"[0-9/]+")


@dataclass(frozen=True)
class Read:
    """A question with the paths of the units it names, and how each was typed."""

    text: str
    typed: dict[str, str] = field(default_factory=dict)

    def as_typed(self, text: str) -> str:
        """Another question made from this one, with the names again."""
        for said, typed in self.typed.items():
            text = text.replace(said, typed)
        return text


def read(text: str, known: Callable[[], Sequence[Named]]) -> Read:
    """The question in the index's language. QueryError: no unit is called so, or several are."""
    parts, typed, end = [], {}, 0
    found = list(pieces(text))
    for piece, after in zip_longest(found, found[1:]):
        asked = NARROWING.fullmatch(piece["plain"]) if piece["plain"] else None
        if asked is None or not _asks_for_unit(asked[1]):
            continue
        name, stop = asked[2], piece.end()
        if not name and after is not None and after.start() == stop and not after["minus"]:
            name, stop = after["phrase"] or "", after.end()
        if not name or _PATH.fullmatch(name):
            continue
        start = piece.start("plain")
        said = f"{asked[1]}:{_of_name(name, known()).path}"
        typed[said] = text[start:stop]
        parts += [text[end:start], said]
        end = stop
    return Read("".join([*parts, text[end:]]), typed)


def _asks_for_unit(name: str) -> bool:
    try:
        return isinstance(narrow(name, "1"), UnitUnder)
    except ValueError:
        return False


def _of_name(name: str, known: Sequence[Named]) -> Named:
    """The one unit with this code or name; else the one whose name holds these words side by side."""
    for unit in known:
        if unit.code.casefold() == name.casefold():
            return unit
    folded, written = _words(name, 0), _words(name, 1)
    called = [unit for unit in known if _words(unit.name, 0) == folded]
    called = [unit for unit in called if _words(unit.name, 1) == written] or called
    if not called and folded.strip():
        called = [unit for unit in known if folded in _words(unit.name, 0)]
    if len(called) == 1:
        return called[0]
    place = "hãy gõ mã đơn vị hoặc chọn ở ô «Đơn vị và cấp dưới» trong phần Lọc thêm."
    if not called:
        raise QueryError(
            "no unit of this name", f"Trong phạm vi của anh/chị không có đơn vị nào tên là «{name[:60]}»; {place}"
        )
    said = ", ".join(f"{unit.name} (mã {unit.code})" for unit in called[:MOST_SAID])
    more = ", …" if len(called) > MOST_SAID else ""
    raise QueryError(
        "several units of this name", f"Có {len(called)} đơn vị tên như «{name[:60]}»: {said}{more}; {place}"
    )


def _words(name: str, form: int) -> str:
    """A name as its words between blanks, folded (0) or with their marks (1)."""
    return f" {' '.join(forms(word)[form] for word in syllables(name))} "
