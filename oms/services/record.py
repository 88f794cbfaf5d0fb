"""The record of a dossier: the one way facts come into it, and the one way they are read.

Whatever brings a fact – a value taken from a paper, an approved change, an import – goes through :func:`keep`: it
finds the codes, keeps the level of the source, makes the head and the due dates anew, and forgets nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oms.domain.access import Action, Principal, may_read_field, visibility
from oms.domain.dated_rows import Catalogue, folded
from oms.domain.entitlements import DueDate
from oms.domain.keeping import DossierState
from oms.domain.record_facts import Kept, NewFact, coded_value, columns_of, head_of, newest_of
from oms.domain.record_items import ITEMS, Item
from oms.domain.records import HANOI, first_day
from oms.errors import InvalidInput
from oms.services import catalogues, dues
from oms.store import catalogues as lists
from oms.store import dues as due_rows
from oms.store import facts as store
from oms.store.db import UnitOfWork
from oms.store.record_tables import FactRow, RecordHead
from oms.store.tables import Cadre, Dossier, new_id
from vietnamese import places
from vietnamese.names import fold_name

NOTHING = frozenset(("", "khong", "khong co", "chua", "chua co", "chua qua"))
"""What an office writes where there is nothing to write: no word that a list lacks."""

# kept beside the dossier as well, because lists and proposals of persons look there
_CADRE = {
    "full_name": 200, "other_names": 300, "sex": 10, "birth_date": 10, "citizen_id": 12, "old_id": 9,
    "position": 300, "home_place": 300,
}  # fmt: skip

GONE = "Hồ sơ này đã tiêu huỷ: lý lịch không còn, không ghi thêm được."


@dataclass(frozen=True)
class Keeping:
    """Who keeps facts, on whose second word, by which change."""

    by: str
    at: datetime
    confirmed_by: str | None = None
    change_id: str | None = None


def _place(fact: NewFact, birth: str) -> str:
    """The code of the place that the words name on the fact's own day; "" when they name none, or may mean several."""
    if not ITEMS[fact.item].place:
        return ""
    day = fact.starts or (birth if fact.item == "birth_place" else "")
    named = places.find(fact.values.get("value", ""), first_day(day))
    return named.code if named else ""


def _birth(dossier: Dossier, facts: Sequence[NewFact], uow: UnitOfWork) -> str:
    """The birth date among the new facts, else the one the record has."""
    said = [fact.values.get("value", "") for fact in facts if fact.item == "birth_date"]
    if said or not any(fact.item == "birth_place" for fact in facts):
        return said[0] if said else ""
    return uow.session.get_one(Cadre, dossier.cadre_id).birth_date


def _row(
    dossier: Dossier, fact: NewFact, keeping: Keeping, catalogue: Catalogue, birth: str, place: int
) -> dict[str, Any]:
    """``place`` is the fact's among those kept with it: rows of a table go on standing as their paper has them."""
    source, at = fact.source, keeping.at + timedelta(microseconds=place)
    return {
        "id": new_id(),
        "dossier_id": dossier.id,
        "item": fact.item,
        "body": json.dumps(dict(fact.values), ensure_ascii=False, sort_keys=True),
        "raw": json.dumps(dict(fact.raw), ensure_ascii=False, sort_keys=True),
        "place": _place(fact, birth),
        "secrecy": max(fact.secrecy, dossier.secrecy),
        "compartment": fact.compartment or dossier.compartment,
        "source": source.kind,
        "document_id": source.document_id,
        "page_id": source.page_id,
        "box": source.box,
        "source_words": source.words[:300],
        "entered_by": fact.entered_by or keeping.by,
        "entered_at": at,
        "confirmed_by": keeping.confirmed_by,
        "confirmed_at": at if keeping.confirmed_by else None,
        "change_id": keeping.change_id,
        **columns_of(fact, catalogue),
    }


def _other(row: Mapping[str, Any], fact: NewFact, at: datetime) -> dict[str, Any] | None:
    """The line for the queue when a closed list does not hold what the fact says."""
    list_code, words = coded_value(fact.item, fact.values)
    if not list_code or row["code"] or folded(words) in NOTHING:
        return None
    said = {"list_code": list_code, "text": words, "folded": folded(words), "fact_id": row["id"]}
    return {**said, "state": "waiting", "code": "", "noted_at": at}


def keep(
    uow: UnitOfWork, batch: Sequence[tuple[Dossier, Sequence[NewFact]]], keeping: Keeping
) -> list[tuple[str, ...]]:
    """Keeps facts in some dossiers' records; returns the new facts' ids, per dossier in the order given.

    No rule is asked and no row of the journal written here: the use case that calls has done both. LookupError for
    an item the record does not have; InvalidInput for a dossier whose content was destroyed.
    """
    if any(dossier.state == DossierState.DISPOSED for dossier, _new in batch):
        raise InvalidInput("dossier", GONE)
    catalogue = catalogues.load(uow)
    rows: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    kept: list[tuple[str, ...]] = []
    for dossier, new in batch:
        birth = _birth(dossier, new, uow)
        made = [_row(dossier, fact, keeping, catalogue, birth, place) for place, fact in enumerate(new)]
        others += [line for row, fact in zip(made, new, strict=True) if (line := _other(row, fact, keeping.at))]
        kept.append(tuple(row["id"] for row in made))
        rows += made
    store.add(uow.session, rows)
    lists.queue_others(uow.session, others)
    renew(uow, [dossier for dossier, _new in batch], keeping.at)
    return kept


@dataclass(frozen=True)
class NewRecords:
    """Records of dossiers that are not there yet, made ready so that a transaction has but to write them."""

    facts: Sequence[Mapping[str, Any]]
    others: Sequence[Mapping[str, Any]]
    heads: Mapping[str, Mapping[str, Any]]
    dues: Mapping[str, Sequence[DueDate]]


