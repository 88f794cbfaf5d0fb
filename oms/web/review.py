"""The reviewer's desk: the journal with its filters and its integrity. No link here opens a record."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.domain.journal import Outcome
from oms.domain.records import HANOI
from oms.errors import InvalidInput
from oms.services import review
from oms.services.review import EntryFilter, JournalPage
from oms.web import words as catalogue
from oms.web.context import house, now, principal, work
from oms.web.frame import count
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.words import Words

blueprint = Blueprint("review", __name__)

_LACKS = re.compile(r"role .*?lacks (\S+)")
COLUMNS = Words(
    {
        "seq": "Số dòng",
        "actor_id": "Mã tài khoản",
        "session": "Phiên",
        "address": "Địa chỉ máy",
        "verb": "Mã việc",
        "object_id": "Mã đối tượng",
        "unit_path": "Đường dẫn đơn vị",
        "detail": "Chi tiết",
        "salt": "Muối",
    }
)
ACTIONS: Words[str] = Words(
    {
        Action.BATCH_LIST: "xem đợt số hoá",
        Action.BATCH_CREATE: "mở đợt số hoá",
        Action.SCAN_RECEIVE: "nhận tệp quét",
        Action.DESK_WORK: "làm việc ở bàn duyệt",
        Action.DOCUMENT_FILE: "đưa tài liệu vào hồ sơ",
        Action.CADRE_LIST: "xem danh sách hồ sơ",
        Action.CADRE_CREATE: "đăng ký cán bộ",
        Action.DOSSIER_READ: "đọc hồ sơ",
        Action.TASK_MANAGE: "quản lý công việc",
        Action.SEARCH: "tìm kiếm",
        Action.JOURNAL_READ: "đọc nhật ký",
        Action.ACCOUNT_MANAGE: "quản lý tài khoản",
        Action.SYSTEM_STATUS: "xem tình trạng hệ thống",
    }
)
"""What a role was refused, in words."""
REASONS = Words(
    {
        "missing": "không có",
        "missing or not visible": "không có, hoặc ngoài quyền xem",
        "missing or outside scope": "không có, hoặc ngoài phạm vi",
        "missing, closed or outside scope": "không có, đã đóng, hoặc ngoài phạm vi",
        "missing or own": "không có, hoặc là tài khoản của chính mình",
        "no running opening": "chưa nêu mục đích, hoặc đã hết thời gian mở",
        "not on the desk": "không còn ở bàn duyệt",
        "outside scope": "ngoài phạm vi đơn vị",
        "outside secrecy": "vượt độ mật được giao",
        "outside compartment": "ngoài khu vực hạn chế được giao",
        "page has no image": "trang không có ảnh",
        "wrong password or inactive": "sai mật khẩu, hoặc tài khoản đang khoá",
        "wrong name or password": "sai tên đăng nhập hoặc mật khẩu",
        "unknown name": "tên đăng nhập không có",
        "throttled": "thử quá nhiều lần",
    }
)
"""The rule's own words as a reviewer reads them; words a person typed as a reason are not in here and stay."""


@dataclass(frozen=True)
class Asked:
    """The filters as typed."""

    nguoi: str
    viec: str
    ket_qua: str
    tu: str
    den: str
    doi_tuong: str

    @classmethod
    def of_request(cls) -> Asked:
        """Reads the address; a verb or an outcome that does not exist is dropped."""
        values = {name: request.args.get(name, "").strip()[:64] for name in cls.__dataclass_fields__}
        if values["viec"] not in catalogue.VERB_LABELS:
            values["viec"] = ""
        if values["ket_qua"] not in catalogue.OUTCOME_LABELS:
            values["ket_qua"] = ""
        return cls(**values)

    @property
    def args(self) -> dict[str, str]:
        """The address's parts that are set."""
        return {name: value for name, value in vars(self).items() if value}

    def without(self, *names: str) -> dict[str, str]:
        """The address's parts less some."""
        return {name: value for name, value in self.args.items() if name not in names}

    def wanted(self) -> EntryFilter:
        """The service's filter; InvalidInput names a date that is none."""
        since, until = _day("tu", self.tu), _day("den", self.den)
        after = until + timedelta(days=1) if until else None
        return review.wanted(self.nguoi, self.viec, self.ket_qua, self.doi_tuong, since, after)


