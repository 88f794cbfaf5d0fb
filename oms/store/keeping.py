"""Loans, transfers, stocktakes, holds: every read starts at the dossiers the principal may see."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, cast, exists, func, literal_column, or_, select, update
from sqlalchemy.orm import Session, aliased

from oms.domain.access import Visibility
from oms.domain.keeping import DossierState, SealedLine, TransferState
from oms.domain.records import PageState, serial_label
from oms.store import dossiers, packages
from oms.store.custody_tables import Hold, Loan, Stocktake, StocktakeLine, Transfer
from oms.store.dossiers import DossierRow
from oms.store.past_walls import for_a_rule
from oms.store.record_tables import Change
from oms.store.tables import Account, Cadre, Document, Dossier, Page, Scan, Unit
from oms.store.visible import apart_from_units, in_scope, visible

OPEN_LOAN = or_(Loan.returned_at.is_(None), and_(Loan.pages_back < Loan.pages_out, Loan.explanation == ""))
"""Paper that is out, or that came back with pages missing which nobody has explained."""


@dataclass(frozen=True)
class LoanRow:
    """A loan with its dossier, cadre and unit."""

    loan: Loan
    dossier: Dossier
    cadre: Cadre
    unit: Unit


def _loans(view: Visibility) -> Select[Loan, Dossier, Cadre, Unit]:
    return (
        select(Loan, Dossier, Cadre, Unit)
        .join(Dossier, Dossier.id == Loan.dossier_id)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(visible(view, Unit.path, Dossier))
    )


def _loan_state(state: str, today: date) -> ColumnElement[bool] | None:
    short = and_(Loan.returned_at.is_not(None), Loan.pages_back < Loan.pages_out, Loan.explanation == "")
    return {
        "dang-muon": Loan.returned_at.is_(None),
        "qua-han": and_(Loan.returned_at.is_(None), Loan.due_on < today),
        "thieu": short,
    }.get(state)


def loans(
    session: Session, view: Visibility, state: str, today: date, limit: int | None, offset: int
) -> tuple[list[LoanRow], int]:
    """Visible loans in a state ("" = all), what is out first, then the newest; and how many there are."""
    statement, wanted = _loans(view), _loan_state(state, today)
    if wanted is not None:
        statement = statement.where(wanted)
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(Loan.returned_at.is_not(None), Loan.lent_at.desc(), Loan.id)
    if limit is not None:
        ordered = ordered.limit(limit).offset(offset)
    return [LoanRow(found[0], found[1], found[2], found[3]) for found in session.execute(ordered)], total


def loan_counts(session: Session, view: Visibility, today: date) -> dict[str, int]:
    """How many visible loans there are in each state."""
    found = {}
    for state in ("dang-muon", "qua-han", "thieu"):
        wanted = _loan_state(state, today)
        if wanted is not None:
            counted = _loans(view).where(wanted).subquery()
            found[state] = session.scalar(select(func.count()).select_from(counted)) or 0
    return found


def find_loan(session: Session, view: Visibility, loan_id: str) -> LoanRow | None:
    """The loan, if its dossier is visible."""
    found = session.execute(_loans(view).where(Loan.id == loan_id)).one_or_none()
    return LoanRow(found[0], found[1], found[2], found[3]) if found else None


def open_loans(session: Session, dossier_ids: Sequence[str]) -> dict[str, list[Loan]]:
    """The open loans of some dossiers that the caller knows to be visible."""
    found: dict[str, list[Loan]] = {}
    for start in range(0, len(dossier_ids), 500):
        some = list(dossier_ids[start : start + 500])
        statement = select(Loan).where(Loan.dossier_id.in_(some), OPEN_LOAN).order_by(Loan.lent_at)
        for loan in session.scalars(statement):
            found.setdefault(loan.dossier_id, []).append(loan)
    return found


number_taken = for_a_rule(dossiers.number_taken)
"""Whether a unit holds a dossier of a number: also one that whoever asks does not see."""


@for_a_rule
def next_loan_number(session: Session, unit_id: int, year: int) -> str:
    """The next number in the unit's register of the year: after its highest, for dossiers leave with their loans."""
    statement = (
        select(func.max(cast(func.replace(Loan.number, f"/{year}", ""), Integer)))  # "12/2026" is 12
        .join(Dossier, Dossier.id == Loan.dossier_id)
        .where(Dossier.unit_id == unit_id, Loan.number.like(f"%/{year}"))
    )
    return f"{(session.scalar(statement) or 0) + 1}/{year}"


