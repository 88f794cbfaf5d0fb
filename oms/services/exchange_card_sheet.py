"""Our public card on an A5 sheet: a code to be scanned at the partner's, the groups to be read out by telephone."""

from __future__ import annotations

import json
from datetime import datetime

import segno
from jinja2 import Environment, FileSystemLoader

from oms.domain.packages import parsed
from oms.domain.records import HANOI
from oms.services import outgoing
from oms.services.exchange_keys import fingerprint_of, read_card
from oms.settings import CHECKOUT, ZONES

STYLE = CHECKOUT / "oms" / "static" / "css" / "card_sheet.css"
_pages = Environment(loader=FileSystemLoader(CHECKOUT / "templates" / "exchange"), autoescape=True)


def pdf(data: bytes, printed: datetime) -> bytes:
    """The sheet as PDF. The code holds the whole card in ASCII, so that a scanner that types can read it out."""
    card = read_card(data)
    text = json.dumps(parsed(data), ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    code = segno.make(text, error="l", micro=False).svg_data_uri(border=4, scale=3)
    page = _pages.get_template("card_sheet.html").render(
        card=card,
        zone=ZONES[card.zone],
        keys=fingerprint_of(card.verify_key, card.recipient, card.fingerprint).split(),
        code=code,
        printed=printed.astimezone(HANOI),
    )
    return outgoing.pdf(page, [STYLE])
