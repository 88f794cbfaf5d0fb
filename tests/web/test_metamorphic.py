"""Records that somebody may not know of change no byte of anything that person is shown, on any page there is."""

from __future__ import annotations

import re
import shutil
from collections import deque
from pathlib import Path

import databases
import pytest
from factories import PASSWORD, START, WORLD_SETTINGS, FakeClock, World
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from web_sweep import ELSEWHERE, WAYS, Way, another_province, hide, tidy, unguarded

from oms import create_app
from oms.domain.access import Action, permits
from oms.services import saved_searches
from oms.services.finding import Asked
from oms.services.house import House
from oms.settings import Settings
from oms.store import units
from oms.store.access_tables import AccountKin
from oms.store.tables import Account, Base, Batch

SEEDS = (
    "/tim-kiem?q=quyết+định",
    "/tim-kiem?q=hieu",
    "/tim-kiem?q=quyet+dihn",
    "/tim-kiem/goi-y?q=hieu",
    "/tim-kiem/goi-y?q=l",
    "/tim-kiem/da-luu",
    "/ho-so?q=hiếu",
    "/ho-so?q=HS-00",
)
LEFT_OUT = re.compile(r"^/(dang-xuat|static|phong-chu|ngon-ngu|tai-khoan/yeu-to)|\.(xlsx|zip|pdf|ics)\b")
"""Not asked for: the way out, files of our own, new random secrets, and workbooks, which carry their time."""
LATER = {"days": 3}
EVERY = slice(None)


def copied(world: World, home: Path) -> World:
    """The same installation once more, to be given what somebody may not see."""
    shutil.copytree(world.house.settings.home, home)
    env = WORLD_SETTINGS | {"OMS_HOME": str(home)} | databases.settings_of(home, world.house.settings.home)
    made = World(House(Settings.from_env(env)), FakeClock(world.clock.at))
    with made.work() as uow:
        made.units = {unit.code: unit.id for unit in units.everything(uow.session)}
    return made


def crawl(world: World, username: str, most: int, share: slice = EVERY) -> dict[str, str]:
    """Every page somebody gets to from the routes without ids and the links on them: address and tidied answer.

    With ``share``, of the routes every so-manieth is where it begins.
    """
    world.clock.at = START
    world.clock.forward(**LATER)
    app = create_app(world.house.settings, world.clock)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.post("/dang-nhap", data={"username": username, "password": PASSWORD})
    found: dict[str, str] = {}
    waiting = deque([*SEEDS, *_plain_routes(app)[share]])
    while waiting and len(found) < most:
        path = waiting.popleft()
        if path in found or LEFT_OUT.search(path):
            continue
        world.clock.at = START
        world.clock.forward(**LATER)
        found[path] = _answer(client, path)
        waiting += [link for link in _links(found[path]) if link not in found]
    if most >= PAGES:
        assert not [path for path in _plain_routes(app)[share] if path not in found and not LEFT_OUT.search(path)]
    return found


def _plain_routes(app: Flask) -> list[str]:
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    return sorted(rule.rule for rule in rules if not rule.endpoint.startswith("api."))


def _answer(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    body = (
        response.get_data().decode(errors="replace") if response.mimetype in ("text/html", "application/json") else ""
    )
    return f"{response.status_code} {response.headers.get('Location', '')}\n{tidy(body)}"


def _links(page: str) -> list[str]:
    return [link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]*)', page)]


def _some_records(world: World, name: str, number: str, desk: bool = True) -> None:
    row = world.dossier(name, number=number, secrecy=0, birth_date=BORN)
    world.filed(row, "QUYẾT ĐỊNH\nVề việc bổ nhiệm cán bộ")
    world.fact(row, "phone", value="0912000111")
    if desk:
        world.paper("QUYẾT ĐỊNH\nchưa vào hồ sơ")
    world.open(world.who("officer"), row.dossier.id)
    world.index()


PAGES = 60
EVEN, ODD = slice(0, None, 2), slice(1, None, 2)
"""The routes a way of hiding begins with: the short run has been at each of them, and in each way."""
BORN = "1971-03-02"


@pytest.mark.parametrize(
    ("way", "username", "share"),
    [("unit", "leader", EVEN), ("area", "officer2", ODD), ("level", "officer2", EVEN), ("kin", "leader", ODD)],
    ids=("unit", "area", "level", "kin"),
)
def test_what_one_may_not_know_changes_no_byte(
    world: World, tmp_path: Path, way: str, username: str, share: slice
) -> None:
    _compare(world, tmp_path, way, username, PAGES, share)


