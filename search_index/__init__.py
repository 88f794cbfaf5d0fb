"""Search: documents in, answers out, each reader seeing only what a permission in the question allows."""

from search_index.memory import MemoryEngine
from search_index.model import (
    Answer,
    Bearer,
    Changes,
    Completion,
    Doc,
    DocumentError,
    Engine,
    Filters,
    Hit,
    IndexBusyError,
    IndexFormatError,
    Marks,
    Protection,
    Query,
    QueryError,
    SearchError,
    Source,
    Text,
    Visible,
)
from search_index.sources import MemorySource, SqliteSource
from search_index.whoosh_engine import WhooshEngine

__all__ = [
    "Answer",
    "Bearer",
    "Changes",
    "Completion",
    "Doc",
    "DocumentError",
    "Engine",
    "Filters",
    "Hit",
    "IndexBusyError",
    "IndexFormatError",
    "Marks",
    "MemoryEngine",
    "MemorySource",
    "Protection",
    "Query",
    "QueryError",
    "SearchError",
    "Source",
    "SqliteSource",
    "Text",
    "Visible",
    "WhooshEngine",
]
