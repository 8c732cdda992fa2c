"""Time the runner beside a bare loop over the same command in the same sandbox.

    python tests/workflows/bench.py [--steps 1000] [--chain 100] [--nodes 5000]

Prints one line for each figure: what was measured, what it is compared with, the target.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from workflows.runner.machine.box import Box  # noqa: E402 - the root comes first
from workflows.runner.machine.sandbox import detect  # noqa: E402

LEAF = {"name": "leaf", "container": {"image": "x", "command": ["true"]}}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--chain", type=int, default=100)
    parser.add_argument("--nodes", type=int, default=5000)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=_disk()) as folder:
        bench = Bench(Path(folder))
        bare = bench.bare(wish.chain)
        chain, _ = bench.run(_chain(wish.chain))
        empty, first = bench.run(_chain(1))
        step = (chain - empty) / (wish.chain - 1)
        _print("one step in a chain", step * 1e3, "ms", f"bare {bare * 1e3:.2f} ms",
               f"{(step - bare) * 1e3:.2f} ms over it, at most 3")  # fmt: skip
        wide, _ = bench.run(_fan(wish.steps))
        _print("fan-out", wish.steps / (wide - empty), "steps/s",
               f"bare loop {1 / bare:.0f}", "at least 300 on 2 cores")  # fmt: skip
        _print("start to first process", first * 1e3, "ms", "", "at most 250")
        memory = bench.memory(_fan(wish.nodes))
        _print(f"memory for {wish.nodes} nodes", memory, "MB", "", "under 150")
    return 0


def _disk() -> str:
    """Give a folder that is not below /tmp, which sandboxes replace."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gourmetops"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def _print(what: str, value: float, unit: str, beside: str, target: str) -> None:
    print(f"{what:26} {value:8.2f} {unit:8} {beside:22} {target}", flush=True)


def _workflow(main: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": "bench-"},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", **main}, LEAF]},
    }


def _chain(length: int) -> dict[str, Any]:
    return _workflow({"steps": [[{"name": f"s{i}", "template": "leaf"}] for i in range(length)]})


def _fan(width: int) -> dict[str, Any]:
    step = {"name": "s", "template": "leaf", "withSequence": {"count": str(width)}}
    return _workflow({"steps": [[step]]})


class Bench:
    """A folder to measure in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.images = folder / "images.yaml"
        self.images.write_text('"*": {run: host}\n', encoding="utf-8")

    def bare(self, times: int) -> float:
        """Give the seconds of one command in the same sandbox, with nothing around it."""
        box = Box(self.folder / "box")
        box.prepare()
        command = detect(os.environ).command(box, ["true"], "/")
        began = time.perf_counter()
        for _ in range(times):
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, cwd="/")
        return (time.perf_counter() - began) / times

    def _args(self, workflow: Mapping[str, Any], *more: str) -> list[str]:
        file = self.folder / "workflow.json"
        file.write_text(json.dumps(workflow), encoding="utf-8")
        return [
            sys.executable, "-m", "workflows.runner", "run", str(file), *more, "-o", "json",
            "--images", str(self.images), "--state", str(self.folder / "state"),
        ]  # fmt: skip

    def run(self, workflow: Mapping[str, Any]) -> tuple[float, float]:
        """Give the seconds of a whole run, and those until its first process ran."""
        began = time.time()
        done = subprocess.run(
            self._args(workflow), cwd=ROOT, check=True, capture_output=True, text=True
        )
        took = time.time() - began
        nodes = json.loads(done.stdout)["status"]["nodes"].values()
        first = min(_moment(node["startedAt"]) for node in nodes if node["type"] == "Pod")
        return took, first - began

    def memory(self, workflow: Mapping[str, Any]) -> float:
        """Give the most memory, in MB, that a run without processes takes."""
        stub = self.folder / "stub.yaml"
        stub.write_text("phase: Succeeded\n", encoding="utf-8")
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        subprocess.run(
            self._args(workflow, "--stub", f"leaf={stub}"), cwd=ROOT, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        return max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def _moment(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


if __name__ == "__main__":
    sys.exit(main())
