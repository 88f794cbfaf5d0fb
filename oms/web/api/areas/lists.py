"""Code lists kept: rows added and changed, files taken in, their history; words that no list holds."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.journal import Verb
from oms.domain.list_edits import EXTRA
from oms.errors import InvalidInput
from oms.services import catalogue_edit, list_tables, others
from oms.web.api import shapes as s
from oms.web.api.operations import TAG, Call, Listed, posts, reads
from oms.web.api.shapes import Asked, Paged, Told

LIST = "/catalogues/<list_code>"
ACTS = ("add", "from", "correct", "end", "withdraw")
SETTLED = (*others.SETTLED, others.SUGGESTED)
OF_LIST: dict[str, Any] = {"match": TAG, "of": "get_catalogue"}


class CatalogueTold(Told):
    """A list as it stands: ``mark`` is another after every change, ``columns`` are the numbers its rows have."""

    code = s.text()
    mark = s.text()
    columns = s.texts()


class PastRow(Told):
    """A row there is or was, with who entered and who ended it."""

    id = s.number("row.row_id")
    code = s.text("row.code")
    label = s.text("row.label")
    valid_from = s.on("row.valid_from")
    valid_to = s.on("row.valid_to")
    legal_basis = s.text("row.legal_basis")
    by = s.text()
    at = s.at()
    ended_by = s.text()
    ended_at = s.at(maybe=True)
    replaces = s.number(maybe=True)


class OfCode(Paged):
    """Of one code, or of all."""

    code = s.words(60)


class RowAsked(Asked):
    """A change of one row. ``from``: it changes from a day (valid_from); days as dd/mm/yyyy, ``day`` for end."""

    act = s.choice(*ACTS)
    row_id = s.maybe_whole(1)
    code = s.words(60)
    label = s.words(500)
    aliases = s.words(2000)
    position = s.words(10)
    valid_from = s.words(10)
    valid_to = s.words(10)
    legal_basis = s.words(500)
    mark = s.words(1)
    day = s.words(10)
    extra = fields.Dict(keys=s.words(60, 1), values=s.words(5000), load_default=dict, validate=validate.Length(max=50))


class ListFileAsked(Asked):
    """The file's name (.csv, .xlsx); ``end_missing``: rows that are not in it end."""

    name = s.words(200, 1)
    end_missing = s.yes()


class WordsTold(Told):
    """Words written alike on so many facts that their list does not hold."""

    list_code = s.text()
    folded = s.text()
    text = s.text()
    count = s.number()
    state = s.text()
    code = s.text()
    at = s.at(maybe=True)


class WantedWords(Paged):
    """Of one list or all; waiting or settled."""

    list_code = s.words(60)
    settled = s.yes()


class SettleWords(Asked):
    """What becomes of some words of one list (``folded``): they get a code, stay, or are proposed for the list."""

    act = s.choice("map", "leave", "suggest")
    list_code = s.words(60, 1)
    folded = s.many(s.words(500, 1), others.MOST_AT_ONCE, 1)
    code = s.words(60)


class UndoWords(Asked):
    """Settled words that go back into the queue, as the queue tells them."""

    state = s.choice(*SETTLED)
    list_code = s.words(60, 1)
    folded = s.words(500, 1)
    code = s.words(60)


class ProposedWord(Asked):
    """A proposed word: taken in as another way to write the row of a code, or sent back."""

    list_code = s.words(60, 1)
    folded = s.words(500, 1)
    accept = s.yes()
    text = s.words(500)
    code = s.words(60)


@reads(LIST + "/state", Action.CATALOGUE_EDIT, "units", CatalogueTold)
def get_catalogue(call: Call, list_code: str) -> Any:
    """How a list stands, for its ETag: what a change was thought for."""
    catalogue_edit.row_to_edit(call.uow, call.who, list_code, None)
    shape, mark = catalogue_edit.shape(call.uow, list_code), catalogue_edit.mark(call.uow, list_code)
    return {"code": list_code, "mark": mark, "columns": list(shape.keys)}


@reads(LIST + "/history", Action.CATALOGUE_VIEW, "units", PastRow, listed=True, query=OfCode)
def list_catalogue_history(call: Call, list_code: str) -> Listed:
    """Every row there ever was, with who entered and who ended it."""
    found = catalogue_edit.past(call.uow, call.who, list_code, call.query["code"], call.now)
    return Listed(found[call.offset : call.offset + call.size], len(found))


