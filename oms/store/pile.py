"""The pile of a batch: its paper files and how many pages of each were scanned, blank, repeated or failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.checks import DONE
from oms.domain.records import DocumentState, PageState
from oms.store.desk_tables import Check, PaperFile
from oms.store.past_walls import for_a_rule
from oms.store.tables import Account, Document, Page, Scan, Unit
from oms.store.visible import visible

WHOLE = 0
"""Number of the row that stands for a batch without paper files."""


@dataclass(frozen=True)
class Print:
    """A page that may be compared with others."""

    id: str
    scan_id: str
    document_id: str | None
    fingerprint: str


def prints_of_batch(session: Session, batch_id: str) -> list[Print]:
    """Fingerprints of a batch's read pages with something on them, in the order they came in."""
    statement = (
        select(Page.id, Page.scan_id, Page.document_id, Page.fingerprint)
        .join(Scan, Scan.id == Page.scan_id)
        .where(
            Scan.batch_id == batch_id,
            Page.state == PageState.READ,
            Page.blank.is_(False),
            Page.kind == "content",
            Page.fingerprint != "",
        )
        .order_by(Scan.received_at, Scan.id, Page.number)
    )
    return [Print(*row) for row in session.execute(statement)]


@for_a_rule
def whole_scan(session: Session, scan_id: str) -> list[Page]:
    """The pages of a file in order, by their numbers: also those of papers that whoever works does not see."""
    return list(session.scalars(select(Page).where(Page.scan_id == scan_id).order_by(Page.number)))


def files_of_batch(session: Session, batch_id: str) -> list[PaperFile]:
    """The paper files of a batch by number; the row of the whole batch (number 0) first, if there is one."""
    return list(session.scalars(select(PaperFile).where(PaperFile.batch_id == batch_id).order_by(PaperFile.number)))


def next_number(session: Session, batch_id: str) -> int:
    """The number of the next paper file of a batch, from 1."""
    return (session.scalar(select(func.max(PaperFile.number)).where(PaperFile.batch_id == batch_id)) or 0) + 1


@dataclass
class Tally:
    """Sides of paper: with something on them (``failed`` of these unread, ``waiting`` not yet), and the others."""

    content: int = 0
    failed: int = 0
    waiting: int = 0
    blank: int = 0
    repeated: int = 0
    sheets: int = 0

    @property
    def all(self) -> int:
        """Every page scanned."""
        return self.content + self.blank + self.repeated + self.sheets

    def add(self, other: Tally) -> None:
        """Counts another tally into this one."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@for_a_rule
def tallies(session: Session, batch_id: str) -> dict[str, Tally]:
    """Pages of a batch by paper file; "" holds those in none. Each page counts once, a repeated blank one as blank."""
    repeated = Page.duplicate_of.is_not(None)
    statement = (
        select(Page.paper_file_id, Page.kind, Page.state, Page.blank, repeated, func.count())
        .join(Scan, Scan.id == Page.scan_id)
        .where(Scan.batch_id == batch_id)
        .group_by(Page.paper_file_id, Page.kind, Page.state, Page.blank, repeated)
    )
    found: dict[str, Tally] = {}
    for file_id, kind, state, blank, twice, number in session.execute(statement):
        tally = found.setdefault(file_id or "", Tally())
        if kind != "content":
            tally.sheets += number
        elif blank:
            tally.blank += number
        elif twice:
            tally.repeated += number
        else:
            tally.content += number
            tally.failed += number * (state == PageState.FAILED)
            tally.waiting += number * (state in (PageState.WAITING, PageState.READING))
    return found


@for_a_rule
def checks_waiting(session: Session, batch_id: str, view: Visibility) -> tuple[int, bool]:
    """Second looks of a batch not done yet: how many at papers one may see, and whether there are any others."""
    waiting = (
        select(func.count())
        .select_from(Check)
        .join(Document, Document.id == Check.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(Check.batch_id == batch_id, Check.state.not_in(DONE))
    )
    seen = waiting.where(visible(view, Unit.path, Document))
    number = session.scalar(seen) or 0
    return number, (session.scalar(waiting) or 0) > number


@for_a_rule
def open_documents(session: Session, batch_id: str) -> int:
    """Papers of a batch still waiting for a person, whoever may see them."""
    statement = (
        select(func.count())
        .select_from(Document)
        .join(Scan, Scan.id == Document.scan_id)
        .where(Scan.batch_id == batch_id, Document.state.in_([DocumentState.PROPOSED, DocumentState.ORPHAN]))
    )
    return session.scalar(statement) or 0


def pages_named(session: Session, page_ids: Sequence[str]) -> dict[str, Page]:
    """Some pages by id; those that are not there are left out."""
    return {page.id: page for page in session.scalars(select(Page).where(Page.id.in_(list(page_ids))))}


def active_accounts(session: Session) -> list[Account]:
    """The accounts that may sign in, by the name people see."""
    return list(session.scalars(select(Account).where(Account.active.is_(True)).order_by(Account.display_name)))
