"""A hand-over between installations: counting against the sealed list, and the end of the dossier at the sender."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from oms.domain.access import Target
from oms.domain.journal import Verb
from oms.domain.keeping import Difference, DossierState, differences, lines_of
from oms.domain.records import day_in_hanoi
from oms.services.house import What, Why, note
from oms.store import keeping
from oms.store.db import UnitOfWork
from oms.store.package_tables import ExchangePackage
from oms.store.tables import Dossier, Unit


def counted_wrong(statement: Mapping[str, object], counted: Mapping[str, int | None]) -> list[Difference]:
    """Where the receiver's count of the paper is not the sealed list."""
    told = statement["transfer"]
    assert isinstance(told, dict)  # noqa: S101 - the schema says so
    return differences(lines_of(told["contents"]), counted)


def words_of(found: list[Difference]) -> str:
    """The differences as the refusal says them: by number and pages, without a title."""
    listed = "; ".join(
        f"số {each.serial}: danh mục {each.listed} trang, "
        + ("không thấy" if each.counted is None else f"đếm được {each.counted}")
        for each in found
    )
    return f"Tài liệu không khớp danh mục niêm phong – {listed}."


def handed_over(uow: UnitOfWork, sent: ExchangePackage, dossier_id: str, now: datetime) -> None:
    """Closes the dossier that the partner has received; it stays, with its number. Told when it changed meanwhile."""
    dossier = uow.session.get_one(Dossier, dossier_id)
    unit = uow.session.get_one(Unit, dossier.unit_id)
    sealed = {line.document: line for line in lines_of(json.loads(sent.body)["transfer"]["contents"])}
    same = sealed == {line.document: line for line in keeping.sealed_lines(uow.session, dossier_id)}
    if dossier.state == DossierState.HELD:
        dossier.state, dossier.closed_on = DossierState.CLOSED, day_in_hanoi(now)
        uow.session.flush()
    detail = {"package": sent.package_id, "handed_over": True, "as_sealed": same}
    target = Target(unit.path, dossier.secrecy, dossier.compartment, dossier.id)
    what, why = What("dossier", dossier.id, dossier.number), Why(f"Đã chuyển giao theo gói {sent.number}")
    note(uow, None, Verb.DOSSIER_CLOSE, now, what=what, target=target, why=why, detail=detail)
