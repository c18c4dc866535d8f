"""The panel in a real Chromium: our page, Zoom's own SDK file, the real desk; only the native bridge is a stub."""

import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from guardian.adapters.zoom.wire_panel import command
from guardian.web.server import Server, application
from tests.support.fake_service import KEY
from tests.support.panel_class import PanelClass
from tests.support.zoom_client import MID, HostClient, ZoomMeeting

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

ADMIT, PUT_BACK, REMOVE = "admitParticipantFromWaitingRoom", "putParticipantToWaitingRoom", "removeParticipant"
AXE = Path(__file__).parent.parent / "support" / "axe" / "axe.min.js"
CHILDREN = {"h-ann": "ann@school", "h-ben": "ben@school"}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as player:
        browser = await player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        await browser.close()


@dataclass
class Stage:
    """One class, its meeting on Zoom, and the guardian's server at one address."""

    browser: Browser
    meeting: ZoomMeeting
    port: int
    guardian: PanelClass
    server: Server

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def host(self, uid: str = "uid-tess", **more: Any) -> HostClient:
        return HostClient(self.meeting, uid, self.guardian.now, **more)

    async def opens(self, uid: str = "uid-tess", **looks: Any) -> tuple[HostClient, Page]:
        client = self.host(uid)
        page = await client.opens(self.browser, self.address, **looks)
        await expect(page.locator("#link")).to_contain_text("Connected")
        return client, page

    async def restarts(self) -> None:
        """The service stops and another one begins, which knows only who has which account."""
        await self.server.close()
        self.guardian = PanelClass(accounts=CHILDREN, now=self.guardian.now)
        self.server = await serving(self.guardian, self.port)


async def serving(guardian: PanelClass, port: int) -> Server:
    guardian.sit(f"http://127.0.0.1:{port}")
    server = Server(application(guardian, KEY, guardian.clock), "127.0.0.1", port)
    await server.start()
    return server


@pytest.fixture
async def stage(browser: Browser) -> AsyncIterator[Stage]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    meeting = ZoomMeeting(inside={"h-tess": ("Tess Teacher", "host")})
    guardian = PanelClass(accounts=CHILDREN)
    stage = Stage(browser, meeting, port, guardian, await serving(guardian, port))
    yield stage
    for context in browser.contexts:
        await context.close()
    await stage.server.close()


async def press(page: Page, act: str) -> None:
    """Press a button once nothing moves any more, as a person would."""
    await page.locator(f'#work :is(.row, #verbs):not([data-moved]) [data-act="{act}"]').first.click()


# -- hands ---------------------------------------------------------------------------------------------------------


async def test_a_proven_child_at_the_door_is_admitted_through_the_sdk(stage: Stage) -> None:
    client, page = await stage.opens()
    await expect(page.locator("#link")).to_have_text("Connected. This panel acts.")
    await stage.meeting.knocks("h-ann", "Ann Adams")
    await stage.meeting.done(("uid-tess", ADMIT, "h-ann"))
    await expect(page.locator("#inside .row", has_text="Ann Adams")).to_be_visible()
    await expect(page.locator("#h-inside")).to_have_text("In the meeting (2)")
    assert client.complaints == []
    asked = {api for api, _ in client.calls}
    assert asked <= set(client._answers()) | {ADMIT}
    config = next(data for api, data in client.calls if api == "config")
    assert (config["version"], ADMIT in config["js_api_lists"]) == ("0.16", True)


async def test_a_stranger_waits_with_a_reason_and_is_let_in_by_the_teacher(stage: Stage) -> None:
    _, page = await stage.opens()
    await stage.meeting.knocks("h-x", "Zoe Zimmer")
    waiting = page.locator("#waiting .row", has_text="Zoe Zimmer")
    await expect(waiting.locator(".tag")).to_have_text("not on the list")
    await expect(waiting.locator(".why")).not_to_be_empty()
    await press(page, "admit:h-x")
    await stage.meeting.done(("uid-tess", ADMIT, "h-x"))
    await expect(page.locator("#answer")).to_have_text("Let in: Zoe Zimmer: done. Inside")
    assert [(o.verb, o.by) for o in stage.guardian.orders] == [("admit", "Tess Teacher")]


