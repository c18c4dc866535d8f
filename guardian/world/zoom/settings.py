"""How one world is set.

May live here: numbers and names that a world is built with. May not: behaviour.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from guardian.world.zoom.faults import Faults

# Scope names: reference of the granular scopes for admin-managed apps, as far as our documents show them.
ALL_SCOPES = frozenset(
    {
        "meeting:read:meeting:admin",
        "meeting:update:meeting:admin",
        "meeting:update:status:admin",
        "meeting:write:registrant:admin",
        "meeting:write:batch_registrants:admin",
        "meeting:read:list_registrants:admin",
        "meeting:update:registrant_status:admin",
        "meeting:update:in_meeting_controls:admin",
        "user:read:settings:admin",
        "dashboard:read:list_meeting_participants:admin",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One world.

    seed: of every random choice. speed: Zoom's own waits (retries, lateness, noticing a dead client) are divided
    by it; the clock is not, so that signatures and contexts carry real times. plan: "free", "pro" or "business".
    token_life: seconds. limits: answer 429 above the plan's rates; retry_after: such answers say for how long.
    attempt_timeout: real seconds that a webhook's receiver has. left_waiting_on_admission: whether
    `participant_left_waiting_room` is sent for the admitted, too (documents leave it open). rest_removes_waiting:
    whether `participant.remove` works on the waiting (open as well). patch_is_live: whether a changed
    `waiting_room` holds for a meeting under way (open as well). one_registrant_per_email: whether a second
    registration with the same address gives the first one's id (open as well).
    retry_keeps_timestamp: whether a retry carries the first attempt's timestamp (open as well).
    """

    seed: int = 0
    speed: float = 1.0
    plan: str = "pro"
    scopes: frozenset[str] = ALL_SCOPES
    token_life: float = 3600.0
    limits: bool = True
    retry_after: bool = True
    attempt_timeout: float = 3.0
    left_waiting_on_admission: bool = False
    rest_removes_waiting: bool = True
    patch_is_live: bool = True
    one_registrant_per_email: bool = False
    retry_keeps_timestamp: bool = False
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    faults: Faults = field(default_factory=Faults)
