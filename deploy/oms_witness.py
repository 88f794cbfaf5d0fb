#!/usr/bin/env python3
"""A witness of the journal for the reviewer's own PC: one file, Python's standard library and `cryptography`.

    oms_witness.py init --name may-kiem-tra                    makes this machine's key, prints its public half
    oms_witness.py once  --url URL --token WORD --key HEX      one look; exit status 1 is an alarm
    oms_witness.py watch --url URL --token WORD --key HEX      a look every minute (--every SECONDS) until stopped
    oms_witness.py file  --notes FILE --key HEX                the same from a file of checkpoints on another medium

After the journal's key was changed, --key takes both, the old one first: HEX,HEX. `verify_journal.py --keys` shows that
the old key signed for the new one; look before you enter it.

It remembers the last head that it saw (in ~/.oms-witness, or --home). Each new head must be signed by the journal's key
and must have grown out of the one remembered: the server proves it (RFC 6962 consistency). Then this machine cosigns
(C2SP tlog-cosignature) and sends its line back. A smaller head, another head of the same size or a proof that fails
means that the journal was rolled back or rewritten: nothing is remembered, nothing is signed, the alarm is said and
written to alarm.txt with both heads.
"""

import argparse
import base64
import hashlib
import os
import pathlib
import sys
import time
import urllib.error
import urllib.request

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ORIGIN, JOURNAL = "oms/journal", "oms-journal"


class Alarm(Exception):
    """The journal is not the one that this machine saw before."""


def sha(data):
    return hashlib.sha256(data).digest()


def key_id(name, kind, public):
    return sha(name.encode() + b"\n" + bytes([kind]) + public)[:4]


def head_of(note, journal_keys):
    """(size, root, three lines) of a head that one of the journal's keys signed."""
    body, _, rest = note.partition("\n\n")
    origin, size, root = body.split("\n")
    if origin != ORIGIN:
        raise Alarm("not a checkpoint of the journal")
    text = body + "\n"
    for line in rest.strip("\n").split("\n"):
        parts = line.split(" ")
        if len(parts) == 3 and parts[1] == JOURNAL:
            raw = base64.b64decode(parts[2], validate=True)
            known = [key for key in journal_keys if raw[:4] == key_id(JOURNAL, 1, key)]
            if not known:
                raise Alarm("the checkpoint is signed by another key")
            try:
                Ed25519PublicKey.from_public_bytes(known[0]).verify(raw[4:], text.encode())
            except InvalidSignature:
                raise Alarm("the signature of the checkpoint is not valid") from None
            return int(size), base64.b64decode(root, validate=True), text
    raise Alarm("the checkpoint is not signed by the journal")


def grew(first, second, proof, old, new):
    """RFC 9162 2.1.4.2: the tree of `second` leaves begins with the tree of `first` leaves."""
    if first == second:
        return not proof and old == new
    path = ([old] if first & (first - 1) == 0 else []) + proof
    if not path:
        return False
    a, b = first - 1, second - 1
    while a & 1:
        a, b = a >> 1, b >> 1
    left = right = path[0]
    for step in path[1:]:
        if b == 0:
            return False
        if a & 1 or a == b:
            left, right = sha(b"\x01" + step + left), sha(b"\x01" + step + right)
            while a and not a & 1:
                a, b = a >> 1, b >> 1
        else:
            right = sha(b"\x01" + right + step)
        a, b = a >> 1, b >> 1
    return b == 0 and left == old and right == new


class Home:
    """This machine's key and the last head it saw."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def make(self, name):
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.folder / "key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        key = Ed25519PrivateKey.generate()
        with os.fdopen(handle, "wb") as file:
            file.write(key.private_bytes_raw())
        (self.folder / "name").write_text(name)
        return key.public_key().public_bytes_raw().hex()

    def cosign(self, body):
        """The note of a head with this machine's line under it."""
        key = Ed25519PrivateKey.from_private_bytes((self.folder / "key").read_bytes())
        name, at = (self.folder / "name").read_text(), int(time.time())
        signature = key.sign(f"cosignature/v1\ntime {at}\n{body}".encode())
        blob = key_id(name, 4, key.public_key().public_bytes_raw()) + at.to_bytes(8, "big") + signature
        return f"{body}\n— {name} {base64.b64encode(blob).decode()}\n"

    def last(self):
        path = self.folder / "last"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def keep(self, note):
        with (self.folder / "seen.txt").open("a", encoding="utf-8") as file:
            file.write(note + "\n")
        fresh = self.folder / "last.new"
        fresh.write_text(note, encoding="utf-8")
        fresh.replace(self.folder / "last")

    def alarm(self, text, before, now):
        with (self.folder / "alarm.txt").open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\nkept:\n{before}\nshown:\n{now}\n\n")


