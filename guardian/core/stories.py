"""What each kind of incident says to people, on every channel: one function a kind, all in this file. Pure; no name of
anybody in a meeting stands in here.

``happened``: what is the case. ``did``: what the guardian did by itself. ``asks``: what it wants from the
reader. Headlines never change within an incident, so that mail programs keep its messages together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from guardian.core.incidents import Incident, IncidentKind, Severity

_NOTHING_TO_DO = "Nothing; this is for your information."


@dataclass(frozen=True, slots=True)
class Story:
    """One incident in words."""

    headline: str
    happened: str
    did: str
    asks: str = _NOTHING_TO_DO


def story(incident: Incident) -> Story:
    """The words for this incident."""
    return STORIES[incident.kind](incident)


def people(count: int, verb: tuple[str, str]) -> str:
    """``1 person is`` or ``3 people are``."""
    return f"1 person {verb[0]}" if count == 1 else f"{count} people {verb[1]}"


_IS = ("is", "are")
_HAS = ("has", "have")


def _count(incident: Incident, verb: tuple[str, str] = _IS) -> str:
    return people(len(incident.subjects), verb) if incident.subjects else f"Somebody {verb[0]}"


def stranger_waiting(incident: Incident) -> Story:
    """A stranger at the door."""
    return Story(
        "A stranger is at the door",
        f"{_count(incident)} waiting and on no list.",
        "They are kept outside, and refused after a while if nobody says otherwise.",
        "Nothing, if you do not know them. If one of them belongs here, admit that one.",
    )


def needs_decision(incident: Incident) -> Story:
    """A waiting person whom the machine must not judge."""
    return Story(
        "Somebody waits for your decision",
        f"{_count(incident)} waiting and may belong here, but nothing proves it.",
        "They wait and are told why. The guardian will not refuse them by itself.",
        "Ask them who they are (a call to their family is best), then admit or remove them.",
    )


def stranger_inside(incident: Incident) -> Story:
    """A stranger in the meeting."""
    return Story(
        "A stranger is in the meeting",
        f"{_count(incident)} inside and on no list.",
        "Where the class's policy lets the machine act, it puts them back to the lobby; else it asks you.",
        "Look now. Remove them, or admit whom you know. If it gets out of hand: panic.",
    )


def unproven_inside(incident: Incident) -> Story:
    """Somebody inside without a proof."""
    return Story(
        "Somebody inside is not proven",
        f"{_count(incident)} inside and may belong here, but nothing proves it.",
        "They stay. Microphone, camera and sharing are switched off where the platform can.",
        "Look who it is, then admit or remove them.",
    )


def barred_back(incident: Incident) -> Story:
    """Somebody refused before is back."""
    return Story(
        "Somebody who was refused came back",
        f"{_count(incident)} back after being refused or put out in this class.",
        "They are refused again, or put out if they got in.",
        "Nothing, if that was right. Admit the person if it was a mistake.",
    )


def impersonation(incident: Incident) -> Story:
    """A name that pretends."""
    return Story(
        "Somebody pretends to be on the list",
        f"{_count(incident, ('shows', 'show'))} a name that is made to look like one on the list, or that belongs to"
        " another account.",
        "They are treated as strangers.",
        "Do not admit them by the name alone. Somebody outside seems to know a name from your list.",
    )


def unproven_moderator(incident: Incident) -> Story:
    """Somebody holds the host's power without being a host."""
    return Story(
        "Somebody unknown holds the host's power",
        f"{_count(incident)} moderator of the meeting without being a host or staff member on the list.",
        "The guardian takes the power away where the platform lets it.",
        "Look now. If you do not know them, remove them with one order.",
    )


def second_claim(incident: Incident) -> Story:
    """One person, two connections."""
    return Story(
        "Two connections claim to be the same person",
        f"{_count(incident)} here under the identity of somebody who is already inside. A personal link may have been"
        " passed on.",
        "Nobody is put out for that by the machine. The one with the weaker proof waits, or stays muted.",
        "Ask the person which one it is; admit that one, remove the other.",
    )


