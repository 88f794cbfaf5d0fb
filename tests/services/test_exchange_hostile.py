"""What nobody can smuggle in: every class of byte tampered with, wrong receivers, forged ids, bombs, absurd sizes."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest
from exchanging import Pair, came, filled, partner, repacked, round_of, send, take, two
from factories import World
from sqlalchemy import delete, select

from oms.domain.bagging import SIGNATURE, TAGS, BadBag
from oms.domain.packages import BOUNDS, BadStatement, canonical, parsed
from oms.services.exchange_bag import BLOCK, Part, opened, part_of, read_tar, write_tar
from oms.services.exchange_place import Place
from oms.services.exchange_receive import arrive
from oms.store import journal
from oms.store.consultation_tables import Notice
from oms.store.package_tables import ExchangePackage, ExchangeRecord
from oms.store.tables import Dossier, Scan


@pytest.fixture
def pair(world: World, world_template: Path, tmp_path: Path) -> Iterator[Pair]:
    with two(world, world_template, tmp_path / "second") as made:
        yield made


@pytest.fixture
def sealed(pair: Pair) -> Path:
    """A sound package on its way."""
    send(pair.here, filled(pair.here))
    round_of(pair.here)
    return next(Place(pair.here.house.settings).out.glob("*.oms"))


def plain(pair: Pair, sealed: Path) -> bytes:
    with opened(sealed, Place(pair.there.house.settings).keys) as bag:
        return bag.path.read_bytes()


def resealed(pair: Pair, tar: bytes, target: Path) -> Path:
    """A tar sealed for the receiver by anybody: the seal needs no secret."""
    target.write_bytes(pyrage.encrypt(tar, [pyrage.x25519.Recipient.from_str(partner(pair.here).recipient)]))
    return target


def nothing_came(world: World) -> None:
    with world.house.look() as uow:
        for table in (ExchangePackage, Dossier, Scan):
            assert uow.session.scalars(select(table)).first() is None


def last_check(world: World) -> str:
    with world.work() as uow:
        found = [entry for entry, _leaf in journal.rows(uow.session) if entry.verb == "exchange:arrive"]
    assert found[-1].outcome == "failed"
    return str(json.loads(found[-1].detail)["check"])


def test_one_bit_anywhere_in_the_bag_is_refused(pair: Pair, sealed: Path, tmp_path: Path) -> None:
    """Each class of byte: headers, padding, end, every tag file, the statement, records, papers."""
    tar = plain(pair, sealed)
    places = {"end": len(tar) - 1, "header": 0, "header mode": 101, "header size": 130, "header magic": 258}
    with opened(sealed, Place(pair.there.house.settings).keys) as bag:
        for name, member in bag.members.items():
            places[name] = member.at + member.size // 2
            places[f"{name} header"] = member.at - BLOCK + 3
            if member.size % BLOCK:
                places[f"{name} padding"] = member.at + member.size
    assert len(places) > 20
    for name, at in places.items():
        bent = bytearray(tar)
        bent[at] ^= 1
        arrival = arrive(pair.there.house, resealed(pair, bytes(bent), tmp_path / "bent.oms"), pair.there.clock())
        assert arrival.words and not arrival.row_id, name
    nothing_came(pair.there)


def test_the_sealed_file_bent_cut_or_longer_is_refused(pair: Pair, sealed: Path, tmp_path: Path) -> None:
    data = sealed.read_bytes()
    bent = bytearray(data)
    bent[len(data) // 2] ^= 1
    for wrong in (bytes(bent), data[:-1], data[: len(data) // 2], data + b"\0", b"", b"PK\x03\x04" + data):
        (tmp_path / "wrong.oms").write_bytes(wrong)
        assert arrive(pair.there.house, tmp_path / "wrong.oms", pair.there.clock()).words
        assert last_check(pair.there) == "seal"
    tar = plain(pair, sealed)
    for wrong in (tar + b"\0" * BLOCK, tar[:-BLOCK], tar + tar, tar[BLOCK:], b"", b"\0" * 1024):
        arrival = arrive(pair.there.house, resealed(pair, wrong, tmp_path / "tar.oms"), pair.there.clock())
        assert arrival.words and last_check(pair.there) == "structure"
    nothing_came(pair.there)


def test_files_swapped_renamed_added_or_left_out_are_refused(pair: Pair, sealed: Path, tmp_path: Path) -> None:
    with opened(sealed, Place(pair.there.house.settings).keys) as bag:
        files = {name: bag.read(name, 10**9) for name in bag.members}
        package_id = bag.package_id
    record = next(name for name in files if "/records/" in name)
    paper = next(name for name in files if "/papers/" in name)
    ghost = f"data/papers/{'e' * 32}.pdf"
    changes: dict[str, Callable[[dict[str, bytes]], Any]] = {
        "swapped": lambda held: held.update({record: held[paper], paper: held[record]}),
        "left out": lambda held: held.pop(paper),
        "added": lambda held: held.update({ghost: b"%PDF-1.4"}),
        "no signature": lambda held: held.pop(SIGNATURE),
        "no tag manifest": lambda held: held.pop(TAGS),
        "upward": lambda held: held.update({"data/../../etc/passwd": b"x"}),
        "absolute": lambda held: held.update({"/etc/passwd": b"x"}),
        "odd name": lambda held: held.update({"data/papers/x.pdf": b"x"}),
        "fetch": lambda held: held.update({"fetch.txt": b"http://example - data/x"}),
    }
    for name, change in changes.items():
        held = dict(files)
        change(held)
        with (tmp_path / "made.tar").open("wb") as out:
            write_tar(package_id, [part_of(path, data) for path, data in sorted(held.items())], out)
        made = resealed(pair, (tmp_path / "made.tar").read_bytes(), tmp_path / "made.oms")
        assert arrive(pair.there.house, made, pair.there.clock()).words, name
    nothing_came(pair.there)


def test_links_folders_and_doubled_names_have_no_form_here(tmp_path: Path, pair: Pair, sealed: Path) -> None:
    tar = plain(pair, sealed)
    name = tar[:100].rstrip(b"\0").decode()
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
        out = io.BytesIO()
        told = tarfile.TarInfo(name)
        told.type, told.linkname = kind, "/etc/passwd"
        out.write(told.tobuf(tarfile.USTAR_FORMAT) + tar)
        (tmp_path / "made.tar").write_bytes(out.getvalue())
        with pytest.raises(BadBag):
            read_tar(tmp_path / "made.tar")
    (tmp_path / "made.tar").write_bytes(tar[: BLOCK * 2] + tar)
    with pytest.raises(BadBag):
        read_tar(tmp_path / "made.tar")


def test_a_package_for_another_receiver_is_refused_even_when_passed_on(pair: Pair, sealed: Path) -> None:
    assert arrive(pair.here.house, sealed, pair.here.clock()).words  # it comes back to its sender
    assert last_check(pair.here) == "seal"
    tar = plain(pair, sealed)  # the receiver passes what it opened on to a third party: here, back to the sender
    sent_on = sealed.with_name("on.oms")
    own = Place(pair.here.house.settings).keys.identities()[0].to_public()
    sent_on.write_bytes(pyrage.encrypt(tar, [own]))
    assert arrive(pair.here.house, sent_on, pair.here.clock()).words and last_check(pair.here) == "trust"


def statement_of(pair: Pair, sealed: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    with opened(sealed, Place(pair.there.house.settings).keys) as bag:
        files = {name: bag.read(name, 10**9) for name in bag.members if name.startswith("data/")}
    return json.loads(files["data/package.json"]), files


def broken(pair: Pair, sealed: Path, tmp_path: Path, bend: Callable[[dict[str, Any], dict[str, Any]], None]) -> str:
    """A package a trusted partner signs all the same, bent before it was packed; why it was refused."""
    statement, files = statement_of(pair, sealed)
    name = next(name for name in files if "/records/" in name)
    record = json.loads(files[name])
    bend(statement, record)
    parts: list[Part] = []
    for path, data in files.items():
        new = {"data/package.json": canonical(statement), name: canonical(record)}.get(path, data)
        parts.append(part_of(path, new))
    recipient = partner(pair.here).recipient
    made = repacked(pair.here, statement["id"], parts, recipient, tmp_path / "bent.oms")
    arrival = arrive(pair.there.house, made, pair.there.clock())
    check = last_check(pair.there)
    if arrival.row_id:  # known sender, sound statement: refused with an answer
        with pair.there.work() as uow:
            row = uow.session.get_one(ExchangePackage, arrival.row_id)
            assert row.state == "refused" and json.loads(row.answer)["outcome"] == "refused"
            uow.session.execute(delete(ExchangeRecord))
            uow.session.delete(row)
    return check


def test_what_a_trusted_partner_gets_wrong_is_refused_by_name(pair: Pair, sealed: Path, tmp_path: Path) -> None:
    def put(into: str, key: str, value: Any) -> Callable[[dict[str, Any], dict[str, Any]], None]:
        def bend(statement: dict[str, Any], record: dict[str, Any]) -> None:
            (statement if into == "statement" else record)[key] = value

        return bend

    def one_fact(**more: Any) -> Callable[[dict[str, Any], dict[str, Any]], None]:
        def bend(_statement: dict[str, Any], record: dict[str, Any]) -> None:
            record["facts"][0] = record["facts"][0] | more

        return bend

    def pages(_statement: dict[str, Any], record: dict[str, Any]) -> None:
        record["papers"][0]["pages"] = 7
        _statement["counts"]["pages"] = 7

    def other_hash(_statement: dict[str, Any], record: dict[str, Any]) -> None:
        record["papers"][0]["sha256"] = "0" * 64

    def many(statement: dict[str, Any], record: dict[str, Any]) -> None:
        record["facts"] = record["facts"][:1] * (BOUNDS.facts + 1)

    expected = {
        "version": put("statement", "version", 2),
        "schema": put("statement", "kind", "everything"),
        "receiver": lambda statement, _record: statement["receiver"].update(key="0" * 64),
        "counts": put("statement", "counts", {"records": 1, "facts": 0, "papers": 1, "pages": 1}),
        "items": one_fact(item="no_such_item"),
        "level": put("statement", "highest_level", 3),
        "papers": pages,
        "manifest": other_hash,
    }
    found = {name: broken(pair, sealed, tmp_path, bend) for name, bend in expected.items()}
    assert found == {name: name for name in expected}
    assert broken(pair, sealed, tmp_path, many) == "counts"
    assert broken(pair, sealed, tmp_path, one_fact(values={"value": "\u0000"})) in ("schema", "items")
    assert broken(pair, sealed, tmp_path, put("statement", "format", "zip")) == "version"


def test_the_same_id_with_another_content_is_refused_and_told_aloud(pair: Pair, sealed: Path, tmp_path: Path) -> None:
    pair.carry(pair.here, pair.there)
    round_of(pair.there)
    first = came(pair.there)
    source = next(Place(pair.here.house.settings).kept.glob("*"))
    statement, files = statement_of(pair, source)
    statement["reason"] = "một lý do khác hẳn lúc đầu"
    parts = [
        part_of(path, canonical(statement) if path == "data/package.json" else data) for path, data in files.items()
    ]
    made = repacked(pair.here, statement["id"], parts, partner(pair.here).recipient, tmp_path / "again.oms")
    arrival = arrive(pair.there.house, made, pair.there.clock())
    assert arrival.words and last_check(pair.there) == "replay"
    guard = pair.there.who("security").account_id
    with pair.there.house.look() as uow:
        told = {row.kind for row in uow.session.scalars(select(Notice)) if row.account_id == guard}
        row = uow.session.get_one(ExchangePackage, first.id)
    assert "exchange_forged" in told and row.state == "checked" and row.digest == first.digest
    assert take(pair.there, first.id).taken, "the first one is as good as it was"


def test_json_is_bounded_before_it_is_parsed() -> None:
    for bad in (
        b"[" * 100_000,
        b'{"a":' * 50 + b"1" + b"}" * 50,
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b"\xff",
        b'"\\ud800',
    ):
        with pytest.raises(BadStatement):
            parsed(bad)
    assert parsed(b'{"a":"[[[[[[[[[[[[[[[[[[[["}') == {"a": "[" * 20}


def test_a_million_rows_are_told_by_their_limit_and_cost_little(pair: Pair, sealed: Path, tmp_path: Path) -> None:
    statement, files = statement_of(pair, sealed)
    name = next(name for name in files if "/records/" in name)
    huge = b'{"facts":[' + b",".join([b"{}"] * 1_000_000) + b"]}"
    parts = [part_of(path, huge if path == name else data) for path, data in files.items()]
    made = repacked(pair.here, statement["id"], parts, partner(pair.here).recipient, tmp_path / "huge.oms")
    arrival = arrive(pair.there.house, made, pair.there.clock())
    with pair.there.house.look() as uow:
        row = uow.session.get_one(ExchangePackage, arrival.row_id)
    assert "1.000.000 dòng" in json.loads(row.report)["words"] and "5.000" in json.loads(row.report)["words"]
