"""Accounts and what they were granted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Date,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from oms.domain.access import Principal, Role, Secrecy
from oms.domain.organisation import inherited
from oms.domain.records import day_in_hanoi
from oms.store import consultations, emergencies
from oms.store.access_tables import AccountKin
from oms.store.consultation_tables import Consultation, ConsultationPaper, Emergency
from oms.store.db import UtcDateTime
from oms.store.row_security import for_account, on_postgres
from oms.store.tables import (
    Account,
    AccountCompartment,
    AccountScope,
    AccountSensitive,
    Cadre,
    Dossier,
    Unit,
    UnitSuccession,
)


def by_username(session: Session, username: str) -> Account | None:
    """The account with this name."""
    return session.scalar(select(Account).where(Account.username == username))


def by_id(session: Session, account_id: str) -> Account | None:
    """The account with this id."""
    return session.get(Account, account_id)


def all_accounts(session: Session) -> list[tuple[Account, Unit]]:
    """Every account with the unit it acts for, by name."""
    statement = select(Account, Unit).join(Unit, Unit.id == Account.unit_id).order_by(Account.username)
    return [(account, unit) for account, unit in session.execute(statement)]


def unvetted(session: Session, but: str) -> int:
    """How many accounts nobody has vetted yet, leaving out the one named ``but``."""
    statement = select(func.count()).select_from(Account).where(Account.vetted_at.is_(None), Account.username != but)
    return session.scalar(statement) or 0


def unit_of_each(session: Session, account_ids: Collection[str]) -> dict[str, int]:
    """The unit of each of some accounts; an account that is gone is left out."""
    statement = select(Account.id, Account.unit_id).where(Account.id.in_(sorted(account_ids)))
    return {account_id: unit_id for account_id, unit_id in session.execute(statement)}


def units_of(session: Session, account_ids: Collection[str]) -> frozenset[int]:
    """The units of some accounts."""
    return frozenset(unit_of_each(session, account_ids).values())


def names_of(session: Session, account_ids: set[str]) -> dict[str, str]:
    """Display names by account id."""
    if not account_ids:
        return {}
    found = session.execute(_names(), {"ids": sorted(account_ids)})
    return {account_id: name for account_id, name in found}


@cache
def _names() -> Select[str, str]:
    return select(Account.id, Account.display_name).where(Account.id.in_(bindparam("ids", expanding=True)))


def logins_of(session: Session, account_ids: set[str]) -> dict[str, tuple[str, str]]:
    """Usernames and display names by account id."""
    statement = select(Account.id, Account.username, Account.display_name).where(Account.id.in_(sorted(account_ids)))
    return {account_id: (username, name) for account_id, username, name in session.execute(statement)}


def set_grants(session: Session, account_id: str, unit_ids: list[int], compartments: list[str]) -> None:
    """Replaces an account's scopes and compartments."""
    set_scopes(session, account_id, unit_ids)
    session.execute(delete(AccountCompartment).where(AccountCompartment.account_id == account_id))
    session.add_all([AccountCompartment(account_id=account_id, compartment=name) for name in sorted(set(compartments))])
    session.flush()


def set_scopes(session: Session, account_id: str, unit_ids: list[int]) -> None:
    """Replaces the units whose subtrees an account acts in."""
    session.execute(delete(AccountScope).where(AccountScope.account_id == account_id))
    session.add_all([AccountScope(account_id=account_id, unit_id=unit_id) for unit_id in sorted(set(unit_ids))])
    session.flush()


def scopes_of(session: Session, account_id: str) -> list[Unit]:
    """The units whose subtrees the account acts in."""
    return scopes_of_each(session, [account_id])[account_id]


def scopes_of_each(session: Session, account_ids: Sequence[str]) -> dict[str, list[Unit]]:
    """As :func:`scopes_of`, for many accounts."""
    statement = select(AccountScope.account_id, Unit).join(Unit, Unit.id == AccountScope.unit_id)
    found: dict[str, list[Unit]] = {account_id: [] for account_id in account_ids}
    chosen = statement.where(AccountScope.account_id.in_(list(account_ids)))
    for account_id, unit in session.execute(chosen.order_by(Unit.path)):
        found[account_id].append(unit)
    return found


def _lasts(until: InstrumentedAttribute[date | None], today: BindParameter[date]) -> ColumnElement[bool]:
    """Whether a grant lasts on a day; without a day (NULL) only when it has no last one."""
    return or_(until.is_(None), until >= today)


