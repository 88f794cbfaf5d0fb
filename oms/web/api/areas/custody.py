"""Paper and its keeping: places, loans, transfers, stocktakes, holds, disposals, what is lacking."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.keeping import LOAN_LABELS, TRANSFER_LABELS
from oms.errors import InvalidInput
from oms.services import components, disposals, loans, shelf, stocktakes, transfers
from oms.services.components import Wanted
from oms.services.disposals import NewDisposal, NewHold
from oms.services.loans import NewLoan
from oms.services.shelf import Place
from oms.services.stocktakes import Counted
from oms.services.transfers import NewTransfer, Received
from oms.web.api import shapes as s
from oms.web.api.areas.dossiers import DOSSIER, OF_DOSSIER, UNIT_PATH
from oms.web.api.operations import TAG, Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Paged, Told, WordsAsked

LOAN, TRANSFER, STOCKTAKE = "/loans/<loan_id>", "/transfers/<transfer_id>", "/stocktakes/<stocktake_id>"
_PAGES = fields.Integer(strict=True, allow_none=True, validate=validate.Range(min=0, max=100_000))


class HeldBy(Told):
    """A dossier's number, cadre and unit."""

    dossier_id = s.text("dossier.id")
    dossier_number = s.text("dossier.number")
    name = s.text("cadre.full_name")


class LoanTold(HeldBy):
    """A loan of paper."""

    id = s.text("loan.id")
    number = s.text("loan.number")
    borrower = s.text("loan.borrower")
    borrower_unit = s.text("loan.borrower_unit")
    purpose = s.text("loan.purpose")
    pages_out = s.number("loan.pages_out")
    pages_back = s.number("loan.pages_back", maybe=True)
    due_on = s.on("loan.due_on")
    lent_at = s.at("loan.lent_at")
    returned_at = s.at("loan.returned_at", maybe=True)
    explanation = s.text("loan.explanation")


class LoanRead(Told):
    """One loan with the papers lent."""

    loan = s.one(LoanTold, "row")
    whole = s.flag()
    papers = s.texts("paper_ids")


class WantedLoans(Paged):
    """Which loans."""

    state = s.choice(*LOAN_LABELS, optional=True, default=next(iter(LOAN_LABELS)))


class NewLoanAsked(Asked):
    """A loan: of some papers, or of the whole dossier when none is named; the last day as dd/mm/yyyy."""

    documents = s.many(s.reference(), 500)
    borrower = s.words(200, 1)
    borrower_unit = s.words(200)
    purpose = s.words(500, 1)
    approved_by_name = s.words(200)
    pages_out = s.maybe_whole(0, 100_000)
    due_on = s.words(10, 1)


class BackAsked(Asked):
    """Pages that came back, and in what condition."""

    pages = s.whole(0, 100_000)
    condition = s.words(1000)


@reads("/loans", Action.CUSTODY_WORK, "custody", LoanTold, listed=True, query=WantedLoans)
def list_loans(call: Call) -> Listed:
    """The register of paper lent."""
    rows, total, _counts = loans.register(call.uow, call.who, call.query["state"], call.size, call.offset, call.now)
    return Listed(rows, total)


@posts(DOSSIER + "/loans", Action.CUSTODY_WORK, "custody", NewLoanAsked, leads="get_loan", **OF_DOSSIER)
def lend_paper(call: Call, dossier_id: str) -> Made:
    """Lends a dossier's paper."""
    new = NewLoan(**{**call.body, "documents": tuple(call.body["documents"])})
    return Made(loans.lend(call.uow, call.who, dossier_id, new, call.now).id)


@reads(LOAN, Action.CUSTODY_WORK, "custody", LoanRead)
def get_loan(call: Call, loan_id: str) -> dict[str, Any]:
    """One loan."""
    view = loans.read(call.uow, call.who, loan_id, call.now)
    return {"row": view.row, "whole": view.whole, "paper_ids": [paper.id for paper in view.papers]}


