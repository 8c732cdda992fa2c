"""What a killed command left: a run of ours to go on with, a lock that somebody holds."""

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflows.runner.ledger import processes

# These move an environment, in order; all of their steps can be run again.
MOVING = frozenset({"deploy-container-image", "promote-model", "revert-model", "test-staging"})
# This one holds no environment while it looks, so that a person can roll canary back.
GOING_ON = MOVING | {"judge-canary"}
END = "end"
SECONDS = 10


@dataclass(frozen=True)
class Holder:
    """Who holds an environment."""

    operation: str
    by: str
    step: str
    seconds: float
    is_alive: bool

    def __str__(self) -> str:
        who = self.by.partition(" <")[0]
        return f"{self.operation} ({who}, step {self.step}, for {self.seconds:.0f} s)"


def environment_of(name: str, parameters: Mapping[str, str]) -> str:
    """Return the environment that a workflow moves, or nothing."""
    if name not in MOVING:
        return ""
    return parameters.get("environment") or parameters.get("target") or "staging"


def run_of(state: Path, name: str, parameters: Mapping[str, str]) -> str | None:
    """Return the newest run of a workflow for the same, if it broke off and nobody ended it."""
    if name not in GOING_ON:
        return None
    same = [folder for folder in _runs(state) if _is_same(folder, name, parameters)]
    if not same:
        return None
    newest = max(same, key=lambda folder: (folder / "run.json").stat().st_mtime_ns)
    is_over = _phase(newest) == "Succeeded" or _is_ended(state, newest.name)
    return None if is_over or _is_alive(newest) else newest.name


def holder(state: Path, environment: str) -> Holder | None:
    """Return who holds an environment, as its lock in the GitOps repository says."""
    command = ["git", f"--git-dir={state / 'gitops.git'}", "-c", "safe.directory=*"]
    command += ["cat-file", "blob", f"refs/locks/{environment}"]
    done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    if done.returncode:
        return None
    facts = _read(done.stdout)
    owner = facts.get("owner") or {}
    is_here = bool(owner) and owner.get("boot") == processes.boot_id()
    up = time.clock_gettime(time.CLOCK_BOOTTIME) - float(facts.get("uptime") or 0)
    return Holder(
        str(facts.get("operation")),
        str(facts.get("by")),
        str(facts.get("step")),
        max(0.0, up) if is_here else 0.0,
        is_here and processes.is_alive(owner),
    )


def _runs(state: Path) -> list[Path]:
    return [path.parent for path in (state / "runs").glob("*/run.json")]


def _is_same(folder: Path, name: str, parameters: Mapping[str, str]) -> bool:
    spec = _load(folder / "run.json").get("workflow", {}).get("spec", {})
    given = {p["name"]: p.get("value") for p in spec.get("arguments", {}).get("parameters") or ()}
    reference = (spec.get("workflowTemplateRef") or {}).get("name")
    return reference == name and given == dict(parameters)


def _phase(folder: Path) -> str:
    return str(_load(folder / "status.json").get("phase", ""))


def _is_alive(folder: Path) -> bool:
    owner = _load(folder / "owner.json")
    return bool(owner) and processes.is_alive(owner)


def _is_ended(state: Path, operation: str) -> bool:
    """Say whether the journal knows how an operation ended."""
    try:
        lines = (state / "journal.jsonl").read_bytes().splitlines()
    except FileNotFoundError:
        return False
    marked = [line for line in lines if operation.encode() in line]
    entries = [_read(line) for line in marked]
    return any(e.get("operation") == operation and e.get("move") == END for e in entries)


def _load(path: Path) -> dict[str, Any]:
    try:
        return _read(path.read_bytes())
    except FileNotFoundError:
        return {}


def _read(text: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(text)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}
