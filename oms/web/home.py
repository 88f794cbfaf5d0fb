"""Home: what waits, what is new, what is wrong; every line opens the thing itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _

from oms.domain.access import Action, permits
from oms.domain.journal import Outcome, Verb
from oms.domain.records import HANOI
from oms.services import charts, overview
from oms.services.case_home import SOON, CaseHome
from oms.services.figures import HomeChart
from oms.services.overview import Beginning, Home, Status, Watch
from oms.web.admin import gigabytes
from oms.web.alerts import LABELS
from oms.web.case_ground import days_words
from oms.web.context import house, now, principal, work
from oms.web.frame import count
from oms.web.guard import needs
from oms.web.records import secrecy_of

blueprint = Blueprint("home", __name__)
Line = dict[str, Any]


@blueprint.get("/")
@needs(Action.HOME)
def index() -> str:
    """The page after signing in, by role."""
    today = now().astimezone(HANOI).replace(hour=0, minute=0, second=0, microsecond=0)
    with work() as uow:
        found = overview.home(uow, house(), principal(), today - timedelta(days=1), today, now())
    shown = [paper.document.secrecy for paper in found.new] + [each.row.dossier.secrecy for each in found.readings]
    return render_template(
        "home/index.html",
        home=found,
        waiting=_waiting(found),
        steps=_steps(found.cases),
        casework=_casework(found.cases),
        lately=_lately(found.cases, today - timedelta(days=1)),
        dues=_dues(found),
        standing=_standing(found),
        beyond=_beyond(found),
        watch=_watch(found.watch, today),
        system=_system(found.status),
        beginning=_beginning(found.beginning),
        chart=found.chart,
        chart_drawing=_drawing(found.chart),
        page_secrecy=secrecy_of(*shown),
    )


def _drawing(chart: HomeChart | None) -> charts.Columns | None:
    """The small drawing; None when there is nothing to draw. Every second day is named, so that names have room."""
    if chart is None or not any(first or second for _day, first, second in chart.points):
        return None
    if chart.kind == "pages":
        points = enumerate(chart.points)
        return charts.columns([(f"{day:%d/%m}" if n % 2 else "", (pages,)) for n, (day, pages, _none) in points])
    return charts.columns([(f"{day:%d/%m}", (first, second)) for day, first, second in chart.points])


def _line(number: int, title: str, href: str, icon: str, detail: str = "") -> Line:
    return {"count": number, "title": title, "href": href, "icon": icon, "detail": detail}


def _waiting(found: Home) -> list[Line]:
    """Work on its way from paper to dossier, for those who do it; lines without work are left out."""
    if not permits(principal(), Action.DESK_WORK):
        return []
    desk, batches = "scanning_desk.queue", url_for("scanning_desk.batches")
    reading = found.scans.get("waiting", 0) + found.scans.get("reading", 0)
    lines = [
        _line(
            found.documents.get("proposed", 0),
            _("tài liệu chờ duyệt"),
            url_for(desk, trang_thai="proposed"),
            "check",
            _("máy đã đọc, cần người xác nhận"),
        ),
        _line(
            found.documents.get("orphan", 0),
            _("tài liệu chưa rõ, để riêng"),
            url_for(desk, trang_thai="orphan"),
            "doubt",
            _("chưa rõ loại hoặc chưa rõ của ai"),
        ),
        _line(
            found.checks.get("waiting", 0),
            _("tài liệu chờ kiểm tra lần hai"),
            url_for("checks.queue"),
            "check",
            _("người khác đã đưa vào hồ sơ, cần so lại với giấy"),
        ),
        _line(
            found.checks.get("differs", 0),
            _("tài liệu chờ phân xử"),
            url_for("checks.queue", the="cho-phan-xu"),
            "alert",
            _("hai người đọc khác nhau"),
        ),
        _line(reading, _("tệp đang chờ đọc hoặc đang đọc"), batches, "scan"),
        _line(found.scans.get("flagged", 0), _("tệp đã đọc nhưng có trang cần xem lại"), batches, "alert"),
        _line(found.scans.get("rejected", 0), _("tệp không nhận được"), batches, "refused", _("xem lý do và quét lại")),
    ]
    return [line for line in lines if line["count"]]


def _steps(found: CaseHome | None) -> list[Line]:
    """The first of the person's own cases: what it is, where it stands, its last day in words."""
    lines = []
    for each in found.lines if found else ():
        case = each.row.case
        said, kind = days_words(case, each.left)
        about = f"{case.number} · {each.step}"
        if each.row.cadre is not None:
            about += f" · {each.row.cadre.full_name}"
        href = url_for("cases.one", case_id=case.id)
        line = {"title": each.row.title, "detail": about, "href": href, "icon": "briefcase", "end": said}
        lines.append(line | {"late": kind == "refused"})
    return lines


