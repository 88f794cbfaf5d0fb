"""What else is measured of our engine: names in misread text, a paper added to visible, opening, memory, type-ahead."""

import multiprocessing
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.search_corpus import Corpus, misread, person_name
from benchmarks.search_questions import READERS
from search_index import Doc, Query, WhooshEngine
from search_index.analysis import forms
from vietnamese.text import syllables

SHARES = (0.0, 0.03, 0.08)
_NAMES = 200
_AROUND = 5000
_ADDED = 60
_ALL = READERS["100 %"]


def of_engine(home: Path, corpus: Corpus, seed: int) -> dict[str, Any]:
    """Measure and print; return what the targets ask for."""
    opened(home)
    engine = WhooshEngine(home)
    print("names that stand once, in the text of one paper, on the first page of 20:")
    with tempfile.TemporaryDirectory() as place:
        small = WhooshEngine(Path(place) / "small")
        small.replace_all(corpus.paper(number) for number in range(min(_AROUND, corpus.count)))
        around = recall(small, seed, f"among {min(_AROUND, corpus.count):,} papers")
    if corpus.count > _AROUND:
        recall(engine, seed, f"among {corpus.count:,} papers")
    return {"recall": around, "visible": added_to_visible(engine, corpus)}


def recall(engine: WhooshEngine, seed: int, among: str) -> dict[float, float]:
    """Return by share of misread letters how many of the names asked come on the first page."""
    found = {}
    for share in SHARES:
        rng = random.Random(f"{seed} recall {share}")
        names = _fresh_names(engine, rng)
        docs = [_paper(f"once{n}", misread(f"Đồng chí {name} đến họp.", share, rng)) for n, name in enumerate(names)]
        engine.add(docs)
        seen = near = 0
        for number, name in enumerate(names):
            page = engine.query(Query(name, _ALL, snippets=False))
            tiers = [hit.tier for hit in page.hits if hit.id == f"once{number}"]
            seen += bool(tiers)
            near += "near" in tiers
        engine.delete([doc.id for doc in docs])
        found[share] = seen / len(names)
        print(f"  {among}, {share:.0%} of letters misread: {found[share]:.3f} ({near} of {len(names)} as near)")
    return found


def _fresh_names(engine: WhooshEngine, rng: random.Random) -> list[str]:
    """Return different names that stand nowhere as one."""
    names: dict[str, str] = {}
    while len(names) < _NAMES:
        name = person_name(rng)
        folded = " ".join(forms(word)[0] for word in syllables(name))
        if folded not in names and not engine.query(Query(f'"{folded}"', _ALL, top=1, snippets=False)).count:
            names[folded] = name
    return list(names.values())


def _paper(id_: str, body: str) -> Doc:
    return Doc(id_, "", body, (), "party", "07/1/1", 0, "", "quyet_dinh", 2020, day=20200101)


def added_to_visible(engine: WhooshEngine, corpus: Corpus) -> float:
    """Return the p95 of the milliseconds from adding one paper to finding it, each in a commit of its own."""
    times, cpu = [], []
    for number in range(_ADDED):
        doc = corpus.paper(number)
        word = f"dauvet{number}zq"
        begun, used = time.perf_counter(), time.process_time()
        engine.add([Doc(**{**doc.__dict__, "id": f"added{number}", "body": f"{doc.body} {word}"})])
        while not engine.query(Query(word, _ALL, snippets=False)).count:
            pass
        times.append((time.perf_counter() - begun) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    engine.delete([f"added{number}" for number in range(_ADDED)])
    (middle, high), (used_middle, used_high) = (np.percentile(some, (50, 95)) for some in (times, cpu))
    print(f"one paper added, in a commit of its own, to visible: p50 {middle:.0f}, p95 {high:.0f} ms "
          f"(CPU {used_middle:.0f} and {used_high:.0f} ms)")  # fmt: skip
    return float(high)


def opened(home: Path) -> None:
    """Print how long a new process takes to open the index and to answer first, and its memory."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        empty, opening, first, memory = pool.apply(_open, (home,))
    print(f"\nopening {opening:.2f} s, first answer {first * 1000:.0f} ms, memory {memory:.0f} MB "
          f"(of which {empty:.0f} MB before)")  # fmt: skip


def _open(home: Path) -> tuple[float, float, float, float]:
    empty = _memory()
    begun = time.perf_counter()
    engine = WhooshEngine(home)
    engine.doc_count()
    opened_at = time.perf_counter()
    engine.query(Query("nguyen van an", READERS["20 %"], facets=("type", "unit"), snippets=False))
    answered = time.perf_counter()
    return empty, opened_at - begun, answered - opened_at, _memory()


def _memory() -> float:
    """Return the most megabytes this process took; `getrusage` would tell its parent's too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
