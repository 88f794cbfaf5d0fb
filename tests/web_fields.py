"""Ids of hidden records in every field of every request: query strings, hidden inputs, choices, boxes, typed numbers.

A first walker makes an object behind every id and they are hidden (``web_sweep``); a second one makes the same anew,
which stays in sight. A request is what the person whose work it is would send about what they see: the form as the page
gives it. Then one field holds, in turn, the id of something hidden and one that never was, in the same state of the
installation: the answers must be the same bytes. Which fields a route reads is not listed but found out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, ClassVar

import consulting
import databases
import walk_duties
import walk_units
from factories import World
from flask import Flask
from flask.testing import FlaskClient
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Engine, update
from web_sweep import ACCOUNTS, ELSEWHERE, ID, KNOWS_ALREADY, OWN, Way, hide, tidy
from web_walk import AREAS, ID_ROUTES, MISSING, Walker
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from oms.domain.access import ROLE_ACTIONS
from oms.domain.consultations import State
from oms.store.consultation_tables import Consultation, Emergency
from oms.store.tables import Batch, Dossier
from oms.web import guard

NOT_RECORDS = ("account_id", "kin_id", "delegation_id", "org_unit_id", "unit_act_id", "list_code", "notice_id")
NOT_RECORDS += ("approval_id", "watch_id", "saved_id", "search_id", "removed_id", "mark")
"""Ids of what is no record: nothing hides them, and who holds the office, or saved the question, sees them."""
ONLY_BY_UNIT = ("contest_id", "supplement_id", "stocktake_id", "import_id", "run", "file", "scan")
IN_NO_DOSSIER = ("batch", "paper", "page", "transfer_id", "task", "task_id", "directive_id")
UNREACHED = {"area": ONLY_BY_UNIT, "level": ONLY_BY_UNIT, "kin": ONLY_BY_UNIT + IN_NO_DOSSIER}
"""Kinds that some ways of hiding do not reach: what has a unit alone, and what knows of no dossier."""
NAMED_MOSTLY = ("dossier", "filed", "paper", "number", "fact_id")
ANY_UNIT = ("consultations.ask", "consultations.form")
"""One asks whatever unit holds the papers; names of units are known to everybody."""
WORKERS = ("officer", "leader", "clerk", "reviewer", "security", "admin")
"""Who does a thing, the first whose role allows it, where the walk does not name somebody."""
EVERYBODY = (None, *ACCOUNTS, "reviewer2", "security2")
LEFT_OUT = ("static", "fonts.font", "auth.", "account.", "anchors.", "units.", "lists.", "admin.", "review.")
LEFT_OUT += ("review_desk.", "probes.", "procedures.", "tokens.", "api.")
"""Doors, one's own account, offices that know of no record; who reads the whole journal knows every number in it."""
CARRIED = (
    ("cases.index", "ho-so", "dossier"),
    ("cases.receive", "dossier", "number"),
    ("cases.receive", "dossier_id", "dossier"),
    ("cases.receive_form", "ho-so", "dossier"),
    ("changes.ask", "dossier_number", "number"),
    ("changes.describe", "decision_document_id", "filed"),
    ("changes.item_form", "thay", "fact_id"),
    ("changes.put_item", "document_id", "filed"),
    ("checks.report", "dot", "batch"),
    ("consultations.decide", "documents", "filed"),
    ("consultations.form", "ho_so", "dossier"),
    ("consultations.prepare", "documents", "filed"),
    ("consultations.prepare", "ho_so", "dossier"),
    ("consultations.prepare_page", "ho_so", "dossier"),
    ("consultations.prepare_page", "so", "number"),
    ("copies.export", "so-*", "filed"),
    ("directives.create", "paper", "filed"),
    ("directives.save", "paper", "filed"),
    ("emergencies.open_dossier", "named", "number"),
    ("keeping.lend", "documents", "filed"),
    ("keeping.place", "original-*", "filed"),
    ("links.accept_batch", "pair", "pair_id"),
    ("record.confirm", "chosen", "fact_id"),
    ("records.open", "task", "task"),
    ("scanning_desk.add_paper_file", "dossier", "number"),
    ("scanning_desk.assign_pages", "paper_file_id", "file"),
    ("scanning_desk.document", "ho_so", "dossier"),
    ("scanning_desk.file", "dossier_id", "dossier"),
    ("scanning_desk.queue", "dot", "batch"),
    ("search.search", "nguoi", "dossier"),
)
"""Fields in which an id, or a number, of a record means something: a share for every run."""
IN_THE_NAME = "1"
"""What a field holds whose name holds the id."""
SAYS_TAKEN = (("records.create", "number"), ("scanning_desk.new_cadre", "dossier_number"))
"""A unit gives each number once, so that registering one says when it is taken: docs/security.md tells of it."""
NAMED_BY_ID = {
    "cases.hand_over_all": ("to-", "v-"),
    "cases.papers": ("paper-",),
    "keeping.place": ("original-", "shelf-", "expires-"),
    "keeping.seal": ("pages-",),
    "copies.export": ("so-",),
}
"""Fields whose name holds the id of a paper."""