def _casework(found: CaseHome | None) -> list[Line]:
    """Counts of the office's work; lines without work are left out."""
    if found is None:
        return []
    hand = found.hand
    said = [_("%(n)s quá hạn", n=count(hand.late))] if hand.late else []
    said += [_("%(n)s đến hạn trong %(days)s ngày làm việc", n=count(hand.soon), days=SOON)] if hand.soon else []
    overdue = _("%(n)s quá hạn", n=count(found.tasks_late)) if found.tasks_late else ""
    late = url_for("cases.index", xem="qua-han")
    lines = [
        _line(hand.mine, _("việc trong tay anh/chị"), url_for("cases.index"), "briefcase", ", ".join(said)),
        _line(found.opinions, _("việc xin ý kiến anh/chị"), url_for("cases.index"), "inbox"),
        _line(found.tasks, _("nhiệm vụ anh/chị chủ trì"), url_for("task_work.mine"), "flag", overdue),
        _line(found.unit_late, _("việc quá hạn trong đơn vị"), late, "clock") | {"late": True},
    ]
    return [line for line in lines if line["count"]]


def _lately(found: CaseHome | None, since: datetime) -> list[Line]:
    """What came and what ended since a day; each line opens these very cases."""
    if found is None:
        return []
    day = f"{since:%Y-%m-%d}"
    came, ended = url_for("cases.index", xem="don-vi", tu=day), url_for("cases.index", xem="da-ket-thuc", tu=day)
    lines = [
        _line(found.received, _("việc mới tiếp nhận"), came, "inbox"),
        _line(found.ended, _("việc đã kết thúc"), ended, "check"),
    ]
    return [line for line in lines if line["count"]]


def _standing(found: Home) -> list[Line]:
    """What of the records waits for the person: changes, requests, paper out; lines without work are left out."""
    each = found.standing
    late = _("%(n)s quá hạn", n=count(each.requests_late)) if each.requests_late else ""
    overdue = _("%(n)s quá hạn", n=count(each.conflicts_late)) if each.conflicts_late else ""
    packages_late = _("%(n)s quá hạn", n=count(each.packages_late)) if each.packages_late else ""
    lines = [
        (each.approvals, _("việc cần hai người chờ anh/chị quyết định"), "approvals.desk", "users", ""),
        (each.unvetted, _("tài khoản chờ thẩm tra"), "grants.listing", "user", ""),
        (each.changes, _("phiếu thay đổi chờ duyệt"), "changes.changes", "check", ""),
        (each.drafts, _("phiếu thay đổi anh/chị đang soạn"), "changes.changes", "history", ""),
        (each.requests, _("yêu cầu của cán bộ đang xử lý"), "changes.requests", "user", late),
        (each.loans_late, _("lượt mượn quá hạn trả"), "keeping.loans", "clock", ""),
        (each.pages_missing, _("lượt trả thiếu trang chưa giải trình"), "keeping.loans", "alert", ""),
        (each.transfers, _("hồ sơ đang chuyển giao dưới niêm phong"), "keeping.transfers", "seal", ""),
        (each.stocktakes, _("đơn vị chưa kiểm kê trong kỳ này"), "keeping.stocktakes", "pages", ""),
        (each.others, _("giá trị ngoài danh mục chờ xử lý"), "lists.queue", "doubt", ""),
        (each.packages, _("gói trao đổi đến chờ xử lý"), "exchange.packages", "inbox", packages_late),
        (each.proposals, _("góp ý về thủ tục chờ trả lời"), "procedures.index", "inbox", ""),
        (each.links, _("cặp hồ sơ có thể là của một người chờ đối chiếu"), "links.queue", "link", ""),
        (each.conflicts, _("mục khác nhau giữa hai khối"), "link_conflicts.queue", "doubt", overdue),
    ]
    return [_line(n, title, url_for(endpoint), icon, detail) for n, title, endpoint, icon, detail in lines if n]


