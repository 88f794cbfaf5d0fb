"""Words in, people with their papers out, as the search desk finds them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.services import finding
from oms.services.finding import Found
from oms.web.api import shapes as s
from oms.web.api.operations import Call, reads
from oms.web.api.shapes import Asked, Told
from oms.web.context import house

PAGE = 20


class Question(Asked):
    """What is looked for."""

    q = s.words(300, 1, about="Words, a phrase in quotes, OR, - before what must not be there.")
    type = s.words(40)
    block = s.words(20)
    unit = fields.String(load_default="", validate=validate.Regexp(r"^(\d{1,10}(/\d{1,10}){0,14})?$"))
    year_from = s.maybe_whole(1900, 2200)
    year_to = s.maybe_whole(1900, 2200)
    exact_accents = s.yes()
    sort = s.choice("rank", "newest", "oldest", "name", optional=True, default="rank")
    page = s.whole(1, 1000, 1)


class FoundPaper(Told):
    """A paper in which the words stand."""

    id = s.text("document.id")
    type = s.text("document.type_code")
    title = s.text("document.title")
    issued_on = s.text("document.issued_on")
    secrecy = s.number("document.secrecy")
    page = s.number("page.position", maybe=True)
    snippet = s.text("hit.snippet")


class FoundPerson(Told):
    """A person with the papers found."""

    name = s.text("row.cadre.full_name")
    dossier_id = s.text("row.dossier.id")
    dossier_number = s.text("row.dossier.number")
    unit = s.text("row.unit.name")
    count = s.number()
    papers = s.each(FoundPaper)


class FoundTold(Told):
    """A page of what was found."""

    people = s.each(FoundPerson)
    total_people = s.number("answer.persons")
    total_papers = s.number("answer.count")
    complete = s.flag("answer.complete")


@reads("/search", Action.SEARCH, "search", FoundTold, query=Question, apart=True)
def search(call: Call) -> Found:
    """People whose papers hold the words, best first."""
    asked = call.query
    more: dict[str, Any] = {name: asked[name] for name in ("year_from", "year_to", "exact_accents", "sort")}
    return finding.search(
        house(),
        call.who,
        finding.Asked(
            asked["q"],
            type_code=asked["type"],
            block=asked["block"],
            unit_path=asked["unit"],
            offset=(asked["page"] - 1) * PAGE,
            top=PAGE,
            **more,
        ),
        call.now,
    )


class Typed(Asked):
    """The beginning of a name."""

    q = s.words(100, 1)


class NameTold(Told):
    """A name that goes on as typed."""

    name = s.text()
    persons = s.number()


class NamesTold(Told):
    """Names that go on as typed."""

    names = s.each(NameTold)


@reads("/search/names", Action.SEARCH, "search", NamesTold, query=Typed, apart=True)
def complete_name(call: Call) -> dict[str, Any]:
    """Names of visible people that go on as typed."""
    return {"names": finding.complete(house(), call.who, call.query["q"], call.now)}
