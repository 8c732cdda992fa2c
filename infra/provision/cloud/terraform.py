"""Drive Terraform: a plan is saved, shown, and applied, and nothing but that plan.

It works in a folder of the site's own, with a copy of infra/kvm, the site's variables and its
backend, so a person can go there and use Terraform by hand with nothing to type again.
"""

import hashlib
import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.provision import command
from infra.provision.cloud import clouds, lease
from infra.provision.errors import StageError
from infra.provision.setting import Setting, Tell

SOURCE = Path(__file__).resolve().parents[2] / "kvm"
PLAN = "saved.plan"
VERBS = {"create": "create", "update": "change", "delete": "destroy", "read": ""}
WAIT_FOR_STATE = "-lock-timeout=120s"


def inputs(setting: Setting, results: Mapping[str, Any]) -> dict[str, Any]:
    """What the resources depend on."""
    return {
        "variables": variables(setting, results),
        "backend": backend(setting),
        "files": {file.name: _hash(file) for file in sorted(SOURCE.iterdir()) if file.is_file()},
    }


def variables(setting: Setting, results: Mapping[str, Any]) -> dict[str, Any]:
    """Return Terraform's variables, from the site's file and the lease's result."""
    given = setting.openstack
    jump = setting.site.jump or setting.site.nodes[0]
    return {
        "cloud": given["cloud"],
        "suffix": setting.suffix,
        "nodes": {node.name: node.address for node in setting.site.nodes},
        "head": jump.name,
        "private_cidr": setting.site.network.private,
        "reservation": results["lease"][lease.NODES]["reservation"],
        "image": given["image"],
        "key_pair": given["key_pair"],
        "shared_network": given["shared_network"],
        "floating_pool": given["floating_pool"],
        "security_groups": list(given["security_groups"]),
        "open_ports": list(given.get("open_ports", ())),
        "volume_gib": given.get("volume_gib"),
        "container": given.get("container"),
        "gpu": _gpu(given, results),
    }


def _gpu(given: Mapping[str, Any], results: Mapping[str, Any]) -> dict[str, Any] | None:
    pool = given.get("gpu")
    if pool is None:
        return None
    return {
        "cloud": pool["cloud"],
        "reservation": results["lease"][lease.GPU]["reservation"],
        "image": pool["image"],
        "count": pool["count"],
        "shared_network": pool.get("shared_network", given["shared_network"]),
    }


def backend(setting: Setting) -> dict[str, Any]:
    """Return where the state is kept: the site's choice, or a locked file beside the ledger."""
    here = {"local": {"path": str(setting.folder / "terraform.tfstate")}}
    return dict(setting.openstack.get("backend", here))


def run(setting: Setting, results: Mapping[str, Any], tell: Tell, log: Path) -> dict[str, Any]:
    """Plan, show the plan, apply it, and return the outputs."""
    work = Work(setting, log, tell)
    work.prepare(variables(setting, results))
    replaced = [f'-replace=openstack_compute_instance_v2.node["{n}"]' for n in setting.replace]
    if work.plan(*replaced):
        lines, what = work.shown()
        tell("\n".join(lines))
        setting.agree(f"{what} for site {setting.site.name}?")
        work.apply()
    else:
        tell("no change: the cloud is as the files say")
    return {"outputs": work.outputs()}


class Work:
    """Terraform in the folder of one site."""

    def __init__(self, setting: Setting, log: Path, tell: Tell) -> None:
        self.folder = setting.folder / "terraform"
        self._setting = setting
        self._log = log
        self._tell = tell
        self._env = {**clouds.environment(setting.clouds_file), "TF_IN_AUTOMATION": "1"}
        self._shown = ""

    def prepare(self, values: Mapping[str, Any]) -> None:
        """Write what Terraform reads, and open its state."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in (*self.folder.glob("*.tf"), *self.folder.glob("*.tftpl")):
            if not (SOURCE / old.name).exists():
                old.unlink()
        for file in SOURCE.iterdir():
            if file.is_file():
                shutil.copy(file, self.folder)
        self._write("site.auto.tfvars.json", values)
        self._write("backend.tf.json", {"terraform": {"backend": backend(self._setting)}})
        self.begin()

    def begin(self) -> None:
        """Have Terraform open its state and fetch its provider."""
        self._run("init", "-reconfigure")

    def plan(self, *options: str) -> bool:
        """Save a plan; return whether it changes anything."""
        code = self._run(
            "plan", WAIT_FOR_STATE, "-detailed-exitcode", f"-out={PLAN}", *options, good=(0, 2)
        )
        return code == 2

    def shown(self) -> tuple[list[str], str]:
        """Return the saved plan as lines, and what it does in a few words."""
        self._shown = _hash(self.folder / PLAN)
        changes = json.loads(self._ask("show", "-json", PLAN)).get("resource_changes", [])
        return summary(changes)

    def apply(self) -> None:
        """Apply the plan that was shown.

        Raises:
            StageError: the saved plan is another one than was shown, or it failed.
        """
        if not self._shown or _hash(self.folder / PLAN) != self._shown:
            what = f"{self.folder / PLAN} is not the plan that was shown"
            raise StageError("terraform", what, "Run the same command again and read the new one")
        self._run("apply", WAIT_FOR_STATE, PLAN)

    def outputs(self) -> dict[str, Any]:
        """Return Terraform's outputs as it prints them."""
        found: dict[str, Any] = json.loads(self._ask("output", "-json"))
        return found

    def resources(self) -> list[str]:
        """Name what the state holds."""
        listed = self._ask("state", "list").splitlines()
        return [name for name in listed if not name.startswith("data.")]

    def _run(self, verb: str, *options: str, good: tuple[int, ...] = (0,)) -> int:
        argv = ["terraform", verb, "-input=false", "-no-color", *options]
        return command.run(
            "terraform",
            argv,
            folder=self.folder,
            env=self._env,
            log=self._log,
            tell=self._tell,
            good=good,
        )

    def _ask(self, *words: str) -> str:
        done = subprocess.run(
            ["terraform", *words],
            cwd=self.folder,
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            what = f"`terraform {words[0]}` said: {done.stderr.strip()}"
            raise StageError("terraform", what, "Mend that and run the same command again")
        return done.stdout

    def _write(self, name: str, data: Mapping[str, Any]) -> None:
        new = self.folder / f".{name}.new"
        new.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
        new.replace(self.folder / name)


def summary(changes: list[dict[str, Any]]) -> tuple[list[str], str]:
    """Judge the resource changes of a plan: a line for each, and what they come to."""
    lines, count = [], Counter[str]()
    for change in changes:
        actions = change["change"]["actions"]
        if change.get("mode") == "data" or actions == ["no-op"]:
            continue
        verb = "replace" if len(actions) > 1 else VERBS[actions[0]]
        count[verb] += 1
        lines.append(f"{verb:8} {change['address']}")
    said = ", ".join(f"{verb} {number}" for verb, number in sorted(count.items()))
    return lines, (said or "change outputs only").capitalize()


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
