"""Invoices and credit notes: what they say, what they sum to, and who may see them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory.store import MemoryStore
from adapters.testing import START
from platform_core.identity.users import People
from platform_core.kernel.actor import ANONYMOUS, Actor, Role, Via
from platform_core.kernel.errors import Conflict, Forbidden, NotFound, PlatformError, Unauthenticated, Unavailable
from platform_core.kernel.sync import run_sync
from platform_core.marketplace.documents import (
    AllInvoices,
    GetInvoice,
    ListInvoices,
    PrintInvoice,
    PrintOrderInvoices,
)
from platform_core.marketplace.invoices import Invoice, InvoiceForm, InvoiceSeries, seller_code, series_id
from platform_core.marketplace.invoicing import Return, ReturnedLine, SoldLine, parties
from support.interleaving import InterleavedStore, at_once
from support.invoices import SYSTEM, Shop, a_line, user
from support.steady import STEADY
from support.world import OPERATOR, memory_world

ROSA, KAI, BEN = user("usr_rosa"), user("usr_kai"), user("usr_ben")
STRANGERS = [user("usr_eve"), Actor("usr_mod", Role.MODERATOR, Via.SESSION, "ses_m")]
PRIVILEGED = [Actor("usr_root", Role.ADMIN, Via.SESSION, "ses_a"), OPERATOR, SYSTEM]


@pytest.fixture
def shop() -> Shop:
    return Shop(MemoryStore())


def refund(*lines: ReturnedLine, id: str = "rfd_1", order: str = "ord_1") -> Return:
    return Return(refund=id, order=order, lines=lines)


async def test_an_invoice_says_what_was_sold_to_whom(shop: Shop) -> None:
    [number] = await shop.sell("ord_1", a_line(quantity=2, unit=1500, gross=3000, tax_bp=2000, tax=500))
    invoice = await shop.only(number)

    assert number == f"INV-{seller_code('usr_rosa')}-2026-000001"
    assert (invoice.form, invoice.year, invoice.sequence) == (InvoiceForm.INVOICE, 2026, 1)
    assert (invoice.sold_by.name, invoice.sold_by.tax_number) == ("Rosa Lindqvist", "SE556677889901")
    assert (invoice.sold_to.name, invoice.sold_to.username) == ("Ben Okafor", "ben")
    assert (invoice.net, invoice.tax, invoice.gross, invoice.currency) == (2500, 500, 3000, "EUR")
    assert invoice.issued_at == START
    [line] = invoice.lines
    assert (line.title, line.quantity, line.unit, line.net, line.tax) == ("Lesson 1", 2, 1500, 2500, 500)
    assert invoice.corrects is None


async def test_each_seller_of_an_order_issues_an_invoice_of_their_own(shop: Shop) -> None:
    await shop.sell("ord_1", a_line(1), a_line(2, "usr_kai", 500), a_line(3, gross=1))
    kai, rosa = await shop.issued()

    assert [(line.line, line.gross) for line in rosa.lines] == [(1, 2999), (3, 1)]
    assert [(line.line, line.gross) for line in kai.lines] == [(2, 500)]
    assert (rosa.gross, kai.gross) == (3000, 500)


async def test_who_is_not_known_stands_there_by_id(shop: Shop) -> None:
    [number] = await shop.sell("ord_1", a_line(seller="usr_new"), buyer="usr_gone")
    invoice = await shop.only(number)

    assert (invoice.sold_by.name, invoice.sold_to.name) == ("usr_new", "usr_gone")


async def test_taxes_are_summed_by_rate(shop: Shop) -> None:
    lines = [(1, 600, 2000, 100), (2, 1100, 1000, 100), (3, 1200, 2000, 200), (4, 50, 0, 0)]
    await shop.sell("ord_1", *[a_line(n, gross=gross, tax_bp=bp, tax=tax) for n, gross, bp, tax in lines])
    [invoice] = await shop.issued()

    assert [(total.tax_bp, total.net, total.tax, total.gross) for total in invoice.totals] == [
        (2000, 1500, 300, 1800),
        (1000, 1000, 100, 1100),
        (0, 50, 0, 50),
    ]


async def test_an_order_paid_again_is_not_invoiced_again(shop: Shop) -> None:
    await shop.sell("ord_1")

    assert await shop.sell("ord_1") == []
    assert len(await shop.issued()) == 1


async def test_what_is_known_of_people_comes_from_the_directory() -> None:
    world = memory_world()
    rosa = await world.person("rosa")
    made = await parties(People(world.store), [rosa.id, "usr_gone"])

    assert list(made) == [rosa.id]
    assert (made[rosa.id].name, made[rosa.id].username) == ("rosa", "rosa")


# ---- credit notes


async def test_a_refund_makes_a_credit_note_and_edits_nothing(shop: Shop) -> None:
    """Invariant 43."""
    [number] = await shop.sell("ord_1", a_line(1, gross=3000, tax_bp=2000, tax=500), a_line(2, gross=700))
    before = await shop.only(number)
    shop.clock.advance(days=3)
    [credited] = await shop.give_back(refund(ReturnedLine(1, 1000)))
    note, after = await shop.only(credited), await shop.only(number)

    assert credited == f"CN-{seller_code('usr_rosa')}-2026-000001"
    assert (note.form, note.corrects, note.corrects_number) == (InvoiceForm.CREDIT_NOTE, before.id, number)
    assert (note.refund, note.order, note.sold_by, note.sold_to) == ("rfd_1", "ord_1", before.sold_by, before.sold_to)
    [line] = note.lines
    assert (line.title, line.quantity, line.unit, line.gross) == ("Lesson 1", 1, 1000, 1000)
    assert (note.net, note.tax, note.gross) == (833, 167, 1000)
    assert note.issued_at == START + timedelta(days=3)
    assert (after.version, after.lines, after.gross) == (1, before.lines, before.gross)


async def test_a_whole_line_goes_back_as_it_was_sold(shop: Shop) -> None:
    await shop.sell("ord_1", a_line(quantity=3, unit=1000, gross=3000))
    [number] = await shop.give_back(refund(ReturnedLine(1, 3000)))
    [line] = (await shop.only(number)).lines

    assert (line.quantity, line.unit, line.gross) == (3, 1000, 3000)


async def test_a_refund_of_two_sellers_lines_makes_two_credit_notes(shop: Shop) -> None:
    await shop.sell("ord_1", a_line(1), a_line(2, "usr_kai"))

    assert len(await shop.give_back(refund(ReturnedLine(1, 5), ReturnedLine(2, 7)))) == 2
    assert [note.gross for note in await shop.issued(form=InvoiceForm.CREDIT_NOTE)] == [7, 5]


async def test_a_refund_told_twice_is_credited_once(shop: Shop) -> None:
    await shop.sell("ord_1")
    await shop.give_back(refund(ReturnedLine(1, 2999)))

    assert await shop.give_back(refund(ReturnedLine(1, 2999))) == []
    assert len(await shop.issued(form=InvoiceForm.CREDIT_NOTE)) == 1


async def test_two_equal_refunds_are_two_credit_notes(shop: Shop) -> None:
    await shop.sell("ord_1", a_line(gross=100))
    for id in ("rfd_1", "rfd_2"):
        await shop.give_back(refund(ReturnedLine(1, 30), id=id))

    assert [note.gross for note in await shop.issued(form=InvoiceForm.CREDIT_NOTE)] == [30, 30]


@pytest.mark.parametrize("lines", [[ReturnedLine(1, 101)], [ReturnedLine(1, -1)], [ReturnedLine(9, 1)]])
async def test_no_more_is_credited_than_was_invoiced(shop: Shop, lines: list[ReturnedLine]) -> None:
    await shop.sell("ord_1", a_line(gross=100))

    with pytest.raises(Conflict):
        await shop.give_back(refund(*lines))
    with pytest.raises(Conflict):
        await shop.give_back(refund(*lines, order="ord_none"))
    assert len(await shop.issued()) == 1


async def test_nothing_back_is_no_credit_note(shop: Shop) -> None:
    await shop.sell("ord_1")

    assert await shop.give_back(refund(ReturnedLine(1, 0))) == []


async def test_a_refund_that_fails_after_all_is_invoiced_again(shop: Shop) -> None:
    """Scenario 23."""
    await shop.sell("ord_1", a_line(gross=100, tax_bp=2000, tax=17))
    [credited] = await shop.give_back(refund(ReturnedLine(1, 60)))
    [number] = await shop.undo("rfd_1")
    note, again = await shop.only(credited), await shop.only(number)

    assert number.endswith("-000002")
    assert (again.form, again.reinstates) == (InvoiceForm.INVOICE, True)
    assert (again.corrects, again.corrects_number, again.refund) == (note.id, credited, "rfd_1")
    assert (again.lines, again.net, again.tax, again.gross) == (note.lines, note.net, note.tax, note.gross)
    assert await shop.undo("rfd_1") == []
    assert await shop.undo("rfd_none") == []


async def test_what_came_back_can_be_refunded_again(shop: Shop) -> None:
    await shop.sell("ord_1", a_line(gross=100))
    await shop.give_back(refund(ReturnedLine(1, 60)))
    await shop.undo("rfd_1")
    await shop.give_back(refund(ReturnedLine(1, 100), id="rfd_2"))
    with pytest.raises(Conflict):
        await shop.give_back(refund(ReturnedLine(1, 1), id="rfd_3"))

    assert [note.gross for note in await shop.issued(form=InvoiceForm.CREDIT_NOTE)] == [60, 100]


async def test_a_credit_note_belongs_to_the_year_it_is_issued_in(shop: Shop) -> None:
    await shop.sell("ord_1")
    shop.clock.advance(days=365)
    [number] = await shop.give_back(refund(ReturnedLine(1, 1)))

    assert number.endswith("-2027-000001")


# ---- series


def test_dates_run_with_the_numbers_whichever_clock_was_ahead() -> None:
    series = InvoiceSeries(id="s", seller="usr_1", form=InvoiceForm.INVOICE, year=2026)
    moments = [START + timedelta(seconds=seconds) for seconds in (5, 3, 7)]
    told = []
    for moment in moments:
        series.take(moment)
        told.append((series.last, series.last_at))

    assert told == [(1, moments[0]), (2, moments[0]), (3, moments[2])]


def test_sellers_forms_and_years_have_series_of_their_own() -> None:
    places = [("usr_1", InvoiceForm.INVOICE, 2026), ("usr_1", InvoiceForm.CREDIT_NOTE, 2026)]
    places += [("usr_2", InvoiceForm.INVOICE, 2026), ("usr_1", InvoiceForm.INVOICE, 2027)]

    assert len({series_id(*place) for place in places}) == 4
    assert seller_code("usr_1") != seller_code("usr_2")
    assert seller_code("usr_1") == seller_code("usr_1")
    assert len(seller_code("usr_1")) == 8


@pytest.mark.parametrize("seed", range(40))
async def test_refunds_that_meet_credit_what_is_left_and_leave_no_gap(seed: int) -> None:
    shop = Shop(InterleavedStore(seed))
    await shop.sell("ord_1", a_line(1, gross=100), a_line(2, "usr_kai", 100))
    results = await at_once(
        *(shop.give_back(refund(ReturnedLine(1, 60), ReturnedLine(2, 40), id=f"rfd_{n}")) for n in range(3)),
        shop.sell("ord_2"),
        shop.undo("rfd_0"),
    )

    refused = [result for result in results if isinstance(result, BaseException)]
    assert all(isinstance(one, PlatformError) for one in refused)
    documents = await shop.issued()
    for seller, form in (("usr_rosa", InvoiceForm.CREDIT_NOTE), ("usr_rosa", InvoiceForm.INVOICE)):
        numbers = [one.sequence for one in documents if (one.seller, one.form) == (seller, form)]
        assert numbers == list(range(1, len(numbers) + 1))
    notes = [one for one in documents if one.form is InvoiceForm.CREDIT_NOTE and one.seller == "usr_rosa"]
    undone = [one for one in documents if one.reinstates and one.seller == "usr_rosa"]
    assert 0 <= sum(note.gross for note in notes) - sum(one.gross for one in undone) <= 100
    assert len({one.refund for one in notes}) == len(notes) >= 1


# ---- sums


LINES = st.lists(
    st.tuples(st.integers(1, 10**9), st.integers(1, 50), st.sampled_from([0, 550, 1000, 2000, 2500])),
    min_size=1,
    max_size=5,
)


def sold(drawn: list[tuple[int, int, int]]) -> list[SoldLine]:
    lines = []
    for number, (unit, quantity, rate) in enumerate(drawn, 1):
        gross = unit * quantity
        tax = (2 * gross * rate + 10_000 + rate) // (2 * (10_000 + rate))
        seller = ("usr_rosa", "usr_kai")[number % 2]
        lines.append(a_line(number, seller, gross, unit=unit, quantity=quantity, tax_bp=rate, tax=tax))
    return lines


def sums_up(document: Invoice) -> None:
    for line in document.lines:
        assert line.net + line.tax == line.gross == line.quantity * line.unit
        assert min(line.net, line.tax) >= 0 < line.gross
    for field in ("net", "tax", "gross"):
        whole = getattr(document, field)
        assert whole == sum(getattr(line, field) for line in document.lines)
        assert whole == sum(getattr(total, field) for total in document.totals)


@settings(STEADY, max_examples=150)
@given(LINES, st.data())
def test_net_and_tax_make_up_the_gross_in_every_document(
    drawn: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    """Refunds in any steps, some of which fail after all: whatever comes, all of it at last is what was invoiced."""
    shop, lines = Shop(MemoryStore()), sold(drawn)
    run_sync(shop.sell("ord_1", *lines))
    left = {line.line: line.gross for line in lines}
    for step in range(data.draw(st.integers(0, 6))):
        parts = {number: data.draw(st.integers(0, most)) for number, most in left.items()}
        taxes = st.none() | st.integers(0, 10**9)
        back = [ReturnedLine(number, part, data.draw(taxes)) for number, part in parts.items()]
        run_sync(shop.give_back(refund(*back, id=f"rfd_{step}")))
        if data.draw(st.booleans()):
            run_sync(shop.undo(f"rfd_{step}"))
        else:
            left = {number: left[number] - part for number, part in parts.items()}
    run_sync(shop.give_back(refund(*(ReturnedLine(number, part) for number, part in left.items()), id="rfd_rest")))

    documents = run_sync(shop.issued())
    for document in documents:
        sums_up(document)
    signs = [-1 if one.form is InvoiceForm.CREDIT_NOTE else 1 for one in documents]
    for field in ("net", "tax", "gross"):
        assert sum(sign * getattr(one, field) for sign, one in zip(signs, documents, strict=True)) == 0
    assert sum(one.gross for one in documents if one.refund is None) == sum(line.gross for line in lines)


@given(st.integers(1, 10**6), st.lists(st.integers(1, 1000), max_size=8))
@settings(STEADY, max_examples=100)
def test_steps_of_any_size_return_the_tax_that_one_would(gross: int, steps: list[int]) -> None:
    """As invariant 20 has it for fees: after each step what is back in tax is what one refund of the sum returns."""
    [line] = sold([(gross, 1, 2000)])
    shop, back = Shop(MemoryStore()), 0
    run_sync(shop.sell("ord_1", line))
    for number, step in enumerate(steps):
        if back + step > gross:
            break
        run_sync(shop.give_back(refund(ReturnedLine(1, step), id=f"rfd_{number}")))
        back += step
        notes = run_sync(shop.issued(form=InvoiceForm.CREDIT_NOTE))
        assert abs(sum(note.tax for note in notes) - (2 * line.tax * back + gross) // (2 * gross)) <= 1


# ---- who may see them


async def test_mon_16_an_invoice_is_for_its_buyer_its_seller_and_admins(shop: Shop) -> None:
    await shop.sell("ord_1", a_line(1), a_line(2, "usr_kai"))
    by_kai, by_rosa = await shop.issued()
    for may in [BEN, ROSA, *PRIVILEGED]:
        assert (await shop.execute(GetInvoice(by_rosa.id), by=may)).number == by_rosa.number

    for may_not in [KAI, *STRANGERS]:
        for question in (GetInvoice(by_rosa.id), PrintInvoice(by_rosa.id)):
            with pytest.raises(NotFound):
                await shop.execute(question, by=may_not)
            with pytest.raises(NotFound):
                await shop.admit(type(question), by=may_not, target={"invoice": by_rosa.id})
    with pytest.raises(NotFound):
        await shop.execute(GetInvoice(by_kai.id), by=ROSA)
    with pytest.raises(NotFound):
        await shop.execute(GetInvoice("inv_none"), by=OPERATOR)
    with pytest.raises(Unauthenticated):
        await shop.execute(GetInvoice(by_rosa.id), by=ANONYMOUS)


async def test_mon_16_the_documents_of_an_order_are_all_the_buyers_and_each_sellers_own(shop: Shop) -> None:
    await shop.sell("ord_1", a_line(1), a_line(2, "usr_kai"))
    await shop.give_back(refund(ReturnedLine(1, 5)))
    for may, count in ((BEN, 3), (ROSA, 2), (KAI, 1), *((one, 3) for one in PRIVILEGED)):
        assert len(await shop.execute(ListInvoices("ord_1"), by=may)) == count

    for may_not in STRANGERS:
        for question in (ListInvoices("ord_1"), PrintOrderInvoices("ord_1")):
            with pytest.raises(NotFound):
                await shop.execute(question, by=may_not)
            with pytest.raises(NotFound):
                await shop.admit(type(question), by=may_not, target={"order": "ord_1"})
    with pytest.raises(NotFound):
        await shop.execute(ListInvoices("ord_unpaid"), by=BEN)


async def test_only_operators_see_everybodys(shop: Shop) -> None:
    for may_not in [BEN, ROSA, PRIVILEGED[0], *STRANGERS]:
        with pytest.raises(Forbidden):
            await shop.execute(AllInvoices(), by=may_not)
    with pytest.raises(Unauthenticated):
        await shop.execute(AllInvoices(), by=ANONYMOUS)


async def test_without_anybody_who_prints_the_answer_says_what_is_missing(shop: Shop) -> None:
    await shop.sell("ord_1")
    with pytest.raises(Unavailable, match=r"platform-core\[documents\]"):
        await shop.execute(PrintOrderInvoices("ord_1"), by=BEN)
