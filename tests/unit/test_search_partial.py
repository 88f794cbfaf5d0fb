"""Time that runs out at any moment: what is shown is right, and the answer says that it is not all."""

import random

import pytest

from search_index import Completion, Doc, MemoryEngine, MemorySource, Query, Visible
from search_index.clock import Clock

ALL = Visible(("",), 9)
WORDS = ["bổ", "nhiệm", "bộ", "kỷ", "luật", "Nguyễn", "Văn", "An", "Am", "Ân"]
QUESTIONS = [
    "bổ nhiệm", "nh* lu*", "-nh*", "bổ -nh*", '"bổ nhiệm"', '-"kỷ luật"', "Nguyễn Văn An", "nguyenn vam an",
    '("bổ nhiệm" OR nh*) -luật', "không-có-gì", "nhiêmm luât",
]  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> MemoryEngine:
    rng = random.Random(4)
    made = MemoryEngine()
    made.add(
        [Doc(f"D{n}", "", " ".join(rng.choices(WORDS, k=6)), (), "", "17", 0, "", "", 2000 + n % 9) for n in range(150)]
    )
    return made


@pytest.mark.parametrize("q", QUESTIONS)
def test_what_is_cut_short_is_a_part_and_says_so(engine: MemoryEngine, q: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = engine.query(Query(q, ALL, top=1000))
    assert whole.complete
    matching = {hit.id for hit in whole.hits}
    cut = 0
    for steps in range(60):
        left = [steps]

        def is_over(clock: Clock, left: list[int] = left) -> bool:
            left[0] -= 1
            clock.cut_short = clock.cut_short or left[0] < 0
            return clock.cut_short

        with monkeypatch.context() as patch:
            patch.setattr(Clock, "is_over", is_over)
            answer = engine.query(Query(q, ALL, top=1000))
        found = {hit.id for hit in answer.hits}
        assert found <= matching
        if answer.complete:
            assert (answer.count, answer.hits, answer.suggestions) == (whole.count, whole.hits, whole.suggestions)
        cut += not answer.complete
    assert cut


def test_no_time_at_all_is_an_empty_answer_that_says_so(engine: MemoryEngine) -> None:
    answer = engine.query(Query("bổ", ALL, within_ms=0, facets=("year",)))
    assert (answer.count, answer.hits, answer.complete, answer.facets) == (0, (), False, {"year": {}})


def test_names_are_completed_while_persons_come_in_and_change_theirs() -> None:
    source = MemorySource()
    engine = MemoryEngine(source)

    def paper(n: int, name: str) -> Doc:
        return Doc(f"D{n}", "", "x", (name,), "", "17", 0, "", "", None, "", f"P{n}")

    for n in range(60):
        source.put([paper(n, f"Trần Văn {'ABCDEF'[n % 6]}n")])
        engine.add([paper(n, "")])
        assert engine.complete("tran van a", ALL)[0] == Completion("Trần Văn An", 1 + n // 6)
    assert [own.name for own in engine.complete("trần", ALL)] == [f"Trần Văn {letter}n" for letter in "ABCDEF"]
    source.put([paper(0, "Lê Thị Dung")])
    assert engine.complete("le", ALL) == (Completion("Lê Thị Dung", 1),)
    assert engine.complete("tran van a", ALL) == (Completion("Trần Văn An", 9),)
    source.take_out(["D6"])
    assert engine.complete("tran van a", ALL) == (Completion("Trần Văn An", 8),)


@pytest.mark.parametrize(("errors", "least"), [(0.03, 0.97), (0.08, 0.90)])
def test_a_full_name_is_found_in_a_bad_scan(errors: float, least: float) -> None:
    """Each name stands once, misread; among papers of many other names it is on the first page nearly always."""
    rng = random.Random(1)
    surnames, middles = ["Nguyễn"] * 4 + ["Trần", "Lê", "Phạm", "Hoàng"], ["Văn", "Thị", "Đức", "Minh", "Hữu", "Ngọc"]
    given = ["Bình", "Châu", "Cường", "Dũng", "Giang", "Hạnh", "Hiếu", "Hương", "Khánh", "Phong", "Quỳnh", "Thắng"]

    def name() -> str:
        return " ".join((rng.choice(surnames), *rng.sample(middles, rng.choice((1, 2))), rng.choice(given)))

    def misread(text: str) -> str:
        wrong = [rng.choice("abcdeghiklmnopqrstuvxy") for _ in text]
        letters = zip(text, wrong, strict=True)
        return "".join(
            (w.upper() if c.isupper() else w) if c.isalpha() and rng.random() < errors else c for c, w in letters
        )

    names = list(dict.fromkeys(name() for _ in range(150)))
    others = [name() for _ in range(600)]
    made = MemoryEngine()
    made.add(
        Doc(f"D{n}", "", misread(f"Đồng chí {who} đến họp."), (), "", "17", 0, "", "", None)
        for n, who in enumerate([*names, *others])
    )
    pages = [made.query(Query(who, ALL, snippets=False)) for who in names]
    on_page = sum(f"D{n}" in {hit.id for hit in page.hits} for n, page in enumerate(pages))
    assert on_page / len(names) >= least
