#!/usr/bin/env python3
"""A second, independent verifier of the journal: one file, Python's standard library and `cryptography`.

It shares no code with the program that writes the journal, so that one mistake cannot hide in both.

    verify_journal.py --key journal_key.pub (--database oms.db | --export journal.jsonl) [--witness FILE ...]
    verify_journal.py --key journal_key.pub --proof proof.json [--keys journal_keys.txt]

--database reads the SQLite file (opened read-only), --export the lines of `oms journal export`: signed checkpoints and
the entries. --witness are files of checkpoints kept elsewhere; the bare three lines of a printed sheet are one too.
--proof checks the line of `oms journal prove`. --keys are the changes of the signing key, each signed by both keys: the
key given by --key must be one of the chain, and each head is held against the key of its size. Exit status: 0 whole, 1
not whole (the first entry that cannot be trusted is named), 2 wrong usage.

What is checked: numbers dense from 1; each entry hashes to its leaf (format 1: JSON object with sorted keys; format 2:
28 columns in their order joined by U+001F); the Merkle tree of RFC 6962 over the leaves has, at each size, the root of
every checkpoint that was given, each counted once; each signature is the key's; time goes back by no more than two
seconds unless the entry is journal:clock; an entry without a body is covered by a later journal:prune.
"""

import argparse
import base64
import datetime
import hashlib
import json
import pathlib
import sqlite3
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ORIGIN, ROTATION, KEY_NAME = "oms/journal", "oms/journal-key", "oms-journal"
ORDER = """v seq at clock actor_id actor_name on_behalf role session address request verb outcome rule policy
    object_kind object_id object_label unit_path secrecy compartment purpose task reason pages bytes detail salt
""".split()  # noqa: SIM905
NUMBERS = {"v", "seq", "clock", "secrecy", "pages", "bytes"}
NOT_IN_1 = {"v", "clock", "on_behalf", "request", "rule", "policy", "pages", "bytes"}


def sha(data):
    return hashlib.sha256(data).digest()


class Fault(Exception):
    """The first thing that cannot be trusted."""

    def __init__(self, seq, text):
        super().__init__(text)
        self.seq = seq


class Tree:
    """Stack of (height, hash) of the complete subtrees, left to right."""

    def __init__(self):
        self.size, self.stack = 0, []

    def push(self, leaf):
        height, node = 0, leaf
        while self.stack and self.stack[-1][0] == height:
            node = sha(b"\x01" + self.stack.pop()[1] + node)
            height += 1
        self.stack.append((height, node))
        self.size += 1

    def root(self):
        if not self.stack:
            return sha(b"")
        node = self.stack[-1][1]
        for _height, left in self.stack[-2::-1]:
            node = sha(b"\x01" + left + node)
        return node


def body_of(row):
    """The bytes an entry is hashed as; None for a pruned entry."""
    for name in ORDER:
        if type(row.get(name)) is not (int if name in NUMBERS else str):
            raise Fault(row.get("seq"), f"column {name} has a wrong type")
    if row["v"] == 2:
        parts = [str(row[name]) for name in ORDER]
        if any("\x1f" in part for part in parts):
            raise Fault(row["seq"], "a column holds the separator")
        return "\x1f".join(parts).encode()
    if row["v"] == 1:
        if any(row[name] for name in NOT_IN_1 - {"v"}):
            raise Fault(row["seq"], "an entry of format 1 has columns of format 2")
        old = {name: row[name] for name in sorted(ORDER) if name not in NOT_IN_1}
        return json.dumps(old, ensure_ascii=False, separators=(",", ":")).encode()
    if row["v"] == 0 and not any(row[name] for name in ORDER if name != "seq"):
        return None
    raise Fault(row["seq"], f"entry {row['seq']} has no known format")


