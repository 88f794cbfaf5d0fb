"""The records desk: dossiers by name, the purpose gate, a dossier with its contents, a paper page by page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action, permits
from oms.domain.organisation import Block
from oms.domain.records import HANOI
from oms.errors import InvalidInput, LikelyDuplicate
from oms.services import archival, catalogues, custody, finding, readers, record_reading, secret_stubs, shelf
from oms.services.archival import CopyView
from oms.services.custody import DossierView, Gate, NewCadre, PaperView
from oms.services.house import UnitOfWork
from oms.services.units import holding_units, listing_units
from oms.web import record_view
from oms.web import words as catalogue
from oms.web.context import house, now, principal, work
from oms.web.facts import fact_lines, field_lines, masked_labels, tables
from oms.web.guard import needs
from oms.web.link_words import link_tab
from oms.web.paging import asked_page
from oms.web.typed import whole_number

blueprint = Blueprint("records", __name__)

TABS = ("tong-quan", "qua-trinh", "gia-dinh", "giay-to", "tai-lieu", "nguoi-xem", "lien-ket")
_OF_THE_RECORD = TABS[:3]
MAX_BOXES = 40
_PATH = re.compile(r"\d+(/\d+)*")
_BOX = re.compile(r"\d{1,5},\d{1,5},\d{1,5},\d{1,5}")
_ID = re.compile(r"[0-9a-f]{32}")
Box = tuple[int, int, int, int]
Answer = str | tuple[str, int] | Response


def secrecy_of(*levels: int) -> dict[str, Any] | None:
    """The strip's words for the highest level on the page; None when nothing on it is secret."""
    level = max(levels, default=0)
    return {"level": level, "label": catalogue.SECRECY_LABELS[level]} if level else None


def unit_path(text: str) -> str:
    """A unit's path as sent by a form, or "" when it is not one."""
    return text if _PATH.fullmatch(text) and len(text) <= 200 else ""


def sought(text: str) -> tuple[str, ...]:
    """Words to be marked on a page, as an address brings them."""
    return tuple(text[:300].split()[: finding.MOST_WORDS])


def boxes(text: str) -> tuple[Box, ...]:
    """Boxes sent as ``x0,y0,x1,y1;…`` in pixels of the page; what is not a box is left out."""
    found = []
    for part in text.split(";")[:MAX_BOXES]:
        if _BOX.fullmatch(part):
            x0, y0, x1, y1 = (int(number) for number in part.split(","))
            found.append((x0, y0, x1, y1))
    return tuple(box for box in found if box[0] < box[2] and box[1] < box[3])


@blueprint.get("/ho-so")
@needs(Action.CADRE_LIST)
def dossiers() -> str:
    """Dossiers in scope, by name."""
    asked = {
        "ten": request.args.get("ten", "").strip()[:100],
        "don_vi": unit_path(request.args.get("don_vi", "")),
        "khoi": request.args.get("khoi", ""),
        "tien_than": "1" if request.args.get("tien_than") else "",
    }
    if asked["khoi"] not in catalogue.BLOCK_LABELS:
        asked["khoi"] = ""
    paging = asked_page()
    with work() as uow:
        rows, total = custody.list_dossiers(
            uow,
            principal(),
            asked["ten"],
            asked["don_vi"],
            asked["khoi"],
            paging.size,
            paging.offset,
            now(),
            bool(asked["tien_than"]),
        )
        units = listing_units(uow, principal())
    return render_template(
        "records/list.html",
        rows=rows,
        total=total,
        paging=paging,
        asked=asked,
        args={name: value for name, value in asked.items() if value},
        units=units,
        blocks=[(block, catalogue.BLOCK_LABELS[block]) for block in Block if block is not Block.ALL],
        page_secrecy=secrecy_of(*(row.dossier.secrecy for row in rows)),
    )


@blueprint.get("/ho-so/moi")
@needs(Action.CADRE_CREATE)
def new() -> str:
    """The form to register a cadre with a first dossier."""
    return _new_form({}, [])


def _new_form(values: dict[str, str], errors: list[dict[str, str]], secrecy: int = 0) -> str:
    who = principal()
    with work() as uow:
        units = holding_units(uow, who, now().astimezone(HANOI).date())
    levels = [(level, words) for level, words in catalogue.SECRECY_LABELS.items() if level <= who.clearance]
    held = [(code, words) for code, words in catalogue.COMPARTMENTS.items() if code in who.compartments]
    grouped = [
        {"value": unit.id, "label": unit.name, "group": catalogue.BLOCK_LABELS[Block(unit.block)]} for unit in units
    ]
    return render_template(
        "records/new.html",
        values=values,
        errors=errors,
        units=grouped,
        levels=levels,
        compartments=held,
        page_secrecy=secrecy_of(secrecy),
    )


