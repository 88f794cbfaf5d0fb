"""Programs that do not go together: told by real processes, and nothing a killed one left stands in the way."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from factories import WORLD_SETTINGS, World

from oms import cli
from oms.errors import Occupied
from oms.services import running
from oms.settings import CHECKOUT

SAYS = """
import sys
from pathlib import Path
from oms.services import running
{what}
print("in", flush=True)
sys.stdin.read()
"""
STAYS = "running.stay(Path(sys.argv[1]), sys.argv[2])"
ALONE = "held = running.alone(Path(sys.argv[1]), sys.argv[2]); held.__enter__()"


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def process(what: str, home: Path, name: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds something until it is killed."""
    command = [sys.executable, "-c", SAYS.format(what=what), str(home), name]
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as made:
        assert made.stdout is not None and made.stdout.readline() == "in\n"
        yield made
        made.kill()


@pytest.fixture
def settled(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands given here speak of the world's installation, at a port of their own."""
    own = WORLD_SETTINGS | {"OMS_HOME": str(world.house.settings.home), "OMS_PORT": str(_free_port())}
    for name, value in own.items():
        monkeypatch.setenv(name, value)


def oms(home: Path, *arguments: str) -> subprocess.Popen[str]:
    own = WORLD_SETTINGS | {"OMS_HOME": str(home), "OMS_PORT": str(_free_port()), "OMS_WORKERS": "1"}
    command = [sys.executable, "-m", "oms.cli", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=CHECKOUT, env=os.environ | own, stdout=pipe, stderr=pipe, text=True)


def test_a_second_serve_is_refused_with_the_first_ones_number_and_a_killed_one_stops_nobody(
    world: World, settled: None, capsys: pytest.CaptureFixture[str]
) -> None:
    home = world.house.settings.home
    first = oms(home, "serve")
    assert first.stdout is not None
    begun = first.stdout.readline()
    while begun.startswith("PostgreSQL: "):  # how many connections there is room for is told before
        begun = first.stdout.readline()
    assert begun.startswith("OMS: http://")
    assert cli.main(["serve"]) == 1
    told = capsys.readouterr().err
    assert f"(process {first.pid})" in told and "khác đang chạy" in told and "stop it first" in told
    assert cli.main(["setup"]) == 1
    told = capsys.readouterr().err
    assert "hãy dừng chúng trước" in told and "serve" in told
    first.kill()
    first.communicate(timeout=60)
    with running.only_one(home, "serve"):  # at once: nothing has to be cleared away
        pass
    pause = threading.Event()
    while running.alive(home):  # what it had started ends by itself
        pause.wait(0.1)
    assert cli.main(["setup"]) == 0


def test_setup_is_refused_while_a_service_runs_and_names_it(tmp_path: Path) -> None:
    with process(STAYS, tmp_path, "work"), process(STAYS, tmp_path, "web") as web:
        with pytest.raises(Occupied, match="web, work"), running.alone(tmp_path, "restore"):
            pass
        web.kill()
        web.wait()
        assert running.alive(tmp_path) == {"work": 1}
    assert running.alive(tmp_path) == {}
    assert list((tmp_path / running.FOLDER).iterdir()) == []
    with running.alone(tmp_path, "restore"):
        pass


def test_a_service_does_not_start_while_somebody_changes_the_ground(tmp_path: Path) -> None:
    with process(ALONE, tmp_path, "restore") as holder:
        with pytest.raises(Occupied, match="'oms restore' has this OMS_HOME to itself"):
            running.stay(tmp_path, "web")
        holder.kill()
        holder.wait()
        running.stay(tmp_path, "web")
    try:
        assert running.alive(tmp_path) == {"web": 1}
    finally:
        running.leave()


def test_new_codes_are_given_while_services_run(
    world: World, settled: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with process(STAYS, world.house.settings.home, "web"):
        assert cli.main(["setup"]) == 1
        assert "hãy dừng chúng trước" in capsys.readouterr().err
        assert cli.main(["setup", "--new-codes", "--admin", "quantri2"]) == 0
    assert "one-time code" in capsys.readouterr().out


def test_what_is_written_is_for_the_group_only_where_the_installation_is(tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    for folder, mode in ((own, 0o700), (shared, 0o2770)):
        folder.mkdir()
        folder.chmod(mode)
        with process(STAYS, folder, "web"):
            file = next((folder / running.FOLDER).iterdir())
            assert file.stat().st_mode & 0o777 == mode & 0o660
            assert running.umask(folder) == (0o077 if folder == own else 0o007)
