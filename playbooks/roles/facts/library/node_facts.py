"""Read how a node is: units, kernel, packages, groups, files. Ansible sends this to each node."""

import grp
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: node_facts
short_description: Read what roles want to know of a node in one task
description:
  - Changes nothing, so that a dry run knows as much as a real one.
  - The answers stand in C(ansible_facts.node), each under its question.
options:
  packages:
    description: Debian packages; those that are not installed are answered.
    type: list
    elements: str
  units:
    description: Units of systemd; of each that exists, how it is C(enabled) and C(active).
    type: list
    elements: str
  modules:
    description: Modules of the kernel; those are answered that are neither loaded nor built in.
    type: list
    elements: str
  sysctls:
    description: Settings of the kernel; those that exist, with their values.
    type: list
    elements: str
  groups:
    description: Groups; of each that exists, its members.
    type: list
    elements: str
  accounts:
    description: Names of people; those that have an account are answered.
    type: list
    elements: str
  interfaces:
    description: Interfaces; of each that systemd-networkd configures, the file it reads.
    type: list
    elements: str
  globs:
    description: Patterns; the paths that match each.
    type: list
    elements: str
  paths:
    description: Paths; whether each is C(here), its C(link) and, of a file, its C(text).
    type: list
    elements: str
"""
ASKED = (
    "packages", "units", "modules", "sysctls", "groups", "accounts", "interfaces", "globs", "paths",
)  # fmt: skip


def missing_packages(names: list[str]) -> list[str]:
    """Return the packages that are not installed."""
    lines = said("dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *names)
    installed = {line.split()[0] for line in lines if line.endswith(" installed")}
    return [name for name in names if name not in installed]


def units(names: list[str]) -> dict[str, dict[str, str]]:
    """Return each unit that exists: how it is enabled and how it is active.

    Raises:
        LookupError: systemd does not answer.
    """
    wanted = "LoadState,UnitFileState,ActiveState"
    # A block of lines for each name, in their order, with an empty line between.
    blocks = "\n".join(said("systemctl", "show", "--property", wanted, *names)).split("\n\n")
    states = [dict(line.split("=", 1) for line in block.splitlines()) for block in blocks]
    if len(states) != len(names) or not all(states):
        raise LookupError("systemctl show does not answer. Is systemd this node's init?")
    return {
        name: {"enabled": state["UnitFileState"], "active": state["ActiveState"]}
        for name, state in zip(names, states)  # noqa: B905, no `strict` in Debian 11's Python
        if state["LoadState"] != "not-found"
    }


def missing_modules(names: list[str]) -> list[str]:
    """Return the modules of the kernel that would have to be loaded."""
    there = set(Path("/proc/filesystems").read_text(encoding="utf-8").split())
    there |= {name for name in names if Path("/sys/module", name).is_dir()}
    return [name for name in names if name not in there and not built_in(name)]


def built_in(name: str) -> bool:
    """Say whether the kernel holds the module; False where nothing is installed that knows.

    Raises:
        LookupError: there is no such module.
    """
    if not shutil.which("modprobe"):
        return False
    done = subprocess.run(
        ["modprobe", "--show-depends", name], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LookupError(done.stderr.strip())
    return not any(line.startswith("insmod ") for line in done.stdout.splitlines())


def sysctls(keys: list[str]) -> dict[str, str]:
    """Return the settings of the kernel that exist."""
    files = {key: Path("/proc/sys", key.replace(".", "/")) for key in keys}
    return {key: found(file)["text"].strip() for key, file in files.items() if file.is_file()}


def members(names: list[str]) -> dict[str, list[str]]:
    """Return who is in each group that exists."""
    there = {group.gr_name: group.gr_mem for group in grp.getgrall()}
    return {name: there[name] for name in names if name in there}


def accounts(names: list[str]) -> list[str]:
    """Return who has an account."""
    there = {account.pw_name for account in pwd.getpwall()}
    return [name for name in names if name in there]


def networkd(interfaces: list[str]) -> dict[str, str]:
    """Return the file by which systemd-networkd configures each interface that it does."""
    files = {}
    for interface in interfaces:
        index = Path("/sys/class/net", interface, "ifindex")
        number = index.read_text(encoding="ascii").strip() if index.is_file() else ""
        state = Path("/run/systemd/netif/links", number)
        lines = state.read_text(encoding="utf-8").splitlines() if state.is_file() else []
        said = dict(line.split("=", 1) for line in lines if "=" in line)
        if file := said.get("NETWORK_FILE"):
            files[interface] = file
    return files


def found(path: Path) -> dict[str, Any]:
    """Return what is at a path.

    Raises:
        LookupError: it cannot be read.
    """
    link = str(path.readlink()) if path.is_symlink() else ""
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
    except OSError as error:
        raise LookupError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        # Some are written back, and nothing that others wrote may be lost.
        line = error.object[: error.start].count(b"\n") + 1
        raise LookupError(f"{path}:{line}: is not UTF-8. Mend that line by hand") from None
    return {"here": bool(link) or path.exists(), "link": link, "text": text}


def matches(pattern: str) -> list[str]:
    """Return the paths that match a pattern, sorted."""
    return sorted(str(path) for path in Path("/").glob(pattern.lstrip("/")))


def said(*argv: str) -> list[str]:
    """Return the lines that a command prints; it may fail where something does not exist."""
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    return done.stdout.splitlines()


def main() -> None:
    """Answer what is asked."""
    spec = {name: {"type": "list", "elements": "str", "default": []} for name in ASKED}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    asked = module.params
    try:
        node = {
            "missing_packages": missing_packages(asked["packages"]) if asked["packages"] else [],
            "units": units(asked["units"]) if asked["units"] else {},
            "missing_modules": missing_modules(asked["modules"]),
            "sysctls": sysctls(asked["sysctls"]),
            "groups": members(asked["groups"]),
            "accounts": accounts(asked["accounts"]),
            "interfaces": networkd(asked["interfaces"]),
            "globs": {pattern: matches(pattern) for pattern in asked["globs"]},
            "paths": {name: found(Path(name)) for name in asked["paths"]},
        }
    except (OSError, LookupError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, ansible_facts={"node": node})


if __name__ == "__main__":
    main()
