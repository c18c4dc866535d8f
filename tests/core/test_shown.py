"""How a name may be shown in a mail."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guardian.core.shown import LONGEST_SHOWN, display_name, inert


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada Lovelace", "Ada L."),
        ("Ada", "Ada"),
        ("Lovelace, Ada", "Ada L."),
        ("  Ada   King  Lovelace ", "Ada L."),
        ("Ada O'Brien-Müller", "Ada O."),
        ("Zoë Ångström", "Zoë Å."),
        ("王小明", "王小明"),
        ("Ada 'quoted'", "Ada q."),
        ("Ada ...", "Ada"),
        ("iPad", "iPad"),
        ("", "(nameless)"),
        (" \u200b\u202e\x00 ", "(nameless)"),
        ("!!!", "!!!"),
        ("Ada\r\nBcc: everyone@evil.example", "Ada e."),
        ("evil.example/path", "evil[.]example/path"),
        ("https://evil.example", "https[:]//evil[.]example"),
        ("ada@evil.example", "ada[at]evil[.]example"),
        ("A" * 1000, "A" * 39 + "…"),
        ("A\u0301\u0302\u0303\u0304\u0305", "Á\u0302\u0303"),
    ],
)
def test_a_name_is_shown_as_first_name_and_initial(name: str, shown: str) -> None:
    assert display_name(name) == shown


def test_a_full_name_is_shown_only_on_demand() -> None:
    assert display_name("Ada  King Lovelace", full=True) == "Ada King Lovelace"


def test_a_long_line_is_cut() -> None:
    assert inert("x" * 50, 10) == "x" * 9 + "…"


@given(st.text(max_size=200))
def test_whatever_somebody_types_becomes_a_short_visible_line(name: str) -> None:
    for full in (False, True):
        shown = display_name(name, full=full)
        assert 0 < len(shown) <= LONGEST_SHOWN
        assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for c in shown)
        assert "@" not in shown
        assert "://" not in shown


@example(": @")
@example("B, :,")
@given(st.text(alphabet=st.sampled_from("ab .,'-@:/ÄéB\u0301"), max_size=30))
def test_shortening_twice_changes_nothing(name: str) -> None:
    once = display_name(name)
    assert display_name(once) == once
