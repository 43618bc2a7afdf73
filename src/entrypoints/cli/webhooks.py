"""`platform-core webhooks`: the messages of payment providers, and those that were given up on."""

from __future__ import annotations

import rich_click as click

from entrypoints.cli import exits
from entrypoints.cli.operation import OPERATOR, Failure, Operation, operation
from entrypoints.cli.root import Group, examples
from platform_core.kernel.errors import PlatformError
from platform_core.payments.webhook import Webhook, WebhookState
from platform_core.payments.webhooks import ListWebhooks, ReplayWebhook
from platform_core.platform import Platform

LIMIT = 1000
STATES = [state.value for state in WebhookState]


@click.group(cls=Group)
@examples("webhooks list --state dead", "webhooks replay --all")
def webhooks() -> None:
    """Look at the messages of payment providers, and have those that were given up on tried again."""


@webhooks.command("list")
@operation("webhooks list --state dead", "webhooks list --json")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, LIMIT), default=100, show_default=True, help="At most this many.")
def list_(operation: Operation, *, state: str | None, limit: int) -> None:
    """List the messages, the newest first. With --json each has its body."""
    found = operation.ask(ListWebhooks(None if state is None else WebhookState(state), limit))
    columns = ("id", "received", "provider", "event", "purchase", "outcome", "state", "attempts", "result", "error")
    screen = ("id", "received", "purchase", "outcome", "state", "error")
    operation.output.rows("webhooks", columns, [_row(webhook) for webhook in found], screen=screen)


@webhooks.command()
@operation("webhooks replay whk_1f0c", "webhooks replay --all", writes=True)
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that were given up on and say something that can be done.")
def replay(operation: Operation, *, ids: tuple[str, ...], everything: bool) -> None:
    """Try messages again now. One that was applied before is not applied again.

    A message that still cannot be applied goes back in line, and whoever does the background work tries it further.
    """
    if everything == bool(ids):
        raise Failure("name messages by their id, or say --all", exits.USAGE)

    async def again(platform: Platform) -> list[dict[str, object]]:
        chosen = list(ids)
        if everything:
            dead = await platform.execute(ListWebhooks(WebhookState.DEAD, LIMIT), by=OPERATOR)
            chosen = [webhook.id for webhook in dead if webhook.content is not None and webhook.first is None]
        return [{"id": id, "state": await _again(platform, id)} for id in chosen]

    tried = operation.run(again)
    done = sum(one["state"] == WebhookState.DONE.value for one in tried)
    operation.output.item({"replayed": tried}, f"{done} of {len(tried)} applied")


async def _again(platform: Platform, id: str) -> str:
    try:
        await platform.execute(ReplayWebhook(id), by=OPERATOR)
        return (await platform.apply_webhook(id, by=OPERATOR)).value
    except PlatformError as error:
        error.message = f"{id}: {error.message}"
        raise


def _row(webhook: Webhook) -> dict[str, object]:
    return {
        "id": webhook.id,
        "received": webhook.received_at,
        "provider": webhook.provider,
        "event": webhook.event,
        "subject": webhook.subject,
        "reference": webhook.reference,
        "outcome": webhook.outcome and webhook.outcome.value,
        "minor": webhook.minor,
        "currency": webhook.currency,
        "detail": webhook.detail,
        "state": webhook.state.value,
        "attempts": webhook.attempts,
        "next": webhook.next_at,
        "result": webhook.result,
        "error": webhook.error,
        "first": webhook.first,
        "body": webhook.body,
    }
