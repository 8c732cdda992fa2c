"""A site as the rest of the project sees it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Node:
    """One machine of a site."""

    name: str
    address: str
    roles: tuple[str, ...]
    ssh_address: str = ""
    ssh_port: int = 0
    jump: bool = False

    @property
    def reached_at(self) -> str:
        """Where the operator, or the jump host, reaches it."""
        return self.ssh_address or self.address


@dataclass(frozen=True)
class Ssh:
    """How the operator logs in."""

    user: str = ""
    key: str = ""
    port: int = 22
    host_keys: str = "first-contact"
    connect_seconds: float = 5.0


@dataclass(frozen=True)
class Network:
    """The ranges of addresses, and what names must resolve."""

    private: str = ""
    pods: str = "10.233.64.0/18"
    services: str = "10.233.0.0/18"
    ipv6: str = "any"
    dns_name: str = ""
    dns_servers: tuple[str, ...] = ("1.1.1.1", "8.8.8.8")


@dataclass(frozen=True)
class Needs:
    """What a node must be before Kubernetes comes."""

    os: tuple[str, ...] = ("ubuntu 22.04", "ubuntu 24.04", "debian 12")
    python: str = "3.9"
    cpus: int = 2
    memory_gib: float = 3.5
    disk_gib: float = 20
    inodes_percent: int = 20
    clock_seconds: float = 0.5
    timezone: str = "UTC"
    settled_seconds: int = 60
    modules: tuple[str, ...] = ("br_netfilter", "overlay")
    sysctls: tuple[str, ...] = ("vm.overcommit_memory!=2", "fs.inotify.max_user_instances>=128")
    ports: tuple[int, ...] = (2379, 2380, 6443, 10250, 10256, 10257, 10259)
    firewall: str = "off"


@dataclass(frozen=True)
class Registry:
    """Where images are pulled from first."""

    mirror: str = ""
    optional: bool = True


@dataclass(frozen=True)
class User:
    """Somebody who may log in on every node."""

    name: str
    keys: tuple[str, ...]
    sudo: bool = False


@dataclass(frozen=True)
class Site:
    """A place where the platform runs."""

    name: str
    kind: str
    about: str = ""
    ssh: Ssh = field(default_factory=Ssh)
    nodes: tuple[Node, ...] = ()
    users: tuple[User, ...] = ()
    network: Network = field(default_factory=Network)
    needs: Needs = field(default_factory=Needs)
    registry: Registry = field(default_factory=Registry)
    # Facts that only one stage reads, checked like everything else.
    openstack: dict[str, Any] | None = None
    server: dict[str, Any] | None = None
    file: Path | None = None

    @property
    def jump(self) -> Node | None:
        """The node that the others are reached through."""
        return next((node for node in self.nodes if node.jump), None)

    def port_of(self, node: Node) -> int:
        """The port that a node's sshd listens on."""
        return node.ssh_port or self.ssh.port
