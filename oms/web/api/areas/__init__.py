"""The operations by area; importing this package fills the table."""

from __future__ import annotations

from oms.web.api.areas import (
    accounts,
    cases,
    changes,
    consultations,
    custody,
    desk,
    directives,
    dossiers,
    journal,
    links,
    me,
    procedures,
    reports,
    searching,
    units,
)

PARTS = (
    me,
    units,
    searching,
    dossiers,
    desk,
    changes,
    custody,
    links,
    cases,
    procedures,
    directives,
    consultations,
    reports,
    journal,
    accounts,
)
