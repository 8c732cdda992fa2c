"""Host keys from the console log of a server: what cloud-init prints when it boots first."""

import base64
import binascii
import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

BEGIN = "-----BEGIN SSH HOST KEY KEYS-----"
END = "-----END SSH HOST KEY KEYS-----"
# Its last word; whoever has not printed keys by then prints none.
FINISHED = re.compile(r"Cloud-init v\. \S+ finished at")


def keys(log: str) -> list[tuple[str, str]]:
    """Return kind and key of each host key in a console log; the last block counts."""
    _before, begin, after = log.rpartition(BEGIN)
    block, end, _rest = after.partition(END)
    if not (begin and end):
        return []
    found = []
    for line in block.splitlines():
        # A console may put its own prefix before each line.
        words = line.split()
        for kind, key in pairwise(words):
            if kind.startswith(("ssh-", "ecdsa-")) and _is_key(kind, key):
                found.append((kind, key))
    return found


def is_told(log: str) -> bool:
    """Say whether a console has printed its keys, or will print none any more."""
    return bool(keys(log)) or FINISHED.search(log) is not None


def pin(known_hosts: Path, names: Iterable[str], found: Iterable[tuple[str, str]]) -> bool:
    """Pin keys for a host in place of those it had; say whether that changed the file."""
    wanted = list(names)
    old = known_hosts.read_text(encoding="utf-8").splitlines() if known_hosts.exists() else []
    kept = [line for line in old if line.partition(" ")[0] not in wanted]
    new = [f"{name} {kind} {key}" for name in wanted for kind, key in found]
    if sorted(old) == sorted(kept + new):
        return False
    half = known_hosts.with_name(f".{known_hosts.name}.new")
    half.write_text("".join(f"{line}\n" for line in kept + new), encoding="utf-8")
    half.replace(known_hosts)
    return True


def _is_key(kind: str, key: str) -> bool:
    """Say whether a key names its own kind and is whole, which a torn line is not."""
    try:
        rest = base64.b64decode(key, validate=True)
    except binascii.Error:
        return False
    fields = []
    while len(rest) >= 4:
        length = int.from_bytes(rest[:4], "big")
        fields.append(rest[4 : 4 + length])
        if len(fields[-1]) < length:
            return False
        rest = rest[4 + length :]
    return not rest and len(fields) > 1 and fields[0] == kind.encode()