def from_database(path, hold):
    """Rows of the SQLite file, which is only read; its checkpoints are given to hold first."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        for row in connection.execute("SELECT note FROM checkpoints"):
            hold(row["note"])
        yield from map(dict, connection.execute("SELECT * FROM journal ORDER BY seq"))
    except sqlite3.Error as error:
        raise Fault(None, f"the database cannot be read: {error}") from error


def from_export(path, hold):
    """Rows of the lines of an export; the checkpoints that stand before them are given to hold."""
    blank = {name: 0 if name in NUMBERS else "" for name in ORDER}
    with open(path, encoding="utf-8") as file:
        for line in file:
            try:
                row = json.loads(line)
                if "checkpoint" in row:
                    hold(row["checkpoint"])
                    continue
                row["leaf"] = bytes.fromhex(row["leaf"])
            except (ValueError, KeyError, TypeError) as error:
                raise Fault(None, "a line of the export cannot be read") from error
            yield {**blank, **row} if row.get("v") == 0 else row


def split(text):
    """Notes of a witness file: each begins with the origin line."""
    before, *notes = f"\n{text}\n".split(f"\n{ORIGIN}\n")
    if before.strip():
        raise Fault(None, "a witness file does not begin with a checkpoint")
    return [f"{ORIGIN}\n{note}" for note in notes]


def keys_of(path, trusted):
    """(key, first size, last size) of every key of the chain in which the trusted key stands; both sign each change."""
    found, start, following = [], 0, None
    for part in (pathlib.Path(path).read_text("utf-8") if path else "").split(ROTATION + "\n")[1:]:
        body, _, rest = part.partition("\n\n")
        size, *pair = body.split("\n")
        for public, line in zip(pair, rest.strip("\n").split("\n"), strict=True):
            raw, text = base64.b64decode(line.split(" ")[2]), f"{ROTATION}\n{body}\n".encode()
            try:
                Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(raw[4:], text)
            except InvalidSignature:
                raise Fault(None, f"the change of the key at {size} is not signed by both keys") from None
        if following not in (None, pair[0]) or len(pair) != 2 or int(size) + 1 < start:
            raise Fault(None, f"the change of the key at {size} does not follow the one before")
        found.append((bytes.fromhex(pair[0]), start, int(size)))
        start, following = int(size) + 1, pair[1]
    found.append((bytes.fromhex(following) if following else trusted, start, float("inf")))
    if trusted not in [key for key, _, _ in found]:
        raise Fault(None, "the changes of the key do not lead to the key that was given")
    return found


def head_of(note, keys, signed=True):
    """(size, root) of a checkpoint signed by the key of its size; of bare lines when they need none."""
    body, _, rest = str(note).partition("\n\n")
    try:
        origin, size, root = body.rstrip("\n").split("\n")
        size, root = int(size), base64.b64decode(root, validate=True)
        if origin != ORIGIN or len(root) != 32 or size < 0:
            raise ValueError
    except ValueError:
        raise Fault(None, "a checkpoint cannot be read") from None
    if not rest.strip() and not signed:
        return size, root
    text = (body + "\n").encode()
    ids = {sha(KEY_NAME.encode() + b"\n\x01" + key)[:4]: key for key, first, last in keys if first <= size <= last}
    for line in rest.strip("\n").split("\n"):
        dash, _, blob = line.partition(" " + KEY_NAME + " ")
        try:
            raw = base64.b64decode(blob, validate=True)
            if dash == "—" and raw[:4] in ids:
                Ed25519PublicKey.from_public_bytes(ids[raw[:4]]).verify(raw[4:], text)
                return size, root
        except ValueError:
            continue
        except InvalidSignature:
            break
    raise Fault(None, f"the signature of checkpoint {size} is not valid")


def in_time(row, before):
    """Time may go back by two seconds; by more only in an entry that says the clock was set."""
    if not before or row["v"] != 2 or row["at"] >= before or row["verb"] == "journal:clock":
        return
    try:
        back = datetime.datetime.fromisoformat(before) - datetime.datetime.fromisoformat(row["at"])
    except ValueError:
        raise Fault(row["seq"], f"entry {row['seq']} has no time") from None
    if back > datetime.timedelta(seconds=2):
        raise Fault(row["seq"], f"entry {row['seq']} goes back in time and nothing says why")


def reached(tree, heads):
    """Every checkpoint of the size that has been reached has this root; removes them."""
    wanted = heads.pop(tree.size, set())
    if wanted and wanted != {tree.root()}:
        raise Fault(None, f"entries up to {tree.size} do not match the checkpoint at {tree.size}")


def verify(rows, heads):
    """Walks the entries once; returns (entries, pruned, root)."""
    tree, before, emptied, allowed = Tree(), "", set(), []
    reached(tree, heads)
    for row in rows:
        seq = tree.size + 1
        if row.get("seq") != seq:
            raise Fault(seq, f"entry {seq} is missing (found {row.get('seq')})")
        body = body_of(row)
        if body is None:
            emptied.add(seq)
        elif sha(b"\x00" + body) != row["leaf"]:
            raise Fault(seq, f"entry {seq} was changed")
        if not isinstance(row["leaf"], bytes) or len(row["leaf"]) != 32:
            raise Fault(seq, f"entry {seq} has no hash")
        in_time(row, before)
        before = row["at"]
        if body is not None and row["verb"] == "journal:prune":
            told = json.loads(row["detail"])
            allowed.append((told["first"], told["last"], seq))
        tree.push(row["leaf"])
        reached(tree, heads)
    if heads:
        raise Fault(tree.size + 1, f"entries {tree.size + 1} to {max(heads)} are missing: a checkpoint was kept")
    pruned = len(emptied)
    for first, last, by in allowed:
        emptied -= {seq for seq in emptied if first <= seq <= last and seq < by}
    if emptied:
        raise Fault(min(emptied), f"entry {min(emptied)} was emptied without a pruning that says so")
    return tree.size, pruned, base64.b64encode(tree.root()).decode()


def prove(path, keys):
    """Checks one inclusion proof against the signed checkpoint in it (RFC 9162 2.1.3.2)."""
    told = json.loads(pathlib.Path(path).read_text("utf-8"))
    size, root = head_of(told["checkpoint"], keys)
    index, node, last = told["index"], bytes.fromhex(told["leaf"]), size - 1
    if not 0 <= index < size:
        raise Fault(None, "no such entry in the checkpoint")
    for step in (base64.b64decode(part) for part in told["proof"]):
        if last == 0:
            raise Fault(index + 1, "the proof is too long")
        if index % 2 or index == last:
            node = sha(b"\x01" + step + node)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            node = sha(b"\x01" + node + step)
        index, last = index // 2, last // 2
    if last or node != root:
        raise Fault(told["index"] + 1, "the proof does not lead to the checkpoint")
    return told["index"] + 1, size


def run(args):
    """What was found, in words; Fault when it is not whole."""
    keys = keys_of(args.keys, bytes.fromhex(pathlib.Path(args.key).read_text("ascii").strip()))
    if args.proof:
        return "proved: entry {} is in the checkpoint at {}".format(*prove(args.proof, keys))
    heads, known = {}, set()

    def hold(note, signed=True):
        size, root = head_of(note, keys, signed)
        heads.setdefault(size, set()).add(root)
        known.add((size, root))

    for path in args.witness:
        for note in split(pathlib.Path(path).read_text("utf-8", errors="replace")):
            hold(note, signed=False)
    rows = from_database(args.database, hold) if args.database else from_export(args.export, hold)
    size, pruned, root = verify(rows, heads)
    return f"whole: {size} entries ({pruned} pruned), {len(known)} checkpoints, root {root}"


def main():
    parser = argparse.ArgumentParser(description="Verifies the journal without the program that wrote it.")
    parser.add_argument("--key", required=True, help="journal_key.pub")
    parser.add_argument("--database", help="the SQLite file")
    parser.add_argument("--export", help="lines of `oms journal export`")
    parser.add_argument("--witness", action="append", default=[], help="file of checkpoints, or three typed lines")
    parser.add_argument("--keys", help="journal_keys.txt: changes of the signing key")
    parser.add_argument("--proof", help="line of `oms journal prove`")
    args = parser.parse_args()
    if sum(map(bool, (args.database, args.export, args.proof))) != 1:
        parser.error("give one of --database, --export, --proof")
    try:
        print(run(args))
    except Fault as fault:
        first = f"first bad entry: {fault.seq}; " if fault.seq else ""
        print(f"NOT WHOLE: {first}{fault}")
        return 1
    except (OSError, ValueError, KeyError, IndexError) as error:
        print(f"cannot read: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
