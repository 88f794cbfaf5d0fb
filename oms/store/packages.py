"""Packages of the exchange, partners, links. What a person sees of packages starts at what they may see of records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.packages import InState, Kind, OutState, PartnerState
from oms.store.access_tables import AccountKin
from oms.store.package_tables import ExchangeCode, ExchangeLink, ExchangePackage, ExchangePartner, ExchangeRecord
from oms.store.past_walls import for_a_rule
from oms.store.record_tables import FactRow
from oms.store.tables import Dossier, Unit
from oms.store.visible import visible


@dataclass(frozen=True)
class PackageRow:
    """A package with its partner and the unit here that sent it or is to receive it."""

    package: ExchangePackage
    partner: ExchangePartner
    unit: Unit


def _of_kin(accounts: Collection[str]) -> ColumnElement[bool]:
    """Packages that speak of somebody whom one of the accounts declared, by card, or by name and birth date."""
    record, kin = ExchangeRecord, AccountKin
    card = and_(kin.citizen_id != "", kin.citizen_id == record.citizen_id)
    named = and_(
        kin.folded_name != "",
        kin.birth_date != "",
        kin.folded_name == record.folded_name,
        kin.birth_date == record.birth_date,
    )
    theirs = and_(kin.account_id.in_(sorted(accounts)), kin.ended_at.is_(None), or_(card, named))
    return select(record.id).join(kin, theirs).where(record.package_id == ExchangePackage.id).exists()


def _seen(view: Visibility, accounts: Collection[str]) -> ColumnElement[bool]:
    withheld = select(ExchangeRecord.id).where(
        ExchangeRecord.package_id == ExchangePackage.id,
        ExchangeRecord.dossier_id.in_(sorted(view.withheld)),
    )
    return and_(visible(view, Unit.path, ExchangePackage), ~withheld.exists(), ~_of_kin(accounts))


def _packages(view: Visibility, accounts: Collection[str]) -> Select[ExchangePackage, ExchangePartner, Unit]:
    return (
        select(ExchangePackage, ExchangePartner, Unit)
        .join(ExchangePartner, ExchangePartner.id == ExchangePackage.partner_id)
        .join(Unit, Unit.id == ExchangePackage.unit_id)
        .where(_seen(view, accounts))
    )


def find(session: Session, view: Visibility, accounts: Collection[str], row_id: str) -> PackageRow | None:
    """A package, if it may be seen."""
    found = session.execute(_packages(view, accounts).where(ExchangePackage.id == row_id)).one_or_none()
    return PackageRow(found[0], found[1], found[2]) if found else None


def listed(
    session: Session, view: Visibility, accounts: Collection[str], direction: str, limit: int, offset: int
) -> tuple[list[PackageRow], int]:
    """Packages of a direction that are no receipts, newest first, and how many."""
    wanted = and_(ExchangePackage.direction == direction, ExchangePackage.kind != Kind.RECEIPT)
    total = session.scalar(
        select(func.count()).select_from(ExchangePackage).join(Unit, Unit.id == ExchangePackage.unit_id)
        .where(_seen(view, accounts), wanted)
    )  # fmt: skip
    page = _packages(view, accounts).where(wanted).order_by(ExchangePackage.at.desc(), ExchangePackage.id)
    rows = session.execute(page.limit(limit).offset(offset))
    return [PackageRow(row[0], row[1], row[2]) for row in rows], int(total or 0)


def waiting_in(session: Session, view: Visibility, accounts: Collection[str]) -> list[PackageRow]:
    """Packages that came and wait for a person, those with a deadline first."""
    wanted = and_(ExchangePackage.direction == "in", ExchangePackage.state == InState.CHECKED)
    page = _packages(view, accounts).where(wanted, ExchangePackage.kind != Kind.RECEIPT)
    rows = session.execute(page.order_by(ExchangePackage.due_on.is_(None), ExchangePackage.due_on, ExchangePackage.at))
    return [PackageRow(row[0], row[1], row[2]) for row in rows]


@for_a_rule
def waiting_anywhere(session: Session, limit: int = 200) -> list[PackageRow]:
    """Packages that came and wait, whoever may see them, oldest first: to find those that nobody may take."""
    wanted = (
        select(ExchangePackage, ExchangePartner, Unit)
        .join(ExchangePartner, ExchangePartner.id == ExchangePackage.partner_id)
        .join(Unit, Unit.id == ExchangePackage.unit_id)
        .where(ExchangePackage.direction == "in", ExchangePackage.state == InState.CHECKED)
    )
    rows = session.execute(wanted.order_by(ExchangePackage.at, ExchangePackage.id).limit(limit))
    return [PackageRow(row[0], row[1], row[2]) for row in rows]


def records_of(session: Session, row_id: str) -> list[ExchangeRecord]:
    """Whom a package speaks of; the caller has found the package."""
    wanted = select(ExchangeRecord).where(ExchangeRecord.package_id == row_id).order_by(ExchangeRecord.id)
    return list(session.scalars(wanted))


def of_package(session: Session, direction: str, package_id: str) -> ExchangePackage | None:
    """The program's own question: was this package sent, or did it come already?"""
    wanted = select(ExchangePackage).where(ExchangePackage.direction == direction)
    return session.scalar(wanted.where(ExchangePackage.package_id == package_id))


