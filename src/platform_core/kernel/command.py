"""What can be asked of the platform: commands change something, queries do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from attrs import frozen

from platform_core.kernel.actor import Policy

if TYPE_CHECKING:
    from platform_core.kernel.work import Work

R = TypeVar("R", covariant=True)


@frozen
class Request(Generic[R]):
    """Something a caller wants, with `R` the type of the answer.

    Each states once, for all deliveries, who may run it: `policy` by role and way in, and `permits` for what depends on
    the thing itself. `target` names the fields that say which thing it is about: those `permits` is given, so that a
    delivery can ask it before it looks at the rest of the request (404 before 403 before 422, AUTHZ-02). `per_session`
    says that the request is about the caller's session, so that idempotency keys of two sessions are kept apart.
    """

    policy: ClassVar[Policy]
    target: ClassVar[tuple[str, ...]] = ()
    per_session: ClassVar[bool] = False

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Let the actor of `work` act on this target.

        Raises:
            NotFound: There is none, or none this actor may know of.
            Forbidden: There is one, and this actor may not.
        """


@frozen
class Command(Request[R]):
    """A wish to change something."""


@frozen
class Query(Request[R]):
    """A question."""
