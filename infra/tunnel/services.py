"""What a cluster offers, asked on its own control plane, which holds the operator's rights."""

import json
import subprocess
from pathlib import Path
from typing import Any

from infra.sites.site import Site
from infra.tunnel.forwards import TunnelError

KUBECTL = {"server": "microk8s kubectl"}
SECONDS = 60


def listed(ssh_config: Path, node: str, site: Site) -> dict[str, Any]:
    """Return every Service of the cluster, as kubectl prints it.

    Raises:
        TunnelError: the node does not answer, or has no cluster.
    """
    kubectl = KUBECTL.get(site.kind, "kubectl")
    argv = ["ssh", "-F", str(ssh_config), "-o", "BatchMode=yes", "-o", "ControlPath=none", node]
    try:
        done = subprocess.run(
            [*argv, f"{kubectl} get services --all-namespaces --output=json --request-timeout=20s"],
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise TunnelError(node, f"it did not answer within {SECONDS} s") from None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise TunnelError(node, said[-1] if said else f"{kubectl} ended with {done.returncode}")
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise TunnelError(node, f"{kubectl} printed no JSON ({done.stdout[:80]!r})") from None
    return found
