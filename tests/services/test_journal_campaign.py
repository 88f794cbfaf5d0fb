"""A share of benchmarks/tampering.py: every kind of tampering is found, killed writers and sealers raise no alarm."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest

from oms.settings import CHECKOUT


@pytest.fixture(scope="module")
def tampering() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tampering", CHECKOUT / "benchmarks" / "tampering.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tampering"] = module
    spec.loader.exec_module(module)
    return module


def test_a_hundred_tamperings_of_every_kind_are_found(tampering: ModuleType) -> None:
    told, apart = tampering.campaign(8 * len(tampering.ATTACKS), seed=7)
    assert {name for name, _found in told} == set(tampering.ATTACKS)
    assert [name for (name, found), _number in told.items() if not found] == []
    assert {name for name, found in apart if not found} == {"guard dropped"}  # the separate verifier reads rows alone


@pytest.mark.long
def test_ten_thousand_tamperings_are_found(tampering: ModuleType) -> None:
    told, apart = tampering.campaign(10_000, seed=1)
    assert [name for (name, found), _number in told.items() if not found] == []
    assert {name for name, found in apart if not found} == {"guard dropped"}


@pytest.mark.long
def test_a_thousand_kills_raise_no_alarm(tampering: ModuleType) -> None:
    assert tampering.honest(1000, seed=1)[1] == 0
