"""The test machines themselves: what they are, that their faults are real, that nothing is left.

Paths such as /root and /home/cc are those of the test machine, a container of its own.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.hosts import machines
from tests.waiting import until

ROOT = Path(__file__).parents[2]
HELD = """
import sys, time
from tests.hosts import machines
with machines.running(1) as hosts:
    print(hosts.number, hosts.folder, hosts.process.pid, flush=True)
    time.sleep(600)
"""


def ssh(hosts, name, command):
    """Run a command there as a person would: through node1, with the site's key alone."""
    plain = ["-i", str(hosts.key), "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR"]
    plain += ["-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-F", "none"]
    jump = f"ssh {' '.join(plain)} -W %h:%p {hosts.user}@{hosts.way_in}"
    argv = ["ssh", *plain, "-o", f"ProxyCommand={jump}", f"{hosts.user}@{hosts[name].address}"]
    return subprocess.run([*argv, command], capture_output=True, text=True, check=False)


def test_each_is_a_whole_machine_reached_through_the_first(three_hosts):
    done = ssh(three_hosts, "node3", "hostname && sudo -n id -u && ps -o comm= -p 1")

    assert done.stdout.split() == ["node3", "0", "systemd"], done.stderr


def test_nobody_reaches_the_private_network_but_through_the_first(three_hosts):
    route = subprocess.run(
        ["ip", "route", "get", "192.168.1.12"], capture_output=True, text=True, check=False
    )

    assert "gohosts" not in route.stdout


def test_a_reboot_keeps_the_disk(three_hosts):
    node = three_hosts["node2"]
    boots = node.boots()

    node.run("touch /etc/kept; systemctl reboot")

    until(lambda: node.boots() == boots + 1, 20)
    node.wait()
    assert node.run("ls /etc/kept")


def test_a_full_disk_takes_not_one_byte(three_hosts):
    node = three_hosts["node3"]
    node.fill_disk()

    said = node.run("dd if=/dev/zero of=/root/x bs=4k count=1 2>&1", check=False)
    assert "No space left on device" in said

    node.free_disk()
    node.run("echo x > /root/x")


def test_a_wrong_clock_is_wrong_on_one_machine_only(three_hosts):
    three_hosts["node2"].set_clock(3600)

    there = ssh(three_hosts, "node2", "date +%s; sudo date +%s").stdout

    assert all(3590 < int(clock) - time.time() < 3610 for clock in there.split())
    assert len(there.split()) == 2
    assert abs(int(ssh(three_hosts, "node3", "date +%s").stdout) - time.time()) < 10


@pytest.mark.skipif(not machines.SWAP_IS_OURS, reason="this machine swaps, and its list is all's")
def test_swap_is_the_kernels_and_can_be_turned_off_there(three_hosts):
    node = three_hosts["node2"]
    node.swap_on()
    assert "/swap/file" in node.read("/proc/swaps")

    ssh(three_hosts, "node2", "sudo /sbin/swapoff -a")

    assert "/swap/file" not in node.read("/proc/swaps")


def test_a_machine_built_anew_has_another_identity(three_hosts):
    node, files = three_hosts["node2"], ("/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key.pub")
    before = [node.read(file) for file in files]

    node.wipe()

    assert all(old != node.read(file) for old, file in zip(before, files, strict=True))


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_machines_whose_test_was_killed(end):
    if reason := machines.missing():
        pytest.skip(reason)
    test = subprocess.Popen(
        [sys.executable, "-c", HELD], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with test:
        number, folder, janitor = test.stdout.readline().split()
        assert left(number, folder, janitor) == ["process", "folder", "cable", "group"]

        test.send_signal(end)

    deadline = time.monotonic() + 10
    while left(number, folder, janitor) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left(number, folder, janitor) == []


def left(number, folder, janitor):
    """Name what there is of these machines."""
    groups = [path / f"gourmetops-hosts-{janitor}" for path in machines.GROUPS]
    there = {
        "process": Path(f"/proc/{janitor}").exists(),
        "folder": Path(folder).exists(),
        "cable": Path(f"/sys/class/net/gohosts{number}").exists(),
        "group": any(group.exists() for group in groups),
    }
    return [name for name, is_there in there.items() if is_there]
