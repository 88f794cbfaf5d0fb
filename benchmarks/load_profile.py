"""Where the time of the load goes: questions to the database and processor time of each kind of request, one at a time.

    python -m benchmarks.load_profile [--docs 8000] [--home FOLDER] [--role records_officer] [--times 40] [--questions]

Builds the installation of :mod:`benchmarks.load_world` (once; ``--home`` keeps it) and asks the application in this
process, without a server between: what is left is the program's own time, the test client's share (some 0.3 ms) in it.
``--questions`` prints what each kind asks. Prints one table; it asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from werkzeug.test import Client, TestResponse

from benchmarks import load_world
from benchmarks.bad_clients import token_of
from benchmarks.search_corpus import Chain, Corpus
from oms import create_app
from oms.settings import Settings

LISTS = ("/ho-so", "/ho-so?ten=nguyen", "/ho-so-cong-viec", "/thong-bao", "/lien-ket", "/thay-doi", "/")
WHY = {"purpose": "quy_hoach", "reason": "rà soát quy hoạch nhiệm kỳ tới"}
WARM, OPENED = 3, 10

Ask = Callable[[], TestResponse]


def entered(client: Client, told: dict[str, Any], me: dict[str, Any]) -> str:
    """Signs the person in; the token of their forms."""
    form = client.get("/dang-nhap").data
    typed = {"username": me["username"], "password": told["password"], "csrf_token": token_of(form)}
    if client.post("/dang-nhap", data=typed).status_code != 302:
        raise SystemExit("not let in")
    return token_of(client.get("/").data)


def kinds(client: Client, told: dict[str, Any], me: dict[str, Any]) -> dict[str, Ask]:
    """What is asked, by the name of its kind; ten dossiers are opened for it."""
    token, chance = entered(client, told, me), random.Random(1)
    some, others = list(me["dossiers"])[:OPENED], list(me["dossiers"])[OPENED:]

    def opening(which: list[str]) -> TestResponse:
        return client.post(f"/ho-so/{chance.choice(which)}/mo", data=WHY | {"csrf_token": token})

    for each in some:
        client.post(f"/ho-so/{each}/mo", data=WHY | {"csrf_token": token})
    papers = [paper for each in some for paper in me["dossiers"][each]]
    found: dict[str, Ask] = {
        "search": lambda: client.get("/tim-kiem", query_string=chance.choice(told["questions"])),
        "open record": lambda: opening(others),
        "read record": lambda: client.get(f"/ho-so/{chance.choice(some)}"),
        "read paper": lambda: client.get(f"/tai-lieu/{chance.choice(papers)[0]}"),
        "page image": lambda: client.get(f"/trang/{chance.choice(papers)[1]}.jpg"),
        "denied": lambda: client.get(f"/ho-so/{me['barred']}"),
    }
    return found | {f"list {address}": (lambda address=address: client.get(address)) for address in LISTS}


def measured(ask: Ask, times: int, questions: list[str]) -> tuple[float, float, list[str]]:
    """Milliseconds of the processor and questions a request; what the last one asked."""
    for _turn in range(WARM):
        ask().close()
    questions.clear()
    begun = time.process_time()
    for _turn in range(times):
        ask().close()
    used, number = (time.process_time() - begun) / times * 1000, len(questions) / times
    questions.clear()
    ask().close()
    return used, number, list(questions)


def main() -> None:
    """Builds, asks, prints."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--docs", type=int, default=8000)
    wanted.add_argument("--home", type=Path)
    wanted.add_argument("--role", default="records_officer")
    wanted.add_argument("--times", type=int, default=40)
    wanted.add_argument("--questions", action="store_true", help="print what each kind asks the database")
    given = wanted.parse_args()
    home = given.home or Path(tempfile.mkdtemp(prefix="oms-load-"))
    load_world.made(home, 40, Corpus(given.docs, Chain.of(None), 1)).close()
    os.environ.update(OMS_HOME=str(home), OMS_ZONE="isolated_lan", OMS_SECOND_FACTOR="optional")
    client = create_app(Settings.from_env()).test_client()
    told = json.loads((home / "load.json").read_text())
    asked: list[str] = []

    @event.listens_for(Engine, "before_cursor_execute")
    def _hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(" ".join(statement.split()))

    print(f"{given.docs:,} papers, {given.role}; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, "
          f"{os.cpu_count()} cores\n")  # fmt: skip
    print("| request | CPU ms | questions |\n|---|---|---|")
    me = next(each for each in told["staff"] if each["role"] == given.role)
    for kind, ask in kinds(client, told, me).items():
        used, number, last = measured(ask, given.times, asked)
        print(f"| {kind} | {used:.1f} | {number:.1f} |")
        for each in last if given.questions else ():
            print(f"    {each[:200]}")


if __name__ == "__main__":
    main()