CASES = {
    "consultations.prepare_page": "asked",
    "consultations.prepare": "asked",
    "consultations.decide_page": "prepared",
    "consultations.decide": "prepared",
}
"""Where the walk's own consultation, which runs, is too far on."""
NO_IDS = {"name": "xlsx"}
"""What stands in an address and is the id of nothing: the kind of a file."""
WHY = "rà soát theo kế hoạch năm"
DAY = "02/11/2026"
FORMS: dict[str, dict[str, str]] = {
    "cases.index": {"xem": "mat"},
    "cases.receive": {"code": "thu_nghiem", "unit_id": "{unit}", "has-0": "1"},
    "changes.ask": {
        "dossier_number": "{number}",
        "kind": "extract",
        "number": "YC-9",
        "received_on": DAY,
        "words": WHY,
    },
    "changes.put_item": {"value.value": "0912000333", "source_words": WHY, "document_id": "{filed}"},
    "changes.open_supplement": {"title": WHY, "year": "2026", "opens_on": DAY, "closes_on": DAY, "items": "phone"},
    "consultations.ask": {
        "person": "Tô Thị Hiếu",
        "person_more": "sinh năm 1961",
        "papers": WHY,
        "purpose": "xac_minh",
        "reason": WHY,
        "place": "Phòng đọc",
        "first": DAY,
        "last": DAY,
        "unit_id": "{unit}",
    },
    "consultations.prepare": {"version": "1", "ho_so": "{dossier}", "documents": "{filed}"},
    "consultations.decide": {
        "version": "2",
        "decision": "approve",
        "documents": "{filed}",
        "first": DAY,
        "last": DAY,
        "place": "Phòng đọc",
    },
    "directives.create": {"number": "14-KL/TU", "title": WHY, "unit_id": "{unit}", "secrecy": "3"},
    "directives.save": {"unit_id": "{unit}"},
    "emergencies.open_dossier": {"named": "{number}", "reason": WHY, "unit_id": "{unit}"},
    "keeping.lend": {
        "scope": "papers",
        "documents": "{filed}",
        "borrower": "Người mượn",
        "purpose": WHY,
        "approved_by_name": "Thủ trưởng",
        "pages_out": "1",
        "due_on": "01/12/2026",
    },
    "keeping.stocktake_open": {"unit_id": "{unit}", "period": "2027-1"},
    "keeping.transfer_create": {"to_unit_id": "4", "reason": WHY},
    "records.create": {"full_name": "Lò Văn Ín", "number": "HS-0700", "unit_id": "{unit}", "secrecy": "0"},
    "records.open": {"task": ""},
    "scanning_desk.add_paper_file": {"dossier": "{number}", "expected_pages": "3"},
    "scanning_desk.change_paper_file": {"dossier": "{number}", "expected_pages": "3"},
    "scanning_desk.create_batch": {"title": WHY, "unit_id": "{unit}"},
    "scanning_desk.file": {"dossier_id": "{dossier}"},
    "secrecy.stub_enter": {"unit_id": "{unit}", "level": "1"},
    "tasks.create": {"number": "NV-9", "title": WHY, "unit_id": "{unit}"},
}
"""What is typed into forms that the page gives empty, so that the field with the id is come to."""


