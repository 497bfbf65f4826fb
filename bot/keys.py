"""SECRET_KEY at work: encryption of what is kept, blind indexes to find it again, signatures for links and tokens.

Each purpose has a subkey of its own (HKDF-SHA256, RFC 5869). The first secret writes, the others still read: to rotate,
put a new one in front, and take the old one out when nothing is written with it any more (`Keys.current`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class Undecipherable(Exception):
    """No secret of SECRET_KEY opens this value, or it was altered or belongs to something else."""


@dataclass(frozen=True, slots=True)
class _Key:
    id: str
    cipher: AESGCM
    index: bytes
    sign: bytes


class Keys:
    """The subkeys of all secrets."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Takes SECRET_KEY's parts, the one that writes first; 1 ms each."""
        if not secrets:
            raise ValueError("SECRET_KEY is empty")
        self._keys = [_derived(secret) for secret in secrets]
        self._by_id = {key.id: key for key in self._keys}

    def encrypt(self, text: str, about: str) -> str:
        """AES-256-GCM, as `key id.base64url`; opens only for the same `about` (table and column, or whose it is)."""
        key = self._keys[0]
        nonce = os.urandom(_NONCE)
        sealed = nonce + key.cipher.encrypt(nonce, text.encode(), about.encode())
        return f"{key.id}.{base64.urlsafe_b64encode(sealed).decode()}"

    def decrypt(self, value: str, about: str) -> str:
        """The text; raises Undecipherable."""
        name, _, sealed = value.partition(".")
        key = self._by_id.get(name)
        if key is None:
            raise Undecipherable(f"no secret in SECRET_KEY has the id {name[:8]!r}: has one been taken out too early?")
        try:
            raw = base64.urlsafe_b64decode(sealed)
            return key.cipher.decrypt(raw[:_NONCE], raw[_NONCE:], about.encode()).decode()
        except (InvalidTag, ValueError):
            raise Undecipherable("the value was altered, or is about something else") from None

    def current(self, value: str) -> bool:
        """False where an encrypted value should be written again with the first secret."""
        return value.startswith(f"{self._keys[0].id}.")

    def index(self, purpose: str, text: str) -> str:
        """The blind index to store: equal for equal texts, tells nothing else (HMAC-SHA256, 128 bits, hex)."""
        return _mac(self._keys[0].index, purpose, text)[:16].hex()

    def indexes(self, purpose: str, text: str) -> tuple[str, ...]:
        """What `index` gave with any of the secrets: to search for."""
        return tuple(_mac(key.index, purpose, text)[:16].hex() for key in self._keys)

    def sign(self, purpose: str, text: str, size: int = 10) -> str:
        """A signature for a link or a token: `size` bytes as small letters and digits (10 bytes: 16 characters).

        Base32, for `_` and `-` are markup on WhatsApp.
        """
        return _signature(self._keys[0], purpose, text, size)

    def verify(self, purpose: str, text: str, signature: str) -> bool:
        """True if one of the secrets gave this signature, of at least 5 bytes; compares in constant time."""
        size = len(signature) * 5 // 8
        if not 5 <= size <= 32:
            return False
        given = signature.encode()
        return any(hmac.compare_digest(_signature(key, purpose, text, size).encode(), given) for key in self._keys)


def _derived(secret: str) -> _Key:
    extracted = hmac.digest(b"pijar", secret.encode(), hashlib.sha256)

    def subkey(purpose: bytes) -> bytes:
        # One block of HKDF-Expand: as long as the hash, and no subkey needs more.
        return hmac.digest(extracted, purpose + b"\x01", hashlib.sha256)

    return _Key(subkey(b"id")[:4].hex(), AESGCM(subkey(b"encrypt")), subkey(b"index"), subkey(b"sign"))


def _mac(key: bytes, purpose: str, text: str) -> bytes:
    return hmac.digest(key, f"{purpose}\0{text}".encode(), hashlib.sha256)


def _signature(key: _Key, purpose: str, text: str, size: int) -> str:
    return base64.b32encode(_mac(key.sign, purpose, text)[:size]).decode().rstrip("=").lower()
