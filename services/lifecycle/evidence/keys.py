"""The public keys that a site trusts, as its ConfigMap lists them.

A key is written as `ed25519:` and 44 characters of base64. There can be several, so that a
new key can sign while what the old one signed is still good.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from services.lifecycle.errors import AskedWronglyError

KIND = "ed25519:"


@dataclass(frozen=True)
class PublicKey:
    """A key that checks signatures."""

    raw: bytes

    @property
    def id(self) -> str:
        """Return its name in envelopes."""
        return hashlib.sha256(self.raw).hexdigest()

    def __str__(self) -> str:
        return KIND + base64.b64encode(self.raw).decode()


def public_keys(text: str) -> tuple[PublicKey, ...]:
    """Read the keys that a site trusts, parted by spaces or lines.

    Raises:
        AskedWronglyError: one of them is no key.
    """
    return tuple(_public_key(word) for word in text.split())


def _public_key(word: str) -> PublicKey:
    try:
        raw = base64.b64decode(word.removeprefix(KIND), validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if not word.startswith(KIND) or len(raw) != 32:
        raise AskedWronglyError(
            f"GOURMET_PUBLIC_KEYS: {word!r} is no public key; one is {KIND} and 44 characters."
        )
    return PublicKey(raw)
