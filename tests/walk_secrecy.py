"""Routes with ids of state secrets: who gets through, who must not tell a real id from a missing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walk_case import Case

from oms.domain.access import Target
from oms.services import secret_copies
from oms.services.house import What

if TYPE_CHECKING:
    from web_walk import Walker

# the walker's dossier and papers are Mật and lie in D-BTC
OUT = ("officer.gov", "leader.low", "leader.xa", "clerk", "reviewer", "admin", "security")
REGISTER_OUT = ("officer.gov", "leader", "clerk", "reviewer", "admin", "security")
LEVEL = {"act": "set", "level": "1", "basis_code": "bvctnb", "decided_on": "01/10/2026", "decided_by": "Trưởng ban"}

CASES: dict[str, Case] = {
    "secrecy.document": Case("leader", OUT),
    "secrecy.document_decide": Case("officer", OUT, (302,), True, LEVEL),
    "secrecy.dossier": Case("leader", OUT),
    "secrecy.dossier_decide": Case("officer", OUT, (302,), True, LEVEL),
    "secret_copies.end": Case(
        "officer", REGISTER_OUT, (302,), True, {"number": "1", "what": "returned", "on": "02/11/2026"}
    ),
    "copies.leave_form": Case("officer", REGISTER_OUT),
    "copies.leave": Case("officer", REGISTER_OUT, (400,), True, {"copies": "1"}),
}
MISSING_IDS: dict[str, str] = {"copy_id": "f" * 32}


def ids(walker: Walker) -> dict[str, str]:
    """A line of the register of copies, made in the walker's world."""
    world, officer = walker.world, walker.world.who("officer")
    with world.work(officer) as uow:
        path = officer.unit_path
        copied = secret_copies.Copied(
            "archival", What("document", walker.filed, "1"), Target(path, 1), world.units["D-BTC"], walker.dossier, 1
        )
        leaving = secret_copies.Leaving("1", "Trưởng ban Tổ chức", "02/11/2026", "Văn thư")
        row = secret_copies.enter(uow, officer, copied, leaving, "báo cáo cấp trên", world.clock())
        assert row is not None
        return {"copy_id": row.id}