@pytest.mark.long
@pytest.mark.parametrize("way", ["unit", "area", "level", "kin"])
@pytest.mark.parametrize(
    "username", ["clerk", "clerk.gov", "officer2", "officer.gov", "leader", "leader.low", "leader.xa"]
)
def test_nor_for_anybody_on_more_pages(world: World, tmp_path: Path, way: str, username: str) -> None:
    _compare(world, tmp_path, way, username, 2_000)


def _compare(world: World, tmp_path: Path, named: str, username: str, most: int, share: slice = EVERY) -> None:
    way = next(way for way in WAYS if way.name == named)
    _some_records(world, "Tô Thị Hiếu", "HS-0001")
    another_province(world)
    _close_batches(world)
    if named == "level":
        _nobody_reaches_the_highest(world)
    if named == "kin":
        _declares(world, username, "ly thi hieu")
    _keep_a_search(world, username)
    other = copied(world, tmp_path / "other")
    with other.work() as uow:
        kept = {table: _ids(uow.session, table) for table in HIDEABLE}
    _some_records(other, "Lý Thị Hiếu", "HS-0009", desk=named != "kin")
    if named == "kin":
        _scanned_elsewhere(other, kept["batches"])
    else:
        _hide_new(other, way, kept)
    other.index()
    for each in (world, other):
        saved_searches.look(each.house, each.clock())
    before = crawl(world, username, most, share)
    after = crawl(other, username, most, share)
    assert len(before) > 30
    assert set(before) == set(after)
    changed = {path: _first_difference(before[path], after[path]) for path in before if before[path] != after[path]}
    assert changed == {}
    if named == "kin":  # it is the kinship that hides the record: to whom declared none it is there
        somebody_else = "leader" if username == "officer2" else "officer2"
        assert any("HS-0009" in page for page in crawl(other, somebody_else, 10).values())
    other.house.database.close()


def _first_difference(one: str, other: str) -> tuple[str, str]:
    return next(
        pair for pair in zip(f"{one}\n.".splitlines(), f"{other}\n.".splitlines(), strict=False) if len(set(pair)) > 1
    )


def _nobody_reaches_the_highest(world: World) -> None:
    """In both installations alike: what differs is the records alone."""
    with world.work() as uow:
        for account in uow.session.query(Account):
            account.clearance = min(account.clearance, 2)


def _declares(world: World, username: str, folded_name: str) -> None:
    """Somebody declares a relative, in both installations; in one of them the relative has a dossier."""
    who = world.who(username).account_id
    with world.work() as uow:
        told = {"full_name": "Lý Thị Hiếu", "folded_name": folded_name, "birth_date": BORN, "relation": "vo_chong"}
        uow.session.add(AccountKin(account_id=who, entered_by=who, entered_at=world.clock(), **told))


def _scanned_elsewhere(world: World, batches: set[str]) -> None:
    """The new pages came in with a batch of another province: of kinship a batch knows nothing."""
    with world.work() as uow:
        for batch in uow.session.query(Batch).filter(Batch.id.not_in(batches)):
            batch.unit_id = ELSEWHERE


def _keep_a_search(world: World, username: str) -> None:
    """A search that is told of new papers, for whoever may search; the hidden ones come after it."""
    person = world.who(username)
    if permits(person, Action.SEARCH):
        with world.work(person) as uow:
            saved_searches.save(uow, person, "Quyết định mới", Asked("quyết định"), True, world.clock())


def _close_batches(world: World) -> None:
    """What comes in later comes in batches of its own: a batch counts every page that came in with it."""
    with world.work() as uow:
        for batch in uow.session.query(Batch):
            batch.title = "Đợt đầu"


HIDEABLE = ("dossiers", "documents", "batches", "facts", "record_heads", "changes")


def _ids(session: object, table: str) -> set[str]:
    key = "dossier_id" if table == "record_heads" else "id"
    rows = session.connection().exec_driver_sql(f"select {key} from {table}")  # type: ignore[attr-defined]  # noqa: S608
    return set(rows.scalars())


def _hide_new(world: World, way: Way, kept: dict[str, set[str]]) -> None:
    """Hides what was added: the records that were there keep their place."""
    hide(world, way)
    home = {"unit_id": world.units["D-BTC"], "compartment": "", "secrecy": 0}
    with unguarded(world) as connection:
        for name, ids in kept.items():
            table = Base.metadata.tables[name]
            key = table.c["dossier_id" if name == "record_heads" else "id"]
            values = {each: value for each, value in home.items() if each in table.c and each in way.columns}
            if values:
                connection.execute(update(table).where(key.in_(ids)).values(values))
