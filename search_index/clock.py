"""How long a question may take; what is not done by then is left out, and the answer says so."""

import time


class OutOfTime(Exception):
    """Time ran out where half a result would be a wrong one."""


class Clock:
    """The time of one question."""

    def __init__(self, milliseconds: float) -> None:
        self._begun = time.perf_counter()
        self._end = self._begun + milliseconds / 1000
        self.cut_short = False
        """Whether something was left out."""

    def is_over(self) -> bool:
        """Return whether time ran out; who asks then leaves something out."""
        if time.perf_counter() >= self._end:
            self.cut_short = True
        return self.cut_short

    def check(self) -> None:
        """Raise OutOfTime when time ran out."""
        if self.is_over():
            raise OutOfTime

    @property
    def milliseconds(self) -> float:
        """Return how long the question took until now."""
        return round((time.perf_counter() - self._begun) * 1000, 3)
