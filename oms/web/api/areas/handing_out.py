"""Files that leave for a purpose: archival copies, a dossier's whole export, forms filled from the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.services import archival, custody, exporting, profiles
from oms.web.api import shapes as s
from oms.web.api.areas.dossiers import DOCUMENT, DOSSIER, OF_DOSSIER
from oms.web.api.areas.secrecy import LeavingAsked, leaving_of
from oms.web.api.operations import Call, Listed, posts, reads
from oms.web.api.shapes import Asked, Told
from oms.web.context import house

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
MOST = 104


class CopyAsked(Asked):
    """``leaving`` where the paper is secret: copies are entered in their register."""

    leaving = fields.Nested(LeavingAsked)


@posts(DOCUMENT + "/archival-copy", Action.DOSSIER_EXPORT, "documents", CopyAsked, media=PDF, proof=True,
       purpose="document_id")  # fmt: skip
def take_copy(call: Call, document_id: str) -> bytes:
    """The archival copy as a file to keep; of a secret, the copies that are entered in their register."""
    leaving = leaving_of(call.body["leaving"]) if "leaving" in call.body else None
    return archival.take(call.uow, call.who, document_id, call.now, leaving)[0]


class ExportLineTold(Told):
    """A paper: the number of the list it is to bear, whether that is sure, its name, whether its copy is made."""

    document_id = s.text("document.id")
    number = s.number(maybe=True)
    sure = s.flag()
    name = s.text()
    secrecy = s.number("document.secrecy")
    ready = s.flag()


class ExportPlanTold(Told):
    """What an export would hold."""

    folder = s.text()
    missing = s.number()
    secrecy = s.number()
    papers = s.each(ExportLineTold, "lines")


class NumberAsked(Asked):
    """The number of the official list a paper is to bear; none: no number."""

    document_id = s.reference()
    number = s.maybe_whole(1, MOST)


class ExportAsked(Asked):
    """Numbers chosen, whether papers without a copy are left out, ``leaving`` where a level is in it."""

    numbers = fields.List(fields.Nested(NumberAsked), load_default=list, validate=validate.Length(max=2000))
    incomplete = s.yes()
    leaving = fields.Nested(LeavingAsked)


@reads(DOSSIER + "/export", Action.DOSSIER_EXPORT, "dossiers", ExportPlanTold, **OF_DOSSIER)
def get_export_plan(call: Call, dossier_id: str) -> Any:
    """What an export of the dossier would hold, under which names."""
    custody.require_exportable(call.uow, call.who, dossier_id)
    return exporting.preview(call.uow, call.who, dossier_id, {}, call.now, house().settings)


@posts(DOSSIER + "/export", Action.DOSSIER_EXPORT, "dossiers", ExportAsked, media="application/zip", proof=True,
       apart=True, **OF_DOSSIER)  # fmt: skip
def take_dossier(call: Call, dossier_id: str) -> Iterator[bytes]:
    """The dossier's copies in one ZIP, piece by piece, once the row that names them is on the disk."""
    said = call.body
    chosen = {each["document_id"]: each["number"] for each in said["numbers"]}
    leaving, how = leaving_of(said["leaving"]) if "leaving" in said else None, house().settings
    with house().work(call.who, call.now) as uow:
        wanted = exporting.export(
            uow, call.who, dossier_id, chosen, call.now, how, partial=said["incomplete"], leaving=leaving
        )
    exporting.verify(house(), wanted)
    return exporting.stream(house(), wanted)


class FormTold(Told):
    """A form that may be filled: its code, whether it is the one told here, what stays empty, what is masked."""

    code = s.text()
    title = s.text()
    chosen = s.flag()
    empty = s.texts()
    masked = s.texts()


class FormAsked(Asked):
    """Which form; ``leaving`` where a level is in it (as PDF only)."""

    code = s.words(40, 1)
    leaving = fields.Nested(LeavingAsked)


@reads(DOSSIER + "/forms", Action.PROFILE_MAKE, "dossiers", FormTold, listed=True, **OF_DOSSIER)
def list_forms(call: Call, dossier_id: str) -> Listed:
    """The forms that may be filled from the record; of the usual one, what will stay empty and why."""
    view = profiles.look(call.uow, call.who, dossier_id, "", call.now)
    found = [
        {
            "code": offer.row.code,
            "title": offer.row.label,
            "chosen": offer is view.chosen,
            "empty": view.form.empty if offer is view.chosen else (),
            "masked": view.form.masked if offer is view.chosen else (),
        }
        for offer in view.offers
    ]
    return Listed(found[call.offset : call.offset + call.size], len(found))


def _form(call: Call, dossier_id: str, kind: str) -> bytes:
    leaving = leaving_of(call.body["leaving"]) if "leaving" in call.body else None
    return profiles.make(call.uow, call.who, dossier_id, call.body["code"], kind, call.now, leaving).data


@posts(DOSSIER + "/forms/pdf", Action.PROFILE_MAKE, "dossiers", FormAsked, media=PDF, proof=True, **OF_DOSSIER)
def take_form_pdf(call: Call, dossier_id: str) -> bytes:
    """A form filled from the record, as PDF."""
    return _form(call, dossier_id, "pdf")


@posts(DOSSIER + "/forms/word", Action.PROFILE_MAKE, "dossiers", FormAsked, media=DOCX, proof=True, **OF_DOSSIER)
def take_form_word(call: Call, dossier_id: str) -> bytes:
    """A form filled from the record, as Word; nothing with a level leaves so."""
    return _form(call, dossier_id, "docx")
