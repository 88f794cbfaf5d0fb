"""Makes vietnamese/places.tsv.gz anew from the unpacked package vietnamadminunits (MIT), given as the argument.

    .venv/bin/python deploy/places.py FOLDER [--check FOLDER_OF_VIETNAM_PROVINCES]

FOLDER holds ``data/dataset.db`` and ``data/converter_2025.json``. The other package (vietnam-provinces) is only held
against the result: names that differ are printed, nothing of it is kept. The result is the same bytes each time.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from vietnamese.places import DATA, key_of  # noqa: E402

COLUMNS = ("era", "level", "code", "kind", "name", "parent", "successors", "aliases")
# written by many though the package does not list them
MORE_ALIASES = {
    "Huế": ("Thừa Thiên Huế", "Thừa Thiên - Huế", "Thừa Thiên"),
    "Hồ Chí Minh": ("Sài Gòn", "TPHCM", "HCM", "HCMC"),
    "Bà Rịa - Vũng Tàu": ("BRVT", "BR-VT"),
    "Hà Nội": ("HN",),
}
_KINDS = re.compile(r"^(phuong|xa|thitran|tt|huyen|thixa|tx|thanhpho|tp|quan)")


# held against the other package and the names these communes had before: the kinds stand the wrong way round
KINDS = {
    ("92", "Phong Điền"): "Xã",
    ("92", "Tân Lộc"): "Phường",
    ("31", "Vĩnh Hòa"): "Xã",
    ("31", "Việt Hòa"): "Phường",
}


def say(words: str) -> None:
    """Tells the maintainer."""
    sys.stdout.write(words + "\n")


def aliases(stored: str | None, name: str) -> str:
    """Other names in the form in which names are compared, the own one left out."""
    bare = {_KINDS.sub("", word) or word for word in json.loads(stored or "[]")}
    found = {key_of(word) for word in (*bare, *MORE_ALIASES.get(name, ()))} - {key_of(name), ""}
    return ";".join(sorted(found))


def named(kind: str, name: str) -> str:
    """The name without its kind: the package writes "Quận 8" and "Long Mỹ (Thị xã)" beside the kind."""
    return re.sub(r"\s*\(.*\)$", "", name.removeprefix(f"{kind} "))


def rows_of(folder: Path) -> list[tuple[str, ...]]:
    """Every province, district and commune, before and after, with what each became."""
    data = sqlite3.connect(folder / "data/dataset.db")
    data.row_factory = sqlite3.Row
    converter = json.loads((folder / "data/converter_2025.json").read_text(encoding="utf-8"))
    old = list(data.execute("select * from admin_units_legacy order by provinceCode, districtCode, wardCode"))
    new = list(data.execute("select * from admin_units order by provinceCode, wardCode"))
    after = _successors(converter, new)
    province_after = {before: key for key, befores in converter["DICT_PROVINCE"].items() for before in befores}
    new_code = {row["provinceKey"]: row["provinceCode"] for row in new}
    made: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for row in new:
        made.setdefault(("1", "1", row["provinceCode"]), _province("1", row, ""))
        kind, code = row["wardType"], row["wardCode"]
        short = row["wardShort"]
        name, more = named(kind, short), aliases(row["wardAlias"], short)
        kind = KINDS.get((row["provinceCode"], short), kind)
        made[("1", "3", code)] = ("1", "3", code, kind, name, row["provinceCode"], "", more)
    for row in old:
        key = f"{row['provinceKey']}_{row['districtKey']}_{row['wardKey'] or ''}"
        became = ";".join(after[key])
        to = new_code[province_after[row["provinceKey"]]]
        made.setdefault(("0", "1", row["provinceCode"]), _province("0", row, to))
        island = not row["wardCode"]  # an island district had no communes: it became a special zone as a whole
        more = aliases(row["districtAlias"], row["districtShort"])
        district = (
            row["districtCode"],
            row["districtType"],
            named(row["districtType"], row["districtShort"]),
            row["provinceCode"],
        )
        made.setdefault(("0", "2", row["districtCode"]), ("0", "2", *district, became if island else "", more))
        if not island:
            more = aliases(row["wardAlias"], row["wardShort"])
            commune = (row["wardCode"], row["wardType"], named(row["wardType"], row["wardShort"]), row["districtCode"])
            made[("0", "3", row["wardCode"])] = ("0", "3", *commune, became, more)
    return [made[key] for key in sorted(made)]


def _province(era: str, row: sqlite3.Row, to: str) -> tuple[str, ...]:
    kind = "Thành phố" if row["province"].startswith("Thành phố") else "Tỉnh"
    name = row["provinceShort"]
    return (era, "1", row["provinceCode"], kind, name, "", to, aliases(row["provinceAlias"], name))


def _successors(converter: dict, new: Iterable[sqlite3.Row]) -> dict[str, list[str]]:
    """Codes of the communes that an old one became; of a divided one the seat's heir stands first."""
    code = {(row["provinceKey"], row["wardKey"]): row["wardCode"] for row in new}
    after: dict[str, list[str]] = {}
    for province, wards in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, befores in wards.items():
            for before in befores:
                after.setdefault(before, []).append(code[province, ward])
    for province, wards in converter["DICT_PROVINCE_WARD_DIVIDED"].items():
        for before, parts in wards.items():
            ordered = sorted(parts, key=lambda part: not part["isDefaultNewWard"])
            after.setdefault(before, []).extend(code[province, part["newWardKey"]] for part in ordered)
    return {before: list(dict.fromkeys(codes)) for before, codes in after.items()}


def check(rows: list[tuple[str, ...]], folder: Path) -> None:
    """Prints where the second package names other provinces or communes after the reorganisation."""
    listed = json.loads((folder / "data/flat-divisions.json").read_text(encoding="utf-8"))
    theirs = {key_of(each["province_name"].replace("Tp ", "Thành phố ") + each["name"]): each for each in listed}
    provinces = {row[2]: f"{row[3]} {row[4]}" for row in rows if row[:2] == ("1", "1")}
    ours = {key_of(provinces[row[5]] + row[3] + row[4]): row for row in rows if row[:2] == ("1", "3")}
    both = theirs.keys() & ours.keys()
    coded = sum(int(ours[key][2]) == theirs[key]["code"] for key in both)
    say(f"communes: {len(ours)} here, {len(theirs)} there, {len(both)} under the same name, {coded} under one code")
    for key in sorted(ours.keys() - both)[:20]:
        say(f"  only here:  {provinces[ours[key][5]]}, {ours[key][3]} {ours[key][4]}")
    for key in sorted(theirs.keys() - both)[:20]:
        say(f"  only there: {theirs[key]['province_name']}, {theirs[key]['name']}")


def main() -> None:
    """Writes the data file and says what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", type=Path)
    args = parser.parse_args()
    rows = rows_of(args.folder)
    text = "\n".join("\t".join(row) for row in (COLUMNS, *rows)) + "\n"
    with DATA.open("wb") as out, gzip.GzipFile("", "wb", 9, out, mtime=0) as packed:
        packed.write(text.encode())
    for era, said in (("0", "until 2025-06-30"), ("1", "from 2025-07-01")):
        count = [sum(row[0] == era and row[1] == level for row in rows) for level in "123"]
        say(f"{said}: {count[0]} provinces, {count[1]} districts, {count[2]} communes")
    say(f"{DATA.name}: {DATA.stat().st_size:,} bytes")
    if args.check:
        check(rows, args.check)


if __name__ == "__main__":
    main()
