"""Run one template: resolve it, let it in, try it, and pass on how it ended."""

import re
from collections.abc import Awaitable, Callable

from workflows.runner.engine import locks, memo, retry
from workflows.runner.engine.frame import Call, Frame
from workflows.runner.engine.gates import Gate, Slots
from workflows.runner.engine.waits import InterruptedWaitError
from workflows.runner.errors import DepthFault, NodeFault, StuckFault
from workflows.runner.model import names
from workflows.runner.model.node import ERROR, FAILED, NODE_TYPES, PENDING, RUNNING, Node
from workflows.runner.model.shapes import POD_KINDS, kind_of
from workflows.runner.scope import arguments

MAX_DEPTH = 100
_DISPLAY_NAME = "workflows.argoproj.io/display-name"
_DISPLAY_NAME_FORM = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9-.]{0,61}[a-zA-Z0-9]$")

Kind = Callable[[Frame], Awaitable[Node]]


class Kinds:
    """What runs each kind of template; filled when the program is put together."""

    table: dict[str, Kind]

    def __init__(self) -> None:
        self.table = {}


KINDS = Kinds()


def prepare(call: Call) -> Frame:
    """Resolve a call's template and fill it in.

    Raises:
        NodeFault: that cannot be done; the node says why.
    """
    try:
        return _prepared(call)
    except NodeFault as fault:
        fail_to_start(call, fault.message)
        raise


def _prepared(call: Call) -> Frame:
    if call.depth >= MAX_DEPTH:
        raise DepthFault(
            "Maximum recursion depth exceeded. See "
            "https://argo-workflows.readthedocs.io/en/latest/scaling/#maximum-recursion-depth"
        )
    run = call.run
    inner, raw = call.context.resolve(call.holder)
    raw = run.with_defaults(raw)
    kind = kind_of(raw) or ""
    local = {f"{call.kind}.name": call.holder.get("name") or "", "node.name": call.name}
    if kind in POD_KINDS and run.retry_strategy(raw) is None:
        local["pod.name"] = names.pod_name(run.name, call.name, raw.get("name"))
    template = arguments.process(raw, call.arguments, run.globals, local, run.hub.library)
    return Frame(call, call.name, template, raw, inner, call.flag, _slots(call, kind))


def _slots(call: Call, kind: str) -> Slots:
    gates: list[Gate] = []
    if call.boundary is not None and NODE_TYPES[kind] in ("Pod", "Steps", "DAG"):
        gates.append(call.boundary.gate)
    if kind in POD_KINDS:
        gates.append(call.run.pods)
    return Slots(tuple(gates))


def fail_to_start(call: Call, message: str) -> Node:
    """Leave a node that says why a call could not start."""
    run = call.run
    node = run.find(call.name)
    if node is not None:
        return run.mark(node, ERROR, message)
    return run.create(
        call.name, "Skipped", call.holder, call.context.scope,
        boundary=call.boundary, phase=ERROR, message=message, flag=call.flag, parents=call.parents,
    )  # fmt: skip


async def execute(call: Call) -> Node:
    """Run a call from resolving to its end.

    Raises:
        NodeFault: Argo could not run it; its parent must know.
    """
    kept = call.run.find(call.name)
    if kept is not None and kept.fulfilled:
        return call.run.keep(kept, call.parents)
    return await perform(prepare(call))


async def perform(frame: Frame) -> Node:
    """Run a frame to its end.

    Raises:
        NodeFault: Argo could not run it; its parent must know.
    """
    run, boundary = frame.run, frame.call.boundary
    kept = run.find(frame.name)
    if kept is not None and kept.fulfilled:
        return run.keep(kept, frame.call.parents if frame.name == frame.call.name else ())
    if boundary is not None:
        boundary.refuse_if_broken()
    await frame.slots.enter()
    try:
        if boundary is not None:
            boundary.refuse_if_broken()
        node = await _locked(frame)
    finally:
        frame.slots.leave()
    if boundary is not None:
        boundary.saw(node)
    return node


async def _locked(frame: Frame) -> Node:
    wanted = locks.wanted(frame.template.get("synchronization"), frame.run)
    if not wanted:
        return await _remembered(frame)
    try:
        held = await locks.acquire(frame, wanted)
    except InterruptedWaitError as end:
        return frame.run.mark(frame.node(PENDING), FAILED, end.held)
    except StuckFault as fault:
        frame.run.mark(frame.node(PENDING), ERROR, fault.message)
        raise
    with held:
        return await _remembered(frame)


async def _remembered(frame: Frame) -> Node:
    if frame.template.get("memoize"):
        try:
            hit = memo.look_up(frame)
        except NodeFault as fault:
            fail_to_start(frame.call, fault.message)
            raise
        if hit is not None:
            return hit
    node = await _tried(frame)
    if frame.template.get("memoize"):
        memo.save(frame, node)
    return node


async def _tried(frame: Frame) -> Node:
    strategy = frame.run.retry_strategy(frame.template)
    if strategy is None:
        return await dispatch(frame)
    return await retry.run(frame, strategy, dispatch)


async def dispatch(frame: Frame) -> Node:
    """Run a frame by its kind.

    Raises:
        NodeFault: it could not be run; its node is in Error.
    """
    try:
        node = await _stubbed_or_run(frame)
    except StuckFault as fault:
        _mark_error(frame, fault)
        raise
    except NodeFault as fault:
        _mark_error(frame, fault)
        raise
    _show_name(frame, node)
    return node


async def _stubbed_or_run(frame: Frame) -> Node:
    stubs = frame.run.hub.stubs
    if stubs:
        from workflows.runner.engine import stubs as stub

        outcome = stub.find(stubs, frame)
        if outcome is not None:
            return stub.finish(frame, outcome)
    return await KINDS.table[frame.kind](frame)


def _mark_error(frame: Frame, fault: NodeFault) -> None:
    node = frame.run.find(frame.name)
    if node is None:
        fail_to_start(frame.call, fault.message)
    else:
        frame.run.mark(node, ERROR, fault.message)


def _show_name(frame: Frame, node: Node) -> None:
    shown = (frame.template.get("annotations") or {}).get(_DISPLAY_NAME)
    if not shown:
        return
    if not _DISPLAY_NAME_FORM.match(shown):
        message = f"displayName must match the regex {_DISPLAY_NAME_FORM.pattern}"
        frame.run.mark(node, ERROR, message)
        raise NodeFault(message)
    node.display_name = shown
    frame.run.changed(node)


def is_running(node: Node) -> bool:
    """Tell whether a node still goes on."""
    return node.phase in (PENDING, RUNNING)
