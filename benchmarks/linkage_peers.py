"""The simple ways to link two registers, recordlinkage's ECM and splink's defaults, each a program of its own.

    python -m benchmarks.linkage_peers METHOD FOLDER OUT.csv [--threads 2]

``FOLDER`` is one that ``benchmarks.linkage_population`` wrote. All are given the same cleaned columns (marks
folded, dates read, numbers as digits), which is more than their makers promise; the two learners look at the same
pairs, those that agree in any of eight plain keys (``BLOCKS``), and compare every field by what their own
documentation begins with. None was tuned by us. They write what ``python -m linkage match`` writes. Each runs as
a process of its own, so that time and memory are its own.
"""

import argparse
import csv
import math
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from benchmarks.linkage_population import read
from vietnamese.dates import parse_date
from vietnamese.ids import digits_only
from vietnamese.names import fold_name
from vietnamese.text import canon, fold

Row = dict[str, str]
Pair = tuple[str, str, float]
IDS = ("citizen_id", "old_id", "staff_code", "party_card")
NAMES = ("name", "father", "mother", "spouse")
BLOCKS = (
    ("name",), ("birth",), *((field,) for field in IDS), ("last", "year"), ("father", "mother"),
)  # fmt: skip
NEEDS = {"recordlinkage": ("recordlinkage", "pandas"), "splink": ("splink", "duckdb", "pandas")}
"""What has to be installed for a method, by the modules it imports."""
_LEAST = 1e-3


def cleaned(path: Path) -> list[Row]:
    """Return a register's records as every method is given them; "" is not known."""
    return [_clean(row) for row in read(path)]


def _clean(row: Row) -> Row:
    born, joined = parse_date(row["birth_date"]), parse_date(row["party_joined"])
    name = fold_name(row["full_name"])
    return {
        "id": row["record_id"], "name": name, "toned": " ".join(canon(row["full_name"]).split()),
        "last": name.rpartition(" ")[2], "sex": row["sex"], "birth": born.iso() if born and born.day else "",
        "year": str(born.year) if born else "", "joined": joined.iso() if joined and joined.day else "",
        "father": fold_name(row["father_name"]), "mother": fold_name(row["mother_name"]),
        "spouse": fold_name(row["spouse_name"]), "birth_place": fold(row["birth_place"]),
        "home_place": fold(row["home_place"]), **{field: digits_only(row[field]) for field in IDS},
    }  # fmt: skip


def agreeing(left: list[Row], right: list[Row], *keys: tuple[str, ...]) -> Iterator[Pair]:
    """Return the pairs that agree in all fields of any key, weighed by how many keys."""
    counts: dict[tuple[str, str], int] = {}
    for key in keys:
        under: dict[tuple[str, ...], list[str]] = {}
        for row in right:
            under.setdefault(tuple(row[field] for field in key), []).append(row["id"])
        for row in left:
            value = tuple(row[field] for field in key)
            for other in under.get(value, ()) if all(value) else ():
                counts[row["id"], other] = counts.get((row["id"], other), 0) + 1
    return ((one, other, float(count)) for (one, other), count in counts.items())


RULES: dict[str, tuple[tuple[str, ...], ...]] = {
    "exact citizen id": (("citizen_id",),),
    "any of 4 exact ids": tuple((field,) for field in IDS),
    "name with tones + birth date": (("toned", "birth"),),
    "folded name + birth date": (("name", "birth"),),
    "folded name + birth year": (("name", "year"),),
    "any id, or folded name + birth date": (*((field,) for field in IDS), ("name", "birth")),
}