def _beyond(found: Home) -> list[Line]:
    """Access beyond one's units: requests to prepare or decide, one's own that run, emergencies to be judged."""
    each = found.standing
    late = _("%(n)s quá hạn", n=count(each.emergencies_late)) if each.emergencies_late else ""
    lines = [
        (each.consultations_prepared, _("yêu cầu nghiên cứu hồ sơ chờ duyệt"), "consultations.deciding", "check", ""),
        (
            each.consultations_waiting,
            _("yêu cầu nghiên cứu hồ sơ chờ chuẩn bị"),
            "consultations.preparing",
            "inbox",
            "",
        ),
        (each.consultations_running, _("hồ sơ anh/chị đang được nghiên cứu"), "consultations.mine", "eye", ""),
        (each.emergencies, _("lần mở khẩn cấp chờ hậu kiểm"), "emergency_reviews.reviews", "alert", late),
    ]
    return [
        _line(n, title, url_for(endpoint), icon, detail) | {"late": bool(detail)}
        for n, title, endpoint, icon, detail in lines
        if n
    ]


def _dues(found: Home) -> list[Line]:
    """Dates coming due by kind, for those who have the list."""
    lines = []
    for kind, number, past in found.dues:
        detail = _("%(n)s quá hạn", n=count(past)) if past else ""
        lines.append(_line(number, LABELS.get(kind, kind), url_for("alerts.alerts", loai=kind), "calendar", detail))
    return lines


def _watch(watch: Watch | None, today: datetime) -> list[Line]:
    """The reviewer's counts of today; each opens the journal filtered the same way."""
    if watch is None:
        return []
    day = f"{today:%d/%m/%Y}"

    def line(verb: str, outcome: str, title: str, icon: str) -> Line:
        href = url_for("review.journal", viec=verb or None, ket_qua=outcome or None, tu=day)
        return _line(watch.count(verb, outcome), title, href, icon)

    queue = url_for("review_desk.desk")
    signing = url_for("review_desk.desk", trang_thai="decided")
    return [
        _line(watch.cases.get("open", 0), _("trường hợp đọc hồ sơ chờ xem xét"), queue, "eye"),
        _line(watch.cases.get("decided", 0), _("trường hợp chờ ký lần hai"), signing, "check"),
        line("", Outcome.REFUSED, _("lần bị từ chối hôm nay"), "refused"),
        line(Verb.SESSION_REFUSE, "", _("lần đăng nhập không được hôm nay"), "lock"),
        line(Verb.DOSSIER_OPEN, Outcome.DONE, _("lần mở hồ sơ hôm nay"), "eye"),
        line(Verb.PAGE_VIEW, Outcome.DONE, _("trang được xem hôm nay"), "page"),
        line(Verb.SEARCH_RUN, "", _("lần tìm kiếm hôm nay"), "search"),
    ]


def _beginning(found: Beginning | None) -> list[Line]:
    """The administrator's first steps in a new installation, in their order; what is done bears a tick."""
    if found is None:
        return []
    waits = _("%(n)s đang chờ", n=count(found.accounts - found.vetted)) if found.accounts else ""
    steps = (
        (found.units, _("Lập cây đơn vị"), "units.units", _("thêm từng đơn vị, hoặc nhờ người vận hành nạp cả tệp")),
        (found.accounts, _("Lập tài khoản cho từng người"), "admin.accounts", _("mỗi người một vai trò, một đơn vị")),
        (
            found.vetted,
            _("Cán bộ bảo mật thẩm tra, cấp mã"),
            "admin.accounts",
            waits or _("việc của người thứ hai"),
        ),
    )
    return [
        {"title": title, "href": url_for(endpoint), "icon": "check" if done else "right",
         "detail": _("đã có %(n)s", n=count(done)) if done else detail}
        for done, title, endpoint, detail in steps
    ]  # fmt: skip


def _system(status: Status | None) -> list[Line]:
    """The administrator's lines: queues, disk, accounts."""
    if status is None:
        return []
    page = url_for("admin.status")
    waiting = status.scans.get("waiting", 0) + status.scans.get("reading", 0)
    free = _("còn trống %(free)s / %(total)s", free=gigabytes(status.disk_free), total=gigabytes(status.disk_total))
    return [
        _line(waiting, _("tệp đang chờ đọc hoặc đang đọc"), page, "scan"),
        _line(status.totals["outbox"], _("tài liệu chờ vào chỉ mục tìm kiếm"), page, "search"),
        _line(len(status.quarantine), _("tệp để riêng ở thư mục chờ"), f"{page}#de-rieng", "alert"),
        {"title": _("Ổ đĩa"), "href": page, "icon": "inbox", "detail": free},
        _line(
            status.accounts,
            _("tài khoản"),
            url_for("admin.accounts"),
            "users",
            _("%(n)s đang khoá", n=count(status.accounts_off)),
        ),
    ]
