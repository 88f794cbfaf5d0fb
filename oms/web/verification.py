"""The verification desk: page beside words, corrected and filed by a person; every step can be taken back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import jsonify, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.records import DocumentState
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import archival, custody, desk, desk_queue
from oms.services.house import UnitOfWork
from oms.services.units import holding_units
from oms.web import desk_fields, desk_view
from oms.web.batches import blueprint, wants_json
from oms.web.context import now, principal, sent_with, work
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.typed import whole_number
from oms.web.words import COMPARTMENTS, SECRECY_LABELS

STATES = {"cho-duyet": DocumentState.PROPOSED, "de-rieng": DocumentState.ORPHAN}
FOUND = 10
Page = str | Response | tuple[str, int] | tuple[Response, int]


@dataclass(frozen=True)
class Trouble:
    """Why the desk is drawn again with what was typed: errors by field, or somebody else's change."""

    errors: Mapping[str, str] = field(default_factory=dict)
    conflict: bool = False
    status: int = 400


def say(text: str, undo_id: str = "", kind: str = "ok") -> None:
    """Said on the next page, with a button that takes it back; never a name, the cookie is only signed."""
    session["desk_news"] = {"text": text, "undo_id": undo_id, "kind": kind}


@blueprint.get("/ban-duyet")
@needs(Action.DESK_WORK)
def queue() -> str:
    """The papers that wait, in two parts: proposed by the machine, and set aside as unclear."""
    asked, batch_id = request.args.get("trang_thai", ""), request.args.get("dot", "")[:32]
    state = STATES.get(asked) or (DocumentState.ORPHAN if asked == DocumentState.ORPHAN else DocumentState.PROPOSED)
    paging = asked_page()
    with work() as uow:
        rows, total = desk.queue(uow, principal(), state, batch_id, paging.size, paging.offset, now())
        counts = desk_queue.counts(uow, principal(), batch_id)
    level = max((row.document.secrecy for row in rows), default=0)
    return render_template(
        "scanning/queue.html",
        rows=rows,
        total=total,
        paging=paging,
        counts=counts,
        asked=next(name for name, value in STATES.items() if value == state),
        batch_id=batch_id,
        page_secrecy={"level": level, "label": SECRECY_LABELS[level]},
        news=session.pop("desk_news", None),
    )


def desk_page(document_id: str, trouble: Trouble | None = None) -> str:
    typed = desk_view.typed_values() if trouble and "type_code" in request.form else None
    picked = sent_with().get("dossier_id" if trouble else "ho_so", "")[:32]
    with work() as uow:
        view = desk.open_document(uow, principal(), document_id, now(), picked)
        units = holding_units(uow, principal(), now().date())
        origin = archival.about(uow, view.document, [item.page for item in view.pages])
    errors = trouble.errors if trouble else {}
    sent = desk_fields.typed() if typed else None
    chosen = desk_view.chosen_id(view)
    values = desk_fields.values_of(view, sent, desk_fields.record_of(view, chosen), errors)
    clearance, compartments = int(principal().clearance), principal().compartments
    return render_template(
        "scanning/desk.html",
        view=view,
        fields=desk_view.form_fields(view, typed, errors, sent.seen if sent else frozenset()),
        persons=desk_view.persons(view),
        chosen_id=chosen,
        values=values,
        at=_asked_place(len(view.pages)),
        marks=[desk_view.page_mark(item) for item in view.pages],
        data=desk_view.script_data(view),
        blank=bool(view.pages) and all(item.page.blank for item in view.pages),
        spare=bool(view.pages) and all(item.page.blank or item.page.duplicate_of for item in view.pages),
        types=desk_view.type_options(),
        levels=[(level, label) for level, label in SECRECY_LABELS.items() if level <= clearance],
        own_compartments=[(code, label) for code, label in COMPARTMENTS.items() if code in compartments],
        units=units,
        dirty="1" if typed else "0",
        conflict=bool(trouble and trouble.conflict),
        note_error=errors.get("note"),
        errors=[{"field": name, "text": text} for name, text in errors.items()],
        page_secrecy=desk_view.highest(view),
        origin=origin,
        news=session.pop("desk_news", None),
    )


def _asked_place(pages: int) -> int:
    """Which page to show first, from 0: the one a step was taken on."""
    return min(max((whole_number(request.args.get("trang", "")) or 1) - 1, 0), max(pages - 1, 0))


@blueprint.get("/ban-duyet/<document_id>")
@needs(Action.DESK_WORK)
def document(document_id: str) -> str:
    """One paper at the desk."""
    return desk_page(document_id)


def overtaken(document_id: str) -> Page:
    """Somebody was quicker: the desk again with both versions, or, when the paper is filed, what was typed."""
    try:
        return desk_page(document_id, Trouble(conflict=True, status=409)), 409
    except Refused:
        return render_template(
            "scanning/overtaken.html", typed=desk_view.typed_values(), values=desk_fields.typed().values
        ), 409


