"""Reading under a consultation: named papers page by page, each page marked with its reader, nothing to take away.

The rule is asked anew at each look, so that an end, a revocation or a raised level counts with the next request.
The picture is marked as it is sent; what the vault keeps is never altered.
"""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from PIL import Image, ImageDraw, ImageFont

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.catalogue import PURPOSES
from oms.domain.consultations import Phase
from oms.domain.journal import Verb
from oms.domain.records import HANOI, day_in_hanoi
from oms.errors import Refused
from oms.services import consultations, usage_register
from oms.services.consultations import Own
from oms.services.custody import label_of
from oms.services.house import NOTHING_SERVED, Served, UnitOfWork, What, Why, note, require_role
from oms.services.zones import require_zone
from oms.store import consultations as store
from oms.store import papers, people, units
from oms.store.consultation_tables import Consultation
from oms.store.tables import Document, Page, Unit

READING = Verb.CONSULTATION_READ
QUALITY = 82
TILES = 5
"""Lines of the mark down a page."""


@dataclass(frozen=True)
class Reading:
    """A running consultation as its reader sees it: what was given and can be read now."""

    own: Own
    papers: tuple[Document, ...]
    days_left: int
    dossier_number: str
    cadre: str


@dataclass(frozen=True)
class PaperReading:
    """One paper of it with its pages, and its neighbours."""

    reading: Reading
    document: Document
    pages: tuple[Page, ...]
    previous_id: str
    next_id: str


def _no(kind: str, object_id: str, reason: str) -> Refused:
    return Refused(Verb.CONSULTATION_READ, kind=kind, object_id=object_id, reason=reason)


def _running(
    uow: UnitOfWork, principal: Principal, consultation_id: str, now: datetime
) -> tuple[Own, list[tuple[Document, Unit]]]:
    """The person's own consultation, running today, and its papers under the rule."""
    require_role(principal, Action.CONSULT_READ, Verb.CONSULTATION_READ)
    own = consultations.own(uow, principal, consultation_id, Verb.CONSULTATION_READ, now)
    if own.phase is not Phase.RUNNING:
        raise _no("consultation", consultation_id, "not running")
    return own, store.lent_documents(uow.session, visibility(principal, Action.CONSULT_READ), own.asked)


def _reading(uow: UnitOfWork, own: Own, lent: list[tuple[Document, Unit]], now: datetime) -> Reading:
    last = own.asked.given_last
    left = (last - day_in_hanoi(now)).days + 1 if last else 0
    number, name = _about(uow, own.asked) if lent else ("", own.asked.person)
    return Reading(own, tuple(document for document, _unit in lent), left, number, name)


def _about(uow: UnitOfWork, asked: Consultation) -> tuple[str, str]:
    """Number of the dossier and name of its cadre, which the approval has told the reader."""
    found = store.lent_heading(uow.session, asked)
    return found if found else ("", asked.person)


def _note(
    uow: UnitOfWork,
    principal: Principal,
    own: Own,
    what: What,
    target: Target,
    now: datetime,
    *,
    served: Served = NOTHING_SERVED,
    papers: int = 0,
) -> None:
    """The row of a look: it repeats purpose and words of the request, so that it stands alone."""
    why = Why(own.asked.reason, own.asked.purpose)
    told: dict[str, object] = {"consultation": own.asked.id, "dossier": own.asked.dossier_id or ""}
    told |= {"papers": papers} if papers else {}
    rule = f"consult:{own.asked.id}"
    note(
        uow, principal, Verb.CONSULTATION_READ, now,
        what=what, why=why, target=target, detail=told, served=served, rule=rule,
    )  # fmt: skip


def _target(document: Document, unit: Unit) -> Target:
    return Target(unit.path, document.secrecy, document.compartment, document.dossier_id or "", document.id)


def open_consultation(uow: UnitOfWork, principal: Principal, consultation_id: str, now: datetime) -> Reading:
    """The papers given, for the reader; the first look is the hand-over that begins the register's line."""
    own, lent = _running(uow, principal, consultation_id, now)
    reading = _reading(uow, own, lent, now)
    if lent:
        _hand_over(uow, principal, own, lent, reading, now)
    what = What("consultation", own.asked.id, own.asked.number)
    level = max((document.secrecy for document, _unit in lent), default=0)
    path = lent[0][1].path if lent else own.holder.path
    _note(uow, principal, own, what, Target(path, level), now, papers=len(lent))
    return reading


