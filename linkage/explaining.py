"""Why a pair weighs what it does: each kind of evidence with its reading and its bits, or the masked reading alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from linkage.levels import MISSING, OTHER, Comparison
from linkage.model import Model
from linkage.scorer import Score

Reading = Literal["agree", "near", "differ", "missing"]
MaskedReading = Literal["agree", "differ", "missing"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one comparison of a pair met: its level, how a clerk reads it, and what it weighs in bits."""

    comparison: str
    level: str
    reading: Reading
    bits: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """All the evidence of a pair; the prior and the bits sum up to the weight."""

    weight: float
    probability: float
    prior: float
    evidence: tuple[Evidence, ...]

    def masked(self) -> dict[str, MaskedReading]:
        """Return for each comparison only whether the two agree, differ or cannot be compared.

        For a reader who may not see the other block: no level, no weight. What nearly agrees is told as agreeing where
        it speaks for one person, as differing where it does not.
        """
        return {each.comparison: _mask(each) for each in self.evidence}

    def as_json(self) -> dict[str, Any]:
        """Return it as values that JSON knows, bits to two places."""
        return {
            "weight": round(self.weight, 2),
            "probability": round(self.probability, 6),
            "prior": round(self.prior, 2),
            "evidence": [
                {"field": each.comparison, "level": each.level, "reading": each.reading, "bits": round(each.bits, 2)}
                for each in self.evidence
            ],
        }


def explain(model: Model, score: Score) -> Explanation:
    """Return the evidence of a scored pair in the plan's order."""
    evidence = tuple(
        Evidence(comparison.name, level, _reading(comparison, level), bits)
        for comparison, level, bits in zip(model.plan.comparisons, score.levels, score.bits, strict=True)
    )
    return Explanation(score.weight, score.probability, score.prior, evidence)


def _reading(comparison: Comparison, level: str) -> Reading:
    if level == MISSING:
        return "missing"
    if level == OTHER:
        return "differ"
    return next(each.reading for each in comparison.levels if each.name == level)


def _mask(evidence: Evidence) -> MaskedReading:
    if evidence.reading == "near":
        return "agree" if evidence.bits > 0 else "differ"
    return evidence.reading
