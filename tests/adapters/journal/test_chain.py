"""The chain of digests by itself: whatever single thing is altered, the walk finds it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.adapters.journal.chain import SALT_BYTES, Link, Walk, body_digest, genesis, row_digest
from guardian.errors import JournalDamagedError

Written = tuple[float, str, str | None, bytes, bytes]

_texts = st.text(st.characters(codec="utf-8"), max_size=8)
_salts = st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES)
_times = st.floats(allow_nan=False, allow_infinity=False)
_written = st.tuples(_times, _texts, st.none() | _texts, st.binary(max_size=12), _salts)
_FIRST = genesis("o1", "m1", 50.0, 90.0)


def chain_of(written: list[Written]) -> list[Link]:
    links: list[Link] = []
    prev = _FIRST
    for seq, (at, kind, key, body, salt) in enumerate(written, 1):
        inner = body_digest(salt, body)
        links.append(Link(seq, at, kind, key, body, salt, inner, prev, row_digest(prev, seq, at, kind, key, inner)))
        prev = links[-1].digest
    return links


def walk(links: list[Link], count: int, head: bytes, blanked: int = 0) -> Walk:
    walked = Walk("o1", _FIRST, blanked)
    for link in links:
        walked.step(link)
    walked.finish(count, head)
    return walked


def head_of(links: list[Link]) -> bytes:
    return links[-1].digest if links else _FIRST


@given(st.lists(_written, max_size=8), st.integers(0, 8))
def test_an_untouched_chain_verifies_blanked_or_not(written: list[Written], blanked: int) -> None:
    links = chain_of(written)
    kept = [link._replace(body=None, salt=None) if link.seq <= blanked else link for link in links]
    assert walk(kept, len(links), head_of(links), blanked).seq == len(links)


def _change_field(links: list[Link], draw: Callable[[st.SearchStrategy[int]], int], value: Written) -> list[Link]:
    """One field of one row becomes another value of its kind, or is emptied."""
    place = draw(st.integers(0, len(links) - 1))
    link = links[place]
    at, kind, key, body, salt = value
    changes: list[dict[str, object]] = [
        {"at": at},
        {"kind": kind},
        {"key": key},
        {"body": body},
        {"body": None},
        {"salt": salt},
        {"salt": None},
        {"body": None, "salt": None},
        {"body": (link.salt or b"") + (link.body or b""), "salt": b""},
        {"body_digest": salt},
        {"prev": salt},
        {"digest": salt},
        {"seq": link.seq + draw(st.sampled_from([-1, 1, 100]))},
    ]
    altered = link._replace(**changes[draw(st.integers(0, len(changes) - 1))])  # type: ignore[arg-type]
    # By seq, as a database gives them; ties and all.
    return sorted([*links[:place], altered, *links[place + 1 :]], key=lambda one: one.seq)


def _remove(links: list[Link], draw: Callable[[st.SearchStrategy[int]], int], value: Written) -> list[Link]:
    place = draw(st.integers(0, len(links) - 1))
    rest = [*links[:place], *links[place + 1 :]]
    if draw(st.integers(0, 1)):
        return rest
    return [link._replace(seq=seq) for seq, link in enumerate(rest, 1)]


def _swap(links: list[Link], draw: Callable[[st.SearchStrategy[int]], int], value: Written) -> list[Link]:
    one, other = draw(st.integers(0, len(links) - 1)), draw(st.integers(0, len(links) - 1))
    moved = list(links)
    moved[one], moved[other] = links[other]._replace(seq=one + 1), links[one]._replace(seq=other + 1)
    return moved


def _insert(links: list[Link], draw: Callable[[st.SearchStrategy[int]], int], value: Written) -> list[Link]:
    """A row that is right in itself, made by somebody who knows the rule, between two that are there."""
    place = draw(st.integers(0, len(links)))
    at, kind, key, body, salt = value
    prev = links[place - 1].digest if place else _FIRST
    inner = body_digest(salt, body)
    digest = row_digest(prev, place + 1, at, kind, key, inner)
    new = Link(place + 1, at, kind, key, body, salt, inner, prev, digest)
    return [*links[:place], new, *(link._replace(seq=link.seq + 1) for link in links[place:])]


@pytest.mark.parametrize("alter", [_change_field, _remove, _swap, _insert])
@given(written=st.lists(_written, min_size=1, max_size=6), value=_written, data=st.data())
def test_any_single_alteration_is_found(
    alter: Callable[[list[Link], Callable[[st.SearchStrategy[int]], int], Written], list[Link]],
    written: list[Written],
    value: Written,
    data: st.DataObject,
) -> None:
    links = chain_of(written)
    altered = alter(links, data.draw, value)
    if repr(altered) == repr(links):  # repr tells 0.0 from -0.0, and so does the digest
        assert walk(altered, len(links), head_of(links)).seq == len(links)
        return
    with pytest.raises(JournalDamagedError, match=r"row \d+"):
        walk(altered, len(links), head_of(links))


@given(_written, _written)
def test_two_rows_have_one_digest_only_if_they_are_the_same(one: Written, other: Written) -> None:
    (first,), (second,) = chain_of([one]), chain_of([other])
    assert (first.digest == second.digest) == (repr(one) == repr(other))


def test_the_genesis_tells_every_occurrence_from_every_other() -> None:
    made = [
        genesis("o1", "m1", 50.0, 90.0),
        genesis("o2", "m1", 50.0, 90.0),
        genesis("o1m", "1", 50.0, 90.0),
        genesis("o1", "m1", None, 90.0),
        genesis("o1", "m1", 50.0, 91.0),
        genesis("o1", "m1", 51.0, 90.0),
    ]
    assert len(set(made)) == len(made)