def lent_papers(loan: Loan) -> list[str]:
    """Ids of the papers lent; [] is the whole folder."""
    return [str(name) for name in json.loads(loan.documents)]


@dataclass(frozen=True)
class TransferRow:
    """A transfer with its dossier, cadre and both units."""

    transfer: Transfer
    dossier: Dossier
    cadre: Cadre
    sender: Unit
    receiver: Unit


_SENDER, _RECEIVER = aliased(Unit), aliased(Unit)


def _transfers(view: Visibility) -> Select[*tuple[Any, ...]]:
    """To the sender's side always; to the receiver's from the seal on. By the dossier's level on both sides."""
    level = apart_from_units(view, Dossier)
    reached = (TransferState.SEALED, TransferState.RECEIVED, TransferState.REFUSED)
    arriving = and_(in_scope(view, _RECEIVER.path), Transfer.state.in_(reached))
    return (
        select(Transfer, Dossier, Cadre, _SENDER, _RECEIVER)
        .join(Dossier, Dossier.id == Transfer.dossier_id)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(_SENDER, _SENDER.id == Transfer.from_unit_id)
        .join(_RECEIVER, _RECEIVER.id == Transfer.to_unit_id)
        .where(level, or_(in_scope(view, _SENDER.path), arriving))
    )


def find_transfer(session: Session, view: Visibility, transfer_id: str) -> TransferRow | None:
    """The transfer, if the person is on one of its sides and cleared for the dossier."""
    found = session.execute(_transfers(view).where(Transfer.id == transfer_id)).one_or_none()
    return TransferRow(*found) if found else None


def sealed_number(session: Session, view: Visibility) -> int:
    """How many visible transfers are under seal."""
    sealed = _transfers(view).where(Transfer.state == TransferState.SEALED)
    return session.scalar(sealed.with_only_columns(func.count(), maintain_column_froms=True)) or 0


def transfers(session: Session, view: Visibility, state: str, limit: int, offset: int) -> tuple[list[TransferRow], int]:
    """Visible transfers in a state ("" = all), newest first, and how many there are."""
    statement = _transfers(view)
    if state:
        statement = statement.where(Transfer.state == state)
    ids = select(Transfer.id).where(Transfer.id.in_(statement.with_only_columns(Transfer.id)))
    total = session.scalar(select(func.count()).select_from(ids.subquery())) or 0
    ordered = statement.order_by(Transfer.created_at.desc(), Transfer.id).limit(limit).offset(offset)
    return [TransferRow(*found) for found in session.execute(ordered)], total


def open_transfer(session: Session, dossier_id: str) -> Transfer | None:
    """The dossier's transfer that is in draft or sealed."""
    states = [TransferState.DRAFT, TransferState.SEALED]
    return session.scalar(select(Transfer).where(Transfer.dossier_id == dossier_id, Transfer.state.in_(states)))


def is_sealed(session: Session, dossier_id: str) -> bool:
    """Whether the dossier is under a seal, on its way to another unit or another installation."""
    found = open_transfer(session, dossier_id)
    if found is not None and found.state == TransferState.SEALED:
        return True
    return packages.leaving_transfer(session, dossier_id) is not None


def transfers_of(session: Session, dossier_id: str) -> list[tuple[Transfer, Unit, Unit]]:
    """Every transfer of a dossier that the caller knows to be visible, newest first."""
    statement = (
        select(Transfer, _SENDER, _RECEIVER)
        .join(_SENDER, _SENDER.id == Transfer.from_unit_id)
        .join(_RECEIVER, _RECEIVER.id == Transfer.to_unit_id)
        .where(Transfer.dossier_id == dossier_id)
        .order_by(Transfer.created_at.desc())
    )
    return [(found[0], found[1], found[2]) for found in session.execute(statement)]


@for_a_rule
def papers_of(session: Session, dossier_id: str) -> list[Document]:
    """Every filed paper of a dossier, whatever its level: for seals and disposals, never for a page."""
    statement = select(Document).where(Document.dossier_id == dossier_id, Document.state == "filed")
    return list(session.scalars(statement.order_by(Document.compartment, Document.secrecy, Document.serial)))


