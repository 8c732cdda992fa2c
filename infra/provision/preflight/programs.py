"""The programs of this machine: there, of the pinned version, and fit for one another."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from infra.provision.preflight import pins
from infra.provision.preflight.findings import Finding
from infra.provision.setting import Setting

ROOT = Path(__file__).resolve().parents[3]
KUBESPRAY = ROOT / "playbooks" / "kubespray"
ANSIBLE = ROOT / "playbooks" / "requirements.txt"
# What these stages are done with.
CLUSTER = ("platform", "environments", "workflow-templates")
USES = ((pins.TERRAFORM, ("terraform",)), (pins.KUBECTL, CLUSTER))
PLAYED = ("prepare", "kubespray", "after-cluster")


def look(setting: Setting, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is wrong with the programs; one that this walk does not use only gets a note."""
    for pin, stages in USES:
        if pin is pins.TERRAFORM and setting.site.kind != "openstack":
            continue
        yield from _pinned(pin, environ, bad=setting.goes_through(*stages))
    if setting.goes_through("node-checks", *PLAYED, "audit") and not shutil.which(
        "ssh", path=environ.get("PATH", "")
    ):
        yield Finding("ssh", "it is not on the PATH: apt-get install openssh-client")
    if setting.goes_through(*PLAYED):
        yield from ansible(KUBESPRAY, ANSIBLE, sys.version_info[:2])


def _pinned(pin: pins.Pin, environ: Mapping[str, str], *, bad: bool) -> Iterator[Finding]:
    get = f"It must be {pin.version}: {pins.how_to_get(pin)}"
    program = shutil.which(pin.name, path=environ.get("PATH", ""))
    if program is None:
        yield Finding(pin.name, f"it is not on the PATH. {get}", bad)
        return
    code, text = said([program, *pin.asks], {**environ, "CHECKPOINT_DISABLE": "1"})
    have = _version(pin, text) if code == 0 else "broken"
    if have != pin.version:
        yield Finding(pin.name, f"{program} is {have}. {get}", bad)


def _version(pin: pins.Pin, text: str) -> str:
    try:
        return pins.version_of(pin, json.loads(text))
    except (ValueError, AttributeError):
        return "broken"


def ansible(kubespray: Path, lock: Path, python: Sequence[int]) -> Iterator[Finding]:
    """Judge the locked Ansible against what the pinned Kubespray takes.

    Args:
        kubespray: The folder of Kubespray's pin and of what it accepts.
        lock: The locked requirements that hold Ansible.
        python: The version of the operator's Python.
    """
    if not (lock.exists() and (kubespray / "accepts.yaml").exists()):
        yield Finding("ansible", f"{lock} or {kubespray}/accepts.yaml is not there: run "
                                 "`git restore playbooks`")  # fmt: skip
        return
    least, below = yaml.safe_load((kubespray / "accepts.yaml").read_text())["ansible"]
    pin = yaml.safe_load((kubespray / "pin.yaml").read_text())
    found = re.search(r"^ansible-core==(\S+)", lock.read_text(encoding="utf-8"), re.M)
    have = found[1] if found else "missing"
    if not found or not _number(least) <= _number(have) < _number(below):
        yield Finding(
            "ansible",
            f"{lock.name} holds ansible-core {have}, and Kubespray {pin['version']} takes {least} "
            f"up to, and not with, {below}. Set ansible-core in playbooks/requirements.in and "
            "lock it: nox -s lock",
        )
    if (need := _number(pin.get("python", "3.9"))) > tuple(python):
        have = ".".join(map(str, python))
        need_text = ".".join(map(str, need))
        yield Finding("ansible", f"it needs Python {need_text}, and this is {have}")


def _number(text: object) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", str(text)))


def said(argv: Sequence[str], environ: Mapping[str, str]) -> tuple[int, str]:
    """Run a program that only tells; return how it ended and what it printed."""
    try:
        done = subprocess.run(
            argv, env=dict(environ), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=10, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return 127, ""
    except subprocess.TimeoutExpired:
        return 124, ""
    return done.returncode, done.stdout
