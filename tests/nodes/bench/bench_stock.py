"""Node checks next to stock pytest-testinfra and Ansible modules that assert as much.

Run by `./run nox -s bench`. Three hosts, real sshd processes on 127.0.0.x; each tool as it comes,
with its own defaults, from the start of its process to its end. The same assertions go through
ssh and, with `--force-ansible`, through Ansible's modules. Beside that Ansible is asked in the
three ways that people ask it who give up on the same assertions: `ansible -m` for each, on all
hosts at once; a playbook with a task for each; and a playbook that gathers the facts once and
asserts on them, with pipelining, the quickest there is.
Ours are measured before and after each, so that a machine which gets busier misleads nobody.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT))

from tests.unit.infra import sshd  # noqa: E402 (the path comes first)
from tests.unit.infra.nodes import bench_nodes  # noqa: E402

NODES = ROOT / "tests" / "nodes"
TARGETS = {"stock testinfra": 25, "stock testinfra through Ansible's modules": 100}
LOCKS = {"testinfra": NODES / "requirements.txt", "ansible": ROOT / "playbooks/requirements.txt"}


def main() -> None:
    """Print the figures."""
    if sshd.SSHD is None:
        print("stock tools: skipped, needs sshd: apt-get install openssh-server")
        return
    folders = {name: environment(lock) for name, lock in LOCKS.items()}
    with (
        tempfile.TemporaryDirectory() as folder,
        sshd.hosts(Path(folder), 3) as cluster,
    ):
        file = cluster.folder / "mine.yaml"
        file.write_text(bench_nodes.site_file(cluster))
        config = ssh_config(cluster)
        ansible = Ansible(folders["ansible"], cluster, config)
        theirs = {
            "stock testinfra": lambda: testinfra(folders["testinfra"], cluster, config),
            "stock testinfra through Ansible's modules": lambda: ansible.testinfra(
                folders["testinfra"]
            ),
            "ansible -m, one by one": ansible.one_by_one,
            "a playbook, one task each": lambda: ansible.playbook("stock_ansible.yml"),
            "a playbook that gathers facts once": lambda: ansible.playbook(
                "gathered_ansible.yml", ANSIBLE_PIPELINING="1"
            ),
        }
        checks(cluster, file)  # compiles what a clone just made has not compiled
        best = before = ours(cluster, file)
        for name, run in theirs.items():
            took, after = run(), ours(cluster, file)
            told(name, took, (before + after) / 2)
            before, best = after, min(best, after)
    print(f"node checks, 3 hosts, cold start: {best:.2f} s (at most 0.6)")


def told(name: str, took: float, mine: float) -> None:
    """Print how theirs compare with ours."""
    target = f" (at least {TARGETS[name]})" if name in TARGETS else ""
    beside = f"{took:.1f} s beside {mine:.2f} s"
    print(f"20 assertions by {name}: {beside}, {took / mine:.0f} times{target}", flush=True)


def ours(cluster: sshd.Cluster, file: Path) -> float:
    """Return the best of three."""
    return min(checks(cluster, file) for _ in range(3))


def environment(lock: Path) -> Path:
    """Return an environment, made once."""
    argv = [sys.executable, "-m", "services.environments", str(lock)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    return Path(done.stdout.strip()) / "bin"


def checks(cluster: sshd.Cluster, file: Path) -> float:
    """Run ours in a new process."""
    return timed([sys.executable, "-c", bench_nodes.COLD, str(file), str(cluster.known_hosts)], {})


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
    return timed([*assertions(bin_), f"--hosts={hosts}", f"--ssh-config={config}"], {})


def assertions(bin_: Path) -> list[str]:
    """Return the command that runs them."""
    quiet = ("-q", "-c", "/dev/null", "-p", "no:cacheprovider", f"--rootdir={HERE}")
    return [str(bin_ / "python"), "-m", "pytest", *quiet, str(HERE / "stock_testinfra.py")]


@dataclass(frozen=True)
class Ansible:
    """Ansible with its own settings."""

    programs: Path
    cluster: sshd.Cluster
    config: Path

    def playbook(self, name: str, **env: str) -> float:
        """Run a playbook."""
        return timed([*self._program("ansible-playbook"), str(HERE / name)], self._env() | env)

    def testinfra(self, bin_: Path) -> float:
        """Run the assertions that stock testinfra makes, each command of them by a module."""
        inventory = f"--ansible-inventory={self._inventory()}"
        here = os.pathsep.join([str(self.programs), os.environ["PATH"]])
        argv = [*assertions(bin_), "--hosts=ansible://all", "--force-ansible", inventory]
        return timed(argv, {**self._env(), "PATH": here})

    def one_by_one(self) -> float:
        """Run every task of the stock playbook by `ansible -m`, one after the other."""
        (play,) = yaml.safe_load((HERE / "stock_ansible.yml").read_text())
        return sum(timed(self._module(task), self._env()) for task in play["tasks"])

    def _module(self, task: dict[str, Any]) -> list[str]:
        ((module, given),) = ((k, v) for k, v in task.items() if k.startswith("ansible.builtin."))
        said = given if isinstance(given, str) else json.dumps(given)
        return [*self._program("ansible"), "all", "-m", module, "-a", said]

    def _program(self, name: str) -> list[str]:
        return [str(self.programs / name), "-i", str(self._inventory())]

    def _inventory(self) -> Path:
        hosts = {f"node{n}": {} for n in range(1, len(self.cluster.hosts) + 1)}
        variables = {
            "ansible_python_interpreter": sys.executable,
            "ansible_ssh_common_args": shlex.join(["-F", str(self.config)]),
        }
        file = self.cluster.folder / "inventory.yaml"
        file.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": variables}}))
        return file

    def _env(self) -> dict[str, str]:
        settings = self.cluster.folder / "ansible.cfg"
        settings.write_text("")
        return {"ANSIBLE_HOME": str(self.cluster.folder), "ANSIBLE_CONFIG": str(settings)}


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
