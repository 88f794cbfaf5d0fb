"""Packages carried by hand through the browser, and as edXML: the same door and checks, a row before each byte."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from archival_papers import filed_scan, make_all
from exchanging import Pair, came, filled, package, round_of, send, two
from factories import PASSWORD, World
from flask.testing import FlaskClient

from oms import create_app
from oms.domain import edxml
from oms.errors import InvalidInput
from oms.services import exchange_edxml
from oms.services.exchange_edxml import Typed
from oms.services.exchange_place import Place
from oms.services.secret_copies import Leaving
from oms.store import journal, packages, units

SAID = {
    "code": "123/SNV-CCVC", "issued_on": "02/11/2026", "place": "Hà Nội",
    "signer": "Nguyễn Thử", "position": "Giám đốc",
}  # fmt: skip


@pytest.fixture
def pair(world: World, world_template: Path, tmp_path: Path) -> Iterator[Pair]:
    with two(world, world_template, tmp_path / "second") as made:
        yield made


def rows(world: World, verb: str) -> list[dict[str, object]]:
    """The details of a verb's rows with who did it, oldest first."""
    with world.work() as uow:
        found = [entry for entry, _leaf in journal.rows(uow.session) if entry.verb == verb]
    return [json.loads(each.detail) | {"by": each.actor_id, "outcome": each.outcome} for each in found]


def enter(world: World, username: str = "officer") -> FlaskClient:
    app = create_app(world.house.settings, world.clock)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    assert client.post("/dang-nhap", data={"username": username, "password": PASSWORD}).status_code == 302
    return client


def put_in(client: FlaskClient, data: bytes, name: str = "goi.oms") -> int:
    sent = {"file": (io.BytesIO(data), name)}
    return client.post("/trao-doi/tep", data=sent, content_type="multipart/form-data").status_code


def on_the_axis(pair: Pair) -> None:
    """Gives both sides their identifiers of the State."""
    with pair.here.work() as uow:
        root = units.root(uow.session)
        assert root is not None
        root.code_state = "H49"
        packages.active(uow.session)[0].code_state = "H50"


def test_by_memory_stick_through_the_pages_alone(pair: Pair) -> None:
    row = filled(pair.here)
    sent = send(pair.here, row)
    here, there = enter(pair.here), enter(pair.there)
    assert here.post(f"/trao-doi/goi/{sent}/tep").status_code == 409, "it has not been sent yet"
    round_of(pair.here)
    assert "Lấy tệp gói để mang đi" in here.get(f"/trao-doi/goi/{sent}").get_data(as_text=True)
    file = here.post(f"/trao-doi/goi/{sent}/tep")
    name = f"Q--{package(pair.here, sent).package_id}.oms"
    assert file.status_code == 200 and name in file.headers["Content-Disposition"]
    left = rows(pair.here, "exchange:leave")[-1]
    assert (left["way"], left["size"], left["by"]) == ("download", len(file.data), pair.here.who("officer").account_id)
    assert put_in(there, file.data) == 302
    assert rows(pair.there, "exchange:arrive")[-1]["uploaded"] is True
    round_of(pair.there)
    arrived = came(pair.there)
    place = {f"place-{row.dossier.id}": "new", f"number-{row.dossier.id}": "N-1", "unit_id": pair.there.units["D-BTC"]}
    assert there.post(f"/trao-doi/goi/{arrived.id}/bien-nhan").status_code == 409
    assert there.post(f"/trao-doi/goi/{arrived.id}/nhan", data=place).status_code == 302
    round_of(pair.there)
    receipt = there.post(f"/trao-doi/goi/{arrived.id}/bien-nhan")
    assert receipt.status_code == 200 and rows(pair.there, "exchange:leave")[-1]["answers"] == arrived.package_id
    assert put_in(here, receipt.data) == 302
    round_of(pair.here)
    assert package(pair.here, sent).state == "accepted"
    assert here.post(f"/trao-doi/goi/{sent}/tep").status_code == 409, "an answered package is not kept"


def test_what_is_no_package_is_said_at_once_and_what_fails_its_checks_is_told(pair: Pair) -> None:
    client, place = enter(pair.there), Place(pair.there.house.settings)
    place.make()
    assert put_in(client, b"") == 400 and put_in(client, b"%PDF-1.7") == 400
    assert not list(place.incoming.glob("*.oms")) and not [path for path in place.kept.iterdir()]
    assert put_in(client, b"age-encryption.org/v1\nkh\xc3\xb4ng") == 302
    round_of(pair.there)
    assert rows(pair.there, "exchange:arrive")[-1]["outcome"] == "failed"
    told = client.get("/thong-bao").get_data(as_text=True)
    assert "Tệp gói trao đổi anh/chị tải lên không nhận được" in told
    assert len(list((place.incoming / "refused").glob("*/goi.oms"))) == 1
    for other in ("clerk", "leader", "reviewer"):
        assert put_in(enter(pair.there, other), b"age-encryption.org/v1\n") == 404


