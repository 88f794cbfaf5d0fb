"""Search beyond one machine answers as the embedded engine does: the same documents, order, counts, facets, names."""

import random
from dataclasses import replace

import sphinx_server

from search_index import Answer, Doc, Filters, MemoryEngine, Query, Visible
from search_index.sources import MemorySource
from search_index.sphinx_engine import SphinxEngine

ALL = Visible(("",), 9, frozenset({"kiem_tra"}))


def told(answer: Answer) -> Answer:
    """The answer without its time; of several near names in a snippet the engines need not mark the same ones."""
    hits = tuple(replace(hit, marks=()) if hit.tier == "near" else hit for hit in answer.hits)
    return replace(answer, ms=0, hits=hits)


def names_for(choose: random.Random) -> str:
    return " ".join(
        (choose.choice(["Nguyễn", "Trần", "Lê", "Đặng"]), choose.choice(["Văn", "Thị", "Đức"]),
         choose.choice(["An", "Ân", "Anh", "Am", "Bình", "Hoà", "Thuý"]))
    )  # fmt: skip


def some_documents(choose: random.Random) -> list[Doc]:
    words = [
        "bổ",
        "nhiệm",
        "cán",
        "sự",
        "quyết",
        "định",
        "hồ",
        "sơ",
        "kỷ",
        "luật",
        "lương",
        "mật",
        "mặt",
        "văn",
        "17",
        "2010",
    ]
    given_names = list(dict.fromkeys(names_for(choose) for _ in range(40)))[:12]
    people = [("", ()), *((f"P{n}", (name,)) for n, name in enumerate(given_names))]
    docs = []
    for n in range(120):
        person, names = choose.choice(people)
        body = " ".join(choose.choices(words, k=8)) + choose.choice(["", f" đồng chí {names_for(choose)}, họp"])
        docs.append(
            Doc(
                f"D{n}", " ".join(choose.choices(words, k=3)), body, names,
                choose.choice(["party", "government", ""]), choose.choice(["", "17", "17/2", "170", "18/1"]),
                choose.randint(0, 2), choose.choice(["", "", "kiem_tra"]), choose.choice(["a", "a/b", "c"]),
                choose.choice([None, 2001, 2002]), choose.choice(["", "H1", "H2", "H3"]), person,
                choose.choice([0, 20020531]),
            )
        )  # fmt: skip
    return docs


QUESTIONS = [
    "", "bổ", "bo nhiem", '"bổ nhiệm"', "-bổ", "nh*", "kỷ OR lương", "type:a OR lương", "-type:a hồ sơ", "year:2002",
    "unit:17 OR year:2001 -mật", '"hồ sơ" OR unit:17/2', "mậtt", "can bop", "hoà", "le thi", "nguyen va* an",
    "block:party hồ sơ", "secrecy:1 OR lương", "link:yes", "-link:yes bổ", "link:no OR missing:a", "-missing:a",
    "(missing:c OR hồ) -(lương OR type:c)",
    "a nguyễn văn", "N.V.An", "nguyeenx vawn an", "nguyễn an", "ng van an", "đc bình", "Nguyễn Văn An 2010",
    "tran thi lan type:a", "Lê Thị Hoà (tức Trần Thị An)", "ông Bình",
    "nguyen van an", "Trần Thị Bình", "tran thi bin", "Lê Đức Ahn", "đặng văn hòa",
]  # fmt: skip
NARROWED = [
    Filters(), Filters(type="a"), Filters(linked=True), Filters(linked=False), Filters(missing=("a", "c")),
    Filters(units=("17", "18")), Filters(secrecy=0), Filters(only=frozenset({"D1", "D2", "D77"})),
    Filters(only=frozenset()), Filters(block="party"), Filters(block=""), Filters(year_from=2002), Filters(unit="17/2"),
    Filters(year_from=2003, year_to=2001),
]  # fmt: skip
WATCHING = [
    ALL, Visible(("17",), 1), Visible(), Visible(("17/2", "18"), 2, frozenset({"kiem_tra"}), frozenset({"D3", "H2"})),
]  # fmt: skip


def test_every_answer_is_that_of_the_embedded_engine(nodes: sphinx_server.Running) -> None:
    choose = random.Random(20_261_130)
    docs = some_documents(choose)
    source = MemorySource(docs)
    engine, twin = SphinxEngine(nodes.cluster, source), MemoryEngine(source)
    for each in (engine, twin):
        each.add(docs)
    for _ in range(240):
        query = Query(
            choose.choice(QUESTIONS), choose.choice(WATCHING), choose.choice(NARROWED),
            ("type", "unit", "block", "year", "secrecy"), choose.choice([0, 3, 20, 100]), choose.choice([0, 0, 2, 50]),
            choose.random() < 0.2, choose.choice(["rank", "rank", "newest", "oldest", "name"]),
            choose.random() < 0.4, choose.choice([1, 3]), 60_000,
        )  # fmt: skip
        assert told(engine.query(query)) == told(twin.query(query)), query
    for reader in WATCHING:
        for typed in ("n", "ngu", "Nguyễn V", "nguyễn ", "an", "thi h", "lê văn a", "x", ""):
            assert engine.complete(typed, reader) == twin.complete(typed, reader), typed
