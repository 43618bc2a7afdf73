"""What streams tell the other contexts. All of one stream's events come in order, with its id as their subject."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from platform_core.kernel.events import Event


@frozen
class StreamCreated(Event):
    """A stream was made ready; nobody sees it yet."""

    name: ClassVar[str] = "streams.created"
    stream: str
    host: str
    title: str
    token_price: int


@frozen
class StreamStarted(Event):
    """A stream went live for the first time."""

    name: ClassVar[str] = "streams.started"
    stream: str
    host: str


@frozen
class StreamFrozen(Event):
    """A live stream stands still: its host paused it, or is not heard of any more."""

    name: ClassVar[str] = "streams.frozen"
    stream: str
    host: str
    reason: str


@frozen
class StreamResumed(Event):
    """A frozen stream is live again."""

    name: ClassVar[str] = "streams.resumed"
    stream: str
    host: str


@frozen
class StreamEnded(Event):
    """A stream is over for good."""

    name: ClassVar[str] = "streams.ended"
    stream: str
    host: str
    reason: str


@frozen
class EntryPaid(Event):
    """A viewer paid to get into a premium stream; they will not pay for it again."""

    name: ClassVar[str] = "streams.entry_paid"
    stream: str
    viewer: str
    host: str
    transaction: str
    amount: int
    fee: int


@frozen
class LineSaid(Event):
    """Somebody said something in a stream's chat."""

    name: ClassVar[str] = "streams.line_said"
    stream: str
    line: str
    author: str
    author_name: str
    content: str
    said_at: datetime


@frozen
class ViewerJoined(Event):
    """Somebody watches who did not before."""

    name: ClassVar[str] = "streams.viewer_joined"
    stream: str
    viewer: str


@frozen
class ViewerLeft(Event):
    """Somebody watches no longer: they left, or were not heard of for a while."""

    name: ClassVar[str] = "streams.viewer_left"
    stream: str
    viewer: str