async def test_panic_puts_back_who_is_not_proven_and_resume_lets_them_in_again(stage: Stage) -> None:
    _, page = await stage.opens()
    await stage.meeting.knocks("h-ann", "Ann Adams")
    await stage.meeting.knocks("h-ben", "Ben Brown")
    await stage.meeting.done(("uid-tess", ADMIT, "h-ann"), ("uid-tess", ADMIT, "h-ben"))
    await stage.meeting.knocks("h-x", "Zoe Zimmer")
    await press(page, "admit:h-x")
    await stage.meeting.done(("uid-tess", ADMIT, "h-x"))
    await page.get_by_role("button", name="Panic").click()
    await stage.meeting.done(("uid-tess", PUT_BACK, "h-x"))
    await expect(page.get_by_role("button", name="Panic is on")).to_have_attribute("aria-disabled", "true")
    await expect(page.locator("#warnings")).to_contain_text("Panic is on")
    await expect(page.locator("#waiting .row", has_text="Zoe Zimmer")).to_be_visible()
    assert set(stage.meeting.inside) == {"h-tess", "h-ann", "h-ben"}
    await press(page, "verb:resume")
    await stage.meeting.done(("uid-tess", ADMIT, "h-x"))
    await expect(page.locator("#warnings")).not_to_contain_text("Panic is on")


async def test_a_person_is_removed_by_one_tap(stage: Stage) -> None:
    _, page = await stage.opens()
    await stage.meeting.knocks("h-ann", "Ann Adams")
    await stage.meeting.done(("uid-tess", ADMIT, "h-ann"))
    await press(page, "remove:h-ann")
    await stage.meeting.done(("uid-tess", REMOVE, "h-ann"))
    await expect(page.locator("#inside .row", has_text="Ann Adams")).to_have_count(0)


async def test_a_command_is_done_once_though_it_comes_twice_and_by_two_sockets(stage: Stage) -> None:
    _, page = await stage.opens()
    await stage.meeting.knocks("h-x", "Zoe Zimmer")
    await expect(page.locator("#waiting .row")).to_have_count(1)
    for _ in range(2):
        await stage.guardian.handed.wait()
        assert stage.guardian.hands is not None
        for _ in range(2):
            stage.guardian.hands._post.say(command("same-1", "admit", "h-x", 3.0))
        # Answers come in order: what is read afterwards was asked afterwards.
        await stage.guardian.hands.read()
        await stage.restarts()
    assert stage.meeting.acts == [("uid-tess", ADMIT, "h-x")]


async def test_a_client_that_does_not_answer_is_told_and_asked_again_only_after_a_fresh_look(stage: Stage) -> None:
    client, page = await stage.opens()
    client.overrides[ADMIT] = None
    await stage.meeting.knocks("h-ann", "Ann Adams")
    await expect(page.locator("#urgent")).to_contain_text("could not do it", timeout=15_000)
    calls = [api for api, _ in client.calls]
    asked = [place for place, api in enumerate(calls) if api == ADMIT]
    assert asked
    # The panel is found silent, speaks, leads again: what its lists still show waiting may then be asked once more.
    for first, again in pairwise(asked):
        assert "getWaitingRoomParticipants" in calls[first:again]
    assert len(asked) <= 2


async def test_no_more_than_five_calls_run_at_a_time(stage: Stage) -> None:
    running, most = 0, 0

    class Busy(HostClient):
        async def _native(self, api: str, data: dict[str, Any] | None) -> dict[str, Any] | None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            # The page's own round trip: others come meanwhile.
            if self.page is not None:
                await self.page.evaluate("() => 1")
            answer = await super()._native(api, data)
            running -= 1
            return answer

    names = {f"h-{number}": "Somebody" for number in range(30)}
    stage.meeting.waiting.update(names)
    stage.guardian.accounts = {**CHILDREN}
    client = Busy(stage.meeting, "uid-tess", stage.guardian.now)
    page = await client.opens(stage.browser, stage.address)
    await expect(page.locator("#waiting .row")).to_have_count(30)
    for handle in names:
        await page.locator(f'[data-act="admit:{handle}"]').dispatch_event("click")
    await expect(page.locator("#inside .row")).to_have_count(31, timeout=20_000)
    assert 1 < most <= 5


# -- two panels, none, and a restart -------------------------------------------------------------------------------


