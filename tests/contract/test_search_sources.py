"""Documents live at a source: what it says holds at the next question, and what is asked of persons and dossiers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from search_index import (
    Answer,
    Bearer,
    Completion,
    Doc,
    Engine,
    Filters,
    MemoryEngine,
    MemorySource,
    Query,
    Source,
    SqliteSource,
    Visible,
    WhooshEngine,
)

ALL = Visible(("",), 9, frozenset({"kiem_tra"}))
READER = Visible(("17",), 1)
Opened = Callable[[Source | None], Engine]


def doc(id_: str, body: str = "chung", **more: object) -> Doc:
    base = Doc(id_, "Văn bản", body, (), "party", "17/22/3", 0, "", "quyet_dinh", 2010)
    return replace(base, **more)  # type: ignore[arg-type]


@pytest.fixture(params=["memory", "whoosh"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    def make(source: Source | None) -> Engine:
        return MemoryEngine(source) if request.param == "memory" else WhooshEngine(tmp_path / "index", source)

    return make


@pytest.fixture
def engine(opened: Opened) -> Engine:
    return opened(None)


@pytest.fixture(params=["memory", "sqlite"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> MemorySource | SqliteSource:
    return MemorySource() if request.param == "memory" else SqliteSource(tmp_path / "source.db")


def ask(engine: Engine, q: str, visible: Visible = ALL, **more: object) -> Answer:
    return engine.query(Query(q, visible, **more))  # type: ignore[arg-type]


def found(engine: Engine, q: str, visible: Visible = ALL, **more: object) -> list[str]:
    return [hit.id for hit in ask(engine, q, visible, **more).hits]


# --- the source decides ---


def test_what_changes_at_the_source_holds_at_the_next_question(
    opened: Opened, source: MemorySource | SqliteSource
) -> None:
    docs = [doc("A", person="P", names=("Lê An",)), doc("B"), doc("C")]
    source.put(docs)
    engine = opened(source)
    engine.add(docs)
    assert set(found(engine, "chung", READER)) == {"A", "B", "C"}
    source.put([replace(docs[0], secrecy=3)])
    assert set(found(engine, "chung", READER)) == {"B", "C"}
    assert engine.complete("le", READER) == ()
    source.put([replace(docs[1], unit="18")])
    assert found(engine, "", READER) == ["C"]
    source.take_out(["C"])
    gone = ask(engine, "chung", READER, facets=("type", "unit"))
    assert (gone.count, gone.hits, gone.facets) == (0, (), {"type": {}, "unit": {}})
    source.put([replace(docs[0], day=2024_05_01), replace(docs[1], day=2023_00_00)])
    assert found(engine, "chung") == ["A", "B"]
    source.put([replace(docs[0], day=1999_01_01)])
    assert found(engine, "chung") == ["B", "A"]
    assert engine.complete("le", READER) == (Completion("Lê An", 1),)


def test_a_document_gone_from_the_source_is_not_found(opened: Opened, source: MemorySource | SqliteSource) -> None:
    docs = [doc("A", "tay Lương Bí Mật"), doc("B")]
    source.put(docs)
    engine = opened(source)
    engine.add(docs)
    source.replace([docs[1:]])
    for q in ("", "luong bi mat", '"bí mật"', "mật*", "lương bí mạt"):
        assert "A" not in found(engine, q)
    assert engine.doc_count() <= 2


def test_a_source_that_forgot_what_changed_is_read_anew(opened: Opened) -> None:
    source = MemorySource([doc("A"), doc("B")])
    engine = opened(source)
    engine.add([doc("A"), doc("B")])
    assert len(found(engine, "chung")) == 2
    source.replace([[doc("A", unit="18"), doc("B")]])
    assert found(engine, "chung", READER) == ["B"]


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_source_tells_what_changed_after_a_position(kind: str, tmp_path: Path) -> None:
    source = MemorySource() if kind == "memory" else SqliteSource(tmp_path / "s.db")
    assert source.changes(-1).ids is None
    before = source.changes(-1).position
    source.put([doc("A", names=("Lê An", "Ba An"), person="P"), doc("B")])
    source.take_out(["B"])
    assert source.changes(before).ids == {"A", "B"}
    now = source.changes(before).position
    assert source.changes(now).ids == frozenset()
    assert [mark.id for mark in source.marks()] == ["A"]
    assert list(source.bearers()) == [Bearer("P", "", ("Lê An", "Ba An"))]
    assert source.texts(["A", "B"]).keys() == {"A"}
    source.replace([[doc("C")]])
    assert source.changes(now).ids is None
    assert [mark.id for mark in source.marks(["A", "C"])] == ["C"]


# --- filters, order, groups ---


@pytest.fixture
def families(engine: Engine) -> Engine:
    """Three persons: P1 in both blocks, P2 in one, P3 of whom the reader sees one block only; one about nobody."""
    engine.add(
        [
            doc("1a", person="P1", dossier="D1", names=("Trần Văn Bình",), day=2010_01_02, block="party"),
            doc("1b", person="P1", dossier="D2", names=("Trần Văn Bình",), day=2012_03_00, block="government"),
            doc("1c", person="P1", dossier="D1", names=("Trần Văn Bình",), day=2011_01_01, type="bao_cao"),
            doc("2a", person="P2", dossier="D3", names=("Lê Thị An",), year=2020, secrecy=1),
            doc("3a", person="P3", dossier="D4", names=("Vũ Cường", "Ba Cường"), day=2001_00_00),
            doc("3b", person="P3", dossier="D5", block="government", unit="18", type="bao_cao/mat", day=2002_00_00),
            doc("0", "chung", year=None, unit="17"),
        ]
    )
    return engine


def test_sorting(families: Engine) -> None:
    assert found(families, "chung", READER) == ["2a", "1b", "1c", "1a", "3a", "0"]
    assert found(families, "chung", READER, sort="newest") == ["2a", "1b", "1c", "1a", "3a", "0"]
    assert found(families, "chung", READER, sort="oldest") == ["0", "3a", "1a", "1c", "1b", "2a"]
    assert found(families, "chung", READER, sort="name") == ["2a", "1b", "1c", "1a", "3a", "0"]


def test_hits_grouped_by_person(families: Engine) -> None:
    answer = ask(families, "chung", READER, grouped=True, each=2)
    assert [(hit.id, hit.person) for hit in answer.hits] == [
        ("2a", "P2"), ("1b", "P1"), ("1c", "P1"), ("3a", "P3"), ("0", "0"),
    ]  # fmt: skip
    assert (answer.count, answer.persons) == (6, 4)
    assert answer.of_person == {"P2": 1, "P1": 3, "P3": 1, "0": 1}
    second = ask(families, "chung", READER, grouped=True, top=1, offset=1)
    assert [hit.id for hit in second.hits] == ["1b", "1c", "1a"]
    assert (second.persons, second.of_person) == (4, {"P1": 3})
    by_name = ask(families, "chung", READER, grouped=True, each=1, sort="name")
    assert [hit.person for hit in by_name.hits] == ["P2", "P1", "P3", "0"]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (Filters(linked=True), {"1a", "1b", "1c"}),
        (Filters(linked=False), {"2a", "3a"}),
        (Filters(missing=("bao_cao",)), {"1b", "2a", "3a", "0"}),
        (Filters(missing=("bao_cao", "quyet_dinh")), set()),
        (Filters(missing=("quyet_dinh",)), set()),
        (Filters(units=("17/22", "16")), {"1a", "1b", "1c", "2a", "3a"}),
        (Filters(units=("18",)), set()),
        (Filters(secrecy=1), {"2a"}),
        (Filters(only=frozenset({"1a", "3b", "none"})), {"1a"}),
        (Filters(only=frozenset()), set()),
        (Filters(linked=True, secrecy=1), set()),
    ],
)
def test_filters_that_look_beyond_one_document(families: Engine, filters: Filters, ids: set[str]) -> None:
    assert set(found(families, "chung", READER, filters=filters)) == ids


def test_a_link_is_one_for_whom_both_blocks_are_seen(families: Engine) -> None:
    assert "3a" in found(families, "", ALL, filters=Filters(linked=True))
    assert "3a" not in found(families, "", READER, filters=Filters(linked=True))
    assert "3a" in found(families, "", ALL, filters=Filters(missing=("bao_cao",)))


def test_ids_withheld_from_a_reader_are_documents_or_dossiers(families: Engine) -> None:
    reader = replace(READER, without=frozenset({"D1", "3a"}))
    assert set(found(families, "chung", reader)) == {"1b", "2a", "0"}
    assert families.complete("vu", reader) == ()


def test_names_go_on_as_typed(families: Engine) -> None:
    assert families.complete("tr", READER) == (Completion("Trần Văn Bình", 1),)
    assert families.complete("văn b", READER) == (Completion("Trần Văn Bình", 1),)
    assert families.complete("LÊ", READER) == (Completion("Lê Thị An", 1),)
    assert families.complete("ba cuong", READER) == (Completion("Ba Cường", 1),)
    assert families.complete("tran van binh ", READER) == (Completion("Trần Văn Bình", 1),)
    for nothing in ("", "  ", "!", "zz", "ran", "tran van binhh"):
        assert families.complete(nothing, READER) == ()
    assert families.complete("l", Visible(("17",), 0)) == ()
    assert families.complete("c", READER, top=0) == ()


def test_a_phrase_with_other_marks_is_folded_and_lower_case_names_are_not_near(engine: Engine) -> None:
    engine.add(
        [
            doc("A", "bộ nhiệm rồi bổ"),
            doc("B", "bổ nhiệm rồi"),
            doc("C", "ông nguyễn văn an ký", year=2020),
            doc("D", "Ông Nguyễn Văn An ký", year=1990),
            doc("E", "Nguyễn đến Văn phòng gặp An", year=2021),
        ]
    )
    assert {hit.id: hit.tier for hit in ask(engine, '"bổ nhiệm"').hits} == {"A": "folded", "B": "exact"}
    answer = ask(engine, "Nguyễn Văn An")
    assert [(hit.id, hit.tier) for hit in answer.hits] == [("D", "exact"), ("C", "exact"), ("E", "near")]
