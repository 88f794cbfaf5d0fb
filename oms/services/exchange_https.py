"""The HTTPS way: a server that takes sealed files and hands out receipts, and the client that speaks to a partner's.

Both show their certificate and believe exactly one of the other's: no authority, no name. The server opens nothing and
touches no record: what it is handed lies sealed in a folder until the worker takes it, as from a shared folder.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from oms.domain.packages import BOUNDS, is_id
from oms.services.exchange_bag import sync_folder
from oms.services.exchange_place import SUFFIX, Place, put_out
from oms.settings import Settings
from oms.store import packages as store
from oms.store.package_tables import ExchangePartner

if TYPE_CHECKING:
    from oms.services.house import House

PIECE = 256 * 1024
SECONDS = 60.0
SLOWEST = 256 * 1024
"""Bytes a second below which a peer is too slow to wait for: all partners are served by one worker."""
MOST_WAITING = 200
"""Files one partner may have waiting here: more are refused until the worker has taken some."""
PACKAGES, RECEIPTS = "/v1/packages", "/v1/receipts/"
Start = Callable[[str, list[tuple[str, str]]], Any]


class Unreachable(Exception):
    """The partner's server did not take it now; it is tried again."""


def _arrived(settings: Settings) -> Path:
    return settings.home / "exchange" / "arrived"


def _laid_out(settings: Settings) -> Path:
    return settings.home / "exchange" / "receipts"


def handed(settings: Settings) -> list[Path]:
    """Sealed files our server was handed, each in a folder named by the certificate it came under."""
    found = _arrived(settings).glob(f"*/*{SUFFIX}")
    return [path for path in found if not path.name.startswith(".") and re.fullmatch(r"[0-9a-f]{64}", path.parent.name)]


def lay_out(settings: Settings, partner: ExchangePartner, sealed: Path, package_id: str) -> None:
    """Puts a receipt where the server finds it when that partner asks for it."""
    folder = _laid_out(settings) / partner.fingerprint
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    put_out(sealed, folder, f"{package_id}{SUFFIX}")


def _context(place: Place, partner: ExchangePartner) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.check_hostname = False  # the one certificate itself is held against the partner's, below
    made.load_verify_locations(cadata=partner.certificate)
    made.load_cert_chain(place.keys.tls_certificate, place.keys.tls_key)
    return made


