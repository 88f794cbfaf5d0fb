"""Lists brought in from Excel and CSV: received, columns matched, tried, filed all at once; cancelled before that.

What a list says is shown to the person who brought it only; others of the unit see that there is one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.catalogue import SECRECY_LABELS
from oms.domain.import_mapping import TARGETS, ColumnMap, header_place, lacking, mapping_of, propose, signature
from oms.domain.import_rows import ERROR, Problem
from oms.domain.journal import Verb
from oms.domain.organisation import stands_on
from oms.domain.records import day_in_hanoi
from oms.errors import Conflict, FileDamaged, InvalidInput, Refused
from oms.services.house import House, What, note, require, require_role
from oms.services.import_file import label_of
from oms.services.import_pace import Standing, standing
from oms.services.zones import require_zone
from oms.store import imports as store
from oms.store import papers, units
from oms.store.db import UnitOfWork
from oms.store.exchange_tables import ImportRun
from oms.store.tables import Unit
from oms.store.vault import Vault
from scanning.rejection import Rejected
from scanning.tabular import MOST_ROWS, Table, read_table

MOST_BYTES = 20 * 1024 * 1024
SAMPLES = 5
HEAD_ROWS = 40
"""Rows read while the browser waits: headings and samples. The worker reads the rest."""
OPEN_STATES = ("received", "checked")


@dataclass(frozen=True)
class NewList:
    """A list as it was sent, read before the transaction that enters it."""

    sha256: str
    name: str
    table: Table
    header: Mapping[str, Any]


def read_in(vault: Vault, path: Path, name: str, sheet: str = "") -> NewList:
    """Keeps and reads a file in the sandbox. InvalidInput says what is wrong with it."""
    size = path.stat().st_size
    if not size:
        raise InvalidInput("file", "Tệp rỗng (0 byte).")
    if size > MOST_BYTES:
        raise InvalidInput("file", "Tệp quá lớn; nhiều nhất 20 MB.")
    try:
        table = read_table(path, sheet, HEAD_ROWS)
    except Rejected as problem:
        raise InvalidInput("file", problem.message_vi) from None
    header = _header(table)
    # only a list that can be read at all comes into the vault, which gives nothing back
    return NewList(vault.put_file(path)[0], name, table, header)


def _header(table: Table) -> dict[str, Any]:
    """What the mapping page needs of a list. InvalidInput when it has no headings, or a heading twice."""
    place = header_place(table.rows)
    if place < 0:
        raise InvalidInput("file", "Không tìm thấy dòng tiêu đề (như “Họ và tên”, “Ngày sinh”) trong 15 dòng đầu.")
    number, headings = table.rows[place]
    names = [heading for heading in headings if heading]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise InvalidInput("file", f"Tiêu đề “{twice[:60]}” có ở hai cột: hãy đổi tên một cột.")
    samples = [[row, list(cells)] for row, cells in table.rows[place + 1 : place + 1 + SAMPLES]]
    if not samples:
        raise InvalidInput("file", "Dưới dòng tiêu đề không có dòng nào.")
    return {
        "row": number,
        "headings": list(headings),
        "samples": samples,
        "sheets": [list(each) for each in table.sheets],
        "merged": list(table.merged),
        "wide": table.wide,
        "count": table.claimed - number if number < table.claimed <= MOST_ROWS else len(table.rows) - place - 1,
    }


def receive(
    uow: UnitOfWork, principal: Principal, new: NewList, unit_id: int, secrecy: int, now: datetime
) -> ImportRun:
    """Enters a list for a unit. InvalidInput when these bytes were filed or are open already, as far as one may see."""
    unit = units.by_id(uow.session, unit_id)
    target = Target(unit.path if unit else "?", secrecy)
    require(principal, Action.IMPORT_RUN, Verb.IMPORT_RECEIVE, target, kind="unit", object_id=str(unit_id))
    if unit is None or unit.block == "all" or not stands_on(unit.valid_from, unit.valid_to, day_in_hanoi(now)):
        raise InvalidInput("unit_id", "Hãy chọn đơn vị đang hoạt động thuộc một khối.")
    if secrecy not in SECRECY_LABELS:
        raise InvalidInput("secrecy", "Độ mật không có trong danh mục.")
    require_zone(uow, secrecy)
    known = store.same_file(uow.session, visibility(principal, Action.IMPORT_RUN), new.sha256)
    if known is not None and (known.state == "filed" or known.received_by == principal.account_id):
        how = "đã được ghi vào hồ sơ" if known.state == "filed" else "đang được nhập dở"
        raise InvalidInput("file", f"Chính tệp này {how} ({label_of(known.id)}).")
    header = dict(new.header)
    headings = header["headings"]
    kept = store.remembered(uow.session, unit.id, signature(headings))
    mapping = mapping_of(kept) if kept else ColumnMap(propose(headings))
    run = ImportRun(
        unit_id=unit.id,
        sha256=new.sha256,
        original_name=new.name[:255],
        secrecy=secrecy,
        state="received",
        sheet=new.table.sheet[:120],
        header=json.dumps(header | {"remembered": bool(kept)}, ensure_ascii=False),
        mapping=mapping.to_json(),
        rows=header["count"],
        received_by=principal.account_id,
        received_at=now,
    )
    store.add(uow.session, run)
    detail = {"rows": run.rows, "sha256": new.sha256}
    note(uow, principal, Verb.IMPORT_RECEIVE, now, what=_what(run), target=target, detail=detail)
    return run


def _what(run: ImportRun) -> What:
    return What("import", run.id, label_of(run.id))


def _own(uow: UnitOfWork, principal: Principal, run_id: str, verb: Verb) -> tuple[ImportRun, Unit]:
    found = store.find(uow.session, visibility(principal, Action.IMPORT_RUN), run_id)
    if found is None or found[0].received_by != principal.account_id:
        raise Refused(verb, kind="import", object_id=run_id, reason="missing, not visible or somebody else's")
    return found


@dataclass(frozen=True)
class View:
    """A list with what its page shows."""

    run: ImportRun
    unit: Unit
    header: Mapping[str, Any]
    mapping: ColumnMap
    outcome: Mapping[str, Any]

    @property
    def problems(self) -> list[Problem]:
        """Errors first, each level in the order of rows and columns."""
        found = [Problem(*each) for each in self.outcome.get("problems", [])]
        return sorted(found, key=lambda problem: problem.level != ERROR)

    @property
    def may_file(self) -> bool:
        """Whether nothing stands against filing."""
        stands = self.outcome.get("errors") or self.outcome.get("merged") or not self.outcome.get("rows")
        return self.run.state == "checked" and not stands


def _view(run: ImportRun, unit: Unit) -> View:
    return View(run, unit, json.loads(run.header), mapping_of(run.mapping), json.loads(run.outcome or "{}"))


def view(uow: UnitOfWork, principal: Principal, run_id: str, now: datetime) -> View:
    """One's own list, with samples and problems; journalled."""
    run, unit = _own(uow, principal, run_id, Verb.IMPORT_LIST)
    target = Target(unit.path, run.secrecy)
    note(uow, principal, Verb.IMPORT_LIST, now, what=_what(run), target=target, detail={"state": run.state})
    return _view(run, unit)


