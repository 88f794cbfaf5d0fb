"""Administration: how the installation is, and who may sign in. No record is shown here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain import upkeep
from oms.domain.access import Action, Role
from oms.domain.organisation import Block
from oms.errors import InvalidInput
from oms.services import accounts as service
from oms.services import archival, factors, hosts, outside, overview, posts, zones
from oms.services.accounts import NewAccount
from oms.services.last_done import Done
from oms.services.posts import Post
from oms.web import words as catalogue
from oms.web.context import house, now, principal, work
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.typed import whole_number

blueprint = Blueprint("admin", __name__)
LOW_DISK = 0.1
"""Less than this share of the disk free is said in amber."""
PARTS, STEPS = catalogue.Words(upkeep.PART_LABELS), catalogue.Words(upkeep.PART_STEPS)
PROGRAMS, QUEUES = catalogue.Words(upkeep.PROGRAM_LABELS), catalogue.Words(upkeep.QUEUE_LABELS)
VERSIONS = catalogue.Words(upkeep.VERSION_LABELS)


@blueprint.app_template_filter("gigabytes")
def gigabytes(value: int) -> str:
    """Bytes of a disk as GB, decimal comma."""
    return f"{value / 1024**3:.1f} GB".replace(".", ",")


@blueprint.get("/quan-tri")
@needs(Action.SYSTEM_STATUS)
def status() -> str:
    """What is not ready, queues, sizes, programs, when things were last done, versions, files set aside."""
    seen = outside.look(house(), now())  # before the row of this page holds the writers' lock
    with work() as uow:
        found = overview.status(uow, house(), principal(), now())
        copies = archival.counts(uow)
        out_of_place = zones.pages_out_of_place(uow)
        hands = hosts.at_work(uow, now())
    return render_template(
        "admin/status.html",
        status=found,
        zone=catalogue.ZONES[house().settings.zone],
        low_disk=found.disk_free < found.disk_total * LOW_DISK,
        copies=copies,
        out_of_place=out_of_place,
        seal=archival.seal_state(house().settings.signing, now()),
        seen=seen,
        lag=round(seen.seal_lag(now())),
        parts=PARTS,
        steps=STEPS,
        programs=PROGRAMS,
        hands=hands,
        missing=[name for name in upkeep.NEEDED if not _runs(name, seen.running, seen.unready)],
        queues=QUEUES,
        version_words=VERSIONS,
        late={
            "backup": _late(seen.done["backup"], timedelta(minutes=upkeep.BACKUP_MINUTES)),
            "check": _late(seen.done["check"], timedelta(days=upkeep.CHECK_DAYS)),
        },
    )


def _runs(name: str, running: dict[str, int], unready: tuple[str, ...]) -> bool:
    """Whether a program runs; a sealer of another user is told by the journal's beat."""
    return bool(running.get(name)) or (name == "seal" and "sealer" not in unready)


def _late(done: Done | None, most: timedelta) -> bool:
    """Whether something was not done for too long, never, or not well."""
    oldest: datetime = now() - most
    return done is None or not done.well or done.at < oldest


@blueprint.get("/quan-tri/tai-khoan")
@needs(Action.ACCOUNT_MANAGE)
def accounts() -> str:
    """Accounts with what they may reach, and the form for a new one."""
    return _page({}, [])


def _page(values: dict[str, Any], errors: list[dict[str, str]]) -> str:
    paging = asked_page()
    with work() as uow:
        rows, total = service.listing(uow, principal(), paging.size, paging.offset, now())
        units = service.units_to_grant(uow, principal())
    return render_template(
        "admin/accounts.html",
        rows=rows,
        total=total,
        paging=paging,
        units=_grouped(units),
        values=values,
        errors=errors,
    )


def _grouped(units: Sequence[Any]) -> list[dict[str, Any]]:
    """Units for a choice, by block."""
    found = [
        {"value": unit.id, "label": unit.name, "group": str(catalogue.BLOCK_LABELS[Block(unit.block)])}
        for unit in units
    ]
    return sorted(found, key=lambda item: str(item["group"]))


