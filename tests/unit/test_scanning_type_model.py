"""The model of document types: learns from confirmed papers, says when it is not sure, and is no pickle."""

from __future__ import annotations

import io
import pickle
from random import Random

import numpy as np
import pytest
from scanning_paper import DECISION, Text, centred, written

import scanning
from scanning.__main__ import main
from scanning.classification import CONTRADICTED
from scanning.headings import TITLES
from scanning.type_model import DIMENSIONS, TypeModel, features_of, load_model, score, starting_model, train
from scanning.type_phrases import PHRASES
from scanning.type_samples import sample, starting_samples

MUSTER = (
    centred("PHIẾU THEO DÕI NGHĨA VỤ LAO ĐỘNG", 0.15, size=16),
    Text("Số ngày công đã góp, số ngày công còn thiếu trong năm", 0.25),
    Text("Hợp tác xã xác nhận số ngày công của xã viên", 0.3),
)
"""A paper of the office's own that no heading cue knows."""


def test_every_type_of_the_contract_has_samples_and_a_row_in_the_starting_model() -> None:
    assert set(PHRASES) == set(TITLES) == set(starting_model().labels)


def test_where_it_is_sure_of_unseen_papers_it_is_right() -> None:
    certain, right = score(starting_model(), starting_samples(papers=12, seed=4711), 0.9)
    assert certain >= 0.8 * 12 * len(PHRASES)
    assert right >= 0.99 * certain


def test_a_paper_whose_heading_is_lost_is_typed_by_its_words_with_the_lines_that_say_it() -> None:
    found = scanning.classify([written(tuple(line for line in DECISION if line.text.strip(":") != "QUYẾT ĐỊNH"))])
    assert found.code == "quyet_dinh"
    assert found.evidence
    assert all(item.text and item.page == 1 for item in found.evidence)


@pytest.mark.parametrize(
    "lines",
    [
        (Text("Ghi chú của tôi về chuyến đi thực tế ngày thứ ba", 0.2), Text("mua vé, hỏi đường, gặp anh Bình", 0.3)),
        MUSTER,
        (Text("x", 0.5),),
    ],
)
def test_it_says_when_it_does_not_know(lines: tuple[Text, ...]) -> None:
    found = scanning.classify([written(lines)])
    assert found.code == "khac" or found.score < 0.5


def test_a_faint_heading_against_the_words_is_unsure() -> None:
    form = [line for line in sample("so_yeu_ly_lich", Random(3)).text.splitlines() if not line.isupper()]
    body = tuple(Text(line, 0.3 + 0.02 * number) for number, line in enumerate(form))
    plain = scanning.classify([written((centred("Đơn", 0.15), *body))])
    assert plain.code != "don" or plain.score <= CONTRADICTED


def test_it_learns_a_paper_of_the_office_from_the_clerks_confirmations() -> None:
    before = scanning.classify([written(MUSTER)])
    confirmed = [(features_of([written(MUSTER)]), "bao_cao")] * 5
    learned = train(starting_samples(papers=20) + confirmed)
    found = scanning.classify([written(MUSTER)], learned)
    assert (before.code, before.score < 0.5) != (found.code, False)
    assert found.code == "bao_cao"
    assert found.score >= 0.9


def test_words_of_a_single_paper_are_not_learned() -> None:
    name = features_of([written((Text("Quách Khuê Trân tố cáo Nghê Khoát", 0.3),))])
    others = starting_samples(papers=5)
    own = [place for place in np.flatnonzero(name) if not any(features[place] for features, _ in others)]
    assert own
    assert not train([*others, (name, "don"), (name, "don")]).weights[:, own].any()
    assert train([*others, *[(name, "don")] * 3]).weights[:, own].any()


def test_two_types_are_enough_and_one_is_not() -> None:
    two = [pair for pair in starting_samples(papers=8) if pair[1] in ("don", "bien_ban")]
    learned = train(two)
    assert score(learned, two, 0.5) == (len(two), len(two))
    with pytest.raises(ValueError, match="two types"):
        train([pair for pair in two if pair[1] == "don"])


def test_a_model_comes_back_as_it_was_stored() -> None:
    model = starting_model()
    again = load_model(model.to_bytes())
    assert (again.labels, again.samples) == (model.labels, model.samples)
    assert np.array_equal(again.weights, model.weights)


def _stored(**changed: object) -> bytes:
    held = io.BytesIO()
    np.savez(held, **changed)  # type: ignore[arg-type]
    return held.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 no zip",
        pickle.dumps({"labels": ["don"]}),
        _stored(about=np.frombuffer(b"[]", np.uint8), weights=np.zeros((1, 4)), bias=np.zeros(1)),
        _stored(about=np.array([{"x": 1}], dtype=object), weights=np.zeros((1, 4)), bias=np.zeros(1)),
        TypeModel(("don",), np.full((1, DIMENSIONS), np.nan, np.float32), np.zeros(1, np.float32), 1).to_bytes(),
        starting_model().to_bytes()[:-900],
    ],
    ids=["empty", "no zip", "pickle", "wrong shape", "objects inside", "not numbers", "cut off"],
)
def test_what_is_no_model_is_refused_and_never_unpickled(data: bytes) -> None:
    with pytest.raises(ValueError, match="model"):
        load_model(data)


def test_the_starting_model_is_what_its_command_makes(tmp_path: object) -> None:
    out = f"{tmp_path}/types.npz"
    assert main(["train", "--out", out]) == 0
    with open(out, "rb") as file:
        made = load_model(file.read())
    assert made.labels == starting_model().labels
    assert np.allclose(made.weights, starting_model().weights, atol=0.05)
