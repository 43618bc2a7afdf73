"""Many tips at once, and what must be in the books after them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import aiohttp
from attrs import define, field, frozen

from platform_core.ledger.ports import wallet
from support.clients import Answer, Fan, Tip, beside, browser, people, send
from support.servers import PATIENCE, Server, until


@define
class Load:
    """Clients that send tips one after the other, each tip under a key of its own, and remember what came of them.

    Args:
        database_url: Where the servers keep everything.
        urls: Servers; clients are spread over them.
        fans: Who tips.
        payee: Who is tipped.
        patient: Whether a client whose tip was not acknowledged asks again with the same key until it is. An impatient
            one notes that it does not know, and leaves.
    """

    database_url: str
    urls: Sequence[str]
    fans: Sequence[Fan]
    payee: str
    patient: bool = False
    sent: dict[str, Tip] = field(factory=dict, init=False)
    acknowledged: dict[str, Answer] = field(factory=dict, init=False)
    unknown: dict[str, Tip] = field(factory=dict, init=False)
    unavailable: list[Answer] = field(factory=list, init=False)
    wrong: list[Answer] = field(factory=list, init=False)
    """Answers that are neither an acknowledgement nor 503."""
    _stopped: bool = field(default=False, init=False)
    _clients: list[asyncio.Task[None]] = field(factory=list, init=False)

    @classmethod
    async def on(cls, *servers: Server, patient: bool = False) -> Load:
        """A load on servers that share their data: some rich fans, who all tip one creator."""
        names = ("creator", *(f"fan{number}" for number in range(8)))
        creator, *fans = await people(servers[0].database_url, *names, tokens=10**9)
        return cls(servers[0].database_url, [server.url for server in servers], fans, creator.id, patient=patient)

    @asynccontextmanager
    async def running(self, clients: int = 16) -> AsyncIterator[None]:
        """Keep clients busy for as long as the block lasts; at its end what they have begun is finished."""
        self._stopped = False
        async with browser() as http:
            self._clients = [asyncio.create_task(self._client(http, number)) for number in range(clients)]
            try:
                yield
            finally:
                self._stopped = True
                await asyncio.gather(*self._clients)

    async def reach(self, more: int, *, within: float = PATIENCE) -> None:
        """Wait until so many more tips are acknowledged."""
        wanted = len(self.acknowledged) + more
        await until(lambda: len(self.acknowledged) >= wanted, within=within, what=f"{more} more tips")

    async def is_refused(self, more: int = 20, *, within: float = PATIENCE) -> None:
        """Wait until so many more tips are refused."""
        wanted = len(self.unavailable) + len(self.wrong) + more
        await until(lambda: len(self.unavailable) + len(self.wrong) >= wanted, within=within, what="a refusal")

    async def gone(self) -> None:
        """Wait until every client has left."""
        await asyncio.wait_for(asyncio.gather(*self._clients), PATIENCE)

    async def ask_again(self) -> None:
        """Ask for every tip of which nothing is known once more, with its own key."""
        async with browser() as http:
            for key, tip in list(self.unknown.items()):
                answer = await send(http, self.urls[0], tip)
                assert answer.status == 200, answer
                self.acknowledged[key] = answer
                del self.unknown[key]

    async def _client(self, http: aiohttp.ClientSession, number: int) -> None:
        fan, url = self.fans[number % len(self.fans)], self.urls[number % len(self.urls)]
        while not self._stopped:
            tip = Tip(uuid4().hex, fan, self.payee, 1 + number % 3)
            self.sent[tip.key] = tip
            while not await self._try(http, url, tip):
                self.unknown[tip.key] = tip
                if not self.patient:
                    return
                await asyncio.sleep(0.02)
            self.unknown.pop(tip.key, None)

    async def _try(self, http: aiohttp.ClientSession, url: str, tip: Tip) -> bool:
        """Send a tip; whether there is an end to it."""
        try:
            answer = await send(http, url, tip)
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False
        if answer.status == 200:
            self.acknowledged[tip.key] = answer
            return True
        (self.unavailable if answer.status == 503 else self.wrong).append(answer)
        return answer.status != 503


@frozen
class Booked:
    """The tips that somebody got, in the books.

    Args:
        entries: Key to the ids of the journal entries made for it.
        balances: Key to the payer's balance right after it, as the books have it.
        received: The sum.
    """

    entries: Mapping[str, Sequence[str]]
    balances: Mapping[str, int]
    received: int

    @classmethod
    async def read(cls, database_url: str, payee: str) -> Booked:
        """The tips that are in the books now; all of the books must add up."""
        entries: dict[str, list[str]] = {}
        balances: dict[str, int] = {}
        received = 0
        async with beside(database_url) as platform:
            seen = await platform.verify()
            assert seen.fault is None, str(seen.fault)
            async for line in platform.store.lines():
                if line.kind != "tip" or line.reference != payee:
                    continue
                key = line.details["contextId"]
                if line.amount < 0:
                    entries.setdefault(key, []).append(line.entry)
                    balances[key] = line.balance
                else:
                    assert line.account == wallet(payee)
                    received += line.amount
        return cls(entries, balances, received)

    @classmethod
    async def under(cls, load: Load) -> Booked:
        """The tips that the one has who is tipped in this load."""
        return await cls.read(load.database_url, load.payee)

    def hold(self, load: Load) -> None:
        """Let every acknowledged tip be there once, as it was acknowledged, and no other more than once."""
        strangers = self.entries.keys() - load.sent.keys()
        assert not strangers, f"nobody sent {strangers}"
        more = {key: ids for key, ids in self.entries.items() if len(ids) > 1}
        assert not more, f"booked more than once: {more}"
        lost = load.acknowledged.keys() - self.entries.keys()
        assert not lost, f"acknowledged and lost: {lost}"
        for key, answer in load.acknowledged.items():
            told = (answer.body["transactionId"], answer.body["newBalance"])
            assert told == (self.entries[key][0], self.balances[key])
        never = self.entries.keys() - load.acknowledged.keys() - load.unknown.keys()
        assert not never, f"refused and yet booked: {never}"

    def hold_all(self, load: Load) -> None:
        """The same, with nothing left unknown: every tip that was sent is there once, and the sums are theirs."""
        self.hold(load)
        assert not load.unknown
        assert self.entries.keys() == load.sent.keys()
        assert self.received == sum(tip.amount for tip in load.sent.values())
