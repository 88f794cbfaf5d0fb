"""The two hosts of :mod:`benchmarks.two_hosts`: their wire, their database, what runs on each, the front and the PC."""

from __future__ import annotations

import http.client
import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import postgres_server  # noqa: E402
import psycopg  # noqa: E402
from factories import PASSWORD, World, make_world  # noqa: E402
from scanning_paper import DECISION, draw  # noqa: E402

__all__ = ["DECISION", "World", "draw", "make_world"]
SITE = "hoso.example"
PLACES = {"db": "10.77.0.1", "front": "10.77.0.2", "one": "10.77.0.11", "two": "10.77.0.12", "pc": "10.77.0.50"}
_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"|name="csrf_token" value="([^"]+)"')


def ip(*words: str) -> None:
    """One command of iproute2."""
    subprocess.run(["ip", *words], check=True, capture_output=True)


def space(place: str) -> str:
    """The namespace of a place."""
    return f"oms2h-{place}"


@contextmanager
def lan() -> Iterator[None]:
    """Five places on one wire, and no way out of it."""
    try:
        ip("netns", "add", space("wire"))
        ip("-n", space("wire"), "link", "add", "br0", "type", "bridge")
        ip("-n", space("wire"), "link", "set", "br0", "up")
        for place, address in PLACES.items():
            ip("netns", "add", space(place))
            ip("-n", space(place), "link", "set", "lo", "up")
            ip("-n", space("wire"), "link", "add", f"to-{place}", "type", "veth", "peer", "eth0", "netns", space(place))
            ip("-n", space("wire"), "link", "set", f"to-{place}", "master", "br0", "up")
            ip("-n", space(place), "address", "add", f"{address}/24", "dev", "eth0")
            ip("-n", space(place), "link", "set", "eth0", "up")
        yield
    finally:
        for place in (*PLACES, "wire"):
            for pid in pids(place):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            subprocess.run(["ip", "netns", "del", space(place)], check=False, capture_output=True)


def pids(place: str) -> list[int]:
    """The processes of a place; none but this program's are ever in one."""
    told = subprocess.run(["ip", "netns", "pids", space(place)], check=False, capture_output=True, text=True)
    return [int(word) for word in told.stdout.split() if int(word) != os.getpid()]


def at(place: str, *command: str) -> list[str]:
    """A command in a place's network."""
    return ["ip", "netns", "exec", space(place), *command]


def certificate(folder: Path, name: str, alt: str) -> None:
    """A certificate of its own with its key."""
    made = ["-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"]
    words = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={alt}"]
    subprocess.run(["openssl", "req", "-x509", *words, *made], check=True, capture_output=True)


@dataclass
class Base:
    """The database's place."""

    folder: Path
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18))

    def start(self) -> None:
        """A cluster heard in its own network alone, over TLS, with passwords."""
        server = self.folder / "server"
        server.mkdir()
        programs = postgres_server.programs()
        assert programs is not None, "no PostgreSQL"
        certificate(self.folder, "db", f"IP:{PLACES['db']}")
        for name in ("db.key", "db.pem"):
            shutil.copy(self.folder / name, server / name)
        for path in (server, *server.iterdir()):
            shutil.chown(path, "postgres", "postgres")
            path.chmod(0o700 if path == server else 0o600)
        words = ["--no-sync", "--auth=trust", "--username=postgres", "--locale=C.UTF-8", "--encoding=UTF8"]
        postgres_server.as_server([str(programs / "initdb"), "-D", f"{server}/data", *words])
        rules = "local all postgres trust\n"
        rules += "hostssl oms oms_app,oms_worker,oms_sealer 10.77.0.0/24 scram-sha-256\n"
        rules += "hostssl oms_keys oms_keys 10.77.0.0/24 scram-sha-256\n"
        (server / "data/pg_hba.conf").write_text(rules)
        told = f"listen_addresses={PLACES['db']} unix_socket_directories={server} ssl=on ssl_cert_file={server}/db.pem "
        told += f"ssl_key_file={server}/db.key max_connections=120 shared_buffers=64MB"
        options = [word for each in told.split() for word in ("-c", each)]
        log = (self.folder / "postgresql.log").open("ab")
        who = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        with log:
            command = at("db", *who, str(programs / "postgres"), "-D", f"{server}/data", *options)
            subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        until(lambda: self.ask("SELECT 1", database="postgres"), 60)

    def connect(self, database: str = "oms") -> psycopg.Connection:
        """As the server's administrator, over its socket."""
        return psycopg.connect(host=f"{self.folder}/server", dbname=database, user="postgres", autocommit=True)

    def ask(self, question: str, database: str = "oms") -> list[tuple[Any, ...]]:
        """Rows of a question; none while the server does not answer."""
        try:
            with self.connect(database) as connection:
                return connection.execute(question).fetchall()
        except psycopg.OperationalError:
            return []

    def fill(self) -> None:
        """Both databases with schema and roles, as ``deploy/postgresql.sh`` makes them; the roles' passwords."""
        with self.connect("postgres") as connection:
            for name in ("oms", "oms_keys"):
                connection.execute(f"CREATE DATABASE {name}")
        admin = f"postgresql+psycopg://postgres@/oms?host={self.folder}/server"
        env = os.environ | {"OMS_DATABASE_ADMIN_URL": admin}
        command = [sys.executable, "-m", "oms.cli", "setup", "--schema"]
        subprocess.run(command, check=True, env=env, cwd=ROOT, stdout=subprocess.DEVNULL)
        with self.connect("postgres") as connection:
            connection.execute("CREATE ROLE oms_keys LOGIN")
            connection.execute("ALTER DATABASE oms_keys OWNER TO oms_keys")
            for role in ("oms_app", "oms_worker", "oms_sealer", "oms_keys"):
                connection.execute(f"ALTER ROLE {role} PASSWORD '{self.password}'")
        with self.connect("oms_keys") as connection:
            connection.execute("GRANT ALL ON SCHEMA public TO oms_keys")
        self.passwords.write_text(f"*:*:*:*:{self.password}\n")
        self.passwords.chmod(0o600)

    @property
    def passwords(self) -> Path:
        """The file each host's user has as ~/.pgpass."""
        return self.folder / "pgpass"

    def address(self, role: str, database: str) -> str:
        """What the settings of a host say."""
        root = self.folder / "db.pem"
        return f"postgresql+psycopg://{role}@{PLACES['db']}/{database}?sslmode=verify-full&sslrootcert={root}"


