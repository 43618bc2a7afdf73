"""What requests carry, and the answers that HTTP does not have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from entrypoints.http.kit.fields import Rule
from entrypoints.http.kit.rows import Answer, Ask
from platform_core.messaging.content import MOST_CHARACTERS
from platform_core.streams.chat import LONGEST_LINE, check_line

LONGEST_DESCRIPTION = 48 * 1024
LONGEST_CANDIDATE = 4096

Room = Annotated[str, Meta(max_length=80)]
Peer = Annotated[str, Meta(max_length=64)] | None


class RoomAsk(Ask, frozen=True):
    """Which room."""

    names: ClassVar[Mapping[str, str]] = {"stream": "room"}

    room: Room


class JoinAsk(RoomAsk, frozen=True):
    """Which room, and from where on."""

    cursor: Annotated[str, Meta(max_length=512)] | None = None


class SendAsk(Ask, frozen=True):
    """A message to a conversation, or a line in a stream's chat."""

    names: ClassVar[Mapping[str, str]] = {"conversation": "room", "stream": "room", "form": "type"}

    room: Room
    content: Annotated[str, Meta(min_length=1, max_length=MOST_CHARACTERS)]
    type: Literal["text", "image"] = "text"


class LineAsk(Ask, frozen=True):
    """A line in a stream's chat."""

    names: ClassVar[Mapping[str, str]] = {"stream": "room"}
    rules: ClassVar[Mapping[str, Rule]] = {"content": check_line}

    room: Room
    content: Annotated[str, Meta(min_length=1, max_length=LONGEST_LINE)]
    type: Literal["text"] = "text"


class Description(Struct, frozen=True, forbid_unknown_fields=True):
    """A session description, as `RTCSessionDescription` has it."""

    type: Literal["offer", "answer", "pranswer", "rollback"]
    sdp: Annotated[str, Meta(max_length=LONGEST_DESCRIPTION)] = ""


class Candidate(Struct, frozen=True):
    """An ICE candidate, as `RTCIceCandidate` has it; what else a browser adds is left out."""

    candidate: Annotated[str, Meta(max_length=LONGEST_CANDIDATE)] = ""
    sdpMid: Annotated[str, Meta(max_length=64)] | None = None
    sdpMLineIndex: Annotated[int, Meta(ge=0, le=65535)] | None = None
    usernameFragment: Annotated[str, Meta(max_length=256)] | None = None


class DescriptionAsk(RoomAsk, frozen=True, kw_only=True):
    """A session description for somebody."""

    description: Description
    to: Peer = None


class CandidateAsk(RoomAsk, frozen=True, kw_only=True):
    """An ICE candidate for somebody; null says that there are no more."""

    candidate: Candidate | None
    to: Peer = None


class InRoom(Answer, frozen=True):
    """Which room."""

    room: str
