"""What must hold between the keys of a site's file.

A rule takes the file's data, which may be broken in other ways, and yields a path with
what is wrong there.
"""

import ipaddress
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from infra.sites.shape import suffix
from infra.sites.site import Network

Said = tuple[str, str]


def mistakes(data: dict[str, Any], stem: str) -> Iterator[Said]:
    """Yield what is wrong between keys."""
    nodes = [node for node in _list(data.get("nodes")) if isinstance(node, dict)]
    if data.get("name") not in (None, stem):
        yield "name", f"{data['name']!r} is not the name of its file, {stem}"
    yield from _kind(data, nodes)
    yield from _unique(nodes)
    if nodes:
        yield from _roles(nodes)
        yield from _jump(nodes)
    yield from _users(data)
    if data.get("kind") == "openstack":
        yield from _openstack(data, nodes)
    yield from _ranges(_mapping(data.get("network")), nodes)


def _kind(data: dict[str, Any], nodes: list[dict[str, Any]]) -> Iterator[Said]:
    kind = data.get("kind")
    if kind in ("openstack", "server") and kind not in data:
        yield str(kind), f"it is missing: a site of kind {kind} needs it"
    for other in ("openstack", "server"):
        if other in data and kind != other:
            yield other, f"a site of kind {kind} has none"
    if kind == "local" and nodes:
        yield "nodes", "the local site is this machine; it has no nodes"
    if kind in ("openstack", "server") and not nodes:
        yield "nodes", f"a site of kind {kind} needs at least one"
    if nodes and "ssh" not in data:
        yield "ssh.user", "it is missing: who logs in on the nodes?"


def _unique(nodes: list[dict[str, Any]]) -> Iterator[Said]:
    for key in ("name", "address", "ssh_address"):
        first: dict[Any, int] = {}
        for index, node in enumerate(nodes):
            value = str(node[key]) if node.get(key) else None
            port = str(node.get("ssh_port")) if key == "ssh_address" else None
            if value is not None and (value, port) in first:
                other = f"nodes[{first[value, port]}]"
                yield f"nodes[{index}].{key}", f"{value} is the {key} of {other} already"
            first.setdefault((value, port), index)


def _roles(nodes: list[dict[str, Any]]) -> Iterator[Said]:
    count = Counter(str(role) for node in nodes for role in _list(node.get("roles")))
    for role in ("control-plane", "worker", "etcd"):
        if not count[role]:
            yield "nodes", f"none of them has the role {role}"
    if count["etcd"] and count["etcd"] % 2 == 0:
        yield (
            "nodes",
            (
                f"{count['etcd']} of them have the role etcd: an even number survives no more "
                f"failures than {count['etcd'] - 1}, and Kubespray refuses it"
            ),
        )
    for index, node in enumerate(nodes):
        if node.get("roles") == []:
            yield f"nodes[{index}].roles", "it is empty: a node without a role does nothing"


def _jump(nodes: list[dict[str, Any]]) -> Iterator[Said]:
    jumps = [index for index, node in enumerate(nodes) if node.get("jump") is True]
    for index in jumps[1:]:
        yield f"nodes[{index}].jump", f"nodes[{jumps[0]}] is the way in already; there is one"


def _users(data: dict[str, Any]) -> Iterator[Said]:
    first: dict[str, int] = {}
    for index, user in enumerate(_list(data.get("users"))):
        given = _mapping(user)
        name, path = str(given.get("name", "")), f"users[{index}]"
        if name and name in first:
            yield f"{path}.name", f"{name} is the name of users[{first[name]}] already"
        first.setdefault(name, index)
        if given.get("keys") == []:
            yield f"{path}.keys", "it is empty: nobody could log in; take the user out instead"
        if name == "root":
            yield f"{path}.name", "root is nobody's login here: give people logins of their own"
        operator = _mapping(data.get("ssh")).get("user")
        if name == operator and given.get("sudo") is not True:
            yield f"{path}.sudo", f"{name} is ssh.user, and without sudo no stage can go on"


def _openstack(data: dict[str, Any], nodes: list[dict[str, Any]]) -> Iterator[Said]:
    given = _mapping(data.get("openstack"))
    if nodes and not any(node.get("jump") is True for node in nodes):
        yield "nodes", "none of them has `jump: true`: which one gets the floating IP?"
    if not _mapping(data.get("network")).get("private"):
        yield "network.private", "it is missing: Terraform makes this network"
    for index, node in enumerate(nodes):
        address = _address(node.get("address"))
        if address and address.version != 4:
            yield f"nodes[{index}].address", "Terraform gives fixed addresses of IPv4 only"
    if given.get("suffix") is None and (said := suffix(data.get("name"))) and data.get("name"):
        yield "name", f"{said}, and no openstack.suffix is given in its place"
    if given.get("security_groups") == [] and not given.get("open_ports"):
        path = "openstack.security_groups"
        yield path, "it is empty, and no open_ports: nobody could reach the nodes, not even by SSH"
    backends = list(_mapping(given.get("backend")))
    if "backend" in given and len(backends) != 1:
        yield (
            "openstack.backend",
            f"it names {len(backends)} places for the state, and there is one",
        )


def _ranges(network: dict[str, Any], nodes: list[dict[str, Any]]) -> Iterator[Said]:
    defaults = {"pods": Network.pods, "services": Network.services}
    ranges = {key: _range(network.get(key, defaults.get(key))) for key in (
        "private", "pods", "services")}  # fmt: skip
    for (left, one), (right, two) in combinations(ranges.items(), 2):
        if one and two and one.version == two.version and one.overlaps(two):
            yield f"network.{right}", f"{two} overlaps {left}, {one}"
    private = ranges["private"]
    for index, node in enumerate(nodes):
        address = _address(node.get("address"))
        if private and address and address not in private:
            yield f"nodes[{index}].address", f"{address} is not in network.private, {private}"


def _range(value: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(str(value)) if value else None
    except ValueError:
        return None


def _address(value: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(str(value)) if value else None
    except ValueError:
        return None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
