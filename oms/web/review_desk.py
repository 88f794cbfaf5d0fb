"""The reviewer's desk: the queue of readings nothing explains, one case followed to its acts, rules, charts, report."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.records import HANOI
from oms.domain.sightings import EXPLANATION_LABELS
from oms.domain.unusual import Signal
from oms.domain.unusual_rules import RULE_LABELS, RULE_SENTENCES
from oms.errors import InvalidInput
from oms.services import integrity as light
from oms.services import review_cases, review_report, review_rules
from oms.services.review_cases import Counts, Queue, QueueFilter
from oms.web import words as catalogue
from oms.web.context import house, now, principal, work
from oms.web.frame import count
from oms.web.guard import needs
from oms.web.leaving import leaving_of
from oms.web.paging import asked_page
from oms.web.records import secrecy_of
from oms.web.words import Words

blueprint = Blueprint("review_desk", __name__)

LABELS = Words(RULE_LABELS)
SENTENCES = Words(RULE_SENTENCES)
GROUNDS = Words(EXPLANATION_LABELS)
STATES = Words(
    {
        "open": "Chờ xem xét",
        "decided": "Chờ ký lần hai",
        "signed": "Đã ký lần hai",
        "withdrawn": "Đã được giải thích sau",
    }
)
OUTCOMES = Words({"explained": "Có lý do chính đáng", "breach": "Vi phạm", "unclear": "Chưa rõ"})
NOTES = Words(
    {
        "note": "Ghi chú",
        "question": "Hỏi thủ trưởng của người đọc",
        "answer": "Trả lời nhận được",
        "outcome": "Kết luận",
        "sign": "Ký lần hai",
        "back": "Trả lại để xem lại",
    }
)
WRITTEN = ("note", "question", "answer")
WEEKDAYS = Words({0: "Thứ Hai", 1: "Thứ Ba", 2: "Thứ Tư", 3: "Thứ Năm", 4: "Thứ Sáu", 5: "Thứ Bảy", 6: "Chủ nhật"})
SPANS = Words({"7": "7 ngày", "30": "30 ngày", "90": "90 ngày", "365": "một năm"})
CASES_A_DAY = 30


@blueprint.app_template_filter("signal_words")
def signal_words(signal: Signal) -> str:
    """A rule's sentence with its figures."""
    return SENTENCES[signal.rule] % dict(signal.said)


@blueprint.app_template_filter("day_words")
def day_words(day: str) -> str:
    """An ISO day as an office writes it."""
    return f"{date.fromisoformat(day):%d/%m/%Y}" if day else ""


@blueprint.app_template_filter("from_json")
def from_json(text: str) -> Any:
    """What a column of JSON holds."""
    return json.loads(text)


@blueprint.app_template_filter("ground_ref")
def ground_ref(ref: str) -> str:
    """How a row that explains is called: work by its act and journal row, others by their number."""
    verb, _space, seq = ref.partition(" ")
    if verb in catalogue.VERB_LABELS:
        return _("%(act)s, dòng %(seq)s", act=catalogue.VERB_LABELS[verb].lower(), seq=seq)
    return ref


def _iso(field: str, typed: str, errors: list[dict[str, str]]) -> str:
    if not typed:
        return ""
    try:
        return datetime.strptime(typed, "%d/%m/%Y").replace(tzinfo=HANOI).date().isoformat()
    except ValueError:
        errors.append({"field": field, "text": _("Ngày chưa đúng: hãy nhập như 05/08/2026.")})
        return ""


def _asked(errors: list[dict[str, str]]) -> tuple[dict[str, str], QueueFilter]:
    names = ("trang_thai", "nguoi", "don_vi", "quy_tac", "tu", "den")
    args = {name: request.args.get(name, "").strip()[:200] for name in names}
    if args["trang_thai"] not in {*STATES, "moi"}:
        args["trang_thai"] = "open"
    if args["quy_tac"] not in LABELS:
        args["quy_tac"] = ""
    wanted = QueueFilter(
        state="" if args["trang_thai"] == "moi" else args["trang_thai"],
        account_id=args["nguoi"],
        unit_path=args["don_vi"] if args["don_vi"].replace("/", "").isdecimal() else "",
        rule=args["quy_tac"],
        since=_iso("tu", args["tu"], errors),
        until=_iso("den", args["den"], errors),
    )
    return args, wanted


