"""Names asked for by habit, on every engine: the person is found, guesses are told as guesses, nothing hidden shows."""

from dataclasses import replace
from pathlib import Path

import pytest

from search_index import Answer, Doc, Engine, MemoryEngine, Query, Visible, WhooshEngine

ALL = Visible(("",), 9)
READER = Visible(("17",), 1)


def doc(id_: str, name: str = "", body: str = "", **more: object) -> Doc:
    """A paper filed under a name."""
    base = Doc(id_, "Văn bản", body, (name,) if name else (), "party", "17/22", 0, "", "quyet_dinh", 2010)
    return replace(base, **more)  # type: ignore[arg-type]


@pytest.fixture(params=["memory", "whoosh"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return MemoryEngine() if request.param == "memory" else WhooshEngine(tmp_path / "index")


@pytest.fixture
def asked(engine: Engine) -> Engine:
    """An engine with papers on a few people whose names are easily mixed up."""
    engine.add(
        [
            doc("an", "Nguyễn Văn An"),
            doc("hoai-an", "Nguyễn Văn Hoài An"),
            doc("minh-an", body="Đồng chí Nguyễn Minh An vắng mặt"),
            doc("anh", "Nguyễn Văn Anh"),
            doc("dao", "Đào Thị Thuý Hoà"),
            doc("my", "Lý Thị Mỵ"),
            doc("vy", "Trần Tường Vy"),
            doc("binh", "Trần Văn Bình", names=("Trần Văn Bình", "Lê Ba Đen")),
            doc("apart", body="Ông Nguyễn gặp bà Văn ở xã An Bình"),
        ]
    )
    return engine


def ask(engine: Engine, q: str, visible: Visible = ALL, **more: object) -> Answer:
    return engine.query(Query(q, visible, **more))  # type: ignore[arg-type]


def first(answer: Answer) -> tuple[str, str]:
    return (answer.hits[0].id, answer.hits[0].tier) if answer.hits else ("", "")


@pytest.mark.parametrize(
    ("q", "id_", "tier"),
    [
        ("đ/c Nguyễn Văn An", "an", "exact"),
        ("đồng chí nguyen van an", "an", "folded"),
        ("ông Nguyễn Văn An", "an", "exact"),
        ("An, Nguyễn Văn", "an", "exact"),
        ("Van An Nguyen", "an", "folded"),
        ("Ng Văn An", "an", "exact"),
        ("NguyễnVănAn", "an", "exact"),
        ("nguyenvanan", "an", "folded"),
        ("nguyeenx vawn an", "an", "exact"),
        ("nguye6n4 va8n an", "an", "exact"),
        ("NguyÔn V¨n An", "an", "exact"),
        ("Nguyeãn Vaên An", "an", "exact"),
        ("Nguyễn Văn An (tức Ba Đen)", "an", "exact"),
        ("đ/c Bình", "binh", "exact"),
        ("Ba Đen", "binh", "exact"),
        ("Ðào Thị Thúy Hòa", "dao", "exact"),
        ("Lí Thị Mị", "my", "exact"),
        ("li thi my", "my", "folded"),
        ("N.V.An", "an", "near"),
        ("NVAn", "an", "near"),
        ("Ng. V. An", "an", "near"),
        ("annv", "an", "near"),
        ("Trần Bình", "binh", "exact"),
        ("Đào Thị Hoà", "dao", "exact"),
        ("Trần Tường Vi", "vy", "near"),
    ],
)
def test_the_person_comes_first(asked: Engine, q: str, id_: str, tier: str) -> None:
    assert first(ask(asked, q)) == (id_, tier)


def test_a_given_name_by_its_letter_finds_all_who_begin_so(asked: Engine) -> None:
    hits = ask(asked, "a nguyễn văn").hits
    assert {(hit.id, hit.tier) for hit in hits[:2]} == {("an", "near"), ("anh", "near")}


def test_a_middle_name_left_out_finds_all_who_may_be_meant_before_words_far_apart(asked: Engine) -> None:
    hits = ask(asked, "Nguyễn An").hits
    assert {(hit.id, hit.tier) for hit in hits[:3]} == {("an", "exact"), ("minh-an", "exact"), ("hoai-an", "exact")}
    assert hits[3].id == "apart"


def test_the_part_of_the_name_that_was_meant_is_marked(asked: Engine) -> None:
    hit = ask(asked, "N.M.An").hits[0]
    assert [hit.snippet[a:b] for a, b in hit.marks] == ["Nguyễn", "Minh", "An"]


def test_guesses_with_the_marks_that_were_typed_come_first(engine: Engine) -> None:
    engine.add([doc("no-marks", "Lê Thị Hòa", year=2020), doc("marks", "Lê Thị Hoa", year=1990)])
    assert [hit.id for hit in ask(engine, "Lê Hoa").hits] == ["marks", "no-marks"]
    assert [hit.id for hit in ask(engine, "le hoa").hits] == ["no-marks", "marks"]


def test_with_marks_demanded_nothing_is_guessed(asked: Engine) -> None:
    assert [hit.id for hit in ask(asked, "đ/c Nguyễn Văn An", exact_accents=True).hits] == ["an"]
    assert ask(asked, "đ/c Nguyễn Vân An", exact_accents=True).count == 0
    assert ask(asked, "N.V.An", exact_accents=True).count == 0


def test_what_narrows_beside_a_name_narrows_its_readings(engine: Engine) -> None:
    engine.add(
        [
            doc("old", "Nguyễn Văn An", year=1990, body="sinh 1961"),
            doc("new", "Nguyễn Văn An", year=2015, type="bao_cao", body="sinh 1970"),
        ]
    )
    for q, ids in (
        ("N.V.An năm:1990", ["old"]),
        ("Nguyễn An năm:1990", ["old"]),
        ("đ/c Nguyễn Văn An loại:bao_cao", ["new"]),
        ("đ/c Nguyễn Văn An sinh năm 1961", ["old"]),
        ("đ/c Nguyễn Văn An năm:2001", []),
    ):
        assert [hit.id for hit in ask(engine, q).hits] == ids, q


def test_a_doubtful_repair_is_asked_only_when_nothing_was_found(engine: Engine) -> None:
    engine.add([doc("ha", "Trần Hà"), doc("test", body="bài test của đơn vị"), doc("tet", body="nghỉ Tết")])
    assert first(ask(engine, "trần ha2"))[0] == "ha"
    assert [hit.id for hit in ask(engine, "test").hits] == ["test"]
    engine.delete(["test"])
    assert [hit.id for hit in ask(engine, "teets").hits] == ["tet"]


def test_two_mistyped_words_get_a_suggestion_that_finds_something(engine: Engine) -> None:
    engine.add([doc("A", body="quyết định bổ nhiệm cán bộ"), doc("B", body="kỷ luật đảng viên")])
    suggestions = ask(engine, "bổ nhiệmm cánn bộ").suggestions
    assert "bổ nhiem can bộ" in suggestions
    for q in suggestions:
        assert ask(engine, q).count


# --- what stays hidden ---

HIDING = ({"unit": "18"}, {"secrecy": 2}, {"compartment": "kiem_tra"})
BY_HABIT = (
    "Lò Văn Hặc", "đ/c Lò Văn Hặc", "L.V.Hặc", "Lò Hặc", "a. Hặc", "hặc lò văn", "Hặc, Lò Văn", "LòVănHặc", "lovanhac",
    "haclv", "lof vawn hawcj", "Lò Vănn Hặcc", "Ba Đen (Lò Văn Hặc)",
)  # fmt: skip


@pytest.mark.parametrize("marks", HIDING)
def test_no_habit_shows_or_counts_a_hidden_person(engine: Engine, marks: dict[str, object]) -> None:
    engine.add([doc("shown", "Lò Văn Tâm", body="Lò rèn ở Văn Bàn"), doc("hidden", "Lò Văn Hặc", **marks)])
    before = {q: ask(engine, q, READER) for q in BY_HABIT}
    assert all("hidden" not in [hit.id for hit in answer.hits] for answer in before.values())
    assert all("hac" not in q.lower().split() for answer in before.values() for q in answer.suggestions)
    whoever = Visible(("",), 9, frozenset({"kiem_tra"}))
    assert all("hidden" in [hit.id for hit in ask(engine, q, whoever).hits] for q in BY_HABIT)
    engine.delete(["hidden"])
    for q, answer in before.items():
        assert replace(ask(engine, q, READER), ms=0) == replace(answer, ms=0), q
