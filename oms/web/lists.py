"""Catalogues: dated rows with preview, import and export."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.dated_rows import Row
from oms.domain.journal import Verb
from oms.domain.list_edits import EXTRA, Shape, day_of, typed_row, typed_value
from oms.domain.list_files import MOST_ROWS, heading
from oms.domain.list_words import EXTRA_LABELS, LIST_LABELS, LIST_PURPOSES, MARK_LABELS, UNSURE
from oms.domain.organisation import BLOCK_LABELS
from oms.domain.party_types import PARTY_TYPES
from oms.domain.records import HANOI
from oms.errors import Conflict, InvalidInput
from oms.services import catalogue_edit, list_tables, others
from oms.services.catalogue_edit import FEW, Preview
from oms.web import words as catalogue
from oms.web.context import now, principal, sent_with, work
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.records import secrecy_of
from oms.web.typed import whole_number

blueprint = Blueprint("lists", __name__)

LABELS = catalogue.Words(LIST_LABELS)
PURPOSES = catalogue.Words(LIST_PURPOSES)
MARKS = catalogue.Words(MARK_LABELS)
EXTRAS = catalogue.Words(EXTRA_LABELS)
ACTS = catalogue.Words(
    {
        "add": "Thêm dòng",
        "from": "Thay đổi từ một ngày",
        "correct": "Đính chính (dòng đang có bị sai)",
        "end": "Kết thúc từ một ngày",
        "withdraw": "Bỏ dòng nhập nhầm",
    }
)
_ROW = ("code", "label", "aliases", "position", "valid_from", "valid_to", "legal_basis", "mark", "day")
_UNPACKED = 16 * 1024 * 1024
Page = str | Response | tuple[str, int]


def _today() -> date:
    return now().astimezone(HANOI).date()


def named(list_code: str) -> str:
    """The list's name in the page's language; its code when it has none."""
    return LABELS.get(list_code, list_code)


def numbers(row: Row) -> list[tuple[str, str]]:
    """The row's numbers as words and values, never as code."""
    found = []
    for key, value in row.extra.items():
        if value in ([], ""):
            continue
        text = str(catalogue.BLOCK_LABELS.get(value, value)) if key == "block" and value in BLOCK_LABELS else ""
        found.append((EXTRAS.get(key, key), text or typed_value(value)))
    return found


def _shared() -> dict[str, Any]:
    return {
        "named": named,
        "numbers": numbers,
        "purposes": PURPOSES,
        "marks": MARKS,
        "unsure": UNSURE,
        "acts": ACTS,
        "few": FEW,
        "extra_label": lambda key: EXTRAS.get(key, key),
    }


@blueprint.get("/danh-muc")
@needs(Action.CATALOGUE_VIEW)
def lists() -> str:
    """All lists, those the program itself holds below."""
    with work() as uow:
        found = catalogue_edit.index(uow, principal(), _today(), now())
    fixed = [
        (_("Loại tài liệu"), len(catalogue.DOCUMENT_TYPES)),
        (_("Danh mục giấy tờ đảng viên (104 loại)"), len(PARTY_TYPES.types)),
        (_("Độ mật"), len(catalogue.SECRECY_LABELS)),
        (_("Mục đích mở hồ sơ"), len(catalogue.PURPOSES)),
        (_("Nhóm hạn chế"), len(catalogue.COMPARTMENTS)),
    ]
    return render_template("lists/index.html", rows=found, fixed=fixed, **_shared())


def _asked_day() -> tuple[date | None, str, list[dict[str, str]]]:
    typed = request.args.get("ngay", "").strip()[:20]
    if not typed:
        return _today(), "", []
    try:
        return day_of(typed), typed, []
    except ValueError:
        return _today(), typed, [{"field": "ngay", "text": _("Ngày chưa đúng: hãy nhập như 05/08/2026.")}]


@blueprint.get("/danh-muc/<list_code>")
@needs(Action.CATALOGUE_VIEW)
def one(list_code: str) -> str:
    """A list's rows valid on a day, or all of them whatever their days."""
    day, typed, errors = _asked_day()
    everything = request.args.get("xem") == "moi-ngay"
    words, paging = request.args.get("tim", "").strip()[:100], asked_page()
    with work() as uow:
        found = catalogue_edit.view(uow, principal(), list_code, None if everything else day, words, now())
    args = {"ngay": typed, "tim": words, "xem": "moi-ngay" if everything else ""}
    return render_template(
        "lists/list.html",
        list_code=list_code,
        rows=found[paging.offset : paging.offset + paging.size],
        total=len(found),
        paging=paging,
        day=day,
        asked=args,
        args={"list_code": list_code} | {name: value for name, value in args.items() if value},
        everything=everything,
        errors=errors,
        **_shared(),
    )


