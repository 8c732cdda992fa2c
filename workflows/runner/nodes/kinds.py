"""What runs each kind of template: the one table. A new kind is one line more."""

from collections.abc import Awaitable, Callable
from importlib import import_module

from workflows.runner.engine.execute import KINDS
from workflows.runner.engine.frame import Frame
from workflows.runner.model.node import Node

TABLE = {
    "container": "nodes.pod.run_pod",
    "script": "nodes.pod.run_pod",
    "containerSet": "nodes.container_set.run_container_set",
    "steps": "flow.steps.run_steps",
    "dag": "flow.dag.run_dag",
    "suspend": "nodes.suspend.run_suspend",
    "resource": "nodes.resource.run_resource",
    "http": "nodes.http.run_http",
    "data": "nodes.data.run_data",
}


def install() -> None:
    """Tell the engine what runs each kind; a module is loaded when its kind first runs."""
    for kind, place in TABLE.items():
        KINDS.table[kind] = _loaded(kind, place)


def _loaded(kind: str, place: str) -> Callable[[Frame], Awaitable[Node]]:
    def load_and_run(frame: Frame) -> Awaitable[Node]:
        module, _, name = place.rpartition(".")
        KINDS.table[kind] = getattr(import_module(f"workflows.runner.{module}"), name)
        return KINDS.table[kind](frame)

    return load_and_run
