"""The platform in one line: quick, repeatable, and the same for everybody who asks for the same."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from time import thread_time

import pytest

from adapters.memory import ManualClock, MemoryPlatform, SeededIds, memory_platform
from platform_core.identity.access import Register
from platform_core.identity.events import UserRegistered
from platform_core.identity.sessions import OpenedSession
from platform_core.kernel.actor import ANONYMOUS, Actor
from platform_core.kernel.errors import Unauthenticated
from platform_core.kernel.events import Envelope
from platform_core.kernel.money import Money
from platform_core.kernel.secret import Secret
from platform_core.ledger.fees import FeePolicy
from platform_core.wallet.balance import CreditWallet, GetWallet, Statement
from platform_core.wallet.packages import Catalogue, TokenPackage
from platform_core.wallet.purchases import CheckoutOffer, PurchaseTokens
from platform_core.wallet.tips import SendTip, TipContext


def register(platform: MemoryPlatform, username: str) -> OpenedSession:
    return platform.run(Register(f"{username}@example.org", username, Secret("correct horse")), by=ANONYMOUS)


def story(platform: MemoryPlatform) -> list[object]:
    """Everything a caller sees of some business."""
    anna, ben = register(platform, "anna"), register(platform, "ben")
    seen: list[object] = [anna, anna.token.reveal(), ben, ben.token.reveal()]
    seen.append(platform.run(CreditWallet(anna.user, 100), by=Actor.operator()))
    platform.clock.advance(seconds=1)
    by = platform.actor(anna.token)
    seen.append(platform.run(SendTip(ben.user, 30, TipContext.CHAT), by=by, key="tip"))
    offer: CheckoutOffer = platform.run(PurchaseTokens("pkg_100", "card"), by=by)
    seen += [offer, platform.pay(offer.url), *platform.run(Statement(anna.user), by=by)]
    return seen


def test_the_same_seed_gives_the_same_ids_secrets_and_pages() -> None:
    assert story(memory_platform(seed=7)) == story(memory_platform(seed=7))


def test_another_seed_gives_other_ids_and_secrets() -> None:
    one, two = register(memory_platform(seed=1), "anna"), register(memory_platform(seed=2), "anna")

    assert one.user != two.user
    assert one.token != two.token


def test_two_platforms_share_nothing() -> None:
    one, two = memory_platform(), memory_platform()
    anna = register(one, "anna")

    with pytest.raises(Unauthenticated):
        two.actor(anna.token)
    one.clock.advance(days=1)
    assert two.clock.now() == datetime(2026, 1, 1, tzinfo=UTC)


def test_it_is_ready_in_ten_milliseconds() -> None:
    def seconds() -> float:  # On the processor: how busy the machine is does not count.
        start = thread_time()
        memory_platform()
        return thread_time() - start

    assert min(seconds() for _ in range(10)) <= 0.010


def test_importing_it_starts_no_thread_and_opens_no_socket() -> None:
    watch = (
        "import sys, threading\n"
        "sys.addaudithook(lambda name, _: name.startswith(('socket.', 'subprocess.')) and sys.exit(name))\n"
        "from adapters.memory import memory_platform\n"
        "memory_platform()\n"
        "sys.exit(threading.active_count() != 1)"
    )
    subprocess.run([sys.executable, "-c", watch], check=True)


def test_the_clock_moves_when_told_and_never_back() -> None:
    clock = ManualClock(datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=1))))

    assert clock.now() == datetime(2026, 3, 1, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    assert clock.advance(days=1, hours=1, minutes=1, seconds=1) == datetime(2026, 3, 2, 1, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="back"):
        clock.advance(seconds=-1)
    with pytest.raises(ValueError, match="time zone"):
        ManualClock(datetime(2026, 1, 1))  # noqa: DTZ001  # the very thing that is refused


def test_seeded_ids_are_unique_and_sort_by_time() -> None:
    clock = ManualClock()
    ids = SeededIds(0, clock)
    made = []
    for step in range(3000):
        made.append(ids.new("usr"))
        if step % 10 == 0:
            clock.advance(seconds=0.001)

    assert made == sorted(made)
    assert len(set(made)) == 3000
    assert all(len(id) == 30 and id.startswith("usr_") for id in made)


def test_seeded_secrets_look_like_real_ones() -> None:
    ids = SeededIds(0, ManualClock())
    secrets = [ids.secret() for _ in range(100)]

    assert len(set(secrets)) == 100
    assert {len(secret) for secret in secrets} == {43}


def test_sessions_end_when_the_clock_says_so() -> None:
    platform = memory_platform()
    anna = register(platform, "anna")

    assert platform.actor(anna.token).id == anna.user
    platform.clock.advance(days=14)
    with pytest.raises(Unauthenticated):
        platform.actor(anna.token)


def test_subscribers_hear_what_happened_when_it_is_delivered() -> None:
    platform = memory_platform()
    heard: list[object] = []

    async def hear(envelope: Envelope) -> None:
        heard.append(envelope.event)

    platform.on(UserRegistered, hear)
    anna = register(platform, "anna")

    assert heard == []
    platform.deliver()
    assert heard == [UserRegistered(anna.user, "anna", "viewer")]
    platform.deliver()
    assert len(heard) == 1


def test_a_subscriber_that_fails_is_asked_again_later() -> None:
    platform = memory_platform()
    attempts = []

    async def fail_once(envelope: Envelope) -> None:
        attempts.append(envelope.attempts)
        if len(attempts) == 1:
            raise OSError("the other side is away")

    platform.on(UserRegistered, fail_once)
    register(platform, "anna")
    platform.deliver()
    platform.clock.advance(seconds=1)
    platform.deliver()

    assert attempts == [0, 1]


def test_packages_fees_and_the_start_can_be_chosen() -> None:
    start = datetime(2030, 6, 1, tzinfo=UTC)
    platform = memory_platform(
        start=start,
        catalogue=Catalogue({"one": TokenPackage("one", 7, Money(1, "USD"))}),
        fees=FeePolicy({"tip": 1000}),
    )
    anna, ben = register(platform, "anna"), register(platform, "ben")
    offer = platform.run(PurchaseTokens("one", "ideal"), by=platform.actor(anna.token))

    assert offer.expires_at == start + timedelta(minutes=30)
    assert platform.pay(offer.url) == "paid"
    platform.run(SendTip(ben.user, 5, TipContext.STREAM), by=platform.actor(anna.token))
    assert platform.run(GetWallet(), by=platform.actor(ben.token)).balance == 4
