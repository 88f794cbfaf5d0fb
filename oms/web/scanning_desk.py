"""The scanning desk: the batches on their way in, and the desk where a person decides each paper."""

from oms.web import desk_pages, pile, scanner, verification
from oms.web.batches import blueprint

__all__ = ["blueprint", "desk_pages", "pile", "scanner", "verification"]