def ask(args, path, data=None):
    request = urllib.request.Request(args.url.rstrip("/") + path, data=data)
    request.add_header("Authorization", f"Bearer {args.token}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def judged(home, note, proof, journal_keys):
    """Checks a head against the last one kept; the three lines when it is good. Alarm otherwise."""
    size, root, body = head_of(note, journal_keys)
    before = home.last()
    if before:
        old_size, old_root, _ = head_of(before, journal_keys)
        if size < old_size:
            raise Alarm(f"the journal was rolled back: {old_size} entries were seen, {size} are shown")
        if not grew(old_size, size, proof, old_root, root):
            raise Alarm(f"the journal was rewritten: the head at {size} did not grow out of the one at {old_size}")
    home.keep(note)
    return size, body


def once(args, home, journal_keys):
    before = home.last()
    old = head_of(before, journal_keys)[0] if before else 0
    shown = ""
    try:
        try:
            answer = ask(args, f"/witness/checkpoint?old={old}")
        except urllib.error.HTTPError as error:
            if error.code == 409:
                raise Alarm(f"the server does not know the head at {old} that it showed before") from None
            raise
        steps, _, shown = answer.partition("\n\n") if not answer.startswith("\n") else ("", "", answer[1:])
        proof = [base64.b64decode(step, validate=True) for step in steps.split("\n") if step]
        size, body = judged(home, shown, proof, journal_keys)
        ask(args, "/witness/cosignature", home.cosign(body).encode())
        return size
    except Alarm as alarm:
        home.alarm(str(alarm), before, shown)
        raise


def from_file(args, home, journal_keys):
    """Heads of a file on another medium: each signed, none smaller or other than one seen; no proof is to be had."""
    home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    text, seen = pathlib.Path(args.notes).read_text(encoding="utf-8"), {}
    for part in (home.folder / "seen.txt").read_text(encoding="utf-8").split(ORIGIN + "\n")[1:] if home.last() else ():
        size, root, _ = head_of(ORIGIN + "\n" + part, journal_keys)
        seen[size] = root
    note = ""
    for part in text.split(ORIGIN + "\n")[1:]:
        note = ORIGIN + "\n" + part.rstrip("\n") + "\n"
        size, root, _ = head_of(note, journal_keys)
        if seen.setdefault(size, root) != root:
            home.alarm("two heads of one size", home.last(), note)
            raise Alarm(f"two different heads of {size} entries: the journal was forked")
    if not note and not home.last():
        raise ValueError("no checkpoint in the file")
    if home.last() and (not note or max(seen) != head_of(note, journal_keys)[0]):
        home.alarm("the file ends before the last head that was seen", home.last(), note)
        raise Alarm("the file ends before the last head that was seen")
    home.keep(note)
    return max(seen)


def main():
    parser = argparse.ArgumentParser(description="Witnesses the journal on a machine of its own.")
    parser.add_argument("act", choices=["init", "once", "watch", "file"])
    parser.add_argument("--home", default=str(pathlib.Path.home() / ".oms-witness"))
    parser.add_argument("--name", default="witness")
    for name in ("url", "token", "key", "notes"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--every", type=float, default=60)
    args = parser.parse_args()
    home = Home(args.home)
    if args.act == "init":
        try:
            print(home.make(args.name))
        except FileExistsError:
            parser.error(f"{args.home} holds a witness already; nothing was changed")
        return 0
    try:
        journal_keys, status = [bytes.fromhex(key) for key in args.key.split(",")], 0
    except ValueError:
        parser.error("--key is what stands in journal_key.pub (64 hex digits), not the name of the file")
    while True:
        try:
            size = from_file(args, home, journal_keys) if args.act == "file" else once(args, home, journal_keys)
            print(f"{time.strftime('%H:%M:%S')} seen and cosigned: {size} entries", flush=True)
            status = 0
        except Alarm as alarm:
            print(f"\a*** ALARM / BÁO ĐỘNG: {alarm}. Giữ nguyên máy chủ, báo ngay người phụ trách an ninh.", flush=True)
            status = 1
        except (OSError, ValueError) as error:
            print(f"not reached / chưa kết nối được: {type(error).__name__} {error}", file=sys.stderr, flush=True)
            status = 2
        if args.act != "watch":
            return status
        time.sleep(args.every)


if __name__ == "__main__":
    sys.exit(main())
