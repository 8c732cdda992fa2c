"""The file system that every test machine starts from: Debian, made once and kept by content.

Packages that the playbooks install lie in it as an archive of its own (/srv/packages), since
the machines are connected to one another and to this one, and to nothing else.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from services.environments import cache

SUITE = "bookworm"
INSTALLED = (
    "systemd", "systemd-sysv", "systemd-resolved", "dbus", "openssh-server", "sudo", "python3",
    "python3-apt", "iproute2", "iputils-ping", "procps", "kmod", "ca-certificates", "curl",
    "libfaketime", "nftables",
)  # fmt: skip
# What a playbook finds in the archive, beside what these need.
OFFERED = ("chrony", "conntrack", "ethtool", "ipset", "ipvsadm", "socat", "rsync", "e2fsprogs")
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*", "/usr/share/info/*")
USER = "cc"
WAITED_FOR_NOTHING = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "systemd-networkd-wait-online.service",
    "e2scrub_all.timer", "dpkg-db-backup.timer",
)  # fmt: skip
RECIPE = 3


class RootfsError(Exception):
    """The file system could not be made; the message says what mmdebstrap said last."""


def ensure() -> Path:
    """Return the folder of the file system, making it on first use (about half a minute)."""
    facts = repr((RECIPE, SUITE, INSTALLED, OFFERED, LEFT_OUT, USER, WAITED_FOR_NOTHING))
    key = hashlib.sha256(facts.encode()).hexdigest()[:16]
    folder = cache() / "hosts" / key
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            half = folder.with_name(f"{key}.half")
            shutil.rmtree(half, ignore_errors=True)
            _make(half)
            half.rename(folder)
    return folder


def _make(root: Path) -> None:
    archives = '-o Dir::Cache::archives="$1/srv/packages" --download-only install'
    offer = f"apt-get -qq -y --no-install-recommends {archives} {' '.join(OFFERED)}"
    argv = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(INSTALLED)}"]
    argv += [f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT]
    argv += ['--customize-hook=mkdir -p "$1/srv/packages/partial"']
    argv += [f'--customize-hook=APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" {offer} >&2']
    done = subprocess.run(
        [*argv, SUITE, str(root)], capture_output=True, text=True, check=False, env=_plain()
    )
    if done.returncode:
        raise RootfsError(f"mmdebstrap: {done.stderr.strip()[-600:]}")
    _archive(root)
    _settle(root)


def _plain() -> dict[str, str]:
    """The environment without what would follow us into the new system."""
    return {**os.environ, "LC_ALL": "C", "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}


def _archive(root: Path) -> None:
    """Make an archive that apt reads of the packages that were fetched."""
    folder = root / "srv" / "packages"
    shutil.rmtree(folder / "partial")
    (folder / "lock").unlink(missing_ok=True)
    entries = []
    for package in sorted(folder.glob("*.deb")):
        control = subprocess.run(
            ["dpkg-deb", "-f", str(package)], check=True, capture_output=True, text=True
        ).stdout
        content = package.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        entries.append(
            f"{control}Filename: ./{package.name}\nSize: {len(content)}\nSHA256: {digest}\n"
        )
    (folder / "Packages").write_text("\n".join(entries))
    for other in (root / "etc/apt/sources.list.d").iterdir():
        other.unlink()
    source = "deb [trusted=yes] file:/srv/packages ./\n"
    (root / "etc/apt/sources.list").write_text(source)


def _settle(root: Path) -> None:
    """Give the system its user, and take from it what no test waits for."""
    steps = (
        ["useradd", "--create-home", "--shell", "/bin/bash", USER],
        ["systemctl", "mask", "--quiet", *WAITED_FOR_NOTHING],
        ["systemctl", "enable", "--quiet", "systemd-networkd", "systemd-resolved"],
        ["apt-get", "-qq", "update"],
    )
    for argv in steps:
        subprocess.run(["chroot", root, *argv], check=True, capture_output=True, env=_plain())
    sudoers = root / "etc/sudoers.d/90-cloud-init-users"
    sudoers.write_text(f"{USER} ALL=(ALL) NOPASSWD:ALL\n")
    sudoers.chmod(0o440)
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    (root / "etc/resolv.conf").symlink_to("../run/systemd/resolve/stub-resolv.conf")
    (root / "etc/machine-id").write_text("")
    with contextlib.suppress(FileNotFoundError):
        (root / "var/lib/dbus/machine-id").unlink()
    (root / "etc/localtime").unlink(missing_ok=True)
    (root / "etc/localtime").symlink_to("/usr/share/zoneinfo/Etc/UTC")
