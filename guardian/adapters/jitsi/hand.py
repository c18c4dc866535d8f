"""A moderator's own hand: which admissions and removals a human made on the platform itself. Pure.

Jitsi's lobby tells the room of each (mod_muc_lobby_rooms); on a plain Prosody they show as memberships that we did not
grant. What a participant says never counts: a message could be forged, an ``<actor/>`` and the member list not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from guardian.adapters.jitsi.seats import Seats, Trust
from guardian.adapters.jitsi.wire import bare, resource
from guardian.adapters.jitsi.wire_facts import Affiliated, Item, LobbyNotice
from guardian.core.events import NativeKind
from guardian.core.identity import Place, PlatformRole

_INVITED_BY = re.compile(r"Invited by (\S+)")  # Prosody, muc/members_only.lib.lua

Done = tuple[NativeKind, str | None, str | None]
"""What was done, to which handle, by which handle."""


class Hand:
    """Keeps apart what we let in and what a human did. Addresses of members are bare."""

    def __init__(self, trust: Trust, main: Seats) -> None:
        self._trust = trust
        self._main = main
        self._let_in: set[str] = set()
        self._members: set[str] = set()
        self._granted: set[str] = set()

    @property
    def granted(self) -> frozenset[str]:
        """Whom we made members."""
        return frozenset(self._granted)

    def letting_in(self, handle: str) -> None:
        """We are about to invite this connection."""
        self._let_in.add(handle)
        self.granting(handle)

    def granting(self, jid: str) -> None:
        """We are about to make this address a member."""
        self._granted.add(bare(jid))
        self._members.add(bare(jid))

    def revoked(self, jid: str) -> None:
        """A membership is no more, whoever took it."""
        self._granted.discard(bare(jid))
        self._members.discard(bare(jid))

    def members_are(self, listed: Iterable[str]) -> None:
        """The room's list of members, as read."""
        self._members = set(listed)

    def gone(self, handle: str) -> None:
        """Nobody waits or sits there any more: a later knock is a new one."""
        self._let_in.discard(handle)

    def forget(self) -> None:
        """The room was destroyed, and every membership with it."""
        self._let_in.clear()
        self._members.clear()
        self._granted.clear()

    # -- what shows

    def put_out(self, room: Seats, kind: NativeKind, items: Iterable[Item]) -> list[Done]:
        """XEP-0045 sections 8.2 and 9.1: ``<actor/>`` names who did it. The focus and the server are no humans."""
        done: list[Done] = []
        for item in items:
            actor = item.actor_jid or room.jid(item.actor_nick)
            if actor and item.jid and not self._trust.is_self(actor) and not self._trust.is_focus(actor):
                done.append((kind, item.jid, actor))
        return done

    def came_in(self, item: Item, *, waited: bool) -> list[Done]:
        """Somebody is shown inside. Where nobody tells of admissions: one who waited, comes in as a member and was
        none to us before was let in by a human.
        """
        known = item.jid in self._let_in or bare(item.jid) in self._members
        if item.affiliation == "member":
            self._members.add(bare(item.jid))
        if self._trust.notices or not waited or known or item.affiliation != "member":
            return []
        self._let_in.add(item.jid)
        return [(NativeKind.ADMITTED, item.jid, None)]

    def affiliated(self, fact: Affiliated, lobby: Seats) -> list[Done]:
        """A plain Prosody makes who is invited a member, and says so and by whom, before they come in."""
        if fact.affiliation != "member":
            self.revoked(fact.jid)
            return []
        ours = fact.jid in self._granted
        self._members.add(fact.jid)
        invited = _INVITED_BY.fullmatch(fact.reason)
        by = invited.group(1) if invited and self._main.nick(invited.group(1)) else None
        if ours or self._trust.notices or (by is not None and self._trust.is_self(by)):
            return []
        waiting = [h for h in lobby.handles() if bare(h) == fact.jid and self._main.nick(h) is None]
        self._let_in.update(waiting)
        return [(NativeKind.ADMITTED, handle, by) for handle in waiting]

    def noticed(self, fact: LobbyNotice, lobby: Seats) -> list[Done]:
        """mod_muc_lobby_rooms. Denials are not read here: the presence that follows names its actor."""
        by = self._main.jid(fact.nick)
        facts = self._main.facts(by)
        if facts is None or facts.is_self or facts.role is not PlatformRole.MODERATOR:
            return []
        if fact.event == "LOBBY-ENABLED":
            return [(NativeKind.LOBBY_ON if fact.value == "true" else NativeKind.LOBBY_OFF, None, by)]
        handle = lobby.jid(resource(fact.value)) if bare(fact.value) == lobby.address else ""
        if fact.event != "LOBBY-ACCESS-GRANTED" or not handle:
            return []
        self._let_in.add(handle)
        return [(NativeKind.ADMITTED, handle, by)]


def kind_of_removal(place: Place) -> NativeKind:
    """Being kicked means put out of the meeting, or refused in the lobby."""
    return NativeKind.PUT_OUT if place is Place.INSIDE else NativeKind.REFUSED
