"""Both ways of finding a page of dossiers give the same page, to whoever may see it."""

from __future__ import annotations

import pytest
from factories import World

from oms.domain.access import Action, visibility
from oms.store import dossiers
from oms.store.dossiers import DossierFilter


def test_walking_the_names_and_sorting_the_dossiers_give_the_same_pages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for count, name in enumerate(("Trần Thị Bé", "An Văn Cường", "Trần Thị Bé", "Lê Hạnh", "Đỗ An")):
        world.dossier(name, ("D-BTC", "D-XA")[count % 2], secrecy=count % 3 == 0)
    for username in ("officer", "leader", "leader.low", "leader.xa"):
        view = visibility(world.who(username), Action.CADRE_LIST)
        for wanted in (DossierFilter(), DossierFilter(unit_path="1/2"), DossierFilter(block="party")):
            pages = []
            for few in (0, 1000):
                monkeypatch.setattr(dossiers, "FEW", few)
                with world.house.look() as uow:
                    found = [dossiers.list_dossiers(uow.session, view, wanted, 2, offset) for offset in (0, 2, 4, 99)]
                pages.append([([row.dossier.id for row in rows], total) for rows, total in found])
            assert pages[0] == pages[1]
            shown = [each for page, _total in pages[0] for each in page]
            assert len(shown) == len(set(shown)) == min(pages[0][0][1], 6)
