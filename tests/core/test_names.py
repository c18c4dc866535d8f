"""Reading a display name: the attacker's text. Never raises, whatever is typed."""

from __future__ import annotations

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from guardian.core.names import LONGEST_NAME, look_alike_form, normalise, read

PLAIN = st.text(st.characters(codec="utf-8"), max_size=60)


@for_all(PLAIN)
def test_normalising_twice_is_normalising_once(name: str) -> None:
    assert normalise(normalise(name)) == normalise(name)


@for_all(st.text(max_size=200))
def test_any_text_at_all_can_be_read(name: str) -> None:
    found = read(name)
    assert found.overlong is (len(name) > LONGEST_NAME)
    assert found.text == found.text.strip()


@for_all(PLAIN)
def test_case_and_spacing_never_matter(name: str) -> None:
    assert normalise(f"  {name}\t") == normalise(name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ANN  Adams", "ann adams"),
        ("Straße", "strasse"),
        ("ﬁona", "fiona"),
        ("Ann\u00a0Adams", "ann adams"),
        ("A\u200bnn", "ann"),
        ("\u202eAnn\u202c", "ann"),
    ],
)
def test_what_is_only_presentation_is_dropped(name: str, text: str) -> None:
    assert normalise(name) == text


@pytest.mark.parametrize(
    "name", ["An\u200bn", "\u202eAnn", "Ann\x07", "An\ufeffn", "\u2066Ann\u2069", "A\u034fnn", "Ann\u3164"]
)
def test_hidden_characters_are_an_attack(name: str) -> None:
    assert read(name).attack


@pytest.mark.parametrize("name", ["Ann\u200b", "\ufeffAnn", "\u2060Ann", "\u200fAnn"])
def test_what_copying_leaves_at_the_ends_is_no_attack(name: str) -> None:
    assert read(name).attack is None


@pytest.mark.parametrize("name", ["A\u0337n\u0337n", "A\u0300\u0316\u0323nn", "𝐀nn", "Ann Ⓐdams"])
def test_piled_marks_and_decorated_letters_among_plain_ones_are_an_attack(name: str) -> None:
    assert read(name).attack


@pytest.mark.parametrize("name", ["👩‍🏫 Ann", "Ann ❤️", "می‌خواهم", "O'Neil", "Анна Smith", "李 Ann", "Jean-Luc"])
def test_emoji_persian_joiners_and_two_whole_scripts_are_no_attack(name: str) -> None:
    assert read(name).attack is None


@pytest.mark.parametrize("name", ["Аnn", "Beп", "Zοltan", "Hоpe Poe"])
def test_two_scripts_in_one_word_are_an_attack(name: str) -> None:
    assert read(name).attack


def test_look_alikes_share_one_form() -> None:
    assert look_alike_form(normalise("Норе")) == look_alike_form(normalise("Hope"))
    assert look_alike_form(normalise("Hope")) != look_alike_form(normalise("Hype"))


@pytest.mark.parametrize("name", ["iPad", "IPHONE", "Samsung Galaxy", "user 7", "", "  "])
def test_devices_and_blanks_are_told_from_names(name: str) -> None:
    assert read(name).device


@pytest.mark.parametrize("name", ["Ann's iPad", "Ipa Dorn", "Max Mobile-Smith"])
def test_a_device_with_a_name_is_not_only_a_device(name: str) -> None:
    assert not read(name).device


def test_an_overlong_name_is_not_read_at_all() -> None:
    found = read("Ann Adams" + " " * LONGEST_NAME)
    assert found.overlong
    assert not found.words
