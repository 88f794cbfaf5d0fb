"""Whatever hidden documents are added, no byte of a reader's answer changes but its time."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from search_index import Answer, Completion, Doc, Engine, Filters, MemoryEngine, Query, Visible, WhooshEngine
from search_index.sphinx_engine import SphinxEngine

READER = Visible(("17", "19/2"), 1, frozenset({"bao_ve"}), frozenset({"withheld", "D-withheld"}))
SURNAMES, MIDDLES, GIVEN = ["Nguyễn", "Trần", "Lê"], ["Văn", "Thị", "Hữu"], ["An", "Am", "Bình", "Binh", "Hoà", "Hòa"]
WORDS = ["bổ", "nhiệm", "bộ", "kỷ", "luật", "khen", "thưởng", "hồ", "sơ", "số", "17"]
TYPES = ["quyet_dinh", "quyet_dinh/bo_nhiem", "bao_cao", "ly_lich"]

FACETS = ("type", "block", "unit", "year", "secrecy")
CHANNELS = {
    "counts and facets": Query("bổ nhiệm", READER, facets=FACETS),
    "everything": Query("", READER, facets=FACETS, top=200),
    "a name": Query("Nguyễn Văn An", READER, facets=FACETS),
    "a name no reader's paper holds": Query("Lương Bí Mật", READER),
    "near": Query("Nguyen Van Aan", READER, top=200),
    "near, much": Query("nguyem vam binhh", READER, top=200),
    "a name by habit": Query("n. v. an", READER, top=200),
    "groups": Query("nhiệm", READER, grouped=True, top=5, each=2),
    "groups, second page": Query("nhiệm", READER, grouped=True, top=5, offset=5, sort="newest"),
    "order": Query("bộ", READER, top=7, offset=3),
    "order by name": Query("", READER, sort="name", top=50),
    "oldest": Query("", READER, sort="oldest", top=50),
    "linked": Query("", READER, filters=Filters(linked=True), top=200),
    "not linked": Query("", READER, filters=Filters(linked=False), top=200),
    "missing": Query("", READER, filters=Filters(missing=("bao_cao",)), top=200, grouped=True),
    "linked in words": Query("link:yes bổ", READER, top=200),
    "missing in words": Query("missing:ly_lich -luật", READER, top=200),
    "suggestions": Query("bổ nhiêmm", READER),
    "suggestions from hidden words": Query("lươngg bímật", READER),
    "phrase": Query('"bổ nhiệm"', READER, top=200),
    "name as a phrase": Query('"nguyen van an"', READER, top=200),
    "prefix": Query("nh* OR bím*", READER, facets=FACETS),
    "excluded": Query("-bổ -bím*", READER, facets=FACETS, top=200),
    "wrong keyboard": Query("nguyeenx vawn an", READER),
    "one type": Query("type:quyet_dinh", READER, filters=Filters(year_from=2001, secrecy=1), facets=FACETS),
    "only": Query("", READER, filters=Filters(only=frozenset({"V3", "V7", "H3", "withheld"}))),
    "exact accents": Query("Nguyễn Hữu Bình", READER, exact_accents=True),
    "no time": Query("bổ nhiệm", READER, within_ms=0, facets=FACETS),
}
TYPED = ["n", "ng", "nguyễn", "nguyen v", "van", "lương", "tý", "le thi h", "b"]


def papers(rng: random.Random, prefix: str, count: int) -> list[Doc]:
    """Documents of a small world, in which much coincides."""

    def name() -> str:
        return " ".join((rng.choice(SURNAMES), rng.choice(MIDDLES), rng.choice(GIVEN)))

    made = []
    for n in range(count):
        who = name()
        body = f"{' '.join(rng.choices(WORDS, k=8))}. Đồng chí {name()}, {' '.join(rng.choices(WORDS, k=5))}."
        made.append(
            Doc(
                f"{prefix}{n}", " ".join(rng.choices(WORDS, k=3)), body, (who,), rng.choice(["party", "government"]),
                rng.choice(["17", "17/1", "19/2/3"]), rng.choice([0, 0, 1]), rng.choice(["", "bao_ve"]),
                rng.choice(TYPES), rng.choice([None, 2000, 2001, 2002]), f"D{rng.randrange(12)}", who,
                rng.choice([0, 0, 2001_05_06]),
            )
        )  # fmt: skip
    return made


HIDDEN = [
    {"unit": "18"}, {"unit": "1"}, {"unit": "170/1"}, {"unit": "19/22"}, {"unit": ""}, {"secrecy": 2},
    {"compartment": "kiem_tra"}, {"dossier": "D-withheld"},
]  # fmt: skip


def hidden(rng: random.Random, count: int) -> list[Doc]:
    """Documents the reader may not see, each for one reason, some with words and names of their own."""
    made = [replace(doc, **rng.choice(HIDDEN)) for doc in papers(rng, "H", count)]  # type: ignore[arg-type]
    secret = {"names": ("Lương Bí Mật", "Nguyễn Văn Aan"), "person": "secret", "body": "Lương Bímật bổ nhiêm bímật"}
    made += [replace(doc, id=f"S{n}", type="rieng", year=1950, **secret) for n, doc in enumerate(made[:5])]  # type: ignore[arg-type]
    # Who has visible papers too bears another name, and a main name written otherwise, in a dossier that is not shown.
    made += [
        replace(doc, id=f"A{n}", unit="18", dossier=f"DA{n}", names=(doc.names[0].replace("n", "ṇ"), "Lương Tý"))
        for n, doc in enumerate(papers(rng, "A", 12))
    ]
    return [*made, replace(made[0], id="withheld", unit="17", secrecy=0, compartment="", dossier="")]


@pytest.fixture(params=["memory", "whoosh", "sphinx"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "sphinx":
        return SphinxEngine(request.getfixturevalue("nodes").cluster)
    return MemoryEngine() if request.param == "memory" else WhooshEngine(tmp_path / "index")


def seen(engine: Engine) -> dict[str, Answer | tuple[Completion, ...]]:
    answers: dict[str, Answer | tuple[Completion, ...]] = {
        name: replace(engine.query(query), ms=0) for name, query in CHANNELS.items()
    }
    return answers | {f"typed {typed}": engine.complete(typed, READER) for typed in TYPED}


@pytest.mark.parametrize("seed", range(3))
def test_hidden_documents_change_no_byte_of_an_answer(engine: Engine, seed: int) -> None:
    rng = random.Random(seed)
    shown, unseen = papers(rng, "V", 60), hidden(rng, 90)
    engine.add(shown)
    before = seen(engine)
    rng.shuffle(unseen)
    # In several commits, of which some merge; then without them again.
    for start in range(0, len(unseen), 16):
        engine.add(unseen[start : start + 16])
        assert seen(engine) == before
    everybody = replace(
        READER, units=("",), secrecy=9, compartments=frozenset({"bao_ve", "kiem_tra"}), without=frozenset()
    )
    assert engine.query(Query("", everybody)).count == len(shown) + len(unseen)
    engine.delete([doc.id for doc in unseen[::2]])
    assert seen(engine) == before


def test_the_channels_show_something(engine: Engine) -> None:
    """Else the test above would pass on empty answers."""
    engine.add(papers(random.Random(0), "V", 60))
    answers = seen(engine)
    empty = {name for name, found in answers.items() if isinstance(found, Answer) and not found.count}
    expected = {"a name no reader's paper holds", "suggestions", "suggestions from hidden words", "no time"}
    assert empty == expected
    assert answers["suggestions"].suggestions  # type: ignore[union-attr]
    assert not answers["no time"].complete  # type: ignore[union-attr]
    assert answers["near"].near  # type: ignore[union-attr]
    assert {name for name, found in answers.items() if not found} == {"typed lương", "typed tý"}