@for_a_rule
def sealed_lines(session: Session, dossier_id: str) -> list[SealedLine]:
    """The list of a dossier as it is sealed: papers with the SHA-256 of their pages' images and of their files."""
    listed = papers_of(session, dossier_id)
    images: dict[str, list[str]] = {}
    pages = select(Page.document_id, Page.image_sha).join(Document, Document.id == Page.document_id)
    ordered = pages.where(Document.dossier_id == dossier_id).order_by(Page.document_id, Page.position, Page.id)
    for document_id, sha in session.execute(ordered):
        images.setdefault(str(document_id), []).append(sha)
    originals = select(Document.id, Scan.sha256).join(Scan, Scan.id == Document.scan_id)
    files = {found[0]: found[1] for found in session.execute(originals.where(Document.dossier_id == dossier_id))}
    return [
        SealedLine(
            paper.id,
            serial_label(paper.serial, paper.secrecy, paper.compartment),
            paper.type_code,
            paper.page_count,
            paper.secrecy,
            paper.compartment,
            tuple(images.get(paper.id, [])),
            files.get(paper.id, ""),
        )
        for paper in listed
    ]


@for_a_rule
def being_read(session: Session, dossier_id: str) -> bool:
    """Whether the machine has yet to read a page of a paper that was filed as a file: its image is not there before."""
    waiting = Page.state.in_([PageState.WAITING, PageState.READING])
    statement = select(Page.id).join(Document, Document.id == Page.document_id)
    return session.scalar(statement.where(Document.dossier_id == dossier_id, waiting).limit(1)) is not None


@for_a_rule
def open_change(session: Session, dossier_id: str) -> bool:
    """Whether a change of the dossier's record has not been decided yet."""
    statement = select(Change.id).where(Change.dossier_id == dossier_id, Change.state.in_(["draft", "waiting"]))
    return session.scalar(statement.limit(1)) is not None


@for_a_rule
def move_dossier(session: Session, dossier: Dossier, unit_id: int, number: str) -> None:
    """Puts a dossier and every paper in it under another unit."""
    session.execute(update(Document).where(Document.dossier_id == dossier.id).values(unit_id=unit_id))
    dossier.unit_id, dossier.number = unit_id, number
    session.flush()


def holds_of(session: Session, dossier_id: str) -> list[Hold]:
    """Every hold of a dossier that the caller knows to be visible, newest first."""
    return list(session.scalars(select(Hold).where(Hold.dossier_id == dossier_id).order_by(Hold.set_at.desc())))


def open_holds(session: Session, dossier_id: str) -> list[Hold]:
    """The holds of a dossier that have not been lifted."""
    return [hold for hold in holds_of(session, dossier_id) if hold.lifted_at is None]


def find_hold(session: Session, view: Visibility, hold_id: str) -> tuple[Hold, DossierRow] | None:
    """The hold, if its dossier is visible."""
    statement = (
        select(Hold, Dossier, Cadre, Unit)
        .join(Dossier, Dossier.id == Hold.dossier_id)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(Hold.id == hold_id, visible(view, Unit.path, Dossier))
    )
    found = session.execute(statement).one_or_none()
    return (found[0], DossierRow(found[1], found[2], found[3])) if found else None


def stocktakes(session: Session, view: Visibility, limit: int, offset: int) -> tuple[list[tuple[Stocktake, Unit]], int]:
    """Stocktakes of the units in scope, open ones first, newest first, and how many there are."""
    statement = select(Stocktake, Unit).join(Unit, Unit.id == Stocktake.unit_id).where(in_scope(view, Unit.path))
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(Stocktake.closed_at.is_not(None), Stocktake.opened_at.desc(), Stocktake.id)
    return [(found[0], found[1]) for found in session.execute(ordered.limit(limit).offset(offset))], total


def find_stocktake(session: Session, view: Visibility, stocktake_id: str) -> tuple[Stocktake, Unit] | None:
    """The stocktake of a unit in scope."""
    statement = select(Stocktake, Unit).join(Unit, Unit.id == Stocktake.unit_id)
    found = session.execute(statement.where(Stocktake.id == stocktake_id, in_scope(view, Unit.path))).one_or_none()
    return (found[0], found[1]) if found else None


def stocktake_running(session: Session, unit_id: int, period: str) -> bool:
    """Whether the unit has an open stocktake of the period whose opener still has an account in use."""
    statement = (
        select(Stocktake.id)
        .join(Account, Account.id == Stocktake.opened_by)
        .where(Stocktake.unit_id == unit_id, Stocktake.period == period, Stocktake.closed_at.is_(None), Account.active)
    )
    return session.scalar(statement.limit(1)) is not None


def closed_periods(session: Session, unit_ids: Sequence[int], period: str) -> set[int]:
    """Which of these units have concluded a stocktake of the period."""
    statement = select(Stocktake.unit_id).where(Stocktake.period == period, Stocktake.closed_at.is_not(None))
    return set(session.scalars(statement.where(Stocktake.unit_id.in_(list(unit_ids)))))


