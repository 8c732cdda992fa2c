"""Whether nodes reach what Kubespray downloads from, asked of all at once."""

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.kubespray.faults import NoInternetError

# Where the binaries and the first images come from.
WANTED = (("dl.k8s.io", 443), ("github.com", 443), ("registry.k8s.io", 443))
SECONDS = 5
ASK = (
    'for at in {places}; do timeout {seconds} bash -c "exec 3<>/dev/tcp/${{at%:*}}/${{at#*:}}" '
    "2>/dev/null || echo $at & done; wait"
)


def must_reach(
    nodes: Sequence[str], ssh_config: Path, wanted: Sequence[tuple[str, int]] = WANTED
) -> None:
    """Refuse to go on where a node cannot download.

    Raises:
        NoInternetError: names the first node that cannot, and what it cannot reach.
    """
    with ThreadPoolExecutor(max(len(nodes), 1)) as pool:
        answers = pool.map(lambda node: _ask(node, ssh_config, wanted), nodes)
        for node, (missing, why) in zip(nodes, answers, strict=True):
            if missing:
                raise NoInternetError(node, " and ".join(missing), why)


def _ask(node: str, ssh_config: Path, wanted: Sequence[tuple[str, int]]) -> tuple[list[str], str]:
    places = " ".join(f"{name}:{port}" for name, port in wanted)
    question = ASK.format(places=places, seconds=SECONDS)
    argv = ["ssh", "-F", str(ssh_config), "-o", "BatchMode=yes", node, question]
    limit = SECONDS + 20
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return ["anything"], f"it did not answer within {limit} s"
    if done.returncode == 255:
        return ["anything"], f"SSH: {done.stderr.strip().splitlines()[-1:] or ['no answer']}"
    return sorted(done.stdout.split()), f"no answer within {SECONDS} s"
