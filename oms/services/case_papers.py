"""Papers asked for at the door of a case: copies that come later are entered one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oms.domain.access import Principal
from oms.domain.casework import ENDED
from oms.domain.journal import Verb
from oms.errors import InvalidInput, Refused
from oms.services.case_moves import in_hand
from oms.services.casework import missing as missing
from oms.services.casework import target_of
from oms.services.house import What, note
from oms.store import cases as store
from oms.store.case_tables import CasePaper
from oms.store.db import UnitOfWork

MOST_COPIES = 50


def enter(
    uow: UnitOfWork, principal: Principal, case_id: str, version: int, paper_id: str, received: int, now: datetime
) -> CasePaper:
    """Writes how many copies of a paper have come by now; a slip is put right the same way."""
    row = in_hand(uow, principal, case_id, version, Verb.CASE_PAPER)
    paper = next((each for each in store.papers_of(uow.session, case_id) if each.id == paper_id), None)
    if paper is None:
        raise Refused(Verb.CASE_PAPER, kind="case", object_id=case_id, reason="missing")
    if row.case.state in ENDED:
        raise InvalidInput("state", "Hồ sơ đã kết thúc.")
    if not 0 <= received <= MOST_COPIES:
        raise InvalidInput("received", f"Số bản từ 0 đến {MOST_COPIES}.")
    before, paper.received = paper.received, received
    paper.by, paper.at = principal.account_id, now
    row.case.version += 1
    detail = {"position": paper.position, "before": before, "after": received}
    what = What("case", case_id, row.case.number)
    note(uow, principal, Verb.CASE_PAPER, now, target=target_of(row), what=what, detail=detail)
    return paper


def enter_all(
    uow: UnitOfWork, principal: Principal, case_id: str, version: int, received: Mapping[str, int], now: datetime
) -> int:
    """As :func:`enter`, for those papers of the case whose copies are not what stands there; returns how many."""
    row = in_hand(uow, principal, case_id, version, Verb.CASE_PAPER)
    known = {each.id: each.received for each in store.papers_of(uow.session, case_id)}
    changed = {name: number for name, number in received.items() if name in known and known[name] != number}
    for name, number in changed.items():
        enter(uow, principal, case_id, row.case.version, name, number, now)
    return len(changed)
