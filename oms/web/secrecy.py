"""Levels in the pages: one paper's or dossier's level with its history, what is due, papers that are not digitised."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain import secrecy as words
from oms.domain.access import Action
from oms.domain.catalogue import COMPARTMENTS, SECRECY_LABELS
from oms.errors import InvalidInput
from oms.services import classifying, declassifying, secret_stubs
from oms.services.classifying import Lowering, NewLevel
from oms.services.secret_stubs import NewStub
from oms.web.context import house, now, principal, work
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.records import secrecy_of
from oms.web.typed import whole_number
from oms.web.words import Words

blueprint = Blueprint("secrecy", __name__)

Page = str | Response | tuple[str | Response, int]
ACTS, STANDINGS = Words(words.ACT_LABELS), Words(words.STANDING_LABELS)
KINDS = {"late": "refused", "ended": "refused", "due": "doubt", "no_basis": "doubt"}
_LEVEL = ("compartment", "basis_code", "basis", "decided_on", "decided_by", "expires_on", "reason")
_STUB = ("number", "issued_on", "issuer", "title", "compartment", "pages", "place", "received_on", "dossier_no")


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    """The words of levels' acts and standings, and the letters of registers."""
    return {
        "secrecy_acts": ACTS,
        "secrecy_standings": STANDINGS,
        "secrecy_kinds": KINDS,
        "secrecy_symbols": words.SYMBOLS,
    }


def _address(kind: str, object_id: str) -> str:
    if kind == "document":
        return url_for("secrecy.document", document_id=object_id)
    return url_for("secrecy.dossier", dossier_id=object_id)


def _level_page(kind: str, object_id: str, errors: list[dict[str, str]], act: str = "") -> str:
    with work() as uow:
        view = classifying.read(uow, principal(), kind, object_id, now())
    held = principal().compartments
    return render_template(
        "secrecy/level.html",
        view=view,
        secret=view.secret,
        typed=request.form,
        act=act,
        # the summary leads to the first form's fields; the others tell beside their own
        errors=errors if act == "set" else [{"field": "", "text": error["text"]} for error in errors],
        problems={error["field"]: error["text"] for error in errors},
        levels=[(level, SECRECY_LABELS[level]) for level in SECRECY_LABELS if level <= principal().clearance],
        compartments=[(code, label) for code, label in COMPARTMENTS.items() if code in held],
        here=_address(kind, object_id),
        page_secrecy=secrecy_of(view.secret.level, view.secret.dossier.secrecy),
    )


def _decide(kind: str, object_id: str) -> Page:
    """Gives or raises, extends, or asks for a lower level, as the form says."""
    form, act = request.form, request.form.get("act", "")
    typed = {name: form.get(name, "") for name in _LEVEL}
    level = whole_number(form.get("level", ""))
    try:
        with work() as uow:
            if act == "lower":
                wanted = Lowering(
                    kind, object_id, -1 if level is None else level, typed["compartment"], typed["reason"]
                )
                declassifying.ask(uow, principal(), wanted, now())
                done = _("Đã gửi đề nghị giải mật; độ mật chỉ hạ khi người thứ hai của đơn vị khác duyệt.")
            elif act == "extend":
                classifying.extend(uow, principal(), kind, object_id, NewLevel(0, **typed), now())
                done = _("Đã ghi gia hạn bảo vệ.")
            else:
                new = NewLevel(-1 if level is None else level, **typed)
                classifying.classify(uow, principal(), kind, object_id, new, now())
                done = _("Đã ghi độ mật cùng căn cứ và thời hạn bảo vệ.")
    except InvalidInput as problem:
        return _level_page(kind, object_id, [{"field": problem.field, "text": problem.message_vi}], act), 400
    flash(done, "ok")
    return redirect(_address(kind, object_id))


@blueprint.get("/tai-lieu/<document_id>/do-mat")
@needs(Action.SECRECY_CLASSIFY)
def document(document_id: str) -> str:
    """The level of a filed paper."""
    return _level_page("document", document_id, [])


@blueprint.post("/tai-lieu/<document_id>/do-mat")
@needs(Action.SECRECY_CLASSIFY)
def document_decide(document_id: str) -> Page:
    """An act on the level of a filed paper."""
    return _decide("document", document_id)


@blueprint.get("/ho-so/<dossier_id>/do-mat")
@needs(Action.SECRECY_CLASSIFY)
def dossier(dossier_id: str) -> str:
    """The level of a dossier."""
    return _level_page("dossier", dossier_id, [])


@blueprint.post("/ho-so/<dossier_id>/do-mat")
@needs(Action.SECRECY_CLASSIFY)
def dossier_decide(dossier_id: str) -> Page:
    """An act on the level of a dossier."""
    return _decide("dossier", dossier_id)


@blueprint.get("/do-mat")
@needs(Action.SECRECY_CLASSIFY)
def due() -> str:
    """What waits for a decision: protection that ends, has ended, or a level without a basis."""
    paging = asked_page()
    with work() as uow:
        rows, total = classifying.due(uow, principal(), paging.size, paging.offset, now())
    levels = [level for row in rows for level in (row.secret.level, row.secret.dossier.secrecy)]
    return render_template("secrecy/due.html", rows=rows, total=total, paging=paging, page_secrecy=secrecy_of(*levels))


def _stubs_page(errors: list[dict[str, str]]) -> str:
    paging = asked_page()
    with work() as uow:
        rows, total = secret_stubs.listing(uow, principal(), paging.size, paging.offset, now())
        units = secret_stubs.units_to_enter(uow, principal(), now())
    return render_template(
        "secrecy/stubs.html",
        rows=rows,
        total=total,
        paging=paging,
        units=[(unit.id, unit.name) for unit in units],
        typed=request.form,
        errors=errors,
        problems={error["field"]: error["text"] for error in errors},
        levels=[(level, SECRECY_LABELS[level]) for level in SECRECY_LABELS if 0 < level <= principal().clearance],
        compartments=[(code, label) for code, label in COMPARTMENTS.items() if code in principal().compartments],
        isolated=words.may_hold(house().settings.zone, 1),
        page_secrecy=secrecy_of(*(row.stub.secrecy for row in rows)),
    )


@blueprint.get("/do-mat/so-dang-ky")
@needs(Action.SECRECY_REGISTER)
def stubs() -> str:
    """The register of papers that are not digitised."""
    return _stubs_page([])


@blueprint.post("/do-mat/so-dang-ky")
@needs(Action.SECRECY_REGISTER)
def stub_enter() -> Page:
    """Registers a paper."""
    form = request.form
    unit_id, level = whole_number(form.get("unit_id", "")), whole_number(form.get("level", ""))
    try:
        if unit_id is None:
            raise InvalidInput("unit_id", _("Hãy chọn đơn vị vào sổ."))
        if level is None:
            raise InvalidInput("level", _("Hãy chọn độ mật ghi trên văn bản."))
        new = NewStub(unit_id=unit_id, level=level, **{name: form.get(name, "") for name in _STUB})
        with work() as uow:
            row = secret_stubs.enter(uow, principal(), new, now())
    except InvalidInput as problem:
        return _stubs_page([{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã vào sổ, số %(entry)s/%(year)s.", entry=row.entry, year=row.year), "ok")
    return redirect(url_for("secrecy.stubs"))
