"""A small model of document types that learns from confirmed papers: hashed words, one weight a type and word.

It sees the folded words and word pairs of a paper's first written page, those in capitals apart, and character
quadruples of the lines in capitals, which survive OCR's slips. Training is scikit-learn's logistic regression;
applying it is one product of matrices. A model is stored as plain arrays, never as a pickle.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from scanning.layout import Line, Page, compact, pages_of
from scanning.page import PageReading
from vietnamese.text import fold

DIMENSIONS = 1 << 14
STARTING_MODEL = Path(__file__).resolve().parent / "models" / "types.npz"
MAX_BYTES = 20_000_000
_LINES = 60
_UPPER_DEPTH = 0.45
Vector = NDArray[np.float32]


@dataclass(frozen=True)
class TypeModel:
    """Weights of each type: ``labels`` of length T, ``weights`` T × 16384, ``bias`` T; ``samples`` it learned from."""

    labels: tuple[str, ...]
    weights: Vector
    bias: Vector
    samples: int

    def likelihoods(self, readings: Sequence[PageReading]) -> dict[str, float]:
        """Return how likely each type is for a document, summing to 1; empty if nothing is written on it."""
        features = features_of(readings)
        if not features.any():
            return {}
        scores = self.weights @ features + self.bias
        powers = np.exp(scores - scores.max())
        return {label: float(share) for label, share in zip(self.labels, powers / powers.sum(), strict=True)}

    def to_bytes(self) -> bytes:
        """Return the model as an .npz of plain arrays; weights in half precision."""
        about = json.dumps({"labels": list(self.labels), "samples": self.samples, "dimensions": DIMENSIONS})
        held = io.BytesIO()
        np.savez_compressed(
            held,
            about=np.frombuffer(about.encode(), np.uint8),
            weights=self.weights.astype(np.float16),
            bias=self.bias.astype(np.float32),
        )
        return held.getvalue()


def load_model(data: bytes) -> TypeModel:
    """Return the model in the bytes of ``TypeModel.to_bytes``; ValueError if they are anything else."""
    if len(data) > MAX_BYTES:
        raise ValueError("model too large")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            about = json.loads(bytes(held["about"]))
            weights, bias = held["weights"].astype(np.float32), held["bias"].astype(np.float32)
        labels, samples, dimensions = tuple(about["labels"]), int(about["samples"]), about["dimensions"]
    except (OSError, KeyError, TypeError, ValueError, zlib.error, EOFError, BadZipFile) as error:
        raise ValueError("not a model of document types") from error
    shape = (len(labels), DIMENSIONS)
    if dimensions != DIMENSIONS or weights.shape != shape or bias.shape != shape[:1] or not np.isfinite(weights).all():
        raise ValueError("not a model of document types")
    return TypeModel(tuple(map(str, labels)), weights, bias, samples)


@lru_cache(maxsize=1)
def starting_model() -> TypeModel:
    """Return the model shipped with the library: made by ``python -m scanning train`` from written samples alone."""
    return load_model(STARTING_MODEL.read_bytes())


def features_of(readings: Sequence[PageReading]) -> Vector:
    """Return the features of a document's first written page: 16384 numbers of length 1, all 0 if there are none."""
    found = np.zeros(DIMENSIONS, np.float32)
    page = first_written(readings)
    if page is None:
        return found
    for line in page.lines[:_LINES]:
        found[list(_places(page, line))] = 1.0
    length = float(np.sqrt(found.sum()))
    return found / length if length else found


def first_written(readings: Sequence[PageReading]) -> Page | None:
    """Return the first page of a document with words on it, or None."""
    return next((page for page in pages_of(readings) if page.lines), None)


def telling_lines(model: TypeModel, page: Page, code: str, most: int = 2) -> list[Line]:
    """Return the lines of a page that speak most for a type against the other types, in the page's order."""
    if code not in model.labels:
        return []
    row = model.weights[model.labels.index(code)] - model.weights.mean(axis=0)
    said = [(float(row[sorted(_places(page, line))].sum()), index) for index, line in enumerate(page.lines[:_LINES])]
    best = sorted(said, reverse=True)[:most]
    return [page.lines[index] for index in sorted(index for weight, index in best if weight > 0)]


def _places(page: Page, line: Line) -> set[int]:
    """Return the numbers of the features a line has, 0 to 16383; words in capitals at the top count apart."""
    upper = line.upper and page.depth(line) < _UPPER_DEPTH
    tokens = set(_tokens(fold(line.text).split(), "U" if upper else ""))
    if upper:
        letters = compact(line.text)
        tokens |= {f"#{letters[start : start + 4]}" for start in range(len(letters) - 3)}
    return {zlib.crc32(token.encode()) % DIMENSIONS for token in tokens}


def _tokens(words: Sequence[str], mark: str) -> Iterable[str]:
    """Return words and pairs of neighbours without figures: numbers and dates say nothing of a type."""
    plain = [word.strip(".,:;()\"'“”-–*") for word in words]
    plain = [word for word in plain if word and not any(letter.isdigit() for letter in word)]
    yield from (f"{mark}{word}" for word in plain)
    yield from (f"{mark}{one} {two}" for one, two in pairwise(plain))


def train(samples: Sequence[tuple[Vector, str]], min_papers: int = 3) -> TypeModel:
    """Return a model learned from features with their right types.

    A feature counts only if at least ``min_papers`` papers have it, so that no single paper's names are learned.
    ValueError with fewer than two types.
    """
    # heavy, and needed for training alone
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    labels = tuple(sorted({label for _, label in samples}))
    if len(labels) < 2:
        raise ValueError("a model needs papers of two types at least")
    matrix = np.stack([features for features, _ in samples])
    common = (matrix > 0).sum(axis=0) >= min_papers
    learner = LogisticRegression(C=30.0, max_iter=300)
    learner.fit(csr_matrix(matrix[:, common]), [label for _, label in samples])
    rows = {str(label): row for row, label in enumerate(learner.classes_)}
    weights = np.zeros((len(labels), DIMENSIONS), np.float32)
    bias = np.zeros(len(labels), np.float32)
    for row, label in enumerate(labels):
        if len(labels) == 2:  # one row stands for both: the first class is its negative
            sign = 1.0 if rows[label] == 1 else -1.0
            weights[row, common], bias[row] = sign * learner.coef_[0] / 2, sign * learner.intercept_[0] / 2
        else:
            weights[row, common], bias[row] = learner.coef_[rows[label]], learner.intercept_[rows[label]]
    return TypeModel(labels, weights.astype(np.float16).astype(np.float32), bias, len(samples))


def score(model: TypeModel, samples: Sequence[tuple[Vector, str]], sure: float) -> tuple[int, int]:
    """Return how many samples the model is sure of (likelihood at least ``sure``) and how many of those are right."""
    certain = right = 0
    for features, label in samples:
        scores = model.weights @ features + model.bias
        powers = np.exp(scores - scores.max())
        best = int(powers.argmax())
        if powers[best] / powers.sum() >= sure:
            certain += 1
            right += model.labels[best] == label
    return certain, right
