"""The query language: what is typed becomes the tree it says; nothing breaks it; a fault is told with its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search_index.language import MAX_DEPTH, MAX_PREFIXES, MAX_WORDS, Node, Phrase, parse, show
from search_index.model import QueryError
from search_index.narrowing import BlockIs, Linked, Missing, SecrecyIs, TypeIs, UnitUnder, Years
from search_index.questions import repaired, understand

_PIECES = """
a an "bổ nhiệm" " ( ) - -- OR HOẶC * nh* lí* type:a loại:quyết_định năm:2005 year:..2010 năm: khối:đảng mật:3
mật:cao link:có thiếu:so_yeu_ly_lich unit:17/22 đơn_vị:1 17-NQ/TU nguyeenx nguye6n4 V¨n đ/c N.V.An
"""
PIECES = st.one_of(st.sampled_from(_PIECES.split()), st.text(max_size=6))
QUERIES = st.lists(st.tuples(PIECES, st.sampled_from(["", " ", "  "])), max_size=14).map(
    lambda parts: "".join(piece + blank for piece, blank in parts)
)


def only(q: str) -> Node:
    """Return the one part of a query."""
    (part,) = parse(q).parts  # type: ignore[union-attr]
    return part


@pytest.mark.parametrize(
    ("q", "same"),
    [
        ("a (b c) d", "a b c d"),
        ("((a))", "a"),
        ("a (b OR c)", "a (b HOẶC c)"),
        ("a AND b", "a b"),
        ("a NOT b", "a -b"),
        ("a AND NOT (b c)", "a -(b c)"),
        ("NOT NOT a", "-a"),
        ("a NOT", "a"),
        ("a and not b", "a and not b "),
        ("a OR (b OR c) d", "a OR (b OR c) d"),
        ("-(a)", "-a"),
        ("(a (b", "a b"),
        ("a) b)", "a b"),
        ("() a ()", "a"),
        ("BỔ, (NHIỆM)!", "bổ nhiệm"),
        ("kĩ sư", "kỹ sư"),
    ],
)
def test_brackets_group_and_a_lone_bracket_is_punctuation(q: str, same: str) -> None:
    assert parse(q) == parse(same)


def test_brackets_change_what_is_joined() -> None:
    assert parse("a (b OR c)") != parse("a b OR c")
    assert parse("-(a b)") != parse("-a b")
    assert parse("-(a OR b)") == parse("-(b OR a)") or show(parse("-(a OR b)")) == "-(a OR b)"


@pytest.mark.parametrize(
    ("q", "node"),
    [
        ("type:quyet_dinh/bo_nhiem", TypeIs("quyet_dinh/bo_nhiem")),
        ("loại:quyết_định", TypeIs("quyet_dinh")),
        ("loai:quyet_dinh", TypeIs("quyet_dinh")),
        ("đơn_vị:17/22", UnitUnder("17/22")),
        ("don_vi:17/22", UnitUnder("17/22")),
        ("năm:2005..2010", Years(2005, 2010)),
        ("NĂM:..2010", Years(None, 2010)),
        ("nam:2005", Years(2005, 2005)),
        ("khối:Đảng", BlockIs("party")),
        ("khối:mặt_trận", BlockIs("front")),
        ("khoi:chinh_quyen", BlockIs("government")),
        ("block:front", BlockIs("front")),
        ("mật:2", SecrecyIs(2)),
        ("độ_mật:tuyệt_mật", SecrecyIs(3)),
        ("secrecy:0", SecrecyIs(0)),
        ("liên_kết:có", Linked(True)),
        ("link:no", Linked(False)),
        ("thiếu:sơ_yếu_lý_lịch", Missing("so_yeu_ly_lich")),
        ("missing:quyet_dinh", Missing("quyet_dinh")),
    ],
)
def test_narrowing_in_english_and_vietnamese(q: str, node: Node) -> None:
    assert only(q) == node


@pytest.mark.parametrize("q", ["Nam: An", "nam:giới", "http://a", "họ:An", "Mat: x"])
def test_a_colon_after_any_other_word_is_punctuation(q: str) -> None:
    assert all(not isinstance(part, Years | SecrecyIs) for part in parse(q).parts)  # type: ignore[union-attr]


def test_a_number_of_a_paper_is_its_words_side_by_side() -> None:
    assert isinstance(only("17-NQ/TU"), Phrase)


@pytest.mark.parametrize(
    ("q", "fault"),
    [
        ("bổ nhiệm năm:abc", "năm:abc"),
        ("a year:2010..2005 b", "year:2010..2005"),
        ("x y* z", "y*"),
        ("a type: b", "type:"),
        ("a mật:cao", "mật:cao"),
        ("a link:maybe", "link:maybe"),
        ("a " + "(" * (MAX_DEPTH + 1), "("),
    ],
)
def test_a_fault_is_told_with_its_place(q: str, fault: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(q)
    assert caught.value.place is not None
    start, end = caught.value.place
    assert q[start:end] == fault
    assert f"«{fault}»" in caught.value.message_vi
    assert f"ký tự thứ {start + 1}" in caught.value.message_vi


@pytest.mark.parametrize("q", ["a" * 201, "!!!", "a " * (MAX_WORDS + 1), "ab* " * (MAX_PREFIXES + 1), "\ud800"])
def test_what_costs_too_much_or_says_nothing_is_refused(q: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(q)
    assert caught.value.message_vi.endswith(".")


def parsed(q: str) -> Node | QueryError:
    """Return what the parser makes of anything; nothing but a QueryError may come out of it."""
    try:
        return parse(q)
    except QueryError as refused:
        return refused


def understood(q: str) -> int:
    """Return how many readings as a name there are, 0 for what cannot be asked."""
    try:
        return len(understand(q).names)
    except QueryError:
        return 0


@given(st.one_of(QUERIES, st.text(max_size=260)))
@settings(max_examples=500, deadline=500)
def test_any_string_is_a_tree_that_can_be_written_down_or_is_refused_with_one_sentence(q: str) -> None:
    tree = parsed(q)
    if isinstance(tree, QueryError):
        assert tree.message_vi.endswith(".")
        assert tree.place is None or 0 <= tree.place[0] < tree.place[1] <= len(q)
    else:
        assert parse(show(tree)) == tree
    assert understood(q) <= 24


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("nguyeenx vawn an", "nguyễn văn an"),
        ("Nguyeenx Vawn An năm:2005", "Nguyễn Văn An năm:2005"),
        ("nguye6n4 va8n an", "nguyễn văn an"),
        ("tran62 thi5 hoa2", "trần thị hòa"),
        ("NguyÔn V¨n An", "Nguyễn Văn An"),
        ("Nguyeãn Vaên An loại:quyet_dinh", "Nguyễn Văn An loại:quyet_dinh"),
    ],
)
def test_a_question_in_keys_or_old_letters_reads_as_typed_right(typed: str, meant: str) -> None:
    assert understand(typed) == understand(meant)


@pytest.mark.parametrize(
    "q", ["Nguyễn Văn An", "nguyen van an", "17-NQ/TU", "quyết định A4", "Ksor H'Nhan", '"nguyeenx"']
)
def test_what_is_typed_right_or_quoted_is_left_alone(q: str) -> None:
    assert repaired(q)[0] == q
    assert understand(q).instead == ""


@pytest.mark.parametrize(("q", "instead"), [("test", "tét"), ("trần ha2", "trần hà"), ("vawn an", "văn an")])
def test_a_doubtful_repair_is_only_offered_instead(q: str, instead: str) -> None:
    question = understand(q)
    assert question.tree == parse(q)
    assert question.instead == instead
