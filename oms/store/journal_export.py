"""The journal as lines for another program: an entry's columns as hashed, with its leaf hash."""

from __future__ import annotations

import json

from oms.domain.journal import PRUNED, Entry


def as_json_line(entry: Entry, leaf: bytes) -> str:
    """An entry as one JSON line; of a pruned one number and leaf hash, which is all there is."""
    values = vars(entry)
    if entry.v == PRUNED:
        values = {"v": PRUNED, "seq": entry.seq}
    return json.dumps(values | {"leaf": leaf.hex()}, ensure_ascii=False, sort_keys=True)