def sent_as(session: Session, named: str) -> ExchangePackage | None:
    """The package made here with this number or id, for the operator's command."""
    wanted = select(ExchangePackage).where(ExchangePackage.direction == "out")
    return session.scalar(wanted.where(or_(ExchangePackage.number == named, ExchangePackage.package_id == named)))


def by_row(session: Session, row_id: str) -> ExchangePackage | None:
    """A package by its row, for the program itself."""
    return session.get(ExchangePackage, row_id)


def receipt_for(session: Session, package_id: str) -> ExchangePackage | None:
    """The receipt made here for a package that came."""
    wanted = select(ExchangePackage).where(ExchangePackage.direction == "out", ExchangePackage.kind == Kind.RECEIPT)
    return session.scalar(wanted.where(ExchangePackage.answers == package_id))


def to_send(session: Session, now: datetime, limit: int = 20) -> list[ExchangePackage]:
    """Packages to be sent now, oldest first: for the worker."""
    due = or_(ExchangePackage.next_try_at.is_(None), ExchangePackage.next_try_at <= now)
    wanted = select(ExchangePackage).where(ExchangePackage.direction == "out", due)
    return list(session.scalars(wanted.where(ExchangePackage.state == OutState.QUEUED).order_by(ExchangePackage.at)
                                .limit(limit)))  # fmt: skip


def unanswered(session: Session, limit: int = 200) -> list[ExchangePackage]:
    """Packages sent and not answered, for asking a partner's server for the receipt."""
    wanted = select(ExchangePackage).where(ExchangePackage.direction == "out", ExchangePackage.kind != Kind.RECEIPT)
    return list(session.scalars(wanted.where(ExchangePackage.state == OutState.SENT).order_by(ExchangePackage.at)
                                .limit(limit)))  # fmt: skip


def without_receipt(session: Session, limit: int = 50) -> list[ExchangePackage]:
    """Packages that were decided on and whose receipt is not made yet."""
    answered = select(ExchangePackage.answers).where(
        ExchangePackage.direction == "out", ExchangePackage.kind == Kind.RECEIPT
    )
    wanted = select(ExchangePackage).where(
        ExchangePackage.direction == "in",
        ExchangePackage.kind != Kind.RECEIPT,
        ExchangePackage.answer != "",
        ExchangePackage.package_id.not_in(answered),
    )
    return list(session.scalars(wanted.order_by(ExchangePackage.closed_at).limit(limit)))


def kept_files(session: Session) -> set[str]:
    """Names of sealed files that are still wanted; anything else in the folder was left by a killed process."""
    return set(session.scalars(select(ExchangePackage.file).where(ExchangePackage.file != "")))


def partners(session: Session) -> list[ExchangePartner]:
    """Every partner, newest first."""
    return list(session.scalars(select(ExchangePartner).order_by(ExchangePartner.added_at.desc(), ExchangePartner.id)))


def partner(session: Session, partner_id: str) -> ExchangePartner | None:
    """A partner by id."""
    return session.get(ExchangePartner, partner_id)


def active_by_key(session: Session, verify_key: str) -> ExchangePartner | None:
    """The partner in force that signs with this key."""
    wanted = select(ExchangePartner).where(ExchangePartner.verify_key == verify_key)
    return session.scalar(wanted.where(ExchangePartner.state == PartnerState.ACTIVE))


