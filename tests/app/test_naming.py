"""Whom a typed name means: exactly one, a list to pick from, or nobody. Never a guess."""

from hypothesis import given
from hypothesis import strategies as st

from guardian.app.naming import MOST_CANDIDATES, Meant, by_handle, by_name, by_person
from guardian.core.identity import Proof
from guardian.core.roster import Person
from guardian.core.standing import Standing
from guardian.core.verbs import Aim
from guardian.core.view import ConnectionView

ANN = Person("ann", "Ann Adams", aliases=("Annie",), accounts=("ann@school",))
BEN = Person("ben", "Ben Brown")
PEOPLE = (ANN, BEN)


def shown(
    name: str,
    handle: str = "h1",
    person: Person | None = None,
    standing: Standing = Standing.AMBIGUOUS,
    place: str = "waiting",
) -> ConnectionView:
    return ConnectionView(
        handle=handle,
        name=name,
        place=place,
        standing=standing,
        person=person.id if person else None,
        person_name=person.name if person else None,
        proofs=frozenset({Proof.NAME_EXACT}) if person else frozenset(),
        rule="",
        do="",
        reason="",
        since=0.0,
        sharing=False,
        moderator=False,
        word=None,
    )


def handles(meant: Meant) -> list[str | None]:
    return [candidate.handle for candidate in meant.candidates]


def test_the_only_connection_of_a_listed_person_is_meant_and_not_the_person() -> None:
    meant = by_name("Ann Adams", [shown("Ann Adams", person=ANN)], PEOPLE)
    assert meant.one is not None
    assert (meant.one.handle, meant.one.person) == ("h1", "ann")


def test_a_listed_person_who_is_not_here_is_meant_by_id() -> None:
    meant = by_name("ben  BROWN", [], PEOPLE)
    assert meant.one is not None
    assert (meant.one.handle, meant.one.person) == (None, "ben")


def test_an_alias_is_a_name() -> None:
    meant = by_name("annie", [shown("iPad", person=ANN)], PEOPLE)
    assert meant.one is not None
    assert meant.one.handle == "h1"


def test_a_stranger_is_meant_by_the_name_that_he_shows() -> None:
    meant = by_name("zoombomber", [shown("ZoomBomber", standing=Standing.NONE)], PEOPLE)
    assert meant.one is not None
    assert meant.one.handle == "h1"


def test_an_impostor_beside_an_absent_child_makes_her_name_ambiguous() -> None:
    meant = by_name("Ann Adams", [shown("Ann Adams", standing=Standing.CONTRADICTED)], PEOPLE)
    assert meant.one is None
    assert [(c.handle, c.person) for c in meant.candidates] == [(None, "ann"), ("h1", None)]


def test_two_connections_with_one_name_are_ambiguous_even_if_one_is_proven() -> None:
    meant = by_name(
        "Ann Adams",
        [shown("Ann Adams", "h1", ANN, Standing.PROVEN, "inside"), shown("Ann Adams", "h2", ANN)],
        PEOPLE,
    )
    assert meant.one is None
    assert handles(meant) == ["h1", "h2"]


def test_hidden_characters_do_not_make_another_name_of_it() -> None:
    meant = by_name("Ann Adams", [shown("Ann Adams", "h1", ANN), shown("Ann\u200b Adams", "h2")], PEOPLE)
    assert meant.one is None
    assert set(handles(meant)) == {"h1", "h2"}


def test_a_look_alike_name_is_offered_but_never_taken() -> None:
    meant = by_name("Cyd Clark", [shown("Cyd Сlаrk", standing=Standing.NONE)], PEOPLE)
    assert meant.one is None
    assert handles(meant) == ["h1"]


def test_a_part_of_a_name_is_offered_but_never_taken_even_if_only_one_fits() -> None:
    meant = by_name("Ann", [shown("Ann Adams", person=ANN)], PEOPLE)
    assert meant.one is None
    assert handles(meant) == ["h1"]


def test_a_stranger_who_takes_a_name_for_his_handle_gains_no_precedence() -> None:
    meant = by_name("Ann Adams", [shown("x", "Ann Adams", standing=Standing.NONE)], PEOPLE)
    assert meant.one is None
    assert [(c.handle, c.person) for c in meant.candidates] == [(None, "ann"), ("Ann Adams", None)]


def test_an_id_may_be_typed_as_a_name_when_nothing_else_fits() -> None:
    by_connection = by_name("h7", [shown("x", "h7")], PEOPLE)
    assert by_connection.one is not None
    assert by_connection.one.handle == "h7"
    by_listed = by_name("ben", [], PEOPLE)
    assert by_listed.one is not None
    assert by_listed.one.person == "ben"


def test_the_guardian_itself_is_nobody() -> None:
    connections = [shown("Guardian", "h0", standing=Standing.SELF)]
    assert by_name("Guardian", connections, PEOPLE) == Meant(None)
    assert by_handle("h0", connections) == Meant(None)


def test_only_who_is_here_can_be_removed() -> None:
    assert by_name("Ben Brown", [], PEOPLE, Aim.CONNECTION) == Meant(None)


def test_a_blank_name_means_nobody() -> None:
    assert by_name(" \u200b", [shown(""), shown("\u200b", "h2")], PEOPLE) == Meant(None)


def test_a_crowd_with_a_borrowed_name_does_not_push_its_owner_off_the_list() -> None:
    crowd = [shown("Ann Adams", f"x{n}", standing=Standing.NONE) for n in range(500)]
    meant = by_name("Ann Adams", [*crowd, shown("Ann Adams", "h1", ANN, Standing.PROVEN)], PEOPLE)
    assert len(meant.candidates) == MOST_CANDIDATES
    assert meant.candidates[0].handle == "h1"


def test_ids_are_exact() -> None:
    assert by_handle("H1", [shown("x")]) == Meant(None)
    assert by_handle("h1", [shown("x")]).one is not None
    assert by_person("ANN", PEOPLE) == Meant(None)
    found = by_person("ann", PEOPLE).one
    assert found is not None
    assert found.person == "ann"


@given(st.text(max_size=40), st.lists(st.text(max_size=40), max_size=5))
def test_one_is_meant_only_if_its_name_or_id_was_typed_whole(typed: str, names: list[str]) -> None:
    connections = [shown(name, f"h{number}") for number, name in enumerate(names)]
    meant = by_name(typed, connections, PEOPLE)
    if meant.one is not None and meant.one.handle is not None:
        others = [c for c in connections if c.name == meant.one.name]
        assert len(others) == 1
