"""Dossiers and their papers: listed by name, read for a stated purpose, a cadre registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.catalogue import COMPARTMENTS
from oms.services import custody, readers, record, record_reading
from oms.services.custody import DossierView, NewCadre, PaperView
from oms.web.api import shapes as s
from oms.web.api.areas.units import BLOCKS
from oms.web.api.operations import Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Paged, Told

UNIT_PATH = validate.Regexp(r"^(\d{1,10}(/\d{1,10}){0,14})?$")
DOSSIER, DOCUMENT = "/dossiers/<dossier_id>", "/documents/<document_id>"
OF_DOSSIER: dict[str, Any] = {"purpose": "dossier_id"}
OF_PAPER: dict[str, Any] = {"purpose": "document_id"}


class DossierTold(Told):
    """A dossier with its cadre and the unit that holds it."""

    id = s.text("dossier.id")
    number = s.text("dossier.number")
    block = s.text("dossier.block")
    secrecy = s.number("dossier.secrecy")
    compartment = s.text("dossier.compartment")
    state = s.text("dossier.state")
    shelf = s.text("dossier.shelf")
    cadre_id = s.text("cadre.id")
    name = s.text("cadre.full_name")
    birth_date = s.text("cadre.birth_date")
    sex = s.text("cadre.sex")
    position = s.text("cadre.position")
    unit_id = s.number("unit.id")
    unit_path = s.text("unit.path")
    unit = s.text("unit.name")


class PaperLine(Told):
    """A paper in the contents list; ``sheets`` are its numbers among the dossier's pages."""

    id = s.text("document.id")
    serial = s.number("document.serial", maybe=True)
    type = s.text("document.type_code")
    title = s.text("document.title")
    number = s.text("document.number")
    issued_on = s.text("document.issued_on")
    secrecy = s.number("document.secrecy")
    compartment = s.text("document.compartment")
    pages = s.number("document.page_count")
    sheets = s.text()
    version = s.number("document.version")


class FactOnPaper(Told):
    """A value read on a paper."""

    key = s.text()
    value = s.text("field.value")
    confidence = s.decimal("field.confidence")
    document_id = s.text("document.id")
    source = s.text("field.source")


class DossierRead(Told):
    """A dossier as read: its contents, values on its papers; ``masked`` names values this reader may not see."""

    dossier = s.one(DossierTold, "row")
    contents = s.each(PaperLine)
    facts = s.each(FactOnPaper)
    masked = s.texts()
    others = s.each(DossierTold)


@dataclass(frozen=True)
class Shown:
    """A fact with the paper it stands on, where its reader sees that one."""

    row: Any
    text: str
    values: Mapping[str, str]
    masked: bool
    paper: custody.ContentsLine | None


class RecordFact(Told):
    """A fact of the record; masked ones have no words, no days and no paper."""

    id = s.text("row.id")
    item = s.text("row.item")
    text = s.text()
    values = s.table()
    starts = s.of_row("starts")
    ends = s.of_row("ends")
    source = s.of_row("source")
    document_id = s.text("paper.document.id", maybe=True)
    confirmed = s.flag("row.confirmed_by")
    masked = s.flag()


class RecordRead(Told):
    """The record: what holds, and what held before."""

    held = s.each(RecordFact)
    ended = s.each(RecordFact)


class LookTold(Told):
    """One visit of a dossier."""

    name = s.text()
    unit = s.text()
    first = s.text()
    last = s.text()
    purpose = s.text()
    papers = s.number()
    pages = s.number()
    out = s.number()


class WordTold(Told):
    """A word of a page with the box it stands in (pixels) and how sure the machine was."""

    index = s.number()
    text = s.text()
    box = s.numbers()
    confidence = s.decimal()
    suspect = s.flag()
    line = s.number()
    corrected = s.flag()


class PageTold(Told):
    """A page with its words."""

    id = s.text("page.id")
    position = s.number("page.position", maybe=True)
    width = s.number("page.width")
    height = s.number("page.height")
    words = s.each(WordTold)


class PaperRead(Told):
    """One paper: its heading, values and pages."""

    paper = s.one(PaperLine, "line")
    dossier_id = s.text("row.dossier.id")
    values = s.table()
    pages = s.each(PageTold)
    masked = s.texts()
    previous_id = s.text()
    next_id = s.text()


class WantedDossiers(Paged):
    """Which dossiers."""

    q = s.words(100, about="Name or number.")
    unit = fields.String(load_default="", validate=UNIT_PATH)
    block = s.choice("", *BLOCKS, optional=True)
    with_before = s.yes(about="With those of units that the unit took over.")


