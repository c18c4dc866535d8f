"""E-mail addresses and account ids as they are compared. Pure text.

Only A to Z are folded: other foldings make one letter of two (the long s of s, the Kelvin sign of k), and an address
with such a letter is another address.
"""

from __future__ import annotations

import string

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_GMAIL = frozenset({"gmail.com", "googlemail.com"})


def same_id(typed: str) -> str:
    """An account, token or registrant id as compared."""
    return typed.translate(_LOWER)


def same_address(typed: str) -> str:
    """An address as compared. At Gmail dots do not count, nor does what follows a plus; googlemail.com is the same
    (Google: "Dots don't matter in Gmail addresses", "Send emails from a different address or alias").
    """
    address = typed.strip().translate(_LOWER)
    local, at, domain = address.rpartition("@")
    if domain in _GMAIL and local and local.isascii() and '"' not in local:
        local = local.partition("+")[0].replace(".", "") or local
        return f"{local}@gmail.com"
    return f"{local}{at}{domain}"


def without_plus(typed: str) -> str | None:
    """The address that a plus-address belongs to by custom (other mail hosts may think otherwise); None without one."""
    address = same_address(typed)
    local, at, domain = address.rpartition("@")
    owner, plus, _ = local.partition("+")
    return f"{owner}{at}{domain}" if at and plus and owner else None
