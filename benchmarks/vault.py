"""What sealing costs: MiB/s in and out, and the time to read the image of a page, sealed and in the clear.

    .venv/bin/python benchmarks/vault.py [--megabytes 64] [--images 500]

Prints tables; asserts nothing. Files lie in a temporary folder (set TMPDIR to the disk that is meant).
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from oms.services.unlocking import unlocker
from oms.settings import Settings
from oms.store import master_key
from oms.store.key_book import KeyBook
from oms.store.master_key import Ways
from oms.store.vault import Vault

MIB = 1024 * 1024
IMAGE = 350_000
"""Bytes of a page's image as the pages show it."""


def sealed_vault(home: Path) -> Vault:
    """A new vault with keys of its own."""
    settings = Settings(home=home, database_url="sqlite://", secret_key="x" * 40)
    settings.keys.mkdir(parents=True)
    new = master_key.make(Ways(), settings.keys)
    keys = KeyBook(settings.keys_database_url, unlocker(settings))
    keys.create(new)
    master_key.settle(settings.keys, new.master)
    vault = Vault(settings.vault, keys)
    vault.claim()
    return vault


def throughput(vault: Vault, source: Path, size: int) -> tuple[float, float, float]:
    """MiB/s of putting a file, of reading it whole, and of a copy in memory for a parser."""
    times = []
    begun = time.perf_counter()
    sha, _size = vault.put_file(source)
    times.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    vault.verify(sha)
    times.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    with vault.opened(sha):
        times.append(time.perf_counter() - begun)
    put, read, opened = (size / MIB / each for each in times)
    return put, read, opened


def images(vault: Vault, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds of putting and of reading images."""
    puts, reads, shas = [], [], []
    for _each in range(count):
        data = os.urandom(IMAGE)
        begun = time.perf_counter()
        shas.append(vault.put_bytes(data))
        puts.append((time.perf_counter() - begun) * 1000)
    for sha in shas:
        begun = time.perf_counter()
        vault.read(sha)
        reads.append((time.perf_counter() - begun) * 1000)
    return puts, reads


def _told(values: list[float]) -> str:
    cuts = quantiles(values, n=100)
    return f"{cuts[49]:.2f} / {cuts[94]:.2f}"


def main() -> None:
    """Measures both vaults and prints what it saw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=64)
    parser.add_argument("--images", type=int, default=500)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        source = base / "source"
        source.write_bytes(os.urandom(args.megabytes * MIB))
        vaults = {"in the clear": Vault(base / "plain"), "sealed": sealed_vault(base / "home")}
        print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, load {os.getloadavg()[0]:.1f}\n")
        print("| vault | put MiB/s | read MiB/s | copy MiB/s | image put p50 / p95 ms | image read p50 / p95 ms |")
        print("|---|---|---|---|---|---|")
        for name, vault in vaults.items():
            put, read, opened = throughput(vault, source, args.megabytes * MIB)
            puts, reads = images(vault, args.images)
            print(f"| {name} | {put:.0f} | {read:.0f} | {opened:.0f} | {_told(puts)} | {_told(reads)} |")


if __name__ == "__main__":
    main()