def clearance_of(account: Account, today: date | None = None) -> Secrecy:
    """The account's level on a day; without a day none that has a last one."""
    until = account.clearance_until
    lasts = until is None or (today is not None and until >= today)
    return Secrecy(account.clearance if lasts else 0)


def set_sensitive(session: Session, account_id: str, groups: Sequence[str]) -> None:
    """Replaces the groups of sensitive fields an account may read."""
    session.execute(delete(AccountSensitive).where(AccountSensitive.account_id == account_id))
    session.add_all([AccountSensitive(account_id=account_id, field_group=name) for name in sorted(set(groups))])
    session.flush()


def withheld_from(session: Session, account_id: str) -> frozenset[str]:
    """Dossiers of the person behind the account and of their relatives, in any unit, as the register stands now."""
    return _withheld(session, [account_id])[account_id]


def _withheld(session: Session, account_ids: Sequence[str]) -> dict[str, frozenset[str]]:
    """Dossiers withheld from each of some accounts, in one question: by number, and by name and birth date."""
    if on_postgres(session):  # past the wall: it is bound with the answer
        asked = select(Account.id, func.oms_withheld_from(Account.id)).where(Account.id.in_(list(account_ids)))
        known = {account_id: frozenset(dossiers or ()) for account_id, dossiers in session.execute(asked)}
        return {account_id: known.get(account_id, frozenset()) for account_id in account_ids}
    own = select(AccountKin.account_id, Dossier.id).select_from(AccountKin)
    now = AccountKin.account_id.in_(list(account_ids)), AccountKin.ended_at.is_(None)
    numbered = and_(AccountKin.citizen_id != "", Cadre.citizen_id == AccountKin.citizen_id)
    named = and_(Cadre.folded_name == AccountKin.folded_name, Cadre.birth_date == AccountKin.birth_date)
    given = AccountKin.folded_name != "", AccountKin.birth_date != ""
    statement = union(
        own.join(Cadre, numbered).join(Dossier, Dossier.cadre_id == Cadre.id).where(*now),
        own.join(Cadre, named).join(Dossier, Dossier.cadre_id == Cadre.id).where(*now, *given),
    )
    found: dict[str, set[str]] = {account_id: set() for account_id in account_ids}
    for account_id, dossier_id in session.execute(statement):
        found[account_id].add(dossier_id)
    return {account_id: frozenset(dossiers) for account_id, dossiers in found.items()}


def principal_of(
    session: Session,
    account: Account,
    session_ref: str = "",
    address: str = "",
    today: date | None = None,
    now: datetime | None = None,
) -> Principal:
    """The account as the access rule sees it, read anew: a changed grant counts on the next request.

    Its scopes reach what their units took over until ``today``; without a day only what was granted, never more.
    What is lent to it (consultations, emergencies) is what runs at ``now``; without a time, nothing.
    """
    found = _granted(session, account, today, now)
    taken_over = [(old, new) for old, _space, new in (step.partition(" ") for step in found["step"])]
    scopes = inherited(sorted(found["scope"]), taken_over)
    withheld = withheld_from(session, account.id) if found["kin"] else frozenset(found["withheld"])
    principal = _made(account, found, clearance_of(account, today), scopes, withheld)
    return replace(principal, session_ref=session_ref, address=address)


def _made(
    account: Account, found: dict[str, list[str]], clearance: Secrecy, scopes: tuple[str, ...], withheld: frozenset[str]
) -> Principal:
    return Principal(
        account_id=account.id,
        username=account.username,
        display_name=account.display_name,
        role=Role(account.role),
        unit_id=account.unit_id,
        unit_path=found["unit"][0],
        scopes=scopes,
        clearance=clearance,
        compartments=frozenset(found["compartment"]),
        sensitive=frozenset(found["sensitive"]),
        withheld=withheld,
        consulted=frozenset(found["consulted"]),
        emergency=frozenset(found["emergency"]),
    )


