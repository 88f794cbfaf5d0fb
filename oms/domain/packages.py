"""Packages exchanged between installations: kinds, states, bounds, and what a statement must say of its parts. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

FORMAT, VERSION = "oms-exchange", 1
MIB = 1024 * 1024


class Kind(StrEnum):
    """What a package is for."""

    RECORDS = "records"
    TRANSFER = "transfer"
    UPDATE = "update"
    RECEIPT = "receipt"


class OutState(StrEnum):
    """queued → sent → accepted | refused; ``stopped`` when somebody took it back before it was sent."""

    QUEUED = "queued"
    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    STOPPED = "stopped"


class InState(StrEnum):
    """checked → taken | refused. ``refused`` too for what failed its checks, by the program itself."""

    CHECKED = "checked"
    TAKEN = "taken"
    REFUSED = "refused"


class PartnerState(StrEnum):
    """asked → active → revoked; ``refused`` when the second person said no."""

    ASKED = "asked"
    ACTIVE = "active"
    REFUSED = "refused"
    REVOKED = "revoked"


KIND_LABELS: dict[str, str] = {
    Kind.RECORDS: "Chia sẻ hồ sơ",
    Kind.TRANSFER: "Chuyển giao hồ sơ",
    Kind.UPDATE: "Cập nhật thông tin",
    Kind.RECEIPT: "Biên nhận",
}
OUT_LABELS: dict[str, str] = {
    OutState.QUEUED: "Chờ gửi",
    OutState.SENT: "Đã gửi, chờ biên nhận",
    OutState.ACCEPTED: "Bên nhận đã nhận",
    OutState.REFUSED: "Bên nhận không nhận",
    OutState.STOPPED: "Đã dừng gửi",
}
IN_LABELS: dict[str, str] = {
    InState.CHECKED: "Chờ xử lý",
    InState.TAKEN: "Đã nhận vào hồ sơ",
    InState.REFUSED: "Không nhận",
}
PARTNER_LABELS: dict[str, str] = {
    PartnerState.ASKED: "Chờ người thứ hai duyệt",
    PartnerState.ACTIVE: "Đang dùng",
    PartnerState.REFUSED: "Không được duyệt",
    PartnerState.REVOKED: "Đã thu hồi",
}

CHECKS: dict[str, str] = {
    "seal": "Dấu niêm phong: gửi cho hệ thống này, mở được",
    "structure": "Cấu trúc gói và giới hạn kích thước",
    "trust": "Đối tác đang được tin cậy",
    "signature": "Chữ ký của đối tác",
    "manifest": "Danh mục và mã SHA-256 của từng tệp",
    "version": "Phiên bản định dạng",
    "schema": "Lược đồ dữ liệu",
    "receiver": "Đúng bên gửi, đúng bên nhận",
    "counts": "Số hồ sơ, tài liệu, trang",
    "items": "Mục thông tin và giá trị",
    "level": "Độ mật và vùng mạng",
    "papers": "Tài liệu mở được, đúng số trang",
    "replay": "Chưa nhận gói này",
}
"""What is checked, in this order, as the page tells it."""


@dataclass(frozen=True)
class Bounds:
    """What a package may cost, asked before anything of it is opened."""

    package_bytes: int = 1024 * MIB
    file_bytes: int = 500 * MIB
    record_bytes: int = 16 * MIB
    tag_bytes: int = 2 * MIB
    files: int = 4000
    records: int = 200
    facts: int = 5000
    depth: int = 12


BOUNDS = Bounds()

NEEDS_SENSITIVE = frozenset({"bo_nhiem", "dieu_dong", "che_do", "khen_thuong_ky_luat"})
"""Purposes for which the receiver needs groups of private facts (religion, health …); with others they stay here."""

UPDATE_DAYS = 3
"""Working days for taking in an update where the catalogue has no row (NĐ 27/2026/NĐ-CP, at second hand)."""

_ID = re.compile(r"[0-9a-f]{32}")


class BadStatement(ValueError):
    """The statement or a record of a package cannot be taken; ``words`` say why."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(code)
        self.code, self.words = code, words


def is_id(text: str) -> bool:
    """Whether a text is an id of ours: 32 hex digits."""
    return _ID.fullmatch(text) is not None


def canonical(value: Any) -> bytes:
    """JSON as it stands in a package: sorted keys, no spaces, UTF-8, one line."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def parsed(data: bytes, bounds: Bounds = BOUNDS) -> Any:
    """JSON of a bounded depth without double keys; BadStatement otherwise. Depth is counted before it is parsed."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadStatement("json", "Dữ liệu của gói không phải UTF-8.") from None
    if _depth(text) > bounds.depth:
        raise BadStatement("depth", "Dữ liệu của gói lồng nhau quá sâu.")
    try:
        found = json.loads(text, object_pairs_hook=_single, parse_constant=_no_constant)
        json.dumps(found, ensure_ascii=False).encode()  # half a letter, which JSON lets pass and no database takes
    except (ValueError, RecursionError):
        raise BadStatement("json", "Dữ liệu của gói không đọc được.") from None
    return found


_MARKS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
"""Strings and brackets. A string that never ends goes to the end: nothing is looked at twice."""


def _depth(text: str) -> int:
    deep = most = 0
    for mark in _MARKS.finditer(text):
        if mark[0] in "[{":
            deep += 1
            most = max(most, deep)
        elif mark[0] in "]}":
            deep -= 1
    return most


