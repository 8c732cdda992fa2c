"""Run a containerSet template: containers of one pod, some after others."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from workflows.runner.engine.frame import Frame
from workflows.runner.engine.gates import Boundary
from workflows.runner.engine.waits import InterruptedWaitError
from workflows.runner.errors import NodeFault, PodFault
from workflows.runner.model.node import ERROR, FAILED, PENDING, RUNNING, SUCCEEDED, Node
from workflows.runner.nodes import collect, limits
from workflows.runner.nodes.container import Container, Started
from workflows.runner.nodes.pod import Pod, checked

_POD_DEADLINE = "Pod was active on the node longer than the specified deadline"


async def run_container_set(frame: Frame) -> Node:
    """Run the containers of a set to their end.

    Raises:
        NodeFault: they cannot be set up.
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
            return await _Set(pod).run()
    except PodFault as fault:
        return frame.run.mark(node, ERROR, fault.message)
    finally:
        pod.place.give_back()
        pod.clean_up()


class _Set:
    def __init__(self, pod: Pod) -> None:
        self.pod = pod
        self.run_ = pod.run_
        self.body: Mapping[str, Any] = pod.template["containerSet"]
        self.bodies = {c["name"]: c for c in self.body["containers"]}
        self.nodes: dict[str, Node] = {}
        self.codes: dict[str, asyncio.Future[int]] = {}
        self.containers: dict[str, Container] = {}
        self.started: dict[str, Started] = {}
        self.ended: str | None = None

    async def run(self) -> Node:
        loop = asyncio.get_running_loop()
        self._make_nodes()
        for name, body in self.bodies.items():
            self.codes[name] = loop.create_future()
            mounts = [*(self.body.get("volumeMounts") or ()), *(body.get("volumeMounts") or ())]
            container = Container(self.pod, {**body, "volumeMounts": mounts}, body.get("source"))
            container.prepare(inputs=name == "main")
            self.containers[name] = container
        await self.run_.written()
        self.run_.mark(self.pod.node, RUNNING)
        await asyncio.gather(*(self._container(name) for name in self.bodies))
        return await self._finish()

    def _make_nodes(self) -> None:
        node, frame = self.pod.node, self.pod.frame
        inside = Boundary(
            node.name, node.id, self.pod.template, "", frame.inner, frame.call.depth,
            frame.call.on_exit,
        )  # fmt: skip
        for name, body in self.bodies.items():
            full = f"{node.name}.{name}"
            parents = [f"{node.name}.{before}" for before in body.get("dependencies") or ()]
            found = self.run_.find(full)
            self.nodes[name] = found or self.run_.create(
                full, "Container", frame.call.holder, frame.call.context.scope,
                boundary=inside, phase=PENDING,
            )  # fmt: skip
            for parent in parents or [node.name]:
                if self.run_.find(parent) is not None:
                    self.run_.add_child(parent, full)
        for name, body in self.bodies.items():
            for before in body.get("dependencies") or ():
                self.run_.add_child(f"{node.name}.{before}", f"{node.name}.{name}")

    async def _container(self, name: str) -> None:
        node = self.nodes[name]
        before = [self.codes[other] for other in self.bodies[name].get("dependencies") or ()]
        codes = [await code for code in before]
        failed = next((code for code in codes if code != 0), None)
        if failed is not None or self.ended is not None:
            code = failed if failed is not None else 137
            self._end(name, code, self.ended or f"Error (exit code {code})")
            return
        self.run_.mark(node, RUNNING)
        code = await self._tries(name)
        self._end(name, code, self.ended or f"Error (exit code {code})")

    def _end(self, name: str, code: int, message: str) -> None:
        node = self.nodes[name]
        node.outputs = {"exitCode": str(code)} if name == "main" else node.outputs
        self.run_.mark(node, SUCCEEDED if code == 0 else FAILED, message if code else "")
        self.codes[name].set_result(code)

    async def _tries(self, name: str) -> int:
        """Run a container as often as the set's own retryStrategy says."""
        strategy = self.body.get("retryStrategy")
        tries = checked(strategy.get("retries", 1), "retries") if strategy else 1
        pause = limits.seconds(strategy.get("duration") or "0s", "duration") if strategy else 0.0
        code = 0 if tries <= 0 else 1
        for attempt in range(tries):
            code = await self._once(name)
            if code == 0 or self.ended is not None:
                break
            if attempt + 1 < tries:
                await asyncio.sleep(pause)
        return code

    async def _once(self, name: str) -> int:
        pod = self.pod
        capture = name == "main" and pod.captures()
        started = self.containers[name].start(capture=capture)
        self.started[name] = started
        until, reason = limits.deadline(pod.frame, pod.node)
        timeout = None if until is None else max(0.0, until - time.time())
        try:
            return await self.run_.waits.until(
                started.done(), on_exit=pod.frame.call.on_exit, timeout=timeout
            )
        except TimeoutError:
            self.ended = reason or _POD_DEADLINE
        except InterruptedWaitError as end:
            self.ended = end.killed
        return await started.stop() or 137

    async def _finish(self) -> Node:
        node = self.pod.node
        codes = {name: code.result() for name, code in self.codes.items()}
        failed = next((name for name, code in codes.items() if code != 0), None)
        phase, text = SUCCEEDED, ""
        if self.ended is not None:
            phase, text = FAILED, self.ended
        elif failed is not None:
            phase, text = FAILED, f"{failed}: Error (exit code {codes[failed]})"
        made: dict[str, Any] = {}
        if "main" in self.containers:
            started = self.started.get("main")
            result = await started.result() if started else None
            made, trouble = collect.outputs(self.pod, self.containers["main"], result)
            if trouble is not None and phase == SUCCEEDED:
                phase, text = ERROR, trouble
            made["exitCode"] = str(codes["main"])
        elif (self.pod.template.get("outputs") or {}).get("parameters"):
            raise NodeFault("containerSet.containers must have a container named main for outputs")
        node.outputs = made or None
        self.run_.export(made)
        return self.run_.mark(node, phase, text)
