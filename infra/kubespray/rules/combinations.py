"""Settings that are fine each, and not together."""

from collections.abc import Iterator

from infra.kubespray.case import Case
from infra.kubespray.faults import Fault

SERVICE_TYPES = {
    "registry_service_cluster_ip": "ClusterIP",
    "registry_service_loadbalancer_ip": "LoadBalancer",
    "registry_service_nodeport": "NodePort",
}


def runtimes(case: Case) -> Iterator[Fault]:
    """What runs containers, and what needs a certain one."""
    manager = case.value("container_manager")
    if case.value("etcd_deployment_type") == "docker" and manager != "docker":
        yield Fault(
            case.where("etcd_deployment_type"),
            f"etcd_deployment_type is docker, and container_manager is {manager}",
            "Set etcd_deployment_type to host",
        )
    if case.switch("kata_containers_enabled") and manager == "docker":
        yield Fault(
            case.where("kata_containers_enabled"),
            "kata_containers_enabled does not work with docker",
            "Set container_manager to containerd",
        )
    if case.switch("gvisor_enabled") and manager != "containerd":
        yield Fault(
            case.where("gvisor_enabled"),
            f"gvisor_enabled works with containerd alone, and container_manager is {manager}",
            "Set container_manager to containerd",
        )
    if manager != "docker" and case.value("resolvconf_mode") == "docker_dns":
        yield Fault(
            case.where("resolvconf_mode"),
            f"resolvconf_mode is docker_dns, and container_manager is {manager}",
            "Set resolvconf_mode to host_resolvconf",
        )


def clouds(case: Case) -> Iterator[Fault]:
    """The cloud's own controller."""
    provider = case.value("cloud_provider")
    if provider and provider != "external":
        yield Fault(
            case.where("cloud_provider"),
            f"cloud_provider is {provider!r}, and in-tree providers are gone",
            "Set it to external, and external_cloud_provider to the cloud",
        )
    if provider == "external" and not case.value("external_cloud_provider"):
        yield Fault(
            case.where("cloud_provider"),
            "cloud_provider is external, and external_cloud_provider is not set",
            "Name the cloud there, or leave cloud_provider out",
        )


def downloads(case: Case) -> Iterator[Fault]:
    """Where downloads go."""
    if case.switch("download_localhost") and not case.switch("download_run_once"):
        yield Fault(
            case.where("download_localhost"),
            "download_localhost is on, and download_run_once is off",
            "Switch both on, or both off",
        )


def certificates(case: Case) -> Iterator[Fault]:
    """Who renews certificates."""
    if case.switch("auto_renew_certificates") and case.switch("kube_external_ca_mode"):
        yield Fault(
            case.where("auto_renew_certificates"),
            "auto_renew_certificates is on, and kube_external_ca_mode leaves no key to sign with",
            "Switch one of them off",
        )


def load_balancers(case: Case) -> Iterator[Fault]:
    """What answers ARP for a service's address."""
    if case.value("kube_proxy_mode") != "ipvs" or case.switch("kube_proxy_strict_arp"):
        return
    for name in ("metallb_enabled", "kube_vip_arp_enabled"):
        if case.switch(name):
            yield Fault(
                case.where(name),
                f"{name} with kube_proxy_mode ipvs: both would answer ARP for an address",
                "Set kube_proxy_strict_arp to true",
            )


def storage(case: Case) -> Iterator[Fault]:
    """Which of two provisioners makes a volume."""
    if case.switch("local_path_provisioner_enabled") and case.switch(
        "local_volume_provisioner_enabled"
    ):
        yield Fault(
            case.where("local_volume_provisioner_enabled"),
            "local_volume_provisioner and local_path_provisioner are both on, and take each "
            "other's volumes",
            "Switch one of them off",
        )


def registry(case: Case) -> Iterator[Fault]:
    """How the cluster's registry is reached."""
    kind = case.value("registry_service_type")
    if kind not in SERVICE_TYPES.values():
        words = ", ".join(SERVICE_TYPES.values())
        said = f"registry_service_type is {kind!r}, and it is one of {words}"
        yield Fault(case.where("registry_service_type"), said, "Leave it at ClusterIP")
        return
    for name, needs in SERVICE_TYPES.items():
        if case.value(name) and kind != needs:
            yield Fault(
                case.where(name),
                f"{name} is set, and registry_service_type is {kind}",
                f"Set registry_service_type to {needs}, or take it out",
            )


RULES = (runtimes, clouds, downloads, certificates, load_balancers, storage, registry)
