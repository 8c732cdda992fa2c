"""Run a container or script template: what would be a pod is a group of processes here."""

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflows.runner.engine.frame import Frame
from workflows.runner.engine.waits import InterruptedWaitError
from workflows.runner.errors import NodeFault, PodFault
from workflows.runner.ledger import owner, processes
from workflows.runner.machine import scratch
from workflows.runner.model.node import ERROR, FAILED, PENDING, RUNNING, SUCCEEDED, Node
from workflows.runner.nodes import collect, limits, patch
from workflows.runner.nodes.container import Container, Started
from workflows.runner.nodes.place import Place

_POD_DEADLINE = "Pod was active on the node longer than the specified deadline"


async def run_pod(frame: Frame) -> Node:
    """Run a container or script template to its end.

    Raises:
        NodeFault: it cannot be set up.
    """
    node = frame.node(PENDING)
    refusal = limits.refusal(frame)
    if refusal is not None:
        return frame.run.mark(node, FAILED, refusal)
    pod = Pod(frame, node)
    try:
        refused = await pod.place.take()
        if refused:
            return refused
        with frame.run.hub.working():
            return await pod.run()
    except PodFault as fault:
        return frame.run.mark(node, ERROR, fault.message)
    finally:
        pod.place.give_back()
        pod.clean_up()


