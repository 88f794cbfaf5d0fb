"""The index on disk: what happens when it is killed, locked, damaged, read while written; its command line."""

import gc
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from search_index import Doc, IndexBusyError, IndexFormatError, MemorySource, Query, Visible, WhooshEngine
from search_index.model import DocumentError
from search_index.whoosh_files import TermWriter

ALL = Visible(("",), 9, frozenset())
ROOT = Path(__file__).parents[2]


def docs(first: int, count: int, word: str = "chung") -> list[Doc]:
    base = Doc("", "Văn bản", f"{word} Nguyễn Văn An", (), "party", "17", 0, "", "quyet_dinh", 2010)
    return [replace(base, id=f"D{n}") for n in range(first, first + count)]


def count(engine: WhooshEngine, q: str) -> int:
    return engine.query(Query(q, ALL)).count


def run(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "search_index", *map(str, args)],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=60,
    )  # fmt: skip


def test_what_was_indexed_is_there_for_the_next_process(tmp_path: Path) -> None:
    WhooshEngine(tmp_path / "index").add(docs(0, 5))
    again = WhooshEngine(tmp_path / "index", create=False)
    assert (again.doc_count(), count(again, "nguyen van an")) == (5, 5)


def test_the_directory_is_for_its_owner_alone(tmp_path: Path) -> None:
    WhooshEngine(tmp_path / "index")
    assert stat.S_IMODE((tmp_path / "index").stat().st_mode) == 0o700


def test_an_open_engine_sees_what_another_commits(tmp_path: Path) -> None:
    reading, writing = WhooshEngine(tmp_path / "index"), WhooshEngine(tmp_path / "index")
    for n in range(30):
        writing.add(docs(n, 1))
        assert reading.doc_count() == n + 1
    writing.delete(["D3", "D29"])
    assert count(reading, "chung") == 28


def test_many_small_commits_are_merged_and_nothing_is_lost(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path / "index")
    for n in range(40):
        engine.add([*docs(n, 1), *docs(0, 1, word="mới")])
    segments = list((tmp_path / "index").glob("*.seg"))
    assert len(segments) < 20
    assert (engine.doc_count(), count(engine, "chung"), count(engine, "moi")) == (40, 39, 1)
    assert engine.query(Query("", ALL, top=100, facets=("unit",))).facets["unit"] == {"17": 40}


def test_in_a_quiet_moment_small_commits_are_merged_so_that_no_change_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = WhooshEngine(tmp_path / "index")
    with monkeypatch.context() as patch:
        patch.setattr(TermWriter, "take_over", lambda *_: pytest.fail("a change waited for a merge"))
        for n in range(14):
            engine.add([*docs(n, 1), *docs(0, 1, word="mới")])
    reading = WhooshEngine(tmp_path / "index")
    before = reading.query(Query("nguyen van an", ALL, top=50, facets=("unit",)))
    assert [engine.settle() for _again in range(2)] == [True, False]
    assert len(list((tmp_path / "index").glob("*.seg"))) < 6
    after = reading.query(Query("nguyen van an", ALL, top=50, facets=("unit",)))
    assert replace(after, ms=0) == replace(before, ms=0)
    assert (engine.doc_count(), count(engine, "chung"), count(engine, "moi")) == (14, 13, 1)


def test_tidied_the_index_is_one_segment_and_answers_as_before(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path / "index")
    for n in range(5):
        engine.add(docs(3 * n, 3))
    engine.delete(["D1"])
    before = engine.query(Query("nguyen van an", ALL, top=50, facets=("unit",)))
    engine.tidy()
    after = engine.query(Query("nguyen van an", ALL, top=50, facets=("unit",)))
    assert replace(after, ms=0) == replace(before, ms=0)
    (only,) = (tmp_path / "index").glob("*.seg")
    engine.tidy()
    assert list((tmp_path / "index").glob("*.seg")) == [only]


def test_an_index_written_anew_in_several_segments_holds_each_document_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search_index.whoosh_files.SEGMENT_SIZE", 10)
    engine = WhooshEngine(tmp_path / "index")
    assert engine.replace_all([*docs(0, 25), *docs(3, 4, word="mới")]) == 25
    assert len(list((tmp_path / "index").glob("*.seg"))) == 3
    assert (engine.doc_count(), count(engine, "chung"), count(engine, "moi")) == (25, 21, 4)
    with pytest.raises(DocumentError):
        engine.replace_all([*docs(0, 25), replace(docs(0, 1)[0], secrecy=-1)])
    assert (engine.doc_count(), count(engine, "chung"), count(engine, "moi")) == (25, 21, 4)
    engine.add(docs(90, 1))
    assert (engine.doc_count(), count(WhooshEngine(tmp_path / "index"), "chung")) == (26, 22)
    # 6 + 10 + 9 + 1 documents are left: the full segment stays, the others are filled up.
    engine.tidy()
    assert len(list((tmp_path / "index").glob("*.seg"))) == 3
    assert (engine.doc_count(), count(engine, "chung"), count(engine, "moi")) == (26, 22, 4)


