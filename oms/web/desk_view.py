"""What the verification desk's page is drawn from: fields with the spot each was read at, words, proposed persons."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from oms.domain.checks import FACT_KEYS
from oms.domain.organisation import Block
from oms.domain.records import PageState
from oms.services.desk import Candidate, DeskPage, DeskView, DeskWord, DocumentField, DossierRow, Edit, Page
from oms.services.desk_fields import is_doubtful
from oms.web import desk_fields
from oms.web.frame import paper_date
from oms.web.words import BLOCK_LABELS, DOCUMENT_TYPES, SECRECY_LABELS, Words

SURE_TYPE = 0.5
LIKELY, POSSIBLE = 0.85, 0.6
CLEAR_LEAD = 0.15
"""A proposed person is chosen beforehand only when likely and this far ahead of the next one."""

TEXTS = ("type_code", "title", "number", "issued_on", "person_name", "person_birth_date", "compartment")
FIELD_NAMES = (*TEXTS, "secrecy")
DATES = ("issued_on", "person_birth_date")
PERSONAL = ("person_name", "person_birth_date")
READ_AS = ("number", *DATES, "person_name")
FACTS = Words(
    {
        "cover": "phiếu bìa",
        "full_name": "họ tên",
        "birth_date": "ngày sinh",
        "citizen_id": "số căn cước",
        "old_id": "số CMND",
    }
)


@dataclass(frozen=True)
class Spot:
    """Where on which page something stands; ``box`` is "x0,y0,x1,y1" in the page's own pixels."""

    page_id: str = ""
    box: str = ""


@dataclass(frozen=True)
class FormField:
    """One field of the desk's form as it is drawn."""

    name: str
    value: str
    spot: Spot
    doubt: bool
    corrected: bool
    reading: str
    saved: str = ""
    error: str = ""
    why: str = ""
    seen: bool = False
    readings: tuple[desk_fields.Reading, ...] = ()
    chord: bool = False


def typed_values() -> dict[str, str]:
    """What the clerk typed, as it was sent."""
    return {name: request.form.get(name, "")[:600] for name in FIELD_NAMES}


def edit_of(typed: Mapping[str, str]) -> Edit:
    """The typed values as the service takes them; a level that is no number is none of the levels."""
    level = typed["secrecy"]
    texts = {name: typed[name] for name in TEXTS}
    return Edit(**texts, secrecy=int(level) if level.isascii() and level.isdecimal() and len(level) == 1 else -1)


def saved_values(view: DeskView) -> dict[str, str]:
    """What is kept now, as the form shows it."""
    paper = view.document
    values = {name: str(getattr(paper, name)) for name in FIELD_NAMES}
    return values | {name: paper_date(values[name]) for name in DATES}


def _spot(view: DeskView, name: str, row: DocumentField | None) -> Spot:
    if row is not None and row.page_id and row.box:
        return Spot(row.page_id, ",".join(map(str, json.loads(row.box))))
    first = next(iter(view.evidence), None) if name in ("title", "type_code") else None
    return Spot(first["page_id"], ",".join(map(str, first["box"]))) if first else Spot()


def _doubtful(view: DeskView, name: str, shown: str, row: DocumentField | None) -> bool:
    """Whether a person must look: read with little confidence, or missing where every paper has one."""
    if name == "type_code":
        return shown == "khac" or (view.document.type_score < SURE_TYPE and shown == view.document.type_code)
    if name in ("title", "person_name") and not shown:
        return True
    return row is not None and is_doubtful(row)


def _form_field(
    view: DeskView, name: str, shown: str, saved: str, error: str, record: DossierRow | None, seen: bool
) -> FormField:
    keys = FACT_KEYS.get(name, ())
    row = next((view.fields[key] for key in keys if key in view.fields), None)
    reading = (paper_date(row.value) if name in DATES else row.value) if row else ""
    corrected = row is not None and name != "title" and shown != reading
    by_machine = row is None or row.source == "machine"
    differs = desk_fields.against_record(keys[-1], shown, record) if name in PERSONAL and by_machine else ""
    doubt = ((_doubtful(view, name, shown, row) and not corrected) or bool(differs)) and not seen
    return FormField(
        name=name,
        value=shown,
        spot=_spot(view, name, row),
        doubt=doubt,
        corrected=corrected,
        reading=reading,
        saved=saved if saved != shown else "",
        error=error,
        why="; ".join(filter(None, [row.doubt if row and by_machine else "", differs])),
        seen=seen,
        readings=desk_fields.readings_of(row, keys[-1], shown, record) if doubt and name in READ_AS else (),
        chord=name != "person_name",
    )


