"""A platform without assistance: what is asked for is not there."""

from __future__ import annotations

from collections.abc import Sequence

from platform_core.assist.ports import Assistant, Brief, Candidate, Draft, Match, Mood, Unusable, Wish
from platform_core.kernel.errors import Unavailable

_SAID = "assistance is not set up here"


class NoAssistance:
    """Refuses everything."""

    sees = False

    async def of_text(self, text: str) -> Mood:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable(_SAID)

    async def of_picture(self, picture: bytes) -> Mood:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable(_SAID)

    async def rank(self, seeker: Candidate, candidates: Sequence[Candidate], wish: Wish) -> list[Match]:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable(_SAID)

    async def write(self, brief: Brief) -> Draft:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable(_SAID)


class NoPictures:
    """Where no pictures are to be had from elsewhere."""

    async def fetch(self, url: str) -> bytes:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unusable: Always.
        """
        raise Unusable("pictures from elsewhere are not supported here")


def no_assistant() -> Assistant:
    """Nobody to assist."""
    nobody = NoAssistance()
    return Assistant(moods=nobody, matcher=nobody, writer=nobody)
