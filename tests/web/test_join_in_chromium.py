"""The pages behind personal links in a real Chromium: with a thumb, without JavaScript, on a narrow screen, by axe."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from guardian.ports import Link, PersonalKind
from guardian.web.server import Server, application
from tests.support.fake_service import KEY, FakeService
from tests.support.link_class import ANN, START, LinkClass

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

AXE = Path(__file__).parent.parent / "support" / "axe" / "axe.min.js"


@dataclass
class Meeting:
    """Where the platform would be: a page that says so, and what browsers told it of where they came from."""

    address: str = ""
    referrers: list[str | None] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    async def page(self, request: web.Request) -> web.Response:
        self.referrers.append(request.headers.get("Referer"))
        self.paths.append(request.path_qs)
        return web.Response(text="<h1>In class</h1>", content_type="text/html")


@dataclass
class Stage:
    """A class whose links lead to ``meeting``, and browsers with a memory of their own each."""

    yoga: LinkClass
    meeting: Meeting
    address: str
    chromium: Browser
    complaints: list[str] = field(default_factory=list)

    async def browser(self, **looks: Any) -> BrowserContext:
        return await self.chromium.new_context(**looks)

    async def opens(self, browser: BrowserContext, token: str) -> Page:
        page = await browser.new_page()
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(f"{self.address}/j/{token}")
        return page

    async def faults(self, page: Page) -> list[str]:
        """What axe finds. Its script comes past the page's own policy, by the debugger."""
        await page.evaluate(AXE.read_text(encoding="utf-8"))
        found = await page.evaluate("axe.run()")
        return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    meeting, yoga = Meeting(), LinkClass(tmp_path)
    platform = web.Application()
    platform.router.add_get("/{tail:.*}", meeting.page)
    book = await yoga.begin()
    async with (
        Server(platform, "127.0.0.1", 0) as there,
        Server(application(FakeService(), KEY, yoga.clock, links=book), "127.0.0.1", 0) as here,
        async_playwright() as player,
    ):
        meeting.address = f"http://{there.address}"

        def way(link: Link, nonce: str) -> str:
            return f"{meeting.address}/w?tk={link.lid}&n={nonce}"

        yoga.door.origins = (meeting.address,)
        yoga.door.way = way  # type: ignore[method-assign]
        chromium = await player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield Stage(yoga, meeting, f"http://{here.address}", chromium)
        await chromium.close()
    await book.close()


@pytest.mark.parametrize("scripts", [True, False])
async def test_one_press_leads_into_class_with_and_without_javascript(stage: Stage, scripts: bool) -> None:
    phone = await stage.browser(java_script_enabled=scripts)
    page = await stage.opens(phone, await stage.yoga.token())
    await expect(page.locator("h1")).to_have_text("Yoga <b>& more</b>")
    await page.get_by_role("button", name="Join class").click()
    await expect(page.locator("h1")).to_have_text("In class")
    assert stage.meeting.referrers[0] is None
    assert stage.meeting.paths[0].startswith("/w?tk=")
    page = await stage.opens(phone, await stage.yoga.token())
    await page.get_by_role("button", name="Join class").click()
    await expect(page.locator("h1")).to_have_text("In class")
    assert stage.complaints == []


async def test_a_second_browser_is_told_kindly_and_comes_in_with_the_mailed_code(stage: Stage) -> None:
    token = await stage.yoga.token()
    phone, tablet = await stage.browser(), await stage.browser()
    first = await stage.opens(phone, token)
    await first.get_by_role("button", name="Join class").click()
    await expect(first.locator("h1")).to_have_text("In class")
    second = await stage.opens(tablet, token)
    await second.get_by_role("button", name="Join class").click()
    await expect(second.locator("h1")).to_have_text("This link is in use on another device")
    assert await stage.faults(second) == []
    await second.get_by_role("button", name="Send me a code").click()
    await expect(second.locator("h1")).to_have_text("We have sent you a code")
    assert await stage.faults(second) == []
    code = stage.yoga.post.of(PersonalKind.CODE)[0][0].code
    await second.get_by_label("The six digits of the code").fill("000000" if code != "000000" else "111111")
    await second.get_by_role("button", name="Go on with this code").click()
    await expect(second.locator("h1")).to_have_text("This code is not right")
    assert await stage.faults(second) == []
    await second.get_by_label("The six digits of the code").fill(code)
    await second.get_by_role("button", name="Go on with this code").click()
    await expect(second.locator("h1")).to_have_text("In class")


async def test_a_second_browser_comes_in_after_a_tap_of_staff(stage: Stage) -> None:
    token = await stage.yoga.token()
    await stage.yoga.book.join(token, "p" * 32)
    page = await stage.opens(await stage.browser(), token)
    await page.get_by_role("button", name="Join class").click()
    number = await page.locator(".number").inner_text()
    assert await stage.yoga.book.let_in("yoga", ANN.id, number, "Tess")
    await page.get_by_role("button", name="Join class").click()
    await expect(page.locator("h1")).to_have_text("In class")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_clean_by_axe_and_fits_a_narrow_screen(stage: Stage, scheme: str) -> None:
    token = await stage.yoga.token()
    stage.yoga.now = START + 60.0
    narrow = await stage.browser(viewport={"width": 320, "height": 480}, color_scheme=scheme)

    async def is_fine(of: str, heading: str) -> None:
        page = await stage.opens(narrow, of)
        await expect(page.locator("h1")).to_have_text(heading)
        assert await stage.faults(page) == [], heading
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, heading
        for button in await page.get_by_role("button").all():
            box = await button.bounding_box()
            assert box is not None
            assert box["height"] >= 44, heading
        await page.close()

    await is_fine(token, "Yoga <b>& more</b>")
    await is_fine("W" * 300, "This link does not work")
    stage.yoga.now = START + 8 * 86400.0
    await is_fine(token, "The class is over")
    stage.yoga.now = START + 86400.0
    await is_fine(token, "You are early")
    await stage.yoga.book.revoke("yoga")
    await is_fine(token, "This link is no longer valid")


async def test_without_cookies_nothing_is_bound_and_the_page_says_what_to_do(stage: Stage) -> None:
    token = await stage.yoga.token()
    browser = await stage.browser()
    page = await stage.opens(browser, token)
    await browser.clear_cookies()
    await page.get_by_role("button", name="Join class").click()
    await expect(page.locator("h1")).to_have_text("Please try once more")
    assert (await stage.yoga.link()).browsers == ()
    assert await stage.faults(page) == []
