"""What is handed to whoever installs: units in a sandbox, a bill of what is in the bundle, a careful installer."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from oms import cli
from oms.settings import VERSION, Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MOST_EXPOSED = 2.5

sys.path.insert(0, str(DEPLOY))
import sbom  # noqa: E402


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_shut_in_as_systemd_counts_it(unit: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze on this machine: apt-get install systemd")
    limit = f"--threshold={int(MOST_EXPOSED * 10)}"
    done = subprocess.run(
        [program, "security", "--offline=true", "--no-pager", limit, str(unit)], capture_output=True, text=True
    )
    told = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert told, done.stderr
    assert float(told[1]) <= MOST_EXPOSED


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_a_command_there_is_as_a_user_that_is_not_root(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    command = re.search(r"^ExecStart=/opt/oms/\.venv/bin/oms (.+)$", text, re.M)
    assert command
    words = command[1].replace("%i", "2").split()
    cli.parser().parse_args(words)
    assert re.search(r"^User=oms(-seal)?$", text, re.M) and "\nGroup=oms\n" in text


def test_only_the_sealer_reaches_the_journals_key() -> None:
    for unit in UNITS:
        hidden = "InaccessiblePaths=-/etc/oms-seal" in unit.read_text(encoding="utf-8")
        assert hidden is (unit.stem != "oms-seal"), unit.name
    for name in ("vault", "intake", "index"):
        assert f"-/var/lib/oms/{name}" in (DEPLOY / "systemd/oms-seal.service").read_text(encoding="utf-8")


def test_whatever_opens_files_of_strangers_may_build_boxes_and_nothing_else_may() -> None:
    boxed = {unit.stem for unit in UNITS if "@mount" in unit.read_text(encoding="utf-8").split("RestrictNamespaces")[1]}
    assert boxed == {"oms-web", "oms-work@", "oms-watch"}


def test_the_settings_handed_out_are_accepted(tmp_path: Path) -> None:
    lines = [line for line in (DEPLOY / "oms.env").read_text(encoding="utf-8").splitlines() if line[:4] == "OMS_"]
    env = dict(line.split("=", 1) for line in lines) | {"OMS_HOME": str(tmp_path), "OMS_SECRET_KEY": "x" * 40}
    settings = Settings.from_env(env)
    assert settings.proxied and settings.secure_cookies and not settings.own_sealer
    assert settings.metrics == ("127.0.0.1", 9108)


def test_the_programs_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == VERSION


def _wheel(folder: Path, name: str, told: str) -> Path:
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{told}\n")
    return path


def test_the_bill_names_every_wheel_with_hash_and_licence_and_every_debian_package(tmp_path: Path) -> None:
    one = _wheel(tmp_path, "Some.Thing", "License-Expression: MIT OR Apache-2.0\n")
    two = _wheel(tmp_path, "other", "Classifier: License :: OSI Approved :: BSD License\n")
    bill = sbom.bill([one, two], "1.2.3", ["bubblewrap 0.8.0-2", "nginx-light", ""])
    parts = {part["purl"]: part for part in bill["components"]}
    assert set(parts) == {
        "pkg:pypi/some-thing@1.0",
        "pkg:pypi/other@1.0",
        "pkg:deb/debian/bubblewrap@0.8.0-2",
        "pkg:deb/debian/nginx-light",
    }
    first = parts["pkg:pypi/some-thing@1.0"]
    assert first["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(one.read_bytes()).hexdigest()}]
    assert first["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    assert parts["pkg:pypi/other@1.0"]["licenses"] == [{"license": {"name": "BSD License"}}]
    assert bill == sbom.bill([one, two], "1.2.3", ["bubblewrap 0.8.0-2", "nginx-light"])
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--zone", "internet"], "--zone is"),
        (["--site", "a/b"], "--site is"),
        (["--workers", "0"], "--workers is"),
        (["LG"], "code and its name"),
        (["--what"], "unknown option"),
    ],
)
def test_the_installer_refuses_what_it_does_not_understand(arguments: list[str], said: str) -> None:
    if os.geteuid() != 0:
        said = "root" if said != "unknown option" else said
    done = subprocess.run([DEPLOY / "install.sh", *arguments], capture_output=True, text=True)
    assert done.returncode in (1, 2) and said in done.stderr


def _bundle(folder: Path) -> Path:
    """A bundle whose files are what they were, up to where the installer looks at them."""
    made = folder / "bundle"
    made.mkdir()
    shutil.copy(DEPLOY / "install.sh", made)
    (made / "debian-packages.txt").write_text("a-package-that-does-not-exist 1.0\n")
    (made / "oms-1.0.tar.gz").write_bytes(b"")
    (made / "more").mkdir()
    (made / "more" / "good.whl").write_bytes(b"good")
    names = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
    lines = [f"{hashlib.sha256((made / name).read_bytes()).hexdigest()}  ./{name}\n" for name in names]
    (made / "SHA256SUMS").write_text("".join(lines))
    return made


@pytest.mark.skipif(os.geteuid() != 0, reason="the installer asks for root before anything else")
def test_the_installer_takes_no_bundle_that_was_touched_and_names_packages_that_lack(tmp_path: Path) -> None:
    made = _bundle(tmp_path)
    ask = [made / "install.sh", "--no-start"]
    told = subprocess.run(ask, capture_output=True, text=True).stderr
    assert "missing Debian packages" in told and "a-package-that-does-not-exist" in told
    (made / "wheels").mkdir()
    (made / "wheels" / "more.whl").write_bytes(b"")
    assert "not in SHA256SUMS" in subprocess.run(ask, capture_output=True, text=True).stderr
    (made / "wheels" / "more.whl").unlink()
    (made / "debian-packages.txt").write_text("\n")
    assert "is not what it was" in subprocess.run(ask, capture_output=True, text=True).stderr


def _swapped_for_a_link(made: Path) -> None:
    """A file of the list becomes a link to its bytes elsewhere, so that one more makes the number right again."""
    (made / "oms-1.0.tar.gz").rename(made.parent / "elsewhere")
    (made / "oms-1.0.tar.gz").symlink_to(made.parent / "elsewhere")
    (made / "more" / "evil.whl").write_bytes(b"evil")


def _append(path: Path, line: str) -> None:
    path.write_text(path.read_text() + line)


HARMS: list[tuple[str, Callable[[Path], object], str]] = [
    ("changed", lambda made: (made / "oms-1.0.tar.gz").write_bytes(b"x"), "not what it was"),
    ("missing", lambda made: (made / "debian-packages.txt").unlink(), "missing or is not what it was"),
    ("missing in a folder", lambda made: (made / "more" / "good.whl").unlink(), "missing or is not what it was"),
    ("no list", lambda made: (made / "SHA256SUMS").unlink(), "no SHA256SUMS"),
    ("added", lambda made: (made / "more" / "evil.whl").write_bytes(b"evil"), "evil.whl"),
    ("added, named like the list", lambda made: (made / "SHA256SUMS.whl").write_bytes(b"evil"), "SHA256SUMS.whl"),
    ("added, hidden", lambda made: (made / "more" / ".evil").write_bytes(b"evil"), ".evil"),
    ("added, a list in a folder", lambda made: (made / "more" / "SHA256SUMS").write_bytes(b""), "more/SHA256SUMS"),
    ("added, a link", lambda made: (made / "more" / "evil.whl").symlink_to("/etc/hostname"), "more/evil.whl"),
    ("a folder that is a link", lambda made: (made / "wheels").symlink_to("/etc"), "./wheels"),
    ("a pipe", lambda made: os.mkfifo(made / "more" / "evil.whl"), "more/evil.whl"),
    ("swapped for a link, one added", _swapped_for_a_link, "oms-1.0.tar.gz"),
    ("not a line of a list", lambda made: _append(made / "SHA256SUMS", "what\n"), "not what it was"),
]


@pytest.mark.skipif(os.geteuid() != 0, reason="the installer asks for root before anything else")
@pytest.mark.parametrize(("harm", "said"), [each[1:] for each in HARMS], ids=[each[0] for each in HARMS])
def test_a_file_that_is_changed_missing_or_added_is_told_and_nothing_is_installed(
    tmp_path: Path, harm: Callable[[Path], object], said: str
) -> None:
    made = _bundle(tmp_path)
    harm(made)
    done = subprocess.run([made / "install.sh", "--no-start"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and said in done.stderr
    assert "missing Debian packages" not in done.stderr, "it went on"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_the_guide_has_every_file_checked_before_one_of_them_is_run(tmp_path: Path) -> None:
    """The installer is of the bundle, too: what it says of itself is worth nothing before it was looked at."""
    guide = (ROOT / "docs" / "operators.md").read_text()
    steps = guide.split("**2. Check and install**")[1].split("```")[1]
    lines = steps.strip().splitlines()
    first = next(place for place, line in enumerate(lines) if "./install.sh" in line)
    checks = [line for line in lines[:first] if line.startswith(("openssl", "sha256sum"))]
    assert len(checks) == 2
    made, key = _bundle(tmp_path), tmp_path / "ours.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", tmp_path / "key.pub"], check=True)
    signing = ["openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", made / "SHA256SUMS"]
    subprocess.run([*signing, "-out", made / "SHA256SUMS.sig"], check=True)
    asked = " && ".join(checks).replace("/media/key.pub", str(tmp_path / "key.pub"))
    assert subprocess.run(["bash", "-c", asked], cwd=made, capture_output=True).returncode == 0
    (made / "install.sh").write_text("#!/bin/sh\necho all is well\n")
    assert subprocess.run(["bash", "-c", asked], cwd=made, capture_output=True).returncode != 0


def test_a_signed_bundle_is_taken_by_its_own_key_alone(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("openssl") is None:
        pytest.skip("needs root and openssl")
    made = _bundle(tmp_path)
    for name in ("ours", "other"):
        key, public = tmp_path / f"{name}.pem", tmp_path / f"{name}.pub"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
        subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True)
    signing = ["openssl", "pkeyutl", "-sign", "-inkey", tmp_path / "ours.pem", "-rawin", "-in", made / "SHA256SUMS"]
    subprocess.run([*signing, "-out", made / "SHA256SUMS.sig"], check=True)
    ask = [made / "install.sh", "--no-start", "--key"]
    told = subprocess.run([*ask, tmp_path / "other.pub"], capture_output=True, text=True).stderr
    assert "was not signed by that key" in told
    told = subprocess.run([*ask, tmp_path / "ours.pub"], capture_output=True, text=True).stderr
    assert "missing Debian packages" in told
