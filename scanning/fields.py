"""Values of a document by its type: tables first, then labels on forms or the layout of official documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from scanning.classification import DocumentType, classify
from scanning.codes import Code
from scanning.cross_checks import cross_check
from scanning.decision_fields import decision_drafts
from scanning.field import OF_READING, Draft, Field, calibrated
from scanning.form_fields import form_drafts
from scanning.identity_card import parse_card
from scanning.layout import Page, pages_of
from scanning.official_fields import date_and_place, official_fields, signer
from scanning.page import PageReading
from scanning.rereading import looked_at, settled
from scanning.table_fields import table_drafts
from scanning.values import REPAIRED
from vietnamese.text import canon, fold

__all__ = ["Field", "extract_fields", "nested", "second_look"]

OFFICIAL = frozenset(
    (
        "quyet_dinh",
        "nghi_quyet",
        "bien_ban",
        "to_trinh",
        "bao_cao",
        "thong_bao",
        "ket_luan",
        "cong_van",
        "danh_sach",
        "giay_gioi_thieu",
        "tham_tra_xac_minh",
    )
)
# these speak of many persons or of none: a name found on them is not whom the paper is about
_IMPERSONAL = frozenset(("danh_sach", "cong_van", "bien_ban"))
_PERSON = {"full_name": "person_name", "birth_date": "person_birth_date"}
# who signs below says his own name: it is the name on the form
_OWN_SIGNATURE = ("nguoikhai", "nguoitukiemdiem", "nguoitudanhgia", "nguoilamdon", "nguoivietdon", "nguoikekhai")
_OF_CARD = 0.99
HARD_PAGE = "trang khó đọc"
_ENOUGH, _HARD = 8, 1 / 3


def extract_fields(
    readings: Sequence[PageReading], doc_type: DocumentType, codes: Sequence[tuple[int, Code]] = ()
) -> dict[str, Field]:
    """Return the values found on a document by the field keys of its type; pages from 1 in the order given.

    Official documents give number, date, issuer, subject, signer and the person concerned (``person_name``), decisions
    also what they decide; forms and personal papers give what stands beside their labels. Cells of tables have keys
    ``table.row.column`` (rows from 1; ``nested`` puts them together). ``codes`` are the QR codes found, each with its
    page: a citizen's card gives its holder's facts and checks what was read. Nothing is made up: what is hard to read
    is read a second time where the readings have their images, and what stays doubtful says why.
    """
    looked = [
        second_look(reading) if reading.image is not None and not reading.looks else reading for reading in readings
    ]
    fields = _told_twice(_on_hard_pages(settled(_drafts(looked, doc_type), looked)))
    return cross_check(_with_card(fields, readings, codes))


def second_look(reading: PageReading) -> PageReading:
    """Return a page's reading with its doubtful values read once more, while its image is at hand.

    Whatever type the paper will prove to be: the page alone may not tell. What was looked at is kept with the reading,
    so that values can be taken later, and again, without the image.
    """
    pages = [page for page in pages_of([reading]) if page.lines]
    if not pages or reading.image is None:
        return reading
    tables, places = table_drafts([reading])
    kind = classify([reading])
    found = (
        tables,
        form_drafts([reading], places),
        date_and_place(pages),
        signer(pages[-1]),
        official_fields(pages, kind.code),
        decision_drafts(pages, kind.subtype),
    )
    return looked_at(reading, {draft.words: draft for drafts in found for draft in drafts.values()}.values())


def nested(fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return fields as plain JSON values: tables as arrays of rows, each an object of cells."""
    plain: dict[str, Any] = {}
    rows: dict[str, dict[int, dict[str, Any]]] = {}
    for key, field in fields.items():
        table, _, rest = key.partition(".")
        row, _, column = rest.partition(".")
        if column:
            rows.setdefault(table, {}).setdefault(int(row), {})[column] = field.to_json()
        else:
            plain[key] = field.to_json()
    return plain | {table: [found[row] for row in sorted(found)] for table, found in rows.items()}


