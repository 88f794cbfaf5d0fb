"""Changes of records in the pages: the queue, one change with its papers, its items typed, decided, its history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.changes import DECISION_TYPES, Act
from oms.domain.record_items import ITEMS
from oms.errors import InvalidInput
from oms.services import case_follow, case_issue, catalogues, change_decide, change_items, change_view, changes
from oms.services.change_decide import Word
from oms.services.change_items import Choices, Typed
from oms.services.changes import About
from oms.services.house import UnitOfWork
from oms.web.change_pages import (
    ACTS,
    ITEM_STATES,
    KINDS,
    STATES,
    Errors,
    blueprint,
    cells,
    item_choices,
    said,
    today,
    told,
    typed_item,
    version,
)
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.records import secrecy_of

TABS = {"cho-duyet": "waiting", "nhap": "draft", "da-quyet": "decided", "rut": "withdrawn"}
Step = Callable[[UnitOfWork, int], None]
Answer = str | Response | tuple[str, int]


@blueprint.get("/thay-doi", endpoint="changes")
@needs(Action.RECORD_DECIDE)
def queue() -> str:
    """Changes that wait in scope; one's own drafts; those that are over and one had a hand in."""
    tab = request.args.get("the", "")
    tab = tab if tab in TABS else "cho-duyet"
    paging = asked_page()
    with work() as uow:
        lines, total, counts = change_view.list_changes(uow, principal(), TABS[tab], paging.size, paging.offset, now())
    levels = (max(line.row.change.secrecy, line.row.dossier.secrecy) for line in lines)
    return render_template(
        "changes/queue.html",
        lines=lines,
        total=total,
        counts=counts,
        tab=tab,
        paging=paging,
        kinds=KINDS,
        page_secrecy=secrecy_of(*levels),
    )


@blueprint.get("/ho-so/<dossier_id>/thay-doi")
@needs(Action.RECORD_DECIDE)
def of_dossier(dossier_id: str) -> str:
    """The changes of one record, and what it was before; under an opening."""
    return _dossier_page(dossier_id, {}, [])


def _dossier_page(dossier_id: str, values: dict[str, str], errors: Errors) -> str:
    paging = asked_page()
    with work() as uow:
        view = change_view.of_dossier(uow, principal(), dossier_id, paging.size, paging.offset, now())
    levels = (past.fact.row.secrecy for past in view.history)
    return render_template(
        "changes/of_dossier.html",
        view=view,
        row=view.row,
        paging=paging,
        values=values,
        errors=errors,
        kinds=KINDS,
        states=STATES,
        page_secrecy=secrecy_of(view.row.dossier.secrecy, *levels),
    )


def _about() -> tuple[About, dict[str, str]]:
    names = ("title", "reason", "declared_by", "declared_on", "decision_document_id")
    values = {name: request.form.get(name, "") for name in names}
    return About(**values), values


@blueprint.post("/ho-so/<dossier_id>/thay-doi")
@needs(Action.RECORD_CHANGE)
def create(dossier_id: str) -> Answer:
    """Begins a change of this record, and goes on to the item that was pointed at, if any."""
    about, values = _about()
    try:
        with work() as uow:
            change = changes.create(uow, principal(), dossier_id, about, now())
    except InvalidInput as problem:
        return _dossier_page(dossier_id, values, told(problem)), 400
    if request.form.get("fact_id") or request.form.get("item"):
        item, fact_id = request.form.get("item"), request.form.get("fact_id")
        return redirect(url_for("changes.item_form", draft_id=change.id, muc=item, thay=fact_id))
    return redirect(url_for("changes.change", change_id=change.id))


@blueprint.get("/thay-doi/<change_id>")
@needs(Action.RECORD_DECIDE)
def change(change_id: str) -> str:
    """One change: old beside new, the papers, and what this person can do with it."""
    return change_page(change_id, {}, [])


