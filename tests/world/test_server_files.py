"""What the world writes for the server and reads back from it, without a server."""

import json
from pathlib import Path

import jwt
from scramp import ScramMechanism

from guardian.world.calls import read_calls
from guardian.world.markup import tag
from guardian.world.prosody_config import account_record, lua_string, store_name
from guardian.world.tokens import room_token


def test_an_account_record_holds_scram_keys_and_never_the_password() -> None:
    record = account_record("open sesame", "0123456789abcdef")
    assert "sesame" not in record
    _, stored, server, rounds = ScramMechanism("SCRAM-SHA-1").make_auth_info(
        "open sesame", iteration_count=4096, salt=b"0123456789abcdef"
    )
    assert record == (
        f'return {{ ["iteration_count"] = {rounds}; ["salt"] = "0123456789abcdef"; '
        f'["stored_key"] = "{stored.hex()}"; ["server_key"] = "{server.hex()}"; }};\n'
    )


def test_lua_text_cannot_end_its_own_quotes() -> None:
    assert lua_string('a"b\\c\nd') == '"a\\"b\\\\c\\010d"'


def test_names_on_disk_are_escaped_byte_by_byte() -> None:
    assert store_name("auth.meet") == "auth%2emeet"
    assert store_name("zoë_1") == "zo%c3%ab%5f1"


def test_markup_in_a_name_stays_text_and_control_characters_are_dropped() -> None:
    assert tag("nick", {"a": '"<&'}, "</nick>\x00\x0b&") == "<nick a='\"&lt;&amp;'>&lt;/nick&gt;&amp;</nick>"


def _line(xml: str) -> str:
    return json.dumps({"time": 7.5, "host": "conference.x", "xml": xml})


def test_the_call_log_tells_each_act_of_a_stanza_and_forgives_a_torn_line(tmp_path: Path) -> None:
    user, admin = "http://jabber.org/protocol/muc#user", "http://jabber.org/protocol/muc#admin"
    invite = f"<message from='g/1' to='r'><x xmlns='{user}'><invite to='a'/><invite to='b'/></x></message>"
    items = "<item nick='n' role='none'><reason>bye</reason></item><item jid='c' affiliation='member'/>"
    change = f"<iq from='g/1' to='r' id='9' type='set'><query xmlns='{admin}'>{items}</query></iq>"
    log = tmp_path / "calls.jsonl"
    log.write_text("\n".join([_line(invite), _line(change), '{"time": 8, "xm']))
    seen = [(call.act, call.target, call.value, call.reason, call.stanza_id) for call in read_calls(log)]
    assert seen == [
        ("invite", "a", "", "", ""),
        ("invite", "b", "", "", ""),
        ("role", "n", "none", "bye", "9"),
        ("affiliation", "c", "member", "", "9"),
    ]


def test_no_call_log_is_an_empty_one(tmp_path: Path) -> None:
    assert read_calls(tmp_path / "absent") == []


def test_the_call_log_knows_forms_ends_texts_and_media_requests(tmp_path: Path) -> None:
    owner = "http://jabber.org/protocol/muc#owner"
    form = "<field var='FORM_TYPE'><value>f</value></field><field var='m'><value>true</value></field>"
    stanzas = [
        f"<iq to='r' type='set'><query xmlns='{owner}'><x xmlns='jabber:x:data'>{form}</x></query></iq>",
        f"<iq to='r' type='set'><query xmlns='{owner}'><destroy><reason>over</reason></destroy></query></iq>",
        "<iq to='r' type='set'><query xmlns='jabber:iq:register'/></iq>",
        "<message to='l/n'><body>hello</body></message>",
        "<message to='e'><end_conference/></message>",
        "<message to='a'><av_moderation mediaType='audio' jidToWhitelist='r/n'/></message>",
        "<message to='r'><subject/></message>",
    ]
    log = tmp_path / "calls.jsonl"
    log.write_text("\n".join(map(_line, stanzas)))
    assert [(call.act, call.target, call.value, call.reason) for call in read_calls(log)] == [
        ("config", "r", "m=true", ""),
        ("destroy", "r", "", "over"),
        ("other", "r", "", ""),
        ("say", "l/n", "hello", ""),
        ("end", "e", "", ""),
        ("av", "r/n", "jidToWhitelist=r/n;mediaType=audio", ""),
        ("other", "r", "", ""),
    ]


def test_a_room_token_carries_its_claims_as_text() -> None:
    secret = "a secret of at least thirty-two bytes"
    made = room_token("ann", app_id="g", app_secret=secret, domain="meet.x", room="maths", moderator=True)
    claims = jwt.decode(made, secret, algorithms=["HS256"], audience="jitsi", issuer="g")
    assert (claims["sub"], claims["room"]) == ("meet.x", "maths")
    assert claims["context"]["user"] == {"id": "ann", "name": "", "email": "", "moderator": "true"}
