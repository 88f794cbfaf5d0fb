"""One request of a program: what it sent is checked, its one service runs, and what it tells leaves after its row."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Response, jsonify, make_response, request, url_for
from marshmallow import Schema, ValidationError, fields
from werkzeug.exceptions import UnsupportedMediaType

from oms.domain.sent_text import broken_within, seen_within
from oms.errors import Conflict, InvalidInput, OmsError
from oms.services import record_taking, repeats, stated
from oms.services.house import UnitOfWork
from oms.services.repeats import Kept
from oms.web.api import door
from oms.web.api.operations import OPERATIONS, TAG, VERSION, Call, Made, Operation
from oms.web.api.problems import problem
from oms.web.api.shapes import Asked, Paged, Receipt
from oms.web.context import house, now, principal, request_number

MOST_BYTES = 1024 * 1024
"""The longest JSON body."""


_WHOLE = re.compile(r"-?[0-9]{1,12}")


class Changed(OmsError):
    """The resource is no longer what the program read."""

    status = 412


class Malformed(Exception):
    """The request is not what the document describes; ``faults`` says where."""

    def __init__(self, faults: list[dict[str, str]]) -> None:
        super().__init__("malformed")
        self.faults = faults


def view_of(here: Operation) -> Callable[..., Response]:
    """The route's function of an operation."""

    def view(**ids: str) -> Response:
        try:
            return _run(here, ids)
        except Malformed as wrong:
            return problem("malformed", faults=wrong.faults)
        except Changed:
            return problem("changed")

    view.__name__, view.__doc__ = here.name, here.summary
    view.action, view.step_up = here.action, False  # type: ignore[attr-defined]
    return view


def _run(here: Operation, ids: Mapping[str, Any]) -> Response:
    shape = here.query or (Paged if here.listed else Asked)
    query, body = _loaded(shape, _query(shape)), _body(here)
    waiting = _Waiting(here, ids, query, body)
    if here.file:
        with TemporaryDirectory(prefix="oms-upload-") as folder:
            waiting.file = Path(folder) / "received"
            waiting.digest = _saved(waiting.file)
            return _write(waiting)
    waiting.digest = hashlib.sha256(request.get_data()).hexdigest()
    return _write(waiting) if here.writes and not here.media else _read(waiting)


def _saved(path: Path) -> str:
    """Writes the body into a file, piece by piece; returns its SHA-256."""
    told = hashlib.sha256()
    with path.open("wb") as out:
        while piece := request.stream.read(1024 * 1024):
            told.update(piece)
            out.write(piece)
    return told.hexdigest()


class _Waiting:
    """A checked request before its transaction."""

    def __init__(self, here: Operation, ids: Mapping[str, Any], query: Mapping[str, Any], body: Any) -> None:
        self.here, self.ids, self.query, self.body = here, ids, query, body
        self.who, self.now = principal(), now()
        self.file: Path | None = None
        self.digest = ""

    def call(self, uow: UnitOfWork | None, version: int = -1) -> Call:
        """The call in a transaction; one that commits apart has none."""
        said = door.said() if self.here.purpose else None
        body = self.body if isinstance(self.body, Mapping) else {}
        return Call(uow, self.who, self.now, self.query, body, version, said, self.file)  # type: ignore[arg-type]

    def act(self, uow: UnitOfWork | None, version: int = -1) -> Any:
        """Runs the handler."""
        return self.here.handler(self.call(uow, version), **self.ids)


# what was sent


def _query(shape: type[Asked]) -> dict[str, Any]:
    """The address's parts, each once; whole numbers as such."""
    known, found = shape().fields, {}
    for name, values in request.args.lists():
        value: Any = values[0] if len(values) == 1 else values
        if isinstance(known.get(name), fields.Integer) and isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        found[name] = value
    return found


def _loaded(shape: type[Schema], sent: Any) -> Mapping[str, Any]:
    try:
        found = shape().load(sent)
    except ValidationError as wrong:
        raise Malformed(list(_faults(wrong.normalized_messages()))) from None
    return found if isinstance(found, Mapping) else {}


def _faults(messages: Any, place: str = "") -> list[dict[str, str]]:
    """marshmallow's messages by the dotted name of the field."""
    if isinstance(messages, Mapping):
        inner = (_faults(value, f"{place}.{name}".strip(".")) for name, value in messages.items())
        return [fault for found in inner for fault in found]
    return [{"field": place[:200], "text": str(text)[:200]} for text in messages][:20]


