"""Babel's way to the words of a module: what stands in ``_()``, and the words of its closed lists.

Named in ``deploy/babel.cfg``. A closed list is a dictionary written out at the top of a module, bare or inside one
call (``Words({...})``), with a Vietnamese word among its values; lists of codes for codes are passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

from babel.messages.extract import extract_python


def extract(fileobj: BinaryIO, keywords: Any, comment_tags: Any, options: Any) -> Iterator[tuple[Any, ...]]:
    """Yields (line, function, words, comments) in Babel's shape."""
    text = fileobj.read()
    yield from extract_python(BytesIO(text), keywords, comment_tags, options)
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            value = node.value.args[0] if isinstance(node.value, ast.Call) and node.value.args else node.value
            if isinstance(value, ast.Dict):
                yield from _words(value)


def _words(labels: ast.Dict) -> Iterator[tuple[Any, ...]]:
    constants = [value for value in labels.values if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    if any(not str(value.value).isascii() for value in constants):
        for value in constants:
            yield value.lineno, None, str(value.value), []
