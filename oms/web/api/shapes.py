"""What goes in and out of an operation, as marshmallow schemas: one declaration checks, writes and documents.

``Asked`` is what a request brings: what is not named is refused, and no text holds what no file can keep.
``Told`` is an answer: every field stands in it always, and a name that is wrong is an error, never a gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

MOST = 2**31 - 1
FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Days and moments lie between these years: who looks a day further, or into another zone, meets no end of time."""
ID_PATTERN = "^[0-9a-zA-Z_.-]{1,64}$"


class Asked(Schema):
    """A request's body or query."""


class Told(Schema):
    """An answer's object; fields name where their value stands ("dossier.number")."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Every field is always there."""
        field_obj.required = True

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """A value by its dotted name; None where a part of the way is None; an error where the name is wrong."""
        for part in attr.split("."):
            if obj is None:
                return None
            obj = obj[part] if isinstance(obj, Mapping) else getattr(obj, part)
        return obj


# what a request brings


def _plain(text: str) -> None:
    if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text):
        raise ValidationError("Holds a character that no text can keep.")


def words(most: int, least: int = 0, *, optional: bool | None = None, about: str = "") -> fields.String:
    """Text of at most so many characters; "" where it may be left out (unless a least number is asked for)."""
    left_out = least == 0 if optional is None else optional
    more: dict[str, Any] = {"load_default": ""} if left_out else {"required": True}
    meta = {"pattern": "^[^\\u0000]*$"} | ({"description": about} if about else {})
    return fields.String(validate=[validate.Length(min=least, max=most), _plain], metadata=meta, **more)


def choice(*values: str, optional: bool = False, default: str = "", about: str = "") -> fields.String:
    """One of some words."""
    more: dict[str, Any] = {"load_default": default} if optional else {"required": True}
    meta = {"description": about} if about else {}
    return fields.String(validate=validate.OneOf(values), metadata=meta, **more)


def whole(least: int = 0, most: int = MOST, default: int | None = None, about: str = "") -> fields.Integer:
    """A whole number between bounds, required unless there is a default."""
    more: dict[str, Any] = {"required": True} if default is None else {"load_default": default}
    meta = {"description": about} if about else {}
    return fields.Integer(strict=True, validate=validate.Range(min=least, max=most), metadata=meta, **more)


def maybe_whole(least: int = 0, most: int = MOST, about: str = "") -> fields.Integer:
    """A whole number that may be left out (None)."""
    bounds = validate.Range(min=least, max=most)
    meta = {"description": about} if about else {}
    return fields.Integer(strict=True, validate=bounds, load_default=None, metadata=meta)


def yes(default: bool = False, about: str = "") -> fields.Boolean:
    """True or false, nothing else."""
    meta = {"description": about} if about else {}
    return fields.Boolean(truthy={True, "true"}, falsy={False, "false"}, load_default=default, metadata=meta)


def _in_our_time(value: date) -> None:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValidationError(f"Must be between the years {FIRST_YEAR} and {LAST_YEAR}.")


def moment() -> fields.AwareDateTime:
    """A moment with its zone; None where it is left out."""
    return fields.AwareDateTime(format="iso", load_default=None, validate=_in_our_time)


def day(*, optional: bool = True, about: str = "") -> fields.Date:
    """A day as 2026-11-30; None where it may be left out."""
    more: dict[str, Any] = {"load_default": None} if optional else {"required": True}
    meta = {"description": about} if about else {}
    return fields.Date(format="iso", validate=_in_our_time, metadata=meta, **more)


def reference(*, optional: bool = False, about: str = "") -> fields.String:
    """The id of something."""
    more: dict[str, Any] = {"load_default": ""} if optional else {"required": True}
    form = "^[0-9a-zA-Z_.-]{0,64}$" if optional else ID_PATTERN
    meta = {"description": about} if about else {}
    return fields.String(validate=validate.Regexp(form), metadata=meta, **more)


def many(inner: fields.Field[Any], most: int, least: int = 0) -> fields.List[Any]:
    """A list of at most so many."""
    more: dict[str, Any] = {"required": True} if least else {"load_default": list}
    return fields.List(inner, validate=validate.Length(min=least, max=most), **more)