async def test_a_second_panel_stands_by_and_takes_over_when_the_first_closes(stage: Stage) -> None:
    first, _ = await stage.opens("uid-tess")
    _, second = await stage.opens("uid-ola")
    await expect(second.locator("#link")).to_have_text("Connected. Standing by: another panel acts.")
    await stage.meeting.knocks("h-ann", "Ann Adams")
    await stage.meeting.done(("uid-tess", ADMIT, "h-ann"))
    await expect(second.locator("#inside .row", has_text="Ann Adams")).to_be_visible()
    await first.closes()
    await expect(second.locator("#link")).to_have_text("Connected. This panel acts.")
    await stage.meeting.knocks("h-ben", "Ben Brown")
    await stage.meeting.done(("uid-ola", ADMIT, "h-ben"))


async def test_a_newer_window_replaces_the_older_which_offers_to_take_over(stage: Stage) -> None:
    _, older = await stage.opens("uid-tess")
    _, newer = await stage.opens("uid-tess")
    await expect(older.locator("#wall")).to_contain_text("newer window")
    await older.get_by_role("button", name="Take over here").click()
    await expect(older.locator("#link")).to_contain_text("Connected")
    await expect(newer.locator("#wall")).to_contain_text("newer window")
    await expect(older.locator("#wall")).to_be_hidden()


async def test_with_no_panel_open_nobody_comes_in_until_one_opens(stage: Stage) -> None:
    client, _ = await stage.opens()
    await client.closes()
    await stage.meeting.knocks("h-ann", "Ann Adams")
    assert stage.meeting.acts == []
    assert "h-ann" in stage.meeting.waiting
    await stage.opens()
    await stage.meeting.done(("uid-tess", ADMIT, "h-ann"))


async def test_a_service_that_restarts_finds_the_open_panel_again(stage: Stage) -> None:
    client, page = await stage.opens()
    await stage.meeting.knocks("h-x", "Zoe Zimmer")
    await expect(page.locator("#waiting .row")).to_have_count(1)
    await stage.server.close()
    await expect(page.locator("#link")).to_contain_text("Not connected")
    await expect(page.locator('[data-act="admit:h-x"]')).to_have_attribute("aria-disabled", "true")
    await stage.meeting.knocks("h-ann", "Ann Adams")
    await stage.restarts()
    await stage.meeting.done(("uid-tess", ADMIT, "h-ann"))
    await expect(page.locator("#link")).to_have_text("Connected. This panel acts.")
    assert stage.guardian.orders == []
    assert [api for api, _ in client.calls].count("getAppContext") >= 1


async def test_a_panic_that_found_no_connection_is_called_when_it_is_back(stage: Stage) -> None:
    _, page = await stage.opens()
    await stage.server.close()
    await expect(page.locator("#link")).to_contain_text("Not connected")
    await page.get_by_role("button", name="Panic").click()
    await expect(page.locator("#answer")).to_contain_text("Suspend participant activities")
    await stage.restarts()
    await expect(page.locator("#warnings")).to_contain_text("Panic is on")
    assert [order.verb for order in stage.guardian.orders] == ["panic"]


# -- what the page refuses -----------------------------------------------------------------------------------------


async def test_a_host_of_another_class_is_told_to_open_it_anew_and_does_not_retry(stage: Stage) -> None:
    client, page = await stage.opens()
    stage.guardian.hosts.clear()
    await stage.meeting.knocks("h-x", "Zoe Zimmer")
    await expect(page.locator("#wall")).to_contain_text("open it anew")
    await expect(page.locator("#work")).to_be_hidden()
    assert client.complaints == []


async def test_outside_a_meeting_and_outside_zoom_the_panel_says_where_to_open_it(stage: Stage) -> None:
    client = stage.host()
    main = dict(client._answers()["config"], runningContext="inMainClient")
    client.overrides["config"] = {"result": main}
    page = await client.opens(stage.browser, stage.address)
    await expect(page.locator("#wall")).to_contain_text("only inside the meeting")
    assert stage.guardian.hands is None
    del client.overrides["config"]
    await client.event("onRunningContextChange", {"runningContext": "inMeeting", "timestamp": 1})
    await expect(page.locator("#link")).to_have_text("Connected. This panel acts.")
    broken = stage.host()
    broken.overrides["config"] = {"errorCode": 1, "errorMessage": "no"}
    page = await broken.opens(stage.browser, stage.address)
    await expect(page.locator("#wall")).to_contain_text("works only inside Zoom")