def _body(here: Operation) -> Any:
    if here.file:
        return {}
    request.max_content_length = MOST_BYTES
    data = request.get_data()
    if here.body is None:
        if data.strip():
            raise Malformed([{"field": "", "text": "This operation takes no body."}])
        return {}
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        sent = json.loads(data.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Malformed([{"field": "", "text": "The body is no JSON."}]) from None
    if broken_within(sent):
        raise Malformed([{"field": "", "text": "The body holds a character that cannot be kept."}])
    return _loaded(here.body, seen_within(sent))


def _no_number(_text: str) -> None:
    raise ValueError("no number of JSON")


# reading


def _read(waiting: _Waiting) -> Response:
    here = waiting.here
    if here.purpose:
        _open(waiting)
    if here.apart:
        return _told(here, waiting.act(None))
    refused: InvalidInput
    with (house().work if here.writes else house().read)(waiting.who, waiting.now) as uow:
        try:
            return _told(here, waiting.act(uow))
        except InvalidInput as problem_:
            if not here.keeps:
                raise
            refused = problem_
    raise refused


def _open(waiting: _Waiting) -> None:
    """Opens the dossier the request is about for what it says; its row is durable before anything is read."""
    with house().work(waiting.who, waiting.now) as uow:
        _open_in(uow, waiting)


def _open_in(uow: UnitOfWork, waiting: _Waiting) -> None:
    about, minutes = waiting.ids[waiting.here.purpose], house().settings.opening_minutes
    if waiting.here.purpose == "dossier_id":
        dossier_id = about
    elif waiting.here.purpose == "fact_id":
        dossier_id = record_taking.dossier_of(uow, waiting.who, about)
    else:
        dossier_id = stated.dossier_of(uow, waiting.who, about)
    stated.open_for(uow, waiting.who, dossier_id, door.said(), minutes, waiting.now)


def _told(here: Operation, found: Any) -> Response:
    if here.media:
        return make_response(found, {"Content-Type": here.media})
    body = _dumped(here, found)
    answer = jsonify(body)
    answer.headers["ETag"] = f'"{_tag(here, found, body)}"'
    answer.headers["OMS-Request"] = request_number()
    return answer


def _dumped(here: Operation, found: Any) -> Any:
    if here.answer is None:
        return {}
    if not here.listed:
        return here.answer().dump(found)
    query = {name: int(request.args.get(name, default)) for name, default in (("page", 1), ("size", 50))}
    return {"items": here.answer(many=True).dump(found.items), "total": found.total, **query}


def _tag(here: Operation, found: Any, body: Any) -> str:
    """The version where there is one, else a hash of all that is told."""
    if here.version:
        value = found
        for part in here.version.split("."):
            value = value[part] if isinstance(value, Mapping) else getattr(value, part)
        return str(value)
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


# changing


def _write(waiting: _Waiting) -> Response:
    here, key = waiting.here, request.headers.get(door.KEY, "")
    keyed = key if here.keyed else ""
    if here.apart:
        return _write_apart(waiting, keyed)
    refused: InvalidInput | None = None
    with house().work(waiting.who, waiting.now) as uow:
        kept = repeats.begin(uow, waiting.who, keyed, _hash(waiting), waiting.now) if keyed else None
        if kept is not None:
            return _again(kept)
        if here.purpose:
            _open_in(uow, waiting)
        try:
            answer, done = _effect(waiting, uow)
        except InvalidInput as problem_:
            if not here.keeps:
                raise
            refused = problem_
            repeats.forget(uow, waiting.who, keyed)
        else:
            if keyed:
                repeats.finish(uow, waiting.who, keyed, done)
    if refused is not None:
        raise refused
    return answer


def _effect(waiting: _Waiting, uow: UnitOfWork | None) -> tuple[Response, Kept]:
    """The one change, where the resource is still what the program read."""
    here = waiting.here
    if here.match == TAG:
        _compare(waiting, uow)
    try:
        result = waiting.act(uow, _asked_version() if here.match == VERSION else -1)
    except Conflict:
        if here.match:
            raise Changed from None
        raise
    status, location = _where(waiting, result)
    return _receipt(status, location), Kept(status, location)


def _compare(waiting: _Waiting, uow: UnitOfWork | None) -> None:
    """Reads the resource as its reader would, and compares; hidden or missing, this refuses first."""
    reader = OPERATIONS[waiting.here.of]
    ids = {name: waiting.ids[name] for name in reader.ids}
    call = Call(uow, waiting.who, waiting.now, {}, {}, -1, door.said())  # type: ignore[arg-type]
    found = reader.handler(call, **ids)
    if request.headers.get("If-Match", "").strip() != f'"{_tag(reader, found, _dumped(reader, found))}"':
        raise Changed


def _asked_version() -> int:
    """The version in If-Match; one that never was where it holds none."""
    said = request.headers.get("If-Match", "").strip().strip('"')
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else -1


def _where(waiting: _Waiting, result: Any) -> tuple[int, str]:
    """The status and the address of what a change made, or of what it changed."""
    here = waiting.here
    made = isinstance(result, Made)
    reader = OPERATIONS.get((here.leads or here.of) if made else here.of)
    if reader is None:
        return 204 if not made else 201, ""
    ids = {name: waiting.ids[name] for name in reader.ids if name in waiting.ids}
    if made and reader.ids:
        ids[reader.ids[-1]] = result.id
    return (201 if made else 200), url_for(reader.endpoint, **ids)


def _receipt(status: int, location: str) -> Response:
    if status == 204 or not location:
        return make_response(b"", 204)
    answer = jsonify(Receipt().dump({"id": location.rpartition("/")[2], "href": location}))
    answer.status_code = status
    answer.headers["Location"] = location
    answer.headers["OMS-Request"] = request_number()
    return answer


def _again(kept: Kept) -> Response:
    answer = _receipt(kept.status, kept.location)
    answer.headers["Idempotent-Replay"] = "true"
    return answer


def _write_apart(waiting: _Waiting, key: str) -> Response:
    """As above, for a service that commits on its own: the key is taken before, and given back when it failed."""
    kept = repeats.begin_apart(house(), waiting.who, key, _hash(waiting), waiting.now) if key else None
    if kept is not None:
        return _again(kept)
    done: Kept | None = None
    try:
        if waiting.here.purpose:
            _open(waiting)
        answer, done = _effect(waiting, None)
    finally:
        if key:
            repeats.end_apart(house(), waiting.who, key, done, waiting.now)
    return answer


def _hash(waiting: _Waiting) -> str:
    """What makes a request another one: its method, its address, what it asks for beside, its body."""
    beside = (request.headers.get("If-Match", ""), request.mimetype, waiting.digest)
    parts = "\n".join((request.method, request.full_path, *beside))
    return hashlib.sha256(parts.encode(errors="replace")).hexdigest()
