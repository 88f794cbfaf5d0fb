"""The register of paper lent (sổ mượn đọc): out to whom, for what, until when; what came back, page by page counted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.case_subjects import LoanStep
from oms.domain.journal import Verb
from oms.domain.keeping import LOAN_LABELS, DossierState
from oms.domain.records import HANOI
from oms.errors import InvalidInput, Refused
from oms.services import case_follow, custody, keeping_sheets, large_exports, secret_copies
from oms.services.house import What, Why, note, require, require_role
from oms.services.large_exports import Part, PersonList
from oms.services.secret_copies import Copied, Leaving
from oms.services.shelf import squeezed
from oms.store import dossiers, keeping, people
from oms.store.custody_tables import Loan
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.keeping import LoanRow
from oms.store.tables import Document, Opening
from vietnamese.dates import parse_date

MOST_ROWS = 20_000
LENDING = Verb.LOAN_LEND
lent_papers = keeping.lent_papers


@dataclass(frozen=True)
class NewLoan:
    """What is typed to lend paper; ``documents`` empty is the whole folder."""

    documents: tuple[str, ...]
    borrower: str
    borrower_unit: str
    purpose: str
    approved_by_name: str
    pages_out: int | None
    due_on: str


@dataclass(frozen=True)
class Desk:
    """What the form to lend shows: the dossier, its papers, those that are out, pages of the whole."""

    row: DossierRow
    opening: Opening
    papers: tuple[Document, ...]
    out: frozenset[str]
    whole_out: bool

    @property
    def pages(self) -> int:
        return sum(paper.page_count for paper in self.papers)


def missing_pages(loan: Loan) -> int:
    """Pages that went out and did not come back, once it came back."""
    return max(0, loan.pages_out - loan.pages_back) if loan.pages_back is not None else 0


def is_open(loan: Loan) -> bool:
    """Whether the paper is out, or pages are missing that nobody has explained."""
    return loan.returned_at is None or bool(missing_pages(loan) and not loan.explanation)


def desk(uow: UnitOfWork, principal: Principal, dossier_id: str, now: datetime) -> Desk:
    """The form to lend a dossier's paper, under a running opening; a look is a row."""
    found = _desk(uow, principal, dossier_id, now)
    what = What("dossier", dossier_id, found.row.dossier.number)
    custody.note_under(uow, principal, Verb.CADRE_OPEN, found.opening, now, what, custody.target_of(found.row))
    return found


def _desk(uow: UnitOfWork, principal: Principal, dossier_id: str, now: datetime) -> Desk:
    row, opening = custody.opened(uow, principal, dossier_id, Verb.LOAN_LEND, now)
    require(principal, Action.CUSTODY_WORK, Verb.LOAN_LEND, custody.target_of(row), "dossier", dossier_id)
    papers = dossiers.contents(uow.session, visibility(principal, Action.CUSTODY_WORK), dossier_id)
    open_loans = keeping.open_loans(uow.session, [dossier_id]).get(dossier_id, [])
    out = frozenset(name for loan in open_loans for name in keeping.lent_papers(loan))
    whole = any(not keeping.lent_papers(loan) for loan in open_loans)
    return Desk(row, opening, tuple(papers), out, whole)


def _day(text: str, today: date) -> date:
    found = parse_date(text)
    try:
        day = date.fromisoformat(found.iso()) if found else None
    except ValueError:
        day = None
    if day is None:
        raise InvalidInput("due_on", "Hãy nhập ngày hẹn trả như 05/12/2026.")
    if day < today:
        raise InvalidInput("due_on", "Ngày hẹn trả đã qua; hãy nhập từ hôm nay trở đi.")
    return day


def _free(found: Desk, wanted: Sequence[str]) -> None:
    """InvalidInput when any of it is out already: the same paper is never lent twice at once."""
    if found.whole_out:
        raise InvalidInput("documents", "Cả hồ sơ đang cho mượn hoặc trả chưa đủ trang; chưa cho mượn tiếp được.")
    if not wanted and found.out:
        raise InvalidInput("documents", "Có tài liệu của hồ sơ đang cho mượn; hãy chọn từng tài liệu còn lại.")
    taken = [paper for paper in found.papers if paper.id in found.out and paper.id in wanted]
    if taken:
        labels = ", ".join(custody.label_of(paper) for paper in taken)
        raise InvalidInput("documents", f"Đang cho mượn tài liệu số {labels}.")


