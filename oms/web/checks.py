"""The second look in the pages: what waits, one paper beside its values, what differs, and the report."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import datetime, timedelta
from io import StringIO

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action, permits
from oms.domain.checks import CheckState
from oms.domain.fields import LONGEST_VALUE
from oms.domain.records import HANOI
from oms.errors import Conflict, InvalidInput
from oms.services import check_report, checking
from oms.services.check_report import Line, Report, Wanted
from oms.services.checking import Answer
from oms.services.exporting import cell
from oms.web import check_view
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.typed import whole_number
from oms.web.words import SECRECY_LABELS
from vietnamese.dates import parse_date

blueprint = Blueprint("checks", __name__, url_prefix="/kiem-tra")
FORM = "value."
TABS = {"cho-kiem-tra": CheckState.WAITING, "cho-phan-xu": CheckState.DIFFERS}
Page = str | Response | tuple[str, int]


def _secrecy(level: int) -> dict[str, object]:
    return {"level": level, "label": SECRECY_LABELS[level]}


def _say(text: str, kind: str = "ok") -> None:
    session["check_news"] = {"text": text, "kind": kind}


@blueprint.get("")
@needs(Action.CHECK_WORK)
def queue() -> str:
    """Papers that wait for this person: to be looked at, or to be settled."""
    asked = request.args.get("the", "")
    asked = asked if asked in TABS else "cho-kiem-tra"
    paging, batch_id = asked_page(), request.args.get("dot", "")[:32]
    with work() as uow:
        rows, total = checking.queue(uow, principal(), TABS[asked], batch_id, paging.size, paging.offset, now())
        counts = checking.counts(uow, principal())
    return render_template(
        "checks/queue.html",
        rows=rows,
        total=total,
        paging=paging,
        counts=counts,
        asked=asked,
        batch_id=batch_id,
        may_report=permits(principal(), Action.CHECK_REPORT),
        news=session.pop("check_news", None),
        page_secrecy=_secrecy(max((row.document.secrecy for row in rows), default=0)),
    )


def _typed() -> dict[str, str]:
    sent = request.form.items()
    return {name.removeprefix(FORM): value[: LONGEST_VALUE + 1] for name, value in sent if name.startswith(FORM)}


def _check_page(check_id: str, errors: Mapping[str, str] | None = None) -> str:
    typed = _typed() if errors is not None else {}
    seen = frozenset(request.form.getlist("seen")) if errors is not None else frozenset()
    with work() as uow:
        view = checking.open_check(uow, principal(), check_id, now())
    settling = view.row.check.state == CheckState.DIFFERS
    shown = check_view.values(view, typed, seen, errors or {})
    return render_template(
        "checks/settle.html" if settling else "checks/check.html",
        view=view,
        values=shown,
        data=check_view.script_data(view),
        errors=[
            {"field": f"{FORM}{key}", "text": f"{check_view.label_of(key)}: {text}"}
            for key, text in (errors or {}).items()
        ],
        news=session.pop("check_news", None),
        page_secrecy=_secrecy(view.row.document.secrecy),
    )


@blueprint.get("/<check_id>")
@needs(Action.CHECK_WORK)
def check(check_id: str) -> Page:
    """One paper: for the second person every value beside its spot, for the third what two differed on."""
    try:
        return _check_page(check_id)
    except Conflict:
        return _overtaken()


def _overtaken() -> Response:
    _say(_("Tài liệu này đã có người kiểm tra; không có gì bị ghi đè."), "doubt")
    return redirect(url_for(".queue"))


def _version() -> int:
    version = whole_number(request.form.get("version", ""))
    if version is None:
        raise Conflict
    return version


@blueprint.post("/<check_id>")
@needs(Action.CHECK_WORK)
def decide(check_id: str) -> Page:
    """Keeps the second person's word and goes on to the next paper."""
    try:
        with work() as uow:
            answer = Answer(_typed(), frozenset(request.form.getlist("seen")), _version())
            ended = checking.decide(uow, principal(), check_id, answer, now())
            batch_id = request.form.get("batch_id", "")[:32]
            following = checking.next_of(uow, principal(), CheckState.WAITING, batch_id)
    except InvalidInput as problem:
        return _check_page(check_id, {problem.field: problem.message_vi}), 400
    except Conflict:
        return _overtaken()
    _say(_("Khớp, đã ghi.") if ended == CheckState.AGREED else _("Có chỗ khác nhau; đã chuyển người thứ ba phân xử."))
    return redirect(url_for(".check", check_id=following) if following else url_for(".queue"))


@blueprint.post("/<check_id>/phan-xu")
@needs(Action.CHECK_WORK)
def settle(check_id: str) -> Page:
    """Keeps the third person's word: the first value, the second, or one typed anew."""
    try:
        with work() as uow:
            view = checking.open_check(uow, principal(), check_id, now())
            checking.settle(uow, principal(), check_id, _version(), _chosen(view), now())
            following = checking.next_of(uow, principal(), CheckState.DIFFERS, request.form.get("batch_id", "")[:32])
    except InvalidInput as problem:
        return _check_page(check_id, {problem.field: problem.message_vi}), 400
    except Conflict:
        return _overtaken()
    _say(_("Đã phân xử; giá trị đúng đã vào hồ sơ."))
    return redirect(url_for(".check", check_id=following) if following else url_for(".queue", the="cho-phan-xu"))


