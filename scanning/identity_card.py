"""The code on a citizen's card as facts: what the State printed there is right, whatever the scan looks like."""

from __future__ import annotations

from dataclasses import dataclass

from vietnamese.dates import PartialDate
from vietnamese.ids import is_citizen_id, is_old_id
from vietnamese.names import title_name
from vietnamese.text import nfc

_LONGEST = 1000
_SEXES = {"nam": "Nam", "nữ": "Nữ", "nu": "Nữ"}


@dataclass(frozen=True)
class IdentityCard:
    """What the code of a citizen's card says; dates YYYY-MM-DD, ``old_id`` and ``issued_on`` empty if not given."""

    citizen_id: str
    old_id: str
    full_name: str
    birth_date: str
    sex: str
    residence: str
    issued_on: str

    def facts(self) -> dict[str, str]:
        """Return the facts given, by contract field key."""
        facts = {
            "citizen_id": self.citizen_id,
            "old_id": self.old_id,
            "full_name": self.full_name,
            "birth_date": self.birth_date,
            "sex": self.sex,
            "permanent_residence": self.residence,
            "id_issued_on": self.issued_on,
        }
        return {key: value for key, value in facts.items() if value}


def parse_card(text: str) -> IdentityCard | None:
    """Return the facts in the text of a card's QR code, or None if it is none or says what cannot be.

    Parts between bars: number | old number | name | birth ddMMyyyy | sex | address | issued ddMMyyyy, on newer cards
    followed by more, which is not kept (layout: Ministry of Public Security, cards with chip since 2021).
    """
    parts = [" ".join(nfc(part).split()) for part in text[:_LONGEST].strip().split("|")]
    if len(parts) < 7:
        return None
    number, old, name, born, sex, address, issued = parts[:7]
    birth = _date(born)
    known_sex = _SEXES.get(sex.casefold())
    if not is_citizen_id(number) or birth is None or known_sex is None or not name or any(c.isdigit() for c in name):
        return None
    old_id = old if is_old_id(old) else ""
    return IdentityCard(number, old_id, title_name(name), birth, known_sex, address, _date(issued) or "")


def _date(text: str) -> str | None:
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    try:
        return PartialDate(int(text[4:]), int(text[2:4]), int(text[:2])).iso()
    except ValueError:
        return None