@blueprint.get("/danh-muc/<list_code>/lich-su")
@needs(Action.CATALOGUE_VIEW)
def history(list_code: str) -> str:
    """Every row there ever was, with who entered and who ended it."""
    code, paging = request.args.get("ma", "")[:60], asked_page()
    with work() as uow:
        found = catalogue_edit.past(uow, principal(), list_code, code, now())
    return render_template(
        "lists/history.html",
        list_code=list_code,
        code=code,
        rows=found[paging.offset : paging.offset + paging.size],
        total=len(found),
        paging=paging,
        args={"list_code": list_code} | ({"ma": code} if code else {}),
        **_shared(),
    )


def _act(typed: str, has_row: bool) -> str:
    if not has_row:
        return "add"
    return typed if typed in ACTS and typed != "add" else "from"


@blueprint.get("/danh-muc/<list_code>/dong")
@needs(Action.CATALOGUE_EDIT)
def edit(list_code: str) -> str:
    """The form to add, change, correct or end a row; the change is shown before it is made."""
    row_id = whole_number(request.args.get("dong", ""))
    with work() as uow:
        row = catalogue_edit.row_to_edit(uow, principal(), list_code, row_id)
        shape = catalogue_edit.shape(uow, list_code)
    values = typed_row(row, shape) if row else {"label": request.args.get("tu", "")[:200]}
    return _form(list_code, row, shape, values, _act(request.args.get("viec", ""), row is not None), {})


def _form(
    list_code: str, row: Row | None, shape: Shape, values: Mapping[str, str], act: str, problems: Mapping[str, str]
) -> str:
    kinds = shape.kinds(row.code if row else "")
    fields = [(f"{EXTRA}{key}", EXTRAS.get(key, key), kind) for key, kind in kinds.items()]
    return render_template(
        "lists/edit.html",
        list_code=list_code,
        row=row,
        values=values,
        act=act,
        fields=fields,
        problems=problems,
        errors=[{"field": name, "text": text} for name, text in problems.items()],
        **_shared(),
    )


@blueprint.post("/danh-muc/<list_code>/dong")
@needs(Action.CATALOGUE_EDIT)
def change(list_code: str) -> Page:
    """Shows what an edit would do; makes it when it is confirmed and nobody changed the list since."""
    row_id = whole_number(request.form.get("dong", ""))
    act = _act(request.form.get("viec", ""), row_id is not None)
    with work() as uow:
        row = catalogue_edit.row_to_edit(uow, principal(), list_code, row_id)
        shape = catalogue_edit.shape(uow, list_code)
        names = (*_ROW, *(f"{EXTRA}{key}" for key in shape.keys))
        sent = {name: request.form.get(name, "")[:5000] for name in names}
        typed = (typed_row(row, shape) | {"day": sent["day"]}) if row and act in ("end", "withdraw") else sent
        found, problems = catalogue_edit.preview(uow, principal(), list_code, row_id, act, typed)
        confirmed = request.form.get("buoc") == "ghi" and found is not None and not found.against
        if confirmed and found is not None and request.form.get("seen") == found.mark:
            known = catalogue_edit.carry_out(uow, principal(), found, request.form["seen"], now())
            return _done(list_code, known)
    if found is None:
        return _form(list_code, row, shape, sent, act, problems), 400
    if request.form.get("buoc") == "sua":
        return _form(list_code, row, shape, sent, act, {})
    stale = request.form.get("buoc") == "ghi"
    return _shown(found, sent | {"viec": act}, row_id, stale), 409 if stale else 200


def _done(list_code: str, known: int) -> Response:
    flash(_("Đã ghi vào danh mục. Hồ sơ và việc đến hạn được tính lại trong ít phút."), "ok")
    if known:
        flash(_("%(n)s giá trị ngoài danh mục nay đã có mã.", n=known), "ok")
    return redirect(url_for(".one", list_code=list_code))


