"""Settings: frozen, read once from the environment; a missing secret or an unsafe value is refused by name."""

from __future__ import annotations

import ipaddress
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from oms.domain import naming
from oms.domain.actions import Role
from oms.errors import SettingsError

VERSION = "0.1.0"
"""This program's version, as in pyproject.toml."""
CHECKOUT = Path(__file__).resolve().parent.parent
HANDED = "OMS_UNLOCK_FD"
"""Set by `oms serve` for its own children alone: the descriptor in which they find the vault's master key."""
KEEPERS = ("file", "passphrase", "shares", "token")
"""How the vault's master key may be kept."""
ZONES = {
    "party_wan": "Mạng diện rộng của Đảng",
    "isolated_lan": "Mạng LAN độc lập",
    "office_lan": "Mạng nội bộ",
}


@dataclass(frozen=True)
class Signing:
    """The agency's key: a PKCS#12 file, or a label in a PKCS#11 token. Its secret is read when it is needed."""

    agency: str
    secret_file: Path
    pkcs12: Path | None = None
    module: str = ""
    token: str = ""
    label: str = ""
    auto: bool = False

    def secret(self) -> str:
        """Passphrase or PIN; OSError when the file cannot be read."""
        return self.secret_file.read_text(encoding="utf-8").strip()