def sharing(incident: Incident) -> Story:
    """Somebody shares who may not."""
    return Story(
        "Somebody shares the screen who may not",
        f"{_count(incident)} sharing without the right to.",
        "The guardian stops it where the platform lets it. Nobody on the list is put out for it.",
        "Look at what is shown. If it is harmful: panic, then care for the children.",
    )


def renamed(incident: Incident) -> Story:
    """A name changed to another's."""
    return Story(
        "Somebody took another person's name",
        f"{_count(incident, _HAS)} changed the display name to that of another person on the list.",
        "They stay who they are proven to be; the name alone gives them nothing.",
        "Ask them to change it back.",
    )


def no_longer_valid(incident: Incident) -> Story:
    """Off the list while inside."""
    return Story(
        "Somebody inside is no longer on the list",
        f"{_count(incident)} inside whose place on the list has ended or was removed.",
        "They stay for this class; they may not come back in.",
        "Remove them yourself if they should not be here.",
    )


def roster_broken(_incident: Incident) -> Story:
    """The roster cannot be read."""
    return Story(
        "The list of people cannot be read",
        "The new list has faults and was not taken.",
        "The list in force before stays in force.",
        "Mend the file; it is read again as soon as it changes. `guardian roster check FILE` shows every fault.",
    )


def roster_doubted(_incident: Incident) -> Story:
    """The roster shrank suddenly, or is empty."""
    return Story(
        "The list of people looks wrong",
        "The list is empty, old, or suddenly much shorter than before.",
        "Nobody is put out because of it, and those who wait are held.",
        "Look at the list. If it is right as it is, say so with the order below.",
    )


def brake(_incident: Incident) -> Story:
    """More strangers than the machine may put out."""
    return Story(
        "More strangers inside than the guardian may put out",
        "The brake stopped the machine: it would have put out too many people in one minute.",
        "The lobby is on; microphone, camera and sharing are off for all who are not proven.",
        "Look now, and decide: panic sends everybody who is not proven back to the lobby.",
    )


def wave(_incident: Incident) -> Story:
    """Many strangers at the door."""
    return Story(
        "Many strangers are at the door",
        "So many unknown people knock at once that somebody may have posted the link.",
        "For some minutes only strong proofs open the door. Proven children still come in.",
        "Nothing, as long as the children come in. Consider a new link after the class.",
    )


def blind_start(incident: Incident) -> Story:
    """The guardian came into a running meeting."""
    return Story(
        "The guardian came into a running class",
        f"{_count(incident)} inside whom it did not see come in and cannot prove.",
        "It admits, tells and asks, but puts nobody out by itself.",
        "Look who is inside. When everybody belongs there, let the guardian act in full.",
    )


def outside_slot(_incident: Incident) -> Story:
    """A meeting at no planned time."""
    return Story(
        "The meeting runs outside its planned times",
        "Somebody opened the meeting although no class is planned now.",
        "The lobby is on and only staff get in. Nobody is put out.",
        "If that is a class, add the date to the schedule. If not, find out who opened it.",
    )


def host_lost(_incident: Incident) -> Story:
    """The host left."""
    return Story(
        "No host is in the meeting",
        "The last host or staff member has left, and the class is still on.",
        "The door stays as it is.",
        "Go in, or send somebody.",
    )


def link_lost(_incident: Incident) -> Story:
    """The platform cannot be reached."""
    return Story(
        "The guardian lost the meeting server",
        "The connection to the meeting server is gone.",
        "The door stays as it was. The guardian tries again and looks at everything when it is back.",
        "Watch the door yourself until this is over.",
    )


def journal_lost(_incident: Incident) -> Story:
    """The journal cannot be written."""
    return Story(
        "The guardian cannot write its journal",
        "The disk is full or the database is gone.",
        "It admits nobody by itself. Your hold, lock, panic and remove still work.",
        "Make room on the disk or bring the database back. Let people in by your own hand.",
    )


def foreign_self(_incident: Incident) -> Story:
    """Another guardian acts here."""
    return Story(
        "Another guardian acts in this meeting",
        "Somebody else uses the guardian's account here.",
        "This guardian stood down: it only watches and tells.",
        "Find the other one and stop it. If it is not yours, change the account's password. Then resume.",
    )


