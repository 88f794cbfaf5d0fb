"""Requests of the persons records are about: the register, one request with its days, its extract on paper."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain import catalogue
from oms.domain.access import Action
from oms.domain.record_items import ITEMS, SECTION_LABELS
from oms.domain.subject_requests import REQUEST_KIND_LABELS, REQUEST_STATE_LABELS, RequestKind
from oms.errors import InvalidInput
from oms.services import case_follow, secret_copies, sheets
from oms.services import subject_requests as service
from oms.services.subject_requests import Asked, Extract, Said
from oms.web.change_pages import Errors, blueprint, today, told
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.leaving import leaving_of
from oms.web.paging import asked_page
from oms.web.records import secrecy_of
from oms.web.words import Words
from vietnamese.dates import parse_date

REQUEST_KINDS = Words(REQUEST_KIND_LABELS)
REQUEST_STATES = Words(REQUEST_STATE_LABELS)
Answer = str | Response | tuple[str, int]


@blueprint.get("/yeu-cau-can-bo")
@needs(Action.SUBJECT_MANAGE)
def requests() -> str:
    """The register: what is still to be done, most urgent first; or what is over."""
    return _register({}, [])


def _register(values: dict[str, str], errors: Errors) -> str:
    running, paging = request.args.get("the", "") != "da-dong", asked_page()
    with work() as uow:
        rows, total, late = service.list_requests(uow, principal(), running, paging.size, paging.offset, now())
    return render_template(
        "changes/requests.html",
        rows=rows,
        total=total,
        late=late,
        running=running,
        paging=paging,
        values=values,
        errors=errors,
        request_kinds=REQUEST_KINDS,
        request_states=REQUEST_STATES,
        today=today(),
        page_secrecy=secrecy_of(*(each.row.dossier.secrecy for each in rows)),
    )


def day_of(text: str) -> date | None:
    """A whole day as typed, or None."""
    found = parse_date(text) if text.strip() else None
    return date.fromisoformat(found.iso()) if found and len(found.iso()) == 10 else None


@blueprint.post("/yeu-cau-can-bo")
@needs(Action.SUBJECT_MANAGE)
def ask() -> Answer:
    """Enters a request; its days are counted at once."""
    names = ("dossier_number", "kind", "number", "received_on", "words")
    values = {name: request.form.get(name, "") for name in names}
    asked = Asked(**(values | {"received_on": day_of(values["received_on"])}))  # type: ignore[arg-type]
    try:
        with work() as uow:
            made = service.ask(uow, principal(), asked, now())
    except InvalidInput as problem:
        return _register(values, told(problem)), 400
    flash(_("Đã vào sổ yêu cầu số %(number)s.", number=made.number), "ok")
    return redirect(url_for("changes.subject_request", request_id=made.id))


@blueprint.get("/yeu-cau-can-bo/<request_id>")
@needs(Action.SUBJECT_MANAGE)
def subject_request(request_id: str) -> str:
    """One request with what is left of its days."""
    return _page(request_id, {}, [])


def _page(request_id: str, values: dict[str, str], errors: Errors) -> str:
    with work() as uow:
        view = service.show(uow, principal(), request_id, now())
        line = case_follow.line(uow, principal(), "request", request_id, now())
    return render_template(
        "changes/request.html",
        line=line,
        view=view,
        row=view.row,
        asked=view.row.request,
        values=values,
        errors=errors,
        request_kinds=REQUEST_KINDS,
        request_states=REQUEST_STATES,
        page_secrecy=secrecy_of(view.row.dossier.secrecy),
    )


@blueprint.post("/yeu-cau-can-bo/<request_id>/tra-loi")
@needs(Action.SUBJECT_MANAGE)
def answer_request(request_id: str) -> Answer:
    """Notes a reply, the extension, that it is done, or a refusal."""
    values = {name: request.form.get(name, "") for name in ("act", "words", "legal_basis")}
    try:
        with work() as uow:
            service.answer(uow, principal(), request_id, Said(**values), now())
    except InvalidInput as problem:
        return _page(request_id, values, told(problem)), 400
    flash(_("Đã ghi vào sổ."), "ok")
    return redirect(url_for("changes.subject_request", request_id=request_id))


@blueprint.post("/yeu-cau-can-bo/<request_id>/dinh-chinh")
@needs(Action.SUBJECT_MANAGE)
def correct(request_id: str) -> Answer:
    """Makes a change of the record from a request for correction."""
    try:
        with work() as uow:
            change_id = service.correct(uow, principal(), request_id, now())
    except InvalidInput as problem:
        return _page(request_id, {}, told(problem)), 400
    return redirect(url_for("changes.change", change_id=change_id))


@blueprint.post("/yeu-cau-can-bo/<request_id>/ban-trich.pdf")
@needs(Action.SUBJECT_MANAGE, step_up=True)
def extract(request_id: str) -> Answer:
    """What is given to the person: the extract of their record, or who has seen it; a PDF."""
    try:
        with work() as uow:
            kind = service.show(uow, principal(), request_id, now()).row.request.kind
            if kind == RequestKind.VIEWERS:
                sights = service.viewers(uow, principal(), request_id, now())
            else:
                given = service.extract(uow, principal(), request_id, now(), leaving_of(request.form))
    except InvalidInput as problem:
        return _page(request_id, {}, told(problem)), 400
    entered = None if kind == RequestKind.VIEWERS else given.entered
    if kind == RequestKind.VIEWERS:
        html = render_template(
            "changes/viewers_print.html", given=sights, row=sights.view.row, at=now(), vietnamese=catalogue
        )
    else:
        html = render_template(
            "changes/extract_print.html", given=given, row=given.view.row, sections=_sections(given), at=now()
        )
    headers = {"Content-Disposition": f'attachment; filename="{kind}-{request_id[:8]}.pdf"'}
    data = secret_copies.marked(sheets.pdf(html), entered, "pdf")
    return Response(data, mimetype="application/pdf", headers=headers)


def _sections(given: Extract) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """The facts as lines of their items, by the sections of the record, in the order it is read in."""
    lines: dict[str, list[str]] = {}
    for fact in given.facts:
        lines.setdefault(fact.item.key, []).append(fact.text)
    found = []
    for section, label in SECTION_LABELS.items():
        items = [
            (item.label, lines[item.key]) for item in ITEMS.values() if item.section == section and item.key in lines
        ]
        if items:
            found.append((label, items))
    return found