@dataclass
class Host:
    """One of the two."""

    name: str
    folder: Path
    base: Base
    lease: int
    running: subprocess.Popen[bytes] | None = None

    @property
    def home(self) -> Path:
        """Its own OMS_HOME."""
        return self.folder / self.name

    def settings(self) -> dict[str, str]:
        """Its oms.env."""
        return {
            "OMS_HOME": str(self.home),
            "OMS_ZONE": "isolated_lan",
            "OMS_HOST": PLACES[self.name],
            "OMS_PORT": "8000",
            "OMS_SITE": f"https://{SITE}",
            "OMS_PROXIED": "yes",
            "OMS_SECURE_COOKIES": "yes",
            "OMS_SECOND_FACTOR": "optional",
            "OMS_DATABASE_URL": self.base.address("oms_app", "oms"),
            "OMS_KEYS_DATABASE_URL": self.base.address("oms_keys", "oms_keys"),
            "OMS_VAULT": str(self.folder / "vault"),
            "OMS_LEASE_SECONDS": str(self.lease),
            "OMS_WORKERS": "1",
            "OMS_WEB_PROCESSES": "1",
            "OMP_THREAD_LIMIT": "1",
            "PGPASSFILE": str(self.base.passwords),
        }

    def oms(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the operator's on this host."""
        command = at(self.name, sys.executable, "-m", "oms.cli", *words)
        env = os.environ | self.settings()
        return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)

    def start(self) -> None:
        """``oms serve``."""
        with (self.folder / f"{self.name}.log").open("ab") as log:
            command = at(self.name, sys.executable, "-m", "oms.cli", "serve")
            env = os.environ | self.settings()
            self.running = subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)

    def kill(self) -> int:
        """Every process of the host at once with signal 9, as a cut of its power; returns how many."""
        found = pids(self.name)
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert self.running is not None
        self.running.wait()
        return len(found)

    def drain(self) -> float:
        """SIGTERM, as systemd stops it; seconds until it had ended."""
        assert self.running is not None
        begun = time.monotonic()
        for pid in pids(self.name):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"serve" in words:
                os.kill(pid, signal.SIGTERM)
        self.running.wait(60)
        return time.monotonic() - begun


