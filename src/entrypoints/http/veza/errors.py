"""How Veza spells a refusal: one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from entrypoints.http.kit.dialect import STATUSES
from entrypoints.http.kit.refusals import Refusal
from entrypoints.http.kit.rows import Answer
from platform_core.kernel.errors import Kind

#: Fields that break a rule are a bad request here.
VEZA_STATUSES: Mapping[Kind, int] = {**STATUSES, Kind.INVALID: 400}


class Error(Answer, frozen=True):
    """Every answer that is no success."""

    success: Annotated[bool, Meta(extra_json_schema={"const": False})]
    error: Annotated[str, Meta(description="For people.", examples=["email: Invalid email address"])]


def show_refusal(refusal: Refusal) -> Error:
    """A refusal in Veza's words."""
    return Error(success=False, error=refusal.message)
