"""What the site's file lets pass, and Kubespray does not."""

from collections.abc import Iterator
from typing import Any

from infra.kubespray.case import Case
from infra.kubespray.faults import Fault

MIB = 1024
MINIMUM = {
    "minimal_master_memory_mb": ("control plane", "kube_control_plane"),
    "minimal_node_memory_mb": ("worker", "kube_node"),
}


def memory(case: Case) -> Iterator[Fault]:
    """Nodes that may have less memory than Kubespray asks for."""
    if case.site is None:
        return
    promised = case.site.needs.memory_gib * MIB
    for name, (what, group) in MINIMUM.items():
        least = case.value(name)
        if isinstance(least, int) and case.declared.members(group) and promised < least:
            yield Fault(
                f"{case.site.file or case.site.name}",
                f"needs.memory_gib is {case.site.needs.memory_gib}, {promised:.0f} MiB, and a "
                f"{what} node needs {least} ({name})",
                "Raise it, so that the node checks refuse what Kubespray would",
            )


def lowered(case: Case) -> Iterator[Fault]:
    """Limits of Kubespray that somebody lowered, or switched off."""
    for name in MINIMUM:
        given, default = case.value(name), case.accepts.defaults[name]
        if isinstance(given, int) and given < default:
            yield Fault(
                case.where(name),
                f"{name} is {given}, below Kubespray's own {default}",
                "Choose a larger flavor: the node would run out of memory",
            )
    if case.value("ignore_assert_errors") is True:
        yield Fault(
            case.where("ignore_assert_errors"),
            "ignore_assert_errors is on, and every refusal of Kubespray would be passed over",
            "Take it out",
        )


def systems(case: Case) -> Iterator[Fault]:
    """Systems that the site lets pass, and Kubespray does not know."""
    if case.site is None or case.value("allow_unsupported_distribution_setup") is True:
        return
    known = {name.lower() for name in case.accepts.systems}
    for system in case.site.needs.os:
        if _name(system) not in known:
            yield Fault(
                f"{case.site.file or case.site.name}",
                f"needs.os lets {system!r} pass, and Kubespray knows no such system",
                "Take it out; Ubuntu and Debian are what this project is tried with",
            )


def _name(system: Any) -> str:
    return str(system).rpartition(" ")[0].lower() or str(system).lower()


RULES = (memory, lowered, systems)
