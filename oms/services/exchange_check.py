"""The dry run of a package that came: seal, signature, trust, hashes, version, schema, counts, scope, level, papers.

Nothing is written and nothing believed: what comes out is either everything that would come in, or the first check
that failed with words for people. JSON is parsed only once a partner's signature covers it; papers are opened in the
sandbox, as every file from outside.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oms.domain import packages as words
from oms.domain.bagging import STATEMENT, TAGS, BadBag
from oms.domain.keeping import lines_of, seal_of
from oms.domain.packages import BOUNDS, BadStatement, Kind, is_id, parsed
from oms.domain.record_facts import checked
from oms.domain.record_items import ITEMS
from oms.domain.secrecy import may_hold
from oms.services.exchange_bag import Bag, check_files, opened, signature_of
from oms.services.exchange_keys import Keys, signed_package
from oms.services.exchange_place import check_schema
from oms.store.package_tables import ExchangePartner
from scanning import Rejected, inspect

_STAGE = {
    "size": "structure", "files": "structure", "path": "structure", "hash": "manifest", "json": "schema",
    "depth": "schema", "format": "version", "records": "counts", "facts": "counts", "source": "counts",
}  # fmt: skip


@dataclass
class Examined:
    """What the dry run found. ``failed`` is the check that failed ("" when none), ``words`` why."""

    failed: str = ""
    words: str = ""
    key: str = ""
    digest: str = ""
    partner: ExchangePartner | None = None
    statement: dict[str, Any] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)

    @property
    def answerable(self) -> bool:
        """Whether the sender is known for sure, so that a refusal can be sent back."""
        return self.partner is not None and bool(self.statement) and self.statement["kind"] != Kind.RECEIPT


class _Stop(Exception):
    """A check that failed."""

    def __init__(self, stage: str, why: str) -> None:
        super().__init__(stage)
        self.stage, self.why = stage, why


@dataclass(frozen=True)
class Ground:
    """What the checks ask of this installation: keys, zone, partners by key, whether it came by HTTPS."""

    keys: Keys
    zone: str
    partners: Mapping[str, ExchangePartner]
    known: frozenset[str]
    by_https: str | None = None
    """The fingerprint of the TLS certificate it came under; None by folder."""


def examine(sealed: Path, ground: Ground) -> Examined:
    """The dry run of a sealed file."""
    found = Examined()
    try:
        with opened(sealed, ground.keys) as bag:
            _in_order(bag, ground, found)
    except _Stop as stop:
        found.failed, found.words = stop.stage, stop.why
    except (BadBag, BadStatement) as bad:
        found.failed, found.words = _STAGE.get(bad.code, bad.code), bad.words
    if found.failed in ("schema", "version"):
        found.statement, found.records = {}, []
    return found


def _in_order(bag: Bag, ground: Ground, found: Examined) -> None:
    found.key, found.digest = bag.key, bag.digest
    partner = ground.partners.get(bag.key)
    if partner is None:
        said = (
            "đối tác đã bị thu hồi hoặc đã đổi khoá"
            if bag.key in ground.known
            else "không có đối tác nào dùng khoá này"
        )
        raise _Stop("trust", f"Không nhận: {said}.")
    if ground.by_https is not None and ground.by_https != partner.fingerprint:
        raise _Stop("trust", "Gói đến qua kết nối của một đối tác khác với bên ký.")
    if not signed_package(bag.key, signature_of(bag), bag.read(TAGS, BOUNDS.tag_bytes)):
        raise _Stop("signature", "Chữ ký của gói không đúng: gói đã bị sửa.")
    listed = check_files(bag)
    found.partner = partner
    statement = parsed(bag.read(STATEMENT, BOUNDS.record_bytes))
    words.check_version(statement)
    check_schema("package", statement)
    words.check_made(statement)
    _sides(bag, ground, partner, statement)
    found.statement = statement
    if statement["kind"] == Kind.RECEIPT:
        _no_records(listed, statement)
        return
    found.records = _records(bag, listed)
    words.check_bounds(found.records)
    words.check_agreement(statement, found.records, listed)
    _items(found.records)
    if statement["kind"] == Kind.TRANSFER:
        _sealed_list(statement, found.records)
    _levels(ground, statement)
    _papers(bag, found.records)


def _sides(bag: Bag, ground: Ground, partner: ExchangePartner, statement: Mapping[str, Any]) -> None:
    sender, receiver = statement["sender"], statement["receiver"]
    if statement["id"] != bag.package_id or not is_id(bag.package_id):
        raise _Stop("receiver", "Mã gói trong bản kê không đúng với tệp.")
    if sender["key"] != bag.key or sender["code"] != partner.code:
        raise _Stop("receiver", "Bên gửi ghi trong gói không phải bên đã ký.")
    if receiver["key"] not in ground.keys.ours():
        raise _Stop("receiver", "Gói này lập cho một hệ thống khác.")


def _no_records(listed: Mapping[str, str], statement: Mapping[str, Any]) -> None:
    if set(listed) != {STATEMENT} or any(statement["counts"].values()) or statement["highest_level"]:
        raise BadStatement("counts", "Biên nhận không được mang hồ sơ.")


def _records(bag: Bag, listed: Mapping[str, str]) -> list[dict[str, Any]]:
    paths = sorted(path for path in listed if path.startswith("data/records/"))
    if len(paths) > BOUNDS.records:
        raise BadStatement("records", f"Gói có {len(paths)} hồ sơ; mỗi gói nhiều nhất {BOUNDS.records}.")
    found = []
    for path in paths:
        record = parsed(bag.read(path, BOUNDS.record_bytes))
        if isinstance(record, dict) and isinstance(record.get("facts"), list):
            words.check_bounds([record])
        check_schema("record", record)
        words.check_days(record)
        words.check_heading(record)
        found.append(record)
    if not found:
        raise BadStatement("counts", "Gói không có hồ sơ nào.")
    return found


def _items(records: Sequence[Mapping[str, Any]]) -> None:
    """Every fact is an item of the record, with values as they are kept."""
    for record in records:
        for fact in [*record["facts"], *record["ended"]]:
            if fact["item"] not in ITEMS:
                raise _Stop("items", f"Gói có mục thông tin mà hệ thống này không có: {fact['item']}.")
            kept, wrong = checked(fact["item"], fact["values"])
            if wrong or not kept or kept != fact["values"]:
                raise _Stop("items", f"Giá trị của mục “{ITEMS[fact['item']].label}” không đúng dạng.")


def _sealed_list(statement: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> None:
    """The sealed list of a hand-over is whole and names the papers of the package, no more and no fewer."""
    told = statement["transfer"]
    try:
        lines, head = lines_of(told["contents"]), json.loads(told["contents"])
    except (ValueError, KeyError, TypeError):
        raise _Stop("counts", "Danh mục niêm phong không đọc được.") from None
    if seal_of(told["contents"]) != told["seal"] or head.get("package") != statement["id"]:
        raise _Stop("counts", "Danh mục niêm phong không đúng mã niêm phong.")
    listed = {line.document: (line.pages, line.secrecy) for line in lines}
    held = {paper["id"]: (paper["pages"], paper["secrecy"]) for paper in records[0]["papers"]}
    if len(records) != 1 or head.get("dossier") != records[0]["dossier"] or listed != held:
        raise _Stop("counts", "Tài liệu trong gói không khớp danh mục niêm phong.")


def _levels(ground: Ground, statement: Mapping[str, Any]) -> None:
    level = int(statement["highest_level"])
    if level and ground.by_https is not None:
        raise _Stop("level", "Nội dung có độ mật không được gửi qua kết nối mạng.")
    if not may_hold(ground.zone, level):
        raise _Stop("level", "Máy chủ này không được giữ nội dung có độ mật; bên gửi chỉ được gửi mục đăng ký.")


def _papers(bag: Bag, records: Sequence[Mapping[str, Any]]) -> None:
    """Every paper opens in the sandbox and has the pages it is said to have."""
    with tempfile.TemporaryDirectory(prefix="oms-exchange-") as folder:
        for record in records:
            for paper in record["papers"]:
                if bag.members[paper["file"]].size != paper["bytes"]:
                    raise _Stop("papers", f"Tài liệu số {paper['serial']} không dài như ghi trong hồ sơ.")
                path = Path(folder) / Path(paper["file"]).name
                bag.copy(paper["file"], path)
                try:
                    seen = inspect(path)
                except Rejected as rejected:
                    why = f"Tài liệu số {paper['serial']} không nhận được: {rejected.message_vi}"
                    raise _Stop("papers", why) from None
                finally:
                    path.unlink()
                if seen.page_count != paper["pages"]:
                    why = f"Tài liệu số {paper['serial']} ghi {paper['pages']} trang, đếm được {seen.page_count}."
                    raise _Stop("papers", why)


def summary_of(found: Examined) -> dict[str, Any]:
    """What a page shows of a package before it is taken in: who, from where, how much; no value of a fact."""
    return {
        "failed": found.failed,
        "words": found.words,
        "records": [
            {
                "dossier": record["dossier"],
                "number": record["number"],
                "name": record["cadre"]["full_name"],
                "birth": record["cadre"]["birth_date"],
                "unit": record["unit"],
                "block": record["block"],
                "secrecy": record["secrecy"],
                "groups": record["groups"],
                "facts": len(record["facts"]),
                "ended": len(record["ended"]),
                "stubs": len(record["stubs"]),
                "papers": [
                    {
                        name: paper[name]
                        for name in ("id", "serial", "type", "title", "pages", "secrecy", "form", "signer")
                    }
                    for paper in record["papers"]
                ],
            }
            for record in found.records
        ],
    }
