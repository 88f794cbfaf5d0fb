"""No question is asked around the rule: statements are made in the store alone, and there they start from a reader."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from store_unfiltered import OF_THE_REVIEWER, UNFILTERED

from oms.store.tables import Base

ROOT = Path(__file__).resolve().parents[2]
for _tables in (ROOT / "oms/store").glob("*_tables.py"):
    importlib.import_module(f"oms.store.{_tables.stem}")  # every table has to be known
RUNS = {
    "execute",
    "scalar",
    "scalars",
    "stream",
    "stream_scalars",
    "connection",
    "exec_driver_sql",
    "query",
    "bulk_save_objects",
    "bulk_insert_mappings",
    "bulk_update_mappings",
    "__table__",
    "metadata",
}
"""What runs a statement on a session or reaches around the mapped classes."""
MAKES = {"select", "insert", "update", "delete", "text", "literal_column"}
NO_RECORDS = {
    # who may sign in, what they were granted, the tree, the lists everybody works with, the journal's own rows
    *("accounts", "account_scopes", "account_compartments", "account_sensitive", "account_kin"),
    *("sessions", "sign_in_attempts", "totp_factors", "passkeys", "recovery_codes", "passkey_challenges"),
    *("units", "unit_successions", "unit_acts", "tasks"),
    *("catalogue_rows", "catalogue_others", "journal", "checkpoints", "search_feed", "type_models", "import_mappings"),
    *("supplements", "access_policy", "account_grants", "delegations", "link_waiting"),
    *("procedure_versions", "procedure_proposals", "api_tokens", "api_answers", "leases"),
}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """The functions and methods of a module, not those inside others."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from (inner for inner in node.body if isinstance(inner, ast.FunctionDef))


def around_the_store(source: str) -> list[str]:
    """What a module outside the store does that only the store may."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom | ast.Import):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            found += [f"{node.lineno}: imports {name}" for name in names if name.split(".")[0] == "sqlalchemy"]
        if isinstance(node, ast.Attribute) and node.attr in RUNS:
            owner = ast.unparse(node.value)
            of_session = owner.split(".")[-1].removeprefix("_") in ("session", "database", "Base")
            if of_session or node.attr in ("__table__", "exec_driver_sql", "connection"):
                found.append(f"{node.lineno}: {owner}.{node.attr}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKES:
            found.append(f"{node.lineno}: {node.func.id}(…)")
    return found


def test_statements_are_made_in_the_store_alone() -> None:
    wrong = {}
    for path in sorted((ROOT / "oms").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith("oms/store/"):
            found = around_the_store(path.read_text())
            if found:
                wrong[name] = found
    assert wrong == {}


@pytest.mark.parametrize(
    "line",
    [
        "from sqlalchemy import text",
        "uow.session.execute(statement)",
        "uow.session.scalars(statement)",
        "session.connection().execute(statement)",
        "rows = uow.session.query(Dossier)",
        "Dossier.__table__.select()",
        "found = select(Dossier)",
        "uow.session.execute(update(Dossier))",
        "connection.exec_driver_sql('select 1')",
        "house.database.engine.connect().execute(text('select 1'))",
    ],
)
def test_the_ban_sees_each_way_around(line: str) -> None:
    assert around_the_store(line)


def record_classes() -> set[str]:
    """Names of the mapped classes that hold records: every table that is not said to hold none."""
    mappers = Base.registry.mappers
    return {each.class_.__name__ for each in mappers if each.class_.__tablename__ not in NO_RECORDS}


def reads_records(function: ast.FunctionDef, records: set[str]) -> bool:
    """Whether a function makes a statement, or fetches by id, that names a class of records."""
    nodes = list(ast.walk(function))
    named = any(isinstance(node, ast.Name) and node.id in records for node in nodes)
    called = {ast.unparse(node.func).split(".")[-1] for node in nodes if isinstance(node, ast.Call)}
    return named and bool(called & {"select", "exists", "get", "get_one", "aliased", "query", "from_statement"})


def reader_of(function: ast.FunctionDef) -> str:
    """The name of the argument that says who asks; "" when there is none or the body never looks at it."""
    for argument in (*function.args.args, *function.args.kwonlyargs):
        said = ast.unparse(argument.annotation) if argument.annotation is not None else ""
        if "Visibility" in said or said == "Principal":
            used = any(isinstance(node, ast.Name) and node.id == argument.arg for node in ast.walk(function))
            return argument.arg if used else ""
    return ""


def unfiltered(name: str, source: str, records: set[str]) -> set[str]:
    """The functions of a store module that read records for no reader in particular."""
    return {
        f"{name}.{function.name}"
        for function in functions(ast.parse(source))
        if reads_records(function, records) and not reader_of(function)
    }


def test_the_store_reads_records_for_a_reader_or_says_why_not() -> None:
    records, found = record_classes(), set()
    for path in sorted((ROOT / "oms/store").glob("*.py")):
        if path.stem in OF_THE_REVIEWER:
            continue
        found |= unfiltered(path.stem, path.read_text(), records)
    listed = set().union(*UNFILTERED.values())
    assert found - listed == set(), "reads records without a Visibility and without a reason in store_unfiltered.py"
    assert listed - found == set(), "stands in store_unfiltered.py and is no more"


def test_the_reviewers_modules_serve_the_reviewer_and_the_machine_alone() -> None:
    """What reads for no reader in particular is imported by the desk of review and the machine's own work only."""
    assert all((ROOT / f"oms/store/{name}.py").exists() for name in OF_THE_REVIEWER)
    desks = {path.stem for path in (ROOT / "oms/services").glob("*.py") if path.stem.startswith("review")}
    for path in sorted((ROOT / "oms/services").glob("*.py")):
        text = path.read_text()
        if path.stem not in desks:
            for name in ("review_grounds", "review_history", "review_reads"):
                assert f"import {name}" not in text and f"store.{name} " not in text, f"{path.stem} uses {name}"


def test_each_exception_has_one_reason() -> None:
    for (one, first), (other, second) in combinations(UNFILTERED.items(), 2):
        assert first & second == set(), (one, other)


def test_the_rule_of_the_store_sees_a_new_unfiltered_question() -> None:
    records = record_classes()
    assert {"Dossier", "Document", "FactRow", "Change", "RecordHead", "Page", "Opening", "Loan"} <= records
    plain = "def all_of(session: Session) -> list[Dossier]:\n    return list(session.scalars(select(Dossier)))"
    unused = plain.replace("session: Session", "session: Session, view: Visibility")
    used = unused.replace("select(Dossier)", "select(Dossier).where(visible(view, Unit.path, Dossier))")
    fetched = "def one(session: Session, key: str) -> Page:\n    return session.get_one(Page, key)"
    assert unfiltered("m", plain, records) == {"m.all_of"}
    assert unfiltered("m", unused, records) == {"m.all_of"}
    assert unfiltered("m", used, records) == set()
    assert unfiltered("m", fetched, records) == {"m.one"}


def test_tables_without_records_exist() -> None:
    assert NO_RECORDS - {"type_models", "import_mappings"} <= set(Base.metadata.tables)
