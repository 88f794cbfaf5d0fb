"""The journal as lines for another program: its signed heads, then each entry's columns as hashed and its leaf hash."""

from __future__ import annotations

import json

from oms.domain.journal import PRUNED, Entry


def head_as_json_line(note: str) -> str:
    """A signed head as one JSON line: whoever has the export alone can hold its entries against what was signed."""
    return json.dumps({"checkpoint": note}, ensure_ascii=False)


def as_json_line(entry: Entry, leaf: bytes) -> str:
    """An entry as one JSON line; of a pruned one number and leaf hash, which is all there is."""
    values = vars(entry)
    if entry.v == PRUNED:
        values = {"v": PRUNED, "seq": entry.seq}
    return json.dumps(values | {"leaf": leaf.hex()}, ensure_ascii=False, sort_keys=True)
