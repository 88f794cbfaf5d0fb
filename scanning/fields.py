"""Values of a document by its type: labels on forms, layout on official documents."""

from __future__ import annotations

from collections.abc import Sequence

from scanning.classification import DocumentType
from scanning.field import Field
from scanning.form_fields import form_fields
from scanning.layout import pages_of
from scanning.official_fields import date_and_place, official_fields, signer
from scanning.page import PageReading
from vietnamese.ids import birth_year_of, sex_of

__all__ = ["Field", "extract_fields"]

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
_CONTRADICTED = 0.5


def extract_fields(readings: Sequence[PageReading], doc_type: DocumentType) -> dict[str, Field]:
    """Return the values found on a document, by the field keys of its type; pages from 1 in the order given.

    Official documents give number, date, issuer, subject, signer and the person concerned
    (``person_name``); forms and personal papers give what stands beside their labels (``full_name``,
    ``birth_date``, …). Nothing is made up: what cannot be read as a value of its kind is left out, what is
    doubtful has a low confidence (0 to 1).
    """
    pages = [page for page in pages_of(readings) if page.lines]
    if not pages:
        return {}
    if doc_type.code not in OFFICIAL:
        found = {**date_and_place(pages), **signer(pages[-1]), **form_fields(readings)}
        if doc_type.code == "van_bang_chung_chi" and "staff_code" in found:
            # "Số hiệu" is a person's on a form, the paper's own on a degree
            found["number"] = found.pop("staff_code")
        return _checked(found)
    found = official_fields(pages, doc_type.code)
    if doc_type.code in _IMPERSONAL:
        return {key: field for key, field in found.items() if key not in _PERSON.values()}
    if "person_name" not in found:
        labelled = form_fields(readings)
        found |= {key: labelled[label] for label, key in _PERSON.items() if label in labelled}
    return found


def _checked(fields: dict[str, Field]) -> dict[str, Field]:
    """Return the fields, sex, birth date and citizen's number made doubtful where they contradict."""
    number = fields.get("citizen_id")
    if number is None:
        return fields
    doubtful = set()
    year, sex = birth_year_of(number.value), {"male": "Nam", "female": "Nữ"}.get(sex_of(number.value) or "")
    if "birth_date" in fields and fields["birth_date"].value[:4] != str(year):
        doubtful |= {"citizen_id", "birth_date"}
    if "sex" in fields and fields["sex"].value != sex:
        doubtful |= {"citizen_id", "sex"}
    return {key: _halved(field) if key in doubtful else field for key, field in fields.items()}


def _halved(field: Field) -> Field:
    confidence = round(field.confidence * _CONTRADICTED, 2)
    return Field(field.value, field.raw, confidence, field.page, field.box)
