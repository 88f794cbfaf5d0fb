"""The operations by area; importing this package fills the table."""

from __future__ import annotations

from oms.web.api.areas import (
    accounts,
    cases,
    changes,
    checks,
    consultations,
    custody,
    desk,
    directives,
    dossiers,
    journal,
    links,
    me,
    paper_files,
    procedures,
    reports,
    searching,
    secrecy,
    units,
    upkeep,
)

PARTS = (
    me,
    units,
    searching,
    dossiers,
    desk,
    checks,
    paper_files,
    changes,
    custody,
    secrecy,
    links,
    cases,
    procedures,
    directives,
    consultations,
    reports,
    journal,
    accounts,
    upkeep,
)