def progress(uow: UnitOfWork, principal: Principal, run_id: str, now: datetime) -> tuple[ImportRun, Standing]:
    """One's own list's state, for the page that waits: nothing of what the list says."""
    run = _own(uow, principal, run_id, Verb.IMPORT_LIST)[0]
    return run, standing(run, now)


def listed(
    uow: UnitOfWork, principal: Principal, limit: int, offset: int, now: datetime
) -> tuple[list[tuple[ImportRun, Unit]], int]:
    """Lists brought in for the units in scope, newest first; journalled."""
    require_role(principal, Action.IMPORT_RUN, Verb.IMPORT_LIST)
    found, total = store.listed(uow.session, visibility(principal, Action.IMPORT_RUN), limit, offset)
    note(uow, principal, Verb.IMPORT_LIST, now, detail={"shown": len(found), "total": total})
    return found, total


def units_to_choose(uow: UnitOfWork, principal: Principal, now: datetime) -> list[Unit]:
    """The units a list may be brought in for."""
    day = day_in_hanoi(now)
    found = units.within(uow.session, visibility(principal, Action.IMPORT_RUN))
    return [unit for unit in found if unit.block != "all" and stands_on(unit.valid_from, unit.valid_to, day)]


def _changeable(uow: UnitOfWork, principal: Principal, run_id: str, verb: Verb) -> tuple[ImportRun, Unit]:
    run, unit = _own(uow, principal, run_id, verb)
    if run.state not in OPEN_STATES:
        raise Conflict
    return run, unit


def map_columns(uow: UnitOfWork, principal: Principal, run_id: str, columns: Mapping[int, str], now: datetime) -> None:
    """Settles the columns, remembers them for the next list of this kind, and asks the worker to try every row."""
    run, unit = _changeable(uow, principal, run_id, Verb.IMPORT_MAP)
    headings = json.loads(run.header)["headings"]
    chosen = {place: key for place, key in columns.items() if key in TARGETS and 0 <= place < len(headings)}
    mapping = replace(mapping_of(run.mapping), columns=chosen)
    against = lacking(mapping)
    if against:
        raise InvalidInput("columns", against)
    detail = {"columns": len(chosen)}
    note(uow, principal, Verb.IMPORT_MAP, now, what=_what(run), target=Target(unit.path, run.secrecy), detail=detail)
    store.remember(uow.session, unit.id, signature(headings), mapping.remembered().to_json(), now)
    _again(run, mapping)


def _again(run: ImportRun, mapping: ColumnMap) -> None:
    run.mapping, run.state, run.progress, run.outcome = mapping.to_json(), "checking", 0, "{}"


