"""The data volume: a real block device in a machine, formatted once and never again.

Test machines have no udev, and the systemd of a container leaves disks of its table of file systems
alone. So the test is what mounts from that table after a boot, and systemd's own generator, outside
a container, is what says that a boot of a real machine would.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.hosts import machines
from tests.playbooks import lab as labs

VOLUME = "6b1f2a0c-5d52-4f6c-9a53-0c7e1d2f3a4b"
FACTS = {"volume_id": VOLUME, "volume_host": "node1", "volume_path": "/mnt/data"}
GENERATOR = Path("/usr/lib/systemd/system-generators/systemd-fstab-generator")
# The first of four lines of an old partition table: Linux, 64 sectors from the 64th on.
PARTITION = bytes([0, 0, 2, 0, 0x83, 0, 4, 0]) + (64).to_bytes(4, "little") * 2
TAG = ("--tags", "volume")


@pytest.fixture
def lab(tmp_path, request):
    """A machine with a blank volume, and more of them where a test asks for so many."""
    if reason := machines.missing():
        pytest.skip(reason)
    with labs.lab(tmp_path, getattr(request, "param", 1), volumes={"node1": VOLUME}) as made:
        yield made


@pytest.fixture
def node(lab):
    return lab.hosts["node1"]


def device(lab):
    return lab.hosts.disks["node1"]


def on_disk(lab):
    """Return what is on the volume, as this machine sees it."""
    argv = ["blkid", "--probe", "--output", "export", device(lab)]
    said = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    return dict(line.split("=", 1) for line in said.splitlines())


def written(lab):
    """Return a hash of all that is on the volume."""
    return subprocess.run(["sha256sum", device(lab)], check=True, capture_output=True).stdout


@pytest.mark.parametrize("lab", [pytest.param(2, id="of two")], indirect=True)
def test_a_blank_volume_is_formatted_and_mounted_once_and_a_dry_run_says_so(lab, node):
    blank = written(lab)
    said = lab.play("prepare", *TAG, "--check", "--diff", **FACTS)
    assert said.status == "done", said.log[-2000:]
    assert written(lab) == blank
    assert VOLUME not in node.run("cat /etc/fstab", check=False)
    assert node.run("ls /mnt/data", check=False) == ""

    first, second = lab.play("prepare", *TAG, **FACTS), lab.play("prepare", *TAG, **FACTS)

    assert (first.status, second.status) == ("done", "done"), first.log[-2000:] + second.log[-2000:]
    assert said.changed == first.changed
    assert {host for host, _role, _task in first.changed} == {"node1"}
    assert second.changed == set()
    assert (on_disk(lab)["TYPE"], on_disk(lab)["UUID"]) == ("ext4", VOLUME)
    assert node.run("findmnt -n -o SOURCE,FSTYPE /mnt/data").split() == [device(lab), "ext4"]


def test_data_outlives_its_node(lab, node):
    assert lab.play("prepare", *TAG, **FACTS).status == "done"
    node.run("echo labels > /mnt/data/labels.csv && sync")

    node.wipe()  # another machine, bare, with the same volume
    assert node.run("ls /mnt/data", check=False) == ""
    (lab.folder / "known_hosts").write_text("")
    labs.inspection.inspect(lab.site, lab.folder / "known_hosts")
    control = ["ssh", "-F", str(lab.folder / "ssh_config"), "-O", "exit", "node1"]
    subprocess.run(control, capture_output=True, check=False, env=dict(os.environ))
    again = lab.play("prepare", *TAG, **FACTS)

    assert again.status == "done", again.log[-2000:]
    assert not any("file system on a blank" in task for _host, _role, task in again.changed)
    assert node.read("/mnt/data/labels.csv") == "labels\n"


def test_a_boot_mounts_it_by_its_uuid(lab, node, tmp_path):
    assert lab.play("prepare", *TAG, **FACTS).status == "done"
    node.run("echo kept > /mnt/data/kept && sync")
    table = node.read("/etc/fstab")

    node.power_off()
    node.boot()
    node.run("mount --all")
    assert node.read("/mnt/data/kept") == "kept\n"
    assert lab.play("prepare", *TAG, **FACTS).changed == set()

    if not GENERATOR.exists():
        pytest.skip(f"what a boot makes of the table is told by {GENERATOR}")
    (tmp_path / "fstab").write_text(table)
    env = {"SYSTEMD_FSTAB": str(tmp_path / "fstab"), "PATH": os.environ["PATH"]}
    units = tmp_path / "units"
    units.mkdir()
    subprocess.run([GENERATOR, units, units, units], check=True, env=env)
    unit = (units / "mnt-data.mount").read_text()
    assert f"What=/dev/disk/by-uuid/{VOLUME}" in unit
    assert (units / "local-fs.target.wants/mnt-data.mount").exists()


@pytest.mark.parametrize(("fill", "holds"), [("swap", "TYPE=swap"), ("table", "PTTYPE=dos")])
def test_what_is_no_file_system_is_never_written_over(lab, fill, holds):
    if fill == "swap":
        subprocess.run(["mkswap", device(lab)], check=True, capture_output=True)
    else:
        with Path(device(lab)).open("r+b") as disk:
            disk.write(bytes(446) + PARTITION + bytes(48) + b"\x55\xaa")
    before = written(lab)

    refused = lab.play("prepare", *TAG, **FACTS)

    assert refused.status == "failed"
    assert f"is not blank and holds no file system ({holds}). Nothing was written there." in (
        " ".join(refused.said("node1").split())
    )
    assert written(lab) == before


def test_files_that_lie_where_it_is_to_be_mounted_are_not_hidden(lab, node):
    node.run("mkdir -p /mnt/data && echo mine > /mnt/data/mine")

    refused = lab.play("prepare", *TAG, **FACTS)

    assert refused.status == "failed"
    assert "/mnt/data of node1 is in use: /mnt/data/mine lies there." in refused.said("node1")
    assert on_disk(lab) == {}
    assert node.run("findmnt /mnt/data", check=False) == ""


def test_a_volume_that_is_not_attached_is_told(lab):
    other = VOLUME.replace("6b1f", "0000")

    refused = lab.play("prepare", *TAG, **{**FACTS, "volume_id": other}, volume_seconds=1)

    assert refused.status == "failed"
    assert f"No disk of node1 is the volume {other}: nothing in /dev/disk/by-id has" in (
        " ".join(refused.said("node1").split())
    )


def test_a_volume_that_went_is_not_waited_for_at_boot(lab, node):
    assert lab.play("prepare", *TAG, **FACTS).status == "done"

    said, done = lab.play("prepare", *TAG, "--check"), lab.play("prepare", *TAG)

    assert said.changed == done.changed != set()
    assert VOLUME not in node.read("/etc/fstab")