def form_fields(
    view: DeskView, typed: Mapping[str, str] | None, errors: Mapping[str, str], seen: frozenset[str] = frozenset()
) -> dict[str, FormField]:
    """Every field by name: what was typed before what is kept, the machine's reading and its spot beside it."""
    saved = saved_values(view)
    shown = dict(typed or saved)
    record = desk_fields.record_of(view, chosen_id(view))
    return {
        name: _form_field(view, name, shown[name], saved[name], errors.get(name, ""), record, name in seen)
        for name in FIELD_NAMES
    }


@dataclass(frozen=True)
class Person:
    """A dossier that may be chosen, with the reasons for it in words."""

    row: DossierRow
    score: str
    level: str
    agrees: str
    differs: str


def in_words(score: float) -> tuple[str, str]:
    """How likely a proposed person is: words, and the badge they wear."""
    if score >= LIKELY:
        return _("Rất có thể"), "ok"
    return (_("Có thể"), "accent") if score >= POSSIBLE else (_("Ít chắc"), "doubt")


def _person(candidate: Candidate) -> Person:
    words, level = in_words(candidate.score)
    agrees = ", ".join(FACTS.get(key, key) for key in candidate.agrees)
    differs = ", ".join(FACTS.get(key, key) for key in candidate.differs)
    return Person(candidate.row, words, level, agrees, differs)


def persons(view: DeskView) -> list[Person]:
    """The dossiers to choose from: the one already picked first when it is not among the proposals."""
    found = [_person(candidate) for candidate in view.candidates]
    if view.chosen and all(person.row.dossier.id != view.chosen.dossier.id for person in found):
        found.insert(0, Person(view.chosen, _("Anh/chị chọn"), "accent", "", ""))
    return found


def chosen_id(view: DeskView) -> str:
    """The dossier marked beforehand: the one picked, else a clear first proposal, else none."""
    if view.chosen:
        return view.chosen.dossier.id
    scores = [candidate.score for candidate in view.candidates] + [0.0, 0.0]
    clear = scores[0] >= LIKELY and scores[0] - scores[1] >= CLEAR_LEAD
    return view.candidates[0].row.dossier.id if clear else ""


def highest(view: DeskView) -> dict[str, Any]:
    """The highest secrecy of what the page shows, for the strip."""
    levels = [view.document.secrecy, *(candidate.row.dossier.secrecy for candidate in view.candidates)]
    level = max(levels + ([view.chosen.dossier.secrecy] if view.chosen else []))
    return {"level": level, "label": SECRECY_LABELS[level]}


def _word_data(word: DeskWord) -> list[Any]:
    marks = [int(word.suspect), int(word.corrected)]
    return [word.index, word.text, *word.box, *marks, round(word.confidence), word.line]


def _image(page: Page) -> str:
    """Where the image of the reading in force is; the version keeps a browser from showing an earlier one."""
    if not page.image_sha:
        return ""
    return url_for("scanning_desk.page_image", page_id=page.id, lan=page.reading)


def turn_of(page: Page) -> int:
    """By how much the kept image is still to be turned, while a page turned by a person waits to be read again."""
    if page.state == PageState.READ or page.wanted_turn is None:
        return 0
    return (page.wanted_turn - page.rotation) % 360


def _page_data(item: DeskPage) -> dict[str, Any]:
    page = item.page
    return {
        "id": page.id,
        "number": page.number,
        "position": page.position,
        "width": page.width,
        "height": page.height,
        "image": _image(page),
        "turn": turn_of(page),
        "address": url_for("scanning_desk.word", page_id=page.id),
        "words": [_word_data(word) for word in item.words],
    }


def script_data(view: DeskView) -> dict[str, Any]:
    """Pages and words for the page's scripts (a JSON block; scripts fetch the images themselves)."""
    return {"pages": [_page_data(item) for item in view.pages]}


def doubtful_words(item: DeskPage) -> int:
    """How many words of a page the machine is not sure of."""
    return sum(word.suspect for word in item.words)


def page_mark(item: DeskPage) -> str:
    """What is special about a page: "failed", "waiting", "repeated", "blank", "doubt" or nothing."""
    if item.page.state == PageState.FAILED:
        return "failed"
    if item.page.state != PageState.READ:
        return "waiting"
    if item.page.duplicate_of:
        return "repeated"
    if item.page.blank:
        return "blank"
    return "doubt" if item.page.missing_text or doubtful_words(item) else ""


def dossier_json(row: DossierRow) -> dict[str, str]:
    """A dossier as the search box and the new-cadre form get it."""
    return {
        "dossier_id": row.dossier.id,
        "name": row.cadre.full_name,
        "birth": paper_date(row.cadre.birth_date),
        "number": row.dossier.number,
        "unit": row.unit.name,
        "block": BLOCK_LABELS[Block(row.dossier.block)],
        "secrecy": SECRECY_LABELS[row.dossier.secrecy] if row.dossier.secrecy else "",
    }


def type_options() -> list[tuple[str, str]]:
    """The types, the unclear one last."""
    return list(DOCUMENT_TYPES.items())
