"""Routes with ids of imports: who gets through, who must not tell a real id from a missing one."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from walk_case import Case

from oms.services import imports

if TYPE_CHECKING:
    from web_walk import Walker

# a list is shown to the person who brought it alone: not even to the second person of the same unit
OUT = ("officer2", "officer.gov", "leader", "leader.low", "clerk", "reviewer", "admin")

CASES: dict[str, Case] = {
    "imports.one": Case("officer", OUT),
    "imports.progress": Case("officer", OUT),
    "imports.problems": Case("officer", OUT),
    "imports.columns": Case("officer", OUT, (302, 400, 409), True, {"column-0": "number", "column-1": "full_name"}),
    "imports.sheet": Case("officer", OUT, (302, 400, 409), True, {"sheet": ""}),
    "imports.settle": Case("officer", OUT, (302, 409), True, {"act": "skip:2"}),
    "imports.file": Case("officer", OUT, (302, 400, 409), True),
    "imports.cancel": Case("officer", OUT, (302, 409), True),
}
MISSING_IDS: dict[str, str] = {"import_id": "f" * 32}


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    world, officer = walker.world, walker.world.who("officer")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_text(f"Số hồ sơ;Họ và tên\nNH-{walker.turn + 1};Tô Văn Thử\n", encoding="utf-8")
        new = imports.read_in(world.house.vault, path, "danh-sach.csv")
    with world.work(officer) as uow:
        run = imports.receive(uow, officer, new, world.units["D-BTC"], 0, world.clock())
        return {"import_id": run.id}
