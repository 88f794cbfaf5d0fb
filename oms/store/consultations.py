"""Consultations and the usage register. What a unit's people see of them follows the dossier once it is known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BindParameter, ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from oms.domain.access import Visibility
from oms.domain.consultations import State, may_mean
from oms.store import dossiers
from oms.store.access_tables import AccountKin
from oms.store.consultation_tables import Consultation, ConsultationPaper, UsageEntry
from oms.store.past_walls import for_a_rule
from oms.store.row_security import on_postgres
from oms.store.tables import Account, Cadre, Document, Dossier, Unit
from oms.store.visible import in_scope, visible

_HOLDER, _ASKING = aliased(Unit), aliased(Unit)


@dataclass(frozen=True)
class CaseRow:
    """A consultation as the holding unit sees it; dossier and cadre once an officer has found them."""

    consultation: Consultation
    holder: Unit
    asking: Unit
    asker: Account
    dossier: Dossier | None
    cadre: Cadre | None
    unit: Unit | None


def _running(today: date | BindParameter[date]) -> ColumnElement[bool]:
    return and_(
        Consultation.state == State.APPROVED, Consultation.given_first <= today, Consultation.given_last >= today
    )


def lent_to(account_id: BindParameter[str], on: BindParameter[date]) -> tuple[ColumnElement[bool], ...]:
    """What makes a paper of a consultation one that is lent to an account on a day; on no day (NULL) none is."""
    return Consultation.asked_by == account_id, ConsultationPaper.given.is_(True), _running(on)


def mine(session: Session, account_id: str, limit: int, offset: int) -> tuple[list[tuple[Consultation, Unit]], int]:
    """What an account asked for, newest first, with the unit that was asked; and how many."""
    statement = (
        select(Consultation, Unit)
        .join(Unit, Unit.id == Consultation.holder_unit_id)
        .where(Consultation.asked_by == account_id)
        .order_by(Consultation.asked_at.desc(), Consultation.id)
    )
    total = session.scalar(select(func.count()).where(Consultation.asked_by == account_id)) or 0
    return [(row[0], row[1]) for row in session.execute(statement.limit(limit).offset(offset))], total


def asked(session: Session, account_id: str, consultation_id: str) -> tuple[Consultation, Unit] | None:
    """A consultation of the account's own asking."""
    statement = (
        select(Consultation, Unit)
        .join(Unit, Unit.id == Consultation.holder_unit_id)
        .where(Consultation.id == consultation_id, Consultation.asked_by == account_id)
    )
    found = session.execute(statement).one_or_none()
    return (found[0], found[1]) if found else None


def about_kin(session: Session, accounts: Collection[str], only: str = "") -> frozenset[str]:
    """Requests in words that may be about somebody these accounts declared, themselves or a relative; or ``only`` one.

    While no dossier is found, only the asker's words say whose it is; afterwards the dossier itself is withheld.
    """
    declared = select(AccountKin.folded_name, AccountKin.birth_date).where(
        AccountKin.account_id.in_(sorted(accounts)), AccountKin.ended_at.is_(None), AccountKin.folded_name != ""
    )
    persons = [(name, born) for name, born in session.execute(declared)]
    if not persons:
        return frozenset()
    asked = select(Consultation.id, Consultation.person, Consultation.person_more).where(
        Consultation.dossier_id.is_(None)
    )
    return frozenset(
        row.id
        for row in session.execute(asked.where(Consultation.id == only) if only else asked)
        if any(may_mean(f"{row.person} {row.person_more}", name, born) for name, born in persons)
    )


def _cases(session: Session, view: Visibility, apart_from: frozenset[str]) -> Select[Consultation, Unit, Unit, Account]:
    """Those of the units in scope while no dossier is named, of the visible dossiers afterwards; never one's own.

    Nor one that may be about oneself or a relative.
    """
    kin = about_kin(session, apart_from)
    seen = or_(
        and_(Consultation.dossier_id.is_(None), in_scope(view, _HOLDER.path)),
        and_(Consultation.dossier_id.is_not(None), visible(view, Unit.path, Dossier)),
    )
    return (
        select(Consultation, _HOLDER, _ASKING, Account)
        .join(_HOLDER, _HOLDER.id == Consultation.holder_unit_id)
        .join(_ASKING, _ASKING.id == Consultation.asked_unit_id)
        .join(Account, Account.id == Consultation.asked_by)
        .outerjoin(Dossier, Dossier.id == Consultation.dossier_id)
        .outerjoin(Unit, Unit.id == Dossier.unit_id)
        .where(
            seen,
            Consultation.asked_by.not_in(sorted(apart_from)),
            Consultation.asked_behalf.not_in(sorted(apart_from)),
            Consultation.id.not_in(sorted(kin)),
        )
    )


