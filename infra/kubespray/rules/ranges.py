"""Ranges of addresses: whether they are any, overlap, and suffice."""

import ipaddress
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from infra.kubespray.case import Case, Range, as_address, computed
from infra.kubespray.faults import Fault

PODS, SERVICES = "kube_pods_subnet", "kube_service_addresses"
V4, V6 = (PODS, SERVICES), (f"{PODS}_ipv6", f"{SERVICES}_ipv6")


def valid(case: Case) -> Iterator[Fault]:
    """Ranges that are none."""
    for name in (*V4, *V6):
        value = case.value(name)
        if computed(value) or case.range(name) is not None:
            continue
        yield Fault(case.where(name), f"{name} is {value!r}, {_no_range(value)}", _instead(value))


def _no_range(value: Any) -> str:
    return "an address within a range" if _instead(value).startswith("Write") else "no range"


def _instead(value: Any) -> str:
    try:
        meant = ipaddress.ip_network(str(value), strict=False)
    except ValueError:
        return "Give a range such as 10.233.64.0/18"
    return f"Write {meant}"


def apart(case: Case) -> Iterator[Fault]:
    """Ranges that share addresses, with one another or with the network of the nodes."""
    named = [(name, case.range(name)) for name in (*V4, *V6)]
    ranges = [("the private network", case.private), *named]
    for (one, left), (two, right) in combinations(ranges, 2):
        if left and right and left.version == right.version and left.overlaps(right):
            yield Fault(
                case.where(two),
                f"{two} ({right}) overlaps {one} ({left})",
                "Choose ranges that share no address; they cannot be changed later",
            )
    local = as_address(case.value("nodelocaldns_ip"))
    for name, taken in ranges:
        if local and taken and local in taken:
            yield Fault(
                case.where("nodelocaldns_ip"),
                f"nodelocaldns_ip is {local}, inside {name} ({taken})",
                "Leave it at 169.254.25.10",
            )


def enough(case: Case) -> Iterator[Fault]:
    """Ranges too small for the nodes, or for the pods of one."""
    nodes = len(case.declared.members("k8s_cluster")) or len(case.nodes())
    pods, prefix = case.range(PODS), case.value("kube_network_node_prefix")
    if pods and _whole(prefix) and pods.version == 4:
        yield from _nodes_fit(case, PODS, pods, prefix, nodes)
        yield from _pods_fit(case, prefix)
    pods = case.range(f"{PODS}_ipv6")
    prefix = case.value("kube_network_node_prefix_ipv6")
    if case.ipv6 and pods and _whole(prefix):
        yield from _nodes_fit(case, f"{PODS}_ipv6", pods, prefix, nodes)
    yield from _blocks_fit(case, nodes)


def _nodes_fit(case: Case, name: str, pods: Range, prefix: int, nodes: int) -> Iterator[Fault]:
    if prefix <= pods.prefixlen:
        size = f"each node takes a /{prefix} of it"
        yield Fault(case.where(name), f"{name} is {pods}, and {size}", "Choose a larger range")
    elif (room := 2 ** (prefix - pods.prefixlen)) < nodes:
        yield Fault(
            case.where(name),
            f"{name} ({pods}) has room for {room} nodes of a /{prefix} each, and there are {nodes}",
            "Choose a larger range, or a smaller piece for each node",
        )


def _pods_fit(case: Case, prefix: int) -> Iterator[Fault]:
    most, room = case.value("kubelet_max_pods"), 2 ** (32 - prefix) - 2
    if case.value("kube_network_plugin") in ("calico", "none") or not _whole(most):
        return
    if most > room:
        yield Fault(
            case.where("kubelet_max_pods"),
            f"kubelet_max_pods is {most}, and a node's /{prefix} has {room} addresses",
            "Lower kubelet_max_pods, or kube_network_node_prefix",
        )


def _blocks_fit(case: Case, nodes: int) -> Iterator[Fault]:
    pods, size = case.range(PODS), case.value("calico_pool_blocksize")
    if case.value("kube_network_plugin") != "calico" or not pods or not _whole(size):
        return
    if not 20 <= size <= 32 or size < pods.prefixlen:
        yield Fault(
            case.where("calico_pool_blocksize"),
            f"calico_pool_blocksize is {size}, and Calico cuts {pods} into blocks of /20 to /32",
            "Leave it at 26",
        )
    elif (room := 2 ** (size - pods.prefixlen)) < nodes:
        yield Fault(
            case.where(PODS),
            f"{PODS} ({pods}) has {room} of Calico's blocks, and {nodes} nodes need one each",
            "Choose a larger range",
        )


def stacks(case: Case) -> Iterator[Fault]:
    """IPv4 and IPv6: at least one, and addresses for each that is on."""
    if case.value("ipv4_stack") is False and not case.ipv6:
        what = "ipv4_stack and ipv6_stack are both off, and pods would have no address"
        yield Fault(case.where("ipv4_stack"), what, "Switch one of them on")
    for name in V4:
        if (found := case.range(name)) and found.version == 6:
            yield Fault(
                case.where(name), f"{name} is {found}, and IPv4 is read from it", f"Set {name}_ipv6"
            )
    for name in V6:
        if (found := case.range(name)) and found.version == 4:
            what = f"{name} is {found}, and IPv6 is read from it"
            yield Fault(case.where(name), what, "Give a range such as fd85:ee78:d8a6:8607::/112")
    if case.ipv6 and case.site and case.site.network.ipv6 == "off":
        yield Fault(
            case.where("ipv6_stack"),
            "ipv6_stack is on, and the site says network.ipv6: off",
            "Make them agree",
        )
        return
    for host in case.nodes() if case.ipv6 else ():
        given = host.get("ip6")
        address = as_address(given)
        if address is None or address.version != 6:
            said = "no ip6" if given is None else f"{given!r} as ip6, which is no IPv6 address"
            yield Fault(host.where, f"ipv6_stack is on, and {host.name} has {said}", "Give it one")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


RULES = (valid, apart, enough, stacks)
