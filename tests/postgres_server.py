"""A PostgreSQL server of the tests' own: made in a temporary folder, heard on a Unix socket alone, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB -c max_connections=40"


def programs() -> Path | None:
    """Where the newest server's programs lie, or None where there is no server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else None


@dataclass(frozen=True)
class Server:
    """A running server: its socket's folder, and databases made from one with the newest schema."""

    folder: Path

    def url(self, database: str, role: str = SUPERUSER) -> str:
        """The address of a database for a role, as the settings take it."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.folder}"

    def connect(self, database: str, role: str = SUPERUSER) -> psycopg.Connection:
        """A plain connection, past the program."""
        return psycopg.connect(host=str(self.folder), dbname=database, user=role)

    def make(self, database: str, template: str = "template0") -> str:
        """A new database, empty or a copy of another; its name."""
        with psycopg.connect(host=str(self.folder), dbname="postgres", user=SUPERUSER, autocommit=True) as connection:
            words = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(database), sql.Identifier(template))
            connection.execute(words)
        return database


def as_server(command: list[str]) -> None:
    """Runs a program of the server's: never as root, which PostgreSQL refuses."""
    before = ["setpriv", "--reuid", SUPERUSER, "--regid", SUPERUSER, "--clear-groups"] if os.getuid() == 0 else []
    done = subprocess.run([*before, *command], capture_output=True, text=True, cwd="/", check=False, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr[-2000:]}")


def start() -> Server:
    """Makes a cluster and starts it; call :func:`stop` with it afterwards."""
    place = programs()
    assert place is not None
    folder = Path(tempfile.mkdtemp(prefix="oms-pg-"))  # a short path: that of a socket has at most 107 characters
    if os.getuid() == 0:
        owner = pwd.getpwnam(SUPERUSER)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = str(folder / "data")
    words = ["--no-sync", "--auth=trust", f"--username={SUPERUSER}", "--locale=C.UTF-8", "--encoding=UTF8"]
    as_server([str(place / "initdb"), "-D", data, *words])
    heard = f"-c listen_addresses='' -c unix_socket_directories='{folder}' {FAST}"
    as_server([str(place / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", heard, "start"])
    return Server(folder)


def stop(server: Server) -> None:
    """Stops the server at once and removes its folder."""
    place = programs()
    assert place is not None
    as_server([str(place / "pg_ctl"), "-D", str(server.folder / "data"), "-m", "immediate", "-w", "stop"])
    shutil.rmtree(server.folder, ignore_errors=True)
