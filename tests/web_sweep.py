"""Hidden twins of everything: real ids that nobody may know of, to be asked for by everybody in every place an id goes.

A first walker makes an object behind every id; then its records are moved out of everybody's reach in one of four ways
(another province, a restricted area nobody enters, a level above all, a relative's file). Whatever is asked of such an
id must be answered exactly as an id that never was.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import databases
from factories import World
from flask import Flask
from sqlalchemy import Connection, Table, insert, text, update
from sqlalchemy.orm import Session
from web_walk import ID_ROUTES, TYPED_IDS, Walker, _without_noise
from werkzeug.routing import Rule

from oms.store.access_tables import AccountKin
from oms.store.tables import Account, Base, Cadre, Unit

ACCOUNTS = (
    "clerk",
    "clerk2",
    "clerk.low",
    "clerk.gov",
    "officer",
    "officer2",
    "officer.gov",
    "leader",
    "leader.low",
    "leader.xa",
    "reviewer",
    "security",
    "admin",
)
NOT_RECORDS = ("account_id", "unit_id", "code", "row_id", "other_id", "key_id", "session_id", "passkey_id", "name")
NOT_RECORDS += ("kin_id", "delegation_id", "procedure_code", "proposal_id")
"""Ids of what is no record: accounts, units, lists, kin and what was lent, seen by who holds the office or lent it."""
ONLY_BY_UNIT = (
    "contest_id",
    "supplement_id",
    "stocktake_id",
    "import_id",
    "run_id",
    "list_id",
    "saved_id",
    "saved_list_id",
)
"""Ids of what has a unit and neither level nor dossier: other ways of hiding do not reach it."""
KNOWS_ALREADY = "officer.gov"
OWN = ("consultations.", "emergencies.", "records.", "record.compare")
"""Who asked for the walk's consultation and opened its emergency sees these, and the dossier opened, in any case."""
ID = re.compile(r"\b[0-9a-f]{32}\b")
ELSEWHERE = 900_001
LEFT_ALONE = (
    "accounts",
    "account_scopes",
    "account_compartments",
    "units",
    "unit_successions",
    "journal",
    "classifications",
)


@dataclass(frozen=True)
class Way:
    """One way of putting a record out of reach."""

    name: str
    columns: dict[str, object]


WAYS = (
    Way("unit", {"unit_id": ELSEWHERE, "from_unit_id": ELSEWHERE, "to_unit_id": ELSEWHERE}),
    Way("area", {"compartment": "kiem_tra"}),
    Way("level", {"secrecy": 3}),
    Way("kin", {}),
)


def another_province(world: World) -> None:
    """A unit nobody's scope covers, once a world; names of units are known to everybody."""
    away = {"id": ELSEWHERE, "code": "X", "name": "Tỉnh khác", "path": str(ELSEWHERE)}
    with world.work() as uow:
        if uow.session.get(Unit, ELSEWHERE) is None:
            uow.session.execute(insert(Unit), [away | {"block": "party", "level": "tinh"}])


def hide(world: World, way: Way) -> None:
    """Puts every record there is now out of everybody's reach."""
    another_province(world)
    if way.name == "kin":
        with world.work() as uow:
            _everybodys_relative(uow.session, world.clock())
    with unguarded(world) as connection:
        if way.name == "level":  # nobody's clearance reaches it any more
            accounts: Table = Base.metadata.tables["accounts"]
            connection.execute(update(accounts).where(accounts.c.clearance > 2).values(clearance=2))
        for table in Base.metadata.sorted_tables:
            values = {name: value for name, value in way.columns.items() if name in table.columns}
            if values and table.name not in LEFT_ALONE:
                connection.execute(update(table).values(values))


ON_SQLITE = (
    "select name, '' from sqlite_master where type = 'trigger'"
    " and (sql like '%can only be added to%' or sql like '%falls only by%')"
)
ON_POSTGRES = (
    "select tgname, ' on ' || tgrelid::regclass from pg_trigger where not tgisinternal and tgparentid = 0"
    " and tgrelid::regclass::text !~ '^(journal|checkpoints|oms_months[.].*)$'"  # kept as they are, whoever asks
    " and (pg_get_triggerdef(oid) like '%can only be added to%' or pg_get_triggerdef(oid) like '%falls only by%')"
)


@contextmanager
def unguarded(world: World) -> Iterator[Connection]:
    """A world's database without the guards of tables that are only added to: hiding is no act of the program."""
    if databases.ON_SERVER:
        with databases.administrator(world.house.settings.home) as connection:
            yield _without_guards(connection, ON_POSTGRES)
        return
    with world.work() as uow:
        yield _without_guards(uow.session.connection(), ON_SQLITE)