class WordsAsked(Asked):
    """Words."""

    words = words(2000, 1)


class Paged(Asked):
    """Which page of a list: counted from 1, with so many lines."""

    page = whole(1, 10_000, 1)
    size = whole(1, 200, 50)


# what an answer tells


class _Text(fields.String):
    def _serialize(self, value: Any, attr: Any, obj: Any, **more: Any) -> Any:
        return None if value is None else str(value)


def text(at: str = "", *, maybe: bool = False, about: str = "") -> fields.String:
    """Text, code or id."""
    return _Text(attribute=at or None, allow_none=maybe, metadata={"description": about} if about else {})


def number(at: str = "", *, maybe: bool = False) -> fields.Integer:
    """A whole number."""
    return fields.Integer(attribute=at or None, allow_none=maybe)


def decimal(at: str = "", *, maybe: bool = False) -> fields.Float:
    """A number with a fraction."""
    return fields.Float(attribute=at or None, allow_none=maybe)


class _Flag(fields.Boolean):
    def _serialize(self, value: Any, attr: Any, obj: Any, **more: Any) -> Any:
        return bool(value)


def flag(at: str = "") -> fields.Boolean:
    """True or false: whether there is something."""
    return _Flag(attribute=at or None)


def on(at: str = "", *, maybe: bool = True) -> fields.Date:
    """A day."""
    return fields.Date(attribute=at or None, allow_none=maybe)


class _Moment(fields.DateTime):
    def _serialize(self, value: Any, attr: Any, obj: Any, **more: Any) -> Any:
        return None if value is None else value.isoformat(timespec="seconds")


def at(where: str = "", *, maybe: bool = False) -> fields.DateTime:
    """A moment, with its zone."""
    return _Moment(attribute=where or None, allow_none=maybe)


def made(of: Any, *, maybe: bool = False) -> fields.Field[Any]:
    """What a function makes of the object: a text."""
    return _Made(of, allow_none=maybe)


class _Made(fields.String):
    def __init__(self, of: Any, **more: Any) -> None:
        super().__init__(**more)
        self.of = of

    def serialize(self, attr: str, obj: Any, accessor: Any = None, **more: Any) -> Any:
        """The function's word for it."""
        value = self.of(obj)
        return None if value is None else str(value)


def one(shape: type[Told], at: str = "", *, maybe: bool = False) -> fields.Nested:
    """An object inside."""
    return fields.Nested(shape, attribute=at or None, allow_none=maybe)


def each(shape: type[Told], at: str = "") -> fields.List[Any]:
    """A list of objects inside."""
    return fields.List(fields.Nested(shape), attribute=at or None)


def texts(at: str = "") -> fields.List[Any]:
    """A list of texts."""
    return fields.List(_Text(), attribute=at or None)


def numbers(at: str = "") -> fields.List[Any]:
    """A list of whole numbers."""
    return fields.List(fields.Integer(), attribute=at or None)


def table(at: str = "") -> fields.Dict:
    """An object whose names are not fixed, of texts."""
    return fields.Dict(keys=fields.String(), values=_Text(allow_none=True), attribute=at or None)


def counts(at: str = "") -> fields.Dict:
    """An object whose names are not fixed, of whole numbers."""
    return fields.Dict(keys=fields.String(), values=fields.Integer(allow_none=True), attribute=at or None)


def of_row(name: str) -> fields.Field[Any]:
    """A text of the row behind a value; null where the value is masked: no more is told of it than that it is there."""
    return _Made(lambda shown: None if shown.masked else getattr(shown.row, name), allow_none=True)


class Receipt(Told):
    """What a change answers: the id of what it made or changed, and where to read it."""

    id = _Text()
    href = _Text()


class Fault(Told):
    """One thing that is wrong with a request."""

    field = _Text()
    text = _Text()


def plain(value: date | datetime | None) -> str:
    """A day or a moment as text; "" for none."""
    return value.isoformat() if value else ""
