"""What the worker does with a list: checks every row, or files them all at once or none."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.dated_rows import Catalogue
from oms.domain.import_mapping import NUMBER, UNIT_CODE, ColumnMap, mapping_of
from oms.domain.import_rows import ERROR, Entry, Judged, judge
from oms.domain.journal import Outcome, Verb
from oms.domain.organisation import block_path, stands_on
from oms.domain.record_facts import NewFact
from oms.domain.records import HANOI, day_in_hanoi
from oms.errors import FileDamaged, Refused
from oms.services import catalogues, in_hand, record
from oms.services.house import House, What, Why, note, note_each, require
from oms.services.import_pace import NoLongerWanted, Pace
from oms.services.in_hand import InHand
from oms.store import imports as store
from oms.store import leases, people
from oms.store.db import UnitOfWork
from oms.store.exchange_tables import ImportRun
from oms.store.tables import Account, Dossier, Unit, new_id
from scanning.rejection import Rejected
from scanning.tabular import Table, read_table
from vietnamese.names import fold_name

MOST_TOLD = 5000
"""Problems kept of one list; the rest is counted."""
AT_ONCE = 500
"""Dossiers made ready and written at a time."""
TRIES = 3
_CADRE = ("full_name", "other_names", "sex", "birth_date", "citizen_id", "old_id", "position", "home_place")
_WIDTHS = {"full_name": 200, "other_names": 300, "position": 300, "home_place": 300}


def label_of(run_id: str) -> str:
    """How a list is named in sources and in the journal: never by its file name, which may name a person."""
    return f"Danh sách nhập {run_id[:8]}"


def work_on(house: House, run_id: str, clock: Callable[[], datetime]) -> None:
    """Does what a run waits for. Killed on the way nothing is written, and the run waits still."""
    with house.work(None, clock()) as uow:
        run = store.in_work(uow.session, run_id)
        work = None if run is None else in_hand.take(uow, house, leases.LIST, run_id, clock)
    if run is None or work is None:
        return
    pace = Pace(work, run_id)
    with work:
        try:
            if work.held.lost >= in_hand.MAX_LOST:  # one worker after the other was lost over it
                _give_up(work, run_id, "Máy dừng nhiều lần khi làm danh sách này; hãy báo quản trị hệ thống.")
                return
            _work(house, run, pace, clock)
        except (Rejected, FileDamaged) as problem:
            _give_up(work, run_id, getattr(problem, "message_vi", "Tệp trong kho không còn nguyên vẹn."))
        except Refused:
            _give_up(work, run_id, "Tài khoản không còn quyền nhập danh sách này.")
        except NoLongerWanted:
            return
        finally:
            pace.release()


def _work(house: House, run: ImportRun, pace: Pace, clock: Callable[[], datetime]) -> None:
    """Reads and judges in no transaction at all; the house is asked in a snapshot, and once more when it is written."""
    filing, now = run.state == "filing", clock()
    with house.look() as uow:
        who, catalogue = _who(uow, run.id, now), catalogues.load(uow)
    with house.work(who, now) as uow:
        _allowed(uow, who, run, Verb.IMPORT_FILE if filing else Verb.IMPORT_CHECK)
    pace.step("read")
    with house.vault.opened(run.sha256) as path:
        table = read_table(path, run.sheet)
    start = int(json.loads(run.header)["row"])
    rows = [(number, cells) for number, cells in table.rows if number > start]
    pace.step("check", len(rows))
    notes = {(row, column): kind for row, column, kind in table.notes}
    judged = judge(rows, mapping_of(run.mapping), notes, catalogue, now.astimezone(HANOI).date(), pace.seen)
    tried = Tried(run, table, judged, catalogue, now)
    if not filing or not _filed(house, who, tried, pace):
        _tell(pace, who, tried)


def _who(uow: UnitOfWork, run_id: str, now: datetime) -> Principal:
    """The person who asked, with the rights they have now."""
    run = uow.session.get_one(ImportRun, run_id)
    account = uow.session.get_one(Account, run.filed_by or run.received_by)
    if not account.active:
        raise Refused(Verb.IMPORT_CHECK, kind="import", object_id=run_id, reason="account is closed")
    return people.principal_of(uow.session, account, today=day_in_hanoi(now))


def _give_up(work: InHand, run_id: str, words: str) -> None:
    now = work.clock()
    with work.house.work(None, now) as uow:
        work.fence(uow)
        run = store.in_work(uow.session, run_id)
        if run is not None:
            run.state, run.outcome, run.filed_by = "received", json.dumps({"failed": words}, ensure_ascii=False), None
            what = What("import", run_id, label_of(run_id))
            note(uow, None, Verb.IMPORT_CHECK, now, what=what, outcome=Outcome.FAILED, why=Why("given up"))


def _allowed(uow: UnitOfWork, who: Principal, begun: ImportRun, verb: Verb) -> tuple[ImportRun, Unit]:
    """The run as it stands now; NoLongerWanted when it is not the one that was begun with any more."""
    found = store.find(uow.session, visibility(who, Action.IMPORT_RUN), begun.id)
    if found is None:
        raise Refused(verb, kind="import", object_id=begun.id, reason="missing or not visible")
    run, unit = found
    if (run.state, run.mapping) != (begun.state, begun.mapping):
        raise NoLongerWanted
    require(who, Action.CADRE_CREATE, verb, Target(unit.path, run.secrecy), kind="import", object_id=run.id)
    return run, unit


@dataclass(frozen=True)
class Tried:
    """A list with what was found in its rows, by themselves."""

    run: ImportRun
    table: Table
    judged: Judged
    catalogue: Catalogue
    now: datetime


@dataclass(frozen=True)
class Placed:
    """A judged list with the unit of each entry; None where the unit is not known."""

    judged: Judged
    units: tuple[Unit | None, ...]

    @property
    def errors(self) -> int:
        return sum(problem.level == ERROR for problem in self.judged.problems)

    @property
    def homes(self) -> list[tuple[int, str, str]]:
        """Where each dossier would be made."""
        return [(unit.id, unit.block, unit.path) for unit in self.units if unit is not None]


def placed(uow: UnitOfWork, who: Principal, unit: Unit, tried: Tried) -> Placed:
    """The rows judged against the house too: units in scope, numbers given out, people one may see."""
    judged = Judged(tried.judged.entries, list(tried.judged.problems))
    mapping = mapping_of(tried.run.mapping)
    known = store.units_by_code(uow.session, visibility(who, Action.CADRE_CREATE))
    homes = tuple(_home(judged, mapping, entry, unit, tried.now, known) for entry in judged.entries)
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


def _tell(pace: Pace, who: Principal, tried: Tried) -> None:
    """Enters what was found; a list that was to be filed and cannot be is told of as one that was tried."""
    house = pace.work.house
    with house.look() as uow:
        unit = _allowed(uow, who, tried.run, Verb.IMPORT_CHECK)[1]
        found = placed(uow, who, unit, tried)
    outcome, rows = _told(tried, found), len(found.judged.entries)
    with house.work(who, tried.now) as uow:
        pace.work.fence(uow)
        run, unit = _allowed(uow, who, tried.run, Verb.IMPORT_CHECK)
        what, target = What("import", run.id, label_of(run.id)), Target(unit.path, run.secrecy)
        detail = {"rows": rows, "errors": found.errors}
        note(uow, who, Verb.IMPORT_CHECK, tried.now, what=what, target=target, detail=detail)
        run.state, run.outcome, run.rows, run.progress, run.filed_by = "checked", outcome, rows, rows, None


def _told(tried: Tried, found: Placed) -> str:
    problems = sorted(found.judged.problems, key=lambda problem: problem.level != ERROR)
    said: dict[str, Any] = {
        "rows": len(found.judged.entries),
        "skipped": len(mapping_of(tried.run.mapping).skip),
        "errors": found.errors,
        "warnings": len(problems) - found.errors,
        "problems": [list(astuple(problem)) for problem in problems[:MOST_TOLD]],
        "untold": max(len(problems) - MOST_TOLD, 0),
        "merged": list(tried.table.merged),
        "cut_after": tried.table.cut_after,
        "wide": tried.table.wide,
    }
    return json.dumps(said, ensure_ascii=False)


def _filed(house: House, who: Principal, tried: Tried, pace: Pace) -> bool:
    """Files all rows or none; False when something stands against it.

    Everything is made ready in a snapshot. In the transaction that writes, what the house may have changed meanwhile is
    asked again: rights, units, numbers, people, catalogues. Where a unit or a list changed, all is made ready anew.
    """
    for _try in range(TRIES):
        with house.look() as uow:
            unit, catalogue = _allowed(uow, who, tried.run, Verb.IMPORT_FILE)[1], catalogues.load(uow)
            found = placed(uow, who, unit, tried)
        if found.errors or tried.table.merged or not found.judged.entries or catalogue is not tried.catalogue:
            return False
        pace.step("prepare")
        ready = [_ready(who, tried, found, start, pace) for start in range(0, len(found.units), AT_ONCE)]
        pace.step("write")
        with house.work(who, tried.now) as uow:
            pace.work.fence(uow)
            run, unit = _allowed(uow, who, tried.run, Verb.IMPORT_FILE)
            again = placed(uow, who, unit, tried)
            if again.errors or catalogues.load(uow) is not tried.catalogue:
                return False
            if again.homes == found.homes:
                _write(uow, who, run, unit, ready, tried)
                return True
    return False


@dataclass(frozen=True)
class Ready:
    """Some dossiers made ready to be written."""

    cadres: list[dict[str, Any]]
    dossiers: list[dict[str, Any]]
    records: record.NewRecords
    notes: list[tuple[What, Target, dict[str, Any]]]


def _ready(who: Principal, tried: Tried, found: Placed, start: int, pace: Pace) -> Ready:
    pace.seen(start)
    cadres, dossiers, notes = [], [], []
    batch: list[tuple[Dossier, list[NewFact]]] = []
    made = {"created_by": who.account_id, "created_at": tried.now}
    some = slice(start, start + AT_ONCE)
    for entry, home in zip(found.judged.entries[some], found.units[some], strict=True):
        if home is None:
            raise ValueError("an entry without a unit is an error")
        cadre = {name: entry.value(name)[: _WIDTHS.get(name, 12)] for name in _CADRE}
        cadres.append(cadre | made | {"id": new_id(), "folded_name": fold_name(cadre["full_name"])})
        dossier_id = new_id()
        own = {"id": dossier_id, "cadre_id": cadres[-1]["id"], "unit_id": home.id, "block": home.block}
        own |= {"number": entry.number, "secrecy": tried.run.secrecy, "compartment": "", "state": "held"}
        dossiers.append(own | made)
        batch.append((Dossier(**dossiers[-1]), entry.facts(label_of(tried.run.id))))
        what = What("dossier", dossier_id, entry.number)
        notes.append((what, Target(home.path, tried.run.secrecy), {"import": tried.run.id, "row": entry.row}))
    records = record.prepare_new(tried.catalogue, batch, record.Keeping(who.account_id, tried.now))
    return Ready(cadres, dossiers, records, notes)


def _write(uow: UnitOfWork, who: Principal, run: ImportRun, unit: Unit, ready: list[Ready], tried: Tried) -> None:
    """The rows of the journal first; then people, dossiers, records."""
    now, rows = tried.now, sum(len(each.dossiers) for each in ready)
    what, target = What("import", run.id, label_of(run.id)), Target(unit.path, run.secrecy)
    note(uow, who, Verb.IMPORT_FILE, now, what=what, target=target, detail={"rows": rows, "sha256": run.sha256})
    for each in ready:
        note_each(uow, who, Verb.DOSSIER_CREATE, now, each.notes)
    for each in ready:
        store.register(uow.session, each.cadres, each.dossiers)
        record.write_new(uow, each.records, now)
    run.state, run.filed_by, run.filed_at, run.header = "filed", who.account_id, now, _without_samples(run.header)
    run.rows = run.progress = rows
    counts = {"rows": rows, "skipped": len(mapping_of(run.mapping).skip), "errors": 0, "problems": []}
    run.outcome = json.dumps(counts | {"warnings": len(tried.judged.problems)}, ensure_ascii=False)


def _without_samples(header: str) -> str:
    return json.dumps(json.loads(header) | {"samples": []}, ensure_ascii=False)