@blueprint.get("/kiem-soat")
@needs(Action.REVIEW_CASE)
def desk() -> str | tuple[str, int]:
    """The queue, highest score first, with what of the last thirty days is explained."""
    errors: list[dict[str, str]] = []
    args, wanted = _asked(errors)
    paging = asked_page(CASES_A_DAY)
    with work() as uow:
        found = review_cases.queue(uow, principal(), wanted, paging.size, paging.offset, now())
        integrity = light.integrity(uow, house(), now())
    page = render_template(
        "review/desk.html",
        found=found,
        asked=args,
        args={name: value for name, value in args.items() if value and (name, value) != ("trang_thai", "open")},
        chips=_chips(args, found, {error["field"] for error in errors}),
        errors=errors,
        paging=paging,
        figures=_figures(found.counts),
        grounds=_grounds(found.counts),
        integrity=integrity,
        labels=LABELS,
        states=STATES,
        outcomes=OUTCOMES,
    )
    return (page, 400) if errors else page


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %".replace(".", ",") if whole else "–"


def _figures(counts: Counts) -> list[dict[str, Any]]:
    """Readings of thirty days, how many are explained, cases by state; each opens its cases where it has some."""
    totals = counts.totals
    explained = totals["named"] + totals["broad"]
    shown: list[dict[str, Any]] = [
        {"value": totals["reads"], "label": _("lượt đọc trong 30 ngày"), "href": None},
        {"value": _share(explained, totals["reads"]), "label": _("được giải thích"), "href": None},
        {"value": totals["unexplained"], "label": _("lượt không có gì giải thích"), "href": None},
    ]
    for state, words in STATES.items():
        href = url_for("review_desk.desk", trang_thai=state)
        shown.append({"value": counts.states.get(state, 0), "label": words.lower(), "href": href})
    return shown


def _grounds(counts: Counts) -> list[tuple[str, int]]:
    return sorted(((GROUNDS[rule], number) for rule, number in counts.grounds.items()), key=lambda each: -each[1])


def _chips(args: dict[str, str], found: Queue, wrong: set[str]) -> list[dict[str, str]]:
    people, units = dict(found.people), dict(found.units)
    said = {
        "nguoi": (_("Người"), people.get(args["nguoi"], args["nguoi"])),
        "don_vi": (_("Đơn vị"), units.get(args["don_vi"], args["don_vi"])),
        "quy_tac": (_("Quy tắc"), LABELS.get(args["quy_tac"], "")),
        "tu": (_("Từ ngày"), args["tu"]),
        "den": (_("Đến ngày"), args["den"]),
    }
    return [
        {"name": name, "value": value, "remove": _without(args, part)}
        for part, (name, value) in said.items()
        if args[part] and part not in wrong
    ]


def _without(args: dict[str, str], part: str) -> str:
    kept = {name: value for name, value in args.items() if value and name != part}
    return url_for("review_desk.desk", **kept)  # type: ignore[arg-type]


@blueprint.post("/kiem-soat/tinh-lai")
@needs(Action.REVIEW_CASE)
def compute() -> Response:
    """Takes in what the journal holds by now."""
    step = review_cases.compute_now(house(), principal(), now())
    if step.left:
        flash(_("Đã đọc thêm %(n)s dòng nhật ký; còn %(left)s dòng, máy đọc tiếp.", n=count(step.rows),
                left=count(step.left)), "ok")  # fmt: skip
    else:
        flash(_("Đã đọc hết nhật ký: thêm %(n)s dòng.", n=count(step.rows)), "ok")
    return redirect(url_for("review_desk.desk"))


@blueprint.get("/kiem-soat/truong-hop/<item_id>")
@needs(Action.REVIEW_CASE)
def case(item_id: str) -> str:
    """One case with the acts around it."""
    return _case(item_id, {}, [])


