"""Keys nobody can guess back, stores that keep the same promises, and a search of one record in a block."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from linkage_rows import pairs

from linkage import CADRES, Entry, Feature, Keys, KeyStore, LinkageError, Live, MemoryStore, Record, SqliteStore, load
from linkage import normalise as features

SECRET, OTHER_SECRET = b"a secret of the tests", b"another secret of tests"
MAN = Record(
    "P1", "Nguyễn Văn Tâm", "", "Nam", "17/05/1977", "Xã Nhân Lý, Huyện Chi Lăng, Lạng Sơn", "", "020077349895"
)  # fmt: skip


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    kept = SqliteStore(tmp_path / "keys.db")
    yield kept
    kept.close()


def values(secret: bytes, record: Record = MAN) -> set[int]:
    return {key.value for key in Keys(CADRES, secret).of(features(record))}


def test_keys_differ_from_installation_to_installation() -> None:
    assert values(SECRET) == values(SECRET)
    assert len(values(SECRET)) > 5
    assert not values(SECRET) & values(OTHER_SECRET)


def test_a_short_secret_is_refused() -> None:
    for secret in (b"", b"fifteen letters", b"x" * 65):
        with pytest.raises(LinkageError):
            Keys(CADRES, secret)


def test_keys_reveal_nothing_of_the_record_and_fit_eight_bytes() -> None:
    for key in values(SECRET):
        assert -(2**63) <= key < 2**63
        assert "020077349895" not in str(key)
    # one letter more, and nothing is left in common of the keys that hold the name
    other = values(SECRET, replace(MAN, full_name="Nguyễn Văn Tâmm", birth_date="", birth_place="", citizen_id=""))
    assert not other & values(SECRET, replace(MAN, birth_date="", birth_place="", citizen_id=""))


def test_the_same_value_in_two_rules_is_two_keys() -> None:
    twice = features(replace(MAN, citizen_id="", old_id="207271005", staff_code="207271005"))
    keys = [key.value for key in Keys(CADRES, SECRET).of(twice)]
    assert len(keys) == len(set(keys))
    alone = {key.value for key in Keys(CADRES, SECRET).of(twice._replace(staff_code=None))}
    assert alone < set(keys)


def test_a_record_with_nothing_said_has_no_key() -> None:
    assert Keys(CADRES, SECRET).of(features(Record("P1"))) == []


def entry(record_id: str, *keys: int) -> Entry:
    return Entry(features(Record(record_id, "Lê Văn Tám")), keys)


def test_a_store_finds_what_shares_a_key(store: KeyStore) -> None:
    store.put("gov", [entry("a", 1, 2), entry("b", 2, -3), entry("c", 4)])
    assert store.sharing("gov", {2: 10, 4: 10}) == {"a", "b", "c"}
    assert store.sharing("gov", {-3: 10, 99: 10}) == {"b"}
    assert store.sharing("gov", {}) == set()
    assert store.sharing("party", {2: 10}) == set()
    assert (store.count("gov", 2), store.count("gov", 99), store.size("gov"), store.size("party")) == (2, 0, 3, 0)


def test_a_crowded_key_brings_none(store: KeyStore) -> None:
    store.put("gov", [entry(f"r{number}", 7) for number in range(5)] + [entry("x", 7, 8)])
    assert store.sharing("gov", {7: 5, 8: 5}) == {"x"}
    assert len(store.sharing("gov", {7: 6})) == 6


def test_keeping_a_record_again_replaces_it(store: KeyStore) -> None:
    store.put("gov", [entry("a", 1, 2)])
    store.put("gov", [Entry(features(Record("a", "Trần Thị Bưởi")), (2, 3, 3))])
    assert store.size("gov") == 1
    assert store.sharing("gov", {1: 10}) == set()
    assert store.sharing("gov", {3: 10}) == {"a"}
    assert [Feature(*row).name for row in store.rows("gov", ["a", "nobody"])] == ["tran thi buoi"]


def test_a_removed_record_is_gone_with_its_keys(store: KeyStore) -> None:
    store.put("gov", [entry("a", 1), entry("b", 1)])
    store.remove("gov", ["a", "nobody"])
    assert store.sharing("gov", {1: 10}) == {"b"}
    assert store.rows("gov", ["a"]) == []
    assert store.count("gov", 1) == 1


def test_rows_come_back_as_they_were(store: KeyStore) -> None:
    rows, _others = pairs(3, 20)
    live = Live(load(), store, SECRET)
    live.add("gov", rows)
    kept = store.rows("gov", [row.record_id for row in rows])
    assert sorted(map(tuple, kept)) == sorted(map(tuple, rows))


def test_a_record_finds_its_person_in_the_other_block(store: KeyStore) -> None:
    left, right = pairs(5, 120)
    live = Live(load(), store, SECRET)
    live.add("gov", right)
    best = [live.find(row, "gov") for row in left]
    first = sum(bool(found) and found[0].record_id == f"S{place}" for place, found in enumerate(best))
    assert first > 0.97 * len(left)
    for found in best:
        weights = [candidate.score.weight for candidate in found]
        assert weights == sorted(weights, reverse=True)
        assert all(candidate.margin < 0 for candidate in found[1:])


def test_two_of_one_number_are_both_found_and_neither_stands_out(store: KeyStore) -> None:
    live = Live(load(), store, SECRET)
    live.add("gov", [features(replace(MAN, record_id=name)) for name in ("G1", "G2")])
    found = live.find(features(MAN), "gov")
    assert {candidate.record_id for candidate in found} == {"G1", "G2"}
    assert found[0].margin == 0


def test_a_search_with_another_secret_finds_nobody(store: KeyStore) -> None:
    Live(load(), store, SECRET).add("gov", [features(replace(MAN, record_id="G1"))])
    assert Live(load(), store, OTHER_SECRET).find(features(MAN), "gov") == []


def test_a_half_written_change_is_no_change(tmp_path: Path) -> None:
    kept = SqliteStore(tmp_path / "keys.db")
    kept.put("gov", [entry("a", 1)])

    def breaking() -> Iterator[Entry]:
        yield entry("b", 1)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        kept.put("gov", breaking())
    assert (kept.size("gov"), kept.count("gov", 1)) == (1, 1)
    kept.close()
