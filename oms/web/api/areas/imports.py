"""Registers brought in from Excel and CSV: received, columns matched, problems settled, filed, given up."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.import_mapping import TARGETS
from oms.domain.import_rows import Problem
from oms.errors import InvalidInput
from oms.services import imports
from oms.services.imports import View
from oms.web.api import shapes as s
from oms.web.api.operations import Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Told
from oms.web.context import house

IMPORT = "/imports/<import_id>"


class ImportTold(Told):
    """A list that was brought in: received | checking | checked | filing | filed | cancelled."""

    id = s.text("run.id")
    unit_id = s.number("unit.id")
    secrecy = s.number("run.secrecy")
    state = s.text("run.state")
    rows = s.number("run.rows")
    received_by = s.text("run.received_by")
    received_at = s.at("run.received_at")
    filed_at = s.at("run.filed_at", maybe=True)


class SampleTold(Told):
    """A row of the file as it stands there."""

    row = s.number()
    cells = s.texts()


class SheetTold(Told):
    """A sheet of the file."""

    name = s.text()
    hidden = s.flag()


class ImportRead(ImportTold):
    """One's own list: headings, samples, what each column is taken for, how many problems."""

    name = s.text("run.original_name")
    sheet = s.text("run.sheet")
    sheets = s.each(SheetTold)
    headings = s.texts("header.headings")
    samples = s.each(SampleTold)
    columns = s.table("mapping.columns")
    converted = s.table("mapping.convert")
    left_out = s.numbers()
    problems = s.number()
    may_file = s.flag()


class ImportProblem(Told):
    """What is wrong with a row or a cell (column -1: the whole row); level: error | doubt."""

    row = s.number()
    column = s.number()
    level = s.text()
    text = s.text()
    beside = s.text()


class ImportProgress(Told):
    """How far the worker is."""

    state = s.text("run.state")
    rows = s.number("run.rows")
    done = s.number("run.progress")
    step = s.text("standing.step")
    place = s.number("standing.place")
    places = s.number("standing.places")
    rate = s.decimal("standing.rate", maybe=True)
    seconds_left = s.number("standing.seconds_left", maybe=True)


class NewImport(Asked):
    """Whose list, of which level, under which name, which sheet of it ("": the first)."""

    unit_id = s.whole(1)
    secrecy = s.whole(0, 3, 0)
    name = s.words(200, 1)
    sheet = s.words(120)


class ColumnAsked(Asked):
    """A column by its place, counted from 0, and what it is."""

    place = s.whole(0, 499)
    target = s.choice(*TARGETS)


class ColumnsAsked(Asked):
    """Which column is what; a column that is left out is not read."""

    columns = fields.List(fields.Nested(ColumnAsked), required=True, validate=validate.Length(min=1, max=500))


class SheetAsked(Asked):
    """Another sheet of the file."""

    sheet = s.words(120, 1)


class SettleAsked(Asked):
    """One problem: a column converted (how; "": back), a row left out or taken, another person."""

    act = s.choice("convert", "skip", "take", "other")
    place = s.whole(0, 10_000_000)
    how = s.choice("", "tcvn3", "vni", optional=True)


@reads("/imports", Action.IMPORT_RUN, "dossiers", ImportTold, listed=True)
def list_imports(call: Call) -> Listed:
    """Lists brought in for the units in scope."""
    rows, total = imports.listed(call.uow, call.who, call.size, call.offset, call.now)
    return Listed([{"run": run, "unit": unit} for run, unit in rows], total)


@posts("/imports", Action.IMPORT_RUN, "dossiers", query=NewImport, file=True, apart=True, leads="get_import")
def add_import(call: Call) -> Made:
    """Takes an Excel or CSV file in; the body is the file itself."""
    if call.file is None:
        raise InvalidInput("file", "Chưa có tệp nào được gửi.")
    asked = call.query
    new = imports.read_in(house().vault, call.file, asked["name"], asked["sheet"])
    with house().work(call.who, call.now) as uow:
        return Made(imports.receive(uow, call.who, new, asked["unit_id"], asked["secrecy"], call.now).id)


@reads(IMPORT, Action.IMPORT_RUN, "dossiers", ImportRead)
def get_import(call: Call, import_id: str) -> Any:
    """One's own list: its columns beside samples."""
    return _told(imports.view(call.uow, call.who, import_id, call.now))


def _told(found: View) -> Any:
    return {
        "run": found.run,
        "unit": found.unit,
        "header": found.header,
        "mapping": found.mapping,
        "sheets": [{"name": name, "hidden": hidden} for name, hidden in found.header["sheets"]],
        "samples": [{"row": row, "cells": cells} for row, cells in found.header["samples"]],
        "left_out": sorted(found.mapping.skip),
        "problems": len(found.problems),
        "may_file": found.may_file,
    }


@reads(IMPORT + "/problems", Action.IMPORT_RUN, "dossiers", ImportProblem, listed=True)
def list_import_problems(call: Call, import_id: str) -> Listed:
    """Every problem by row and column, errors first."""
    problems: list[Problem] = imports.view(call.uow, call.who, import_id, call.now).problems
    return Listed(problems[call.offset : call.offset + call.size], len(problems))


@reads(IMPORT + "/progress", Action.IMPORT_RUN, "dossiers", ImportProgress)
def get_import_progress(call: Call, import_id: str) -> Any:
    """How far the worker is with one's own list."""
    run, standing = imports.progress(call.uow, call.who, import_id, call.now)
    return {"run": run, "standing": standing}


@posts(IMPORT + "/sheet", Action.IMPORT_RUN, "dossiers", SheetAsked, of="get_import", apart=True)
def choose_import_sheet(call: Call, import_id: str) -> None:
    """Takes another sheet of the file."""
    with house().work(call.who, call.now) as uow:
        run, _standing = imports.progress(uow, call.who, import_id, call.now)
    table = imports.read_sheet(house().vault, run, call.body["sheet"])
    with house().work(call.who, call.now) as uow:
        imports.choose_sheet(uow, call.who, import_id, table, call.now)


@posts(IMPORT + "/columns", Action.IMPORT_RUN, "dossiers", ColumnsAsked, of="get_import")
def map_import_columns(call: Call, import_id: str) -> None:
    """Settles which column is what, and has every row tried."""
    chosen = {each["place"]: each["target"] for each in call.body["columns"]}
    imports.map_columns(call.uow, call.who, import_id, chosen, call.now)


@posts(IMPORT + "/settle", Action.IMPORT_RUN, "dossiers", SettleAsked, of="get_import")
def settle_import(call: Call, import_id: str) -> None:
    """Settles one problem and has the rows tried again."""
    imports.settle(call.uow, call.who, import_id, call.body["act"], call.body["place"], call.body["how"], call.now)


@posts(IMPORT + "/file", Action.IMPORT_RUN, "dossiers", of="get_import")
def file_import(call: Call, import_id: str) -> None:
    """Has the whole list filed: all of it or nothing."""
    imports.ask_filing(call.uow, call.who, import_id, call.now)


@posts(IMPORT + "/cancel", Action.IMPORT_RUN, "dossiers", of="get_import")
def cancel_import(call: Call, import_id: str) -> None:
    """Gives a list up before it is filed."""
    imports.cancel(call.uow, call.who, import_id, call.now)
