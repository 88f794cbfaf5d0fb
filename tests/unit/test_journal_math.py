"""The journal's mathematics against an independent reading of RFC 6962, and every way to tamper with it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.domain.checkpoints import Checkpoint, note_body, parse_note, signed_note
from oms.domain.journal import COLUMNS, SEPARATOR, SINCE_2, WHOLE_NUMBERS, Entry, canonical, leaf_hash
from oms.domain.journal_check import Portion, Verdict
from oms.domain.journal_check import verify as verify_portions
from oms.domain.merkle import Frontier, consistency_proof, consistent, includes, inclusion_proof, root_of

RFC_INPUTS = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
]
RFC_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Roots of the first 0 to 8 inputs, as published with the Certificate Transparency reference code."""


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1 as written there: recursive, splitting at the largest power of two below n."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def tree(leaves: list[bytes]) -> Frontier:
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    leaves = [hashlib.sha256(b"\x00" + data).digest() for data in RFC_INPUTS[:size]]
    assert tree(leaves).root().hex() == RFC_ROOTS[size]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(min_size=32, max_size=32), max_size=70), st.integers(0, 70))
def test_any_size_agrees_with_the_definition_also_when_taken_up_again(leaves: list[bytes], cut: int) -> None:
    first = tree(leaves[:cut])
    assert first.root() == mth(leaves[:cut])
    taken_up = Frontier.load(first.size, first.dump())
    for leaf in leaves[cut:]:
        taken_up.append(leaf)
    assert taken_up.root() == mth(leaves)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70), st.data())
