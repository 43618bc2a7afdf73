"""What every way to carry words between processes does."""

from __future__ import annotations

import asyncio

from adapters.fanout.port import KEPT, Place
from contract.fanout.conftest import Ears, Make


async def test_what_is_told_is_heard_in_order_and_kept(ears: Ears) -> None:
    start = await ears.fanout.use("r")
    for number in range(5):
        await ears.fanout.tell("r", b"%d" % number, id=f"e{number}")

    assert await ears.bodies("r", 5) == [b"0", b"1", b"2", b"3", b"4"]
    places = [word.place for word in ears.words]
    assert places == [Place(start.epoch, number) for number in range(1, 6)]
    missed = await ears.fanout.missed("r", Place(start.epoch, 2))
    assert [(word.room, word.body, word.place) for word in missed.words] == [
        ("r", b"%d" % (number - 1), Place(start.epoch, number)) for number in (3, 4, 5)
    ]
    assert (missed.head, missed.gap) == (Place(start.epoch, 5), False)
    assert await ears.fanout.use("r") == missed.head


async def test_under_one_id_something_is_told_once_in_a_room(ears: Ears) -> None:
    await ears.fanout.use("r")
    await ears.fanout.use("other")
    await asyncio.gather(*(ears.fanout.tell("r", b"x", id="e1") for _ in range(20)))
    await ears.fanout.tell("other", b"x", id="e1")
    await ears.fanout.tell("r", b"last", id="e2")

    assert await ears.bodies("r", 2) == [b"x", b"last"]
    assert await ears.bodies("other", 1) == [b"x"]


async def test_in_a_room_that_nobody_uses_nothing_is_told(ears: Ears) -> None:
    assert not await ears.fanout.is_used("r")
    await ears.fanout.tell("r", b"x", id="e1")
    await ears.fanout.use("r")
    assert await ears.fanout.is_used("r")
    await ears.fanout.tell("r", b"y", id="e2")

    assert await ears.bodies("r", 1) == [b"y"]


async def test_what_is_passed_on_has_no_place(ears: Ears) -> None:
    head = await ears.fanout.use("r")
    await ears.fanout.pass_on("r", b"now \0 \xc3\xa4")

    assert await ears.bodies("r", 1) == [b"now \0 \xc3\xa4"]
    assert ears.words[0].place is None
    assert await ears.fanout.use("r") == head


async def test_who_was_away_for_too_long_is_told_so(ears: Ears) -> None:
    start = await ears.fanout.use("r")
    for number in range(KEPT + 10):
        await ears.fanout.tell("r", b"%d" % number, id=f"e{number}")

    whole, part = await ears.fanout.missed("r", Place(start.epoch, 10)), await ears.fanout.missed("r", start)

    assert (len(whole.words), whole.gap) == (KEPT, False)
    assert (len(part.words), part.gap) == (KEPT, True)
    assert [word.body for word in part.words] == [word.body for word in whole.words]


async def test_a_place_of_another_order_or_of_the_future_is_a_gap(ears: Ears) -> None:
    start = await ears.fanout.use("r")
    await ears.fanout.tell("r", b"x", id="e1")

    for place in (Place("other", 1), Place(start.epoch, 2), Place(start.epoch, 10**15)):
        missed = await ears.fanout.missed("r", place)
        assert ([word.body for word in missed.words], missed.gap) == ([b"x"], True)
    nowhere = await ears.fanout.missed("unknown", Place(start.epoch, 1))
    assert (list(nowhere.words), nowhere.gap, nowhere.head.number) == ([], True, 0)


async def test_every_process_hears_all_of_it_in_one_order(make: Make) -> None:
    listening = [Ears(make()) for _ in range(3)]
    unique = list({id(one.fanout): one for one in listening}.values())
    for one in unique:
        await one.fanout.open(one.hear)
    try:
        await unique[0].fanout.use("r")
        await asyncio.gather(*(one.fanout.tell("r", b"%d" % n, id=f"e{n}") for one in listening for n in range(100)))
        for one in unique:
            await one.bodies("r", 100)
            assert [word.place and word.place.number for word in one.words] == list(range(1, 101))
            assert [word.body for word in one.words] == [word.body for word in unique[0].words]
    finally:
        for one in unique:
            await one.fanout.close()
