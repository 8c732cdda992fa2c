"""Sign and check statements: ed25519 in a DSSE envelope, by keys that a site makes once."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.evidence.keys import PublicKey

STATEMENT = "application/vnd.in-toto+json"


class EnvelopeError(Exception):
    """An envelope cannot be read, or a signature in it is wrong."""


@dataclass(frozen=True)
class PrivateKey:
    """A key that signs. It is never printed."""

    key: Ed25519PrivateKey

    @classmethod
    def read(cls, path: Path) -> "PrivateKey":
        """Read a key from its file.

        Raises:
            AskedWronglyError: it is not there, or is no ed25519 key.
        """
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as error:
            raise AskedWronglyError(
                f"GOURMET_SIGNING_KEY: {path} cannot be read as a key ({error}). The local site "
                "makes it in `invoke up`; a cluster mounts the Secret gourmetops-signing."
            ) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise AskedWronglyError(f"GOURMET_SIGNING_KEY: {path} is no ed25519 key.")
        return cls(key)

    @property
    def public(self) -> PublicKey:
        """Return the key that checks what this one signs."""
        return PublicKey(self.key.public_key().public_bytes_raw())

    def sign(self, statement: Mapping[str, Any]) -> bytes:
        """Put a statement into a signed envelope."""
        payload = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
        signature = self.key.sign(_encoded(STATEMENT, payload))
        envelope = {
            "payloadType": STATEMENT,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [{"keyid": self.public.id, "sig": base64.b64encode(signature).decode()}],
        }
        return json.dumps(envelope, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Opened:
    """What an envelope holds.

    Attributes:
        statement: What was said.
        signer: Whose signature holds; None when it is nobody's in the list.
        claimed: The name of the key that the envelope says it is signed by.
    """

    statement: dict[str, Any]
    signer: PublicKey | None
    claimed: str


def open_envelope(content: bytes, trusted: Iterable[PublicKey]) -> Opened:
    """Read an envelope and find out which of the trusted keys signed it.

    Raises:
        EnvelopeError: it is no envelope, or a trusted key's signature does not fit.
    """
    try:
        envelope = json.loads(content)
        kind, payload = envelope["payloadType"], _decoded(envelope["payload"])
        signatures = [(each["keyid"], _decoded(each["sig"])) for each in envelope["signatures"]]
        statement = json.loads(payload)
    except (ValueError, KeyError, TypeError) as error:
        raise EnvelopeError(f"is no signed statement ({error!r})") from None
    if kind != STATEMENT or not isinstance(statement, dict) or not signatures:
        raise EnvelopeError("is no signed statement")
    known = {key.id: key for key in trusted}
    for name, signature in signatures:
        if name in known:
            if not _fits(known[name], signature, _encoded(kind, payload)):
                raise EnvelopeError("does not fit its signature")
            return Opened(statement, known[name], name)
    return Opened(statement, None, signatures[0][0])


def _fits(key: PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _encoded(kind: str, payload: bytes) -> bytes:
    """Return what DSSE signs: type and payload with their lengths."""
    name = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
