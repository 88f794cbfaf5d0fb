"""What pages hold by the hundred and is made in one go: the same, letter by letter, as made one by one."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from factories import World
from flask import url_for
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from oms import create_app
from oms.services.finding import Found, FoundPaper
from oms.services.finding import Named as NamedUnit
from oms.store.found import Held, Named, Paper, Place, Row, Sheet
from oms.web import previews, sayings
from oms.web.question import UNITS_SHOWN, Question, facets
from oms.web.safe import escaped, option_lines, unit_options
from search_index import Answer, Hit


@given(st.lists(st.text(st.sampled_from("ab<>&\"'\0ế"), max_size=5)))
def test_texts_escaped_together_are_what_each_is_escaped_alone(texts: list[str]) -> None:
    assert escaped(texts) == [str(escape(text)) for text in texts]


def test_the_ways_of_a_facet_are_the_addresses_of_its_questions(world: World) -> None:
    values = ["1/2/30", "a b", "quyết định", "&=?#+%", "\"<'>", "~$!*"]
    with create_app(world.house.settings).test_request_context():
        for asked in (Question(), Question(q="lê & ổn", xep="moi"), Question(khoi="party", don_vi="1", nguoi="0" * 32)):
            for part in ("loai", "don_vi", "nguoi"):
                assert asked.ways(part)(values) == [asked.with_value(part, value) for value in values]
            years = [replace(asked, tu_nam=year, den_nam=year).address() for year in ("1999", "2005")]
            assert asked.ways("tu_nam", "den_nam")(["1999", "2005"]) == years


@given(
    st.lists(st.tuples(st.text("1/&\"'<", max_size=3), st.text("ab<>&\"'ế", max_size=5)), max_size=6),
    st.text("1/&", max_size=3),
)
def test_units_drawn_once_are_drawn_as_any_other_choice(names: list[tuple[str, str]], chosen: str) -> None:
    units = tuple(NamedUnit(path, name, "") for path, name in names)
    for _again in range(2):
        assert option_lines(unit_options(units), chosen) == option_lines(list(names), chosen)


def test_a_facet_names_the_units_with_most_papers_and_the_chosen_one(world: World) -> None:
    counts = {f"1/{number}": number for number in range(2, UNITS_SHOWN + 40)}
    names = {path: f"Đơn vị {path}" for path in counts}
    found = Found(Answer(sum(counts.values()) + 1, True, (), {"unit": counts}, (), 0.0), (), {"unit": counts})
    with create_app(world.house.settings).test_request_context():
        _title, lines, left = facets(Question(q="lê"), found, names)[2]
        assert [line.papers for line in lines] == sorted(counts.values(), reverse=True)[:UNITS_SHOWN]
        assert left == len(counts) - UNITS_SHOWN
        _title, lines, _left = facets(Question(q="lê", don_vi="1/2"), found, names)[2]
        assert [(line.value, line.active) for line in lines][-1] == ("1/2", True) and len(lines) == UNITS_SHOWN


def test_words_are_those_of_the_language_asked_for_each_time(world: World) -> None:
    app = create_app(world.house.settings)
    page = app.jinja_env.from_string("{{ _('Tìm kiếm') }}|{{ _('hồ sơ %(number)s', number=number) }}")
    with app.test_request_context():
        for _again in range(2):
            for language, words in (("vi", "Tìm kiếm|hồ sơ "), ("en", "Search|dossier ")):
                with force_locale(language):
                    assert page.render(number="<b>&") == f"{words}&lt;b&gt;&amp;"
                    assert sayings.gettext("Tìm kiếm") == words.partition("|")[0]
    assert sayings.gettext("Tìm kiếm") == "Tìm kiếm"  # outside a request nothing is translated


def test_the_picture_that_a_page_offers_is_the_one_that_is_shown(world: World, signed_in) -> None:
    paper = Paper("d" * 32, "f" * 32, "quyet_dinh", "", "", "", 0, "", None)
    row = Row(Held("f" * 32, "party", "1", 0), Named("Lê Văn Ổn", ""), Place("1", "Tỉnh"))
    hit = Hit(paper.id, "exact", "", (), "")
    leader = signed_in("leader")
    with leader.application.test_request_context(headers={"Cookie": f"oms={leader.get_cookie('oms').value}"}):
        offer = previews.offers()
        for words in ((), ("nguyễn", "ổn/?&")):
            found = FoundPaper(hit, paper, row, Sheet("a" * 32, 1, "0" * 64), words)
            parts = urlsplit(offer(found)).path.removesuffix(".jpg").split("/")
            page_id, where, mark = parts[-3:]
            assert offer(found) == url_for("previews.image", page_id=page_id, where=where, mark=mark)
            assert (page_id, previews._words_of(where) if words else where) == ("a" * 32, words or previews.NO_WORDS)
        assert offer(FoundPaper(hit, paper, row, Sheet("a" * 32, 1, ""), ())) == ""
