"""Buying and selling over HTTP alone: products offered, orders paid on their pages, refunds sent by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from entrypoints.worker import Worker
from platform_core.ledger.fees import FeePolicy
from unit.http.served import Answered, Guest, Served

#: Ten per cent of what is sold, as the settings have it by default.
SALES = FeePolicy({"sale": 1000})
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Trade:
    """What people do on a server.

    Args:
        server: The server; its guests speak Veza.
    """

    def __init__(self, server: Served) -> None:
        self.server = server
        self.world = server.world
        self.worker = Worker(server.world)

    async def api(self, method: str, path: str, body: Any = None, *, by: Guest | None = None, **more: Any) -> Answered:
        """What somebody's request is answered."""
        return await self.server.api(method, path, body, token=by and by.token, **more)

    async def data(self, method: str, path: str, body: Any = None, *, by: Guest | None = None, **more: Any) -> Any:
        """What a request that goes well is answered, without its envelope."""
        answer = await self.api(method, path, body, by=by, **more)
        assert answer.status in (200, 201), (method, path, answer.status, answer.raw)
        assert answer.json["success"] is True
        return answer.json["data"]

    async def told(self, method: str, path: str, body: Any = None, *, by: Guest | None = None) -> tuple[int, str]:
        """How a request is refused: the status and the sentence."""
        return refused(await self.api(method, path, body, by=by))

    async def seller(self, name: str = "sella") -> Guest:
        """Somebody to whom money can be sent."""
        guest = await self.server.guest(name)
        await self.data("POST", "/sell/connect/onboard", by=guest)
        return guest

    async def offer(self, seller: Guest, **fields: Any) -> dict[str, Any]:
        """Something on sale."""
        wanted = {"title": "Sample pack", "price_cents": 2999, "publish": True, **fields}
        made: dict[str, Any] = await self.data("POST", "/marketplace/products", wanted, by=seller)
        return made

    async def order(
        self, buyer: Guest, *products: Mapping[str, Any], quantity: int = 1, key: str | None = None
    ) -> dict[str, Any]:
        """An order that waits for its payment."""
        cart = {"items": [{"product_id": product["id"], "quantity": quantity} for product in products]}
        headers = {} if key is None else {"Idempotency-Key": key}
        made: dict[str, Any] = await self.data("POST", "/marketplace/orders", cart, by=buyer, headers=headers)
        return made

    async def decide(self, order: Mapping[str, Any], decision: str = "pay") -> int:
        """Press a button of an order's payment page; the status of what comes."""
        path = "/pay/" + order["payment_url"].rpartition("/")[2]
        page = await self.server.ask("POST", path, raw=f"decision={decision}".encode(), headers=FORM)
        return page.status

    async def bought(self, buyer: Guest, *products: Mapping[str, Any], quantity: int = 1) -> dict[str, Any]:
        """An order that is paid, as its buyer sees it."""
        order = await self.order(buyer, *products, quantity=quantity)
        assert await self.decide(order) == 200
        return await self.look(buyer, order)

    async def look(self, by: Guest, order: Mapping[str, Any]) -> dict[str, Any]:
        """An order as somebody sees it."""
        found: dict[str, Any] = await self.data("GET", f"/marketplace/orders/{order['id']}", by=by)
        return found

    async def work(self, **later: float) -> None:
        """Let the worker do what is due after a while."""
        if later:
            self.world.clock.advance(**later)
        await self.worker.once()


def refused(answer: Answered) -> tuple[int, str]:
    """The status and the sentence of a refusal; nothing else is in it."""
    assert list(answer.json) == ["success", "error"], answer.raw
    assert answer.json["success"] is False
    return answer.status, answer.json["error"]


def words(pdf: bytes) -> list[str]:
    """The text of each page, as words with single spaces."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]
