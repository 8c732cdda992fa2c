"""One workflow while it runs: its nodes, and what changes when one of them does."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from workflows.runner.check import merge
from workflows.runner.engine.gates import Boundary, Gate
from workflows.runner.engine.hub import Hub
from workflows.runner.engine.waits import Waits
from workflows.runner.ledger.ledger import Record
from workflows.runner.ledger.runs import RunFolder
from workflows.runner.model import names
from workflows.runner.model.node import ERROR, FULFILLED, SUCCEEDED, Node, moment
from workflows.runner.model.templates import TemplateContext

Listener = Callable[[Node], None]


class Run:
    """The state of one workflow.

    Attributes:
        workflow: The object as it was submitted.
        spec: The spec that runs, with a referenced template merged in.
        globals: Every `workflow.…` name and its value.
        outputs: What was exported with globalName.
        shutdown: Stop or Terminate, once somebody asked.
    """

    def __init__(
        self, hub: Hub, workflow: dict[str, Any], folder: RunFolder, ledger: Record
    ) -> None:
        self.hub = hub
        self.workflow = workflow
        self.name: str = workflow["metadata"]["name"]
        self.folder = folder
        self.ledger = ledger
        self.spec: dict[str, Any] = {}
        self.context = TemplateContext(hub.library, f"local/{self.name}", {})
        self.globals: dict[str, str] = {}
        self.nodes: dict[str, Node] = {}
        self.outputs: dict[str, Any] = {}
        self.pods = Gate(None)
        self.shutdown: str | None = None
        self.deadline: float | None = None
        self.waits = Waits()
        self.phase = ""
        self.message = ""
        self.started: float | None = None
        self.finished: float | None = None
        self.volumes: list[dict[str, Any]] = []
        self.listeners: list[Listener] = []
        self._watchers: dict[str, list[Listener]] = {}
        self._defaulted: dict[int, tuple[Any, dict[str, Any]]] = {}

    def find(self, name: str) -> Node | None:
        """Give a node by its name."""
        return self.nodes.get(names.node_id(self.name, name))

    def create(
        self,
        name: str,
        kind: str,
        holder: Mapping[str, Any],
        scope: str,
        *,
        boundary: Boundary | None,
        phase: str,
        message: str = "",
        template: Mapping[str, Any] | None = None,
        flag: dict[str, bool] | None = None,
        parents: Iterable[str] = (),
    ) -> Node:
        """Add a node.

        Args:
            name: Its full name.
            kind: Pod, Steps, Skipped, …
            holder: The step, task or hook that calls a template.
            scope: In which resource it is looked up.
            boundary: The template around it.
            phase: Its first phase.
            message: Why, if it ended at once.
            template: The template with inputs set, for nodes that run.
            flag: For hooks and attempts.
            parents: The nodes that it hangs below, by their names.
        """
        now = time.time()
        node = Node(
            id=names.node_id(self.name, name), name=name,
            display_name=names.display_name(name, boundary.name if boundary else None),
            type=kind, phase=phase, started=now, message=message,
            template_name=holder.get("template") or None,
            template_ref=holder.get("templateRef"), template_scope=scope,
            boundary_id=boundary.id if boundary else "",
            finished=now if phase in FULFILLED else None, flag=flag or None,
        )  # fmt: skip
        if template is not None:
            node.inputs = template.get("inputs") or None
        self.nodes[node.id] = node
        for parent in parents:
            self.add_child(parent, name)
        self.changed(node)
        return node

    def mark(self, node: Node, phase: str, message: str | None = None) -> Node:
        """Change the phase of a node."""
        node.phase = phase
        if message is not None:
            node.message = message
        if phase in FULFILLED and node.finished is None:
            node.finished = time.time()
        if phase in FULFILLED:
            node.waiting = ""
        self.changed(node)
        return node

    def reopen(self, node: Node, phase: str) -> Node:
        """Start a node again that an earlier go left unfinished."""
        node.phase, node.message, node.finished, node.outputs = phase, "", None, None
        self.changed(node)
        return node

    def keep(self, node: Node, parents: Iterable[str]) -> Node:
        """Hang a node that an earlier go ended below what was made anew."""
        for parent in parents:
            self.add_child(parent, node.name)
        return node

    async def written(self) -> None:
        """Wait until all that was noted so far is on the disk; a slow disk is no standstill."""
        with self.hub.working():
            await self.ledger.barrier()

    def changed(self, node: Node) -> None:
        """Tell everybody that a node changed."""
        self.ledger.node(node)
        for tell in self._watchers.get(node.id, ()):
            tell(node)
        for tell in self.listeners:
            tell(node)

    def watch(self, node_id: str, tell: Listener) -> None:
        """Be told of the changes of a node, which may not be there yet."""
        self._watchers.setdefault(node_id, []).append(tell)

    def unwatch(self, node_id: str) -> None:
        """Be told no more."""
        self._watchers.pop(node_id, None)

    def add_child(self, parent: str, child: str) -> None:
        """Draw a line from one node to another, by their names."""
        parent_id, child_id = (names.node_id(self.name, name) for name in (parent, child))
        node = self.nodes[parent_id]
        if child_id not in node.children:
            node.children[child_id] = None
            self.ledger.child(parent_id, child_id)

    def outbound(self, node_id: str) -> list[str]:
        """Give the nodes that come last inside a node: what follows hangs below them."""
        node = self.nodes[node_id]
        if node.type in ("Skipped", "Suspend", "HTTP", "Plugin"):
            return [node.id]
        if node.type in ("Pod", "Container", "TaskGroup"):
            return self._outbound_below(node)
        if node.type == "Retry" and node.children:
            return [next(reversed(node.children))]
        if node.type in ("Steps", "DAG") and node.memo and node.memo.get("hit"):
            return [node.id]
        return [last for inner in node.outbound for last in self.outbound(inner)]

    def _outbound_below(self, node: Node) -> list[str]:
        containers = [
            c for c in node.children if node.type != "Pod" or self.nodes[c].type == "Container"
        ]
        if not containers:
            return [node.id]
        found: list[str] = []
        for child in containers:
            if node.type == "Container" and node.boundary_id != self.nodes[child].boundary_id:
                found.append(node.id)
            else:
                found += self.outbound(child)
        return found

    def with_defaults(self, template: dict[str, Any]) -> dict[str, Any]:
        """Give a template with spec.templateDefaults below it."""
        defaults = self.spec.get("templateDefaults")
        if not defaults:
            return template
        known = self._defaulted.get(id(template))
        if known is None or known[0] is not template:
            known = (template, merge.template_defaults(template, defaults))
            self._defaulted[id(template)] = known
        return known[1]

    def retry_strategy(self, template: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Give how often a template is tried: its own strategy, or the workflow's."""
        own = template.get("retryStrategy")
        found = own if own is not None else self.spec.get("retryStrategy")
        return found if isinstance(found, Mapping) else None

    def export(self, outputs: Mapping[str, Any] | None) -> None:
        """Make outputs with a globalName known to the whole workflow."""
        for kind in ("parameters", "artifacts"):
            for item in (outputs or {}).get(kind) or ():
                if item.get("globalName"):
                    self._export(kind, item)

    def _export(self, kind: str, item: Mapping[str, Any]) -> None:
        name = item["globalName"]
        kept = ("name", "value", "description") if kind == "parameters" else tuple(
            key for key in item if key not in ("globalName", "path")
        )  # fmt: skip
        made = {**{key: item[key] for key in kept if key in item}, "name": name}
        if kind == "parameters" and item.get("value") is None:
            return
        there = {i["name"]: i for i in self.outputs.get(kind) or ()}
        there[name] = made
        self.outputs[kind] = list(there.values())
        if kind == "parameters":
            self.globals[f"workflow.outputs.parameters.{name}"] = item["value"]
        self.ledger.note(outputs=self.outputs)

    def set_phase(self, phase: str, message: str = "") -> None:
        """Change the phase of the workflow."""
        self.phase, self.message = phase, message
        if self.started is None and phase == "Running":
            self.started = time.time()
        if phase in (SUCCEEDED, "Failed", ERROR):
            self.started = self.started or time.time()
            self.finished = time.time()
        self.ledger.note(workflow=self.summary())
        self.hub.changed(self)

    def summary(self) -> dict[str, Any]:
        """Give what `status` says apart from its nodes."""
        facts = {
            "phase": self.phase,
            "message": self.message,
            "startedAt": moment(self.started),
            "finishedAt": moment(self.finished),
        }
        return {key: value for key, value in facts.items() if value}

    def status(self) -> dict[str, Any]:
        """Give the workflow's `status` in Argo's field names."""
        done = sum(n.fulfilled for n in self.nodes.values() if n.type == "Pod")
        pods = sum(n.type == "Pod" for n in self.nodes.values())
        status = {**self.summary(), "progress": f"{done}/{pods}"}
        if self.outputs:
            status["outputs"] = self.outputs
        if self.workflow["spec"].get("workflowTemplateRef"):
            status["storedWorkflowTemplateSpec"] = self.spec
        status["nodes"] = {node.id: node.to_status() for node in self.nodes.values()}
        return status

    def to_object(self) -> dict[str, Any]:
        """Give the Workflow object with its status."""
        labels = dict(self.workflow["metadata"].get("labels") or {})
        labels["workflows.argoproj.io/phase"] = self.phase
        if self.finished is not None:
            labels["workflows.argoproj.io/completed"] = "true"
        metadata = {**self.workflow["metadata"], "labels": labels}
        return {**self.workflow, "metadata": metadata, "status": self.status()}

    def ask_to_end(self, strategy: str) -> None:
        """Stop or terminate: kill what runs, and let nothing new begin."""
        if self.shutdown in ("Terminate", strategy):
            return
        self.shutdown = strategy
        self.ledger.note(shutdown=strategy)
        self.pods.open()
        self.waits.interrupt(
            f"workflow shutdown with strategy:  {strategy}",
            f"Stopped with strategy '{strategy}'",
            include_exit=strategy == "Terminate",
        )

    def may_start(self, *, on_exit: bool) -> bool:
        """Tell whether new work may begin."""
        return self.shutdown is None or (self.shutdown == "Stop" and on_exit)

    def watch_deadline(self) -> None:
        """End what runs when the workflow's own time is over."""
        seconds = self.spec.get("activeDeadlineSeconds")
        if seconds is None or self.started is None:
            return
        self.deadline = self.started + float(seconds)
        message = "Step exceeded its deadline"
        asyncio.get_running_loop().call_later(
            max(0.0, self.deadline - time.time()),
            lambda: self.waits.interrupt(message, message, include_exit=False),
        )

    @property
    def past_deadline(self) -> bool:
        """Whether the workflow's own time is over."""
        return self.deadline is not None and time.time() >= self.deadline
