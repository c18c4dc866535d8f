"""Who plays in the guarded class of the demo, and what is true of each: the judge's list of who is who.

Values and fictitious names only. What the players do is in `story.py`, what is made of it in `verdict.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

CHILDREN = 60
_FIRST = (
    "Ada Ben Cleo Dina Emil Fay Gus Hana Ivo Jule Kai Lena Milo Nora Otto Pia Quin Rosa Sami Tara Udo Vera Wim Xenia "
    "Yara Zeno Alma Bela Cora Dario"
).split()
_LAST = (
    "Abbot Berger Castro Dahl Ekman Farouk Greco Hoang Ilves Jensen Kowal Lindt Moreau Nagy Okafor Petrov Quiroga "
    "Rossi Sato Tanaka Ullman Varga Weiss Xylander Yilmaz Zander Aalto Brandt Cohen Duarte"
).split()


class Part(StrEnum):
    """What somebody is in the play. BYSTANDER: the observer, Jitsi's conference focus."""

    CHILD = "child"
    NAME_ONLY = "name only"
    HOST = "host"
    STAFF = "staff"
    GUEST = "guest"
    WELCOMED = "welcomed"
    STRANGER = "stranger"
    GUARDIAN = "guardian"
    BYSTANDER = "bystander"


@dataclass(slots=True)
class Member:
    """Somebody in the play. `addresses`: every bare address that he or she had.

    `late`: comes after the lock. `returns`: cuts the line and comes back. `shares`: presses Share. `unseen`: what she
    shows of herself never reaches the guardian. `let_in_at`: when a human let this person in, in seconds UTC; before
    that the guardian must not.
    """

    key: str
    part: Part
    name: str
    addresses: set[str]
    late: bool = False
    returns: bool = False
    shares: bool = False
    unseen: bool = False
    let_in_at: float | None = None


class Cast:
    """Everybody in the play. An address that nobody here has is a stranger's."""

    def __init__(self, *members: Member) -> None:
        self.members = list(members)

    def add(self, key: str, part: Part, name: str, *addresses: str) -> Member:
        """One more; address in bare form."""
        member = Member(key, part, name, set(addresses))
        self.members.append(member)
        return member

    def of(self, *parts: Part) -> list[Member]:
        """Members of these parts, in order of their entry here."""
        return [member for member in self.members if member.part in parts]

    def who(self, jid: str) -> Member:
        """Who has this address, full or bare. An unknown address becomes a stranger of its own."""
        bare = jid.partition("/")[0].casefold()
        for member in self.members:
            if bare in member.addresses:
                return member
        return self.add(f"unknown {bare}", Part.STRANGER, "", bare)


def child_key(number: int) -> str:
    """The account name, and the roster id, of a child; numbers from 1."""
    return f"child{number:02d}"


def child_name(number: int) -> str:
    """A full name that no other number has; numbers from 1 to 900."""
    index = number - 1
    rounds, place = divmod(index, len(_FIRST))
    return f"{_FIRST[place]} {_LAST[(7 * place + rounds) % len(_LAST)]}"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the class list. `account`: an account or token id, "" for somebody known by name only."""

    id: str
    name: str
    role: str
    account: str = ""
    email: str = ""


def linked_child(children: int) -> Listed:
    """One more child: nothing is known of her but an address, to which her personal link is mailed."""
    return Listed("linked", child_name(children + 2), "pupil", email="linked@home.example")


def class_list(children: int, proof: Callable[[str], str]) -> list[Listed]:
    """The roster: the children, one more child known by name only, two staff, and the observer as a third.

    `proof`: the account or token id of a child or of staff, by key.
    """
    listed = [Listed(child_key(n), child_name(n), "pupil", proof(child_key(n))) for n in range(1, children + 1)]
    listed.append(Listed("nameonly", child_name(children + 1), "pupil"))
    listed += [
        Listed(key, name, role, proof(key))
        for key, name, role in (
            ("teacher", "Grace Hopkins", "host"),
            ("assistant", "Alan Thuring", "staff"),
            ("observer", "Olga Server", "staff"),
        )
    ]
    return listed
