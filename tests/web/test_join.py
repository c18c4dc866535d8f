"""The pages behind personal links, over HTTP: a look binds nothing, a press joins, every refusal is a kind page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

import aiohttp
import pytest
import structlog
from structlog.testing import capture_logs

from guardian.core.operators import Scope
from guardian.ports import PersonalKind
from guardian.web.join import COOKIE
from guardian.web.join_limits import Pace
from guardian.web.server import Server, application
from guardian.web.tokens import mint
from tests.support.fake_service import KEY, FakeService
from tests.support.link_browser import Browser, Page
from tests.support.link_class import ANN, BEN, KEYS, START, LinkClass


@dataclass
class Stage:
    """The class, the guardian's pages, and any number of browsers."""

    yoga: LinkClass
    address: str
    session: aiohttp.ClientSession

    def browser(self) -> Browser:
        return Browser(self.address, self.session)

    async def joins(self, browser: Browser, token: str) -> Page:
        """As a family does it: open, press."""
        await browser.opens(token)
        return await browser.presses(token)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    yoga = LinkClass(tmp_path)
    book = await yoga.begin()
    app = application(FakeService(), KEY, yoga.clock, links=book)
    async with (
        Server(app, "127.0.0.1", 0) as server,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        yield Stage(yoga, f"http://{server.address}", session)
    await book.close()


# -- joining ---------------------------------------------------------------------------------------------------------


async def test_a_family_opens_the_link_presses_and_is_sent_on(stage: Stage) -> None:
    token, phone = await stage.yoga.token(), stage.browser()
    page = await phone.opens(token)
    assert (page.status, page.heading) == (200, "Yoga &lt;b&gt;&amp; more&lt;/b&gt;")
    assert "030 123456" in page.text
    sent = await phone.presses(token)
    link = await stage.yoga.link()
    assert (sent.status, sent.headers["Location"], sent.text) == (303, link.way, "")


async def test_the_secret_address_stands_in_no_page(stage: Stage) -> None:
    token, phone, other = await stage.yoga.token(), stage.browser(), stage.browser()
    pages = [await phone.opens(token), await phone.presses(token), await other.opens(token), await other.presses(token)]
    pages += [await other.presses(token, "/code"), await other.presses(token, "/code", code="000000")]
    link = await stage.yoga.link()
    assert pages[1].headers["Location"] == link.way
    for page in pages:
        shown = page.text + "".join(v for k, v in page.headers.items() if k != "Location")
        assert link.way not in shown
        assert "tk=" not in shown
        assert "Adams" not in shown


async def test_looks_of_scanners_and_previews_bind_nothing(stage: Stage) -> None:
    token, scanner = await stage.yoga.token(), stage.browser()
    for method in ("GET", "HEAD", "GET"):
        assert (await scanner.asks(method, f"/j/{token}")).status == 200
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert (await scanner.asks(method, f"/j/{token}")).status == 405
    assert (await scanner.asks("GET", f"/j/{token}/code")).status == 405
    assert (await stage.yoga.link()).browsers == ()
    assert stage.yoga.post.letters == []
    assert (await stage.joins(stage.browser(), token)).status == 303


async def test_a_press_without_the_pages_own_form_and_cookie_binds_nothing(stage: Stage) -> None:
    token, phone, other = await stage.yoga.token(), stage.browser(), stage.browser()
    assert (await phone.presses(token)).status == 403
    await phone.opens(token)
    await other.opens(token)
    path, good = f"/j/{token}", {"form": phone.proof}
    for wrong in (
        await phone.asks("POST", path),
        await phone.asks("POST", path, data={"form": other.proof}),
        await phone.asks("POST", path, data={"form": ""}),
        await phone.asks("POST", path, json=good),
        await phone.asks(
            "POST", path, data=b"\xff\xfe%%%", headers={"Content-Type": "application/x-www-form-urlencoded"}
        ),
        await phone.asks("POST", path, data=good, headers={"Sec-Fetch-Site": "cross-site"}),
        await phone.asks("POST", path, data=good, headers={"Cookie": f"{COOKIE}=short"}),
        await phone.asks("POST", f"{path}/code", data={"form": other.proof}),
    ):
        assert (wrong.status, wrong.heading) == (403, "Please try once more")
    assert (await stage.yoga.link()).browsers == ()
    assert stage.yoga.post.letters == []
    assert (await phone.asks("POST", path, data=good, headers={"Sec-Fetch-Site": "same-origin"})).status == 303


async def test_one_phone_serves_two_children_each_with_their_own_link(stage: Stage) -> None:
    phone = stage.browser()
    for person in (ANN, BEN, ANN):
        token = await stage.yoga.token(person)
        assert (await stage.joins(phone, token)).status == 303
    assert (await stage.yoga.link(ANN)).browsers != (await stage.yoga.link(BEN)).browsers


async def test_the_cookie_is_the_browsers_alone(stage: Stage) -> None:
    page = await stage.browser().opens(await stage.yoga.token())
    parts = {part.strip().casefold() for part in page.headers["Set-Cookie"].split(";")[1:]}
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)