class Told(ImmutableMultiDict[str, str]):
    """What a request sends, remembering which fields were asked for."""

    read: ClassVar[set[str]] = set()

    def __getitem__(self, key: str) -> str:
        self.read.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.read.add(str(key))
        return super().__contains__(key)

    def get(self, key: str, *args: Any, **more: Any) -> Any:
        self.read.add(key)
        return super().get(key, *args, **more)

    def getlist(self, key: str, *args: Any, **more: Any) -> Any:
        self.read.add(key)
        return super().getlist(key, *args, **more)


class Forms(HTMLParser):
    """The forms of a page: where each goes and what it would send untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._name, self._select, self._area = "", "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.found.append((told.get("action", ""), {}))
        if not self.found:
            return
        values, name = self.found[-1][1], told.get("name", "")
        if tag == "input" and name and (told.get("type") not in ("checkbox", "radio") or "checked" in told):
            values.setdefault(name, told.get("value", ""))
        if tag == "select":
            self._select = name
        if tag == "option" and self._select and ("selected" in told or self._select not in values):
            values[self._select] = told.get("value", "")
        self._area = name if tag == "textarea" else self._area

    def handle_endtag(self, tag: str) -> None:
        self._select = "" if tag == "select" else self._select
        self._area = "" if tag == "textarea" else self._area

    def handle_data(self, data: str) -> None:
        if self._area and self.found:
            self.found[-1][1].setdefault(self._area, data)


@dataclass(frozen=True)
class Sent:
    """One request somebody would send about what they see."""

    endpoint: str
    path: str
    post: bool
    form: dict[str, str]
    insider: str


@dataclass(frozen=True)
class Put:
    """An id put into a field: of which kind, the hidden one, one of the same kind in sight, one that never was."""

    kind: str
    hidden: str
    seen: str
    never: str


@dataclass
class Fields:
    """The installation with everything twice, hidden and in sight, everybody signed in; each request starts there."""

    app: Flask
    world: World
    way: Way
    kept: Walker = field(init=False)
    puts: list[Put] = field(init=False)
    asked: int = 0
    _requests: list[Sent] = field(default_factory=list)
    _never: dict[tuple[str, str, str | None, str], tuple[int, str]] = field(default_factory=dict)
    _doors: dict[str | None, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app.request_class = type("Request", (self.app.request_class,), {"parameter_storage_class": Told})
        gone = Walker(self.app, self.world)
        hidden = _ids(gone)
        _shut_batches(self.world)
        hide(self.world, self.way)
        _end_what_was_lent(self.world)
        self.kept = Walker(self.app, self.world, after=gone)
        seen = _ids(self.kept)
        numbers = [self._number(walker) for walker in (gone, self.kept)]
        units = (str(ELSEWHERE), str(self.world.units["D-BTC"]), "999999")
        left = UNREACHED.get(self.way.name, ())
        self.puts = [Put(kind, hidden[kind], seen[kind], MISSING) for kind in sorted(hidden) if kind not in left]
        self.puts += [Put("number", numbers[0], numbers[1], "HS-0098"), Put("unit", *units)]
        cookie = self.app.config["SESSION_COOKIE_NAME"]
        for username in EVERYBODY:
            found = self.kept.client(username).get_cookie(cookie)
            self._doors[username] = (cookie, found.value if found else "")
        self._cases = {name: self._case(name) for name in ("asked", "prepared")}
        self._at: datetime = self.world.clock.at
        self._rows = sqlite.connect(":memory:")
        if databases.ON_SERVER:
            databases.copy(self.world.house.settings.home, Path())
        else:
            copied(self.world.house.database.engine, self._rows)

    def _number(self, walker: Walker) -> str:
        with self.world.work() as uow:
            return uow.session.get_one(Dossier, walker.dossier).number

    def _case(self, name: str) -> str:
        """A consultation of what is in sight that waits for the officer, or for the leader."""
        if name == "asked":
            return consulting.asked(self.world)
        return consulting.prepared(self.world, self.kept.dossier, self.kept.filed)

    def again(self) -> None:
        """Everything as it was."""
        self.world.clock.at = self._at
        if databases.ON_SERVER:
            databases.put_back(self.world.house.settings.home, Path(), again=True)
            return
        engine = self.world.house.database.engine
        raw = engine.raw_connection()
        try:
            self._rows.backup(raw.driver_connection)
        finally:
            raw.close()

    def client(self, username: str | None) -> FlaskClient:
        """The browser of somebody as it was when they had signed in."""
        client = self.kept.client(username)
        cookie, value = self._doors[username]
        client.set_cookie(cookie, value)
        return client

    def ask(self, sent: Sent, username: str | None, more: dict[str, str]) -> tuple[int, str]:
        """The answer to a request with some fields of it exchanged, from the state everything starts in."""
        self.again()
        self.asked += 1
        client = self.client(username)
        if sent.post:
            answer = client.post(sent.path, data=sent.form | more, query_string=more)
        else:
            answer = client.get(sent.path, query_string=sent.form | more)
        body = answer.get_data().decode(errors="replace") + str(answer.headers.get("Location", ""))
        for name, value in more.items():
            body = body.replace(name, "NAME") if value == IN_THE_NAME else body
            for shown in (value, value[:20]):  # as it was sent, and as a narrow field gives it back
                body = body.replace(shown, "ID") if len(shown) > 4 else body
        known = answer.mimetype in ("text/html", "application/json")
        return answer.status_code, ID.sub("ID", tidy(body)) if known else ""

    def requests(self, whole: bool = True) -> list[Sent]:
        """What each would send to every route about what is in sight; ``whole``: with what stands in pages' forms."""
        if self._requests:
            return self._requests
        rules = [rule for rule in self.app.url_map.iter_rules() if not rule.endpoint.startswith(LEFT_OUT)]
        plain = [self._sent(rule) for rule in sorted(rules, key=lambda rule: rule.endpoint)]
        forms: dict[str, dict[str, str]] = {}
        for sent in plain:
            if whole and not sent.post:
                forms |= {key: form for key, form in self._forms(sent).items() if key not in forms}
        filled = [replace(each, form=forms.get(each.endpoint, {}) | each.form) for each in plain]
        self._requests = filled if whole else []
        return filled

    def _sent(self, rule: Rule) -> Sent:
        ids = NO_IDS | self.kept.ids_for(rule.endpoint)
        if rule.endpoint in CASES:
            ids["consultation_id"] = self._cases[CASES[rule.endpoint]]
        form = {name: self._named(value) for name, value in FORMS.get(rule.endpoint, {}).items()}
        with self.app.test_request_context():
            built = rule.build({name: ids[name] for name in rule.arguments})
        assert built is not None, rule
        case = ID_ROUTES.get(rule.endpoint)
        if case is not None:
            without = {} if rule.endpoint in CASES else case.form
            return Sent(rule.endpoint, built[1], case.post, without | form, case.insider)
        action = guard.declared_action(self.app, rule.endpoint)
        able = [name for name in WORKERS if action in ROLE_ACTIONS[self.world.who(name).role]]
        return Sent(rule.endpoint, built[1], "POST" in (rule.methods or ()), form, able[0])

    def _named(self, value: str) -> str:
        """A value of ``FORMS``, where "{dossier}" and the like stand for what is in sight."""
        by_name = {put.kind: put.seen for put in self.puts}
        return value.format(**by_name) if "{" in value else value

    def _forms(self, sent: Sent) -> dict[str, dict[str, str]]:
        """What the forms of a page would send, by the route they go to."""
        self.again()
        answer = self.client(sent.insider).get(sent.path)
        reader, found = Forms(), {}
        if answer.mimetype == "text/html":
            reader.feed(answer.get_data(as_text=True))
        adapter = self.app.url_map.bind("")
        for action, values in reader.found:
            try:
                endpoint, _ids = adapter.match(action.partition("?")[0] or sent.path, method="POST")
            except HTTPException:
                continue
            found[endpoint] = {name: value for name, value in values.items() if name != "csrf_token"}
        return found

    def read_by(self, sent: Sent) -> list[str]:
        """The fields a route asks for, and those whose name holds an id, as "prefix-*"."""
        Told.read.clear()
        self.ask(sent, sent.insider, {})
        Told.read.discard("csrf_token")
        return sorted(Told.read) + [f"{prefix}*" for prefix in NAMED_BY_ID.get(sent.endpoint, ())]

    def faults(self, sent: Sent, name: str, username: str | None, puts: Sequence[Put] = ()) -> Iterator[str]:
        """What is wrong with the answers to hidden ids in one field."""
        if (username == KNOWS_ALREADY and sent.endpoint.startswith(OWN)) or (sent.endpoint, name) in SAYS_TAKEN:
            return
        for put in puts or self.puts:
            missing, answer = self.never(sent, name, username, put), self.ask(sent, username, _field(name, put.hidden))
            if put.kind == "unit":  # of a unit the name is known, but nobody works in one that is not theirs
                wrong = sent.endpoint not in ANY_UNIT and answer[0] < 400 <= missing[0]
            else:
                wrong = answer != missing
            if wrong:
                pairs = zip(answer[1].splitlines(), missing[1].splitlines(), strict=False)
                first = next((pair for pair in pairs if pair[0] != pair[1]), ("", ""))
                status = f"{answer[0]} for hidden, {missing[0]} for missing"
                yield f"{sent.endpoint} {name}={put.kind} as {username}: {status}: {first}"

    def comes_to(self, sent: Sent, name: str, put: Put) -> bool:
        """Whether an id means something in a field: one in sight is answered in another way than one that never was."""
        return self.ask(sent, sent.insider, _field(name, put.seen)) != self.never(sent, name, sent.insider, put)

    def never(self, sent: Sent, name: str, username: str | None, put: Put) -> tuple[int, str]:
        """The answer to an id that never was in a field: asked once, as every request starts from the same state."""
        key = (sent.endpoint, name, username, put.never)
        if key not in self._never:
            self._never[key] = self.ask(sent, username, _field(name, put.never))
        return self._never[key]

    def put(self, kind: str) -> Put:
        """The ids of one kind."""
        return next(put for put in self.puts if put.kind == kind)

    def everything(self) -> Iterator[list[str]]:
        """The faults of every field a route reads, with an id of every kind, as the person whose work it is.

        The kinds that forms mostly name come first, so that a run cut short has been everywhere with these.
        """
        read = [(sent, name) for sent in self.requests() for name in self.read_by(sent)]
        first = [put for put in self.puts if put.kind in NAMED_MOSTLY]
        for puts in (first, [put for put in self.puts if put not in first]):
            for sent, name in read:
                yield list(self.faults(sent, name, sent.insider, puts))

    def as_everybody(self) -> Iterator[list[str]]:
        """The faults of the fields in which an id means something, as everybody."""
        sent = {each.endpoint: each for each in self.requests()}
        kinds = {put.kind for put in self.puts}
        for endpoint, name, kind in (each for each in CARRIED if each[2] in kinds):
            for username in EVERYBODY:
                yield list(self.faults(sent[endpoint], name, username, [self.put(kind)]))

    def close(self) -> None:
        """Lets go of the copy."""
        self._rows.close()


