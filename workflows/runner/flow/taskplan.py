"""What the tasks of a dag wait for, and which of them it is for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflows.runner.language import depends

_BARE = re.compile(r"(?<![-.a-zA-Z0-9])([a-zA-Z0-9][-a-zA-Z0-9]*)(?![-.a-zA-Z0-9])")


@dataclass(frozen=True)
class Task:
    """A task and what it waits for."""

    body: dict[str, Any]
    names: tuple[str, ...]
    logic: depends.Depends | None

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.body["name"])


def plan(tasks: Sequence[dict[str, Any]]) -> dict[str, Task]:
    """Give each task with what it depends on, in whichever way that is written."""
    bodies = {task["name"]: task for task in tasks}

    def bare(name: str) -> str:
        wish = (bodies.get(name) or {}).get("continueOn") or {}
        return depends.bare(name, errored=bool(wish.get("error")), failed=bool(wish.get("failed")))

    planned = {}
    for name, task in bodies.items():
        if task.get("depends"):
            text = _BARE.sub(lambda match: bare(match[1]), task["depends"])
        else:
            text = " && ".join(map(bare, task.get("dependencies") or ()))
        logic = depends.parse(text) if text else None
        planned[name] = Task(task, logic.names if logic else (), logic)
    return planned


def targets_of(template: Mapping[str, Any], tasks: Mapping[str, Task]) -> list[str]:
    """Give the tasks that a dag is for: those it names, or all that nobody waits for."""
    if template["dag"].get("target"):
        return str(template["dag"]["target"]).split(" ")
    waited_for = {name for task in tasks.values() for name in task.names}
    return sorted(name for name in tasks if name not in waited_for)
