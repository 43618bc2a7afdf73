"""Entry to premium streams: paid once by each viewer, and remembered."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import define

from platform_core.kernel.aggregate import Aggregate
from platform_core.kernel.journal import Posting
from platform_core.kernel.work import Work
from platform_core.ledger.ports import REVENUE, FeePolicy, user_accounts, wallet
from platform_core.streams.audience import pair_id
from platform_core.streams.events import EntryPaid
from platform_core.streams.stream import Stream

KIND = "stream_entry"
"""The journal's kind, and the fee policy's."""


@define(eq=False, kw_only=True)
class Admission(Aggregate):
    """A viewer's paid entry to a stream.

    Its id is made of both, so that a viewer who pays twice at once pays once: one of the two finds the id taken, looks
    again, and is let in.

    Args:
        stream: Which.
        viewer: Who.
        paid: Tokens.
        transaction: The journal entry that moved them.
        paid_at: When.
    """

    kind: ClassVar[str] = "admission"

    stream: str
    viewer: str
    paid: int
    transaction: str
    paid_at: datetime


async def is_admitted(work: Work, stream: Stream, user: str) -> bool:
    """Whether this user may be in the stream's room: the host, whoever has paid, and everybody where entry is free."""
    if not stream.is_premium or user == stream.host:
        return True
    return await work.get(Admission, pair_id("adm", stream.id, user)) is not None


def pay_entry(work: Work, stream: Stream, viewer: str, fees: FeePolicy) -> Admission:
    """Pay for entry: viewer to host, and to the platform its share.

    The stream is guarded, for nobody should pay to get into one that has just ended. Money that meets at one host's
    account waits for it anyway, so this costs nothing more.

    Raises:
        InsufficientFunds: At commit, when less is available.
        AccountFrozen: At commit, when the viewer or the host was banned meanwhile.
    """
    price = stream.token_price
    fee = fees.fee(KIND, price)
    legs = [(wallet(viewer), -price), (wallet(stream.host), price - fee), (REVENUE.id, fee)]
    work.guard(stream)
    work.open(*user_accounts(viewer), user_accounts(stream.host)[0])
    if fee:
        work.open(REVENUE)
    entry = work.post(
        KIND,
        *(Posting(account, tokens) for account, tokens in legs if tokens),
        id=work.new_id("txn_entry"),
        reference=stream.id,
        details={"title": stream.title, "host": stream.host},
    )
    admission = Admission(
        id=pair_id("adm", stream.id, viewer),
        stream=stream.id,
        viewer=viewer,
        paid=price,
        transaction=entry.id,
        paid_at=work.now,
    )
    work.add(admission)
    work.emit(EntryPaid(stream.id, viewer, stream.host, entry.id, price, fee), subject=stream.id)
    return admission