def _field(name: str, value: str) -> dict[str, str]:
    return {name.removesuffix("*") + value: IN_THE_NAME} if name.endswith("*") else {name: value}


def _ids(walker: Walker) -> dict[str, str]:
    """Every id a walker made, by what it is of."""
    areas = [number for number, area in enumerate(AREAS) if area not in (walk_units, walk_duties)]
    made = {name: value for number in areas for name, value in walker._made_by(number).items()}
    made |= {"batch": walker.batch, "scan": walker.scan, "paper": walker.waiting, "filed": walker.filed}
    made |= {"page": walker.desk_page, "filed_page": walker.filed_page, "dossier": walker.dossier}
    made |= {"task": walker.task, "check": walker.check, "file": walker.paper_file, "run": walker.run}
    return {name: value for name, value in made.items() if name not in NOT_RECORDS and re.fullmatch(r"\w{32}", value)}


def _shut_batches(world: World) -> None:
    """What comes in later comes in batches of its own."""
    with world.work() as uow:
        for batch in uow.session.query(Batch):
            batch.title = "Đợt đầu"


def _end_what_was_lent(world: World) -> None:
    """Who opened an emergency, or was lent papers, knows of them as long as that lasts."""
    with world.work() as uow:
        uow.session.execute(update(Emergency).values(closed_at=world.clock()))
        uow.session.execute(update(Consultation).values(state=State.REVOKED))


def copied(engine: Engine, into: Any) -> None:
    raw = engine.raw_connection()
    try:
        raw.driver_connection.backup(into)
    finally:
        raw.close()
