"""What is judged: what was declared, what Kubespray accepts, and what the site's file says."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from infra.kubespray.declared import Declared, Host
from infra.kubespray.pin import Accepts
from infra.sites.site import Site

Range = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Case:
    """One inventory with its settings, for one site."""

    declared: Declared
    accepts: Accepts
    site: Site | None = None

    def value(self, name: str) -> Any:
        """Return what a variable is in the end: set by us, or Kubespray's default."""
        found = self.declared.variables.get(name)
        return found.value if found else self.accepts.defaults.get(name)

    def switch(self, name: str) -> bool:
        """Say whether something is switched on."""
        return self.value(name) is True

    def where(self, name: str) -> str:
        """Say where a variable is set, or where the inventory lies."""
        return self.declared.where(name)

    def range(self, name: str) -> Range | None:
        """Return a variable that is a range of addresses, if it is one."""
        return as_range(self.value(name))

    @property
    def private(self) -> Range | None:
        """The network that the nodes' addresses are in, if the site names one."""
        return as_range(self.site.network.private) if self.site else None

    @property
    def ipv6(self) -> bool:
        """Whether pods and services have IPv6 addresses."""
        return self.switch("ipv6_stack")

    def every_variable(self) -> Iterator[tuple[str, Any, str]]:
        """Yield name, value and place of each variable, those of hosts too."""
        for name, given in self.declared.variables.items():
            yield name, given.value, given.where
        for host in self.declared.hosts.values():
            for name, given in host.variables.items():
                yield name, given.value, given.where

    def nodes(self) -> list[Host]:
        """Return the hosts of the cluster, etcd's among them."""
        names = dict.fromkeys(
            [*self.declared.members("k8s_cluster"), *self.declared.members("kube_control_plane"),
             *self.declared.members("kube_node"), *self.declared.members("etcd")]
        )  # fmt: skip
        return [self.declared.hosts[name] for name in names]


def computed(value: Any) -> bool:
    """Say whether only Ansible can know what this is."""
    return isinstance(value, str) and "{{" in value


def as_range(value: Any) -> Range | None:
    """Return a range of addresses, or None where it is none."""
    if not isinstance(value, str) or "/" not in value:
        return None
    try:
        return ipaddress.ip_network(value)
    except ValueError:
        return None


def as_address(value: Any) -> Address | None:
    """Return one address, or None where it is none."""
    try:
        return ipaddress.ip_address(value) if isinstance(value, str) else None
    except ValueError:
        return None


def nearest(word: str, known: Any) -> str:
    """Say what was probably meant."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.75)
    if close:
        return f"Did you mean {close[0]}?"
    return f"It is one of {', '.join(names)}" if len(names) <= 12 else ""
