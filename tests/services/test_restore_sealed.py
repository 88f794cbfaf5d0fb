"""A sealed database comes back from a backup: with its key, which no ordinary place holds, and sealed as it was."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from backing_up import Kept, kept
from factories import make_world

from oms.errors import OmsError
from oms.services import health, indexing, restore_drill, sealing
from oms.services.house import House
from oms.services.restoring import DATABASE_KEY
from oms.settings import Settings
from oms.store import cipher
from oms.store.backup_place import DATA, KEYS

pytestmark = pytest.mark.embedded("SQLCipher is SQLite sealed")


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Kept]:
    home, key = tmp_path / "home", tmp_path / "elsewhere.key"
    world = make_world(home, OMS_DATABASE_KEY=str(key))
    world.filed(world.dossier(), "QUYẾT ĐỊNH\nVề việc nâng lương")
    sealing.seal(world.house, world.clock())
    made = kept(world, tmp_path / "outside")
    made.run()
    yield made
    world.house.close()
    cipher.know(home, "")


def test_it_is_restored_sealed_with_its_key_and_the_operator_is_told(one: Kept) -> None:
    done, home = one.restored()
    key = home / "keys" / DATABASE_KEY
    assert key.read_text() == one.world.house.settings.database_key.read_text()  # type: ignore[union-attr]
    assert key.stat().st_mode & 0o777 == 0o600 and cipher.is_sealed(home / "oms.db")
    assert any(f"OMS_DATABASE_KEY={key}" in line for line in done.told)
    settings = Settings.from_env({"OMS_HOME": str(home), "OMS_DATABASE_KEY": str(key)})
    house = House(settings)
    try:
        assert sealing.verify(house, None).whole
        indexing.prepare(house)
        assert [line for line in health.check(house, one.world.clock()) if "journal" in line] == []
    finally:
        house.close()
        cipher.know(home, "")


def test_no_place_but_that_of_the_keys_holds_the_key(one: Kept) -> None:
    """Not even sealed: a manifest of the ordinary place names no such part, and a restore from it alone has none."""
    shutil.rmtree(one.places[KEYS])
    one.places[KEYS].mkdir()
    with pytest.raises(OmsError):
        one.restored("without")
    key = one.world.house.settings.database_key
    assert key is not None
    text = key.read_text().strip()
    files = [path for path in one.places[DATA].rglob("*") if path.is_file()]
    assert files and not any(text.encode() in path.read_bytes() for path in files)


def test_a_second_backup_is_tried_in_a_drill(one: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        one.world.dossier(f"Người Thứ {number}")
    one.run()
    monkeypatch.setenv("OMS_DATABASE_KEY", str(one.world.house.settings.database_key))
    done = restore_drill.drill(
        one.world.house.settings.home, one.asked(), one.world.clock, lambda _words: None, str(one.outside)
    )
    assert done.number == 2


def test_a_key_in_the_folder_of_keys_is_kept_once(one: Kept) -> None:
    settings = one.world.house.settings
    inside = settings.keys / "sealed_by"
    shutil.copy(settings.database_key, inside)  # type: ignore[arg-type]
    one.world.house.settings = replace(settings, database_key=inside)
    one.run()
    _done, home = one.restored()
    assert sorted(path.name for path in (home / "keys").iterdir() if "seal" in path.name or "data" in path.name) == [
        DATABASE_KEY
    ]


def test_both_verifiers_count_the_same_heads_and_no_export_is_left(one: Kept) -> None:
    done, home = one.restored()
    said = {step.name: step.words for step in done.steps}
    heads = len(sealing.witnessed_notes(home / "witness"))
    assert f" {heads} checkpoints, " in said["journal against its checkpoints"]
    assert said["journal by the separate verifier"].endswith(f", {heads} checkpoints") and heads
    assert not (home / "journal.jsonl").exists()
