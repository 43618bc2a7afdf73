"""From the outbox to the rooms: what was committed, in whichever process, is told in all of them.

Words are the wire's: what is in one is what everybody in its room may see.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from adapters.fanout.port import Fanout
from entrypoints.http.kit.rows import moment
from entrypoints.realtime.rooms import CONTROL, own, word
from platform_core.identity.events import SessionEnded, SessionsRevoked, UserBanned
from platform_core.identity.profiles import GetUser
from platform_core.kernel.actor import ANONYMOUS, Actor, Role, Via
from platform_core.kernel.errors import NotFound, PlatformError, Unavailable
from platform_core.kernel.events import Envelope, Event
from platform_core.messaging.events import MessageSent, UserBlocked
from platform_core.platform import Platform
from platform_core.streams.events import (
    EntryPaid,
    LineSaid,
    StreamEnded,
    StreamFrozen,
    StreamResumed,
    StreamStarted,
    ViewerJoined,
    ViewerLeft,
)
from platform_core.streams.ports import room
from platform_core.streams.watching import EnterRoom
from platform_core.wallet.events import PurchaseSettled, TipSent, TokensCredited

logger = logging.getLogger("platform_core.realtime")

E = TypeVar("E", bound=Event)

WORTH_TELLING = timedelta(minutes=2)
"""How old something may be and still be worth another try when the other processes cannot be reached."""


class Announcer:
    """Tells what happened.

    Args:
        platform: Whose events.
        fanout: Takes words to all processes.
    """

    def __init__(self, platform: Platform, fanout: Fanout) -> None:
        self._platform = platform
        self._fanout = fanout

    def attach(self) -> None:
        """Ask for the events."""
        self._on(MessageSent, self._message)
        self._on(LineSaid, self._line)
        self._on(TipSent, self._tip)
        for kind, state in (
            (StreamStarted, "live"),
            (StreamResumed, "live"),
            (StreamFrozen, "frozen"),
            (StreamEnded, "ended"),
        ):
            self._on(kind, self._state(state))
        self._on(ViewerJoined, self._count)
        self._on(ViewerLeft, self._count)
        self._on(EntryPaid, lambda _, event: self._wallets(event.viewer, event.host))
        self._on(TokensCredited, lambda _, event: self._wallets(event.user))
        self._on(PurchaseSettled, lambda _, event: self._wallets(event.user))
        self._on(UserBanned, lambda envelope, event: self._control(envelope, "banned", user=event.user))
        self._on(SessionsRevoked, lambda envelope, event: self._control(envelope, "doubted", user=event.user))
        self._on(
            SessionEnded,
            lambda envelope, event: self._control(envelope, "ended", user=event.user, session=event.session),
        )
        self._on(
            UserBlocked,
            lambda envelope, event: self._control(envelope, "blocked", one=event.blocker, other=event.blocked),
        )

    def _on(self, kind: type[E], tell: Callable[[Envelope, E], Awaitable[None]]) -> None:
        async def handle(envelope: Envelope) -> None:
            event: Any = envelope.event
            try:
                await tell(envelope, event)
            except Unavailable:
                # The outbox tries again, but does not hold up what comes after it for old news.
                if self._platform.clock.now() - envelope.at < WORTH_TELLING:
                    raise
                logger.warning("%s was not told", event.name)

        self._platform.on(kind, handle)

    async def _tell(self, envelope: Envelope, where: str, name: str, **told: Any) -> None:
        await self._fanout.tell(where, word(name, {"id": envelope.id, **told}), id=envelope.id)

    async def _control(self, envelope: Envelope, name: str, **told: Any) -> None:
        await self._fanout.tell(CONTROL, word(name, told), id=envelope.id)

    async def _message(self, envelope: Envelope, sent: MessageSent) -> None:
        told: dict[str, Any] = {
            "messageId": sent.message,
            "conversationId": sent.conversation,
            "senderId": sent.author,
            "content": sent.content,
            "type": sent.form,
            "sentAt": moment(sent.sent_at),
        }
        if sent.amount is not None:
            told["amount"] = sent.amount
        for member in (sent.author, sent.recipient):
            await self._tell(envelope, own(member), "send_message", **told)

    async def _line(self, envelope: Envelope, said: LineSaid) -> None:
        await self._tell(
            envelope,
            room(said.stream),
            "send_message",
            messageId=said.line,
            streamId=said.stream,
            sender={"id": said.author, "username": said.author_name},
            content=said.content,
            type="text",
            sentAt=moment(said.said_at),
        )

    async def _tip(self, envelope: Envelope, tip: TipSent) -> None:
        where = await self._where(tip)
        if where:
            sender, recipient = await self._person(tip.payer), await self._person(tip.payee)
            for one in where:
                await self._tell(
                    envelope,
                    one,
                    "tip",
                    transactionId=tip.transaction,
                    amount=tip.amount,
                    sender=sender,
                    recipient=recipient,
                    context=tip.context,
                    contextId=tip.context_id,
                    sentAt=moment(envelope.at),
                )
        await self._wallets(tip.payer, tip.payee)

    async def _where(self, tip: TipSent) -> list[str]:
        """The rooms in which a tip is told: the stream's if it was given there, else the two users' own."""
        if tip.context == "stream" and tip.context_id:
            stream = room(tip.context_id)
            # What the payer names may be anything: it counts if they may be there, and its host got the tip.
            if await self._fanout.is_used(stream) and await self._is_given_in(tip.context_id, tip):
                return [stream]
        return [one for one in (own(tip.payer), own(tip.payee)) if await self._fanout.is_used(one)]

    async def _is_given_in(self, stream: str, tip: TipSent) -> bool:
        try:
            payer = Actor(tip.payer, Role.VIEWER, Via.SESSION)
            return (await self._platform.execute(EnterRoom(stream), by=payer)).host == tip.payee
        except Unavailable:
            raise
        except PlatformError:
            return False

    async def _person(self, id: str) -> dict[str, str]:
        try:
            return {"id": id, "username": (await self._platform.execute(GetUser(id), by=ANONYMOUS)).username}
        except NotFound:
            return {"id": id, "username": ""}

    async def _wallets(self, *users: str) -> None:
        for user in users:
            if await self._fanout.is_used(own(user)):
                await self._fanout.pass_on(own(user), word(".wallet", {}))

    def _state(self, state: str) -> Callable[[Envelope, Any], Awaitable[None]]:
        async def tell(envelope: Envelope, event: Any) -> None:
            reason, at = getattr(event, "reason", None), moment(envelope.at)
            where = room(event.stream)
            await self._tell(envelope, where, "stream_state", streamId=event.stream, state=state, reason=reason, at=at)

        return tell

    async def _count(self, _: Envelope, event: Any) -> None:
        if await self._fanout.is_used(room(event.stream)):
            await self._fanout.pass_on(room(event.stream), word(".count", {}))
