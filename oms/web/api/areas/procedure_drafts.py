"""The next version of a procedure: drafted, published, thrown away; procedures taken in from a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.journal import Verb
from oms.domain.procedures import MOST_FORMS, MOST_PAPERS, MOST_STEPS, DayKind, Kind, Paper, Procedure, Stage, Step
from oms.errors import InvalidInput, Refused
from oms.services import procedure_files, procedures
from oms.web.api import shapes as s
from oms.web.api.areas.procedures import PROCEDURE, PaperOf, StepOf
from oms.web.api.operations import VERSION, Call, Made, posts, reads
from oms.web.api.shapes import Asked, Told

DRAFT = PROCEDURE + "/draft"


class DraftRead(Told):
    """The draft of the next version; ``wrong``: what stands against publishing it."""

    code = s.text("procedure.code")
    edition = s.number()
    notes = s.text()
    title = s.text("procedure.title")
    kind = s.text("procedure.kind")
    field = s.text("procedure.field")
    owner = s.text("procedure.owner")
    subject = s.text("procedure.subject")
    manner = s.text("procedure.manner")
    days = s.number("procedure.days")
    day_kind = s.text("procedure.day_kind")
    steps = s.each(StepOf, "procedure.steps")
    papers = s.each(PaperOf, "procedure.papers")
    forms = s.texts("procedure.forms")
    legal_basis = s.text("procedure.legal_basis")
    wrong = s.texts()


class StepAsked(Asked):
    """A step; ``unit``: receiver, owner or a unit's code; ``next``: the key of the step after it."""

    key = s.words(60, 1)
    stage = s.choice(*(str(stage) for stage in Stage))
    title = s.words(300, 1)
    days = s.whole(0, 10_000, 0)
    unit = s.words(35)
    next = s.words(60)


class PaperAsked(Asked):
    """A paper asked for at the door."""

    title = s.words(300, 1)
    type = s.words(40)
    copies = s.whole(0, 99, 1)
    required = s.yes(True)


class DraftAsked(Asked):
    """A version as it is to be; it may be unfinished until it is published."""

    title = s.words(300, 1)
    kind = s.choice(*(str(kind) for kind in Kind))
    field = s.words(60)
    owner = s.words(35)
    subject = s.words(2000)
    manner = s.words(2000)
    days = s.whole(0, 10_000, 0)
    day_kind = s.choice(*(str(kind) for kind in DayKind), optional=True, default=str(DayKind.WORKING))
    steps = fields.List(fields.Nested(StepAsked), load_default=list, validate=validate.Length(max=MOST_STEPS))
    papers = fields.List(fields.Nested(PaperAsked), load_default=list, validate=validate.Length(max=MOST_PAPERS))
    forms = s.many(s.words(300, 1), MOST_FORMS)
    legal_basis = s.words(2000)
    mark = s.words(2)
    notes = s.words(2000)


class NewDraft(DraftAsked):
    """A new row of the catalogue under a code."""

    code = s.words(60, 1)


class FirstDay(Asked):
    """The first day in force; today when left out."""

    valid_from = s.day()


class FileOf(FirstDay):
    """The file's name (.xlsx, .csv, .json), and the first day in force."""

    name = s.words(200, 1)


def _procedure(code: str, said: Mapping[str, Any]) -> Procedure:
    parts = {name: value for name, value in said.items() if name not in ("code", "notes", "steps", "papers")}
    parts |= {"kind": Kind(said["kind"]), "day_kind": DayKind(said["day_kind"]), "forms": tuple(said["forms"])}
    steps = (each | {"stage": Stage(each["stage"]), "unit": each["unit"] or "receiver"} for each in said["steps"])
    papers = (Paper(each["title"], each["type"], each["copies"], each["required"]) for each in said["papers"])
    return Procedure(code=code, steps=tuple(Step(**each) for each in steps), papers=tuple(papers), **parts)


@reads(DRAFT, Action.PROCEDURE_EDIT, "procedures", DraftRead, version="edition")
def get_procedure_draft(call: Call, procedure_code: str) -> Any:
    """The draft of a procedure's next version; where there is none, what is in force, as edition 0."""
    found = procedures.show(call.uow, call.who, procedure_code, "", call.now)
    procedures.require_keeper(call.uow, call.who, procedure_code)
    draft = found.draft
    procedure = procedures.read(draft) if draft else found.line.procedure
    wrong = procedures.wrong_with(call.uow, procedure, call.now) if draft else []
    return {
        "procedure": procedure,
        "edition": draft.edition if draft else 0,
        "notes": draft.notes if draft else "",
        "wrong": wrong,
    }


@posts("/procedures", Action.PROCEDURE_EDIT, "procedures", NewDraft, leads="get_procedure_draft")
def add_procedure(call: Call) -> Made:
    """The draft of a new row of the catalogue."""
    code = call.body["code"]
    procedures.require_new(call.uow, code)
    procedures.save_draft(call.uow, call.who, _procedure(code, call.body), 0, call.body["notes"], call.now)
    return Made(code)


OF_DRAFT: dict[str, Any] = {"match": VERSION, "of": "get_procedure_draft"}


def _known(call: Call, code: str) -> None:
    """Refused for a code that no row of the catalogue bears: a new one has an operation of its own."""
    if not procedures.exists(call.uow, code):
        raise Refused(Verb.PROCEDURE_SAVE, kind="procedure", object_id=code, reason="missing")


@posts(DRAFT, Action.PROCEDURE_EDIT, "procedures", DraftAsked, **OF_DRAFT)
def save_procedure_draft(call: Call, procedure_code: str) -> None:
    """Writes the draft of a procedure's next version."""
    _known(call, procedure_code)
    made = _procedure(procedure_code, call.body)
    procedures.save_draft(call.uow, call.who, made, call.version, call.body["notes"], call.now)


@posts(DRAFT + "/publish", Action.PROCEDURE_EDIT, "procedures", FirstDay, match=VERSION, of="get_procedure")
def publish_procedure(call: Call, procedure_code: str) -> None:
    """Publishes the draft: in force from a day; cases under way keep the version they began with."""
    procedures.publish(call.uow, call.who, procedure_code, call.version, call.body["valid_from"], call.now)


@posts(DRAFT + "/discard", Action.PROCEDURE_EDIT, "procedures", match=VERSION)
def discard_procedure_draft(call: Call, procedure_code: str) -> None:
    """Throws the draft away; nothing published is touched."""
    procedures.discard(call.uow, call.who, procedure_code, call.version, call.now)


@posts("/procedures/file", Action.PROCEDURE_EDIT, "procedures", query=FileOf, file=True)
def take_procedures_in(call: Call) -> None:
    """Publishes the new and changed procedures of a file: all of it or nothing. The body is the file itself."""
    if call.file is None:
        raise InvalidInput("file", "Chưa có tệp nào được gửi.")
    with call.file.open("rb") as stream:
        data = stream.read(procedure_files.MOST_BYTES + 1)
    procedure_files.take(call.uow, call.who, data, call.query["name"], call.query["valid_from"], call.now)