def task_crashed(_incident: Incident) -> Story:
    """A part of the guardian crashed."""
    return Story(
        "A part of the guardian crashed and was restarted",
        "There is a fault in the guardian itself.",
        "The part was started again; what was in hand is looked at afresh.",
        "Watch whether it happens again, and send the log to whoever looks after the guardian.",
    )


def not_confirmed(_incident: Incident) -> Story:
    """The platform said yes and nothing happened."""
    return Story(
        "The meeting server did not do what it was asked",
        "It took an order, but the effect does not show.",
        "The guardian looked again and asked once more.",
        "Look whether it happened; do it by hand if it did not.",
    )


def act_failed(_incident: Incident) -> Story:
    """The guardian gave up an act."""
    return Story(
        "The guardian could not do it: act by hand",
        "The meeting server refused an order, or did not do it again and again.",
        "The guardian gave this one up; it keeps watching.",
        "Do it by hand in the meeting, now.",
    )


def native_admit(incident: Incident) -> Story:
    """A moderator let somebody in."""
    return Story(
        "A host let somebody in",
        f"{_count(incident, _HAS)} been let in by a host with the meeting's own button.",
        "The guardian takes that as your word for this class.",
        "Nothing, if that was right.",
    )


def native_admit_all(incident: Incident) -> Story:
    """A moderator let everybody in."""
    return Story(
        "A host let everybody in",
        f"{_count(incident, _HAS)} been let in together who are not proven.",
        "The guardian takes that as your word for this class and lists them here.",
        "Look through the list, and remove whom you do not know.",
    )


def native_put_out(incident: Incident) -> Story:
    """A moderator put somebody out."""
    return Story(
        "A host put somebody out",
        f"{_count(incident, _HAS)} been put out or refused by a host with the meeting's own button.",
        "They are held outside until a human says otherwise.",
        "Nothing, if that was right.",
    )


def lobby_switched_off(_incident: Incident) -> Story:
    """The lobby is off."""
    return Story(
        "The lobby was switched off",
        "Everybody who has the link can walk in now.",
        "The guardian tells you; whoever walks in is judged inside.",
        "Switch it on again, in the meeting or with the order below.",
    )


def panic(_incident: Incident) -> Story:
    """Somebody called panic."""
    return Story(
        "Panic was called",
        "A human called panic.",
        "The door is locked, and everybody but the hosts is silenced. Who is not proven goes back to the lobby.",
        "Care for the children first. When it is calm, resume: those who belong here are let back in.",
    )


def locked(_incident: Incident) -> Story:
    """The door was locked."""
    return Story(
        "The door is locked",
        "The class is locked: only those whom a strong proof names still come in.",
        "A late child with an account or personal link gets in without you.",
    )


def opened(_incident: Incident) -> Story:
    """The class began."""
    return Story("The class is open", "A host is inside; the door opens to everybody who is proven.", "It guards.")


def no_hands(_incident: Incident) -> Story:
    """Nothing of ours can act inside the meeting."""
    return Story(
        "The guardian cannot reach the door",
        "The class is on, but nothing of the guardian's can act inside the meeting now.",
        "Nobody is let in until that is over; those who belong here wait. It can still put a stranger out for good.",
        "Open the guardian's panel in a host's client, and leave it open. Until then let people in by your own hand.",
    )


def came_in_as(incident: Incident) -> Story:
    """Somebody came in on another person's admission."""
    return Story(
        "Somebody came in on another person's admission",
        f"{_count(incident)} inside who came in when the guardian had let in somebody else.",
        "Who is not proven goes back to the lobby, if the class's policy lets the machine act; else it asks you.",
        "Look who it is. Admit them if they belong here, or remove them; the one who was meant may still be waiting.",
    )


def before_host(_incident: Incident) -> Story:
    """Somebody was inside before the host."""
    return Story(
        "Somebody was inside before the host",
        "The meeting lets people in before its host is there, past the waiting room.",
        "It keeps watching and judges whoever is inside. It cannot change this while the meeting runs.",
        "Look who is inside. After the class switch off joining before the host; `guardian check` shows where.",
    )


