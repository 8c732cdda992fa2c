"""Holds the namespaces of test machines, and clears up after them however their test ended.

    python -m tests.hosts.janitor SPEC

Run by machines.py, in a session of its own. The keeper in the namespaces reads commands from our
standard input; when that ends, because the test is over or was killed, the keeper ends, the
kernel ends every process, mount and network of the machines with it, and we remove the
control group and the folder, which is all that is left then.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.hosts import disks

NAMESPACES = ("mount", "net", "pid", "uts", "ipc", "cgroup")


def main() -> int:
    """Run the keeper to its end, then remove what a namespace does not take with it."""
    spec = json.loads(Path(sys.argv[1]).read_text())
    group = Path(spec["groups"]) / f"gourmetops-hosts-{os.getpid()}"
    group.mkdir()
    (group / "cgroup.procs").write_text(str(os.getpid()))
    try:
        argv = ["unshare", *(f"--{name}" for name in NAMESPACES), "--fork", "--kill-child"]
        argv += ["--mount-proc", "--propagation", "private"]
        argv += [sys.executable, "-m", "tests.hosts.keeper", sys.argv[1]]
        keeper = subprocess.Popen(argv)
        _connect(keeper, spec["bridge"])
        return keeper.wait()
    finally:
        _remove_cable(spec["bridge"]["cable"])
        for swap in Path(spec["folder"]).glob("*-swap/file"):
            subprocess.run(["swapoff", swap], check=False, capture_output=True)
        disks.detach_all(Path(spec["folder"]))
        (group.parent / "cgroup.procs").write_text(str(os.getpid()))
        _remove(group)
        shutil.rmtree(spec["folder"], ignore_errors=True)


def _connect(keeper: "subprocess.Popen[bytes]", bridge: dict[str, str]) -> None:
    """Lay a cable from here to the machines' bridge; it goes when their network goes."""
    ours = Path("/proc/self/ns/net").readlink()
    while keeper.poll() is None:
        children = Path(f"/proc/{keeper.pid}/task/{keeper.pid}/children")
        with contextlib.suppress(OSError, IndexError):
            inner = children.read_text().split()[0]
            if Path(f"/proc/{inner}/ns/net").readlink() != ours:
                break
        time.sleep(0.01)
    else:
        return
    cable = bridge["cable"]
    _ip("link", "add", cable, "type", "veth", "peer", "name", "outside", "netns", inner)
    _ip("address", "add", bridge["operator"], "dev", cable)
    _ip("link", "set", cable, "up")


def _remove_cable(cable: str) -> None:
    """Do not wait for the kernel, which takes it down in its own time."""
    subprocess.run(["ip", "link", "delete", cable], check=False, capture_output=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, stdout=sys.stderr)


def _remove(group: Path) -> None:
    """Remove a control group; the kernel may need a moment to bury what was in it."""
    folders = [Path(name) for name, _folders, _files in os.walk(group, topdown=False)]
    for _ in range(500):
        for folder in folders:
            with contextlib.suppress(OSError):
                folder.rmdir()
        if not group.exists():
            return
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main())
