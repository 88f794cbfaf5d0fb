"""Search beyond one machine: what happens when a node is lost or comes back, when marks change, under a rebuild."""

import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import sphinx_server
from hypothesis import given, settings
from hypothesis import strategies as st

from search_index import (
    Answer,
    Completion,
    Doc,
    Filters,
    MemoryEngine,
    Query,
    QueryError,
    SearchError,
    Visible,
)
from search_index import sphinx_link as link
from search_index.model import IndexFormatError
from search_index.sources import MemorySource
from search_index.sphinx_asking import permitted
from search_index.sphinx_engine import SphinxEngine
from search_index.sphinx_rows import shard_of
from search_index.sphinx_terms import decode, encode

ALL = Visible(("",), 9, frozenset({"kiem_tra"}))
READER = Visible(("17",), 0)


def doc(id_: str, body: str = "chung", **more: object) -> Doc:
    base = Doc(id_, "Văn bản", body, (), "party", "17/22", 0, "", "quyet_dinh", 2010)
    return replace(base, **more)  # type: ignore[arg-type]


def ask(engine: SphinxEngine, q: str, visible: Visible = ALL, **more: object) -> Answer:
    return engine.query(Query(q, visible, **more))  # type: ignore[arg-type]


def ids(answer: Answer) -> set[str]:
    return {hit.id for hit in answer.hits}


def of_node(shard: int, count: int) -> list[str]:
    """Ids of documents that lie on this node."""
    return [id_ for id_ in map("D{}".format, range(1000)) if shard_of(id_, 2) == shard][:count]


@pytest.fixture
def source() -> MemorySource:
    return MemorySource()


@pytest.fixture
def engine(nodes: sphinx_server.Running, source: MemorySource) -> SphinxEngine:
    return SphinxEngine(nodes.cluster, source)


@pytest.fixture
def fill(engine: SphinxEngine, source: MemorySource) -> Callable[..., None]:
    def put(*docs: Doc) -> None:
        source.put(docs)
        engine.add(docs)

    return put


# --- lost nodes ---


def test_a_lost_node_is_told_and_the_rest_is_answered(
    nodes: sphinx_server.Running, engine: SphinxEngine, fill: Callable[..., None]
) -> None:
    here, there = of_node(0, 3), of_node(1, 4)
    fill(*(doc(id_, names=("Nguyễn Văn An",), person=id_) for id_ in (*here, *there)))
    whole = ask(engine, "nguyen van an", facets=("unit",), grouped=True)
    assert (whole.count, whole.complete, whole.persons, whole.facets["unit"]) == (7, True, 7, {"17/22": 7})
    nodes.nodes[1].kill()
    rest = ask(engine, "nguyen van an", facets=("unit",), grouped=True)
    assert (rest.count, rest.complete, rest.persons, rest.facets["unit"]) == (3, False, 3, {"17/22": 3})
    assert ids(rest) == set(here)
    with pytest.raises(SearchError):
        engine.doc_count()
    nodes.nodes[1].start()
    again = ask(engine, "nguyen van an")
    assert (again.count, again.complete, ids(again)) == (7, True, {*here, *there})


def test_nothing_found_on_what_is_left_is_not_complete_either(
    nodes: sphinx_server.Running, engine: SphinxEngine, fill: Callable[..., None]
) -> None:
    fill(*(doc(id_) for id_ in (*of_node(0, 2), *of_node(1, 2))))
    nodes.nodes[0].kill()
    assert not ask(engine, "khongco").complete
    assert not ask(engine, "chung", Visible()).complete
    assert not ask(engine, "chung", filters=Filters(only=frozenset(of_node(0, 1)))).complete


def test_with_every_node_or_the_front_away_there_is_an_error_and_no_answer(
    nodes: sphinx_server.Running, engine: SphinxEngine, fill: Callable[..., None]
) -> None:
    fill(doc("A"))
    for server in nodes.nodes:
        server.kill()
    with pytest.raises(SearchError) as caught:
        ask(engine, "chung")
    assert "Máy chủ tìm kiếm" in caught.value.message_vi
    for server in nodes.nodes:
        server.start()
    assert ask(engine, "chung").count == 1
    nodes.front.kill()
    with pytest.raises(SearchError) as caught:
        ask(engine, "chung")
    assert "Máy chủ tìm kiếm" in caught.value.message_vi
    with pytest.raises(SearchError):
        engine.complete("ng", ALL)


def test_a_node_that_lost_its_disk_is_a_lost_node(
    nodes: sphinx_server.Running, engine: SphinxEngine, source: MemorySource, fill: Callable[..., None]
) -> None:
    here, there = of_node(0, 2), of_node(1, 2)
    fill(*(doc(id_) for id_ in (*here, *there)))
    link.Link.to(nodes.cluster.nodes[0]).tell("TRUNCATE RTINDEX state")
    answer = ask(engine, "chung")
    assert (ids(answer), answer.complete) == (set(there), False)
    engine.replace_all(doc(id_) for id_ in (*here, *there))
    answer = ask(engine, "chung")
    assert (ids(answer), answer.complete) == ({*here, *there}, True)


