"""Teezu's session on the wire: a token in the body, and the same one in a cookie for browsers."""

from __future__ import annotations

from entrypoints.http.kit.rows import Reply
from platform_core.identity.sessions import LIFETIME, OpenedSession


def keep_session(opened: OpenedSession, reply: Reply) -> None:
    """Have the browser keep the session that was just opened or extended."""
    reply.set_session(opened.token.reveal(), seconds=int(LIFETIME.total_seconds()))


def drop_session(_: None, reply: Reply) -> None:
    """Have the browser forget the session that was just ended."""
    reply.drop_session()
