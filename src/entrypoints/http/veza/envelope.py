"""What all of Veza's answers have in common, and how its lists are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta

from entrypoints.http.kit.rows import Answer, Ask
from platform_core.kernel.page import FARTHEST, MOST

DEFAULT_LIMIT = 20

Total = Annotated[int, Meta(ge=0, description="How many there are in the whole list.", examples=[42])]


def enveloped(data: Any) -> Mapping[str, Any]:
    """An answer as it goes out."""
    return {"success": True, "data": data}


class Said(Answer, frozen=True):
    """A sentence, where there is nothing else to tell."""

    message: Annotated[str, Meta(description="For people.", examples=["Logged out"])]


class PartAsk(Ask, frozen=True, kw_only=True):
    """Which part of a list."""

    limit: Annotated[int, Meta(ge=1, description=f"How many at most; more than {MOST} is taken for {MOST}.")] = (
        DEFAULT_LIMIT
    )
    offset: Annotated[int, Meta(ge=0, le=FARTHEST, description="How many of the first are left out.")] = 0
