"""The table of operations: each is declared once, with its action, its scope, what it asks and what it tells.

The routes, the guard's questions, the checks of a request, the answer and the OpenAPI document are all made from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from oms.domain.access import Action, Principal
from oms.domain.api_scopes import AREAS, scope
from oms.services.house import UnitOfWork
from oms.services.stated import Said
from oms.web.api.shapes import Asked, Told

Handler = Callable[..., Any]
VERSION, TAG = "version", "tag"


@dataclass(frozen=True)
class Operation:
    """One operation.

    ``answer``: the shape of what it tells; with ``listed`` a page of such. ``media``: it tells bytes of this type (a
    POST that does is a file made for what its body says: it has no key, each time is a row and a file of its own).
    ``body``, ``query``: what it asks. ``match``: If-Match is asked for and is the version the service is given, or the
    tag of what ``of`` (a reading operation) would tell now. ``version``: where the version stands in what is told.
    ``purpose``: the name of the id whose dossier is opened for what the request says. ``proof``: a code of the owner's
    phone is asked for. ``apart``: the service commits on its own. ``keeps``: what was written stands even when the
    input was refused. ``leads``: the operation that reads what was made. ``file``: the body is a file.
    """

    name: str
    method: str
    path: str
    action: Action
    area: str
    handler: Handler
    summary: str
    answer: type[Told] | None = None
    listed: bool = False
    media: str = ""
    body: type[Asked] | None = None
    query: type[Asked] | None = None
    match: str = ""
    of: str = ""
    version: str = ""
    purpose: str = ""
    proof: bool = False
    apart: bool = False
    keeps: bool = False
    leads: str = ""
    file: bool = False

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"

    @property
    def keyed(self) -> bool:
        """Whether it asks for a key, under which it has one effect."""
        return self.method == "POST" and not self.media

    @property
    def scope(self) -> str:
        """What a token must hold."""
        return scope(self.area, self.writes)

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of the ids in its path, in order."""
        return tuple(re.findall(r"(\w+)>", self.path))

    @property
    def endpoint(self) -> str:
        """Its name among the routes."""
        return f"api.{self.name}"


@dataclass(frozen=True)
class Call:
    """A request under way: the transaction, who comes, when, and what was sent, checked."""

    uow: UnitOfWork
    who: Principal
    now: datetime
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    version: int = -1
    said: Said | None = None
    file: Path | None = None

    @property
    def size(self) -> int:
        """Lines of the page asked for."""
        return int(self.query["size"])

    @property
    def offset(self) -> int:
        """Lines before the page asked for."""
        return (int(self.query["page"]) - 1) * self.size


@dataclass(frozen=True)
class Listed:
    """A page of a list and how many lines there are in all."""

    items: Sequence[Any]
    total: int


@dataclass(frozen=True)
class Made:
    """What a change made: its id, for the operation that reads it."""

    id: str


OPERATIONS: dict[str, Operation] = {}


def operation(method: str, path: str, action: Action, area: str, **more: Any) -> Callable[[Handler], Handler]:
    """Declares the function below as an operation; its first docstring line is the summary in the document."""

    def declare(handler: Handler) -> Handler:
        name = handler.__name__
        assert name not in OPERATIONS and area in AREAS, name  # noqa: S101 - a mistake of ours, found at import
        summary = (handler.__doc__ or "").strip().splitlines()[0]
        OPERATIONS[name] = Operation(name, method, path, action, area, handler, summary, **more)
        return handler

    return declare


def reads(path: str, action: Action, area: str, answer: type[Told] | None = None, **more: Any) -> Any:
    """A GET."""
    return operation("GET", path, action, area, answer=answer, **more)


def posts(path: str, action: Action, area: str, body: type[Asked] | None = None, **more: Any) -> Any:
    """A POST."""
    return operation("POST", path, action, area, body=body, **more)