async def test_the_panel_does_not_work_inside_another_page(stage: Stage) -> None:
    client = stage.host()
    page = await (await stage.browser.new_context()).new_page()
    await page.set_extra_http_headers({"x-zoom-app-context": client.context()})
    # Zoom wants to be allowed as a frame; without the policy the page itself must refuse.
    async with unframed(page):
        await page.set_content(f'<iframe src="{stage.address}/zoom/panel"></iframe>')
        await expect(page.frame_locator("iframe").locator("#wall")).to_contain_text("does not work inside another page")
    await page.set_content(f'<iframe src="{stage.address}/zoom/panel"></iframe>')
    await expect(page.frame_locator("iframe").locator("#wall")).to_have_count(0)
    assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"]
    assert stage.guardian.hands is None


@asynccontextmanager
async def unframed(page: Page) -> AsyncIterator[None]:
    async def stripped(route: Any) -> None:
        answer = await route.fetch()
        headers = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
        await route.fulfill(response=answer, headers=headers)

    await page.route("**/zoom/panel", stripped)
    yield
    await page.unroute("**/zoom/panel")


async def test_a_client_that_cannot_remove_says_so(stage: Stage) -> None:
    client = stage.host()
    old = dict(client._answers()["config"], clientVersion="6.0.0.1", unsupportedApis=[REMOVE, "somethingElse"])
    client.overrides["config"] = {"result": old}
    page = await client.opens(stage.browser, stage.address)
    await expect(page.locator("#warnings")).to_contain_text("too old to remove anybody")


async def test_a_panel_in_a_breakout_room_stands_by_until_it_is_back(stage: Stage) -> None:
    client, page = await stage.opens()
    client.overrides["getMeetingUUID"] = {"result": {"meetingUUID": "breakout==", "parentUUID": MID}}
    await stage.meeting.knocks("h-x", "Zoe Zimmer")
    await expect(page.locator("#link")).to_contain_text("Standing by")
    del client.overrides["getMeetingUUID"]
    await stage.meeting.leaves("h-x")
    await expect(page.locator("#link")).to_have_text("Connected. This panel acts.")


async def test_a_meeting_without_a_waiting_room_is_shown_as_such(stage: Stage) -> None:
    client = stage.host()
    client.overrides["getWaitingRoomParticipants"] = {"errorCode": 10240, "errorMessage": "not supported"}
    page = await client.opens(stage.browser, stage.address)
    await expect(page.locator("#facts")).to_contain_text("Waiting room OFF")


# -- for everybody -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", "Ann\u202eAdams", "\u202e" * 50, "a" * 900, "Z̴̡̛͙̫͖a̴͙̫lgo", "عبد الله"]
)
async def test_a_hostile_name_is_text_and_moves_nothing(stage: Stage, name: str) -> None:
    client, page = await stage.opens(viewport={"width": 320, "height": 600})
    await stage.meeting.knocks("h-x", name)
    shown = page.locator("#waiting .name")
    await expect(shown).to_have_count(1)
    assert await shown.get_attribute("dir") == "auto"
    text = await shown.inner_text()
    assert len(text) <= 60 * 8
    assert "\u202e" not in text
    assert await page.evaluate("() => document.querySelectorAll('img').length") == 0
    assert await page.evaluate("() => document.documentElement.scrollWidth") <= 320
    assert client.complaints == []


async def test_focus_stays_on_the_person_while_the_lists_change(stage: Stage) -> None:
    _, page = await stage.opens()
    await stage.meeting.knocks("h-x", "Zoe Zimmer")
    await stage.meeting.knocks("h-y", "Yan Young")
    focused = page.locator('[data-act="hold:h-y"]')
    await focused.focus()
    await stage.meeting.knocks("h-z", "Xav Xu")
    await expect(page.locator("#waiting .row")).to_have_count(3)
    await stage.meeting.leaves("h-x")
    await expect(page.locator("#waiting .row")).to_have_count(2)
    await expect(focused).to_be_focused()
    await page.locator('[data-act="admit:h-y"]').press("Enter")
    await expect(page.locator("#inside")).to_contain_text("Yan Young")
    await expect(page.locator('#inside [data-act="admit:h-y"]')).to_be_focused()
    await stage.meeting.leaves("h-y")
    await expect(page.locator("#h-inside")).to_be_focused()


async def test_a_press_on_what_has_just_moved_is_not_taken(stage: Stage) -> None:
    _, page = await stage.opens()
    await stage.meeting.knocks("h-x", "Zoe Zimmer")
    await stage.meeting.knocks("h-y", "Yan Young")
    await expect(page.locator("#waiting .row")).to_have_count(2)
    await page.evaluate("""() => {
        const moved = document.querySelector('[data-key="h-y"]');
        moved.dataset.moved = '';
    }""")
    await page.locator('[data-act="admit:h-y"]').click()
    await expect(page.locator("#answer")).to_have_text("The list has just changed. Please press again.")
    assert stage.guardian.orders == []


