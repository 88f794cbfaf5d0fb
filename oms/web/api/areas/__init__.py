"""The operations by area; importing this package fills the table."""

from __future__ import annotations

from oms.web.api.areas import (
    cases,
    desk,
    directives,
    dossiers,
    me,
    searching,
    units,
)

PARTS = (me, units, searching, dossiers, desk, cases, directives)