def _chosen(view: checking.CheckView) -> dict[str, str]:
    """What the third person chose for each value; values left open are left out."""
    found = {}
    for finding in view.findings:
        which = request.form.get(f"which.{finding.key}", "")
        if which == "first":
            found[finding.key] = finding.first_value
        elif which == "second":
            found[finding.key] = finding.second_value
        elif which == "other":
            found[finding.key] = request.form.get(f"{FORM}{finding.key}", "")
    return found


@blueprint.get("/<check_id>/trang/<page_id>.jpg")
@needs(Action.CHECK_WORK)
def page_image(check_id: str, page_id: str) -> Response:
    """A page of the paper being looked at; its row is durable before the first byte leaves."""
    with work() as uow:
        image = checking.page_image(uow, principal(), check_id, page_id, now())
    return Response(image, mimetype="image/jpeg")


def _day(name: str, problems: dict[str, str]) -> datetime | None:
    typed = request.args.get(name, "").strip()
    if not typed:
        return None
    found = parse_date(typed)
    if found is None or found.day is None or found.month is None:
        problems[name] = _("Ngày chưa đúng: hãy nhập như 05/08/2026.")
        return None
    return datetime(found.year, found.month, found.day, tzinfo=HANOI)


def _asked() -> tuple[Wanted, dict[str, str]]:
    problems: dict[str, str] = {}
    since, until = _day("tu", problems), _day("den", problems)
    last = until + timedelta(days=1) if until else None
    return Wanted(request.args.get("dot", "")[:32], since, last), problems


@blueprint.get("/bao-cao")
@needs(Action.CHECK_REPORT)
def report() -> str:
    """Error rates with their counts, per person and per field, and how far each batch is."""
    wanted, problems = _asked()
    with work() as uow:
        found = check_report.report(uow, principal(), wanted, now())
        counts = checking.counts(uow, principal())
    return render_template(
        "checks/report.html",
        report=found,
        wanted=wanted,
        counts=counts,
        typed={name: request.args.get(name, "") for name in ("dot", "tu", "den")},
        errors=[{"field": name, "text": text} for name, text in problems.items()],
        rate=check_view.rate,
        label_of=check_view.label_of,
        news=session.pop("check_news", None),
    )


@blueprint.get("/bao-cao.csv")
@needs(Action.CHECK_REPORT)
def report_csv() -> Response:
    """The report's two tables as a file for a spreadsheet."""
    wanted, _problems = _asked()
    with work() as uow:
        found = check_report.report(uow, principal(), wanted, now())
    answer = Response(_csv(found), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="kiem-tra.csv"'
    return answer


def _csv(found: Report) -> str:
    out = StringIO()
    sheet = csv.writer(out)
    head = [_("Giá trị đã kiểm tra"), _("Khác nhau"), _("Sai sau phân xử"), _("Chờ phân xử"), _("Tỷ lệ sai (%%)")]
    sheet.writerow([_("Người đưa vào hồ sơ"), _("Tài liệu"), *head])
    for line in found.persons:
        sheet.writerow([cell(line.name), line.papers, *_numbers(line)])
    sheet.writerow([])
    sheet.writerow([_("Mục"), "", *head])
    for line in found.fields:
        sheet.writerow([cell(check_view.label_of(line.name)), "", *_numbers(line)])
    sheet.writerow([_("Tất cả"), found.whole.papers, *_numbers(found.whole)])
    return "\ufeff" + out.getvalue()


def _numbers(line: Line) -> list[str]:
    tally = line.tally
    counts = [tally.checked, tally.differed, tally.wrong, tally.open]
    return [*map(str, counts), f"{tally.rate:.2f}".replace(".", ",")]


@blueprint.post("/dot/<batch_id>/ty-le")
@needs(Action.CHECK_REPORT)
def shares(batch_id: str) -> Response:
    """Sets a batch's shares of the second and third stage, and whether key values are typed unseen."""
    second, third = (whole_number(request.form.get(name, "")) for name in ("share_2", "share_3"))
    try:
        with work() as uow:
            asked = (-1 if second is None else second, -1 if third is None else third)
            blind = request.form.get("blind") == "1"
            checking.set_shares(uow, principal(), batch_id, asked, blind, now())
        _say(_("Đã ghi tỷ lệ kiểm tra của đợt."))
    except InvalidInput as problem:
        _say(problem.message_vi, "doubt")
    return redirect(url_for(".report"))


@blueprint.post("/dot/<batch_id>/rut-mau")
@needs(Action.CHECK_REPORT)
def draw(batch_id: str) -> Response:
    """Draws the next stage by lot."""
    try:
        with work() as uow:
            drawn = checking.draw_now(uow, principal(), batch_id, now())
        _say(_("Đã rút %(n)s tài liệu để kiểm tra lại.", n=drawn) if drawn else _("Mẫu của đợt đã đủ, không rút thêm."))
    except InvalidInput as problem:
        _say(problem.message_vi, "doubt")
    return redirect(url_for(".report"))
