"""Cadres found by criteria, rosters of them, and both kept for another day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marshmallow import fields

from oms.domain.access import Action
from oms.domain.catalogue import PURPOSES
from oms.domain.criteria import LONGEST, Criteria, as_json
from oms.domain.records import HANOI
from oms.domain.rosters import MOST_COLUMNS, SHIPPED, SORTED_BY, as_body, columns
from oms.errors import InvalidInput
from oms.services import criteria as questions
from oms.services import review, roster_export, rosters
from oms.services.criteria import CRITERIA, ROSTER, SORTS, Part
from oms.services.house import UnitOfWork
from oms.services.rosters import Export, Purpose, Wanted
from oms.web.api import shapes as s
from oms.web.api.areas.dossiers import UNIT_PATH
from oms.web.api.areas.secrecy import LeavingAsked, leaving_of
from oms.web.api.operations import Call, Listed, posts, reads
from oms.web.api.shapes import Asked, Paged, Told
from oms.web.context import house

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BASIC = next(iter(SHIPPED))
_CRITERIA = "Criteria as JSON, as a saved list tells them."


class FoundCadre(Told):
    """A cadre who meets the criteria."""

    dossier_id = s.text("dossier.id")
    dossier_number = s.text("dossier.number")
    name = s.text("cadre.full_name")
    unit = s.text("unit.name")
    birth_date = s.text("head.birth_date")
    position = s.text("head.position")


class CriteriaAnswer(Told):
    """A page of who was found; ``doubtful``: how many more partial dates may mean."""

    sentence = s.text("words")
    sure = s.number("counted.sure")
    doubtful = s.number("counted.doubtful")
    persons = s.number(maybe=True)
    rows = s.each(FoundCadre)


class CriteriaAsked(Paged):
    """Criteria; ``doubtful``: those whom a partial date may mean; ``persons``: count linked records as one."""

    criteria = s.words(LONGEST, 1, about=_CRITERIA)
    sort = s.choice(*SORTS, optional=True, default="full_name")
    down = s.yes()
    doubtful = s.yes()
    persons = s.yes()


class SavedTold(Told):
    """A saved question or roster; ``body`` is JSON."""

    id = s.text("row.id")
    kind = s.text("row.kind")
    title = s.text("row.title")
    body = s.text("row.body")
    shared = s.flag("row.shared")
    own = s.flag()
    owner = s.text()


class WantedSaved(Paged):
    """Criteria or rosters."""

    kind = s.choice(CRITERIA, ROSTER, optional=True, default=CRITERIA)


class SaveCriteria(Asked):
    """A question under a title."""

    title = s.words(200, 3)
    criteria = s.words(LONGEST, 1, about=_CRITERIA)
    shared = s.yes()


class SaveRoster(Asked):
    """Columns under a title."""

    title = s.words(200, 3)
    columns = s.many(s.choice(*columns()), MOST_COLUMNS, 1)
    shared = s.yes()


class TitleAsked(Asked):
    """Another title; shared or no longer."""

    title = s.words(200, 3)
    shared = s.yes()


class _RosterOf(Asked):
    """Which roster: a layout (shipped or saved) or columns, of whom: criteria, saved criteria or a unit."""

    layout = s.words(40)
    columns = s.words(3000, about="Keys of columns with commas between; of the layout when left out.")
    title = s.words(200)
    criteria = s.words(LONGEST, about=_CRITERIA)
    saved_id = s.reference(optional=True)
    unit = fields.String(load_default="", validate=UNIT_PATH)
    sort = s.choice(*SORTED_BY, optional=True, default="full_name")
    down = s.yes()


class RosterAsked(_RosterOf, Paged):
    """The same, and which page."""


class RosterTaken(_RosterOf):
    """The same, and what it is taken away for; ``leaving`` where a level is in it."""

    purpose = s.choice(*PURPOSES)
    reason = s.words(500, 10)
    leaving = fields.Nested(LeavingAsked)


class RosterRow(Told):
    """A line: its cells in the order of the columns."""

    dossier_id = s.text()
    cells = s.texts()
    secrecy = s.number()


class RosterTold(Told):
    """A page of a roster."""

    title = s.text("wanted.layout.title")
    columns = s.texts("wanted.layout.columns")
    headings = s.texts()
    sentence = s.text("words")
    total = s.number("counted.sure")
    secrecy = s.number()
    lines = s.each(RosterRow)


@reads("/criteria", Action.CRITERIA_RUN, "search", CriteriaAnswer, query=CriteriaAsked, keeps=True)
def run_criteria(call: Call) -> Any:
    """Visible cadres who meet criteria."""
    asked = call.query
    question = questions.read(call.uow, asked["criteria"])
    if not question.conditions:
        raise InvalidInput("criteria", "Chưa có điều kiện nào.")
    part = Part(call.size, call.offset, asked["sort"], asked["down"], asked["doubtful"])
    return questions.run(call.uow, call.who, question, part, call.now, asked["persons"])


@reads("/saved-lists", Action.CRITERIA_RUN, "search", SavedTold, listed=True, query=WantedSaved)
def list_saved_lists(call: Call) -> Listed:
    """One's own saved questions or rosters, and those shared with one's unit."""
    found = questions.saved(call.uow, call.who, call.query["kind"])
    return Listed(found[call.offset : call.offset + call.size], len(found))


@posts("/saved-lists/criteria", Action.CRITERIA_RUN, "search", SaveCriteria)
def save_criteria(call: Call) -> None:
    """Keeps a question under a title."""
    question = questions.read(call.uow, call.body["criteria"])
    if not question.conditions:
        raise InvalidInput("criteria", "Chưa có điều kiện nào để lưu.")
    _save(call, CRITERIA, as_json(question))


@posts("/saved-lists/rosters", Action.CRITERIA_RUN, "search", SaveRoster)
def save_roster(call: Call) -> None:
    """Keeps columns and their order under a title."""
    layout = rosters.with_columns(SHIPPED[BASIC], call.body["columns"])
    _save(call, ROSTER, as_body(layout.columns))


def _save(call: Call, kind: str, body: str) -> None:
    questions.save(call.uow, call.who, kind, call.body["title"], body, call.body["shared"], call.now)


@posts("/saved-lists/<saved_id>", Action.CRITERIA_RUN, "search", TitleAsked)
def change_saved_list(call: Call, saved_id: str) -> None:
    """Renames or shares what one has saved."""
    questions.change(call.uow, call.who, saved_id, call.body["title"], call.body["shared"], call.now)


@posts("/saved-lists/<saved_id>/remove", Action.CRITERIA_RUN, "search")
def remove_saved_list(call: Call, saved_id: str) -> None:
    """Takes away what one has saved."""
    questions.remove(call.uow, call.who, saved_id, call.now)


def _wanted(uow: UnitOfWork, call: Call, said: Mapping[str, Any]) -> Wanted:
    layout = rosters.layout_of(uow, call.who, said["layout"] or BASIC)
    if said["columns"]:
        layout = rosters.with_columns(layout, said["columns"].split(","))
    question = Criteria()
    if said["saved_id"]:
        question = questions.read(uow, questions.find_saved(uow, call.who, CRITERIA, said["saved_id"]).row.body)
    elif said["criteria"]:
        question = questions.read(uow, said["criteria"])
    elif said["unit"]:
        question = questions.of_unit(said["unit"])
    title = " ".join(said["title"].split())
    return Wanted(replace(layout, title=title or layout.title), question, said["sort"], said["down"])


@reads("/rosters", Action.CRITERIA_RUN, "search", RosterTold, query=RosterAsked, keeps=True)
def get_roster(call: Call) -> Any:
    """A page of a roster."""
    wanted = _wanted(call.uow, call, call.query)
    return rosters.show(call.uow, call.who, wanted, call.size, call.offset, call.now)


@posts("/rosters/file", Action.LIST_EXPORT, "search", RosterTaken, media=XLSX, proof=True, apart=True)
def take_roster(call: Call) -> bytes:
    """The whole roster as an Excel file, for a stated purpose."""
    said = call.body
    with house().work(call.who, call.now) as uow:  # a saved list that is not there is a refusal with its row
        wanted, unit = _wanted(uow, call, said), review.unit_name(uow, call.who.unit_id)
    day = call.now.astimezone(HANOI).strftime("%d/%m/%Y")
    leaving = leaving_of(said["leaving"]) if "leaving" in said else None
    purpose = Purpose(said["purpose"], said["reason"])
    taking = Export("xlsx", purpose, lambda made: roster_export.workbook(made, unit, day), leaving)
    return rosters.export(house(), call.who, wanted, taking, call.now)[0]
