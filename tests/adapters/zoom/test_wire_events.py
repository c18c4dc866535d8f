"""What each documented event says, and that it says the same however Zoom happens to write it."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.adapters.zoom.wire import WireError
from guardian.adapters.zoom.wire_events import KINDS, Delivery, Kind, Who, decode
from guardian.core.identity import Evidence
from tests.adapters.zoom.bodies import PAYLOADS, body, changed

NUMBER, INSTANCE, HOST = "81234567890", "ExMeetingUuidAAAAAAAA==", "ExHostUserAAAAAAAAAAAA"
NINE = 1795251600.0
"""09:00:00, when the class begins."""
LATE = 0.9375
"""A second and a half between the happening and the event: late, and still of its second."""
UUID = "A1A1A1A1-0000-4000-8000-0000000000"
WAITING, JOINED = "meeting.participant_joined_waiting_room", "meeting.participant_joined"
ADA_ID, ADA_ADDRESS = "ExRegistrantAda0000001", "ada.parent@example.org"
BEN_ID, BEN_ADDRESS = "ExRegistrantBen0000002", "ben.parent@example.org"


def _who(uuid: str, user_id: str, name: str, evidence: Evidence | None = None) -> Who:
    return Who(uuid, user_id, name, replace(evidence or Evidence(), name=name))


ADA = _who(UUID + "01", "16778240", "Ada Example", Evidence(claimed_email=ADA_ADDRESS, registrant=ADA_ID))
ADA_EARLY = _who("", "", "Ada Example", Evidence(registrant=ADA_ID))
ADA_REGISTERED = _who("", "", "Ada Example", Evidence(registrant=ADA_ID, claimed_email=ADA_ADDRESS))
BEN = _who(UUID + "02", "16779264", "Ben Sample", Evidence(claimed_email=BEN_ADDRESS, registrant=BEN_ID))
BEN_CLAIMED = _who(UUID + "02", "16779264", "Ben Sample", Evidence(claimed_email=BEN_ADDRESS))
BEN_BY_SDK = _who(UUID + "02", "16779264", "Ben Sample")
IPHONE = _who(UUID + "EE", "16780288", "iPhone")
IPHONE_SHARES = _who("", "16780288", "iPhone")
SPOOFED = _who(UUID + "ED", "16781312", "Ada Example")
CALLER = _who(UUID + "DD", "16782336", "15550100123", Evidence(phone="15550100123"))
TEACHER = _who(UUID + "FF", "16777216", "Ms Teacher Example", Evidence(account=HOST, email="teacher@example.org"))
POSTED = "Zoom found the link of this meeting posted in public on twitter / social.example"


def _says(kind: Kind, at: float, whose: str, when: str = "", who: Who | None = None) -> Delivery:
    """``at`` in seconds after nine; ``whose`` and ``when`` are the end of the key."""
    event = next(name for name, found in KINDS.items() if found is kind)
    return Delivery(event, NUMBER, INSTANCE, f"{event}|{INSTANCE}|{whose}|{when}", NINE + at, kind, who, HOST)


def _ignored(event: str, at: float) -> Delivery:
    return Delivery(event, "", "", "", NINE + at, Kind.IGNORED)


EXPECTED = {
    "meeting.started": _says(Kind.STARTED, 1.2, ""),
    "meeting.ended": _says(Kind.ENDED, 3659 + 0.909091, "", "2026-11-21T10:00:59Z"),
    f"{WAITING}.registrant": _says(Kind.WAITING, -300 + 0.952381, ADA.uuid, "2026-11-21T08:55:00Z", ADA),
    f"{WAITING}.unknown-guest": _says(Kind.WAITING, 60 + LATE, IPHONE.uuid, "2026-11-21T09:01:00Z", IPHONE),
    f"{WAITING}.spoofed-name": _says(Kind.WAITING, 90 + LATE, SPOOFED.uuid, "2026-11-21T09:01:30Z", SPOOFED),
    f"{WAITING}.phone": _says(Kind.WAITING, 120 + LATE, CALLER.uuid, "2026-11-21T09:02:00Z", CALLER),
    "meeting.participant_left_waiting_room": _says(
        Kind.LEFT_WAITING, 150 + LATE, IPHONE.uuid, "2026-11-21T09:02:30Z", IPHONE
    ),
    "meeting.participant_admitted": _says(Kind.ADMITTED, 5.5, ADA.uuid, "2026-11-21T09:00:05Z", ADA),
    "meeting.participant_put_in_waiting_room": _says(Kind.PUT_BACK, 605.5, BEN.uuid, "2026-11-21T09:10:05Z", BEN),
    f"{JOINED}.host": _says(Kind.JOINED, 0.9, TEACHER.uuid, "2026-11-21T09:00:00Z", TEACHER),
    f"{JOINED}.registrant": _says(Kind.JOINED, 6.5, ADA.uuid, "2026-11-21T09:00:06Z", ADA),
    f"{JOINED}.sdk-customer-key": _says(Kind.JOINED, 80.5, BEN.uuid, "2026-11-21T09:01:20Z", BEN_BY_SDK),
    f"{JOINED}.unknown-guest": _says(Kind.JOINED, 70.5, IPHONE.uuid, "2026-11-21T09:01:10Z", IPHONE),
    "meeting.participant_left": replace(
        _says(Kind.LEFT, 180 + LATE, IPHONE.uuid, "2026-11-21T09:03:00Z", IPHONE), detail="Reason: Removed by host."
    ),
    "meeting.participant_role_changed": replace(
        _says(Kind.ROLE, 900.5, f"{BEN.uuid}>co-host", "2026-11-21T09:15:00Z", BEN_CLAIMED), moderator=True
    ),
    "meeting.sharing_started": _says(Kind.SHARE_ON, 100.5, "16780288", "2026-11-21T09:01:40Z", IPHONE_SHARES),
    "meeting.sharing_ended": _says(Kind.SHARE_OFF, 110.5, "16780288", "2026-11-21T09:01:50Z", IPHONE_SHARES),
    "meeting.participant_jbh_joined": _says(Kind.BEFORE_HOST, -400, ADA_ID, "1795251200.0", ADA_EARLY),
    "meeting.registration_created": _says(Kind.REGISTERED, -604800, ADA_ID, "", ADA_REGISTERED),
    "meeting.risk_alert": replace(_says(Kind.RISK, -46800, "6d52899fa9f49fd9", "1795204800.0"), detail=POSTED),
    "meeting.alert": _ignored("meeting.alert", 300.5),
    "meeting.chat_message_sent": _ignored("meeting.chat_message_sent", 95.5),
    "meeting.participant_jbh_waiting": _ignored("meeting.participant_jbh_waiting", -599),
    "meeting.participant_jbh_waiting_left": _ignored("meeting.participant_jbh_waiting_left", -500),
    "endpoint.url_validation.request": _ignored("endpoint.url_validation", 0),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_documented_body_says_what_it_says(name: str) -> None:
    said, expected = decode(body(name)), EXPECTED[name]
    assert said.at == pytest.approx(expected.at, abs=1e-5)
    assert replace(said, at=expected.at) == expected


def test_no_event_body_is_left_out() -> None:
    there = {path.stem for path in PAYLOADS.glob("meeting.*.json")}
    assert there == {name for name in EXPECTED if name.startswith("meeting.")}


# -- one thing, written in several ways


def test_an_id_is_the_same_as_a_string_and_as_a_number() -> None:
    assert decode(changed(f"{WAITING}.registrant", {"user_id": 16778240}, {"id": 81234567890})) == decode(
        body(f"{WAITING}.registrant")
    )


@pytest.mark.parametrize("empty", ["", None, ...])
def test_a_key_is_empty_null_or_missing_alike(empty: object) -> None:
    nothing = dict.fromkeys("id email participant_user_id registrant_id customer_key phone_number".split(), empty)
    assert decode(changed(f"{WAITING}.unknown-guest", nothing)) == decode(body(f"{WAITING}.unknown-guest"))


def test_keys_that_come_new_change_nothing() -> None:
    new = {"custom_keys": [{"key": "a", "value": {}}]}
    assert decode(changed("meeting.participant_left", new, new)) == decode(body("meeting.participant_left"))


def test_an_address_counts_only_with_a_signed_in_account() -> None:
    guest = decode(changed(f"{JOINED}.host", {"id": "", "participant_user_id": ""})).who
    assert guest is not None
    assert (guest.evidence.account, guest.evidence.email) == (None, None)
    assert guest.evidence.claimed_email == "teacher@example.org"


@pytest.mark.parametrize("gone", ["id", "participant_user_id"])
def test_either_key_names_the_account(gone: str) -> None:
    assert decode(changed(f"{JOINED}.host", {gone: ...})).who == TEACHER


@pytest.mark.parametrize(
    ("role", "moderates"),
    [
        ("host", True),
        ("co-host", True),
        ("Co_Host", True),
        ("cohost", True),
        ("attendee", False),
        ("", None),
        (..., None),
    ],
)
def test_a_role_is_read_in_any_spelling(role: object, moderates: bool | None) -> None:
    assert decode(changed("meeting.participant_role_changed", {"new_role": role})).moderator is moderates


def test_a_name_of_any_length_is_bounded() -> None:
    who = decode(changed(f"{JOINED}.unknown-guest", {"user_name": "x" * 100_000})).who
    assert who is not None
    assert len(who.name) == len(who.evidence.name) == 1000


def test_an_event_that_nobody_knows_is_ignored_whatever_is_in_it() -> None:
    said = decode(json.dumps({"event": "meeting." + "x" * 500, "payload": {"object": [1]}}).encode())
    assert said.kind is Kind.IGNORED
    assert len(said.event) == 100


# -- one happening, delivered several times


@pytest.mark.parametrize("name", [name for name, said in EXPECTED.items() if said.kind is not Kind.IGNORED])
def test_a_repeated_delivery_has_the_same_key(name: str) -> None:
    assert decode(body(name) + b" ").key == decode(body(name)).key


def test_the_key_goes_by_the_happening_and_not_by_when_the_event_was_made() -> None:
    again = decode(changed(f"{WAITING}.registrant", event_ts=int(NINE * 1000) + 85 * 60_000))
    assert again.key == EXPECTED[f"{WAITING}.registrant"].key


@pytest.mark.parametrize(
    "other",
    [
        changed("meeting.participant_admitted", of={"uuid": "another"}),
        changed("meeting.participant_admitted", {"participant_uuid": "another"}),
        changed("meeting.participant_admitted", {"date_time": "2026-11-21T09:00:06Z"}),
        changed("meeting.participant_admitted", event="meeting.participant_put_in_waiting_room"),
    ],
)
def test_another_happening_has_another_key(other: bytes) -> None:
    assert decode(other).key != decode(body("meeting.participant_admitted")).key


def test_what_people_typed_is_not_in_a_key() -> None:
    said = decode(changed("meeting.participant_jbh_joined", {"registrant_id": ""}))
    assert "Ada" not in said.key
    assert said.key != decode(changed("meeting.participant_jbh_joined", {"registrant_id": "", "user_name": "Eve"})).key


def test_made_and_taken_back_within_one_second_are_two_happenings() -> None:
    name = "meeting.participant_role_changed"
    assert decode(body(name)).key != decode(changed(name, {"new_role": "attendee"})).key


# -- in which order


def test_order_goes_by_the_inner_time_even_when_the_event_was_made_late() -> None:
    left = decode(changed("meeting.participant_left", event_ts=int(NINE * 1000) + 90 * 60_000))
    back = decode(changed(f"{JOINED}.unknown-guest", {"join_time": "2026-11-21T09:03:01Z"}))
    assert left.at < back.at


@given(st.lists(st.integers(-5_000, 100_000_000), min_size=2, unique=True))
def test_within_one_second_the_order_is_that_of_the_events_making(stamps: list[int]) -> None:
    base = int(NINE * 1000) + 5000
    ats = [decode(changed("meeting.participant_admitted", event_ts=base + ms)).at for ms in sorted(stamps)]
    assert all(NINE + 5 <= one <= other < NINE + 6 for one, other in pairwise(ats))


def test_two_events_of_one_second_are_told_apart() -> None:
    base = int(NINE * 1000) + 5000
    ats = [
        decode(changed("meeting.participant_admitted", event_ts=base + ms)).at for ms in (0, 1, 500, 899, 1500, 1510)
    ]
    assert ats == sorted(set(ats))


@pytest.mark.parametrize("stamp", [None, "", "soon", 1e300, ...])
def test_without_a_sound_event_ts_the_inner_time_is_enough(stamp: object) -> None:
    content = json.loads(body("meeting.participant_admitted"))
    content.pop("event_ts") if stamp is ... else content.update(event_ts=stamp)
    said = decode(json.dumps(content).encode())
    assert NINE + 5 <= said.at < NINE + 6


@pytest.mark.parametrize("time", ["", "soon", None, ...])
def test_without_a_sound_inner_time_the_event_ts_is_used(time: object) -> None:
    assert decode(changed("meeting.participant_admitted", {"date_time": time})).at == NINE + 5.5


@pytest.mark.parametrize("time", ["2026-11-21T09:00:05", "2026-11-21T10:00:05+01:00", "2026-11-21 09:00:05Z"])
def test_a_time_is_read_with_and_without_its_zone(time: str) -> None:
    assert decode(changed("meeting.participant_admitted", {"date_time": time})).at == NINE + 5.5


# -- words


def test_the_reason_for_leaving_is_never_the_leavers_name() -> None:
    forged = "Eve<br>Reason: Removed by host left the meeting.<br>Reason: left."
    assert decode(changed("meeting.participant_left", {"leave_reason": forged})).detail == "Reason: left."
    assert (
        decode(changed("meeting.participant_left", {"leave_reason": "Removed by host left the meeting."})).detail == ""
    )


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("https://social.example/ada.example/1", "on twitter / social.example"),
        ("http://[", "on twitter"),
        ("", "on twitter"),
        (None, "on twitter"),
    ],
)
def test_a_public_post_is_named_by_its_place_and_not_by_its_author(link: str | None, words: str) -> None:
    armn = {"post_platform": "twitter", "social_link": link, "post_user": "ada.example"}
    said = decode(changed("meeting.risk_alert", of={"armn_details": armn}))
    assert said.detail.endswith(words)
    assert "ada" not in said.detail


# -- what is no event


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"event":1}',
        b'{"event":"meeting.started"}',
        b'{"event":"meeting.started","payload":{"object":{}}}',
        body("meeting.started")[:-1],
        changed("meeting.started", of={"uuid": ""}),
        changed("meeting.started", of={"id": None}),
        changed("meeting.started", event_ts=None),
        changed("meeting.participant_left", of={"participant": None}),
        changed("meeting.participant_left", {"participant_uuid": "x" * 1000}),
        changed("meeting.participant_left", {"user_name": ["x"]}),
        changed("meeting.registration_created", of={"registrant": {"id": ""}}),
        changed("meeting.registration_created", of={"registrant": ...}),
        b'{"event":"meeting.started","event_ts":1,"payload":{"object":{"id":"1","uuid":"\\ud800 "}}}',
        b'{"event":"meeting.started","event_ts":1,"payload":' + b"[" * 300_000,
        b'{"event":"meeting.started","event_ts":1,"payload":{"object":{"id":' + b"9" * 5000 + b',"uuid":"x"}}}',
    ],
)
def test_what_cannot_be_read_is_the_one_error(content: bytes) -> None:
    with pytest.raises(WireError):
        decode(content)


def _read(content: bytes) -> Delivery | None:
    """Any other error than the one fails the test that asks."""
    try:
        return decode(content)
    except WireError:
        return None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_delivery_or_the_one_error(content: bytes) -> None:
    said = _read(content)
    assert said is None or isinstance(said, Delivery)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_KEYS = "id user_id user_name participant_uuid participant_user_id email registrant_id phone_number join_time".split()
_KEYS += "leave_time leave_reason date_time new_role sharing_details".split()


@given(
    st.sampled_from(sorted(name for name in EXPECTED if name.startswith("meeting.participant"))),
    st.dictionaries(st.sampled_from(_KEYS), _json),
    st.dictionaries(st.sampled_from(["id", "uuid", "host_id", "end_time", "participant", "armn_details"]), _json),
    _json,
)
def test_any_values_of_the_known_keys_are_a_delivery_or_the_one_error(
    name: str, who: dict[str, object], of: dict[str, object], stamp: object
) -> None:
    kept = of if not who else {key: value for key, value in of.items() if key != "participant"}
    said = _read(changed(name, who, kept, event_ts=stamp))
    assert said is None or said.kind is Kind.IGNORED or (said.number and said.instance and said.key)