@dataclass(frozen=True)
class Settings:
    """One installation. Everything it keeps lies under ``home`` (OMS_HOME)."""

    home: Path
    database_url: str
    secret_key: str
    zone: str = "office_lan"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    web_processes: int = 2
    web_threads: int = 8
    """Web server: processes, and requests that each has in hand at once."""
    web_turns: int = 2
    """How many of them compute at the same time; the others wait for their sender, their reader or their turn."""
    idle_minutes: int = 15
    session_hours: int = 8
    opening_minutes: int = 60
    lease_seconds: int = 180
    """After so much silence of a worker its work is another's; longer than one page, or reading a list, may take."""
    max_upload_bytes: int = 512 * 1024 * 1024
    settle_seconds: float = 2.0
    secure_cookies: bool = False
    second_factor: tuple[str, ...] = ("*",)
    """Roles that must have a second factor; "*" all. Who has one is asked for it in any case."""
    site: str = ""
    """Where browsers open the pages (https://name): what passkeys are bound to."""
    proxied: bool = False
    """A proxy of one's own stands before the server and tells the client's address."""
    demonstration: bool = False
    scanners: tuple[str, ...] = ()
    """Names of the scanners to offer, as SANE calls them; none named: whichever SANE finds."""
    signing: Signing | None = None
    export_folder: str = naming.FOLDER
    export_file: str = naming.FILE
    witness_dirs: tuple[Path, ...] = ()
    """Folders on other media to which every sealed head of the journal is appended."""
    journal_key: Path | None = None
    """Where the journal's signing key lies when it is not in ``keys``: the sealer alone has to read it."""
    search: str = ""
    """Search servers (sphinxql://…) instead of an index in ``index``; empty: none."""
    database_admin_url: str = ""
    """PostgreSQL: a superuser's address of the same database; ``oms setup`` and ``oms move`` alone use it."""
    database_pool: int = 8
    """PostgreSQL: connections a process keeps open, and as many more when they are wanted."""
    statement_seconds: int = 30
    """PostgreSQL: how long a statement for a person may run."""
    exchange_folder: Path | None = None
    """The folder shared with partners (USB, SFTP): packages leave in ``out`` and come in ``in``."""
    exchange_host: str = "127.0.0.1"
    exchange_port: int = 8443
    exchange_address: str = ""
    """Where partners reach our exchange server (https://name:8443); empty: by folder alone."""
    own_sealer: bool = True
    """False: the sealer runs as a service of its own, under another user."""
    metrics: tuple[str, int] | None = None
    """Address and port at which ``oms metrics`` answers; None: nothing is counted and nobody answers."""
    access_log: bool = True
    """A line of the web server's log for each request: desk, status, time, number."""
    disk_floor: int = 1024 * 1024 * 1024
    """With fewer bytes free the installation says that it is not ready."""
    vault_place: str = ""
    """Where the vault's files lie: a folder or s3://…; empty: ``vault`` under ``home``."""
    vault_copy: str = ""
    """The second place every file goes to; empty: none."""
    backup: tuple[str, ...] = ()
    """Places of backup: folders or s3://…, at most two; empty: no backups are made."""
    backup_once: str = ""
    """A place that is only ever added to; empty: none."""
    backup_keys: str = ""
    """The only place that holds the keys of files; empty: none, and nothing can be restored."""
    backup_days: int = 30
    """Days for which ordinary places keep backups."""
    backup_once_minutes: int = 60
    """The place that is written once is given a run no more often than that."""
    database_key: Path | None = None
    """The file with the key of a sealed embedded database; None: it is not sealed."""
    keys_database: str = ""
    """The database of the vault's keys, when it is not ``keys/files.db``: several hosts need one on a server."""

    @property
    def vault(self) -> Path:
        """The folder of write-once files by SHA-256, where they lie in one."""
        named = self.vault_place if not self.vault_place.startswith("s3://") else ""
        return Path(named).resolve() if named else self.home / "vault"

    @property
    def keys_database_url(self) -> str:
        """Address of the database of the vault's keys."""
        return self.keys_database or f"sqlite:///{self.keys / 'files.db'}"

    @property
    def index(self) -> Path:
        """The search index: a cache that can be rebuilt."""
        return self.home / "index"

    @property
    def intake(self) -> Path:
        """The watched folder: one sub-folder a unit code."""
        return self.home / "intake"

    @property
    def keys(self) -> Path:
        """Secrets, mode 0600, folder 0700."""
        return self.home / "keys"

    @property
    def trust(self) -> Path:
        """Certificates (*.pem) of the authorities whose signatures are believed."""
        return self.home / "trust"

    @property
    def witness(self) -> Path:
        """Kept checkpoints; copy them to another medium."""
        return self.home / "witness"

    @property
    def inbox(self) -> Path:
        """Rows of readings that wait for a long writer to end before they get their number."""
        return self.home / "inbox.db"

    @property
    def exchange_dir(self) -> Path:
        """Where the folders ``out`` and ``in`` of the exchange lie."""
        return self.exchange_folder or self.home / "exchange"

    @property
    def figures(self) -> Path:
        """What the programs have counted of their work since they were started."""
        return self.home / "metrics"

    @property
    def log(self) -> Path:
        """Program logs; never names, secrets or OCR text."""
        return self.home / "log"

    @property
    def models(self) -> Path:
        """The model of document types learned here."""
        return self.home / "models"

    @property
    def queue(self) -> Path:
        """huey's file: only the order of work; the work itself is in the database."""
        return self.home / "queue.db"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Reads OMS_* variables; SettingsError names the variable that is missing or unsafe."""
        env = os.environ if env is None else env
        home = Path(env.get("OMS_HOME") or CHECKOUT / "var").resolve()
        return cls(
            home=home,
            database_url=_database(env, "OMS_DATABASE_URL", f"sqlite:///{home / 'oms.db'}"),
            secret_key=_secret(env, home / "keys" / "secret_key"),
            zone=_choice(env, "OMS_ZONE", "office_lan", tuple(ZONES)),
            host=_host(env),
            port=_number(env, "OMS_PORT", 8000, 1, 65535),
            workers=_number(env, "OMS_WORKERS", os.cpu_count() or 1, 1, 64),
            **_web_server(env),
            idle_minutes=_number(env, "OMS_IDLE_MINUTES", 15, 1, 120),
            session_hours=_number(env, "OMS_SESSION_HOURS", 8, 1, 24),
            opening_minutes=_number(env, "OMS_OPENING_MINUTES", 60, 5, 480),
            lease_seconds=_number(env, "OMS_LEASE_SECONDS", 180, 5, 3600),
            max_upload_bytes=_number(env, "OMS_MAX_UPLOAD_MB", 512, 1, 4096) * 1024 * 1024,
            settle_seconds=float(_number(env, "OMS_SETTLE_SECONDS", 2, 0, 600)),
            secure_cookies=_choice(env, "OMS_SECURE_COOKIES", "no", ("no", "yes")) == "yes",
            second_factor=_second_factor(env, (home / "demonstration").exists()),
            site=_site(env),
            proxied=_choice(env, "OMS_PROXIED", "no", ("no", "yes")) == "yes",
            demonstration=(home / "demonstration").exists(),
            scanners=tuple(name.strip() for name in env.get("OMS_SCANNERS", "").split("|") if name.strip()),
            signing=_signing(env, home / "keys"),
            export_folder=_pattern(env, "OMS_EXPORT_FOLDER", naming.FOLDER),
            export_file=_pattern(env, "OMS_EXPORT_FILE", naming.FILE),
            witness_dirs=tuple(
                Path(part) for part in env.get("OMS_WITNESS_DIRS", "").split(os.pathsep) if part.strip()
            ),
            journal_key=Path(env["OMS_JOURNAL_KEY"]) if env.get("OMS_JOURNAL_KEY") else None,
            search=env.get("OMS_SEARCH", ""),
            database_admin_url=_database(env, "OMS_DATABASE_ADMIN_URL", ""),
            database_pool=_number(env, "OMS_DATABASE_POOL", 8, 1, 100),
            statement_seconds=_number(env, "OMS_STATEMENT_SECONDS", 30, 1, 600),
            exchange_folder=Path(env["OMS_EXCHANGE_DIR"]).resolve() if env.get("OMS_EXCHANGE_DIR") else None,
            exchange_host=_host(env, "OMS_EXCHANGE_HOST"),
            exchange_port=_number(env, "OMS_EXCHANGE_PORT", 8443, 1, 65535),
            exchange_address=_site(env, "OMS_EXCHANGE_ADDRESS"),
            own_sealer=_choice(env, "OMS_SEALER", "own", ("own", "apart")) == "own",
            metrics=_metrics(env),
            access_log=_choice(env, "OMS_ACCESS_LOG", "yes", ("no", "yes")) == "yes",
            disk_floor=_number(env, "OMS_DISK_FLOOR_MB", 1024, 0, 1024 * 1024) * 1024 * 1024,
            vault_place=env.get("OMS_VAULT", ""),
            vault_copy=_copy(env),
            **_keys(env),
            **_backup(env),
        )


def _copy(env: Mapping[str, str]) -> str:
    """OMS_VAULT_COPY: another place than the first."""
    first, second = env.get("OMS_VAULT", ""), env.get("OMS_VAULT_COPY", "")
    if second and second.rstrip("/") == first.rstrip("/"):
        raise SettingsError("OMS_VAULT_COPY is the same place as OMS_VAULT")
    return second


def _backup(env: Mapping[str, str]) -> dict[str, Any]:
    """OMS_BACKUP and the places beside it: all of them others, the keys never beside what they open."""
    ordinary = tuple(part.strip() for part in env.get("OMS_BACKUP", "").split("|") if part.strip())
    once, keys = env.get("OMS_BACKUP_ONCE", ""), env.get("OMS_BACKUP_KEYS", "")
    named = [each.rstrip("/") for each in (*ordinary, once, keys) if each]
    if len(ordinary) > 2:
        raise SettingsError("OMS_BACKUP names at most two places, with | between them")
    for one, other in permutations(named, 2):
        if one == other or other.startswith(one + "/"):
            raise SettingsError("OMS_BACKUP, OMS_BACKUP_ONCE, OMS_BACKUP_KEYS: no place may be or lie in another one")
    if ordinary and not keys:
        raise SettingsError("OMS_BACKUP_KEYS is missing: without the keys of files no backup can be restored")
    return {
        "backup": ordinary,
        "backup_once": once,
        "backup_keys": keys,
        "backup_days": _number(env, "OMS_BACKUP_KEEP", 30, 1, 3650),
        "backup_once_minutes": _number(env, "OMS_BACKUP_ONCE_MINUTES", 60, 0, 10080),
    }


def _keys(env: Mapping[str, str]) -> dict[str, Any]:
    """What opens the database, and where the vault's keys are."""
    named = env.get("OMS_DATABASE_KEY", "")
    return {"database_key": Path(named).resolve() if named else None, "keys_database": _keys_database(env)}


