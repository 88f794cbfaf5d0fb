"""A database server that dies: a page says so at once, nothing acknowledged is lost, and it goes on by itself after."""

from __future__ import annotations

from collections.abc import Iterator

import postgres_server
import pytest
from factories import PASSWORD, World, make_world
from flask.testing import FlaskClient
from postgres_server import Server
from sqlalchemy import text

from oms import create_app
from oms.errors import DatabaseAway
from oms.services import alone, custody, sealing, watch
from oms.services.sealer import Sealer, house_of
from oms.store import schema
from oms.store.db import make_engine


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of this file's own, which it kills."""
    made = postgres_server.start()
    engine = make_engine(made.url(made.make("oms")))
    schema.upgrade(engine)
    engine.dispose()
    yield made
    postgres_server.stop(made)


@pytest.fixture(scope="module")
def there(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    url = server.url(server.make("office", template="oms"))
    world = make_world(tmp_path_factory.mktemp("away") / "home", OMS_DATABASE_URL=url, OMS_STATEMENT_SECONDS="2")
    yield world
    world.house.close()


@pytest.fixture
def client(there: World) -> Iterator[FlaskClient]:
    """The officer, signed in; the application's own connections are closed afterwards."""
    app = create_app(there.house.settings, there.clock)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    assert client.post("/dang-nhap", data={"username": "officer", "password": PASSWORD}).status_code == 302
    yield client
    app.extensions["oms"].close()


def test_kill_9_of_the_server_is_a_503_and_ends_with_it(there: World, server: Server, client: FlaskClient) -> None:
    row = there.dossier("Tô Thị Hiếu")
    assert client.get("/ho-so").status_code == 200
    postgres_server.kill(server)
    for path in ("/", "/ho-so", f"/ho-so/{row.dossier.id}", "/tim-kiem?q=hieu", "/dang-nhap"):
        answer = client.get(path)
        assert answer.status_code == 503, path
        assert "Máy chủ cơ sở dữ liệu chưa trả lời" in answer.get_data(as_text=True), path
        assert "Tô Thị Hiếu" not in answer.get_data(as_text=True)
    assert client.post("/dang-nhap", data={"username": "officer", "password": PASSWORD}).status_code == 503
    postgres_server.begin(server.folder)
    page = client.get("/ho-so")
    assert page.status_code == 200, "no restart of the program is needed"
    assert "Tô Thị Hiếu" in page.get_data(as_text=True)
    assert sealing.verify(there.house, None).whole


def test_a_writer_cut_off_in_the_middle_has_written_nothing(there: World, server: Server) -> None:
    def cut_off() -> None:
        with there.work() as uow:
            uow.session.execute(text("UPDATE units SET name = 'nửa chừng' WHERE code = 'D'"))
            postgres_server.kill(server)
            uow.session.execute(text("SELECT 1"))

    with pytest.raises(DatabaseAway):
        cut_off()
    postgres_server.begin(server.folder)
    with there.work() as uow:
        assert uow.session.execute(text("SELECT name FROM units WHERE code = 'D'")).scalar() == "Tỉnh uỷ"


def test_a_statement_that_takes_too_long_is_ended_for_persons_and_not_for_the_program(there: World) -> None:
    officer = there.who("officer")
    with pytest.raises(DatabaseAway), there.work(officer) as uow:
        uow.session.execute(text("SELECT pg_sleep(20)"))
    with there.work() as uow:
        uow.session.execute(text("SELECT pg_sleep(2.5)"))


def test_the_work_of_one_passes_to_another_when_its_connection_is_gone(there: World, server: Server) -> None:
    with watch.only_one(there.house) as first, watch.only_one(there.house) as second:
        assert first and first.still() and not second and second.waits
        with server.connect("postgres") as connection:
            connection.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'")
        assert second.still()
        assert not first.still()
    with alone.of_installation(there.house.database, there.house.settings.home, "sealer") as other:
        assert other, "another job is another lock"


def test_readings_beside_a_long_writer_wait_in_the_database_for_whatever_host_seals(there: World) -> None:
    officer, row = there.who("officer"), there.dossier("Lò Văn Chờ")
    with there.house.database.transaction() as _long, there.house.read(officer, there.clock()) as uow:
        rows, _total = custody.list_dossiers(uow, officer, "lo van cho", "", "", 10, 0, there.clock())
        assert [each.dossier.id for each in rows] == [row.dossier.id]
    with there.work() as uow:
        assert uow.session.execute(text("SELECT count(*) FROM journal_waiting")).scalar() == 1
    with there.work(officer) as uow:
        assert uow.session.execute(text("SELECT count(*) FROM journal_waiting")).scalar() == 0, "nobody's to read"
    assert not there.house.settings.inbox.exists()
    keeper = Sealer(house_of(there.house.settings), there.clock)
    keeper.round()
    with there.work() as uow:
        assert uow.session.execute(text("SELECT count(*) FROM journal_waiting")).scalar() == 0
        told = uow.session.execute(text("SELECT verb, detail FROM journal ORDER BY seq DESC LIMIT 3")).all()
    assert any(verb == "cadre:list" and "read_at" in detail for verb, detail in told)
    keeper.house.close()
