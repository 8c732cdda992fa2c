"""What the audit knows of a site: written by infra.provision.audit, read here."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from testinfra.host import Host

PROMISE = Path(__file__).parents[1] / "promise.yaml"


@dataclass(frozen=True)
class Facts:
    """One site.

    Attributes:
        hosts: The file with a line for each node, as testinfra names hosts.
        kubernetes: Whether this site has a cluster by Kubespray.
        volume: The node that has the data volume and where it is mounted; None: there is none.
    """

    site: str
    hosts: Path
    user: str
    connect_seconds: float
    clock_seconds: float
    timezone: str
    ipv6: str
    dns_name: str
    firewall: str
    modules: tuple[str, ...]
    kubernetes: bool
    nodes: dict[str, dict[str, Any]]
    users: tuple[dict[str, Any], ...]
    volume: dict[str, str] | None

    @classmethod
    def read(cls, file: Path) -> "Facts":
        """Read them."""
        found = json.loads(file.read_text(encoding="utf-8"))
        lists = {name: tuple(found[name]) for name in ("modules", "users")}
        return cls(**{**found, **lists, "hosts": Path(found["hosts"])})


class Node:
    """One node under audit."""

    def __init__(self, name: str, host: Host, facts: Facts) -> None:
        self.name = name
        self.host = host
        self.facts = facts
        self.roles: tuple[str, ...] = tuple(facts.nodes[name]["roles"])
        self.address: str = facts.nodes[name]["address"]
        self._read: dict[str, str] = {}

    @cached_property
    def promise(self) -> dict[str, Any]:
        """What the site promises of every node."""
        found: dict[str, Any] = yaml.safe_load(PROMISE.read_text(encoding="utf-8"))
        return found

    def ask(self, command: str) -> str:
        """Return what a command prints; one that many checks need is asked once."""
        if command not in self._read:
            # Whatever it ends with counts for nothing; with 255, ssh would seem to have failed.
            self._read[command] = self.host.run(f"{command}\ntrue").stdout
        return self._read[command]

    def yaml(self, path: str) -> Any:
        """Return a YAML file of the node, or nothing where there is none."""
        return yaml.safe_load(self.ask(f"cat {path} 2>/dev/null")) or {}

    def stat(self, *patterns: str) -> list["Entry"]:
        """Return what these shell patterns match, with modes and owners."""
        listed = self.ask(f"stat -c '%a %U %G %F|%n' {' '.join(patterns)} 2>/dev/null")
        return [Entry.read(line) for line in listed.splitlines()]


@dataclass(frozen=True)
class Entry:
    """A file or a folder."""

    path: str
    mode: int
    owner: str
    group: str
    kind: str

    @classmethod
    def read(cls, line: str) -> "Entry":
        """Read a line of `stat`."""
        facts, _bar, path = line.partition("|")
        mode, owner, group, kind = facts.split(" ", 3)
        return cls(path, int(mode, 8), owner, group, kind)

    def looser_than(self, most: int, owners: tuple[str, ...] = ("root",)) -> list[str]:
        """Say what it lets others do, or who owns it that should not."""
        said = []
        if self.mode & ~most & 0o7777:
            said.append(f"{self.path} has mode {self.mode:04o}, and {most:04o} is the most")
        if self.owner not in owners:
            said.append(f"{self.path} belongs to {self.owner}, and not to {' or '.join(owners)}")
        return said