def _without_guards(connection: Connection, named: str) -> Connection:
    for name, of_table in connection.execute(text(named)).all():
        connection.exec_driver_sql(f"drop trigger {name}{of_table}")
    return connection


def _everybodys_relative(session: Session, now: datetime) -> None:
    cadres, accounts = list(session.query(Cadre)), list(session.query(Account))
    for cadre in cadres:
        cadre.birth_date = cadre.birth_date or "1970-01-01"
    for account, cadre in itertools.product(accounts, cadres):
        told = {"folded_name": cadre.folded_name, "birth_date": cadre.birth_date, "relation": "vo_chong"}
        session.add(AccountKin(account_id=account.id, entered_by=account.id, entered_at=now, **told))
    session.flush()


OF_AN_OFFICE = (
    "units.",
    "lists.",
    "criteria.",
    "saved_searches.",
    "emergency_reviews.",
    "review_desk.",
    "approvals.",
    "notices.",
    "exchange.revoke",
    "exchange.address",
    "exchange.direct",
)
"""Desks of an office, its partners, and one's own notices: the walk's review and its grant are about no record."""


def rules(app: Flask) -> list[Rule]:
    """Every route that takes an id of a record."""
    found = [rule for rule in app.url_map.iter_rules() if rule.endpoint in ID_ROUTES]
    return [
        rule for rule in found if not rule.arguments & set(NOT_RECORDS) and not rule.endpoint.startswith(OF_AN_OFFICE)
    ]


def reached(rule: Rule, way: Way) -> bool:
    """Whether a way of hiding reaches every object this route is about."""
    if way.name == "unit":
        return True
    if rule.arguments & set(ONLY_BY_UNIT):
        return False
    in_no_dossier = ("batch_id", "scan_id", "file_id", "transfer_id", "task_id", "directive_id")
    at_desk = rule.endpoint.startswith(("scanning_desk.", "scanner."))
    return way.name != "kin" or not (at_desk or rule.arguments & set(in_no_dossier))


@dataclass(frozen=True)
class Asked:
    """One request and its twin with an id that never was: who asked, where, and both answers."""

    username: str | None
    endpoint: str
    hidden: tuple[int, str]
    missing: tuple[int, str]
    outcome: str

    @property
    def fault(self) -> str:
        """What is wrong with the answer to the hidden id; "" when nothing is."""
        where = f"{self.endpoint} as {self.username}"
        if self.username == KNOWS_ALREADY and self.endpoint.startswith(OWN):
            return ""
        if (self.hidden[0], ID.sub("ID", self.hidden[1])) != (self.missing[0], ID.sub("ID", self.missing[1])):
            pairs = zip(self.hidden[1].splitlines(), self.missing[1].splitlines(), strict=False)
            first = next((pair for pair in pairs if pair[0] != pair[1]), ("", ""))
            return f"{where}: {self.hidden[0]} for hidden, {self.missing[0]} for missing: {first}"
        if self.username is not None and (self.hidden[0] != 404 or self.outcome != "refused"):
            return f"{where}: {self.hidden[0]}, last row {self.outcome}"
        return ""


def sweep(walker: Walker, way: Way, who: tuple[str | None, ...], each: int = 0, stride: int = 1) -> Iterator[Asked]:
    """Asks for every hidden object as everybody; with ``each``, as so many of them by turns, at each n-th address."""
    hidden = {rule.endpoint: walker.ids_for(rule.endpoint) for rule in rules(walker.app) if reached(rule, way)}
    hide(walker.world, way)
    turn = itertools.cycle(who)
    for endpoint, ids in list(hidden.items())[::stride]:
        for username in list(itertools.islice(turn, each)) if each else who:
            before = newest_row(walker.world)[0]
            seen = walker.answer(username, endpoint, ids)
            number, outcome = newest_row(walker.world)
            missing = walker.answer(username, endpoint, TYPED_IDS)
            yield Asked(username, endpoint, seen, missing, outcome if number > before else "none")


def newest_row(world: World) -> tuple[int, str]:
    """Number and outcome of the journal's newest row."""
    with world.work() as uow:
        newest = "select seq, outcome from journal order by seq desc limit 1"
        number, outcome = uow.session.connection().exec_driver_sql(newest).one()
        return int(number), str(outcome)


def tidy(body: str) -> str:
    """A page without what differs from one request to the next: tokens, numbers to quote, nonces."""
    body = re.sub(r'nonce="[^"]*"', "NONCE", body)
    body = re.sub(r"((dưới|khoảng) )?[\d.,]+ ms\b", "TIME", body)
    body = re.sub(r"(?<=until=)[^&\"]*|\b\d{2}:\d{2}(:\d{2})?\b", "TIME", body)
    body = re.sub(r"(?<=/)[0-9a-f]{32}(?=\.jpg\" width)", "MARK", body)  # a picture offered to this session alone
    return _without_noise(body, {})
