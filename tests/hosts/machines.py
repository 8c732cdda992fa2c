"""Real machines for tests: Debian with its own systemd, sshd, sudo and python3, in seconds.

    with machines.running(3) as hosts:
        hosts["node2"].run("systemctl stop ssh")          # as root, without SSH
        site = hosts.write_site(tmp_path / "lab.yaml")    # a site of kind `hosts`
        ...                                               # `invoke check-nodes --site …`

They are systemd-nspawn machines on a bridge in a network namespace of their own. There
node1 to node3 have 192.168.1.11 to .13 (interface ens4) and 10.56.0.11 to .13 (ens3, which has
the default route). This machine reaches them only through node1, at `hosts.way_in`: an address
of `hosts.floating` (198.18.N.0/24, a free N, so several tests may run at once), a range that
lies on the same bridge and that holds what a cloud calls floating addresses. To move the way in
to an address that a cloud has given: `hosts.float_to(address)`.

They are bare: user `cc` with `hosts.key`, sudo without a password, packages of a small archive
of their own (rootfs.OFFERED), no Internet. A name server answers at 10.56.0.1, for names that end
in .test and no other; that of the private network, 192.168.1.2, is dead, as at KVM@TACC.

Faults are real: `run` breaks whatever a shell can break (`systemctl stop ssh`), and
* `fill_disk()`       not a block is free; `free_disk()` takes it back
* `set_clock(60)`     whoever logs in from now on, and with sudo, reads a clock 60 s ahead. A kernel
                      has one clock for all, so this is libfaketime in /etc/environment: true for
                      what is run over SSH, not for the kernel nor for services
* `swap_on()`         a swap of one MiB, which the kernel too has in common: all machines and
                      this one see it. Only where this machine has no swap (`SWAP_IS_OURS`)
* `same_machine_id_as(other)`, `new_host_key()`, `refuse_key()`
* `power_off()`, `boot()`, `wait()`; `run("systemctl reboot")` reboots for real, disk kept
* `wipe()`            a new machine with the same name and address: bare, with another host key

`running(…, volumes={"node1": ID})` puts a blank disk into a machine, a real block device under the
name that a cloud's volume of that id has there. It outlives `wipe()`.

Nothing is left behind, however a test ends: janitor.py.
"""

import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.hosts import disks, rootfs

ROOT = Path(__file__).parents[2]
TOOLS = {
    "systemd-nspawn": "systemd-container", "mmdebstrap": "mmdebstrap", "ip": "iproute2",
    "unshare": "util-linux", "nsenter": "util-linux", "ssh-keygen": "openssh-client",
}  # fmt: skip
SWAP_IS_OURS = len(Path("/proc/swaps").read_text().splitlines()) < 2
# Where the control groups of version 2 are, beside those of version 1 or alone.
GROUPS = (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))
DISK_MIB = 1024
# What a machine of this size is, for the `needs` of a site.
NEEDS = {
    "os": ["debian 12"], "cpus": 1, "memory_gib": 0.5, "disk_gib": 0.2, "inodes_percent": 1,
    "settled_seconds": 0, "modules": ["overlay"], "sysctls": [],
}  # fmt: skip


