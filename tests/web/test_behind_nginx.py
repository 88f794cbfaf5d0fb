"""The nginx site that is handed out, run by a real nginx before the real pages."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from factories import PASSWORD, World
from werkzeug.serving import make_server

from oms import create_app
from oms.store import journal

ROOT = Path(__file__).resolve().parents[2]


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@dataclass
class Site:
    """The site as a browser meets it."""

    port: int
    trust: ssl.SSLContext

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        line = http.client.HTTPSConnection("localhost", self.port, context=self.trust, timeout=30)
        try:
            line.request(method, path, body, headers or {})
            answer = line.getresponse()
            return answer.status, answer.msg, answer.read()
        finally:
            line.close()

    def page(self, path: str, cookie: str = "") -> tuple[int, http.client.HTTPMessage, str]:
        status, headers, body = self.ask("GET", path, headers={"Cookie": cookie} if cookie else {})
        return status, headers, body.decode()

    def sign_in(self, name: str) -> str:
        """Through the door, with the form's own token; the cookie."""
        _status, headers, page = self.page("/dang-nhap")
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        form = urlencode({"username": name, "password": PASSWORD, "csrf_token": token[1]}).encode()
        sent = {
            "Cookie": _cookies(headers),
            "Content-Type": "application/x-www-form-urlencoded",
            "Sec-Fetch-Site": "same-origin",
            "Referer": f"https://localhost:{self.port}/dang-nhap",
        }
        status, headers, _body = self.ask("POST", "/dang-nhap", form, sent)
        assert status == 302
        return _cookies(headers)


def _cookies(headers: http.client.HTTPMessage) -> str:
    return "; ".join(each.split(";")[0] for each in headers.get_all("Set-Cookie") or [])


def _certificate(folder: Path) -> ssl.SSLContext:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "site.key",
         "-out", folder / "site.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return ssl.create_default_context(cafile=str(folder / "site.pem"))


def _configuration(folder: Path, port: int, behind: int) -> Path:
    """The file as it is, with other ports and folders."""
    text = (ROOT / "deploy/nginx/oms.conf").read_text(encoding="utf-8")
    for said, here in (
        ("server 127.0.0.1:8000", f"server 127.0.0.1:{behind}"),
        ("listen [::]:443 ssl http2;", ""),
        ("listen [::]:80;", ""),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        ("listen 80;", f"listen 127.0.0.1:{_free_port()};"),
        ("server_name hoso.example;", "server_name localhost;"),
        ("/etc/oms/tls", str(folder)),
        ("/var/log/nginx", str(folder)),
        ("https://$host$request_uri", f"https://$host:{port}$request_uri"),
        ("proxy_set_header Host $host;", "proxy_set_header Host $http_host;"),
    ):
        assert said in text, said
        text = text.replace(said, here)
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nworker_processes 1;\n"
        f"events {{ worker_connections 256; }}\nhttp {{\n{places}{text}\n}}\n",
        encoding="utf-8",
    )
    return whole


@pytest.fixture
def site(world: World, tmp_path: Path) -> Iterator[Site]:
    """nginx before the pages, as the operators' guide sets them up."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("no nginx on this machine: apt-get install nginx-light")
    folder = tmp_path / "nginx"
    folder.mkdir()
    trust = _certificate(folder)
    port = _free_port()
    settings = replace(
        world.house.settings, proxied=True, secure_cookies=True, site=f"https://localhost:{port}", disk_floor=0
    )
    server = make_server("127.0.0.1", 0, create_app(settings, world.clock), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    whole = _configuration(folder, port, server.server_port)
    tried = subprocess.run([program, "-t", "-c", str(whole)], capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr
    running = subprocess.Popen([program, "-c", str(whole)])
    try:
        _wait_for(port, running)
        yield Site(port, trust)
    finally:
        running.terminate()
        running.wait(20)
        server.shutdown()
        thread.join()
        server.server_close()


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    pause = threading.Event()
    for _ in range(100):
        assert running.poll() is None
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        pause.wait(0.1)
    raise AssertionError("nginx does not answer")


def test_somebody_signs_in_and_reads_a_page_and_the_journal_knows_from_where(world: World, site: Site) -> None:
    row = world.dossier("Tô Thị Hiếu")
    cookie = site.sign_in("officer")
    status, headers, page = site.page("/ho-so", cookie)
    assert status == 200 and "Tô Thị Hiếu" in page and row.dossier.number in page
    assert headers["Strict-Transport-Security"].startswith("max-age=") and "nginx/" not in headers["Server"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "__Host-oms=" in cookie
    number = headers["X-Request-Id"]
    with world.work() as uow:
        entries = [entry for entry, _leaf in journal.rows(uow.session)]
    assert entries[-1].request == number and entries[-1].address == "127.0.0.1"
    log = (next(Path(world.house.settings.home).parent.glob("nginx")) / "oms.log").read_text()
    assert number in log and "/ho-so" not in log


def test_a_client_cannot_say_where_it_comes_from_nor_number_its_requests(world: World, site: Site) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Request-Id": "0123abcd", "Host": "elsewhere.example"}
    _status, headers, _body = site.ask("GET", "/dang-nhap", headers=forged | {"Host": f"localhost:{site.port}"})
    assert headers["X-Request-Id"] != "0123abcd"
    form = urlencode({"username": "officer", "password": "sai"}).encode()
    sent = forged | {"Host": f"localhost:{site.port}", "Content-Type": "application/x-www-form-urlencoded"}
    site.ask("POST", "/dang-nhap", form, sent)
    with world.work() as uow:
        assert "203.0.113.9" not in {entry.address for entry, _leaf in journal.rows(uow.session)}


def test_a_program_run_wild_at_the_door_is_slowed_and_figures_are_not_there(world: World, site: Site) -> None:
    answers = [site.page("/dang-nhap")[0] for _ in range(40)]
    assert 429 in answers and answers[0] == 200
    assert site.page("/metrics")[0] in (302, 404)
    assert site.page("/healthz")[2] == "ok\n"


def test_more_than_the_largest_upload_does_not_reach_the_program(site: Site) -> None:
    status, _headers, _body = site.ask("POST", "/dang-nhap", None, {"Content-Length": str(600 * 1024 * 1024)})
    assert status == 413
