"""The mistakes that ``mutants`` plants, one at a time: what is wrong, which text, and which property must notice.

Each ``old`` stands exactly once in ``guardian/core``. A new rule of the core deserves a mistake here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One small change to ``guardian/core``. ``caught_by`` is the number of the property."""

    name: str
    old: str
    new: str
    caught_by: int


MISTAKES = (
    Mistake(
        "the gate lets names in",
        "self._gate_inside = policy.gate - {Proof.CLAIMED}",
        "self._gate_inside = (policy.gate | NAME_PROOFS) - {Proof.CLAIMED}",
        1,
    ),
    Mistake(
        "no rule for a second claim",
        "        others = self._others(connection, person)\n        if not others:\n            return self._hidden",
        "        others = self._others(connection, person)\n        if True:\n            return self._hidden",
        1,
    ),
    Mistake(
        "names still open a locked door",
        "        if self.state.phase is Phase.LOCKED:\n            gate -= NAME_PROOFS",
        "",
        1,
    ),
    Mistake(
        "a wave does not tighten the gate",
        "        if self.tight():\n            gate &= STRONG_PROOFS",
        "",
        1,
    ),
    Mistake(
        "an override outlives its expiry",
        "        if word.until is not None and look.due(word.until):\n            continue\n",
        "",
        1,
    ),
    Mistake(
        "the machine admits without a journal",
        "return state.journal_up and not state.memory.paused and not state.standing_down",
        "return not state.memory.paused and not state.standing_down",
        1,
    ),
    Mistake(
        "pupils are admitted before the host",
        "Standing.PROVEN, Do.HOLD,",
        "Standing.PROVEN, Do.ADMIT,",
        1,
    ),
    Mistake(
        "removes on an empty list",
        '    if not newest.people:\n        return "the list is empty"\n',
        '    if not newest.people:\n        return ""\n',
        2,
    ),
    Mistake(
        "a list edit puts out who is inside",
        "            if connection.known or self._fitted(connection):\n"
        '                return Rule("was on the list or let in: stays", Do.STAY_TELL)\n',
        "",
        2,
    ),
    Mistake(
        "an expiry puts out who is inside",
        "        if standing in STRANGERS | {Standing.BARRED} and self._by_another_hand",
        "        person = connection.match.person\n"
        "        if person and not person.valid(self.now):\n"
        '            return Rule("expired: back to the lobby", Do.PUT_BACK)\n'
        "        if standing in STRANGERS | {Standing.BARRED} and self._by_another_hand",
        2,
    ),
    Mistake(
        "barred by name",
        'return strong_keys(evidence) | {f"handle:{handle}"}',
        'return strong_keys(evidence) | {f"handle:{handle}", f"name:{evidence.name}"}',
        2,
    ),
    Mistake(
        "whom we did not see is a stranger",
        'return Standing.UNSEEN, "we missed what they showed", frozenset(), settled',
        'return Standing.NONE, "we missed what they showed", frozenset(), settled',
        2,
    ),
    Mistake(
        "assist puts out without asking",
        "    if look.policy.mode is Mode.ASSIST:\n        return False\n",
        "",
        2,
    ),
    Mistake(
        "who came in as another is put out for good",
        "    return back if do is Do.PUT_BACK and _gently(state, connection) and not by_human else steps",
        "    return steps",
        2,
    ),
    Mistake(
        "who came in as another goes back though proven",
        "and connection.came_in_as is not None and standing not in TRUSTED:",
        "and connection.came_in_as is not None and standing not in SAFE:",
        2,
    ),
    Mistake("no brake", "return max(0, cap - len(recent))", "return 1000", 3),
    Mistake(
        "the brake forgets at a restart",
        "        awaiting=event.at,\n        journal_up=True,",
        "        awaiting=event.at,\n        memory=replace(state.memory, removals=()),\n        journal_up=True,",
        3,
    ),
    Mistake(
        "staff are treated like anybody",
        "SAFE = frozenset({Standing.SELF, Standing.PROTECTED})",
        "SAFE = frozenset({Standing.SELF})",
        3,
    ),
    Mistake(
        "an older delivery overwrites a newer one",
        " or (old and at <= old.at):\n        return state",
        ":\n        return state",
        4,
    ),
    Mistake(
        "who left long ago comes back by a late delivery",
        'if at <= state.departed.get(f"{facts.place}:{facts.handle}", -1.0) or',
        "if False or",
        4,
    ),
    Mistake("a complete list takes nobody off", "    if event.complete:\n", "    if False:\n", 4),
    Mistake(
        "a restart sends everything again at once",
        "        if state.awaiting is not None:\n            return []\n",
        "",
        5,
    ),
    Mistake(
        "a run is taken for another",
        "return state if state.instance else changed(",
        "return changed(",
        5,
    ),
    Mistake(
        "an act is asked again after it was confirmed",
        "(ActKind.QUIET, do in {Do.STAY_QUIET, *LADDER} and not connection.quiet and",
        "(ActKind.QUIET, do in {Do.STAY_QUIET, *LADDER} and",
        5,
    ),
    Mistake(
        "the lock closes again after an unlock",
        "if memory.phase is Phase.OPEN and memory.auto_lock:",
        "if memory.phase is Phase.OPEN:",
        6,
    ),
    Mistake(
        "a meeting restarted in its slot is open again",
        "    if memory.locked_at is not None:\n        return Phase.LOCKED\n",
        "",
        6,
    ),
    Mistake(
        "resume unlocks",
        "return replace(memory, paused=False, panic_at=None, panic_order=None)",
        "return replace(memory, paused=False, panic_at=None, panic_order=None, phase=Phase.OPEN)",
        6,
    ),
    Mistake(
        "the confirmation is skipped",
        "    if _shows(state, pending):\n",
        "    if _shows(state, pending) or pending.accepted_at is not None:\n",
        7,
    ),
    Mistake(
        "an act that is not confirmed stays open for ever",
        "    if not look.due(deadline):\n        return []\n",
        "    return []\n",
        7,
    ),
    Mistake(
        "an act that failed is not told",
        "return [closed, *telling.raised(look, IncidentKind.ACT_FAILED",
        "return [closed, *telling.raised(look, IncidentKind.NOT_CONFIRMED",
        7,
    ),
    Mistake(
        "a human's hold is ignored",
        "        if not word.live or word.kind is WordKind.OPEN_DOOR:",
        "        if not word.live or word.kind in {WordKind.OPEN_DOOR, WordKind.HOLD}:",
        8,
    ),
    Mistake(
        "without a journal no human is obeyed",
        "    if want.order is not None:\n",
        "    if want.order is not None and machine_may(state):\n",
        8,
    ),
    Mistake(
        "the teacher's own hand is no word",
        "    if trusted:\n        keys",
        "    if False:\n        keys",
        8,
    ),
    Mistake("pause does not pause", "and not state.memory.paused and", "and", 8),
    Mistake(
        "two acts in flight on one connection",
        "return machine_may(state) and not pending",
        "return machine_may(state)",
        9,
    ),
    Mistake(
        "hands that are away are asked all the same",
        "    if kind is None or kind not in state.capabilities.can:\n",
        "    if kind is None:\n",
        9,
    ),
    Mistake(
        "acts go on while the link is lost",
        "    if not state.link_up:\n        return False\n    if want.kind in connection.simulated",
        "    if want.kind in connection.simulated",
        9,
    ),
    Mistake(
        "a failed act is asked again at once",
        "    if not look.due(connection.not_before):\n        return False\n",
        "",
        9,
    ),
)
