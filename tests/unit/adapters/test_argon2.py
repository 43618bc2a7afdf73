"""argon2: its cost, its queue, and that time does not tell who exists."""

import asyncio
import threading
from collections.abc import Iterator
from importlib.resources import files
from statistics import median
from time import thread_time

import pytest

from adapters.security.passwords import Argon2Passwords
from platform_core.kernel.errors import RateLimited
from platform_core.kernel.secret import Secret

HORSE = Secret("correct horse battery")


class Held(Argon2Passwords):
    """Hashing that goes on until it is let go, and says how many it does at once."""

    def __init__(self, jobs: int, queue: int) -> None:
        super().__init__(memory_kib=8, time_cost=1, jobs=jobs, queue=queue)
        self.may_finish = threading.Event()
        self.begun = threading.Semaphore(0)
        self.lock = threading.Lock()
        self.busy = self.most = 0

    def _matches(self, plain: bytes, hash: str | None) -> bool:
        with self.lock:
            self.busy += 1
            self.most = max(self.most, self.busy)
        self.begun.release()
        self.may_finish.wait(60)
        with self.lock:
            self.busy -= 1
        return super()._matches(plain, hash)

    async def flooded(self) -> list[asyncio.Task[bool]]:
        """As many callers as there are places, two of them with their threads at work."""
        taken = [asyncio.create_task(self.verify(HORSE, None)) for _ in range(5)]
        for _ in range(2):
            await asyncio.to_thread(self.begun.acquire, timeout=60)
        return taken


@pytest.fixture
def held() -> Iterator[Held]:
    passwords = Held(jobs=2, queue=3)
    yield passwords
    passwords.may_finish.set()


async def test_it_hashes_as_many_at_once_as_it_was_told_and_refuses_whom_it_has_no_chair_for(held: Held) -> None:
    taken = await held.flooded()

    with pytest.raises(RateLimited) as refusal:
        await held.verify(HORSE, None)
    with pytest.raises(RateLimited):
        await held.hash(HORSE)
    held.may_finish.set()

    assert refusal.value.retry_after == 1
    assert await asyncio.gather(*taken) == [False] * 5
    assert held.most == 2
    assert not await held.verify(HORSE, None)


async def test_who_hangs_up_makes_no_room_while_the_thread_still_works(held: Held) -> None:
    taken = await held.flooded()
    for task in taken[:2]:
        task.cancel()
    await asyncio.sleep(0)

    with pytest.raises(RateLimited):
        await held.verify(HORSE, None)
    held.may_finish.set()

    assert await asyncio.gather(*taken[2:]) == [False] * 3


async def test_who_hangs_up_while_waiting_gives_the_chair_to_another(held: Held) -> None:
    taken = await held.flooded()
    taken[4].cancel()
    await asyncio.sleep(0.01)
    another = asyncio.create_task(held.verify(HORSE, None))
    await asyncio.sleep(0.01)
    held.may_finish.set()

    assert await another is False
    assert await asyncio.gather(*taken[:4]) == [False] * 4


async def test_the_event_loop_goes_on_meanwhile(held: Held) -> None:
    hashing = asyncio.create_task(held.verify(HORSE, None))
    await asyncio.sleep(0.01)

    assert not hashing.done()
    held.may_finish.set()
    await hashing


async def test_a_closed_one_refuses_for_good_and_keeps_no_place() -> None:
    passwords = Argon2Passwords(memory_kib=8, time_cost=1, jobs=1, queue=0)
    passwords.close()

    for _ in range(3):
        with pytest.raises(RuntimeError):
            await passwords.hash(HORSE)


async def test_it_costs_what_was_asked_and_by_default_what_owasp_names() -> None:
    assert (await Argon2Passwords().hash(HORSE)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "m=64,t=3,p=2$" in await Argon2Passwords(memory_kib=64, time_cost=3, parallelism=2).hash(HORSE)


async def test_hashes_of_another_cost_still_verify() -> None:
    kept = await Argon2Passwords(memory_kib=8, time_cost=1).hash(HORSE)

    assert await Argon2Passwords(memory_kib=64, time_cost=2).verify(HORSE, kept)


async def test_an_unknown_user_costs_as_much_as_a_wrong_password() -> None:
    passwords = Argon2Passwords(memory_kib=4096, time_cost=2)
    kept = await passwords.hash(Secret("another one entirely"))
    times: dict[str | None, list[float]] = {kept: [], None: [], "not a hash": []}
    for _ in range(15):
        for hash, taken in times.items():
            # This thread's own time on the processor: how busy the machine is does not count.
            start = thread_time()
            assert not passwords._matches(HORSE.reveal().encode(), hash)
            taken.append(thread_time() - start)

    # Wide all the same; leaving the hashing out would be a hundred times quicker.
    known, *unknown = (median(taken) for taken in times.values())
    for time in unknown:
        assert 0.5 < time / known < 2


def test_the_list_of_common_passwords_is_long_enough_and_clean() -> None:
    listed = files("adapters.security").joinpath("common_passwords.txt").read_text("ascii").splitlines()

    assert len(listed) == len(set(listed)) >= 3000
    assert all(len(password) >= 8 and password == password.casefold().strip() for password in listed)
