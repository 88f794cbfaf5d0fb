"""The search desk: words and filters in, people with their papers out; every filter can be read aloud and taken off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from urllib.parse import quote

from flask import Blueprint, jsonify, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from oms.domain.access import Action
from oms.errors import InvalidInput
from oms.services import finding, saved_searches
from oms.services.finding import Found, FoundPaper
from oms.services.saved_searches import Kept
from oms.web import frame, previews, search_help
from oms.web import question as asking
from oms.web.context import house, now, principal
from oms.web.guard import needs
from oms.web.paging import asked_page
from oms.web.question import Line, Question
from oms.web.records import secrecy_of
from oms.web.safe import escaped
from oms.web.sayings import gettext as _
from oms.web.words import type_title

blueprint = Blueprint("search", __name__)
_ANY = "0" * 32
_CURRENT = ' aria-current="true"'


@blueprint.get("/tim-kiem")
@needs(Action.SEARCH)
def search() -> str | tuple[str, int]:
    """Results grouped by person; without a question, what can be typed."""
    question = Question.of(request.args)
    with house().look(principal()) as uow:
        units = finding.scope_units(uow, principal())
        kept = saved_searches.kept(uow, principal(), now())
        running = next((each for each in kept if each.row.id == question.luu), None)
        fresh = saved_searches.new_papers(uow, principal(), running.row.id, now()) if running else frozenset()
    question = _of_kept(question, running)
    paging = asked_page(asking.PAGE)
    errors: list[dict[str, str]] = []
    found: Found | None = None
    if question.asks:
        try:
            asked = question.asked(paging, fresh if question.moi else None)
            found = finding.search(house(), principal(), asked, now())
        except InvalidInput as problem:
            errors = [{"field": problem.field, "text": problem.message_vi}]
    names = {unit.path: unit.name for unit in units}
    chips = asking.chips(question, names, _one(found))
    more = question.ways("nguoi")
    page = render_template(
        "search/search.html",
        question=question,
        search_text=question.q,
        paging=paging,
        errors=errors,
        found=found,
        units=units,
        help_lines=[] if found else search_help.lines(units),
        chips=chips,
        facets=asking.facets(question, found, names),
        facet_shown=asking.FACET_SHOWN,
        orders=asking.orders(question),
        loosen=asking.loosen(question),
        kept=kept,
        kept_new=sum(each.new for each in kept),
        running=running,
        fresh=fresh,
        dossier_at=_way("records.dossier", "dossier_id"),
        hit_at=_hit_way(),
        more_at=lambda dossier_id: more([dossier_id])[0],
        picture_at=previews.offers(),
        type_title=cache(type_title),
        page_words=cache(_page_words),
        title=_title(question, chips),
        page_secrecy=secrecy_of(*_levels(found)),
    )
    return (page, 400) if errors else page


@blueprint.get("/tim-kiem/goi-y")
@needs(Action.SEARCH)
def suggest() -> Response:
    """Names that go on as typed, for the box while it is typed in."""
    typed = request.args.get("q", "").strip()[: asking.MAX_ASKED]
    names = finding.complete(house(), principal(), typed, now()) if typed else ()
    return jsonify(names=[{"name": each.name, "persons": each.persons} for each in names])


def _of_kept(question: Question, running: Kept | None) -> Question:
    """The question as asked; of a kept one that is named alone, the question kept."""
    if running is None:
        return replace(question, luu="", moi="")
    if question.q or question.narrowed_otherwise:
        return question
    return replace(Question.again(running.asked), luu=question.luu, moi=question.moi)


def _title(question: Question, chips: list[dict[str, str]]) -> str:
    """What a search is called when nobody calls it otherwise: its words, then its filters."""
    return " · ".join(filter(None, [question.q, *(chip["value"] for chip in chips)]))[:120]


def _one(found: Found | None) -> str:
    """The name of the person when only one is shown."""
    return found.people[0].row.cadre.full_name if found and found.people else ""


def _levels(found: Found | None) -> list[int]:
    people = found.people if found else ()
    papers = [paper.document.secrecy for person in people for paper in person.papers]
    return papers + [row.dossier.secrecy for person in people for row in person.rows]


@blueprint.app_template_filter("facet_lines")
def facet_lines(items: Sequence[Line]) -> Markup:
    """The lines of one facet, which a loop of the template is slow with."""
    ways, labels = escaped([item.href for item in items]), escaped([item.label for item in items])
    lines = [
        f'<li><a href="{way}"{_CURRENT if item.active else ""}><span class="facet-label">{label}</span>'
        f'<span class="facet-count">{frame.count(item.papers)}</span></a></li>'
        for item, way, label in zip(items, ways, labels, strict=True)
    ]
    return Markup("".join(lines))  # noqa: S704 - address and label are escaped above, a count is a number


@blueprint.app_template_filter("took")
def took(milliseconds: float) -> str:
    """How long the search took, in steps of ten: finer would tell of what the reader may not see."""
    if milliseconds < 10:
        return str(_("dưới 10 ms"))
    return str(_("khoảng %(ms)s ms", ms=frame.count(round(milliseconds / 10) * 10)))


@blueprint.app_template_filter("marked")
def marked(paper: FoundPaper) -> Markup:
    """The snippet with its matches in <mark>; everything is escaped before a tag is added."""
    text, parts, at = paper.hit.snippet, [], 0
    for start, end in paper.hit.marks:
        if at <= start < end <= len(text):
            parts += [text[at:start], text[start:end]]
            at = end
    safe = escaped([*parts, text[at:]])
    pairs = zip(safe[::2], safe[1::2], strict=False)  # what stands before a match, and the match
    return Markup("".join(f"{before}<mark>{match}</mark>" for before, match in pairs) + safe[-1])  # noqa: S704


def _page_words(page: int) -> tuple[str, str, str]:
    """A page said in words: its number, and what its picture shows with and without words found on it."""
    said = _("trang %(page)s", page=page)
    return said, _("Ảnh dòng tìm thấy ở trang %(page)s", page=page), _("Ảnh đầu trang %(page)s", page=page)


def _way(endpoint: str, name: str) -> Callable[[str], str]:
    """What gives a route's address for one id after another, as ``url_for`` does; that costs ten times as much."""
    head, _mark, tail = url_for(endpoint, **{name: _ANY}).partition(_ANY)  # type: ignore[arg-type]
    return lambda id_: f"{head}{quote(id_, safe='')}{tail}"


def _hit_way() -> Callable[[FoundPaper], str]:
    """What gives a paper's address at the page where the words stand, which are to be marked there."""
    document_at = _way("records.document", "document_id")

    @cache  # of one page of results: most papers hold the same words on their first page
    def at_words(position: int | None, words: tuple[str, ...]) -> str:
        return asking.address("", {"trang": position, "chu": " ".join(words) or None})

    def address(paper: FoundPaper) -> str:
        return document_at(paper.document.id) + at_words(paper.page.position if paper.page else None, paper.words)

    return address
