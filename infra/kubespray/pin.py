"""Which Kubespray this is, and what that commit accepts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "playbooks" / "kubespray"
PIN = FOLDER / "pin.yaml"
ACCEPTS = FOLDER / "accepts.yaml"
GROUP_VARS = FOLDER / "group_vars"
REQUIREMENTS = FOLDER / "requirements.txt"


@dataclass(frozen=True)
class Pin:
    """The commit that is run, and nothing else."""

    repository: str
    version: str
    commit: str
    python: str


@dataclass(frozen=True)
class Accepts:
    """What Kubespray takes at that commit; infra.kubespray.facts reads it from a checkout.

    Attributes:
        ansible: The window of ansible-core: at least the first, below the second.
        kubernetes: The versions that it has checksums for, newest first.
        containerd: Likewise.
        choices: Variables that take one of a few words.
        removed: Variables that stop it, or that it no longer reads.
        systems: The distributions that it knows.
        defaults: What a variable that is judged is when nobody sets it.
        variables: Every variable that it reads, by kind: switch, number, list or other.
    """

    ansible: tuple[str, str]
    kubernetes: tuple[str, ...]
    containerd: tuple[str, ...]
    choices: dict[str, tuple[str, ...]]
    removed: tuple[str, ...]
    systems: tuple[str, ...]
    defaults: dict[str, Any]
    variables: dict[str, frozenset[str]]

    @property
    def names(self) -> frozenset[str]:
        """Every variable that it reads."""
        return frozenset().union(*self.variables.values())


def pin() -> Pin:
    """Read the pin."""
    return Pin(**yaml.safe_load(PIN.read_text(encoding="utf-8")))


def accepts() -> Accepts:
    """Read what the pinned commit accepts."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = yaml.load(ACCEPTS.read_text(encoding="utf-8"), Loader=loader)
    return Accepts(
        ansible=tuple(found["ansible"]),
        kubernetes=tuple(found["kubernetes"]),
        containerd=tuple(found["containerd"]),
        choices={name: tuple(words) for name, words in found["choices"].items()},
        removed=tuple(found["removed"]),
        systems=tuple(found["systems"]),
        defaults=found["defaults"],
        variables={kind: frozenset(names.split()) for kind, names in found["variables"].items()},
    )
