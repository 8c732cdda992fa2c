"""Who is changing an environment at this moment: the locks in the GitOps repository."""

import json
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.site import ENVIRONMENTS
from infra.local.state import State

TRAFFIC = "main:platform/traffic.json"
MAIN = "refs/heads/main"
SECONDS = 10
START_TIME_FIELD = 19
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MACHINE = Path("/etc/machine-id")


@dataclass(frozen=True)
class Holder:
    """The operation that holds an environment.

    Attributes:
        seconds: For how long it holds it.
        alive: False when the process behind it is dead beyond doubt.
    """

    operation: str
    by: str
    step: str
    since: str
    seconds: float
    alive: bool

    def __str__(self) -> str:
        who = self.by.partition(" <")[0]
        return f"{self.operation} ({who}, step {self.step}, for {self.seconds:.0f} s)"


@dataclass(frozen=True)
class Held:
    """What the repository says beside its manifests.

    Attributes:
        objects: The objects that the locks and `main` are at: they tell two looks apart.
        holders: Who holds which environment.
        shares: The shares of traffic that it fixes, in percent.
    """

    objects: Mapping[str, str]
    holders: Mapping[str, Holder]
    shares: Mapping[str, int]


def read(state: State) -> Held:
    """Read all locks at once."""
    names = [f"refs/locks/{name}" for name in ENVIRONMENTS]
    found = _objects(state, [*names, MAIN, TRAFFIC])
    holders = {
        name: holder(found[f"refs/locks/{name}"][1])
        for name in ENVIRONMENTS
        if f"refs/locks/{name}" in found
    }
    objects = {name: known for name, (known, _) in found.items()}
    return Held(objects, holders, _facts(found.get(TRAFFIC, ("", b""))[1]))


def holder(text: bytes) -> Holder:
    """Read what a lock says."""
    facts = _facts(text)
    owner = facts.get("owner") or {}
    return Holder(
        operation=str(facts.get("operation", "somebody")),
        by=str(facts.get("by", "unknown")),
        step=str(facts.get("step", "unknown")),
        since=str(facts.get("since", "")),
        seconds=_age(facts, owner),
        alive=not _is_dead(owner),
    )


def _age(facts: Mapping[str, Any], owner: Mapping[str, Any]) -> float:
    """Return how long the lock is held, by a clock that nobody can set back."""
    if owner.get("boot") != _text(_BOOT):
        return 0.0
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - float(facts.get("uptime") or 0.0))


def _is_dead(owner: Mapping[str, Any]) -> bool:
    if not owner or owner.get("host") != socket.gethostname():
        return False
    if owner.get("boot") != _text(_BOOT):
        return bool(owner.get("machine")) and owner.get("machine") == _text(_MACHINE)
    try:
        stat = Path(f"/proc/{int(owner['pid'])}/stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat[0] == b"Z" or stat[START_TIME_FIELD].decode() != str(owner.get("start"))


def _objects(state: State, names: list[str]) -> dict[str, tuple[str, bytes]]:
    """Return the object and the content behind each name that is there."""
    if not (state.gitops / "HEAD").exists():
        return {}
    command = ["git", f"--git-dir={state.gitops}", "-c", "safe.directory=*", "cat-file", "--batch"]
    asked = "".join(f"{name}\n" for name in names).encode()
    try:
        done = subprocess.run(
            command, input=asked, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return {}
    found: dict[str, tuple[str, bytes]] = {}
    rest = done.stdout
    for name in names:
        head, _, rest = rest.partition(b"\n")
        words = head.split()
        if not words or words[-1] == b"missing":
            continue
        size = int(words[-1])
        found[name], rest = (words[0].decode(), rest[:size]), rest[size + 1 :]
    return found


def _facts(text: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(text)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
