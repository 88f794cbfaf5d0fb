"""Who works while things go wrong, and the ledger they keep outside of what they were told.

A line of the ledger is on the disk before the client goes on. ``saw`` is written as soon as the head of an answer with
content of a record has come, whatever became of the rest: from there on the reading has to stand in the journal.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import os
import random
import re
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from PIL import Image, ImageDraw

from benchmarks.bad_house import Installation, Office

_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"|name="csrf_token" value="([^"]+)"')
_MARKS = "<title>"


def sheet(words: str) -> bytes:
    """A small PNG of one line of print that nobody sent before: real work for Tesseract, of half a second."""
    page = Image.new("L", (620, 160), 255)
    ImageDraw.Draw(page).text((40, 60), f"QUYET DINH {words}", fill=0, font_size=28)
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


@dataclass
class Ledger:
    """Lines of JSON in a file, each on the disk before the next thing happens."""

    path: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, **more: Any) -> None:
        """Writes one line."""
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, "at": time.time(), **more}, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def lines(self) -> list[dict[str, Any]]:
        """All of it."""
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]


@dataclass
class Answer:
    """What came back: 0 where nothing did; the body as far as it came."""

    status: int
    number: str = ""
    body: bytes = b""
    location: str = ""
    whole: bool = True


class Client:
    """One browser: cookies, the form's token, one person."""

    def __init__(self, port: int, username: str, password: str, ledger: Ledger) -> None:
        self.port, self.username, self.password, self.ledger = port, username, password, ledger
        self.cookies: dict[str, str] = {}
        self.token = ""
        self.answers: Counter[int] = Counter()
        self.told: list[tuple[int, str]] = []
        """Answers from 500 on: status and what the page said."""

    def ask(
        self, method: str, path: str, body: bytes | None = None, kind: str = "", saw: str = "", patience: float = 30
    ) -> Answer:
        """One request. ``saw``: an answer of 200 has content of a record, named so in the ledger."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if kind:
            headers["Content-Type"] = kind
        try:
            connection.request(method, path, body, headers)
            came = connection.getresponse()
            number = came.getheader("X-Request-Id", "")
            if saw and came.status == 200:
                self.ledger.add("saw", number=number, what=saw, path=path)
            answer = Answer(came.status, number, location=came.getheader("Location", ""))
            self._keep(came)
            answer.body = came.read()
        except http.client.IncompleteRead as cut:
            answer.body, answer.whole = cut.partial, False
        except (OSError, http.client.HTTPException, ValueError):
            answer = Answer(0)
        finally:
            connection.close()
        self.answers[answer.status] += 1
        if answer.status >= 500:
            self.told.append((answer.status, said(answer.body)))
        return answer

    def _keep(self, came: http.client.HTTPResponse) -> None:
        for line in came.headers.get_all("Set-Cookie") or ():
            name, _equals, value = line.split(";", 1)[0].partition("=")
            self.cookies[name] = value

    def form(self, path: str, values: dict[str, str], **more: Any) -> Answer:
        """Sends a form with its token."""
        body = urlencode({**values, "csrf_token": self.token}).encode()
        return self.ask("POST", path, body, "application/x-www-form-urlencoded", **more)

    def file(self, path: str, name: str, data: bytes) -> Answer:
        """Uploads one file as the page's form does."""
        mark = uuid.uuid4().hex
        field_of = f'--{mark}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{self.token}\r\n'
        head = f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        body = (field_of + head + "Content-Type: image/png\r\n\r\n").encode() + data + f"\r\n--{mark}--\r\n".encode()
        return self.ask("POST", path, body, f"multipart/form-data; boundary={mark}")

    def sign_in(self) -> bool:
        """Signs in with the form; whether it went."""
        self.cookies.clear()
        self.token = token_of(self.ask("GET", "/dang-nhap").body)
        done = self.form("/dang-nhap", {"username": self.username, "password": self.password})
        if done.status not in (302, 303):
            return False
        self.token = token_of(self.ask("GET", "/").body)
        return bool(self.token)

    def lost(self, answer: Answer) -> bool:
        """Whether the session is over, so that one has to sign in again."""
        return answer.status in (302, 303) and "/dang-nhap" in answer.location


def token_of(page: bytes) -> str:
    """The token of a page's forms; "" without one."""
    found = _TOKEN.search(page.decode(errors="replace"))
    return (found.group(1) or found.group(2)) if found else ""


def said(page: bytes) -> str:
    """The sentence of an error page, for a person to judge."""
    text = re.sub(r"(?s)<(script|style|head).*?</\1>|<[^>]+>", " ", page.decode(errors="replace"))
    return " ".join(text.split())[:400]


