"""Coming to rest: nothing goes wrong any more, what waits is let go on, and time passes until all is done."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from adapters.simulation.stage import Crash
from adapters.simulation.steps import Step
from entrypoints.simulation.world import World
from platform_core.identity.staff import UnbanUser
from platform_core.identity.users import User
from platform_core.kernel.sync import run_sync
from platform_core.marketplace.refund import Refund, RefundState
from platform_core.marketplace.refunding import ApproveRefund
from platform_core.payments.ports import PaymentOutcome
from platform_core.payments.webhook import Webhook, WebhookState
from platform_core.payments.webhooks import ReplayWebhook
from platform_core.payouts.movement import TransferState
from platform_core.payouts.onboarding import StartOnboarding
from platform_core.payouts.ports import AccountState, Pending
from platform_core.payouts.seller import SellerAccount
from platform_core.payouts.sending import RetryTransfer
from platform_core.payouts.transfer import Transfer

HOUR = 3600
PAUSES = (1, 20, 150, 700, 1900, HOUR, *(6 * HOUR,) * 8, *(24 * HOUR,) * 3, 12 * 24 * HOUR, 50 * 24 * HOUR)
"""Seconds of each pause: together longer than a dispute about a booking lasts."""
MOST_ROUNDS = 50
FIRST = 1_000_000
"""The number of the first act of healing, behind all steps."""


class Healer:
    """Brings a world to rest.

    Args:
        world: Which.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._number = FIRST

    def run(self) -> None:
        """Do it.

        Raises:
            Crash: Something raised what is no refusal, or comes to no end.
        """
        world = self._world
        world.stage.calm = True
        for number in list(world.stage.standing):
            world.stage.resume(number)
        self._calm_outside()
        # In some runs messages are so late that workers have asked before.
        late = 4 * (world.seed % 2)
        for count, pause in enumerate(PAUSES):
            world.move_clock(pause)
            if count >= late:
                self._deliver()
            self._work()
            self._help()
        self._deliver()
        self._work()

    def _act(self, work: Coroutine[Any, Any, Any]) -> str:
        self._number += 1
        self._world.provider.number = self._number
        outcome = self._world.stage.play(Step(self._number, "heal"), work)
        self._world.name_what_is_new()
        return outcome

    def _calm_outside(self) -> None:
        """People are let in again, accounts take money, banks decide, and what was slow is done."""
        world = self._world
        for user in world.all(User):
            if user.banned_at is not None:
                self._act(world.do(UnbanUser(user.id)))
        self._take_money()
        self._finish()

    def _take_money(self) -> None:
        """The sellers' accounts take money, but for those that were closed."""
        provider = self._world.provider
        for account, state in list(provider.accounts.items()):
            if state in (AccountState.ONBOARDING, AccountState.RESTRICTED):
                provider.set_account(account, AccountState.READY)

    def _finish(self) -> None:
        """What the provider and the banks have begun comes to its end."""
        provider = self._world.provider
        for page in list(provider.pages.values()):
            if page.said is PaymentOutcome.PROCESSING:
                provider.pay(page, PaymentOutcome.FAILED)
        for moved in list(provider.moved.values()):
            if isinstance(moved.answer, Pending):
                provider.settle(moved)
        for count, charge in enumerate(list(provider.charges.values())):
            for id in [id for id, (state, _) in charge.disputes.items() if state == "open"]:
                provider.decide(charge, id, won=count % 2 == 0)

    def _deliver(self) -> None:
        """Every message comes at last."""
        for message in list(self._world.provider.messages.values()):
            if not message.delivered:
                self._act(self._world.deliver(message))

    def _work(self) -> None:
        """The workers do all there is to do."""
        world = self._world
        for _ in range(MOST_ROUNDS):
            before = len(world.store.written)
            for name in world.rounds:
                for _ in range(MOST_ROUNDS):
                    self._act(world.round(name, "a"))
                    if world.stage.answer is not True:
                        break
            if len(world.store.written) == before:
                return
        raise Crash("the workers come to no end")

    def _help(self) -> None:
        """Operators look after what waits for them."""
        world = self._world
        for account in world.all(SellerAccount):
            if account.account is None:
                self._act(world.do(StartOnboarding(), world.people[world.by_id[account.seller]]))
        self._take_money()
        for refund in world.all(Refund):
            if refund.state is RefundState.REQUESTED:
                self._act(world.do(ApproveRefund(refund.id)))
        for transfer in world.all(Transfer):
            if transfer.state is TransferState.FAILED_PERMANENT:
                self._act(world.do(RetryTransfer(transfer.id)))
        for webhook in world.all(Webhook):
            if webhook.state is WebhookState.DEAD:
                self._act(world.do(ReplayWebhook(webhook.id)))
        outbox = world.store.outbox
        run_sync(outbox.retry_parked([envelope.position for envelope in run_sync(outbox.parked())]))


def heal(world: World) -> None:
    """Bring a world to rest.

    Raises:
        Crash: Something raised what is no refusal, or comes to no end.
    """
    Healer(world).run()
