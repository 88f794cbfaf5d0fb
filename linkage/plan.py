"""What is compared between two records of cadres, and which pairs are looked at: data, no machinery."""

from __future__ import annotations

from linkage.levels import (
    Close,
    Comparison,
    Condition,
    Differ,
    Edits,
    Far,
    Level,
    Missing,
    Plan,
    Reading,
    Rule,
    Same,
    Within,
    every,
    some,
)
from linkage.normalise import COLUMNS, WHOLE_NUMBERS

NEAR: Reading = "near"
DIFFER: Reading = "differ"

# What a person is called by: the whole string alone misleads, "nguyễn văn lập" ~ "nguyễn văn khoa" by their beginning.
_CALLED_ALIKE = some(Close("given", 0.75), Same("given_shape"))
_BY_ALIAS = some(
    Same("name", "alias"),
    Same("alias", "name"),
    Same("alias"),
    every(Close("name", 0.93, "alias"), Close("given", 0.75, "alias_given")),
    every(Close("alias", 0.93, "name"), Close("alias_given", 0.75, "given")),
)
_THE_SAME_MAN = some(_CALLED_ALIKE, _BY_ALIAS)

NAME = Comparison(
    "name",
    Missing("name"),
    (
        Level("same", Same("name"), rarity="name"),
        Level("alias", _BY_ALIAS),
        Level("no_middle", every(Same("short"), Missing("middle")), NEAR, rarity="short"),
        # Two words that are both real: "hùng" was not misread from "dũng". Before what only looks alike.
        Level("called_otherwise", every(Differ("given_real"), Edits("shape", 2)), DIFFER),
        Level("shape", Same("shape"), NEAR, rarity="shape"),
        Level("one_letter", Edits("shape", 1), NEAR),
        Level("middle_near", every(Same("short"), Close("middle", 0.8)), NEAR, rarity="short"),
        Level("two_letters", every(Edits("shape", 2), _CALLED_ALIKE), NEAR),
        Level("middle_differs", Same("short"), DIFFER),
        Level("called_same", every(Same("given_shape"), some(Same("surname"), Close("name", 0.85))), NEAR),
        Level("fair", every(Close("given", 0.75), Missing("given_real"), Close("name", 0.8)), NEAR),
        Level("sibling", every(Same("surname"), Same("middle")), DIFFER),
        Level("surname", Same("surname"), DIFFER),
    ),
)

BIRTH = Comparison(
    "birth",
    Missing("birth_year"),
    (
        Level("same", Same("birth_day")),
        Level("swapped", some(Same("birth_day", "birth_swapped"), Same("birth_swapped", "birth_day")), NEAR),
        Level("year_off", every(Same("birth_md"), Within("birth_year", 2)), NEAR),
        Level("one_digit", Edits("birth_day", 1), NEAR),
        Level("year", every(Same("birth_year"), Missing("birth_md")), NEAR),
        Level("two_digits", every(Same("birth_year"), Edits("birth_day", 2)), DIFFER),
        Level("same_year", Same("birth_year"), DIFFER),
        Level("same_md", Same("birth_md"), DIFFER),
        Level("year_near", every(Within("birth_year", 2), Missing("birth_md")), DIFFER),
        Level("near", Within("birth_year", 2), DIFFER),
        Level("far", Within("birth_year", 6), DIFFER),
    ),
)

SEX = Comparison("sex", Missing("sex"), (Level("same", Same("sex")),))


def _person(column: str) -> Condition:
    """One relative: the same name, or one letter away once the letters that scans confuse are one."""
    return some(Same(column), Edits(f"{column}_shape", 1))


_FATHER, _MOTHER = _person("father"), _person("mother")
_ONE_PARENT = some(_FATHER, _MOTHER)

PARENTS = Comparison(
    "parents",
    every(Missing("father"), Missing("mother")),
    (
        Level("both", every(_FATHER, _MOTHER, _THE_SAME_MAN)),
        Level("one", every(_ONE_PARENT, some(Missing("father"), Missing("mother")), _THE_SAME_MAN)),
        # The same parents but another name to be called by: a brother or sister, by day or by year of birth.
        Level("siblings", every(_ONE_PARENT, Far("given", 0.75)), DIFFER),
        Level("one_of_two", _ONE_PARENT, NEAR),
        Level("near", some(Edits("father_shape", 3), Edits("mother_shape", 3)), NEAR),
        Level("called_alike", some(Close("father_given", 0.8), Close("mother_given", 0.8)), DIFFER),
    ),
)

SPOUSE = Comparison(
    "spouse",
    Missing("spouse"),
    (
        Level("same", Same("spouse")),
        Level("near", Edits("spouse_shape", 1), NEAR),
        Level("two_letters", every(Edits("spouse_shape", 3), Close("spouse_given", 0.75)), NEAR),
        Level("called_alike", Close("spouse_given", 0.9), DIFFER),
    ),
)

JOINED = Comparison(
    "joined",
    Missing("joined_year"),
    (
        Level("same", Same("joined")),
        Level("official", every(Same("joined_md"), Within("joined_year", 1)), NEAR),
        Level("one_digit", Edits("joined", 1), NEAR),
        Level("year", every(Same("joined_year"), Missing("joined_md")), NEAR),
        Level("same_year", Within("joined_year", 1), DIFFER),
        Level("near", Within("joined_year", 3), DIFFER),
    ),
)


