"""One test machine as a good node, asked over real SSH as an audit does."""

import itertools
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import testinfra

from tests.hosts import machines
from tests.nodes.audit.facts import Facts, Node

GOOD = Path(__file__).parent / "good.sh"
VOLUME = "0f6c9a53-5d52-4f6c-9a53-6b1f2a0c1d2e"
ROLES = ("control-plane", "etcd", "worker")


class Machine:
    """A machine that keeps every promise."""

    def __init__(self, hosts: machines.Hosts, folder: Path) -> None:
        self.hosts = hosts
        self.host = next(iter(hosts))
        self.folder = folder
        self.host.run("bash -s", given=GOOD.read_text())
        self._mount(hosts.disks[self.host.name])
        ssh = [
            "-o BatchMode=yes", "-o StrictHostKeyChecking=accept-new",
            f"-o UserKnownHostsFile={folder}/known_hosts", f"-o ControlPath={folder}/c",
        ]  # fmt: skip
        self.shell = testinfra.get_host(
            f"ssh://{hosts.user}@{hosts.way_in}", sudo=True, ssh_identity_file=str(hosts.key),
            ssh_extra_args=" ".join(ssh),
        )  # fmt: skip

    def _mount(self, device: str) -> None:
        subprocess.run(["mkfs.ext4", "-q", "-U", VOLUME, device], check=True)
        line = f"UUID={VOLUME} /mnt/data ext4 defaults,nofail 0 2"
        self.host.run(f"mkdir /mnt/data && echo '{line}' >> /etc/fstab && mount /mnt/data")

    def facts(self) -> Facts:
        nodes = {h.name: {"address": h.address, "roles": ROLES} for h in self.hosts}
        return Facts(
            site="proof", hosts=self.folder / "hosts", user=self.hosts.user, connect_seconds=5,
            clock_seconds=0.5, timezone="UTC", ipv6="off", dns_name="localhost", firewall="off",
            modules=("br_netfilter", "overlay"), kubernetes=True, nodes=nodes,
            users=({"name": "ada", "sudo": True},),
            volume={"host": "node1", "path": "/mnt/data"},
        )  # fmt: skip

    def node(self) -> Node:
        """Return the node as if it had never been asked."""
        return Node(self.host.name, self.shell, self.facts())


NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """Boot it, and bring it into a good state."""
    if reason := machines.missing():
        pytest.skip(reason)
    # Short, for the path of a socket lies in it.
    volumes = {"node1": VOLUME}
    with (
        machines.running(1, volumes) as hosts,
        tempfile.TemporaryDirectory(prefix="proof-") as folder,
    ):
        yield Machine(hosts, Path(folder))
