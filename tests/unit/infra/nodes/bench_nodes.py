"""How long node checks take, next to the same commands through ssh one by one.

Run by `./run nox -s bench`. Hosts are real sshd processes on 127.0.0.x.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT))

from infra.nodes import ask, catalogue, inspection  # noqa: E402 (the path comes first)
from tests.unit.infra import sshd  # noqa: E402

COLD = """
import sys, time
start = time.perf_counter()
from pathlib import Path
from infra.nodes import inspection
from infra.sites import reading
found = inspection.inspect(reading.read(Path(sys.argv[1])), Path(sys.argv[2]))
print(time.perf_counter() - start, len(found))
"""


def main() -> None:
    """Print the figures."""
    if sshd.SSHD is None:
        print("node checks: skipped, needs sshd: apt-get install openssh-server")
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, count in (("three", 3), ("many", 64)):
            (Path(folder) / name).mkdir()
            with sshd.hosts(Path(folder) / name, count) as cluster:
                three_hosts(cluster) if count == 3 else many_hosts(cluster)


def three_hosts(cluster: sshd.Cluster) -> None:
    """All checks on three hosts from a cold start, and the same commands one ssh each."""
    file = cluster.folder / "mine.yaml"
    file.write_text(site_file(cluster))
    took, answers = min(cold(cluster, file) for _ in range(3))
    site = cluster.site()
    commands = [check.command for check in catalogue.for_node(site, site.nodes[0])]
    start = time.perf_counter()
    for host in cluster.hosts:
        for command in commands:
            one_ssh(cluster, host, command)
    singly = time.perf_counter() - start
    print(f"node checks, 3 hosts, {answers} answers, cold start: {took:.2f} s (at most 0.6)")
    print(f"the same commands, one ssh each: {singly:.2f} s, {singly / took:.0f} times as long")


def many_hosts(cluster: sshd.Cluster) -> None:
    """Five checks on 64 hosts, with and without a dead one."""
    site = cluster.site()
    checks = {node.name: catalogue.for_node(site, node)[:5] for node in site.nodes}
    took = min(timed(lambda: ask.every_node(site, checks, cluster.known_hosts)) for _ in range(3))
    print(f"node checks, 64 hosts x 5 checks: {took:.2f} s (at most 1.5)")
    cluster.hosts[7].stop()
    dead = timed(lambda: ask.every_node(site, checks, cluster.known_hosts))
    print(f"the same with one host dead: {dead:.2f} s")
    everything = timed(lambda: inspection.inspect(site, cluster.known_hosts))
    print(f"all checks on 64 hosts: {everything:.2f} s")


def cold(cluster: sshd.Cluster, file: Path) -> tuple[float, int]:
    """Run the checks in a new Python."""
    done = subprocess.run(
        [sys.executable, "-c", COLD, file, cluster.known_hosts],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    took, answers = done.stdout.split()
    return float(took), int(answers)


def one_ssh(cluster: sshd.Cluster, host: sshd.Host, command: str) -> None:
    """Run one command as stock tools do: a connection for each."""
    options = f"-oUserKnownHostsFile={cluster.known_hosts} -oIdentitiesOnly=yes -oBatchMode=yes"
    subprocess.run(
        ["ssh", "-F", "none", *options.split(), "-i", cluster.key, "-p", str(host.port),
         host.address, command],
        capture_output=True, check=False,
    )  # fmt: skip


def timed(call: object) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - start


def site_file(cluster: sshd.Cluster) -> str:
    """Write the cluster down as a site's file."""
    site = cluster.site()
    nodes = "".join(
        f"  - {{name: {node.name}, address: {node.address}, ssh_port: {node.ssh_port}, "
        "roles: [control-plane, etcd, worker]}\n"
        for node in site.nodes
    )
    return (
        f"name: mine\nkind: hosts\nssh: {{user: {site.ssh.user}, key: {cluster.key}}}\n"
        f"nodes:\n{nodes}"
    )


if __name__ == "__main__":
    main()
