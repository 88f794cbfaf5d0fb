"""The vault's keys as an operator keeps them: made with the installation, looked at, changed while everything runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.domain.journal import Verb
from oms.errors import VaultLocked
from oms.services.house import House, What, note
from oms.store import master_key
from oms.store.key_book import LEVELS, KeyBook
from oms.store.master_key import Ways

AT_ONCE = 500


def prepare(house: House, ways: Ways | None = None) -> tuple[str, ...]:
    """Makes the keys unless they are there, and marks the vault's places as theirs; safe to repeat.

    Returns the officers' shares when new ones were made: they are shown once. VaultLocked when the places bear
    another installation's mark, or the mark of keys that are missing.
    """
    keys, shares = house.vault.keys, tuple[str, ...]()
    if keys is None:
        return ()
    if house.vault.sealing() is None:
        made = master_key.make(ways or Ways(), house.settings.keys)
        keys.create(made)
        shares = made.shares
    master_key.settle(house.settings.keys, keys.master())
    house.vault.claim()
    twin = house.vault.twin()
    if twin is not None:
        twin.claim()
    return shares


def _keys(house: House) -> KeyBook:
    keys = house.vault.sealing()
    if keys is None:
        raise VaultLocked("there are no keys yet: run oms setup")
    return keys


@dataclass(frozen=True)
class KeysState:
    """How the master key is kept, and how many files stand at which level or wait for something."""

    keeper: str
    master: str
    counts: dict[str, int]


def state(house: House) -> KeysState:
    """For the operator: nothing in it is secret. Of copies only where there is a second place to which they go."""
    keys = _keys(house)
    master, counts = keys.master(), keys.counts()
    if house.vault.copy is None:
        del counts["not_copied"]
    return KeysState(master.keeper, master.id, counts)


def rotate_master(house: House, ways: Ways, now: datetime) -> tuple[str, ...]:
    """Puts a new master key in force at once; the officers' new shares, when it is kept by them.

    Programs that run follow to it until :func:`close_the_way`. One at a time: the second of two finds what the first
    has put in force.
    """
    keys = _keys(house)
    detail = {"keeper": ways.keeper, "what": "master"}
    with house.work(None, now) as uow:
        keys.follow()  # before anything is made: whoever cannot open the vault changes nothing
        made = master_key.make(ways, house.settings.keys, keys.master())
        note(uow, None, Verb.VAULT_KEYS, now, what=What("vault", made.master.id), detail=detail)
        keys.rotate_master(made)
    master_key.settle(house.settings.keys, made.master)
    return made.shares


def close_the_way(house: House) -> None:
    """From now on the master key of before opens nothing in this database any more."""
    _keys(house).close_the_way()


def rotate_levels(house: House, levels: tuple[int, ...], now: datetime) -> None:
    """New keys for some levels: new files get them at once, the others by :func:`rewrap`."""
    keys = _keys(house)
    with house.work(None, now) as uow:
        what, detail = What("vault", keys.value("id")), {"what": "level", "levels": list(levels)}
        note(uow, None, Verb.VAULT_KEYS, now, what=what, detail=detail)
        for level in levels or LEVELS:
            keys.rotate_level(level)


def rewrap(house: House, most: int = AT_ONCE) -> int:
    """Wraps some keys of files by the level's key in force; 0 when all are and the old ones are destroyed."""
    keys = house.vault.sealing()
    return keys.rewrap(most) if keys is not None else 0
