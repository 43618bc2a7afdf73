"""Text that must not be seen by accident: it prints as stars, and a store seals it."""

from __future__ import annotations

from attrs import field, frozen


@frozen(repr=False)
class Secret:
    """A password, a token or a key."""

    _value: str = field()

    def reveal(self) -> str:
        """The text itself, for the one who needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__
