"""Search: documents in, answers out, each reader seeing only what a permission in the question allows."""

from search_index.memory import MemoryEngine
from search_index.model import (
    Answer,
    Doc,
    DocumentError,
    Engine,
    Filters,
    Hit,
    IndexBusyError,
    IndexFormatError,
    Query,
    QueryError,
    SearchError,
    Visible,
)
from search_index.whoosh_engine import WhooshEngine

__all__ = [
    "Answer",
    "Doc",
    "DocumentError",
    "Engine",
    "Filters",
    "Hit",
    "IndexBusyError",
    "IndexFormatError",
    "MemoryEngine",
    "Query",
    "QueryError",
    "SearchError",
    "Visible",
    "WhooshEngine",
]
