"""Due dates of records: made anew whenever a record or a rule changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from oms.domain.dated_rows import Catalogue
from oms.store.db import UnitOfWork
from oms.store.tables import Dossier


def renew(uow: UnitOfWork, catalogue: Catalogue, dossiers: Sequence[Dossier], now: datetime) -> None:
    """Makes the due dates of some records anew from their facts in force."""
