"""Exchange with other installations: packages sent and received, one package with its checks, partners and our card."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain import packages as domain
from oms.domain.access import Action
from oms.errors import InvalidInput, LikelyDuplicate
from oms.services import (
    exchange_astray,
    exchange_card_sheet,
    exchange_carried,
    exchange_edxml,
    exchange_partners,
    exchange_send,
    exchange_take,
    exchange_view,
)
from oms.services.exchange_carried import Carried
from oms.services.exchange_edxml import Typed
from oms.services.exchange_keys import CARD_BYTES
from oms.services.exchange_send import Wanted
from oms.services.exchange_take import Placed, Taking
from oms.web.context import house, now, principal, work
from oms.web.guard import needs
from oms.web.keeping_ground import file_answer
from oms.web.leaving import LEAVING, attachment, leaving_of
from oms.web.paging import asked_page
from oms.web.records import secrecy_of
from oms.web.typed import whole_number
from oms.web.words import PURPOSES, ZONES, Words

blueprint = Blueprint("exchange", __name__, url_prefix="/trao-doi")

Page = str | Response | tuple[str | Response, int]
KINDS = Words(domain.KIND_LABELS)
OUT, IN = Words(domain.OUT_LABELS), Words(domain.IN_LABELS)
PARTNERS, CHECK_WORDS = Words(domain.PARTNER_LABELS), Words(domain.CHECKS)
TONES = {
    "accepted": "ok",
    "taken": "ok",
    "active": "ok",
    "refused": "refused",
    "revoked": "refused",
    "stopped": "doubt",
}
NEW = "new"
FIELDS = ("partner_id", "kind", "purpose", "reason", "legal_basis", "receiver_code", "decision", "partial")
ENVELOPE_FIELDS = ("code", "issued_on", "place", "signer", "position")


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"exchange_kinds": KINDS, "exchange_tones": TONES}


@blueprint.get("")
@needs(Action.EXCHANGE_WORK)
def packages() -> str:
    """Packages that wait, those sent and those received."""
    return _packages([])


def _packages(errors: list[dict[str, str]]) -> str:
    paging, direction = asked_page(), "in" if request.args.get("huong") == "den" else "out"
    with work() as uow:
        found = exchange_view.desk(uow, principal(), direction, paging.size, paging.offset, now())
    return render_template(
        "exchange/index.html",
        desk=found,
        direction=direction,
        paging=paging,
        states=IN if direction == "in" else OUT,
        errors=errors,
        page_secrecy=secrecy_of(*(row.package.secrecy for row in [*found.waiting, *found.rows])),
    )


@blueprint.post("/tep")
@needs(Action.EXCHANGE_WORK)
def upload() -> Page:
    """Takes a sealed file from a memory stick: it goes through the door of the shared folder."""
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise InvalidInput("file", "Hãy chọn tệp gói trao đổi (.oms).")
        exchange_carried.upload(house(), principal(), sent.stream, now())
    except InvalidInput as problem:
        return _packages([{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã nhận tệp; máy đang kiểm tra. Gói hiện ở đây khi đạt, nếu không thì có thông báo nói rõ vì sao."), "ok")
    return redirect(url_for(".packages", huong="den"))


@blueprint.get("/gui")
@needs(Action.EXCHANGE_WORK, step_up=True)
def form() -> str:
    """The form for a new package."""
    return _form([])


def _form(errors: list[dict[str, str]]) -> str:
    with work() as uow:
        choices = exchange_view.choices(uow, principal(), now())
    return render_template(
        "exchange/send.html",
        choices=choices,
        values=request.form,
        chosen=request.form.getlist("dossiers") or [row.dossier.id for row in choices.dossiers[:1]],
        groups=request.form.getlist("groups"),
        purposes=PURPOSES,
        kinds=[(kind, KINDS[kind]) for kind in (domain.Kind.RECORDS, domain.Kind.UPDATE, domain.Kind.TRANSFER)],
        errors=errors,
        page_secrecy=secrecy_of(*(row.dossier.secrecy for row in choices.dossiers)),
    )


@blueprint.post("/gui")
@needs(Action.EXCHANGE_WORK, step_up=True)
def send() -> Page:
    """Makes a package and queues it."""
    values = {name: request.form.get(name, "") for name in FIELDS}
    leaving = leaving_of(request.form) if any(request.form.get(name) for name in LEAVING) else None
    wanted = Wanted(
        partner_id=values["partner_id"],
        kind=values["kind"],
        dossiers=tuple(request.form.getlist("dossiers")),
        purpose=values["purpose"],
        reason=values["reason"],
        legal_basis=values["legal_basis"],
        receiver_code=values["receiver_code"],
        decision=values["decision"],
        groups=tuple(request.form.getlist("groups")),
        partial=values["partial"] == "1",
        leaving=leaving,
    )
    try:
        row_id = exchange_send.send(house(), principal(), wanted, now())
    except InvalidInput as problem:
        return _form([{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã lập gói, niêm phong cho bên nhận và xếp vào hàng gửi."), "ok")
    return redirect(url_for(".package", exchange_id=row_id))


@blueprint.get("/goi/<exchange_id>")
@needs(Action.EXCHANGE_WORK)
def package(exchange_id: str) -> str:
    """One package."""
    return _page(exchange_id, [])


def _page(exchange_id: str, errors: list[dict[str, str]]) -> str:
    with work() as uow:
        view = exchange_view.one(uow, principal(), exchange_id, now())
    return render_template(
        "exchange/package.html",
        view=view,
        row=view.row,
        package=view.row.package,
        states=IN if view.row.package.direction == "in" else OUT,
        check_words=CHECK_WORDS,
        purposes=PURPOSES,
        values=request.form,
        errors=errors,
        page_secrecy=secrecy_of(view.row.package.secrecy),
    )


@blueprint.post("/goi/<exchange_id>/nhan")
@needs(Action.EXCHANGE_WORK)
def take(exchange_id: str) -> Page:
    """Takes a package in: all of it or nothing."""
    places, counted = {}, {}
    for name, value in request.form.items():
        if name.startswith("place-"):
            remote = name.removeprefix("place-")
            here = "" if value == NEW else value
            number = request.form.get(f"number-{remote}", "")
            places[remote] = Placed(number, here, request.form.get(f"confirmed-{remote}") == "1")
        if name.startswith("pages-"):
            counted[name.removeprefix("pages-")] = whole_number(value)
    taking = Taking(whole_number(request.form.get("unit_id", "")) or 0, places, counted)
    try:
        outcome = exchange_take.take(house(), principal(), exchange_id, taking, now())
    except LikelyDuplicate as problem:
        return _page(exchange_id, [{"field": "", "text": problem.message_vi}]), 409
    except InvalidInput as problem:
        return _page(exchange_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    if outcome.taken:
        flash(_("Đã nhận vào hồ sơ; biên nhận đang được gửi lại cho bên gửi."), "ok")
    else:
        flash(outcome.words, "refused")
    return redirect(url_for(".package", exchange_id=exchange_id))


@blueprint.post("/goi/<exchange_id>/khong-nhan")
@needs(Action.EXCHANGE_WORK)
def refuse(exchange_id: str) -> Page:
    """Refuses a package with reasons for the sender."""
    try:
        exchange_take.refuse(house(), principal(), exchange_id, request.form.get("words", ""), now())
    except InvalidInput as problem:
        return _page(exchange_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Không nhận gói; lý do đang được gửi lại cho bên gửi."), "ok")
    return redirect(url_for(".package", exchange_id=exchange_id))


@blueprint.post("/goi/<exchange_id>/dung")
@needs(Action.EXCHANGE_WORK)
def stop(exchange_id: str) -> Response:
    """Takes back a package that has not left."""
    with work() as uow:
        exchange_send.stop(uow, principal(), exchange_id, now())
    flash(_("Đã dừng gửi; gói chưa rời hệ thống."), "ok")
    return redirect(url_for(".package", exchange_id=exchange_id))


def _file(carried: Carried) -> Response:
    headers = {"Content-Disposition": attachment(carried.name), "Content-Length": str(carried.size)}
    return Response(exchange_carried.pieces(carried), mimetype="application/octet-stream", headers=headers)


@blueprint.post("/goi/<exchange_id>/tep")
@needs(Action.EXCHANGE_WORK, step_up=True)
def take_out(exchange_id: str) -> Page:
    """The sealed file of a sent package, for a memory stick."""
    leaving = leaving_of(request.form) if any(request.form.get(name) for name in LEAVING) else None
    try:
        return _file(exchange_carried.take_out(house(), principal(), exchange_id, leaving, now()))
    except InvalidInput as problem:
        return _page(exchange_id, [{"field": problem.field, "text": problem.message_vi}]), 400


@blueprint.post("/goi/<exchange_id>/bien-nhan")
@needs(Action.EXCHANGE_WORK)
def receipt(exchange_id: str) -> Response:
    """The sealed receipt of a package that came, for a memory stick."""
    return _file(exchange_carried.take_receipt(house(), principal(), exchange_id, now()))


@blueprint.post("/goi/<exchange_id>/edxml")
@needs(Action.EXCHANGE_WORK, step_up=True)
def envelope(exchange_id: str) -> Page:
    """A sent package as an edXML envelope for the State's document axis."""
    typed = Typed(**{name: request.form.get(name, "") for name in ENVELOPE_FIELDS})
    try:
        made = exchange_edxml.by_person(house(), principal(), exchange_id, typed, now())
    except InvalidInput as problem:
        return _page(exchange_id, [{"field": problem.field, "text": problem.message_vi}]), 400
    return file_answer(made.data, "application/xml", made.name)