class NewDossier(Asked):
    """A cadre with a first dossier; ``confirmed`` says that it is another person than the namesakes."""

    full_name = s.words(200, 2)
    unit_id = s.whole(1)
    number = s.words(60, 1)
    birth_date = s.words(10)
    sex = s.choice("", "Nam", "Nữ", optional=True)
    other_names = s.words(300)
    citizen_id = s.words(20)
    old_id = s.words(20)
    position = s.words(300)
    home_place = s.words(300)
    secrecy = s.whole(0, 3, 0)
    compartment = s.choice("", *COMPARTMENTS, optional=True)
    confirmed = s.yes()


@reads("/dossiers", Action.CADRE_LIST, "dossiers", DossierTold, listed=True, query=WantedDossiers)
def list_dossiers(call: Call) -> Listed:
    """Visible dossiers by name."""
    asked = call.query
    found = custody.list_dossiers(
        call.uow,
        call.who,
        asked["q"],
        asked["unit"],
        asked["block"],
        call.size,
        call.offset,
        call.now,
        asked["with_before"],
    )
    return Listed(*found)


@posts("/dossiers", Action.CADRE_CREATE, "dossiers", NewDossier, leads="read_dossier", keeps=True)
def add_dossier(call: Call) -> Made:
    """Registers a cadre with a first dossier."""
    return Made(custody.create_cadre(call.uow, call.who, NewCadre(**call.body), call.now).dossier.id)


@reads(DOSSIER, Action.DOSSIER_READ, "dossiers", DossierRead, **OF_DOSSIER)
def read_dossier(call: Call, dossier_id: str) -> DossierView:
    """A dossier: contents and values on its papers."""
    return custody.read_dossier(call.uow, call.who, dossier_id, call.now)


@reads(DOSSIER + "/record", Action.DOSSIER_READ, "dossiers", RecordRead, **OF_DOSSIER)
def read_record(call: Call, dossier_id: str) -> dict[str, Any]:
    """The structured record of a dossier, with what held before."""
    read = custody.read_dossier(call.uow, call.who, dossier_id, call.now)
    view = record_reading.of(call.uow, call.who, read.row, read.contents)
    return {name: [_fact(fact, view) for fact in getattr(view, name)] for name in ("held", "ended")}


def _fact(fact: record.RecordFact, view: record_reading.RecordView) -> Shown:
    paper = None if fact.masked else view.contents.get(fact.row.document_id or "")
    return Shown(fact.row, fact.text, fact.values, fact.masked, paper)


@reads(DOSSIER + "/readers", Action.DOSSIER_READ, "dossiers", LookTold, listed=True, **OF_DOSSIER)
def list_readers(call: Call, dossier_id: str) -> Listed:
    """Who has seen a dossier, visit by visit."""
    return Listed(*readers.looks(call.uow, call.who, dossier_id, call.size, call.offset, call.now))


class Chosen(Asked):
    """Facts to be confirmed."""

    facts = s.many(s.reference(), 500, 1)


@posts(DOSSIER + "/record/confirmations", Action.RECORD_DECIDE, "dossiers", Chosen, of="read_record", match="tag",
       **OF_DOSSIER)  # fmt: skip
def confirm_facts(call: Call, dossier_id: str) -> None:
    """Confirms facts of a record as the second person."""
    record_reading.confirm(call.uow, call.who, dossier_id, call.body["facts"], call.now)


def _paper(view: PaperView) -> dict[str, Any]:
    names = ("line", "row", "pages", "masked", "previous_id", "next_id")
    return {name: getattr(view, name) for name in names} | {
        "values": {key: row.value for key, row in view.fields.items()}
    }


@reads(DOCUMENT, Action.DOSSIER_READ, "documents", PaperRead, version="line.document.version", **OF_PAPER)
def read_document(call: Call, document_id: str) -> dict[str, Any]:
    """One filed paper: heading, values, pages and words."""
    return _paper(custody.read_document(call.uow, call.who, document_id, call.now))


@reads(DOCUMENT + "/text", Action.DOSSIER_READ, "documents", media="text/plain", **OF_PAPER)
def read_text(call: Call, document_id: str) -> str:
    """The words of one filed paper as plain text, page after page."""
    view = custody.read_document(call.uow, call.who, document_id, call.now)
    return "\f".join(_lines(page.words) for page in view.pages)


def _lines(found: Sequence[Any]) -> str:
    lines: dict[int, list[str]] = {}
    for word in found:
        lines.setdefault(word.line, []).append(word.text)
    return "\n".join(" ".join(line) for _number, line in sorted(lines.items()))


@reads(DOCUMENT + "/pages/<page_id>/image", Action.DOSSIER_READ, "documents", media="image/jpeg", **OF_PAPER)
def read_page(call: Call, document_id: str, page_id: str) -> bytes:
    """The image of one page."""
    return custody.page_image(call.uow, call.who, page_id, call.now)
