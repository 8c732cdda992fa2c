"""Each host by itself, and no two alike: names and addresses."""

import ipaddress
import re
from collections.abc import Iterator

from infra.kubespray.case import Case, as_address
from infra.kubespray.declared import Host
from infra.kubespray.faults import Fault

NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LONGEST = 63
ADDRESSES = ("ip", "access_ip")


def named(case: Case) -> Iterator[Fault]:
    """Names that Kubernetes takes for no node."""
    for host in case.declared.hosts.values():
        if problem := _name(host.name):
            yield Fault(host.where, f"{host.name} {problem}", "Name the node otherwise")
        elif host.name in case.declared.groups:
            yield Fault(
                host.where,
                f"{host.name} is the name of a host and of a group, and Ansible mixes them up",
                "Name the host otherwise",
            )


def _name(name: str) -> str | None:
    if len(name) > LONGEST:
        return f"has {len(name)} letters, and a label of a node has at most {LONGEST}"
    if NAME.fullmatch(name):
        return None
    if "_" in name:
        return "has an underscore, which no host name has"
    if name != name.lower():
        return "has capitals, which Kubernetes refuses in the name of a node"
    if name.startswith(("-", ".")) or name.endswith(("-", ".")):
        return "begins or ends with a dash or a dot"
    return "is no host name: small letters, digits, dashes and dots"


def alike(case: Case) -> Iterator[Fault]:
    """Two hosts of one name but for the domain, or of one address."""
    first: dict[str, Host] = {}
    for host in case.declared.hosts.values():
        short = host.name.split(".")[0].lower()
        if short in first:
            yield Fault(
                host.where,
                f"{host.name} and {first[short].name} are one name to a node: {short}",
                "Name one of them otherwise",
            )
        first.setdefault(short, host)
    for key in (*ADDRESSES, "ip6"):
        yield from _shared(case, key)


def _shared(case: Case, key: str) -> Iterator[Fault]:
    first: dict[str, Host] = {}
    for host in case.declared.hosts.values():
        given = host.variables.get(key)
        if given is None:
            continue
        if (value := str(given.value)) in first:
            yield Fault(
                given.where,
                f"{key} of {host.name} is {value}, and so is that of {first[value].name}",
                "Look up which of them has it",
            )
        first.setdefault(value, host)


def addressed(case: Case) -> Iterator[Fault]:
    """Addresses that are none, are missing, or lie where no node is."""
    for host in case.nodes():
        if "ip" not in host.variables and not case.ipv6:
            yield Fault(
                host.where,
                f"{host.name} has no ip, so Kubespray would take whatever interface comes first",
                "Give it the address on the private network",
            )
        for key in ADDRESSES:
            if key in host.variables and (key == "ip" or host.get(key) != host.get("ip")):
                yield from _address(case, host, key)


def _address(case: Case, host: Host, key: str) -> Iterator[Fault]:
    given = host.variables[key]
    address = as_address(given.value)
    if address is None:
        yield Fault(
            given.where,
            f"{key} of {host.name} is {given.value!r}, no address",
            "Write it as 10.0.0.1",
        )
        return
    if address.version != 4:
        yield Fault(
            given.where,
            f"{key} of {host.name} is {address}, and Kubespray reads IPv4 from it",
            "Write the IPv6 address as ip6",
        )
        return
    private = case.private
    if private is not None and address not in private:
        yield Fault(
            given.where,
            f"{key} of {host.name} is {address}, outside the private network {private}",
            "Write the address that the other nodes reach it at",
        )
    elif private is not None and address in _ends(private):
        yield Fault(
            given.where,
            f"{key} of {host.name} is {address}, which names the network {private} itself",
            "Give the node an address between its first and its last",
        )
    for name in ("kube_pods_subnet", "kube_service_addresses"):
        taken = case.range(name)
        # Where the whole private network overlaps, that is said once.
        inside = private is not None and address in private
        if taken is not None and address in taken and not inside:
            yield Fault(
                given.where,
                f"{key} of {host.name} is {address}, inside {name} ({taken})",
                "Move that range: pods could never reach the node",
            )


def _ends(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> tuple[object, ...]:
    return (network.network_address, network.broadcast_address) if network.prefixlen < 31 else ()


RULES = (named, alike, addressed)
