"""Every use case of the platform and every kind of thing it keeps, in one list each."""

from __future__ import annotations

from platform_core.identity import access, guesses, profiles, sessions, staff, users
from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.application import UseCase
from platform_core.ledger import holds, reversals
from platform_core.streams import audience, broadcasting, entry, stream, upkeep, watching
from platform_core.wallet import balance, purchases, tips

USE_CASES: tuple[UseCase, ...] = (
    access.register,
    access.login,
    access.refresh_session,
    access.logout,
    profiles.get_user,
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
    tips.send_tip,
    purchases.purchase_tokens,
    purchases.settle_purchase,
    reversals.reverse_entry,
    broadcasting.create_stream,
    broadcasting.set_stream_state,
    broadcasting.get_stream,
    broadcasting.list_streams,
    watching.join_stream,
    watching.leave_stream,
    watching.beat,
    watching.enter_room,
    upkeep.all_streams,
    upkeep.due_streams,
    upkeep.lapse_stream,
    upkeep.stop_stream,
    upkeep.stop_streams_of,
    upkeep.forget_viewers,
)

AGGREGATES: tuple[type[Aggregate], ...] = (
    users.User,
    sessions.Session,
    guesses.Guesses,
    holds.Hold,
    reversals.Reversal,
    purchases.Purchase,
    stream.Stream,
    audience.Viewer,
    entry.Admission,
)
