"""A cadre's record put into a form (trích dọc): seen first, then made as Word or PDF, under a running opening."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, Target
from oms.domain.catalogue import SECRECY_LABELS
from oms.domain.forms import FilledForm, Offer, lines_of, offers
from oms.domain.journal import Verb
from oms.domain.records import HANOI
from oms.domain.secrecy import name_mark
from oms.errors import InvalidInput
from oms.services import catalogues, custody, record, secret_copies
from oms.services.house import Served, What, require
from oms.services.profile_form import fill
from oms.services.profile_pdf import pdf_of
from oms.services.profile_word import word_of
from oms.services.record import RecordFact
from oms.services.secret_copies import Copied, Leaving
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.tables import Dossier, Opening

SEEN = "preview"
WORD, PDF = "docx", "pdf"
_KINDS: dict[str, tuple[str, Callable[[FilledForm], bytes]]] = {
    WORD: ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", word_of),
    PDF: ("application/pdf", pdf_of),
}


@dataclass(frozen=True)
class ProfileView:
    """A form filled for looking at, with the other forms that may be chosen."""

    row: DossierRow
    opening: Opening
    offers: tuple[Offer, ...]
    chosen: Offer
    form: FilledForm
    secrecy: int


@dataclass(frozen=True)
class Made:
    """A file that was made."""

    data: bytes
    name: str
    mimetype: str


@dataclass(frozen=True)
class _Ground:
    view: ProfileView
    target: Target


def _chosen(found: list[Offer], code: str) -> Offer:
    for offer in found:
        if offer.row.code == code:
            return offer
    if code or not found:
        raise InvalidInput("mau", "Mẫu này không có trong danh mục; hãy chọn lại.")
    return found[0]


def level_of(dossier: Dossier, facts: Sequence[RecordFact]) -> tuple[int, str]:
    """The level and compartment of what is printed: the dossier's, or higher where a fact's is."""
    shown = [fact.row for fact in facts if not fact.masked]
    levels = [dossier.secrecy, *(fact.secrecy for fact in shown)]
    closed = [dossier.compartment, *(fact.compartment for fact in shown)]
    return max(levels), next(filter(None, closed), "")


def _ground(uow: UnitOfWork, principal: Principal, dossier_id: str, code: str, now: datetime) -> _Ground:
    row, opening = custody.opened(uow, principal, dossier_id, Verb.PROFILE_MAKE, now)
    require(principal, Action.PROFILE_MAKE, Verb.PROFILE_MAKE, custody.target_of(row), "dossier", dossier_id)
    catalogue, day = catalogues.load(uow), now.astimezone(HANOI).date()
    found = offers(catalogue, day)
    offer = _chosen(found, code)
    facts = record.facts_of(uow, principal, dossier_id)
    level, compartment = level_of(row.dossier, facts)
    mark = SECRECY_LABELS[level] if level else ""
    form = fill(catalogue, offer.row, lines_of(catalogue, offer, day), facts, mark)
    view = ProfileView(row, opening, tuple(found), offer, form, level)
    return _Ground(view, Target(row.unit.path, level, compartment))


def _tell(uow: UnitOfWork, principal: Principal, ground: _Ground, kind: str, size: int, now: datetime) -> None:
    """The row of one form: which, as what, how many facts stand in it, how many were withheld; no value of any."""
    view, form = ground.view, ground.view.form
    what = What("dossier", view.row.dossier.id, view.row.dossier.number)
    more: dict[str, object] = {"form": form.code, "format": kind, "items": form.filled, "masked": len(form.masked)}
    served = Served(0, size)
    custody.note_under(uow, principal, Verb.PROFILE_MAKE, view.opening, now, what, ground.target, more, served)


def look(uow: UnitOfWork, principal: Principal, dossier_id: str, code: str, now: datetime) -> ProfileView:
    """A form filled for looking at; its row says "preview".

    Refused: missing, hidden or not opened. InvalidInput: no such form.
    """
    ground = _ground(uow, principal, dossier_id, code, now)
    _tell(uow, principal, ground, SEEN, 0, now)
    return ground.view


def make(
    uow: UnitOfWork,
    principal: Principal,
    dossier_id: str,
    code: str,
    kind: str,
    now: datetime,
    leaving: Leaving | None = None,
) -> Made:
    """A form as a Word or PDF file, after its row. Refused and InvalidInput as :func:`look`.

    With a level it leaves as PDF alone, entered in the register of copies, each page with its level and number.
    """
    if kind not in _KINDS:
        raise InvalidInput("dang", "Hãy chọn Word hoặc PDF.")
    ground = _ground(uow, principal, dossier_id, code, now)
    view = ground.view
    if view.secrecy and kind != PDF:
        raise InvalidInput("dang", "Nội dung có độ mật chỉ lấy được dạng PDF, mỗi trang mang số bản sao.")
    mimetype, draw = _KINDS[kind]
    data = draw(view.form)
    subject = What("dossier", dossier_id, view.row.dossier.number)
    copied = Copied("profile", subject, ground.target, view.row.unit.id, dossier_id)
    entered = secret_copies.enter(uow, principal, copied, leaving, view.opening.reason, now)
    if entered is not None:
        data = secret_copies.stamped(data, secret_copies.marks_of(entered))
    _tell(uow, principal, ground, kind, len(data), now)
    number = re.sub(r"[^A-Za-z0-9-]+", "-", ground.view.row.dossier.number).strip("-")
    return Made(data, f"{view.form.short}_{number or 'ho-so'}{name_mark(view.secrecy)}.{kind}", mimetype)
