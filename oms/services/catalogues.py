"""The catalogues: dated rows of code lists, rules and forms, with the defaults the project ships."""

from __future__ import annotations

import csv
import json
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from oms.domain import dated_rows
from oms.domain.dated_rows import Catalogue
from oms.store import catalogues as store
from oms.store.db import UnitOfWork

DEFAULTS = Path(dated_rows.__file__).with_name("defaults")
COLUMNS = (
    "list_code", "code", "label", "aliases", "position", "extra", "valid_from", "valid_to", "legal_basis", "mark",
)  # fmt: skip

SHIPPED = datetime(2026, 11, 1, tzinfo=UTC)
"""When the shipped rows are said to have been entered: a set-up has no clock of its own."""

_lock = threading.Lock()
_kept: dict[str, tuple[tuple[int, int], Catalogue]] = {}


def load(uow: UnitOfWork) -> Catalogue:
    """The catalogue as it stands; read anew only when a row has been added or ended since.

    Nobody else writes it while a transaction runs: whether it is still the one that was read is asked once in each.
    """
    known: Catalogue | None = uow.session.info.get(store.KEPT)
    if known is None:
        known = uow.session.info[store.KEPT] = _newest(uow)
    return known


def _newest(uow: UnitOfWork) -> Catalogue:
    where, mark = str(uow.vault.root), store.signature(uow.session)
    with _lock:
        held = _kept.get(where)
    if held is not None and held[0] == mark:
        return held[1]
    made = Catalogue(store.live_rows(uow.session))
    with _lock:
        _kept[where] = (mark, made)
    return made


def _columns(line: dict[str, str]) -> dict[str, Any]:
    since, until = (date.fromisoformat(line[name]) if line[name] else None for name in ("valid_from", "valid_to"))
    return {
        "list_code": line["list_code"],
        "code": line["code"],
        "label": line["label"],
        "aliases": json.dumps([part for part in line["aliases"].split(";") if part], ensure_ascii=False),
        "position": int(line["position"] or 0),
        "extra": line["extra"] or "{}",
        "valid_from": since,
        "valid_to": until,
        "legal_basis": line["legal_basis"],
        "mark": line["mark"],
        "created_at": SHIPPED,
    }


def ensure_defaults(uow: UnitOfWork) -> int:
    """Adds the shipped rows that were never there; one that was changed or taken out stays so. How many are new."""
    known, new = store.ever(uow.session), []
    for path in sorted(DEFAULTS.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if (line["list_code"], line["code"], line["valid_from"]) not in known:
                    new.append(_columns(line))
    store.add_rows(uow.session, new)
    return len(new)
