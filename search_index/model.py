"""What goes into the index, what is asked, what comes back, and the contract every engine keeps."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

Tier = Literal["exact", "folded", "near"]
Sort = Literal["rank", "newest", "oldest", "name"]
FACETS = ("type", "block", "unit", "year", "secrecy")
SORTS: tuple[Sort, ...] = ("rank", "newest", "oldest", "name")


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
    """The question cannot be answered as asked; `place` is where in it, when one place is to blame."""

    def __init__(self, message: str, message_vi: str, place: tuple[int, int] | None = None) -> None:
        super().__init__(message, message_vi)
        self.place = place


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
    dossier: str = ""
    """The file it lies in; "" when in none: then it stands for itself."""
    person: str = ""
    """Whom it is about, the same for one person's files in several blocks; "" when about nobody."""
    day: int = 0
    """Its date as YYYYMMDD with zeros for what is not known; 0 takes the year alone."""

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
            dossier=_string(item, "dossier"),
            person=_string(item, "person"),
            day=item.get("day", 0),
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
        if not _is_number(self.day) or not 0 <= self.day <= 9999_12_31:
            raise DocumentError("day must be a whole number like 20100531")
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
    """Ids of documents and of dossiers this reader may not see, whatever else holds."""

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
    """Narrowing beside the words. A filter that is None or empty does not narrow; years are inclusive.

    ``type`` and every one of ``units`` take what lies under them too (a unit and its predecessors are several
    units). ``linked``: the person has visible documents in more than one block (True) or in one only (False).
    ``missing``: types of which the document's dossier holds no visible document. ``only``: these documents alone.
    """

    type: str | None = None
    block: str | None = None
    unit: str | None = None
    units: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    secrecy: int | None = None
    linked: bool | None = None
    missing: tuple[str, ...] = ()
    only: frozenset[str] | None = None

    @classmethod
    def from_json(cls, raw: Any) -> "Filters":
        """Return the filters a JSON object states; QueryError for an unknown one or a wrong kind."""
        item = dict(_object(raw, QueryError))
        for key, value in item.items():
            if key not in cls.__dataclass_fields__:
                raise _bad_query(f"unknown filter: {key}")
            if value is not None and not _right_kind(key, value):
                raise _bad_query(f"filter {key} has the wrong kind of value")
        for key in ("units", "missing"):
            item[key] = tuple(item.get(key) or ())
        if item.get("only") is not None:
            item["only"] = frozenset(item["only"])
        return cls(**item)


def _right_kind(key: str, value: object) -> bool:
    if key in ("units", "missing", "only"):
        return isinstance(value, list) and all(isinstance(part, str) for part in value)
    if key == "linked":
        return isinstance(value, bool)
    return _is_number(value) if key in ("year_from", "year_to", "secrecy") else isinstance(value, str)


@dataclass(frozen=True)
class Query:
    """One question. `visible` has no default on purpose: a question without a reader is a mistake.

    ``grouped``: `top` and `offset` count persons, not documents, each with its best `each` documents.
    ``within_ms``: what is not finished by then is left out, and the answer says that it is partial.
    """

    q: str
    visible: Visible
    filters: Filters = field(default_factory=Filters)
    facets: tuple[str, ...] = ()
    top: int = 20
    offset: int = 0
    exact_accents: bool = False
    sort: Sort = "rank"
    grouped: bool = False
    each: int = 3
    within_ms: int = 2000
    snippets: bool = True
    """False leaves the hits without a piece of their text."""

    def __post_init__(self) -> None:
        if not isinstance(self.visible, Visible):
            raise _bad_query("visible is missing")
        unknown = [name for name in self.facets if name not in FACETS]
        if unknown:
            raise _bad_query(f"unknown facet: {unknown[0]}")
        if self.sort not in SORTS:
            raise _bad_query(f"unknown sort: {self.sort}")
        for name, most in (("top", 1000), ("offset", 1_000_000), ("each", 100), ("within_ms", 60_000)):
            if not _is_number(getattr(self, name)) or not 0 <= getattr(self, name) <= most:
                raise _bad_query(f"{name} must be from 0 to {most}")

    @classmethod
    def from_json(cls, raw: Any) -> "Query":
        """Return the question a JSON object asks; QueryError if `visible` is missing or a value is wrong."""
        item = _object(raw, QueryError)
        unknown = set(item) - {"id", *cls.__dataclass_fields__}
        if unknown:
            raise _bad_query(f"unknown key: {sorted(unknown)[0]}")
        if item.get("visible") is None:
            raise _bad_query("visible is missing")
        q, facets = item.get("q", ""), item.get("facets") or []
        if not isinstance(q, str):
            raise _bad_query("q must be a string")
        if not isinstance(facets, list) or not all(isinstance(name, str) for name in facets):
            raise _bad_query("facets must be a list of strings")
        for name in ("exact_accents", "grouped", "snippets"):
            if not isinstance(item.get(name, False), bool):
                raise _bad_query(f"{name} must be true or false")
        plain = ("top", "offset", "exact_accents", "sort", "grouped", "each", "within_ms", "snippets")
        return cls(
            q=q,
            visible=Visible.from_json(item["visible"]),
            filters=Filters.from_json(item.get("filters") or {}),
            facets=tuple(facets),
            **{name: item[name] for name in plain if name in item},
        )


