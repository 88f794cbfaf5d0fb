"""How long a register of N invented people takes to read, check and file, and how much memory.

Run as ``python -m benchmarks.imports [ROWS]``; makes an installation of its own in a temporary folder.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import xlsxwriter

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from oms.services import import_file, imports

HEAD = (
    "STT", "Số hồ sơ", "Họ và tên", "Ngày tháng năm sinh", "Giới tính", "Số CCCD", "Dân tộc", "Tôn giáo", "Quê quán",
    "Chức vụ", "Đơn vị công tác", "Ngày vào Đảng", "Trình độ chuyên môn", "Mã ngạch", "Bậc lương", "Hệ số lương",
)  # fmt: skip
FAMILIES = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Lò", "Tô"]
MIDDLES = ["Văn", "Thị", "Đức", "Minh", "Thu", "Ngọc", "Quang", "Hữu", "Thanh", "Xuân"]
GIVEN = [
    "An", "Bình", "Châu", "Dũng", "Giang", "Hà", "Hạnh", "Hùng", "Khánh", "Lan", "Mai", "Nam", "Oanh", "Phúc", "Quân",
]  # fmt: skip


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


def main(rows: int) -> None:
    from factories import make_world

    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder) / "home")
        path = Path(folder) / "list.xlsx"
        write(path, rows)
        who, times = world.who("officer"), {}
        start = time.perf_counter()
        new = imports.read_in(world.house.vault, path, "list.xlsx")
        with world.work(who) as uow:
            run_id = imports.receive(uow, who, new, world.units["D-BTC"], 0, world.clock()).id
        times["receive"] = time.perf_counter() - start
        with world.work(who) as uow:
            found = imports.view(uow, who, run_id, world.clock())
            imports.map_columns(uow, who, run_id, found.mapping.columns, world.clock())
        times["check"] = _worked(world, run_id)
        with world.work(who) as uow:
            said = imports.view(uow, who, run_id, world.clock()).outcome
            doubles = sorted({each[0] for each in said["problems"] if each[5] == "namesake"})
            for number in doubles:
                imports.settle(uow, who, run_id, "other", number, "", world.clock())
                uow.session.get_one(imports.ImportRun, run_id).state = "checked"
        with world.work(who) as uow:
            imports.map_columns(uow, who, run_id, found.mapping.columns, world.clock())
        times["check again"] = _worked(world, run_id)
        with world.work(who) as uow:
            imports.ask_filing(uow, who, run_id, world.clock())
        times["file"] = _worked(world, run_id)
        with world.work(who) as uow:
            assert imports.view(uow, who, run_id, world.clock()).run.state == "filed"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{rows} rows, {len(HEAD)} columns; namesakes settled: {len(doubles)}")
    for name, seconds in times.items():
        print(f"{name:12} {seconds:8.1f} s")
    print(f"{'peak memory':12} {peak:8.0f} MiB")


def _worked(world: object, run_id: str) -> float:
    start = time.perf_counter()
    import_file.work_on(world.house, run_id, world.clock)  # type: ignore[attr-defined]
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
