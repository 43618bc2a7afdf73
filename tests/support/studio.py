"""What people do in the studio: have an account, sign in, go live, watch, talk."""

from __future__ import annotations

import asyncio

from playwright.async_api import Browser, Page, expect

from platform_core.kernel.actor import Actor
from platform_core.wallet.balance import CreditWallet
from support.browsers import PATIENCE, Visitor, visit
from support.clients import PASSWORD, ask, beside
from support.clients import browser as http
from support.servers import Server

#: Adds what the picture looks like now to what it has looked like; how many different ones there were.
LOOKS = """(video) => {
    if (!video.videoWidth) return 0;
    const canvas = document.createElement("canvas");
    canvas.width = 64;
    canvas.height = 36;
    const pen = canvas.getContext("2d");
    pen.drawImage(video, 0, 0, 64, 36);
    window.looks ??= new Set();
    window.looks.add(pen.getImageData(0, 0, 64, 36).data.join());
    return window.looks.size;
}"""


async def account(server: Server, name: str, role: str = "viewer", *, tokens: int = 0) -> None:
    """Somebody with an account at `<name>@example.com`."""
    wish = {"email": f"{name}@example.com", "username": name, "password": PASSWORD, "role": role}
    async with http() as session:
        made = await ask(session, "POST", f"{server.url}/auth/register", body=wish)
    assert made.status == 201, made.body
    if tokens:
        async with beside(server.database_url) as platform:
            await platform.execute(CreditWallet(made.body["userId"], tokens), by=Actor.operator("tests"))


async def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    await page.get_by_label("Email").fill(f"{name}@example.com")
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def come(
    browser: Browser,
    server: Server,
    name: str,
    where: str = "#/",
    *,
    expected: tuple[str, ...] = (),
    beside: Visitor | None = None,
    root: str | None = None,
) -> Visitor:
    """Somebody who has signed in and is on the way to a page."""
    visitor = await visit(browser, f"{root or server.root}/studio#/sign-in", expected=expected, beside=beside)
    await sign_in(visitor.page, name)
    await expect(visitor.page.get_by_role("button", name=name)).to_be_visible()
    await visitor.page.evaluate("(hash) => { location.hash = hash; }", where)
    return visitor


async def go_live(page: Page, title: str, *, price: int | None = None, camera: bool = False) -> None:
    await page.get_by_label("Title").fill(title)
    if camera:
        await page.get_by_role("radio", name="Camera").check()
    if price is not None:
        await page.get_by_label("Premium").check()
        await page.get_by_label("Price of entry").fill(str(price))
    await page.get_by_role("button", name="Go live").click()
    await expect(page.get_by_role("button", name="End stream")).to_be_visible()


async def watch(page: Page, title: str) -> None:
    await page.get_by_role("link", name=title).click()


async def moves(page: Page) -> None:
    """Wait until the picture has looked in three different ways."""
    video = page.locator(".stage video")
    await expect(video).to_be_visible()
    await page.evaluate("() => { window.looks = new Set(); }")
    async with asyncio.timeout(PATIENCE / 1000):
        while await video.evaluate(LOOKS) < 3:
            await video.evaluate("(video) => new Promise((seen) => video.requestVideoFrameCallback(seen))")


async def say(page: Page, text: str) -> None:
    await page.get_by_label("Message").fill(text)
    await page.get_by_label("Message").press("Enter")