class _Connection(http.client.HTTPSConnection):
    """A connection of which the socket is known before the handshake, so that it can be cut in the middle of one."""

    tls: ssl.SSLContext
    late = False

    def connect(self) -> None:
        raw = socket.create_connection((self.host, self.port), SECONDS)
        self.sock = self.tls.wrap_socket(raw, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()

    def cut(self) -> None:
        """Ends it from another thread: whoever waits for the peer waits no more."""
        self.late = True
        with suppress(OSError, AttributeError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def _connect(place: Place, partner: ExchangePartner) -> _Connection:
    connection = _prepared(place, partner)
    _greet(connection, partner)
    return connection


def _prepared(place: Place, partner: ExchangePartner) -> _Connection:
    parts = urlsplit(partner.address)
    context = _context(place, partner)
    connection = _Connection(parts.hostname or "", parts.port or 443, timeout=SECONDS, context=context)
    connection.tls = context
    return connection


def _greet(connection: _Connection, partner: ExchangePartner) -> None:
    connection.connect()
    shown = connection.sock.getpeercert(True) or b""
    if hashlib.sha256(shown).hexdigest() != partner.fingerprint:
        connection.close()
        raise Unreachable("the server shows another certificate than the partner's")


@contextmanager
def _talk(place: Place, partner: ExchangePartner, size: int) -> Iterator[_Connection]:
    """A connection for one question of so many bytes: a peer that drips byte by byte is cut off, whatever it sends."""
    try:
        connection = _prepared(place, partner)
        end = threading.Timer(SECONDS + size / SLOWEST, connection.cut)
        end.daemon = True
        end.start()
        try:
            _greet(connection, partner)
            yield connection
            if connection.late:  # half an answer is none: http.client takes headers that break off for whole ones
                raise TimeoutError
        finally:
            end.cancel()
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:  # ValueError: an address that is none
        raise Unreachable(type(error).__name__) from None


def post(place: Place, partner: ExchangePartner, sealed: Path) -> None:
    """Hands a sealed package to the partner's server; Unreachable unless it says it has it on its disk."""
    size = sealed.stat().st_size
    with _talk(place, partner, size) as connection, sealed.open("rb") as stream:
        connection.request("POST", PACKAGES, body=stream, headers={"Content-Length": str(size)})
        answer = connection.getresponse()
        answer.read(1024)
        answer.close()
    if answer.status != 202:
        raise Unreachable(f"the server answered {answer.status}")


def fetch(settings: Settings, place: Place, partner: ExchangePartner, package_id: str) -> Path | None:
    """The receipt of a package from the partner's server, as a file among those handed in; None: not yet."""
    with _talk(place, partner, BOUNDS.tag_bytes) as connection:
        connection.request("GET", f"{RECEIPTS}{package_id}")
        answer = connection.getresponse()
        data = answer.read(BOUNDS.tag_bytes + 1)
        answer.close()
    if answer.status != 200 or len(data) > BOUNDS.tag_bytes:
        return None
    folder = _arrived(settings) / partner.fingerprint
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _spooled(folder, [data], len(data))


def _spooled(folder: Path, pieces: Iterable[bytes], size: int) -> Path | None:
    """Writes what comes into a file of the folder, whole and on the disk, or not at all."""
    part = folder / f".{os.getpid()}-{os.urandom(8).hex()}.part"
    digest, held = hashlib.sha256(), 0
    try:
        with part.open("xb") as out:
            for piece in pieces:
                digest.update(piece)
                held += len(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        if held != size:
            return None
        target = folder / f"{digest.hexdigest()}{SUFFIX}"
        os.replace(part, target)
        sync_folder(folder)
        return target
    finally:
        part.unlink(missing_ok=True)


def trusted(house: House) -> dict[str, str]:
    """Fingerprint → certificate of every partner in force."""
    with house.look() as uow:
        return {row.fingerprint: row.certificate for row in store.active(uow.session)}


def write_authorities(house: House) -> Path:
    """The certificates the server believes, in a file it reads anew for every connection; its own stands for none."""
    path = house.settings.home / "exchange" / "partners.pem"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = Place(house.settings).keys.tls_certificate.read_text()
    wanted = "".join(trusted(house).values()) or own
    if not path.exists() or path.read_text() != wanted:
        part = path.with_name(f".{os.getpid()}-{os.urandom(4).hex()}.part")
        part.write_text(wanted)
        os.replace(part, path)
    return path


class Server:
    """The WSGI application: two addresses, one kind of guest. Its worker runs behind mutual TLS."""

    def __init__(self, house: House) -> None:
        self._house = house

    def __call__(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        status, data = self._answer(environ)
        words = {200: "OK", 202: "Accepted", 403: "Forbidden", 404: "Not Found", 413: "Content Too Large",
                 400: "Bad Request", 429: "Too Many Requests"}[status]  # fmt: skip
        start(f"{status} {words}", [("Content-Type", "application/octet-stream"), ("Content-Length", str(len(data)))])
        return [data]

    def _answer(self, environ: dict[str, Any]) -> tuple[int, bytes]:
        guest = _shown(environ)
        if guest not in trusted(self._house):
            return 403, b""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if method == "POST" and path == PACKAGES:
            return self._take(environ, guest), b""
        name = path.removeprefix(RECEIPTS)
        if method == "GET" and path.startswith(RECEIPTS) and is_id(name):
            receipt = _laid_out(self._house.settings) / guest / f"{name}{SUFFIX}"
            return (200, receipt.read_bytes()) if receipt.is_file() else (404, b"")
        return 404, b""

    def _take(self, environ: dict[str, Any], guest: str) -> int:
        told = environ.get("CONTENT_LENGTH", "")
        if not told.isascii() or not told.isdecimal() or environ.get("HTTP_TRANSFER_ENCODING"):
            return 400
        if int(told) > BOUNDS.package_bytes:
            return 413
        folder = _arrived(self._house.settings) / guest
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sum(1 for _each in folder.glob(f"*{SUFFIX}")) >= MOST_WAITING:
            return 429
        pieces = iter(lambda: environ["wsgi.input"].read(PIECE), b"")
        return 202 if _spooled(folder, pieces, int(told)) else 400


def _shown(environ: dict[str, Any]) -> str:
    """The fingerprint of the certificate the guest showed; "" for none."""
    sock = environ.get("gunicorn.socket")
    shown = sock.getpeercert(True) if isinstance(sock, ssl.SSLSocket) else None
    return hashlib.sha256(shown).hexdigest() if shown else ""
