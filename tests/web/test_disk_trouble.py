"""A disk that is full or fails while a page wants to keep something: told as that, nothing kept; it goes on after."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest
from conftest import SignIn
from factories import World, page_image
from sqlalchemy import text

from oms import cli
from oms.store.file_place import FolderPlace


def _scans(world: World) -> int:
    with world.work() as uow:
        return int(uow.session.execute(text("SELECT count(*) FROM scans")).scalar() or 0)


@pytest.mark.parametrize(
    ("what", "status", "said"),
    [(errno.ENOSPC, 507, "Ổ đĩa của máy chủ đã đầy"), (errno.EIO, 503, "Ổ đĩa của máy chủ báo lỗi")],
)
def test_an_upload_the_disk_does_not_take_is_told_and_kept_the_next_time(
    world: World, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, what: int, status: int, said: str
) -> None:
    world.paper()
    with world.work() as uow:
        batch = uow.session.execute(text("SELECT id FROM batches")).scalar()
    client, before = signed_in("clerk"), _scans(world)
    put = FolderPlace.put

    def refused(self: FolderPlace, name: str, temporary: Path) -> None:
        raise OSError(what, os.strerror(what))

    def sent(**more: str) -> tuple[int, str]:
        files = {"files": (io.BytesIO(page_image(700, 700)), "to.jpg")}
        answer = client.post(f"/dot-so-hoa/{batch}/tep", data=files, headers=more)
        return answer.status_code, answer.get_json()["message"] if answer.is_json else answer.get_data(as_text=True)

    monkeypatch.setattr(FolderPlace, "put", refused)
    for wants in ({}, {"X-Requested-With": "fetch"}):
        code, page = sent(**wants)
        assert code == status
        assert said in page and "Traceback" not in page
    assert _scans(world) == before
    monkeypatch.setattr(FolderPlace, "put", put)
    assert sent()[0] == 302
    assert _scans(world) == before + 1


def test_a_command_on_a_full_disk_says_so_without_a_trace(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMS_HOME", str(world.house.settings.home))
    monkeypatch.setenv("OMS_ZONE", "isolated_lan")
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    assert cli.main(["journal", "export", "--out", "/dev/full"]) == 1
    told = capsys.readouterr().err
    assert "Ổ đĩa của máy chủ đã đầy" in told and "Traceback" not in told
