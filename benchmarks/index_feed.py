"""The search's side of the records: marks, changes, the indexer, a page of results, on an invented installation.

    python -m benchmarks.index_feed [--papers 100000] [--indexed 10000] [--changes 100] [--home DIR]

Makes ``papers`` filed papers (eight a cadre) in a fresh installation, `indexed` of them with a read page, and prints:
what marks cost to load and to ask for, how fast an index is made from the records, how long a change takes until it is
found (commit of the change to the first answer that has it, the indexer in a process of its own), what a page of
results costs and how much of it is snippets. Asserts nothing. Wall milliseconds; CPU where said.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from benchmarks.record_world import FAMILY, GIVEN, MIDDLE, START, prepare
from oms.services import accounts, finding, indexing
from oms.services.finding import Asked
from oms.services.house import House
from oms.store import search_feed, units
from oms.store.tables import Batch, Cadre, Document, Dossier, Page, PageReading, Scan, new_id
from search_index import Query, Visible
from vietnamese.names import fold_name

WORDS = [
    "quyết",
    "định",
    "về",
    "việc",
    "bổ",
    "nhiệm",
    "điều",
    "động",
    "luân",
    "chuyển",
    "cán",
    "bộ",
    "công",
    "tác",
    "tổ",
    "chức",
    "đảng",
    "uỷ",
    "ban",
    "thường",
    "vụ",
    "tỉnh",
    "huyện",
    "xã",
    "phường",
    "nhận",
    "xét",
    "đánh",
    "giá",
    "phẩm",
    "chất",
    "đạo",
    "đức",
    "lối",
    "sống",
    "năng",
    "lực",
    "chuyên",
    "môn",
    "hoàn",
    "thành",
    "tốt",
    "nhiệm",
    "vụ",
    "khen",
    "thưởng",
    "kỷ",
    "luật",
    "nâng",
    "lương",
    "hồ",
    "sơ",
    "lý",
    "lịch",
    "quê",
    "quán",
    "thường",
    "trú",
    "trình",
    "độ",
    "đào",
    "tạo",
    "bồi",
    "dưỡng",
    "chính",
    "trị",
    "quản",
    "lý",
    "nhà",
    "nước",
    "ngoại",
    "ngữ",
]
KINDS = ("quyet_dinh", "so_yeu_ly_lich", "ban_kiem_diem", "nghi_quyet", "bao_cao")
AT_ONCE = 5000


def rows(
    chance: random.Random, wanted: int, read: int, homes: list[Any], by: str, scan: str
) -> Iterator[dict[Any, Any]]:
    """Rows by table, in portions: eight papers a cadre, a page with its words for the first ``read`` papers."""
    made: dict[Any, list[dict[str, Any]]] = {table: [] for table in (Cadre, Dossier, Document, Page, PageReading)}
    for number in range(wanted):
        if number % 8 == 0:
            unit = chance.choice(homes)
            name = f"{chance.choice(FAMILY)} {chance.choice(MIDDLE)} {chance.choice(GIVEN)}"
            cadre, dossier = new_id(), new_id()
            made[Cadre].append({"id": cadre, "full_name": name, "folded_name": fold_name(name), "birth_date": "1975",
                                "created_by": by, "created_at": START})  # fmt: skip
            made[Dossier].append({"id": dossier, "cadre_id": cadre, "unit_id": unit.id, "block": unit.block,
                                  "number": f"HS-{number:06d}", "created_by": by, "created_at": START})  # fmt: skip
        document = new_id()
        made[Document].append({
            "id": document, "scan_id": scan, "unit_id": unit.id, "dossier_id": dossier, "state": "filed",
            "type_code": chance.choice(KINDS), "title": " ".join(chance.choices(WORDS, k=8)), "number": f"{number}-QĐ",
            "issued_on": f"{chance.randint(1985, 2026)}-{chance.randint(1, 12):02d}", "created_at": START,
            "secrecy": int(chance.random() < 0.03), "person_name": name, "filed_at": START,
        })  # fmt: skip
        if number < read:
            page = new_id()
            made[Page].append({"id": page, "scan_id": scan, "number": number + 1, "state": "read",
                               "document_id": document, "position": 1})  # fmt: skip
            body = zlib.compress(json.dumps(reading(chance, name)).encode(), 1)
            made[PageReading].append({"page_id": page, "version": 1, "engine": "drawn", "at": START, "body": body})
        if len(made[Document]) == AT_ONCE or number == wanted - 1:
            yield {table: list(some) for table, some in made.items() if some}
            made = {table: [] for table in made}


def reading(chance: random.Random, name: str) -> dict[str, Any]:
    """Some 260 words of a page in lines of twelve, with the name here and there."""
    words = chance.choices(WORDS, k=250)
    for at in (20, 120):
        words[at:at] = name.split()
    return {"words": [
        {"text": word, "box": [40 + n % 12 * 60, 40 + n // 12 * 30, 95 + n % 12 * 60, 60 + n // 12 * 30],
         "confidence": 96.0, "suspect": False, "line": n // 12}
        for n, word in enumerate(words)
    ]}  # fmt: skip


def fill(house: House, wanted: int, read: int) -> None:
    """An installation with so many filed papers."""
    chance = random.Random(6)
    with house.work(None, START) as uow:
        homes = [unit for unit in units.everything(uow.session) if unit.level == "xa"]
        by = accounts.principal_named(uow, "officer").account_id
        batch = Batch(title="Đợt mẫu", unit_id=homes[0].id, created_by=by, created_at=START)
        uow.session.add(batch)
        uow.session.flush()
        scan = Scan(batch_id=batch.id, sha256="0" * 64, original_name="mau.pdf", size=1, state="read", received_by=by,
                    received_at=START)  # fmt: skip
        uow.session.add(scan)
        uow.session.flush()
        scan_id = scan.id
    for portion in rows(chance, wanted, read, homes, by, scan_id):
        with house.work(None, START) as uow:
            for table, some in portion.items():
                uow.session.execute(insert(table), some)


def shares(times: list[float]) -> str:
    """Median and 95th percentile of some seconds, in milliseconds."""
    ordered = sorted(times)
    return f"p50 {ordered[len(ordered) // 2] * 1000:8.2f} ms   p95 {ordered[int(len(ordered) * 0.95)] * 1000:8.2f} ms"


def timed(work: Callable[[], object], times: int) -> list[float]:
    """Seconds of each of several runs."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return found


