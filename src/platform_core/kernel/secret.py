"""Text that must not be seen by accident: it prints as stars, and a store seals it."""

from __future__ import annotations


class Secret:
    """A password, a token or a key.

    A plain class on purpose: what turns attrs objects into rows or JSON by itself finds no field in it.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The text itself, for the one who needs it."""
        return self.__value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash(self.__value)

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__
