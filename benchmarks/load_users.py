"""Who asks in the load: a locust file of office staff and reviewers. Started by :mod:`benchmarks.load`; imports no OMS.

The mix is that of the design (security.md §7): of 100 requests 45 searches, 30 records opened and read, 12 images of
pages, 5 lists, 4 edits, 2 uploads, 1 export, 1 look at the journal; 3 in 100 are for what the person may not see.
"""

from __future__ import annotations

import json
import os
import random
import re
import struct
import time
import zlib
from itertools import count
from typing import Any, ClassVar

from locust import HttpUser, constant_throughput, events, task

_WORLD = json.loads(open(os.environ["OMS_LOAD_WORLD"], encoding="utf-8").read())  # noqa: SIM115 - read once
_REVIEWERS = [each for each in _WORLD["staff"] if each["role"] == "security_reviewer"]
_STAFF = [each for each in _WORLD["staff"] if each["role"] != "security_reviewer"]
_NEXT, _CHECKS, _IN = count(), count(), count()
_BEGUN = round(time.time())
"""Names of another run in the same installation are taken."""
_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"|name="csrf_token" value="([^"]+)"')
_LISTS = ("/ho-so", "/ho-so?ten=nguyen", "/ho-so-cong-viec", "/thong-bao", "/lien-ket", "/thay-doi", "/")
USERS = int(os.environ.get("OMS_LOAD_USERS", "0"))
EACH = float(os.environ.get("OMS_LOAD_EACH", "0.75"))
"""Requests a second that each person tries to make."""


def image() -> bytes:
    """A small PNG that nobody sent before."""
    width, height = 40, 40
    rows = b"".join(b"\0" + os.urandom(width) for _ in range(height))

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


class Person(HttpUser):
    """Signs in once, then works until the end."""

    abstract = True
    wait_time = constant_throughput(EACH)
    pool: ClassVar[list[dict[str, Any]]] = []

    def on_start(self) -> None:
        """Signs in with the form."""
        self.me = self.pool[next(_NEXT) % len(self.pool)]
        self.opened: set[str] = set()
        self.chance = random.Random(self.me["username"])
        while not self._let_in():
            time.sleep(1)  # two passwords are checked at a time: whoever comes third is asked to wait
        self.token = _token(self.client.get("/", name="home").text)
        if next(_IN) + 1 == USERS:
            self.environment.stats.reset_all()  # what is measured is a day at work, not two hundred sign-ins at once

    def _let_in(self) -> bool:
        page = self.client.get("/dang-nhap", name="sign in")
        data = {"username": self.me["username"], "password": _WORLD["password"], "csrf_token": _token(page.text)}
        with self.client.post("/dang-nhap", data, name="sign in", allow_redirects=False, catch_response=True) as done:
            if done.status_code in (302, 503):
                done.success()
            else:
                done.failure(f"not let in: {done.status_code}")
            return done.status_code != 503

    def send(self, address: str, data: dict[str, str], name: str, **more: Any) -> None:
        """Posts a form with its token; the answer's page is fetched as a browser does."""
        self.client.post(address, {**data, "csrf_token": self.token}, name=name, **more)


def _token(page: str) -> str:
    found = _TOKEN.search(page)
    return (found.group(1) or found.group(2)) if found else ""


class Staff(Person):
    """Officers and leaders."""

    weight = 99
    pool = _STAFF

    @task(450)
    def search(self) -> None:
        """A question from the box at the top."""
        asked = self.chance.choice(_WORLD["questions"])
        self.client.get("/tim-kiem", params=asked, name="search")

    @task(270)
    def record(self) -> None:
        """A dossier, its door first when it is not open; or a paper of one."""
        if len(self.opened) < 3 or self.chance.random() < 0.2:
            dossier = self.chance.choice(list(self.me["dossiers"]))
            words = {"purpose": "quy_hoach", "reason": "rà soát quy hoạch nhiệm kỳ tới"}
            self.send(f"/ho-so/{dossier}/mo", words, "open record")
            self.opened.add(dossier)
            return
        dossier = self.chance.choice(sorted(self.opened))
        papers = self.me["dossiers"][dossier]
        if papers and self.chance.random() < 0.5:
            self.client.get(f"/tai-lieu/{self.chance.choice(papers)[0]}", name="read paper")
        else:
            self.client.get(f"/ho-so/{dossier}", name="read record")

    @task(30)
    def barred(self) -> None:
        """A record that is not this person's to see: answered as one that does not exist."""
        with self.client.get(f"/ho-so/{self.me['barred']}", name="denied", catch_response=True) as answer:
            if answer.status_code == 404:
                answer.success()
            else:
                answer.failure(f"not refused: {answer.status_code}")

    @task(120)
    def picture(self) -> None:
        """A page of a paper in a record that was opened."""
        pages = [page for each in sorted(self.opened) for _paper, page in self.me["dossiers"][each]]
        if pages:
            self.client.get(f"/trang/{self.chance.choice(pages)}.jpg", name="page image")
        else:
            self.record()

    @task(50)
    def listed(self) -> None:
        """A list."""
        address = self.chance.choice(_LISTS)
        self.client.get(address, name=f"list {address}")

    @task(40)
    def edit(self) -> None:
        """A search kept under a name: a small change that is committed."""
        words = {"q": self.chance.choice(_WORLD["questions"])["q"], "ten": f"Lần tìm {_BEGUN}-{next(_CHECKS)}"}
        self.send("/tim-kiem/da-luu", words, "edit", allow_redirects=False)

    @task(20)
    def upload(self) -> None:
        """A scanned sheet into a batch; a leader, who scans nothing, keeps a search instead."""
        if self.me["role"] == "leader":
            self.edit()
            return
        files = {"files": (f"to-{next(_CHECKS)}.png", image(), "image/png")}
        self.send(f"/dot-so-hoa/{self.me['batch']}/tep", {}, "upload", files=files, allow_redirects=False)

    @task(10)
    def export(self) -> None:
        """A year's figures as an Excel file."""
        words = {"ky": "2026", "theo": "don-vi", "dang": "xlsx", "purpose": "báo cáo tháng của cơ quan"}
        self.send("/thong-ke/xuat", words, "export")


class Reviewer(Person):
    """Looks at the journal; never at a record."""

    weight = 1
    pool = _REVIEWERS

    @task
    def journal(self) -> None:
        """The newest rows."""
        self.client.get("/nhat-ky", name="journal")


@events.quitting.add_listener
def _told(environment: Any, **_more: Any) -> None:
    """Every kind's counts and times as one JSON file, for the program that started this."""
    stats = environment.stats
    every = [*stats.entries.values(), stats.total]
    lines = [
        {
            "name": each.name, "requests": each.num_requests, "failures": each.num_failures,
            "p50": each.get_response_time_percentile(0.5), "p95": each.get_response_time_percentile(0.95),
            "p99": each.get_response_time_percentile(0.99), "rate": each.total_rps,
        }
        for each in every
    ]  # fmt: skip
    errors = [
        {"name": each.name, "error": str(each.error)[:200], "times": each.occurrences} for each in stats.errors.values()
    ]
    with open(os.environ["OMS_LOAD_TOLD"], "w", encoding="utf-8") as out:
        times = {"began": stats.total.start_time, "ended": stats.total.last_request_timestamp}
        json.dump({"lines": lines, "errors": errors} | times, out)
