"""How a promise is broken on a machine, how it is mended, and what must be said of it.

Paths such as /root and /home/cc are those of the test machine, a container of its own.
"""

from typing import NamedTuple

KUBELET = "/etc/kubernetes/kubelet-config.yaml"
SSHD = "/etc/ssh/sshd_config.d/10-gourmetops.conf"
ETCD = "/etc/etcd.env"


class Violation(NamedTuple):
    """One of them, in shell."""

    breaks: str
    mends: str
    said: str


def edited(file: str, old: str, new: str, said: str, after: str = "true") -> Violation:
    """Replace a word in a file, and put the file back."""
    return Violation(
        f"cp -p {file} /root/kept && sed -i 's|{old}|{new}|' {file} && ! cmp -s {file} /root/kept "
        f"&& {after}",
        f"cp -p /root/kept {file} && {after}",
        said,
    )


def sshd(key: str, value: str, said: str) -> Violation:
    """Have sshd told something else."""
    return edited(SSHD, f"^{key} .*", f"{key} {value}", said)


def mode(path: str, good: str, bad: str, said: str) -> Violation:
    """Let others do more with a file."""
    return Violation(f"chmod {bad} {path}", f"chmod {good} {path}", said)


def flag(component: str, old: str, new: str, said: str) -> Violation:
    """Start a component otherwise."""
    return edited(f"/etc/kubernetes/manifests/{component}.yaml", f"--{old}", f"--{new}", said)


def kubelet(old: str, new: str, said: str) -> Violation:
    """Configure the kubelet otherwise."""
    return edited(KUBELET, old, new, said)


def stopped(unit: str) -> Violation:
    """Stop a service."""
    return Violation(f"systemctl stop {unit}", f"systemctl start {unit}", f"{unit} is inactive")