def change_page(change_id: str, values: dict[str, str], errors: Errors) -> str:
    """The page of a change, with what was typed and what was wrong."""
    with work() as uow:
        view = change_view.open_change(uow, principal(), change_id, now())
        ready = view.may_edit and view.is_open
        known = change_items.choices(uow, principal(), view.row) if ready else Choices((), ())
        start = case_issue.prefilled(uow, principal(), change_id)
        line = case_follow.line_of_change(uow, principal(), view.row.change, now())
    return render_template(
        "changes/change.html",
        line=line,
        view=view,
        row=view.row,
        change=view.row.change,
        choices=known,
        start=start,
        allowed=change_items.allowed_items(view.period),
        item_options=item_choices(),
        decision_types=DECISION_TYPES,
        values=values,
        errors=errors,
        kinds=KINDS,
        states=STATES,
        item_states=ITEM_STATES,
        acts=ACTS,
        page_secrecy=secrecy_of(view.row.change.secrecy),
    )


@blueprint.post("/thay-doi/<draft_id>/thong-tin")
@needs(Action.RECORD_CHANGE)
def describe(draft_id: str) -> Answer:
    """Writes the draft's title, reason, who declared, and the decision it rests on."""
    about, values = _about()
    try:
        with work() as uow:
            changes.describe(uow, principal(), draft_id, version(), about, now())
    except InvalidInput as problem:
        return change_page(draft_id, values, told(problem)), 400
    flash(_("Đã lưu thông tin của phiếu."), "ok")
    return redirect(url_for("changes.change", change_id=draft_id))


@blueprint.get("/thay-doi/<draft_id>/muc")
@needs(Action.RECORD_CHANGE)
def item_form(draft_id: str) -> str | Response:
    """The form of one item: chosen by ``muc``, or by the fact it replaces, or an item of the draft to be altered."""
    args = request.args
    asked = Typed(args.get("muc", ""), Act.ADD, fact_id=args.get("thay", ""))
    return _item_page(draft_id, asked, args.get("sua", ""), [])


def _item_page(change_id: str, typed: Typed, item_id: str, errors: Errors) -> str | Response:
    with work() as uow:
        view = change_view.open_change(uow, principal(), change_id, now())
        if not view.may_edit or not view.is_open:
            return redirect(url_for("changes.change", change_id=change_id))
        known = change_items.choices(uow, principal(), view.row)
        catalogue = catalogues.load(uow)
        start = case_issue.prefilled(uow, principal(), change_id)
    own = next((each for each in view.items if each.row.id == item_id), None)
    if own is not None and not errors:
        typed = change_items.typed_of(own.row, own.values, own.paper.pages if own.paper else ())
    fact = next((each for each in known.facts if each.row.id == typed.fact_id and not each.masked), None)
    if fact is not None and not typed.item:
        typed = Typed(fact.item.key, Act.REPLACE, dict(fact.values), fact_id=fact.row.id)
    if start is not None and own is None and not errors and typed.item in ITEMS:
        values = typed.values or start.values(typed.item)
        typed = replace(typed, document_id=typed.document_id or start.document_id, values=values)
    if typed.item not in ITEMS:
        return redirect(url_for("changes.change", change_id=change_id))
    return render_template(
        "changes/item.html",
        view=view,
        row=view.row,
        change=view.row.change,
        typed=typed,
        item=ITEMS[typed.item],
        item_id=item_id,
        fact=fact,
        cells=cells(typed.item, typed.values, catalogue, today()),
        papers=known.papers,
        acts=ACTS,
        errors=errors,
        page_secrecy=secrecy_of(view.row.change.secrecy, *(paper.secrecy for paper in known.papers)),
    )


@blueprint.post("/thay-doi/<draft_id>/muc")
@needs(Action.RECORD_CHANGE)
def put_item(draft_id: str) -> Answer:
    """Adds an item to the draft, or writes one anew."""
    typed, item_id = typed_item(), request.form.get("item_id", "")
    try:
        with work() as uow:
            change_items.put_item(uow, principal(), draft_id, version(), typed, now(), item_id)
    except InvalidInput as problem:
        page = _item_page(draft_id, typed, item_id, told(problem))
        return (page, 400) if isinstance(page, str) else page
    flash(_("Đã ghi mục vào phiếu."), "ok")
    return redirect(url_for("changes.change", change_id=draft_id))


