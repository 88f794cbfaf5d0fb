"""What the programs count of their work: added up over processes, without a word of anybody, at no risk to it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from oms import measures
from oms.measures import Sums

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[Path]:
    """A folder into which this process counts."""
    folder = tmp_path / "metrics"
    measures.begin(folder, "web")
    yield folder
    measures.end()


PROCESS = """
import os, sys
from pathlib import Path
from oms import measures
measures.begin(Path(sys.argv[1]), "work")
measures.count("pages_read", "read", number=3)
child = os.fork()
measures.count("pages_read", "read", number=10 if child == 0 else 100)
measures.took("lock_wait_seconds", 0.004)
measures.write()
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
"""


def test_figures_of_all_processes_are_added_up_and_a_fork_counts_nothing_twice(tmp_path: Path) -> None:
    for _ in range(2):
        subprocess.run([sys.executable, "-c", PROCESS, str(tmp_path)], cwd=ROOT, check=True)
    found = measures.summed(tmp_path)
    assert found.counts == {("pages_read", "read"): 2 * (3 + 100 + 10)}
    assert found.times[("lock_wait_seconds",)][0] == 4
    assert found.times[("lock_wait_seconds",)][-1] == pytest.approx(0.016)


def test_a_label_that_is_no_word_of_the_programs_own_is_written_nowhere(counting: Path) -> None:
    for label in ("Tô Thị Hiếu", "a" * 41, "3f2a/../x", '"}', "", "hoso 001070000123"):
        measures.count("requests", label, "GET", "200")
    measures.write()
    assert measures.summed(counting).counts == {("requests", "other", "GET", "200"): 6}
    assert "Hi" not in next(counting.glob("*.json")).read_text().replace("\\u", "")


def test_durations_fall_into_their_buckets_with_the_bound_inside(counting: Path) -> None:
    for seconds in (0.005, 0.0050001, 61.0):
        measures.took("request_seconds", seconds, "home")
    measures.write()
    numbers = measures.summed(counting).times[("request_seconds", "home")]
    assert numbers[0] == 1 and numbers[1] == 1 and numbers[len(measures.BUCKETS)] == 1


def test_a_disk_that_takes_nothing_stops_nobody_and_nothing_counted_is_lost(counting: Path) -> None:
    measures.count("copies_made", "made")
    counting.rmdir()
    measures.write()
    counting.mkdir()
    measures.count("copies_made", "made")
    measures.write()
    assert measures.summed(counting).counts == {("copies_made", "made"): 2}


def test_files_that_hold_no_figures_are_left_out(tmp_path: Path) -> None:
    good = Sums({("pages_read", "read"): 1.0}, {}).to_json()
    other = json.dumps({"counts": [[["pages_read", "read", "more"], 1]], "times": []})
    bad = json.dumps({"counts": [], "times": [[["lock_wait_seconds"], [1, 2]]]})
    for number, text in enumerate((good, "", "{", "[]", '{"counts": 3}', other, bad)):
        (tmp_path / f"web-{number}.json").write_text(text)
    assert measures.summed(tmp_path).counts == {("pages_read", "read"): 1.0}


def test_who_did_not_begin_counts_nothing_and_wrong_labels_are_an_error(tmp_path: Path, counting: Path) -> None:
    measures.end()
    measures.count("requests", "home", "GET", "200")
    assert list(counting.glob("*")) == []
    measures.begin(counting, "web")
    with pytest.raises(ValueError, match="desk, method, status"):
        measures.count("requests", "home")


def test_an_earlier_run_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "web-1.json").write_text("{}")
    measures.forget(tmp_path, before=0.0)
    assert (tmp_path / "web-1.json").exists()
    measures.forget(tmp_path)
    assert list(tmp_path.iterdir()) == []