def asked_version() -> int:
    version = whole_number(request.form.get("version", ""))
    if version is None:
        raise Conflict
    return version


def keep_typed(uow: UnitOfWork, document_id: str) -> int:
    """Saves what was typed before another step on the same paper; returns the version to go on with."""
    version = asked_version()
    if request.form.get("dirty") == "0":
        return version
    edit = desk_view.edit_of(desk_view.typed_values())
    return desk.save(uow, principal(), document_id, version, edit, now(), desk_fields.typed()).version


def _after(uow: UnitOfWork, batch_id: str, *candidates: str) -> str:
    """Where to go on: the next paper of the batch, else the queue."""
    following = desk_queue.next_of(uow, principal(), batch_id, candidates)
    return url_for(".document", document_id=following) if following else url_for(".queue")


@blueprint.post("/ban-duyet/<document_id>/luu")
@needs(Action.DESK_WORK)
def save(document_id: str) -> Page:
    """Keeps the corrections without filing; goes on to the paper named in ``go_to`` if there is one."""
    try:
        with work() as uow:
            keep_typed(uow, document_id)
    except InvalidInput as problem:
        return desk_page(document_id, Trouble({problem.field: problem.message_vi})), 400
    except Conflict:
        return overtaken(document_id)
    wanted = request.form.get("go_to", "")
    if wanted.isalnum() and wanted != document_id:
        return redirect(url_for(".document", document_id=wanted))
    say(_("Đã lưu, chưa vào hồ sơ."), document_id)
    picked = request.form.get("dossier_id") or None
    return redirect(url_for(".document", document_id=document_id, ho_so=picked))


@blueprint.post("/ban-duyet/<document_id>/vao-ho-so")
@needs(Action.DOCUMENT_FILE)
def file(document_id: str) -> Page:
    """Files the paper into the chosen dossier and goes on to the next."""
    dossier_id = request.form.get("dossier_id", "")
    try:
        if not dossier_id:
            raise InvalidInput("dossier_id", _("Hãy chọn hồ sơ của một người trước khi đưa tài liệu vào hồ sơ."))
        edit = desk_view.edit_of(desk_view.typed_values())
        with work() as uow:
            sent = desk_fields.typed()
            filed = desk.file(uow, principal(), document_id, asked_version(), dossier_id, edit, now(), sent)
            target = _after(uow, request.form.get("batch_id", "")[:32], request.form.get("next_id", ""))
    except InvalidInput as problem:
        return desk_page(document_id, Trouble({problem.field: problem.message_vi})), 400
    except Conflict:
        return overtaken(document_id)
    say(_("Đã vào hồ sơ, mục số %(serial)s.", serial=custody.label_of(filed)), document_id)
    return redirect(target)


@blueprint.post("/ban-duyet/<document_id>/de-rieng")
@needs(Action.DESK_WORK)
def aside(document_id: str) -> Page:
    """Sets an unclear paper aside with a reason, or marks blank and repeated sheets as not to be filed."""
    which = request.form.get("discard", "")
    discard = which in ("1", "repeated")
    said = _("Trang trùng, đã quét rồi.") if which == "repeated" else _("Trang trắng, không có nội dung.")
    reason = said if discard else request.form.get("note", "")
    try:
        with work() as uow:
            version = asked_version() if discard else keep_typed(uow, document_id)
            desk.set_aside(uow, principal(), document_id, version, reason, discard, now())
            target = _after(uow, request.form.get("batch_id", "")[:32], request.form.get("next_id", ""))
    except InvalidInput as problem:
        return desk_page(document_id, Trouble({problem.field: problem.message_vi})), 400
    except Conflict:
        return overtaken(document_id)
    done = _("Đã bỏ trang trùng.") if which == "repeated" else _("Đã bỏ trang trắng.")
    say(done if discard else _("Đã để riêng kèm lý do."), document_id)
    return redirect(target)


@blueprint.post("/ban-duyet/<document_id>/hoan-tac")
@needs(Action.DESK_WORK)
def undo(document_id: str) -> Response:
    """Takes back one's own last step on the paper and shows it again."""
    try:
        with work() as uow:
            paper = desk.undo(uow, principal(), document_id, now())
    except InvalidInput as problem:
        say(problem.message_vi, kind="doubt")
        return redirect(request.form.get("back", "") if _is_desk(request.form.get("back", "")) else url_for(".queue"))
    say(_("Đã hoàn tác bước vừa rồi."))
    if paper.state not in desk_queue.OPEN_STATES:
        return redirect(url_for(".queue"))
    return redirect(url_for(".document", document_id=paper.id))


def _is_desk(address: str) -> bool:
    """Whether an address sent along leads back to a paper on the desk, and nowhere else."""
    return re.fullmatch(r"/ban-duyet/[0-9a-f]{32}", address) is not None