# -- refusals --------------------------------------------------------------------------------------------------------


async def test_every_refusal_is_a_kind_page_of_its_own(stage: Stage) -> None:
    yoga, phone = stage.yoga, stage.browser()
    token, chess = await yoga.token(), await yoga.link(ANN, "chess")
    headings: dict[str, tuple[int, str]] = {}

    async def sees(what: str, of: str) -> None:
        page = await phone.opens(of)
        pressed = await phone.presses(of)
        assert pressed.heading == page.heading
        assert page.headers["Content-Type"].startswith("text/html")
        headings[what] = (page.status, page.heading)

    yoga.now = START - 3600.0
    await sees("early", token)
    yoga.now = START + 8 * 86400.0
    await sees("over", token)
    yoga.now = START + 200 * 86400.0
    await sees("expired", token)
    yoga.now = START + 60.0
    await sees("altered", token[:-4] + "AAAA")
    await sees("nonsense", "x" * 5000)
    await sees("another meeting's", KEYS.sign(replace(chess, meeting="yoga")))
    await yoga.book.revoke("yoga")
    await sees("revoked", token)
    assert headings == {
        "early": (200, "You are early"),
        "over": (200, "The class is over"),
        "expired": (410, "This link is too old"),
        "altered": (404, "This link does not work"),
        "nonsense": (404, "This link does not work"),
        "another meeting's": (404, "This link does not work"),
        "revoked": (410, "This link is no longer valid"),
    }
    assert yoga.told == []


async def test_too_early_says_when_in_the_class_own_time(stage: Stage) -> None:
    token = await stage.yoga.token()
    stage.yoga.now = START - 7200.0
    page = await stage.browser().opens(token)
    assert "It begins: Friday 15 January, 09:00 (CET)." in page.text


async def test_a_second_browser_gets_a_page_with_a_number_and_the_first_goes_on(stage: Stage) -> None:
    token, phone, other = await stage.yoga.token(), stage.browser(), stage.browser()
    assert (await stage.joins(phone, token)).status == 303
    second = await stage.joins(other, token)
    assert (second.status, second.heading) == (403, "This link is in use on another device")
    assert second.number
    assert (await other.presses(token)).number == second.number
    assert "Location" not in second.headers
    assert (await phone.presses(token)).status == 303
    assert len(stage.yoga.told) == len(stage.yoga.post.of(PersonalKind.FORWARDED)) == 1


async def test_a_second_device_comes_in_by_the_mailed_code(stage: Stage) -> None:
    token, phone, tablet = await stage.yoga.token(), stage.browser(), stage.browser()
    await stage.joins(phone, token)
    await stage.joins(tablet, token)
    asked = await tablet.presses(token, "/code")
    assert (asked.status, asked.heading) == (200, "We have sent you a code")
    ((letter, to),) = stage.yoga.post.of(PersonalKind.CODE)
    assert to == "ann@home.example"
    assert letter.code not in asked.text
    wrong = await tablet.presses(token, "/code", code=f"{(int(letter.code) + 1) % 10**6:06}")
    assert (wrong.status, wrong.heading) == (403, "This code is not right")
    soon = await tablet.presses(token, "/code")
    assert (soon.status, soon.heading) == (429, "A code is on its way")
    assert (await tablet.presses(token, "/code", code=letter.code)).status == 303
    assert (await tablet.presses(token)).status == 303
    assert (await stage.joins(stage.browser(), token)).status == 403


async def test_a_second_device_comes_in_by_a_tap_of_staff(stage: Stage) -> None:
    token, phone, tablet = await stage.yoga.token(), stage.browser(), stage.browser()
    await stage.joins(phone, token)
    number = (await stage.joins(tablet, token)).number
    path = "/api/v1/meetings/yoga/links/ann/second-device"

    async def taps(scope: Scope, device: str) -> int:
        key = mint(KEY, name="Tess Teacher", scopes=[scope], meetings=["yoga"], lifetime=600, now=stage.yoga.now)
        bearer = {"Authorization": f"Bearer {key}"}
        return (await stage.browser().asks("POST", path, json={"device": device}, headers=bearer)).status

    assert (await stage.browser().asks("POST", path, json={"device": number})).status == 401
    assert await taps(Scope.VIEW, number) == 403
    assert await taps(Scope.DOOR, "12") == 422
    assert await taps(Scope.DOOR, "1000" if number != "1000" else "1001") == 404
    assert (await tablet.presses(token)).status == 403
    assert await taps(Scope.DOOR, number) == 200
    assert (await tablet.presses(token)).status == 303


