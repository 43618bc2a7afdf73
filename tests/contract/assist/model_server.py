"""A server that speaks the chat completions of the OpenAI API, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

KEY = "sk-test"


class ModelServer:
    """Answers by the task it is given; `how` tells what goes wrong."""

    def __init__(self) -> None:
        self.url = ""
        self.how = "well"
        self.says: Any = None
        self.asked: list[dict[str, Any]] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"error": {"message": "no key"}}, status=401)
        question = await request.json()
        self.asked.append(question)
        match self.how:
            case "silent":
                await asyncio.Event().wait()
            case "error":
                return web.json_response({"error": {"message": "boom"}}, status=500)
            case "limited":
                return web.json_response({"error": {"message": "slow down"}}, status=429)
            case "redirect":
                return web.Response(status=307, headers={"Location": "/elsewhere"})
            case "garbage":
                return web.Response(body=b"\xff<html>no JSON</html>")
            case "endless":
                return web.Response(body=b" " * 2**17)
            case "empty":
                return web.json_response({"choices": []})
            case "hangs up":
                assert request.transport is not None
                request.transport.abort()
        says = self.says if self.says is not None else json.dumps(self._said(question))
        message = {"role": "assistant", "content": says}
        usage = {"prompt_tokens": 50, "completion_tokens": 50, "total_tokens": 100}
        return web.json_response({"id": "x", "choices": [{"index": 0, "message": message}], "usage": usage})

    @staticmethod
    def _said(question: dict[str, Any]) -> dict[str, Any]:
        task = question["messages"][0]["content"]
        if "mood" in task:
            return {"mood": "serene", "confidence": 0.8, "tags": ["soft", "slow"]}
        if "Rank" in task:
            people = json.loads(question["messages"][1]["content"])["people"]
            return {"matches": [{"number": p["number"], "score": 0.9, "reasons": ["shared interests"]} for p in people]}
        return {"texts": ["One fine line", "Another fine line", "A third one"]}


@asynccontextmanager
async def model_server() -> AsyncIterator[ModelServer]:
    """The server, on a free port."""
    server = ModelServer()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()
