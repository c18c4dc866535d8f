"""A hostile or broken server, and hostile people: a clear line in the log, nothing lost, nobody wrongly moved."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from guardian.world.cast import child_name
from guardian.world.jitsi import Participant
from guardian.world.rooms import Face
from tests.support.e2e_line import HostileLine
from tests.support.e2e_process import GuardianProcess
from tests.support.e2e_school import PLUGINS, ROOM, School

pytestmark = pytest.mark.prosody

_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l0 "lol">{_LAUGHS}]><message>&l9;</message>'
OUTSIDE_FILE = '<!DOCTYPE m [<!ENTITY f SYSTEM "file:///etc/passwd">]><message>&f;</message>'
FRAMES: dict[str, str | bytes] = {
    "XML bomb": BOMB,
    "outside entity": OUTSIDE_FILE,
    "2 MB": f"<message xmlns='jabber:client'><body>{'z' * 2_000_000}</body></message>",
    "2 MB of one attribute": f"<presence xmlns='jabber:client' from='{'z' * 2_000_000}'/>",
    "deep": "<a>" * 20_000 + "</a>" * 20_000,
    "no XML": "hello, is it me you are looking for?",
    "half an element": "<presence xmlns='jabber:client' from='x@y/z'",
    "binary": b"\x00\xff\xfe<presence/>",
    "empty": "",
    "not an address": "<presence xmlns='jabber:client' from='@@//&#9;'/>",
    "answer to nothing": "<iq xmlns='jabber:client' type='result' id='g1' from='nobody@nowhere.example'/>",
    "question": "<iq xmlns='jabber:client' type='get' id='q' from='a@b.example'><query xmlns='jabber:iq:roster'/></iq>",
    "processing instruction": "<?php echo 1 ?><message xmlns='jabber:client'/>",
}
NAMES = (
    "<script>alert(1)</script>",
    "<b onclick='x()'>Zed</b>",
    "*Zed* _Zed_ ~Zed~ `Zed` [Zed](http://zed.example)",
    "<!channel> <@U123> <http://zed.example|click>",
    "{{7*7}} ${7*7} #{7*7} %s %n {0} {0.__class__}",
    '=HYPERLINK("http://zed.example") +1 @SUM(A1)',
    "\u202eezilE\u202c \u200bZ\u200ee\u2066d\u2069",
    "Zed\nBcc: all@school.example\r\nSubject: hello",
    "'; DROP TABLE rows; --",
    "&lt;Zed&gt; &amp;amp; ]]> <![CDATA[Zed]]>",
    "Z" + "\u0301" * 200,
    "z" * 1000,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \ufdfd \U00020000",
    " ",
    "",
)


@pytest.fixture
async def line(school: School) -> AsyncIterator[HostileLine]:
    async with HostileLine(school.server.websocket_url) as made:
        yield made


async def test_frames_of_a_hostile_server_move_nobody_and_the_class_goes_on(school: School, line: HostileLine) -> None:
    school.write_config(server={"websocket": f'"{line.url}"'})
    async with GuardianProcess(school.config) as guardian:
        await guardian.until_view(lambda view: view.lobby_on is True, "a shut door")
        await school.teacher()
        await school.child(1)
        await school.all_inside([1])
        for number, frame in enumerate(FRAMES.values()):
            await line.say(frame)
            await school.child(2 + number % 7) if number < 7 else None
        await school.all_inside(range(1, 9))
        await guardian.until(lambda: len(guardian.logged("frame_refused")) >= 7, "refused frames in the log")
        view = await guardian.until_view(lambda view: view.link_up and view.pending == 0, "quiet")
        assert view.phase == "open"
        assert {entry["level"] for entry in guardian.logged("frame_refused")} == {"warning"}
        assert not any("Traceback" in said or "root:" in said for said in guardian.said)
    moved = {"removed", "refused", "ended"}
    assert all(change.state not in moved for person in school.people.values() for change in person.history)
    assert len(school.invited()) == len(set(school.invited())) == 8


@pytest.mark.parametrize("what", ["XML bomb", "2 MB", "no XML", "binary", "half an element"])
async def test_a_server_that_begins_like_this_is_told_as_lost_and_tried_again(
    school: School, line: HostileLine, what: str
) -> None:
    line.greeting = (FRAMES[what],)
    school.write_config(server={"websocket": f'"{line.url}"'})
    async with GuardianProcess(school.config) as guardian:
        await line.until_connected(2)
        problems = await guardian.until_ready(503)
        assert any("not connected to its platform" in problem for problem in problems)
        line.greeting = ()
        await school.teacher()
        await school.child(1)
        await school.all_inside([1])
        assert await guardian.until_ready(200) == []


async def test_a_frame_of_two_megabytes_from_somebody_in_the_lobby_stops_nothing(tmp_path: Path) -> None:
    async with (
        School(tmp_path, stanza_size_limit=8 * 1024 * 1024) as school,
        GuardianProcess(school.config) as guardian,
    ):
        await guardian.until_view(lambda view: view.lobby_on is True, "a shut door")
        await school.teacher()
        giant = await school.stranger("Z" * 2_000_000, key="giant")
        await giant.until_state("waiting", "refused")
        await school.child(1)
        await school.all_inside([1])
        # Too large to be read: that somebody is there is known, and no more.
        seat = f"{school.server.site.lobby_jid(ROOM)}/{giant.nick}"
        view = await guardian.until_view(
            lambda view: any(c.handle == seat for c in view.connections) and view.pending == 0, "the giant"
        )
        (shown,) = [c for c in view.connections if c.handle == seat]
        assert (shown.standing, shown.place, shown.name) == ("unseen", "waiting", "")
        assert guardian.logged("room_lost") == []
    assert all(change.state != "inside" for change in giant.history)


async def test_names_with_every_kind_of_markup_let_nobody_in_and_stand_raw_nowhere(school: School) -> None:
    async with GuardianProcess(school.config) as guardian:
        await guardian.until_view(lambda view: view.lobby_on is True, "a shut door")
        await school.teacher()
        people: list[Participant] = [
            await school.stranger(name, key=f"markup {number}")
            for number, name in enumerate(NAMES)
            if name or PLUGINS is None  # Jitsi's own lobby lets nobody in who shows no name
        ]
        await school.child(1)
        await school.all_inside([1])
        handles = {person.jid for person in people}
        view = await guardian.until_view(
            lambda view: handles <= {c.handle for c in view.connections} and view.pending == 0, "everybody at the door"
        )
        assert {c.place for c in view.connections if c.handle in handles} == {"waiting"}
        minted = await school.said("token", "mint", "--name", "Tess")
        shown = await school.command(guardian, "status", "--meeting", "maths", token=minted.out.strip())
        assert shown.code == 0
        assert not {"\x1b", "\u202e", "\u200b", "\r"} & set(shown.out)
        mail = await school.until_mail("A stranger is at the door")
    page = mail.get_body(("html",))
    plain = mail.get_body(("plain",))
    assert page is not None
    assert plain is not None
    assert mail["Bcc"] is None
    assert not [word for word in ("<script>", "<b onclick", "]]>") if word in page.get_content()]
    assert not {"\x1b", "\u202e", "\u200b", "\u2066"} & set(page.get_content() + plain.get_content())
    # The log names nobody, whatever the name.
    log = "\n".join(guardian.said)
    assert not [name for name in NAMES if len(name) > 3 and name in log]
    assert child_name(1) not in log


async def test_somebody_who_changes_the_name_all_the_time_does_not_keep_a_child_waiting(
    school: School, guardian: GuardianProcess
) -> None:
    await school.teacher()
    async with AsyncExitStack():
        pest = await school.stranger("Zed 0", key="pest")
        await pest.until_state("waiting")
        for number in range(200):
            await pest.rename(f"Zed {number} <i>")
        await school.knock("child01", Face(child_name(1)), proven=True)
        await school.all_inside([1])
    view = await guardian.until_view(lambda view: view.pending == 0, "quiet")
    assert pest.state in {"waiting", "refused"}
    assert view.link_up
    assert school.people["child01"].room == ROOM