def test_proofs_lead_to_the_head_and_only_there(leaves: list[bytes], data: st.DataObject) -> None:
    size, root = len(leaves), mth(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(leaves, index)
    assert includes(leaves[index], index, size, proof, root)
    assert not includes(leaves[index], index, size, [*proof, bytes(32)], root)
    assert not includes(bytes(32), index, size, proof, root) or leaves[index] == bytes(32)
    first = data.draw(st.integers(1, size))
    grown = consistency_proof(leaves, first)
    assert consistent(first, size, grown, mth(leaves[:first]), root)
    assert not consistent(first, size, grown, mth(leaves[:first]), hashlib.sha256(root).digest())
    assert not consistent(first, size, [*grown, bytes(32)], mth(leaves[:first]), root)
    assert root_of(leaves) == root


def test_a_frontier_that_does_not_fit_its_size_is_refused() -> None:
    three = tree([bytes(32)] * 3)
    with pytest.raises(ValueError, match="does not fit"):
        Frontier.load(4, three.dump())


def entry(seq: int, **more: object) -> Entry:
    values: dict[str, object] = {name: 7 if name in WHOLE_NUMBERS else f"{name} {seq}" for name in COLUMNS}
    at = f"2026-11-02T01:00:00.{seq:03d}Z"
    return Entry(**(values | {"v": 2, "seq": seq, "secrecy": 0, "at": at} | more))  # type: ignore[arg-type]


OLD_LEAF = "caad28de27b9a291d1b4928fa8052d53004924e02118f4dd8d384bec50e7d543"
"""Computed with the program before there was a second format."""


def old_entry(seq: int, **more: object) -> Entry:
    """A row as it was written before format 2."""
    blank = {name: 0 if name in WHOLE_NUMBERS else "" for name in SINCE_2}
    return entry(seq, **(blank | {"v": 1} | more))


def test_the_leaf_is_made_of_every_column_in_an_order_that_stays() -> None:
    made = entry(1)
    assert canonical(made).decode().split(SEPARATOR) == [str(getattr(made, name)) for name in COLUMNS]
    assert leaf_hash(made) == hashlib.sha256(b"\x00" + canonical(made)).digest()
    assert "Tỉnh uỷ" in canonical(entry(1, object_label="Tỉnh uỷ")).decode()
    assert leaf_hash(made).hex() == "45e988c74824e8fd4b31f43e90a5e57ccfa8d01b1602c5917c37d171a6f2c623"


def test_an_old_row_is_hashed_as_it_was() -> None:
    """The columns, their names and their order as the first release wrote them."""
    made = old_entry(5)
    assert leaf_hash(made).hex() == OLD_LEAF


@pytest.mark.parametrize("column", [name for name in SINCE_2 if name != "v"])
def test_an_old_row_cannot_be_given_what_it_did_not_have(column: str) -> None:
    rows = [(old_entry(1), leaf_hash(old_entry(1))), (entry(2), leaf_hash(entry(2)))]
    heads = [sealed(2, rows)]
    assert verify(rows, heads, signature_ok).whole
    filled = replace(rows[0][0], **{column: 5 if column in WHOLE_NUMBERS else "x"})
    verdict = verify([(filled, rows[0][1]), rows[1]], heads, signature_ok)
    assert (verdict.whole, verdict.first_bad) == (False, 1)


@pytest.mark.parametrize("version", [0, 1, 3, -2])
def test_a_row_cannot_change_its_format(version: int) -> None:
    rows = rows_of(3)
    rows[1] = (replace(rows[1][0], v=version), rows[1][1])
    verdict = verify(rows, [sealed(3, rows_of(3))], signature_ok)
    assert (verdict.whole, verdict.first_bad) == (False, 2)


KEY = Ed25519PrivateKey.generate()


def sealed(size: int, rows: list[tuple[Entry, bytes]], key: Ed25519PrivateKey = KEY) -> Checkpoint:
    body = note_body(size, mth([leaf for _entry, leaf in rows[:size]]))
    return parse_note(signed_note(body, "oms-journal", b"kkkk", key.sign(body.encode())))


def signature_ok(head: Checkpoint) -> bool:
    try:
        KEY.public_key().verify(head.signature, head.body.encode())
    except InvalidSignature:
        return False
    return True


def verify(rows: list[tuple[Entry, bytes]], heads: list[Checkpoint], ok: Callable[[Checkpoint], bool]) -> Verdict:
    """In portions of three, so that heads fall within and between portions."""
    parts = [Portion.of(rows[start : start + 3]) for start in range(0, len(rows), 3)]
    return verify_portions(parts, heads, ok)


def rows_of(count: int) -> list[tuple[Entry, bytes]]:
    return [(made, leaf_hash(made)) for made in map(entry, range(1, count + 1))]


def judged(rows: list[tuple[Entry, bytes]], *sizes: int) -> Verdict:
    """The verdict on ``rows`` against heads sealed over ten honest entries."""
    honest = rows_of(10)
    return verify(rows, [sealed(size, honest) for size in sizes], signature_ok)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 40), st.lists(st.integers(0, 40), max_size=5))
def test_an_honest_journal_raises_no_alarm(count: int, sizes: list[int]) -> None:
    rows = rows_of(count)
    heads = [sealed(size, rows) for size in sizes if size <= count]
    verdict = verify(rows, heads, signature_ok)
    assert verdict.whole
    assert (verdict.entries, verdict.checkpoints, verdict.first_bad) == (
        count,
        len({head.body for head in heads}),
        None,
    )
    assert base64.b64decode(verdict.root) == mth([leaf for _entry, leaf in rows])


@pytest.mark.parametrize("column", [name for name in COLUMNS if name not in WHOLE_NUMBERS])
def test_an_edit_of_any_column_is_found_and_named(column: str) -> None:
    rows = rows_of(10)
    rows[5] = (replace(rows[5][0], **{column: "khác"}), rows[5][1])
    verdict = judged(rows, 10)
    assert not verdict.whole
    assert verdict.first_bad == 6


@pytest.mark.parametrize("column", ["clock", "secrecy", "pages", "bytes"])
def test_an_edit_of_a_number_is_found_and_named(column: str) -> None:
    rows = rows_of(10)
    rows[5] = (replace(rows[5][0], **{column: 3}), rows[5][1])
    assert judged(rows, 10).first_bad == 6


def test_a_lowered_secrecy_is_found() -> None:
    secret = entry(1, secrecy=2)
    verdict = verify([(replace(secret, secrecy=0), leaf_hash(secret))], [], signature_ok)
    assert (verdict.whole, verdict.first_bad) == (False, 1)


