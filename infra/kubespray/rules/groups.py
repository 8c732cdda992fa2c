"""Who belongs where: groups, and how many hosts each must have."""

from collections.abc import Iterator

from infra.kubespray.case import Case, nearest
from infra.kubespray.faults import Fault

GROUPS = frozenset(
    ("all", "ungrouped", "kube_control_plane", "kube_node", "etcd", "k8s_cluster", "calico_rr",
     "bastion", "no_floating", "broken_kube_control_plane", "broken_etcd")
)  # fmt: skip
RENAMED = {
    "kube-master": "kube_control_plane", "kube_master": "kube_control_plane",
    "kube-node": "kube_node", "k8s-cluster": "k8s_cluster", "calico-rr": "calico_rr",
    "no-floating": "no_floating",
}  # fmt: skip
PLACES = ("kube_control_plane", "kube_node", "etcd", "calico_rr", "k8s_cluster")


def known(case: Case) -> Iterator[Fault]:
    """Groups that Kubespray has never heard of, or that have another name now."""
    for group in case.declared.groups.values():
        if group.name in RENAMED:
            yield Fault(
                group.where,
                f"group {group.name} is called {RENAMED[group.name]} now",
                "Write that name; the old one is on its way out of Kubespray",
            )
        elif group.name not in GROUPS:
            yield Fault(
                group.where,
                f"Kubespray knows no group {group.name!r}, and would pass over its hosts",
                nearest(group.name, GROUPS - {"all", "ungrouped"}) or "Take it out",
            )


def housed(case: Case) -> Iterator[Fault]:
    """Hosts that belong nowhere."""
    placed = {name for group in (*PLACES, "bastion") for name in case.declared.members(group)}
    for host in case.declared.hosts.values():
        if host.name not in placed:
            yield Fault(
                host.where,
                f"{host.name} is in no group, so nothing would be installed on it",
                "List it below kube_control_plane, kube_node or etcd, or take it out",
            )


def counted(case: Case) -> Iterator[Fault]:
    """Groups that are empty, and an even number of etcd members."""
    declared = case.declared
    if not declared.hosts:
        if not declared.faults:
            yield Fault(declared.file, "it lists no host", "List the nodes below all.hosts")
        return
    if not declared.members("kube_control_plane"):
        yield Fault(
            _where(case, "kube_control_plane"),
            "group kube_control_plane is empty, and nobody would run the API",
            "Give at least one node the role control-plane",
        )
    if not declared.members("kube_node"):
        yield Fault(
            _where(case, "kube_node"),
            "group kube_node is empty, and no pod would find a place",
            "Give at least one node the role worker",
        )
    yield from _etcd(case)


def _etcd(case: Case) -> Iterator[Fault]:
    members = case.declared.members("etcd")
    if not members and case.value("etcd_deployment_type") != "kubeadm":
        yield Fault(
            _where(case, "etcd"),
            "group etcd is empty, and the cluster would have nowhere to keep its state",
            "Give one, three or five nodes the role etcd",
        )
    elif len(members) % 2 == 0 and members:
        yield Fault(
            _where(case, "etcd"),
            f"group etcd has {len(members)} members ({', '.join(members)}): an even number "
            f"survives no more failures than {len(members) - 1}, and Kubespray refuses it",
            "Take one out, or add one",
        )


def reflectors(case: Case) -> Iterator[Fault]:
    """Calico's route reflectors, where there are any."""
    members = case.declared.members("calico_rr")
    if not members:
        return
    if case.value("cluster_id") is None:
        yield Fault(
            _where(case, "calico_rr"),
            "group calico_rr has hosts, and cluster_id is not set",
            "Set cluster_id to an IPv4 address that no other cluster uses",
        )
    outside = [name for name in members if name not in case.declared.members("k8s_cluster")]
    if outside:
        yield Fault(
            _where(case, "calico_rr"),
            f"{', '.join(outside)} of calico_rr is not in k8s_cluster",
            "List calico_rr below the children of k8s_cluster",
        )


def cluster(case: Case) -> Iterator[Fault]:
    """Nodes that are missing from the group that most plays run on."""
    everybody = case.declared.members("k8s_cluster")
    if "k8s_cluster" not in case.declared.groups:
        return  # Kubespray makes it of kube_control_plane and kube_node by itself
    for part in ("kube_control_plane", "kube_node"):
        for name in case.declared.members(part):
            if name not in everybody:
                yield Fault(
                    _where(case, "k8s_cluster"),
                    f"{name} is in {part} and not in k8s_cluster, so half of the plays skip it",
                    f"List {part} below the children of k8s_cluster",
                )


def bastion(case: Case) -> Iterator[Fault]:
    """A bastion would bring connections whose host keys nobody looks at."""
    if case.declared.members("bastion"):
        yield Fault(
            _where(case, "bastion"),
            "group bastion makes Kubespray connect without a look at host keys",
            "Take it out: the site's ssh_config knows the way through the jump host",
        )


def _where(case: Case, group: str) -> str:
    found = case.declared.groups.get(group)
    return found.where if found else case.declared.file


RULES = (known, housed, counted, reflectors, cluster, bastion)
