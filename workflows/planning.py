"""Plans of what moves an environment: made, shown and checked by the lifecycle, as a command."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflows import submission, unfinished
from workflows.submission import CLONE

LIFECYCLE = (sys.executable, "-m", "services.lifecycle.here")
NONE = "none"


def show(wish: Mapping[str, str], *, as_json: bool) -> int:
    """Show what a command would do, and do nothing; return 0 if it could be carried out."""
    submission.require_site()
    return submission.call([*LIFECYCLE, "plan", *_options(wish), *(["--json"] if as_json else [])])


def held(path: str, wish: Mapping[str, str]) -> dict[str, Any] | int:
    """Return what a plan says, if the world is as it saw it; else the exit code of the refusal."""
    submission.require_site()
    command = [*LIFECYCLE, "plan", f"--check={path}", "--json", *_options(wish)]
    done = subprocess.run(command, cwd=CLONE, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return done.returncode
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def apply(path: str, wish: Mapping[str, str]) -> int:
    """Carry out exactly a plan; the workflow holds it against the world once more.

    What a killed command left of it is gone on with: it has moved the world itself.
    """
    begun = _begun(path)
    if begun:
        return submission.run(*begun)
    found = held(path, wish)
    return found if isinstance(found, int) else submission.run(*_workflow(found))


def _workflow(plan: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the workflow that carries a plan out, and its parameters."""
    environment, reason = str(plan["environment"]), str(plan["reason"])
    seals = {"plan": str(plan["seals"])}
    if plan["command"] == "rollback":
        return "revert-model", {"environment": environment, "reason": reason, **seals}
    force = {} if reason == NONE else {"force": reason}
    version = str(plan["version"])
    return "promote-model", {"model-version": version, "target": environment, **force, **seals}


def _begun(path: str) -> tuple[str, dict[str, str]] | None:
    """Return what a killed command began of this plan, or None; the plan may be no plan at all."""
    try:
        found = _workflow(json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if unfinished.run_of(submission.state(), *found) else None


def _options(wish: Mapping[str, str]) -> list[str]:
    return [f"--{name}={value}" for name, value in wish.items() if value]
