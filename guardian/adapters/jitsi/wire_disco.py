"""What a server and a room say of themselves when asked (XEP-0030, XEP-0128). Pure: trees in, values out."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from guardian.adapters.jitsi.wire import BIND, DISCO_INFO, DISCO_ITEMS, FOCUS, FORM, MUC_ADMIN, SASL, bare

_I, _X = f"{{{DISCO_INFO}}}", f"{{{FORM}}}"


@dataclass(frozen=True, slots=True)
class Components:
    """Jitsi's components as the main host names them; None: there is none (a plain Prosody has none at all)."""

    lobby: str | None = None
    end_conference: str | None = None
    av_moderation: str | None = None

    @property
    def real_jitsi(self) -> bool:
        """Whether Jitsi's own lobby plugin runs here."""
        return self.lobby is not None


@dataclass(frozen=True, slots=True)
class RoomInfo:
    """A room's configuration. ``lobby``: the address of its lobby, where the server names one."""

    members_only: bool
    password: bool
    persistent: bool
    lobby: str | None


def components(reply: Element) -> Components:
    """``<identity category='component' type='lobbyrooms' name='lobby…'/>`` and its kin (mod_muc_lobby_rooms,
    mod_end_conference, mod_av_moderation_component).
    """
    names = {
        identity.get("type", ""): identity.get("name")
        for identity in reply.iter(f"{_I}identity")
        if identity.get("category") == "component"
    }
    return Components(names.get("lobbyrooms"), names.get("end_conference"), names.get("av_moderation"))


def items(reply: Element) -> tuple[str, ...]:
    """The addresses that a host lists (XEP-0030 section 4)."""
    return tuple(item.get("jid", "") for item in reply.iter(f"{{{DISCO_ITEMS}}}item") if item.get("jid"))


def meeting_component(listed: tuple[str, ...], domain: str) -> str | None:
    """The component of meetings among what the main host lists: Jitsi's packages call it ``conference.``, its Docker
    images ``muc.``.
    """
    return next((f"{p}.{domain}" for p in ("conference", "muc") if f"{p}.{domain}" in listed), None)


def room_info(reply: Element) -> RoomInfo:
    """XEP-0045 section 6.4; ``muc#roominfo_lobbyroom`` is mod_muc_lobby_rooms'."""
    features = {feature.get("var") for feature in reply.iter(f"{_I}feature")}
    fields = {field.get("var"): field.findtext(f"{_X}value") for field in reply.iter(f"{_X}field")}
    return RoomInfo(
        members_only="muc_membersonly" in features,
        password="muc_passwordprotected" in features,
        persistent="muc_persistent" in features,
        lobby=fields.get("muc#roominfo_lobbyroom") or None,
    )


def affiliated(reply: Element) -> frozenset[str]:
    """The bare addresses of a list (XEP-0045 section 9.5)."""
    return frozenset(bare(item.get("jid", "")) for item in reply.iter(f"{{{MUC_ADMIN}}}item") if item.get("jid"))


def focus(reply: Element) -> str | None:
    """The bare address of the conference focus, from its own answer (jicofo, ``ConferenceIq``)."""
    conference = reply.find(f"{{{FOCUS}}}conference")
    jid = conference.get("focusjid", "") if conference is not None else ""
    return bare(jid) or None


def mechanisms(features: Element) -> frozenset[str]:
    """What logins the server offers (RFC 6120 section 6.3.3)."""
    return frozenset((m.text or "").strip() for m in features.iter(f"{{{SASL}}}mechanism"))


def bound(reply: Element) -> str:
    """Our full address, "" if the server gave none (RFC 6120 section 7)."""
    return reply.findtext(f"{{{BIND}}}bind/{{{BIND}}}jid") or ""
