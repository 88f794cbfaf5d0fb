"""What the operator's commands begin with: the clock, the folder of the installation, the installation itself."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from oms.services.house import House
from oms.settings import CHECKOUT, Settings


def now() -> datetime:
    """The wall clock, aware, UTC."""
    return datetime.now(UTC)


def home() -> Path:
    """OMS_HOME, also where no installation stands yet."""
    return Path(os.environ.get("OMS_HOME") or CHECKOUT / "var").resolve()


def house_here() -> House:
    """The installation that the environment names; SettingsError when there is none to open."""
    return House(Settings.from_env())
