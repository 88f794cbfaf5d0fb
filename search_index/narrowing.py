"""What narrows a question beside its words: `name:value`, in English or Vietnamese, with or without marks."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from vietnamese.text import canon, fold

NARROWING = re.compile(r"([^\W\d]\w*):(.*)", re.DOTALL)
_YEARS = re.compile(r"(\d{4})?(\.\.)?(\d{4})?")
HIGHEST_SECRECY = 9


@dataclass(frozen=True)
class TypeIs:
    """Documents of this type or a sub-type of it."""

    value: str

    def shown(self) -> str:
        return f"type:{self.value}"


@dataclass(frozen=True)
class UnitUnder:
    """Documents of this unit or one below it."""

    value: str

    def shown(self) -> str:
        return f"unit:{self.value}"


@dataclass(frozen=True)
class Years:
    """Documents dated within these years, both included; None is open."""

    first: int | None
    last: int | None

    def shown(self) -> str:
        first, last = ("" if year is None else f"{year:04}" for year in (self.first, self.last))
        return f"year:{first}" if first == last else f"year:{first}..{last}"


@dataclass(frozen=True)
class BlockIs:
    """Documents of this block."""

    value: str

    def shown(self) -> str:
        return f"block:{self.value}"


@dataclass(frozen=True)
class SecrecyIs:
    """Documents of exactly this level."""

    level: int

    def shown(self) -> str:
        return f"secrecy:{self.level}"


@dataclass(frozen=True)
class Linked:
    """Documents of a person who has visible documents in more than one block, or of one who has not."""

    yes: bool

    def shown(self) -> str:
        return f"link:{'yes' if self.yes else 'no'}"


@dataclass(frozen=True)
class Missing:
    """Documents of a dossier that holds no visible document of this type."""

    value: str

    def shown(self) -> str:
        return f"missing:{self.value}"


Narrowed = TypeIs | UnitUnder | Years | BlockIs | SecrecyIs | Linked | Missing

_BLOCKS = {
    "dang": "party", "khoi_dang": "party",
    "mttq": "front", "mat_tran": "front", "doan_the": "front",
    "chinh_quyen": "government", "nha_nuoc": "government",
}  # fmt: skip
_LEVELS = {"khong": 0, "khong_mat": 0, "thuong": 0, "mat": 1, "toi_mat": 2, "tuyet_mat": 3}
_YES_NO = {"yes": True, "co": True, "1": True, "no": False, "khong": False, "0": False}


def _type(value: str) -> TypeIs:
    return TypeIs(_code(value))


def _unit(value: str) -> UnitUnder:
    return UnitUnder(value)


def _years(value: str) -> Years:
    match = _YEARS.fullmatch(value)
    if match is None or not value.isascii() or not (match[1] or match[3]) or (match[1] and match[3] and not match[2]):
        raise ValueError("Năm phải viết như năm:2005, năm:2005.. hoặc năm:2005..2010")
    first, last = (int(part) if part else None for part in (match[1], match[3]))
    if first is not None and last is not None and first > last:
        raise ValueError("Năm đầu phải trước năm cuối")
    return Years(first, last) if match[2] else Years(first, first)


def _block(value: str) -> BlockIs:
    return BlockIs(_BLOCKS.get(_code(fold(value)), value))


def _secrecy(value: str) -> SecrecyIs:
    level = _LEVELS.get(_code(fold(value)))
    if level is None and value.isascii() and value.isdigit() and len(value) == 1:
        level = int(value)
    if level is None:
        raise ValueError("Độ mật phải là thường, mật, tối_mật, tuyệt_mật hoặc một chữ số")
    return SecrecyIs(level)


def _linked(value: str) -> Linked:
    yes = _YES_NO.get(fold(value))
    if yes is None:
        raise ValueError("Sau liên_kết: phải là có hoặc không")
    return Linked(yes)


def _missing(value: str) -> Missing:
    return Missing(_code(value))


def _code(value: str) -> str:
    """Return the code a value in Vietnamese stands for ("quyết_định"); plain letters are a code already."""
    return value if value.isascii() and "-" not in value else fold(value).replace("-", "_")


_NAMES: dict[str, Callable[[str], Narrowed]] = {}
for _names, _kind in (
    ("type loại", _type),
    ("unit đơn_vị", _unit),
    ("year năm", _years),
    ("block khối", _block),
    ("secrecy mật độ_mật", _secrecy),
    ("link liên_kết", _linked),
    ("missing thiếu", _missing),
):
    for _name in _names.split():
        _NAMES |= {_name: _kind, fold(_name): _kind}
# Typed without marks these are words of their own: "Nam: Nguyễn Văn An" on a form asks for no year.
_WORDS_TOO = {"nam": re.compile(r"[\d.]+"), "mat": re.compile(r"\w+")}


def narrow(name: str, value: str) -> Narrowed | None:
    """Return what `name:value` narrows to, None when no narrowing has this name.

    ValueError, with a sentence for the reader and no full stop, when the value is none.
    """
    spelt = canon(name)
    kind = _NAMES.get(spelt)
    if kind is None or (spelt in _WORDS_TOO and not _WORDS_TOO[spelt].fullmatch(value)):
        return None
    if not value:
        raise ValueError(f"Thiếu giá trị ngay sau {name}:")
    return kind(value)
