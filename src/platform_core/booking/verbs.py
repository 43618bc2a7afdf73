"""What the two sides of a booking do with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import frozen

from platform_core.booking.booking import Side
from platform_core.booking.policy import BookingPolicy
from platform_core.booking.settling import extend, settle
from platform_core.booking.views import BookingView, known, only, view
from platform_core.identity.ports import Directory
from platform_core.kernel.actor import PLATFORM, SIGNED_IN, USERS, Policy
from platform_core.kernel.command import Command
from platform_core.kernel.work import Work
from platform_core.ledger.ports import FeePolicy


@frozen
class ConfirmBooking(Command[BookingView]):
    """Say yes to a request. Its provider may, before `confirm_by`."""

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("booking",)

    booking: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Its provider may."""
        await only(work, target["booking"], Side.PROVIDER)


async def confirm_booking(command: ConfirmBooking, work: Work, people: Directory, rules: BookingPolicy) -> BookingView:
    """Confirm it; the tokens stay held until it must have ended.

    Raises:
        InvalidTransition: It is not pending.
        BookingOverdue: It is too late.
    """
    booking, _ = await known(work, command.booking)
    booking.confirm(work.now, rules)
    await extend(work, booking, rules)
    return await view(booking, people)


@frozen
class DeclineBooking(Command[BookingView]):
    """Say no to a request. Its provider may; the customer has all tokens back.

    Args:
        booking: Which.
        reason: Why, at most 500 characters.
    """

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("booking",)

    booking: str
    reason: str = ""

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Its provider may."""
        await only(work, target["booking"], Side.PROVIDER)


async def decline_booking(command: DeclineBooking, work: Work, people: Directory, fees: FeePolicy) -> BookingView:
    """Decline it.

    Raises:
        InvalidTransition: It is not pending.
        BookingOverdue: It counts as expired.
    """
    booking, _ = await known(work, command.booking)
    booking.decline(work.now, command.reason)
    await settle(work, booking, fees)
    return await view(booking, people)


@frozen
class CancelBooking(Command[BookingView]):
    """Call a booking off. Its customer may until it begins, at the price of the cancellation policy once it is
    confirmed; its provider and the platform may, and then the customer has all tokens back.

    Args:
        booking: Which.
        reason: Why, at most 500 characters.
    """

    policy: ClassVar[Policy] = SIGNED_IN
    target: ClassVar[tuple[str, ...]] = ("booking",)

    booking: str
    reason: str = ""

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Whoever may know of it may."""
        await known(work, target["booking"])


async def cancel_booking(
    command: CancelBooking, work: Work, people: Directory, rules: BookingPolicy, fees: FeePolicy
) -> BookingView:
    """Cancel it.

    Raises:
        InvalidTransition: It is neither pending nor confirmed.
        TooLate: It has begun, or its time has run out.
    """
    booking, side = await known(work, command.booking)
    booking.cancel(work.now, side, rules, command.reason)
    await settle(work, booking, fees)
    return await view(booking, people)


@frozen
class CompleteBooking(Command[BookingView]):
    """Say that the session took place, and pay. Its customer may, once it has begun; later it completes by itself."""

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("booking",)

    booking: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Its customer may: nobody pays themself."""
        await only(work, target["booking"], Side.CUSTOMER)


async def complete_booking(command: CompleteBooking, work: Work, people: Directory, fees: FeePolicy) -> BookingView:
    """Complete it.

    Raises:
        InvalidTransition: It is not confirmed.
        TooEarly: It has not begun.
    """
    booking, side = await known(work, command.booking)
    booking.complete(work.now, side)
    await settle(work, booking, fees)
    return await view(booking, people)


@frozen
class DisputeBooking(Command[BookingView]):
    """Say that it did not go as agreed. Either side may, from the start until it completes; nothing is paid meanwhile.

    Args:
        booking: Which.
        reason: What went wrong, 1 to 500 characters.
    """

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("booking",)

    booking: str
    reason: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Its two sides may."""
        await only(work, target["booking"], Side.CUSTOMER, Side.PROVIDER)


async def dispute_booking(command: DisputeBooking, work: Work, people: Directory, rules: BookingPolicy) -> BookingView:
    """Open the dispute.

    Raises:
        InvalidTransition: It is not confirmed.
        TooEarly: It has not begun.
        BookingOverdue: It counts as completed.
    """
    booking, side = await known(work, command.booking)
    booking.dispute(work.now, side, rules, command.reason)
    await extend(work, booking, rules)
    return await view(booking, people)


@frozen
class WithdrawDispute(Command[BookingView]):
    """Take a dispute back. Whoever opened it may."""

    policy: ClassVar[Policy] = USERS
    target: ClassVar[tuple[str, ...]] = ("booking",)

    booking: str

    @classmethod
    async def permits(cls, work: Work, target: Mapping[str, str]) -> None:
        """Its two sides may; the booking itself knows which of them opened it."""
        await only(work, target["booking"], Side.CUSTOMER, Side.PROVIDER)


async def withdraw_dispute(
    command: WithdrawDispute, work: Work, people: Directory, rules: BookingPolicy
) -> BookingView:
    """Withdraw it: the booking is confirmed again.

    Raises:
        InvalidTransition: There is no dispute.
        Forbidden: The other side opened it.
        BookingOverdue: It has lapsed.
    """
    booking, side = await known(work, command.booking)
    booking.withdraw(work.now, side, rules)
    await extend(work, booking, rules)
    return await view(booking, people)


@frozen
class ResolveDispute(Command[BookingView]):
    """Decide a dispute. Only the platform's operators may.

    Args:
        booking: Which.
        percent: The provider's share of the price, 0 to 100; the rest goes back to the customer.
    """

    policy: ClassVar[Policy] = PLATFORM

    booking: str
    percent: int


async def resolve_dispute(command: ResolveDispute, work: Work, people: Directory, fees: FeePolicy) -> BookingView:
    """Resolve it: completed if the provider gets anything, else cancelled.

    Raises:
        NotFound: There is no such booking.
        InvalidTransition: There is no dispute.
        Invalid: The share is none.
        BookingOverdue: The dispute has lapsed.
    """
    booking, _ = await known(work, command.booking)
    booking.resolve(work.now, command.percent)
    await settle(work, booking, fees)
    return await view(booking, people)
