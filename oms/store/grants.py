"""What an account was granted, with its history, and the accounts as the security officer sees them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from oms.store.duty_tables import AccountGrant
from oms.store.tables import Account, AccountCompartment, AccountSensitive


def history(session: Session, account_id: str) -> list[AccountGrant]:
    """Every grant of an account, newest first."""
    found = select(AccountGrant).where(AccountGrant.account_id == account_id)
    return list(session.scalars(found.order_by(AccountGrant.granted_at.desc(), AccountGrant.id)))


def standing(session: Session, account_ids: Sequence[str]) -> list[AccountGrant]:
    """The grants of some accounts that nobody has ended."""
    found = select(AccountGrant).where(
        AccountGrant.account_id.in_(sorted(account_ids)), AccountGrant.ended_at.is_(None)
    )
    return list(session.scalars(found.order_by(AccountGrant.granted_at)))


def end(
    session: Session, account_id: str, kind: str, value: str | None, by: str, now: datetime, reason: str
) -> list[AccountGrant]:
    """Ends the standing grants of a kind (of one value, or all) in the history, and takes what they gave away."""
    gone = [
        row for row in standing(session, [account_id]) if row.kind == kind and (value is None or row.value == value)
    ]
    for row in gone:
        row.ended_by, row.ended_at, row.end_reason = by, now, reason
    _take_away(session, account_id, kind, value)
    return gone


def _take_away(session: Session, account_id: str, kind: str, value: str | None) -> None:
    if kind == "clearance":
        account = session.get_one(Account, account_id)
        account.clearance, account.clearance_until = 0, None
        session.flush()
        return
    of = AccountCompartment if kind == "compartment" else AccountSensitive
    column = AccountCompartment.compartment if kind == "compartment" else AccountSensitive.field_group
    gone = delete(of).where(of.account_id == account_id)
    session.execute(gone if value is None else gone.where(column == value))


def add(session: Session, row: AccountGrant) -> None:
    """Gives an account what the row says and keeps the row."""
    session.add(row)
    if row.kind == "clearance":
        account = session.get_one(Account, row.account_id)
        account.clearance, account.clearance_until = int(row.value), row.until
    elif row.kind == "compartment":
        session.add(AccountCompartment(account_id=row.account_id, compartment=row.value, until=row.until))
    else:
        session.add(AccountSensitive(account_id=row.account_id, field_group=row.value, until=row.until))
    session.flush()


def held_of(session: Session, accounts: Sequence[Account]) -> dict[str, dict[tuple[str, str], date | None]]:
    """What each of some accounts holds, by kind and value, with its last day: two questions for any number."""
    found: dict[str, dict[tuple[str, str], date | None]] = {each.id: {} for each in accounts}
    for each in accounts:
        if each.clearance:
            found[each.id]["clearance", str(each.clearance)] = each.clearance_until
    areas = select(AccountCompartment).where(AccountCompartment.account_id.in_(list(found)))
    for area in session.scalars(areas):
        found[area.account_id]["compartment", area.compartment] = area.until
    groups = select(AccountSensitive).where(AccountSensitive.account_id.in_(list(found)))
    for group in session.scalars(groups):
        found[group.account_id]["sensitive", group.field_group] = group.until
    return found


def confirm(session: Session, account_id: str, by: str, now: datetime, reason: str) -> int:
    """Ends and renews every standing grant as it is: somebody has looked at it again. Returns how many."""
    rows = standing(session, [account_id])
    for row in rows:
        session.add(
            AccountGrant(
                account_id=account_id,
                kind=row.kind,
                value=row.value,
                until=row.until,
                reason=reason,
                granted_by=by,
                granted_at=now,
                approval_id=row.approval_id,
            )
        )
    ids = [row.id for row in rows]
    session.execute(
        update(AccountGrant).where(AccountGrant.id.in_(ids)).values(ended_by=by, ended_at=now, end_reason="rà soát lại")
    )
    session.flush()
    return len(rows)
