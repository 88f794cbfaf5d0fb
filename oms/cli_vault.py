"""The operator's `oms keys` and `oms vault` commands: who opens the vault, sealing, copies, checks."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from oms.errors import InvalidInput
from oms.services import unlocking, vault_care, vault_keys
from oms.services.house import House
from oms.settings import CHECKOUT, Settings
from oms.store.master_key import Device, Ways, share_is_sound

FOLLOWING = 5.0
"""Seconds in which the programs that run take over a new master key."""


def _now() -> datetime:
    return datetime.now(UTC)


def _house(args: argparse.Namespace) -> House:
    house = House(Settings.from_env())
    if getattr(args, "unlock_fd", -1) >= 0:
        house.unlock(unlocking.lines_of(args.unlock_fd))
    return house


def _ways(args: argparse.Namespace) -> Ways:
    """How a new master key is to be kept; a secret comes from a descriptor or is typed, twice where it is new."""
    device = Device(args.module, args.token, args.label)
    if args.keeper == "token" and not all(vars(device).values()):
        raise InvalidInput("token", "Thiếu --module, --token hoặc --label.")
    if args.keeper not in ("passphrase", "token"):
        return Ways(args.keeper)
    if args.secret_fd >= 0:
        return Ways(args.keeper, (unlocking.lines_of(args.secret_fd) or [""])[0], device)
    secret = getpass.getpass(unlocking.PROMPTS[args.keeper][0])
    if args.keeper == "passphrase" and getpass.getpass("Nhập lại / once more: ") != secret:
        raise InvalidInput("passphrase", "Hai lần nhập không giống nhau.")
    return Ways(args.keeper, secret, device)


def _show(shares: tuple[str, ...]) -> None:
    for number, share in enumerate(shares, start=1):
        print(f"\nPhần khoá {number} trên {len(shares)} / share {number} of {len(shares)}:\n\n    {share}\n")
    if shares:
        print("Giao mỗi phần cho một người; không lưu ở đâu khác. Hai phần bất kỳ mở được kho.")
        print("Give each to one person and keep it nowhere else. Any two of them open the vault.")


def _init(args: argparse.Namespace) -> int:
    """Makes the keys of an installation that has none; what is there stays."""
    from oms.services import setup

    setup.make_secrets(Path(os.environ.get("OMS_HOME") or CHECKOUT / "var").resolve() / "keys")
    house = _house(args)
    there = house.vault.keys is not None and house.vault.keys.exists()
    shares = vault_keys.prepare(house, None if there else _ways(args))
    print("keys were there already" if there else f"keys made, master key kept by: {args.keeper}")
    _show(shares)
    return 0


def _status(args: argparse.Namespace) -> int:
    state = vault_keys.state(_house(args))
    if args.json:
        print(json.dumps(asdict(state)))
        return 0
    print(f"master key {state.master}, kept by: {state.keeper}")
    for name, count in state.counts.items():
        print(f"{name}: {count}")
    return 0


def _rotate_master(args: argparse.Namespace) -> int:
    """A new master key in force at once; the programs that run follow within seconds."""
    house = _house(args)
    _show(vault_keys.rotate_master(house, _ways(args), _now()))
    time.sleep(FOLLOWING)
    vault_keys.close_the_way(house)
    print(f"the new master key is in force, kept by: {args.keeper}")
    return 0


def _rotate_level(args: argparse.Namespace) -> int:
    house = _house(args)
    vault_keys.rotate_levels(house, (args.level,) if args.level is not None else (), _now())
    print("new files are sealed with the new keys; `oms keys rewrap` or the housekeeper takes the others over")
    return 0


def _rewrap(args: argparse.Namespace) -> int:
    house, done = _house(args), 0
    while more := vault_keys.rewrap(house):
        done += more
    print(f"{done} keys of files wrapped anew; old keys of levels destroyed")
    return 0


def _share_check(_args: argparse.Namespace) -> int:
    """Reads one share and says whether it was copied without a slip; keeps and shows nothing of it."""
    sound = share_is_sound(getpass.getpass("Phần khoá / share: ") if sys.stdin.isatty() else sys.stdin.readline())
    print("the share is sound" if sound else "this is no share, or one with a slip of the pen")
    return 0 if sound else 1


def _seal(args: argparse.Namespace) -> int:
    """Seals what lies in the clear (or everything with new keys); may be stopped and given again."""

    def tell(looked: int, sealed: int) -> None:
        if looked % 1000 == 0:
            print(f"{looked} files looked at, {sealed} sealed", flush=True)

    sealed, damaged = vault_care.seal_all(_house(args), args.anew, tell=tell)
    print(f"{sealed} files sealed")
    for sha in damaged:
        print(f"vault: file {sha} is missing or damaged")
    return 1 if damaged else 0


def _check(args: argparse.Namespace) -> int:
    """Reads every file in both places now, and repairs what it can."""
    found = vault_care.check_all(_house(args), _now())
    for sha, place in found.repaired:
        print(f"repaired in the {place}: {sha}")
    for sha in found.lost:
        print(f"LOST: {sha}")
    print(f"{found.looked} files looked at, {len(found.repaired)} repaired, {len(found.lost)} lost")
    return 1 if found.lost else 0


def _copy(args: argparse.Namespace) -> int:
    house, done = _house(args), 0
    while more := vault_care.copy_waiting(house):
        done += more
    print(f"{done} files put into the second place")
    return 0