def lend(uow: UnitOfWork, principal: Principal, dossier_id: str, new: NewLoan, now: datetime) -> Loan:
    """Lends a dossier or some of its papers, under the next number of the unit's register.

    InvalidInput: something is not said, some of it is out already, the dossier is sealed or its content gone.
    """
    found = _desk(uow, principal, dossier_id, now)
    listed = {paper.id: paper for paper in found.papers}
    if set(new.documents) - set(listed):
        raise Refused(Verb.LOAN_LEND, kind="dossier", object_id=dossier_id, reason="a paper that is not visible")
    _may_leave(uow, found)
    _free(found, new.documents)
    borrower, purpose = squeezed(new.borrower, 200), squeezed(new.purpose, 500)
    if len(borrower) < 2:
        raise InvalidInput("borrower", "Hãy nhập họ và tên người mượn.")
    if len(purpose) < 5:
        raise InvalidInput("purpose", "Hãy ghi mượn để làm gì.")
    approver = squeezed(new.approved_by_name, 200)
    if len(approver) < 2:
        raise InvalidInput("approved_by_name", "Hãy ghi người duyệt cho mượn.")
    if new.pages_out is None or not 0 < new.pages_out < 100_000:
        raise InvalidInput("pages_out", "Hãy đếm và nhập số trang đưa ra (lớn hơn 0).")
    today = now.astimezone(HANOI).date()
    loan = Loan(
        dossier_id=dossier_id,
        number=keeping.next_loan_number(uow.session, found.row.unit.id, today.year),
        documents=json.dumps([paper.id for paper in found.papers if paper.id in new.documents]),
        borrower=borrower,
        borrower_unit=squeezed(new.borrower_unit, 300),
        purpose=purpose,
        approved_by_name=approver,
        pages_out=new.pages_out,
        due_on=_day(new.due_on, today),
        lent_by=principal.account_id,
        lent_at=now,
    )
    uow.session.add(loan)
    uow.session.flush()
    what = What("loan", loan.id, f"{found.row.dossier.number} · {loan.number}")
    detail = {"dossier": dossier_id, "documents": len(new.documents), "pages": loan.pages_out}
    note(uow, principal, Verb.LOAN_LEND, now, what=what, target=custody.target_of(found.row), detail=detail)
    begun = case_follow.about("loan", loan.id, LoanStep.OUT, found.row.dossier, principal.account_id, loan.due_on)
    case_follow.begin(uow, principal, begun, now)
    return loan


def _may_leave(uow: UnitOfWork, found: Desk) -> None:
    if found.row.dossier.state == DossierState.DISPOSED:
        raise InvalidInput("documents", "Hồ sơ này đã tiêu huỷ.")
    if keeping.is_sealed(uow.session, found.row.dossier.id):
        raise InvalidInput("documents", "Hồ sơ đang niêm phong chờ chuyển giao nên không cho mượn.")


def _loan(uow: UnitOfWork, principal: Principal, loan_id: str, verb: Verb) -> tuple[LoanRow, Target]:
    row = keeping.find_loan(uow.session, visibility(principal, Action.CUSTODY_WORK), loan_id)
    if row is None:
        raise Refused(verb, kind="loan", object_id=loan_id, reason="missing or not visible")
    return row, Target(row.unit.path, row.dossier.secrecy, row.dossier.compartment)


@dataclass(frozen=True)
class LoanView:
    """A loan as its page tells it: which papers (those this person may see), and who handed it over."""

    row: LoanRow
    whole: bool
    papers: tuple[Document, ...]
    names: dict[str, str]


def read(uow: UnitOfWork, principal: Principal, loan_id: str, now: datetime) -> LoanView:
    """One loan; a look is a row. The titles of its papers are no part of it: numbers and types only."""
    row, target = _loan(uow, principal, loan_id, Verb.LOAN_LIST)
    what = What("loan", loan_id, f"{row.dossier.number} · {row.loan.number}")
    note(uow, principal, Verb.LOAN_LIST, now, what=what, target=target, detail={"shown": 1})
    named = set(keeping.lent_papers(row.loan))
    listed = dossiers.contents(uow.session, visibility(principal, Action.CUSTODY_WORK), row.dossier.id)
    hands = {row.loan.lent_by, row.loan.returned_to or "", row.loan.explained_by or ""} - {""}
    papers = tuple(paper for paper in listed if paper.id in named)
    return LoanView(row, not named, papers, people.names_of(uow.session, hands))


def give_back(
    uow: UnitOfWork, principal: Principal, loan_id: str, pages: int | None, condition: str, now: datetime
) -> Loan:
    """Takes paper back with its pages counted. Fewer than went out: it stays open until explained."""
    row, target = _loan(uow, principal, loan_id, Verb.LOAN_RETURN)
    loan = row.loan
    if loan.returned_at is not None:
        raise InvalidInput("pages_back", "Lượt mượn này đã ghi trả.")
    if pages is None or pages < 0:
        raise InvalidInput("pages_back", "Hãy đếm và nhập số trang nhận lại.")
    if pages > loan.pages_out:
        raise InvalidInput("pages_back", f"Chỉ đưa ra {loan.pages_out} trang; hãy đếm lại.")
    loan.pages_back, loan.condition = pages, squeezed(condition, 500)
    loan.returned_to, loan.returned_at = principal.account_id, now
    what = What("loan", loan_id, f"{row.dossier.number} · {loan.number}")
    detail = {"dossier": row.dossier.id, "pages": pages, "missing": missing_pages(loan)}
    note(uow, principal, Verb.LOAN_RETURN, now, what=what, target=target, detail=detail)
    came = LoanStep.SHORT if missing_pages(loan) else LoanStep.BACK
    case_follow.follow(uow, principal, "loan", loan_id, came, now, holder=principal.account_id)
    return loan


