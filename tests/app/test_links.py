"""Personal links: bound to the first browser, open in their time only, and worth a proof only when freshly opened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import jwt
import pytest

from guardian.adapters.links import open_links
from guardian.app.link_doors import LinkRefusedError, Why
from guardian.app.link_tokens import LinkKeys
from guardian.app.linked_roster import LinkedRoster
from guardian.app.links import LinkBook
from guardian.core.identity import Evidence, Proof
from guardian.core.roster import Person, Roster
from guardian.errors import JournalError, TemporaryError
from guardian.ports import Link, PersonalKind
from tests.support.link_class import ANN, BEN, KEYS, PHONE, START, STRANGER, TABLET, LinkClass


@pytest.fixture
async def yoga(tmp_path: Path) -> AsyncIterator[LinkClass]:
    made = LinkClass(tmp_path)
    await made.begin()
    yield made
    await made.book.close()


async def refused(yoga: LinkClass, token: str, cookie: str = PHONE) -> Why:
    with pytest.raises(LinkRefusedError) as caught:
        await yoga.book.join(token, cookie)
    return caught.value.why


# -- tokens ----------------------------------------------------------------------------------------------------------


def test_a_token_names_no_person_and_no_address_and_is_short() -> None:
    token = KEYS.sign(Link("0123456789ab", "yoga", "ann-adams", 1, START, START + 1.0, "R", "https://secret"))
    claims = jwt.decode(token, options={"verify_signature": False})
    assert set(claims) == {"aud", "m", "l", "v", "nbf", "exp"}
    assert "ann" not in repr(claims)
    assert len(token) < 300


def test_every_altered_token_is_refused() -> None:
    token = KEYS.sign(Link("0123456789ab", "yoga", "ann", 1, START, START + 1.0))
    assert KEYS.read(token, START) is not None
    for at in range(len(token)):
        flipped = "A" if token[at] != "A" else "B"
        altered = token[:at] + flipped + token[at + 1 :]
        named = KEYS.read(altered, START)
        # The last character of each part may hold bits that mean nothing.
        assert named is None or named == KEYS.read(token, START)
    head, body, _ = token.split(".")
    for odd in ("", "x", token + "x", f"{head}.{body}.", f"{head}.{body}", token * 10, "\ud800"):
        assert KEYS.read(odd, START) is None


def test_tokens_of_other_keys_kinds_and_algorithms_are_refused() -> None:
    claims = {"aud": "join", "m": "yoga", "l": "x", "v": 1, "nbf": int(START), "exp": int(START) + 10}
    good = jwt.encode(claims, KEYS.tokens, algorithm="HS256")
    assert KEYS.read(good, START) is not None
    for wrong in (
        jwt.encode(claims, LinkKeys.derive(b"another" * 8).tokens, algorithm="HS256"),
        jwt.encode(claims, KEYS.forms, algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, KEYS.tokens * 2, algorithm="HS512"),
        jwt.encode({**claims, "aud": "guardian"}, KEYS.tokens, algorithm="HS256"),
        jwt.encode({**claims, "v": "1"}, KEYS.tokens, algorithm="HS256"),
        jwt.encode({**claims, "m": "m" * 400}, KEYS.tokens, algorithm="HS256"),
        jwt.encode({k: v for k, v in claims.items() if k != "exp"}, KEYS.tokens, algorithm="HS256"),
    ):
        assert KEYS.read(wrong, START) is None


def test_marks_of_one_browser_differ_from_link_to_link() -> None:
    assert KEYS.browser(PHONE, "l1") == KEYS.browser(PHONE, "l1")
    assert len({KEYS.browser(PHONE, "l1"), KEYS.browser(PHONE, "l2"), KEYS.form(PHONE, "l1"), PHONE}) == 4


# -- binding ---------------------------------------------------------------------------------------------------------


async def test_the_first_browser_that_joins_has_the_link_and_another_gets_no_address(yoga: LinkClass) -> None:
    token = await yoga.token()
    assert (await yoga.book.join(token, PHONE)).startswith("https://meet.example/w?tk=")
    assert await refused(yoga, token, STRANGER) is Why.OTHER_BROWSER
    assert await yoga.book.join(token, PHONE)


async def test_looking_binds_nothing(yoga: LinkClass) -> None:
    token = await yoga.token()
    for _ in range(3):
        await yoga.book.look(token)
        await yoga.book.open(token)
    assert (await yoga.link()).browsers == ()
    assert await yoga.book.join(token, PHONE)


async def test_of_two_browsers_at_once_one_gets_in(yoga: LinkClass) -> None:
    token = await yoga.token()
    found = await asyncio.gather(
        *(yoga.book.join(token, cookie) for cookie in (PHONE, STRANGER)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in found) == ["LinkRefusedError", "str"]


async def test_a_restart_forgets_no_browser(yoga: LinkClass) -> None:
    token = await yoga.token()
    await yoga.book.join(token, PHONE)
    await yoga.book.close()
    await yoga.begin()
    assert await refused(yoga, token, STRANGER) is Why.OTHER_BROWSER
    assert await yoga.book.join(token, PHONE)


async def test_an_opening_elsewhere_is_told_to_the_owner_and_once_to_the_staff(yoga: LinkClass) -> None:
    token = await yoga.token()
    await yoga.book.join(token, PHONE)
    for cookie in (STRANGER, STRANGER, "another"):
        assert await refused(yoga, token, cookie) is Why.OTHER_BROWSER
    assert len(yoga.told) == 1
    assert "ann" in yoga.told[0]
    assert "Adams" not in yoga.told[0]
    assert [to for _, to in yoga.post.of(PersonalKind.FORWARDED)] == ["ann@home.example"]


# -- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "why"),
    [(-1801.0, Why.EARLY), (-1800.0, None), (0.0, None), (3600.0 + 899.0, None), (3600.0 + 900.0, Why.EARLY)],
)
async def test_a_link_opens_half_an_hour_before_class_and_until_its_margin_is_over(
    yoga: LinkClass, seconds: float, why: Why | None
) -> None:
    yoga.now = START - 86400.0
    token = await yoga.token()
    yoga.now = START + seconds
    if why is None:
        assert await yoga.book.join(token, PHONE)
        return
    with pytest.raises(LinkRefusedError) as caught:
        await yoga.book.join(token, PHONE)
    assert caught.value.why is why
    assert caught.value.when
    assert (await yoga.link()).browsers == ()


async def test_after_the_last_class_it_is_over_and_after_its_term_expired(yoga: LinkClass) -> None:
    token = await yoga.token()
    yoga.now = START + 8 * 86400.0
    assert await refused(yoga, token) is Why.OVER
    yoga.now = START + 121 * 86400.0
    assert await refused(yoga, token) is Why.EXPIRED


async def test_a_link_that_is_over_is_replaced_when_people_are_invited_again(yoga: LinkClass) -> None:
    old = await yoga.token()
    yoga.now = START + 121 * 86400.0
    yoga.slots.append(type(yoga.slots[0])(yoga.now, yoga.now + 3600.0))
    new = await yoga.token()
    assert await refused(yoga, old) is Why.EXPIRED
    assert await yoga.book.join(new, PHONE)


# -- who may ---------------------------------------------------------------------------------------------------------


async def test_a_revoked_link_and_that_of_somebody_off_the_list_are_refused(yoga: LinkClass) -> None:
    ann, ben = await yoga.token(ANN), await yoga.token(BEN)
    assert await yoga.book.revoke("yoga", ["ann"]) == ["ann"]
    assert await refused(yoga, ann) is Why.REVOKED
    assert yoga.door.struck == [f"R-{jwt.decode(ann, options={'verify_signature': False})['l']}"]
    yoga.people = [ANN]
    assert await refused(yoga, ben) is Why.REVOKED
    yoga.people = [replace(BEN, valid_until=yoga.now - 1.0)]
    assert await refused(yoga, ben) is Why.REVOKED
    yoga.people = []  # no list is known yet: the door itself judges
    assert await yoga.book.join(ben, PHONE)


async def test_a_new_link_after_a_revocation_serves_the_owner_and_the_old_one_nobody(yoga: LinkClass) -> None:
    old = await yoga.token()
    await yoga.book.join(old, STRANGER)
    await yoga.book.revoke("yoga", ["ann"])
    new = await yoga.token()
    assert await refused(yoga, old, STRANGER) is Why.REVOKED
    assert await yoga.book.join(new, PHONE)


async def test_a_link_leads_to_its_own_meeting_only(yoga: LinkClass) -> None:
    yoga_link, chess_link = await yoga.link(ANN, "yoga"), await yoga.link(ANN, "chess")
    assert await refused(yoga, KEYS.sign(replace(chess_link, meeting="yoga"))) is Why.WRONG
    assert await refused(yoga, KEYS.sign(replace(yoga_link, version=2))) is Why.WRONG
    assert await refused(yoga, KEYS.sign(replace(yoga_link, lid="unknown"))) is Why.WRONG
    assert await refused(yoga, KEYS.sign(replace(yoga_link, meeting="nowhere"))) is Why.WRONG


# -- openings --------------------------------------------------------------------------------------------------------


async def test_an_opening_proves_one_join_within_two_minutes(yoga: LinkClass) -> None:
    link = await yoga.link()
    key = f"registrant:{link.registrant}"
    assert yoga.book.claim(key, "uuid-0", yoga.now) is None
    await yoga.book.join(KEYS.sign(link), PHONE)
    assert yoga.book.claim(key, "uuid-1", yoga.now + 120.0) == link.lid
    assert yoga.book.claim(key, "uuid-2", yoga.now + 1.0) is None
    assert yoga.book.claim(key, "uuid-1", yoga.now + 1000.0) == link.lid


@pytest.mark.parametrize(("after", "counts"), [(-6.0, False), (-1.0, True), (119.0, True), (121.0, False)])
async def test_a_join_counts_by_the_time_it_happened(yoga: LinkClass, after: float, counts: bool) -> None:
    link = await yoga.link()
    await yoga.book.join(KEYS.sign(link), PHONE)
    assert (yoga.book.claim(f"registrant:{link.registrant}", "u", yoga.now + after) == link.lid) is counts


async def test_each_press_gives_one_more_join(yoga: LinkClass) -> None:
    link = await yoga.link()
    key = f"registrant:{link.registrant}"
    for number in range(3):
        await yoga.book.join(KEYS.sign(link), PHONE)
        assert yoga.book.claim(key, f"uuid-{number}", yoga.now) == link.lid
        assert yoga.book.claim(key, f"other-{number}", yoga.now) is None


async def test_nobody_comes_by_somebody_elses_opening(yoga: LinkClass) -> None:
    ann, ben = await yoga.link(ANN), await yoga.link(BEN)
    await yoga.book.join(KEYS.sign(ann), PHONE)
    for key in (f"registrant:{ben.registrant}", "registrant:", "nonce:", "nonce:x", "", "registrant"):
        assert yoga.book.claim(key, "uuid", yoga.now) is None


async def test_a_used_opening_stays_used_over_a_restart(yoga: LinkClass) -> None:
    link = await yoga.link()
    key = f"registrant:{link.registrant}"
    writing = asyncio.create_task(yoga.book.run())
    await yoga.book.join(KEYS.sign(link), PHONE)
    assert yoga.book.claim(key, "uuid-1", yoga.now) == link.lid
    async with asyncio.timeout(5):
        await yoga.book.written()
    writing.cancel()
    await yoga.book.join(KEYS.sign(link), PHONE)
    await yoga.book.close()
    await yoga.begin()
    assert yoga.book.claim(key, "uuid-1", yoga.now) == link.lid
    assert yoga.book.claim(key, "uuid-2", yoga.now) == link.lid
    assert yoga.book.claim(key, "uuid-3", yoga.now) is None


# -- second devices --------------------------------------------------------------------------------------------------


async def code_for(yoga: LinkClass, token: str, cookie: str) -> str:
    await yoga.book.send_code(token, cookie)
    return yoga.post.of(PersonalKind.CODE)[-1][0].code


async def test_the_code_goes_to_the_owner_and_lets_one_more_browser_in(yoga: LinkClass) -> None:
    token = await yoga.token()
    await yoga.book.join(token, PHONE)
    code = await code_for(yoga, token, TABLET)
    assert [to for _, to in yoga.post.of(PersonalKind.CODE)] == ["ann@home.example"]
    assert await yoga.book.check_code(token, TABLET, f" {code[:3]} {code[3:]} ")
    assert await yoga.book.join(token, TABLET)
    assert await yoga.book.join(token, PHONE)
    assert await refused(yoga, token, STRANGER) is Why.OTHER_BROWSER


async def test_a_code_serves_once_and_for_ten_minutes(yoga: LinkClass) -> None:
    token = await yoga.token()
    await yoga.book.join(token, PHONE)
    code = await code_for(yoga, token, TABLET)
    assert await yoga.book.check_code(token, TABLET, code)
    for cookie in (STRANGER, TABLET):
        with pytest.raises(LinkRefusedError, match="wrong_code"):
            await yoga.book.check_code(token, cookie, code)
    yoga.now += 61.0
    code = await code_for(yoga, token, STRANGER)
    yoga.now += 601.0
    with pytest.raises(LinkRefusedError, match="wrong_code"):
        await yoga.book.check_code(token, STRANGER, code)


async def test_after_five_wrong_codes_the_right_one_is_void(yoga: LinkClass) -> None:
    token = await yoga.token()
    code = await code_for(yoga, token, STRANGER)
    for tried in ("", "x", "1234567", "٣٣٣٣٣٣", f"{(int(code) + 1) % 10**6:06}"):
        with pytest.raises(LinkRefusedError, match="wrong_code"):
            await yoga.book.check_code(token, STRANGER, tried)
    with pytest.raises(LinkRefusedError, match="wrong_code"):
        await yoga.book.check_code(token, STRANGER, code)
    assert (await yoga.link()).browsers == ()


async def test_codes_are_sent_a_minute_apart_and_three_an_hour(yoga: LinkClass) -> None:
    token = await yoga.token()
    for _ in range(3):
        await yoga.book.send_code(token, TABLET)
        with pytest.raises(LinkRefusedError, match="code_too_soon"):
            await yoga.book.send_code(token, STRANGER)
        yoga.now += 61.0
    with pytest.raises(LinkRefusedError, match="code_too_soon"):
        await yoga.book.send_code(token, TABLET)
    assert len(yoga.post.of(PersonalKind.CODE)) == 3


async def test_without_a_mail_that_goes_out_the_page_says_so(yoga: LinkClass) -> None:
    token = await yoga.token()
    yoga.post.away = True
    with pytest.raises(LinkRefusedError, match="no_address"):
        await yoga.book.send_code(token, TABLET)


async def test_staff_let_the_device_in_whose_number_they_were_told(yoga: LinkClass) -> None:
    token = await yoga.token()
    await yoga.book.join(token, PHONE)
    with pytest.raises(LinkRefusedError) as caught:
        await yoga.book.join(token, TABLET)
    number = caught.value.device
    other = "1000" if number != "1000" else "1001"
    assert await yoga.book.let_in("yoga", "ann", other, "Tess") is False
    assert await yoga.book.let_in("yoga", "ben", number, "Tess") is False
    assert await yoga.book.let_in("chess", "ann", number, "Tess") is False
    assert await yoga.book.let_in("nowhere", "ann", number, "Tess") is False
    assert await yoga.book.let_in("yoga", "ann", number, "Tess") is True
    assert await yoga.book.let_in("yoga", "ann", number, "Tess") is False
    assert yoga.told[-1] == f"another device ({number}) of ann was let in by Tess"
    assert await yoga.book.join(token, TABLET)


async def test_one_link_serves_five_browsers_and_no_more(yoga: LinkClass) -> None:
    token = await yoga.token()
    await yoga.book.join(token, "b0")
    for number in range(1, 6):
        with pytest.raises(LinkRefusedError) as caught:
            await yoga.book.join(token, f"b{number}")
        if number < 5:
            assert await yoga.book.let_in("yoga", "ann", caught.value.device, "Tess")
        else:
            with pytest.raises(LinkRefusedError, match="too_many"):
                await yoga.book.let_in("yoga", "ann", caught.value.device, "Tess")


# -- inviting --------------------------------------------------------------------------------------------------------


async def test_an_invitation_goes_once_to_each_address(yoga: LinkClass) -> None:
    link = await yoga.link()
    first = await yoga.book.invite(link, ANN, ["mum@home.example", "dad@home.example", "mum@home.example"])
    again = await yoga.book.invite(link, ANN, ["MUM@home.example", "gran@home.example"])
    assert ((first.sent, first.before), (again.sent, again.before)) == ((2, 0), (1, 1))
    letters = yoga.post.of(PersonalKind.INVITATION)
    assert [to for _, to in letters] == ["mum@home.example", "dad@home.example", "gran@home.example"]
    assert {letter.address for letter, _ in letters} == {yoga.book.address(link)}


async def test_what_did_not_go_out_goes_with_the_next_try(yoga: LinkClass) -> None:
    link = await yoga.link()
    yoga.post.away = True
    assert (await yoga.book.invite(link, ANN, ["mum@home.example"])).failed == 1
    yoga.post.away = False
    assert (await yoga.book.invite(link, ANN, ["mum@home.example"])).sent == 1
    assert (await yoga.book.invite(link, ANN, [])).unable


async def test_making_links_goes_on_where_it_broke_off(yoga: LinkClass) -> None:
    people = [Person(f"p{number}", f"Pupil {number}") for number in range(70)]
    yoga.door.fails_after = 30
    with pytest.raises(TemporaryError):
        await yoga.book.issue("yoga", people)
    assert len(yoga.door.enrolled) == 30
    yoga.door.fails_after = None
    links = await yoga.book.issue("yoga", people)
    assert len(yoga.door.enrolled) == len(links) == 70
    assert all(link.registrant and link.way for link in links)


async def test_a_revoked_person_gets_a_new_link_in_the_same_act(yoga: LinkClass) -> None:
    old = await yoga.token()
    await yoga.token(BEN)
    (done,) = await yoga.book.renew("yoga", ["ann", "nobody"])
    assert (done.person, done.sent) == ("ann", 1)
    ((letter, to),) = yoga.post.of(PersonalKind.INVITATION)
    assert to == "ann@home.example"
    assert await refused(yoga, old) is Why.REVOKED
    assert await yoga.book.join(letter.address.rpartition("/")[2], PHONE)
    assert await yoga.book.join(await yoga.token(BEN), TABLET)


async def test_a_new_passcode_renews_everybody_and_a_failure_is_told(yoga: LinkClass) -> None:
    tokens = [await yoga.token(ANN), await yoga.token(BEN)]
    running = asyncio.create_task(yoga.book.run())
    yoga.book.rotated("yoga")
    yoga.book.rotated("nowhere")
    async with asyncio.timeout(5):
        await yoga.book.written()
    assert len(yoga.post.of(PersonalKind.INVITATION)) == 2
    assert [await refused(yoga, token) for token in tokens] == [Why.REVOKED, Why.REVOKED]
    yoga.door.fails_after = 0
    yoga.book.rotated("yoga")
    async with asyncio.timeout(5):
        await yoga.book.written()
    assert yoga.trouble == ["the passcode is new, but not everybody has a new personal link yet"]
    yoga.door.fails_after, yoga.post.away = None, True
    await yoga.token(ANN)
    yoga.book.rotated("yoga")
    async with asyncio.timeout(5):
        await yoga.book.written()
    running.cancel()
    assert len(yoga.trouble) == 2


async def test_before_it_is_open_the_store_is_said_to_be_closed(tmp_path: Path) -> None:
    book = LinkBook(lambda: open_links("sqlite:///x"), KEYS, public_url="https://x.example", clock=lambda: START)
    with pytest.raises(JournalError, match="not open"):
        await book.accounts("yoga")
    await book.close()


# -- the roster ------------------------------------------------------------------------------------------------------


async def test_where_links_cannot_be_read_the_list_stands_without_them(tmp_path: Path) -> None:
    book = LinkBook(lambda: open_links("sqlite:///x"), KEYS, public_url="https://x.example", clock=lambda: START)
    assert (await LinkedRoster(List(ANN), book, "yoga").load()).people == (ANN,)


class List:
    """A list of people that never changes by itself."""

    def __init__(self, *people: Person) -> None:
        self.roster = Roster("v1", people)
        self.edited = asyncio.Event()

    async def load(self) -> Roster:
        return self.roster

    async def changes(self) -> AsyncIterator[None]:
        while True:
            await self.edited.wait()
            self.edited.clear()
            yield None


async def test_a_freshly_opened_link_is_a_token_and_its_bare_registration_is_not(yoga: LinkClass) -> None:
    linked = LinkedRoster(List(ANN, BEN), yoga.book, "yoga")
    assert (await linked.load()).version == "v1"
    link = await yoga.link()
    roster = await linked.load()
    assert roster.version != "v1"
    fresh = roster.match(Evidence(name="iPhone", registrant=link.registrant, link=link.lid))
    stale = roster.match(Evidence(name="iPhone", registrant=link.registrant))
    assert (fresh.person, stale.person) == (roster.by_id["ann"], roster.by_id["ann"])
    assert [set(fresh.proofs), set(stale.proofs)] == [{Proof.TOKEN}, {Proof.REGISTRANT}]
    await yoga.book.revoke("yoga")
    assert (await linked.load()).match(Evidence(name="iPhone", link=link.lid)).person is None


async def test_the_roster_changes_when_the_list_does_and_when_links_do(yoga: LinkClass) -> None:
    source = List(ANN)
    changes = LinkedRoster(source, yoga.book, "yoga").changes()
    async with asyncio.timeout(5):
        source.edited.set()
        await anext(changes)
        news = asyncio.ensure_future(anext(changes))
        await yoga.link(BEN)
        await news
    await changes.aclose()
    assert not source.edited.is_set()