def read_sheet(vault: Vault, run: ImportRun, sheet: str) -> Table:
    """The first rows of another sheet of a list's file. InvalidInput when there is none, or it cannot be read."""
    if sheet not in [name for name, _hidden in json.loads(run.header)["sheets"]]:
        raise InvalidInput("sheet", "Tệp không có trang tính này.")
    try:
        with vault.opened(run.sha256) as path:
            return read_table(path, sheet, HEAD_ROWS)
    except (Rejected, FileDamaged) as problem:
        words = getattr(problem, "message_vi", "Tệp trong kho không còn nguyên vẹn.")
        raise InvalidInput("sheet", words) from None


def choose_sheet(uow: UnitOfWork, principal: Principal, run_id: str, table: Table, now: datetime) -> None:
    """Takes another sheet of the same file, as :func:`read_sheet` read it: its columns are matched anew."""
    run, unit = _changeable(uow, principal, run_id, Verb.IMPORT_MAP)
    header = _header(table)
    kept = store.remembered(uow.session, unit.id, signature(header["headings"]))
    detail = {"sheet": [name for name, _hidden in table.sheets].index(table.sheet)}
    note(uow, principal, Verb.IMPORT_MAP, now, what=_what(run), target=Target(unit.path, run.secrecy), detail=detail)
    run.mapping = (mapping_of(kept) if kept else ColumnMap(propose(header["headings"]))).to_json()
    run.header = json.dumps(header | {"remembered": bool(kept)}, ensure_ascii=False)
    run.sheet, run.state, run.outcome, run.rows, run.progress = table.sheet[:120], "received", "{}", header["count"], 0


def settle(uow: UnitOfWork, principal: Principal, run_id: str, act: str, place: int, how: str, now: datetime) -> None:
    """Settles one problem and tries again. ``act``: convert a column (``how`` tcvn3, vni or "" to take it back), leave
    out a row, take it in again, or say that it is another person (other).
    """
    run, unit = _changeable(uow, principal, run_id, Verb.IMPORT_MAP)
    mapping = mapping_of(run.mapping)
    if act == "convert" and place in mapping.columns and how in ("tcvn3", "vni", ""):
        convert = {column: each for column, each in mapping.convert.items() if column != place}
        mapping = replace(mapping, convert=convert | ({place: how} if how else {}))
    elif act == "skip":
        mapping = replace(mapping, skip=mapping.skip | {place})
    elif act == "take":
        mapping = replace(mapping, skip=mapping.skip - {place})
    elif act == "other":
        mapping = replace(mapping, others=mapping.others | {place})
    else:
        raise InvalidInput("", "Không có thao tác này.")
    detail = {"act": act, "place": place}
    note(uow, principal, Verb.IMPORT_MAP, now, what=_what(run), target=Target(unit.path, run.secrecy), detail=detail)
    _again(run, mapping)


def ask_filing(uow: UnitOfWork, principal: Principal, run_id: str, now: datetime) -> None:
    """Asks the worker to file the whole list. InvalidInput while anything stands against it; Conflict when filed."""
    run, unit = _own(uow, principal, run_id, Verb.IMPORT_FILE)
    if run.state != "checked":
        raise Conflict
    if not _view(run, unit).may_file:
        raise InvalidInput("", "Danh sách còn lỗi; chưa ghi được dòng nào.")
    target = Target(unit.path, run.secrecy)
    require(principal, Action.CADRE_CREATE, Verb.IMPORT_FILE, target, kind="import", object_id=run_id)
    detail = {"asked": run.rows}
    note(uow, principal, Verb.IMPORT_FILE, now, what=_what(run), target=target, detail=detail)
    kept = {name: each for name, each in json.loads(run.outcome).items() if name != "problems"}
    run.outcome = json.dumps(kept, ensure_ascii=False)
    run.state, run.progress, run.filed_by = "filing", 0, principal.account_id


def sweep(house: House) -> int:
    """Removes the files of lists that were given up and that nothing else names; how many went. By the housekeeper."""
    gone = 0
    with house.database.transaction() as session:
        unwanted = store.given_up(session)
        if unwanted:
            gone = sum(house.vault.destroy(sha) for sha in unwanted - papers.kept_files(session))
    return gone


def cancel(uow: UnitOfWork, principal: Principal, run_id: str, now: datetime) -> None:
    """Gives a list up before it is filed; what it said goes from the page. A filed list is not taken back."""
    run, unit = _own(uow, principal, run_id, Verb.IMPORT_CANCEL)
    if run.state not in (*OPEN_STATES, "checking"):
        raise Conflict
    note(uow, principal, Verb.IMPORT_CANCEL, now, what=_what(run), target=Target(unit.path, run.secrecy))
    run.state, run.outcome = "cancelled", "{}"
    run.header = json.dumps(json.loads(run.header) | {"samples": []}, ensure_ascii=False)


def problem_lines(found: View) -> list[list[str]]:
    """The problems as lines of a table file."""
    headings = found.header["headings"]
    lines = [["Dòng", "Cột", "Mức", "Vấn đề", "Nội dung"]]
    for each in found.problems:
        column = headings[each.column] if 0 <= each.column < len(headings) else ""
        level = "Lỗi" if each.level == ERROR else "Cần xem"
        lines.append([str(each.row), column, level, each.text, each.beside])
    return lines
