"""The keys of the vault on PostgreSQL, as several hosts need them: a database of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from postgres_server import Server
from sealing_vault import settings_at

from oms.errors import FileKeyGone, SettingsError
from oms.services.unlocking import unlocker
from oms.settings import Settings
from oms.store import master_key
from oms.store.key_book import KeyBook
from oms.store.master_key import Ways
from oms.store.vault import Vault


def test_two_hosts_share_a_vault_and_its_keys(postgres: Server, tmp_path: Path) -> None:
    url, keys_folder = postgres.url(postgres.make("vault_keys")), tmp_path / "keys"
    keys_folder.mkdir()

    def host() -> Vault:
        return Vault(tmp_path / "vault", KeyBook(url, unlocker(settings_at(tmp_path))))

    one, two = host(), host()
    assert one.sealing() is None
    new = master_key.make(Ways(), keys_folder)
    assert one.keys is not None and two.keys is not None
    one.keys.create(new)
    master_key.settle(keys_folder, new.master)
    one.claim()
    sha = one.put_bytes(b"paper", 1)
    assert two.read(sha) == b"paper" and two.put_bytes(b"paper") == sha
    two.keys.rotate_level(1)
    late = two.put_bytes(b"late", 1)
    assert one.read(late) == b"late", "a key made on the other host is found"
    while one.keys.rewrap(10):
        pass
    kept = two.path_of(sha).read_bytes()
    assert two.read(sha) == b"paper" and two.destroy(sha)
    two.path_of(sha).write_bytes(kept)
    with pytest.raises(FileKeyGone):
        one.read(sha)
    for vault in (one, two):
        vault.close()


def test_the_records_own_database_is_refused_for_the_keys(tmp_path: Path) -> None:
    url = "postgresql+psycopg://oms@localhost/oms"
    env = {"OMS_HOME": str(tmp_path), "OMS_SECRET_KEY": "x" * 40, "OMS_DATABASE_URL": url}
    with pytest.raises(SettingsError, match="OMS_KEYS_DATABASE_URL"):
        Settings.from_env(env | {"OMS_KEYS_DATABASE_URL": url})
    with pytest.raises(SettingsError, match="OMS_VAULT_COPY"):
        Settings.from_env(env | {"OMS_VAULT": "/a/b", "OMS_VAULT_COPY": "/a/b/"})