def test_an_edit_with_its_leaf_made_anew_is_found_by_the_checkpoint() -> None:
    rows = rows_of(10)
    changed = replace(rows[5][0], outcome="done")
    rows[5] = (changed, leaf_hash(changed))
    verdict = judged(rows, 4, 10)
    assert not verdict.whole
    assert verdict.first_bad == 5  # the first entry after the last head that still holds
    assert "5 to 10" in verdict.problem


def renumbered(rows: list[tuple[Entry, bytes]]) -> list[tuple[Entry, bytes]]:
    made = [replace(one, seq=number) for number, (one, _leaf) in enumerate(rows, start=1)]
    return [(one, leaf_hash(one)) for one in made]


def without(rows: list[tuple[Entry, bytes]], place: int) -> list[tuple[Entry, bytes]]:
    return rows[:place] + rows[place + 1 :]


def swapped(rows: list[tuple[Entry, bytes]]) -> list[tuple[Entry, bytes]]:
    return [*rows[:3], rows[4], rows[3], *rows[5:]]


@pytest.mark.parametrize(
    ("what", "rows", "first_bad"),
    [
        ("removed", without(rows_of(10), 3), 4),
        ("removed, the rest renumbered", renumbered(without(rows_of(10), 3)), 10),
        ("first one removed", without(rows_of(10), 0), 1),
        ("inserted", [*rows_of(10)[:3], rows_of(10)[8], *rows_of(10)[3:]], 4),
        ("inserted, the rest renumbered", renumbered([*rows_of(10)[:3], (entry(99), b""), *rows_of(10)[3:]]), 1),
        ("swapped", swapped(rows_of(10)), 4),
        ("swapped, renumbered", renumbered(swapped(rows_of(10))), 1),
        ("tail cut", rows_of(10)[:7], 8),
        ("rolled back to nothing", [], 1),
        ("tail cut and filled again", [*rows_of(10)[:7], *renumbered([*rows_of(7), *[(entry(77), b"")] * 4])[7:]], 1),
    ],
)
def test_structural_tampering_is_found(what: str, rows: list[tuple[Entry, bytes]], first_bad: int) -> None:
    verdict = judged(rows, 10)
    assert not verdict.whole, what
    assert verdict.first_bad == first_bad


def test_a_forged_checkpoint_and_another_key_are_found() -> None:
    rows = rows_of(10)
    other = sealed(10, rows, Ed25519PrivateKey.generate())
    assert "signature of checkpoint 10" in verify(rows, [other], signature_ok).problem
    honest = sealed(10, rows)
    forged = replace(honest, body=honest.body.replace("\n10\n", "\n9\n"), size=9)
    assert not verify(rows, [forged], signature_ok).whole


def test_two_heads_of_one_size_must_be_one_head() -> None:
    """A journal rolled back and grown again: the witness holds the older head of the same size."""
    rows = rows_of(10)
    fork = renumbered([*rows[:8], (entry(50), b""), (entry(51), b"")])
    assert not verify(fork, [sealed(10, fork), sealed(10, rows)], signature_ok).whole


@given(st.integers(0, 10**12), st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
def test_a_note_is_read_back_as_written(size: int, root: bytes, signature: bytes) -> None:
    body = note_body(size, root)
    assert body.count("\n") == 3
    head = parse_note(signed_note(body, "oms-journal", b"abcd", signature))
    assert head == Checkpoint(size, root, body, b"abcd", signature)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "oms/journal\n1\n",
        "other/log\n1\nAAAA\n\n— k AAAA\n",
        "oms/journal\nmany\nAAAA\n\n— k AAAA\n",
        signed_note(note_body(1, bytes(32)), "k", b"abcd", bytes(63)),
        signed_note(note_body(1, bytes(32)), "k", b"abcd", bytes(64)).replace("—", "-"),
        signed_note(note_body(1, bytes(32)), "k", b"abcd", bytes(64)).replace("oms/journal\n1", "oms/journal\n1\n1"),
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_note(text)