def _drafts(readings: Sequence[PageReading], doc_type: DocumentType) -> dict[str, Draft]:
    """Return what stands on the paper, by key, not yet judged."""
    pages = [page for page in pages_of(readings) if page.lines]
    if not pages:
        return {}
    tables, places = table_drafts(readings)
    if doc_type.code not in OFFICIAL:
        found = {**date_and_place(pages), **signer(pages[-1]), **form_drafts(readings, places)}
        if doc_type.code == "van_bang_chung_chi" and "staff_code" in found:
            # "Số hiệu" is a person's on a form, the paper's own on a degree
            found["number"] = replace(found.pop("staff_code"), key="number")
        return found | tables
    return _official(readings, pages, doc_type) | tables


def _official(readings: Sequence[PageReading], pages: Sequence[Page], doc_type: DocumentType) -> dict[str, Draft]:
    found = official_fields(pages, doc_type.code)
    if doc_type.code in _IMPERSONAL:
        return {key: draft for key, draft in found.items() if key not in _PERSON.values()}
    if doc_type.code == "quyet_dinh":
        found = decision_drafts(pages, doc_type.subtype) | found
    if "person_name" not in found:
        labelled = form_drafts(readings)
        found |= {key: replace(labelled[label], key=key) for label, key in _PERSON.items() if label in labelled}
    return found


def _on_hard_pages(fields: dict[str, Field]) -> dict[str, Field]:
    """Return the fields, all of a page doubtful where a third of its values were hard to read.

    On faded or half handwritten paper the engine is sure of wrong letters too: there its sureness is worth little.
    """
    by_page: dict[int, list[Field]] = {}
    for field in fields.values():
        by_page.setdefault(field.page, []).append(field)
    hard = {
        page
        for page, found in by_page.items()
        if len(found) >= _ENOUGH and sum(field.doubtful for field in found) > _HARD * len(found)
    }
    return {key: field.doubting(HARD_PAGE) if field.page in hard else field for key, field in fields.items()}


def _told_twice(fields: dict[str, Field]) -> dict[str, Field]:
    """Return the fields; the name on a form and the name signed under it confirm or contradict each other."""
    title, signed, name = (fields.get(key) for key in ("signer_title", "signer_name", "full_name"))
    own = title is not None and "".join(filter(str.isalnum, fold(title.value))).endswith(_OWN_SIGNATURE)
    if signed is None or name is None or not (own or (signed.value and canon(signed.value) == canon(name.value))):
        return fields
    if canon(signed.value) == canon(name.value):
        return fields | {"signer_name": _confirmed(signed), "full_name": _confirmed(name)}
    if not (signed.value and name.value):
        return fields
    reason = "họ tên trên biểu và ở chữ ký khác nhau"
    return fields | {"signer_name": signed.doubting(reason), "full_name": name.doubting(reason)}


def _confirmed(field: Field) -> Field:
    doubts = tuple(d for d in field.doubts if d not in OF_READING and d != REPAIRED and not d.startswith("hai lần"))
    sure = field.confidence / 0.49 if field.doubts else (field.confidence - 0.9) * 10
    return replace(field, doubts=doubts, confidence=calibrated(min(max(sure, 0.0), 1.0), doubts))


def _with_card(
    fields: dict[str, Field], readings: Sequence[PageReading], codes: Sequence[tuple[int, Code]]
) -> dict[str, Field]:
    """Return the fields with what a citizen's card on the paper says of its holder.

    The card wins where it and the print agree or only it speaks; where they differ its value is given, doubtful. The
    card of somebody else (another number and name are printed) changes nothing but is told.
    """
    for page, code in codes:
        card = parse_card(code.text) if code.kind == "cccd_qr" else None
        if card is None:
            continue
        box = code.box if any(code.box) else (0, 0, readings[page - 1].width, readings[page - 1].height)
        for key, value in card.facts().items():
            read = fields.get(key)
            field = Field(value, value, _OF_CARD, page, box)
            if read is not None and read.value and not _agree(key, read.value, value):
                # where one lives changes: an address on the paper that is not the card's is no mistake
                if key == "permanent_residence":
                    continue
                field = field.doubting(f"mã QR khác chữ trên giấy: {read.value}")
            fields = fields | {key: field}
    return fields


def _agree(key: str, read: str, card: str) -> bool:
    if key.endswith(("_date", "_on")):
        return card.startswith(read)
    return (
        fold(read).replace(",", "") == fold(card).replace(",", "")
        if key == "permanent_residence"
        else canon(read) == canon(card)
    )
