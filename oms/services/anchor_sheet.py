"""The A5 sheet of a checkpoint for a bound register: three lines, a QR code of them, places for two signatures."""

from __future__ import annotations

from datetime import datetime

import segno
from jinja2 import Environment, FileSystemLoader

from oms.domain.checkpoints import Checkpoint
from oms.domain.records import HANOI
from oms.services import outgoing
from oms.settings import CHECKOUT

STYLE = CHECKOUT / "oms" / "static" / "css" / "anchor_sheet.css"
_pages = Environment(loader=FileSystemLoader(CHECKOUT / "templates" / "anchors"), autoescape=True)


def pdf(number: int, head: Checkpoint, printed: datetime) -> bytes:
    """The sheet as PDF. It carries a number, a size and a hash: nothing of any record."""
    code = segno.make(head.body, error="q", micro=False).svg_data_uri(border=2, scale=4)
    page = _pages.get_template("sheet.html").render(
        number=number, lines=head.body.splitlines(), size=head.size, code=code, printed=printed.astimezone(HANOI)
    )
    return outgoing.pdf(page, [STYLE])
