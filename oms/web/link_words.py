"""Words of the desk of links, in the page's language."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oms.domain import conflicts, links
from oms.domain.access import Principal
from oms.services import linked_person
from oms.services import links as desk
from oms.services.house import UnitOfWork
from oms.services.links import DossierRow
from oms.web.words import Words

FIELD_LABELS = Words(links.FIELD_LABELS)
VERDICTS = Words(links.VERDICT_LABELS)
BAND_LABELS = Words(links.BAND_LABELS)
PAIR_STATES = Words(links.STATE_LABELS)
TAB_LABELS = Words(links.TAB_LABELS)
CONFLICT_KINDS = Words(conflicts.KIND_LABELS)
CONFLICT_STATES = Words(conflicts.STATE_LABELS)
CONFLICT_TABS = Words(conflicts.TAB_LABELS)


def link_tab(uow: UnitOfWork, who: Principal, row: DossierRow, at: datetime) -> dict[str, Any]:
    """What the tab of a dossier's links shows; the dossier has been opened and journalled."""
    pairs = desk.of_dossier(uow, who, row.dossier.id, at)
    whole = linked_person.is_one(uow, who, row.dossier.id)
    return {"pairs": pairs, "whole_person": whole, "link_states": PAIR_STATES, "link_bands": BAND_LABELS}