def active(session: Session) -> list[ExchangePartner]:
    """Partners in force, by name."""
    wanted = select(ExchangePartner).where(ExchangePartner.state == PartnerState.ACTIVE)
    return list(session.scalars(wanted.order_by(ExchangePartner.name, ExchangePartner.id)))


@for_a_rule
def link(session: Session, partner_code: str, remote: str) -> ExchangeLink | None:
    """The dossier here of a partner's dossier, whoever may see it: for the program itself, and so that none has two."""
    wanted = select(ExchangeLink).where(ExchangeLink.partner_code == partner_code)
    return session.scalar(wanted.where(ExchangeLink.remote == remote))


def links_of(session: Session, dossier_id: str) -> list[ExchangeLink]:
    """With whom a dossier is linked; the caller has found the dossier."""
    return list(session.scalars(select(ExchangeLink).where(ExchangeLink.dossier_id == dossier_id)))


def last_sent(session: Session, dossier_id: str, partner_id: str) -> ExchangePackage | None:
    """The newest package about a dossier that a partner has taken; the caller has found the dossier."""
    wanted = (
        select(ExchangePackage)
        .join(ExchangeRecord, ExchangeRecord.package_id == ExchangePackage.id)
        .where(
            ExchangeRecord.dossier_id == dossier_id,
            ExchangePackage.direction == "out",
            ExchangePackage.partner_id == partner_id,
            ExchangePackage.state.in_([OutState.QUEUED, OutState.SENT, OutState.ACCEPTED]),
        )
    )
    return session.scalar(wanted.order_by(ExchangePackage.at.desc()).limit(1))


def leaving_transfer(session: Session, dossier_id: str) -> ExchangePackage | None:
    """A hand-over of the dossier to a partner that is not answered; the caller has found the dossier."""
    wanted = (
        select(ExchangePackage)
        .join(ExchangeRecord, ExchangeRecord.package_id == ExchangePackage.id)
        .where(
            ExchangeRecord.dossier_id == dossier_id,
            ExchangePackage.direction == "out",
            ExchangePackage.kind == Kind.TRANSFER,
            ExchangePackage.state.in_([OutState.QUEUED, OutState.SENT]),
        )
    )
    return session.scalar(wanted.limit(1))


def code(session: Session, text: str) -> Unit | None:
    """The unit a code stands for here: its own, its Party or State code, or as somebody said."""
    for column in (Unit.code, Unit.code_party, Unit.code_state):
        found = list(session.scalars(select(Unit).where(column == text, column != "").limit(2)))
        if len(found) == 1:
            return found[0]
    said = session.get(ExchangeCode, text)
    return session.get(Unit, said.unit_id) if said else None


def remember_code(session: Session, text: str, unit_id: int, by: str, at: datetime) -> None:
    """Keeps what a person said a code stands for."""
    session.merge(ExchangeCode(code=text, unit_id=unit_id, by=by, at=at))
    session.flush()


def move(session: Session, row_id: str, before: str, after: str) -> bool:
    """Takes a package from one state to the next; False when somebody else was first."""
    moved = update(ExchangePackage).where(ExchangePackage.id == row_id, ExchangePackage.state == before)
    done = session.execute(moved.values(state=after).execution_options(synchronize_session=False))
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def ended_since(session: Session, view: Visibility, dossier_id: str, since: datetime) -> list[FactRow]:
    """Visible facts of a record that ended after a time."""
    wanted = (
        select(FactRow)
        .join(Dossier, Dossier.id == FactRow.dossier_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(
            visible(view, Unit.path, Dossier),
            visible(view, Unit.path, FactRow),
            FactRow.dossier_id == dossier_id,
            FactRow.ended_at > since,
        )
    )
    return list(session.scalars(wanted.order_by(FactRow.item, FactRow.id)))


def add_records(session: Session, rows: Sequence[ExchangeRecord]) -> None:
    """Writes down whom a package speaks of."""
    session.add_all(rows)
    session.flush()


def counts(session: Session) -> list[tuple[str, str, str, int]]:
    """How many packages there are by direction, kind and state: for the operator, names nobody."""
    wanted = (ExchangePackage.direction, ExchangePackage.kind, ExchangePackage.state)
    found = session.execute(select(*wanted, func.count()).group_by(*wanted).order_by(*wanted))
    return [(row[0], row[1], row[2], int(row[3])) for row in found]
