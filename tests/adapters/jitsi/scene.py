"""A meeting and its lobby as the bot sees them, for the pure tests: stanzas in, events out."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from guardian.adapters.jitsi.room import Rooms, SignalKind, Taken
from guardian.adapters.jitsi.seats import Trust
from guardian.core.events import Event, Gone, NativeAct, Seen
from tests.adapters.jitsi.stanzas import BOT, LOBBY, ROOM, shown, told

NOW = 1_800_000_000.0


class Scene:
    """``jitsi``: the lobby is Jitsi's, with its notices; else a plain Prosody's second room."""

    def __init__(self, *, jitsi: bool = True) -> None:
        self.rooms = Rooms(
            ROOM,
            Trust(
                account_hosts=frozenset({"auth.meet.example.test"}),
                token_hosts=frozenset({"meet.example.test"}),
                own_account="guardian@auth.meet.example.test",
                focus=frozenset({"focus@auth.meet.example.test"}),
                notices=jitsi,
            ),
        )
        self.rooms.begin(BOT)
        self.rooms.lobby_is_at(LOBBY)
        self.take(shown("guardian", BOT, affiliation="owner", role="moderator", codes=("110",)))
        self.take(shown("guardian", BOT, room=LOBBY, affiliation="owner", role="moderator", codes=("110",)))

    def take(self, *stanzas: Element) -> Taken:
        """What these stanzas lead to, together."""
        taken = Taken()
        for stanza in stanzas:
            fact = told(stanza)
            assert fact is not None
            one = self.rooms.take(fact, NOW)
            taken.events += one.events
            taken.signals += one.signals
        return taken

    def events(self, *stanzas: Element) -> list[str]:
        """The same, each event in a few words."""
        return [words(event) for event in self.take(*stanzas).events]

    def signals(self, *stanzas: Element) -> list[SignalKind]:
        """The signals alone."""
        return [signal.kind for signal in self.take(*stanzas).signals]

    def listed(self) -> dict[str, str]:
        """Handle and place of everybody, as a snapshot says."""
        listed = self.rooms.snapshot(NOW, complete=True).connections
        return {facts.handle: facts.place.value for facts in listed}


def words(event: Event) -> str:
    """An event in a few words."""
    match event:
        case Seen():
            return f"{event.facts.handle} is {event.facts.place}"
        case Gone():
            return f"{event.handle} is no longer {event.place}"
        case NativeAct():
            return f"{event.by} {event.kind} {event.handle}"
        case _:
            return type(event).__name__