def _keys_database(env: Mapping[str, str]) -> str:
    """OMS_KEYS_DATABASE_URL: never the records' database, whose backups would bring destroyed keys back."""
    url = env.get("OMS_KEYS_DATABASE_URL", "")
    if url and url == env.get("OMS_DATABASE_URL"):
        raise SettingsError("OMS_KEYS_DATABASE_URL must be another database than OMS_DATABASE_URL")
    return url


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or not low <= int(text) <= high:
        raise SettingsError(f"{name} must be a whole number from {low} to {high}")
    return int(text)


def _database(env: Mapping[str, str], name: str, default: str) -> str:
    """An address of SQLAlchemy's, of one of the two kinds the program speaks; what it says is never repeated."""
    value = env.get(name) or default
    if value and not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingsError(f"{name} must begin with postgresql+psycopg:// (or sqlite:///)")
    return value


def _choice(env: Mapping[str, str], name: str, default: str, choices: tuple[str, ...]) -> str:
    value = env.get(name) or default
    if value not in choices:
        raise SettingsError(f"{name} must be one of: {', '.join(choices)}")
    return value


def _web_server(env: Mapping[str, str]) -> dict[str, Any]:
    return {
        "web_processes": _number(env, "OMS_WEB_PROCESSES", 2, 1, 64),
        "web_threads": _number(env, "OMS_WEB_THREADS", 8, 1, 64),
        "web_turns": _number(env, "OMS_WEB_TURNS", 2, 1, 64),
    }


def _second_factor(env: Mapping[str, str], demonstration: bool) -> tuple[str, ...]:
    """OMS_SECOND_FACTOR: required, optional, or the roles that must have one; a demonstration does without."""
    value = env.get("OMS_SECOND_FACTOR") or ("optional" if demonstration else "required")
    if value in ("required", "optional"):
        return ("*",) if value == "required" else ()
    roles = tuple(name.strip() for name in value.split(",") if name.strip())
    if not roles or set(roles) - set(Role):
        raise SettingsError(f"OMS_SECOND_FACTOR must be required, optional, or roles of: {', '.join(Role)}")
    return roles


