"""The owner of the token: who they are, what they have been told."""

from __future__ import annotations

from typing import Any

from oms.domain.access import ROLE_ACTIONS, Action
from oms.domain.notices import NOTICE_LABELS
from oms.services import notices
from oms.web.api import shapes as s
from oms.web.api.operations import Call, Listed, posts, reads
from oms.web.api.shapes import Told


class Me(Told):
    """The owner of the token, with the rights it has now."""

    id = s.text("account_id")
    username = s.text()
    name = s.text("display_name")
    role = s.text()
    unit_id = s.number()
    unit_path = s.text()
    scopes = s.texts()
    clearance = s.number()
    compartments = s.texts()
    may = s.texts()


class NoticeTold(Told):
    """Something its owner has to know."""

    id = s.text()
    kind = s.text()
    words = s.made(lambda notice: NOTICE_LABELS.get(notice.kind, notice.kind))
    about = s.text("object_kind")
    about_id = s.text("object_id")
    label = s.text()
    told_at = s.at("at")
    read_at = s.at("read_at", maybe=True)


@reads("/me", Action.OWN_ACCOUNT, "me", Me)
def get_me(call: Call) -> dict[str, Any]:
    """Who the token acts for, and what they may do now."""
    who = call.who
    told = {name: getattr(who, name) for name in ("account_id", "username", "display_name", "unit_id", "unit_path")}
    rights = {"scopes": who.scopes, "clearance": int(who.clearance), "compartments": sorted(who.compartments)}
    return told | rights | {"role": str(who.role), "may": sorted(map(str, ROLE_ACTIONS[who.role]))}


@reads("/me/notices", Action.HOME, "me", NoticeTold, listed=True)
def list_notices(call: Call) -> Listed:
    """The owner's notices, unread first."""
    return Listed(*notices.listed(call.uow, call.who, call.size, call.offset))


@posts("/me/notices/<notice_id>/read", Action.HOME, "me")
def read_notice(call: Call, notice_id: str) -> None:
    """Marks a notice read."""
    notices.take(call.uow, call.who, notice_id, call.now)


@posts("/me/notices/read", Action.HOME, "me")
def read_notices(call: Call) -> None:
    """Marks every notice read."""
    notices.mark_all_read(call.uow, call.who, call.now)