OF_LOAN: dict[str, Any] = {"match": TAG, "of": "get_loan"}


@posts(LOAN + "/return", Action.CUSTODY_WORK, "custody", BackAsked, **OF_LOAN)
def return_loan(call: Call, loan_id: str) -> None:
    """Takes paper back, pages counted."""
    loans.give_back(call.uow, call.who, loan_id, call.body["pages"], call.body["condition"], call.now)


@posts(LOAN + "/explanation", Action.CUSTODY_WORK, "custody", WordsAsked, **OF_LOAN)
def explain_loan(call: Call, loan_id: str) -> None:
    """Says where missing pages are, which closes the loan."""
    loans.explain(call.uow, call.who, loan_id, call.body["words"], call.now)


class TransferTold(HeldBy):
    """A dossier on its way to another unit."""

    id = s.text("transfer.id")
    state = s.text("transfer.state")
    from_unit_id = s.number("transfer.from_unit_id")
    to_unit_id = s.number("transfer.to_unit_id")
    decision_no = s.text("transfer.decision_no")
    reason = s.text("transfer.reason")
    created_at = s.at("transfer.created_at")
    sealed_at = s.at("transfer.sealed_at", maybe=True)
    closed_at = s.at("transfer.closed_at", maybe=True)


class TransferRead(Told):
    """One transfer as its side may see it."""

    transfer = s.one(TransferTold, "row")
    may_seal = s.flag()
    may_receive = s.flag()
    words = s.text()


class WantedTransfers(Paged):
    """Which transfers."""

    state = s.choice("", *TRANSFER_LABELS, optional=True)


class NewTransferAsked(Asked):
    """Where to and why."""

    to_unit_id = s.whole(1)
    decision_no = s.words(80)
    reason = s.words(1000)


class ReceivedAsked(Asked):
    """What was counted: pages by document; the number it gets here."""

    counted = fields.Dict(keys=s.reference(), values=_PAGES, load_default=dict, validate=validate.Length(max=2000))
    confirmed = s.yes()
    number = s.words(60)
    remark = s.words(1000)


@reads("/transfers", Action.CUSTODY_WORK, "custody", TransferTold, listed=True, query=WantedTransfers)
def list_transfers(call: Call) -> Listed:
    """Transfers of either side, newest first."""
    return Listed(*transfers.listing(call.uow, call.who, call.query["state"], call.size, call.offset, call.now))


@posts(DOSSIER + "/transfers", Action.CUSTODY_WORK, "custody", NewTransferAsked, leads="get_transfer")
def begin_transfer(call: Call, dossier_id: str) -> Made:
    """Begins a transfer."""
    return Made(transfers.create(call.uow, call.who, dossier_id, NewTransfer(**call.body), call.now).id)


@reads(TRANSFER, Action.CUSTODY_WORK, "custody", TransferRead)
def get_transfer(call: Call, transfer_id: str) -> Any:
    """One transfer."""
    return transfers.read(call.uow, call.who, transfer_id, call.now)


OF_TRANSFER: dict[str, Any] = {"match": TAG, "of": "get_transfer"}


@posts(TRANSFER + "/seal", Action.CUSTODY_WORK, "custody", **OF_TRANSFER)
def seal_transfer(call: Call, transfer_id: str) -> None:
    """Seals the list."""
    transfers.seal(call.uow, call.who, transfer_id, call.now)


@posts(TRANSFER + "/cancel", Action.CUSTODY_WORK, "custody", WordsAsked, **OF_TRANSFER)
def cancel_transfer(call: Call, transfer_id: str) -> None:
    """Takes a transfer back."""
    transfers.cancel(call.uow, call.who, transfer_id, call.body["words"], call.now)