@blueprint.get("/doi-tac")
@needs(Action.EXCHANGE_MANAGE)
def partners() -> str:
    """Partners with the groups to be compared, and our own."""
    return _partners([])


def _partners(errors: list[dict[str, str]]) -> str:
    with work() as uow:
        rows = exchange_partners.listing(uow, principal(), now())
        names = exchange_partners.names_of(uow, rows)
        own = exchange_partners.own_keys(uow, house().settings, now())
        astray = exchange_astray.astray(uow, principal())
        units = exchange_astray.receiving_units(uow, now()) if astray else []
    return render_template(
        "exchange/partners.html",
        rows=rows,
        names=names,
        own=own,
        astray=astray,
        units=units,
        states=PARTNERS,
        zones=ZONES,
        values=request.form,
        errors=errors,
    )


@blueprint.post("/doi-tac")
@needs(Action.EXCHANGE_MANAGE, step_up=True)
def add_partner() -> Page:
    """Adds a partner from its card and asks a second person."""
    sent = request.files.get("card")
    data = sent.read(CARD_BYTES + 1) if sent and sent.filename else request.form.get("card_text", "").encode()
    try:
        with work() as uow:
            asked = exchange_partners.add(uow, principal(), data, request.form.get("reason", ""), now())
    except InvalidInput as problem:
        return _partners([{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã thêm đối tác. Đối tác có hiệu lực khi người thứ hai, thuộc đơn vị khác, duyệt."), "ok")
    return redirect(url_for("approvals.one", approval_id=asked.id))


@blueprint.get("/doi-tac/the")
@needs(Action.EXCHANGE_MANAGE)
def card() -> Page:
    """Our public card as a file."""
    try:
        with work() as uow:
            data = exchange_partners.own_card(uow, house().settings, now())
    except InvalidInput as problem:
        return _partners([{"field": problem.field, "text": problem.message_vi}]), 400
    return file_answer(data, "application/json", "the-trao-doi.json")


@blueprint.get("/doi-tac/the-in")
@needs(Action.EXCHANGE_MANAGE)
def card_sheet() -> Page:
    """Our public card on paper: its code to be scanned, its groups to be read out."""
    try:
        with work() as uow:
            data = exchange_partners.own_card(uow, house().settings, now())
    except InvalidInput as problem:
        return _partners([{"field": problem.field, "text": problem.message_vi}]), 400
    return file_answer(exchange_card_sheet.pdf(data, now()), "application/pdf", "the-trao-doi.pdf")


@blueprint.post("/goi/<exchange_id>/don-vi")
@needs(Action.EXCHANGE_MANAGE, step_up=True)
def direct(exchange_id: str) -> Page:
    """Says for which unit a package is that nobody may take."""
    try:
        with work() as uow:
            unit_id = whole_number(request.form.get("unit_id", "")) or 0
            known = exchange_astray.direct(uow, principal(), exchange_id, unit_id, now())
    except InvalidInput as problem:
        return _partners([{"field": problem.field, "text": problem.message_vi}]), 400
    if known:
        flash(_("Đã giao gói cho đơn vị; cán bộ của đơn vị được báo."), "ok")
    else:
        flash(
            _("Đã ghi đơn vị, nhưng ở đó cũng chưa cán bộ nào được xem gói: hãy giao phạm vi, hoặc chọn lại."), "doubt"
        )
    return redirect(url_for(".partners"))


@blueprint.post("/doi-tac/<partner_id>/thu-hoi")
@needs(Action.EXCHANGE_MANAGE, step_up=True)
def revoke(partner_id: str) -> Page:
    """Ends a partner at once."""
    try:
        with work() as uow:
            exchange_partners.revoke(uow, principal(), partner_id, request.form.get("reason", ""), now())
    except InvalidInput as problem:
        return _partners([{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã thu hồi đối tác: không gửi, không nhận gì của họ nữa."), "ok")
    return redirect(url_for(".partners"))


@blueprint.post("/doi-tac/<partner_id>/dia-chi")
@needs(Action.EXCHANGE_MANAGE, step_up=True)
def address(partner_id: str) -> Page:
    """Writes where a partner's server is reached."""
    try:
        with work() as uow:
            exchange_partners.set_address(uow, principal(), partner_id, request.form.get("address", ""), now())
    except InvalidInput as problem:
        return _partners([{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã ghi địa chỉ."), "ok")
    return redirect(url_for(".partners"))