def overruled(_incident: Incident) -> Story:
    """Two humans disagree."""
    return Story(
        "Two of you disagree",
        "An order was given that goes against another person's.",
        "The later order stands.",
        "Talk to one another. If the first was right, give it again, or undo the later one.",
    )


def public_link(_incident: Incident) -> Story:
    """The meeting's link stands in public."""
    return Story(
        "The meeting's link was found in public",
        "The platform found the way into this meeting posted where anybody can read it. Expect strangers.",
        "The door is guarded as always: a link alone lets nobody in.",
        "Change the passcode now (rotate), send the new link to the families, and have the post taken down.",
    )


def stale_deliveries(_incident: Incident) -> Story:
    """Signed deliveries come too late."""
    return Story(
        "News from the platform comes too late",
        "Several deliveries were signed by the platform but old. A clock is wrong, or somebody sends old ones again.",
        "It refused them unread and read everything afresh.",
        "Have the clock of the guardian's computer checked. If it is right, change the secret of the deliveries.",
    )


def forwarded_link(_incident: Incident) -> Story:
    """A personal link was opened in a second browser."""
    return Story(
        "A personal link was opened on another device",
        "Somebody opened a personal link in a browser that is not the one it belongs to. It may have been passed on, or"
        " its owner has a second device.",
        "It let nobody through: a second device needs the owner's code, or your word. The owner was written to.",
        "Ask the owner. If the device is theirs, compare the number that it shows and let it in:"
        " `guardian link allow PERSON NUMBER`. If not: `guardian link revoke PERSON` sends them a new link.",
    )


STORIES: Mapping[IncidentKind, Callable[[Incident], Story]] = {
    IncidentKind.STRANGER_WAITING: stranger_waiting,
    IncidentKind.NEEDS_DECISION: needs_decision,
    IncidentKind.STRANGER_INSIDE: stranger_inside,
    IncidentKind.UNPROVEN_INSIDE: unproven_inside,
    IncidentKind.BARRED_BACK: barred_back,
    IncidentKind.IMPERSONATION: impersonation,
    IncidentKind.UNPROVEN_MODERATOR: unproven_moderator,
    IncidentKind.SECOND_CLAIM: second_claim,
    IncidentKind.SHARING: sharing,
    IncidentKind.RENAMED: renamed,
    IncidentKind.NO_LONGER_VALID: no_longer_valid,
    IncidentKind.ROSTER_BROKEN: roster_broken,
    IncidentKind.ROSTER_DOUBTED: roster_doubted,
    IncidentKind.BRAKE: brake,
    IncidentKind.WAVE: wave,
    IncidentKind.BLIND_START: blind_start,
    IncidentKind.OUTSIDE_SLOT: outside_slot,
    IncidentKind.HOST_LOST: host_lost,
    IncidentKind.LINK_LOST: link_lost,
    IncidentKind.JOURNAL_LOST: journal_lost,
    IncidentKind.FOREIGN_SELF: foreign_self,
    IncidentKind.TASK_CRASHED: task_crashed,
    IncidentKind.NOT_CONFIRMED: not_confirmed,
    IncidentKind.ACT_FAILED: act_failed,
    IncidentKind.NATIVE_ADMIT: native_admit,
    IncidentKind.NATIVE_ADMIT_ALL: native_admit_all,
    IncidentKind.NATIVE_PUT_OUT: native_put_out,
    IncidentKind.LOBBY_SWITCHED_OFF: lobby_switched_off,
    IncidentKind.PANIC: panic,
    IncidentKind.LOCKED: locked,
    IncidentKind.OPENED: opened,
    IncidentKind.NO_HANDS: no_hands,
    IncidentKind.CAME_IN_AS: came_in_as,
    IncidentKind.BEFORE_HOST: before_host,
    IncidentKind.PUBLIC_LINK: public_link,
    IncidentKind.STALE_DELIVERIES: stale_deliveries,
    IncidentKind.FORWARDED_LINK: forwarded_link,
    IncidentKind.OVERRULED: overruled,
}

SEVERITIES: Mapping[Severity, str] = {
    Severity.INFO: "For your information",
    Severity.NOTICE: "Please notice",
    Severity.WARNING: "Please look soon",
    Severity.CRITICAL: "Look now",
}
"""How soon a human must look, in words."""