def _shown(found: Preview, sent: Mapping[str, str], row_id: int | None, stale: bool) -> str:
    before = {row.row_id: row for row in found.plan.gone}
    pairs: list[tuple[Row | None, Row | None]] = []
    for row, replaced in found.plan.new:
        pairs.append((before.pop(replaced, None), row))
    pairs += [(row, None) for row in before.values()]
    return render_template(
        "lists/preview.html",
        list_code=found.list_code,
        found=found,
        pairs=pairs[:500],
        total=len(pairs),
        sent={name: value for name, value in sent.items() if value},
        row_id=row_id,
        stale=stale,
        errors=[{"field": "", "text": text} for text in found.against],
        **_shared(),
    )


@blueprint.get("/danh-muc/<list_code>/tep")
@needs(Action.CATALOGUE_VIEW)
def export(list_code: str) -> Response:
    """The list as CSV or Excel; its row is durable before the first byte leaves."""
    form = "xlsx" if request.args.get("dang") == "xlsx" else "csv"
    with work() as uow:
        lines = catalogue_edit.export(uow, principal(), list_code, form, now())
    if form == "xlsx":
        data = list_tables.as_xlsx(lines, named(list_code))
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    else:
        data, kind = list_tables.as_csv(lines), "text/csv; charset=utf-8"
    answer = Response(data, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="danh-muc-{list_code}.{form}"'
    return answer


@blueprint.get("/danh-muc/<list_code>/nhap")
@needs(Action.CATALOGUE_EDIT)
def intake(list_code: str) -> str:
    """The form to take in a file of rows."""
    with work() as uow:
        catalogue_edit.row_to_edit(uow, principal(), list_code, None)
        shape = catalogue_edit.shape(uow, list_code)
    return _intake(list_code, shape, [], [])


def _intake(list_code: str, shape: Shape, problems: list[Any], errors: list[dict[str, str]]) -> str:
    columns = [heading(f"{EXTRA}{key}") for key in shape.keys]
    shown = problems[:500]
    return render_template(
        "lists/intake.html",
        list_code=list_code,
        columns=columns,
        problems=shown,
        total=len(problems),
        most=MOST_ROWS,
        errors=errors,
        **_shared(),
    )


def _packed(lines: list_tables.Lines) -> str:
    return base64.b64encode(zlib.compress(json.dumps(lines, ensure_ascii=False).encode(), 9)).decode()


def _unpacked(text: str) -> list_tables.Lines:
    """The lines a preview bore. InvalidInput for anything else; they are judged anew all the same."""
    try:
        plain = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), _UNPACKED)
        return [(int(number), [str(cell) for cell in cells]) for number, cells in json.loads(plain)]
    except (binascii.Error, zlib.error, ValueError, TypeError) as error:
        raise InvalidInput("file", _("Bản xem trước không còn nguyên vẹn; hãy chọn lại tệp.")) from error


@blueprint.post("/danh-muc/<list_code>/nhap")
@needs(Action.CATALOGUE_EDIT)
def take_in(list_code: str) -> Page:
    """Tries a file: every problem by line, or what would change; makes it when that is confirmed. All or nothing."""
    confirmed = request.form.get("buoc") == "ghi"
    with work() as uow:
        catalogue_edit.row_to_edit(uow, principal(), list_code, None)
        shape = catalogue_edit.shape(uow, list_code)
    try:
        lines, problems = (_unpacked(request.form.get("lines", "")), []) if confirmed else _uploaded()
        end_missing = request.form.get("thieu") == "ket-thuc"
        with work() as uow:
            if not problems:
                found, problems = catalogue_edit.preview_file(uow, principal(), list_code, lines, end_missing)
            if problems or found is None:
                return _intake(list_code, shape, problems, []), 400
            if confirmed:
                seen = request.form.get("seen", "")
                known = catalogue_edit.carry_out(uow, principal(), found, seen, now(), Verb.CATALOGUE_IMPORT)
                return _done(list_code, known)
    except InvalidInput as problem:
        return _intake(list_code, shape, [], [{"field": problem.field, "text": problem.message_vi}]), 400
    except Conflict:
        words = _("Danh mục vừa được người khác sửa; chưa có gì được ghi. Hãy nhập lại tệp để xem trước bản mới.")
        return _intake(list_code, shape, [], [{"field": "file", "text": words}]), 409
    sent = {"lines": _packed(lines), "thieu": request.form.get("thieu", "")}
    return _shown(found, sent, None, False)


def _uploaded() -> tuple[list_tables.Lines, list[Any]]:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise InvalidInput("file", _("Hãy chọn tệp CSV hoặc Excel."))
    return list_tables.read(sent.stream.read(list_tables.MOST_BYTES + 1), sent.filename)


