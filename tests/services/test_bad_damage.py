"""A share of benchmarks/bad_damage.py: damaged files are found, repaired, journalled; a damaged index is made anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import bad_damage
from benchmarks.bad_damage import Damage
from oms.services import index_care


def test_a_share_of_the_damage_is_found_repaired_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EVERY", "BYTES_A_SECOND"):
        monkeypatch.setattr(index_care, name, getattr(index_care, name))  # put back afterwards
    damage = Damage(tmp_path / "damage", seed=5, files=14)
    damage.vault_round(8)
    for _number in range(4):
        damage.index_round()
    damage.house.close()
    assert damage.wrong == []
    assert damage.found["lost in both places, told"] == bad_damage.BOTH


@pytest.mark.long
def test_three_hundred_damages_are_found(tmp_path: Path) -> None:
    assert bad_damage.campaign(tmp_path / "damage", 300, "sqlite", 2) == 0
