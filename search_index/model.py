"""What goes into the index, what is asked, what comes back, and the contract every engine keeps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

Tier = Literal["exact", "folded", "near"]
FACETS = ("type", "block", "unit", "year")


class SearchError(Exception):
    """Root of this library's errors; `message_vi` is safe to show.

    SearchError
    ├── QueryError         the question cannot be answered as asked
    ├── DocumentError      a document cannot be taken in
    ├── IndexFormatError   the files are not an index this version reads: rebuild
    └── IndexBusyError     another writer holds the index
    """

    def __init__(self, message: str, message_vi: str) -> None:
        super().__init__(message)
        self.message_vi = message_vi


class QueryError(SearchError):
    """The question cannot be answered as asked."""


class DocumentError(SearchError):
    """A document cannot be taken in; nothing of it was indexed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "Tài liệu không đúng dạng để lập chỉ mục.")


class IndexFormatError(SearchError):
    """The directory holds no index that this version reads; rebuild it from the records."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "Chỉ mục tìm kiếm không đọc được, cần lập lại từ kho hồ sơ.")


class IndexBusyError(SearchError):
    """Another writer held the index for longer than this one was told to wait."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "Chỉ mục tìm kiếm đang được cập nhật, vui lòng thử lại.")


def covers(prefix: str, unit: str) -> bool:
    """Return whether `unit` is `prefix` or lies under it: "17" covers "17/22/3", not "170"; "" covers all."""
    return prefix == "" or unit == prefix or unit.startswith(prefix + "/")


@dataclass(frozen=True)
class Doc:
    """One document as it is searched; `unit` is a path like "17/22/3", `secrecy` 0 means not secret."""

    id: str
    title: str
    body: str
    names: tuple[str, ...]
    block: str
    unit: str
    secrecy: int
    compartment: str
    type: str
    year: int | None

    @classmethod
    def from_json(cls, raw: Any) -> "Doc":
        """Return the document a JSON object describes; DocumentError names what is wrong.

        What decides who may see it (`unit`, `secrecy`, `compartment`) has no default: a document whose
        protection is not stated is refused, not shown to everybody.
        """
        item = _object(raw, DocumentError)
        for key in ("id", "unit", "secrecy", "compartment"):
            if key not in item:
                raise DocumentError(f"{key} is missing")
        names = item.get("names") or []
        if not isinstance(names, list):
            raise DocumentError("names must be a list of strings")
        doc = cls(
            id=_string(item, "id"),
            title=_string(item, "title"),
            body=_string(item, "body"),
            names=tuple(_string({"names": name}, "names") for name in names),
            block=_string(item, "block"),
            unit=_string(item, "unit"),
            secrecy=item["secrecy"],
            compartment=_string(item, "compartment"),
            type=_string(item, "type"),
            year=item.get("year"),
        )
        doc.check()
        return doc

    def check(self) -> None:
        """Raise DocumentError unless the values are of the right kind and the unit is a clean path."""
        if not self.id:
            raise DocumentError("id is empty")
        if not _is_number(self.secrecy) or self.secrecy < 0:
            raise DocumentError("secrecy must be a whole number from 0")
        if self.year is not None and (not _is_number(self.year) or not 0 <= self.year <= 9999):
            raise DocumentError("year must be a whole number from 0 to 9999 or null")
        if self.unit and not all(self.unit.split("/")):
            raise DocumentError("unit must be a path like 17/22/3")


@dataclass(frozen=True)
class Visible:
    """What the reader may see: subtrees of units, the highest secrecy, the compartments held.

    No units means nothing at all; the root is the unit "".
    """

    units: tuple[str, ...] = ()
    secrecy: int = 0
    compartments: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    """Ids of documents this reader may not see, whatever else holds."""

    @classmethod
    def from_json(cls, raw: Any) -> "Visible":
        """Return the permission a JSON object states; `{}` sees nothing; QueryError if it states none."""
        item = _object(raw, QueryError)
        units, secrecy = item.get("units", []), item.get("secrecy", 0)
        held, without = item.get("compartments", []), item.get("without", [])
        unknown = set(item) - {"units", "secrecy", "compartments", "without"}
        if unknown:
            raise _bad_query(f"unknown key in visible: {sorted(unknown)[0]}")
        for name, value in (("units", units), ("compartments", held), ("without", without)):
            if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
                raise _bad_query(f"visible.{name} must be a list of strings")
        if not _is_number(secrecy):
            raise _bad_query("visible.secrecy must be a whole number")
        return cls(tuple(units), secrecy, frozenset(held), frozenset(without))

    def covers_unit(self, unit: str) -> bool:
        """Return whether a document of this unit lies in one of the subtrees."""
        return any(covers(prefix, unit) for prefix in self.units)

    def allows(self, unit: str, secrecy: int, compartment: str) -> bool:
        """Return whether a document with these three marks may be seen: the rule in one line."""
        return (
            self.covers_unit(unit)
            and secrecy <= self.secrecy
            and (compartment == "" or compartment in self.compartments)
        )