@posts(TRANSFER + "/receive", Action.CUSTODY_WORK, "custody", ReceivedAsked, keeps=True, **OF_TRANSFER)
def receive_transfer(call: Call, transfer_id: str) -> None:
    """Takes the dossier over when everything fits; else the transfer is refused with what differs."""
    outcome = transfers.receive(call.uow, call.who, transfer_id, Received(**call.body), call.now)
    if not outcome.received:
        raise InvalidInput("counted", outcome.words or "Danh mục không khớp. Hồ sơ vẫn ở đơn vị giao.")


class StocktakeTold(Told):
    """A stocktake."""

    id = s.text()
    unit_id = s.number()
    period = s.text()
    opened_at = s.at()
    closed_at = s.at(maybe=True)
    conclusion = s.text()


class CountLine(HeldBy):
    """A line of a stocktake."""

    id = s.number("line.id")
    pages_listed = s.number("line.pages_listed")
    pages_counted = s.number("line.pages_counted", maybe=True)
    state = s.text("line.state")
    note = s.text("line.note")
    treatment = s.text("line.treatment")


class NewStocktake(Asked):
    """Of which unit and half year."""

    unit_id = s.whole(1)
    period = s.words(20, 1)


class WantedLines(Paged):
    """Which lines."""

    which = s.choice("", "open", "differing", optional=True)


class CountedLine(Asked):
    """One line counted."""

    line = s.whole(1)
    pages = s.maybe_whole(0, 100_000)
    missing = s.yes()
    damaged = s.yes()
    note = s.words(1000)
    treatment = s.words(1000)


class CountAsked(Asked):
    """Lines counted."""

    lines = fields.List(fields.Nested(CountedLine), required=True, validate=validate.Length(min=1, max=500))


@reads("/stocktakes", Action.CUSTODY_WORK, "custody", StocktakeTold, listed=True)
def list_stocktakes(call: Call) -> Listed:
    """Stocktakes in scope."""
    rows, total = stocktakes.listing(call.uow, call.who, call.size, call.offset, call.now)
    return Listed([row for row, _unit, _counts in rows], total)


@posts("/stocktakes", Action.CUSTODY_WORK, "custody", NewStocktake, leads="get_stocktake")
def open_stocktake(call: Call) -> Made:
    """Opens a stocktake."""
    asked = call.body
    return Made(stocktakes.open_stocktake(call.uow, call.who, asked["unit_id"], asked["period"], call.now).id)


@reads(STOCKTAKE, Action.CUSTODY_WORK, "custody", StocktakeTold)
def get_stocktake(call: Call, stocktake_id: str) -> Any:
    """One stocktake."""
    return stocktakes.read(call.uow, call.who, stocktake_id, "", 1, 0, call.now).row


@reads(STOCKTAKE + "/lines", Action.CUSTODY_WORK, "custody", CountLine, listed=True, query=WantedLines)
def list_stocktake_lines(call: Call, stocktake_id: str) -> Listed:
    """The lines of a stocktake."""
    only = call.query["which"]
    view = stocktakes.read(call.uow, call.who, stocktake_id, only, call.size, call.offset, call.now)
    return Listed(view.lines, view.total)


@posts(STOCKTAKE + "/lines", Action.CUSTODY_WORK, "custody", CountAsked, of="get_stocktake")
def count_stocktake(call: Call, stocktake_id: str) -> None:
    """Keeps what was counted."""
    names = ("pages", "missing", "damaged", "note", "treatment")
    typed = {line["line"]: Counted(*(line[name] for name in names)) for line in call.body["lines"]}
    stocktakes.count(call.uow, call.who, stocktake_id, typed, call.now)


@posts(STOCKTAKE + "/close", Action.CUSTODY_WORK, "custody", WordsAsked, match=TAG, of="get_stocktake")
def close_stocktake(call: Call, stocktake_id: str) -> None:
    """Concludes a stocktake."""
    stocktakes.close(call.uow, call.who, stocktake_id, call.body["words"], call.now)


class HoldTold(Told):
    """A hold on a dossier."""

    id = s.text()
    reason = s.text()
    legal_basis = s.text()
    bars_transfer = s.flag()
    set_at = s.at()
    lifted_at = s.at(maybe=True)


