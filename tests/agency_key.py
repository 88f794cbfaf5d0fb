"""The agency's signing key of a world, as a file with its secret: made here, good for nothing else."""

from __future__ import annotations

from pathlib import Path

import certificates
from factories import World

from oms.settings import Settings

AGENCY = "Ban Tổ chức Tỉnh uỷ thử"
CA = certificates.make("CA thử", "Cơ yếu thử", days=(-3650, 3650))


def key_file(folder: Path, days: tuple[int, int] = (-3650, 3650)) -> Path:
    """Lays the key where the settings look for it."""
    return certificates.make("Văn thư", AGENCY, CA, days=days).pkcs12(folder / "khoa.p12", CA)


def settings_with_key(world: World, **more: str) -> Settings:
    """The settings of an installation that has the agency's key in a file."""
    home = world.house.settings.home
    secret = home / "keys" / "sign_secret"
    secret.write_bytes(certificates.PASSPHRASE)
    secret.chmod(0o600)
    key = home / "keys" / "khoa.p12"
    env = {"OMS_HOME": str(home), "OMS_SIGN_PKCS12": str(key), "OMS_SIGN_AGENCY": AGENCY}
    return Settings.from_env(env | more)