@posts(LIST + "/rows", Action.CATALOGUE_EDIT, "units", RowAsked, **OF_LIST)
def change_catalogue_row(call: Call, list_code: str) -> None:
    """Adds, changes, corrects or ends a row; what hangs on it is reckoned anew."""
    said = dict(call.body)
    act, row_id = said.pop("act"), said.pop("row_id")
    typed = said | {f"{EXTRA}{key}": value for key, value in said.pop("extra").items()}
    if (act == "add") != (row_id is None):
        raise InvalidInput("row_id", "Thêm dòng thì không nêu dòng; các việc khác phải nêu dòng.")
    found, problems = catalogue_edit.preview(call.uow, call.who, list_code, row_id, act, typed)
    _carry_out(call, found, problems)


def _carry_out(call: Call, found: catalogue_edit.Preview | None, problems: dict[str, str]) -> None:
    if found is None:
        field, words = next(iter(problems.items()))
        raise InvalidInput(field, words)
    catalogue_edit.carry_out(call.uow, call.who, found, found.mark, call.now)


@posts(LIST + "/file", Action.CATALOGUE_EDIT, "units", query=ListFileAsked, file=True, **OF_LIST)
def take_catalogue_in(call: Call, list_code: str) -> None:
    """Takes a file of rows in: all of it or nothing. The body is the file itself."""
    if call.file is None:
        raise InvalidInput("file", "Chưa có tệp nào được gửi.")
    with call.file.open("rb") as stream:
        lines, problems = list_tables.read(stream.read(list_tables.MOST_BYTES + 1), call.query["name"])
    found = None
    if not problems:
        found, problems = catalogue_edit.preview_file(call.uow, call.who, list_code, lines, call.query["end_missing"])
    if problems or found is None:
        told = "; ".join(f"dòng {each.line}, {each.column}: {each.text}" for each in problems[:20])
        raise InvalidInput("file", f"Tệp có {len(problems)} chỗ sai: {told}"[:2000])
    catalogue_edit.carry_out(call.uow, call.who, found, found.mark, call.now, Verb.CATALOGUE_IMPORT)


@reads("/other-words", Action.OTHER_SETTLE, "units", WordsTold, listed=True, query=WantedWords)
def list_other_words(call: Call) -> Listed:
    """Words on records that their list does not hold, grouped; or those already settled."""
    states = SETTLED if call.query["settled"] else (others.WAITING,)
    found = others.queue(call.uow, call.who, states, call.query["list_code"], call.now)
    return Listed(found[call.offset : call.offset + call.size], len(found))


@posts("/other-words/settle", Action.OTHER_SETTLE, "units", SettleWords)
def settle_other_words(call: Call) -> None:
    """Gives chosen words a code, leaves them as they are, or proposes them for the list."""
    said = call.body
    wanted = others.Wanted(said["act"], said["list_code"], tuple(said["folded"]), said["code"])
    others.settle(call.uow, call.who, wanted, call.now)


@posts("/other-words/undo", Action.OTHER_SETTLE, "units", UndoWords)
def undo_other_words(call: Call) -> None:
    """Puts settled words back into the queue."""
    said = call.body
    wanted = others.Wanted(said["state"], said["list_code"], (said["folded"],), said["code"])
    others.undo(call.uow, call.who, wanted, call.now)


@reads("/word-proposals", Action.CATALOGUE_EDIT, "units", WordsTold, listed=True)
def list_word_proposals(call: Call) -> Listed:
    """Words officers propose for the lists."""
    found = others.suggestions(call.uow, call.who, call.now)
    return Listed(found[call.offset : call.offset + call.size], len(found))


@posts("/word-proposals", Action.CATALOGUE_EDIT, "units", ProposedWord)
def answer_word_proposal(call: Call) -> None:
    """Takes a proposed word in as another way to write its row, or sends it back."""
    said, list_code = call.body, call.body["list_code"]
    if not said["accept"]:
        others.decline(call.uow, call.who, list_code, said["folded"], call.now)
        return
    row, values = catalogue_edit.with_alias(call.uow, call.who, list_code, said["code"], said["text"] or said["folded"])
    found, problems = catalogue_edit.preview(call.uow, call.who, list_code, row.row_id, "correct", values)
    _carry_out(call, found, problems)
