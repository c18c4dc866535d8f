"""Other people's text on a terminal: inert, visible, bounded."""

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from guardian.cli.terminal import LONGEST_SHOWN, exit_code, safe, terminal_safe
from guardian.errors import ConfigError, DataDirectoryInUseError, DeniedError, GuardianError, JournalDamagedError

HOSTILE = [
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\",
    "\x9b31m",
    "a\rAnn Adams admitted",
    "a\nb",
    "a\tb",
    "a\x08\x08b",
    "Ann\u202eedoC",
    "\u2066x\u2069",
    "A\u200bnn",
    "\ufeffAnn",
    "a\u2028b",
    "\ud800",
    "\ue000",
    "\U000e0041",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_commands_or_deceives_a_terminal_is_written_out(text: str) -> None:
    shown = terminal_safe(text)
    assert "\\u{" in shown
    assert all(unicodedata.category(c)[0] != "C" and unicodedata.category(c) not in {"Zl", "Zp"} for c in shown)


def test_a_name_is_shown_as_it_is() -> None:
    for name in ("Ann Adams", "Zoë O’Brien-Łęcka", "李小龙", "نور", "अनिता", "👩🏽 Ann", "[bold]Ann[/bold]"):
        assert terminal_safe(name) == name


def test_spaces_of_every_width_become_plain_spaces() -> None:
    assert terminal_safe("Ann\u3000Adams\u00a0x") == "Ann Adams x"


def test_a_long_name_is_cut_and_says_so() -> None:
    shown = terminal_safe("x" * 1000)
    assert shown == "x" * LONGEST_SHOWN + "…"


def test_a_pile_of_marks_does_not_climb_over_other_lines() -> None:
    shown = terminal_safe("a" + "\u0301" * 50)
    assert shown.count("\u0301") == 3


@given(st.text(st.characters(), max_size=200))
def test_whatever_is_typed_stays_on_one_line_without_a_control_character(text: str) -> None:
    shown = terminal_safe(text)
    assert shown.isprintable()


@given(st.text(st.characters(), max_size=80))
def test_markup_stays_text_when_it_is_printed(text: str) -> None:
    out = io.StringIO()
    Console(file=out, force_terminal=True, color_system=None, width=10_000).print(safe(f"[red]{text}[/red]"), end="")
    assert "\x1b" not in out.getvalue()
    assert out.getvalue().startswith("[red]")


def test_exit_codes_tell_wrong_use_from_refusal() -> None:
    assert exit_code(ConfigError("x")) == 2
    for error in (DeniedError("x"), DataDirectoryInUseError("x"), JournalDamagedError("x"), GuardianError("x")):
        assert exit_code(error) == 1
