"""The key that signs what this site bakes, and the public keys that it trusts.

The private key is made once, mode 0600, as the Secret that steps which bake mount. Its public
key goes into the file `trusted-keys` of the state folder. To change keys, remove the private
one and run `up`: a new one is made and trusted too. To end the trust in an old one, remove
its line.
"""

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from infra.local import state as files
from infra.local.errors import SiteError
from infra.local.state import State

# Namespace, Secret and key, as the workflows mount it.
PLACE = ("argo", "gourmetops-signing", "ed25519.pem")


class KeyFileError(SiteError):
    """The private key of the site cannot be read."""


def private_key(state: State) -> Path:
    """Name the file of the private key."""
    return state.secrets.joinpath(*PLACE)


def ensure(state: State) -> None:
    """Make the key unless it is there, and trust it."""
    path = private_key(state)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        state.secrets.chmod(0o700)
        pem = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        files.write(path, pem.decode(), mode=0o600)
        _trust(state, _public(path))
    elif not state.trusted_keys.exists():
        _trust(state, _public(path))


def trusted(state: State) -> str:
    """Return the public keys as the ConfigMap `platform` holds them."""
    return " ".join(state.trusted_keys.read_text().split())


def _trust(state: State, key: str) -> None:
    known = state.trusted_keys.read_text().split() if state.trusted_keys.exists() else []
    files.write(state.trusted_keys, "\n".join(dict.fromkeys([*known, key])) + "\n")


def _public(path: Path) -> str:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise KeyFileError(
            f"{path}: is no key ({error}). Remove it and run this again: a new one is made, and "
            "what the old one signed is still trusted"
        ) from None
    raw = key.public_key().public_bytes_raw()  # type: ignore[union-attr]  # ours is ed25519
    return f"ed25519:{base64.b64encode(raw).decode()}"