async def test_without_personal_links_every_address_is_a_kind_page() -> None:
    async with (
        Server(application(FakeService(), KEY), "127.0.0.1", 0) as server,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        browser = Browser(f"http://{server.address}", session)
        for page in (await browser.opens("x"), await browser.presses("x"), await browser.presses("x", "/code")):
            assert (page.status, page.heading) == (404, "This link does not work")


async def test_a_broken_store_is_a_kind_page_and_not_a_trace(stage: Stage) -> None:
    token = await stage.yoga.token()
    await stage.yoga.book.close()
    (stage.yoga.folder / "links.sqlite3").unlink()
    page = await stage.browser().opens(token)
    assert (page.status, page.heading) == (503, "Something does not work just now")
    assert "sqlite" not in page.text


# -- safety ----------------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Which elements and attributes a page has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


async def test_no_page_has_a_script_or_style_of_its_own_and_each_has_the_strict_headers(stage: Stage) -> None:
    token, phone, other = await stage.yoga.token(), stage.browser(), stage.browser()
    pages = [await phone.opens(token), await phone.presses(token, "/code")]
    await phone.presses(token)
    pages += [await stage.joins(other, token), await phone.opens("wrong")]
    for page in pages:
        tags = Tags(page.text)
        assert not tags.tags & {"script", "style", "img", "iframe", "b", "a"}
        assert not any(name == "style" or name.startswith("on") for name in tags.attributes)
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'self'")
        assert "frame-ancestors 'none'" in policy
        assert "*" not in policy
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["X-Robots-Tag"].startswith("noindex")


@pytest.mark.parametrize(
    "odd", ["%3Cscript%3Ealert(1)%3C/script%3E", "%22%3E%3Cb%3E", "a%00b", "%ED%A0%80", "..%2f..%2fx"]
)
async def test_what_stands_in_the_address_is_never_shown(stage: Stage, odd: str) -> None:
    browser = stage.browser()
    for page in (await browser.opens(odd), await browser.presses(odd), await browser.presses(odd, "/code")):
        assert page.status in {400, 404}
        assert "alert" not in page.text
        assert not Tags(page.text).tags & {"script", "b"}


@pytest.fixture
def every_log_line() -> Iterator[None]:
    """Whatever a command of another test has set."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("every_log_line")
async def test_no_log_line_holds_a_token_a_code_a_name_or_an_address(stage: Stage) -> None:
    token, phone, other = await stage.yoga.token(), stage.browser(), stage.browser()
    with capture_logs() as lines:
        await stage.joins(phone, token)
        await stage.joins(other, token)
        await other.presses(token, "/code")
        await other.presses(token, "/code", code="123456")
        await phone.opens(token[:-3] + "AAA")
        stage.yoga.now += 8 * 86400.0
        await phone.opens(token)
    written = repr(lines)
    assert "link_bound" in written
    link = await stage.yoga.link()
    code = stage.yoga.post.of(PersonalKind.CODE)[0][0].code
    for secret in (token, token.split(".")[2], link.way, link.registrant, code, phone.cookie, "Adams", "home.example"):
        assert secret not in written


async def test_one_link_is_not_served_without_end(stage: Stage) -> None:
    token, other = await stage.yoga.token(ANN), await stage.yoga.token(BEN)
    browser = stage.browser()
    found = [(await browser.opens(token)).status for _ in range(45)]
    assert (found[:40], set(found[40:])) == ([200] * 40, {429})
    assert (await browser.opens(other)).status == 200
    stage.yoga.now += 61.0
    assert (await browser.opens(token)).status == 200


async def test_guessing_is_slowed_down_and_stops_no_family(stage: Stage) -> None:
    browser = stage.browser()
    found = {(await browser.opens("guess")).status for _ in range(65)}
    assert found == {404, 429}
    assert (await browser.opens(await stage.yoga.token())).status == 200


async def test_a_huge_form_is_refused(stage: Stage) -> None:
    token, phone = await stage.yoga.token(), stage.browser()
    await phone.opens(token)
    page = await phone.presses(token, "/code", code="1" * 20000)
    assert page.status in {403, 413}


async def test_the_style_sheet_is_served_by_itself(stage: Stage) -> None:
    page = await stage.browser().asks("GET", "/j/-/join.css")
    assert (page.status, page.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "url(" not in page.text


def test_the_pace_forgets_whom_it_heard_of_longest_ago() -> None:
    pace = Pace(1)
    assert [pace.over("first", 0.0), pace.over("first", 1.0), pace.over("first", 60.0)] == [False, True, False]
    for number in range(4096):
        pace.over(str(number), 61.0)
    assert not pace.over("first", 62.0)
