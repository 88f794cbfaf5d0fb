"""Archival copies, signatures and the export as people meet them in the pages."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import certificates
import hostile_files
import pytest
from archival_papers import copy_of, filed_scan, give_scan, make_all
from factories import WORLD_SETTINGS, World

from oms import create_app
from oms.settings import Settings
from oms.store.desk_tables import ScanSignature
from oms.store.dossiers import DossierRow
from oms.store.tables import Document, Scan

AGENCY = "Ban Tổ chức Tỉnh uỷ thử"


@pytest.fixture
def opened(world: World) -> tuple[World, DossierRow, str]:
    """A dossier with one paper and its copy, opened by the officer and the leader."""
    row = world.dossier(citizen_id="001161004455", birth_date="1961")
    paper = filed_scan(world, row, "QUYẾT ĐỊNH\nQuyết định kết nạp đảng viên")
    make_all(world)
    for name in ("officer", "leader"):
        world.open(world.who(name), row.dossier.id)
    return world, row, paper


def test_the_page_says_how_the_copy_is(opened: tuple[World, DossierRow, str], signed_in) -> None:
    world, row, paper = opened
    officer, leader = signed_in("officer"), signed_in("leader")
    page = officer.get(f"/tai-lieu/{paper}").text
    assert "Bản lưu trữ (PDF/A)" in page and "Chưa ký số" in page and "Lấy bản lưu trữ" in page
    assert "Ký số của cơ quan" not in page, "no key, no button"
    assert "Lấy bản lưu trữ" not in leader.get(f"/tai-lieu/{paper}").text
    fresh = world.filed(row)
    assert "Máy đang làm" in officer.get(f"/tai-lieu/{fresh}").text
    make_all(world)
    page = officer.get(f"/tai-lieu/{fresh}").text
    assert "Không làm được" in page and "Làm lại bản lưu trữ" in page
    give_scan(world, fresh, hostile_files.picture("PNG"))
    assert officer.post(f"/tai-lieu/{fresh}/lam-lai-ban-luu-tru").status_code == 302
    make_all(world)
    assert "Không làm được" not in officer.get(f"/tai-lieu/{fresh}").text


def test_a_copy_leaves_as_a_file_and_never_as_a_page(opened: tuple[World, DossierRow, str], signed_in) -> None:
    world, row, paper = opened
    answer = signed_in("officer").get(f"/tai-lieu/{paper}/ban-luu-tru.pdf")
    assert answer.data == world.house.vault.read(copy_of(world, paper).sha256)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{row.dossier.number}.1.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"
    assert world.journal()[-1][:2] == ("copy:read", "done")
    assert signed_in("leader").get(f"/tai-lieu/{paper}/ban-luu-tru.pdf").status_code == 404


def test_what_could_act_in_the_original_is_told(opened: tuple[World, DossierRow, str], signed_in) -> None:
    world, _row, paper = opened
    with world.work() as uow:
        uow.session.get_one(Scan, uow.session.get_one(Document, paper).scan_id).flags = '["javascript", "link"]'
    page = signed_in("officer").get(f"/tai-lieu/{paper}").text
    assert "Tệp gốc có nội dung chạy được hoặc lạ (JavaScript, liên kết ngoài); trang xem là ảnh, đã bỏ." in page


def test_a_signature_broken_after_signing_is_told_in_red(opened: tuple[World, DossierRow, str], signed_in) -> None:
    world, _row, paper = opened
    desk_paper = world.paper()
    with world.work() as uow:
        for document_id in (paper, desk_paper):
            row = ScanSignature(
                scan_id=uow.session.get_one(Document, document_id).scan_id,
                signer="<b>Văn thư</b>",
                agency=AGENCY,
                signed_at=datetime(2026, 3, 4, 2, 0, tzinfo=UTC),
                intact=False,
                whole=True,
                trusted=True,
                detail="changed",
                checked_at=world.clock(),
            )
            uow.session.add(row)
    for page in (
        signed_in("officer").get(f"/tai-lieu/{paper}").text,
        signed_in("clerk").get(f"/ban-duyet/{desk_paper}").text,
    ):
        assert "badge-refused" in page and "nội dung đã bị sửa sau khi ký" in page
        assert "&lt;b&gt;Văn thư" in page and AGENCY in page and "04/03/2026" in page


def test_an_officer_signs_on_the_page(opened: tuple[World, DossierRow, str], tmp_path) -> None:
    world, _row, paper = opened
    keys = world.house.settings.keys
    authority = certificates.make("CA thử", "Cơ yếu thử", days=(-3650, 3650))
    certificates.make("Văn thư", AGENCY, authority, days=(-3650, 3650)).pkcs12(keys / "k.p12", authority)
    (keys / "sign_secret").write_bytes(certificates.PASSPHRASE)
    (keys / "sign_secret").chmod(0o600)
    env = WORLD_SETTINGS | {
        "OMS_HOME": str(world.house.settings.home),
        "OMS_SIGN_PKCS12": str(keys / "k.p12"),
        "OMS_SIGN_AGENCY": AGENCY,
    }
    app = create_app(Settings.from_env(env), world.clock)
    app.config["WTF_CSRF_ENABLED"] = False
    clients = {}
    for name in ("officer", "admin"):
        clients[name] = app.test_client()
        clients[name].post("/dang-nhap", data={"username": name, "password": "một câu dài để thử nghiệm"})
    assert "Ký số của cơ quan" in clients["officer"].get(f"/tai-lieu/{paper}").text
    done = clients["officer"].post(f"/tai-lieu/{paper}/ky-so", follow_redirects=True).text
    assert "Đã ký số bản lưu trữ." in done and "Đã ký số: Văn thư" in done
    again = clients["officer"].post(f"/tai-lieu/{paper}/ky-so", follow_redirects=True).text
    assert "đã được ký số" in again
    status = clients["admin"].get("/quan-tri").text
    assert AGENCY in status and "Chứng thư hết hạn" in status and certificates.PASSPHRASE.decode() not in status


def test_the_names_are_seen_before_anything_leaves(opened: tuple[World, DossierRow, str], signed_in) -> None:
    _world, row, paper = opened
    officer = signed_in("officer")
    dossier = row.dossier.id
    assert f"/ho-so/{dossier}/xuat" in officer.get(f"/ho-so/{dossier}?the=tai-lieu").text
    assert "/xuat" not in signed_in("leader").get(f"/ho-so/{dossier}?the=tai-lieu").text
    page = officer.get(f"/ho-so/{dossier}/xuat").text
    assert "05.Quyet dinh ket nap dang vien.pdf" in page and "nguồn gián tiếp" in page
    page = officer.get(f"/ho-so/{dossier}/xuat?so-{paper}=23").text
    assert "23.Quyet dinh khen thuong.pdf" in page
    page = officer.post(f"/ho-so/{dossier}/xuat", data={f"so-{paper}": "23", "see": "1"}).text
    assert "23.Quyet dinh khen thuong.pdf" in page
    for typed in ("999", "-1", "abc", "١", "1" * 50):
        assert officer.get(f"/ho-so/{dossier}/xuat?so-{paper}={typed}").status_code == 200


def test_the_export_is_a_zip_whose_row_came_first(opened: tuple[World, DossierRow, str], signed_in) -> None:
    world, row, paper = opened
    answer = signed_in("officer").post(f"/ho-so/{row.dossier.id}/xuat", data={f"so-{paper}": "23"}, buffered=False)
    assert world.journal()[-1] == ("dossier:export", "done", row.dossier.id), "before the body was read"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{row.dossier.number}.zip"'
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.namelist()[0].endswith("/23.Quyet dinh khen thuong.pdf")
    assert signed_in("leader").post(f"/ho-so/{row.dossier.id}/xuat").status_code == 404


def test_copies_in_the_making_hold_the_export_up(opened: tuple[World, DossierRow, str], signed_in) -> None:
    world, row, _paper = opened
    filed_scan(world, row)
    officer = signed_in("officer")
    held = officer.post(f"/ho-so/{row.dossier.id}/xuat")
    assert held.status_code == 400 and "Còn 1 tài liệu chưa có bản lưu trữ" in held.text
    assert officer.post(f"/ho-so/{row.dossier.id}/xuat", data={"partial": "1"}).mimetype == "application/zip"


def test_without_an_opening_the_door_comes_first(world: World, signed_in) -> None:
    row = world.dossier()
    answer = signed_in("officer").get(f"/ho-so/{row.dossier.id}/xuat")
    assert answer.status_code == 302 and answer.location.endswith(f"/ho-so/{row.dossier.id}")
