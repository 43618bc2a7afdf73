"""How Teezu spells a refusal: the shape of Fastify's errors with a code."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.kit.refusals import Refusal
from entrypoints.http.kit.rows import Answer


class ErrorDetail(Struct, frozen=True):
    """One broken field of a request."""

    field: Annotated[str, Meta(examples=["email"])]
    message: Annotated[str, Meta(examples=["Invalid email address"])]


class Error(Answer, frozen=True):
    """Every answer that is no success. `details` comes with broken fields only."""

    statusCode: Annotated[int, Meta(examples=[422])]
    error: Annotated[str, Meta(description="The status in words.", examples=["Unprocessable Entity"])]
    code: Annotated[str, Meta(description="For programs.", examples=["VALIDATION_ERROR"])]
    message: Annotated[str, Meta(description="For people.", examples=["email: Invalid email address"])]
    details: list[ErrorDetail] | UnsetType = UNSET


def show_refusal(refusal: Refusal) -> Error:
    """A refusal in Teezu's words."""
    details = [ErrorDetail(detail.field, detail.message) for detail in refusal.details]
    return Error(refusal.status, refusal.reason, refusal.code, refusal.message, details or UNSET)