def missing() -> str | None:
    """Say in one sentence why there can be no machines here, if so."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "test machines need Linux and root"
    if gone := sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)}):
        return f"test machines need the Debian packages {', '.join(gone)}"
    probe = ["unshare", "--mount", "--net", "--pid", "--cgroup", "--fork", "true"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        return "test machines need a kernel that lets root make namespaces"
    return None


# As DHCP gives them in a cloud; the name server of the private network answers nobody.
SHARED = "[Match]\nName=ens3\n[Network]\nAddress=10.56.0.{}/24\nGateway=10.56.0.1\n"
PRIVATE = "[Match]\nName=ens4\n[Network]\nAddress={}/24\nDNS=192.168.1.2\nLinkLocalAddressing=no\n"


@dataclass
class Host:
    """One machine."""

    name: str
    address: str
    hosts: "Hosts"

    def run(self, command: str, *, given: str | None = None, check: bool = True) -> str:
        """Run a shell command as root without SSH, and return what it printed."""
        done = self._ask("run", command=command, input=given)
        if check and done["code"]:
            raise AssertionError(f"{self.name}: {command}: {done['err'] or done['out']}")
        return str(done["out"])

    def read(self, path: str) -> str:
        """Return the text of a file."""
        return self.run(f"cat {path}")

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        self.run(f"mkdir -p $(dirname {path}) && cat > {path}", given=text)

    def wait(self) -> None:
        """Wait until sshd greets."""
        self._ask("ready")

    def boots(self) -> int:
        """Say how often the machine has booted."""
        return int(self._ask("boots"))

    def power_off(self) -> None:
        """Take its power away: nothing is closed, nothing is said."""
        self._ask("kill")

    def boot(self) -> None:
        """Switch it on, and wait until sshd greets."""
        self._ask("boot")
        self.wait()

    def wipe(self) -> None:
        """Put a new machine in its place."""
        self.power_off()
        self._ask("wipe", files=self.hosts.files(self))
        self.boot()

    def fill_disk(self) -> None:
        """Leave not a block free."""
        self._ask("disk", mib=0)

    def free_disk(self) -> None:
        """Take back what filled the disk."""
        self._ask("disk", mib=DISK_MIB)
        self.run("rm -f /full")

    def set_clock(self, ahead: int) -> None:
        """Let whoever logs in from now on, or becomes root, read another time; 0: the right one."""
        if not ahead:
            self.write("/etc/environment", "")
            return
        reads = "session required pam_env.so readenv=1"
        self.run(f"grep -qx '{reads}' /etc/pam.d/sudo || echo '{reads}' >> /etc/pam.d/sudo")
        library = self.run("ls /usr/lib/*/faketime/libfaketime.so.1").strip()
        self.write("/etc/environment", f"LD_PRELOAD={library}\nFAKETIME={ahead:+d}\n")

    def swap_on(self) -> None:
        """Swap to /swap/file, of one MiB, now and after each boot."""
        assert SWAP_IS_OURS, "this machine swaps itself, and a kernel has one list of swaps"
        self.run(
            "dd if=/dev/zero of=/swap/file bs=1M count=1 status=none && chmod 600 /swap/file && "
            "mkswap --quiet /swap/file && swapon /swap/file && "
            "echo /swap/file none swap sw 0 0 >> /etc/fstab"
        )

    def same_machine_id_as(self, other: "Host") -> None:
        """Be a copy that nobody gave an identity of its own."""
        self.run("cat > /etc/machine-id", given=other.read("/etc/machine-id"))

    def new_host_key(self) -> None:
        """Show another key from now on, as a machine does that was built anew."""
        self.run(
            "rm /etc/ssh/ssh_host_* && ssh-keygen -q -t ed25519 -N '' "
            "-f /etc/ssh/ssh_host_ed25519_key && systemctl restart ssh"
        )

    def refuse_key(self) -> None:
        """Let nobody in with the key that the site has."""
        self.run(f"rm /home/{rootfs.USER}/.ssh/authorized_keys")

    def _ask(self, verb: str, **facts: Any) -> Any:
        return self.hosts.ask(verb, self.name, **facts)


@dataclass
class Hosts:
    """Some machines, how they are reached, and what a site's file says of them."""

    folder: Path
    number: int
    names: tuple[str, ...]
    process: "subprocess.Popen[str] | None" = None
    user: str = rootfs.USER
    way_in: str = ""
    # The block device in each machine that has one.
    disks: dict[str, str] = field(default_factory=dict)
    _all: dict[str, Host] = field(default_factory=dict)
    # A test may follow its machines from several threads.
    _one_at_a_time: "threading.Lock" = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.way_in = self.way_in or f"198.18.{self.number}.11"
        self._all = {
            name: Host(name, f"192.168.1.{11 + index}", self)
            for index, name in enumerate(self.names)
        }

    def __getitem__(self, name: str) -> Host:
        return self._all[name]

    def __iter__(self) -> Iterator[Host]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

    @property
    def floating(self) -> str:
        """The range of addresses that this machine reaches."""
        return f"198.18.{self.number}.0/24"

    @property
    def key(self) -> Path:
        """The private key of `user`; the public one lies beside it."""
        return self.folder / "key"

    def float_to(self, address: str) -> None:
        """Let node1 answer at another address of `floating`."""
        node1 = next(iter(self))
        node1.run(f"ip address add {address}/24 dev ens3 noprefixroute")
        self.way_in = address

    def site(self, name: str, **changes: Any) -> dict[str, Any]:
        """Return what a site's file says of them; `changes` replace its keys."""
        whole = ["control-plane", "etcd", "worker"]
        nodes: list[dict[str, Any]] = [
            {"name": host.name, "address": host.address, "roles": whole if first else ["worker"]}
            for first, host in zip((True, *[False] * len(self)), self, strict=False)
        ]
        nodes[0] |= {"jump": True, "ssh_address": self.way_in}
        facts = {
            "name": name,
            "kind": "hosts",
            "ssh": {"user": self.user, "key": str(self.key), "connect_seconds": 5},
            "nodes": nodes,
            "network": {
                "private": "192.168.1.0/24",
                "dns_name": "localhost",
                "dns_servers": ["10.56.0.1"],
            },
            "needs": dict(NEEDS),
        }
        return {**facts, **changes}

    def write_site(self, file: Path, **changes: Any) -> Path:
        """Write a site's file of them and return it."""
        file.write_text(yaml.safe_dump(self.site(file.stem, **changes), sort_keys=False))
        return file

    def ask(self, verb: str, machine: str, **facts: Any) -> Any:
        """Ask the keeper for something."""
        assert self.process
        assert self.process.stdin
        assert self.process.stdout
        order = json.dumps({"do": verb, "machine": machine, **facts})
        with self._one_at_a_time:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.write(f"{order}\n")
                self.process.stdin.flush()
            line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the keeper is gone: {self._log()}")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["answer"]

    def _log(self) -> str:
        log = self.folder / "keeper.log"
        return log.read_text() if log.exists() else ""

    def files(self, host: Host) -> dict[str, tuple[str, int]]:
        """Return what a bare machine has of its own, with a new identity."""
        key = self.folder / f"{host.name}-host-key"
        for old in (key, key.with_suffix(".pub")):
            old.unlink(missing_ok=True)
        _new_key(key)
        public = self.key.with_suffix(".pub").read_text()
        return {
            "etc/hostname": (f"{host.name}\n", 0o644),
            "etc/hosts": (f"127.0.0.1 localhost\n127.0.1.1 {host.name}\n", 0o644),
            "etc/machine-id": (f"{random.getrandbits(128):032x}\n", 0o444),
            "etc/ssh/ssh_host_ed25519_key": (key.read_text(), 0o600),
            "etc/ssh/ssh_host_ed25519_key.pub": (key.with_suffix(".pub").read_text(), 0o644),
            f"home/{self.user}/.ssh/authorized_keys": (public, 0o600),
            "etc/systemd/network/10-ens3.network": (self._shared(host), 0o644),
            "etc/systemd/network/10-ens4.network": (PRIVATE.format(host.address), 0o644),
        }

    def _shared(self, host: Host) -> str:
        last = host.address.rpartition(".")[2]
        text = SHARED.format(last)
        return text + (f"Address={self.way_in}/24\n" if host is next(iter(self)) else "")


