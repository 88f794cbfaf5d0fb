"""The record of a dossier: items with their papers, taken from papers, held against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.consistency import Claim, Contradiction
from oms.domain.fields import shown
from oms.domain.record_facts import cell_key
from oms.domain.record_items import ITEMS
from oms.errors import InvalidInput
from oms.services import custody, record_compare, record_reading, record_taking
from oms.services.custody import ContentsLine
from oms.services.record_compare import ComparedView
from oms.services.record_taking import Offer, Standing, TakingView
from oms.web import record_view
from oms.web import words as catalogue
from oms.web.context import now, principal, work
from oms.web.facts import box_text
from oms.web.guard import needs
from oms.web.record_view import paper_label, paper_of
from oms.web.records import secrecy_of

blueprint = Blueprint("record", __name__)
MOST_CHOSEN = 2000
MOST_SHOWN = 200
"""Contradictions on one page: who has more must first correct these."""
Answer = str | tuple[str, int] | Response


def _is_open(dossier_id: str) -> bool:
    """Whether the dossier stands open for this person; reaching its door is a row, hidden is as missing."""
    with work() as uow:
        return custody.gate(uow, principal(), dossier_id, now()).opening is not None


def _to_door(dossier_id: str) -> Response:
    flash(_("Hồ sơ chưa mở, hoặc thời gian mở đã hết. Hãy nêu mục đích rồi làm lại."), "doubt")
    return redirect(url_for("records.dossier", dossier_id=dossier_id))


@dataclass(frozen=True)
class OfferLine:
    """A value on a paper as the page offers it."""

    key: str
    term: str
    text: str
    ticked: bool
    href: str
    paper: str
    vouched: str
    against: str
    is_row: bool


def _offer_line(offer: Offer, view: TakingView) -> OfferLine:
    value, place = offer.value, offer.value.first
    return OfferLine(
        value.key,
        catalogue.ITEM_LABELS[value.item],
        offer.text,
        offer.ticked,
        paper_of(value.document.id, place.page_id, place.box, view.contents),
        paper_label(view.contents.get(value.document.id)),
        view.names.get(value.vouched_by, ""),
        offer.against.text if offer.against else "",
        ITEMS[value.item].is_table,
    )


@blueprint.get("/ho-so/<dossier_id>/dua-vao")
@needs(Action.RECORD_CHANGE)
def taking(dossier_id: str) -> Answer:
    """What the papers say beyond the record, to be taken in by one press."""
    if not _is_open(dossier_id):
        return _to_door(dossier_id)
    return _taking_page(dossier_id, None, [])


def _taking_page(dossier_id: str, chosen: set[str] | None, errors: list[dict[str, str]]) -> str:
    with work() as uow:
        view = record_taking.look(uow, principal(), dossier_id, now())
    groups = {each.value: [_offer_line(offer, view) for offer in view.standing(each)] for each in Standing}
    return render_template(
        "record/taking.html",
        row=view.row,
        groups=groups,
        chosen=chosen,
        errors=errors,
        masked=view.masked,
        doubtful=view.doubtful,
        page_secrecy=secrecy_of(view.row.dossier.secrecy, *(line.document.secrecy for line in view.contents.values())),
    )


@blueprint.post("/ho-so/<dossier_id>/dua-vao")
@needs(Action.RECORD_CHANGE)
def take(dossier_id: str) -> Answer:
    """Takes the ticked values into the record."""
    if not _is_open(dossier_id):
        return _to_door(dossier_id)
    chosen = request.form.getlist("chosen")[:MOST_CHOSEN]
    try:
        with work() as uow:
            taken = record_taking.take(uow, principal(), dossier_id, chosen, now())
    except InvalidInput as problem:
        return _taking_page(dossier_id, set(chosen), [{"field": problem.field, "text": problem.message_vi}]), 400
    if taken:
        flash(_("Đã đưa %(n)s mục vào lý lịch. Trong hôm nay anh/chị còn rút ra được.", n=len(taken)), "ok")
    else:
        flash(_("Không có gì mới: các giá trị đã chọn đã có trong lý lịch, hoặc vừa được sửa trên giấy tờ."), "doubt")
    return redirect(url_for("records.dossier", dossier_id=dossier_id))


@blueprint.post("/ho-so/<dossier_id>/phieu-tu-giay-to")
@needs(Action.RECORD_CHANGE)
def draft(dossier_id: str) -> Answer:
    """Begins a change with the ticked values that differ from the record."""
    if not _is_open(dossier_id):
        return _to_door(dossier_id)
    chosen = request.form.getlist("differing")[:MOST_CHOSEN]
    try:
        with work() as uow:
            change_id = record_taking.draft(uow, principal(), dossier_id, chosen, now())
    except InvalidInput as problem:
        return _taking_page(dossier_id, set(chosen), [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã lập phiếu nháp. Hãy xem lại, ghi lý do rồi trình duyệt."), "ok")
    return redirect(url_for("changes.change", change_id=change_id))


@blueprint.post("/ly-lich/<fact_id>/rut-ra")
@needs(Action.RECORD_CHANGE)
def take_out(fact_id: str) -> Answer:
    """Takes out again what this person took in today."""
    try:
        with work() as uow:
            dossier_id = record_taking.take_out(uow, principal(), fact_id, now())
    except InvalidInput as problem:
        with work() as uow:
            dossier_id = record_taking.dossier_of(uow, principal(), fact_id)
        flash(problem.message_vi, "refused")
    else:
        flash(_("Đã rút ra khỏi lý lịch. Lịch sử vẫn giữ mục này."), "ok")
    return redirect(url_for("records.dossier", dossier_id=dossier_id))


@blueprint.get("/ho-so/<dossier_id>/xac-nhan")
@needs(Action.RECORD_DECIDE)
def confirming(dossier_id: str) -> Answer:
    """What waits for a second person, each with its paper."""
    if not _is_open(dossier_id):
        return _to_door(dossier_id)
    return _confirming_page(dossier_id, [])


def _confirming_page(dossier_id: str, errors: list[dict[str, str]]) -> str:
    who, at = principal(), now()
    with work() as uow:
        view = record_reading.look_to_confirm(uow, who, dossier_id, at)
    waiting = {fact.row.id for fact in view.waiting()}
    return render_template(
        "record/confirming.html",
        row=view.row,
        facts=record_view.each_fact(view, record_view.Reader(who, at), waiting),
        own=view.own,
        errors=errors,
        page_secrecy=secrecy_of(view.row.dossier.secrecy, *(fact.row.secrecy for fact in view.held)),
    )


@blueprint.post("/ho-so/<dossier_id>/xac-nhan")
@needs(Action.RECORD_DECIDE)
def confirm(dossier_id: str) -> Answer:
    """Puts the second person's word beside the ticked facts."""
    if not _is_open(dossier_id):
        return _to_door(dossier_id)
    chosen = request.form.getlist("chosen")[:MOST_CHOSEN]
    try:
        with work() as uow:
            number = record_reading.confirm(uow, principal(), dossier_id, chosen, now())
    except InvalidInput as problem:
        return _confirming_page(dossier_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã xác nhận %(n)s mục.", n=number), "ok")
    return redirect(url_for("records.dossier", dossier_id=dossier_id))


@dataclass(frozen=True)
class Side:
    """One of the two places that contradict each other."""

    term: str
    cells: tuple[tuple[str, str], ...]
    title: str
    href: str
    page: Any
    box: tuple[int, ...]
    words: str


def _side(claim: Claim, view: ComparedView) -> Side:
    line = view.contents.get(claim.document_id)
    of_record = _("Lý lịch") if not claim.place else ""
    title = " · ".join(filter(None, (of_record, paper_label(line)))) or of_record
    box = tuple(int(number) for number in box_text(claim.box).split(",") if number)
    return Side(
        catalogue.ITEM_LABELS[claim.item],
        _cells(claim),
        title,
        paper_of(claim.document_id, claim.page_id, claim.box, view.contents),
        _page_of(claim, line),
        box,
        claim.words,
    )


def _cells(claim: Claim) -> tuple[tuple[str, str], ...]:
    """A row's cells with their columns; a single value without."""
    columns = [column.key for column in ITEMS[claim.item].columns] or ["value"]
    return tuple(
        (catalogue.ITEM_COLUMNS.get(column, ""), shown(cell_key(claim.item, column), claim.values[column]))
        for column in columns
        if claim.values.get(column)
    )


def _page_of(claim: Claim, line: ContentsLine | None) -> Any:
    """The page a claim stands on, else the first of its paper that can be shown; None without a paper."""
    pages = [page for page in (line.pages if line else ()) if page.image_sha and page.width and page.height]
    return next((page for page in pages if page.id == claim.page_id), pages[0] if pages else None)


@blueprint.get("/ho-so/<dossier_id>/doi-chieu")
@needs(Action.DOSSIER_READ)
def compare(dossier_id: str) -> Answer:
    """Contradictions between papers and record, both papers side by side."""
    if not _is_open(dossier_id):
        return _to_door(dossier_id)
    with work() as uow:
        view = record_compare.compare(uow, principal(), dossier_id, now())
    shown_now = view.found[:MOST_SHOWN]
    asked = request.args.get("so", "")
    at = min(int(asked), len(shown_now)) if asked.isdecimal() and 0 < len(asked) < 5 else 1
    at = max(at, 1)
    here: Contradiction | None = shown_now[at - 1] if shown_now else None
    return render_template(
        "record/compare.html",
        row=view.row,
        found=shown_now,
        beyond=len(view.found) - len(shown_now),
        at=at,
        here=here,
        sides=[_side(claim, view) for claim in (here.left, here.right) if claim] if here else [],
        papers=view.papers,
        masked=view.masked,
        page_secrecy=secrecy_of(view.row.dossier.secrecy, *(line.document.secrecy for line in view.contents.values())),
    )
