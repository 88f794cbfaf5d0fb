"""Where the journal is kept outside: the page of anchors, sheets, and the door for witness programs."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from oms.domain.access import Action
from oms.domain.checkpoints import note_body
from oms.errors import InvalidInput, Refused
from oms.services import anchor_sheet, anchors
from oms.web.context import house, now, principal, work
from oms.web.frame import count
from oms.web.guard import needs
from oms.web.typed import whole_number
from oms.web.words import Words

blueprint = Blueprint("anchors", __name__)
KINDS = Words(
    {
        "folder": "Thư mục ở phương tiện khác",
        "sheet": "Tờ giấy trong sổ niêm phong",
        "witness": "Máy chứng kiến",
        "demonstration": "Thư mục của bản trình diễn (không phải bên ngoài)",
    }
)


def _page(errors: list[dict[str, str]], lines: str = "", number: str = "") -> str:
    who, at = principal(), now()
    with house().work(who, at) as uow:
        found = anchors.page(uow, house(), who, at)
    shown = note_body(found.head.size, found.head.root) if found.head else ""
    return render_template(
        "anchors/page.html", found=found, kinds=KINDS, shown=shown, errors=errors, lines=lines, number=number
    )


@blueprint.get("/nhat-ky/chung-kien")
@needs(Action.JOURNAL_READ)
def page() -> str:
    """Anchors, sheets and witnesses."""
    return _page([])


@blueprint.post("/nhat-ky/chung-kien/to-giay")
@needs(Action.JOURNAL_READ)
def sheet() -> Response:
    """The next sheet of the register, as PDF."""
    at = now()
    with work() as uow:
        made, head = anchors.sheet(uow, principal(), at)
    data = anchor_sheet.pdf(made.number, head, at)
    name = f"to-niem-phong-{made.number}.pdf"
    return Response(data, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@blueprint.post("/nhat-ky/chung-kien/doi-chieu")
@needs(Action.JOURNAL_READ)
def typed_back() -> Answer | tuple[str, int]:
    """Checks the three lines of a signed sheet."""
    lines, number = request.form.get("lines", "")[:500], request.form.get("number", "")[:10]
    try:
        size = anchors.typed_back(house(), principal(), lines, whole_number(number) or 0, now())
    except InvalidInput as problem:
        return _page([{"field": problem.field, "text": problem.message_vi}], lines, number), 400
    text = _("Ba dòng khớp: nhật ký đến dòng %(size)s được tờ số %(number)s giữ lại.", size=count(size), number=number)
    flash(text, "ok")
    return redirect(url_for("anchors.page"))


def _require_token() -> None:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not anchors.may_witness(house(), given):
        abort(404)


@blueprint.get("/witness/checkpoint")
def head() -> Response:
    """For a witness program: the newest head, and the proof that it grew out of the one it saw (``old``)."""
    _require_token()
    try:
        with house().look() as uow:
            note, steps = anchors.proof(uow, whole_number(request.args.get("old", "0")) or 0)
    except InvalidInput:
        abort(409)
    return Response("".join(f"{step}\n" for step in steps) + "\n" + note, mimetype="text/plain")


@blueprint.post("/witness/cosignature")
def cosignature() -> Response:
    """For a witness program: its cosignature comes back as an anchor."""
    _require_token()
    try:
        size = anchors.cosigned(house(), request.get_data(as_text=True)[:10_000], now())
    except (InvalidInput, Refused):
        abort(400)
    return Response(f"{size}\n", mimetype="text/plain")