# the queue of words outside the lists


@blueprint.get("/ngoai-danh-muc")
@needs(Action.OTHER_SETTLE)
def queue() -> str:
    """Words on records that their list does not hold, grouped; or those already settled."""
    return _queue({}, [])


def _queue(values: Mapping[str, str], errors: list[dict[str, str]]) -> str:
    settled = request.args.get("xem") == "da-xu-ly"
    list_code, paging = sent_with().get("danh_muc", "")[:60], asked_page()
    states = (*others.SETTLED, others.SUGGESTED) if settled else (others.WAITING,)
    with work() as uow:
        found = others.queue(uow, principal(), states, "", now())
        lists_here = sorted({each.list_code for each in found}, key=named)
        chosen = [each for each in found if not list_code or each.list_code == list_code]
        codes = catalogue_edit.codes_of(uow, list_code) if list_code else []
    return render_template(
        "lists/queue.html",
        rows=chosen[paging.offset : paging.offset + paging.size],
        total=len(chosen),
        paging=paging,
        lists_here=lists_here,
        list_code=list_code,
        codes=codes,
        page_secrecy=secrecy_of(*(each.secrecy for each in found)),
        settled=settled,
        values=values,
        errors=errors,
        masked=not all(group in principal().sensitive for group in catalogue.SENSITIVE_LABELS),
        state_words=STATES,
        **_shared(),
    )


STATES = catalogue.Words(
    {
        "waiting": "Chờ xử lý",
        "mapped": "Đã gán mã",
        "added": "Danh mục đã có",
        "left": "Để nguyên",
        "suggested": "Đã đề nghị bổ sung",
    }
)


@blueprint.post("/ngoai-danh-muc")
@needs(Action.OTHER_SETTLE)
def settle() -> Page:
    """Gives chosen words a code, leaves them as they are, or proposes them for the list."""
    list_code = request.form.get("danh_muc", "")[:60]
    chosen = tuple(request.form.getlist("tu")[:500])
    wanted = others.Wanted(request.form.get("viec", ""), list_code, chosen, request.form.get("code", ""))
    try:
        with work() as uow:
            count = others.settle(uow, principal(), wanted, now())
    except InvalidInput as problem:
        return _queue(dict(request.form), [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã xử lý %(n)s giá trị. Có thể hoàn tác ở thẻ Đã xử lý.", n=count), "ok")
    return redirect(url_for(".queue", danh_muc=list_code))


@blueprint.post("/ngoai-danh-muc/hoan-tac")
@needs(Action.OTHER_SETTLE)
def undo() -> Response:
    """Puts settled words back into the queue."""
    form = request.form
    wanted = others.Wanted(
        form.get("trang_thai", ""), form.get("danh_muc", ""), (form.get("tu", ""),), form.get("code", "")
    )
    with work() as uow:
        count = others.undo(uow, principal(), wanted, now())
    flash(_("Đã hoàn tác: %(n)s giá trị trở lại hàng chờ.", n=count), "ok")
    return redirect(url_for(".queue", danh_muc=wanted.list_code))


@blueprint.get("/danh-muc-de-nghi")
@needs(Action.CATALOGUE_EDIT)
def proposals() -> str:
    """Words officers propose for the lists."""
    with work() as uow:
        found = others.suggestions(uow, principal(), now())
    return render_template("lists/proposals.html", rows=found, **_shared())


@blueprint.post("/danh-muc-de-nghi")
@needs(Action.CATALOGUE_EDIT)
def answer_proposal() -> Page:
    """Takes a proposed word in as another way to write its row, or sends it back."""
    form = request.form
    list_code, folded = form.get("danh_muc", "")[:60], form.get("tu", "")[:500]
    if form.get("viec") == "khong":
        with work() as uow:
            others.decline(uow, principal(), list_code, folded, now())
        flash(_("Đã trả đề nghị về hàng chờ."), "ok")
        return redirect(url_for(".proposals"))
    with work() as uow:
        row, values = catalogue_edit.with_alias(uow, principal(), list_code, form.get("code", ""), form.get("chu", ""))
        found, problems = catalogue_edit.preview(uow, principal(), list_code, row.row_id, "correct", values)
    if found is None:
        flash("; ".join(problems.values()), "doubt")
        return redirect(url_for(".proposals"))
    return _shown(found, values | {"viec": "correct"}, row.row_id, False)
