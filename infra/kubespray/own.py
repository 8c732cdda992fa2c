"""The settings that follow from a site's file, and need be typed nowhere else."""

from pathlib import Path
from typing import Any

import yaml

from infra.sites.site import Site

FILE = "site.yml"
HEAD = "# From the site's file, by `invoke provision`; what you write here is written over.\n"
# Pods and nodes get no IPv6 answers where there is no way to those addresses: an empty
# answer, and not an error, or programs would give up on the name.
NO_IPV6_ANSWERS = "template ANY AAAA . {\n    rcode NOERROR\n}\n"
DOCKER_HUB = "https://registry-1.docker.io"
CLUSTER_REGISTRY = "registry.kube-system.svc.cluster.local:5000"
PULL = ["pull", "resolve"]


def variables(site: Site) -> dict[str, Any]:
    """Return them, by name."""
    found: dict[str, Any] = {
        "kube_pods_subnet": site.network.pods,
        "kube_service_addresses": site.network.services,
        "ipv6_stack": site.network.ipv6 == "on",
        "containerd_registries_mirrors": _mirrors(site),
    }
    if site.network.ipv6 == "off":
        found["nodelocaldns_additional_configs"] = NO_IPV6_ANSWERS
    outside = [node.reached_at for node in site.nodes if node.reached_at != node.address]
    if outside:
        found["supplementary_addresses_in_ssl_keys"] = outside
    return found


def _mirrors(site: Site) -> list[dict[str, Any]]:
    """Return where images are pulled from: the mirror first, and Docker Hub when it is away."""
    hub = {"host": DOCKER_HUB, "capabilities": list(PULL), "skip_verify": False}
    if mirror := site.registry.mirror:
        first = {"host": mirror, "capabilities": list(PULL), "skip_verify": False}
        hosts = [first, hub] if site.registry.optional else [first]
    else:
        hosts = [hub]
    cluster = {
        "host": f"http://{CLUSTER_REGISTRY}",
        "capabilities": list(PULL),
        "skip_verify": False,
    }
    return [
        {"prefix": "docker.io", "mirrors": hosts},
        {
            "prefix": CLUSTER_REGISTRY,
            "server": f"http://{CLUSTER_REGISTRY}",
            "mirrors": [cluster],
        },
    ]


def write(site: Site, folder: Path) -> Path:
    """Write them into a folder of group_vars and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    half = file.with_name(f".{FILE}.new")
    half.write_text(HEAD + yaml.safe_dump(variables(site), sort_keys=False), encoding="utf-8")
    half.replace(file)
    return file