def prepare_new(
    catalogue: Catalogue, batch: Sequence[tuple[Dossier, Sequence[NewFact]]], keeping: Keeping
) -> NewRecords:
    """What :func:`keep` would keep in dossiers that have nothing yet; asks no database.

    A full name is among each one's facts; whoever adds the cadre writes beside it what the facts say.
    """
    rows: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    heads: dict[str, dict[str, Any]] = {}
    coming: dict[str, Sequence[DueDate]] = {}
    today = keeping.at.astimezone(HANOI).date()
    for dossier, new in batch:
        birth = next((fact.values.get("value", "") for fact in new if fact.item == "birth_date"), "")
        made = [_row(dossier, fact, keeping, catalogue, birth, place) for place, fact in enumerate(new)]
        others += [line for row, fact in zip(made, new, strict=True) if (line := _other(row, fact, keeping.at))]
        own = [(row, fact) for row, fact in zip(made, new, strict=True) if _counts(row, dossier)]
        facts = [Kept(row["item"], fact.values, row["code"], row["starts"], row["ends"]) for row, fact in own]
        heads[dossier.id] = head_of(facts, catalogue) | _standing(dossier, facts)
        posts = [FactRow(**row) for row, _fact in own if row["item"] == "posts"]
        coming[dossier.id] = dues.of_new(RecordHead(**heads[dossier.id]), posts, catalogue, today)
        rows += made
    return NewRecords(rows, others, heads, coming)


def _counts(row: Mapping[str, Any], dossier: Dossier) -> bool:
    """Whether a fact is at its dossier's own level and compartment, as ``store.kept_for_heads`` asks."""
    return row["secrecy"] <= dossier.secrecy and row["compartment"] in ("", dossier.compartment)


def write_new(uow: UnitOfWork, ready: NewRecords, now: datetime) -> None:
    """Writes what was made ready, beside dossiers added in this transaction."""
    store.add(uow.session, ready.facts)
    lists.queue_others(uow.session, ready.others)
    store.add_heads(uow.session, ready.heads, now)
    due_rows.add(uow.session, ready.dues, now)


def end(uow: UnitOfWork, dossier: Dossier, fact: FactRow, keeping: Keeping, successor: str | None = None) -> None:
    """Ends a fact for the one that takes its place, or for none; the head is made anew."""
    store.end(uow.session, fact, keeping.by, keeping.at, keeping.change_id, successor)
    forget_beside(uow, [fact])
    renew(uow, [dossier], keeping.at)


def forget_beside(uow: UnitOfWork, facts: Sequence[FactRow]) -> None:
    """What no longer counts may not go on standing beside the dossier; :func:`renew` writes what is said instead."""
    for fact in facts:
        if fact.item in _CADRE and fact.item != "full_name":
            dossier = uow.session.get_one(Dossier, fact.dossier_id)
            setattr(uow.session.get_one(Cadre, dossier.cadre_id), fact.item, "")


def renew(uow: UnitOfWork, dossiers: Sequence[Dossier], now: datetime) -> None:
    """Makes the heads of some records anew from their facts in force, and whatever hangs on them."""
    catalogue = catalogues.load(uow)
    found = store.kept_for_heads(uow.session, dossiers)
    heads = {each.id: head_of(found[each.id], catalogue) | _standing(each, found[each.id], uow) for each in dossiers}
    store.put_heads(uow.session, heads, now)
    cadres = store.cadres_of(uow.session, dossiers)
    for dossier in dossiers:
        counts = newest_of(found[dossier.id])
        newest = {item: fact.values["value"] for item, fact in counts.items() if item in _CADRE}
        if newest:
            _tell_cadre(cadres[dossier.cadre_id], newest)
    dues.renew(uow, catalogue, dossiers, now)


def _standing(dossier: Dossier, facts: Sequence[Kept], uow: UnitOfWork | None = None) -> dict[str, Any]:
    """What the head repeats of its dossier, and the name it is sorted by; ``uow`` for records that may say no name."""
    names = [fact.values["value"] for fact in facts if fact.item == "full_name"]
    if not names and uow is not None:
        names = [uow.session.get_one(Cadre, dossier.cadre_id).full_name]
    name = names[-1]
    wanted = ("unit_id", "block", "secrecy", "compartment", "state")
    return {key: getattr(dossier, key) for key in wanted} | {"sort_name": fold_name(name)[:200]}


def _tell_cadre(cadre: Cadre, newest: Mapping[str, str]) -> None:
    for name, value in newest.items():
        if getattr(cadre, name) != value[: _CADRE[name]]:
            setattr(cadre, name, value[: _CADRE[name]])
    cadre.folded_name = fold_name(cadre.full_name)


@dataclass(frozen=True)
class RecordFact:
    """A fact as it may be shown. When ``masked`` the words are gone from ``values`` and ``text`` too."""

    row: FactRow
    item: Item
    values: Mapping[str, str]
    text: str
    masked: bool


def shown_to(principal: Principal, rows: Sequence[FactRow]) -> list[RecordFact]:
    """The facts with what this person may not read masked: they know that there is one, not what it says."""
    found = []
    for row in rows:
        item = ITEMS[row.item]
        masked = not may_read_field(principal, item.sensitive)
        values = {} if masked else json.loads(row.body)
        found.append(RecordFact(row, item, values, "" if masked else row.text, masked))
    return found


def facts_of(uow: UnitOfWork, principal: Principal, dossier_id: str) -> list[RecordFact]:
    """The visible facts of a record in force, masked as this person must have them; the caller has journalled."""
    view = visibility(principal, Action.DOSSIER_READ)
    return shown_to(principal, store.in_force(uow.session, view, dossier_id))
