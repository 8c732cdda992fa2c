"""Certificates, and how long they last."""

import time
from collections.abc import Iterator
from functools import partial

from tests.nodes.audit.check import Check
from tests.nodes.audit.facts import Node

DAY = 86400
RENEW = "kubeadm certs renew all, then restart the control plane"
# For each: its end in seconds since 1970 (0: it has none), and its path.
ENDS = (
    "for f in {patterns}; do [ -f $f ] || continue; "
    "d=$(openssl x509 -noout -enddate -in $f 2>/dev/null | cut -d= -f2); "
    'echo "$([ -n "$d" ] && date -d "$d" +%s || echo 0) $f"; done; true'
)
PLACES = {
    "cluster-certificates": (("/etc/kubernetes/ssl/*.crt",), ("control-plane",)),
    "kubelet-certificate": (
        ("/var/lib/kubelet/pki/kubelet-client-current.pem", "/var/lib/kubelet/pki/kubelet.crt"),
        (),
    ),
    "etcd-certificates": (
        ("/etc/ssl/etcd/ssl/ca.pem", "/etc/ssl/etcd/ssl/member-*[!y].pem",
         "/etc/ssl/etcd/ssl/node-*[!y].pem"),
        ("etcd",),
    ),
}  # fmt: skip


def last(patterns: tuple[str, ...], node: Node) -> Iterator[str]:
    """Say which certificates have ended, or will soon."""
    listed = node.host.run(ENDS.format(patterns=" ".join(patterns))).stdout.splitlines()
    if not listed:
        yield f"there is none at {' or '.join(patterns)}"
    for line in listed:
        end, _space, path = line.partition(" ")
        # A key may lie beside it with the same ending; it has no date.
        if path.endswith("-key.pem"):
            continue
        days = (int(end) - time.time()) / DAY
        if end == "0":
            yield f"{path} is no certificate"
        elif days < 0:
            yield f"{path} ended {-days:.0f} days ago"
        elif days < node.promise["certificate_days"]:
            yield f"{path} ends in {days:.0f} days"


CHECKS = tuple(
    Check(name, "certificates last", partial(last, patterns), RENEW, roles, kubernetes=True)
    for name, (patterns, roles) in PLACES.items()
)
