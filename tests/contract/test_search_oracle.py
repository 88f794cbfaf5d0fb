"""The search contract against an oracle that knows nothing of indexes: every engine finds what the words say."""

import random

import pytest
import sphinx_server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search_index import Doc, Engine, MemoryEngine, Query, Visible, WhooshEngine
from search_index.sphinx_engine import SphinxEngine
from vietnamese.text import canon, fold, syllables

WORDS = ["bổ", "nhiệm", "cán", "bộ", "can", "hòa", "hoà", "17", "mật", "mặt"]
SOME_UNITS = ["", "17", "17/2", "170", "18/1"]


@st.composite
def corpora(draw: st.DrawFn) -> list[Doc]:
    rows = draw(st.lists(st.tuples(*[st.sampled_from(WORDS)] * 6), min_size=1, max_size=12))
    choose = random.Random(draw(st.integers(0, 999)))
    return [
        Doc(
            f"D{n}", " ".join(row[:2]), " ".join(row[2:]), (), "party", choose.choice(SOME_UNITS),
            choose.randint(0, 2), choose.choice(["", "", "kiem_tra"]),
            choose.choice(["a", "b"]), choose.choice([None, 2001, 2002]),
        )
        for n, row in enumerate(rows)
    ]  # fmt: skip


READERS = st.builds(
    Visible,
    st.lists(st.sampled_from(SOME_UNITS), max_size=2).map(tuple),
    st.integers(-1, 2),
    st.sets(st.just("kiem_tra")).map(frozenset),
)
LEAVES = st.one_of(
    st.sampled_from(WORDS),
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=3).map(lambda words: f'"{" ".join(words)}"'),
    st.sampled_from(["nh*", "ca*", "hoà*", "type:a", "unit:17", "year:2002"]),
)
QUESTIONS = st.lists(st.lists(st.tuples(st.booleans(), LEAVES), min_size=1, max_size=3), min_size=1, max_size=2)


def holds(document: Doc, leaf: str, exact: bool) -> bool:
    """Say what one leaf of a query means, straight from the words."""
    form = canon if exact else fold
    if leaf.startswith("type:"):
        return document.type == leaf[5:]
    if leaf.startswith("unit:"):
        return document.unit.split("/")[0] == leaf[5:]
    if leaf.startswith("year:"):
        return document.year == int(leaf[5:])
    for part in (document.title, document.body):
        words = [form(word) for word in syllables(part)]
        wanted = [form(word) for word in syllables(leaf)]
        if leaf.endswith("*") and any(word.startswith(wanted[0]) for word in words):
            return True
        if any(words[i : i + len(wanted)] == wanted for i in range(len(words))) and not leaf.endswith("*"):
            return True
    return False


def sees(reader: Visible, document: Doc) -> bool:
    path = document.unit.split("/")
    under = any(unit == "" or path[: len(unit.split("/"))] == unit.split("/") for unit in reader.units)
    return under and document.secrecy <= reader.secrecy and document.compartment in {"", *reader.compartments}


@given(docs=corpora(), reader=READERS, question=QUESTIONS, exact=st.booleans(), split=st.integers(0, 12))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_engines_find_what_the_words_say(
    engines: list[Engine],
    docs: list[Doc], reader: Visible, question: list[list[tuple[bool, str]]], exact: bool, split: int,
) -> None:  # fmt: skip
    expected = {
        d.id
        for d in docs
        if sees(reader, d) and any(all(holds(d, leaf, exact) != minus for minus, leaf in branch) for branch in question)
    }
    q = " OR ".join(" ".join("-" * minus + leaf for minus, leaf in branch) for branch in question)
    answers = []
    for engine in engines:
        engine.replace_all(docs[:split])
        engine.add(docs[split:])
        answer = engine.query(Query(q, reader, exact_accents=exact, facets=("type",)))
        assert {hit.id for hit in answer.hits} == expected
        assert answer.count == len(expected)
        assert sum(answer.facets["type"].values()) == len(expected)
        answers.append([(hit.id, hit.tier, hit.snippet) for hit in answer.hits])
    assert all(each == answers[0] for each in answers)


@pytest.fixture(scope="module")
def engines(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Engine]:
    made: list[Engine] = [WhooshEngine(tmp_path_factory.mktemp("pair") / "index"), MemoryEngine()]
    if sphinx_server.program() is not None:
        running = request.getfixturevalue("sphinx")
        running.empty()
        made.append(SphinxEngine(running.cluster))
    return made
