"""The points of the police advice and what a class's policy makes of them: ok, risk or no-go, in words. Pure.

"Verify people before they are let in, no joining before the host, only the host shares, lock the meeting, never publish
links." What only the platform itself can tell (rights, clock) is found by each platform's probe.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guardian.core import prices
from guardian.core.actions import REMOVALS, ActKind, Capabilities
from guardian.core.identity import STRONG_PROOFS, Proof
from guardian.core.policy import Mode, Policy, Unknown
from guardian.core.roster import Role, Roster

_GUESSED_IN_A_MINUTE = 8  # characters of a room name; shorter, or a plain word, can be tried out
_TENTH, _FEW = 0.1, 10  # a tenth is told of fewer than so many


class Level(StrEnum):
    """How a point stands."""

    OK = "ok"
    RISK = "risk"
    NO_GO = "no-go"


@dataclass(frozen=True, slots=True)
class Finding:
    """One point that was looked at. ``what`` is a sentence without names of people; ``todo`` what to do about it."""

    id: str
    level: Level
    what: str
    todo: str = ""
    meeting: str | None = None


_BESIDES = {"strong": "", "name_exact": " besides signing in", "name_close": " besides exact names and signing in"}


def measured(gate: str) -> str:
    """What a gate of ``prices`` was measured to let in and to hold, in words. Raises KeyError for another."""
    lets_in = {who: share(part, 1000) for who, part in prices.ADMITTED[gate].items()}
    holds = {who: share(part, 100) for who, part in prices.HELD[gate].items()}
    return (
        f"measured{_BESIDES[gate]} ({prices.CASES:,} cases, {prices.MEASURED_ON}): of 1,000 strangers each,"
        f" {lets_in['own']} get in by their own name, {lets_in['near']} by a near or disguised one,"
        f" {lets_in['against']} by a listed one with something against it, {lets_in['listed']} by just a listed one,"
        f" {lets_in['form']} by another form of one; of 100 children each, {holds['named']} are held who type their"
        f" name, {holds['signed_in']} who are signed in"
    )


def share(part: tuple[int, int], of: int) -> str:
    """How many of ``of``, in words: never a rounded 0 or a rounded whole, for some are not none, nor many all."""
    count, total = part
    scaled = of * count / total
    if 0 < scaled < _TENTH:
        return f"fewer than {_TENTH}"
    if of - 1 < scaled < of:
        return f"more than {of - 1:,}"
    return f"{scaled:.1f}".removesuffix(".0") if scaled < _FEW else f"{scaled:,.0f}"


_UNMEASURED = "(not measured: no name tells who passed a link on)"
PRICE: dict[Proof, tuple[Level, str]] = {
    Proof.TOKEN: (
        Level.OK,
        f"signed personal tokens open the door: only who holds the token, or steals it, gets in {_UNMEASURED}",
    ),
    Proof.VERIFIED: (
        Level.OK,
        f"signed-in accounts and addresses open the door: only who knows the password gets in; {measured('strong')}",
    ),
    Proof.REGISTRANT: (
        Level.RISK,
        f"registrations open the door: whoever gets a child's join link gets in as the child {_UNMEASURED}",
    ),
    Proof.NAME_EXACT: (
        Level.RISK,
        f"an exact name opens the door: whoever knows one name on the list gets in once; {measured('name_exact')}",
    ),
    Proof.NAME_CLOSE: (
        Level.RISK,
        f"a similar name opens the door: a good guess at one on the list gets in once; {measured('name_close')}",
    ),
    Proof.CLAIMED: (Level.RISK, "a typed address never opens the door by itself; it is ignored here"),
}
"""What each proof in the gate costs, in words; in figures, too, where the benchmark on names measures them."""

FAIL_MODES: tuple[tuple[str, str], ...] = (
    ("before class", "nobody is let in; those who wait go on waiting; humans are told"),
    ("open", "the lobby stays on and admits nobody by itself; a moderator can admit by hand; humans are told"),
    ("locked", "the door stays locked; a moderator can admit by hand; humans are told"),
    ("no journal", "the machine lets nobody in; hold, lock, panic and remove still work; humans are told"),
)
"""What happens in each phase when the guardian, its journal or its connection fails."""


def of_policy(policy: Policy) -> list[Finding]:
    """The police points that the policy alone decides, and the gate's price."""
    found = [
        _lobby(policy),
        Finding("before-host", Level.OK, "nobody on the list is let in before a host is inside"),
        _lock(policy),
        _mode(policy),
        _unknown(policy),
    ]
    for proof in sorted(policy.gate, key=list(Proof).index):
        level, words = PRICE[proof]
        todo = (
            "give everybody an account or a personal token, and take this out of the gate"
            if level is Level.RISK
            else ""
        )
        found.append(Finding(f"gate-{proof}", level, words, todo))
    if not policy.gate & STRONG_PROOFS:
        found.append(Finding("gate", Level.RISK, "no strong proof is in the gate", "add verified or token to the gate"))
    return found


def of_platform(policy: Policy, capabilities: Capabilities) -> list[Finding]:
    """The police points that depend on what the platform lets us do; what only absent hands could do is told once."""
    can, asleep = capabilities.can, _BY_HAND if capabilities.no_hands else frozenset()
    found = [_share(can_stop=ActKind.STOP_SHARE in can)]
    if capabilities.no_hands:
        todo = "open the guardian's panel in the host's own client before class, and keep it open"
        found.append(Finding("hands", Level.RISK, capabilities.no_hands, todo))
    found += [_able(kind, words, can) for kind, words in _NEEDED.items() if kind in can or kind not in asleep]
    if policy.mode is not Mode.OBSERVE and ActKind.LOBBY_ON not in can | asleep:
        found.append(
            Finding("lobby-switch", Level.RISK, "the lobby cannot be switched on by us", "switch it on by hand")
        )
    found += [Finding("platform", Level.RISK, note) for note in capabilities.notes]
    return found


