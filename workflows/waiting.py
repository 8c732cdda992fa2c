"""Runs that are suspended until somebody approves: find them, and let them go on.

python -m workflows.waiting --version 7 --target production
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from workflows import submission

NODE = "approved"
WORKFLOW = "promote-model"


def main(arguments: Sequence[str]) -> int:
    """Resume the runs that wait to take a version to an environment; they ask again themselves."""
    parser = argparse.ArgumentParser(prog="python -m workflows.waiting", description=__doc__)
    parser.add_argument("--version", required=True)
    parser.add_argument("--target", required=True)
    asked = parser.parse_args(arguments)
    names = list(waiting(asked.version, asked.target))
    codes = [_resume(name) for name in names]
    return max(codes, default=0)


def waiting(version: str, target: str) -> Iterator[str]:
    """Yield the names of the runs that wait for an approval of this version."""
    wanted = {"model-version": version, "target": target}
    for row in _asked("list"):
        if row["phase"] in ("Succeeded", "Failed"):
            continue
        run = _asked("get", row["name"])
        given = run["spec"].get("arguments", {}).get("parameters") or ()
        values = {each["name"]: str(each.get("value")) for each in given}
        is_ours = (run["spec"].get("workflowTemplateRef") or {}).get("name") == WORKFLOW
        if is_ours and wanted.items() <= values.items() and _is_suspended(run):
            yield str(row["name"])


def _is_suspended(run: dict[str, Any]) -> bool:
    nodes = (run.get("status") or {}).get("nodes") or {}
    return any(
        node.get("type") == "Suspend" and node.get("displayName") == NODE and _is_open(node)
        for node in nodes.values()
    )


def _is_open(node: dict[str, Any]) -> bool:
    return node.get("phase") not in ("Succeeded", "Failed", "Skipped")


def _resume(name: str) -> int:
    print(f"{name} waited for this approval, and goes on", flush=True)
    return submission.again("resume", name, "--node", NODE)


def _asked(verb: str, *arguments: str) -> Any:
    command = [sys.executable, "-m", "workflows.runner", verb, *arguments, "-o", "json"]
    command += ["--state", str(submission.state() / "runs")]
    done = subprocess.run(
        command, cwd=submission.CLONE, capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout) if done.stdout else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
