"""Two hosts of one installation, tried: namespaces without a way out, killed, drained, counted.

    sudo .venv/bin/python -m benchmarks.two_hosts [--files 24] [--pages 4] [--lease 20] [--keep]

As root, with iproute2, nginx, openssl and PostgreSQL on the machine. Lays five network namespaces on one bridge: the
database's (PostgreSQL, TLS and passwords), two hosts' (``oms serve`` each), the front's (nginx with the shipped
``deploy/nginx/oms.conf``) and a PC's, from which everything is asked. None has a route to anywhere else. Folders are
the machine's own: the vault is one folder that both hosts see, as a share would be. Walks the steps of
docs/operators.md (Two hosts, step by step) and prints a table of what was asked and what came; ends with 1 when
something did not hold. Nothing is left over.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from benchmarks.two_hosts_lan import (
    DECISION,
    PLACES,
    ROOT,
    SITE,
    Base,
    Browser,
    Host,
    Watch,
    World,
    at,
    certificate,
    draw,
    lan,
    make_world,
    nginx,
    until,
)  # fmt: skip

_BATCH = re.compile(r"/dot-so-hoa/([0-9a-f]{32})")


def paper(number: int, pages: int) -> bytes:
    """A decision of so many pages, unlike every other."""
    sheets = [draw(DECISION, 150 + number % 7) for _ in range(pages)]
    for place, sheet in enumerate(sheets):
        sheet.putpixel((number % 900, place), (0, 0, 0) if sheet.mode == "RGB" else 0)
        sheet.putpixel((number // 900, 10 + place), (9, 9, 9) if sheet.mode == "RGB" else 9)
    out = BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:], resolution=150)
    return out.getvalue()


class Walk:
    """The steps, and what came of each."""

    def __init__(self, folder: Path, given: argparse.Namespace) -> None:
        self.folder, self.given = folder, given
        self.base = Base(folder)
        self.one, self.two = (Host(name, folder, self.base, given.lease) for name in ("one", "two"))
        self.rows: list[tuple[str, str, bool]] = []
        self.sent = 0

    def tell(self, step: str, came: str, held: bool = True) -> None:
        """A line of the table, said at once."""
        self.rows.append((step, came, held))
        print(f"{'ok ' if held else 'NOT'} {step}: {came}", flush=True)

    def count(self, question: str) -> int:
        """The number a question has for an answer."""
        found = self.base.ask(question)
        return int(found[0][0]) if found else 0

    def read(self) -> int:
        """Pages read so far."""
        return self.count("SELECT count(*) FROM page_readings")

    def hands(self) -> dict[str, int]:
        """What each host has in hand, by its name in the database."""
        told = "SELECT host, count(*) FROM leases WHERE until > now() at time zone 'utc' GROUP BY host"
        names = {(host.home / "host").read_text().strip(): host.name for host in (self.one, self.two)}
        return {names.get(name, name): number for name, number in self.base.ask(told)}

    def prepare(self) -> World:
        """The database, the first host with its people, the second with the first one's keys."""
        self.base.start()
        self.base.fill()
        (self.folder / "vault").mkdir(mode=0o700)
        env = {name: value for name, value in self.one.settings().items() if name.startswith("OMS_")}
        os.environ["PGPASSFILE"] = str(self.base.passwords)
        world = make_world(self.one.home, **env)
        self.two.home.mkdir(mode=0o700)
        shutil.copytree(self.one.home / "keys", self.two.home / "keys")
        for shared in ("intake", "models", "scanner", "exchange"):  # as a mount of the same folder on both
            (self.folder / shared).mkdir(mode=0o700)
            for host in (self.one, self.two):
                with suppress(OSError):  # empty: nothing was asked yet
                    (host.home / shared).rmdir()
                (host.home / shared).symlink_to(self.folder / shared)
        done = self.two.oms("setup")
        self.tell("second host set up with the first one's keys", f"exit {done.returncode}", done.returncode == 0)
        for host in (self.one, self.two):
            routes = subprocess.run(at(host.name, "ip", "route"), capture_output=True, text=True, check=True).stdout
            self.tell(f"way out of host {host.name}", routes.strip(), "default" not in routes)
        return world

    def start(self, browser: Browser) -> None:
        """Both hosts and the front; a person signs in."""
        self.one.start()
        time.sleep(3)  # the first one's housekeeper and sealer get the locks
        self.two.start()
        nginx(self.folder)

        def answers() -> bool:
            with suppress(OSError, http.client.HTTPException):
                return browser.ask("GET", "/dang-nhap")[0] == 200
            return False

        self.tell("site answers through nginx", f"{until(answers, 120):.1f} s after the start")
        for host in (self.one, self.two):
            took = until(lambda host=host: self.ready(host) == "ready", 120)
            self.tell(f"/readyz of host {host.name}", f"ready after {took:.1f} s")
        self.tell("clerk signs in through nginx", "home page", browser.sign_in("clerk"))

    def ready(self, host: Host) -> str:
        """What the host says of itself."""
        try:
            line = http.client.HTTPConnection(PLACES[host.name], 8000, timeout=10)
            line.request("GET", "/readyz")
            told = line.getresponse().read().decode().strip()
            line.close()
        except (OSError, http.client.HTTPException):
            return "no answer"
        return told

    def send(self, browser: Browser, world: World, files: int) -> None:
        """Half of the files by the page, half into the folder of the first host."""
        _status, page, _where = browser.post(
            "/dot-so-hoa", {"title": f"Đợt {self.sent}", "unit_id": str(world.units["D-BTC"])}, "/dot-so-hoa"
        )
        where = _where or page
        batch = _BATCH.search(where)
        if batch is None:
            raise SystemExit(f"no batch was made: {_status}")
        folder = self.one.home / "intake" / "D-BTC" / "hop-1"
        folder.mkdir(parents=True, exist_ok=True)
        taken = 0
        for number in range(files):
            data = paper(self.sent + number, self.given.pages)
            if number % 2:
                (folder / f"{self.sent + number}.pdf").write_bytes(data)
            else:
                taken += browser.upload(batch.group(1), f"{self.sent + number}.pdf", data) in (200, 302, 303)
        self.sent += files
        self.tell(
            f"{files} files sent",
            f"{taken} by the page, {files // 2} by the intake folder",
            taken == files - files // 2,
        )

    def whole(self, step: str, wait: float) -> None:
        """Every page is read once, every file has its papers, nothing is in hand."""
        pages = self.sent * self.given.pages
        took = until(
            lambda: self.count("SELECT count(*) FROM scans WHERE state IN ('read', 'flagged')") == self.sent, wait
        )
        read, twice = self.read(), self.count("SELECT count(*) FROM page_readings WHERE version > 1")
        rows = self.count("SELECT count(*) FROM journal WHERE verb = 'scan:read'")
        left = self.count("SELECT count(*) FROM leases WHERE kind = 'scan'")
        failed = self.count("SELECT count(*) FROM pages WHERE state <> 'read'")
        held = (read, twice, rows, left, failed) == (pages, 0, self.sent, 0, 0)
        told = f"after {took:.0f} s: {read} of {pages} pages read, {twice} twice, {failed} not read, "
        self.tell(step, f"{told}{rows} rows of the journal for {self.sent} files, {left} left in hand", held)

    def killed(self, browser: Browser, world: World) -> None:
        """The first host, which hands out and seals, dies in the middle of its work."""
        self.send(browser, world, self.given.files)
        until(lambda: {"one", "two"} <= self.hands().keys(), 180)
        self.tell("both hosts read", str(self.hands()))
        before, begun = self.read(), time.monotonic()
        with Watch(browser) as watch:
            number = self.one.kill()
            self.tell("host one killed in mid-work", f"kill -9 of {number} processes, {before} pages were read")
            took = until(lambda: self.read() > before, 120)
            self.tell("the other goes on reading", f"next page {took:.1f} s later")
            seqs = self.count("SELECT max(size) FROM checkpoints")
            sealed = until(lambda: self.count("SELECT max(size) FROM checkpoints") > seqs, 120)
            self.tell("the other hands out and seals", f"next seal of the journal {sealed:.1f} s later")
            self.whole("all that was sent is read", 900)
        text = f"longest time without an answer {watch.longest:.1f} s; {watch.answers} answers, {watch.failures} not"
        self.tell("the site, asked four times a second through nginx", text, watch.longest < 10)
        lost = time.monotonic() - begun
        self.tell(
            "work of the dead host",
            f"taken over when its lease of {self.given.lease} s ran out; all done in {lost:.0f} s",
        )

    def drained(self, browser: Browser, world: World) -> None:
        """The first comes back; the second is told to end."""
        self.one.start()
        took = until(lambda: self.ready(self.one) == "ready", 180)
        self.tell("host one started again", f"ready after {took:.1f} s")
        self.send(browser, world, self.given.files // 2)
        until(lambda: {"one", "two"} <= self.hands().keys(), 180)
        with Watch(browser) as watch:
            took = self.two.drain()
            left = self.hands().get("two", 0)
            lost = self.count("SELECT coalesce(sum(lost + attempts), 0) FROM pages")
            self.tell(
                "host two drained (SIGTERM)",
                f"ended in {took:.1f} s, {left} in hand, {lost} pages counted as lost",
                not left,
            )
            self.whole("the rest is read by host one", 900)
        self.tell("the site meanwhile", f"longest time without an answer {watch.longest:.1f} s", watch.longest < 10)

    def looked_at(self, world: World) -> None:
        """Search and the check of everything on each host, and the journal."""
        row = world.dossier("Tô Thị Hai Máy")
        world.filed(row, "QUYẾT ĐỊNH\nVề việc thử hai máy")
        self.two.start()
        until(lambda: self.ready(self.two) == "ready", 180)
        for host in (self.one, self.two):
            took = until(lambda host=host: self.finds(host), 90)
            self.tell(f"the index of host {host.name} finds a paper just filed", f"{took:.1f} s after both were ready")
        for host in (self.one, self.two):
            done = host.oms("check")
            said = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-200:]
            self.tell(f"oms check on host {host.name}", said, done.returncode == 0)
        done = self.one.oms("journal", "verify")
        self.tell("oms journal verify", (done.stdout.strip().splitlines() or [""])[0], done.returncode == 0)
        told = json.loads(self.one.oms("status", "--json").stdout)
        self.tell("oms status", f"files {told['files']}, in hand {told['in_hand']}")

    def finds(self, host: Host) -> bool:
        """Whether a search on this host finds the one paper."""
        command, env = at(host.name, sys.executable, "-c", FINDS), os.environ | host.settings()
        told = subprocess.run(command, env=env | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
        return told.stdout.strip() == "1"


FINDS = """
from datetime import UTC, datetime
from oms.services import accounts, finding
from oms.services.finding import Asked
from oms.services.house import House
from oms.settings import Settings
house = House(Settings.from_env())
with house.look() as uow:
    who = accounts.principal_named(uow, "officer")
found = finding.search(house, who, Asked("thử hai máy"), datetime.now(UTC))
print(len(found.people))
"""


def inside(folder: Path, given: argparse.Namespace) -> int:
    """The walk, from the PC's network."""
    walk = Walk(folder, given)
    world = walk.prepare()
    certificate(folder, "nobody", "DNS:nobody")
    nginx_authority = folder / f"{SITE}.pem"
    certificate(folder, SITE, f"DNS:{SITE}")
    browser = Browser(nginx_authority)
    walk.start(browser)
    walk.killed(browser, world)
    walk.drained(browser, world)
    walk.looked_at(world)
    world.house.close()
    print(f"\n{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
          f"{given.files} + {given.files // 2} files of {given.pages} pages, lease {given.lease} s\n")  # fmt: skip
    print("| step | what came |\n|---|---|")
    for step, came, held in walk.rows:
        print(f"| {step} | {came}{'' if held else ' – **did not hold**'} |")
    return 0 if all(held for _step, _came, held in walk.rows) else 1


def main() -> int:
    """Lays the wire, walks, and takes everything away again."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=24, help="files before the kill; half as many before the drain")
    parser.add_argument("--pages", type=int, default=4, help="pages of a file")
    parser.add_argument("--lease", type=int, default=20, help="OMS_LEASE_SECONDS")
    parser.add_argument("--keep", action="store_true", help="leave the folder with the logs")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        return inside(Path(given.inside), given)
    if os.geteuid():
        print("two_hosts: network namespaces want root", file=sys.stderr)
        return 1
    folder = Path(tempfile.mkdtemp(prefix="oms-two-hosts-"))
    folder.chmod(0o755)
    try:
        with lan():
            command = [sys.executable, "-m", "benchmarks.two_hosts", *sys.argv[1:], "--inside", str(folder)]
            return subprocess.run(at("pc", *command), cwd=ROOT, check=False).returncode
    finally:
        if given.keep:
            print(f"logs: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main())
