"""The header `x-zoom-app-context` as Zoom's client makes it ("Zoom App Context").

May live here: sealing a context. May not: opening one, which is what the guardian has to get right by itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ISSUER = "marketplace.zoom.us"


def seal(context: Mapping[str, object], client_secret: str, *, iv: bytes, aad: bytes = b"context") -> str:
    """A context as unpadded base64url of ivLen u8, iv, aadLen u16, aad, textLen i32, ciphertext, tag; lengths
    little-endian, AES-256-GCM under the SHA-256 of the client secret.
    """
    key = hashlib.sha256(client_secret.encode()).digest()
    text = json.dumps(context, separators=(",", ":")).encode()
    sealed = AESGCM(key).encrypt(iv, text, aad)
    head = struct.pack("<B", len(iv)) + iv + struct.pack("<H", len(aad)) + aad + struct.pack("<i", len(sealed) - 16)
    return base64.urlsafe_b64encode(head + sealed).decode().rstrip("=")