@blueprint.post("/ho-so/moi")
@needs(Action.CADRE_CREATE)
def create() -> Answer:
    """Registers the cadre; whoever may read the dossier is taken to its door."""
    values = {name: request.form.get(name, "") for name in (*NewCadre.__dataclass_fields__, "confirm_duplicate")}
    with work() as uow:
        try:
            row = custody.create_cadre(uow, principal(), _new_cadre(values), now())
        except InvalidInput as caught:  # inside: the row that tells which namesakes are shown has to be kept
            problem: InvalidInput | None = caught
        else:
            problem = None
    if problem is not None:
        secrecy = problem.secrecy if isinstance(problem, LikelyDuplicate) else 0
        return _new_form(values, [{"field": problem.field, "text": problem.message_vi}], secrecy), 400
    name, number = row.cadre.full_name, row.dossier.number
    flash(_("Đã đăng ký %(name)s, hồ sơ số %(number)s.", name=name, number=number), "ok")
    if permits(principal(), Action.DOSSIER_READ):
        return redirect(url_for("records.dossier", dossier_id=row.dossier.id))
    return redirect(url_for("records.dossiers", ten=name))


def _new_cadre(values: dict[str, str]) -> NewCadre:
    """The form's text as the service takes it."""
    unit_id, secrecy = whole_number(values["unit_id"]), whole_number(values["secrecy"] or "0")
    if unit_id is None:
        raise InvalidInput("unit_id", _("Hãy chọn đơn vị quản lý hồ sơ."))
    if secrecy is None:
        raise InvalidInput("secrecy", _("Hãy chọn độ mật."))
    other = ("unit_id", "secrecy", "confirmed", "confirm_duplicate")
    texts = {name: value for name, value in values.items() if name not in other}
    return NewCadre(unit_id=unit_id, secrecy=secrecy, confirmed=values["confirm_duplicate"] == "1", **texts)


@dataclass(frozen=True)
class Wanted:
    """What the reader was on the way to when the door asked for a purpose; only values that can be trusted."""

    tab: str
    document: str
    page: str
    box: str
    words: str = ""

    @classmethod
    def of(cls, values: Any) -> Wanted:
        """Reads it from a query string or a form."""
        tab, document = values.get("the", ""), values.get("tai_lieu", "")
        page, box = values.get("trang", ""), values.get("o", "")
        return cls(
            tab if tab in TABS else "",
            document if _ID.fullmatch(document) else "",
            page if page.isascii() and page.isdecimal() and len(page) < 5 else "",
            box if boxes(box) else "",
            " ".join(sought(values.get("chu", ""))),
        )

    def address(self, dossier_id: str) -> str:
        """Where to go once the dossier is open."""
        if self.document:
            at = {"trang": self.page or None, "o": self.box or None, "chu": self.words or None}
            return url_for("records.document", document_id=self.document, **at)  # type: ignore[arg-type]
        return url_for("records.dossier", dossier_id=dossier_id, the=self.tab or None)


@blueprint.get("/ho-so/<dossier_id>")
@needs(Action.DOSSIER_READ)
def dossier(dossier_id: str) -> str:
    """The dossier under a running opening, else its door: the form that asks for the purpose."""
    wanted = Wanted.of(request.args)
    view: DossierView | None = None
    parts: dict[str, Any] = {}
    with work() as uow:
        door = custody.gate(uow, principal(), dossier_id, now())
        if door.opening is not None:
            view = custody.read_dossier(uow, principal(), dossier_id, now(), door)
            parts = _parts(uow, view, wanted.tab or TABS[0])
    if view is None:
        return _gate_page(door, wanted, {}, [])
    lines = {line.document.id: line for line in view.contents}
    return render_template(
        "records/dossier.html",
        view=view,
        row=view.row,
        tab=wanted.tab or TABS[0],
        facts=fact_lines(parts.get("beyond", view.facts), lines, view.filed_by),
        tables=tables(view.facts, lines),
        masked=masked_labels(view.masked),
        page_secrecy=secrecy_of(
            view.row.dossier.secrecy,
            *(line.document.secrecy for line in view.contents),
            *(row.stub.secrecy for row in parts.get("stubs", ())),
        ),
        **parts,
        **_offered(dossier_id),
    )


def _offered(dossier_id: str) -> dict[str, Any]:
    """Under an emergency the pages of a dossier offer reading and nothing else."""
    return {"can": Action.DOSSIER_READ.__eq__} if dossier_id in principal().emergency else {}


