"""Driving the platform without an event loop."""

import asyncio

import pytest

from platform_core.kernel.sync import run_sync


async def answers() -> int:
    return 7


async def waits() -> int:
    await asyncio.sleep(0)
    return 7


async def refuses() -> int:
    raise ZeroDivisionError


def test_what_never_waits_needs_no_loop() -> None:
    assert run_sync(answers()) == 7


def test_what_it_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        run_sync(refuses())


def test_what_waits_is_told_that_it_needs_a_loop() -> None:
    with pytest.raises(RuntimeError, match="event loop"):
        run_sync(waits())
