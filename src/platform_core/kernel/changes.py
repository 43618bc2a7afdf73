"""What a use case leaves behind: everything it wants changed, as one value a store applies whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import field, frozen

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.errors import PlatformError
from platform_core.kernel.events import Envelope
from platform_core.kernel.journal import Account, Balances, JournalEntry

KeyId = tuple[str, str]


@frozen
class Key:
    """An idempotency key as it is kept.

    Args:
        scope: Who used it for what: `usr_1 SendTip`.
        key: What the caller sent, at most 255 characters.
        fingerprint: A keyed digest of every field of the request, to tell another request from the same one.
        answers: The type of the stored answer.
    """

    scope: str
    key: str
    fingerprint: Mapping[str, str]
    answers: object

    @property
    def id(self) -> KeyId:
        """What is unique."""
        return (self.scope, self.key)


@frozen
class KeyRecord:
    """A used key: the answer or the refusal that was given, for giving it again.

    Args:
        key: The key.
        answer: The answer, when it was given in this very batch.
        encoded: The answer as the store keeps it, when it was given before.
        refusal: The refusal, if it was one.
        moved: Whether money moved under it: such a key stays used when its answer is forgotten.
    """

    key: Key
    answer: object = None
    encoded: bytes | None = None
    refusal: PlatformError | None = None
    moved: bool = False


def _nothing(_: Balances) -> object:
    return None


@frozen(kw_only=True)
class Changes:
    """A unit of work.

    Args:
        added: New aggregates.
        saved: Changed aggregates, each with the version it was read at.
        removed: Aggregates to forget, likewise.
        guarded: Aggregates only read, whose version must still be current.
        opened: Accounts to open, if they are not open yet.
        freezes: Accounts to freeze (True) or thaw (False).
        entries: Money to move, applied as deltas with a floor check, never by version.
        observed: Further accounts whose balances the answer needs.
        events: What happened.
        key: The idempotency key of the request, if it had one.
        answer: The answer, given the balances right after this unit's own entries.
        refusal: The use case refused: nothing of the above, but the key remembers it.
    """

    added: tuple[Aggregate, ...] = ()
    saved: tuple[Aggregate, ...] = ()
    removed: tuple[Aggregate, ...] = ()
    guarded: tuple[Aggregate, ...] = ()
    opened: tuple[Account, ...] = ()
    freezes: Mapping[str, bool] = field(factory=dict)
    entries: tuple[JournalEntry, ...] = ()
    observed: tuple[str, ...] = ()
    events: tuple[Envelope, ...] = ()
    key: Key | None = None
    answer: Callable[[Balances], object] = _nothing
    refusal: PlatformError | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (
            self.added
            or self.saved
            or self.removed
            or self.opened
            or self.freezes
            or self.entries
            or self.events
            or self.key
        )


@frozen
class Committed:
    """What a commit answers.

    Args:
        answer: The unit's answer, or the one first given under its key.
        replayed: Whether it was given before.
    """

    answer: object
    replayed: bool = False
