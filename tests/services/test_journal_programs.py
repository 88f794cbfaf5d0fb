"""The separate verifier and the witness program: run as programs, against honest and tampered journals."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import threading
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from factories import World
from sqlalchemy import text

from oms import create_app
from oms.domain.journal import COLUMNS, WHOLE_NUMBERS, Verb
from oms.services import anchors, sealing
from oms.services.house import Served, What, note
from oms.settings import CHECKOUT
from oms.store import journal_seal

pytestmark = pytest.mark.embedded("programs that read SQLite's file")

TEXTS = [name for name in COLUMNS if name not in WHOLE_NUMBERS]


def grow(world: World, number: int) -> None:
    with world.work() as uow:
        for place in range(number):
            note(
                uow, None, Verb.STATUS_VIEW, world.clock(), what=What("page", f"p{place}", "Tờ “1”\n"), served=Served(2)
            )
    sealing.seal(world.house, world.clock())


def database_of(world: World) -> Path:
    with world.house.database.transaction() as session:
        session.execute(text("UPDATE units SET name = name"))
    return world.house.settings.home / "oms.db"


def other(world: World, *more: str) -> tuple[int, str]:
    """What the separate program says."""
    key = world.house.settings.keys / "journal_key.pub"
    command = [sys.executable, str(CHECKOUT / "deploy" / "verify_journal.py"), "--key", str(key), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_both_verifiers_agree_on_an_honest_journal_and_on_its_export(world: World, tmp_path: Path) -> None:
    for number in (1, 7, 30):
        grow(world, number)
    witness = world.house.settings.witness / "checkpoints.txt"
    ours = sealing.verify(world.house, None)
    code, said = other(world, "--database", str(database_of(world)), "--witness", str(witness))
    assert code == 0, said
    assert ours.root in said and f"whole: {ours.entries} entries" in said
    out = tmp_path / "journal.jsonl"
    sealing.export(world.house, out, world.clock())
    sealing.seal(world.house, world.clock())
    code, said = other(world, "--export", str(out), "--witness", str(witness))
    assert code == 0, said
    source = (CHECKOUT / "deploy" / "verify_journal.py").read_text()
    assert len(source.splitlines()) <= 300
    assert not re.search(r"^(from|import) (oms|sqlalchemy)", source, re.MULTILINE)


def test_both_verifiers_count_the_same_checkpoints_from_the_file_the_export_and_with_witnesses(
    world: World, tmp_path: Path
) -> None:
    for number in (1, 7, 30):
        grow(world, number)
    witness = ["--witness", str(world.house.settings.witness / "checkpoints.txt")]
    counted = f", {len(sealing.witnessed_notes(world.house.settings.witness))} checkpoints, "
    ours = sealing.verify(world.house, None)
    assert f", {ours.checkpoints} checkpoints, " == counted
    out = tmp_path / "journal.jsonl"
    sealing.export(world.house, out, world.clock())
    for given in (["--database", str(database_of(world))], ["--export", str(out)]):
        for more in ([], witness):
            code, said = other(world, *given, *more)
            assert code == 0 and counted in said, said


def test_an_export_whose_heads_do_not_fit_its_entries_is_not_whole(world: World, tmp_path: Path) -> None:
    grow(world, 7)
    grow(world, 7)
    out = tmp_path / "journal.jsonl"
    sealing.export(world.house, out, world.clock())
    first, *rest = out.read_text().splitlines(keepends=True)
    note_of = json.loads(first)["checkpoint"]
    forged = json.dumps({"checkpoint": note_of.replace("\n7\n", "\n6\n") if "\n7\n" in note_of else note_of[1:]})
    for lines in ([forged + "\n", *rest], [*rest[1:], first], [first, rest[0], *rest[2:]], ["5\n", *rest]):
        out.write_text("".join(lines))
        code, said = other(world, "--export", str(out))
        assert code == 1 and "NOT WHOLE" in said, said


def test_a_proof_stands_alone(world: World, tmp_path: Path) -> None:
    grow(world, 11)
    path = tmp_path / "proof.json"
    for seq in (1, 5, 11):
        with world.house.look() as uow:
            found = journal_seal.inclusion(uow.session, seq)
        assert found is not None
        import base64

        shown = {"index": seq - 1, "leaf": found[0].hex(), "proof": [base64.b64encode(s).decode() for s in found[1]]}
        path.write_text(json.dumps(shown | {"checkpoint": found[2]}))
        assert other(world, "--proof", str(path))[0] == 0
        path.write_text(json.dumps(shown | {"checkpoint": found[2], "index": seq}))
        assert other(world, "--proof", str(path))[0] == 1


@pytest.mark.parametrize("seed", range(6))
def test_both_verifiers_name_the_same_entry(world: World, seed: int) -> None:
    rng = random.Random(seed)
    grow(world, 20)
    column = rng.choice(TEXTS)
    seq = rng.randint(2, 18)
    acts = [
        f"UPDATE journal SET {column} = 'khác' WHERE seq = {seq}",  # noqa: S608
        f"UPDATE journal SET secrecy = secrecy + 1 WHERE seq = {seq}",  # noqa: S608
        f"UPDATE journal SET seq = -1 WHERE seq = {seq}",  # noqa: S608
        f"DELETE FROM journal WHERE seq = {seq}",  # noqa: S608
        f"UPDATE journal SET leaf = zeroblob(32) WHERE seq = {seq}",  # noqa: S608
        "DELETE FROM journal WHERE seq > (SELECT max(seq) - 2 FROM journal)",
    ]
    with world.work() as uow:
        found = uow.session.execute(text("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")).all()
        guards = [(name, sql) for name, sql in found if name.startswith("journal_")]
        for name, _sql in guards:
            uow.session.execute(text(f"DROP TRIGGER {name}"))
        uow.session.execute(text(acts[seed]))
        for _name, sql in guards:
            uow.session.connection().exec_driver_sql(sql)
    ours = sealing.verify(world.house, None)
    code, said = other(world, "--database", str(database_of(world)))
    assert not ours.whole and code == 1
    assert ours.first_bad is not None
    assert f"first bad entry: {ours.first_bad}" in said


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_words: object) -> None:
        """Says nothing."""


def test_a_witness_cosigns_what_grew_and_shouts_at_a_roll_back(world: World, tmp_path: Path) -> None:
    grow(world, 9)
    app = create_app(world.house.settings, world.clock)
    server = make_server("127.0.0.1", 0, app, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    program = [sys.executable, str(CHECKOUT / "deploy" / "oms_witness.py")]
    home = ["--home", str(tmp_path / "witness")]
    public = subprocess.run([*program, "init", "--name", "may-kt", *home], capture_output=True, text=True, check=True)
    anchors.trust(world.house, "may-kt", public.stdout.strip())
    key = world.house.signer.public_bytes().hex()

    def look(token: str) -> tuple[int, str]:
        asked = ["--url", f"http://127.0.0.1:{server.server_port}", "--token", token, "--key", key]
        done = subprocess.run([*program, "once", *asked, *home], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    token = anchors.token(world.house)
    assert re.fullmatch(r"[0-9a-f]{64}", token)  # a "-" first would be read as an option of the program
    assert look("wrong")[0] == 2  # no token, no word
    assert look(token)[0] == 0
    grow(world, 5)
    grow(world, 17)
    code, said = look(token)
    assert code == 0, said
    with world.house.look() as uow:
        size = uow.session.execute(text("SELECT max(size) FROM anchors WHERE kind = 'witness'")).scalar()
        assert size == uow.session.execute(text("SELECT max(size) FROM checkpoints")).scalar()
    with world.work() as uow:
        guards = uow.session.execute(text("SELECT name FROM sqlite_schema WHERE type = 'trigger'")).scalars().all()
        for name in guards:
            uow.session.execute(text(f"DROP TRIGGER {name}"))
        for table, column in (("journal", "seq"), ("checkpoints", "size")):
            uow.session.execute(text(f"DELETE FROM {table} WHERE {column} > 12"))  # noqa: S608
        uow.session.execute(text("DELETE FROM anchors"))
    sealing.seal(world.house, world.clock())
    code, said = look(token)
    assert code == 1, said
    assert "ALARM" in said
    server.shutdown()
    server.server_close()
    app.extensions["oms"].database.close()
