"""Every use case of the platform and every kind of thing it keeps, in one list each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from platform_core.content import access as entitlements
from platform_core.content import feed, items, moderating, paying, shelves, upkeep, uploading, viewing
from platform_core.content.events import ContentProcessed
from platform_core.identity import access, guesses, profiles, sessions, staff, users
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.application import UseCase
from platform_core.kernel.command import Command
from platform_core.kernel.events import Event
from platform_core.ledger import holds, reversals
from platform_core.messaging import blocks, conversations, inbox, messages, writing
from platform_core.messaging import tips as told_tips
from platform_core.wallet import balance, purchases, tips
from platform_core.wallet.events import TipSent

USE_CASES: tuple[UseCase, ...] = (
    access.register,
    access.login,
    access.refresh_session,
    access.logout,
    profiles.get_user,
    profiles.get_profile,
    profiles.update_user,
    staff.create_user,
    staff.list_users,
    staff.find_user,
    staff.set_role,
    staff.ban_user,
    staff.unban_user,
    staff.list_sessions,
    staff.revoke_sessions,
    balance.get_wallet,
    balance.show_wallet,
    balance.statement,
    balance.credit_wallet,
    balance.place_hold,
    balance.capture_hold,
    balance.release_hold,
    balance.extend_hold,
    balance.expire_hold,
    balance.due_holds,
    balance.list_holds,
    tips.send_tip,
    purchases.purchase_tokens,
    purchases.settle_purchase,
    purchases.list_purchases,
    reversals.reverse_entry,
    inbox.open_conversation,
    inbox.list_conversations,
    writing.send_message,
    writing.read_history,
    writing.mark_read,
    blocks.block_user,
    blocks.unblock_user,
    blocks.list_blocks,
    told_tips.tell_tip,
    uploading.upload_content,
    feed.read_feed,
    viewing.get_content,
    viewing.find_media,
    paying.unlock_content,
    paying.get_tiers,
    paying.set_tiers,
    paying.subscribe,
    paying.list_subscriptions,
    moderating.delete_content,
    moderating.list_content,
    moderating.inspect_content,
    moderating.approve_content,
    moderating.reject_content,
    upkeep.due_content,
    upkeep.tend_content,
    upkeep.drop_source,
    upkeep.due_uploads,
    upkeep.sweep_upload,
)

AGGREGATES: tuple[type[Aggregate], ...] = (
    users.User,
    sessions.Session,
    guesses.Guesses,
    holds.Hold,
    reversals.Reversal,
    purchases.Purchase,
    conversations.Conversation,
    messages.Message,
    items.ContentItem,
    shelves.Shelf,
    shelves.Upload,
    entitlements.TierPlan,
    entitlements.Subscription,
    entitlements.Unlock,
)

#: What the platform does by itself when something has happened: an event's type, and the command it leads to, if any.
#: Events come at least once, so these commands change nothing when they come again.
REACTIONS: tuple[tuple[type[Event], Callable[[Any], Command[Any] | None]], ...] = (
    (TipSent, told_tips.on_tip),
    (ContentProcessed, upkeep.on_processed),
)
