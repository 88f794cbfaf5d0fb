"""Pages of a list: which one is asked for, and what the pager and the service need to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

SIZE = 50
# the search engine counts places up to a million
_FURTHEST = 10_000


@dataclass(frozen=True)
class Paging:
    """One page of a list, counted from 1."""

    page: int
    size: int = SIZE

    @property
    def offset(self) -> int:
        """How many lines stand before this page."""
        return (self.page - 1) * self.size

    def pages(self, total: int) -> int:
        """How many pages so many lines fill; at least one."""
        return max(1, -(-total // self.size))

    def first(self, total: int) -> int:
        """Number of the page's first line; 0 when there is none."""
        return self.offset + 1 if total > self.offset else 0

    def last(self, total: int) -> int:
        """Number of the page's last line."""
        return min(self.offset + self.size, total)


def asked_page(size: int = SIZE) -> Paging:
    """The page named by ``?trang=``; anything that is not a number is the first."""
    text = request.args.get("trang", "")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
    return Paging(min(max(number, 1), _FURTHEST), size)