class Work:
    """Acts of one kind of person; each returns whether it was acknowledged."""

    def __init__(self, client: Client, office: Office, home: Path) -> None:
        self.client, self.office, self.home = client, office, home
        self.chance = random.Random(client.username)

    def upload(self) -> Answer:
        """A sheet into the batch."""
        words = uuid.uuid4().hex[:12]
        data = sheet(words)
        answer = self.client.file(f"/dot-so-hoa/{self.office.batch}/tep", f"to-{words}.png", data)
        if answer.status in (302, 303) and not self.client.lost(answer):
            self.client.ledger.add("upload", sha=hashlib.sha256(data).hexdigest(), name=f"to-{words}.png")
        return answer

    def drop(self) -> None:
        """A sheet into the watched folder: it is taken over from the moment that it is no longer there."""
        words = uuid.uuid4().hex[:12]
        data, folder = sheet(words), self.home / "intake" / "D-BTC"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f".{words}").write_bytes(data)
            (folder / f".{words}").rename(folder / f"tha-{words}.png")
        except OSError:
            return
        self.client.ledger.add("drop", sha=hashlib.sha256(data).hexdigest(), name=f"tha-{words}.png")

    def register(self) -> Answer:
        """A cadre with a dossier: an edit that has to last."""
        number = f"BD-{uuid.uuid4().hex[:12]}"
        values = {"full_name": f"Người Thử {number[3:9]}", "unit_id": str(self.office.unit), "number": number,
                  "secrecy": "0", "confirm_duplicate": "1", "home_place": "xã Thử"}  # fmt: skip
        answer = self.client.form("/ho-so/moi", values)
        if answer.status in (302, 303) and not self.client.lost(answer):
            self.client.ledger.add("register", number=number, name=values["full_name"])
        return answer

    def read(self) -> Answer:
        """A record, a paper or a page of an open dossier; the door first where it is shut."""
        dossier = self.chance.choice(sorted(self.office.dossiers))
        paper, page = self.chance.choice(self.office.dossiers[dossier])
        path, what = self.chance.choice(
            ((f"/ho-so/{dossier}", dossier), (f"/tai-lieu/{paper}", paper), (f"/trang/{page}.jpg", page))
        )
        answer = self.client.ask("GET", path, saw=what)
        if answer.status in (302, 303, 404) or b'name="purpose"' in answer.body:
            words = {"purpose": "quy_hoach", "reason": "rà soát quy hoạch nhiệm kỳ tới"}
            self.client.form(f"/ho-so/{dossier}/mo", words)
        return answer

    def search(self) -> Answer:
        """A question; whoever it finds is content too."""
        return self.client.ask("GET", "/tim-kiem?q=bo+nhiem", saw="search")


@dataclass
class Crowd:
    """Clients at work in threads until told to stop; ``hold`` makes them wait between two acts."""

    there: Installation
    office: Office
    ledger: Ledger
    pause: float = 0.05
    uploads_pause: float = 1.0
    clients: list[Client] = field(default_factory=list)
    _end: threading.Event = field(default_factory=threading.Event)
    _go: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _idle: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        """Starts two readers, one who registers, one who uploads and drops files."""
        self._go.set()
        for name, acts, pause in (
            ("officer", ("read", "read", "read", "search"), self.pause),
            ("leader", ("read", "search"), self.pause),
            ("officer2", ("register", "register", "read"), self.pause * 2),
            ("clerk", ("upload", "upload", "drop"), self.uploads_pause),
        ):
            client = Client(self.there.port, name, self.office.password, self.ledger)
            self.clients.append(client)
            work = Work(client, self.office, self.there.home)
            thread = threading.Thread(target=self._run, args=(work, acts, pause), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def _run(self, work: Work, acts: tuple[str, ...], pause: float) -> None:
        inside = False
        while not self._end.is_set():
            if not self._go.is_set():
                self._idle[work.client.username] = 1
                self._go.wait(0.2)
                continue
            self._idle[work.client.username] = 0
            if not inside:
                inside = work.client.sign_in()
                self._end.wait(0.3)
                continue
            answer = getattr(work, work.chance.choice(acts))()
            inside = answer is None or not work.client.lost(answer)
            self._end.wait(pause if answer is None or answer.status else pause + 0.2)

    def hold(self) -> None:
        """Lets nobody begin anything more; returns when all of them wait."""
        self._go.clear()
        until = time.monotonic() + 60
        while time.monotonic() < until and sum(self._idle.values()) < len(self._threads):
            time.sleep(0.05)

    def go(self) -> None:
        """Lets them go on."""
        self._go.set()

    def end(self) -> None:
        """Ends all of them."""
        self._end.set()
        for thread in self._threads:
            thread.join(60)

    def answers(self) -> Counter[int]:
        """Answers by status, of all of them; 0 where there was none."""
        return sum((client.answers for client in self.clients), Counter())
