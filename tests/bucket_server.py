"""A local HTTP stand-in for an S3-compatible store, in this process. NOT a real server: none is in Debian's packages.

It keeps objects in memory and knows what the vault asks for (PUT, GET with ranges, HEAD, DELETE, ListObjectsV2), checks
the signature (AWS Signature Version 4) of every request itself, and can be told to fail.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

ACCESS, SECRET, BUCKET, REGION = "kho-thu", "bi-mat-thu-0123456789", "kho", "us-east-1"
PAGE = 3
"""Names a listing shows at a time, so that every listing goes on."""


@dataclass
class Bucket:
    """The stand-in: its objects, where it listens, and how often it is still to fail with 503."""

    address: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    failing: int = 0
    refused: int = 0

    def setting(self, prefix: str = "") -> str:
        return f"s3://{BUCKET}/{prefix}?endpoint={self.address}"


def secret_file(folder: Path, secret: str = SECRET) -> Path:
    path = folder / "s3"
    path.touch(mode=0o600)
    path.write_text(f"{ACCESS}\n{secret}\n")
    return path


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _is_signed(handler: BaseHTTPRequestHandler) -> bool:
    """Whether the request bears the signature that our secret makes of it."""
    kind, _, rest = handler.headers.get("Authorization", "").partition(" ")
    told = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if kind != "AWS4-HMAC-SHA256" or not told.get("Credential", "").startswith(f"{ACCESS}/"):
        return False
    day, region, service, end = told["Credential"].split("/")[1:]
    parts, names = urlsplit(handler.path), told["SignedHeaders"].split(";")
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
    query = "&".join(f"{quote(key, safe='-_.~')}={quote(value, safe='-_.~')}" for key, value in pairs)
    headers = "".join(f"{name}:{' '.join(handler.headers[name].split())}\n" for name in names)
    body = handler.headers["x-amz-content-sha256"]
    asked = "\n".join([handler.command, parts.path, query, headers, ";".join(names), body])
    scope = f"{day}/{region}/{service}/{end}"
    digest = hashlib.sha256(asked.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", handler.headers["x-amz-date"], scope, digest])
    key = f"AWS4{SECRET}".encode()
    for step in (day, region, service, end):
        key = _hmac(key, step)
    return hmac.compare_digest(_hmac(key, text).hex(), told["Signature"])


class Handler(BaseHTTPRequestHandler):
    """One request; the stand-in it belongs to is the server's."""

    @property
    def bucket(self) -> Bucket:
        return self.server.bucket  # type: ignore[attr-defined,no-any-return]

    protocol_version = "HTTP/1.1"
    wbufsize = 65_536  # an answer leaves in one piece

    def handle_expect_100(self) -> bool:
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def log_message(self, format: str, *args: Any) -> None:
        return

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _error(self, status: int, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code></Error>".encode())

    def _key(self) -> str | None:
        """The object asked for; None after the request was answered otherwise."""
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.bucket.failing:
            self.bucket.failing -= 1
            self._error(503, "SlowDown")
        elif not _is_signed(self):
            self.bucket.refused += 1
            self._error(403, "SignatureDoesNotMatch")
        else:
            return unquote(urlsplit(self.path).path).removeprefix(f"/{BUCKET}").removeprefix("/")
        return None

    def do_PUT(self) -> None:
        key = self._key()
        if key is not None:
            self.bucket.objects[key] = self.body
            self._answer(200, ETag='"x"')

    def do_DELETE(self) -> None:
        key = self._key()
        if key is not None:
            self.bucket.objects.pop(key, None)
            self._answer(204)

    def do_HEAD(self) -> None:
        self._give()

    def do_GET(self) -> None:
        self._give()

    def _give(self) -> None:
        key = self._key()
        if key is None:
            return
        if not key:
            self._list()
        elif key not in self.bucket.objects:
            self._error(404, "NoSuchKey")
        else:
            data, asked = self.bucket.objects[key], self.headers.get("Range", "")
            if self.command == "HEAD":
                self._answer(200, b"", Content_Length=str(len(data)))
            elif asked:
                first, last = (int(each) for each in asked.removeprefix("bytes=").split("-"))
                self._answer(206, data[first : last + 1], Content_Range=f"bytes {first}-{last}/{len(data)}")
            else:
                self._answer(200, data)

    def _list(self) -> None:
        asked = dict(parse_qsl(urlsplit(self.path).query))
        after = asked.get("continuation-token") or asked.get("start-after", "")
        found = sorted(key for key in self.bucket.objects if key.startswith(asked.get("prefix", "")) and key > after)
        shown, more = found[:PAGE], len(found) > PAGE
        rows = "".join(f"<Contents><Key>{escape(key)}</Key><Size>1</Size></Contents>" for key in shown)
        token = f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if more else ""
        told = f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}"
        self._answer(200, f"<ListBucketResult>{told}</ListBucketResult>".encode(), Content_Type="application/xml")


@contextmanager
def running() -> Iterator[Bucket]:
    """The stand-in, listening until the block ends."""
    bucket = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.bucket = bucket  # type: ignore[attr-defined]
    server.daemon_threads = True
    bucket.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
