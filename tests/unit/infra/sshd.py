"""Real sshd processes on loopback addresses, each a node of its own: for tests and the bench."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from infra.sites.site import Needs, Network, Node, Site, Ssh

SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
KEYGEN = shutil.which("ssh-keygen")
CLIENT = shutil.which("ssh")

# What any machine that runs these tests is, so that a healthy node has no finding.
ANY = Needs(
    os=("any ",), python="3.0", cpus=1, memory_gib=0.1, disk_gib=0.001, inodes_percent=1,
    settled_seconds=0, modules=(), sysctls=(), ports=(1,), firewall="any",
)  # fmt: skip


@dataclass
class Host:
    """One sshd: its address, port, keys, and programs that it puts before the real ones."""

    number: int
    folder: Path
    port: int
    process: subprocess.Popen | None = None
    fakes: Path = field(init=False)

    def __post_init__(self):
        self.fakes = self.folder / "bin"
        self.fakes.mkdir(parents=True)

    @property
    def address(self):
        return f"127.0.0.{self.number}"

    def fake(self, program, script):
        """Put a program of ours before the real one, on this node alone."""
        file = self.fakes / program
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def new_host_key(self):
        """Give the host another key, as one that was built anew has."""
        key = self.folder / "host"
        key.unlink(missing_ok=True)
        subprocess.run([KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)

    def start(self, authorized, *more):
        """Start sshd, with more lines of configuration, and wait until it listens."""
        config = self.folder / "sshd_config"
        config.write_text(
            f"ListenAddress {self.address}\nPort {self.port}\nHostKey {self.folder}/host\n"
            f"AuthorizedKeysFile {authorized}\nPidFile none\nStrictModes no\nUsePAM no\n"
            "PermitRootLogin yes\nPasswordAuthentication no\nMaxStartups 200\nUseDNS no\n"
            # A home of its own, so that no start-up file of whoever runs the tests is read.
            f"SetEnv HOME={self.folder} PATH={self.fakes}:/usr/local/bin:/usr/bin:/bin\n"
            + "".join(f"{line}\n" for line in more)
        )
        log = (self.folder / "log").open("w")
        self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", config], stderr=log)
        log.close()
        self._wait()

    def stop(self):
        """Stop sshd, if it runs."""
        if self.process and self.process.poll() is None:
            # Sessions end by themselves once their client is gone; sshd then buries them.
            sessions = psutil.Process(self.process.pid).children(recursive=True)
            _ended, held = psutil.wait_procs(sessions, timeout=3)
            for session in held:
                with suppress(psutil.NoSuchProcess):  # it went just now
                    session.kill()
            self.process.terminate()
            self.process.wait(10)
        self.process = None

    def _wait(self):
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex((self.address, self.port)) == 0:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise AssertionError((self.folder / "log").read_text())


@dataclass
class Cluster:
    """Some hosts, and the site that they make."""

    folder: Path
    hosts: list[Host]
    key: Path

    def site(self, jump=False, **changes):
        nodes = tuple(
            Node(
                name=f"node{host.number}",
                address=host.address,
                roles=("worker",),
                ssh_port=host.port,
                jump=jump and host is self.hosts[0],
            )
            for host in self.hosts
        )
        ssh = Ssh(user=getpass.getuser(), key=str(self.key), connect_seconds=10)
        facts = {"needs": ANY, "network": Network(), "ssh": ssh, "nodes": nodes}
        return Site("mine", "hosts", **{**facts, **changes})

    @property
    def known_hosts(self):
        return self.folder / "known_hosts"


def _privilege_folder():
    """Make the folder that sshd as root wants, as its service would.

    It stays: somebody who runs beside us may have an sshd, too.
    """
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)


@contextmanager
def hosts(folder, count):
    """Start as many hosts as asked for; they end with the block."""
    _privilege_folder()
    key = folder / "id"
    subprocess.run([KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    started = []
    try:
        for number in range(1, count + 1):
            host = Host(number, folder / f"host{number}", _free_port(f"127.0.0.{number}"))
            host.fake("ip", f"echo '2: eth0    inet {host.address}/24 scope global eth0'")
            host.fake("cat", _cat(number))
            host.new_host_key()
            started.append(host)
            host.start(f"{key}.pub")
        yield Cluster(folder, started, key)
    finally:
        for host in started:
            host.stop()


def _cat(number):
    """Answer for the files in which the nodes of these tests are all the same machine."""
    return f"""
case $1 in
/etc/os-release) echo 'ID=any'; echo 'VERSION_ID=';;
/proc/sys/kernel/hostname) echo node{number};;
/etc/machine-id) echo 000{number};;
/proc/swaps) echo Filename;;
*) exec /bin/cat "$@";;
esac
"""


def _free_port(address):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]
