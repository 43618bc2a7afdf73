"""Numbers of invoices on every store: one after the other, whoever issues at once (invariant 43)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby

import pytest

from adapters.testing import START
from platform_core.kernel.errors import Unavailable
from platform_core.marketplace.documents import AllInvoices, position
from platform_core.marketplace.invoices import Invoice, InvoiceForm
from platform_core.marketplace.invoicing import Return, ReturnedLine
from platform_core.platform import Storage
from support.invoices import SYSTEM, Shop, a_line

Act = Callable[[], Awaitable[list[str]]]


@pytest.fixture
def shop(store: Storage) -> Shop:
    return Shop(store)


async def persistent(act: Act) -> list[str]:
    """Do something, again for as long as others are always quicker: as the inbox does with a payment."""
    while True:
        try:
            return await act()
        except Unavailable:
            await asyncio.sleep(0)


async def at_once(*acts: Act) -> list[list[str]]:
    """Do all of these at once."""
    return await asyncio.gather(*map(persistent, acts))


def check_series(documents: Sequence[Invoice]) -> dict[tuple[str, str, int], int]:
    """Every series runs from 1 to its length, its dates with it; how long each is."""
    lengths = {}
    for key, group in groupby(documents, lambda one: (one.seller, one.form.value, one.year)):
        series = list(group)
        assert [one.sequence for one in series] == list(range(1, len(series) + 1)), key
        assert [one.issued_at for one in series] == sorted(one.issued_at for one in series), key
        assert [one.number[-6:] for one in series] == [f"{one.sequence:06}" for one in series], key
        lengths[key] = len(series)
    assert len({one.number for one in documents}) == len(documents)
    return lengths


async def test_thirty_at_once_leave_no_gap(shop: Shop) -> None:
    """Two sellers, two forms: orders of one seller, orders of both, refunds of older orders, all at the same time."""
    for number in range(10):
        await shop.sell(f"ord_old{number}", a_line(1), a_line(2, "usr_kai"))
    acts: list[Act] = []
    for number in range(10):
        returned = Return(refund=f"rfd_{number}", order=f"ord_old{number}", lines=[ReturnedLine(1, 100 + number)])
        acts += [
            partial(shop.sell, f"ord_one{number}", a_line()),
            partial(shop.sell, f"ord_both{number}", a_line(), a_line(2, "usr_kai")),
            partial(shop.give_back, returned),
        ]

    numbers = await at_once(*acts)

    assert len({number for made in numbers for number in made}) == 40
    assert check_series(await shop.issued()) == {
        ("usr_kai", "invoice", 2026): 20,
        ("usr_rosa", "credit_note", 2026): 10,
        ("usr_rosa", "invoice", 2026): 30,
    }


async def test_the_same_order_paid_many_times_at_once_has_one_invoice(shop: Shop) -> None:
    made = await at_once(*[partial(shop.sell, "ord_1", a_line(), a_line(2, "usr_kai"))] * 10)

    assert sorted(map(len, made)) == [0] * 9 + [2]
    assert check_series(await shop.issued()) == {("usr_kai", "invoice", 2026): 1, ("usr_rosa", "invoice", 2026): 1}


async def test_refunds_at_once_never_credit_more_than_was_invoiced(shop: Shop) -> None:
    """Scenario 10."""
    await shop.sell("ord_1", a_line(gross=100))
    returns = [Return(refund=f"rfd_{n}", order="ord_1", lines=[ReturnedLine(1, 60)]) for n in range(2)]
    results = await asyncio.gather(*(shop.give_back(one) for one in returns), return_exceptions=True)

    assert [len(result) for result in results if isinstance(result, list)] == [1]
    notes = await shop.issued(form=InvoiceForm.CREDIT_NOTE)
    assert [note.gross for note in notes] == [60]


async def test_a_new_year_begins_at_one_whoever_is_late(shop: Shop) -> None:
    shop.clock.advance(seconds=(datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC) - START).total_seconds())
    await shop.sell("ord_1")
    shop.clock.advance(seconds=0.000001)
    [second] = await shop.sell("ord_2")
    await at_once(*[partial(shop.sell, f"ord_new{number}") for number in range(5)])

    assert second.endswith("-2027-000001")
    assert check_series(await shop.issued()) == {
        ("usr_rosa", "invoice", 2026): 1,
        ("usr_rosa", "invoice", 2027): 6,
    }


async def test_a_unit_that_is_refused_uses_up_no_number(shop: Shop) -> None:
    await shop.sell("ord_1", a_line(gross=100))
    too_much = Return(refund="rfd_1", order="ord_1", lines=[ReturnedLine(1, 101)])
    results = await asyncio.gather(*(shop.give_back(too_much) for _ in range(3)), return_exceptions=True)
    await shop.give_back(Return(refund="rfd_2", order="ord_1", lines=[ReturnedLine(1, 100)]))

    assert all(isinstance(result, Exception) for result in results)
    [note] = await shop.issued(form=InvoiceForm.CREDIT_NOTE)
    assert note.sequence == 1


async def test_operators_go_through_all_of_them_a_page_at_a_time(shop: Shop) -> None:
    for number in range(12):
        await shop.sell(f"ord_{number}", a_line(), a_line(2, "usr_kai"))
    seen: list[Invoice] = []
    while page := await shop.execute(AllInvoices(after=position(seen[-1]) if seen else None, limit=5), by=SYSTEM):
        seen += page

    assert [one.id for one in seen] == [one.id for one in await shop.issued()]
    kai = await shop.execute(AllInvoices(seller="usr_kai", form=InvoiceForm.INVOICE, year=2026), by=SYSTEM)
    assert [one.sequence for one in kai] == list(range(1, 13))
    assert await shop.execute(AllInvoices(year=2025), by=SYSTEM) == []
    assert len(await shop.execute(AllInvoices(order="ord_3"), by=SYSTEM)) == 2
