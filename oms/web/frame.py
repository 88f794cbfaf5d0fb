"""What every page shares: the rail, the strip, the words' filters, fonts from their package."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, request, session
from flask_babel import Babel, force_locale, get_locale
from flask_babel import lazy_gettext as _l

from oms.domain.access import Action, Principal, permits
from oms.domain.records import HANOI
from oms.services import custody, page_head
from oms.web import safe, sayings
from oms.web import words as catalogue
from oms.web.context import house, now, signed_in
from vietnamese import places

fonts = Blueprint("fonts", __name__)


@fonts.get("/static/fonts/<name>.ttf")
def font(name: str) -> Response:
    """Be Vietnam Pro from its package."""
    if not name.startswith("BeVietnamPro-") or not name.replace("-", "").isalnum():
        abort(404)
    source = files("fontpkg_be_vietnam_pro").joinpath("files", f"{name}.ttf")
    if not source.is_file():
        abort(404)
    return Response(source.read_bytes(), mimetype="font/ttf", headers={"Cache-Control": "public, max-age=31536000"})


@dataclass(frozen=True)
class NavItem:
    """One line of the left rail."""

    endpoint: str
    label: Any
    icon: str
    action: Action
    group: str
    also: tuple[str, ...] = ()
    unless: Action | None = None
    """Whoever may do this has the section under another line."""

    def of(self, person: Principal) -> bool:
        """Whether this line stands in somebody's rail."""
        return permits(person, self.action) and not (self.unless and permits(person, self.unless))

    @property
    def active(self) -> bool:
        if request.endpoint in _OWN_WORK:
            return self.group == "cases"
        return request.blueprint in (self.group, *self.also)


_OWN_WORK = ("figures.mine", "figures.contest")
"""A person's own figures stand among their work: a clerk has them and no reports."""
_REPORTS = ("reports", "alerts", "figures")
_RECORD_DESKS = (
    *("record", "changes", "keeping", "imports", "exchange", "profiles", "copies", "units", "lists"),
    *("consultations", "emergencies"),
    *("secrecy", "secret_copies"),
)

_WORK_DESKS = ("procedures", "tasks", "directives", "task_work", "briefings", "case_issue")

NAV = (
    NavItem("home.index", _l("Trang chủ"), "home", Action.HOME, "home"),
    NavItem("scanning_desk.batches", _l("Quét và phân loại"), "scan", Action.BATCH_LIST, "scanning_desk"),
    NavItem("checks.queue", _l("Kiểm tra lần hai"), "check", Action.CHECK_WORK, "checks"),
    NavItem("records.dossiers", _l("Hồ sơ"), "folder", Action.CADRE_LIST, "records", _RECORD_DESKS),
    NavItem("search.search", _l("Tìm kiếm"), "search", Action.SEARCH, "search", ("previews", "saved_searches")),
    NavItem("links.queue", _l("Liên kết"), "link", Action.LINK_REVIEW, "links", ("link_conflicts", "persons")),
    NavItem("cases.index", _l("Công việc"), "briefcase", Action.CASE_WORK, "cases", _WORK_DESKS),
    NavItem(
        "procedures.index", _l("Công việc"), "briefcase", Action.PROCEDURE_VIEW, "procedures", (), Action.CASE_WORK
    ),
    NavItem("criteria.criteria", _l("Báo cáo"), "chart", Action.CRITERIA_RUN, "criteria", _REPORTS),
    NavItem("approvals.desk", _l("Việc cần hai người"), "users", Action.APPROVAL_VIEW, "approvals"),
    NavItem("grants.listing", _l("Cấp quyền"), "shield", Action.GRANT_LEVEL, "grants"),
    NavItem("emergency_reviews.reviews", _l("Mở khẩn cấp"), "alert", Action.EMERGENCY_REVIEW, "emergency_reviews"),
    NavItem("review_desk.desk", _l("Nhật ký"), "journal", Action.REVIEW_CASE, "review_desk", ("review", "anchors")),
    NavItem("admin.status", _l("Quản trị"), "admin", Action.SYSTEM_STATUS, "admin", ("units", "lists", "exchange")),
)


