"""Where the paper stands: the folder's place, what each paper is (original, copy …), whether it is out or sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, visibility
from oms.domain.journal import Verb
from oms.domain.keeping import ORIGINALS, DossierState
from oms.errors import InvalidInput, Refused
from oms.services import components, custody
from oms.services.components import Standing
from oms.services.house import What, note, require
from oms.services.typed_words import squeezed as squeezed
from oms.store import dossiers, keeping
from oms.store.custody_tables import Loan
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.tables import Document
from vietnamese.dates import parse_date

PLACING = Verb.DOSSIER_PLACE


@dataclass(frozen=True)
class Place:
    """What is typed of one paper's paper: original | certified | copy | missing, its place, until when it is good."""

    original: str = ""
    shelf: str = ""
    expires_on: str = ""


@dataclass(frozen=True)
class Keeping:
    """What the contents tab tells beside the list: components, loans, a seal."""

    standing: Standing
    whole_out: Loan | None
    papers_out: Mapping[str, Loan]
    sealed: bool


def dossier_for(uow: UnitOfWork, principal: Principal, dossier_id: str, action: Action, verb: Verb) -> DossierRow:
    """The dossier when this person may do this to it. Refused when missing or not visible."""
    row = dossiers.find_dossier(uow.session, visibility(principal, action), dossier_id)
    if row is None:
        raise Refused(verb, kind="dossier", object_id=dossier_id, reason="missing or not visible")
    return row


def require_held(row: DossierRow) -> None:
    """InvalidInput when the dossier's content is gone."""
    if row.dossier.state == DossierState.DISPOSED:
        raise InvalidInput("dossier", "Hồ sơ này đã tiêu huỷ; chỉ còn số và danh sách tài liệu đã huỷ.")


def about(uow: UnitOfWork, row: DossierRow, papers: Sequence[Document], now: datetime) -> Keeping:
    """What the contents tab tells of the papers its reader sees; the caller has opened the dossier and journalled."""
    standing = components.of_dossier(uow, row, papers, now)
    whole: Loan | None = None
    out: dict[str, Loan] = {}
    for loan in keeping.open_loans(uow.session, [row.dossier.id]).get(row.dossier.id, []):
        named = keeping.lent_papers(loan)
        whole = whole if named else loan
        out |= dict.fromkeys(named, loan)
    return Keeping(standing, whole, out, keeping.is_sealed(uow.session, row.dossier.id))


def _placed(typed: Place) -> Place:
    if typed.original and typed.original not in ORIGINALS:
        raise InvalidInput("original", "Loại bản lưu không có trong danh sách.")
    expires = ""
    if typed.expires_on.strip():
        found = parse_date(typed.expires_on)
        if found is None:
            raise InvalidInput("expires_on", "Ngày hết hạn chưa đúng: hãy nhập như 05/08/2027 hoặc 08/2027.")
        expires = found.iso()
    return Place(typed.original, squeezed(typed.shelf, 200), expires)


def place(
    uow: UnitOfWork, principal: Principal, dossier_id: str, shelf: str, papers: Mapping[str, Place], now: datetime
) -> int:
    """Keeps where a dossier's paper stands and what each named paper is; returns how many papers changed.

    Under a running opening, because the list of papers is seen. Refused: not visible, not opened, or a paper that is
    not in the list this person sees.
    """
    row, _opening = custody.opened(uow, principal, dossier_id, Verb.DOSSIER_PLACE, now)
    require(principal, Action.CUSTODY_WORK, Verb.DOSSIER_PLACE, custody.target_of(row), "dossier", dossier_id)
    require_held(row)
    listed = {p.id: p for p in dossiers.contents(uow.session, visibility(principal, Action.CUSTODY_WORK), dossier_id)}
    if set(papers) - set(listed):
        raise Refused(Verb.DOSSIER_PLACE, kind="dossier", object_id=dossier_id, reason="a paper that is not visible")
    wanted = {name: _placed(typed) for name, typed in papers.items()}
    changed = [name for name, put in wanted.items() if put != _now(listed[name])]
    what = What("dossier", dossier_id, row.dossier.number)
    detail = {"documents": changed, "shelf": squeezed(shelf, 200) != row.dossier.shelf}
    note(uow, principal, Verb.DOSSIER_PLACE, now, what=what, target=custody.target_of(row), detail=detail)
    row.dossier.shelf = squeezed(shelf, 200)
    for name in changed:
        document, put = listed[name], wanted[name]
        document.original, document.shelf, document.expires_on = put.original, put.shelf, put.expires_on
    return len(changed)


def _now(document: Document) -> Place:
    return Place(document.original, document.shelf, document.expires_on)
