"""Read from a checkout of Kubespray what it accepts: `python -m infra.kubespray.facts`.

Nothing is run and nothing is copied but names, numbers and versions. What is found lies in
playbooks/kubespray/accepts.yaml, so that an inventory can be judged where no checkout is.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from infra.kubespray import pin

DEFAULTS = tuple(f"roles/{'*/' * depth}defaults/**/*.yml" for depth in (1, 2, 3))
VARS = "roles/*/vars/**/*.yml", "roles/*/*/vars/**/*.yml"
SAMPLE = "inventory/sample/group_vars/**/*.yml"
VALIDATE = "roles/validate_inventory/tasks/main.yml"
CALICO = "roles/network_plugin/calico/tasks/check.yml"
PREINSTALL = "roles/kubernetes/preinstall/defaults/main.yml"
CHECKSUMS = "roles/kubespray_defaults/vars/main/checksums.yml"

KINDS = ("switch", "number", "list", "other")
# The variables whose defaults an inventory is judged with, where it does not set them.
JUDGED = (
    "auto_renew_certificates", "calico_pool_blocksize", "cloud_provider", "cluster_name",
    "container_manager", "disable_host_nameservers", "dns_mode", "download_localhost",
    "download_run_once", "etcd_deployment_type", "external_cloud_provider", "gvisor_enabled",
    "ipv4_stack", "kata_containers_enabled", "kube_external_ca_mode", "kube_network_node_prefix",
    "kube_network_node_prefix_ipv6", "kube_network_plugin", "kube_pods_subnet",
    "kube_pods_subnet_ipv6", "kube_proxy_mode", "kube_proxy_strict_arp", "kube_service_addresses",
    "kube_service_addresses_ipv6", "kube_vip_arp_enabled", "kubelet_max_pods",
    "local_path_provisioner_enabled", "local_volume_provisioner_enabled", "metallb_enabled",
    "minimal_master_memory_mb", "minimal_node_memory_mb", "nameservers", "nodelocaldns_ip",
    "registry_service_type", "resolvconf_mode", "searchdomains", "upstream_dns_servers",
)  # fmt: skip

NAME = re.compile(r"^#? ?([a-z][a-z0-9_]+):(?: |$)", re.MULTILINE)
CHOICE = re.compile(r"([a-z_]+) in \[([^]]*)\]")
GONE = re.compile(r"([a-z_]+) is not defined")
READ = re.compile(r"\b([a-z][a-z0-9_]{3,}) is (?:not )?defined")
OPTIONAL = re.compile(r"\b([a-z][a-z0-9_]{3,}) ?\| ?d(?:efault)?\(")


def read(home: Path) -> dict[str, Any]:
    """Return what the checkout at `home` accepts."""
    checksums = _yaml(home / CHECKSUMS)
    standing = defaults(home)
    versions = _texts(home, "playbooks/ansible_version.yml")
    return {
        "ansible": re.findall(r"m(?:in|ax)imal_ansible_version: ([\d.]+)", versions),
        "kubernetes": [str(key) for key in checksums["kubelet_checksums"]["amd64"]],
        "containerd": [str(key) for key in checksums["containerd_archive_checksums"]["amd64"]],
        "choices": _choices(home),
        "removed": sorted(_removed(home)),
        "systems": _yaml(home / PREINSTALL)["supported_os_distributions"],
        "defaults": {name: standing[name] for name in JUDGED},
        "variables": {
            kind: " ".join(sorted(name for name in names if _kind(standing.get(name)) == kind))
            for kind, names in dict.fromkeys(KINDS, _variables(home) | set(standing)).items()
        },
    }


def defaults(home: Path) -> dict[str, Any]:
    """Return each variable's default; where roles differ, the one that holds for all."""
    found: dict[str, Any] = {}
    general = sorted(home.glob("roles/kubespray_defaults/defaults/main/*.yml"))
    files = [file for pattern in DEFAULTS for file in sorted(home.glob(pattern))]
    for file in (*general, *files):
        for name, value in (_yaml(file) or {}).items():
            found.setdefault(name, value)
    return found


def _variables(home: Path) -> set[str]:
    names: set[str] = set()
    for pattern in (*VARS, SAMPLE):
        for file in home.glob(pattern):
            names.update(NAME.findall(file.read_text(encoding="utf-8")))
    for file in (home / "roles").rglob("*"):
        if file.suffix in (".yml", ".j2") and file.is_file():
            text = file.read_text(encoding="utf-8")
            names.update(READ.findall(text), OPTIONAL.findall(text))
    return names


def _choices(home: Path) -> dict[str, list[str]]:
    text = _texts(home, VALIDATE, CALICO)
    found: dict[str, list[str]] = {}
    for name, words in CHOICE.findall(text):
        listed = re.findall(r"'([^']*)'", words)
        # The same name stands there twice where a second choice narrows the first.
        if listed and name != "not" and len(listed) > len(found.get(name, [])):
            found[name] = listed
    return {name: found[name] for name in sorted(found)}


def _removed(home: Path) -> Iterator[str]:
    (check,) = (
        task["vars"]["removed_vars"]
        for task in _yaml(home / VALIDATE)
        if "removed_vars" in task.get("vars", {})
    )
    yield from check
    yield from GONE.findall(_texts(home, CALICO))
    yield "enable_dual_stack_networks"
    yield "matallb_auto_assign"


def _kind(default: Any) -> str:
    """Say what a variable is by what stands there when nobody sets it."""
    if isinstance(default, bool):
        return "switch"
    if isinstance(default, int):
        return "number"
    return "list" if isinstance(default, list) else "other"


def _texts(home: Path, *names: str) -> str:
    return "\n".join((home / name).read_text(encoding="utf-8") for name in names)


def _yaml(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def text(home: Path) -> str:
    """Return accepts.yaml as it has to be for a checkout."""
    head = f"# What Kubespray {pin.pin().version} accepts, by `python -m infra.kubespray.facts`.\n"
    return head + yaml.safe_dump(read(home), sort_keys=False, width=96)


def main() -> int:
    """Write accepts.yaml from the checkout that KUBESPRAY_HOME names."""
    home = os.environ.get("KUBESPRAY_HOME")
    if not home:
        print("KUBESPRAY_HOME names no checkout of Kubespray; set it and try again.")
        return 2
    pin.ACCEPTS.write_text(text(Path(home)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
