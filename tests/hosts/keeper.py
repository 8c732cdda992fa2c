"""The first process of the test machines' namespaces: boots them, and does what a test asks.

Reads one command in JSON per line and answers each with one line. At the end of its input it
closes the machines' SSH connections, so that clients notice, and ends; everything in its
namespaces ends with it.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.hosts import names

GROUPS = Path("/sys/fs/cgroup")
HOME = Path("/run/machines")
REBOOT = 133
BOOT_SECONDS = 60


def sh(*argv: str, check: bool = True, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run a command of this machine, inside the namespaces."""
    return subprocess.run(argv, check=check, capture_output=True, text=True, **options)


class Machine:
    """One machine: its disk, its network, and the nspawn that runs it."""

    def __init__(self, facts: dict[str, Any], spec: dict[str, Any]) -> None:
        self.facts, self.spec = facts, spec
        self.name: str = facts["name"]
        self.home = HOME / self.name
        self.group = GROUPS / self.name
        self.log = Path(spec["folder"]) / f"{self.name}.log"
        self.swap = Path(spec["folder"]) / f"{self.name}-swap"
        self.swap.mkdir()
        self.process: subprocess.Popen[bytes] | None = None
        self.wanted = False
        self.boots = 0

    def cable(self) -> None:
        """Give the machine a network with the interfaces of its site."""
        sh("ip", "netns", "add", self.name)
        for interface in self.facts["interfaces"]:
            peer = f"{interface}-{self.name}"
            sh("ip", "link", "add", peer, "type", "veth", "peer", "name", interface,
               "netns", self.name)  # fmt: skip
            sh("ip", "link", "set", peer, "master", "lan", "up")

    def wipe(self, files: Mapping[str, Any]) -> None:
        """Give the machine an empty disk over the file system that all share."""
        if os.path.ismount(self.home / "root"):
            sh("umount", str(self.home / "root"))
            sh("umount", str(self.home))
        self.home.mkdir(exist_ok=True)
        size = f"size={self.spec['disk_mib']}M"
        sh("mount", "-t", "tmpfs", "-o", size, "none", str(self.home))
        for part in ("upper", "work", "root"):
            (self.home / part).mkdir()
        layers = (
            f"lowerdir={self.spec['rootfs']},upperdir={self.home}/upper,workdir={self.home}/work"
        )
        sh("mount", "-t", "overlay", "-o", layers, "none", str(self.home / "root"))
        for path, (content, mode) in files.items():
            file = self.home / "root" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
            file.chmod(mode)
            user = self.spec["user"]
            if path.startswith(f"home/{user}/.ssh/"):
                sh(
                    "chroot",
                    str(self.home / "root"),
                    "chown",
                    "-R",
                    f"{user}:",
                    f"/home/{user}/.ssh",
                )

    def boot(self) -> None:
        """Boot, and boot again whenever the machine reboots, until it is switched off."""
        self.wanted = True
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        self.group.mkdir(exist_ok=True)
        environment = {**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}
        argv = ["systemd-nspawn", "--register=no", "--keep-unit", f"--machine={self.name}"]
        argv += [f"--directory={self.home}/root", "--console=read-only", "--link-journal=no"]
        argv += [f"--network-namespace-path=/run/netns/{self.name}", "--capability=CAP_NET_ADMIN"]
        argv += ["--resolv-conf=off", "--timezone=off", "--boot"]
        argv += [f"--bind={bind}" for bind in self.facts["binds"]]
        if self.spec["may_swap"]:
            argv += ["--system-call-filter=swapon swapoff", f"--bind={self.swap}:/swap"]
        enter = ["sh", "-c", f'echo 0 > {self.group}/cgroup.procs && exec "$@"', "enter"]
        while self.wanted:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    [*enter, *argv], env=environment, stdin=subprocess.DEVNULL, stdout=log,
                    stderr=log,
                )  # fmt: skip
            self.boots += 1
            if self.process.wait() != REBOOT:
                break

    def leader(self) -> str:
        """Return the process that is the machine's own first one."""
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, IndexError, AttributeError):
                pid = self.process.pid  # type: ignore[union-attr]
                child = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
                if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    return child
            time.sleep(0.01)
        raise TimeoutError(f"{self.name} did not boot: {self.log.read_text()[-2000:]}")

    def run(self, command: str, given: str | None) -> dict[str, Any]:
        """Run a shell command there as root, without SSH."""
        argv = ["nsenter", "-t", self.leader(), "-m", "-u", "-i", "-n", "-p", "-C"]
        argv += ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c", command]
        done = sh(*argv, check=False, input=given)
        return {"code": done.returncode, "out": done.stdout, "err": done.stderr}

    def ready(self) -> None:
        """Wait until its sshd greets."""
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(
                (self.facts["address"], 22), 0.2
            ) as probe:  # fmt: skip
                probe.settimeout(0.5)
                if probe.recv(4) == b"SSH-":
                    return
            time.sleep(0.02)
        raise TimeoutError(f"{self.name}: no sshd: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """Take its power away."""
        self.wanted = False
        (self.group / "cgroup.kill").write_text("1")
        if self.process:
            self.process.wait()

    def disk(self, mib: int) -> None:
        """Make its disk so large; 0: not a byte larger than what is on it."""
        if mib:
            sh("mount", "-o", f"remount,size={mib}M", str(self.home))
            return
        facts = os.statvfs(self.home)
        used = (facts.f_blocks - facts.f_bfree) * facts.f_frsize
        sh("mount", "-o", f"remount,size={used + 2**20}", str(self.home))
        with contextlib.suppress(OSError), (self.home / "upper/full").open("wb", 0) as file:
            while True:
                file.write(bytes(4096))


def network(bridge: dict[str, str]) -> None:
    """Make the bridge that the machines and the cable from outside hang on."""
    sh("ip", "link", "set", "lo", "up")
    sh("ip", "link", "add", "lan", "type", "bridge")
    for address in bridge["addresses"]:
        sh("ip", "address", "add", address, "dev", "lan")
    sh("ip", "link", "set", "lan", "up")
    while sh("ip", "link", "set", "outside", "master", "lan", "up", check=False).returncode:
        time.sleep(0.01)


def serve(machines: dict[str, Machine]) -> None:
    """Do what each line of the input asks."""
    for line in sys.stdin:
        order = json.loads(line)
        machine = machines[order["machine"]]
        verbs: dict[str, Callable[[], Any]] = {
            "run": lambda m=machine, o=order: m.run(o["command"], o.get("input")),
            "boot": machine.boot,
            "ready": machine.ready,
            "kill": machine.kill,
            "wipe": lambda m=machine, o=order: m.wipe(o["files"]),
            "disk": lambda m=machine, o=order: m.disk(o["mib"]),
            "boots": lambda m=machine: m.boots,
        }
        try:
            answer = {"answer": verbs[order["do"]]()}
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            answer = {"error": f"{order['do']} {machine.name}: {said}"}
        print(json.dumps(answer), flush=True)


def main() -> None:
    """Boot the machines and serve until the input ends."""
    # A terminal's Ctrl-C is the test's to answer, which then closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    spec = json.loads(Path(sys.argv[1]).read_text())
    sh("mount", "-t", "cgroup2", "none", str(GROUPS))
    sh("mount", "-t", "tmpfs", "none", "/run")
    HOME.mkdir()
    network(spec["bridge"])
    threading.Thread(target=names.serve, args=("10.56.0.1",), daemon=True).start()
    machines = {facts["name"]: Machine(facts, spec) for facts in spec["machines"]}
    for machine in machines.values():
        machine.cable()
        machine.wipe(machine.facts["files"])
        machine.boot()
    try:
        serve(machines)
    finally:
        # Their kernel is ours, so sockets that are killed say goodbye to the other side.
        for machine in machines.values():
            machine.kill()


if __name__ == "__main__":
    main()
