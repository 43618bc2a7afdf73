"""Where one is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.kit.rows import Answer, Ask, Caller, Moment, Row, get, moment, post
from entrypoints.http.veza.envelope import PartAsk, Said, Total
from platform_core.identity.devices import Device, EndDevice, EndDevices, ExtendDevice, ListDevices
from platform_core.kernel.page import Part

SessionId = Annotated[str, Meta(min_length=1, max_length=64, examples=["ses_5b1f0a3c"])]


class SessionsAsk(PartAsk, frozen=True):
    """Which of one's sessions."""

    def command(self, _: Caller) -> ListDevices:
        """What the core is asked."""
        return ListDevices(self.limit, self.offset)


class SessionItem(Struct, frozen=True):
    """A place one is signed in. The id is no token: it lets nobody in."""

    id: SessionId
    current: Annotated[bool, Meta(description="Whether it is the session that asks.")]
    created_at: Moment
    expires_at: Moment


class Sessions(Answer, frozen=True):
    """One's own sessions, the newest first."""

    sessions: list[SessionItem]
    total: Total


class EndAsk(Ask, frozen=True):
    """Which session ends; the one that asks, when nothing is said."""

    is_optional: ClassVar[bool] = True

    session_id: SessionId | UnsetType = UNSET

    def command(self, _: Caller) -> EndDevice:
        """What the core is asked."""
        return EndDevice(None if self.session_id is UNSET else self.session_id)


class Extended(Answer, frozen=True):
    """A session that lasts longer now."""

    expires_at: Moment


def show_sessions(part: Part[Device]) -> Sessions:
    """The answer to a look at one's sessions."""
    items = [
        SessionItem(device.id, device.is_current, moment(device.created_at), moment(device.expires_at))
        for device in part.items
    ]
    return Sessions(items, part.total)


def say_logged_out(_: None) -> Said:
    """The answer to the end of a session."""
    return Said("Logged out")


def say_logged_out_everywhere(count: int) -> Said:
    """The answer to the end of all sessions."""
    return Said(f"Logged out of {count} sessions")


def show_extended(until: datetime) -> Extended:
    """The answer to an extension."""
    return Extended(moment(until))


ROWS: tuple[Row, ...] = (
    get(
        "/sessions",
        SessionsAsk,
        show_sessions,
        id="list_sessions",
        summary="List where the caller is signed in",
        tag="sessions",
        answers={
            "sessions": [
                {
                    "id": "ses_5b1f0a3c",
                    "current": True,
                    "created_at": "2026-05-01T12:00:00Z",
                    "expires_at": "2026-05-15T12:00:00Z",
                }
            ],
            "total": 1,
        },
    ),
    post(
        "/sessions/logout",
        EndAsk,
        say_logged_out,
        id="session_logout",
        summary="End one session",
        tag="sessions",
        example={},
        answers={"message": "Logged out"},
    ),
    post(
        "/sessions/logout-all",
        EndDevices,
        say_logged_out_everywhere,
        id="session_logout_all",
        summary="End every session",
        tag="sessions",
        answers={"message": "Logged out of 3 sessions"},
    ),
    post(
        "/sessions/refresh",
        ExtendDevice,
        show_extended,
        id="session_refresh",
        summary="Keep this session for longer",
        tag="sessions",
        limit="auth",
        answers={"expires_at": "2026-05-15T12:00:00Z"},
    ),
)