def test_a_level_is_entered_in_the_register_for_each_copy_and_never_goes_by_the_axis(pair: Pair) -> None:
    row = filled(pair.here)
    filed_scan(pair.here, row, "TỜ TRÌNH\nVề nhân sự bí mật", secrecy=1)
    make_all(pair.here)
    sent = send(pair.here, row, leaving=Leaving("1", "Nguyễn Văn Phép, Trưởng ban", "02/11/2026", "Tỉnh thứ hai"))
    round_of(pair.here)
    on_the_axis(pair)
    client, before = enter(pair.here), len(rows(pair.here, "exchange:leave"))
    entered = len(rows(pair.here, "secret_copy:make"))
    refused = client.post(f"/trao-doi/goi/{sent}/tep")
    assert refused.status_code == 400 and "hãy ghi đúng số bản" in refused.get_data(as_text=True)
    two_of = {
        "copies": "2",
        "permitted_by": "Trần Phép, Trưởng ban",
        "permitted_on": "02/11/2026",
        "recipients": "A\nB",
    }
    assert client.post(f"/trao-doi/goi/{sent}/tep", data=two_of).status_code == 400
    assert "edXML" not in client.get(f"/trao-doi/goi/{sent}").get_data(as_text=True)
    assert client.post(f"/trao-doi/goi/{sent}/edxml", data=SAID).status_code == 400
    with pytest.raises(InvalidInput) as never:
        exchange_edxml.by_operator(pair.here.house, package(pair.here, sent).number, Typed(**SAID), pair.here.clock())
    assert "không bao giờ đi qua trục" in never.value.message_vi
    assert len(rows(pair.here, "exchange:leave")) == before and len(rows(pair.here, "secret_copy:make")) == entered
    one = two_of | {"copies": "1", "recipients": "Tỉnh thứ hai"}
    assert client.post(f"/trao-doi/goi/{sent}/tep", data=one).status_code == 200
    assert len(rows(pair.here, "exchange:leave")) == before + 1
    assert len(rows(pair.here, "secret_copy:make")) == entered + 1


def test_an_envelope_of_the_axis_carries_the_sealed_file_and_names_nobody(pair: Pair) -> None:
    row = filled(pair.here)
    sent = send(pair.here, row)
    round_of(pair.here)
    client = enter(pair.here)
    unknown = client.post(f"/trao-doi/goi/{sent}/edxml", data=SAID)
    assert unknown.status_code == 400 and "mã định danh điện tử" in unknown.get_data(as_text=True)
    on_the_axis(pair)
    later = send(pair.here, row, reason="gửi lại khi đã có mã định danh")
    round_of(pair.here)
    for field, wrong in (("code", "123"), ("issued_on", "02/11/2099"), ("signer", ""), ("place", " ")):
        assert client.post(f"/trao-doi/goi/{later}/edxml", data=SAID | {field: wrong}).status_code == 400
    done = client.post(f"/trao-doi/goi/{later}/edxml", data=SAID)
    assert done.status_code == 200 and edxml.problem_of(done.data.decode()) == ""
    left = rows(pair.here, "exchange:leave")[-1]
    assert (left["way"], left["size"], left["document"]) == ("edxml", len(done.data), "H49,2026/11/02,123/SNV-CCVC")
    root = ElementTree.fromstring(done.data)  # noqa: S314 - our own
    content = root.findtext(f".//{{{edxml.NAMESPACE}}}ContentTransferEncoded") or ""
    around = done.data.decode().replace(content, "")
    assert all(word not in around for word in ("Hiếu", "001161004455", "1961", row.dossier.number, row.dossier.id))
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(content, validate=True))) as archive:
        (name,) = archive.namelist()
        sealed = archive.read(name)
    kept = Place(pair.here.house.settings).file(package(pair.here, later).file)
    assert name.endswith(".oms") and sealed == kept.read_bytes()
    assert put_in(enter(pair.there), sealed, name) == 302
    round_of(pair.there)
    assert came(pair.there).package_id == package(pair.here, later).package_id
    again = exchange_edxml.by_operator(
        pair.here.house, package(pair.here, later).number, Typed(**SAID), pair.here.clock()
    )
    assert again.name.endswith(".edxml") and rows(pair.here, "exchange:leave")[-1]["by"] == "system"


def test_who_may_not_see_a_package_takes_nothing_of_it(pair: Pair) -> None:
    row = filled(pair.here)
    sent = send(pair.here, row)
    round_of(pair.here)
    on_the_axis(pair)
    before = len(rows(pair.here, "exchange:leave"))
    for username in ("clerk", "leader", "admin", "officer.gov"):
        client = enter(pair.here, username)
        for what in ("tep", "edxml", "bien-nhan"):
            assert client.post(f"/trao-doi/goi/{sent}/{what}", data=SAID).status_code == 404
    done = [each for each in rows(pair.here, "exchange:leave")[before:] if each["outcome"] != "refused"]
    assert done == []