@blueprint.post("/quan-tri/tai-khoan")
@needs(Action.ACCOUNT_MANAGE, step_up=True)
def create() -> Response | tuple[str, int]:
    """Makes an account: switched off and without a password until the security officer has vetted it."""
    names = ("username", "display_name", "role", "unit_id")
    values: dict[str, Any] = {name: request.form.get(name, "") for name in names}
    values["scopes"] = request.form.getlist("scopes")
    try:
        new = _new_account(values)
        with work() as uow:
            service.create(uow, principal(), new, now())
    except InvalidInput as problem:
        return _page(values, [{"field": problem.field, "text": problem.message_vi}]), 400
    flash(_("Đã lập tài khoản. Cán bộ bảo mật thẩm tra rồi giao mã đăng nhập lần đầu."), "ok")
    return redirect(url_for("admin.accounts"))


def _new_account(values: dict[str, Any]) -> NewAccount:
    """The form's text as the service takes it."""
    if values["role"] not in catalogue.ROLE_LABELS:
        raise InvalidInput("role", _("Hãy chọn vai trò."))
    unit_id = whole_number(values["unit_id"])
    scope_ids = tuple(number for text in values["scopes"] if (number := whole_number(text)) is not None)
    if unit_id is None or len(scope_ids) != len(values["scopes"]):
        raise InvalidInput("unit_id", _("Hãy chọn đơn vị."))
    return NewAccount(
        username=values.get("username", "").strip(),
        display_name=values.get("display_name", "").strip()[:120],
        password="",
        role=Role(values["role"]),
        unit_id=unit_id,
        scope_ids=scope_ids,
    )


@blueprint.post("/quan-tri/tai-khoan/<account_id>/trang-thai")
@needs(Action.ACCOUNT_MANAGE, step_up=True)
def toggle(account_id: str) -> Response:
    """Switches an account on or off as the form says; off ends its sessions at once."""
    active = request.form.get("active") == "1"
    try:
        with work() as uow:
            service.set_active(uow, principal(), account_id, active, now())
        flash(_("Đã mở lại tài khoản.") if active else _("Đã khoá tài khoản; các phiên đang mở đã kết thúc."), "ok")
    except InvalidInput as problem:
        flash(problem.message_vi, "refused")
    return redirect(url_for("admin.accounts"))


@blueprint.get("/quan-tri/tai-khoan/<account_id>/nhiem-vu")
@needs(Action.ACCOUNT_MANAGE)
def post(account_id: str) -> str:
    """The form of an account's duty: role, unit, scopes."""
    return _post_page(account_id, None, [])


def _post_page(account_id: str, values: dict[str, Any] | None, errors: list[dict[str, str]]) -> str:
    with work() as uow:
        row = service.one(uow, principal(), account_id, now())
        units = service.units_to_grant(uow, principal())
    stands = {
        "role": row.account.role,
        "unit_id": row.account.unit_id,
        "scopes": [str(unit.id) for unit in row.scopes],
    }
    shown = values if values is not None else stands
    return render_template("admin/post.html", row=row, units=_grouped(units), values=shown, errors=errors)


@blueprint.post("/quan-tri/tai-khoan/<account_id>/nhiem-vu")
@needs(Action.ACCOUNT_MANAGE, step_up=True)
def post_change(account_id: str) -> Response | tuple[str, int]:
    """Sets an account's duty; another role or unit begins with nothing granted."""
    values: dict[str, Any] = {name: request.form.get(name, "") for name in ("role", "unit_id", "reason")}
    values["scopes"] = request.form.getlist("scopes")
    try:
        new = _new_account(values)
        with work() as uow:
            wanted = Post(new.role, new.unit_id, new.scope_ids, values["reason"])
            moved = posts.change(uow, principal(), account_id, wanted, now())
    except InvalidInput as problem:
        return _post_page(account_id, values, [{"field": problem.field, "text": problem.message_vi}]), 400
    told = _("Đã đổi nhiệm vụ: độ mật, khu vực, thông tin riêng, uỷ quyền đã hết, cán bộ bảo mật cấp lại từ đầu.")
    flash(told if moved else _("Đã đổi phạm vi; có hiệu lực ngay."), "ok")
    return redirect(url_for("admin.accounts"))


@blueprint.post("/quan-tri/tai-khoan/<account_id>/yeu-to")
@needs(Action.ACCOUNT_MANAGE, step_up=True)
def reset(account_id: str) -> Response:
    """Removes the second factors of an account whose owner lost them."""
    with work() as uow:
        account = factors.reset(uow, principal(), account_id, now())
    told = _("Đã đặt lại yếu tố xác thực của %(name)s; người này thêm yếu tố mới khi đăng nhập.", name=account.username)
    flash(told, "ok")
    return redirect(url_for("admin.accounts"))
