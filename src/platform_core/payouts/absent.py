"""A platform without a payment provider: nothing can be sent or given back."""

from __future__ import annotations

from platform_core.kernel.errors import Unavailable
from platform_core.kernel.money import Money
from platform_core.payouts.provider import AccountState, Answer, OnboardingLink

_SAID = "payments are not set up here"


class NoMerchant:
    """Refuses everything. What is due waits until there is a provider."""

    name = "none"

    async def refund(self, *, subject: str, key: str, payment: str, amount: Money) -> Answer:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable(_SAID)

    async def find_refund(self, *, subject: str, payment: str) -> Answer | None:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable(_SAID)

    async def transfer(self, *, subject: str, key: str, account: str, amount: Money, group: str) -> Answer:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable(_SAID)

    async def find_transfer(self, *, subject: str, group: str) -> Answer | None:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable(_SAID)

    async def reverse(self, *, subject: str, key: str, transfer: str, amount: Money) -> Answer:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable(_SAID)

    async def find_reversal(self, *, subject: str, transfer: str) -> Answer | None:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable(_SAID)

    async def open_account(self, *, seller: str, email: str) -> str:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable(_SAID)

    async def onboarding(self, *, account: str, return_url: str) -> OnboardingLink:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable(_SAID)

    async def account(self, *, account: str) -> AccountState:  # noqa: ARG002  # as its port has it
        """Refuse.

        Raises:
            Unavailable: Always.
        """
        raise Unavailable(_SAID)
