"""Clients of realtime: python-socketio's own, and what they have heard."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import socketio
from socketio.exceptions import ConnectionError as Refused

PATIENCE = 60.0


class Socket:
    """A connection, and everything it was told, in order.

    Args:
        url: The server.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.ended = asyncio.Event()
        self._news = asyncio.Condition()
        self._client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        self._client.on("*", self._hear)
        self._client.on("disconnect", self._end)
        self.refusal: Any = None
        self._client.on("connect_error", self._refused)

    async def _hear(self, name: str, data: dict[str, Any]) -> None:
        async with self._news:
            self.told.append((name, data))
            self._news.notify_all()

    async def _refused(self, data: Any) -> None:
        self.refusal = data

    async def _end(self, *_: object) -> None:
        self.ended.set()

    async def open(
        self,
        token: object = None,
        *,
        cursor: object = None,
        headers: Mapping[str, str] | None = None,
        auth: dict[str, Any] | None = None,
        query: str = "",
    ) -> dict[str, Any]:
        """Connect; what `ready` says.

        Raises:
            ConnectionError: It was refused; `refusal` says why, when the server did.
        """
        given = auth if auth is not None else {"token": token} | ({} if cursor is None else {"cursor": cursor})
        await self._client.connect(
            self.url + query, auth=given, transports=["websocket"], headers=dict(headers or {}), wait_timeout=PATIENCE
        )
        return await self.hear("ready")

    async def ask(self, name: str, values: Any = None, *more: Any) -> dict[str, Any]:
        """Ask for something; the acknowledgement."""
        told: dict[str, Any] = await self._client.call(
            name,
            ({} if values is None else values, *more) if more else ({} if values is None else values),
            timeout=PATIENCE,
        )
        return told

    async def done(self, name: str, **values: Any) -> dict[str, Any]:
        """Ask for something that is granted; its data."""
        told = await self.ask(name, values)
        assert told["ok"], told
        data: dict[str, Any] = told["data"]
        return data

    async def denied(self, name: str, **values: Any) -> tuple[int, str]:
        """Ask for something that is refused; status and code."""
        told = await self.ask(name, values)
        assert not told["ok"], told
        return told["error"]["statusCode"], told["error"]["code"]

    def all(self, name: str) -> list[dict[str, Any]]:
        """What it was told under a name."""
        return [data for told, data in self.told if told == name]

    async def hear(self, name: str, count: int = 1) -> dict[str, Any]:
        """The last of the first so many things told under a name, as soon as they have been."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: len(self.all(name)) >= count)
        return self.all(name)[count - 1]

    async def close(self) -> None:
        """Leave."""
        await self._client.disconnect()


__all__ = ["Refused", "Socket"]