class DisposalTold(Told):
    """A disposal asked for."""

    id = s.text()
    state = s.text()
    reason = s.text()
    asked_at = s.at()
    decided_at = s.at(maybe=True)


class KeepingRead(Told):
    """How a dossier is kept: holds, disposals."""

    dossier_id = s.text("row.dossier.id")
    state = s.text("row.dossier.state")
    holds = s.each(HoldTold)
    disposals = s.each(DisposalTold)


class PlaceAsked(Asked):
    """Where one paper stands; the last day as dd/mm/yyyy."""

    document_id = s.reference()
    original = s.words(12)
    shelf = s.words(200)
    expires_on = s.words(10)


class PlacesAsked(Asked):
    """Where the folder and its papers stand."""

    shelf = s.words(200)
    papers = fields.List(fields.Nested(PlaceAsked), load_default=list, validate=validate.Length(max=2000))


class HoldAsked(Asked):
    """A hold."""

    reason = s.words(1000, 1)
    legal_basis = s.words(500)
    bars_transfer = s.yes()


class DisposalAsked(Asked):
    """A disposal."""

    reason = s.words(1000, 1)
    legal_basis = s.words(500)
    minutes_no = s.words(80)


@posts(DOSSIER + "/places", Action.CUSTODY_WORK, "custody", PlacesAsked, match=TAG, of="read_dossier", **OF_DOSSIER)
def place_papers(call: Call, dossier_id: str) -> None:
    """Keeps where the paper stands."""
    places = {
        each["document_id"]: Place(each["original"], each["shelf"], each["expires_on"]) for each in call.body["papers"]
    }
    shelf.place(call.uow, call.who, dossier_id, call.body["shelf"], places, call.now)


@reads(DOSSIER + "/keeping", Action.CUSTODY_HOLD, "custody", KeepingRead)
def get_keeping(call: Call, dossier_id: str) -> Any:
    """How a dossier is kept."""
    return disposals.read(call.uow, call.who, dossier_id, call.now)


@posts(DOSSIER + "/holds", Action.CUSTODY_HOLD, "custody", HoldAsked, of="get_keeping")
def hold_dossier(call: Call, dossier_id: str) -> None:
    """Holds a dossier."""
    disposals.hold(call.uow, call.who, dossier_id, NewHold(**call.body), call.now)


@posts("/holds/<hold_id>/lift", Action.CUSTODY_HOLD, "custody", WordsAsked)
def lift_hold(call: Call, hold_id: str) -> None:
    """Lifts a hold."""
    disposals.lift(call.uow, call.who, hold_id, call.body["words"], call.now)


@posts(DOSSIER + "/disposals", Action.DISPOSAL_ASK, "custody", DisposalAsked, of="get_keeping")
def ask_disposal(call: Call, dossier_id: str) -> None:
    """Asks for a dossier to be disposed of; another person decides."""
    disposals.ask(call.uow, call.who, dossier_id, NewDisposal(**call.body), call.now)


class LackingTold(HeldBy):
    """A dossier that lacks a component."""

    dossier_id = s.text("row.dossier.id")
    dossier_number = s.text("row.dossier.number")
    name = s.text("row.cadre.full_name")
    kind = s.text()
    missing = s.texts("missing_codes")


class WantedLacking(Paged):
    """Which dossiers lack what."""

    unit = fields.String(load_default="", validate=UNIT_PATH)
    code = s.words(60)


@reads("/lacking", Action.CUSTODY_WORK, "custody", LackingTold, listed=True, query=WantedLacking)
def list_lacking(call: Call) -> Listed:
    """Dossiers that lack a component."""
    wanted = Wanted(call.query["unit"], call.query["code"])
    rows, total = components.lacking(call.uow, call.who, wanted, call.size, call.offset, call.now)
    told = [{"row": each.row, "kind": each.kind, "missing_codes": [one.code for one in each.missing]} for each in rows]
    return Listed(told, total)
