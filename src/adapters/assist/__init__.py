"""Assistance: small local models, and an HTTP API of large ones."""

from __future__ import annotations

from adapters.assist.matching import LocalMatcher
from adapters.assist.moods import LocalMoods
from adapters.assist.writing import LocalWriter
from platform_core.assist.ports import Assistant, Candidates, Pictures

__all__ = ["LocalMatcher", "LocalMoods", "LocalWriter", "local_assistant"]


def local_assistant(*, pictures: Pictures | None = None, candidates: Candidates | None = None) -> Assistant:
    """An assistant that needs nobody outside, and says the same to the same question.

    Args:
        pictures: Gets pictures; None where there are none to be had.
        candidates: Who can be suggested; the platform's own users when None.
    """
    return Assistant(
        moods=LocalMoods(), matcher=LocalMatcher(), writer=LocalWriter(), pictures=pictures, candidates=candidates
    )
