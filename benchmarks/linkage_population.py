"""Two registers of the same invented people with the truth beside them, for measuring how people are linked.

    python -m benchmarks.linkage_population --per-block 10000 [--seed 1] [--errors 1] --out FOLDER [--jobs 2]
                                            [--tables FILE.json] [--show]

Writes ``party.csv`` and ``gov.csv`` in the shape ``python -m linkage`` reads, and ``party_truth.csv``,
``gov_truth.csv`` (record, person). The same arguments write the same bytes. 70 % of a block's people are in the other;
150 records to an old commune at every size; ``--errors`` multiplies the shares of mistakes. ``--tables`` feeds larger
tables of names than the small one that ships (and fewer people of one name). ``--show`` prints how often true pairs
have a field on both sides and how often it agrees, beside what the research measured; without ``--per-block`` nothing
is made and the folder's files are read.
"""

import argparse
import csv
import io
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import lru_cache, partial
from multiprocessing import Pool
from pathlib import Path
from random import Random

from benchmarks.linkage_people import Names, Person, sizes, ward_maker
from benchmarks.linkage_registers import COLUMNS, REGISTERS, Clerk, Register, in_block
from vietnamese.dates import parse_date
from vietnamese.ids import digits_only
from vietnamese.names import fold_name
from vietnamese.text import canon

_BUCKETS = 16
_SHOWN_PAIRS = 100_000
# Field: both there, equal when both there (per cent of true pairs, 100,000 a block), as the research found them.
RESEARCH = {
    "citizen id": (29, 90), "old id": (23, 91), "staff code": (25, 92), "party card": (23, 92),
    "whole birth date": (80, 75), "birth year": (97, 87), "folded name": (100, 73), "name with tones": (100, 52),
    "father": (44, 76), "mother": (41, 75), "spouse": (35, 76), "joined the Party": (44, 76),
    "some id": (68, 94), "no comparable id": (32, 100),
}  # fmt: skip


def lines_of(ward: int, seed: int, per_block: int, errors: float, tables: Path | None) -> list[list[tuple[int, str]]]:
    """Return the lines of one commune: for each register (person's number, the record without its id)."""
    people = _maker(seed, per_block, tables)(ward)
    made: list[list[tuple[int, str]]] = []
    for register in REGISTERS:
        rng = Random(f"{seed} {register.mark} {ward}")
        held = [person for person in people if in_block(person, register)]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows(Clerk(register, person, errors, rng).row(people) for person in held)
        made.append([(person.number, line) for person, line in zip(held, text.getvalue().splitlines(), strict=True)])
    return made


@lru_cache(maxsize=2)
def _maker(seed: int, per_block: int, tables: Path | None) -> Callable[[int], list[Person]]:
    return ward_maker(seed, per_block, Names(tables))


def write(
    out: Path, per_block: int, seed: int = 1, errors: float = 1.0, tables: Path | None = None, jobs: int = 1
) -> None:
    """Write the two registers and their truth; memory does not grow with the number but for one part in sixteen."""
    out.mkdir(parents=True, exist_ok=True)
    one_ward = partial(lines_of, seed=seed, per_block=per_block, errors=errors, tables=tables)
    wards = range(len(sizes(per_block)))
    with ExitStack() as stack:
        made: Iterable[list[list[tuple[int, str]]]] = map(one_ward, wards)
        if jobs > 1:
            made = stack.enter_context(Pool(jobs)).imap(one_ward, wards, chunksize=4)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=out)))
        _scatter(made, folder, seed)
        for register in REGISTERS:
            _gather(register, folder, out, seed)


def _scatter(made: Iterable[list[list[tuple[int, str]]]], folder: Path, seed: int) -> None:
    """Throw the lines into heaps by chance, so that the place in the file tells nothing of the person."""
    rng = Random(f"{seed} heaps")
    with ExitStack() as stack:
        heaps = {
            register: [
                stack.enter_context((folder / f"{register.file}-{n}").open("w", encoding="utf-8"))
                for n in range(_BUCKETS)
            ]
            for register in REGISTERS
        }
        for ward in made:
            for register, lines in zip(REGISTERS, ward, strict=True):
                for number, line in lines:
                    heaps[register][rng.randrange(_BUCKETS)].write(f"{number}\t{line}\n")