def explain(uow: UnitOfWork, principal: Principal, loan_id: str, words: str, now: datetime) -> Loan:
    """Closes a loan that came back with pages missing, with words on where they are."""
    row, target = _loan(uow, principal, loan_id, Verb.LOAN_RETURN)
    loan, said = row.loan, squeezed(words, 1000)
    if loan.returned_at is None or not missing_pages(loan) or loan.explanation:
        raise InvalidInput("explanation", "Lượt mượn này không có trang thiếu cần giải trình.")
    if len(said) < 10:
        raise InvalidInput("explanation", "Hãy ghi rõ vì sao thiếu và xử lý thế nào, ít nhất 10 ký tự.")
    loan.explanation, loan.explained_by, loan.explained_at = said, principal.account_id, now
    what = What("loan", loan_id, f"{row.dossier.number} · {loan.number}")
    detail = {"dossier": row.dossier.id, "explained": missing_pages(loan)}
    note(uow, principal, Verb.LOAN_RETURN, now, what=what, target=target, detail=detail)
    case_follow.follow(uow, principal, "loan", loan_id, LoanStep.BACK, now)
    return loan


def register(
    uow: UnitOfWork, principal: Principal, state: str, limit: int, offset: int, now: datetime
) -> tuple[list[LoanRow], int, dict[str, int]]:
    """The register in scope in a state, how many lines, and how many in each state; a look is a row."""
    require_role(principal, Action.CUSTODY_WORK, Verb.LOAN_LIST)
    view, today = visibility(principal, Action.CUSTODY_WORK), now.astimezone(HANOI).date()
    rows, total = keeping.loans(uow.session, view, state, today, limit, offset)
    counts = keeping.loan_counts(uow.session, view, today)
    note(uow, principal, Verb.LOAN_LIST, now, detail={"state": state, "shown": len(rows), "total": total})
    return rows, total, counts


COLUMNS = (
    ("Số", 10),
    ("Ngày mượn", 12),
    ("Số hồ sơ", 16),
    ("Họ và tên trong hồ sơ", 26),
    ("Phạm vi", 16),
    ("Số trang", 9),
    ("Người mượn", 26),
    ("Đơn vị mượn", 30),
    ("Mục đích", 36),
    ("Người duyệt", 24),
    ("Hẹn trả", 12),
    ("Ngày trả", 12),
    ("Trang trả", 9),
    ("Tình trạng khi trả", 30),
    ("Giải trình trang thiếu", 36),
)


def _cells(row: LoanRow) -> list[str | int]:
    loan, named = row.loan, keeping.lent_papers(row.loan)
    returned = f"{loan.returned_at.astimezone(HANOI):%d/%m/%Y}" if loan.returned_at else ""
    return [
        loan.number,
        f"{loan.lent_at.astimezone(HANOI):%d/%m/%Y}",
        row.dossier.number,
        row.cadre.full_name,
        "Một số tài liệu" if named else "Cả hồ sơ",
        loan.pages_out,
        loan.borrower,
        loan.borrower_unit,
        loan.purpose,
        loan.approved_by_name,
        f"{loan.due_on:%d/%m/%Y}",
        returned,
        "" if loan.pages_back is None else loan.pages_back,
        loan.condition,
        loan.explanation,
    ]


def sheet(
    uow: UnitOfWork, principal: Principal, state: str, purpose: str, now: datetime, leaving: Leaving | None = None
) -> bytes:
    """The register as Excel; journalled with its size and what it is for."""
    require_role(principal, Action.CUSTODY_WORK, Verb.LOAN_LIST)
    require_role(principal, Action.LIST_EXPORT, Verb.LIST_EXPORT)
    why = keeping_sheets.purpose_of(purpose)
    view, today = visibility(principal, Action.CUSTODY_WORK), now.astimezone(HANOI).date()
    rows, total = keeping.loans(uow.session, view, state, today, MOST_ROWS, 0)
    parts = [Part(row.dossier.id, row.dossier.secrecy, row.dossier.compartment) for row in rows]
    listed = PersonList("Sổ mượn đọc hồ sơ", {"state": state}, parts, why, (("Số lượt", str(len(rows))),))
    cleared = large_exports.clear(uow, principal, listed, now)
    detail = {"list": "loans", "state": state, "rows": len(rows), "total": total} | dict(cleared.detail)
    copied = Copied("list", What("list", "", "Sổ mượn đọc hồ sơ"), cleared.target, principal.unit_id)
    secret_copies.enter(uow, principal, copied, leaving, why, now, kind="xlsx")
    note(uow, principal, Verb.LIST_EXPORT, now, why=Why(why), target=cleared.target, detail=detail)
    under = f"{LOAN_LABELS[state]} · lập ngày {today:%d/%m/%Y}"
    cells = [_cells(row) for row in rows]
    return keeping_sheets.workbook("SỔ MƯỢN ĐỌC HỒ SƠ", under, COLUMNS, cells, listed.level[0])
