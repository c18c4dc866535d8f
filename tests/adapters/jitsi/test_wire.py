"""What we send: equal to what was recorded, and safe whatever a name holds."""

from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.adapters.jitsi import wire, wire_frame
from tests.adapters.jitsi.stanzas import ALAN, LOBBY, ROOM, canonical, recorded

AV = "avmoderation.meet.example.test"

SENT = {
    "sent-open": wire.open_stream("auth.meet.example.test"),
    "sent-auth-plain": wire.auth("PLAIN", "AGd1YXJkaWFuAGd1YXJkaWFucHc="),
    "sent-conference": wire.iq("set", "guardian-2", "focus.meet.example.test", wire.conference(ROOM)),
    "sent-lobby-on": wire.iq("set", "guardian-4", ROOM, wire.configure(members_only=True)),
    "sent-lock": wire.iq("set", "guardian-11", ROOM, wire.configure(members_only=True, without_password=True)),
    "sent-refuse": wire.iq("set", "lobbykick", LOBBY, wire.put_out("mallory", "Not on the class list")),
    "sent-invite": wire.invite(ROOM, ALAN, "Admitted by the guardian"),
    "sent-kick": wire.iq("set", "guardian-6", ROOM, wire.put_out("alan", "Removed by the guardian")),
    "sent-ban": wire.iq("set", "guardian-7", ROOM, wire.set_affiliation(ALAN, "outcast", "Banned by the guardian")),
    "sent-end-conference": wire.end_conference("endconference.meet.example.test"),
    "sent-destroy": wire.iq("set", "guardian-2", ROOM, wire.destroy("Class is over")),
    "sent-moderate-audio": wire.moderate_media(AV, "audio", on=True),
    "sent-allow-audio": wire.allow_media(AV, "audio", f"{ROOM}/ada", on=True),
}

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)
NASTY = [
    "<script>alert(1)</script>",
    "]]>",
    "<![CDATA[x]]>",
    "&amp;&lt;&#0;&bomb;",
    "\"'><item affiliation='owner'/>",
    "<!-- -->",
    "a\x00b\x07\x1b[31m\ud800\ufffe",
    "\u202egnp.exe\u200b",
    "Ω" * 1_000,
]


@pytest.mark.parametrize("name", SENT)
def test_what_we_send_is_what_real_clients_sent(name: str) -> None:
    assert canonical(SENT[name]) == canonical(recorded(name))


def test_a_join_asks_for_no_old_messages_and_shows_a_name() -> None:
    sent, seen = wire.join(ROOM, "guardian", "Guardian"), recorded("sent-join")
    muc = sent.find("x")
    assert muc is not None
    assert [child.get("maxstanzas") for child in muc] == ["0"]
    muc.remove(muc[0])
    assert canonical(sent) == canonical(seen)


def test_every_form_repeats_that_the_room_is_members_only() -> None:
    for form in (wire.configure(members_only=True), wire.configure(members_only=True, without_password=True)):
        assert [f.findtext("value") for f in form.iter("field") if "membersonly" in f.get("var", "")] == ["true"]
    off = wire.configure(members_only=False)
    assert [f.findtext("value") for f in off.iter("field") if "membersonly" in f.get("var", "")] == ["false"]


def test_leave_may_be_taken_back_and_a_mute_names_the_seat() -> None:
    back = wire.allow_media(AV, "video", f"{ROOM}/ada", on=False)
    assert back[0].get("jidToBlacklist") == f"{ROOM}/ada"
    muted = wire.mute("audio", f"{ROOM}/ada")
    assert (muted.get("xmlns"), muted.get("jid"), muted.text) == (f"{wire.JITMEET}/audio", f"{ROOM}/ada", "true")


def test_the_plain_stanzas_say_what_they_should() -> None:
    assert wire.leave(ROOM, "guardian").get("type") == "unavailable"
    assert wire.say(f"{LOBBY}/alan", "Please wait").findtext("body") == "Please wait"
    assert wire.close_stream().tag == "close"
    assert wire.response("cg==").text == "cg=="
    assert [e.get("xmlns") for e in (wire.bind(), wire.ping(), wire.disco_info(), wire.disco_items())] == [
        wire.BIND,
        wire.PING,
        wire.DISCO_INFO,
        wire.DISCO_ITEMS,
    ]
    refusal = wire.refusal("x1", None)
    assert (refusal.get("type"), refusal.get("to")) == ("error", None)
    listed = wire.list_affiliated("member")
    assert listed[0].get("affiliation") == "member"
    forged = wire.knock_forged(LOBBY, "n", "Guest", "ada")
    assert forged.findtext("identity/user/id") == "ada"


@pytest.mark.parametrize("text", NASTY)
def test_markup_in_a_name_stays_text(text: str) -> None:
    for stanza in (wire.say(f"{LOBBY}/x", text), wire.iq("set", "1", LOBBY, wire.put_out(text, text))):
        back = wire_frame.parse(wire.render(stanza))
        assert _shape(back) == _shape(wire_frame.parse(wire.render(_plain(stanza))))
    said = wire_frame.parse(wire.render(wire.say(f"{LOBBY}/x", text)))
    assert said.findtext(f"{{{wire.CLIENT}}}body") == wire.clean(text)


@given(name=ANY_TEXT, reason=ANY_TEXT)
def test_any_text_comes_back_as_it_was_but_for_what_xml_forbids(name: str, reason: str) -> None:
    stanza = wire_frame.parse(wire.render(wire.iq("set", name, name, wire.put_out(name, reason))))
    item = next(stanza.iter(f"{{{wire.MUC_ADMIN}}}item"))
    assert stanza.get("id") == wire.clean(name)
    assert item.get("nick") == wire.clean(name)
    shown = item.findtext(f"{{{wire.MUC_ADMIN}}}reason") or ""
    assert shown == wire.clean(reason).replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    ("jid", "bare", "resource", "host"),
    [
        (f"{ROOM}/a/b", ROOM, "a/b", "conference.meet.example.test"),
        ("meet.example.test", "meet.example.test", "", "meet.example.test"),
        ("", "", "", ""),
    ],
)
def test_addresses_are_taken_apart_at_the_first_slash(jid: str, bare: str, resource: str, host: str) -> None:
    assert (wire.bare(jid), wire.resource(jid), wire.host(jid)) == (bare, resource, host)


def _shape(element: Element) -> list[str]:
    return [child.tag for child in element.iter()]


def _plain(stanza: Element) -> Element:
    """The same stanza with harmless text everywhere."""
    copy = wire_frame.parse(wire.render(stanza))
    for part in copy.iter():
        part.text = "x" if part.text else part.text
    return copy
