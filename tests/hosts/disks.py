"""Disks of test machines: real block devices, kept in files, that outlive the machine they are in.

A kernel has one list of loop devices for all, so what a test attaches is taken off by the
janitor, however the test ended.
"""

import subprocess
from pathlib import Path

PATTERN = "*.disk"


def attach(folder: Path, name: str, mib: int = 64) -> str:
    """Make a blank disk in a folder, and return its device."""
    file = folder / f"{name}.disk"
    with file.open("wb") as made:
        made.truncate(mib * 2**20)
    argv = ["losetup", "--find", "--show", str(file)]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


def detach_all(folder: Path) -> None:
    """Take the disks of a folder off."""
    for file in folder.glob(PATTERN):
        argv = ["losetup", "--noheadings", "--output", "NAME", "--associated", str(file)]
        listed = subprocess.run(argv, check=False, capture_output=True, text=True).stdout
        for device in listed.split():
            subprocess.run(["losetup", "--detach", device], check=False, capture_output=True)


def binds(device: str, identifier: str) -> list[str]:
    """Return what puts a disk into a machine, as udev names that of a cloud's volume there."""
    return [device, f"{device}:/dev/disk/by-id/virtio-{identifier[:20]}"]
