"""The log: events with fields, and nothing in them that names a child or opens a door."""

import io
import json
import logging
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from guardian.log import LONGEST, WITHHELD, clean, configure


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def stream() -> io.StringIO:
    out = io.StringIO()
    configure("info", "json", out)
    return out


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_of_json_with_its_fields(stream: io.StringIO) -> None:
    structlog.get_logger().info("admitted", occurrence="fitness-1", handle="a1", milliseconds=3.5, late=True, who=None)
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "admitted",
        "level": "info",
        "occurrence": "fitness-1",
        "handle": "a1",
        "milliseconds": 3.5,
        "late": True,
        "who": None,
    }


def test_context_is_bound_to_every_line(stream: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(meeting="fitness"):
        structlog.get_logger().info("opened")
    assert lines(stream)[0]["meeting"] == "fitness"


@pytest.mark.parametrize(
    "key",
    ["name", "display_name", "names", "email", "claimed_email", "password", "access_token", "Authorization", "phone"],
)
def test_a_field_that_may_name_somebody_or_hold_a_secret_is_withheld(stream: io.StringIO, key: str) -> None:
    structlog.get_logger().info("seen", **{key: "Ada Lovelace", "nested": {key: ["Ada"]}})
    assert "Ada" not in stream.getvalue()
    (line,) = lines(stream)
    assert line[key] == WITHHELD
    assert line["nested"] == {key: WITHHELD}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("wss://meet.example/xmpp?room=a&token=b", f"wss://meet.example/xmpp?{WITHHELD}"),
        ("see https://x.example/j#secret now", f"see https://x.example/j?{WITHHELD} now"),
        ("postgresql://me:pw@db/guardian", "postgresql://db/guardian"),
        ("refused ada@school.example", f"refused {WITHHELD}"),
        ("Bearer eyJhbGciOi.eyJzdWIi.sig-1", f"Bearer {WITHHELD}"),
        ("a\nb\x1b[31m\u202e\u200bc", "a�b�[31m��c"),
        ("x" * 2000, "x" * LONGEST + "…"),
    ],
)
def test_a_text_is_made_harmless(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_an_object_that_might_show_a_name_is_only_its_class(stream: io.StringIO) -> None:
    class Person:
        def __repr__(self) -> str:
            return "Ada Lovelace"

    class Word(StrEnum):
        ONE = "one"

    deep: object = "end"
    for _ in range(10):
        deep = {"in": deep}
    structlog.get_logger().info("seen", what=Person(), path=Path("a/b"), word=Word.ONE, some=[1, Person()], deep=deep)
    (line,) = lines(stream)
    assert line["what"] == "<Person>"
    assert line["path"] == "a/b"
    assert line["word"] == "one"
    assert line["some"] == [1, "<Person>"]
    assert "end" not in str(line["deep"])


def test_an_exception_is_its_class_and_where_it_came_from_never_its_text(stream: io.StringIO) -> None:
    try:
        int("Ada Lovelace")
    except ValueError as error:
        structlog.get_logger().error("crashed", exc_info=True)
        structlog.get_logger().error("crashed", exc_info=error)
        structlog.get_logger().exception("crashed")
    structlog.get_logger().error("crashed", exc_info=None)
    assert "Ada" not in stream.getvalue()
    first, second, third, none = lines(stream)
    for line in (first, second, third):
        assert line["error"] == "ValueError"
        assert line["trace"][0].startswith("test_log.py:")
    assert "error" not in none


def test_a_librarys_warning_is_told_without_what_it_was_about(stream: io.StringIO) -> None:
    log = logging.getLogger("some.library")
    log.warning("cannot reach %s for %s", "https://x.example", "Ada Lovelace")
    log.info("not this")
    try:
        Path("Ada").stat()
    except OSError:
        log.exception("broken")
    log.error(ValueError("Ada"))
    assert "Ada" not in stream.getvalue()
    warning, broken, strange = lines(stream)
    assert warning["event"] == "library"
    assert warning["logger"] == "some.library"
    assert warning["level"] == "warning"
    assert warning["says"] == "cannot reach %s for %s"
    assert broken["error"] == "FileNotFoundError"
    assert strange["says"] == ""


def test_the_level_holds(stream: io.StringIO) -> None:
    configure("warning", "json", stream)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_configuring_again_does_not_double_the_lines_of_libraries(stream: io.StringIO) -> None:
    configure("info", "json", stream)
    logging.getLogger("some.library").warning("once")
    assert len(lines(stream)) == 1


def test_on_a_terminal_lines_are_for_people() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    configure("info", "auto", out)
    structlog.get_logger().info("admitted", occurrence="fitness-1", name="Ada")
    assert "admitted" in out.getvalue()
    assert "fitness-1" in out.getvalue()
    assert "Ada" not in out.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(out.getvalue())
    plain = io.StringIO()
    configure("info", "auto", plain)
    structlog.get_logger().info("admitted")
    assert json.loads(plain.getvalue())["event"] == "admitted"


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_breaks_a_line_or_the_log(event: str, value: str) -> None:
    out = io.StringIO()
    configure("info", "json", out)
    structlog.get_logger().info(event, field=value, listed=[value], keyed={value: value})
    (line,) = lines(out)
    assert all(c.isprintable() for c in line["event"] + line["field"])
