"""Whether a cadre to be registered may be known already, and when somebody registered can have been born."""

from __future__ import annotations

from datetime import datetime

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.catalogue import SECRECY_LABELS
from oms.domain.journal import Verb
from oms.domain.organisation import block_path
from oms.domain.records import HANOI
from oms.errors import InvalidInput, LikelyDuplicate
from oms.services.house import What, note
from oms.services.persons import date_likeness
from oms.store import dossiers
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.tables import Cadre, Unit

YOUNGEST = 15
"""Years: the age from which labour law lets a person be employed; nobody younger has a cadre file."""
SHOWN = 5


def _iso_day(now: datetime, years_ago: int = 0) -> str:
    today = now.astimezone(HANOI).date()
    return f"{today.year - years_ago:04d}{today.isoformat()[4:]}"


def check_not_ahead(field: str, birth: str, now: datetime) -> None:
    """InvalidInput when a birth date (ISO, may be partial) lies in the future, by the day in Viet Nam."""
    if birth > _iso_day(now)[: len(birth)]:
        raise InvalidInput(field, "Ngày sinh ở sau ngày hôm nay: hãy xem lại.")


def check_age(field: str, birth: str, now: datetime) -> None:
    """InvalidInput when someone of this birth date (ISO, may be partial) is surely under age, or not yet born."""
    check_not_ahead(field, birth, now)
    if birth > _iso_day(now, YOUNGEST)[: len(birth)]:
        raise InvalidInput(field, f"Người có ngày sinh này chưa đủ {YOUNGEST} tuổi: hãy xem lại ngày sinh.")


def find(uow: UnitOfWork, principal: Principal, unit: Unit, cadre: Cadre) -> list[DossierRow]:
    """Dossiers of the unit's block, among those the person may list, that may be this cadre's; equal IDs first.

    Equal is the folded name where no birth date speaks against it, or an ID number. Other blocks are not looked at.
    """
    view = visibility(principal, Action.CADRE_LIST)
    ids = [number for number in (cadre.citizen_id, cadre.old_id) if number]
    rows = dossiers.same_person(uow.session, view, block_path(unit.path), cadre.folded_name, ids)
    return [row for row in rows if _same_id(row.cadre, cadre) or _same_name(row.cadre, cadre)]


def _same_id(left: Cadre, right: Cadre) -> bool:
    return bool(left.citizen_id and left.citizen_id == right.citizen_id) or bool(
        left.old_id and left.old_id == right.old_id
    )


def _same_name(left: Cadre, right: Cadre) -> bool:
    return left.folded_name == right.folded_name and date_likeness(left.birth_date, right.birth_date) != 0.0


def refuse(uow: UnitOfWork, principal: Principal, unit: Unit, found: list[DossierRow], now: datetime) -> None:
    """Raises LikelyDuplicate naming the first few dossiers found; who was named is journalled.

    The caller commits the transaction before it shows the message: no row, no reading.
    """
    shown = found[:SHOWN]
    secrecy = max(row.dossier.secrecy for row in shown)
    detail = {"duplicates": [row.dossier.id for row in shown], "shown": len(shown), "total": len(found)}
    what, target = What("unit", str(unit.id), unit.name), Target(unit.path, secrecy)
    note(uow, principal, Verb.CADRE_LIST, now, what=what, target=target, detail=detail)
    more = f"; và {len(found) - SHOWN} hồ sơ khác" if len(found) > SHOWN else ""
    named = "; ".join(_line(row) for row in shown)
    raise LikelyDuplicate(
        f"Người này có thể đã có hồ sơ: {named}{more}. Nếu là người khác, hãy đánh dấu để vẫn lập hồ sơ mới.", secrecy
    )


def _line(row: DossierRow) -> str:
    born = "/".join(reversed(row.cadre.birth_date.split("-"))) or "chưa rõ ngày sinh"
    level = SECRECY_LABELS[row.dossier.secrecy] if row.dossier.secrecy else ""
    return ", ".join(filter(None, [row.cadre.full_name, born, f"số {row.dossier.number}", row.unit.name, level]))
