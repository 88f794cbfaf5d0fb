"""Where the work of other desks that runs as cases is done: their pages, and the words of their kinds."""

from __future__ import annotations

from collections.abc import Mapping

from oms.domain.access import Action, Principal, permits
from oms.domain.case_subjects import DESKS, SUBJECT_LABELS
from oms.web.words import Words

SUBJECT_WORDS = Words(SUBJECT_LABELS)
SUBJECT_PAGES: Mapping[str, tuple[str, str]] = {
    "change": ("changes.change", "change_id"),
    "supplement": ("changes.change", "change_id"),
    "request": ("changes.subject_request", "request_id"),
    "consultation": ("consultations.prepare_page", "consultation_id"),
    "loan": ("keeping.loan", "loan_id"),
    "transfer_out": ("keeping.transfer", "transfer_id"),
    "transfer_in": ("keeping.transfer", "transfer_id"),
    "batch": ("scanning_desk.batch", "batch_id"),
    "declassify": ("approvals.one", "approval_id"),
    "disposal": ("keeping.disposal", "disposal_id"),
}
"""Kind of work → the page of one piece of it, and what that page calls its id."""


def subject_place(person: Principal, kind: str) -> tuple[str, str]:
    """Endpoint and parameter of the page where this person finds a kind of work; ("", "") where they have none."""
    if kind == "consultation" and permits(person, Action.CONSULT_DECIDE):
        return "consultations.decide_page", "consultation_id"
    if kind not in SUBJECT_PAGES or not permits(person, DESKS[kind]):
        return "", ""
    return SUBJECT_PAGES[kind]