def _single(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key told twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def counts_of(records: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many records, facts, papers and pages some records hold."""
    papers = [paper for record in records for paper in record["papers"]]
    return {
        "records": len(records),
        "facts": sum(len(record["facts"]) for record in records),
        "papers": len(papers),
        "pages": sum(paper["pages"] for paper in papers),
    }


def highest_of(records: Sequence[Mapping[str, Any]]) -> int:
    """The highest level of the records and of what of them is in the package."""
    parts = [record["secrecy"] for record in records]
    for record in records:
        parts += [paper["secrecy"] for paper in record["papers"]] + [fact["secrecy"] for fact in record["facts"]]
    return max(parts, default=0)


def check_version(statement: Any) -> None:
    """BadStatement for another format, or a version this program does not know, told with both numbers."""
    said = statement if isinstance(statement, dict) else {}
    if said.get("format") != FORMAT:
        raise BadStatement("format", "Tệp này không phải gói trao đổi hồ sơ.")
    if said.get("version") != VERSION:
        told = said.get("version")
        words = f"phiên bản {told}" if isinstance(told, int) else "phiên bản không rõ"
        raise BadStatement("version", f"Gói theo {words}; hệ thống này đọc phiên bản {VERSION}: hãy cập nhật hệ thống.")


def check_made(statement: Mapping[str, Any]) -> None:
    """BadStatement unless the package was made at a time there is."""
    try:
        datetime.fromisoformat(statement["made_at"])
    except ValueError:
        raise BadStatement("schema", "Thời điểm lập gói không có trong lịch.") from None


def check_bounds(records: Sequence[Mapping[str, Any]], bounds: Bounds = BOUNDS) -> None:
    """BadStatement when there is more than one package may bring, told with the number."""
    if len(records) > bounds.records:
        raise BadStatement("records", f"Gói có {len(records)} hồ sơ; mỗi gói nhiều nhất {bounds.records}.")
    for record in records:
        if len(record["facts"]) > bounds.facts:
            told = f"{len(record['facts']):,}".replace(",", ".")
            most = f"{bounds.facts:,}".replace(",", ".")
            raise BadStatement("facts", f"Một hồ sơ của gói có {told} dòng thông tin; nhiều nhất {most}.")


def check_agreement(
    statement: Mapping[str, Any], records: Sequence[Mapping[str, Any]], held: Mapping[str, str]
) -> None:
    """BadStatement unless counts, level and papers are what the statement says; ``held``: payload path → SHA-256."""
    if counts_of(records) != statement["counts"]:
        raise BadStatement("counts", "Số hồ sơ, tài liệu, trang trong gói không đúng với bản kê.")
    if highest_of(records) != statement["highest_level"]:
        raise BadStatement("level", "Độ mật cao nhất ghi trên gói không đúng với nội dung.")
    files = [paper["file"] for record in records for paper in record["papers"]]
    wanted = {f"data/records/{record['dossier']}.json" for record in records} | set(files) | {"data/package.json"}
    if len(files) != len(set(files)) or wanted != set(held):
        raise BadStatement("files", "Tệp trong gói không đúng với bản kê tài liệu.")
    for record in records:
        for paper in record["papers"]:
            if held[paper["file"]] != paper["sha256"]:
                raise BadStatement("hash", "Một tài liệu không đúng mã SHA-256 ghi trong hồ sơ.")
            if paper["file"].rpartition(".")[0] != f"data/papers/{paper['id']}":
                raise BadStatement("files", "Một tệp trong gói không mang mã của tài liệu của nó.")
        _check_sources(record)


def check_days(record: Mapping[str, Any]) -> None:
    """BadStatement for a day that no calendar has, or one told more or less exact than it stands there."""
    days = [record["cadre"]["birth_date"], *(paper["issued_on"] for paper in record["papers"])]
    for fact in record["facts"]:
        days += [fact["starts"], fact["ends"], fact["entered_on"]]
        for name in ("starts", "ends"):
            if fact[f"{name}_precision"] != {0: "", 4: "year", 7: "month", 10: "day"}[len(fact[name])]:
                raise BadStatement("schema", "Một ngày trong gói không đúng độ chính xác ghi cạnh nó.")
    check_calendar(days)


def check_calendar(days: Iterable[str]) -> None:
    """BadStatement unless every partial ISO date, or "", is one of the calendar."""
    for day in days:
        try:
            date.fromisoformat(day + "-01-01"[max(0, len(day) - 4) :] if day else "2000-01-01")
        except ValueError:
            raise BadStatement("schema", f"Gói có ngày không có trong lịch: {day}.") from None


def check_heading(record: Mapping[str, Any]) -> None:
    """BadStatement for a name or number with letters nobody sees: they look like others and are found as none."""
    for text in (record["number"], record["cadre"]["full_name"], record["cadre"]["other_names"]):
        if any(unicodedata.category(letter) in ("Cf", "Co", "Cn", "Zl", "Zp") for letter in text):
            raise BadStatement("schema", "Số hoặc họ tên trong gói có ký tự ẩn.")


def _check_sources(record: Mapping[str, Any]) -> None:
    """Every paper a fact names is in the package, and has the page."""
    pages = {paper["id"]: paper["pages"] for paper in record["papers"]}
    for fact in record["facts"]:
        source = fact["source"]
        if source["paper"] and (source["paper"] not in pages or source["page"] > pages[source["paper"]]):
            raise BadStatement("source", "Một dòng thông tin dẫn tài liệu hoặc trang không có trong gói.")
