"""Name servers and search domains of nodes and pods."""

from collections.abc import Iterator
from typing import Any

from infra.kubespray.case import Case, as_address, computed
from infra.kubespray.faults import Fault

# What a C library reads of resolv.conf, and no more. One is the cluster's own.
MOST_SERVERS = 3
# What Kubernetes takes for a pod, and what Docker takes.
MOST_DOMAINS, MOST_DOMAINS_DOCKER = 32, 6
# Two come from the cluster itself.
OWN_DOMAINS = 2


def servers(case: Case) -> Iterator[Fault]:
    """Name servers that are none, are too many or too few, or lead back here."""
    for name in ("upstream_dns_servers", "nameservers"):
        given = _list(case.value(name))
        for one in given:
            host = str(one).partition("#")[0].rpartition("@")[0] or str(one)
            if not computed(one) and as_address(host.partition(":53")[0]) is None:
                yield Fault(
                    case.where(name), f"{one!r} in {name} is no address", "Name servers need one"
                )
        own = case.value("nodelocaldns_ip")
        if own in given:
            yield Fault(
                case.where(name),
                f"{name} has {own}, the node's own cache, which would ask itself for ever",
                "Take it out",
            )
        if len(given) > MOST_SERVERS:
            yield Fault(
                case.where(name),
                f"{name} has {len(given)} name servers, and resolv.conf takes {MOST_SERVERS}",
                "Keep the best of them",
            )
    if case.value("disable_host_nameservers") is True and not (
        _list(case.value("upstream_dns_servers")) or _list(case.value("nameservers"))
    ):
        yield Fault(
            case.where("disable_host_nameservers"),
            "disable_host_nameservers is on, and upstream_dns_servers names none instead",
            "Name one there: a node without a name server downloads nothing",
        )


def manual(case: Case) -> Iterator[Fault]:
    """A name server of one's own."""
    if case.value("dns_mode") == "manual" and as_address(case.value("manual_dns_server")) is None:
        yield Fault(
            case.where("dns_mode"),
            "dns_mode is manual, and manual_dns_server is no address",
            "Give the address of the name server that pods ask",
        )


def domains(case: Case) -> Iterator[Fault]:
    """Search domains that nobody would read to the end."""
    given = _list(case.value("searchdomains"))
    docker = case.value("container_manager") == "docker"
    most = (MOST_DOMAINS_DOCKER if docker else MOST_DOMAINS) - OWN_DOMAINS
    if len(given) > most:
        yield Fault(
            case.where("searchdomains"),
            f"searchdomains has {len(given)}, and with the cluster's own {OWN_DOMAINS} there is "
            f"room for {most}",
            "Take out those that nobody types",
        )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


RULES = (servers, manual, domains)
