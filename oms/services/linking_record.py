"""What a record says that tells persons apart, from the cadre's row and the facts in force at its dossier's level."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from oms.store.linking import Known
from oms.store.record_tables import FactRow
from vietnamese.names import fold_name

_SINGLE = {
    "full_name": "full_name",
    "other_names": "other_name",
    "sex": "sex",
    "birth_date": "birth_date",
    "birth_place": "birth_place",
    "home_place": "home_place",
    "citizen_id": "citizen_id",
    "old_id": "old_id",
    "staff_code": "staff_code",
    "party_card_no": "party_card",
    "party_joined_on": "party_joined",
    "permanent_residence": "residence_place",
    "current_residence": "residence_place",
    "unit": "work_unit",
}
"""Item of the record → what it is called where records are compared."""
_FAMILY = {
    "father_name": ("bo", "bo de", "cha", "cha de", "than sinh", "bo ruot", "cha ruot"),
    "mother_name": ("me", "me de", "ma", "than mau", "me ruot"),
    "spouse_name": ("vo", "chong", "vo chong"),
}
"""Relations as forms write them, folded; those of the spouse's side are another person's parents."""
SAID = (*dict.fromkeys(_SINGLE.values()), *_FAMILY)
SOURCE_ITEM = {name: item for item, name in reversed(_SINGLE.items())} | dict.fromkeys(_FAMILY, "family")
"""The item of the record whose paper shows what is compared."""


def _values(row: FactRow) -> dict[str, str]:
    found: dict[str, str] = json.loads(row.body)
    return found


def said(known: Known) -> dict[str, str]:
    """The record's words, each under the name it is compared by; what it does not say is left out."""
    return {name: words for name, (words, _fact) in said_with_facts(known).items()}


def said_with_facts(known: Known) -> dict[str, tuple[str, FactRow | None]]:
    """As :func:`said`, with the fact that says it; None where only the cadre's own row does."""
    cadre = known.cadre
    own = {
        "full_name": cadre.full_name,
        "other_name": cadre.other_names,
        "sex": cadre.sex,
        "birth_date": cadre.birth_date,
        "home_place": cadre.home_place,
        "citizen_id": cadre.citizen_id,
        "old_id": cadre.old_id,
    }
    found: dict[str, tuple[str, FactRow | None]] = {name: (words, None) for name, words in own.items() if words}
    for row in known.facts:
        values = _values(row)
        if row.item == "family":
            name = relative(values)
            if name and name not in found:
                found[name] = (values["full_name"], row)
        elif values.get("value"):
            found[_SINGLE[row.item]] = (values["value"], row)
    return found


def relative(values: Mapping[str, str]) -> str:
    """Whom a row of the family is: father_name, mother_name, spouse_name, or "" for the others and the nameless."""
    if not values.get("full_name", "").strip() or fold_name(values.get("side", "")) in ("vo", "chong", "ben vo"):
        return ""
    relation = fold_name(values.get("relation", ""))
    return next((name for name, words in _FAMILY.items() if relation in words), "")


def digest_of(words: Mapping[str, str]) -> str:
    """Changes when the record says something else of what tells persons apart, and with nothing else."""
    text = json.dumps(dict(words), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
