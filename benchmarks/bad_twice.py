"""``twice``: a second instance of each program by mistake, also two at the same moment: one works, the other is told.

The programs are those of ``oms``: the same commands in processes parted from one that has loaded them, so that two
begin within a millisecond of each other; some are started as an operator starts them.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bad_clients import Crowd, Ledger
from benchmarks.bad_house import Installation, Office, free_port, fresh, killed, made
from benchmarks.bad_judge import checked, judged, settle, today
from oms import cli, cli_running, cli_setup, supervisor
from oms.services import sealer, watch

PROGRAMS = ("serve", "work", "watch", "index", "seal", "setup")
LOADED = (cli_running, cli_setup, supervisor, sealer, watch)
"""What the commands load when they are given; here before two processes part, so that they begin together."""
STANDS_BY = ("index",)
"""Waits for its turn instead of ending, which its guide says."""
QUIET = 4.0
"""Seconds in which a program that is refused has ended, on a busy machine."""


@dataclass
class Two:
    """Two processes that were given commands, what they wrote, and how they ended (None: they run)."""

    ended: list[int | None]
    said: list[str]


def _given(command: str, home: Path, out: int, start: int) -> None:
    own = {"OMS_HOME": str(home), "OMS_PORT": str(free_port()), "OMS_WORKERS": "1", "OMS_ZONE": "isolated_lan",
           "OMS_SECOND_FACTOR": "optional"}  # fmt: skip
    os.environ.update(own)
    os.setsid()
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    os.read(start, 1)  # both wait for the same moment
    try:
        done = cli.main([command])
    except SystemExit as ended:
        done = int(ended.code or 0) if isinstance(ended.code, int) or ended.code is None else 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(done)


def _read(handle: int) -> str:
    told = b""
    while select.select([handle], [], [], 0)[0] and (more := os.read(handle, 4096)):
        told += more
    return told.decode(errors="replace")


def two(commands: tuple[str, str], home: Path, seconds: float) -> Two:
    """Gives two commands at the same moment; when ``seconds`` are over, whatever runs is ended."""
    (here, go), outs, pids = os.pipe(), [], []
    for command in commands:
        told, out = os.pipe()
        pid = os.fork()
        if not pid:
            _given(command, home, out, here)
        os.close(out)
        outs.append(told)
        pids.append(pid)
    os.write(go, b"12")
    ended: list[int | None] = [None, None]
    until = time.monotonic() + seconds
    while time.monotonic() < until and sum(each is not None for each in ended) < 2:
        for number, pid in enumerate(pids):
            if ended[number] is None and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                ended[number] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                until = min(until, time.monotonic() + 0.3) if ended[number] else until
        time.sleep(0.01)
    _end([pid for number, pid in enumerate(pids) if ended[number] is None])
    said = [_read(told) for told in outs]
    for handle in (*outs, here, go):
        os.close(handle)
    return Two(ended, said)


def _end(pids: list[int]) -> None:
    for pid in pids:
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            killed(pid)
        os.waitpid(pid, 0)


def judged_two(commands: tuple[str, str], done: Two) -> str:
    """What was wrong with two that began at once; "" when one worked and the other was told."""
    told = [code for code in done.ended if code not in (None, 0)]
    traces = [said for said in done.said if "Traceback" in said]
    if traces:
        return f"a trace: {traces[0].strip().splitlines()[-1][:200]}"
    if set(commands) <= set(STANDS_BY):
        return "" if not told else f"one of two ended: {done.ended} {done.said}"
    if "setup" in commands and 0 in done.ended:
        return "" if len(told) <= 1 else f"{done.ended}"
    if len(told) != 1:
        return f"not one of two was told: {done.ended} {[said[-200:] for said in done.said]}"
    said = done.said[next(number for number, code in enumerate(done.ended) if code not in (None, 0))]
    return "" if said.strip() else "the one that ended said nothing"


def moments(home: Path, times: int, chance: random.Random) -> tuple[Counter[str], list[str]]:
    """Two of each program at the same moment, and setup beside each, so many times in all."""
    seen, wrong = Counter[str](), list[str]()
    pairs = [(name, name) for name in PROGRAMS] + [("setup", name) for name in ("serve", "work", "seal")]
    for number in range(times):
        pair = pairs[number % len(pairs)]
        pair = pair if chance.random() < 0.5 else (pair[1], pair[0])
        done = two(pair, home, QUIET if set(pair) - set(STANDS_BY) else 0.5)
        problem = judged_two(pair, done)
        seen[" + ".join(sorted(pair))] += 1
        wrong += [f"{' + '.join(pair)}: {problem}"] if problem else []
    return seen, wrong


def beside(there: Installation, office: Office, folder: Path) -> list[str]:
    """A second of everything beside an installation at work, as an operator would start it, while people work."""
    ledger, wrong = Ledger(folder / "ledger.jsonl"), list[str]()
    there.start()
    crowd = Crowd(there, office, ledger)
    crowd.begin()
    for name in ("serve", "work", "watch", "seal", "setup", "web"):
        done = there.command(name)
        if done.returncode == 0 or "Traceback" in done.stderr or not (done.stderr + done.stdout).strip():
            wrong.append(f"oms {name} beside a running one: {done.returncode} {done.stderr.strip()[-200:]}")
        print(f"  oms {name}: {(done.stderr + done.stdout).strip().splitlines()[-1][:160]}")
    crowd.hold()
    settle(there)
    wrong += judged(there, ledger).wrong()
    crowd.end()
    there.stop()
    return wrong + checked(there)


def campaign(folder: Path, rounds: int, database: str, seed: int) -> int:
    """So many pairs; 1 when one was wrong."""
    if database != "sqlite":
        raise SystemExit("twice: SQLite alone; jobs of several hosts have tests of their own")
    begun, home = time.monotonic(), fresh(folder) / "home"
    office = made(home)
    seen, wrong = moments(home, rounds, random.Random(seed))
    print(f"  {rounds} pairs, {len(wrong)} wrong, {time.monotonic() - begun:.0f} s", flush=True)
    there = Installation(home)
    wrong += beside(there, office, folder)
    print(
        f"\ntwice, {today()}, seed {seed}, {time.monotonic() - begun:.0f} s\n| at the same moment | times |\n|---|---|"
    )
    for what, times in sorted(seen.items()):
        print(f"| {what} | {times} |")
    for each in wrong:
        print(f"WRONG {each}")
    return 1 if wrong else 0