def principals_of(session: Session, accounts: Sequence[Account]) -> list[Principal]:
    """As :func:`principal_of` without a day or a time, for many accounts at once: what was granted for good."""
    known: dict[str, dict[str, list[str]]] = {each.id: {kind: [] for kind in KINDS} for each in accounts}
    ids = list(known)
    statement = union_all(
        select(Account.id, literal("unit"), Unit.path)
        .join(Unit, Unit.id == Account.unit_id)
        .where(Account.id.in_(ids)),
        select(AccountScope.account_id, literal("scope"), Unit.path)
        .join(Unit, Unit.id == AccountScope.unit_id)
        .where(AccountScope.account_id.in_(ids)),
        select(AccountCompartment.account_id, literal("compartment"), AccountCompartment.compartment).where(
            AccountCompartment.account_id.in_(ids), AccountCompartment.until.is_(None)
        ),
        select(AccountSensitive.account_id, literal("sensitive"), AccountSensitive.field_group).where(
            AccountSensitive.account_id.in_(ids), AccountSensitive.until.is_(None)
        ),
    )
    for account_id, kind, value in session.execute(statement):
        known[account_id][kind].append(value)
    kin = _withheld(session, ids)
    return [
        _made(each, known[each.id], clearance_of(each), tuple(sorted(known[each.id]["scope"])), kin[each.id])
        for each in accounts
    ]


def _granted(session: Session, account: Account, today: date | None, now: datetime | None) -> dict[str, list[str]]:
    """What was granted and lent to an account, by kind, in one question: every request asks it.

    Without a day only what has no last one; without a time nothing that is lent.
    """
    known: dict[str, object] = {"account": account.id, "unit": account.unit_id, "today": today, "now": now}
    known["lent_on"] = day_in_hanoi(now) if now else None
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    with for_account(session, account.id):
        for kind, value in session.execute(_grants(on_postgres(session)), known):
            found[kind].append(value)
    return found


KINDS = ("unit", "scope", "step", "compartment", "sensitive", "kin", "consulted", "emergency", "withheld")


@cache
def _grants(on_server: bool) -> CompoundSelect[str, str]:
    """The statement of :func:`_granted`: making it costs far more than asking it.

    On a server a wall hides the relatives from who is bound: there what is withheld is asked past it, always.
    """
    account, today = bindparam("account", type_=String()), bindparam("today", type_=Date())
    now, lent_on = bindparam("now", type_=UtcDateTime()), bindparam("lent_on", type_=Date())
    scopes = select(literal("scope"), Unit.path).join(AccountScope, AccountScope.unit_id == Unit.id)
    entered = select(literal("compartment"), AccountCompartment.compartment)
    sensitive = select(literal("sensitive"), AccountSensitive.field_group)
    lent = select(literal("consulted"), ConsultationPaper.document_id).join(
        Consultation, Consultation.id == ConsultationPaper.consultation_id
    )
    withheld = select(literal("withheld"), func.unnest(func.oms_withheld_from(account, type_=ARRAY(String))))
    return union_all(
        *([withheld] if on_server else []),
        select(literal("unit"), Unit.path).where(Unit.id == bindparam("unit", type_=Integer())),
        scopes.where(AccountScope.account_id == account),
        _steps(account, today),
        entered.where(AccountCompartment.account_id == account, _lasts(AccountCompartment.until, today)),
        sensitive.where(AccountSensitive.account_id == account, _lasts(AccountSensitive.until, today)),
        select(literal("kin"), literal("")).where(AccountKin.account_id == account, AccountKin.ended_at.is_(None)),
        lent.where(*consultations.lent_to(account, lent_on)),
        select(literal("emergency"), Emergency.dossier_id).where(*emergencies.runs(account, now)),
    )


def _steps(account: BindParameter[str], today: BindParameter[date]) -> Select[str, str]:
    """Paths of predecessor and successor, with a space between, of what has been taken over until a day.

    Without those whose predecessor a scope covers anyway: they add nothing to it.
    """
    before, after, held = aliased(Unit), aliased(Unit), aliased(Unit)
    covered = (
        select(held.id)
        .join(AccountScope, AccountScope.unit_id == held.id)
        .where(AccountScope.account_id == account, or_(before.path == held.path, before.path.like(held.path + "/%")))
        .correlate(before)
    )
    return (
        select(literal("step"), before.path + " " + after.path)
        .select_from(UnitSuccession)
        .join(before, before.id == UnitSuccession.predecessor_id)
        .join(after, after.id == UnitSuccession.successor_id)
        .where(UnitSuccession.inherits, UnitSuccession.on_date <= today, ~covered.exists())
    )
