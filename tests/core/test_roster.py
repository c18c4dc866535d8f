"""Who it is: ``Roster.match``, a name together with accounts, addresses and who is inside. Names alone: test_match."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardian.core.identity import Evidence, Proof, keys, strong_keys
from guardian.core.roster import Match, MatchKind, Person, Role, Roster

ANN = Person("ann", "Ann Adams", accounts=("ann@school",), emails=("adams@home",), phones=("+44 20 7946 0001",))
AMY = Person("amy", "Amy Adams", emails=("adams@home",))
BEN = Person("ben", "Ben Brown", aliases=("Benny B Brown",), accounts=("Ben@School", "registrant:r-7", "link:l-7"))
JON = Person("jon", "Jon Jones", accounts=("jon1@school",))
JON2 = Person("jon2", "Jon Jones", accounts=("jon2@school",))
JOSE = Person("jose", "José Núñez O'Neil")
TESS = Person("tess", "Tess Teacher", Role.HOST, accounts=("tess@school",))
CLASS = Roster("v1", (ANN, AMY, BEN, JON, JON2, JOSE, TESS))


def match(name: str = "", **evidence: object) -> Match:
    return CLASS.match(Evidence(name=name, **evidence))  # type: ignore[arg-type]


def is_person(found: Match, person: Person, *proofs: Proof) -> None:
    assert (found.kind, found.person, found.proofs) == (MatchKind.PERSON, person, frozenset(proofs))
    assert found.reason


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("Ann Adams", ANN),
        ("ann ADAMS", ANN),
        ("  Ann   Adams ", ANN),
        ("Ａｎｎ Ａｄａｍｓ", ANN),
        ("Benny B Brown", BEN),
        ("José Núñez O'Neil", JOSE),
        ("JOSE\u0301 NU\u0301N\u0303EZ O'NEIL", JOSE),
    ],
)
def test_the_normalised_exact_full_name_or_alias_fits_by_name_only(name: str, person: Person) -> None:
    is_person(match(name), person, Proof.NAME_EXACT)


@pytest.mark.parametrize("name", ["Ann", "Adams", "Ann Smith", "Brown (phone)", "Ben Jones", "Smith, Ann", "Ann-Smith"])
def test_any_part_of_a_name_on_the_list_is_a_doubt_with_candidates(name: str) -> None:
    found = match(name)
    assert found.kind is MatchKind.DOUBT
    assert found.person is None
    assert not found.proofs
    assert found.candidates


@pytest.mark.parametrize("name", ["Zoltan Nobody", "Annabel Adamson", "Q", "12345", "Mallory", "' OR 1=1 --"])
def test_who_shares_no_part_of_a_name_is_nobody(name: str) -> None:
    assert match(name).kind is MatchKind.NOBODY


@pytest.mark.parametrize("name", ["", "   ", "iPad", "iPhone", "Galaxy Tablet", "user", "\u3000"])
def test_a_device_or_a_blank_is_a_doubt(name: str) -> None:
    found = match(name)
    assert found.kind is MatchKind.DOUBT
    assert not found.candidates


@pytest.mark.parametrize(
    "name",
    [
        "Аnn Adams",  # a Cyrillic letter in a Latin word
        "Ann Adаms",
        "Ann\u200bAdams",
        "Ann \u202eAdams",
        "\u2066Ann Adams",
        "Ann Ad\u00adams",
        "Вен Вrown",
        "Zo\u200blt\u202ean",
        "Ann\x00 Adams",
    ],
)
def test_a_look_alike_or_hidden_characters_are_contradicted(name: str) -> None:
    found = match(name)
    assert found.kind is MatchKind.CONTRADICTED
    assert found.person is None
    assert not found.proofs


def test_a_name_wholly_in_other_letters_that_looks_like_one_on_the_list_is_contradicted() -> None:
    roster = Roster("v", (Person("hope", "Hope Poe"),))
    assert roster.match(Evidence("Норе Рое")).kind is MatchKind.CONTRADICTED


def test_a_child_whose_real_name_is_in_another_script_is_no_attack() -> None:
    roster = Roster("v", (Person("an", "Анна Иванова"), Person("li", "李小龙")))
    assert roster.match(Evidence("Анна Иванова")).kind is MatchKind.PERSON
    assert roster.match(Evidence("анна иванова")).kind is MatchKind.PERSON
    assert roster.match(Evidence("李小龙")).kind is MatchKind.PERSON
    assert roster.match(Evidence("Дмитрий Петров")).kind is MatchKind.NOBODY


def test_a_name_that_two_people_bear_is_a_doubt_between_them() -> None:
    found = match("Jon Jones")
    assert found.kind is MatchKind.DOUBT
    assert set(found.candidates) == {"jon", "jon2"}


def test_an_account_tells_two_people_of_one_name_apart() -> None:
    is_person(match("Jon Jones", account="jon2@school"), JON2, Proof.VERIFIED, Proof.NAME_EXACT)


@pytest.mark.parametrize("account", ["ann@school", "ANN@School"])
def test_a_signed_in_account_on_the_list_is_verified_whatever_the_name(account: str) -> None:
    is_person(match("Some Tablet", account=account), ANN, Proof.VERIFIED)
    is_person(match("Ann Adams", account=account), ANN, Proof.VERIFIED, Proof.NAME_EXACT)


def test_a_token_a_link_and_a_registrant_have_their_own_strength() -> None:
    is_person(match("x", token="ben@school"), BEN, Proof.TOKEN)
    is_person(match("x", link="l-7"), BEN, Proof.TOKEN)
    is_person(match("x", registrant="r-7"), BEN, Proof.REGISTRANT)


def test_an_account_never_stands_for_a_registrant_or_link_of_the_same_text() -> None:
    assert match("x y", account="r-7").kind is not MatchKind.PERSON
    assert match("x y", registrant="ben@school").kind is not MatchKind.PERSON


def test_signed_in_with_another_account_under_a_childs_name_is_contradicted() -> None:
    assert match("Ann Adams", account="zed@evil").kind is MatchKind.CONTRADICTED
    assert match("Ann Adams", token="zed@evil").kind is MatchKind.CONTRADICTED
    assert match("Ann Adams", email="zed@evil").kind is MatchKind.CONTRADICTED


def test_signed_in_with_some_account_where_the_list_knows_none_is_the_name_only() -> None:
    is_person(match("José Núñez O'Neil", account="jose@somewhere"), JOSE, Proof.NAME_EXACT)


def test_a_proven_child_who_shows_another_childs_name_is_still_that_child_and_it_is_noted() -> None:
    found = match("Ben Brown", account="ann@school")
    assert (found.kind, found.person, found.shows) == (MatchKind.PERSON, ANN, "ben")


def test_two_proofs_of_two_people_are_never_one_person() -> None:
    found = match("x", account="ann@school", token="ben@school")
    assert found.kind is not MatchKind.PERSON


def test_siblings_who_share_an_address_are_told_apart_by_name_only() -> None:
    is_person(match("Ann Adams", email="adams@home"), ANN, Proof.VERIFIED, Proof.NAME_EXACT)
    is_person(match("Amy Adams", email="Adams@Home"), AMY, Proof.VERIFIED, Proof.NAME_EXACT)
    found = match("The Adams Family", email="adams@home")
    assert found.kind is MatchKind.DOUBT
    assert set(found.candidates) == {"ann", "amy"}


def test_a_typed_address_or_callers_number_only_supports_a_name() -> None:
    is_person(match("Ann Adams", claimed_email="adams@home"), ANN, Proof.NAME_EXACT, Proof.CLAIMED)
    is_person(match("Ann Adams", phone="0044 20 7946 0001"), ANN, Proof.NAME_EXACT)
    assert match("Zoltan Nobody", claimed_email="adams@home").kind is MatchKind.DOUBT
    assert match("Zoltan Nobody", phone="+442079460001").kind is MatchKind.DOUBT


def test_a_typed_address_that_belongs_to_somebody_else_is_a_doubt() -> None:
    found = match("José Núñez O'Neil", claimed_email="adams@home")
    assert found.kind is MatchKind.DOUBT
    assert "jose" in found.candidates


@pytest.mark.parametrize("length", [121, 1_000, 100_000])
def test_a_name_longer_than_any_is_not_read(length: int) -> None:
    found = match("Ann Adams " * (length // 10 + 1))
    assert found.kind in {MatchKind.NOBODY, MatchKind.CONTRADICTED}


def test_an_overlong_name_takes_nothing_from_an_account() -> None:
    found = match("x" * 1000, account="ann@school")
    assert (found.kind, found.person) == (MatchKind.PERSON, ANN)


def test_who_is_inside_is_not_matched_again_by_a_name_or_a_registration_but_by_a_strong_proof() -> None:
    for shown in (Evidence("Ben Brown"), Evidence("x", registrant="r-7")):
        found = CLASS.match(shown, {"ben"})
        assert (found.kind, found.candidates) == (MatchKind.DOUBT, ("ben",))
        assert "already inside" in found.reason
        assert CLASS.match(shown, {"ann"}).person == BEN
    is_person(CLASS.match(Evidence("x", account="ben@school"), {"ben"}), BEN, Proof.VERIFIED)


@pytest.mark.parametrize(
    ("listed", "shown"),
    [
        ("ann.b.adams@gmail.com", "annbadams@gmail.com"),
        ("ann.b.adams@gmail.com", "Ann.BAdams@GoogleMail.com"),
        ("annadams@googlemail.com", "ann.adams+class@gmail.com"),
        ("ann@school.example", "ANN@School.Example"),
    ],
)
def test_addresses_that_are_one_mailbox_are_one_address(listed: str, shown: str) -> None:
    person = Person("p", "Ann Adams", emails=(listed,))
    is_person(Roster("v", (person,)).match(Evidence("zz", email=shown)), person, Proof.VERIFIED)


@pytest.mark.parametrize(
    "shown",
    [
        "an.n@school.example",
        "ann@school.example.org",
        "ann@mail.school.example",
        "ann@sch00l.example",
        "ann1@school.example",
        '"ann"@school.example',
        "ann@\u017fchool.example",
        "ann@school.example.",
        "аnn@school.example",
    ],
)
def test_an_address_that_only_looks_like_hers_speaks_against_the_name(shown: str) -> None:
    roster = Roster("v", (Person("p", "Ann Adams", emails=("ann@school.example",)),))
    found = roster.match(Evidence("Ann Adams", email=shown))
    assert (found.kind, found.person, found.candidates) == (MatchKind.CONTRADICTED, None, ("p",))
    assert roster.match(Evidence("Zoltan Nobody", email=shown)).kind is MatchKind.NOBODY


def test_an_address_with_a_plus_elsewhere_supports_the_name_and_is_no_proof_of_its_own() -> None:
    person = Person("p", "Ann Adams", emails=("ann@school.example",))
    roster = Roster("v", (person,))
    is_person(
        roster.match(Evidence("Ann Adams", email="ann+x@school.example")), person, Proof.NAME_EXACT, Proof.CLAIMED
    )
    assert roster.match(Evidence("zz", email="ann+x@school.example")).kind is MatchKind.NOBODY


def test_a_registration_on_the_list_is_no_account_that_another_account_could_speak_against() -> None:
    person = Person("p", "Ann Adams", accounts=("registrant:r-1", "link:l-1"))
    is_person(Roster("v", (person,)).match(Evidence("Ann Adams", account="mum@home")), person, Proof.NAME_EXACT)


def test_a_first_name_tells_siblings_apart_who_share_an_address() -> None:
    is_person(match("amy :)", email="adams@home"), AMY, Proof.VERIFIED)
    assert match("Amy's mum", email="adams@home").kind is MatchKind.PERSON
    assert match("Zoltan", email="adams@home").kind is MatchKind.DOUBT


def test_the_names_of_accounts_are_compared_by_ascii_case_only() -> None:
    roster = Roster("v", (Person("p", "Ann Adams", accounts=("kim@school",)),))
    assert roster.match(Evidence("zz", account="\u212aim@school")).kind is MatchKind.NOBODY
    assert roster.match(Evidence("zz", account="KIM@school")).kind is MatchKind.PERSON


def test_an_empty_list_fits_nobody() -> None:
    assert Roster("v", ()).match(Evidence("Ann Adams", account="ann@school")).kind is MatchKind.NOBODY


def test_the_answer_is_the_same_when_asked_again_and_after_many_others() -> None:
    first = match("Ann Adams")
    for n in range(5000):
        CLASS.match(Evidence(f"Somebody{n}"))
    assert match("Ann Adams") == first


def test_guests_are_people_of_the_list_for_today() -> None:
    gus = Person("gus", "Gus Guest", Role.GUEST)
    is_person(CLASS.with_guests((gus,)).match(Evidence("Gus Guest")), gus, Proof.NAME_EXACT)
    assert CLASS.with_guests(()) is CLASS
    assert CLASS.with_guests((gus,)).version != CLASS.version


def test_a_guest_who_bears_a_childs_name_makes_it_a_doubt() -> None:
    found = CLASS.with_guests((Person("g", "Ann Adams", Role.GUEST),)).match(Evidence("Ann Adams"))
    assert found.kind is MatchKind.DOUBT


def test_people_are_valid_from_until() -> None:
    person = replace(ANN, valid_from=10.0, valid_until=20.0)
    assert [person.valid(now) for now in (9.9, 10.0, 19.9, 20.0)] == [False, True, True, False]
    assert ANN.valid(0.0)


def test_the_keys_of_a_bar_never_hold_a_display_name() -> None:
    evidence = Evidence("Ann Adams", account="a", email="M@H", token="t", link="l", registrant="r", phone="1")
    assert strong_keys(evidence) == {"account:a", "email:m@h", "token:t", "link:l", "registrant:r"}
    assert keys("h", evidence) == strong_keys(evidence) | {"handle:h"}
    assert keys("h", Evidence("Ann Adams", claimed_email="x@y")) == {"handle:h"}
