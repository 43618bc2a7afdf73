"""Chromium without a window: found on the machine, else installed; and pages of it that tell what went on in them.

Run as a program, it sees to it that there is one, and prints where.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from attrs import define, field
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

#: Where the browser is, if it is nowhere that it would be looked for.
VARIABLE = "TEST_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
#: A name for this machine that browsers do not trust as they trust `localhost`: what another machine's pages are like.
ELSEWHERE = "elsewhere.test"
#: Two pages of one browser find each other over the loopback address too; the camera is a drawn one.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
)
INSTALL_SECONDS = 600
#: Milliseconds that a page may take for what a test waits for, on a machine that is busy with other tests.
PATIENCE = 60_000


def find() -> str | None:
    """Where a Chromium is that runs, or None."""
    if given := os.environ.get(VARIABLE):
        return given
    places = [found for name in NAMES if (found := shutil.which(name))]
    return next((place for place in (*places, asyncio.run(_own())) if _runs(place)), None)


async def _own() -> str:
    async with async_playwright() as playwright:
        return playwright.chromium.executable_path


def _runs(place: str) -> bool:
    """Whether it is there, and the libraries that it needs are."""
    try:
        return subprocess.run([place, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def ensure() -> str:
    """Where a Chromium is; one is installed if there is none: the system's package, with all it needs, where we may
    install that, else Playwright's own.

    Raises:
        RuntimeError: There is none to be had. It says what to do.
    """
    if found := find():
        return found
    said = ""
    for commands in _ways():
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
            said += f"\n$ {' '.join(command)}\n{(done.stdout + done.stderr)[-1000:]}"
        if found := find():
            return found
    raise RuntimeError(f"no Chromium that runs: install one, or say where it is in {VARIABLE}{said}")


def _ways() -> list[list[list[str]]]:
    own = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        return [own]
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]
    return [[["apt-get", "update", "-q"], install], own]


@define
class Visitor:
    """Somebody in front of a page.

    Args:
        page: What they see.
        context: Their browser profile.
        complaints: Errors and warnings that the page's console and its scripts have told.
        strays: Requests that went anywhere but to the server.
    """

    page: Page
    context: BrowserContext
    complaints: list[str] = field(factory=list)
    strays: list[str] = field(factory=list)

    def is_content(self) -> None:
        """Assert that nothing went wrong unseen, and nothing out."""
        assert (self.complaints, self.strays) == ([], []), (self.complaints, self.strays)


@asynccontextmanager
async def chromium(executable: str) -> AsyncIterator[Browser]:
    """A browser of a test's own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=list(FLAGS), timeout=PATIENCE)
        try:
            yield browser
        finally:
            await browser.close()


async def visit(
    browser: Browser,
    url: str,
    *,
    width: int = 1280,
    height: int = 860,
    dark: bool = False,
    expected: tuple[str, ...] = (),
    beside: Visitor | None = None,
) -> Visitor:
    """Open a page.

    Args:
        browser: Where.
        url: Which.
        width: Of the window, in pixels.
        height: Of the window.
        dark: Whether the reader's system is dark.
        expected: Parts of complaints that belong to the test's story.
        beside: Whose browser profile it is opened in, in a tab of its own; a new profile when None.
    """
    context = (
        beside.context
        if beside
        else await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            permissions=["camera"],
        )
    )
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    visitor = Visitor(page, context)
    origin = urlsplit(url).netloc

    def complain(text: str) -> None:
        if not any(part in text for part in expected):
            visitor.complaints.append(text)

    def requested(address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != origin:
            visitor.strays.append(address)

    page.on("console", lambda said: complain(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complain(str(error)))
    page.on("websocket", lambda socket: requested(socket.url))
    context.on("request", lambda request: requested(request.url))
    await page.goto(url)
    return visitor


if __name__ == "__main__":
    sys.stdout.write(ensure() + "\n")
