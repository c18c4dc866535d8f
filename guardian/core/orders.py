"""What a human's order changes in the slot's memory, and what takes it back: the verbs with their inverses. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from guardian.core.events import Ordered, Verb
from guardian.core.memory import DoneOrder, Phase, SlotMemory, Word, WordKind
from guardian.core.names import normalise
from guardian.core.roster import Person, Role


def obey(memory: SlotMemory, order: Ordered, target: frozenset[str] | None) -> SlotMemory:
    """The memory after ``order``. ``target`` are the keys of the connection it names, if that is known."""
    keys = target if target is not None else frozenset({f"handle:{order.handle}"} if order.handle else ())
    over = _stands_over(memory, order, keys)
    memory = _HANDLERS[order.verb](memory, order, keys)
    done = DoneOrder(order.order, order.verb, order.by, order.at, order.handle, order.person, over=over)
    return replace(memory, orders=(*memory.orders, done))


_AGAINST_WORDS: dict[Verb, frozenset[WordKind]] = {
    Verb.ADMIT: frozenset({WordKind.HOLD, WordKind.REMOVE}),
    Verb.HOLD: frozenset({WordKind.ADMIT}),
    Verb.REMOVE: frozenset({WordKind.ADMIT}),
}
_AGAINST_ORDERS: dict[Verb, frozenset[Verb]] = {
    Verb.LOCK: frozenset({Verb.UNLOCK}),
    Verb.UNLOCK: frozenset({Verb.LOCK, Verb.PANIC}),
    Verb.PAUSE: frozenset({Verb.RESUME, Verb.ENFORCE, Verb.PANIC}),
    Verb.RESUME: frozenset({Verb.PAUSE, Verb.PANIC}),
    Verb.ENFORCE: frozenset({Verb.PAUSE}),
}
_ABOUT_THE_MEETING = frozenset(_AGAINST_ORDERS) | {Verb.PANIC}


def _stands_over(memory: SlotMemory, order: Ordered, keys: frozenset[str]) -> str:
    """The live word of another human that this order goes against, and whose it is; "" if it goes with all."""
    by = "", ""
    if order.verb is Verb.UNDO:
        last = last_to_undo(memory)
        by = (last.verb, last.by) if last else by
    elif order.verb in _AGAINST_WORDS:
        live = [w for w in memory.words if w.live and (w.until is None or w.until > order.at)]
        about = [w for w in live if w.keys & keys or (w.person is not None and w.person == order.person)]
        if about and about[-1].kind in _AGAINST_WORDS[order.verb]:
            by = about[-1].kind, about[-1].by
    elif order.verb in _AGAINST_ORDERS:
        last = next((o for o in reversed(memory.orders) if o.undone_by is None and o.verb in _ABOUT_THE_MEETING), None)
        by = (last.verb, last.by) if last and last.verb in _AGAINST_ORDERS[order.verb] else by
    what, whom = by
    return f"{what} by {whom}" if whom and whom != order.by else ""


def _speak(memory: SlotMemory, order: Ordered, keys: frozenset[str], kind: WordKind) -> SlotMemory:
    word = Word(order.order, kind, order.by, order.at, keys, order.person, order.until, order.reason)
    return replace(memory, words=(*memory.words, word))


def _admit(memory: SlotMemory, order: Ordered, keys: frozenset[str]) -> SlotMemory:
    return _speak(_unbar(memory, keys), order, keys, WordKind.ADMIT)


def _hold(memory: SlotMemory, order: Ordered, keys: frozenset[str]) -> SlotMemory:
    return _speak(memory, order, keys, WordKind.HOLD)


def _remove(memory: SlotMemory, order: Ordered, keys: frozenset[str]) -> SlotMemory:
    return _speak(memory, replace(order, person=None), keys, WordKind.REMOVE)


def _unbar(memory: SlotMemory, keys: frozenset[str]) -> SlotMemory:
    words = tuple(replace(w, live=False) if w.kind is WordKind.REMOVE and w.keys & keys else w for w in memory.words)
    return replace(memory, words=words, put_out=memory.put_out - keys)


def _allow(memory: SlotMemory, order: Ordered, _: frozenset[str]) -> SlotMemory:
    emails = (order.email,) if order.email else ()
    guest = Person(
        f"guest-{order.order}",
        order.name or "",
        Role.GUEST,
        emails=emails,
        valid_until=order.until,
        since=order.at,
    )
    before = next((g for g in memory.guests if _same_guest(g, guest)), None)
    if before:  # allowed once more: the same guest, with a new date
        guest = replace(guest, id=before.id)
    return replace(memory, guests=(*(g for g in memory.guests if g is not before), guest))


def _cover(memory: SlotMemory, order: Ordered, _: frozenset[str]) -> SlotMemory:
    """A substitute: a host for this slot, known by the account or the signed-in address that a human named."""
    account = order.account or ""
    substitute = Person(
        f"cover-{order.order}",
        order.name or "",
        Role.HOST,
        emails=(account,) if "@" in account else (),
        accounts=(account,),  # some platforms' account ids look like addresses
        valid_until=order.until,
        since=order.at,
    )
    same = account.casefold()
    others = tuple(g for g in memory.guests if not (g.role is Role.HOST and same in _known_by(g)))
    return replace(memory, guests=(*others, substitute))


def _known_by(guest: Person) -> set[str]:
    return {known.casefold() for known in (*guest.accounts, *guest.emails)}


def _same_guest(one: Person, other: Person) -> bool:
    return normalise(one.name) == normalise(other.name) and one.emails == other.emails


def _lock(memory: SlotMemory, order: Ordered, _: frozenset[str]) -> SlotMemory:
    if memory.phase is Phase.ENDED:
        return memory
    return replace(memory, phase=Phase.LOCKED, locked_at=order.at, door_open=False)


def _unlock(memory: SlotMemory, _: Ordered, __: frozenset[str]) -> SlotMemory:
    if memory.phase is Phase.ENDED:
        return memory
    phase = Phase.OPEN if memory.opened_at is not None else Phase.BEFORE
    return replace(memory, phase=phase, locked_at=None, auto_lock=False)


def _pause(memory: SlotMemory, _: Ordered, __: frozenset[str]) -> SlotMemory:
    return replace(memory, paused=True)


def _resume(memory: SlotMemory, _: Ordered, __: frozenset[str]) -> SlotMemory:
    return replace(memory, paused=False, panic_at=None, panic_order=None)


def _panic(memory: SlotMemory, order: Ordered, keys: frozenset[str]) -> SlotMemory:
    return replace(_lock(memory, order, keys), panic_at=order.at, panic_order=order.order)


def _enforce(memory: SlotMemory, _: Ordered, __: frozenset[str]) -> SlotMemory:
    return replace(memory, enforced=True)


def _end(memory: SlotMemory, _: Ordered, __: frozenset[str]) -> SlotMemory:
    return memory


def _undo(memory: SlotMemory, order: Ordered, _: frozenset[str]) -> SlotMemory:
    done = last_to_undo(memory)
    if done is None:
        return memory
    orders = tuple(replace(o, undone_by=order.order) if o.order == done.order else o for o in memory.orders)
    memory = replace(memory, orders=orders)
    verb = Verb(done.verb)
    if verb is Verb.REMOVE:
        word = next((w for w in memory.words if w.order == done.order), None)
        return _unbar(memory, word.keys) if word else memory
    if verb in {Verb.ALLOW, Verb.COVER}:
        guests = tuple(g for g in memory.guests if g.since != done.at)
        return replace(memory, guests=guests)
    inverse = INVERSE[verb]
    if inverse is None:
        return memory
    back = replace(order, verb=inverse, handle=done.handle, person=done.person)
    spoken = next((w for w in memory.words if w.order == done.order), None)
    return _HANDLERS[inverse](memory, back, spoken.keys if spoken else frozenset())


def last_to_undo(memory: SlotMemory) -> DoneOrder | None:
    """The last order that ``undo`` would take back."""
    for done in reversed(memory.orders):
        if done.undone_by is None and done.verb not in {Verb.UNDO, Verb.END, Verb.ROTATE}:
            return done
    return None


INVERSE: dict[Verb, Verb | None] = {
    Verb.ADMIT: Verb.HOLD,
    Verb.HOLD: Verb.ADMIT,
    Verb.REMOVE: Verb.UNDO,
    Verb.ALLOW: Verb.UNDO,
    Verb.COVER: Verb.UNDO,
    Verb.LOCK: Verb.UNLOCK,
    Verb.UNLOCK: Verb.LOCK,
    Verb.PAUSE: Verb.RESUME,
    Verb.RESUME: Verb.PAUSE,
    Verb.PANIC: Verb.RESUME,
    Verb.ENFORCE: Verb.PAUSE,
    Verb.ROTATE: None,
    Verb.END: None,
    Verb.UNDO: None,
}
"""What takes a verb back: the last column of the design's table."""

_HANDLERS: dict[Verb, Callable[[SlotMemory, Ordered, frozenset[str]], SlotMemory]] = {
    Verb.ADMIT: _admit,
    Verb.HOLD: _hold,
    Verb.REMOVE: _remove,
    Verb.ALLOW: _allow,
    Verb.COVER: _cover,
    Verb.LOCK: _lock,
    Verb.UNLOCK: _unlock,
    Verb.PAUSE: _pause,
    Verb.RESUME: _resume,
    Verb.PANIC: _panic,
    Verb.ENFORCE: _enforce,
    Verb.ROTATE: _end,
    Verb.END: _end,
    Verb.UNDO: _undo,
}
