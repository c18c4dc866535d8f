"""``guardian invite`` and ``guardian link``: everybody's own link by mail, once, and no address on the terminal."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from guardian.adapters.links import open_links
from guardian.app.link_tokens import LinkKeys
from guardian.app.links import LinkBook
from guardian.bootstrap import link_desk
from guardian.config import load
from guardian.core.operators import Scope
from guardian.web.server import Server, application
from guardian.web.tokens import mint
from guardian.world.mailbox import Mailbox
from tests.support.command_line import Done, guardian, write_config
from tests.support.fake_service import KEY, FakeService

LIST = """\
id,name,role,email,link
tess,Tess Teacher,host,tess@school.example,
ann,Ann Adams,pupil,,mum@home.example;dad@home.example
ben,Ben Brown,pupil,ben@home.example,ben@home.example
cleo,Cleo Clark,pupil,,
"""


PARENTS = """\
id,name,role,email,mother email,mother may receive link,father email,father may receive link,barred
tess,Tess Teacher,host,tess@school.example,,,,,
ann,Ann Adams,pupil,,mum@home.example,yes,dad@home.example,yes,dad@home.example
ben,Ben Adams,pupil,,mum@home.example,yes,dad@home.example,yes,father
cleo,Cleo Clark,pupil,,mother@home.example,no,father@home.example,,
"""


class Post:
    """A configuration with personal links, and the mail server that takes them."""

    def __init__(self, folder: Path, mailbox: Mailbox) -> None:
        self.folder, self.mailbox = folder, mailbox
        (folder / "roster.csv").write_text(LIST.replace("link\n", "links to\n", 1))
        (folder / "operator").write_text("k" * 40)
        (folder / "secret").write_text("a secret of the rooms, long enough")
        self.config = write_config(folder)
        text = self.config.read_text()
        text = text.replace('data_dir = "data"', 'data_dir = "data"\noperator_key = { file = "operator" }')
        text = text.replace("port = 0", 'port = 0\npublic_url = "https://guardian.example"')
        text = text.replace(
            'password = { file = "password" }',
            'password = { file = "password" }\ntoken_hosts = ["meet.test"]\nweb = "https://meet.test"\n'
            '[jitsi.school.links]\napp_id = "school"\nsecret = { file = "secret" }',
        )
        self.config.write_text(
            f'{text}\n[mail]\nhost = "127.0.0.1"\nport = {mailbox.port}\nsecurity = "none"\n'
            'sender = "guardian@school.example"\n'
        )

    async def run(self, *arguments: str) -> Done:
        done = await guardian(*arguments, "--config", str(self.config))
        assert "@" not in done.out + done.err
        assert "/j/" not in done.out + done.err
        assert "Adams" not in done.out + done.err
        return done

    def to(self) -> list[str]:
        return [to for mail in self.mailbox.mails for to in mail.recipients]

    def link_of(self, address: str) -> str:
        """The newest link that was mailed there."""
        mail = [mail for mail in self.mailbox.mails if address in mail.recipients][-1]
        found = re.search(r"https://guardian\.example/j/\S+", text_of(mail.message))
        assert found is not None
        return found[0]


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with Mailbox() as mailbox:
        yield Post(tmp_path, mailbox)


async def test_every_address_that_may_have_it_gets_one_mail_and_a_second_run_sends_none(post: Post) -> None:
    first = await post.run("invite", "yoga")
    assert first.code == 0
    assert "2 people; 3 mails sent, 0 had gone before" in first.out
    assert "nobody may receive the link of: cleo" in first.out
    assert sorted(post.to()) == ["ben@home.example", "dad@home.example", "mum@home.example"]
    assert post.link_of("mum@home.example") == post.link_of("dad@home.example") != post.link_of("ben@home.example")
    again = await post.run("invite")
    assert "0 mails sent, 3 had gone before" in again.out
    assert len(post.to()) == 3


async def test_a_barred_parent_gets_nothing_and_the_family_address_gets_the_links_of_both_children(post: Post) -> None:
    (post.folder / "roster.csv").write_text(PARENTS)
    done = await post.run("invite")
    assert "2 people; 2 mails sent" in done.out
    assert "nobody may receive the link of: cleo" in done.out
    assert post.to() == ["mum@home.example", "mum@home.example"]
    texts = [text_of(mail.message) for mail in post.mailbox.mails]
    assert sorted(name for name in ("Ann", "Ben") for text in texts if name in text) == [
        "Ann",
        "Ben",
    ]
    assert len({found for text in texts for found in re.findall(r"https://guardian\.example/j/\S+", text)}) == 2
    renewed = await post.run("link", "revoke", "ann")
    assert "a new one was made and mailed (1 mails)" in renewed.out
    assert post.to() == ["mum@home.example"] * 3


async def test_siblings_who_share_an_address_of_their_own_both_get_their_link_there(post: Post) -> None:
    (post.folder / "roster.csv").write_text(
        "id,name,role,email\ntess,Tess Teacher,host,tess@school.example\n"
        "ann,Ann Adams,pupil,family@home.example\nben,Ben Adams,pupil,family@home.example\n"
    )
    assert "2 people; 2 mails sent" in (await post.run("invite")).out
    assert post.to() == ["family@home.example"] * 2


async def test_who_is_barred_after_the_mail_went_out_gets_no_new_link(post: Post) -> None:
    roster = post.folder / "roster.csv"
    roster.write_text(PARENTS.replace("dad@home.example,yes,dad@home.example\n", "dad@home.example,yes,\n"))
    await post.run("invite", "--person", "ann")
    assert sorted(post.to()) == ["dad@home.example", "mum@home.example"]
    roster.write_text(PARENTS.replace("mum@home.example,yes", "mum@home.example,no"))
    done = await post.run("link", "revoke", "ann")
    assert done.code == 1
    assert done.out.strip() == "the link of ann has ended; a new one was made"
    assert "nobody was sent the link of: ann" in done.err
    assert len(post.to()) == 2


async def test_a_list_with_a_fault_lets_nobody_be_written_to_for_the_faulty_line_may_bar_them(post: Post) -> None:
    roster = post.folder / "roster.csv"
    roster.write_text(PARENTS)
    async with link_desk(load(post.config), "yoga") as desk:
        await desk.book.issue("yoga", [person for person, to in desk.people if person.id == "ann"])
        roster.write_text(PARENTS.replace("yes,dad@home.example\n", "yes,\n") + "dan,Dan Dean,king,,,,,,\n")
        (renewed,) = await desk.book.renew("yoga", ["ann"])
    assert renewed.unable
    assert post.to() == []


async def test_a_dry_run_makes_and_sends_nothing(post: Post) -> None:
    done = await post.run("invite", "--dry-run")
    assert "2 people would get a link, in 3 mails" in done.out
    store = await open_links(f"sqlite+aiosqlite:///{post.folder / 'data' / 'journal.sqlite3'}")
    assert await store.links() == []
    await store.close()
    assert post.to() == []


async def test_what_broke_off_goes_on_without_doubles(post: Post) -> None:
    text = post.config.read_text()
    post.config.write_text(text.replace(f"port = {post.mailbox.port}", "port = 9"))
    broken = await post.run("invite", "--json")
    assert broken.code == 1
    assert (broken.json["sent"], broken.json["failed"]) == (0, ["ann", "ben"])
    post.config.write_text(text)
    assert (await post.run("invite", "--person", "ben")).code == 0
    assert post.to() == ["ben@home.example"]
    done = await post.run("invite", "--json")
    assert (done.json["sent"], done.json["before"], done.json["failed"]) == (2, 1, [])
    assert len(post.to()) == 3


async def test_a_mail_of_unknown_fate_is_told_and_not_sent_twice(post: Post) -> None:
    await post.run("invite", "--person", "ben")
    keys = LinkKeys.derive(b"k" * 40)
    store = await open_links(f"sqlite+aiosqlite:///{post.folder / 'data' / 'journal.sqlite3'}")
    (link,) = await store.links()
    mark = keys.address("ben@home.example", link.lid)
    await store.mailed(link.lid, mark, gone=False)
    assert await store.mailing(link.lid, mark, 0.0)  # as a process that is killed while the mail server answers
    await store.close()
    done = await post.run("invite", "--person", "ben")
    assert done.code == 1
    assert "perhaps not sent to: ben" in done.err
    assert len(post.to()) == 1


async def test_a_revoked_link_is_replaced_by_mail_in_the_same_act(post: Post) -> None:
    await post.run("invite")
    old = post.link_of("mum@home.example")
    done = await post.run("link", "revoke", "ann")
    assert done.code == 0
    assert "a new one was made and mailed (2 mails)" in done.out
    new = post.link_of("mum@home.example")
    assert new != old
    ended = await post.run("link", "revoke", "ann", "--no-new")
    assert ended.out.strip() == "the link of ann has ended"
    assert post.link_of("mum@home.example") == new
    assert (await post.run("link", "revoke", "ann")).code == 1


async def test_the_check_before_class_counts_a_link_as_a_proof(post: Post) -> None:
    async def pupils() -> list[str]:
        found = (await post.run("check", "--json")).json["findings"]
        return [point["what"] for point in found if point["id"] == "pupils"]

    assert await pupils() == ["2 of 3 pupils have no account or address: each will be held for a human"]
    await post.run("invite")
    assert await pupils() == ["1 of 3 pupils have no account or address: each will be held for a human"]


async def test_who_is_not_on_the_list_or_a_meeting_without_links_is_a_clear_message(post: Post) -> None:
    assert "nobody on the list has the id zoe" in (await post.run("invite", "--person", "zoe")).err
    assert (await post.run("invite", "nowhere")).code == 1
    text = post.config.read_text()
    post.config.write_text(text.replace('public_url = "https://guardian.example"', ""))
    done = await post.run("invite")
    assert done.code == 2
    assert "guardian.api.public_url" in done.err


async def test_staff_let_a_second_device_in_from_the_terminal(tmp_path: Path) -> None:
    class Book(LinkBook):
        asked: list[tuple[str, str, str, str]] = []  # noqa: RUF012 - one test, one list

        async def let_in(self, meeting: str, person: str, device: str, by: str) -> bool:
            self.asked.append((meeting, person, device, by))
            return device == "4821"

    service = FakeService()
    book = Book(lambda: open_links("sqlite:///x"), LinkKeys.derive(KEY), public_url="https://x", clock=service.clock)
    async with Server(application(service, KEY, service.clock, links=book), "127.0.0.1", 0) as server:
        token = mint(KEY, name="Tess", scopes=[Scope.VIEW, Scope.DOOR], meetings=["yoga"], lifetime=60, now=service.now)
        env = {"GUARDIAN_TOKEN": token}
        more = ("--api", server.address, "--config", str(tmp_path / "none.toml"))
        done = await guardian("link", "allow", "ann", "4821", *more, env=env)
        assert (done.code, Book.asked) == (0, [("yoga", "ann", "4821", "Tess")])
        assert (await guardian("link", "allow", "ann", "1111", *more, env=env)).code == 1
