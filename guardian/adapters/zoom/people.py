"""Who is behind which handle: webhooks say who somebody is, the panel says whom we can act on. Pure.

Two records of one person are tied by their uuid. Whether the panel's uuid is the webhook's is not known for sure, so
where they turn out to differ, a tie by name is made, and only when exactly one told person and one entry of the panel
in that place have that byte-equal name; a second one of that name unties them again. After an admission by such a tie,
whoever comes in must be the one who was meant: else the core hears ``CameInAs``.

What leaves here is one fused view: per handle ``at`` only grows, so that what one source knows later than the other is
not dropped as old.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from guardian.adapters.zoom.wire_events import Delivery, Kind, Who
from guardian.adapters.zoom.wire_panel import Entry, PanelList
from guardian.core.actions import REMOVALS, ActKind
from guardian.core.events import CameInAs, Event, Gone, MeetingEnded, NativeAct, NativeKind, Seen, Snapshot, Warned
from guardian.core.identity import Evidence, Facts, Place, PlatformRole, strong_keys
from guardian.core.incidents import IncidentKind
from guardian.ports import Openings

_TICK = 1e-6  # seconds; the least step of a handle's ``at``
_SLACK = 1.0  # seconds by which an inner time, cut to whole seconds, may be older than a list of the same moment
_OURS_FOR = 60.0  # seconds after our admission within which whoever comes in by that name is its effect
_REMEMBERED = 2048  # people of one run; a raid beyond that pushes out those who are gone
_HOSTS = frozenset({"host", "cohost"})
_MOVES = {Kind.WAITING: Place.WAITING, Kind.PUT_BACK: Place.WAITING, Kind.JOINED: Place.INSIDE}
_COMES = frozenset({Kind.WAITING, Kind.JOINED})
_STAYS = frozenset({Kind.ROLE, Kind.SHARE_ON, Kind.SHARE_OFF})
_LEAVES = {Kind.LEFT_WAITING: Place.WAITING, Kind.LEFT: Place.INSIDE}
_NATIVE = {Kind.ADMITTED: NativeKind.ADMITTED, Kind.PUT_BACK: NativeKind.PUT_OUT}


@dataclass
class _Person:
    """What is known of one handle, from both sources; times in seconds UTC.

    ``place`` None: gone. ``by_list``: the panel's list was the last to say so. ``told_at``: when the last webhook about
    them came. ``uuid``: the webhook's. ``admitted_at``: when we let them in, until they came; ``guessed``: by a tie of
    names only. ``let_in_at``: when we last let them in. ``put_out``: a list has shown that somebody put them back,
    which the webhook need not say again. ``inside_at``: when we last heard, by either, of them as inside.
    """

    handle: str
    name: str = ""
    evidence: Evidence = field(default_factory=lambda: Evidence(seen=False))
    place: Place | None = None
    place_at: float = 0.0
    by_list: bool = False
    told_at: float = 0.0
    at: float = 0.0
    moderator: bool = False
    sharing: bool = False
    uuid: str = ""
    admitted_at: float | None = None
    let_in_at: float | None = None
    guessed: bool = False
    put_out: bool = False
    inside_at: float = 0.0

    @property
    def told(self) -> bool:
        """Whether it is known who they are."""
        return self.evidence.seen

    def facts(self, place: Place) -> Facts:
        """As the core reads it."""
        role = PlatformRole.MODERATOR if self.moderator else PlatformRole.ATTENDEE
        evidence = self.evidence if self.evidence.name == self.name else replace(self.evidence, name=self.name)
        return Facts(self.handle, place, evidence, role, self.sharing)

    def seen(self, at: float) -> list[Event]:
        """The event that says where they are; none when they are gone."""
        if self.place is None:
            return []
        self.at = max(at, self.at + _TICK)
        return [Seen(self.at, self.facts(self.place))]


@dataclass(frozen=True, slots=True)
class News:
    """What follows from one delivery or list. ``look``: the panel should be read, the two sources differ yet."""

    events: tuple[Event, ...] = ()
    look: bool = False


class People:
    """Everybody of one run, by handle: the webhook's uuid, unless the panel showed them first under another."""

    def __init__(self, openings: Openings | None = None) -> None:
        self.instance = ""
        self._openings = openings
        self._began = 0.0
        self._same: set[Place] = set()  # where the panel's uuid was seen to be the webhook's
        self._clear()

    def _clear(self) -> None:
        self._people: dict[str, _Person] = {}
        self._by_uuid: dict[str, str] = {}  # webhook's uuid -> handle
        self._by_user: dict[str, str] = {}  # webhook's user_id -> handle
        self._tied: dict[str, str] = {}  # panel's uuid -> handle
        self._guessed: set[str] = set()  # panel's uuids that are tied by name only
        self._now_called: dict[str, str] = {}  # a handle that was -> the one under which the two records are one now
        self._unclaimed: dict[str, bool] = {}  # user_id -> whether they share, of whom nothing else was told yet
        self._listed: dict[str, tuple[Entry, Place]] = {}
        self._list_at = 0.0

    # -- from the webhooks -------------------------------------------------------------------------------------------

    def told(self, delivery: Delivery, received: float) -> News:
        """What a delivery says. ``received``: when it came, in our own time (seconds UTC)."""
        if delivery.kind is Kind.RISK:
            return News((Warned(delivery.at, IncidentKind.PUBLIC_LINK, delivery.detail),))
        if delivery.instance != self.instance:
            if self.instance and delivery.at <= self._began:
                return People().told(delivery, received)  # of an earlier run: whoever takes it drops it
            if self.instance:
                self._clear()
            self.instance, self._began = delivery.instance, delivery.at
        if delivery.kind is Kind.ENDED:
            return News((MeetingEnded(delivery.at, "the meeting was ended"),))
        if delivery.kind is Kind.BEFORE_HOST:
            return News((Warned(delivery.at, IncidentKind.BEFORE_HOST, "somebody came in before the host"),))
        if delivery.who is None or delivery.kind in {Kind.STARTED, Kind.REGISTERED, Kind.IGNORED}:
            return News()
        return self._about(delivery, delivery.who, received)

    def _about(self, delivery: Delivery, who: Who, received: float) -> News:
        handle = self._handle_of(who)
        if handle is None and not who.uuid and who.user_id and len(self._unclaimed) < _REMEMBERED:
            self._unclaimed[who.user_id] = delivery.kind is Kind.SHARE_ON
        if handle is None and not who.uuid:
            return News(look=True)  # a share by somebody whose coming we have not heard of
        meant = self._let_in(delivery, who, handle)
        if meant is not None and handle is None and _one_owner(meant.evidence, who.evidence):
            handle = meant.handle  # the same person: only the uuid has changed on the way in
        if meant is not None and (meant.handle == handle or not meant.guessed or meant.name != who.name):
            meant = None
        person = self._person(handle or who.uuid)
        disagree = person.by_list and person.place_at >= delivery.at
        self._learn(person, who, delivery, received)
        events: list[Event] = []
        if delivery.kind in _LEAVES:
            events += self._left(person, delivery)
        elif delivery.kind in _MOVES or delivery.kind in _STAYS:
            events += self._moved(person, delivery)
        if meant is not None and delivery.kind is Kind.JOINED:
            person, events = self._instead(meant, person, events)
            instead_of = meant.uuid if meant.handle == person.handle else meant.handle
            events.append(CameInAs(person.at, person.handle, instead_of))
            meant.admitted_at = None
        events += self._untie_doubles()
        if person.place is Place.INSIDE:
            person.inside_at = max(person.inside_at, received)
        if meant is None:
            # First whose hand it was: else who was put back would be let in again before that is known.
            events = [*self._by_hand(person, delivery), *events]
        return News(tuple(events), look=disagree or self._address(person.handle) is None)

    def _handle_of(self, who: Who) -> str | None:
        if who.uuid in self._by_uuid:
            return self._by_uuid[who.uuid]
        if who.uuid in self._people:
            return who.uuid
        known = self._by_user.get(who.user_id) if who.user_id else None
        if known is not None and who.uuid and not _one_owner(self._people[known].evidence, who.evidence):
            return None  # the same connection under another uuid shows the same account or registration
        return known

    def _person(self, handle: str) -> _Person:
        if handle not in self._people:
            if len(self._people) >= _REMEMBERED:
                self._forget(next((h for h, p in self._people.items() if p.place is None), next(iter(self._people))))
            self._people[handle] = _Person(handle)
        return self._people[handle]

    def _forget(self, handle: str) -> None:
        del self._people[handle]
        for table in (self._by_uuid, self._by_user, self._tied):
            for key in [key for key, owner in table.items() if owner == handle]:
                del table[key]

    def _learn(self, person: _Person, who: Who, delivery: Delivery, received: float) -> None:
        """Identity only grows: a field that one event leaves out is not taken back by that."""
        if who.uuid:
            self._by_uuid[who.uuid] = person.handle
            person.uuid = who.uuid
            if person.evidence != who.evidence:
                person.evidence = _merged(person.evidence, who.evidence)
        if who.user_id:
            self._by_user[who.user_id] = person.handle
        if who.name and not (person.by_list and person.name):
            person.name = who.name
        person.told_at = max(person.told_at, received)
        account = person.evidence.account
        self._fresh_link(person, delivery)
        if delivery.moderator is not None:
            person.moderator = delivery.moderator
        elif account and account == delivery.host_id:
            person.moderator = True
        if delivery.kind in {Kind.SHARE_ON, Kind.SHARE_OFF}:
            person.sharing = delivery.kind is Kind.SHARE_ON
        elif who.user_id in self._unclaimed:
            person.sharing = self._unclaimed.pop(who.user_id)
        if who.uuid in self._listed:
            self._same.add(self._listed[who.uuid][1])
            self._tie(who.uuid, person.handle)

    def _fresh_link(self, person: _Person, delivery: Delivery) -> None:
        """A registration of ours that comes in is its owner's own link only if that was opened just before."""
        shown = person.evidence
        if self._openings is None or not shown.registrant or shown.link or delivery.kind not in _COMES:
            return
        link = self._openings.claim(f"registrant:{shown.registrant}", person.handle, delivery.at)
        if link is not None:
            person.evidence = replace(shown, link=link)

    def _moved(self, person: _Person, delivery: Delivery) -> list[Event]:
        target = _MOVES.get(delivery.kind)
        newer = delivery.at > person.place_at - (_SLACK if person.by_list else 0.0)
        new = person.place_at == 0.0 and person.place is None
        place = target or (Place.INSIDE if new else None)
        if place is not None and person.place is not place and (newer or new):
            person.place, person.place_at, person.by_list = place, max(delivery.at, person.place_at), False
            person.put_out = person.put_out and place is Place.WAITING
            person.sharing = person.sharing and place is Place.INSIDE
        elif place is not None and newer and not person.by_list:
            person.place_at = delivery.at
        if person.place is Place.INSIDE and delivery.kind is Kind.JOINED:
            person.admitted_at = None
        return person.seen(delivery.at)

    def _left(self, person: _Person, delivery: Delivery) -> list[Event]:
        place, slack = _LEAVES[delivery.kind], _SLACK if person.by_list else 0.0
        if person.place not in {place, None} or delivery.at <= person.place_at - slack:
            return []
        person.place, person.place_at, person.by_list, person.sharing = None, delivery.at, False, False
        person.at = max(delivery.at, person.at + _TICK)
        return [Gone(person.at, person.handle, place)]

    def _by_hand(self, person: _Person, delivery: Delivery) -> list[Event]:
        kind = _NATIVE.get(delivery.kind)
        if delivery.kind is Kind.PUT_BACK and (person.put_out or person.place is Place.INSIDE):
            return []  # told already, or over: they have been let in again since
        ours = person.let_in_at is not None and -2 * _SLACK <= delivery.at - person.let_in_at <= _OURS_FOR
        if kind is NativeKind.ADMITTED and ours:
            return []  # told late, they may stand under a handle by now that the core did not let in
        if delivery.kind is Kind.LEFT and "removed by" in delivery.detail.casefold():
            kind = NativeKind.PUT_OUT  # the reason is free text of Zoom's; without it a removal looks like leaving
        return [NativeAct(delivery.at, kind, person.handle)] if kind else []

    def _let_in(self, delivery: Delivery, who: Who, handle: str | None) -> _Person | None:
        """Whom we have let in just now and who has not come yet, when this one comes in instead: by key, or by name."""
        if delivery.kind not in {Kind.JOINED, Kind.ADMITTED}:
            return None
        if handle is not None and (self._people[handle].admitted_at or self._people[handle].place is Place.INSIDE):
            return None
        expected = [
            person
            for person in self._people.values()
            if person.admitted_at is not None
            and person.handle != handle
            and -2 * _SLACK <= delivery.at - person.admitted_at <= _OURS_FOR
        ]
        same = (person for person in expected if _one_owner(person.evidence, who.evidence))
        named = (person for person in expected if person.guessed and person.name == who.name)
        return next(same, None) or next(named, None)

    def _instead(self, meant: _Person, person: _Person, events: list[Event]) -> tuple[_Person, list[Event]]:
        """The entry that we let in for ``meant``, by its name, is ``person``, and can be put back as such; of ``meant``
        is known only that they are not behind it. ``events``: what ``person`` has brought about so far.
        """
        entry = next((uuid for uuid in sorted(self._guessed) if self._tied.get(uuid) == meant.handle), None)
        if entry is None:
            return person, events
        if meant.handle != entry:
            self._tied[entry] = person.handle
            was, meant.place = meant.place, None
            if was is Place.INSIDE:
                meant.at = max(meant.at + _TICK, person.at)
                events = [Gone(meant.at, meant.handle, was), *events]
            return person, events
        self._part(entry)
        self._people[meant.uuid].place = self._people[meant.uuid].admitted_at = None
        fused = self._join(entry, person, 0.0)
        self._people[entry].place_at = max(person.place_at, self._people[entry].place_at)
        return self._people[entry], fused

    # -- from the panel ----------------------------------------------------------------------------------------------

    def behind_last_list(self) -> float:
        """The least ``as_of`` that a list can have which came behind the last one, by the same road."""
        return self._list_at + _TICK

    def listed(
        self, found: PanelList, as_of: float, *, sees_waiting: bool = True, received: float | None = None
    ) -> News:
        """What the panel lists, as of ``as_of`` and ``received`` in our own time. ``sees_waiting`` False: the client
        cannot look into the waiting room, and says nothing of it, whatever stands there.
        """
        if as_of <= self._list_at:
            return News()
        self._list_at = as_of
        self._listed = {entry.uuid: (entry, Place.INSIDE) for entry in found.inside}
        self._listed |= {entry.uuid: (entry, Place.WAITING) for entry in found.waiting}
        self._tied = {uuid: handle for uuid, handle in self._tied.items() if uuid in self._listed}
        self._guessed &= self._listed.keys()
        for uuid, (_, place) in self._listed.items():
            if uuid in self._by_uuid:
                self._same.add(place)
                self._tie(uuid, self._by_uuid[uuid])
            elif uuid in self._people and uuid not in self._tied:
                self._tie(uuid, uuid)
        events = self._untie_doubles()
        events += self._tie_by_name(as_of)
        events += self._put_back(as_of)
        shown = ((self._people.get(self._tied.get(uuid, uuid)), place) for uuid, (_, place) in self._listed.items())
        look = any(person is not None and self._too_soon(person, place, as_of) for person, place in shown)
        # The core has forgotten who left, even if only for the time of one list; we have not.
        back = [p for p in self._people.values() if p.told and p.place is None and self._address(p.handle) is not None]
        facts = tuple(self._shown(entry, place, as_of) for entry, place in self._listed.values())
        for person in self._people.values():
            if person.place is Place.INSIDE and person.place_at == as_of:
                person.inside_at = max(person.inside_at, as_of if received is None else received)
        for person in back:
            events += person.seen(as_of)
        covers = frozenset(Place) if sees_waiting else frozenset({Place.INSIDE})
        if found.main_room:
            self._absent({shown.handle for shown in facts}, as_of, covers)
        snapshot = Snapshot(
            at=as_of,
            as_of=as_of,
            connections=facts,
            complete=found.main_room,
            carries_identity=False,
            covers=covers,
            lobby_on=found.waiting_room if sees_waiting else None,
        )
        return News((*events, snapshot), look)

    def _put_back(self, as_of: float) -> list[Event]:
        """Who was inside and waits now was put back; by our hand, as the core knows, or by a human's. The list shows it
        sooner than the webhook says it.
        """
        events: list[Event] = []
        for uuid, (_, place) in self._listed.items():
            person = self._people.get(self._tied.get(uuid, uuid))
            back = person is not None and person.place is Place.INSIDE and place is Place.WAITING
            if person is not None and back and as_of > person.place_at and not self._too_soon(person, place, as_of):
                person.put_out = True
                events.append(NativeAct(as_of, NativeKind.PUT_OUT, person.handle))
        return events

    def _too_soon(self, person: _Person, place: Place, as_of: float) -> bool:
        """Whether this may be a list of before they came in, of which we have heard since: the next one will tell.

        Two lists that were on their way together may be read in the wrong order, and a webhook may overtake a list.
        """
        return person.place is Place.INSIDE and place is Place.WAITING and as_of <= person.inside_at

    def _tie(self, uuid: str, handle: str) -> None:
        self._tied[uuid] = handle
        self._guessed.discard(uuid)

    def _shown(self, entry: Entry, place: Place, as_of: float) -> Facts:
        person = self._person(self._tied.setdefault(entry.uuid, entry.uuid))
        person.name, person.moderator = entry.name, _role(entry.role) in _HOSTS
        if self._too_soon(person, place, as_of):
            place = Place.INSIDE
        elif as_of > person.place_at:
            person.sharing = person.sharing and place is Place.INSIDE
            person.put_out = person.put_out and place is Place.WAITING
            person.place, person.place_at, person.by_list = place, as_of, True
        person.at = max(person.at, as_of)
        return person.facts(place)

    def _absent(self, handles: set[str], as_of: float, covers: frozenset[Place]) -> None:
        """Who is not on the list has left; but a told person may be behind an entry that nobody can be tied to."""
        bare = {(entry.name, place) for uuid, (entry, place) in self._listed.items() if not self._identified(uuid)}
        for person in self._people.values():
            behind = person.told and (person.name, person.place) in bare
            if person.handle not in handles and person.place in covers and person.at < as_of and not behind:
                person.place, person.place_at, person.by_list = None, as_of, True

    # -- ties by name ------------------------------------------------------------------------------------------------

    def _bearers(self, place: Place) -> tuple[Counter[str], Counter[str]]:
        """How many told people, and how many listed entries, bear each name in this place."""
        told = Counter(p.name for p in self._people.values() if p.told and self._where(p) is place)
        shown = Counter(entry.name for entry, where in self._listed.values() if where is place)
        return told, shown

    def _where(self, person: _Person) -> Place | None:
        """Where they are; who was let in and waits no longer is on the way in, though no webhook has said so yet."""
        on_the_way = person.place is Place.WAITING and person.admitted_at is not None
        return Place.INSIDE if on_the_way and self._address(person.handle) is None else person.place

    def _untie_doubles(self) -> list[Event]:
        """A second one of that name has come: whose entry is whose cannot be told any more. Both are held."""
        events: list[Event] = []
        for uuid in sorted(self._guessed):
            entry, place = self._listed[uuid]
            told, shown = self._bearers(place)
            if told[entry.name] <= 1 and shown[entry.name] <= 1:
                continue
            self._guessed.discard(uuid)
            handle = self._tied.pop(uuid)
            if handle == uuid:  # the core knows the entry by this handle: what was said of it is taken back
                self._part(uuid)
                self._tie(uuid, uuid)
                events += self._people[uuid].seen(self._list_at)
        return events

    def _part(self, handle: str) -> None:
        """Two records again: the entry without identity, and the told person under the webhook's own uuid."""
        fused = self._people[handle]
        if fused.uuid and fused.uuid != handle:
            self._people[fused.uuid] = replace(fused, handle=fused.uuid, by_list=False)
            self._renamed(handle, fused.uuid)
        bare = _Person(handle, fused.name, place=fused.place, place_at=fused.place_at, by_list=True, at=fused.at)
        self._people[handle] = bare

    def _tie_by_name(self, as_of: float) -> list[Event]:
        events: list[Event] = []
        for place in Place:
            if place in self._same:
                continue
            told, shown = self._bearers(place)
            loose = {
                p.name: p
                for p in self._people.values()
                if p.told and self._where(p) is place and p.told_at <= as_of and self._address(p.handle) is None
            }
            for uuid, (entry, where) in self._listed.items():
                person = loose.get(entry.name)
                if person is None or where is not place or self._identified(uuid):
                    continue
                if told[entry.name] == 1 and shown[entry.name] == 1:
                    events += self._join(uuid, person, as_of)
        return events

    def _identified(self, uuid: str) -> bool:
        handle = self._tied.get(uuid)
        return handle is not None and self._people[handle].told

    def _join(self, uuid: str, person: _Person, as_of: float) -> list[Event]:
        """One person from now on: under the handle by which the core knows the entry, else under their own."""
        self._guessed.add(uuid)
        entry = self._people.get(uuid)
        if entry is None:
            self._tied[uuid] = person.handle
            return []
        fused = replace(
            person,
            handle=uuid,
            place_at=entry.place_at,
            by_list=entry.by_list,
            at=max(person.at, entry.at),
            let_in_at=person.let_in_at if entry.let_in_at is None else entry.let_in_at,
        )
        del self._people[person.handle]
        self._people[uuid] = fused
        self._renamed(person.handle, uuid)
        self._tied[uuid] = uuid
        return fused.seen(as_of - _TICK)

    def _renamed(self, old: str, new: str) -> None:
        self._now_called = {was: now for was, now in self._now_called.items() if now != old and was != new}
        self._now_called[old] = new  # an act that was asked for under the old handle is still on its way
        self._by_uuid = {uuid: new if handle == old else handle for uuid, handle in self._by_uuid.items()}
        self._by_user = {user: new if handle == old else handle for user, handle in self._by_user.items()}

    # -- for our hands -----------------------------------------------------------------------------------------------

    def address(self, handle: str) -> str | None:
        """The panel's uuid for a handle; None while the panel does not list them, or not beyond doubt."""
        return self._address(handle)

    def _address(self, handle: str) -> str | None:
        if self._tied.get(handle) == handle:
            return handle
        return next((uuid for uuid, owner in self._tied.items() if owner == handle), None)

    def server_address(self, handle: str) -> str:
        """The uuid by which Zoom's own server knows them, as far as we know."""
        person = self._people.get(handle)
        return person.uuid if person and person.uuid else handle

    def acted(self, kind: ActKind, handle: str, now: float) -> None:
        """Our hand did this now: an admission by a name only is checked when they come in."""
        person = self._people.get(handle) or self._people.get(self._now_called.get(handle, ""))
        if person is None:
            return
        handle = person.handle
        if kind is ActKind.ADMIT:
            person.admitted_at, person.guessed = now, self._address(handle) in self._guessed
            person.let_in_at = now
        elif kind in REMOVALS:
            person.admitted_at = None

    def recall(self, known: Sequence[Facts]) -> None:
        """After a restart: what the journal knew of those who were there."""
        for facts in known:
            person = self._person(facts.handle)
            person.name, person.evidence, person.place = facts.evidence.name, facts.evidence, facts.place
            person.moderator, person.sharing = facts.role is PlatformRole.MODERATOR, facts.sharing


def _role(text: str) -> str:
    """Zoom spells co-host in three ways."""
    return text.casefold().replace("-", "").replace("_", "")


def _merged(old: Evidence, new: Evidence) -> Evidence:
    return Evidence(
        name=new.name or old.name,
        account=new.account or old.account,
        email=new.email or old.email,
        link=new.link or old.link,
        registrant=new.registrant or old.registrant,
        claimed_email=new.claimed_email or old.claimed_email,
        phone=new.phone or old.phone,
    )


def _one_owner(one: Evidence, other: Evidence) -> bool:
    return bool(strong_keys(one) & strong_keys(other))
