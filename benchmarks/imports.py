"""How long a register of N invented people takes to read, check and file, and how much memory.

Run as ``python -m benchmarks.imports [ROWS …]`` (1,000 and 10,000 unless told); makes an installation of its own in a
temporary folder.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter
from sqlalchemy import Connection, Engine, event

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from oms.domain.import_mapping import mapping_of
from oms.services import import_file, imports
from oms.store.exchange_tables import ImportRun

if TYPE_CHECKING:
    from factories import World

HEAD = (
    "STT", "Số hồ sơ", "Họ và tên", "Ngày tháng năm sinh", "Giới tính", "Số CCCD", "Dân tộc", "Tôn giáo", "Quê quán",
    "Chức vụ", "Đơn vị công tác", "Ngày vào Đảng", "Trình độ chuyên môn", "Mã ngạch", "Bậc lương", "Hệ số lương",
)  # fmt: skip
FAMILIES = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Lò", "Tô",
)  # fmt: skip
MIDDLES = ("Văn", "Thị", "Đức", "Minh", "Thu", "Ngọc", "Quang", "Hữu", "Thanh", "Xuân")
GIVEN = (
    "An", "Bình", "Châu", "Dũng", "Giang", "Hà", "Hạnh", "Hùng", "Khánh", "Lan", "Mai", "Nam", "Oanh", "Phúc", "Quân",
)  # fmt: skip


def row(number: int, chance: random.Random) -> list[str]:
    """One invented person."""
    year, woman = chance.randint(1966, 1999), number % 2
    name = f"{chance.choice(FAMILIES)} {chance.choice(MIDDLES)} {chance.choice(GIVEN)}"
    birth = f"{chance.randint(1, 28):02d}/{chance.randint(1, 12):02d}/{year}"
    citizen = f"001{woman}{year % 100:02d}{number:06d}"
    party = f"{chance.randint(1, 28):02d}/{chance.randint(1, 12):02d}/{year + 25}"
    facts = [birth, "Nữ" if woman else "Nam", citizen, "Kinh", "Không", "Phú Thọ", "Chuyên viên", "Văn phòng"]
    return [str(number), f"NH-{number:06d}", name, *facts, party, "Đại học", "01.003", "3", "3,00"]


def write(path: Path, rows: int) -> None:
    """The register as an Excel file; the same seed gives the same people."""
    chance, book = random.Random(7), xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEAD)
    for number in range(1, rows + 1):
        sheet.write_row(number, 0, row(number, chance))
    book.close()


def main(rows: int) -> list[tuple[str, float, float, float]]:
    """Step, seconds by the clock, CPU seconds but for the sandbox's, the longest write transaction; printed too."""
    from factories import make_world

    with tempfile.TemporaryDirectory() as folder:
        world, path = make_world(Path(folder) / "home"), Path(folder) / "list.xlsx"
        write(path, rows)
        meter = Meter(world.house.database.engine)
        run_id = meter.of("receive", lambda: _received(world, path))
        _map(world, run_id)
        meter.of("check", lambda: import_file.work_on(world.house, run_id, world.clock))
        doubles = _settle(world, run_id)
        meter.of("check again", lambda: import_file.work_on(world.house, run_id, world.clock))
        who = world.who("officer")
        with world.work(who) as uow:
            imports.ask_filing(uow, who, run_id, world.clock())
        meter.of("file", lambda: import_file.work_on(world.house, run_id, world.clock))
        with world.work(who) as uow:
            assert imports.view(uow, who, run_id, world.clock()).run.state == "filed"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{rows} rows, {len(HEAD)} columns; namesakes settled: {doubles}; peak memory {peak:.0f} MiB")
    print(f"{'step':12} {'clock s':>8} {'CPU s':>8} {'longest write s':>16}")
    for name, *seconds in meter.found:
        print(f"{name:12} {seconds[0]:8.1f} {seconds[1]:8.1f} {seconds[2]:16.1f}")
    return meter.found


def _received(world: World, path: Path) -> str:
    who, new = world.who("officer"), imports.read_in(world.house.vault, path, "list.xlsx")
    with world.work(who) as uow:
        return imports.receive(uow, who, new, world.units["D-BTC"], 0, world.clock()).id


def _map(world: World, run_id: str) -> None:
    who = world.who("officer")
    with world.work(who) as uow:
        found = imports.view(uow, who, run_id, world.clock())
        imports.map_columns(uow, who, run_id, found.mapping.columns, world.clock())


def _settle(world: World, run_id: str) -> int:
    """Says of every namesake that it is another person, in one go; how many there were."""
    who = world.who("officer")
    with world.work(who) as uow:
        said = imports.view(uow, who, run_id, world.clock()).outcome
        doubles = frozenset(each[0] for each in said["problems"] if each[5] == "namesake")
        run = uow.session.get_one(ImportRun, run_id)
        run.mapping = replace(mapping_of(run.mapping), others=doubles).to_json()
    _map(world, run_id)
    return len(doubles)


class Meter:
    """Takes the time of steps, and of the transactions in them for which other writers wait."""

    def __init__(self, engine: Engine) -> None:
        self.found: list[tuple[str, float, float, float]] = []
        self._begun = self._longest = 0.0
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "commit", self._end)

    def _begin(self, connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads_only", False)
        self._begun = 0.0 if reads else time.perf_counter()

    def _end(self, _connection: Connection) -> None:
        if self._begun:
            self._longest = max(self._longest, time.perf_counter() - self._begun)

    def of(self, name: str, step: Callable[[], Any]) -> Any:
        self._longest, clock, cpu = 0.0, time.perf_counter(), time.process_time()
        answer = step()
        self.found.append((name, time.perf_counter() - clock, time.process_time() - cpu, self._longest))
        return answer


if __name__ == "__main__":
    for size in map(int, sys.argv[1:] or ("1000", "10000")):
        main(size)
