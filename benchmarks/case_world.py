"""An invented office of N cases over three years for the benchmark of cases: seeded, written by bulk insert.

Thirty procedures of the shipped catalogue and others like them, 60 units, 400 accounts, a dossier behind every second
case. Each case has its receipt, moves and end as events; five in a hundred have a level.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from oms.domain.access import Role, Secrecy
from oms.domain.procedures import Procedure, Stage, Step, body_of
from oms.domain.records import HANOI
from oms.domain.working_days import Calendar, after_working, working_left
from oms.services import accounts, passwords, setup
from oms.services.house import House
from oms.settings import Settings
from oms.store import journal, units
from oms.store.case_tables import Case, CaseEvent, ProcedureVersion
from oms.store.tables import (
    Account,
    AccountScope,
    Batch,
    Cadre,
    Document,
    Dossier,
    Scan,
    new_id,
)
from vietnamese.names import fold_name
from vietnamese.text import fold

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TODAY = NOW.astimezone(HANOI).date()
YEARS, PROCEDURES, UNITS, ACCOUNTS = 3, 30, 60, 400
PAPERS_A_CASE = 10
"""One paper filed for so many cases: 20,000 papers at 200,000 cases."""
PASSWORD = "một câu dài để đo"  # noqa: S105 - of an invented installation
_PORTION = 5_000
_STEPS = tuple(Step(stage.value, stage, f"Bước {stage.value}", 2) for stage in Stage)
_WORKING = Calendar()


def prepare(home: Path) -> House:
    """An installation with units, accounts and procedures; as it was when there already."""
    setup.make_secrets(home / "keys")
    house = setup.prepare(Settings.from_env({"OMS_HOME": str(home), "OMS_SECOND_FACTOR": "optional"}))
    if setup.in_use(house):
        return house
    with house.work(None, NOW) as uow:
        root = units.add_unit(uow.session, code="P", name="Tỉnh mẫu", parent=None, block="all", level="tinh")
        made = []
        for number in range(UNITS):
            above = made[number // 6] if number >= 6 else root
            name = f"Đơn vị số {number + 1:02d}"
            made.append(
                units.add_unit(uow.session, code=f"U{number}", name=name, parent=above, block="party", level="ban")
            )
        setup.ensure_agent(uow, root, NOW)
        for username, role in (
            ("officer", Role.RECORDS_OFFICER),
            ("leader", Role.LEADER),
            ("clerk", Role.SCANNING_CLERK),
        ):
            new = accounts.NewAccount(
                username, f"Người đo {username}", PASSWORD, role, root.id, (root.id,), Secrecy.MAT, (), ()
            )
            accounts.create(uow, None, new, NOW)
        _accounts(uow.session, [unit.id for unit in made])
        _procedures(uow.session)
    return house


def _accounts(session: Any, unit_ids: list[int]) -> None:
    kept = passwords.hash_of(PASSWORD)
    roles = (Role.RECORDS_OFFICER, Role.RECORDS_OFFICER, Role.LEADER, Role.SCANNING_CLERK)
    for number in range(ACCOUNTS):
        unit_id = unit_ids[number % len(unit_ids)]
        row = Account(
            username=f"nguoi{number}", display_name=f"Người số {number:03d}", password_hash=kept,
            role=roles[number % len(roles)], unit_id=unit_id, clearance=1, created_at=NOW, vetted_at=NOW,
        )  # fmt: skip
        session.add(row)
        session.flush()
        session.add(AccountScope(account_id=row.id, unit_id=unit_id))


def _procedures(session: Any) -> None:
    for number in range(PROCEDURES):
        made = Procedure(f"mau_{number}", f"Thủ tục mẫu số {number + 1}", days=10, steps=_STEPS)
        session.add(
            ProcedureVersion(
                code=made.code, version=1, kind="procedure", field="to_chuc_can_bo", title=made.title,
                folded=fold(made.title), body=json.dumps(body_of(made), ensure_ascii=False), state="published",
                created_at=NOW, published_at=NOW,
            )
        )  # fmt: skip


class Filling:
    """Makes the rows of the cases, the dossiers they are about, and the papers and readings of such an office."""

    def __init__(self, house: House, number: int, seed: int) -> None:
        self._house, self._number, self._chance = house, number, random.Random(seed)
        with house.look() as uow:
            everything = {unit.code: unit for unit in units.everything(uow.session)}
            self._units = [everything[f"U{n}"].id for n in range(UNITS)]
            self._versions = [
                (row.id, row.code)
                for row in uow.session.query(ProcedureVersion).filter(ProcedureVersion.code.like("mau_%"))
            ]
            holders = uow.session.query(Account).filter(Account.username.like("nguoi%"))
            self._holders: dict[int, list[str]] = {}
            for row in holders:
                self._holders.setdefault(row.unit_id, []).append(row.id)
            self._officer = accounts.principal_named(uow, "officer").account_id
        self._serials: dict[tuple[int, int], int] = {}

    def fill(self) -> None:
        """Puts everything into the database."""
        dossiers = list(self._dossiers())
        portion: dict[Any, list[dict[str, Any]]] = {}
        for table, row in self._papers(dossiers):
            portion.setdefault(table, []).append(row)
        self._write(portion)
        portion = {Case: [], CaseEvent: []}
        for made, (row, events) in enumerate(self._cases(dossiers), start=1):
            portion[Case].append(row)
            portion[CaseEvent] += events
            if made % _PORTION == 0:
                self._write(portion)
                portion = {Case: [], CaseEvent: []}
        self._write(portion)
        with self._house.database.transaction() as session:
            session.connection().exec_driver_sql("ANALYZE")

    def _write(self, rows: dict[Any, list[dict[str, Any]]]) -> None:
        with self._house.database.transaction() as session:
            for table, some in rows.items():
                if some:
                    session.execute(insert(table), some)

    def _dossiers(self) -> Iterator[tuple[str, int, int]]:
        cadres, rows = [], []
        for number in range(max(1, self._number // 10)):
            unit, level = self._chance.choice(self._units), int(self._chance.random() < 0.05)
            name, cadre, dossier = f"Người Mẫu Số {number}", new_id(), new_id()
            cadres.append({"id": cadre, "full_name": name, "folded_name": fold_name(name), "created_by": self._officer,
                           "created_at": NOW})  # fmt: skip
            rows.append({"id": dossier, "cadre_id": cadre, "unit_id": unit, "block": "party", "number": f"HS-{number}",
                         "secrecy": level, "created_by": self._officer, "created_at": NOW})  # fmt: skip
            yield dossier, unit, level
        self._write({Cadre: cadres, Dossier: rows})

    def _papers(self, dossiers: list[tuple[str, int, int]]) -> Iterator[tuple[Any, dict[str, Any]]]:
        batch, scan = new_id(), new_id()
        yield Batch, {"id": batch, "title": "Đợt mẫu", "unit_id": self._units[0], "created_by": self._officer,
                      "created_at": NOW}  # fmt: skip
        yield Scan, {"id": scan, "batch_id": batch, "sha256": "0" * 64, "original_name": "mau.pdf", "size": 1,
                     "state": "read", "page_count": 1, "received_by": self._officer, "received_at": NOW}  # fmt: skip
        for number in range(max(1, self._number // PAPERS_A_CASE)):
            dossier, unit, level = self._chance.choice(dossiers)
            at = NOW - timedelta(minutes=self._chance.randrange(YEARS * 365 * 1440))
            yield Document, {
                "id": new_id(), "scan_id": scan, "unit_id": unit, "dossier_id": dossier, "state": "filed",
                "type_code": "quyet_dinh", "title": f"Quyết định số {number}", "secrecy": level, "page_count": 2,
                "filed_by": self._officer, "filed_at": at, "created_at": at,
            }  # fmt: skip

    def _cases(self, dossiers: list[tuple[str, int, int]]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        chance = self._chance
        for _each in range(self._number):
            came = TODAY - timedelta(days=chance.randrange(YEARS * 365))
            unit = chance.choice(self._units)
            version, code = chance.choice(self._versions)
            about = chance.choice(dossiers) if chance.random() < 0.5 else None
            level = max(int(chance.random() < 0.05), about[2] if about else 0)
            used = min(60, int(chance.lognormvariate(1.9, 0.6)))
            ended = after_working(came, used, _WORKING)
            over = ended <= TODAY
            due = after_working(came, 10, _WORKING)
            state = chance.choices(("issued", "refused", "withdrawn"), (90, 6, 4))[0] if over else "running"
            serial = self._serials[unit, came.year] = self._serials.get((unit, came.year), 0) + 1
            holder = chance.choice(self._holders[unit])
            begun = datetime.combine(came, time(2), UTC)
            row = {
                "id": new_id(), "unit_id": unit, "year": came.year, "serial": serial, "code": code,
                "number": f"U{unit}-{came.year}-{serial:05d}", "procedure_id": version, "title": f"Việc số {serial}",
                "dossier_id": about[0] if about else None, "secrecy": level, "state": state, "step": _STEPS[-1].key,
                "step_unit_id": unit, "assignee_id": holder, "received_at": begun, "received_on": came,
                "step_at": begun, "due": due, "created_by": holder, "version": 1, "compartment": "",
                "late_reason": "chờ ý kiến" if over and ended > due else "", "requester": "",
                "ended_at": datetime.combine(ended, time(9), UTC) if over else None,
                "ended_on": ended if over else None, "used_days": used if over else None,
                "late_days": max(0, -working_left(ended, due, _WORKING)) if over and ended > due else 0,
            }  # fmt: skip
            yield row, list(self._events(row, unit, holder, begun, used if over else 2))

    @staticmethod
    def _events(row: dict[str, Any], unit: int, holder: str, begun: datetime, days: int) -> Iterator[dict[str, Any]]:
        for place, step in enumerate(_STEPS):
            yield {
                "case_id": row["id"], "act": "forward" if place else "receive", "by": holder, "to_step": step.key,
                "at": begun + timedelta(hours=place * days * 3), "unit_id": unit, "account_id": holder,
            }  # fmt: skip


def journal_rows(house: House, number: int) -> None:
    """Rows of the journal of somebody who never opened a dossier: what the frame of every page asks of them."""
    with house.look() as uow:
        clerk = accounts.principal_named(uow, "clerk").account_id
    with house.database.transaction() as session:
        row = {"actor_id": clerk, "actor_name": "Người đo clerk", "role": "scanning_clerk", "verb": "batch:list",
               "outcome": "done", "detail": "{}"}  # fmt: skip
        journal.append_all(session, NOW - timedelta(days=1), [row] * number)
