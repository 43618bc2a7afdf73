"""The passwords everybody tries first."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


def is_common(password: str) -> bool:
    """Whether the password, in capitals or not, is among the 10,000 most frequent ones of eight or more characters."""
    return password.casefold() in _common()


@cache
def _common() -> frozenset[str]:
    """The list, read when the first password is checked: most processes never check one."""
    return frozenset(files("adapters.security").joinpath("common_passwords.txt").read_text("ascii").splitlines())
