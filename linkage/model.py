"""The weights: how likely each level is for one person and for two strangers, as JSON, one for batch and live."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from linkage.levels import OTHER, Comparison, Level, Plan
from linkage.normalise import NORM_VERSION
from linkage.plan import CADRES
from linkage.records import ModelError

FORMAT = 1
SHIPPED = Path(__file__).with_name("model.json")
LEAST_M = 0.005
"""No level is impossible for one person: one reissued card must not outweigh all the rest."""
LEAST_U = 1e-9
EXPECTED_OVERLAP = 0.7


@dataclass(frozen=True, slots=True)
class Chance:
    """How often a level is met: `m` between two records of one person, `u` between records of two strangers."""

    m: float
    u: float

    def __post_init__(self) -> None:
        if not (0 < self.m <= 1 and 0 < self.u <= 1):
            raise ModelError("a chance lies between 0 and 1")

    @property
    def bits(self) -> float:
        """What the level weighs: log2 of how much likelier one person is."""
        return math.log2(self.m / self.u)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where the bands begin, in bits; `bare` ones are for pairs that share no number of identity to compare."""

    auto: float = 8.0
    auto_bare: float = 10.0
    review: float = -4.0
    review_bare: float = -4.0
    margin: float = 3.0


@dataclass(frozen=True, eq=False)
class Model:
    """The chances of every level of a plan, the bounds of the bands, and where they come from."""

    plan: Plan
    chances: Mapping[str, Mapping[str, Chance]]
    bounds: Bounds = Bounds()
    overlap: float = EXPECTED_OVERLAP
    found: float = 0.0
    """Bits for having been brought together by a key at all; 0 where the weights were not learned from such pairs."""
    source: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for comparison in self.plan.comparisons:
            have = self.chances.get(comparison.name, {})
            lacking = [name for name in comparison.level_names if name not in have]
            if lacking:
                raise ModelError(f"no chances for {comparison.name}: {', '.join(lacking)}")

    def chance(self, comparison: Comparison, level: str) -> Chance:
        """Return the chances of a level."""
        return self.chances[comparison.name][level]

    def prior(self, left: int, right: int) -> float:
        """Return the bits of two records of blocks of these sizes being one person, before any comparison."""
        rate = min(0.5, self.overlap / max(left, right, 1))
        return math.log2(rate / (1 - rate)) + self.found

    def prior_rate(self, left: int, right: int) -> float:
        """Return the same as a chance, by the expected overlap of the smaller block."""
        return 1 / (1 + 2 ** -self.prior(left, right))

    def with_bounds(self, bounds: Bounds) -> Model:
        """Return the same weights with other bounds."""
        return replace(self, bounds=bounds)

    @property
    def version(self) -> str:
        """Eight letters that change when anything of the model does; kept with every stored candidate."""
        return hashlib.blake2b(dumps(self).encode(), digest_size=4).hexdigest()


def fingerprint(plan: Plan) -> str:
    """Return what tells two sets of levels apart: a model fits only the conditions it was made for."""
    conditions = [
        (
            comparison.name,
            comparison.missing.sql(),
            [(level.name, level.condition.sql()) for level in comparison.levels],
        )
        for comparison in plan.comparisons
    ]
    return hashlib.blake2b(json.dumps([NORM_VERSION, conditions]).encode(), digest_size=8).hexdigest()


def floored(plan: Plan, chances: Mapping[str, Mapping[str, tuple[float, float]]]) -> dict[str, dict[str, Chance]]:
    """Return learned chances put right by hand: no m below the floor, and the u of identities as fixed."""
    return {
        comparison.name: {name: _floored(level, *chances[comparison.name][name]) for name, level in _levels(comparison)}
        for comparison in plan.comparisons
    }


def _levels(comparison: Comparison) -> Iterator[tuple[str, Level | None]]:
    for level in comparison.levels:
        yield level.name, level
    yield OTHER, None


def _floored(level: Level | None, m: float, u: float) -> Chance:
    fixed = level.fixed_u if level else None
    return Chance(min(1.0, max(LEAST_M, m)), min(1.0, max(LEAST_U, u if fixed is None else fixed)))


def dumps(model: Model) -> str:
    """Return the model as JSON text, the same bytes for the same model."""
    data = {
        "format": FORMAT,
        "plan": model.plan.name,
        "levels": fingerprint(model.plan),
        "overlap": model.overlap,
        "found": _short(model.found),
        "bounds": {name: getattr(model.bounds, name) for name in Bounds.__dataclass_fields__},
        "source": dict(model.source),
        "chances": {
            comparison.name: {
                name: [_short(chance.m), _short(chance.u)]
                for name in comparison.level_names
                for chance in [model.chance(comparison, name)]
            }
            for comparison in model.plan.comparisons
        },
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def loads(text: str, plan: Plan = CADRES) -> Model:
    """Return the model of a JSON text; ModelError for one of another shape or other levels."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT or data["plan"] != plan.name:
            raise ModelError("a model of another format")
        if data["levels"] != fingerprint(plan):
            raise ModelError("the model was trained for other levels: train it again")
        chances = {
            name: {level: Chance(float(pair[0]), float(pair[1])) for level, pair in levels.items()}
            for name, levels in data["chances"].items()
        }
        bounds = Bounds(**{name: float(value) for name, value in data["bounds"].items()})
        return Model(plan, chances, bounds, float(data["overlap"]), float(data["found"]), data["source"])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ModelError(f"no model: {error}") from error


def load(path: Path = SHIPPED, plan: Plan = CADRES) -> Model:
    """Return the model of a file; the shipped one unless told otherwise."""
    try:
        return loads(path.read_text(encoding="utf-8"), plan)
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: cannot be read") from error


def save(model: Model, path: Path) -> None:
    """Write the model as JSON."""
    path.write_text(dumps(model), encoding="utf-8")
