"""Names by habit: however people are used to writing a name, the name they mean is among its readings."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search_index.corrections import MOST, proposals
from search_index.habits import readings
from search_index.name_patterns import ANY, NameReading, Part, matching, shapes_of

NAME, LONGER, OTHER = "nguyen_van_an", "nguyen_van_hoai_an", "tran_thi_binh"


def said(q: str, *, near: bool) -> list[str]:
    """Return the names of three that the question's readings of one kind take."""
    return [
        term
        for term in (NAME, LONGER, OTHER)
        if any(reading.fits(term) for reading in readings(q) if reading.near == near)
    ]


@pytest.mark.parametrize(
    "q",
    [
        "Nguyễn Văn An", "nguyen van an", "NGUYỄN VĂN AN", "An, Nguyễn Văn", "an nguyễn văn", "An Nguyễn Văn",
        "Văn An Nguyễn", "Ng Văn An", "Ng. Văn An", "đ/c Nguyễn Văn An", "Đ/C NGUYỄN VĂN AN", "đồng chí Nguyễn Văn An",
        "đc Nguyễn Văn An", "ông nguyen van an", "Bà Nguyễn Văn An", "ô. Nguyễn Văn An", "b. Nguyễn Văn An",
        "TS. Nguyễn Văn An", "PGS.TS Nguyễn Văn An", "Trung tá Nguyễn Văn An", "NguyenVanAn", "NguyễnVănAn",
        "nguyenvanan", "NGUYENVANAN", "Nguyễn Văn An (tức Ba Đen)", "Ba Đen (Nguyễn Văn An)",
        "Lê Hồng Phong tức Nguyễn Văn An", "Lê Hồng Phong bí danh Nguyễn Văn An",
        "Lê Hồng Phong, tên thật Nguyễn Văn An",
    ],
)  # fmt: skip
def test_what_says_the_name_in_full_is_no_guess(q: str) -> None:
    assert NAME in said(q, near=False)
    assert OTHER not in said(q, near=False) + said(q, near=True)


@pytest.mark.parametrize(
    "q",
    [
        "N.V.An", "N. V. An", "n.v.an", "NVAn", "NV An", "Ng. V. An", "Ng V An", "Nguyễn V. An", "Nguyễn Văn A.",
        "a nguyễn văn",
        "A. Nguyễn Văn", "Nguyễn An", "nguyen an", "N. An", "An Nguyễn", "An N.V.", "annv", "AnNV", "đ/c N.V.An",
    ],
)  # fmt: skip
def test_what_leaves_something_out_is_a_guess(q: str) -> None:
    assert NAME in said(q, near=True)
    assert NAME not in said(q, near=False)
    assert OTHER not in said(q, near=False) + said(q, near=True)


def test_a_middle_name_more_is_a_guess() -> None:
    assert LONGER in said("Nguyễn Văn An", near=True)
    assert LONGER in said("Nguyễn Hoài An", near=True)
    assert LONGER not in said("Nguyễn Văn An", near=False)


@pytest.mark.parametrize(
    ("q", "name", "near"),
    [
        ("Lý Thị Mỵ", "ly_thi_my", False),
        ("Lí Thị Mị", "ly_thi_my", False),
        ("Trần Tường Vi", "tran_tuong_vy", True),
        ("Trần Tường Vi", "tran_tuong_vi", False),
        ("Ðặng Thị Hoà", "dang_thi_hoa", False),
        ("Ɖặng Thị Hòa", "dang_thi_hoa", False),
        ("Giàng A Páo", "giang_a_pao", False),
        ("anh nguyễn văn", "nguyen_van_anh", False),
        ("Ba Đen", "ba_den", False),
    ],
)
def test_spelling_and_order(q: str, name: str, near: bool) -> None:
    assert any(reading.fits(name) for reading in readings(q) if reading.near == near)


@pytest.mark.parametrize(("q", "near"), [("đ/c An", False), ("ô. An", False), ("ông An", False), ("ông an", True)])
def test_an_honorific_makes_one_word_a_name(q: str, near: bool) -> None:
    assert [(reading.gram, reading.near) for reading in readings(q) if len(reading.parts) == 1] == [("an", near)]


def test_a_full_name_that_ends_like_a_middle_name_is_still_addressed() -> None:
    assert any(reading.gram == "le_the_van" and not reading.near for reading in readings("ong le the van"))


def test_words_that_only_look_like_an_honorific_stay_words() -> None:
    assert readings("anh hùng")[0] == NameReading((Part("anh", "anh"), Part("hung", "hùng")))
    assert all(reading.near for reading in readings("anh hùng")[1:])


@pytest.mark.parametrize("q", ["", "...", "UBND", "HĐND", "an"])
def test_what_is_no_name_has_no_reading(q: str) -> None:
    assert readings(q) == ()


@given(st.text(max_size=200), st.booleans())
@settings(max_examples=150, deadline=500)
def test_any_text_has_few_readings_and_each_can_be_matched(text: str, doubled: bool) -> None:
    found = readings(text + " nguyenvanan" * doubled)
    assert len(found) <= 24
    for reading in found:
        assert 1 <= len(reading.parts) <= 5
        reading.fits(NAME)


SYLLABLES = st.sampled_from(["nguyen", "ng", "van", "an", "anh", "a", "ва", "9", "thi"])
TERMS = st.lists(st.lists(SYLLABLES, min_size=2, max_size=7).map("_".join), max_size=30, unique=True).map(sorted)
PATTERNS = st.lists(
    st.one_of(SYLLABLES.map(Part), SYLLABLES.map(lambda text: Part(text, whole=False)), st.just(ANY)),
    min_size=2,
    max_size=5,
).map(lambda parts: NameReading(tuple(parts)))


@given(TERMS, PATTERNS)
@settings(max_examples=200, deadline=None)
def test_shapes_find_what_asking_every_term_finds(terms: list[str], reading: NameReading) -> None:
    numbers, complete = matching(reading, shapes_of(terms), terms.__getitem__, 1000)
    assert [terms[number] for number in numbers] == [term for term in terms if reading.fits(term)]
    assert complete


def test_a_pattern_that_fits_too_much_says_that_it_was_cut_short() -> None:
    terms = [f"nguyen_van_a{n:03}" for n in range(50)]
    numbers, complete = matching(NameReading((Part("nguyen"), ANY, ANY)), shapes_of(terms), terms.__getitem__, 20)
    assert (len(numbers), complete) == (20, False)


def test_two_wrong_words_are_put_right_the_nearest_first() -> None:
    options = [{"nguyen": 1}, {}, {"an": 1, "anh": 2}]
    found = list(proposals(["nguyn", "van", "amn"], options))
    assert ("nguyen", "van", "an") in found
    assert found.index(("nguyen", "van", "an")) < found.index(("nguyen", "van", "anh"))
    assert ("nguyen", "van", "amn") in found
    assert list(proposals(["nguyn"], [{}])) == []


def test_proposals_are_bounded_however_long_the_question() -> None:
    many = {f"w{n}": 1 for n in range(100)}
    assert len(list(proposals(["x"] * 32, [many] * 32))) == MOST
