"""Requests made from the OpenAPI document by schemathesis, good ones and bad, with everybody's programs.

Half of them bear ids of real things, so that more than the door is tried. Answers must be in the document: their
status, their type, their schema; none may be an error of the server.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import hypothesis
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from oms.domain.access import ROLE_ACTIONS, Role
from oms.web.api.operations import OPERATIONS

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
TAGS = ('"1"', '"2"', '"0"')


_KEYS = itertools.count(1)


def fuzz(
    app: Flask, tokens: Mapping[str, Role], known: Mapping[str, Mapping[str, str]], examples: int, seed: int
) -> tuple[Counter[int], dict[str, str]]:
    """So many requests of every operation: how often which status came, and what was wrong, by operation."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    statuses: Counter[int] = Counter()
    wrong: dict[str, str] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        name = operation.definition.raw["operationId"]
        able = [token for token, role in tokens.items() if OPERATIONS[name].action in ROLE_ACTIONS[role]]
        try:
            _fuzz_one(operation, [*able, *able, *tokens], known.get(name, {}), examples, seed, statuses)
        except (Exception, BaseExceptionGroup) as problem:
            wrong[name] = _told(problem)
    return statuses, wrong


def _told(problem: BaseException) -> str:
    """What schemathesis says, with the failures inside."""
    inner = problem.exceptions if isinstance(problem, BaseExceptionGroup) else ()
    notes = " ".join(getattr(problem, "__notes__", ()))
    return " | ".join(filter(None, [f"{type(problem).__name__}: {problem} {notes}"[:1500], *map(_told, inner)]))


def _fuzz_one(
    operation: Any,
    tokens: Sequence[str],
    ids: Mapping[str, str],
    examples: int,
    seed: int,
    statuses: Counter[int],
) -> None:
    good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    bad = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @hypothesis.seed(seed)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(good, good, bad), st.sampled_from(list(tokens)), st.booleans(), st.sampled_from(TAGS))
    def ask(case: Case, token: str, real: bool, tag: str) -> None:
        if real and ids:
            case.path_parameters = dict(ids)
            if "If-Match" in case.headers:
                case.headers["If-Match"] = tag
        if real and "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = f"k{next(_KEYS)}"
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    ask()
