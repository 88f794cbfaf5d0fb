"""How sharp the rule's tests are: small wrongs are put into the rule one by one, and the tests have to notice.

``python benchmarks/mutants.py [--jobs 2]`` changes a comparison, a boolean, a condition, a constant, a set, a call or a
return of ``access.py``, ``actions.py`` and ``visible.py`` in a copy of the modules in memory and runs the tests of the
rule on it. What nobody noticed is printed with the reason why nobody can, from ``EXPLAINED``, or without one; so are
reasons for what is noticed or no longer there. Asserts nothing.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy.orm  # noqa: F401  (what does not change between two mutants is imported once)

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
import search_index  # noqa: E402, F401

VALUES, MATRIX, RULE = (f"tests/unit/test_access{name}.py" for name in ("_values", "_matrix", ""))
WORLDS, ROWS = "tests/store/test_access_worlds.py", "tests/store/test_visible_matrix.py"
TARGETS = {
    "oms/domain/access.py": (VALUES, MATRIX, RULE, WORLDS),
    "oms/domain/actions.py": (VALUES, MATRIX, RULE),
    "oms/store/visible.py": (ROWS, RULE, WORLDS),
}
"""The modules of the rule, and the tests that reach each, those that notice most first."""
SLOW = "tests/store/test_access_worlds.py::test_worlds_nobody_chose"
"""Left out: worlds drawn anew each time would notice by chance."""
EXPLAINED: dict[tuple[str, str], str] = {
    (
        "oms/domain/access.py",
        "module: 1  ->  2",
    ): "the level of NOTHING: without units nothing is seen, whatever the level",
    (
        "oms/domain/access.py",
        "widest: gency for view in views)), barred=frozenset.inters  ->  gency for view in views)))",
    ): "each role that reads has an action no state bars, so that what all bar is nothing, the default",
    (
        "oms/domain/access.py",
        "widest: max((view.secrecy for view in views))  ->  min((view.secrecy for view in views))",
    ): "all views of one person have that person's level",
    (
        "oms/store/visible.py",
        "visible: view.documents and of is Document  ->  of is Document",
    ): "nothing is in an empty list of papers",
    (
        "oms/store/visible.py",
        "visible: view.emergency and dossier is not None  ->  dossier is not None",
    ): "nothing is in an empty list of dossiers",
    (
        "oms/store/visible.py",
        "_withheld: column is None or not view.withheld  ->  column is None",
    ): "everything is outside an empty list of dossiers",
    (
        "oms/store/visible.py",
        "_in_state: not view.barred or of not in (Dossier, RecordHead)  ->  of not in (Dossier, RecordHead)",
    ): "everything is outside an empty list of states",
    (
        "oms/store/visible.py",
        "papers_withheld: if not view.withheld:     return []  ->  if False:     return []",
    ): "nothing is in an empty list of dossiers",
}
"""Wrongs that no test can notice, and why: the module means the same with them."""
COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
CALLS = {"or_": "and_", "and_": "or_", "any": "all", "all": "any", "min": "max", "max": "min", "true": "false"}
CALLS |= {"false": "true", "in_": "not_in", "not_in": "in_", "is_": "is_not"}


def _compare(node: ast.Compare) -> Iterator[ast.AST]:
    new = copy.deepcopy(node)
    new.ops = [COMPARE[type(new.ops[0])](), *new.ops[1:]]
    yield new


def _boolean(node: ast.BoolOp) -> Iterator[ast.AST]:
    new = copy.deepcopy(node)
    new.op = ast.Or() if isinstance(new.op, ast.And) else ast.And()
    yield new
    for gone in range(len(node.values)):
        left = [value for place, value in enumerate(node.values) if place != gone]
        yield ast.BoolOp(node.op, left) if len(left) > 1 else left[0]


def _binary(node: ast.BinOp) -> Iterator[ast.AST]:
    swap: dict[type[ast.operator], type[ast.operator]] = {
        ast.BitOr: ast.BitAnd,
        ast.BitAnd: ast.BitOr,
        ast.Add: ast.Sub,
        ast.Sub: ast.Add,
    }
    if type(node.op) in swap:
        yield ast.BinOp(node.left, swap[type(node.op)](), node.right)


def _unary(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not):
        yield node.operand


def _choice(node: ast.IfExp) -> Iterator[ast.AST]:
    yield node.body
    yield node.orelse


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)


def _set(node: ast.Set) -> Iterator[ast.AST]:
    for gone in range(len(node.elts) if len(node.elts) > 1 else 0):
        yield ast.Set([each for place, each in enumerate(node.elts) if place != gone])


def _if(node: ast.If) -> Iterator[ast.AST]:
    for always in (True, False):
        yield ast.If(ast.Constant(always), node.body, node.orelse)


def _tuple(node: ast.Tuple) -> Iterator[ast.AST]:
    """A list of names is a set that keeps its order; pairs and types are left alone."""
    if len(node.elts) > 2 and all(isinstance(each, ast.Attribute) for each in node.elts):
        for gone in range(len(node.elts)):
            yield ast.Tuple([each for place, each in enumerate(node.elts) if place != gone], ast.Load())


def _return(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is not None and ast.unparse(node.value) != "None":
        yield ast.Return(ast.Constant(None))


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name in CALLS:
        new = copy.deepcopy(node)
        if isinstance(new.func, ast.Name):
            new.func.id = CALLS[name]
        elif isinstance(new.func, ast.Attribute):
            new.func.attr = CALLS[name]
        yield new
    if name in ("and_", "or_"):
        for gone in range(len(node.args)):
            fewer = copy.deepcopy(node)
            del fewer.args[gone]
            yield fewer
    for place in range(len(node.keywords)):
        fewer = copy.deepcopy(node)
        del fewer.keywords[place]
        yield fewer


WRONGS: dict[type[ast.AST], Callable[..., Iterator[ast.AST]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.IfExp: _choice,
    ast.Constant: _constant,
    ast.Call: _calls,
    ast.Set: _set,
    ast.Tuple: _tuple,
    ast.If: _if,
    ast.Return: _return,
}
"""The small wrongs that can be made of each kind of node."""


class _Put(ast.NodeTransformer):
    """Puts one changed node in the place of the n-th."""

    def __init__(self, at: int, new: ast.AST) -> None:
        self.at, self.new, self.seen = at, new, -1

    def visit(self, node: ast.AST) -> ast.AST:
        self.seen += 1
        if self.seen == self.at:
            return self.new
        return self.generic_visit(node)


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """(line, what was there and what is, the whole module with it) of every mutant."""
    tree = ast.parse(source)
    order: list[tuple[ast.AST, str]] = []

    class _Walk(ast.NodeVisitor):
        within = "module"

        def visit(self, node: ast.AST) -> None:
            outer = self.within
            order.append((node, outer))
            self.within = getattr(node, "name", outer)
            self.generic_visit(node)
            self.within = outer

    _Walk().visit(tree)
    types = _types(tree)
    for at, (node, within) in enumerate(order):
        for new in WRONGS[type(node)](node) if type(node) in WRONGS and node not in types else ():
            made = ast.fix_missing_locations(_Put(at, new).visit(copy.deepcopy(tree)))
            yield getattr(node, "lineno", 0), f"{within}: {_said(node, new)}", ast.unparse(made)


def _types(tree: ast.AST) -> set[ast.AST]:
    """What stands in annotations: it is text at run time, and mypy's to check."""
    noted = [getattr(node, name, None) for node in ast.walk(tree) for name in ("annotation", "returns")]
    return {part for note in noted if note is not None for part in ast.walk(note)}


