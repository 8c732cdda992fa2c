"""Which key a node has shown before: pinned on first contact, and held to ever after."""

import base64
import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import paramiko

from infra.errors import HostKeyError

_one_at_a_time = threading.Lock()


class Pins:
    """A known-hosts file, as OpenSSH reads it too."""

    def __init__(self, file: Path, *, pin_new: bool) -> None:
        self.file = file
        self.pin_new = pin_new
        self._keys = paramiko.HostKeys(str(file) if file.exists() else None)

    def guard(self, client: paramiko.SSHClient, host: str, port: int) -> None:
        """Make a client accept only the key that is pinned for this host."""
        name = _name(host, port)
        for kind, key in (self._keys.lookup(name) or {}).items():
            client.get_host_keys().add(name, kind, key)
        client.set_missing_host_key_policy(_Policy(self))

    def add(self, name: str, key: paramiko.PKey) -> None:
        """Pin the key of a host that was never seen."""
        line = f"{name} {key.get_name()} {key.get_base64()}\n"
        with _one_at_a_time:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("a", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())

    def changed(self, error: paramiko.BadHostKeyException) -> HostKeyError:
        """Say in words that a host shows another key than the pinned one."""
        return HostKeyError(
            str(error.hostname),
            fingerprint(error.expected_key),
            fingerprint(error.key),
            str(self.file),
        )


class UnknownKeyError(Exception):
    """A host was never seen, and the site accepts only what is pinned."""

    def __init__(self, name: str, key: paramiko.PKey, file: Path) -> None:
        super().__init__(
            f"its key {fingerprint(key)} is not in {file}. Compare it with the console log of "
            f"{name}, and add the line: {name} {key.get_name()} {key.get_base64()}"
        )


class _Policy:
    """What Paramiko asks when it knows no key of a host."""

    def __init__(self, pins: Pins) -> None:
        self.pins = pins

    def missing_host_key(self, _client: Any, hostname: str, key: paramiko.PKey) -> None:
        if not self.pins.pin_new:
            raise UnknownKeyError(hostname, key, self.pins.file)
        self.pins.add(hostname, key)


def fingerprint(key: paramiko.PKey) -> str:
    """Return a key's name and SHA-256 fingerprint, as ssh-keygen -l prints it."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"{key.get_name()} SHA256:{digest}"


def _name(host: str, port: int) -> str:
    return host if port == 22 else f"[{host}]:{port}"
