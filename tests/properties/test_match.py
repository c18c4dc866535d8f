"""What no row of a sample can say of matching: over any list, any name as typed, and any evidence added to it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from guardian.core.identity import STRONG_PROOFS, Evidence, Proof
from guardian.core.match import Fit, NameIndex
from guardian.core.names import LONGEST_NAME
from guardian.core.policy import Policy
from guardian.core.roster import Match, MatchKind, Person, Roster
from guardian.core.scripts import LOOK_ALIKES, look_alike_form

_DEEP = os.environ.get("GUARDIAN_PROPERTIES") == "deep"
PLAYS = settings(
    deadline=None,
    derandomize=not _DEEP,
    database=None,
    max_examples=int(os.environ.get("GUARDIAN_EXAMPLES", "5000")) if _DEEP else 200,
)

FIRST = ("Ann", "Anne-Marie", "Bob", "Robert", "Zoë", "Zoe", "José", "Ольга", "Γιώργος", "서", "秀英", "राधिका", "عمر")
LAST = (
    "Adams",
    "O'Neill",
    "dos Santos",
    "Müller",
    "Mueller",
    "Щербакова",
    "王",
    "지훈",
    "शर्मा",
    "خليل",
    "Yılmaz",
    "Ann",
)
DRESS = (
    "{}", "{} (she/her)", "{}'s iPad", "iPad de {}", "7B {}", "({})", "{} 🎈", "\ufeff{}", "{} and Bob", "Mum of {}",
    "{}, {}", "Host {}", "{} - Year 7", "{} & Zoe Mueller", "x ({})",
)  # fmt: skip
HIDDEN = "\u200b\u202e\u2066\u00ad\u2060\ufeff\u180e\u034f\u3164\u115f\u200d\x00\x07"
STRANGERS = (
    {"account": "zed@evil"}, {"email": "zed@evil.example"}, {"claimed_email": "zed@evil.example"}, {"token": "t-zed"},
    {"registrant": "r-zed"}, {"phone": "+1 555 0199"}, {"link": "l-zed"},
    {"account": "z", "email": "ann@school.example.org", "claimed_email": "annn@gmail.com"},
)  # fmt: skip

TWINS = {
    letter: [twin for twin in sorted(LOOK_ALIKES) if look_alike_form(twin.casefold()) == letter]
    for letter in "abcdehijlmnopqrstuvwxyz"
}

texts = st.text(max_size=LONGEST_NAME + 5)


@st.composite
def names(draw: st.DrawFn) -> str:
    """A name as on a list: one word, two, or one in the middle."""
    first, last = draw(st.sampled_from(FIRST)), draw(st.sampled_from(LAST))
    middle = draw(st.sampled_from((*FIRST, *LAST, "", "", "B.")))
    return draw(st.sampled_from((f"{first} {last}", f"{first} {middle} {last}", f"{last} {first}", first)))


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """A small list in which names, addresses and accounts are shared more often than in life."""
    people = []
    for number, name in enumerate(draw(st.lists(names(), min_size=1, max_size=6))):
        emails = draw(st.sampled_from(((), ("ann@school.example",), ("a.n.n@gmail.com",), ("bob@school.example",))))
        accounts = draw(st.sampled_from(((), (f"acc-{number}",), ("acc-shared",), (f"registrant:r-{number}",))))
        aliases = draw(st.sampled_from(((), ("Panda77",), ("Bob Adams",))))
        people.append(Person(f"p{number}", name, aliases=aliases, emails=emails, accounts=accounts))
    return Roster("v", tuple(people))


@st.composite
def shown(draw: st.DrawFn) -> str:
    """A name as typed: a listed one in some dress, a slip in it, or anything at all."""
    name = draw(names())
    dressed = draw(st.sampled_from(DRESS)).format(name, draw(names()))
    at = draw(st.integers(0, len(dressed)))
    return draw(st.sampled_from((dressed, dressed.upper(), dressed[:at] + draw(texts)[:3] + dressed[at:], draw(texts))))


evidences = st.builds(
    Evidence,
    shown(),
    account=st.sampled_from((None, None, "acc-1", "acc-shared", "ACC-2")),
    email=st.sampled_from((None, None, "ann@school.example", "ann@gmail.com", "bob+x@school.example")),
    claimed_email=st.sampled_from((None, None, "bob@school.example")),
    registrant=st.sampled_from((None, None, "r-1")),
)


@PLAYS
@given(rosters(), evidences, st.sampled_from(STRANGERS))
def test_a_strangers_evidence_beside_it_never_turns_a_hold_into_somebody(
    roster: Roster, evidence: Evidence, more: dict[str, Any]
) -> None:
    free = {field: value for field, value in more.items() if getattr(evidence, field) is None}
    before, after = roster.match(evidence), roster.match(replace(evidence, **free))
    assert after.person is None or after.person == before.person
    assert after.proofs & STRONG_PROOFS <= before.proofs & STRONG_PROOFS


@PLAYS
@given(rosters(), evidences, st.data())
def test_the_order_of_the_list_changes_nothing(roster: Roster, evidence: Evidence, data: st.DataObject) -> None:
    turned = Roster("w", tuple(data.draw(st.permutations(roster.people))))
    assert turned.match(evidence) == roster.match(evidence)


@PLAYS
@given(rosters(), evidences)
def test_every_answer_is_whole_and_has_its_reason(roster: Roster, evidence: Evidence) -> None:
    found = roster.match(evidence)
    assert found.reason
    assert (found.person is not None) is (found.kind is MatchKind.PERSON)
    assert bool(found.proofs) is (found.kind is MatchKind.PERSON)
    assert not found.proofs >= {Proof.NAME_CLOSE, Proof.NAME_EXACT}
    assert set(found.candidates) <= set(roster.by_id)


@PLAYS
@given(rosters(), shown())
def test_a_name_alone_never_opens_the_default_gate(roster: Roster, name: str) -> None:
    assert not roster.match(Evidence(name)).proofs & Policy().gate


@PLAYS
@given(rosters(), shown())
def test_a_name_alone_is_nobody_once_everybody_is_inside(roster: Roster, name: str) -> None:
    assert roster.match(Evidence(name, registrant="r-1"), roster.by_id).person is None


@PLAYS
@given(rosters(), texts)
def test_any_text_at_all_is_answered(roster: Roster, name: str) -> None:
    assert isinstance(roster.match(Evidence(name)), Match)


@PLAYS
@given(rosters(), st.text(min_size=1, max_size=20))
def test_a_name_without_end_is_not_read(roster: Roster, piece: str) -> None:
    endless = (roster.people[0].name + piece) * 10_000
    assert NameIndex([(person.name,) for person in roster.people]).find(endless).fit is Fit.NONE


@PLAYS
@given(names(), st.sampled_from(HIDDEN), st.data())
def test_a_hidden_character_inside_a_name_never_makes_it_anybodys(name: str, hidden: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(name) - 1)) if len(name) > 1 else 0
    assume(at)
    roster = Roster("v", (Person("p", name),))
    assert roster.match(Evidence(name[:at] + hidden + name[at:])).person is None


@st.composite
def copied_with_a_look_alike(draw: st.DrawFn) -> tuple[str, str]:
    """A name of Latin letters, and the same with one that looks like it."""
    name = draw(st.sampled_from(("Ann Adams", "Bob O'Neill", "José dos Santos", "Zoë Müller", "Lars Ypsilanti")))
    at = draw(st.sampled_from([place for place, char in enumerate(name) if char.casefold() in TWINS]))
    return name, name[:at] + draw(st.sampled_from(TWINS[name[at].casefold()])) + name[at + 1 :]


@PLAYS
@given(copied_with_a_look_alike())
def test_a_look_alike_letter_never_makes_it_anybodys(names_: tuple[str, str]) -> None:
    name, copy = names_
    found = Roster("v", (Person("p", name),)).match(Evidence(copy))
    assert found.person is None
    assert found.kind is not MatchKind.NOBODY


@PLAYS
@given(names(), names())
def test_who_is_listed_is_found_by_the_very_name(name: str, other: str) -> None:
    roster = Roster("v", (Person("p", name), Person("q", other)))
    found = roster.match(Evidence(name))
    assert found.person == roster.people[0] or "p" in found.candidates