def _rows(session: Session, statement: Select[Consultation, Unit, Unit, Account]) -> list[CaseRow]:
    found = [(row[0], row[1], row[2], row[3]) for row in session.execute(statement)]
    named = {each[0].dossier_id for each in found if each[0].dossier_id}
    joined = (
        select(Dossier, Cadre, Unit)
        .join(Cadre, Cadre.id == Dossier.cadre_id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(Dossier.id.in_(sorted(named)))
    )
    about = {row[0].id: (row[0], row[1], row[2]) for row in session.execute(joined)} if named else {}
    nothing = (None, None, None)
    return [CaseRow(*each, *about.get(each[0].dossier_id or "", nothing)) for each in found]


def case(session: Session, view: Visibility, apart_from: frozenset[str], consultation_id: str) -> CaseRow | None:
    """A consultation the holding unit's person may handle."""
    found = _rows(session, _cases(session, view, apart_from).where(Consultation.id == consultation_id))
    return found[0] if found else None


STANDS = ("waiting", "prepared", "running", "over")
"""What a list of cases is narrowed to."""


def _standing(which: str, today: date) -> ColumnElement[bool]:
    open_still = Consultation.last_day >= today
    alive = and_(Consultation.state == State.APPROVED, Consultation.given_last >= today)
    if which == "waiting":
        return and_(Consultation.state == State.ASKED, open_still)
    if which == "prepared":
        return and_(Consultation.state == State.PREPARED, open_still)
    if which == "running":
        return alive
    waits = and_(Consultation.state.in_((State.ASKED, State.PREPARED)), open_still)
    return ~or_(waits, alive)


def cases(
    session: Session, view: Visibility, apart_from: frozenset[str], which: str, today: date, limit: int, offset: int
) -> list[CaseRow]:
    """Cases of a standing: those that wait, the oldest first; the others, the newest first."""
    order = Consultation.asked_at if which in ("waiting", "prepared") else Consultation.asked_at.desc()
    statement = _cases(session, view, apart_from).where(_standing(which, today)).order_by(order, Consultation.id)
    return _rows(session, statement.limit(limit).offset(offset))


def case_counts(session: Session, view: Visibility, apart_from: frozenset[str], today: date) -> dict[str, int]:
    """How many cases of each standing."""
    numbers = [func.count().filter(_standing(which, today)) for which in STANDS]
    counted = _cases(session, view, apart_from).with_only_columns(*numbers, maintain_column_froms=True)
    return dict(zip(STANDS, session.execute(counted).one(), strict=True))


def running_number(session: Session, account_id: str, today: date) -> int:
    """How many consultations of an account's own run today."""
    return session.scalar(select(func.count()).where(Consultation.asked_by == account_id, _running(today))) or 0


def papers_of(session: Session, consultation_id: str) -> list[ConsultationPaper]:
    """The papers named in a consultation."""
    return list(session.scalars(select(ConsultationPaper).where(ConsultationPaper.consultation_id == consultation_id)))


def lent_documents(session: Session, view: Visibility, consultation: Consultation) -> list[tuple[Document, Unit]]:
    """The papers a consultation gives that its reader may read under ``view``, in the order of the contents list."""
    given = select(ConsultationPaper.document_id).where(
        ConsultationPaper.consultation_id == consultation.id, ConsultationPaper.given.is_(True)
    )
    statement = (
        select(Document, Unit)
        .join(Unit, Unit.id == Document.unit_id)
        .where(
            Document.id.in_(given),
            Document.dossier_id == consultation.dossier_id,
            Document.state == "filed",
            visible(view, Unit.path, Document),
        )
        .order_by(Document.compartment, Document.secrecy, Document.serial)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def step(session: Session, consultation: Consultation, version: int) -> bool:
    """Takes the step from ``version`` to the next; False when somebody else took one first."""
    done = session.execute(
        update(Consultation)
        .where(Consultation.id == consultation.id, Consultation.version == version)
        .values(version=version + 1)
    )
    session.refresh(consultation)
    return bool(done.rowcount)  # type: ignore[attr-defined]


@for_a_rule
def next_number(session: Session, year: int) -> int:
    """The next number of the year's requests."""
    taken = session.scalars(select(Consultation.number).where(Consultation.number.endswith(f"/{year}")))
    return max((int(each.partition("/")[0]) for each in taken), default=0) + 1


# --- the usage register --------------------------------------------------------------------------------------------


def entries_of(session: Session, consultation_ids: Sequence[str]) -> dict[str, list[UsageEntry]]:
    """The register's entries of some consultations, oldest first."""
    statement = select(UsageEntry).where(UsageEntry.consultation_id.in_(list(consultation_ids)))
    found: dict[str, list[UsageEntry]] = {}
    for entry in session.scalars(statement.order_by(UsageEntry.at, UsageEntry.id)):
        found.setdefault(entry.consultation_id, []).append(entry)
    return found


def handed(session: Session, consultation_id: str) -> UsageEntry | None:
    """The entry that began a line, if the papers have been handed over."""
    return session.scalar(
        select(UsageEntry).where(UsageEntry.consultation_id == consultation_id, UsageEntry.kind == "handed")
    )


def lent_heading(session: Session, asked: Consultation) -> tuple[str, str] | None:
    """Number of the dossier and name of its cadre, which the approval has told who asked; past the wall."""
    if not on_postgres(session):
        return dossiers.heading_of(session, asked.dossier_id or "")
    found = session.execute(select(func.oms_lent_heading(asked.id).table_valued("number", "full_name"))).first()
    return (found[0], found[1]) if found else None


def next_line(session: Session, unit_id: int, year: int) -> int:
    """The next line's number in a unit's register of a year; past the wall, for the reader sees no line of others."""
    if on_postgres(session):
        return session.scalar(select(func.oms_usage_line(unit_id, year))) or 1
    newest = select(func.max(UsageEntry.line)).where(UsageEntry.unit_id == unit_id, UsageEntry.year == year)
    return (session.scalar(newest) or 0) + 1


def register(
    session: Session, view: Visibility, year: int, limit: int, offset: int
) -> tuple[list[tuple[UsageEntry, CaseRow]], int]:
    """Lines of a year begun in visible dossiers, in order, and how many."""
    statement = (
        _cases(session, view, frozenset())
        .join(UsageEntry, UsageEntry.consultation_id == Consultation.id)
        .where(UsageEntry.kind == "handed", UsageEntry.year == year)
    )
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    rows = _rows(session, statement.order_by(_HOLDER.path, UsageEntry.line).limit(limit).offset(offset))
    begun = {row.consultation.id: handed(session, row.consultation.id) for row in rows}
    return [(entry, row) for row in rows if (entry := begun[row.consultation.id]) is not None], total
