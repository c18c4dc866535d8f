"""One room's occupants: who sits under which nick, and what that makes them to us. Pure.

May live here: a presence into the core's ``Facts``, and whom to believe. May not: what changed, and why (``room``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from guardian.adapters.jitsi.wire import bare, host
from guardian.adapters.jitsi.wire_facts import Item, Presence
from guardian.core.identity import Evidence, Facts, Place, PlatformRole

OWNERS = frozenset({"owner", "admin"})
LINK = "link-"
"""What the id in a room token of a personal link begins with; its nonce follows."""
_NOBODY = Item("", "none", "none")


@dataclass(slots=True)
class Trust:
    """Whose word counts.

    ``account_hosts``: hosts of real accounts (``item/@jid`` there is a verified name). ``token_hosts``: hosts whose
    ``<identity>`` cannot be forged. ``own_account``: our bare address, if we have one; ``own_jids``: our full
    addresses so far, the newest last. ``focus``: bare addresses of the server's own conference focus. ``notices``:
    the lobby is Jitsi's, which tells the room of each admission. ``claim``: the personal link by whose opening (named
    by its nonce) a connection came, if any.
    """

    account_hosts: frozenset[str] = frozenset()
    token_hosts: frozenset[str] = frozenset()
    own_account: str | None = None
    own_jids: list[str] = field(default_factory=list)
    focus: frozenset[str] = frozenset()
    notices: bool = False
    claim: Callable[[str, str], str | None] = lambda _nonce, _handle: None

    @property
    def own_jid(self) -> str:
        """Our address on this connection."""
        return self.own_jids[-1] if self.own_jids else ""

    def is_self(self, jid: str) -> bool:
        """Whether this address is ours, of now or of before; every session of our account is."""
        return jid in self.own_jids or (self.own_account is not None and bare(jid) == self.own_account)

    def is_focus(self, jid: str) -> bool:
        """Whether this is the server's conference focus: no person, and never reported."""
        return bare(jid) in self.focus

    def evidence(self, handle: str, presence: Presence) -> Evidence:
        """What a connection shows. A presence without items could not be read."""
        if not presence.items:
            return Evidence(name=presence.name, seen=False)
        identity = presence.identity if host(handle) in self.token_hosts else None
        shown = identity.id if identity else ""
        of_link = shown.startswith(LINK)
        return Evidence(
            name=presence.name or (identity.name if identity else ""),
            account=bare(handle) if host(handle) in self.account_hosts else None,
            token=(shown or None) if not of_link else None,
            link=self.claim(shown.removeprefix(LINK), handle) if of_link else None,
            claimed_email=presence.email,
        )


class Seats:
    """The occupants of one room. ``unread``: nicks that a reading under way has not shown yet; None: no reading."""

    def __init__(self, address: str, place: Place, trust: Trust) -> None:
        self.address = address
        self.unread: set[str] | None = None
        self._place = place
        self._trust = trust
        self._by_nick: dict[str, Presence] = {}
        self._by_handle: dict[str, str] = {}

    def __contains__(self, nick: str) -> bool:
        return nick in self._by_nick

    def put(self, presence: Presence) -> list[str]:
        """Sit down, or show something else. Returns the handles concerned, those who left the seat included."""
        left = self.drop(presence.nick)
        self._by_nick[presence.nick] = presence
        handles = self._handles_of(presence)
        self._by_handle |= dict.fromkeys(handles, presence.nick)
        if self.unread is not None:
            self.unread.discard(presence.nick)
        return list(dict.fromkeys([*left, *handles]))

    def drop(self, nick: str) -> list[str]:
        """Stand up. Returns the handles concerned."""
        presence = self._by_nick.pop(nick, None)
        handles = self._handles_of(presence) if presence else []
        for handle in handles:
            if self._by_handle.get(handle) == nick:
                del self._by_handle[handle]
        return handles

    def move(self, nick: str, to: str) -> None:
        """Another nick for the same people (XEP-0045 section 7.6)."""
        presence = self._by_nick.pop(nick, None)
        if presence is not None:
            self._by_nick[to] = presence
            self._by_handle |= dict.fromkeys(self._handles_of(presence), to)

    def clear(self) -> list[str]:
        """Nobody is known to be here any more."""
        handles = list(self._by_handle)
        self._by_nick.clear()
        self._by_handle.clear()
        self.unread = None
        return handles

    def read(self) -> list[str]:
        """The reading is over: who was not shown has gone. Returns their handles."""
        unread, self.unread = self.unread or set(), None
        return [handle for nick in unread for handle in self.drop(nick)]

    def reading(self) -> None:
        """The room is about to show everybody."""
        self.unread = set(self._by_nick)

    def handles(self) -> Iterator[str]:
        """Everybody here."""
        return iter(self._by_handle)

    def nick(self, handle: str) -> str | None:
        """Where this connection sits."""
        return self._by_handle.get(handle)

    def jid(self, nick: str) -> str:
        """The real address under a nick, "" if nobody sits there or it is hidden."""
        presence = self._by_nick.get(nick)
        return next((item.jid for item in presence.items), "") if presence else ""

    def item(self, handle: str) -> Item:
        """Rank of a connection; none at all for one who is not here."""
        presence = self._by_nick.get(self._by_handle.get(handle, ""))
        items = presence.items if presence else ()
        return next((item for item in items if item.jid == handle), _NOBODY)

    def facts(self, handle: str) -> Facts | None:
        """A connection as the core sees it; None: not here."""
        presence = self._by_nick.get(self._by_handle.get(handle, ""))
        if presence is None:
            return None
        item = self.item(handle)
        moderator = item.affiliation in OWNERS or item.role == "moderator"
        return Facts(
            handle=handle,
            place=self._place,
            evidence=self._trust.evidence(handle, presence),
            role=PlatformRole.MODERATOR if moderator else PlatformRole.ATTENDEE,
            sharing=presence.sharing and self._place is Place.INSIDE,
            is_self=self._trust.is_self(handle),
        )

    def _handles_of(self, presence: Presence) -> list[str]:
        """Who sits under this nick. One whose address the room hides is known by the seat's own address."""
        jids = [item.jid for item in presence.items if item.jid]
        if any(self._trust.is_focus(jid) for jid in jids):
            return []
        return jids or [f"{self.address}/{presence.nick}"]