def _day(name: str, text: str) -> datetime | None:
    """Midnight of a typed day, +07:00."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=HANOI).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(name, _("Ngày chưa đúng: hãy nhập như 05/08/2026.")) from None


@blueprint.get("/nhat-ky")
@needs(Action.JOURNAL_READ)
def journal() -> str | tuple[str, int]:
    """The newest entries that fit; the look is a row itself."""
    asked, paging = Asked.of_request(), asked_page()
    errors: list[dict[str, str]] = []
    try:
        wanted = asked.wanted()
    except InvalidInput as problem:
        errors = [{"field": problem.field, "text": problem.message_vi}]
        wanted = review.wanted(asked.nguoi, asked.viec, asked.ket_qua, asked.doi_tuong, None, None)
    with work() as uow:
        found = review.entries(uow, house(), principal(), wanted, paging.size, paging.offset, now())
    page = render_template(
        "review/journal.html",
        found=found,
        asked=asked,
        args=asked.args,
        chips=_chips(asked, found, {error["field"] for error in errors}),
        names={account.id: account.display_name for account in found.accounts},
        errors=errors,
        paging=paging,
        actors=_actors(found),
        columns=COLUMNS.items(),
        by_verb=_by_verb(asked, found),
        figures=_figures(asked, found),
    )
    return (page, 400) if errors else page


def _address(args: dict[str, str]) -> str:
    return url_for("review.journal", **args)  # type: ignore[arg-type]


def _figures(asked: Asked, found: JournalPage) -> list[dict[str, Any]]:
    """What ended how, within the filter; each opens its rows."""
    shown = [{"value": found.total, "label": _("dòng khớp bộ lọc"), "href": None}]
    for outcome in Outcome:
        number = sum(n for (_verb, ended), n in found.counts.items() if ended == outcome)
        href = _address(asked.without("ket_qua") | {"ket_qua": str(outcome)})
        shown.append({"value": number, "label": catalogue.OUTCOME_LABELS[outcome].lower(), "href": href})
    return shown


def _by_verb(asked: Asked, found: JournalPage) -> list[dict[str, Any]]:
    """Counts per act in the order of the catalogue."""
    lines = []
    for verb, words in catalogue.VERB_LABELS.items():
        numbers = {str(outcome): found.counts.get((str(verb), str(outcome)), 0) for outcome in Outcome}
        if any(numbers.values()):
            href = _address(asked.without("viec") | {"viec": str(verb)})
            lines.append({"words": words, "href": href, "numbers": numbers, "total": sum(numbers.values())})
    return lines


def _chips(asked: Asked, found: JournalPage, wrong: set[str]) -> list[dict[str, str]]:
    """The filters that count, in words, each with the address without it."""
    names = {account.id: account.display_name for account in found.accounts} | {"system": _("Hệ thống")}
    said = {
        "nguoi": (_("Người"), names.get(asked.nguoi, asked.nguoi)),
        "viec": (_("Việc"), catalogue.VERB_LABELS.get(asked.viec, "")),
        "ket_qua": (_("Kết quả"), catalogue.OUTCOME_LABELS.get(asked.ket_qua, "")),
        "tu": (_("Từ ngày"), asked.tu),
        "den": (_("Đến ngày"), asked.den),
        "doi_tuong": (_("Đối tượng"), asked.doi_tuong),
    }
    return [
        {"name": name, "value": value, "remove": _address(asked.without(part))}
        for part, (name, value) in said.items()
        if getattr(asked, part) and part not in wrong
    ]


@blueprint.post("/nhat-ky/kiem-tra")
@needs(Action.JOURNAL_READ)
def verify() -> Response:
    """Re-computes the whole tree now and says what was found."""
    verdict = review.verify_now(house(), principal(), now())
    at = now().astimezone(HANOI).strftime("%d/%m/%Y %H:%M:%S")
    if verdict.whole:
        text = _(
            "Nhật ký nguyên vẹn: đã tính lại %(entries)s dòng, khớp cả %(heads)s bản niêm phong đã giữ, lúc %(at)s.",
            entries=count(verdict.entries),
            heads=count(verdict.checkpoints),
            at=at,
        )
        flash(text, "ok")
    else:
        first = count(verdict.first_bad) if verdict.first_bad else _("không xác định")
        text = _(
            "Nhật ký KHÔNG còn nguyên vẹn, phát hiện lúc %(at)s. Dòng đầu tiên không tin được: %(first)s. "
            "Giữ nguyên máy chủ và báo ngay người phụ trách an ninh. Mô tả của máy: %(problem)s",
            at=at,
            first=first,
            problem=verdict.problem,
        )
        flash(text, "refused")
    return redirect(url_for("review.journal"))


@blueprint.app_template_filter("reason_words")
def reason_words(reason: str) -> str:
    """A refusal's reason in Vietnamese; a person's own words stay as typed."""
    lacking = _LACKS.fullmatch(reason)
    if lacking is None:
        return REASONS.get(reason, reason)
    if lacking[1] == "None":
        return _("địa chỉ không có trong hệ thống")
    return _("vai trò này không được %(action)s", action=ACTIONS.get(lacking[1], lacking[1]))


@blueprint.app_template_filter("asked_words")
def asked_words(detail: str) -> str:
    """What a search or a list was asked for, from an entry's detail; "" when it holds no question."""
    known = json.loads(detail or "{}")  # a pruned entry has none
    if "query" in known:
        found = known.get("count")
        words = _("“%(query)s”", query=known["query"])
        return words if found is None else _("%(words)s, %(n)s kết quả", words=words, n=count(found))
    return _("tên “%(name)s”", name=known["asked"]) if known.get("asked") else ""


@blueprint.app_template_filter("pretty_verb")
def pretty_verb(verb: str) -> str:
    """A verb in Vietnamese; the verb itself if a later version wrote it."""
    return catalogue.VERB_LABELS.get(verb, verb)


def _actors(found: JournalPage) -> list[tuple[str, str]]:
    """People to choose among, by name, and the program itself."""
    people = [(account.id, f"{account.display_name} ({account.username})") for account in found.accounts]
    return [*people, ("system", _("Hệ thống"))]