def test_a_node_that_comes_back_brings_no_old_marks(
    nodes: sphinx_server.Running, engine: SphinxEngine, source: MemorySource, fill: Callable[..., None]
) -> None:
    here, there = of_node(0, 1)[0], of_node(1, 1)[0]
    fill(doc(here), doc(there))
    nodes.nodes[1].kill()
    source.put([doc(there, secrecy=2)])
    assert ids(ask(engine, "chung", READER)) == {here}
    nodes.nodes[1].start()
    answer = ask(engine, "chung", READER)
    assert (ids(answer), answer.count, answer.complete) == ({here}, 1, True)
    assert ids(ask(engine, "chung")) == {here, there}


def test_killed_at_once_a_node_keeps_what_it_was_told(
    nodes: sphinx_server.Running, engine: SphinxEngine, source: MemorySource, fill: Callable[..., None]
) -> None:
    fill(*(doc(f"D{n}") for n in range(20)))
    source.put([doc("D3", unit="18")])
    assert ask(engine, "chung", READER).count == 19
    for server in nodes.nodes:
        server.kill()
        server.start()
    assert ask(engine, "chung", READER).count == 19
    assert ids(ask(engine, "chung", Visible(("18",)))) == {"D3"}


# --- marks follow the records ---


@pytest.mark.parametrize(
    "change", [{"secrecy": 1}, {"unit": "170"}, {"compartment": "kiem_tra"}, {"unit": ""}], ids=lambda c: str(c)
)
def test_a_changed_mark_counts_from_the_next_question_in_every_process(
    nodes: sphinx_server.Running, engine: SphinxEngine, source: MemorySource, fill: Callable[..., None], change: dict
) -> None:
    fill(doc("A", "Nguyễn Văn An", names=("Nguyễn Văn An",), person="P", type="rieng"), doc("B", "khác"))
    other = SphinxEngine(nodes.cluster, source)
    assert ids(ask(other, "nguyen van an", READER)) == {"A"}
    source.put([doc("A", "Nguyễn Văn An", names=("Nguyễn Văn An",), person="P", type="rieng", **change)])
    for each in (engine, other):
        seen = ask(each, "", READER, facets=("type", "unit"))
        assert (ids(seen), seen.count, seen.facets["type"]) == ({"B"}, 1, {"quyet_dinh": 1})
        for q in ("nguyen van an", "nguyen van am", "nguyễn*", "nguyenn"):
            answer = ask(each, q, READER)
            assert (answer.count, answer.suggestions) == (0, ()), q
        assert each.complete("nguyen", READER) == ()
        assert ids(ask(each, "nguyen van an")) == {"A"}


def test_a_document_the_records_no_longer_have_is_not_found(
    engine: SphinxEngine, source: MemorySource, fill: Callable[..., None]
) -> None:
    fill(doc("A"), doc("B"))
    source.take_out(["A"])
    assert (ids(ask(engine, "chung")), ask(engine, "").count) == ({"B"}, 1)
    fill(doc("A"))
    assert ids(ask(engine, "chung")) == {"A", "B"}


def test_an_older_change_told_late_does_not_undo_a_newer_one(
    nodes: sphinx_server.Running, engine: SphinxEngine, source: MemorySource, fill: Callable[..., None]
) -> None:
    fill(doc("A"))
    late = MemorySource([doc("A"), doc("A")])
    assert late.changes(0).position == 2
    source.put([doc("A", secrecy=1)])
    source.put([doc("A", secrecy=2)])
    assert ask(engine, "chung", READER).count == 0
    # A slow process that read the marks long ago writes them only now.
    SphinxEngine(nodes.cluster, late)._nodes.take_marks(shard_of("A", 2), "a", ["A"], 2)
    assert ask(engine, "chung", READER).count == 0


def test_records_restored_from_a_copy_are_followed_backwards(
    nodes: sphinx_server.Running, engine: SphinxEngine, source: MemorySource, fill: Callable[..., None]
) -> None:
    fill(*(doc(f"D{n}") for n in range(6)))
    source.put([doc("D1", secrecy=2), doc("D2", unit="18")])
    assert ask(engine, "chung", READER).count == 4
    restored = MemorySource([doc("D0", secrecy=1), doc("D1"), doc("D2")])
    assert ids(ask(SphinxEngine(nodes.cluster, restored), "chung", READER)) == {"D1", "D2"}


