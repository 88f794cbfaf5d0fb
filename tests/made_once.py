"""What a test process makes once, though every test has an installation and an application of its own.

Templates, the addresses of routes and SQL statements are compiled from their source alone: what one application made
of it serves the next. Nothing else is kept from one test to the next.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, ClassVar

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Map, Rule, RuleFactory
from werkzeug.routing.matcher import StateMachineMatcher

from oms.store import db


class _Compiled(BytecodeCache):
    """Jinja's own cache; it knows each template by its source, so a changed one is compiled anew."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


def templates() -> None:
    Flask.jinja_options = {"bytecode_cache": _Compiled()}


def addresses() -> None:
    """The function that puts a route's address together is made of the route's text: 320 of them in each application.

    It gets the rule, and by it the converters, when it is called.
    """
    compile_builder, kept = Rule._compile_builder, dict[Any, Callable[..., tuple[str, str]]]()

    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if rule.defaults:  # written into the function by the rule's own converters
            return compile_builder(rule, append_unknown)
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in kept:
            kept[key] = compile_builder(rule, append_unknown)
        return kept[key]

    Rule._compile_builder = once  # type: ignore[method-assign]


class _Routes(Map):
    """An application's map of routes, put in order when it is first asked: the same routes were in order before."""

    _kept: ClassVar[dict[tuple[Any, ...], tuple[StateMachineMatcher, dict[Any, list[Rule]]]]] = {}

    def __init__(self, *args: Any, **more: Any) -> None:
        self._own: list[Rule] = []
        self._settled = 0
        super().__init__(*args, **more)

    def add(self, rulefactory: RuleFactory) -> None:
        self._own += rulefactory.get_rules(self)
        self._remap = True

    def update(self) -> None:
        with self._remap_lock:
            if self._settled < len(self._own):
                self._settle()
        super().update()

    def _settle(self) -> None:
        known = tuple((rule.rule, rule.endpoint, frozenset(rule.methods or ()), str(rule.defaults), rule.build_only,
                       rule.strict_slashes, rule.host, rule.subdomain) for rule in self._own)  # fmt: skip
        if known not in self._kept:
            self._matcher, self._rules_by_endpoint = StateMachineMatcher(self.merge_slashes), {}
            for rule in self._own:
                rule.bind(self, rebind=True)
                if not rule.build_only:
                    self._matcher.add(rule)
                self._rules_by_endpoint.setdefault(rule.endpoint, []).append(rule)
            self._kept[known] = self._matcher, self._rules_by_endpoint
        self._matcher, self._rules_by_endpoint = self._kept[known]
        self._settled = len(self._own)


def routes() -> None:
    """Four hundred routes are parsed and ordered for each application otherwise: the better part of making one."""
    Flask.url_map_class = _Routes


def statements() -> None:
    """SQLAlchemy compiles a statement once an engine, and knows it by the engine's dialect: here all SQLite is one."""
    kept, create_engine = LRUCache[Any, Any](5_000), db.create_engine

    def create(url: str, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        if engine.dialect.name == "sqlite":
            engine._compiled_cache = kept
        return engine

    db.create_engine = create
    SQLiteDialect_pysqlite.__eq__ = lambda here, other: type(here) is type(other) and here.dbapi is other.dbapi  # type: ignore[method-assign]
    SQLiteDialect_pysqlite.__hash__ = lambda here: hash((type(here), here.dbapi))  # type: ignore[method-assign]


def modules() -> None:
    """What is loaded stays: the collector of cycles need not look through all of it again and again.

    And it looks less often: each world leaves many objects, hardly any of them in a cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