async def test_everything_can_be_done_by_keyboard(stage: Stage) -> None:
    _, page = await stage.opens()
    await stage.meeting.knocks("h-x", "Zoe Zimmer")
    await expect(page.locator("#waiting .row")).to_have_count(1)
    reached: list[str] = []
    await page.locator("body").focus()
    for _ in range(60):
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate("() => document.activeElement.dataset.act ?? document.activeElement.id"))
    for act in ("admit:h-x", "hold:h-x", "remove:h-x", "verb:lock", "verb:undo", "verb:end", "verb:panic"):
        assert act in reached
    await page.locator('[data-act="verb:end"]').press("Enter")
    await expect(page.locator("#sure")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.locator("#sure")).to_be_hidden()
    assert stage.guardian.orders == []
    await page.locator('[data-act="verb:end"]').press("Enter")
    await page.get_by_role("button", name="End for everybody").last.press("Enter")
    await expect(page.locator("#answer")).to_contain_text("End for everybody")
    assert [order.verb for order in stage.guardian.orders] == ["end"]


async def test_a_guest_is_allowed_for_today_by_a_form(stage: Stage) -> None:
    _, page = await stage.opens()
    await page.get_by_text("Allow a guest for today").click()
    await page.get_by_role("button", name="Allow", exact=True).click()
    await expect(page.locator("#answer")).to_contain_text("Say whom")
    await page.get_by_label("Name, as they will show it").fill("Gus Guest")
    await page.get_by_label("Until").select_option("3600")
    await page.get_by_role("button", name="Allow", exact=True).click()
    await expect(page.locator("#answer")).to_have_text("Allow: Gus Guest: done. Will be let in as a guest")
    (order,) = stage.guardian.orders
    assert (order.verb, order.name) == ("allow", "Gus Guest")
    assert order.until is not None


async def test_changes_are_said_aloud(stage: Stage) -> None:
    _, page = await stage.opens()
    await stage.meeting.knocks("h-x", "Zoe Zimmer")
    await expect(page.locator("#news")).to_have_text("Zoe Zimmer waits: not on the list")
    assert await page.locator("#news").get_attribute("aria-live") == "polite"


# -- axe -----------------------------------------------------------------------------------------------------------


async def crowd(stage: Stage, page: Page) -> None:
    await stage.meeting.knocks("h-ann", "Ann Adams")
    await stage.meeting.done(("uid-tess", ADMIT, "h-ann"))
    await stage.meeting.knocks("h-x", "Zoe Zimmer")
    await stage.meeting.knocks("h-y", "Ann\u202e Adams")
    await expect(page.locator("#waiting .row")).to_have_count(2)


async def faults(page: Page) -> list[str]:
    await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {node['html'][:200]} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_any_state(stage: Stage, scheme: Any, tmp_path: Path) -> None:
    client, page = await stage.opens(color_scheme=scheme, viewport={"width": 320, "height": 900})
    found = {"empty": await faults(page)}
    await crowd(stage, page)
    found["crowd"] = await faults(page)
    await page.get_by_text("Allow a guest for today").click()
    await press(page, "verb:end")
    await expect(page.locator("#sure")).to_be_visible()
    found["asking"] = await faults(page)
    await page.get_by_role("button", name="Keep it going").click()
    await page.get_by_role("button", name="Panic").click()
    await expect(page.locator("#warnings")).to_contain_text("Panic is on")
    found["panic"] = await faults(page)
    newer, _ = await stage.opens()
    await expect(page.locator("#wall")).to_be_visible()
    found["replaced"] = await faults(page)
    await newer.closes()
    await page.get_by_role("button", name="Take over here").click()
    await expect(page.locator("#link")).to_contain_text("Connected")
    await stage.server.close()
    await expect(page.locator("#link")).to_contain_text("Not connected")
    found["lost"] = await faults(page)
    stage.server = await serving(stage.guardian, stage.port)
    client.secret = "another"
    page = await client.opens(stage.browser, stage.address, color_scheme=scheme)
    await expect(page.locator("h1")).to_have_text("This panel opens in Zoom")
    found["refused"] = await faults(page)
    assert found == {state: [] for state in found}
