"""Settings: an installation that would not be safe does not start, and says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from oms.errors import SettingsError
from oms.settings import Settings

SECRET = "một khoá dài hơn ba mươi hai ký tự, để thử"


def read(home: Path, **env: str) -> Settings:
    return Settings.from_env({"OMS_HOME": str(home)} | env)


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="OMS_SECRET_KEY"):
        read(tmp_path)


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    path = tmp_path / "keys" / "secret_key"
    path.write_text(SECRET)
    for mode in (0o644, 0o640, 0o604):
        path.chmod(mode)
        with pytest.raises(SettingsError, match="chmod 600"):
            read(tmp_path)
    path.chmod(0o600)
    assert read(tmp_path).secret_key == SECRET


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="32"):
        read(tmp_path, OMS_SECRET_KEY="ngắn")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OMS_PORT", "0"),
        ("OMS_PORT", "65536"),
        ("OMS_PORT", "http"),
        ("OMS_WORKERS", "-1"),
        ("OMS_IDLE_MINUTES", "1.5"),
        ("OMS_SESSION_HOURS", "25"),
        ("OMS_OPENING_MINUTES", "4"),
        ("OMS_MAX_UPLOAD_MB", "5000"),
        ("OMS_SETTLE_SECONDS", "601"),
        ("OMS_ZONE", "internet"),
        ("OMS_SECURE_COOKIES", "maybe"),
    ],
)
def test_a_bad_value_is_refused_by_its_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read(tmp_path, OMS_SECRET_KEY=SECRET, **{name: value})


def test_everything_lies_under_home(tmp_path: Path) -> None:
    found = read(tmp_path, OMS_SECRET_KEY=SECRET)
    places = [found.vault, found.index, found.intake, found.keys, found.witness, found.log, found.queue]
    assert all(place.parent == tmp_path for place in places)
    assert found.database_url.endswith(str(tmp_path / "oms.db"))


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"OMS_ZONE": "isolated_lan", "OMS_HOST": "8.8.8.8"}, "OMS_HOST"),
        ({"OMS_ZONE": "party_wan", "OMS_HOST": "10.0.0.5"}, "OMS_SECURE_COOKIES"),
        ({"OMS_ZONE": "internet"}, "OMS_ZONE"),
    ],
)
def test_a_zone_that_does_not_fit_the_network_is_refused_by_name(
    tmp_path: Path, env: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        read(tmp_path, OMS_SECRET_KEY=SECRET, **env)


def test_zones_that_fit_start(tmp_path: Path) -> None:
    assert read(tmp_path, OMS_SECRET_KEY=SECRET, OMS_ZONE="isolated_lan", OMS_HOST="10.0.0.5").zone == "isolated_lan"
    assert (
        read(tmp_path, OMS_SECRET_KEY=SECRET, OMS_ZONE="party_wan", OMS_HOST="10.0.0.5", OMS_SECURE_COOKIES="yes").zone
        == "party_wan"
    )
