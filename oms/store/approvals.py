"""Requests of two persons and the access policy: every read of a request starts at who may know of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from oms.domain.access import Action, Principal, visibility
from oms.domain.approvals import DUTIES, OFFICES, OPEN, Favour, Kind, State, kinds_for
from oms.store.duty_tables import AccessPolicy, Approval, ListTaking
from oms.store.tables import Account
from oms.store.visible import visible


def _may_know(principal: Principal) -> ColumnElement[bool]:
    """Kinds of the role, and of these the ones whose object the person may know of.

    Who has an office without scopes sees the acts of that office in every unit; none of them is about a record.
    """
    kinds = kinds_for(principal.role)
    if principal.role in OFFICES:
        return Approval.kind.in_(sorted(kind for kind in kinds if not DUTIES[kind].on_records))
    view = visibility(principal, Action.APPROVAL_VIEW)
    return and_(Approval.kind.in_(sorted(kinds)), visible(view, Approval.unit_path, Approval))


def find(session: Session, principal: Principal, approval_id: str) -> Approval | None:
    """A request the person may know of."""
    return session.scalar(select(Approval).where(Approval.id == approval_id, _may_know(principal)))


def _of_state(states: Sequence[State], now: datetime) -> ColumnElement[bool]:
    """In one of the states, as they are at a time: what is open past its last moment counts as expired."""
    stored = [state for state in states if state not in OPEN]
    running = [state for state in states if state in OPEN]
    found: list[ColumnElement[bool]] = [Approval.state.in_(stored)]
    if running:
        found.append(and_(Approval.state.in_(running), Approval.expires_at > now))
    if State.EXPIRED in states:
        found.append(and_(Approval.state.in_(sorted(OPEN)), Approval.expires_at <= now))
    return or_(*found)


def listed(
    session: Session,
    principal: Principal,
    states: Sequence[State],
    now: datetime,
    *,
    mine: bool = False,
    limit: int = 0,
    offset: int = 0,
) -> tuple[list[Approval], int]:
    """Requests in these states the person may know of (``mine``: that they asked for), newest first, and how many."""
    wanted = and_(_may_know(principal), _of_state(states, now))
    if mine:
        wanted = and_(wanted, Approval.asked_by == principal.account_id)
    total = session.scalar(select(func.count()).select_from(Approval).where(wanted)) or 0
    statement = select(Approval).where(wanted).order_by(Approval.asked_at.desc(), Approval.id)
    return (list(session.scalars(statement.limit(limit).offset(offset))) if limit else []), int(total)


def waiting_for(session: Session, principal: Principal, now: datetime) -> list[Approval]:
    """Requests that wait and are of a kind the person's role decides, oldest first."""
    statement = select(Approval).where(
        _may_know(principal),
        _of_state([State.WAITING], now),
        Approval.kind.in_(sorted(kinds_for(principal.role, deciding=True))),
    )
    return list(session.scalars(statement.order_by(Approval.asked_at, Approval.id)))


def open_for(session: Session, kind: Kind, object_id: str, now: datetime) -> Approval | None:
    """The running request of this kind on this object, whoever may know of it: there is only one at a time."""
    found = select(Approval).where(Approval.kind == kind, Approval.object_id == object_id)
    return session.scalar(found.where(_of_state(sorted(OPEN), now)))


def take(session: Session, approval_id: str, before: State, after: State) -> bool:
    """Moves a request from one state to the next; False when somebody else was first."""
    done = session.execute(
        update(Approval)
        .where(Approval.id == approval_id, Approval.state == before)
        .values(state=str(after))
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def taken_since(session: Session, account_id: str, since: datetime) -> set[str]:
    """The dossiers an account took out in lists since a time, without a second person.

    Two lists at once wait for each other here, so that each counts the other.
    """
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    found = select(ListTaking.dossier_id).where(ListTaking.account_id == account_id, ListTaking.at > since)
    return set(session.scalars(found))


def take_out(session: Session, account_id: str, dossiers: Collection[str], now: datetime, since: datetime) -> None:
    """Writes down whom an account takes out in a list; what is too old to be counted goes."""
    gone = or_(ListTaking.at <= since, ListTaking.dossier_id.in_(dossiers))
    session.execute(delete(ListTaking).where(ListTaking.account_id == account_id, gone))
    session.add_all(ListTaking(account_id=account_id, dossier_id=each, at=now) for each in sorted(dossiers))
    session.flush()


def overdue(session: Session, now: datetime) -> list[Approval]:
    """Requests that are past their last moment and not marked so yet."""
    return list(session.scalars(select(Approval).where(Approval.state.in_(sorted(OPEN)), Approval.expires_at <= now)))


def favours(session: Session, since: datetime) -> list[Favour]:
    """Grants carried out since a time: for whom, and who helped."""
    statement = select(Approval).where(
        Approval.kind == Kind.GRANT, Approval.state == State.DONE, Approval.decided_at >= since
    )
    return [
        Favour(
            row.asked_for_account,
            frozenset({row.asked_by, row.asked_behalf, row.decided_by or "", row.decided_behalf} - {""}),
        )
        for row in session.scalars(statement)
    ]


def policy_values(session: Session, keys: Sequence[str], now: datetime) -> dict[str, int]:
    """The newest value in force of each of these keys that was ever changed."""
    statement = select(AccessPolicy.key, AccessPolicy.value).where(
        AccessPolicy.key.in_(list(keys)), AccessPolicy.valid_from <= now
    )
    in_order = session.execute(statement.order_by(AccessPolicy.valid_from, AccessPolicy.id.desc()))
    return {key: value for key, value in in_order}  # the last of a key is its newest


def policy_history(session: Session) -> list[tuple[AccessPolicy, Approval]]:
    """Every value a key was given, with the request that gave it, newest first."""
    statement = select(AccessPolicy, Approval).join(Approval, Approval.id == AccessPolicy.approval_id)
    return [(row, asked) for row, asked in session.execute(statement.order_by(AccessPolicy.valid_from.desc()))]
