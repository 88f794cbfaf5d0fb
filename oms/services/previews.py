"""Previews: the lines of a page on which a search hit stands, as a picture with the hits marked. A row each, before it.

Whoever may find a paper by searching may see these lines, which its result says in words anyway; the page as a whole
is opened through its dossier, for a purpose.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

from PIL import Image, ImageDraw

from oms.domain.access import Action, Principal, Target, permits
from oms.domain.journal import Verb
from oms.domain.records import serial_label
from oms.errors import Refused
from oms.services import finding
from oms.services.desk import page_words
from oms.services.finding import Box
from oms.services.house import Served, What, note
from oms.store import found as store
from oms.store.db import UnitOfWork
from oms.store.tables import Page

WIDTH, HEIGHT = 720, 192
"""The picture, in pixels; shown at half of it, so that it is sharp on any screen."""
LINES_WIDE = 26
"""A picture is at least so many times as wide as its line is high: then letters come out at a size one can read."""
MARK = (26, 90, 158)
OUTSIDE = 8
"""Pixels around the picture within which frames still are drawn: more than a frame is thick."""
QUALITY = 72


def preview(uow: UnitOfWork, principal: Principal, page_id: str, words: Sequence[str], now: datetime) -> bytes:
    """The lines on which some words of a page stand, as a JPEG, after its row; without them the head of the page.

    Refused when the page is missing, or its paper would not be found by this person's search now.
    """
    if not permits(principal, Action.SEARCH):
        reason = f"role {principal.role} lacks {Action.SEARCH}"
        raise Refused(Verb.SEARCH_PREVIEW, kind="page", object_id=page_id, reason=reason)
    page = uow.session.get(Page, page_id)
    if page is None or page.document_id is None or not page.image_sha:
        raise Refused(Verb.SEARCH_PREVIEW, kind="page", object_id=page_id, reason="missing")
    view = finding.searched(uow, principal, now)
    paper = store.papers_of(uow.session, view, [page.document_id]).get(page.document_id)
    if paper is None:
        raise Refused(Verb.SEARCH_PREVIEW, kind="page", object_id=page_id, reason="missing or not visible")
    document, row = paper
    boxes = finding.standing(page_words(uow, [page]).get(page_id, ()), words) if words else ()
    image = drawn(uow.vault.read(page.image_sha), boxes, page.width or 0)
    target = Target(row.unit.path, document.secrecy, document.compartment, row.dossier.id, document.id)
    serial = serial_label(document.serial, document.secrecy, document.compartment)
    what = What("page", page_id, f"{row.dossier.number}/{serial}/{page.position}")
    served = Served(1, len(image))
    note(
        uow, principal, Verb.SEARCH_PREVIEW, now, target=target, what=what, detail={"boxes": len(boxes)}, served=served
    )
    return image


def drawn(picture: bytes, boxes: Sequence[Box], width: int) -> bytes:
    """A piece of a page at a size that can be read, with a frame around each box; ``width`` is what boxes count in."""
    with Image.open(io.BytesIO(picture)) as opened:
        full = opened.size
        scale = full[0] / width if width else 1.0
        placed = [_scaled(box, scale) for box in boxes]
        x0, y0, x1, y1 = piece(placed, full)
        shrunk = WIDTH / (x1 - x0)
        opened.draft("RGB", (int(full[0] * shrunk), int(full[1] * shrunk)))  # decodes no finer than it is shown
        ratio = opened.size[0] / full[0]
        cut = opened.convert("RGB").crop(_scaled((x0, y0, x1, y1), ratio))
    lines = cut.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(lines)
    for left, top, right, bottom in placed:
        across = [_near((left - x0) * shrunk - 3, WIDTH), _near((right - x0) * shrunk + 3, WIDTH)]
        down = [_near((top - y0) * shrunk - 3, HEIGHT), _near((bottom - y0) * shrunk + 3, HEIGHT)]
        pen.rectangle((across[0], down[0], across[1], down[1]), outline=MARK, width=3)
    out = io.BytesIO()
    lines.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _near(at: float, edge: int) -> float:
    """A place at most a few pixels outside the picture: the pen walks every point of a line, also where none shows."""
    return min(max(at, -OUTSIDE), edge + OUTSIDE)


def _scaled(box: Box, scale: float) -> Box:
    """A box in other units, its corners in order: some programs write them down the other way round."""
    (x0, x1), (y0, y1) = sorted(box[::2]), sorted(box[1::2])
    return int(x0 * scale), int(y0 * scale), int(x1 * scale), int(y1 * scale)


def piece(boxes: Sequence[Box], size: tuple[int, int]) -> Box:
    """The part of a page that is shown: around the first line that holds a box, of the picture's shape."""
    width, height = size
    if not boxes:
        return 0, 0, width, max(1, min(height, width * HEIGHT // WIDTH))
    _left, top, _right, bottom = boxes[0]
    tall = max(1, bottom - top)
    line = [box for box in boxes if abs((box[1] + box[3]) - (top + bottom)) <= 2 * tall]
    left, right = min(box[0] for box in line), max(box[2] for box in line)
    wide = min(width, max(right - left + 4 * tall, LINES_WIDE * tall))
    high = max(1, min(height, wide * HEIGHT // WIDTH))
    x0 = min(max((left + right - wide) // 2, 0), width - wide)
    y0 = min(max((top + bottom - high) // 2, 0), height - high)
    return x0, y0, x0 + wide, y0 + high
