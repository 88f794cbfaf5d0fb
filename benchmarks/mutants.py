"""How sharp the rule's tests are: small wrongs are put into the rule one by one, and the tests have to notice.

``python benchmarks/mutants.py`` changes a comparison, a boolean, a constant, a call or a line of ``access.py``,
``actions.py`` and ``visible.py`` in a copy of the modules in memory, runs the quick tests of the rule on it, and
prints what nobody noticed. Asserts nothing.
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
from pathlib import Path

import hypothesis  # noqa: F401  (what does not change between two mutants is imported once)
import pytest
import sqlalchemy.orm  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
import search_index  # noqa: E402, F401

TARGETS = ("oms/domain/access.py", "oms/domain/actions.py", "oms/store/visible.py")
TESTS = ("tests/unit/test_access_matrix.py", "tests/unit/test_access.py", "tests/store/test_access_worlds.py")
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


def _return(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is not None:
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
    order: list[ast.AST] = []

    class _Walk(ast.NodeVisitor):
        def visit(self, node: ast.AST) -> None:
            order.append(node)
            self.generic_visit(node)

    _Walk().visit(tree)
    for at, node in enumerate(order):
        for new in WRONGS[type(node)](node) if type(node) in WRONGS else ():
            made = ast.fix_missing_locations(_Put(at, new).visit(copy.deepcopy(tree)))
            said = f"{ast.unparse(node)[:90]}  ->  {ast.unparse(new)[:90]}"
            yield getattr(node, "lineno", 0), said.replace("\n", " "), ast.unparse(made)


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
        signal.alarm(300)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        sys.dont_write_bytecode = True
        module = name.removesuffix(".py").replace("/", ".")
        sys.meta_path.insert(0, _Finder(module, _Spoilt(str(ROOT / name), source)))
        code = 1
        try:
            code = int(pytest.main(["-x", "-q", "--assert=plain", "--noconftest", "--rootdir", str(ROOT), *TESTS]))
        finally:
            os._exit(code)
    _child, status = os.waitpid(child, 0)
    return status != 0


def main() -> None:
    """Runs every mutant and prints the table."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--only", choices=TARGETS)
    given = wanted.parse_args()
    os.chdir(ROOT)
    os.environ["WORLDS"] = "40"
    started = time.perf_counter()
    for name in [given.only] if given.only else TARGETS:
        source, killed, alive = (ROOT / name).read_text(), 0, 0
        if noticed(name, source):
            sys.exit("the tests fail on the rule as it is")
        for line, said, made in mutants(source):
            if noticed(name, made):
                killed += 1
            else:
                alive += 1
                print(f"  not noticed: {name}:{line}: {said}", flush=True)
        print(f"{name}: {killed + alive} mutants, {killed} noticed, {alive} not", flush=True)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
