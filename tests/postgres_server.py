"""A PostgreSQL server of the tests' own: made in a temporary folder, heard on a Unix socket alone, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
FAST = "-c fsync=off -c full_page_writes=off -c shared_buffers=32MB -c max_connections=200"
ROOM = 4 << 30
"""Bytes that are to be free in memory for the databases to lie there, as for ./test's installations."""


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
    folder = Path(
        tempfile.mkdtemp(prefix="oms-pg-", dir=_in_memory())
    )  # short: a socket's path has at most 107 letters
    if os.getuid() == 0:
        owner = pwd.getpwnam(SUPERUSER)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = str(folder / "data")
    words = ["--no-sync", "--auth=trust", f"--username={SUPERUSER}", "--locale=C.UTF-8", "--encoding=UTF8"]
    as_server([str(place / "initdb"), "-D", data, *words])
    begin(folder)
    return Server(folder)


def _in_memory() -> str | None:
    """Where databases are made and removed at once, if there is room: on a disk removing a hundred takes minutes."""
    try:
        found = os.statvfs("/dev/shm")
    except OSError:
        return None
    return "/dev/shm" if found.f_bavail * found.f_frsize >= ROOM else None


def begin(folder: Path) -> None:
    """Starts the server of a cluster that is there."""
    place = programs()
    assert place is not None
    heard = f"-c listen_addresses='' -c unix_socket_directories='{folder}' {FAST}"
    log = str(folder / "log")
    for left in reversed(range(20)):
        try:
            as_server([str(place / "pg_ctl"), "-D", str(folder / "data"), "-w", "-l", log, "-o", heard, "start"])
        except RuntimeError:  # a process of the one that was killed still holds the memory they shared
            if not left:
                raise
            time.sleep(0.2)
        else:
            return


def kill(server: Server) -> None:
    """Kills the server's first process with signal 9; returns when none of its processes is left."""
    first = int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    children = subprocess.run(["pgrep", "-P", str(first)], capture_output=True, text=True, check=False).stdout.split()
    os.kill(first, signal.SIGKILL)
    for pid in (str(first), *children):
        while _lives(pid):
            time.sleep(0.01)


def _lives(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def stop(server: Server) -> None:
    """Stops the server at once and removes its folder."""
    place = programs()
    assert place is not None
    as_server([str(place / "pg_ctl"), "-D", str(server.folder / "data"), "-m", "immediate", "-w", "stop"])
    shutil.rmtree(server.folder, ignore_errors=True)