@blueprint.post("/thay-doi/<draft_id>/muc/<item_id>/bo")
@needs(Action.RECORD_CHANGE)
def drop_item(draft_id: str, item_id: str) -> Answer:
    """Takes an item out of the draft."""
    return _stepped(draft_id, _("Đã bỏ mục khỏi phiếu."), lambda uow, seen: change_items.drop_item(
        uow, principal(), draft_id, seen, item_id, now()
    ))  # fmt: skip


@blueprint.post("/thay-doi/<draft_id>/trinh")
@needs(Action.RECORD_CHANGE)
def submit(draft_id: str) -> Answer:
    """Puts the draft up for approval; another open change of the same value is warned of."""
    try:
        with work() as uow:
            touched = changes.submit(uow, principal(), draft_id, version(), now())
    except InvalidInput as problem:
        return change_page(draft_id, {}, told(problem)), 400
    flash(_("Đã trình phiếu. Người thứ hai sẽ duyệt từng mục."), "ok")
    if touched:
        words = ", ".join(touched)
        text = _("Một phiếu khác đang chờ duyệt cũng sửa: %(items)s. Chỉ phiếu duyệt trước có hiệu lực.", items=words)
        flash(text, "doubt")
    return redirect(url_for("changes.change", change_id=draft_id))


@blueprint.post("/thay-doi/<change_id>/lay-ve")
@needs(Action.RECORD_CHANGE)
def take_back(change_id: str) -> Answer:
    """Takes a waiting change back to draft."""
    return _stepped(change_id, _("Đã lấy phiếu về nháp."), lambda uow, seen: changes.take_back(
        uow, principal(), change_id, seen, now()
    ))  # fmt: skip


@blueprint.post("/thay-doi/<change_id>/rut")
@needs(Action.RECORD_CHANGE)
def withdraw(change_id: str) -> Answer:
    """Gives the change up."""
    return _stepped(change_id, _("Đã rút phiếu. Phiếu vẫn nằm trong sổ."), lambda uow, seen: changes.withdraw(
        uow, principal(), change_id, seen, now()
    ))  # fmt: skip


def _stepped(change_id: str, done: str, act: Step) -> Answer:
    try:
        with work() as uow:
            act(uow, version())
    except InvalidInput as problem:
        return change_page(change_id, {}, told(problem)), 400
    flash(done, "ok")
    return redirect(url_for("changes.change", change_id=change_id))


@blueprint.post("/thay-doi/<change_id>/quyet-dinh")
@needs(Action.RECORD_DECIDE)
def decide(change_id: str) -> Answer:
    """Approves or rejects items; with "all" every item still open is approved."""
    form = request.form
    words = {
        name.removeprefix("word."): Word(value == "approve", form.get(f"reason.{name.removeprefix('word.')}", ""))
        for name, value in form.items()
        if name.startswith("word.") and value in ("approve", "reject")
    }
    if form.get("all"):
        words = {name: words.get(name, Word(True)) for name in form.getlist("open")}
    try:
        with work() as uow:
            result = change_decide.decide(uow, principal(), change_id, version(), words, now())
    except InvalidInput as problem:
        return change_page(change_id, dict(form), told(problem)), 400
    if not result.problems:
        flash(said(result.approved, result.rejected, 0), "ok")
        return redirect(url_for("changes.change", change_id=change_id))
    flash(said(result.approved, result.rejected, len(result.problems)), "doubt")
    errors = [{"field": f"word.{name}", "text": text[:1].upper() + text[1:]} for name, text in result.problems.items()]
    return change_page(change_id, {}, errors)


@blueprint.get("/thay-doi/<change_id>/trang/<page_id>.jpg")
@needs(Action.RECORD_DECIDE)
def page_image(change_id: str, page_id: str) -> Response:
    """A page of a paper the change rests on; its row is on the disk before the first byte leaves."""
    with work() as uow:
        data = change_view.page_image(uow, principal(), change_id, page_id, now())
    return Response(data, mimetype="image/jpeg")