def test_after_a_purge_no_file_holds_a_forgotten_word(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path / "index", MemorySource())
    engine.add([*docs(0, 3), replace(docs(9, 1)[0], id="X", body="Lương Bímật")])
    assert engine.ids() == {"D0", "D1", "D2", "X"}
    engine.delete(["X"])
    engine.purge()
    assert not any(b"bimat" in file.read_bytes() for file in (tmp_path / "index").iterdir())
    assert engine.ids() == {"D0", "D1", "D2"}
    before = sorted(file.name for file in (tmp_path / "index").iterdir())
    assert engine.delete(["X", "none"]) == 0
    assert sorted(file.name for file in (tmp_path / "index").iterdir()) == before


KILLED = """
import sys
from tests.contract.test_search_files import docs
from search_index import WhooshEngine
engine = WhooshEngine(sys.argv[1])
print("begun", flush=True)
for n in range(1, 1000):
    engine.add(docs(n * 50, 50))
    print(n, flush=True)
"""


@pytest.mark.parametrize("after", [1, 3, 9])
def test_killed_while_adding_the_index_is_the_old_or_the_new(tmp_path: Path, after: int) -> None:
    index = tmp_path / "index"
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(index)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(after + 1)]
    child.send_signal(signal.SIGKILL)
    child.communicate()
    engine = WhooshEngine(index, create=False, wait=2)
    found = engine.doc_count()
    # Told as committed is there; a commit the child could no longer tell of may be there too.
    assert found % 50 == 0
    assert found >= 50 * int(lines[-1])
    assert count(engine, "nguyen van an") == found
    engine.add(docs(0, 7))
    assert engine.doc_count() == found + 7


