"""The operator's commands for the vault, and the key on its way from whoever starts the programs to the programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from factories import WORLD_SETTINGS, World
from sealing_vault import in_the_clear

from oms import cli, cli_vault, supervisor
from oms.errors import VaultLocked
from oms.services import unlocking, vault_keys
from oms.services.house import House
from oms.settings import HANDED, Settings
from oms.store import master_key
from oms.store.master_key import Ways

WORDS = "một câu mật khẩu dài của kho"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(master_key, "ARGON_KIB", 64)
    monkeypatch.setattr(master_key, "ARGON_TIMES", 1)
    monkeypatch.setattr(cli_vault, "FOLLOWING", 0.0)
    monkeypatch.delenv(HANDED, raising=False)


Run = Callable[..., int]


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Gives a command on the world's installation, which its own house does not have open meanwhile."""
    for name, value in (WORLD_SETTINGS | {"OMS_HOME": str(world.house.settings.home)}).items():
        monkeypatch.setenv(name, value)

    def command(*words: str) -> int:
        return cli.main(words)

    return command


def pipe_of(*lines: str) -> str:
    """A descriptor with a secret in it, as a program gives it."""
    here, there = os.pipe()
    os.write(there, "\n".join(lines).encode() + b"\n")
    os.close(there)
    return str(here)


def fresh(world: World) -> House:
    return House(world.house.settings)


