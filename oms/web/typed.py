"""Text a form sends, as the values it stands for."""

from __future__ import annotations

from datetime import date

from flask import request

from oms.domain.list_edits import day_of
from oms.errors import InvalidInput
from oms.web.sayings import gettext as _


def whole_number(text: str, digits: int = 9) -> int | None:
    """The number ``text`` says in at most ``digits`` ASCII digits, so that every database takes it; else None."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None


def typed_day(name: str) -> date | None:
    """The day a field of the form says, None when it is empty. InvalidInput names the field when it is no day."""
    typed = request.form.get(name, "").strip()[:20]
    try:
        return day_of(typed) if typed else None
    except ValueError:
        raise InvalidInput(name, _("Ngày chưa đúng: hãy nhập như 05/08/2026.")) from None
