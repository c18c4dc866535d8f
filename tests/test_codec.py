"""Every record of the core survives the journal's coding, value for value."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardian.codec import Record, decode, encode
from guardian.core.actions import Ask, Decision
from guardian.core.events import Event, Opened, Seen
from guardian.core.identity import Evidence
from guardian.core.roster import Person
from guardian.errors import JournalError

CLASSES = (*get_args(Event), *get_args(Decision))
# What JSON can carry: no lone surrogates, no NaN. Times are ordinary floats.
st.register_type_strategy(str, st.text(st.characters(codec="utf-8"), max_size=12))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))


@pytest.mark.parametrize("record_class", CLASSES, ids=lambda c: c.__name__)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_every_record_comes_back_as_it_was(record_class: type[Any], data: st.DataObject) -> None:
    record: Record = data.draw(st.from_type(record_class))
    body = encode(record)
    assert decode(body) == record
    assert type(decode(body)) is record_class


@pytest.mark.parametrize("record_class", CLASSES, ids=lambda c: c.__name__)
@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_every_record_is_json_that_a_human_can_read(record_class: type[Any], data: st.DataObject) -> None:
    body = json.loads(encode(data.draw(st.from_type(record_class))))
    assert body["t"] == record_class.__name__
    assert body["d"]["at"] is not None


def test_the_journal_knows_every_event_and_decision_by_its_own_name() -> None:
    assert len({c.__name__ for c in CLASSES}) == len(CLASSES)
    assert Opened in CLASSES
    assert Ask in CLASSES


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"t": "Seen"}',
        b'{"t": "Nothing", "d": {}}',
        b'{"t": "Woke", "d": {"at": "soon"}}',
        b'{"t": "Seen", "d": {"at": 1}}',
        b"\xff\xfe",
    ],
)
def test_a_row_that_cannot_be_read_is_an_error_of_the_journal(body: bytes) -> None:
    with pytest.raises(JournalError):
        decode(body)


def test_names_of_every_script_and_shape_survive() -> None:
    from guardian.core.identity import Facts, Place

    for name in ("李小龙", "👩‍🏫", "\u202eAnn", "<b>&\"'", "\x00\x1b[31m", "é" * 1000):
        record = Seen(1.0, Facts("h", Place.WAITING, Evidence(name)))
        assert decode(encode(record)) == record


def test_a_person_inside_a_record_is_compared_by_value() -> None:
    assert Person("a", "Ann Adams") == Person("a", "Ann Adams")