class Pod:
    """The processes of one leaf node."""

    def __init__(self, frame: Frame, node: Node) -> None:
        self.frame = frame
        self.run_ = frame.run
        self.node = node
        self.template = patch.apply(frame.template, frame.run)
        self.place = Place(frame, node)
        self.folder: Path = frame.run.folder.path / "work" / node.id
        self.folders: list[Path] = []
        self.sidecars: list[Started] = []
        self.daemon = bool(self.template.get("daemon"))

    def main(self) -> Container:
        """Give the container that the template is about."""
        body = dict(self.template.get("script") or self.template.get("container") or {})
        body["name"] = "main"
        return Container(self, body, source=body.get("source"))

    def captures(self) -> bool:
        """Tell whether somebody reads what it prints."""
        from workflows.runner.model.names import step_name

        boundary = self.frame.call.boundary
        if boundary is None:
            return False
        kind = "tasks" if "dag" in boundary.template else "steps"
        return boundary.reads_result(step_name(self.frame.name), kind)

    async def run(self) -> Node:
        """Run init containers, sidecars and main; then collect what they left."""
        failed = await self._initialise()
        if failed is not None:
            return failed
        main = self.main()
        main.prepare(inputs=True)
        await self._start_sidecars()
        await self.run_.written()
        started = main.start(capture=self.captures())
        self.run_.mark(self.node, RUNNING)
        if self.daemon:
            return await self._daemon(started)
        code, message = await self._wait(started)
        await self._end_sidecars()
        return await self._finish(main, started, code, message)

    async def _initialise(self) -> Node | None:
        for index, body in enumerate(self.template.get("initContainers") or ()):
            name = body.get("name") or f"init-{index}"
            container = Container(self, {**body, "name": name})
            container.prepare(inputs=bool(body.get("mirrorVolumeMounts")))
            started = container.start(capture=False)
            code, message = await self._wait(started)
            if message is not None or code != 0:
                text = message or f"{name}: Error (exit code {code})"
                return self.run_.mark(self.node, FAILED, text)
        return None

    async def _start_sidecars(self) -> None:
        for body in self.template.get("sidecars") or ():
            container = Container(self, dict(body))
            container.prepare(inputs=False)
            self.sidecars.append(container.start(capture=False))

    async def _end_sidecars(self) -> None:
        await asyncio.gather(*(started.stop() for started in self.sidecars))

    async def _wait(self, started: Started) -> tuple[int, str | None]:
        """Wait for a process; give its code, and a message if it was ended from outside."""
        until, reason = limits.deadline(self.frame, self.node)
        timeout = None if until is None else max(0.0, until - time.time())
        try:
            code = await self.run_.waits.until(
                started.done(), on_exit=self.frame.call.on_exit, timeout=timeout
            )
        except TimeoutError:
            return await started.stop(), reason or _POD_DEADLINE
        except InterruptedWaitError as end:
            return await started.stop(), end.killed
        return code, None

    async def _finish(
        self, main: Container, started: Started, code: int, message: str | None
    ) -> Node:
        phase, text = SUCCEEDED, ""
        if message is not None:
            phase, text = FAILED, message
        elif code != 0:
            phase, text = FAILED, _failure("main", code, started.trouble)
        else:
            phase, text = self._sidecar_verdict()
        result = await started.result()
        outputs, trouble = collect.outputs(self, main, result)
        outputs["exitCode"] = str(code)
        if trouble is not None and phase == SUCCEEDED:
            phase, text = ERROR, trouble
        self.node.outputs = outputs
        self.run_.export(outputs)
        return self.run_.mark(self.node, phase, text)

    def _sidecar_verdict(self) -> tuple[str, str]:
        for started in self.sidecars:
            code = started.code
            if code not in (None, 0, 137, 143):
                return FAILED, _failure(started.name, int(code or 0), None)
        return SUCCEEDED, ""

    async def _daemon(self, started: Started) -> Node:
        """Leave a daemon running; what goes on no longer waits for it."""
        self.node.ip = "127.0.0.1"
        ready = await limits.ready(self.template, started)
        if not ready:
            code = await started.wait()
            return self.run_.mark(self.node, FAILED, _failure("main", code, started.trouble))
        self.node.daemoned = True
        self.place.give_back()
        self.run_.changed(self.node)

        async def end() -> None:
            await asyncio.gather(started.stop(), self._end_sidecars())
            self.node.daemoned = False
            self.run_.mark(self.node, SUCCEEDED)
            self.daemon = False
            self.clean_up()

        boundary = self.frame.call.boundary
        if boundary is None:
            await end()
        else:
            boundary.daemons.append(end)
        return self.node

    def clean_up(self) -> None:
        """Delete the private files, unless a daemon still uses them."""
        if not (self.daemon and self.node.daemoned):
            if self.run_.hub.sandbox.bwrap is None:
                uid = self.run_.workflow["metadata"]["uid"]
                processes.kill_marked(f"ARGO_WORKFLOW_UID={uid}", f"ARGO_NODE_ID={self.node.id}")
            for folder in (*self.folders, self.folder):
                scratch.remove(folder)

    def log_id(self, container: str) -> str:
        """Give the name of a container's log: main's is that of the node."""
        return self.node.id if container == "main" else f"{self.node.id}.{container}"

    def environment(self) -> dict[str, str]:
        """Give the variables that Argo sets in every container."""
        workflow = self.run_.workflow["metadata"]
        return {
            "ARGO_NODE_ID": self.node.id,
            "ARGO_POD_NAME": self.frame.pod_name,
            "ARGO_POD_UID": self.node.id,
            "ARGO_WORKFLOW_NAME": self.run_.name,
            "ARGO_WORKFLOW_UID": workflow["uid"],
            "ARGO_TEMPLATE": json.dumps(self.frame.template, ensure_ascii=False),
            "ARGO_INCLUDE_SCRIPT_OUTPUT": "true" if self.captures() else "false",
            "ARGO_DEADLINE": "0001-01-01T00:00:00Z",
            owner.VARIABLE: self.run_.hub.owner,
        }

    def fields(self) -> dict[str, str]:
        """Give what `fieldRef` can name."""
        metadata: Mapping[str, Any] = self.template.get("metadata") or {}
        named = {
            f"metadata.{kind}['{key}']": str(value)
            for kind in ("labels", "annotations")
            for key, value in (metadata.get(kind) or {}).items()
        }
        return {
            **named,
            "metadata.name": self.frame.pod_name,
            "metadata.namespace": self.run_.workflow["metadata"].get("namespace", ""),
            "metadata.uid": self.node.id,
            "spec.nodeName": "localhost",
            "spec.serviceAccountName": self.run_.spec.get("serviceAccountName") or "default",
            "status.podIP": "127.0.0.1",
            "status.hostIP": "127.0.0.1",
        }


def _failure(name: str, code: int, trouble: str | None) -> str:
    text = f"{name}: Error (exit code {code})"
    return f"{text}: {trouble}" if trouble else text


def checked(value: Any, what: str) -> int:
    """Read a whole number that may have come out of a tag.

    Raises:
        NodeFault: it is none.
    """
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise NodeFault(f'{what}: "{value}" is no whole number') from error