def held_by(session: Session, view: Visibility, unit_id: int) -> list[tuple[str, int]]:
    """Visible dossiers a unit itself holds, with the pages of the papers at each dossier's own level, by number.

    Papers above it lie in their own series and are not counted here: whoever sees the dossier may see the number.
    """
    counted = (
        select(Document.dossier_id, func.sum(Document.page_count).label("pages"))
        .join(Dossier, Dossier.id == Document.dossier_id)
        .where(
            Document.state == "filed",
            Dossier.unit_id == unit_id,
            Document.secrecy <= Dossier.secrecy,
            Document.compartment.in_(("", Dossier.compartment)),
        )
        .group_by(Document.dossier_id)
        .subquery()
    )
    statement = (
        select(Dossier.id, func.coalesce(counted.c.pages, 0))
        .join(Unit, Unit.id == Dossier.unit_id)
        .join(counted, counted.c.dossier_id == Dossier.id, isouter=True)
        .where(
            Dossier.unit_id == unit_id,
            Dossier.state != DossierState.DISPOSED,
            visible(view, Unit.path, Dossier),
        )
        .order_by(Dossier.number)
    )
    return [(found[0], int(found[1])) for found in session.execute(statement)]


def units_holding(session: Session, view: Visibility) -> list[tuple[Unit, int]]:
    """Units with visible dossiers that are not disposed of, and how many."""
    statement = (
        select(Unit, func.count(Dossier.id))
        .join(Dossier, Dossier.unit_id == Unit.id)
        .where(Dossier.state != DossierState.DISPOSED, visible(view, Unit.path, Dossier))
        .group_by(Unit.id)
        .order_by(Unit.path)
    )
    return [(found[0], int(found[1])) for found in session.execute(statement)]


def units_holding_any(session: Session, view: Visibility) -> list[int]:
    """Ids of the units with a visible dossier that is not disposed of: one each is looked for, none is counted."""
    kept = (Dossier.unit_id == Unit.id, Dossier.state != DossierState.DISPOSED, visible(view, Unit.path, Dossier))
    return list(session.scalars(select(Unit.id).where(in_scope(view, Unit.path), exists().where(*kept))))


@dataclass(frozen=True)
class CountRow:
    """A line of a stocktake with its dossier, cadre and unit."""

    line: StocktakeLine
    dossier: Dossier
    cadre: Cadre
    unit: Unit


def _lines(view: Visibility, stocktake_id: str) -> Select[StocktakeLine, Dossier, Cadre, Unit]:
    return (
        select(StocktakeLine, Dossier, Cadre, Unit)
        .join(Dossier, Dossier.id == StocktakeLine.dossier_id)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(
            StocktakeLine.stocktake_id == stocktake_id,
            visible(view, Unit.path, Dossier),
        )
    )


def stocktake_lines(
    session: Session, view: Visibility, stocktake_id: str, only: str, limit: int | None, offset: int
) -> tuple[list[CountRow], int]:
    """Visible lines of a stocktake in the order of their numbers, and how many; ``only``: "" | open | differing."""
    statement = _lines(view, stocktake_id)
    if only == "open":
        statement = statement.where(StocktakeLine.state == "")
    if only == "differing":
        statement = statement.where(StocktakeLine.state.in_(["missing", "damaged", "differs"]))
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(Dossier.number, Dossier.id)
    if limit is not None:
        ordered = ordered.limit(limit).offset(offset)
    return [CountRow(found[0], found[1], found[2], found[3]) for found in session.execute(ordered)], total


def lines_named(session: Session, view: Visibility, stocktake_id: str, ids: Sequence[int]) -> dict[int, CountRow]:
    """Some lines of a stocktake by id, those of them that are visible."""
    found = session.execute(_lines(view, stocktake_id).where(StocktakeLine.id.in_(list(ids))))
    return {each[0].id: CountRow(each[0], each[1], each[2], each[3]) for each in found}


def line_counts(session: Session, view: Visibility, stocktake_id: str) -> dict[str, int]:
    """Visible lines of a stocktake per state; "untreated" are those that differ without a word on what is done."""
    inner = _lines(view, stocktake_id).with_only_columns(StocktakeLine.state, StocktakeLine.treatment).subquery()
    found: dict[str, int] = {}
    treatment = inner.c.treatment != literal_column(
        "''"
    )  # not a parameter: PostgreSQL takes two of them for two things
    for state, treated, number in session.execute(
        select(inner.c.state, treatment, func.count()).group_by(inner.c.state, treatment)
    ):
        found[state] = found.get(state, 0) + number
        if state in ("missing", "damaged", "differs") and not treated:
            found["untreated"] = found.get("untreated", 0) + number
    return found
