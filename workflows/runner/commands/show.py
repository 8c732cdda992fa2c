"""What a person sees while workflows run, and what is printed when they are over."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from workflows.runner.engine.hub import Hub
from workflows.runner.engine.run import Run
from workflows.runner.model.node import SUCCEEDED


@contextmanager
def showing(runs: Sequence[Run], hub: Hub, output: str) -> Iterator[None]:
    """Show progress: a live tree at a terminal, plain lines elsewhere, nothing for JSON."""
    if output == "json":
        yield
        return
    sys.stderr.write(f"{hub.sandbox.reason}\n")
    if sys.stdout.isatty():
        from workflows.runner.report.live import live

        with live(runs):
            yield
    else:
        from workflows.runner.report.lines import follow

        for run in runs:
            follow(run, sys.stdout)
        yield


def finish(runs: Sequence[Run], hub: Hub, output: str) -> int:
    """Print how runs ended; give the exit code."""
    if output == "json":
        _print_json([run.to_object() for run in runs])
    else:
        from workflows.runner.report import tree

        for run in runs:
            sys.stdout.write(tree.text(run) + "\n")
            for line in tree.failures(run):
                sys.stdout.write(line + "\n")
    if hub.interrupted is not None:
        return 130
    return 0 if all(run.phase == SUCCEEDED for run in runs) else 1


def _print_json(objects: list[dict[str, Any]]) -> None:
    whole = objects[0] if len(objects) == 1 else {
        "apiVersion": "v1", "kind": "List", "items": objects,
    }  # fmt: skip
    sys.stdout.write(json.dumps(whole, ensure_ascii=False) + "\n")
