"""The keys of personal links: what must go together, and that nothing weak signs what families get."""

from pathlib import Path

import pytest

from guardian.config import Config, load
from guardian.errors import ConfigError
from tests.support.command_line import write_config

LONG = "s" * 32


def read(folder: Path, more: str, *, links: str = "", secret: str = LONG) -> Config:
    (folder / "secret").write_text(secret)
    path = write_config(folder)
    password = 'password = { file = "password" }'
    text = path.read_text().replace(password, f"{password}\n{more}")
    path.write_text(text + links)
    return load(path)


WEB = 'web = "https://meet.test/"\ntoken_hosts = ["meet.test"]\n'
SIGNS = '[jitsi.school.links]\napp_id = "school"\nsecret = { file = "secret" }\n'


def test_what_signs_room_tokens_is_a_section_of_its_own(tmp_path: Path) -> None:
    server = read(tmp_path, WEB + SIGNS).jitsi["school"]
    assert server.web == "https://meet.test"
    assert server.link_tokens is not None
    assert (server.link_tokens.app_id, server.link_tokens.audience) == ("school", "jitsi")
    assert LONG not in repr(server)


def test_without_them_there_are_no_links_on_that_server_and_defaults_for_the_rest(tmp_path: Path) -> None:
    config = read(tmp_path, "")
    assert config.jitsi["school"].link_tokens is None
    assert (config.guardian.links.valid_days, config.guardian.links.opens_before_minutes) == (120, 30)


@pytest.mark.parametrize(
    ("more", "secret", "words"),
    [
        (SIGNS, LONG, "personal links need web"),
        (WEB, LONG, "name what signs their room tokens"),
        (WEB.replace("token_hosts", "# token_hosts") + SIGNS, LONG, "prove nothing unless token_hosts"),
        (WEB + SIGNS, "short", "32 bytes or more"),
        (WEB.replace("https", "http") + SIGNS, LONG, "http:// is only for a server on this machine"),
    ],
)
def test_what_cannot_work_or_would_be_weak_is_refused(tmp_path: Path, more: str, secret: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        read(tmp_path, more, secret=secret)
    assert secret not in str(caught.value)


def test_a_link_lives_a_day_at_least(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"guardian\.links\.valid_days"):
        read(tmp_path, "", links="[guardian.links]\nvalid_days = 0\n")