def test_a_destroyed_documents_words_leave_the_files(
    nodes: sphinx_server.Running, engine: SphinxEngine, source: MemorySource, fill: Callable[..., None]
) -> None:
    fill(doc("A", "Tuyethat Xuyenkhong kể", names=("Tuyethat Xuyenkhong",)), doc("B", "ở lại"))
    engine.purge()
    assert _files_with(nodes, b"uyethat")
    source.take_out(["A"])
    engine.delete(["A"])
    engine.purge()
    assert not _files_with(nodes, b"uyethat")
    assert (engine.doc_count(), engine.ids(), ids(ask(engine, "o lai"))) == (1, {"B"}, {"B"})


def _files_with(nodes: sphinx_server.Running, letters: bytes) -> list[Path]:
    return [file for file in nodes.folder.rglob("*") if file.is_file() and letters in file.read_bytes()]


# --- made anew while it answers ---


def test_a_rebuild_goes_on_under_questions_and_loses_no_change(
    nodes: sphinx_server.Running, engine: SphinxEngine, source: MemorySource, fill: Callable[..., None]
) -> None:
    old = [doc(f"D{n}", "chung cũ") for n in range(60)]
    fill(*old)
    stop, seen, failed = threading.Event(), set[tuple[int, bool]](), list[BaseException]()

    def go_on_asking() -> None:
        own = SphinxEngine(nodes.cluster, source)
        while not stop.is_set():
            try:
                answer = ask(own, "chung", top=1, within_ms=60_000)  # time must not be the reason
                seen.add((answer.count, answer.complete))
            except BaseException as error:
                failed.append(error)

    def anew() -> Iterable[Doc]:
        for at, each in enumerate(old):
            if at == 30:
                # While the rebuild reads, one is re-classified, one is rewritten and one is destroyed.
                source.put([replace(old[0], secrecy=2), replace(old[1], body="chung lúcđó")])
                source.take_out(["D2"])
            yield each

    threads = [threading.Thread(target=go_on_asking) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        engine.replace_all(list(old))
    engine.replace_all(anew())
    stop.set()
    for thread in threads:
        thread.join()
    assert failed == []
    assert seen <= {(60, True), (59, True)}
    assert (60, True) in seen
    assert ask(engine, "chung", READER).count == 58
    assert ids(ask(engine, "lucdo")) == {"D1"}
    assert engine.ids() == {each.id for each in old} - {"D2"}


def test_a_rebuild_that_fails_leaves_the_old_index(engine: SphinxEngine, fill: Callable[..., None]) -> None:
    fill(doc("A"), doc("B"))

    def broken() -> Iterable[Doc]:
        yield from (doc(f"N{n}") for n in range(250))
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        engine.replace_all(broken())
    assert ids(ask(engine, "chung")) == {"A", "B"}


# --- nothing but safe letters, nothing without its mask ---


class Tapped:
    """What is said to the servers, kept."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.said: list[str] = []
        plain = link._Session._once

        def once(session: link._Session, statement: str) -> object:
            self.said.append(statement)
            return plain(session, statement)

        patch.setattr(link._Session, "_once", once)


NASTY = [
    "'; TRUNCATE RTINDEX docs_a; --",
    "\\') OR 1=1 #",
    '"@(fn) x"/2 | * -!~<<',
    "@* ^a$ MAYBE b NEAR/3 c SENTENCE d",
    "a\0b\nc",
    "ký tự 日本 😀 ſ",
    "%' AND SLEEP(9) AND '",
    "=a =b %c ?d",
]
ASSIGNED = re.compile(r"[\w ,.*()=<>'\"@/|^$+-]+")


@pytest.mark.parametrize("nasty", NASTY)
def test_what_looks_like_a_command_is_text(
    engine: SphinxEngine, fill: Callable[..., None], monkeypatch: pytest.MonkeyPatch, nasty: str
) -> None:
    tapped = Tapped(monkeypatch)
    marks = {"block": nasty, "type": nasty, "compartment": nasty, "dossier": nasty, "person": nasty}
    one = doc(nasty, nasty, title=nasty, names=(nasty,), unit="17/" + nasty.replace("/", ""), **marks)
    fill(one, doc("B", "khác hẳn"))
    reader = Visible(("17",), 0, frozenset({nasty}))
    twin = MemoryEngine()
    twin.add([one, doc("B", "khác hẳn")])
    for q in (nasty, f'"{nasty}"', f"-{nasty}", f"type:{nasty}", f"unit:17/{nasty}", "khac*", ""):
        for filters in (
            Filters(),
            Filters(type=nasty, block=nasty),
            Filters(missing=(nasty,), only=frozenset({nasty})),
        ):
            query = Query(q, reader, filters, ("type", "unit", "block"), grouped=True)
            assert _outcome(engine, query) == _outcome(twin, query)
    withheld = Visible(("17",), 0, frozenset({nasty}), frozenset({nasty}))
    assert ids(ask(engine, "", withheld)) == {"B"}
    assert engine.delete([nasty]) == 1
    assert all(ASSIGNED.fullmatch(statement) for statement in tapped.said)


def _outcome(engine: SphinxEngine | MemoryEngine, query: Query) -> object:
    try:
        return replace(engine.query(query), ms=0)
    except QueryError as error:
        return str(error)


@given(text=st.text())
@settings(max_examples=100, deadline=None)
def test_letters_come_back_and_beginnings_stay_beginnings(text: str) -> None:
    safe = encode(text)
    assert re.fullmatch("[a-z0-9_]*", safe)
    assert decode(safe) == text
    for cut in range(0, len(text), 3):
        assert safe.startswith(encode(text[:cut]))


def test_no_statement_is_let_through_with_other_letters() -> None:
    for letters in ("'", "\\", '"', ";", "\n", "Ă", "A"):
        with pytest.raises(ValueError, match="safe"):
            link.quoted(letters)
    with pytest.raises(ValueError, match="safe"):
        link.matching("a' OR 1=1")


def test_an_empty_list_is_never_an_open_door() -> None:
    with pytest.raises(ValueError, match="no values"):
        link.among("units", ())
    for nobody in (Visible(), Visible((), 9, ALL.compartments), Visible(("17",), -1)):
        assert permitted(nobody) == ("id IN (0)",)
    conditions = permitted(Visible(("17",), 0))
    assert [each.split()[0] for each in conditions] == ["units", "secrecy<=0", "compartment"]


def test_every_question_to_the_documents_carries_the_mask(
    engine: SphinxEngine, fill: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(doc("A", "Nguyễn Văn An", person="P", dossier="H", names=("Nguyễn Văn An",)), doc("B", person="P", block="x"))
    tapped = Tapped(monkeypatch)
    mask = " AND ".join(permitted(READER))
    facets = ("type", "unit", "block", "year", "secrecy")
    for q in ("nguyen van an", "nguyen van am", "chungg", "type:a OR chung", "-chung", "ngu*", ""):
        for filters in (Filters(), Filters(linked=True), Filters(linked=False), Filters(missing=("x",))):
            for grouped in (False, True):
                ask(engine, q, READER, filters=filters, facets=facets, grouped=grouped, sort="name")
    engine.complete("ng", READER)
    # What is said to the nodes themselves brings their marks up to the records; nothing of it is shown.
    asked = [each for each in tapped.said if "all_docs_" in each]
    assert len(asked) > 100
    assert [each for each in asked if mask not in each] == []
    tapped.said.clear()
    for q in ("", "chung", "nguyen van an"):
        assert ask(engine, q, Visible(), facets=facets).count == 0
    assert engine.complete("ng", Visible()) == ()
    assert [each for each in tapped.said if "docs_" in each or "words_" in each] == []


# --- the same answers ---


def test_time_that_is_over_is_told(engine: SphinxEngine, fill: Callable[..., None]) -> None:
    fill(doc("A"))
    answer = ask(engine, "chung", within_ms=0)
    assert (answer.complete, answer.hits) == (False, ())


def test_too_many_alternatives_of_marks_and_words_are_one_clear_error(engine: SphinxEngine) -> None:
    q = " OR ".join(f"type:t{n} w{n}" for n in range(8))
    with pytest.raises(QueryError) as caught:
        ask(engine, q)
    assert "OR" in caught.value.message_vi


# --- how it is set up ---


def test_an_index_of_another_layout_is_refused(nodes: sphinx_server.Running, engine: SphinxEngine) -> None:
    engine.add([doc("A")])
    fewer = SphinxEngine(replace(nodes.cluster, nodes=nodes.cluster.nodes[:1]), MemorySource())
    with pytest.raises(IndexFormatError):
        ask(fewer, "chung")


def test_names_are_told_of_dossiers_that_are_seen(nodes: sphinx_server.Running) -> None:
    """One person in two blocks; another name stands in the hidden one alone. The embedded engine keeps it too."""
    engine = SphinxEngine(nodes.cluster)
    engine.add(
        [
            doc("seen", names=("Lê Văn An",), unit="17", dossier="D1", person="P"),
            doc("hidden", names=("Lê Văn Ân", "Trần Bí Danh"), unit="18", dossier="D2", person="P"),
        ]
    )
    reader = Visible(("17",), 0)
    assert engine.complete("tran", reader) == ()
    assert engine.complete("le", reader) == engine.complete("lê văn ân", reader) == (Completion("Lê Văn An", 1),)
    assert engine.complete("tran", ALL) == (Completion("Trần Bí Danh", 1),)
    assert engine.complete("lê", ALL) == (Completion("Lê Văn An", 1), Completion("Lê Văn Ân", 1))