def test_the_state_of_the_keys_is_told_without_a_secret(
    world: World, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    world.house.vault.put_bytes(b"one", 1)
    assert run("keys", "status", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["keeper"] == "file" and told["counts"]["level 1"] == 1
    assert run("keys", "status") == 0
    secret = (world.house.settings.keys / "master_key").read_text().split()[-1]
    assert secret not in capsys.readouterr().out


def test_a_passphrase_takes_over_from_the_file_and_is_asked_for_from_then_on(world: World, run: Run) -> None:
    sha = world.house.vault.put_bytes(b"paper")
    assert run("keys", "rotate-master", "--keeper", "passphrase", "--secret-fd", pipe_of(WORDS)) == 0
    assert not (world.house.settings.keys / "master_key").exists()
    with pytest.raises(VaultLocked):
        fresh(world).vault.read(sha)
    opened = fresh(world)
    opened.unlock([WORDS])
    assert opened.vault.read(sha) == b"paper"
    with pytest.raises(VaultLocked, match="wrong passphrase"):
        fresh(world).unlock([WORDS + "?"])
    assert run("keys", "rotate-level", "--level", "0") == 1, "without the secret nothing is changed"
    assert run("keys", "rotate-level", "--level", "0", "--unlock-fd", pipe_of(WORDS)) == 0
    assert run("keys", "rewrap", "--unlock-fd", pipe_of(WORDS)) == 0
    assert run("keys", "rotate-master", "--unlock-fd", pipe_of(WORDS)) == 0
    assert fresh(world).vault.read(sha) == b"paper", "and back to a file"


def test_shares_are_shown_once_and_two_of_them_open(
    world: World, run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = world.house.vault.put_bytes(b"paper")
    assert run("keys", "rotate-master", "--keeper", "shares") == 0
    shares = [line.strip() for line in capsys.readouterr().out.splitlines() if len(line.split()) == 33]
    assert len(shares) == 3
    opened = fresh(world)
    opened.unlock([shares[2], shares[0]])
    assert opened.vault.read(sha) == b"paper"
    for typed, answer in ((shares[1], 0), (shares[1].replace(shares[1].split()[5], "academic", 1) + " acid", 1)):
        monkeypatch.setattr("sys.stdin", StringIO(typed + "\n"))
        assert run("keys", "share-check") == answer
    assert shares[0] not in "".join(path.read_text("latin-1") for path in world.house.settings.home.rglob("*.db"))


def test_a_check_of_everything_takes_the_secret_where_nobody_sits_at_a_terminal(
    world: World, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    world.paper("QUYẾT ĐỊNH", "D-BTC")
    vault_keys.rotate_master(world.house, Ways("passphrase", WORDS), world.clock())
    run("check")
    assert "the vault is locked" in capsys.readouterr().err
    run("check", "--unlock-fd", pipe_of(WORDS + "?"))
    assert "wrong passphrase" in capsys.readouterr().err
    run("check", "--unlock-fd", pipe_of(WORDS))
    told = capsys.readouterr()
    assert "locked" not in told.err and "damaged" not in told.out


def test_a_credential_of_systemd_opens(world: World, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sha = world.house.vault.put_bytes(b"paper")
    vault_keys.rotate_master(world.house, Ways("passphrase", WORDS), world.clock())
    (tmp_path / "oms-unlock").write_text(WORDS + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert fresh(world).vault.read(sha) == b"paper"
    assert run("vault", "check") == 0


READ = """
import sys
from oms.services.unlocking import unlocker
from oms.settings import Settings
from oms.store.key_book import KeyBook
from oms.store.vault import Vault
settings = Settings.from_env()
vault = Vault(settings.vault, KeyBook(settings.keys_database_url, unlocker(settings)))
print(vault.read(sys.argv[1]).decode(), flush=True)
"""


def test_children_get_the_key_in_memory_and_follow_a_change(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the arguments nor the environment of the child say anything of the key."""
    sha = world.house.vault.put_bytes(b"paper")
    vault_keys.rotate_master(world.house, Ways("passphrase", WORDS), world.clock())
    house = fresh(world)
    house.unlock([WORDS])
    handing = unlocking.Handing(house.vault)
    assert handing.environment == {HANDED: str(handing.descriptor)}, "a number, no key"
    told = [sys.executable, "-c", f"import os; print(os.environ.get('{HANDED}', 'no key'))"]
    commands = {"work": [sys.executable, "-c", READ, sha], "index": told}
    monkeypatch.setattr(supervisor, "_commands", lambda _settings: commands)
    keeper = supervisor.Supervisor(house.settings, handing)

    def child() -> str:
        keeper.start("work")
        keeper._running["work"].wait(60)
        return (house.settings.log / "work.log").read_text().splitlines()[-1]

    keeper.start("index")
    keeper._running["index"].wait(60)
    assert (house.settings.log / "index.log").read_text() == "no key\n", "who opens no file gets none"
    assert child() == "paper"
    vault_keys.rotate_master(house, Ways("passphrase", WORDS + " mới"), world.clock())
    assert child() == "paper", "the way from the old key is open"
    handing.refresh()
    vault_keys.close_the_way(house)
    assert child() == "paper", "and the supervisor has taken the new one over"
    os.close(handing.descriptor)


def test_the_programs_do_not_start_on_a_vault_that_is_locked_or_not_mounted(
    world: World, run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "serve", lambda *_given: 0)
    assert run("serve") == 0
    vault_keys.rotate_master(world.house, Ways("passphrase", WORDS), world.clock())
    assert run("serve") == 1 and "locked" in capsys.readouterr().err
    assert run("serve", "--unlock-fd", pipe_of("sai hết cả câu này")) == 1
    assert run("serve", "--unlock-fd", pipe_of(WORDS)) == 0
    (world.house.settings.vault / ".oms-vault").rename(world.house.settings.home / "mark")
    assert run("serve", "--unlock-fd", pipe_of(WORDS)) == 1 and "not mounted" in capsys.readouterr().err


def test_keys_of_persons_can_be_there_from_the_first_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMS_HOME", str(tmp_path / "home"))
    assert cli.main(["keys", "init", "--keeper", "passphrase", "--secret-fd", pipe_of("ngắn")]) == 1
    assert "ít nhất 16 ký tự" in capsys.readouterr().err, "what is wrong with it is said, not only where"
    assert cli.main(["keys", "init", "--keeper", "passphrase", "--secret-fd", pipe_of(WORDS)]) == 0
    assert cli.main(["keys", "init"]) == 0 and "there already" in capsys.readouterr().out
    house = House(Settings.from_env())
    house.unlock([WORDS])
    assert house.vault.read(house.vault.put_bytes(b"paper")) == b"paper"
    assert not (tmp_path / "home" / "keys" / "master_key").exists()


def test_files_of_before_are_sealed_by_a_command(world: World, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    papers = {sha256(data).hexdigest(): data for data in (b"one", b"two")}
    for sha, data in papers.items():
        in_the_clear(world.house.vault, sha, data)
    in_the_clear(world.house.vault, "a" * 64, b"not what its name says")
    assert run("vault", "seal") == 1
    assert capsys.readouterr().out == f"2 files sealed\nvault: file {'a' * 64} is missing or damaged\n"
    assert all(world.house.vault.is_sealed(sha) and world.house.vault.read(sha) == papers[sha] for sha in papers)