def of_roster(policy: Policy, roster: Roster, now: float) -> list[Finding]:
    """Whether the list lets the class work: a host who can prove who they are, and children who can."""
    valid = [p for p in roster.people if p.valid(now)]
    hosts = [p for p in valid if p.role is Role.HOST]
    pupils = [p for p in valid if p.role is Role.PUPIL]
    found = [Finding("roster", Level.OK, f"the list has {len(valid)} people valid now, {len(hosts)} of them hosts")]
    by_name = bool(policy.gate - STRONG_PROOFS - {Proof.CLAIMED})
    if not hosts:
        found.append(
            Finding(
                "hosts", Level.NO_GO, "no host is on the list: the class never opens", "add the teacher, with role host"
            )
        )
    elif not by_name and not any(p.accounts or p.emails for p in hosts):
        found.append(
            Finding(
                "hosts",
                Level.NO_GO,
                "no host has an account or address: the class never opens",
                "add the teacher's account",
            )
        )
    bare = sum(not (p.accounts or p.emails) for p in pupils)
    if bare and not by_name:
        words = f"{bare} of {len(pupils)} pupils have no account or address: each will be held for a human"
        found.append(
            Finding(
                "pupils",
                Level.RISK,
                words,
                "add their accounts or addresses to the list, or send them personal links: guardian invite",
            )
        )
    return found


def of_room(room: str) -> Finding:
    """Whether the room's name can be guessed, which is as good as a published link. For platforms where a name opens a
    room; a meeting's number is no secret.
    """
    plain = room.isalpha() or len(room) < _GUESSED_IN_A_MINUTE
    if plain:
        todo = "add some random letters and digits to it, and never publish the link"
        return Finding("link", Level.RISK, "the room's name can be guessed", todo)
    return Finding("link", Level.OK, "the room's name is not easily guessed; never publish the link")


def of_failures() -> list[Finding]:
    """What happens when things fail, phase by phase."""
    return [Finding("fails", Level.OK, f"if the guardian fails, {phase}: {words}") for phase, words in FAIL_MODES]


def _share(*, can_stop: bool) -> Finding:
    if can_stop:
        return Finding("share", Level.OK, "a share by anybody but hosts and staff is stopped")
    words = "a share by a pupil cannot be stopped here; a human is told"
    todo = "let only hosts share, in the platform's settings, or load the server's moderation of media"
    return Finding("share", Level.RISK, words, todo)


def _able(kind: ActKind, words: str, can: frozenset[ActKind]) -> Finding:
    if kind in can:
        return Finding(f"can-{kind}", Level.OK, f"we can {words}")
    if kind is ActKind.REMOVE and ActKind.EXPEL in can:
        return Finding("can-remove", Level.OK, "we can remove people, by the platform's own server")
    if kind is ActKind.REFUSE and not can.isdisjoint(REMOVALS):
        words = "nobody in the lobby can be refused by us here: strangers go on waiting there"
        return Finding("can-refuse", Level.RISK, words, "remove them from the lobby by hand")
    todo = "give the guardian's account the rights of an owner"
    return Finding(f"can-{kind}", _GRAVITY.get(kind, Level.RISK), f"we cannot {words} here", todo)


def _lobby(policy: Policy) -> Finding:
    if policy.lobby_from_start:
        return Finding("lobby", Level.OK, "everybody waits in the lobby from the start")
    todo = "set lobby_from_start = true"
    return Finding("lobby", Level.RISK, "the lobby is switched on only at the lock: strangers can walk in before", todo)


def _lock(policy: Policy) -> Finding:
    if policy.lock_after is not None:
        return Finding("lock", Level.OK, f"the meeting is locked {policy.lock_after / 60:g} minutes after it opens")
    if policy.lock_when_all_in:
        return Finding("lock", Level.RISK, "the meeting is locked only when everybody is inside", "set lock_after")
    return Finding("lock", Level.RISK, "the meeting is never locked by itself", "set lock_after")


def _mode(policy: Policy) -> Finding:
    if policy.mode is Mode.OBSERVE:
        words = "observe: the guardian only tells what it would do; nobody is let in, kept out or put out by it"
        return Finding("mode", Level.RISK, words, "set mode to assist or enforce")
    if policy.mode is Mode.ASSIST:
        return Finding(
            "mode", Level.OK, "assist: lets in and refuses by itself; asks a human before it puts anybody out"
        )
    return Finding("mode", Level.OK, "enforce: lets in, refuses and puts strangers out by itself, under the brake")


def _unknown(policy: Policy) -> Finding:
    if policy.unknown is Unknown.REFUSE:
        return Finding("unknown", Level.OK, "unknown people are refused at once")
    return Finding(
        "unknown", Level.OK, f"unknown people wait {policy.patience:g} seconds for a human, then are refused"
    )


_NEEDED = {
    ActKind.ADMIT: "let people in from the lobby",
    ActKind.REFUSE: "refuse people in the lobby",
    ActKind.PUT_BACK: "put people back to the lobby",
    ActKind.REMOVE: "remove people",
    ActKind.END: "end the meeting",
}
_BY_HAND = frozenset({ActKind.ADMIT, ActKind.PUT_BACK, ActKind.LOBBY_ON})
_GRAVITY = {ActKind.ADMIT: Level.NO_GO, ActKind.REMOVE: Level.NO_GO}
