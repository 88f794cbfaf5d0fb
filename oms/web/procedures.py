"""The catalogue of procedures: browsed, proposed on, edited as a draft, published, taken out and in as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from oms.domain.access import Action
from oms.domain.procedures import (
    DAY_KIND_LABELS,
    KIND_LABELS,
    MOST_PAPERS,
    MOST_STEPS,
    PART_LABELS,
    PROPOSAL_LABELS,
    STAGE_LABELS,
    UNIT_LABELS,
    DayKind,
    Kind,
    Paper,
    Procedure,
    Stage,
    Step,
)
from oms.errors import Conflict, InvalidInput
from oms.services import procedure_files, procedure_proposals, procedures
from oms.services.case_lists import OF_DESKS
from oms.services.procedure_proposals import Said
from oms.web import words as catalogue
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.typed import typed_day, whole_number

blueprint = Blueprint("procedures", __name__)

STAGES, KINDS = catalogue.Words(STAGE_LABELS), catalogue.Words(KIND_LABELS)
DAYS, DOERS = catalogue.Words(DAY_KIND_LABELS), catalogue.Words(UNIT_LABELS)
PARTS, STATES = catalogue.Words(PART_LABELS), catalogue.Words(PROPOSAL_LABELS)
_MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
Page = str | Answer | tuple[str, int]


def _shared() -> dict[str, Any]:
    return {"stages": STAGES, "kinds": KINDS, "day_kinds": DAYS, "doers": DOERS, "parts": PARTS, "states": STATES}


@blueprint.get("/thu-tuc")
@needs(Action.PROCEDURE_VIEW)
def index() -> str:
    """What is in force today, narrowed by field, kind and words."""
    words, field = request.args.get("tim", "").strip()[:100], request.args.get("linh-vuc", "")[:60]
    kind = request.args.get("loai", "")
    with work() as uow:
        fields = procedures.fields_of(uow, now())
        every = procedures.index(uow, principal(), "", "", "", now())
        found = procedures.narrowed(every, words, field, kind if kind in KINDS else "")
        waiting = procedure_proposals.waiting(uow, principal(), now())
    return render_template(
        "procedures/index.html",
        rows=found,
        fields=fields,
        by_field={code: sum(line.version.field == code for line in every) for code in fields},
        counts=procedures.counted(every),
        waiting=waiting,
        words=words,
        field=field,
        kind=kind,
        **_shared(),
    )


@blueprint.get("/thu-tuc/<procedure_code>")
@needs(Action.PROCEDURE_VIEW)
def one(procedure_code: str) -> str:
    """One procedure: its attributes, steps, papers, forms, versions and what was proposed."""
    return _one(procedure_code, {}, [])


def _one(code: str, values: dict[str, str], errors: list[dict[str, str]]) -> str:
    with work() as uow:
        found = procedures.show(uow, principal(), code, request.args.get("ban", "")[:32], now())
        fields = procedures.fields_of(uow, now())
        names = procedures.names_of(uow, found)
    return render_template(
        "procedures/one.html",
        found=found,
        line=found.line,
        fields=fields,
        names=names,
        values=values,
        errors=errors,
        today=procedures.today(now()),
        of_desks=OF_DESKS,
        **_shared(),
    )


@blueprint.post("/thu-tuc/<procedure_code>/gop-y")
@needs(Action.PROCEDURE_VIEW)
def propose(procedure_code: str) -> Page:
    """Leaves a proposal for the owner."""
    values = {name: request.form.get(name, "") for name in ("part", "place", "text")}
    try:
        with work() as uow:
            procedure_proposals.propose(uow, principal(), procedure_code, Said(**values), now())
    except InvalidInput as problem:
        return _one(procedure_code, values, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã gửi góp ý. Đơn vị chủ trì sẽ trả lời; anh/chị nhận được thông báo."), "ok")
    return redirect(url_for("procedures.one", procedure_code=procedure_code) + "#gop-y")


@blueprint.post("/thu-tuc/gop-y/<proposal_id>")
@needs(Action.PROCEDURE_EDIT)
def answer(proposal_id: str) -> Page:
    """The owner's answer."""
    taken, words = request.form.get("tra-loi") == "tiep-thu", request.form.get("answer", "")
    code = request.form.get("code", "")[:60]
    try:
        with work() as uow:
            procedure_proposals.answer(uow, principal(), proposal_id, taken, words, now())
    except InvalidInput as problem:
        return _one(code, {"answering": proposal_id}, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã trả lời góp ý."), "ok")
    if taken:
        return redirect(url_for("procedures.edit", procedure_code=code))
    return redirect(url_for("procedures.one", procedure_code=code) + "#gop-y")


@blueprint.get("/thu-tuc/soan")
@needs(Action.PROCEDURE_EDIT)
def new() -> str:
    """An empty form for a new row of the catalogue."""
    blank = Procedure("", "", steps=(Step("b1", Stage.RECEIVE, STAGE_LABELS[Stage.RECEIVE]),))
    return _form(blank, 0, "", [], fresh=True)


@blueprint.get("/thu-tuc/<procedure_code>/soan")
@needs(Action.PROCEDURE_EDIT)
def edit(procedure_code: str) -> str:
    """The draft of the next version; where there is none, what is in force as its beginning."""
    with work() as uow:
        found = procedures.show(uow, principal(), procedure_code, "", now())
        procedures.require_keeper(uow, principal(), procedure_code)
    draft = found.draft
    start = procedures.read(draft) if draft else replace(found.line.procedure, valid_from=None, valid_to=None)
    return _form(start, draft.edition if draft else 0, draft.notes if draft else "", [])


def _form(procedure: Procedure, edition: int, notes: str, errors: list[dict[str, str]], *, fresh: bool = False) -> str:
    with work() as uow:
        fields, units = procedures.fields_of(uow, now()), procedures.units_for(uow, principal())
        wrong = procedures.wrong_with(uow, procedure, now()) if edition else []
        accepted = [] if fresh else procedures.accepted(uow, procedure.code)
    steps, papers = (_sent_steps(), _sent_papers()) if errors else (_steps(procedure), _papers(procedure))
    return render_template(
        "procedures/edit.html",
        procedure=procedure,
        steps=[*steps, *[None] * min(3, MOST_STEPS - len(steps))],
        papers=[*papers, *[None] * min(3, MOST_PAPERS - len(papers))],
        accepted=accepted,
        edition=edition,
        notes=notes,
        fresh=fresh,
        fields=fields,
        units=units,
        wrong=wrong,
        errors=errors,
        **_shared(),
    )


Row = dict[str, Any]


def _steps(procedure: Procedure) -> list[Row]:
    """The lines of the steps as the form shows them; ``place`` is that of what is told to be wrong."""
    return [asdict(step) | {"days": step.days or "", "place": n} for n, step in enumerate(procedure.steps)]


def _papers(procedure: Procedure) -> list[Row]:
    return [asdict(paper) | {"type": paper.type_code, "place": n} for n, paper in enumerate(procedure.papers)]


def _sent(kind: str, parts: Sequence[str], typed: Sequence[str], most: int) -> list[Row]:
    """Lines as they were sent, whatever stands in them; those in which nothing was typed are left out."""
    rows: list[Row] = []
    for line in range(most):
        row: Row = {part: " ".join(request.form.get(f"{kind}-{line}-{part}", "").split())[:300] for part in parts}
        if any(row[part] for part in typed):
            titled = sum(bool(each["title"]) for each in rows)
            rows.append(row | {"line": line, "place": titled if row["title"] else None})
    return rows


def _sent_steps() -> list[Row]:
    return _sent(
        "step", ("key", "title", "stage", "days", "unit", "next"), ("key", "title", "days", "next"), MOST_STEPS
    )


def _sent_papers() -> list[Row]:
    return _sent("paper", ("title", "type", "copies", "required"), ("title", "type"), MOST_PAPERS)


def _number(text: str, field: str, words: str, empty: int = 0) -> int:
    number = whole_number(text) if text else empty
    if number is None:
        raise InvalidInput(field, words)
    return number


def _read_numbers(form: Mapping[str, str]) -> None:
    """InvalidInput when something that is to be a number is none: it could not be kept as it was typed."""
    _number(form.get("days", "").strip(), "days", _("Thời hạn phải là một số ngày, ví dụ 10."))
    for row in _sent_steps():
        if row["title"]:
            n = row["place"]
            _number(row["days"], f"steps.{n}", _("Bước %(n)s: số ngày phải là một số, ví dụ 2.", n=n + 1))
    for row in _sent_papers():
        if row["title"]:
            n = row["place"]
            _number(row["copies"], f"papers.{n}", _("Giấy tờ %(n)s: số bản phải là một số, ví dụ 1.", n=n + 1))


def _step(row: Row) -> Step:
    days = whole_number(row["days"] or "0")
    return Step(
        (row["key"] or f"b{row['line'] + 1}")[:60],
        Stage(row["stage"]) if row["stage"] in STAGES else Stage.DRAFT,
        row["title"],
        -1 if days is None else days,
        row["unit"][:35] or "receiver",
        row["next"][:60],
    )


def _paper(row: Row) -> Paper:
    known = row["type"] if row["type"] in catalogue.DOCUMENT_TYPES else ""
    return Paper(row["title"], known, whole_number(row["copies"] or "1") or 0, row["required"] == "1")


def _typed(code: str) -> Procedure:
    """The procedure as the form holds it; lines without a title are left out."""
    form = request.form
    steps = [_step(row) for row in _sent_steps() if row["title"]]
    papers = [_paper(row) for row in _sent_papers() if row["title"]]
    kind, day_kind = form.get("kind", ""), form.get("day_kind", "")
    days = whole_number(form.get("days", "").strip() or "0")
    return Procedure(
        code=code,
        title=" ".join(form.get("title", "").split()),
        kind=Kind(kind) if kind in KINDS else Kind.PROCEDURE,
        field=form.get("field", "")[:60],
        owner=form.get("owner", "")[:35],
        subject=" ".join(form.get("subject", "").split())[:2000],
        manner=" ".join(form.get("manner", "").split())[:2000],
        days=-1 if days is None else days,
        day_kind=DayKind(day_kind) if day_kind in DAYS else DayKind.WORKING,
        steps=tuple(steps),
        papers=tuple(papers),
        forms=tuple(line for line in (" ".join(text.split()) for text in form.get("forms", "").splitlines()) if line),
        legal_basis=" ".join(form.get("legal_basis", "").split())[:2000],
        mark=form.get("mark", "")[:2],
    )


@blueprint.post("/thu-tuc/soan")
@needs(Action.PROCEDURE_EDIT)
def create() -> Page:
    """The draft of a new row of the catalogue."""
    code = request.form.get("code", "").strip()[:60]
    procedure = _typed(code)
    try:
        _read_numbers(request.form)
        with work() as uow:
            procedures.require_new(uow, code)
            procedures.save_draft(uow, principal(), procedure, 0, "", now())
    except InvalidInput as problem:
        errors = [{"field": problem.field, "text": problem.message_vi}]
        return _form(procedure, 0, "", errors, fresh=True), 400
    flash(_("Đã lưu bản soạn. Bản soạn chưa có hiệu lực cho đến khi ban hành."), "ok")
    return redirect(url_for("procedures.edit", procedure_code=code))


@blueprint.post("/thu-tuc/<procedure_code>/soan")
@needs(Action.PROCEDURE_EDIT)
def save(procedure_code: str) -> Page:
    """Writes the draft, and publishes it when asked; a draft may be unfinished."""
    edition = whole_number(request.form.get("edition", "")) or 0
    procedure, notes = _typed(procedure_code), request.form.get("notes", "")[:2000]
    try:
        if request.form.get("buoc") == "bo":
            with work() as uow:
                procedures.discard(uow, principal(), procedure_code, edition, now())
            return _after_saving(procedure_code)
        day = typed_day("valid_from")
        _read_numbers(request.form)
        with work() as uow:
            edition = procedures.save_draft(uow, principal(), procedure, edition, notes, now()).edition
        if request.form.get("buoc") == "ban-hanh":
            with work() as uow:
                procedures.publish(uow, principal(), procedure_code, edition, day, now())
    except InvalidInput as problem:
        return _form(procedure, edition, notes, [{"field": problem.field, "text": problem.message_vi}]), 400
    except Conflict as problem:  # what was typed stays on the page
        return _form(procedure, edition, notes, [{"field": "", "text": problem.message_vi}]), problem.status
    return _after_saving(procedure_code)


def _after_saving(code: str) -> Answer:
    step = request.form.get("buoc")
    if step == "bo":
        flash(_("Đã bỏ bản soạn."), "ok")
        with work() as uow:
            left = procedures.exists(uow, code)
        return redirect(url_for("procedures.one", procedure_code=code) if left else url_for("procedures.index"))
    if step == "ban-hanh":
        flash(_("Đã ban hành. Hồ sơ đang chạy giữ bản cũ."), "ok")
        return redirect(url_for("procedures.one", procedure_code=code))
    flash(_("Đã lưu bản soạn. Bản soạn chưa có hiệu lực cho đến khi ban hành."), "ok")
    return redirect(url_for("procedures.edit", procedure_code=code))


@blueprint.post("/thu-tuc/<procedure_code>/ket-thuc")
@needs(Action.PROCEDURE_EDIT)
def end(procedure_code: str) -> Page:
    """Ends a row of the catalogue after a day."""
    try:
        day = typed_day("valid_to") or procedures.today(now())
        with work() as uow:
            procedures.end(uow, principal(), procedure_code, day, now())
    except InvalidInput as problem:
        return _one(procedure_code, {}, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã ghi ngày hết hiệu lực. Hồ sơ đang chạy vẫn đi hết quy trình của bản này."), "ok")
    return redirect(url_for("procedures.one", procedure_code=procedure_code))


@blueprint.get("/thu-tuc/xuat/<name>")
@needs(Action.PROCEDURE_VIEW)
def export(name: str) -> Response:
    """The catalogue as a file."""
    with work() as uow:
        data, called = procedure_files.export(uow, principal(), name if name in _MEDIA else "xlsx", now())
    head = {"Content-Disposition": f'attachment; filename="{called}"'}
    return Response(data, mimetype=_MEDIA.get(name, _MEDIA["xlsx"]), headers=head)


@blueprint.get("/thu-tuc/nhap")
@needs(Action.PROCEDURE_EDIT)
def intake() -> str:
    """Where a file is chosen."""
    return render_template("procedures/intake.html", found=None, errors=[], values={})


@blueprint.post("/thu-tuc/nhap")
@needs(Action.PROCEDURE_EDIT)
def take_in() -> Page:
    """Tries a file, or takes it in: whole or not at all."""
    sent = request.files.get("file")
    values = {"valid_from": request.form.get("valid_from", "")}
    if sent is None or not sent.filename:
        errors = [{"field": "file", "text": _("Hãy chọn tệp.")}]
        return render_template("procedures/intake.html", found=None, errors=errors, values=values), 400
    data, name = sent.stream.read(procedure_files.MOST_BYTES + 1), sent.filename
    try:
        day = typed_day("valid_from")
        with work() as uow:
            if request.form.get("buoc") == "ghi":
                found = procedure_files.take(uow, principal(), data, name, day, now())
                taken = len(found.new) + len(found.changed)
                flash(_("Đã ban hành %(n)s thủ tục từ tệp.", n=taken), "ok")
                return redirect(url_for("procedures.index"))
            found = procedure_files.preview(uow, principal(), data, name, now())
    except InvalidInput as problem:
        errors = [{"field": problem.field, "text": problem.message_vi}]
        return render_template("procedures/intake.html", found=None, errors=errors, values=values), 400
    return render_template("procedures/intake.html", found=found, errors=[], values=values)
