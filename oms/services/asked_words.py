"""What stands in the question's own words beside them (`loại:quyết_định`): a value on no list is said, not sought.

The index would find nothing under a type that there is not, and every paper for a dossier that lacks it: both read as
answers about the records.
"""

from __future__ import annotations

from collections.abc import Iterator

from oms.domain.catalogue import DOCUMENT_TYPES
from oms.domain.organisation import Block
from search_index import QueryError
from search_index.language import And, Node, Not, Or, parse
from search_index.narrowing import BlockIs, Missing, TypeIs

_BLOCKS = frozenset(block.value for block in Block)


def require_listed(text: str) -> None:
    """QueryError, in one sentence for the reader, for a type of document or a block that is on no list."""
    for part in _parts(parse(text)):
        if isinstance(part, TypeIs | Missing) and part.value not in DOCUMENT_TYPES:
            raise QueryError(
                "a type that is none",
                f"Không có loại tài liệu «{part.value}». Chọn loại ở Lọc thêm, hoặc nối các chữ bằng dấu gạch dưới, "
                "như loại:quyết_định.",
            )
        if isinstance(part, BlockIs) and part.value not in _BLOCKS:
            raise QueryError("a block that is none", "Khối phải là khối:đảng, khối:mặt_trận hoặc khối:chính_quyền.")


def _parts(node: Node) -> Iterator[Node]:
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from _parts(part)
    elif isinstance(node, Not):
        yield from _parts(node.part)
    else:
        yield node
