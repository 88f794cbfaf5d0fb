"""What partners do to the exchange: files again, words no database takes, forged receipts, ids, days, levels."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from exchanging import (
    Pair,
    came,
    card_of,
    filled,
    lay,
    package,
    partner,
    repacked,
    round_of,
    second_world,
    send,
    states,
    take,
    trust,
    two,
)
from factories import World
from sqlalchemy import select

from oms.domain.access import Role
from oms.domain.packages import BadStatement, canonical, parsed
from oms.errors import InvalidInput
from oms.services import (
    exchange_keys,
    exchange_post,
    exchange_take,
    exchange_view,
)
from oms.services.exchange_bag import opened, part_of
from oms.services.exchange_keys import Keys
from oms.services.exchange_place import Place
from oms.services.exchange_receive import arrive
from oms.services.exchange_take import Placed
from oms.store import destruction
from oms.store.package_tables import ExchangeLink, ExchangePackage, ExchangeRecord
from oms.store.record_tables import ChangeItem
from oms.store.tables import Dossier, Unit

Bend = Callable[[dict[str, Any], dict[str, Any], dict[str, bytes]], None]


@pytest.fixture
def pair(world: World, world_template: Path, tmp_path: Path) -> Iterator[Pair]:
    with two(world, world_template, tmp_path / "second") as made:
        yield made


@pytest.fixture
def sealed(pair: Pair, tmp_path: Path) -> Path:
    """A sound package on its way, in a place of its own."""
    send(pair.here, filled(pair.here))
    round_of(pair.here)
    (made,) = Place(pair.here.house.settings).out.glob("*.oms")
    return Path(shutil.move(made, tmp_path / "sound.oms"))


def bent(pair: Pair, sealed: Path, target: Path, bend: Bend, package_id: str = "") -> Path:
    """The package with statement, record and files bent, signed and sealed by its trusted sender all the same."""
    with opened(sealed, Place(pair.there.house.settings).keys) as bag:
        files = {name: bag.read(name, 10**9) for name in bag.members if name.startswith("data/")}
    statement, name = json.loads(files["data/package.json"]), next(name for name in files if "/records/" in name)
    record = json.loads(files[name])
    statement["id"] = package_id or statement["id"]
    bend(statement, record, files)
    files["data/package.json"], files[name] = canonical(statement), canonical(record)
    parts = [part_of(path, data) for path, data in files.items()]
    return repacked(pair.here, statement["id"], parts, partner(pair.here).recipient, target)


def test_the_same_file_again_while_it_waits_takes_nothing_away(pair: Pair, sealed: Path) -> None:
    for name in ("first.oms", "second.oms"):  # dropped twice at once
        lay(pair.there, sealed, name)
    round_of(pair.there)
    lay(pair.there, sealed, "third.oms")  # and once more, as after a crash before the file was removed
    round_of(pair.there)
    assert states(pair.there) == ["checked"]
    assert take(pair.there, came(pair.there).id).taken


def test_a_file_that_can_not_be_kept_holds_up_no_other(pair: Pair, sealed: Path, tmp_path: Path) -> None:
    """Half a letter (a lone surrogate) passes JSON; no database takes it."""

    def half(statement: dict[str, Any], record: dict[str, Any], files: dict[str, bytes]) -> None:
        statement["reason"] = "lý do \ud800 nửa chữ"

    made = tmp_path / "half.oms"
    with pytest.raises(UnicodeEncodeError):
        bent(pair, sealed, made, half, "a" * 32)

    def escaped(statement: dict[str, Any], record: dict[str, Any], files: dict[str, bytes]) -> None:
        statement["reason"] = "@@"

    with opened(sealed, Place(pair.there.house.settings).keys) as bag:
        files = {name: bag.read(name, 10**9) for name in bag.members if name.startswith("data/")}
    statement = json.loads(files["data/package.json"]) | {"id": "a" * 32, "reason": "@@"}
    files["data/package.json"] = canonical(statement).replace(b"@@", b"\\ud800")
    parts = [part_of(path, data) for path, data in files.items()]
    repacked(pair.here, "a" * 32, parts, partner(pair.here).recipient, made)
    lay(pair.there, made, "0-first.oms")
    lay(pair.there, sealed, "1-sound.oms")
    round_of(pair.there)
    assert "checked" in states(pair.there), "the sound one behind it came in"
    for bad in (b'{"a":"\\ud800"}', b'{"\\udc00":1}', b'["\\udfff"]'):
        with pytest.raises(BadStatement):
            parsed(bad)
    assert parsed(b'{"a":"\\ud83d\\ude00"}') == {"a": "😀"}


def test_one_file_nobody_foresaw_holds_up_no_other(
    pair: Pair, sealed: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = exchange_post.arrive

    def breaks(house: Any, path: Path, *more: Any) -> Any:
        if path.name.startswith("0-"):
            raise RuntimeError("Tô Thị Hiếu")
        return real(house, path, *more)

    monkeypatch.setattr(exchange_post, "arrive", breaks)
    lay(pair.there, sealed, "0-first.oms")
    lay(pair.there, sealed, "1-sound.oms")
    round_of(pair.there)
    assert states(pair.there) == ["checked"]
    assert (Place(pair.there.house.settings).incoming / "0-first.oms").exists(), "kept, and tried again"
    assert "Hiếu" not in caplog.text


def test_text_that_is_made_to_be_slow_is_not() -> None:
    begun = time.monotonic()
    for bad in (b'"' + b'\\"' * 400_000, b'["' + b"\\" * 800_001, b'"' * 800_001, b'{"a":"' + b'\\"x' * 300_000):
        with pytest.raises(BadStatement):
            parsed(bad)
    assert time.monotonic() - begun < 10


def test_two_papers_under_one_id_are_refused(pair: Pair, sealed: Path, tmp_path: Path) -> None:
    """Else one's bytes stand under the other's name, and a sealed list counts two as one."""

    def twice(statement: dict[str, Any], record: dict[str, Any], files: dict[str, bytes]) -> None:
        paper = record["papers"][0]
        ghost = f"data/papers/{'e' * 32}.pdf"
        files[ghost] = files[paper["file"]]
        record["papers"].append(paper | {"file": ghost, "title": "một tài liệu khác"})
        statement["counts"] |= {"papers": 2, "pages": 2 * statement["counts"]["pages"]}

    def renamed(statement: dict[str, Any], record: dict[str, Any], files: dict[str, bytes]) -> None:
        record["papers"][0]["id"] = "d" * 32
        for fact in record["facts"]:
            fact["source"] |= {"paper": "", "page": 0}

    def size(statement: dict[str, Any], record: dict[str, Any], files: dict[str, bytes]) -> None:
        record["papers"][0]["bytes"] += 1

    for number, bend in enumerate((twice, renamed, size)):
        made = bent(pair, sealed, tmp_path / "made.oms", bend, f"{number}" * 32)
        arrival = arrive(pair.there.house, made, pair.there.clock())
        assert package(pair.there, arrival.row_id).state == "refused", bend.__name__


def test_numbers_and_days_that_only_look_like_some_are_refused(pair: Pair, sealed: Path, tmp_path: Path) -> None:
    """Digits of other scripts would pass by the kin's and namesakes' numbers; days that are none break pages."""

    def put(**said: str) -> Bend:
        return lambda statement, record, files: record["cadre"].update(said)

    def fact(**said: Any) -> Bend:
        def bend(statement: dict[str, Any], record: dict[str, Any], files: dict[str, bytes]) -> None:
            record["facts"][0] |= said

        return bend

    def made_at(value: str) -> Bend:
        return lambda statement, record, files: statement.update(made_at=value)

    bends = [
        put(citizen_id="०८६१८१००१२३४"),
        put(birth_date="1961-13-45"),
        put(birth_date="1961-02-30"),
        put(full_name="Tô Thị \u202eếiH"),
        put(full_name="Tô Thị\u200b Hiếu"),
        fact(starts="2026-99-99", starts_precision="day"),
        fact(starts="2026", starts_precision="day"),
        fact(raw={"value": "a\u0000b"}),
        fact(secrecy=1.5),
        made_at("9999-99-99T99:99:99+00:00"),
    ]
    for number, bend in enumerate(bends):
        made = bent(pair, sealed, tmp_path / "made.oms", bend, f"{number:032x}")
        arrival = arrive(pair.there.house, made, pair.there.clock())
        state = package(pair.there, arrival.row_id).state if arrival.row_id else "refused"
        assert state == "refused", number


def test_a_level_is_not_lost_on_the_way_into_a_known_dossier(pair: Pair, sealed: Path, tmp_path: Path) -> None:
    def secret(statement: dict[str, Any], record: dict[str, Any], files: dict[str, bytes]) -> None:
        position = next(fact for fact in record["facts"] if fact["item"] == "position")
        position |= {"secrecy": 1, "values": {"value": "Trưởng ban mật"}, "raw": {"value": "Trưởng ban mật"}}
        statement["highest_level"] = 1

    def whole(statement: dict[str, Any], record: dict[str, Any], files: dict[str, bytes]) -> None:
        record["secrecy"] = 1
        statement["highest_level"] = 1
        next(fact for fact in record["facts"] if fact["item"] == "position")["values"] = {"value": "Trưởng ban mật"}

    pair.there.account("cleared", pair.there.who("officer").role, "D-BTC", "D-BTC", clearance=1)
    known = pair.there.dossier("Tô Thị Hiếu", citizen_id="001161004455", birth_date="05/08/1961", by="cleared")
    pair.there.open(pair.there.who("cleared"), known.dossier.id)
    for number, bend in enumerate((secret, whole)):
        made = bent(pair, sealed, tmp_path / "made.oms", bend, f"{number}" * 32)
        row_id = arrive(pair.there.house, made, pair.there.clock()).row_id
        statement = json.loads(package(pair.there, row_id).report)
        remote = statement["records"][0]["dossier"]
        with pytest.raises(InvalidInput, match="package"):
            take(pair.there, row_id, by="cleared", **{f"r{remote}": Placed(dossier_id=known.dossier.id)})
        with pair.there.house.look() as uow:
            assert not [item for item in uow.session.scalars(select(ChangeItem)) if "mật" in item.body]


def test_a_card_with_an_address_no_program_can_call_is_refused(pair: Pair) -> None:
    keys, about = Keys(pair.there.house.settings.keys), json.loads(card_of(pair.there))
    wrong = (
        "https://host:99999",
        "https://host:x",
        f"https://{'a' * 70}.vn",
        "https://[::1",
        "https://a b",
        "https://h/?q",
    )
    for address in wrong:
        words = {name: about[name] for name in ("name", "code", "party", "state", "zone")} | {"address": address}
        with pytest.raises(InvalidInput):
            exchange_keys.read_card(keys.card(words, pair.there.clock()))


def test_keys_and_what_is_kept_are_the_services_own_whatever_the_umask(world: World, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keys = Keys(tmp_path / "keys")
        keys.make("localhost", world.clock())
        keys.make("localhost", world.clock(), anew=True)
        place = Place(world.house.settings)
        place.make()
        (tmp_path / "x").write_bytes(b"x")
        place.keep(tmp_path / "x")
    finally:
        os.umask(before)
    for path in (tmp_path / "keys").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path.name
    for folder in (tmp_path / "keys", place.kept, place.incoming, place.out):
        assert folder.stat().st_mode & 0o777 == 0o700, folder.name


def test_nothing_in_the_clear_outlives_a_killed_packing(pair: Pair) -> None:
    """What a killed process left: the bag in the clear beside the kept files goes as the sealed one would."""
    place = Place(pair.here.house.settings)
    place.make()
    left = place.kept / ".new-abc"
    left.mkdir()
    (left / "bag.tar").write_bytes(b"clear")
    long_ago = pair.here.clock().timestamp() - 90_000
    for path in (left / "bag.tar", left):
        os.utime(path, (long_ago, long_ago))
    place.sweep(set(), pair.here.clock())
    assert not left.exists()


def test_whose_dossier_is_hidden_by_now_is_not_named_on_its_package(pair: Pair, sealed: Path) -> None:
    pair.there.account("uncleared", Role.RECORDS_OFFICER, "D-BTC", "D-BTC")
    lay(pair.there, sealed, "a.oms")
    round_of(pair.there)
    row_id, officer = came(pair.there).id, pair.there.who("uncleared")
    take(pair.there, row_id)

    def named() -> list[str]:
        with pair.there.work(officer) as uow:
            return [
                each["name"] for each in exchange_view.one(uow, officer, row_id, pair.there.clock()).report["records"]
            ]

    assert named() == ["Tô Thị Hiếu"]
    with pair.there.work() as uow:
        uow.session.scalars(select(Dossier)).one().secrecy = 1
    assert named() == []


def test_what_a_disposal_removes_goes_from_the_exchange_too(pair: Pair, sealed: Path) -> None:
    lay(pair.there, sealed, "a.oms")
    round_of(pair.there)
    row_id = came(pair.there).id
    take(pair.there, row_id)
    with pair.there.work() as uow:
        dossier = uow.session.scalars(select(Dossier)).one()
        destruction.forget_exchanged(uow.session, dossier.id)
    with pair.there.house.look() as uow:
        (row,) = uow.session.scalars(select(ExchangeRecord).where(ExchangeRecord.package_id == row_id))
        assert (row.folded_name, row.birth_date, row.citizen_id) == ("", "", "")
    assert "Hiếu" not in package(pair.there, row_id).report + package(pair.there, row_id).body


def test_words_with_bytes_of_control_hold_up_no_receipt(pair: Pair, sealed: Path) -> None:
    lay(pair.there, sealed, "a.oms")
    round_of(pair.there)
    words = "sai số\x07 hồ sơ\x1b[2J, hãy gửi lại"
    exchange_take.refuse(pair.there.house, pair.there.who("officer"), came(pair.there).id, words, pair.there.clock())
    pair.pass_over(pair.there, pair.here)
    with pair.here.house.look() as uow:
        sent = uow.session.scalars(select(ExchangePackage)).one()
    assert sent.state == "refused" and json.loads(sent.answer)["reasons"] == ["sai số hồ sơ[2J, hãy gửi lại"]


def test_receipts_forged_replayed_or_for_anothers_package_change_nothing(
    pair: Pair, sealed: Path, world_template: Path, tmp_path: Path
) -> None:
    """A second partner knows the package's id and digest and answers in the first one's place."""
    third = second_world(world_template, tmp_path / "third")
    with third.work() as uow:
        uow.session.scalars(select(Unit).where(Unit.code == "Q")).one().code = "R"
    trust(pair.here, card_of(third))
    trust(third, card_of(pair.here))
    with pair.here.house.look() as uow:
        sent = uow.session.scalars(select(ExchangePackage)).one()
        uow.session.expunge(sent)

    def answers(world: World, **more: str) -> Path:
        place, (known,) = Place(world.house.settings), [partner(world)]
        root = {"name": "x", "code": "Q" if world is pair.there else "R", "party": "", "state": ""}
        statement = json.loads(sent.body) | {
            "id": os.urandom(16).hex(), "kind": "receipt", "highest_level": 0, "purpose": "receipt",
            "counts": {"records": 0, "facts": 0, "papers": 0, "pages": 0},
            "sender": root | {"key": place.keys.public()},
            "receiver": {"name": "x", "code": "P", "party": "", "state": "", "key": known.verify_key},
            "answer": {"package": sent.package_id, "digest": sent.digest, "outcome": "accepted", "reasons": [],
                       "dossiers": [{"theirs": "b" * 32, "ours": "c" * 32}], "at": "now"} | more,
        }  # fmt: skip
        parts = [part_of("data/package.json", canonical(statement))]
        return repacked(world, statement["id"], parts, known.recipient, tmp_path / "receipt.oms")

    for made in (answers(third), answers(pair.there, digest="0" * 64), answers(pair.there, package="0" * 32)):
        assert arrive(pair.here.house, made, pair.here.clock()).words
        assert package(pair.here, sent.id).state == "sent"
    assert arrive(pair.here.house, answers(pair.there), pair.here.clock()).row_id == sent.id
    assert arrive(pair.here.house, answers(pair.there, outcome="refused"), pair.here.clock()).repeated
    assert package(pair.here, sent.id).state == "accepted"
    with pair.here.house.look() as uow:
        assert uow.session.scalars(select(ExchangeLink)).first() is None, "only of dossiers that were sent"
    third.house.close()
