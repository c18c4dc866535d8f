"""Personal links on a loopback Zoom: invited by mail, opened by a browser, worth a proof only when freshly opened."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from guardian.core.identity import Proof
from guardian.world.zoom import By, Face, Guest, Registrant
from tests.support.e2e_zoom import KIDS, Begin, ZoomClass
from tests.support.link_browser import Browser, Page

STRICT = {"policy": {"gate": '["verified", "token"]'}}


class Families:
    """What reaches the families of a class: their mails, and browsers to open what stands in them."""

    def __init__(self, zoom: ZoomClass, session: aiohttp.ClientSession) -> None:
        self.zoom, self.session = zoom, session

    def browser(self) -> Browser:
        return Browser(self.zoom.url, self.session)

    def token(self, key: str) -> str:
        """The newest link that was mailed to this child's address."""
        mails = [mail.message for mail in self.zoom.mailbox.mails if f"{key}@home.example" in mail.recipients]
        texts = [part.get_content() for mail in mails if (part := mail.get_body(("plain",))) is not None]
        found = [match[1] for text in texts if (match := re.search(r"/j/(\S+)", text))]
        return found[-1]

    async def press(self, browser: Browser, key: str) -> Page:
        """Open the link, press the button."""
        await browser.opens(self.token(key))
        return await browser.presses(self.token(key))

    def behind(self, page: Page) -> Registrant:
        """Whose personal join link this answer leads to."""
        assert page.status == 303, page.text
        return next(one for one in self.zoom.meeting.registrants.values() if one.join_url == page.headers["Location"])

    async def knocks(self, registrant: Registrant, name: str, tag: str) -> Guest:
        """Somebody follows a join link."""
        return await self.zoom.meeting.knock(Face(name, registrant=registrant.id, tag=tag))


@pytest.fixture
async def families(begin: Begin) -> AsyncIterator[Families]:
    """A guarded class under the default gate; everybody has been invited, the teacher is there with her panel."""
    zoom = await begin(guarded=False, config=STRICT)
    invited = await zoom.command("invite", "robotics")
    assert invited.code == 0, invited.err
    await zoom.guard()
    await zoom.opens()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Families(zoom, session)


async def test_a_child_who_opens_her_link_comes_in_at_once_whatever_her_device_is_called(families: Families) -> None:
    zoom, phone = families.zoom, families.browser()
    page = await families.press(phone, "ada")
    ada = await families.knocks(families.behind(page), "iPad", "child:ada")
    await ada.until("inside", timeout=10.0)
    seen = await zoom.until_shown(ada, "inside", standing="proven")
    assert (seen.person, Proof.TOKEN in seen.proofs) == ("ada", True)
    assert zoom.came_in("child:ada") == [By.PANEL]


async def test_a_copied_join_link_without_a_fresh_press_is_only_a_registration_and_is_held(families: Families) -> None:
    zoom, phone = families.zoom, families.browser()
    behind = families.behind(await families.press(phone, "ada"))
    ada = await families.knocks(behind, KIDS["ada"], "child:ada")
    await ada.until("inside", timeout=10.0)
    ada.leave()
    await zoom.until(lambda: zoom.of(ada) is None, "her leaving")
    copied = await families.knocks(behind, KIDS["ada"], "stranger")
    held = await zoom.until_held(copied)
    assert Proof.TOKEN not in held.proofs
    assert Proof.REGISTRANT in held.proofs
    assert zoom.came_in("stranger") == []
    copied.leave()
    again = await families.knocks(families.behind(await families.press(phone, "ada")), KIDS["ada"], "child:ada")
    await again.until("inside", timeout=10.0)


