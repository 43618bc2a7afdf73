"""What must hold of the ledger, of wallets, holds, bookings and token purchases."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from math import floor

from entrypoints.simulation.invariants import Invariant, Scene, first
from entrypoints.simulation.world import FEES
from platform_core.booking.booking import Booking
from platform_core.kernel.journal import JournalEntry, currency_of
from platform_core.kernel.money import TOKENS
from platform_core.ledger.chart import ISSUANCE, REVENUE
from platform_core.ledger.holds import Hold, HoldState
from platform_core.wallet.purchases import Purchase, PurchaseState

OWNED = ("wallet", "escrow", "payable")
OWED = ("issuance", "receivable")
PAID_AT_ONCE = ("tip", "unlock", "subscription", "stream_entry")
ENDINGS = ("capture", "release", "expire")


def half_up(gross: int, basis_points: int) -> int:
    """A share of an amount; a half goes up."""
    return floor(Fraction(gross * basis_points, 10_000) + Fraction(1, 2))


def _balanced(scene: Scene) -> Iterator[str]:
    for entry in scene.entries():
        sums: dict[str, int] = {}
        for posting in entry.postings:
            currency = currency_of(posting.account)
            sums[currency] = sums.get(currency, 0) + posting.amount
        if any(sums.values()):
            yield f"{entry.kind} {entry.id} sums to {sums}"
    totals: dict[str, int] = {}
    for id, tally in scene.world.store.tallies().items():
        if tally.balance != scene.sums.get(id, 0):
            yield f"{id} has {tally.balance}, posted was {scene.sums.get(id, 0)}"
        totals[currency_of(id)] = totals.get(currency_of(id), 0) + tally.balance
    if any(totals.values()):
        yield f"all accounts sum to {totals}"


def _floors(scene: Scene) -> Iterator[str]:
    for id, tally in scene.world.store.tallies().items():
        purpose = id.partition(":")[0]
        if (purpose in OWNED and tally.balance < 0) or (purpose in OWED and tally.balance > 0):
            yield f"{id} has {tally.balance}"


def _circulation(scene: Scene) -> Iterator[str]:
    for entry in scene.entries("credit"):
        scene.issued += sum(posting.amount for posting in entry.postings if posting.amount > 0)
    bought = sum(one.tokens for one in scene.world.all(Purchase) if one.state is PurchaseState.PAID)
    there = -scene.world.balance(ISSUANCE.id)
    if there != scene.issued + bought:
        yield f"{there} tokens are there; {scene.issued} were given and {bought} bought"


def _holds(scene: Scene) -> Iterator[str]:
    for entry in scene.entries(*ENDINGS):
        scene.ends[entry.reference or ""] = scene.ends.get(entry.reference or "", 0) + 1
    held: dict[str, int] = {}
    for hold in scene.world.all(Hold):
        is_active = hold.state is HoldState.ACTIVE
        if is_active:
            held[hold.payer] = held.get(hold.payer, 0) + hold.amount
        if scene.ends.get(hold.id, 0) != (0 if is_active else 1):
            yield f"{hold.id} is {hold.state.value} and was resolved {scene.ends.get(hold.id, 0)} times"
        if not 0 <= hold.captured <= hold.amount:
            yield f"{hold.id}: {hold.captured} of {hold.amount} were captured"
    for person in scene.world.people.values():
        escrow = scene.world.balance(f"escrow:{person.id}:{TOKENS}")
        if escrow != held.get(person.id, 0):
            yield f"{person.name} has {escrow} in escrow and {held.get(person.id, 0)} held"


def _endings(scene: Scene) -> Iterator[str]:
    for entry in scene.entries(*ENDINGS):
        hold = scene.world.get(Hold, entry.reference or "")
        if hold is None:
            yield f"{entry.kind} of no hold: {entry.reference}"
        elif entry.kind != "expire" and entry.at >= hold.deadline:
            yield f"{hold.id} was over at {hold.deadline} and had a {entry.kind} at {entry.at}"
        elif entry.kind == "expire" and entry.at < hold.deadline:
            yield f"{hold.id} expired at {entry.at}, before {hold.deadline}"
        elif _leg(entry, f"escrow:{hold.payer}:{TOKENS}") != -hold.amount:
            yield f"a {entry.kind} of {hold.id} took something else than {hold.amount} from escrow"


def _leg(entry: JournalEntry, account: str) -> int:
    return sum(posting.amount for posting in entry.postings if posting.account == account)


def _selves(scene: Scene) -> Iterator[str]:
    for entry in scene.entries(*PAID_AT_ONCE, "capture"):
        gave = {posting.account.split(":")[1] for posting in entry.postings if posting.amount < 0}
        got = [posting.account for posting in entry.postings if posting.amount > 0]
        if entry.kind != "capture" and any(account.split(":")[1] in gave for account in got):
            yield f"{entry.kind} {entry.id}: payer and payee are one"
    for booking in scene.world.all(Booking):
        if booking.customer == booking.provider:
            yield f"{booking.id} is of oneself"


def _fees(scene: Scene) -> Iterator[str]:
    for entry in scene.entries(*PAID_AT_ONCE):
        gross = -sum(posting.amount for posting in entry.postings if posting.amount < 0)
        fee, due = _leg(entry, REVENUE.id), half_up(gross, FEES.rate(entry.kind))
        if fee != due:
            yield f"{entry.kind} {entry.id}: {fee} of {gross} went to the platform, not {due}"
    for entry in scene.entries("capture"):
        hold = scene.world.get(Hold, entry.reference or "")
        if hold is not None and _leg(entry, REVENUE.id) != half_up(hold.captured, FEES.rate("capture")):
            yield f"capture {entry.id}: {_leg(entry, REVENUE.id)} of {hold.captured} went to the platform"


def _bookings(scene: Scene) -> Iterator[str]:
    by_provider: dict[str, list[Booking]] = {}
    for booking in scene.world.all(Booking):
        if booking.is_live:
            by_provider.setdefault(booking.provider, []).append(booking)
        hold = scene.world.get(Hold, booking.hold)
        if hold is None or hold.amount != booking.price:
            yield f"{booking.id} has no hold of {booking.price}"
        elif (hold.state is HoldState.ACTIVE) is not booking.is_live:
            yield f"{booking.id} is {booking.state.value} and its hold {hold.state.value}"
        elif not booking.is_live and hold.captured != booking.paid:
            yield f"{booking.id} says {booking.paid} were paid; captured were {hold.captured}"
    for bookings in by_provider.values():
        ordered = sorted(bookings, key=lambda one: (one.starts_at, one.ends_at))
        for one, other in pairwise(ordered):
            if other.starts_at < one.ends_at:
                yield f"{one.id} and {other.id} overlap"


def _purchases(scene: Scene) -> Iterator[str]:
    for entry in scene.entries("purchase"):
        payment = entry.details["payment"]
        scene.paid[payment] = scene.paid.get(payment, 0) + 1
        charge = scene.world.provider.charges.get(payment)
        if scene.paid[payment] > 1:
            yield f"tokens were credited {scene.paid[payment]} times for {payment}"
        elif charge is None or charge.subject != entry.reference:
            yield f"tokens were credited for {payment}, which nobody paid"
        elif _leg(entry, f"psp:{scene.world.provider.name}:{charge.money.currency}") != -charge.money.minor:
            yield f"{charge.money} were paid for {entry.reference}, and something else was booked"


ALWAYS = (
    Invariant("the books balance", (1, 2, 3, 7), lambda scene: first(_balanced(scene))),
    Invariant("no account is below its floor", (6,), lambda scene: first(_floors(scene))),
    Invariant("tokens are those given and bought", (4, 26), lambda scene: first(_circulation(scene))),
    Invariant("what is held is in escrow, and each hold ends once", (11, 12, 13), lambda scene: first(_holds(scene))),
    Invariant("a hold ends in its time, wholly", (13, 14, 15), lambda scene: first(_endings(scene))),
    Invariant("nobody pays themselves", (16,), lambda scene: first(_selves(scene))),
    Invariant("fees are half-up", (18,), lambda scene: first(_fees(scene))),
    Invariant("bookings have their tokens and do not overlap", (12, 44), lambda scene: first(_bookings(scene))),
    Invariant("tokens are credited once for what was paid", (26,), lambda scene: first(_purchases(scene))),
)
