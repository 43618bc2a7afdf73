"""Secrets are never seen by accident."""

import traceback

import pytest

from adapters.testing import START
from platform_core.identity.access import Login, Register
from platform_core.identity.sessions import OpenedSession
from platform_core.kernel.actor import Role
from platform_core.kernel.secret import Secret
from support.builders import a_user

HIDDEN = "hunter2-hunter2"
HOLDERS = [
    Secret(HIDDEN),
    Register("a@example.org", "anna", Secret(HIDDEN)),
    Login("a@example.org", Secret(HIDDEN)),
    OpenedSession(Secret(HIDDEN), START, "usr_1", "anna", Role.VIEWER, "a@example.org"),
    a_user(password_hash=HIDDEN),
    [Secret(HIDDEN)],
    {"password": Secret(HIDDEN)},
]


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
def test_nothing_that_holds_a_secret_prints_it(holder: object) -> None:
    for text in (repr(holder), str(holder), f"{holder}", "%s" % (holder,), f"{holder!r:>10}"):  # noqa: UP031  # as logs do
        assert HIDDEN not in text


def test_an_error_about_a_secret_does_not_print_it() -> None:
    text = "".join(traceback.format_exception(ValueError(Secret(HIDDEN))))

    assert HIDDEN not in text
    assert "***" in text


def test_who_needs_it_can_have_it_and_equal_secrets_are_equal() -> None:
    assert Secret(HIDDEN).reveal() == HIDDEN
    assert Secret(HIDDEN) == Secret(HIDDEN)
    assert Secret(HIDDEN) != Secret("another")


def test_equal_secrets_hash_alike_and_are_not_their_text() -> None:
    assert len({Secret(HIDDEN), Secret(HIDDEN)}) == 1
    assert Secret(HIDDEN) != HIDDEN
