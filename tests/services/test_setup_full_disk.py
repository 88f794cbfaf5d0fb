"""The first set-up where there is no room: told in words, and the same command goes on once there is."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _setup(home: Path, most: int) -> subprocess.CompletedProcess[str]:
    """``oms setup`` in a process none of whose files may grow beyond so many bytes, as on a disk without room."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("OMS_")}
    return subprocess.run(
        [sys.executable, "-m", "oms.cli", "setup"],
        cwd=ROOT,
        env=own | {"OMS_HOME": str(home), "OMS_ZONE": "isolated_lan"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )


@pytest.mark.parametrize("most", [20_000, 200_000, 700_000])
def test_a_first_setup_without_room_says_so_and_is_done_with_room(tmp_path: Path, most: int) -> None:
    done = _setup(tmp_path / "home", most)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and done.stderr.startswith("oms: ")
    again = _setup(tmp_path / "home", resource.RLIM_INFINITY)
    assert again.returncode == 0, again.stderr
