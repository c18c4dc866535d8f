"""A loopback Zoom for the demo and the tests: one account, its REST, its events, its meetings and people in them.

**This is an approximation that we wrote from documents. It was never compared with the real service.** What it is
made from: Zoom's published types, samples, changelogs and forum answers as `docs/zoom.md` names them. Where these leave
something open it is a switch in `Settings` or a fault in `Faults`, so that the guardian is tried both ways; what it
agrees to here proves nothing about Zoom, only that it follows the same papers. Known simplifications: registration is
not enforced at the door, breakout rooms are a flag, a host who leaves hands over to nobody, unknown fields in a
`PATCH` are refused (Zoom is said to ignore them), and the clock of limits is ours.

Nothing here shares code with what it tests: signatures, contexts and bodies are written a second time on purpose.
May live here: Zoom's side of every wire, and people's hands. May not: any import of the guardian outside
`guardian.world`.
"""

from guardian.world.zoom.acts import ActError
from guardian.world.zoom.courier import Attempt
from guardian.world.zoom.faults import Faults, Trip
from guardian.world.zoom.gate import Call
from guardian.world.zoom.guest import Guest
from guardian.world.zoom.host_client import HostClient
from guardian.world.zoom.ledger import By, Entry, Ledger
from guardian.world.zoom.meeting import Meeting
from guardian.world.zoom.people import Face, Registrant, User
from guardian.world.zoom.settings import ALL_SCOPES, Settings
from guardian.world.zoom.world import ZoomWorld

__all__ = [
    "ALL_SCOPES",
    "ActError",
    "Attempt",
    "By",
    "Call",
    "Entry",
    "Face",
    "Faults",
    "Guest",
    "HostClient",
    "Ledger",
    "Meeting",
    "Registrant",
    "Settings",
    "Trip",
    "User",
    "ZoomWorld",
]
