"""The studio in a real browser, against a real server: what people see of each other, and what they pay."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from filelock import FileLock
from playwright.async_api import Browser, expect

from support.browsers import ELSEWHERE, PATIENCE, chromium, ensure, visit
from support.clients import PASSWORD
from support.servers import Serve, Server
from support.studio import account, come, go_live, moves, say, sign_in, watch

pytestmark = pytest.mark.asyncio(loop_scope="module")

expect.set_options(timeout=PATIENCE)

ATTACK = "<img src=x onerror=\"window.taken = 'yes'\"><script>window.taken = 'yes'</script>"
#: What Chromium's console says of every answer that is a refusal.
REFUSED = "Failed to load resource: the server responded with a status of "


@pytest.fixture(scope="session")
def executable(run_folder: Path) -> str:
    with FileLock(run_folder / "browser.lock"):
        return ensure()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(executable: str) -> AsyncIterator[Browser]:
    async with chromium(executable) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def browser(shared: Browser) -> AsyncIterator[Browser]:
    """A browser in which nobody has been yet: whatever a test does is in profiles of its own."""
    yield shared
    for context in shared.contexts:
        await context.close()


@pytest.fixture
def server(serve: Serve) -> Server:
    server = serve()
    server.start()
    return server


async def test_picture_words_and_tips_go_from_page_to_page(browser: Browser, server: Server) -> None:
    await account(server, "hostess", "creator")
    await account(server, "guest", tokens=500)
    host = await come(browser, server, "hostess", "#/live")
    guest = await come(browser, server, "guest")
    await go_live(host.page, "Evening show")

    await watch(guest.page, "Evening show")
    await moves(guest.page)
    for one in (host, guest):
        await expect(one.page.locator("#viewers")).to_contain_text("1")

    await say(guest.page, "What a show!")
    await say(host.page, "Thank you.")
    for one in (host, guest):
        await expect(one.page.get_by_role("log")).to_contain_text(
            re.compile(r"guest.*What a show!.*hostess.*Thank you\.")
        )

    await guest.page.get_by_role("group", name="Amounts").get_by_role("button", name="100").click()
    await guest.page.get_by_role("button", name="Tip", exact=True).click()
    for one in (host, guest):
        await expect(one.page.get_by_role("log")).to_contain_text("guest tipped 100 tokens")
    await expect(guest.page.locator("#balance")).to_have_text("400")
    await expect(host.page.locator("#balance")).to_have_text("100")
    await expect(host.page.locator("#earned")).to_have_text("100")

    await host.page.get_by_role("button", name="Pause").click()
    await expect(guest.page.get_by_text("The host has paused.")).to_be_visible()
    await host.page.get_by_role("button", name="Resume").click()
    await moves(guest.page)
    await host.page.get_by_role("button", name="End stream").click()
    await host.page.get_by_role("button", name="Sure? End it").click()
    await expect(guest.page.get_by_text("This stream is over.")).to_be_visible()
    host.is_content()
    guest.is_content()
    server.verify()


async def test_two_tabs_of_one_browser_are_two_people(browser: Browser, server: Server) -> None:
    await account(server, "hostess", "creator")
    await account(server, "guest")
    host = await come(browser, server, "hostess", "#/live")
    await go_live(host.page, "Next door")
    guest = await come(browser, server, "guest", beside=host)
    await watch(guest.page, "Next door")
    await moves(guest.page)

    await guest.page.reload()
    await moves(guest.page)
    await expect(host.page.get_by_role("button", name="hostess")).to_be_visible()
    await expect(guest.page.get_by_role("button", name="guest")).to_be_visible()
    host.is_content()
    guest.is_content()


async def test_the_camera_is_seen_too_and_a_host_who_comes_back_is_seen_again(browser: Browser, server: Server) -> None:
    await account(server, "hostess", "creator")
    await account(server, "guest")
    host = await come(browser, server, "hostess", "#/live")
    await go_live(host.page, "From the camera", camera=True)
    guest = await come(browser, server, "guest")
    await watch(guest.page, "From the camera")
    await moves(guest.page)

    await host.context.close()
    host = await come(browser, server, "hostess", "#/live")
    await host.page.get_by_role("button", name="Send it from here").click()
    await expect(host.page.get_by_role("button", name="End stream")).to_be_visible()
    await expect(host.page.locator("dl")).to_contain_text(re.compile(r"Get the picture\s*1"))
    await moves(guest.page)
    host.is_content()
    guest.is_content()


async def test_it_works_from_another_machine_without_https_but_for_the_camera(browser: Browser, server: Server) -> None:
    await account(server, "hostess", "creator")
    await account(server, "guest", tokens=50)
    untrusted = ("Cross-Origin-Opener-Policy header has been ignored",)
    root = f"http://{ELSEWHERE}:{server.port}"
    host = await come(browser, server, "hostess", "#/live", root=root, expected=untrusted)
    assert not await host.page.evaluate("window.isSecureContext")
    await host.page.get_by_role("radio", name="Camera").click()
    await expect(host.page.get_by_role("alert")).to_contain_text("HTTPS or localhost")
    await expect(host.page.get_by_role("radio", name="Test pattern")).to_be_checked()
    await go_live(host.page, "From afar")

    guest = await come(browser, server, "guest", root=root, expected=untrusted)
    await watch(guest.page, "From afar")
    await moves(guest.page)
    await say(guest.page, "I see you.")
    await expect(host.page.get_by_role("log")).to_contain_text("I see you.")
    await guest.page.get_by_role("button", name="Tip", exact=True).click()
    await expect(host.page.locator("#balance")).to_have_text("5")
    host.is_content()
    guest.is_content()


async def test_premium_says_its_price_and_asks_before_it_is_paid(browser: Browser, server: Server) -> None:
    await account(server, "hostess", "creator")
    await account(server, "guest", tokens=10)
    host = await come(browser, server, "hostess", "#/live")
    await go_live(host.page, "Premium show", price=30)
    guest = await come(browser, server, "guest", expected=(f"{REFUSED}402",))
    page = guest.page

    await watch(page, "Premium show")
    pay = page.get_by_role("button", name="Pay 30 tokens and watch")
    await expect(pay).to_be_visible()
    await expect(page.locator("#balance")).to_have_text("10")
    await pay.click()
    await expect(page.get_by_role("alert")).to_have_text("You do not have enough tokens for this.")

    await page.get_by_role("main").get_by_role("button", name="Buy tokens").click()
    await page.get_by_role("radio", name="100", exact=False).first.check()
    await page.get_by_role("button", name="Continue to payment").click()
    async with guest.context.expect_page() as opening:
        await page.get_by_role("link", name="Open the payment page").click()
    checkout = await opening.value
    await checkout.get_by_role("button", name="Pay 9.99 EUR").click()
    await expect(checkout.get_by_role("heading", name="Paid")).to_be_visible()
    await checkout.close()
    await expect(page.get_by_text("100 tokens have arrived. You have 110 now.")).to_be_visible()
    await page.get_by_role("button", name="Done").click()

    await pay.click()
    await moves(page)
    await expect(page.locator("#balance")).to_have_text("80")
    await expect(host.page.locator("#balance")).to_have_text("30")

    await say(page, "It was worth it.")
    await page.get_by_role("link", name="Watch").click()
    await watch(page, "Premium show")
    await moves(page)
    await expect(page.get_by_role("log")).to_contain_text("It was worth it.")
    await expect(page.locator("#balance")).to_have_text("80")
    host.is_content()
    guest.is_content()
    server.verify()


async def test_what_people_write_is_text_and_nothing_else(browser: Browser, server: Server) -> None:
    await account(server, "hostess", "creator")
    await account(server, "guest")
    host = await come(browser, server, "hostess", "#/live")
    await go_live(host.page, ATTACK)
    guest = await come(browser, server, "guest")
    await watch(guest.page, "<img")
    await expect(guest.page.get_by_role("heading", name=ATTACK)).to_be_visible()
    await say(guest.page, ATTACK)
    for one in (host, guest):
        await expect(one.page.get_by_role("log").get_by_text(ATTACK)).to_be_visible()

    await guest.page.get_by_role("button", name="guest").click()
    await guest.page.get_by_label("Display name").fill(ATTACK[:50])
    await guest.page.get_by_role("button", name="Save").click()
    await expect(guest.page.locator(".profile strong")).to_have_text(ATTACK[:50])
    for one in (host, guest):
        assert await one.page.evaluate("window.taken ?? document.querySelectorAll('main img, main script').length") == 0
        one.is_content()


async def test_the_page_itself_refuses_markup_and_foreign_scripts(browser: Browser, server: Server) -> None:
    someone = await visit(browser, f"{server.root}/studio", expected=("Content Security Policy", "TrustedHTML"))
    refused = await someone.page.evaluate(
        """() => {
            try {
                document.body.innerHTML = "<p>new</p>";
                return false;
            } catch {
                return true;
            }
        }"""
    )
    assert refused
    await someone.page.evaluate(
        """() => {
            const image = document.createElement("img");
            document.body.append(image);
            return new Promise((done) => {
                image.onload = image.onerror = done;
                image.src = "https://example.invalid/x.png";
            });
        }"""
    )
    assert someone.complaints == []


async def test_an_account_is_made_and_entered_by_keyboard_alone(browser: Browser, server: Server) -> None:
    somebody = await visit(browser, f"{server.root}/studio", expected=(f"{REFUSED}422", f"{REFUSED}401"))
    page, press = somebody.page, somebody.page.keyboard.press
    await expect(page.get_by_role("heading", name="Live now")).to_be_focused()

    async def walk_to(role: str, name: str) -> None:
        target = page.get_by_role(role, name=name)  # type: ignore[arg-type]  # A plain string is among its literals.
        await expect(target).to_be_visible()
        for _ in range(20):
            if await target.evaluate("(element) => element === document.activeElement"):
                return
            await press("Tab")
            shown = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            hidden = await page.evaluate("document.activeElement.matches('input[type=radio], body')")
            assert shown != "none" or hidden
        raise AssertionError(f"no way to {name} by keyboard")

    await page.get_by_role("main").focus()
    for _ in range(5):
        await press("Shift+Tab")
    await walk_to("link", "Sign in")
    await press("Enter")
    await walk_to("link", "Create an account")
    await press("Enter")
    for label, text in (("Email", "keys@example.com"), ("Username", "Key Board"), ("Password", PASSWORD)):
        await walk_to("textbox", label)
        await page.keyboard.type(text)
    await press("Enter")
    username = page.get_by_label("Username")
    await expect(username).to_be_focused()
    await expect(username).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#field-username-error")).to_be_visible()
    await press("ControlOrMeta+A")
    await page.keyboard.type("keyboard")
    await walk_to("radio", "Watch")
    await press("ArrowRight")
    await expect(page.get_by_role("radio", name="Create")).to_be_checked()
    await walk_to("button", "Create account")
    await press("Enter")

    await walk_to("button", "keyboard")
    await press("Enter")
    await expect(page.get_by_text("keys@example.com")).to_be_visible()
    await walk_to("button", "Sign out")
    await press("Space")
    await expect(page.get_by_role("link", name="Sign in")).to_be_visible()

    await walk_to("link", "Sign in")
    await press("Enter")
    for password in ("wrong" + PASSWORD, PASSWORD):
        await walk_to("textbox", "Email")
        await press("ControlOrMeta+A")
        await page.keyboard.type("keys@example.com")
        await walk_to("textbox", "Password")
        await press("ControlOrMeta+A")
        await page.keyboard.type(password)
        await press("Enter")
        if password != PASSWORD:
            await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_role("button", name="keyboard")).to_be_visible()
    somebody.is_content()


@pytest.mark.parametrize("dark", [False, True])
async def test_nothing_is_wider_than_a_small_telephone(browser: Browser, server: Server, dark: bool) -> None:
    await account(server, "a_host_whose_name_is_very_long", "creator", tokens=123_456)
    await account(server, "guest", tokens=10)
    host = await come(browser, server, "a_host_whose_name_is_very_long", "#/live")
    await go_live(host.page, "A title of some length, in which " + "averylongword" * 5)
    small = await visit(browser, f"{server.root}/studio#/sign-in", width=360, height=740, dark=dark)
    page = small.page

    async def fits() -> None:
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360

    await fits()
    await sign_in(page, "a_host_whose_name_is_very_long")
    await expect(page.locator(".stream")).to_be_visible()
    await fits()
    await page.get_by_role("link", name="Go live").click()
    await expect(page.locator(".stage video")).to_be_visible()
    await fits()
    await page.locator(".me").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("link", name="Sign in").click()
    await sign_in(page, "guest")
    await watch(page, "A title")
    await moves(page)
    await say(page, "w" * 200)
    await expect(page.get_by_role("log")).to_contain_text("w" * 200)
    await fits()
    small.is_content()


async def test_the_show_goes_on_after_the_server_was_killed(browser: Browser, server: Server) -> None:
    away = ("WebSocket connection to", "Failed to load resource: net::ERR_CONNECTION")
    await account(server, "hostess", "creator")
    await account(server, "guest")
    host = await come(browser, server, "hostess", "#/live", expected=away)
    await go_live(host.page, "Evening show")
    guest = await come(browser, server, "guest", expected=away)
    await watch(guest.page, "Evening show")
    await moves(guest.page)
    await say(guest.page, "What a show!")
    await expect(host.page.get_by_role("log")).to_contain_text("What a show!")

    server.kill()
    await expect(guest.page.get_by_text("The connection was lost.")).to_be_visible()
    server.start()
    for one in (host, guest):
        await expect(one.page.get_by_text("The connection was lost.")).to_be_hidden()
    await say(guest.page, "Still here?")
    await expect(host.page.get_by_role("log")).to_contain_text("Still here?")
    await moves(guest.page)

    # Who comes anew sees what was said, in its order, from before the end too.
    await guest.page.reload()
    await expect(guest.page.get_by_role("log")).to_contain_text(re.compile(r"What a show!.*Still here\?"))
    host.is_content()
    guest.is_content()


@pytest.mark.parametrize("api", ["teezu", "veza"])
async def test_the_documentation_is_read_under_its_policy(browser: Browser, server: Server, api: str) -> None:
    reader = await visit(browser, f"{server.root}/docs/{api}")

    await expect(reader.page.locator(".opblock").first).to_be_visible()
    await reader.page.locator(".opblock-summary").first.click()
    await expect(reader.page.locator(".opblock-body").first).to_be_visible()
    reader.is_content()