def until(done: Callable[[], object], seconds: float) -> float:
    """Seconds until it was so; an error when it did not come to that."""
    begun = time.monotonic()
    while not done():
        if time.monotonic() - begun > seconds:
            raise SystemExit(f"it did not come to that in {seconds:.0f} s")
        time.sleep(0.1)
    return time.monotonic() - begun


class Browser:
    """A person at the PC, through nginx."""

    def __init__(self, authority: Path) -> None:
        self._tls = ssl.create_default_context(cafile=str(authority))
        self._cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, str, str]:
        """Status, page, and where it sends one."""
        line = http.client.HTTPSConnection(PLACES["front"], 443, timeout=30, context=self._tls)
        line.sock = self._tls.wrap_socket(
            socket.create_connection((PLACES["front"], 443), timeout=10), server_hostname=SITE
        )
        named = {"Host": SITE, "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if kind:
            named |= {"Content-Type": kind, "Origin": f"https://{SITE}", "Referer": f"https://{SITE}{path}"}
        line.request(method, path, body or None, named)
        answer = line.getresponse()
        page = answer.read().decode("utf-8", "replace")
        for header in answer.msg.get_all("Set-Cookie") or []:
            name, _equals, value = header.partition(";")[0].partition("=")
            self._cookies[name] = value
        line.close()
        return answer.status, page, answer.headers.get("Location") or ""

    def token(self, path: str) -> str:
        """The word a page gives for its forms."""
        found = _TOKEN.search(self.ask("GET", path)[1])
        return (found.group(1) or found.group(2)) if found else ""

    def post(self, path: str, told: dict[str, str], of: str) -> tuple[int, str, str]:
        """A form, with the word of the page it stands on."""
        body = urlencode(told | {"csrf_token": self.token(of)}).encode()
        return self.ask("POST", path, body, "application/x-www-form-urlencoded")

    def sign_in(self, name: str) -> bool:
        """By password."""
        told = {"username": name, "password": PASSWORD}
        return self.post("/dang-nhap", told, "/dang-nhap")[0] == 302

    def upload(self, batch: str, name: str, data: bytes) -> int:
        """A file into a batch; the status."""
        edge, token = secrets.token_hex(12), self.token(f"/dot-so-hoa/{batch}")
        parts = [f'--{edge}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'.encode()]
        head = f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        parts += [f"{head}Content-Type: application/pdf\r\n\r\n".encode(), data, f"\r\n--{edge}--\r\n".encode()]
        return self.ask("POST", f"/dot-so-hoa/{batch}/tep", b"".join(parts), f"multipart/form-data; boundary={edge}")[0]


class Watch:
    """Asks the site four times a second, and remembers the longest time without an answer."""

    def __init__(self, browser: Browser) -> None:
        self._browser, self._end = browser, threading.Event()
        self.answers = self.failures = 0
        self.longest = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        last = time.monotonic()
        while not self._end.wait(0.25):
            try:
                status = self._browser.ask("GET", "/")[0]
            except (OSError, http.client.HTTPException):
                status = 0
            self.longest = max(self.longest, time.monotonic() - last)
            if status == 200:
                self.answers, last = self.answers + 1, time.monotonic()
            else:
                self.failures += 1

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._end.set()
        self._thread.join()


def nginx(folder: Path) -> None:
    """The shipped site in front, with this network's addresses, name and certificate."""
    site = (ROOT / "deploy/nginx/oms.conf").read_text()
    lines = "".join(f"server {PLACES[name]}:8000 max_fails=2 fail_timeout=5s;\n" for name in ("one", "two"))
    site = re.sub(r"    server 127\.0\.0\.1:8000.*\n", lines, site)
    site = site.replace("/etc/oms/tls/site.pem", f"{folder}/{SITE}.pem").replace(
        "/etc/oms/tls/site.key", f"{folder}/{SITE}.key"
    )
    site = site.replace("/var/log/nginx/", f"{folder}/")
    head = f"pid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\ndaemon off;\nuser root;\nevents {{}}\n"
    (folder / "nginx.conf").write_text(f"{head}http {{\n{site}\n}}\n")
    subprocess.Popen(at("front", "nginx", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/nginx.log"))
