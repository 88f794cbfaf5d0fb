"""`python -m linkage`: the contract's shapes and exit statuses, with good registers and with bad ones."""

import csv
import json
from dataclasses import asdict
from pathlib import Path
from random import Random

import pytest
from linkage_rows import damaged, record

from linkage import load
from linkage.__main__ import main
from linkage.records import CONTRACT_COLUMNS

PEOPLE = 60


def write(path: Path, rows: list[dict[str, str]], columns: tuple[str, ...] = CONTRACT_COLUMNS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder, rng = tmp_path_factory.mktemp("registers"), Random(3)
    people = [record(rng, number) for number in range(PEOPLE)]
    left = write(folder / "party.csv", [asdict(one) for one in people])
    right = write(folder / "gov.csv", [asdict(damaged(rng, one, at)) for at, one in enumerate(people)])
    return left, right


def match(left: Path, right: Path, out: Path, *more: str) -> int:
    return main(["match", str(left), str(right), "--out", str(out), "--jobs", "1", *more])


def read(out: Path) -> list[dict[str, str]]:
    with out.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        assert reader.fieldnames == ["left_id", "right_id", "weight", "probability", "band"]
    return rows


def test_people_are_matched_and_each_pair_says_why(registers: tuple[Path, Path], tmp_path: Path) -> None:
    out, why = tmp_path / "pairs.csv", tmp_path / "pairs.jsonl"
    assert match(*registers, out, "--explain", str(why)) == 0
    rows = read(out)
    right = [row for row in rows if row["left_id"][1:] == row["right_id"][1:]]
    assert len(right) > 0.9 * PEOPLE
    assert {row["band"] for row in rows} <= {"auto", "review"}
    auto = [row for row in rows if row["band"] == "auto"]
    for side in ("left_id", "right_id"):
        assert len({row[side] for row in auto}) == len(auto)
    told = [json.loads(line) for line in why.read_text(encoding="utf-8").splitlines()]
    for row, words in zip(rows, told, strict=True):
        assert (row["left_id"], row["right_id"], row["band"]) == (words["left_id"], words["right_id"], words["band"])
        assert float(row["weight"]) == pytest.approx(words["weight"], abs=0.01)
        total = words["prior"] + sum(each["bits"] for each in words["evidence"])
        assert total == pytest.approx(words["weight"], abs=0.1)


def test_a_row_that_cannot_be_used_is_told_and_the_rest_is_done(
    registers: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = registers[0].read_text(encoding="utf-8")
    first = text.splitlines()[1]
    left = tmp_path / "party.csv"
    left.write_text(text + first + "\n" + ",nobody" + "," * 13 + "\n" + first + ",more\n", encoding="utf-8")
    out = tmp_path / "pairs.csv"
    assert match(left, registers[1], out, "--json") == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["line"] for line in lines[:-1]] == [PEOPLE + 2, PEOPLE + 3, PEOPLE + 4]
    assert lines[-1]["left"] == PEOPLE
    assert len(read(out)) > 0.9 * PEOPLE


def test_registers_without_a_record_have_no_pair(registers: tuple[Path, Path], tmp_path: Path) -> None:
    none, out = write(tmp_path / "none.csv", []), tmp_path / "pairs.csv"
    assert match(none, registers[1], out) == 0
    assert read(out) == []
    assert match(none, none, out) == 0


def test_columns_may_be_absent_or_unknown(
    registers: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with registers[0].open(encoding="utf-8", newline="") as file:
        rows = [row | {"note": "?"} for row in csv.DictReader(file)]
    left = write(tmp_path / "few.csv", rows, ("note", "record_id", "full_name", "birth_date", "staff_code"))
    assert match(left, registers[1], tmp_path / "pairs.csv") == 0
    assert "no column other_name, sex" in capsys.readouterr().err
    assert read(tmp_path / "pairs.csv")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty file"),
        (b"\n\n", "empty file"),
        (b"full_name,sex\nA,Nam\n", "missing column record_id"),
        (b"record_id;full_name\n1;A\n", "missing column record_id, full_name"),
        ("record_id,full_name\n1,Nguyễn Văn Tám\n".encode("utf-16"), "not UTF-8"),
        ("record_id,full_name\n1,Đỗ\n".encode("cp1258", "replace"), "not UTF-8"),
        (b"record_id,full_name,full_name\n1,A,B\n", "twice in the header"),
        (b"record_id,full_name\n1,A\0B\n", "null character"),
        (b'record_id,full_name\n1,"' + b"x" * 200_000 + b'"\n', "field larger"),
    ],
    ids=["empty", "blank", "no identity", "semicolons", "utf-16", "cp1258", "doubled", "null", "huge field"],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_reason(
    content: bytes, words: str, registers: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, out = tmp_path / "bad.csv", tmp_path / "pairs.csv"
    bad.write_bytes(content)
    assert match(bad, registers[1], out) == 2
    assert words in capsys.readouterr().err
    assert not out.exists()


def test_wrong_usage_is_told(registers: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "pairs.csv"
    assert match(tmp_path / "nothing.csv", registers[1], out) == 2
    broken = tmp_path / "model.json"
    broken.write_text("{}", encoding="utf-8")
    assert match(*registers, out, "--model", str(broken)) == 2
    named = ["match", "a", "b", "--out", "c"]
    sizes = [[*named, "--memory", size] for size in ("much", "0", "3 pages", "-1GB")]
    for argv in ([], ["match"], ["match", "a", "b"], [*named, "--jobs", "0"], *sizes):
        with pytest.raises(SystemExit) as raised:
            main(argv)
        assert raised.value.code == 2


def test_a_file_with_a_byte_order_mark_and_windows_lines_is_read(registers: tuple[Path, Path], tmp_path: Path) -> None:
    left = tmp_path / "party.csv"
    text = registers[0].read_text(encoding="utf-8").replace("\n", "\r\n")
    left.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert match(left, registers[1], tmp_path / "a.csv") == 0
    assert match(*registers, tmp_path / "b.csv") == 0
    assert read(tmp_path / "a.csv") == read(tmp_path / "b.csv")


def test_weights_are_learned_from_two_registers_and_used(registers: tuple[Path, Path], tmp_path: Path) -> None:
    model = tmp_path / "own.json"
    truth = tmp_path / "truth.csv"
    truth.write_text(
        "left_id,right_id\n" + "".join(f"R{number},S{number}\n" for number in range(PEOPLE)), encoding="utf-8"
    )
    assert main(["train", *map(str, registers), "--model", str(model), "--truth", str(truth), "--jobs", "1"]) == 0
    assert load(model).source["refitted"] > 0.9 * PEOPLE
    out = tmp_path / "pairs.csv"
    assert match(*registers, out, "--model", str(model)) == 0
    assert len(read(out)) > 0.9 * PEOPLE


def test_nothing_is_learned_from_too_little(
    registers: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = write(tmp_path / "few.csv", [{"record_id": "1", "full_name": "A"}])
    model = tmp_path / "own.json"
    assert main(["train", str(few), str(registers[1]), "--model", str(model)]) == 1
    assert "at least 20 records" in capsys.readouterr().err
    assert not model.exists()