@dataclass(frozen=True)
class Filters:
    """Narrowing beside the words; `type` and `unit` take what lies under them too; years inclusive."""

    type: str | None = None
    block: str | None = None
    unit: str | None = None
    year_from: int | None = None
    year_to: int | None = None

    @classmethod
    def from_json(cls, raw: Any) -> "Filters":
        """Return the filters a JSON object states; QueryError for an unknown one or a wrong kind."""
        item = _object(raw, QueryError)
        for key, value in item.items():
            if key not in cls.__dataclass_fields__:
                raise _bad_query(f"unknown filter: {key}")
            right = _is_number(value) if key.startswith("year") else isinstance(value, str)
            if value is not None and not right:
                raise _bad_query(f"filter {key} has the wrong kind of value")
        return cls(**item)


@dataclass(frozen=True)
class Query:
    """One question. `visible` has no default on purpose: a question without a reader is a mistake."""

    q: str
    visible: Visible
    filters: Filters = field(default_factory=Filters)
    facets: tuple[str, ...] = ()
    top: int = 20
    offset: int = 0
    exact_accents: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.visible, Visible):
            raise _bad_query("visible is missing")
        unknown = [name for name in self.facets if name not in FACETS]
        if unknown:
            raise _bad_query(f"unknown facet: {unknown[0]}")
        if not _is_number(self.top) or not 0 <= self.top <= 1000:
            raise _bad_query("top must be from 0 to 1000")
        if not _is_number(self.offset) or not 0 <= self.offset <= 1_000_000:
            raise _bad_query("offset must be from 0 to 1000000")

    @classmethod
    def from_json(cls, raw: Any) -> "Query":
        """Return the question a JSON object asks; QueryError if `visible` is missing or a value is wrong."""
        item = _object(raw, QueryError)
        unknown = set(item) - {"id", *cls.__dataclass_fields__}
        if unknown:
            raise _bad_query(f"unknown key: {sorted(unknown)[0]}")
        if item.get("visible") is None:
            raise _bad_query("visible is missing")
        q, facets, exact = item.get("q", ""), item.get("facets") or [], item.get("exact_accents", False)
        if not isinstance(q, str):
            raise _bad_query("q must be a string")
        if not isinstance(facets, list) or not all(isinstance(name, str) for name in facets):
            raise _bad_query("facets must be a list of strings")
        if not isinstance(exact, bool):
            raise _bad_query("exact_accents must be true or false")
        return cls(
            q=q,
            visible=Visible.from_json(item["visible"]),
            filters=Filters.from_json(item.get("filters") or {}),
            facets=tuple(facets),
            top=item.get("top", 20),
            offset=item.get("offset", 0),
            exact_accents=exact,
        )


@dataclass(frozen=True)
class Hit:
    """One found document: how well it matched, a piece of its text, and the matches' places in that piece."""

    id: str
    tier: Tier
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What the reader may know: everything in it was computed from visible documents alone.

    `count` is exact and counts every document that paging would reach; `near` says how many of them only
    come near; `complete` is False when a part of the index did not answer.
    """

    count: int
    complete: bool
    hits: tuple[Hit, ...]
    facets: Mapping[str, Mapping[str, int]]
    suggestions: tuple[str, ...]
    ms: float
    near: int = 0


@runtime_checkable
class Engine(Protocol):
    """The contract; the same tests run on every engine."""

    def add(self, docs: Iterable[Doc]) -> int:
        """Index the documents in one commit, replacing those with the same id; return how many."""

    def replace_all(self, docs: Iterable[Doc]) -> int:
        """Make the index hold exactly these documents, in one commit; return how many."""

    def delete(self, ids: Iterable[str]) -> int:
        """Forget these documents in one commit; return how many were there."""

    def query(self, query: Query) -> Answer:
        """Answer within what the reader may see; QueryError if the question cannot be read."""

    def doc_count(self) -> int:
        """Return how many documents the index holds, seen by nobody in particular."""

    def clear(self) -> None:
        """Forget every document."""


def _bad_query(message: str) -> QueryError:
    return QueryError(message, "Yêu cầu tìm kiếm không hợp lệ.")


def _object(raw: Any, error: type[QueryError] | type[DocumentError]) -> dict[str, Any]:
    if isinstance(raw, dict):
        return raw
    raise _bad_query("not a JSON object") if error is QueryError else DocumentError("not a JSON object")


def _string(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    if value is None and key not in ("id", "unit", "compartment", "names"):
        return ""
    if not isinstance(value, str):
        raise DocumentError(f"{key} must be a string")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise DocumentError(f"{key} holds half a character (a lone surrogate)") from None
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