def _parts(uow: UnitOfWork, view: DossierView, tab: str) -> dict[str, Any]:
    """What the tabs of the record show; the dossier has been opened and journalled."""
    who, at = principal(), now()
    if tab == "tai-lieu":
        kept = shelf.about(uow, view.row, [line.document for line in view.contents], at)
        return {"kept": kept, "stubs": secret_stubs.of_dossier(uow, who, view.row.dossier.id)}
    if tab == "nguoi-xem":
        paging = asked_page()
        found, total = readers.looks(uow, who, view.row.dossier.id, paging.size, paging.offset, at)
        return {"looks": found, "looks_total": total, "paging": paging}
    if tab == "lien-ket" and permits(who, Action.LINK_REVIEW):
        return link_tab(uow, who, view.row, at)
    if tab not in _OF_THE_RECORD:
        return {}
    record = record_reading.of(uow, who, view.row, view.contents)
    reader = record_view.Reader(who, at)
    parts: dict[str, Any] = {"record": record, "waiting": len(record.waiting())}
    if tab == "tong-quan":
        parts["sections"] = record_view.sections(record, reader)
        parts["beyond"] = record_view.beyond(view.facts, record, catalogues.load(uow))
    elif tab == "qua-trinh":
        beside = record_reading.opened_beside(uow, who, view.others, at)
        parts["life"] = record_view.life([record, *beside], reader)
        parts["beside"] = {other.row.dossier.id for other in beside}
        parts["life_tables"] = record_view.tables_of(record, reader, record_view.LIFE)
    else:
        parts["family"] = record_view.tables_of(record, reader, record_view.FAMILY)
    return parts


def _gate_page(door: Gate, wanted: Wanted, values: dict[str, str], errors: list[dict[str, str]]) -> str:
    return render_template(
        "records/gate.html",
        row=door.row,
        tasks=door.tasks,
        wanted=wanted,
        values=values,
        errors=errors,
        minutes=house().settings.opening_minutes,
        page_secrecy=secrecy_of(door.row.dossier.secrecy),
    )


@blueprint.post("/ho-so/<dossier_id>/mo", endpoint="open")
@needs(Action.DOSSIER_READ)
def open_dossier(dossier_id: str) -> Answer:
    """Opens the dossier for the stated purpose and goes on to what was wanted."""
    wanted = Wanted.of(request.form)
    values = {name: request.form.get(name, "") for name in ("purpose", "task", "reason")}
    minutes = house().settings.opening_minutes
    try:
        with work() as uow:
            custody.open_dossier(
                uow, principal(), dossier_id, values["purpose"], values["task"], values["reason"], minutes, now()
            )
    except InvalidInput as problem:
        with work() as uow:
            door = custody.gate(uow, principal(), dossier_id, now(), citing=True)
        return _gate_page(door, wanted, values, [{"field": problem.field, "text": problem.message_vi}]), 400
    return redirect(wanted.address(dossier_id))


def _found_on(view: PaperView, at: int) -> tuple[Box, ...]:
    """Where the words somebody searched for stand on a page of the paper."""
    words = sought(request.args.get("chu", ""))
    return finding.standing(view.pages[at - 1].words, words)[:MAX_BOXES] if words and view.pages else ()


@blueprint.get("/tai-lieu/<document_id>")
@needs(Action.DOSSIER_READ)
def document(document_id: str) -> str | Response:
    """One paper: its pages, its text, the boxes asked for; without an opening, the dossier's door first."""
    view: PaperView | None = None
    copy: CopyView | None = None
    dossier_id = ""
    with work() as uow:
        try:
            view = custody.read_document(uow, principal(), document_id, now())
            copy = archival.about(uow, view.line.document, view.line.pages)
        except custody.NotOpen as closed:
            dossier_id = closed.dossier_id
    if view is None:
        at_place = {name: request.args.get(name) for name in ("trang", "o", "chu")}
        return redirect(url_for("records.dossier", dossier_id=dossier_id, tai_lieu=document_id, **at_place))  # type: ignore[arg-type]
    wanted = request.args.get("trang", "")
    at = min(max(int(wanted), 1), max(len(view.pages), 1)) if wanted.isdecimal() and len(wanted) < 5 else 1
    return render_template(
        "records/document.html",
        view=view,
        row=view.row,
        document=view.line.document,
        at=at,
        marked=boxes(request.args.get("o", "")) or _found_on(view, at),
        fields=field_lines(view),
        masked=masked_labels(view.masked),
        copy=copy,
        can_sign=house().settings.signing is not None and permits(principal(), Action.COPY_SIGN),
        page_secrecy=secrecy_of(view.line.document.secrecy, view.row.dossier.secrecy),
        **_offered(view.row.dossier.id),
    )


@blueprint.get("/trang/<page_id>.jpg")
@needs(Action.DOSSIER_READ)
def page_image(page_id: str) -> Response:
    """One page's image; its journal row is on the disk before the first byte leaves."""
    with work() as uow:
        data = custody.page_image(uow, principal(), page_id, now())
    return Response(data, mimetype="image/jpeg")
