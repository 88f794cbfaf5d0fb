"""The usage register (sổ theo dõi khai thác, sử dụng hồ sơ – mẫu 5b-BNV/2007): one line a study, only ever added to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oms.domain.access import Action, Principal, Target, highest, visibility
from oms.domain.consultations import State
from oms.domain.journal import Verb
from oms.domain.records import HANOI, day_in_hanoi
from oms.errors import InvalidInput, Refused
from oms.services import secret_copies
from oms.services.house import UnitOfWork, What, Why, note, require_role
from oms.services.outgoing import purpose_of
from oms.services.secret_copies import Copied, Leaving
from oms.store import consultations as store
from oms.store import people
from oms.store.consultation_tables import Consultation, UsageEntry
from oms.store.consultations import CaseRow
from oms.store.secrecy_tables import SecretCopy
from vietnamese.text import nfc

MOST_LINES = 5_000


def hand_over(
    uow: UnitOfWork, asked: Consultation, unit_id: int, body: dict[str, Any], by: str | None, now: datetime
) -> bool:
    """Begins the line of a study at its reader's first look; False when it stands already."""
    if store.handed(uow.session, asked.id) is not None:
        return False
    year = day_in_hanoi(now).year
    line = store.next_line(uow.session, unit_id, year)
    written = json.dumps(body, ensure_ascii=False, sort_keys=True)
    entry = UsageEntry(
        unit_id=unit_id, year=year, line=line, kind="handed", consultation_id=asked.id, at=now, by=by, body=written
    )
    uow.session.add(entry)
    uow.session.flush()
    return True


def end(uow: UnitOfWork, asked: Consultation, by: str | None, words: str, now: datetime) -> None:
    """Adds that the study ended, where one began."""
    _add(uow, asked, "ended", by, words, now)


def _add(uow: UnitOfWork, asked: Consultation, kind: str, by: str | None, words: str, now: datetime) -> None:
    begun = store.handed(uow.session, asked.id)
    if begun is None:
        return
    more = UsageEntry(
        unit_id=begun.unit_id,
        year=begun.year,
        line=begun.line,
        kind=kind,
        consultation_id=asked.id,
        at=now,
        by=by,
        words=words,
    )
    uow.session.add(more)
    uow.session.flush()


@dataclass(frozen=True)
class Line:
    """A line of the register as it stands: what was written when it began, and what was added since."""

    entry: UsageEntry
    row: CaseRow
    body: dict[str, Any]
    ended: datetime | None
    by_time: bool
    remarks: tuple[str, ...]
    handed_by: str


def _line(uow: UnitOfWork, entry: UsageEntry, row: CaseRow, more: Sequence[UsageEntry], now: datetime) -> Line:
    ended = next((each.at for each in more if each.kind == "ended"), None)
    last, by_time = row.consultation.given_last, False
    if ended is None and row.consultation.state == State.APPROVED and last and last < day_in_hanoi(now):
        ended, by_time = datetime(last.year, last.month, last.day, tzinfo=HANOI) + timedelta(days=1), True
    remarks = tuple(each.words for each in more if each.words)
    names = people.names_of(uow.session, {row.consultation.prepared_by or ""})
    handed_by = names.get(row.consultation.prepared_by or "", "")
    return Line(entry, row, json.loads(entry.body), ended, by_time, remarks, handed_by)


def register(
    uow: UnitOfWork, principal: Principal, year: int, limit: int, offset: int, now: datetime, purpose: str = ""
) -> tuple[list[Line], int]:
    """Lines of a year in the dossiers the officer sees, and how many; the row says what a print is for."""
    require_role(principal, Action.CONSULT_REGISTER, Verb.USAGE_VIEW)
    view = visibility(principal, Action.CONSULT_REGISTER)
    found, total = store.register(uow.session, view, year, limit, offset)
    more = store.entries_of(uow.session, [entry.consultation_id for entry, _row in found])
    lines = [_line(uow, entry, row, more.get(entry.consultation_id, []), now) for entry, row in found]
    ids = [row.dossier.id for _entry, row in found if row.dossier]
    detail = {"year": year, "shown": len(lines), "total": total, "ids": ids}
    what, target = What("register", "", str(year)), _target_of(principal, lines)
    note(uow, principal, Verb.USAGE_VIEW, now, what=what, target=target, why=Why(purpose), detail=detail)
    return lines, total


def _target_of(principal: Principal, lines: Sequence[Line]) -> Target:
    """The officer's unit at the highest level of the dossiers in these lines."""
    found = [line.row.dossier for line in lines if line.row.dossier]
    level, areas = highest((dossier.secrecy, dossier.compartment) for dossier in found)
    return Target(principal.unit_path, level, next(iter(areas), ""))


@dataclass(frozen=True)
class Sheet:
    """The register of a year as it is printed, its level, and its line in the register of copies where it has one."""

    lines: Sequence[Line]
    level: int
    entered: SecretCopy | None


def sheet(
    uow: UnitOfWork, principal: Principal, year: int, purpose: str, now: datetime, leaving: Leaving | None = None
) -> Sheet:
    """The register on paper; its row says what for. InvalidInput when that, or what secret copies need, is not said."""
    words = purpose_of(purpose)
    lines, _total = register(uow, principal, year, MOST_LINES, 0, now, words)
    target, what = _target_of(principal, lines), What("register", "", f"Mẫu 5b năm {year}")
    copied = Copied("form", what, target, principal.unit_id)
    return Sheet(lines, target.secrecy, secret_copies.enter(uow, principal, copied, leaving, words, now))


def remark(uow: UnitOfWork, principal: Principal, consultation_id: str, words: str, now: datetime) -> None:
    """Adds a remark to a line; InvalidInput when it says nothing, Refused when there is no such line in sight."""
    require_role(principal, Action.CONSULT_REGISTER, Verb.USAGE_REMARK)
    view = visibility(principal, Action.CONSULT_REGISTER)
    row = store.case(uow.session, view, principal.persons, consultation_id)
    if row is None or store.handed(uow.session, consultation_id) is None:
        raise Refused(Verb.USAGE_REMARK, kind="consultation", object_id=consultation_id, reason="no line in sight")
    said = " ".join(nfc(words).split())[:500]
    if len(said) < 3:
        raise InvalidInput("remark", "Hãy ghi nội dung cần ghi chú.")
    _add(uow, row.consultation, "remark", principal.account_id, said, now)
    what = What("consultation", consultation_id, row.consultation.number)
    dossier, unit = row.dossier, row.unit or row.holder
    target = Target(unit.path, dossier.secrecy, dossier.compartment) if dossier else Target(unit.path)
    note(uow, principal, Verb.USAGE_REMARK, now, what=what, target=target)
