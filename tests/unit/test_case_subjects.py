"""Work of other desks as cases: every state of every desk has its place, and a place is a step of any procedure."""

from __future__ import annotations

import itertools
import json

import pytest

from oms.domain import approvals, case_subjects, consultations
from oms.domain.case_subjects import ENDING, LAPSED, REJECTED, SUBJECTS, BatchStep, LoanStep, step_at, towards
from oms.domain.casework import ENDED, CaseState, Move
from oms.domain.changes import ChangeState
from oms.domain.keeping import DisposalState, TransferState
from oms.domain.procedures import Procedure, Stage, Step
from oms.domain.subject_requests import RequestState
from oms.services.catalogues import DEFAULTS

STATES = {
    "change": {*ChangeState, REJECTED},
    "supplement": {*ChangeState, REJECTED},
    "request": set(RequestState),
    "consultation": {*consultations.State, LAPSED},
    "loan": set(LoanStep),
    "transfer_out": set(TransferState),
    "transfer_in": set(TransferState),
    "batch": set(BatchStep),
    "declassify": set(approvals.State),
    "disposal": set(DisposalState),
}


def test_every_state_of_every_desk_has_its_place_and_no_other_word_has_one() -> None:
    assert {kind: set(each.places) for kind, each in SUBJECTS.items()} == STATES


@pytest.mark.parametrize("kind", SUBJECTS)
def test_every_kind_of_work_can_end_and_an_end_is_an_end(kind: str) -> None:
    ends = {place for place in SUBJECTS[kind].places.values() if isinstance(place, CaseState)}
    assert CaseState.ISSUED in ends and ends <= ENDED and ends <= set(ENDING)


def test_every_procedure_it_runs_under_is_shipped() -> None:
    shipped = {row["code"] for row in json.loads((DEFAULTS / "procedures.json").read_text(encoding="utf-8"))}
    assert {each.code for each in SUBJECTS.values()} <= shipped


def test_who_asked_to_study_a_dossier_does_not_learn_from_the_case_whether_it_was_found() -> None:
    places = SUBJECTS["consultation"].places
    assert places[consultations.State.ASKED] == places[consultations.State.PREPARED]


def test_the_words_of_a_case_are_known_of_each_kind() -> None:
    assert case_subjects.SUBJECT_LABELS.keys() == SUBJECTS.keys()


@pytest.mark.parametrize("wanted", list(Stage))
def test_a_stage_has_a_step_in_any_procedure_never_one_past_it_unless_it_is_the_stage_itself(wanted: Stage) -> None:
    later = list(Stage)[1:]
    for size in range(len(later) + 1):
        for more in itertools.combinations(later, size):
            steps = tuple(Step(f"b{n}", stage, "Một bước") for n, stage in enumerate([Stage.RECEIVE, *more]))
            found = step_at(Procedure("p", "Thủ tục thử", steps=steps), wanted)
            assert found in steps
            if wanted in more:
                assert found.stage is wanted
            else:
                assert list(Stage).index(found.stage) <= list(Stage).index(wanted)


def test_the_first_of_two_steps_of_a_stage_is_taken_and_the_way_to_it_told() -> None:
    steps = (Step("a", Stage.RECEIVE, "Nhận"), Step("c", Stage.DRAFT, "Soạn"), Step("d", Stage.DRAFT, "Soát"))
    procedure = Procedure("p", "Thủ tục thử", steps=steps)
    assert step_at(procedure, Stage.DRAFT).key == "c"
    assert (towards(procedure, "a", "c"), towards(procedure, "d", "a")) == (Move.FORWARD, Move.BACK)
    with pytest.raises(ValueError, match="without steps"):
        step_at(Procedure("p", "Thủ tục thử"), Stage.DRAFT)
