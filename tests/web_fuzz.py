"""Hostile values in every field of every route of some desks: no answer fails, and what was refused wrote nothing.

Routes are taken from the application, fields from what each route asks for and from the forms of its pages: a new one
is taken up by itself. A request is what the person whose work it is would send, with one field exchanged. What a
request wrote is seen at the database; the journal, in which every look and refusal stands, and sessions are left out.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import quote

from factories import World
from flask import Flask
from flask.testing import FlaskClient
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import String, event, select
from web_fields import NO_IDS, WORKERS, Forms, Told, copied
from web_walk import ID_ROUTES, Walker
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from oms.domain.access import ROLE_ACTIONS
from oms.store.tables import Base
from oms.web import guard

BROKEN = "Tên\0việc"
SCRIPT = "<script>alert(1)</script>"
VALUES = (
    BROKEN, "", " \t\n", "\u202eđảo ngược\u2066", "0001-01-01", "01/01/0001", "9999-12-31", "31/12/9999", "9999-99-99",
    "31/02/2026", "00/00/0000", "-1", "0", "9" * 30, "1e9", "٣", "NaN", SCRIPT, "' OR 1=1 --", "../../etc/passwd",
    "f" * 32, "%", "{{7*7}}", "💣\ufeff\x0b", "[]", '{"a": ["\\u0000"]}', "true", "\r\nX: y",
)  # fmt: skip
HUGE = 1_000_000
IN_AN_ADDRESS = ("0" * 32, "%00", "%ED%A0%80", quote("\u202e"), quote("' --"), "a" * 2000, "-1", "9" * 30, "..", "%")
EACH = 4
"""Values a field gets, beside those that every field gets."""
OF_THE_LOOK = re.compile(r"journal|session|account_devices|sign_ins|throttle")
"""Tables that a look or a refusal writes."""
_WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)')
_LATER = re.compile(r"-(?:[2-9]|\d\d+)(?:-|$)")
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Sent:
    """One request as it is meant: where to, by whom, with which fields."""

    endpoint: str
    path: str
    post: bool
    form: dict[str, str]
    insider: str


@dataclass
class Fuzz:
    """The installation with everybody signed in, and what the database was told."""

    app: Flask
    world: World
    blueprints: tuple[str, ...]
    asked: int = 0
    wrote: int = 0
    faults: list[str] = field(default_factory=list)
    _told: list[str] = field(default_factory=list)
    _kept: list[str] = field(default_factory=list)
    SEED: ClassVar[int] = 8

    def __post_init__(self) -> None:
        self.app.request_class = type("Request", (self.app.request_class,), {"parameter_storage_class": Told})
        self.walker = Walker(self.app, self.world)
        self.luck = random.Random(self.SEED)
        engine = self.app.extensions["oms"].database.engine  # the application's own, not the world's
        rules = [each for each in self.app.url_map.iter_rules() if each.endpoint.partition(".")[0] in self.blueprints]
        self.rules = sorted(rules, key=lambda rule: (rule.endpoint, rule.rule))
        self._plain = [self._sent(rule) for rule in self.rules]
        for each in self._plain:
            self._client(each.insider)
        self._rows = sqlite.connect(":memory:")
        copied(engine, self._rows)
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._committed)
        event.listen(engine, "rollback", lambda _connection: self._told.clear())

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        found = _WRITES.match(statement)
        if found and not OF_THE_LOOK.search(found[1]):
            self._told.append(found[1])

    def _committed(self, _connection: Any) -> None:
        self._kept += self._told
        self._told.clear()

    def _again(self) -> None:
        """Everything as it was."""
        raw = self.world.house.database.engine.raw_connection()
        try:
            self._rows.backup(raw.driver_connection)
        finally:
            raw.close()
        self._kept.clear()

    def _client(self, username: str) -> FlaskClient:
        return self.walker.client(username)

    def _sent(self, rule: Rule) -> Sent:
        ids = NO_IDS | self.walker.ids_for(rule.endpoint)
        with self.app.test_request_context():
            built = rule.build({name: ids.get(name, "xlsx") for name in rule.arguments})
        assert built is not None, rule
        case = ID_ROUTES.get(rule.endpoint)
        if case is not None:
            return Sent(rule.endpoint, built[1], case.post, dict(case.form), case.insider)
        action = guard.declared_action(self.app, rule.endpoint)
        able = [name for name in WORKERS if action in ROLE_ACTIONS[self.world.who(name).role]]
        return Sent(rule.endpoint, built[1], "POST" in (rule.methods or ()), {}, able[0])

    def requests(self) -> list[Sent]:
        """Every request with what the forms of the pages would send."""
        forms: dict[str, dict[str, str]] = {}
        adapter = self.app.url_map.bind("")
        for sent in self._plain:
            if sent.post:
                continue
            answer, reader = self._client(sent.insider).get(sent.path), Forms()
            if answer.mimetype == "text/html":
                reader.feed(answer.get_data(as_text=True))
            for action, values in reader.found:
                try:
                    endpoint, _ids = adapter.match(action.partition("?")[0] or sent.path, method="POST")
                except HTTPException:
                    continue
                forms.setdefault(endpoint, {name: v for name, v in values.items() if name != "csrf_token"})
        unit = {"unit_id": str(self.world.units["D-BTC"])}
        return [
            Sent(each.endpoint, each.path, each.post, (unit if each.post else {}) | forms.get(each.endpoint, {})
                 | each.form, each.insider)
            for each in self._plain
        ]  # fmt: skip

    def ask(self, sent: Sent, more: dict[str, Any], said: str, path: str = "") -> int:
        """One request; what is wrong with its answer is kept among the faults."""
        self.asked += 1
        self._kept.clear()
        client, path = self._client(sent.insider), path or sent.path
        try:
            if sent.post:
                answer = client.post(path, data=sent.form | more)
            else:
                answer = client.get(path, query_string=sent.form | more)
        except Exception as problem:  # the application of a test lets it through: a 500
            self.faults.append(f"{said}: {type(problem).__name__} {str(problem)[:120]}")
            self._again()
            return 500
        status, page = answer.status_code, answer.get_data()
        if status >= 500 and status != 503:
            self.faults.append(f"{said}: {status}")
        if answer.mimetype == "text/html" and SCRIPT.encode() in page:
            self.faults.append(f"{said}: what was typed stands in the page as it is")
        if self._kept and (status >= 400 or not sent.post):
            self.faults.append(f"{said}: {status}, and yet written: {sorted(set(self._kept))}")
        if self._kept:
            self.wrote += 1
            self.faults += [f"{said}: kept {where}" for where in self.unfit()]
            self._again()
        return status

    def fields(self, sent: Sent) -> list[str]:
        """What a route asks for, and what its form has; of the lines of a form the first."""
        Told.read.clear()
        self.ask(sent, {}, f"{sent.endpoint} as it is")
        found = sorted((Told.read | set(sent.form)) - {"csrf_token"})
        return [name for name in found if not _LATER.search(name)]

    def everything(self, most: int = 0) -> None:
        """Every field of every request, and every place of every address; of each route at most so many, by lot."""
        for rule, sent in zip(self.rules, self.requests(), strict=True):
            wanted = [*self._in_fields(sent), *self._in_address(rule, sent)]
            for more, said, path in self.luck.sample(wanted, min(most or len(wanted), len(wanted))):
                self.ask(sent, more, f"{sent.endpoint} {said}", path)

    def _in_fields(self, sent: Sent) -> Iterator[tuple[dict[str, Any], str, str]]:
        for name in self.fields(sent):
            for value in [BROKEN, "", *self.luck.sample(VALUES[2:], EACH)]:
                yield {name: value}, f"{name}={value[:20]!r}", ""
            many = [self.luck.choice(VALUES[1:]), self.luck.choice(VALUES[1:])]
            yield {name: many}, f"{name}={many!r}", ""
            size = HUGE if sent.post else HUGE // 10
            yield {name: "x" * size}, f"{name} of {size} letters", ""
        if sent.post:
            file = b"PK\x03\x04\0\0 \xff no file"
            yield {"file": (BytesIO(file), "t\0ên\u202e.xlsx")}, "with a file that is none", ""

    def _in_address(self, rule: Rule, sent: Sent) -> Iterator[tuple[dict[str, Any], str, str]]:
        places = re.compile(re.sub(r"<(?:\w+:)?(\w+)>", r"(?P<\1>[^/]+)", rule.rule)).fullmatch(sent.path)
        assert places is not None, rule
        for name in sorted(rule.arguments):
            begin, end = places.span(name)
            for value in IN_AN_ADDRESS:
                path = sent.path[:begin] + value + sent.path[end:]
                yield {}, f"{name}={value[:20]} in the address", path

    def unfit(self) -> Iterator[str]:
        """Columns of what was written that hold a letter no page should show and no other database takes."""
        with self.world.house.database.engine.connect() as connection:
            for table in sorted(set(self._kept)):
                for column in Base.metadata.tables[table].columns:
                    if not isinstance(column.type, String):
                        continue
                    for value in connection.scalars(select(column)):
                        if isinstance(value, str) and UNFIT.search(value):
                            yield f"{table}.{column.name}"

    def close(self) -> None:
        """Lets go of the copy."""
        self._rows.close()