def _case(item_id: str, values: dict[str, str], errors: list[dict[str, str]]) -> str:
    with work() as uow:
        found = review_cases.open_case(uow, principal(), item_id, now())
    return render_template(
        "review/case.html",
        found=found,
        item=found.line.item,
        values=values,
        errors=errors,
        labels=LABELS,
        grounds=GROUNDS,
        states=STATES,
        outcomes=OUTCOMES,
        kinds=NOTES,
        written=[(kind, NOTES[kind]) for kind in WRITTEN],
    )


@blueprint.post("/kiem-soat/truong-hop/<item_id>/ghi-chu")
@needs(Action.REVIEW_CASE)
def add_note(item_id: str) -> Response | tuple[str, int]:
    """Adds a note, a question or an answer."""
    values = {name: request.form.get(name, "") for name in ("kind", "text")}
    try:
        with work() as uow:
            review_cases.add_note(uow, principal(), item_id, values["kind"], values["text"], now())
    except InvalidInput as problem:
        return _case(item_id, values, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã ghi."), "ok")
    return redirect(url_for("review_desk.case", item_id=item_id))


@blueprint.post("/kiem-soat/truong-hop/<item_id>/ket-luan")
@needs(Action.REVIEW_CASE)
def decide(item_id: str) -> Response | tuple[str, int]:
    """Says how the case ended."""
    values = {"outcome": request.form.get("outcome", ""), "grounds": request.form.get("grounds", "")}
    try:
        with work() as uow:
            review_cases.decide(uow, principal(), item_id, values["outcome"], values["grounds"], now())
    except InvalidInput as problem:
        field = "grounds" if problem.field == "text" else problem.field
        return _case(item_id, values, [{"field": field, "text": problem.message_vi}]), 400
    flash(_("Đã kết luận; trường hợp chờ người kiểm soát thứ hai ký."), "ok")
    return redirect(url_for("review_desk.case", item_id=item_id))


@blueprint.post("/kiem-soat/truong-hop/<item_id>/ky")
@needs(Action.REVIEW_CASE)
def sign(item_id: str) -> Response | tuple[str, int]:
    """The second signature, or back."""
    agreed, text = request.form.get("agreed") == "1", request.form.get("sign_text", "")
    try:
        with work() as uow:
            review_cases.sign(uow, principal(), item_id, agreed, text, now())
    except InvalidInput as problem:
        values = {"sign_text": text}
        return _case(item_id, values, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã ký lần hai.") if agreed else _("Đã trả lại để xem lại."), "ok")
    return redirect(url_for("review_desk.case", item_id=item_id))


@blueprint.get("/kiem-soat/bieu-do")
@needs(Action.REVIEW_CASE)
def charts() -> str:
    """Reading by weekday and hour, by unit and by person."""
    span = request.args.get("khoang", "30")
    span = span if span in SPANS else "30"
    today = now().astimezone(HANOI).date()
    since, person = (today - timedelta(days=int(span))).isoformat(), request.args.get("nguoi", "")[:64]
    with work() as uow:
        made = review_report.charts(uow, principal(), since, today.isoformat(), person, now())
        people = review_cases.people(uow)
    return render_template(
        "review/charts.html", made=made, span=span, spans=SPANS, person=person, people=people, weekdays=WEEKDAYS
    )


@blueprint.get("/kiem-soat/quy-tac")
@needs(Action.REVIEW_CASE)
def rules() -> str:
    """What each rule is worth."""
    return _rules({}, [])


def _rules(values: dict[str, str], errors: list[dict[str, str]]) -> str:
    with work() as uow:
        lines = review_rules.statistics(uow, principal(), now())
    return render_template("review/rules.html", lines=lines, labels=LABELS, values=values, errors=errors)


@blueprint.post("/kiem-soat/quy-tac")
@needs(Action.REVIEW_CASE)
def set_weight() -> Response | tuple[str, int]:
    """Sets a rule's weight."""
    values = {name: request.form.get(name, "") for name in ("rule", "weight", "reason")}
    try:
        with work() as uow:
            review_rules.set_weight(uow, principal(), values["rule"], values["weight"], values["reason"], now())
    except InvalidInput as problem:
        return _rules(values, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã đặt trọng số; những ngày đọc từ nay được chấm theo trọng số mới."), "ok")
    return redirect(url_for("review_desk.rules"))


@blueprint.get("/kiem-soat/theo-doi")
@needs(Action.WATCH_KEEP)
def watches() -> str:
    """The dossiers watched."""
    return _watches({}, [])


def _watches(values: dict[str, str], errors: list[dict[str, str]]) -> str:
    with work() as uow:
        rows = review_rules.watches(uow, principal(), now())
    return render_template("review/watches.html", rows=rows, values=values, errors=errors)


@blueprint.post("/kiem-soat/theo-doi")
@needs(Action.WATCH_KEEP)
def watch() -> Response | tuple[str, int]:
    """Puts a dossier on the list."""
    values = {name: request.form.get(name, "") for name in ("number", "reason")}
    try:
        with work() as uow:
            review_rules.watch(uow, principal(), values["number"], values["reason"], now())
    except InvalidInput as problem:
        return _watches(values, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã thêm vào danh sách theo dõi."), "ok")
    return redirect(url_for("review_desk.watches"))


@blueprint.post("/kiem-soat/theo-doi/<watch_id>/bo")
@needs(Action.WATCH_KEEP)
def unwatch(watch_id: str) -> Response:
    """Takes a dossier off the list."""
    with work() as uow:
        review_rules.unwatch(uow, principal(), watch_id, now())
    flash(_("Đã bỏ khỏi danh sách theo dõi."), "ok")
    return redirect(url_for("review_desk.watches"))


@blueprint.get("/kiem-soat/bao-cao")
@needs(Action.REVIEW_CASE)
def report() -> str | tuple[str, int]:
    """The report of a month on the page."""
    month = request.args.get("thang") or f"{now().astimezone(HANOI):%Y-%m}"
    return _report(month, {}, [])


def _report(month: str, values: dict[str, str], errors: list[dict[str, str]]) -> str | tuple[str, int]:
    today = f"{now().astimezone(HANOI):%Y-%m}"
    try:
        with work() as uow:
            made = review_report.report(uow, house(), principal(), month, now())
    except InvalidInput as problem:
        errors = [*errors, {"field": problem.field, "text": problem.message_vi}]
        with work() as uow:
            made = review_report.report(uow, house(), principal(), today, now())
    page = render_template(
        "review/report.html", months=_months(), values=values, errors=errors,
        page_secrecy=secrecy_of(made.secrecy), **_words(made),
    )  # fmt: skip
    return (page, 400) if errors else page


def _words(made: review_report.Report) -> dict[str, Any]:
    totals = made.counts.totals
    return {
        "made": made, "month": f"{made.month[5:]}/{made.month[:4]}", "labels": LABELS, "states": STATES,
        "outcomes": OUTCOMES, "grounds": _grounds(made.counts), "weekdays": WEEKDAYS,
        "explained": _share(totals["named"] + totals["broad"], totals["reads"]),
        "unsealed": _hours(made.unsealed), "unanchored": _hours(made.unanchored),
    }  # fmt: skip


def _hours(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return _("%(hours)s giờ %(minutes)s phút", hours=count(minutes // 60), minutes=minutes % 60)


def _months() -> list[tuple[str, str]]:
    """The last twenty-four months, newest first."""
    day, found = now().astimezone(HANOI).date().replace(day=1), []
    for _each in range(24):
        found.append((f"{day:%Y-%m}", f"{day:%m/%Y}"))
        day = (day - timedelta(days=1)).replace(day=1)
    return found


@blueprint.post("/kiem-soat/bao-cao")
@needs(Action.REVIEW_CASE, step_up=True)
def report_pdf() -> Response | str | tuple[str, int]:
    """The month's report as PDF, for a purpose; its row is durable before the first byte leaves."""
    month, purpose = request.form.get("thang", ""), request.form.get("purpose", "")
    try:
        with work() as uow:
            made = review_report.report(uow, house(), principal(), month, now())
            html = render_template("review/report_print.html", who=principal(), **_words(made))
            data = review_report.as_pdf(
                uow, principal(), made, html, review_report.Taking(purpose, leaving_of(request.form)), now()
            )
    except InvalidInput as problem:
        return _report(month, {"purpose": purpose}, [{"field": problem.field, "text": problem.message_vi}])
    answer = Response(data, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="bao-cao-kiem-soat-{made.month}.pdf"'
    return answer
