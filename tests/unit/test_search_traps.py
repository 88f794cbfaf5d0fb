"""Known traps of the parts search is built on: each test says why our way around it must stay."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whoosh import fields, index, query
from whoosh.columns import RefBytesColumn
from whoosh.util.filelock import FileLock

from search_index import Doc, MemoryEngine, Query, Visible, WhooshEngine
from search_index.analysis import analyse, forms, grams
from search_index.packing import fold_packed, pack
from search_index.snippets import LENGTH, Sought, snippet
from vietnamese.text import syllables

EVERYTHING = Visible(("",), 9, frozenset({"c7"}))


def doc(id_: str, body: str = "chung", compartment: str = "") -> Doc:
    return Doc(id_, "", body, (), "", "17", 0, compartment, "", None)


def test_an_empty_filter_set_of_whoosh_shows_everything_and_ours_shows_nothing(tmp_path: Path) -> None:
    stock = index.create_in(str(tmp_path), fields.Schema(id=fields.ID(stored=True)))
    with stock.writer() as writer:
        writer.add_document(id="hidden")
    with stock.searcher() as searcher:
        # If this ever becomes 0 the fork has closed the trap; ours must hold either way.
        assert len(searcher.search(query.Every(), filter=set())) == 1
    ours = WhooshEngine(tmp_path / "ours")
    ours.add([doc("hidden")])
    assert ours.query(Query("", Visible(()))).count == 0


def test_whoosh_never_gets_a_filter_from_us() -> None:
    library = Path(__file__).parents[2] / "search_index"
    for source in library.glob("*.py"):
        text = source.read_text(encoding="utf-8")
        assert "searcher(" not in text, source
        assert "filter=" not in text, source


def test_more_compartments_than_a_short_number_holds_stay_apart(tmp_path: Path) -> None:
    # Whoosh's RefBytesColumn stores the default (no compartment: visible) for values beyond 65,535.
    engine = WhooshEngine(tmp_path / "index")
    engine.add([doc("a", compartment="c7"), doc("b", compartment="c8"), doc("c")])
    assert {hit.id for hit in engine.query(Query("", EVERYTHING)).hits} == {"a", "c"}
    for field in index.open_dir(str(tmp_path / "index")).schema.items():
        assert not isinstance(field[1].column_type, RefBytesColumn)


def test_a_program_that_seeds_random_does_not_overwrite_segments(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path / "index")
    for n in range(4):
        random.seed(7)
        engine.add([doc(f"D{n}")])
    assert engine.query(Query("chung", EVERYTHING)).count == 4


def test_the_lock_of_a_dead_writer_is_free(tmp_path: Path) -> None:
    WhooshEngine(tmp_path / "index")
    stale = FileLock(str(tmp_path / "index" / "MAIN_WRITELOCK"))
    assert stale.acquire()
    stale.release()
    WhooshEngine(tmp_path / "index", wait=0).add([doc("A")])


def test_a_name_is_one_term_and_does_not_run_into_the_next() -> None:
    terms = analyse(Doc("A", "", "gặp Trần Bình, Lê An", ("Đỗ Thị Hoà", "Võ An"), "", "", 0, "", "", None))
    assert {"tran_binh", "le_an", "do_thi_hoa", "thi_hoa", "vo_an"} <= terms.n.keys()
    assert "binh_le" not in terms.n
    assert "hoa_vo" not in terms.n
    assert sorted(grams(["Đỗ", "Thị", "Hoà"])) == ["do_thi", "do_thi_hoa", "thi_hoa"]


@pytest.mark.parametrize("phrase", ['"hoà võ"', '"văn bản gặp"'])
def test_a_phrase_does_not_run_from_one_name_or_field_into_the_next(phrase: str) -> None:
    engine = MemoryEngine()
    engine.add([Doc("A", "Văn bản", "gặp nhau", ("Đỗ Thị Hoà", "Võ An"), "", "17", 0, "", "", None)])
    assert engine.query(Query(phrase, EVERYTHING)).count == 0


@pytest.mark.parametrize("body", ["", "x", "không có gì", "a" * 5000, "từ " * 2000 + "đích"])
def test_a_snippet_is_short_and_its_marks_fit(body: str) -> None:
    text, marks = snippet(doc("A", body), Sought(frozenset({"dich"}), ()))
    assert len(text) <= LENGTH + 2
    assert [text[start:end] for start, end in marks] == (["đích"] if "đích" in body else [])


def test_a_very_long_document_is_taken_and_found() -> None:
    engine = MemoryEngine()
    engine.add([doc("A", "lời nói đầu " * 20_000 + "Nguyễn Văn An")])
    assert engine.query(Query("nguyen van an", EVERYTHING)).count == 1


@given(st.one_of(st.text(max_size=30), st.text(alphabet="aàăằâđêỹơợuưữ Đbc|?", max_size=30)))
def test_packed_words_fold_like_the_words(text: str) -> None:
    for word in syllables(text):
        folded, written = forms(word)
        if len(folded) == len(written):
            assert fold_packed(pack(written)) == pack(folded)
        assert len(pack(written)) == len(written)


def test_phrases_in_other_letters_are_found_too() -> None:
    engine = MemoryEngine()
    engine.add([doc("A", "thành phố Köln Москва жара")])
    for q in ('"koln Москва"', '"phố köln"', '"Москва жара"'):
        assert engine.query(Query(q, EVERYTHING)).count == 1


@given(st.lists(st.sampled_from(["bổ", "nhiệm", "zét", "xyz", "An", "Văn", "cán"]), min_size=2, max_size=14))
def test_a_phrase_is_found_where_its_words_stand_side_by_side_and_nowhere_else(words: list[str]) -> None:
    engine = MemoryEngine()
    engine.add([doc("A", " ".join(words))])
    folded = [forms(word)[0] for word in words]
    for phrase in (["bổ", "nhiệm"], ["zét", "xyz"], ["văn", "an"], ["bổ", "zét"], ["bổ", "nhiệm", "bổ"], ["an", "an"]):
        sought = [forms(word)[0] for word in phrase]
        there = any(folded[at : at + len(sought)] == sought for at in range(len(folded)))
        assert engine.query(Query(f'"{" ".join(phrase)}"', EVERYTHING)).count == there, phrase
