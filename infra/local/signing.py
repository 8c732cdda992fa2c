"""The key that signs what this site bakes, and the public keys that it trusts.

The private key is made once, mode 0600, as the Secret that steps which bake mount. Its public
key goes into the file `trusted-keys` of the state folder. To change keys, remove the private
one and run `up`: a new one is made and trusted too. To end the trust in an old one, remove
its line.
"""

from pathlib import Path

from infra import signing
from infra.local import state as files
from infra.local.errors import SiteError
from infra.local.state import State

# A folder for each namespace and Secret, a file for each key.
PLACE = (signing.NAMESPACE, signing.SECRET, signing.KEY)


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
        files.write(path, signing.generate(), mode=0o600)
        _trust(state, _public(path))
    elif not state.trusted_keys.exists():
        _trust(state, _public(path))


def trusted(state: State) -> str:
    """Return the public keys as the ConfigMap `platform` holds them."""
    return " ".join(state.trusted_keys.read_text().split())


def _trust(state: State, key: str) -> None:
    known = state.trusted_keys.read_text() if state.trusted_keys.exists() else ""
    files.write(state.trusted_keys, "\n".join(signing.trusting(known, key).split()) + "\n")


def _public(path: Path) -> str:
    try:
        return signing.public(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise KeyFileError(
            f"{path}: is no key ({error}). Remove it and run this again: a new one is made, and "
            "what the old one signed is still trusted"
        ) from None
