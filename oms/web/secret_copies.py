"""The register of copies of state secrets in the pages, and what every form asks before copies of a secret leave."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.secrecy import COPY_ACTS, COPY_ENDS
from oms.errors import InvalidInput
from oms.services import secret_copies as service
from oms.services.secret_copies import Ended
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.keeping_ground import SHEET, file_answer
from oms.web.paging import asked_page
from oms.web.records import secrecy_of
from oms.web.words import Words

blueprint = Blueprint("secret_copies", __name__)

Page = str | Response | tuple[str | Response, int]
ENDS, ACTS = Words(COPY_ENDS), Words(COPY_ACTS)


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"copy_acts": ACTS, "copy_ends": ENDS, "recipients_of": service.recipients_of}


def _page(errors: list[dict[str, str]], copy_id: str = "") -> str:
    paging = asked_page()
    with work() as uow:
        rows, total, names = service.listing(uow, principal(), None, paging.size, paging.offset, now())
    return render_template(
        "secrecy/copies.html",
        rows=rows,
        total=total,
        names=names,
        paging=paging,
        wrong=copy_id,
        typed=request.form,
        errors=errors,
        problems={error["field"]: error["text"] for error in errors},
        year=now().year,
        page_secrecy=secrecy_of(*(row.copy.secrecy for row in rows)),
    )


@blueprint.get("/do-mat/so-sao-chup")
@needs(Action.SECRECY_REGISTER)
def copies() -> str:
    """The register: every copy with its number, who permitted and made it, who has it, what became of it."""
    return _page([])


@blueprint.post("/do-mat/so-sao-chup/<copy_id>/ket-thuc")
@needs(Action.SECRECY_REGISTER)
def end(copy_id: str) -> Page:
    """Writes down that a copy came back or was destroyed."""
    form = request.form
    said = Ended(*(form.get(name, "") for name in ("number", "what", "on", "minutes_no")))
    try:
        with work() as uow:
            service.end(uow, principal(), copy_id, said, now())
    except InvalidInput as problem:
        return _page([{"field": problem.field, "text": problem.message_vi}], copy_id), 400
    flash(_("Đã ghi vào sổ sao, chụp."), "ok")
    return redirect(url_for("secret_copies.copies"))


@blueprint.post("/do-mat/so-sao-chup/in")
@needs(Action.SECRECY_REGISTER)
def sheet() -> Page:
    """The register of a year as an Excel file, for printing and signing."""
    typed = request.form.get("year", "")
    year = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) == 4 else now().year
    with work() as uow:
        data = service.sheet(uow, principal(), year, now())
    return file_answer(data, SHEET, f"so-sao-chup-{year}.xlsx")