def route_label(endpoint: str) -> str:
    """The section a route belongs to, in the rail's Vietnamese words; the whole endpoint where the rail has none."""
    section = endpoint.partition(".")[0]
    with force_locale("vi"):  # the journal has one language, whatever the page speaks
        return next((str(item.label) for item in NAV if section in (item.group, *item.also)), endpoint)


def shared() -> dict[str, Any]:
    """Context of every template. ``can`` is the only permission question a template may ask."""
    person = signed_in()
    settings = house().settings
    common: dict[str, Any] = {
        "lang": str(get_locale() or "vi"),
        "zone_label": catalogue.ZONES[settings.zone],
        "demonstration": settings.demonstration,
        "principal": person,
        "catalogue": catalogue,
        "block_labels": catalogue.BLOCK_LABELS,
        "state_labels": catalogue.STATE_LABELS,
        "can": lambda action: person is not None and permits(person, Action(action)),
        "known_endpoints": current_app.view_functions,
        "nav": (),
        "last_read": None,
        "frame_paths": _search_box(person),
    }
    if person is not None:
        known = current_app.view_functions
        common["nav"] = tuple(item for item in NAV if item.endpoint in known and item.of(person))
        common |= _person_line(person)
    return common


def _search_box(person: Principal | None) -> dict[str, str]:
    """Where the box at the top asks: papers for who may search, names of dossiers for a clerk, nothing for others."""
    if person is None or permits(person, Action.SEARCH):
        return {}
    if permits(person, Action.CADRE_LIST):
        return {"search": "/ho-so", "search_field": "ten"}
    return {"search": ""}


def _person_line(person: Principal) -> dict[str, Any]:
    """Who is signed in, for which unit, and the number of their last reading."""
    with house().look(person) as uow:
        head = page_head.head(uow, person, now())
    role = catalogue.ROLE_LABELS[person.role]
    return {
        "signed_in": {"name": person.display_name, "role_label": role, "unit_label": head.unit_name},
        "last_read": head.last_read,
        "unread": head.unread,
        "urgent": head.urgent,
        "lent": [{"id": row.id, "name": giver.display_name, "until": row.ends_on} for row, giver in head.lent],
    }


def in_hanoi(value: datetime | None) -> str:
    """Day and time as an office reads them, +07:00."""
    return value.astimezone(HANOI).strftime("%d/%m/%Y %H:%M") if value else ""


def iso_time(value: str) -> str:
    """The journal's UTC text as day and time +07:00, with seconds."""
    return datetime.fromisoformat(value).astimezone(HANOI).strftime("%d/%m/%Y %H:%M:%S") if value else ""


def paper_date(value: str) -> str:
    """ "1961-08-05" → "05/08/1961", "1961-08" → "08/1961", "1961" stays."""
    return "/".join(reversed(value.split("-"))) if value else ""


def count(value: int | None) -> str:
    """A whole number with the Vietnamese thousands dot."""
    return "" if value is None else f"{value:,}".replace(",", ".")


def now_place(code: str) -> str:
    """Where a place kept with a fact lies now ("tỉnh Vĩnh Long"); "" when it is not known or still stands."""
    found = places.of_code(code) if code else None
    return places.now_called(found) if found else ""


def size(value: int) -> str:
    """Bytes as KB or MB, decimal comma."""
    if value < 1024 * 1024:
        return f"{max(1, value // 1024)} KB"
    return f"{value / 1024 / 1024:.1f} MB".replace(".", ",")


def _locale() -> str:
    return "en" if session.get("lang") == "en" else "vi"


def install(app: Flask) -> None:
    """Languages, filters, the shared context, fonts."""
    app.config["BABEL_DEFAULT_LOCALE"] = "vi"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    Babel(app, locale_selector=_locale)
    sayings.install(app)
    safe.install(app)
    filters = {
        "when": in_hanoi,
        "iso_when": iso_time,
        "paper_date": paper_date,
        "count": count,
        "size": size,
        "now_place": now_place,
        "serial": custody.label_of,
        "type_title": catalogue.type_title,
    }
    app.jinja_env.filters.update(filters)
    app.context_processor(shared)
    app.register_blueprint(fonts)
