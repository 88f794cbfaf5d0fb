"""What the worker does with a list: checks every row, or files them all at once or none."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.import_mapping import NUMBER, UNIT_CODE, ColumnMap, mapping_of
from oms.domain.import_rows import ERROR, Entry, Judged, judge
from oms.domain.journal import Outcome, Verb
from oms.domain.organisation import block_path, stands_on
from oms.domain.record_facts import NewFact
from oms.domain.records import HANOI, day_in_hanoi
from oms.errors import FileDamaged, Refused
from oms.services import catalogues, record
from oms.services.house import House, What, Why, note, require
from oms.store import imports as store
from oms.store import people
from oms.store.db import UnitOfWork
from oms.store.exchange_tables import ImportRun
from oms.store.tables import Account, Unit, new_id
from scanning.rejection import Rejected
from scanning.tabular import Table, read_table
from vietnamese.names import fold_name

MOST_TOLD = 5000
"""Problems kept of one list; the rest is counted."""
_CADRE = ("full_name", "other_names", "sex", "birth_date", "citizen_id", "old_id", "position", "home_place")
_WIDTHS = {"full_name": 200, "other_names": 300, "position": 300, "home_place": 300}


def label_of(run_id: str) -> str:
    """How a list is named in sources and in the journal: never by its file name, which may name a person."""
    return f"Danh sách nhập {run_id[:8]}"


def work_on(house: House, run_id: str, clock: Callable[[], datetime]) -> None:
    """Does what a run waits for. Killed on the way nothing is written, and the run waits still."""
    with house.look() as uow:
        run = store.in_work(uow.session, run_id)
        if run is None:
            return
        sha, sheet, filing = run.sha256, run.sheet, run.state == "filing"
    try:
        table = read_table(house.vault.open_path(sha), sheet)
    except (Rejected, FileDamaged) as problem:
        _give_up(house, run_id, getattr(problem, "message_vi", "Tệp trong kho không còn nguyên vẹn."), clock())
        return
    now = clock()
    who: Principal | None = None
    try:
        with house.look() as uow:
            who = _who(uow, run_id, now)
        with house.work(who, now) as uow:
            (_file if filing else _check)(uow, who, run_id, table, now)
    except Refused:
        _give_up(house, run_id, "Tài khoản không còn quyền nhập danh sách này.", clock())


def _who(uow: UnitOfWork, run_id: str, now: datetime) -> Principal:
    """The person who asked, with the rights they have now."""
    run = uow.session.get_one(ImportRun, run_id)
    account = uow.session.get_one(Account, run.filed_by or run.received_by)
    if not account.active:
        raise Refused(Verb.IMPORT_CHECK, kind="import", object_id=run_id, reason="account is closed")
    return people.principal_of(uow.session, account, today=day_in_hanoi(now))


def _give_up(house: House, run_id: str, words: str, now: datetime) -> None:
    with house.work(None, now) as uow:
        run = store.in_work(uow.session, run_id)
        if run is not None:
            run.state, run.outcome, run.filed_by = "received", json.dumps({"failed": words}, ensure_ascii=False), None
            what = What("import", run_id, label_of(run_id))
            note(uow, None, Verb.IMPORT_CHECK, now, what=what, outcome=Outcome.FAILED, why=Why("given up"))


def _allowed(uow: UnitOfWork, who: Principal, run_id: str, verb: Verb) -> tuple[ImportRun, Unit]:
    found = store.find(uow.session, visibility(who, Action.IMPORT_RUN), run_id)
    if found is None or found[0].state not in store.WORK_STATES:
        raise Refused(verb, kind="import", object_id=run_id, reason="missing or not visible")
    run, unit = found
    require(who, Action.CADRE_CREATE, verb, Target(unit.path, run.secrecy), kind="import", object_id=run_id)
    return run, unit


@dataclass(frozen=True)
class Placed:
    """A judged list with the unit of each entry; None where the unit is not known."""

    judged: Judged
    units: tuple[Unit | None, ...]

    @property
    def errors(self) -> int:
        return sum(problem.level == ERROR for problem in self.judged.problems)


def placed(uow: UnitOfWork, who: Principal, run: ImportRun, unit: Unit, table: Table, now: datetime) -> Placed:
    """Every row judged, against the house too: units in scope, numbers given out, people one may see."""
    mapping = mapping_of(run.mapping)
    start = int(json.loads(run.header)["row"])
    rows = [(number, cells) for number, cells in table.rows if number > start]
    notes = {(row, column): kind for row, column, kind in table.notes}
    judged = judge(rows, mapping, notes, catalogues.load(uow), now.astimezone(HANOI).date())
    known = store.units_by_code(uow.session, visibility(who, Action.CADRE_CREATE))
    homes = tuple(_home(judged, mapping, entry, unit, now, known) for entry in judged.entries)
    _against_house(uow, who, judged, mapping, homes)
    judged.problems.sort(key=lambda problem: (problem.row, problem.column))
    return Placed(judged, homes)


def _home(
    judged: Judged, mapping: ColumnMap, entry: Entry, unit: Unit, now: datetime, known: dict[str, Unit]
) -> Unit | None:
    home = known.get(entry.unit_code.casefold()) if entry.unit_code else unit
    if home is not None and home.block != "all" and stands_on(home.valid_from, home.valid_to, day_in_hanoi(now)):
        return home
    place = next((place for place, target in mapping.columns.items() if target == UNIT_CODE), -1)
    words = "Không có đơn vị đang hoạt động mang mã này trong phạm vi của anh/chị."
    judged.blame(entry.row, place, ERROR, words, entry.unit_code)
    return None


def _against_house(
    uow: UnitOfWork, who: Principal, judged: Judged, mapping: ColumnMap, homes: Sequence[Unit | None]
) -> None:
    columns = {target: place for place, target in mapping.columns.items()}
    found = [home for home in homes if home is not None]
    taken = store.numbers_taken(uow.session, sorted({home.id for home in found}))
    blocks = sorted({block_path(home.path) for home in found})
    view = visibility(who, Action.CADRE_LIST)
    known = {path: _Known(store.known_people(uow.session, view, [path])) for path in blocks}
    for entry, home in zip(judged.entries, homes, strict=True):
        if home is None:
            continue
        if (home.id, entry.number) in taken:
            words = "Đơn vị này đã có hồ sơ mang số đó."
            judged.blame(entry.row, columns.get(NUMBER, -1), ERROR, words, entry.number)
        known[block_path(home.path)].blame(judged, entry, mapping, columns)


class _Known:
    """The people of a block one may see, found by ID and by name."""

    def __init__(self, rows: Sequence[store.Known]) -> None:
        self.ids = {number: row for row in rows for number in (row.citizen_id, row.old_id) if number}
        self.names: dict[str, list[store.Known]] = {}
        for row in rows:
            self.names.setdefault(row.folded_name, []).append(row)

    def blame(self, judged: Judged, entry: Entry, mapping: ColumnMap, columns: dict[str, int]) -> None:
        for item in ("citizen_id", "old_id"):
            row = self.ids.get(entry.value(item))
            if row is not None:
                words = f"Người mang số này đã có hồ sơ số {row.number}; bỏ dòng này, hoặc sửa số."
                judged.blame(entry.row, columns.get(item, -1), ERROR, words)
                return
        birth = entry.value("birth_date")
        for row in self.names.get(fold_name(entry.value("full_name")), []) if birth else []:
            if entry.row not in mapping.others and row.birth_date == birth:
                other = entry.value("citizen_id") and row.citizen_id
                words = f"Cùng họ tên và ngày sinh với hồ sơ số {row.number}"
                words += ", nhưng số căn cước khác." if other else "; có thể là một người."
                judged.blame(entry.row, columns.get("full_name", -1), ERROR, words, kind="namesake")
                return


def _told(run: ImportRun, table: Table, found: Placed) -> str:
    problems = found.judged.problems
    said: dict[str, Any] = {
        "rows": len(found.judged.entries),
        "skipped": len(mapping_of(run.mapping).skip),
        "errors": found.errors,
        "warnings": len(problems) - found.errors,
        "problems": [list(asdict(problem).values()) for problem in problems[:MOST_TOLD]],
        "merged": list(table.merged),
        "cut_after": table.cut_after,
    }
    return json.dumps(said, ensure_ascii=False)


def _check(uow: UnitOfWork, who: Principal, run_id: str, table: Table, now: datetime) -> Placed:
    run, unit = _allowed(uow, who, run_id, Verb.IMPORT_CHECK)
    found = placed(uow, who, run, unit, table, now)
    counts = {"rows": len(found.judged.entries), "errors": found.errors}
    what, target = What("import", run_id, label_of(run_id)), Target(unit.path, run.secrecy)
    note(uow, who, Verb.IMPORT_CHECK, now, what=what, target=target, detail=counts)
    run.state, run.outcome, run.rows = "checked", _told(run, table, found), len(found.judged.entries)
    run.progress, run.filed_by = run.rows, None
    return found


def _file(uow: UnitOfWork, who: Principal, run_id: str, table: Table, now: datetime) -> None:
    """All rows or none: judged anew, for the house may have changed since the check."""
    run, unit = _allowed(uow, who, run_id, Verb.IMPORT_FILE)
    found = placed(uow, who, run, unit, table, now)
    if found.errors or table.merged or not found.judged.entries:
        _check(uow, who, run_id, table, now)
        return
    what, target = What("import", run_id, label_of(run_id)), Target(unit.path, run.secrecy)
    detail = {"rows": len(found.judged.entries), "sha256": run.sha256}
    note(uow, who, Verb.IMPORT_FILE, now, what=what, target=target, detail=detail)
    _register(uow, who, run, found, now)
    run.state, run.filed_by, run.filed_at, run.header = "filed", who.account_id, now, _without_samples(run.header)
    run.rows = run.progress = len(found.judged.entries)
    counts = {"rows": run.rows, "skipped": len(mapping_of(run.mapping).skip), "errors": 0, "problems": []}
    run.outcome = json.dumps(counts | {"warnings": len(found.judged.problems)}, ensure_ascii=False)


def _without_samples(header: str) -> str:
    return json.dumps(json.loads(header) | {"samples": []}, ensure_ascii=False)


def _register(uow: UnitOfWork, who: Principal, run: ImportRun, found: Placed, now: datetime) -> None:
    cadres, dossiers, facts = [], [], []
    for entry, home in zip(found.judged.entries, found.units, strict=True):
        if home is None:
            raise ValueError("an entry without a unit is an error")
        cadre = {name: entry.value(name)[: _WIDTHS.get(name, 12)] for name in _CADRE}
        cadre |= {"id": new_id(), "folded_name": fold_name(cadre["full_name"])}
        made = {"created_by": who.account_id, "created_at": now}
        cadres.append(cadre | made)
        own = {"id": new_id(), "cadre_id": cadre["id"], "unit_id": home.id, "block": home.block}
        dossiers.append(own | {"number": entry.number, "secrecy": run.secrecy} | made)
        facts.append(entry.facts(label_of(run.id)))
    rows = store.register(uow.session, cadres, dossiers)
    batch: list[tuple[Any, Sequence[NewFact]]] = list(zip(rows, facts, strict=True))
    record.keep(uow, batch, record.Keeping(who.account_id, now))
