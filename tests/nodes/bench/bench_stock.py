"""Node checks next to stock pytest-testinfra and Ansible modules that assert as much.

Run by `./run nox -s bench`. Three hosts, real sshd processes on 127.0.0.x; each tool as it comes,
from a cold start: ours in one round trip, testinfra and Ansible with their own defaults.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT))

from tests.unit.infra import sshd  # noqa: E402 (the path comes first)
from tests.unit.infra.nodes import bench_nodes  # noqa: E402

NODES = ROOT / "tests" / "nodes"
LOCKS = {"testinfra": NODES / "requirements.txt", "ansible": ROOT / "playbooks/requirements.txt"}


def main() -> None:
    """Print the figures."""
    if sshd.SSHD is None:
        print("stock tools: skipped, needs sshd: apt-get install openssh-server")
        return
    folders = {name: environment(lock) for name, lock in LOCKS.items()}
    with (
        tempfile.TemporaryDirectory() as folder,
        sshd.privilege_folder(),
        sshd.hosts(Path(folder), 3) as cluster,
    ):
        file = cluster.folder / "mine.yaml"
        file.write_text(bench_nodes.site_file(cluster))
        ours = min(bench_nodes.cold(cluster, file)[0] for _ in range(3))
        config = ssh_config(cluster)
        theirs = {
            "stock testinfra": testinfra(folders["testinfra"], cluster, config),
            "Ansible modules": ansible(folders["ansible"], cluster, config),
        }
    print(f"node checks, 3 hosts, cold start: {ours:.2f} s (at most 0.6)")
    for (name, took), target in zip(theirs.items(), (25, 100), strict=True):
        print(f"20 assertions by {name}: {took:.1f} s, {took / ours:.0f} times (at least {target})")


def environment(lock: Path) -> Path:
    """Return an environment, made once."""
    argv = [sys.executable, "-m", "services.environments", str(lock)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    return Path(done.stdout.strip()) / "bin"


def ssh_config(cluster: sshd.Cluster) -> Path:
    """Name the hosts, and nothing that a person would not have written down."""
    text = ""
    for number, host in enumerate(cluster.hosts, 1):
        text += f"Host node{number}\n  HostName {host.address}\n  Port {host.port}\n"
    text += f"Host *\n  IdentityFile {cluster.key}\n  IdentitiesOnly yes\n"
    text += f"  UserKnownHostsFile {cluster.known_hosts}\n"
    file = cluster.folder / "ssh_config"
    file.write_text(text)
    return file


def testinfra(bin_: Path, cluster: sshd.Cluster, config: Path) -> float:
    """Run the assertions through pytest-testinfra, all hosts in one run."""
    hosts = ",".join(f"ssh://node{n}" for n in range(1, len(cluster.hosts) + 1))
    argv = [str(bin_ / "python"), "-m", "pytest", "-q", "-c", "/dev/null", "-p", "no:cacheprovider",
            f"--rootdir={HERE}", f"--hosts={hosts}", f"--ssh-config={config}",
            str(HERE / "stock_testinfra.py")]  # fmt: skip
    return timed(argv, {})


def ansible(bin_: Path, cluster: sshd.Cluster, config: Path) -> float:
    """Run them as tasks, with Ansible's own settings."""
    inventory = cluster.folder / "inventory"
    names = "\n".join(f"node{n}" for n in range(1, len(cluster.hosts) + 1))
    inventory.write_text(f"{names}\n[all:vars]\nansible_python_interpreter={sys.executable}\n")
    argv = [str(bin_ / "ansible-playbook"), "-i", str(inventory), str(HERE / "stock_ansible.yml"),
            f"--ssh-common-args=-F {config}"]  # fmt: skip
    settings = cluster.folder / "ansible.cfg"
    settings.write_text("")
    return timed(argv, {"ANSIBLE_HOME": str(cluster.folder), "ANSIBLE_CONFIG": str(settings)})


def timed(argv: list[str], env: dict[str, str]) -> float:
    """Return how long a program takes that must succeed."""
    beside = f"{Path(argv[0]).parent}:{os.environ['PATH']}"
    start = time.perf_counter()
    done = subprocess.run(
        argv, cwd=ROOT, env={**os.environ, "PATH": beside, **env}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    took = time.perf_counter() - start
    if done.returncode:
        said = (done.stderr or done.stdout)[-1500:]
        raise SystemExit(f"{argv[0]} ended with {done.returncode}:\n{said}")
    return took


if __name__ == "__main__":
    main()
