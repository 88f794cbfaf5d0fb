"""The name of this host among those that work on one installation: what it had in hand is known by it."""

from __future__ import annotations

import platform
import secrets
from datetime import datetime
from pathlib import Path

from oms.services.house import UnitOfWork
from oms.store import leases


def name(home: Path) -> str:
    """Made at first use and kept in ``home``; made anew when the folder was copied to another machine."""
    file, machine = home / "host", platform.node()[:60] or "host"
    try:
        kept = file.read_text(encoding="utf-8").strip()
    except OSError:
        kept = ""
    if kept.rpartition("/")[0] == machine:
        return kept
    made = f"{machine}/{secrets.token_hex(4)}"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = home / f"host.{secrets.token_hex(4)}"
    fresh.write_text(made + "\n", encoding="utf-8")
    fresh.replace(file)
    return file.read_text(encoding="utf-8").strip()


def at_work(uow: UnitOfWork, now: datetime) -> dict[str, int]:
    """How many pieces of work each host has in hand."""
    return leases.in_hand(uow.session, now)
