"""The programs that Kubespray runs in: Python, and Ansible inside its window."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.kubespray.faults import Fault
from infra.kubespray.pin import Accepts, Pin

# What Kubespray's own first play asks for, and its filters need.
NEEDED = ("netaddr", "jmespath", "cryptography", "ansible_runner")
ASK = """
import importlib.metadata as m, json, sys
def version(name):
    try:
        return m.version(name)
    except m.PackageNotFoundError:
        return None
names = sys.argv[1:]
found = {name: version(name.replace("_", "-")) for name in names}
print(json.dumps({"python": list(sys.version_info[:3]), "packages": found}))
"""


@dataclass(frozen=True)
class Programs:
    """What an environment has."""

    where: str
    python: tuple[int, ...]
    packages: dict[str, str | None]


def ask(python: Path) -> Programs:
    """Ask a Python what it is and what it has.

    Raises:
        OSError: it does not start.
    """
    argv = [str(python), "-c", ASK, "ansible-core", *NEEDED]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip() or f"{python} ended with {done.returncode}")
    said = json.loads(done.stdout)
    return Programs(str(python), tuple(said["python"]), said["packages"])


def judge(programs: Programs, pin: Pin, accepts: Accepts) -> Iterator[Fault]:
    """Judge an environment."""
    have = ".".join(str(part) for part in programs.python)
    if programs.python < numbers(pin.python):
        yield Fault(
            programs.where,
            f"Python is {have}, and the Ansible of Kubespray {pin.version} needs {pin.python}",
            "Start `./run` with a newer Python",
        )
    low, high = accepts.ansible
    core = programs.packages.get("ansible-core")
    again = "Remove that environment and run the same command again, which makes it anew"
    if core is None:
        yield Fault(programs.where, "it has no ansible-core", again)
    elif not numbers(low) <= numbers(core) < numbers(high):
        yield Fault(
            programs.where,
            f"ansible-core is {core}, and Kubespray {pin.version} takes {low} up to, but not "
            f"including, {high}",
            "Pin one inside that window in playbooks/kubespray/requirements.in",
        )
    for name in NEEDED:
        if programs.packages.get(name) is None:
            yield Fault(programs.where, f"it has no {name}, which Kubespray's plays need", again)


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version; what follows them does not count."""
    found = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        found.append(int(digits))
    return tuple(found)
