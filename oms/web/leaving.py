"""What every page asks and answers when something leaves the house: the header of a file, and copies of a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping

from oms.services.secret_copies import Leaving

LEAVING = ("copies", "permitted_by", "permitted_on", "recipients")
"""The fields of a form that lets copies of a secret go."""


def attachment(name: str) -> str:
    """The header that makes a browser keep a file under a name and open nothing (RFC 6266; the name is ASCII)."""
    safe = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f'attachment; filename="{safe}"'


def leaving_of(form: Mapping[str, str]) -> Leaving:
    """What a form says of copies that are to leave."""
    return Leaving(**{name: form.get(name, "") for name in LEAVING})
