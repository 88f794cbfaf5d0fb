"""What was said when a cadre was registered, kept as facts of the record, so that the record begins with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.journal import Verb
from oms.domain.record_facts import NewFact, Source, checked
from oms.services import catalogues, others, record
from oms.services.house import House, What, note
from oms.store import facts
from oms.store.db import UnitOfWork
from oms.store.tables import Cadre, Dossier

_REGISTERED = (
    "full_name", "other_names", "sex", "birth_date", "home_place", "citizen_id", "old_id", "position",
)  # fmt: skip
WORDS = "Khi đăng ký"


def registered(cadre: Cadre) -> list[NewFact]:
    """The values typed at registration as facts nobody has confirmed yet; their source is who registered."""
    found = []
    for item in _REGISTERED:
        kept, _wrong = checked(item, {"value": getattr(cadre, item)})
        if kept:
            source = Source("declaration", words=WORDS)
            found.append(NewFact(item, kept, source, entered_by=cadre.created_by))
    return found


def seed(uow: UnitOfWork, rows: Sequence[tuple[Dossier, Cadre]], by: str, now: datetime) -> int:
    """Begins the records of some dossiers with what was said at registration; how many facts that are."""
    batch = [(dossier, registered(cadre)) for dossier, cadre in rows]
    kept = record.keep(uow, batch, record.Keeping(by, now))
    return sum(len(ids) for ids in kept)


@dataclass(frozen=True)
class Renewed:
    """What a renewal of all records did so far."""

    dossiers: int
    total: int
    begun: int
    """Facts written into records that had none."""


def renew_all(house: House, now: Callable[[], datetime], tell: Callable[[Renewed], None]) -> Renewed:
    """Begins every record that is empty, and makes heads and due dates of all anew, in portions.

    For the operator after an update or a change of lists: nothing is shown, and each portion leaves its row.
    """
    recode(house, now())
    with house.look() as uow:
        ids = facts.dossier_ids(uow.session)
    done = Renewed(0, len(ids), 0)
    for some in facts.chunks(ids):
        at = now()
        with house.work(None, at) as uow:
            rows = facts.with_cadres(uow.session, some)
            held = facts.with_facts(uow.session, some)
            empty = [(dossier, cadre) for dossier, cadre in rows if dossier.id not in held]
            begun = _begin(uow, empty, at)
            record.renew(uow, [dossier for dossier, _cadre in rows if dossier.id in held], at)
            note(uow, None, Verb.RECORD_TAKE, at, detail={"renewed": len(rows), "facts": begun})
        done = Renewed(done.dossiers + len(some), len(ids), done.begun + begun)
        tell(done)
    return done


def recode(house: House, now: datetime) -> int:
    """Gives waiting words the code their list has for them by now (an update may know more spellings); how many."""
    with house.work(None, now) as uow:
        catalogue = catalogues.load(uow)
        settled = others.resolve(uow, catalogue, catalogue.lists, None, now)
        note(uow, None, Verb.OTHER_SETTLE, now, what=What("catalogue"), detail={"act": "recode", "facts": settled})
    return settled


def _begin(uow: UnitOfWork, empty: Sequence[tuple[Dossier, Cadre]], at: datetime) -> int:
    return seed(uow, empty, empty[0][1].created_by, at) if empty else 0