async def test_a_link_opened_by_two_browsers_lets_the_first_in_and_tells_the_owner_and_the_staff(
    families: Families,
) -> None:
    zoom, phone, stranger = families.zoom, families.browser(), families.browser()
    scanner = families.browser()
    for _ in range(3):
        assert (await scanner.opens(families.token("ben"))).status == 200
    behind = families.behind(await families.press(phone, "ben"))
    ben = await families.knocks(behind, "Ben", "child:ben")
    await ben.until("inside", timeout=10.0)
    for _ in range(2):
        refused = await families.press(stranger, "ben")
        assert (refused.status, refused.heading) == (403, "This link is in use on another device")
        assert "Location" not in refused.headers
    told = await zoom.until_incident("forwarded_link")
    assert "ben" in told.detail
    assert refused.number in told.detail
    assert KIDS["ben"].split()[1] not in told.detail
    to_owner = await zoom.until_mail("Your link was opened on another device")
    assert [address.addr_spec for address in to_owner["To"].addresses] == ["ben@home.example"]
    to_staff = await zoom.until_mail("A personal link was opened on another device")
    assert [address.addr_spec for address in to_staff["To"].addresses] == ["head@school.example"]
    assert len(zoom.mails("Your link was opened on another device")) == 1
    assert len([i for i in zoom.shown.incidents if i.kind == "forwarded_link"]) == 1
    assert zoom.seen(ben).place == "inside"
    assert (await phone.presses(families.token("ben"))).status == 303


async def test_a_second_device_comes_in_with_the_code_from_the_owners_mail(families: Families) -> None:
    zoom, phone, tablet = families.zoom, families.browser(), families.browser()
    families.behind(await families.press(phone, "cleo"))
    await families.press(tablet, "cleo")
    await tablet.presses(families.token("cleo"), "/code")
    mail = await zoom.until_mail("Code for a second device")
    text = mail.get_body(("plain",))
    assert text is not None
    code = re.search(r"^ {4}(\d{6})\s*$", text.get_content(), re.MULTILINE)
    assert code is not None
    page = await tablet.presses(families.token("cleo"), "/code", code=code[1])
    cleo = await families.knocks(families.behind(page), "Cleo", "child:cleo")
    await cleo.until("inside", timeout=10.0)


async def test_a_link_that_was_revoked_is_refused_and_its_registration_ended_and_the_new_one_works(
    families: Families,
) -> None:
    zoom, phone = families.zoom, families.browser()
    old, behind = families.token("dan"), families.behind(await families.press(phone, "dan"))
    done = await zoom.command("link", "revoke", "dan")
    assert done.code == 0, done.err
    assert families.token("dan") != old
    assert (await phone.opens(old)).heading == "This link is no longer valid"
    assert behind.status == "cancelled"
    page = await families.press(families.browser(), "dan")
    registrant = families.behind(page)
    shown = f"registrant:{registrant.id}"
    await zoom.until(lambda: any(shown in one.accounts for one in zoom.service.people("robotics")), "the new link")
    dan = await families.knocks(registrant, "Dan", "child:dan")
    await dan.until("inside", timeout=10.0)


async def test_a_new_passcode_brings_everybody_a_new_link(families: Families) -> None:
    zoom, phone = families.zoom, families.browser()
    old = {key: families.token(key) for key in KIDS}
    await families.press(phone, "ada")
    told = await zoom.order("rotate")
    assert told.done is True
    await zoom.until(lambda: all(families.token(key) != old[key] for key in KIDS), "new links by mail")
    assert (await phone.opens(old["ada"])).heading == "This link is no longer valid"
    page = await families.press(phone, "ada")
    assert parse_qs(urlsplit(page.headers["Location"]).query)["pwd"] == [zoom.meeting.passcode]


async def test_a_restart_between_the_press_and_the_join_takes_nobodys_proof(families: Families) -> None:
    zoom, phone = families.zoom, families.browser()
    behind = families.behind(await families.press(phone, "ada"))
    await zoom.stop()
    await zoom.guard()
    panel = await zoom.panel(zoom.teacher.id)
    await panel.until(lambda page: page.leading)
    ada = await families.knocks(behind, "iPad", "child:ada")
    await ada.until("inside", timeout=10.0)
    assert Proof.TOKEN in (await zoom.until_shown(ada, "inside", standing="proven")).proofs


async def test_nothing_that_is_kept_names_a_secret_address_or_a_token(families: Families) -> None:
    zoom, phone = families.zoom, families.browser()
    behind = families.behind(await families.press(phone, "ada"))
    ada = await families.knocks(behind, "Ada", "child:ada")
    await ada.until("inside", timeout=10.0)
    await zoom.until_calm()
    kept = b"".join([row.body or b"" for row in await zoom.rows()])
    for secret in (families.token("ada"), behind.join_url, f"tk{behind.id}", phone.cookie):
        assert secret.encode() not in kept
