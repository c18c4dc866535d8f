"""A human moderator in a Jitsi meeting: what the moderator's buttons in the web client do. Nothing else."""

from __future__ import annotations

from guardian.world.jitsi import Participant
from guardian.world.markup import CLIENT, Xml, tag
from guardian.world.rooms import (
    Occupant,
    admin_query,
    config_query,
    destroy_query,
    invitation,
    join_presence,
)
from guardian.world.site import WorldError


class Moderator(Participant):
    """An owner of the room.

    On a plain server the login must be one of `Prosody(owners=...)`; such an account also creates the room
    by joining it. With Jitsi's plugins a token with the moderator claim does as well.
    """

    async def watch_lobby(self, *, timeout: float = 20.0) -> None:
        """Join the lobby as owners do, to see who waits (`waiting_people`) and to act there.

        On a plain server this creates the lobby room if it is not there.
        """
        self._lobby = self.site.lobby_jid(self.room)
        await self._send(join_presence(f"{self._lobby}/{self.nick}", self.face, first=True))
        await self.until(lambda: self._in_lobby, "a view of the lobby", timeout=timeout)

    async def admit(self, *jids: str, reason: str = "") -> None:
        """Let people in by their real full addresses. The server sends no answer.

        One message a person: a plain Prosody reads only the first of several invitations in one message
        (`muc.lib.lua`, `handle_mediated_invite`), Jitsi's plugins read them all.
        """
        for jid in jids:
            await self._send(invitation(self.room_jid, jid, reason))

    async def admit_by_name(self, display_name: str, *, timeout: float = 20.0) -> Occupant:
        """Press Admit beside a name in the lobby; waits until it is shown."""
        person = await self.until_seen(display_name, lobby=True, timeout=timeout)
        await self.admit(person.jid)
        return person

    async def lobby_kick(self, nick: str, *, reason: str = "", timeout: float = 20.0) -> None:
        """Refuse somebody who waits. Jitsi's lobby never answers this IQ: the presence is the proof."""
        item = {"nick": nick, "role": "none"}
        stanza = tag(
            "iq",
            {"xmlns": CLIENT, "type": "set", "id": f"deny-{nick}", "to": self._lobby},
            admin_query(item, reason),
        )
        await self._send(stanza)
        await self.until_gone(nick, lobby=True, timeout=timeout)

    async def tell_waiting(self, nick: str, text: str) -> None:
        """Write to one person in the lobby."""
        to = f"{self._lobby}/{nick}"
        await self._send(tag("message", {"xmlns": CLIENT, "to": to, "type": "chat"}, tag("body", None, text)))

    async def kick(self, nick: str, *, reason: str = "") -> None:
        """Put somebody out of the meeting. Raises StanzaError."""
        await self._iq(admin_query({"nick": nick, "role": "none"}, reason))

    async def set_affiliation(self, jid: str, affiliation: str, *, reason: str = "") -> None:
        """Make somebody owner, member, outcast or none, by bare address. Raises StanzaError."""
        await self._iq(admin_query({"jid": jid, "affiliation": affiliation}, reason))

    async def set_lobby(self, *, on: bool = True) -> None:
        """Switch the lobby on or off. Those inside become members first, else the server throws them out."""
        if on:
            for person in list(self.people.values()):
                if person.affiliation == "none":
                    await self.set_affiliation(person.jid.partition("/")[0], "member")
        await self.configure({"muc#roomconfig_membersonly": "true" if on else "false"})

    async def configure(self, fields: dict[str, str]) -> None:
        """Submit a room configuration form. Raises StanzaError."""
        await self._iq(config_query(fields))

    async def disco_features(self) -> frozenset[str]:
        """The room's features, such as `muc_membersonly`."""
        answer = await self._connected().iq(
            "get", self.room_jid, tag("query", {"xmlns": "http://jabber.org/protocol/disco#info"})
        )
        found = answer.iter("{http://jabber.org/protocol/disco#info}feature")
        return frozenset(feature.get("var", "") for feature in found)

    async def moderate_media(self, media: str, *, on: bool) -> None:
        """Allow nobody (or everybody again) to unmute `audio`, `video` or `desktop`; Jitsi's plugins only."""
        attributes = {"enable": "true" if on else "false", "mediaType": media}
        to = self.site.avmoderation_domain
        await self._send(tag("message", {"xmlns": CLIENT, "to": to}, tag("av_moderation", attributes)))

    async def end(self, *, reason: str = "Class is over", timeout: float = 20.0) -> None:
        """End the meeting for all."""
        await self._iq(destroy_query(reason))
        await self.until_state("ended", "lost", timeout=timeout)

    def find(self, display_name: str) -> Occupant:
        """Somebody inside by the name shown. Raises WorldError."""
        for person in self.people.values():
            if person.display_name == display_name:
                return person
        raise WorldError("nobody inside shows that name")

    async def _iq(self, payload: Xml) -> None:
        await self._connected().iq("set", self.room_jid, payload)
