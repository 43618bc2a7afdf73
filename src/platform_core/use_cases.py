"""Every use case of the platform and every kind of thing it keeps, in one list each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from platform_core.assist import matching, moods
from platform_core.assist import writing as assist_writing
from platform_core.booking import booking, calendar, listing, provider, requests, reviews, slots, standing
from platform_core.booking import timers as booking_timers
from platform_core.booking import verbs as booking_verbs
from platform_core.booking import views as booking_views
from platform_core.content import access as entitlements
from platform_core.content import feed, items, moderating, paying, shelves, uploading, viewing
from platform_core.content import upkeep as content_upkeep
from platform_core.content.events import ContentProcessed, ContentUnlocked
from platform_core.identity import (
    access,
    api_keys,
    devices,
    families,
    guesses,
    keeping_keys,
    profiles,
    sessions,
    signing_in,
    staff,
    users,
)
from platform_core.identity.events import RoleChanged, UserBanned, UserUnbanned
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.application import UseCase
from platform_core.kernel.command import Command
from platform_core.kernel.events import Event
from platform_core.ledger import holds, reversals
from platform_core.marketplace import checkout, documents, invoices, orders, product, products, refunding
from platform_core.marketplace import order as sales_order
from platform_core.marketplace import paying as sales_paying
from platform_core.marketplace import payment as sales_payment
from platform_core.marketplace import reconciling as sales_reconciling
from platform_core.marketplace import refund as sales_refund
from platform_core.marketplace import reviews as product_reviews
from platform_core.marketplace import sending as refund_sending
from platform_core.marketplace import settling as refund_settling
from platform_core.marketplace import standing as sales_standing
from platform_core.messaging import blocks, conversations, inbox, messages
from platform_core.messaging import payments as told_payments
from platform_core.messaging import writing as messaging_writing
from platform_core.operations import health
from platform_core.payments import webhook, webhooks
from platform_core.payouts import (
    balances,
    debts,
    movement,
    onboarding,
    returning,
    reversal,
    reversing,
    seller,
    sending,
    transfer,
    words,
)
from platform_core.payouts import views as payout_views
from platform_core.payouts.events import SellerAccountChanged
from platform_core.streams import audience, broadcasting, chat, entry, stream, upkeep, watching
from platform_core.wallet import balance, purchases, reconciliation, tips
from platform_core.wallet.events import TipSent

USE_CASES: tuple[UseCase, ...] = (
    access.register,
    access.login,
    access.refresh_session,
    access.logout,
    signing_in.sign_up,
    signing_in.sign_in,
    signing_in.renew,
    signing_in.sign_out,
    keeping_keys.make_api_key,
    keeping_keys.list_api_keys,
    keeping_keys.revoke_api_key,
    keeping_keys.keys_of,
    keeping_keys.revoke_keys,
    devices.list_devices,
    devices.end_device,
    devices.end_devices,
    devices.extend_device,
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
    webhooks.take_webhook,
    webhooks.apply_webhook,
    webhooks.postpone_webhook,
    webhooks.replay_webhook,
    webhooks.list_webhooks,
    webhooks.due_webhooks,
    reconciliation.unsettled_purchases,
    reconciliation.reconcile_purchase,
    reversals.reverse_entry,
    listing.set_up_provider,
    listing.change_provider,
    listing.get_provider,
    listing.list_providers,
    slots.offer_slot,
    slots.withdraw_slot,
    requests.book_provider,
    booking_views.get_booking,
    booking_views.list_bookings,
    booking_views.all_bookings,
    booking_verbs.confirm_booking,
    booking_verbs.decline_booking,
    booking_verbs.cancel_booking,
    booking_verbs.complete_booking,
    booking_verbs.dispute_booking,
    booking_verbs.withdraw_dispute,
    booking_verbs.resolve_dispute,
    reviews.review_booking,
    booking_timers.due_bookings,
    booking_timers.advance_booking,
    standing.review_standing,
    inbox.open_conversation,
    inbox.list_conversations,
    messaging_writing.send_message,
    messaging_writing.read_history,
    messaging_writing.mark_read,
    blocks.block_user,
    blocks.unblock_user,
    blocks.list_blocks,
    told_payments.tell_payment,
    moods.detect_mood,
    matching.find_matches,
    assist_writing.generate,
    broadcasting.create_stream,
    broadcasting.set_stream_state,
    broadcasting.get_stream,
    broadcasting.list_streams,
    watching.join_stream,
    watching.leave_stream,
    watching.beat,
    watching.enter_room,
    chat.say_in_stream,
    chat.read_chat,
    upkeep.all_streams,
    upkeep.due_streams,
    upkeep.lapse_stream,
    upkeep.stop_stream,
    upkeep.stop_streams_of,
    upkeep.forget_viewers,
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
    moderating.content_queue,
    moderating.inspect_content,
    moderating.approve_content,
    moderating.reject_content,
    content_upkeep.due_content,
    content_upkeep.tend_content,
    content_upkeep.drop_source,
    content_upkeep.due_uploads,
    content_upkeep.sweep_upload,
    products.create_product,
    products.change_product,
    products.publish_product,
    products.retire_product,
    products.list_products,
    products.list_own_products,
    products.all_products,
    products.get_product,
    sales_standing.review_seller,
    checkout.place_order,
    checkout.pay_order,
    orders.get_order,
    orders.list_orders,
    orders.all_orders,
    orders.fulfil_order,
    orders.cancel_order,
    refunding.refund_order,
    refunding.approve_refund,
    refunding.reject_refund,
    refunding.list_refunds,
    refunding.all_refunds,
    refund_sending.due_refunds,
    refund_sending.advance_refund,
    sales_reconciling.due_orders,
    sales_reconciling.expire_order,
    sales_reconciling.stuck_payments,
    sales_reconciling.reconcile_payment,
    product_reviews.review_product,
    product_reviews.list_reviews,
    onboarding.start_onboarding,
    onboarding.refresh_seller_account,
    onboarding.unblock_transfers,
    sending.due_transfers,
    sending.advance_transfer,
    sending.retry_transfer,
    reversing.due_reversals,
    reversing.advance_reversal,
    payout_views.list_transfers,
    payout_views.list_all_transfers,
    payout_views.get_transfer,
    balances.get_seller_balance,
    balances.show_seller,
    balances.list_sellers,
    documents.get_invoice,
    documents.list_invoices,
    documents.print_invoice,
    documents.print_order_invoices,
    documents.all_invoices,
    health.check_pulse,
    health.check_readiness,
    health.check_health,
)

AGGREGATES: tuple[type[Aggregate], ...] = (
    users.User,
    sessions.Session,
    guesses.Guesses,
    families.RefreshFamily,
    api_keys.ApiKey,
    holds.Hold,
    reversals.Reversal,
    purchases.Purchase,
    webhook.Webhook,
    provider.Provider,
    slots.Slot,
    calendar.Calendar,
    booking.Booking,
    reviews.ProviderReview,
    conversations.Conversation,
    messages.Message,
    stream.Stream,
    audience.Viewer,
    entry.Admission,
    chat.StreamLine,
    items.ContentItem,
    shelves.Shelf,
    shelves.Upload,
    entitlements.TierPlan,
    entitlements.Subscription,
    entitlements.Unlock,
    product.Product,
    sales_order.Order,
    sales_payment.Payment,
    sales_refund.Refund,
    product_reviews.ProductReview,
    product_reviews.ReviewRight,
    seller.SellerAccount,
    debts.Debt,
    transfer.Transfer,
    movement.TransferAttempt,
    reversal.TransferReversal,
    returning.Taking,
    invoices.Invoice,
    invoices.InvoiceSeries,
)

#: What a provider's message can be about: how our ids of it begin, and what takes the provider's word. Behind the unit
#: of work and the message such a function asks for services, as use cases do.
SUBJECTS: Mapping[str, Callable[..., Awaitable[str]]] = {
    "pay": sales_paying.heed_payment,
    "pur": purchases.heed_purchase,
    "rfd": refund_settling.heed_refund,
    "sel": words.heed_account,
    "trf": words.heed_transfer,
    "trr": words.heed_reversal,
}

#: What the platform does by itself when something has happened: an event's type, and the command it leads to, if any.
#: Events come at least once, so these commands change nothing when they come again.
REACTIONS: tuple[tuple[type[Event], Callable[[Any], Command[Any] | None]], ...] = (
    (TipSent, told_payments.on_tip),
    (ContentUnlocked, told_payments.on_unlock),
    (UserBanned, standing.on_user),
    (UserBanned, upkeep.on_ban),
    (UserUnbanned, standing.on_user),
    (RoleChanged, standing.on_user),
    (ContentProcessed, content_upkeep.on_processed),
    (UserBanned, sales_standing.on_seller),
    (UserUnbanned, sales_standing.on_seller),
    (SellerAccountChanged, onboarding.on_account_changed),
)