def test_a_failed_change_leaves_the_old_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = WhooshEngine(tmp_path / "index", wait=1)
    engine.add(docs(0, 3))

    def broken(*_: object, **__: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(TermWriter, "_finalize_segment", broken)
        with pytest.raises(OSError, match="disk full"):
            engine.add(docs(0, 9))
    assert engine.doc_count() == 3
    engine.add(docs(3, 1))
    assert engine.doc_count() == 4


def test_a_second_writer_waits_or_is_told(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path / "index", wait=0.2)
    other = TermWriter(engine._index, wait=0)
    with pytest.raises(IndexBusyError) as caught:
        engine.add(docs(0, 1))
    assert caught.value.message_vi
    patient = WhooshEngine(tmp_path / "index", wait=20)
    thread = threading.Thread(target=patient.add, args=(docs(0, 2),))
    thread.start()
    other.cancel()
    thread.join(20)
    assert engine.doc_count() == 2


def test_readers_and_a_writer_at_the_same_time(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path / "index")
    engine.add(docs(0, 20))
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        own = WhooshEngine(tmp_path / "index", create=False)
        try:
            while not done.is_set():
                for asked in (engine, own):
                    answer = asked.query(Query("nguyễn văn an", ALL, top=5, facets=("unit",)))
                    assert answer.count >= 20
                    assert sum(answer.facets["unit"].values()) == answer.count
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(1, 25):
        engine.add(docs(20 * n, 20))
    done.set()
    for thread in threads:
        thread.join(30)
    assert not failures
    assert engine.doc_count() == 500


def test_strangers_and_damage_are_named(tmp_path: Path) -> None:
    with pytest.raises(IndexFormatError, match="no search index"):
        WhooshEngine(tmp_path / "none", create=False)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("x")
    with pytest.raises(IndexFormatError, match="something else"):
        WhooshEngine(tmp_path / "other")
    WhooshEngine(tmp_path / "old")
    (tmp_path / "old" / "format.json").write_text('{"format": 0}')
    with pytest.raises(IndexFormatError, match="rebuild"):
        WhooshEngine(tmp_path / "old")


# Whoosh drops a file it cannot read without closing it; the interpreter would say so in a later test.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("kind", ["*.toc", "*.seg"])
@pytest.mark.parametrize("how", ["cut", "noise", "gone"])
def test_a_damaged_file_is_one_clear_error(tmp_path: Path, kind: str, how: str) -> None:
    engine = WhooshEngine(tmp_path / "index")
    engine.add(docs(0, 50))
    (victim,) = (tmp_path / "index").glob(kind)
    content = victim.read_bytes()
    if how == "gone":
        victim.unlink()
    else:
        victim.write_bytes(content[: len(content) // 3] if how == "cut" else os.urandom(len(content)))
    with pytest.raises(IndexFormatError):
        WhooshEngine(tmp_path / "index").query(Query("nguyễn văn an", ALL))
    gc.collect()


# --- the command line ---

LINE = {
    "id": "D1", "title": "Quyết định", "body": "Bổ nhiệm ông Nguyễn Văn An", "names": ["Nguyễn Văn An"],
    "block": "party", "unit": "17/22/3", "secrecy": 0, "compartment": "", "type": "quyet_dinh", "year": 2010,
}  # fmt: skip
ASKED = {"q": "nguyen van an", "visible": {"units": ["17"], "secrecy": 1, "compartments": []}, "facets": ["type"]}


def lines(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows), encoding="utf-8")
    return path


def test_build_and_query_from_files(tmp_path: Path) -> None:
    source = lines(tmp_path / "docs.jsonl", LINE, {**LINE, "id": "D2", "unit": "18"})
    asked = lines(tmp_path / "queries.jsonl", ASKED, {**ASKED, "visible": {}})
    assert run("build", "--index", tmp_path / "i", "--from", source).returncode == 0
    done = run("query", "--index", tmp_path / "i", "--from", asked, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["count"] == 1
    assert first["complete"] is True
    assert first["facets"] == {"type": {"quyet_dinh": 1}}
    assert first["suggestions"] == []
    assert first["ms"] >= 0
    assert (first["hits"][0]["id"], first["hits"][0]["tier"]) == ("D1", "folded")
    assert "Nguyễn Văn An" in first["hits"][0]["snippet"]
    assert (second["count"], second["hits"]) == (0, [])


def test_a_second_build_replaces_the_first(tmp_path: Path) -> None:
    for row in (LINE, {**LINE, "id": "D9"}):
        source = lines(tmp_path / "docs.jsonl", row)
        assert run("build", "--index", tmp_path / "i", "--from", source).returncode == 0
    done = run("query", "--index", tmp_path / "i", "--from", lines(tmp_path / "q.jsonl", ASKED), "--json")
    assert [hit["id"] for hit in json.loads(done.stdout)["hits"]] == ["D9"]


def test_a_bad_line_is_reported_and_the_rest_is_done(tmp_path: Path) -> None:
    unprotected = {key: value for key, value in LINE.items() if key != "secrecy"}
    source = lines(tmp_path / "docs.jsonl", "{broken", unprotected, '"text"', "", LINE)
    built = run("build", "--index", tmp_path / "i", "--from", source, "--json")
    assert built.returncode == 1
    reports = [json.loads(row) for row in built.stdout.splitlines()]
    assert [row["line"] for row in reports[:-1]] == [1, 2, 3]
    assert reports[-1] == {"indexed": 1, "failed": 3}
    asked = lines(tmp_path / "q.jsonl", {"q": "an"}, {**ASKED, "q": "a*"}, {**ASKED, "q": "\ud800"}, ASKED)
    done = run("query", "--index", tmp_path / "i", "--from", asked, "--json")
    assert done.returncode == 1
    answers = [json.loads(row) for row in done.stdout.splitlines()]
    assert ["error" in row for row in answers] == [True, True, True, False]
    assert "visible is missing" in answers[0]["error"]
    assert answers[3]["count"] == 1


def test_wrong_usage_is_status_two(tmp_path: Path) -> None:
    asked = lines(tmp_path / "q.jsonl", ASKED)
    assert run("query").returncode == 2
    assert run("query", "--index", tmp_path / "none", "--from", asked).returncode == 2
    assert run("build", "--index", tmp_path / "i", "--from", tmp_path / "none.jsonl").returncode == 2


def test_people_get_text(tmp_path: Path) -> None:
    source = lines(tmp_path / "docs.jsonl", LINE)
    assert "Đã lập chỉ mục 1 tài liệu" in run("build", "--index", tmp_path / "i", "--from", source).stdout
    done = run("query", "--index", tmp_path / "i", "--from", lines(tmp_path / "q.jsonl", ASKED))
    assert "1 kết quả" in done.stdout
    assert "[không dấu]" in done.stdout


def test_the_examples_of_the_help_work_as_they_stand(tmp_path: Path) -> None:
    examples = [line.strip() for line in run("--help").stdout.splitlines() if line.startswith("    {")]
    for name, example in zip(("document", "question"), examples, strict=True):
        (tmp_path / name).write_text(example + "\n", encoding="utf-8")
    assert run("build", "--index", tmp_path / "index", "--from", tmp_path / "document").returncode == 0
    found = run("query", "--index", tmp_path / "index", "--from", tmp_path / "question", "--json")
    assert [hit["id"] for hit in json.loads(found.stdout)["hits"]] == ["1"]