def _gather(register: Register, folder: Path, out: Path, seed: int) -> None:
    """Shuffle heap after heap and number the records."""
    rng = Random(f"{seed} order {register.mark}")
    count = 0
    with (
        (out / f"{register.file}.csv").open("w", encoding="utf-8") as records,
        (out / f"{register.file}_truth.csv").open("w", encoding="utf-8") as truth,
    ):
        records.write("record_id," + ",".join(COLUMNS) + "\n")
        truth.write("record_id,person_id\n")
        for n in range(_BUCKETS):
            lines = (folder / f"{register.file}-{n}").read_text(encoding="utf-8").splitlines()
            rng.shuffle(lines)
            for line in lines:
                number, _tab, rest = line.partition("\t")
                records.write(f"{register.mark}{count:07d},{rest}\n")
                truth.write(f"{register.mark}{count:07d},{number}\n")
                count += 1


def read(path: Path) -> Iterator[dict[str, str]]:
    """Read a register or its truth row by row."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def truth_of(folder: Path, name: str) -> dict[str, str]:
    """Return record -> person."""
    return {row["record_id"]: row["person_id"] for row in read(folder / f"{name}_truth.csv")}


def true_pairs(folder: Path) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Return the records of people in both registers, side by side; of large files a part."""
    left, right = truth_of(folder, "party"), truth_of(folder, "gov")
    both = set(left.values()) & set(right.values())
    one_in = max(1, len(both) // _SHOWN_PAIRS)
    kept = {person for person in both if int(person) % one_in == 0}
    first = {left[row["record_id"]]: row for row in read(folder / "party.csv") if left[row["record_id"]] in kept}
    for row in read(folder / "gov.csv"):
        if right[row["record_id"]] in kept:
            yield first[right[row["record_id"]]], row


def seen(row: dict[str, str]) -> dict[str, str]:
    """Return what is compared of a record by the research's table."""
    born, joined = parse_date(row["birth_date"]), parse_date(row["party_joined"])
    return {
        "citizen id": digits_only(row["citizen_id"]), "old id": digits_only(row["old_id"]),
        "staff code": digits_only(row["staff_code"]), "party card": digits_only(row["party_card"]),
        "whole birth date": born.iso() if born and born.day else "", "birth year": str(born.year) if born else "",
        "folded name": fold_name(row["full_name"]), "name with tones": canon(row["full_name"]),
        "father": fold_name(row["father_name"]), "mother": fold_name(row["mother_name"]),
        "spouse": fold_name(row["spouse_name"]), "joined the Party": joined.iso() if joined else "",
    }  # fmt: skip


IDS = ("citizen id", "old id", "staff code", "party card")


def marginals(folder: Path) -> dict[str, tuple[float, float]]:
    """Return for each field the per cent of true pairs that have it on both sides, and of those the equal ones."""
    both, equal, pairs = Counter[str](), Counter[str](), 0
    for left, right in true_pairs(folder):
        pairs += 1
        one, other = seen(left), seen(right)
        there = [field for field in one if one[field] and other[field]]
        same = [field for field in there if one[field] == other[field]]
        both.update(there)
        equal.update(same)
        comparable = any(field in IDS for field in there)
        both["some id"] += comparable
        equal["some id"] += any(field in IDS for field in same)
        both["no comparable id"] += not comparable
        equal["no comparable id"] += not comparable
    return {field: (100 * both[field] / pairs, 100 * equal[field] / max(1, both[field])) for field in RESEARCH}


def collisions(folder: Path) -> float:
    """Return how likely two people of a register share their folded full name."""
    counts = Counter(fold_name(row["full_name"]) for row in read(folder / "party.csv"))
    total = sum(counts.values())
    return sum(count * (count - 1) for count in counts.values()) / (total * (total - 1))


def show(folder: Path) -> None:
    """Print how true pairs agree beside what the research measured."""
    print("of true pairs                  here: both, equal of those    research: both, equal")
    for field, (both, equal) in marginals(folder).items():
        print(f"{field:<28}{both:>12.1f} %{equal:>12.1f} %{RESEARCH[field][0]:>17} %{RESEARCH[field][1]:>7} %")
    print(f"two of one register share the folded full name: {collisions(folder):.1e} (research 1.1e-04 to 1.2e-04)")


def main() -> int:
    """Read the arguments, write the files, print the shape if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-block", type=int, help="records of one register")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--errors", type=float, default=1.0, help="how many times as many mistakes")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tables", type=Path, help="a JSON file of names with weights")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--show", action="store_true")
    asked = parser.parse_args()
    if asked.per_block:
        begun, used = time.perf_counter(), time.process_time()
        write(asked.out, asked.per_block, asked.seed, asked.errors, asked.tables, asked.jobs)
        wall, cpu = time.perf_counter() - begun, time.process_time() - used
        print(
            f"{asked.per_block:,} records a block, seed {asked.seed}: {wall:.1f} s, {cpu:.1f} of CPU here",
            file=sys.stderr,
        )
    if asked.show:
        show(asked.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