@blueprint.post("/ban-duyet/<document_id>/tach")
@needs(Action.DESK_WORK)
def split(document_id: str) -> Page:
    """Cuts the paper in two before a page; the second part opens at once."""
    position = request.form.get("position", "")
    try:
        with work() as uow:
            version = keep_typed(uow, document_id)
            rest = desk.split(uow, principal(), document_id, version, whole_number(position) or 0, now())
    except InvalidInput as problem:
        return desk_page(document_id, Trouble({problem.field: problem.message_vi})), 400
    except Conflict:
        return overtaken(document_id)
    say(_("Đã tách. Đây là phần sau."), rest.id)
    return redirect(url_for(".document", document_id=rest.id))


@blueprint.post("/ban-duyet/<document_id>/ghep")
@needs(Action.DESK_WORK)
def join(document_id: str) -> Page:
    """Puts the pages behind those of the paper before it in the same file."""
    try:
        with work() as uow:
            before = desk.join_previous(uow, principal(), document_id, asked_version(), now())
    except InvalidInput as problem:
        return desk_page(document_id, Trouble({problem.field: problem.message_vi})), 400
    except Conflict:
        return overtaken(document_id)
    say(_("Đã ghép vào tài liệu này."), before.id)
    return redirect(url_for(".document", document_id=before.id))


@blueprint.get("/ban-duyet/trang/<page_id>.jpg")
@needs(Action.DESK_WORK)
def page_image(page_id: str) -> Response:
    """A page's image; its journal row is durable before the first byte leaves."""
    with work() as uow:
        image = desk.page_image(uow, principal(), page_id, now())
    return Response(image, mimetype="image/jpeg")


def _encodable(text: str) -> bool:
    """False for half a character (a lone surrogate, which JSON can carry and no file can keep)."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


@blueprint.post("/ban-duyet/trang/<page_id>/tu")
@needs(Action.DESK_WORK)
def word(page_id: str) -> Response:
    """Keeps one corrected word; empty text goes back to the machine's."""
    sent: Any = request.get_json(silent=True) or request.form
    index, text = (sent.get("word"), sent.get("text")) if isinstance(sent, Mapping) else (None, None)
    if isinstance(index, str):
        index = whole_number(index)
    if not isinstance(index, int) or isinstance(index, bool) or not isinstance(text, str) or not _encodable(text):
        raise InvalidInput("word", _("Yêu cầu sửa từ không đúng dạng nên chưa được ghi."))
    with work() as uow:
        kept = desk.correct_word(uow, principal(), page_id, index, text, now())
    return jsonify(ok=True, text=kept.text, corrected=kept.corrected, suspect=kept.suspect)


@blueprint.get("/ban-duyet/tim-ho-so")
@needs(Action.CADRE_LIST)
def find_dossier() -> Response:
    """The first dossiers whose name matches, among those the clerk may list."""
    asked = request.args.get("q", "")[:100]
    if len(asked.strip()) < 2:
        return jsonify(ok=True, total=0, found=[])
    with work() as uow:
        rows, total = custody.list_dossiers(uow, principal(), asked, "", "", FOUND, 0, now())
    return jsonify(ok=True, total=total, found=[desk_view.dossier_json(row) for row in rows])


def _new_cadre() -> custody.NewCadre:
    form = request.form
    level = whole_number(form.get("new_secrecy", "0"))
    return custody.NewCadre(
        full_name=form.get("full_name", ""),
        unit_id=whole_number(form.get("unit_id", "")) or 0,
        number=form.get("dossier_number", ""),
        birth_date=form.get("birth_date", ""),
        sex=form.get("sex", ""),
        citizen_id=form.get("citizen_id", ""),
        old_id=form.get("old_id", ""),
        secrecy=-1 if level is None else level,
        confirmed=form.get("confirm_duplicate") == "1",
    )


@blueprint.post("/ban-duyet/<document_id>/can-bo-moi")
@needs(Action.CADRE_CREATE)
def new_cadre(document_id: str) -> Page:
    """Registers a cadre with a first dossier and comes back to the paper with it chosen."""
    with work() as uow:
        try:
            desk.require_open(uow, principal(), document_id)
            row = custody.create_cadre(uow, principal(), _new_cadre(), now())
        except InvalidInput as caught:  # inside: the row that tells which namesakes are shown has to be kept
            problem: InvalidInput | None = caught
        else:
            problem = None
    if problem is not None:
        if wants_json():
            return jsonify(ok=False, field=problem.field, message=problem.message_vi), 400
        return desk_page(document_id, Trouble({problem.field: problem.message_vi})), 400
    if wants_json():
        return jsonify(ok=True, dossier=desk_view.dossier_json(row))
    return redirect(url_for(".document", document_id=document_id, ho_so=row.dossier.id))
