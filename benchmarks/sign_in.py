"""What signing in costs, and whether its time tells a known name from an unknown one. Asserts nothing.

    .venv/bin/python benchmarks/sign_in.py [--tries 300] [--names 20]

Makes an installation of its own in a temporary folder. Known and unknown names are tried in random order with wrong
passwords, from a network each, by the service the door uses; the two samples of times are compared by the Mann-Whitney
test (two-sided). A small p tells them apart; what an attacker has besides is the noise of a network.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scipy.stats import mannwhitneyu

from oms.domain import passwords as rules
from oms.domain.access import Role
from oms.errors import OmsError
from oms.services import accounts, passwords, setup, sign_in
from oms.services.house import House
from oms.services.throttle import Place
from oms.settings import Settings

PASSWORD = "ba con vịt xanh bơi ngược dòng"  # noqa: S105 - of the benchmark's own installation
WRONG = "bốn con vịt đỏ bơi xuôi dòng"


def world(home: Path, names: int) -> tuple[House, list[str]]:
    """An installation with accounts that have a password."""
    setup.make_secrets(home / "keys")
    house = setup.prepare(Settings.from_env({"OMS_HOME": str(home), "OMS_SECOND_FACTOR": "optional"}))
    known = [f"can.bo.{number}" for number in range(names)]
    now = datetime.now(UTC)
    with house.work(None, now) as uow:
        root = setup.ensure_root(uow, "LG", "Tỉnh Lam Giang")
    for name in known:
        with house.work(None, now) as uow:
            new = accounts.NewAccount(name, "Người thử", PASSWORD, Role.SCANNING_CLERK, root.id, (root.id,))
            accounts.create(uow, None, new, now)
    return house, known


def timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


def refused(house: House, name: str, number: int, now: datetime) -> float:
    """Milliseconds of one refused attempt; each comes from a network of its own, so that nothing makes it wait."""
    place = Place(f"10.{number // 250}.{number % 250}.1")

    def attempt() -> None:
        try:
            sign_in.with_password(house, name, WRONG, place, now)
        except OmsError:
            return
        raise RuntimeError("let in")

    return timed(attempt)


def hashed(job: tuple[str, int]) -> float:
    """In a process of its own: seconds for some hashes, sharing the installation's two places."""
    home, count = job
    passwords.share_slots(Path(home))
    passwords.hash_of("x")
    begun = time.perf_counter()
    for _ in range(count):
        passwords.hash_of(PASSWORD)
    return time.perf_counter() - begun


def told(name: str, times: list[float]) -> None:
    ordered = sorted(times)
    middle, late = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
    print(f"| {name} | {len(times)} | {statistics.mean(times):.1f} | {middle:.1f} | {late:.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=300, help="attempts of each kind")
    parser.add_argument("--names", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        house, known = world(Path(folder) / "home", asked.names)
        kinds = ["known", "unknown"] * asked.tries
        random.Random(5).shuffle(kinds)
        times: dict[str, list[float]] = {"known": [], "unknown": []}
        now = datetime.now(UTC)
        for number, kind in enumerate(kinds):
            name = known[number % len(known)] if kind == "known" else f"khong.co.{number % asked.names}"
            times[kind].append(refused(house, name, number, now + timedelta(seconds=number)))
        print("| attempt refused | tries | mean ms | median ms | p95 ms |\n|---|---|---|---|---|")
        for kind in ("known", "unknown"):
            told(f"{kind} name", times[kind])
        test = mannwhitneyu(times["known"], times["unknown"])
        print(f"\nMann-Whitney, two-sided: U = {test.statistic:.0f}, p = {test.pvalue:.2f}")
        own = rules.own_words(("Lương Thị Mơ", "vanthu.dang"), ("Ban Tổ chức Tỉnh uỷ",))
        rules.parts(PASSWORD, own)
        print("\n| what | ms |\n|---|---|")
        hashes = [timed(lambda: passwords.hash_of(PASSWORD)) for _ in range(20)]
        print(f"| one Argon2id hash (64 MiB, t = 3, p = 4), median of 20 | {statistics.median(hashes):.0f} |")
        judged = [timed(lambda: rules.parts(PASSWORD, own)) for _ in range(50)]
        print(
            f"| rules for a new password of {len(PASSWORD)} letters, median of 50 | {statistics.median(judged):.1f} |"
        )
        with ProcessPoolExecutor(6) as pool:
            each = list(pool.map(hashed, [(folder, 10)] * 6))
        print(f"| six processes hashing at once, two let in: a hash, mean | {1000 * max(each) / 60:.0f} |")
        house.database.close()


if __name__ == "__main__":
    main()