def _said(node: ast.AST, new: ast.AST) -> str:
    """A wrong in one line: fifty characters of what was there and of what is, where they part."""
    was, made = (ast.unparse(each).replace("\n", " ") for each in (node, new))
    parts = next((at for at, (a, b) in enumerate(zip(was, made, strict=False)) if a != b), 0)
    start = max(0, parts - 25)
    return f"{was[start : start + 50]}  ->  {made[start : start + 50]}"


class _Spoilt(importlib.abc.SourceLoader):
    """Loads one module from text in place of its file."""

    def __init__(self, path: str, source: str) -> None:
        self.path, self.source = path, source

    def get_filename(self, fullname: str) -> str:
        return self.path

    def get_data(self, path: str) -> bytes:
        return self.source.encode()


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module of ours where it is spoilt."""

    def __init__(self, name: str, loader: _Spoilt) -> None:
        self.name, self.loader = name, loader

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self.loader) if fullname == self.name else None


def noticed(name: str, source: str) -> bool:
    """Whether the rule's tests fail on a module as the text has it, in a process of its own; too slow is noticed."""
    child = os.fork()
    if child == 0:
        signal.alarm(900)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        sys.dont_write_bytecode = True
        module = name.removesuffix(".py").replace("/", ".")
        sys.meta_path.insert(0, _Finder(module, _Spoilt(str(ROOT / name), source)))
        how = ["-x", "-q", "--assert=plain", "--noconftest", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
        code = 1
        try:
            code = int(any(pytest.main([*how, "--deselect", SLOW, tests]) for tests in TARGETS[name]))
        finally:
            os._exit(code)
    _child, status = os.waitpid(child, 0)
    return status != 0


def judge(name: str, jobs: int) -> None:
    """Prints what nobody noticed in one module, and the count."""
    source = (ROOT / name).read_text()
    if noticed(name, source):
        sys.exit(f"the tests fail on {name} as it is")
    made = list(mutants(source))
    with ThreadPoolExecutor(jobs) as several:
        found = several.map(lambda mutant: noticed(name, mutant[2]), made)
        unnoticed = {}
        for (line, said, _module), seen in zip(made, found, strict=True):
            if not seen:
                why = EXPLAINED.get((name, said), "")
                unnoticed[said] = why
                print(
                    f"  {'explained' if why else 'NOT NOTICED'}: {name}:{line}: {said}", why, sep="\n      ", flush=True
                )
    for of, said in EXPLAINED:
        if of == name and said not in unnoticed:
            print(f"  explained for nothing: {said}")
    alive, told = len(unnoticed), sum(bool(why) for why in unnoticed.values())
    print(f"{name}: {len(made)} mutants, {len(made) - alive} noticed, {told} explained, {alive - told} not", flush=True)


def main() -> None:
    """Runs every mutant and prints the table."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--only", choices=TARGETS)
    wanted.add_argument("--jobs", type=int, default=1)
    wanted.add_argument("--folder", default="", help="where the tests put their files, best in memory")
    given = wanted.parse_args()
    os.chdir(ROOT)
    os.environ |= {"WORLDS": "40"} | ({"TMPDIR": given.folder} if given.folder else {})
    hypothesis.settings.register_profile("mutants", derandomize=True, database=None)
    hypothesis.settings.load_profile("mutants")
    started = time.perf_counter()
    for name in [given.only] if given.only else TARGETS:
        judge(name, given.jobs)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