def _identity(column: str) -> Comparison:
    return Comparison(
        column,
        Missing(column),
        (
            Level("same", Same(column), fixed_u=1e-7),
            Level("one_edit", Edits(column, 1), NEAR, fixed_u=1e-6),
        ),
    )


_IDENTITIES = ("citizen_id", "old_id", "staff_code", "party_card")


def _commune(name: str, kind: str) -> Comparison:
    return Comparison(
        name,
        every(Missing(f"{kind}_province"), Missing(f"{kind}_commune")),
        (
            Level("same_former", Same(f"{kind}_former")),
            Level("same", Same(f"{kind}_commune")),
            Level("province", every(Same(f"{kind}_province"), Missing(f"{kind}_commune")), NEAR),
            Level("other_commune", Same(f"{kind}_province"), DIFFER),
        ),
    )


BIRTH_PLACE, HOME = _commune("birth_place", "birth"), _commune("home_place", "home")

WORK = Comparison(
    "work_unit",
    Missing("work_unit"),
    (Level("same", Same("work_unit")), Level("near", Close("work_unit", 0.92), NEAR)),
)

_B, _H = "birth_commune", "home_commune"


def _place(name: str, *columns: str, live: bool = True, most: int = 100) -> Rule:
    """A rule with one commune of the two that a record names: born here, from here, either way round."""
    return Rule(name, (*columns, _B), (*columns, _H), live, most)


RULES = (
    *(Rule(identity, (identity,)) for identity in _IDENTITIES),
    Rule("name", ("name",), most=40),
    Rule("short", ("short",), most=15),
    Rule("shape", ("shape",), most=30),
    Rule("name_year", ("name", "birth_year")),
    Rule("name_md", ("name", "birth_md")),
    Rule("name_next", ("name", "birth_next"), ("name", "birth_year"), live=False),
    Rule("alias_year", ("alias", "birth_year"), ("name", "birth_year")),
    Rule("alias_home", ("alias", _H), ("name", _H), live=False),
    Rule("alias_birth", ("alias", _B), ("name", _B), live=False),
    Rule("shape_year", ("shape", "birth_year")),
    Rule("shape_md", ("shape", "birth_md"), live=False),
    Rule("given_day", ("given_shape", "birth_day")),
    Rule("given_swapped", ("given_shape", "birth_swapped"), ("given_shape", "birth_day"), live=False),
    Rule("surname_day", ("surname", "birth_day", "sex"), live=False),
    Rule("middle_day", ("middle", "birth_day", "surname"), live=False),
    Rule("names_year", ("surname", "middle", "birth_year", "home_province"), live=False, most=60),
    _place("place_name", "name"),
    _place("place_shape", "shape", live=False),
    _place("place_day", "birth_day"),
    _place("place_md_given", "birth_md", "given_shape"),
    _place("place_md_surname", "birth_md", "surname", live=False),
    _place("place_year_given", "birth_year", "given_shape"),
    _place("place_year_names", "birth_year", "surname", "middle", live=False),
    _place("place_next_names", "birth_next", "surname", "middle", live=False),
    _place("place_names", "middle", "given_shape", "sex", live=False, most=60),
    _place("place_short", "short", "sex", live=False, most=60),
    _place("place_joined", "joined", live=False),
    _place("place_spouse", "spouse", live=False),
    _place("place_father", "father", "sex", live=False),
    _place("place_mother", "mother", "sex", live=False),
    Rule("places_year", ("surname", "birth_year", _H, _B, "sex"), live=False),
    Rule("father_given", ("father", "given_shape")),
    Rule("mother_given", ("mother", "given_shape")),
    Rule("spouse_given", ("spouse", "given_shape")),
    Rule("father_called", ("father_given", "given_shape", "birth_year", "surname"), live=False),
    Rule("mother_called", ("mother_given", "given_shape", "birth_year"), live=False),
    Rule("spouse_called", ("spouse_given", "given_shape", "birth_year"), live=False),
    Rule("father_year", ("father", "birth_year"), live=False),
    Rule("mother_year", ("mother", "birth_year"), live=False),
    Rule("spouse_year", ("spouse", "birth_year")),
    Rule("father_mother", ("father", "mother"), live=False),
    Rule("father_spouse", ("father", "spouse"), live=False),
    Rule("mother_spouse", ("mother", "spouse"), live=False),
    Rule("joined_given", ("joined", "given_shape")),
    Rule("joined_year", ("joined", "birth_year")),
    Rule("joined_md_birth", ("joined_md", "birth_md"), live=False),
    Rule("joined_md_given", ("joined_md", "given_shape", "birth_year")),
    Rule("name_joined", ("name", "joined_year"), live=False),
    Rule("unit_given", ("work_unit", "given_shape", "birth_year"), live=False),
)

CADRES = Plan(
    "cadres",
    COLUMNS,
    WHOLE_NUMBERS,
    (
        NAME, BIRTH, SEX, BIRTH_PLACE, HOME, PARENTS, SPOUSE, JOINED,
        *map(_identity, _IDENTITIES), WORK,
    ),
    RULES,
    _IDENTITIES,
)  # fmt: skip