def _site(env: Mapping[str, str], name: str = "OMS_SITE") -> str:
    """An origin: https://name, with a port if it is not 443; http only for localhost."""
    value = env.get(name, "").rstrip("/")
    parts = urlsplit(value)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "localhost")
    if value and (not secure or value != f"{parts.scheme}://{parts.netloc}" or not parts.hostname):
        raise SettingsError(f"{name} must be an address like https://hoso.example (http only for localhost)")
    return value


def _host(env: Mapping[str, str], name: str = "OMS_HOST") -> str:
    """The address to listen on; one that does not fit the declared zone is refused.

    An isolated LAN has no address of the Internet; on the Party's wide network a session's cookie goes encrypted only.
    """
    host, zone = env.get(name) or "127.0.0.1", env.get("OMS_ZONE") or "office_lan"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if zone == "isolated_lan" and address.is_global:
        raise SettingsError(f"{name} is an address of the Internet, but OMS_ZONE says isolated_lan")
    if (
        name == "OMS_HOST"
        and zone == "party_wan"
        and not address.is_loopback
        and env.get("OMS_SECURE_COOKIES") != "yes"
    ):
        raise SettingsError(
            "OMS_SECURE_COOKIES must be yes when OMS_ZONE is party_wan and OMS_HOST is not this machine"
        )
    return host


def _metrics(env: Mapping[str, str]) -> tuple[str, int] | None:
    """OMS_METRICS: one address of this machine and a port; never every address, never one of the Internet."""
    value = env.get("OMS_METRICS", "")
    if not value:
        return None
    host, _colon, port = value.rpartition(":")
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        raise SettingsError("OMS_METRICS must be an address and a port, like 127.0.0.1:9108") from None
    if address.is_unspecified or address.is_global:
        raise SettingsError("OMS_METRICS must be one address of an inner network, like 127.0.0.1:9108")
    return str(address), _number({"OMS_METRICS": port}, "OMS_METRICS", 0, 1, 65535)


def _pattern(env: Mapping[str, str], name: str, default: str) -> str:
    value = env.get(name) or default
    problem = naming.problem_of(value)
    if problem:
        raise SettingsError(f"{name}: {problem}")
    return value


def _signing(env: Mapping[str, str], keys: Path) -> Signing | None:
    """The agency's key, when one is named; a secret that others can read is refused."""
    file, module = env.get("OMS_SIGN_PKCS12", ""), env.get("OMS_SIGN_PKCS11_MODULE", "")
    if not file and not module:
        return None
    if file and module:
        raise SettingsError("set OMS_SIGN_PKCS12 or OMS_SIGN_PKCS11_MODULE, not both")
    secret_file = Path(env.get("OMS_SIGN_SECRET_FILE") or keys / "sign_secret")
    if not secret_file.is_file():
        raise SettingsError("OMS_SIGN_SECRET_FILE: no such file (passphrase or PIN of the agency's key)")
    if stat.S_IMODE(secret_file.stat().st_mode) & 0o077:
        raise SettingsError("OMS_SIGN_SECRET_FILE is readable by others: chmod 600 it")
    needed = ("OMS_SIGN_AGENCY",) if file else ("OMS_SIGN_AGENCY", "OMS_SIGN_PKCS11_TOKEN", "OMS_SIGN_PKCS11_KEY")
    for name in needed:
        if not env.get(name, "").strip():
            raise SettingsError(f"{name} is missing")
    return Signing(
        agency=" ".join(env["OMS_SIGN_AGENCY"].split())[:300],
        secret_file=secret_file,
        pkcs12=Path(file) if file else None,
        module=module,
        token=env.get("OMS_SIGN_PKCS11_TOKEN", ""),
        label=env.get("OMS_SIGN_PKCS11_KEY", ""),
        auto=_choice(env, "OMS_SIGN_AUTO", "no", ("no", "yes")) == "yes",
    )


def _secret(env: Mapping[str, str], path: Path) -> str:
    """The key that signs cookies: from OMS_SECRET_KEY or a file only its owner can read."""
    value = env.get("OMS_SECRET_KEY", "")
    if not value:
        if not path.exists():
            raise SettingsError(
                f"no secret key: run ./run once, or set OMS_SECRET_KEY (looked for {path.name} in keys/)"
            )
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SettingsError("keys/secret_key is readable by others: chmod 600 it")
        value = path.read_text().strip()
    if len(value) < 32:
        raise SettingsError("the secret key is shorter than 32 characters")
    return value
