"""Who gets through to a route with an id, and who must not."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """Who gets through to a route and with which status; who must not tell a real id from a missing one."""

    insider: str
    outsiders: tuple[str, ...]
    expected: tuple[int, ...] = (200,)
    post: bool = False
    form: dict[str, str] = field(default_factory=dict)


READ_OUT = ("officer.gov", "leader.low", "leader.xa", "clerk", "reviewer", "admin")
"""Outsiders of what a reader of dossiers sees: wrong unit, too low a clearance, wrong roles."""
