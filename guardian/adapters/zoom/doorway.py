"""Personal links on Zoom: each is a registrant of its own, made when people are invited. The port ``Doorway``.

Zoom's personal join link lets in whoever holds it, so it is never shown: it is the answer to "Join class" only. By
itself it proves no more than a registration does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from guardian.adapters.zoom.rest import ZoomRest
from guardian.adapters.zoom.wire_calls import NewRegistrant
from guardian.errors import TemporaryError
from guardian.ports import Link

_BATCH = 30  # batch_registrants: at most so many at once
_LONGEST_NAME = 64  # first_name, last_name


class ZoomDoorway:
    """Registrations for the meeting ``number``. ``host``: under which the registrations' addresses are made up: Zoom
    wants one for each, and a family's own is no business of Zoom's.
    """

    origins = ("https://zoom.us", "https://*.zoom.us")

    def __init__(self, rest: ZoomRest, number: str, host: str) -> None:
        self._rest, self._number, self._host = rest, number, host

    async def enrol(self, people: Mapping[str, str]) -> Mapping[str, tuple[str, str]]:
        """See the port. Doing it again finds what was made before: Zoom knows a registration by its address."""
        found: dict[str, tuple[str, str]] = {}
        waiting = {self._address(lid): (lid, name) for lid, name in people.items()}
        known = {one.email.casefold(): one for one in await self._rest.registrants(self._number)}
        for address in [address for address in waiting if address in known]:
            lid, _ = waiting.pop(address)
            found[lid] = (known[address].id, known[address].join_url)
        new = [NewRegistrant(*_parts(name), address) for address, (_, name) in waiting.items()]
        for first in range(0, len(new), _BATCH):
            for made in await self._rest.add_registrants(self._number, new[first : first + _BATCH]):
                lid, _ = waiting.get(made.email.casefold(), ("", ""))
                if lid and made.id and made.join_url:
                    found[lid] = (made.id, made.join_url)
        if len(found) < len(people):
            raise TemporaryError("Zoom did not register everybody; invite again to go on")
        return found

    async def strike(self, links: Sequence[Link]) -> None:
        """See the port: whoever copied the join link cannot come in by it any more."""
        await self._rest.set_registrants(self._number, "cancel", [link.registrant for link in links])

    def way(self, link: Link, nonce: str) -> str:  # noqa: ARG002 - the port's shape
        """See the port."""
        return link.way

    def _address(self, lid: str) -> str:
        return f"{lid}@{self._host}".casefold()


def _parts(name: str) -> tuple[str, str]:
    """First and last name; Zoom shows them as one."""
    first, _, last = name.strip().partition(" ")
    return first[:_LONGEST_NAME] or "Guest", last.strip()[:_LONGEST_NAME]
