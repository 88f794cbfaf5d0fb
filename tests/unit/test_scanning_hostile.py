"""Hostile files: each ends as read, flagged or rejected with a reason, within the limits, and the next one is read."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from pathlib import Path

import hostile_files
import numpy as np
import pytest
from campaign import size

import scanning
from scanning import batch
from scanning.active_content import LABELS_VI, sentence_vi
from scanning.limits import LIMITS
from scanning.rejection import MESSAGES_VI

# each costs its full allowance of seconds; one of the kind is in every run
SLOW = {
    "bom-flate-bay-lop",
    "anh-ty-diem-trong-pdf",
    "duong-ve-trieu-net",
    "png-cao-mot-diem",
    "jpeg-nhieu-luot",
    "bom-flate",
}
HEAVY = [
    pytest.param(name, marks=pytest.mark.long) if name in SLOW else pytest.param(name) for name in hostile_files.HEAVY
]


def outcome(path: Path) -> str:
    """Return what became of a file: its refusal's code, or read; the image handed on is within the limits."""
    try:
        found = scanning.inspect(path)
        assert 1 <= found.page_count <= LIMITS.max_pages
        page = scanning.rasterise(path, 1)
    except scanning.Rejected as refusal:
        return refusal.code if MESSAGES_VI[refusal.code] else "no words"
    assert page.image.dtype == np.uint8 and page.image.ndim == 3
    assert max(page.image.shape) <= LIMITS.max_edge
    return "read"


@pytest.mark.parametrize("name", HEAVY)
def test_a_hostile_file_ends_within_the_limits(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(hostile_files.HEAVY[name]())
    assert outcome(path) in {"read", *MESSAGES_VI}
    path.write_bytes(hostile_files.picture("PNG"))
    assert outcome(path) == "read", "the next file"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("tram-nghin-trang", "too_many_pages"),
        ("tiff-chuoi-dai", "too_many_pages"),
        ("png-ty-diem", "too_large_image"),
        ("jpeg-65535", "too_large_image"),
        ("catalog-la-so", "unreadable"),
        ("chi-co-dau-pdf", "truncated"),
        ("khong-byte", "empty"),
        ("postscript", "not_supported"),
        ("zip", "not_supported"),
    ],
)
def test_the_reason_is_the_right_one(tmp_path: Path, name: str, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(hostile_files.HEAVY[name]())
    assert outcome(path) == code


@pytest.mark.parametrize("name", sorted(hostile_files.ACTIVE))
def test_what_could_act_is_told(tmp_path: Path, name: str) -> None:
    make, flags = hostile_files.ACTIVE[name]
    path = tmp_path / name
    path.write_bytes(make())
    found = scanning.inspect(path)
    assert set(found.flags) == flags
    assert all(LABELS_VI[flag] in found.warning for flag in flags)
    assert outcome(path) == "read", "a person can still look at its pixels"


@pytest.mark.parametrize("data", hostile_files.good())
def test_nothing_is_told_of_a_plain_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "tep"
    path.write_bytes(data)
    found = scanning.inspect(path)
    assert found.flags == () and found.warning == ""


def test_a_page_that_cannot_be_drawn_whole_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tep"
    path.write_bytes(hostile_files.HEAVY["anh-jpx-rac"]())
    assert scanning.rasterise(path, 1).damaged
    path.write_bytes(hostile_files.page())
    assert not scanning.rasterise(path, 1).damaged


def test_a_structure_that_cannot_be_looked_through_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tep"
    path.write_bytes(hostile_files.HEAVY["cay-trang-vong"]())
    assert scanning.inspect(path).flags == ("unchecked",)
    assert "không kiểm tra hết được" in sentence_vi(("unchecked",))


@pytest.mark.ocr
def test_the_command_reports_on_each_file_and_goes_on(tmp_path: Path) -> None:
    files = {
        "1-bom": hostile_files.HEAVY["bom-object-stream"](),
        "2-vong": hostile_files.HEAVY["cay-trang-vong"](),
        "3-js": hostile_files.ACTIVE["javascript-khi-mo"][0](),
        "4-cat-cut": hostile_files.page()[:300],
        "5-to": hostile_files.HEAVY["png-ty-diem"](),
        "6-tot": hostile_files.page(),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    command = [sys.executable, "-m", "scanning", "read", *files, "--json", "--jobs", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    reports = {report["file"]: report for report in map(json.loads, done.stdout.splitlines())}
    assert list(reports) == list(files)
    assert all(report["reason"] for report in reports.values() if report["status"] != "read")
    assert reports["3-js"]["flags"] == ["javascript", "automatic"] and reports["6-tot"]["flags"] == []
    assert reports["3-js"]["status"] == "flagged" and "JavaScript" in reports["3-js"]["reason"]
    assert {reports[name]["status"] for name in ("4-cat-cut", "5-to")} == {"rejected"}
    assert not reports["5-to"]["pages"]
    # two words without marks may be doubted as words; the file itself is not
    assert reports["6-tot"]["status"] != "rejected" and "Quyet" in reports["6-tot"]["pages"][0]["text"]


def test_a_file_made_to_cost_time_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once two of its pages ran over the limits, the others are refused without being tried."""
    slow, other = tmp_path / "cham", tmp_path / "khac"
    slow.write_bytes(hostile_files.HEAVY["thap-hinh"]())
    other.write_bytes(hostile_files.page()[:200])
    monkeypatch.setattr(batch, "_strikes", multiprocessing.Array("i", 2))
    assert batch._read((0, str(slow), 1)).refusal == MESSAGES_VI["over_limits"]
    assert list(batch._strikes) == [1, 0], "a page over the limits counts against its own file"
    batch._strikes[0] = LIMITS.strikes
    slow.unlink()
    assert batch._read((0, str(slow), 7)).refusal == MESSAGES_VI["over_limits"], "not even looked for"
    assert batch._read((1, str(other), 1)).refusal == MESSAGES_VI["truncated"]


@pytest.mark.long
def test_two_thousand_spoilt_files(tmp_path: Path) -> None:
    path, seen = tmp_path / "tep", dict.fromkeys(("read", *MESSAGES_VI), 0)
    for name, data in hostile_files.mutants(2000):
        path.write_bytes(data)
        result = outcome(path)
        assert result != "sandbox_missing", name
        seen[result] += 1
    assert seen["read"] > 200 and seen["unreadable"] + seen["truncated"] > 200


def test_some_spoilt_files(tmp_path: Path) -> None:
    path = tmp_path / "tep"
    for name, data in hostile_files.mutants(size(20, 40), seed=7):
        path.write_bytes(data)
        assert outcome(path) != "sandbox_missing", name
