"""One person across blocks in the pages: every fact with its block and paper, both careers on one line of time."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template

from oms.domain.access import Action
from oms.services import linked_person
from oms.services.linked_person import PersonView
from oms.web import record_view
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.link_words import CONFLICT_STATES
from oms.web.record_view import ItemLine
from oms.web.records import secrecy_of

blueprint = Blueprint("persons", __name__)


@dataclass(frozen=True)
class SideBySide:
    """One item: its name, what each open record says, whether they differ, and how far the difference is settled."""

    term: str
    cells: tuple[ItemLine | None, ...]
    differs: bool
    conflict: str = ""
    state: str = ""


def _lines(view: PersonView, reader: record_view.Reader) -> list[SideBySide]:
    by_record = [record_view.single_lines(each, reader) for each in view.records]
    found = []
    for each in view.items:
        cells = tuple(lines.get(each.item) for lines in by_record)
        term = next(line.term for line in cells if line is not None)
        queued = each.conflict
        state = CONFLICT_STATES[queued.state] if queued is not None else ""
        found.append(SideBySide(term, cells, each.differs, queued.id if queued is not None else "", state))
    return found


@blueprint.get("/nguoi/<dossier_id>")
@needs(Action.DOSSIER_READ)
def person(dossier_id: str) -> str:
    """The person of a dossier, for who sees two of their records; who sees one is answered as for a missing one."""
    who, at = principal(), now()
    with work() as uow:
        view = linked_person.look(uow, who, dossier_id, at)
    reader = record_view.Reader(who, at)
    return render_template(
        "links/person.html",
        view=view,
        lines=_lines(view, reader),
        life=record_view.life(view.records, reader),
        page_secrecy=secrecy_of(
            *(row.dossier.secrecy for row in view.rows),
            *(fact.row.secrecy for each in view.records for fact in each.held),
        ),
    )