def _hand_over(
    uow: UnitOfWork,
    principal: Principal,
    own: Own,
    lent: list[tuple[Document, Unit]],
    reading: Reading,
    now: datetime,
) -> None:
    approver = people.names_of(uow.session, {own.asked.decided_by or ""}).get(own.asked.decided_by or "", "")
    unit = units.by_id(uow.session, own.asked.asked_unit_id)
    body = {
        "reader": principal.display_name,
        "reader_unit": unit.name if unit else "",
        "dossier": reading.dossier_number,
        "papers": [label_of(document) for document, _unit in lent],
        "pages": sum(document.page_count for document, _unit in lent),
        "purpose": PURPOSES.get(own.asked.purpose, own.asked.purpose),
        "approver": approver,
        "place": own.asked.given_place,
    }
    usage_register.hand_over(uow, own.asked, own.asked.holder_unit_id, body, principal.account_id, now)


def read_paper(
    uow: UnitOfWork, principal: Principal, consultation_id: str, document_id: str, now: datetime
) -> PaperReading:
    """One of the papers given, with its pages. Refused when it is not among them, or no longer."""
    own, lent = _running(uow, principal, consultation_id, now)
    ids = [document.id for document, _unit in lent]
    if document_id not in ids:
        raise _no("document", document_id, "not given or not visible")
    at = ids.index(document_id)
    document, unit = lent[at]
    reading = _reading(uow, own, lent, now)
    _hand_over(uow, principal, own, lent, reading, now)
    pages = tuple(papers.pages_of_document(uow.session, document_id))
    what = What("document", document_id, f"{reading.dossier_number}/{label_of(document)}")
    _note(uow, principal, own, what, _target(document, unit), now)
    return PaperReading(reading, document, pages, ids[at - 1] if at else "", ids[at + 1] if at + 1 < len(ids) else "")


def page_image(uow: UnitOfWork, principal: Principal, consultation_id: str, page_id: str, now: datetime) -> bytes:
    """A page's picture bearing its reader's name, the time and the consultation's number, after its row."""
    own, lent = _running(uow, principal, consultation_id, now)
    page = uow.session.get(Page, page_id)
    found = next((each for each in lent if page is not None and each[0].id == page.document_id), None)
    if page is None or not page.image_sha or found is None:
        raise _no("page", page_id, "not given or not visible")
    document, unit = found
    require_zone(uow, document.secrecy, "document")
    reading = _reading(uow, own, lent, now)
    _hand_over(uow, principal, own, lent, reading, now)
    number = reading.dossier_number
    at = now.astimezone(HANOI).strftime("%H:%M %d/%m/%Y")
    words = f"{principal.display_name} · {at} · phiếu {own.asked.number}"
    image = marked(uow.vault.read(page.image_sha), words)
    what = What("page", page_id, f"{number}/{label_of(document)}/{page.position}")
    _note(uow, principal, own, what, _target(document, unit), now, served=Served(1, len(image)))
    return image


@functools.cache
def _face(size: int) -> ImageFont.FreeTypeFont:
    source = files("fontpkg_be_vietnam_pro").joinpath("files", "BeVietnamPro-SemiBold.ttf")
    return ImageFont.truetype(io.BytesIO(source.read_bytes()), size)


def marked(picture: bytes, words: str) -> bytes:
    """The same page as a JPEG with words across it, drawn into its pixels; the words lean, the page stays readable."""
    with Image.open(io.BytesIO(picture)) as opened:
        page = opened.convert("RGB")
    width, height = page.size
    face = _face(max(12, width // 42))
    line = f"{words}     "
    length = max(1, int(face.getlength(line)))
    span = int((width**2 + height**2) ** 0.5)
    layer = Image.new("L", (span, span), 0)
    pen = ImageDraw.Draw(layer)
    for row in range(TILES * 2):
        start = -(row % 2) * length // 2
        pen.text((start, row * span // (TILES * 2)), line * (span // length + 2), font=face, fill=72)
    layer = layer.rotate(28)
    left, top = (span - width) // 2, (span - height) // 2
    mask = layer.crop((left, top, left + width, top + height))
    page.paste((176, 32, 40), (0, 0), mask)
    out = io.BytesIO()
    page.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
