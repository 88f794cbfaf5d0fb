"""The search contract, the same for every engine: what is found, what stays hidden, what survives."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search_index import Answer, Doc, Engine, Filters, MemoryEngine, Query, QueryError, Visible, WhooshEngine
from search_index.model import DocumentError
from search_index.sphinx_engine import SphinxEngine

ALL = Visible(("",), 9, frozenset({"kiem_tra", "bao_ve"}))


def doc(id_: str, body: str = "", **more: object) -> Doc:
    """One visible-to-most document; `more` overrides."""
    base = Doc(id_, "Văn bản", body, (), "party", "17/22/3", 0, "", "quyet_dinh", 2010)
    return replace(base, **more)  # type: ignore[arg-type]


@pytest.fixture(params=["memory", "whoosh", "sphinx"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "sphinx":
        return SphinxEngine(request.getfixturevalue("nodes").cluster)
    return MemoryEngine() if request.param == "memory" else WhooshEngine(tmp_path / "index")


def ask(engine: Engine, q: str, visible: Visible = ALL, **more: object) -> Answer:
    return engine.query(Query(q, visible, **more))  # type: ignore[arg-type]


def found(engine: Engine, q: str, visible: Visible = ALL, **more: object) -> list[str]:
    return [hit.id for hit in ask(engine, q, visible, **more).hits]


# --- what is found ---


def test_without_marks_one_finds_the_name_with_marks(engine: Engine) -> None:
    engine.add([doc("A", names=("Nguyễn Văn An",)), doc("B", "Ðặng Thị Hoà"), doc("C", "không liên quan")])
    assert found(engine, "nguyen van an") == ["A"]
    assert found(engine, "dang thi hoa") == ["B"]
    assert found(engine, "ĐẶNG THỊ HÒA") == ["B"]


def test_tiers_go_from_marks_to_no_marks_to_nearly(engine: Engine) -> None:
    engine.add(
        [
            doc("near", "Đồng chí Nguyễn Vān Am có mặt"),
            doc("folded", "Đồng chí Nguyễn Vân Ân có mặt"),
            doc("exact", "Đồng chí Nguyễn Văn An có mặt"),
        ]
    )
    answer = ask(engine, "Nguyễn Văn An")
    assert [(hit.id, hit.tier) for hit in answer.hits] == [(t, t) for t in ("exact", "folded", "near")]
    assert (answer.count, answer.near) == (3, 1)


def test_a_mistyped_family_name_still_comes_near(engine: Engine) -> None:
    engine.add([doc("A", names=("Nguyễn Văn An",)), doc("B", names=("Trần Thị Bình",))])
    assert [(hit.id, hit.tier) for hit in ask(engine, "nguyem van an").hits] == [("A", "near")]
    assert found(engine, '"nguyem van an"') == []


def test_words_of_a_name_far_apart_come_after_the_name(engine: Engine) -> None:
    engine.add(
        [
            doc("apart", "Ông Nguyễn đến Văn phòng và gặp bà An", year=2020),
            doc("misread", "Ông Nguyển Văn Am đến", year=1999),
            doc("name", "Ông Nguyễn Văn An đến", year=1990),
        ]
    )
    assert found(engine, "Nguyễn Văn An") == ["name", "misread", "apart"]


def test_lower_case_words_side_by_side_are_no_near_match(engine: Engine) -> None:
    engine.add([doc("A", "mở hồ sơ cán bộ ra xem"), doc("B", "HỒ SƠ CÁN BỘ")])
    assert {hit.tier for hit in ask(engine, "hồ sơ cán bộ").hits} == {"exact"}


def test_a_name_in_quotes_stands_before_names_whose_words_have_its_marks_elsewhere(engine: Engine) -> None:
    engine.add(
        [
            doc("other", "Đồng chí Nguyễn Vân Ân gặp bà An ở Văn phòng", year=2020),
            doc("name", "Đồng chí Nguyễn Văn An", year=1990),
            doc("small", "gặp nguyễn văn an", year=1980),
        ]
    )
    told = [(hit.id, hit.tier) for hit in ask(engine, '"Nguyễn Văn An"').hits]
    assert told == [("name", "exact"), ("small", "exact"), ("other", "folded")]
    assert found(engine, '"Nguyễn Văn An"', exact_accents=True) == ["name", "small"]


@pytest.mark.parametrize("snippets", [True, False])
def test_a_phrase_with_an_alternative_is_exact_only_where_one_of_them_stands_so(engine: Engine, snippets: bool) -> None:
    engine.add(
        [
            doc("A", "hồ sơ cán bộ"),
            doc("B", "ho sơ của hồ so"),
            doc("C", "kỷ luật"),
            doc("D", "ho sơ của hồ so, kỷ luật"),
        ]
    )
    answer = ask(engine, '"hồ sơ" HOẶC kỷ', snippets=snippets)
    assert {hit.id: hit.tier for hit in answer.hits} == {"A": "exact", "B": "folded", "C": "exact", "D": "exact"}


def test_exact_accents_are_demanded_when_ticked(engine: Engine) -> None:
    engine.add([doc("A", "Nguyễn Văn An"), doc("B", "Nguyen Van An"), doc("C", "Nguyễn Văn Ân")])
    assert found(engine, "Nguyễn Văn An", exact_accents=True) == ["A"]
    assert found(engine, "nguyen van an", exact_accents=True) == ["B"]


def test_names_rank_over_titles_over_bodies_then_the_newest(engine: Engine) -> None:
    engine.add(
        [
            doc("body-new", "gặp Tuấn", year=2024),
            doc("body-old", "gặp Tuấn", year=1999),
            doc("body-undated", "gặp Tuấn", year=None),
            doc("title", title="Quyết định về Tuấn", year=1980),
            doc("name", names=("Lê Tuấn",), year=1970),
        ]
    )
    assert found(engine, "tuấn") == ["name", "title", "body-new", "body-old", "body-undated"]


@pytest.mark.parametrize(
    ("q", "ids"),
    [
        ("bổ nhiệm", {"A", "B"}),
        ('"bổ nhiệm lại"', {"B"}),
        ('"nhiệm bổ"', set()),
        ("bổ -lại", {"A"}),
        ("-bổ", {"C"}),
        ('-"bổ nhiệm lại"', {"A", "C"}),
        ("nhi*", {"A", "B"}),
        ("lại OR kỷ", {"B", "C"}),
        ("bổ lại OR kỷ", {"B", "C"}),
        ("type:quyet_dinh", {"A", "B"}),
        ("type:quyet_dinh/bo_nhiem", {"B"}),
        ("-type:quyet_dinh bổ OR kỷ", {"C"}),
        ("unit:17/22", {"A", "C"}),
        ("year:2005..2010", {"A", "B"}),
        ("year:2011..", {"C"}),
        ("year:..2009", {"A"}),
        ("bổ year:2010", {"B"}),
        ("số 17-NQ/TU", {"C"}),
        ("17/TU", set()),
        ("", {"A", "B", "C"}),
        ('"bổ nhiệm', {"A", "B"}),
        ("BỔ, (NHIỆM)!", {"A", "B"}),
    ],
)
def test_the_query_language(engine: Engine, q: str, ids: set[str]) -> None:
    engine.add(
        [
            doc("A", "bổ nhiệm cán bộ", year=2005),
            doc("B", "bổ nhiệm lại cán bộ", type="quyet_dinh/bo_nhiem", unit="17/2", year=2010),
            doc("C", "kỷ luật theo số 17-NQ/TU", type="bao_cao", unit="17/22", year=2015),
        ]
    )
    answer = ask(engine, q)
    assert {hit.id for hit in answer.hits} == ids
    assert answer.count == len(ids)


@pytest.mark.parametrize(
    ("q", "ids"),
    [
        ("(lại OR kỷ) cán", {"B"}),
        ("bổ -(lại OR kỷ)", {"A"}),
        ("loại:quyết_định năm:2010", {"B"}),
        ("đơn_vị:17/22", {"A", "C"}),
        ("khối:đảng", {"A", "B"}),
        ("-block:party", {"C"}),
        ("mật:tối_mật OR lại", {"B", "C"}),
        ("secrecy:0", {"A", "B"}),
        ("link:có", {"A", "C"}),
        ("liên_kết:không", {"B"}),
        ("thiếu:bao_cao", {"B"}),
        ("missing:bao_cao OR kỷ", {"B", "C"}),
        ("li*", {"A"}),
        ("lí lịch", {"A"}),
        ('"ly lich"', {"A"}),
    ],
)
def test_narrowing_in_words_and_brackets(engine: Engine, q: str, ids: set[str]) -> None:
    engine.add(
        [
            doc("A", "bổ nhiệm cán bộ có lý lịch", year=2005, dossier="H1", person="P1"),
            doc("B", "bổ nhiệm lại cán bộ", unit="17/2", dossier="H2", person="P2"),
            doc("C", "kỷ luật", type="bao_cao", block="front", secrecy=2, dossier="H1", person="P1"),
        ]
    )
    assert set(found(engine, q)) == ids


def test_a_fault_in_the_question_is_told_with_its_place(engine: Engine) -> None:
    with pytest.raises(QueryError) as caught:
        ask(engine, "bổ nhiệm năm:abc")
    assert caught.value.place == (9, 16)
    assert "«năm:abc», ký tự thứ 10" in caught.value.message_vi


@pytest.mark.parametrize(
    "q", ["a" * 201, "a*", "*", "năm x* y", "year:abc", "year:", "type:", "unit:", "!!!", " ".join("ab" * 40)]
)
def test_what_cannot_be_asked_is_one_clear_error(engine: Engine, q: str) -> None:
    with pytest.raises(QueryError) as caught:
        ask(engine, q)
    assert caught.value.message_vi
    assert str(caught.value)


@given(q=st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_string_parses_or_is_refused_clearly(q: str) -> None:
    engine = MemoryEngine()
    engine.add([doc("A", "bổ nhiệm cán bộ")])
    try:
        answer = ask(engine, q)
    except QueryError:
        return
    assert answer.count <= 1


def test_filters_and_paging(engine: Engine) -> None:
    engine.add([doc(f"D{n}", "chung", year=2000 + n, type="a" if n % 2 else "b") for n in range(10)])
    assert found(engine, "chung", filters=Filters(type="a", year_from=2003)) == ["D9", "D7", "D5", "D3"]
    assert found(engine, "", filters=Filters(year_to=2001)) == ["D1", "D0"]
    assert found(engine, "chung", top=3, offset=3) == ["D6", "D5", "D4"]
    assert found(engine, "chung", top=3, offset=30) == []
    assert ask(engine, "chung", top=0).count == 10
    assert found(engine, "chung", filters=Filters(block="government")) == []


def test_facets_count_the_whole_answer_not_the_page(engine: Engine) -> None:
    engine.add([doc(f"D{n}", "chung", type="a" if n < 7 else "b", year=2001) for n in range(10)])
    answer = ask(engine, "chung", facets=("type", "unit", "block", "year"), top=2)
    assert answer.facets == {
        "type": {"a": 7, "b": 3},
        "unit": {"17/22/3": 10},
        "block": {"party": 10},
        "year": {"2001": 10},
    }


def test_the_snippet_shows_and_marks_the_match(engine: Engine) -> None:
    engine.add([doc("A", "Mở đầu. " * 80 + "Bổ nhiệm\nđồng chí Trần Thị Hoà làm trưởng phòng. " + "Kết thúc. " * 80)])
    hit = ask(engine, "tran thi hoa").hits[0]
    assert [hit.snippet[a:b] for a, b in hit.marks] == ["Trần", "Thị", "Hoà"]
    assert hit.snippet.startswith("…")
    assert hit.snippet.endswith("…")
    assert "\n" not in hit.snippet
    assert len(hit.snippet) < 250


def test_a_mistyped_word_gets_a_suggestion(engine: Engine) -> None:
    engine.add([doc("A", "bổ nhiệm cán bộ"), doc("B", "nghỉ hưu")])
    answer = ask(engine, "bổ nhiem can bốp")
    assert answer.count == 0
    assert "bổ nhiem can bo" in answer.suggestions


# --- what stays hidden ---

HIDDEN = {
    "other unit": {"unit": "18/1"},
    "a unit with a longer number": {"unit": "170/22"},
    "the root unit": {"unit": ""},
    "higher secrecy": {"secrecy": 2},
    "a compartment not held": {"compartment": "kiem_tra"},
}
READER = Visible(("17",), 1, frozenset({"bao_ve"}))


@pytest.mark.parametrize("why", HIDDEN)
def test_nothing_of_a_hidden_document_comes_out(engine: Engine, why: str) -> None:
    shown = doc("shown", "hồ sơ chung", compartment="bao_ve", secrecy=1)
    hidden = doc("hidden", "hồ sơ chung Lương Bí Mật", type="rieng", year=1950, **HIDDEN[why])
    engine.add([shown, hidden])
    answer = ask(engine, "hồ sơ", READER, facets=("type", "unit", "block", "year"))
    assert ([hit.id for hit in answer.hits], answer.count) == (["shown"], 1)
    assert answer.facets["type"] == {"quyet_dinh": 1}
    assert "1950" not in answer.facets["year"]
    for q in (
        "luong bi mat",
        "lương bí mạt",
        "bí mậtt",
        "luongg",
        '"bí mật"',
        "mật*",
        "-shown",
        "type:rieng",
        "year:1950",
        "",
    ):
        seen = ask(engine, q, READER)
        assert "hidden" not in [hit.id for hit in seen.hits], q
        assert seen.count <= 1
        assert seen.suggestions == ()


@pytest.mark.parametrize("nobody", [Visible(), Visible.from_json({}), Visible((), 9, ALL.compartments)])
def test_an_empty_permission_sees_nothing_never_everything(engine: Engine, nobody: Visible) -> None:
    engine.add([doc("A", "hồ sơ"), doc("B", "hồ sơ", unit="")])
    for q in ("", "hồ sơ", "-gì", "ho*", "type:quyet_dinh"):
        answer = ask(engine, q, nobody, facets=("type",))
        assert (answer.count, answer.hits, answer.facets["type"]) == (0, (), {})


@pytest.mark.parametrize(
    ("units", "ids"),
    [
        (("",), "ABCDE"),
        (("17",), "AB"),
        (("17/22",), "B"),
        (("18", "170"), "CD"),
        (("1",), ""),
        (("17/",), ""),
    ],
)
def test_one_unit_of_many_and_the_root(engine: Engine, units: tuple[str, ...], ids: str) -> None:
    places = {"A": "17", "B": "17/22/3", "C": "18", "D": "170", "E": ""}
    engine.add([doc(id_, unit=unit) for id_, unit in places.items()])
    assert sorted(found(engine, "", Visible(units))) == list(ids)


def test_hidden_documents_do_not_move_the_order(engine: Engine) -> None:
    mine = [doc(f"M{n}", "chung " * (n + 1) + "riêng", year=2000 + n) for n in range(5)]
    engine.add(mine)
    before = ask(engine, "chung riêng", READER)
    engine.add([doc(f"H{n}", "chung " * 50, unit="18") for n in range(50)])
    after = ask(engine, "chung riêng", READER)
    assert replace(before, ms=0) == replace(after, ms=0)


def test_a_question_without_a_reader_is_refused() -> None:
    with pytest.raises(TypeError):
        Query("hồ sơ")  # type: ignore[call-arg]
    for missing in ({"q": "x"}, {"q": "x", "visible": None}):
        with pytest.raises(QueryError, match="visible is missing"):
            Query.from_json(missing)


@pytest.mark.parametrize(
    "visible",
    [
        {"units": "17"},
        {"units": [17]},
        {"units": None},
        {"compartments": "kiem_tra"},
        {"secrecy": "9"},
        {"secrecy": True},
        {"unit": ["17"]},
        [],
        7,
    ],
)
def test_a_malformed_permission_is_an_error_not_a_guess(visible: object) -> None:
    with pytest.raises(QueryError):
        Query.from_json({"q": "x", "visible": visible})


@pytest.mark.parametrize("lacking", ["id", "unit", "secrecy", "compartment"])
def test_a_document_that_does_not_state_its_protection_is_refused(lacking: str) -> None:
    raw = {"id": "A", "title": "t", "body": "b", "unit": "17", "secrecy": 0, "compartment": ""}
    del raw[lacking]
    with pytest.raises(DocumentError, match=lacking):
        Doc.from_json(raw)


@pytest.mark.parametrize(
    "wrong",
    [{"secrecy": -1}, {"secrecy": "1"}, {"unit": "17//3"}, {"unit": "/17"}, {"id": ""}, {"year": 20050}],
)
def test_a_document_with_a_broken_mark_is_refused(engine: Engine, wrong: dict[str, object]) -> None:
    with pytest.raises(DocumentError):
        engine.add([doc("A"), doc("B", **wrong)] if "id" not in wrong else [replace(doc("A"), id="")])
    assert engine.doc_count() == 0


# --- changes ---


def test_the_same_id_replaces_and_deletion_forgets(engine: Engine) -> None:
    engine.add([doc("A", "cũ"), doc("B", "cũ"), doc("A", "mới")])
    assert engine.doc_count() == 2
    engine.add([doc("B", "mới", secrecy=5)])
    assert found(engine, "cũ") == []
    assert found(engine, "mới", READER) == ["A"]
    assert engine.delete(["A", "không có"]) == 1
    assert found(engine, "mới") == ["B"]
    engine.replace_all([doc("Z", "mới")])
    assert found(engine, "") == ["Z"]
    engine.clear()
    assert (engine.doc_count(), found(engine, "")) == (0, [])
    engine.add([doc("A", "lại")])
    assert found(engine, "lai") == ["A"]


def test_a_question_reads_back_from_json() -> None:
    line = (
        '{"q": "nguyen van an", "visible": {"units": ["17"], "secrecy": 1, "compartments": ["kiem_tra"]},'
        ' "filters": {"type": "quyet_dinh", "year_from": 2005, "year_to": 2020}, "facets": ["type"],'
        ' "top": 20, "exact_accents": false}'
    )
    expected = Query(
        "nguyen van an",
        Visible(("17",), 1, frozenset({"kiem_tra"})),
        Filters(type="quyet_dinh", year_from=2005, year_to=2020),
        ("type",),
    )
    assert Query.from_json(json.loads(line)) == expected
    wrong = {"top": -1, "facets": ["x"], "exact_accents": 1, "colour": 1, "filters": {"x": 1}}
    for key, value in wrong.items():
        with pytest.raises(QueryError):
            Query.from_json({**json.loads(line), key: value})
