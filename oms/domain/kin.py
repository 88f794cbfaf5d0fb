"""Whom an account must keep away from, as declared: the person behind it and the relatives. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vietnamese.dates import parse_date
from vietnamese.names import fold_name, title_name
from vietnamese.text import nfc

SELF = "self"
RELATIONS: Mapping[str, str] = {
    SELF: "Chính người dùng",
    "spouse": "Vợ, chồng",
    "child": "Con",
    "parent": "Cha, mẹ",
    "sibling": "Anh, chị, em ruột",
    "in_law": "Bên vợ, bên chồng",
    "other": "Người thân khác",
}
MOST = 60
"""The most entries one account has: a declaration is a family, not a village."""


@dataclass(frozen=True)
class Declared:
    """One person as typed."""

    relation: str
    full_name: str
    birth_date: str = ""
    citizen_id: str = ""


def checked(typed: Declared) -> tuple[Declared, dict[str, str]]:
    """The entry as it is kept, and what is wrong with it by field.

    Dossiers are matched by the card's number, or by name and birth date together: without either an entry would
    withhold nothing, so one of the two is asked for.
    """
    wrong: dict[str, str] = {}
    name = title_name(nfc(typed.full_name))
    number = "".join(typed.citizen_id.split())
    born = parse_date(typed.birth_date) if typed.birth_date.strip() else None
    if typed.relation not in RELATIONS:
        wrong["relation"] = "Hãy chọn quan hệ."
    if not 2 <= len(name) <= 200:
        wrong["full_name"] = "Hãy nhập họ và tên (2–200 ký tự)."
    if typed.birth_date.strip() and born is None:
        wrong["birth_date"] = "Ngày sinh chưa đúng: hãy nhập như 05/08/1961, 08/1961 hoặc 1961."
    if number and not (number.isascii() and number.isdecimal() and len(number) == 12):
        wrong["citizen_id"] = "Số căn cước gồm đúng 12 chữ số."
    if not number and born is None and not wrong:
        wrong["birth_date"] = "Hãy nhập số căn cước, hoặc ngày sinh, để hệ thống nhận ra hồ sơ của người này."
    return Declared(typed.relation, name, born.iso() if born else "", number), wrong


def folded(name: str) -> str:
    """The name as it is matched."""
    return fold_name(name)