def until_found(house: House, changes: int) -> list[float]:
    """Seconds from the commit of a changed title to the first answer that has it; the indexer runs beside."""
    with house.look() as uow:
        ids = sorted(search_feed.findable(uow.session, house.settings.zone))[:changes]
    everything = Visible(("1",), 9)
    pid = os.fork()
    if not pid:
        try:
            indexing.run(House(house.settings), lambda: datetime.now(UTC))
        finally:
            os._exit(0)
    waits = []
    try:
        for number, name in enumerate(ids):
            word = f"moi{number:05d}"
            with house.work(None, START) as uow:
                uow.session.get_one(Document, name).title = f"thay đổi {word}"
            begun = time.perf_counter()
            while not house.engine.query(Query(word, everything)).count:
                time.sleep(0.002)
            waits.append(time.perf_counter() - begun)
            time.sleep(0.03)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return waits


def pages(house: House, now: datetime) -> None:
    """What a page of results costs, and its parts."""
    with house.look() as uow:
        leader = accounts.principal_named(uow, "leader")
    for q in ("nguyen van an", "bổ nhiệm", '"quyết định về"', "nguyễn"):
        query = Query(q, Visible(("1",), 1), facets=finding.FACETS, grouped=True)
        whole = timed(partial(finding.search, house, leader, Asked(q), now), 15)
        answer = timed(partial(house.engine.query, query), 15)
        bare = timed(partial(house.engine.query, replace(query, top=0)), 15)
        hits = len(house.engine.query(query).hits)
        cost = (sorted(answer)[7] - sorted(bare)[7]) * 1000
        print(f"  {q:<18} page {shares(whole)}   index {shares(answer)}   snippets of {hits} hits {cost:6.2f} ms")


def main() -> None:
    """Makes the installation and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--papers", type=int, default=100_000)
    parser.add_argument("--indexed", type=int, default=10_000)
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--home", type=Path)
    args = parser.parse_args()
    home = args.home or Path(tempfile.mkdtemp(prefix="oms-feed-")) / "home"
    house = prepare(home)
    fill(house, args.papers, args.indexed)
    cpu = time.process_time()
    begun = time.perf_counter()
    number = sum(1 for _each in house.source.marks())
    print(f"marks of {number} papers: {time.perf_counter() - begun:.2f} s, CPU {time.process_time() - cpu:.2f} s")
    newest = house.source.newest()
    print(f"asked whether anything changed: {shares(timed(lambda: house.source.changes(newest), 2000))}")
    print(f"marks of 100 changed papers:    {shares(timed(lambda: house.source.changes(newest - 100), 50))}")
    if not args.indexed:
        return
    begun, cpu = time.perf_counter(), time.process_time()
    done = indexing.rebuild(house)
    spent = time.process_time() - cpu
    size = sum(path.stat().st_size for path in house.index.words(house.index.live()).iterdir())
    print(f"index of {done} papers made: {time.perf_counter() - begun:.0f} s, {done / spent:.0f} papers a CPU second, "
          f"{size / done:.0f} bytes a paper")  # fmt: skip
    print(f"a change until it is found: {shares(until_found(house, args.changes))}")
    pages(house, START)


if __name__ == "__main__":
    main()