@dataclass(frozen=True)
class Hit:
    """One found document: how well it matched, a piece of its text, and the matches' places in that piece."""

    id: str
    tier: Tier
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()
    person: str = ""
    """Its group in a grouped answer: the person, or the document itself when it is about nobody."""


@dataclass(frozen=True)
class Answer:
    """What the reader may know: everything in it was computed from visible documents alone.

    `count` is exact and counts every document that paging would reach; `near` says how many of them only
    come near; `complete` is False when a part of the index did not answer or time ran out. In a grouped answer
    `hits` stand person by person, `persons` counts the persons and `of_person` the documents of each one shown.
    """

    count: int
    complete: bool
    hits: tuple[Hit, ...]
    facets: Mapping[str, Mapping[str, int]]
    suggestions: tuple[str, ...]
    ms: float
    near: int = 0
    persons: int = 0
    of_person: Mapping[str, int] = field(default_factory=dict)


class Marks(NamedTuple):
    """What permission, filters, facets and order need of one document; the records, not the index, say it."""

    id: str
    unit: str
    secrecy: int
    compartment: str
    type: str
    block: str
    year: int | None
    dossier: str = ""
    person: str = ""
    day: int = 0

    @classmethod
    def of(cls, doc: Doc) -> "Marks":
        """Return the marks of a document."""
        return cls(*(getattr(doc, name) for name in cls._fields))


class Text(NamedTuple):
    """What snippets and phrases need of one document."""

    title: str
    names: tuple[str, ...]
    body: str


class Protection(NamedTuple):
    """What protects a dossier itself, whatever lies in it."""

    unit: str
    secrecy: int
    compartment: str


class Bearer(NamedTuple):
    """The names a person bears in one dossier, the main one first; dossier "" for documents that lie in none.

    Told dossier by dossier: a name that stands only in a dossier the reader may not see is nothing to be told of.
    """

    person: str
    dossier: str
    names: tuple[str, ...]
    protection: Protection | None = None
    """None where nothing is said of the dossier: then its documents alone decide who is told."""


@dataclass(frozen=True)
class Changes:
    """The documents whose marks or text changed after a position of the source, and the position now.

    ``ids`` is None when the source no longer knows what changed since: everything has to be read again. ``mark`` is
    what stands at the position: a source that was put back comes to the position again, not to the mark.
    """

    position: int
    ids: frozenset[str] | None
    mark: str = ""


@runtime_checkable
class Source(Protocol):
    """Where the documents live. The index holds their words alone; what decides who sees them is asked here.

    A document the source does not return (any more) is not found, whatever the index holds.
    """

    def changes(self, after: int, mark: str = "") -> Changes:
        """Return what changed after this position; cheap when nothing did: it is asked before every question.

        `mark` is what stood there when it was told; "" when that is not known.
        """

    def marks(self, ids: Collection[str] | None = None) -> Iterable[Marks]:
        """Return the marks of these documents, or of all."""

    def texts(self, ids: Collection[str]) -> Mapping[str, Text]:
        """Return the texts of these documents."""

    def bearers(self, persons: Collection[str] | None = None) -> Iterable[Bearer]:
        """Return the names as written of these persons, or of all, dossier by dossier."""


@dataclass(frozen=True)
class Completion:
    """A name that begins, or goes on, as typed, and how many visible persons bear it."""

    name: str
    persons: int


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

    def complete(self, typed: str, visible: Visible, top: int = 8) -> tuple[Completion, ...]:
        """Return names of persons with visible documents that go on as typed, marks or no marks."""

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
