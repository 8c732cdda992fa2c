"""Judgements of what is installed: an older cluster, a package manager at work.

Each takes what a command printed on the node and returns what is wrong, or None.
"""

# What Kubernetes, its container runtimes and its single-server kin leave behind.
PATHS = (
    "/etc/kubernetes/admin.conf", "/etc/kubernetes/manifests", "/etc/kubernetes/kubelet.conf",
    "/var/lib/etcd/member", "/var/lib/kubelet/config.yaml", "/etc/cni/net.d", "/var/lib/rancher",
    "/var/snap/microk8s", "/var/lib/docker/overlay2",
)  # fmt: skip
PROGRAMS = ("kubelet", "kubeadm", "dockerd", "containerd", "crio", "k3s", "microk8s", "etcd")


def nothing_is_left_over(output: str) -> str | None:
    """Judge the paths and programs that were found, a line each."""
    found = output.split()
    return f"it is not bare: {', '.join(found)}" if found else None


def packages_are_at_rest(output: str) -> str | None:
    """Judge `INODE PATH` of the lock files, then --, then /proc/locks."""
    files, _separator, locks = output.partition("--\n")
    paths = dict(line.split(None, 1) for line in files.splitlines() if line.strip())
    for line in locks.splitlines():
        words = [word for word in line.split() if word != "->"]
        if len(words) < 6 or words[5].rpartition(":")[2] not in paths:
            continue
        path = paths[words[5].rpartition(":")[2]]
        return f"process {words[4]} holds {path}: a package manager is at work"
    return None
