"""Variables by themselves: unknown, removed, of the wrong kind, not among the choices."""

import re
from collections.abc import Iterator
from typing import Any

from infra.kubespray.case import Case, computed, nearest
from infra.kubespray.faults import Fault

# Read by Ansible itself or by every host, so in no role of Kubespray.
OURS = frozenset(("ip", "ip6", "access_ip", "access_ip6", "etcd_member_name", "kube_version"))
INSTEAD = {
    "enable_dual_stack_networks": "Set ipv4_stack and ipv6_stack",
    "ipip": "Set calico_ipip_mode to Always, CrossSubnet or Never",
    "ipip_mode": "Set calico_ipip_mode to Always, CrossSubnet or Never",
    "calcio_ipam_autoallocateblocks": "Write calico_ipam_autoallocateblocks",
    "matallb_auto_assign": "Write metallb_auto_assign",
    "kubelet_static_pod_path": "Take it out: the path is kube_manifest_dir now",
}
WORDS = ("true", "false", "yes", "no", "on", "off")
VERSION = re.compile(r"\d+\.\d+\.\d+")
DOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def known(case: Case) -> Iterator[Fault]:
    """Variables that nobody reads, or that stop Kubespray."""
    names = case.accepts.names
    for name, _value, where in case.every_variable():
        if name in case.accepts.removed:
            todo = INSTEAD.get(name, "Take it out")
            yield Fault(where, f"{name} was removed, and Kubespray stops where it is set", todo)
        elif name not in names | OURS and not name.startswith("ansible_"):
            said = f"Kubespray reads no variable {name!r}, and would not say so"
            yield Fault(where, said, nearest(name, names) or "Take it out")


def kinds(case: Case) -> Iterator[Fault]:
    """Text where a switch, a number or a list is read."""
    kinds = case.accepts.variables
    for name, value, where in case.every_variable():
        if computed(value):
            continue
        if name in kinds["switch"] and not isinstance(value, bool):
            yield from _switch(name, value, where)
        elif name in kinds["number"] and not isinstance(value, int):
            yield Fault(where, f"{name} is {value!r}, no whole number", "Write it without quotes")
        elif name in kinds["list"] and not isinstance(value, list):
            yield Fault(where, f"{name} is {value!r}, no list", f"Write {name}: [{value}]")


def _switch(name: str, value: Any, where: str) -> Iterator[Fault]:
    if str(value).lower() in WORDS:
        said = f"{name} is the text {value!r}, which counts as true whatever it says"
        meant = "true" if str(value).lower() in ("true", "yes", "on") else "false"
        yield Fault(where, said, f"Write {name}: {meant}, without quotes")
    else:
        yield Fault(where, f"{name} is {value!r}, and it is true or false", f"Write {name}: true")


def choices(case: Case) -> Iterator[Fault]:
    """Variables that take one of a few words."""
    for name, words in case.accepts.choices.items():
        value = case.value(name)
        given = case.declared.variables.get(name)
        if given is None or computed(value) or value in words or value == "":
            continue
        yield Fault(
            given.where,
            f"{name} is {value!r}, and Kubespray has {', '.join(words)}",
            nearest(str(value), words) if len(words) > 12 else "Choose one of them",
        )


def versions(case: Case) -> Iterator[Fault]:
    """Versions that this Kubespray has no checksums for."""
    for name, known_ones, what in (
        ("kube_version", case.accepts.kubernetes, "Kubernetes"),
        ("containerd_version", case.accepts.containerd, "containerd"),
    ):
        given = case.declared.variables.get(name)
        if given is None or computed(given.value) or given.value in known_ones:
            continue
        yield Fault(given.where, *_version(name, str(given.value), known_ones, what))


def _version(name: str, value: str, known_ones: tuple[str, ...], what: str) -> tuple[str, str]:
    if value.removeprefix("v") in known_ones:
        return f"{name} is {value!r}, and versions have no v here", f"Write {value[1:]}"
    minor = value.rpartition(".")[0]
    near = next((one for one in known_ones if one.startswith(f"{minor}.")), known_ones[0])
    if not VERSION.fullmatch(value):
        return f"{name} is {value!r}, no version of three numbers", f"Write {near}, say"
    oldest = known_ones[-1]
    if [int(part) for part in value.split(".")] < [int(part) for part in oldest.split(".")]:
        said = f"{name} is {value}, older than {oldest}, the oldest {what} of this Kubespray"
        return said, f"Choose {near}, or pin an older Kubespray"
    said = f"{name} is {value}, and this Kubespray has no checksum for that {what}"
    return said, f"Choose {near}, or raise the pin"


def domains(case: Case) -> Iterator[Fault]:
    """Names of the cluster that no name server would take."""
    for name in ("cluster_name", "dns_domain"):
        given = case.declared.variables.get(name)
        if given is None or computed(given.value):
            continue
        value = str(given.value)
        if not DOMAIN.fullmatch(value) or len(value) > 253:
            yield Fault(
                given.where,
                f"{name} is {value!r}, no DNS name",
                "Write small letters, digits, dashes and dots, such as cluster.local",
            )


RULES = (known, kinds, choices, versions, domains)