def by_recordlinkage(left: list[Row], right: list[Row], threads: int) -> Iterator[Pair]:
    """Return pairs by recordlinkage's ECM: exact or Jaro-Winkler 0.85, a missing value disagrees as in its defaults."""
    import pandas as pd
    import recordlinkage

    one, other = (pd.DataFrame(rows).set_index("id").replace("", None) for rows in (left, right))
    index = recordlinkage.Index()
    for key in BLOCKS:
        index.block(list(key))
    candidates = index.index(one, other)
    compare = recordlinkage.Compare(n_jobs=threads)
    for field in (*IDS, "sex", "birth", "year", "joined"):
        if one[field].notna().any():
            compare.exact(field, field, label=field)
    for field in (*NAMES, "birth_place", "home_place"):
        compare.string(field, field, method="jarowinkler", threshold=0.85, label=field)
    features = compare.compute(candidates, one, other)
    learner = recordlinkage.ECMClassifier()
    learner.fit(features)
    chances = learner.prob(features)
    for (first, second), chance in chances[chances >= _LEAST].items():
        yield first, second, bits(float(chance))


def by_splink(left: list[Row], right: list[Row], threads: int) -> Iterator[Pair]:
    """Return pairs by splink 5 with its ready comparisons and its documented way of training."""
    import duckdb
    import pandas as pd
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    ids = [field for field in IDS if any(row[field] for row in left) and any(row[field] for row in right)]
    dates = [cl.DateOfBirthComparison(field, input_is_string=True) for field in ("birth", "joined")]
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="id",
        comparisons=[
            cl.NameComparison("name").configure(term_frequency_adjustments=True),
            *(cl.NameComparison(field) for field in NAMES[1:]),
            *dates,
            cl.ExactMatch("sex"),
            *(cl.ExactMatch(field) for field in ids),
            *(cl.JaroWinklerAtThresholds(field) for field in ("birth_place", "home_place")),
        ],
        blocking_rules_to_generate_predictions=[block_on(*key) for key in BLOCKS if key[0] in ids or key[0] not in IDS],
    )
    database = duckdb.connect(":memory:", config={"threads": str(threads)})
    api = DuckDBAPI(connection=database)
    frames = [pd.DataFrame(rows).replace("", None) for rows in (left, right)]
    tables = [api.register(frame, dataset_display_name=name) for frame, name in zip(frames, ("a", "b"), strict=True)]
    linker = Linker(tables, settings, log_level=40)
    sure = [block_on(field) for field in ids] or [block_on("name", "birth")]
    small = min(1.0, 200_000 / (len(left) + len(right)))
    training = linker.training
    training.estimate_probability_two_random_records_match([*sure, block_on("name", "birth")], recall=0.7)
    training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    for rule in (block_on("name"), block_on("birth")):
        training.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=small)
    predicted = linker.inference.predict(threshold_match_probability=_LEAST)
    found = database.sql(f"select id_l, id_r, match_weight from {predicted.physical_name}").fetchall()  # noqa: S608
    return ((str(one), str(other), float(weight)) for one, other, weight in found)


def bits(chance: float) -> float:
    """Return a probability as log2 odds."""
    chance = min(max(chance, 1e-12), 1 - 1e-12)
    return math.log2(chance / (1 - chance))


LEARNERS: dict[str, Callable[[list[Row], list[Row], int], Iterable[Pair]]] = {
    "recordlinkage": by_recordlinkage,
    "splink": by_splink,
}
METHODS = (*RULES, *LEARNERS)


def missing(method: str) -> list[str]:
    """Return the modules that would have to be installed."""
    return [name for name in NEEDS.get(method, ()) if find_spec(name) is None]


def pairs_of(method: str, left: list[Row], right: list[Row], threads: int) -> Iterable[Pair]:
    """Return what a method finds."""
    if method in RULES:
        return agreeing(left, right, *RULES[method])
    return LEARNERS[method](left, right, threads)


def write_pairs(path: Path, pairs: Iterable[Pair]) -> None:
    """Write pairs as ``python -m linkage match`` does; no band, for these know none."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("left_id", "right_id", "weight", "probability", "band"))
        for one, other, weight in pairs:
            chance = 1 / (1 + 2 ** -max(-60.0, min(60.0, weight)))
            writer.writerow((one, other, f"{weight:.4f}", f"{chance:.6f}", ""))


def main() -> int:
    """Link one folder by one method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    left, right = (cleaned(asked.folder / f"{name}.csv") for name in ("party", "gov"))
    write_pairs(asked.out, pairs_of(asked.method, left, right, asked.threads))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
