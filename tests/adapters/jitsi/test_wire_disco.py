"""What servers and rooms say of themselves."""

from xml.etree.ElementTree import Element

import pytest

from guardian.adapters.jitsi import wire, wire_disco
from guardian.adapters.jitsi.wire_frame import parse
from tests.adapters.jitsi.stanzas import recorded

INFO = "http://jabber.org/protocol/disco#info"


def _reply(inner: str) -> Element:
    return parse(f"<iq xmlns='jabber:client' type='result' id='1'>{inner}</iq>")


def test_jitsis_main_host_names_its_components() -> None:
    found = wire_disco.components(
        _reply(
            f"<query xmlns='{INFO}'><identity category='server' type='im' name='Prosody'/>"
            "<identity category='component' type='lobbyrooms' name='lobby.meet.example.test'/>"
            "<identity category='component' type='end_conference' name='endconference.meet.example.test'/>"
            "<identity category='component' type='av_moderation' name='avmoderation.meet.example.test'/></query>"
        )
    )
    assert found.lobby == "lobby.meet.example.test"
    assert found.end_conference == "endconference.meet.example.test"
    assert found.av_moderation == "avmoderation.meet.example.test"
    assert found.real_jitsi


def test_a_plain_server_names_none() -> None:
    found = wire_disco.components(_reply(f"<query xmlns='{INFO}'><identity category='server' type='im'/></query>"))
    assert found == wire_disco.Components()
    assert not found.real_jitsi


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (("focus.m", "internal.auth.m", "conference.m"), "conference.m"),
        (("muc.m", "lobby.m"), "muc.m"),
        (("lobby.m",), None),
    ],
)
def test_the_component_of_meetings_is_found_under_both_of_its_names(listed: tuple[str, ...], found: str | None) -> None:
    items = "".join(f"<item jid='{jid}'/>" for jid in listed)
    reply = _reply(f"<query xmlns='http://jabber.org/protocol/disco#items'>{items}<item/></query>")
    assert wire_disco.items(reply) == listed
    assert wire_disco.meeting_component(listed, "m") == found


def test_a_room_with_the_lobby_on_names_it() -> None:
    found = wire_disco.room_info(
        _reply(
            f"<query xmlns='{INFO}'><feature var='muc_membersonly'/><feature var='muc_passwordprotected'/>"
            "<feature var='muc_temporary'/><x xmlns='jabber:x:data' type='result'>"
            "<field var='muc#roominfo_lobbyroom'><value>maths@lobby.meet.example.test</value></field></x></query>"
        )
    )
    assert found == wire_disco.RoomInfo(
        members_only=True, password=True, persistent=False, lobby="maths@lobby.meet.example.test"
    )


def test_an_open_room_names_no_lobby() -> None:
    found = wire_disco.room_info(
        _reply(
            f"<query xmlns='{INFO}'><feature var='muc_open'/><feature var='muc_persistent'/>"
            "<x xmlns='jabber:x:data'><field var='muc#roominfo_lobbyroom'><value/></field></x></query>"
        )
    )
    assert found == wire_disco.RoomInfo(members_only=False, password=False, persistent=True, lobby=None)


def test_members_are_listed_by_their_bare_addresses() -> None:
    reply = _reply(
        f"<query xmlns='{wire.MUC_ADMIN}'><item affiliation='member' jid='ann@m/x'/><item jid='bob@m'/><item/></query>"
    )
    assert wire_disco.affiliated(reply) == {"ann@m", "bob@m"}


def test_the_focus_is_known_by_its_own_answer() -> None:
    assert wire_disco.focus(recorded("conference")) == "focus@auth.meet.example.test"
    assert wire_disco.focus(_reply("")) is None
    assert wire_disco.focus(_reply(f"<conference xmlns='{wire.FOCUS}'/>")) is None


def test_logins_that_the_server_offers_are_read() -> None:
    assert wire_disco.mechanisms(recorded("features")) == {"SCRAM-SHA-1", "PLAIN"}


def test_our_address_is_what_the_server_bound() -> None:
    assert wire_disco.bound(_reply(f"<bind xmlns='{wire.BIND}'><jid>a@m/r</jid></bind>")) == "a@m/r"
    assert wire_disco.bound(_reply("")) == ""
