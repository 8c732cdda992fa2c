"""What runs each kind of template: the one table. A new kind is one line more."""

from workflows.runner.engine.execute import KINDS
from workflows.runner.flow.dag import run_dag
from workflows.runner.flow.steps import run_steps
from workflows.runner.nodes.container_set import run_container_set
from workflows.runner.nodes.data import run_data
from workflows.runner.nodes.http import run_http
from workflows.runner.nodes.pod import run_pod
from workflows.runner.nodes.resource import run_resource
from workflows.runner.nodes.suspend import run_suspend

TABLE = {
    "container": run_pod,
    "script": run_pod,
    "steps": run_steps,
    "dag": run_dag,
    "suspend": run_suspend,
    "containerSet": run_container_set,
    "resource": run_resource,
    "http": run_http,
    "data": run_data,
}


def install() -> None:
    """Tell the engine what runs each kind."""
    KINDS.table.update(TABLE)