@contextlib.contextmanager
def running(count: int = 3, volumes: Mapping[str, str] | None = None) -> Iterator[Hosts]:
    """Boot machines of one's own; they end with the block."""
    lower = rootfs.ensure()
    folder = Path(tempfile.mkdtemp(prefix="gourmetops-hosts-"))
    with _free_number() as number:
        names = tuple(f"node{index + 1}" for index in range(count))
        hosts = Hosts(folder, number, names)
        hosts.disks |= {name: disks.attach(folder, name) for name in volumes or {}}
        _new_key(hosts.key)
        spec = folder / "spec.json"
        spec.write_text(json.dumps(_spec(hosts, lower, volumes or {})))
        with (folder / "keeper.log").open("w") as log:
            hosts.process = subprocess.Popen(
                [sys.executable, "-m", "tests.hosts.janitor", str(spec)], cwd=ROOT,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                start_new_session=True,
            )  # fmt: skip
        try:
            for host in hosts:
                host.wait()
            yield hosts
        finally:
            hosts.process.communicate(timeout=60)


@contextlib.contextmanager
def _free_number() -> Iterator[int]:
    """Take a number that no other test on this machine has; the kernel gives it back."""
    for number in random.sample(range(1, 255), 254):
        with socket.socket(socket.AF_UNIX) as taken:
            try:
                taken.bind(f"\0gourmetops-hosts-{number}")
            except OSError:
                continue
            yield number
            return
    raise AssertionError("254 tests have machines here already")


def _new_key(file: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], check=True)


def _spec(hosts: Hosts, lower: Path, volumes: Mapping[str, str]) -> dict[str, Any]:
    number = hosts.number
    return {
        "folder": str(hosts.folder),
        "rootfs": str(lower),
        "groups": str(next(path for path in GROUPS if path.is_dir())),
        "disk_mib": DISK_MIB,
        "user": hosts.user,
        "may_swap": SWAP_IS_OURS,
        "bridge": {
            "cable": f"gohosts{number}",
            "operator": f"198.18.{number}.1/24",
            "addresses": ["192.168.1.1/24", "10.56.0.1/24"],
        },
        "machines": [
            {
                "name": host.name,
                "address": host.address,
                "interfaces": ["ens3", "ens4"],
                "files": hosts.files(host),
                "binds": [
                    bind
                    for name, identifier in volumes.items()
                    if name == host.name
                    for bind in disks.binds(hosts.disks[name], identifier)
                ],
            }
            for host in hosts
        ],
    }
