"""Counting requests."""

import pytest

from entrypoints.http.kit.clients import Clients
from entrypoints.http.kit.limits import Allowance, Limit, LocalLimiter, SharedLimiter
from platform_core.kernel.errors import Unavailable

TWO = Limit(2, seconds=60)


class Clockwork:
    """Seconds moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


async def test_a_window_begins_with_its_first_request_and_ends_after_its_seconds() -> None:
    now = Clockwork()
    limiter = LocalLimiter(now)

    assert await limiter.hit("default", TWO, "jane") == Allowance(2, 1, 1060)
    now.seconds = 1059.5
    assert await limiter.hit("default", TWO, "jane") == Allowance(2, 0, 1060)
    assert await limiter.hit("default", TWO, "jane") == Allowance(2, 0, 1060, wait=1)
    now.seconds = 1060
    assert await limiter.hit("default", TWO, "jane") == Allowance(2, 1, 1120)


async def test_groups_and_subjects_are_counted_apart() -> None:
    limiter = LocalLimiter(Clockwork())
    for group, subject in (("default", "jane"), ("default", "john"), ("auth", "jane")):
        assert (await limiter.hit(group, TWO, subject)).remaining == 1


async def test_rate_03_a_flood_of_subjects_is_forgotten_oldest_first() -> None:
    limiter = LocalLimiter(Clockwork(), capacity=10)
    for number in range(100_000):
        await limiter.hit("default", TWO, f"ip {number}")

    assert len(limiter._windows) == 10
    assert (await limiter.hit("default", TWO, "ip 99999")).remaining == 0
    assert (await limiter.hit("default", TWO, "ip 0")).remaining == 1


class FlakyWindows:
    """Shared windows that can be switched off."""

    def __init__(self) -> None:
        self.used = 0
        self.is_down = False

    async def count(self, name: str, *, seconds: int) -> tuple[int, float]:
        if self.is_down:
            raise Unavailable("down")
        self.used += 1
        return self.used, 30.0


async def test_rate_03_without_shared_windows_money_and_logins_stop_and_the_rest_goes_on() -> None:
    windows = FlakyWindows()
    limiter = SharedLimiter(windows, now=Clockwork())
    assert await limiter.hit("money", TWO, "jane") == Allowance(2, 1, 1030)

    windows.is_down = True
    for group in ("money", "auth", "register"):
        with pytest.raises(Unavailable):
            await limiter.hit(group, TWO, "jane")
    assert (await limiter.hit("default", TWO, "jane")).remaining == 1


@pytest.mark.parametrize(
    ("peer", "forwarded", "subject"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        ("2001:db8:1:2:aaaa::1", [], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", [], "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", [], "203.0.113.9"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        (None, [], "unknown"),
        ("unix", [], "unknown"),
    ],
)
def test_rate_01_the_last_hop_somebody_trusted_has_seen_is_the_client(
    peer: str | None, forwarded: list[str], subject: str
) -> None:
    assert Clients(["10.0.0.0/8"]).subject(peer, forwarded) == subject
