"""The key that signs what a site bakes: how it is made, and its half that may be known.

Every kind of site makes its own once, under this name, for the steps that bake to mount.
"""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

# As the workflows mount it.
NAMESPACE, SECRET, KEY = "argo", "gourmetops-signing", "ed25519.pem"


class NoKeyError(ValueError):
    """A text is no private key of ed25519; says why."""


def generate() -> str:
    """Make a private key."""
    made = Ed25519PrivateKey.generate()
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public(pem: str) -> str:
    """Return the public half of a private key, as GOURMET_PUBLIC_KEYS lists it.

    Raises:
        NoKeyError: it is no such key.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise NoKeyError(str(error)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise NoKeyError("it is of another kind than ed25519")
    return f"ed25519:{base64.b64encode(key.public_key().public_bytes_raw()).decode()}"


def trusting(listed: str, key: str) -> str:
    """Return a list of public keys with one more, unless it stands there."""
    return " ".join(dict.fromkeys([*listed.split(), key]))
